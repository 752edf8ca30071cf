"""All that is said of a folder's documents, from sources.csv to the names of files, in one frame."""

from __future__ import annotations

import re
import unicodedata
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from kzpolicy import lists
from kzpolicy.build.dates import MADE, column_dates, date_in_name, date_line
from kzpolicy.build.files import Text, read_texts
from kzpolicy.build.references import match_references, reads_english
from kzpolicy.build.speeches import debate_facts
from kzpolicy.build.survey import FORMULA, SOURCES, Survey, survey
from kzpolicy.tables import StudyError, read_toml

_LISTS = read_toml(lists.path("facts.toml"))
_DATES = ("published_from", "published_to", "date_basis")
_FACTS = [*_LISTS["template"], "speaker_state", "label", "standfirst", "layout"]
_FACTS.remove("file")
_VALUES = {"document": r"[A-Za-z0-9_.-]+", "standfirst": r"\d{1,4}", "layout": "page|speech"}
_VALUES |= dict.fromkeys(_DATES[:2], r"\d{4}-\d\d-\d\d")
_NAMED = re.compile(rf"(?!\d+\Z){_VALUES['document']}")  # a key that is not the number of a row
# Programs fill in the properties of these, often from a template; a reference manager knows better.
_BY_PROGRAMS = (".pdf", ".docx", ".rtf")
_NO_DATE = "published_from is empty: no date in file, name or export; `kzpolicy template` writes a table"
_NOT_ENGLISH = "not in English, for which the scores are made"

Row = dict[str, Any]


def found_row(file: str, text: Text, digest: str) -> dict[str, str]:
    """Describe a document that was read, as `merge_facts` needs it.

    Parameters
    ----------
    file
        The path within the folder.
    text
        As from `kzpolicy.build.files.read_texts`.
    digest
        SHA-256 of the file; that of a row of a table or an article of an export is its text's.

    Returns
    -------
    dict
        ``file``, ``part``, ``sha256``, ``words``, ``fault``, ``remarks`` (what was mended),
        ``heading`` (the first line, where it reads like a title), ``guess`` (the language und if it
        does not read like English), and facts, first those that the name of a General Debate file tells.

    Raises
    ------
    StudyError
        If such a name contradicts itself.
    """
    first = " ".join(text.text.strip().split("\n", 1)[0].split())
    heading = len(first.split()) <= 20 and len(first) < 300 and not re.search(r"[.!…:;,]\W*\Z", first)
    heading = heading and not (column_dates([first])[0] or date_line(first))
    debate = debate_facts(file)
    english = bool(debate) or reads_english(text.text)
    remarks = text.notes if english else (*text.notes, _NOT_ENGLISH)
    return (
        text.facts
        | debate
        | {
            "file": file,
            "part": text.part,
            "sha256": sha256(text.text.encode()).hexdigest() if text.part else digest,
            "words": str(len(text.text.split())),
            "fault": text.fault,
            "remarks": "; ".join(remarks),
            "heading": first if heading else "",
            "guess": "" if english else "und",
        }
    )


def merge_facts(
    found: pd.DataFrame, survey: Survey, exceptions: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Merge what is said of each document, the strongest source first.

    ``sources.csv``, then what the document says of itself (or its name, of a General Debate file), a
    reference (found by attachment, key or title), and at last the file's name. A date in the name
    counts more than the day a PDF was made.

    Parameters
    ----------
    found
        A row a document that was read, see `found_row`.
    survey
        What stands in the folder.
    exceptions
        The table exceptions: corrections to single facts.

    Returns
    -------
    documents : DataFrame
        A row a document in the order of ``sources.csv``, then of the files: the columns of the table
        documents that are known before the text is parsed, all filled but those that may be empty,
        ``file`` with the part behind it (``table.csv#7``), ``standfirst`` and ``layout``. ``label`` is
        as given, see `name_documents`.
    skipped : DataFrame
        ``file`` and ``reason`` for all that gives no document.

    Raises
    ------
    StudyError
        If an exception names no document or no field.
    """
    defaults = dict.fromkeys(_FACTS, "") | _LISTS["defaults"]
    rows = [defaults | row for row in _merged(found, survey)]
    if exceptions is not None:
        _correct(rows, exceptions)
    skipped: list[tuple[str, str]] = []
    usable: dict[str, Row] = {}
    for row in rows:
        key, fault = row["document"], _fault(row)
        if key in usable and not fault:
            fault = f"its key {key} is that of {usable[key]['file']} too; give it another key in {SOURCES}"
        if fault:
            skipped.append((row["file"], row["where"] + fault))
        else:
            usable[key] = row
    read = {row["file"] for row in rows}
    lost = f"{SOURCES}: no such text in the file; name a row of a table as table.csv#2"
    skipped += [*survey.skipped, *((file, lost) for file in survey.sources["file"] if file not in read)]
    unused = survey.references.drop(index=list({row["reference"] for row in rows} - {-1}))
    for export, records in unused.groupby("export"):
        first = records["title"].iloc[0][:80] or "without title"
        skipped.append((str(export), f"no file found for {len(records)} records (the first: {first})"))
    shown = [(_shown(file), " ".join(_shown(reason).split())) for file, reason in skipped]
    documents = pd.DataFrame(list(usable.values()), columns=[*_FACTS, "file", "sha256", "words"], dtype="str")
    documents["standfirst"] = documents["standfirst"].astype("int64")
    return documents, pd.DataFrame(shown, columns=["file", "reason"], dtype="str")


def name_documents(documents: pd.DataFrame) -> pd.Series[Any]:
    """Name documents for figures: the title's beginning and the year, or the key if others are named so.

    Parameters
    ----------
    documents
        As from `merge_facts`; a ``label`` that was given stays, unless two have it.

    Returns
    -------
    Series of str
        At most 72 characters each, no two alike.

    Examples
    --------
    >>> day = {"published_from": "2019-05-06", "label": ""}
    >>> rows = [{"document": "a", "title": "A Road"} | day, {"document": "b", "title": "A Port"} | day]
    >>> name_documents(pd.DataFrame(rows)).tolist()
    ['A Road 2019', 'A Port 2019']
    """
    names = documents["title"].map(_short).astype("str") + " " + documents["published_from"].str[:4]
    # What the figures' font cannot draw, and what turns the line around, is no name.
    plain = names.map(lambda name: name.isprintable() and max(name) < "\u2c00").astype("bool")
    labels = documents["label"].where(documents["label"] != "", names.where(plain, documents["document"]))
    labels = labels.where(labels.str.len() <= 72, labels.str[:71] + "…")
    return labels.mask(labels.duplicated(keep=False), documents["document"].str[-72:])


def order_of_trust(documents: pd.DataFrame) -> list[int]:
    """Give the documents' positions, of several copies first the one to keep: the earliest exact date.

    Examples
    --------
    >>> days = {"published_from": ["2019-01-01", "2019-05-06"], "published_to": ["2019-12-31", "2019-05-06"]}
    >>> order_of_trust(pd.DataFrame(days | {"file": ["a.md", "b.md"]}))
    [1, 0]
    """
    first, last = (pd.to_datetime(documents[column]) for column in _DATES[:2])
    ordered = documents.assign(vague=last - first).reset_index(drop=True)
    return list(ordered.sort_values(["vague", "published_from", "file"]).index)


def write_template(folder: str | Path) -> tuple[Path, int]:
    """Write ``sources.csv`` into a folder, with all that is found out about its documents.

    Returns
    -------
    path : Path
        The table: a row a document, its cells empty where nothing is known.
    n : int
        How many documents it has.

    Raises
    ------
    StudyError
        If there is a ``sources.csv`` (it is never overwritten), or no document.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "2019-05-06-road.txt").write_text("A Road Opens. It snows.")
    ...     path, n = write_template(folder)
    ...     print(n, path.read_text("utf-8-sig").splitlines()[1][:36])
    1 2019-05-06-road,2019-05-06-road.txt,
    """
    path = Path(folder) / SOURCES
    seen = survey(folder)
    rows = []
    for file in seen.files:
        try:
            raw = (seen.folder / file).read_bytes()
            digest = sha256(raw).hexdigest()
            rows += [found_row(file, text, digest) for text in read_texts(file, raw) if not text.fault]
        except (OSError, StudyError):
            continue  # a build names it
    if not rows:
        raise StudyError(f"{folder}: no text in it can be read; `kzpolicy build` says why of each")
    table = pd.DataFrame(_merged(pd.DataFrame(rows), seen), columns=_LISTS["template"], dtype="str")
    often = table.groupby("document").cumcount()
    table["document"] = table["document"].mask(often > 0, table["document"] + "-" + (often + 1).astype("str"))
    table = table.fillna("").replace(rf"\A(?={FORMULA.pattern})", "'", regex=True)
    try:
        with path.open("x", encoding="utf-8-sig", newline="") as cells:  # its mark tells spreadsheets UTF-8
            table.to_csv(cells, index=False, lineterminator="\n")
    except FileExistsError:
        raise StudyError(f"{path}: exists; complete it, or take it away for a new one") from None
    except OSError as error:
        raise StudyError(f"{path}: cannot be written ({error.strerror}); nothing is changed") from None
    return path, len(table)


def _merged(found: pd.DataFrame, survey: Survey) -> list[Row]:
    """Merge all facts that are known, a row a document, those of sources.csv first."""
    declared = {row["file"]: row for row in _dated(survey.sources)}
    records, texts = _dated(survey.references, "export"), _dated(found, "file")
    names = _dated(pd.DataFrame([date_in_name(row["file"]) | {"file": row["file"]} for row in texts]), "file")
    matched = match_references(survey.references, found)
    used = {row.get("document") for row in declared.values()}
    rows: list[Row] = []
    for text, named, number in zip(texts, names, matched, strict=True):
        path, part = PurePosixPath(text["file"]), text.get("part", "")
        own, cited = declared.get(text["file"] + part, {}), records[number].copy() if number >= 0 else {}
        named |= {"title": text.get("heading", path.stem), "document": _slug(path, part, text)}
        named |= {"language": text["guess"]} if "guess" in text else {}
        for facts in (cited, text):
            if not _NAMED.fullmatch(facts.get("document", "")):
                facts.pop("document", "")
        made = text.get("date_basis", "").startswith(MADE)
        printed = {name: text.pop(name) for name in _DATES} if made else {}
        layers = [printed, named, cited, text, own]
        if path.suffix.lower() in _BY_PROGRAMS:
            layers[2:4] = [text, cited]
        row: Row = {fact: value for layer in layers for fact, value in layer.items()}
        # Two texts of one reference, as a page and its PDF, are two until they are compared.
        if row["document"] in used and "document" not in own:
            row["document"] = named["document"]
        used.add(row["document"])
        row |= {"file": text["file"] + part, "reference": number, "where": ""}
        if "row" in own and "fault" not in text:
            row["where"] = f"{SOURCES}: row {own['row']}: "
        if "published_from" not in row or "doubt" in own:
            row["fault"] = row.get("fault", "") or row.get("doubt", "")
        row["notes"] = "; ".join(dict.fromkeys(filter(None, map(row.get, ("notes", "remarks")))))
        rows.append(row)
    return sorted(rows, key=lambda row: row.get("row", float("inf")))


def _dated(facts: pd.DataFrame, by: str = "") -> list[Row]:
    """Give the facts that have a value, and read dates which only a whole column (of a table, `by`) tells."""
    rows = [{k: v for k, v in row.items() if v} for row in facts.fillna("").to_dict("records")]
    columns: dict[str, list[Row]] = {}
    for row in rows:
        if "date" in row:
            columns.setdefault(row.get(by, ""), []).append(row)
    for column in columns.values():
        for row, reading in zip(column, column_dates([row["date"] for row in column]), strict=True):
            if "published_from" in row:
                continue
            basis = row.pop("date_basis")
            if isinstance(reading, StudyError):
                row["doubt"] = str(reading)
            elif reading:
                row |= reading | {"date_basis": basis + reading["date_basis"]}
            else:
                row["doubt"] = f"{row['date'][:40]!r} is not a date; write it as 2019-05-06"
    return rows


def _slug(path: PurePosixPath, part: str, text: Row) -> str:
    """Make a key of a path; it depends on nothing but the document."""
    stem = str(path.with_suffix(""))
    name = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^A-Za-z0-9_.]+", "-", name).strip("-.")
    if sum(map(str.isalnum, slug)) < sum(map(str.isalnum, stem)) / 2:  # not in Latin letters
        slug = f"text-{sha256(stem.encode()).hexdigest()[:8]}"
    number = text.get("document", "")
    return f"{slug}-{number if number.isdecimal() else part.removeprefix('#')}" if part else slug


def _correct(rows: list[Row], exceptions: pd.DataFrame) -> None:
    """Put what the table exceptions says into the rows."""
    for number, (key, field, value) in enumerate(exceptions.iloc[:, :3].itertuples(index=False), start=2):
        chosen = [row for row in rows if row["document"] == key]
        if field not in _FACTS[1:] or not chosen:
            what = f"no document {key} with a field {field}"
            raise StudyError(f"exceptions.csv: row {number}: {what}; correct it")
        for row in chosen:
            row[field] = str(value)
            if field == "published_from" and "doubt" in row:
                row["fault"] = ""


def _fault(row: Row) -> str:
    """Say what is wrong with a document's facts."""
    if row.get("fault") or not row["published_from"]:
        return str(row.get("fault") or _NO_DATE)
    wrong = (field for field, values in _VALUES.items() if not re.fullmatch(values, row[field]))
    return next((f"{field} {row[field][:40]!r} cannot be used; correct it" for field in wrong), "")


def _short(text: str) -> str:
    """Shorten a title, between words if one ends near enough."""
    return text if len(text) <= 20 else re.sub(r"(?<=.{10})\W+\w*$", "", text[:20]) + "…"


def _shown(text: str) -> str:
    """Write a text on one line, whatever is in it."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
