"""Learned weights: what the words and rules around a target add up to, in two readable tables.

``news_weights.csv`` was learned from news about persons and parties (NewsMTSC; Hamborg and Donnay
2021), ``state_weights.csv`` from speeches and analysts' prose on states; see
``benchmarks/learn_weights.py``. Both are multinomial logistic regressions: log-odds against neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from math import exp
from typing import NamedTuple

from kzpolicy.lexicons import CLOSED, read_rows, stem_of

_NEAR = 4.0  # words at this distance count half as much as the next word
_SHOWN = 3  # how many of the weightiest words an explanation names
# Words that count, but explain nothing.
_UNTOLD = frozenset(CLOSED) | {"to", "that"}
Feature = tuple[str, float]


class Chances(NamedTuple):
    """Chances of -1, 0 and 1, and the features that spoke loudest for more or less."""

    below: float
    none: float
    above: float
    because: str

    @property
    def score(self) -> float:
        """Give the balance of the chances, -1 to 1."""
        return self.above - self.below

    @property
    def likeliest(self) -> int:
        """Give the class with the highest chance."""
        return max((0, -1, 1), key=lambda sign: self[:3][sign + 1])


def word_features(
    words: list[str], plain: list[tuple[int, str, float]], first: int, last: int
) -> Iterator[Feature]:
    """Give the features of the words around a target; nearer words have larger values.

    ``plain`` holds place, stem and polarity of the plain words.
    """
    before, after = (stem_of(words[i]) if 0 <= i < len(words) else "." for i in (first - 1, last + 1))
    yield f"next to it:{before}_", 1.0
    yield f"next to it:_{after}", 1.0
    for at, word, polarity in plain:
        distance = first - at if at < first else at - last
        if distance > 0:
            near = 1 / (1 + distance / _NEAR)
            yield f"{'before' if at < first else 'after'}:{word}", near
            if polarity:
                sign = "favourable" if polarity > 0 else "unfavourable"
                yield f"words near:{sign}", near * abs(polarity)
                yield f"words all:{sign}", 0.3 * abs(polarity)


@lru_cache(maxsize=4)
def load_weights(table: str) -> dict[str, tuple[float, ...]]:
    """Load a table of weights: feature, then log-odds against neither, in pairs (-1, 1)."""
    return {
        row["feature"]: tuple(float(value) for name, value in row.items() if name != "feature")
        for row in read_rows(table)
    }


def chances(
    features: list[Feature], table: str, measure: int = 0, push: tuple[float, float] = (0.0, 0.0)
) -> Chances:
    """Turn features into chances; `measure` is the pair of columns, `push` is added to the log-odds."""
    weights = load_weights(table)
    low, high = 2 * measure, 2 * measure + 1
    constant = weights["constant"]
    below, above = constant[low] + push[0], constant[high] + push[1]
    spoken: dict[str, float] = {}
    for name, value in features:
        weight = weights.get(name)
        if weight is not None:
            below += value * weight[low]
            above += value * weight[high]
            if name.startswith(("before:", "after:")):
                word = name.partition(":")[2]
                if word not in _UNTOLD:
                    spoken[word] = spoken.get(word, 0.0) + value * (weight[high] - weight[low])
    loudest = sorted(spoken.items(), key=lambda pair: (-abs(pair[1]), pair[0]))[:_SHOWN]
    down, up = exp(min(below, 30.0)), exp(min(above, 30.0))
    total = 1 + down + up
    because = ", ".join(f"{word} {weight:+.1f}" for word, weight in loudest)
    return Chances(down / total, 1 / total, up / total, because)
