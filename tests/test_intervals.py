"""Intervals against exact posteriors, a published table, and the formulas they are named after."""

from __future__ import annotations

import doctest
import math
import random

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from kzpolicy.measures import intervals
from kzpolicy.measures.intervals import (
    DRAWS,
    difference_draws,
    mean_draws,
    mean_interval,
    rate_interval,
    rate_intervals,
)

Z = 1.959963984540054
Floats = npt.NDArray[np.float64]
CODES = st.lists(st.sampled_from([-1, 0, 1]), min_size=1, max_size=40)
# What a quantile of so many draws can miss its level by: four standard errors.
SLACK = 4 * math.sqrt(0.025 * 0.975 / DRAWS)


def test_examples_in_docstrings() -> None:
    assert doctest.testmod(intervals).failed == 0


# Means of codes


def _beta_grid(a: float, b: float, points: int = 800) -> tuple[Floats, Floats]:
    """Points and weights of a beta distribution, by its density over arcsin(sqrt(x))."""
    angle = (np.arange(points) + 0.5) / points * np.pi / 2
    with np.errstate(divide="ignore"):
        log = (2 * a - 1) * np.log(np.sin(angle)) + (2 * b - 1) * np.log(np.cos(angle))
    weight = np.exp(log - log.max())
    return np.sin(angle) ** 2, weight / weight.sum()


def _exact_below(below: int, zero: int, above: int, limit: float) -> float:
    """P(mean < limit) after so many codes of -1, 0 and 1, under Jeffreys' Dirichlet(1/2, 1/2, 1/2).

    The share of zeros is a beta variate, and so, independently, is the share of ones among the rest.
    """
    zeros, zero_weight = _beta_grid(zero + 0.5, below + above + 1)
    ones, one_weight = _beta_grid(above + 0.5, below + 0.5)
    means = np.outer(1 - zeros, 2 * ones - 1)
    return float((np.outer(zero_weight, one_weight) * (means < limit)).sum())


@pytest.mark.parametrize(
    ("below", "zero", "above"),
    [(0, 0, 1), (1, 0, 1), (2, 3, 0), (1, 5, 4), (8, 0, 8), (0, 7, 0), (34, 51, 23), (4, 22, 21)],
)
def test_interval_of_codes_is_the_posterior_under_jeffreys_prior(below: int, zero: int, above: int) -> None:
    codes = [-1] * below + [0] * zero + [1] * above
    low, high = np.quantile(mean_draws(codes), [0.025, 0.975])
    assert _exact_below(below, zero, above, low) == pytest.approx(0.025, abs=SLACK + 0.001)
    assert _exact_below(below, zero, above, high) == pytest.approx(0.975, abs=SLACK + 0.001)
    inner, outer = mean_interval(codes)
    mean = (above - below) / len(codes)
    assert inner == pytest.approx(min(low, mean)) and outer == pytest.approx(max(high, mean))


def test_exact_posterior_of_the_test_is_right() -> None:
    # Without a code for zero in play, the share of ones among n codes of -1 and 1 is Jeffreys' beta:
    # its upper 97.5% point after 0 of 10 is 0.2172 (Brown, Cai and DasGupta 2001).
    points, weights = _beta_grid(0.5, 10.5, 20_000)
    assert weights[points < 0.2172].sum() == pytest.approx(0.975, abs=1e-3)
    # Arcsine law: P(x < 1/4) = (2 / pi) arcsin(1/2) = 1/3.
    points, weights = _beta_grid(0.5, 0.5, 30_000)
    assert weights[points < 0.25].sum() == pytest.approx(1 / 3, abs=1e-4)


@given(CODES)
@settings(max_examples=15, deadline=None)
def test_interval_holds_the_mean_and_stays_on_the_scale(codes: list[int]) -> None:
    low, high = mean_interval(codes)
    assert -1 <= low <= np.mean(codes) <= high <= 1 and low < high
    assert mean_interval(sorted(codes)) == (low, high)  # the order of sentences says nothing


# Means of codes in paragraphs


def test_paragraphs_are_drawn_whole() -> None:
    # Rubin's bootstrap of clusters, one draw at a time: a weight a paragraph, half a one at -1, 0 and 1.
    chance = random.Random(4)
    codes = {"a": [1, 1, 0, 1], "b": [-1], "c": [0, -1], "d": [1, 1, 1], "e": [-1, -1, 0]}
    means = []
    for _ in range(20_000):
        total, size = 0.0, 0.0
        for inside in codes.values():
            weight = chance.expovariate(1)
            total, size = total + weight * sum(inside), size + weight * len(inside)
        for code in (-1, 0, 1):
            weight = chance.gammavariate(0.5, 1)
            total, size = total + weight * code, size + weight
        means.append(total / size)
    flat = [code for inside in codes.values() for code in inside]
    names = [name for name, inside in codes.items() for _ in inside]
    draws = mean_draws(flat, names)
    for limit in np.quantile(means, [0.025, 0.25, 0.5, 0.75, 0.975]):
        assert np.mean(draws < limit) == pytest.approx(np.mean(np.array(means) < limit), abs=0.025)


def test_difference_draws_of_parts_that_weigh_alike() -> None:
    # One draw at a time: paragraph p stands in both groups, the first group has two articles.
    chance = random.Random(6)
    articles = [{"p": [1, 1], "q": [0]}, {"r": [1, -1, -1]}, {"p": [-1, 0], "s": [1]}]
    differences = []
    for _ in range(20_000):
        weight = {name: chance.expovariate(1) for name in "pqrs"}
        means = []
        for article, half in zip(articles, (0.25, 0.25, 0.5), strict=True):
            prior = [chance.gammavariate(half, 1) for _ in range(3)]
            total = prior[2] - prior[0] + sum(weight[p] * sum(codes) for p, codes in article.items())
            means.append(total / (sum(prior) + sum(weight[p] * len(codes) for p, codes in article.items())))
        differences.append((means[0] + means[1]) / 2 - means[2])
    flat = [(code, p, i) for i, a in enumerate(articles) for p, codes in a.items() for code in codes]
    codes, paragraphs, parts = zip(*flat, strict=True)
    draws = difference_draws(codes, paragraphs, np.array(parts), [0.5, 0.5, -1])
    for limit in np.quantile(differences, [0.025, 0.25, 0.5, 0.75, 0.975]):
        assert np.mean(draws < limit) == pytest.approx(np.mean(np.array(differences) < limit), abs=0.025)


# Rates


def _wilson(rate: float, size: float) -> tuple[float, float]:
    """Solve (p - rate)^2 = z^2 p (1 - p) / size, from which Wilson's interval comes."""
    a, b, c = 1 + Z**2 / size, -(2 * rate + Z**2 / size), rate**2
    root = math.sqrt(max(0.0, b * b - 4 * a * c))
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


@pytest.mark.parametrize(
    ("count", "size", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_one_paragraph_has_the_published_wilson_interval(
    count: int, size: int, low: float, high: float
) -> None:
    # Newcombe (1998), table I, method 3.
    rate, lower, upper = rate_interval([count], [size])
    assert rate == count / size
    assert (round(lower, 4), round(upper, 4)) == (low, high)


@given(st.integers(2, 12), st.integers(1, 11), st.integers(2, 60))
@settings(deadline=None)
def test_identical_words_in_a_paragraph_count_as_one(clusters: int, hits: int, size: int) -> None:
    # Every word of a paragraph is a hit or none is: the effect is the paragraphs' size times m/(m-1).
    hits = min(hits, clusters - 1)
    rate, low, high = rate_interval([size] * hits + [0] * (clusters - hits), [size] * clusters)
    assert rate == pytest.approx(hits / clusters)
    shrunk = (clusters - 1) * (Z / stats.t.ppf(0.975, clusters - 1)) ** 2
    assert (low, high) == pytest.approx(_wilson(hits / clusters, shrunk))


def test_doubling_identical_clusters_widens_by_formula() -> None:
    counts, sizes = np.array([9, 0, 1, 0]), np.array([100, 80, 120, 100])
    rate = 10 / 400
    residual = float(((counts - rate * sizes) ** 2).sum())
    variance = 4 / 3 * residual / 400**2
    # Korn and Graubard (1998): the effective size, times the squared ratio of z and t of 3 degrees.
    effective = rate * (1 - rate) / variance * (Z / 3.182446) ** 2
    assert effective < 400
    assert rate_interval(counts, sizes)[1:] == pytest.approx(_wilson(rate, effective))
    # Twice the words in the same paragraphs, every word said twice: no new evidence.
    assert rate_interval(2 * counts, 2 * sizes) == pytest.approx(rate_interval(counts, sizes))
    # Twice the paragraphs: the variance is that of 8 clusters, 8/7 instead of 4/3, over twice the
    # words, and t has 7 degrees.
    twice = 8 / 7 * 2 * residual / 800**2
    doubled = rate_interval([*counts, *counts], [*sizes, *sizes])
    assert doubled[1:] == pytest.approx(_wilson(rate, rate * (1 - rate) / twice * (Z / 2.364624) ** 2))


def test_coverage_of_a_word_that_comes_in_runs() -> None:
    # Its rate differs from paragraph to paragraph as a gamma variate: as strongly as words of one
    # subject do. Ten paragraphs are an article.
    rng = np.random.default_rng(3)
    runs, clusters, rate = 2000, 10, 0.01
    sizes = rng.integers(60, 160, (runs, clusters))
    counts = rng.poisson(sizes * rate * rng.gamma(1, 1, (runs, clusters)))
    groups = np.repeat(np.arange(runs), clusters)
    _, low, high = rate_intervals(counts.ravel(), sizes.ravel(), groups, runs)
    assert 0.94 <= ((low <= rate) & (rate <= high)).mean() <= 0.97


def test_many_values_have_fewer_draws_to_fit_in_memory() -> None:
    values = np.tile([-1, 0, 1, 0], 7_500)
    assert len(mean_draws(values)) == 1_000
    low, high = mean_interval(values)
    spread = 1.96 * math.sqrt(0.5 / 30_000)
    assert (low, high) == pytest.approx((-spread, spread), rel=0.15)
