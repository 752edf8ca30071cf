"""`Corpus`: a study's tables together; load, save, filter, and the evidence behind a number."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from pathlib import Path

import pandas as pd

from kzpolicy.errors import StudyError
from kzpolicy.powers import Powers, load_powers
from kzpolicy.schema import TABLES, check, check_references, describe, to_file
from kzpolicy.storing import PACKAGE, read_study, write_study

DATA = Path(__file__).resolve().parents[1] / "data"
One = str | int | Iterable[str | int] | None


@dataclass(frozen=True, repr=False, eq=False)  # equal is what is the same: frames have no hash
class Corpus:
    """The tables of one study; `kzpolicy.schema` says what each holds.

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
    codes: pd.DataFrame
    paraphrases: pd.DataFrame
    events: pd.DataFrame
    exceptions: pd.DataFrame

    def __repr__(self) -> str:
        sizes = ", ".join(f"{len(frame):,} {name}" for name, frame in self.tables().items())
        return f"Corpus({sizes})"

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables by name."""
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
        unknown = set(_several(power)) - {*self.mentions["power"], *self.codes["power"], *load_powers().keys}
        if unknown:
            raise StudyError(f"no power {min(unknown, key=str)!r}; known are {', '.join(load_powers().keys)}")
        documents = self.documents
        documents = _keep(documents, "document", document)
        documents = _keep(documents, "outlet_group", outlet_group)
        if year is not None:
            try:
                years = {int(y) for y in _several(year)}
            except ValueError:
                raise StudyError(f"{year!r} is not a year") from None
            touched = [
                not years.isdisjoint(range(first.year, last.year + 1))
                for first, last in zip(documents["published_from"], documents["published_to"], strict=True)
            ]
            documents = documents[touched]
            if documents.empty:
                raise StudyError(f"no document of {sorted(years)}; the corpus has {_years(self.documents)}")
        keys = set(documents["document"])
        kept = {"documents": documents.reset_index(drop=True)}
        for name, frame in self.tables().items():
            if name not in ("documents", "events"):
                owner = frame["document"] if "document" in frame else frame["sentence"].str.split(":").str[0]
                frame = frame[owner.isin(keys)]
                kept[name] = (_keep(frame, "power", power) if "power" in frame else frame).reset_index(
                    drop=True
                )
        return replace(self, **kept)

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
            ``reference``, ``tone``, ``stance`` (medians of the coders), ``vader_compound``,
            ``paraphrase``, ``label``, ``url``.
        """
        part = self.filter(power=power, document=document)
        pairs = part.mentions.groupby(["sentence", "power"], sort=False, as_index=False).agg(
            aliases=("alias", lambda names: ", ".join(dict.fromkeys(names)))
        )
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
        return pairs[[*columns, "vader_compound", "paraphrase", "label", "url"]].reset_index(drop=True)

    def save(self, folder: str | Path, *, title: str = "") -> None:
        """Write the tables and their description to a folder, whole or not at all."""
        folder = Path(folder).resolve()
        files = dict(to_file(frame, name) for name, frame in self.tables().items())
        files[PACKAGE] = describe(folder.resolve().name, title or f"Tables of the study {folder.name}", files)
        write_study(folder, files)


def load_corpus(study: str | Path | None = None) -> Corpus:
    """Load a study's tables.

    Parameters
    ----------
    study
        A study's folder, or the name of one that comes with the package (``"articles"``).
        None means the environment's ``KZPOLICY_STUDY``, or else the articles.

    Returns
    -------
    Corpus
        Typed tables, checksums and keys proved.

    Raises
    ------
    StudyError
        If the folder or a table is missing, damaged, or not of the schema.
    """
    return Corpus(**read_tables(study_folder(study)))


def read_tables(folder: Path, *, prove: bool = True) -> dict[str, pd.DataFrame]:
    """Read, type and check every table of a study's folder; see `load_corpus`."""
    files = read_study(folder, prove=prove)
    tables = {}
    for name in TABLES:
        file = next((f"{name}.{ending}" for ending in ("csv", "parquet") if f"{name}.{ending}" in files), "")
        if not file:
            raise StudyError(f"{folder}: has no {name}.csv; run kzpolicy build")
        tables[name] = read_table(files[file], name, folder / file)
    check_references(tables, f"{folder}/")
    return tables


def read_table(content: bytes, name: str, path: Path) -> pd.DataFrame:
    """Read one table from the bytes of a CSV or Parquet file; `path` tells which, and where."""
    try:
        if path.suffix == ".parquet":
            return check(pd.read_parquet(io.BytesIO(content)), name, str(path))
        frame = pd.read_csv(io.BytesIO(content), dtype="str", keep_default_na=False)
    except (ValueError, OSError) as error:  # pandas' and pyarrow's errors are kinds of these
        if isinstance(error, StudyError):
            raise
        kind = "Parquet table" if path.suffix == ".parquet" else "CSV table in UTF-8"
        raise StudyError(f"{path}: not a {kind} ({str(error).strip()}); restore it") from None
    return check(frame, name, str(path))


def study_folder(study: str | Path | None = None) -> Path:
    """Find a study's folder from its name or path; see `load_corpus`."""
    chosen = study if study is not None else os.environ.get("KZPOLICY_STUDY") or "articles"
    built_in = DATA / str(chosen)
    folder = built_in if built_in.is_dir() and not Path(chosen).is_dir() else Path(chosen)
    if not folder.is_dir():
        raise StudyError(f"{folder}: no such study; give a folder with {PACKAGE}, or one of {_built_in()}")
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


def powers_of(study: str | Path | None = None) -> Powers:
    """Load a study's own ``powers.toml`` where it has one, else the built-in powers."""
    own = study_folder(study) / "powers.toml"
    return load_powers(own if own.is_file() else None)


def _several(value: One) -> list[str | int]:
    if value is None:
        return []
    return [value] if isinstance(value, str | int) else list(value)


def _keep(frame: pd.DataFrame, column: str, wanted: One) -> pd.DataFrame:
    if wanted is None:
        return frame
    if column != "power":  # a power may be absent from a part of the corpus; a document may not
        unknown = set(_several(wanted)) - set(frame[column])
        if unknown:
            known = ", ".join(sorted(frame[column].dropna().unique()))
            raise StudyError(f"no {column} {min(unknown, key=str)!r}; there are {known}")
    return frame[frame[column].isin(_several(wanted))]


def _years(documents: pd.DataFrame) -> str:
    return f"{documents['published_from'].min().year} to {documents['published_to'].max().year}"


def _built_in() -> str:
    return (
        ", ".join(sorted(p.name for p in DATA.iterdir() if (p / PACKAGE).is_file()))
        if DATA.is_dir()
        else "none"
    )
