"""Stance toward the three vectors of multi-vector policy, and how far they lie apart."""

from __future__ import annotations

import pandas as pd

from kzpolicy.sentiment import SCORES, difference, mean_by

# Kazakhstan's vectors as its analysts name them; the western one has three addresses.
WESTERN = "US, EU and West"
VECTORS = {"russia": "Russia", "china": "China", "usa": WESTERN, "eu": WESTERN, "west": WESTERN}


def by_vector(pairs: pd.DataFrame) -> pd.DataFrame:
    """Keep the pairs of the three vectors and name each pair's vector.

    The United States, the European Union and the West make one vector; a sentence that names
    two of them counts once, with the mean of its codes.

    Parameters
    ----------
    pairs
        As from `kzpolicy.sentiment.coded_pairs`.

    Returns
    -------
    DataFrame
        One row a sentence and vector: ``vector`` (Russia, China; US, EU and West) instead of ``power``.
    """
    order = list(dict.fromkeys(VECTORS.values()))
    vector = pd.Categorical(pairs["power"].astype("str").map(VECTORS), categories=order, ordered=True)
    named = pairs.assign(vector=vector).dropna(subset=["vector"])
    measures = ["tone", "stance", "plain"]
    keys = [column for column in named if column not in ("power", "plain_class", "sure", *SCORES, *measures)]
    return named.groupby(keys, sort=False, observed=True, dropna=False, as_index=False)[measures].mean()


def balance(pairs: pd.DataFrame, by: str) -> pd.DataFrame:
    """Average the stance toward each vector, and the gap between the two neighbours.

    Parameters
    ----------
    pairs
        As from `kzpolicy.sentiment.coded_pairs`.
    by
        Column that makes the groups.

    Returns
    -------
    DataFrame
        The rows of `kzpolicy.sentiment.mean_by` for stance by `by` and ``vector``, and ``gap``,
        ``gap_low``, ``gap_high``: stance toward China minus stance toward Russia in the group with
        its 95% interval; 0 is an even balance. The largest of several gaps is not used: it grows
        with noise.
    """
    vectors = by_vector(pairs)
    means = mean_by(vectors, "stance", [by, "vector"])
    rows = []
    for group, part in vectors.groupby(by, observed=True):
        china, russia = (part[part["vector"] == name] for name in ("China", "Russia"))
        rows.append((group, *difference(china, russia, "stance")))
    gaps = pd.DataFrame(rows, columns=[by, "gap", "gap_low", "gap_high"])
    gaps[by] = gaps[by].astype(means[by].dtype)
    return means.merge(gaps, on=by)
