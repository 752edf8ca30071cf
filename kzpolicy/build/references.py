"""What is known of a document: the names of fields, and exports of reference managers."""

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
from kzpolicy.tables import StudyError

EXPORTS = (".ris", ".bib", ".json")
UNDETERMINED = "und"  # ISO 639's code
_LONGEST = 20_000  # characters of a fact; what follows them is no part of a title or a name
# The names that people, page makers and reference managers give to the same fact. Where a record has
# several, the first of them counts: a date before a year.
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
_RANKS = {alias: rank for rank, alias in enumerate(_FIELDS)}
_OWN = (
    "label published_from published_to date_basis outlet_country outlet_type outlet_group "
    "speaker_state layout standfirst"
).split()
_FIELDS |= {name.replace("_", ""): name for name in _OWN}
_CSL_NAME = (
    *("given", "firstName", "dropping-particle", "non-dropping-particle", "family", "lastName", "suffix"),
    *("literal", "name"),
)
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
        *("en eng english american british usenglish ukenglish", "fr fra fre french"),
        *("de deu ger german ngerman", "ru rus russian", "kk kaz kazakh", "zh zho chi chinese"),
        *("es spa spanish", "tr tur turkish"),
    )
    for name in names.split()
}
# Common words of English that its neighbours lack. A word counted as five letters, they are at least
# .11 of any 3,000 characters of the speeches and articles (5,893 passages), and at most .05 of those of
# the Universal Declaration of Human Rights in 527 other languages (but .15 in Scots, which passes).
_ENGLISH = re.compile(r"\b(?:the|of|and|that|with|by|from)\b", re.IGNORECASE)
_BRACED = re.compile(r"{(?:[^{}]|{[^{}]*})*}")  # as BibTeX marks an institution's name
_TAG = re.compile(r"</?(?:i|b|em|strong|sub|sup|span|sc)\b[^<>]{0,200}>")


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
    facts: dict[str, str] = {}
    days: list[str] = []
    for name, value in _ranked(record):
        field = column_of(name)
        line = "" if field in ("", "text") else _line(value)
        if field in ("title", "authors", "outlet"):
            line = _line(_TAG.sub("", html.unescape(line)))
        if field == "date" and line:
            days.append(line)
        elif field and line:
            facts.setdefault(field, line)
    if days and "published_from" not in facts:
        facts |= {"date": days[0], "date_basis": basis}
        # A day without its year has that of the last: May 6, and 2019.
        for day in (days[0], f"{days[0]} {days[-1]}", *days[1:]):
            try:
                if date := read_date(day, basis):
                    facts |= date
                    break
            except StudyError:  # to be told where the whole column is known, if nothing else has a date
                continue
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
    """Give the text that a record holds, a list as paragraphs; None if it has no place for one."""
    texts = [value for name, value in _ranked(record) if column_of(name) == "text"]
    whole = ["\n\n".join(filter(_is_text, text)) if isinstance(text, list) else text for text in texts]
    return next((text for text in whole if isinstance(text, str) and text), "") if texts else None


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _folded(name: Any) -> str:
    return re.sub(r"[\W_]", "", str(name)).lower()


def _ranked(record: Mapping[Any, Any]) -> list[tuple[Any, Any]]:
    return sorted(record.items(), key=lambda item: _RANKS.get(_folded(item[0]), len(_RANKS)))


def _line(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "; ".join(filter(None, (_line(v) for v in value if not isinstance(v, list | tuple))))
    if isinstance(value, Mapping):  # a name, as CSL writes it
        return " ".join(part for part in map(value.get, _CSL_NAME) if isinstance(part, str))
    if value is None or value != value:
        return ""
    line = " ".join(str(value)[:_LONGEST].split())
    return "".join(filter(str.isprintable, line)).strip()


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
            files = [unquote(file) if "://" in file else file for file in map(str, record.pop("file", []))]
            rows.append(facts_of(record, f"export {PurePath(path).name}") | {"file": "\n".join(files)})
    except StudyError as error:
        raise StudyError(f"{path}: {error}") from None
    except Exception as error:  # whatever a library thinks of a broken file
        raise StudyError(
            f"{path}: not an export of references ({type(error).__name__}); export it again"
        ) from None
    if not rows:
        raise StudyError(f"{path}: no reference in it; export it again or take it away")
    return pd.DataFrame(rows, dtype="str").fillna(""), odd


def join_twice(references: pd.DataFrame) -> pd.DataFrame:
    """Join the records of what was exported twice: of one title and day, differing in nothing but the key."""
    kept: list[dict[str, str]] = []
    by: dict[str, int] = {}
    for row in references.to_dict("records"):
        title = _titles(row.get("title", ""))[:1]
        place = by.get(title[0][1]) if title else None
        if place is not None and _agree(row, kept[place]):
            files = "\n".join(filter(None, (kept[place]["file"], row["file"])))
            kept[place] = row | {name: cell for name, cell in kept[place].items() if cell} | {"file": files}
            continue
        if title:
            by[title[0][1]] = len(kept)
        kept.append(row)
    return pd.DataFrame(kept, columns=references.columns)


def _agree(one: dict[str, str], other: dict[str, str]) -> bool:
    apart = {"document", "date", "date_basis", "file", "export"}
    facts = [name for name in one.keys() - apart if one[name] and other[name]]
    return "published_from" in facts and all(one[name] == other[name] for name in facts)


def _titles(title: str) -> list[tuple[str, str]]:
    """Fold a title for comparison, whole and cut: programs cut long ones short in the names of files."""
    plain = " ".join(re.findall(r"[^\W_]+", title.lower()))
    return [("title", plain), ("title's start", plain[:40].strip())] if len(plain) > 10 else []


def match_references(references: pd.DataFrame, found: pd.DataFrame) -> list[int]:
    """Find each document's reference by path, name, key or title; -1 if there is none, or several."""
    by: dict[tuple[str, str], int] = {}
    for number, record in enumerate(references.to_dict("records")):
        ways = [*_titles(record.get("title", "")), ("key", record.get("document", ""))]
        for attached in record["file"].split("\n"):
            path = PurePosixPath(attached.strip().replace("\\", "/"))
            ways += [("path", str(PurePosixPath(record["export"]).parent / path)), ("name", path.name)]
        for way in ways:
            if way[1] not in ("", "."):  # what two records share finds neither
                by[way] = number if by.get(way, number) == number else -1
    matches = []
    for row in found.itertuples():
        path = PurePosixPath(row.file)
        # Programs name files Author - Year - Title.
        titles = [
            row.title,
            *((path.stem, path.stem.split(" - ", 2)[-1]) if not row.part else ()),
        ]
        ways = [] if row.part else [("path", row.file), ("name", path.name), ("key", path.stem)]
        # A whole title, whosever it is, tells more than another's start.
        ways += sorted((way for title in titles for way in _titles(title)), key=lambda way: way[0])
        ways.append(("key", row.document))
        matches.append(next((by[way] for way in ways if by.get(way, -1) >= 0), -1))
    return matches


def _given_first(names: str) -> str:
    turned = (re.sub(r"\A([^,]+),\s*([^,]+)\Z", r"\2 \1", name) for name in names.split("; "))
    return "; ".join(turned)


def _read_ris(text: str, odd: list[str]) -> Iterator[dict[str, Any]]:
    spaces = "  " if re.search(r"^TY  -", text, re.MULTILINE) else r"[ \t]{0,4}"
    tagged = re.compile(rf"\ufeff?([A-Z][A-Z0-9]){spaces}-(.*)")
    record: dict[str, Any] = {}
    wrapped = False  # whether the lines below go on with the title
    for line in text.splitlines():
        found = tagged.match(line)
        if not found:
            wrapped = wrapped and bool(line.strip()) and len(record["title"]) < _LONGEST
            if wrapped:
                record["title"] += f" {line.strip()}"
            continue
        tag, value = found[1], found[2].strip()
        field = _RIS.get(tag, "")
        wrapped = field == "title" and "title" not in record
        if tag in ("TY", "ER") and record:  # some forget to end a record
            yield record
            record = {}
        elif field in ("authors", "file"):
            record.setdefault(field, []).append(_given_first(value) if field == "authors" else value)
        elif field:
            record.setdefault(field, value)
    if record:
        yield record


def _read_bibtex(text: str, odd: list[str]) -> Iterator[dict[str, Any]]:
    from bibtexparser.entrypoint import parse_string
    from bibtexparser.library import Library
    from bibtexparser.middlewares import LatexDecodingMiddleware, MonthIntMiddleware
    from bibtexparser.middlewares.parsestack import default_parse_stack
    from bibtexparser.model import Entry, ParsingFailedBlock

    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)  # odd entries are named
    library = parse_string(text, parse_stack=[])
    entries: list[Any] = []
    for block in library.blocks:
        block = getattr(block, "ignore_error_block", block) or block
        if isinstance(block, Entry):
            entries.append(block)
        elif isinstance(block, ParsingFailedBlock):
            odd.append(f"an entry that does not end ({' '.join(str(block.raw).split())[:60]})")
    keys = [entry.key for entry in entries]
    for number, entry in enumerate(entries):  # two may have one key
        entry.key, entry.fields = str(number), _once(entry, odd)
    library = Library([*library.strings, *entries])
    for middleware in default_parse_stack():
        library = middleware.transform(library)
    paths = {entry.key: _prepared(entry) for entry in library.entries}
    for middleware in (MonthIntMiddleware(), LatexDecodingMiddleware()):
        library = middleware.transform(library)
    read = {entry.key: entry for entry in library.entries}
    odd += [f"entry {key}" for number, key in enumerate(keys) if str(number) not in read]
    for place, entry in read.items():
        record: dict[str, Any] = {f.key: re.sub(r"[{}]", "", str(f.value)) for f in entry.fields}
        year, month, day = (record.get(name, "") for name in ("year", "month", "day"))
        if month.isdecimal():
            record.setdefault("date", "-".join(filter(None, (year, month, day))))
        elif month:  # with its day: "6 " # may
            record.setdefault("date", re.sub('["#]', " ", month))
        record["author"] = record.get("author", "").split("\n")
        path = paths[place] or record.get("file", "").replace("$\\backslash$", "\\")
        # Zotero writes Name:files/1/paper.pdf:application/pdf, with ; between; others the path alone.
        parts = [re.split(r"(?<!\\):", part) for part in re.split(r"(?<!\\);", path)]
        record["file"] = [re.sub(r"\\(.)", r"\1", p[1] if len(p) >= 3 else p[0]) for p in parts if any(p)]
        yield {"document": keys[int(place)], **{k: v for k, v in record.items() if k not in ("id", "key")}}


def _once(entry: Any, odd: list[str]) -> list[Any]:
    """Give an entry's fields, of two with one name the first, and name what is lost by that."""
    fields: dict[str, Any] = {}
    for field in entry.fields:
        field.key = field.key.lower()
        first = fields.setdefault(field.key, field)
        if first.value != field.value and column_of(field.key):
            odd.append(f"{entry.key}: field {field.key} stands twice; the first counts")
    return list(fields.values())


def _prepared(entry: Any) -> str:
    """Keep what is used of an entry, part its authors, and give its attachment's path if not in LaTeX."""
    for field in entry.fields:  # decoding is slow, and an abstract is long
        field.value = str(field.value)[:_LONGEST]
        if field.key == "author":  # before the braces go, which keep a name whole
            field.value = "\n".join(_names(field.value))
    path = next((str(f.value) for f in entry.fields if f.key == "file"), "")
    # Paths hold characters that LaTeX would take for commands; but Mendeley writes them in LaTeX.
    in_latex = "{\\" in path
    unused = {""} if in_latex else {"", "file"}
    entry.fields = [f for f in entry.fields if column_of(f.key) not in unused or f.key in ("day", "month")]
    return "" if in_latex else path.replace("$\\backslash$", "\\")


def _names(authors: str) -> list[str]:
    from bibtexparser.middlewares.names import split_multiple_persons_names

    names: list[str] = split_multiple_persons_names(" ".join(authors.split()))
    return [name if _BRACED.fullmatch(name) else _given_first(name) for name in names]


def _read_csl(text: str, odd: list[str]) -> Iterator[dict[str, Any]]:
    items = json.loads(text.removeprefix("\ufeff"))
    for number, item in enumerate(items.get("items", items) if isinstance(items, dict) else items, start=1):
        try:
            if text_of(item) is not None:
                raise StudyError("texts, and no references; save it as JSON lines (.jsonl)")
            files = [item["file"]] if isinstance(item.get("file"), str) else []
            files += [found["path"] for found in item.get("attachments") or () if "path" in found]
            # Its source is the catalogue in which it was found.
            known = {name: value for name, value in item.items() if name != "source"}
            record = {"URL": item.get("URL"), **known, "issued": _issued(item.get("issued")), "file": files}
        except StudyError:
            raise
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            odd.append(f"item {number}, which is not as CSL writes one ({str(item)[:60]})")
            continue
        yield record


def _issued(value: Any) -> str:
    """Give the date of a CSL item, however its program nests it, as text."""
    if isinstance(value, list):
        value = value[0] if len(value) == 1 else {"date-parts": [value]}
    if not isinstance(value, Mapping):
        return str(value or "")
    ends = value.get("date-parts") or [[value.get(part) for part in ("year", "month", "day")]]
    ends = ends if isinstance(ends[0], list) else [ends]
    days = "/".join(filter(None, ("-".join(str(part) for part in end if part) for end in ends)))
    return days or str(value.get("raw") or value.get("literal") or "")
