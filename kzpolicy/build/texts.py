"""The user's own texts beside a study's tables: sentences in their own words, in memory only."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from kzpolicy.build.documents import fingerprint, read_sentences
from kzpolicy.build.files import Text, read_texts
from kzpolicy.build.speeches import debate_facts
from kzpolicy.build.survey import Survey, survey
from kzpolicy.corpus import Corpus
from kzpolicy.tables import StudyError


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
    texts = read_texts_of(folder, corpus.documents, corpus.exceptions)
    known = texts.merge(corpus.sentences[["sentence", "fingerprint"]], on=["sentence", "fingerprint"])
    if known.empty:
        raise StudyError(f"{folder}: none of the {len(corpus.documents):,} texts is in it as it was measured")
    return dataclasses.replace(corpus, texts=known[["sentence", "text"]])


def read_texts_of(
    folder: str | Path, documents: pd.DataFrame, exceptions: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Read the sentences of some documents from the user's own files.

    Parameters
    ----------
    folder
        Where the files lie, in the same folders or others.
    documents
        Rows of the table documents.
    exceptions
        The table exceptions, which may tell how a text is read.

    Returns
    -------
    DataFrame
        ``sentence``, ``text``, ``fingerprint``; only of files with the checksum in `documents`.

    Raises
    ------
    StudyError
        If there is no such folder.
    """
    seen = survey(folder)
    rows = []
    for document, file, text in _found(seen, documents):
        declared = seen.sources[seen.sources["file"] == document["file"]]
        stated = text.facts | debate_facts(file)
        stated |= {k: v for row in declared.to_dict("records") for k, v in row.items() if v != ""}
        if exceptions is not None:
            own = exceptions[exceptions["document"] == document["document"]]
            stated |= dict(zip(own["field"], own["value"], strict=True))
        how = {"layout": stated.get("layout", "page"), "standfirst": int(stated.get("standfirst", 0))}
        sentences, _, _ = read_sentences(document | how, text.text)
        rows += [(one.locator, one.text, fingerprint(one.words)) for one in sentences]
    return pd.DataFrame(rows, columns=["sentence", "text", "fingerprint"], dtype="str")


def _found(seen: Survey, documents: pd.DataFrame) -> Iterator[tuple[dict[str, Any], str, Text]]:
    """Find each document's file and text, by name and checksum."""
    named: dict[str, list[str]] = {}
    for file in seen.files:
        named.setdefault(PurePosixPath(file).name, []).append(file)
    sources = documents["file"].str.replace(r"#\d+\Z", "", regex=True)
    for source, rows in documents.groupby(sources, sort=False):
        wanted = {row["sha256"]: row for row in rows.to_dict("records")}
        for file in named.get(PurePosixPath(str(source)).name, []):
            try:
                raw = (seen.folder / file).read_bytes()
                whole = sha256(raw).hexdigest()
                in_parts = str(source) != rows["file"].iloc[0]
                for text in read_texts(file, raw) if in_parts or whole in wanted else ():
                    digest = sha256(text.text.encode()).hexdigest() if text.part else whole
                    if digest in wanted:
                        yield wanted.pop(digest), file, text
            except (OSError, StudyError):
                continue  # a build names it
