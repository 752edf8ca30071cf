"""Tone and stance toward each power: coded pairs, their means with intervals, and contrasts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from kzpolicy.corpus import Corpus, pair_scores, reference_codes
from kzpolicy.intervals import DRAWS, TAILS, difference_draws, mean_interval
from kzpolicy.powers import Powers, load_powers

# The customary threshold of Hutto and Gilbert (2014) for calling a compound score neutral.
NEUTRAL = 0.05
SCORES = ("tone_score", "stance_score", "tone_score_class", "stance_score_class")


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
        ``label``, ``outlet_group``, ``published_from``, ``paragraph`` (key, such as
        ``clark2015:3``), ``power``, ``tone``, ``stance`` (medians of the coders, -1 to 1),
        ``sure`` (most coders were sure), ``plain`` (VADER's compound score, -1 to 1),
        ``plain_class`` (that score as -1, 0, 1 by the customary threshold of .05), and the columns of
        `kzpolicy.corpus.pair_scores`, missing where no name of the power was found in the sentence.
    """
    pairs = reference_codes(corpus.codes)
    pairs = pairs[pairs["reference"] == 1].drop(columns=["reference", "coders"])
    pairs = pairs.assign(
        paragraph=pairs["sentence"].str.replace(r":[^:]*$", "", regex=True), sure=pairs["confidence"] == 1
    )
    pairs = pairs.merge(corpus.sentences[["sentence", "document", "vader_compound"]], on="sentence")
    pairs = pairs.merge(pair_scores(corpus.mentions), on=["sentence", "power"], how="left")
    documents = corpus.documents
    facts = documents[["document", "label", "outlet_group", "published_from"]]
    pairs = pairs.merge(facts, on="document").rename(columns={"vader_compound": "plain"})
    columns = ["sentence", "document", "label", "outlet_group", "published_from", "paragraph", "power"]
    pairs = pairs[[*columns, "tone", "stance", "sure", "plain", *SCORES]]
    pairs = pairs.assign(plain_class=plain_class(pairs["plain"]))
    return in_reading_order(pairs, documents, powers)


def in_reading_order(
    pairs: pd.DataFrame, documents: pd.DataFrame, powers: Powers | None = None
) -> pd.DataFrame:
    """Sort pairs by document and power, and make these, with the labels, ordered categories."""
    known = (powers or load_powers()).keys
    orders = {
        "power": dict.fromkeys([*known, *pairs["power"].astype("str")]),  # powers of a study's own come last
        "document": documents["document"],
        "label": documents["label"],
    }
    ordered = {c: pd.Categorical(pairs[c], categories=list(o), ordered=True) for c, o in orders.items()}
    return pairs.assign(**ordered).sort_values(["document", "power"], kind="stable").reset_index(drop=True)


def plain_class(scores: pd.Series, threshold: float = NEUTRAL) -> pd.Series:
    """Call a compound score favourable (1), neither (0) or unfavourable (-1)."""
    return (scores >= threshold).astype("int64") - (scores <= -threshold).astype("int64")


def mean_by(pairs: pd.DataFrame, value: str, by: Sequence[str]) -> pd.DataFrame:
    """Average a measure over sentences, with its interval and n.

    Parameters
    ----------
    pairs
        As from `coded_pairs`; sentences of one ``paragraph`` are drawn together.
    value
        Column to average, -1 to 1: ``tone``, ``stance``, ``plain`` or ``plain_class``.
    by
        Columns that make the groups.

    Returns
    -------
    DataFrame
        The columns of `by`, then ``mean``, ``low``, ``high`` (95% interval, sentences clustered in
        paragraphs),
        ``n`` (sentences), ``below``, ``zero``, ``above`` (how many are under, at, over 0).
    """
    rows = []
    for key, part in pairs.groupby(list(by), observed=True):
        values = part[value]
        low, high = mean_interval(values, part["paragraph"])
        counts = [int(c) for c in ((values < 0).sum(), (values == 0).sum(), (values > 0).sum())]
        rows.append((*key, float(values.mean()), low, high, len(values), *counts))
    return pd.DataFrame(rows, columns=[*by, "mean", "low", "high", "n", "below", "zero", "above"])


def with_period(pairs: pd.DataFrame, year: int) -> pd.DataFrame:
    """Add ``period``: before a year, or from that year on, by the earliest date of publication."""
    later = pairs["published_from"].dt.year >= year
    names = [f"before {year}", f"{year} on"]
    return pairs.assign(period=pd.Categorical.from_codes(later.astype(int), names, ordered=True))


def difference(
    first: pd.DataFrame,
    second: pd.DataFrame,
    value: str,
    *,
    unit: str = "paragraph",
    alike: str | None = None,
    draws: int = DRAWS,
) -> tuple[float, float, float]:
    """Return the difference of two groups' means with its 95% interval.

    Parameters
    ----------
    first, second
        Rows of `coded_pairs`; a paragraph with rows of both moves both means at once. For a change
        the later ones come first.
    value
        Column to average; rows without a value are left out.
    unit
        Column of what is drawn whole.
    alike
        Column of what weighs alike, such as ``document``; None for the rows.
    draws
        How many draws the interval rests on; of more than 2,000 rows fewer, down to 1,000, to fit in
        memory.

    Returns
    -------
    tuple of float
        First mean minus second, lower and upper limit; missing where a group has no row.

    Examples
    --------
    >>> import pandas as pd
    >>> china = pd.DataFrame({"tone": [1, 1, 0, 1], "paragraph": ["a:1", "a:2", "a:3", "a:4"]})
    >>> gap, low, high = difference(china, china.assign(tone=-china["tone"]), "tone")
    >>> gap, low > 0
    (1.5, True)
    """
    first, second = (side.dropna(subset=[value]) for side in (first, second))
    if first.empty or second.empty:
        return (float("nan"),) * 3
    values, units = (np.concatenate([first[name], second[name]]) for name in (value, unit))
    draws = min(draws, max(1_000, 20_000_000 // len(values)))
    within = np.zeros(len(values), dtype=np.int64)
    if alike:
        within = pd.factorize(np.concatenate([first[alike], second[alike]]))[0]
    group = np.repeat([0, within.max() + 1], [len(first), len(second)])
    parts, part = np.unique(group + within, return_inverse=True)
    here = parts < group[-1]
    shares = np.where(here, 1 / here.sum(), -1 / (~here).sum())
    gap = float((shares * np.bincount(part, values) / np.bincount(part)).sum())
    # As for one mean, never narrower than when each sentence stands for itself.
    drawn = [difference_draws(values, by, part, shares, draws) for by in (units, np.arange(len(values)))]
    limits = np.quantile(drawn, TAILS, axis=1)
    return gap, float(min(limits[0].min(), gap)), float(max(limits[1].max(), gap))
