"""Concordance: keywords in their context and collocations, in texts that the user owns."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias
from unicodedata import normalize

import numpy as np
import pandas as pd

from kzpolicy.corpus import Corpus
from kzpolicy.measures.keywords import FUNCTION_WORDS, WORDS, keyword_terms, plain_word, words_of
from kzpolicy.tables import StudyError, as_list, unknown_name
from kzpolicy.themes import matching_terms

if TYPE_CHECKING:
    from nltk.text import ConcordanceIndex

Texts: TypeAlias = Corpus | pd.DataFrame | Mapping[str, str] | Sequence[str] | str


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
    from nltk.text import ConcordanceIndex  # slow to load

    if not isinstance(window, int) or window < 0:
        raise StudyError(f"window={window!r}: give how many words to show on either side, such as 8")
    patterns, rows = keyword_terms(keyword).values(), []
    for document, (starts, places, text) in _running(texts).items():
        spans = [match.span() for match in WORDS.finditer(text)]
        index = ConcordanceIndex([plain_word(text[i:j]) for i, j in spans])
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
    from nltk.collocations import BigramCollocationFinder  # slow to load
    from nltk.metrics import BigramAssocMeasures

    finder = BigramCollocationFinder.from_documents(words_of(text) for text in _text_frame(texts)["text"])
    finder.apply_freq_filter(least)
    finder.apply_word_filter(lambda word: word in FUNCTION_WORDS or not any(map(str.isalpha, word)))
    scored = finder.score_ngrams(BigramAssocMeasures.likelihood_ratio)[:n]
    rows = [(" ".join(pair), finder.ngram_fd[pair], score) for pair, score in scored]
    return pd.DataFrame(rows, columns=["collocation", "count", "g2"])
