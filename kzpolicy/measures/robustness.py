"""Robustness of a contrast: under other choices, without single texts, and over texts as a sample."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product
from math import comb

import numpy as np
import pandas as pd
from scipy import stats

from kzpolicy.corpus import Corpus
from kzpolicy.measures.intervals import TAILS, Floats
from kzpolicy.measures.tone import coded_pairs, difference, plain_class, sides_of
from kzpolicy.tables import StudyError, unknown_name

# Which pairs count.
SCOPES = ("all sentences", "one power named", "state or capital named", "no quotations", "sure codes only")
WEIGHTINGS = {"by sentence": None, "by text": "document"}
PRIMARY = {"measure": "codes", "scope": "all sentences", "weighting": "by sentence"}
_MOST_LEFT_OUT = 500
_RESAMPLES = 9_999
Side = str | Sequence[str] | None


def scoped_pairs(corpus: Corpus) -> pd.DataFrame:
    """Add to the coded pairs what the scopes of a specification curve ask for.

    Parameters
    ----------
    corpus
        A corpus with reference codes, which were made by passes of a language model.

    Returns
    -------
    DataFrame
        The rows of `kzpolicy.coded_pairs` with ``kind`` of the sentence, ``alone`` (no other power is
        named) and ``state`` (the state or its capital is named).

    Examples
    --------
    >>> from kzpolicy.corpus import load_corpus
    >>> pairs = scoped_pairs(load_corpus("articles"))
    >>> pairs[["kind", "alone", "state"]].columns.tolist()
    ['kind', 'alone', 'state']
    """
    pairs = coded_pairs(corpus)
    named = corpus.mentions.groupby("sentence")["power"].nunique()
    states = corpus.mentions[corpus.mentions["via"].isin(["state", "capital"])]
    held = pd.MultiIndex.from_frame(states[["sentence", "power"]].astype("str"))
    own = pd.MultiIndex.from_frame(pairs[["sentence", "power"]].astype("str"))
    return pairs.assign(
        kind=pairs["sentence"].map(corpus.sentences.set_index("sentence")["kind"]),
        alone=pairs["sentence"].map(named).fillna(1) == 1,
        state=own.isin(held),
    )


def specification_curve(
    pairs: pd.DataFrame, measure: str, *, between: str, first: Side = None, second: Side = None
) -> pd.DataFrame:
    """Estimate a contrast under every combination of measure, scope and weighting.

    The coders' median is one measure: passes of one model are no independent choices. For what
    single texts do, see `leave_out`.

    Parameters
    ----------
    pairs
        As from `scoped_pairs`; for a change, with ``period`` from `kzpolicy.with_period`.
    measure
        ``tone`` or ``stance``.
    between, first, second
        What is compared, as for `kzpolicy.difference`.

    Returns
    -------
    DataFrame
        One row a specification (6 measures, 5 scopes, 2 weightings), by estimate: ``measure``,
        ``scope``, ``weighting``, ``estimate``, ``low``, ``high`` (95% interval, sentences clustered in
        paragraphs), ``first``, ``second`` (what is compared), ``n`` (pairs), ``primary`` (the choice of
        the other notebooks), ``coded`` (whether codes are its measure). Combinations that leave a side
        empty are absent.

    Raises
    ------
    StudyError
        As `kzpolicy.difference`, and if the measure is neither of the two.

    References
    ----------
    Simonsohn, U., Simmons, J. P. and Nelson, L. D. (2020). Specification curve analysis. Nature
    Human Behaviour 4.

    Examples
    --------
    >>> from kzpolicy.corpus import load_corpus
    >>> pairs = scoped_pairs(load_corpus("articles", document="clark2015"))
    >>> curve = specification_curve(pairs, "tone", between="power", first="china", second="russia")
    >>> curve["primary"].sum().item()
    1
    """
    if measure not in ("tone", "stance"):
        raise unknown_name("coded measure", measure, ("tone", "stance"))
    _has(pairs, "alone", "state", "kind")
    ours, theirs = sides_of(pairs, between, first, second)
    pairs = _compared(pairs, between, ours, theirs).assign(wide=plain_class(pairs["plain"], 0.2))
    measures = {
        "codes": measure,
        "targeted score": f"{measure}_score",
        "targeted score, classes": f"{measure}_score_class",
        "plain score": "plain",
        "plain score, classes at 0.05": "plain_class",
        "plain score, classes at 0.2": "wide",
    }
    everything = pd.Series(True, index=pairs.index)
    kept = (everything, pairs["alone"], pairs["state"], pairs["kind"] != "quotation", pairs["sure"])
    weights, rows = WEIGHTINGS.items(), []
    for (scope, rows_of), (weighting, alike) in product(zip(SCOPES, kept, strict=True), weights):
        part = pairs[rows_of]
        for name, column in measures.items():
            gap = difference(
                part, column, between=between, first=ours, second=theirs, unit="paragraph", alike=alike
            ).iloc[0]
            n = gap["n_first"] + gap["n_second"]
            rows.append((name, scope, weighting, *gap[["difference", "low", "high", "first", "second"]], n))
    columns = ["measure", "scope", "weighting", "estimate", "low", "high", "first", "second", "n"]
    curve = pd.DataFrame(rows, columns=columns).dropna(ignore_index=True)
    primary = (curve[list(PRIMARY)] == pd.Series(PRIMARY)).all(axis=1)
    curve = curve.assign(primary=primary, coded=curve["measure"] == "codes")
    # Equal estimates differ by rounding errors only: in their order they stay.
    order = curve["estimate"].round(9).argsort(kind="stable")
    return curve.iloc[order].reset_index(drop=True)


def _has(pairs: pd.DataFrame, *columns: str) -> None:
    if missing := [name for name in columns if name not in pairs]:
        raise StudyError(f"pairs have no column {missing[0]}; give the frame of scoped_pairs")


def survival(curve: pd.DataFrame) -> pd.DataFrame:
    """Say how many specifications keep the primary one's sign, and how many exclude zero so.

    Parameters
    ----------
    curve
        As from `specification_curve`.

    Returns
    -------
    DataFrame
        One row each for the codes, the automatic scores, and all: ``measure``, ``specifications``,
        ``same_sign``, ``clear`` (interval on the primary's side of zero), as shares.

    Examples
    --------
    >>> curve = pd.DataFrame({"estimate": [0.3, 0.1], "low": [0.1, -0.1], "high": [0.5, 0.3]})
    >>> survival(curve.assign(primary=[True, False], coded=[True, False]))["clear"].tolist()
    [1.0, 0.0, 0.5]
    """
    if not curve["primary"].any():
        raise StudyError("the curve has no primary specification: one side has no coded pairs")
    sign = float(np.sign(curve.loc[curve["primary"], "estimate"].iloc[0]))
    clear = curve["low"] > 0 if sign > 0 else curve["high"] < 0
    found = curve.assign(same_sign=np.sign(curve["estimate"]) == sign, clear=clear)
    parts = {"codes": found[found["coded"]], "scores": found[~found["coded"]], "all": found}
    rows = [(name, len(part), *part[["same_sign", "clear"]].mean()) for name, part in parts.items()]
    return pd.DataFrame(rows, columns=["measure", "specifications", "same_sign", "clear"])


def leave_out(
    pairs: pd.DataFrame,
    measure: str,
    *,
    between: str,
    first: Side = None,
    second: Side = None,
    k: int = 1,
    alike: str | None = None,
) -> pd.DataFrame:
    """Estimate a contrast without each text, or each `k` texts, in turn.

    Parameters
    ----------
    pairs, measure, between, first, second, alike
        As for `kzpolicy.difference`.
    k
        How many texts are left out at a time.

    Returns
    -------
    DataFrame
        ``left_out`` (labels; none in the first row), and the columns of `kzpolicy.difference`; its
        values are missing where a side has no pair left.

    Raises
    ------
    StudyError
        As `kzpolicy.difference`, and if there are not more than `k` texts, or more than 500 ways.

    Examples
    --------
    >>> pairs = pd.DataFrame({"document": list("aabb"), "label": list("AABB"), "power": ["usa", "eu"] * 2})
    >>> pairs = pairs.assign(tone=[1, 0, 1, -1], paragraph=range(4))
    >>> leave_out(pairs, "tone", between="power", first="usa", second="eu")["difference"].tolist()
    [1.5, 2.0, 1.0]
    """
    _has(pairs, "document", "label")
    ours, theirs = sides_of(pairs, between, first, second)
    compared = _compared(pairs, between, ours, theirs)
    texts = list(dict.fromkeys(compared.sort_values("document")["label"].astype("str")))
    if not isinstance(k, int) or not 0 < k < len(texts):
        raise StudyError(f"k={k!r}: there are {len(texts)} texts; leave out at least one and fewer than all")
    if comb(len(texts), k) > _MOST_LEFT_OUT:
        raise StudyError(f"k={k} of {len(texts)} texts: {comb(len(texts), k):,} ways; filter the pairs first")
    rows = []
    for left_out in ((), *combinations(texts, k)):
        part = compared[~compared["label"].isin(left_out)]
        gap = difference(part, measure, between=between, first=ours, second=theirs, alike=alike)
        rows.append(gap.assign(left_out=", ".join(left_out) or "none"))
    found = pd.concat(rows, ignore_index=True)
    return found[["left_out", *found.columns.drop("left_out")]]


def _compared(pairs: pd.DataFrame, between: str, ours: list[str], theirs: list[str]) -> pd.DataFrame:
    """Keep the pairs of both sides, which stay known as sides when a part of the pairs has none."""
    known = pairs[pairs[between].astype("str").isin([*ours, *theirs])]
    side = pd.Categorical(known[between].astype("str"), categories=[*theirs, *ours], ordered=True)
    return known.assign(**{between: side})


def document_interval(
    pairs: pd.DataFrame, measure: str, *, between: str, first: Side = None, second: Side = None
) -> pd.DataFrame:
    """Take the texts themselves as a sample: what a contrast says of texts like these.

    Drawing few texts anew (a bootstrap) gives intervals that are far too narrow. These hold for few:

    * Student's t over the texts: of the gaps within texts where texts speak of both sides, else of
      the texts' means (Welch). Each text weighs the same.
    * A permutation test: each text's sides are exchanged (sign flip), or texts change sides, in every
      way. Of five texts with both sides no p is below 2/32 = .06, of one text against four none below
      .20: ``least_p`` says so.
    * The pooled difference with cluster-robust variance CR2 and Satterthwaite's degrees of freedom
      (Bell and McCaffrey 2002; Pustejovsky and Tipton 2018). Each sentence weighs the same.

    Parameters
    ----------
    pairs, measure, between, first, second
        As for `kzpolicy.difference`; the pairs have ``document``.

    Returns
    -------
    DataFrame
        One row a method: ``method``, ``estimate``, ``low``, ``high`` (95% interval), ``p``
        (two-sided), ``least_p`` (the smallest p that so many texts can give), ``texts``. What cannot
        be said, as of a side of one text, is missing.

    Raises
    ------
    StudyError
        As `kzpolicy.difference`, and if a side has no pair.

    Examples
    --------
    >>> pairs = pd.DataFrame({"document": list("aabbcc"), "power": ["china", "russia"] * 3})
    >>> pairs = pairs.assign(tone=[1, 0, 1, -1, 0, 0], paragraph=range(6))
    >>> found = document_interval(pairs, "tone", between="power", first="china", second="russia")
    >>> found[["method", "estimate", "p"]].round(2).values.tolist()
    [["Student's t", 1.0, 0.23], ['permutation', 1.0, 0.5], ['CR2', 1.0, 0.23]]
    """
    _has(pairs, "document")
    gap = difference(pairs, measure, between=between, first=first, second=second).iloc[0]
    if not gap["n_first"] or not gap["n_second"]:
        raise StudyError(f"no pair of {gap['first' if not gap['n_first'] else 'second']} has a {measure}")
    ours, theirs = sides_of(pairs, between, first, second)
    known = _compared(pairs, between, ours, theirs).dropna(subset=[measure])
    known = known.astype({"document": "str", measure: float})
    ahead = known[between].isin(ours)
    means = known.groupby(["document", ahead])[measure].mean().unstack()
    both = means.dropna()
    paired = len(both) > 1
    sides = both if paired else means
    one, two = (sides[side].dropna().to_numpy() for side in (True, False))
    estimate = float(one.mean() - two.mean())
    low, high, p = _student(one, two, paired)
    chance, least = _permutation(one, two, paired)
    texts, nan = len(sides), float("nan")
    rows = [
        ("Student's t", estimate, low, high, p, nan, texts),
        ("permutation", estimate, nan, nan, chance, least, texts),
        ("CR2", *_cluster_robust(known[measure], ahead, known["document"]), nan, len(means)),
    ]
    return pd.DataFrame(rows, columns=["method", "estimate", "low", "high", "p", "least_p", "texts"])


def _permutation(one: Floats, two: Floats, paired: bool) -> tuple[float, float]:
    """Return p, and the smallest p that so many texts can give; of many texts some ways are drawn."""
    many, rng = len(one) + len(two), np.random.default_rng(2022)
    if paired:
        ways = 2 ** len(one)
        every = product((1, -1), repeat=len(one))
        signs = rng.choice([1, -1], (_RESAMPLES, len(one))) if ways > _RESAMPLES else np.array(list(every))
        gaps = signs @ (one - two) / len(one)
    else:
        ways, values = comb(many, len(one)), np.concatenate([one, two])
        chosen = combinations(range(many), len(one))
        drawn = (rng.permutation(many)[: len(one)] for _ in range(_RESAMPLES))
        first = np.array(list(drawn if ways > _RESAMPLES else chosen))
        mine = values[first].sum(axis=1)
        gaps = mine / len(one) - (values.sum() - mine) / len(two)
    unusual = int((np.abs(gaps) >= abs(one.mean() - two.mean()) - 1e-12).sum())
    if ways > _RESAMPLES:
        return (unusual + 1) / (_RESAMPLES + 1), 1 / (_RESAMPLES + 1)
    return unusual / ways, (1 + (paired or len(one) == len(two))) / ways


def _student(one: Floats, two: Floats, paired: bool) -> tuple[float, float, float]:
    if min(len(one), len(two)) < 2:
        return (float("nan"),) * 3
    test = stats.ttest_rel(one, two) if paired else stats.ttest_ind(one, two, equal_var=False)
    low, high = test.confidence_interval(0.95)
    return float(low), float(high), float(test.pvalue)


def _cluster_robust(
    values: pd.Series, ahead: pd.Series, clusters: pd.Series
) -> tuple[float, float, float, float]:
    """Return the difference of two means with the limits and p of CR2; missing where it has no variance."""
    y, side = values.to_numpy(), ahead.to_numpy()
    design = np.column_stack([side, ~side]).astype(float)
    bread = np.diag(1 / design.sum(axis=0))
    contrast = np.array([1.0, -1.0])
    effects = bread @ design.T @ y
    residuals = y - design @ effects
    at, variance, columns = np.unique(clusters, return_inverse=True)[1], 0.0, []
    for cluster in range(at.max() + 1):
        mine = at == cluster
        own = design[mine]
        # Each text's residuals are widened by as much as the text itself pulled the means to it.
        lengths, axes = np.linalg.eigh(np.eye(mine.sum()) - own @ bread @ own.T)
        if lengths.min() < 1e-9:  # a side of this text alone: how texts vary on it is unknown
            return float(contrast @ effects), *(float("nan"),) * 3
        weights = axes @ np.diag(lengths**-0.5) @ axes.T @ own @ bread @ contrast
        variance += float(weights @ residuals[mine]) ** 2
        column = -design @ (bread @ (own.T @ weights))
        column[mine] += weights
        columns.append(column)
    gram = np.array(columns) @ np.array(columns).T
    freedom = float(np.trace(gram) ** 2 / (gram**2).sum())
    estimate, error = float(contrast @ effects), float(np.sqrt(variance))
    half = float(stats.t.ppf(TAILS[1], freedom)) * error
    p = float(2 * stats.t.sf(abs(estimate) / error, freedom)) if error else float("nan")
    return estimate, estimate - half, estimate + half, p
