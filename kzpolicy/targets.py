"""Tone and stance toward a target in a sentence, from readable word tables and clause roles."""

from __future__ import annotations

import gc
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from numbers import Real
from operator import itemgetter
from typing import NamedTuple

import pandas as pd

from kzpolicy.clauses import Chunk, Sentence, Span, read
from kzpolicy.learned import Chances, Feature, chances, signed, word_features
from kzpolicy.lexicons import (
    WORDS,
    Entry,
    Lexicon,
    actor_names,
    is_power,
    load_lexicon,
    plain_word,
    power_names,
    stem_of,
)

__all__ = ["score_targets"]

# All numbers below were set on invented sentences and on speeches coded for development.
TONE_FROM, STANCE_FROM = 0.45, 0.35  # a score by rules this far from zero counts as its sign
_RULES = 3.0  # weight of the rules outside speeches, in log-odds
_SILENCE = 1.0  # what neither gains there, in log-odds, where the rules say nothing
# A negated praise is blame, a negated threat some credit, a negated blame little of either.
_NEGATED_POSITIVE, _NEGATED_NEGATIVE, _NEGATED_OBJECT = -0.7, -0.65, -0.3
_VOICED = 0.9  # share of a tone that is stance too where the subject itself is speaking
_UNCLAIMED = 0.35  # weight of a description that nobody is said to hold
# Weight of a stance whose holder goes unnamed, is no person or power, is left out in a passive.
_DEFAULT_HOLDER, _OTHER_HOLDER, _NOBODY_HOLDER = 0.6, 0.5, 0.3
_NOBODY = (-1, -1)  # an agent that is left unsaid, as in a short passive
_ATTITUDES = frozenset("fear reject resist".split())  # these turn what they govern around
_HOSTILE = frozenset("accuse threaten coerce assault dominate sanction protest fear".split())
_DEEDS = frozenset("assault coerce threaten dominate sanction antagonise harm".split())
_FELT = frozenset("fear praise trust protest reject resist accuse".split())
# Of a sentence with more characters (twice the longest one's in the speeches) only a part is read.
_LONGEST, _PART = 2_000, 500
_MUTUAL = frozenset("cooperate agree consult trust".split())  # both sides share these
_DESCRIBED = _MUTUAL | {"opinion"}  # an adjective tells which way these point
_INDISPENSABLE = Entry("without", "preposition", frozenset(), "depend", 0.0, 0.5, 0.8)
_CALLED_ON = Entry("call for", "verb", frozenset(), "request", 0.0, -0.5, -0.5)
_EXPECTATIONS = (
    Entry("fear that", "verb", frozenset(), "dreaded", 0.0, -0.6, -0.6),
    Entry("hope that", "verb", frozenset(), "hoped", 0.0, 0.3, 0.6),
)


@dataclass(slots=True)
class Frame:
    """One cue with the words that play its roles."""

    entry: Entry
    at: int
    agent: list[Span]
    object: list[Span]
    holder: list[Span]  # whose stance it is
    sign: int
    stance: float


@dataclass(slots=True)
class Reading:
    """A sentence with its frames, reporting voices and rejected claims."""

    sentence: Sentence
    frames: list[Frame]
    voices: list[list[Span]]
    rejected: list[list[Span]]
    evidence: list[tuple[int, str, float]]  # place, stem and polarity of the plain words


class Score(NamedTuple):
    """What is added to a row."""

    tone: float
    stance: float
    tone_class: int
    stance_class: int
    because: str


class _Framer:
    """Turn linked chunks into frames."""

    def __init__(self, sentence: Sentence, lexicon: Lexicon) -> None:
        self.s, self.lexicon = sentence, lexicon
        self.words = sentence.words
        self.frames: list[Frame] = []
        self.expected: tuple[Entry, list[Span]] | None = None  # feared or hoped of the next subject
        self.voices: list[list[Span]] = []
        self.rejected: list[list[Span]] = []

    def run(self) -> Reading:
        for chunk in self.s.chunks:
            if chunk.kind == "V" and chunk.main >= 0:
                self._verb(chunk)
            elif chunk.kind == "N":
                self._noun(chunk)
        return Reading(self.s, self.frames, self.voices, self.rejected, self._evidence())

    def _evidence(self) -> list[tuple[int, str, float]]:
        """Plain words for the learned weights: no names, which say who and not how."""
        capitals = self.s.capitals
        found = []
        for i, word in enumerate(self.words):
            if not capitals[i] or not i:
                plain = plain_word(word)
                if plain is not None:
                    found.append((i, *plain))
        return found

    # -- shared ----------------------------------------------------------------------------

    def _marked(self, name: str, part: str, word: str) -> bool:
        return f"{part}:{word}" in self.lexicon.markers[name]

    def _is(self, name: str, verb: Chunk | None) -> bool:
        """Whether the main word of a verb chunk carries a marker."""
        if verb is None or verb.main < 0:
            return False
        return self._marked(name, "verb", self.words[verb.main])

    def _readings(self, verb: Chunk) -> tuple[Entry, ...]:
        return self.lexicon.verbs.get(self.words[verb.main], ()) if verb.main >= 0 else ()

    def _head_entry(self, chunk: Chunk) -> Entry | None:
        for i in range(chunk.end - 1, chunk.start - 1, -1):
            entries = self.lexicon.nouns.get(self.words[i])
            if entries:
                return _best(entries, [prep for prep, _ in chunk.pps])
        return None

    def _bearers(self, chunks: Sequence[Chunk]) -> list[Span]:
        """Spans of those who stand behind noun chunks; an event stands for its doer."""
        found: list[Span] = []
        for chunk in chunks:
            entry = self._head_entry(chunk)
            found.append((chunk.start, chunk.end))
            if chunk.role == "subject" or chunk.end == chunk.start + 1:
                found.extend((noun.start, noun.end) for noun in chunk.owner)
            if entry is None and chunk.role == "subject":  # the visa regime with someone
                found.extend((n.start, n.end) for n in _phrases(chunk, "with"))
            for prep, group in chunk.pps:
                of_object = prep == "of" and entry is not None and "of" in entry.preps
                nested = chunk.role == "phrase" and prep not in WORDS["example preposition"]
                shared = entry is not None and (
                    (entry.family in _MUTUAL and prep in ("with", "to", "between"))
                    or (entry.family == "opinion" and prep == "of")
                )
                shared = shared and chunk.role != "subject"
                if shared or (prep in WORDS["bearer preposition"] and not of_object and not nested):
                    found.extend((noun.start, noun.end) for noun in group)
        return found

    def _polarity(self, verb: Chunk | None) -> int:
        """-1 where an odd number of negators and reversing verbs stand over the verb."""
        sign, depth = 1, 0
        while verb is not None and depth < 6:
            sign = -sign if verb.neg else sign
            if verb.complement and self._marked("reverse", "noun", verb.complement):
                sign = -sign
            if verb.complement and self._marked("averse", "noun", verb.complement):
                sign = -sign
            if verb.parent is not None and verb.complement in WORDS["plan"]:
                blamed = any(e.family == "accuse" for e in self._readings(verb.parent))
                sign = -sign if blamed else sign  # criticised the decision to invite them
            verb, depth = verb.parent, depth + 1
            if verb is not None and self._reverses(verb):
                sign = -sign
        return sign

    def _reverses(self, verb: Chunk) -> bool:
        if self._is("reverse", verb):
            return True
        if any(e.family in _ATTITUDES and "direct" in e.preps for e in self._readings(verb)):
            return True
        return any(
            self._marked("reverse", "adjective", self.words[i])
            for noun in verb.objects[-1:]
            for i in range(noun.start, noun.end)
        )

    def _is_copula(self, verb: Chunk) -> bool:
        if verb.main < 0:
            return verb.be
        word = self.words[verb.main]
        return word in WORDS["copula"] or word == "be"

    # -- verbs -----------------------------------------------------------------------------

    def _verb(self, verb: Chunk) -> None:
        word = self.words[verb.main]
        passive = self._passive(verb, word)
        subject = self._bearers(verb.subject)
        by = _phrases(verb, "by")
        if passive and not by:  # "is seen in Kazakhstan as"
            near = _phrases(verb, "among", "in")
            by = [noun for noun in near if self._acting([(noun.start, noun.end)])]
        if self._is("report", verb) or self._is("appraise", verb):
            self.voices.append(self._bearers(by) if passive else subject)
        self._reject(verb, word, subject)
        self._expect(verb, passive, subject)
        entries = self._readings(verb)
        preps = {prep for prep, _ in verb.pps}
        best = _best_verb(entries, preps, bool(verb.objects) or passive)
        if best is None:
            return
        for entry in entries:
            # "moved away from one and towards another": two readings, two objects
            if entry is best or (preps & entry.preps) - best.preps:
                self._verb_frame(verb, entry, passive, subject, by)

    def _expect(self, verb: Chunk, passive: bool, subject: list[Span]) -> None:
        """Lay what is feared, hoped or called for on the subject of the next verb."""
        if self.expected is not None and subject:
            entry, holder = self.expected
            self._add(entry, verb.main, [], subject, holder, 1)
        self.expected = None
        if verb.subject and verb.subject[0].role == "for":
            if self.words[max(0, verb.subject[0].start - 2)] in WORDS["call"]:
                self._add(_CALLED_ON, verb.main, [], subject, [], 1)
        if not verb.objects and not passive and self.words[verb.end : verb.end + 1] != ["to"]:
            for entry in _EXPECTATIONS:
                if self._is(entry.family, verb) and self._polarity(verb) > 0:
                    self.expected = (entry, subject)

    def _verb_frame(
        self, verb: Chunk, entry: Entry, passive: bool, subject: list[Span], by: list[Chunk]
    ) -> None:
        sign = self._polarity(verb)
        behind = verb.objects or _phrases(verb, *entry.preps)
        if behind and behind[0].neg:
            sign = -sign
        direct = "direct" in entry.preps
        if passive:
            agent = self._bearers(by)
            patient = subject if direct or not entry.preps else self._through(verb, entry)
        else:
            agent = subject
            # Objects given *to* someone: the receiver is meant.
            through = self._through(verb, entry)
            gives = entry.family in ("aid", "yield", "loyal")
            given = self._bearers(_phrases(verb, "to")) if gives else []
            patient = (given or self._bearers(verb.objects)) if direct and verb.objects else through
        holder = agent or ([_NOBODY] if passive else [])
        if not direct and not passive and verb.objects:  # binds one to another
            holder = self._acting(self._bearers(verb.objects)) or holder
        stance = entry.stance
        plain = verb.neg and not (verb.infinitive or verb.prep or verb.parent)
        if plain and entry.family in _HOSTILE:
            stance *= 0.4  # not to condemn is not yet to support
        self._add(entry, verb.main, agent, patient, holder, sign, stance)
        if entry.lemma in ("prefer", "favour", "favor"):
            over = self._bearers(_phrases(verb, "to"))
            self._add(entry, verb.main, [], over, agent, -sign)

    def _through(self, verb: Chunk, entry: Entry) -> list[Span]:
        """Objects behind a preposition, unless it belongs to a noun: the attack *on* someone."""
        nouns = [(self._head_entry(chunk), chunk) for chunk in verb.objects]
        claimed = [noun for head, chunk in nouns if head is not None for noun in _phrases(chunk, *head.preps)]
        found = [n for n in _phrases(verb, *entry.preps) if n.role != "for" and n not in claimed]
        return self._bearers(found)

    def _passive(self, verb: Chunk, word: str) -> bool:
        if word.endswith("ing"):
            return False
        reduced = not verb.objects and word.endswith("ed") and any(p == "by" for p, _ in verb.pps)
        return verb.be or reduced

    def _reject(self, verb: Chunk, word: str, subject: list[Span]) -> None:
        if not any(entry.family == "refute" for entry in self._readings(verb)):
            return
        claims = any(self._is_claim(noun) for noun in verb.objects or verb.subject)
        denies = not verb.objects and word.startswith(("den", "ref"))
        if (claims or denies) and self._polarity(verb) > 0:
            by = self._bearers(_phrases(verb, "by"))
            self.rejected.append(by if verb.be else subject)

    def _is_claim(self, noun: Chunk) -> bool:
        head = self.words[noun.end - 1]
        entries = self.lexicon.nouns.get(head, ())
        fearful = any(entry.family in ("fear", "threaten", "accuse") for entry in entries)
        return fearful or self._marked("claim", "noun", head)

    # -- nouns, adjectives and qualities -----------------------------------------------------

    def _noun(self, chunk: Chunk) -> None:
        self._preposition(chunk)
        if chunk.neg and self._marked("claim", "noun", self.words[chunk.end - 1]):
            self.rejected.append([])  # little evidence that
        if "so_called" in self.words[chunk.start : chunk.end]:
            return
        lexicon = self.lexicon
        for i in range(chunk.start, chunk.end):
            word = self.words[i]
            if lexicon.nouns.get(word) and self.s.tags[i] == "n":
                self._nominal(chunk, i, lexicon.nouns[word])
            if word in lexicon.adjectives:
                self._stative(chunk, i, lexicon.adjectives[word])
            if word in lexicon.qualities:
                if lexicon.qualities[word]:
                    self._quality(chunk, i, lexicon.qualities[word][0])
                if self._marked("unfounded", "quality", word):
                    self._unfounded(chunk)

    def _preposition(self, chunk: Chunk) -> None:
        bearers = self._bearers([chunk]) if chunk.prep else []
        for entry in self.lexicon.prepositions.get(chunk.prep, ()):
            holder = self._bearers(chunk.verb.subject) if chunk.verb else []
            self._add(entry, chunk.start - 1, [], bearers, holder, 1)
        if chunk.prep in WORDS["voice preposition"] or (chunk.prep == "for" and chunk.start <= 1):
            self.voices.append(bearers)
        if chunk.prep == "without" and chunk.verb is None:
            within = [chunk, *(noun for _, group in chunk.pps for noun in group)]
            self._add(_INDISPENSABLE, chunk.start - 1, [], self._bearers(within), [], 1)
        if chunk.prep == "contrary_to":
            self.rejected.append([])

    def _unfounded(self, chunk: Chunk) -> None:
        """Fears are exaggerated; it would be wrong to say."""
        verb = chunk.verb
        if verb is None or chunk.role != "object" or self._polarity(verb) < 0:
            return
        claims = any(self._is_claim(noun) for noun in verb.subject)
        if claims or self.words[chunk.start] in ("wrong", "mistaken"):
            self.rejected.append([])

    def _sign(self, chunk: Chunk, depth: int = 0) -> int:
        """Polarity of a noun: its own negator, then what governs it."""
        fronted = chunk.prep == "without" and chunk.verb is None
        turned = chunk.prep in WORDS["reversing preposition"] and not fronted
        sign = -1 if chunk.neg or turned else 1
        host, verb = chunk.host, chunk.verb
        if host is not None and depth < 4:
            if self._marked("reverse", "noun", self.words[host.end - 1]):
                sign = -sign
            return sign * self._sign(host, depth + 1)
        if verb is None:
            return sign
        if chunk.prep == "to" and self.words[verb.main].startswith("prefer"):
            return -sign
        if chunk.role == "subject":
            fading = not verb.objects and not verb.neg and self._is("reverse", verb)
            return -sign if fading else sign
        if chunk.role == "object" or chunk.prep in ("of", "in", "on", "to", "for", "with", "from"):
            sign *= self._polarity(verb)
            sign = -sign if self._is("reverse", verb) else sign
        return sign

    def _nominal(self, chunk: Chunk, i: int, entries: tuple[Entry, ...]) -> None:
        entry = _best(entries, [prep for prep, _ in chunk.pps])
        sign = self._sign(chunk)
        if entry.part == "prefix":  # anti-, pro-
            holder = self._acting([(chunk.start, i)])
            self._add(entry, i, [], [(i + 1, chunk.end)], holder, -1 if chunk.neg else 1)
            return
        agent, patient = self._roles(chunk, i, entry)
        if abs(entry.agent) >= 0.8:  # is a success, is seen as interference
            agent = agent + self._bearers(self._topics(chunk))
        stance, holder = entry.stance, self._acting(agent)
        stance, holder = self._govern(chunk, entry, holder)
        if chunk.role == "object" and entry.family in _MUTUAL and chunk.verb is not None:
            if any(e.family == "agree" for e in self._readings(chunk.verb)):
                patient = patient + self._bearers(chunk.verb.subject)  # both sides sign
        between = self._bearers(_phrases(chunk, "between"))
        if between and "between" in entry.preps:
            holder = between  # whose relation it is
        if not patient and entry.family in _FELT and chunk.verb is not None:
            patient, holder = self._felt(chunk, chunk.verb, agent, holder)
            sign = 1 if chunk.prep == "with" else sign
        quality = self._described(chunk, i)
        if entry.family in _DESCRIBED and not quality and self._described(chunk, i, 0.4) > 0:
            stance = max(stance, 0.8)  # close ties
        if entry.family in _DESCRIBED and quality:
            stance = max(stance, 0.8) if quality > 0 else -0.8
            entry = entry._replace(object=(0.8 if entry.family == "opinion" else 0.6) * quality)
        elif quality < 0 < entry.agent:
            sign = -sign
        entry = self._kept(chunk, entry, sign)
        self._add(entry, i, agent, patient, holder, sign, stance)

    def _roles(self, chunk: Chunk, i: int, entry: Entry) -> tuple[list[Span], list[Span]]:
        """Doers and objects of the event that a noun names."""
        agent: list[Span] = [(chunk.start, i)] if i > chunk.start else []
        agent += [(noun.start, noun.end) for noun in chunk.owner]
        patient: list[Span] = []
        phrases = chunk.pps if self._heads(chunk, i) else []
        verb = chunk.verb
        if phrases is not None and chunk.role == "subject" and verb is not None:
            if verb.main >= 0 and not verb.objects and self.words[verb.main].endswith("ed"):
                phrases = phrases + verb.pps  # sanctions imposed on someone
        for prep, group in phrases:
            if group[0].role == "for":
                continue  # "the need for them to act": no object, but the subject of an infinitive
            if prep in entry.preps:
                patient += self._bearers(group)
            elif prep in WORDS["bearer preposition"]:
                agent += self._bearers(group)
        behind = chunk.role == "phrase" and chunk.prep in ("to", "in", "with") and not chunk.host
        carried = (chunk.role == "object" or behind) and self._is("light", verb)
        if carried and not self._acting(agent):
            agent = self._bearers(verb.subject) if verb else agent  # exerts pressure, offers help
        return agent, patient

    def _heads(self, chunk: Chunk, i: int) -> bool:
        return i == chunk.end - 1 or self.words[i + 1] in self.lexicon.nouns

    def _felt(
        self, chunk: Chunk, verb: Chunk, agent: list[Span], holder: list[Span]
    ) -> tuple[list[Span], list[Span]]:
        """Object and holder of a feeling named after a verb."""
        if chunk.role == "object" and self._is("cause", verb):  # stirs unease, wins respect
            among = self._bearers(_phrases(chunk, "among", "in"))
            return self._bearers(verb.subject), self._acting(agent + among)
        if chunk.prep == "with":  # is met with suspicion, views it with alarm
            passive = verb.main >= 0 and (verb.be or self.words[verb.main] in ("met", "meets"))
            seers = _phrases(verb, "by", "in", "among") if passive else verb.subject
            seen = verb.subject if passive else verb.objects
            return self._bearers(seen), self._acting(self._bearers(seers))
        return [], holder

    def _kept(self, chunk: Chunk, entry: Entry, sign: int) -> Entry:
        """Keep or drop tones that a turned sign would falsify."""
        own = chunk.neg or (chunk.prep in WORDS["reversing preposition"] and chunk.verb is not None)
        if chunk.host and self._marked("reverse", "noun", self.words[chunk.host.end - 1]):
            own = not own
        if sign < 0 and not own and entry.agent < 0:
            # Resisting pressure does not make the pressure kind: undone when the sign is applied.
            entry = entry._replace(agent=entry.agent / _NEGATED_POSITIVE)
            if entry.family == "dominate":
                entry = entry._replace(object=entry.object / _NEGATED_POSITIVE)
        if entry.agent > 0 and self._doubted(chunk):
            entry = entry._replace(agent=0.0)  # doubts about their reliability
        return entry

    def _doubted(self, chunk: Chunk) -> bool:
        if chunk.host is not None:
            entry = self._head_entry(chunk.host)
            return entry is not None and entry.object <= -0.5
        if chunk.verb is None or chunk.role != "object":
            return False
        return any(entry.object <= -0.3 for entry in self._readings(chunk.verb))

    def _acting(self, agent: list[Span]) -> list[Span]:
        """Agent spans that name somebody; "any military alliance" names nobody."""
        known, capitals = _people(), self.s.capitals
        return [
            (a, b)
            for a, b in agent
            if any(self.words[i] in known or (capitals[i] and i) for i in range(a, b))
        ]

    def _govern(self, chunk: Chunk, entry: Entry, agent: list[Span]) -> tuple[float, list[Span]]:
        """Stance toward the object of a noun, and whose, in the light of the verb."""
        verb, stance = chunk.verb, entry.stance
        if verb is None:
            return stance, agent
        if self._is("boost", verb) and 0 < stance < 1:
            stance = min(1.0, 2.2 * stance)
        if chunk.role == "subject" and entry.family in _DESCRIBED and self._is_copula(verb):
            return 0.0, agent  # the predicate tells: relations are tense
        if chunk.role == "subject" or (entry.family in _FELT and self._is("cause", verb)):
            return stance, agent  # whoever stirs a feeling need not have it
        outer = self._acting(self._bearers(verb.subject))
        attitude = any(e.stance <= -0.9 and e.agent > -0.5 for e in self._readings(verb))
        if attitude and not self._is("reverse", verb):
            return -stance, outer
        return stance, agent or outer

    def _described(self, chunk: Chunk, i: int, least: float = 0.9) -> float:
        for j in range(chunk.start, i):
            for entry in self.lexicon.qualities.get(self.words[j], ()):
                if entry.part == "quality" and abs(entry.agent) > least:
                    return entry.agent
        return 0.0

    def _stative(self, chunk: Chunk, i: int, entries: tuple[Entry, ...]) -> None:
        preps = [prep for prep, _ in chunk.pps]
        entry = next((e for e in entries if any(p in e.preps for p in preps)), None)
        if entry is None:
            return
        patient = self._bearers(_phrases(chunk, *entry.preps))
        verb = chunk.verb
        if verb is not None and chunk.role == "object":
            agent, sign = self._bearers(verb.subject), self._polarity(verb)
        else:
            agent, sign = ([(chunk.start, i)] if i > chunk.start else []), 1
        sign = -sign if chunk.neg or self._lessened(i) else sign
        self._add(entry, i, agent, patient, agent, sign)

    def _quality(self, chunk: Chunk, i: int, entry: Entry) -> None:
        bearers, sign = self._bearers_of_quality(chunk, i, entry)
        spoilt = entry.part == "role" and entry.agent > 0 > self._described(chunk, i, 0.4)
        if not bearers or spoilt:  # a fickle partner is no praise
            return
        holder = self._owner_of_role(chunk, i) if entry.part == "role" else []
        if chunk.neg or self._lessened(i):
            sign = -sign
        # A quality has a bearer, not an object: its tone stands in the agent column.
        said = entry._replace(object=entry.agent)
        judges = self._acting(self._bearers(_phrases(chunk, "to", "among", "with")))
        if entry.part == "quality" and judges:  # popular among, anathema to
            said, holder = said._replace(part="verb", stance=0.8 * entry.agent), judges
        self._add(said, i, [], bearers, holder, sign)
        if chunk.verb is not None and chunk.role == "object" and self._is_copula(chunk.verb):
            self._relation(chunk.verb.subject, i, entry, sign)

    def _relation(self, topics: list[Chunk], i: int, entry: Entry, sign: int) -> None:
        """Relations with someone are tense; views of someone are favourable."""
        for topic in topics[:1]:
            head = self._head_entry(topic)
            if head is not None and head.family in _DESCRIBED:
                parties = self._bearers(_phrases(topic, *head.preps))
                holder = self._acting([(topic.start, topic.end)])
                value = 0.8 * entry.agent
                said = entry._replace(part="noun", object=value, stance=value)
                self._add(said, i, [], parties, holder, sign)

    def _lessened(self, i: int) -> bool:
        return i > 0 and self.words[i - 1] in WORDS["lessening"]

    def _owner_of_role(self, chunk: Chunk, i: int) -> list[Span]:
        owner = [(noun.start, noun.end) for noun in chunk.owner]
        tags = self.s.tags
        if "g" in tags[chunk.start : i]:
            owner.append((chunk.start, tags.rindex("g", chunk.start, i)))
        phrases = _phrases(chunk, "of", "to", "for")
        return owner + self._acting([(noun.start, noun.end) for noun in phrases])

    def _bearers_of_quality(self, chunk: Chunk, i: int, entry: Entry) -> tuple[list[Span], int]:
        verb, inside = chunk.verb, self._inside(chunk, i, entry)
        if verb is None:
            return inside, 1
        topics = self._topics(chunk)
        if not topics and chunk in verb.subject[1:]:  # in apposition
            return self._bearers(verb.subject[:1]) + inside, 1
        return self._bearers(topics) + inside, self._polarity(verb) if topics else 1

    def _topics(self, chunk: Chunk) -> list[Chunk]:
        """Nouns that a predicate chunk is said of."""
        verb = chunk.verb
        if verb is None:
            return []
        if chunk.prep == "as" and chunk.role == "phrase":
            # One who replaces another *as* partner is the partner now.
            succeeds = any(reading.family == "succeed" for reading in self._readings(verb))
            active = verb.objects and not verb.be and not succeeds
            return verb.objects if active else verb.subject
        if chunk in verb.objects and self._is_copula(verb):
            return verb.subject
        if chunk in verb.objects and self._is("appraise", verb):
            return verb.subject if verb.be else verb.objects[:1]
        return []

    def _inside(self, chunk: Chunk, i: int, entry: Entry) -> list[Span]:
        """Find what a quality describes within its own noun chunk."""
        if entry.family == "standing":
            return []  # "the Russian model" is a name, "is a model" a judgement
        words, tags = self.words, self.s.tags
        rest = words[i + 1 : chunk.end]
        nouns, qualities = self.lexicon.nouns, self.lexicon.qualities
        if any(abs(e.agent) + abs(e.object) > 0.5 for word in rest for e in nouns.get(word, ())):
            return []
        if any(e.part == "role" for word in rest for e in qualities.get(word, ())) or entry.part == "role":
            # "the country's Russian ally": the owner is not the ally
            return [(max(tags.rfind("g", chunk.start, chunk.end) + 1, chunk.start), chunk.end)]
        if not rest:  # last in its chunk: "with the country bogged down"
            follows = i > chunk.start and tags[i - 1] == "n"
            participle = chunk.prep == "with" or "_" in words[i] or words[i].endswith("ed")
            return [(chunk.start, chunk.end)] if follows and participle else []
        if rest[-1] in WORDS["trait"]:
            return self._bearers([chunk])
        return [(chunk.start, chunk.end)]

    def _add(
        self,
        entry: Entry,
        at: int,
        agent: list[Span],
        patient: list[Span],
        holder: list[Span],
        sign: int,
        stance: float | None = None,
    ) -> None:
        stance = entry.stance if stance is None else stance
        if agent or patient:
            self.frames.append(Frame(entry, at, agent, patient, holder, sign, stance))


def _phrases(chunk: Chunk, *preps: str) -> list[Chunk]:
    """Nouns of a chunk's phrases with one of these prepositions."""
    return [noun for prep, group in chunk.pps if prep in preps for noun in group]


def _best(entries: tuple[Entry, ...], preps: list[str]) -> Entry:
    """Choose the reading whose preposition follows; else the first."""
    for prep in preps:
        for entry in entries:
            if prep in entry.preps:
                return entry
    return entries[0]


def _best_verb(entries: tuple[Entry, ...], preps: set[str], direct: bool) -> Entry | None:
    best, best_score = None, 0.0
    for entry in entries:
        score = 0.4 if not entry.preps or "direct" in entry.preps else 0.0
        if direct and "direct" in entry.preps:
            score = 2.0
        elif not entry.preps:
            score = 1.0
        if preps & entry.preps:
            score += 1.5
        if entry.family == "neutral":
            score *= 0.3  # speaks only where no other reading does
        if score > best_score:
            best, best_score = entry, score
    return best


@lru_cache(maxsize=1)
def _people() -> frozenset[str]:
    names = frozenset(alias.replace(" ", "_") for alias in actor_names())
    kinds = ("domestic actor", "third party", "first person", "third person")
    return names.union(*(WORDS[kind] for kind in kinds))


@lru_cache(maxsize=256)
def read_frames(text: str) -> Reading:
    """Read a sentence once, whatever its targets."""
    lexicon = load_lexicon()
    reading = _Framer(read(text, lexicon), lexicon).run()
    reading.sentence.forget_chunks()
    return reading


class Subject:
    """Who counts as the subject in a sentence."""

    def __init__(self, subject: str | Iterable[str], first_person: bool) -> None:
        given = [subject] if isinstance(subject, str) else list(subject)
        names = {name.lower() for name in given}
        states = {actor_names().get(name) for name in names} - {None}
        names |= {alias for alias, state in actor_names().items() if state in states}
        self.names = frozenset(name.replace(" ", "_") for name in names)
        self.first_person = first_person
        self.words = self.names | (WORDS["first person"] if first_person else frozenset())
        self.others = frozenset(a.replace(" ", "_") for a in actor_names()) - self.words

    def within(self, found: list[Span], sentence: Sentence) -> bool:
        """Whether the subject is named in some spans."""
        words = sentence.words
        return any(not self.words.isdisjoint(words[start:end]) for start, end in found)

    def other_mentions(self, power: str, sentence: Sentence, first: int) -> list[int]:
        """Places of the same power under any of its names."""
        names = power_names(power)
        return [i for i, word in enumerate(sentence.words) if word in names and i != first]

    def weight(self, holder: list[Span], sentence: Sentence) -> float:
        """How surely the holder of a stance is the subject (0 to 1)."""
        inside = [sentence.words[i] for start, end in holder for i in range(start, end)]
        if not inside:
            return _NOBODY_HOLDER if holder else _DEFAULT_HOLDER
        if any(word in self.words for word in inside):
            return 1.0
        strangers = WORDS["third party"] | WORDS["first person"]  # "we" may be the author
        if any(word in self.others or word in strangers for word in inside):
            return 0.0
        if any(word in WORDS["domestic actor"] for word in inside):
            return 0.8
        if any(word in WORDS["third person"] for word in inside):
            return 0.7
        return _OTHER_HOLDER


@dataclass(slots=True)
class Tally:
    """Running sums of one mention, with the reasons."""

    tone: float = 0.0
    stance: float = 0.0
    reasons: list[str] = field(default_factory=list)


def weigh(text: str, start: int, end: int, power: str, subject: Subject) -> Tally:
    """Add up what the frames of a sentence say of the target at these character offsets."""
    reading = read_frames(text)
    first, last = locate(reading.sentence, start, end)
    tally = _add_up(reading, first, last, subject)
    if not tally.reasons:  # the same power under another name
        for at in subject.other_mentions(power, reading.sentence, first):
            tally = _add_up(reading, at, at, subject)
            if tally.reasons:
                break
    if reading.rejected:
        _turn_rejected(tally, reading, subject)
    return tally


def _add_up(reading: Reading, first: int, last: int, subject: Subject) -> Tally:
    tally = Tally()
    spoken = subject.first_person or any(
        subject.weight(voice, reading.sentence) >= 0.8 for voice in reading.voices if voice
    )
    for frame in reading.frames:
        if first <= frame.at <= last:
            continue  # a word of the target's own name
        in_object = _touches(frame.object, first, last)
        in_agent = _touches(frame.agent, first, last)
        if not in_object and frame.entry.part == "role" and _touches(frame.holder, first, last):
            stance = frame.stance * frame.sign
            if subject.within(frame.object, reading.sentence):  # is an ally of the target
                tally.stance += stance
                tally.reasons.append(_reason(frame, True, 0.0, stance))
        elif in_object or in_agent:
            tone = _tone(frame, in_object)
            stance = _stance(frame, in_object, in_agent, spoken, reading.sentence, subject)
            stance += _VOICED * tone if spoken else 0.0
            tally.tone += tone
            tally.stance += stance
            if tone or stance:
                tally.reasons.append(_reason(frame, in_object, tone, stance))
    return tally


def _turn_rejected(tally: Tally, reading: Reading, subject: Subject) -> None:
    """Silence a rejected claim; one that the subject rejects says the reverse."""
    refuters = [refuter for refuter in reading.rejected if refuter]
    by_subject = any(subject.weight(refuter, reading.sentence) >= 0.8 for refuter in refuters)
    tally.stance = -(tally.tone or tally.stance) if by_subject else 0.0
    tally.tone = -0.6 * tally.tone if by_subject else 0.0
    tally.reasons.append("claim rejected" + (" by the subject" if by_subject else ""))


def _touches(found: list[Span], first: int, last: int) -> bool:
    return any(start <= last and first < end for start, end in found)


def _tone(frame: Frame, in_object: bool) -> float:
    value = frame.entry.object if in_object else frame.entry.agent
    if frame.sign > 0:
        return value
    if frame.entry.family == "dominate" and value < 0:
        return 0.0  # not to control is no merit
    if value > 0:
        return value * _NEGATED_POSITIVE
    return value * (_NEGATED_OBJECT if in_object else _NEGATED_NEGATIVE)


def _stance(
    frame: Frame,
    in_object: bool,
    in_agent: bool,
    spoken: bool,
    sentence: Sentence,
    subject: Subject,
) -> float:
    mutual = frame.entry.family in _MUTUAL
    if not in_object:  # one and the other cooperate
        shared = frame.entry.family == "cooperate" and not frame.object
        shared = shared and subject.within(frame.agent, sentence)
        return frame.stance * frame.sign if shared else 0.0
    if in_agent and not mutual:
        return 0.0
    weight = subject.weight(frame.holder, sentence)
    if weight <= _DEFAULT_HOLDER and frame.entry.family in _DEEDS:
        weight = 0.0  # an attack by nobody in particular is nobody's stance
    if subject.within(frame.object, sentence):
        weight = 1.0
    elif frame.entry.part in ("role", "quality") and not frame.holder and not spoken:
        weight = _UNCLAIMED
    stance = frame.stance
    if frame.sign < 0:  # to refuse even a little is distance
        stance = -max(0.6, stance) if stance > 0.3 else -stance
    return stance * weight


def _reason(frame: Frame, in_object: bool, tone: float, stance: float) -> str:
    role = "object" if in_object else "agent"
    turned = ", turned" if frame.sign < 0 else ""
    said = f"tone {tone:+.1f} stance {stance:+.1f}"
    return f"{frame.entry.lemma} [{frame.entry.family}, {role}{turned}] {said}"


def locate(sentence: Sentence, start: int, end: int) -> Span:
    """First and last word of the target; (-1, -1) where it has none."""
    first = bisect_right(sentence.ends, start)
    last = bisect_left(sentence.starts, end) - 1
    return (first, last) if first <= last else (-1, -1)


def frame_features(
    reading: Reading, first: int, last: int, tally: Tally, subject: Subject
) -> Iterator[Feature]:
    """Give the features of rules, frames and subject for the learned weights."""
    for name, value in (("tone by rules", tally.tone), ("stance by rules", tally.stance)):
        yield signed(name, _clip(value, 1.5))
    named = any(word in subject.words for word in reading.sentence.words)
    yield ("subject named" if named else "subject not named"), 1.0
    if subject.first_person:
        yield "first person", 1.0
    for frame in reading.frames:
        if first <= frame.at <= last:
            continue
        sign = "" if frame.sign > 0 else " turned"
        in_object = _touches(frame.object, first, last)
        if in_object or _touches(frame.agent, first, last):
            kind = f"{frame.entry.family} {'object' if in_object else 'agent'}{sign}"
            yield f"family:{kind}", 1.0
            if in_object:
                yield f"family:{kind} of {_holder(subject.weight(frame.holder, reading.sentence))}", 1.0
        else:
            distance = first - frame.at if frame.at < first else frame.at - last
            yield f"family:{frame.entry.family} near{sign}", 1 / (1 + distance / 8)


def _holder(weight: float) -> str:
    return "subject" if weight >= 0.8 else "another" if weight == 0 else "somebody"


def features_of(
    reading: Reading, first: int, last: int, tally: Tally, subject: Subject
) -> tuple[list[Feature], Chances]:
    """Collect a target's features; those learned from news speak to the others as two more."""
    words = reading.sentence.words

    def stem(i: int) -> str:
        return stem_of(words[i]) if 0 <= i < len(words) else "."

    features = list(word_features(reading.evidence, first, last, stem))
    features += frame_features(reading, first, last, tally, subject)
    news = chances(features, "news_weights.csv")
    features += [("news:unfavourable", 3 * news.below), ("news:favourable", 3 * news.above)]
    return features, news


def score_one(text: str, start: int, end: int, power: str, subject: Subject) -> Score:
    """Score one mention."""
    tally = weigh(text, start, end, power, subject)
    reading = read_frames(text)
    first, last = locate(reading.sentence, start, end)
    features, tone = features_of(reading, first, last, tally, subject)
    by_rules = Score(
        _clip(tally.tone),
        _clip(tally.stance),
        _class(tally.tone, TONE_FROM),
        _class(tally.stance, STANCE_FROM),
        "; ".join(tally.reasons),
    )
    if not is_power(power):  # persons and parties: learned for tone, rules for stance
        because = "; ".join([*tally.reasons, f"tone words: {tone.because}"])
        return by_rules._replace(tone=tone.score, tone_class=tone.likeliest, because=because)
    if reading.rejected and not subject.first_person:
        return by_rules  # the words speak for the claim, not for its rejection
    found = [
        chances(features, "state_weights.csv", i, _push(value, subject))
        for i, value in enumerate((tally.tone, tally.stance))
    ]
    names = ("tone words", "stance words")
    said = [f"{name}: {c.because}" for name, c in zip(names, found, strict=True) if c.because]
    tone, by = found
    return Score(tone.score, by.score, tone.likeliest, by.likeliest, "; ".join([*tally.reasons, *said]))


def _push(value: float, subject: Subject) -> tuple[float, float]:
    """Let the rules weigh more outside speeches, where who holds a position must be read."""
    if subject.first_person:
        return 0.0, 0.0
    if not value:
        return -_SILENCE, -_SILENCE
    value = _RULES * _clip(value)
    return (-value, value / 2) if value < 0 else (-value / 2, value)


def _clip(value: float, most: float = 1.0) -> float:
    return max(-most, min(most, value))


def _class(value: float, least: float) -> int:
    return int(value >= least) - int(value <= -least)


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
    table = table.astype(types)
    return frame.assign(**{name: table[name] for name in Score._fields})


def score_mentions(
    mentions: Sequence[tuple[str, int, int, str]], subject: str | Iterable[str], first_person: bool
) -> list[Score]:
    """Score text, start, end and power of each mention; unlike `score_targets`, check nothing."""
    who = _subject((subject,) if isinstance(subject, str) else tuple(subject), first_person)
    # Sorted, so that the mentions of a sentence stand together and it is read once.
    with _no_collection():
        known = {m: score_one(*_within(*m), who) for m in sorted(set(mentions), key=itemgetter(0))}
    return [known[mention] for mention in mentions]


def _within(text: str, start: int, end: int, power: str) -> tuple[str, int, int, str]:
    """Take the part of an overlong sentence in which a mention stands; the time is linear then."""
    if len(text) <= _LONGEST:
        return text, start, end, power
    first = int(start) - int(start) % _PART
    return text[first : max(int(end), first + _PART)], start - first, end - first, power


@lru_cache(maxsize=256)
def _subject(names: tuple[str, ...], first_person: bool) -> Subject:
    return Subject(names, first_person)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Pause cyclic garbage collection, half of the time otherwise; no cycles are left behind."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _check(frame: pd.DataFrame) -> None:
    """Refuse rows that cannot be scored, and name the first."""
    missing = [name for name in ("text", "start", "end", "power") if name not in frame.columns]
    if missing:
        raise ValueError(f"columns missing: {', '.join(missing)}")
    rows = zip(frame.index, frame["text"], frame["start"], frame["end"], strict=True)
    for label, text, start, end in rows:
        if not isinstance(text, str):
            raise ValueError(f"row {label!r}: text is not a string")
        if not (start == int(start) and end == int(end)) if _numbers(start, end) else True:
            raise ValueError(f"row {label!r}: offsets {start!r}, {end!r} are not whole numbers")
        if not 0 <= start < end <= len(text):
            raise ValueError(
                f"row {label!r}: offsets {start}, {end} do not fit a text of {len(text)} characters"
            )


def _numbers(*values: object) -> bool:
    return all(isinstance(v, Real) and v == v and abs(v) != float("inf") for v in values)
