"""The tables of a study: their columns, their types, and checks that name the row."""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pandas as pd

from kzpolicy import lists

_KEY = re.compile(r"[A-Za-z0-9_.-]+")
_DTYPES = {"string": "str", "integer": "int64", "number": "float64", "date": "datetime64[s]"}


class StudyError(ValueError):
    """What a user can mend: one line that names the file, row or argument, the cause and the mend."""


def unknown_name(what: str, name: object, known: Iterable[object]) -> StudyError:
    """Make the error for a name that is not known, with the nearest and the known ones.

    Examples
    --------
    >>> str(unknown_name("power", "rusia", ["russia", "china"]))
    "no power 'rusia'; near is russia; known are russia, china"
    """
    names = [str(one) for one in known]
    folded = {one.lower(): one for one in reversed(names)}
    near = get_close_matches(str(name)[:100].lower(), folded, n=1)
    like = f"; near is {folded[near[0]]}" if near else ""
    listed = ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
    return StudyError(f"no {what} {str(name)[:100]!r}{like}; known are {listed or 'none'}")


def as_list(value: object) -> list[Any]:
    """Take one item for a list of one, and None for an empty list.

    Examples
    --------
    >>> as_list("china"), as_list(("china", "russia")), as_list(None)
    (['china'], ['china', 'russia'], [])
    """
    if value is None:
        return []
    return [value] if isinstance(value, str) or not isinstance(value, Iterable) else list(value)


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises
    ------
    StudyError
        If it is missing, cannot be read, is not UTF-8 or not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise StudyError(f"{path}: no such file; check the path") from None
    except OSError as error:
        raise StudyError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    except (ValueError, RecursionError) as error:  # not TOML, not UTF-8, absurdly nested or long
        cause = (str(error).splitlines() or ["nested too deeply"])[0][:200]
        raise StudyError(f"{path}: not a TOML file in UTF-8 ({cause}); correct it") from None


@dataclass(frozen=True)
class Column:
    """One column: its type (string, integer, number, date), what it holds, and which values may stand."""

    name: str
    type: str
    about: str
    required: bool
    allowed: tuple[Any, ...]
    least: float | None
    most: float | None


@dataclass(frozen=True)
class Table:
    """One table: its columns, its key, and the columns that point to another table's key."""

    name: str
    about: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    refers: tuple[tuple[str, str], ...]
    curated: bool  # written by people; a build keeps it and checks it
    parsed: bool  # what a build makes of each document, and so has in parts when it is large

    @property
    def names(self) -> list[str]:
        """The columns' names, in order."""
        return [column.name for column in self.columns]

    def empty(self) -> pd.DataFrame:
        """Return the table without rows."""
        return pd.DataFrame({c.name: pd.Series(dtype=_DTYPES[c.type]) for c in self.columns})


def _column(row: Mapping[str, str]) -> Column:
    allowed = tuple(int(x) if row["type"] == "integer" else x for x in row["allowed"].split(";") if x)
    least, most = (float(row[name]) if row[name] else None for name in ("least", "most"))
    return Column(row["column"], row["type"], row["about"], not row["optional"], allowed, least, most)


def _declared() -> Iterator[Table]:
    """Read the tables as ``lists/tables.toml`` and ``lists/columns.csv`` declare them."""
    declared = list(csv.DictReader(lists.path("columns.csv").read_text("utf-8").splitlines()))
    for name, facts in read_toml(lists.path("tables.toml")).items():
        rows = [row for row in declared if row["table"] == name]
        key = tuple(row["column"] for row in rows if row["key"])
        refers = tuple((row["column"], row["refers"]) for row in rows if row["refers"])
        yield Table(name=name, columns=tuple(map(_column, rows)), key=key, refers=refers, **facts)


TABLES = {table.name: table for table in _declared()}
CURATED = tuple(name for name, table in TABLES.items() if table.curated)
PARSED = tuple(name for name, table in TABLES.items() if table.parsed)


def check_table(frame: pd.DataFrame, name: str, where: str = "") -> pd.DataFrame:
    """Check a frame against its table and give its columns their types.

    Parameters
    ----------
    frame
        Columns as in the table, as text or typed.
    name
        Name of the table.
    where
        How to name the frame in an error, usually its file.

    Returns
    -------
    DataFrame
        The same rows, the table's columns in order and typed.

    Raises
    ------
    StudyError
        At the first wrong column, missing value, wrong type, value not allowed or out of range, or
        repeated key, naming the row as a spreadsheet counts it (the heading is row 1).

    Examples
    --------
    >>> check_table(pd.DataFrame({"file": ["a.pdf"], "reason": ["no date"]}), "skipped").shape
    (1, 2)
    """
    table, where = TABLES[name], where or name
    missing = [c for c in table.names if c not in frame.columns]
    unknown = [str(c) for c in frame.columns if c not in table.names]
    if missing or unknown:
        what = f"lacks column {missing[0]!r}" if missing else f"has an unknown column {unknown[0]!r}"
        raise StudyError(f"{where}: {what}; the columns are {', '.join(table.names)}")
    typed = pd.DataFrame({c.name: _typed(frame[c.name], c, where) for c in table.columns})
    faults = {"stands twice; keep one row": typed.duplicated(list(table.key))}
    if name == "documents":
        faults["holds other than letters, digits, _ . -; rename it"] = ~typed["document"].str.fullmatch(_KEY)
        backward = typed["published_from"] > typed["published_to"]
        faults["is published_from after published_to; correct the dates"] = backward
    for fault, bad in faults.items():
        if bad.any():
            row = int(bad.to_numpy().argmax())
            key = ", ".join(str(typed[c].iloc[row])[:100] for c in table.key)
            raise StudyError(f"{where}: row {row + 2}: key {key} {fault}")
    return typed.reset_index(drop=True)


def _typed(values: pd.Series[Any], column: Column, where: str) -> pd.Series[Any]:
    empty = values.isna()
    if values.dtype.kind not in "iufM":
        empty |= values.astype("str") == ""
    faults = {"is empty": empty & column.required}
    if column.type == "string":
        typed = values.where(~empty, None) if empty.any() else values
    elif column.type == "date":
        typed = pd.to_datetime(values, format="%Y-%m-%d", errors="coerce")
        faults["is not a date (YYYY-MM-DD)"] = typed.isna() & ~empty
    else:
        typed = pd.to_numeric(values, errors="coerce")
        faults["is not a number"] = typed.isna() & ~empty
        if column.type == "integer":
            number = typed.astype("float64")
            faults["is not a whole number"] = (number % 1 != 0) | (number.abs() >= 2**53)
        if column.least is not None:
            faults[f"is under {column.least:g}"] = typed < column.least
        if column.most is not None:
            faults[f"is over {column.most:g}"] = typed > column.most
    if column.allowed:
        faults[f"is none of {', '.join(map(str, column.allowed))}"] = ~typed.isin(column.allowed)
    for fault, bad in faults.items():
        if bad.any():
            row = int(bad.to_numpy().argmax())
            cause = f"{column.name} {fault} ({str(values.iloc[row])[:100]!r})"
            raise StudyError(f"{where}: row {row + 2}: {cause}; correct it")
    return typed.astype(_DTYPES[column.type])


def check_references(tables: Mapping[str, pd.DataFrame], where: str = "") -> None:
    """Check that every key a table refers to exists.

    Raises
    ------
    StudyError
        Naming the table, the row, and the key that is not there.
    """
    for name, frame in tables.items():
        for column, other in TABLES[name].refers:
            absent = set(frame[column].unique()) - set(tables[other][TABLES[other].key[0]])
            if absent:
                row = int(frame[column].isin(absent).to_numpy().argmax())
                what = f"{column} {str(frame[column].iloc[row])[:100]} is not in {other}"
                raise StudyError(f"{where}{name}.csv: row {row + 2}: {what}; correct it")


def document_of(frame: pd.DataFrame) -> pd.Series[Any]:
    """Give the document of each row of a table that has documents or sentences.

    Examples
    --------
    >>> document_of(pd.DataFrame({"sentence": ["clark2015:1:2"]})).tolist()
    ['clark2015']
    """
    return frame["document"] if "document" in frame else frame["sentence"].str.split(":").str[0]
