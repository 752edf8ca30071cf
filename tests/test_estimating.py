"""Corrected means: by hand, over all possible samples, beside ppi_py, and covered as often as promised."""

import doctest
import itertools
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kzpolicy import (
    StudyError,
    coded_pairs,
    corrected_means,
    draw_sample,
    estimating,
    join_codes,
    load_corpus,
    mention_pairs,
    needed,
    read_sheet,
    write_sheet,
)
from kzpolicy.corpus import reference_codes
from kzpolicy.estimating import PRIOR, PRIOR_VARIANCE, Columns, estimate
from kzpolicy.intervals import student_quantile

Codes = list[float | None]


def test_examples_in_docstrings() -> None:
    assert doctest.testmod(estimating).failed == 0


def pairs(tone: Codes, plain: list[float], power: str = "china", **columns: list[float]) -> pd.DataFrame:
    frame = pd.DataFrame({"power": power, "tone": tone, "plain_class": plain, **columns})
    return frame.astype({"tone": float})


def corrected(frame: pd.DataFrame, **options: float | None) -> pd.Series:
    inclusion = "inclusion" if "inclusion" in frame else None
    return corrected_means(frame, ["power"], inclusion=inclusion, **options).iloc[0]  # type: ignore[arg-type]


# By hand


@pytest.mark.parametrize("slope", [0.0, 0.5, 1.0])
def test_a_simple_sample_by_hand(slope: float) -> None:
    code, score = np.array([1, 0, -1, 1, 0.0]), np.array([1, 1, -1, 0, 0.0])
    others = [1.0, 0, 0, -1, 1, 1, 0, 0, 1, -1, 1, 0, 0, 1, 1]
    found = corrected(pairs([*code, *[None] * 15], [*score, *others]), slope=slope)
    whole = np.mean([*score, *others])
    error = code - slope * score
    mean = slope * whole + error.mean()
    free = 4 + PRIOR
    variance = (error.var(ddof=1) * 4 + PRIOR * PRIOR_VARIANCE) / free
    half = student_quantile(free) * math.sqrt((1 - 5 / 20) * variance / 5)
    assert found["naive"] == pytest.approx(whole) and found["coded"] == pytest.approx(code.mean())
    limits = [mean, max(mean - half, -14 / 20), min(mean + half, 16 / 20)]
    assert found[["corrected", "low", "high"]].tolist() == pytest.approx(limits)
    assert found[["n_scored", "n_coded", "slope"]].tolist() == [20, 5, slope]


def test_unequal_probabilities_weigh_and_spread_as_hajek_has_it() -> None:
    chance = np.array([0.2, 0.5, 0.5, 0.25])
    code, score = np.array([1, 0, -1, 1.0]), np.array([1, 1, 0, 0.0])
    frame = pairs([*code, *[None] * 12], [*score, *[0.0] * 12], inclusion=[*chance, *[math.nan] * 12])
    found = corrected(frame, slope=0.5)
    weight = 1 / chance * 16 / (1 / chance).sum()
    error = code - 0.5 * score
    middle = (weight * error).sum() / 16
    assert found["corrected"] == pytest.approx(0.5 * 2 / 16 + middle)
    spare = weight**2 * (1 - 1 / weight)
    spread = 4 / 3 * (spare * (error - middle) ** 2).sum() / spare.sum()
    variance = (3 * spread + PRIOR * PRIOR_VARIANCE) / (3 + PRIOR)
    half = student_quantile(3 + PRIOR) * math.sqrt(spare.sum() * variance) / 16
    assert found["high"] == pytest.approx(min(found["corrected"] + half, 13 / 16))
    assert found["low"] == pytest.approx(found["corrected"] - half)


def test_the_slope_is_the_regression_within_groups_and_one_for_all() -> None:
    first = pairs([1, 0, 1, 0, None], [1, 0, 1, 1, 0])
    second = pairs([-1, 0, -1, None, None], [-1, 1, 1, 0, 0], power="iran")
    found = corrected_means(pd.concat([first, second]), ["power"], inclusion=None)
    x = np.array([0.25, -0.75, 0.25, 0.25, -4 / 3, 2 / 3, 2 / 3])
    y = np.array([0.5, -0.5, 0.5, -0.5, -1 / 3, 2 / 3, -1 / 3])
    weight = np.repeat([5 / 4, 5 / 3], [4, 3])  # pairs for each coded one
    assert found["slope"].tolist() == pytest.approx([(weight @ (x * y)) / (weight @ (x * x))] * 2)


@pytest.mark.parametrize(("score", "slope"), [([-1, 0, 1], 0.0), ([0.1, 0, -0.1], 1.0), ([1, 1, 1], 0.0)])
def test_the_slope_stays_between_ignoring_and_trusting_the_scores(score: list[float], slope: float) -> None:
    assert corrected(pairs([1, 0, -1, None], [*score, 0]))["slope"] == pytest.approx(slope)


def test_groups_keep_their_order_and_none_is_one_mean() -> None:
    frame = pd.concat([pairs([1, None, 0], [1, 1, 0], power=p) for p in ("russia", "iran", "china")])
    frame["power"] = pd.Categorical(frame["power"], ["russia", "iran", "china", "india"], ordered=True)
    assert corrected_means(frame, ["power"], inclusion=None)["power"].tolist() == ["russia", "iran", "china"]
    assert corrected_means(frame, [], inclusion=None)["n_scored"].tolist() == [9]
    two = corrected_means(frame.assign(year=2015), ["power", "year"], inclusion=None)
    assert list(two.columns[:2]) == ["power", "year"] and len(two) == 3


# What must hold whatever is drawn


def test_the_mean_over_all_simple_samples_is_the_truth() -> None:
    code, score = [0.5, 0, -0.5, 0.5, 0, 0.5, -0.5, 0], [0.5, 0.5, -0.5, 0, 0, 0.5, 0, -0.5]
    for slope in (0.0, 0.6, 1.0):
        means = [
            corrected(pairs([c if i in drawn else None for i, c in enumerate(code)], score), slope=slope)[
                "corrected"
            ]
            for drawn in itertools.combinations(range(8), 4)
        ]
        assert np.mean(means) == pytest.approx(np.mean(code))


def test_the_mean_over_all_stratified_samples_is_the_truth() -> None:
    code, score = [0.5, 0.5, -0.5, 0, -0.5, -0.5, 0], [0.5, 0, 0, 0.5, -0.5, 0, 0]
    year = [2015] * 4 + [2022] * 3
    means = []
    for early in itertools.combinations(range(4), 1):
        for late in itertools.combinations(range(4, 7), 2):
            drawn = {*early, *late}
            chance = [1 / 4 if y == 2015 else 2 / 3 for y in year]
            tone = [c if i in drawn else None for i, c in enumerate(code)]
            means.append(corrected(pairs(tone, score, inclusion=chance), slope=0.5)["corrected"])
    assert np.mean(means) == pytest.approx(np.mean(code))


def test_when_all_are_coded_the_mean_is_known() -> None:
    found = corrected(pairs([1, 0, 0, 1], [-1, -1, 1, 0], inclusion=[0.3, 0.9, 0.5, 1]))
    assert found[["corrected", "low", "high"]].tolist() == pytest.approx([0.5] * 3)


def test_without_codes_nothing_is_known_and_one_code_says_little() -> None:
    frame = pd.concat([pairs([None] * 4, [1, 1, 0, 0]), pairs([1, *[None] * 3], [1, 1, 0, 0], "iran")])
    none, one = (row for _, row in corrected_means(frame, ["power"], inclusion=None).iterrows())
    assert none[["low", "high"]].tolist() == [-1, 1] and math.isnan(none["corrected"])
    assert math.isnan(none["coded"]) and none["naive"] == 0.5
    assert one[["low", "high"]].tolist() == [-0.5, 1] and one["corrected"] == 1


def test_equal_codes_do_not_give_certainty() -> None:
    found = corrected(pairs([0] * 5 + [None] * 20, [0] * 25))
    assert found["corrected"] == 0 and -0.4 < found["low"] < -0.1 < 0.1 < found["high"] < 0.4


def test_pairs_whose_power_is_not_meant_count_in_no_mean() -> None:
    tone: Codes = [1, 0, 0, -1, 1]
    whole = corrected(pairs(tone, [0] * 5, reference=[1, 0, 0, 1, 1]))
    assert whole[["corrected", "coded"]].tolist() == pytest.approx([1 / 3, 1 / 3])
    part = corrected(pairs([*tone, *[None] * 5], [0] * 10, reference=[1, 0, 0, 1, 1, *[math.nan] * 5]))
    assert part["corrected"] == pytest.approx(1 / 3)
    assert part["low"] >= (1 - 5) / (3 + 5) and part["high"] <= (1 + 5) / (3 + 5)


def test_where_no_coded_pair_means_the_power_nothing_is_known() -> None:
    found = corrected(pairs([0, 0, None], [1, 1, 0], reference=[0, 0, math.nan]))
    assert math.isnan(found["corrected"]) and found[["low", "high"]].tolist() == [-1, 1]


@st.composite
def samples(draw: st.DrawFn) -> pd.DataFrame:
    size = draw(st.integers(1, 25))
    code = st.sampled_from([-1.0, 0.0, 1.0])
    frame = pd.DataFrame(
        {
            "power": draw(st.lists(st.sampled_from(["russia", "china"]), min_size=size, max_size=size)),
            "tone": draw(st.lists(st.none() | code, min_size=size, max_size=size)),
            "plain_class": draw(st.lists(code, min_size=size, max_size=size)),
            "inclusion": draw(st.lists(st.floats(0.05, 1), min_size=size, max_size=size)),
        }
    )
    return frame.astype({"tone": float})


@given(samples())
@settings(max_examples=50, deadline=None)
def test_estimates_stay_on_the_scale_inside_their_intervals(frame: pd.DataFrame) -> None:
    found = corrected_means(frame, ["power"])
    known = found.dropna(subset=["corrected"])
    assert (known["low"] <= known["corrected"]).all() and (known["corrected"] <= known["high"]).all()
    assert (found["low"] >= -1).all() and (found["high"] <= 1).all()
    assert found["slope"].between(0, 1).all()


@given(samples())
@settings(max_examples=50, deadline=None)
def test_order_says_nothing_and_signs_mirror(frame: pd.DataFrame) -> None:
    columns = ["corrected", "low", "high"]
    found = corrected_means(frame, ["power"])[columns].to_numpy()
    turned = corrected_means(frame.iloc[::-1], ["power"])[columns].to_numpy()
    assert turned == pytest.approx(found, nan_ok=True, abs=1e-9)
    signs = frame.assign(tone=-frame["tone"], plain_class=-frame["plain_class"])
    mirrored = -corrected_means(signs, ["power"])[["corrected", "high", "low"]].to_numpy()
    assert mirrored == pytest.approx(found, nan_ok=True, abs=1e-9)


def test_equal_scores_of_the_coded_pairs_give_no_slope() -> None:
    frame = pd.DataFrame(
        {"power": "russia", "tone": np.nan, "plain_class": -1.0, "inclusion": 1.0}, range(14)
    )
    frame.loc[[4, 7, 11], "tone"] = [-1.0, 1.0, 0.0]
    frame.loc[[4, 7, 11], "plain_class"] = 1.0
    frame.loc[7, "inclusion"] = 0.875
    found, turned = (corrected_means(f, ["power"]) for f in (frame, frame.iloc[::-1]))
    assert found["slope"].item() == turned["slope"].item() == 0
    assert turned["corrected"].item() == pytest.approx(found["corrected"].item(), abs=1e-12)


# Beside ppi_py (Angelopoulos and others), version 0.2.3

PPI_CODE = [1.0, 0, -1, 1, 0, 1]
PPI_SCORE = [1.0, 1, -1, 0, 0, 1]
PPI_OTHERS = [1.0, 0, 0, -1, 1, 1, 1, -1, 0, 1, 1, 0, 1, -1]


@pytest.mark.parametrize(
    ("lam", "theirs"), [(0.0, 1 / 3), (0.35, 0.31666666666666665), (0.7, 0.3), (1.0, 2 / 7)]
)
def test_means_are_those_of_ppi_py(lam: float, theirs: float) -> None:
    # Their scores of all pairs leave the coded ones out: the same slope is smaller by their share.
    slope = lam / (1 - 6 / 20)
    found = corrected(pairs([*PPI_CODE, *[None] * 14], PPI_SCORE + PPI_OTHERS), slope=slope)
    assert found["corrected"] == pytest.approx(theirs)


def test_weighted_means_are_those_of_ppi_py() -> None:
    # ppi_mean_pointestimate(Y, Yhat, all scores, lam=0.6, w=[1, 2, 1, 1, 3, 2])
    chance = [*(0.5 / np.array([1, 2, 1, 1, 3, 2])), *[0.5] * 14]
    frame = pairs([*PPI_CODE, *[None] * 14], PPI_SCORE + PPI_OTHERS, inclusion=chance)
    assert corrected(frame, slope=0.6)["corrected"] == pytest.approx(0.24)


@pytest.mark.parametrize("lam", [0.0, 0.4, 0.9, None])
def test_many_pairs_give_the_interval_of_ppi_py_itself(lam: float | None) -> None:
    ppi = pytest.importorskip("ppi_py", reason="ppi_py is heavy; its results above are kept as numbers")
    rng = np.random.default_rng(0)
    code = rng.choice([-1.0, 0, 1], 40_500)
    score = np.where(rng.random(40_500) < 0.6, code, rng.choice([-1.0, 0, 1], 40_500))
    known = (code[:500], score[:500], score[500:])
    theirs = [ppi.ppi_mean_pointestimate(*known, lam=lam), *ppi.ppi_mean_ci(*known, alpha=0.05, lam=lam)]
    slope = None if lam is None else lam / (1 - 500 / 40_500)
    found = corrected(pairs([*code[:500], *[None] * 40_000], list(score)), slope=slope)
    # They tune by the variance of all scores, we by that of the coded ones; a tenth of the width apart.
    near = 1e-9 if lam is not None else 0.005
    assert found["corrected"] == pytest.approx(theirs[0].item(), abs=near)
    width = theirs[2].item() - theirs[1].item()
    assert found["high"] - found["low"] == pytest.approx(width, rel=0.015)


# Coverage where a power may not be meant; that of the articles is in test_simulating.py


def test_coverage_where_some_powers_are_not_meant() -> None:
    rng = np.random.default_rng(6)
    size, n, draws, held = 60, 24, 1500, 0
    meant = (rng.random(size) < 0.8).astype(float)
    code = rng.choice([-1.0, 0, 1], size, p=[0.2, 0.3, 0.5]) * meant
    score = np.where(rng.random(size) < 0.5, code, rng.choice([-1.0, 0, 1], size))
    truth = code.sum() / meant.sum()
    for _ in range(draws):
        seen = np.full(size, math.nan)
        drawn = rng.permutation(size)[:n]
        seen[drawn] = code[drawn]
        columns = Columns(seen, np.where(np.isnan(seen), math.nan, meant), score, np.full(size, n / size))
        found = estimate(np.zeros(size, dtype=np.int64), columns)
        held += found.low[0] <= truth <= found.high[0]
    assert 0.93 <= held / draws <= 0.97


# How many more to code


def test_needed_is_the_fewest_that_make_the_interval_narrow_enough() -> None:
    frame = pairs([1, 0, -1, 0, 1, 0, -1, 0, 1, 0, *[None] * 190], [0] * 200)
    row = needed(frame, ["power"], width=0.4, inclusion=None).iloc[0]

    # The spread found so far stands: nine degrees of freedom, one for the slope. More codes bring more.
    spread = ((np.array([1, 0, -1, 0, 1, 0, -1, 0, 1, 0]) - 0.1) ** 2).sum()
    variance = (spread + PRIOR * PRIOR_VARIANCE) / (8 + PRIOR)

    def width(n: int) -> float:
        return 2 * student_quantile(n - 2 + PRIOR) * math.sqrt((1 / n - 1 / 200) * variance)

    assert row["n_coded"] == 10 and row["more"] == row["needed"] - 10
    assert row["width"] == pytest.approx(width(10))
    assert width(row["needed"]) <= 0.4 < width(row["needed"] - 1)


def test_needed_is_nothing_where_enough_is_coded_and_all_where_nothing_less_will_do() -> None:
    frame = pd.concat(
        [
            pairs([1, 0, 1, None], [1, 0, 1, 0]),
            pairs([None] * 50, [0] * 50, power="iran"),
            pairs([0, 1, 0], [0, 0, 0], power="india"),
        ]
    )
    found = needed(frame, ["power"], width=1.9, inclusion=None).set_index("power")
    assert found.loc["china", "more"] == 0 and found.loc["india", "more"] == 0
    assert 1 < found.loc["iran", "needed"] < 10
    strict = needed(frame, ["power"], width=0.0, inclusion=None).set_index("power")
    assert (strict["needed"] == strict["n_scored"]).all()


@given(samples(), st.floats(0.05, 1.5))
@settings(max_examples=40, deadline=None)
def test_a_narrower_interval_needs_no_fewer_codes(frame: pd.DataFrame, width: float) -> None:
    wide, narrow = (needed(frame, ["power"], width=w) for w in (width, width / 2))
    assert (narrow["needed"] >= wide["needed"]).all() and (wide["needed"] <= wide["n_scored"]).all()
    assert (wide["more"] >= 0).all()


# Errors


def test_errors_name_what_is_wrong() -> None:
    good = pairs([1, None, 0], [1, 1, 0], inclusion=[0.5, math.nan, 0.5])
    cases = [
        (good.drop(columns="power"), "no column 'power'; they have tone"),
        (good.drop(columns="tone"), "no column 'tone'"),
        (good.drop(columns="inclusion"), "no column 'inclusion'"),
        (good.assign(plain_class=[1, None, 0]), "1 pairs have no plain_class; score every pair"),
        (good.assign(tone=[2.0, None, 0]), "tone is beyond -1 to 1"),
        (good.assign(inclusion=[None, None, 0.5]), "1 coded pairs have no inclusion over 0 and up to 1"),
        (good.assign(inclusion=[0, 0.5, 1.5]), "2 coded pairs have no inclusion"),
        (good.iloc[:0], "there are no pairs"),
    ]
    for frame, message in cases:
        with pytest.raises(StudyError, match=message):
            corrected_means(frame, ["power"])


def test_the_loop_from_the_draw_to_the_estimate(tmp_path: Path) -> None:
    corpus = load_corpus()
    reference = reference_codes(corpus.codes).set_index(["sentence", "power"])
    every = mention_pairs(corpus)
    every = every[[key in reference.index for key in zip(every["sentence"], every["power"], strict=True)]]
    sample = draw_sample(every, 80, method="stratified", seed=7)
    sheet = tmp_path / "anna.csv"
    write_sheet(sample, sheet)
    filled = pd.read_csv(sheet, encoding="utf-8-sig").set_index(["sentence", "power"])
    for name in ("reference", "tone", "stance"):
        filled[name] = reference[name].reindex(filled.index).astype("int64")
    filled.assign(confidence=1).to_csv(sheet, sep=";", encoding="cp1252")
    joined = join_codes(every, read_sheet(sheet, sample=sample), sample)
    assert joined["tone"].notna().sum() == 80
    found = corrected_means(joined, ["power"])
    whole = join_codes(every, corpus.codes.merge(every[["sentence", "power"]]))
    meant = whole[whole["reference"] == 1].groupby("power", observed=True)["tone"].mean()
    truth = found["power"].map(meant).astype(float)
    assert found["n_coded"].sum() == 80 and found["n_scored"].sum() == len(every)
    held = (found["low"] <= truth) & (truth <= found["high"])
    assert (~held).sum() <= 1  # of eight


def test_the_articles_corrected_by_their_own_codes_are_the_codes() -> None:
    articles = coded_pairs(load_corpus())
    found = corrected_means(articles, ["power"], inclusion=None)
    wanted = articles.groupby("power", observed=True)["tone"].mean()
    assert found["corrected"].tolist() == pytest.approx(wanted.tolist())
    assert found["low"].tolist() == pytest.approx(found["high"].tolist())


@pytest.mark.parametrize(
    ("free", "quantile"),
    [
        (1, 12.70620),
        (1.25, 8.02795),
        (2, 4.30265),
        (2.5, 3.57465),
        (4, 2.77645),
        (7.75, 2.31902),
        (12, 2.17881),
        (30, 2.04227),
        (99.5, 1.98409),
        (100.5, 1.98385),
        (1000, 1.96234),
    ],
)
def test_quantiles_of_students_t(free: float, quantile: float) -> None:
    assert student_quantile(free) == pytest.approx(quantile, abs=2e-5)


@pytest.mark.parametrize("free", [0.99, 0, -1, math.nan])
def test_under_one_degree_of_freedom_nothing_is_known(free: float) -> None:
    assert student_quantile(free) == math.inf
