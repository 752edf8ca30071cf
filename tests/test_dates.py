"""Dates: what each may mean, and what is no date; all are invented."""

from __future__ import annotations

import re

import pytest

from kzpolicy.build.dates import column_dates, date_in_name, date_line, read_date
from kzpolicy.tables import StudyError


def days(text: str) -> tuple[str, ...]:
    return tuple(read_date(text, "x").values())


# As people, spreadsheets, databases, programs and exports write it.
SIXTH_OF_MAY = """
6.5.2019; 06.05.2019; Monday, 6 May 2019; 6th of May, 2019; May 6th 2019; MAY 6, 2019; 6. May 2019; 2019 May 6
6/May/2019; 06-May-2019; 6-May-19; 06MAY2019; 2019, May 6; 2019-May-06; Mon. 6 May 2019; Mon., May 6, 2019
May 6, 2019 Monday; Monday, May 6, 2019; May 6, 2019 Monday 10:15 PM EST; 6 May 2019 Monday 11:20 AM GMT
May 6, 2019, 10:00 AM; 6 May 2019 at 3:14 p.m.; 10:00, 6 May 2019; 6 May 2019 12.30 BST; 6 May 2019 16.30
5:00 pm on May 6, 2019; May 6, 2019 | 10:00 (GMT+3); Mon May 06 2019 10:00:00 GMT+0300 (Steppe Time)
20190506; 2019.05.06; 2019/5/6; 2019-05-06 00:00:00; 2019-05-06T23:59:00+06:00; 2019-05-06T10:00:00-0600
2019-05-06T10:00:00.123Z; 20190506T101500Z; 20190506101500; 2019-05-06 10:00 UTC+6; 2019-05-06 (Monday)
Mon, 06 May 2019 10:00:00 GMT; Mon, 6 May 2019 10:00:00 +0000; Mon May  6 10:00:00 GMT 2019
2019/05/06/; 2019/05/06/Spring; Published: 6 May 2019; Last updated on May 6, 2019
"""


@pytest.mark.parametrize("text", re.split(r"\s*[;\n]\s*", SIXTH_OF_MAY.strip()))
def test_a_day_is_read_in_whatever_form(text: str) -> None:
    assert days(text) == ("2019-05-06", "2019-05-06", "x")


@pytest.mark.parametrize(
    ("text", "first", "last", "basis"),
    [
        ("2019", "2019-01-01", "2019-12-31", "x, to the year"),
        ("2019.0", "2019-01-01", "2019-12-31", "x, to the year"),
        ("2019-00-00", "2019-01-01", "2019-12-31", "x, to the year"),
        ("Spring 2019", "2019-01-01", "2019-12-31", "x, to the year"),
        ("2020-02", "2020-02-01", "2020-02-29", "x, to the month"),
        ("May 2019", "2019-05-01", "2019-05-31", "x, to the month"),
        ("2019 Sept.", "2019-09-01", "2019-09-30", "x, to the month"),
        ("05/2019", "2019-05-01", "2019-05-31", "x, to the month"),
        ("2019/10//undefined", "2019-10-01", "2019-10-31", "x, to the month"),
        ("May-June 2019", "2019-05-01", "2019-06-30", "x, to the month"),
        ("2019-05/2019-06", "2019-05-01", "2019-06-30", "x, to the month"),
        ("December 2018 – January 2019", "2018-12-01", "2019-01-31", "x, to the month"),
        ("2019-2020", "2019-01-01", "2020-12-31", "x, to the year"),
        ("6-8 May 2019", "2019-05-06", "2019-05-08", "x"),
        ("30 May – 2 June 2019", "2019-05-30", "2019-06-02", "x"),
        ("30 May 2019 to 2 June 2019", "2019-05-30", "2019-06-02", "x"),
        ("2019-05-06/2019-05-08", "2019-05-06", "2019-05-08", "x"),
    ],
)
def test_a_date_is_as_precise_as_it_is_given(text: str, first: str, last: str, basis: str) -> None:
    assert days(text) == (first, last, basis)


@pytest.mark.parametrize(
    "text",
    [
        *("", "soon", "19", "May", "2019-13", "2019-02-30", "31.6.2019", "Smarch 2019", "1111" * 5000),
        *("Decade 2020", "Decision 2020", "Marching 2020", "Mayor 2019", "Juncture 2019", "2020 report"),
        *("Winter 2019-20", "May 6-8, 2019", "2019-22", "6 May 12"),
    ],
)
def test_what_is_no_date_gives_none(text: str) -> None:
    assert read_date(text, "x") == {}


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        ("05/06/2019", "2019-06-05", "2019-05-06"),
        ("5-6-2019", "2019-06-05", "2019-05-06"),
        ("05/06/19", "2019-06-05", "2019-05-06"),
        ("Mon 05/06/2019 14:30", "2019-06-05", "2019-05-06"),
    ],
)
def test_a_date_of_two_readings_is_refused_with_both(text: str, first: str, second: str) -> None:
    with pytest.raises(StudyError, match=rf"may be {first} or {second}; write it as one of them\Z"):
        read_date(text)


def test_figures_that_can_only_be_read_in_one_way_are_read() -> None:
    assert [read_date(text)["published_from"] for text in ("13/05/2019", "05/13/2019", "05/05/2019")] == [
        *("2019-05-13", "2019-05-13", "2019-05-05")
    ]


def test_a_whole_column_shows_which_is_the_day() -> None:
    def first(values: list[str]) -> list[str]:
        dates = column_dates(values)
        return ["two" if isinstance(d, StudyError) else d.get("published_from", "") for d in dates]

    assert first(["05/06/2019", "13/06/2019", "2019", ""]) == ["2019-06-05", "2019-06-13", "2019-01-01", ""]
    assert first(["5/6/2019", "5/13/2019"]) == ["2019-05-06", "2019-05-13"]
    assert first(["5/6/19 10:00", "5/13/19 9:30"]) == ["2019-05-06", "2019-05-13"]
    assert first(["5.6.2019", "5.13.2019"]) == ["2019-05-06", "2019-05-13"]
    assert first(["05/06/2019", "07/08/2019", "May 2019"]) == ["two", "two", "2019-05-01"]
    # A column of both orders says nothing.
    assert first(["13/05/2019", "05/13/2019", "05/06/2019"]) == ["2019-05-13", "2019-05-13", "two"]


@pytest.mark.parametrize(
    ("line", "first"),
    [
        ("Published on 6 May 2019", "2019-05-06"),
        ("Last updated: Monday, May 6, 2019 10:00", "2019-05-06"),
        ("May 2019", "2019-05-01"),
        ("Decade 2020", None),
        ("2019", None),  # a number alone
        ("20190506", None),
        ("2015-2019", None),  # years are too vague
        ("10.11.12", None),  # a section
    ],
)
def test_a_date_on_a_line_of_its_own(line: str, first: str | None) -> None:
    assert date_line(f"Power and Gas\n\n{line}\n\nIt snows on 1 June 2018.").get("published_from") == first


def test_a_line_far_down_is_not_the_texts_date() -> None:
    assert date_line("It snows.\n" * 30 + "6 May 2019") == {}


@pytest.mark.parametrize(
    ("file", "first"),
    [
        *((f"{name}.txt", "2019-05-06") for name in ("2019-05-06-road", "a/2019_05_06", "road 2019.05.06 x")),
        *(
            (f"{name}.txt", "2019-05-06")
            for name in ("20190506_road", "2019-5-6", "IMG_20190506101500", "06.05.2019")
        ),
        *((f"{name}.txt", "2019-05-06") for name in ("6 May 2019 Road", "Road_May_6_2019", "a, May 6, 2019")),
        *(("Example - 2019 - A Road.pdf", "2019-01-01"), ("road 13-05-2019.md", "2019-05-13")),
        *((f"{name}.txt", None) for name in ("KAZ_70_2015", "2019-02-30", "20191306", "123420190506")),
        *((f"{name}.txt", None) for name in ("2019050", "Dismay 6 2019", "2019-05 road", "20190506 1/x")),
    ],
)
def test_a_date_in_a_files_name(file: str, first: str | None) -> None:
    assert read_date(date_in_name(file).get("date", "")).get("published_from") == first


def test_where_nobody_can_tell_the_words_stay() -> None:
    assert date_in_name("road 05-06-2019.txt") == {"date": "05-06-2019", "date_basis": "in the file's name"}
    assert date_line("05/06/2019\n") == {"date": "05/06/2019", "date_basis": "a line of the text"}
