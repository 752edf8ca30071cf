"""Work on many documents in processes of their own, each document within limits of time and memory."""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, as_completed
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pebble import ProcessExpired, ProcessPool

from kzpolicy.tables import StudyError

_OUT_OF_TIME = 1  # the exit status that faulthandler gives
_FAULT = 3


@dataclass(frozen=True)
class Limits:
    """What one document may take: seconds, and megabytes more than its process already holds."""

    seconds: float = 60
    megabytes: int = 1_000


@dataclass(frozen=True)
class Task:
    """A batch of documents, what is needed to work on them, and the place where the result goes."""

    target: Path
    items: tuple[Any, ...]
    limits: Limits
    settings: Any = None
    tries: int = 0

    @property
    def marker(self) -> Path:
        """The file that tells which document is worked on."""
        return self.target.with_suffix(".at")


@contextmanager
def limited(task: Task, number: int) -> Iterator[None]:
    """Work on one document of a task: out of time the process ends, all else is a StudyError.

    Time is watched by a thread of C, which ends even a pattern or a parser that never comes back. Memory
    is limited on Linux only, where a system call does it.

    Raises
    ------
    StudyError
        With the reason why the document cannot be used.
    """
    task.marker.write_text(str(number))
    with open(os.devnull, "w") as nowhere:
        faulthandler.dump_traceback_later(task.limits.seconds, exit=True, file=nowhere)
        _limit_memory(task.limits.megabytes)
        try:
            yield
        except MemoryError:
            what = f"needs more than {task.limits.megabytes:,} MB of memory"
            raise StudyError(f"{what}; split it, or allow more with --megabytes") from None
        except StudyError:
            raise
        except OSError as error:
            raise StudyError(f"cannot be read ({error.strerror or error})") from None
        except Exception as error:  # whatever a parser thinks of a strange document
            cause = " ".join(str(error).split())[:150]
            raise StudyError(f"cannot be read ({type(error).__name__}: {cause})") from None
        finally:
            _limit_memory(None)
            faulthandler.cancel_dump_traceback_later()


def _limit_memory(megabytes: int | None) -> None:
    """Let this process take so much more memory than now; None: as much as it may."""
    if sys.platform == "linux":
        import resource

        _, limit = resource.getrlimit(resource.RLIMIT_AS)
        hard = limit
        if megabytes is not None:
            held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
            wanted = held + (megabytes << 20)
            limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


def work(
    function: Callable[[Task], None], tasks: Sequence[Task], *, workers: int, scheduler: str = ""
) -> Generator[tuple[Task, Any, str]]:
    """Call a function with each task in other processes, until each is done or its documents are at fault.

    Parameters
    ----------
    function
        A function of a module. It goes through `Task.items`, each inside `limited`, and writes
        `Task.target`.
    tasks
        What it is called with.
    workers
        Processes on this machine.
    scheduler
        Address of a Dask cluster that shares the disk, in their place.

    Yields
    ------
    tuple
        A task that is done, None and ""; or a task, its document that ended the process, and the reason.

    Raises
    ------
    StudyError
        From the function; or if the cluster does not answer.
    """
    while tasks:
        again = []
        if scheduler:
            run = _on_cluster(function, tasks, scheduler)
        else:
            run = _on_this_machine(function, tasks, workers)
        for task, code in run:
            if code == 0:
                with suppress(OSError):
                    task.marker.unlink()
                yield task, None, ""
                continue
            try:
                at = int(task.marker.read_text())
            except (OSError, ValueError):
                raise StudyError(f"a worker ended at its start (exit {code}); give it more memory") from None
            if code != _OUT_OF_TIME and not task.tries:  # somebody else may have ended it
                again.append(replace(task, tries=1))
                continue
            slow = f"takes longer than {task.limits.seconds:g} s; split it, or allow more with --seconds"
            yield task, task.items[at], slow if code == _OUT_OF_TIME else f"ends its process (exit {code})"
            again.append(replace(task, items=task.items[:at] + task.items[at + 1 :], tries=0))
        tasks = again


def _on_this_machine(
    function: Callable[[Task], None], tasks: Sequence[Task], workers: int
) -> Iterator[tuple[Task, int]]:
    # A copy of this process starts at once, and needs no `if __name__ == "__main__"` in a user's script.
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    with ProcessPool(max_workers=min(workers, len(tasks)), context=context) as pool:
        try:
            futures: dict[Future[None], Task] = {pool.schedule(function, args=[task]): task for task in tasks}
            for future in as_completed(futures):
                error = future.exception()
                if error is not None and not isinstance(error, ProcessExpired):
                    raise error
                yield futures.pop(future), error.exitcode if error is not None else 0
        except BaseException:
            pool.stop()  # type: ignore[no-untyped-call]
            raise


def _on_cluster(
    function: Callable[[Task], None], tasks: Sequence[Task], scheduler: str
) -> Iterator[tuple[Task, int]]:
    import distributed

    try:
        client = distributed.Client(scheduler, timeout=30)
    except (OSError, ValueError) as error:
        raise StudyError(f"{scheduler}: no Dask cluster answers ({error}); check the address") from None
    with client:
        futures = {client.submit(_apart, function, task, _program(), pure=False): task for task in tasks}
        for future in distributed.as_completed(futures):
            yield futures.pop(future), future.result()


def _apart(function: Callable[[Task], None], task: Task, program: str) -> int:
    """Do a task in a fresh Python and give its exit status; Dask's own processes must outlive it."""
    if program != _program():
        raise StudyError("a worker has another Python or kzpolicy than this process; install the same")
    command = [sys.executable, "-c", "from kzpolicy.build.guard import _child; _child()"]
    done = subprocess.run(command, input=pickle.dumps((function, task)), capture_output=True)
    if done.returncode == _FAULT:
        raise StudyError(done.stdout.decode())
    return done.returncode


def _child() -> None:
    function, task = pickle.load(sys.stdin.buffer)
    try:
        function(task)
    except Exception as error:
        print(error)
        sys.exit(_FAULT)


def _program() -> str:
    return f"{sys.version} {version('kzpolicy')}"
