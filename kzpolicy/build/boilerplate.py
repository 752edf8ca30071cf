"""A page of text in, clean paragraphs out: the only code that knows boilerplate."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from kzpolicy import lists
from kzpolicy.build.sentences import has_end
from kzpolicy.tables import read_toml

Paragraphs = list[tuple[int, str, str]]
LeftOut = list[tuple[int, str, int]]

# Sentence end at a line's end, then any closing quotation marks, brackets or spaces, or marks of notes.
# The marks of East Asia too: a text in another language is noted, not taken for headings.
_ENDED = re.compile(r"[.!?…:;。！？：；](?:[\s)\]”’\"'»」』）]|\[\d{1,3}\])*\Z")  # noqa: RUF001
_DATE_LINE = re.compile(r"(?:\w+day,?\s+)?\d{1,2}\s+\w+\s+\d{4}$|\w+\s+\d{1,2},\s+\d{4}$|\d{4}-\d\d-\d\d$")
_BULLET = re.compile(r"[•·▪◦‣■●►⁃\uf0b7*-]\s|\d{1,2}[.)]\s")
_CREDIT = re.compile(r"\([A-Z][^()]*,\s[^()]*\d{4}\)\Z")  # of a quotation: "(Sample, Plain Review, 2018)"
# A hard-wrapped line is longer than this; a heading, a name or a salutation is shorter.
_WRAPPED = 60
# As long a line of a narrow column may be.
_NARROW = 25
_HEADING_WORDS = 20
# More than any rule `alone` may match.
_LONGEST_ALONE = 300
_STRAIGHT = str.maketrans("’‘“”", "''\"\"")
_LISTS = read_toml(lists.path("boilerplate.toml"))
# A line in which a sentence ended within, or that ends in a comma or in one of these words, goes on.
_GOES_ON = re.compile(rf"[a-z]{{3}}[.!?][”\"’)]?\s+[A-Z].*\Z|,\Z|\b(?:{'|'.join(_LISTS['goes_on'])})\Z")


@dataclass
class Piece:
    """A paragraph as it stands in the file: its first line's number, its lines, its text, and its fate."""

    line: int
    block: int
    lines: list[str]
    text: str = ""
    kind: str = ""
    reason: str = ""


@dataclass(frozen=True)
class _Rule:
    """A rule of boilerplate.toml."""

    reason: str
    pattern: re.Pattern[str]
    anywhere: bool = False
    rest: bool = False
    heading: bool = False
    alone: bool = False
    layout: str = ""
    put: str | None = None

    def fits(self, text: str) -> bool:
        found = self.pattern.search(text) if self.anywhere else self.pattern.match(text)
        return bool(found) and not (self.heading and found and not is_heading(text[found.end() :]))


_RULES = [_Rule(**rule | {"pattern": re.compile(rule["pattern"], re.IGNORECASE)}) for rule in _LISTS["rule"]]


def clean_paragraphs(
    text: str, *, title: str = "", authors: str = "", layout: str = "page", standfirst: int = 0
) -> tuple[Paragraphs, LeftOut]:
    r"""Separate a document's own paragraphs from the rest of its file.

    Parameters
    ----------
    text
        A page saved as text: one paragraph a line or hard-wrapped lines; empty lines between.
    title, authors
        As in the sources table (authors separated by ``;``), to know their lines by.
    layout
        ``page``: a web page with an article on it. ``speech``: a speech, in which everything is
        body that no rule leaves out: nothing in it is a title, a heading or a repetition to drop.
    standfirst
        How many of the first paragraphs are the standfirst, where the page does not show it by
        placing it between title and author.

    Returns
    -------
    paragraphs : list of tuple
        Number (0 is the standfirst, the body counts from 1; a heading has the number of the
        paragraph below it), kind (standfirst, body, quotation, heading), text.
    left_out : list of tuple
        Line (of the file, from 1), reason, number of words: everything that is not above.

    Examples
    --------
    >>> page = "Menu\n\nA Pact\n\nBy A. Writer\n\nThey met today.\n\nLeave a reply\n"
    >>> paragraphs, left_out = clean_paragraphs(page, title="A Pact", authors="A. Writer")
    >>> paragraphs
    [(1, 'body', 'They met today.')]
    >>> [reason for _, reason, _ in left_out]
    ['page controls', 'title', 'author or date', 'comment form']
    """
    fit = [rule for rule in _RULES if rule.layout in ("", layout)]
    rules, marks = [r for r in fit if r.put is None], [r for r in fit if r.put is not None]
    gone: Counter[tuple[int, str]] = Counter()
    lines = [_take_out(line, number, marks, gone) for number, line in enumerate(text.split("\n"), start=1)]
    pieces = _split(lines, [rule for rule in rules if rule.alone], layout)
    rest_of, rule = -1, None
    for piece in pieces:  # marks once more: one may stand over the break of two lines
        piece.text = (_take_out(" ".join(piece.lines), piece.line, marks, gone) or "").strip()
        if piece.block != rest_of:
            rule = next((rule for rule in rules if rule.fits(piece.text)), None)
        if rule:
            piece.reason = rule.reason
            rest_of = piece.block if rule.rest else -1
    if layout == "speech":
        for piece in pieces:
            piece.kind = "" if piece.reason else "body"
    else:
        _find_title(pieces, title, authors)
        _find_repeats(pieces)
        _find_kinds(pieces, standfirst)
    gone.update({(p.line, p.reason): len(p.text.split()) for p in pieces if not p.kind})
    left_out = []
    for line, group in groupby(sorted(gone), key=itemgetter(0)):
        reasons = [reason for _, reason in group]
        left_out.append((line, "; ".join(reasons), sum(gone[line, reason] for reason in reasons)))
    return _number(pieces), left_out


def is_heading(text: str) -> bool:
    """Whether a line reads like a heading: short, and no sentence."""
    words, end = len(text.split()), text[-302:]
    if text.endswith("?"):
        return words <= _HEADING_WORDS // 2 and text.count("?") == 1 and "." not in text
    return words <= _HEADING_WORDS and not any((_ENDED.search(end), has_end(end), _CREDIT.search(end)))


def _split(lines: Sequence[str | None], alone: Sequence[_Rule], layout: str) -> list[Piece]:
    """Split lines into paragraphs, joining those that were broken inside a sentence.

    Two lines of a block continue one another when the first does not end a sentence and it or the
    second shows that it goes on. A line of a rule `alone` continues nothing and is not continued.
    """
    pieces: list[Piece] = []
    block, is_open = 0, False
    for number, raw in enumerate(lines, start=1):
        if raw is None:
            continue
        line = raw.strip()
        if not line:
            block, is_open = block + is_open, False
        elif is_open and _continues(pieces[-1].lines, line, alone, layout):
            pieces[-1].lines.append(line)
        else:
            pieces.append(Piece(number, block, [line]))
            is_open = True
    return pieces


def _continues(parts: Sequence[str], line: str, alone: Sequence[_Rule], layout: str) -> bool:
    """Whether a line goes on with a paragraph of these lines."""
    before, start = parts[-1], " ".join(parts[:_LONGEST_ALONE])[:_LONGEST_ALONE]
    goes_on = before.endswith("-") and before[-2:-1].isalpha()
    if not goes_on and not _ENDED.search(before[-200:]) and not _BULLET.match(line):
        if line[0].islower() or len(start) >= _WRAPPED:
            goes_on = layout == "page" or not _BULLET.match(start)
        else:  # narrow columns, on pages only: in speeches, lists of short lines were never joined
            goes_on = layout == "page" and len(before) >= _NARROW and bool(_GOES_ON.search(before))
    return goes_on and not any(rule.fits(start) or rule.fits(line) for rule in alone)


def _take_out(line: str, number: int, marks: Sequence[_Rule], gone: Counter[tuple[int, str]]) -> str | None:
    """Take marks out of a line; count the words that go, by line and reason.

    A line of which nothing is left is None: its break goes with it, so that a sentence runs on over it.
    """
    before = line
    for rule in marks:
        if rule.fits(line):
            changed = rule.pattern.sub(rule.put or "", line)
            if changed != line:
                gone[number, rule.reason] += len(line.split()) - len(changed.split())
            line = changed
    return line if line == before or line.strip() else None


def _prose(pieces: Sequence[Piece]) -> list[Piece]:
    """Keep what has no reason to go and is no heading."""
    return [p for p in pieces if not p.reason and not is_heading(p.text)]


def _find_title(pieces: Sequence[Piece], title: str, authors: str) -> None:
    """Mark the title, what stands before it, and lines that hold only an author or a date."""
    names = {_plain(name) for name in authors.split(";")} - {""}
    texts = [_plain(piece.text) for piece in pieces]
    at = texts.index(_plain(title)) if title and _plain(title) in texts else -1
    before, behind = (sum(len(p.text.split()) for p in _prose(part)) for part in (pieces[:at], pieces[at:]))
    if at >= 0 and before <= behind / 4:  # else a subheading or a line at the foot that reads like the title
        for piece in pieces[:at]:
            dated = _DATE_LINE.match(piece.text)
            piece.reason = piece.reason or ("author or date" if dated else "before the title")
        pieces[at].reason = "title"
    else:
        at = -1
    for i, piece in enumerate(pieces):
        by = texts[i].removeprefix("by ") in names
        if not piece.reason and (by or _DATE_LINE.match(piece.text)):
            piece.reason = "author or date"
            # What stands between title and author is the page's standfirst.
            between = [p for p in pieces[at + 1 : i] if not p.reason]
            if by and at >= 0 and len(_prose(pieces[i:])) > len(between):
                for p in between:
                    p.kind = "standfirst"
            at = -1 if by else at


def _find_repeats(pieces: Sequence[Piece]) -> None:
    """Mark a summary at the head that the body repeats, then any second copy of a paragraph."""
    prose = _prose(pieces)
    texts = [_plain(p.text) for p in prose]
    last = {text: i for i, text in enumerate(texts)}
    summary = next((i for i, text in enumerate(texts) if last[text] == i), 0)
    seen: set[str] = set()
    for i, (piece, text) in enumerate(zip(prose, texts, strict=True)):
        if i < summary:
            piece.reason = "page summary, repeated in the body"
        elif text in seen:
            piece.reason = "second copy of a paragraph"
        else:
            seen.add(text)


def _find_kinds(pieces: Sequence[Piece], standfirst: int) -> None:
    """Tell body, quotation and heading apart; headings stand between the body's paragraphs only."""
    prose = [p for p in _prose(pieces) if not p.kind]
    for i, piece in enumerate(prose):
        quoted = i > 0 and prose[i - 1].text.endswith(":") and _CREDIT.search(piece.text[-302:])
        piece.kind = "standfirst" if i < standfirst else "quotation" if quoted else "body"
    body = [i for i, p in enumerate(pieces) if p.kind in ("body", "quotation")] or [len(pieces)]
    for i, piece in enumerate(pieces):
        if not piece.reason and not piece.kind:
            if body[0] < i < body[-1]:
                piece.kind = "heading"
            else:
                piece.reason = "after the body" if i > body[-1] else "before the body"


def _number(pieces: Sequence[Piece]) -> Paragraphs:
    """Number the paragraphs that are kept."""
    number = 0
    rows: dict[tuple[int, str], str] = {}
    for piece in pieces:
        if piece.kind:
            number += piece.kind in ("body", "quotation")
            place = ({"standfirst": 0, "heading": number + 1}.get(piece.kind, number), piece.kind)
            # One row a number and kind: a standfirst of several paragraphs, a heading of two lines.
            rows[place] = f"{rows[place]} {piece.text}" if place in rows else piece.text
    return [(*place, text) for place, text in rows.items()]


def _plain(text: str) -> str:
    """Fold case, quotation marks and white space, to compare a line with the sources table."""
    return " ".join(text.translate(_STRAIGHT).lower().split())
