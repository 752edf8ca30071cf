"""Agreement by category, scorers class by class, and correlation of means, on invented codes."""

import doctest
import math
from typing import Literal

import krippendorff
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kzpolicy import StudyError, category_agreement, coding, confusion, mean_correlation, per_class
from kzpolicy.coding import alpha, macro_f1


def test_examples_in_docstrings() -> None:
    assert doctest.testmod(coding).failed == 0


def codes(table: list[list[float]], value: str = "tone") -> pd.DataFrame:
    """Make the table codes from a row a unit, a column a coder, NaN where a coder gave none."""
    rows = [
        (f"a:1:{unit}", "china", coder, code)
        for unit, given in enumerate(table, start=1)
        for coder, code in zip("xyz", given, strict=False)
        if not math.isnan(code)
    ]
    return pd.DataFrame(rows, columns=["sentence", "power", "coder", value])


def units(coders: int) -> st.SearchStrategy[list[list[float]]]:
    code = st.sampled_from([-1.0, 0.0, 1.0, math.nan])
    return st.lists(st.lists(code, min_size=coders, max_size=coders), min_size=2, max_size=15)


@given(units(3))
@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize("level", ["nominal", "ordinal"])
def test_alpha_is_that_of_the_krippendorff_package(
    level: Literal["nominal", "ordinal"], table: list[list[float]]
) -> None:
    several = [row for row in table if sum(not math.isnan(code) for code in row) > 1]
    if len({code for row in several for code in row if not math.isnan(code)}) < 2:
        assert math.isnan(alpha(table, level))
    else:
        theirs = krippendorff.alpha(reliability_data=np.array(table).T, level_of_measurement=level)
        assert alpha(table, level) == pytest.approx(theirs, abs=1e-12)


def test_specific_agreement_of_two_coders_is_twice_the_agreed_over_the_chosen() -> None:
    # 40 units both 1, 9 and 6 split, 45 both 0: 80/95, 90/105, and 85 of 100.
    table = [[1.0, 1.0]] * 40 + [[1.0, 0.0]] * 9 + [[0.0, 1.0]] * 6 + [[0.0, 0.0]] * 45
    found = category_agreement(codes(table), "tone").set_index("category")
    assert found["estimate"].to_dict() == pytest.approx({"0": 90 / 105, "1": 80 / 95, "all": 0.85})
    assert found["codes"].to_dict() == {"0": 105, "1": 95, "all": 200}
    assert (found["low"] < found["estimate"]).all() and (found["estimate"] < found["high"]).all()
    assert set(found["pairs"]) == {100} and set(found["value"]) == {"tone"}


def test_specific_agreement_of_three_coders_by_hand() -> None:
    # Ordered pairs of coders: 20 in four units (one has two coders; a fifth has one and is left out).
    table = [
        [1.0, 1.0, 1.0],
        [1.0, 1.0, 0.0],
        [-1.0, 0.0, 1.0],
        [0.0, 0.0, math.nan],
        [1.0, math.nan, math.nan],
    ]
    found = category_agreement(codes(table), "tone").set_index("category")["estimate"]
    assert found.to_dict() == pytest.approx({"-1": 0, "0": 2 / 6, "1": 8 / 12, "all": 10 / 20})


@given(units(2))
@settings(max_examples=15, deadline=None)
def test_all_categories_is_the_share_of_equal_pairs(table: list[list[float]]) -> None:
    both = [row for row in table if not any(map(math.isnan, row))]
    if not both:
        return
    found = category_agreement(codes(table), "tone").set_index("category")["estimate"]
    assert found["all"] == pytest.approx(sum(a == b for a, b in both) / len(both))


def scored() -> pd.DataFrame:
    tone = [1] * 5 + [0] * 4 + [-1] * 3
    plain = [1, 1, 1, 0, -1] + [1, 0, 0, 0] + [1, 1, -1]
    return pd.DataFrame({"tone": tone, "plain_class": plain}, dtype=float)


def test_confusion_counts_codes_down_and_classes_across() -> None:
    table = confusion(scored(), "tone", "plain_class")
    assert table.to_numpy().tolist() == [[1, 0, 2], [0, 3, 1], [1, 1, 3]]
    assert table.index.tolist() == table.columns.tolist() == [-1, 0, 1]
    assert table.index.name == "tone" and table.columns.name == "plain_class"


def test_a_split_median_is_left_out_and_an_absent_class_counts_zero() -> None:
    pairs = pd.DataFrame({"tone": [1.0, 0.5, 1.0], "plain_class": [1, 1, 0]})
    assert confusion(pairs, "tone", "plain_class").to_numpy().tolist() == [[0, 0, 0], [0, 0, 0], [0, 1, 1]]


def test_a_score_that_is_no_class_is_named() -> None:
    with pytest.raises(StudyError, match="plain has scores that are none of -1, 0, 1"):
        confusion(pd.DataFrame({"tone": [1.0], "plain": [0.4]}), "tone", "plain")


def test_per_class_by_hand_and_its_mean_is_macro_f1() -> None:
    pairs = scored()
    found = per_class(pairs, "tone", "plain_class").set_index("category")
    assert found.loc[1, ["precision", "recall", "f1"]].tolist() == pytest.approx([3 / 6, 3 / 5, 6 / 11])
    assert found.loc[-1, ["precision", "recall", "f1"]].tolist() == pytest.approx([1 / 2, 1 / 3, 2 / 5])
    assert found[["codes", "scores"]].to_numpy().tolist() == [[3, 2], [4, 4], [5, 6]]
    assert found["f1"].mean() == pytest.approx(macro_f1(pairs["tone"], pairs["plain_class"]))


def test_a_share_of_nothing_is_missing() -> None:
    found = per_class(pd.DataFrame({"tone": [1.0], "plain_class": [0]}), "tone", "plain_class")
    assert found.set_index("category").loc[-1, ["precision", "recall", "f1"]].isna().all()
    assert found.set_index("category").loc[1, "recall"] == 0


def grouped() -> pd.DataFrame:
    """Five groups of two pairs whose means are 0, .5, 1, -.5, -1 in tone and 1 to 5 tenths in score."""
    tone = [0, 0, 1, 0, 1, 1, -1, 0, -1, -1]
    plain = [0.3, 0.3, 0.4, 0.4, 0.4, 0.6, 0.2, 0.2, 0.1, 0.1]
    return pd.DataFrame({"power": list("aabbccddee"), "tone": tone, "plain": plain})


def test_correlation_of_means_is_over_groups() -> None:
    found = mean_correlation(grouped(), "tone", "plain", ["power"], least=2).iloc[0]
    assert found["estimate"] == pytest.approx(1) and found["groups"] == 5 and found["pairs"] == 10
    pairs = grouped().assign(plain=[0.3, 0.3, 0.4, 0.4, 0.2, 0.0, 0.2, 0.2, 0.1, 0.1])
    found = mean_correlation(pairs, "tone", "plain", ["power"], least=2).iloc[0]
    r = np.corrcoef([0, 0.5, 1, -0.5, -1], [0.3, 0.4, 0.1, 0.2, 0.1])[0, 1]
    assert found["estimate"] == pytest.approx(r)
    z = [math.atanh(found[side]) - math.atanh(r) for side in ("low", "high")]
    assert z == pytest.approx([-1.96 / math.sqrt(2), 1.96 / math.sqrt(2)])


@pytest.mark.parametrize(("least", "groups"), [(1, 5), (2, 5), (3, 0)])
def test_small_groups_are_left_out(least: int, groups: int) -> None:
    found = mean_correlation(grouped(), "tone", "plain", ["power"], least=least).iloc[0]
    assert found["groups"] == groups and found["level"] == "power"
    assert math.isnan(found["estimate"]) == (groups == 0)


def test_no_correlation_where_means_do_not_vary_or_codes_are_missing() -> None:
    flat = grouped().assign(plain=0.1)
    assert math.isnan(mean_correlation(flat, "tone", "plain", ["power"], least=1)["estimate"].item())
    some = grouped().assign(tone=[0, 0, 1, 0, *[None] * 6]).astype({"tone": float})
    found = mean_correlation(some, "tone", "plain", ["power"], least=1).iloc[0]
    assert found["groups"] == 2 and math.isnan(found["estimate"]) and found["pairs"] == 4


def test_agreement_of_nothing_is_missing() -> None:
    one = codes([[1.0], [0.0]])  # of a single coder nothing can be said
    found = coding.coder_agreement(one, "tone")
    assert found["estimate"].isna().all() and found["pairs"].tolist() == [0, 0, 0]
