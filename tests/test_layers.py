"""Imports between modules point one way, and `import kzpolicy` loads nothing that can wait."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import kzpolicy

PACKAGE = Path(__file__).resolve().parents[1] / "kzpolicy"
MAP = PACKAGE.parent / "docs" / "library.md"
# From the ground up: a module may import those above it in this list only.
LAYERS = """
arrow errors

storing schema
powers themes speeches
bibliography formats tabular sheets reading duplicates gathering parts

segmenting vader tokens lexicons clauses frames learned targets scoring

corpus
running parsing building quoting

intervals coding sentiment stance trends comparing resemblance sampling estimating simulating
robustness challenge exploring

style plots plots_measures plots_speeches plots_explored
panel explore

speech_facts facts
stamps outputs execution study
__init__ __main__
""".split()
SLOW = "bibtexparser dask ipywidgets lxml matplotlib nbformat nltk openpyxl pypdf seaborn sklearn trafilatura"


def imported(path: Path) -> set[str]:
    """Name the package's modules that a module imports, at its head or inside a function."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: write the whole name of what is imported"
            within = node.module == "kzpolicy"
            names |= {f"kzpolicy.{a.name}" for a in node.names} if within else {str(node.module)}
    return {name.split(".")[1] for name in names if name.startswith("kzpolicy.")}


def test_every_module_has_its_place() -> None:
    assert sorted(LAYERS) == sorted(path.stem for path in PACKAGE.glob("*.py"))


def test_the_map_shows_the_layers() -> None:
    """The table of docs/library.md names every module once, in the order of the layers."""
    rows = [row for row in MAP.read_text("utf-8").splitlines() if row.startswith("| ") and "`" in row]
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[2])]
    assert named == LAYERS[:-2]


def test_imports_point_one_way() -> None:
    place = {name: i for i, name in enumerate(LAYERS)}
    upward = [
        f"{path.stem} imports {name}"
        for path in sorted(PACKAGE.glob("*.py"))
        for name in sorted(imported(path))
        if place[name] >= place[path.stem]
    ]
    assert upward == []


def test_import_is_cheap() -> None:
    """What is slow to load is loaded when it is first used."""
    code = f"import sys, kzpolicy; print([name for name in {SLOW.split()} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("chosen", ["", "mimalloc", "system"])
def test_arrow_takes_the_systems_memory_unless_told_otherwise(chosen: str) -> None:
    code = "import kzpolicy, os; print(os.environ['ARROW_DEFAULT_MEMORY_POOL']);"
    code += "import pyarrow; print(pyarrow.default_memory_pool().backend_name)"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ARROW_")}
    environment |= {"ARROW_DEFAULT_MEMORY_POOL": chosen} if chosen else {}
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert found.stdout.split() == [chosen or "system"] * 2


def test_public_names_are_sorted_and_there() -> None:
    assert kzpolicy.__all__ == sorted(set(kzpolicy.__all__))
    assert [name for name in kzpolicy.__all__ if not hasattr(kzpolicy, name)] == []
