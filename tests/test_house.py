"""The shape of the library: imports point one way, modules and functions stay small, names are few."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import size

import kzpolicy

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "kzpolicy"
# What each part of the library may import. Making tables (build) and reading them (measures) never
# meet, and scores know no corpus.
GROUND = {"lists", "tables"}
READING = GROUND | {"powers", "themes", "corpus", "measures"}
ALLOWED = {
    "lists": set(),
    "tables": {"lists"},
    "storage": GROUND,
    "powers": GROUND,
    "themes": GROUND,
    "corpus": GROUND | {"storage", "powers", "themes"},
    "scores": GROUND | {"scores"},
    "build": GROUND | {"storage", "powers", "themes", "corpus", "scores", "build"},
    "measures": READING,
    "style": READING,
    "captions": READING | {"style"},
    "marks": READING | {"style", "captions"},
    "plots": READING | {"style", "captions", "marks"},
    "explore": READING | {"style", "plots"},
    "panel": READING | {"style", "plots", "explore", "build"},
}
SLOW = "bibtexparser dask ipywidgets lxml matplotlib nltk openpyxl pypdf seaborn sklearn trafilatura"
CLAUSE_READER = {"scores/clauses.py", "scores/frames.py"}  # until a new scorer replaces it


def part_of(module: str) -> str:
    return module.removeprefix("kzpolicy.").split(".")[0]


def imported(source: str) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = str(node.module)
            names |= {f"{module}.{a.name}" for a in node.names} if module == "kzpolicy" else {module}
    return {part_of(name) for name in names if name.startswith("kzpolicy.")}


def test_imports_point_one_way() -> None:
    wrong = [
        f"{name} imports {other}"
        for name, source in size.modules().items()
        if (part := Path(name).with_suffix("").parts[0]) not in ("__init__", "__main__")
        for other in imported(source)
        if other not in ALLOWED[part]
    ]
    assert wrong == []


def test_no_private_name_is_used_elsewhere() -> None:
    borrowed = [
        f"{name}: {alias.name}"
        for name, source in size.modules().items()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("kzpolicy")
        for alias in node.names
        if alias.name.startswith("_")
    ]
    assert borrowed == []


def test_modules_and_functions_are_small() -> None:
    sizes = {name: len(size.code_lines(source)) for name, source in size.modules().items()}
    assert {name: n for name, n in sizes.items() if n > 300 and name not in CLAUSE_READER} == {}
    longest = {name: size.longest_function(source) for name, source in size.modules().items()}
    assert {name: found for name, found in longest.items() if found[0] > 50} == {}
    assert sum(sizes.values()) <= 7_100  # wanted: 4,500


def test_the_map_tells_the_size() -> None:
    total = sum(len(size.code_lines(source)) for source in size.modules().values())
    told = re.search(r"([\d,]+) lines of code", (ROOT / "docs" / "library.md").read_text("utf-8"))
    assert told and int(told[1].replace(",", "")) == total, f"tools/size.py counts {total:,}"


def test_the_map_names_every_module() -> None:
    text = (ROOT / "docs" / "library.md").read_text("utf-8")
    names = [name.removesuffix(".py") for name in size.modules() if "__" not in name]
    assert [name for name in names if f"`{name}`" not in text] == []


def test_public_names_are_few_and_have_one_path() -> None:
    assert len(kzpolicy.__all__) <= 40
    assert [name for name in kzpolicy.__all__ if not hasattr(kzpolicy, name)] == []
    assert kzpolicy.__all__ == sorted(kzpolicy.__all__)


def test_import_is_cheap() -> None:
    """What is slow to load is loaded when it is first used."""
    code = f"import sys, kzpolicy; print([name for name in {SLOW.split()} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_importing_changes_nothing_in_the_process() -> None:
    code = "import os, gc; before = dict(os.environ), gc.get_threshold(), gc.isenabled(); import kzpolicy;"
    code += "print(before == (dict(os.environ), gc.get_threshold(), gc.isenabled()))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "True"
    sources = "\n".join(size.modules().values())
    assert not re.search(r"\bgc\.|os\.environ|getenv|__getattr__", sources)
