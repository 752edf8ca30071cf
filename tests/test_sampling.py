"""Samples: their size, their inclusion probabilities, and the way back from codes to pairs; all invented."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from kzpolicy.measures.sampling import draw_sample, join_codes
from kzpolicy.tables import StudyError


def invented() -> pd.DataFrame:
    """Pairs of three powers."""
    power = np.repeat(["russia", "china", "iran"], [12, 7, 1])
    sentences = [f"a:{i // 4 + 1}:{i % 4 + 1}" for i in range(20)]
    return pd.DataFrame({"sentence": sentences, "power": power, "year": [2015 + i % 2 for i in range(20)]})


@pytest.mark.parametrize(("by", "n"), [((), 6), ("power", 6), (["power"], 17)])
def test_inclusion_probabilities_are_how_often_pairs_are_drawn(by: Any, n: int) -> None:
    pairs, draws = invented(), 300
    counts, inclusion = np.zeros(20), np.zeros(20)
    for seed in range(draws):
        sample = draw_sample(pairs.assign(row=range(20)), n, by=by, seed=seed)
        assert len(sample) == sample["row"].nunique() == n
        counts[sample["row"]] += 1
        inclusion[sample["row"]] = sample["inclusion"]
    error = np.sqrt(inclusion * (1 - inclusion) / draws)
    assert (np.abs(counts / draws - inclusion) <= 4 * error + 1e-12).all()
    assert inclusion.sum() == pytest.approx(n)


def test_strata_share_n_out_and_get_at_least_one() -> None:
    sample = draw_sample(invented(), 6, by="power")
    assert sample["power"].value_counts().to_dict() == {"russia": 3, "china": 2, "iran": 1}
    assert sample.groupby("power")["inclusion"].first().to_dict() == {
        "russia": 1 / 4,
        "china": 2 / 7,
        "iran": 1,
    }
    both = draw_sample(invented(), 5, by=["power", "year"])
    assert both.groupby(["power", "year"]).size().tolist() == [1] * 5


def test_the_seed_decides_and_all_can_be_drawn() -> None:
    one, again, other = (draw_sample(invented(), 8, by="power", seed=seed) for seed in (1, 1, 2))
    assert one.equals(again) and not one.equals(other)
    assert draw_sample(invented(), 20).drop(columns="inclusion").equals(invented())
    turned = draw_sample(invented().iloc[::-1], 8, by="power", seed=1)
    assert turned.iloc[::-1].reset_index(drop=True).equals(one)


@pytest.mark.parametrize(
    ("change", "n", "options", "message"),
    [
        ({}, 0, {}, "cannot draw 0 of 20 pairs; draw 1 to 20"),
        ({}, 21, {}, "cannot draw 21 of 20 pairs"),
        ({}, 2.5, {}, "n=2.5 is no whole number"),
        ({}, 2, {"seed": -1}, "seed=-1 is no whole number from 0 on"),
        ({}, 2, {"by": ["power", "year"]}, "n=2 cannot hold one of each of 5 strata"),
        ({}, 5, {"by": "yaer"}, "no column of pairs 'yaer'; near is year"),
        ({"year": None}, 5, {"by": "year"}, "pair a:1:1, russia has no year; fill it"),
        ({"sentence": "a:1:1", "power": "eu"}, 5, {}, "pair a:1:1, eu stands twice"),
    ],
)
def test_errors_say_what_does_not_fit(change: Any, n: Any, options: Any, message: str) -> None:
    with pytest.raises(StudyError, match=message):
        draw_sample(invented().assign(**change), n, **options)


def test_no_pairs_at_all() -> None:
    with pytest.raises(StudyError, match="no column of pairs 'sentence'; known are a"):
        draw_sample(pd.DataFrame({"a": [1]}), 1)
    with pytest.raises(StudyError, match="pairs: got a list; give a DataFrame"):
        draw_sample([1], 1)


def code(sample: pd.DataFrame, coder: str = "x", tone: int = 1) -> pd.DataFrame:
    return sample[["sentence", "power"]].assign(coder=coder, reference=1, tone=tone, stance=0, confidence=1)


def test_codes_come_back_to_their_pairs() -> None:
    pairs = invented().astype({"power": "category"})
    sample = draw_sample(pairs, 6, by="power", seed=5)
    codes = pd.concat([code(sample), code(sample, "y", tone=0)])
    joined = join_codes(pairs, codes.sample(frac=1, random_state=1), sample)
    assert joined[pairs.columns].equals(pairs)
    coded = joined.dropna(subset=["tone"]).reset_index(drop=True)
    assert coded["tone"].tolist() == [0.5] * 6 and coded["reference"].tolist() == [1] * 6
    assert coded[["sentence", "inclusion"]].equals(sample[["sentence", "inclusion"]])
    assert joined["inclusion"].notna().sum() == 6
    assert "inclusion" not in join_codes(pairs, codes)


def test_probabilities_of_a_sample_drawn_by_chance_within_groups() -> None:
    codes = code(invented().iloc[[0, 1, 2, 13, 19]])
    joined = join_codes(invented(), codes, drawn_within="power").dropna(subset=["inclusion"])
    assert joined["inclusion"].tolist() == pytest.approx([1 / 4] * 3 + [1 / 7, 1])
    assert join_codes(invented(), codes, drawn_within=[])["inclusion"].dropna().tolist() == [1 / 4] * 5


def test_codes_that_do_not_fit_the_sample_are_named() -> None:
    pairs = invented()
    sample = draw_sample(pairs, 6)
    first = ", ".join(sample.loc[0, ["sentence", "power"]])
    with pytest.raises(StudyError, match=f"pair {first} was drawn but has no code; code it"):
        join_codes(pairs, code(sample.iloc[1:]), sample)
    with pytest.raises(StudyError, match=f"pair {first} has a code but was not drawn; leave it out"):
        join_codes(pairs, code(sample), sample.iloc[1:])
    with pytest.raises(StudyError, match="is not among the pairs, and 1 more; give all pairs"):
        join_codes(pairs.drop(pairs.index[:2]), code(pairs.head(4)))
    with pytest.raises(StudyError, match="no column of codes 'tone'"):
        join_codes(pairs, code(sample).drop(columns="tone"))
