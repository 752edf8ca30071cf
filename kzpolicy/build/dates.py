"""Dates as people, databases and programs write them, as a first and a last day."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Sequence
from datetime import date
from pathlib import PurePath

from kzpolicy.tables import StudyError

MADE = "when the PDF was made"  # the weakest of all bases: a file may be made long after publication
_LONGEST = 100  # characters of a date with all that may stand around it
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            *("january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul"),
            *("august aug", "september sept sep", "october oct", "november nov", "december dec"),
        ),
        start=1,
    )
    for name in names.split()
}
_SEASONS = ("spring", "summer", "autumn", "fall", "winter")
_MONTH = rf"(?:{'|'.join(_MONTHS)})\b\.?"
_WEEKDAY = re.compile(
    r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tues?|wed|thu(?:rs?)?|fri|sat|sun)\b\.?", re.I
)
_ZONE = (
    rf"(?:\s?(?:Z\b|[+-]\d\d:?(?:\d\d)?(?![\d-])|(?!{_MONTH})[A-Z]{{2,5}}\b(?:[+-]\d+)?))?(?:\s?\([^)]*\))?"
)
_CLOCK = (
    r"\d{1,2}[:h]\d\d(?::\d\d(?:[.,]\d+)?)?(?:\s?[ap]\.?m\b\.?)?"
    r"|\d{1,2}(?:\.\d\d)?\s?[ap]\.?m\b\.?|\d{1,2}\.\d\d(?=\s[A-Z]{3}\b)|(?<=\d{4}\s)\d\d\.\d\d\b"
)
_TIME = re.compile(
    rf"(?:(?<=\d)T|\b(?:at\s)?|(?<=\s))(?:{_CLOCK}){_ZONE}|(?<=\d{{8}})T\d{{4,6}}Z?|\bo'clock\b", re.I
)
_NUMBERS = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|(?<=[./])\d\d)")
_YEAR_FIRST = re.compile(r"(\d{4})(?:([-/.])(\d{1,2})(?:\2(\d{1,2}))?)?(?:/.*)?")
# Two dates that share a year or a month: 6-8 May 2019; May 6-8 2019; 30 May - 2 June 2019, May-June 2019.
_TO = r"\s?(?:-|/|to)\s?"
_MONTH_AND_DAY = rf"({_MONTH}(?: \d\d?)?|\d\d? {_MONTH})"
_SHARED = (
    (re.compile(rf"(?<!\d)(\d\d?){_TO}(\d\d?) ({_MONTH}) (\d{{4}})", re.I), r"\1 \3 \4 to \2 \3 \4"),
    (re.compile(rf"({_MONTH}) (\d\d?){_TO}(\d\d?) (\d{{4}})", re.I), r"\1 \2 \4 to \1 \3 \4"),
    (re.compile(rf"{_MONTH_AND_DAY}{_TO}{_MONTH_AND_DAY} (\d{{4}})", re.I), r"\1 \3 to \2 \3"),
)
_SAID = re.compile(r"\A(?:(?:first|last) )?(?:published|posted|updated|dated?)(?: on| at)?:?\s+", re.I)
_IN_NAME = re.compile(
    r"(?<!\d)(?P<y>(?:19|20)\d\d)(?P<s>[-. ]?)(?P<m>[01]\d)(?P=s)(?P<d>[0-3]\d)(?=\D|\d{6}(?!\d)|\Z)"
    r"|(?<!\d)(?:19|20)\d\d([-. ])\d\d?\5\d\d?(?!\d)"
    rf"|(?<!\d)(?:\d\d?[-.]\d\d?[-.](?:19|20)\d\d|[0-3]\d[0-3]\d(?:19|20)\d\d)(?!\d)"
    rf"|(?<!\d)\d\d?[ -]{_MONTH}[ -](?:19|20)\d\d(?!\d)"
    rf"|\b{_MONTH}[ -]\d\d?[ ,-]{{1,2}}(?:19|20)\d\d(?!\d)"
    r"| - (?:19|20)\d\d - ",  # Author - 2019 - Title, as reference managers name files
    re.I,
)


def read_date(text: str, basis: str = "", order: str = "") -> dict[str, str]:
    """Give the first and the last day that a date may mean.

    Parameters
    ----------
    text
        The date in figures or English words, to the day, month, season (read as its year) or year;
        or two of them, the first and the last. Weekdays and times are passed over.
    basis
        Where the date stands, for ``date_basis``.
    order
        Which comes first where all is in figures and the year last: ``day``, ``month``; empty if
        nothing tells. A date with full stops is then read day first.

    Returns
    -------
    dict
        ``published_from``, ``published_to`` (YYYY-MM-DD) and ``date_basis``, which says how precise
        the date is; empty if it is no date.

    Raises
    ------
    StudyError
        If the date can be read in two ways.

    Examples
    --------
    >>> read_date("May 2019", "as given")
    {'published_from': '2019-05-01', 'published_to': '2019-05-31', 'date_basis': 'as given, to the month'}
    >>> read_date("05/06/2019")
    Traceback (most recent call last):
    ...
    kzpolicy.tables.StudyError: 05/06/2019 may be 2019-06-05 or 2019-05-06; write it as one of them
    """
    plain = _plain(text)
    if not plain:
        return {}
    for pattern, whole in _SHARED:
        plain = pattern.sub(whole, plain)
    for middle in re.finditer(r" ?(?:/|-+| to | until ) ?", plain):
        ends = plain[: middle.start()], plain[middle.end() :]
        if all(re.search(r"\d{4}", end) for end in ends):
            first, last = (_one_date(end, basis, order) for end in ends)
            if first and last and first["published_from"] <= last["published_to"]:
                return last | {"published_from": first["published_from"]}
    return _one_date(plain, basis, order)


def column_dates(values: Sequence[str], basis: str = "") -> list[dict[str, str] | StudyError]:
    """Read a column of dates; where all is in figures, the whole column shows which is the day.

    Returns
    -------
    list
        For each value what `read_date` gives, or its error.

    Examples
    --------
    >>> [date["published_from"] for date in column_dates(["05/06/2019", "13/06/2019"])]
    ['2019-06-05', '2019-06-13']
    """
    found = [_NUMBERS.fullmatch(_plain(value)) for value in values]
    days = [(int(numbers[1]) > 12, int(numbers[3]) > 12) for numbers in found if numbers]
    day_first, month_first = any(first for first, _ in days), any(second for _, second in days)
    order = "" if day_first == month_first else "day" if day_first else "month"
    dates: list[dict[str, str] | StudyError] = []
    for value in values:
        try:
            dates.append(read_date(value, basis, order))
        except StudyError as error:
            dates.append(error)
    return dates


def date_line(text: str) -> dict[str, str]:
    r"""Give the date that stands alone in a line near a text's head, to the day or the month.

    Returns
    -------
    dict
        As from `read_date`; ``date`` and ``date_basis`` where it can be read in two ways.

    Examples
    --------
    >>> date_line("A Road Opens\n\nPublished on 6 May 2019\n\nIt snows.")["published_from"]
    '2019-05-06'
    """
    for line in map(str.strip, text[:3000].split("\n")[:20]):
        if re.search(r"\d{4}", line) and not line.isdecimal():
            facts = _date_or_words(line, "a line of the text")
            if facts and "to the year" not in facts["date_basis"]:
                return facts
    return {}


def date_in_name(file: str) -> dict[str, str]:
    """Give the day in a file's name, or the year between author and title.

    Returns
    -------
    dict
        As from `read_date`; ``date`` and ``date_basis`` where it can be read in two ways.

    Examples
    --------
    >>> date_in_name("press/20190506_road.txt")["published_from"]
    '2019-05-06'
    """
    found = _IN_NAME.search(PurePath(file).stem.replace("_", " "))
    if not found:
        return {}
    day = "-".join(found.group("y", "m", "d")) if found["y"] else found[0]
    if day.isdecimal():  # its year last
        day = f"{day[:2]}/{day[2:4]}/{day[4:]}"
    return _date_or_words(day, "in the file's name")


def _date_or_words(text: str, basis: str) -> dict[str, str]:
    try:
        return read_date(text, basis)
    except StudyError:
        return {"date": text, "date_basis": basis}


def _plain(text: str) -> str:
    """Take from a date what says nothing of the day, and write all dashes and spaces alike."""
    text = re.sub(r"[–—‒−]", "-", " ".join(str(text).split()))
    if len(text) > _LONGEST:
        return ""
    text = _TIME.sub(" ", _WEEKDAY.sub(" ", _SAID.sub("", text)))
    text = re.sub(r"(?<=\d)(?:st|nd|rd|th)\b|\b(?:of|on|the)\b|[][(),;|]|[~?]\Z", " ", text, flags=re.I)
    return " ".join(text.split()).strip(" -/.").removesuffix(".0")


def _one_date(text: str, basis: str, order: str) -> dict[str, str]:
    text = text.strip(" -/.")
    if found := _YEAR_FIRST.fullmatch(text):
        year, month, day = (int(part or 0) for part in found.group(1, 3, 4))
        return _days(year, 0 if 21 <= month <= 24 else month, day, basis)  # seasons, as BibLaTeX writes them
    if found := re.fullmatch(r"((?:1[89]|20)\d\d)(\d\d)(\d\d)(?:\d{6})?", text):
        year, month, day = map(int, found.group(1, 2, 3))
        return _days(year, month, day, basis)
    if found := re.fullmatch(r"(\d{1,2})[-/.](\d{4})", text):
        return _days(int(found[2]), int(found[1]), 0, basis)
    if found := _NUMBERS.fullmatch(text):
        return _numbers(text, found, basis, order)
    return _words(text, basis)


def _numbers(text: str, found: re.Match[str], basis: str, order: str) -> dict[str, str]:
    one, two, year = int(found[1]), int(found[3]), _year(found[4])
    order = order or ("day" if found[2] == "." or one > 12 else "month" if two > 12 else "")
    if order == "month":
        return _days(year, one, two, basis)
    day_first = _days(year, two, one, basis)
    if order == "day" or one == two:
        return day_first
    month_first = _days(year, one, two, basis)
    if not day_first or not month_first:
        return day_first or month_first
    days = f"{day_first['published_from']} or {month_first['published_from']}"
    raise StudyError(f"{text} may be {days}; write it as one of them")


def _words(text: str, basis: str) -> dict[str, str]:
    """Read a date whose month or season is a word: with its year, and with its day or without."""
    if re.search(r"[^\w\s./-]|_", text):
        return {}
    parts = re.findall(r"\d+|[^\W\d]+", text.lower())
    words = [part for part in parts if not part.isdecimal()]
    if len(words) != 1 or words[0] not in (*_MONTHS, *_SEASONS):
        return {}
    years = [part for part in parts if re.fullmatch(r"\d{4}", part)]
    days = [part for part in parts if re.fullmatch(r"\d\d?", part)]
    if not years and len(days) == 2 and parts[1] == words[0]:  # 6-May-19, as spreadsheets write it
        years = [str(_year(days.pop()))]
    if len(years) != 1 or len(days) > 1 or len(years + days) != len(parts) - 1:
        return {}
    month = _MONTHS.get(words[0], 0)
    if days and not month:
        return {}
    return _days(int(years[0]), month, int(days[0]) if days else 0, basis)


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else int(text) + (2000 if int(text) < 70 else 1900)


def _days(year: int, month: int, day: int, basis: str) -> dict[str, str]:
    """Give the days of a day, a month or a year (those not known are 0)."""
    try:
        first = date(year, month or 1, day or 1)
        last = date(year, month or 12, day or monthrange(year, month or 12)[1])
    except ValueError:
        return {}
    precision = "" if day else ", to the month" if month else ", to the year"
    return {
        "published_from": first.isoformat(),
        "published_to": last.isoformat(),
        "date_basis": basis + precision,
    }
