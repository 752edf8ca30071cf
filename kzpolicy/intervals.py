"""Intervals: for means of codes and scores from -1 to 1, and for rates of words."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

DRAWS = 10_000
_PRIOR = np.array([-1.0, 0.0, 1.0])
_Z = 1.959963984540054
_SEED = 2022


def mean_draws(
    values: npt.ArrayLike, clusters: npt.ArrayLike | None = None, *, draws: int = DRAWS, seed: int = _SEED
) -> npt.NDArray[np.float64]:
    """Draw the posterior of a mean of values between -1 and 1.

    The Bayesian bootstrap (Rubin 1981) of whole clusters, with half an observation each at -1, 0
    and 1. For codes of three classes without clusters this is Jeffreys' prior for their shares, so
    that three equal codes do not give an interval of no width.

    Parameters
    ----------
    values
        Codes or scores of sentences, -1 to 1.
    clusters
        What each value belongs to (its paragraph): values of one cluster are drawn together,
        because they resemble each other. None takes each value for itself.
    draws, seed
        How many draws; the seed makes a repeated call give the same draws.

    Returns
    -------
    array of float
        One mean a draw.
    """
    values = np.asarray(values, dtype=float)
    return _weighted(*_sums(values, clusters), draws, seed)


def difference_draws(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    clusters: tuple[npt.ArrayLike, npt.ArrayLike],
    *,
    draws: int = DRAWS,
    seed: int = _SEED,
) -> npt.NDArray[np.float64]:
    """Draw the difference of two means whose values may share clusters; see `mean_draws`.

    A cluster that holds values of both groups has one weight for both, so that a paragraph about
    two powers moves both means at once.
    """
    names = [np.asarray(c) for c in clusters]
    known = np.unique(np.concatenate(names))
    weights = np.random.default_rng(seed).standard_exponential((draws, len(known)))
    means: list[npt.NDArray[np.float64]] = []
    for values, own in zip((first, second), names, strict=True):
        at = np.searchsorted(known, own)
        sums = np.bincount(at, np.asarray(values, dtype=float), minlength=len(known))
        sizes = np.bincount(at, minlength=len(known))
        prior = np.random.default_rng(seed + 1 + len(means)).standard_gamma(0.5, (draws, 3))
        means.append((weights @ sums + prior @ _PRIOR) / (weights @ sizes + prior.sum(axis=1)))
    return np.asarray(means[0] - means[1], dtype=float)


def _sums(
    values: npt.NDArray[np.float64], clusters: npt.ArrayLike | None
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Sum the values of each cluster and count them."""
    if clusters is None:
        return values, np.ones(len(values))
    _, at = np.unique(np.asarray(clusters), return_inverse=True)
    return np.bincount(at, values).astype(float), np.bincount(at).astype(float)


def _weighted(
    sums: npt.NDArray[np.float64], sizes: npt.NDArray[np.float64], draws: int, seed: int
) -> npt.NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    # Clusters with the same sum and size are drawn together: their weights' sum is a gamma too.
    kinds, counts = np.unique(np.column_stack([sums, sizes]), axis=0, return_counts=True)
    weights = rng.standard_gamma(counts, (draws, len(counts)))
    prior = rng.standard_gamma(0.5, (draws, 3))
    means = (weights @ kinds[:, 0] + prior @ _PRIOR) / (weights @ kinds[:, 1] + prior.sum(axis=1))
    return np.asarray(means, dtype=float)


def mean_interval(
    values: npt.ArrayLike, clusters: npt.ArrayLike | None = None, *, level: float = 0.95
) -> tuple[float, float]:
    """Return the equal-tailed interval of `mean_draws`, widened to hold the observed mean.

    With few clusters their spread is known badly and can come out too small: the interval is never
    narrower than that of single values.

    Examples
    --------
    >>> low, high = mean_interval([1, 1, 1])
    >>> round(high, 2), low < 0.5
    (1.0, True)
    """
    values = np.asarray(values, dtype=float)
    limits = np.array([_tails(*map(tuple, _sums(values, by)), level) for by in (None, clusters)])
    return float(min(limits[:, 0].min(), values.mean())), float(max(limits[:, 1].max(), values.mean()))


@lru_cache(maxsize=2000)  # the panel asks for the same interval again and again
def _tails(sums: tuple[float, ...], sizes: tuple[float, ...], level: float) -> npt.NDArray[np.float64]:
    draws = _weighted(np.array(sums), np.array(sizes), DRAWS, _SEED)
    return np.asarray(np.quantile(draws, [(1 - level) / 2, (1 + level) / 2]), dtype=float)


def rate_interval(counts: npt.ArrayLike, totals: npt.ArrayLike) -> tuple[float, float, float]:
    """Return a rate with its 95% interval when words cluster in paragraphs.

    Wilson's (1927) interval with the sample size divided by the design effect of the clusters
    (Korn and Graubard 1998), which is never taken below 1.

    Parameters
    ----------
    counts, totals
        Occurrences and words of each paragraph.

    Returns
    -------
    tuple of float
        Rate, lower and upper limit, as shares of the words.

    Examples
    --------
    >>> rate, low, high = rate_interval([1, 0, 2], [100, 100, 100])
    >>> round(rate, 3), round(low, 4), round(high, 4)
    (0.01, 0.0034, 0.0291)
    """
    one = np.zeros(len(np.asarray(totals)), dtype=np.int64)
    rate, low, high = (float(x[0]) for x in rate_intervals(counts, totals, one, 1))
    return rate, low, high


def rate_intervals(
    counts: npt.ArrayLike, totals: npt.ArrayLike, groups: npt.NDArray[np.int64], many: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return `rate_interval` for many groups of paragraphs at once.

    Parameters
    ----------
    counts, totals
        Occurrences and words of each paragraph.
    groups
        Number of each paragraph's group, from 0.
    many
        How many groups there are.

    Returns
    -------
    tuple of array
        Rate, lower and upper limit of each group, as shares of the words; NaN without words.

    Examples
    --------
    >>> import numpy as np
    >>> rates, low, high = rate_intervals([1, 0, 2, 0], [100, 100, 100, 50], np.array([0, 0, 0, 1]), 2)
    >>> rates.round(3).tolist()
    [0.01, 0.0]
    """
    k, n = np.asarray(counts, dtype=float), np.asarray(totals, dtype=float)
    size, hits, parts = (
        np.asarray(np.bincount(groups, w, minlength=many), dtype=float) for w in (n, k, np.ones(len(n)))
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = hits / size
        apart = np.bincount(groups, (k - rate[groups] * n) ** 2, minlength=many)
        effect = parts / (parts - 1) * apart / size**2 / (rate * (1 - rate) / size)
        known = (parts > 1) & (rate > 0) & (rate < 1)
        size = size / np.where(known, np.maximum(1.0, effect), 1.0)
        middle = (rate + _Z**2 / (2 * size)) / (1 + _Z**2 / size)
        half = _Z / (1 + _Z**2 / size) * np.sqrt(rate * (1 - rate) / size + _Z**2 / (4 * size**2))
    return rate, np.maximum(0.0, middle - half), np.minimum(1.0, middle + half)
