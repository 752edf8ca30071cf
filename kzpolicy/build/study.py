"""A folder of texts in, a study out: read all files, merge what is said of them, measure each document.

Both passes run batch by batch in worker processes (`kzpolicy.build.guard`) and leave Parquet files in a
working folder beside the study, so that memory does not grow with the texts and a stopped build goes on.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from tqdm.auto import tqdm

from kzpolicy import lists
from kzpolicy.build.curated import check_curated, read_curated
from kzpolicy.build.documents import (
    BATCH,
    BATCH_DOCUMENTS,
    Measuring,
    load_lists,
    measure_batch,
    read_batch,
    speaker,
)
from kzpolicy.build.duplicates import near_duplicates
from kzpolicy.build.guard import Limits, Task, work
from kzpolicy.build.place import only_writer, study_place
from kzpolicy.build.sources import merge_facts, name_documents, order_of_trust
from kzpolicy.build.survey import SOURCES, Survey, survey
from kzpolicy.corpus import Corpus, Study, load_corpus, load_study, themes_of
from kzpolicy.powers import Powers, load_powers
from kzpolicy.scores.own import SCORES, Scorer, check_scores
from kzpolicy.storage import write_study
from kzpolicy.tables import PARSED, TABLES, StudyError, check_table
from kzpolicy.themes import phrases

# A study with more rows in one table keeps its tables in parts.
HUGE = 4_000_000


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
    place = study_place(texts, out)
    limits = Limits(seconds, megabytes)
    with only_writer(place) as working:
        run = _Run(Path(texts), place, working, limits, workers or _cores(), scheduler, progress)
        curated = read_curated(place)
        study, powers = _settings(place)
        documents, skipped = _read_all(run, curated["exceptions"], collapse=collapse, strict=strict)
        parts, more = _measure_all(run, documents, study, powers, scored=scorer is None)
        skipped = pd.concat([more, skipped], ignore_index=True).drop_duplicates(ignore_index=True)
        if strict and len(more):
            raise StudyError(f"{texts}/{more['file'].iloc[0]}: {more['reason'].iloc[0]}")
        files = {name: [part / f"{name}.parquet" for part in parts] for name in PARSED}
        if not _rows(files["documents"]):
            raise _no_document(texts, skipped)
        if scorer is not None:
            files["mentions"] = list(_scored(run, files["mentions"], study, scorer))
        check_curated(curated, files["sentences"], powers)
        whole = {"skipped": skipped} | curated
        _write(place, _tables(files, documents) | whole, study)
    return load_corpus(place, tables=tables)


def parse_texts(texts: str | Path, **options: Any) -> Corpus:
    """Read and measure a folder of texts into a corpus in memory; `options` are those of `build_study`."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        return build_study(texts, Path(folder, "study"), **options)


@dataclass(frozen=True)
class _Run:
    """Where a build reads and writes, and who does it within which limits."""

    texts: Path
    place: Path
    working: Path
    limits: Limits
    workers: int
    scheduler: str
    progress: bool | None

    def tasks(self, step: str, key: str, batches: Sequence[tuple[tuple[Any, ...], Any]]) -> list[Task]:
        """Make the tasks of a step; what another step of this name left is of other texts, and removed."""
        folder = self.working / f"{step}-{key}"
        for former in self.working.glob(f"{step}-*"):
            if former != folder:
                shutil.rmtree(former)
        folder.mkdir(exist_ok=True)
        return [
            Task(folder / f"{number:05}", items, self.limits, settings)
            for number, (items, settings) in enumerate(batches, start=1)
        ]

    def work(
        self, function: Callable[[Task], None], tasks: Sequence[Task], what: str
    ) -> list[tuple[Task, Any, str]]:
        """Do the tasks not done yet; give those whose document ended its process, it and the reason."""
        waiting, failed = [task for task in tasks if not _finished(task.target)], []
        every, left = (sum(len(task.items) for task in some) for some in (tasks, waiting))
        quiet = None if self.progress is None else not self.progress
        with tqdm(
            total=every, initial=every - left, desc=what, unit=" texts", disable=quiet, leave=False
        ) as bar:
            for task, item, reason in work(function, waiting, workers=self.workers, scheduler=self.scheduler):
                if reason:
                    failed.append((task, item, reason))
                bar.update(1 if reason else len(task.items))
        return failed


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _finished(target: Path) -> bool:
    """Say whether a task was done before; what is damaged of it is removed, to be made again."""
    if not target.exists():
        return False
    try:
        for path in [target] if target.is_file() else sorted(target.glob("*.parquet")):
            pq.read_table(path, page_checksum_verification=True, use_threads=False)
        return target.is_file() or all(
            (target / f"{name}.parquet").is_file() for name in (*PARSED, "skipped")
        )
    except (OSError, pa.ArrowException):
        pass
    shutil.rmtree(target) if target.is_dir() else target.unlink()
    return False


# First pass: from files to one frame of documents.


def _read_all(
    run: _Run, exceptions: pd.DataFrame, *, collapse: bool, strict: bool
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read all files and merge what is said of the documents; see `merge_facts`."""
    seen = _survey(run)
    if not seen.files:
        raise _no_document(run.texts, pd.DataFrame(seen.skipped, columns=["file", "reason"]))
    sizes = [_size(run.texts / file) for file in seen.files]
    key = _digest(run.texts.absolute(), seen.files, sizes, run.limits, version("kzpolicy"))
    batches: list[list[str]] = [[]]
    held = 0
    for file, (size, _) in zip(seen.files, sizes, strict=True):
        if batches[-1] and (held + size > BATCH or len(batches[-1]) == BATCH_DOCUMENTS):
            batches.append([])
            held = 0
        batches[-1].append(file)
        held += size
    tasks = run.tasks("read", key, [(tuple(batch), run.texts) for batch in batches])
    failed = run.work(read_batch, tasks, "reading")
    found, signatures = _found([task.target for task in tasks])
    lost = pd.DataFrame([{"file": file, "part": "", "fault": reason} for _, file, reason in failed])
    documents, skipped = merge_facts(pd.concat([found, lost], ignore_index=True), seen, exceptions)
    places = found.set_index(found["file"] + found["part"])[["source", "group", "place"]]
    declared = skipped["reason"].str.startswith(f"{SOURCES}: row")
    faults = skipped[declared | skipped["file"].isin([*seen.files, *places.index])]
    if strict and len(faults):
        raise StudyError(f"{run.texts}/{faults['file'].iloc[0]}: {faults['reason'].iloc[0]}")
    if documents.empty:
        raise _no_document(run.texts, skipped)
    documents = documents.join(places, on="file")
    if collapse:
        repeated = _repeated(documents, signatures.reindex(documents["file"]))
        skipped = pd.concat([repeated, skipped], ignore_index=True)
        documents = documents[~documents["file"].isin(repeated["file"])].reset_index(drop=True)
    return documents.assign(label=name_documents(documents)), skipped


def _survey(run: _Run) -> Survey:
    """Look through the folder of texts, and past what this build itself puts there."""
    seen, own = survey(run.texts), (run.place.resolve(), run.working.resolve())
    where = run.texts.resolve()
    files = [f for f in seen.files if not any((where / f).is_relative_to(folder) for folder in own)]
    skipped = [
        (file, reason)
        for file, reason in seen.skipped
        if where / file not in (*own, own[1].with_suffix(".lock"))
    ]
    return replace(seen, files=files, skipped=skipped)


def _size(path: Path) -> tuple[int, int]:
    with suppress(OSError):  # reading it will say what is wrong
        return path.stat().st_size, path.stat().st_mtime_ns
    return 0, 0


def _digest(*values: Any) -> str:
    return sha256(json.dumps(values, default=str).encode()).hexdigest()[:16]


def _found(parts: Sequence[Path]) -> tuple[pd.DataFrame, pd.Series[Any]]:
    """Put together what was found in each document, and where its text is; and the signatures."""
    frames, signatures = [], []
    for part in parts:
        with pq.ParquetFile(part) as file:
            for group in range(file.num_row_groups):
                table = file.read_row_group(group, ["row", "signature"], use_threads=False)
                rows = pd.DataFrame([json.loads(row) for row in table["row"].to_pylist()])
                rows = rows.fillna("").assign(source=part.name, group=group, place=range(len(rows)))
                frames.append(rows)
                signatures += table["signature"].to_pylist()
    found = pd.concat(frames, ignore_index=True)
    return found, pd.Series(signatures, index=found["file"] + found["part"], dtype="object")


def _repeated(documents: pd.DataFrame, signatures: pd.Series[Any]) -> pd.DataFrame:
    """List the documents to leave out as they nearly repeat another one."""
    signed = (documents["layout"] != "speech").to_numpy() & (signatures.str.len() > 0).to_numpy()
    compared = documents[signed].reset_index(drop=True)
    table = np.frombuffer(b"".join(signatures[signed]), np.uint16)
    order = np.asarray(order_of_trust(compared))
    keys, files = compared["document"], compared["file"]
    rows = [
        (files[one], f"near-duplicate of {keys[other]} (similarity {shared:.2f})")
        for one, (other, shared) in sorted(near_duplicates(table, order).items())
    ]
    return pd.DataFrame(rows, columns=["file", "reason"], dtype="str")


def _no_document(texts: str | Path, skipped: pd.DataFrame) -> StudyError:
    file, reason = skipped.iloc[0] if len(skipped) else ("it", "is empty; put the texts in it")
    others = f" (and {len(skipped) - 1:,} more)" if len(skipped) > 1 else ""
    return StudyError(f"{texts}: no document in it can be used; {file}: {reason}{others}")


# Second pass: from documents to tables.


def _measure_all(
    run: _Run, documents: pd.DataFrame, study: Study, powers: Powers, *, scored: bool
) -> tuple[list[Path], pd.DataFrame]:
    """Measure all documents: the folders of their parts, and which documents could not be used."""
    (read,) = run.working.glob("read-*")
    digests = pd.util.hash_pandas_object(documents, index=False).tolist()
    key = _digest(read.name, digests, powers.path.read_text("utf-8-sig"), study, run.limits, scored)
    batches = [
        (
            tuple(range(len(rows))),
            Measuring(read / source, group, rows.reset_index(drop=True), study, powers, scored),
        )
        for (source, group), rows in documents.groupby(["source", "group"])
    ]
    tasks = run.tasks("measure", key, batches)
    load_lists()
    failed = run.work(measure_batch, tasks, "measuring")
    rows = [(task.settings.documents["file"][at], reason) for task, at, reason in failed]
    skipped = [pd.DataFrame(rows, columns=["file", "reason"], dtype="str")]
    skipped += [pd.read_parquet(task.target / "skipped.parquet") for task in tasks]
    return [task.target for task in tasks], pd.concat(skipped, ignore_index=True)


def _scored(run: _Run, parts: Sequence[Path], study: Study, scorer: Scorer) -> Iterator[Path]:
    """Score the mentions of all parts by the user's own scorer, in this process, which holds its model."""
    folder = run.working / "scored"
    folder.mkdir(exist_ok=True)
    for part in parts:
        mentions = pd.read_parquet(part)
        scored = [TABLES["mentions"].empty()]
        for state, rows in mentions.groupby("speaker_state", sort=False):
            subject, first_person = speaker(str(state), study)
            asked = rows[["text", "start", "end", "power"]].reset_index(drop=True)
            found = check_scores(scorer(asked, subject=subject, first_person=first_person), asked)
            scored.append(rows.join(found[list(SCORES)].set_axis(rows.index)))
        path = folder / f"{part.parent.name}.parquet"
        table = pd.concat(scored).sort_index()[TABLES["mentions"].names].round({"tone": 4, "stance": 4})
        check_table(table, "mentions").to_parquet(path, index=False)
        yield path


def _rows(paths: Sequence[Path]) -> int:
    return sum(pq.read_metadata(path).num_rows for path in paths)


def _tables(
    files: Mapping[str, Sequence[Path]], documents: pd.DataFrame
) -> dict[str, pd.DataFrame | Sequence[Path]]:
    """Put each table together in the order of the documents; of a large study, leave them in parts."""
    if max(map(_rows, files.values())) > HUGE:
        return dict(files)
    places = pd.Series(range(len(documents)), index=documents["document"])
    in_order = documents.sort_values(["source", "group"], kind="stable").index.is_monotonic_increasing
    tables: dict[str, pd.DataFrame | Sequence[Path]] = {}
    for name, paths in files.items():
        table = pq.read_table(list(paths), use_threads=False).to_pandas()
        if not in_order:
            owner = table["document"] if "document" in table else table["sentence"].str.split(":").str[0]
            table = table.iloc[np.argsort(owner.map(places).to_numpy(), kind="stable")]
        tables[name] = table.reset_index(drop=True)
    return tables


# The study's settings and its writing.


def _settings(place: Path) -> tuple[Study, Powers]:
    """Load the subject, the phrases to count and the powers: the study's own, or the built-in ones."""
    multiword = tuple(phrases(themes_of(place)))
    study = replace(load_study(place), phrases=multiword, folder=None)
    own = place / "powers.toml"
    return study, load_powers(own if own.is_file() else None)


def _write(place: Path, tables: dict[str, pd.DataFrame | Sequence[Path]], study: Study) -> None:
    """Write the study; its settings where it has none of its own yet."""
    stated = {"name": study.name, "subject": study.subject, "first_person": study.first_person}
    about = "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in stated.items())
    settings = {"study.toml": about.encode()}
    settings |= {name: lists.path(name).read_bytes() for name in ("powers.toml", "themes.toml")}
    new = {name: content for name, content in settings.items() if not (place / name).is_file()}
    write_study(place, tables, phrases=study.phrases, settings=new)
