"""Set aside a random quarter of the NewsMTSC sentences: weights are learned from the rest, tested on it.

NewsMTSC (Hamborg and Donnay, EACL 2021; MIT licence) is `train.jsonl` of the repository fhamborg/NewsMTSC.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

import pandas as pd

SEED = 20261122


def split(path: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read the mentions to learn from, and those set aside; no sentence stands on both sides.

    Both have ``text``, ``start``, ``end``, ``power`` (the name mentioned) and ``tone`` (-1, 0, 1).
    """
    with path.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    texts = sorted({row["sentence_normalized"] for row in rows})
    random.Random(SEED).shuffle(texts)
    mentions = pd.DataFrame(
        [
            (
                row["sentence_normalized"],
                one["from"],
                one["to"],
                one["mention"],
                int(one["polarity"]) // 2 - 2,
            )
            for row in rows
            for one in row["targets"]
        ],
        columns=["text", "start", "end", "power", "tone"],
    )
    aside = mentions["text"].isin(texts[: round(len(texts) / 4)])
    return mentions[~aside].reset_index(drop=True), mentions[aside].reset_index(drop=True)
