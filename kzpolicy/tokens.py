"""Counting words fast: each different token is read once, paragraphs are rows of token numbers."""

from __future__ import annotations

import re
from array import array
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain

import numpy as np
import pandas as pd

from kzpolicy.schema import text_column
from kzpolicy.segmenting import find_words


@lru_cache(maxsize=2**17)  # above the number of different tokens in a large corpus
def _words_of(token: str) -> tuple[str, ...]:
    return tuple(find_words(token))


class Tokens(dict[str, int]):
    """The tokens of some documents, by number: what stands between spaces, with its words.

    No word begins in one token and ends in another, so a sentence's words are those of its tokens.
    Tokens tell too which sentences need to be searched for terms of several words: those that hold
    the longest whole word of one.

    Parameters
    ----------
    phrases
        The themes' terms of several words, with or without a final *.
    """

    def __init__(self, phrases: Iterable[str] = ()) -> None:
        self.lines: list[str] = []  # each token's words, joined by spaces
        self._phrases: defaultdict[str, list[tuple[str, re.Pattern[str]]]] = defaultdict(list)
        self._telling: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
        for phrase in phrases:
            stem = phrase.removesuffix("*")
            whole = phrase.split(" ")[: -1 if phrase.endswith("*") else None]
            ending = "" if stem == phrase else r"\S*"
            pattern = re.compile(rf"(?<!\S){re.escape(stem)}{ending}(?!\S)")
            self._phrases[max(whole, key=len)].append((stem, pattern))

    def __missing__(self, token: str) -> int:
        words = _words_of(token)
        phrases = [phrase for word in words if word in self._phrases for phrase in self._phrases[word]]
        if phrases:
            self._telling[token] = phrases
        self.lines.append(" ".join(words))
        number = self[token] = len(self)
        return number

    def find_phrases(self, tokens: Sequence[str], line: str) -> list[str]:
        """List each occurrence of a term of several words in a sentence's line of words."""
        found = set()
        for token in self._telling.keys() & tokens:
            for stem, pattern in self._telling[token]:
                if stem in line:
                    found |= {(match.span(), match.group()) for match in pattern.finditer(line)}
        return [term for _, term in found]


class Counted:
    """The tokens and phrases of paragraphs, from which the table of their terms is made."""

    def __init__(self) -> None:
        self._numbers, self._lengths = array("i"), array("i")
        self._phrases: list[tuple[int, str]] = []
        self._paragraphs: list[tuple[str, int]] = []

    def begin(self, document: str, paragraph: int) -> None:
        """Begin a paragraph."""
        self._paragraphs.append((document, paragraph))
        self._lengths.append(0)

    def add(self, numbers: Sequence[int], phrases: Iterable[str]) -> None:
        """Add a sentence to the last paragraph: the numbers of its tokens and its phrases."""
        self._numbers.extend(numbers)
        self._lengths[-1] += len(numbers)
        self._phrases += [(len(self._paragraphs) - 1, phrase) for phrase in phrases]

    def join(self, other: Counted) -> None:
        """Add the paragraphs of another."""
        self._phrases += [(len(self._paragraphs) + at, phrase) for at, phrase in other._phrases]
        self._paragraphs += other._paragraphs
        self._numbers += other._numbers
        self._lengths += other._lengths

    def table(self, lines: Sequence[str]) -> pd.DataFrame:
        """Count the terms: the table ``terms``, paragraph by paragraph, each in alphabetical order.

        Parameters
        ----------
        lines
            The words of each token, see `Tokens`.
        """
        words = [line.split(" ") if line else [] for line in lines]
        vocabulary = sorted({*chain.from_iterable(words), *(phrase for _, phrase in self._phrases)})
        place = {term: i for i, term in enumerate(vocabulary)}
        sizes = np.fromiter(map(len, words), np.int64, len(words))
        coded = np.fromiter(map(place.__getitem__, chain.from_iterable(words)), np.int64, sizes.sum())
        first = np.cumsum(sizes) - sizes
        token = np.frombuffer(self._numbers, np.intc)
        # From tokens to their words: most have one, some none or several.
        size = sizes[token]
        within = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
        term = coded[np.repeat(first[token], size) + within]
        paragraph = np.repeat(np.repeat(np.arange(len(self._paragraphs)), self._lengths), size)
        also = np.array([(at, place[phrase]) for at, phrase in self._phrases], np.int64).reshape(-1, 2)
        both = np.concatenate([paragraph * len(place) + term, also[:, 0] * len(place) + also[:, 1]])
        found, count = np.unique(both, return_counts=True)
        paragraph, term = np.divmod(found, max(1, len(place)))
        documents, of = np.unique([document for document, _ in self._paragraphs], return_inverse=True)
        numbers = np.array([number for _, number in self._paragraphs], np.int64)
        return pd.DataFrame(
            {
                "document": text_column(of[paragraph], documents.tolist()),
                "paragraph": numbers[paragraph],
                "term": text_column(term, vocabulary),
                "count": count,
            }
        )
