"""Build corpora of several sizes with one process and with two workers: time and memory.

    python benchmarks/scale.py FOLDER_OF_TEXTS [--megabytes 20 200 2000] [--workers 1 2]

Needs the extra ``kzpolicy[dask]``, which brings psutil. Results go to ``scale.csv`` beside this
file: a row for each size and number of workers, in the place of an earlier row for the same.
The studies of one size are compared byte for byte.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import psutil
from corpora import make_corpus

RESULTS = Path(__file__).with_name("scale.csv")
KEY = ["megabytes", "workers"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("source", type=Path, help="folder of .txt files from which the corpora are made")
    parser.add_argument("--megabytes", type=int, nargs="+", default=[20, 200])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--folder", type=Path, help="where the corpora are made; they are removed at the end")
    options = parser.parse_args()
    for megabytes in options.megabytes:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            texts = Path(folder) / "texts"
            documents = make_corpus(options.source, texts, megabytes)
            studies = set()
            for workers in options.workers:
                out = Path(folder) / str(workers) / "study"
                row = {"megabytes": megabytes, "workers": workers, "documents": documents}
                row |= measured(texts, out, workers) | machine()
                studies.add(digest(out))
                write(row)
                print(row, flush=True)
            assert len(studies) == 1, "the studies differ"


def measured(texts: Path, out: Path, workers: int) -> dict[str, float]:
    """Build a study in a process of its own; measure its time and the memory of all its processes."""
    load = os.getloadavg()[0]
    command = [sys.executable, "-m", "kzpolicy", "build", str(texts), "--out", str(out), "--workers"]
    start = time.perf_counter()
    process = psutil.Popen([*command, str(workers)], stdout=subprocess.DEVNULL)
    peak = largest = 0
    used: dict[int, float] = {}
    while process.poll() is None:
        sizes = []
        for one in [process, *process.children(recursive=True)]:
            try:
                sizes.append(one.memory_info().rss)
                used[one.pid] = sum(one.cpu_times()[:2])
            except psutil.NoSuchProcess:
                continue
        peak, largest = max(peak, sum(sizes)), max(largest, *sizes, 0)
        time.sleep(0.1)
    seconds = time.perf_counter() - start
    if process.returncode:
        raise SystemExit(f"the build failed ({process.returncode})")
    read = sum(path.stat().st_size for path in texts.glob("*.txt")) / 1e6
    return {
        "seconds": round(seconds, 1),
        "cpu_seconds": round(sum(used.values()), 1),
        "mb_per_second": round(read / seconds, 3),
        "peak_mb": round(peak / 1e6),
        "largest_process_mb": round(largest / 1e6),
        "study_mb": round(sum(p.stat().st_size for p in out.rglob("*") if p.is_file()) / 1e6, 1),
        "other_load": round(load, 1),
    }


def machine() -> dict[str, str | int]:
    """What the numbers depend on."""
    names = ("pandas", "pyarrow", "nltk", "distributed")
    info = Path("/proc/cpuinfo")
    models = (
        [line.split(":")[1].strip() for line in info.read_text().splitlines() if "model name" in line]
        if info.exists()
        else []
    )
    return {
        "cores": os.cpu_count() or 0,
        "cpu": models[0] if models else platform.processor(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9),
        "python": platform.python_version(),
        "versions": ", ".join(f"{name} {version(name)}" for name in names),
    }


def digest(folder: Path) -> str:
    """Give one digest of all files of a study."""
    found = sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            found.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return found.hexdigest()


def write(row: dict[str, str | int | float]) -> None:
    table = pd.DataFrame([row])
    if RESULTS.exists():
        before = pd.read_csv(RESULTS)
        kept = ~before.set_index(KEY).index.isin(table.set_index(KEY).index)
        table = pd.concat([before[kept], table])
    table.sort_values(KEY).to_csv(RESULTS, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
