"""A study's folder on disk: written whole or not at all, read only when every checksum holds."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Collection
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from kzpolicy.errors import StudyError

PACKAGE = "datapackage.json"
_PENDING, _READY = ".pending", ".ready"


def write_study(folder: Path, files: dict[str, bytes]) -> None:
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
        pending.mkdir()
        for name, content in files.items():
            with open(pending / name, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        os.replace(pending, ready)
    except OSError as error:
        shutil.rmtree(pending, ignore_errors=True)
        raise StudyError(
            f"{folder}: cannot be written ({error.strerror}); the data there is as it was"
        ) from None
    with suppress(OSError):  # decided: what cannot be moved now is moved by the next reader or writer
        _finish(folder)


def _finish(folder: Path) -> None:
    """Move the files of a decided write into place; the description of the set goes last."""
    ready = folder / _READY
    if ready.is_dir():
        for path in sorted(ready.iterdir(), key=lambda p: p.name == PACKAGE):
            os.replace(path, folder / path.name)
        ready.rmdir()


def read_study(folder: Path, *, prove: bool = True, only: Collection[str] | None = None) -> dict[str, bytes]:
    """Read a study's files and prove each by its checksum.

    Parameters
    ----------
    folder
        A folder with ``datapackage.json``.
    prove
        False reads edited tables without comparing checksums.
    only
        Names of the files wanted; None for all.

    Returns
    -------
    dict
        File name to content, ``datapackage.json`` left out.

    Raises
    ------
    StudyError
        If the folder or a file is missing, or a file is not the one described.
    """
    # A decided write whose files are not all in place yet is finished, or else read where they are.
    with suppress(OSError):
        _finish(folder)
    ready = folder / _READY

    def content(name: str) -> bytes:
        for place in (ready, folder):
            try:
                return (place / name).read_bytes()
            except FileNotFoundError:
                continue
            except OSError as error:
                raise StudyError(f"{folder / name}: cannot be read ({error.strerror})") from None
        raise StudyError(f"{folder / name}: missing; restore it, or run kzpolicy build")

    raw = content(PACKAGE)
    try:
        resources = json.loads(raw)["resources"]
        described = {Path(r["path"]).as_posix(): r["hash"].removeprefix("sha256:") for r in resources}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise StudyError(f"{folder / PACKAGE}: damaged; restore it, or run kzpolicy build") from None
    files = {}
    for name, digest in described.items():
        if only is not None and name not in only:
            continue
        if Path(name).name != name:
            raise StudyError(f"{folder / PACKAGE}: {name!r} is not a file of this folder")
        files[name] = content(name)
        if prove and sha256(files[name]).hexdigest() != digest:
            raise StudyError(
                f"{folder / name}: not the table described in {PACKAGE} (checksum differs); restore it, "
                "or run kzpolicy accept if you edited it on purpose"
            )
    return files
