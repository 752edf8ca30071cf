"""Headline contrasts under every reasonable choice: the specification curve."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
import pandas as pd

from kzpolicy.corpus import Corpus
from kzpolicy.sentiment import coded_pairs, plain_class

DRAWS = 500
MOST_LEFT_OUT = 12
THRESHOLDS = (0.05, 0.2)
SCOPES = ("all sentences", "one power named", "state or capital named", "no quotations", "sure codes only")
WEIGHTINGS = ("by sentence", "by article")
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
        "Stance toward Russia: before 2022 − from 2022 on",
        "stance",
        "power == 'russia' and published_from < 2022",
        "power == 'russia' and published_from >= 2022",
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
        twelve with most pairs are left out, one at a time.

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
    rows = []
    for scope, left_out in product(SCOPES, articles):
        part = _in_scope(table[table["document"] != left_out], scope)
        sides = [part.query(condition) for condition in (contrast.first, contrast.second)]
        for name, weighting in product(names, WEIGHTINGS):
            column = prefix + name
            values = [side.dropna(subset=[column]) for side in sides]
            if min(len(v) for v in values):
                estimate = _mean(values[0], column, weighting) - _mean(values[1], column, weighting)
                low, high = np.quantile(_draws(values, column, weighting), [0.025, 0.975])
                n = sum(len(v) for v in values)
                rows.append((name, scope, weighting, left_out, estimate, low, high, n))
    columns = ["measure", "scope", "weighting", "left_out", "estimate", "low", "high", "n"]
    curve = pd.DataFrame(rows, columns=columns)
    primary = (curve[list(PRIMARY)] == pd.Series(PRIMARY)).all(axis=1)
    curve = curve.assign(primary=primary, coded=curve["measure"].str.startswith("codes"))
    return curve.sort_values("estimate", kind="stable").reset_index(drop=True)


def interval_by_unit(table: pd.DataFrame, contrast: Contrast) -> pd.DataFrame:
    """Give the primary estimate's interval when sentences, paragraphs or whole texts are drawn.

    Returns
    -------
    DataFrame
        ``unit``, ``units`` (how many), ``estimate``, ``low``, ``high`` (95%). With whole texts the
        interval speaks of texts like these; with paragraphs, of paragraphs in these texts.
    """
    column = f"{contrast.value}: {PRIMARY['measure']}"
    sides = [table.query(condition) for condition in (contrast.first, contrast.second)]
    if not min(map(len, sides)):
        return pd.DataFrame(columns=["unit", "units", "estimate", "low", "high"])
    estimate = _mean(sides[0], column, "by sentence") - _mean(sides[1], column, "by sentence")
    rows = []
    for unit in ("sentence", "paragraph", "document"):
        low, high = np.quantile(_draws(sides, column, "by sentence", unit, draws=8 * DRAWS), [0.025, 0.975])
        rows.append((unit, len({*sides[0][unit], *sides[1][unit]}), estimate, float(low), float(high)))
    return pd.DataFrame(rows, columns=["unit", "units", "estimate", "low", "high"])


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
    rows = []
    for column in table:
        if column.startswith(("tone: ", "stance: ")) and "coder" not in column:
            part = table[["sentence", "words", column]].dropna()
            part = part.assign(strength=part[column].abs()).drop_duplicates(["sentence", "strength"])
            estimates = list(_bootstrapped(part))
            undefined = bool(np.isnan(estimates).all())  # nothing is coded, or all alike
            low, high = (float("nan"),) * 2 if undefined else np.nanquantile(estimates, [0.025, 0.975])
            rows.append((column, _spearman(part), float(low), float(high), len(part)))
    return pd.DataFrame(rows, columns=["measure", "correlation", "low", "high", "n"])


def _spearman(part: pd.DataFrame) -> float:
    return float(part["words"].rank().corr(part["strength"].rank()))


def _bootstrapped(part: pd.DataFrame) -> Iterator[float]:
    rng = np.random.default_rng(4)
    for _ in range(DRAWS if len(part) else 1):
        yield _spearman(part.iloc[rng.integers(max(1, len(part)), size=len(part))])


def _in_scope(table: pd.DataFrame, scope: str) -> pd.DataFrame:
    if scope == "one power named":
        return table[table["alone"]]
    if scope == "state or capital named":
        return table[table["state"]]
    if scope == "no quotations":
        return table[table["kind"] != "quotation"]
    if scope == "sure codes only":
        return table[table["sure"]]
    return table


def _mean(side: pd.DataFrame, column: str, weighting: str) -> float:
    if weighting == "by sentence":
        return float(side[column].mean())
    return float(side.groupby("document", observed=True)[column].mean().mean())


def _draws(
    sides: list[pd.DataFrame],
    column: str,
    weighting: str,
    cluster: str = "paragraph",
    seed: int = 5,
    draws: int = DRAWS,
) -> npt.NDArray[np.float64]:
    """Draw the difference of two means; both sides share the weights of their clusters.

    As `kzpolicy.intervals.difference_draws`, with the half observations at -1, 0 and 1 spread over
    the articles where these weigh equally.
    """
    rng = np.random.default_rng(seed)
    known = np.unique(np.concatenate([side[cluster].astype("str") for side in sides]))
    weights = rng.standard_exponential((draws, len(known)))
    means = []
    for side in sides:
        parts = (
            [side] if weighting == "by sentence" else [p for _, p in side.groupby("document", observed=True)]
        )
        drawn = []
        for part in parts:
            at = np.searchsorted(known, part[cluster].astype("str"))
            sums = np.bincount(at, part[column].to_numpy(dtype=float), minlength=len(known))
            sizes = np.bincount(at, minlength=len(known))
            prior = rng.standard_gamma(0.5 / len(parts), (draws, 3))
            drawn.append((weights @ sums + prior @ [-1.0, 0.0, 1.0]) / (weights @ sizes + prior.sum(axis=1)))
        means.append(np.mean(drawn, axis=0))
    return np.asarray(means[0] - means[1], dtype=float)
