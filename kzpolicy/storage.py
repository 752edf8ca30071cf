"""A study's folder on disk: written whole or not at all, read only when every checksum holds."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

import pandas as pd

from kzpolicy.tables import TABLES, StudyError, Table, as_list, check_table, document_of

PACKAGE = "datapackage.json"
# A table of more rows is Parquet: a spreadsheet would not open it, and GitHub would not show it.
LARGE = 50_000
_PENDING, _READY = ".pending", ".ready"
# Spreadsheets run a cell that begins so; it is written behind an apostrophe and read without it.
_FORMULA = re.compile(r"[=+\-@\t\r']")
_MEDIA = {
    "csv": {"mediatype": "text/csv", "encoding": "utf-8"},
    "parquet": {"mediatype": "application/vnd.apache.parquet"},
}


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
        files = {name: _write_table(pending, name, table) for name, table in tables.items()}
        for name, content in (settings or {}).items():
            (pending / name).write_bytes(content)
        (pending / PACKAGE).write_bytes(_description(folder.name, files, phrases))
        os.replace(pending, ready)
        _put_in_place(folder)
    except OSError as error:
        shutil.rmtree(pending, ignore_errors=True)
        raise StudyError(
            f"{folder}: cannot be written ({error.strerror}); the data there is as it was"
        ) from None


def _write_table(folder: Path, name: str, table: pd.DataFrame | Sequence[Path]) -> list[dict[str, Any]]:
    """Write one table into a folder and describe its files."""
    if not isinstance(table, pd.DataFrame):
        (folder / name).mkdir()
        paths = [folder / name / f"part-{number:05}.parquet" for number in range(1, len(table) + 1)]
        for source, path in zip(table, paths, strict=True):
            shutil.move(source, path)
    elif len(table) > LARGE:
        paths = [folder / f"{name}.parquet"]
        shown = table[TABLES[name].names]
        shown.to_parquet(paths[0], index=False, compression="zstd", compression_level=15)
    else:
        paths = [folder / f"{name}.csv"]
        paths[0].write_bytes(_csv(table, name))
    return [
        {"path": p.relative_to(folder).as_posix(), "bytes": p.stat().st_size, "hash": _digest(p)}
        for p in paths
    ]


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
        return "sha256:" + file_digest(file, "sha256").hexdigest()


def _put_in_place(folder: Path) -> None:
    """Move the files of a decided write into their places, the description last."""
    ready = folder / _READY
    if (ready / PACKAGE).is_file():
        new = _paths(ready)
        for path in sorted(p for p in ready.rglob("*") if p.is_file() and p.name != PACKAGE):
            target = folder / path.relative_to(ready)
            target.parent.mkdir(exist_ok=True)
            os.replace(path, target)
        for name, digest in _paths(folder).items():
            former = folder / name
            if name not in new and former.is_file() and not former.is_symlink() and _digest(former) == digest:
                former.unlink()
                if former.parent != folder and not any(former.parent.iterdir()):
                    former.parent.rmdir()
        os.replace(ready / PACKAGE, folder / PACKAGE)
    shutil.rmtree(ready, ignore_errors=True)


def _package(place: Path) -> dict[str, Any]:
    """Read a description; empty if it is missing or damaged."""
    try:
        found = json.loads(_content(place / PACKAGE))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _paths(place: Path) -> dict[str, str]:
    """Give the files of tables that a description lists, with their checksums; none if it is damaged."""
    name = re.compile(rf"({'|'.join(TABLES)})(\.csv|\.parquet|/part-\d{{5,}}\.parquet)")
    try:
        files = [part for one in _package(place)["resources"] for part in one.get("parts", [one])]
        return {f["path"]: str(f["hash"]) for f in files if name.fullmatch(f["path"])}
    except (KeyError, TypeError, AttributeError):
        return {}


def read_phrases(folder: Path) -> tuple[str, ...]:
    """Give the terms of several words that were counted when a study's texts were read."""
    package = _package(folder / _READY) or _package(folder)
    return tuple(map(str, as_list(package.get("phrases"))))


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
        Keys of the documents wanted, None for all.

    Raises
    ------
    StudyError
        If a file is missing, is not the one described, or is not of its table.
    """
    names = list(names)
    for _ in range(20):  # a build may put another study in its place while it is read
        listed = _paths(folder / _READY) or _paths(folder)
        try:
            return {name: _read_table(folder, name, listed, documents) for name in names}
        except StudyError:
            if listed == (_paths(folder / _READY) or _paths(folder)):
                raise
    raise StudyError(f"{folder}: was written again and again while it was read; try again later")


def _read_table(
    folder: Path, name: str, listed: Mapping[str, str], documents: Collection[str] | None
) -> pd.DataFrame:
    paths = [path for path in listed if re.split("[./]", path)[0] == name]
    if not listed:
        raise StudyError(f"{folder / PACKAGE}: missing or damaged; restore it, or run kzpolicy build")
    if not paths:
        raise StudyError(f"{folder}: has no {name}.csv; run kzpolicy build")
    frames = []
    for path in paths:  # part by part: of a large table only the rows wanted are held
        frame = _read_file(folder, name, path, listed)
        if documents is not None and ("document" in frame or "sentence" in frame):
            frame = frame[document_of(frame).isin(documents)]
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def _content(path: Path) -> bytes:
    """Read an ordinary file; a pipe or a device might never end."""
    if path.exists() and not path.is_file():
        raise OSError(0, "it is no ordinary file")
    return path.read_bytes()


def _read_file(folder: Path, name: str, path: str, listed: Mapping[str, str]) -> pd.DataFrame:
    for place in (folder / _READY, folder, folder):  # the last once more: it may just have been moved
        try:
            content = _content(place / path)
            break
        except OSError as error:
            cause = error.strerror
    else:
        raise StudyError(f"{folder / path}: missing ({cause}); restore it, or run kzpolicy build")
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


def _description(name: str, files: Mapping[str, list[dict[str, Any]]], phrases: Sequence[str]) -> bytes:
    """Write ``datapackage.json`` (Frictionless Data Package, version 1)."""
    package = {
        "name": re.sub(r"[^a-z0-9._-]", "-", name.lower()) or "study",
        "title": f"Tables of the study {name}",
        "profile": "tabular-data-package",
        "licenses": [{"name": "CC-BY-4.0", "path": "https://creativecommons.org/licenses/by/4.0/"}],
        "phrases": list(phrases),
        "resources": [_resource(TABLES[name], listed) for name, listed in files.items()],
    }
    return (json.dumps(package, indent=1, ensure_ascii=False) + "\n").encode()


def _resource(table: Table, files: list[dict[str, Any]]) -> dict[str, Any]:
    suffix = files[0]["path"].rpartition(".")[2]
    in_parts = "/" in files[0]["path"]
    fields = []
    for c in table.columns:
        limits = {"required": c.required or None, "enum": c.allowed, "minimum": c.least, "maximum": c.most}
        limits = {limit: value for limit, value in limits.items() if value not in (None, ())}
        fields.append({"name": c.name, "type": c.type, "description": c.about, "constraints": limits})
    foreign = [
        {"fields": [column], "reference": {"resource": other, "fields": [TABLES[other].key[0]]}}
        for column, other in table.refers
    ]
    return {
        "name": table.name,
        **({"path": [f["path"] for f in files], "parts": files} if in_parts else files[0]),
        "description": table.about,
        "profile": "tabular-data-resource",
        "format": suffix,
        **_MEDIA[suffix],
        "schema": {"fields": fields, "primaryKey": table.key, "foreignKeys": foreign},
    }
