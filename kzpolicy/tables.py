"""The tables of a study: their columns, checks that name the row, reading and writing them whole."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from hashlib import sha256
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import pandas as pd

from kzpolicy import lists

PACKAGE = "datapackage.json"
# A table of more rows is Parquet: a spreadsheet would not open it, and GitHub would not show it.
LARGE = 50_000
_PENDING, _READY = ".pending", ".ready"
_KEY = re.compile(r"[A-Za-z0-9_.-]+")
# Spreadsheets run a cell that begins so; it is written behind an apostrophe and read without it.
_FORMULA = re.compile(r"[=+\-@\t\r']")
_DTYPES = {"string": "str", "integer": "int64", "number": "float64", "date": "datetime64[s]"}
_MEDIA = {
    "csv": {"mediatype": "text/csv", "encoding": "utf-8"},
    "parquet": {"mediatype": "application/vnd.apache.parquet"},
}
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
    """Read the columns as ``lists/columns.csv`` declares them."""
    with lists.path("columns.csv").open(encoding="utf-8", newline="") as file:
        for name, group in groupby(csv.DictReader(file), key=itemgetter("table")):
            rows = list(group)
            key = tuple(row["column"] for row in rows if row["key"])
            refers = tuple((row["column"], row["refers"]) for row in rows if row["refers"])
            curated = name in ("codes", "paraphrases", "events", "exceptions")
            yield Table(name, _ABOUT[name], tuple(map(_column, rows)), key, refers, curated)


TABLES = {table.name: table for table in _declared()}
CURATED = tuple(name for name, table in TABLES.items() if table.curated)
# What a build makes of each document, and so has in parts when it is large.
PARSED = ("documents", "sentences", "mentions", "terms", "contexts", "left_out")


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
    faults = {"key {} stands twice; keep one row": (typed.duplicated(list(table.key)), list(table.key))}
    if name == "documents":
        keys, backward = typed["document"], typed["published_from"] > typed["published_to"]
        strange = ~keys.str.fullmatch(_KEY)
        faults["key {} holds other than letters, digits, _ . -; rename it"] = (strange, ["document"])
        faults["{} is published_from after published_to; correct the dates"] = (backward, ["document"])
    for fault, (bad, columns) in faults.items():
        if bad.any():
            row = int(bad.to_numpy().argmax())
            key = ", ".join(str(typed[c].iloc[row])[:100] for c in columns)
            raise StudyError(f"{where}: row {row + 2}: {fault.format(key)}")
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
            bad = ~frame[column].isin(tables[other][TABLES[other].key[0]])
            if bad.any():
                row = int(bad.to_numpy().argmax())
                what = f"{column} {str(frame[column].iloc[row])[:100]} is not in {other}"
                raise StudyError(f"{where}{name}.csv: row {row + 2}: {what}; correct it")


def write_study(
    folder: Path,
    tables: Mapping[str, pd.DataFrame | Sequence[Path]],
    *,
    phrases: Sequence[str] = (),
    settings: Mapping[str, bytes] | None = None,
) -> None:
    """Write a study's tables and their description: all of them, or none.

    The new files are first written to a folder of their own inside the study. Renaming that folder is
    the one step that decides; a reader finds the new files there until they are in their places. No
    file is deleted but the former tables of the same study, and no link is followed.

    Parameters
    ----------
    folder
        The study's folder; made if missing.
    tables
        Each table as a frame, or as the Parquet files of its parts, which are moved.
    phrases
        Terms of several words that were counted when the texts were read.
    settings
        Further files of the study (``study.toml``) by name.

    Raises
    ------
    StudyError
        If the folder cannot be written; the tables in it are as they were.
    """
    pending, ready = folder / _PENDING, folder / _READY
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any((folder / name).is_symlink() for name in (*TABLES, _PENDING, _READY)):
            raise StudyError(f"{folder}: a table's folder is a link; remove it")
        _put_in_place(folder)
        shutil.rmtree(pending, ignore_errors=True)
        pending.mkdir()
        resources = [_write_table(pending, name, table) for name, table in tables.items()]
        for name, content in (settings or {}).items():
            (pending / name).write_bytes(content)
        (pending / PACKAGE).write_bytes(_description(folder.name, resources, phrases))
        os.replace(pending, ready)
        _put_in_place(folder)
    except OSError as error:
        shutil.rmtree(pending, ignore_errors=True)
        raise StudyError(
            f"{folder}: cannot be written ({error.strerror}); the data there is as it was"
        ) from None


def _write_table(folder: Path, name: str, table: pd.DataFrame | Sequence[Path]) -> dict[str, Any]:
    """Write one table into a folder and describe its files."""
    columns = TABLES[name].names
    if not isinstance(table, pd.DataFrame):
        (folder / name).mkdir()
        paths = [folder / name / f"part-{number:05}.parquet" for number in range(1, len(table) + 1)]
        for source, path in zip(table, paths, strict=True):
            shutil.move(source, path)
    elif len(table) > LARGE:
        paths = [folder / f"{name}.parquet"]
        table[columns].to_parquet(paths[0], index=False, compression="zstd", compression_level=15)
    else:
        paths = [folder / f"{name}.csv"]
        paths[0].write_bytes(_csv(table, name))
    files = [
        {"path": path.relative_to(folder).as_posix(), "bytes": path.stat().st_size, "hash": _digest(path)}
        for path in paths
    ]
    return {"name": name, "files": files}


def _csv(frame: pd.DataFrame, name: str) -> bytes:
    shown = frame[TABLES[name].names].copy()
    for column in TABLES[name].columns:
        if column.type == "date":
            shown[column.name] = shown[column.name].dt.strftime("%Y-%m-%d")
        elif column.type == "string":
            begins = shown[column.name].str.match(_FORMULA).eq(True)
            shown[column.name] = shown[column.name].mask(begins, "'" + shown[column.name])
    text: str = shown.to_csv(index=False, lineterminator="\n")
    return text.encode()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        digest = sha256()
        while block := file.read(1 << 20):
            digest.update(block)
    return "sha256:" + digest.hexdigest()


def _put_in_place(folder: Path) -> None:
    """Move the files of a decided write into their places, the description last."""
    ready = folder / _READY
    if (ready / PACKAGE).is_file():
        new = _paths(ready / PACKAGE)
        for path in sorted(p for p in ready.rglob("*") if p.is_file() and p.name != PACKAGE):
            target = folder / path.relative_to(ready)
            target.parent.mkdir(exist_ok=True)
            os.replace(path, target)
        for name, digest in _paths(folder / PACKAGE).items():
            former = folder / name
            if name not in new and former.is_file() and not former.is_symlink() and _digest(former) == digest:
                former.unlink()
                if former.parent != folder and not any(former.parent.iterdir()):
                    former.parent.rmdir()
        os.replace(ready / PACKAGE, folder / PACKAGE)
    shutil.rmtree(ready, ignore_errors=True)


def _paths(package: Path) -> dict[str, str]:
    """Give the files of tables that a description lists, with their checksums; none if it is damaged."""
    try:
        resources = json.loads(package.read_bytes())["resources"]
        files = [part for one in resources for part in one.get("parts", [one])]
        listed = {str(file["path"]): str(file["hash"]) for file in files}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
    name = re.compile(rf"({'|'.join(TABLES)})(\.csv|\.parquet|/part-\d{{5,}}\.parquet)")
    return {path: digest for path, digest in listed.items() if name.fullmatch(path)}


def read_phrases(folder: Path) -> tuple[str, ...]:
    """Give the terms of several words that were counted when a study's texts were read."""
    for place in (folder / _READY, folder):
        if (place / PACKAGE).is_file():
            phrases = json.loads((place / PACKAGE).read_bytes()).get("phrases", [])
            return tuple(map(str, phrases))
    return ()


def is_study(folder: Path) -> bool:
    """Say whether a folder holds the description of a study."""
    return any((place / PACKAGE).is_file() for place in (folder, folder / _READY))


def read_tables(
    folder: Path, names: Iterable[str] = tuple(TABLES), *, documents: Collection[str] | None = None
) -> dict[str, pd.DataFrame]:
    """Read, check and type tables of a study; nothing is written.

    Parameters
    ----------
    folder
        A folder with ``datapackage.json``.
    names
        Names of the tables wanted.
    documents
        Keys of the documents wanted; of a table in parts only those that hold them are read.
        None for all.

    Raises
    ------
    StudyError
        If a file is missing, is not the one described, or is not of its table.
    """
    names = list(names)
    for _ in range(20):  # a build may put another study in its place while it is read
        listed = _listed(folder)
        try:
            return {name: _read_table(folder, name, listed, documents) for name in names}
        except StudyError:
            if listed == _listed(folder):
                raise
    raise StudyError(f"{folder}: was written again and again while it was read; try again later")


def _listed(folder: Path) -> dict[str, str]:
    for place in (folder / _READY, folder):
        if listed := _paths(place / PACKAGE):
            return listed
    what = "damaged" if (folder / PACKAGE).exists() else "missing"
    raise StudyError(f"{folder / PACKAGE}: {what}; restore it, or run kzpolicy build")


def _read_table(
    folder: Path, name: str, listed: Mapping[str, str], documents: Collection[str] | None
) -> pd.DataFrame:
    paths = [path for path in listed if re.split("[./]", path)[0] == name]
    if not paths:
        raise StudyError(f"{folder}: has no {name}.csv; run kzpolicy build")
    frames = []
    for path in paths:
        if len(paths) > 1 and documents is not None and name != "documents":
            number = path.rpartition("/")[2]
            held = _read_file(folder, "documents", f"documents/{number}", listed)["document"]
            if not held.isin(documents).any():
                continue
        frame = _read_file(folder, name, path, listed)
        if documents is not None and ("document" in frame or "sentence" in frame):
            owner = frame["document"] if "document" in frame else frame["sentence"].str.split(":").str[0]
            frame = frame[owner.isin(documents)]
        frames.append(frame)
    return pd.concat(frames, ignore_index=True) if frames else TABLES[name].empty()


def _read_file(folder: Path, name: str, path: str, listed: Mapping[str, str]) -> pd.DataFrame:
    for place in (folder / _READY, folder, folder):  # the last once more: it may just have been moved
        try:
            content = (place / path).read_bytes()
            break
        except FileNotFoundError:
            continue
        except OSError as error:
            raise StudyError(f"{place / path}: cannot be read ({error.strerror}); check the path") from None
    else:
        raise StudyError(f"{folder / path}: missing; restore it, or run kzpolicy build")
    if "sha256:" + sha256(content).hexdigest() != listed[path]:
        raise StudyError(
            f"{folder / path}: not the table described in {PACKAGE} (checksum differs); restore it, or "
            "run kzpolicy build, which checks tables edited by hand"
        )
    return parse_table(content, name, folder / path)


def parse_table(content: bytes, name: str, path: Path) -> pd.DataFrame:
    """Make a checked table of the bytes of a CSV or Parquet file; `path` tells which, and where.

    Raises
    ------
    StudyError
        If it is no such file, or not of its table.
    """
    try:
        if path.suffix == ".parquet":
            frame = pd.read_parquet(io.BytesIO(content))
        else:
            frame = pd.read_csv(io.BytesIO(content), dtype="str", keep_default_na=False)
            for column in TABLES[name].columns:
                if column.type == "string" and column.name in frame:
                    cells = frame[column.name]
                    quoted = cells.str.match(rf"'{_FORMULA.pattern}")
                    frame[column.name] = cells.mask(quoted, cells.str[1:])
    except Exception as error:  # whatever a parser thinks of a broken file
        kind = "Parquet table" if path.suffix == ".parquet" else "CSV table in UTF-8"
        cause = " ".join(str(error).split())[:200]
        raise StudyError(f"{path}: not a {kind} ({cause}); restore it") from None
    return check_table(frame, name, str(path))


def _description(name: str, written: Sequence[Mapping[str, Any]], phrases: Sequence[str]) -> bytes:
    """Write ``datapackage.json`` (Frictionless Data Package, version 1)."""
    resources = []
    for one in written:
        table, files = TABLES[one["name"]], one["files"]
        suffix = files[0]["path"].rpartition(".")[2]
        fields = [
            {"name": c.name, "type": c.type, "description": c.about, "constraints": _constraints(c)}
            for c in table.columns
        ]
        foreign = [
            {"fields": [column], "reference": {"resource": other, "fields": [TABLES[other].key[0]]}}
            for column, other in table.refers
        ]
        single = "/" not in files[0]["path"]
        where = files[0] if single else {"path": [f["path"] for f in files], "parts": files}
        resources.append(
            {
                "name": table.name,
                **where,
                "description": table.about,
                "profile": "tabular-data-resource",
                "format": suffix,
                **_MEDIA[suffix],
                "schema": {"fields": fields, "primaryKey": list(table.key), "foreignKeys": foreign},
            }
        )
    package = {
        "name": re.sub(r"[^a-z0-9._-]", "-", name.lower()) or "study",
        "title": f"Tables of the study {name}",
        "profile": "tabular-data-package",
        "licenses": [{"name": "CC-BY-4.0", "path": "https://creativecommons.org/licenses/by/4.0/"}],
        "phrases": list(phrases),
        "resources": resources,
    }
    return (json.dumps(package, indent=1, ensure_ascii=False) + "\n").encode()


def _constraints(column: Column) -> dict[str, Any]:
    found: dict[str, Any] = {"required": True} if column.required else {}
    if column.allowed:
        found["enum"] = list(column.allowed)
    limits = {"minimum": column.least, "maximum": column.most}
    return found | {name: limit for name, limit in limits.items() if limit is not None}
