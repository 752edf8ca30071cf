"""A database's export with many articles in it: Nexis, Factiva and ProQuest, split into its articles."""

from __future__ import annotations

import re

from kzpolicy.build.dates import read_date
from kzpolicy.build.references import facts_of
from kzpolicy.lists import path
from kzpolicy.tables import StudyError, read_toml

_LISTS = read_toml(path("exports.toml"))
_FLAGS = re.MULTILINE | re.IGNORECASE
_LINES = {name: re.compile(rf"^[ \t]*(?:{line})[ \t]*$", _FLAGS) for name, line in _LISTS["lines"].items()}
_ONCE = [re.compile(rf"^[ \t]*{mark}", _FLAGS) for mark in _LISTS["once"]]
_HEAD, _TAIL = ("|".join(_LISTS[place]).replace(" ", "[ -]") for place in ("head", "tail"))
_FIELD = re.compile(rf"^[ \t]*({_HEAD}|{_TAIL})[ \t]*:[ \t]*(.*)$", _FLAGS)
_HEADS = re.compile(rf"^[ \t]*(?:{_HEAD})[ \t]*:.*$", _FLAGS)
_BODY = re.compile(r"^[ \t]*(?:body[ \t]*$|(?:body|full text):)", _FLAGS)
_BEHIND = re.compile(
    rf"^[ \t]*(?:(?:{_TAIL})[ \t]*:|classification[ \t]*$|{_LISTS['lines']['rights']}$)", _FLAGS
)
# Factiva's fields: a code, and two blanks, a line's end or the border of a cell.
_CODE = re.compile(r"^[ \t|]*([A-Z]{2,3})(?=  |[ ]?[\t|]|[ ]?$)", re.MULTILINE)
_CODED = re.compile(r"^(?=[ \t|]*HD(?:  |[ ]?[\t|]|[ ]?$))", re.MULTILINE)

Article = tuple[str, dict[str, str]]  # text, facts


def split_export(text: str) -> list[Article] | None:
    r"""Split a database's export into its articles.

    Parameters
    ----------
    text
        The text of a file.

    Returns
    -------
    list of (text, facts)
        One an article: its own text without what the database put before and behind it, and its
        title, outlet, date and authors under the names of the table ``documents``; ``notes`` has the
        number of words that the database counted. The text is empty if there is none. None if the
        file is no export.

    Raises
    ------
    StudyError
        If the file looks like several articles and does not show where one ends.

    Examples
    --------
    >>> lines = "Document 1 of 1", "Gazette", "May 6, 2019", "A Road", "LENGTH: 2 words", "It snows."
    >>> [(body, facts)] = split_export("\n\n".join(lines))
    >>> body, facts["title"], facts["outlet"], facts["published_from"]
    ('It snows.', 'A Road', 'Gazette', '2019-05-06')
    """
    if _CODED.search(text) and re.search(r"^[ \t|]*(?:LP|TD)\b", text, re.MULTILINE):
        return [_coded(piece) for piece in _CODED.split(text)[1:]]
    if _LINES["numbered"].search(text) and _LINES["counted"].search(text):
        pieces = _LINES["numbered"].split(text)
        return [_uncoded(piece) for piece in pieces if _LINES["counted"].search(piece)]
    pieces = _LINES["begins"].split(text)[1:]
    if len(pieces) < 2:
        pieces = [p for p in pieces or _LINES["ends"].split(text) if any(once.search(p) for once in _ONCE)]
    several = max((len(once.findall(piece)) for piece in pieces for once in _ONCE), default=0)
    if several > 1:
        raise StudyError(
            f"looks like {several} articles of a database, and does not show where one ends; export each to "
            "a file of its own, or with a line Document 1 of 2 before each"
        )
    if not pieces or pieces == [text]:
        return None
    return [_labelled(piece) for piece in pieces]


def _labelled(piece: str) -> Article:
    """Read an article whose fields have names: LENGTH: 212 words."""
    # A headline goes on in the next line.
    piece = re.sub(r"^([ \t]*headline:.*)\n[ \t]*(?=\S+(?<!:)(?: |$))", r"\1 ", piece, flags=_FLAGS)
    body, heads = _BODY.search(piece), list(_HEADS.finditer(piece))
    start = body.end() if body else heads[-1].end() if heads else 0
    behind = _BEHIND.search(piece, start)
    end = behind.start() if behind else len(piece)
    found = _unnamed(piece[: body.start() if body else start])
    fields = _FIELD.finditer(f"{piece[:start]}\n{piece[end:]}")
    found |= {field[1].lower().replace("-", " "): field[2] for field in fields}
    found["language"] = found.get("language") or found.pop("language of publication", "")
    found["publisher"] = re.split(r"[;,\[:]", found.pop("publication info", ""))[0]
    return piece[start:end].strip(), _facts(found)


def _unnamed(head: str) -> dict[str, str]:
    """Tell title, outlet and date above the fields; in new exports the title stands first."""
    head = _LINES["rights"].sub("", _FIELD.sub("", head))
    parts = [part.strip() for part in re.split(r"\n\s*\n", head) if part.strip()]
    for at, part in enumerate(parts):
        day = part.split("\n")[0]
        if read_date(day):
            title = parts[at - 2] if at > 1 else "".join(parts[at + 1 : at + 2])
            return {"headline": title, "publication": parts[at - 1] if at else "", "date": day}
    return {"headline": parts[-1]} if parts else {}


def _coded(piece: str) -> Article:
    """Read an article of Factiva whose fields have codes: HD, BY, WC, PD, SN, LP, TD."""
    parts = [part.strip(" \t\n|") for part in _CODE.split(piece)[1:]]
    fields = dict(zip(parts[::2], parts[1::2], strict=True))
    text = "\n\n".join(filter(None, (fields.get("LP"), fields.get("TD"))))
    return text, _facts({name: fields.get(code, "") for code, name in _LISTS["codes"].items()})


def _uncoded(piece: str) -> Article:
    """Read an article of Factiva without codes: title, by, words, date, outlet, code, language, ©, text."""
    lines = [line.strip() for line in piece.split("\n") if line.strip()]
    at = next(number for number, line in enumerate(lines) if _LINES["counted"].match(line))
    by = next((line for line in lines[:at] if line.startswith("By ")), "")
    titles = [line for line in lines[:at] if line != by]
    if len(titles) > 1 and len(titles[0].split()) <= 3:  # the newspaper's section
        titles = titles[1:]
    below = [line for line in lines[at + 1 : at + 12] if not re.match(r"\d\d?:\d\d", line)] + ["", ""]
    ends = [line for line in below if line == "English" or _LINES["rights"].match(line)]
    text = lines[lines.index(ends[-1], at) + 1 if ends else at + 1 :]
    found = {"headline": " ".join(titles), "byline": by, "length": lines[at]}
    return "\n\n".join(text), _facts(found | {"date": below[0], "publication": below[1]})


def _facts(found: dict[str, str]) -> dict[str, str]:
    """Put what an export says under the names of the table documents."""
    found = {name: " ".join(value.split()) for name, value in found.items() if name != "notes"}
    for name in {"byline", "author", "authors"} & set(found):
        found[name] = re.sub(r"\s+and\s+", "; ", re.sub(r"(?i)\A(?:by|from)\s+", "", found[name]))
    words = re.search(r"[\d,]+", found.get("length") or found.get("word count", ""))
    notes = {"notes": f"{words[0]} words by the database's count"} if words else {}
    return facts_of(found, "the database's export") | notes
