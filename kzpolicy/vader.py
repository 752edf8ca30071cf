"""Sentence scores of VADER, the rule-based sentiment method of Hutto and Gilbert (2014).

The scores are those of NLTK's analyser, to the last digit. NLTK rebuilds a product of words and
punctuation signs for every sentence in order to trim tokens. That product holds a token only if
the token is one listed sign before or behind its own letters, so a token can be read by itself
and remembered. Every token with a part in some rule has a letter of its own and all others share
one: a sentence becomes a short line of letters. Where one of them may turn the value of a word of
the lexicon, that value hangs on at most three letters before it, and is remembered by them. The
words and numbers below are those of Hutto and Gilbert as NLTK has them; the ratings of words come
from the lexicon in the package `vaderSentiment`.
"""

import math
import string
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from threading import Lock

import numpy as np
import numpy.typing as npt

from kzpolicy.segmenting import LONGEST_TOKEN, number_tokens

_BOOST, _CAPITALS, _NEGATION = 0.293, 0.733, -0.74
_DISTANCE = {1: 1.0, 2: 0.95, 3: 0.9}  # weight of a booster so many tokens before the word

_MARKS = frozenset(". ! ? , ; : - ' \" !! !!! ?? ??? ?!? !?! ?!?! !?!?".split())
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
_NEGATIONS = frozenset(
    "aint arent cannot cant couldnt darent didnt doesnt dont hadnt hasnt havent isnt mightnt "
    "mustnt neednt oughtnt shant shouldnt wasnt werent wont wouldnt neither never none nope nor "
    "not nothing nowhere uhuh uh-uh without rarely seldom despite".split()
)  # forms with "n't" are found by that sign
_BOOSTERS = dict.fromkeys(
    "absolutely amazingly awfully completely considerably decidedly deeply effing enormously "
    "entirely especially exceptionally extremely fabulously flipping flippin fricking frickin "
    "frigging friggin fully fucking greatly hella highly hugely incredibly intensely majorly more "
    "most particularly purely quite really remarkably so substantially thoroughly totally "
    "tremendously uber unbelievably unusually utterly very".split(),
    _BOOST,
) | dict.fromkeys(
    "almost barely hardly kinda kindof kind-of less little marginally occasionally partly "
    "scarcely slightly somewhat sorta sortof sort-of".split(),
    -_BOOST,
)
_DAMPING_PAIRS = frozenset(["just enough", "kind of", "sort of"])
# Whole numbers stay whole so that sums run as in NLTK on every version of Python.
_IDIOMS = dict[str, float](
    {"the shit": 3, "the bomb": 3, "bad ass": 1.5, "yeah right": -2}
    | {"cut the mustard": 2, "kiss of death": -1.5, "hand to mouth": -2}
)
# Words compared by their letters, whether or not they are in the lexicon.
_COMPARED = frozenset(" ".join([*_IDIOMS, *_DAMPING_PAIRS, "at"]).split())
# Words of the lexicon whose worth hangs on what follows: an idiom that begins, "kind of".
_LOOKS_AHEAD = frozenset([*(idiom.split()[0] for idiom in _IDIOMS), "kind"])
# Every idiom and damping pair holds one of these.
_IDIOMATIC = frozenset("shit bomb bad yeah mustard kiss mouth enough kind sort".split())
Scores = tuple[float, float, float, float]
Columns = tuple[npt.NDArray[np.float64], ...]
_Codes = npt.NDArray[np.uint32]
_Places = npt.NDArray[np.int64]


@dataclass(slots=True, eq=False)
class _Token:
    text: str
    lower: str
    rating: float | None  # None for a word that is not in the lexicon
    boost: float  # 0.0 for a word that is no booster
    upper: bool
    negates: bool


@cache
def _lexicon() -> dict[str, float]:
    path = files("vaderSentiment") / "vader_lexicon.txt"
    rows = (line.split("\t") for line in path.read_text("utf-8").strip().split("\n"))
    return {row[0]: float(row[1]) for row in rows}


# The letters: one for all words without a part in any rule (another where they are in capitals),
# then a range each for words that are only compared, words that turn the value of another, words
# of the lexicon, and those of them that are in capitals or may belong to an idiom. The ranges hold
# more than texts have; what is too much would share the last letter.
_PLAIN, _CAPITAL = "a", "A"
_COMPARING, _TURNING, _RATED, _CHECKED, _END = 0x10000, 0x14000, 0x20000, 0xC0000, sys.maxunicode
_MOST = 2**17  # kept tokens and values; above what a large corpus has


class _Letters(dict[str, int]):
    """The letter of each token as it stands in a text, as a number; 0, no letter, for single characters."""

    def __init__(self) -> None:
        none = _Token("", "", None, 0.0, False, False)
        self.tokens = {_PLAIN: none, _CAPITAL: _Token("", "", None, 0.0, True, False)}
        self.remembered = _Values(self.tokens)
        self.ratings: list[float] = []  # of the letters from _RATED on
        self.ahead: set[str] = set()  # letters of words whose worth hangs on what follows
        self.buts: list[int] = []
        self._letters: dict[str, str] = {}  # of trimmed tokens
        borders = (_COMPARING, _TURNING, _RATED, _CHECKED, _END)
        self._free = {first: iter(range(first, last)) for first, last in pairwise(borders)}
        self._lock = Lock()  # a worker of a cluster may read several parts at once

    def __missing__(self, token: str) -> int:
        with self._lock:
            letter = ord(self._letter(_trim(token))) if len(token) > 1 else 0
            if len(token) <= LONGEST_TOKEN:
                self[token] = letter
        return letter

    def _letter(self, text: str) -> str:
        low = text.lower()
        rating, boost = _lexicon().get(low), _BOOSTERS.get(low, 0.0)
        negates, rated = low in _NEGATIONS or "n't" in low, rating is not None and not boost
        turns = boost or negates or low in ("this", "least", "but") or low in _IDIOMATIC
        if not (rated or turns or low in _COMPARED):
            return _CAPITAL if text.isupper() else _PLAIN
        if "n't" in low and not rated:  # any word may stand before it
            text = "N'T" if text.isupper() else "n't"
        letter = self._letters.get(text)
        if letter is None:
            checked = text.isupper() or low in _LOOKS_AHEAD or low in _IDIOMATIC
            kind = (_CHECKED if checked else _RATED) if rated else _TURNING if turns else _COMPARING
            letter = self._letters[text] = chr(next(self._free[kind], _END))
            self.tokens[letter] = _Token(text, low, rating, boost, text.isupper(), negates)
            if kind == _RATED:
                self.ratings.append(rating or 0.0)
            if rated and low in _LOOKS_AHEAD:
                self.ahead.add(letter)
            if low == "but":  # which is not in the lexicon itself
                self.buts.append(ord(letter))
        return letter

    def mixed(self, line: str) -> bool:
        """Whether some but not all tokens are in capitals."""
        return 0 < sum([self.tokens[letter].upper for letter in line]) < len(line)


class _Values(dict[str, tuple[float, float]]):
    """The values of a word behind up to three others, with capitals unmixed and mixed."""

    def __init__(self, tokens: dict[str, _Token]) -> None:
        self._tokens = tokens  # and not the letters, who would then keep each other in memory

    def __missing__(self, line: str) -> tuple[float, float]:
        tokens = [self._tokens[letter] for letter in line]
        pair = self[line] = (_value(tokens, len(tokens) - 1, False), _value(tokens, len(tokens) - 1, True))
        return pair


def _trim(token: str) -> str:
    """Take a listed mark off a token's letters."""
    core = token.translate(_NO_PUNCTUATION)
    if 1 < len(core) < len(token):
        before, behind = token.removesuffix(core), token.removeprefix(core)
        if before in _MARKS or behind in _MARKS:
            return core
    return token


def _boost(token: _Token, value: float, mixed: bool) -> float:
    """What a booster before the word adds to its value."""
    if not token.boost:
        return 0.0
    added = token.boost if value >= 0 else -token.boost
    if token.upper and mixed:
        added += _CAPITALS if value > 0 else -_CAPITALS
    return added


def _factor(tokens: Sequence[_Token], i: int, back: int) -> float:
    """By how much the token `back` places before token `i` multiplies its value."""
    so = back > 1 and tokens[i - 1].text in ("so", "this")
    if back == 2 and so and tokens[i - 2].text == "never":
        return 1.5
    if back == 3:
        # NLTK's condition as it stands: "so" or "this" just before suffices without "never".
        if so or tokens[i - 3].text == "never" and tokens[i - 2].text in ("so", "this"):
            return 1.25
    return _NEGATION if tokens[i - back].negates else 1.0


def _idiom(tokens: Sequence[_Token], i: int, value: float) -> float:
    """The value with idioms and damping pairs around token `i`; needs three tokens before it."""
    three, two, one, zero = (token.text for token in tokens[i - 3 : i + 1])
    pairs = (f"{three} {two}", f"{two} {one}")
    seen = (f"{one} {zero}", f"{two} {one} {zero}", pairs[1], f"{three} {two} {one}", pairs[0])
    value = next((_IDIOMS[words] for words in seen if words in _IDIOMS), value)
    ahead = [token.text for token in tokens[i : i + 3]]
    for length in (2, 3):
        value = _IDIOMS.get(" ".join(ahead[:length]), value)
    if pairs[0] in _DAMPING_PAIRS or pairs[1] in _DAMPING_PAIRS:
        value -= _BOOST
    return value


def _value(tokens: Sequence[_Token], i: int, mixed: bool) -> float:
    """The value of token `i`, a word of the lexicon, in its surroundings."""
    value = tokens[i].rating or 0.0
    if tokens[i].upper and mixed:
        value += _CAPITALS if value > 0 else -_CAPITALS
    for back in range(1, min(i, 3) + 1):
        before = tokens[i - back]
        if before.rating is None:
            value += _DISTANCE[back] * _boost(before, value, mixed)
            value *= _factor(tokens, i, back)
            if back == 3:
                value = _idiom(tokens, i, value)
    if i and tokens[i - 1].lower == "least" and tokens[i - 1].rating is None:
        if i == 1 or tokens[i - 2].lower not in ("at", "very"):
            value *= _NEGATION
    return value


def _judge(letters: _Letters, text: str, at: int, start: int, end: int) -> float:
    """The value of a word in a sentence that goes from start to end."""
    before = max(at - 3, start)
    if text[at] not in letters.ahead:
        value, if_mixed = letters.remembered[text[before : at + 1]]
        return if_mixed if value != if_mixed and letters.mixed(text[start:end]) else value
    tokens, here = [letters.tokens[near] for near in text[before : min(at + 3, end)]], at - before
    if tokens[here].lower == "kind" and [token.lower for token in tokens[here + 1 : here + 2]] == ["of"]:
        return 0.0
    return _value(tokens, here, letters.mixed(text[start:end]))


def _values(
    letters: _Letters, codes: _Codes, sentence: _Places, lengths: _Places
) -> tuple[_Places, list[float]]:
    """The places of the words in the lexicon and their values; all other tokens have the value 0."""
    end = np.cumsum(lengths)
    start = end - lengths
    here = np.flatnonzero(codes >= _RATED)
    # NLTK judges every repetition of a word by the surroundings of the first.
    repeated = sentence[here] * 2**32 + codes[here]
    _, first, of_first = np.unique(repeated, return_index=True, return_inverse=True)
    at, start, end = here[first[of_first]], start[sentence[here]], end[sentence[here]]
    turning = (codes >= _TURNING) & (codes < _RATED) | (codes >= _CHECKED)
    turned = codes[at] >= _CHECKED
    for back in (1, 2, 3):
        turned |= turning[np.maximum(at - back, 0)] & (at - back >= start)
    ratings = np.array([*letters.ratings, 0.0])  # the value of a checked word follows
    values: list[float] = ratings[np.minimum(codes[at] - _RATED, len(ratings) - 1)].tolist()
    text = codes.tobytes().decode("utf-32-le")
    where = np.flatnonzero(turned)
    columns = (where, at[where], start[where], end[where])
    for word, *place in zip(*(column.tolist() for column in columns), strict=True):
        values[word] = _judge(letters, text, *place)
    buts = np.flatnonzero(np.isin(codes, letters.buts))
    of_but, first = np.unique(sentence[buts], return_index=True)
    but = np.full(len(lengths), -1)
    but[of_but] = buts[first]
    for word in np.flatnonzero(but[sentence[here]] >= 0).tolist():
        values[word] *= 0.5 if here[word] < but[sentence[here[word]]] else 1.5
    return here, values


def _round(values: npt.NDArray[np.float64], digits: int) -> npt.NDArray[np.float64]:
    """Round as Python does; numpy alone may go the other way half-way between two numbers."""
    scaled = values * 10.0**digits
    rounded = np.rint(scaled) / 10.0**digits
    for place in np.flatnonzero(np.abs(scaled % 1 - 0.5) < 1e-6).tolist():
        rounded[place] = round(float(values[place]), digits)
    return rounded


_known = _Letters()


def _letters() -> _Letters:
    """Give the known letters; a new set where they are too many, for what is read from now on."""
    global _known
    if len(_known) + len(_known.remembered) > _MOST:
        _known = _Letters()
    return _known


def score_sentence(sentence: str) -> Scores:
    """Score one sentence with VADER; `score_sentences` is faster for many.

    Parameters
    ----------
    sentence : str
        The sentence.

    Returns
    -------
    tuple of float
        Negative, neutral and positive (shares, rounded to three digits) and compound (from -1 to
        1, rounded to four). A sentence without tokens of two or more characters has four zeros.

    References
    ----------
    Hutto, C. J. and Gilbert, E. (2014). VADER: A parsimonious rule-based model for sentiment
    analysis of social media text. Proceedings of ICWSM 8. The reference for the scores is the
    class SentimentIntensityAnalyzer of NLTK 3.10.

    Examples
    --------
    >>> score_sentence("The talks were a great success.")
    (0.0, 0.278, 0.722, 0.8316)
    """
    letters = _letters()
    codes = [code for token in sentence.split() if (code := letters[token])]
    telling = [(at, code) for at, code in enumerate(codes) if code >= _TURNING]
    rated = [(at, code) for at, code in telling if code >= _RATED]
    if not rated:
        return 0.0, float(bool(codes)), 0.0, 0.0
    if all(_RATED <= code < _CHECKED for _, code in telling):
        values = [letters.ratings[code - _RATED] for _, code in rated]
    else:
        text = "".join(map(chr, codes))
        # NLTK judges every repetition of a word by the surroundings of the first.
        values = [_judge(letters, text, codes.index(code), 0, len(text)) for _, code in rated]
        if buts := [at for at, code in telling if code in letters.buts]:
            weights = [0.5 if at < buts[0] else 1.5 for at, _ in rated]
            values = [value * weight for value, weight in zip(values, weights, strict=True)]
    return _sum_up(values, len(codes), sentence.count("!"), sentence.count("?"))


def _sum_up(values: Sequence[float], length: int, exclaimed: int, asked: int) -> Scores:
    """What `score_numbered` does with the values of many sentences, for one."""
    total = float(sum(values))
    emphasis = min(exclaimed, 4) * 0.292
    emphasis += 0.0 if asked < 2 else asked * 0.18 if asked < 4 else 0.96
    if total:
        total += math.copysign(emphasis, total)
    positive = negative = 0.0
    for value in values:
        if value > 0:
            positive += value + 1
        elif value < 0:
            negative += 1 - value
    if positive > negative:
        positive += emphasis
    elif positive < negative:
        negative += emphasis
    neutral = length - sum(map(bool, values))
    whole = positive + negative + neutral
    shares = round(negative / whole, 3), round(neutral / whole, 3), round(positive / whole, 3)
    return *shares, round(total / math.sqrt(total * total + 15), 4)


def score_sentences(sentences: Iterable[str]) -> list[Scores]:
    """Score many sentences with VADER, several times as fast as one by one; see `score_sentence`.

    Examples
    --------
    >>> score_sentences(["The talks were a great success.", "The talks failed!"])
    [(0.0, 0.278, 0.722, 0.8316), (0.629, 0.371, 0.0, -0.5562)]
    """
    columns = score_numbered(*number_tokens([*sentences]))
    negative, neutral, positive, compound = (column.tolist() for column in columns)
    return list(zip(negative, neutral, positive, compound, strict=True))


def score_numbered(tokens: Sequence[str], numbers: npt.ArrayLike, sizes: npt.ArrayLike) -> Columns:
    """Score sentences whose tokens are numbered, see `score_sentence`.

    Parameters
    ----------
    tokens
        What stands between spaces.
    numbers, sizes
        The tokens of all sentences in order, as places in `tokens`, and how many each sentence has.

    Returns
    -------
    tuple of array
        Negative, neutral, positive and compound, with a value for each sentence.
    """
    letters, sizes = _letters(), np.asarray(sizes, np.int64)
    of_token = np.fromiter(map(letters.__getitem__, tokens), "<u4", len(tokens))
    numbers = np.asarray(numbers, np.intp)
    sentence, codes = np.repeat(np.arange(len(sizes)), sizes), of_token[numbers]
    marks = [np.array([token.count(mark) for token in tokens])[numbers] for mark in "!?"]
    exclaimed, asked = (np.bincount(sentence, counts, len(sizes)) for counts in marks)
    sentence, codes = sentence[codes > 0], codes[codes > 0]
    lengths = np.bincount(sentence, minlength=len(sizes))
    columns = np.zeros((4, len(sizes)))
    columns[1] = lengths > 0
    here, values = _values(letters, codes, sentence, lengths)
    if not values:
        return tuple(columns)
    # Only sentences with a word of the lexicon have scores; summed as NLTK does on this Python.
    scored, first, owner = np.unique(sentence[here], return_index=True, return_inverse=True)
    bounds = pairwise([*first.tolist(), len(values)])
    total = np.array([float(sum(values[begin:end])) for begin, end in bounds])
    exclaimed, asked = exclaimed[scored], asked[scored]
    emphasis = np.minimum(exclaimed, 4) * 0.292
    emphasis += np.where(asked < 2, 0.0, np.where(asked < 4, asked * 0.18, 0.96))
    total += np.where(total == 0, 0.0, np.copysign(emphasis, total))
    # One is added to each word's value because a neutral token counts as one.
    value = np.array(values, np.float64)
    positive = np.bincount(owner, np.where(value > 0, value + 1, 0.0), len(scored))
    negative = np.bincount(owner, np.where(value < 0, 1 - value, 0.0), len(scored))
    more, less = positive > negative, positive < negative
    positive += np.where(more, emphasis, 0.0)
    negative += np.where(less, emphasis, 0.0)
    neutral = lengths[scored] - np.bincount(owner, value != 0, len(scored))
    whole = positive + negative + neutral
    for column, share in enumerate((negative, neutral, positive)):
        columns[column][scored] = _round(share / whole, 3)
    columns[3][scored] = _round(total / np.sqrt(total * total + 15), 4)
    return tuple(columns)
