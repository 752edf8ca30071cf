"""Intervals: for means of codes and scores from -1 to 1, and for rates of words."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

DRAWS = 10_000
_PRIOR = (-1.0, 0.0, 1.0)
_Z = 1.959963984540054
_SEED = 2022


def mean_draws(values: npt.ArrayLike, *, draws: int = DRAWS, seed: int = _SEED) -> npt.NDArray[np.float64]:
    """Draw the posterior of a mean of values between -1 and 1.

    The Bayesian bootstrap (Rubin 1981) with half an observation each at -1, 0 and 1. For codes of
    three classes this is Jeffreys' prior for their shares, so that three equal codes do not
    give an interval of no width.

    Parameters
    ----------
    values
        Codes or scores of sentences, -1 to 1.
    draws, seed
        How many draws; the seed makes a repeated call give the same draws.

    Returns
    -------
    array of float
        One mean a draw.
    """
    values = np.asarray(values, dtype=float)
    points = np.concatenate([values, _PRIOR])
    # Equal values are drawn together: the sum of their weights has the summed parameter.
    points, inverse = np.unique(points, return_inverse=True)
    weights = np.bincount(inverse, np.concatenate([np.ones(len(values)), np.full(3, 0.5)]))
    shares = np.random.default_rng(seed).dirichlet(weights, size=draws)
    return np.asarray(shares @ points, dtype=float)


def mean_interval(values: npt.ArrayLike, *, level: float = 0.95) -> tuple[float, float]:
    """Return the equal-tailed interval of `mean_draws`, widened to hold the observed mean.

    Examples
    --------
    >>> low, high = mean_interval([1, 1, 1])
    >>> round(high, 2), low < 0.5
    (1.0, True)
    """
    values = np.asarray(values, dtype=float)
    low, high = np.quantile(mean_draws(values), [(1 - level) / 2, (1 + level) / 2])
    return float(min(low, values.mean())), float(max(high, values.mean()))


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
    (0.01, 0.0034, 0.0289)
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
