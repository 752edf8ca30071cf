"""A large table in parts: cutting the documents, keeping finished parts, putting tables together."""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import uuid4

import pandas as pd

from kzpolicy.errors import StudyError
from kzpolicy.gathering import Facts, Rows, source_file
from kzpolicy.schema import TABLES, Column, pack_columns, text_column
from kzpolicy.storing import Stored, cannot_write, write_files

# A part ends before it has more bytes of source files, or more documents, than this.
PART_BYTES, PART_DOCUMENTS = 4 << 20, 500
_LIST = "part.json"
_COUNTS_WITH = (
    *("lxml", "markdown-it-py", "nltk", "openpyxl", "pandas"),
    *("pyarrow", "pypdf", "trafilatura", "vaderSentiment"),
)
Stores = dict[str, Stored]


def cut_rows(folder: Path, rows: Rows) -> Iterator[tuple[list[Facts], int, str]]:
    """Cut documents into parts, by a rule that knows nothing of workers.

    Returns
    -------
    iterator
        The rows of each part, the bytes of their files, and a digest of rows, sizes and times of change.
    """
    # How many documents a table has; any other file is one.
    documents = Counter(file for row in rows if (file := source_file(row["file"])) != row["file"])
    part: list[Facts] = []
    size, digest = 0.0, sha256()
    for row in rows:
        file = source_file(row["file"])
        try:
            status = os.stat(folder / file)
            held, changed = status.st_size / (documents[file] or 1), status.st_mtime_ns
        except (OSError, ValueError):  # reading it will say what is wrong
            held, changed = 0, 0
        if part and (size + held > PART_BYTES or len(part) == PART_DOCUMENTS):
            yield part, int(size), digest.hexdigest()
            part, size, digest = [], 0.0, sha256()
        part.append(row)
        size += held
        digest.update(json.dumps([row, held, changed], default=str).encode())
    yield part, int(size), digest.hexdigest()


@lru_cache(maxsize=1)
def program() -> str:
    """Give a digest of this program and what it counts with; parts of another are not used."""
    digest = sha256(sys.version.encode())
    for package in _COUNTS_WITH:
        digest.update(version(package).encode())
    for path in sorted(Path(__file__).parent.iterdir()):
        if path.suffix in (".py", ".toml", ".csv"):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def write_part(working: Path, name: str, frames: Mapping[str, pd.DataFrame]) -> None:
    """Write a part's tables to the working folder, whole or not at all."""
    files = {f"{table}.parquet": _to_parquet(frame, table) for table, frame in frames.items()}
    listed = [
        (table, len(content), sha256(content).hexdigest(), len(frame))
        for (table, frame), content in zip(frames.items(), files.values(), strict=True)
    ]
    files[_LIST] = json.dumps(listed).encode()
    unfinished = working / f"{name}.{uuid4().hex}"
    try:
        write_files(unfinished, files)
        os.replace(unfinished, working / name)
    except OSError as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        if not finished_part(working, name):  # or another worker was first with the same
            raise cannot_write(working.parent, error) from None


def finished_part(working: Path, name: str) -> Stores:
    """Give the tables of a finished part; none where it is not finished."""
    try:
        listed = json.loads((working / name / _LIST).read_bytes())
    except FileNotFoundError:
        return {}
    return {table: Stored(working / name / f"{table}.parquet", *sizes) for table, *sizes in listed}


def clear_parts(working: Path, keep: Collection[str] = ()) -> None:
    """Remove from the working folder all but these finished parts, and the folder if it is empty."""
    for path in working.iterdir() if working.is_dir() else ():
        if path.name not in keep or not (path / _LIST).is_file():
            # First of all what makes it a finished part, so that a kill leaves no part with holes.
            with suppress(OSError):
                (path / _LIST).unlink()
            shutil.rmtree(path, ignore_errors=True)
    with suppress(OSError):
        working.rmdir()


def _to_parquet(frame: pd.DataFrame, name: str) -> bytes:
    import pyarrow as pa

    types = {"string": pa.string(), "integer": pa.int64(), "number": pa.float64(), "date": pa.date32()}
    columns = {}
    for column in TABLES[name].columns:
        values = pa.array(frame[column.name])
        listed = pa.types.is_dictionary(values.type)
        columns[column.name] = values if listed else values.cast(types[column.type])
    # Without Arrow's schema, or who reads the file would see which texts were categories here.
    return pack_columns(columns, compression_level=1, store_schema=False)


def read_parts(
    files: Iterable[Path | bytes], name: str, keep: Callable[[pd.DataFrame], pd.Series[bool]] | None = None
) -> pd.DataFrame:
    """Put a table together from its parts.

    Parameters
    ----------
    files
        The parts' files, in order, or their content.
    name
        Name of the table.
    keep
        Says of a part's frame which rows are wanted; None for all.

    Returns
    -------
    DataFrame
        Typed as by `kzpolicy.schema.check`; texts that repeat in a large table are categories.
    """
    import pyarrow as pa

    found, kept = {}, []
    if keep is not None:
        for file in files:  # one at a time: the whole table may not fit in memory
            table = _read(file, name)
            kept.append(table.filter(pa.array(keep(table.to_pandas()).to_numpy(dtype=bool))))
    files = list(files) if keep is None else []
    if not (files or kept):
        return TABLES[name].empty()
    for column in TABLES[name].columns:  # one by one, or all would be held twice
        whole = pa.concat_tables(kept or [_read(file, name, [column.name]) for file in files])
        found[column.name] = _column(whole[column.name].unify_dictionaries(), column)
    return pd.DataFrame(found, copy=False)


def _read(file: Path | bytes, name: str, columns: list[str] | None = None) -> Any:
    """Read a part, texts as dictionaries; None reads all columns."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    texts = [column.name for column in TABLES[name].columns if column.type == "string"]
    source = io.BytesIO(file) if isinstance(file, bytes) else file
    try:
        table = pq.ParquetFile(source, read_dictionary=texts).read(columns, use_threads=False)
        table.validate(full=True)  # or a text that is not UTF-8 shows much later
    except (pa.ArrowException, OSError) as error:
        cause = " ".join(str(error).split())
        raise StudyError(f"{name}: a damaged part of the table ({cause}); build the study again") from None
    return table


def _column(values: Any, column: Column) -> Any:
    import pyarrow as pa

    if column.type == "date":
        return values.cast(pa.timestamp("s")).to_pandas()
    if column.type != "string":
        return values.to_numpy()
    array = values.combine_chunks()
    codes = array.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return text_column(codes, array.dictionary)
