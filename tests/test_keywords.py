"""Themes, rates, attention and keyness, on an invented corpus and against the published formulas."""

from __future__ import annotations

import doctest
import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invented import Paper, Said, invented_corpus
from nltk import FreqDist
from pandas.testing import assert_frame_equal

from kzpolicy.corpus import Corpus
from kzpolicy.measures import keywords
from kzpolicy.measures.intervals import rate_interval
from kzpolicy.measures.keywords import (
    FUNCTION_WORDS,
    attention,
    collocations,
    context_keyness,
    keyness,
    keyword_in_context,
    keyword_rates,
    mention_rates,
    period_keyness,
    split_test,
    theme_counts,
    theme_rates,
    word_frequencies,
)
from kzpolicy.tables import StudyError

TERMS = ["trade", "export*", "central steppe*", "grow*", "economic growth"]
THEMES = pd.DataFrame({"theme": ["trade", "trade", "steppe", "growth", "growth"], "term": TERMS})
THEMES = THEMES.assign(name=THEMES["theme"].str.title(), sign=[1, 1, 1, 1, -1])
UNION = ("russia", "Eurasian Economic Union")
PAPERS = [Paper("north", "2018-03-01", "2018-03-01"), Paper("east", "2022-02-02", "2022-02-02")]
RUSSIA, CHINA = ("russia", "Russia"), ("china", "China")
SAYINGS = [
    Said("north:0:1", "grain trade grows"),
    Said("north:1:0", "russia and trade", [RUSSIA]),
    Said("north:1:1", "russia exports grain to central steppes and exporters smile", [RUSSIA]),
    Said("north:1:2", "china buys grain", [CHINA]),
    Said("north:2:1", "the eurasian economic union met while russia slept", [UNION, RUSSIA]),
    Said("east:1:1", "economic growth and economic plans"),
    Said("east:1:2", "union members and china traded", [CHINA]),
    Said("east:2:1", "no trade"),
]


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return invented_corpus(PAPERS, SAYINGS, phrases=["central steppes", "economic growth"])


@pytest.fixture(scope="module")
def owned() -> Corpus:
    return invented_corpus(PAPERS, SAYINGS, phrases=["economic growth"], texts=True)


def test_examples_in_docstrings() -> None:
    assert doctest.testmod(keywords).failed == 0


# Themes and keywords


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
    unlisted = invented_corpus(PAPERS, SAYINGS)  # a study that keeps no list: the built-in "central asia*"
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


def test_word_frequencies_are_nltks(corpus: Corpus) -> None:
    found = word_frequencies(corpus)
    assert found.conditions() == [2018, 2022]
    assert found[2018]["grain"] == 3 and found[2022]["economic"] == 2 and found[2018]["and"] == 0
    assert word_frequencies(corpus, "label", drop=())["North 2018"]["and"] == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda c: theme_rates(c, pd.DataFrame()), "themes is no frame of themes"),
        (lambda c: keyword_rates(c, "oil", "outlets"), "no column of documents 'outlets'; near is outlet"),
        (lambda c: keyword_rates(c, []), "no keyword is given"),
        (lambda c: keyword_rates(c, [5]), "5 is no keyword"),  # type: ignore[list-item]
        (lambda c: keyword_rates(c, "tra*de"), "'tra*de' is no keyword"),
        (lambda c: keyword_in_context("grain", "*"), "'*' is no keyword"),
        (lambda c: keyword_rates(c, "belt and road"), "'belt and road' has several words"),
        (lambda c: mention_rates(c, "rusia"), "no power 'rusia'; near is russia"),
        (lambda c: context_keyness(c, "Rusia"), "no power 'Rusia'; near is russia"),
        (lambda c: context_keyness(c, "Turkey"), "no sentence names turkey; named are russia, china"),
        (lambda c: period_keyness(c, 2030), "2030: no document from then on; they are of 2018-03-01 to"),
        (lambda c: split_test(c, "2001-01-01"), "no document before it"),
        (lambda c: keyword_in_context(c, "grain"), "the corpus has no texts; with_texts"),
        (lambda c: keyword_in_context("grain", "grain", window=-1), "window=-1"),
        (lambda c: keyness({}, {"grain": 1}), "the target has no words"),
    ],
)
def test_wrong_arguments_are_named(corpus: Corpus, call: object, message: str) -> None:
    with pytest.raises(StudyError) as raised:
        call(corpus)  # type: ignore[operator]
    assert message in str(raised.value) and "\n" not in str(raised.value)


# Keyness

Counts = dict[str, float]
TALLY = st.dictionaries(st.sampled_from(["camel", "yurt", "felt", "kumis"]), st.integers(1, 60), min_size=2)


def _fightin_words(target: Counts, reference: Counts, words: float) -> Counts:
    """Give z by Monroe, Colaresi and Quinn (2008), equations 15, 16, 19, 20 and 22, and section 3.4."""
    sizes, found = (sum(target.values()), sum(reference.values())), {}
    for w in set(target) | set(reference):
        y = (target.get(w, 0), reference.get(w, 0))
        alpha = words * sum(y) / sum(sizes)
        odds = [(y[i] + alpha) / (sizes[i] + words - y[i] - alpha) for i in (0, 1)]
        found[w] = math.log(odds[0] / odds[1]) / math.sqrt(sum(1 / (y[i] + alpha) for i in (0, 1)))
    return found


@given(TALLY, TALLY, st.sampled_from([1, 50, 1000]))
@settings(max_examples=25, deadline=None)
def test_z_is_that_of_the_paper(target: Counts, reference: Counts, size: float) -> None:
    prior = {word: 3 * (target.get(word, 0) + reference.get(word, 0)) for word in {*target, *reference}}
    found = keyness(FreqDist(target), pd.Series(reference), prior=prior, prior_words=size)
    z = dict(zip(found["term"], found["z"], strict=True))
    assert z == pytest.approx(_fightin_words(target, reference, size), abs=1e-9)
    assert found["z"].is_monotonic_decreasing
    for row in found.to_dict("records"):  # the signs say which side uses a word more
        here = row["target"] * sum(reference.values()) - row["reference"] * sum(target.values())
        assert np.sign(round(row["g2"], 9)) == np.sign(here)


@pytest.mark.parametrize(
    ("both", "first", "second", "neither", "published"),
    # Dunning (1993), table of bigrams in Swiss bank reports: counts and -2 log lambda.
    [(110, 2442, 111, 29114, 270.72), (29, 13, 123, 31612, 263.90), (10, 0, 3, 31764, 167.23)],
)
def test_g2_of_dunnings_table(both: int, first: int, second: int, neither: int, published: float) -> None:
    g2 = keyness({"camel": both, "yurt": first}, {"camel": second, "yurt": neither}).set_index("term")["g2"]
    assert round(float(g2["camel"]), 2) == published


def _series(texts: Sequence[str]) -> pd.Series:
    return pd.Series(" ".join(texts).split()).value_counts()


def test_context_keyness_leaves_out_a_powers_names_only_where_they_name_it(corpus: Corpus) -> None:
    # "economic" and "union" also stand in sentences that do not name Russia at all; a word of a long
    # name is not a name. To take them out there would make them marks of Russia's sentences.
    found = context_keyness(corpus, "Russia").set_index("term")
    assert found.loc["economic", ["target", "reference"]].tolist() == [0, 2]
    inside = "exports grain to central steppes and exporters smile the met while slept"
    rest = [s.text for s in SAYINGS if RUSSIA not in s.names]
    expected = keyness(_series([inside]), _series(rest)).set_index("term").sort_index()
    assert_frame_equal(found.sort_index().drop(columns="documents"), expected)
    assert found.loc[["met", "plans"], "documents"].tolist() == [1, 0]


PERIODS = {
    "early": ("2018-03-01", "2018-03-01", "camel camel yurt the"),
    "long": ("2021-06-01", "2022-05-31", "yurt felt reed"),  # may be of 2021
    "late": ("2022-01-01", "2022-01-01", "reed reed saddle the"),
    "latest": ("2022-12-31", "2022-12-31", "saddle camel reed"),
}


def _periods() -> Corpus:
    papers = [Paper(document, first, last) for document, (first, last, _) in PERIODS.items()]
    return invented_corpus(papers, [Said(f"{d}:1:1", text) for d, (_, _, text) in PERIODS.items()])


def test_period_keyness_exactly() -> None:
    found = period_keyness(_periods(), 2022)
    texts = {document: text for document, (_, _, text) in PERIODS.items()}
    expected = keyness(_series([texts["late"], texts["latest"]]), _series([texts["early"], texts["long"]]))
    assert_frame_equal(found.drop(columns="documents"), expected)
    every = keyness(_series([texts["late"]]), _series([texts["early"]]), drop=())
    # Function words are not listed, and still count as text.
    assert "the" in set(every["term"]) & FUNCTION_WORDS and "the" not in set(found["term"])
    held = {"reed": 2, "saddle": 2, "camel": 1, "felt": 1, "yurt": 2}
    assert found.set_index("term")["documents"].to_dict() == held


def test_a_split_is_judged_among_all_splits_of_its_kind() -> None:
    found = split_test(_periods(), 2022)
    assert len(found) == 3  # two against two, each once
    chosen = found[found["chosen"]].iloc[0]
    keyed = period_keyness(_periods(), 2022)
    assert chosen["later"] == "late, latest"
    assert chosen["apart"] == pytest.approx((keyed["z"] ** 2).sum())
    assert chosen["strongest"] == pytest.approx(keyed["z"].abs().max())
    assert found["p"].tolist() == pytest.approx([1 / 3, 2 / 3, 1])
    assert len(split_test(_periods(), "2022-12-31")) == 4  # one against three


# Texts


def test_keyword_in_context_exactly(owned: Corpus) -> None:
    found = keyword_in_context(owned, ["export*", "no trade"], window=2)
    assert found.values.tolist() == [
        ["north", "north:1:1", "trade russia", "exports", "grain to"],
        ["north", "north:1:1", "steppes and", "exporters", "smile china"],
        ["east", "east:2:1", "china traded", "no trade", ""],
    ]


def test_keyword_in_context_takes_texts_of_any_form() -> None:
    text = "The U.S. road-show’s end; a ROAD (wide) ended."
    expected = [["a", "ROAD", "(wide"]]
    for texts in (text, [text], {"1": text}, pd.DataFrame({"document": ["1"], "text": [text]})):
        found = keyword_in_context(texts, "road", window=1)
        assert found["document"].tolist() == ["1"]
        assert found.drop(columns="document").values.tolist() == expected
    assert keyword_in_context(text, ["U.S.", "Road-show"])["keyword"].tolist() == ["U.S.", "road-show’s"]
    assert keyword_in_context(text, "sea").empty
    with pytest.raises(StudyError, match="no column 'text'"):
        keyword_in_context(pd.DataFrame({"words": [text]}), "road")


def test_collocations_are_nltks() -> None:
    texts = ["The Caspian Sea is wide.", "A Caspian Sea port.", "The sea of the steppe: of the sea."]
    found = collocations(texts, least=2)
    assert found[["collocation", "count"]].values.tolist() == [["caspian sea", 2]]  # not "of the"
    assert found["g2"].iloc[0] > 3.84
