"""Time a change in the panel: table, figure and its picture; each must stay under a quarter of a second.

Usage: ``python explore.py``. A first round fills what the panel keeps; the second is timed, as when a
control is moved in an open panel. Exits with 1 if a change takes longer.
"""

import sys
import time
from typing import Any

import matplotlib

matplotlib.use("Agg")

from kzpolicy.errors import StudyError  # noqa: E402
from kzpolicy.exploring import explore_table  # noqa: E402
from kzpolicy.panel import Panel  # noqa: E402

LIMIT = 0.25


def main() -> int:
    """Print each change with its best time of three."""
    slow = 0
    for study in ("articles", "speeches"):
        panel = Panel(study, texts=None, folder=".")
        panel.keyword.value = "energy"
        panel.measure.value = "theme"
        for measure in panel.measure.options:
            panel._busy = True
            panel.measure.value = measure
            panel._busy = False
            try:
                choice = panel.choice()
                seconds = min(_redraw(panel, measure, choice) for _ in range(4))
            except StudyError as error:  # a corpus without codes of the powers chosen
                print(f"{study:9} {measure:17} {error}")
                continue
            slow += seconds > LIMIT
            print(f"{study:9} {measure:17} {seconds:.3f} s")
    return int(slow > 0)


def _redraw(panel: Panel, measure: str, choice: dict[str, Any]) -> float:
    start = time.perf_counter()
    panel.table = explore_table(panel.corpus, measure, **choice)
    panel._picture("png", dpi=100, pil_kwargs={"compress_level": 1})
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
