"""What is known of a document: the names of facts, and exports of reference managers."""

from __future__ import annotations

import html
import json
import logging
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePath, PurePosixPath
from typing import Any
from urllib.parse import unquote

import pandas as pd

from kzpolicy.build.dates import read_date
from kzpolicy.lists import path
from kzpolicy.tables import StudyError, read_toml

EXPORTS = (".ris", ".bib", ".json")
_LISTS = read_toml(path("facts.toml"))
_FIELDS: dict[str, str] = {alias: field for field, aliases in _LISTS["names"].items() for alias in aliases}
_LANGUAGES: dict[str, str] = {name: code for code, names in _LISTS["languages"].items() for name in names}
_LONGEST = 1_000  # characters of a fact
_TAG = re.compile(r"</?(?:i|b|em|strong|sub|sup|span|sc)\b[^<>]{0,200}>")
# Common words of English that its neighbours lack. A word counted as five letters, they are at least
# .11 of any 3,000 characters of the speeches and articles (5,893 passages), and at most .05 of those of
# the Universal Declaration of Human Rights in 527 other languages (but .15 in Scots, which passes).
_ENGLISH = re.compile(r"\b(?:the|of|and|that|with|by|from)\b", re.IGNORECASE)


def facts_of(record: Mapping[Any, Any], basis: str) -> dict[str, str]:
    """Give a record's facts under the names of the table documents.

    Parameters
    ----------
    record
        Names and values as a person, a page or a program wrote them.
    basis
        Where the record stands, for ``date_basis``.

    Returns
    -------
    dict
        The facts that have a value, each on one line. A date comes as it is written (``date``) and,
        where it can be read in one way only, as ``published_from`` and ``published_to``;
        ``date_basis`` says where it stands and how precise it is.

    Examples
    --------
    >>> facts_of({"Headline": "A Road", "date": "2019-05"}, "front matter")["published_to"]
    '2019-05-31'
    """
    values = {_folded(name): value for name, value in record.items()}
    facts: dict[str, str] = {}
    days: list[str] = []
    for alias, field in _FIELDS.items():
        line = _line(values.get(alias)) if field != "text" else ""
        if field in ("title", "authors", "outlet"):
            line = _line(_TAG.sub("", html.unescape(line)))
        if field == "date" and line:
            days.append(line)
        elif line:
            facts.setdefault(field, line)
    if "language" in facts:  # en-GB is en
        language = re.split(r"[-_ ,;]", facts["language"].lower())[0]
        facts["language"] = _LANGUAGES.get(language, language)
    end, basis = facts.pop("published_to", ""), facts.pop("date_basis", basis)
    if not days:
        return facts
    days[0] += f" to {end}" if end else ""
    facts |= {"date": days[0], "date_basis": basis}
    try:
        # A day without its year has that of the last: May 6, and 2019.
        readings = (read_date(day, basis) for day in (days[0], f"{days[0]} {days[-1]}", *days[1:]))
        return facts | next((days for days in readings if days), {})
    except StudyError:  # it can be read in two ways; the whole column may tell
        return facts


def column_of(name: Any) -> str:
    """Give the field that a column or key names; empty if none.

    Examples
    --------
    >>> column_of("Publication Date"), column_of("colour")
    ('date', '')
    """
    return _FIELDS.get(_folded(name), "")


def text_of(record: Mapping[Any, Any]) -> str | None:
    """Give the text that a record holds, a list as paragraphs; None if it has no place for one."""
    values = {_folded(name): value for name, value in record.items()}
    texts = [values[alias] for alias, field in _FIELDS.items() if field == "text" and alias in values]
    paragraphs = [text if isinstance(text, list) else [text] for text in texts]
    whole = ["\n\n".join(part for part in parts if isinstance(part, str)) for parts in paragraphs]
    return next(filter(None, whole), "") if texts else None


def _folded(name: Any) -> str:
    return re.sub(r"[\W_]", "", str(name)).lower()


def _line(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "; ".join(filter(None, (_line(one) for one in value if not isinstance(one, list | tuple))))
    if isinstance(value, Mapping):  # a name, as CSL writes it
        parts = map(value.get, ("given", "non-dropping-particle", "family", "suffix", "literal", "name"))
        return " ".join(part for part in parts if isinstance(part, str))
    if value is None or value != value:
        return ""
    line = "".join(filter(str.isprintable, " ".join(str(value).split()))).strip()
    return line if len(line) <= _LONGEST else line[:_LONGEST] + "…"


def reads_english(text: str) -> bool:
    """Tell whether a text reads like English, by a part of its middle.

    Examples
    --------
    >>> reads_english("Дорога открыта, и снег идёт над степью. " * 9), reads_english("It snows.")
    (False, True)
    """
    part = text[max(0, len(text) // 2 - 1500) :][:3000]
    words = sum(map(str.isalpha, part)) // 5  # some languages have no spaces between them
    return len(_ENGLISH.findall(part)) >= 0.07 * words - 3  # a short text may lack three by chance


def read_references(path: str | PurePath, text: str) -> tuple[pd.DataFrame, list[str]]:
    r"""Read the records of a RIS, BibTeX or CSL-JSON export.

    Parameters
    ----------
    path
        The file, by whose name the format is known.
    text
        What stands in it.

    Returns
    -------
    records : DataFrame
        A row a reference, columns as of `facts_of`, empty where nothing is known; ``file`` has the
        paths of attachments, one a line.
    odd : list of str
        What could not be read, in words: a record, or the second value of a field.

    Raises
    ------
    StudyError
        If no record can be read.

    Examples
    --------
    >>> read_references("a.ris", "TY  - NEWS\nTI  - A Road\nDA  - 2019/05/06\nER  -")[0].at[0, "title"]
    'A Road'
    """
    reader = {".ris": _read_ris, ".bib": _read_bibtex, ".json": _read_csl}[PurePath(path).suffix.lower()]
    odd: list[str] = []
    rows = []
    try:
        for record in reader(text, odd):
            files = [unquote(file) if "://" in file else file for file in record.pop("file", [])]
            rows.append(facts_of(record, f"export {PurePath(path).name}") | {"file": "\n".join(files)})
    except Exception as error:  # whatever a library thinks of a broken file
        reason = f"not an export of references ({type(error).__name__}); export it again"
        raise StudyError(f"{path}: {reason}") from None
    if not rows:
        raise StudyError(f"{path}: no reference in it; export it again, or save texts as .jsonl")
    return pd.DataFrame(rows, dtype="str").fillna(""), odd


def match_references(references: pd.DataFrame, found: pd.DataFrame) -> list[int]:
    """Find each document's reference by attachment, key or title; -1 if there is none, or several."""
    by: dict[tuple[str, str], set[int]] = {}
    for number, record in enumerate(references.fillna("").to_dict("records")):
        ways = [("key", record.get("document", "")), ("title", _folded(record.get("title", "")))]
        for attached in filter(None, record["file"].split("\n")):
            file = PurePosixPath(attached.replace("\\", "/"))
            ways += [("file", str(PurePosixPath(record["export"]).parent / file)), ("file", file.name)]
        for way in ways:
            by.setdefault(way, set()).add(number)
    matches = []
    for row in found.fillna("").to_dict("records"):
        ways = [("key", row.get("document", "")), ("title", _folded(row.get("title", "")))]
        if not row["part"]:
            file = PurePosixPath(row["file"])
            ways[:0] = [("file", row["file"]), ("file", file.name), ("key", file.stem)]
            # Zotero's way: Author - Year - Title.
            parts = file.stem.split(" - ")
            ways += [("title", _folded("".join(parts[at:]))) for at in range(min(3, len(parts)))]
        one = (number for way in ways if way[1] and len(by.get(way, ())) == 1 for number in by[way])
        matches.append(next(one, -1))
    return matches


def _given_first(name: str) -> str:
    return re.sub(r"\A([^,]+),\s*([^,]+)\Z", r"\2 \1", name.strip())


def _read_ris(text: str, odd: list[str]) -> Iterator[dict[str, Any]]:
    for chunk in re.split(r"(?m)^\ufeff?(?=TY[ \t]{0,2}-)", "\n".join(text.splitlines()))[1:]:
        record: dict[str, Any] = {}
        # A line without a tag goes on with the one above.
        for tag, value in re.findall(r"(?m)^([A-Z][A-Z0-9])[ \t]{0,2}-(.*(?:\n[^\S\n]+\S.*)*)", chunk):
            field = _LISTS["ris"].get(tag)
            if field in ("authors", "file"):
                record.setdefault(field, []).append(
                    _given_first(value) if field == "authors" else value.strip()
                )
            elif field:
                record.setdefault(field, value)
        yield record


def _read_bibtex(text: str, odd: list[str]) -> Iterator[dict[str, Any]]:
    from bibtexparser.entrypoint import parse_string
    from bibtexparser.middlewares.names import split_multiple_persons_names
    from bibtexparser.model import Entry, ParsingFailedBlock
    from pylatexenc.latex2text import LatexNodes2Text

    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)  # odd entries are named
    library = parse_string(text, parse_stack=[])
    for block in library.blocks:
        entry = getattr(block, "ignore_error_block", None) or block  # of one with a field or a key twice
        if isinstance(entry, Entry):
            fields = {field.key.lower(): _bare(field.value) for field in reversed(entry.fields)}
            odd += [f"{entry.key}: a field stands twice"] if len(fields) < len(entry.fields) else []
            # Name:files/1/road.pdf:application/pdf, with ; between, or the path alone; not in LaTeX.
            parts = re.split(r"(?<!\\)[:;]", fields.pop("file", ""))
            names = split_multiple_persons_names(" ".join(fields.get("author", "").split()))
            # Braces keep the name of an institution whole.
            names = [
                name if re.fullmatch(r"{(?:(?!}, {).)*}", name) else _given_first(name) for name in names
            ]
            day = "-".join(fields[name] for name in ("year", "month", "day") if name in fields)
            fields["date"] = fields.get("date") or day
            decode = LatexNodes2Text().latex_to_text
            record = {name: decode(value) for name, value in fields.items() if column_of(name)}
            attached = [re.sub(r"\\(.)", r"\1", part) for part in parts]
            yield record | {"document": entry.key, "author": list(map(decode, names)), "file": attached}
        elif isinstance(block, ParsingFailedBlock):
            odd.append(f"an entry that does not end ({' '.join(str(block.raw).split())[:60]})")


def _bare(value: Any) -> str:
    return re.sub(r'\A\{(.*)\}\Z|\A"(.*)"\Z', r"\1\2", str(value).strip(), flags=re.DOTALL)


def _read_csl(text: str, odd: list[str]) -> Iterator[dict[str, Any]]:
    items = json.loads(text.removeprefix("\ufeff"))
    for number, item in enumerate(items.get("items", items) if isinstance(items, dict) else items, start=1):
        try:
            issued = item.get("issued") or ""
            if not isinstance(issued, str):
                ends = ("-".join(map(str, end)) for end in issued.get("date-parts", ()))
                issued = "/".join(ends) or issued.get("raw") or issued.get("literal")
            files = [found["path"] for found in item.get("attachments", ()) if "path" in found]
            if text_of(item):
                raise TypeError("a text, and no reference")
            # Its source is the catalogue in which it was found.
            yield {**item, "source": "", "issued": issued, "file": files}
        except (AttributeError, TypeError):
            odd.append(f"item {number} is no reference as CSL writes one ({str(item)[:60]})")
