"""`Corpus`: a study's tables together; load, save, filter, and the evidence behind a number."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kzpolicy.errors import StudyError
from kzpolicy.parts import read_parts
from kzpolicy.powers import Powers, load_powers
from kzpolicy.schema import PARSED, TABLES, check, check_references, describe, to_file
from kzpolicy.storing import PACKAGE, Stored, StudyFiles, write_study
from kzpolicy.themes import load_themes

DATA = Path(__file__).resolve().parents[1] / "data"
One = str | int | Iterable[str | int] | None
# Tables that `Corpus.filter` leaves whole.
_APART = ("events", "skipped")


@dataclass(frozen=True, repr=False, eq=False)  # equal is what is the same: frames have no hash
class Corpus:
    """The tables of one study; `kzpolicy.schema` says what each holds.

    A table of a large study is read when it is first used, see `load_corpus`.

    Examples
    --------
    >>> corpus = load_corpus()
    >>> corpus.filter(document="clark2015").documents["label"].tolist()
    ['Clark 2015']
    """

    documents: pd.DataFrame
    sentences: pd.DataFrame
    mentions: pd.DataFrame
    terms: pd.DataFrame
    contexts: pd.DataFrame
    left_out: pd.DataFrame
    skipped: pd.DataFrame
    codes: pd.DataFrame
    paraphrases: pd.DataFrame
    events: pd.DataFrame
    exceptions: pd.DataFrame

    @classmethod
    def reading(
        cls,
        read: Callable[[str], pd.DataFrame],
        tables: Mapping[str, pd.DataFrame],
        rows: Mapping[str, int] | None = None,
    ) -> Corpus:
        """Make a corpus of some tables; each other is read by a function of its name when first used."""
        corpus = object.__new__(cls)
        vars(corpus).update(tables, _read=read, _rows=rows or {})
        return corpus

    if not TYPE_CHECKING:  # else every misspelt name would be a table

        def __getattr__(self, name: str) -> pd.DataFrame:
            if name not in TABLES or "_read" not in vars(self):
                raise AttributeError(f"a Corpus has no {name!r}; its tables are {', '.join(TABLES)}")
            vars(self)[name] = frame = self._read(name)
            return frame

    def __repr__(self) -> str:
        rows = vars(self).get("_rows", {}) | {n: len(vars(self)[n]) for n in TABLES if n in vars(self)}
        sizes = (f"{rows[name]:,} {name}" if name in rows else f"{name} not read" for name in TABLES)
        return f"Corpus({', '.join(sizes)})"

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables by name, reading those that are not read yet."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def filter(
        self, *, document: One = None, power: One = None, year: One = None, outlet_group: One = None
    ) -> Corpus:
        """Keep part of a corpus.

        Parameters
        ----------
        document, outlet_group
            Keys of documents, kinds of outlet; one or several.
        year
            Years of publication; a document dated by a range belongs to every year it touches.
        power
            Keys of powers: keeps the mentions, contexts and codes of these, and all sentences.

        Returns
        -------
        Corpus
            Tables reduced to what belongs to the documents and powers kept; events are kept.

        Raises
        ------
        StudyError
            If nothing has the wanted key.
        """
        unknown = set(_several(power)) - set(load_powers().keys)
        if unknown and (unknown := unknown - {*self.mentions["power"], *self.codes["power"]}):
            raise StudyError(f"no power {min(unknown, key=str)!r}; known are {', '.join(load_powers().keys)}")
        documents = _wanted(self.documents, document, year, outlet_group)
        keys = set(documents["document"])

        def part(name: str) -> pd.DataFrame:
            frame: pd.DataFrame = getattr(self, name)
            return frame if name in _APART else frame[_belongs(frame, keys, power)].reset_index(drop=True)

        read = {name: part(name) for name in TABLES if name in vars(self) and name != "documents"}
        return Corpus.reading(part, {"documents": documents.reset_index(drop=True), **read})

    def evidence(
        self, *, power: One = None, document: One = None, tone: One = None, stance: One = None
    ) -> pd.DataFrame:
        """List the sentences behind a number.

        Parameters
        ----------
        power, document
            Keys; one, several, or None for all.
        tone, stance
            Reference codes wanted (-1, 0, 1); None for all, sentences without codes included.

        Returns
        -------
        DataFrame
            One row a sentence and power, in reading order: ``sentence``, ``power``, ``aliases``,
            ``reference``, ``tone``, ``stance`` (medians of the coders), ``tone_score``,
            ``stance_score`` (means of the targeted scores), ``because`` (the words and rules behind
            these), ``vader_compound``, ``paraphrase``, ``label``, ``url``.
        """
        part = self.filter(power=power, document=document)
        pairs = part.mentions.groupby(["sentence", "power"], sort=False, as_index=False, observed=True).agg(
            aliases=("alias", lambda names: ", ".join(dict.fromkeys(names))),
            because=("because", lambda words: " | ".join(dict.fromkeys(words.dropna()))),
        )
        pairs = pairs.merge(pair_scores(part.mentions), on=["sentence", "power"])
        pairs = pairs.merge(reference_codes(part.codes), on=["sentence", "power"], how="outer")
        pairs = pairs.merge(part.paraphrases, on="sentence", how="left")
        pairs = pairs.merge(self.sentences[["sentence", "document", "vader_compound"]], on="sentence")
        pairs = pairs.merge(self.documents[["document", "label", "url"]], on="document")
        for name, wanted in (("tone", tone), ("stance", stance)):
            if wanted is not None:
                pairs = pairs[pairs[name].isin([int(v) for v in _several(wanted)])]
        order = {s: i for i, s in enumerate(self.sentences["sentence"])}
        pairs = pairs.sort_values("sentence", key=lambda s: s.map(order), kind="stable")
        columns = ["sentence", "power", "aliases", "reference", "tone", "stance"]
        columns += ["tone_score", "stance_score", "because", "vader_compound", "paraphrase", "label", "url"]
        return pairs[columns].reset_index(drop=True)

    def save(self, folder: str | Path) -> None:
        """Write the tables and their description to a folder, whole or not at all."""
        save_files(folder, dict(to_file(frame, name) for name, frame in self.tables().items()))


def save_files(folder: str | Path, files: Mapping[str, bytes | Stored]) -> None:
    """Write a study's files and their description to a folder, whole or not at all."""
    folder = Path(folder).resolve()
    write_study(folder, {**files, PACKAGE: describe(folder.name, files)})


def load_corpus(
    study: str | Path | None = None,
    *,
    tables: Iterable[str] | None = None,
    document: One = None,
    power: One = None,
    year: One = None,
    outlet_group: One = None,
) -> Corpus:
    """Load a study's tables, or a part of them.

    Parameters
    ----------
    study
        A study's folder, or the name of one that comes with the package (``"articles"``).
        None means the environment's ``KZPOLICY_STUDY``, or else the articles.
    tables
        Names of the tables wanted; using another is an error. None for all: a small study is
        read at once; of a large one, which is kept in parts, each table is read when first used.
    document, power, year, outlet_group
        Keep only this, as `Corpus.filter` does. Of a large study only the parts that hold it are read.

    Returns
    -------
    Corpus
        Typed tables, checksums proved; and keys, where the study is small and all of it is read.

    Raises
    ------
    StudyError
        If the folder or a table is missing, damaged, or not of the schema; if there is no such
        table, document, power or year.

    Examples
    --------
    >>> len(load_corpus("speeches", tables=["documents"], year=2019).documents)
    195
    """
    folder = study_folder(study)
    asked = list(TABLES) if tables is None else [tables] if isinstance(tables, str) else list(tables)
    for name in asked:
        if name not in TABLES:
            raise StudyError(f"no table {name!r}; there are {', '.join(TABLES)}")
    files = StudyFiles(folder)
    everything = all(wanted is None for wanted in (document, power, year, outlet_group))
    large = bool(part_files(files, "documents"))
    if tables is None and everything and not large:
        return Corpus(**read_tables(folder))
    known = powers_of(folder).keys
    if unknown := set(_several(power)) - set(known):
        raise StudyError(f"no power {min(unknown, key=str)!r}; known are {', '.join(known)}")
    keep, parts = None, None
    if not everything:
        documents = read_named(files, folder, "documents")
        keys = set(_wanted(documents, document, year, outlet_group)["document"])
        sizes = [files.described[file].rows for file in part_files(files, "documents")]
        numbers = pd.Series(range(len(sizes))).repeat(sizes)
        parts = set(numbers[documents["document"].isin(keys).to_numpy()]) if large else None

        def keep(frame: pd.DataFrame) -> pd.Series[bool]:
            return _belongs(frame, keys, power)

    def read(name: str) -> pd.DataFrame:
        if name not in asked:
            raise StudyError(f"the table {name} was not read; load_corpus read {', '.join(asked)}")
        return read_named(files, folder, name, None if name in _APART else keep, parts)

    if not large or tables is not None:
        return Corpus.reading(read, {name: read(name) for name in asked})
    rows = {name: sum(files.described[file].rows for file in part_files(files, name)) for name in PARSED}
    # What is not in parts is small.
    at_once = {name: read(name) for name in TABLES if name not in PARSED}
    return Corpus.reading(read, at_once, rows if everything else {})


def read_tables(folder: Path, *, prove: bool = True) -> dict[str, pd.DataFrame]:
    """Read, type and check every table of a study's folder; see `load_corpus`."""
    files = StudyFiles(folder, prove=prove)
    tables = {name: read_named(files, folder, name) for name in TABLES}
    check_references(tables, f"{folder}/")
    return tables


def read_named(
    files: StudyFiles,
    folder: Path,
    name: str,
    keep: Callable[[pd.DataFrame], pd.Series[bool]] | None = None,
    parts: Collection[int] | None = None,
) -> pd.DataFrame:
    """Read a table by its name, be it CSV, Parquet or in parts; of these only some, counted from 0."""
    if in_parts := part_files(files, name):
        wanted = (files[file] for i, file in enumerate(in_parts) if parts is None or i in parts)
        return read_parts(wanted, name, keep)
    for file in (f"{name}.csv", f"{name}.parquet"):
        if file in files:
            frame = read_table(files[file], name, folder / file)
            return frame if keep is None else frame[keep(frame)].reset_index(drop=True)
    raise StudyError(f"{folder}: has no {name}.csv; run kzpolicy build")


def part_files(files: StudyFiles, name: str) -> list[str]:
    """Give the names of a table's parts; none if it is one file."""
    return [file for file in files if file.startswith(f"{name}/")]


def read_table(content: bytes, name: str, path: Path) -> pd.DataFrame:
    """Read one table from the bytes of a CSV or Parquet file; `path` tells which, and where."""
    try:
        if path.suffix == ".parquet":
            from pyarrow import parquet

            table = parquet.read_table(io.BytesIO(content))
            table.validate(full=True)  # or a text that is not UTF-8 shows much later
            return check(table.to_pandas(), name, str(path))
        frame = pd.read_csv(io.BytesIO(content), dtype="str", keep_default_na=False)
    except StudyError:
        raise
    except Exception as error:  # whatever a parser thinks of a broken file
        kind = "Parquet table" if path.suffix == ".parquet" else "CSV table in UTF-8"
        raise StudyError(f"{path}: not a {kind} ({str(error).strip()}); restore it") from None
    return check(frame, name, str(path))


def study_folder(study: str | Path | None = None) -> Path:
    """Find a study's folder from its name or path; see `load_corpus`."""
    chosen = study if study is not None else os.environ.get("KZPOLICY_STUDY") or "articles"
    built_in = DATA / str(chosen)
    folder = built_in if built_in.is_dir() and not Path(chosen).is_dir() else Path(chosen)
    if not folder.is_dir():
        own = ", ".join(sorted(path.parent.name for path in DATA.glob(f"*/{PACKAGE}")))
        known = f"or one of {own}" if own else "for the package's own tables are in its checkout only"
        raise StudyError(f"{folder}: no such study; give a folder with {PACKAGE}, {known}")
    return folder


def reference_codes(codes: pd.DataFrame) -> pd.DataFrame:
    """Reduce the coders' codes to one reference code a sentence and power: their median.

    Returns
    -------
    DataFrame
        ``sentence``, ``power``, ``reference``, ``tone``, ``stance``, ``confidence`` (floats),
        ``coders`` (count).
    """
    grouped = codes.groupby(["sentence", "power"], sort=False)
    reference = grouped[["reference", "tone", "stance", "confidence"]].median().astype("float64")
    return reference.assign(coders=grouped.size()).reset_index()


def pair_scores(mentions: pd.DataFrame) -> pd.DataFrame:
    """Reduce the targeted scores of mentions to one a sentence and power.

    Parameters
    ----------
    mentions
        The table ``mentions``.

    Returns
    -------
    DataFrame
        ``sentence``, ``power``, ``tone_score``, ``stance_score`` (means over the mentions),
        ``tone_score_class``, ``stance_score_class`` (the class most mentions have, by sign).
    """
    grouped = mentions.groupby(["sentence", "power"], sort=False)
    means = grouped[["tone", "stance"]].mean().add_suffix("_score")
    classes = np.sign(grouped[["tone_class", "stance_class"]].sum()).astype("float64")
    classes.columns = ["tone_score_class", "stance_score_class"]
    return means.join(classes).reset_index()


def powers_of(study: str | Path | None = None) -> Powers:
    """Load a study's own ``powers.toml`` where it has one, else the built-in powers.

    Parameters
    ----------
    study
        As for `load_corpus`.

    Examples
    --------
    >>> powers_of("articles").keys[:2]
    ('russia', 'china')
    """
    own = study_folder(study) / "powers.toml"
    return load_powers(own if own.is_file() else None)


def themes_of(study: str | Path | None = None) -> pd.DataFrame:
    """Load the built-in themes, and before them those of a study's own ``themes.toml``.

    Parameters
    ----------
    study
        As for `load_corpus`.

    Returns
    -------
    DataFrame
        As from `kzpolicy.themes.load_themes`; a theme of both is the study's.

    Examples
    --------
    >>> themes_of("articles")["theme"].nunique()
    11
    """
    themes, own = load_themes(), study_folder(study) / "themes.toml"
    if not own.is_file():
        return themes
    found = load_themes(own)
    mine = ~found["theme"].isin(themes["theme"])
    kept = themes[~themes["theme"].isin(found["theme"])]
    return pd.concat([found[mine], found[~mine], kept], ignore_index=True)


def own_study() -> str:
    """Name the study that ``KZPOLICY_STUDY`` puts in the place of the articles; empty if none.

    Examples
    --------
    >>> own_study()
    ''
    """
    folder = study_folder()
    return "" if folder == DATA / "articles" else folder.resolve().name


def _several(value: One) -> list[str | int]:
    if value is None:
        return []
    return [value] if isinstance(value, str | int) else list(value)


def _wanted(documents: pd.DataFrame, document: One, year: One, outlet_group: One) -> pd.DataFrame:
    """Keep some documents; see `Corpus.filter`."""
    documents = _keep(documents, "document", document)
    before = documents = _keep(documents, "outlet_group", outlet_group)
    if year is not None:
        try:
            years = {int(y) for y in _several(year)}
        except ValueError:
            raise StudyError(f"{year!r} is not a year; give a number such as 2019") from None
        touched = [
            not years.isdisjoint(range(first.year, last.year + 1))
            for first, last in zip(documents["published_from"], documents["published_to"], strict=True)
        ]
        documents = documents[touched]
        if documents.empty:
            span = f"{before['published_from'].min().year} to {before['published_to'].max().year}"
            raise StudyError(f"no document of {sorted(years)}; there are documents of {span}")
    return documents


def _belongs(frame: pd.DataFrame, keys: Collection[str], power: One) -> pd.Series[bool]:
    """Say which rows belong to these documents and, in a table by power, to these powers."""
    owner = frame["document"] if "document" in frame else frame["sentence"].str.split(":").str[0]
    kept: pd.Series[bool] = owner.isin(keys)
    return kept & frame["power"].isin(_several(power)) if power is not None and "power" in frame else kept


def _keep(frame: pd.DataFrame, column: str, wanted: One) -> pd.DataFrame:
    if wanted is None:
        return frame
    unknown = set(_several(wanted)) - set(frame[column])
    if unknown:
        known = ", ".join(sorted(frame[column].dropna().unique()))
        raise StudyError(f"no {column} {min(unknown, key=str)!r}; there are {known}")
    return frame[frame[column].isin(_several(wanted))]
