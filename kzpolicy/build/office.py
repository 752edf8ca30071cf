"""The file of a word processor in, its paragraphs out, and its title and author."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

from lxml import etree

from kzpolicy.build.references import facts_of
from kzpolicy.tables import StudyError

_UNPACKED = 200_000_000  # bytes that a zip may hold: thirty books with their pictures
_NOBODY = ("Word Document", "python-docx", "Microsoft Office User", "user", "admin")  # programs' own words

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


def unzip(raw: bytes) -> zipfile.ZipFile:
    """Open a zip; a `StudyError` if it would fill the memory."""
    archive = zipfile.ZipFile(io.BytesIO(raw))
    if sum(member.file_size for member in archive.infolist()) > _UNPACKED:
        raise StudyError(f"unpacks to more than {_UNPACKED // 10**6} MB; save its text as .txt")
    return archive


def _xml(raw: bytes, pattern: str) -> tuple[Any, dict[str, str]]:
    """Give a document's main part, and its title and author."""
    archive, parser = unzip(raw), etree.XMLParser(resolve_entities=False, no_network=True)
    parts = {name.replace("\\", "/"): name for name in archive.namelist()}  # as some programs write paths
    main = next((parts[name] for name in parts if re.search(pattern, name)), None)
    if main is None:
        raise StudyError("a zip without a text in it; save it again as .docx")
    stated: dict[str, object] = {}
    for name in {"docProps/core.xml", "meta.xml"} & set(parts):
        about = etree.fromstring(archive.read(parts[name]), parser).iter("{*}title", "{*}creator")
        stated |= {etree.QName(fact).localname: fact.text for fact in about if fact.text not in _NOBODY}
    return etree.fromstring(archive.read(main), parser), facts_of(stated, "the file")


def read_docx(raw: bytes) -> Contents:
    """Read a Word file, as it stands once its tracked changes are accepted.

    By its XML: python-docx leaves out insertions, text boxes and content controls, and opens neither
    strict files nor such as lack a list of their parts.
    """
    root, facts = _xml(raw, r"(?i)(?:\A|/)word/document\d*\.xml\Z")
    signs = {"tab": " ", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "softHyphen": "\u00ad"}
    paragraphs: list[list[str]] = [[]]
    around = [paragraphs[0]]  # the paragraphs that the place is in: a text box stands in one
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, node in walk:
        tag = etree.QName(node).localname
        if event == "end":
            if tag == "p":
                around.pop()
        elif tag in ("del", "moveFrom", "Fallback", "pPr", "rPr"):
            walk.skip_subtree()
        elif tag == "p":
            paragraphs.append([])
            around.append(paragraphs[-1])
        elif tag == "t":
            around[-1].append(node.text or "")
        elif tag == "sym":  # of a font of its own, by number
            around[-1].append(chr(int(node.get(node.tag.replace("sym", "char")) or "f0b7", 16)))
        elif tag in signs:
            around[-1].append(signs[tag])
    return "\n\n".join(filter(str.strip, map("".join, paragraphs))), facts, ()


def read_odt(raw: bytes) -> Contents:
    """Read an OpenDocument text without its tracked changes, comments and notes."""
    root, facts = _xml(raw, r"(?:\A|/)content\.xml\Z")
    etree.strip_elements(root, "{*}tracked-changes", "{*}annotation", "{*}note", with_tail=False)
    for sign in root.iter("{*}s", "{*}tab", "{*}line-break"):
        sign.text = "\n" if sign.tag.endswith("line-break") else " "
    paragraphs = ("".join(node.itertext()) for node in root.iter("{*}p", "{*}h"))
    return "\n\n".join(filter(str.strip, paragraphs)), facts, ()
