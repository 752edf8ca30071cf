"""Which pairs of a sentence and a power to code: samples with known inclusion probabilities."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from kzpolicy.corpus import reference_codes
from kzpolicy.tables import StudyError, as_list, unknown_name

PAIR = ["sentence", "power"]


def draw_sample(pairs: pd.DataFrame, n: int, *, by: str | Sequence[str] = (), seed: int = 0) -> pd.DataFrame:
    """Draw pairs to code, with the probability each had of being drawn.

    Parameters
    ----------
    pairs : pandas.DataFrame
        One row a pair, as from `mention_pairs`.
    n : int
        How many to draw.
    by : str or list of str
        Columns that make strata, as ``power``: each combination gets its share of `n`, and at least
        one. None: every set of `n` pairs is as likely as any other.
    seed : int, default 0
        The same seed draws the same pairs, in whatever order they are given.

    Returns
    -------
    pandas.DataFrame
        The rows drawn, in their order, with ``inclusion``, the exact probability of each. Keep
        it until the codes are back: `join_codes` needs it.

    Raises
    ------
    StudyError
        If `n` does not fit, a pair stands twice, or a column is missing or has gaps.

    Examples
    --------
    >>> pairs = pd.DataFrame({"sentence": [f"a:1:{i}" for i in range(1, 9)], "power": "china"})
    >>> pairs["year"] = [2015] * 6 + [2022] * 2
    >>> draw_sample(pairs, 4, by="year", seed=1)[["year", "inclusion"]].to_numpy().tolist()
    [[2015.0, 0.5], [2015.0, 0.5], [2015.0, 0.5], [2022.0, 0.5]]
    """
    columns = [*PAIR, *as_list(by)]
    must_have(pairs, columns)
    for name, number in (("n", n), ("seed", seed)):
        if isinstance(number, bool) or not isinstance(number, (int, np.integer)) or number < 0:
            raise StudyError(f"draw_sample: {name}={number!r} is no whole number from 0 on; give one")
    if not 1 <= n <= len(pairs):
        raise StudyError(f"draw_sample: cannot draw {n} of {len(pairs)} pairs; draw 1 to {len(pairs)}")
    for column in columns:
        if pairs[column].isna().any():
            raise StudyError(
                f"draw_sample: pair {_name(pairs[pairs[column].isna()])} has no {column}; fill it"
            )
    if (twice := pairs.duplicated(PAIR)).any():
        raise StudyError(
            f"draw_sample: pair {_name(pairs[twice])} stands twice; give one row a sentence and power"
        )
    grouped = pairs.groupby(as_list(by), observed=True).indices if as_list(by) else {"": range(len(pairs))}
    strata = [np.asarray(rows) for rows in grouped.values()]
    takes = _allocate(np.array([len(rows) for rows in strata]), n)
    # By key, not by row: pairs in another order, such as after a date was mended, give the same draw.
    keys = pairs[PAIR].astype("str")
    turn = np.empty(len(pairs), dtype=np.int64)
    turn[np.lexsort((keys["power"], keys["sentence"]))] = np.random.default_rng(seed).permutation(len(pairs))
    drawn = [rows[np.argsort(turn[rows])][:take] for rows, take in zip(strata, takes, strict=True)]
    chance = [np.full(take, take / len(rows)) for rows, take in zip(strata, takes, strict=True)]
    rows, inclusion = np.concatenate(drawn), np.concatenate(chance)
    order = np.argsort(rows)
    return pairs.iloc[rows[order]].assign(inclusion=inclusion[order]).reset_index(drop=True)


def join_codes(
    pairs: pd.DataFrame,
    codes: pd.DataFrame,
    sample: pd.DataFrame | None = None,
    *,
    drawn_within: str | Sequence[str] | None = None,
) -> pd.DataFrame:
    """Put the codes of a sample back beside every pair, ready for `corrected_means`.

    Parameters
    ----------
    pairs : pandas.DataFrame
        Every pair from which the sample was drawn, as from `mention_pairs`.
    codes : pandas.DataFrame
        Codes of one or several coders, as from `read_sheet`.
    sample : pandas.DataFrame, optional
        What `draw_sample` gave.
    drawn_within : str or list of str, optional
        Where the sample is no longer at hand, but is known to have been drawn by chance within each
        group: columns that make the groups. The probability of a coded pair is then its group's share
        of coded pairs.

    Returns
    -------
    pandas.DataFrame
        The rows of `pairs` with ``reference``, ``tone``, ``stance`` (medians of the coders, missing
        where a pair was not coded) and, with a sample or `drawn_within`, ``inclusion`` (missing where
        not drawn).

    Raises
    ------
    StudyError
        If a code's pair is not among the pairs, or the codes and the sample differ.

    Notes
    -----
    The first round of codes of the UN speeches (coders a, b, c) was drawn by chance within each power, among
    sentences of 8 to 70 words, a delegation's words on itself left out: ``drawn_within="power"``. The second
    round (d, e, f) was drawn from statements that were in neither that round nor the scorer's training. By
    what chance a statement was left over is not on record, so its codes test the scorer, and take no part in
    means over all speeches.

    Examples
    --------
    >>> pairs = pd.DataFrame({"sentence": ["a:1:1", "a:1:2"], "power": "china"})
    >>> codes = pairs.head(1).assign(coder="a", reference=1, tone=1, stance=0, confidence=1)
    >>> join_codes(pairs, codes, drawn_within="power")[["tone", "inclusion"]].to_numpy().tolist()
    [[1.0, 0.5], [nan, nan]]
    """
    must_have(pairs, [*PAIR, *as_list(drawn_within)])
    must_have(codes, [*PAIR, "reference", "tone", "stance", "confidence"], "codes")
    keys = pd.MultiIndex.from_frame(pairs[PAIR].astype("str"))
    reference = reference_codes(codes.astype(dict.fromkeys(PAIR, "str"))).set_index(PAIR)
    _all_in(
        reference.index,
        keys,
        "has a code but is not among the pairs",
        "give all pairs, or keep the codes of these: codes.merge(pairs[['sentence', 'power']])",
    )
    joined = pairs.assign(
        **{name: reference[name].reindex(keys).to_numpy() for name in ("reference", "tone", "stance")}
    )
    if sample is not None:
        must_have(sample, [*PAIR, "inclusion"], "sample")
        drawn = sample.astype(dict.fromkeys(PAIR, "str")).set_index(PAIR)["inclusion"]
        _all_in(drawn.index, reference.index, "was drawn but has no code", "code it")
        _all_in(reference.index, drawn.index, "has a code but was not drawn", "leave it out")
        return joined.assign(inclusion=drawn.reindex(keys).to_numpy())
    if drawn_within is not None:
        coded = joined["tone"].notna().astype(float)
        groups = [joined[name] for name in as_list(drawn_within)]
        share = coded.groupby(groups, observed=True).transform("mean") if groups else coded.mean()
        return joined.assign(inclusion=(coded * share).where(coded == 1))
    return joined


def must_have(frame: pd.DataFrame, columns: Sequence[str], what: str = "pairs") -> None:
    """Raise a StudyError unless something is a frame with some columns."""
    if not isinstance(frame, pd.DataFrame):
        raise StudyError(f"{what}: got a {type(frame).__name__}; give a DataFrame")
    for column in columns:
        if column not in frame:
            raise unknown_name(f"column of {what}", column, frame.columns)


def _allocate(sizes: npt.NDArray[np.int64], n: int) -> list[int]:
    """Share n out in proportion, at least one a stratum (largest remainders)."""
    if n < len(sizes):
        raise StudyError(
            f"draw_sample: n={n} cannot hold one of each of {len(sizes)} strata; draw more of them"
        )
    quota = n * sizes / sizes.sum()
    takes = np.maximum(np.floor(quota), 1).astype(np.int64)
    while takes.sum() < n:
        takes[np.argmax(np.where(takes < sizes, quota - takes, -np.inf))] += 1
    while takes.sum() > n:
        takes[np.argmax(np.where(takes > 1, takes - quota, -np.inf))] -= 1
    return [int(take) for take in takes]


def _all_in(these: pd.Index, those: pd.Index, what: str, mend: str) -> None:
    strange = these.difference(those, sort=False)
    if len(strange):
        more = f", and {len(strange) - 1} more" if len(strange) > 1 else ""
        raise StudyError(f"pair {', '.join(map(str, strange[0]))} {what}{more}; {mend}")


def _name(rows: pd.DataFrame) -> str:
    return ", ".join(rows[PAIR].iloc[0].astype("str"))
