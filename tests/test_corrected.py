"""Corrected means: by hand, over all possible samples, beside ppi_py, and covered as often as promised."""

import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from kzpolicy.corpus import load_corpus
from kzpolicy.measures.corrected import (
    PRIOR,
    PRIOR_VARIANCE,
    corrected_means,
    misclassification_bound,
    needed,
    trained_on,
)
from kzpolicy.measures.sampling import draw_sample, join_codes
from kzpolicy.measures.tone import coded_pairs, mention_pairs
from kzpolicy.tables import StudyError

ROOT = Path(__file__).parents[1]


def pairs(tone: list[Any], score: list[float], power: str = "china", **columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"power": power, "tone": tone, "tone_score": score, **columns}).astype(
        {"tone": float}
    )


def corrected(frame: pd.DataFrame, **options: Any) -> pd.Series:
    inclusion = "inclusion" if "inclusion" in frame else None
    return corrected_means(frame, "power", inclusion=inclusion, **options).iloc[0]


@pytest.mark.parametrize("slope", [0.0, 0.5, 1.0])
def test_a_simple_sample_by_hand(slope: float) -> None:
    code, score = np.array([1, 0, -1, 1, 0.0]), np.array([1, 1, -1, 0, 0.0])
    others = [1.0, 0, 0, -1, 1, 1, 0, 0, 1, -1, 1, 0, 0, 1, 1]
    found = corrected(pairs([*code, *[None] * 15], [*score, *others]), slope=slope)
    whole, error = np.mean([*score, *others]), code - slope * score
    mean, free = slope * whole + error.mean(), 4 + PRIOR
    variance = (error.var(ddof=1) * 4 + PRIOR * PRIOR_VARIANCE) / free
    half = stats.t.ppf(0.975, free) * math.sqrt((1 - 5 / 20) * variance / 5)
    limits = [mean, max(mean - half, -14 / 20), min(mean + half, 16 / 20)]
    assert found[["naive", "coded"]].tolist() == pytest.approx([whole, code.mean()])
    assert found[["corrected", "low", "high"]].tolist() == pytest.approx(limits)
    assert found[["n_scored", "n_coded", "slope"]].tolist() == [20, 5, slope]


def test_unequal_probabilities_weigh_and_spread_as_hajek_has_it() -> None:
    chance, code, score = np.array([0.2, 0.5, 0.5, 0.25]), np.array([1, 0, -1, 1.0]), np.array([1, 1, 0, 0.0])
    frame = pairs([*code, *[None] * 12], [*score, *[0.0] * 12], inclusion=[*chance, *[math.nan] * 12])
    found = corrected(frame, slope=0.5)
    weight, error = 1 / chance * 16 / (1 / chance).sum(), code - 0.5 * score
    middle, spare = (weight * error).sum() / 16, weight**2 * (1 - 1 / weight)
    spread = 4 / 3 * (spare * (error - middle) ** 2).sum() / spare.sum()
    variance = (3 * spread + PRIOR * PRIOR_VARIANCE) / (3 + PRIOR)
    half = stats.t.ppf(0.975, 3 + PRIOR) * math.sqrt(spare.sum() * variance) / 16
    assert found["corrected"] == pytest.approx(0.5 * 2 / 16 + middle)
    assert found["low"] == pytest.approx(found["corrected"] - half)


def test_the_slope_is_the_regression_within_groups_and_one_for_all() -> None:
    frame = pd.concat(
        [pairs([1, 0, 1, 0, None], [1, 0, 1, 1, 0]), pairs([-1, 0, -1, None, None], [-1, 1, 1, 0, 0], "iran")]
    )
    x = np.array([0.25, -0.75, 0.25, 0.25, -4 / 3, 2 / 3, 2 / 3])
    y = np.array([0.5, -0.5, 0.5, -0.5, -1 / 3, 2 / 3, -1 / 3])
    weight = np.repeat([5 / 4, 5 / 3], [4, 3])  # pairs for each coded one
    found = corrected_means(frame, ["power"], inclusion=None)["slope"].tolist()
    assert found == pytest.approx([(weight @ (x * y)) / (weight @ (x * x))] * 2)
    assert corrected(pairs([1, 0, -1, None], [-1, 0, 1, 0]))["slope"] == 0  # never against the scores


def test_the_mean_over_all_samples_is_the_truth() -> None:
    code, score = [0.5, 0, -0.5, 0.5, 0, 0.5, -0.5, 0], [0.5, 0.5, -0.5, 0, 0, 0.5, 0, -0.5]
    for slope in (0.0, 0.6):
        means = [
            corrected(pairs([c if i in drawn else None for i, c in enumerate(code)], score), slope=slope)[
                "corrected"
            ]
            for drawn in itertools.combinations(range(8), 4)
        ]
        assert np.mean(means) == pytest.approx(np.mean(code))


@pytest.mark.parametrize(
    ("lam", "theirs"), [(0.0, 1 / 3), (0.35, 0.31666666666666665), (0.7, 0.3), (1.0, 2 / 7)]
)
def test_means_are_those_of_ppi_py(lam: float, theirs: float) -> None:
    """Of version 0.2.3 (Angelopoulos and others); their scores of all pairs leave the coded ones out."""
    code, score = [1.0, 0, -1, 1, 0, 1], [1.0, 1, -1, 0, 0, 1]
    others = [1.0, 0, 0, -1, 1, 1, 1, -1, 0, 1, 1, 0, 1, -1]
    found = corrected(pairs([*code, *[None] * 14], score + others), slope=lam / (1 - 6 / 20))
    assert found["corrected"] == pytest.approx(theirs)


def test_delegations_weigh_the_same_if_asked_to() -> None:
    state = ["ISR"] * 6 + ["TUR"] * 2 + ["OMN"] * 2
    frame = pairs([-1] * 6 + [1, 1, 0, 1], [-1.0] * 6 + [1, 0, 0, 0], speaker_state=state)
    found = corrected(frame, alike="speaker_state")
    assert found[["corrected", "low", "high"]].tolist() == pytest.approx([(-1 + 1 + 0.5) / 3] * 3)
    assert found[["naive", "coded"]].tolist() == pytest.approx([(-1 + 0.5 + 0) / 3, 0.5 / 3])
    some = corrected(
        frame.assign(tone=[-1, -1, None, None, None, None, 1, None, 0, None]), alike="speaker_state", slope=0
    )
    # Coded pairs count for 10/18 and 10/6, delegation by delegation; they stand for their share.
    assert some["corrected"] == pytest.approx((-2 * 10 / 18 + 10 / 6) / (2 * 10 / 18 + 2 * 10 / 6))


def test_what_is_known_at_the_ends() -> None:
    whole = corrected(pairs([1, 0, 0, 1], [-1, -1, 1, 0], inclusion=[0.3, 0.9, 0.5, 1]))
    assert whole[["corrected", "low", "high"]].tolist() == pytest.approx([0.5] * 3)
    none = corrected(pairs([None] * 4, [1, 1, 0, 0]))
    assert none[["low", "high", "naive"]].tolist() == [-1, 1, 0.5] and math.isnan(none["corrected"])
    assert corrected(pairs([1, *[None] * 3], [1, 1, 0, 0]))[["corrected", "low", "high"]].tolist() == [
        1,
        -0.5,
        1,
    ]
    equal = corrected(pairs([0] * 5 + [None] * 20, [0] * 25))
    assert equal["corrected"] == 0 and -0.4 < equal["low"] < -0.1 < 0.1 < equal["high"] < 0.4
    part = corrected(
        pairs([1, 0, 0, -1, 1, *[None] * 5], [0] * 10, reference=[1, 0, 0, 1, 1, *[math.nan] * 5])
    )
    assert part["corrected"] == pytest.approx(1 / 3)  # what is not meant counts in no mean
    assert corrected_means(pairs([1, None], [1, 1]), [], inclusion=None)["n_scored"].tolist() == [2]


@given(
    st.lists(
        st.tuples(*[st.sampled_from([-1.0, 0.0, 1.0, None])] * 2, st.floats(0.05, 1)), min_size=1, max_size=25
    )
)
@settings(max_examples=40, deadline=None)
def test_estimates_stay_on_the_scale_and_mirror(rows: list[tuple[Any, Any, float]]) -> None:
    frame = pairs([r[0] for r in rows], [r[1] or 0.0 for r in rows], inclusion=[r[2] for r in rows])
    found = corrected(frame)
    if frame["tone"].notna().any():
        assert -1 <= found["low"] <= found["corrected"] <= found["high"] <= 1
    signs = corrected(frame.assign(tone=-frame["tone"], tone_score=-frame["tone_score"]))
    mirrored = [-signs["corrected"], -signs["high"], -signs["low"]]
    assert found[["corrected", "low", "high"]].tolist() == pytest.approx(mirrored, nan_ok=True, abs=1e-9)


def test_needed_is_the_fewest_that_make_the_interval_narrow_enough() -> None:
    code = [1, 0, -1, 0, 1, 0, -1, 0, 1, 0]
    row = needed(pairs([*code, *[None] * 190], [0] * 200), "power", width=0.4, inclusion=None).iloc[0]
    # The spread found so far stands: nine degrees of freedom, one for the slope. More codes bring more.
    variance = (((np.array(code) - 0.1) ** 2).sum() + PRIOR * PRIOR_VARIANCE) / (8 + PRIOR)

    def width(n: int) -> float:
        return float(2 * stats.t.ppf(0.975, n - 2 + PRIOR) * math.sqrt((1 / n - 1 / 200) * variance))

    assert row["width"] == pytest.approx(width(10)) and row["more"] == row["needed"] - 10
    assert width(row["needed"]) <= 0.4 < width(row["needed"] - 1)
    assert (
        needed(pairs([1, 0, 1, None], [1, 0, 1, 0]), "power", width=1.9, inclusion=None)["more"].item() == 0
    )


def test_errors_name_what_is_wrong() -> None:
    good = pairs([1, None, 0], [1, 1, 0], inclusion=[0.5, math.nan, 0.5])
    for frame, message in (
        (good.drop(columns="power"), "no column of pairs 'power'"),
        (good.drop(columns="tone_score"), "no column of pairs 'tone_score'"),
        (good.assign(tone_score=[1, None, 0]), "1 pairs have no tone_score; score every pair"),
        (good.assign(tone=[2.0, None, 0]), "tone is beyond -1 to 1"),
        (good.assign(inclusion=[0, 0.5, 1.5]), "2 coded pairs have no inclusion over 0 and up to 1"),
        (good.iloc[:0], "there are no pairs"),
    ):
        with pytest.raises(StudyError, match=message):
            corrected_means(frame, "power")


def test_intervals_hold_what_coding_every_article_pair_would_give() -> None:
    """The loop from draw to estimate, 200 times (seeded) with 30% of the pairs coded."""
    corpus = load_corpus("articles")
    coded = set(corpus.codes[["sentence", "power"]].itertuples(index=False, name=None))
    every = mention_pairs(corpus)
    every = every[[key in coded for key in zip(every["sentence"], every["power"].astype("str"), strict=True)]]
    joined = join_codes(every, corpus.codes.merge(every[["sentence", "power"]].astype("str")))
    meant = joined[(joined["reference"] == 1) & joined["power"].isin(["russia", "china", "usa"])]
    truth = meant.groupby("power", observed=True)["tone"].mean()
    held = []
    for seed in range(200):
        sample = draw_sample(meant, round(0.3 * len(meant)), by="power", seed=seed)
        drawn = meant.merge(sample[["sentence", "power", "inclusion"]], on=["sentence", "power"], how="left")
        drawn.loc[drawn["inclusion"].isna(), "tone"] = np.nan
        means = corrected_means(drawn, "power").set_index("power")
        held.append((means["low"] <= truth) & (truth <= means["high"]))
    assert (pd.DataFrame(held).mean() >= 0.9).all() and 0.92 <= pd.DataFrame(held).to_numpy().mean() <= 0.99
    whole = corrected_means(coded_pairs(corpus).dropna(subset=["tone_score"]), "power", inclusion=None)
    assert (whole["low"] == whole["high"]).all() and whole["corrected"].tolist() == pytest.approx(
        whole["coded"]
    )


def test_what_the_scorer_learned_from_is_what_the_training_table_lists() -> None:
    learned = pd.read_csv(ROOT / "benchmarks" / "training" / "speeches.csv")
    assert trained_on(learned).all()
    assert not trained_on(load_corpus("speeches", tables=["codes"]).codes).any()


def test_how_wrong_codes_could_be() -> None:
    tone = {"china": [1] * 3 + [0] * 7, "russia": [0] * 8 + [-1] * 2}
    frame = pd.DataFrame([(p, t) for p, ts in tone.items() for t in ts], columns=["power", "tone"])
    frame = frame.assign(paragraph=[f"a:{i}" for i in range(20)], sure=[True] * 15 + [False] * 5)
    bound = misclassification_bound(frame, first="china", second="russia", rates=[0, 0.1, 0.2])
    found = bound.pivot(index="error", columns="rate", values="difference")
    # China's ones fall by one class or two, Russia's zeros and minus ones rise by one or two.
    assert found.loc["one step"].tolist() == pytest.approx([0.5, 0.3, 0.1])
    assert found.loc["worst"].tolist() == pytest.approx([0.5, 0.1, -0.3])
    assert found.loc["at random"].tolist() == pytest.approx([0.5, 0.5 / 0.85, 0.5 / 0.7])
    gone = bound.groupby("error")["vanishes"].first()
    assert gone[["one step", "worst"]].tolist() == [0.25, 0.125] and math.isnan(gone["at random"])
    assert (bound["unclear"].dropna() <= bound["vanishes"].dropna()).all() and set(bound["unsure"]) == {0.25}
    turned = misclassification_bound(frame, first="russia", second="china", rates=[0, 0.1, 0.2])
    assert turned["difference"].tolist() == pytest.approx((-bound["difference"]).tolist())
    assert turned["vanishes"].equals(bound["vanishes"])
    with pytest.raises(StudyError, match="rates must be from 0 to under 2/3"):
        misclassification_bound(frame, first="china", second="russia", rates=[0.9])
