"""Sentences and words of running text, by rule.

A candidate for a sentence end is a run of full stops, question marks, exclamation marks or
ellipses with the closing quotation marks and brackets behind it; the neighbours decide.

Conventions:

* No sentence starts with a lower-case letter, so "Why? he asked." is one sentence.
* Quotation marks and brackets are not paired: a sentence inside them ends at its own mark, and
  what is left of the host sentence stays with the last one inside. "He said 'It is over. We
  go.' and left." gives "He said 'It is over." and "We go.' and left."
* A list mark ("1.", "2.3.", "A.", "IV.") at the start of a sentence or after a colon or semicolon
  belongs to its item.
* Line breaks are spaces: a heading without a full stop belongs to the sentence after it.
"""

import re
from unicodedata import normalize

from kzpolicy import lists
from kzpolicy.tables import read_toml

# “ closes in German quotations; superscripts are note numbers.
_CLOSE = r"\"'”’“»›)\]}⁰ⁱ¹²³⁴-⁹ⁿ⁻⁽⁾ᵃ-ᶿ"
_NUMBERS = r"\d{1,3}+(?:[,;–-]\ ?\d{1,3}+)*+"  # of notes: 3 or 1,2 or 3-5
_CANDIDATE = re.compile(
    # Possessive, and nothing after the first character can fail: linear whatever the text.
    r"(?P<mark>[.!?…](?:"
    rf"[.!?…{_CLOSE}]"
    r"|\[\d{1,3}\]|\[[^\[\]]{1,30}+\](?=\s|\Z)"  # notes in brackets: [3], [3, 4], [note 3]
    r"|(?<=\])[,;–-]\s?(?=\[\d)"
    rf"|\((?:[Nn]otes?\s)?(?:{_NUMBERS}|[a-z])\)(?=\s)"
    r"|[†‡*]++(?=\s)"
    r"|(?<=[⁰¹²³⁴-⁹])[,;–˒](?=[⁰¹²³⁴-⁹])"
    # note numbers stuck to the end of a word (not of "vol."), percentage, quotation or bracket
    r"|(?:(?<=[a-z]{3}\.)|(?<=[a-z]{2}[!?])|(?<=[A-Z]{2}[.!?])|(?<=%\.)"
    rf"|(?<=[a-z][.!?][\"”’)])|(?<=[a-z][\"”’)][.!?])){_NUMBERS}"
    r"(?=\s++[A-Z“\"‘])"
    rf"|\s++(?=[.…]|[{_CLOSE}](?:\s|\Z))"  # ". . ." and a stray " ." or " ”"
    r"|\s*+\[(?:\.\.\.|…)\]"  # omission after the end
    r")*+)"
    # Punctuation, bullets and pictures that may stand before the first letter of the next sentence.
    r"(?P<space>\s*+)(?P<lead>[\s\"'“”„‘’«»‹›(\[{¿¡–—•·*$€£§¶#‣⁃←-⯿\ue000-\uf8ff"
    r"\ufe0f\u200d\U0001f000-\U0001faff-]*+)"
    r"(?P<next>\w{0,15}+)"
)
_HAS_WORD = re.compile(r"[^\W_]")
_INITIALS = re.compile(r"(?:[^\W\d_]\.-?)+[^\W\d_]|[^\W\d_a-zа-яё]")  # "J.-P", "u.s", "J"
_LIST_MARK = re.compile(r"\(?(?:\d{1,3}(?:\.\d{1,3})*|[A-Z]|[IVX]{1,5})")
_OPENERS = "\"'“„‘’«([{¿¡–—-,"
_CLOSERS = "\"'”’»›)]}"
_WORDS = {name: frozenset(words) for name, words in read_toml(lists.path("sentences.toml")).items()}
_ABBREVIATIONS: dict[str, str] = {
    word: kind["ends"]
    for kind in read_toml(lists.path("abbreviations.toml")).values()
    for word in kind["words"]
}


def _glued(before: str, after: str) -> bool:
    """Whether a mark without a space behind it stands between two sentences."""
    if any(sign in before for sign in "/@") or before.startswith("www"):
        return False
    capital = after[1:2].islower() or after in ("A", "I")
    ready = before[-1:] in _CLOSERS or all(c.islower() or c.isdigit() for c in before[-2:])
    return capital and ready and len(before) > 1 and after.lower() not in _WORDS["domains"]


def _ends(text: str, start: int, match: re.Match[str]) -> bool:
    """Whether the candidate ends the sentence that begins at `start`."""
    mark, space, _, after = match.groups()
    # Before a lower-case letter, other punctuation or the end of the text there is no split.
    if not after[:1].isalnum() or after[0].islower():
        return False
    at = match.start()
    # A few words back are enough; an address before a mark without a space may be long.
    tokens = text[max(start, at - (40 if space else 200)) : at].rsplit(None, 2)
    before = tokens[-1] if tokens else ""
    if not space and (mark[:2] == ".." or mark[0] == "…" or not _glued(before, after)):
        return False
    starter = after in _WORDS["starters"]
    if mark[:3] == "..." and mark[3:4] != "." or mark[0] == "…":
        if before in ('"', "'", "“", "‘", "«", "„"):
            return False  # it opens a quotation
        # With a space or bracket before it, an ellipsis stands for words left out.
        return starter or not (text[at - 1 : at].isspace() or before[-1:] in ("(", "["))
    if mark[0] != ".":
        return not (before[-1:] == "(" and mark[-1] == ")")  # "(?)" is a remark, not an end
    if before[-1:] in _CLOSERS:
        return True  # 'the end". Then': the full stop outside is no part of an abbreviation
    opening = text.startswith(before, start) if len(tokens) < 2 else tokens[-2][-1] in ":;"
    if (
        opening
        and _LIST_MARK.fullmatch(before)
        or after in _WORDS["months"]
        and re.fullmatch(r"\d\d?", before)
    ):
        return False  # "1. First", "5. October"
    ends = _abbreviation(before.lstrip(_OPENERS))
    if ends == "number":
        return not (after[0].isdigit() or mark[-1].isdigit())
    if ends == "starter":
        # A bracket closed behind an abbreviation, "(U.S.) Embassy", leaves the sentence open.
        return mark.count(".") > 1 or (starter and mark[1:2] not in (")", "]"))
    return ends != "never"


def _abbreviation(word: str) -> str:
    """When a sentence ends at this word, by the list; empty if it is no abbreviation."""
    # A single capital is an initial, not "p.".
    known = _ABBREVIATIONS.get(word) or (_ABBREVIATIONS.get(word.lower()) if len(word) > 1 else None)
    if known or _INITIALS.fullmatch(word):
        return known or "starter"
    last = re.split(r"[-‐‑/]|\.-?(?!.?\Z)", word)[-1]  # "Lt.-Gen", "non-U.S", "Lt.Gen"
    return _abbreviation(last) if 1 < len(last) < len(word) and last[0].isupper() else ""


def has_end(text: str) -> bool:
    """Whether a text ends as a sentence does: with a mark of its end and any quotation or note behind it."""
    tail = text[-100:] + " A"  # as if another sentence followed
    return any(match.end("mark") == len(tail) - 2 for match in _CANDIDATE.finditer(tail))


def split_sentences(paragraph: str) -> list[tuple[int, int]]:
    """Find the sentences of a paragraph.

    Parameters
    ----------
    paragraph : str
        Running text. Line breaks inside it count as spaces.

    Returns
    -------
    list of tuple of int
        Start and end of each sentence, as character offsets without surrounding white space, in
        order and without overlap. Every character other than white space is inside a sentence.
        A piece without letter or digit belongs to the sentence before it (at the start of the
        paragraph, to the one after it).

    Notes
    -----
    The conventions are in the module's description. Splitting by a pattern and a list of
    abbreviations follows Grefenstette and Tapanainen (1994, "What is a word, what is a
    sentence?"); the rules and lists are our own. The time is linear in the length.

    Examples
    --------
    >>> text = "Mr. Omarov came at 5 p.m. on Monday. Who else did?"
    >>> [text[start:end] for start, end in split_sentences(text)]
    ['Mr. Omarov came at 5 p.m. on Monday.', 'Who else did?']
    """
    spans: list[tuple[int, int]] = []
    end = len(paragraph.rstrip())
    start = len(paragraph) - len(paragraph.lstrip())
    for match in _CANDIDATE.finditer(paragraph, start):
        if _ends(paragraph, start, match):
            # Only the first piece can lack words; the others begin before a letter or digit.
            if spans or _HAS_WORD.search(paragraph, start, match.start()):
                spans.append((start, match.end("mark")))
                start = match.start("lead")
    if start < end:
        spans.append((start, end))
    return spans


_UNIT = r"(?:(?:[^\W\d_]\.)+[^\W\d_](?![^\W_])\.?|[^\W_]+)"
_WORD = re.compile(rf"{_UNIT}(?:(?:['-]|(?<=\d)[.,](?=\d)){_UNIT})*")
_ASCII_WORD = re.compile(_WORD.pattern, re.ASCII)  # the same words, faster


def find_words(text: str) -> list[str]:
    """List the words of a text for counting.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    list of str
        Lower-case words in order: runs of letters and digits, with hyphens and apostrophes inside
        them. Curly apostrophes and typographic hyphens are made plain. A final "'s" or "'" is
        removed, in contractions too ("it's" gives "it"). Single letters joined by full stops are
        one word that ends in a full stop ("u.s.", "i.e."). A number is one word with its commas
        and decimal points. Addresses of web pages fall into their parts.

    Examples
    --------
    >>> find_words("Kazakhstan’s multi-vector policy cost the U.S. 6,467 dollars.")
    ['kazakhstan', 'multi-vector', 'policy', 'cost', 'the', 'u.s.', '6,467', 'dollars']
    """
    # Composed letters, because a detached accent is no letter to the pattern.
    text = normalize("NFC", text).replace("’", "'").replace("‐", "-").replace("‑", "-").lower()
    found = (_ASCII_WORD if text.isascii() else _WORD).findall(text)
    words: list[str] = [word.removesuffix("'s") for word in found]
    # "U.S" before an apostrophe or comma is the same word as "U.S."
    return [f"{word}." if word[-2:-1] == "." and word[-1].isalpha() else word for word in words]
