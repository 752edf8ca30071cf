"""Keyword themes: which terms count for which theme."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from kzpolicy import lists
from kzpolicy.tables import StudyError, as_list, read_toml, unknown_name

_TERM = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*(?: [^\W_]+(?:['’.-][^\W_]+)*)*\*?")  # noqa: RUF001
_FIELDS = ("name", "why", "terms", "not_meant")


def load_themes(path: str | Path | None = None) -> pd.DataFrame:
    """Load keyword themes.

    Parameters
    ----------
    path
        A TOML file of the form of ``lists/themes.toml``, or None for the built-in one.

    Returns
    -------
    DataFrame
        One row a term: ``theme`` (key), ``name`` (for prose and figures), ``why``, ``term``,
        ``sign`` (1; -1 for an expression that is not meant, whose words are taken off again).

    Raises
    ------
    StudyError
        If the file is missing or not TOML, a theme lacks a field, or a term is not of the form
        explained there.

    Examples
    --------
    >>> themes = load_themes()
    >>> themes.loc[themes["theme"] == "nuclear", "term"].tolist()[:2]
    ['nuclear*', 'disarm*']
    """
    path = lists.path("themes.toml") if path is None else Path(path)
    rows = []
    for key, table in read_toml(path).items():
        where = f"{path}: theme [{key}]"
        if not isinstance(table, dict) or not all(table.get(field) for field in _FIELDS[:3]):
            raise StudyError(f"{where} needs name, why and terms; write them")
        for field in table:
            if field not in _FIELDS:
                raise StudyError(f"{where}: {unknown_name('field', field, _FIELDS)}")
        for field, sign in (("terms", 1), ("not_meant", -1)):
            terms = _checked(table.get(field, []), f"{where}, {field}")
            rows += [(key, str(table["name"]), str(table["why"]), term, sign) for term in terms]
    if not rows:
        raise StudyError(f"{path}: no theme in it; begin a table such as [trade]")
    return pd.DataFrame(rows, columns=["theme", "name", "why", "term", "sign"])


def make_theme(name: str, terms: str | Iterable[str]) -> pd.DataFrame:
    """Make a theme of own keywords, to use in the place of `load_themes`.

    Parameters
    ----------
    name
        Name for figures.
    terms
        Words or phrases in lower case, a final * for any ending; one or several.

    Examples
    --------
    >>> make_theme("Water", ["water*", "aral"])["term"].tolist()
    ['water*', 'aral']
    >>> make_theme("Sanctions", "sanctions")["term"].tolist()
    ['sanctions']
    """
    listed = _checked(as_list(terms), f"make_theme {name!r}")
    if not listed or not isinstance(name, str) or not name.strip():
        raise StudyError(f"make_theme {name!r}: needs a name for figures, and a term such as water*")
    return pd.DataFrame({"theme": name, "name": name, "why": "own keywords", "term": listed, "sign": 1})


def matching_terms(patterns: Iterable[str], vocabulary: Iterable[str]) -> dict[str, str]:
    """Map each term of a vocabulary to the pattern that counts it.

    Parameters
    ----------
    patterns
        Terms as in a themes file: ``"trade"``, ``"sovereign*"``, ``"central asia*"``.
    vocabulary
        The terms that occur.

    Returns
    -------
    dict
        Term to pattern; terms that no pattern matches are absent.

    Examples
    --------
    >>> matching_terms(["sovereign*"], ["sovereign", "sovereignty", "reign"])
    {'sovereign': 'sovereign*', 'sovereignty': 'sovereign*'}
    """
    exact = set(patterns := list(patterns))
    # A phrase with an open end holds as many words as it shows.
    open_ends = [(p[:-1], p.count(" "), p) for p in patterns if p.endswith("*")]
    found = {}
    for term in vocabulary:
        fitting = (p for start, n, p in open_ends if term.startswith(start) and term.count(" ") == n)
        if pattern := term if term in exact else next(fitting, None):
            found[term] = pattern
    return found


def phrases(themes: pd.DataFrame) -> list[str]:
    """Return the themes' terms of several words, which are counted while texts are read.

    Examples
    --------
    >>> phrases(make_theme("Region", ["steppe", "central asia*"]))
    ['central asia*']
    """
    return sorted({term for term in themes["term"] if " " in term})


def _checked(terms: Any, where: str) -> list[str]:
    if not isinstance(terms, list):
        raise StudyError(f"{where}: not a list; put each term in quotes, in brackets")
    for term in terms:
        if not isinstance(term, str) or term != term.lower() or not _TERM.fullmatch(term):
            raise StudyError(f"{where}: {term!r} is not a lower-case term; write words, a final * if wanted")
    return terms
