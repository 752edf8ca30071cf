"""Make large corpora for benchmarks from a folder of texts, so varied that no cache helps.

The texts made are nonsense in the source's words. They are for measuring only and stay on the
machine that made them.
"""

from __future__ import annotations

import argparse
import csv
import random
import re
from pathlib import Path

COLUMNS = (
    "document",
    "file",
    "title",
    "authors",
    "outlet",
    "published_from",
    "published_to",
    "date_basis",
    "layout",
)
_WORD = re.compile(r"\b[a-z]{4,}\b")
_SYLLABLES = [consonant + vowel for consonant in "bdfgklmnprstvz" for vowel in "aeiou"]
# Shares of the words of four letters or more that become another word of the source, or a new one.
_SWAPPED, _COINED = 0.2, 0.02


def make_corpus(source: Path, out: Path, megabytes: float, seed: int = 0) -> int:
    """Write a folder of texts with ``sources.csv``, of a total size; give the number of texts.

    Each text takes the paragraphs of one source text in random order, and swaps or coins a part
    of its words, so that hardly a sentence stands twice and the vocabulary grows with the size.
    """
    texts = [path.read_text("utf-8-sig") for path in sorted(source.glob("*.txt"))]
    vocabulary = [word for text in texts for word in _WORD.findall(text)[::20]]
    chance, left, number = random.Random(seed), megabytes * 1e6, 0

    def change(match: re.Match[str]) -> str:
        drawn = chance.random()
        if drawn < _COINED:
            return match[0] + "".join(chance.choices(_SYLLABLES, k=2))
        return chance.choice(vocabulary) if drawn < _COINED + _SWAPPED else match[0]

    out.mkdir(parents=True)
    with open(out / "sources.csv", "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(COLUMNS)
        while left > 0:
            number += 1
            paragraphs = chance.choice(texts).splitlines()
            chance.shuffle(paragraphs)
            content = _WORD.sub(change, "\n".join(paragraphs)).encode()
            name, year = f"text{number:07}", chance.randrange(2015, 2023)
            (out / f"{name}.txt").write_bytes(content)
            left -= len(content)
            day = f"{year}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}"
            title, author = f"Made text {number}", f"Maker {chance.randrange(1000)}"
            rows.writerow(
                (name, f"{name}.txt", title, author, "made for a benchmark", day, day, "made", "speech")
            )
    return number


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path, help="folder of .txt files")
    parser.add_argument("out", type=Path, help="folder to make")
    parser.add_argument("megabytes", type=float)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print(make_corpus(options.source, options.out, options.megabytes, options.seed), "texts")
