"""Run one notebook from scratch, apart from whatever the user's home holds."""

import asyncio
import importlib.util
import os
import tempfile
from copy import deepcopy
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from nbformat import NotebookNode

from kzpolicy.errors import StudyError
from kzpolicy.outputs import code_cells

CELL_SECONDS = 300  # a cell that runs longer is stopped


def execute(notebook: NotebookNode, folder: Path) -> NotebookNode:
    """Run a copy of a notebook in a new kernel of this interpreter.

    Parameters
    ----------
    notebook
        What it shows now is not looked at.
    folder
        Its working directory.

    Returns
    -------
    NotebookNode
        The copy, with its outputs.

    Raises
    ------
    StudyError
        A cell failed or took too long, or the kernel died.
    """
    fresh = deepcopy(notebook)
    for cell in fresh.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    begun: list[NotebookNode] = []
    client = NotebookClient(
        fresh,
        timeout=CELL_SECONDS,
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(folder)}},
        on_cell_start=lambda cell, cell_index: begun.append(cell),
    )
    try:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
            client.km = _kernel(Path(scratch))
            # A loop for each thread; on Windows the default kind makes the kernel's sockets warn.
            with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
                runner.run(client.async_execute(cleanup_kc=True, env=_environment(scratch)))
    except (CellExecutionError, CellTimeoutError, RuntimeError) as error:  # RuntimeError: it died
        where = [name for name, cell in code_cells(fresh) if begun and cell is begun[-1]]
        raise StudyError(f"{(where or ['the kernel'])[0]}: {_reason(error)}") from error
    return fresh


def _reason(error: Exception) -> str:
    if isinstance(error, CellTimeoutError):
        return f"still running after {CELL_SECONDS} s; make it lighter"
    if isinstance(error, CellExecutionError):
        return f"{error.ename}: {error.evalue}".strip().splitlines()[0]
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _kernel(scratch: Path) -> AsyncKernelManager:
    """Take the kernel of this interpreter, not what is called python3 in the user's home."""
    # Sockets in the folder are private and cannot clash, but their paths must be short.
    sockets = os.name != "nt" and len(str(scratch)) < 80
    return AsyncKernelManager(
        kernel_name="python3",
        kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),
        connection_file=str(scratch / "kernel.json"),
        transport="ipc" if sockets else "tcp",
    )


def _environment(scratch: str) -> dict[str, str]:
    """Leave aside what a user has set for IPython and for figures."""
    package = importlib.util.find_spec("matplotlib")
    settings = {"IPYTHONDIR": scratch, "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    if package and package.origin:
        own = Path(package.origin).parent / "mpl-data" / "matplotlibrc"
        settings["MATPLOTLIBRC"] = str(own)
    return {k: v for k, v in os.environ.items() if k != "MPLBACKEND"} | settings
