"""What the code cells of a notebook show: compare two runs, and write one in stable bytes."""

import base64
import json
import os
from collections.abc import Iterator
from io import BytesIO
from itertools import zip_longest

from nbformat import NO_CONVERT, NotebookNode, writes

WIDGET = "application/vnd.jupyter.widget-view+json"  # its key is another in each run
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE = {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"}
SHOWN = 100  # characters of a line in a message
# How far a figure may be from the committed one. The same code with the same packages draws the same
# pixels; the room left is for the rounding of another processor. One point that moves is beyond it.
PIXEL_LEVELS = 8  # a pixel differs when one of its channels (0 to 255) is further off than this
PIXEL_SHARE = 1 / 50_000  # the largest share of pixels that may differ


def code_cells(notebook: NotebookNode) -> Iterator[tuple[str, NotebookNode]]:
    """Yield each code cell that holds code, with the name by which messages call it."""
    run = 0
    for position, cell in enumerate(notebook.cells, 1):
        if cell.cell_type == "code" and cell.source.strip():
            run += 1
            yield f"cell {position}, In [{run}]", cell


def warnings(notebook: NotebookNode) -> list[str]:
    """List what the cells wrote to the standard error stream, a line for each cell."""
    return [
        f"{where}: warns: {_cut(text.strip().splitlines()[0], 0)}"
        for where, cell in code_cells(notebook)
        for kind, text in _parts(cell)
        if kind == "stderr" and text.strip()
    ]


def compare(committed: NotebookNode, fresh: NotebookNode) -> tuple[list[str], list[str]]:
    """Compare the outputs of two runs of one notebook.

    Warnings are left to :func:`warnings`, since they are wrong in either run.

    Parameters
    ----------
    committed, fresh
        Two runs of the same cells.

    Returns
    -------
    differences, notes
        One line each; what differs in a cell tagged ``versions`` is a note.
    """
    differences: list[str] = []
    notes: list[str] = []
    for (where, was), (_, now) in zip(code_cells(committed), code_cells(fresh), strict=True):
        found = notes if "versions" in now.metadata.get("tags", []) else differences
        found += [f"{where}: {line}" for line in _cell_differences(was, now)]
    return differences, notes


def stable_text(fresh: NotebookNode, committed: NotebookNode) -> str:
    """Give the text of a notebook's file, the same for every run that shows the same.

    ``fresh`` is tidied in place: counts from 1, no times, no widget state, no version of the
    interpreter; a figure that is within the tolerance stays as it was committed.
    """
    fresh.metadata.pop("widgets", None)
    fresh.metadata.update(kernelspec=KERNEL, language_info=LANGUAGE)
    pairs = zip(code_cells(committed), code_cells(fresh), strict=True)
    for count, ((_, was), (_, now)) in enumerate(pairs, 1):
        now.execution_count = count
        for key in ("execution", "ExecuteTime"):
            now.metadata.pop(key, None)
        for output in now.outputs:
            output.get("data", {}).pop(WIDGET, None)
            if output.output_type == "execute_result":
                output.execution_count = count
        for old, new in zip(pictures(was), pictures(now), strict=False):
            if not _picture_difference(old["image/png"], new["image/png"]):
                new["image/png"] = old["image/png"]
    return str(writes(fresh, version=NO_CONVERT)) + "\n"


def pictures(cell: NotebookNode) -> list[dict[str, str]]:
    """Give the outputs of a cell that hold a figure."""
    data = (output.get("data", {}) for output in cell.outputs)
    return [shown for shown in data if "image/png" in shown]


def _parts(cell: NotebookNode) -> list[tuple[str, str]]:
    """List what a cell shows: the kind of each part, and its content."""
    parts: list[tuple[str, str]] = []
    streams: dict[str, str] = {}
    for output in cell.outputs:
        if output.output_type == "stream":  # may come in pieces, cut anywhere
            streams[output.name] = streams.get(output.name, "") + output.text
        elif output.output_type == "error":
            parts.append(("error", f"{output.ename}: {output.evalue}"))
        else:
            for kind, content in sorted(output.data.items()):
                if kind != WIDGET:
                    text = content if isinstance(content, str) else json.dumps(content)
                    parts.append((kind, text))
            if "image/png" in output.data:
                alt = output.metadata.get("image/png", {}).get("alt", "")
                parts.append(("alternative text", alt))
    return sorted(streams.items()) + parts


def _cell_differences(was: NotebookNode, now: NotebookNode) -> Iterator[str]:
    if was.execution_count is None:
        yield "is committed without having been run"
        return
    if was.execution_count != now.execution_count:
        yield f"is committed as In [{was.execution_count}]: run out of order"
    if _warned(was) and not _warned(now):
        yield "is committed with a warning"
    before, after = ([p for p in _parts(cell) if p[0] != "stderr"] for cell in (was, now))
    kinds = [", ".join(kind for kind, _ in parts) or "nothing" for parts in (before, after)]
    if kinds[0] != kinds[1]:
        yield f"showed {kinds[0]}, shows {kinds[1]}"
        return
    for (kind, old), (_, new) in zip(before, after, strict=True):
        if kind == "image/png":
            difference = _picture_difference(old, new)
        else:
            difference = _line_difference(old, new)
        if difference:
            yield f"{kind}: {difference}"


def _warned(cell: NotebookNode) -> bool:
    return any(kind == "stderr" for kind, _ in _parts(cell))


def _line_difference(old: str, new: str) -> str:
    """Show the first line that differs; empty where none does."""
    lines = zip_longest(old.split("\n"), new.split("\n"))
    for number, (was, now) in enumerate(lines, 1):
        if was != now:
            start = max(0, len(os.path.commonprefix([was or "", now or ""])) - SHOWN // 2)
            shown = ["no line" if x is None else repr(_cut(x, start)) for x in (was, now)]
            return f"line {number}: was {shown[0]}, is {shown[1]}"
    return ""


def _cut(line: str, start: int) -> str:
    """Shorten a line to what follows from a character, near where it gets interesting."""
    cut = line[start:] if len(line) > SHOWN else line
    return cut if len(cut) <= SHOWN else cut[: SHOWN - 1] + "…"


def _picture_difference(old: str, new: str) -> str:
    """Compare two PNG images in base 64; empty where they are alike."""
    if old == new:
        return ""
    import numpy as np
    from matplotlib.image import imread  # late: most figures are the same to the byte

    was, now = (np.atleast_3d(imread(BytesIO(base64.b64decode(x)))) for x in (old, new))
    if was.shape != now.shape:
        sizes = [f"{x.shape[1]} by {x.shape[0]} pixels in {x.shape[2]} channels" for x in (was, now)]
        return f"was {sizes[0]}, is {sizes[1]}"
    apart = np.abs(was - now).max(axis=2) * 255 > PIXEL_LEVELS + 0.5
    changed, allowed = int(apart.sum()), int(apart.size * PIXEL_SHARE)
    if changed <= allowed:
        return ""
    rows, columns = (np.flatnonzero(apart.any(axis=axis)) for axis in (1, 0))
    return (
        f"{changed:,} of {apart.size:,} pixels differ (up to {allowed} may), between"
        f" ({columns[0]}, {rows[0]}) and ({columns[-1]}, {rows[-1]}) from the top left"
    )
