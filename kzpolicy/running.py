"""Run one function over many tasks: in this process, or on the workers of a Dask cluster."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterable
from contextlib import ExitStack
from itertools import islice
from typing import Any, TypeVar

from kzpolicy.errors import StudyError

T = TypeVar("T")
R = TypeVar("R")
# Tasks given to each worker ahead, so that none waits and the others stay here.
_AHEAD = 2


def run_tasks(
    function: Callable[[T], R], tasks: Iterable[T], *, workers: int = 1, scheduler: str = ""
) -> Generator[R]:
    """Yield the results as they come: in order from one process, in any order from several.

    Parameters
    ----------
    function
        A function of a module, which the workers import.
    tasks
        What it is called with; taken one by one as workers are free.
    workers
        Processes on this machine; 1 for this process alone, without Dask.
    scheduler
        Address of the scheduler of a Dask cluster, in the place of `workers`.

    Raises
    ------
    StudyError
        From the function; if Dask is not installed or the cluster cannot be reached; if a task
        ended several workers.

    Examples
    --------
    >>> list(run_tasks(abs, [-2, 1]))
    [2, 1]
    """
    if workers == 1 and not scheduler:
        yield from map(function, tasks)
        return
    try:
        from distributed import Client, KilledWorker, as_completed
        from distributed.client import FutureCancelledError
    except ImportError:
        raise StudyError("several workers need Dask; pip install 'kzpolicy[dask]'") from None
    with ExitStack() as closing:
        try:
            if not scheduler:
                cluster = _local_cluster(workers)
                closing.callback(cluster.close)
            client = Client(scheduler or cluster, timeout=30)
        except (OSError, ValueError) as error:
            raise StudyError(f"{scheduler}: no Dask cluster answers ({error}); check the address") from None
        closing.callback(client.close)
        ahead = _AHEAD * max(1, len(client.scheduler_info(n_workers=-1)["workers"]))
        waiting = iter(tasks)
        try:
            done = as_completed([client.submit(function, t, pure=False) for t in islice(waiting, ahead)])
            for future in done:
                yield future.result()
                for task in islice(waiting, 1):
                    done.add(client.submit(function, task, pure=False))
        except KilledWorker as error:
            raise StudyError(
                f"a part of the texts ended several workers; give them more memory ({error})"
            ) from None
        except FutureCancelledError:
            raise StudyError("the Dask cluster went away; run the same command again") from None


def _local_cluster(workers: int) -> Any:
    """Start workers on this machine, each a process."""
    from dask import config
    from distributed import LocalCluster

    # Dask lets its workers give back memory all the time and watches what they do: a tenth of their time.
    environment = dict(config.get("distributed.nanny.pre-spawn-environ"))
    environment.pop("MALLOC_TRIM_THRESHOLD_", None)
    settings = {"nanny.pre-spawn-environ": environment, "worker.profile.enabled": False}
    with config.set({f"distributed.{name}": value for name, value in settings.items()}):
        return LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            dashboard_address=":0",  # any free port
            silence_logs=logging.CRITICAL,  # a worker that ends is started again without words
        )
