"""The pages of documentation: their code runs, their links lead somewhere, their references are listed."""

from __future__ import annotations

import ast
import doctest
import json
import re
import shlex
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from bibtexparser.entrypoint import parse_file

from kzpolicy import load_corpus
from kzpolicy.__main__ import main

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
REFERENCES = parse_file(str(DOCS / "references.bib"))
KEYS = [entry.key for entry in REFERENCES.entries]
# Surnames, then a year, as in "Hutto and Gilbert (2014)" or "Wilson's (1927)".
NAME = r"(?:van (?:der )?)?[A-Z]\w+"
CITED = re.compile(rf"((?:{NAME}, )*{NAME}(?: and {NAME})?)(?:'s|;|,)? \(?((?:19|20)\d\d)\b(?!-)")


@pytest.mark.parametrize("page", ["tour", "extending"])
def test_code_gives_what_the_page_shows(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the Python, and the commands of kzpolicy, from top to bottom in an empty folder."""
    monkeypatch.chdir(tmp_path)
    text = (DOCS / f"{page}.md").read_text("utf-8")
    names: dict[str, object] = {}
    ran = 0
    with pd.option_context("display.width", 100):
        for kind, code in re.findall(r"^```(python|sh)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            ran += 1
            if kind == "sh":
                for command in filter(None, code.splitlines()):
                    program, *arguments = shlex.split(command, comments=True)
                    assert program == "kzpolicy"
                    assert main(arguments) == 0, command
                continue
            test = doctest.DocTestParser().get_doctest(code, names, page, None, 0)
            runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
            said: list[str] = []
            runner.run(test, out=said.append, clear_globs=False)
            assert not said, "".join(said)
            names.update(test.globs)
    assert ran > 5


def files(ending: str) -> list[Path]:
    """List what is in the repository, or is about to be."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", f"*{ending}"]
    found = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=False)
    if found.returncode:
        pytest.skip("not a checkout of git")
    return [ROOT / name for name in found.stdout.splitlines() if (ROOT / name).exists()]


def test_every_link_between_files_leads_to_a_file_of_the_repository() -> None:
    known = {path.resolve() for path in files("")}
    known |= {folder for path in known for folder in path.parents}
    links = []
    for page in [*files(".md"), *files(".ipynb")]:
        text = page.read_text("utf-8")
        if page.suffix == ".ipynb":
            cells = json.loads(text)["cells"]
            text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
        text = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
        links += [(page, target) for target in re.findall(r"\]\(<?([^)\s>]+)>?\)", text)]
    between = [(page, target.split("#")[0]) for page, target in links if "://" not in target]
    assert len(between) > 50
    assert [
        (page.name, target)
        for page, target in between
        if target and (page.parent / target).resolve() not in known
    ] == []


def test_methods_cite_what_is_listed_and_all_of_it() -> None:
    cited = re.findall(
        r"\[([a-z]+\d{4}[a-z]*)\]\(references\.bib\)", (DOCS / "methods.md").read_text("utf-8")
    )
    assert not REFERENCES.failed_blocks
    assert len(KEYS) == len(set(KEYS)) > 25
    assert set(cited) == set(KEYS)


@pytest.mark.parametrize("key", KEYS)
def test_a_reference_says_enough_to_be_found(key: str) -> None:
    fields = {field.key: field.value for field in REFERENCES.entries_dict[key].fields}
    assert {"author", "title", "year"} <= fields.keys()
    assert {"journal", "booktitle", "publisher", "howpublished"} & fields.keys()
    surname = fields["author"].split(",")[0].replace(" ", "").replace("é", "e").replace("á", "a").lower()
    assert key.startswith(surname + fields["year"])


def citations(text: str) -> set[tuple[str, ...]]:
    """Find surnames and year of each work named in a text; initials are passed over."""
    found = CITED.findall(re.sub(r", [A-Z]\.(?: [A-Z]\.)*", "", re.sub(r"\s+", " ", text)))
    return {(*re.split(r", | and ", names), year) for names, year in found}


def test_works_named_in_the_code_are_listed() -> None:
    listed = set()
    for entry in REFERENCES.entries:
        fields = {field.key: field.value for field in entry.fields}
        surnames = [name.split(",")[0].strip() for name in fields["author"].split(" and ")]
        plain = [name.replace("ä", "a").replace("á", "a") for name in surnames]
        listed |= {(*names, fields["year"]) for names in (surnames, plain)}
    labels = {tuple(label.split()) for label in load_corpus().documents["label"]}
    others = {"February", "March", "May", "June", "In", "Iran", "Road", "Port"}
    named = set()
    for path in sorted((ROOT / "kzpolicy").rglob("*.py")):
        source = path.read_text("utf-8")
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                named |= citations(ast.get_docstring(node) or "")
        for comment in re.findall(r"(?:^\s*#.*\n)+", source, re.MULTILINE):
            named |= citations(comment.replace("#", " "))
    works = {work for work in named if work[0] not in others and work not in labels}
    assert len(works) > 20
    assert works - listed == set()


@pytest.mark.parametrize("command", ["", "build", "template", "speeches"])
def test_help_can_be_read_in_a_terminal(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([*filter(None, [command]), "--help"])
    said = capsys.readouterr().out
    assert stopped.value.code == 0
    assert max(map(len, said.splitlines())) <= 100
    # Every option is explained, and every example names a command.
    bare = re.findall(r"^  (?:-\S+(?: [A-Z]+)?|[A-Z]+)$", said, re.MULTILINE)
    assert bare == ([] if command else ["  COMMAND"])
    examples = re.findall(r"^  kzpolicy (\w+)", said, re.MULTILINE)
    assert set(examples) <= {"build", "template", "speeches", "COMMAND"}
