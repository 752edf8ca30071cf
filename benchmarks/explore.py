"""Time the panel: opening it, going to the speeches, and every measure; write ``explore.csv`` beside this.

Usage: ``python explore.py``. Each change is timed until the figure is drawn and until evidence and code
are there too, best of four for a measure, as when a control is moved in an open panel. The browser's part
is not in it; the test of the panel in Chromium prints it. Exits with 1 if a figure takes longer than a
quarter of a second after the panel is shown.
"""

import csv
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

from kzpolicy.panel import Panel  # noqa: E402

LIMIT = 0.25
Row = dict[str, Any]
Moment = tuple[float, float]


def main() -> int:
    """Print and write a row a change."""
    before = time.process_time(), time.perf_counter()
    panel = Panel("articles", texts=None, folder=".")
    shown = time.process_time(), time.perf_counter()
    rows = [_row("open on the articles", before, shown, shown)]
    rows.append(_timed(panel, "change a power while the speeches load", lambda: _tick(panel)))
    panel.preparing.join()
    loaded = time.process_time(), time.perf_counter()
    rows.append(_row("open, and load the speeches too", before, shown, loaded))
    panel.controls["Own keywords"].value = "energy"
    for corpus in ("speeches", "articles"):
        rows.append(_timed(panel, f"go to the {corpus}", lambda c=corpus: _choose(panel, "Corpus", c)))
        for measure in panel.controls["Measure"].options:
            _choose(panel, "Measure", measure)
            times = [_timed(panel, f"{corpus}: {measure}", panel._draw) for _ in range(4)]
            rows.append(min(times, key=lambda row: row["seconds_to_figure"]))
    with (Path(__file__).parent / "explore.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    for row in rows:
        print(*row.values(), sep="  ")
    slow = [row["change"] for row in rows[3:] if row["seconds_to_figure"] > LIMIT]
    print("slower than a quarter of a second:", "; ".join(slow) or "none")
    return int(bool(slow))


def _choose(panel: Panel, name: str, value: str) -> None:
    panel.controls[name].value = value


def _tick(panel: Panel) -> None:
    box = list(panel.power_of)[2]
    box.value = not box.value


def _timed(panel: Panel, change: str, act: Callable[[], object]) -> Row:
    drawn: list[Moment] = []
    show = panel._show_figure

    def note() -> None:
        show()
        drawn.append((time.process_time(), time.perf_counter()))

    panel._show_figure = note  # type: ignore[method-assign]
    before = time.process_time(), time.perf_counter()
    act()
    end = time.process_time(), time.perf_counter()
    panel._show_figure = show  # type: ignore[method-assign]
    return _row(change, before, drawn[-1], end)


def _row(change: str, before: Moment, drawn: Moment, end: Moment) -> Row:
    """Subtract moments: processor time, which other programs hardly change, and time on the clock."""
    row: Row = {"change": change}
    for name, moment in (("figure", drawn), ("evidence", end)):
        row[f"processor_to_{name}"] = round(moment[0] - before[0], 3)
        row[f"seconds_to_{name}"] = round(moment[1] - before[1], 3)
    return row | {"load": round(os.getloadavg()[0], 1), "cores": os.cpu_count()}


if __name__ == "__main__":
    sys.exit(main())
