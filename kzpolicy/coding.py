"""Agreement between coders, and between a scorer and the codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd

from kzpolicy.errors import StudyError

CLASSES = (-1, 0, 1)
_SEED = 2021
_MEASURED = ["measure", "estimate", "low", "high", "pairs", "sentences"]


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


def macro_f1(reference: npt.ArrayLike, scored: npt.ArrayLike) -> float:
    """Return the mean of the classes' F1; a class that occurs on neither side is left out."""
    truth, guess = np.asarray(reference), np.asarray(scored)
    scores = []
    for c in CLASSES:
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
    table = _by_coder(codes, value)
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
    whole = pairs[pairs[value].isin(CLASSES) & pairs[scored].notna()]
    return _measured(whole[[value, scored]].to_numpy(dtype=float), whole["sentence"], measures).assign(
        value=value
    )


def category_agreement(codes: pd.DataFrame, value: str) -> pd.DataFrame:
    """Measure how far the coders agree on each class of a code.

    Specific agreement (Cicchetti and Feinstein 1990): when one coder chose the class, how likely
    another one did too. A rare class can be agreed on poorly however high the agreement is overall.

    Parameters
    ----------
    codes
        The table ``codes``.
    value
        ``tone``, ``stance``, ``reference`` or ``confidence``.

    Returns
    -------
    DataFrame
        One row a class, then all of them (percent agreement of pairs of coders): ``value``,
        ``category``, ``estimate``, ``low``, ``high`` (95% bootstrap interval over sentences),
        ``codes`` (how often it was chosen), ``pairs``, ``sentences``.

    Examples
    --------
    >>> codes = [("a:1:1", 1), ("a:1:2", 1), ("a:1:3", 0)]
    >>> rows = [(s, "china", coder, c) for s, c in codes for coder in "xy"]
    >>> table = pd.DataFrame([*rows, ("a:1:4", "china", "x", 1), ("a:1:4", "china", "y", 0)])
    >>> table.columns = ["sentence", "power", "coder", "tone"]
    >>> category_agreement(table, "tone")[["category", "estimate"]].round(2).to_numpy().tolist()
    [['0', 0.67], ['1', 0.8], ['all', 0.75]]
    """
    table = _by_coder(codes, value)
    units = table.to_numpy(dtype=float)
    classes = np.unique(units[~np.isnan(units)])
    measures = {f"{c:g}": partial(_specific, classes=[c]) for c in classes}
    measures["all"] = partial(_specific, classes=classes)
    measured = _measured(units, table.index.get_level_values("sentence"), measures)
    chosen = [int((units == c).sum()) for c in classes]
    measured = measured.rename(columns={"measure": "category"}).assign(
        value=value, codes=[*chosen, sum(chosen)]
    )
    return measured[["value", "category", "estimate", "low", "high", "codes", "pairs", "sentences"]]


def _specific(table: npt.NDArray[np.float64], classes: npt.ArrayLike) -> float:
    """Of the pairs of codes whose first is of the classes, the share whose second is the same."""
    others = (~np.isnan(table)).sum(axis=1) - 1
    counts = np.stack([(table == c).sum(axis=1) for c in np.atleast_1d(classes)])
    possible = (counts * others).sum()
    return float((counts * (counts - 1)).sum() / possible) if possible else float("nan")


def _by_coder(codes: pd.DataFrame, value: str) -> pd.DataFrame:
    """Make one row a pair and one column a coder, of the pairs that several coders coded."""
    table = codes.pivot(index=["sentence", "power"], columns="coder", values=value)
    return table[table.notna().sum(axis=1) > 1]


def scorer_errors(pairs: pd.DataFrame, value: str) -> pd.Series:
    """Count a scorer's errors by kind.

    Parameters
    ----------
    pairs
        As from `kzpolicy.sentiment.coded_pairs`, with a score for each.
    value
        ``tone`` or ``stance``.

    Returns
    -------
    Series
        ``missed`` (code -1 or 1, scored 0), ``added`` (code 0, scored -1 or 1), ``turned`` (scored
        with the opposite sign).

    Examples
    --------
    >>> pairs = pd.DataFrame({"tone": [1, 0, -1, 1], "tone_score_class": [0, 1, 1, 1]})
    >>> scorer_errors(pairs, "tone").to_dict()
    {'missed': 1, 'added': 1, 'turned': 1}
    """
    code, score = pairs[value], pairs[f"{value}_score_class"]
    kinds = {
        "missed": (code != 0) & (score == 0),
        "added": (code == 0) & (score != 0),
        "turned": code * score < 0,
    }
    return pd.Series({kind: int(found.sum()) for kind, found in kinds.items()})


def confusion(pairs: pd.DataFrame, value: str, scored: str) -> pd.DataFrame:
    """Count how often each code met each class of the scorer.

    Parameters
    ----------
    pairs
        Rows with the two columns; those whose code is none of -1, 0 and 1 are left out.
    value, scored
        Column of the codes, column of the scorer's classes.

    Returns
    -------
    DataFrame
        One row a code, one column a class of the scorer.

    Raises
    ------
    StudyError
        If a score is no class.

    Examples
    --------
    >>> pairs = pd.DataFrame({"tone": [1, 1, 0, -1], "plain_class": [1, 0, 0, 1]})
    >>> confusion(pairs, "tone", "plain_class").to_numpy().tolist()
    [[0, 0, 1], [0, 1, 0], [0, 1, 1]]
    """
    whole = pairs[pairs[value].isin(CLASSES) & pairs[scored].notna()]
    if not whole[scored].isin(CLASSES).all():
        raise StudyError(f"{scored} has scores that are none of -1, 0, 1; give the scorer's classes")
    table = pd.crosstab(whole[value].astype("int64"), whole[scored].astype("int64"))
    return table.reindex(index=list(CLASSES), columns=list(CLASSES), fill_value=0)


def per_class(pairs: pd.DataFrame, value: str, scored: str) -> pd.DataFrame:
    """Measure a scorer class by class.

    Parameters
    ----------
    pairs, value, scored
        As for `confusion`.

    Returns
    -------
    DataFrame
        One row a class: ``category``, ``precision`` (of what the scorer put there, the share coded
        so), ``recall`` (of what is coded so, the share the scorer put there), ``f1``,
        ``codes``, ``scores`` (how many pairs); a share of nothing is missing.

    Examples
    --------
    >>> pairs = pd.DataFrame({"tone": [1, 1, 0, -1], "plain_class": [1, 0, 0, 1]})
    >>> per_class(pairs, "tone", "plain_class")["f1"].round(2).tolist()
    [0.0, 0.67, 0.5]
    """
    table = confusion(pairs, value, scored)
    both = pd.Series(np.diag(table), index=table.index).astype(float)
    codes, scores = table.sum(axis=1), table.sum(axis=0)
    shares = {"precision": both / scores, "recall": both / codes, "f1": 2 * both / (codes + scores)}
    frame = pd.DataFrame({**shares, "codes": codes, "scores": scores})
    return frame.rename_axis("category").reset_index()


def mean_correlation(
    pairs: pd.DataFrame,
    value: str,
    scored: str,
    by: Sequence[str] = ("document", "power"),
    *,
    least: int = 5,
) -> pd.DataFrame:
    """Correlate a scorer's means with the codes' means: errors in sentences may cancel in a mean.

    Parameters
    ----------
    pairs
        Rows with ``sentence`` and the columns named.
    value, scored
        Column of the codes, column of the scores.
    by
        Columns that make the groups.
    least
        Groups of fewer pairs are left out, for their means are mostly chance.

    Returns
    -------
    DataFrame
        One row: ``value``, ``level``, ``estimate`` (Pearson's r over groups), ``low``, ``high``
        (95% interval by Fisher's (1921) z, the groups taken as independent), ``groups``, ``pairs``.
        Missing where groups are under three or all alike, the interval under four groups.

    Examples
    --------
    >>> pairs = pd.DataFrame({"power": list("aabbcc"), "tone": [1, 1, 0, 0, -1, 0]})
    >>> pairs["plain"] = [0.9, 0.5, 0.1, 0.3, 0.0, 0.2]
    >>> mean_correlation(pairs, "tone", "plain", ["power"], least=2)["estimate"].round(2).item()
    0.98
    """
    grouped = pairs.dropna(subset=[value, scored]).groupby(list(by), observed=True)
    sizes = grouped.size()
    means = grouped[[value, scored]].mean()[sizes >= least]
    n = len(means)
    varied = n > 2 and bool((means.max() - means.min() > 1e-12).all())
    r = float(np.corrcoef(means.to_numpy(dtype=float).T)[0, 1]) if varied else float("nan")
    low = high = float("nan")
    if n > 3 and abs(r) < 1:
        low, high = (float(np.tanh(np.arctanh(r) + side * 1.96 / (n - 3) ** 0.5)) for side in (-1, 1))
    row = (value, ", ".join(by), r, low, high, n, int(sizes[sizes >= least].sum()))
    names = ["value", "level", "estimate", "low", "high", "groups", "pairs"]
    return pd.DataFrame([row], columns=names)


def _measured(
    table: npt.NDArray[np.float64],
    sentences: Sequence[str],
    measures: Mapping[str, Callable[[npt.NDArray[np.float64]], float]],
    draws: int = 1000,
) -> pd.DataFrame:
    """Estimate measures with bootstrap intervals that draw whole sentences; missing without pairs."""
    if not len(table):
        nothing = [(name, *[float("nan")] * 3, 0, 0) for name in measures]
        return pd.DataFrame(nothing, columns=_MEASURED)
    groups = [np.flatnonzero(s) for s in pd.get_dummies(pd.Series(np.asarray(sentences))).to_numpy().T]
    rng = np.random.default_rng(_SEED)
    samples = [
        table[np.concatenate([groups[i] for i in rng.integers(len(groups), size=len(groups))])]
        for _ in range(draws)
    ]
    rows = []
    for name, measure in measures.items():
        drawn = [measure(sample) for sample in samples]
        undefined = bool(np.isnan(drawn).all())  # all codes are equal, say
        low, high = (float("nan"),) * 2 if undefined else np.nanquantile(drawn, [0.025, 0.975])
        rows.append((name, measure(table), float(low), float(high), len(table), len(groups)))
    return pd.DataFrame(rows, columns=_MEASURED)
