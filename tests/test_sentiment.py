"""Coded pairs, their means and contrasts, and the balance of vectors, on invented codes."""

from __future__ import annotations

import doctest

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invented import Code, Paper, Said, invented_corpus
from pandas.testing import assert_frame_equal

from kzpolicy import sentiment
from kzpolicy.corpus import Corpus
from kzpolicy.intervals import mean_interval
from kzpolicy.powers import load_powers
from kzpolicy.sentiment import SCORES, coded_pairs, difference, mean_by, plain_class, with_period
from kzpolicy.stance import VECTORS, WESTERN, balance, by_vector

PAPERS = [
    Paper("south", "2021-06-01", "2022-05-31"),
    Paper("north", "2018-03-01", "2018-03-01", "press"),
    Paper("east", "2022-01-01", "2022-01-01", "review"),
]
SAYINGS = [
    Said("south:1:1", "a b", compound=-0.0499),
    Said("south:1:2", "a b", compound=-0.6),
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
    assert doctest.testmod(sentiment).failed == 0


def test_coded_pairs_exactly(pairs: pd.DataFrame) -> None:
    rows = [
        ("south:1:2", "south", "south:1", "russia", 0.0, 1.0, True, -0.6, -1),
        ("south:1:1", "south", "south:1", "turkey", -1.0, 1.0, True, -0.0499, 0),
        ("north:1:2", "north", "north:1", "russia", -1.0, -1.0, True, -0.05, -1),
        ("north:1:1", "north", "north:1", "russia", 1.0, 0.0, True, 0.0499, 0),
        ("north:1:2", "north", "north:1", "usa", 0.5, -1.0, True, -0.05, -1),
        ("north:0:1", "north", "north:0", "eu", 1.0, 0.0, False, 0.05, 1),
        ("north:1:2", "north", "north:1", "west", 0.0, 1.0, True, -0.05, -1),
        ("east:2:1", "east", "east:2", "china", 1.0, 1.0, True, 0.8, 1),
    ]
    columns = ["sentence", "document", "paragraph", "power", "tone", "stance", "sure", "plain", "plain_class"]
    expected = pd.DataFrame(rows, columns=columns)
    facts = {p.document: p for p in PAPERS}
    labels = [facts[d].label for d in expected["document"]]
    groups = [facts[d].outlet_group or None for d in expected["document"]]
    dates = pd.to_datetime([facts[d].published_from for d in expected["document"]]).astype("datetime64[s]")
    orders = {
        "document": ["south", "north", "east"],
        "label": ["South 2021", "North 2018", "East 2022"],
        "power": list(load_powers().keys),
    }
    expected = expected.assign(
        label=labels, outlet_group=pd.Series(groups, dtype="str"), published_from=dates
    )
    for column, order in orders.items():
        expected[column] = pd.Categorical(expected[column], categories=order, ordered=True)
    columns[2:2] = ["label", "outlet_group", "published_from"]
    assert_frame_equal(pairs[columns], expected[columns], check_exact=True)
    assert (pairs[list(SCORES)].dropna() == 0).all(axis=None)


def test_coded_pairs_leave_the_corpus_alone(corpus: Corpus) -> None:
    before = {name: frame.copy() for name, frame in corpus.tables().items()}
    coded_pairs(corpus)
    for name, frame in corpus.tables().items():
        assert_frame_equal(frame, before[name])


def test_a_corpus_without_codes_has_no_pairs() -> None:
    assert coded_pairs(invented_corpus(PAPERS, SAYINGS)).empty


def test_a_power_that_only_the_study_knows_is_kept_and_comes_last() -> None:
    said = [Said("lake:1:1", "russia and kyiv froze", [("russia", "Russia"), ("ukraine", "Kyiv")])]
    codes = [Code("lake:1:1", power, (1,), (1,), (0,), (1,)) for power in ("ukraine", "russia")]
    corpus = invented_corpus([Paper("lake", "2019-01-01", "2019-01-01")], said, codes)
    assert coded_pairs(corpus)["power"].tolist() == ["russia", "ukraine"]


def test_plain_class_calls_neutral_inside_the_customary_threshold() -> None:
    scores = pd.Series([-1, -0.0501, -0.05, -0.0499, 0, 0.0499, 0.05, 0.0501, 1])
    assert plain_class(scores).tolist() == [-1, -1, -1, 0, 0, 0, 1, 1, 1]
    assert plain_class(scores, 0.0501).tolist() == [-1, -1, 0, 0, 0, 0, 0, 1, 1]


def test_mean_by_exactly(pairs: pd.DataFrame) -> None:
    found = mean_by(pairs, "tone", ["power"])
    assert found.columns.tolist() == ["power", "mean", "low", "high", "n", "below", "zero", "above"]
    rows = found.set_index("power")[["mean", "n", "below", "zero", "above"]].T.to_dict("list")
    assert rows == {
        "russia": [0, 3, 1, 1, 1],
        "china": [1, 1, 0, 0, 1],
        "usa": [0.5, 1, 0, 0, 1],
        "eu": [1, 1, 0, 0, 1],
        "west": [0, 1, 0, 1, 0],
        "turkey": [-1, 1, 1, 0, 0],
    }
    assert found["power"].tolist() == ["russia", "china", "usa", "eu", "west", "turkey"]  # powers' order
    russia = found.iloc[0]
    assert (russia["low"], russia["high"]) == mean_interval([0, -1, 1], ["south:1", "north:1", "north:1"])


def test_mean_by_several_columns_keeps_the_corpus_order(pairs: pd.DataFrame) -> None:
    found = mean_by(pairs, "stance", ["document", "power"])
    assert found[["document", "power", "mean", "n"]].values.tolist() == [
        ["south", "russia", 1, 1],
        ["south", "turkey", 1, 1],
        ["north", "russia", -0.5, 2],
        ["north", "usa", -1, 1],
        ["north", "eu", 0, 1],
        ["north", "west", 1, 1],
        ["east", "china", 1, 1],
    ]


def test_period_follows_the_earliest_date(pairs: pd.DataFrame) -> None:
    found = with_period(pairs, 2022)
    assert found["period"].cat.categories.tolist() == ["before 2022", "2022 on"]
    assert found["period"].cat.ordered
    # South may be of 2022, but its earliest date is 2021; east is of the first day of 2022.
    by_document = found.astype({"document": "str", "period": "str"}).groupby("document")["period"].unique()
    assert {d: list(p) for d, p in by_document.items()} == {
        "east": ["2022 on"],
        "north": ["before 2022"],
        "south": ["before 2022"],
    }
    assert "period" not in pairs


SCORED = st.lists(st.tuples(st.sampled_from([-1, 0, 0.5, 1]), st.integers(1, 6)), min_size=1, max_size=30)


def _group(rows: list[tuple[float, int]]) -> pd.DataFrame:
    return pd.DataFrame({"tone": [float(v) for v, _ in rows], "paragraph": [f"x:{p}" for _, p in rows]})


@given(SCORED, SCORED)
@settings(max_examples=30, deadline=None)
def test_difference_is_the_exact_gap_and_changes_sign(
    first: list[tuple[float, int]], second: list[tuple[float, int]]
) -> None:
    one, other = _group(first), _group(second)
    gap, low, high = difference(one, other, "tone")
    means = [sum(v for v, _ in rows) / len(rows) for rows in (first, second)]
    assert gap == pytest.approx(means[0] - means[1])
    assert low <= gap <= high
    turned, turned_low, turned_high = difference(other, one, "tone")
    assert turned == -gap
    # Other draws of the prior on either side: the limits agree within the error of the draws.
    assert (turned_low, turned_high) == pytest.approx((-high, -low), abs=0.12)


def test_difference_leaves_out_rows_without_a_value() -> None:
    some = _group([(1, 1), (0, 2), (1, 2)])
    with_gaps = pd.concat([_group([(float("nan"), 1)]), some, _group([(float("nan"), 3)])])
    other = some.assign(tone=-some["tone"])
    assert difference(with_gaps, other, "tone") == difference(some, other, "tone")


def test_difference_to_nothing_is_missing() -> None:
    some = _group([(1, 1), (0, 2)])
    assert np.isnan(difference(some, some.head(0), "tone")).all()
    assert np.isnan(difference(some.head(0), some, "tone")).all()


def test_difference_of_groups_in_other_paragraphs_adds_their_variances() -> None:
    here = _group([(code, i) for i, code in enumerate([-1, 0, 0, 1, 1, 0, -1, 1] * 4)])
    gap, low, high = difference(here, here.assign(paragraph="y" + here["paragraph"]), "tone")
    assert gap == 0 and low < 0 < high
    single = mean_interval(here["tone"], here["paragraph"])
    assert (high - low) / (single[1] - single[0]) == pytest.approx(2**0.5, rel=0.1)


def test_difference_knows_that_a_paragraph_moves_both_groups() -> None:
    here = _group([(code, i) for i, code in enumerate([-1, 0, 1, 1, -1, 0] * 4)])
    _, low, high = difference(here, here, "tone")
    _, low_apart, high_apart = difference(here, here.assign(paragraph="y" + here["paragraph"]), "tone")
    # Never narrower than when each sentence stands for itself.
    assert high - low <= high_apart - low_apart


# Vectors


def test_vectors_count_a_sentence_once(pairs: pd.DataFrame) -> None:
    found = by_vector(pairs)
    rows = found[["sentence", "vector", "tone", "stance", "plain"]].astype({"vector": "str"})
    assert sorted(rows.values.tolist()) == [
        ["east:2:1", "China", 1, 1, 0.8],
        ["north:0:1", WESTERN, 1, 0, 0.05],
        ["north:1:1", "Russia", 1, 0, 0.0499],
        ["north:1:2", "Russia", -1, -1, -0.05],
        # The United States (0.5, -1) and the West (0, 1) in one sentence.
        ["north:1:2", WESTERN, 0.25, 0, -0.05],
        ["south:1:2", "Russia", 0, 1, -0.6],  # its kind of outlet is unknown and it is kept
    ]
    assert found.columns.tolist() == [
        "sentence",
        "document",
        "label",
        "outlet_group",
        "published_from",
        "paragraph",
        "vector",
        "tone",
        "stance",
        "plain",
    ]
    assert found["vector"].cat.categories.tolist() == ["Russia", "China", WESTERN]


def test_vectors_keep_a_period(pairs: pd.DataFrame) -> None:
    found = mean_by(by_vector(with_period(pairs, 2022)), "stance", ["vector", "period"])
    assert found[["vector", "period", "mean", "n"]].values.tolist() == [
        ["Russia", "before 2022", 0, 3],
        ["China", "2022 on", 1, 1],
        [WESTERN, "before 2022", 0, 2],
    ]


def test_vectors_are_of_known_powers() -> None:
    assert set(VECTORS) <= set(load_powers().keys)


def test_balance_exactly() -> None:
    codes = [
        Code("north:0:1", "russia", (1,), (0,), (1,)),
        Code("north:1:1", "russia", (1,), (0,), (0,)),
        Code("north:1:2", "china", (1,), (0,), (-1,)),
        Code("north:1:2", "usa", (1,), (0,), (1,)),
        Code("north:1:2", "eu", (1,), (0,), (1,)),
        Code("north:1:1", "west", (1,), (0,), (-1,)),
        Code("north:1:1", "india", (1,), (0,), (1,)),  # no vector
        Code("south:1:1", "russia", (1,), (0,), (1,)),
        Code("south:1:2", "china", (1,), (0,), (1,)),
    ]
    pairs = coded_pairs(invented_corpus(PAPERS, SAYINGS, codes))
    found = balance(pairs, "document")
    # The gap is stance toward China minus stance toward Russia.
    assert found[["document", "vector", "mean", "n", "gap"]].values.tolist() == [
        ["south", "Russia", 1, 1, 0],
        ["south", "China", 1, 1, 0],
        ["north", "Russia", 0.5, 2, -1.5],
        ["north", "China", -1, 1, -1.5],
        ["north", WESTERN, 0, 2, -1.5],
    ]
    north = pairs[pairs["document"] == "north"]
    china, russia = (north[north["power"] == power] for power in ("china", "russia"))
    expected = difference(china, russia, "stance")
    assert found.loc[2, ["gap", "gap_low", "gap_high"]].tolist() == pytest.approx(list(expected))
    assert (found["gap_low"] <= found["gap"]).all() and (found["gap"] <= found["gap_high"]).all()


def test_without_both_neighbours_there_is_no_gap() -> None:
    codes = [
        Code("east:2:1", "russia", (1,), (0,), (1,)),
        Code("north:1:1", "china", (1,), (0,), (1,)),
        Code("north:1:1", "west", (1,), (0,), (1,)),
    ]
    found = balance(coded_pairs(invented_corpus(PAPERS, SAYINGS, codes)), "document")
    # With nothing to compare, 0 would claim perfect balance.
    assert len(found) == 3 and found["gap"].isna().all()


def test_a_difference_of_many_rows_fits_in_memory() -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"tone": rng.integers(-1, 2, 30_000), "paragraph": np.arange(30_000) // 3})
    gap, low, high = difference(frame[:15_000], frame[15_000:], "tone")
    spread = 1.96 * np.sqrt(2 * frame["tone"].var() / 15_000)
    assert abs(high - low - 2 * spread) < 0.15 * spread and low < gap < high
