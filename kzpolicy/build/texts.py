"""The user's own texts beside a study's tables: sentences in their own words, in memory only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from kzpolicy.build.documents import fingerprint, read_files, read_sentences
from kzpolicy.build.guard import Guard, read_parts
from kzpolicy.build.speeches import debate_facts
from kzpolicy.build.survey import Survey, survey
from kzpolicy.corpus import Corpus
from kzpolicy.tables import StudyError

_TOGETHER = 100  # files


def with_texts(corpus: Corpus, folder: str | Path) -> Corpus:
    """Give a corpus with the text of each sentence that the user has.

    Parameters
    ----------
    corpus
        Any corpus, or a part of one: only its documents are read.
    folder
        Where the texts lie: the folder of a build, or any with files of the same names.

    Returns
    -------
    Corpus
        The same with `texts`: ``sentence`` and ``text``. Left out is what is missing or is another text
        than the tables tell of, by the file's SHA-256 and the sentence's fingerprint.

    Raises
    ------
    StudyError
        If there is no such folder, or not one of the texts in it.

    Examples
    --------
    >>> from kzpolicy.corpus import load_corpus
    >>> corpus = with_texts(load_corpus("articles"), "folder/of/articles")  # doctest: +SKIP
    """
    corpus.require("documents", "sentences", "exceptions")
    guard = Guard()
    seen = guard.call(survey, Path(folder))
    rows = []
    for document, text in _texts(guard, seen, corpus.documents):
        own = corpus.exceptions[corpus.exceptions["document"] == document["document"]]
        told = document | dict(zip(own["field"], own["value"], strict=True))
        how = {"layout": told.get("layout") or "page", "standfirst": int(told.get("standfirst") or 0)}
        sentences, _, _ = read_sentences(document | how, text)
        rows += [(one.locator, one.text, fingerprint(one.words)) for one in sentences]
    texts = pd.DataFrame(rows, columns=["sentence", "text", "fingerprint"], dtype="str")
    known = corpus.sentences[["sentence", "fingerprint"]].merge(texts, on=["sentence", "fingerprint"])
    if known.empty:
        raise StudyError(f"{folder}: none of the {len(corpus.documents):,} texts is in it as it was measured")
    return replace(corpus, texts=known[["sentence", "text"]])


def _texts(guard: Guard, seen: Survey, documents: pd.DataFrame) -> Iterator[tuple[dict[str, Any], str]]:
    """Find the text of each document, by the name and checksum of its file, and how it is to be read."""
    wanted = documents.assign(name=documents["file"].map(_name))
    names = {name.partition("#")[0] for name in wanted["name"]}
    items = [{"file": file, "path": seen.folder / file} for file in seen.files if _name(file) in names]
    declared = {row["file"]: row for row in seen.sources.to_dict("records")}
    with TemporaryDirectory() as working:
        batches = [items[start : start + _TOGETHER] for start in range(0, len(items), _TOGETHER)]
        parts = guard.work(read_files, batches, Path(working), "")
        for found, texts in zip(read_parts(parts, "found"), read_parts(parts, "texts"), strict=True):
            for row, text in zip(found.to_dict("records"), texts["text"], strict=True):
                file = row["file"] + row["part"]
                told = row | debate_facts(row["file"]) | declared.get(file, {})
                same = wanted[(wanted["sha256"] == row["sha256"]) & (wanted["name"] == _name(file))]
                for document in same.to_dict("records"):
                    yield told | document, text
                wanted = wanted.drop(index=same.index)


def _name(file: str) -> str:
    return PurePosixPath(file).name
