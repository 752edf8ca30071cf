"""One file's bytes in, its documents out: their texts, and what the file says of them."""

from __future__ import annotations

import codecs
import email
import email.policy
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import yaml
from lxml import etree, html

from kzpolicy.build.dates import MADE, date_line
from kzpolicy.build.exports import split_export
from kzpolicy.build.mending import mend
from kzpolicy.build.office import read_docx, read_odt, read_rtf, unzip
from kzpolicy.build.printed import read_pdf
from kzpolicy.build.references import column_of, facts_of, text_of
from kzpolicy.build.spreadsheets import csv_rows, json_rows, parquet_rows, workbook_rows
from kzpolicy.tables import StudyError

TABLE_FILES = (".csv", ".tsv", ".jsonl", ".ndjson", ".xlsx", ".parquet")
_FRONT_MATTER = 65_536
_EXCEL_CELL = 32_767  # characters; Excel keeps no more
_ADVICE = {
    ".doc .dot .wps .wpd .pages": "save it as .docx",
    ".xls .xlsb .ods .numbers": "save it as .xlsx or .csv",
    ".nbib .enw .ciw": "export the references as .ris or .bib",
    ".msg .mbox": "save each message as .eml",
    ".epub .mobi .azw3 .djvu": "save its text as .txt or .docx",
    ".webarchive .xml": "save the page as .html",
    ".zip .rar .7z .gz .tar": "unpack it",
    ".jpg .jpeg .png .gif .tif .tiff .heic": "a picture: have its text recognised and save that as .txt",
}
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What an English text, or one that quotes its neighbours, may be in besides; where several give the same
# text it has the first one's name.
_ENCODINGS = "cp1252 cp1251 cp1250 cp1253 cp1254 mac_roman mac_cyrillic koi8_r cp866".split()
_NO_COLUMN = "no column of texts"
_NOT_TEXT = "not a text file; save it as plain text in UTF-8"
# HTML in a table's cell: what shows that it is there, and the tags that end a paragraph.
_MARKUP = re.compile(
    r"</(?:p|div|a|span|b|i|u|em|strong|li|td|tr|h\d|font|blockquote)>|<(?:br|p)\b[^<>]{0,200}>"
    r"|&(?:[a-z]{2,6}|#\w{2,6});",
    re.IGNORECASE,
)
# Tags inside a paragraph; all others part words.
_INLINE = frozenset(
    "a abbr b bdi bdo big cite code del dfn em font i img ins kbd label mark q s samp small span strike"
    " strong sub sup time tt u var wbr".split()
)

Contents = tuple[str, dict[str, str], tuple[str, ...]]  # text, facts, notes


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
        One of a text, a web page, a PDF or a message; one an article of a database's export; one a
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
    if not raw.strip():
        raise StudyError("the file is empty; put the text in it or take it away")
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
    articles = split_export(text)
    if articles is not None:
        none = "an article without text in the export; export it again"
        texts = []
        for number, (body, own) in enumerate(articles, start=1):
            part = f"#{number}" if len(articles) > 1 else ""
            body = re.sub(r"\n{3,}", "\n\n", body)
            texts.append(Text(body, own, (*notes, *mended), part, "" if body else none))
        return texts
    if facts.get("date_basis", MADE).startswith(MADE) and (stated := date_line(text)):
        facts = {field: fact for field, fact in facts.items() if field != "date"} | stated
    return [Text(text, facts, (*notes, *mended))]


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
        If it is no text, or UTF-8 with broken places.

    Examples
    --------
    >>> decode("Дорога открыта.".encode("cp1251"))
    ('Дорога открыта.', ('read as cp1251',))
    """
    encoding = next((name for mark, name in _MARKS if raw.startswith(mark)), "utf-8")
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        guessed = _guess(raw) if encoding == "utf-8" else ""
        if not guessed:
            line = raw.count(b"\n", 0, error.start) + 1
            name = encoding.removesuffix("-sig").upper()
            raise StudyError(f"not {name} (line {line}); save it again in the encoding UTF-8") from None
        encoding, text = guessed, raw.decode(guessed)
    if "\0" in text:
        raise StudyError(_NOT_TEXT)
    return text, () if encoding.startswith("utf-8") else (f"read as {encoding}",)


def _guess(raw: bytes) -> str:
    from charset_normalizer import from_bytes

    if re.search(rb"[\x00-\x08\x0e-\x1f]", raw):
        raise StudyError(_NOT_TEXT)
    # UTF-8 with broken places, if much of what is not ASCII is good.
    whole = raw.decode("utf-8", "ignore")
    size = len(whole.encode())
    if 2 * (size - len(whole)) >= len(raw) - size:
        return ""
    telling = b"\n".join(line for line in raw.splitlines() if not line.isascii())
    found = {match.encoding: str(match) for match in from_bytes(telling, cp_isolation=_ENCODINGS)}
    best = next(iter(found.values()), "")
    if "cp1252" in found and best == found.get("cp1250"):
        best = found["cp1252"]  # western texts differ from central European ones in few letters
    for name in _ENCODINGS if best else ():
        try:
            if telling.decode(name) == best:
                return raw.decode(name) and name
        except UnicodeDecodeError:
            continue
    return ""


def _kind(name: str, raw: bytes) -> str:
    """Tell a file's format by its content, or else by its name."""
    suffix = PurePath(name).suffix.lower()
    head = raw[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(b"%PDF-"):
        return ".pdf"
    if head.startswith(b"{\\rtf"):
        return ".rtf"
    if head.startswith(b"PK\3\4"):
        if b"opendocument.text" in head:
            return ".odt"
        if re.search(rb"(?i)word[\\/]", raw):
            return ".docx"
    if suffix in (".txt", ".text", "") and re.match(rb"(?i)<!doctype html|<html[\s>]", head):
        return ".html"
    if head.startswith(b"\xd0\xcf\x11\xe0") and suffix in (".docx", ".xlsx"):
        raise StudyError(f"an old or a locked Office file; save it as {suffix} without a password")
    if suffix not in _READERS and suffix not in TABLE_FILES:
        known = {ending: advice for endings, advice in _ADVICE.items() for ending in endings.split()}
        advice = known.get(suffix, "save it as .txt, .html, .pdf or .docx")
        raise StudyError(f"{suffix or 'a name without an ending'}: not a format that is read; {advice}")
    return suffix


# Texts.


def _read_plain(raw: bytes) -> Contents:
    text, notes = decode(raw)
    return text, {}, notes


def _read_markdown(raw: bytes) -> Contents:
    from markdown_it import MarkdownIt

    text, notes = decode(raw)
    text = text.replace("\r\n", "\n")
    facts: dict[str, str] = {}
    front = re.match(r"\s*---[ \t]*\n(.*?\n)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", text, re.DOTALL)
    if front and isinstance(record := _front_matter(front[1]), dict):
        facts, text = facts_of(record, "front matter"), text[front.end() :]
    # What looks like the address of a link, but is a note: [1]: Russia.
    text = re.sub(r"(?m)^( {0,3}\[[^\]\n]{1,99}\])(?=:[ \t]*(?!\S*[/.#@])\S)", r"\1\\", text)
    return _shown(MarkdownIt("commonmark").render(text)), facts, notes


def _front_matter(text: str) -> object:
    if len(text) > _FRONT_MATTER:
        raise StudyError(f"front matter of more than {_FRONT_MATTER // 1024} kB; shorten it")
    try:
        tokens = list(yaml.scan(text))
        record = yaml.load(text, Loader=yaml.BaseLoader)  # as text: 2019-05 is a date, and no is Norwegian
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", 0) + 2
        raise StudyError(f"front matter is not YAML (line {line}); correct it") from None
    # Three lines of them can stand for gigabytes.
    if any(isinstance(token, yaml.AliasToken | yaml.AnchorToken) for token in tokens):
        raise StudyError("front matter with anchors (& or *); write the values out, or quote them")
    return record


def _shown(markup: str) -> str:
    """Give the text that markup shows, its paragraphs parted by an empty line."""
    root = html.fragment_fromstring(markup.replace("\0", ""), create_parent="div")
    etree.strip_elements(root, etree.Comment, "script", "style", "head", with_tail=False)
    for element in root.iter(etree.Element):
        if element.tag == "br":
            element.tail = "\n" + (element.tail or "")
        elif element.tag not in _INLINE:
            element.text, element.tail = "\n\n" + (element.text or ""), "\n\n" + (element.tail or "")
    return re.sub(r"\s*\n\s*\n\s*", "\n\n", str(root.text_content())).strip()


def _read_html(raw: bytes) -> Contents:
    import trafilatura

    text, notes = _decode_page(raw)
    page = trafilatura.bare_extraction(
        text,
        include_comments=False,
        include_tables=False,
        with_metadata=True,
        # A date that the page states, not any date in it.
        date_extraction_params={"extensive_search": False, "original_date": True},
    )
    found = page.as_dict() if page is not None and not isinstance(page, dict) else {}
    if not found.get("text"):
        raise StudyError("no main text found in the page; save the text as .txt")
    stated = {field: found.get(field) for field in ("title", "author", "sitename", "date", "url")}
    language = re.search(r"<html\b[^>]{0,500}?\blang=[\"']?([A-Za-z]{2})", text[:5000])
    stated["language"] = language and language[1]
    return found["text"].replace("\n", "\n\n"), facts_of(stated, "stated by the page"), notes


def _decode_page(raw: bytes) -> tuple[str, tuple[str, ...]]:
    """Decode a page as it declares itself, where it is not UTF-8."""
    declared = re.search(rb"(?i)charset\s{0,9}=\s{0,9}[\"']?([\w-]{1,40})", raw[:4096])
    try:
        raw.decode()
    except UnicodeDecodeError:
        name = declared[1].decode("ascii", "ignore").lower() if declared and b"\0" not in raw else "utf-8"
        try:
            if name not in ("utf-8", "utf8"):
                return raw.decode(name), (f"read as {name}",)
        except (LookupError, ValueError):
            pass
    return decode(raw)


def _read_message(raw: bytes) -> Contents:
    """Read an e-mail, or a page that a browser saved with its pictures (MHTML)."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    address = message["Snapshot-Content-Location"] or message["Content-Location"]
    page = bool(address) or message.get_content_type() == "multipart/related"
    body = message.get_body(("html", "plain") if page else ("plain", "html"))
    if body is None:
        raise StudyError("a message without text; save what is attached to it")
    stated: dict[str, object] = {"title": message["Subject"], "url": address}
    notes: tuple[str, ...] = ()
    if not page:  # whose date is that of its saving
        sender = message["From"].addresses[0].display_name if message["From"] else ""
        stated |= {"authors": sender, "date": message["Date"]}
        names = [part.get_filename() or part.get_content_type() for part in message.iter_attachments()]
        notes = (f"attachments that are not read ({_few(names)})",) if names else ()
    text, facts = body.get_content(), facts_of(stated, "the head of the message")
    if body.get_content_subtype() == "html":
        text, own, told = _read_html(text.encode("utf-8", "replace"))
        return text, facts | own, (*notes, *told)
    return text, facts, notes


# Tables: a document in each row.


def _read_table(kind: str, raw: bytes) -> list[Text]:
    told: tuple[str, ...] = ()
    unread = []
    if kind == ".xlsx":
        unzip(raw).close()
        rows, others = workbook_rows(raw)
        unread = [f"sheets that are not read ({_few(others)}); save each as a file"] if others else []
    elif kind == ".parquet":
        rows = parquet_rows(raw)
    else:
        text, told = decode(raw)
        rows = csv_rows(text) if kind in (".csv", ".tsv") else json_rows(text)
    texts: list[Text] = []
    columns: dict[str, None] = {}
    for number, row in rows:
        if isinstance(row, str):
            texts.append(Text("", {}, part=f"#{number}", fault=row))
        else:
            texts.append(_row(row, f"#{number}", told))
            columns |= dict.fromkeys(str(name) for name in row if not column_of(name))
    if not texts:
        raise StudyError("a table without a row; put texts in it or take it away")
    if all(text.fault.startswith(_NO_COLUMN) for text in texts):
        raise StudyError(texts[0].fault)
    unread += [f"columns that are not read ({_few(columns)})"] if columns else []
    return texts + [Text("", {}, fault=what) for what in unread]


def _row(row: Mapping[Any, Any], part: str, told: tuple[str, ...]) -> Text:
    text = text_of(row)
    if text is None:
        return Text(
            "", {}, part=part, fault=f"{_NO_COLUMN} (named text, body or content; there are {_few(row)})"
        )
    facts = {field: fact for field, fact in facts_of(row, "given in the table").items() if field != "file"}
    if len(text) == _EXCEL_CELL:
        told += (f"cut at {_EXCEL_CELL:,} characters by Excel",)
    if _MARKUP.search(text):
        text, told = _shown(text), (*told, "HTML markup taken out")
    text, mended = mend(text)
    fault = "" if text.strip() else "no text in this row that can be read; fill it in or take it away"
    return Text(text, facts, (*told, *mended), part, fault)


def _few(names: Iterable[Any]) -> str:
    shown = [" ".join(str(name).split())[:40] or "one without a name" for name in names]
    return ", ".join(shown[:8]) + (f" and {len(shown) - 8} more" if len(shown) > 8 else "")


_READERS: dict[str, Callable[[bytes], Contents]] = {
    **dict.fromkeys((".txt", ".text"), _read_plain),
    **dict.fromkeys((".md", ".markdown"), _read_markdown),
    **dict.fromkeys((".html", ".htm", ".xhtml"), _read_html),
    **dict.fromkeys((".eml", ".mhtml", ".mht"), _read_message),
    **{".pdf": read_pdf, ".docx": read_docx, ".odt": read_odt, ".rtf": read_rtf},
}
TEXT_FILES = tuple(_READERS)
