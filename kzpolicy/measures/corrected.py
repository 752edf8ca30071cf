"""Means corrected for a scorer's errors (many automatic scores, few codes), and for errors of the codes.

A corrected mean estimates what coding every pair at hand would have given, and its interval says how far
the draw of the coded pairs leaves that open. Because pairs are drawn singly, it does not matter here that
sentences of a paragraph resemble each other. Nothing is said of texts that were never collected.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from kzpolicy import lists
from kzpolicy.measures.sampling import must_have
from kzpolicy.measures.tone import difference, sides_of
from kzpolicy.tables import StudyError, as_list

# Each group's spread is mixed with a quarter of an observation of codes that are equally often
# -1, 0 and 1 (variance 2/3), so that a few equal codes do not give an interval of no width. A
# quarter was chosen on invented populations of every shape: without it groups of six codes are
# covered in 92% of draws, with it in 96%, with a whole observation in 98%.
PRIOR, PRIOR_VARIANCE = 0.25, 2 / 3
_RATES = [i / 100 for i in range(41)]
Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]


class _Columns(NamedTuple):
    """What is known of each pair; ``code`` and ``meant`` are missing where it is not coded."""

    code: Floats
    meant: Floats  # 1 where the power is meant, else 0
    score: Floats
    chance: Floats  # probability of being drawn
    weight: Floats  # what it counts for in its group's mean; 1 on average


class _Estimates(NamedTuple):
    """One value a group, but for the slope."""

    mean: Floats
    low: Floats
    high: Floats
    slope: float
    variance: Floats  # of one residual
    free: Floats  # degrees of freedom of that variance


def corrected_means(
    pairs: pd.DataFrame,
    by: str | Sequence[str],
    measure: str = "tone",
    scored: str | None = None,
    *,
    inclusion: str | None = "inclusion",
    slope: float | None = None,
    alike: str | None = None,
) -> pd.DataFrame:
    """Average a code over every pair, when every pair has a score and only a sample has codes.

    The mean of the scores is corrected by the weighted mean of what they miss in the coded pairs:
    mean(slope x score) + weighted mean(code - slope x score). A poor scorer gets a slope near 0 and does
    no harm, a good one narrows the interval.

    Parameters
    ----------
    pairs : pandas.DataFrame
        Every pair, coded or not; see `join_codes`. Where it has a column ``reference``, pairs coded 0
        in it (the power is not meant) count in no mean.
    by : str or list of str
        Columns that make the groups; an empty list for one mean over all.
    measure : str, default "tone"
        Column of the codes, -1 to 1; missing where a pair is not coded.
    scored : str, optional
        Column of the scores, missing nowhere: the targeted score (``tone_score`` for ``tone``) by default.
    inclusion : str, optional
        Column of the probabilities with which the coded pairs were drawn; None if each pair was
        as likely as any other.
    slope : float, optional
        How much of the score to use; None to estimate it, one for all groups. 0 ignores the
        scores, 1 is prediction-powered inference without tuning.
    alike : str, optional
        Column of what weighs the same within each group, such as ``speaker_state``: the mean over
        delegations. None: each pair weighs the same.

    Returns
    -------
    pandas.DataFrame
        The columns of `by`, then ``naive`` (mean of the scores), ``coded`` (mean of the codes
        alone), ``corrected``, ``low``, ``high`` (95% interval), ``slope``, ``n_scored``,
        ``n_coded``. A group without a code has the widest possible interval and no estimate.

    Raises
    ------
    StudyError
        If a column is missing, a score is missing, or a coded pair has no probability.

    Notes
    -----
    This is prediction-powered inference (Angelopoulos, Bates, Fannjiang, Jordan and Zrnic 2023) with its
    slope tuned to the data (Angelopoulos, Duchi and Zrnic 2023), for pairs drawn with known probabilities
    (Egami, Hinck, Stewart and Wei 2023); survey samplers know it as the regression estimator. Weights are
    scaled to each group's known size (Deville and Sarndal 1992). The interval is Student's, on the variance
    of the weighted (Hajek 1971) mean of the residuals, with the finite population correction; `PRIOR` tells
    how it is kept from having no width. It is cut to what is possible, were every uncoded pair -1 or every
    one 1. Strata inside a group are not used, which makes the interval of a stratified sample too wide, if
    anything. From under ten codes that are nearly all alike no interval can tell the rare others: there it
    may hold the truth in 80 to 90% of samples only; with `alike` and some 40 codes a group, in 90 to 95%.

    Scores must not know the codes. Those of statements that the scorer learned from (`trained_on`) may fit
    better than those of the coded ones, and then the correction is not theirs: show ``slope=0`` (codes
    alone) or the score ``plain``, which learned from none, beside the default.

    Examples
    --------
    >>> pairs = pd.DataFrame({"power": "china", "tone_score": [1, 0, 1, -1, 1, 1, 1, 0, 1, 1]})
    >>> pairs["tone"] = [1, 0, 0, -1, 1] + [None] * 5
    >>> means = corrected_means(pairs, "power", inclusion=None)
    >>> means[["naive", "coded", "corrected", "low", "high"]].round(2).iloc[0].tolist()
    [0.6, 0.2, 0.36, -0.13, 0.6]
    """
    group, keys = _groups_of(pairs, by)
    columns = _columns_of(pairs, measure, scored, inclusion, group, alike)
    found = _estimate(group, columns, slope)
    coded = ~np.isnan(columns.code)
    g, u = group[coded], columns.weight
    sizes, n = (np.bincount(rows, minlength=len(keys)) for rows in (group, g))
    meant = np.bincount(g, (u * columns.meant)[coded], len(keys))
    with np.errstate(invalid="ignore"):
        alone = np.bincount(g, (u * columns.code)[coded], len(keys)) / meant
    return keys.assign(
        naive=np.bincount(group, u * columns.score) / sizes,
        coded=alone,
        corrected=found.mean,
        low=found.low,
        high=found.high,
        slope=found.slope,
        n_scored=sizes,
        n_coded=n,
    )


def needed(
    pairs: pd.DataFrame,
    by: str | Sequence[str],
    measure: str = "tone",
    scored: str | None = None,
    *,
    width: float = 0.3,
    inclusion: str | None = "inclusion",
) -> pd.DataFrame:
    """Say how many more pairs to code until the intervals of `corrected_means` are narrow enough.

    Parameters
    ----------
    pairs, by, measure, scored, inclusion
        As for `corrected_means`.
    width : float, default 0.3
        Wanted width of each group's 95% interval, from its lower to its upper limit.

    Returns
    -------
    pandas.DataFrame
        The columns of `by`, then ``n_scored``, ``n_coded``, ``width`` (now), ``needed`` (codes in
        all) and ``more``. A plan, not a promise: it takes the spread found so far for the true one,
        and the pairs to come for a simple random sample within the group. A group without codes
        is planned as if its codes were equally often -1, 0 and 1.

    Examples
    --------
    >>> pairs = pd.DataFrame({"power": "china", "tone_score": [1, 0] * 50})
    >>> pairs["tone"] = [1, 0, 1, 1, 0, 0, 1, 0] + [None] * 92
    >>> needed(pairs, "power", inclusion=None)["more"].tolist()
    [26]
    """
    group, keys = _groups_of(pairs, by)
    columns = _columns_of(pairs, measure, scored, inclusion, group, None)
    found = _estimate(group, columns)
    sizes = np.bincount(group)
    coded = np.bincount(group[~np.isnan(columns.code)], minlength=len(keys))
    now = found.high - found.low
    enough = [
        int(have) if have and wide <= width else _enough(int(size), int(have), spread, free, width)
        for size, have, wide, spread, free in zip(sizes, coded, now, found.variance, found.free, strict=True)
    ]
    return keys.assign(n_scored=sizes, n_coded=coded, width=now, needed=enough, more=enough - coded)


def trained_on(pairs: pd.DataFrame) -> pd.Series:
    """Tell which pairs stand in statements that the targeted scorer learned from.

    Parameters
    ----------
    pairs : pandas.DataFrame
        Rows with ``sentence``.

    Returns
    -------
    pandas.Series
        True or False. No statement with reference codes is among them.

    Examples
    --------
    >>> trained_on(pd.DataFrame({"sentence": ["AFG_2018:11:1", "clark2015:0:1"]})).tolist()
    [True, False]
    """
    must_have(pairs, ["sentence"])
    known = lists.path("training_statements.txt").read_text("utf-8").split()
    return pairs["sentence"].str.rsplit(":", n=2).str[0].isin(known).rename("trained")


def misclassification_bound(
    pairs: pd.DataFrame,
    measure: str = "tone",
    *,
    between: str = "power",
    first: str,
    second: str,
    rates: Sequence[float] = _RATES,
) -> pd.DataFrame:
    """Ask how wrong the codes could be before a difference of two means vanishes.

    Three kinds of error are tried, each in the same share of both groups' codes. ``at random``: a wrong code
    is either of the other two classes, whatever the group; the matrix of errors is inverted, and the true
    difference is then larger than the one found (by 1 / (1 - 3e/2) for the share e). ``one step``: wrong
    codes are one class too favourable to the finding. ``worst``: wrong are the codes that hurt most, by as
    much as they can; no errors in that share of codes do more.

    Parameters
    ----------
    pairs : pandas.DataFrame
        As from `coded_pairs`.
    measure : str, default "tone"
        Column of the codes, -1 to 1.
    between, first, second : str
        Column of the groups, and the two to compare, as in `kzpolicy.measures.tone.difference`.
    rates : sequence of float
        Shares of wrong codes to try, from 0 to under 2/3.

    Returns
    -------
    pandas.DataFrame
        For each ``error`` (kind) and ``rate``: ``difference``, ``low``, ``high`` (the 95% interval, moved or
        stretched alike); for each kind ``vanishes`` and ``unclear``, the rates from which the difference is 0
        or turned and from which the interval holds 0, missing where no rate does it; and ``unsure``, the
        share of both groups' codes that were marked as open to another reading, if ``sure`` is known.

    Raises
    ------
    StudyError
        If a column or value is not known, or a rate is not from 0 to under 2/3.

    References
    ----------
    Horowitz, J. and Manski, C. (1995). Identification and robustness with contaminated and corrupted data.
    Econometrica 63. Kuchenhoff, H., Mwalili, S. and Lesaffre, E. (2006). A general method for dealing with
    misclassification in regression: the misclassification SIMEX. Biometrics 62.

    Examples
    --------
    >>> pairs = pd.DataFrame({"power": ["china"] * 4 + ["russia"] * 4, "tone": [1, 1, 1, 0, 0, 0, -1, 0]})
    >>> pairs["paragraph"] = [f"a:{i}" for i in range(8)]
    >>> bound = misclassification_bound(pairs, first="china", second="russia")
    >>> bound.groupby("error")["vanishes"].first().round(2).to_dict()
    {'at random': nan, 'one step': 0.5, 'worst': 0.25}
    """
    tried = np.asarray(rates, dtype=float)
    if not len(tried) or not ((tried >= 0) & (tried < 2 / 3)).all():
        raise StudyError("misclassification_bound: rates must be from 0 to under 2/3; give such shares")
    gap = difference(pairs, measure, between=between, first=first, second=second).iloc[0]
    sign = -1.0 if gap["difference"] < 0 else 1.0
    values = pairs[between].astype("str")
    sides = [
        pairs[values.isin(side)].dropna(subset=[measure]) for side in sides_of(pairs, between, first, second)
    ]
    # How far each code could still be moved against the finding.
    rooms = [1 + sign * sides[0][measure].to_numpy(float), 1 - sign * sides[1][measure].to_numpy(float)]
    fine, tables = np.arange(666) / 1000, []
    for kind, step in (("at random", 0.0), ("one step", 1.0), ("worst", 2.0)):

        def left(end: str, at: Floats, step: float = step) -> Floats:
            stretched = gap[end] if step else gap[end] / (1 - 1.5 * at)
            return np.asarray(stretched - sign * sum(_moved(np.minimum(room, step), at) for room in rooms))

        ends = {"vanishes": "difference", "unclear": "low" if sign > 0 else "high"}
        gone = {name: np.flatnonzero(sign * left(end, fine) <= 1e-12) for name, end in ends.items()}
        table = pd.DataFrame(
            {"error": kind, "rate": tried} | {end: left(end, tried) for end in ("difference", "low", "high")}
        )
        tables.append(table.assign(**{name: fine[at[0]] if len(at) else np.nan for name, at in gone.items()}))
    unsure = 1 - pd.concat(sides)["sure"].mean() if "sure" in pairs else np.nan
    return pd.concat(tables, ignore_index=True).assign(unsure=unsure)


def _moved(room: Floats, rates: Floats) -> Floats:
    """Give the shift of a mean when a share of its values, those with the most room, is moved."""
    sums = np.concatenate([[0.0], np.cumsum(-np.sort(-room))])
    return np.asarray(np.interp(rates * len(room), np.arange(len(sums)), sums) / len(room))


def _enough(size: int, have: int, variance: float, free: float, width: float) -> int:
    """Find the fewest codes that make the interval narrow enough; all of them do."""
    lost = have - free  # degrees of freedom that do not grow with the codes

    def fits(n: int) -> bool:
        half = float(_quantile(np.array([n - lost]))[0]) * ((1 / n - 1 / size) * variance) ** 0.5
        return n == size or 2 * half <= width

    numbers = range(max(have, 1), size + 1)
    return numbers[bisect_left(numbers, True, key=fits)]


def _quantile(free: Floats) -> Floats:
    """Give the 97.5% quantiles of Student's t; infinite under one degree of freedom."""
    from scipy import stats  # here, for importing it takes a while

    return np.where(free >= 1, stats.t.ppf(0.975, np.maximum(free, 1)), np.inf)


def _groups_of(pairs: pd.DataFrame, by: str | Sequence[str]) -> tuple[Rows, pd.DataFrame]:
    """Number the groups in their order; give their keys too."""
    must_have(pairs, as_list(by))
    if pairs.empty:
        raise StudyError("there are no pairs to average; give one or more")
    if not as_list(by):
        return np.zeros(len(pairs), dtype=np.int64), pd.DataFrame(index=[0])
    grouped = pairs.groupby(as_list(by), observed=True, dropna=False)
    return grouped.ngroup().to_numpy(dtype=np.int64), grouped.size().reset_index()[as_list(by)]


def _columns_of(
    pairs: pd.DataFrame,
    measure: str,
    scored: str | None,
    inclusion: str | None,
    group: Rows,
    alike: str | None,
) -> _Columns:
    """Take out what `_estimate` needs, and check it."""
    scored = f"{measure}_score" if scored is None else scored
    must_have(pairs, [measure, scored, *as_list(inclusion), *as_list(alike)])
    code, score = (pairs[name].to_numpy(dtype=float, na_value=np.nan) for name in (measure, scored))
    coded = ~np.isnan(code)
    if np.isnan(score).any():
        raise StudyError(f"{int(np.isnan(score).sum())} pairs have no {scored}; score every pair")
    if (np.abs(code[coded]) > 1).any():
        raise StudyError(f"{measure} is beyond -1 to 1; correct the codes")
    meant = np.where(coded, 1.0, np.nan)
    if "reference" in pairs:
        reference = pairs["reference"].to_numpy(dtype=float, na_value=np.nan)
        meant[coded] = reference[coded] == 1
    chance = np.ones(len(pairs))
    if inclusion is not None:
        chance = pairs[inclusion].to_numpy(dtype=float, na_value=np.nan)
        bad = ~((chance > 0) & (chance <= 1)) & coded
        if bad.any():
            raise StudyError(
                f"{int(bad.sum())} coded pairs have no {inclusion} over 0 and up to 1; "
                "leave out codes that were not drawn at random, or give inclusion=None"
            )
    weight = np.ones(len(pairs))
    if alike is not None:
        unit = pairs.groupby([group, pairs[alike].astype("str")]).ngroup().to_numpy()
        units = np.bincount(pd.Series(group).groupby(unit).first().to_numpy())  # in each group
        weight = np.bincount(group)[group] / units[group] / np.bincount(unit)[unit]
    return _Columns(np.where(meant == 0, 0.0, code), meant, score, chance, weight)


def _estimate(group: Rows, columns: _Columns, slope: float | None = None) -> _Estimates:
    """Estimate each group's mean code, as `corrected_means` explains, from arrays."""
    count = int(group.max()) + 1
    coded = ~np.isnan(columns.code)
    g = group[coded]
    code, meant, score, chance, u = (column[coded] for column in columns)
    y, r, x = u * code, u * meant, u * score
    sizes, n = np.bincount(group), np.bincount(g, minlength=count)

    def total(values: Floats) -> Floats:
        return np.asarray(np.bincount(g, values, count), dtype=float)

    with np.errstate(divide="ignore", invalid="ignore"):
        weight = (sizes / total(u / chance))[g] / chance

        def mean(values: Floats) -> Floats:
            return total(weight * values) / sizes

        tuned = slope is None
        if slope is None:
            slope = _tuned(x - mean(x)[g], y - mean(y)[g], weight)
        scores = np.bincount(group, columns.weight * columns.score) / sizes
        share = np.where(total(r) > 0, mean(r), np.nan)  # of the pairs that mean the power
        found = (slope * scores + mean(y - slope * x)) / share
        residual = (y - slope * x - found[g] * r) / share[g]
        residual = residual - mean(residual)[g]
        spare = np.maximum(1 - 1 / weight, 0) * weight**2
        # Pairs that count for more are worth fewer (Kish 1965): n where all count alike.
        worth = np.nan_to_num(total(u) ** 2 / total(u**2))
        squares = np.nan_to_num(worth * total(spare * residual**2) / total(spare))
        # The slope costs one degree of freedom, which the groups share.
        free = np.maximum(worth - 1, 0) * (1 - tuned / max(n.sum() - np.count_nonzero(n), 1)) + PRIOR
        variance = (squares + PRIOR * PRIOR_VARIANCE) / free
        half = _quantile(free) * np.sqrt(total(spare) * variance) / sizes
        half = np.where(n > 0, np.nan_to_num(half, nan=0.0, posinf=np.inf), np.inf)
        open_ = sizes - total(u)  # what the pairs without a code count for
        least, most = ((total(y) + end * open_) / (total(r) + open_) for end in (-1, 1))
    found = np.clip(found, least, most)
    low, high = np.fmax(found - half, least), np.fmin(found + half, most)
    return _Estimates(found, low, high, slope, variance, free)


def _tuned(x: Floats, y: Floats, weight: Floats) -> float:
    """Regress codes on scores within the groups; 0 where the scores have nothing to say."""
    spread = float((weight * x * x).sum())
    # Equal scores leave rounding errors of their mean: no spread, and no slope to be had from it.
    nothing = spread <= 1e-12 * float(weight.sum())
    return 0.0 if nothing else min(max(float((weight * x * y).sum()) / spread, 0.0), 1.0)
