"""Agreement against Krippendorff's own example, his package's port, and hand-computed values."""

from __future__ import annotations

import doctest

import krippendorff
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kzpolicy import coding
from kzpolicy.coding import _measured, alpha, coder_agreement, macro_f1, scorer_agreement

Floats = npt.NDArray[np.float64]
NAN = float("nan")
# Krippendorff (2011), "Computing Krippendorff's alpha-reliability": four observers, twelve units.
TEXTBOOK = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
    [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
]
CLASSES = st.sampled_from([-1, 0, 1])


def test_examples_in_docstrings() -> None:
    assert doctest.testmod(coding).failed == 0


@pytest.mark.parametrize(("level", "published"), [("nominal", 0.743), ("ordinal", 0.815)])
def test_alpha_of_the_textbook_example(level: str, published: float) -> None:
    assert round(alpha(np.array(TEXTBOOK).T, level), 3) == published


def test_alpha_of_two_coders_by_hand() -> None:
    # Coincidences: -1 with -1 twice, 0 with 0 twice, 1 with 1 twice, 0 with 1 and 1 with 0 once each;
    # so 2, 3 and 3 values of 8. Expected disagreement: (2*3 + 2*3 + 3*3) * 2 / 7 = 6, observed 2.
    table = [[1, 1], [0, 0], [-1, -1], [1, 0]]
    assert alpha(table, "nominal") == pytest.approx(1 - 2 / 6)
    # Ranks' middles 1, 3.5 and 6.5: squared distances 6.25, 30.25 and 9.
    expected = 2 * (6 * 6.25 + 6 * 30.25 + 9 * 9) / 7
    assert alpha(table, "ordinal") == pytest.approx(1 - 2 * 9 / expected)
    assert alpha(table) == alpha(table, "ordinal")


def _random_table(seed: int) -> Floats:
    rng = np.random.default_rng(seed)
    units, coders = rng.integers(2, 30), rng.integers(2, 6)
    truth = rng.integers(-1, rng.integers(1, 4), size=(units, 1))
    noise = rng.integers(-1, 2, size=(units, coders))
    table = np.where(rng.random((units, coders)) < rng.random(), truth, noise).astype(float)
    table[rng.random((units, coders)) < 0.3 * rng.random()] = NAN
    return table


def test_alpha_equals_the_reference_package_on_random_tables() -> None:
    compared = 0
    for seed in range(200):
        table = _random_table(seed)
        paired = table[(~np.isnan(table)).sum(axis=1) > 1]
        varied = len(np.unique(paired[~np.isnan(paired)])) > 1
        for level in ("nominal", "ordinal"):
            ours = alpha(table, level)
            assert np.isnan(ours) != varied, f"seed {seed}"
            if varied:
                theirs = krippendorff.alpha(reliability_data=table.T, level_of_measurement=level)
                assert ours == pytest.approx(theirs, abs=1e-10), f"seed {seed}"
                compared += 1
    assert compared > 350


def test_alpha_limits() -> None:
    assert alpha([[1, 1], [-1, -1], [0, 0]]) == 1
    assert np.isnan(alpha([[1, 1], [1, 1]]))
    assert np.isnan(alpha(np.array([[1, NAN], [0, NAN]])))  # nobody coded twice
    assert alpha([[1, -1], [-1, 1]], "nominal") == pytest.approx(-0.5)
    # A unit of one code says nothing of agreement.
    assert alpha(np.array([[1, 1], [0, 0], [1, 0], [1, NAN]])) == alpha([[1, 1], [0, 0], [1, 0]])


@given(st.lists(st.tuples(CLASSES, CLASSES, CLASSES), min_size=2, max_size=20))
@settings(max_examples=50, deadline=None)
def test_alpha_does_not_know_coders_or_order(units: list[tuple[int, int, int]]) -> None:
    first = alpha(np.array(units))
    turned = alpha(np.array(units)[::-1, ::-1])
    mirrored = alpha(-np.array(units))
    if np.isnan(first):
        assert np.isnan(turned) and np.isnan(mirrored)
    else:
        assert (turned, mirrored) == pytest.approx((first, first))
        assert first <= 1


def test_macro_f1_by_hand() -> None:
    truth = [-1, -1, -1, 0, 0, 1, 1, 1, 1, 0]
    guess = [-1, 0, 1, 0, 1, 1, 1, 1, 0, 0]
    # Unfavourable: 1 right, 3 meant, 1 given: 2/4. Neither: 2, 3, 4: 4/7. Favourable: 3, 4, 5: 6/9.
    assert macro_f1(truth, guess) == pytest.approx((2 / 4 + 4 / 7 + 6 / 9) / 3)
    assert macro_f1(truth, truth) == 1
    assert macro_f1([0, 0, 1], [1, 1, 0]) == 0


def test_macro_f1_leaves_out_what_does_not_occur_and_counts_what_is_never_right() -> None:
    assert macro_f1([0, 0, 1], [0, 0, 1]) == 1
    # Class -1 is given once and never meant: its F1 is 0. Class 0: 2*1/3. Class 1: 1.
    assert macro_f1([0, 0, 1], [0, -1, 1]) == pytest.approx((0 + 2 / 3 + 1) / 3)


def test_macro_f1_equals_scikit_learn() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(5)
    for size in (1, 2, 3, 5, 8, 40):
        for _ in range(15):
            truth, guess = rng.integers(-1, 2, size=(2, size))
            theirs = metrics.f1_score(truth, guess, average="macro", zero_division=0)
            assert macro_f1(truth, guess) == pytest.approx(theirs)


# Tables with intervals


def _codes(rows: list[tuple[str, str, list[int | None]]]) -> pd.DataFrame:
    flat = [
        (sentence, power, coder, 1, code, -code, 1)
        for sentence, power, codes in rows
        for coder, code in zip("abc", codes, strict=True)
        if code is not None
    ]
    return pd.DataFrame(
        flat, columns=["sentence", "power", "coder", "reference", "tone", "stance", "confidence"]
    )


ROWS: list[tuple[str, str, list[int | None]]] = [
    ("x:1:1", "russia", [1, 1, 1]),
    ("x:1:1", "china", [0, 0, 1]),
    ("x:1:2", "russia", [-1, -1, None]),
    ("x:1:3", "usa", [-1, 0, 1]),
    ("x:2:1", "usa", [0, 0, 0]),
    ("x:2:2", "eu", [1, None, None]),  # one coder only: no agreement to speak of
    ("x:2:3", "eu", [-1, -1, -1]),
    ("x:2:4", "eu", [1, 1, 0]),
]


def test_coder_agreement_exactly() -> None:
    found = coder_agreement(_codes(ROWS), "tone").set_index("measure")
    table = np.array([[NAN if c is None else c for c in codes] for _, _, codes in ROWS], dtype=float)
    assert set(found["value"]) == {"tone"}
    assert set(found["pairs"]) == {7} and set(found["sentences"]) == {6}
    assert found.loc["all coders equal", "estimate"] == pytest.approx(4 / 7)
    for level in ("ordinal", "nominal"):
        theirs = krippendorff.alpha(reliability_data=table.T, level_of_measurement=level)
        assert found.loc[f"alpha, {level}", "estimate"] == pytest.approx(theirs)
    stance = coder_agreement(_codes(ROWS), "stance").set_index("measure")
    assert stance["estimate"].to_dict() == pytest.approx(found["estimate"].to_dict())


def test_coder_agreement_is_deterministic_and_holds_its_estimate() -> None:
    codes = _codes(ROWS)
    before = codes.copy()
    found = coder_agreement(codes, "tone")
    pd.testing.assert_frame_equal(found, coder_agreement(codes, "tone"))
    pd.testing.assert_frame_equal(codes, before)
    assert (found["low"] <= found["estimate"]).all() and (found["estimate"] <= found["high"]).all()
    assert (found["low"] < found["high"]).all()


def test_perfect_coders_agree_in_every_sample() -> None:
    rows: list[tuple[str, str, list[int | None]]] = [
        (f"x:1:{i}", "eu", [i % 3 - 1] * 3) for i in range(1, 13)
    ]
    found = coder_agreement(_codes(rows), "tone")
    assert found[["estimate", "low", "high"]].to_numpy() == pytest.approx(np.ones((3, 3)))


def test_scorer_agreement_exactly() -> None:
    truth = [-1, -1, -1, 0, 0, 1, 1, 1, 1, 0]
    guess = [-1, 0, 1, 0, 1, 1, 1, 1, 0, 0]
    pairs = pd.DataFrame(
        {
            "sentence": [f"x:1:{i // 2}" for i in range(11)],
            "tone": [*truth, 0.5],  # coders that differ by half a class have no class
            "plain_class": [*guess, 1],
        }
    )
    found = scorer_agreement(pairs, "tone", "plain_class").set_index("measure")
    assert set(found["pairs"]) == {10} and set(found["sentences"]) == {5}
    assert found.loc["macro-F1", "estimate"] == pytest.approx((2 / 4 + 4 / 7 + 6 / 9) / 3)
    assert found.loc["share equal", "estimate"] == pytest.approx(6 / 10)
    theirs = krippendorff.alpha(reliability_data=np.array([truth, guess]), level_of_measurement="ordinal")
    assert found.loc["alpha, ordinal", "estimate"] == pytest.approx(theirs)
    assert (found["low"] <= found["estimate"]).all() and (found["estimate"] <= found["high"]).all()


def test_bootstrap_draws_whole_sentences() -> None:
    # Sentence k has k rows, all k: in every sample the number of rows k is a multiple of k.
    sizes = [1, 2, 3, 4, 5]
    sentences = [f"s{k}" for k in sizes for _ in range(k)]
    table = np.array([[float(k)] for k in sizes for _ in range(k)])
    order = np.random.default_rng(3).permutation(len(table))  # rows need not stand together
    seen: list[Floats] = []

    def measure(sample: Floats) -> float:
        seen.append(sample)
        return float(sample.mean())

    found = _measured(table[order], [sentences[i] for i in order], {"mean": measure}, draws=300)
    assert len(seen) == 301
    drawn = []
    for sample in seen:
        counts = [int((sample == k).sum()) for k in sizes]
        assert all(count % k == 0 for count, k in zip(counts, sizes, strict=True))
        assert sum(count // k for count, k in zip(counts, sizes, strict=True)) == 5
        drawn.append(tuple(counts))
    assert len(set(drawn)) > 50
    assert found[["pairs", "sentences"]].values.tolist() == [[15, 5]]


def test_sentences_of_several_pairs_make_wider_intervals() -> None:
    rng = np.random.default_rng(8)
    table = np.repeat(rng.integers(0, 2, size=(30, 1)), 4, axis=0).astype(float)
    mean = {"mean": lambda t: float(t.mean())}
    together = _measured(table, [f"s{i // 4}" for i in range(120)], mean).iloc[0]
    apart = _measured(table, [f"s{i}" for i in range(120)], mean).iloc[0]
    # Four equal rows a sentence: the standard error doubles.
    widths = [row["high"] - row["low"] for row in (together, apart)]
    assert widths[0] / widths[1] == pytest.approx(2, rel=0.2)
