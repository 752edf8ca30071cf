"""A text as it arrived in, the text as it was written out: what programs broke on the way is mended."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import partial

from ftfy import fix_encoding, fixes

from kzpolicy.lists import path
from kzpolicy.tables import read_toml

_LETTER = r"[^\W\d_]"
# Line ends and signs as programs write them out, Excel's first; not \nu and \road of formulas and paths.
_WRITTEN = re.compile(
    r"_x(00[01][0-9A-Fa-f]|005[Ff])_|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|\\[\"']"
    r"|\\r\\n|(?<=[\w.,;!?)”’\"'])\\n|\\[nrt](?![a-z])"
)
_APOSTROPHE = re.compile(
    rf"(?<={_LETTER})(?:[\u02b9\u02bb-\u02bd\u02c8\u2032\u201b\uff07]|[`\u00b4](?={_LETTER})"
    r"|[Õ‘](?=(?:s|t|d|m|re|ve|ll)\b)| \u0301(?=s\b))"
)
# Characters that show nothing or turn the writing's direction, and controls other than line ends.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
    "\ud800-\udfff\U000e0000-\U000e0fff]"
)
_SOFT = re.compile(r"(?<=[a-z])[\xad\xac]\s{0,9}(?=[a-z])")
_BREAK = r"-[ \t]*\n[ \t]*(?:\n[ \t]*(?=[a-z]))?"
_BROKEN = re.compile(rf"\b({_LETTER}{{1,40}}){_BREAK}(?!(?:and|or|to|nor|versus)\b)(?=({_LETTER}{{1,40}}))")
_LISTS = read_toml(path("mending.toml"))
_ALIKE = str.maketrans(_LISTS["look_alike"], _LISTS["latin"])
_MIXED = re.compile(r"\b(?=\w*[A-Za-z])(?=\w*[{0}])[A-Za-z{0}]++\b".replace("{0}", _LISTS["look_alike"]))


def _escaped(found: re.Match[str]) -> str:
    return (f"\\u{found[1]}" if found[1] else found[0]).encode().decode("unicode_escape")


def _encoded(text: str) -> str:
    return "\n".join(map(fix_encoding, fixes.fix_surrogates(text).split("\n")))


def _narrow(text: str) -> str:
    return fixes.fix_character_width(fixes.fix_latin_ligatures(text))


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", re.sub(rf"(?<={_LETTER}) (?=[\u0300-\u036f])", "", text))


def _latin(found: re.Match[str]) -> str:
    return found[0].translate(_ALIKE)


_STEPS: dict[str, Callable[[str], str]] = {
    "written-out line ends or signs mended": partial(_WRITTEN.sub, _escaped),
    "mojibake mended": _encoded,
    "ligatures or wide letters mended": _narrow,
    "odd apostrophes mended": partial(_APOSTROPHE.sub, "’"),
    "detached accents mended": _composed,
    "Cyrillic or Greek letters in Latin words mended": partial(_MIXED.sub, _latin),
    "invisible characters taken out": partial(_INVISIBLE.sub, ""),
}


def mend(text: str) -> tuple[str, tuple[str, ...]]:
    r"""Mend what broke in transport; what the author wrote stays, curly quotation marks too.

    Parameters
    ----------
    text
        The text of a file or of a table's cell.

    Returns
    -------
    text : str
        Its lines end in ``\n``; a letter and its accent are one character (NFC).
    notes : tuple of str
        What was mended, in a few words each.

    Notes
    -----
    Letters in a wrong encoding (mojibake), ligatures and wide letters are mended by `ftfy`
    (Speer 2019, doi:10.5281/zenodo.2591652).

    Examples
    --------
    >>> mend("Russiaâ€™s con\ufb02ict with the Krem-\nlin")
    ('Russia’s conflict with the Kremlin', ('mojibake mended', 'ligatures or wide letters mended'))
    """
    text = re.sub("[\u2010\u2011]", "-", _SOFT.sub("", fixes.fix_line_breaks(text)))
    notes = []
    for note, step in _STEPS.items():
        mended = step(text)
        if mended != text:
            notes.append(note)
        text = mended
    if "\ufffd" in text:
        notes.append("letters lost before the file came here (\ufffd)")
    return join_words(fixes.fix_line_breaks(text)), tuple(notes)


def join_words(text: str) -> str:
    r"""Join words that a hyphen breaks at a line's end.

    The hyphen stays before a capital letter, where the text has the word with its hyphen elsewhere, and,
    unless it has the whole word, where it has both parts or one of them is usual in compounds.

    Examples
    --------
    >>> join_words("The gov-\nernments' multi-vector policy is multi-\nvector.")
    "The governments' multi-vector policy is multi-vector."
    """
    rest = re.sub(rf"\b(?:{_LETTER}{{1,40}}{_BREAK})+{_LETTER}+", " ", text.lower())
    words = set(re.findall(rf"{_LETTER}+(?:-{_LETTER}+)*", rest)) if rest != text.lower() else set()

    def joined(found: re.Match[str]) -> str:
        one, two = found[1].lower(), found[2].lower()
        compound = not {one, two}.isdisjoint(_LISTS["compounds"]) or {one, two} <= words
        stays = found[2][0].isupper() or f"{one}-{two}" in words or (compound and one + two not in words)
        return f"{found[1]}-" if stays else found[1]

    return _BROKEN.sub(joined, text)
