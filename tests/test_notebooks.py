"""The notebooks' form, what a static page can show, and that no page repeats a source."""

from __future__ import annotations

import ast
import base64
import csv
import html
import json
import re
from pathlib import Path
from typing import Any

import codebook
import nbformat
import prose
import pytest

from kzpolicy import load_corpus

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)


def cells(path: Path, kind: str) -> list[Any]:
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == kind]


def outputs(path: Path) -> list[Any]:
    return [output for cell in cells(path, "code") for output in cell.outputs]


@each
def test_a_page_asks_answers_and_leads_on(path: Path) -> None:
    everything = nbformat.read(path, as_version=4).cells
    assert re.match(r"# [^\n]+\?\n\n", everything[0].source), "a question first"
    assert "**The answer.**" in everything[0].source
    text = "\n\n".join(cell.source for cell in cells(path, "markdown"))
    assert re.search(r"^#+ What this cannot show", text, re.MULTILINE)
    assert "../README.md" in everything[-1].source, "the last cell leads on"
    assert "versions" in everything[-2].metadata.get("tags", [])
    assert len(list(prose.stamps(text))) <= 30


@each
def test_code_was_run_in_order_and_defines_nothing(path: Path) -> None:
    code = cells(path, "code")
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    for cell in code:
        tree = ast.parse(cell.source)
        assert not any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in ast.walk(tree))
        assert not re.search(r"figsize|subplots|inches", cell.source), "figures lay themselves out"


@each
def test_a_page_can_be_shown_as_it_is(path: Path) -> None:
    assert path.stat().st_size < 1_000_000
    assert "widgets" not in json.loads(path.read_text("utf-8"))["metadata"]
    for output in outputs(path):
        assert output.output_type != "error"
        data = output.get("data", {})
        assert not set(data) & {"application/javascript", "application/vnd.jupyter.widget-view+json"}
        assert not re.search(r"<(script|iframe)|\bon\w+=", data.get("text/html", ""))
        if "image/png" in data:
            alt = output.metadata["image/png"]["alt"]
            assert len(alt) >= 40 and alt.endswith(".")


def test_the_readme_shows_the_first_figure_and_lists_every_notebook() -> None:
    picture = next(o.data["image/png"] for o in outputs(NOTEBOOKS[0]) if "image/png" in o.get("data", {}))
    assert (ROOT / "notebooks" / "answer.png").read_bytes() == base64.b64decode(picture)
    text = (ROOT / "README.md").read_text("utf-8")
    assert [path.name for path in NOTEBOOKS if f"notebooks/{path.name}" not in text] == []


def test_the_codebook_is_what_the_tables_declare() -> None:
    assert (ROOT / "data" / "codebook.md").read_text("utf-8") == codebook.codebook()


def test_the_page_of_the_data_counts_rightly() -> None:
    text = (ROOT / "data" / "README.md").read_text("utf-8")
    speeches = load_corpus("speeches", tables=["documents", "codes"])
    states = speeches.documents["speaker_state"].nunique()
    pairs = speeches.codes.drop_duplicates(["sentence", "power"])["coder"].value_counts()
    with (ROOT / "benchmarks" / "training" / "speeches.csv").open(encoding="utf-8") as file:
        learned = sum(1 for _ in csv.DictReader(file))
    with (ROOT / "benchmarks" / "training" / "invented.csv").open(encoding="utf-8") as file:
        invented = sum(1 for _ in csv.DictReader(file))
    counts = [f"{len(speeches.documents):,} statements of {states} delegations"]
    counts += [f"{pairs['a']} pairs (coders a, b, c", f"{pairs['d']} pairs (coders d, e, f"]
    counts += [f"{learned:,} codes of one pass", f"{invented:,} coded mentions"]
    assert [count for count in counts if count not in text] == []


@each
def test_tables_show_our_own_words_only(path: Path) -> None:
    """No cell of text is longer than a paraphrase, but facts of documents, locators and lists of names."""
    facts = set(load_corpus("articles").documents.select_dtypes("str").stack())
    invented = path.stem.startswith("08")  # its texts are our own
    for output in [] if invented else outputs(path):
        for cell in re.findall(r"<td[^>]*>(.*?)</td>", output.get("data", {}).get("text/html", "")):
            cell = html.unescape(re.sub(r"<[^>]+>", "", cell))
            words = cell.split()
            listed = all(re.search(r"[:;,]$|:", word) for word in words[:-1])
            assert len(words) <= 15 or listed or cell in facts, cell
