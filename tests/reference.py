"""How the coded units are laid onto our sentences; the tests prove data/articles/codes.csv by it."""

import re
from pathlib import Path

import pandas as pd

from kzpolicy.parsing import parse_sentences


def codes_by_sentence(annotations: Path, texts: Path, exceptions: pd.DataFrame) -> pd.DataFrame:
    """Key the reference codes by our sentences.

    Four coded units hold two of our sentences each: their codes go to the first of the two that
    names the power.
    """
    ours = parse_sentences(texts, exceptions)
    units = pd.read_csv(annotations / "units.csv")
    codes = pd.read_csv(annotations / "codes.csv")
    rows = []
    for unit in units.itertuples():
        inside = [
            (row.sentence, row.powers)
            for row in ours[ours["document"] == unit.document].itertuples()
            if row.kind != "heading" and _plain(row.text) in _plain(unit.text)
        ]
        for code in codes[codes["unit"] == unit.unit].itertuples():
            naming = [sentence for sentence, powers in inside if code.power in powers]
            sentence = (naming or [sentence for sentence, _ in inside])[0]
            rows.append(
                (sentence, code.power, code.coder, code.reference, code.tone, code.stance, code.confidence)
            )
    columns = ["sentence", "power", "coder", "reference", "tone", "stance", "confidence"]
    table = pd.DataFrame(rows, columns=columns)
    order = {s: i for i, s in enumerate(ours["sentence"])}
    return table.sort_values("sentence", key=lambda s: s.map(order), kind="stable").reset_index(drop=True)


def _plain(text: str) -> str:
    words = " ".join(re.findall(r"[^\W_]+", text.lower()))
    return f" {words} "
