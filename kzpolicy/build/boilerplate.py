"""A page of text in, clean paragraphs out: the only code that knows boilerplate."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from kzpolicy import lists
from kzpolicy.tables import read_toml

Paragraphs = list[tuple[int, str, str]]
LeftOut = list[tuple[int, str, int]]

# Sentence end at a line's end, then any closing quotation marks, brackets or spaces, or marks of notes.
# The marks of East Asia too: a text in another language is noted, not taken for headings.
_ENDED = re.compile(r"[.!?…:;。！？：；](?:[\s)\]”’\"'»」』）]|\[\d{1,3}\])*\Z")  # noqa: RUF001
_NUMBERS = r"\d{1,3}(?:[,;–-]\ ?\d{1,3})*"
_NOTED = re.compile(
    r"[.!?…][”\"’)]?(?:[⁰¹²³⁴-⁹⁻⁽⁾,ᵃ-ᶿ†‡*]|\[[^\[\]]{1,30}\]|,\s(?=\[)"
    rf"|\((?:[Nn]otes?\s)?(?:{_NUMBERS}|[a-z])\)"
    # numbers stuck to the end of a word (not of "Vol."), percentage, quotation or bracket
    r"|(?:(?<=[a-z]{3}\.)|(?<=[a-z]{2}[!?])|(?<=[A-Z]{2}\.)|(?<=%\.)|(?<=[.!?][\"”’)])|(?<=[\"”’)][.!?]))"
    rf"{_NUMBERS})+\Z"
)
_DATE_LINE = re.compile(r"(?:\w+day,?\s+)?\d{1,2}\s+\w+\s+\d{4}$|\w+\s+\d{1,2},\s+\d{4}$|\d{4}-\d\d-\d\d$")
_BULLET = re.compile(r"[•·▪◦‣■●►⁃\uf0b7*-]\s|\d{1,2}[.)]\s")
_CREDIT = re.compile(r"\(([^()]{1,300})\)\Z")
_CREDITED = re.compile(r"[A-Z].*,\s.*\d{4}\Z")
# A line in which a sentence ended within, or that ends in a comma or in one of these words, goes on.
_GOES_ON = re.compile(
    r"[a-z]{3}[.!?][”\"’)]?\s+[A-Z].*\Z|,\Z|\b(?:a|an|the|of|to|in|on|at|by|for|with|from|into|over|under|between|"
    r"against|about|near|through|across|without|within|during|and|or|but|nor|so|if|when|while|because|since|that|"
    r"which|who|whose|where|how|why|as|than|is|are|was|were|be|been|has|have|had|will|would|said|not|its|his|her|"
    r"their|our|he|she|it|they|we|this|these|those)\Z"
)
# A hard-wrapped line is longer than this; a heading, a name or a salutation is shorter.
_WRAPPED = 60
# As long a line of a narrow column may be.
_NARROW = 25
_HEADING_WORDS = 20
# More than any rule `alone` may match.
_LONGEST_ALONE = 300
_STRAIGHT = str.maketrans("’‘“”", "''\"\"")


@dataclass
class Piece:
    """A paragraph as it stands in the file: its first line's number, its text, and its fate."""

    line: int
    block: int
    text: str
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


_RULES = [
    _Rule(**{**rule, "pattern": re.compile(rule["pattern"], re.IGNORECASE)})
    for rule in read_toml(lists.path("boilerplate.toml"))["rule"]
]


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
    lines = [_take_out(line, i, marks, gone) for i, line in enumerate(text.split("\n"), start=1)]
    pieces = _split(lines, rules, layout)
    for piece in pieces:  # once more: a mark may stand over the break of two lines
        piece.text = (_take_out(piece.text, piece.line, marks, gone) or "").strip()
    _apply_rules(pieces, rules)
    if layout == "speech":
        for piece in pieces:
            piece.kind = "" if piece.reason else "body"
    else:
        _find_title(pieces, title, authors)
        _find_repeats(pieces)
        _find_kinds(pieces, standfirst)
    gone.update({(p.line, p.reason): len(p.text.split()) for p in pieces if not p.kind})
    return _number(pieces), _by_line(gone)


def is_heading(text: str) -> bool:
    """Whether a line reads like a heading: short, and no sentence."""
    if _is_credited(text):
        return False
    words, end = len(text.split()), text[-200:]
    if text.endswith("?"):
        return words <= _HEADING_WORDS // 2 and text.count("?") == 1 and "." not in text
    return words <= _HEADING_WORDS and not (_ENDED.search(end) or _NOTED.search(end))


def _split(lines: Sequence[str | None], rules: Sequence[_Rule], layout: str) -> list[Piece]:
    """Split lines into paragraphs, joining those that were broken inside a sentence.

    Two lines of a block continue one another when the first does not end a sentence and it or the
    second shows that it goes on. A line of a rule `alone` continues nothing and is not continued.
    """
    pieces: list[Piece] = []
    joined: list[list[str]] = []
    block, open_block = 0, False
    alone = [rule for rule in rules if rule.alone]
    for number, raw in enumerate(lines, start=1):
        if raw is None:
            continue
        line = raw.strip()
        if not line:
            block, open_block = block + open_block, False
            continue
        if open_block and _continues(joined[-1], line, layout) and not _stands_alone(joined[-1], line, alone):
            joined[-1].append(line)
        else:
            pieces.append(Piece(number, block, ""))
            joined.append([line])
        open_block = True
    for piece, parts in zip(pieces, joined, strict=True):
        piece.text = " ".join(parts)
    return pieces


def _continues(parts: Sequence[str], line: str, layout: str) -> bool:
    """Whether a line goes on with a paragraph of these lines."""
    before = parts[-1]
    if before.endswith("-") and before[-2:-1].isalpha():
        return True
    if _ENDED.search(before[-200:]) or _BULLET.match(line):
        return False
    if line[0].islower() or len(" ".join(parts[:_WRAPPED])) >= _WRAPPED:
        return layout == "page" or not _BULLET.match(parts[0])
    # Narrow columns, on pages only: in speeches, lists of short lines were never joined.
    return layout == "page" and len(before) >= _NARROW and bool(_GOES_ON.search(before))


def _stands_alone(parts: Sequence[str], line: str, rules: Sequence[_Rule]) -> bool:
    """Whether the paragraph so far, or the line, is one that a rule keeps apart."""
    start = " ".join(parts[:_LONGEST_ALONE])[:_LONGEST_ALONE]
    return any(rule.fits(start) or rule.fits(line) for rule in rules)


def _take_out(
    line: str | None, number: int, marks: Sequence[_Rule], gone: Counter[tuple[int, str]]
) -> str | None:
    """Take marks out of a line; count the words that go, by line and reason.

    A line of which nothing is left is None: its break goes with it, so that a sentence runs on over it.
    """
    before = line = line or ""
    for rule in marks:
        if rule.fits(line):
            changed = rule.pattern.sub(rule.put or "", line)
            if changed != line:
                gone[number, rule.reason] += len(line.split()) - len(changed.split())
            line = changed
    return line if line == before or line.strip() else None


def _apply_rules(pieces: Sequence[Piece], rules: Sequence[_Rule]) -> None:
    rest_of, rule = -1, None
    for piece in pieces:
        if piece.block != rest_of:
            rule = next((rule for rule in rules if rule.fits(piece.text)), None)
        if rule:
            piece.reason = rule.reason
            rest_of = piece.block if rule.rest else -1


def _find_title(pieces: Sequence[Piece], title: str, authors: str) -> None:
    """Mark the title, what stands before it, and lines that hold only an author or a date."""
    names = [_plain(name) for name in authors.split(";") if name.strip()]
    texts = [_plain(piece.text) for piece in pieces]
    at = texts.index(_plain(title)) if title and _plain(title) in texts else None
    if at is not None and _prose_words(pieces[:at]) > _prose_words(pieces[at:]) / 4:
        at = None  # a subheading or a line at the foot that reads like the title
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


def _prose_words(pieces: Sequence[Piece]) -> int:
    return sum(len(p.text.split()) for p in pieces if not p.reason and not is_heading(p.text))


def _find_repeats(pieces: Sequence[Piece]) -> None:
    """Mark a summary at the head that the body repeats, then any second copy of a paragraph."""
    prose = [p for p in pieces if not p.reason and not is_heading(p.text)]
    texts = [_plain(p.text) for p in prose]
    last = {text: i for i, text in enumerate(texts)}
    for i, piece in enumerate(prose):
        if last[texts[i]] == i:
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
        if piece.kind == "body" and before.text.endswith(":") and _is_credited(piece.text):
            piece.kind = "quotation"
    body = [i for i, p in enumerate(pieces) if p.kind in ("body", "quotation")]
    for i, piece in enumerate(pieces):
        if piece.reason or piece.kind:
            continue
        if body and body[0] < i < body[-1]:
            piece.kind = "heading"
        else:
            piece.reason = "after the body" if body and i > body[-1] else "before the body"


def _number(pieces: Sequence[Piece]) -> Paragraphs:
    """Number the paragraphs that are kept."""
    number = 0
    paragraphs: Paragraphs = []
    for piece in pieces:
        if not piece.kind:
            continue
        if piece.kind in ("body", "quotation"):
            number += 1
        paragraph = {"standfirst": 0, "heading": number + 1}.get(piece.kind, number)
        if paragraphs and paragraphs[-1][:2] == (paragraph, piece.kind):
            # One row a number and kind: a standfirst of several paragraphs, a heading of two lines.
            paragraphs[-1] = (paragraph, piece.kind, f"{paragraphs[-1][2]} {piece.text}")
        else:
            paragraphs.append((paragraph, piece.kind, piece.text))
    return paragraphs


def _by_line(gone: Counter[tuple[int, str]]) -> LeftOut:
    """Put what went into one row a line."""
    left_out: dict[int, tuple[str, int]] = {}
    for (line, reason), words in sorted(gone.items()):
        reasons, before = left_out.get(line, ("", 0))
        left_out[line] = (f"{reasons}; {reason}" if reasons else reason, before + words)
    return [(line, *what) for line, what in left_out.items()]


def _is_credited(text: str) -> bool:
    """Whether a text ends in a quotation's credit: "(Sample, Plain Review, 2018)"."""
    credit = _CREDIT.search(text[-302:])
    return bool(credit and _CREDITED.search(credit[1]))


def _plain(text: str) -> str:
    """Fold case, quotation marks and white space, to compare a line with the sources table."""
    return " ".join(text.translate(_STRAIGHT).lower().split())
