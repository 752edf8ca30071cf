"""Stance toward the three vectors of multi-vector policy, and how far they lie apart."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from kzpolicy.sentiment import mean_by

# Kazakhstan's vectors as its analysts name them; the western one has three addresses.
VECTORS = {"russia": "Russia", "china": "China", "usa": "the West", "eu": "the West", "west": "the West"}


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
        One row a sentence and vector: ``vector`` (Russia, China, the West) instead of ``power``.
    """
    order = list(dict.fromkeys(VECTORS.values()))
    vector = pd.Categorical(pairs["power"].astype("str").map(VECTORS), categories=order, ordered=True)
    named = pairs.assign(vector=vector).dropna(subset=["vector"])
    measures = ["tone", "stance", "plain"]
    keys = [column for column in named if column not in ("power", "plain_class", *measures)]
    return named.groupby(keys, sort=False, observed=True, dropna=False, as_index=False)[measures].mean()


def balance(pairs: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Measure how evenly each group of sentences places Kazakhstan between its vectors.

    Returns
    -------
    DataFrame
        The rows of `mean_by` for stance by `by` and ``vector``, and ``gap``: the largest mean
        stance minus the smallest in the group; 0 is perfect balance, 2 the widest possible.
    """
    means = mean_by(by_vector(pairs), "stance", [*by, "vector"])
    grouped = means.groupby(list(by), observed=True)["mean"]
    return means.assign(gap=grouped.transform("max") - grouped.transform("min"))
