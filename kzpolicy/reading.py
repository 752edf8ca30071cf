"""A page of text in, clean paragraphs out: the only code that knows boilerplate."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path

RULES = Path(__file__).with_name("cleaning.toml")
# Sentence end, then any closing quotation marks, brackets or spaces; tried from the line's end back.
# The marks of East Asia too: a text in another language is noted, not taken for headings.
_ENDED = re.compile(r"(?s:.*)[.!?…:;。！？：；](?:[\s)\]”’\"'»」』）]|\[\d{1,3}\])*$")  # noqa: RUF001
_DATE_LINE = re.compile(r"(?:\w+day,?\s+)?\d{1,2}\s+\w+\s+\d{4}$|\w+\s+\d{1,2},\s+\d{4}$|\d{4}-\d\d-\d\d$")
_BULLET = re.compile(r"[•·▪◦‣*-]\s|\d{1,2}[.)]\s")
_QUOTATION_CREDIT = re.compile(r"\([^()]*[A-Z][^()]*,\s[^()]*\d{4}\)$")
_STRAIGHT = {"’": "'", "‘": "'", "“": '"', "”": '"'}
# A hard-wrapped line is longer than this; a heading, a name or a salutation is shorter.
_WRAPPED = 60
_HEADING_WORDS = 20
# How much of a growing paragraph is looked at; more than any rule `alone` may match.
_START = 300
# Stands for a line of which nothing is left: no blank line, which would end a paragraph.
_GONE = "\0"

Paragraphs = list[tuple[int, str, str]]
LeftOut = list[tuple[int, str, int]]


@dataclass(slots=True)
class Piece:
    """A paragraph as it stands in the file: its first line's number, its text, and its fate."""

    line: int
    block: int
    text: str
    joined: bool = False
    kind: str = ""
    reason: str = ""


@dataclass(frozen=True)
class _Rule:
    reason: str
    pattern: re.Pattern[str]
    anywhere: bool = False
    rest: bool = False
    layout: str = ""
    put: str | None = None
    holds: tuple[str, ...] = ("",)
    alone: bool = False

    @cached_property
    def matches(self) -> Callable[[str], re.Match[str] | None]:
        return self.pattern.search if self.anywhere else self.pattern.match


def clean_paragraphs(
    text: str, *, title: str = "", authors: str = "", standfirst: int = 0, layout: str = "page"
) -> tuple[Paragraphs, LeftOut]:
    r"""Separate a document's own paragraphs from the rest of its file.

    Parameters
    ----------
    text
        A page saved as text: one paragraph a line or hard-wrapped lines; empty lines between.
    title, authors
        As in the sources table (authors separated by ``;``), to know their lines by.
    standfirst
        How many of the first paragraphs are the standfirst, where the page does not show it by
        placing it between title and author.
    layout
        ``page``: a web page with an article on it. ``speech``: a speech, in which everything is
        body that no rule leaves out: nothing in it is a title, a heading or a repetition to drop.

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
    rules, marks = _rules_for(layout)
    gone: Counter[tuple[int, str]] = Counter()
    lines = [_take_out_marks(line, i, marks, gone) for i, line in enumerate(text.split("\n"), start=1)]
    pieces = split_pieces("\n".join(lines), alone=[rule for rule in rules if rule.alone])
    changed = {number for number, _ in gone}
    for piece in pieces:
        # Once more where lines were joined or cut: a mark may stand over the break.
        if piece.joined or piece.line in changed:
            piece.text = _take_out_marks(piece.text, piece.line, marks, gone).strip()
    _apply_rules(pieces, rules)
    if layout == "speech":
        for piece in pieces:
            piece.kind = "" if piece.reason else "body"
    else:
        _find_title(pieces, title, authors)
        _find_repeats(pieces)
        _find_kinds(pieces, standfirst)
    kept = [p for p in pieces if p.kind]
    number = 0
    paragraphs: Paragraphs = []
    for piece in kept:
        if piece.kind in ("body", "quotation"):
            number += 1
        paragraph = {"standfirst": 0, "heading": number + 1}.get(piece.kind, number)
        if paragraphs and paragraphs[-1][:2] == (paragraph, piece.kind):
            # One row a number and kind: a standfirst of several paragraphs, a heading of two lines.
            paragraphs[-1] = (paragraph, piece.kind, f"{paragraphs[-1][2]} {piece.text}")
        else:
            paragraphs.append((paragraph, piece.kind, piece.text))
    gone.update({(p.line, p.reason): len(p.text.split()) for p in pieces if not p.kind})
    left_out: dict[int, tuple[str, int]] = {}
    for (line, reason), words in sorted(gone.items()):
        reasons, before = left_out.get(line, ("", 0))
        left_out[line] = (f"{reasons}; {reason}" if reasons else reason, before + words)
    return paragraphs, [(line, *what) for line, what in left_out.items()]


def split_pieces(text: str, *, alone: Sequence[_Rule] = ()) -> list[Piece]:
    """Split a file into its paragraphs, joining lines that were broken inside a sentence.

    Two lines of a block continue one another when the first does not end a sentence and either
    the second begins in lower case or the first is as long as a hard-wrapped line. A line that one
    of the rules `alone` matches continues nothing and is not continued.
    """
    pieces: list[Piece] = []
    lines: list[list[str]] = []
    block, open_block = 0, False
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.strip()
        if line == _GONE:
            continue
        if not line:
            block, open_block = block + open_block, False
            continue
        joins = open_block and _continues(pieces[-1].text, lines[-1][-1], line)
        if joins and not any(rule.matches(pieces[-1].text) or rule.matches(line) for rule in alone):
            lines[-1].append(line)
            if len(pieces[-1].text) < _START:
                pieces[-1].text += " " + line
        else:
            pieces.append(Piece(number, block, line))
            lines.append([line])
        open_block = True
    for piece, joined in zip(pieces, lines, strict=True):
        piece.text, piece.joined = " ".join(joined), len(joined) > 1
    return pieces


def _continues(start: str, before: str, line: str) -> bool:
    """Whether a line goes on with a paragraph, by its start and its last line so far."""
    if before.endswith("-") and before[-2:-1].isalpha():
        return True
    if _ENDED.match(before) or _BULLET.match(start) or _BULLET.match(line):
        return False
    return line[0].islower() or (len(start) >= _WRAPPED)


@lru_cache(maxsize=2)
def _rules_for(layout: str) -> tuple[list[_Rule], list[_Rule]]:
    """Give the rules for whole lines and those for marks inside lines."""
    table = tomllib.loads(RULES.read_text(encoding="utf-8"))
    rules = [_Rule(**{**r, "pattern": re.compile(r["pattern"], re.IGNORECASE)}) for r in table["rule"]]
    fit = [rule for rule in rules if rule.layout in ("", layout)]
    return [rule for rule in fit if rule.put is None], [rule for rule in fit if rule.put is not None]


def _take_out_marks(line: str, number: int, marks: Sequence[_Rule], gone: Counter[tuple[int, str]]) -> str:
    """Take marks out of a line; count the words that go, by line and reason.

    A line of which nothing is left goes with its break, so that a sentence runs on over it.
    """
    before = line
    for rule in marks:
        for sign in rule.holds:  # of every line: any() would take twice as long
            if sign in line:
                break
        else:
            continue
        if rule.anywhere or rule.matches(line):
            changed = rule.pattern.sub(rule.put or "", line)
            if changed != line:
                gone[number, rule.reason] += len(line.split()) - len(changed.split())
                line = changed
    return line if line == before or line.strip() else _GONE


def _apply_rules(pieces: Sequence[Piece], rules: Sequence[_Rule]) -> None:
    rest_of, rule = -1, None
    for piece in pieces:
        if piece.block != rest_of:
            rule = next((rule for rule in rules if rule.matches(piece.text)), None)
        if rule:
            piece.reason = rule.reason
            rest_of = piece.block if rule.rest else -1


def _find_title(pieces: Sequence[Piece], title: str, authors: str) -> None:
    """Mark the title, what stands before it, and lines that hold only an author or a date."""
    names = [_plain(name) for name in authors.split(";") if name.strip()]
    texts = [_plain(piece.text) for piece in pieces]
    at = texts.index(_plain(title)) if title and _plain(title) in texts else None
    if at is not None:
        for piece in pieces[:at]:
            piece.reason = piece.reason or (
                "author or date" if _DATE_LINE.match(piece.text) else "before the title"
            )
        pieces[at].reason = "title"
    for i, piece in enumerate(pieces):
        by = texts[i].removeprefix("by ")
        if not piece.reason and (by in names or _DATE_LINE.match(piece.text)):
            piece.reason = "author or date"
            # What stands between title and author is the page's standfirst.
            if by in names and at is not None:
                between = [p for p in pieces[at + 1 : i] if not p.reason]
                after = [p for p in pieces[i + 1 :] if not p.reason and not is_heading(p.text)]
                if len(after) > len(between):
                    for p in between:
                        p.kind = "standfirst"
                at = None


def _find_repeats(pieces: Sequence[Piece]) -> None:
    """Mark a summary at the head that the body repeats, then any second copy of a paragraph."""
    prose = [p for p in pieces if not p.reason and not is_heading(p.text)]
    texts = [_plain(p.text) for p in prose]
    for i, piece in enumerate(prose):
        if texts[i] not in texts[i + 1 :]:
            break
        piece.reason = "page summary, repeated in the body"
    seen: set[str] = set()
    for piece, text in zip(prose, texts, strict=True):
        if not piece.reason and text in seen:
            piece.reason = "second copy of a paragraph"
        if not piece.reason:
            seen.add(text)


def _find_kinds(pieces: Sequence[Piece], standfirst: int) -> None:
    """Tell body, quotation and heading apart; headings stand between the body's paragraphs only."""
    prose = [p for p in pieces if not p.reason and not p.kind and not is_heading(p.text)]
    for piece in prose:
        piece.kind = "body"
    for piece in prose[:standfirst]:
        piece.kind = "standfirst"
    for before, piece in pairwise(prose):
        if piece.kind == "body" and before.text.endswith(":") and _QUOTATION_CREDIT.search(piece.text):
            piece.kind = "quotation"
    body = [i for i, p in enumerate(pieces) if p.kind in ("body", "quotation")]
    for i, piece in enumerate(pieces):
        if piece.reason or piece.kind:
            continue
        if body and body[0] < i < body[-1]:
            piece.kind = "heading"
        else:
            piece.reason = "after the body" if body and i > body[-1] else "before the body"


def is_heading(text: str) -> bool:
    """Whether a line reads like a heading: short, and no sentence."""
    if _QUOTATION_CREDIT.search(text):
        return False
    words = len(text.split())
    if text.endswith("?"):
        return words <= _HEADING_WORDS // 2 and text.count("?") == 1 and "." not in text
    return words <= _HEADING_WORDS and not _ENDED.match(text)


def _plain(text: str) -> str:
    """Fold case, quotation marks and white space, to compare a line with the sources table."""
    for curly, straight in _STRAIGHT.items():  # faster than `translate`
        text = text.replace(curly, straight)
    return " ".join(text.lower().split())
