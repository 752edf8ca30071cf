"""Make ``learned_weights.csv`` from the development part of NewsMTSC.

Usage: ``python learn_weights.py train.jsonl held_out_ids.json``. The sentences whose identifiers
are listed in the second file are left out. NewsMTSC: Hamborg and Donnay (EACL 2021), MIT licence.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from kzpolicy.targets import Subject, learned_features, locate, read_frames, weigh

STEMS = 750  # kept words; more gain nothing on the development part
SEEN = 4  # mentions a word must occur in
PENALTY = 0.3
Example = dict[str, float]


def examples(path: Path, held_out: set[str]) -> tuple[list[Example], list[int]]:
    """Features and polarity (-1, 0, 1) of every mention outside the held-out part."""
    features: list[Example] = []
    labels: list[int] = []
    nobody = Subject("nobody", False)
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if row["primary_gid"] in held_out:
                continue
            text = row["sentence_normalized"]
            for target in row["targets"]:
                features.append(mention_features(text, target["from"], target["to"], nobody))
                labels.append(int(target["polarity"]) // 2 - 2)
    return features, labels


def mention_features(text: str, start: int, end: int, subject: Subject) -> Example:
    """Sum the features of a mention; a word counts alone and with its side of the target."""
    tone = weigh(text, start, end, "", subject).tone
    reading = read_frames(text)
    found: Example = {}
    for word, side, value in learned_features(reading, *locate(reading.sentence, start, end), tone):
        keys = [f"{word}|{side}"] if word.startswith("(") else [f"{word}|either", f"{word}|{side}"]
        for key in keys:
            found[key] = found.get(key, 0.0) + value
    return found


def fit(features: list[Example], labels: list[int]) -> dict[str, tuple[float, float]]:
    """Fit, keep the weightiest words, fit again; log-odds against neutral."""
    vectors = DictVectorizer()
    table = vectors.fit_transform(features).tocsc()
    names = np.array(vectors.feature_names_)
    common = np.flatnonzero(np.diff(table.indptr) >= SEEN)
    model = LogisticRegression(C=PENALTY, max_iter=500, class_weight="balanced")
    model.fit(table[:, common], labels)
    energy = np.sqrt(np.asarray(table[:, common].power(2).sum(0)).ravel())
    weight = model.coef_.std(0) * energy
    by_word: dict[str, float] = {}
    for name, value in zip(names[common], weight, strict=True):
        word = name.rpartition("|")[0]
        by_word[word] = by_word.get(word, 0.0) + value
    kept = set(sorted(by_word, key=by_word.__getitem__, reverse=True)[:STEMS])
    kept |= {"(rules)", "(words)"}
    columns = [i for i in common if names[i].rpartition("|")[0] in kept]
    model.fit(table[:, columns], labels)
    negative = model.coef_[0] - model.coef_[1]
    positive = model.coef_[2] - model.coef_[1]
    pairs = zip(names[columns], negative, positive, strict=True)
    weights = {name: (float(low), float(high)) for name, low, high in pairs}
    constant = model.intercept_
    weights["(constant)|either"] = (constant[0] - constant[1], constant[2] - constant[1])
    return weights


def write(weights: dict[str, tuple[float, float]], path: Path) -> int:
    """Write one row a word and side, the shared weight folded into both sides."""
    rows = []
    for word in sorted({name.rpartition("|")[0] for name in weights}):
        shared = weights.get(f"{word}|either", (0.0, 0.0))
        sides = ("positive", "negative") if word in ("(rules)", "(words)") else ("before", "after")
        for side in ("either",) if word == "(constant)" else sides:
            own = weights.get(f"{word}|{side}", (0.0, 0.0)) if side != "either" else (0.0, 0.0)
            rows.append([word, side, f"{shared[0] + own[0]:.3f}", f"{shared[1] + own[1]:.3f}"])
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(["word", "side", "negative", "positive"])
        writer.writerows(rows)
    return len(rows)


def main() -> None:
    """Read, fit and write."""
    source, held_out = Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text("utf-8"))
    features, labels = examples(source, set(held_out))
    count = write(fit(features, labels), Path(__file__).parents[1] / "kzpolicy" / "learned_weights.csv")
    print(f"{len(labels)} mentions, {count} rows")


if __name__ == "__main__":
    main()
