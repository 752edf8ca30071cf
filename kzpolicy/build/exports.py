"""A database's export with many articles in it: Nexis, Factiva and ProQuest, split into its articles."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kzpolicy.build.references import facts_of
from kzpolicy.tables import StudyError

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?"
    r"|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
_DAY = re.compile(
    rf"\d{{1,2}} {_MONTH},? \d{{4}}|{_MONTH} \d{{1,2}},? \d{{4}}|{_MONTH},? \d{{4}}|\d{{4}}-\d\d-\d\d"
    r"|\d{1,2}[./]\d{1,2}[./]\d{4}",
    re.IGNORECASE,
)
_WEEKDAY = r"(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day,? )?"
# Where an article begins or ends: a line between them in Nexis and ProQuest; a field of Factiva's; the last
# line of one in Nexis and in Factiva; ProQuest's rule.
_BEGINS = re.compile(
    r"^[ \t]*(?:(?:Document|Article|Record|Story) \d+ of \d+|\d+ of \d+ (?:DOCUMENT|ARTICLE)S?)[ \t]*$",
    re.M | re.I,
)
_CODED = re.compile(r"^[ \t|]*HD(?=[ \t|]|$)", re.M)
_ENDS = re.compile(r"^[ \t]*End of Document[ \t]*$", re.M | re.I)
_NUMBERED = re.compile(r"^[ \t]*Document (?=[A-Za-z]*\d{8})\w{18,50}[ \t]*$", re.M)
_RULED = re.compile(r"^[ \t]*_{20,}[ \t]*$", re.M)
# What stands once in every article; twice where there are several.
_ONCE = (
    re.compile(r"^[ \t]*LOAD-DATE:", re.M | re.I),
    re.compile(r"^[ \t]*LENGTH:[ \t]*[\d,]+ words", re.M | re.I),
    re.compile(r"^[ \t]*Full text:", re.M | re.I),
    re.compile(r"^[ \t]*Publication date:", re.M | re.I),
    re.compile(r"^[ \t]*[\d,]{2,7} words[ \t]*$", re.M),
    _NUMBERED,
)
# The names of fields: those that state a fact, others above the text, and those below it.
_FACTS = {
    name: fact
    for fact, names in {
        "title": "headline|title",
        "authors": "byline|author|authors",
        "outlet": "publication title|publication|source",
        "info": "publication info",
        "date": "publication date|date",
        "length": "length|word count",
        "language": "language|language of publication",
        "url": "document url",
        "highlight": "highlight",
    }.items()
    for name in names.split("|")
}
_HEAD = frozenset("section|dateline|series|abstract|links|distribution|edition".split("|"))
_TAIL = frozenset(
    (
        "load date|graphic|document type|publication type|subject|classification|copyright|location|people"
        "|company|organization|company / organization|industry|geographic|journal code|notes|credit|publisher"
        "|issn|place of publication|country of publication|publication subject|publication year|category"
        "|pages|first page|source type|proquest document id|database|last updated|acc no|person|state|city"
        "|country|ticker|correction date|identifier / keyword|language|language of publication|document url"
        "|word count|publication title|publication date"
    ).split("|")
)
_LABEL = re.compile(r"\s*([A-Za-z][A-Za-z]+(?:[ /-]+[A-Za-z]+){0,3})\s*:\s*(.*)")
_BODY = re.compile(r"\s*(?:body|full text)\s*:?\s*(?P<rest>.*)", re.I)
_RIGHTS = re.compile(r"\s*(?:copyright\b|©|\(c\) ?(?:copyright )?\d{4}|all rights reserved)", re.I)
_CODES = re.compile(
    r"[ \t|]*(HD|SE|BY|CR|WC|PD|ET|SN|SC|ED|PG|VOL|LA|CY|LP|TD|CT|RF|ART|CO|IN|NS|RE|IPC|IPD|PUB|AN)"
    r"(?:[ \t|]+(.*))?"
)
_LAST_CODES = ("CT", "RF", "ART", "CO", "IN", "NS", "RE", "IPC", "IPD", "PUB", "AN")

Article = tuple[str, dict[str, str]]  # text, facts


def split_export(text: str) -> list[Article] | None:
    r"""Split a database's export into its articles.

    Parameters
    ----------
    text
        The text of a file.

    Returns
    -------
    list of (text, facts)
        One an article: its own text without what the database put before and behind it, and its
        title, outlet, date and authors under the names of the table ``documents``; ``notes`` has the
        number of words that the database counted. The text is empty if there is none. None if the
        file is no export.

    Raises
    ------
    StudyError
        If the file looks like several articles and does not show where one ends.

    Examples
    --------
    >>> lines = "Document 1 of 1", "Gazette", "May 6, 2019", "A Road", "LENGTH: 2 words", "It snows."
    >>> [(body, facts)] = split_export("\n\n".join(lines))
    >>> body, facts["title"], facts["outlet"], facts["published_from"]
    ('It snows.', 'A Road', 'Gazette', '2019-05-06')
    """
    if not any(once.search(text) for once in (_BEGINS, _CODED, _ENDS, _RULED, *_ONCE)):
        return None
    if _CODED.search(text) and re.search(r"^[ \t|]*(?:LP|TD)(?=[ \t|]|$)", text, re.M):
        return [_coded(piece) for piece in _pieces(text, _CODED)]
    if len(_NUMBERED.findall(text)) and re.search(r"^[ \t]*[\d,]+ words[ \t]*$", text, re.M):
        return [_plain(piece) for piece in _pieces(text, _NUMBERED, ends=True)]
    for mark in (_BEGINS, _ENDS, _RULED):
        if not mark.search(text) or (
            mark is _RULED and not re.search(r"^[ \t]*Full text:", text, re.M | re.I)
        ):
            continue
        articles = [_labelled(piece) for piece in _pieces(text, mark, ends=mark is _ENDS)]
        if mark is _RULED:
            articles = [article for article in articles if article[0]]
        if len(articles) > 1 or (articles and articles[0][0] and "notes" in articles[0][1]):
            return articles
    several = max(len(once.findall(text)) for once in _ONCE)
    if several > 1:
        raise StudyError(
            f"looks like {several} articles of a database, and does not show where one ends; export each to "
            "a file of its own, or with a line Document 1 of 2 before each"
        )
    return None


def _pieces(text: str, mark: re.Pattern[str], *, ends: bool = False) -> list[str]:
    """Cut a text at a mark; what stands before the first, or after the last, is a cover or a summary."""
    places = [found.start() for found in mark.finditer(text)]
    if ends:
        last = text[places[-1] :].partition("\n")[2]
        pieces = [text[one:two] for one, two in zip([0, *places], places, strict=False)]
        return [*pieces, last] if any(once.search(last) for once in _ONCE) else pieces
    return [text[one:two] for one, two in zip(places, [*places[1:], len(text)], strict=True)]


def _facts(found: dict[str, str]) -> dict[str, str]:
    """Put what an export says under the names of the table documents."""
    found = {name: " ".join(value.split()) for name, value in found.items() if value.strip()}
    authors = re.sub(r"\A(?:by|from)\s+", "", found.get("authors", ""), flags=re.I)
    found["authors"] = re.sub(r"\s+and\s+", "; ", authors)
    found["outlet"] = found.get("outlet", "").split(" ;")[0].split(";")[0]
    words = re.search(r"[\d,]+", found.get("length", ""))
    facts = facts_of({n: v for n, v in found.items() if n != "length"}, "the database's export")
    return facts | ({"notes": f"{words[0]} words by the database's count"} if words else {})


def _day(line: str) -> str:
    found = re.match(rf"{_WEEKDAY}({_DAY.pattern})", line.strip(), re.I)
    return found[1] if found and len(line) < 80 else ""


def _labelled(piece: str) -> Article:
    """Read an article whose fields have names: LENGTH: 212 words."""
    lines = [line.strip() for line in piece.split("\n")]
    lines = [line for line in lines if not any(m.fullmatch(line) for m in (_BEGINS, _ENDS, _RULED))]
    marked = any(_BODY.fullmatch(line) and (":" in line or len(line) < 10) for line in lines)
    found: dict[str, str] = {}
    head: list[list[str]] = [[]]  # lines by the paragraph they stand in
    body: list[str] = []
    place, open_field = "head", ""
    for line in lines:
        label = _LABEL.fullmatch(line)
        name = re.sub(r"[ -]+", " ", label[1].lower()) if label else ""
        field = _FACTS.get(name, "")
        start = _BODY.fullmatch(line) if place == "head" else None
        if start and (":" in line or not start["rest"]):
            place, body = "body", [start["rest"]]
        elif place == "head" and label and (field or name in _HEAD):
            found.setdefault(field or name, label[2])
            open_field = field or name
        elif label and (name in _TAIL or (place == "tail" and field)):
            place, open_field = ("tail" if body else place), ""
            found.setdefault(field or name, label[2])
        elif _RIGHTS.match(line) or re.fullmatch(r"(?i)classification|notes|graphic", line):
            place, open_field = ("tail" if body else place), ""
        elif place == "head" and open_field and line:
            found[open_field] += f" {line}"
        elif place == "head" and line and not marked and (found or _is_prose(line)):
            place, body = "body", [line]
        elif place == "head" and line:
            head[-1].append(line)
        elif place == "body":
            body.append(line)
        if not line:
            open_field = ""
            head.append([])
    return _with_head(found, [part for part in head if part], "\n".join(body))


def _is_prose(line: str) -> bool:
    return len(line.split()) > 12 and line[-1] in '.!?”"'


def _with_head(found: dict[str, str], head: list[list[str]], text: str) -> Article:
    """Tell title, outlet and date above the fields; in new exports the title stands first."""
    lines = [(line, number) for number, part in enumerate(head) for line in part]
    place = next((place for place, (line, _) in enumerate(lines) if _day(line)), len(lines))
    above = lines[:place]
    below = [line for line in lines[place + 1 :] if not re.search(r"(?i)\bedition\b", line[0])]
    if info := found.pop("info", ""):  # Invented Gazette ; Astana [Astana] 06 May 2019: A.4.
        found.setdefault("outlet", re.split(r"[,;\[:]|\.(?= \d)", info)[0])
        found.setdefault("date", day[0] if (day := _DAY.search(info)) else "")
    if place < len(lines):
        found["date"] = _day(lines[place][0])
        if above:
            found.setdefault("outlet", above.pop()[0])
    first, _, rest = text.strip().partition("\n")
    if above or below:
        number = above[-1][1] if above else below[0][1]
        found.setdefault("title", " ".join(line for line, part in above or below if part == number))
    elif "title" not in found and rest and not _is_prose(first):
        found["title"], text = first, rest
    paragraphs = found.pop("highlight", ""), text.strip()
    return "\n\n".join(filter(None, paragraphs)), _facts(found)


def _coded(piece: str) -> Article:
    """Read an article of Factiva whose fields have codes: HD, BY, WC, PD, SN, LP, TD."""
    fields: dict[str, list[str]] = {}
    code = ""
    for line in piece.split("\n"):
        found = _CODES.fullmatch(line.rstrip(" \t|"))
        # A paragraph may begin with a word in capitals: IN ASTANA the road is open.
        if found and code in ("LP", "TD") and found[1] in ("CO", "IN", "RE", "ART") and found[2]:
            found = found if re.search(r"[:|]", found[2]) else None
        if found and not (code in _LAST_CODES and found[1] not in _LAST_CODES):
            code = found[1]
            fields.setdefault(code, []).append(found[2] or "")
        elif code:
            fields[code].append(line.strip(" \t|"))
    names = {"HD": "title", "BY": "authors", "WC": "length", "PD": "date", "SN": "outlet", "LA": "language"}
    found_facts = {field: " ".join(fields[code]) for code, field in names.items() if code in fields}
    body = ("\n".join(fields.get(code, [])).strip() for code in ("LP", "TD"))
    return "\n\n".join(filter(None, body)), _facts(found_facts)


def _plain(piece: str) -> Article:
    """Read an article of Factiva without codes: title, by, words, date, outlet, code, language, ©, text."""
    piece = _NUMBERED.sub("", piece)
    lines = [line.strip() for line in piece.split("\n")]
    at = next((i for i, line in enumerate(lines) if re.fullmatch(r"[\d,]+ words", line)), None)
    if at is None:
        return "", {}
    above = [line for line in lines[:at] if line and not _RIGHTS.match(line)]
    found = {"length": lines[at], "authors": next((x for x in above if re.match(r"By\s", x)), "")}
    titles = [line for line in above if line != found["authors"]]
    if len(titles) > 1 and len(titles[0].split()) <= 3:  # the newspaper's section
        titles = titles[1:]
    found["title"] = " ".join(titles)
    start = _end_of_head(lines, at)
    for line in lines[at + 1 : start]:
        if _day(line):
            found.setdefault("date", _day(line))
        elif line and "date" in found and not re.match(r"\d\d?:\d\d|\d+\Z", line):
            found.setdefault("outlet", line)
    return "\n".join(lines[start:]).strip(), _facts(found)


def _end_of_head(lines: Sequence[str], at: int) -> int:
    """Give the line after the copyright, or else after the language or the outlet's code."""
    near = range(at + 1, min(at + 20, len(lines)))
    for pattern in (_RIGHTS.pattern, r"(?i)English\Z", r"[A-Z0-9]{3,10}\Z"):
        for i in near:
            if re.match(pattern, lines[i], re.I if pattern == _RIGHTS.pattern else 0):
                return i + 1
    return at + 1
