"""Make ``news_weights.csv`` and ``state_weights.csv``, the scorer's learned weights.

Usage: ``python learn_weights.py NEWSMTSC.jsonl SPEECHES [OUT]``; without OUT, the package's own are replaced.
The first table is learned from three quarters of NewsMTSC (`split_newsmtsc.py`). The second from
``training/speeches.csv`` (codes of sentences in the folder SPEECHES; no text) and ``training/invented.csv``
(analysts' prose that a language model invented); it takes the first one's verdict as two more features.
All training codes are single passes of a language model. No reference code is read here.
"""

from __future__ import annotations

import csv
import sys
from math import exp
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from split_newsmtsc import split

from kzpolicy import lists
from kzpolicy.build.texts import with_texts
from kzpolicy.corpus import load_corpus, load_states
from kzpolicy.scores.frames import Reading
from kzpolicy.scores.targeted import Subject, Target

TRAINING = Path(__file__).parent / "training"
SEEN = 3  # mentions a feature must occur in
PENALTY = 0.1
LEAST = 0.03  # weights that all stay below this are left out
Weights = dict[str, tuple[float, float]]  # log-odds against neither of -1 and 1, by feature
Example = dict[str, float]


def states(speeches: Path) -> pd.DataFrame:
    """Coded mentions of states in speeches and in invented prose."""
    spoken = pd.read_csv(TRAINING / "speeches.csv")
    speaker = spoken["sentence"].str.split(":").str[0]
    corpus = load_corpus("speeches", document=sorted(set(speaker)))
    texts = with_texts(corpus, speeches).texts
    assert texts is not None
    spoken["text"] = spoken["sentence"].map(texts.set_index("sentence")["text"])
    if spoken["text"].isna().any():
        raise SystemExit(f"{speeches}: lacks sentence {spoken['sentence'][spoken['text'].isna()].iloc[0]}")
    known = load_states()
    spoken["subject"] = [
        ";".join([known.at[s, "name"], *known.at[s, "words"]]) if s in known.index else s
        for s in speaker.str.split("_").str[0]
    ]
    invented = pd.read_csv(TRAINING / "invented.csv", keep_default_na=False)
    return pd.concat([spoken.assign(spoken=True), invented.assign(spoken=False)], ignore_index=True)


def features(frame: pd.DataFrame, news: Weights | None = None) -> list[Example]:
    """Sum the features of every mention; `news` speaks as two more."""
    found = []
    for row in frame.itertuples():
        subject = Subject(row.subject.split(";"), bool(row.spoken))
        target = Target(Reading(row.text), row.start, row.end, row.power, subject)
        own = [*target.word_features(), *target.frame_features()]
        if news is not None:
            below, above = chances(own, news)
            own += [("news:unfavourable", 3 * below), ("news:favourable", 3 * above)]
        example: Example = {}
        for name, value in own:
            example[name] = example.get(name, 0.0) + value
            if name.startswith(("before:", "after:")):  # shared by both sides, folded in by `fit`
                both = f"either:{name.partition(':')[2]}"
                example[both] = example.get(both, 0.0) + value
        found.append(example)
    return found


def chances(found: list[tuple[str, float]], weights: Weights) -> tuple[float, float]:
    """Chances of -1 and of 1."""
    below, above = weights["constant"]
    for name, value in found:
        less, more = weights.get(name, (0.0, 0.0))
        below += value * less
        above += value * more
    total = 1 + exp(below) + exp(above)
    return exp(below) / total, exp(above) / total


def fit(examples: list[Example], classes: np.ndarray) -> Weights:
    """Fit the weights of a measure."""
    vectors = DictVectorizer()
    table = vectors.fit_transform(examples).tocsc()
    names = np.array(vectors.feature_names_)
    common = np.flatnonzero(np.diff(table.indptr) >= SEEN)
    model = LogisticRegression(C=PENALTY, max_iter=1000, class_weight="balanced")
    model.fit(table[:, common].tocsr(), classes)
    below, above = model.coef_[0] - model.coef_[1], model.coef_[2] - model.coef_[1]
    weights = {n: (float(a), float(b)) for n, a, b in zip(names[common], below, above, strict=True)}
    for name in [name for name in weights if name.startswith("either:")]:
        shared = weights.pop(name)
        for side in ("before", "after"):
            own = weights.get(f"{side}:{name.partition(':')[2]}", (0.0, 0.0))
            weights[f"{side}:{name.partition(':')[2]}"] = (shared[0] + own[0], shared[1] + own[1])
    constant = model.intercept_
    weights["constant"] = (constant[0] - constant[1], constant[2] - constant[1])
    return weights


def write(tables: dict[str, Weights], path: Path) -> int:
    """Write one row a feature with a pair of columns a measure."""
    kept = sorted({n for t in tables.values() for n in t if max(map(abs, t[n])) >= LEAST} | {"constant"})
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(["feature", *(f"{m}_{side}" for m in tables for side in ("below", "above"))])
        for name in kept:
            pairs = [table.get(name, (0.0, 0.0)) for table in tables.values()]
            writer.writerow([name, *(f"{value:.2f}" for pair in pairs for value in pair)])
    return len(kept)


def main() -> None:
    """Learn the table for news first: the one for states rests on it, rounded as it is written."""
    source, speeches = map(Path, sys.argv[1:3])
    out = Path(sys.argv[3]) if len(sys.argv) > 3 else lists.path("news_weights.csv").parent
    frame = split(source)[0].assign(power="", subject="nobody", spoken=False)
    path = out / "news_weights.csv"
    count = write({"tone": fit(features(frame), frame["tone"].to_numpy())}, path)
    print(f"{path.name}: {len(frame)} mentions, {count} features")
    news = {name: (below, above) for name, below, above in pd.read_csv(path).itertuples(index=False)}
    frame = states(speeches)
    path, examples = out / "state_weights.csv", features(frame, news)
    count = write({m: fit(examples, frame[m].to_numpy()) for m in ("tone", "stance")}, path)
    print(f"{path.name}: {len(frame)} mentions, {count} features")


if __name__ == "__main__":
    main()
