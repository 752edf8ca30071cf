"""The intervals of corrected means hold the truth of the articles as often as they promise."""

import doctest
import math

import numpy as np
import pandas as pd
import pytest

from kzpolicy import StudyError, coded_pairs, load_corpus, simulate_coverage, simulating

ESTIMATES = ["naive", "codes alone", "prediction-powered", "corrected"]


def test_examples_in_docstrings() -> None:
    assert doctest.testmod(simulating).failed == 0


@pytest.fixture(scope="module")
def articles() -> pd.DataFrame:
    return coded_pairs(load_corpus())


@pytest.mark.parametrize("value", ["tone", "stance"])
def test_95_percent_intervals_hold_95_percent_with_30_percent_coded(
    articles: pd.DataFrame, value: str
) -> None:
    found = simulate_coverage(articles, value, draws=2000, seed=1)
    corrected = found[(found["estimate"] == "corrected") & (found["pairs"] >= 15)]
    assert corrected["group"].tolist() == ["all", "russia", "china", "usa", "west"]
    assert corrected["coverage"].between(0.93, 0.97).all(), corrected
    assert (corrected["bias"].abs() < 0.03).all()
    width = found.pivot(index="group", columns="estimate", values="width").loc[["all", "russia", "china"]]
    assert (width["corrected"] < width["codes alone"]).all()
    assert (width["codes alone"] < width["prediction-powered"]).all()  # a poor scorer, taken at its word
    few = found[(found["estimate"] == "corrected") & (found["pairs"] < 15)]
    assert (few["coverage"] >= 0.93).all()  # too wide, rather than wrong


@pytest.mark.parametrize(("method", "scored"), [("stratified", "plain_class"), ("uncertain", "plain")])
def test_other_designs_hold_too(articles: pd.DataFrame, method: str, scored: str) -> None:
    found = simulate_coverage(articles, "tone", scored, draws=1000, method=method, seed=2)  # type: ignore[arg-type]
    corrected = found[(found["estimate"] == "corrected") & (found["pairs"] >= 15)]
    assert corrected["coverage"].between(0.91, 0.98).all(), corrected


def test_the_scores_alone_are_wrong_however_many(articles: pd.DataFrame) -> None:
    found = simulate_coverage(articles, draws=50).set_index(["estimate", "group"])
    assert found.loc[("naive", "russia"), "coverage"] == 0
    russia = articles[articles["power"] == "russia"]
    bias = russia["plain_class"].mean() - russia["tone"].mean()
    assert found.loc[("naive", "russia"), "bias"] == pytest.approx(bias)


def invented() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    tone = rng.choice([-1.0, 0, 1], 40)
    return pd.DataFrame(
        {
            "sentence": [f"a:1:{i}" for i in range(40)],
            "power": ["russia"] * 30 + ["china"] * 10,
            "year": [2015, 2022] * 20,
            "tone": tone,
            "plain_class": np.where(rng.random(40) < 0.6, tone, 0),
        }
    )


def test_one_row_an_estimate_and_group() -> None:
    found = simulate_coverage(invented(), by=["power", "year"], draws=20, share=0.5)
    groups = ["all", "china 2015", "china 2022", "russia 2015", "russia 2022"]
    assert found["estimate"].tolist() == [name for name in ESTIMATES for _ in groups]
    assert found["group"].tolist() == groups * 4
    assert found.loc[0, ["pairs", "coded", "draws"]].tolist() == [40, 20, 20]
    assert found.groupby("estimate")["coded"].sum().tolist() == pytest.approx([40] * 4)
    assert found["coverage"].between(0, 1).all()


def test_the_seed_decides() -> None:
    first, again, other = (simulate_coverage(invented(), draws=30, seed=s) for s in (1, 1, 2))
    assert first.equals(again) and not first.equals(other)


def test_when_all_count_as_coded_nothing_is_left_open() -> None:
    found = simulate_coverage(invented(), share=1, draws=3)
    rest = found[found["estimate"] != "naive"]
    assert (rest["coverage"] == 1).all()
    assert rest[["width", "bias"]].abs().to_numpy().max() < 1e-12


def test_a_perfect_scorer_leaves_almost_nothing_open() -> None:
    pairs = invented()
    found = simulate_coverage(pairs.assign(plain_class=pairs["tone"]), draws=50).set_index(
        ["estimate", "group"]
    )
    assert found.loc[("corrected", "all"), "width"] < 0.3 * found.loc[("codes alone", "all"), "width"]
    assert (found.loc["corrected", "coverage"] == 1).all()


def test_pairs_without_codes_are_counted() -> None:
    with pytest.raises(StudyError, match="2 pairs have no tone; give coded pairs only"):
        simulate_coverage(invented().assign(tone=[math.nan] * 2 + [0.0] * 38))
