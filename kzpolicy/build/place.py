"""Where a study may be written, and that one build at a time writes it."""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from kzpolicy.storage import PACKAGE
from kzpolicy.tables import CURATED, TABLES, StudyError

SETTINGS = ("study.toml", "powers.toml", "themes.toml")
# A working folder of a build has this file, which says whose it is.
_WRITER = "writer.txt"


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
        str(out).encode()
        place, source = Path(out).resolve(), Path(texts).resolve()
        if source.is_relative_to(place):
            raise StudyError(f"{out}: the texts are in it; give a folder of its own for the study")
        if not place.exists():
            return place
        if not place.is_dir():
            raise StudyError(f"{out}: is a file; give a folder for the study")
        for entry in os.scandir(place):
            if entry.is_symlink() and _is_own(entry.name):
                raise StudyError(
                    f"{out}: {entry.name} in it is a link; put the file itself there, or remove it"
                )
        strange = [name for name in sorted(os.listdir(place)) if not _is_own(name)]
        written = [name for name in os.listdir(place) if Path(name).stem in set(TABLES) - set(CURATED)]
        if _is_described(place) or not strange and (not written or (place / PACKAGE).is_file()):
            return place
    except UnicodeEncodeError:
        raise StudyError(f"{str(out)!a}: its name is not UTF-8; give another") from None
    except (OSError, ValueError) as error:
        if isinstance(error, StudyError):
            raise
        raise StudyError(f"{str(out)[:200]!a}: cannot be a folder ({error}); give another") from None
    first = [*strange, *written][0]
    raise StudyError(f"{out}: holds {first!a}, and is no study of kzpolicy; give a new or empty folder")


def _is_own(name: str) -> bool:
    """Say whether a study has a file or folder of this name."""
    stem, _, suffix = name.partition(".")
    return (
        name in (PACKAGE, *SETTINGS, ".pending", ".ready")
        or stem in TABLES
        and suffix in ("", "csv", "parquet")
    )


def _is_described(place: Path) -> bool:
    """Say whether the description in a folder is that of a study."""
    for folder in (place, place / ".ready"):
        with suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
            found = json.loads((folder / PACKAGE).read_bytes())["resources"]
            if {"documents", "sentences", "mentions"} <= {one["name"] for one in found}:
                return True
    # The description is damaged: what only a build writes tells.
    return (place / PACKAGE).is_file() and (place / "study.toml").is_file()


@contextmanager
def only_writer(place: Path) -> Iterator[Path]:
    """Be the only build that writes a study; give a folder to work in, beside it.

    What is in that folder when an error ends the build is there for the next one.

    Raises
    ------
    StudyError
        If another build writes it, or nothing can be written there.
    """
    working, lock = place.parent / f".{place.name}.building", place.parent / f".{place.name}.lock"
    made = [folder for folder in place.parents if not folder.exists()]
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(lock, timeout=0):
            try:
                _begin(working)
                yield working
                shutil.rmtree(working)
            finally:
                if working.is_dir() and len(list(working.glob("read-*/*.parquet"))) < 2:
                    shutil.rmtree(working, ignore_errors=True)  # it is not worth keeping
                with suppress(OSError):  # Windows removes no open file
                    lock.unlink()
    except Timeout:
        who = "another build"
        with suppress(OSError):
            who = (working / _WRITER).read_text("utf-8").strip()
        raise StudyError(f"{place}: {who} is writing it; wait until it is done") from None
    except OSError as error:
        cause = error.strerror or str(error)
        raise StudyError(f"{place}: cannot be written ({cause}); the data there is as it was") from None
    finally:
        for folder in made:
            with suppress(OSError):  # something is in it
                folder.rmdir()


def _begin(working: Path) -> None:
    if (
        working.is_symlink()
        or working.is_dir()
        and any(working.iterdir())
        and not (working / _WRITER).is_file()
    ):
        raise StudyError(f"{working}: is no working folder of a build; move it away")
    working.mkdir(exist_ok=True)
    (working / _WRITER).write_text(f"process {os.getpid()} on {socket.gethostname()}\n", "utf-8")
    (working / ".gitignore").write_text("*\n")  # it holds texts
