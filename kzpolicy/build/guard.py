"""Work on many documents in processes of their own, each document within limits of time and memory."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
from pebble import ProcessExpired, ProcessPool
from tqdm.auto import tqdm

from kzpolicy.tables import StudyError

# What works on a batch of documents, of which each has its name as "file": it gives tables, and adds to the
# list the name of a document that cannot be used, and the reason.
Item = Mapping[str, Any]
Step = Callable[[Sequence[Item], list[tuple[str, str]]], dict[str, pd.DataFrame]]
_FAULTS = (TimeoutError, subprocess.TimeoutExpired, MemoryError, ProcessExpired)


@dataclass(frozen=True)
class Guard:
    """Who works, and what one document may take.

    Attributes
    ----------
    seconds, megabytes
        Time, and memory (on Linux only) besides what a process holds already.
    workers
        Processes on this machine; None for one a core.
    scheduler
        Address of a Dask cluster that shares the disk, in their place.
    progress
        Whether to show a bar on standard error; None where that is a terminal.
    """

    seconds: float = 60
    megabytes: int = 1_000
    workers: int | None = None
    scheduler: str = ""
    progress: bool | None = None

    def work(self, step: Step, batches: Sequence[Sequence[Item]], folder: Path, key: str) -> list[Path]:
        """Work on batches of documents; each gives a part, a folder of Parquet files.

        A batch that fails is worked on again document by document, and one that fails again is skipped.

        Parameters
        ----------
        step
            A function of a module, or a `functools.partial` of one.
        batches
            The documents.
        folder
            Where the parts are put. Those of a build that was stopped are taken as they are.
        key
            What the tables depend on besides the documents.

        Returns
        -------
        list of Path
            The parts in the order of the batches: the tables of `step`, and ``skipped``.
        """
        every = [(folder / sha256(repr((key, batch)).encode()).hexdigest()[:24], batch) for batch in batches]
        tables = [*step([], []), "skipped"]
        waiting = [(part, batch) for part, batch in every if not _is_whole(part, tables)]
        alone: dict[Path, list[tuple[Path, Sequence[Item]]]] = {}
        quiet = None if self.progress is None else not self.progress
        with tqdm(total=sum(len(batch) for _, batch in waiting), unit=" texts", disable=quiet) as bar:
            for part, batch, error in self._results(step, waiting, self.seconds / 4):
                if error:
                    alone[part] = [(part.with_name(f"{part.name}-{n}"), [one]) for n, one in enumerate(batch)]
                else:
                    bar.update(len(batch))
            for part, (one,), error in self._results(step, sum(alone.values(), []), self.seconds):
                if error:
                    _write(part, step, [], [(one["file"], self._reason(error))])
                bar.update()
        return [path for part, _ in every for path, _ in alone.get(part, [(part, ())])]

    def call(self, function: Callable[..., Any], place: Any) -> Any:
        """Call a function with a file or folder of the user's, and give its result."""
        with replace(self, scheduler="")._workers(1) as submit:
            try:
                return submit(self.seconds, function, place).result()
            except _FAULTS as error:
                raise StudyError(f"{place}: a table or list in it {self._reason(error)}") from None

    def _results(
        self, step: Step, tasks: Sequence[tuple[Path, Sequence[Item]]], seconds: float
    ) -> Iterator[tuple[Path, Sequence[Item], BaseException | None]]:
        """Do tasks, and give each with the error that is the fault of its documents."""
        if not tasks:
            return
        with self._workers(len(tasks)) as submit:
            futures = {submit(seconds, _write, part, step, batch): (part, batch) for part, batch in tasks}
            for future in as_completed(futures):
                error = future.exception()
                if error and not isinstance(error, _FAULTS):
                    raise error
                yield *futures.pop(future), error

    @contextmanager
    def _workers(self, tasks: int) -> Iterator[Callable[..., Future[Any]]]:
        """Give a function that has another process call a function, within seconds."""
        if self.scheduler:
            import distributed
            from distributed.comm.addressing import get_address_host_port

            try:  # by itself: a client that finds no cluster stays, and would hold up copies of this process
                place = get_address_host_port(self.scheduler)
                socket.create_connection(place, timeout=30).close()
                client = distributed.Client(self.scheduler, timeout=30)
            except (OSError, ValueError) as error:
                raise StudyError(f"{self.scheduler}: no Dask cluster answers ({error})") from None
            with client, client.get_executor(pure=False) as executor:
                yield partial(executor.submit, _apart, self.megabytes)
            return
        # A copy of this process starts at once, and needs no `if __name__ == "__main__"` in a user's script.
        context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
        with ProcessPool(min(tasks, self.workers or context.cpu_count()), context=context) as pool:

            def submit(seconds: float, *work: Any) -> Future[Any]:
                return pool.schedule(_call, args=[self.megabytes, *work], timeout=seconds)

            try:
                yield submit
            except BaseException:
                pool.stop()  # type: ignore[no-untyped-call]
                raise

    def _reason(self, error: BaseException) -> str:
        if isinstance(error, ProcessExpired):
            return f"ends its process (exit {error.exitcode})"
        if isinstance(error, MemoryError):
            return (
                f"needs more than {self.megabytes:,} MB of memory; split it, or allow more with --megabytes"
            )
        return f"takes longer than {self.seconds:g} s; split it, or allow more with --seconds"


@contextmanager
def named(file: str, skipped: list[tuple[str, str]]) -> Iterator[None]:
    """Add a document that cannot be read or measured to those skipped, with the reason."""
    try:
        yield
    except MemoryError:
        raise
    except StudyError as error:
        skipped.append((file, str(error).removeprefix(f"{file}: ")))
    except OSError as error:
        skipped.append((file, f"cannot be read ({error.strerror or error})"))
    except Exception as error:  # whatever a parser thinks of a strange document
        cause = " ".join(str(error).split())[:150]
        skipped.append((file, f"cannot be read ({type(error).__name__}: {cause})"))


def read_parts(parts: Sequence[Path], table: str, **options: Any) -> Iterator[pd.DataFrame]:
    """Read a table of each part."""
    return (pd.read_parquet(part / f"{table}.parquet", use_threads=False, **options) for part in parts)


def _is_whole(part: Path, tables: Sequence[str]) -> bool:
    """Say whether a part was made before; a damaged one is removed, to be made again."""
    try:
        for table in tables if part.exists() else ():
            next(read_parts([part], table, page_checksum_verification=True))
    except (OSError, ValueError):
        shutil.rmtree(part)
    return part.exists()


def _write(part: Path, step: Step, batch: Sequence[Item], skipped: Sequence[tuple[str, str]] = ()) -> None:
    """Work on a batch and write its part, whole or not at all."""
    tables = step(batch, skipped := [*skipped])
    tables["skipped"] = pd.DataFrame(skipped, columns=["file", "reason"], dtype="str")
    with TemporaryDirectory(dir=part.parent, ignore_cleanup_errors=True) as folder:
        for name, table in tables.items():
            # Texts are read again by the hundred.
            groups = {"row_group_size": 100} if "text" in table else {}
            table.to_parquet(Path(folder, f"{name}.parquet"), index=False, write_page_checksum=True, **groups)
        os.rename(folder, part)


def _call(megabytes: int, function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a process that may take so much more memory."""
    if sys.platform == "linux":
        import resource

        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        wanted = held + (megabytes << 20)
        resource.setrlimit(resource.RLIMIT_AS, (wanted if hard < 0 else min(wanted, hard), hard))
    return function(*arguments)


def _apart(megabytes: int, seconds: float, *work: Any) -> None:
    """Call a function in a Python of its own: the processes of a cluster must outlive it."""
    program = "import pickle, sys; function, *work = pickle.load(sys.stdin.buffer); function(*work)"
    task, command = pickle.dumps((_call, megabytes, *work)), [sys.executable, "-c", program]
    done = subprocess.run(command, input=task, capture_output=True, timeout=seconds + 10)
    if done.returncode:
        raise ProcessExpired("", done.returncode)  # type: ignore[no-untyped-call]
