"""Intervals: for means of codes and scores from -1 to 1, and for rates of words."""

from __future__ import annotations

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
