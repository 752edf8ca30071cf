"""Near-duplicates: the same article in several outlets, found by its runs of words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt

# A document is a near-duplicate when it shares this part of all runs of words with another.
SIMILAR = 0.8
_RUN = 5
_SHORT = 50  # texts of fewer words often follow a pattern: they must be the same, word by word
_LINE = 60
BINS = 128
_ROWS = 4  # bins in a band: documents that agree in all of one band are compared
_EMPTY = np.iinfo(np.uint16).max
_FACTOR = np.uint64(0x9E3779B97F4A7C15)

Signature = npt.NDArray[np.uint16]


def signature(text: str) -> Signature:
    """Make a text's signature, from which `near_duplicates` estimates what it shares with others.

    Only lines as long as those of a wrapped text count, where there are any: menus and headings are
    shorter. Each run of five words has a number; a signature is the least number in each of 128 bins (MinHash
    by one permutation: Li, Owen and Zhang 2012), of which the last bits are kept.
    It is the same on every machine.

    Examples
    --------
    >>> int((signature("The road opens.") == signature("the road, opens")).sum())
    128
    """
    long = "\n".join(line for line in text.split("\n") if len(line) >= _LINE)
    words = re.findall(r"\w+", long.lower())
    run = _RUN
    if len(words) < _SHORT:
        words = re.findall(r"\w+", text.lower())
        run = _RUN if len(words) >= _SHORT else max(1, len(words))
    hashes = np.fromiter(map(crc32, map(str.encode, words)), dtype=np.uint64, count=len(words))
    if len(words) == 0:
        return np.full(BINS, _EMPTY, dtype=np.uint16)
    numbers = np.zeros(len(words) - run + 1, dtype=np.uint64)
    for offset in range(run):
        numbers *= _FACTOR
        numbers += hashes[offset : offset + len(numbers)]
    if len(numbers) == 1:  # too little to tell many texts apart
        numbers = np.arange(8 * BINS, dtype=np.uint64) + numbers * _FACTOR
    for shift, factor in ((33, 0xFF51AFD7ED558CCD), (33, 0xC4CEB9FE1A85EC53), (33, 1)):
        numbers = (numbers ^ (numbers >> np.uint64(shift))) * np.uint64(factor)
    bins = (numbers >> np.uint64(57)).astype(np.int64)
    none = np.iinfo(np.uint32).max
    least = np.full(BINS, none, dtype=np.uint32)
    np.minimum.at(least, bins, (numbers & np.uint64(none - 1)).astype(np.uint32))
    return np.where(least == none, _EMPTY, least & (_EMPTY - 1)).astype(np.uint16)


def near_duplicates(
    signatures: Sequence[Signature] | Signature, order: npt.NDArray[np.int64] | None = None
) -> dict[int, tuple[int, float]]:
    """Find documents that nearly repeat an earlier one.

    Parameters
    ----------
    signatures
        One a document.
    order
        Their positions, the earliest first; None where they stand in that order.

    Returns
    -------
    dict
        Position of a near-duplicate: the position of the earliest like it, and the estimated part
        of their runs of words that they share (Jaccard's index; its error is about .03).

    Examples
    --------
    >>> near_duplicates([signature("A road opens."), signature("It snows."), signature("A road opens")])
    {2: (0, 1.0)}
    """
    table = np.asarray(signatures, dtype=np.uint16).reshape(-1, BINS)
    order = np.arange(len(table)) if order is None else order
    places = np.arange(len(table))
    nearest = places.copy()
    for band in range(0, BINS, _ROWS):
        cells = table[order, band : band + _ROWS]
        _, first, inverse = np.unique(cells.view("u8").ravel(), return_index=True, return_inverse=True)
        earliest = first[inverse]
        # A band without any number says nothing of two documents.
        later = np.flatnonzero((earliest < places) & (cells != _EMPTY).any(axis=1))
        for start in range(0, len(later), 10_000):
            these = later[start : start + 10_000]
            shared = _similarity(table[order[these]], table[order[earliest[these]]])
            alike = these[shared >= SIMILAR]
            nearest[alike] = np.minimum(nearest[alike], earliest[alike])
    for place in places:
        nearest[place] = nearest[nearest[place]]
    found = np.flatnonzero(nearest < places)
    one, other = order[found], order[nearest[found]]
    shared = _similarity(table[one], table[other])
    return dict(zip(one.tolist(), zip(other.tolist(), shared.tolist(), strict=True), strict=True))


def _similarity(one: Signature, other: Signature) -> npt.NDArray[Any]:
    filled = (one != _EMPTY) | (other != _EMPTY)
    return np.asarray(((one == other) & filled).sum(axis=1) / np.maximum(1, filled.sum(axis=1)))
