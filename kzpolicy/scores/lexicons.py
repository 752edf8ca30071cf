"""Word lists of the targeted scorer: the lexicon of cues, closed classes, names of states, inflection."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from kzpolicy import lists

# The rules know "isn't" with the plain apostrophe only, and nearly all printed text has a curly one.
APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\uff07", "'"))
# Families that change how other words count, and carry no tone or stance themselves.
MARKERS = frozenset(
    "reverse boost control appraise report claim unfounded cause light averse dreaded hoped plain".split()
)


class Entry(NamedTuple):
    """One reading of a word: what it says of its agent and of its object."""

    lemma: str
    part: str
    preps: frozenset[str]  # prepositions before the object; "direct" for none
    family: str
    agent: float  # tone toward whoever does it
    object: float  # tone toward whoever it is done to
    stance: float  # position of the agent toward the object


Readings = dict[str, list[Entry]]


class Lexicon(NamedTuple):
    """Readings by word form and part of speech, with marker words and phrases."""

    verbs: Readings
    nouns: Readings
    adjectives: Readings  # adjectives with an object: wary of, grateful to
    qualities: Readings  # adjectives and role nouns that describe their bearer
    prepositions: Readings
    markers: dict[tuple[str, str], set[str]]  # words by family and part of speech
    phrases: dict[str, dict[str, list[list[str]]]]  # by first and second word, the longest first


def read_rows(name: str) -> Iterator[dict[str, str]]:
    """Read one of the package's lists."""
    with lists.path(name).open(encoding="utf-8", newline="") as handle:
        yield from csv.DictReader(handle)


_CLASSES = list(read_rows("function_words.csv"))
WORDS = {row["class"]: frozenset(row["words"].split()) for row in _CLASSES}
# Tags of the closed classes; the other tags are n nominal, v verb, g possessive, t infinitive to.
CLOSED = {word: row["tag"] for row in _CLASSES if row["tag"] for word in row["words"].split()}
_OWN_TAGS = {"'s": "g", "to": "TO", "that": "THAT"} | dict.fromkeys(",()—–-", ",")
NEGATORS = WORDS["negator"] | WORDS["negating determiner"]


def as_word(name: str) -> str:
    """Write a name as sentences have it once their phrases are single words."""
    return name.lower().replace(" ", "_")


def _actors(*columns: str) -> dict[str, str]:
    """Map what states and blocs are called, as single words, to their names."""
    return {
        as_word(name): row["name"]
        for row in read_rows("actors.csv")
        for name in ";".join([row["name"], *(row[column] for column in columns)]).split(";")
        if name
    }


ACTORS = _actors("aliases", "leaders")  # as sentences call them
_POWERS = _actors("aliases", "codes")  # as data call them
_TABLES = {"prefix": "noun", "role": "quality"}  # these follow the others in their table


def power_names(power: object) -> frozenset[str]:
    """Names of a state or bloc as single words; none where it is not known, as of a person or party."""
    state = _POWERS.get(as_word(str(power)).removeprefix("the_"))
    return frozenset(alias for alias, name in ACTORS.items() if name == state)


def inflect(lemma: str, part: str, forms: str = "") -> set[str]:
    """Give the inflected forms of a lemma; the first or last word of a phrase is inflected.

    Examples
    --------
    >>> sorted(inflect("rely", "verb"))
    ['relied', 'relies', 'rely', 'relying']
    """
    head, _, tail = lemma.partition(" ")
    if part == "verb":
        words = _verb_forms(head) | set(forms.split())
        return {f"{word} {tail}".strip() for word in words}
    if part == "quality" and len(lemma) <= 9 and " " not in lemma:
        base = lemma[:-1] + "i" if lemma.endswith("y") else lemma.removesuffix("e")
        return {lemma, base + "er", base + "est"}
    return {lemma, _plural(lemma)} if part in ("noun", "role") else {lemma}


def _plural(word: str) -> str:
    if re.search(r"[^aeiou]y$", word):
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "ch", "sh")) else "s")


def _verb_forms(verb: str) -> set[str]:
    if verb.endswith("e"):
        return {verb, verb + "s", verb + "d", verb[:-1] + "ing"}
    if re.search(r"[^aeiou]y$", verb):
        return {verb, verb[:-1] + "ies", verb[:-1] + "ied", verb + "ing"}
    stems = {verb}
    if re.search(r"[^aeiou][aeiou][bdglmnprt]$", verb):
        stems.add(verb + verb[-1])  # both spellings: no stress marks are at hand
    return {verb, _plural(verb)} | {stem + end for stem in stems for end in ("ed", "ing")}


@lru_cache(maxsize=1)
def load_lexicon() -> Lexicon:
    """Load ``lexicon.csv``; every form of a phrase becomes one word joined by underscores."""
    tables: dict[str, Readings] = defaultdict(lambda: defaultdict(list))
    markers: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in sorted(read_rows("lexicon.csv"), key=lambda row: row["part"] in _TABLES):
        part, family = row["part"], row["family"]
        preps = frozenset(row["preps"].split("/")) - {""}
        values = [float(row[column]) for column in ("agent", "object", "stance")]
        for word in map(as_word, inflect(row["lemma"], part, row["forms"])):
            readings = tables[_TABLES.get(part, part)][word]
            if family in MARKERS:  # known, but says nothing of its own
                markers[family, part].add(word)
            else:
                readings.append(Entry(row["lemma"], part, preps, family, *values))
    words = set(CLOSED).union(ACTORS, *tables.values())
    phrases: dict[str, dict[str, list[list[str]]]] = defaultdict(lambda: defaultdict(list))
    for phrase in sorted((word.split("_") for word in words if "_" in word), key=len, reverse=True):
        phrases[phrase[0]][phrase[1]].append(phrase)
    parts = ("verb", "noun", "adjective", "quality", "preposition")
    verbs, nouns, adjectives, qualities, prepositions = (tables[part] for part in parts)
    return Lexicon(verbs, nouns, adjectives, qualities, prepositions, markers, phrases)


class Word(NamedTuple):
    """What is known of a word by itself, whatever its sentence."""

    stem: str  # without the commonest endings, so that forms of a word share their learned weight
    tag: str  # a capital letter where the words around it decide, see `kzpolicy.scores.clauses`
    plain: bool  # neither a mark nor a figure
    cue: bool  # a noun, adjective or quality of the lexicon
    polarity: float  # how favourable (or unfavourable, below 0) it is, whatever its role


@lru_cache(maxsize=50_000)
def know(word: str) -> Word:
    """Look a word up."""
    lexicon = load_lexicon()
    tables = (lexicon.qualities, lexicon.nouns, lexicon.verbs)
    firsts = [table[word][0] for table in tables if table.get(word)]
    return Word(
        stem=_stem(word),
        tag=_tag(word, lexicon),
        plain=word[0].isalpha() or word == "n't",
        cue=word in lexicon.nouns or word in lexicon.adjectives or word in lexicon.qualities,
        polarity=sum(entry.agent + 0.5 * entry.object for entry in firsts),
    )


def _stem(word: str) -> str:
    for ending in ("ingly", "edly", "ing", "ied", "ies", "ed", "es", "ly", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)] + ("y" if ending in ("ied", "ies") else "")
    return word


def _tag(word: str, lexicon: Lexicon) -> str:
    if word in CLOSED or word in _OWN_TAGS:
        return CLOSED.get(word) or _OWN_TAGS[word]
    if word in lexicon.verbs or word in WORDS["copula"]:
        return "V"
    if word in lexicon.prepositions:
        return "P"
    if word.endswith("ly") and word not in lexicon.qualities:
        return "A"
    if word.endswith("ed") and len(word) > 4:
        return "Q" if word in lexicon.qualities or word in lexicon.adjectives else "E"
    return "N"
