"""The powers: their names, order and colours, and where a text mentions them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from unicodedata import normalize

from kzpolicy import lists
from kzpolicy.tables import StudyError, read_toml, unknown_name

VIA = ("state", "capital", "leader", "people", "institution")
_NOT_MEANT = "not_meant"
_LOOK = {
    "name": (r"\S.{0,59}", "a name"),
    "color": (r"#[0-9A-Fa-f]{6}", "a colour such as #1F55E0"),
    "marker": (r"[os^DPvX*<>phHd8.+x]", "a marker such as o, s, ^, D, P, v, X or *"),
}
_FIELDS = (*_LOOK, *VIA, _NOT_MEANT)
# A letter, but not a digit nor a superscript, raised letter or sign in a circle: they mark a note.
_LETTER = r"[^\W\d_ªº²³¹ʰ-˿ᴬ-ᶿ⁰-ₜ①-⓿]"
_APOSTROPHES = "['’‘‛ʼʹ′´`＇]"  # noqa: RUF001
_HYPHENS = "[-‐‑]"
_SPACES = r"[\s‐‑-]+"  # in what is not meant, a hyphen is a space
# An address of the web, of mail, of an account; or a site's or file's name, known by how it ends.
_ADDRESS = (
    r"(?:https?://|www\.)[^\s<>\"”»\])]+|[\w.+-]{1,64}@\w[\w.-]{0,250}|@\w+|(?:[\w-]{1,63}\.){1,4}(?:com|org|net|info"
    r"|int|edu|gov|mil|eu|ru|kz|cn|uk|ir|tr|tv|co\.\w\w|example|html?|pdf|docx?|txt|csv)\b(?:[/:?#][^\s<>\"”»\])]*)?"
)
# In a line of capitals "US" may be the pronoun. These show the state: the article, a joining sign, or
# that the line or a part of it begins with it, before it; a joining sign or one of these words, behind it.
_STATE_BEFORE = re.compile(rf"(?:\bTHE|{_HYPHENS}|[/–—:;]|^)[\s\"'“”‘’(\[]*\Z")
_STATE_BEHIND = re.compile(
    rf"{_HYPHENS}|[/–]|{_APOSTROPHES}S?\b|\s+(?:TROOPS|FORCES|ARMY|NAVY|MILITARY|MARINES|BASES?|CONGRESS|SENAT"
    r"(?:E|ORS?)|PRESIDENT|GOVERNMENT|ADMINISTRATION|EMBASSY|AMBASSADOR|ENVOYS?|DIPLOMATS?|OFFICIALS?|SECRETARY|"
    r"TREASURY|SANCTIONS|TARIFFS|ELECTIONS?|FOREIGN|DEFENCE|DEFENSE|AID|VISAS?|LAWMAKERS|ECONOMY|POLICY)\b"
)
_SENTENCE = re.compile(r"[^\W\d_]{2}.*\W[^\W\d_]{2}")  # two words or more beside it
_NEAR = 200
_PRONOUN_BEHIND = re.compile(r"\s+(?:AND\s+THEM|OR\s+THEM|VERSUS\s+THEM|VS\.?\s+THEM|ALL|BOTH|TOO)\b")


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
        A TOML file of the form of ``lists/powers.toml``, or None for the built-in one.

    Raises
    ------
    StudyError
        If the file is missing, is not TOML, has an unknown field, lacks a field or has an absurd
        value in it, or gives one name to two powers.

    Examples
    --------
    >>> powers = Powers()
    >>> [(m.power, m.via) for m in powers.find("The CSTO met while Beijing watched.")]
    [('russia', 'institution'), ('china', 'capital')]
    >>> powers.find("Ships cross the South China Sea, said the Washington Post.")
    []
    >>> powers["United States"].key, powers.key("usa")
    ('usa', 'usa')
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self.path = Path(path) if path is not None else lists.path("powers.toml")
        tables = read_toml(self.path)
        self.powers = tuple(_power(key, table, self.path) for key, table in tables.items())
        if not self.powers:
            raise StudyError(f"{self.path}: no power in it; begin a table such as [russia]")
        self._known = _known(self.powers, self.path)
        self._aliases, not_meant = _aliases(tables, self.path)
        self._names = re.compile(_whole_words({name: _form(name) for name in self._aliases}))
        passed = {name: _form(name, space=_SPACES, hyphen=_SPACES) for name in not_meant}
        self._passed = re.compile(f"{_ADDRESS}|{_whole_words(passed)}")

    def __iter__(self) -> Iterator[Power]:
        return iter(self.powers)

    def __getitem__(self, power: str) -> Power:
        return self._known[self._found(power)]

    def key(self, power: str) -> str:
        """Give the key of a power by its key or displayed name."""
        return self[power].key

    @property
    def keys(self) -> tuple[str, ...]:
        """The powers' keys, in order."""
        return tuple(power.key for power in self.powers)

    @property
    def names(self) -> dict[str, str]:
        """The displayed name of each key, in order."""
        return {power.key: power.name for power in self.powers}

    def find(self, text: str) -> list[Mention]:
        """Find every mention of a power in a text, in order, the longest names first.

        Names are whole words. A digit, an underscore, a superscript or another sign of a note may stand
        at a name ("Russia¹"). Names inside web and mail addresses are passed over. In a line of capitals
        "US" counts only with a sign of the state: with the article, at the beginning of the line or
        behind a colon, joined by a hyphen, dash or stroke, with a possessive, or before a word such as
        TROOPS, CONGRESS or SANCTIONS.

        Parameters
        ----------
        text
            Any text; white space inside a name may be a line break.

        Returns
        -------
        list of Mention
            Offsets count characters of `text`; mentions never overlap.
        """
        names = list(self._names.finditer(text))
        passed = [match.span() for match in self._passed.finditer(text)] if names else []
        ends = [end for _, end in passed]
        found = []
        for match in names:
            start, end = match.span()
            power, via, alias = self._aliases[_plain(match.group())]
            at = bisect_right(ends, start)
            first, last = passed[at] if at < len(passed) else (end, end)
            # A longer name may hold what is not meant: the People's Republic of China is China.
            meant = first >= end or (start <= first and last <= end)
            if meant and (alias != "US" or _is_state(text, start, end)):
                found.append(Mention(power, start, end, via, alias))
        return found

    def _found(self, power: object) -> str:
        name = str(power).casefold().strip()
        if name not in self._known:
            every = [known for one in self.powers for known in dict.fromkeys((one.key, one.name))]
            raise unknown_name("power", power, every)
        return name


def load_powers(path: str | Path | None = None) -> Powers:
    """Load a powers file, the built-in one if none is given; see `Powers`."""
    return Powers(path)


def _power(key: str, table: Any, path: Path) -> Power:
    """Check one power's table but for its names."""
    if not isinstance(table, dict):
        raise StudyError(f"{path}: {key!r} stands outside a power; put it under a [power] heading")
    if not re.fullmatch(r"[\w-]{1,40}", key):
        raise StudyError(
            f"{path}: power [{key[:60]}]: a key is letters, digits, - and _; shorten or change it"
        )
    unknown = [field for field in table if field not in _FIELDS]
    if unknown:
        raise StudyError(f"{path}: power [{key}]: {unknown_name('field', unknown[0], _FIELDS)}")
    for field, (form, what) in _LOOK.items():
        if field not in table:
            raise StudyError(f"{path}: power [{key}] lacks {field!r}; give it {what}, in quotes")
        if not isinstance(table[field], str) or not re.fullmatch(form, table[field]):
            raise StudyError(f"{path}: power [{key}]: {field} {table[field]!r:.60} is not {what}; correct it")
    return Power(key, *(table[field] for field in _LOOK))


def _known(powers: tuple[Power, ...], path: Path) -> dict[str, Power]:
    known: dict[str, Power] = {}
    for power in powers:
        for name in (power.key.casefold(), power.name.casefold()):
            if known.setdefault(name, power) is not power:
                raise StudyError(f"{path}: {name!r} is [{known[name].key}] and [{power.key}]; change one")
    return known


def _aliases(tables: dict[str, Any], path: Path) -> tuple[dict[str, tuple[str, str, str]], list[str]]:
    """Map each name, in plain form, to its power, what it names, its usual form; list what is not meant."""
    aliases: dict[str, tuple[str, str, str]] = {}
    not_meant: dict[str, str] = {}
    for power, table in tables.items():
        for via in (*VIA, _NOT_MEANT):
            names = table.get(via, [])
            if not isinstance(names, list) or not all(isinstance(n, str) and n.strip() for n in names):
                raise StudyError(
                    f"{path}: power [{power}], {via}: must be a list of names; put each in quotes"
                )
            for name in names:
                usual = " ".join(name.split())
                # Capitals are known too, for headings: "RUSSIA", but never "us" for "US".
                for form in dict.fromkeys((usual, usual.upper() if len(usual) > 2 else usual)):
                    if via == _NOT_MEANT:
                        not_meant.setdefault(_plain(form), power)
                    elif aliases.setdefault(_plain(form), (power, via, usual))[0] != power:
                        other = aliases[_plain(form)][0]
                        raise StudyError(f"{path}: {usual!r} names both [{other}] and [{power}]; keep one")
    both = next((name for name in not_meant if name in aliases), None)
    if both is not None:
        listed = f"under [{aliases[both][0]}] and in not_meant of [{not_meant[both]}]"
        raise StudyError(f"{path}: {both!r} stands {listed}; keep one")
    return aliases, list(not_meant)


def _whole_words(forms: dict[str, str]) -> str:
    """Write names, by their forms, as one expression of whole words, the longest first."""
    listed = "|".join(forms[name] for name in sorted(forms, key=len, reverse=True)) or "(?!)"
    # Most places are passed over by the sign there. A name that ends in one (US$) may go on in a letter.
    signs = re.escape("".join(sorted({name[0] for name in forms})) or "-")
    return rf"(?=[{signs}])(?<!{_LETTER})(?:{listed})(?:(?<=\$)|(?!{_LETTER}))"


def _form(name: str, space: str = r"\s+", hyphen: str = _HYPHENS) -> str:
    """Write a name as an expression: any white space, apostrophe and hyphen, U.S. in any spelling."""
    parts = re.split(r"((?:\b[A-Z]\.){2,})", name)
    parts[1::2] = [r"\.\s?".join(part.split(".")[:-1]) + r"(?:\.|(?!\.))" for part in parts[1::2]]
    for at, part in enumerate(parts[::2]):
        form = re.escape(part).replace(r"\ ", space).replace(r"\-", hyphen)
        parts[2 * at] = form.replace("'", _APOSTROPHES)
    form = "".join(parts)
    return form if name.isascii() else f"(?:{form}|{normalize('NFD', form)})"


def _plain(name: str) -> str:
    """Bring what a text or a list has to one form, in which names are looked up."""
    name = re.sub(_HYPHENS, "-", re.sub(_APOSTROPHES, "'", " ".join(normalize("NFC", name).split())))
    name = re.sub(r"(?<=\b[A-Z]\.) (?=[A-Z]\b)", "", name)
    return re.sub(r"(?<=\.[A-Z])(?![\w.])", ".", name)


def _is_state(text: str, start: int, end: int) -> bool:
    """Whether "US" is the state: always but in a line of capitals, where a sign of it must be there."""
    before = text[max(0, start - _NEAR) : start].rpartition("\n")[2]
    behind = text[end : end + _NEAR].partition("\n")[0]
    if any(sign.islower() for sign in before + behind) or not _SENTENCE.search(f"{before} {behind}"):
        return True
    if _PRONOUN_BEHIND.match(behind):
        return False
    return bool(_STATE_BEFORE.search(before) or _STATE_BEHIND.match(behind))
