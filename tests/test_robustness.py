"""The specification curve on the real codes and on an invented corpus."""

import numpy as np
import pandas as pd
import pytest

from kzpolicy import load_corpus
from kzpolicy.robustness import (
    CONTRASTS,
    PRIMARY,
    SCOPES,
    WEIGHTINGS,
    Contrast,
    interval_by_unit,
    length_confound,
    measures,
    specification_curve,
    survival,
)
from kzpolicy.sentiment import coded_pairs, difference, with_period

TABLE = measures(load_corpus())
CURVE = specification_curve(TABLE, CONTRASTS[0])


def test_measures_keep_the_coded_pairs() -> None:
    pairs = coded_pairs(load_corpus())
    assert TABLE["sentence"].tolist() == pairs["sentence"].tolist()
    assert (TABLE["tone: codes, median"] == pairs["tone"]).all()
    assert (TABLE["tone: plain score"] == pairs["plain"]).all()
    assert set(TABLE["tone: codes, coder a"].dropna()) == {-1, 0, 1}


def test_alone_and_state_follow_the_mentions() -> None:
    mentions = load_corpus().mentions
    row = TABLE[TABLE["alone"]].iloc[0]
    assert mentions.loc[mentions["sentence"] == row["sentence"], "power"].nunique() == 1
    bodies = TABLE[~TABLE["state"]].iloc[0]
    own = mentions[(mentions["sentence"] == bodies["sentence"]) & (mentions["power"] == bodies["power"])]
    assert not own["via"].isin(["state", "capital"]).any()


def test_every_combination_stands_once() -> None:
    choices = CURVE[["measure", "scope", "weighting", "left_out"]]
    assert not choices.duplicated().any()
    assert len(CURVE) == 9 * len(SCOPES) * len(WEIGHTINGS) * 6
    assert CURVE["estimate"].round(9).is_monotonic_increasing
    assert ((CURVE["low"] <= CURVE["high"]) & CURVE["estimate"].between(-2, 2)).all()


def test_the_primary_specification_is_the_headline() -> None:
    primary = CURVE[CURVE["primary"]]
    assert len(primary) == 1
    assert primary[list(PRIMARY)].iloc[0].to_dict() == PRIMARY
    pairs = coded_pairs(load_corpus())
    china, russia = (pairs[pairs["power"] == p] for p in ("china", "russia"))
    assert tuple(primary[["estimate", "low", "high"]].iloc[0]) == difference(china, russia, "tone")
    by_unit = interval_by_unit(TABLE, CONTRASTS[0]).set_index("unit")
    assert tuple(by_unit.loc["paragraph", ["estimate", "low", "high"]]) == difference(china, russia, "tone")


def test_a_change_is_later_minus_earlier_as_notebook_05_has_it() -> None:
    russia = with_period(TABLE[TABLE["power"] == "russia"], 2022)
    before, after = (russia[russia["period"] == p] for p in russia["period"].cat.categories)
    found = interval_by_unit(TABLE, CONTRASTS[3]).set_index("unit").loc["paragraph"]
    assert tuple(found[["estimate", "low", "high"]]) == difference(after, before, "stance")


def test_a_left_out_article_is_left_out() -> None:
    row = CURVE[
        (CURVE["measure"] == "codes, median")
        & (CURVE["scope"] == "all sentences")
        & (CURVE["weighting"] == "by article")
        & (CURVE["left_out"] == "clark2015")
    ].iloc[0]
    rest = TABLE[TABLE["document"] != "clark2015"]
    by_article = rest.groupby(["power", "document"], observed=True)["tone"].mean()
    assert row["estimate"] == pytest.approx(by_article["china"].mean() - by_article["russia"].mean())
    assert row["n"] == rest["power"].isin(["china", "russia"]).sum()


def test_survival_counts_signs() -> None:
    curve = pd.DataFrame(
        {
            "estimate": [-0.1, 0.2, 0.3, 0.4],
            "low": [-0.3, -0.1, 0.1, 0.2],
            "high": [0.1, 0.5, 0.5, 0.6],
            "primary": [False, False, True, False],
            "coded": [False, True, True, False],
        }
    )
    found = survival(curve)
    assert (found["specifications"], found["same_sign"], found["clear"]) == (4, 0.75, 0.5)
    assert (found["coded_specifications"], found["coded_same_sign"], found["coded_clear"]) == (2, 1.0, 0.5)
    turned = curve.assign(estimate=-curve["estimate"], low=-curve["high"], high=-curve["low"])
    assert survival(turned) == found


def test_larger_units_are_fewer() -> None:
    units = interval_by_unit(TABLE, CONTRASTS[0])
    assert units["unit"].tolist() == ["sentence", "paragraph", "document"]
    assert units["units"].is_monotonic_decreasing and units["units"].iloc[-1] == 5
    assert units["estimate"].nunique() == 1


def test_few_texts_are_no_surer_than_their_paragraphs() -> None:
    # Four texts of mean 0: drawn whole they hardly vary, their paragraphs of three equal codes do.
    rows = [(text, f"{text}:{i}", (-1.0) ** i) for text in "abcd" for i in range(6) for _ in range(3)]
    invented = pd.DataFrame(rows, columns=["document", "paragraph", "tone: codes, median"])
    invented["sentence"] = invented.index.astype("str")
    own = Contrast("own", "", "tone", "document in ['a', 'b']", "document in ['c', 'd']")
    first, second = (invented.query(side) for side in (own.first, own.second))
    _, low, high = difference(first, second, "tone: codes, median", unit="document")
    units = interval_by_unit(invented, own).set_index("unit")
    limits = units.loc["document", ["low", "high"]].tolist()
    assert limits == units.loc["paragraph", ["low", "high"]].tolist()
    assert limits[0] < low - 0.1 and high + 0.1 < limits[1]


def test_an_own_contrast() -> None:
    own = Contrast("own", "United States − China", "stance", "power == 'usa'", "power == 'china'")
    curve = specification_curve(TABLE, own)
    primary = curve[curve["primary"]].iloc[0]
    means = TABLE.groupby("power", observed=True)["stance"].mean()
    assert primary["estimate"] == pytest.approx(means["usa"] - means["china"])


def test_length_confound_finds_a_planted_one() -> None:
    rng = np.random.default_rng(1)
    words = rng.integers(5, 60, size=200)
    planted = (
        TABLE.head(1)[["sentence"]].loc[[0] * 200].assign(words=words, sentence=[f"s{i}" for i in range(200)])
    )
    planted["tone: long"] = words / 60 * rng.choice([-1, 1], size=200)
    planted["tone: noise"] = rng.uniform(-1, 1, size=200)
    found = length_confound(planted).set_index("measure")
    assert found.loc["tone: long", "correlation"] == pytest.approx(1.0)
    assert found.loc["tone: noise", "low"] < 0.15 and found.loc["tone: noise", "n"] == 200


def test_the_interval_of_the_length_confound_draws_whole_sentences() -> None:
    # Four powers in each sentence, scored all but alike, say no more than one.
    rng = np.random.default_rng(2)
    words = np.tile(np.arange(60), 4)
    table = pd.DataFrame({"sentence": words.astype("str"), "words": words})
    table["tone: one"] = np.tile(rng.uniform(0.1, 0.9, 60), 4) + np.repeat(np.arange(4) * 1e-9, 60)
    four, one = (length_confound(t).iloc[0] for t in (table, table.head(60)))
    assert four["correlation"] == pytest.approx(one["correlation"], abs=0.01)
    assert (four["high"] - four["low"]) / (one["high"] - one["low"]) == pytest.approx(1, abs=0.02)
