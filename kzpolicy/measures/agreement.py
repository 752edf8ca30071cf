"""Agreement between coders, and between a scorer and the codes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, get_args

import krippendorff
import numpy as np
import numpy.typing as npt
import pandas as pd

from kzpolicy.measures.sampling import must_have
from kzpolicy.tables import StudyError, as_list, unknown_name

CLASSES = (-1, 0, 1)
_SEED, _DRAWS = 2021, 1000
_COLUMNS = ["measure", "estimate", "low", "high", "pairs", "sentences", "missing"]
Floats = npt.NDArray[np.float64]
Level = Literal["ordinal", "nominal", "interval", "ratio"]
Measures = dict[str, Callable[[Floats], float]]


def alpha(values: npt.ArrayLike, level: Level = "ordinal") -> float:
    """Return Krippendorff's alpha, by the package ``krippendorff``.

    Parameters
    ----------
    values : array
        One row a unit, one column a coder; NaN where a coder gave no code.
    level : {"ordinal", "nominal", "interval", "ratio"}
        Level of measurement.

    Returns
    -------
    float
        1 is perfect agreement, 0 what chance would give; NaN if nobody coded twice, or all codes are equal.

    Raises
    ------
    StudyError
        If there is no such level.

    References
    ----------
    Krippendorff, K. (2004). Content Analysis, 2nd edition, chapter 11.

    Examples
    --------
    >>> round(alpha([[1, 1], [0, 0], [-1, -1], [1, 0]], "nominal"), 3)
    0.667
    """
    if level not in get_args(Level):
        raise unknown_name("level", level, get_args(Level))
    table = np.asarray(values, dtype=float)
    table = table[(~np.isnan(table)).sum(axis=1) > 1]
    if len(np.unique(table[~np.isnan(table)])) < 2:
        return float("nan")
    return float(krippendorff.alpha(reliability_data=table.T, level_of_measurement=level))


def macro_f1(reference: npt.ArrayLike, scored: npt.ArrayLike) -> float:
    """Return the mean of the classes' F1; a class that occurs on neither side is left out.

    The value is that of scikit-learn's ``f1_score``, which takes 60 times as long: too long for intervals.

    Examples
    --------
    >>> round(macro_f1([1, 1, 0], [1, 0, 0]), 3)
    0.667
    """
    truth, guess = np.asarray(reference), np.asarray(scored)
    sizes = [
        ((truth == c) & (guess == c)).sum() * 2 / max((truth == c).sum() + (guess == c).sum(), 1)
        for c in CLASSES
    ]
    return float(np.mean([f1 for c, f1 in zip(CLASSES, sizes, strict=True) if c in truth or c in guess]))


def coder_agreement(
    codes: pd.DataFrame, measure: str = "tone", *, by: str | Sequence[str] = ()
) -> pd.DataFrame:
    """Measure how far the coders agree on a code.

    In the published studies the coders are passes of a language model: their agreement says how consistent
    one model is, not how reliable people would be.

    Parameters
    ----------
    codes : pandas.DataFrame
        The table ``codes``, or any with its columns ``sentence``, ``power``, ``coder`` and `measure`.
    measure : str, default "tone"
        The code: ``tone``, ``stance``, ``reference`` or ``confidence``.
    by : str or list of str
        Columns that make groups, as ``power``; ``document`` is read from the sentence's key.

    Returns
    -------
    pandas.DataFrame
        The columns of `by`, then one row a measure of agreement (alpha, ordinal; alpha, nominal; all
        coders equal): ``measure``, ``estimate``, ``low``, ``high`` (95% interval, bootstrap over
        sentences), ``pairs`` (that several coders coded), ``sentences``, ``missing`` (pairs that only
        one coded), ``coded`` (the code).

    Raises
    ------
    StudyError
        If a column is missing, or a coder coded a pair twice.

    Examples
    --------
    >>> codes = pd.DataFrame({"sentence": ["a:1:1", "a:1:1", "a:1:2", "a:1:2"], "power": "china"})
    >>> codes = codes.assign(coder=["x", "y"] * 2, tone=[1, 1, 0, 0])
    >>> coder_agreement(codes, "tone", by="document")[["document", "measure", "estimate"]].values.tolist()[0]
    ['a', 'alpha, ordinal', 1.0]
    """
    if "document" in as_list(by) and "document" not in codes:
        codes = codes.assign(document=codes["sentence"].str.rsplit(":", n=2).str[0])
    table = _by_coder(codes, measure, as_list(by))
    coders, several = list(table), (table.notna().sum(axis=1) > 1).to_numpy()
    measures: Measures = {
        "alpha, ordinal": lambda t: alpha(t, "ordinal"),
        "alpha, nominal": lambda t: alpha(t, "nominal"),
        "all coders equal": lambda t: float((np.nanmax(t, axis=1) == np.nanmin(t, axis=1)).mean()),
    }
    return _by_group(table.reset_index(), several, as_list(by), coders, measures).assign(coded=measure)


def scorer_agreement(
    pairs: pd.DataFrame,
    measure: str = "tone",
    scored: str | None = None,
    *,
    by: str | Sequence[str] = (),
    codes: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Measure how far a scorer's classes agree with the codes.

    Where two people code, the median of 0 and 1 is a half. Such a pair is not left out, for it is a hard one:
    agreement is computed with every half taken for its lower class, and again for its upper, and the mean is
    given. With `codes` it is computed against each coder, and the mean is given: then a pair coded -1 and 1
    counts as the disagreement that it is, too. Where three code every pair there are no halves.

    Parameters
    ----------
    pairs : pandas.DataFrame
        As from `coded_pairs`: ``sentence`` and the two columns (and ``power``, with `codes`).
    measure : str, default "tone"
        Column of the codes, -1 to 1.
    scored : str, optional
        Column of the scorer's classes (-1, 0, 1): ``tone_score_class`` for ``tone`` by default, or
        ``plain_class``.
    by : str or list of str
        Columns that make groups, as ``label`` or ``power``.
    codes : pandas.DataFrame, optional
        The table ``codes``, to compare with each coder; None compares with the column `measure`.

    Returns
    -------
    pandas.DataFrame
        As `coder_agreement`, for alpha (ordinal), macro-F1 and the share of equal classes, and ``scored``;
        ``missing`` counts the pairs without code or score, which are left out.

    Raises
    ------
    StudyError
        If a column is missing, or a score is no class.

    Examples
    --------
    >>> pairs = pd.DataFrame({"sentence": list("abcd"), "tone": [1, 0, -1, 0.5], "plain_class": [1, 0, 0, 1]})
    >>> found = scorer_agreement(pairs, "tone", "plain_class").set_index("measure")
    >>> found.loc["share equal", "estimate"].item()
    0.625
    """
    scored = f"{measure}_score_class" if scored is None else scored
    must_have(pairs, ["sentence", *as_list(by)])
    references = _references(pairs, measure, scored, codes)
    table = pairs[list(dict.fromkeys(["sentence", *as_list(by)]))].assign(
        **{f"code {i}": column for i, column in enumerate(references)}, score=pairs[scored].astype(float)
    )
    columns = [*(f"code {i}" for i in range(len(references))), "score"]
    whole = table["score"].notna() & table[columns[:-1]].notna().any(axis=1)

    def mean(of: Callable[[Floats, Floats], float]) -> Callable[[Floats], float]:
        def each(sample: Floats) -> float:
            kept = [~np.isnan(column) for column in sample.T[:-1]]
            found = [of(sample[k, i], sample[k, -1]) for i, k in enumerate(kept) if k.any()]
            return float(np.mean(found))

        return each

    measures: Measures = {
        "alpha, ordinal": mean(lambda code, score: alpha(np.column_stack([code, score]))),
        "macro-F1": mean(macro_f1),
        "share equal": mean(lambda code, score: float((code == score).mean())),
    }
    found = _by_group(table, whole.to_numpy(), as_list(by), columns, measures)
    return found.assign(coded=measure, scored=scored)


def confusion(pairs: pd.DataFrame, measure: str = "tone", scored: str | None = None) -> pd.DataFrame:
    """Count how often each code met each class of the scorer.

    Parameters
    ----------
    pairs, measure, scored
        As for `scorer_agreement`. A half, the median of two coders, counts half in either class.

    Returns
    -------
    pandas.DataFrame
        One row a code, one column a class of the scorer.

    Examples
    --------
    >>> pairs = pd.DataFrame({"tone": [1, 1, 0, -1], "plain_class": [1, 0, 0, 1]})
    >>> confusion(pairs, "tone", "plain_class").to_numpy().tolist()
    [[0, 0, 1], [0, 1, 0], [0, 1, 1]]
    """
    scored = f"{measure}_score_class" if scored is None else scored
    references = _references(pairs, measure, scored, None)
    tables = [
        pd.crosstab(code, pairs[scored]).reindex(index=CLASSES, columns=CLASSES, fill_value=0)
        for code in references
    ]
    table = sum(tables) / len(tables)
    table = table.rename_axis(index=measure, columns=scored)
    return table.astype("int64") if (table % 1 == 0).all(axis=None) else table


def disagreements(
    codes: pd.DataFrame, measure: str | Sequence[str] = ("reference", "tone", "stance")
) -> pd.DataFrame:
    """List the pairs on which coders differ, for them to settle.

    Parameters
    ----------
    codes : pandas.DataFrame
        The table ``codes``, or sheets of several coders put together by `pandas.concat`.
    measure : str or list of str
        The codes to compare.

    Returns
    -------
    pandas.DataFrame
        One row a code and pair on which they differ: ``sentence``, ``power``, ``coded`` (which code),
        ``apart`` (by how much), and each coder's code under their name.

    Examples
    --------
    >>> codes = pd.DataFrame({"sentence": "a:1:1", "power": "china", "coder": ["x", "y"], "tone": [1, -1]})
    >>> disagreements(codes, "tone").to_dict("records")
    [{'sentence': 'a:1:1', 'power': 'china', 'coded': 'tone', 'apart': 2, 'x': 1, 'y': -1}]
    """
    found = []
    for name in as_list(measure):
        table = _by_coder(codes, name, [])
        apart = table.max(axis=1) - table.min(axis=1)
        table = table.astype("Int64").reset_index()
        table.insert(2, "coded", name)
        table.insert(3, "apart", apart.astype("int64").to_numpy())
        found.append(table[table["apart"] > 0])
    return pd.concat(found, ignore_index=True).rename_axis(columns=None)


def _by_coder(codes: pd.DataFrame, measure: str, by: Sequence[str]) -> pd.DataFrame:
    """Make one row a pair and one column a coder."""
    must_have(codes, ["sentence", "power", "coder", measure, *by], "codes")
    keys = ["sentence", "power", *(name for name in by if name not in ("sentence", "power"))]
    twice = codes[codes.duplicated([*keys, "coder"])]
    if len(twice):
        one = twice.iloc[0]
        raise StudyError(
            f"{one['coder']} coded {one['sentence']}, {one['power']} twice; keep one of the two rows"
        )
    return codes.astype(dict.fromkeys(keys, "str")).pivot(index=keys, columns="coder", values=measure)


def _references(
    pairs: pd.DataFrame, measure: str, scored: str, codes: pd.DataFrame | None
) -> list[npt.NDArray[np.float64]]:
    """Give what the scores are compared with: lower and upper classes, or each coder's codes."""
    must_have(pairs, [scored, *([measure] if codes is None else ["sentence", "power"])])
    if not pairs[scored].dropna().isin(CLASSES).all():
        raise StudyError(f"{scored} has scores that are none of -1, 0, 1; give the scorer's classes")
    if codes is not None:
        keys = pd.MultiIndex.from_frame(pairs[["sentence", "power"]].astype("str"))
        table = _by_coder(codes, measure, []).reindex(keys)
        return [table[coder].to_numpy(dtype=float) for coder in table]
    code = pairs[measure].to_numpy(dtype=float, na_value=np.nan)
    lower, upper = np.floor(code), np.ceil(code)
    return [lower] if np.array_equal(lower, upper, equal_nan=True) else [lower, upper]


def _by_group(
    table: pd.DataFrame, whole: npt.NDArray[np.bool_], by: list[str], columns: list[str], measures: Measures
) -> pd.DataFrame:
    """Estimate measures of the whole rows by group."""
    table = table.assign(whole=whole)
    groups: Any = table.groupby(by, observed=True) if by else [((), table)]
    rows = []
    for key, part in groups:
        kept = part[part["whole"]]
        measured = _measured(kept[columns].to_numpy(dtype=float), kept["sentence"], measures)
        rows += [(*key, *row, len(part) - len(kept)) for row in measured]
    return pd.DataFrame(rows, columns=[*by, *_COLUMNS])


def _measured(table: Floats, sentences: pd.Series, measures: Measures) -> list[tuple[Any, ...]]:
    """Estimate measures with bootstrap intervals that draw whole sentences."""
    if not len(table):
        return [(name, *[np.nan] * 3, 0, 0) for name in measures]
    groups = list(pd.Series(range(len(table))).groupby(sentences.to_numpy()).indices.values())
    rng = np.random.default_rng(_SEED)
    draws = [rng.integers(len(groups), size=len(groups)) for _ in range(_DRAWS)]
    samples = [table[np.concatenate([groups[i] for i in drawn])] for drawn in draws]
    rows = []
    for name, measure in measures.items():
        drawn = np.array([measure(sample) for sample in samples])
        # Missing where all codes are equal, say, in every draw.
        low, high = np.full(2, np.nan) if np.isnan(drawn).all() else np.nanquantile(drawn, [0.025, 0.975])
        rows.append((name, measure(table), float(low), float(high), len(table), len(groups)))
    return rows
