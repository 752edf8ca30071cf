"""Dates as people, databases and programs write them, as a first and a last day."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath

import pandas as pd

from kzpolicy.lists import path
from kzpolicy.tables import StudyError, read_toml

MADE = "when the PDF was made"  # the weakest of all bases: a file may be made long after publication
_LONGEST = 100  # characters of a date with all that may stand around it
_LISTS = read_toml(path("dates.toml"))
_MONTH = rf"(?:{'|'.join(_LISTS['months'])})(?![a-z])\.?"
_FORMS = {
    name: re.compile(pattern.replace("MONTH", _MONTH), re.IGNORECASE)
    for name, pattern in _LISTS["patterns"].items()
}


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
    for middle in re.finditer(r" ?(?:/|-| to ) ?", plain):
        start, end = plain[: middle.start()], plain[middle.end() :]
        last, words = _one_date(end, basis, order), end.split()
        # The first of two may lack what the last has: 6-8 May 2019, May-June 2019.
        for whole in (start, *(" ".join([start, *words[at:]]) for at in range(1, len(words)))):
            first = _one_date(whole, basis, order) if last else {}
            if first and first["published_from"] <= last["published_to"]:
                return last | {"published_from": first["published_from"]}
    return _one_date(plain, basis, order)


def column_dates(values: Sequence[str]) -> list[dict[str, str] | StudyError]:
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
    figures = [found for value in values for found in _FORMS["numbers"].finditer(_plain(value))]
    day_first = any(int(found[1]) > 12 for found in figures)
    month_first = any(int(found[3]) > 12 for found in figures)
    order = "" if day_first == month_first else "day" if day_first else "month"
    dates: list[dict[str, str] | StudyError] = []
    for value in values:
        try:
            dates.append(read_date(value, order=order))
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
            basis = "a line of the text"
            try:
                facts = read_date(line, basis)
            except StudyError:
                return {"date": line, "date_basis": basis}
            if facts and "to the year" not in facts["date_basis"]:
                return facts
    return {}


def date_in_name(file: str) -> dict[str, str]:
    """Give the day in a file's name, or the year between author and title, as it is written.

    Returns
    -------
    dict
        ``date`` and ``date_basis``; empty if there is none.

    Examples
    --------
    >>> date_in_name("press/20190506_road.txt")["date"]
    '20190506'
    """
    found = _FORMS["in_name"].search(PurePath(file).stem.replace("_", " "))
    if not found:
        return {}
    day = found[0].replace(" ", "-") if found[1] else found[0]
    return {"date": day, "date_basis": "in the file's name"}


def _plain(text: str) -> str:
    """Take from a date what says nothing of the day, and write all dashes and spaces alike."""
    text = re.sub(r"[–—‒−]", "-", " ".join(str(text).split()))
    if len(text) > _LONGEST:
        return ""
    return (
        " ".join(_FORMS["time"].sub(" ", _FORMS["beside"].sub(" ", text)).split())
        .strip(" -/.")
        .removesuffix(".0")
    )


def _one_date(text: str, basis: str, order: str) -> dict[str, str]:
    text = text.strip(" -/.")
    if found := _FORMS["year_first"].fullmatch(text):
        return _days([int(part or 0) for part in found.group(1, 3, 4)], basis)
    if found := _FORMS["compact"].fullmatch(text):
        return _days([int(part) for part in found.groups()], basis)
    if found := _FORMS["month_first"].fullmatch(text):
        return _days([int(found[2]), int(found[1]), 0], basis)
    if found := _FORMS["numbers"].fullmatch(text):
        return _figures(found, basis, order)
    return _period(text, basis) if _FORMS["month"].search(text) else {}


def _figures(found: re.Match[str], basis: str, order: str) -> dict[str, str]:
    one, two = int(found[1]), int(found[3])
    year = int(found[4]) if len(found[4]) == 4 else pd.to_datetime(found[4], format="%y").year
    day_first, month_first = _days([year, two, one], basis), _days([year, one, two], basis)
    if order or found[2] == ".":
        return month_first if order == "month" else day_first
    if day_first and month_first and day_first != month_first:
        days = f"{day_first['published_from']} or {month_first['published_from']}"
        raise StudyError(f"{found[0]} may be {days}; write it as one of them")
    return day_first or month_first


def _days(parts: Sequence[int], basis: str) -> dict[str, str]:
    """Give the days of a day, a month or a year; what is not known of these is 0."""
    return _period("-".join(f"{part:02}" for part in parts if part), basis)


def _period(text: str, basis: str) -> dict[str, str]:
    try:
        period = pd.Period(text)
        first, last = period.start_time.date(), period.end_time.date()
    except (ValueError, OverflowError):
        return {}
    if str(first.year) not in text and not _FORMS["short"].fullmatch(text):  # it is guessed
        return {}
    precision = {"M": ", to the month", "Y": ", to the year"}.get(period.freqstr[:1], "")
    days = {"published_from": first.isoformat(), "published_to": last.isoformat()}
    return days | {"date_basis": basis + precision}
