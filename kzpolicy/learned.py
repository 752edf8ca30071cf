"""Learned weights: what the words and rules around a target add up to, in two readable tables.

``news_weights.csv`` was learned from news about persons and parties (NewsMTSC; Hamborg and Donnay
2021), ``state_weights.csv`` from speeches and analysts' prose on states; see
``benchmarks/learn_weights.py``. Both are multinomial logistic regressions: log-odds against neither.
"""

from __future__ import annotations

from math import exp
from operator import itemgetter
from typing import Literal, NamedTuple

from kzpolicy.lexicons import Weights, Word, weigh

_NEAR = 4.0  # words at this distance count half as much as the next word
_SHOWN = 3  # how many of the weightiest words an explanation names
Feature = tuple[Weights, float]


class Chances(NamedTuple):
    """Chances of -1, 0 and 1, and how much each word spoke for more or less."""

    below: float
    none: float
    above: float
    spoken: dict[str, float]

    @property
    def because(self) -> str:
        """Name the words that spoke loudest."""
        loudest = sorted([(-abs(weight), word, weight) for word, weight in self.spoken.items()])[:_SHOWN]
        return ", ".join([f"{word} {weight:+.1f}" for _, word, weight in loudest])

    @property
    def score(self) -> float:
        """Give the balance of the chances, -1 to 1."""
        return self.above - self.below

    @property
    def likeliest(self) -> int:
        """Give the class with the highest chance."""
        return max((self.none, 0), (self.below, -1), (self.above, 1), key=itemgetter(0))[1]


def word_features(known: list[Word], capitals: list[bool], first: int, last: int) -> list[Feature]:
    """Give the features of the words around a target; nearer words have larger values.

    Names count only where they stand next to it: they say who and not how.
    """
    before, after = (known[i].stem if 0 <= i < len(known) else "." for i in (first - 1, last + 1))
    found = [(weigh(f"next to it:{before}_"), 1.0), (weigh(f"next to it:_{after}"), 1.0)]
    for at, word in enumerate(known):
        if not word.plain or capitals[at] or first <= at <= last:
            continue
        near = 1 / (1 + (first - at if at < first else at - last) / _NEAR)
        found.append((word.before if at < first else word.after, near))
        if word.strength:
            found.append((word.near, near * word.strength))
            found.append((word.anywhere, 0.3 * word.strength))
    return found


def chances(
    features: list[Feature], measure: Literal[1, 2, 3], push: tuple[float, float] = (0.0, 0.0)
) -> Chances:
    """Turn features into chances of a measure; `push` is added to the log-odds."""
    below, above, _ = weigh("constant")[measure]
    below, above = below + push[0], above + push[1]
    spoken: dict[str, float] = {}
    for weights, value in features:
        less, more, word = weights[measure]
        below += value * less
        above += value * more
        if word:
            spoken[word] = spoken.get(word, 0.0) + value * (more - less)
    down, up = exp(min(below, 30.0)), exp(min(above, 30.0))
    total = 1 + down + up
    return Chances(down / total, 1 / total, up / total, spoken)
