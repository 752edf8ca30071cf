"""Build a study's folder from texts, and accept tables edited by hand."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from kzpolicy.corpus import Corpus, powers_of, read_table, read_tables
from kzpolicy.errors import StudyError
from kzpolicy.gathering import SOURCES
from kzpolicy.parsing import CURATED, check_events, parse_corpus
from kzpolicy.storing import PACKAGE, read_study
from kzpolicy.themes import load_themes


def build_study(texts: str | Path, out: str | Path, *, collapse: bool = True) -> Corpus:
    """Parse a folder of texts and write the study's tables, whole or not at all.

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

    Returns
    -------
    Corpus
        What was written.

    Raises
    ------
    StudyError
        If anything cannot be used; nothing is written then.
    """
    out = Path(out)
    before = _kept(out, needs_documents=not (Path(texts) / SOURCES).is_file())
    own_themes = out / "themes.toml"
    corpus = parse_corpus(
        texts,
        corpus=out.resolve().name,
        sources=before.get("documents"),
        curated={name: before[name] for name in CURATED if name in before},
        powers=powers_of(out) if out.is_dir() else None,
        themes=load_themes(own_themes) if own_themes.is_file() else None,
        collapse=collapse,
    )
    corpus.save(out)
    return corpus


def accept_study(study: str | Path) -> Corpus:
    """Check a study's tables as they are and renew their checksums, after an edit by hand.

    Raises
    ------
    StudyError
        If a table is not of the schema or points to a key that is not there.
    """
    tables = read_tables(Path(study), prove=False)
    check_events(tables, powers_of(study))
    corpus = Corpus(**tables)
    corpus.save(study)
    return corpus


def _kept(out: Path, *, needs_documents: bool) -> dict[str, pd.DataFrame]:
    """Read what a new build keeps: tables written by people, and the documents if they are needed."""
    names = [*CURATED, "documents"] if needs_documents else list(CURATED)
    if (out / PACKAGE).is_file():
        files = read_study(out, only=[f"{name}.csv" for name in names])
        for name in CURATED:
            if f"{name}.csv" not in files and (out / f"{name}.csv").is_file():
                raise StudyError(f"{out / PACKAGE}: does not describe {name}.csv; restore it")
    else:  # tables that people wrote before the first build
        paths = {f"{name}.csv": out / f"{name}.csv" for name in CURATED}
        files = {file: path.read_bytes() for file, path in paths.items() if path.is_file()}
    return {n: read_table(files[f"{n}.csv"], n, out / f"{n}.csv") for n in names if f"{n}.csv" in files}
