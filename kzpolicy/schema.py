"""The tables of a study: columns, types, units and allowed values; checks frames against them."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import pandas as pd

from kzpolicy.errors import StudyError
from kzpolicy.storing import Stored

KINDS = ("standfirst", "body", "quotation", "heading")
PRECISIONS = ("day", "month", "year", "span", "decade")
# A table of more rows than this is Parquet.
LARGE = 50_000
# A study with more rows than this in one table has its parsed tables in parts.
HUGE = 4_000_000
_MEDIA = {
    "csv": {"mediatype": "text/csv", "encoding": "utf-8"},
    "parquet": {"mediatype": "application/vnd.apache.parquet"},
}
_KEY = re.compile(r"[A-Za-z0-9_.-]+")


@dataclass(frozen=True)
class Column:
    """One column: its type (string, integer, number, date) and what it holds, with its unit."""

    name: str
    type: str
    about: str
    required: bool = True
    allowed: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Table:
    """One table: its columns, its key, and the columns that point to another table's key."""

    name: str
    about: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    refers: tuple[tuple[str, str], ...] = ()
    # A curated table is written by people; `kzpolicy build` keeps it and checks it.
    curated: bool = False

    @property
    def names(self) -> list[str]:
        """The columns' names, in order."""
        return [column.name for column in self.columns]

    def empty(self) -> pd.DataFrame:
        """Return the table without rows."""
        return pd.DataFrame({c.name: pd.Series(dtype=_DTYPES[c.type]) for c in self.columns})


_DTYPES: dict[str, str] = {"string": "str", "integer": "int64", "number": "float64", "date": "datetime64[s]"}


def _text(name: str, about: str, required: bool = True, allowed: tuple[Any, ...] = ()) -> Column:
    return Column(name, "string", about, required, allowed)


def _count(name: str, about: str, allowed: tuple[Any, ...] = ()) -> Column:
    return Column(name, "integer", about, True, allowed)


_DOCUMENT = _text("document", "key of the document, as cited")
_SENTENCE = _text(
    "sentence", "locator: document:paragraph:sentence; sentence 0 is the heading above the paragraph"
)
_POWER = _text("power", "key of the power, as in powers.toml")
_CODE = (-1, 0, 1)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table(
            "documents",
            "One row a document: bibliographic facts, dates, sizes. Sizes leave headings out.",
            (
                _DOCUMENT,
                _text("corpus", "the study's corpus"),
                _text("label", "short name for figures"),
                _text("title", "title as published"),
                _text("authors", "authors, separated by ;"),
                _text("outlet", "where it was published"),
                _text("outlet_country", "country of the outlet", False),
                _text("outlet_type", "kind of outlet, as the source describes it", False),
                _text("outlet_group", "kind of outlet, grouped for comparison", False),
                _text("speaker_state", "for speeches: ISO 3166 code of the speaking state", False),
                Column("published_from", "date", "earliest date of publication"),
                Column("published_to", "date", "latest date of publication; the same where the day is known"),
                _text("date_basis", "how the date is known"),
                _text("url", "page of the source", False),
                _text("language", "ISO 639-1 code"),
                _text("file", "name of the source file"),
                _count("paragraphs", "paragraphs of the body, quotations included"),
                _count("sentences", "sentences of standfirst, body and quotations"),
                _count("words", "words of standfirst, body and quotations"),
                _text("sha256", "SHA-256 of the source file, to prove the same text was read"),
                _text("notes", "what is odd about the source", False),
            ),
            ("document",),
        ),
        Table(
            "sentences",
            "One row a sentence, without its text: where it stands, its size, its plain VADER scores.",
            (
                _SENTENCE,
                _DOCUMENT,
                _count("paragraph", "paragraph, from 1; 0 is the standfirst"),
                _count("position", "number of the sentence in its paragraph, from 1; 0 is a heading"),
                _text("kind", "part of the document", True, KINDS),
                _count("words", "words"),
                Column("vader_negative", "number", "VADER's share of negative words, 0 to 1"),
                Column("vader_neutral", "number", "VADER's share of neutral words, 0 to 1"),
                Column("vader_positive", "number", "VADER's share of positive words, 0 to 1"),
                Column("vader_compound", "number", "VADER's compound score, -1 to 1"),
                _text(
                    "fingerprint",
                    "first 12 hex digits of the words' SHA-256: proves the text",
                ),
            ),
            ("sentence",),
            (("document", "documents"),),
        ),
        Table(
            "mentions",
            "One row a mention of a power in a sentence.",
            (
                _SENTENCE,
                _POWER,
                _count("start", "offset of the first character in the sentence, from 0"),
                _count("end", "offset after the last character"),
                _text("via", "what was named", True, ("state", "capital", "leader", "people", "institution")),
                _text("alias", "the name as listed in powers.toml"),
                Column("tone", "number", "targeted score of tone toward the power, -1 to 1"),
                Column("stance", "number", "targeted score of the subject's stance toward it, -1 to 1"),
                _count("tone_class", "tone as unfavourable, neither or favourable", _CODE),
                _count("stance_class", "stance as distance, none or approach", _CODE),
                _text("because", "the words and rules behind the scores", False),
            ),
            ("sentence", "start"),
            (("sentence", "sentences"),),
        ),
        Table(
            "terms",
            "Counts of lower-case words, and of the themes' terms of several words, per paragraph; "
            "headings left out.",
            (
                _DOCUMENT,
                _count("paragraph", "paragraph, from 1; 0 is the standfirst"),
                _text("term", "word, or term of several words"),
                _count("count", "occurrences"),
            ),
            ("document", "paragraph", "term"),
            (("document", "documents"),),
        ),
        Table(
            "contexts",
            "Counts of words in the sentences that mention a power.",
            (
                _DOCUMENT,
                _POWER,
                _text("term", "word"),
                _count("count", "occurrences"),
                _count("own", "of these, occurrences inside the power's own names"),
            ),
            ("document", "power", "term"),
            (("document", "documents"),),
        ),
        Table(
            "left_out",
            "What stood in a source file and is not the document's own text.",
            (
                _DOCUMENT,
                _count("line", "first line in the source file, from 1"),
                _text("reason", "why it was left out"),
                _count("words", "words between spaces"),
            ),
            ("document", "line"),
            (("document", "documents"),),
        ),
        Table(
            "skipped",
            "Files that could not be used.",
            (_text("file", "name of the source file"), _text("reason", "why it could not be used")),
            ("file", "reason"),
        ),
        Table(
            "codes",
            "Reference codes: one row a sentence, power and coder. The coders are passes of a large language "
            "model that followed the codebook; no human has coded or checked them.",
            (
                _SENTENCE,
                _POWER,
                _text("coder", "pass of the model"),
                _count("reference", "1: the power is meant; 0: only a word is shared", (0, 1)),
                _count("tone", "how the power is portrayed: -1 unfavourably, 0 neither, 1 favourably", _CODE),
                _count(
                    "stance", "Kazakhstan's position toward the power: -1 distance, 0 none, 1 approach", _CODE
                ),
                _count("confidence", "1: sure; 0: could defend another code", (0, 1)),
            ),
            ("sentence", "power", "coder"),
            (("sentence", "sentences"),),
            curated=True,
        ),
        Table(
            "paraphrases",
            "What each coded sentence says, in at most 15 words of our own.",
            (_SENTENCE, _text("paraphrase", "at most 15 words, not the source's")),
            ("sentence",),
            (("sentence", "sentences"),),
            curated=True,
        ),
        Table(
            "events",
            "Dated events that the documents state.",
            (
                _text("event", "short key"),
                _text("date", "ISO date as precise as stated; a span or decade as first/last year"),
                _text("precision", "how precise the date is", True, PRECISIONS),
                _text("powers", "powers involved, separated by ;", False),
                _text("what", "what happened, in at most 15 words of our own"),
                _text("sentences", "locators of the sentences that say so, separated by ;"),
                _text("note", "where documents differ or are imprecise", False),
            ),
            ("event",),
            curated=True,
        ),
        Table(
            "exceptions",
            "What had to be declared for one source: a fact its sources row lacks or has otherwise.",
            (
                _DOCUMENT,
                _text(
                    "field",
                    "column of documents, or standfirst: how many first paragraphs are the standfirst",
                ),
                _text("value", "the value used"),
                _text("why", "the reason"),
            ),
            ("document", "field"),
            curated=True,
        ),
    )
}

# What a build makes of each document, and so has in parts when it is large.
PARSED = ("documents", "sentences", "mentions", "terms", "contexts", "left_out")


def check(frame: pd.DataFrame, name: str, where: str = "") -> pd.DataFrame:
    """Check a frame against its table and give its columns their types.

    Parameters
    ----------
    frame
        Columns as in the table, as text or typed.
    name
        Name of the table.
    where
        How to name the frame in an error, usually its file.

    Returns
    -------
    DataFrame
        The same rows, the table's columns in order and typed.

    Raises
    ------
    StudyError
        At the first wrong column, missing value, wrong type, value not allowed, or repeated key,
        naming the row as a spreadsheet counts it (the heading is row 1).
    """
    table, where = TABLES[name], where or name
    missing = [c for c in table.names if c not in frame.columns]
    unknown = [str(c) for c in frame.columns if c not in table.names]
    if missing or unknown:
        what = f"lacks column {missing[0]!r}" if missing else f"has an unknown column {unknown[0]!r}"
        raise StudyError(f"{where}: {what}; the columns are {', '.join(table.names)}")
    typed = pd.DataFrame({c.name: _typed(frame[c.name], c, where) for c in table.columns})
    twice = typed.duplicated(list(table.key))
    if twice.any():
        row = int(twice.to_numpy().argmax())
        key = ", ".join(str(v) for v in typed.loc[typed.index[row], list(table.key)])
        raise StudyError(f"{where}: row {row + 2}: key {key} stands twice; keep one row")
    if name == "documents":
        _check_documents(typed, where)
    return typed.reset_index(drop=True)


def _typed(values: pd.Series[Any], column: Column, where: str) -> pd.Series[Any]:
    if isinstance(values.dtype, pd.CategoricalDtype) and column.type == "string":
        if "" not in values.cat.categories and not (column.required and values.hasnans):
            if not column.allowed or set(values.cat.categories) <= set(column.allowed):
                return values
        values = values.astype("str")
    empty = values.isna()
    if values.dtype.kind not in "iuf":  # writing a million numbers as texts takes its time
        empty |= values.astype("str") == ""
    bad, cause = empty & column.required, f"{column.name} is empty"
    typed = values
    if not bad.any():
        if column.type in ("integer", "number"):
            typed = pd.to_numeric(values, errors="coerce")
            bad, cause = typed.isna() & column.required, f"{column.name} is not a number"
            if column.type == "integer" and not bad.any():
                bad = (typed.astype("float64") % 1 != 0) | (typed.astype("float64").abs() >= 2**53)
                cause = f"{column.name} is not a whole number"
        elif column.type == "date":
            typed = pd.to_datetime(values, format="%Y-%m-%d", errors="coerce")
            bad, cause = typed.isna() & ~empty, f"{column.name} is not a date (YYYY-MM-DD)"
        else:
            typed = values.where(~empty, None)
    if not bad.any() and column.allowed:
        bad, cause = (
            ~typed.isin(column.allowed),
            f"{column.name} is none of {', '.join(map(str, column.allowed))}",
        )
    if bad.any():
        row = int(bad.to_numpy().argmax())
        raise StudyError(f"{where}: row {row + 2}: {cause} ({values.iloc[row]!r}); correct it")
    return typed.astype(_DTYPES[column.type])


def _check_documents(documents: pd.DataFrame, where: str) -> None:
    for row, document in enumerate(documents.itertuples(), start=2):
        if not _KEY.fullmatch(str(document.document)):
            raise StudyError(
                f"{where}: row {row}: key {document.document!r} holds other than letters, digits, "
                "_ . -; rename it"
            )
        if document.published_from > document.published_to:
            raise StudyError(
                f"{where}: row {row}: {document.document} is published_from after published_to; "
                "correct the dates"
            )


def check_references(tables: dict[str, pd.DataFrame], where: str = "") -> None:
    """Check that every key a table refers to exists.

    Raises
    ------
    StudyError
        Naming the table, the row, and the key that is not there.
    """
    for name, frame in tables.items():
        for column, other in TABLES[name].refers:
            known = set(tables[other][TABLES[other].key[0]])
            values = frame[column]
            used = set(values.cat.categories if isinstance(values.dtype, pd.CategoricalDtype) else values)
            if not used <= known:
                row = int((~values.isin(known)).to_numpy().argmax())
                raise StudyError(
                    f"{where}{name}.csv: row {row + 2}: {column} {frame[column].iloc[row]} is not in "
                    f"{other}; correct it"
                )


def to_file(frame: pd.DataFrame, name: str) -> tuple[str, bytes]:
    """Write a table as bytes that are the same on every machine; give the file's name with them.

    A table of more than `LARGE` rows is Parquet (zstd), a smaller one CSV.
    """
    if len(frame) > LARGE:
        return f"{name}.parquet", to_parquet(frame, name)
    return f"{name}.csv", to_csv(frame, name)


def to_parquet(frame: pd.DataFrame, name: str) -> bytes:
    """Write a table as Parquet: texts as dictionaries, the smallest integers that hold the values."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns, listed = {}, []
    for column in TABLES[name].columns:
        values = frame[column.name]
        if column.type == "integer":
            values = pd.to_numeric(values, downcast="integer")
        columns[column.name] = pa.array(values)
        if isinstance(values.dtype, pd.CategoricalDtype) or column.type == "number":
            listed.append(column.name)
    plain = {c: "DELTA_BINARY_PACKED" for c, a in columns.items() if pa.types.is_integer(a.type)}
    buffer = io.BytesIO()
    pq.write_table(
        pa.table(columns),
        buffer,
        compression="zstd",
        compression_level=15,
        use_dictionary=listed,
        column_encoding={c: e for c, e in plain.items() if c not in listed},
        write_statistics=False,
        row_group_size=1 << 30,
        data_page_size=1 << 20,
    )
    return buffer.getvalue()


def to_csv(frame: pd.DataFrame, name: str) -> bytes:
    """Write a table as CSV bytes that are the same on every machine."""
    table = TABLES[name]
    dates = {c.name: frame[c.name].dt.strftime("%Y-%m-%d") for c in table.columns if c.type == "date"}
    text: str = frame[table.names].assign(**dates).to_csv(index=False, lineterminator="\n")
    return text.encode()


def describe(name: str, title: str, files: Mapping[str, bytes | Stored]) -> bytes:
    """Write a study's ``datapackage.json`` (Frictionless Data Package, version 1) from its files.

    A table in parts is one resource; its ``parts`` have their own sizes and checksums.
    """
    parts: dict[str, list[dict[str, Any]]] = {}
    for file, content in files.items():
        about: dict[str, Any] = {"path": file}
        if isinstance(content, Stored):
            about |= {"bytes": content.bytes, "hash": "sha256:" + content.sha256, "rows": content.rows}
        else:
            about |= {"bytes": len(content), "hash": "sha256:" + sha256(content).hexdigest()}
        parts.setdefault(re.split("[./]", file)[0], []).append(about)
    resources = []
    for name_of, listed in parts.items():
        table = TABLES[name_of]
        format_of = listed[0]["path"].rpartition(".")[2]
        fields = [
            {"name": c.name, "type": c.type, "description": c.about, "constraints": _constraints(c)}
            for c in table.columns
        ]
        foreign = [
            {"fields": [column], "reference": {"resource": other, "fields": [TABLES[other].key[0]]}}
            for column, other in table.refers
        ]
        sizes: dict[str, Any] = {k: listed[0][k] for k in ("bytes", "hash")}
        if "rows" in listed[0]:
            sizes = {"bytes": sum(part["bytes"] for part in listed), "parts": listed}
        resources.append(
            {
                "name": table.name,
                "path": [part["path"] for part in listed] if "parts" in sizes else listed[0]["path"],
                "description": table.about,
                "profile": "tabular-data-resource",
                "format": format_of,
                **_MEDIA[format_of],
                **sizes,
                "schema": {"fields": fields, "primaryKey": list(table.key), "foreignKeys": foreign},
            }
        )
    package = {
        "name": name,
        "title": title,
        "profile": "tabular-data-package",
        "licenses": [{"name": "CC-BY-4.0", "path": "https://creativecommons.org/licenses/by/4.0/"}],
        "resources": resources,
    }
    return (json.dumps(package, indent=1, ensure_ascii=False) + "\n").encode()


def _constraints(column: Column) -> dict[str, Any]:
    constraints: dict[str, Any] = {"required": True} if column.required else {}
    return constraints | ({"enum": list(column.allowed)} if column.allowed else {})


def codebook() -> str:
    """Write the codebook of all tables as Markdown."""
    lines = ["# Codebook: the tables of a study", ""]
    for table in TABLES.values():
        lines += [f"## {table.name}", "", table.about, "", f"Key: {', '.join(table.key)}.", ""]
        lines += ["| column | type | what it holds |", "|---|---|---|"]
        for c in table.columns:
            values = f" ({', '.join(map(str, c.allowed))})" if c.allowed else ""
            lines.append(
                f"| {c.name} | {c.type} | {c.about}{values}{'' if c.required else '; may be empty'} |"
            )
        lines.append("")
    return "\n".join(lines)
