"""Keywords: rates of themes and words, and attention to each power."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from unicodedata import normalize

import numpy as np
import pandas as pd

from kzpolicy import lists
from kzpolicy.corpus import Corpus
from kzpolicy.measures.intervals import rate_intervals
from kzpolicy.tables import StudyError, as_list, unknown_name
from kzpolicy.themes import load_themes, matching_terms, phrases

PER = 10_000
# Words too common to mark anything: articles, prepositions, pronouns, auxiliaries, conjunctions,
# and the commonest adverbs and numerals.
FUNCTION_WORDS = frozenset(lists.path("stop_words.txt").read_text(encoding="utf-8").split())
_PLACE = ["document", "paragraph"]
# Words as a build counts them: with hyphens and apostrophes inside, initials such as U.S. as one.
_UNIT = r"(?:(?:[^\W\d_]\.)+[^\W\d_](?![^\W_])\.?|[^\W_]+)"
WORDS = re.compile(rf"{_UNIT}(?:(?:['’‐‑-]|(?<=\d)[.,](?=\d)){_UNIT})*")


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
    body = body.merge(corpus.texts, on="sentence", how="left")
    if untold := body.loc[body["text"].isna(), "document"].unique().tolist():
        raise StudyError(
            f"{terms[0]!r} cannot be counted in {untold[0]} and {len(untold) - 1} more without their texts; "
            "keep the documents that have some with corpus.filter(document=…)"
        )
    from nltk import FreqDist, ngrams  # slow to load

    sizes = sorted({term.count(" ") + 1 for term in terms})
    firsts = {term.split(" ")[0] for term in terms}
    counts: FreqDist[tuple[str, int, str]] = FreqDist(
        (document, paragraph, " ".join(words))
        for document, paragraph, text in body[[*_PLACE, "text"]].itertuples(index=False)
        for size in sizes
        for words in ngrams(words_of(text), size)
        if words[0] in firsts
    )
    found = matching_terms(terms, dict.fromkeys(term for _, _, term in counts))
    rows = [(*place, n) for place, n in counts.items() if place[2] in found]
    return pd.DataFrame(rows, columns=[*_PLACE, "term", "count"])


def words_of(text: str) -> list[str]:
    """List the words of a text as a build counts them.

    Examples
    --------
    >>> words_of("Kazakhstan’s multi-vector policy cost the U.S. 6,467 dollars.")
    ['kazakhstan', 'multi-vector', 'policy', 'cost', 'the', 'u.s.', '6,467', 'dollars']
    """
    return [plain_word(word) for word in WORDS.findall(normalize("NFC", text))]


def plain_word(word: str) -> str:
    """Write a word of `WORDS` as it is counted.

    Examples
    --------
    >>> plain_word("Road‑show’s"), plain_word("U.S")
    ('road-show', 'u.s.')
    """
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
    asked = keyword_terms(keywords)
    themes = pd.DataFrame({"theme": list(asked), "name": list(asked), "term": list(asked.values())})
    rates = theme_rates(corpus, themes, by).drop(columns="name")
    rates.insert(0, "keyword", pd.Categorical(rates.pop("theme"), categories=list(asked), ordered=True))
    return rates


def keyword_terms(keywords: str | Sequence[str]) -> dict[str, str]:
    """Map each keyword as given to the term that it stands for.

    Raises
    ------
    StudyError
        If there is none, or one is no word.

    Examples
    --------
    >>> keyword_terms(["Belt and Road", "sanction*"])
    {'Belt and Road': 'belt and road', 'sanction*': 'sanction*'}
    """
    found = {}
    for one in as_list(keywords):
        term = " ".join(words_of(one.strip().removesuffix("*"))) if isinstance(one, str) else ""
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
    corpus.require("mentions")
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
    corpus.require("mentions")
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
    columns, documents = (
        list(dict.fromkeys(as_list(by))),
        corpus.documents.assign(year=corpus.documents["published_from"].dt.year),
    )
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
