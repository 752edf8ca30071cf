"""`Corpus`: a study's tables together; load it, keep a part of it, see the sentences behind a number."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kzpolicy import lists
from kzpolicy.powers import Powers, load_powers
from kzpolicy.storage import is_study, read_phrases, read_tables
from kzpolicy.tables import (
    TABLES,
    StudyError,
    as_list,
    check_references,
    document_of,
    read_toml,
    unknown_name,
)
from kzpolicy.themes import load_themes

DATA = Path(__file__).resolve().parents[1] / "data"
One = str | int | Iterable[str | int] | None


@dataclass(frozen=True)
class Study:
    """What a study is about: ``study.toml`` in its folder.

    Parameters
    ----------
    name
        The study's name.
    subject
        Whose position toward the powers is meant: names by which texts call it.
    first_person
        Whether "we" and "our" in the texts are the subject, as in its own speeches.
    phrases
        Terms of several words that were counted when the texts were read.
    folder
        Where the tables are; None for a corpus that was never written.
    """

    name: str = "study"
    subject: tuple[str, ...] = ("Kazakhstan",)
    first_person: bool = False
    phrases: tuple[str, ...] = ()
    folder: Path | None = None


@dataclass(eq=False, repr=False)
class Corpus:
    """The tables of one study, its powers and its themes; ``data/codebook.md`` says what each holds.

    The tables are ordinary frames and may be changed: every function reads them anew. A table that
    `load_corpus` was not asked for is None. `texts` (``sentence``, ``text``) is there only where the
    user has the texts, see `kzpolicy.with_texts`.

    Examples
    --------
    >>> corpus = load_corpus("articles")
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
    study: Study
    powers: Powers
    themes: pd.DataFrame
    texts: pd.DataFrame | None = None

    def __repr__(self) -> str:
        sizes = (f"{len(frame):,} {name}" for name, frame in self.tables().items())
        return f"Corpus({self.study.name}: {', '.join(sizes)})"

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables that were read, by name."""
        return {name: getattr(self, name) for name in TABLES if getattr(self, name) is not None}

    def require(self, *names: str) -> None:
        """Raise a StudyError unless these tables were read."""
        lacking = [name for name in names if getattr(self, name) is None]
        if lacking:
            read = [*self.tables(), *lacking]
            raise StudyError(f"the table {lacking[0]} was not read; load_corpus(…, tables={read})")

    def filter(
        self,
        *,
        document: One = None,
        power: One = None,
        year: One = None,
        outlet: One = None,
        outlet_group: One = None,
        speaker: One = None,
    ) -> Corpus:
        """Keep part of a corpus; each argument takes one or several, None for all.

        Parameters
        ----------
        document, outlet, outlet_group
            Keys or labels of documents, outlets, kinds of outlet.
        power
            Keys or names of powers: keeps the mentions, contexts and codes of these, and all sentences.
        year
            Years of publication; a document dated by a range belongs to every year it touches.
        speaker
            Speaking states, by ISO 3166 code or name.

        Returns
        -------
        Corpus
            Tables reduced to what belongs to the documents and powers kept; events are kept.

        Raises
        ------
        StudyError
            If nothing has the wanted key, naming what is near.

        Examples
        --------
        >>> len(load_corpus("articles").filter(year=2015, power="Russia").codes) > 0
        True
        """
        wanted = {"document": document, "outlet": outlet, "outlet_group": outlet_group}
        documents = _wanted(self.documents, year, wanted | {"speaker_state": speaker})
        keys, powers = documents["document"], [self.powers.key(str(one)) for one in as_list(power)]
        kept = {name: _belonging(frame, keys, powers) for name, frame in self.tables().items()}
        texts = None if self.texts is None else _belonging(self.texts, keys, [])
        return dataclasses.replace(self, **kept | {"documents": documents}, texts=texts)

    def evidence(
        self,
        *,
        power: One = None,
        document: One = None,
        year: One = None,
        tone: One = None,
        stance: One = None,
    ) -> pd.DataFrame:
        """List the sentences behind a number.

        Parameters
        ----------
        power, document, year
            As for `filter`.
        tone, stance
            Reference codes wanted (-1, 0, 1); None for all, sentences without codes included.

        Returns
        -------
        DataFrame
            One row a sentence and power, in reading order: ``sentence`` (document:paragraph:sentence),
            ``power``, ``aliases``, ``reference``, ``tone``, ``stance`` (medians of the coders, which are
            passes of a language model), ``tone_score``, ``stance_score`` (means of the targeted scores),
            ``because`` (what these rest on), ``vader_compound``, ``paraphrase``, ``label``, ``url``; and
            ``text`` where the corpus has texts.

        Examples
        --------
        >>> rows = load_corpus("articles").evidence(power="russia", document="clark2015", tone=1)
        >>> rows["sentence"].iloc[0].startswith("clark2015:")
        True
        """
        self.require("mentions", "codes", "sentences", "paraphrases")
        part = self.filter(power=power, document=document, year=year)
        pairs = part.mentions.groupby(["sentence", "power"], sort=False, as_index=False, observed=True).agg(
            aliases=("alias", lambda names: ", ".join(dict.fromkeys(names))),
            because=("because", lambda words: " | ".join(dict.fromkeys(words.dropna()))),
        )
        pairs = pairs.merge(pair_scores(part.mentions), on=["sentence", "power"])
        pairs = pairs.merge(reference_codes(part.codes), on=["sentence", "power"], how="outer")
        # In reading order, in which the sentences stand.
        sentences = part.sentences[["sentence", "document", "vader_compound"]]
        pairs = sentences.merge(pairs, on="sentence")
        for name, wanted in (("tone", as_list(tone)), ("stance", as_list(stance))):
            if not set(wanted) <= {-1, 0, 1}:
                raise StudyError(f"{name}={wanted!r} is no code; give -1, 0 or 1, or several of them")
            pairs = pairs[pairs[name].isin(wanted)] if wanted else pairs
        pairs = pairs.merge(part.paraphrases, on="sentence", how="left")
        pairs = pairs.merge(part.documents[["document", "label", "url"]], on="document")
        columns = ["sentence", "power", "aliases", "reference", "tone", "stance"]
        columns += ["tone_score", "stance_score", "because", "vader_compound", "paraphrase", "label", "url"]
        if part.texts is not None:
            pairs = pairs.merge(part.texts, on="sentence", how="left")
            columns.append("text")
        return pairs[columns].reset_index(drop=True)


def load_corpus(
    study: str | Path = "articles",
    *,
    tables: Iterable[str] | None = None,
    document: One = None,
    power: One = None,
    year: One = None,
    outlet: One = None,
    outlet_group: One = None,
    speaker: One = None,
) -> Corpus:
    """Load a study's tables, or a part of them.

    Parameters
    ----------
    study
        A study's folder, or the name of one that comes with the package (``articles``, ``speeches``).
    tables
        Names of the tables wanted besides ``documents``; None for all.
    document, power, year, outlet, outlet_group, speaker
        Keep only this, as `Corpus.filter` does; of a large study only what is kept is read.

    Returns
    -------
    Corpus
        Typed tables, checksums proved, documents in the order of their dates; and the study's own
        powers and themes.

    Raises
    ------
    StudyError
        If the folder or a table is missing, damaged, or not of its columns; if there is no such
        table, document, power or year.

    Examples
    --------
    >>> len(load_corpus("speeches", tables=["documents"], year=2019).documents)
    195
    """
    folder = study_folder(study)
    names = list(TABLES) if tables is None else list(dict.fromkeys(["documents", *as_list(tables)]))
    for name in names:
        if name not in TABLES:
            raise unknown_name("table", name, TABLES)
    wanted = {"document": document, "outlet": outlet, "outlet_group": outlet_group, "speaker_state": speaker}
    whole = year is None and all(value is None for value in wanted.values())
    # All at once where all is wanted: a build may put another study there while this one is read.
    read = read_tables(folder, names if whole else ["documents"])
    dates = ["published_to", "published_from"]
    read["documents"] = read["documents"].sort_values(dates, kind="stable", ignore_index=True)
    if not whole:
        read["documents"] = _wanted(read["documents"], year, wanted)
        keys = set(read["documents"]["document"])
        read |= read_tables(folder, [name for name in names if name != "documents"], documents=keys)
    elif tables is None:
        check_references(read, f"{folder}/")
    own = folder / "powers.toml"
    corpus = Corpus(
        **{name: read.get(name) for name in TABLES},
        study=load_study(folder),
        powers=load_powers(own if own.is_file() else None),
        themes=themes_of(folder),
    )
    return corpus if power is None else corpus.filter(power=power)


def study_folder(study: str | Path) -> Path:
    """Find a study's folder from its name or path; see `load_corpus`."""
    built_in = sorted(path.parent.name for path in DATA.glob("*/datapackage.json"))
    places = [Path(study), DATA / str(study)] if str(study) in built_in else [Path(study)]
    try:
        for folder in places:
            if is_study(folder):
                return folder
    except (OSError, ValueError):  # a name too long, or with a character that no path has
        pass
    known = ", ".join(built_in) or "none in this installation: they come with a checkout"
    what = f"{str(study)[:200]}: no study there; give a folder that kzpolicy build wrote"
    raise StudyError(f"{what}, or one of the package's own ({known})")


def load_study(folder: Path) -> Study:
    """Read ``study.toml`` in a study's folder; without one, the subject is Kazakhstan."""
    path = folder / "study.toml"
    fields: dict[str, Any] = {"name": folder.resolve().name, "subject": "Kazakhstan", "first_person": False}
    found = read_toml(path) if path.is_file() else {}
    for field in found:
        if field not in fields:
            raise StudyError(f"{path}: {unknown_name('field', field, fields)}")
    name, subject, first_person = (fields | found).values()
    names = [name, *as_list(subject)]
    if len(names) < 2 or not all(isinstance(one, str) and one.strip() for one in names):
        raise StudyError(f"{path}: name and subject are texts in quotes, subject may be a list; correct it")
    if not isinstance(first_person, bool):
        raise StudyError(f"{path}: first_person is true or false; correct it")
    return Study(name, tuple(names[1:]), first_person, read_phrases(folder), folder)


def themes_of(folder: Path) -> pd.DataFrame:
    """Load a study's own ``themes.toml`` and the built-in themes that it does not replace."""
    themes, path = load_themes(), folder / "themes.toml"
    if not path.is_file():
        return themes
    own = load_themes(path)
    return pd.concat([own, themes[~themes["theme"].isin(own["theme"])]], ignore_index=True)


@cache
def load_states() -> pd.DataFrame:
    """Load the delegations of the UN General Debate.

    Returns
    -------
    DataFrame
        Index ISO 3166 code (and EU, VAT, PSE); ``name`` for prose and figures, ``words`` by which
        texts name the state and its people. One frame for all callers: do not change it.

    Examples
    --------
    >>> load_states().loc["KAZ", "name"]
    'Kazakhstan'
    """
    return pd.DataFrame.from_dict(read_toml(lists.path("states.toml")), orient="index")


def state_code(state: str, known: Iterable[str] | None = None) -> str:
    """Give a state's code for its code or name, in any case.

    Parameters
    ----------
    state
        Code or name.
    known
        Codes of the delegations that may be meant; None for all states.

    Raises
    ------
    StudyError
        If there is no such state among them, naming what is near.

    Examples
    --------
    >>> state_code("Kazakhstan"), state_code("KAZ"), state_code("russia", ["KAZ", "RUS"])
    ('KAZ', 'KAZ', 'RUS')
    """
    names = load_states()["name"]
    codes = sorted(set(names.index if known is None else known))
    options = {code: code for code in codes} | {names[code]: code for code in codes if code in names}
    folded = {name.casefold(): code for name, code in options.items()}
    if str(state).casefold() not in folded:
        raise unknown_name("state" if known is None else "delegation", state, options)
    return str(folded[str(state).casefold()])


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


def _wanted(documents: pd.DataFrame, year: One, wanted: Mapping[str, One]) -> pd.DataFrame:
    """Keep some documents, by their years and by the values of columns; see `Corpus.filter`."""
    labels = dict(zip(documents["label"], documents["document"], strict=True))
    for column, values in wanted.items():
        if values is None:
            continue
        chosen, known = as_list(values), set(documents[column].dropna())
        if column == "document":
            chosen = [labels.get(str(one), one) for one in chosen]
        elif column == "speaker_state":
            chosen = [state_code(one) for one in chosen]
        for value in chosen:
            if value not in known:
                raise unknown_name(column, value, sorted(known))
        documents = documents[documents[column].isin(chosen)]
    if year is not None:
        first, last = documents["published_from"].dt.year, documents["published_to"].dt.year
        years = [int(one) if str(one).isdecimal() else 0 for one in as_list(year)]
        touched = np.any([(first <= one) & (one <= last) for one in years], axis=0)
        if not touched.any():
            span = f"{first.min()} to {last.max()}" if len(documents) else "no year"
            raise StudyError(
                f"no document of {', '.join(map(str, as_list(year)))}; there are documents of {span}"
            )
        documents = documents[touched]
    return documents.reset_index(drop=True)


def _belonging(frame: pd.DataFrame, keys: pd.Series, powers: list[str]) -> pd.DataFrame:
    """Keep the rows of these documents and, in a table by power, of these powers."""
    kept = pd.Series(True, index=frame.index)  # a table that is of no single document is kept
    if "document" in frame or "sentence" in frame:
        kept = document_of(frame).isin(keys)
    if powers and "power" in frame:
        kept &= frame["power"].isin(powers)
    return frame[kept].reset_index(drop=True)
