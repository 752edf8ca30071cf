"""Agreement by hand, beside scikit-learn, and as published; all other codes are invented."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from sklearn.metrics import f1_score

from kzpolicy.corpus import load_corpus
from kzpolicy.measures.agreement import (
    alpha,
    coder_agreement,
    confusion,
    disagreements,
    macro_f1,
    scorer_agreement,
)
from kzpolicy.measures.tone import coded_pairs
from kzpolicy.tables import StudyError

NAN = float("nan")
ROWS: list[tuple[str, str, list[int | None]]] = [
    ("x:1:1", "russia", [1, 1, 1]),
    ("x:1:1", "china", [0, 0, 1]),
    ("x:1:2", "russia", [-1, -1, None]),
    ("y:1:3", "usa", [-1, 0, 1]),
    ("y:2:1", "usa", [0, 0, 0]),
    ("y:2:2", "eu", [1, None, None]),  # one coder only: no agreement to speak of
    ("y:2:3", "eu", [-1, -1, -1]),
    ("y:2:4", "eu", [1, 1, 0]),
]
TRUTH, GUESS = [-1, -1, -1, 0, 0, 1, 1, 1, 1, 0], [-1, 0, 1, 0, 1, 1, 1, 1, 0, 0]


def codes_of(rows: list[tuple[str, str, list[int | None]]]) -> pd.DataFrame:
    flat = [
        (sentence, power, coder, 1, code, -code, 1)
        for sentence, power, codes in rows
        for coder, code in zip("abc", codes, strict=False)
        if code is not None
    ]
    columns = ["sentence", "power", "coder", "reference", "tone", "stance", "confidence"]
    return pd.DataFrame(flat, columns=columns)


def estimates(found: pd.DataFrame) -> dict[str, float]:
    return dict(zip(found["measure"], found["estimate"], strict=True))


def test_alpha_by_hand_and_its_limits() -> None:
    # Coincidences: -1, 0 and 1 with themselves twice, 0 with 1 and 1 with 0 once; so 2, 3, 3 values of 8.
    # Ranks' middles 1, 3.5 and 6.5: squared distances 6.25, 30.25 and 9.
    expected = 2 * (6 * 6.25 + 6 * 30.25 + 9 * 9) / 7
    assert alpha([[1, 1], [0, 0], [-1, -1], [1, 0]]) == pytest.approx(1 - 2 * 9 / expected)
    assert np.isnan(alpha([[1, 1], [1, 1]])) and np.isnan(alpha([[1, NAN], [0, NAN]]))
    with pytest.raises(StudyError, match="no level 'ordnal'; near is ordinal"):
        alpha([[1, 0]], "ordnal")  # type: ignore[arg-type]


def test_macro_f1_is_that_of_scikit_learn() -> None:
    assert macro_f1(TRUTH, GUESS) == pytest.approx((2 / 4 + 4 / 7 + 6 / 9) / 3)
    rng = np.random.default_rng(5)
    for size in (1, 2, 3, 5, 8, 40):
        truth, guess = rng.integers(-1, 2, size=(2, size))
        assert macro_f1(truth, guess) == pytest.approx(
            f1_score(truth, guess, average="macro", zero_division=0)
        )


def test_coder_agreement_exactly() -> None:
    found = coder_agreement(codes_of(ROWS), "tone")
    table: npt.NDArray[np.float64] = np.array([codes for _, _, codes in ROWS], dtype=float)
    assert found[["pairs", "sentences", "missing"]].drop_duplicates().values.tolist() == [[7, 6, 1]]
    wanted = {f"alpha, {level}": alpha(table, level) for level in ("ordinal", "nominal")}
    assert estimates(found) == pytest.approx(wanted | {"all coders equal": 4 / 7})
    assert estimates(coder_agreement(codes_of(ROWS), "stance")) == pytest.approx(estimates(found))
    assert (found["low"] <= found["estimate"]).all() and (found["low"] < found["high"]).all()
    pd.testing.assert_frame_equal(found, coder_agreement(codes_of(ROWS), "tone"))


def test_agreement_by_group_is_that_of_the_group_alone() -> None:
    found = coder_agreement(codes_of(ROWS), by="document").set_index("document")
    alone = coder_agreement(codes_of(ROWS[3:]))
    assert found.loc["y", "estimate"].tolist() == alone["estimate"].tolist()
    assert found.loc["y", ["pairs", "missing"]].drop_duplicates().values.tolist() == [[4, 1]]
    powers = coder_agreement(codes_of(ROWS), by="power")
    assert powers["power"].unique().tolist() == ["china", "eu", "russia", "usa"]


def test_one_coder_agrees_with_nobody() -> None:
    found = coder_agreement(codes_of([("x:1:1", "eu", [1]), ("x:1:2", "eu", [0])]))
    assert found["estimate"].isna().all() and found["pairs"].tolist() == [0, 0, 0]


def scored(truth: Sequence[float], guess: Sequence[int]) -> pd.DataFrame:
    return pd.DataFrame(
        {"sentence": [f"x:1:{i // 2}" for i in range(len(truth))], "tone": truth, "plain_class": guess}
    )


def test_scorer_agreement_exactly() -> None:
    pairs = scored([*TRUTH, NAN], [*GUESS, 1])
    found = scorer_agreement(pairs, "tone", "plain_class")
    wanted = {"alpha, ordinal": alpha(np.array([TRUTH, GUESS]).T), "share equal": 0.6}
    assert estimates(found) == pytest.approx(wanted | {"macro-F1": (2 / 4 + 4 / 7 + 6 / 9) / 3})
    assert found[["pairs", "sentences", "missing"]].drop_duplicates().values.tolist() == [[10, 5, 1]]
    assert found[["coded", "scored"]].drop_duplicates().values.tolist() == [["tone", "plain_class"]]


def test_a_half_counts_as_the_disagreement_that_it_is() -> None:
    halves = scored([1, 0.5, -1, -0.5, 0, 0], [1, 1, -1, 0, 0, 1])
    parts = [
        scored(codes, halves["plain_class"].tolist()) for codes in ([1, 0, -1, -1, 0, 0], [1, 1, -1, 0, 0, 0])
    ]
    each = [estimates(scorer_agreement(part, "tone", "plain_class")) for part in parts]
    found = estimates(scorer_agreement(halves, "tone", "plain_class"))
    assert found == pytest.approx({name: (each[0][name] + each[1][name]) / 2 for name in found})
    left_out = estimates(scorer_agreement(halves[halves["tone"] % 1 == 0], "tone", "plain_class"))
    assert found["alpha, ordinal"] < left_out["alpha, ordinal"]
    assert confusion(halves, "tone", "plain_class").to_numpy().tolist() == [
        [1, 0.5, 0],
        [0, 1.5, 1.5],
        [0, 0, 1.5],
    ]


def test_with_codes_a_scorer_is_compared_with_each_coder() -> None:
    rows: list[tuple[str, str, list[int | None]]] = [
        (f"x:1:{i}", "eu", [a, b]) for i, (a, b) in enumerate([(1, 1), (1, -1), (0, 1), (-1, None), (0, 0)])
    ]
    pairs = pd.DataFrame(
        {"sentence": [s for s, *_ in rows], "power": "eu", "tone_score_class": [1, 0, 1, -1, 0]}
    )
    found = estimates(scorer_agreement(pairs, codes=codes_of(rows)))
    assert found["share equal"] == pytest.approx((3 / 5 + 3 / 4) / 2)
    alphas = [alpha([[1, 1], [1, 0], [0, 1], [-1, -1], [0, 0]]), alpha([[1, 1], [-1, 0], [1, 1], [0, 0]])]
    assert found["alpha, ordinal"] == pytest.approx(np.mean(alphas))


def test_intervals_draw_whole_sentences() -> None:
    rng = np.random.default_rng(8)
    guess = np.repeat(rng.integers(0, 2, size=30), 4)
    pairs = pd.DataFrame(
        {"sentence": [f"s{i // 4}" for i in range(120)], "tone": 1, "tone_score_class": guess}
    )
    together = scorer_agreement(pairs).iloc[2]
    apart = scorer_agreement(pairs.assign(sentence=range(120))).iloc[2]
    # Four equal rows a sentence: the standard error doubles.
    assert (together["high"] - together["low"]) / (apart["high"] - apart["low"]) == pytest.approx(2, rel=0.2)


def test_disagreements_are_listed_with_each_coders_code() -> None:
    found = disagreements(codes_of(ROWS), "tone").set_index(["sentence", "power"])
    assert found[["apart", "a", "b", "c"]].to_dict("index") == {
        ("x:1:1", "china"): {"apart": 1, "a": 0, "b": 0, "c": 1},
        ("y:1:3", "usa"): {"apart": 2, "a": -1, "b": 0, "c": 1},
        ("y:2:4", "eu"): {"apart": 1, "a": 1, "b": 1, "c": 0},
    }
    assert set(disagreements(codes_of(ROWS))["coded"]) == {"tone", "stance"}


def test_errors_name_what_is_wrong() -> None:
    codes, pairs = codes_of(ROWS), scored([1, 0], [1, 0])
    cases: list[tuple[Callable[[], Any], str]] = [
        (lambda: coder_agreement(codes, "ton"), "no column of codes 'ton'; near is tone"),
        (lambda: coder_agreement(pd.concat([codes, codes.head(1)])), "a coded x:1:1, russia twice"),
        (lambda: scorer_agreement(pairs, "tone"), "no column of pairs 'tone_score_class'"),
        (lambda: scorer_agreement(pairs.assign(plain_class=0.4), "tone", "plain_class"), "none of -1, 0, 1"),
        (lambda: scorer_agreement(pairs, "tone", "plain_class", by="labl"), "no column of pairs 'labl'"),
    ]
    for call, message in cases:
        with pytest.raises(StudyError, match=message):
            call()


def test_the_published_agreement_of_the_articles() -> None:
    """As documented since the codes were made: any change here is a change of the study."""
    corpus = load_corpus("articles")
    pairs = coded_pairs(corpus)
    found = {
        **{f"coders {m}": coder_agreement(corpus.codes, m).iloc[0]["estimate"] for m in ("tone", "stance")},
        **{f"scorer {m}": scorer_agreement(pairs, m).iloc[0]["estimate"] for m in ("tone", "stance")},
    }
    assert {name: round(value, 2) for name, value in found.items()} == {
        "coders tone": 0.92,
        "coders stance": 0.99,
        "scorer tone": 0.49,
        "scorer stance": 0.41,
    }
