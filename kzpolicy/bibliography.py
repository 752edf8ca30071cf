"""What is known of a document: names of fields, dates, and exports of reference managers."""

from __future__ import annotations

import html
import json
import logging
import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from kzpolicy.errors import StudyError

EXPORTS = (".ris", ".bib", ".json")
LARGEST_EXPORT = 20_000_000  # bytes: ten thousand references with their abstracts
_LONGEST_FACT = 20_000  # characters; what follows them is no part of a title or a name
# The names that people, page makers and reference managers give to the same fact.
_NAMES = {
    "document": "document citationkey citekey id key",
    "file": "file filename filepath path attachment fileattachments",
    "text": "text body content contents fulltext articletext articlebody article maintext plaintext bodytext",
    "title": "title headline articletitle documenttitle",
    "authors": "authors author byline creator creators",
    "outlet": "outlet publication publicationtitle containertitle journal journaltitle "
    "pubtitle sourcetitle newspaper magazine medianame sitename site website source publisher booktitle "
    "institution organization",
    "date": "date published publisheddate publishedat publishedon publicationdate datepublished "
    "dateofpublication publishdate datepublish pubdate issued year publicationyear",
    "url": "url link href",
    "language": "language lang langid",
    "notes": "notes",
}
_FIELDS = {alias: field for field, aliases in _NAMES.items() for alias in aliases.split()}
_NAME = (
    *("given", "firstName", "dropping-particle", "non-dropping-particle", "family", "lastName", "suffix"),
    *("literal", "name"),
)
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
    **{"JF": "outlet", "T2": "publication", "JO": "journal", "JA": "journal", "PB": "publisher"},
    **{"UR": "url", "LA": "language"},
    **{"DA": "date", "PY": "year", "Y1": "year", "L1": "file", "L2": "file"},
}
# Names of languages, as exports write them, for the codes of the table documents.
_LANGUAGES = {
    name: names.split()[0]
    for names in (
        "en eng english american british usenglish ukenglish",
        "fr fra fre french",
        "de deu ger german ngerman",
        "ru rus russian",
        "kk kaz kazakh",
        "zh zho chi chinese",
        "es spa spanish",
        "tr tur turkish",
    )
    for name in names.split()
}
UNDETERMINED = "und"  # ISO 639's code
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
# Two dates, each with its year: the first and the last day; and two months of a year.
_SPAN = re.compile(r"(.*\d{4}.*?)\s*(?:/|--|[–—]| - | to |-(?=\d{4}\Z))\s*(.*\d{4}.*)")
_TWO_MONTHS = re.compile(r"([A-Za-z]{3,9}\.?)\s?[-–/]\s?([A-Za-z]{3,9}\.?),?\s+(\d{4})")
_DATE_LINE = re.compile(
    r"(?:(?:first |last )?(?:published|posted|updated|dated?)(?: on| at)?:?\s+)?(.{6,40})", re.I
)
# Common words of English that its neighbours lack. A word counted as five letters, they are at least
# .11 of any 3,000 characters of the speeches and articles (5,893 passages), and at most .05 of those of
# the Universal Declaration of Human Rights in 527 other languages (but .15 in Scots, which passes).
_ENGLISH = re.compile(r"\b(?:the|of|and|that|with|by|from)\b", re.IGNORECASE)
# A name in braces, as BibTeX marks an institution's.
_BRACED = re.compile(r"{(?:[^{}]|{[^{}]*})*}")
# Markup within a title, as reference managers and web pages keep it.
_TAG = re.compile(r"</?(?:i|b|em|strong|sub|sup|span|sc)\b[^<>]{0,200}>")
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
        ``published_to`` and ``date_basis``, which says how precise it is, or as ``date`` if it
        cannot be understood.

    Examples
    --------
    >>> known_facts({"Headline": "A Road", "date": "2019-05"}, "front matter")["published_to"]
    '2019-05-31'
    """
    facts: dict[str, str] = {}
    days: list[str] = []
    for name, value in _ranked(record):
        field = column_of(name)
        line = "" if field in ("", "text") else _line(value)
        if field in ("title", "authors", "outlet"):
            line = _line(_TAG.sub("", html.unescape(line)))
        if field == "date" and line:
            days.append(line)
        elif field and line and not facts.get(field):
            facts[field] = line
    if days and "published_from" not in facts:
        # A day without its year has that of the last: May 6, and 2019.
        given = (days[0], f"{days[0]} {days[-1]}", *days[1:])
        facts |= next(filter(None, (dated(day, basis) for day in given)), {"date": days[0]})
    if "language" in facts:  # en-GB is en
        language = re.split(r"[-_ ,;]", facts["language"].lower())[0]
        facts["language"] = _LANGUAGES.get(language, language)
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
    return re.sub(r"[\W_]", "", str(name)).lower()


def _ranked(record: Mapping[Any, Any]) -> list[tuple[Any, Any]]:
    return sorted(record.items(), key=lambda item: _RANKS.get(_folded(item[0]), len(_RANKS)))


def _line(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "; ".join(filter(None, (_line(v) for v in value if not isinstance(v, list | tuple))))
    if isinstance(value, Mapping):  # a name, as CSL writes it
        parts = map(value.get, _NAME)
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
    day = _TWO_MONTHS.sub(r"\1 \3/\2 \3", day)
    if len(day) < 100 and (span := _SPAN.fullmatch(day.strip())):
        from_, to = (dated(end, basis) for end in span.groups())
        if from_ and to and from_["published_from"] <= to["published_to"]:
            return to | {"published_from": from_["published_from"]}
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
    if 21 <= month <= 24:  # a season, as BibLaTeX writes it
        month = 0
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
        files = [unquote(file) if "://" in file else file for file in map(str, record.pop("file", []))]
        facts.append(known_facts(record, f"export {path.name}") | {"file": "\n".join(files)})
    return facts, broken


def _given_first(names: str) -> str:
    turned = (re.sub(r"\A([^,]+),\s*([^,]+)\Z", r"\2 \1", name) for name in names.split("; "))
    return "; ".join(turned)


def _read_ris(text: str) -> Iterator[dict[str, Any]]:
    record: dict[str, Any] = {}
    wrapped = False  # whether the lines below go on with the title
    for line in text.splitlines():
        found = re.match(r"([A-Z][A-Z0-9])  -(.*)", line)
        if not found:
            wrapped = wrapped and bool(line.strip())
            if wrapped:
                record["title"] += f" {line.strip()}"
            continue
        tag, value = found[1], found[2].strip()
        field = _RIS.get(tag, "")
        wrapped = field == "title" and "title" not in record
        if tag in ("TY", "ER") and record:  # some forget to end a record
            yield record
            record = {}
        elif field == "authors":
            record.setdefault(field, []).append(_given_first(value))
        elif field == "file":
            record.setdefault(field, []).append(value)
        elif field:
            record.setdefault(field, value)
    if record:
        yield record


def _read_bibtex(text: str) -> Iterator[dict[str, Any] | None]:
    from bibtexparser.entrypoint import parse_string
    from bibtexparser.middlewares import LatexDecodingMiddleware, MonthIntMiddleware
    from bibtexparser.middlewares.names import split_multiple_persons_names

    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)  # broken entries are counted
    library = parse_string(text)
    attached: dict[str, str] = {}
    for entry in library.entries:
        for field in entry.fields:  # decoding is slow, and an abstract is long
            field.key, field.value = field.key.lower(), str(field.value)[:_LONGEST_FACT]
            if field.key == "author":  # before the braces go, which keep a name whole
                names = split_multiple_persons_names(" ".join(field.value.split()))
                field.value = "\n".join(n if _BRACED.fullmatch(n) else _given_first(n) for n in names)
        # Paths hold characters that LaTeX would take for commands; but Mendeley writes them in LaTeX.
        path = next((f.value for f in entry.fields if f.key == "file"), "")
        unused = {""}
        if "{\\" not in path:
            attached[entry.key] = path.replace("$\\backslash$", "\\")
            unused.add("file")
        entry.fields = [
            f for f in entry.fields if column_of(f.key) not in unused or f.key in ("day", "month")
        ]
    for middleware in (MonthIntMiddleware(), LatexDecodingMiddleware()):
        library = middleware.transform(library)
    yield from [None] * len(library.failed_blocks)
    for entry in library.entries:
        record: dict[str, Any] = {f.key: re.sub(r"[{}]", "", str(f.value)) for f in entry.fields}
        year, month, day = (record.get(name, "") for name in ("year", "month", "day"))
        if month.isdecimal():
            record.setdefault("date", "-".join(filter(None, (year, month, day))))
        elif month:  # with its day: "6 " # may
            record.setdefault("date", re.sub('["#]', " ", month))
        record["author"] = record.get("author", "").split("\n")
        paths = attached.get(entry.key) or record.get("file", "").replace("$\\backslash$", "\\")
        # Zotero writes Name:files/1/paper.pdf:application/pdf, with ; between; others the path alone.
        parts = [re.split(r"(?<!\\):", part) for part in re.split(r"(?<!\\);", paths)]
        record["file"] = [re.sub(r"\\(.)", r"\1", p[1] if len(p) >= 3 else p[0]) for p in parts if any(p)]
        yield {"document": entry.key, **{k: v for k, v in record.items() if k not in ("id", "key")}}


def _read_csl(text: str) -> Iterator[dict[str, Any]]:
    items = json.loads(text)
    for item in items.get("items", items) if isinstance(items, dict) else items:
        if text_of(item) is not None:
            raise StudyError("texts, and no references; save it as JSON lines (.jsonl)")
        issued = item.get("issued") or {}
        if isinstance(issued, str):
            issued = {"raw": issued}
        ends = ("-".join(str(part) for part in end if part) for end in issued.get("date-parts") or ())
        day = "/".join(filter(None, ends)) or issued.get("raw") or issued.get("literal")
        files = [item["file"]] if isinstance(item.get("file"), str) else []
        files += [found["path"] for found in item.get("attachments") or () if "path" in dict(found)]
        # Its source is the catalogue in which it was found.
        known = {name: value for name, value in item.items() if name != "source"}
        yield {"URL": item.get("URL"), **known, "issued": day, "file": files}
