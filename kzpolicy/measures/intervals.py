"""Intervals: for means of codes and scores from -1 to 1, and for rates of words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import special

DRAWS = 10_000
TAILS = (0.025, 0.975)
_PRIOR = np.array([-1.0, 0.0, 1.0])
_Z = float(special.ndtri(TAILS[1]))
_SEED = 2022
Floats = npt.NDArray[np.float64]


def mean_draws(values: npt.ArrayLike, clusters: npt.ArrayLike | None = None) -> Floats:
    """Draw the posterior of a mean of values between -1 and 1.

    The Bayesian bootstrap (Rubin 1981) of whole clusters, with half an observation each at -1, 0
    and 1. For codes of three classes without clusters this is Jeffreys' prior for their shares, so
    that three equal codes do not give an interval of no width.

    Parameters
    ----------
    values
        Codes or scores of sentences, -1 to 1; at least one.
    clusters
        What each value belongs to (its paragraph): values of one cluster are drawn together,
        because they resemble each other. None takes each value for itself.

    Returns
    -------
    array of float
        One mean a draw, the same in every call: `DRAWS` of them, of more than 2,000 values fewer,
        down to 1,000, to fit in memory.

    Examples
    --------
    >>> draws = mean_draws([1, 1, 0, -1])
    >>> len(draws), bool(abs(draws.mean() - 1 / 5.5) < 0.01)
    (10000, True)
    """
    values = np.asarray(values, dtype=float)
    names = np.arange(len(values)) if clusters is None else np.asarray(clusters)
    at = np.unique(names, return_inverse=True)[1]
    # Clusters with the same sum and size are drawn together: their weights' sum is a gamma too.
    sums = np.column_stack([np.bincount(at, values), np.bincount(at)])
    kinds, counts = np.unique(sums, axis=0, return_counts=True)
    rng, draws = np.random.default_rng(_SEED), _draws(len(values))
    weights = rng.standard_gamma(counts, (draws, len(counts)))
    prior = rng.standard_gamma(0.5, (draws, 3))
    means = (weights @ kinds[:, 0] + prior @ _PRIOR) / (weights @ kinds[:, 1] + prior.sum(axis=1))
    return np.asarray(means, dtype=float)


def difference_draws(
    values: npt.ArrayLike,
    clusters: npt.ArrayLike,
    parts: npt.NDArray[np.int64],
    shares: Sequence[float],
) -> Floats:
    """Draw the difference of two means whose values may share clusters; see `mean_draws`.

    A cluster that holds values of both groups has one weight for both, so that a paragraph about
    two powers moves both means at once.

    Parameters
    ----------
    values, clusters
        Of both groups.
    parts
        Number of each value's part, from 0: the group, or the text in its group.
    shares
        What the mean of each part counts for: 1 and -1; thirds of these where a group has three
        texts that weigh alike. The half observations are shared out so too.

    Returns
    -------
    array of float
        One difference a draw, as many as `mean_draws` gives.

    Examples
    --------
    >>> draws = difference_draws([1, 1, 0, -1, 0], list("abcab"), np.array([0, 0, 0, 1, 1]), [1, -1])
    >>> bool(np.median(draws) > 0)
    True
    """
    values = np.asarray(values, dtype=float)
    known, at = np.unique(np.asarray(clusters), return_inverse=True)
    draws = _draws(len(values))
    every = np.random.default_rng(_SEED).standard_exponential((draws, len(known)))
    cell, shape = at * len(shares) + parts, (len(known), len(shares))  # by cluster and part
    sums = every @ np.bincount(cell, values, len(known) * len(shares)).reshape(shape)
    sizes = every @ np.bincount(cell, minlength=len(known) * len(shares)).reshape(shape).astype(float)
    for part, share in enumerate(shares):
        prior = np.random.default_rng(_SEED + 1 + part).standard_gamma(abs(share) / 2, (draws, 3))
        sums[:, part] += prior @ _PRIOR
        sizes[:, part] += prior.sum(axis=1)
    return np.asarray(sums / sizes @ np.asarray(shares, dtype=float))


def _draws(values: int) -> int:
    return min(DRAWS, max(1_000, 20_000_000 // max(1, values)))


def mean_interval(values: npt.ArrayLike, clusters: npt.ArrayLike | None = None) -> tuple[float, float]:
    """Return the equal-tailed 95% interval of `mean_draws`, widened to hold the observed mean.

    With few clusters their spread is known badly and can come out too small: the interval is never
    narrower than that of single values.

    Parameters
    ----------
    values, clusters
        As for `mean_draws`.

    Returns
    -------
    tuple of float
        Lower and upper limit.

    Examples
    --------
    >>> low, high = mean_interval([1, 1, 1])
    >>> round(high, 2), low < 0.5
    (1.0, True)
    """
    by = [None] if clusters is None else [None, clusters]
    limits = np.array([np.quantile(mean_draws(values, each), TAILS) for each in by])
    mean = float(np.mean(np.asarray(values, dtype=float)))
    return min(float(limits[:, 0].min()), mean), max(float(limits[:, 1].max()), mean)


def rate_interval(counts: npt.ArrayLike, totals: npt.ArrayLike) -> tuple[float, float, float]:
    """Return a rate with its 95% interval when words cluster in paragraphs.

    Wilson's (1927) interval with the sample size divided by the design effect of the clusters, and
    by the square of how far Student's t, of one degree of freedom less than there are clusters,
    exceeds the normal quantile (Korn and Graubard 1998); together never taken below 1.

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
    (0.01, 0.0012, 0.0763)
    """
    one = np.zeros(len(np.asarray(totals)), dtype=np.int64)
    rate, low, high = (float(x[0]) for x in rate_intervals(counts, totals, one, 1))
    return rate, low, high


def rate_intervals(
    counts: npt.ArrayLike, totals: npt.ArrayLike, groups: npt.NDArray[np.int64], many: int
) -> tuple[Floats, Floats, Floats]:
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
        wider = special.stdtrit(parts - 1, TAILS[1]) / _Z  # Student's t
        effect = wider**2 * parts / (parts - 1) * apart / size**2 / (rate * (1 - rate) / size)
        known = (parts > 1) & (rate > 0) & (rate < 1)
        size = size / np.where(known, np.maximum(1.0, effect), 1.0)
        middle = (rate + _Z**2 / (2 * size)) / (1 + _Z**2 / size)
        half = _Z / (1 + _Z**2 / size) * np.sqrt(rate * (1 - rate) / size + _Z**2 / (4 * size**2))
    return rate, np.maximum(0.0, middle - half), np.minimum(1.0, middle + half)
