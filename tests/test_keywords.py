"""Themes, rates, attention and keyness, on an invented corpus and against the published formulas."""

from __future__ import annotations

import dataclasses
import doctest

import pandas as pd
import pytest
from invented import two_papers

from kzpolicy.build.sentences import find_words
from kzpolicy.corpus import Corpus
from kzpolicy.measures import keywords
from kzpolicy.measures.intervals import rate_interval
from kzpolicy.measures.keywords import (
    attention,
    keyword_rates,
    mention_rates,
    theme_counts,
    theme_rates,
    words_of,
)
from kzpolicy.tables import StudyError

TERMS = ["trade", "export*", "central steppe*", "grow*", "economic growth"]
THEMES = pd.DataFrame({"theme": ["trade", "trade", "steppe", "growth", "growth"], "term": TERMS})
THEMES = THEMES.assign(name=THEMES["theme"].str.title(), sign=[1, 1, 1, 1, -1])


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return two_papers(phrases=["central steppes", "economic growth"])


@pytest.fixture(scope="module")
def owned() -> Corpus:
    return two_papers(phrases=["economic growth"], texts=True)


def test_examples_in_docstrings() -> None:
    assert doctest.testmod(keywords).failed == 0


def test_theme_counts_exactly(owned: Corpus) -> None:
    rows = [
        ("north", 1, "trade", "export*", "exporters", 1),
        ("north", 0, "trade", "trade", "trade", 1),
        ("north", 1, "trade", "export*", "exports", 1),
        ("east", 2, "trade", "trade", "trade", 1),  # not "traded", not the heading's
        ("north", 1, "steppe", "central steppe*", "central steppes", 1),  # counted in the texts, now
        ("north", 0, "growth", "grow*", "grows", 1),
        ("east", 1, "growth", "grow*", "growth", 1),
        ("east", 1, "growth", "grow*", "economic growth", -1),  # not meant: taken off again
    ]
    found = theme_counts(owned, THEMES).drop(columns="name")
    assert sorted(found.itertuples(index=False, name=None)) == sorted(rows)


def test_a_phrase_is_known_where_all_its_endings_were_counted(corpus: Corpus) -> None:
    assert keyword_rates(corpus, "central steppes")["count"].tolist() == [1, 0]
    for asked in ("central steppe*", "central steppe"):
        with pytest.raises(StudyError, match="has several words and was not counted .* with_texts"):
            keyword_rates(corpus, asked)
    unlisted = two_papers()  # a study that keeps no list: the built-in "central asia*"
    assert keyword_rates(unlisted, "central asian")["count"].tolist() == [0, 0]


def test_theme_rates_exactly(owned: Corpus) -> None:
    found = theme_rates(owned, THEMES)
    paragraphs = {"north": [3, 12, 8], "east": [10, 2]}  # words; without the heading
    hits = {("trade", "north"): [1, 2, 0], ("trade", "east"): [0, 1], ("steppe", "north"): [0, 1, 0]}
    hits |= {("steppe", "east"): [0, 0], ("growth", "north"): [1, 0, 0], ("growth", "east"): [0, 0]}
    assert found[["theme", "document"]].apply(tuple, axis=1).tolist() == list(hits)
    for row in found.to_dict("records"):
        counts, words = hits[row["theme"], row["document"]], paragraphs[row["document"]]
        assert (row["count"], row["words"]) == (sum(counts), sum(words))
        limits = [10_000 * x for x in rate_interval(counts, words)]
        assert [row["rate"], row["low"], row["high"]] == pytest.approx(limits)
    assert found["label"].cat.categories.tolist() == ["North 2018", "East 2022"]
    assert found["name"].tolist() == ["Trade"] * 2 + ["Steppe"] * 2 + ["Growth"] * 2
    together = theme_rates(owned, THEMES, by="language").set_index("theme")
    assert together.loc["trade", ["count", "words"]].tolist() == [4, 35]


def test_keyword_rates_exactly(owned: Corpus) -> None:
    found = keyword_rates(owned, ["grain", "trade*", "Economic  Growth", "and exporters"])
    assert found["keyword"].tolist()[::2] == ["grain", "trade*", "Economic  Growth", "and exporters"]
    assert found["year"].tolist() == [2018, 2022] * 4 and found["words"].tolist() == [23, 12] * 4
    assert found["count"].tolist() == [3, 0, 1, 2, 0, 1, 1, 0]  # the last two words counted in the texts
    assert found.columns.tolist() == ["keyword", "year", "count", "words", "rate", "low", "high"]
    one = keyword_rates(owned, "grain", by="document")
    assert one["count"].tolist() == [3, 0] and one["label"].tolist() == ["North 2018", "East 2022"]


def test_attention_and_mentions_exactly(corpus: Corpus) -> None:
    rows = [
        # Four sentences in three paragraphs; the heading that names Russia is not a sentence.
        ("North 2018", "russia", 2, 4, [0, 1, 1], [1, 2, 1]),
        ("East 2022", "russia", 0, 3, [0, 0], [2, 1]),
        ("North 2018", "china", 1, 4, [0, 1, 0], [1, 2, 1]),
        ("East 2022", "china", 1, 3, [1, 0], [2, 1]),
    ]
    found = attention(corpus)
    assert len(found) == len(rows)
    for row, (*facts, named, sentences) in zip(found.to_dict("records"), rows, strict=True):
        assert [row[c] for c in ("label", "power", "n", "sentences")] == facts
        assert [row[c] for c in ("share", "low", "high")] == pytest.approx(rate_interval(named, sentences))
    by_year = attention(corpus, by="year")
    assert by_year[["year", "power", "n"]].values.tolist()[:2] == [[2018, "russia", 2], [2022, "russia", 0]]
    named = mention_rates(corpus, ["Russia", "turkey"])
    # A name counts each time: the Union and Russia in one sentence.
    assert named["power"].tolist() == ["russia"] * 2 + ["turkey"] * 2
    assert named["count"].tolist() == [3, 0, 0, 0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda c: theme_rates(c, pd.DataFrame()), "themes is no frame of themes"),
        (lambda c: keyword_rates(c, "oil", "outlets"), "no column of documents 'outlets'; near is outlet"),
        (lambda c: keyword_rates(c, []), "no keyword is given"),
        (lambda c: keyword_rates(c, [5]), "5 is no keyword"),  # type: ignore[list-item]
        (lambda c: keyword_rates(c, "tra*de"), "'tra*de' is no keyword"),
        (lambda c: keyword_rates(c, "belt and road"), "'belt and road' has several words"),
        (lambda c: mention_rates(c, "rusia"), "no power 'rusia'; near is russia"),
    ],
)
def test_wrong_arguments_are_named(corpus: Corpus, call: object, message: str) -> None:
    with pytest.raises(StudyError) as raised:
        call(corpus)  # type: ignore[operator]
    assert message in str(raised.value) and "\n" not in str(raised.value)


def test_a_phrase_is_not_counted_in_half_of_the_texts(owned: Corpus) -> None:
    texts = pd.DataFrame(owned.texts)
    half = dataclasses.replace(owned, texts=texts[texts["sentence"].str.startswith("north")])
    with pytest.raises(StudyError, match="'and exporters' cannot be counted in east and 0 more without"):
        keyword_rates(half, "and exporters")
    assert keyword_rates(half.filter(document="north"), "and exporters")["count"].tolist() == [1]


def test_words_are_those_of_a_build() -> None:
    for text in (
        "The U.S.-led, i.e. J.-P.’s 6,467 road‑shows",
        "it's 3.5m «köl» e\u0301t_al. don’t—stop",
        "'tis",
    ):
        assert words_of(text) == find_words(text)
