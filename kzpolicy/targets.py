"""Tone and stance toward a target in a sentence.

The parts, in the order in which a sentence goes through them:

* `kzpolicy.lexicons` has the cues (lexicon.csv), function words and names of states;
* `kzpolicy.clauses` cuts the sentence into words and linked noun and verb chunks;
* `kzpolicy.frames` links each cue to who does it, to whom, and whose position it is;
* this module adds up what the frames say of one target: tone and stance by rules;
* `kzpolicy.learned` weighs those sums, the frames and the words near the target: the two tables of
  weights were learned from news on persons and parties and from texts on states.

A state or bloc gets learned tone and stance; a person or party learned tone, stance by rules.
"""

from __future__ import annotations

import gc
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

import pandas as pd

from kzpolicy.frames import MUTUAL, NEGATED_POSITIVE, Frame, Spans, read_frames
from kzpolicy.learned import Chances, Feature, chances, word_features
from kzpolicy.lexicons import ACTORS, NEWS, STANCE, TONE, WORDS, as_word, is_power, power_names, weigh

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
# Of a sentence with more characters (twice the longest one's in the speeches) only a part is read.
_LONGEST, _PART = 2_000, 500


class Score(NamedTuple):
    """What is added to a row."""

    tone: float
    stance: float
    tone_class: int
    stance_class: int
    because: str


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


_subject = lru_cache(maxsize=256)(Subject)


class Target:
    """A target in a sentence, with the tone and stance toward it by rules and the reasons."""

    def __init__(self, text: str, start: int, end: int, power: str, subject: Subject) -> None:
        self.reading, self.subject = read_frames(text), subject
        self.words = self.reading.words
        spans = self.reading.sentence.spans
        first = bisect_right(spans, start, key=itemgetter(1))
        last = bisect_left(spans, end, key=itemgetter(0)) - 1
        self.first, self.last = (first, last) if first <= last else (-1, -1)  # without a word
        self.tone = self.stance = 0.0
        self.reasons: list[str] = []
        # Whether the subject itself is speaking.
        self.spoken = subject.first_person or self._of_subject(self.reading.voices)
        self.roles = self._find_roles(self.first, self.last)
        self._add_up(self.roles, self.first, self.last)
        if not self.reasons and not (names := power_names(power)).isdisjoint(self.words):
            for at, word in enumerate(self.words):  # the same power under another name
                if word in names and at != self.first and not self.reasons:
                    self._add_up(self._find_roles(at, at), at, at)
        if self.reading.rejected:
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

    def features(self) -> tuple[list[Feature], Chances]:
        """Collect the features; those learned from news speak to the others as two more."""
        found = word_features(self.reading.known, self.reading.capitals, self.first, self.last)
        found += [(weigh(name), value) for name, value in self._frame_features()]
        news = chances(found, NEWS)
        found += [(weigh("news:unfavourable"), 3 * news.below), (weigh("news:favourable"), 3 * news.above)]
        return found, news

    def _frame_features(self) -> Iterator[tuple[str, float]]:
        """Give the features of rules, subject and frames."""
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
    for start, end in spans:  # of every frame and target: any() would take three times as long
        if start <= last and first < end:
            return True
    return False


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


def _score(text: str, start: int, end: int, power: str, subject: Subject) -> Score:
    target = Target(text, start, end, power, subject)
    features, news = target.features()
    reasons, state = target.reasons, is_power(power)
    if state and (subject.first_person or not target.reading.rejected):
        tone = chances(features, TONE, _push(target.tone, subject))
        stance = chances(features, STANCE, _push(target.stance, subject))
        told = (("tone", tone.because), ("stance", stance.because))
        reasons = [*reasons, *[f"{measure} words: {words}" for measure, words in told if words]]
        return Score(tone.score, stance.score, tone.likeliest, stance.likeliest, "; ".join(reasons))
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


def score_targets(
    frame: pd.DataFrame, *, subject: str | Iterable[str] = "Kazakhstan", first_person: bool = False
) -> pd.DataFrame:
    """Score tone and stance toward the target of each row.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row a mention, with columns ``text`` (a sentence), ``start`` and ``end`` (character
        offsets of the target in it) and ``power`` (any string).
    subject : str or iterable of str, default "Kazakhstan"
        Whose stance is meant: a name, or its aliases. The usual aliases of states are known.
    first_person : bool, default False
        Whether "we", "our" and the like also name the subject, as in its own speeches.

    Returns
    -------
    pandas.DataFrame
        The same rows with ``tone`` and ``stance`` (-1 to 1), ``tone_class`` and
        ``stance_class`` (-1, 0, 1) and ``because``, the words and rules behind them.

    Raises
    ------
    ValueError
        If a column is missing, or the text or offsets of a row make no sense.

    Examples
    --------
    >>> mentions = pd.DataFrame(
    ...     {"text": ["Astana relies on Moscow."], "start": [17], "end": [23], "power": ["Russia"]}
    ... )
    >>> score_targets(mentions)[["tone_class", "stance_class"]].values.tolist()
    [[0, 1]]
    """
    _check(frame)
    columns = [frame[name].tolist() for name in ("text", "start", "end", "power")]
    scores = score_mentions(list(zip(*columns, strict=True)), subject, first_person)
    table = pd.DataFrame(scores, columns=Score._fields, index=frame.index)
    types = {"tone": float, "stance": float, "tone_class": int, "stance_class": int}
    return frame.assign(**table.astype(types))


def score_mentions(
    mentions: Sequence[tuple[str, int, int, str]], subject: str | Iterable[str], first_person: bool
) -> list[Score]:
    """Score text, start, end and power of each mention; unlike `score_targets`, check nothing."""
    who = _subject((subject,) if isinstance(subject, str) else tuple(subject), first_person)
    collecting = gc.isenabled()
    gc.disable()  # a tenth of the time otherwise; no cycles are left behind
    try:
        # Sorted, so that the mentions of a sentence stand together and it is read once.
        known = {m: _score(*_within(*m), who) for m in sorted(set(mentions), key=itemgetter(0))}
    finally:
        if collecting:
            gc.enable()
    return [known[mention] for mention in mentions]


def _within(text: str, start: int, end: int, power: str) -> tuple[str, int, int, str]:
    """Take the part of an overlong sentence in which a mention stands; the time is linear then."""
    if len(text) <= _LONGEST:
        return text, start, end, power
    first = int(start) - int(start) % _PART
    return text[first : max(int(end), first + _PART)], start - first, end - first, power


def _check(frame: pd.DataFrame) -> None:
    """Refuse rows that cannot be scored, and name the first."""
    missing = [name for name in ("text", "start", "end", "power") if name not in frame.columns]
    if missing:
        raise ValueError(f"columns missing: {', '.join(missing)}")
    rows = zip(frame.index, frame["text"], frame["start"], frame["end"], strict=True)
    for label, text, start, end in rows:
        if not isinstance(text, str):
            raise ValueError(f"row {label!r}: text is not a string")
        try:
            whole = start == int(start) and end == int(end)
        except (TypeError, ValueError, OverflowError):
            whole = False
        if not whole:
            raise ValueError(f"row {label!r}: offsets {start!r}, {end!r} are not whole numbers")
        if not 0 <= start < end <= len(text):
            raise ValueError(
                f"row {label!r}: offsets {start}, {end} do not fit a text of {len(text)} characters"
            )
