"""Write data/codebook.md from the columns that the library declares.

python tools/codebook.py
"""

import sys
from pathlib import Path

from kzpolicy.tables import TABLES

PAGE = Path(__file__).resolve().parents[1] / "data" / "codebook.md"


def codebook() -> str:
    """Write the codebook of all tables as Markdown."""
    lines = ["# Codebook: the tables of a study", ""]
    lines += [
        "In CSV, a text that begins with `=`, `+`, `-`, `@`, a tab or an apostrophe is written behind an "
        "apostrophe, so that no spreadsheet runs it as a formula; `load_corpus` takes it off again.",
        "",
    ]
    for table in TABLES.values():
        lines += [f"## {table.name}", "", table.about, "", f"Key: {', '.join(table.key)}.", ""]
        lines += ["| column | type | what it holds |", "|---|---|---|"]
        for c in table.columns:
            values = f" ({', '.join(map(str, c.allowed))})" if c.allowed else ""
            lines.append(
                f"| {c.name} | {c.type} | {c.about}{values}{'' if c.required else '; may be empty'} |"
            )
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(codebook(), "utf-8")
    sys.exit(0)
