"""Tests of cleaning pages: what is kept, as what, and what is left out; every page is invented."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kzpolicy.build.boilerplate import clean_paragraphs

TITLE, AUTHOR = "A Road Opens", "Dana Example"
ONE = "The steppe road opened on Monday, and three lorries crossed it before noon."
TWO = "Officials said the toll would stay low until the bridge is done."
THREE = "Nobody in the valley expected the snow to come so early."

Rows = list[tuple[int, str, str]]
Left = list[tuple[int, str, int]]


def clean(page: str, title: str = TITLE, authors: str = AUTHOR, standfirst: int = 0) -> tuple[Rows, Left]:
    return clean_paragraphs(page, title=title, authors=authors, standfirst=standfirst)


def page(*pieces: str) -> str:
    return "\n\n".join(pieces) + "\n"


BODY: Rows = [(1, "body", ONE), (2, "body", TWO), (3, "body", THREE)]


# Whole pages.


def test_a_whole_page_is_taken_apart() -> None:
    text = page(
        "1. World\n2. Roads",  # lines 1 and 2
        TITLE,  # 4
        "Few lorries, many hopes: the pass is free again.",  # 6
        "By Dana Example",  # 8
        "5 May 2019",  # 10
        "Photo by I. Sample",  # 12
        ONE,  # 14
        "The price of a bridge",  # 16
        TWO,  # 18
        "Content from our partners\nTen lakes to see\nWhy goats climb.",  # 20 to 22
        "Who pays?",  # 24
        THREE,  # 26
        "Sign up for the weekly letter",  # 28
        "• Driver\n• Guard, border post",  # 30 and 31
        "Leave a comment",  # 33
        "Name",  # 35
    )
    assert clean(text) == (
        [
            (0, "standfirst", "Few lorries, many hopes: the pass is free again."),
            (1, "body", ONE),
            (2, "heading", "The price of a bridge"),
            (2, "body", TWO),
            (3, "heading", "Who pays?"),
            (3, "body", THREE),
        ],
        [
            (1, "section trail", 2),
            (2, "section trail", 2),
            (4, "title", 3),
            (8, "author or date", 3),
            (10, "author or date", 3),
            (12, "caption or credit", 4),
            (20, "partner headlines", 4),
            (21, "partner headlines", 4),
            (22, "partner headlines", 3),
            (28, "newsletter or subscription", 6),
            (30, "list of links or choices", 2),
            (31, "list of links or choices", 4),
            (33, "comment form", 3),
            (35, "after the body", 1),
        ],
    )


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1. World", "section trail"),
        ("• Engineer, Shymkent", "list of links or choices"),
        ("· Choose this", "list of links or choices"),
        ("Sign up to the Friday note.", "newsletter or subscription"),
        ("Visit our privacy policy for details.", "privacy or cookie notice"),
        ("© 2019 Steppe Herald.", "privacy or cookie notice"),
        ("Leave a Reply", "comment form"),
        ("3 comments", "comment form"),
        ("Print", "page controls"),
        ("(No votes)", "page controls"),
        ("Featured image: a lorry in the snow.", "caption or credit"),
        ("A lorry in the snow. Photo courtesy of the Herald.", "caption or credit"),
        ("The bridge at dusk, licensed under CC by I. Sample.", "caption or credit"),
        ("Getty Images", "caption or credit"),
        ("Read more:", "partner headlines"),
        ("18-12345 3/9", "page mark"),
        ("3 / 9", "page mark"),
    ],
)
def test_lines_that_are_not_the_article(line: str, reason: str) -> None:
    rows, left = clean(page(TITLE, ONE, line, TWO))
    assert rows == BODY[:2]
    assert left == [(1, "title", 3), (5, reason, len(line.split()))]


@pytest.mark.parametrize(
    "paragraph",
    [
        "Reuters reported that the pass was closed by snow on Monday.",
        "By continuing to trade with all its neighbours, the state kept every door open.",
        "A photo from the meeting showed four men and no table at all.",
        "AFP counted three lorries at the border on the first day.",
        "Previous leaders had left the road to the goats.",
        "Home is where the road ends, the drivers say.",
        "Next to the bridge stands a small tea house.",
        "12 comments were handed to the minister, who read none of them.",
    ],
)
def test_prose_that_begins_like_boilerplate_is_kept(paragraph: str) -> None:
    assert clean(page(TITLE, ONE, paragraph, TWO))[0] == [
        (1, "body", ONE),
        (2, "body", paragraph),
        (3, "body", TWO),
    ]


def test_what_stands_before_the_title_is_left_out_even_if_it_is_prose() -> None:
    rows, left = clean(page("The Herald is read in two valleys.", "4 May 2019", TITLE, ONE, TWO, THREE))
    assert rows == BODY
    assert left == [(1, "before the title", 7), (3, "author or date", 3), (5, "title", 3)]


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("a ROAD  opens", TITLE),
        ("A\u00a0Road\u00a0Opens", TITLE),
        ("The Driver’s Road", "The Driver's Road"),
        ("The “Long” Road", 'The "Long" Road'),
    ],
)
def test_a_title_is_known_whatever_its_case_spaces_and_quotation_marks(line: str, title: str) -> None:
    assert clean(page(line, ONE), title=title) == (
        BODY[:1],
        [(1, "title", 3)],
    )


# The title again, bullets.


def test_a_title_at_the_foot_takes_nothing_away() -> None:
    rows, left = clean(page(ONE, TWO, THREE, TITLE))
    assert rows == BODY and left == [(7, "after the body", 3)]


def test_a_subheading_like_the_title_is_a_heading() -> None:
    assert clean(page(ONE, TITLE, TWO, THREE))[0] == [BODY[0], (2, "heading", TITLE), *BODY[1:]]


def test_sentences_behind_bullets_are_text_and_links_are_not() -> None:
    items = [
        "• Three lorries crossed the pass.",
        "· The toll stays low;",
        "• The guard was tired.3",
        "• Driver",
    ]
    rows, left = clean(page(ONE, "\n".join(items), TWO))
    assert [(kind, text) for _, kind, text in rows[1:4]] == [("body", item) for item in items[:3]]
    assert left == [(6, "list of links or choices", 2)]


# Repeats.


def test_a_page_summary_is_left_out_and_the_body_keeps_its_order() -> None:
    rows, left = clean(page(TITLE, TWO, THREE, ONE, TWO, THREE))
    assert rows == BODY
    assert left == [
        (1, "title", 3),
        (3, "page summary, repeated in the body", 12),
        (5, "page summary, repeated in the body", 11),
    ]


# Standfirst, headings, quotations.


def test_declared_standfirst() -> None:
    assert clean(page(TITLE, ONE, TWO, THREE), standfirst=1)[0] == [
        (0, "standfirst", ONE),
        (1, "body", TWO),
        (2, "body", THREE),
    ]


@pytest.mark.parametrize("declared", [0, 2])
def test_a_standfirst_of_two_paragraphs_is_paragraph_0_once(declared: int) -> None:
    # One row a paragraph number and kind, or else two sentences would have one locator.
    author = [] if declared else ["By Dana Example"]
    rows = clean(page(TITLE, ONE, TWO, *author, THREE, "It fell.", "It froze."), standfirst=declared)[0]
    places = [(number, kind) for number, kind, _ in rows]
    assert places == [(0, "standfirst"), (1, "body"), (2, "body"), (3, "body")]
    assert rows[0][2].split() == f"{ONE} {TWO}".split()


def test_an_author_named_again_at_the_end_makes_no_standfirst_of_the_body() -> None:
    rows, left = clean(page(TITLE, "By Dana Example", ONE, TWO, THREE, "Dana Example"))
    assert rows == BODY
    assert left == [(1, "title", 3), (3, "author or date", 3), (11, "author or date", 2)]


def test_two_headings_in_a_row_share_one_number_and_one_row() -> None:
    rows = clean(page(TITLE, ONE, "Part Two", "The Price of a Bridge", TWO))[0]
    assert [(number, kind) for number, kind, _ in rows] == [(1, "body"), (2, "heading"), (2, "body")]
    assert rows[1][2].split() == "Part Two The Price of a Bridge".split()


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("The Long Way Home", "heading"),
        ("Who will mend the bridge?", "heading"),
        ("Who will mend the bridge, and when, and who is to pay for it all?", "body"),
        ("The guard sleeps. Who will mend the bridge?", "body"),
        ("Who pays? Who drives?", "body"),
        ("The guard said “no.”", "body"),
        ("The guard said “no”.", "body"),
        ("The guard (who was tired.)", "body"),
        ("The guard had three rules:", "body"),
        ("The snow stayed…", "body"),
        ("The guard was tired.[3]", "body"),
        ("The guard was tired.3", "body"),
        ("The guard was tired.1,2", "body"),
        ("The guard was tired.[note 3]", "body"),
        ("The guard was tired.²", "body"),
        ("The guard was tired.*", "body"),
        ("The guard joined the EU.12", "body"),
        ("The guard said “no.”4", "body"),
        ("Chapter 3.2", "heading"),
        ("Decree No.5", "heading"),
        ("The Guard, Vol.3", "heading"),
    ],
)
def test_headings_are_told_from_short_paragraphs(line: str, kind: str) -> None:
    assert clean(page(TITLE, ONE, line, TWO))[0][1] == (2, kind, line)


LONG_QUOTATION = (
    "“No road is too long for a driver who keeps to it, rests at night, greets every guard by "
    "name, and never forgets the tea” (Ilya Sample, Plain Review, 2018)"
)


@pytest.mark.parametrize("quotation", [LONG_QUOTATION, "“No road is too long” (Sample, 2018)"])
def test_a_block_quotation_with_its_credit_counts_as_a_paragraph(quotation: str) -> None:
    rows = clean(page(TITLE, ONE, "An old driver wrote:", quotation, TWO))[0]
    assert rows == [
        (1, "body", ONE),
        (2, "body", "An old driver wrote:"),
        (3, "quotation", quotation),
        (4, "body", TWO),
    ]


# Lines.

WRAPPED = """\
The steppe road that opened on Monday was crossed by three lorries
before noon, and by none after the hour of prayer. The governor of
Almaty did not come.
Officials shrugged.
"""


def test_hard_wrapped_lines_are_joined_to_paragraphs() -> None:
    first = (
        "The steppe road that opened on Monday was crossed by three lorries before noon, and by none "
        "after the hour of prayer. The governor of Almaty did not come."
    )
    assert clean(WRAPPED + "\n" + TWO)[0] == [
        (1, "body", first),
        (2, "body", "Officials shrugged."),
        (3, "body", TWO),
    ]


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("Short\nlines go on.\nOf names.", ["Short lines go on.", "Of names."]),
        (
            "1. one thing that is long enough to be a line that was wrapped;\n2. another.",
            ["1. one thing that is long enough to be a line that was wrapped;", "2. another."],
        ),
        (f"{ONE}\n{TWO}", [ONE, TWO]),
        ("An end:\nthe start.", ["An end:", "the start."]),
        ("  spaced.\n\t\nout.  ", ["spaced.", "out."]),
        ("", []),
        (" \n\t\n\u00a0\n", []),
    ],
)
def test_lines_continue_one_another_only_inside_a_sentence(text: str, texts: list[str]) -> None:
    assert [paragraph for _, _, paragraph in clean(text)[0]] == texts


NARROW = (
    "In the autumn of that year the envoy came to\nAstana to sign. He said that trade with\n"
    "Russia was good, and that the road to\nChina was long and cold, and that nobody in\nMoscow knew it."
)


@pytest.mark.parametrize(
    "lines",
    [
        NARROW,
        "On Monday the driver, who knew the\nTurgen road well, left it.",
        "The guard of the pass is tired. Its\nDrivers are not.",
        "• The steppe road that opened on Monday was crossed by three\nlorries before noon.",
    ],
)
def test_narrow_lines_make_one_paragraph(lines: str) -> None:
    assert clean(page(lines, TWO))[0] == [(1, "body", " ".join(lines.split("\n"))), (2, "body", TWO)]


def test_headlines_below_one_another_make_no_paragraph() -> None:
    headlines = "Three lorries cross the pass at noon\nOfficials keep the toll low\nSnow comes early"
    assert clean(page(ONE, TWO, headlines))[0] == BODY[:2]


def test_non_breaking_spaces_separate_words_and_empty_lines() -> None:
    spaced = ONE.replace(" ", "\u00a0")
    rows, left = clean(f"{TITLE}\n\u00a0\nBy\u00a0Dana\u00a0Example\n\u00a0\u00a0\n\u00a0{spaced}\u00a0\n")
    assert rows == [(1, "body", spaced)]
    assert left == [(1, "title", 3), (3, "author or date", 3)]


# Whatever the page.

WRAPPED_LINE = "a line that was wrapped at a width of more than sixty signs"
PIECES = st.sampled_from(
    [TITLE, ONE, TWO, THREE, LONG_QUOTATION, WRAPPED_LINE, "By Dana Example", "5 May 2019", "A driver wrote:"]
    + ["1. World", "• Driver", "- a point", "Share", "A Heading", "Who pays?", "lower case", "Photo by I. S."]
    + ["Read more", "Leave a reply", "3/9", "", "\u00a0", " \t ", "\f", "…", "?", "Reuters", "© 2019"]
)
# Files with NUL bytes are refused before they are cleaned.
LINES = PIECES | st.text(st.characters(codec="utf-8", exclude_characters="\0\n"), max_size=40)


@settings(max_examples=150, deadline=None)
@given(st.lists(LINES, max_size=20), st.integers(0, 3), st.booleans())
def test_nothing_disappears(lines: list[str], standfirst: int, known: bool) -> None:
    text = "\n".join(lines)
    rows, left = clean(
        text, title=TITLE if known else "", authors=AUTHOR if known else "", standfirst=standfirst
    )
    words = [line.split() for line in text.split("\n")]
    kept = [word for _, _, paragraph in rows for word in paragraph.split()]
    assert len(kept) + sum(count for _, _, count in left) == sum(map(len, words))
    # What is kept is what no row of left_out begins, in the page's order.
    remaining = iter(word for line in words for word in line)
    assert all(word in remaining for word in kept)
    assert [line for line, _, _ in left] == sorted({line for line, _, _ in left})
    assert all(words[line - 1] and reason for line, reason, _ in left)


@settings(max_examples=100, deadline=None)
@given(st.lists(LINES, max_size=20), st.integers(0, 3))
def test_the_body_is_numbered_from_1_and_no_number_stands_twice(lines: list[str], standfirst: int) -> None:
    rows = clean("\n".join(lines), standfirst=standfirst)[0]
    body = [number for number, kind, _ in rows if kind in ("body", "quotation")]
    assert body == list(range(1, len(body) + 1))
    heads = [(number, kind) for number, kind, _ in rows if kind in ("heading", "standfirst")]
    assert len(set(heads)) == len(heads)
    assert all(number in body for number, kind in heads if kind == "heading")
    assert all(number == 0 for number, kind in heads if kind == "standfirst")


def test_sentences_of_east_asia_are_no_headings() -> None:
    one, two = "代表在城里见面。", "他们说：“这条路好。”"  # noqa: RUF001
    paragraphs, left_out = clean(page("一条新路", one, two, "明天"), title="一条新路")
    assert paragraphs == [(1, "body", one), (2, "body", two)]
    assert [reason for _, reason, _ in left_out] == ["title", "after the body"]


@pytest.mark.parametrize(
    "text",
    [
        page(*[f"Lorry {i} crossed the pass on a cold day in May." for i in range(10_000)] * 2),
        "(A " * 50_000,
        "(" + "A, " * 100_000,
        "It is cold.1," * 50_000,
        "word " * 200_000,
        "\n".join(["A line that has no end and is as long as a line of hard-wrapped prose"] * 10_000),
        "• " * 100_000,
        " " * 300_000 + ".",
        ("." + ")" * 50) * 5_000 + "a",
    ],
    ids=range(9),
)
@pytest.mark.parametrize("layout", ["page", "speech"])
def test_the_time_is_linear_in_the_length(text: str, layout: str) -> None:
    begun = time.perf_counter()
    clean_paragraphs(text, title=TITLE, authors=AUTHOR, layout=layout)
    # Generous for slow machines; quadratic time would be minutes.
    assert time.perf_counter() - begun < 8
