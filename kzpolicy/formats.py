"""A file in, its text and what it says of itself out: formats and encodings."""

from __future__ import annotations

import codecs
import html
import io
import os
import re
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from kzpolicy.bibliography import INVISIBLE, date_line, known_facts
from kzpolicy.errors import StudyError

# One document's text, in characters: about thirty books.
LARGEST = 20_000_000
# A file with pictures, in bytes, packed and unpacked.
_LARGEST_FILE = 200_000_000
_LARGEST_RATIO = 200
_LARGEST_MARKDOWN = 500_000  # some marks make its parser slow
_LARGEST_PAGE = 40_000  # elements of HTML: their relations make its parser slow
_PAGES = 5_000
_STEPS = 10_000_000  # of drawing a PDF: about a minute
_MADE = "when the PDF was made"
# What an English text, or one that quotes its neighbours, may be in besides UTF-8.
_ENCODINGS = (
    "cp1252 cp1251 cp1250 cp1253 cp1254 cp1255 cp1256 mac_roman mac_cyrillic koi8_r iso8859_5 cp866"
).split()
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_HALF = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
_FRONT = re.compile(r"\A---[ \t]*\n(.{0,65536}?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_LIGATURES = str.maketrans({c: unicodedata.normalize("NFKC", c) for c in map(chr, range(0xFB00, 0xFB07))})
_NO_TITLE = re.compile(r"(?i)\A(?:microsoft|untitled)|\.(?:docx?|pdf|indd|qxd|pptx?|rtf|tex|dvi|odt)\Z")
# Of a page's head or foot, what changes with the page.
_HEAD = re.compile(r"(?i)\bpage\b|\bof\b|\b[ivxl]+\b|[\W\d_]+")
_ENDED = re.compile(r"[.!?:;…][\W\d]*\Z")
_LISTED = re.compile(r"[•·▪◦‣*–-]\s|[\[(]?\d{1,3}[.)\]]\s")
# HTML in a table's cell: what shows that it is there, its tags, and those that end a paragraph.
_MARKUP = re.compile(
    r"</(?:p|div|a|span|b|i|em|strong|li)>|<(?:br|p)\b[^<>]{0,200}>|&(?:[a-z]{2,6}|#\w{2,6});", re.IGNORECASE
)
_TAG = re.compile(r"<(?:!--[^<>]*--|(/?[a-z][a-z0-9]*)\b[^<>]*)>", re.IGNORECASE)
_BLOCKS = "p div br li ul ol tr table h1 h2 h3 h4 h5 h6 blockquote".split()
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


class Contents(NamedTuple):
    """A file's text, the facts that it states, and what is odd about it."""

    text: str
    facts: dict[str, str]
    notes: tuple[str, ...] = ()


def read_contents(path: str | Path) -> Contents:
    r"""Read a text, Markdown, HTML, PDF or Word file.

    Parameters
    ----------
    path
        The file. Its format is known by its first bytes, or else by the ending of its name.

    Returns
    -------
    Contents
        ``text``: of a page of HTML the main text, of Markdown the text without markup; a paragraph
        ends at an empty line. Characters that show nothing are taken out and counted in ``notes``,
        which also names an encoding other than UTF-8.

    Raises
    ------
    StudyError
        If there is no text to be had from the file; never anything else.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "road.md"
    ...     _ = path.write_text("---\ntitle: A Road\n---\n*It* snows.")
    ...     read_contents(path)
    Contents(text='It snows.', facts={'title': 'A Road'}, notes=())
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            binary = file.read(4) in (b"%PDF", b"PK\3\4")
            # Before it is read; no encoding of a text has more than four bytes a character.
            if os.fstat(file.fileno()).st_size > (largest := _LARGEST_FILE if binary else 4 * LARGEST):
                raise StudyError(f"larger than {largest // 10**6} MB; split it into its documents")
            file.seek(0)
            raw = file.read()
        if not raw.strip():
            raise StudyError("the file is empty; put the text in it or take it away")
        return _tidy(_READERS[format_of(path, raw)](raw))
    except OSError as error:
        raise StudyError(f"{path}: cannot be read ({error.strerror or error}); check the path") from None
    except StudyError as error:
        raise StudyError(f"{path}: {error}") from None


def format_of(path: Path, raw: bytes) -> str:
    """Tell a file's format (an ending without its dot) by its content, or else by its name."""
    head = raw[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    named = {".htm": "html", ".xhtml": "html", ".markdown": "md", ".text": "txt"}.get(
        path.suffix.lower(), path.suffix.lower().removeprefix(".")
    )
    if head.startswith(b"%PDF-"):
        return "pdf"
    if named in ("txt", "") and re.match(rb"(?i)<!doctype html|<html[\s>]", head):
        return "html"
    if head.startswith(b"PK\3\4") and b"word/" in raw:
        return "docx"
    if named not in _READERS:
        raise StudyError(
            f"{path.suffix or 'a name without ending'}: not a format that is read; save it as .txt, .html, "
            ".pdf or .docx"
        )
    return named


def decode(raw: bytes) -> tuple[str, str]:
    """Decode a text: UTF-8, UTF-16 with its mark, or one of twelve older encodings as detected.

    Returns
    -------
    text, encoding : str
        Nothing in the text is replaced.

    Raises
    ------
    StudyError
        If the bytes are of none of these, or of UTF-8 with broken places.

    Examples
    --------
    >>> decode("Дорога открыта.".encode("cp1251"))
    ('Дорога открыта.', 'cp1251')
    """
    encoding = next((name for mark, name in _MARKS if raw.startswith(mark)), "utf-8")
    if encoding != "utf-16" and b"\0" in raw:
        raise StudyError(f"not a text file (NUL byte at {raw.index(0)}); save it as plain text in UTF-8")
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        guess = _guess(raw, error.reason == "unexpected end of data") if encoding == "utf-8" else None
        if guess is None:
            line = raw.count(b"\n", 0, error.start) + 1
            name = encoding.upper().removesuffix("-SIG")
            raise StudyError(f"not {name} (line {line}); save it again in the encoding UTF-8") from None
        return guess
    if "\0" in text:
        raise StudyError(f"not a text file (NUL at {text.index(chr(0))}); save it as plain text in UTF-8")
    return text, encoding


def _guess(raw: bytes, cut: bool) -> tuple[str, str] | None:
    from charset_normalizer import from_bytes

    whole = raw.decode("utf-8", "ignore")
    broken = len(raw) - len(whole.encode())
    # UTF-8 with broken places: most of what is not ASCII is good, or only the end is missing, or a
    # character is halved as only UTF-8 does it.
    good = 2 * (len(whole.encode()) - len(whole)) >= broken
    if good or cut or _CONTROLS.search(raw) or _HALF.search(raw):
        return None
    found = {match.encoding: str(match) for match in from_bytes(raw, cp_isolation=_ENCODINGS)}
    text = next(iter(found.values()), None)
    if "cp1250" in found and text == found["cp1250"]:
        # Western texts differ from central European ones in few letters, and are commoner.
        text = found.get("cp1252", text)
    for name in _ENCODINGS:  # where several give the same text, the usual name
        try:
            if text and raw.decode(name) == text:
                return text, name
        except UnicodeDecodeError:
            continue
    return None


def _tidy(contents: Contents) -> Contents:
    """Take out what shows nothing; refuse a text that is none."""
    text, facts, notes = contents
    if len(text) > LARGEST:
        raise StudyError(f"more than {LARGEST // 10**6} million characters; split it into its documents")
    if "\0" in text:
        raise StudyError(f"not a text file (NUL at {text.index(chr(0))}); save it as plain text in UTF-8")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise StudyError(f"half a character at {error.start}; save it again in the encoding UTF-8") from None
    text, taken = INVISIBLE.subn("", text.replace("\r\n", "\n").replace("\r", "\n"))
    if taken:
        notes = (*notes, f"{taken} invisible characters taken out")
    if not text.strip():
        raise StudyError("the file is empty; put the text in it or take it away")
    if _MADE in facts.get("date_basis", _MADE):
        facts = facts | date_line(text)
    return Contents(text, facts, notes)


def tidy_text(text: str) -> Contents:
    """Make the contents of a text that stood in a table's cell."""
    if _MARKUP.search(text):
        return _tidy(Contents(_shown(text), {}, ("HTML markup taken out",)))
    return _tidy(Contents(text, {}))


def _shown(markup: str) -> str:
    kept: list[str] = []
    hidden = ""
    for place, part in enumerate(_TAG.split(markup)):
        if place % 2 == 0:
            kept += () if hidden else [part]
            continue
        name = (part or "").lower()
        if hidden or name in ("script", "style"):
            hidden = "" if name == f"/{hidden}" else hidden or name
        elif name.removeprefix("/") in _BLOCKS:
            kept.append("\n\n")
    return html.unescape("".join(kept))


def _decoded(raw: bytes) -> tuple[str, tuple[str, ...]]:
    text, encoding = decode(raw)
    notes = () if encoding.startswith("utf-8") else (f"read as {encoding}",)
    return text.replace("\r\n", "\n").replace("\r", "\n"), notes


def _read_txt(raw: bytes) -> Contents:
    text, notes = _decoded(raw)
    return Contents(text, {}, notes)


def _read_markdown(raw: bytes) -> Contents:
    import yaml
    from markdown_it import MarkdownIt

    if len(raw) > _LARGEST_MARKDOWN:
        raise StudyError(f"more than {_LARGEST_MARKDOWN // 1000} kB of Markdown; save it as plain text")
    text, notes = _decoded(raw)
    facts: dict[str, str] = {}
    front = _FRONT.match(text)
    if front:
        try:
            # As text: 2019 and 2019-05 are dates, and no tag makes an object.
            record = yaml.load(front[1], Loader=yaml.BaseLoader)
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            line = getattr(getattr(error, "problem_mark", None), "line", 0) + 2
            raise StudyError(f"front matter is not YAML (line {line}); correct it") from None
        if isinstance(record, dict):
            facts = known_facts(record, "front matter")
        text = text[front.end() :]
    paragraphs = []
    try:
        for token in MarkdownIt("commonmark").parse(text):
            if token.type == "inline":
                shown = {"text": None, "code_inline": None, "softbreak": " ", "hardbreak": " "}
                children = [child for child in token.children or () if child.type in shown]
                paragraphs.append("".join(shown[child.type] or child.content for child in children))
    except (RecursionError, ValueError, IndexError):
        raise StudyError("Markdown cannot be read; save it as plain text") from None
    return Contents("\n\n".join(paragraphs), facts, notes)


def _read_html(raw: bytes) -> Contents:
    import trafilatura

    if len(raw) > LARGEST:
        raise StudyError(f"more than {LARGEST // 10**6} MB of HTML; save the article alone")
    text, notes = _decoded_page(raw)
    if text.count("<") - text.count("</") > _LARGEST_PAGE:
        raise StudyError(f"more than {_LARGEST_PAGE:,} elements of HTML; save the article alone")
    try:
        page = trafilatura.bare_extraction(
            text,
            include_comments=False,
            include_tables=False,
            with_metadata=True,
            # A date that the page states, not any date in it.
            date_extraction_params={"extensive_search": False, "original_date": True},
        )
    except Exception as error:  # whatever a parser thinks of a broken page
        raise StudyError(f"HTML cannot be parsed ({type(error).__name__}); save the text as .txt") from None
    facts = page.as_dict() if page is not None and not isinstance(page, dict) else {}
    if not facts.get("text"):
        raise StudyError("no main text found in the page; save the text as .txt")
    stated = {name: facts.get(name) for name in ("title", "author", "sitename", "date", "url")}
    language = re.search(r"<html\b[^>]{0,500}?\blang=[\"']?([A-Za-z]{2})", text[:5000])
    stated["language"] = language and language[1]
    return Contents(facts["text"].replace("\n", "\n\n"), known_facts(stated, "stated by the page"), notes)


def _decoded_page(raw: bytes) -> tuple[str, tuple[str, ...]]:
    """Decode a page as it declares itself, where it is not UTF-8."""
    declared = re.search(rb"(?i)charset\s{0,9}=\s{0,9}[\"']?([\w-]{1,40})", raw[:4096])
    if declared and b"\0" not in raw:
        try:
            raw.decode()
        except UnicodeDecodeError:
            name = declared[1].decode("ascii", "ignore").lower()
            try:
                if name not in ("utf-8", "utf8"):
                    return raw.decode(name), (f"read as {name}",)
            except (LookupError, ValueError):
                pass
    return _decoded(raw)


def _read_pdf(raw: bytes) -> Contents:
    import logging

    from pypdf import PdfReader
    from pypdf.errors import DependencyError, FileNotDecryptedError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what matters is raised
    pages: list[str] = []
    size, steps = 0, count(1)

    def take_step(*what: Any) -> None:
        if next(steps) > _STEPS:
            raise StudyError("a PDF that draws too much to be read in a minute; save its text as .txt")

    try:
        reader = PdfReader(io.BytesIO(raw))
        if len(reader.pages) > _PAGES:
            raise StudyError(f"a PDF of more than {_PAGES} pages; split it into its documents")
        for page in reader.pages:
            read = page.extract_text(visitor_operand_before=take_step)
            pages.append(read.replace("\0", "").translate(_LIGATURES))
            size += len(pages[-1])
            if size > LARGEST:
                break
        about = reader.metadata
        stated = {"title": about.title, "authors": about.author, "date": _year_made(about)} if about else {}
    except StudyError:
        raise
    except (FileNotDecryptedError, DependencyError):
        raise StudyError("an encrypted PDF; save it without its password, or its text as .txt") from None
    except Exception as error:  # whatever a parser thinks of a broken file
        raise StudyError(
            f"PDF cannot be read ({type(error).__name__}); save it again or save its text as .txt"
        ) from None
    text, heads = _flowing([[" ".join(x.split()) for x in page.split("\n") if x.strip()] for page in pages])
    if not text:
        raise StudyError("a PDF without text (pictures of pages?); have its text recognised and save that")
    if _NO_TITLE.search(str(stated.get("title"))):  # a program's name for the file
        del stated["title"]
    notes = (f"{heads} running heads and page numbers taken out",) if heads else ()
    return Contents(text, known_facts(stated, _MADE), notes)


def _year_made(about: Any) -> str:
    """Give the year a PDF was made in, unless by printing a page, which may be long after publication."""
    makers = f"{about.get('/Producer')} {about.get('/Creator')}"
    made = re.match(r"D:(\d{4})", str(about.get("/CreationDate")))
    return made[1] if made and not re.search("Skia|Chrom|Mozilla|wkhtml|Print To PDF", makers) else ""


def _flowing(pages: list[list[str]]) -> tuple[str, int]:
    """Join lines to paragraphs; take out the heads and feet that pages share, and count these."""
    edges = [(line, _HEAD.sub("", line)) for page in pages for line in {*page[:2], *page[-2:]}]
    often = Counter(bare for _, bare in edges)
    # A number alone; or the same words, with another number, on a quarter of the pages.
    least = max(3, len(pages) / 4)
    heads = {line for line, bare in edges if len(pages) > 1 and (often[bare] >= least or not bare)}
    whole = set(re.findall(r"\b\w+-\w+", "\n".join(line for page in pages for line in page).lower()))
    paragraphs: list[list[str]] = []
    before, full, taken = "", 0.0, 0
    for page in pages:
        kept = [line for i, line in enumerate(page) if line not in heads or 1 < i < len(page) - 2]
        taken += len(page) - len(kept)
        width = sorted(map(len, kept))[3 * len(kept) // 4] if kept else 0  # that of a full line
        for line in kept:
            if not before or not _goes_on(before, line, full):
                paragraphs.append([line])
            elif (one := re.search(r"\b(\w{2,40})-\Z", before)) and (two := re.match(r"\w+", line)):
                # A word that has a hyphen elsewhere, or a name after it, keeps it.
                if line[0].islower() and f"{one[1]}-{two[0]}".lower() not in whole:
                    paragraphs[-1][-1] = paragraphs[-1][-1][:-1]
                paragraphs[-1].append(line)
            else:
                paragraphs[-1] += [" ", line]
            before, full = line, len(line) / width
    return "\n\n".join(map("".join, paragraphs)), taken


def _goes_on(before: str, line: str, full: float) -> bool:
    """Whether a line goes on with the paragraph of the one before, which is so full."""
    if _LISTED.match(line):
        return False
    return full >= 0.9 if _ENDED.search(before) else full >= 0.7 or line[0].islower() or before[-1] == "-"


def _read_docx(raw: bytes) -> Contents:
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    archive = open_archive(raw)
    try:
        body = etree.fromstring(archive.read("word/document.xml"), parser)
        names = archive.namelist()
        core = "docProps/core.xml"
        properties = etree.fromstring(archive.read(core), parser) if core in names else ()
    except Exception as error:  # a broken zip raises much
        raise StudyError(f"not a Word file ({type(error).__name__}); save it again as .docx") from None
    stated = {etree.QName(e).localname: e.text for e in properties if isinstance(e.tag, str)}
    paragraphs = ("".join(_runs(p)) for p in body.iter(_WORD + "p"))
    # When it was made is not when it was published, so there is no date in it.
    facts = known_facts({n: stated.get(n) for n in ("title", "creator")}, "Word")
    return Contents("\n\n".join(p for p in paragraphs if p.strip()), facts)


def _runs(paragraph: Any) -> Iterator[str]:
    for node in paragraph.iter(_WORD + "t", _WORD + "tab", _WORD + "br"):
        if next(node.iterancestors(_WORD + "p")) is paragraph:  # a text box's paragraphs come by themselves
            yield (node.text or "") if node.tag == _WORD + "t" else " "


def open_archive(raw: bytes) -> zipfile.ZipFile:
    """Open the zip of a Word or Excel file, unless it is made to fill the memory."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(raw))
        members = archive.infolist()
        unpacked = sum(member.file_size for member in members)
        if unpacked > min(_LARGEST_FILE, _LARGEST_RATIO * max(len(raw), 50_000)) or len(members) > 10_000:
            raise StudyError("a zip that grows too much when it is unpacked; it is not opened")
        for member in members:
            if member.filename.lower().endswith((".xml", ".rels")):
                content = archive.read(member)
                if b"<!ENTITY" in content or "<!ENTITY".encode("utf-16-le")[:-1] in content:
                    raise StudyError("XML with entities of its own; it is not opened")
    except StudyError:
        raise
    except Exception as error:  # a broken zip raises much
        raise StudyError(f"a broken zip ({type(error).__name__}); save the file again") from None
    return archive


_READERS: dict[str, Callable[[bytes], Contents]] = {
    "txt": _read_txt,
    "md": _read_markdown,
    "html": _read_html,
    "pdf": _read_pdf,
    "docx": _read_docx,
}
