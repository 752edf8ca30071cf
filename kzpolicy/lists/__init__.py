"""Data only: powers, themes, states, boilerplate, columns, words; one file each."""

from importlib.resources import files
from pathlib import Path


def path(name: str) -> Path:
    """Give the path of a list, such as ``powers.toml``."""
    return Path(str(files(__name__))) / name
