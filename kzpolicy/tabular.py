"""Tables that hold a document in each row: CSV, Excel, JSON lines and Parquet, read row by row."""

from __future__ import annotations

import csv
import io
import json
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, AnyStr

from kzpolicy.errors import StudyError
from kzpolicy.formats import LARGEST, decode, open_archive

TABULAR = (".csv", ".tsv", ".xlsx", ".jsonl", ".ndjson", ".parquet")
_HEAD = 1_000_000
_LARGEST_BOOK = 100_000_000
_LONGEST = LARGEST + 1_000_000  # a line, and a cell over several lines

Row = dict[str, Any]


def read_rows(path: Path) -> Iterator[tuple[int, Row | StudyError]]:
    """Yield a table's rows with their numbers, as a spreadsheet counts them (the heading is row 1).

    A row that cannot be read is yielded as the error that says why.

    Parameters
    ----------
    path
        A .csv or .tsv (separated by comma, semicolon or tab), .xlsx (its first sheet), .jsonl or
        .parquet file. A line of .jsonl is numbered as it stands in the file.

    Raises
    ------
    StudyError
        If the file cannot be read at all, or not to its end.
    """
    reader = {
        **{".csv": _read_csv, ".tsv": _read_csv, ".xlsx": _read_xlsx, ".parquet": _read_parquet},
        **{".jsonl": _read_jsonl, ".ndjson": _read_jsonl},
    }[path.suffix.lower()]
    try:
        yield from reader(path)
    except StudyError as error:
        raise StudyError(f"{path}: {error}") from None
    except Exception as error:  # whatever a parser thinks of a broken file
        cause = " ".join(str(error).split())[:100]
        raise StudyError(
            f"{path}: the table cannot be read to its end ({type(error).__name__}: {cause}); save it again"
        ) from None


class _Places(threading.local):
    """Where each thread stands in the table it reads, so that the rows in turn are read once."""

    def __init__(self) -> None:
        self.path: tuple[Any, ...] = ()
        self.number = 0
        self.rows: Iterator[tuple[int, Row | StudyError]] = iter(())


_places = _Places()


def read_row(path: Path, number: int) -> Row:
    """Read one row; fast where rows are asked for in order."""
    try:
        state = path.stat()
    except OSError as error:
        raise StudyError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    this = (path, state.st_mtime_ns, state.st_size)
    if _places.path != this or _places.number >= number:
        _places.path, _places.rows = this, read_rows(path)
    for reached, row in _places.rows:
        _places.number = reached
        if reached == number:
            if isinstance(row, StudyError):
                raise row
            return row
    _places.path = ()
    raise StudyError(f"{path}: has no row {number}; read the folder again")


def _read_csv(path: Path) -> Iterator[tuple[int, Row | StudyError]]:
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head.strip():
        raise StudyError("the file is empty; put the table in it or take it away")
    # A character may be cut in two at the end of what was read.
    _, encoding = decode(head if len(head) < _HEAD else head[: head.rfind(b"\n") + 1] or head[:-3])
    csv.field_size_limit(_LONGEST)
    with path.open(encoding=encoding, newline="") as text:
        first = text.readline(_HEAD)
        noted = first.startswith("sep=") and len(first.strip()) == 5  # by Excel, which does not show it
        separator = max(",;\t|", key=(text.readline(_HEAD) if noted else first).count)
        text.seek(0)
        rows = csv.reader(lines(text), delimiter=separator)
        names = _named(next(rows) and next(rows) if noted else next(rows))
        for number, cells in enumerate(rows, start=2):
            if not any(cells):
                continue
            if len(cells) > len(names) and any(cells[len(names) :]):
                yield number, StudyError("has more cells than the first line has columns; correct it")
            elif any(len(cell) > LARGEST for cell in cells):
                yield (
                    number,
                    StudyError(f"a cell of more than {LARGEST // 10**6} million characters; split it"),
                )
            else:
                yield number, dict(zip(names, cells, strict=False))


def _named(heading: Iterable[str]) -> list[str]:
    """Give the columns' names; the second of a name is not the first's, whose cells it would hide."""
    names: list[str] = []
    for name in map(str.strip, heading):
        names.append(f"{name} ({names.count(name) + 1})" if name and name in names else name)
    return names


def other_sheets(path: Path) -> list[str]:
    """Give the names of a workbook's sheets after the first, which alone is read."""
    import openpyxl

    if path.suffix.lower() != ".xlsx":
        return []
    book = openpyxl.load_workbook(path, read_only=True)
    try:
        names: list[str] = book.sheetnames
    finally:
        book.close()
    return names[1:]


def lines(file: IO[AnyStr]) -> Iterator[AnyStr]:
    """Yield a file's lines; an error at one that would fill the memory."""
    while line := file.readline(_LONGEST):
        if len(line) == _LONGEST:
            raise StudyError(f"a line of more than {LARGEST // 10**6} MB; split it")
        yield line


def _read_xlsx(path: Path) -> Iterator[tuple[int, Row | StudyError]]:
    import openpyxl

    if path.stat().st_size > _LARGEST_BOOK:
        raise StudyError(f"larger than {_LARGEST_BOOK // 10**6} MB; save it as CSV")
    raw = path.read_bytes()
    open_archive(raw).close()
    book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
    rows = book.worksheets[0].iter_rows(values_only=True)
    names = _named("" if name is None else str(name) for name in next(rows, ()))
    for number, cells in enumerate(rows, start=2):
        if any(cell is not None for cell in cells):
            yield number, dict(zip(names, cells, strict=False))


def _read_jsonl(path: Path) -> Iterator[tuple[int, Row | StudyError]]:
    with path.open("rb") as file:
        number = 0
        for line in lines(file):
            number += 1
            if not line.strip():
                continue
            try:
                row = json.loads(line.decode("utf-8-sig"))
            except (ValueError, RecursionError) as error:
                yield number, StudyError(f"not a line of JSON ({str(error)[:100]}); correct it")
                continue
            yield number, row if isinstance(row, dict) else StudyError("not a JSON object; correct it")


def _read_parquet(path: Path) -> Iterator[tuple[int, Row | StudyError]]:
    import pyarrow.parquet

    schema, size = pyarrow.parquet.read_schema(path), path.stat().st_size
    # A text that repeats is held once; it is one text for each row only when that row is made.
    texts = [field.name for field in schema if pyarrow.types.is_string(field.type)]
    with pyarrow.parquet.ParquetFile(path, read_dictionary=texts) as table:
        groups = range(table.metadata.num_row_groups)
        unpacked = sum(table.metadata.row_group(group).total_byte_size for group in groups)
        if unpacked > max(LARGEST, 200 * size):
            raise StudyError("a table that grows too much when it is unpacked; it is not opened")
        at_once = max(1, min(200, LARGEST * table.metadata.num_rows // max(1, unpacked)))
        batches = table.iter_batches(batch_size=at_once)
        slices = (batch.slice(place, 1) for batch in batches for place in range(batch.num_rows))
        yield from ((number, one.to_pylist()[0]) for number, one in enumerate(slices, start=2))
