"""Build a study's folder from texts, and accept tables edited by hand."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pandas as pd

from kzpolicy import schema
from kzpolicy.corpus import (
    Corpus,
    load_corpus,
    part_files,
    powers_of,
    read_named,
    read_table,
    read_tables,
    save_files,
)
from kzpolicy.errors import StudyError
from kzpolicy.gathering import SOURCES
from kzpolicy.parsing import CURATED, Parsed, check_curated, check_events, parse_parts
from kzpolicy.parts import clear_parts
from kzpolicy.schema import PARSED, TABLES, to_file
from kzpolicy.scoring import Scorer
from kzpolicy.storing import PACKAGE, Stored, StudyFiles
from kzpolicy.themes import checksum, load_themes

# Holds the finished parts of a build under way; no reader of a study looks into it.
BUILDING = ".building"


def build_study(
    texts: str | Path,
    out: str | Path,
    *,
    collapse: bool = True,
    strict: bool = False,
    scorer: Scorer | None = None,
    workers: int = 1,
    scheduler: str = "",
) -> Corpus:
    """Parse a folder of texts and write the study's tables, whole or not at all.

    The texts are read part by part, so that memory does not grow with them. A build that is
    stopped goes on from its finished parts, which are in ``.building`` in the study's folder,
    when it is called again.

    Parameters
    ----------
    texts
        Folder of documents, see `kzpolicy.parsing.parse_corpus`. What it does not say of them is
        taken from an earlier build in `out`.
    out
        The study's folder. Tables written by people in it (codes, paraphrases, events,
        exceptions) are kept; its own ``powers.toml`` and ``themes.toml`` are used if present.
    collapse
        Whether to keep only the earliest of articles that nearly repeat one another.
    strict
        Whether a file that cannot be used is an error, or a row of the table ``skipped``.
    scorer
        What scores the mentions, see `kzpolicy.scoring.Scorer`; None for `score_targets`.
    workers
        Processes of this machine that share the work, by Dask; the tables are the same.
    scheduler
        Address of an existing Dask cluster that shares the disk, in the place of `workers`.

    Returns
    -------
    Corpus
        What was written. The tables of a large study (more than `kzpolicy.schema.HUGE` rows in
        one) are kept in parts and read when they are first used.

    Raises
    ------
    StudyError
        If anything cannot be used; the tables are as they were then.
    """
    out, working = Path(out), Path(out) / BUILDING
    before = _kept(out, needs_documents=not (Path(texts) / SOURCES).is_file())
    own_themes = out / "themes.toml"
    counted = checksum(own_themes) if own_themes.is_file() else ""
    existed = out.exists()
    try:
        parsed = parse_parts(
            texts,
            working,
            corpus=out.resolve().name,
            sources=before.get("documents"),
            curated={name: before[name] for name in CURATED if name in before},
            powers=powers_of(out) if out.is_dir() else None,
            themes=pd.concat([load_themes(), load_themes(own_themes)]) if own_themes.is_file() else None,
            collapse=collapse,
            strict=strict,
            scorer=scorer,
            workers=workers,
            scheduler=scheduler,
        )
        corpus = _write(out, parsed)
    except BaseException:
        if not existed:
            with suppress(OSError):  # it is empty, or parts are in it
                out.rmdir()
        raise
    if counted:
        with suppress(OSError):  # without it a term that occurs nowhere is refused as not counted
            (out / "themes.toml.sha256").write_text(counted, "utf-8")
    clear_parts(working)
    return corpus


def _write(out: Path, parsed: Parsed) -> Corpus:
    """Write a study: small, one file a table; large, the parts as they are."""
    if max(parsed.rows(name) for name in PARSED) <= schema.HUGE:
        corpus = parsed.read()
        corpus.save(out)
        return corpus
    files: dict[str, bytes | Stored] = {}
    for name in TABLES:
        if name in PARSED:
            parts = (part[name] for part in parsed.parts)
            files |= {f"{name}/part-{number:05}.parquet": part for number, part in enumerate(parts, start=1)}
        else:
            files |= dict([to_file(parsed.whole[name], name)])
    save_files(out, files)
    return load_corpus(out)


def accept_study(study: str | Path) -> Corpus:
    """Check a study's tables as they are and renew their checksums, after an edit by hand.

    The parts of a large study are not for editing; the tables beside them are.

    Raises
    ------
    StudyError
        If a table is not of the schema or points to a key that is not there.
    """
    folder = Path(study)
    files = StudyFiles(folder, prove=False)
    if listed := {name: part_files(files, name) for name in PARSED if part_files(files, name)}:
        proved = StudyFiles(folder)
        parts = [
            {name: proved.described[file] for name, file in zip(listed, row, strict=True)}
            for row in zip(*listed.values(), strict=True)
        ]
        for file in (file for names in listed.values() for file in names):
            proved[file]
        whole = {name: read_named(files, folder, name) for name in TABLES if name not in PARSED}
        check_curated(whole, parts, powers_of(study))
        return _write(folder, Parsed(parts, whole))
    tables = read_tables(folder, prove=False)
    check_events(tables, powers_of(study))
    corpus = Corpus(**tables)
    corpus.save(study)
    return corpus


def _kept(out: Path, *, needs_documents: bool) -> dict[str, pd.DataFrame]:
    """Read what a new build keeps: tables written by people, and the documents if they are needed."""
    kept: dict[str, pd.DataFrame] = {}
    if (out / PACKAGE).is_file():
        files = StudyFiles(out)
        for name in CURATED:
            if f"{name}.csv" in files or f"{name}.parquet" in files:
                kept[name] = read_named(files, out, name)
            elif (out / f"{name}.csv").is_file():
                raise StudyError(f"{out / PACKAGE}: does not describe {name}.csv; restore it")
        if needs_documents:
            kept["documents"] = read_named(files, out, "documents")
    else:  # tables that people wrote before the first build
        for name in CURATED:
            if (path := out / f"{name}.csv").is_file():
                kept[name] = read_table(path.read_bytes(), name, path)
    return kept
