"""The powers: their names, order and colours, and where a text mentions them."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

from kzpolicy.errors import StudyError

BUILT_IN = Path(__file__).with_name("powers.toml")
VIA = ("state", "capital", "leader", "people", "institution")
_NOT_MEANT = "not_meant"
_KNOWN = {"name", "color", "marker", _NOT_MEANT, *VIA}


class Mention(NamedTuple):
    """One name of a power in a text: character offsets and what was named."""

    power: str
    start: int
    end: int
    via: str
    alias: str


@dataclass(frozen=True)
class Power:
    """A power's key, its name in prose, and how every figure draws it."""

    key: str
    name: str
    color: str
    marker: str


class Powers:
    """The powers of a study, in order, with the pattern that finds them.

    Parameters
    ----------
    path
        A TOML file of the form of ``powers.toml``, or None for the built-in one.

    Raises
    ------
    StudyError
        If the file is missing, is not TOML, has an unknown field, lacks a field, or gives one
        name to two powers.

    Examples
    --------
    >>> powers = Powers()
    >>> [(m.power, m.via) for m in powers.find("The CSTO met while Beijing watched.")]
    [('russia', 'institution'), ('china', 'capital')]
    >>> powers.find("Ships cross the South China Sea.")
    []
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self.path = Path(path) if path is not None else BUILT_IN
        tables = _read(self.path)
        self.powers = tuple(
            Power(key, table["name"], table["color"], table["marker"]) for key, table in tables.items()
        )
        self._aliases = _aliases(tables, self.path)
        self._pattern = _pattern(list(self._aliases))
        # To pass over most texts: what holds a longer name holds one of these. They begin with few
        # letters, and it is first letters that cost time: the t of "the West" above all.
        meant = {name for name, (_, via, _) in self._aliases.items() if via != _NOT_MEANT}
        self._any = _pattern([n for n in meant if len(n.split()) == 1 or meant.isdisjoint(n.split())])

    def __iter__(self) -> Iterator[Power]:
        return iter(self.powers)

    def __getitem__(self, key: str) -> Power:
        for power in self.powers:
            if power.key == key:
                return power
        raise StudyError(f"{self.path.name}: no power {key!r}; it knows {', '.join(self.keys)}")

    @property
    def keys(self) -> tuple[str, ...]:
        """The powers' keys, in order."""
        return tuple(power.key for power in self.powers)

    def find(self, text: str) -> list[Mention]:
        """Find every mention of a power in a text, in order, longest names first.

        Parameters
        ----------
        text
            Any text; white space inside a name may be a line break.

        Returns
        -------
        list of Mention
            Offsets count characters of `text`; mentions never overlap.
        """
        if not self._any.search(text):
            return []
        found = []
        for match in self._pattern.finditer(text):
            power, via, alias = self._aliases[_one_spaced(match.group())]
            if via != _NOT_MEANT:
                found.append(Mention(power, match.start(), match.end(), via, alias))
        return found

    def find_each(self, texts: Sequence[str]) -> list[tuple[int, list[Mention]]]:
        """Find the mentions in many texts, see `find`, passing fast over most of them.

        Parameters
        ----------
        texts
            Any texts without NUL.

        Returns
        -------
        list of tuple
            Place of each text with a mention, from 0, and its mentions.
        """
        # Texts stay apart: no name holds this sign, and like a space it is no part of a word.
        starts = [0, *accumulate(len(text) + 1 for text in texts)]
        hits = {bisect_right(starts, match.start()) - 1 for match in self._any.finditer("\0".join(texts))}
        return [(at, found) for at in sorted(hits) if (found := self.find(texts[at]))]


@lru_cache(maxsize=1)
def _built_in() -> Powers:
    return Powers()


def load_powers(path: str | Path | None = None) -> Powers:
    """Load a powers file, the built-in one only once; see `Powers`."""
    return _built_in() if path is None else Powers(path)


def _read(path: Path) -> dict[str, dict[str, Any]]:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StudyError(f"{path}: no such powers file; copy the built-in powers.toml to begin") from None
    except OSError as error:
        raise StudyError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StudyError(f"{path}: not a TOML file in UTF-8 ({error}); correct it") from None
    for key, table in tables.items():
        if not isinstance(table, dict):
            raise StudyError(f"{path}: {key!r} stands outside a power; put it under a [power] heading")
        missing, unknown = {"name", "color", "marker"} - table.keys(), table.keys() - _KNOWN
        if missing or unknown:
            what = f"lacks {sorted(missing)}" if missing else f"has unknown fields {sorted(unknown)}"
            raise StudyError(f"{path}: power [{key}] {what}; known are {sorted(_KNOWN)}")
        bad = [f for f in ("name", "color", "marker") if not isinstance(table[f], str) or not table[f]]
        if bad:
            raise StudyError(f"{path}: power [{key}], {bad[0]}: not a text; put it in quotes")
    if not tables:
        raise StudyError(f"{path}: no power in it; begin a table such as [russia]")
    return tables


def _aliases(tables: dict[str, dict[str, Any]], path: Path) -> dict[str, tuple[str, str, str]]:
    """Map each name as it may stand in a text to its power, what it names, and its usual form."""
    aliases: dict[str, tuple[str, str, str]] = {}
    for power, table in tables.items():
        for via in (*VIA, _NOT_MEANT):
            names = table.get(via, [])
            if not isinstance(names, list) or not all(isinstance(n, str) and n.strip() for n in names):
                raise StudyError(
                    f"{path}: power [{power}], {via}: must be a list of names; put each in quotes"
                )
            if via == _NOT_MEANT:  # or else "the West" in "the West Bank" would be found first
                names = [*names, *(f"the {n}" for n in names)]
            for name in map(_one_spaced, names):
                # Capitals are known too, for headings: "RUSSIA", but never "us" for "US".
                for form in {name, name.upper()} if len(name) > 2 else {name}:
                    other = aliases.get(form)
                    # One expression may be listed as not meant under several powers.
                    if other and other[0] != power and not other[1] == via == _NOT_MEANT:
                        raise StudyError(f"{path}: {name!r} names both [{other[0]}] and [{power}]; keep one")
                    aliases.setdefault(form, (power, via, name))
    return aliases


def _pattern(names: list[str]) -> re.Pattern[str]:
    """Compile names into one expression: whole words, the longest first, any white space."""
    # A name that ends in a sign (US$) may be followed by a letter or digit. (?!) matches nothing.
    return re.compile(rf"{_branches(names) if names else '(?!)'}(?:(?<=\$)|(?!\w))")


def _branches(names: list[str], at: int = 0) -> str:
    """Write names as a tree of letters: each place in a text is refused or followed by one branch."""
    by_letter: dict[str, list[str]] = {}
    for name in names:
        by_letter.setdefault(name[at : at + 1], []).append(name)
    # Tested behind the first letter, because the engine skips fast to a letter, not to a test.
    start = "" if at else r"(?<!\w(?s:.))"
    branches = [
        (r"\s+" if letter == " " else re.escape(letter)) + start + _branches(rest, at + 1) if letter else ""
        for letter, rest in sorted(by_letter.items(), reverse=True)  # a name's end last: longest first
    ]
    return branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"


def _one_spaced(text: str) -> str:
    return " ".join(text.split())
