"""The wheel by itself: it holds its word tables, scores a sentence, and says what it does not hold."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCORE = """
import kzpolicy, pandas as pd
row = {"text": "Ruritania relies on Moscow.", "start": 20, "end": 26, "power": "Russia"}
scored = kzpolicy.score_targets(pd.DataFrame([row]), subject="Ruritania")
print(kzpolicy.__file__)
print(scored["stance_class"].tolist(), len(kzpolicy.load_powers().keys), len(kzpolicy.load_themes()) > 100)
"""
LOAD = """
import kzpolicy, kzpolicy.challenge
for call in (kzpolicy.load_corpus, kzpolicy.challenge.challenge_results):
    try:
        call()
    except kzpolicy.StudyError as error:
        print(error)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build it from a copy, so that nothing is left in the checkout."""
    source, out = (tmp_path_factory.mktemp(name) for name in ("source", "wheel"))
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "kzpolicy", source / "kzpolicy", ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE", "LICENSE-data"):
        shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--no-index", "--wheel-dir", out, source], check=True, capture_output=True)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an environment of its own: the wheel, and what it needs, but not this checkout."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    interpreter = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    ask: list[str | Path] = [interpreter, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = Path(subprocess.run(ask, check=True, capture_output=True, text=True).stdout.strip())
    zipfile.ZipFile(wheel).extractall(packages)
    # What a .pth file names is searched, but the .pth files in it, as of an editable install, are not read.
    (packages / "needed.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return interpreter


def run(python: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "KZPOLICY"))}
    return subprocess.run(
        [python, *arguments], cwd=cwd, env=kept, capture_output=True, text=True, check=False
    )


def test_it_holds_every_file_of_the_package(wheel: Path) -> None:
    held = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("kzpolicy/")}
    kinds = ("*.py", "*.csv", "*.toml", "py.typed")
    assert held == {f"kzpolicy/{path.name}" for kind in kinds for path in (ROOT / "kzpolicy").glob(kind)}


def test_it_scores_a_sentence(python: Path, tmp_path: Path) -> None:
    found = run(python, "-c", SCORE, cwd=tmp_path)
    assert found.returncode == 0, found.stderr
    place, said = found.stdout.splitlines()
    assert not Path(place).is_relative_to(ROOT)
    assert said == "[1] 8 True"


def test_it_says_that_the_tables_are_elsewhere(python: Path, tmp_path: Path) -> None:
    found = run(python, "-c", LOAD, cwd=tmp_path)
    assert found.returncode == 0, found.stderr
    study, challenge = found.stdout.splitlines()
    assert study.startswith("articles: no such study; ") and "checkout" in study
    assert "challenge.csv: missing; " in challenge and "checkout" in challenge


def test_it_builds_where_it_is_told_to_and_nowhere_else(python: Path, tmp_path: Path) -> None:
    text = "Invented text of one sentence.\n\nKazakhstan trusts Russia and China and nobody else at all.\n"
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "2019-05-06-trust.txt").write_text(text, encoding="utf-8")
    found = run(python, "-m", "kzpolicy", "build", "texts", cwd=tmp_path)
    assert found.returncode == 2
    assert found.stderr == "kzpolicy: data/articles: not in an installed package; name the study's folder\n"
    assert run(python, "-m", "kzpolicy", "accept", cwd=tmp_path).returncode == 2
    found = run(python, "-m", "kzpolicy", "build", "texts", "--out", "study", cwd=tmp_path)
    assert found.returncode == 0, found.stderr
    assert (tmp_path / "study" / "datapackage.json").is_file()
