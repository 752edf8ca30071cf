"""Tokens read once give the words and terms that reading each sentence gives."""

import random
from collections import Counter

import pandas as pd
import pytest

from kzpolicy import schema
from kzpolicy.segmenting import find_words
from kzpolicy.tokens import Counted, Tokens

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
    tokens = Tokens()
    for sentence in sentences(1):
        lines = [tokens.lines[tokens[part]] for part in sentence.split()]
        assert " ".join(filter(None, lines)) == " ".join(find_words(sentence)), repr(sentence)


def test_each_token_is_read_once() -> None:
    tokens = Tokens()
    assert [tokens[part] for part in "so and so , and".split()] == [0, 1, 0, 2, 1]
    assert tokens.lines == ["so", "and", ""]


def test_find_phrases() -> None:
    tokens = Tokens(["belt and road*", "road map", "new silk road", "central asia*"])

    def found(sentence: str) -> list[str]:
        parts = sentence.split()
        line = " ".join(tokens.lines[tokens[part]] for part in parts)
        return sorted(tokens.find_phrases(parts, line))

    assert found("A belt and roads, the Belt-and-road.") == ["belt and roads"]
    assert found("New Silk Road maps; a Road map") == ["new silk road", "road map"]
    twice = ["central asia", "central asia", "central asian"]
    assert found("Central Asian, Central Asia’s and central, Asia") == twice
    assert found("a belt, a road, the silk") == []


def made(paragraphs: list[tuple[str, int, list[str]]], phrases: list[str]) -> pd.DataFrame:
    tokens, counted = Tokens(phrases), Counted()
    for document, paragraph, texts in paragraphs:
        one = Counted()
        one.begin(document, paragraph)
        for text in texts:
            parts = text.split()
            numbers = [tokens[part] for part in parts]
            line = " ".join(filter(None, (tokens.lines[number] for number in numbers)))
            one.add(numbers, tokens.find_phrases(parts, line))
        counted.join(one)
    return counted.table(tokens.lines)


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


def test_no_paragraphs_have_no_terms() -> None:
    assert made([], []).empty and made([("a", 1, ["—"])], ["road map"]).empty


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
