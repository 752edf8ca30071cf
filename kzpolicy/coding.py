"""Agreement between coders, and between a scorer and the codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from kzpolicy.errors import StudyError

CLASSES = (-1, 0, 1)
_SEED = 2021


def alpha(values: npt.ArrayLike, level: str = "ordinal") -> float:
    """Return Krippendorff's alpha.

    Parameters
    ----------
    values
        One row a unit, one column a coder; NaN where a coder gave no code.
    level
        ``"nominal"`` or ``"ordinal"``.

    Returns
    -------
    float
        1 is perfect agreement, 0 what chance would give; NaN if fewer than two values differ.

    References
    ----------
    Krippendorff, K. (2004). Content Analysis, 2nd edition, chapter 11.

    Examples
    --------
    >>> round(alpha([[1, 1], [0, 0], [-1, -1], [1, 0]], "nominal"), 3)
    0.667
    """
    table = np.asarray(values, dtype=float)
    table = table[(~np.isnan(table)).sum(axis=1) > 1]
    classes = np.unique(table[~np.isnan(table)])
    if len(classes) < 2:
        return float("nan")
    counts = (table[:, :, None] == classes).sum(axis=1).astype(float)
    sizes = counts.sum(axis=1, keepdims=True)
    pairs = np.einsum("uc,uk->uck", counts, counts) - np.eye(len(classes)) * counts[:, None, :]
    observed = (pairs / (sizes[:, :, None] - 1)).sum(axis=0)
    totals = observed.sum(axis=1)
    expected = (np.outer(totals, totals) - np.diag(totals)) / (totals.sum() - 1)
    distance = _distance(totals, level)
    return float(1 - (observed * distance).sum() / (expected * distance).sum())


def _distance(totals: npt.NDArray[np.float64], level: str) -> npt.NDArray[np.float64]:
    if level == "nominal":
        return 1 - np.eye(len(totals))
    if level != "ordinal":
        raise StudyError(f"alpha: no level {level!r}; there are nominal and ordinal")
    below = np.cumsum(totals) - totals / 2  # the middle of each class on the scale of ranks
    return np.asarray((below[:, None] - below[None, :]) ** 2, dtype=float)


def macro_f1(reference: npt.ArrayLike, scored: npt.ArrayLike, classes: Sequence[int] = CLASSES) -> float:
    """Return the mean of the classes' F1; a class that occurs on neither side is left out."""
    truth, guess = np.asarray(reference), np.asarray(scored)
    scores = []
    for c in classes:
        either = (truth == c).sum() + (guess == c).sum()
        if either:
            scores.append(2 * ((truth == c) & (guess == c)).sum() / either)
    return float(np.mean(scores))


def coder_agreement(codes: pd.DataFrame, value: str) -> pd.DataFrame:
    """Measure how far the coders agree on a code.

    Parameters
    ----------
    codes
        The table ``codes``.
    value
        ``tone`` or ``stance``.

    Returns
    -------
    DataFrame
        One row a measure (alpha ordinal, alpha nominal, share of equal codes): ``measure``,
        ``estimate``, ``low``, ``high`` (95% bootstrap interval over sentences),
        ``pairs``, ``sentences``, ``value``.
    """
    table = codes.pivot(index=["sentence", "power"], columns="coder", values=value)
    table = table[table.notna().sum(axis=1) > 1]
    measures = {
        "alpha, ordinal": lambda t: alpha(t, "ordinal"),
        "alpha, nominal": lambda t: alpha(t, "nominal"),
        "all coders equal": lambda t: float((np.nanmax(t, axis=1) == np.nanmin(t, axis=1)).mean()),
    }
    sentences = table.index.get_level_values("sentence")
    return _measured(table.to_numpy(dtype=float), sentences, measures).assign(value=value)


def scorer_agreement(pairs: pd.DataFrame, value: str, scored: str) -> pd.DataFrame:
    """Measure how far a scorer's classes agree with the reference codes.

    Parameters
    ----------
    pairs
        Rows with ``sentence`` and the two columns, both -1, 0 or 1.
    value, scored
        Column of the codes, column of the scorer's classes.

    Returns
    -------
    DataFrame
        As `coder_agreement`, for alpha (ordinal), macro-F1 and the share of equal classes.
    """
    measures = {
        "alpha, ordinal": lambda t: alpha(t, "ordinal"),
        "macro-F1": lambda t: macro_f1(t[:, 0], t[:, 1]),
        "share equal": lambda t: float((t[:, 0] == t[:, 1]).mean()),
    }
    whole = pairs[pairs[value].isin(CLASSES)]
    return _measured(whole[[value, scored]].to_numpy(dtype=float), whole["sentence"], measures).assign(
        value=value
    )


def _measured(
    table: npt.NDArray[np.float64],
    sentences: Sequence[str],
    measures: Mapping[str, Callable[[npt.NDArray[np.float64]], float]],
    draws: int = 1000,
) -> pd.DataFrame:
    """Estimate measures with bootstrap intervals that draw whole sentences."""
    groups = [np.flatnonzero(s) for s in pd.get_dummies(pd.Series(np.asarray(sentences))).to_numpy().T]
    rng = np.random.default_rng(_SEED)
    samples = [
        table[np.concatenate([groups[i] for i in rng.integers(len(groups), size=len(groups))])]
        for _ in range(draws)
    ]
    rows = []
    for name, measure in measures.items():
        low, high = np.nanquantile([measure(sample) for sample in samples], [0.025, 0.975])
        rows.append((name, measure(table), float(low), float(high), len(table), len(groups)))
    return pd.DataFrame(rows, columns=["measure", "estimate", "low", "high", "pairs", "sentences"])
