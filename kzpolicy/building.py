"""Build a study's folder from texts, and accept tables edited by hand."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from kzpolicy.corpus import Corpus, powers_of, read_table, read_tables
from kzpolicy.parsing import CURATED, parse_corpus
from kzpolicy.storing import PACKAGE
from kzpolicy.themes import load_themes


def build_study(texts: str | Path, out: str | Path) -> Corpus:
    """Parse a folder of texts and write the study's tables, whole or not at all.

    Parameters
    ----------
    texts
        Folder with the text files and, unless `out` holds an earlier build, ``sources.csv``.
    out
        The study's folder. Tables written by people in it (codes, paraphrases, events,
        exceptions) are kept; its own ``powers.toml`` and ``themes.toml`` are used if present.

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
    before = read_tables(out) if (out / PACKAGE).is_file() else _curated(out)
    own_themes = out / "themes.toml"
    corpus = parse_corpus(
        texts,
        corpus=out.resolve().name,
        sources=before.get("documents"),
        curated={name: before[name] for name in CURATED if name in before},
        powers=powers_of(out) if out.is_dir() else None,
        themes=load_themes(own_themes) if own_themes.is_file() else None,
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
    corpus = Corpus(**read_tables(Path(study), prove=False))
    corpus.save(study)
    return corpus


def _curated(out: Path) -> dict[str, pd.DataFrame]:
    """Read the tables that people wrote before the first build."""
    paths = {name: out / f"{name}.csv" for name in CURATED}
    return {name: read_table(path.read_bytes(), name, path) for name, path in paths.items() if path.is_file()}
