"""Near-duplicates: the same article in several outlets, found by its runs of words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

# A document is a near-duplicate when it shares this part of all runs of words with another.
SIMILAR = 0.8
_RUN = 5
_SHORT = 50  # texts of fewer words often follow a pattern: they must be the same, word by word
_LINE = 60
BINS = 128
_ROWS = 4  # bins in a band: documents that agree in all of one band are compared
_EMPTY = np.iinfo(np.uint16).max

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
    long = re.findall(rf"^.{{{_LINE},}}$", text, re.MULTILINE)
    words = re.findall(r"\w+", "\n".join(long).lower())
    if len(words) < _SHORT:
        words = re.findall(r"\w+", text.lower())
    if len(words) < _SHORT:  # many numbers of the whole text, or none
        runs = [f"{number} {' '.join(words)}" for number in range(8 * BINS if words else 0)]
    else:
        runs = [" ".join(words[start : start + _RUN]) for start in range(len(words) - _RUN + 1)]
    numbers = pd.util.hash_array(np.array(runs, dtype="object"))
    least = np.full(BINS, np.iinfo(np.uint64).max)
    np.minimum.at(least, numbers % BINS, numbers >> 7)
    return np.where(least > numbers.max(initial=0), _EMPTY, least % _EMPTY).astype(np.uint16)


def near_duplicates(
    signatures: Sequence[Signature] | Signature, order: Sequence[int] | None = None
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
    positions = np.arange(len(table)) if order is None else np.array(order, dtype=np.int64)
    table = table[positions]
    places = pd.Series(np.arange(len(table)))
    nearest = places.to_numpy()
    for band in range(0, BINS, _ROWS):
        cells = table[:, band : band + _ROWS].copy().view("u8").ravel()
        earliest = places.groupby(cells).transform("min").to_numpy()
        alike = _similarity(table, table[earliest]) >= SIMILAR
        nearest = np.where(alike, np.minimum(nearest, earliest), nearest)
    for place in places:
        nearest[place] = nearest[nearest[place]]
    shared = _similarity(table, table[nearest])
    copies = np.flatnonzero(nearest < places)
    return {int(positions[i]): (int(positions[nearest[i]]), float(shared[i])) for i in copies}


def _similarity(one: Signature, other: Signature) -> npt.NDArray[Any]:
    filled = (one != _EMPTY) | (other != _EMPTY)
    return np.asarray(((one == other) & filled).sum(axis=1) / np.maximum(1, filled.sum(axis=1)))
