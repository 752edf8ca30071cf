"""The grammar of stamped numbers, case by case."""

import doctest

import prose
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prose import stamped, unstamped_numbers

from kzpolicy import stamps
from kzpolicy.stamps import restamp, stale

FACTS = {
    "tone": "-0.33",
    "share": "41%",
    "words": "12,345",
    "articles": "5",
    "coldest": "Russia",
    "warmest": "the United States",
    "interval": "-0.52 to -0.14",
}


def test_examples_in_docstrings() -> None:
    assert doctest.testmod(stamps).failed == doctest.testmod(prose).failed == 0


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("tone of -0.33<!--tone-->", "-0.33"),
        ("tone of \u22120.33<!--tone-->", "\u22120.33"),
        ("tone of +.29<!--tone-->", "+.29"),
        ("(41%<!--share-->)", "41%"),
        ("12,345<!--words-->", "12,345"),
        ("2015-2022<!--end-->", "2022"),  # a range, not a negative year
        ("**12,345<!--words-->** words", "12,345"),
        ("**12,345**<!--words--> words", "12,345"),
        ("Five<!--articles--> articles", "Five"),
        ("*Russia*<!--coldest-->", "Russia"),
        ("**cold** to Russia<!--coldest-->", "Russia"),
        ("**cold** to **the United States**<!--warmest-->", "the United States"),
        ("so ( <!--tone-->)", ""),
    ],
)
def test_stamped_shows_what_stands_before(text: str, shown: str) -> None:
    assert [found for found, _ in stamped(text)] == [shown]


@pytest.mark.parametrize(
    "text",
    ["`-0.33<!--tone-->`", "```\n1<!--tone-->\n```", "<!-- a remark -->", "``1`2<!--tone-->``"],
)
def test_code_and_remarks_hold_no_stamps(text: str) -> None:
    assert stamped(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "-0.33<!--tone--> 41%<!--share--> 12,345<!--words--> five<!--articles--> 5<!--articles-->",
        "Five<!--articles--> on Russia<!--coldest-->, **the United States**<!--warmest-->",
        "(*-0.52 to -0.14*<!--interval-->)",
    ],
)
def test_what_the_tables_say_is_not_stale(text: str) -> None:
    assert stale(text, FACTS) == []
    assert restamp(text, FACTS) == text


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("-0.3<!--tone-->", "tone: the text says -0.3, the tables say -0.33"),
        ("0.33<!--tone-->", "tone: the text says 0.33, the tables say -0.33"),
        ("\u22120.33<!--tone-->", "tone: the text says \u22120.33, the tables say -0.33"),
        ("six<!--articles-->", "articles: the text says six, the tables say 5"),
        ("( <!--share-->", "share: the text says nothing, the tables say 41%"),
        ("1<!--tones-->", "tones: there is no such fact; did you mean tone?"),
        ("1<!--xyz-->", "xyz: there is no such fact"),
        (
            "the United States<!--warmest-->",
            "warmest: put what it stamps in emphasis, as in **the United States**<!--warmest-->",
        ),
    ],
)
def test_stale_says_what_is_wrong(text: str, problem: str) -> None:
    assert stale(text, FACTS) == [problem]


@pytest.mark.parametrize(
    ("text", "renewed"),
    [
        ("-0.3<!--tone-->, 9%<!--share-->.", "-0.33<!--tone-->, 41%<!--share-->."),
        (
            "Six<!--articles--> and six<!--articles-->",
            "Five<!--articles--> and five<!--articles-->",
        ),
        ("six<!--words-->", "12,345<!--words-->"),
        ("**China**<!--warmest-->", "**the United States**<!--warmest-->"),
        ("China<!--coldest-->", "Russia<!--coldest-->"),
        ("`9<!--tone-->` 9<!--tone-->", "`9<!--tone-->` -0.33<!--tone-->"),
        (
            "the United States<!--warmest--> 9<!--xyz-->",
            "the United States<!--warmest--> 9<!--xyz-->",
        ),
    ],
)
def test_restamp_renews_what_it_can(text: str, renewed: str) -> None:
    assert restamp(text, FACTS) == renewed


number = st.decimals(-10_000, 10_000, places=2).map(lambda d: f"{d:,}")


@given(old=number, new=number, around=st.text("a (.,;*`\n-5", max_size=5))
def test_restamped_text_is_fresh_and_stays_the_same(old: str, new: str, around: str) -> None:
    text = f"It is {old}<!--tone--> {around}"
    once = restamp(text, {"tone": new})
    assert stale(once, {"tone": new}) == []
    assert restamp(once, {"tone": new}) == once
    assert restamp(once, {"tone": old}) == text


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("0.29, -0.3, \u22120.4 and .5", ["0.29", "-0.3", "\u22120.4", ".5"]),
        ("1,204 words, 41% (n = 14).", ["1,204", "41%", "14"]),
        ("-0.33<!--tone--> toward **12,345**<!--words-->", []),
        ("from -0.52<!--low--> to -0.14", ["-0.14"]),
        ("`x = 3`, ``4 ` 5``\n\n```python\n6\n```\n\n~~~\n7\n~~~", []),
        ("[table 3](codebook-4.md#n5) and https://example.org/6", ["3"]),
        ("[one]\n\n[one]: https://example.org/7 'n 8'", []),
        ("<!-- in 12 parts --><img width='600' alt='5 lines'> <https://example.org/9>", []),
        ("1899, 1900, 2015, 2100, 2101; 2015-2022; 2015\u201322; 2,015", ["1899", "2101", "2,015"]),
        ("6 August 2015, Aug. 6, 2015-08-06, 2020-09, 3\u20135 March 2019, May 12", []),
        ("12 marches and 3 maybes", ["12", "3"]),
        ("see 03-sentiment-toward-each-power, 04, or 10-one-more-question", []),
        ("a 15-word paraphrase", ["15"]),
        ("## 3. Results in 4 parts\n\n1. one of 7\n2) two", ["4", "7"]),
        ("12 articles open the line", ["12"]),
        ("the 3rd of the G20, C5+1 and clark2015", []),
        ("two sentences, twelve codes", []),
        ("95% interval, per 10,000 words, 10,000.5", ["10,000.5"]),
        ("in 0.2015 of (0.2,0.3) and 3-4.", ["0.2015", "0.2", "0.3", "3", "4"]),
        ("| power | n |\n|---|---|\n| Russia | 31 |", ["31"]),
        ("an odd ` mark\n\nand 8 ` more", ["8"]),
    ],
)
def test_unstamped_numbers(text: str, numbers: list[str]) -> None:
    assert unstamped_numbers(text, {"95%", "10,000"}) == numbers
