"""Run every notebook from scratch and compare it with what is committed.

A notebook is *reproduced* when each of its code cells, run in order in a fresh kernel, shows what is
committed (the same text, tables and alternative texts to the character, the same figures but for a
few pixels), no cell warns, every stamped number in its prose is what its own tables say, and no
number stands there unstamped. A cell tagged ``versions`` may differ. The README's stamps are
expressions of the first notebook.

    python tools/notebooks.py [--update] [NAME ...]
"""

import argparse
import base64
import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from copy import deepcopy
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib.image
import nbformat
import numpy as np
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from prose import renew, stale, stamps, unstamped

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "notebooks"
# Constants of the method, not results: ends of scales, levels of intervals, units.
CONSTANTS = {"0", "1", "+1", "−1", "95%", "80%", "10,000", "0.05", "3.11", "4.0"}
WIDGET = "application/vnd.jupyter.widget-view+json"  # its key is another in each run
# The same code with the same packages draws the same pixels; the room left is for the rounding of
# another processor. One point that moves is beyond it.
PIXEL_LEVELS, PIXEL_SHARE = 8, 1 / 50_000
EVALUATE = """
import json
def _value(code):
    value = eval(code)
    return value.item() if hasattr(value, "item") else value
print(json.dumps({code: _value(code) for code in json.loads(%r)}))
"""


def run(notebook: Any, codes: list[str]) -> tuple[Any, dict[str, Any]]:
    """Run a copy of a notebook in a fresh kernel; give it and the values of expressions at its end."""
    fresh = deepcopy(notebook)
    fresh.cells.append(nbformat.v4.new_code_cell(EVALUATE % json.dumps(codes)))
    resources = {"metadata": {"path": str(FOLDER)}}
    client = NotebookClient(
        fresh,
        timeout=300,
        record_timing=False,
        coalesce_streams=True,
        resources=resources,
        extra_arguments=["--log-level=ERROR"],  # not a note on its sockets in each run
    )
    client.execute()
    values = json.loads(fresh.cells.pop().outputs[0].text)
    return fresh, values


def tidy(fresh: Any, committed: Any) -> str:
    """Give the text of a notebook's file, the same for every run that shows the same."""
    fresh.metadata.pop("widgets", None)
    fresh.metadata.language_info = {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"}
    for was, now in zip(committed.cells, fresh.cells, strict=True):
        for old, new in zip(was.get("outputs", []), now.get("outputs", []), strict=False):
            new.get("data", {}).pop(WIDGET, None)
            if alike(old, new):  # a figure within the tolerance stays as it was committed
                new["data"]["image/png"] = old["data"]["image/png"]
    return str(nbformat.writes(fresh)) + "\n"


def alike(old: Any, new: Any) -> bool:
    """Whether two outputs hold figures that differ in a few pixels at most."""
    pictures = [output.get("data", {}).get("image/png") for output in (old, new)]
    return None not in pictures and not picture_difference(*pictures)


def picture_difference(old: str, new: str) -> str:
    """Compare two PNG images in base 64; empty where they are alike."""
    if old == new:
        return ""
    was, now = (np.atleast_3d(matplotlib.image.imread(BytesIO(base64.b64decode(x)))) for x in (old, new))
    if was.shape != now.shape:
        return f"was {was.shape}, is {now.shape}"
    apart = np.abs(was - now).max(axis=2) * 255 > PIXEL_LEVELS + 0.5
    many = int(apart.sum())
    return f"{many:,} of {apart.size:,} pixels differ" if many > apart.size * PIXEL_SHARE else ""


def shown(cell: Any) -> list[tuple[str, str]]:
    """List what a cell shows: the kind of each part, and its content."""
    parts = []
    for output in cell.outputs:
        if output.output_type == "stream":
            parts.append((output.name, output.text))
        elif "data" in output:
            kinds = sorted((kind, str(text)) for kind, text in output.data.items() if kind != WIDGET)
            parts += [*kinds, ("metadata", json.dumps(output.metadata, sort_keys=True))]
    return parts


def differences(committed: Any, fresh: Any) -> Iterator[str]:
    """Say where two runs of one notebook show something else."""
    for number, (was, now) in enumerate(zip(committed.cells, fresh.cells, strict=True), 1):
        if now.cell_type != "code":
            continue
        before, after = shown(was), shown(now)
        yield from (f"cell {number}: warns: {text[:200]}" for kind, text in after if kind == "stderr")
        if was.execution_count != now.execution_count:
            yield f"cell {number}: is committed as In [{was.execution_count}]: run out of order"
        if "versions" in now.metadata.get("tags", []):
            continue
        if [kind for kind, _ in before] != [kind for kind, _ in after]:
            yield f"cell {number}: showed {[k for k, _ in before]}, shows {[k for k, _ in after]}"
            continue
        for (kind, old), (_, new) in zip(before, after, strict=True):
            if kind == "image/png":
                if said := picture_difference(old, new):
                    yield f"cell {number}: {said}"
            elif old != new:
                lines = zip(old.splitlines() or [""], new.splitlines() or [""], strict=False)
                was_line, now_line = next(((a, b) for a, b in lines if a != b), ("its length", "another"))
                yield f"cell {number}: {kind}: was {was_line[:200]!r}, is {now_line[:200]!r}"


def check(path: Path, update: bool) -> list[str]:
    """Run one notebook; compare it with what is committed, or write what it shows now."""
    committed = nbformat.read(path, as_version=4)
    pages = [cell for cell in committed.cells if cell.cell_type == "markdown"]
    readme = ROOT / "README.md" if path.name.startswith("00") else None
    texts = [cell.source for cell in pages] + ([readme.read_text("utf-8")] if readme else [])
    codes = sorted({stamp.code for text in texts for stamp in stamps(text)})
    try:
        fresh, values = run(committed, codes)
    except CellExecutionError as error:
        return [f"{error.ename}: {error.evalue}"]
    problems = [f"{number} is not stamped" for text in texts for number in unstamped(text, CONSTANTS)]
    if not update:
        problems += [line for text in texts for line in stale(text, values)]
        return problems + list(differences(committed, fresh))
    for cell in fresh.cells:
        if cell.cell_type == "markdown":
            cell.source = renew(cell.source, values)
        problems += [text for kind, text in shown(cell) if kind == "stderr"] if "outputs" in cell else []
    path.write_text(tidy(fresh, committed), "utf-8")
    if readme:
        readme.write_text(renew(readme.read_text("utf-8"), values), "utf-8")
        keep_first_figure(fresh)
    return problems


def keep_first_figure(notebook: Any) -> None:
    """Keep a notebook's first figure as a file too, for the README."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if picture := output.get("data", {}).get("image/png"):
                (FOLDER / "answer.png").write_bytes(base64.b64decode(picture))
                return


def main() -> int:
    """Run the notebooks named, or all of them, two at a time."""
    parser = argparse.ArgumentParser(description="Run the notebooks and compare them with what is committed.")
    parser.add_argument("--update", action="store_true", help="write what they show now")
    parser.add_argument("names", nargs="*", help="how their names begin, such as 03")
    asked = parser.parse_args()
    paths = [
        p for p in sorted(FOLDER.glob("*.ipynb")) if not asked.names or p.name.startswith(tuple(asked.names))
    ]
    started = time.perf_counter()
    with ProcessPoolExecutor(2) as pool:
        found = list(pool.map(check, paths, [asked.update] * len(paths)))
    for path, problems in zip(paths, found, strict=True):
        good = "updated" if asked.update else "reproduced"
        print("\n    ".join([f"{path.stem:40} {'differs' if problems else good}", *problems]))
    bad = sum(map(bool, found))
    print(f"{len(paths) - bad} passed, {bad} failed, in {time.perf_counter() - started:.0f} s")
    return 1 if bad or not paths else 0


if __name__ == "__main__":
    sys.exit(main())
