"""Headline contrasts under every reasonable choice: the specification curve."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
import pandas as pd

from kzpolicy.coding import _measured
from kzpolicy.corpus import Corpus
from kzpolicy.intervals import DRAWS
from kzpolicy.sentiment import coded_pairs, difference, plain_class

MOST_LEFT_OUT = 12
_MANY = 500
THRESHOLDS = (0.05, 0.2)
# Which pairs count, as conditions on the columns of `measures`.
SCOPES = {
    "all sentences": "index >= 0",
    "one power named": "alone",
    "state or capital named": "state",
    "no quotations": "kind != 'quotation'",
    "sure codes only": "sure",
}
WEIGHTINGS = {"by sentence": None, "by article": "document"}
PRIMARY = {
    "measure": "codes, median",
    "scope": "all sentences",
    "weighting": "by sentence",
    "left_out": "none",
}


@dataclass(frozen=True)
class Contrast:
    """A difference between two groups of pairs that a notebook's headline rests on.

    `first` and `second` are conditions in pandas' query language on the columns of `measures`.
    """

    key: str
    name: str
    value: str
    first: str
    second: str


CONTRASTS = (
    Contrast("tone_china_russia", "Tone: China − Russia", "tone", "power == 'china'", "power == 'russia'"),
    Contrast("tone_west_china", "Tone: China − the West", "tone", "power == 'china'", "power == 'west'"),
    Contrast(
        "stance_china_russia", "Stance: China − Russia", "stance", "power == 'china'", "power == 'russia'"
    ),
    Contrast(
        "stance_russia_2022",
        "Stance toward Russia: from 2022 on − before 2022",
        "stance",
        "power == 'russia' and published_from >= 2022",
        "power == 'russia' and published_from < 2022",
    ),
)


def measures(corpus: Corpus) -> pd.DataFrame:
    """Put every measure of each coded pair side by side.

    Parameters
    ----------
    corpus
        A corpus with reference codes.

    Returns
    -------
    DataFrame
        The rows of `kzpolicy.sentiment.coded_pairs` with ``words`` and ``kind`` of the sentence,
        ``alone`` (no other power is named), ``state`` (state or capital is named), and a column
        ``tone: NAME`` and ``stance: NAME`` for each measure.
    """
    pairs = coded_pairs(corpus)
    pairs = pairs.merge(corpus.sentences[["sentence", "words", "kind"]], on="sentence")
    named = corpus.mentions.groupby("sentence")["power"].nunique()
    states = corpus.mentions[corpus.mentions["via"].isin(["state", "capital"])]
    states = set(states[["sentence", "power"]].itertuples(index=False, name=None))
    keys = list(zip(pairs["sentence"], pairs["power"], strict=True))
    pairs = pairs.assign(
        alone=pairs["sentence"].map(named).fillna(1) == 1, state=[key in states for key in keys]
    )
    columns = {}
    for value in ("tone", "stance"):
        columns[f"{value}: codes, median"] = pairs[value]
        by_coder = corpus.codes.pivot(index=["sentence", "power"], columns="coder", values=value)
        for coder in by_coder:
            columns[f"{value}: codes, coder {coder}"] = by_coder[coder].reindex(keys).to_numpy(dtype=float)
        for threshold in THRESHOLDS:
            classes = plain_class(pairs["plain"], threshold)
            columns[f"{value}: plain score, classes at {threshold:g}"] = classes.astype(float)
        columns[f"{value}: plain score"] = pairs["plain"]
        columns[f"{value}: targeted score, classes"] = pairs[f"{value}_score_class"]
        columns[f"{value}: targeted score"] = pairs[f"{value}_score"]
    # Where nothing is coded, columns have no type by themselves.
    return pairs.assign(**columns).astype({name: bool for name in ("alone", "state", "sure")})


def specification_curve(table: pd.DataFrame, contrast: Contrast) -> pd.DataFrame:
    """Estimate a contrast under every combination of measure, scope, weighting and article left out.

    Parameters
    ----------
    table
        As from `measures`.
    contrast
        One of `CONTRASTS`, or your own.

    Returns
    -------
    DataFrame
        One row a specification, by estimate: ``measure``, ``scope``, ``weighting``, ``left_out``,
        ``estimate``, ``low``, ``high`` (95%, sentences clustered in paragraphs), ``n`` (pairs),
        ``primary`` (the choice declared beforehand), ``coded`` (whether codes are its measure).
        Combinations that leave a side without pairs are absent. Of more than twelve articles, the
        twelve with most pairs are left out, one at a time; with more than 500 pairs the intervals
        rest on a tenth of the draws.

    References
    ----------
    Simonsohn, U., Simmons, J. P. and Nelson, L. D. (2020). Specification curve analysis. Nature
    Human Behaviour 4.
    """
    prefix = f"{contrast.value}: "
    names = [c.removeprefix(prefix) for c in table if c.startswith(prefix)]
    sides = table.query(f"({contrast.first}) or ({contrast.second})")
    heavy = sides["document"].astype("str").value_counts().head(MOST_LEFT_OUT).index
    articles = ["none", *(d for d in table["document"].cat.categories if d in heavy)]
    rows, draws = [], DRAWS if len(table) <= _MANY else DRAWS // 10
    for scope, left_out in product(SCOPES, articles):
        part = table[table["document"] != left_out].query(SCOPES[scope])
        sides = (part.query(contrast.first), part.query(contrast.second))
        for name, weighting in product(names, WEIGHTINGS):
            column = prefix + name
            found = difference(*sides, column, alike=WEIGHTINGS[weighting], draws=draws)
            n = sum(int(side[column].count()) for side in sides)
            rows.append((name, scope, weighting, left_out, *found, n))
    columns = ["measure", "scope", "weighting", "left_out", "estimate", "low", "high", "n"]
    curve = pd.DataFrame(rows, columns=columns).dropna().reset_index(drop=True)
    primary = (curve[list(PRIMARY)] == pd.Series(PRIMARY)).all(axis=1)
    curve = curve.assign(primary=primary, coded=curve["measure"].str.startswith("codes"))
    # Equal estimates differ by rounding errors only: in their order they stay.
    order = curve["estimate"].round(9).argsort(kind="stable")
    return curve.iloc[order].reset_index(drop=True)


def interval_by_unit(table: pd.DataFrame, contrast: Contrast) -> pd.DataFrame:
    """Give the primary estimate's interval when sentences, paragraphs or whole texts are drawn.

    Returns
    -------
    DataFrame
        ``unit``, ``units`` (how many), ``estimate``, ``low``, ``high`` (95%). With whole texts the
        interval speaks of texts like these; with paragraphs, of paragraphs in these texts. Few units
        can seem to vary too little: a larger unit never narrows the interval.
    """
    column = f"{contrast.value}: {PRIMARY['measure']}"
    first, second = (table.query(condition) for condition in (contrast.first, contrast.second))
    if first.empty or second.empty:
        return pd.DataFrame(columns=["unit", "units", "estimate", "low", "high"])
    rows = [
        (unit, len({*first[unit], *second[unit]}), *difference(first, second, column, unit=unit))
        for unit in ("sentence", "paragraph", "document")
    ]
    table = pd.DataFrame(rows, columns=["unit", "units", "estimate", "low", "high"])
    return table.assign(low=table["low"].cummin(), high=table["high"].cummax())


def survival(curve: pd.DataFrame) -> dict[str, float]:
    """Say how many specifications keep the primary one's sign, and how many exclude zero so.

    Returns
    -------
    dict
        ``specifications``, ``same_sign``, ``clear`` (interval on the primary's side of zero), for
        all and, with ``coded_`` before the name, for those that measure by codes.
    """
    sign = float(np.sign(curve.loc[curve["primary"], "estimate"].iloc[0]))
    found = {}
    for prefix, part in (("", curve), ("coded_", curve[curve["coded"]])):
        clear = part["low"] > 0 if sign > 0 else part["high"] < 0
        found[f"{prefix}specifications"] = float(len(part))
        found[f"{prefix}same_sign"] = float((np.sign(part["estimate"]) == sign).mean())
        found[f"{prefix}clear"] = float(clear.mean())
    return found


def length_confound(table: pd.DataFrame) -> pd.DataFrame:
    """Measure how far the strength of each measure only follows the sentence's length.

    Returns
    -------
    DataFrame
        ``measure``, ``correlation`` (Spearman's, of words in the sentence with the absolute
        measure), ``low``, ``high`` (95% bootstrap interval over sentences), ``n``.
    """
    found = []
    for column in table:
        if column.startswith(("tone: ", "stance: ")) and "coder" not in column:
            part = table[["sentence", "words", column]].dropna()
            part = part.assign(strength=part[column].abs()).drop_duplicates(["sentence", "strength"])
            units = part[["words", "strength"]].to_numpy(dtype=float)
            found.append(_measured(units, part["sentence"], {column: _rank_correlation}))
    table = pd.concat(found, ignore_index=True).rename(columns={"estimate": "correlation", "pairs": "n"})
    return table.drop(columns="sentences")


def _rank_correlation(units: npt.NDArray[np.float64]) -> float:
    ranks = pd.DataFrame(units).rank()
    return float(ranks[0].corr(ranks[1]))
