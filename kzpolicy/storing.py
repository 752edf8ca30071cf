"""A study's folder on disk: written whole or not at all, read only when every checksum holds."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from kzpolicy.errors import StudyError

PACKAGE = "datapackage.json"
# A file of the study, or one of the parts of a large table.
_NAME = re.compile(r"[^/\\:]+|[a-z_]+/part-\d{5,}\.parquet")
_PENDING, _READY = ".pending", ".ready"


class Stored(NamedTuple):
    """A file that is written already: where, its size, checksum and rows."""

    path: Path
    bytes: int
    sha256: str
    rows: int


def write_study(folder: Path, files: Mapping[str, bytes | Stored]) -> None:
    """Replace a study's files so that a kill at any moment leaves the old or the new set whole.

    The new files are written to a folder of their own, whose renaming to ``.ready`` is the one
    step that decides; what is then moved into place is finished by the next reader or writer.

    Raises
    ------
    StudyError
        If the folder cannot be written (read-only, disk full); the old files stay.
    """
    pending, ready = folder / _PENDING, folder / _READY
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _finish(folder)
        shutil.rmtree(pending, ignore_errors=True)
        write_files(pending, files)
        os.replace(pending, ready)
    except OSError as error:
        shutil.rmtree(pending, ignore_errors=True)
        raise cannot_write(folder, error) from None
    with suppress(OSError):  # decided: what cannot be moved now is moved by the next reader or writer
        _finish(folder)


def cannot_write(folder: Path, error: OSError) -> StudyError:
    """Make the error for a study's folder that cannot be written."""
    return StudyError(f"{folder}: cannot be written ({error.strerror}); the data there is as it was")


def write_files(folder: Path, files: Mapping[str, bytes | Stored]) -> None:
    """Write files to a new folder, so that they outlast a power cut; what is stored is linked."""
    folder.mkdir()
    for name, content in files.items():
        path = folder / name
        if path.parent != folder:
            path.parent.mkdir(exist_ok=True)
        if isinstance(content, Stored):
            try:
                os.link(content.path, path)
                continue
            except OSError:  # a file system without links
                content = content.path.read_bytes()
        with open(path, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())


def _finish(folder: Path) -> None:
    """Move the files of a decided write into place; the description of the set goes last."""
    ready = folder / _READY
    if not ready.is_dir():
        return
    if (ready / PACKAGE).is_file():
        for path in sorted(ready.rglob("*")):
            if path.is_file() and path.name != PACKAGE:
                target = folder / path.relative_to(ready)
                if target.parent != folder:
                    target.parent.mkdir(exist_ok=True)
                os.replace(path, target)
                path.unlink(missing_ok=True)  # renaming a link to the same file does nothing
        with suppress(StudyError, FileNotFoundError):  # the old description is missing or damaged
            # A table that was one file may be parts now, or have fewer parts.
            for name in _described(folder, folder).keys() - _described(folder, ready).keys():
                (folder / name).unlink(missing_ok=True)
                if "/" in name:
                    with suppress(OSError):  # not empty yet
                        (folder / name).parent.rmdir()
        os.replace(ready / PACKAGE, folder / PACKAGE)
    for path in [*ready.iterdir(), ready]:
        path.rmdir()


def _described(folder: Path, place: Path) -> dict[str, Stored]:
    """Give the files that the description at `place` lists, by name."""
    path, described = folder / PACKAGE, {}
    try:
        resources = json.loads((place / PACKAGE).read_bytes())["resources"]
        for one in (part for resource in resources for part in resource.get("parts", [resource])):
            name, digest = Path(one["path"]).as_posix(), one["hash"].removeprefix("sha256:")
            described[name] = Stored(folder / name, one.get("bytes", 0), digest, one.get("rows", 0))
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StudyError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise StudyError(f"{path}: damaged; restore it, or run kzpolicy build") from None
    for name in described:
        if not _NAME.fullmatch(name) or name in (".", ".."):
            raise StudyError(f"{path}: {name!r} is not a file of this folder; restore it")
    return described


class StudyFiles(Mapping[str, bytes]):
    """The files of a study by name, ``datapackage.json`` left out; each is read when asked for.

    Parameters
    ----------
    folder
        A folder with ``datapackage.json``.
    prove
        Compare the checksum of each file that is read; False reads edited tables.

    Raises
    ------
    StudyError
        If the folder is missing or its description damaged; and on reading, if a file is missing
        or not the one described.
    """

    def __init__(self, folder: Path, *, prove: bool = True) -> None:
        self._folder, self._prove = folder, prove
        # A decided write whose files are not all in place yet is finished, or else read where they are.
        with suppress(OSError):
            _finish(folder)
        for place in (folder / _READY, folder):
            with suppress(FileNotFoundError):
                self.described = _described(folder, place)
                return
        raise StudyError(f"{folder / PACKAGE}: missing; restore it, or run kzpolicy build")

    def __iter__(self) -> Iterator[str]:
        return iter(self.described)

    def __len__(self) -> int:
        return len(self.described)

    def __contains__(self, name: object) -> bool:
        return name in self.described

    def __getitem__(self, name: str) -> bytes:
        path = self._folder / name
        for place in (self._folder / _READY, self._folder):
            try:
                content = (place / name).read_bytes()
                break
            except FileNotFoundError:
                continue
            except OSError as error:
                raise StudyError(f"{path}: cannot be read ({error.strerror}); check the path") from None
        else:
            raise StudyError(f"{path}: missing; restore it, or run kzpolicy build")
        if self._prove and sha256(content).hexdigest() != self.described[name].sha256:
            raise StudyError(
                f"{path}: not the table described in {PACKAGE} (checksum differs); restore it, "
                "or run kzpolicy accept if you edited it on purpose"
            )
        return content
