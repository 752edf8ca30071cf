"""Run every notebook from scratch and compare it with what is committed.

A notebook is *reproduced* when each of its code cells, run in order in a fresh kernel, shows what
is committed: the same text, tables and alternative texts to the character, the same figures but
for a few pixels (`kzpolicy.outputs.PIXEL_SHARE`), no warning, and when every stamped
number in its prose is what the tables say. A cell tagged ``versions`` may differ.
"""

import base64
import os
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import nbformat

from kzpolicy import outputs, stamps
from kzpolicy.errors import StudyError
from kzpolicy.execution import execute


@dataclass(frozen=True)
class Report:
    """What became of one notebook or page.

    Parameters
    ----------
    name
        The name of its file, without the ending.
    status
        ``reproduced``, ``differs`` or ``failed``; when updating ``unchanged``, ``updated``,
        ``differs`` (a stamp that cannot be renewed) or ``failed``.
    seconds
        How long it took.
    differences
        What is wrong, a line each.
    notes
        What may differ and does, a line each.
    """

    name: str
    status: str
    seconds: float
    differences: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        """Whether the file holds what the code gives."""
        return not self.differences


def run_study(
    notebooks: Path,
    *,
    update: bool = False,
    only: Sequence[str] = (),
    facts: Mapping[str, str] | None = None,
) -> list[Report]:
    """Run the notebooks of a folder, print a line for each, and report on them in order.

    The stamps in the prose of the notebooks and of the README beside the folder are checked too.

    Parameters
    ----------
    notebooks
        The folder; its notebooks run with it as their working directory.
    update
        Write what the notebooks show now in place of what is committed.
    only
        The beginnings of the names of the notebooks to run (``03``); all when empty.
    facts
        What the stamps are checked against; ``kzpolicy.facts.facts()`` unless given.

    Returns
    -------
    list of Report
        The README's first, then the notebooks' by name.

    Examples
    --------
    >>> reports = run_study(Path("notebooks"), only=["03"])  # doctest: +SKIP
    03-sentiment-toward-each-power  reproduced  6.1 s
    """
    paths = _choose(notebooks, only)
    readme = notebooks.resolve().parent / "README.md"
    pages = [readme] if readme.exists() and not only else []
    width = max(len(path.stem) for path in pages + paths)
    facts = _load_facts(pages + paths) if facts is None else facts
    reports = [_check_page(page, facts, update) for page in pages]
    for report in reports:
        _show(report, width)
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(_check_notebook, path, facts, update) for path in paths]
        _follow(pool, jobs, width)
    return reports + [job.result() for job in jobs]


def _follow(pool: ThreadPoolExecutor, jobs: Sequence[Future[Report]], width: int) -> None:
    """Print each report as it comes."""
    try:
        for job in as_completed(jobs):
            _show(job.result(), width)
    except BaseException:  # Ctrl-C too: what has not begun does not begin
        pool.shutdown(wait=False, cancel_futures=True)
        raise


def _choose(notebooks: Path, only: Sequence[str]) -> list[Path]:
    paths = sorted(notebooks.glob("*.ipynb"))
    if not paths:
        raise StudyError(f"{notebooks}: holds no notebook; run this from the top of the project")
    for name in only:
        if not any(path.name.startswith(name) for path in paths):
            names = ", ".join(path.stem for path in paths)
            raise StudyError(f"{notebooks}: no notebook begins with {name!r}; there are {names}")
    return [path for path in paths if not only or path.name.startswith(tuple(only))]


def _load_facts(pages: Sequence[Path]) -> Mapping[str, str]:
    if not any(stamps.STAMP.search(page.read_text("utf-8")) for page in pages):
        return {}
    from kzpolicy.corpus import load_corpus  # late: it reads the tables
    from kzpolicy.facts import facts

    # The prose is of the articles, whatever study the code is run on.
    return facts(load_corpus("articles"))


def _show(report: Report, width: int) -> None:
    lines = [f"{report.name:{width}}  {report.status:10}  {report.seconds:.1f} s"]
    lines += [f"    {line}" for line in report.differences]
    lines += [f"    note: {line}" for line in report.notes]
    encoding = sys.stdout.encoding or "utf-8"  # a Windows console may lack a character
    print("\n".join(lines).encode(encoding, "replace").decode(encoding), flush=True)


def _check_page(path: Path, facts: Mapping[str, str], update: bool) -> Report:
    """Check, or renew, the stamps of a Markdown file."""
    started = time.perf_counter()
    text = path.read_text("utf-8")
    if update:
        text = stamps.restamp(text, facts)
    written = update and _write(path, text)
    problems = tuple(stamps.stale(text, facts))
    return Report(path.stem, _status(problems, update, written), time.perf_counter() - started, problems)


def _check_notebook(path: Path, facts: Mapping[str, str], update: bool) -> Report:
    """Run one notebook, then compare or write it."""
    started = time.perf_counter()
    try:
        committed = _read(path)
        problems = _check_prose(committed, facts, update)
        fresh = execute(committed, path.parent)
        warned = outputs.warnings(fresh)
        if update and warned:
            raise StudyError(f"{warned[0]}; not written: mend the warning, then update again")
    except StudyError as error:
        return Report(path.stem, "failed", time.perf_counter() - started, (str(error),))
    notes: list[str] = []
    written = False
    if update:
        written = _write(path, outputs.stable_text(fresh, committed))
        if path.stem.startswith("00"):
            _keep_figure(fresh, path.with_name("answer.png"))
    else:
        differences, notes = outputs.compare(committed, fresh)
        problems += warned + differences
    status = _status(problems, update, written)
    return Report(path.stem, status, time.perf_counter() - started, tuple(problems), tuple(notes))


def _keep_figure(notebook: nbformat.NotebookNode, path: Path) -> None:
    """Keep the first figure as a file too, for the README."""
    for _, cell in outputs.code_cells(notebook):
        for shown in outputs.pictures(cell):
            path.write_bytes(base64.b64decode(shown["image/png"]))
            return


def _status(problems: Sequence[str], update: bool, written: bool) -> str:
    if problems:
        return "differs"
    if update:
        return "updated" if written else "unchanged"
    return "reproduced"


def _read(path: Path) -> nbformat.NotebookNode:
    try:
        notebook: nbformat.NotebookNode = nbformat.read(path, as_version=4)
    except Exception as error:  # whatever a broken file provokes
        reason = str(error).splitlines()[0]
        raise StudyError(f"{path}: is not a notebook ({reason}); restore it from git") from error
    return notebook


def _check_prose(notebook: nbformat.NotebookNode, facts: Mapping[str, str], update: bool) -> list[str]:
    """Check, or first renew, the stamps of the Markdown cells."""
    problems = []
    for position, cell in enumerate(notebook.cells, 1):
        if cell.cell_type == "markdown":
            if update:
                cell.source = stamps.restamp(cell.source, facts)
            problems += [f"cell {position}: {line}" for line in stamps.stale(cell.source, facts)]
    return problems


def _write(path: Path, text: str) -> bool:
    """Replace a file in one step, if its text is another; say whether it was."""
    content = text.encode("utf-8")
    if content == path.read_bytes():
        return False
    new = path.with_name(path.name + ".new")
    new.write_bytes(content)
    os.replace(new, path)
    return True
