"""One document: read from its file; and measured, from its text to rows of the study's tables."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from kzpolicy.build.boilerplate import clean_paragraphs
from kzpolicy.build.duplicates import signature
from kzpolicy.build.files import read_texts
from kzpolicy.build.guard import Task, limited
from kzpolicy.build.sentences import find_words, split_sentences
from kzpolicy.build.sources import found_row
from kzpolicy.build.speeches import debate_facts
from kzpolicy.corpus import Study, load_states
from kzpolicy.powers import Mention, Powers
from kzpolicy.scores.own import SCORES
from kzpolicy.scores.plain import plain_scores
from kzpolicy.scores.targeted import score_targets
from kzpolicy.tables import PARSED, TABLES, StudyError, check_table

# Texts that are read and measured together, in characters and in documents.
BATCH, BATCH_DOCUMENTS = 2_000_000, 500
_READ = pa.schema({"file": pa.string(), "row": pa.string(), "signature": pa.binary(), "text": pa.string()})
# A mention before it is scored.
UNSCORED = ["sentence", *Mention._fields, "text", "speaker_state"]

Rows = list[tuple[Any, ...]]


def read_batch(task: Task) -> None:
    """Read files, `Task.items`, of the folder `Task.settings` into one Parquet file, `Task.target`.

    Of each document: ``file``, ``row`` (what `found_row` says of it, as JSON), ``signature`` and
    ``text``, in row groups that are measured together.
    """
    rows: list[dict[str, Any]] = []
    for number, file in enumerate(task.items):
        try:
            with limited(task, number):
                rows += _read(task.settings, file)
        except StudyError as error:
            fault = {"file": file, "part": "", "fault": str(error).removeprefix(f"{file}: ")}
            rows.append({"file": file, "row": json.dumps(fault), "signature": b"", "text": ""})
    unfinished = task.target.with_suffix(".unfinished")
    with writing(task.target), pq.ParquetWriter(unfinished, _READ, write_page_checksum=True) as file:
        for group in _groups(rows):
            file.write_table(pa.Table.from_pylist(group, _READ))
    os.replace(unfinished, task.target)


def _read(folder: Path, file: str) -> list[dict[str, Any]]:
    path = folder / file
    before = path.stat()
    raw = path.read_bytes()
    after = path.stat()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or len(
        raw
    ) != after.st_size:
        raise StudyError("changed while it was read; build again")
    digest, rows = sha256(raw).hexdigest(), []
    speech = bool(debate_facts(file))
    for one in read_texts(file, raw):
        signed = b"" if speech or one.fault else signature(one.text).tobytes()
        row = json.dumps(found_row(file, one, digest))
        rows.append({"file": file, "row": row, "signature": signed, "text": one.text})
    if not rows:
        raise StudyError("no text in it; put one in it or take it away")
    return rows


@contextmanager
def writing(target: Path) -> Iterator[None]:
    """Turn the failure to write a part into the error that ends the build."""
    try:
        yield
    except OSError as error:
        cause = error.strerror or str(error)
        raise StudyError(
            f"{target.parent}: a part cannot be written ({cause}); the study is as it was"
        ) from None


def _groups(rows: Sequence[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    group: list[dict[str, Any]] = []
    size = 0
    for row in rows:
        if group and (size + len(row["text"]) > BATCH or len(group) == BATCH_DOCUMENTS):
            yield group
            group, size = [], 0
        group.append(row)
        size += len(row["text"])
    yield group


@dataclass(frozen=True)
class Measuring:
    """What is needed to measure documents: where their texts are, what is said of them, and the study.

    Parameters
    ----------
    part, group
        A file of `read_batch` and the number of a row group in it.
    documents
        As from `merge_facts`, and ``place``, the row in that group.
    scored
        Whether mentions are scored here; else they keep their text for a scorer of the user's.
    """

    part: Path
    group: int
    documents: pd.DataFrame
    study: Study
    powers: Powers
    scored: bool = True


class Sentence(NamedTuple):
    """A sentence and where it stands."""

    locator: str
    document: str
    paragraph: int
    position: int
    kind: str
    text: str
    words: list[str]


def load_lists() -> None:
    """Load the lists of words that scores need: before workers are made, which are copies of this process."""
    plain_scores(["Good."])
    score_targets(pd.DataFrame({"text": ["China pays."], "start": [0], "end": [5], "power": ["china"]}))


def measure_batch(task: Task) -> None:
    """Measure the documents `Task.items` into a folder of Parquet files, `Task.target`; see `Measuring`."""
    about: Measuring = task.settings
    texts = pq.ParquetFile(about.part).read_row_group(about.group, ["text"], use_threads=False)["text"]
    documents = about.documents.to_dict("records")
    columns = {name: TABLES[name].names for name in (*PARSED, "skipped")}
    if not about.scored:
        columns["mentions"] = UNSCORED
    rows: dict[str, Rows] = {name: [] for name in columns}
    for number, at in enumerate(task.items):
        document = documents[at]
        try:
            with limited(task, number):
                found = _measure(document, texts[document["place"]].as_py(), about)
        except StudyError as error:
            found = {"skipped": [(document["file"], str(error))]}
        for name, more in found.items():
            rows[name] += more
    unfinished = task.target.with_suffix(".unfinished")
    with writing(task.target):
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        for name, names in columns.items():
            table = pd.DataFrame(rows[name], columns=names)
            checked = check_table(table, name) if names == TABLES[name].names else table
            checked.to_parquet(unfinished / f"{name}.parquet", index=False, write_page_checksum=True)
        os.replace(unfinished, task.target)


def _measure(document: dict[str, Any], text: str, about: Measuring) -> dict[str, Rows]:
    """Measure one document: its rows of each table."""
    key = document["document"]
    sentences, left_out, paragraphs = read_sentences(document, text)
    body = [one for one in sentences if one.kind != "heading"]
    named = [(one, mentions) for one in sentences if (mentions := about.powers.find(one.text))]
    plain = plain_scores([one.text for one in sentences]).itertuples(index=False, name=None)
    sizes = {"paragraphs": paragraphs, "sentences": len(body), "words": sum(len(one.words) for one in body)}
    measured = document | sizes | {"corpus": about.study.name}
    state = document["speaker_state"]
    rows: Rows = [(one.locator, *name, one.text, state) for one, found in named for name in found]
    return {
        "documents": [tuple(measured.get(name, "") for name in TABLES["documents"].names)],
        "sentences": [
            (*one[:5], len(one.words), *scores, fingerprint(one.words))
            for one, scores in zip(sentences, plain, strict=True)
        ],
        "mentions": list(_scored(rows, about.study)) if about.scored else rows,
        "terms": list(_terms(key, body, about.study.phrases)),
        "contexts": list(_contexts(key, named, about.powers)),
        "left_out": [(key, *line) for line in left_out],
    }


def read_sentences(document: dict[str, Any], text: str) -> tuple[list[Sentence], Any, int]:
    """Cut a document's text into sentences.

    Parameters
    ----------
    document
        Its key ``document``, ``title``, ``authors``, ``layout`` and ``standfirst``.

    Returns
    -------
    sentences : list of Sentence
    left_out : list of (line, reason, words)
    paragraphs : int
        How many of body and quotations.

    Raises
    ------
    StudyError
        If nothing of the text is the document's own.
    """
    facts = {name: document[name] for name in ("title", "authors", "layout", "standfirst")}
    paragraphs, left_out = clean_paragraphs(text, **facts)
    if not any(kind == "body" for _, kind, _ in paragraphs):
        raise StudyError("no paragraph of running text in it; check that the whole page was saved")
    key, sentences = document["document"], []
    for paragraph, kind, content in paragraphs:
        spans = [(0, len(content))] if kind == "heading" else split_sentences(content)
        for position, (start, end) in enumerate(spans, start=int(kind != "heading")):
            one, place = content[start:end], (key, paragraph, position, kind)
            sentences.append(Sentence(f"{key}:{paragraph}:{position}", *place, one, find_words(one)))
    return sentences, left_out, sum(kind in ("body", "quotation") for _, kind, _ in paragraphs)


def _scored(mentions: Rows, study: Study) -> Iterator[tuple[Any, ...]]:
    """Score the mentions of one document: rows of the table mentions."""
    if mentions:
        frame = pd.DataFrame(mentions, columns=UNSCORED)[["text", "start", "end", "power"]]
        subject, first_person = speaker(mentions[0][-1], study)
        scores = score_targets(frame, subject=subject, first_person=first_person)[list(SCORES)]
        for mention, (tone, stance, *more) in zip(mentions, scores.itertuples(index=False), strict=True):
            yield (*mention[:-2], round(tone, 4), round(stance, 4), *more)


def speaker(state: str, study: Study) -> tuple[tuple[str, ...], bool]:
    """Give whose stance a document of this speaking state tells, and whether it says "we" of itself."""
    if not state:
        return study.subject, study.first_person
    states = load_states()
    known = state in states.index
    return (states.at[state, "name"], *states.at[state, "words"]) if known else (state,), True


def fingerprint(words: Sequence[str]) -> str:
    """Give the first 12 hex digits of the SHA-256 of a sentence's words, which prove its text."""
    return sha256(" ".join(words).encode()).hexdigest()[:12]


def _terms(key: str, sentences: Sequence[Sentence], phrases: Iterable[str]) -> Iterator[tuple[Any, ...]]:
    """Count the words of each paragraph, and terms of several words, in alphabetical order."""
    lines = [" ".join(one.words) for one in sentences]
    inside = "\n".join(lines)
    patterns = [_pattern(phrase) for phrase in phrases if phrase.removesuffix("*") in inside]
    counts: dict[int, Counter[str]] = {}
    for one, line in zip(sentences, lines, strict=True):
        # What two phrases find in one place is one term.
        longer = {(match.span(), match[0]) for pattern in patterns for match in pattern.finditer(line)}
        counts.setdefault(one.paragraph, Counter()).update([*one.words, *(term for _, term in longer)])
    for paragraph, terms in counts.items():
        for term in sorted(terms):
            yield key, paragraph, term, terms[term]


def _pattern(phrase: str) -> re.Pattern[str]:
    ending = r"\S*" if phrase.endswith("*") else ""
    return re.compile(rf"(?<!\S){re.escape(phrase.removesuffix('*'))}{ending}(?!\S)")


def _contexts(
    key: str, named: Iterable[tuple[Sentence, Sequence[Mention]]], powers: Powers
) -> Iterator[tuple[Any, ...]]:
    """Count the words of the sentences that name a power, and those inside its own names."""
    near: dict[str, Counter[str]] = {power: Counter() for power in powers.keys}
    bare: dict[str, Counter[str]] = {power: Counter() for power in powers.keys}
    for one, mentions in named:
        if one.kind != "heading":
            for power in {mention.power for mention in mentions}:
                near[power].update(one.words)
                bare[power].update(find_words(_without(one.text, mentions, power)))
    for power, terms in near.items():
        for term in sorted(terms):
            yield key, power, term, terms[term], max(0, terms[term] - bare[power][term])


def _without(sentence: str, mentions: Sequence[Mention], power: str) -> str:
    """Take a power's names out of a sentence, with what a hyphen joins to them (anti-Russian)."""
    kept, done = [], 0
    for mention in mentions:
        if mention.power == power and mention.end > done:
            start, end = mention.start, mention.end
            while start > done and (sentence[start - 1].isalnum() or sentence[start - 1] in "-‑"):
                start -= 1
            while end < len(sentence) and (sentence[end].isalnum() or sentence[end] in "-‑"):
                end += 1
            kept.append(sentence[done:start])
            done = end
    return " ".join([*kept, sentence[done:]])
