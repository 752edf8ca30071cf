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
from kzpolicy.powers import Mention, Powers, load_powers
from kzpolicy.reading import clean_paragraphs, read_text
from kzpolicy.schema import LARGE, TABLES, check, check_references
from kzpolicy.segmenting import find_words, split_sentences
from kzpolicy.speeches import debate_sources, load_states
from kzpolicy.targets import score_targets
from kzpolicy.themes import load_themes, phrases
from kzpolicy.vader import plain_scores

SOURCES = "sources.csv"
_NEEDED = ("document", "file", "title", "authors", "outlet", "published_from", "published_to", "date_basis")
_OPTIONAL = ("outlet_country", "outlet_type", "outlet_group", "speaker_state", "url", "notes")
# What an exception may change: facts, never what is computed, the key or the file.
_DECLARED = (*_NEEDED[2:], *_OPTIONAL, "label", "language", "standfirst", "layout")
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
) -> Corpus:
    """Parse a folder of text files into a corpus.

    Parameters
    ----------
    folder
        A folder of ``.txt`` files with a ``sources.csv``, one row a file: ``document`` (key),
        ``file``, ``title``, ``authors``, ``outlet``, ``published_from``, ``published_to``
        (YYYY-MM-DD), ``date_basis``; and, where known, ``outlet_country``, ``outlet_type``,
        ``outlet_group``, ``speaker_state``, ``url``, ``language``, ``label``, ``notes``,
        ``layout`` (``page`` or ``speech``, see `kzpolicy.reading.clean_paragraphs`). A folder of
        General Debate statements needs none, see `kzpolicy.speeches.debate_sources`.
    corpus
        Name of the corpus.
    sources
        The sources table, where the folder has none (an earlier build's documents serve).
    curated
        Tables written by people (codes, paraphrases, events, exceptions), kept and checked.
    powers, themes
        Own powers and themes; None for the built-in ones.

    Returns
    -------
    Corpus
        All tables, without any text.

    Raises
    ------
    StudyError
        If a file or its row is missing, a file cannot be read, a key stands twice, a date is
        impossible, or a curated table points to a sentence that is not there.
    """
    folder, powers = Path(folder), powers or load_powers()
    curated = {name: (curated or {}).get(name, TABLES[name].empty()) for name in CURATED}
    rows = _sources(folder, sources, curated["exceptions"])
    multiword: dict[str, list[str]] = {}
    for phrase in phrases(load_themes() if themes is None else themes):
        multiword.setdefault(phrase.split(" ")[0], []).append(phrase)
    tables = {name: _Rows(TABLES[name].names) for name in _MEASURED}
    documents = []
    for number, row in enumerate(rows, start=1):
        document = _parse_document(folder, row, powers, multiword, tables)
        documents.append({**{c: "" for c in TABLES["documents"].names}, **row, "corpus": corpus, **document})
        _show_progress(number, len(rows))
    frames = {name: table.frame() for name, table in tables.items()}
    frames["documents"] = pd.DataFrame(documents)[TABLES["documents"].names]
    checked = {name: check(frame, name) for name, frame in (frames | curated).items()}
    check_references(checked)
    check_events(checked, powers)
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
    for source in _sources(folder, documents, exceptions):
        if documents is not None and source["document"] not in set(documents["document"]):
            continue
        for paragraph, kind, text in _clean(folder, source)[0].itertuples(index=False):
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


def _sources(folder: Path, fallback: pd.DataFrame | None, exceptions: pd.DataFrame) -> list[dict[str, Any]]:
    path = folder / SOURCES
    if not folder.is_dir():
        raise StudyError(f"{folder}: no such folder; give the folder that holds the texts")
    debate = None if path.is_file() else debate_sources(folder)
    if path.is_file():
        table = _read_sources(path)
    elif debate is not None:
        table = debate
    elif fallback is not None:
        dates = {c: fallback[c].dt.strftime("%Y-%m-%d") for c in ("published_from", "published_to")}
        table = fallback.assign(**dates).fillna("").astype("str")
    else:
        raise StudyError(f"{path}: missing; write one row a text, with the columns {', '.join(_NEEDED)}")
    _check_sources(table, path)
    defaults = {"language": "en", "standfirst": 0, "layout": "page"}
    rows = [{"label": r["document"]} | defaults | r for r in table.to_dict("records")]
    for number, exception in enumerate(exceptions.itertuples(), start=2):
        row = next((r for r in rows if r["document"] == exception.document), None)
        if row is None or exception.field not in _DECLARED:
            what = f"document {exception.document}" if row is None else f"field {exception.field}"
            raise StudyError(f"exceptions.csv: row {number}: no {what}; correct it")
        if exception.field == "standfirst" and not str(exception.value).isdecimal():
            raise StudyError(f"exceptions.csv: row {number}: standfirst {exception.value!r} is not a count")
        row[exception.field] = exception.value
    return rows


def _read_sources(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype="str", keep_default_na=False)
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise StudyError(f"{path}: not a CSV table in UTF-8 ({str(error).strip()})") from None
    if not isinstance(table.index, pd.RangeIndex):
        raise StudyError(f"{path}: its rows have more cells than its first line has columns")
    return table.fillna("").replace(r"\r\n?", "\n", regex=True)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name too long
        return False


def _check_sources(table: pd.DataFrame, path: Path) -> None:
    for column in _NEEDED:
        if column not in table:
            raise StudyError(f"{path}: lacks column {column!r}; it needs {', '.join(_NEEDED)}")
    if table.empty:
        raise StudyError(f"{path}: has no row; write one row a text")
    for number, row in enumerate(table.to_dict("records"), start=2):
        for column in ("document", "file", "published_from", "published_to"):
            if not row[column]:
                raise StudyError(f"{path}: row {number}: {column} is empty; fill it in")
        if Path(row["file"]).name != row["file"]:
            raise StudyError(
                f"{path}: row {number}: {row['file']!r} is not the name of a file in this folder"
            )
        if not _is_file(path.parent / row["file"]):
            raise StudyError(
                f"{path}: row {number}: {row['file']} is not in the folder; add it or drop the row"
            )
    if "standfirst" in table:
        for number, value in enumerate(table["standfirst"], start=2):
            if not value.isdecimal():
                raise StudyError(f"{path}: row {number}: standfirst {value!r} is not a count")
    for column in ("document", "file"):
        twice = table[column].duplicated()
        if twice.any():
            number = int(twice.to_numpy().argmax())
            raise StudyError(
                f"{path}: row {number + 2}: {column} {table[column][number]} stands twice; keep one"
            )
    unlisted = sorted({p.name for p in path.parent.glob("*.txt")} - set(table["file"]))
    if unlisted:
        raise StudyError(f"{path}: has no row for {unlisted[0]}; add one or take the file away")
    # Dates and keys are wrong for the same reasons here as in the table documents.
    sizes = {c: "0" for c in TABLES["documents"].names if c not in table}
    check(table.assign(**sizes)[TABLES["documents"].names], "documents", str(path))


def _parse_document(
    folder: Path,
    row: dict[str, Any],
    powers: Powers,
    multiword: Mapping[str, Sequence[str]],
    tables: dict[str, _Rows],
) -> dict[str, Any]:
    """Add a document's rows to the tables; give its sizes."""
    key = row["document"]
    paragraphs, left_out = _clean(folder, row)
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
        "sha256": sha256((folder / row["file"]).read_bytes()).hexdigest(),
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


def _clean(folder: Path, row: dict[str, Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    path = folder / row["file"]
    paragraphs, left_out = clean_paragraphs(
        read_text(path),
        title=row["title"],
        authors=row["authors"],
        standfirst=int(row["standfirst"]),
        layout=row["layout"],
    )
    if not (paragraphs["kind"] == "body").any():
        raise StudyError(f"{path}: no paragraph of running text in it; check that the whole page was saved")
    return paragraphs, left_out


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
