"""Word tables for the targeted scorer: loading, inflection and closed word classes."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent
# Families that change how other words count, and carry no tone or stance themselves.
MARKERS = """reverse boost control appraise report claim unfounded cause light averse dreaded
    hoped plain""".split()


class Entry(NamedTuple):
    """One reading of a word: what it says of its agent and of its object."""

    lemma: str
    part: str
    preps: frozenset[str]  # prepositions before the object; "direct" for none
    family: str
    agent: float  # tone toward whoever does it
    object: float  # tone toward whoever it is done to
    stance: float  # position of the agent toward the object


Readings = dict[str, tuple[Entry, ...]]


@dataclass
class Lexicon:
    """Readings by word form and part of speech, with marker words and phrases."""

    verbs: Readings
    nouns: Readings
    adjectives: Readings  # adjectives with an object: wary of, grateful to
    qualities: Readings  # adjectives and role nouns that describe their bearer
    prepositions: Readings
    markers: dict[str, frozenset[str]]
    phrases: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)


# Tags of the closed classes; the other tags are n nominal, v verb, g possessive, t infinitive to.
_TAGS = {
    "preposition": "p",
    "phrase preposition": "p",
    "boundary": "b",
    "auxiliary": "x",
    "determiner": "d",
    "pronoun": "m",
    "conjunction": "c",
    "negator": "k",
    "adverb": "a",
    "relative": "r",
    "stop": ".",
}


def read_rows(name: str) -> Iterator[dict[str, str]]:
    """Read one of the tables shipped beside this module."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as handle:
        yield from csv.DictReader(handle)


WORDS = {row["class"]: frozenset(row["words"].split()) for row in read_rows("function_words.csv")}
CLOSED = {word: tag for name, tag in _TAGS.items() for word in WORDS[name]}
NEGATORS = WORDS["negator"] | WORDS["negating determiner"]


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
    tables: dict[str, dict[str, list[Entry]]] = defaultdict(lambda: defaultdict(list))
    markers: dict[str, set[str]] = {name: set() for name in MARKERS}
    phrases = {tuple(word.split("_")) for word in CLOSED if "_" in word}
    for row in read_rows("lexicon.csv"):
        forms = inflect(row["lemma"], row["part"], row["forms"])
        phrases.update(tuple(form.split()) for form in forms if " " in form)
        joined = {form.replace(" ", "_") for form in forms}
        if row["family"] in markers:
            markers[row["family"]].update(f"{row['part']}:{form}" for form in joined)
        entry = Entry(
            row["lemma"],
            row["part"],
            frozenset(row["preps"].split("/")) - {""},
            row["family"],
            float(row["agent"]),
            float(row["object"]),
            float(row["stance"]),
        )
        for form in joined:
            tables[row["part"]][form].append(entry)
    phrases.update(tuple(alias.split()) for alias in actor_names() if " " in alias)
    return _assemble(tables, markers, phrases)


def _assemble(
    tables: dict[str, dict[str, list[Entry]]],
    markers: dict[str, set[str]],
    phrases: Iterable[tuple[str, ...]],
) -> Lexicon:
    def freeze(*parts: str) -> Readings:
        merged: dict[str, list[Entry]] = defaultdict(list)
        for part in parts:
            for form, entries in tables[part].items():
                # A bare marker says nothing of its own where another reading exists.
                merged[form] += [entry for entry in entries if entry.family not in MARKERS]
        return {form: tuple(entries) for form, entries in merged.items()}

    lexicon = Lexicon(
        freeze("verb"),
        freeze("noun", "prefix"),
        freeze("adjective"),
        freeze("quality", "role"),
        freeze("preposition"),
        {name: frozenset(words) for name, words in markers.items()},
    )
    by_first: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for phrase in phrases:
        by_first[phrase[0]].append(phrase)
    lexicon.phrases = {first: sorted(group, key=len, reverse=True) for first, group in by_first.items()}
    return lexicon


@lru_cache(maxsize=1)
def actor_names() -> dict[str, str]:
    """Map each alias of a state or bloc (lower case), its leaders too, to its name."""
    return {
        alias: row["name"]
        for row in read_rows("actors.csv")
        for alias in f"{row['name'].lower()};{row['aliases']};{row['leaders']}".split(";")
        if alias
    }


@lru_cache(maxsize=1)
def _powers() -> dict[str, str]:
    """Map what a power may be called in data, codes too but no persons, to its name."""
    return {
        _label(label): row["name"]
        for row in read_rows("actors.csv")
        for label in f"{row['name']};{row['aliases']};{row['codes']}".split(";")
        if label
    }


def is_power(name: object) -> bool:
    """Whether a name is that of a state or bloc, not of a person or party."""
    return _label(name) in _powers()


@lru_cache(maxsize=10_000)
def power_names(power: str) -> frozenset[str]:
    """Names of a power as single words, empty where it is not known."""
    state = _powers().get(_label(power))
    names = actor_names().items()
    return frozenset(alias.replace(" ", "_") for alias, name in names if name == state and state)


def _label(name: object) -> str:
    return str(name).lower().removeprefix("the ")


@lru_cache(maxsize=100_000)
def stem_of(word: str) -> str:
    """Cut the commonest endings, so that forms of a word share their learned weight."""
    for ending in ("ingly", "edly", "ing", "ied", "ies", "ed", "es", "ly", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)] + ("y" if ending in ("ied", "ies") else "")
    return word


@lru_cache(maxsize=100_000)
def plain_word(word: str) -> tuple[str, float] | None:
    """Stem and polarity of a word, None for marks and figures."""
    return (stem_of(word), _polarity(word)) if word[0].isalpha() or word == "n't" else None


def _polarity(word: str) -> float:
    """How favourable a word is by the lexicon, whatever its role."""
    lexicon = load_lexicon()
    tables = (lexicon.qualities, lexicon.nouns, lexicon.verbs)
    firsts = [table[word][0] for table in tables if table.get(word)]
    return sum(entry.agent + 0.5 * entry.object for entry in firsts)
