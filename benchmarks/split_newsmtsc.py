"""Set aside a random quarter of the NewsMTSC sentences; write their identifiers.

Usage: ``python split_newsmtsc.py train.jsonl held_out_ids.json``.
"""

import json
import random
import sys
from pathlib import Path

SEED = 20261122


def main() -> None:
    """Split by sentence, so that no sentence stands on both sides."""
    source, target = Path(sys.argv[1]), Path(sys.argv[2])
    with source.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    texts = sorted({row["sentence_normalized"] for row in rows})
    random.Random(SEED).shuffle(texts)
    held_out = set(texts[: round(len(texts) / 4)])
    ids = sorted(row["primary_gid"] for row in rows if row["sentence_normalized"] in held_out)
    target.write_text(json.dumps(ids, indent=0, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
