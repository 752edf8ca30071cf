"""Score the part of NewsMTSC that was set aside, and write ``newsmtsc.csv``.

Usage: ``python newsmtsc.py train.jsonl``. The quarter set aside is the one of
``split_newsmtsc.py``; the scorer's learned weights come from the other three quarters. Beside the
targeted scorer stands the plain sentence score, as NLTK's VADER has it.
"""

import json
import random
import sys
from pathlib import Path

import pandas as pd
from split_newsmtsc import SEED

from kzpolicy.coding import macro_f1, per_class
from kzpolicy.sentiment import plain_class
from kzpolicy.targets import score_targets
from kzpolicy.vader import score_sentence


def held_out(path: Path) -> pd.DataFrame:
    """Read the mentions of the sentences set aside; polarity becomes -1, 0, 1."""
    with path.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    texts = sorted({row["sentence_normalized"] for row in rows})
    random.Random(SEED).shuffle(texts)
    aside = set(texts[: round(len(texts) / 4)])
    mentions = [
        (row["sentence_normalized"], t["from"], t["to"], t["mention"], int(t["polarity"] / 2 - 2))
        for row in rows
        if row["sentence_normalized"] in aside
        for t in row["targets"]
    ]
    return pd.DataFrame(mentions, columns=["text", "start", "end", "power", "tone_code"])


def main() -> None:
    """Measure both scorers on the part set aside."""
    mentions = held_out(Path(sys.argv[1]))
    scored = score_targets(mentions).assign(sentence=mentions["text"])
    scored["plain_class"] = plain_class(mentions["text"].map(lambda text: score_sentence(text)[3]))
    rows = []
    for name, column in (("targeted", "tone_class"), ("plain", "plain_class")):
        rows.append((name, "macro-F1", macro_f1(scored["tone_code"], scored[column]), len(scored)))
        for row in per_class(scored.rename(columns={"tone_code": "code"}), "code", column).itertuples():
            rows.append((name, f"F1 of class {row.category}", row.f1, row.codes))
    table = pd.DataFrame(rows, columns=["scorer", "measure", "estimate", "n"])
    table["estimate"] = table["estimate"].round(4)
    table.to_csv(Path(__file__).with_suffix(".csv"), index=False, lineterminator="\n")
    print(table)


if __name__ == "__main__":
    main()
