"""A text as it arrived in, the text as it was written out: what programs broke on the way is mended."""

from __future__ import annotations

import html
import re
import unicodedata

from ftfy import fix_encoding, fixes

_LETTER = r"[^\W\d_]"
# Characters that show nothing or turn the writing's direction, and controls other than line ends.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
# A text of these alone has nothing to mend but its line ends: most have.
_USUAL = frozenset(map(chr, range(32, 127))) - {"`"} | frozenset("\n\t\f’“”–—…•")
_EXCEL = re.compile(r"_x00([01][0-9A-Fa-f]|5[Ff])_")  # a control, or an underscore before one
# Line ends and signs as programs write them out; but not what is the path of a file or, with a blank
# before it, a command of LaTeX.
_WRITTEN = re.compile(
    r"\b[A-Za-z]:\\\S*|\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|([\"']))"
    r"|(?<=[\w.,;:!?)”’\"'])\\+[nrt](?=[a-z])|\\+[nrt](?![a-z])"
)
_ENTITY = re.compile(r"&(?:[A-Za-z]{2,8}|#\d{2,5}|#x[0-9A-Fa-f]{2,5});")
# UTF-8 that was read as of DOS (two code pages), or as of Windows once it had passed a web page.
_DOS = re.compile("ΓÇ[\u0080-\uffff]|ÔÇ[\u0080-\uffff]|Â(?=[‘’“”–—…•])")
# After a letter; a grave or acute accent, which may end a quotation, before one too; that of an old Mac; an
# acute accent that was taken apart to a blank with an accent on it.
_APOSTROPHES = re.compile(
    rf"(?:[\u02b9\u02bb-\u02bd\u02c8\u0384\u055a\u05f3\u1fbf\u201b\u2032\u275b\u275c\ua78b\ua78c\uff07]"
    rf"|[`\u00b4](?={_LETTER})|[Õ‘](?=(?:s|t|d|m|re|ve|ll)\b)(?<=[a-z].))(?<={_LETTER}.)"
    rf"| \u0301(?=s\b)(?<={_LETTER}..)"
)
_ACCENTS = re.compile("[\u0300-\u036f]")
_SPACED = re.compile(rf"({_LETTER})( [\u0300-\u036f]|[¨ˇ˘¸˜])({_LETTER})")
_COMBINING = {"¨": "\u0308", "ˇ": "\u030c", "˘": "\u0306", "¸": "\u0327", "˜": "\u0303"}
_STACKED = re.compile(r"([\u0300-\u036f]{9})[\u0300-\u036f]+")  # of no language, and slow to put in order
_HYPHENS = re.compile("[\u2010\u2011\ufe63\uff0d]")
_WIDE = re.compile("[\u0132\u0133\u0149\u01c4-\u01cc\u01f1-\u01f3\ufb00-\ufb06\u3000\uff01-\uffef]")
_STYLED = re.compile("[\U0001d400-\U0001d7ff]+")  # bold and italic letters of mathematics
_SOFT = re.compile(rf"[\u00ad\u00ac](?<={_LETTER}.)\s{{,9}}(?={_LETTER})")
_BREAK = r"-[ \t]*\n[ \t]*(?:\n[ \t]*(?=[a-z]))?"
_BROKEN = re.compile(rf"\b({_LETTER}{{1,40}}){_BREAK}(?!(?:and|or|to|nor|versus)\b)(?=({_LETTER}{{1,40}}))")
# With which compounds begin and end, and words that are broken hardly ever.
_FIRST = frozenset("anti cross good half high low non self vice well".split())
_LAST = frozenset("based building led level made off owned run sponsored term torn up wide year".split())
# Letters of Cyrillic and Greek that cannot be told from those of the Latin alphabet.
_ALIKE = str.maketrans(
    "АВЕЅІЈКМНОРСТУҮХаеѕіјорсуүхԁһӏԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧο",  # noqa: RUF001
    "ABESIJKMHOPCTYYXaesijopcyyxdhlqwABEZHIKMNOPTYXo",
)
_OTHER = re.compile("[\u0370-\u052f]")


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
    notes: list[str] = []

    def note(count: int, noun: str, done: str) -> None:
        if count:
            notes.append(f"{count:,} {noun}{'s' * (count != 1)} {done}")

    text = fixes.fix_line_breaks(text)
    written = fixes.fix_line_breaks(_EXCEL.sub(lambda found: chr(int(found[1], 16)), text))
    if "\\" in written:
        written = fixes.fix_line_breaks(_WRITTEN.sub(_unwritten, written))
    if "&" in written:
        written = _ENTITY.sub(lambda found: html.unescape(found[0]), written)
    if written != text:
        notes.append("written-out line ends or signs mended")
    text = written
    if not _USUAL.issuperset(text):
        text = fixes.fix_surrogates(text)
        mended = _DOS.sub(_from_dos, "\n".join(map(fix_encoding, text.split("\n"))))
        if mended != text:
            notes.append("mojibake mended")
        text = fixes.fix_line_breaks(mended)
        if _WIDE.search(text) or _STYLED.search(text):
            text = _STYLED.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)
            text = fixes.fix_character_width(fixes.fix_latin_ligatures(text))
            notes.append("ligatures or wide letters mended")
        text, count = _APOSTROPHES.subn("’", text)
        note(count, "odd apostrophe", "mended")
        text, spaced = _SPACED.subn(_accented, text)
        before = len(_ACCENTS.findall(text))
        text = unicodedata.normalize("NFC", _STACKED.sub(r"\1", text.replace("i\u0307", "i")))
        note(spaced + before - len(_ACCENTS.findall(text)), "detached accent", "mended")
        text, count = _latin(_SOFT.sub(_joined_softly, _HYPHENS.sub("-", text)))
        note(count, "word", "mended that had Cyrillic or Greek letters which look Latin")
        note(text.count("\ufffd"), "character", "lost before the file came here (\ufffd)")
        text, count = _INVISIBLE.subn("", text)
        note(count, "invisible character", "taken out")
    return join_words(text), tuple(notes)


def join_words(text: str) -> str:
    r"""Join words that a hyphen breaks at a line's end.

    The hyphen stays before a capital letter, where the text has the word with its hyphen elsewhere, and,
    unless it has the whole word, where it has both parts or one of them is usual in compounds.

    Examples
    --------
    >>> join_words("The gov-\nernments' multi-vector policy is multi-\nvector.")
    "The governments' multi-vector policy is multi-vector."
    """
    if not re.search(_BREAK, text):
        return text
    rest = re.sub(rf"\b(?:{_LETTER}{{1,40}}{_BREAK})+{_LETTER}+", " ", text.lower())
    words = set(re.findall(rf"{_LETTER}+(?:-{_LETTER}+)*", rest))

    def joined(found: re.Match[str]) -> str:
        one, two = found[1].lower(), found[2].lower()
        compound = one in _FIRST or two in _LAST or {one, two} <= words
        if found[2][0].isupper() or f"{one}-{two}" in words or (compound and one + two not in words):
            return found[1] + "-"
        return found[1]

    return _BROKEN.sub(joined, text)


def _unwritten(found: re.Match[str]) -> str:
    if code := found[1] or found[2]:
        return chr(int(code, 16))
    if found[3] or found[0][0] != "\\":  # a quotation mark; a path
        return found[3] or found[0]
    return {"n": "\n", "r": "\r", "t": "\t"}[found[0][-1]]


def _from_dos(found: re.Match[str]) -> str:
    page = {"Γ": "cp437", "Ô": "cp850"}.get(found[0][0], "ascii")
    return found[0].encode(page, "ignore").decode("utf-8", "ignore")


def _joined_softly(found: re.Match[str]) -> str:
    follows = found.string[found.end()]
    return "" if follows.islower() or found[0] == "\u00ad" else found[0]


def _accented(found: re.Match[str]) -> str:
    """Put an accent on the letter that bears it: after it in most programs, before it in LaTeX."""
    one, accent, two = found.groups()
    mark = _COMBINING.get(accent, accent[-1])
    ways = [(f"{one}{mark}", two), (one, f"{two}{mark}")]
    for way in ways if accent[0] == " " else ways[::-1]:
        whole = unicodedata.normalize("NFC", "".join(way))
        if len(whole) == 2:
            return whole
    return found[0]


def _latin(text: str) -> tuple[str, int]:
    """Write words in Latin letters that have some of another alphabet by a slip of the keyboard."""
    others = "".join(set(_OTHER.findall(text)))
    # A text without any letter that does not look Latin is not in the other alphabet at all.
    slipped = not _OTHER.search(others.translate(_ALIKE))
    count = 0

    def mended(found: re.Match[str]) -> str:
        nonlocal count
        word = found[0].translate(_ALIKE)
        if _OTHER.search(word) or not (slipped or re.search("[A-Za-z]", found[0])):
            return found[0]
        count += 1
        return word

    return (re.sub(rf"\b{_LETTER}*[\u0370-\u052f]{_LETTER}*\b", mended, text) if others else text), count
