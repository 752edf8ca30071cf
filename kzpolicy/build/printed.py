"""A PDF's bytes in, its paragraphs out."""

from __future__ import annotations

import io
import logging
import re
from collections import Counter
from typing import Any

from kzpolicy.build.dates import MADE
from kzpolicy.build.mending import join_words
from kzpolicy.build.references import facts_of
from kzpolicy.tables import StudyError

_NO_TITLE = re.compile(r"(?i)\A(?:microsoft|untitled)|\.(?:docx?|pdf|indd|qxd|pptx?|rtf|tex|dvi|odt)\Z")
_PRINTED = re.compile("Skia|Chrom|Mozilla|WebKit|wkhtml|Print To PDF")
_ON_THE_WEB = re.compile(r"(?i)\d+ comments?\Z|leave a (?:reply|comment)\Z|most (?:read|popular|viewed)\Z")
_PAGE_NUMBER = re.compile(r"(?i)\bpage\b|\bof\b|\b[ivxl]+\b|[\W\d_]+")
_ADDRESS = re.compile(r"https?://\S+")
_ENDED = re.compile(r"[.!?:;…][\W\d]*\Z")
_LISTED = re.compile(r"[•·▪◦‣*–-]\s|[\[(]?\d{1,3}[.)\]]\s")
_COMMENTS = re.compile(
    r"(?i)(?:(?:view|show|see|read) )?(?:all )?(?:\d+ )?(?:readers?[’']? )?comments?(?: ?\(?\d+\)?)?:?\Z"
    r"|(?:leave|post|write|add) a (?:reply|comment)|join the (?:conversation|discussion|debate)"
)
_ELSEWHERE = re.compile(
    r"(?i)(?:most|more) (?:read|popular|viewed|shared|commented|from|stories|news|on)\b.{0,40}\Z"
    r"|(?:related|recommended|popular)(?: (?:articles?|stories|posts|news|topics|for you|now))?:?\Z"
    r"|(?:top|latest) (?:stories|news)\Z|editors?[’']?s? picks?\Z|you (?:may|might) also like"
    r"|(?:read|see) (?:more|also|next):?\Z|trending(?: now)?\Z|advertisement\Z"
)
_SHORT = 60  # characters: a headline, where a paragraph is longer


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
    lines = (re.sub("[\u2010\u2011\xad\xac]\\s*\n", "-\n", text.replace("\0", "")) for text in texts)
    pages = [[" ".join(line.split()) for line in text.split("\n") if line.strip()] for text in lines]
    edges = {line for page in pages for line in (*page[:2], *page[-2:])}
    addresses = [found[0] for line in edges if (found := _ADDRESS.search(line))]
    makers = f"{about.get('/Producer')} {about.get('/Creator')}"
    signs = any(_ON_THE_WEB.match(line) for page in pages for line in page)
    printed = bool(_PRINTED.search(makers) or addresses or signs)
    paragraphs, heads = _flowing(pages, printed)
    notes = [f"{heads} running heads and page numbers taken out"] if heads else []
    if printed:
        whole, paragraphs = len(paragraphs), _article(paragraphs)
        if whole > len(paragraphs):
            notes.append(
                f"{whole - len(paragraphs)} paragraphs around the article of a printed page taken out"
            )
    if not paragraphs:
        raise StudyError("a PDF without text (pictures of pages?); have its text recognised and save that")
    # A printed page was made when somebody printed it, which may be long after publication.
    made = re.match(r"D:(\d{4})", str(about.get("/CreationDate")))
    stated: dict[str, object] = {
        "authors": about.get("/Author"),
        "date": made[1] if made and not printed else None,
    }
    stated |= {"url": addresses[0] if len(set(addresses)) == 1 else None}
    title = str(about.get("/Title") or "")
    if not _NO_TITLE.search(title):  # a program's name for the file
        stated["title"] = title
    return "\n\n".join(paragraphs), facts_of(stated, MADE), tuple(notes)


def _flowing(pages: list[list[str]], printed: bool) -> tuple[list[str], int]:
    """Join lines to paragraphs; take out the heads and feet that pages share, and count these."""
    edges = [(line, _PAGE_NUMBER.sub("", line)) for page in pages for line in {*page[:2], *page[-2:]}]
    often = Counter(bare for _, bare in edges)
    # A number alone; the same words, with another number, on a quarter of the pages; what a browser prints.
    least = max(3, len(pages) / 4)
    heads = {line for line, bare in edges if len(pages) > 1 and (often[bare] >= least or not bare)}
    heads |= {
        line for line, _ in edges if printed and re.search(r"https?://|\A[\d./-]+,? \d\d?:\d\d\b", line)
    }
    paragraphs: list[list[str]] = []
    before, full, taken = "", 0.0, 0
    for page in pages:
        kept = [line for i, line in enumerate(page) if line not in heads or 1 < i < len(page) - 2]
        taken += len(page) - len(kept)
        width = sorted(map(len, kept))[3 * len(kept) // 4] if kept else 0  # that of a full line
        for line in kept:
            if before and _goes_on(before, line, full):
                paragraphs[-1].append(line)
            else:
                paragraphs.append([line])
            before, full = line, len(line) / width
    text = join_words("\n\n".join(map("\n".join, paragraphs)))
    return [" ".join(paragraph.split("\n")) for paragraph in text.split("\n\n") if paragraph], taken


def _goes_on(before: str, line: str, full: float) -> bool:
    """Whether a line goes on with the paragraph of the one before, which is so full."""
    if _LISTED.match(line) or any(p.match(x) for p in (_COMMENTS, _ELSEWHERE) for x in (before, line)):
        return False
    ended = _ENDED.search(before[-40:])
    return full >= 0.9 if ended else full >= 0.7 or line[0].islower() or before[-1] == "-"


def _article(paragraphs: list[str]) -> list[str]:
    """Leave out the comments below a page's article and its lists of other articles."""
    kept: list[str] = []
    listing = False
    for paragraph in paragraphs:
        if kept and _COMMENTS.match(paragraph):
            break
        ended = len(paragraph) > _SHORT and _ENDED.search(paragraph[-40:])
        listing = bool(_ELSEWHERE.match(paragraph)) or (listing and not ended)
        if not listing:
            kept.append(paragraph)
    return kept
