"""Keyness: the words that mark one body of text against another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kzpolicy.corpus import Corpus
from kzpolicy.measures.intervals import Floats
from kzpolicy.measures.keywords import FUNCTION_WORDS
from kzpolicy.measures.tone import cut_at
from kzpolicy.tables import StudyError, as_list, unknown_name

if TYPE_CHECKING:
    from nltk import ConditionalFreqDist

_MOST_SPLITS = 10_000
_MARKED = 1.96


def term_counts(frame: pd.DataFrame) -> pd.Series:
    """Sum counts by word, terms of several words and numbers left out.

    Parameters
    ----------
    frame
        Rows of the tables terms or contexts.

    Returns
    -------
    Series
        Count, index the word.

    Examples
    --------
    >>> term_counts(pd.DataFrame({"term": ["oil", "oil", "1991"], "count": [2, 1, 1]})).to_dict()
    {'oil': 3}
    """
    counts = frame.groupby("term", observed=True)["count"].sum()
    counts.index = counts.index.astype("str")
    words = counts.index.to_series()
    return counts[~words.str.contains(" ") & words.str.contains(r"[^\W\d_]")]


def word_frequencies(
    corpus: Corpus, by: str = "year", drop: Iterable[str] = FUNCTION_WORDS
) -> ConditionalFreqDist:
    """Count words by year, document or any other column of the documents, as NLTK's distributions.

    Parameters
    ----------
    corpus
        A corpus with the table terms.
    by
        Column of the documents that makes the conditions.
    drop
        Words that are not counted.

    Returns
    -------
    nltk.ConditionalFreqDist
        A `FreqDist` for each value: ``[2022].most_common(10)``, ``.tabulate(samples=…)``.

    Examples
    --------
    >>> from kzpolicy.corpus import load_corpus
    >>> word_frequencies(load_corpus("articles", tables="terms"))[2022]["trade"] > 0
    True
    """
    from nltk import ConditionalFreqDist, FreqDist  # slow to load

    corpus.require("terms")
    documents = corpus.documents.assign(year=corpus.documents["published_from"].dt.year)
    if by not in documents:
        raise unknown_name("column of documents", by, documents)
    dropped, found = frozenset(as_list(drop)), ConditionalFreqDist()
    for value, group in documents.groupby(by, sort=by not in ("document", "label")):
        counts = term_counts(corpus.terms[corpus.terms["document"].isin(group["document"])])
        found[value] = FreqDist({word: int(n) for word, n in counts.items() if word not in dropped})
    return found


def keyness(
    target: pd.Series | Mapping[str, int],
    reference: pd.Series | Mapping[str, int],
    *,
    prior: pd.Series | Mapping[str, int] | None = None,
    prior_words: float | None = 1000,
    drop: Iterable[str] = FUNCTION_WORDS,
) -> pd.DataFrame:
    """Find the words that mark one body of text against another.

    Parameters
    ----------
    target, reference
        Counts by word, as from `term_counts`, or an `nltk.FreqDist`.
    prior
        Counts by word of the background that says how common each word is; None for target and
        reference together.
    prior_words
        Size the background is scaled to, in words; None keeps its own size. Larger values
        shrink differences harder; a thousand words is about the length of one article.
    drop
        Words not to list; they still count as text.

    Returns
    -------
    DataFrame
        Sorted from the target's mark to the reference's: ``term``, ``target``, ``reference``
        (counts), ``log_odds`` (log-odds ratio with informative Dirichlet prior), ``z`` (the same
        over its standard deviation; Monroe, Colaresi and Quinn 2008, equations 15, 16, 19, 20, 22)
        and ``g2`` (log-likelihood ratio, Dunning 1993, signed by which side has the higher rate).
        The prior shrinks z: by chance far fewer than one word in twenty passes 1.96, see `split_test`.

    Raises
    ------
    StudyError
        If a side has no words.

    Examples
    --------
    >>> found = keyness({"gas": 9, "tea": 1}, {"gas": 1, "tea": 9}, prior_words=10)
    >>> found["term"].tolist(), bool(found["z"].iloc[0] > 1.96)
    (['gas', 'tea'], True)
    """
    target, reference = pd.Series(target, dtype=float), pd.Series(reference, dtype=float)
    for name, side in (("target", target), ("reference", reference)):
        if not side.sum() > 0:
            raise StudyError(f"keyness: the {name} has no words; both sides need some")
    table = pd.DataFrame({"target": target, "reference": reference}).fillna(0)
    background = target.add(reference, fill_value=0) if prior is None else pd.Series(prior, dtype=float)
    a, b = table["target"].to_numpy(), table["reference"].to_numpy()
    alpha = _prior(background.reindex(table.index).fillna(0).to_numpy(), prior_words)
    log_odds, z = _log_odds(a, b, alpha)
    table = table.assign(log_odds=log_odds, z=z, g2=_g2(a, b))
    table = table.rename_axis("term").reset_index().astype({"target": "int64", "reference": "int64"})
    table = table[~table["term"].isin(as_list(drop))]
    return table.sort_values(["z", "term"], ascending=[False, True], ignore_index=True)


def _prior(background: Floats, words: float | None) -> Floats:
    background = background.clip(min=0.01)  # a word the background lacks is rare, not impossible
    return background if words is None else background * (words / background.sum())


def _log_odds(a: Floats, b: Floats, alpha: Floats) -> tuple[Floats, Floats]:
    """Return the log-odds ratio of each word with its prior, and the same over its standard deviation."""
    rest_a, rest_b = (side.sum() + alpha.sum() - side - alpha for side in (a, b))
    log_odds = np.log((a + alpha) / rest_a) - np.log((b + alpha) / rest_b)
    return log_odds, log_odds / np.sqrt(1 / (a + alpha) + 1 / (b + alpha))


def _g2(a: Floats, b: Floats) -> Floats:
    """Return the log-likelihood ratio of the 2 x 2 table, signed by which side has the higher rate."""
    observed = np.array([a, b, a.sum() - a, b.sum() - b])
    total = observed.sum(axis=0)
    rows, sides = np.array([a + b, total - a - b]), np.array([a.sum(), b.sum()])
    expected = (
        np.array([rows[0] * sides[0], rows[0] * sides[1], rows[1] * sides[0], rows[1] * sides[1]]) / total
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(observed > 0, observed * np.log(observed / expected), 0.0)
    return np.asarray(2 * terms.sum(axis=0) * np.sign(a / a.sum() - b / b.sum()))


def context_keyness(corpus: Corpus, power: str) -> pd.DataFrame:
    """Find the words that mark the sentences naming a power against all other sentences.

    Parameters
    ----------
    corpus
        A corpus with the tables terms and contexts.
    power
        Key or name of the power; its own names are left out of its sentences.

    Returns
    -------
    DataFrame
        The columns of `keyness`, and ``documents``: in how many the word stands in such a sentence.

    Raises
    ------
    StudyError
        If there is no such power, or no sentence names it.

    Examples
    --------
    >>> from kzpolicy.corpus import load_corpus
    >>> context_keyness(load_corpus("articles"), "China")["z"].is_monotonic_decreasing
    True
    """
    corpus.require("terms", "contexts")
    key = corpus.powers.key(power)
    inside = corpus.contexts[corpus.contexts["power"] == key]
    if inside.empty:
        named = corpus.contexts["power"].unique()
        raise StudyError(f"no sentence names {key}; named are {', '.join(map(str, named)) or 'none'}")
    near = term_counts(inside)
    target = term_counts(inside.assign(count=inside["count"] - inside["own"]))
    reference = term_counts(corpus.terms).sub(near, fill_value=0)
    found = keyness(target[target > 0], reference[reference > 0])
    documents = inside[inside["count"] > inside["own"]].groupby("term", observed=True)["document"].nunique()
    return found.assign(documents=found["term"].map(documents).fillna(0).astype("int64"))


def period_keyness(corpus: Corpus, date: int | str) -> pd.DataFrame:
    """Find the words that mark documents published from a date on against those before it.

    Parameters
    ----------
    corpus
        A corpus with the table terms.
    date
        A year or an ISO date, see `kzpolicy.with_period`. A document whose range of dates touches
        both sides counts with the later one only if it cannot be earlier.

    Returns
    -------
    DataFrame
        The columns of `keyness`, and ``documents``: how many of the side that the word marks hold it.
        Whether the split is unusual at all, `split_test` says.

    Raises
    ------
    StudyError
        If `date` is none, or all documents are on one side of it.

    Examples
    --------
    >>> from kzpolicy.corpus import load_corpus
    >>> period_keyness(load_corpus("articles", tables="terms"), "2022-02-24")["z"].is_monotonic_decreasing
    True
    """
    late = _late(corpus, date)
    later = corpus.terms["document"].isin(late)
    sides = {True: corpus.terms[later], False: corpus.terms[~later]}
    found = keyness(term_counts(sides[True]), term_counts(sides[False]))
    held = {side: frame.groupby("term", observed=True)["document"].nunique() for side, frame in sides.items()}
    after, before = (found["term"].map(held[side]).fillna(0) for side in (True, False))
    return found.assign(documents=after.where(found["z"] > 0, before).astype("int64"))


def _late(corpus: Corpus, date: int | str) -> list[str]:
    """List the documents from a date on; some must be on either side."""
    corpus.require("terms")
    late = corpus.documents["published_from"] >= cut_at(date)[0]
    if late.all() or not late.any():
        first, last = (getattr(corpus.documents["published_from"].dt.date, one)() for one in ("min", "max"))
        raise StudyError(
            f"{date}: no document {'before it' if late.all() else 'from then on'}; "
            f"they are of {first} to {last}"
        )
    return [str(key) for key in corpus.documents.loc[late, "document"]]


def split_test(corpus: Corpus, date: int | str) -> pd.DataFrame:
    """Ask whether a period's words differ more than those of any other split of the same documents.

    Every way to take as many documents to the one side is tried (of more than 10,000 ways so many,
    drawn at random): a permutation test of the split.

    Parameters
    ----------
    corpus, date
        As for `period_keyness`.

    Returns
    -------
    DataFrame
        One row a split, the most unusual first: ``later`` (documents of the one side), ``apart``
        (sum of the squares of all words' z, function words left out), ``marked`` (words whose z is
        beyond 1.96 either way), ``strongest`` (largest z), ``p`` (share of the splits whose sides are
        as far apart or farther), ``chosen`` (the split by the date; its p is the test's).

    Examples
    --------
    >>> from kzpolicy.corpus import load_corpus
    >>> splits = split_test(load_corpus("articles", tables="terms"), 2022)
    >>> len(splits), int(splits["chosen"].sum())
    (10, 1)
    """
    late = _late(corpus, date)
    keys = corpus.documents["document"].astype("str").tolist()
    table = corpus.terms.astype({"document": "str", "term": "str"})
    table = table[table["term"].isin(term_counts(table).index)]
    table = table.groupby(["document", "term"])["count"].sum().unstack(fill_value=0)
    counts = table.reindex(keys, fill_value=0).to_numpy(dtype=float)
    listed = ~table.columns.isin(FUNCTION_WORDS)
    alpha, rows = _prior(counts.sum(axis=0), 1000), []
    chosen = tuple(i for i, key in enumerate(keys) if key in late)
    for split in _splits(len(keys), chosen):
        side = np.isin(np.arange(len(keys)), split)
        z = np.abs(_log_odds(counts[side].sum(axis=0), counts[~side].sum(axis=0), alpha)[1][listed])
        names = ", ".join(keys[i] for i in split)
        sizes = (float(z @ z), int((z > _MARKED).sum()), float(z.max()))
        rows.append((names, *sizes, split == chosen))
    found = pd.DataFrame(rows, columns=["later", "apart", "marked", "strongest", "chosen"])
    found.insert(4, "p", found["apart"].rank(ascending=False, method="max") / len(found))
    return found.sort_values("apart", ascending=False, ignore_index=True)


def _splits(many: int, chosen: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Give each split of documents once, the chosen one among them."""
    halves = 2 * len(chosen) == many  # the one half and the other are the same split
    yield chosen
    if comb(many, len(chosen)) // (1 + halves) > _MOST_SPLITS:
        rng = np.random.default_rng(2022)
        for _ in range(_MOST_SPLITS - 1):
            yield tuple(sorted(int(i) for i in rng.choice(many, len(chosen), replace=False)))
        return
    for split in combinations(range(many), len(chosen)):
        if split != chosen and not (halves and (chosen[0] == 0) != (split[0] == 0)):
            yield split
