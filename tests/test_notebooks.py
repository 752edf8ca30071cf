"""The notebooks' anatomy, their prose against the tables, and what a static page can show."""

import ast
import base64
import json
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from prose import stamped, unstamped_numbers

from kzpolicy import load_corpus, mention_pairs, powers_of
from kzpolicy.building import build_study
from kzpolicy.facts import Facts, facts
from kzpolicy.powers import BUILT_IN as POWERS
from kzpolicy.schema import codebook
from kzpolicy.stamps import stale

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
PAGES = [ROOT / "README.md", ROOT / "data" / "README.md", ROOT / "data" / "codebook.md"]
# Constants of the method, not results: thresholds, levels, ends of scales, published figures.
CONSTANTS = {
    *("0", "1", "+1", "−1", "2", "95%", "5%", "10,000", "1.96", "1,000", "+0.05", "−0.05"),
    *(".60", "30%"),  # the mark set for the scorer; the share coded in the simulation
    *(".34", ".50", ".75", ".82"),  # van Atteveldt, van der Velden and Boukes (2021)
}
each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)


@cache
def table_facts() -> Facts:
    return facts()


def cells(path: Path, kind: str) -> list[dict[str, Any]]:
    found = [c for c in json.loads(path.read_text("utf-8"))["cells"] if c["cell_type"] == kind]
    return [{**c, "source": "".join(c["source"])} for c in found]


def outputs(path: Path) -> list[dict[str, Any]]:
    return [output for cell in cells(path, "code") for output in cell["outputs"]]


def prose(path: Path) -> str:
    return "\n\n".join(cell["source"] for cell in cells(path, "markdown"))


@each
def test_anatomy(path: Path) -> None:
    everything = json.loads(path.read_text("utf-8"))["cells"]
    first = "".join(everything[0]["source"])
    assert re.match(r"# [^\n]+\?\n\n\*\*The answer\.\*\* ", first), "a question, then the answer"
    answer = first.split("**The answer.** ")[1].split("\n\n")[0]
    assert len(stamped(answer)) >= 2 and "n = " in answer or path.stem == "01-corpus"
    assert re.search(r"^## What this cannot show$", prose(path), re.MULTILINE)
    words = len(re.sub(r"<!--.*?-->", "", prose(path)).split())
    assert 400 <= words <= 900
    assert len(everything) <= 30
    assert "../README.md" in "".join(everything[-1]["source"]), "the last cell leads on"
    assert "versions" in everything[-2]["metadata"].get("tags", [])


@each
def test_code_is_short_and_executed_in_order(path: Path) -> None:
    code = cells(path, "code")
    assert [c["execution_count"] for c in code] == list(range(1, len(code) + 1))
    lines = [c["source"].count("\n") + 1 for c in code]
    assert max(lines) <= 15 and sum(lines) <= 80
    for cell in code:
        tree = ast.parse(cell["source"])
        assert not any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in ast.walk(tree))
    imports = [i for i, c in enumerate(code) if re.search(r"^(import|from) ", c["source"], re.MULTILINE)]
    assert imports == [0], "one cell of imports, the first"


@each
def test_page_can_be_shown_as_it_is(path: Path) -> None:
    assert path.stat().st_size < 1_000_000
    assert "widgets" not in json.loads(path.read_text("utf-8"))["metadata"]
    assert re.fullmatch(r"\d\d(-[a-z]+)+", path.stem)
    for output in outputs(path):
        kinds = set(output.get("data", {}))
        assert not kinds & {"image/svg+xml", "application/javascript"}
        html = "".join(output.get("data", {}).get("text/html", ""))
        assert not re.search(r"<(script|style|iframe|svg)|\bon\w+=|style=", html)


@each
def test_figures_have_alternative_text_and_a_caption(path: Path) -> None:
    everything = json.loads(path.read_text("utf-8"))["cells"]
    figures = 0
    for cell, after in zip(everything, everything[1:], strict=False):
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                figures += 1
                alt = output["metadata"]["image/png"]["alt"]
                assert 40 <= len(alt) <= 400 and alt.endswith(".")
                following = "".join(after["source"])
                assert after["cell_type"] == "code" or following.startswith("*"), "a caption follows"
    assert figures


@each
def test_prose_says_what_the_tables_say(path: Path) -> None:
    assert stale(prose(path), table_facts()) == []
    assert unstamped_numbers(prose(path), CONSTANTS) == []


def test_readme_says_what_the_tables_say() -> None:
    assert stale(PAGES[1].read_text("utf-8"), table_facts()) == []
    text = PAGES[0].read_text("utf-8")
    assert stale(text, table_facts()) == []
    assert unstamped_numbers(text, {*CONSTANTS, "3.11", "4.0"}) == []


def test_readme_shows_the_first_figure_and_lists_every_notebook() -> None:
    picture = next(o["data"]["image/png"] for o in outputs(NOTEBOOKS[0]) if "image/png" in o.get("data", {}))
    assert (ROOT / "notebooks" / "answer.png").read_bytes() == base64.b64decode(picture)
    text = PAGES[0].read_text("utf-8")
    assert all(f"notebooks/{path.name}" in text for path in NOTEBOOKS)


@pytest.mark.parametrize("coded", [False, True])
def test_articles_give_way_to_a_study_without_russia_and_china(
    coded: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What notebooks show of articles, of fourteen invented ones with two powers and a theme of their own."""
    texts, study = tmp_path / "texts", tmp_path / "mine"
    texts.mkdir()
    study.mkdir()
    built_in = POWERS.read_text("utf-8")
    (study / "powers.toml").write_text(
        built_in[built_in.index("[turkey]") : built_in.index("[india]")], "utf-8"
    )
    theme = '[road]\nname = "The road"\nwhy = "invented"\nterms = ["road", "toll gate"]\n'
    (study / "themes.toml").write_text(theme, "utf-8")
    for number in range(14):
        praise = ["Kazakhstan trusts Turkey, a good friend.", "Iran threatened Kazakhstan on the road."][
            number % 2
        ]
        rest = " ".join(f"Invented sentence {i} of text {number} stands here." for i in range(number + 3))
        (texts / f"{2005 + number}-05-06-text.txt").write_text(
            f"{praise} {rest}\n\n{rest[::-1]} {praise}", "utf-8"
        )
    corpus = build_study(texts, study, collapse=False)
    if coded:
        pairs = mention_pairs(corpus, powers_of(study))
        codes = pairs[["sentence", "power"]].assign(coder="x", reference=1, stance=0, confidence=1)
        codes["tone"] = pairs["tone_score_class"].astype("int64")
        replace(corpus, codes=codes).save(study)
    own = load_corpus(study)
    shown: list[dict[str, Any]] = []
    monkeypatch.setenv("KZPOLICY_STUDY", str(study))
    monkeypatch.setattr("IPython.display.display", lambda data, **_: shown.append(data))
    monkeypatch.setattr("kzpolicy.robustness.DRAWS", 10)
    monkeypatch.setattr("kzpolicy.load_corpus", lambda *_: own)  # speeches are not asked for here
    figures = {}
    for path in NOTEBOOKS[:2] + NOTEBOOKS[3:7]:
        names: dict[str, Any] = {}
        shown.clear()
        for number, cell in enumerate(cells(path, "code")):
            if number == 0 or not re.search("speeches|similar|versions", cell["source"], re.IGNORECASE):
                exec(compile(cell["source"], path.stem, "exec"), names)
        figures[path.stem[:2]] = [data["text/plain"] for data in shown if "image/png" in data]
    said = capsys.readouterr().out
    assert said.count("of the study mine (n = 14 texts)") == 6
    assert {name: len(alts) for name, alts in figures.items()} == {
        **{"00": 3, "01": 2, "03": 3, "04": 2, "05": 2, "06": 3},
    }
    assert all(alt.endswith(", in the study mine.") for alts in figures.values() for alt in alts)
    assert (
        figures["03"][0] == f"Mean coded tone, {28 if coded else 0} pairs from 14 texts, in the study mine."
    )


def test_codebook_is_the_schema() -> None:
    assert PAGES[2].read_text("utf-8") == codebook()


def test_no_notebook_quotes_a_source() -> None:
    """Tables in outputs show our own words only: no cell of text is longer than a paraphrase."""
    titles = set(load_corpus().documents["title"])
    for path in NOTEBOOKS:
        for output in outputs(path):
            html = "".join(output.get("data", {}).get("text/html", ""))
            for cell in re.findall(r"<td>(.*?)</td>", html):
                words = re.sub(r"<[^>]+>", "", cell).split()
                locators = all(":" in word for word in words)
                assert len(words) <= 15 or locators or cell in titles, cell
