"""What stands in a folder of texts: the files to read, sources.csv, and exports of references."""

from __future__ import annotations

import io
import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from kzpolicy.build.files import decode
from kzpolicy.build.references import EXPORTS, column_of, facts_of, read_references
from kzpolicy.storage import is_study
from kzpolicy.tables import StudyError

SOURCES = "sources.csv"
FORMULA = re.compile(r"'?[=+\-@\t\r']")  # how a cell begins that a spreadsheet could run, and its guard
_NO_TEXT = re.compile(r"(?i)(?:read[_ -]?me|licen[cs]e|copying|changelog|citation)(?:\.\w+)?")


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
        a spreadsheet counts) and facts, as of `facts_of`.
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
    """Look through a folder: which files are to be read, and what sources.csv and exports say of them.

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
    files, records = [], [pd.DataFrame(columns=["title", "date", "file", "export"])]
    for file in sorted(_walk(folder, skipped)):
        if PurePosixPath(file).suffix.lower() not in EXPORTS:
            files.append(file)
            continue
        try:
            found, odd = read_references(file, decode((folder / file).read_bytes())[0])
            records.append(found.assign(export=file))
            skipped += [(file, f"not read of it: {'; '.join(odd)[:500]}")] if odd else []
        except (OSError, StudyError) as error:
            skipped.append((file, str(error).removeprefix(f"{file}: ")))
    references = pd.concat(records, ignore_index=True).fillna("")
    # Some export the same references twice, in two formats.
    twice = references.duplicated(["title", "date"]) & (references["title"] != "")
    rows = [{"file": "", "row": 0}]  # for its columns
    if SOURCES in files:
        files.remove(SOURCES)
        rows += _read_sources(folder / SOURCES, files, skipped)
    sources = pd.DataFrame(rows).fillna("")[1:]
    return Survey(folder, files, sources, references[~twice].reset_index(drop=True), sorted(skipped))


def _walk(folder: Path, skipped: list[tuple[str, str]]) -> Iterator[str]:
    """Give the files in a folder and below it; follow no link."""

    def tell(error: OSError) -> None:
        skipped.append((os.path.relpath(error.filename, folder), f"cannot be read ({error.strerror})"))

    for above, folders, names in os.walk(folder, onerror=tell):
        for name in [*folders, *names]:
            path = Path(above, name)
            file = path.relative_to(folder).as_posix()
            if reason := _why_not(path):
                skipped.append((file, reason))
                folders[:] = [other for other in folders if other != name]
            elif name in names:
                yield file


def _why_not(path: Path) -> str:
    if not path.name.isprintable():
        return "characters in its name do not print; rename it"
    if path.name.startswith((".", "~$")) or path.name == "__MACOSX":
        return "hidden; hidden files and folders are not read"
    if path.is_symlink() or not (path.is_file() or path.is_dir()):
        return "a link, which is not followed, or no file; put the file itself in the folder"
    if path.is_dir():
        return "the tables of a study; not read" if is_study(path) else ""
    return "about the folder, by its name; rename it if it is a text" if _NO_TEXT.fullmatch(path.name) else ""


def _read_sources(path: Path, files: list[str], skipped: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """Read sources.csv, whatever program saved it last, and find the file of each row."""
    try:
        text = re.sub(r'\A"?sep=."?\s*\n', "", decode(path.read_bytes())[0].lstrip())
        separator = max(",;\t", key=text.split("\n", 1)[0].count)
        table = pd.read_csv(
            io.StringIO(text), sep=separator, dtype="str", keep_default_na=False, skip_blank_lines=False
        )
        if "file" not in map(column_of, table):
            raise ValueError("it lacks the column file")
        if not isinstance(table.index, pd.RangeIndex):
            raise ValueError("a row has more cells than the first line has columns; quote its commas")
    except Exception as error:  # whatever a parser thinks of a broken file
        cause = " ".join(str(error).split())[:200]
        raise StudyError(f"{path}: not a CSV table ({cause}); save it again as CSV in UTF-8") from None
    table = table.fillna("").replace(rf"\A'(?={FORMULA.pattern})", "", regex=True)
    # Spreadsheets write May-19 for 2019-05.
    table = table.replace(r"\A([A-Z][a-z]{2})-(\d\d)\Z", r"\1 20\2", regex=True)
    unread = ", ".join(name for name in table if not column_of(name) and (table[name] != "").any())
    skipped += [(SOURCES, f"columns that are not read ({unread[:200]})")] if unread else []
    rows: dict[str, dict[str, Any]] = {}
    # As people write paths: with backslashes, or accents composed in another way.
    known = {unicodedata.normalize("NFC", file): file for file in files}
    for number, cells in enumerate(table.to_dict("records"), start=2):
        facts = facts_of(cells, "as given")
        plain = unicodedata.normalize("NFC", facts.get("file", "").replace("\\", "/").removeprefix("./"))
        whole = re.sub(r"#\d+\Z", "", plain)  # without the part of a table
        file = known.get(whole, "") + plain.removeprefix(whole)
        if whole not in known or file in rows:
            reason = (
                "file stands twice; keep one" if file in rows else "file is not in the folder; correct it"
            )
            skipped += [(plain or SOURCES, f"{SOURCES}: row {number}: {reason}")] if facts else []
            continue
        rows[file] = facts | {"file": file, "row": number}
    return list(rows.values())
