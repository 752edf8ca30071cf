"""Score the part of NewsMTSC that was set aside, and write ``newsmtsc.csv``.

Usage: ``python newsmtsc.py train.jsonl``. The scorer's learned weights come from the other three quarters
(`split_newsmtsc.py`). Beside the targeted scorer stands VADER's score of the whole sentence.
"""

import sys
from pathlib import Path

import pandas as pd
from sklearn.metrics import f1_score
from split_newsmtsc import split

from kzpolicy.scores.plain import plain_scores
from kzpolicy.scores.targeted import score_targets

CLASSES = (-1, 0, 1)
NEUTRAL = 0.05  # the customary threshold of VADER's authors


def main() -> None:
    """Measure both scorers on the part set aside."""
    _, mentions = split(Path(sys.argv[1]))
    coded = mentions["tone"]
    plain = plain_scores(mentions["text"].tolist())["vader_compound"]
    scored = {
        "targeted": score_targets(mentions)["tone_class"],
        "plain": (plain >= NEUTRAL).astype(int) - (plain <= -NEUTRAL).astype(int),
    }
    rows = []
    for name, classes in scored.items():
        rows.append((name, "macro-F1", f1_score(coded, classes, average="macro"), len(coded)))
        each = f1_score(coded, classes, labels=CLASSES, average=None)
        for value, one in zip(CLASSES, each, strict=True):
            rows.append((name, f"F1 of class {value}", one, (coded == value).sum()))
    table = pd.DataFrame(rows, columns=["scorer", "measure", "estimate", "n"]).round({"estimate": 4})
    table.to_csv(Path(__file__).with_suffix(".csv"), index=False, lineterminator="\n")
    print(table.to_string(index=False))


if __name__ == "__main__":
    main()
