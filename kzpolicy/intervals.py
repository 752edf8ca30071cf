"""Intervals: for means of codes and scores from -1 to 1, and for rates of words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt

DRAWS = 10_000
TAILS = (0.025, 0.975)
_PRIOR = np.array([-1.0, 0.0, 1.0])
_Z = 1.959963984540054
_NODES, _LENGTHS = np.polynomial.legendre.leggauss(40)
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
        Codes or scores of sentences, -1 to 1.
    clusters
        What each value belongs to (its paragraph): values of one cluster are drawn together,
        because they resemble each other. None takes each value for itself.

    Returns
    -------
    array of float
        One mean a draw, `DRAWS` of them, the same in every call.
    """
    values = np.asarray(values, dtype=float)
    names = np.arange(len(values)) if clusters is None else np.asarray(clusters)
    at = np.unique(names, return_inverse=True)[1]
    # Clusters with the same sum and size are drawn together: their weights' sum is a gamma too.
    clusters = np.column_stack([np.bincount(at, values), np.bincount(at)])
    kinds, counts = np.unique(clusters, axis=0, return_counts=True)
    rng = np.random.default_rng(_SEED)
    weights = rng.standard_gamma(counts, (DRAWS, len(counts)))
    prior = rng.standard_gamma(0.5, (DRAWS, 3))
    means = (weights @ kinds[:, 0] + prior @ _PRIOR) / (weights @ kinds[:, 1] + prior.sum(axis=1))
    return np.asarray(means, dtype=float)


def difference_draws(
    values: npt.ArrayLike,
    clusters: npt.ArrayLike,
    parts: npt.NDArray[np.int64],
    shares: Sequence[float],
    draws: int = DRAWS,
) -> Floats:
    """Draw the difference of two means whose values may share clusters; see `mean_draws`.

    A cluster that holds values of both groups has one weight for both, so that a paragraph about
    two powers moves both means at once.

    Parameters
    ----------
    values, clusters
        Of both groups.
    parts
        Number of each value's part, from 0: the group, or the article in its group.
    shares
        What the mean of each part counts for: 1 and -1; thirds of these where a group has three
        articles that weigh alike. The half observations are shared out so too.
    draws
        How many; always the same ones.

    Returns
    -------
    array of float
        One difference a draw.
    """
    known, at = np.unique(np.asarray(clusters), return_inverse=True)
    every, differences = _weights(len(known), draws), np.zeros(draws)
    values = np.asarray(values, dtype=float)
    for part, share in enumerate(shares):
        mine = parts == part
        held, place = np.unique(at[mine], return_inverse=True)
        weights = every[held]
        # einsum is as fast as @ on a quiet computer, and on a busy one faster.
        sums, sizes = (
            np.einsum("k,kd->d", np.bincount(place, each), weights) + prior
            for each, prior in zip(
                (values[mine], np.ones(len(place))), _prior(part, abs(share), draws), strict=True
            )
        )
        differences += share * sums / sizes
    return differences


# A specification curve asks for the same draws thousands of times.
@lru_cache(maxsize=2)
def _weights(clusters: int, draws: int) -> Floats:
    drawn = np.random.default_rng(_SEED).standard_exponential((draws, clusters))
    return np.ascontiguousarray(drawn.T)


@lru_cache(maxsize=20)
def _prior(part: int, share: float, draws: int) -> tuple[Floats, Floats]:
    drawn = np.random.default_rng(_SEED + 1 + part).standard_gamma(share / 2, (draws, 3))
    return drawn @ _PRIOR, drawn.sum(axis=1)


def mean_interval(values: npt.ArrayLike, clusters: npt.ArrayLike | None = None) -> tuple[float, float]:
    """Return the equal-tailed 95% interval of `mean_draws`, widened to hold the observed mean.

    With few clusters their spread is known badly and can come out too small: the interval is never
    narrower than that of single values.

    Examples
    --------
    >>> low, high = mean_interval([1, 1, 1])
    >>> round(high, 2), low < 0.5
    (1.0, True)
    """
    values = np.asarray(values, dtype=float)
    names = None if clusters is None else tuple(np.asarray(clusters))
    limits = np.array([_tails(tuple(values), by) for by in (None, names)])
    return float(min(limits[:, 0].min(), values.mean())), float(max(limits[:, 1].max(), values.mean()))


@lru_cache(maxsize=2000)  # the panel asks for the same interval again and again
def _tails(values: tuple[float, ...], clusters: tuple[str, ...] | None) -> Floats:
    return np.quantile(mean_draws(values, clusters), TAILS)


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
        wider = np.array([student_quantile(free) for free in parts - 1]) / _Z
        effect = wider**2 * parts / (parts - 1) * apart / size**2 / (rate * (1 - rate) / size)
        known = (parts > 1) & (rate > 0) & (rate < 1)
        size = size / np.where(known, np.maximum(1.0, effect), 1.0)
        middle = (rate + _Z**2 / (2 * size)) / (1 + _Z**2 / size)
        half = _Z / (1 + _Z**2 / size) * np.sqrt(rate * (1 - rate) / size + _Z**2 / (4 * size**2))
    return rate, np.maximum(0.0, middle - half), np.minimum(1.0, middle + half)


@cache
def student_quantile(free: float) -> float:
    """Return the 97.5% quantile of Student's t; infinite under one degree of freedom.

    Parameters
    ----------
    free
        Degrees of freedom, whole or not.

    Examples
    --------
    >>> [round(student_quantile(free), 3) for free in (1, 4, 30, 1000)]
    [12.706, 2.776, 2.042, 1.962]
    """
    if not free >= 1:
        return math.inf
    if free > 100:  # Abramowitz and Stegun (1964), 26.7.5
        return _Z + (_Z**3 + _Z) / (4 * free) + (5 * _Z**5 + 16 * _Z**3 + 3 * _Z) / (96 * free**2)
    # With t = sqrt(free) tan(angle) the density is that of cos(angle) ** (free - 1).
    scale = math.exp(math.lgamma((free + 1) / 2) - math.lgamma(free / 2)) / math.sqrt(math.pi)
    low, high = 0.0, math.pi / 2
    for _ in range(60):
        angle = (low + high) / 2
        inside = scale * angle * float(_LENGTHS @ np.cos(angle * (_NODES + 1) / 2) ** (free - 1))
        low, high = (angle, high) if inside < 0.95 else (low, angle)
    return math.sqrt(free) * math.tan(low)
