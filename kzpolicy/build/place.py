"""A study's folder: where it may be written, by one build at a time, and what people wrote into it."""

from __future__ import annotations

import os
import re
import shutil
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pandas as pd
from filelock import FileLock, Timeout

from kzpolicy.build.guard import read_parts
from kzpolicy.powers import Powers
from kzpolicy.storage import PACKAGE, parse_table
from kzpolicy.tables import CURATED, TABLES, StudyError, unknown_name

# What people put into a new study before it is built; what else a study holds; what a working folder does.
_GIVEN = re.compile(rf"({'|'.join(CURATED)})\.(csv|parquet)|(study|powers|themes)\.toml|\.pending|\.ready")
_OWN = re.compile(rf"{_GIVEN.pattern}|({'|'.join(TABLES)})(\.csv|\.parquet)?|{PACKAGE}")
_WORKING = re.compile(r"writer\.txt|\.gitignore|[0-9a-f]{24}(-\d+)?|tmp\w+")


def study_place(texts: str | Path, out: str | Path) -> Path:
    """Check where a study is to be written, and give its path without links.

    Parameters
    ----------
    texts
        The folder of texts: the study may be in it, never it in the study.
    out
        A new or empty folder, one that holds nothing but a study's settings and tables written by
        people, or a study.

    Raises
    ------
    StudyError
        If it is anything else.
    """
    if not str(out).strip():
        raise StudyError("the study has no folder's name; give one, such as my-study")
    try:
        place = Path(str(out).encode().decode()).resolve()
        names = sorted(os.listdir(place)) if place.exists() else []
        holds_texts = Path(texts).resolve().is_relative_to(place)
    except (OSError, ValueError) as error:
        raise StudyError(f"{str(out)[:200]!a}: cannot be a folder ({error}); give another") from None
    if holds_texts:
        raise StudyError(f"{out}: the texts are in it; give a folder of its own for the study")
    for name in filter(_OWN.fullmatch, names):
        if (place / name).is_symlink():
            raise StudyError(f"{out}: {name} in it is a link; put the file itself there, or remove it")
    # A build that was killed may have left its files in .ready.
    written = [(place / name, place / ".ready" / name) for name in (PACKAGE, "study.toml")]
    strange = [name for name in names if not _GIVEN.fullmatch(name)]
    if strange and not all(any(path.is_file() for path in paths) for paths in written):
        raise StudyError(f"{out}: holds {strange[0]!a}, and is no study; give a new or empty folder")
    return place


@contextmanager
def only_writer(place: Path) -> Iterator[Path]:
    """Be the only build that writes a study; give a folder to work in, beside it.

    What is in that folder when an error ends the build is there for the next one.

    Raises
    ------
    StudyError
        If another build writes it, or nothing can be written there.
    """
    working, lock = place.with_name(f".{place.name}.building"), place.with_name(f".{place.name}.lock")
    writer, made = working / "writer.txt", [folder for folder in place.parents if not folder.exists()]
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(lock, timeout=0):
            working.mkdir(exist_ok=True)
            if working.is_symlink() or not all(map(_WORKING.fullmatch, os.listdir(working))):
                raise StudyError(f"{working}: is no working folder of a build; move it away")
            try:
                writer.write_text(f"process {os.getpid()} on {socket.gethostname()}", "utf-8")
                (working / ".gitignore").write_text("*\n")  # it holds texts
                yield working
                shutil.rmtree(working, ignore_errors=True)
            finally:
                if len(list(working.glob("*/skipped.parquet"))) < 2:  # it is not worth keeping
                    shutil.rmtree(working, ignore_errors=True)
                with suppress(OSError):  # Windows removes no open file
                    lock.unlink()
    except Timeout:
        who = "another build"
        with suppress(OSError):
            who = writer.read_text("utf-8")
        raise StudyError(f"{place}: {who} is writing it; wait until it is done") from None
    except OSError as error:
        cause = error.strerror or str(error)
        raise StudyError(f"{place}: cannot be written ({cause}); the data there is as it was") from None
    finally:
        for folder in made:
            with suppress(OSError):  # something is in it
                folder.rmdir()


def read_curated(place: Path) -> dict[str, pd.DataFrame]:
    """Read the tables written by people."""
    tables = {}
    for name in CURATED:
        found = [path for suffix in ("csv", "parquet") if (path := place / f"{name}.{suffix}").is_file()]
        tables[name] = parse_table(found[0].read_bytes(), name, found[0]) if found else TABLES[name].empty()
    return tables


def check_curated(curated: Mapping[str, pd.DataFrame], parts: Sequence[Path], powers: Powers) -> None:
    """Check that every sentence and power that people wrote about is there.

    Parameters
    ----------
    curated
        The tables by name.
    parts
        The parts of a build, with the table sentences.
    powers
        The study's powers.

    Raises
    ------
    StudyError
        Naming the table and the row, as a spreadsheet counts it.
    """
    columns = {
        "codes": ("sentence", "power"),
        "paraphrases": ("sentence",),
        "events": ("sentences", "powers"),
    }
    names = {
        (table, column): curated[table][column].str.split(";").explode().dropna()
        for table in columns
        for column in columns[table]
    }
    wanted = pd.concat(cells for (_, column), cells in names.items() if column.startswith("sentence"))
    read = read_parts(parts, "sentences", columns=["sentence"]) if len(wanted) else ()
    sentences = {one for frame in read for one in frame["sentence"][frame["sentence"].isin(wanted)]}
    for (table, column), cells in names.items():
        known = sentences if column.startswith("sentence") else {*powers.keys, ""}
        for row, name in cells[~cells.isin(known)].items():
            raise StudyError(f"{table}.csv: row {row + 2}: {unknown_name(column.rstrip('s'), name, known)}")
