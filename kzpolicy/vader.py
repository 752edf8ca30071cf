"""Sentence scores of VADER, the rule-based sentiment method of Hutto and Gilbert (2014).

The scores are those of NLTK's analyser, to the last digit. NLTK rebuilds a product of words and
punctuation signs for every sentence in order to trim tokens. That product holds a token only if
the token is one listed sign before or behind its own letters, so a token can be read by itself
and remembered. What is rare (boosters, negations, idioms, capitals) is weighed only where a cheap
test says that it may be there. The words and numbers below are those of Hutto and Gilbert as NLTK
has them; the ratings of words come from the lexicon in the package `vaderSentiment`.
"""

import math
import string
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

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
# Every idiom and damping pair holds one of these.
_IDIOMATIC = "shit bomb bad yeah mustard kiss mouth enough kind sort".split()


@dataclass(slots=True, eq=False)
class _Token:
    text: str
    lower: str
    rating: float | None  # None for a word that is not in the lexicon
    boost: float  # 0.0 for a word that is no booster
    upper: bool
    negates: bool
    laden: bool  # has a value of its own
    turns: bool  # may change the value of a word behind it


@cache
def _lexicon() -> dict[str, float]:
    path = files("vaderSentiment") / "vader_lexicon.txt"
    rows = (line.split("\t") for line in path.read_text("utf-8").strip().split("\n"))
    return {row[0]: float(row[1]) for row in rows}


# Most words by far have no part in any rule: they share one token each, which stays at hand in the
# processor's cache.
_PLAIN = [_Token("", "", None, 0.0, upper, False, False, False) for upper in (False, True)]
# Those that are compared by their letters though they are neither in the lexicon nor boosters.
_COMPARED = frozenset(" ".join([*_IDIOMS, *_DAMPING_PAIRS, "but at"]).split())


@lru_cache(maxsize=2**17)  # above the number of different tokens in a large corpus
def _read(token: str) -> _Token | None:
    """Trim and look up a token; single characters are no tokens."""
    if len(token) < 2:
        return None
    core = token.translate(_NO_PUNCTUATION)
    if 1 < len(core) < len(token):
        before, behind = token.removesuffix(core), token.removeprefix(core)
        if before in _MARKS or behind in _MARKS:
            token = core
    low = token.lower()
    rating, boost = _lexicon().get(low), _BOOSTERS.get(low, 0.0)
    negates, laden = low in _NEGATIONS or "n't" in low, rating is not None and not boost
    turns = bool(boost) or negates or low in ("this", "least")
    if not (laden or turns or low in _COMPARED):
        return _PLAIN[token.isupper()]
    return _Token(token, low, rating, boost, token.isupper(), negates, laden, turns)


def _boost(tokens: list[_Token], token: _Token, value: float) -> float:
    """What a booster before the word adds to its value."""
    if not token.boost:
        return 0.0
    added = token.boost if value >= 0 else -token.boost
    if token.upper and _mixed(tokens):
        added += _CAPITALS if value > 0 else -_CAPITALS
    return added


def _mixed(tokens: list[_Token]) -> bool:
    """Whether some but not all tokens are in capitals."""
    return 0 < sum(token.upper for token in tokens) < len(tokens)


def _factor(tokens: list[_Token], i: int, back: int) -> float:
    """By how much the token `back` places before token `i` multiplies its value."""
    so = back > 1 and tokens[i - 1].text in ("so", "this")
    if back == 2 and so and tokens[i - 2].text == "never":
        return 1.5
    if back == 3:
        # NLTK's condition as it stands: "so" or "this" just before suffices without "never".
        if so or tokens[i - 3].text == "never" and tokens[i - 2].text in ("so", "this"):
            return 1.25
    return _NEGATION if tokens[i - back].negates else 1.0


def _idiom(tokens: list[_Token], i: int, value: float) -> float:
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


def _value(tokens: list[_Token], i: int, idiomatic: bool) -> float:
    """The value of token `i`, a word of the lexicon, in its surroundings."""
    value = tokens[i].rating or 0.0
    if tokens[i].upper and _mixed(tokens):
        value += _CAPITALS if value > 0 else -_CAPITALS
    if not idiomatic and not any([token.turns for token in tokens[max(i - 3, 0) : i]]):
        return value
    for back in range(1, min(i, 3) + 1):
        before = tokens[i - back]
        if before.rating is None:
            value += _DISTANCE[back] * _boost(tokens, before, value)
            value *= _factor(tokens, i, back)
            if back == 3 and idiomatic:
                value = _idiom(tokens, i, value)
    if i and tokens[i - 1].lower == "least" and tokens[i - 1].rating is None:
        if i == 1 or tokens[i - 2].lower not in ("at", "very"):
            value *= _NEGATION
    return value


def _values(tokens: list[_Token], sentence: str) -> list[float]:
    """The values of the words in the lexicon; all other tokens have the value 0."""
    laden = [i for i, token in enumerate(tokens) if token.laden]
    if not laden:
        return []
    idiomatic = any([word in sentence for word in _IDIOMATIC])
    turn = None
    if "but" in sentence.lower():
        turn = next((i for i, token in enumerate(tokens) if token.lower == "but"), None)
    first: dict[str, int] = {}
    values = []
    for here in laden:
        # NLTK judges every repetition of a word by the surroundings of the first.
        i = first.setdefault(tokens[here].text, here)
        if tokens[i].lower == "kind" and i + 1 < len(tokens) and tokens[i + 1].lower == "of":
            continue
        value = _value(tokens, i, idiomatic)
        if turn is not None:  # "but" itself is not in the lexicon
            value *= 0.5 if here < turn else 1.5
        values.append(value)
    return values


def _emphasis(sentence: str) -> float:
    """What exclamation and question marks add."""
    questions = sentence.count("?")
    asked = 0.0 if questions < 2 else questions * 0.18 if questions < 4 else 0.96
    return min(sentence.count("!"), 4) * 0.292 + asked


def score_sentence(sentence: str) -> tuple[float, float, float, float]:
    """Score one sentence with VADER.

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
    tokens: list[_Token] = list(filter(None, map(_read, sentence.split())))
    if not tokens:
        return 0.0, 0.0, 0.0, 0.0
    values = [value for value in _values(tokens, sentence) if value]
    total = float(sum(values))
    emphasis = _emphasis(sentence)
    if total:
        total += math.copysign(emphasis, total)
    # One is added to each word's value because a neutral token counts as one.
    positive = negative = 0.0
    for value in values:
        if value > 0:
            positive += value + 1
        else:
            negative -= value - 1
    if positive > negative:
        positive += emphasis
    elif positive < negative:
        negative += emphasis
    neutral = len(tokens) - len(values)
    whole = positive + negative + neutral
    return (
        round(negative / whole, 3),
        round(neutral / whole, 3),
        round(positive / whole, 3),
        round(total / math.sqrt(total * total + 15), 4),
    )
