"""Tone and stance toward each power: coded pairs, their means with intervals, and contrasts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from kzpolicy.corpus import Corpus, reference_codes
from kzpolicy.intervals import mean_draws, mean_interval
from kzpolicy.powers import Powers, load_powers

# The customary threshold of Hutto and Gilbert (2014) for calling a compound score neutral.
NEUTRAL = 0.05


def coded_pairs(corpus: Corpus, powers: Powers | None = None) -> pd.DataFrame:
    """Put each coded pair of a sentence and a power beside the plain score of its sentence.

    Parameters
    ----------
    corpus
        A corpus with reference codes.
    powers
        The powers, whose order the rows take; None for the built-in ones.

    Returns
    -------
    DataFrame
        One row a pair whose power is meant (reference code 1), documents and powers as ordered
        categories: ``sentence``, ``document``,
        ``label``, ``outlet_group``, ``published_from``, ``power``, ``tone``, ``stance`` (medians
        of the coders, -1 to 1), ``plain`` (VADER's compound score, -1 to 1) and ``plain_class``
        (that score as -1, 0, 1 by the customary threshold of .05).
    """
    pairs = reference_codes(corpus.codes)
    pairs = pairs[pairs["reference"] == 1].drop(columns=["reference", "coders"])
    pairs = pairs.merge(corpus.sentences[["sentence", "document", "vader_compound"]], on="sentence")
    documents = corpus.documents
    facts = documents[["document", "label", "outlet_group", "published_from"]]
    pairs = pairs.merge(facts, on="document").rename(columns={"vader_compound": "plain"})
    orders = {
        "power": (powers or load_powers()).keys,
        "document": documents["document"],
        "label": documents["label"],
    }
    for column, order in orders.items():
        pairs[column] = pd.Categorical(pairs[column], categories=list(order), ordered=True)
    columns = ["sentence", "document", "label", "outlet_group", "published_from", "power", "tone", "stance"]
    pairs = pairs[[*columns, "plain"]].assign(plain_class=plain_class(pairs["plain"]))
    return pairs.sort_values(["document", "power"], kind="stable").reset_index(drop=True)


def plain_class(scores: pd.Series) -> pd.Series:
    """Call a compound score favourable (1), neither (0) or unfavourable (-1)."""
    return (scores >= NEUTRAL).astype("int64") - (scores <= -NEUTRAL).astype("int64")


def mean_by(pairs: pd.DataFrame, value: str, by: Sequence[str]) -> pd.DataFrame:
    """Average a measure over sentences, with its interval and n.

    Parameters
    ----------
    pairs
        As from `coded_pairs`.
    value
        Column to average, -1 to 1: ``tone``, ``stance``, ``plain`` or ``plain_class``.
    by
        Columns that make the groups.

    Returns
    -------
    DataFrame
        The columns of `by`, then ``mean``, ``low``, ``high`` (95% interval over sentences),
        ``n`` (sentences), ``below``, ``zero``, ``above`` (how many are under, at, over 0).
    """
    rows = []
    for key, values in pairs.groupby(list(by), observed=True)[value]:
        low, high = mean_interval(values)
        counts = [int(c) for c in ((values < 0).sum(), (values == 0).sum(), (values > 0).sum())]
        rows.append((*key, float(values.mean()), low, high, len(values), *counts))
    return pd.DataFrame(rows, columns=[*by, "mean", "low", "high", "n", "below", "zero", "above"])


def with_period(pairs: pd.DataFrame, year: int) -> pd.DataFrame:
    """Add ``period``: before a year, or from that year on, by the earliest date of publication."""
    later = pairs["published_from"].dt.year >= year
    names = [f"before {year}", f"{year} on"]
    return pairs.assign(period=pd.Categorical.from_codes(later.astype(int), names, ordered=True))


def difference(first: pd.Series, second: pd.Series) -> tuple[float, float, float]:
    """Return the difference of two means with its 95% interval, the sentences taken as independent.

    Examples
    --------
    >>> import pandas as pd
    >>> gap, low, high = difference(pd.Series([1, 1, 0, 1]), pd.Series([-1, -1, 0, -1]))
    >>> gap, low > 0
    (1.5, True)
    """
    gap = float(first.mean() - second.mean())
    draws = mean_draws(first, seed=1) - mean_draws(second, seed=2)
    low, high = np.quantile(draws, [0.025, 0.975])
    return gap, float(min(low, gap)), float(max(high, gap))
