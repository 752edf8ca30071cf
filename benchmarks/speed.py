"""Compare the speed of kzpolicy with what people use today; write ``speed.csv`` and ``speed.png``.

Usage: ``python speed.py TEXTS [--repeats 3] [--every 1]``, with ``requirements.txt`` installed and
TEXTS a folder of General Debate statements. Each method runs in its own process, all on one core,
in turn (first all methods once, then all again). Time is that of the processor, because other
programs may share the machine; ratios say more than absolute figures.
"""

import argparse
import csv
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from importlib.metadata import version
from pathlib import Path
from statistics import median

HERE = Path(__file__).parent
LABELS = {
    "kzpolicy": "kzpolicy, full path",
    "notebook": "nltk + pandas notebook",
    "spacy_scored": "spaCy blank pipeline and vaderSentiment",
    "spacy_blank": "spaCy blank pipeline (no scores)",
    "textacy": "textacy (no scores)",
    "vader_sentiment": "vaderSentiment (scores only)",
    "word_regex": "floor: one word regex",
}
COLUMNS = "part name value unit least most ratio_to_kzpolicy memory_mb".split()
# What kzpolicy's time goes to: where each step is called from, and its name there.
STEPS = {
    "parsing.read_document": "read and clean",
    "parsing.split_sentences": "split sentences",
    "tokens.score_numbered": "plain scores",
    "parsing.score_mentions": "targeted scores",
    "parsing.check": "check tables",
    "parsing.write_part": "keep tables",
    "parsing.read_parts": "put tables together",
    "parsing.read_tokens": "tokens and words",
    "parsing.count_terms": "count terms",
    "powers.Powers.find_each": "find powers",
}
Row = dict[str, object]


def row(part: str, name: str, value: object, unit: str = "", **more: object) -> Row:
    return {"part": part, "name": name, "value": value, "unit": unit, **more}


def compare_paths(folder: Path, megabytes: float, repeats: int) -> Iterator[Row]:
    """Run every method in turn, each in its own process."""
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in LABELS}
    for _ in range(repeats):
        for name, found in runs.items():
            command = [sys.executable, str(HERE / "speed_methods.py"), name, str(folder)]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            found.append(json.loads(done.stdout.splitlines()[-1]))
            print(name, found[-1], file=sys.stderr, flush=True)
    for name, found in runs.items():
        rates = [megabytes / one["seconds"] for one in found]
        # Against our run of the same round, so that both met the same load.
        pairs = zip(found, runs["kzpolicy"], strict=True)
        ratio = median(theirs["seconds"] / ours["seconds"] for theirs, ours in pairs)
        yield row(
            "path",
            LABELS[name],
            round(median(rates), 3),
            "MB/s",
            least=round(min(rates), 3),
            most=round(max(rates), 3),
            ratio_to_kzpolicy=round(ratio, 2),
            memory_mb=round(median(one["memory"] for one in found)),
        )


def compare_vader(folder: Path) -> Iterator[Row]:
    """Score every sentence as kzpolicy, NLTK and vaderSentiment do, in turn by 2,000 sentences."""
    from speed_methods import nltk_vader
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    from kzpolicy.parsing import parse_sentences
    from kzpolicy.vader import score_sentences

    sentences = parse_sentences(folder)["text"].tolist()
    scorers: dict[str, Callable[[list[str]], Iterable[object]]] = {
        "kzpolicy": score_sentences,
        "nltk": partial(map, nltk_vader().polarity_scores),
        "vaderSentiment": partial(map, SentimentIntensityAnalyzer().polarity_scores),
    }
    seconds: dict[str, list[float]] = {name: [] for name in scorers}
    same = 0
    for start in range(0, len(sentences), 2_000):
        part = sentences[start : start + 2_000]
        found = {}
        for name, score in scorers.items():
            begun = time.process_time()
            found[name] = list(score(part))
            seconds[name].append(time.process_time() - begun)
        theirs = [tuple(one[key] for key in ("neg", "neu", "pos", "compound")) for one in found["nltk"]]  # type: ignore[index]
        same += sum(mine == other for mine, other in zip(found["kzpolicy"], theirs, strict=True))
    yield row("vader", "sentences scored as by NLTK", same, f"of {len(sentences)}")
    for name in ("nltk", "vaderSentiment"):
        ratios = sorted(t / o for t, o in zip(seconds[name], seconds["kzpolicy"], strict=True))
        whole = sum(seconds[name]) / sum(seconds["kzpolicy"])
        yield row(
            "vader",
            name,
            round(whole, 2),
            "times kzpolicy's time",
            least=round(ratios[0], 2),
            most=round(ratios[-1], 2),
        )


def share_steps(folder: Path) -> Iterator[Row]:
    """Share of each step in the time of the full path, by clocks around the steps."""
    from kzpolicy import parsing, powers, tokens

    spent: dict[str, float] = {}

    def clock(owner: object, name: str, step: str) -> None:
        function = getattr(owner, name)

        def timed(*arguments: object, **named: object) -> object:
            begun = time.perf_counter()
            try:
                return function(*arguments, **named)
            finally:
                spent[step] = spent.get(step, 0.0) + time.perf_counter() - begun

        setattr(owner, name, timed)

    parsing.parse_corpus(folder)
    modules = {"parsing": parsing, "powers": powers, "tokens": tokens}
    for path, step in STEPS.items():
        module, *within, name = path.split(".")
        clock(getattr(modules[module], within[0]) if within else modules[module], name, step)
    begun = time.perf_counter()
    parsing.parse_corpus(folder)
    whole = time.perf_counter() - begun
    spent["rows, the rest"] = whole - sum(spent.values())
    for step, seconds in sorted(spent.items(), key=lambda item: -item[1]):
        yield row("step", step, round(100 * seconds / whole, 1), "% of the time")


def machine(folder: Path, documents: int, megabytes: float, repeats: int, core: int | None) -> Iterator[Row]:
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        lines = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        cpu = lines[0].partition(":")[2].strip() if lines else cpu
    facts = {
        "processor": cpu,
        "cores": os.cpu_count(),
        "cores used": "not pinned" if core is None else 1,
        "load at the end": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else "unknown",
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": ", ".join(
            f"{name} {version(name)}" for name in ("pandas", "nltk", "spacy", "textacy", "vaderSentiment")
        ),
        "texts": f"{documents} speeches, {megabytes:.1f} MB",
        "repeats": repeats,
    }
    for name, value in facts.items():
        yield row("machine", name, value)


def draw() -> None:
    """Draw ``speed.png`` from ``speed.csv``."""
    import matplotlib.pyplot as plt

    from kzpolicy.style import DARK, GREY, SERIES, page, panel_title

    with (HERE / "speed.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    paths, steps = ([r for r in rows if r["part"] == part][::-1] for part in ("path", "step"))
    facts = {r["name"]: r["value"] for r in rows if r["part"] == "machine"}
    usual = next(r for r in paths if r["name"] == LABELS["notebook"])
    times = float(usual["ratio_to_kzpolicy"])
    fig, (left, right) = page(
        f"kzpolicy's full path is {times:.1f} times as fast as the usual notebook",
        "Left: megabytes of text a second of processor time on one core, and peak memory; median of "
        f"{facts['repeats']} interleaved runs. Right: where kzpolicy's time goes.",
        f"Source: benchmarks/speed.csv. Texts: {facts['texts']}. {facts['processor']}, shared with other "
        "programs. All are asked the same; only kzpolicy reads who does what to whom and checks its tables.",
        height=4.4,
        columns=2,
        left=2.15,
        right=0.45,
        width_ratios=[1.15, 1],
        gridspec_kw={"wspace": 1.2},
    )
    for place, path in enumerate(paths):
        rate, ours = float(path["value"]), path["name"] == LABELS["kzpolicy"]
        left.plot(rate, place, "o", color=SERIES if ours else GREY, markersize=8 if ours else 6)
        label = f"{rate:.2g} MB/s\n{int(path['memory_mb']):,} MB"
        left.text(
            rate * 1.5, place, label, va="center", size=7.8, color=DARK, weight="bold" if ours else None
        )
    left.set_xscale("log")
    left.set_xlim(0.1, 400)
    left.set_yticks(
        range(len(paths)), [path["name"].replace(" (", "\n(").replace(" and ", "\nand ") for path in paths]
    )
    left.set_xticks([0.1, 1, 10, 100], ["0.1", "1", "10", "100"])
    left.minorticks_off()
    left.grid(axis="x", color="#ECECEC")
    panel_title(left, "MB/s (log), memory")
    for place, step in enumerate(steps):
        share = float(step["value"])
        right.barh(place, share, color=SERIES, height=0.62)
        right.text(share + 0.8, place, f"{share:.0f}%", va="center", size=8, color=DARK)
    right.set_yticks(range(len(steps)), [step["name"] for step in steps], size=8)
    right.set_xlim(0, 1.2 * max(float(step["value"]) for step in steps))
    right.set_xticks([])
    right.spines["bottom"].set_visible(False)
    panel_title(right, "Share of kzpolicy's time")
    fig.savefig(HERE / "speed.png")
    plt.close(fig)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("texts", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--every", type=int, default=1, help="compare the paths on every n-th text only")
    options = parser.parse_args()
    core = None
    if hasattr(os, "sched_setaffinity"):
        core = max(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {core})  # the processes started from here inherit it
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path in sorted(options.texts.glob("*.txt"))[:: options.every]:
            shutil.copy(path, folder)
        sizes = [path.stat().st_size for path in folder.iterdir()]
        megabytes = sum(sizes) / 1e6
        rows = list(compare_paths(folder, megabytes, options.repeats))
        rows += compare_vader(options.texts)
        rows += share_steps(folder)
        rows += machine(folder, len(sizes), megabytes, options.repeats, core)
    with (HERE / "speed.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    draw()


if __name__ == "__main__":
    main()
