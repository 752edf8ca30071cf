"""The tables of a study: columns, types, units and allowed values; checks frames against them."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kzpolicy.errors import StudyError
from kzpolicy.storing import Stored

# A table of more rows than this is Parquet.
LARGE = 50_000
# A study with more rows than this in one table has its parsed tables in parts.
HUGE = 4_000_000
_MEDIA = {
    "csv": {"mediatype": "text/csv", "encoding": "utf-8"},
    "parquet": {"mediatype": "application/vnd.apache.parquet"},
}
_KEY = re.compile(r"[A-Za-z0-9_.-]+")


@dataclass(frozen=True)
class Column:
    """One column: its type (string, integer, number, date) and what it holds, with its unit."""

    name: str
    type: str
    about: str
    required: bool
    allowed: tuple[Any, ...]

    @classmethod
    def of(cls, row: Mapping[str, str]) -> Column:
        """Make a column of its row in ``columns.csv``."""
        allowed = (int(x) if row["type"] == "integer" else x for x in row["allowed"].split(";") if x)
        return cls(row["column"], row["type"], row["about"], not row["optional"], tuple(allowed))


@dataclass(frozen=True)
class Table:
    """One table: its columns, its key, and the columns that point to another table's key."""

    name: str
    about: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    refers: tuple[tuple[str, str], ...]
    # A curated table is written by people; `kzpolicy build` keeps it and checks it.
    curated: bool

    @property
    def names(self) -> list[str]:
        """The columns' names, in order."""
        return [column.name for column in self.columns]

    def empty(self) -> pd.DataFrame:
        """Return the table without rows."""
        return pd.DataFrame({c.name: pd.Series(dtype=_DTYPES[c.type]) for c in self.columns})


_DTYPES: dict[str, str] = {"string": "str", "integer": "int64", "number": "float64", "date": "datetime64[s]"}
_ABOUT = {
    "documents": "One row a document: bibliographic facts, dates, sizes. Sizes leave headings out.",
    "sentences": "One row a sentence, without its text: where it stands, its size, its plain VADER scores.",
    "mentions": "One row a mention of a power in a sentence.",
    "terms": "Counts of lower-case words, and of the themes' terms of several words, per paragraph; headings "
    "left out.",
    "contexts": "Counts of words in the sentences that mention a power.",
    "left_out": "What stood in a source file and is not the document's own text.",
    "skipped": "Files that could not be used.",
    "codes": "Reference codes: one row a sentence, power and coder. The coders are passes of a large "
    "language model that followed the codebook; no human has coded or checked them.",
    "paraphrases": "What each coded sentence says, in at most 15 words of our own.",
    "events": "Dated events that the documents state.",
    "exceptions": "What had to be declared for one source: a fact its sources row lacks or has otherwise.",
}
_CURATED = ("codes", "paraphrases", "events", "exceptions")


def _declared() -> Iterator[Table]:
    """Read the columns as ``columns.csv`` declares them."""
    with Path(__file__).with_name("columns.csv").open(encoding="utf-8", newline="") as file:
        for name, group in groupby(csv.DictReader(file), key=itemgetter("table")):
            rows = list(group)
            columns = tuple(Column.of(row) for row in rows)
            key = tuple(row["column"] for row in rows if row["key"])
            refers = tuple((row["column"], row["refers"]) for row in rows if row["refers"])
            yield Table(name, _ABOUT[name], columns, key, refers, name in _CURATED)


TABLES = {table.name: table for table in _declared()}
# What a build makes of each document, and so has in parts when it is large.
PARSED = ("documents", "sentences", "mentions", "terms", "contexts", "left_out")


def check(frame: pd.DataFrame, name: str, where: str = "") -> pd.DataFrame:
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
        At the first wrong column, missing value, wrong type, value not allowed, or repeated key,
        naming the row as a spreadsheet counts it (the heading is row 1).
    """
    table, where = TABLES[name], where or name
    missing = [c for c in table.names if c not in frame.columns]
    unknown = [str(c) for c in frame.columns if c not in table.names]
    if missing or unknown:
        what = f"lacks column {missing[0]!r}" if missing else f"has an unknown column {unknown[0]!r}"
        raise StudyError(f"{where}: {what}; the columns are {', '.join(table.names)}")
    typed = pd.DataFrame({c.name: _typed(frame[c.name], c, where) for c in table.columns})
    twice = typed.duplicated(list(table.key))
    if twice.any():
        row = int(twice.to_numpy().argmax())
        key = ", ".join(str(v) for v in typed.loc[typed.index[row], list(table.key)])
        raise StudyError(f"{where}: row {row + 2}: key {key} stands twice; keep one row")
    if name == "documents":
        _check_documents(typed, where)
    return typed.reset_index(drop=True)


def _typed(values: pd.Series[Any], column: Column, where: str) -> pd.Series[Any]:
    if isinstance(values.dtype, pd.CategoricalDtype) and column.type == "string":
        if "" not in values.cat.categories and not (column.required and values.hasnans):
            if not column.allowed or set(values.cat.categories) <= set(column.allowed):
                return values
        values = values.astype("str")
    if values.dtype == np.int64 and column.type == "integer" and not column.allowed:
        return values  # as counted here: not read from a file
    empty = values.isna()
    if values.dtype.kind not in "iuf":  # writing a million numbers as texts takes its time
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
    if column.allowed:
        faults[f"is none of {', '.join(map(str, column.allowed))}"] = ~typed.isin(column.allowed)
    for fault, bad in faults.items():
        if bad.any():
            row = int(bad.to_numpy().argmax())
            cause = f"{column.name} {fault} ({values.iloc[row]!r})"
            raise StudyError(f"{where}: row {row + 2}: {cause}; correct it")
    return typed.astype(_DTYPES[column.type])


def text_column(codes: npt.NDArray[np.integer[Any]], texts: Any) -> Any:
    """Make a column of texts, as categories where they repeat in a large table.

    Parameters
    ----------
    codes
        Each row's place in `texts`; -1 where it is empty.
    texts
        The texts that may occur, each once; a sequence or an Arrow array.
    """
    import pyarrow as pa

    used = np.flatnonzero(np.bincount(codes[codes >= 0], minlength=len(texts)))
    texts = pa.array(texts, pa.string())
    if len(codes) <= LARGE or 2 * len(used) >= len(codes):
        return pd.array(texts.take(pa.array(codes, mask=codes < 0)), dtype="str")
    names: list[str] = texts.take(used).to_pylist()
    order = sorted(range(len(used)), key=names.__getitem__)
    place = np.full(len(texts) + 1, -1, np.int32)  # the last is for -1
    place[used[order]] = np.arange(len(used))
    return pd.Categorical.from_codes(place[codes], [names[i] for i in order], validate=False)


def _check_documents(documents: pd.DataFrame, where: str) -> None:
    keys = documents["document"]
    if (strange := ~keys.str.fullmatch(_KEY)).any():
        row = int(strange.to_numpy().argmax())
        what = "holds other than letters, digits, _ . -"
        raise StudyError(f"{where}: row {row + 2}: key {keys.iloc[row]!r} {what}; rename it")
    if (backward := documents["published_from"] > documents["published_to"]).any():
        row = int(backward.to_numpy().argmax())
        what = f"{keys.iloc[row]} is published_from after published_to"
        raise StudyError(f"{where}: row {row + 2}: {what}; correct the dates")


def check_references(tables: dict[str, pd.DataFrame], where: str = "") -> None:
    """Check that every key a table refers to exists.

    Raises
    ------
    StudyError
        Naming the table, the row, and the key that is not there.
    """
    for name, frame in tables.items():
        for column, other in TABLES[name].refers:
            known = set(tables[other][TABLES[other].key[0]].tolist())
            values = frame[column]
            categorical = isinstance(values.dtype, pd.CategoricalDtype)
            used = set((values.cat.categories if categorical else values).tolist())
            if not used <= known:
                row = int((~values.isin(known)).to_numpy().argmax())
                raise StudyError(
                    f"{where}{name}.csv: row {row + 2}: {column} {frame[column].iloc[row]} is not in "
                    f"{other}; correct it"
                )


def to_file(frame: pd.DataFrame, name: str) -> tuple[str, bytes]:
    """Write a table as bytes that are the same on every machine; give the file's name with them.

    A table of more than `LARGE` rows is Parquet (zstd), a smaller one CSV.
    """
    if len(frame) > LARGE:
        return f"{name}.parquet", to_parquet(frame, name)
    return f"{name}.csv", to_csv(frame, name)


def to_parquet(frame: pd.DataFrame, name: str) -> bytes:
    """Write a table as Parquet: texts as dictionaries, the smallest integers that hold the values."""
    import pyarrow as pa

    columns, listed = {}, []
    for column in TABLES[name].columns:
        values = frame[column.name]
        if column.type == "integer":
            values = pd.to_numeric(values, downcast="integer")
        columns[column.name] = pa.array(values)
        if isinstance(values.dtype, pd.CategoricalDtype) or column.type == "number":
            listed.append(column.name)
    plain = {c: "DELTA_BINARY_PACKED" for c, a in columns.items() if pa.types.is_integer(a.type)}
    return pack_columns(
        columns,
        compression_level=15,
        use_dictionary=listed,
        column_encoding={c: e for c, e in plain.items() if c not in listed},
        row_group_size=1 << 30,
        data_page_size=1 << 20,
    )


def pack_columns(columns: Mapping[str, Any], **options: Any) -> bytes:
    """Write Arrow's columns as Parquet with zstd and without statistics."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer, compression="zstd", write_statistics=False, **options)
    return buffer.getvalue()


def to_csv(frame: pd.DataFrame, name: str) -> bytes:
    """Write a table as CSV bytes that are the same on every machine."""
    table = TABLES[name]
    dates = {c.name: frame[c.name].dt.strftime("%Y-%m-%d") for c in table.columns if c.type == "date"}
    text: str = frame[table.names].assign(**dates).to_csv(index=False, lineterminator="\n")
    return text.encode()


def describe(name: str, files: Mapping[str, bytes | Stored]) -> bytes:
    """Write a study's ``datapackage.json`` (Frictionless Data Package, version 1) from its files.

    A table in parts is one resource; its ``parts`` have their own sizes and checksums.
    """
    parts: dict[str, list[dict[str, Any]]] = {}
    for file, content in files.items():
        about: dict[str, Any] = {"path": file}
        if isinstance(content, Stored):
            about |= {"bytes": content.bytes, "hash": "sha256:" + content.sha256, "rows": content.rows}
        else:
            about |= {"bytes": len(content), "hash": "sha256:" + sha256(content).hexdigest()}
        parts.setdefault(re.split("[./]", file)[0], []).append(about)
    resources = []
    for name_of, listed in parts.items():
        table = TABLES[name_of]
        format_of = listed[0]["path"].rpartition(".")[2]
        fields = [
            {"name": c.name, "type": c.type, "description": c.about, "constraints": _constraints(c)}
            for c in table.columns
        ]
        foreign = [
            {"fields": [column], "reference": {"resource": other, "fields": [TABLES[other].key[0]]}}
            for column, other in table.refers
        ]
        sizes: dict[str, Any] = {k: listed[0][k] for k in ("bytes", "hash")}
        if "rows" in listed[0]:
            sizes = {"bytes": sum(part["bytes"] for part in listed), "parts": listed}
        resources.append(
            {
                "name": table.name,
                "path": [part["path"] for part in listed] if "parts" in sizes else listed[0]["path"],
                "description": table.about,
                "profile": "tabular-data-resource",
                "format": format_of,
                **_MEDIA[format_of],
                **sizes,
                "schema": {"fields": fields, "primaryKey": list(table.key), "foreignKeys": foreign},
            }
        )
    package = {
        "name": name,
        "title": f"Tables of the study {name}",
        "profile": "tabular-data-package",
        "licenses": [{"name": "CC-BY-4.0", "path": "https://creativecommons.org/licenses/by/4.0/"}],
        "resources": resources,
    }
    return (json.dumps(package, indent=1, ensure_ascii=False) + "\n").encode()


def _constraints(column: Column) -> dict[str, Any]:
    constraints: dict[str, Any] = {"required": True} if column.required else {}
    return constraints | ({"enum": list(column.allowed)} if column.allowed else {})


def codebook() -> str:
    """Write the codebook of all tables as Markdown."""
    lines = ["# Codebook: the tables of a study", ""]
    for table in TABLES.values():
        lines += [f"## {table.name}", "", table.about, "", f"Key: {', '.join(table.key)}.", ""]
        lines += ["| column | type | what it holds |", "|---|---|---|"]
        for c in table.columns:
            values = f" ({', '.join(map(str, c.allowed))})" if c.allowed else ""
            lines.append(
                f"| {c.name} | {c.type} | {c.about}{values}{'' if c.required else '; may be empty'} |"
            )
        lines.append("")
    return "\n".join(lines)
