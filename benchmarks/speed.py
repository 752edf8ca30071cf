"""Compare the speed of kzpolicy with what people use today; write ``speed.csv`` beside this.

Usage: ``python speed.py TEXTS [--repeats 3] [--every 1]``, with ``requirements.txt`` installed and TEXTS a
folder of General Debate statements. Each method runs in its own process with its default settings, in turn
(first all methods once, then all again). Time is that on the clock; that of the processors stands beside it.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import pandas as pd

HERE = Path(__file__).parent
LABELS = {
    "kzpolicy": "kzpolicy, all cores",
    "notebook": "nltk + pandas notebook",
    "spacy_scored": "spaCy with vaderSentiment",
}


def run_all(folder: Path, repeats: int) -> pd.DataFrame:
    """Run every method in turn; one row a run."""
    rows = []
    for number in range(repeats):
        for name in LABELS:
            load = os.getloadavg()[0]
            command = [sys.executable, str(HERE / "speed_methods.py"), name, str(folder)]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            rows.append({"method": name, "round": number, "load": load, **json.loads(done.stdout)})
            print(rows[-1], file=sys.stderr, flush=True)
    return pd.DataFrame(rows)


def summary(runs: pd.DataFrame, megabytes: float) -> pd.DataFrame:
    """One row a method: medians, and times kzpolicy's time in the same round, so that both met one load."""
    ours = runs[runs["method"] == "kzpolicy"].set_index("round")
    rows = []
    for name, label in LABELS.items():
        own = runs[runs["method"] == name].set_index("round")
        rates = megabytes / own["seconds"]
        row = {"method": label, "mb_per_second": rates.median(), "least": rates.min(), "most": rates.max()}
        for column, short in (
            ("seconds", "times_the_time"),
            ("processor_seconds", "times_the_processor_time"),
        ):
            row[column] = own[column].median()
            row[short] = (own[column] / ours[column]).median()
        row |= {"largest_process_mb": round(own["memory_mb"].max()), "load_before": own["load"].mean()}
        rows.append(row)
    return pd.DataFrame(rows).round(2)


def machine() -> dict[str, object]:
    """What the numbers depend on."""
    names = ("pandas", "nltk", "spacy", "vaderSentiment")
    return {
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": ", ".join(f"{name} {version(name)}" for name in names),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("texts", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--every", type=int, default=1, help="compare on every n-th text only")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path in sorted(options.texts.glob("*.txt"))[:: options.every]:
            shutil.copy(path, folder)
        sizes = [path.stat().st_size for path in folder.iterdir()]
        megabytes = sum(sizes) / 1e6
        table = summary(run_all(folder, options.repeats), megabytes)
    facts = {"texts": len(sizes), "megabytes": round(megabytes, 1), "repeats": options.repeats} | machine()
    table.assign(**facts).to_csv(HERE / "speed.csv", index=False, lineterminator="\n")
    print(table.to_string(index=False))


if __name__ == "__main__":
    main()
