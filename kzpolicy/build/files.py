"""One file's bytes in, its documents out: their texts, and what the file says of them."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import yaml

from kzpolicy.build.dates import MADE, date_line
from kzpolicy.build.exports import split_export
from kzpolicy.build.mending import mend
from kzpolicy.build.office import Contents, read_docx, read_pdf, read_rtf
from kzpolicy.build.references import column_of, facts_of, text_of
from kzpolicy.lists import path
from kzpolicy.tables import StudyError, read_toml

TABLE_FILES = (".csv", ".tsv", ".jsonl", ".ndjson", ".xlsx", ".parquet")
_ADVICE = read_toml(path("formats.toml"))["advice"]
# By its first bytes, whatever its name; the Word files of Factiva and Nexis are rich text.
_FORMATS = {b"%pdf-": ".pdf", b"{\\rtf": ".rtf", b"<!doctype html": ".html", b"<html": ".html"}
_FORMATS |= {b"\xd0\xcf\x11\xe0": "an old or locked Office file"}
# HTML in a table's cell, and its tags that part paragraphs.
_MARKUP = re.compile(r"</(?:p|div|a|span|b|i|em|strong|li)>|<(?:br|p)\b[^<>]{0,200}>", re.IGNORECASE)
_BLOCK = re.compile(r"(?i)(?=</?(?:article|blockquote|div|h\d|hr|li|ol|p|pre|section|t[dhr]|table|ul)\b)")
# A date that the page states, not any date in it.
_STATED = {"extensive_search": False, "original_date": True}


Rows = Iterator[tuple[int, Mapping[Any, Any] | str]]  # a row is its cells by their columns, or what is wrong


@dataclass(frozen=True)
class Text:
    """A document as its file has it, mended.

    Attributes
    ----------
    text
        Paragraphs are parted by an empty line, or are lines of their own.
    facts
        What the file says of it, under the names of the table ``documents``; ``date`` as it is written.
    notes
        What was mended, and what is odd.
    part
        Which document of the file it is (``#7``: row 7 of a table, or the 7th article of an export);
        empty if it is the only one.
    fault
        Why it cannot be used, or, without a part, what of the file is not read.
    """

    text: str
    facts: dict[str, str]
    notes: tuple[str, ...] = ()
    part: str = ""
    fault: str = ""


def read_texts(name: str, raw: bytes) -> list[Text]:
    r"""Read the documents of a file.

    Parameters
    ----------
    name
        The file's name. Its ending tells the format, where the first bytes do not.
    raw
        What stands in the file.

    Returns
    -------
    list of Text
        One of a text, a web page or a PDF; one an article of a database's export; one a
        row of a table.

    Raises
    ------
    StudyError
        If the file cannot be read, with the reason and what to do; never anything else.

    Examples
    --------
    >>> read_texts("road.md", b"---\ntitle: A Road\n---\n*It* snows.")
    [Text(text='It snows.', facts={'title': 'A Road'}, notes=(), part='', fault='')]
    >>> [text.part for text in read_texts("roads.csv", b"title,text\nOne,It snows.\nTwo,It rains.\n")]
    ['#2', '#3']
    """
    kind = _kind(name, raw)
    try:
        if kind in TABLE_FILES:
            return _read_table(kind, raw)
        text, facts, notes = _READERS[kind](raw)
    except StudyError:
        raise
    except Exception as error:  # whatever a parser thinks of a broken file
        cause = f"{type(error).__name__}: {' '.join(str(error).split())}"[:100]
        raise StudyError(f"a broken {kind} file ({cause}); save it again, or its text as .txt") from None
    text, mended = mend(text)
    if not text.strip():
        raise StudyError("the file is empty; put the text in it or take it away")
    notes += mended
    articles = split_export(text)
    if articles is None:
        if facts.get("date_basis", MADE).startswith(MADE) and (stated := date_line(text)):
            facts = {field: fact for field, fact in facts.items() if field != "date"} | stated
        return [Text(text, facts, notes)]
    texts = []
    for number, (body, own) in enumerate(articles, start=1):
        fault = "" if body else "an article without text in the export; export it again"
        texts.append(Text(body, own, notes, f"#{number}" if len(articles) > 1 else "", fault))
    return texts


def decode(raw: bytes) -> tuple[str, tuple[str, ...]]:
    """Decode a text by its mark, as UTF-8, or as all of it shows.

    Returns
    -------
    text : str
        Nothing in it is replaced.
    notes : tuple of str
        The encoding, if it is not UTF-8.

    Raises
    ------
    StudyError
        If it is no text.

    Examples
    --------
    >>> decode("Дорога открыта.".encode("cp1251"))
    ('Дорога открыта.', ('read as cp1251',))
    """
    encoding = _encoding(raw)
    try:
        text = raw.decode(encoding)
    except (LookupError, UnicodeDecodeError):
        text = "\0"
    if "\0" in text:
        raise StudyError("not a text file; save it as plain text in UTF-8")
    return text, () if encoding == "utf-8-sig" else (f"read as {encoding}",)


def _encoding(raw: bytes) -> str:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    try:
        raw.decode()
        return "utf-8-sig"
    except UnicodeDecodeError:
        from charset_normalizer import from_bytes
    # Where letters of another alphabet are many, it is looked for; else the text is western.
    telling = b"\n".join(line for line in raw.splitlines() if not line.isascii())
    foreign = sum(byte >= 0xC0 for byte in telling) > len(telling) / 8
    best = from_bytes(telling, cp_isolation=["cp1251", "koi8_r", "cp1253"]).best() if foreign else None
    return best.encoding if best else "cp1252"


def _kind(name: str, raw: bytes) -> str:
    """Tell a file's format by its content, or else by its name."""
    head = raw[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith(b"pk\3\4") and re.search(rb"(?i)word[\\/]", raw):
        return ".docx"
    suffix = PurePath(name).suffix.lower()
    kind = next((kind for start, kind in _FORMATS.items() if head.startswith(start)), suffix)
    if kind not in _READERS and kind not in TABLE_FILES:
        advice = _ADVICE.get(kind, "save it as .txt, .html, .pdf or .docx")
        raise StudyError(f"{kind or 'a name without an ending'}: not a format that is read; {advice}")
    return kind


# Texts.


def _read_plain(raw: bytes) -> Contents:
    text, notes = decode(raw)
    return text, {}, notes


def _read_markdown(raw: bytes) -> Contents:
    from markdown_it import MarkdownIt

    text, notes = decode(raw)
    facts: dict[str, str] = {}
    front = re.match(r"\s*---[ \t]*\r?\n(.*?\n)(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", text, re.DOTALL)
    try:
        # As text: 2019-05 is a date, and no is Norwegian.
        record = yaml.load(front[1], Loader=yaml.BaseLoader) if front else None
    except yaml.YAMLError:
        raise StudyError("front matter is not YAML; correct what stands between the two lines ---") from None
    if front and isinstance(record, dict):
        facts, text = facts_of(record, "front matter"), text[front.end() :]
    # A note may look like the address of a link, which is not shown: [1]: Russia.
    return _shown(MarkdownIt("commonmark").disable("reference").render(text)), facts, notes


def _shown(markup: str) -> str:
    """Give the text that markup shows, its paragraphs parted by an empty line."""
    from lxml import etree, html

    markup = _BLOCK.sub("\n\n", re.sub(r"(?i)<br\b", r"\n\g<0>", markup.replace("\0", "")))
    root = html.fragment_fromstring(markup, create_parent="div")
    etree.strip_elements(root, etree.Comment, "script", "style", "head", with_tail=False)
    return re.sub(r"\s*\n\s*\n\s*", "\n\n", str(root.text_content())).strip()


def _read_html(raw: bytes) -> Contents:
    import trafilatura

    text, notes = decode(raw)
    page = trafilatura.bare_extraction(
        text, include_comments=False, include_tables=False, with_metadata=True, date_extraction_params=_STATED
    )
    found = page.as_dict() if page is not None and not isinstance(page, dict) else {}
    if not found.get("text"):
        raise StudyError("no main text found in the page; save the text as .txt")
    stated = {field: found.get(field) for field in ("title", "author", "sitename", "date", "url")}
    return found["text"].replace("\n", "\n\n"), facts_of(stated, "stated by the page"), notes


# Tables: a document in each row.


def _read_table(kind: str, raw: bytes) -> list[Text]:
    told: tuple[str, ...] = ()
    others: list[Any] = []
    if kind == ".xlsx":
        book = pd.ExcelFile(io.BytesIO(raw), "openpyxl")
        cells = pd.read_excel(book, header=None, dtype=str, keep_default_na=False)
        found, others = _records(cells.to_numpy().tolist()), book.sheet_names[1:]
    elif kind == ".parquet":
        found = enumerate(pq.read_table(io.BytesIO(raw)).to_pylist(), start=2)
    else:
        text, told = decode(raw)
        found = _json_rows(text) if "json" in kind else _csv_rows(text)
    rows = list(found)
    names = [name for _, row in rows if not isinstance(row, str) for name in row]
    columns = {" ".join(str(name).split()): column_of(name) for name in dict.fromkeys(names)}
    if columns and "text" not in columns.values():
        shown = ", ".join(columns)[:300]
        raise StudyError(f"no column of texts (named text, body or content; there are {shown})")
    strange = [name for name, field in columns.items() if name and not field]
    unread = [f"columns that are not read ({', '.join(strange)[:300]})"] if strange else []
    unread += [f"sheets that are not read ({', '.join(others)}); save each as a file"] if others else []
    faults = [Text("", {}, fault=what) for what in unread]
    return [_row(f"#{number}", row, told) for number, row in rows] + faults


def _row(part: str, row: Mapping[Any, Any] | str, told: tuple[str, ...]) -> Text:
    if isinstance(row, str):
        return Text("", {}, part=part, fault=row)
    facts, text = facts_of(row, "given in the table"), text_of(row) or ""
    facts.pop("file", None)  # which is the table
    if _MARKUP.search(text):
        text, told = _shown(text), (*told, "HTML markup taken out")
    text, mended = mend(text)
    fault = "" if text.strip() else "no text in this row that can be read; fill it in or take it away"
    return Text(text, facts, (*told, *mended), part, fault)


def _csv_rows(text: str) -> Rows:
    r"""Read a table of cells parted by commas, semicolons, tabs or bars.

    Parameters
    ----------
    text
        What stands in the file; Excel's line ``sep=;`` above the heading is no row.

    Yields
    ------
    number : int
        The heading is row 1, an empty row counts too.
    row : dict or str
        The cells by the names of their columns, or what is wrong.

    Examples
    --------
    >>> list(_csv_rows('title;text\nOne;"It snows; no road\nis open."\n'))
    [(2, {'title': 'One', 'text': 'It snows; no road\nis open.'})]
    """
    limit = csv.field_size_limit(200_000_000)  # the csv module's own limit is that of a short article
    text = re.sub(r'\A\s*"?sep=.?"?\s*\n', "", text).replace("\r\n", "\n").replace("\r", "\n")
    heading = re.sub(r'"[^"]*"', "", text.lstrip("\n").split("\n")[0])
    separator = max(",;\t|", key=heading.count)
    reader = csv.reader(io.StringIO(text), delimiter=separator, strict=True)
    try:
        return _records(list(reader))
    except csv.Error as error:
        # The quotation marks may be part of the texts.
        rows = list(csv.reader(io.StringIO(text), delimiter=separator, quoting=csv.QUOTE_NONE))
        if len({len(row) for row in rows if row}) == 1:
            return _records(rows)
        raise StudyError(f"line {reader.line_num}: {error}; correct the quotation marks") from None
    finally:
        csv.field_size_limit(limit)


def _records(rows: Iterable[list[str]]) -> Rows:
    names: list[str] = []
    for number, cells in enumerate(rows, start=1):
        if not any(map(str.strip, cells)):
            continue
        if not names:
            names = [cell.strip() for cell in cells]
            if twice := [name for name in names if name and names.count(name) > 1]:
                raise StudyError(f"two columns are named {twice[0]}; rename one")
        elif any(cells[len(names) :]):
            yield number, "has more cells than the first line has columns; correct its quotation marks"
        else:
            yield number, dict.fromkeys(names, "") | dict(zip(names, cells, strict=False))


def _json_rows(text: str) -> Rows:
    r"""Read JSON lines; a row's number is that of its line.

    Examples
    --------
    >>> list(_json_rows('{"text": "It snows."}\n[1]\n'))
    [(1, {'text': 'It snows.'}), (2, 'not a JSON object; correct it')]
    """
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                row = None
            yield number, row if isinstance(row, dict) else "not a JSON object; correct it"


_READERS: dict[str, Callable[[bytes], Contents]] = {
    **dict.fromkeys((".txt", ".text"), _read_plain),
    **dict.fromkeys((".md", ".markdown"), _read_markdown),
    **dict.fromkeys((".html", ".htm", ".xhtml"), _read_html),
    **{".pdf": read_pdf, ".docx": read_docx, ".rtf": read_rtf},
}
TEXT_FILES = tuple(_READERS)
