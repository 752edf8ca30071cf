"""Frames: each cue of the lexicon in a sentence, with the words that play its roles.

A cue ("condemn", "reliance on", "wary of", "ally") says something of who does it (agent) and of
whom it is done to (object), and whose position it is (holder). `Reading` finds them in the linked
chunks of `kzpolicy.scores.clauses`: verbs first look at voice and prepositions, nouns at what hangs on
them and what governs them, qualities at what they are said of. Negation and reversal ("refused
to", "without", "no plans to") give each frame its sign. Beside frames a reading has the voices that
report and the claims that are rejected; `kzpolicy.scores.targeted` adds all up for one target.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kzpolicy.scores.clauses import Chunk, Span, read
from kzpolicy.scores.lexicons import ACTORS, WORDS, Entry, load_lexicon

Spans = list[Span]

NEGATED_POSITIVE = -0.7  # a negated praise is blame, though a weaker one
MUTUAL = frozenset("cooperate agree consult trust".split())  # both sides share these
_DESCRIBED = MUTUAL | {"opinion"}  # an adjective tells which way these point
_ATTITUDES = frozenset("fear reject resist".split())  # these turn what they govern around
_HOSTILE = frozenset("accuse threaten coerce assault dominate sanction protest fear".split())
_FELT = frozenset("fear praise trust protest reject resist accuse".split())
_NO_VERB = Chunk("V", 0, 0)  # governs what no verb governs
_NOBODY = (-1, -1)  # an agent that is left unsaid, as in a short passive
_INDISPENSABLE = Entry("without", "preposition", frozenset(), "depend", 0.0, 0.5, 0.8)
_CALLED_ON = Entry("call for", "verb", frozenset(), "request", 0.0, -0.5, -0.5)
_EXPECTATIONS = (
    Entry("fear that", "verb", frozenset(), "dreaded", 0.0, -0.6, -0.6),
    Entry("hope that", "verb", frozenset(), "hoped", 0.0, 0.3, 0.6),
)
_PEOPLE = WORDS["domestic actor"] | WORDS["third party"] | WORDS["first person"] | WORDS["third person"]
_PEOPLE |= set(ACTORS)


@dataclass(slots=True)
class Frame:
    """One cue with the words that play its roles."""

    entry: Entry
    at: int
    agent: Spans
    object: Spans
    holder: Spans  # whose stance it is
    sign: int


class Reading:
    """A sentence with its frames, reporting voices and rejected claims."""

    def __init__(self, text: str) -> None:
        self.lexicon = load_lexicon()
        self.markers = self.lexicon.markers
        self.sentence = read(text, self.lexicon)
        self.words, self.tags = self.sentence.words, self.sentence.tags
        self.known, self.capitals = self.sentence.known, self.sentence.capitals
        self.frames: list[Frame] = []
        self.voices: list[Spans] = []
        self.rejected: list[Spans] = []  # by whom
        self.expected: tuple[Entry, Spans] | None = None  # feared or hoped of the next subject
        for chunk in self.sentence.chunks:
            if chunk.kind == "V" and chunk.main >= 0:
                self._verb(chunk)
            elif chunk.kind == "N":
                if chunk.prep:
                    self._preposition(chunk)
                self._noun(chunk)

    def _add(self, entry: Entry, at: int, agent: Spans, patient: Spans, holder: Spans, sign: int = 1) -> None:
        if agent or patient:
            self.frames.append(Frame(entry, at, agent, patient, holder, sign))

    # -- shared ----------------------------------------------------------------------------

    def _main(self, verb: Chunk) -> str:
        return self.words[verb.main] if verb.main >= 0 else ""

    def _is(self, family: str, verb: Chunk) -> bool:
        """Whether the main word of a verb chunk marks a family."""
        return verb.main >= 0 and self.words[verb.main] in self.markers[family, "verb"]

    def _is_copula(self, verb: Chunk) -> bool:
        return verb.be if verb.main < 0 else self.words[verb.main] in WORDS["copula"]

    def _readings(self, verb: Chunk) -> Sequence[Entry]:
        return self.lexicon.verbs.get(self.words[verb.main], ()) if verb.main >= 0 else ()

    def _families(self, verb: Chunk) -> list[str]:
        return [entry.family for entry in self._readings(verb)]

    def _head_entry(self, chunk: Chunk) -> Entry | None:
        for i in range(chunk.end - 1, chunk.start - 1, -1):
            entries = self.lexicon.nouns.get(self.words[i])
            if entries:
                return _best(entries, chunk)
        return None

    def _is_claim(self, noun: Chunk) -> bool:
        head = self.words[noun.end - 1]
        entries = self.lexicon.nouns.get(head, ())
        fearful = any(entry.family in ("fear", "threaten", "accuse") for entry in entries)
        return fearful or head in self.markers["claim", "noun"]

    def _bearers(self, chunks: Sequence[Chunk]) -> Spans:
        """Spans of those who stand behind noun chunks; an event stands for its doer."""
        found: Spans = []
        for chunk in chunks:
            subject = chunk.role == "subject"
            found.append((chunk.start, chunk.end))
            if chunk.owner and (subject or chunk.end == chunk.start + 1):
                found += _spans(chunk.owner)
            if not chunk.pps:
                continue
            entry = self._head_entry(chunk)
            if entry is None and subject:  # the visa regime with someone
                found += _spans(_phrases(chunk, "with"))
            for prep, group in chunk.pps:
                of_object = prep == "of" and entry is not None and "of" in entry.preps
                nested = chunk.role == "phrase" and prep not in WORDS["example preposition"]
                shared = entry is not None and (
                    (entry.family in MUTUAL and prep in ("with", "to", "between"))
                    or (entry.family == "opinion" and prep == "of")
                )
                behind = prep in WORDS["bearer preposition"] and not of_object and not nested
                if behind or (shared and not subject):
                    found += _spans(group)
        return found

    def _acting(self, spans: Spans) -> Spans:
        """Spans that name somebody; "any military alliance" names nobody."""
        return [
            (start, end)
            for start, end in spans
            if not _PEOPLE.isdisjoint(self.words[start:end]) or True in self.capitals[start:end]
        ]

    def _polarity(self, verb: Chunk) -> int:
        """-1 where an odd number of negators and reversing verbs stand over the verb."""
        turns = 0
        above: Chunk | None = verb
        for _ in range(6):
            if above is None:
                break
            turns += above.neg + (above.complement in self.markers["reverse", "noun"])
            turns += above.complement in self.markers["averse", "noun"]
            if above.parent is not None:
                turns += self._reverses(above.parent)
                if above.complement in WORDS["plan"]:  # criticised the decision to invite them
                    turns += "accuse" in self._families(above.parent)
            above = above.parent
        return -1 if turns % 2 else 1

    def _reverses(self, verb: Chunk) -> bool:
        if self._is("reverse", verb):
            return True
        if [e for e in self._readings(verb) if e.family in _ATTITUDES and "direct" in e.preps]:
            return True
        reversing = self.markers["reverse", "adjective"]
        return any(not reversing.isdisjoint(self.words[n.start : n.end]) for n in verb.objects[-1:])

    # -- verbs -----------------------------------------------------------------------------

    def _verb(self, verb: Chunk) -> None:
        word, by = self._main(verb), _phrases(verb, "by")
        reduced = word.endswith("ed") and not verb.objects and bool(by)
        passive = (verb.be or reduced) and not word.endswith("ing")
        subject = self._bearers(verb.subject)
        if passive and not by:  # "is seen in Kazakhstan as"
            by = [noun for noun in _phrases(verb, "among", "in") if self._acting(_spans([noun]))]
        if self._is("report", verb) or self._is("appraise", verb):
            self.voices.append(self._bearers(by) if passive else subject)
        entries = self._readings(verb)
        if "refute" in [entry.family for entry in entries]:
            self._reject(verb, subject)
        self._expect(verb, passive, subject)
        preps = {prep for prep, _ in verb.pps} if entries else set()
        best = _best_verb(entries, preps, bool(verb.objects) or passive)
        if best is None:
            return
        for entry in entries:
            # "moved away from one and towards another": two readings, two objects
            if entry is best or (preps & entry.preps) - best.preps:
                self._verb_frame(verb, entry, passive, subject, by)

    def _reject(self, verb: Chunk, subject: Spans) -> None:
        """Note who refutes a claim: fears are dismissed, someone denies."""
        claims = any(self._is_claim(noun) for noun in verb.objects or verb.subject)
        denies = not verb.objects and self.words[verb.main].startswith(("den", "ref"))
        if (claims or denies) and self._polarity(verb) > 0:
            self.rejected.append(self._bearers(_phrases(verb, "by")) if verb.be else subject)

    def _expect(self, verb: Chunk, passive: bool, subject: Spans) -> None:
        """Lay what is feared, hoped or called for on the subject of the next verb."""
        if self.expected is not None and subject:
            entry, holder = self.expected
            self._add(entry, verb.main, [], subject, holder)
        self.expected = None
        if verb.subject and verb.subject[0].role == "for":
            if self.words[max(0, verb.subject[0].start - 2)] in WORDS["call"]:
                self._add(_CALLED_ON, verb.main, [], subject, [])
        if not verb.objects and not passive and self.words[verb.end : verb.end + 1] != ["to"]:
            for entry in _EXPECTATIONS:
                if self._is(entry.family, verb) and self._polarity(verb) > 0:
                    self.expected = (entry, subject)

    def _verb_frame(self, verb: Chunk, entry: Entry, passive: bool, subject: Spans, by: list[Chunk]) -> None:
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
            gives = entry.family in ("aid", "yield", "loyal")
            given = self._bearers(_phrases(verb, "to")) if gives else []
            if direct and verb.objects:
                patient = given or self._bearers(verb.objects)
            else:
                patient = self._through(verb, entry)
        holder = agent or ([_NOBODY] if passive else [])
        if not direct and not passive:  # binds one to another
            holder = self._acting(self._bearers(verb.objects)) or holder
        if verb.neg and not (verb.infinitive or verb.prep or verb.parent) and entry.family in _HOSTILE:
            entry = entry._replace(stance=0.4 * entry.stance)  # not to condemn is not yet to support
        self._add(entry, verb.main, agent, patient, holder, sign)
        if entry.lemma in ("prefer", "favour", "favor"):
            self._add(entry, verb.main, [], self._bearers(_phrases(verb, "to")), agent, -sign)

    def _through(self, verb: Chunk, entry: Entry) -> Spans:
        """Objects behind a preposition, unless it belongs to a noun: the attack *on* someone."""
        nouns = [(self._head_entry(chunk), chunk) for chunk in verb.objects]
        claimed = [noun for head, chunk in nouns if head is not None for noun in _phrases(chunk, *head.preps)]
        found = [n for n in _phrases(verb, *entry.preps) if n.role != "for" and n not in claimed]
        return self._bearers(found)

    # -- nouns and prepositions --------------------------------------------------------------

    def _noun(self, chunk: Chunk) -> None:
        if chunk.neg and self.words[chunk.end - 1] in self.markers["claim", "noun"]:
            self.rejected.append([])  # little evidence that
        lexicon, known = self.lexicon, self.known
        for i in range(chunk.start, chunk.end):
            if not known[i].cue or "so_called" in self.words[chunk.start : chunk.end]:
                continue
            word = self.words[i]
            if lexicon.nouns.get(word) and self.tags[i] == "n":
                self._nominal(chunk, i, lexicon.nouns[word])
            if word in lexicon.adjectives:
                self._stative(chunk, i, lexicon.adjectives[word])
            if word in lexicon.qualities:
                if lexicon.qualities[word]:
                    self._quality(chunk, i, lexicon.qualities[word][0])
                if word in self.markers["unfounded", "quality"]:
                    self._unfounded(chunk)

    def _preposition(self, chunk: Chunk) -> None:
        for entry in self.lexicon.prepositions.get(chunk.prep, ()):
            holder = self._bearers((chunk.verb or _NO_VERB).subject)
            self._add(entry, chunk.start - 1, [], self._bearers([chunk]), holder)
        if chunk.prep in WORDS["voice preposition"] or (chunk.prep == "for" and chunk.start <= 1):
            self.voices.append(self._bearers([chunk]))
        if chunk.prep == "without" and chunk.verb is None:
            within = [chunk, *(noun for _, group in chunk.pps for noun in group)]
            self._add(_INDISPENSABLE, chunk.start - 1, [], self._bearers(within), [])
        if chunk.prep == "contrary_to":
            self.rejected.append([])

    def _unfounded(self, chunk: Chunk) -> None:
        """Fears are exaggerated; it would be wrong to say."""
        verb = chunk.verb or _NO_VERB
        claims = any(self._is_claim(noun) for noun in verb.subject)
        if chunk.role == "object" and (claims or self.words[chunk.start] in ("wrong", "mistaken")):
            if self._polarity(verb) > 0:
                self.rejected.append([])

    def _nominal(self, chunk: Chunk, i: int, entries: Sequence[Entry]) -> None:
        entry = _best(entries, chunk)
        if entry.part == "prefix":  # anti-, pro-
            holder = self._acting([(chunk.start, i)])
            self._add(entry, i, [], [(i + 1, chunk.end)], holder, -1 if chunk.neg else 1)
            return
        sign, verb = self._sign(chunk), chunk.verb or _NO_VERB
        agent, patient = self._roles(chunk, i, entry)
        if abs(entry.agent) >= 0.8:  # is a success, is seen as interference
            agent = agent + self._bearers(self._topics(chunk))
        stance, holder = self._govern(chunk, entry, self._acting(agent))
        if chunk.role == "object" and entry.family in MUTUAL and "agree" in self._families(verb):
            patient = patient + self._bearers(verb.subject)  # both sides sign
        between = self._bearers(_phrases(chunk, "between"))
        if between and "between" in entry.preps:
            holder = between  # whose relation it is
        if not patient and entry.family in _FELT and chunk.verb:
            patient, holder = self._felt(chunk, verb, agent, holder)
            sign = 1 if chunk.prep == "with" else sign
        quality = self._described(chunk, i)
        if entry.family not in _DESCRIBED:
            sign = -sign if quality < 0 < entry.agent else sign
        elif quality:
            stance = max(stance, 0.8) if quality > 0 else -0.8
            entry = entry._replace(object=(0.8 if entry.family == "opinion" else 0.6) * quality)
        elif self._described(chunk, i, 0.4) > 0:
            stance = max(stance, 0.8)  # close ties
        entry = entry if stance == entry.stance else entry._replace(stance=stance)
        entry = self._kept(chunk, entry, sign)
        self._add(entry, i, agent, patient, holder, sign)

    def _roles(self, chunk: Chunk, i: int, entry: Entry) -> tuple[Spans, Spans]:
        """Doers and objects of the event that a noun names."""
        agent = [(chunk.start, i)] if i > chunk.start else []
        agent += _spans(chunk.owner)
        patient: Spans = []
        heads = i == chunk.end - 1 or self.words[i + 1] in self.lexicon.nouns
        phrases, verb = chunk.pps if heads else [], chunk.verb or _NO_VERB
        if chunk.role == "subject" and not verb.objects and self._main(verb).endswith("ed"):
            phrases = phrases + verb.pps  # sanctions imposed on someone
        for prep, group in phrases:
            if group[0].role == "for":
                continue  # "the need for them to act": no object, but the subject of an infinitive
            if prep in entry.preps:
                patient += self._bearers(group)
            elif prep in WORDS["bearer preposition"]:
                agent += self._bearers(group)
        behind = chunk.prep in ("to", "in", "with") and not chunk.host
        carried = (chunk.role == "object" or behind) and self._is("light", verb)
        if carried and not self._acting(agent):
            agent = self._bearers(verb.subject)  # exerts pressure, offers help
        return agent, patient

    def _sign(self, chunk: Chunk, depth: int = 0) -> int:
        """Polarity of a noun: its own negator, then what governs it."""
        fronted = chunk.prep == "without" and chunk.verb is None
        turned = chunk.prep in WORDS["reversing preposition"] and not fronted
        sign = -1 if chunk.neg or turned else 1
        host, verb = chunk.host, chunk.verb or _NO_VERB
        if host is not None and depth < 4:
            if self.words[host.end - 1] in self.markers["reverse", "noun"]:
                sign = -sign
            return sign * self._sign(host, depth + 1)
        if chunk.prep == "to" and self._main(verb).startswith("prefer"):
            return -sign
        if chunk.role == "subject":
            fading = not verb.objects and not verb.neg and self._is("reverse", verb)
            return -sign if fading else sign
        if chunk.role == "object" or chunk.prep in ("of", "in", "on", "to", "for", "with", "from"):
            sign *= self._polarity(verb)
            sign = -sign if self._is("reverse", verb) else sign
        return sign

    def _govern(self, chunk: Chunk, entry: Entry, agent: Spans) -> tuple[float, Spans]:
        """Stance toward the object of a noun, and whose, in the light of the verb."""
        verb, stance = chunk.verb or _NO_VERB, entry.stance
        if self._is("boost", verb) and 0 < stance < 1:
            stance = min(1.0, 2.2 * stance)
        if chunk.role == "subject" and entry.family in _DESCRIBED and self._is_copula(verb):
            return 0.0, agent  # the predicate tells: relations are tense
        if chunk.role == "subject" or (entry.family in _FELT and self._is("cause", verb)):
            return stance, agent  # whoever stirs a feeling need not have it
        outer = self._acting(self._bearers(verb.subject))
        attitudes = [e for e in self._readings(verb) if e.stance <= -0.9 and e.agent > -0.5]
        if attitudes and not self._is("reverse", verb):
            return -stance, outer
        return stance, agent or outer

    def _felt(self, chunk: Chunk, verb: Chunk, agent: Spans, holder: Spans) -> tuple[Spans, Spans]:
        """Object and holder of a feeling named after a verb."""
        if chunk.role == "object" and self._is("cause", verb):  # stirs unease, wins respect
            among = self._bearers(_phrases(chunk, "among", "in"))
            return self._bearers(verb.subject), self._acting(agent + among)
        if chunk.prep == "with":  # is met with suspicion, views it with alarm
            passive = verb.main >= 0 and (verb.be or self._main(verb) in ("met", "meets"))
            seers = _phrases(verb, "by", "in", "among") if passive else verb.subject
            seen = verb.subject if passive else verb.objects
            return self._bearers(seen), self._acting(self._bearers(seers))
        return [], holder

    def _kept(self, chunk: Chunk, entry: Entry, sign: int) -> Entry:
        """Keep or drop tones that a turned sign would falsify."""
        own = chunk.neg or (chunk.prep in WORDS["reversing preposition"] and chunk.verb is not None)
        if chunk.host and self.words[chunk.host.end - 1] in self.markers["reverse", "noun"]:
            own = not own
        if sign < 0 and not own and entry.agent < 0:
            # Resisting pressure does not make the pressure kind: undone when the sign is applied.
            entry = entry._replace(agent=entry.agent / NEGATED_POSITIVE)
            if entry.family == "dominate":
                entry = entry._replace(object=entry.object / NEGATED_POSITIVE)
        if entry.agent > 0 and self._doubted(chunk):
            entry = entry._replace(agent=0.0)  # doubts about their reliability
        return entry

    def _doubted(self, chunk: Chunk) -> bool:
        if chunk.host:
            head = self._head_entry(chunk.host)
            return head is not None and head.object <= -0.5
        objects = [entry.object for entry in self._readings(chunk.verb or _NO_VERB)]
        return chunk.role == "object" and min(objects, default=0.0) <= -0.3

    # -- adjectives and qualities --------------------------------------------------------------

    def _described(self, chunk: Chunk, i: int, least: float = 0.9) -> float:
        """Value of the first quality before a noun, if it is stronger than `least`."""
        for word in self.words[chunk.start : i]:
            for entry in self.lexicon.qualities.get(word, ()):
                if entry.part == "quality" and abs(entry.agent) > least:
                    return entry.agent
        return 0.0

    def _lessened(self, i: int) -> bool:
        return i > 0 and self.words[i - 1] in WORDS["lessening"]

    def _stative(self, chunk: Chunk, i: int, entries: Sequence[Entry]) -> None:
        preps = [prep for prep, _ in chunk.pps]
        entry = next((e for e in entries if any(p in e.preps for p in preps)), None)
        if entry is None:
            return
        patient = self._bearers(_phrases(chunk, *entry.preps))
        agent, sign = [(chunk.start, i)] if i > chunk.start else [], 1
        if chunk.verb and chunk.role == "object":
            agent, sign = self._bearers(chunk.verb.subject), self._polarity(chunk.verb)
        sign = -sign if chunk.neg or self._lessened(i) else sign
        self._add(entry, i, agent, patient, agent, sign)

    def _quality(self, chunk: Chunk, i: int, entry: Entry) -> None:
        verb, topics = chunk.verb or _NO_VERB, self._topics(chunk)
        sign = self._polarity(verb) if topics else 1
        if not topics and chunk in verb.subject[1:]:  # in apposition
            topics = verb.subject[:1]
        bearers = self._bearers(topics) + self._inside(chunk, i, entry)
        spoilt = entry.part == "role" and entry.agent > 0 > self._described(chunk, i, 0.4)
        if not bearers or spoilt:  # a fickle partner is no praise
            return
        holder = self._owners(chunk, i) if entry.part == "role" else []
        if chunk.neg or self._lessened(i):
            sign = -sign
        # A quality has a bearer, not an object: its tone stands in the agent column.
        said = entry._replace(object=entry.agent)
        judges = self._acting(self._bearers(_phrases(chunk, "to", "among", "with")))
        if entry.part == "quality" and judges:  # popular among, anathema to
            said, holder = said._replace(part="verb", stance=0.8 * entry.agent), judges
        self._add(said, i, [], bearers, holder, sign)
        if verb.subject and chunk.role == "object" and self._is_copula(verb):
            # Relations with someone are tense; views of someone are favourable.
            topic = verb.subject[0]
            head = self._head_entry(topic)
            if head is not None and head.family in _DESCRIBED:
                value = 0.8 * entry.agent
                said = entry._replace(part="noun", object=value, stance=value)
                parties = self._bearers(_phrases(topic, *head.preps))
                self._add(said, i, [], parties, self._acting(_spans([topic])), sign)

    def _owners(self, chunk: Chunk, i: int) -> Spans:
        """Whose ally or enemy a role noun names."""
        owner = _spans(chunk.owner)
        if "g" in self.tags[chunk.start : i]:
            owner.append((chunk.start, self.tags.rindex("g", chunk.start, i)))
        return owner + self._acting(_spans(_phrases(chunk, "of", "to", "for")))

    def _topics(self, chunk: Chunk) -> Sequence[Chunk]:
        """Nouns that a predicate chunk is said of."""
        verb = chunk.verb or _NO_VERB
        if chunk.prep == "as" and chunk.role == "phrase":
            # One who replaces another *as* partner is the partner now.
            active = verb.objects and not verb.be and "succeed" not in self._families(verb)
            return verb.objects if active else verb.subject
        if chunk in verb.objects and self._is_copula(verb):
            return verb.subject
        if chunk in verb.objects and self._is("appraise", verb):
            return verb.subject if verb.be else verb.objects[:1]
        return []

    def _inside(self, chunk: Chunk, i: int, entry: Entry) -> Spans:
        """Find what a quality describes within its own noun chunk."""
        if entry.family == "standing":
            return []  # "the Russian model" is a name, "is a model" a judgement
        words, tags = self.words, self.tags
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


def _spans(chunks: Sequence[Chunk]) -> Spans:
    return [(chunk.start, chunk.end) for chunk in chunks]


def _phrases(chunk: Chunk, *preps: str) -> list[Chunk]:
    """Nouns of a chunk's phrases with one of these prepositions."""
    return [noun for prep, group in chunk.pps if prep in preps for noun in group]


def _best(entries: Sequence[Entry], chunk: Chunk) -> Entry:
    """Choose the reading of a noun whose preposition follows; else the first."""
    return next((entry for prep, _ in chunk.pps for entry in entries if prep in entry.preps), entries[0])


def _best_verb(entries: Sequence[Entry], preps: set[str], direct: bool) -> Entry | None:
    best, best_score = None, 0.0
    for entry in entries:
        score = 0.0 if entry.preps else 1.0
        if "direct" in entry.preps:
            score = 2.0 if direct else 0.4
        if preps & entry.preps:
            score += 1.5
        if entry.family == "neutral":
            score *= 0.3  # speaks only where no other reading does
        if score > best_score:
            best, best_score = entry, score
    return best
