"""Counting words fast: each different token is read once, sentences are rows of token numbers."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import sha256
from itertools import chain
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from kzpolicy.schema import TABLES, text_column
from kzpolicy.segmenting import LONGEST_TOKEN, find_words, number_tokens
from kzpolicy.vader import score_numbered

Place = tuple[str, str, int, int, str]  # of a sentence: locator, document, paragraph, position, kind

# Of a sentence that names a power: document, power, its place, its text without the power's names.
Near = tuple[str, str, int, str]


class Tokens(NamedTuple):
    """The tokens of some sentences, which is what stands between spaces, with the words in them.

    No word begins in one token and ends in another, so a sentence's words are those of its tokens.
    """

    tokens: list[str]  # each different one once
    words: list[tuple[str, ...]]  # of each token
    numbers: npt.NDArray[np.int32]  # of all sentences in order: places in `tokens`
    sizes: npt.NDArray[np.int32]  # how many tokens each sentence has
    lines: list[str]  # the words of each sentence, a space behind each


@lru_cache(maxsize=2**17)  # above the number of different tokens in a large corpus
def _words_of(token: str) -> tuple[str, ...]:
    return tuple(find_words(token))


def read_tokens(texts: Sequence[str]) -> Tokens:
    """Cut sentences into tokens, and those into words as `find_words` does.

    Examples
    --------
    >>> read = read_tokens(["They met.", "They left -- in anti-Russian mood."])
    >>> read.lines
    ['they met ', 'they left in anti-russian mood ']
    >>> read.numbers.tolist(), read.sizes.tolist()
    ([0, 1, 0, 2, 3, 4, 5, 6], [2, 6])
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    tokens, numbers, sizes = number_tokens(texts)
    kept, read = _words_of, _words_of.__wrapped__
    words = [(kept if len(token) <= LONGEST_TOKEN else read)(token) for token in tokens]
    spaced = pa.array(["".join([f"{word} " for word in of_one]) for of_one in words], pa.string())
    ends = pa.array(np.append(0, np.cumsum(sizes)), pa.int32())
    lines = pc.binary_join(pa.ListArray.from_arrays(ends, spaced.take(pa.array(numbers))), "")
    return Tokens(tokens, words, numbers, sizes, lines.to_pylist())


def make_sentences(places: Sequence[Place], read: Tokens) -> pd.DataFrame:
    """Make the table ``sentences``, with plain scores."""
    words = [line.count(" ") for line in read.lines]
    scores = score_numbered(read.tokens, read.numbers, read.sizes)
    fingerprints = [sha256(line[:-1].encode()).hexdigest()[:12] for line in read.lines]
    located = [list(column) for column in zip(*places, strict=True)] or [[]] * 5
    columns = (*located, words, *scores, fingerprints)
    return pd.DataFrame(dict(zip(TABLES["sentences"].names, columns, strict=True)))


def count_terms(places: Sequence[Place], read: Tokens, phrases: Iterable[str] = ()) -> pd.DataFrame:
    """Count the terms: the table ``terms``, paragraph by paragraph, each in alphabetical order.

    Parameters
    ----------
    places, read
        The sentences; headings are not counted.
    phrases
        Terms of several words that are counted too, with or without a final *.
    """
    paragraphs: dict[tuple[str, int], int] = {}
    groups = {
        at: paragraphs.setdefault((document, paragraph), len(paragraphs))
        for at, (_, document, paragraph, _, kind) in enumerate(places)
        if kind != "heading"
    }
    longer = [(groups[at], term) for at, term in _find_phrases(read, phrases) if at in groups]
    counts = _count(list(groups.values()), list(groups), read, longer)
    documents, of = np.unique([document for document, _ in paragraphs], return_inverse=True)
    numbers = np.array([number for _, number in paragraphs], np.int64)
    return pd.DataFrame(
        {
            "document": text_column(of[counts.group], documents.tolist()),
            "paragraph": numbers[counts.group],
            "term": text_column(counts.term, counts.vocabulary),
            "count": counts.times,
        }
    )


def count_contexts(near: Sequence[Near], read: Tokens) -> pd.DataFrame:
    """Count the words around each power: the table ``contexts``, in alphabetical order.

    Parameters
    ----------
    near
        The sentences that name a power, by document and power in the table's order.
    read
        All sentences.
    """
    named: dict[tuple[str, str], int] = {}
    groups = [named.setdefault((document, power), len(named)) for document, power, _, _ in near]
    counts = _count(groups, [at for _, _, at, _ in near], read)
    bare = read_tokens([text for *_, text in near])
    others = _count(groups, range(len(near)), bare, vocabulary=counts.vocabulary)
    # What stands beside the names is taken off, by the numbers of group and term.
    key, other = (each.group * len(counts.vocabulary) + each.term for each in (counts, others))
    place = np.minimum(np.searchsorted(other, key), max(0, len(other) - 1))
    beside = np.where(other[place] == key, others.times[place], 0) if len(other) else 0
    documents, powers = zip(*named, strict=True) if named else ((), ())
    return pd.DataFrame(
        {
            "document": np.array(documents, object)[counts.group],
            "power": np.array(powers, object)[counts.group],
            "term": text_column(counts.term, counts.vocabulary),
            "count": counts.times,
            "own": np.maximum(0, counts.times - beside),
        }
    )


class _Counts(NamedTuple):
    """How often each term stands in each group, in the order of groups and terms."""

    vocabulary: list[str]
    group: npt.NDArray[np.int64]
    term: npt.NDArray[np.int64]  # its place in the vocabulary
    times: npt.NDArray[np.int64]


def _count(
    groups: Sequence[int],
    sentences: Sequence[int],
    read: Tokens,
    longer: Sequence[tuple[int, str]] = (),
    vocabulary: Sequence[str] = (),
) -> _Counts:
    """Count the words of sentences by the groups they belong to, and longer terms with their group.

    Words that are not in the vocabulary are passed over; without one all are counted.
    """
    terms = [*vocabulary] or sorted({*chain.from_iterable(read.words), *(term for _, term in longer)})
    place = {term: i for i, term in enumerate(terms)}
    coded = np.array([place.get(word, -1) for word in chain.from_iterable(read.words)], np.int64)
    lengths = np.fromiter(map(len, read.words), np.int64, len(read.words))
    at, sizes = np.asarray(sentences, np.intp), read.sizes.astype(np.int64)
    token = read.numbers[_ranges((np.cumsum(sizes) - sizes)[at], sizes[at])]
    # From tokens to their words: most have one, some none or several.
    term = coded[_ranges((np.cumsum(lengths) - lengths)[token], lengths[token])]
    group = np.repeat(np.repeat(np.asarray(groups, np.int64), sizes[at]), lengths[token])
    more = np.array([(number, place[phrase]) for number, phrase in longer], np.int64).reshape(-1, 2)
    both = (group * len(terms) + term)[term >= 0]
    both, times = np.unique(np.append(both, more[:, 0] * len(terms) + more[:, 1]), return_counts=True)
    return _Counts(terms, *np.divmod(both, max(1, len(terms))), times)


def _ranges(starts: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Give the places in ranges of these starts and sizes, one range after the other."""
    return np.repeat(starts - np.cumsum(sizes) + sizes, sizes) + np.arange(sizes.sum())


def _find_phrases(read: Tokens, phrases: Iterable[str]) -> list[tuple[int, str]]:
    """List each occurrence of a term of several words, with the place of its sentence.

    Only sentences are searched that hold the rarest whole word of a term.
    """
    whole = {phrase: phrase.split(" ")[: -1 if phrase.endswith("*") else None] for phrase in phrases}
    holding: dict[str, list[int]] = {word: [] for words in whole.values() for word in words}
    for number, held in enumerate(read.words):
        for word in held:
            if word in holding:
                holding[word].append(number)
    often = np.bincount(read.numbers, minlength=len(read.tokens))
    counted = {word: often[numbers].sum() for word, numbers in holding.items()}
    telling: defaultdict[int, list[tuple[str, re.Pattern[str]]]] = defaultdict(list)
    for phrase, words in whole.items():
        stem = phrase.removesuffix("*")
        ending = "" if stem == phrase else r"\S*"
        pattern = re.compile(rf"(?<!\S){re.escape(stem)}{ending}(?!\S)")
        for number in holding[min(words, key=counted.__getitem__)]:
            telling[number].append((stem, pattern))
    tells = np.zeros(len(read.tokens), np.bool_)
    tells[[*telling]] = True
    here = tells[read.numbers]
    sentences = np.repeat(np.arange(len(read.sizes)), read.sizes)[here]
    found = {
        (at, match.span(), match.group())
        for at, number in {*zip(sentences.tolist(), read.numbers[here].tolist(), strict=True)}
        for stem, pattern in telling[number]
        if stem in read.lines[at]
        for match in pattern.finditer(read.lines[at])
    }
    return [(at, term) for at, _, term in found]
