"""Evidence in its own words, from the user's copies of the texts; never written to a file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from kzpolicy.corpus import Corpus
from kzpolicy.errors import StudyError
from kzpolicy.gathering import source_hash
from kzpolicy.parsing import parse_sentences

# Around a hit in a text: no text holds them, so that all of it can be escaped before they become tags.
HIT = ("\ue000", "\ue001")


def own_texts(corpus: Corpus, folder: str | Path) -> dict[str, str]:
    """Read the text of each sentence of a corpus from the user's own files.

    Parameters
    ----------
    corpus
        The documents wanted.
    folder
        Where the files lie; those missing there, or with another SHA-256 than the table
        ``documents`` has, are left out: their sentences could stand elsewhere.

    Returns
    -------
    dict
        Locator to text.
    """
    documents, folder = corpus.documents, Path(folder)
    if not folder.is_dir():
        raise StudyError(f"{folder}: no such folder; give the folder that holds the texts")
    same = [
        _has(folder, file, digest)
        for file, digest in zip(documents["file"], documents["sha256"], strict=True)
    ]
    if not any(same):
        return {}
    sentences = parse_sentences(folder, corpus.exceptions, documents=documents[same])
    return dict(zip(sentences["sentence"], sentences["text"], strict=True))


def in_context(corpus: Corpus, evidence: pd.DataFrame, texts: dict[str, str]) -> pd.Series:
    """Give each row of `explore_evidence` its text with the hits between the marks of `HIT`."""
    clean = {key: re.sub("[\ue000\ue001]", "", text) for key, text in texts.items()}
    if "sentence" in evidence:
        named = corpus.mentions.merge(evidence[["sentence", "power"]].drop_duplicates())
        places: dict[tuple[str, str], list[tuple[int, int]]] = {}
        for row in named.itertuples():
            places.setdefault((row.sentence, row.power), []).append((row.start, row.end))
        keys = zip(evidence["sentence"], evidence["power"], strict=True)
        quoted = [_marked(clean.get(s, ""), places.get((s, p), [])) for s, p in keys]
    else:
        inside: dict[str, list[str]] = {}
        for locator, text in clean.items():
            inside.setdefault(locator.rsplit(":", 1)[0], []).append(text)
        quoted = [
            _hits(inside.get(paragraph, []), re.sub(r" −?\d+(?=$|,)", "", terms).split(", "))
            for paragraph, terms in zip(evidence["paragraph"], evidence["terms"], strict=True)
        ]
    return pd.Series(quoted, index=evidence.index, dtype="str")


def _marked(text: str, places: Iterable[tuple[int, int]]) -> str:
    for start, end in sorted(places, reverse=True):
        text = text[:start] + HIT[0] + text[start:end] + HIT[1] + text[end:]
    return text


def _hits(sentences: Iterable[str], terms: Iterable[str]) -> str:
    """Keep the sentences that hold a term, with marks around it."""
    forms = "|".join(
        r"\s+".join(map(re.escape, term.split(" "))) for term in sorted(terms, key=len, reverse=True)
    )
    pattern = re.compile(rf"(?<![\w-])(?:{forms})(?![\w-])", re.IGNORECASE)
    return " … ".join(pattern.sub(rf"{HIT[0]}\g<0>{HIT[1]}", s) for s in sentences if pattern.search(s))


def _has(folder: Path, file: str, digest: str) -> bool:
    try:
        return source_hash(folder, {"file": file}) == digest
    except (OSError, StudyError):
        return False
