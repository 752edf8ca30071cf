"""All that is said of a folder's documents, from sources.csv to the names of files, in one frame."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from kzpolicy.build.dates import MADE, column_dates, date_in_name, date_line
from kzpolicy.build.files import Text, read_texts
from kzpolicy.build.references import UNDETERMINED, match_references, reads_english
from kzpolicy.build.speeches import debate_facts
from kzpolicy.build.survey import FACTS, FORMULA, SOURCES, TEMPLATE, Survey, survey, unused_references
from kzpolicy.tables import StudyError

_DATES = ["published_from", "published_to", "date_basis"]
_FOUND = [*FACTS, "date", "file", "part", "sha256", "words", "fault", "remarks", "heading", "english"]
_DEFAULTS = {
    "authors": "unknown",
    "outlet": "unknown",
    "language": "en",
    "standfirst": "0",
    "layout": "page",
}
_KEY = re.compile(r"[A-Za-z0-9_.-]+")
# Programs fill in the properties of these, often from a template; a reference manager knows better.
_BY_PROGRAMS = (".pdf", ".docx", ".odt", ".rtf")
_LONGEST = 1_000  # characters of a fact
_LONGEST_LABEL = 72
_FILL_IN = "; fill it in as 2019-05-06, 2019-05 or 2019"
_NO_DATE = ": no date in the file, in its name or in an export; `kzpolicy template` writes a table for it"
_NOT_ENGLISH = "not in English, for which the scores are made"


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
        ``heading`` (the first line, where it reads like a title), ``english`` ("" or "no"), and facts.
    """
    first = " ".join(text.text.strip().split("\n", 1)[0].split())
    heading = len(first.split()) <= 20 and len(first) < 300 and not re.search(r"[.!…:;,]\W*\Z", first)
    heading = heading and not (column_dates([first])[0] or date_line(first))
    own = sha256(text.text.encode()).hexdigest() if text.part else digest
    return text.facts | {
        "file": file,
        "part": text.part,
        "sha256": own,
        "words": str(len(text.text.split())),
        "fault": text.fault,
        "remarks": "; ".join(text.notes),
        "heading": first if heading else "",
        "english": "" if reads_english(text.text) else "no",
    }


def merge_facts(
    found: pd.DataFrame,
    survey: Survey,
    exceptions: pd.DataFrame | None = None,
    earlier: pd.DataFrame | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Merge what is said of each document, the strongest source first.

    ``sources.csv``, then the name of a General Debate file, what the document says of itself, a
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
    earlier
        The table documents of an earlier build. It serves where the folder has no ``sources.csv`` and
        no reference of a document, if the same file has the same text.

    Returns
    -------
    documents : DataFrame
        A row a document in the order of ``sources.csv``, then of the files: the columns of the table
        documents that are known before the text is parsed, all filled but those that may be empty,
        ``file`` with the part behind it (``table.csv#7``), ``standfirst`` and ``layout``.
    skipped : DataFrame
        ``file`` and ``reason`` for all that gives no document.

    Raises
    ------
    StudyError
        If an exception names no document or no field.
    """
    merged = _merged(found, survey, earlier)
    for column, default in _DEFAULTS.items():
        merged[column] = merged[column].where(merged[column] != "", default)
    _correct(merged, pd.DataFrame(columns=["document"]) if exceptions is None else exceptions)
    faults = [_fault(row) for row in merged.to_dict("records")]
    merged["fault"] = merged["fault"].mask(
        merged["fault"] == "", pd.Series(faults, merged.index, dtype="str")
    )
    usable = merged[merged["fault"] == ""]
    first = usable.drop_duplicates("document").set_index("document")["file"]
    for address, key in usable.loc[usable.duplicated("document"), "document"].items():
        merged.loc[address, "fault"] = (
            f"its key {key} is that of {first[key]} too; rename it or give it a row with another key"
            f" in {SOURCES}"
        )
    lost = survey.sources[~survey.sources["file"].isin(merged["file"])]
    unused = [
        (file, f"{SOURCES}: row {row}: no such text in the file; name a row of a table as table.csv#2")
        for file, row in zip(lost["file"], lost["row"], strict=True)
    ]
    unused += unused_references(survey.references, set(merged["reference"]))
    told = [(row.file, f"{row.where}{row.fault}") for row in merged[merged["fault"] != ""].itertuples()]
    documents = merged[merged["fault"] == ""].reset_index(drop=True)
    documents["standfirst"] = documents["standfirst"].astype("int64")
    skipped = [
        (_shown(file), " ".join(_shown(reason).split())) for file, reason in [*told, *survey.skipped, *unused]
    ]
    return documents[[*FACTS, "file", "sha256", "words"]], pd.DataFrame(
        skipped, columns=["file", "reason"], dtype="str"
    )


def order_of_trust(documents: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Give the documents' positions, of several copies first the one to keep: the earliest exact date.

    Examples
    --------
    >>> days = {"published_from": ["2019-01-01", "2019-05-06"], "published_to": ["2019-12-31", "2019-05-06"]}
    >>> order_of_trust(pd.DataFrame(days | {"file": ["a.md", "b.md"]})).tolist()
    [1, 0]
    """
    first, last = (pd.to_datetime(documents[column]).reset_index(drop=True) for column in _DATES[:2])
    vague = pd.cut((last - first).dt.days, [-1, 0, 31, np.inf], labels=False)
    keys = {"vague": vague, "first": first, "last": last, "file": documents["file"].to_numpy()}
    order: npt.NDArray[np.int64] = pd.DataFrame(keys).sort_values([*keys]).index.to_numpy(dtype="int64")
    return order


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
    if path.exists():
        raise StudyError(f"{path}: exists; complete it, or take it away for a new one")
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
    table = _merged(pd.DataFrame(rows), seen, None)
    often = table.groupby("document").cumcount()
    table["document"] = table["document"].mask(often > 0, table["document"] + "-" + (often + 1).astype("str"))
    table = table[TEMPLATE].replace(rf"\A(?={FORMULA.pattern})", "'", regex=True)
    try:
        with path.open("x", encoding="utf-8-sig", newline="") as cells:  # its mark tells spreadsheets UTF-8
            table.to_csv(cells, index=False, lineterminator="\n")
    except OSError as error:
        raise StudyError(f"{path}: cannot be written ({error.strerror}); nothing is changed") from None
    return path, len(table)


# From the parts to one frame.


def _merged(found: pd.DataFrame, survey: Survey, earlier: pd.DataFrame | None) -> pd.DataFrame:
    """Merge all facts, a row a document, and say in ``fault`` what cannot be used."""
    found = found.reindex(columns=_FOUND).astype("str").fillna("")
    found["name"] = found["file"] + found["part"]
    found = found.set_index("name", drop=False)
    declared = survey.sources.set_index("file")
    declared = declared[declared.index.isin(found.index)]
    found = found.loc[[*declared.index, *found.index.difference(declared.index, sort=False)]]

    own = _dated(found, found["file"])
    own["document"] = own["document"].where(own["document"].map(_is_key).astype("bool"), "")
    by_program = found["file"].str.lower().str.endswith(_BY_PROGRAMS)
    made = own["date_basis"].str.startswith(MADE)
    printed = own[_DATES].where(made, "")
    own[_DATES] = own[_DATES].mask(made, "")
    declared = _dated(declared, [""] * len(declared)).reindex(found.index, fill_value="")
    debates = _debates(found)
    matched = pd.Series(match_references(survey.references, found), found.index, dtype="int64")
    records, names = _recorded(survey.references, matched), _named(found)
    layers = [
        *(declared, debates, own.mask(by_program, ""), records, own.where(by_program, "")),
        *(_earlier(earlier, survey, found, matched), names, printed),
    ]
    merged = layers[0].replace("", None)
    for layer in layers[1:]:
        merged = merged.combine_first(layer.replace("", None))
    merged = merged.reindex(columns=[*FACTS, "doubt", "fault"]).astype("str").fillna("")
    # Two texts of one reference, as a page and its PDF, are two until they are compared.
    again = merged.duplicated("document") & (declared["document"] == "")
    merged["document"] = merged["document"].mask(again, names["document"])

    for column, values in {"file": found["name"], "reference": matched, **found[["sha256", "words"]]}.items():
        merged[column] = values
    row = survey.sources.set_index("file")["row"].reindex(found.index)
    told = row.notna() & (found["fault"] == "")
    merged["where"] = (f"{SOURCES}: row " + row.astype("Int64").astype("str") + ": ").where(told, "")
    doubt = merged["doubt"].where(merged["published_from"] == "", declared["doubt"])
    for faults in (found["fault"], doubt):
        merged["fault"] = faults.where(faults != "", merged["fault"])
    strange = (merged["language"] == "") & (found["english"] == "no") & (merged["layout"] != "speech")
    merged["language"] = merged["language"].mask(strange, UNDETERMINED)
    remarks = [found["remarks"], strange.map({True: _NOT_ENGLISH, False: ""})]
    for column in FACTS[1:]:
        too_long = merged[column].str.len() > _LONGEST
        if too_long.any():
            merged[column] = merged[column].mask(too_long, merged[column].str[:_LONGEST] + "…")
            remarks.append(too_long.map({True: f"{column} cut to {_LONGEST:,} characters", False: ""}))
    for remark in remarks:
        known = [one in notes for one, notes in zip(remark, merged["notes"], strict=True)]
        merged["notes"] = merged["notes"].where(
            np.array(known, dtype=bool), (merged["notes"] + "; " + remark).str.removeprefix("; ")
        )
    return merged


def _dated(facts: pd.DataFrame, groups: Iterable[Any]) -> pd.DataFrame:
    """Complete the dates, a group (a table, an export) at a time; a ``doubt`` says why there is none."""
    facts = facts.reindex(columns=[*FACTS, "date"], fill_value="").astype("str").fillna("").assign(doubt="")
    columns = ["date", *_DATES, "doubt"]
    rows = facts[columns].to_dict("records")
    members: dict[Any, list[dict[str, str]]] = {}
    for row, group in zip(rows, groups, strict=True):
        if row["date"] or row["published_from"]:
            members.setdefault(group, []).append(row)
        else:
            row |= dict.fromkeys(columns, "")
    for group_rows in members.values():
        starts = [row["date"] or row["published_from"] for row in group_rows]
        ends = ["" if row["date"] else row["published_to"] for row in group_rows]
        readings = column_dates([*starts, *ends])
        for place, row in enumerate(group_rows):
            cells = {"published_from": (starts[place], readings[place])}
            cells["published_to"] = (ends[place], readings[len(starts) + place])
            row |= _days(row, cells)
    facts[columns] = pd.DataFrame(rows, facts.index, columns, dtype="str")
    return facts.drop(columns="date")


def _days(row: dict[str, str], cells: dict[str, tuple[str, dict[str, str] | StudyError]]) -> dict[str, str]:
    """Give a row's first day, last day and basis, or else the doubt, by its cells and their readings."""
    days = []
    for column, (cell, reading) in cells.items():
        if isinstance(reading, StudyError) or (cell and not reading):
            if row["date"] and row["published_from"]:  # known from a vaguer field, as the year alone
                return {}
            doubt = f"{column} is not a date ({cell[:40]!r}); write it as 2019-05-06"
            doubt = str(reading) if isinstance(reading, StudyError) else doubt
            return dict.fromkeys(_DATES, "") | {"doubt": doubt}
        days.append(reading)
    first, last = days
    basis = row["date_basis"] or "as given"
    if not last:
        basis = re.sub(r", to the (?:month|year)\Z", "", basis) + first["date_basis"]
    last = last or first
    return {
        "published_from": first["published_from"],
        "published_to": last["published_to"],
        "date_basis": basis,
    }


def _debates(found: pd.DataFrame) -> pd.DataFrame:
    """Give what the names of General Debate files say."""
    rows: list[dict[str, str]] = []
    for file in found["file"]:
        try:
            rows.append(debate_facts(file))
        except StudyError as error:
            rows.append({"fault": str(error).removeprefix(f"{file}: ")})
    return pd.DataFrame(rows, found.index, [*FACTS, "fault"], dtype="str").fillna("")


def _recorded(references: pd.DataFrame, matched: pd.Series[Any]) -> pd.DataFrame:
    """Give each document the facts of its reference."""
    records = _dated(references, references["export"])
    several = records.duplicated("document", keep=False) | ~records["document"].map(_is_key).astype("bool")
    records["document"] = records["document"].mask(several, "")  # a key of two is nobody's
    return records.reindex(matched).fillna("").set_axis(matched.index)


def _earlier(
    earlier: pd.DataFrame | None, survey: Survey, found: pd.DataFrame, matched: pd.Series[Any]
) -> pd.DataFrame:
    """Give what an earlier build knew of the same text, where nothing in the folder tells."""
    nothing = pd.DataFrame("", found.index, FACTS)
    if earlier is None or not survey.sources.empty:
        return nothing
    old = earlier.drop_duplicates("file").set_index("file").reindex(found.index)
    dates = {name: pd.to_datetime(old[name]).dt.strftime("%Y-%m-%d") for name in _DATES[:2]}
    old = old.assign(**dates).reindex(columns=[*FACTS, "sha256"]).astype("str").fillna("")
    same = (old["sha256"] == found["sha256"]) & (matched < 0)
    return old[FACTS].where(same, nothing)


def _named(found: pd.DataFrame) -> pd.DataFrame:
    """Give what is guessed at last: a key and a date from the file's name, a title from the first line."""
    rows = []
    for row in found.to_dict("records"):
        path = PurePosixPath(row["file"])
        title = row.get("heading") or path.stem
        rows.append({"title": title, "document": _slug(path, row["part"], row.get("document", ""))})
        rows[-1] |= date_in_name(row["file"]) if not row["part"] else {}
    names = pd.DataFrame(rows, found.index, dtype="str").fillna("")
    return _dated(names, range(len(names)))


def _slug(path: PurePosixPath, part: str, given: str) -> str:
    """Make a key of a path; it depends on nothing but the document."""
    stem = str(path.with_suffix(""))
    name = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^A-Za-z0-9_.]+", "-", name).strip("-.")
    if sum(map(str.isalnum, slug)) < sum(map(str.isalnum, stem)) / 2:  # not in Latin letters
        slug = f"text-{sha256(stem.encode()).hexdigest()[:8]}"
    return f"{slug}-{given if given.isdecimal() else part.removeprefix('#')}" if part else slug


def _is_key(text: str) -> bool:
    return bool(_KEY.fullmatch(text)) and not text.isdecimal()


# From the frame to documents.


def _correct(merged: pd.DataFrame, exceptions: pd.DataFrame) -> None:
    """Put what the table exceptions says into the frame."""
    for number, exception in enumerate(exceptions.itertuples(), start=2):
        where = f"exceptions.csv: row {number}"
        chosen = merged["document"] == exception.document
        if exception.field not in FACTS[1:]:
            raise StudyError(f"{where}: no field {exception.field}; correct it")
        if not chosen.any():
            raise StudyError(f"{where}: no document {exception.document}; correct it")
        if exception.field == "standfirst" and not str(exception.value).isdecimal():
            raise StudyError(f"{where}: standfirst {exception.value!r} is not a count; correct it")
        value = str(exception.value)
        if exception.field in _DATES[:2]:
            reading = column_dates([value])[0]
            if isinstance(reading, StudyError) or not reading:
                raise StudyError(f"{where}: {value!r} is not a date, as 2019-05-06 is; correct it")
            value = reading[exception.field]
            merged.loc[chosen, "fault"] = merged.loc[chosen, "fault"].where(merged["doubt"] == "", "")
        merged.loc[chosen, exception.field] = value


def _fault(row: dict[str, str]) -> str:
    """Say what is wrong with a document's facts."""
    if not row["published_from"]:
        return f"published_from is empty{_FILL_IN if row['where'] else _NO_DATE}"
    if not _KEY.fullmatch(row["document"]):
        return f"key {row['document']!r} may hold letters, digits, _ . - only"
    if row["published_from"] > row["published_to"]:
        return f"{row['document']} is published_from after published_to"
    if not re.fullmatch(r"\d{1,4}", row["standfirst"]):
        return f"standfirst {row['standfirst'][:40]!r} is not a count"
    if row["layout"] not in ("page", "speech"):
        return f"layout {row['layout']!r} is neither page nor speech"
    return ""


def name_documents(documents: pd.DataFrame) -> pd.Series[Any]:
    """Name the documents of a study for figures.

    Parameters
    ----------
    documents
        As from `merge_facts`, without those left out as copies.

    Returns
    -------
    Series
        The label given for each, or its title's beginning and its year, or its key if others are named so.
    """
    years = documents["published_from"].str[:4]
    names = pd.Series([_short(title, 20) for title in documents["title"]], dtype="str") + " " + years
    # What the figures' font cannot draw, and what turns the line around, is no name.
    plain = names.map(lambda name: name.isprintable() and max(name) < "\u2c00").astype("bool")
    names = names.where(plain & ~names.duplicated(keep=False), documents["document"])
    labels = documents["label"].where(documents["label"] != "", names)
    labels = labels.map(_fitting)
    twice = labels.duplicated(keep=False)
    keyed = labels.str[: _LONGEST_LABEL // 2] + " (" + documents["document"] + ")"
    labels = labels.mask(twice, keyed.map(_fitting))
    again = labels.groupby(labels).cumcount()
    return labels.mask(again > 0, labels.str[: _LONGEST_LABEL - 8] + " " + (again + 1).astype("str"))


def _fitting(label: str) -> str:
    return label if len(label) <= _LONGEST_LABEL else label[: _LONGEST_LABEL - 1] + "…"


def _short(text: str, most: int) -> str:
    """Shorten a text, between words if one ends near enough."""
    return text if len(text) <= most else re.sub(r"(?<=.{10})\W+\w*$", "", text[:most]) + "…"


def _shown(text: str) -> str:
    """Write a text on one line, whatever is in it."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
