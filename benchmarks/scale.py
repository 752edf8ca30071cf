"""Build corpora of several sizes with one process, with two, and after a stop: time and memory.

    python benchmarks/scale.py FOLDER_OF_TEXTS [--megabytes 200 2000]

Results go to ``scale.csv`` beside this file: a row for each size and way, in the place of an earlier row
for the same. A build that is resumed was killed half-way: each of its two passes makes about a part a
megabyte. The studies of one size must be the same, byte for byte.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import psutil
from corpora import make_corpus

RESULTS = Path(__file__).with_name("scale.csv")
KEY = ["megabytes", "way"]
WAYS = {"one process": 1, "two workers": 2, "resumed": 1}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("source", type=Path, help="folder of .txt files from which the corpora are made")
    parser.add_argument("--megabytes", type=int, nargs="+", default=[200, 2000])
    parser.add_argument("--folder", type=Path, help="where the corpora are made; they are removed at the end")
    options = parser.parse_args()
    for megabytes in options.megabytes:
        with tempfile.TemporaryDirectory(dir=options.folder) as name:
            folder = Path(name)
            documents = make_corpus(options.source, folder / "texts", megabytes)
            studies = set()
            for way, workers in WAYS.items():
                out = folder / way / "study"  # a study is named after its folder
                if way == "resumed":
                    stop(start(folder / "texts", out, workers), out, parts=megabytes)
                row = measured(folder / "texts", out, workers)
                studies.add(digest(out))
                facts = {"megabytes": megabytes, "way": way, "documents": documents}
                write(facts | row | machine())
                print(facts | row, flush=True)
            if len(studies) > 1:
                raise SystemExit(f"{megabytes} MB: the studies differ")


def start(texts: Path, out: Path, workers: int) -> psutil.Popen:
    """Start a build in a process of its own."""
    command = [sys.executable, "-m", "kzpolicy", "build", str(texts), "--out", str(out), "--workers"]
    return psutil.Popen([*command, str(workers)], stdout=subprocess.DEVNULL)


def stop(process: psutil.Popen, out: Path, parts: int) -> None:
    """Kill a build and its workers as soon as it has finished so many parts."""
    while len(list(out.parent.glob(f".{out.name}.building/*/skipped.parquet"))) < parts:
        if process.poll() is not None:
            raise SystemExit("the build that was to be stopped has ended already")
        time.sleep(0.02)
    for one in [process, *process.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):
            one.kill()
    process.wait()


def measured(texts: Path, out: Path, workers: int) -> dict[str, float]:
    """Build a study; measure its time and the memory of all its processes."""
    load, begun = os.getloadavg()[0], time.perf_counter()
    process = start(texts, out, workers)
    peak = largest = 0
    used: dict[int, float] = {}
    while process.poll() is None:
        sizes = []
        for one in [process, *process.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                sizes.append(one.memory_info().rss)
                used[one.pid] = sum(one.cpu_times()[:2])
        peak, largest = max(peak, sum(sizes)), max(largest, *sizes, 0)
        time.sleep(0.1)
    seconds = time.perf_counter() - begun
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
    names = ("pandas", "pyarrow", "nltk")
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
