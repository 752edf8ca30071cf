"""A folder of texts in, a `Corpus` out: reading, segmenting, matching, counting."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd

from kzpolicy.corpus import Corpus
from kzpolicy.errors import StudyError
from kzpolicy.gathering import gather, read_document, source_hash
from kzpolicy.powers import Mention, Powers, load_powers
from kzpolicy.schema import LARGE, TABLES, check, check_references
from kzpolicy.segmenting import find_words, split_sentences
from kzpolicy.speeches import load_states
from kzpolicy.targets import score_targets
from kzpolicy.themes import load_themes, phrases
from kzpolicy.vader import plain_scores

_MEASURED = ("sentences", "mentions", "terms", "contexts", "left_out")
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
) -> Corpus:
    """Parse a folder of documents into a corpus.

    Parameters
    ----------
    folder
        A folder, with folders in it or not, of

        - files, a document each: ``.txt``, ``.md`` (the markup is taken off), ``.html`` (the main
          text is found), ``.pdf``, ``.docx``;
        - tables, a document a row: ``.csv``, ``.xlsx`` (first sheet), ``.jsonl``, ``.parquet``, with
          a column ``text`` (or ``body``, ``content``).

        A text is in UTF-8, in UTF-16 with its mark, or in cp1251 or cp1252; ``notes`` of a document
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

        A date may be 2019 or 2019-05: ``published_from`` and ``published_to`` are then the first and
        the last day, and ``date_basis`` says so. A folder of General Debate statements needs nothing,
        see `kzpolicy.speeches.debate_sources`.
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

    Returns
    -------
    Corpus
        All tables, without any text. What gave no document is in ``documents.attrs["skipped"]``, a
        list of file and reason.

    Raises
    ------
    StudyError
        If ``sources.csv`` is no such table, no document is left, or a curated table points to a
        sentence that is not there.
    """
    folder, powers = Path(folder), powers or load_powers()
    curated = {name: (curated or {}).get(name, TABLES[name].empty()) for name in CURATED}
    rows, skipped = gather(folder, sources, curated["exceptions"], collapse=collapse)
    multiword: dict[str, list[str]] = {}
    for phrase in phrases(load_themes() if themes is None else themes):
        multiword.setdefault(phrase.split(" ")[0], []).append(phrase)
    tables = {name: _Rows(TABLES[name].names) for name in _MEASURED}
    documents = []
    for number, row in enumerate(rows, start=1):
        try:
            document = _parse_document(folder, row, powers, multiword, tables)
        except StudyError as error:
            skipped.append((row["file"], str(error).removeprefix(f"{folder / row['file']}: ")))
            continue
        documents.append({**{c: "" for c in TABLES["documents"].names}, **row, "corpus": corpus, **document})
        _show_progress(number, len(rows))
    if not documents:
        file, reason = skipped[0]
        raise StudyError(f"{folder / file}: {reason}; no document is left")
    frames = {name: table.frame() for name, table in tables.items()}
    frames["documents"] = pd.DataFrame(documents)[TABLES["documents"].names]
    checked = {name: check(frame, name) for name, frame in (frames | curated).items()}
    check_references(checked)
    check_events(checked, powers)
    checked["documents"].attrs["skipped"] = skipped
    return Corpus(**checked)


class _Rows:
    """A table that grows row by row and keeps every text once, so that it stays small."""

    def __init__(self, names: Sequence[str]) -> None:
        self._columns: dict[str, list[Any]] = {name: [] for name in names}
        self._texts: dict[str, str] = {}

    def add(self, rows: Iterable[Sequence[Any]]) -> None:
        texts = self._texts
        for column, values in zip(self._columns.values(), zip(*rows, strict=True), strict=False):
            if isinstance(values[0], str):
                column += [texts.setdefault(value, value) for value in values]
            else:
                column += values

    def frame(self) -> pd.DataFrame:
        """Give the table, and let go of the rows."""
        frame = pd.DataFrame({name: _packed(self._columns.pop(name)) for name in list(self._columns)})
        self._texts.clear()
        return frame


def _packed(values: list[Any]) -> Any:
    """Pack the texts of a large table as categories where they repeat; see `kzpolicy.schema.LARGE`."""
    if len(values) > LARGE and isinstance(values[0], str):
        known = sorted(set(values))
        if 2 * len(known) < len(values):
            codes = {value: code for code, value in enumerate(known)}
            return pd.Categorical.from_codes([codes[value] for value in values], known)
    return values


def _show_progress(done: int, of: int) -> None:
    """Count the documents of a large corpus on standard error."""
    if of >= 100 and (done % 100 == 0 or done == of):
        print(f"read {done:,} of {of:,} texts", file=sys.stderr, flush=True)


def parse_sentences(folder: str | Path, exceptions: pd.DataFrame | None = None) -> pd.DataFrame:
    """Parse a folder's sentences with their text, for those who have the texts.

    Parameters
    ----------
    folder, exceptions
        As in `parse_corpus`.

    Returns
    -------
    DataFrame
        ``sentence``, ``document``, ``kind``, ``text``, ``powers`` (list of the keys named).
    """
    folder, powers, rows = Path(folder), load_powers(), []
    exceptions = TABLES["exceptions"].empty() if exceptions is None else exceptions
    for source in gather(folder, None, exceptions, collapse=False)[0]:
        try:
            paragraphs, _ = read_document(folder, source)
        except StudyError:  # a build names it
            continue
        for paragraph, kind, text in paragraphs.itertuples(index=False):
            for position, sentence in _numbered(text, kind):
                named = sorted({m.power for m in powers.find(sentence)})
                rows.append(
                    (
                        f"{source['document']}:{paragraph}:{position}",
                        source["document"],
                        kind,
                        sentence,
                        named,
                    )
                )
    return pd.DataFrame(rows, columns=["sentence", "document", "kind", "text", "powers"])


def _parse_document(
    folder: Path,
    row: dict[str, Any],
    powers: Powers,
    multiword: Mapping[str, Sequence[str]],
    tables: dict[str, _Rows],
) -> dict[str, Any]:
    """Add a document's rows to the tables; give its sizes."""
    key = row["document"]
    paragraphs, left_out = read_document(folder, row)
    sentences, mentions, terms, contexts = [], [], [], []
    near: dict[str, Counter[str]] = {p.key: Counter() for p in powers}
    others: dict[str, Counter[str]] = {p.key: Counter() for p in powers}
    for paragraph, kind, text in paragraphs.itertuples(index=False):
        counts: Counter[str] = Counter()
        for position, sentence in _numbered(text, kind):
            locator = f"{key}:{paragraph}:{position}"
            words = find_words(sentence)
            found = powers.find(sentence)
            sentences.append(
                (locator, key, paragraph, position, kind, len(words), _fingerprint(words), sentence)
            )
            mentions += [(locator, *m, sentence) for m in found]
            if kind != "heading":
                counts.update(words)
                counts.update(_count_phrases(words, multiword))
                for power in {m.power for m in found}:
                    near[power].update(words)
                    others[power].update(find_words(_without(sentence, found, power)))
        terms += [(key, paragraph, term, count) for term, count in sorted(counts.items())]
    for power, counter in near.items():
        rest = others[power]
        contexts += [(key, power, term, n, max(0, n - rest[term])) for term, n in sorted(counter.items())]
    scores = plain_scores([row[-1] for row in sentences]).itertuples(index=False, name=None)
    tables["sentences"].add((*row[:6], *score, row[6]) for row, score in zip(sentences, scores, strict=True))
    tables["mentions"].add(_scored(mentions, row.get("speaker_state", "")))
    tables["terms"].add(terms)
    tables["contexts"].add(contexts)
    tables["left_out"].add((key, *row) for row in left_out.itertuples(index=False, name=None))
    counted = [row[5] for row in sentences if row[4] != "heading"]
    return {
        "paragraphs": int(paragraphs["kind"].isin(["body", "quotation"]).sum()),
        "sentences": len(counted),
        "words": sum(counted),
        "sha256": source_hash(folder, row),
    }


def _scored(mentions: Sequence[tuple[Any, ...]], state: str) -> Iterator[tuple[Any, ...]]:
    """Score each mention's tone and stance; the subject is the speaking state, or Kazakhstan."""
    frame = pd.DataFrame(mentions, columns=["sentence", *Mention._fields, "text"])
    states = load_states()
    names = [states.at[state, "name"], *states.at[state, "words"]] if state in states.index else state
    scores = score_targets(frame, subject=names or "Kazakhstan", first_person=bool(state))
    columns = ["sentence", *Mention._fields, "tone", "stance", "tone_class", "stance_class", "because"]
    rounded = scores.assign(tone=scores["tone"].round(4), stance=scores["stance"].round(4))
    return rounded[columns].itertuples(index=False, name=None)  # type: ignore[no-any-return]


def _numbered(text: str, kind: str) -> Iterator[tuple[int, str]]:
    """Number a paragraph's sentences from 1; a heading is one sentence, number 0."""
    if kind == "heading":
        yield 0, text
        return
    for position, (start, end) in enumerate(split_sentences(text), start=1):
        yield position, text[start:end]


def _count_phrases(words: Sequence[str], multiword: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield each occurrence of a term of several words, as it stands in the sentence."""
    candidates = [phrase for first in set(words) & multiword.keys() for phrase in multiword[first]]
    line = f" {' '.join(words)} " if candidates else ""
    found = set()
    for phrase in candidates:
        stem = phrase.removesuffix("*")
        if f" {stem}" in line:
            ending = r"\S*" if phrase.endswith("*") else ""
            pattern = rf"(?<=\s){re.escape(stem)}{ending}(?=\s)"
            found |= {(m.span(), m.group()) for m in re.finditer(pattern, line)}
    yield from (term for _, term in sorted(found))


def _without(sentence: str, mentions: Sequence[Mention], power: str) -> str:
    """Take a power's names out of a sentence, with what a hyphen joins to them (anti-Russian)."""
    for mention in reversed(mentions):
        if mention.power == power:
            start, end = mention.start, mention.end
            while start and (sentence[start - 1].isalnum() or sentence[start - 1] in "-‑"):
                start -= 1
            while end < len(sentence) and (sentence[end].isalnum() or sentence[end] in "-‑"):
                end += 1
            sentence = sentence[:start] + " " + sentence[end:]
    return sentence


def _fingerprint(words: Sequence[str]) -> str:
    return sha256(" ".join(words).encode()).hexdigest()[:12]


def check_events(tables: dict[str, pd.DataFrame], powers: Powers) -> None:
    """Check that every event names known sentences and powers and has a date of its precision."""
    known = set(tables["sentences"]["sentence"])
    for number, row in enumerate(tables["events"].fillna("").itertuples(), start=2):
        strange = [s for s in row.sentences.split(";") if s not in known]
        unknown = [p for p in row.powers.split(";") if p and p not in powers.keys]
        if strange:
            raise StudyError(
                f"events.csv: row {number}: sentence {strange[0]} is not in sentences.csv; correct it"
            )
        if unknown:
            raise StudyError(
                f"events.csv: row {number}: no power {unknown[0]!r}; known are {', '.join(powers.keys)}"
            )
        if not _is_date(row.date, row.precision):
            raise StudyError(
                f"events.csv: row {number}: {row.date!r} is not a date of precision {row.precision}"
            )


def _is_date(date: str, precision: str) -> bool:
    form = {"day": "%Y-%m-%d", "month": "%Y-%m"}.get(precision, "%Y")
    parts = date.split("/")
    if len(parts) != (2 if precision in ("span", "decade") else 1):
        return False
    read = pd.to_datetime(pd.Series(parts), format=form, errors="coerce", exact=True)
    return bool(read.notna().all() and read.is_monotonic_increasing)
