"""What is known of a document: names of fields, dates, and exports of reference managers."""

from __future__ import annotations

import json
import logging
import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from kzpolicy.errors import StudyError

EXPORTS = (".ris", ".bib", ".json")
LARGEST_EXPORT = 20_000_000  # bytes: ten thousand references with their abstracts
_LONGEST_FACT = 20_000  # characters; what follows them is no part of a title or a name
# The names that people, page makers and reference managers give to the same fact.
_NAMES = {
    "document": "document id key citekey citationkey",
    "file": "file filename filepath path attachment fileattachments",
    "text": "text body content contents fulltext articletext articlebody article maintext",
    "title": "title headline",
    "authors": "authors author byline creator",
    "outlet": "outlet publication publicationtitle containertitle journal journaltitle "
    "newspaper magazine sitename site website source publisher",
    "date": "date published publisheddate publishedat publicationdate datepublished pubdate issued year "
    "publicationyear",
    "url": "url link href",
    "language": "language lang langid",
    "notes": "notes",
}
_FIELDS = {alias: field for field, aliases in _NAMES.items() for alias in aliases.split()}
# Where a record has several, the first of them counts: a date before a year.
_RANKS = {alias: rank for rank, alias in enumerate(_FIELDS)}
# Facts that go by one name only.
_OWN = (
    "label published_from published_to date_basis outlet_country outlet_type outlet_group "
    "speaker_state layout standfirst"
).split()
_FIELDS |= {name.replace("_", ""): name for name in _OWN}
_RIS = {
    **{"ID": "document", "TI": "title", "T1": "title", "AU": "authors", "A1": "authors"},
    **{"T2": "outlet", "JO": "outlet", "JF": "outlet", "PB": "publisher", "UR": "url", "LA": "language"},
    **{"DA": "date", "PY": "year", "Y1": "year", "L1": "file", "L2": "file"},
}
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_MONTH = r"(?P<name>[A-Za-z]{3,9})\.?"
_DATES = [
    re.compile(pattern + r"\Z")
    for pattern in (
        r"(?P<year>\d{4})(?:[-/](?P<month>\d{1,2})(?:[-/](?P<day>\d{1,2}))?)?(?:[T /].*)?",
        r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})",
        rf"(?:[A-Za-z]+,?\s+)?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+{_MONTH},?\s+(?P<year>\d{{4}})",
        rf"{_MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})",
        rf"{_MONTH},?\s+(?P<year>\d{{4}})",
    )
]
_DATE_LINE = re.compile(
    r"(?:(?:first |last )?(?:published|posted|updated|dated?)(?: on| at)?:?\s+)?(.{6,40})", re.I
)
# Characters that show nothing or turn the writing's direction, and controls other than line ends.
INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff]"
)


def known_facts(record: Mapping[Any, Any], basis: str) -> dict[str, str]:
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
        The facts that have a value, each on one line; a date as ``published_from``,
        ``published_to`` and ``date_basis``, which says how precise it is.

    Examples
    --------
    >>> known_facts({"Headline": "A Road", "date": "2019-05"}, "front matter")["published_to"]
    '2019-05-31'
    """
    facts: dict[str, str] = {}
    for name, value in _ranked(record):
        field = column_of(name)
        line = "" if field in ("", "text") else _line(value)
        if field and line and not facts.get(field):
            facts[field] = line
    day = facts.pop("date", "")
    if day and "published_from" not in facts:
        facts |= dated(day, basis)
    if "language" in facts:  # en-GB is en
        facts["language"] = facts["language"][:2].lower()
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
    """Give the text that a record holds; None if it has no place for one."""
    texts = [value for name, value in _ranked(record) if column_of(name) == "text"]
    return next((text for text in texts if isinstance(text, str) and text), "") if texts else None


def _folded(name: Any) -> str:
    return re.sub(r"[\s_-]", "", str(name)).lower()


def _ranked(record: Mapping[Any, Any]) -> list[tuple[Any, Any]]:
    return sorted(record.items(), key=lambda item: _RANKS.get(_folded(item[0]), len(_RANKS)))


def _line(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "; ".join(filter(None, (_line(v) for v in value if not isinstance(v, list | tuple))))
    if isinstance(value, Mapping):  # a name, as CSL writes it
        parts = (value.get("given"), value.get("family"), value.get("literal"), value.get("name"))
        return " ".join(part for part in parts if isinstance(part, str))
    if value is None or value != value:
        return ""
    return " ".join(INVISIBLE.sub("", str(value)[:_LONGEST_FACT]).split())


def dated(day: str, basis: str) -> dict[str, str]:
    """Give the first and last day that a date may mean; nothing if it is not one.

    Examples
    --------
    >>> dated("May 2019", "as given")
    {'published_from': '2019-05-01', 'published_to': '2019-05-31', 'date_basis': 'as given, to the month'}
    """
    found = next(
        filter(None, (pattern.match(day.strip().rstrip("/").removesuffix(".0")) for pattern in _DATES)), None
    )
    if found is None:
        return {}
    parts = found.groupdict()
    if parts.get("name"):
        if parts["name"][:3].lower() not in _MONTHS:
            return {}
        parts["month"] = str(_MONTHS.index(parts["name"][:3].lower()) + 1)
    year, month, number = int(parts["year"]), int(parts.get("month") or 0), int(parts.get("day") or 0)
    try:
        first = date(year, month or 1, number or 1)
        last = date(year, month or 12, number or monthrange(year, month or 12)[1])
    except ValueError:
        return {}
    precision = "" if number else ", to the month" if month else ", to the year"
    return {
        "published_from": first.isoformat(),
        "published_to": last.isoformat(),
        "date_basis": basis + precision,
    }


def date_line(text: str) -> dict[str, str]:
    r"""Give the date that stands alone in a line near a text's head, to the day or the month.

    Examples
    --------
    >>> date_line("A Road Opens\n\nPublished on 6 May 2019\n\nIt snows.")["published_from"]
    '2019-05-06'
    """
    for line in text[:3000].split("\n")[:20]:
        found = _DATE_LINE.fullmatch(line.strip())
        facts = dated(found[1], "a line of the text") if found and not found[1].isdecimal() else {}
        if facts and "to the year" not in facts["date_basis"]:
            return facts
    return {}


def read_export(path: Path, text: str) -> tuple[list[dict[str, str]], int]:
    """Read the records of a RIS, BibTeX or CSL-JSON export.

    Parameters
    ----------
    path
        The file, by whose name the format is known.
    text
        What stands in it.

    Returns
    -------
    records : list of dict
        The references' facts; ``file`` has the paths of attachments, one a line.
    broken : int
        How many could not be read.

    Raises
    ------
    StudyError
        If no record can be read.
    """
    reader = {".ris": _read_ris, ".bib": _read_bibtex, ".json": _read_csl}[path.suffix.lower()]
    try:
        records = list(reader(text))
    except StudyError as error:
        raise StudyError(f"{path}: {error}") from None
    except Exception as error:  # whatever a library thinks of a broken file
        raise StudyError(
            f"{path}: not an export of references ({type(error).__name__}); export it again"
        ) from None
    broken = records.count(None)
    if len(records) == broken:
        raise StudyError(f"{path}: no reference in it; export it again or take it away")
    facts = []
    for record in filter(None, records):
        files = [str(file).replace("\\", "/") for file in record.pop("file", [])]
        known = known_facts(record, f"export {path.name}")
        if "authors" in known:
            known["authors"] = "; ".join(_given_first(name) for name in known["authors"].split("; "))
        facts.append(known | {"file": "\n".join(files)})
    return facts, broken


def _given_first(name: str) -> str:
    family, comma, given = name.partition(", ")
    return f"{given} {family}" if comma and ", " not in given else name


def _read_ris(text: str) -> Iterator[dict[str, Any]]:
    record: dict[str, Any] = {}
    for line in text.splitlines():
        tag, value = line[:2], line[6:].strip()
        if not re.match(r"[A-Z][A-Z0-9]  -", line):
            continue
        if tag == "ER":
            yield record
            record = {}
        elif tag in ("AU", "A1"):
            record.setdefault("authors", []).append(value)
        elif tag in ("L1", "L2"):
            record.setdefault("file", []).append(value)
        elif tag in _RIS:
            record.setdefault(_RIS[tag], value)
    if record:
        yield record


def _read_bibtex(text: str) -> Iterator[dict[str, Any] | None]:
    from bibtexparser.entrypoint import parse_string
    from bibtexparser.middlewares import LatexDecodingMiddleware, MonthIntMiddleware

    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)  # broken entries are counted
    library = parse_string(text)
    # Paths hold characters that LaTeX would take for commands.
    attached = {e.key: str(e["file"]) for e in library.entries if "file" in e}
    for entry in library.entries:  # decoding is slow, and an abstract is long
        entry.fields = [
            f for f in entry.fields if column_of(f.key) not in ("", "file") or f.key.lower() == "month"
        ]
        for field in entry.fields:
            field.value = field.value[:_LONGEST_FACT] if isinstance(field.value, str) else field.value
    for middleware in (MonthIntMiddleware(), LatexDecodingMiddleware()):
        library = middleware.transform(library)
    yield from [None] * len(library.failed_blocks)
    for entry in library.entries:
        record: dict[str, Any] = {f.key.lower(): re.sub(r"[{}]", "", str(f.value)) for f in entry.fields}
        month, year = record.pop("month", ""), record.get("year", "")
        if month.isdecimal():
            record.setdefault("date", f"{year}-{month}")
        if "author" in record:
            record["author"] = re.split(r"\s+and\s+", record["author"])
        # Zotero writes Name:files/1/paper.pdf:application/pdf, with ; between; others the path alone.
        parts = [re.split(r"(?<!\\):", part) for part in re.split(r"(?<!\\);", attached.get(entry.key, ""))]
        record["file"] = [re.sub(r"\\(.)", r"\1", p[1] if len(p) >= 3 else p[0]) for p in parts if any(p)]
        yield {"document": entry.key, **{k: v for k, v in record.items() if k not in ("id", "key")}}


def _read_csl(text: str) -> Iterator[dict[str, Any]]:
    for item in json.loads(text):
        if text_of(item) is not None:
            raise StudyError("texts, and no references; save it as JSON lines (.jsonl)")
        issued = item.get("issued") or {}
        parts = (issued.get("date-parts") or [[]])[0]
        day = "-".join(str(part) for part in parts) or issued.get("raw") or issued.get("literal")
        files = [item["file"]] if isinstance(item.get("file"), str) else []
        yield {"URL": item.get("URL"), **item, "issued": day, "file": files}
