"""Tokens read once give the words and terms that reading each sentence gives."""

import random
import sys
from collections import Counter
from hashlib import sha256

import pandas as pd
import pytest

from kzpolicy import schema, tokens, vader
from kzpolicy.schema import TABLES
from kzpolicy.segmenting import find_words
from kzpolicy.tokens import Near, Place, count_contexts, count_terms, make_sentences, read_tokens

PIECES = (
    "The road's U.S. u.s., U.S.-led (EU) anti-Russian Moscow’s “Moscow” the West West Xi Jinping Ｘi "
    "6,467 multi-vector multi‐vector e\u0301lan \u0301 İ ΟΔΟΣ ΟΔΟΣ. O'Neill's ’s 's . ... — - x.y. a.b.c "
    "https://example.org/a_b United States\n\tNations ‑ China/Russia RUSSIA us US US$5 the_West 中国 don't"
).split(" ")


def sentences(number: int) -> list[str]:
    draw = random.Random(number)
    glue = (" ", "  ", "\n", "\t", "", " ", " ")
    return [
        "".join(draw.choice(PIECES) + draw.choice(glue) for _ in range(draw.randint(0, 9))).strip()
        for _ in range(4_000)
    ]


def test_a_sentence_has_the_words_of_its_tokens() -> None:
    texts = sentences(1)
    read = read_tokens(texts)
    for text, line in zip(texts, read.lines, strict=True):
        assert line == "".join(f"{word} " for word in find_words(text)), repr(text)


def test_tokens_are_those_that_python_splits() -> None:
    """Arrow and Python know the same spaces."""
    characters = [chr(i) for i in range(sys.maxunicode + 1) if not 0xD800 <= i <= 0xDFFF]
    texts = [f"a{character}b" for character in characters]
    read = read_tokens(texts)
    tokens = iter(read.numbers.tolist())
    for text, size in zip(texts, read.sizes.tolist(), strict=True):
        assert [read.tokens[next(tokens)] for _ in range(size)] == text.split()


def test_each_token_is_read_once() -> None:
    read = read_tokens(["so and so", "", ", and"])
    assert read.tokens == ["so", "and", "", ","] and read.words == [("so",), ("and",), (), ()]
    assert read.numbers.tolist() == [0, 1, 0, 2, 3, 1] and read.sizes.tolist() == [3, 1, 2]
    assert read.lines == ["so and so ", "", "and "]


def test_what_is_too_long_for_a_word_is_read_and_let_go() -> None:
    """Texts without spaces would fill the memory of a large build."""
    before = tokens._words_of.cache_info().currsize, len(vader._letters())
    for number in range(5):
        text = f"{'x' * 101}{number} {'-' * 101}good{number}"
        read = read_tokens([text])
        assert read.words == [(f"{'x' * 101}{number}",), (f"good{number}",)]
        assert vader.score_sentence(text) == (0.0, 1.0, 0.0, 0.0)
    assert (tokens._words_of.cache_info().currsize, len(vader._letters())) == before


def test_phrases() -> None:
    phrases = ["belt and road*", "road map", "new silk road", "central asia*"]

    def found(sentence: str) -> list[str]:
        table = made([("a", 1, [sentence])], phrases)
        longer = table[table["term"].str.contains(" ")]
        return [
            term for term, count in zip(longer["term"], longer["count"], strict=True) for _ in range(count)
        ]

    assert found("A belt and roads, the Belt-and-road.") == ["belt and roads"]
    assert found("New Silk Road maps; a Road map") == ["new silk road", "road map"]
    twice = ["central asia", "central asia", "central asian"]
    assert found("Central Asian, Central Asia’s and central, Asia") == twice
    assert found("a belt, a road, the silk") == []


def made(
    paragraphs: list[tuple[str, int, list[str]]], phrases: list[str], kind: str = "body"
) -> pd.DataFrame:
    places: list[Place] = [
        (f"{document}:{paragraph}:{position}", document, paragraph, position, kind)
        for document, paragraph, texts in paragraphs
        for position, _ in enumerate(texts, start=1)
    ]
    return count_terms(places, read_tokens([text for *_, texts in paragraphs for text in texts]), phrases)


def test_headings_are_sentences_without_terms() -> None:
    assert made([("a", 1, ["A road map"])], ["road map"], kind="heading").empty
    place: Place = ("a:1:0", "a", 1, 0, "heading")
    table = make_sentences([place], read_tokens(["A good road map"]))
    assert table.iloc[0].tolist()[:10] == [*place, 4, 0.0, 0.408, 0.592, 0.4404]
    fingerprint = sha256(b"a good road map").hexdigest()[:12]
    assert table.columns.tolist() == TABLES["sentences"].names and table.iloc[0, 10] == fingerprint


def test_terms_of_two_paragraphs() -> None:
    table = made(
        [("b", 0, ["Road map, road!", "— a Map"]), ("a", 3, ["..."]), ("a", 4, ["A road"])], ["road map"]
    )
    assert list(table.itertuples(index=False, name=None)) == [
        ("b", 0, "a", 1),
        ("b", 0, "map", 2),
        ("b", 0, "road", 2),
        ("b", 0, "road map", 1),
        ("a", 4, "a", 1),
        ("a", 4, "road", 1),
    ]


def test_words_around_powers_are_counted_with_and_without_their_names() -> None:
    texts = ["Asia and anti-Russian Russia", "China’s Asia", "Russia, Russia and China"]
    near: list[Near] = [
        ("b", "russia", 0, "Asia and"),
        ("b", "russia", 2, ", and China"),
        ("b", "china", 2, "Russia, Russia and"),
        ("a", "china", 1, "’s Asia Zebra"),
    ]
    table = count_contexts(near, read_tokens(texts))
    assert list(table.itertuples(index=False, name=None)) == [
        ("b", "russia", "and", 2, 0),
        ("b", "russia", "anti-russian", 1, 1),
        ("b", "russia", "asia", 1, 0),
        ("b", "russia", "china", 1, 0),
        ("b", "russia", "russia", 3, 3),
        ("b", "china", "and", 1, 0),
        ("b", "china", "china", 1, 1),
        ("b", "china", "russia", 2, 0),
        ("a", "china", "asia", 1, 0),
        ("a", "china", "china", 1, 1),
    ]
    assert count_contexts([], read_tokens(texts)).empty and count_contexts([], read_tokens([])).empty


def test_no_paragraphs_have_no_terms() -> None:
    assert (
        made([], []).empty
        and make_sentences([], read_tokens([])).empty
        and made([("a", 1, ["—"])], ["road map"]).empty
    )


@pytest.mark.parametrize("large", [0, 10**9])
def test_terms_are_those_of_a_plain_count(monkeypatch: pytest.MonkeyPatch, large: int) -> None:
    monkeypatch.setattr(schema, "LARGE", large)
    texts = sentences(3)
    paragraphs = [(f"d{i // 300}", i // 3, texts[i : i + 3]) for i in range(0, 3_000, 3)]
    expected = [
        (document, paragraph, term, count)
        for document, paragraph, group in paragraphs
        for term, count in sorted(Counter(w for text in group for w in find_words(text)).items())
    ]
    table = made(paragraphs, [])
    assert list(table.itertuples(index=False, name=None)) == expected
    assert isinstance(table["term"].dtype, pd.CategoricalDtype) == (large == 0)
