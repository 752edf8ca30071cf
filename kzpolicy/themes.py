"""Keyword themes: which terms count for which theme."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import pandas as pd

from kzpolicy.errors import StudyError

BUILT_IN = Path(__file__).with_name("themes.toml")
_TERM = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*(?: [^\W_]+(?:['’.-][^\W_]+)*)*\*?")


def load_themes(path: str | Path | None = None) -> pd.DataFrame:
    """Load keyword themes.

    Parameters
    ----------
    path
        A TOML file of the form of ``themes.toml``, or None for the built-in one.

    Returns
    -------
    DataFrame
        One row a term: ``theme`` (key), ``name`` (for prose and figures), ``why``, ``term``,
        ``sign`` (1; -1 for an expression that is not meant, whose words are taken off again),
        ``counted`` (whether terms of several words were counted when the texts were read: those of
        the built-in file, and of a study's own file as it was at the last build).

    Raises
    ------
    StudyError
        If the file is missing or not TOML, a theme lacks a field, a term is not of the form
        explained there, or a word would be counted twice within a theme.

    Examples
    --------
    >>> themes = load_themes()
    >>> themes.loc[themes["theme"] == "nuclear", "term"].tolist()[:2]
    ['nuclear*', 'disarm*']
    """
    return _built_in().copy() if path is None else _load(Path(path))


@lru_cache(maxsize=1)
def _built_in() -> pd.DataFrame:
    return _load(BUILT_IN)


def _load(path: Path) -> pd.DataFrame:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StudyError(f"{path}: no such themes file; copy the built-in themes.toml to begin") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise StudyError(f"{path}: not a TOML file in UTF-8 ({error}); correct it") from None
    if not tables:
        raise StudyError(f"{path}: no theme in it; begin a table such as [trade]")
    rows = []
    for key, table in tables.items():
        if not isinstance(table, dict) or not {"name", "why", "terms"} <= table.keys():
            raise StudyError(f"{path}: theme [{key}] needs name, why and terms; write them")
        _check_terms(table["terms"], key, path)
        not_meant = table.get("not_meant", [])
        _check_not_meant(not_meant, table["terms"], key, path)
        rows += [(key, table["name"], table["why"], term, 1) for term in table["terms"]]
        rows += [(key, table["name"], table["why"], term, -1) for term in not_meant]
    built = path.with_name(f"{path.name}.sha256")
    counted = path == BUILT_IN or (built.is_file() and built.read_text("utf-8") == checksum(path))
    return pd.DataFrame(rows, columns=["theme", "name", "why", "term", "sign"]).assign(counted=counted)


def checksum(path: Path) -> str:
    """Give a themes file's line for ``themes.toml.sha256``: a build writes it when all terms are counted."""
    return f"{sha256(path.read_bytes()).hexdigest()}  {path.name}\n"


def make_theme(name: str, terms: Iterable[str]) -> pd.DataFrame:
    """Make a theme of own keywords, to use in the place of `load_themes`.

    Parameters
    ----------
    name
        Name for figures.
    terms
        Words as in a themes file, a final * for any ending. A term of several words is counted
        only where ``themes.toml`` lists it, because texts are counted while they are read.

    Examples
    --------
    >>> make_theme("Water", ["water*", "aral"])["term"].tolist()
    ['water*', 'aral']
    """
    listed = list(terms)
    _check_terms(listed, name, Path("make_theme"))
    unknown = [term for term in listed if " " in term and term not in phrases(load_themes())]
    if unknown:
        raise StudyError(
            f"{unknown[0]!r} was not counted when the texts were read, having several words; give single "
            "words, or add it to themes.toml and run kzpolicy build"
        )
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
    patterns = list(patterns)
    exact = {p: p for p in patterns if not p.endswith("*")}
    prefixes = {p[:-1]: p for p in patterns if p.endswith("*")}
    found = {}
    for term in vocabulary:
        pattern = exact.get(term)
        if pattern is None and prefixes:
            pattern = next((p for start, p in prefixes.items() if _extends(term, start)), None)
        if pattern is not None:
            found[term] = pattern
    return found


def phrases(themes: pd.DataFrame) -> list[str]:
    """Return the themes' terms of several words, which are counted while texts are read."""
    return sorted({term for term in themes["term"] if " " in term})


def _extends(term: str, start: str) -> bool:
    return term.startswith(start) and term.count(" ") == start.count(" ")


def _check_terms(terms: object, key: str, path: Path) -> None:
    if not isinstance(terms, list) or not terms:
        raise StudyError(f"{path}: theme [{key}]: terms is not a list; put each in quotes, in brackets")
    for term in terms:
        if not isinstance(term, str) or term != term.lower() or not _TERM.fullmatch(term):
            raise StudyError(
                f"{path}: theme [{key}]: {term!r} is not a lower-case term; write words, a final * if wanted"
            )
    alone = [term for term in terms if " " not in term]
    inside = {word for term in terms if " " in term for word in term.removesuffix("*").split(" ")}
    # "central asia*" also holds "asian": a word alone that begins so would be counted twice.
    open_ends = tuple(t.removesuffix("*").split(" ")[-1] for t in terms if " " in t and t.endswith("*"))
    inside |= {term.removesuffix("*") for term in alone if term.startswith(open_ends)}
    twice = matching_terms(alone, inside)
    if twice:
        word, pattern = next(iter(twice.items()))
        raise StudyError(
            f"{path}: theme [{key}]: {pattern!r} also counts {word!r} inside a longer term; drop one"
        )


def _check_not_meant(expressions: list[str], terms: list[str], key: str, path: Path) -> None:
    for expression in expressions:
        if not isinstance(expression, str) or not matching_terms(terms, expression.split(" ")):
            raise StudyError(
                f"{path}: theme [{key}]: {expression!r} holds no word that the theme counts; drop it"
            )
