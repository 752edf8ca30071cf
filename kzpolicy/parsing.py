"""A folder of texts in, a `Corpus` out: reading, segmenting, matching, counting."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any, NamedTuple
from uuid import uuid4

import pandas as pd

from kzpolicy.corpus import Corpus
from kzpolicy.errors import StudyError
from kzpolicy.gathering import Facts, gather, pack, read_document, source_hash, unpack
from kzpolicy.parts import (
    Stores,
    clear_parts,
    cut_rows,
    finished_part,
    program,
    read_parts,
    write_part,
)
from kzpolicy.powers import Mention, Powers, load_powers
from kzpolicy.running import run_tasks
from kzpolicy.schema import PARSED, TABLES, check, check_references
from kzpolicy.scoring import SCORES, Scorer, ScorerError, check_scores
from kzpolicy.segmenting import split_sentences
from kzpolicy.speeches import load_states
from kzpolicy.storing import cannot_write
from kzpolicy.targets import score_mentions
from kzpolicy.themes import load_themes, phrases
from kzpolicy.tokens import Near, Place, count_contexts, count_terms, make_sentences, read_tokens

# Of one document: in a list of names without a full stop, each takes a thousandth of a second.
MOST_MENTIONS = 20_000
CURATED = tuple(name for name, table in TABLES.items() if table.curated)


def parse_corpus(
    folder: str | Path,
    *,
    corpus: str = "articles",
    sources: pd.DataFrame | None = None,
    curated: dict[str, pd.DataFrame] | None = None,
    powers: Powers | None = None,
    themes: pd.DataFrame | None = None,
    collapse: bool = True,
    strict: bool = False,
    scorer: Scorer | None = None,
) -> Corpus:
    """Parse a folder of documents into a corpus, held in memory; for more texts see `build_study`.

    Parameters
    ----------
    folder
        A folder, with folders in it or not, of

        - files, a document each: ``.txt``, ``.md`` (the markup is taken off), ``.html`` (the main
          text is found), ``.pdf``, ``.docx``;
        - tables, a document a row: ``.csv``, ``.xlsx`` (first sheet), ``.jsonl``, ``.parquet``, with
          a column ``text`` (or ``body``, ``content``).

        A text is in UTF-8, in UTF-16 with its mark, or in an older encoding; ``notes`` of a document
        says when it was not UTF-8, and how many characters that show nothing were taken out.

        A document needs a date. Its facts come from, the strongest first,

        1. ``sources.csv`` in the folder, a row a document: ``document`` (key), ``file``, ``title``,
           ``published_from``; and, where known, ``published_to``, ``date_basis``, ``authors`` (with
           ``;`` between), ``outlet``, ``outlet_country``, ``outlet_type``, ``outlet_group``,
           ``speaker_state``, ``url``, ``language``, ``label``, ``notes``, ``layout`` (``page`` or
           ``speech``, see `kzpolicy.reading.clean_paragraphs`).
           `kzpolicy.gathering.write_template` writes one, filled as far as can be;
        2. Markdown's front matter, or a table's columns: ``title``, ``date``, ``authors``,
           ``outlet``, ``url``;
        3. an export of references: ``.ris``, ``.bib``, CSL's ``.json`` (as Zotero writes them), or a
           table with a column ``file``; a record is matched by its attachment, its key or its title;
        4. what a page of HTML, a PDF or a Word file states of itself (of HTML only, a date);
        5. a date in the file's name, as in ``2019-05-06-road.txt``.

        A date may be 2019, 2019-05 or 2019-05/2019-06: ``published_from`` and ``published_to`` are then
        the first and the last day, and ``date_basis`` says so. A folder of General Debate statements
        needs nothing, see `kzpolicy.speeches.debate_sources`.
    corpus
        Name of the corpus.
    sources
        The sources table, where the folder has none (an earlier build's documents serve).
    curated
        Tables written by people (codes, paraphrases, events, exceptions), kept and checked.
    powers, themes
        Own powers and themes; None for the built-in ones.
    collapse
        Whether to keep only the earliest of articles that nearly repeat one another, as syndicated
        ones do (four fifths of their runs of five words). Speeches are never compared.
    strict
        Whether a file that cannot be used is an error, or a row of the table ``skipped``.
    scorer
        What scores the mentions, see `kzpolicy.scoring.Scorer`; None for `score_targets`.

    Returns
    -------
    Corpus
        All tables, without any text.

    Raises
    ------
    StudyError
        If ``sources.csv`` is no such table, no document is left, or a curated table points to a
        sentence that is not there.
    """
    options = {"corpus": corpus, "sources": sources, "curated": curated, "powers": powers, "themes": themes}
    with TemporaryDirectory(ignore_cleanup_errors=True) as working:
        parts = Path(working) / "parts"
        parsed = parse_parts(folder, parts, collapse=collapse, strict=strict, scorer=scorer, **options)  # type: ignore[arg-type]
        return parsed.read()


@dataclass(frozen=True)
class Parsed:
    """What was parsed: the tables of each part, on disk, and the tables that are not in parts."""

    parts: list[Stores]
    whole: dict[str, pd.DataFrame]

    def rows(self, table: str) -> int:
        """Number of rows of a table in parts."""
        return sum(part[table].rows for part in self.parts)

    def read(self) -> Corpus:
        """Put all tables together."""
        tables = {name: read_parts([part[name].path for part in self.parts], name) for name in PARSED}
        return Corpus(**tables, **self.whole)


def parse_parts(
    folder: str | Path,
    working: Path,
    *,
    corpus: str,
    sources: pd.DataFrame | None = None,
    curated: dict[str, pd.DataFrame] | None = None,
    powers: Powers | None = None,
    themes: pd.DataFrame | None = None,
    collapse: bool = True,
    strict: bool = False,
    scorer: Scorer | None = None,
    workers: int = 1,
    scheduler: str = "",
) -> Parsed:
    """Parse a folder of text files part by part; see `parse_corpus`.

    Parameters
    ----------
    working
        Folder for the parts. Those that an earlier call finished there from the same files, by
        the same program and settings, are taken as they are.
    workers, scheduler
        Who does it, see `kzpolicy.running.run_tasks`.
    """
    folder, powers = Path(folder).absolute(), powers or load_powers()
    curated = {name: (curated or {}).get(name, TABLES[name].empty()) for name in CURATED}
    rows, skipped = gather(folder, sources, curated["exceptions"], collapse=collapse, strict=strict)
    multiword = phrases(load_themes() if themes is None else themes)
    # Another's scorer may change without a trace: the parts it scored are of this call alone.
    run = "" if scorer is None else uuid4().hex
    settings = repr((program(), corpus, powers.path.read_bytes(), multiword, run))
    of, tasks, sizes = len(rows), {}, {}
    for number, (part, size, digest) in enumerate(cut_rows(folder, rows), start=1):
        name = f"part-{number:05}-{sha256((settings + digest).encode()).hexdigest()[:16]}"
        tasks[name] = _Task(
            folder, working.absolute(), name, corpus, pack(part), powers, multiword, strict, scorer, program()
        )
        sizes[name] = (len(part), size)
    del rows
    names = list(tasks)
    try:
        clear_parts(working, names)
        working.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(working.parent, error) from None
    try:
        finished = {name: finished_part(working, name) for name in names}
        before = [sizes[name] for name in names if finished[name]]
        progress = _Progress(of, sum(size for _, size in sizes.values()), before)
        # A task is let go once it is given out: its rows are needed no more.
        waiting = (tasks.pop(name) for name in names if not finished[name])
        with closing(run_tasks(_parse_part, waiting, workers=workers, scheduler=scheduler)) as done:
            for name in done:
                finished[name] = finished_part(working, name)
                progress.add(*sizes[name])
        parts = list(finished.values())
        whole = {"skipped": _skipped(folder, skipped, parts, strict, of), **curated}
        check_curated(whole, parts, powers)
    except BaseException:
        clear_parts(working, names if len(names) > 1 else ())  # one part is not worth keeping
        raise
    return Parsed(parts, whole)


@dataclass(frozen=True)
class _Task:
    """A part of the documents, and all that is needed to parse it somewhere else."""

    folder: Path
    working: Path
    name: str
    corpus: str
    rows: bytes
    powers: Powers
    multiword: list[str]
    strict: bool
    scorer: Scorer | None
    program: str


@contextmanager
def _rarely_collecting() -> Iterator[None]:
    """Look for garbage less often: many rows are made here, and each look goes through them all."""
    before = gc.get_threshold()
    gc.freeze()  # what was there before is not gone through
    gc.set_threshold(50_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.collect()  # once, or what the readers of files leave behind would grow with the corpus
        gc.unfreeze()


@_rarely_collecting()
def _parse_part(task: _Task) -> str:
    """Parse, check and write one part; give its name."""
    if task.program != program():
        raise StudyError(
            "a worker has another kzpolicy, Python or package than this process; install the same"
        )
    if not (task.folder.is_dir() and task.working.is_dir()):
        raise StudyError(f"{task.folder}: a worker does not see it; the cluster must share the disk")
    if finished_part(task.working, task.name):  # by a worker that ended before it could say so
        return task.name
    found, skipped = [], []
    for row in unpack(task.rows):
        try:
            found.append(_parse_document(task.folder, row, task.powers, task.scorer))
        except StudyError as error:
            if task.strict or isinstance(error, ScorerError):
                raise
            skipped.append((row["file"], str(error).removeprefix(f"{task.folder / row['file']}: ")))
    frames = _tables(found, task)
    del found
    checked = {name: check(frames.pop(name), name) for name in PARSED}
    check_references(checked)
    checked["skipped"] = check(pd.DataFrame(skipped, columns=["file", "reason"]).drop_duplicates(), "skipped")
    write_part(task.working, task.name, checked)
    return task.name


def _tables(found: Sequence[_Document], task: _Task) -> dict[str, pd.DataFrame]:
    """Make the tables of documents; their tokens are read together."""
    places = [place for document in found for place in document.places]
    read = read_tokens([text for document in found for text in document.texts])
    near: list[Near] = []
    first = 0
    for document in found:
        near += [(key, power, first + at, bare) for key, power, at, bare in document.near]
        first += len(document.places)
    blank, corpus = dict.fromkeys(TABLES["documents"].names, ""), {"corpus": task.corpus}
    documents = pd.DataFrame([blank | one.facts | corpus for one in found], columns=[*blank])
    sentences = make_sentences(places, read)
    words = sentences[sentences["kind"] != "heading"].groupby("document")["words"].sum()
    mentions = _frame([row for document in found for row in document.mentions], "mentions")
    return {
        "documents": documents.assign(words=documents["document"].map(words).fillna(0)),
        "sentences": sentences,
        "mentions": mentions.round({"tone": 4, "stance": 4}),
        "terms": count_terms(places, read, task.multiword),
        "contexts": count_contexts(near, read),
        "left_out": _frame([row for document in found for row in document.left_out], "left_out"),
    }


def _skipped(
    folder: Path, before: list[tuple[str, str]], parts: Sequence[Stores], strict: bool, of: int
) -> pd.DataFrame:
    """List the files that could not be used; an error if that is all of them, or one if strict."""
    found = read_parts([part["skipped"].path for part in parts], "skipped").astype("str")
    first = pd.DataFrame(before, columns=found.columns, dtype="str")
    skipped = pd.concat([first, found], ignore_index=True).drop_duplicates(ignore_index=True)
    if not skipped.empty and not any(part["documents"].rows for part in parts):
        file, reason = skipped.iloc[0]
        others = f" (and {of - 1:,} more texts, none of which can be used)" if of > 1 and not strict else ""
        raise StudyError(f"{folder / file}: {reason}{others}")
    return check(skipped, "skipped")


def check_curated(whole: dict[str, pd.DataFrame], parts: Sequence[Stores], powers: Powers) -> None:
    """Check that every sentence that people wrote about is there."""
    cells = [whole[name]["sentence"] for name in CURATED if "sentence" in whole[name]]
    wanted = set(pd.concat(cells)) | {s for cell in whole["events"]["sentences"] for s in cell.split(";")}
    found: list[str] = []
    for part in parts if wanted else ():
        sentences = read_parts([part["sentences"].path], "sentences")["sentence"]
        found += sentences[sentences.isin(wanted)].tolist()
    known = pd.DataFrame({"sentence": found, "document": [s.split(":")[0] for s in found]}, dtype="str")
    # An exception's document was looked up when the sources were read.
    check_references({n: whole[n] for n in CURATED} | {"sentences": known, "documents": known})
    check_events({"events": whole["events"], "sentences": known}, powers)


def _frame(rows: Sequence[tuple[Any, ...]], name: str) -> pd.DataFrame:
    """Make a table's frame of its rows: column by column, which is faster."""
    names = TABLES[name].names
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    return pd.DataFrame({name: list(values) for name, values in zip(names, columns, strict=True)})


class _Progress:
    """Says on standard error how much of a corpus of several parts is read, how fast, and what remains."""

    def __init__(self, of: int, size: int, finished: Sequence[tuple[int, int]]) -> None:
        self._of, self._size, self._start = of, size, monotonic()
        self._read = sum(documents for documents, _ in finished)
        self._before = self._done = sum(held for _, held in finished)
        if finished:
            print(f"{self._read:,} of {of:,} texts were read before", file=sys.stderr, flush=True)

    def add(self, documents: int, size: int) -> None:
        self._read, self._done = self._read + documents, self._done + size
        if self._read == documents == self._of:
            return
        rate = (self._done - self._before) / max(monotonic() - self._start, 1e-9)
        left = (self._size - self._done) / rate if rate else 0
        line = f"read {self._read:,} of {self._of:,} texts, {rate / 1e6:.2f} MB/s"
        print(line + (f", about {_minutes(left)} left" if left else ""), file=sys.stderr, flush=True)


def _minutes(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{max(1, minutes)} min"


def parse_sentences(
    folder: str | Path, exceptions: pd.DataFrame | None = None, *, documents: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Parse a folder's sentences with their text, for those who have the texts.

    Parameters
    ----------
    folder, exceptions
        As in `parse_corpus`.
    documents
        Rows of the table ``documents``: only these are read. None reads all files.

    Returns
    -------
    DataFrame
        ``sentence``, ``document``, ``kind``, ``text``, ``powers`` (list of the keys named).
    """
    folder, powers, rows = Path(folder), load_powers(), []
    exceptions = TABLES["exceptions"].empty() if exceptions is None else exceptions
    wanted = None if documents is None else set(documents["document"])
    for source in gather(folder, documents, exceptions, collapse=False)[0]:
        key = source["document"]
        if wanted is not None and key not in wanted:
            continue
        try:
            paragraphs, _ = read_document(folder, source)
        except StudyError:  # a build names it
            continue
        for paragraph, kind, text in paragraphs:
            for position, sentence in _numbered(text, kind):
                named = sorted({m.power for m in powers.find(sentence)})
                rows.append((f"{key}:{paragraph}:{position}", key, kind, sentence, named))
    return pd.DataFrame(rows, columns=["sentence", "document", "kind", "text", "powers"])


class _Document(NamedTuple):
    """What is read of a document: its sentences, rows of other tables, and its own row."""

    places: list[Place]
    texts: list[str]
    near: list[Near]
    mentions: list[tuple[Any, ...]]
    left_out: list[tuple[Any, ...]]
    facts: Facts


def _parse_document(folder: Path, row: Facts, powers: Powers, scorer: Scorer | None = None) -> _Document:
    """Read a document; its tokens are left for those of others to join them."""
    key = row["document"]
    paragraphs, left_out = read_document(folder, row)
    numbered = [
        ((f"{key}:{paragraph}:{position}", key, paragraph, position, kind), sentence)
        for paragraph, kind, text in paragraphs
        for position, sentence in _numbered(text, kind)
    ]
    places, texts = [place for place, _ in numbered], [text for _, text in numbered]
    near: list[Near] = []
    mentions: list[tuple[Any, ...]] = []
    for at, found in powers.find_each(texts):
        locator, *_, kind = places[at]
        mentions += [(locator, *m, texts[at]) for m in found]
        if len(mentions) > MOST_MENTIONS:
            what = f"more than {MOST_MENTIONS:,} names of powers; split it into its documents"
            raise StudyError(f"{folder / row['file']}: {what}")
        if kind != "heading":
            named = {mention.power for mention in found}
            near += [(key, power, at, _without(texts[at], found, power)) for power in named]
    place = {power: i for i, power in enumerate(powers.keys)}
    near.sort(key=lambda one: (place[one[1]], one[2]))
    sizes = {
        "paragraphs": sum(kind in ("body", "quotation") for _, kind, _ in paragraphs),
        "sentences": sum(kind != "heading" for *_, kind in places),
        "sha256": source_hash(folder, row),
    }
    scored = list(_scored(mentions, row.get("speaker_state", ""), scorer))
    return _Document(places, texts, near, scored, [(key, *line) for line in left_out], row | sizes)


def _scored(
    mentions: Sequence[tuple[Any, ...]], state: str, scorer: Scorer | None
) -> Iterator[tuple[Any, ...]]:
    """Score each mention's tone and stance; the subject is the speaking state, or Kazakhstan."""
    subject = _names(state) if state else ("Kazakhstan",)
    targets = [(text, start, end, power) for _, power, start, end, _, _, text in mentions]
    scores: Iterable[Sequence[Any]]
    if scorer is None:
        scores = score_mentions(targets, subject, bool(state))
    else:
        frame = pd.DataFrame(targets, columns=["text", "start", "end", "power"])
        scored = check_scores(scorer(frame, subject=subject, first_person=bool(state)), frame)
        scores = scored[list(SCORES)].itertuples(index=False, name=None)
    for mention, score in zip(mentions, scores, strict=True):
        yield (*mention[:-1], *score)


@lru_cache(maxsize=512)
def _names(state: str) -> tuple[str, ...]:
    states = load_states()
    return (states.at[state, "name"], *states.at[state, "words"]) if state in states.index else (state,)


def _numbered(text: str, kind: str) -> Iterator[tuple[int, str]]:
    """Number a paragraph's sentences from 1; a heading is one sentence, number 0."""
    if kind == "heading":
        yield 0, text
        return
    for position, (start, end) in enumerate(split_sentences(text), start=1):
        yield position, text[start:end]


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


def check_events(tables: dict[str, pd.DataFrame], powers: Powers) -> None:
    """Check that every event names known sentences and powers and has a date of its precision."""
    known = set(tables["sentences"]["sentence"])
    for number, row in enumerate(tables["events"].fillna("").itertuples(), start=2):
        strange = [s for s in row.sentences.split(";") if s not in known]
        unknown = [p for p in row.powers.split(";") if p and p not in powers.keys]
        fault = ""
        if strange:
            fault = f"sentence {strange[0]} is not in sentences.csv"
        elif unknown:
            fault = f"no power {unknown[0]!r} (known are {', '.join(powers.keys)})"
        elif not _is_date(row.date, row.precision):
            fault = f"{row.date!r} is not a date of precision {row.precision}"
        if fault:
            raise StudyError(f"events.csv: row {number}: {fault}; correct it")


def _is_date(date: str, precision: str) -> bool:
    form = {"day": "%Y-%m-%d", "month": "%Y-%m"}.get(precision, "%Y")
    parts = date.split("/")
    if len(parts) != (2 if precision in ("span", "decade") else 1):
        return False
    read = pd.to_datetime(pd.Series(parts), format=form, errors="coerce", exact=True)
    return bool(read.notna().all() and read.is_monotonic_increasing)
