"""Tone and stance toward a target in a sentence.

The parts, in the order in which a sentence goes through them:

* `kzpolicy.scores.lexicons` has the cues (lexicon.csv), function words and names of states;
* `kzpolicy.scores.clauses` cuts the sentence into words and linked noun and verb chunks;
* `kzpolicy.scores.frames` links each cue to who does it, to whom, and whose position it is;
* this module adds up what the frames say of one target (tone and stance by rules), and weighs those
  sums, the frames and the words near the target by two tables of weights: ``news_weights.csv``, learned
  from news about persons and parties (NewsMTSC; Hamborg and Donnay 2021), and ``state_weights.csv``, from
  speeches and invented prose on states. Both are multinomial logistic regressions: log-odds against neither.

A state or bloc gets learned tone and stance; a person or party learned tone, stance by rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from math import exp
from operator import itemgetter
from typing import Literal, NamedTuple

import pandas as pd
from tqdm.auto import tqdm

from kzpolicy.scores.frames import MUTUAL, NEGATED_POSITIVE, Frame, Reading, Spans
from kzpolicy.scores.lexicons import ACTORS, CLOSED, WORDS, as_word, power_names, read_rows
from kzpolicy.tables import StudyError

# All numbers below were set on invented sentences and on speeches coded for development.
_TONE_FROM, _STANCE_FROM = 0.45, 0.35  # a score by rules this far from zero counts as its sign
_RULES = 3.0  # weight of the rules outside speeches, in log-odds
_SILENCE = 1.0  # what neither gains there, in log-odds, where the rules say nothing
# A negated threat is some credit, a negated blame little.
_NEGATED_NEGATIVE, _NEGATED_OBJECT = -0.65, -0.3
_VOICED = 0.9  # share of a tone that is stance too where the subject itself is speaking
_UNCLAIMED = 0.35  # weight of a description that nobody is said to hold
# Weight of a stance whose holder goes unnamed, is no person or power, is left out in a passive.
_DEFAULT_HOLDER, _OTHER_HOLDER, _NOBODY_HOLDER = 0.6, 0.5, 0.3
_DEEDS = frozenset("assault coerce threaten dominate sanction antagonise harm".split())
_NEAR = 4.0  # words at this distance count half as much as the next word
_UNTOLD = frozenset(CLOSED) | {"to", "that"}  # words that count, but explain nothing
# Of a sentence with more characters (twice the longest one's in the speeches) only a part is read.
_LONGEST, _PART = 2_000, 500
_COLUMNS = ("text", "start", "end", "power")
Measure = Literal["news", "tone", "stance"]
_Mention = tuple[str, int, int, str]


class Score(NamedTuple):
    """What is added to a row."""

    tone: float
    stance: float
    tone_class: int
    stance_class: int
    because: str


class _Chances(NamedTuple):
    """Chances of -1 and of 1, their balance, the likeliest class, and the words that spoke loudest."""

    below: float
    above: float
    score: float
    likeliest: int
    because: str


def score_targets(
    frame: pd.DataFrame,
    *,
    subject: str | Iterable[str] = "Kazakhstan",
    first_person: bool = False,
    progress: bool = False,
) -> pd.DataFrame:
    """Score tone and stance toward the target of each row.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a mention, with columns ``text`` (a sentence), ``start`` and ``end`` (character
        offsets of the target in it) and ``power`` (name or key of the target; it may be missing).
    subject : str or iterable of str, default "Kazakhstan"
        Whose stance is meant: a name, or its aliases. The usual aliases of states are known.
    first_person : bool, default False
        Whether "we", "our" and the like also name the subject, as in its own speeches.
    progress : bool, default False
        Whether to show a progress bar.

    Returns
    -------
    pandas.DataFrame
        The same rows with ``tone`` and ``stance`` (-1 to 1), ``tone_class`` and
        ``stance_class`` (-1, 0, 1) and ``because``, the words and rules behind them.

    Raises
    ------
    StudyError
        If a column is missing, the text, offsets or power of a row make no sense, or the subject is
        no name.

    Examples
    --------
    >>> mentions = pd.DataFrame(
    ...     {"text": ["Astana relies on Moscow."], "start": [17], "end": [23], "power": ["Russia"]}
    ... )
    >>> score_targets(mentions)[["tone_class", "stance_class"]].values.tolist()
    [[0, 1]]
    """
    who = Subject(_names(subject), first_person)
    parts = [_part(*mention) for mention in _mentions(frame)]
    known: dict[_Mention, Score] = {}
    # Sorted, so that the mentions of a sentence stand together and it is read once.
    once = tqdm(sorted(set(parts), key=itemgetter(0)), disable=not progress, unit="mention")
    for text, mentions in groupby(once, key=itemgetter(0)):
        reading = Reading(text)
        for _, start, end, power in mentions:
            known[text, start, end, power] = _score(Target(reading, start, end, power, who))
    scores = pd.DataFrame([known[part] for part in parts], columns=Score._fields, index=frame.index)
    types = {"tone": float, "stance": float, "tone_class": int, "stance_class": int, "because": str}
    return frame.assign(**scores.astype(types))


def _names(subject: object) -> list[str]:
    names = [subject] if isinstance(subject, str) else list(subject) if isinstance(subject, Iterable) else []
    if not names or not all(isinstance(name, str) and name.strip() for name in names):
        raise StudyError(f"subject {subject!r} is no name; give one, or a list of them, as 'Kazakhstan'")
    return names


def _mentions(frame: pd.DataFrame) -> Iterator[_Mention]:
    """Take the mentions out of a frame; the first row that cannot be scored is named."""
    if not isinstance(frame, pd.DataFrame):
        raise StudyError(f"score_targets: got a {type(frame).__name__}; give a DataFrame, a row a mention")
    if missing := [name for name in _COLUMNS if name not in frame.columns]:
        raise StudyError(
            f"score_targets: columns missing: {', '.join(missing)}; it needs {', '.join(_COLUMNS)}"
        )
    rows = zip(*(frame[name].tolist() for name in _COLUMNS), strict=True)
    for label, (text, start, end, power) in zip(frame.index, rows, strict=True):
        if wrong := _fault(text, start, end, power):
            raise StudyError(f"score_targets: row {label!r}: {wrong}")
        yield text, int(start), int(end), power if isinstance(power, str) else ""


def _fault(text: object, start: object, end: object, power: object) -> str:
    if not isinstance(text, str):
        return f"text is a {type(text).__name__}; give a sentence"
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        return "text holds half a character, a sign of a wrong encoding; read the text anew"
    if not (isinstance(power, str) or power is None or power is pd.NA or power != power):
        return f"power {power!r} is a {type(power).__name__}; give one name or key"
    if not all(isinstance(at, (int, float)) and at == at // 1 for at in (start, end)):
        return f"offsets {start!r}, {end!r} are not whole numbers"
    if not 0 <= start < end <= len(text):  # type: ignore[operator]
        return f"offsets {start}, {end} do not fit a text of {len(text)} characters"
    return ""


def _part(text: str, start: int, end: int, power: str) -> _Mention:
    """Take the part of an overlong sentence in which a mention stands; the time is linear then."""
    if len(text) <= _LONGEST:
        return text, start, end, power
    first = start - start % _PART
    return text[first : max(end, first + _PART)], start - first, end - first, power


class Subject:
    """Who counts as the subject in a sentence."""

    def __init__(self, names: Iterable[str], first_person: bool) -> None:
        words = {as_word(name) for name in names}
        states = {ACTORS.get(word) for word in words} - {None}
        words |= {alias for alias, state in ACTORS.items() if state in states}
        self.first_person = first_person
        self.words = words | WORDS["first person"] if first_person else words
        # How surely a holder with such a word is the subject; outside speeches "we" may be the author.
        self.weights = (
            (self.words, 1.0),
            (WORDS["third party"] | WORDS["first person"] | set(ACTORS), 0.0),
            (WORDS["domestic actor"], 0.8),
            (WORDS["third person"], 0.7),
        )

    def within(self, spans: Spans, words: list[str]) -> bool:
        """Whether the subject is named in some spans."""
        return any(not self.words.isdisjoint(words[start:end]) for start, end in spans)

    def weight(self, holder: Spans, words: list[str]) -> float:
        """How surely the holder of a stance is the subject (0 to 1)."""
        inside = [word for start, end in holder for word in words[start:end]]
        if not inside:
            return _NOBODY_HOLDER if holder else _DEFAULT_HOLDER
        return next((surely for known, surely in self.weights if not known.isdisjoint(inside)), _OTHER_HOLDER)


class Target:
    """A target in a sentence, with the tone and stance toward it by rules and the reasons."""

    def __init__(self, reading: Reading, start: int, end: int, power: str, subject: Subject) -> None:
        self.reading, self.subject, self.words = reading, subject, reading.words
        self.names = power_names(power)
        at = [i for i, (first, last) in enumerate(reading.sentence.spans) if first < end and last > start]
        self.first, self.last = (at[0], at[-1]) if at else (-1, -1)  # without a word
        self.tone = self.stance = 0.0
        self.reasons: list[str] = []
        # Whether the subject itself is speaking.
        self.spoken = subject.first_person or self._of_subject(reading.voices)
        self.roles = self._find_roles(self.first, self.last)
        self._add_up(self.roles, self.first, self.last)
        for i, word in enumerate(self.words):  # the same power under another name
            if not self.reasons and word in self.names and i != self.first:
                self._add_up(self._find_roles(i, i), i, i)
        if reading.rejected:
            self._turn_rejected()

    def _of_subject(self, groups: list[Spans]) -> bool:
        return any(self.subject.weight(group, self.words) >= 0.8 for group in groups)

    def _find_roles(self, first: int, last: int) -> list[tuple[Frame, bool, bool]]:
        """Tell of each frame whether the words from first to last are in its object, in its agent."""
        return [
            (frame, _touches(frame.object, first, last), _touches(frame.agent, first, last))
            for frame in self.reading.frames
            if not first <= frame.at <= last  # a word of the target's own name
        ]

    def _add_up(self, roles: list[tuple[Frame, bool, bool]], first: int, last: int) -> None:
        """Add what the frames say of the words from first to last."""
        for frame, in_object, in_agent in roles:
            if not in_object and frame.entry.part == "role" and _touches(frame.holder, first, last):
                if self.subject.within(frame.object, self.words):  # is an ally of the target
                    self._count(frame, "object", 0.0, frame.entry.stance * frame.sign)
            elif in_object or in_agent:
                tone = _tone(frame, in_object)
                stance = self._stance(frame, in_object, in_agent)
                stance += _VOICED * tone if self.spoken else 0.0
                if tone or stance:
                    self._count(frame, "object" if in_object else "agent", tone, stance)

    def _count(self, frame: Frame, role: str, tone: float, stance: float) -> None:
        self.tone += tone
        self.stance += stance
        turned = ", turned" if frame.sign < 0 else ""
        said = f"tone {tone:+.1f} stance {stance:+.1f}"
        self.reasons.append(f"{frame.entry.lemma} [{frame.entry.family}, {role}{turned}] {said}")

    def _stance(self, frame: Frame, in_object: bool, in_agent: bool) -> float:
        entry, stance = frame.entry, frame.entry.stance
        if not in_object:  # one and the other cooperate
            shared = entry.family == "cooperate" and not frame.object
            shared = shared and self.subject.within(frame.agent, self.words)
            return stance * frame.sign if shared else 0.0
        if in_agent and entry.family not in MUTUAL:
            return 0.0
        weight = self.subject.weight(frame.holder, self.words)
        if weight <= _DEFAULT_HOLDER and entry.family in _DEEDS:
            weight = 0.0  # an attack by nobody in particular is nobody's stance
        if self.subject.within(frame.object, self.words):
            weight = 1.0
        elif entry.part in ("role", "quality") and not frame.holder and not self.spoken:
            weight = _UNCLAIMED
        if frame.sign < 0:  # to refuse even a little is distance
            stance = -max(0.6, stance) if stance > 0.3 else -stance
        return stance * weight

    def _turn_rejected(self) -> None:
        """Silence a rejected claim; one that the subject rejects says the reverse."""
        by_subject = self._of_subject(self.reading.rejected)
        self.stance = -(self.tone or self.stance) if by_subject else 0.0
        self.tone = -0.6 * self.tone if by_subject else 0.0
        self.reasons.append("claim rejected" + (" by the subject" if by_subject else ""))

    def word_features(self) -> Iterator[tuple[str, float]]:
        """Give the words around the target; nearer words have larger values.

        Names count only where they stand next to it: they say who and not how.
        """
        known, first, last = self.reading.known, self.first, self.last
        before, after = (known[i].stem if 0 <= i < len(known) else "." for i in (first - 1, last + 1))
        yield f"next to it:{before}_", 1.0
        yield f"next to it:_{after}", 1.0
        for at, word in enumerate(known):
            if not word.plain or self.reading.capitals[at] or first <= at <= last:
                continue
            near = 1 / (1 + (first - at if at < first else at - last) / _NEAR)
            yield f"{'before' if at < first else 'after'}:{word.stem}", near
            if word.polarity:
                sign = "favourable" if word.polarity > 0 else "unfavourable"
                yield f"words near:{sign}", near * abs(word.polarity)
                yield f"words all:{sign}", 0.3 * abs(word.polarity)

    def frame_features(self) -> Iterator[tuple[str, float]]:
        """Give the sums by rules, whether the subject is named, and the frames."""
        for measure, value in (("tone", self.tone), ("stance", self.stance)):
            yield f"{measure} by rules:{'+' if value > 0 else '-'}", abs(_clip(value, 1.5))
        named = not self.subject.words.isdisjoint(self.words)
        yield ("subject named" if named else "subject not named"), 1.0
        if self.subject.first_person:
            yield "first person", 1.0
        for frame, in_object, in_agent in self.roles:
            family, sign = frame.entry.family, "" if frame.sign > 0 else " turned"
            if in_object:
                weight = self.subject.weight(frame.holder, self.words)
                holder = "subject" if weight >= 0.8 else "another" if weight == 0 else "somebody"
                yield f"family:{family} object{sign}", 1.0
                yield f"family:{family} object{sign} of {holder}", 1.0
            elif in_agent:
                yield f"family:{family} agent{sign}", 1.0
            else:
                distance = self.first - frame.at if frame.at < self.first else frame.at - self.last
                yield f"family:{family} near{sign}", 1 / (1 + distance / 8)


def _touches(spans: Spans, first: int, last: int) -> bool:
    return any(start <= last and first < end for start, end in spans)


def _tone(frame: Frame, in_object: bool) -> float:
    value = frame.entry.object if in_object else frame.entry.agent
    if frame.sign > 0:
        return value
    if frame.entry.family == "dominate" and value < 0:
        return 0.0  # not to control is no merit
    if value > 0:
        return value * NEGATED_POSITIVE
    return value * (_NEGATED_OBJECT if in_object else _NEGATED_NEGATIVE)


def _clip(value: float, most: float = 1.0) -> float:
    return max(-most, min(most, value))


def _class(value: float, least: float) -> int:
    return int(value >= least) - int(value <= -least)


def _score(target: Target) -> Score:
    features = [*target.word_features(), *target.frame_features()]
    news, reasons, state = _chances(features, "news"), target.reasons, bool(target.names)
    if state and (target.subject.first_person or not target.reading.rejected):
        # What was learned from news speaks to the others as two more features.
        features += [("news:unfavourable", 3 * news.below), ("news:favourable", 3 * news.above)]
        tone = _chances(features, "tone", _push(target.tone, target.subject))
        stance = _chances(features, "stance", _push(target.stance, target.subject))
        told = (("tone", tone.because), ("stance", stance.because))
        because = "; ".join([*reasons, *[f"{measure} words: {words}" for measure, words in told if words]])
        return Score(tone.score, stance.score, tone.likeliest, stance.likeliest, because)
    by_rules = Score(
        _clip(target.tone),
        _clip(target.stance),
        _class(target.tone, _TONE_FROM),
        _class(target.stance, _STANCE_FROM),
        "; ".join(reasons),
    )
    if state:  # the words speak for the claim, not for its rejection
        return by_rules
    # Persons and parties: learned for tone, rules for stance.
    because = "; ".join([*reasons, f"tone words: {news.because}"])
    return by_rules._replace(tone=news.score, tone_class=news.likeliest, because=because)


def _push(value: float, subject: Subject) -> tuple[float, float]:
    """Let the rules weigh more outside speeches, where who holds a position must be read."""
    if subject.first_person:
        return 0.0, 0.0
    if not value:
        return -_SILENCE, -_SILENCE
    value = _RULES * _clip(value)
    return (-value, value / 2) if value < 0 else (-value / 2, value)


@lru_cache(maxsize=3)
def _weights(measure: Measure) -> dict[str, tuple[float, float]]:
    """Load the log-odds of -1 and of 1 by feature."""
    table, column = ("news", "tone") if measure == "news" else ("state", measure)
    return {
        row["feature"]: (float(row[f"{column}_below"]), float(row[f"{column}_above"]))
        for row in read_rows(f"{table}_weights.csv")
    }


def _chances(
    features: Sequence[tuple[str, float]], measure: Measure, push: tuple[float, float] = (0.0, 0.0)
) -> _Chances:
    """Turn features into chances of a measure; `push` is added to the log-odds."""
    weights = _weights(measure)
    below, above = (start + more for start, more in zip(weights["constant"], push, strict=True))
    spoken: dict[str, float] = {}
    for name, value in features:
        less, more = weights.get(name, (0.0, 0.0))
        below += value * less
        above += value * more
        side, _, word = name.partition(":")
        if side in ("before", "after") and word not in _UNTOLD and name in weights:
            spoken[word] = spoken.get(word, 0.0) + value * (more - less)
    down, up = exp(min(below, 30.0)), exp(min(above, 30.0))
    total = 1 + down + up
    likeliest = max((1 / total, 0), (down / total, -1), (up / total, 1), key=itemgetter(0))[1]
    loudest = sorted((-abs(weight), word, weight) for word, weight in spoken.items())[:3]
    because = ", ".join(f"{word} {weight:+.1f}" for _, word, weight in loudest)
    return _Chances(down / total, up / total, up / total - down / total, likeliest, because)
