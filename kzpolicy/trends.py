"""Keyword trends: rates per 10,000 words, attention to each power, and keyness."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from kzpolicy.corpus import Corpus
from kzpolicy.errors import StudyError
from kzpolicy.intervals import rate_interval, rate_intervals
from kzpolicy.themes import load_themes, matching_terms, phrases

PER = 10_000
# Words too common to mark anything: articles, prepositions, pronouns, auxiliaries, conjunctions,
# and the commonest adverbs and numerals.
FUNCTION_WORDS = frozenset(
    "a about above after again against all already also although am among an and another any are "
    "around as at be because been before being between both but by can cannot could did do does doing "
    "down during each even every few first for from further had has have having he her here hers him "
    "his how however i if in into is it its itself just like many may me might more most much must my "
    "no nor not now of off on once one only or other our out over own s same shall she should so some "
    "still such than that the their them then there therefore these they this those three through "
    "thus to too two under until up upon us very was we well were what when where whereas which while "
    "who whom whose why will with within without would yet you your".split()
)


def theme_counts(corpus: Corpus, themes: pd.DataFrame | None = None) -> pd.DataFrame:
    """Count every theme's terms.

    Parameters
    ----------
    corpus
        A corpus.
    themes
        As from `kzpolicy.themes.load_themes`; None for the built-in ones. A theme of your own
        is a frame with the columns ``theme``, ``name``, ``term``.

    Returns
    -------
    DataFrame
        ``document``, ``paragraph``, ``theme``, ``name``, ``pattern`` (the listed term), ``term``
        (as it occurred), ``count``; below 0 where an expression that is not meant takes its words
        off again.
    """
    themes = load_themes() if themes is None else themes
    vocabulary = corpus.terms["term"].unique()
    counted = themes["counted"].eq(True) if "counted" in themes else pd.Series(False, index=themes.index)
    unknown = set(phrases(themes[~counted])) - set(phrases(load_themes()))
    missed = unknown - set(matching_terms(unknown, vocabulary).values())
    if missed:
        raise StudyError(
            f"{min(missed)!r} has several words and was not counted when the texts were read; put it "
            "into a themes.toml in the study's folder and run kzpolicy build"
        )
    parts = []
    for (theme, name), group in themes.groupby(["theme", "name"], sort=False):
        meant = group["sign"] > 0 if "sign" in group else pd.Series(True, index=group.index)
        found = matching_terms(group.loc[meant, "term"], vocabulary)
        weights = dict.fromkeys(found, 1)
        for expression in set(group.loc[~meant, "term"]) & set(vocabulary):
            inside = [found[word] for word in expression.split(" ") if word in found]
            weights[expression], found[expression] = -len(inside), inside[0] if inside else ""
        hits = corpus.terms[corpus.terms["term"].isin(found)]
        hits = hits.assign(term=hits["term"].astype("str"))
        count = hits["count"] * hits["term"].map(weights).astype("int64")
        parts.append(hits.assign(theme=theme, name=name, pattern=hits["term"].map(found), count=count))
    columns = ["document", "paragraph", "theme", "name", "pattern", "term", "count"]
    return pd.concat(parts, ignore_index=True)[columns]


def paragraph_counts(corpus: Corpus, themes: pd.DataFrame | None = None) -> pd.DataFrame:
    """Count every theme in every paragraph.

    Returns
    -------
    DataFrame
        One row a paragraph in reading order, index ``document`` and ``paragraph``: ``words``, then
        one column a theme.
    """
    themes = load_themes() if themes is None else themes
    body = corpus.sentences[corpus.sentences["kind"] != "heading"]
    place = ["document", "paragraph"]
    words = body.astype({"document": "str"}).groupby(place, sort=False)["words"].sum()
    counts = theme_counts(corpus, themes).astype({"document": "str"})
    table = counts.groupby([*place, "theme"])["count"].sum().unstack(fill_value=0)
    table = table.reindex(index=words.index, columns=themes["theme"].unique(), fill_value=0)
    table.insert(0, "words", words)
    return table


def theme_rates(corpus: Corpus, themes: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return each theme's rate in each document, per 10,000 words.

    Returns
    -------
    DataFrame
        ``document``, ``label``, ``published_from``, ``published_to``, ``theme``, ``name``,
        ``count``, ``words``, ``rate``, ``low``, ``high`` (per 10,000 words; the 95% interval lets
        words cluster in paragraphs, see `kzpolicy.intervals.rate_interval`).
    """
    themes = load_themes() if themes is None else themes
    rates = document_rates(corpus.documents, paragraph_counts(corpus, themes), "theme")
    names = themes.drop_duplicates("theme").set_index("theme")["name"]
    rates.insert(rates.columns.get_loc("theme") + 1, "name", rates["theme"].map(names))
    return rates


def mention_rates(corpus: Corpus, powers: Iterable[str]) -> pd.DataFrame:
    """Return how often each document names each power, per 10,000 words, headings left out.

    Parameters
    ----------
    corpus
        A corpus.
    powers
        Keys of powers, named or not.

    Returns
    -------
    DataFrame
        The columns of `theme_rates` with ``power`` instead of ``theme`` and ``name``.

    Examples
    --------
    >>> from kzpolicy import load_corpus
    >>> mention_rates(load_corpus().filter(document="clark2015"), ["turkey"])["count"].tolist()
    [0]
    """
    body = corpus.sentences[corpus.sentences["kind"] != "heading"].astype({"document": "str"})
    place = ["document", "paragraph"]
    counted = body.groupby(place, sort=False)[["words"]].sum()
    named = corpus.mentions[["sentence", "power"]].merge(body[["sentence", *place]], on="sentence")
    for power in powers:
        hits = named[named["power"] == power].groupby(place).size()
        counted[power] = hits.reindex(counted.index, fill_value=0)
    return document_rates(corpus.documents, counted, "power")


def document_rates(documents: pd.DataFrame, counted: pd.DataFrame, key: str) -> pd.DataFrame:
    """Turn counts in paragraphs, as from `paragraph_counts`, into rates of documents; see `theme_rates`."""
    facts = documents[["document", "label", "published_from", "published_to"]]
    keys = pd.Index(facts["document"])
    groups = keys.get_indexer(counted.index.get_level_values("document")).astype("int64")
    sizes = np.bincount(groups, counted["words"], minlength=len(keys)).astype("int64")
    parts = []
    for column in counted.columns.drop("words"):
        hits = np.bincount(groups, counted[column], minlength=len(keys)).astype("int64")
        limits = rate_intervals(counted[column], counted["words"], groups, len(keys))
        columns = dict(zip(("rate", "low", "high"), (PER * x for x in limits), strict=True))
        parts.append(facts.assign(**{key: column}, count=hits, words=sizes, **columns))
    return pd.concat(parts, ignore_index=True)


def attention(corpus: Corpus) -> pd.DataFrame:
    """Return the share of each document's sentences that name each power.

    Returns
    -------
    DataFrame
        ``document``, ``label``, ``power``, ``n`` (sentences that name it), ``sentences``,
        ``share``, ``low``, ``high`` (95% interval by `kzpolicy.intervals.rate_interval`,
        sentences clustered in paragraphs).
    """
    body = corpus.sentences[corpus.sentences["kind"] != "heading"]
    rows = []
    for power in corpus.mentions["power"].unique():
        named = set(corpus.mentions.loc[corpus.mentions["power"] == power, "sentence"])
        for document, label in corpus.documents[["document", "label"]].itertuples(index=False):
            own = body[body["document"] == document]
            grouped = own["sentence"].isin(named).groupby(own["paragraph"])
            share, low, high = rate_interval(grouped.sum(), grouped.size())
            rows.append((document, label, power, int(grouped.sum().sum()), len(own), share, low, high))
    return pd.DataFrame(
        rows, columns=["document", "label", "power", "n", "sentences", "share", "low", "high"]
    )


def term_counts(frame: pd.DataFrame) -> pd.Series:
    """Sum counts by word, terms of several words and numbers left out."""
    counts = frame.groupby("term", observed=True)["count"].sum()
    counts.index = counts.index.astype("str")
    words = counts.index.to_series()
    return counts[~words.str.contains(" ") & words.str.contains(r"[^\W\d_]")]


def keyness(
    target: pd.Series,
    reference: pd.Series,
    *,
    prior: pd.Series | None = None,
    prior_words: float | None = 1000,
    drop: Iterable[str] = FUNCTION_WORDS,
) -> pd.DataFrame:
    """Find the words that mark one body of text against another.

    Parameters
    ----------
    target, reference
        Counts by word, as from `term_counts`.
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

    Examples
    --------
    >>> import pandas as pd
    >>> found = keyness(pd.Series({"gas": 9, "tea": 1}), pd.Series({"gas": 1, "tea": 9}), prior_words=10)
    >>> found["term"].tolist(), bool(found["z"].iloc[0] > 1.96)
    (['gas', 'tea'], True)
    """
    table = pd.DataFrame({"target": target, "reference": reference}).fillna(0)
    background = (target.add(reference, fill_value=0) if prior is None else prior).reindex(table.index)
    background = background.fillna(0).clip(lower=0.01)  # a word the background lacks is rare, not impossible
    if prior_words is not None:
        background = background * prior_words / background.sum()
    a, b, alpha = table["target"], table["reference"], background
    rest_a = a.sum() + alpha.sum() - a - alpha
    rest_b = b.sum() + alpha.sum() - b - alpha
    log_odds = np.log((a + alpha) / rest_a) - np.log((b + alpha) / rest_b)
    deviation = np.sqrt(1 / (a + alpha) + 1 / (b + alpha))
    table = table.assign(log_odds=log_odds, z=log_odds / deviation, g2=_g2(a, b))
    table = table.rename_axis("term").reset_index().astype({"target": "int64", "reference": "int64"})
    table = table[~table["term"].isin(set(drop))]
    return table.sort_values(["z", "term"], ascending=[False, True]).reset_index(drop=True)


def _g2(a: pd.Series, b: pd.Series) -> pd.Series:
    """Return the log-likelihood ratio of the 2 x 2 table, signed by which side has the higher rate."""
    observed = np.array([a, b, a.sum() - a, b.sum() - b], dtype=float)
    total = observed.sum(axis=0)
    rows, sides = np.array([a + b, total - a - b]), np.array([a.sum(), b.sum()])
    expected = (
        np.array([rows[0] * sides[0], rows[0] * sides[1], rows[1] * sides[0], rows[1] * sides[1]]) / total
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(observed > 0, observed * np.log(observed / expected), 0.0)
    return pd.Series(2 * terms.sum(axis=0) * np.sign(a / a.sum() - b / b.sum()), index=a.index)


def context_keyness(corpus: Corpus, power: str) -> pd.DataFrame:
    """Find the words that mark the sentences naming a power against all other sentences.

    The power's own names are left out of its sentences; see `keyness` for the columns, with
    ``documents`` added: in how many documents the word stands in such a sentence.
    """
    inside = corpus.contexts[corpus.contexts["power"] == power]
    near = term_counts(inside)
    target = term_counts(inside.assign(count=inside["count"] - inside["own"]))
    reference = term_counts(corpus.terms).sub(near, fill_value=0)
    found = keyness(target[target > 0], reference[reference > 0])
    documents = inside[inside["count"] > inside["own"]].groupby("term")["document"].nunique()
    return found.assign(documents=found["term"].map(documents).fillna(0).astype("int64"))


def period_keyness(corpus: Corpus, year: int) -> pd.DataFrame:
    """Find the words that mark documents published from a year on against those before it.

    A document whose date range touches both sides counts with the later side only if it cannot
    be earlier; see `keyness` for the columns, with ``documents`` added: how many documents of
    the side that the word marks hold it.
    """
    late = set(corpus.documents.loc[corpus.documents["published_from"].dt.year >= year, "document"])
    later = corpus.terms["document"].isin(late)
    found = keyness(term_counts(corpus.terms[later]), term_counts(corpus.terms[~later]))
    sides = {True: corpus.terms[later], False: corpus.terms[~later]}
    held = {side: frame.groupby("term")["document"].nunique() for side, frame in sides.items()}
    after, before = (found["term"].map(held[side]).fillna(0) for side in (True, False))
    return found.assign(documents=after.where(found["z"] > 0, before).astype("int64"))
