"""The specification curve, texts left out and texts as a sample, on the real codes and on invented ones."""

from __future__ import annotations

import doctest
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from kzpolicy.corpus import load_corpus
from kzpolicy.measures import robustness
from kzpolicy.measures.robustness import (
    PRIMARY,
    SCOPES,
    document_interval,
    leave_out,
    scoped_pairs,
    specification_curve,
    survival,
)
from kzpolicy.measures.tone import difference, with_period
from kzpolicy.tables import StudyError

CORPUS = load_corpus("articles")
PAIRS = scoped_pairs(CORPUS)
SIDES: dict[str, Any] = {"between": "power", "first": "china", "second": "russia"}
# Four texts with two sentences on each side; the gaps are 2, 1, 1 and 0.
MEANS = {"a": (1, -1), "b": (1, 0), "c": (0.5, -0.5), "d": (0.25, 0.25)}
ROWS = [(d, "xy"[p], MEANS[d][p], f"{d}:{p}:{i}") for d in MEANS for p in (0, 1) for i in (0, 1)]
EVEN = pd.DataFrame(ROWS, columns=["document", "power", "tone", "paragraph"])
XY: dict[str, Any] = {"between": "power", "first": "x", "second": "y"}


def test_examples_in_docstrings() -> None:
    assert doctest.testmod(robustness).failed == 0


def test_scopes_follow_the_mentions() -> None:
    mentions = CORPUS.mentions
    alone = PAIRS.loc[PAIRS["alone"], "sentence"]
    assert mentions[mentions["sentence"].isin(alone)].groupby("sentence")["power"].nunique().max() == 1
    other = PAIRS[~PAIRS["state"]].merge(mentions.drop(columns=["tone", "stance"]), on=["sentence", "power"])
    assert len(other) and not other["via"].isin(["state", "capital"]).any()


def test_each_combination_stands_once_and_the_primary_is_the_headline() -> None:
    pairs = PAIRS[PAIRS["document"].isin(["clark2015", "pasatoiu2022"])]
    curve = specification_curve(pairs, "tone", **SIDES)
    assert not curve[["measure", "scope", "weighting"]].duplicated().any()
    assert len(curve) == 6 * len(SCOPES) * 2 and curve["estimate"].round(9).is_monotonic_increasing
    (primary,) = curve[curve["primary"]].to_dict("records")
    assert {name: primary[name] for name in PRIMARY} == PRIMARY
    gap = difference(pairs, "tone", **SIDES).iloc[0]
    assert [primary[c] for c in ("estimate", "low", "high")] == gap[["difference", "low", "high"]].tolist()
    by_text = pairs.groupby(["power", "document"], observed=True)["tone"].mean().groupby("power").mean()
    chosen = curve.query("measure == 'codes' and scope == 'all sentences' and weighting == 'by text'")
    assert chosen["estimate"].item() == pytest.approx(by_text["china"] - by_text["russia"])
    assert survival(curve)["specifications"].tolist() == [10, 50, 60]


def test_survival_counts_signs_either_way() -> None:
    curve = pd.DataFrame({"estimate": [-0.1, 0.2, 0.3, 0.4], "low": [-0.3, -0.1, 0.1, 0.2], "high": 0.6})
    curve = curve.assign(primary=[False, False, True, False], coded=[False, True, True, False])
    assert survival(curve)[["same_sign", "clear"]].values.tolist() == [[1, 0.5], [0.5, 0.5], [0.75, 0.5]]
    turned = curve.assign(estimate=-curve["estimate"], low=-curve["high"], high=-curve["low"])
    assert survival(turned).equals(survival(curve))


def test_texts_left_out() -> None:
    one = leave_out(PAIRS, "tone", **SIDES).set_index("left_out")[["difference", "low", "high"]].round(2)
    assert len(one) == 6 and one.loc["Clark 2015"].tolist() == [0.3, -0.03, 0.6]
    two = leave_out(PAIRS, "tone", **SIDES, k=2).set_index("left_out")
    assert len(two) == 11 and round(two["difference"].min(), 2) == 0.05
    assert two["difference"].idxmin() == "Clark 2015, Realignment 2022"
    # Without the only text of a side nothing can be said, and the row stays.
    russia = with_period(PAIRS[PAIRS["power"] == "russia"], "2022-02-24")
    gaps = leave_out(russia, "stance", between="period").set_index("left_out")
    assert np.isnan(gaps.loc["Realignment 2022", "difference"]) and len(gaps) == 6
    with pytest.raises(StudyError, match="k=5: there are 5 texts; leave out at least one"):
        leave_out(PAIRS, "tone", **SIDES, k=5)


def test_texts_as_a_sample_by_the_formulas() -> None:
    t, permutation, cr2 = document_interval(EVEN, "tone", **XY).itertuples(index=False)
    low, high = stats.ttest_1samp([2, 1, 1, 0], 0).confidence_interval()
    assert (t.estimate, t.low, t.high) == pytest.approx((1, low, high))
    # Of 16 ways to turn the signs of 2, 1, 1 and 0, four give a mean of 1 or more, or of -1 or less.
    assert (permutation.p, permutation.least_p) == (4 / 16, 2 / 16)
    # Equal texts with both sides: CR2 is Student's t of their gaps (Pustejovsky and Tipton 2018).
    assert (cr2.estimate, cr2.low, cr2.high, cr2.p) == pytest.approx((1, low, high, t.p))


def test_texts_on_one_side_each() -> None:
    texts = EVEN.assign(side=EVEN["document"].isin(["a", "b"]))
    t, permutation, cr2 = document_interval(texts, "tone", between="side").itertuples(index=False)
    welch = stats.ttest_ind([0, 0.5], [0, 0.25], equal_var=False)
    assert (t.estimate, t.p) == pytest.approx((0.125, welch.pvalue))
    # Two of six ways to share out 0, .5, 0 and .25 give .375; the others .125.
    assert (permutation.p, permutation.least_p, permutation.texts) == (1, 2 / 6, 4)
    # The same variance, and degrees of freedom as if both sides had it alike.
    assert cr2.estimate == pytest.approx(0.125) and cr2.p == pytest.approx(2 * stats.t.sf(welch.statistic, 2))
    alone = texts.assign(side=texts["document"] == "a")
    t, permutation, cr2 = document_interval(alone, "tone", between="side").itertuples(index=False)
    assert np.isnan([t.low, t.p, cr2.low, cr2.p]).all() and permutation.least_p == 1 / 4


def test_the_published_interval_over_five_texts() -> None:
    found = document_interval(PAIRS, "tone", **SIDES).set_index("method").round(2)
    assert found.loc["Student's t", ["estimate", "low", "high"]].tolist() == [0.37, -0.27, 1.01]
    assert found.loc["CR2", ["estimate", "low", "high"]].tolist() == [0.46, -0.22, 1.15]
    assert found.loc["permutation", ["p", "least_p"]].tolist() == [0.19, 0.06]


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(StudyError, match="no coded measure 'tones'; near is tone"):
        specification_curve(PAIRS, "tones", **SIDES)
    with pytest.raises(StudyError, match="give the frame of scoped_pairs"):
        specification_curve(PAIRS.drop(columns="alone"), "tone", **SIDES)
    with pytest.raises(StudyError, match="no pair of x has a tone"):
        document_interval(EVEN.assign(tone=EVEN["tone"].where(EVEN["power"] == "y")), "tone", **XY)
