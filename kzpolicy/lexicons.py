"""Word tables for the targeted scorer: loading, inflection and closed word classes."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

FOLDER = Path(__file__).parent
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
    """Read one of the tables shipped beside this module."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as handle:
        yield from csv.DictReader(handle)


_CLASSES = list(read_rows("function_words.csv"))
WORDS = {row["class"]: frozenset(row["words"].split()) for row in _CLASSES}
# Tags of the closed classes; the other tags are n nominal, v verb, g possessive, t infinitive to.
CLOSED = {word: row["tag"] for row in _CLASSES if row["tag"] for word in row["words"].split()}
# Words that count, but explain nothing.
_UNTOLD = frozenset(CLOSED) | {"to", "that"}
_OWN_TAGS = {"'s": "g", "to": "TO", "that": "THAT"} | dict.fromkeys(",()—–-", ",")
NEGATORS = WORDS["negator"] | WORDS["negating determiner"]


def _actors(*columns: str) -> dict[str, str]:
    """Map what states and blocs are called, as single words, to their names."""
    return {
        as_word(name): row["name"]
        for row in read_rows("actors.csv")
        for name in ";".join([row["name"], *(row[column] for column in columns)]).split(";")
        if name
    }


def as_word(name: str) -> str:
    """Write a name as sentences have it once their phrases are single words."""
    return name.lower().replace(" ", "_")


ACTORS = _actors("aliases", "leaders")  # as sentences call them
_POWERS = _actors("aliases", "codes")  # as data call them
_TABLES = {"prefix": "noun", "role": "quality"}  # these follow the others in their table


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
    if part in ("noun", "role"):
        return {lemma, _plural(lemma)}
    return {lemma}


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


@lru_cache(maxsize=10_000)
def is_power(name: object) -> bool:
    """Whether a name or code is that of a state or bloc, not of a person or party."""
    return _label(name) in _POWERS


@lru_cache(maxsize=10_000)
def power_names(power: str) -> frozenset[str]:
    """Names of a power as single words, empty where it is not known."""
    state = _POWERS.get(_label(power))
    return frozenset(alias for alias, name in ACTORS.items() if name == state)


def _label(name: object) -> str:
    return as_word(str(name)).removeprefix("the_")


def stem_of(word: str) -> str:
    """Cut the commonest endings, so that forms of a word share their learned weight."""
    for ending in ("ingly", "edly", "ing", "ied", "ies", "ed", "es", "ly", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)] + ("y" if ending in ("ied", "ies") else "")
    return word


# Log-odds of -1 and of 1 against neither, and the word to name as the reason, if any.
Weight = tuple[float, float, str]
# What was learned of a feature: its name, then for each measure: from news (tone toward persons and
# parties), from texts on states (tone and stance). Plain tuples are unpacked fastest.
Weights = tuple[str, Weight, Weight, Weight]
NEWS: Final = 1
TONE: Final = 2
STANCE: Final = 3
_NOTHING = (0.0, 0.0, "")


@lru_cache(maxsize=1)
def load_weights() -> dict[str, Weights]:
    """Load ``news_weights.csv`` and ``state_weights.csv`` by feature."""
    found: dict[str, Weights] = {}
    for row in read_rows("news_weights.csv"):
        found[row["feature"]] = (row["feature"], _weight(row, "tone"), _NOTHING, _NOTHING)
    for row in read_rows("state_weights.csv"):
        news = found.get(row["feature"], (row["feature"], _NOTHING))[1]
        found[row["feature"]] = (row["feature"], news, _weight(row, "tone"), _weight(row, "stance"))
    return found


def _weight(row: dict[str, str], measure: str) -> Weight:
    side, _, word = row["feature"].partition(":")
    told = word if side in ("before", "after") and word not in _UNTOLD else ""
    return float(row[f"{measure}_below"]), float(row[f"{measure}_above"]), told


@lru_cache(maxsize=10_000)
def weigh(feature: str) -> Weights:
    """Give the weights of a feature, zero where nothing was learned of it."""
    return load_weights().get(feature) or (feature, _NOTHING, _NOTHING, _NOTHING)


@dataclass(slots=True)
class Word:
    """What is known of a word by itself, whatever its sentence."""

    stem: str
    tag: str  # a capital letter where the words around it decide, see `kzpolicy.clauses`
    plain: bool  # neither a mark nor a figure
    cue: bool  # a noun, adjective or quality of the lexicon
    before: Weights  # where it stands before a target
    after: Weights
    strength: float  # how favourable or unfavourable it is by the lexicon, whatever its role
    near: Weights  # of favourable or unfavourable words near a target
    anywhere: Weights  # of such words in the sentence


class _Vocabulary(dict[str, Word]):
    """Words seen so far; a plain dictionary, for `lru_cache` takes thrice as long to find one."""

    def __missing__(self, word: str) -> Word:
        if len(self) >= _MOST_WORDS:
            self.clear()
        lexicon, stem = load_lexicon(), stem_of(word)
        tables = (lexicon.qualities, lexicon.nouns, lexicon.verbs)
        firsts = [table[word][0] for table in tables if table.get(word)]
        polarity = sum([entry.agent + 0.5 * entry.object for entry in firsts])
        sign = "favourable" if polarity > 0 else "unfavourable"
        self[word] = Word(
            stem=stem,
            tag=_tag(word, lexicon),
            plain=word[0].isalpha() or word == "n't",
            cue=word in lexicon.nouns or word in lexicon.adjectives or word in lexicon.qualities,
            before=weigh(f"before:{stem}"),
            after=weigh(f"after:{stem}"),
            strength=abs(polarity),
            near=weigh(f"words near:{sign}"),
            anywhere=weigh(f"words all:{sign}"),
        )
        return self[word]


_MOST_WORDS = 100_000
VOCABULARY = _Vocabulary()


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
