"""A table in, its rows out, each with its number as a spreadsheet counts it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any

Rows = Iterator[tuple[int, Mapping[Any, Any] | str]]
_LARGEST = 200_000_000  # characters of a cell; the csv module's own limit is that of a short article


def csv_rows(text: str) -> Rows:
    r"""Read a table of cells parted by commas, semicolons, tabs or bars.

    Parameters
    ----------
    text
        What stands in the file; Excel's line ``sep=;`` above the heading is no row.

    Yields
    ------
    number : int
        The heading is row 1, an empty row counts too.
    row : dict or str
        The cells by the names of their columns, or what is wrong.

    Examples
    --------
    >>> list(csv_rows('title;text\nOne;"It snows; no road\nis open."\n'))
    [(2, {'title': 'One', 'text': 'It snows; no road\nis open.'})]
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    stated = re.fullmatch(r'"?sep=(.)"?', lines[0].strip("\ufeff \n"))
    lines = lines[1:] if stated else lines
    heading = re.sub(r'"[^"]*"', "", next(filter(str.strip, lines), ""))
    return _records(_cells(lines, stated[1] if stated else max(",;\t|", key=heading.count)))


def _cells(lines: list[str], separator: str) -> Iterator[list[str]]:
    """Yield each row's cells; a quotation mark that opens a cell and never closes takes no rows along."""
    csv.field_size_limit(_LARGEST)
    at, columns = 0, 0
    while at < len(lines):
        start = at
        reader = csv.reader(
            (f"{lines[i]}\n" for i in range(start, len(lines))), delimiter=separator, strict=True
        )
        try:
            for cells in reader:
                if start + reader.line_num - at > 1 and columns not in (0, len(cells)):
                    raise csv.Error
                at, columns = start + reader.line_num, columns or len(cells)
                yield cells
        except csv.Error:
            ways = [
                next(csv.reader([lines[at]], delimiter=separator, quoting=quoting))
                for quoting in (csv.QUOTE_NONE, csv.QUOTE_MINIMAL)
            ]
            yield next((cells for cells in ways if len(cells) == columns), ways[0])
            at += 1


def _records(rows: Iterator[list[str]]) -> Rows:
    names: list[str] = []
    for number, cells in enumerate(rows, start=1):
        if not any(map(str.strip, cells)):
            continue
        if not names:
            seen: Counter[str] = Counter()
            for name in map(str.strip, cells):
                seen[name] += 1  # the second column of a name would hide the first's cells
                names.append(f"{name} ({seen[name]})" if name and seen[name] > 1 else name)
        elif any(cells[len(names) :]):
            yield number, "has more cells than the first line has columns; correct its quotation marks"
        else:
            yield number, dict(zip_longest(names, cells[: len(names)], fillvalue=""))


def json_rows(text: str) -> Rows:
    r"""Read JSON lines; a row's number is that of its line.

    Examples
    --------
    >>> list(json_rows('{"text": "It snows."}\n[1]\n'))
    [(1, {'text': 'It snows.'}), (2, 'not a JSON object; correct it')]
    """
    for number, line in enumerate(text.split("\n"), start=1):
        try:
            row = json.loads(line) if line.strip() else None
        except (ValueError, RecursionError) as error:
            yield number, f"not a line of JSON ({str(error)[:100]}); correct it"
            continue
        if line.strip():
            yield number, row if isinstance(row, dict) else "not a JSON object; correct it"


def workbook_rows(raw: bytes) -> tuple[Rows, list[str]]:
    """Read the first sheet of an Excel workbook, and the names of the others."""
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
    sheet = book.worksheets[0]
    sheet.reset_dimensions()  # which some programs state wrongly
    cells = (["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True))
    return _records(cells), book.sheetnames[1:]


def parquet_rows(raw: bytes) -> Rows:
    """Read a Parquet table."""
    import pyarrow.parquet

    return enumerate(pyarrow.parquet.read_table(io.BytesIO(raw)).to_pylist(), start=2)
