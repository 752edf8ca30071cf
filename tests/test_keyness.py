"""Keyness against the published formulas, and splits of an invented corpus."""

from __future__ import annotations

import doctest
import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invented import RUSSIA, SAYINGS, Paper, Said, invented_corpus, two_papers
from nltk import FreqDist
from pandas.testing import assert_frame_equal

from kzpolicy.corpus import Corpus
from kzpolicy.measures import keyness as module
from kzpolicy.measures.keyness import context_keyness, keyness, period_keyness, split_test, word_frequencies
from kzpolicy.measures.keywords import FUNCTION_WORDS
from kzpolicy.tables import StudyError


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return two_papers()


def test_examples_in_docstrings() -> None:
    assert doctest.testmod(module).failed == 0


def test_word_frequencies_are_nltks(corpus: Corpus) -> None:
    found = word_frequencies(corpus)
    assert found.conditions() == [2018, 2022]
    assert found[2018]["grain"] == 3 and found[2022]["economic"] == 2 and found[2018]["and"] == 0
    assert word_frequencies(corpus, "label", drop=())["North 2018"]["and"] == 1


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


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda c: context_keyness(c, "Rusia"), "no power 'Rusia'; near is russia"),
        (lambda c: context_keyness(c, "Turkey"), "no sentence names turkey; named are russia, china"),
        (lambda c: period_keyness(c, 2030), "2030: no document from then on; they are of 2018-03-01 to"),
        (lambda c: split_test(c, "2001-01-01"), "no document before it"),
        (lambda c: keyness({}, {"grain": 1}), "the target has no words"),
    ],
)
def test_wrong_arguments_are_named(corpus: Corpus, call: object, message: str) -> None:
    with pytest.raises(StudyError) as raised:
        call(corpus)  # type: ignore[operator]
    assert message in str(raised.value) and "\n" not in str(raised.value)
