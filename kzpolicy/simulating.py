"""Whether the intervals of corrected means hold what they promise, tried on pairs that are all coded."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from kzpolicy.errors import StudyError
from kzpolicy.estimating import Columns, Rows, columns_of, estimate, groups_of
from kzpolicy.intervals import Floats, student_quantile
from kzpolicy.sampling import Method, plan

_SLOPES = {"codes alone": 0.0, "prediction-powered": 1.0, "corrected": None}


def simulate_coverage(
    pairs: pd.DataFrame,
    value: str = "tone",
    scored: str = "plain_class",
    *,
    by: Sequence[str] = ("power",),
    share: float = 0.3,
    draws: int = 2000,
    method: Method = "simple",
    seed: int = 0,
) -> pd.DataFrame:
    """Count how often the intervals hold the truth when only a share of coded pairs counts as coded.

    The truth is the mean of the codes of all pairs. The unit drawn is the pair of a sentence
    and a power: each draw takes a share of all pairs anew, hides the codes of the others, and
    estimates every group from what is left.

    Parameters
    ----------
    pairs, value, scored
        As for `kzpolicy.estimating.corrected_means`, but every pair has a code.
    by
        Columns that make the groups, and the strata if `method` is ``stratified``.
    share
        Share of the pairs that counts as coded.
    draws, seed
        How many draws; the seed makes a repeated call give the same.
    method
        How the pairs are drawn, as in `kzpolicy.sampling.draw_sample`; ``uncertain`` by `scored`.

    Returns
    -------
    DataFrame
        One row an estimate and group, all pairs first: ``estimate`` (naive: the scores taken for
        codes, the same in every draw, so that its interval holds always or never; codes alone;
        prediction-powered: slope 1; corrected: slope tuned), ``group``,
        ``pairs``, ``coded`` (mean number), ``coverage`` (share of draws), ``width`` and ``bias``
        (means over the draws), ``draws``. Coverage of 2,000 draws is known to about .01. Empty where
        the share is less than one pair.

    Raises
    ------
    StudyError
        If a pair has no code.

    Examples
    --------
    >>> from kzpolicy import coded_pairs, load_corpus
    >>> table = simulate_coverage(coded_pairs(load_corpus()), draws=200).set_index(["estimate", "group"])
    >>> bool(table.loc[("corrected", "all"), "coverage"] > 0.9)
    True
    """
    if round(share * len(pairs)) < 1:  # nothing to draw from
        names = ["estimate", "group", "pairs", "coded", "coverage", "width", "bias", "draws"]
        return pd.DataFrame(columns=names)
    truth = columns_of(pairs, value, scored, None)
    if np.isnan(truth.code).any():
        raise StudyError(f"{int(np.isnan(truth.code).sum())} pairs have no {value}; give coded pairs only")
    design = plan(pairs, round(share * len(pairs)), method=method, by=by, score=scored)
    group, keys = groups_of(pairs, by)
    layers = [np.zeros_like(group), group]
    means = np.concatenate([np.bincount(g, truth.code) / np.bincount(g, truth.meant) for g in layers])
    rng = np.random.default_rng(seed)
    kept: dict[str, list[Floats]] = {name: [] for name in _SLOPES}
    counts = np.zeros(len(pairs))
    for _ in range(draws):
        drawn = design.draw(rng)
        counts[drawn] += 1
        for name, found in _estimates(layers, truth, drawn, design.inclusion).items():
            kept[name].append(found)
    facts = {
        "group": ["all", *(" ".join(map(str, key)) for key in keys.itertuples(index=False))],
        "pairs": np.concatenate([np.bincount(g) for g in layers]),
        "coded": np.concatenate([np.bincount(g, counts) for g in layers]) / draws,
    }
    tables = [{"estimate": "naive"} | facts | _held(_naive(layers, truth.score)[None], means)]
    tables += [{"estimate": name} | facts | _held(np.stack(found), means) for name, found in kept.items()]
    return pd.concat([pd.DataFrame(table) for table in tables], ignore_index=True).assign(draws=draws)


def _estimates(layers: Sequence[Rows], truth: Columns, drawn: Rows, inclusion: Floats) -> dict[str, Floats]:
    """Estimate from one draw; rows mean, low, high, and a column a group."""
    code = np.full(len(truth.code), np.nan)
    code[drawn] = truth.code[drawn]
    columns = truth._replace(code=code, chance=inclusion)
    return {
        name: np.concatenate([np.stack(estimate(group, columns, slope)[:3]) for group in layers], axis=1)
        for name, slope in _SLOPES.items()
    }


def _naive(layers: Sequence[Rows], score: Floats) -> Floats:
    """Take the scores for codes, with the interval that is usually given."""
    found = []
    for group in layers:
        for values in (score[group == g] for g in range(group.max() + 1)):
            n, mean = len(values), float(values.mean())
            half = student_quantile(n - 1) * float(values.std(ddof=1)) / math.sqrt(n) if n > 1 else math.inf
            found.append((mean, mean - half, mean + half))
    return np.array(found).T


def _held(found: Floats, means: Floats) -> dict[str, Floats]:
    """Count over the draws (first axis) how often the interval holds the mean."""
    mean, low, high = found.transpose(1, 0, 2)
    tiny = 1e-9  # an interval that ends at the truth holds it
    return {
        "coverage": ((low - tiny <= means) & (means <= high + tiny)).mean(axis=0),
        "width": (high - low).mean(axis=0),
        "bias": np.nanmean(mean, axis=0) - means,
    }
