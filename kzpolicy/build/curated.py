"""The tables of a study that people write: codes, paraphrases, events, exceptions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from kzpolicy.powers import Powers
from kzpolicy.storage import parse_table
from kzpolicy.tables import CURATED, TABLES, StudyError, check_references, unknown_name


def read_curated(place: Path) -> dict[str, pd.DataFrame]:
    """Read the tables written by people."""
    tables = {}
    for name in CURATED:
        found = [path for suffix in ("csv", "parquet") if (path := place / f"{name}.{suffix}").is_file()]
        tables[name] = parse_table(found[0].read_bytes(), name, found[0]) if found else TABLES[name].empty()
    return tables


def check_curated(curated: Mapping[str, pd.DataFrame], parts: Iterable[Path], powers: Powers) -> None:
    """Check that every sentence and power that people wrote about is there.

    Parameters
    ----------
    curated
        The tables by name.
    parts
        The Parquet files of the table sentences.
    powers
        The study's powers.

    Raises
    ------
    StudyError
        Naming the table and the row, as a spreadsheet counts it.
    """
    wanted = {s for name in ("codes", "paraphrases") for s in curated[name]["sentence"]}
    wanted |= {s for cell in curated["events"]["sentences"] for s in cell.split(";")}
    known = [TABLES["sentences"].empty()[["sentence"]]]
    for path in parts if wanted else ():
        frame = pd.read_parquet(path, columns=["sentence"])
        known.append(frame[frame["sentence"].isin(wanted)])
    sentences = pd.concat(known, ignore_index=True)
    documents = sentences["sentence"].str.split(":").str[0].rename("document")
    found = {"sentences": sentences.assign(document=documents), "documents": documents.to_frame()}
    check_references({name: curated[name] for name in ("codes", "paraphrases")} | found)
    for number, power in enumerate(curated["codes"]["power"], start=2):
        if power not in powers.keys:
            raise StudyError(f"codes.csv: row {number}: {unknown_name('power', power, powers.keys)}")
    for number, row in enumerate(curated["events"].fillna("").itertuples(), start=2):
        if fault := _event_fault(row, set(sentences["sentence"]), powers):
            raise StudyError(f"events.csv: row {number}: {fault}; correct it")


def _event_fault(row: Any, sentences: Collection[str], powers: Powers) -> str:
    strange = [one for one in row.sentences.split(";") if one not in sentences]
    unknown = [one for one in row.powers.split(";") if one and one not in powers.keys]
    if strange:
        return f"sentence {strange[0]} is not in sentences"
    if unknown:
        return str(unknown_name("power", unknown[0], powers.keys))
    form = {"day": "%Y-%m-%d", "month": "%Y-%m"}.get(row.precision, "%Y")
    parts = row.date.split("/")
    dates = pd.to_datetime(pd.Series(parts), format=form, errors="coerce", exact=True)
    right = len(parts) == (2 if row.precision in ("span", "decade") else 1)
    if not (right and dates.notna().all() and dates.is_monotonic_increasing):
        return f"{row.date!r} is not a date of precision {row.precision}"
    return ""
