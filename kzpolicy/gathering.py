"""Anyone's folder in, a sources table and each document's paragraphs out."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from hashlib import sha256
from operator import itemgetter
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd

from kzpolicy.bibliography import (
    EXPORTS,
    LARGEST_EXPORT,
    UNDETERMINED,
    column_of,
    dated,
    known_facts,
    read_export,
    reads_english,
    text_of,
)
from kzpolicy.duplicates import BINS, near_duplicates, signature
from kzpolicy.errors import StudyError
from kzpolicy.formats import Contents, decode, read_contents, tidy_text
from kzpolicy.reading import LeftOut, Paragraphs, clean_paragraphs, is_heading
from kzpolicy.sheets import FORMULA, harmless
from kzpolicy.speeches import debate_sources
from kzpolicy.tabular import TABULAR, lines, other_sheets, read_row, read_rows

SOURCES = "sources.csv"
_NEEDED = ("document", "file", "title", "published_from")
_TEMPLATE = (
    *("title", "authors", "outlet", "outlet_country", "outlet_type", "outlet_group"),
    *("published_from", "published_to", "date_basis", "url", "language", "notes"),
)
# What an exception may change: facts, never what is computed, the key or the file.
_DECLARED = (*_TEMPLATE, "speaker_state", "label", "standfirst", "layout")
_DEFAULTS = {
    "label": "",
    "authors": "unknown",
    "outlet": "unknown",
    "language": "en",
    "standfirst": 0,
    "layout": "page",
}
_KEY = re.compile(r"[A-Za-z0-9_.-]+")
_ROW = re.compile(rf"(.+(?:{'|'.join(map(re.escape, TABULAR))}))#(\d{{1,9}})", re.IGNORECASE)
_DAY_IN_NAME = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_]([01]\d)[-_]([0-3]\d)(?!\d)")
_NO_DATE = "no date in the file, in its name or in an export; `kzpolicy template` writes a table for it"

# A signature, with what the earliest of several documents is known by.
_SIGNED = np.dtype([("from", "u4"), ("to", "u4"), ("row", "u4"), ("bins", "u2", BINS)])
_AT_ONCE = 500
# What was read to gather it is kept for `read_document`, up to so many characters of text.
_KEPT = 20_000_000
_kept: dict[tuple[Any, ...], Contents] = {}

Facts = dict[str, Any]
Skipped = list[tuple[str, str]]


def pack(rows: Sequence[Facts]) -> bytes:
    """Pack documents' facts; an archive has millions of documents."""
    return zlib.compress(json.dumps(rows).encode(), 1)


def unpack(packed: bytes) -> list[Facts]:
    """Give back what was packed."""
    return json.loads(zlib.decompress(packed))  # type: ignore[no-any-return]


class Rows(Iterable[Facts]):
    """Documents' facts in order, packed, so that memory does not grow with them as with dictionaries."""

    def __init__(self, rows: Iterable[Facts] = ()) -> None:
        self._packed: list[bytes] = []
        self._last: list[Facts] = []
        for row in rows:
            self.append(row)

    def __len__(self) -> int:
        return _AT_ONCE * len(self._packed) + len(self._last)

    def __iter__(self) -> Iterator[Facts]:
        for packed in self._packed:
            yield from unpack(packed)
        yield from self._last

    def append(self, row: Facts) -> None:
        """Add a document's facts."""
        self._last.append(row)
        if len(self._last) == _AT_ONCE:
            self._packed.append(pack(self._last))
            self._last = []


def gather(
    folder: str | Path,
    sources: pd.DataFrame | None,
    exceptions: pd.DataFrame,
    *,
    collapse: bool = True,
    strict: bool = False,
) -> tuple[Rows, Skipped]:
    """Find a folder's documents and what is known of them.

    Parameters
    ----------
    folder
        See `kzpolicy.parsing.parse_corpus`.
    sources
        Documents of an earlier build, for what the folder itself does not say.
    exceptions
        The table exceptions.
    collapse
        Whether to keep the earliest only of documents that nearly repeat one another. Speeches
        (layout ``speech``) are never compared: a census keeps them all.
    strict
        Whether a document that cannot be used is an error.

    Returns
    -------
    rows : iterable of dict
        One a document, in the order of ``sources.csv`` (or `sources`), then of the files' paths.
        ``file`` is the path in the folder; of a table's row the path, ``#`` and the row's number.
    skipped : list of (file, reason)
        Everything in the folder that gives no document.

    Raises
    ------
    StudyError
        If there is no folder, ``sources.csv`` or an exception is wrong, or no document is left.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "2019-05-06-road.txt").write_text("It snows. No road is open.")
    ...     rows, skipped = gather(folder, None, pd.DataFrame())
    ...     (row,) = rows
    ...     paragraphs, left_out = read_document(folder, row)
    >>> row["published_from"], [text for _, _, text in paragraphs]
    ('2019-05-06', ['It snows. No road is open.'])
    """
    folder = Path(folder)
    changes = _changes(exceptions)
    skipped: Skipped = []
    around: Skipped = []  # what is no document
    rows, signed, keys, kept = Rows(), bytearray(), dict[str, str](), 0
    _kept.clear()
    for row, contents, where in _survey(folder, sources, skipped, around):
        key, file = row["document"], row["file"]
        row |= {field: value for field, value, _ in changes.get(key, ())}
        fault = f"{where}{_fault(row)}" if _fault(row) else ""
        if isinstance(contents, StudyError):
            fault = str(contents)
        elif not fault and key in keys and keys[key] != file:
            fault = f"{where}document {key} stands twice; keep one" if where else _clash(key, keys[key])
        elif not fault and contents is not None:
            kept += len(contents.text) + 1_000  # all of a document's small objects
            if kept < _KEPT:
                _kept[_stamp(folder, file)] = contents
        if not fault and isinstance(contents, Contents) and collapse:
            days = (int(row[column].replace("-", "")) for column in ("published_from", "published_to"))
            signed += np.array((*days, len(rows), signature(contents.text)), _SIGNED).tobytes()
        keys.setdefault(key, file)
        if fault:
            skipped.append((file, fault))
        else:
            rows.append(_DEFAULTS | {n: v for n, v in row.items() if v != "" or n not in _DEFAULTS})
    for key, listed in changes.items():
        if key not in keys:
            raise StudyError(f"exceptions.csv: row {listed[0][2]}: no document {key}; correct it")
    if strict and skipped:
        file, reason = skipped[0]
        raise StudyError(f"{folder}/{_shown(file)}: {reason}")
    del keys
    if repeated := _repeated(rows, signed):
        skipped = [(row["file"], repeated[i]) for i, row in enumerate(rows) if i in repeated] + skipped
        rows = Rows(row for i, row in enumerate(rows) if i not in repeated)
    skipped += around
    if not len(rows):
        file, reason = skipped[0] if skipped else ("it", "is empty; put the texts in it")
        others = f" (and {len(skipped) - 1:,} more)" if len(skipped) > 1 else ""
        raise StudyError(f"{folder}: no document in it can be used; {_shown(file)}: {reason}{others}")
    return Rows(_labelled(rows)), [(_shown(file), " ".join(reason.split())) for file, reason in skipped]


def read_document(folder: str | Path, row: Mapping[str, Any]) -> tuple[Paragraphs, LeftOut]:
    """Read a document's paragraphs.

    Parameters
    ----------
    folder, row
        As given to and by `gather`.

    Returns
    -------
    paragraphs, left_out : list of tuple
        See `kzpolicy.reading.clean_paragraphs`.

    Raises
    ------
    StudyError
        If the file cannot be used.
    """
    folder = Path(folder)
    try:
        text = (_kept.pop(_stamp(folder, row["file"]), None) or _contents(folder, row["file"])).text
    except StudyError as error:
        raise StudyError(f"{folder / row['file']}: {error}") from None
    paragraphs, left_out = clean_paragraphs(
        text,
        title=row["title"],
        authors=row["authors"],
        standfirst=int(row["standfirst"]),
        layout=row["layout"],
    )
    if not any(kind == "body" for _, kind, _ in paragraphs):
        what = "no paragraph of running text in it; check that the whole page was saved"
        raise StudyError(f"{folder / row['file']}: {what}")
    return paragraphs, left_out


def source_hash(folder: str | Path, row: Mapping[str, Any]) -> str:
    """Give the SHA-256 of a document's file; of a table's row, that of its text in UTF-8."""
    if _ROW.fullmatch(row["file"]):
        return sha256(_contents(Path(folder), row["file"]).text.encode()).hexdigest()
    return sha256((Path(folder) / row["file"]).read_bytes()).hexdigest()


def source_file(address: str) -> str:
    """Give the file of a document: for a row of a table, ``table.csv#2``, the table.

    Examples
    --------
    >>> source_file("more/table.csv#2"), source_file("road.txt")
    ('more/table.csv', 'road.txt')
    """
    row = _ROW.fullmatch(address)
    return row[1] if row else address


def write_template(folder: str | Path) -> tuple[Path, Skipped]:
    """Write ``sources.csv`` into a folder, with all that is found out about its documents.

    Parameters
    ----------
    folder
        A folder of documents without a ``sources.csv``.

    Returns
    -------
    path : Path
        The table: a row a document, its cells empty where nothing is known.
    skipped : list of (file, reason)
        What has no row, as it cannot be read.

    Raises
    ------
    StudyError
        If there is a ``sources.csv``: it is never overwritten.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "2019-05-06-road.txt").write_text("A Road Opens. It snows.")
    ...     print(write_template(folder)[0].read_text("utf-8-sig").splitlines()[1][:36])
    2019-05-06-road,2019-05-06-road.txt,
    """
    path = Path(folder) / SOURCES
    if path.exists():
        raise StudyError(f"{path}: exists; complete it, or take it away for a new one")
    skipped: Skipped = []
    around: Skipped = []
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["document", "file", *_TEMPLATE])
    keys: Counter[str] = Counter()
    for row, contents, _ in _survey(Path(folder), None, skipped, around):
        if isinstance(contents, StudyError):
            skipped.append((row["file"], str(contents)))
        else:
            keys[row["document"]] += 1
            if keys[row["document"]] > 1:
                row["document"] += f"-{keys[row['document']]}"
            cells = (row.get(name, "") for name in ("document", "file", *_TEMPLATE))
            writer.writerow([harmless(str(cell)) for cell in cells])
    try:
        with path.open("xb") as file:  # with its mark, by which spreadsheets know UTF-8
            file.write(buffer.getvalue().encode("utf-8-sig"))
    except OSError as error:
        raise StudyError(f"{path}: cannot be written ({error.strerror}); nothing is changed") from None
    return path, [(_shown(file), " ".join(reason.split())) for file, reason in skipped + around]


def _labelled(rows: Rows) -> Iterator[Facts]:
    """Name documents for figures: the title's beginning and the year, or the key if others are named so."""
    names = (sha256((row["label"] or _name(row)).encode()).digest()[:8] for row in rows)
    _, place, often = np.unique(np.fromiter(names, "S8", len(rows)), return_inverse=True, return_counts=True)
    for row, count in zip(rows, often[place], strict=True):
        label = row["label"] or (_name(row) if count == 1 else "")
        yield row | {"label": label or row["document"]}


def _name(row: Facts) -> str:
    name = f"{_beginning(row['title'])} {row['published_from'][:4]}"
    # What the figures' font cannot draw, and what turns the line around, is no name.
    return name if name.isprintable() and max(name) < "\u2c00" else ""


def _beginning(title: str, most: int = 20) -> str:
    """Shorten a title, between words if one ends near enough."""
    return title if len(title) <= most else re.sub(r"(?<=.{10})\W+\w*$", "", title[:most]) + "…"


# From files to rows.


def _survey(
    folder: Path, sources: pd.DataFrame | None, skipped: Skipped, around: Skipped
) -> Iterator[tuple[Facts, Contents | StudyError | None, str]]:
    """Yield what is known of each document, its contents (None: not read), and where its row stands."""
    if not folder.is_dir():
        raise StudyError(f"{folder}: no such folder; give the folder that holds the texts")
    own, sources = (folder / SOURCES).is_file(), pd.DataFrame() if sources is None else sources
    debate = None if own else debate_sources(folder)
    if debate is not None:
        yield from ((row, None, "") for row in debate.to_dict("records"))
        return
    earlier = {row["file"]: row for row in _earlier(sources)} if own else {}
    files = _walk(folder, around)
    references = _References(folder, files, around)
    # Each file, and each row that is declared, and whether it is done.
    done = {file: False for file in files if file not in references.files and file != SOURCES}
    del files
    for number, row in enumerate(_read_sources(folder / SOURCES, around) if own else (), start=2):
        where, file = f"{SOURCES}: row {number}: ", row["file"]
        if source_file(file) not in done:  # as Windows writes paths
            file = file.replace("\\", "/")
        if done.get(file):
            skipped.append((file, f"{where}file {file} stands twice; keep one"))
        elif source_file(file) not in done:
            skipped.append((file, where + _absent(file)))
        else:
            done[file] = True
            yield *_joined(folder, file, row, earlier.get(file, {}), references), where
    for row in _earlier(sources):
        file = row["file"]
        if source_file(file) not in done:
            skipped.append((file, "in the earlier build, and not in the folder"))
        elif not done.get(file):
            done[file] = True
            yield *_joined(folder, file, {}, row, references), ""
    for file, already in done.items():
        for address in () if already else _addresses(folder, file, skipped, around):
            if address == file or address not in done:
                yield *_joined(folder, address, {}, {}, references), ""
    references.tell_unused(around)


def _walk(folder: Path, skipped: Skipped) -> list[str]:
    """List the files in a folder and below it; follow no link."""
    files, open_folders = [], [""]
    while open_folders:
        above = open_folders.pop()
        try:
            entries = os.scandir(folder / above)
        except OSError as error:
            skipped.append((above, f"cannot be read ({error.strerror}); nothing below it is read"))
            continue
        for entry in entries:
            name = above + entry.name
            if not entry.name.isprintable():
                skipped.append((name, "characters in its name do not print; rename it"))
            elif entry.is_symlink():
                skipped.append((name, "a link; links are not followed: put the file itself in the folder"))
            elif entry.name.startswith((".", "~$")):
                skipped.append((name, "hidden; hidden files and folders are not read"))
            elif entry.is_dir():
                marks = (f"{folder / name}/{file}" for file in ("datapackage.json", "documents.csv"))
                if all(map(os.path.exists, marks)):
                    skipped.append((name, "the tables of a study; not read"))
                else:
                    open_folders.append(f"{name}/")
            elif _ROW.fullmatch(name):
                skipped.append((name, "its name would be that of a table's row; rename it"))
            elif entry.is_file():
                files.append(name)
            else:
                skipped.append((name, "neither a file nor a folder"))
    skipped.sort()
    files.sort()
    return files


def _addresses(folder: Path, file: str, skipped: Skipped, around: Skipped) -> Iterator[str]:
    """Yield the documents of a file: itself, or a table's rows that have a text."""
    if not file.lower().endswith(TABULAR):
        yield file
        return
    number, columns = 0, dict[str, None]()
    try:
        for number, row in read_rows(folder / file):
            if isinstance(row, StudyError):
                skipped.append((f"{file}#{number}", str(row)))
            elif text_of(row) is None:
                what = f"no column of texts (named text, body or content; there are {_few(row)})"
                skipped.append((file if number == 2 else f"{file}#{number}", what))
                if not file.lower().endswith(("jsonl", "ndjson")):
                    break
            else:
                columns |= dict.fromkeys(row)
                yield f"{file}#{number}"
        if not number:
            skipped.append((file, "a table without a row; put texts in it or take it away"))
        if sheets := other_sheets(folder / file):
            around.append((file, f"sheets that are not read ({_few(sheets)}); save each as a file"))
    except StudyError as error:
        skipped.append((file, _cause(error, folder / file)))
    _tell_unread(file, (name for name in columns if not column_of(name)), around)


def _tell_unread(file: str, columns: Iterable[str], around: Skipped) -> None:
    """Name the columns of a table that are not read."""
    if names := _few(columns):
        around.append((file, f"columns that are not read ({names})"))


def _few(names: Iterable[str]) -> str:
    """Write down some names, each on one line and not too long."""
    shown = [_shown(" ".join(str(name).split()))[:40] or "one without a name" for name in names]
    return ", ".join(shown[:8]) + (f" and {len(shown) - 8} more" if len(shown) > 8 else "")


def _contents(folder: Path, address: str) -> Contents:
    """Read a file, or a table's row."""
    row = _ROW.fullmatch(address)
    path = folder / (row[1] if row else address)
    try:
        if not row:
            return read_contents(path)
        record = read_row(path, int(row[2]))
        facts = known_facts(record, "given in the table")
        return tidy_text(text_of(record) or "")._replace(facts=facts)
    except StudyError as error:
        raise StudyError(_cause(error, path)) from None


def _stamp(folder: Path, address: str) -> tuple[Any, ...]:
    """Tell a document's file as it is now from what it was before."""
    try:
        state = os.stat(folder / source_file(address))
    except OSError:  # reading it will say what is wrong
        return folder, address
    return folder, address, state.st_size, state.st_mtime_ns


def _joined(
    folder: Path, file: str, declared: Facts, earlier: Facts, references: _References
) -> tuple[Facts, Contents | StudyError | None]:
    """Join what is said of a document, from the weakest source to the strongest."""
    contents: Contents | StudyError | None = None
    if (declared or earlier).get("layout") != "speech":
        try:
            contents = _contents(folder, file)
        except StudyError as error:
            contents = error
    own = contents.facts if isinstance(contents, Contents) else {}
    own = {name: value for name, value in own.items() if name != "file"}
    record = references.find(file, own)
    # What a person wrote into a file is worth more than a page's or a program's statements.
    deliberate = source_file(file) != file or file.lower().endswith((".md", ".markdown"))
    layers: list[Facts] = [
        _guesses(file, contents),
        earlier,
        *((record, own) if deliberate else (own, record)),
    ]
    row: Facts = {}
    for layer in layers if not declared else [*layers[1:], declared]:
        row |= {name: value for name, value in _with_dates(layer).items() if value not in ("", None)}
    if declared:
        row |= {name: declared[name] for name in ("document", "title")}
        row |= {name: value for name, value in declared.items() if name not in row}
    else:
        row["document"] = _key(file, earlier, own, record)
    row["file"] = file
    if isinstance(contents, Contents) and not row.get("language") and not reads_english(contents.text):
        row["language"] = UNDETERMINED
        contents = contents._replace(notes=(*contents.notes, "not in English, for which the scores are made"))
    notes = [row["notes"]] if row.get("notes") else []
    for note in contents.notes if isinstance(contents, Contents) else ():
        if note not in "; ".join(notes):
            notes.append(note)
    return row | ({"notes": "; ".join(notes)} if notes else {}), contents


def _guesses(file: str, contents: Contents | StudyError | None) -> Facts:
    """Guess a title from the first line and a date from the file's name."""
    stem = PurePosixPath(source_file(file)).stem
    first = contents.text.strip().split("\n", 1)[0] if isinstance(contents, Contents) else ""
    day = _DAY_IN_NAME.search(stem) if source_file(file) == file else None
    title = " ".join(first.split()) if len(first) < 300 and is_heading(first) else stem
    return {"title": title} | (dated("-".join(day.groups()), "in the file's name") if day else {})


def _key(file: str, earlier: Facts, own: Facts, record: Facts) -> str:
    """Choose a document's key; it depends on nothing but the document."""
    if earlier:
        return str(earlier["document"])
    row = _ROW.fullmatch(file)
    stem = str(PurePosixPath(source_file(file)).with_suffix(""))
    given = str(own.get("document", "") or record.get("document", ""))
    if _KEY.fullmatch(given) and not given.isdecimal():
        return given
    name = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^A-Za-z0-9_.]+", "-", name).strip("-.")
    if sum(map(str.isalnum, slug)) < sum(map(str.isalnum, stem)) / 2:  # not in Latin letters
        slug = f"text-{sha256(stem.encode()).hexdigest()[:8]}"
    return f"{slug}-{given if given.isdecimal() else row[2]}" if row else slug


def _with_dates(layer: Facts) -> Facts:
    """Complete a layer's dates, or leave them out, so that dates of two layers never mix."""
    first, last = layer.get("published_from", ""), layer.get("published_to", "")
    basis = layer.get("date_basis") or "as given"
    if not first:
        return {n: v for n, v in layer.items() if n not in ("published_from", "published_to", "date_basis")}
    if last:
        return {**layer, "date_basis": basis}
    return {**layer, "published_to": first, "date_basis": basis, **dated(first, basis)}


def _fault(row: Facts) -> str:
    """Say what is wrong with a row's facts."""
    if not row.get("published_from") and row.get("document") and row.get("title"):
        if row.get("date"):
            return f"its date can be read in two ways or none ({row['date'][:40]}); write it as 2019-05-06"
        return f"published_from is empty: {_NO_DATE}"
    for column in ("document", "title"):
        if not row.get(column):
            return f"{column} is empty; fill it in"
    if not _KEY.fullmatch(row["document"]):
        return f"key {row['document']!r} may hold letters, digits, _ . - only"
    for column in ("published_from", "published_to"):
        if not _is_day(row[column]):
            return f"{column} is not a date (YYYY-MM-DD) ({row[column]!r}); correct it"
    if row["published_from"] > row["published_to"]:
        return f"{row['document']} is published_from after published_to"
    if not str(row.get("standfirst", 0)).isdecimal():
        return f"standfirst {row['standfirst']!r} is not a count"
    if row.get("layout", "page") not in ("page", "speech"):
        return f"layout {row['layout']!r} is neither page nor speech"
    return ""


def _is_day(text: str) -> bool:
    try:
        return bool(re.fullmatch(r"\d{4}-\d\d-\d\d", text)) and bool(date.fromisoformat(text))
    except ValueError:
        return False


def _repeated(rows: Rows, signed: bytearray) -> dict[int, str]:
    """Find the rows to collapse, with the reason."""
    table = np.frombuffer(signed, _SIGNED)
    order = np.lexsort((table["row"], table["to"], table["from"]))
    found = [
        (int(table["row"][one]), int(table["row"][other]), shared)
        for one, (other, shared) in near_duplicates(table["bins"], order).items()
    ]
    originals = {other for _, other, _ in found}
    keys = {i: row["document"] for i, row in enumerate(rows) if i in originals} if found else {}
    return {i: f"near-duplicate of {keys[other]} (similarity {shared:.2f})" for i, other, shared in found}


# Tables of sources and of exceptions.


def _read_sources(path: Path, around: Skipped) -> Iterator[Facts]:
    number = 1
    try:
        with path.open("rb") as file:
            for _ in lines(file):  # before all of it is in memory
                pass
        text, encoding = decode(path.read_bytes())
        first = text.split("\n", 1)[0]
        del text  # an archive's is large
        options = {"dtype": "str", "keep_default_na": False, "sep": max(",;\t", key=first.count)}
        with pd.read_csv(path, encoding=encoding, chunksize=_AT_ONCE, **options) as tables:
            for table in tables:
                if not isinstance(table.index, pd.RangeIndex):
                    raise StudyError("a row has more cells than the first line has columns; quote its commas")
                for column in _NEEDED:
                    if column not in table:
                        raise StudyError(f"lacks column {column!r}; it needs {', '.join(_NEEDED)}")
                if number == 1:
                    _tell_unread(SOURCES, table.columns.difference(["document", "file", *_DECLARED]), around)
                table = table.fillna("").replace(r"\r\n?", "\n", regex=True)
                table = table.replace(rf"\A'(?=[{re.escape(FORMULA)}])", "", regex=True)
                for row in table.to_dict("records"):
                    number += 1
                    if not row["file"]:
                        raise StudyError(f"row {number}: file is empty; fill it in")
                    yield row
    except OSError as error:
        raise StudyError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    except StudyError as error:
        raise StudyError(f"{path}: {error}") from None
    except (UnicodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise StudyError(f"{path}: not a CSV table ({str(error).strip()}); save it again as CSV") from None
    if number == 1:
        raise StudyError(f"{path}: has no row; write one row a text")


def _earlier(documents: pd.DataFrame) -> Iterator[Facts]:
    columns = ("document", "file", *_DECLARED)
    for start in range(0, len(documents), _AT_ONCE):
        rows = documents.iloc[start : start + _AT_ONCE]
        dates = {c: rows[c].dt.strftime("%Y-%m-%d") for c in ("published_from", "published_to")}
        rows = rows.assign(**dates).astype("str").fillna("")
        yield from rows[[name for name in columns if name in rows]].to_dict("records")


def _changes(exceptions: pd.DataFrame) -> dict[str, list[tuple[str, str, int]]]:
    """Give the exceptions of each document: field, value, row."""
    changes: dict[str, list[tuple[str, str, int]]] = {}
    for number, exception in enumerate(exceptions.itertuples(), start=2):
        if exception.field not in _DECLARED:
            raise StudyError(f"exceptions.csv: row {number}: no field {exception.field}; correct it")
        if exception.field == "standfirst" and not str(exception.value).isdecimal():
            raise StudyError(
                f"exceptions.csv: row {number}: standfirst {exception.value!r} is not a count; correct it"
            )
        changes.setdefault(exception.document, []).append((exception.field, exception.value, number))
    return changes


class _References:
    """The records of exports and of tables that list files, and the files they are about."""

    def __init__(self, folder: Path, files: Iterable[str], skipped: Skipped) -> None:
        self.files: set[str] = set()
        self._records: list[Facts] = []
        self._used: set[int] = set()
        self._by: dict[tuple[str, str], int | None] = {}
        for file in files:
            if not file.lower().endswith((*EXPORTS, *TABULAR)):
                continue
            path = folder / file
            try:
                if file.lower().endswith(EXPORTS):
                    self.files.add(file)
                    if path.stat().st_size > LARGEST_EXPORT:
                        size = f"larger than {LARGEST_EXPORT // 10**6} MB"
                        raise StudyError(f"{size}; export fewer references at a time")
                    records, broken = read_export(path, decode(path.read_bytes())[0])
                    if broken:
                        skipped.append((file, f"{broken} references in it cannot be read; export it again"))
                else:
                    records, unread = ([], ()) if file == SOURCES else _listing(path)
                    if not records:
                        continue
                    _tell_unread(file, unread, skipped)
                self.files.add(file)
            except (OSError, StudyError) as error:
                if file in self.files:
                    skipped.append((file, _cause(error, path)))
                continue
            for record in records:
                self._add(record, str(PurePosixPath(file).parent))

    def _add(self, record: Facts, parent: str) -> None:
        attachments = record.pop("file", "").split("\n")
        ways = [*_titles(record.get("title", "")), ("key", record.get("document", ""))]
        number = self._by.get(ways[0])
        if number is not None and _agree(record, self._records[number]):  # exported twice
            self._records[number] = record | self._records[number]
        else:
            number = len(self._records)
            self._records.append(record)
        for attached in filter(None, attachments):
            path = PurePosixPath(attached.strip().replace("\\", "/"))
            ways += [("path", str(PurePosixPath(parent) / path)), ("name", path.name)]
        for way in ways:
            if way[1]:  # what two records share finds neither
                self._by[way] = number if self._by.get(way, number) == number else None

    def find(self, file: str, own: Facts) -> Facts:
        """Find a file's record: by its path, its name, its key, or its title."""
        if not self._records:
            return {}
        path = PurePosixPath(file)
        titles = (own.get("title", ""), path.stem, path.stem.split(" - ", 2)[-1])  # Author - Year - Title
        ways = [("path", file), ("name", path.name), ("key", path.stem)]
        # A whole title, whosever it is, tells more than another's start.
        ways += sorted((way for title in titles for way in _titles(title)), key=itemgetter(0))
        number = next((n for way in ways if way[1] and (n := self._by.get(way)) is not None), None)
        if number is None:
            return {}
        self._used.add(number)
        return self._records[number]

    def tell_unused(self, skipped: Skipped) -> None:
        """Count the records that no file was found for."""
        unused = [r for i, r in enumerate(self._records) if i not in self._used]
        if unused:
            first = unused[0].get("title") or unused[0].get("document") or "without title"
            what = (
                f"no file found for {len(unused)} of {len(self._records)} records (the first: {first[:80]})"
            )
            skipped.append((", ".join(sorted(self.files)), what))


def _listing(path: Path) -> tuple[list[Facts], Iterable[str]]:
    """Read a table that lists files and holds no text, and name what is not read of it; else nothing."""
    records, names = [], dict[str, None]()
    for _, row in read_rows(path):
        if isinstance(row, StudyError):
            continue
        names |= dict.fromkeys(row)
        columns = {column_of(name) for name in row}
        if "text" in columns or "file" not in columns:
            return [], ()
        facts = known_facts(row, f"given in {path.name}")
        records.append(facts | {"file": facts.get("file", "").replace(";", "\n")})
    return records, (name for name in names if not column_of(name))


def _titles(title: str) -> list[tuple[str, str]]:
    """Fold a title for comparison, whole and cut: programs cut long ones short in the names of files."""
    plain = " ".join(re.findall(r"[^\W_]+", title.lower()))
    return [("title", plain), ("title's start", plain[:40].strip())] if len(plain) > 10 else []


def _agree(one: Facts, other: Facts) -> bool:
    """Whether two records of a title are of the same day, and differ in nothing but their keys."""
    facts = (one.keys() & other.keys()) - {"document", "date_basis"}
    return "published_from" in facts and all(one[name] == other[name] for name in facts)


# Names and causes.


def _absent(file: str) -> str:
    path = PurePosixPath(file)
    if path.is_absolute() or ".." in path.parts:
        return f"{file!r} is not the path of a file in this folder"
    return f"{file} is not in the folder; add it or drop the row"


def _clash(key: str, other: str) -> str:
    return f"its key {key} is that of {other} too; rename it or give it a row with another key in {SOURCES}"


def _cause(error: Exception, path: Path) -> str:
    return str(error).removeprefix(f"{path}: ")


def _shown(file: str) -> str:
    """Write a name on one line."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in file)
