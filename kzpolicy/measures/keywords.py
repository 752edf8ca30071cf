"""Keywords: rates of themes and words, attention to each power, keyness, and keywords in their context."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from math import comb
from typing import TypeAlias
from unicodedata import normalize

import numpy as np
import pandas as pd
from nltk import ConditionalFreqDist, FreqDist, ngrams
from nltk.collocations import BigramCollocationFinder
from nltk.metrics import BigramAssocMeasures
from nltk.text import ConcordanceIndex
from nltk.tokenize import RegexpTokenizer

from kzpolicy import lists
from kzpolicy.corpus import Corpus
from kzpolicy.measures.intervals import Floats, rate_intervals
from kzpolicy.measures.tone import cut_at
from kzpolicy.tables import StudyError, as_list, unknown_name
from kzpolicy.themes import load_themes, matching_terms, phrases

PER = 10_000
# Words too common to mark anything: articles, prepositions, pronouns, auxiliaries, conjunctions,
# and the commonest adverbs and numerals.
FUNCTION_WORDS = frozenset(lists.path("stop_words.txt").read_text(encoding="utf-8").split())
_PLACE = ["document", "paragraph"]
_MOST_SPLITS = 10_000
_MARKED = 1.96
# Words as a build counts them: with hyphens and apostrophes inside, initials such as U.S. as one.
_UNIT = r"(?:(?:[^\W\d_]\.)+[^\W\d_](?![^\W_])\.?|[^\W_]+)"
_WORDS = RegexpTokenizer(rf"{_UNIT}(?:(?:['’‐‑-]|(?<=\d)[.,](?=\d)){_UNIT})*")
Texts: TypeAlias = Corpus | pd.DataFrame | Mapping[str, str] | Sequence[str] | str


# Themes and keywords


def theme_counts(corpus: Corpus, themes: pd.DataFrame | None = None) -> pd.DataFrame:
    """Count every theme's terms.

    Terms of several words were counted when the texts were read, if the study's themes listed them
    then; others are counted now where the corpus has its texts.

    Parameters
    ----------
    corpus
        A corpus with the table terms.
    themes
        As from `kzpolicy.load_themes` or `kzpolicy.make_theme`; None for the corpus' own.

    Returns
    -------
    DataFrame
        ``document``, ``paragraph``, ``theme``, ``name``, ``pattern`` (the listed term), ``term``
        (as it occurred), ``count``; below 0 where an expression that is not meant takes its words
        off again.

    Raises
    ------
    StudyError
        If a term of several words was not counted and there are no texts to count it in.

    Examples
    --------
    >>> from kzpolicy.corpus import load_corpus
    >>> from kzpolicy.themes import make_theme
    >>> found = theme_counts(load_corpus("articles", tables="terms"), make_theme("Trade", ["trad*"]))
    >>> set(found["pattern"])
    {'trad*'}
    """
    corpus.require("terms")
    themes = _themes(corpus, themes)
    terms = corpus.terms[[*_PLACE, "term", "count"]]
    if missed := [term for term in phrases(themes) if not _counted(term, corpus)]:
        terms = pd.concat([terms, _phrase_counts(corpus, missed)], ignore_index=True)
    vocabulary, parts = terms["term"].unique(), []
    for (theme, name), group in themes.groupby(["theme", "name"], sort=False):
        meant = group["sign"] > 0 if "sign" in group else pd.Series(True, index=group.index)
        found = matching_terms(group.loc[meant, "term"], vocabulary)
        weights = dict.fromkeys(found, 1)
        for expression in set(group.loc[~meant, "term"]) & set(vocabulary):
            inside = [found[word] for word in expression.split(" ") if word in found]
            weights[expression], found[expression] = -len(inside), inside[0] if inside else ""
        hits = terms[terms["term"].isin(found)]
        hits = hits.assign(term=hits["term"].astype("str"))
        count = hits["count"] * hits["term"].map(weights).astype("int64")
        parts.append(hits.assign(theme=theme, name=name, pattern=hits["term"].map(found), count=count))
    columns = [*_PLACE, "theme", "name", "pattern", "term", "count"]
    return pd.concat(parts, ignore_index=True)[columns]


def _themes(corpus: Corpus, themes: pd.DataFrame | None) -> pd.DataFrame:
    themes = corpus.themes if themes is None else themes
    if not isinstance(themes, pd.DataFrame) or not {"theme", "name", "term"} <= set(themes) or themes.empty:
        raise StudyError("themes is no frame of themes; give what load_themes or make_theme returns")
    return themes


def _counted(term: str, corpus: Corpus) -> bool:
    """Whether a term of several words is among those counted when the texts were read."""
    known = corpus.study.phrases or phrases(load_themes())  # a study without a list of its own
    # What "central asia*" counts holds "central asia" and "central asian*", but not the other way.
    listed = [one for one in known if one.endswith("*")] if term.endswith("*") else known
    return bool(matching_terms(listed, [term.removesuffix("*")]))


def _phrase_counts(corpus: Corpus, terms: list[str]) -> pd.DataFrame:
    """Count terms of several words in the texts, sentence by sentence, headings left out."""
    if corpus.texts is None:
        raise StudyError(
            f"{terms[0]!r} has several words and was not counted when the texts were read: add your texts "
            "with with_texts(corpus, folder), or list it in the study's themes.toml and run kzpolicy build"
        )
    body = corpus.sentences.loc[corpus.sentences["kind"] != "heading", ["sentence", *_PLACE]]
    body = body.merge(corpus.texts, on="sentence")
    sizes = sorted({term.count(" ") + 1 for term in terms})
    firsts = {term.split(" ")[0] for term in terms}
    counts: FreqDist[tuple[str, int, str]] = FreqDist(
        (document, paragraph, " ".join(words))
        for document, paragraph, text in body[[*_PLACE, "text"]].itertuples(index=False)
        for size in sizes
        for words in ngrams(_words(text), size)
        if words[0] in firsts
    )
    found = matching_terms(terms, dict.fromkeys(term for _, _, term in counts))
    rows = [(*place, n) for place, n in counts.items() if place[2] in found]
    return pd.DataFrame(rows, columns=[*_PLACE, "term", "count"])


def _words(text: str) -> list[str]:
    return [_plain(word) for word in _WORDS.tokenize(normalize("NFC", text))]


def _plain(word: str) -> str:
    word = word.lower().replace("’", "'").replace("‐", "-").replace("‑", "-").removesuffix("'s")
    return f"{word}." if word[-2:-1] == "." and word[-1].isalpha() else word


def paragraph_counts(corpus: Corpus, themes: pd.DataFrame | None = None) -> pd.DataFrame:
    """Count every theme in every paragraph.

    Parameters
    ----------
    corpus, themes
        As for `theme_counts`.

    Returns
    -------
    DataFrame
        One row a paragraph in reading order, index ``document`` and ``paragraph``: ``words``, then
        one column a theme.

    Examples
    --------
    >>> from kzpolicy.corpus import load_corpus
    >>> paragraph_counts(load_corpus("articles", tables=["sentences", "terms"])).columns[0]
    'words'
    """
    words = _body(corpus).groupby(_PLACE, sort=False)["words"].sum()
    counts = theme_counts(corpus, themes).astype({"document": "str"})
    table = counts.groupby([*_PLACE, "theme"])["count"].sum().unstack(fill_value=0)
    known = _themes(corpus, themes)["theme"].unique()
    table = table.reindex(index=words.index, columns=known, fill_value=0)
    table.insert(0, "words", words)
    return table


def _body(corpus: Corpus) -> pd.DataFrame:
    corpus.require("sentences")
    return corpus.sentences[corpus.sentences["kind"] != "heading"].astype({"document": "str"})


def theme_rates(
    corpus: Corpus, themes: pd.DataFrame | None = None, by: str | Sequence[str] = "document"
) -> pd.DataFrame:
    """Return how often each theme is spoken of, per 10,000 words.

    Parameters
    ----------
    corpus, themes
        As for `theme_counts`.
    by
        Column or columns of the documents that make the groups: ``document``, ``year`` (of the
        earliest date), ``outlet``, ``outlet_group``, ``speaker_state`` …

    Returns
    -------
    DataFrame
        The columns of `by` (with ``document`` also ``label``, ``published_from`` and
        ``published_to``), ``theme``, ``name``, ``count``, ``words``, ``rate``, ``low``, ``high``
        (per 10,000 words; the 95% interval lets words cluster in paragraphs, see
        `kzpolicy.measures.intervals.rate_interval`).

    Raises
    ------
    StudyError
        As `theme_counts`, and if the documents have no such column.

    Examples
    --------
    >>> from kzpolicy.corpus import load_corpus
    >>> from kzpolicy.themes import make_theme
    >>> rates = theme_rates(load_corpus("articles"), make_theme("Trade", "trade"), by="year")
    >>> rates.columns.tolist()
    ['year', 'theme', 'name', 'count', 'words', 'rate', 'low', 'high']
    """
    names = _themes(corpus, themes).drop_duplicates("theme").set_index("theme")["name"]
    rates = _rates(corpus, paragraph_counts(corpus, themes), "theme", by)
    rates.insert(rates.columns.get_loc("theme") + 1, "name", rates["theme"].map(names))
    return rates


def keyword_rates(
    corpus: Corpus, keywords: str | Sequence[str], by: str | Sequence[str] = "year"
) -> pd.DataFrame:
    """Return how often keywords stand, per 10,000 words: one line each for `kzpolicy.plots.plot_lines`.

    Parameters
    ----------
    corpus
        A corpus with the table terms.
    keywords
        One or several: words, with a final * for any ending (``"sanction*"``), or phrases
        (``"belt and road"``), see `theme_counts`.
    by
        As for `theme_rates`.

    Returns
    -------
    DataFrame
        ``keyword`` (in the order given), the columns of `by`, ``count``, ``words``, ``rate``, ``low``,
        ``high`` (per 10,000 words, with the 95% interval).

    Raises
    ------
    StudyError
        As `theme_rates`, and if a keyword is none.

    Examples
    --------
    >>> from kzpolicy.corpus import load_corpus
    >>> keyword_rates(load_corpus("articles"), ["trade", "sanction*"])["keyword"].unique().tolist()
    ['trade', 'sanction*']
    """
    asked = _keywords(keywords)
    themes = pd.DataFrame({"theme": list(asked), "name": list(asked), "term": list(asked.values())})
    rates = theme_rates(corpus, themes, by).drop(columns="name")
    rates.insert(0, "keyword", pd.Categorical(rates.pop("theme"), categories=list(asked), ordered=True))
    return rates


def _keywords(keywords: str | Sequence[str]) -> dict[str, str]:
    """Map each keyword as given to the words it stands for, as texts are counted."""
    found = {}
    for one in as_list(keywords):
        term = " ".join(_words(one.strip().removesuffix("*"))) if isinstance(one, str) else ""
        if not term or "*" in one.strip()[:-1]:
            raise StudyError(f"{one!r} is no keyword; give a word or a phrase, a final * for any ending")
        found[one] = term + ("*" if one.strip().endswith("*") else "")
    if not found:
        raise StudyError("no keyword is given; give a word or a list of words, such as 'sanction*'")
    return found


def mention_rates(
    corpus: Corpus, powers: str | Iterable[str] | None = None, by: str | Sequence[str] = "document"
) -> pd.DataFrame:
    """Return how often each power is named, per 10,000 words, headings left out.

    Parameters
    ----------
    corpus
        A corpus.
    powers
        Keys or names of powers, named or not; None for all of the study.
    by
        As for `theme_rates`.

    Returns
    -------
    DataFrame
        The columns of `theme_rates` with ``power`` instead of ``theme`` and ``name``.

    Examples
    --------
    >>> from kzpolicy.corpus import load_corpus
    >>> mention_rates(load_corpus("articles", document="clark2015"), "Turkey")["count"].tolist()
    [0]
    """
    body = _body(corpus)
    counted = body.groupby(_PLACE, sort=False)[["words"]].sum()
    named = corpus.mentions[["sentence", "power"]].merge(body[["sentence", *_PLACE]], on="sentence")
    for power in (
        corpus.powers.keys if powers is None else [corpus.powers.key(one) for one in as_list(powers)]
    ):
        hits = named[named["power"] == power].groupby(_PLACE).size()
        counted[power] = hits.reindex(counted.index, fill_value=0)
    return _rates(corpus, counted, "power", by)


def attention(corpus: Corpus, by: str | Sequence[str] = "document") -> pd.DataFrame:
    """Return the share of sentences that name each power, headings left out.

    Parameters
    ----------
    corpus
        A corpus.
    by
        As for `theme_rates`.

    Returns
    -------
    DataFrame
        The columns of `by` (with ``document`` also ``label``), ``power`` (those named, in the study's
        order), ``n`` (sentences that name it), ``sentences``, ``share``, ``low``, ``high`` (95%
        interval by `kzpolicy.measures.intervals.rate_interval`, sentences clustered in paragraphs).

    Examples
    --------
    >>> from kzpolicy.corpus import load_corpus
    >>> shares = attention(load_corpus("articles"), by="year")
    >>> shares.columns.tolist()
    ['year', 'power', 'n', 'sentences', 'share', 'low', 'high']
    """
    body = _body(corpus)
    counted = body.groupby(_PLACE, sort=False).size().to_frame("words")
    named = corpus.mentions[["sentence", "power"]].drop_duplicates()
    named = named.merge(body[["sentence", *_PLACE]], on="sentence")
    present = set(corpus.mentions["power"])
    powers = [one for one in dict.fromkeys([*corpus.powers.keys, *sorted(present)]) if one in present]
    for power in powers:
        hits = named[named["power"] == power].groupby(_PLACE).size()
        counted[power] = hits.reindex(counted.index, fill_value=0)
    shares = _rates(corpus, counted, "power", by, per=1)
    shares["power"] = pd.Categorical(shares["power"], categories=powers, ordered=True)
    shares = shares.drop(columns=["published_from", "published_to"], errors="ignore")
    return shares.rename(columns={"count": "n", "words": "sentences", "rate": "share"})


def _rates(
    corpus: Corpus, counted: pd.DataFrame, key: str, by: str | Sequence[str], per: int = PER
) -> pd.DataFrame:
    """Turn counts in paragraphs, as from `paragraph_counts`, into rates of groups of documents."""
    columns, documents = as_list(by), corpus.documents.assign(year=corpus.documents["published_from"].dt.year)
    if unknown := [one for one in columns if one not in documents]:
        raise unknown_name("column of documents", unknown[0], documents)
    # Documents stay in the order of their dates.
    grouped = documents.groupby(columns, sort=not {"document", "label"} & set(columns), dropna=False)
    number = grouped.ngroup() if columns else pd.Series(0, index=documents.index)
    if "document" in columns:
        columns += [one for one in ("label", "published_from", "published_to") if one not in columns]
    facts = documents[columns].assign(number=number).drop_duplicates("number").sort_values("number")
    facts = facts.drop(columns="number").reset_index(drop=True)
    if "label" in facts:
        order = list(dict.fromkeys(documents["label"]))
        facts["label"] = pd.Categorical(facts["label"], categories=order, ordered=True)
    of = pd.Series(number.to_numpy(), index=documents["document"].astype("str"))
    groups = of.reindex(counted.index.get_level_values("document")).to_numpy(dtype=np.int64)
    sizes = np.bincount(groups, counted["words"], minlength=len(facts)).astype("int64")
    parts = []
    for column in counted.columns.drop("words"):
        hits = np.bincount(groups, counted[column], minlength=len(facts)).astype("int64")
        limits = rate_intervals(counted[column], counted["words"], groups, len(facts))
        values = dict(zip(("rate", "low", "high"), (per * x for x in limits), strict=True))
        parts.append(facts.assign(**{key: column}, count=hits, words=sizes, **values))
    if not parts:
        return facts.head(0).assign(**dict.fromkeys([key, "count", "words", "rate", "low", "high"], 0.0))
    return pd.concat(parts, ignore_index=True)


# Words


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
    corpus.require("terms")
    documents = corpus.documents.assign(year=corpus.documents["published_from"].dt.year)
    if by not in documents:
        raise unknown_name("column of documents", by, documents)
    dropped, found = frozenset(as_list(drop)), ConditionalFreqDist()
    for value, group in documents.groupby(by, sort=by not in ("document", "label")):
        counts = term_counts(corpus.terms[corpus.terms["document"].isin(group["document"])])
        found[value] = FreqDist({word: int(n) for word, n in counts.items() if word not in dropped})
    return found


# Keyness


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


# Texts that the user owns


def keyword_in_context(texts: Texts, keyword: str | Sequence[str], window: int = 8) -> pd.DataFrame:
    """List every place of a keyword with the words around it.

    The study's tables hold no sentences: this needs texts that you own.

    Parameters
    ----------
    texts
        A corpus with texts (`kzpolicy.with_texts`), a frame with ``text`` (and ``document``), a
        mapping of names to texts, a list of texts, or one text.
    keyword
        One or several: words, with a final * for any ending, or phrases.
    window
        How many words to show on either side.

    Returns
    -------
    DataFrame
        One row a place: ``document`` (name or number of the text), ``sentence`` (locator, of a
        corpus), ``left``, ``keyword`` (as written), ``right``.

    Raises
    ------
    StudyError
        If there are no texts, or a keyword is none.

    Examples
    --------
    >>> found = keyword_in_context("The road to the sea. A belt and road.", "road*", window=2)
    >>> found.drop(columns="document").values.tolist()
    [['The', 'road', 'to the'], ['belt and', 'road', '.']]
    """
    if not isinstance(window, int) or window < 0:
        raise StudyError(f"window={window!r}: give how many words to show on either side, such as 8")
    patterns, rows = _keywords(keyword).values(), []
    for document, (starts, places, text) in _running(texts).items():
        spans = list(_WORDS.span_tokenize(text))
        index = ConcordanceIndex([_plain(text[i:j]) for i, j in spans])
        hits = {hit for pattern in patterns for hit in _hits(index, pattern.split(" "))}
        for first, last in sorted(hits):
            left = text[spans[max(0, first - window)][0] : spans[first][0]]
            until = spans[last + window][1] if last + window < len(spans) else len(text)
            place = places[bisect_right(starts, spans[first][0]) - 1]
            found = (text[spans[first][0] : spans[last][1]], text[spans[last][1] : until])
            rows.append((document, place, left.strip(), *(part.strip() for part in found)))
    table = pd.DataFrame(rows, columns=["document", "sentence", "left", "keyword", "right"])
    return table if isinstance(texts, Corpus) else table.drop(columns="sentence")


def _hits(index: ConcordanceIndex, words: list[str]) -> Iterator[tuple[int, int]]:
    """Give the first and last token of each place where words stand in a row, the last with any ending."""
    tokens, size = index.tokens(), len(words)
    vocabulary = set(tokens) if size == 1 else {words[0]}
    for start in matching_terms(words[:1], vocabulary):
        for first in index.offsets(start):
            rest = " ".join(tokens[first : first + size])
            if matching_terms([" ".join(words)], [rest]):
                yield first, first + size - 1


def _running(texts: Texts) -> dict[str, tuple[list[int], list[str], str]]:
    """Join the sentences of each text: where each begins, its locator, and the whole."""
    frame = _text_frame(texts)
    found = {}
    for document, part in frame.groupby("document", sort=False):
        sentences = [normalize("NFC", str(text)) for text in part["text"]]
        starts = np.cumsum([0, *(len(text) + 1 for text in sentences)])[:-1].tolist()
        found[str(document)] = (starts, part["sentence"].astype("str").tolist(), " ".join(sentences))
    return found


def _text_frame(texts: Texts) -> pd.DataFrame:
    if isinstance(texts, Corpus):
        if texts.texts is None:
            raise StudyError("the corpus has no texts; with_texts(corpus, folder) adds those that you own")
        return texts.texts.assign(document=texts.texts["sentence"].str.split(":").str[0])
    if isinstance(texts, pd.DataFrame):
        if "text" not in texts:
            raise unknown_name("column", "text", texts)
        frame = texts if "document" in texts else texts.assign(document=texts.index.astype("str"))
    else:
        named = texts if isinstance(texts, Mapping) else dict(enumerate(as_list(texts), start=1))
        frame = pd.DataFrame({"document": list(named), "text": list(named.values())}, dtype="str")
    return frame if "sentence" in frame else frame.assign(sentence=frame["document"])


def collocations(texts: Texts, n: int = 20, *, least: int = 3) -> pd.DataFrame:
    """Find pairs of words that stand side by side more often than chance would have it.

    Parameters
    ----------
    texts
        As for `keyword_in_context`.
    n
        How many pairs to list.
    least
        How often a pair must occur.

    Returns
    -------
    DataFrame
        ``collocation``, ``count``, ``g2`` (log-likelihood ratio, Dunning 1993, by
        `nltk.BigramCollocationFinder`), the strongest first; pairs with function words or numbers
        are left out.

    Examples
    --------
    >>> collocations(["The Caspian Sea froze.", "A Caspian Sea port."], least=2)["collocation"].tolist()
    ['caspian sea']
    """
    finder = BigramCollocationFinder.from_documents(_words(text) for text in _text_frame(texts)["text"])
    finder.apply_freq_filter(least)
    finder.apply_word_filter(lambda word: word in FUNCTION_WORDS or not any(map(str.isalpha, word)))
    scored = finder.score_ngrams(BigramAssocMeasures.likelihood_ratio)[:n]
    rows = [(" ".join(pair), finder.ngram_fd[pair], score) for pair, score in scored]
    return pd.DataFrame(rows, columns=["collocation", "count", "g2"])
