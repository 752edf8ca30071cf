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
# An address of the web, of mail, of an account; or a site's or file's name, known by how it ends.
_ADDRESS = (
    r"(?:https?://|www\.)[^\s<>\"”»\])]+|[\w.+-]{1,64}@\w[\w.-]{0,250}|@\w+|(?:[\w-]{1,63}\.){1,4}(?:com|org|net|info"
    r"|int|edu|gov|mil|eu|ru|kz|cn|uk|ir|tr|tv|co\.\w\w|example|html?|pdf|docx?|txt|csv)\b(?:[/:?#][^\s<>\"”»\])]*)?"
)
# In a line of capitals "US" may be the pronoun. It is the state behind the article, a joining sign or the
# beginning of the line or of a part of it; and before a joining sign or a word that goes with states.
_STATE_BEFORE = re.compile(rf"(?:\bTHE|{_HYPHENS}|[/–—:;]|^)[\s\"'“”‘’(\[]*\Z")
_STATE_BEHIND = re.compile(
    rf"{_HYPHENS}|[/–]|{_APOSTROPHES}S?\b|\s+(?:TROOPS|FORCES|MILITARY|BASES?|CONGRESS|SENATE|PRESIDENT|GOVERNMENT|"
    r"EMBASSY|ENVOYS?|OFFICIALS?|SANCTIONS|TARIFFS|ELECTIONS?|FOREIGN|AID|POLICY)\b"
)
_BESIDE = re.compile(r",?\s(?:(?:AND|&)\s)?")
_PRONOUN_BEHIND = re.compile(r"\s+(?:(?:AND|OR|VERSUS|VS\.?)\s+THEM|ALL|BOTH|TOO)\b")


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
        if not tables:
            raise StudyError(f"{self.path}: no power in it; begin a table such as [russia]")
        self.powers = tuple(_power(key, table, self.path) for key, table in tables.items())
        self._known: dict[str, Power] = {}
        for power in self.powers:
            for name in (power.key.casefold(), power.name.casefold()):
                if self._known.setdefault(name, power) is not power:
                    raise StudyError(f"{self.path}: {name!r} is two powers; change one")
        self._aliases = _aliases(tables, self.path)
        meant = {name: _form(name) for name, (_, via, _) in self._aliases.items() if via != _NOT_MEANT}
        # In what is not meant, a hyphen is a space.
        passed = {n: _form(n, r"[\s‐‑-]+", r"[\s‐‑-]+") for n in self._aliases if n not in meant}
        self._names = re.compile(_whole_words(meant))
        self._passed = re.compile(f"{_ADDRESS}|{_whole_words(passed)}")

    def __iter__(self) -> Iterator[Power]:
        return iter(self.powers)

    def __getitem__(self, power: str) -> Power:
        name = str(power).casefold().strip()
        if name not in self._known:
            raise unknown_name("power", power, dict.fromkeys(n for p in self for n in (p.key, p.name)))
        return self._known[name]

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
        behind a colon or another power, joined by a hyphen, dash or stroke, with a possessive, or before
        a word such as TROOPS, CONGRESS or SANCTIONS.

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
        found: list[Mention] = []
        for match in names:
            start, end = match.span()
            power, via, alias = self._aliases[_plain(match.group())]
            at = bisect_right(ends, start)
            first, last = passed[at] if at < len(passed) else (end, end)
            # A longer name may hold what is not meant: the People's Republic of China is China.
            meant = first >= end or (start <= first and last <= end)
            beside = found and _BESIDE.fullmatch(text[found[-1].end : start])  # CHINA, US SIGN PACT
            if meant and (alias != "US" or beside or _is_state(text, start, end)):
                found.append(Mention(power, start, end, via, alias))
        return found


def load_powers(path: str | Path | None = None) -> Powers:
    """Load a powers file, the built-in one if none is given; see `Powers`."""
    return Powers(path)


def _power(key: str, table: Any, path: Path) -> Power:
    """Check one power's table."""
    where = f"{path}: power [{key[:60]}]"
    if not isinstance(table, dict) or not re.fullmatch(r"[\w-]{1,40}", key):
        raise StudyError(f"{where}: no power; write a heading of letters, digits, - and _ such as [russia]")
    for field in table:
        if field not in _FIELDS:
            raise StudyError(f"{where}: {unknown_name('field', field, _FIELDS)}")
    for field, (form, what) in _LOOK.items():
        if not isinstance(table.get(field), str) or not re.fullmatch(form, table[field]):
            raise StudyError(f"{where}: {field} must be {what}, in quotes; correct it")
    for field in (*VIA, _NOT_MEANT):
        names = table.get(field, [])
        if not isinstance(names, list) or not all(isinstance(n, str) and n.strip() for n in names):
            raise StudyError(f"{where}: {field} must be a list of names, each in quotes; correct it")
    return Power(key, *(table[field] for field in _LOOK))


def _aliases(tables: dict[str, Any], path: Path) -> dict[str, tuple[str, str, str]]:
    """Map each name, in plain form, to its power, what it names ("not_meant" too), its usual form."""
    aliases: dict[str, tuple[str, str, str]] = {}
    for power, table in tables.items():
        for via in (*VIA, _NOT_MEANT):
            owner = _NOT_MEANT if via == _NOT_MEANT else power
            for name in table.get(via, []):
                usual = " ".join(name.split())
                # Capitals are known too, for headings: "RUSSIA", but never "us" for "US".
                for form in (usual, usual.upper() if len(usual) > 2 else usual):
                    other = aliases.setdefault(_plain(form), (owner, via, usual))[0]
                    if other != owner:
                        raise StudyError(f"{path}: {usual!r} stands under {other} and {owner}; keep one")
    return aliases


def _whole_words(forms: dict[str, str]) -> str:
    """Write names, by their forms, as one expression of whole words, the longest first."""
    listed = "|".join(forms[name] for name in sorted(forms, key=len, reverse=True)) or "(?!)"
    # Most places are passed over by the sign there. A name that ends in one (US$) may go on in a letter.
    signs = re.escape("".join(sorted({name[0] for name in forms})) or "-")
    return rf"(?=[{signs}])(?<!{_LETTER})(?:{listed})(?:(?<=\$)|(?!{_LETTER}))"


def _form(name: str, space: str = r"\s+", hyphen: str = _HYPHENS) -> str:
    """Write a name as an expression: any white space, apostrophe and hyphen, U.S. in any spelling."""
    form = re.escape(name).replace(r"\ ", space).replace(r"\-", hyphen).replace("'", _APOSTROPHES)
    form = re.sub(r"(\b[A-Z]\\\.)(?=[A-Z]\\\.)", r"\1\\s?", form)
    form = re.sub(r"(?<=\\s\?)([A-Z]\\\.)(?!\\s\?)", r"\1?+", form)  # the last full stop may lack
    return form if name.isascii() else f"(?:{form}|{normalize('NFD', form)})"


def _plain(name: str) -> str:
    """Bring what a text or a list has to one form, in which names are looked up."""
    name = re.sub(_HYPHENS, "-", re.sub(_APOSTROPHES, "'", " ".join(normalize("NFC", name).split())))
    name = re.sub(r"(?<=\b[A-Z]\.) (?=[A-Z]\b)", "", name)
    return re.sub(r"(?<=\.[A-Z])(?![\w.])", ".", name)


def _is_state(text: str, start: int, end: int) -> bool:
    """Whether "US" is the state: always but in a line of capitals, where a sign of it must be there."""
    before = text[max(0, start - 200) : start].rpartition("\n")[2]
    behind = text[end : end + 200].partition("\n")[0]
    line = f"{before} {behind}"
    if line != line.upper() or not re.search(r"\b[^\W\d_]{2,}\b", line):
        return True
    named = _STATE_BEFORE.search(before) and not _PRONOUN_BEHIND.match(behind)
    return bool(named or _STATE_BEHIND.match(behind))
