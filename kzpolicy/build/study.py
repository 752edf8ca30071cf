"""A folder of texts in, a study out: read all files, merge what is said of them, measure each document.

Both passes run batch by batch in worker processes (`kzpolicy.build.guard`) and leave Parquet files in a
working folder beside the study, so that memory does not grow with the texts and a stopped build goes on.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from kzpolicy.build.documents import load_lists, measure, read_files, score_mentions
from kzpolicy.build.duplicates import near_duplicates
from kzpolicy.build.guard import Guard, Item, read_parts
from kzpolicy.build.place import check_curated, only_writer, read_curated, study_place
from kzpolicy.build.sources import merge_facts, name_documents, order_of_trust
from kzpolicy.build.survey import SOURCES, Survey, survey
from kzpolicy.corpus import Corpus, Study, load_corpus, load_study, themes_of
from kzpolicy.powers import Powers, load_powers
from kzpolicy.scores.own import Scorer
from kzpolicy.storage import write_study
from kzpolicy.tables import PARSED, StudyError
from kzpolicy.themes import phrases

# Files that are read together: bytes and number. Rows of a table are measured by the same number.
BATCH, BATCH_DOCUMENTS = 1_000_000, 100
# A study with more rows in one table keeps its tables in parts.
HUGE = 4_000_000
# Where a document's text is: its part and its row in it; and its signature.
_PLACE = ["name", "source", "place", "signature"]


def build_study(
    texts: str | Path,
    out: str | Path,
    *,
    scorer: Scorer | None = None,
    workers: int | None = None,
    scheduler: str = "",
    collapse: bool = True,
    strict: bool = False,
    seconds: float = 60,
    megabytes: int = 1_000,
    progress: bool | None = None,
    tables: Iterable[str] | None = None,
) -> Corpus:
    """Read and measure a folder of texts, and write the study's tables, whole or not at all.

    A build that is stopped goes on from its finished parts when it is called again.

    Parameters
    ----------
    texts
        A folder of files and tables, with folders in it or not; `kzpolicy build --help` lists the
        formats, and where date, title, authors and outlet of a document may stand.
    out
        The study's folder: new, empty, or a study that kzpolicy made. Its ``study.toml``,
        ``powers.toml``, ``themes.toml`` and the tables written by people (codes, paraphrases, events,
        exceptions) are kept, used and checked; other files in it are left alone.
    scorer
        What scores the mentions, see `kzpolicy.scores.own.Scorer`; None for `score_targets`.
    workers
        Processes of this machine that share the work; None for one a core. The tables are the same.
    scheduler
        Address of a Dask cluster that shares the disk, in their place.
    collapse
        Whether to keep one only of articles that nearly repeat one another (four fifths of their runs
        of five words): that with the earliest exact date. Speeches are never compared.
    strict
        Whether a document that cannot be used is an error, or a row of the table ``skipped``.
    seconds, megabytes
        What one document may take (memory on Linux only); one that takes more is skipped and named.
    progress
        Whether to show a bar on standard error; None where that is a terminal.
    tables
        Names of the tables to give back, as for `load_corpus`; None for all.

    Returns
    -------
    Corpus
        What was written. Of a study with more than four million rows in a table give `tables`, or they
        may not fit into memory.

    Raises
    ------
    StudyError
        If the folders, ``sources.csv`` or a table written by people cannot be used, or no document
        can; the study is as it was then.

    Examples
    --------
    >>> with TemporaryDirectory() as folder:
    ...     texts = Path(folder, "texts")
    ...     texts.mkdir()
    ...     _ = (texts / "2019-05-06 road.txt").write_text("The road to Russia is open. It snows on it.")
    ...     build_study(texts, Path(folder, "study")).mentions["power"].tolist()
    ['russia']
    """
    place, folder = study_place(texts, out), Path(texts)
    guard = Guard(seconds, megabytes, workers, scheduler, progress)
    with only_writer(place) as working:
        curated, own = read_curated(place), place / "powers.toml"
        study = replace(load_study(place), phrases=tuple(phrases(themes_of(place))), folder=None)
        powers = load_powers(own if own.is_file() else None)
        seen = _survey(guard, folder, place, working)
        found = _read_all(guard, seen, working)
        documents, skipped = merge_facts(found.drop(columns=_PLACE), seen, curated["exceptions"])
        if strict:
            declared = skipped["reason"].str.startswith(f"{SOURCES}: row")
            _refuse(folder, skipped[declared | skipped["file"].isin([*seen.files, *found["name"]])])
        if documents.empty:
            raise _no_document(folder, skipped)
        documents = documents.merge(found[_PLACE], left_on="file", right_on="name")
        repeated = _repeated(documents) if collapse else skipped[:0]
        documents = documents[~documents["file"].isin(repeated["file"])].reset_index(drop=True)
        documents["label"] = name_documents(documents)
        parts = _measure_all(guard, documents, working, study, powers, scored=scorer is None)
        lost = pd.concat(read_parts(parts, "skipped"))
        skipped = pd.concat([lost, repeated, skipped], ignore_index=True).drop_duplicates(ignore_index=True)
        if strict:
            _refuse(folder, lost)
        if len(lost) == len(documents):
            raise _no_document(folder, skipped)
        check_curated(curated, parts, powers)
        if scorer is not None:
            _score_all(parts, study, scorer)
        whole = _tables(parts, documents["document"], scored=scorer is None) | {"skipped": skipped} | curated
        write_study(place, whole, phrases=study.phrases, settings=_settings(place, study))
    return load_corpus(place, tables=tables)


def parse_texts(texts: str | Path, **options: Any) -> Corpus:
    """Read and measure a folder of texts into a corpus in memory; `options` are those of `build_study`."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        return build_study(texts, Path(folder, "study"), **options)


def _survey(guard: Guard, texts: Path, place: Path, working: Path) -> Survey:
    """Look through the folder of texts, and past what this build itself puts there."""
    seen: Survey = guard.call(survey, texts)
    where = texts.resolve()
    files = [f for f in seen.files if not any((where / f).is_relative_to(own) for own in (place, working))]
    own = (place, working, working.with_suffix(".lock"))
    skipped = [one for one in seen.skipped if where / one[0] not in own]
    if not files:
        raise _no_document(texts, pd.DataFrame(skipped, columns=["file", "reason"]))
    return replace(seen, files=files, skipped=skipped)


def _read_all(guard: Guard, seen: Survey, working: Path) -> pd.DataFrame:
    """Read all files: of each document what was found in it, its ``name``, and where its text is."""
    batches: list[list[Item]] = [[]]
    held = 0
    for file in seen.files:
        path, size, changed = (seen.folder / file).absolute(), 0, 0
        with suppress(OSError):  # reading it will say what is wrong
            size, changed = path.stat().st_size, path.stat().st_mtime_ns
        if batches[-1] and (held + size > BATCH or len(batches[-1]) == BATCH_DOCUMENTS):
            batches.append([])
            held = 0
        batches[-1].append({"file": file, "path": path, "size": size, "changed": changed})
        held += size
    parts = guard.work(read_files, batches, working, _key(guard))
    frames = []
    for part, found, faults in zip(parts, *(read_parts(parts, n) for n in ("found", "skipped")), strict=True):
        frames += [found.assign(source=part), faults.rename(columns={"reason": "fault"})]
    found = (
        pd.concat(frames, ignore_index=True).fillna({"part": "", "place": -1, "signature": b""}).fillna("")
    )
    return found.assign(name=found["file"] + found["part"], place=found["place"].astype(int))


def _key(guard: Guard, *settings: Any) -> str:
    """Say what the parts of a build depend on besides the documents."""
    return repr((version("kzpolicy"), guard.seconds, guard.megabytes, *settings))


def _repeated(documents: pd.DataFrame) -> pd.DataFrame:
    """List the documents to leave out as they nearly repeat another one."""
    compared = documents[(documents["layout"] != "speech") & (documents["signature"] != b"")]
    compared = compared.reset_index(drop=True)
    table = np.frombuffer(b"".join(compared["signature"]), np.uint16)
    keys, files = compared["document"], compared["file"]
    rows = [
        (files[one], f"near-duplicate of {keys[other]} (similarity {shared:.2f})")
        for one, (other, shared) in sorted(near_duplicates(table, order_of_trust(compared)).items())
    ]
    return pd.DataFrame(rows, columns=["file", "reason"], dtype="str")


def _refuse(texts: Path, skipped: pd.DataFrame) -> None:
    for file, reason in skipped.itertuples(index=False):
        raise StudyError(f"{texts}/{file}: {reason}")


def _no_document(texts: Path, skipped: pd.DataFrame) -> StudyError:
    file, reason = skipped.iloc[0] if len(skipped) else ("it", "is empty; put the texts in it")
    others = f" (and {len(skipped) - 1:,} more)" if len(skipped) > 1 else ""
    return StudyError(f"{texts}: no document in it can be used; {file}: {reason}{others}")


def _measure_all(
    guard: Guard, documents: pd.DataFrame, working: Path, study: Study, powers: Powers, *, scored: bool
) -> list[Path]:
    """Measure all documents, those together whose texts were read together."""
    step = partial(measure, study=study, powers=powers, scored=scored)
    load_lists()
    together = [documents["source"], documents["place"] // BATCH_DOCUMENTS]
    rows = documents.drop(columns="signature")
    batches = [group.to_dict("records") for _, group in rows.groupby(together)]
    return guard.work(step, batches, working, _key(guard, study, powers.path.read_text("utf-8-sig"), scored))


def _score_all(parts: Sequence[Path], study: Study, scorer: Scorer) -> None:
    """Score the mentions of all parts by the user's own scorer, in this process, which holds its model."""
    for part, mentions in zip(parts, read_parts(parts, "mentions"), strict=True):
        score_mentions(mentions, study, scorer).to_parquet(part / "scored.parquet", index=False)


def _tables(
    parts: Sequence[Path], documents: pd.Series[Any], *, scored: bool
) -> dict[str, pd.DataFrame | Sequence[Path]]:
    """Put each table together in the order of the documents; of a large study, leave them in parts."""
    names = {name: name for name in PARSED} | ({} if scored else {"mentions": "scored"})
    files = {name: [part / f"{held}.parquet" for part in parts] for name, held in names.items()}
    if max(sum(pq.read_metadata(path).num_rows for path in paths) for paths in files.values()) > HUGE:
        return dict(files)
    tables: dict[str, pd.DataFrame | Sequence[Path]] = {}
    for name, held in names.items():
        table = pd.concat(read_parts(parts, held), ignore_index=True)
        owner = table["document"] if "document" in table else table["sentence"].str.split(":").str[0]
        order = pd.Categorical(owner, categories=documents).codes.argsort(kind="stable")
        tables[name] = table.iloc[order].reset_index(drop=True)
    return tables


def _settings(place: Path, study: Study) -> dict[str, bytes]:
    """Give study.toml to write, where the study has none of its own."""
    stated = {"name": study.name, "subject": study.subject, "first_person": study.first_person}
    about = "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in stated.items())
    return {} if (place / "study.toml").is_file() else {"study.toml": about.encode()}
