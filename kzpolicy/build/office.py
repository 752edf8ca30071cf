"""Word, rich text and PDF: the file's bytes in, its paragraphs out."""

from __future__ import annotations

import io
import logging
import re
import zipfile
from collections import Counter
from typing import Any

from kzpolicy.build.dates import MADE
from kzpolicy.build.mending import join_words
from kzpolicy.build.references import facts_of
from kzpolicy.lists import path
from kzpolicy.tables import StudyError, read_toml

_PDF = {
    name: re.compile(pattern, re.IGNORECASE | re.MULTILINE)
    for name, pattern in read_toml(path("formats.toml"))["pdf"].items()
}
_ENDED = re.compile(r"[.!?:;…][\W\d]*\Z")
_SIGNS = {"{*}tab": " ", "{*}br": "\n", "{*}cr": "\n", "{*}noBreakHyphen": "-", "{*}softHyphen": "\u00ad"}

Contents = tuple[str, dict[str, str], tuple[str, ...]]  # text, facts, notes


def read_rtf(raw: bytes) -> Contents:
    r"""Read rich text; a paragraph ends at an empty line.

    Examples
    --------
    >>> read_rtf(rb"{\rtf1\ansi It snows.\par Russia\'92s road is open.}")[0]
    'It snows.\n\nRussia’s road is open.'
    """
    from striprtf.striprtf import rtf_to_text

    text: str = rtf_to_text(raw.decode("cp1252", "replace"), errors="ignore")  # type: ignore[no-untyped-call]
    return re.sub(r"\n+", "\n\n", text), {}, ()


def read_docx(raw: bytes) -> Contents:
    """Read a Word file, as it stands once its tracked changes are accepted.

    By its XML: python-docx leaves out insertions, text boxes and content controls, and opens neither
    strict files nor such as lack a list of their parts.
    """
    from lxml import etree

    archive = zipfile.ZipFile(io.BytesIO(raw))
    parts = (name for name in archive.namelist() if re.search(r"(?i)word[\\/]document\d*\.xml\Z", name))
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    root: Any = etree.fromstring(archive.read(next(parts)), parser)
    etree.strip_elements(root, "{*}del", "{*}moveFrom", "{*}Fallback", "{*}pPr", with_tail=False)
    for paragraph in list(root.iter("{*}p")):  # one may hold a text box with paragraphs of its own
        paragraph.text = "\n\n"
        etree.SubElement(paragraph, "br").text = "\n\n"
    for tag, sign in _SIGNS.items():
        for node in root.iter(tag):
            node.text = node.text or sign
    text = "".join(root.itertext("{*}p", "{*}t", *_SIGNS, with_tail=False))
    return re.sub(r"\s*\n\s*\n\s*", "\n\n", text).strip(), {}, ()


def read_pdf(raw: bytes) -> tuple[str, dict[str, str], tuple[str, ...]]:
    """Read a PDF.

    Returns
    -------
    text : str
        Its lines joined to paragraphs, without the heads and feet of its pages; of a web page that a
        browser printed without its comments and its lists of other articles.
    facts : dict of str
        Its title and author, and the year in which it was made.
    notes : tuple of str
        What was taken out.

    Raises
    ------
    StudyError
        If it is locked or has no text.
    """
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, FileNotDecryptedError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what matters is raised
    try:
        reader = PdfReader(io.BytesIO(raw))
        texts = [page.extract_text() for page in reader.pages]
        about: Any = reader.metadata or {}
    except (FileNotDecryptedError, DependencyError):
        raise StudyError("an encrypted PDF; save it without its password, or its text as .txt") from None
    # Any hyphen at a line's end is one.
    lines = (re.sub("[\u2010\u2011\xad\xac]\\s*\n", "-\n", text) for text in texts)
    pages = [[" ".join(line.split()) for line in text.split("\n") if line.strip()] for text in lines]
    bodies, heads = _without_heads(pages)
    text = _flowing(bodies)
    notes = [f"{heads} running heads and page numbers taken out"] if heads else []
    title = str(about.get("/Title") or "")
    stated = {"authors": about.get("/Author"), "title": "" if _PDF["no_title"].search(title) else title}
    if _PDF["browser"].search(f"{about.get('/Producer')} {about.get('/Creator')}"):
        whole, text = text, _PDF["elsewhere"].sub("", _PDF["comments"].split(text)[0]).strip()
        notes += ["comments and lists of other articles taken out"] if text != whole else []
    elif made := re.match(r"D:(\d{4})", str(about.get("/CreationDate"))):
        stated["date"] = made[1]  # a page may be printed long after its publication
    if not text:
        raise StudyError("a PDF without text (pictures of pages?); have its text recognised and save that")
    return text, facts_of(stated, MADE), tuple(notes)


def _without_heads(pages: list[list[str]]) -> tuple[list[list[str]], int]:
    """Take out the heads and feet that pages share, and count these."""
    edges = [(line, _PDF["page_number"].sub("", line)) for page in pages for line in {*page[:2], *page[-2:]}]
    often = Counter(bare for _, bare in edges)
    # A number alone; the same words, with another number, on a quarter of the pages; what a browser prints.
    least = max(3, len(pages) / 4)
    heads = {line for line, bare in edges if len(pages) > 1 and (often[bare] >= least or not bare)}
    heads |= {line for line, _ in edges if _PDF["browser_line"].search(line)}
    kept = [
        [line for i, line in enumerate(page) if line not in heads or 1 < i < len(page) - 2] for page in pages
    ]
    return kept, sum(map(len, pages)) - sum(map(len, kept))


def _flowing(pages: list[list[str]]) -> str:
    """Join lines to paragraphs: a full line goes on, or one before a small letter."""
    text, before, full = "", "", 0.0
    for page in pages:
        width = sorted(map(len, page))[3 * len(page) // 4] if page else 0  # that of a full line
        for line in page:
            ended = _ENDED.search(before[-40:])
            goes_on = full >= 0.9 if ended else full >= 0.7 or line[0].islower() or before.endswith("-")
            asides = [_PDF[name].match(x) for name in ("comments", "elsewhere") for x in (before, line)]
            apart = _PDF["listed"].match(line) or any(asides)
            text += ("\n" if goes_on and not apart else "\n\n") + line
            before, full = line, len(line) / width
    return re.sub(r"(?<!\n)\n(?!\n)", " ", join_words(text)).strip()
