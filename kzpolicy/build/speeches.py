"""Statements in the UN General Debate: their facts, from the names of their files, and their archive."""

from __future__ import annotations

import os
import re
import shutil
import tarfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from kzpolicy import lists
from kzpolicy.tables import StudyError, read_toml

_NAME = re.compile(r"(?P<state>[A-Z]{2,4})_(?P<session>\d{1,3})_(?P<year>\d{4})\.txt")
# The first session was that of 1946.
_BEFORE_FIRST = 1945


def debate_facts(file: str) -> dict[str, str]:
    """Give what the name of a General Debate statement says of it.

    Parameters
    ----------
    file
        Path of a file named STATE_SESSION_YEAR, as ``KAZ_74_2019.txt`` (ISO 3166 codes; EU, VAT and
        PSE too), as the United Nations General Debate Corpus names them (Jankin, Baturo and Dasandi,
        doi:10.7910/DVN/0TJX8Y).

    Returns
    -------
    dict
        Columns of the table ``documents``, and ``layout``; empty where the file has another name.

    Raises
    ------
    StudyError
        If the session is not that of the year.

    Examples
    --------
    >>> facts = debate_facts("Session 74 - 2019/KAZ_74_2019.txt")
    >>> facts["document"], facts["published_from"], facts["speaker_state"]
    ('KAZ_2019', '2019-09-24', 'KAZ')
    >>> debate_facts("2019-05-06 road.txt")
    {}
    """
    found = _NAME.fullmatch(PurePosixPath(file).name)
    if not found:
        return {}
    state, session, year = found.group("state", "session", "year")
    if int(session) + _BEFORE_FIRST != int(year):
        raise StudyError(f"session {session} is not that of {year}; correct the file's name")
    known = _debates()
    days = known["debates"].get(year)
    first, last = days or (f"{year}-01-01", f"{year}-12-31")
    return {
        "document": f"{state}_{year}",
        "label": f"{state} {year}",
        "title": f"Statement in the UN General Debate, session {session}",
        "authors": known["speakers"].get(state, {}).get(year, f"delegation of {state}"),
        "speaker_state": state,
        "published_from": first,
        "published_to": last,
        "date_basis": "span of the year's debate" if days else "year of the debate",
        **known["facts"],
    }


def gather_speeches(place: str | Path | None, out: str | Path, *, years: str = "") -> list[Path]:
    """Copy the statements of some years out of the UN General Debate Corpus, as it is handed out.

    Parameters
    ----------
    place
        The archive (``UNGDC_1946-2025.tar.gz``) or the folder that it unpacks to; None fetches the
        archive from Harvard Dataverse, once.
    out
        A new or empty folder; all statements are put there side by side.
    years
        ``"2015-2022"`` or ``"2019"``; empty for all.

    Returns
    -------
    list of Path
        The files written. `kzpolicy.build_study` takes their folder as it is.

    Raises
    ------
    StudyError
        If the archive cannot be fetched or read, or has no statement of these years.
    """
    out = Path(out)
    found = re.fullmatch(r"\s*(\d{4})(?:\s*[-–:]\s*(\d{4}))?\s*", years or "0001-9999")
    if not found:
        raise StudyError(f"years {years!r} are not read; write 2015-2022, or 2019")
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise StudyError(f"{out}: is not empty; give a new folder for the speeches")
    first, last = found[1], found[2] or found[1]
    source = Path(place) if place is not None else _fetch(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as folder:
            _gather(source, Path(folder), lambda name: first <= name[-8:-4] <= last)
            if names := sorted(os.listdir(folder)):
                shutil.copytree(folder, out, dirs_exist_ok=True)
    except (OSError, tarfile.TarError, EOFError, zlib.error) as error:
        cause = getattr(error, "strerror", None) or str(error)
        raise StudyError(f"{source}: cannot be unpacked into {out} ({cause})") from None
    if not names:
        of = f" of {years}" if years else ""
        raise StudyError(f"{source}: no statement named as KAZ_74_2019.txt{of} in it")
    return [out / name for name in names]


def _gather(source: Path, folder: Path, wanted: Callable[[str], bool]) -> None:
    """Put statements into a folder, side by side; nothing else in the archive is looked at."""
    if source.is_dir():
        for path in source.rglob("*.txt"):
            if _NAME.fullmatch(path.name) and wanted(path.name) and path.is_file() and not path.is_symlink():
                shutil.copy(path, folder)
        return
    with tarfile.open(source) as archive:
        for member in archive:
            name = PurePosixPath(member.name).name
            if _NAME.fullmatch(name) and wanted(name) and member.isfile():
                archive.extract(member.replace(name=name), folder, filter="data")


def _fetch(out: Path) -> Path:
    import pooch  # type: ignore[import-untyped]

    about = _debates()["corpus"]
    file, digest = about["archive"], f"sha256:{about['sha256']}"
    try:
        address = f"{about['server']}/api/access/datafile/{about['datafile']}"
        return Path(pooch.retrieve(address, digest, fname=file, path=pooch.os_cache("kzpolicy")))
    except (OSError, ValueError) as error:  # no network, a form to fill in, another file
        cause = " ".join(str(error).split())[:150]
        by_hand = f"https://doi.org/{about['doi']}, then run kzpolicy speeches {file} --out {out}"
        raise StudyError(f"{file} cannot be fetched ({cause}); download it by hand from {by_hand}") from None


@cache
def _debates() -> dict[str, Any]:
    return read_toml(lists.path("debates.toml"))
