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
from kzpolicy.segmenting import find_words
from kzpolicy.vader import score_numbered

_LONGEST = 100
Place = tuple[str, str, int, int, str]  # of a sentence: locator, document, paragraph, position, kind


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

    # Arrow knows the same spaces as Python and takes a third of the time.
    split = pc.utf8_split_whitespace(pa.array(texts, pa.string()))
    numbered = split.flatten().dictionary_encode()
    tokens: list[str] = numbered.dictionary.to_pylist()
    # What is longer is no word, and would stay in memory.
    words = [_words_of(token) if len(token) <= _LONGEST else tuple(find_words(token)) for token in tokens]
    spaced = pa.array(["".join([f"{word} " for word in of_one]) for of_one in words], pa.string())
    lines = pc.binary_join(pa.ListArray.from_arrays(split.offsets, spaced.take(numbered.indices)), "")
    sizes = np.diff(split.offsets.to_numpy())
    return Tokens(tokens, words, numbered.indices.to_numpy(), sizes, lines.to_pylist())


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
    # A number for each paragraph, and -1 for the sentences that are not counted.
    paragraphs: dict[tuple[str, int], int] = {}
    of_sentence = np.array(
        [
            -1 if kind == "heading" else paragraphs.setdefault((document, paragraph), len(paragraphs))
            for _, document, paragraph, _, kind in places
        ],
        np.int64,
    )
    found = [(of_sentence[at], term) for at, term in _find_phrases(read, phrases) if of_sentence[at] >= 0]
    vocabulary = sorted({*chain.from_iterable(read.words), *(term for _, term in found)})
    number = {term: i for i, term in enumerate(vocabulary)}
    lengths = np.fromiter(map(len, read.words), np.int64, len(read.words))
    coded = np.fromiter(map(number.__getitem__, chain.from_iterable(read.words)), np.int64, lengths.sum())
    first = np.cumsum(lengths) - lengths
    paragraph = np.repeat(of_sentence, read.sizes)
    token = read.numbers[paragraph >= 0]
    # From tokens to their words: most have one, some none or several.
    length = lengths[token]
    within = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    term = coded[np.repeat(first[token], length) + within]
    paragraph = np.repeat(paragraph[paragraph >= 0], length)
    longer = np.array([(at, number[phrase]) for at, phrase in found], np.int64).reshape(-1, 2)
    both = np.concatenate([paragraph * len(number) + term, longer[:, 0] * len(number) + longer[:, 1]])
    both, count = np.unique(both, return_counts=True)
    paragraph, term = np.divmod(both, max(1, len(number)))
    documents, of = np.unique([document for document, _ in paragraphs], return_inverse=True)
    counted = np.array([number for _, number in paragraphs], np.int64)
    return pd.DataFrame(
        {
            "document": text_column(of[paragraph], documents.tolist()),
            "paragraph": counted[paragraph],
            "term": text_column(term, vocabulary),
            "count": count,
        }
    )


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
