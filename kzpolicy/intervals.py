"""Intervals: for means of codes and scores from -1 to 1, and for rates of words."""

from __future__ import annotations

import math

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
    tails = [(1 - level) / 2, (1 + level) / 2]
    limits = np.array([np.quantile(mean_draws(values, by), tails) for by in (None, clusters)])
    return float(min(limits[:, 0].min(), values.mean())), float(max(limits[:, 1].max(), values.mean()))


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
    k, n = np.asarray(counts, dtype=float), np.asarray(totals, dtype=float)
    size, rate, effect = float(n.sum()), float(k.sum() / n.sum()), 1.0
    if len(n) > 1 and 0 < rate < 1:
        clustered = len(n) / (len(n) - 1) * float(((k - rate * n) ** 2).sum()) / size**2
        effect = max(1.0, clustered / (rate * (1 - rate) / size))
    size /= effect
    middle = (rate + _Z**2 / (2 * size)) / (1 + _Z**2 / size)
    half = _Z / (1 + _Z**2 / size) * math.sqrt(rate * (1 - rate) / size + _Z**2 / (4 * size**2))
    return rate, max(0.0, middle - half), min(1.0, middle + half)
