"""What stands in a folder of texts: the files to read, sources.csv, and exports of references."""

from __future__ import annotations

import io
import os
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from kzpolicy.build.files import decode
from kzpolicy.build.references import EXPORTS, column_of, facts_of, join_twice, read_references
from kzpolicy.storage import is_study
from kzpolicy.tables import StudyError

SOURCES = "sources.csv"
# The columns of the template of sources.csv, and all others that it may have.
TEMPLATE = [
    *("document", "file", "title", "authors", "outlet", "outlet_country", "outlet_type", "outlet_group"),
    *("published_from", "published_to", "date_basis", "url", "language", "notes"),
]
FACTS = [*(name for name in TEMPLATE if name != "file"), "speaker_state", "label", "standfirst", "layout"]
FORMULA = re.compile(r"'?[=+\-@\t\r']")  # how a cell begins that a spreadsheet could run, and its guard
_NEEDED = ["document", "file", "title", "published_from"]
_LISTS = (".csv", ".tsv", ".xlsx")
_NO_TEXT = re.compile(r"(?i)(?:read[_ -]?me|licen[cs]e|copying|changelog|citation)(?:\.\w+)?")
_MOST_COLUMNS = 1_000
_LONGEST_LIST = 1_000_000  # rows
_LARGEST = 20_000_000  # bytes: ten thousand references with their abstracts


@dataclass(frozen=True)
class Survey:
    """What stands in a folder.

    Attributes
    ----------
    folder : Path
    files : list of str
        The files to read, as paths within the folder, sorted.
    sources : DataFrame
        A row a document of ``sources.csv``: ``file`` (of a row of a table ``table.csv#7``), ``row`` (as
        a spreadsheet counts) and facts, columns of the table documents.
    references : DataFrame
        A row a reference: facts, ``file`` (its attachments, one a line), ``export``.
    skipped : list of (str, str)
        What is not read of the folder, and why.
    """

    folder: Path
    files: list[str]
    sources: pd.DataFrame
    references: pd.DataFrame
    skipped: list[tuple[str, str]]


def survey(folder: str | Path) -> Survey:
    """Look through a folder: which files are to be read, and what tables and exports say of them.

    Raises
    ------
    StudyError
        If there is no such folder, or its ``sources.csv`` is no such table.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "2019-05-06 road.txt").write_text("It snows.")
    ...     survey(folder).files
    ['2019-05-06 road.txt']
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise StudyError(f"{folder}: no such folder; give the folder that holds the texts")
    skipped: list[tuple[str, str]] = []
    files, records = [], [pd.DataFrame(columns=["file", "export"])]
    for file in _walk(folder, skipped):
        try:
            listed = None if file == SOURCES else _references(folder, file, skipped)
        except StudyError as error:
            skipped.append((file, str(error).removeprefix(f"{file}: ")))
            continue
        except OSError as error:
            skipped.append((file, f"cannot be read ({error.strerror}); check its permissions"))
            continue
        if listed is not None:
            records.append(listed)
        elif file != SOURCES:
            files.append(file)
    references = join_twice(pd.concat(records, ignore_index=True).fillna(""))
    own, empty = folder / SOURCES, pd.DataFrame(columns=["file", "row"])
    sources = _read_sources(folder, files, skipped) if own.is_file() and not own.is_symlink() else empty
    return Survey(folder, files, sources, references, skipped)


def unused_references(references: pd.DataFrame, used: set[int]) -> list[tuple[str, str]]:
    """Say how many records no text was found for; `used` are the positions of the others."""
    unused = references[~references.index.isin(used)]
    if unused.empty:
        return []
    names = unused.reindex(columns=["title", "document"], fill_value="").iloc[0]
    first = names["title"] or names["document"] or "without title"
    what = f"no file found for {len(unused)} of {len(references)} records (the first: {first[:80]})"
    return [(", ".join(sorted(set(references["export"]))), what)]


def _walk(folder: Path, skipped: list[tuple[str, str]]) -> list[str]:
    """List the files in a folder and below it; follow no link."""
    files = []

    def tell(error: OSError) -> None:
        skipped.append((os.path.relpath(error.filename, folder), f"cannot be read ({error.strerror})"))

    for above, folders, names in os.walk(folder, onerror=tell):
        for name in sorted([*folders, *names]):
            path = Path(above, name)
            file, is_folder = path.relative_to(folder).as_posix(), name in folders
            reason = _why_not(path, is_folder)
            if reason:
                skipped.append((file, reason))
                folders[:] = [other for other in folders if other != name]
            elif not is_folder:
                files.append(file)
        folders.sort()
    skipped.sort()
    return sorted(files)


def _why_not(path: Path, is_folder: bool) -> str:
    if not path.name.isprintable():
        return "characters in its name do not print; rename it"
    if path.is_symlink():
        return "a link; links are not followed: put the file itself in the folder"
    if path.name.startswith((".", "~$")) or path.name == "__MACOSX":
        return "hidden; hidden files and folders are not read"
    if is_folder:
        return "the tables of a study; not read" if is_study(path) else ""
    if not path.is_file():
        return "neither a file nor a folder"
    if re.search(r"#\d+\Z", path.name):
        return "its name would be that of a table's row; rename it"
    return "about the folder, by its name; rename it if it is a text" if _NO_TEXT.fullmatch(path.name) else ""


def _references(folder: Path, file: str, skipped: list[tuple[str, str]]) -> pd.DataFrame | None:
    """Read an export of references, or a table that lists files and holds no text; else None."""
    suffix, path = PurePosixPath(file).suffix.lower(), folder / file
    if suffix not in (*EXPORTS, *_LISTS) or path.stat().st_size > _LARGEST:
        if suffix in EXPORTS:
            raise StudyError(f"larger than {_LARGEST // 10**6} MB; export fewer references at a time")
        return None
    if suffix in EXPORTS:
        records, odd = read_references(file, decode(path.read_bytes())[0])
        if odd:
            skipped.append((file, f"not read of it: {_few(odd)}"))
        return records.assign(export=file)
    try:
        fields = [column_of(name) for name in _table(path, rows=0)]
        if "text" in fields or "file" not in fields:
            return None
        table = _table(path)
    except StudyError:  # whoever reads the texts says why
        return None
    _tell_unread(file, (name for name in table if not column_of(name)), skipped)
    rows = [facts_of(row, f"given in {path.name}") for row in table.to_dict("records")]
    records = pd.DataFrame(rows, columns=[*dict.fromkeys(["file", *(name for row in rows for name in row)])])
    return records.fillna("").assign(export=file, file=records["file"].str.replace(";", "\n"))


def _table(path: Path, rows: int = _LONGEST_LIST) -> pd.DataFrame:
    """Read a table of people's making as text, whatever program saved it last."""
    options: dict[str, Any] = {"dtype": "str", "keep_default_na": False, "nrows": rows}
    try:
        if path.suffix.lower() == ".xlsx":
            table = pd.read_excel(path, **options)
        else:
            text = re.sub(r'\A"?sep=."?\s*\n', "", decode(path.read_bytes())[0].lstrip())
            heading = text.split("\n", 1)[0]
            separator = max(",;\t", key=heading.count)
            if heading.count(separator) > _MOST_COLUMNS:
                raise StudyError(f"more than {_MOST_COLUMNS:,} columns; keep those that are needed")
            table = pd.read_csv(io.StringIO(text), sep=separator, skip_blank_lines=False, **options)
    except StudyError as error:
        raise StudyError(f"{path}: {error}") from None
    except OSError as error:
        raise StudyError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    except Exception as error:  # whatever a parser thinks of a broken file
        cause = " ".join(str(error).split())[:200]
        raise StudyError(f"{path}: not a CSV table ({cause}); save it again as CSV") from None
    if not isinstance(table.index, pd.RangeIndex):
        cause = "a row has more cells than the first line has columns"
        raise StudyError(f"{path}: not a CSV table ({cause}); quote its commas")
    return table.fillna("").rename(columns=lambda name: str(name).strip())


def _read_sources(folder: Path, files: list[str], skipped: list[tuple[str, str]]) -> pd.DataFrame:
    path = folder / SOURCES
    names = {re.sub(r"[\W_]", "", name): name for name in ("file", *FACTS)}
    table = _table(path).rename(columns=lambda name: names.get(re.sub(r"[\W_]", "", name.lower()), name))
    for column in _NEEDED:
        if column not in table:
            raise StudyError(f"{path}: lacks column {column!r}; it needs {', '.join(_NEEDED)}")
    empty = [name for name in table if str(name).startswith("Unnamed: ") and (table[name] == "").all()]
    _tell_unread(SOURCES, table.columns.difference(["file", *FACTS, *empty]), skipped)
    table = table.reindex(columns=["file", *(name for name in FACTS if name in table)])
    table = table.replace(rf"\A'(?={FORMULA.pattern})", "", regex=True)
    table = table.replace([r"\s+", r"[\x00-\x1f\x7f-\x9f]"], [" ", ""], regex=True)
    table = table.apply(lambda cells: cells.str.strip()).assign(row=range(2, len(table) + 2))
    # Spreadsheets write May-19 for 2019-05.
    days = [name for name in ("published_from", "published_to") if name in table]
    table[days] = table[days].replace(r"\A([A-Z][a-z]{2})-(\d\d)\Z", r"\1 20\2", regex=True)
    table = table[(table.drop(columns="row") != "").any(axis=1)]  # spreadsheets leave empty rows
    if table.empty:
        raise StudyError(f"{path}: has no row; write one row a text")
    known = {unicodedata.normalize("NFC", file): file for file in files}
    table["file"] = [_as_listed(file, known) for file in table["file"]]
    used: set[str] = set()
    unusable = []
    for file, row in zip(table["file"], table["row"], strict=True):
        listed = unicodedata.normalize("NFC", re.sub(r"#\d+\Z", "", file)) in known
        reason = "file is empty; fill it in" if not file else "" if listed else _absent(file)
        reason = f"file {file} stands twice; keep one" if file in used else reason
        if reason:
            skipped.append((file or SOURCES, f"{SOURCES}: row {row}: {reason}"))
            unusable.append(row)
        used |= {file} - {""}
    return table[~table["row"].isin(unusable)]


def _as_listed(file: str, known: dict[str, str]) -> str:
    """Find a path as people write it: with backslashes, or accents composed in another way."""
    for way in (file, file.replace("\\", "/").removeprefix("./")):
        whole, mark, part = unicodedata.normalize("NFC", way).partition("#")
        for name, rest in ((whole + mark + part, ""), (whole, mark + part)):
            if name in known:
                return known[name] + rest
    return file


def _absent(file: str) -> str:
    path = PurePosixPath(file)
    if path.is_absolute() or ".." in path.parts:
        return f"{file!r} is not the path of a file in this folder"
    return f"{file} is not in the folder; add it or drop the row"


def _few(names: Iterable[Any]) -> str:
    """Name some of many."""
    shown = [str(name)[:60] or "one without a name" for name in names]
    return ", ".join(shown[:5]) + (f" and {len(shown) - 5} more" if len(shown) > 5 else "")


def _tell_unread(file: str, columns: Iterable[Any], skipped: list[tuple[str, str]]) -> None:
    if names := _few(columns):
        skipped.append((file, f"columns that are not read ({names})"))
