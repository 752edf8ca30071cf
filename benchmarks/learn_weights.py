"""Make ``news_weights.csv`` and ``state_weights.csv``, the scorer's learned weights.

Usage: ``python learn_weights.py NEWSMTSC.jsonl HELD_OUT_IDS.json SPEECHES``. The first table is
learned from NewsMTSC (Hamborg and Donnay, EACL 2021, MIT licence) without the sentences whose
identifiers are listed. The second from ``training/speeches.csv`` (codes of sentences in the folder
SPEECHES; no text) and ``training/invented.csv`` (analysts' prose that a language model invented).
All training codes are single passes of a language model. No reference code is read here.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from kzpolicy import lexicons, targets
from kzpolicy.parsing import parse_sentences
from kzpolicy.speeches import load_states

HERE = Path(__file__).parent
OUT = HERE.parent / "kzpolicy"
SEEN = 3  # mentions a feature must occur in
PENALTY = 0.1
LEAST = 0.03  # weights that all stay below this are left out
Example = dict[str, float]


def news(path: Path, held_out: set[str]) -> pd.DataFrame:
    """Mentions of NewsMTSC outside the held-out part."""
    rows = []
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if row["primary_gid"] not in held_out:
                for target in row["targets"]:
                    tone = int(target["polarity"]) // 2 - 2
                    rows.append((row["sentence_normalized"], target["from"], target["to"], tone))
    frame = pd.DataFrame(rows, columns=["text", "start", "end", "tone"])
    return frame.assign(power="", subject="nobody", spoken=False)


def states(speeches: Path) -> pd.DataFrame:
    """Coded mentions of states in speeches and in invented prose."""
    texts = parse_sentences(speeches).set_index("sentence")["text"]
    spoken = pd.read_csv(HERE / "training" / "speeches.csv")
    spoken["text"] = texts.reindex(spoken["sentence"]).to_numpy()
    if spoken["text"].isna().any():
        raise SystemExit(f"{speeches}: lacks sentence {spoken['sentence'][spoken['text'].isna()].iloc[0]}")
    known = load_states()
    spoken["subject"] = [
        ";".join([known.at[s, "name"], *known.at[s, "words"]]) if s in known.index else s
        for s in spoken["sentence"].str.split("_").str[0]
    ]
    invented = pd.read_csv(HERE / "training" / "invented.csv", keep_default_na=False)
    return pd.concat([spoken.assign(spoken=True), invented.assign(spoken=False)], ignore_index=True)


def features(frame: pd.DataFrame) -> list[Example]:
    """Sum the features of every mention."""
    found = []
    for row in frame.itertuples():
        subject = targets.Subject(row.subject.split(";"), bool(row.spoken))
        target = targets.Target(row.text, row.start, row.end, row.power, subject)
        example: Example = {}
        for (name, *_), value in target.features()[0]:
            example[name] = example.get(name, 0.0) + value
            if name.startswith(("before:", "after:")):  # shared by both sides, folded in below
                both = f"either:{name.partition(':')[2]}"
                example[both] = example.get(both, 0.0) + value
        found.append(example)
    return found


def fit(examples: list[Example], classes: np.ndarray) -> dict[str, tuple[float, float]]:
    """Log-odds against neither of -1 and 1 by feature."""
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


def write(tables: dict[str, dict[str, tuple[float, float]]], path: Path) -> int:
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
    """Learn the table for news first: the one for states rests on it."""
    source, held_out, speeches = (
        Path(sys.argv[1]),
        json.loads(Path(sys.argv[2]).read_text("utf-8")),
        sys.argv[3],
    )
    frame = news(source, set(held_out))
    path = OUT / "news_weights.csv"
    path.write_text("feature,tone_below,tone_above\nconstant,0,0\n", encoding="utf-8")
    examples = [{n: v for n, v in e.items() if not n.startswith("news:")} for e in features(frame)]
    count = write({"tone": fit(examples, frame["tone"].to_numpy())}, path)
    print(f"{path.name}: {len(frame)} mentions, {count} features")
    lexicons.load_weights.cache_clear()
    lexicons.weigh.cache_clear()
    lexicons.VOCABULARY.clear()
    frame = states(Path(speeches))
    path, examples = OUT / "state_weights.csv", features(frame)
    count = write({m: fit(examples, frame[m].to_numpy()) for m in ("tone", "stance")}, path)
    print(f"{path.name}: {len(frame)} mentions, {count} features")


if __name__ == "__main__":
    main()
