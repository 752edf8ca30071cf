"""Pairs, their means and contrasts, periods and vectors, on invented codes; and the published headline."""

from __future__ import annotations

import doctest
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from invented import Code, Paper, Said, invented_corpus

from kzpolicy.corpus import Corpus, load_corpus
from kzpolicy.measures import tone
from kzpolicy.measures.intervals import TAILS, difference_draws, mean_interval
from kzpolicy.measures.tone import (
    DELEGATIONS,
    VECTORS,
    WESTERN,
    by_vector,
    coded_pairs,
    difference,
    mean_by,
    mention_pairs,
    with_period,
)
from kzpolicy.powers import load_powers
from kzpolicy.tables import StudyError

PAPERS = [  # as load_corpus gives them, in the order of their dates
    Paper("north", "2018-03-01", "2018-03-01", "press"),
    Paper("east", "2022-01-01", "2022-01-01", "review"),
    Paper("south", "2021-06-01", "2022-05-31", speaker_state="CHN"),
]
RUSSIA, CHINA = ("russia", "a"), ("china", "b")
SAYINGS = [
    Said("south:1:0", "a b", [RUSSIA]),
    Said("south:1:1", "a b", compound=-0.0499),
    Said("south:1:2", "a b", [RUSSIA, CHINA], compound=-0.6),
    Said("north:0:1", "a b", compound=0.05),
    Said("north:1:1", "a b", compound=0.0499),
    Said("north:1:2", "a b", compound=-0.05),
    Said("east:2:1", "a b", compound=0.8),
]
CODES = [
    Code("east:2:1", "china", (1, 1, 1), (1, 1, 1), (1, 1, 1)),
    Code("north:1:2", "west", (1, 1, 0), (0, 0, 0), (1, 1, 0)),  # two of three mean it
    Code("north:1:2", "usa", (1, 1), (1, 0), (-1, -1)),  # the coders' median is a half
    Code("north:1:2", "russia", (1, 1, 1), (-1, -1, -1), (-1, 0, -1)),
    Code("north:1:1", "china", (1, 0, 0), (1, 0, 0), (1, 0, 0)),  # most say it is not meant
    Code("north:1:1", "russia", (1, 1, 1), (1, 1, 0), (-1, 0, 1), (1, 0, 1)),
    Code("north:0:1", "iran", (1, 0), (0, 0), (0, 0)),  # undecided whether it is meant
    Code("north:0:1", "eu", (1, 1, 1), (1, 1, 1), (0, 0, 0), (0, 0, 1)),
    Code("south:1:2", "russia", (1, 1, 1), (-1, 0, 1), (1, 1, 1)),
    Code("south:1:1", "india", (0, 0, 0), (0, 0, 0), (0, 0, 0)),
    Code("south:1:1", "turkey", (1, 1, 1), (1, -1, -1), (0, 1, 1)),
]


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return invented_corpus(PAPERS, SAYINGS, CODES)


@pytest.fixture(scope="module")
def pairs(corpus: Corpus) -> pd.DataFrame:
    return coded_pairs(corpus)


def test_examples_in_docstrings() -> None:
    assert doctest.testmod(tone).failed == 0


# Pairs


def test_coded_pairs_exactly(pairs: pd.DataFrame) -> None:
    columns = ["sentence", "power", "tone", "stance", "sure", "plain", "plain_class", "paragraph", "year"]
    assert pairs[columns].values.tolist() == [
        ["north:1:2", "russia", -1, -1, True, -0.05, -1, "north:1", 2018],
        ["north:1:1", "russia", 1, 0, True, 0.0499, 0, "north:1", 2018],
        ["north:1:2", "usa", 0.5, -1, True, -0.05, -1, "north:1", 2018],
        ["north:0:1", "eu", 1, 0, False, 0.05, 1, "north:0", 2018],
        ["north:1:2", "west", 0, 1, True, -0.05, -1, "north:1", 2018],
        ["east:2:1", "china", 1, 1, True, 0.8, 1, "east:2", 2022],
        ["south:1:2", "russia", 0, 1, True, -0.6, -1, "south:1", 2021],
        ["south:1:1", "turkey", -1, 1, True, -0.0499, 0, "south:1", 2021],
    ]
    assert pairs["tone_score"].isna().tolist() == [True] * 6 + [False, True]  # no name was found there
    assert pairs["label"].cat.categories.tolist() == ["North 2018", "East 2022", "South 2021"]
    # What does not occur has no place in a figure.
    assert pairs["power"].cat.categories.tolist() == ["russia", "china", "usa", "eu", "west", "turkey"]


def test_mention_pairs_have_the_same_columns_without_codes(corpus: Corpus, pairs: pd.DataFrame) -> None:
    found = mention_pairs(corpus)
    assert found[["sentence", "power", "own", "words"]].values.tolist() == [
        ["south:1:2", "russia", False, 2],  # a heading's mention is none
        ["south:1:2", "china", True, 2],  # China speaks of itself
    ]
    assert found.columns.tolist() == [c for c in pairs if c not in ("tone", "stance", "sure")]
    assert set(DELEGATIONS) <= set(load_powers().keys)


def test_a_corpus_without_codes_or_with_a_power_of_its_own() -> None:
    assert coded_pairs(invented_corpus(PAPERS, SAYINGS)).empty
    codes = [Code("north:1:1", power, (1,), (1,), (0,), (1,)) for power in ("ukraine", "russia")]
    assert coded_pairs(invented_corpus(PAPERS, SAYINGS, codes))["power"].tolist() == ["russia", "ukraine"]


# Means


def test_mean_by_exactly(pairs: pd.DataFrame) -> None:
    found = mean_by(pairs, "tone", by="power")
    assert found["power"].tolist() == ["russia", "china", "usa", "eu", "west", "turkey"]
    assert found["mean"].tolist() == [0, 1, 0.5, 1, 0, -1] and found["n"].tolist() == [3, 1, 1, 1, 1, 1]
    russia = found.iloc[0]
    assert (russia["low"], russia["high"]) == mean_interval([1, -1, 0], ["north:1", "north:1", "south:1"])
    both = mean_by(pairs, "stance", by=["label", "power"])
    assert both["label"].tolist() == ["North 2018"] * 4 + ["East 2022"] + ["South 2021"] * 2
    assert both["mean"].tolist() == [-0.5, -1, 0, 1, 1, 1, 1]
    assert mean_by(pairs, "tone", by=[])["mean"].tolist() == [pairs["tone"].mean()]


def test_missing_scores_are_left_out_and_counted(pairs: pd.DataFrame) -> None:
    found = mean_by(pairs, "tone_score", by="power").set_index("power")
    assert found.loc["russia", ["mean", "n", "missing"]].tolist() == [0, 1, 2]
    assert found.loc["eu", ["n", "missing"]].tolist() == [0, 1] and np.isnan(found.loc["eu", "mean"])
    # A group whose name is missing is a group.
    unnamed = pairs.assign(outlet_group=pairs["outlet_group"].where(pairs["outlet_group"] == "press"))
    assert mean_by(unnamed, "tone", by="outlet_group")["n"].sum() == len(pairs)


def test_delegations_that_weigh_alike() -> None:
    said = {"AAA": [-1] * 30, "BBB": [1], "CCC": [0, 1]}
    rows = [(state, f"{state}:{i}", code) for state, codes in said.items() for i, code in enumerate(codes)]
    frame = pd.DataFrame(rows, columns=["speaker_state", "paragraph", "tone"]).assign(power="iran")
    found = mean_by(frame, "tone", by="power", alike="speaker_state").iloc[0]
    assert found[["mean", "n", "missing", "units"]].tolist() == [pytest.approx(0.5 / 3), 33, 0, 3]
    # Three delegations drawn whole say less than 33 sentences: at least as wide as three values.
    low, high = mean_interval([-1, 1, 0.5])
    assert found["low"] <= low and high <= found["high"]
    # With one sentence each, delegations are sentences.
    single = frame.groupby("speaker_state", as_index=False).first()
    alike, plain = (mean_by(single, "tone", by="power", alike=a).iloc[0] for a in ("speaker_state", None))
    assert alike[["mean", "low", "high"]].tolist() == plain[["mean", "low", "high"]].tolist()


# Differences

Rows = Sequence[tuple[float, int]]


def _two(first: Rows, second: Rows, apart: str = "") -> pd.DataFrame:
    rows = [("one", float(v), f"x:{p}") for v, p in first]
    rows += [("two", float(v), f"x{apart}:{p}") for v, p in second]
    return pd.DataFrame(rows, columns=["side", "tone", "paragraph"])


def _gap(frame: pd.DataFrame, **options: str) -> tuple[float, float, float]:
    found = difference(frame, "tone", between="side", first="one", second="two", **options)
    gap, low, high = found[["difference", "low", "high"]].iloc[0]
    return gap, low, high


def test_difference_names_its_sides_and_counts(pairs: pd.DataFrame) -> None:
    found = difference(pairs, "tone", between="power", first="Russia", second="United States").iloc[0]
    assert found.drop(["low", "high"]).tolist() == ["russia", "usa", 0, 0.5, -0.5, 3, 1, 0]
    others = difference(pairs, "tone", between="power", first="russia").iloc[0]
    assert others[["second", "mean_second", "n_second"]].tolist() == ["others", 0.3, 5]
    later = difference(with_period(pairs, 2022), "tone", between="period").iloc[0]
    assert later[["first", "second", "n_first"]].tolist() == ["2022 on", "before 2022", 1]
    several = difference(pairs, "tone", between="power", first=["usa", "eu"], second="west").iloc[0]
    assert several[["first", "difference"]].tolist() == ["usa, eu", 0.75]


def test_difference_within_groups_keeps_those_with_one_side(pairs: pd.DataFrame) -> None:
    found = difference(pairs, "stance", between="power", first="russia", second="west", by="label")
    rows = found[["label", "difference", "n_first", "n_second"]]
    assert rows.iloc[0].tolist() == ["North 2018", -1.5, 2, 1]
    assert rows["label"].tolist() == ["North 2018", "South 2021"]
    assert found.loc[1, ["difference", "low", "high"]].isna().all()
    gaps = difference(pairs, "tone_score", between="power", first="russia", second="turkey").iloc[0]
    assert gaps[["n_first", "n_second", "missing"]].tolist() == [1, 0, 3]


def test_a_paragraph_moves_both_sides() -> None:
    here = [(code, i) for i, code in enumerate([-1, 0, 1, 1, -1, 0] * 4)]
    _, low, high = _gap(_two(here, here))
    _, low_apart, high_apart = _gap(_two(here, here, apart="y"))
    # Never narrower than when each sentence stands for itself.
    assert high - low <= high_apart - low_apart


def test_whole_delegations_are_drawn_where_they_weigh_alike() -> None:
    frame = _two([(1, 1), (1, 2), (-1, 3)], [(0, 4), (-1, 5), (0, 6)]).assign(state=list("aabcdd"))
    gap, low, high = _gap(frame, alike="state")
    assert gap == 0.25
    # Each has one mean a side: with a single paragraph it would seem known for certain.
    means, sides = [1, -1, 0, -0.5], np.array([0, 0, 1, 1])
    drawn = np.quantile(difference_draws(means, list("abcd"), sides, [1, -1]), TAILS)
    assert low <= drawn[0] and drawn[1] <= high
    _, low_within, high_within = _gap(frame, alike="state", unit="paragraph")
    assert low < low_within and high_within < high


def test_the_headline() -> None:
    pairs = coded_pairs(load_corpus("articles"))
    means = mean_by(pairs, "tone", by="power").round(2).set_index("power")
    assert means.loc["china", ["mean", "n"]].tolist() == [0.36, 47]
    assert means.loc["russia", ["mean", "n"]].tolist() == [-0.1, 108]
    assert means.index[means["high"] < 0].tolist() == ["west"]
    for other, expected in (("russia", [0.46, 0.14, 0.76]), ("west", [0.64, 0.28, 0.93])):
        gap = difference(pairs, "tone", between="power", first="China", second=other)
        assert gap[["difference", "low", "high"]].iloc[0].round(2).tolist() == expected
    russia = with_period(pairs[pairs["power"] == "russia"], "2022-02-24")
    change = difference(russia, "stance", between="period").iloc[0]
    assert change[["difference", "low", "high"]].astype(float).round(2).tolist() == [-0.49, -0.78, -0.13]


# Periods and vectors


def test_period_follows_the_earliest_date(pairs: pd.DataFrame) -> None:
    found = with_period(pairs, 2022)
    assert found["period"].cat.categories.tolist() == ["before 2022", "2022 on"]
    # South may be of 2022, but its earliest date is 2021; east is of the first day of 2022.
    assert set(found.loc[found["period"] == "2022 on", "document"]) == {"east"}
    assert set(with_period(pairs, "2021-06")["period"]) == {"before June 2021", "from June 2021"}
    assert with_period(pairs, "2022-01-01", ("old", "new"))["period"].nunique() == 2
    assert "period" not in pairs


def test_vectors_count_a_sentence_once(pairs: pd.DataFrame, corpus: Corpus) -> None:
    found = by_vector(pairs)
    assert found[["sentence", "vector", "tone", "stance", "plain"]].values.tolist() == [
        ["north:1:2", "Russia", -1, -1, -0.05],
        ["north:1:1", "Russia", 1, 0, 0.0499],
        # The United States (0.5, -1) and the West (0, 1) in one sentence.
        ["north:1:2", WESTERN, 0.25, 0, -0.05],
        ["north:0:1", WESTERN, 1, 0, 0.05],
        ["east:2:1", "China", 1, 1, 0.8],
        ["south:1:2", "Russia", 0, 1, -0.6],
    ]
    assert found["vector"].cat.categories.tolist() == ["Russia", "China", WESTERN]
    assert set(VECTORS) <= set(load_powers().keys)
    assert by_vector(mention_pairs(corpus))["vector"].tolist() == ["Russia", "China"]
    assert by_vector(mention_pairs(corpus), {"china": "East"})["vector"].tolist() == ["East"]


def test_balance_is_the_mean_by_vector_and_its_gap_a_difference(pairs: pd.DataFrame) -> None:
    found = mean_by(by_vector(with_period(pairs, 2022)), "stance", ["period", "vector"])
    assert found["vector"].tolist() == ["Russia", WESTERN, "China"]
    assert found["mean"].tolist() == [0, 0, 1] and found["n"].tolist() == [3, 2, 1]
    gap = difference(by_vector(pairs), "stance", between="vector", first="China", second="Russia")
    assert gap["difference"].tolist() == [1]


# Errors


@pytest.mark.parametrize(
    ("measure", "options", "message"),
    [
        ("tones", {"by": "power"}, "no measure 'tones'; near is tone; known are tone, stance"),
        ("label", {"by": "power"}, "no measure 'label'"),
        (["tone"], {"by": "power"}, "no measure"),
        ("words", {"by": "power"}, "words runs from 2 to 2; a measure of tone lies between -1 and 1"),
        ("tone", {"by": "powers"}, "no column 'powers'; near is power"),
        ("tone", {"by": "power", "alike": "outlets"}, "no column 'outlets'; near is outlet"),
        ("tone", {"by": "power", "alike": "speaker_state"}, "speaker_state is missing in 6 of 8 rows"),
        ("tone", {"between": "power"}, "power has 6 values; say first= and second= of russia, china"),
        ("tone", {"between": "power", "first": "rusia"}, "no power 'rusia'; near is russia"),
        ("tone", {"between": "power", "first": "usa", "second": "usa"}, "'usa' stands on both sides"),
        ("tone", {"between": "period"}, "no column 'period'"),
    ],
)
def test_wrong_arguments_are_named(
    pairs: pd.DataFrame, measure: str, options: dict[str, str], message: str
) -> None:
    with pytest.raises(StudyError) as raised:
        (difference if "between" in options else mean_by)(pairs, measure, **options)
    assert message in str(raised.value) and "\n" not in str(raised.value)


@pytest.mark.parametrize("date", ["soon", "24.2.2022", 22, "2022-13", "2022-02-24-1", None, True])
def test_what_is_no_date_is_told(pairs: pd.DataFrame, date: object) -> None:
    with pytest.raises(StudyError, match="is no date; give a year"):
        with_period(pairs, date)  # type: ignore[arg-type]


def test_the_corpus_instead_of_its_pairs_is_told(corpus: Corpus) -> None:
    with pytest.raises(StudyError, match="pairs is a Corpus; give the frame of coded_pairs"):
        mean_by(corpus, "tone", by="power")
