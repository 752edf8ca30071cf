"""The three lists of packages agree: pyproject.toml, environment.yml and requirements.lock."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
RUNTIME = [Requirement(line) for line in PROJECT["project"]["dependencies"]]
EVERYTHING = [
    *RUNTIME,
    *map(Requirement, PROJECT["project"]["optional-dependencies"]["test"]),
    *map(Requirement, PROJECT["dependency-groups"]["build"]),
]


def conda_packages() -> list[str]:
    listed = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]
    return [line for line in listed if isinstance(line, str)]


def bounds(requirements: list[Requirement]) -> dict[str, str]:
    return {canonicalize_name(r.name): str(r.specifier) for r in requirements}


def locked() -> dict[str, list[Version]]:
    """Give the locked versions; a package may have one for each range of interpreters."""
    versions: dict[str, list[Version]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([^\s;\\]+)", LOCK, re.MULTILINE):
        versions.setdefault(canonicalize_name(name), []).append(Version(version))
    return versions


def test_conda_and_pip_install_the_same_packages() -> None:
    conda = [Requirement(line) for line in conda_packages() if not re.match(r"python=|pip$", line)]
    assert bounds(conda) == bounds(RUNTIME)


def test_conda_has_an_interpreter_that_the_package_allows() -> None:
    (python,) = (line for line in conda_packages() if line.startswith("python="))
    allowed = Requirement("python" + PROJECT["project"]["requires-python"]).specifier
    assert allowed.contains(python.removeprefix("python="))


def test_conda_installs_the_package_itself() -> None:
    listed = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]
    assert {"pip": ["-e ."]} in listed


@pytest.mark.parametrize("requirement", EVERYTHING, ids=lambda r: r.name)
def test_locked_versions_are_allowed(requirement: Requirement) -> None:
    versions = locked().get(canonicalize_name(requirement.name), [])
    assert versions, f"{requirement.name} is not in requirements.lock: run `make lock`"
    assert all(requirement.specifier.contains(version) for version in versions), versions


def test_every_locked_package_has_hashes_and_no_place_of_its_own() -> None:
    pins = re.findall(r"^[\w.-]+==.*?(?=^[\w.-]+==|\Z)", LOCK, re.MULTILINE | re.DOTALL)
    assert [pin.splitlines()[0] for pin in pins if "--hash=sha256:" not in pin] == []
    assert re.findall(r"://|^-|file:|\.whl|==\S*\+", LOCK, re.MULTILINE) == []


def test_version_is_the_same_everywhere() -> None:
    version = PROJECT["project"]["version"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")
    package = (ROOT / "kzpolicy" / "__init__.py").read_text("utf-8")
    assert citation["version"] == version
    assert re.findall(r"^## (\S+)", changes, re.MULTILINE)[0] == version
    assert f'__version__ = "{version}"' in package
