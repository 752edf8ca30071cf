"""A shallow clause reader: who does what to whom, by chunks, in one pass per sentence.

No statistical parser is used. Words get one-letter tags, tags are joined to noun and verb
chunks, and each verb chunk takes its subject, objects and prepositional phrases from its own
clause. Every step is linear in the length of the sentence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from kzpolicy.scores.lexicons import APOSTROPHES, CLOSED, NEGATORS, WORDS, Lexicon, Word, know

Span = tuple[int, int]

_WORD = re.compile(r"(?:[^\W\d_]\.){2,}|'s\b|[^\W_]+|[,;:()\[\].!?…—–]|(?<=\s)-(?=\s)")
_CONTRACTED = re.compile(rf"n't\b|[^\W\d_]+?(?=n't\b)|{_WORD.pattern}")


@dataclass(slots=True, eq=False)
class Chunk:
    """A noun (N) or verb (V) chunk, or a separator; spans are in words."""

    kind: str
    start: int
    end: int
    prep: str = ""
    neg: bool = False
    pps: list[tuple[str, list[Chunk]]] = field(default_factory=list)
    # noun chunks
    host: Chunk | None = None  # the noun a prepositional phrase hangs on
    verb: Chunk | None = None  # the verb that governs this noun
    role: str = ""  # subject, object, or phrase
    owner: Sequence[Chunk] = ()  # what a pronoun here refers to
    # verb chunks
    main: int = -1
    be: bool = False
    infinitive: bool = False
    subject: Sequence[Chunk] = ()
    objects: list[Chunk] = field(default_factory=list)
    parent: Chunk | None = None
    complement: str = ""  # word of the noun whose complement this verb is


class Sentence(NamedTuple):
    """Words with their character offsets, tags and linked chunks."""

    words: list[str]
    known: list[Word]
    spans: list[Span]
    capitals: list[bool]  # False for the first word, which has one anyway, and behind the last
    tags: str
    chunks: list[Chunk]


def read(text: str, lexicon: Lexicon) -> Sentence:
    """Split one sentence into words and linked chunks."""
    words, spans = _split_words(text, lexicon)
    known = [know(word) for word in words]
    capitals = [False, *[text[start].isupper() for start, _ in spans[1:]], False]
    tags = _tag_words([*words, "."], known, capitals, lexicon)
    chunks = _make_chunks(words, tags)
    _Linker(chunks, words, lexicon).run()
    return Sentence(words, known, spans, capitals, tags, chunks)


def _split_words(text: str, lexicon: Lexicon) -> tuple[list[str], list[Span]]:
    """Lower-case words with offsets; known phrases become one word."""
    lowered = text.lower()
    if len(lowered) != len(text):  # a few letters change their length
        lowered = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    lowered = lowered.translate(APOSTROPHES)
    spans = [match.span() for match in (_CONTRACTED if "n't" in lowered else _WORD).finditer(lowered)]
    words = [lowered[start:end] for start, end in spans]
    found, past = [], 0
    for i in [i for i, word in enumerate(words[:-1]) if word in lexicon.phrases]:
        for phrase in lexicon.phrases[words[i]].get(words[i + 1], ()) if i >= past else ():
            if words[i : i + len(phrase)] == phrase:
                past = i + len(phrase)
                found.append((i, past))
                break
    for start, end in reversed(found):
        words[start:end] = ["_".join(words[start:end])]
        spans[start:end] = [(spans[start][0], spans[end - 1][1])]
    if "us" in words:  # in capitals the country, not the pronoun
        for i, word in enumerate(words):
            if word == "us" and text[spans[i][0]].isupper():
                words[i] = "u.s."
    return words, spans


def _tag_words(words: list[str], known: list[Word], capitals: list[bool], lexicon: Lexicon) -> str:
    """One tag a word: n nominal, v verb, g possessive, t infinitive to, comma, or closed class.

    The last word is a full stop set behind the sentence, so that each word has a follower.
    """
    tags: list[str] = []
    last = "."
    for i, word in enumerate(known):
        tag = word.tag
        if tag.isupper():
            if tag == "TO":
                tag = _tag_to(words, i, lexicon)
            elif tag == "THAT":
                tag = "r" if last == "n" else ("b" if last in "v,c" else "d")
            elif capitals[i]:
                tag = "n"  # a name, even where the word could be a verb
            elif tag == "V":
                tag = _verb_or_noun(words, tags, i, capitals, lexicon)
            elif tag in "PA":
                tag = tag.lower()
            elif tag in "QE" and last not in "dgpv":
                tag = "n" if tag == "Q" else "v"
            else:
                tag = "v" if last == "t" or (last == "x" and words[i - 1] in WORDS["modal"]) else "n"
        tags.append(tag)
        if tag != "a":
            last = tag
    return "".join(tags)


def _tag_to(words: list[str], i: int, lexicon: Lexicon) -> str:
    """Tell the infinitive marker from the preposition by the word that follows."""
    j = i + 1
    while words[j] not in lexicon.verbs and (CLOSED.get(words[j]) in ("a", "k") or words[j].endswith("ly")):
        j += 1
    word = words[j]
    if word in ("be", "have", "do", "press", "pass", "discuss", "feed", "need"):
        return "t"
    base = word in lexicon.verbs and not word.endswith(("s", "ed", "ing"))
    return "t" if base or (word not in CLOSED and CLOSED.get(words[j + 1]) in ("d", "m")) else "p"


def _verb_or_noun(words: list[str], tags: list[str], i: int, capitals: list[bool], lexicon: Lexicon) -> str:
    """Decide whether a word that can be a verb is one here, by its neighbours."""
    word, following = words[i], words[i + 1]
    j = i - 1
    while j >= 0 and tags[j] == "a":
        j -= 1
    before = tags[j] if j >= 0 else "."
    after = CLOSED.get(following, "," if following == "," else "n")
    nominal = word in lexicon.nouns or word in lexicon.qualities or word in lexicon.adjectives
    if before in "xtmk" and not (
        before == "x"
        and nominal
        and not word.endswith(("ed", "ing"))
        and words[j] in (WORDS["be"] | WORDS["have"])
    ):
        return "v"
    if before == "d" and words[j] in WORDS["quantifier"] and (after in "dmp" or following == "that"):
        return "v"  # many feared that
    if before in "dg":
        return "n"
    if before == "p" and words[j] in WORDS["reversing preposition"] and not word.endswith("s"):
        return "v" if not nominal or after in "pd" else "n"
    if before == "p":
        return "v" if word.endswith("ing") and not nominal else "n"
    if word.endswith("ing"):
        return "n" if nominal and after != "d" else "v"
    if word.endswith("ed") or word not in lexicon.nouns and word not in lexicon.qualities:
        if before == "n" and not word.endswith("ed") and _adjectival(words[j]):
            return "n"
        return "n" if word in lexicon.qualities and after == "n" and before != "n" else "v"
    if before in "cb," and word.endswith("s") and capitals[i + 1]:
        return "v"
    if before != "n":  # sentence start, comma, conjunction or boundary
        return "v" if after in "dm" or (before in "crb" and after == "n" and not nominal) else "n"
    if _adjectival(words[j]):
        return "n"
    if after in "dm" or (after == "n" and following not in lexicon.verbs):
        return "v"
    return _verb_after_noun(words, tags, i, j, lexicon)


def _verb_after_noun(words: list[str], tags: list[str], i: int, j: int, lexicon: Lexicon) -> str:
    """Decide between noun and verb after the noun at ``j``, by preposition and number."""
    word, following = words[i], words[i + 1]
    plural, noun_plural = word.endswith("s"), words[j].endswith("s")
    takes = any(following in entry.preps for entry in lexicon.verbs.get(word, ()))
    known = any(following in entry.preps for entry in lexicon.nouns.get(word, ()))
    if takes and known:
        recent = "".join(tags[-40:])
        start = max(map(recent.rfind, ".b,r")) + 1
        known = "v" in recent[start:] or plural == noun_plural
    if plural and not noun_plural and _lacks_verb(words, tags, i, lexicon):
        return "v"
    return "v" if takes and not known else "n"


def _lacks_verb(words: list[str], tags: list[str], i: int, lexicon: Lexicon) -> bool:
    """Whether no other word of the clause can be its verb; a clause needs one."""
    for tag in reversed(tags[-12:]):
        if tag in ".b,r":
            break
        if tag in "vx":
            return False
    for word in words[i + 1 : i + 13]:
        if CLOSED.get(word, "n") in ".b" or word == ",":
            break
        if CLOSED.get(word) == "x" or (word in lexicon.verbs and word not in lexicon.nouns):
            return False
    return True


def _adjectival(word: str) -> bool:
    """Whether a word before a noun is more likely its adjective than a subject."""
    endings = ("ian", "ese", "ish", "ean", "ic", "onal", "cal", "ive", "ous", "ern", "ary")
    return word.endswith(endings) or word in WORDS["adjectival"]


def _make_chunks(words: list[str], tags: str) -> list[Chunk]:
    """Join tagged words to chunks; adverbs are transparent, negators mark what follows."""
    chunks: list[Chunk] = []
    current: Chunk | None = None
    prep, negated, infinitive, last = "", False, False, "."
    for i, tag in enumerate(tags):
        if tag == "a":
            continue
        if tag in "ngdm":
            apart = (tag in "dm" and last in "nm") or (last == "m" and tag == "n")
            if current is None or current.kind != "N" or apart:
                current = Chunk("N", i, i + 1, prep, negated)
                chunks.append(current)
                prep, negated = "", False
            current.end = i + 1
            if tag in "dm" and words[i] in NEGATORS:
                current.neg = not current.neg
        elif tag in "vx":
            if current is None or current.kind != "V" or (current.main >= 0 or infinitive):
                current = Chunk("V", i, i + 1, prep, negated, infinitive=infinitive)
                chunks.append(current)
                prep, negated, infinitive = "", False, False
            current.end = i + 1
            if tag == "v":
                current.main = i
                current.be = current.be and words[i] not in WORDS["copula"]
            current.be |= tag == "x" and words[i] in WORDS["be"]
            current.neg |= words[i] == "cannot"
        elif tag == "k":
            if current is not None and current.kind == "V" and current.main < 0:
                current.neg = not current.neg
                negated = False
            else:
                negated, current = not negated, None
        elif tag == "p":
            prep, current = words[i], None
        elif tag == "t":
            infinitive, current = True, None
        else:
            chunks.append(Chunk({"r": "R", ",": ",", "c": "C"}.get(tag, "B"), i, i + 1))
            negated = (negated and tag == "c") or words[i] == "nor"
            prep, infinitive, current = "", False, None
        last = tag
    return chunks


class _Linker:
    """Give each verb its subject, objects and phrases, and each noun its governor, in one pass."""

    def __init__(self, chunks: list[Chunk], words: list[str], lexicon: Lexicon) -> None:
        self.chunks, self.words, self.lexicon = chunks, words, lexicon
        self.verb: Chunk | None = None  # verb of the clause so far
        self.subjects: list[Chunk] = []  # bare nouns before the verb
        self.previous: Sequence[Chunk] = ()  # subject of the clause before
        self.closed: Sequence[Chunk] = ()  # subject of the last closed clause
        self.outer: list[Chunk] = []  # subject waiting behind a relative clause
        self.antecedent: list[Chunk] = []
        self.group: list[Chunk] = []  # list that a coordinated noun joins
        self.run_: list[Chunk] = []  # nouns in an unbroken row, for phrases
        self.orphans: list[Chunk] = []  # verbs still waiting for a subject
        self.relative = False

    def _verb_ahead(self, i: int) -> bool:
        """Whether a verb with a tense follows before the next comma or boundary."""
        while self.chunks[i].kind == "N" and i + 1 < len(self.chunks):
            i += 1
        return self.chunks[i].kind == "V" and not self._depends(self.chunks[i])

    def _depends(self, chunk: Chunk) -> bool:
        """Whether a verb is an infinitive or participle and takes its subject from another."""
        return chunk.infinitive or (chunk.main == chunk.start and self.words[chunk.main].endswith("ing"))

    def run(self) -> None:
        for i, chunk in enumerate(self.chunks):
            if chunk.kind == "N":
                self._noun(i, chunk)
            elif chunk.kind == "V":
                self._verb(i, chunk)
            elif chunk.kind == "R":
                self._open_relative()
            else:
                self._separator(i, chunk)

    def _noun(self, i: int, chunk: Chunk) -> None:
        self._refer(chunk)
        before = self.chunks[i - 1].kind if i else "B"
        joined = before in "C," and len(self.group) > 0
        if before == "," and self.group is not self.subjects and self._verb_ahead(i):
            joined = False  # "unlike one, another acts"
        chunk.verb = self.verb
        if chunk.prep:
            self._phrase(i, chunk, before)
        elif joined:
            head = self.group[0]
            chunk.host, chunk.role, chunk.prep = head.host, head.role, head.prep
            self.group.append(chunk)
            self.run_.append(chunk)
        else:
            chunk.role = "subject" if self.verb is None else "object"
            self.group = self.subjects if self.verb is None else self.verb.objects
            self.group.append(chunk)
            self.run_ = [chunk]

    def _phrase(self, i: int, chunk: Chunk, before: str) -> None:
        following = self.chunks[i + 1] if i + 1 < len(self.chunks) else chunk
        opens = following.kind == "V" and not self._depends(following)
        if opens and chunk.prep in WORDS["clause preposition"]:
            self._close_clause()  # "after they left": no phrase, but a clause
            self.subjects = [chunk]
            self.group, self.run_ = self.subjects, [chunk]
            return
        chunk.role, group = "phrase", [chunk]
        if before in "NC":
            chunk.host = self.run_[-1] if self.run_ else None
            for noun in self.run_[-4:]:
                noun.pps.append((chunk.prep, group))
            self.run_.append(chunk)
        else:
            self.run_ = [chunk]
        if self.verb is not None:
            self.verb.pps.append((chunk.prep, group))
        self.group = group

    def _refer(self, chunk: Chunk) -> None:
        first = self.words[chunk.start]
        if first in WORDS["anaphor"]:
            inside = self.verb.subject if self.verb else []
            owner = inside if first in WORDS["possessive"] and inside else self.closed or inside
            chunk.owner = [noun for noun in owner if noun is not chunk][:3]

    def _verb(self, i: int, chunk: Chunk) -> None:
        governor = self.verb
        if chunk.main < 0 and governor is None and not self.subjects and not self.relative:
            return  # "should they leave": the verb is still to come
        self._negate(chunk, governor)
        if chunk.infinitive and self.run_ and self.run_[-1].prep == "for":
            self.run_[-1].role = "for"
            chunk.subject = [self.run_[-1]]
        elif governor is not None and not self.subjects and self._depends(chunk):
            control = self.words[governor.main] in self.lexicon.markers["control", "verb"]
            chunk.subject = governor.objects if governor.objects and control else governor.subject
            if self.run_ and self.words[self.run_[-1].end - 1] in WORDS["document"]:
                chunk.subject = self.run_[-1:]  # a vote condemning someone
            apart = self.chunks[i - 1].kind == "," and not chunk.infinitive  # ", thereby signalling"
            if chunk.prep in ("", "of", "from", "to", "against") and not apart:
                chunk.parent = governor
        else:
            self._own_subject(chunk, governor)
            chunk.neg ^= any(noun.neg or noun.prep == "than" for noun in chunk.subject[:1])
        if not chunk.subject:
            self.orphans.append(chunk)
        self.relative = False
        self._start_verb(chunk)

    def _negate(self, chunk: Chunk, governor: Chunk | None) -> None:
        """Carry over negation from the noun or preposition that the verb depends on."""
        if governor is not None and self.run_ and (chunk.infinitive or chunk.prep):
            chunk.complement = self.words[self.run_[-1].end - 1]
            too = chunk.infinitive and "too" in self.words[governor.start : chunk.start]
            chunk.neg ^= self.run_[-1].neg ^ too  # no plans to join; too weak to resist
        chunk.neg ^= chunk.prep in WORDS["reversing preposition"]

    def _own_subject(self, chunk: Chunk, governor: Chunk | None) -> None:
        if self.subjects and not (chunk.infinitive and self.relative):
            chunk.subject = self.subjects
            if self.relative and self.antecedent:
                chunk.objects = list(self.antecedent)
            for orphan in self.orphans:
                orphan.subject = chunk.subject
            self.orphans = []
        elif self.relative:
            chunk.subject = self.antecedent
        else:
            chunk.subject = self.outer or (governor.subject if governor else self.previous)

    def _start_verb(self, chunk: Chunk) -> None:
        for noun in chunk.subject:
            if noun.verb is None:
                noun.verb = chunk
        self.previous = chunk.subject or self.previous
        self.verb, self.subjects, self.group, self.run_ = chunk, [], [], []

    def _open_relative(self) -> None:
        self.outer = self.subjects or self.outer
        self.antecedent = self.run_[:2]
        self._close_clause()
        self.relative = True

    def _separator(self, i: int, chunk: Chunk) -> None:
        if i + 1 == len(self.chunks):
            return
        following = self.chunks[i + 1]
        if chunk.kind == "B":
            word = self.words[chunk.start]
            if word == "but" and following.kind == "N" and not self._verb_ahead(i + 1):
                self.group = []  # "not a threat but a partner": same verb goes on
                return
            self._close_clause()
            if word in ".!?;":
                self.outer = []
            return
        if following.kind in ",CR" or self.verb is None:
            return
        if following.kind == "N" and following.prep:
            self.run_ = self.run_ if chunk.kind == "C" else []
        elif following.kind == "N" and self._verb_ahead(i + 1):
            if chunk.kind != "C" or len(self.group) < 2:
                self._close_clause()  # a new noun with its own verb: a new clause

    def _close_clause(self) -> None:
        self.previous = (self.verb.subject if self.verb else []) or self.subjects or self.previous
        self.closed = self.previous
        self.verb, self.subjects, self.group, self.run_ = None, [], [], []
