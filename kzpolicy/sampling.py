"""Which pairs of a sentence and a power to code: samples with known inclusion probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from kzpolicy.corpus import Corpus, pair_scores, reference_codes
from kzpolicy.errors import StudyError
from kzpolicy.powers import Powers
from kzpolicy.resemblance import POWERS
from kzpolicy.sentiment import SCORES, in_reading_order, plain_class

Method = Literal["simple", "stratified", "uncertain"]
PAIR = ["sentence", "power"]
# The surest pair is drawn at a fifth of the least sure one's rate: rarer, and its weight of more
# than five would cost more precision than the uncertain pairs bring.
_SUREST = 0.2


def mention_pairs(corpus: Corpus, powers: Powers | None = None) -> pd.DataFrame:
    """List every pair of a sentence and a power it names, coded or not, with its plain score.

    Headings are left out, as in every size of a document.

    Parameters
    ----------
    corpus
        Any corpus; no codes are needed.
    powers
        The powers, whose order the rows take; None for the built-in ones.

    Returns
    -------
    DataFrame
        One row a pair: ``sentence``, ``document``, ``label``, ``url``, ``year`` (of the earliest
        date of publication), ``power``, ``words`` (of the sentence), ``own`` (the speaking state is the
        power), ``plain``, ``plain_class`` and the targeted scores, as `coded_pairs` has them.

    Examples
    --------
    >>> from kzpolicy import load_corpus
    >>> mention_pairs(load_corpus()).loc[0, ["sentence", "power"]].tolist()
    ['clark2015:0:1', 'russia']
    """
    pairs = corpus.mentions[PAIR].drop_duplicates()
    inside = corpus.sentences[corpus.sentences["kind"] != "heading"]
    pairs = pairs.merge(inside[["sentence", "document", "words", "vader_compound"]], on="sentence")
    pairs = pairs.merge(pair_scores(corpus.mentions), on=["sentence", "power"])
    documents = corpus.documents.assign(year=corpus.documents["published_from"].dt.year)
    pairs = pairs.merge(documents[["document", "label", "url", "year", "speaker_state"]], on="document")
    pairs = pairs.assign(own=pairs["speaker_state"] == pairs["power"].map(POWERS))
    pairs = pairs.rename(columns={"vader_compound": "plain"})
    pairs = pairs.assign(plain_class=plain_class(pairs["plain"]))
    columns = ["sentence", "document", "label", "url", "year", "power", "words", "own", "plain"]
    return in_reading_order(pairs[[*columns, "plain_class", *SCORES]], documents, powers)


def draw_sample(
    pairs: pd.DataFrame,
    n: int,
    *,
    method: Method = "simple",
    by: Sequence[str] = ("power", "year"),
    score: str | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Draw pairs to code, with the probability each had of being drawn.

    Parameters
    ----------
    pairs
        One row a pair, as from `mention_pairs`.
    n
        How many to draw.
    method
        ``simple``: every set of n pairs is as likely as any other. ``stratified``: so within each
        combination of `by`, which gets its share of n, and at least one. ``uncertain``: pairs
        whose score is near 0 are drawn up to five times as often as those at -1 or 1, by
        systematic sampling from a random order (Hartley and Rao 1962).
    by
        Columns that make the strata.
    score
        Column of scores from -1 to 1, for ``uncertain``.
    seed
        The same seed draws the same pairs.

    Returns
    -------
    DataFrame
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
    >>> sample = draw_sample(pairs, 4, method="stratified", seed=1)
    >>> sample[["year", "inclusion"]].to_numpy().tolist()
    [[2015.0, 0.5], [2015.0, 0.5], [2015.0, 0.5], [2022.0, 0.5]]
    """
    twice = pairs.duplicated(PAIR)
    if twice.any():
        raise StudyError(f"pair {_name(pairs[twice])} stands twice; give one row a sentence and power")
    design = plan(pairs, n, method=method, by=by, score=score)
    rows = np.sort(design.draw(np.random.default_rng(seed)))
    return pairs.iloc[rows].assign(inclusion=design.inclusion[rows]).reset_index(drop=True)


def join_codes(pairs: pd.DataFrame, codes: pd.DataFrame, sample: pd.DataFrame | None = None) -> pd.DataFrame:
    """Put the codes of a sample back beside every pair, ready for `corrected_means`.

    Parameters
    ----------
    pairs
        Every pair, as from `mention_pairs`.
    codes
        Codes of one or several coders, as from `kzpolicy.sheets.read_sheet`.
    sample
        What `draw_sample` gave; None if the pairs were not drawn with known probabilities.

    Returns
    -------
    DataFrame
        The rows of `pairs` with ``reference``, ``tone``, ``stance`` (medians of the coders, missing
        where a pair was not coded) and, with a sample, ``inclusion`` (missing where not drawn).

    Raises
    ------
    StudyError
        If a code's pair is not among the pairs, or the codes and the sample differ.
    """
    keys = pd.MultiIndex.from_frame(pairs[PAIR].astype("str"))
    reference = reference_codes(codes).set_index(PAIR)[["reference", "tone", "stance"]]
    _all_in(reference.index, keys, "has a code but is not among the pairs", "give all pairs")
    joined = pairs.assign(**{name: reference[name].reindex(keys).to_numpy() for name in reference})
    if sample is None:
        return joined
    drawn = sample.assign(power=sample["power"].astype("str")).set_index(PAIR)["inclusion"]
    _all_in(drawn.index, reference.index, "was drawn but has no code", "code it")
    _all_in(reference.index, drawn.index, "has a code but was not drawn", "leave it out")
    return joined.assign(inclusion=drawn.reindex(keys).to_numpy())


class Design(NamedTuple):
    """How pairs are drawn: the probability of each and, unless probabilities vary freely, strata."""

    inclusion: npt.NDArray[np.float64]
    strata: list[tuple[npt.NDArray[np.int64], int]] | None  # rows, how many of them to draw

    def draw(self, rng: np.random.Generator) -> npt.NDArray[np.int64]:
        """Draw once; rows by position."""
        if self.strata is not None:
            return np.concatenate([rng.permutation(rows)[:take] for rows, take in self.strata])
        order = rng.permutation(len(self.inclusion))
        # One point at random in each unit of length, the pairs laid end to end by probability.
        passed = np.floor(np.cumsum(self.inclusion[order]) + rng.random()).astype(np.int64)
        return order[np.diff(passed, prepend=0) > 0]


def plan(
    pairs: pd.DataFrame, n: int, *, method: Method, by: Sequence[str] = (), score: str | None = None
) -> Design:
    """Work out the design behind `draw_sample`, for those who draw many times."""
    if not 1 <= n <= len(pairs):
        raise StudyError(f"cannot draw {n} of {len(pairs)} pairs; draw 1 to {len(pairs)}")
    if method == "simple":
        return Design(np.full(len(pairs), n / len(pairs)), [(np.arange(len(pairs)), n)])
    if method == "stratified":
        _complete(pairs, by)
        strata = [np.asarray(r) for r in pairs.groupby(list(by), observed=True).indices.values()]
        takes = _allocate(np.array([len(rows) for rows in strata]), n)
        inclusion = np.zeros(len(pairs))
        for rows, take in zip(strata, takes, strict=True):
            inclusion[rows] = take / len(rows)
        return Design(inclusion, list(zip(strata, takes, strict=True)))
    if method != "uncertain":
        raise StudyError(f"no method {method!r}; there are simple, stratified, uncertain")
    if score is None:
        raise StudyError("method uncertain has no score; name the column of scores from -1 to 1")
    _complete(pairs, [score])
    sure = pairs[score].abs().to_numpy(dtype=float)
    if sure.max() > 1:
        raise StudyError(f"{score} is beyond -1 to 1; rescale it, or draw by another method")
    return Design(_proportional(1 - (1 - _SUREST) * sure, n), None)


def _allocate(sizes: npt.NDArray[np.int64], n: int) -> list[int]:
    """Share n out in proportion, at least one a stratum (largest remainders)."""
    if n < len(sizes):
        raise StudyError(f"{n} pairs cannot hold one of each of {len(sizes)} strata; draw more of them")
    quota = n * sizes / sizes.sum()
    takes = np.maximum(np.floor(quota), 1).astype(np.int64)
    while takes.sum() < n:
        takes[np.argmax(np.where(takes < sizes, quota - takes, -np.inf))] += 1
    while takes.sum() > n:
        takes[np.argmax(np.where(takes > 1, takes - quota, -np.inf))] -= 1
    return [int(take) for take in takes]


def _proportional(sizes: npt.NDArray[np.float64], n: int) -> npt.NDArray[np.float64]:
    """Make probabilities in proportion to sizes that sum to n, none over 1."""
    certain = np.zeros(len(sizes), dtype=bool)
    while True:
        rest = ~certain
        inclusion = np.ones(len(sizes))
        inclusion[rest] = (n - certain.sum()) * sizes[rest] / sizes[rest].sum()
        over = inclusion > 1
        if not over.any():
            return inclusion
        certain |= over


def must_have(pairs: pd.DataFrame, columns: Sequence[str]) -> None:
    """Raise an error unless the pairs have the columns."""
    for column in columns:
        if column not in pairs:
            raise StudyError(f"the pairs have no column {column!r}; they have {', '.join(pairs.columns)}")


def _complete(pairs: pd.DataFrame, columns: Sequence[str]) -> None:
    must_have(pairs, columns)
    for column in columns:
        if pairs[column].isna().any():
            raise StudyError(f"pair {_name(pairs[pairs[column].isna()])} has no {column}; fill it")


def _all_in(these: pd.Index, those: pd.Index, what: str, mend: str) -> None:
    strange = these.difference(those, sort=False)
    if len(strange):
        more = f", and {len(strange) - 1} more" if len(strange) > 1 else ""
        raise StudyError(f"pair {', '.join(map(str, strange[0]))} {what}{more}; {mend}")


def _name(rows: pd.DataFrame) -> str:
    return ", ".join(rows[PAIR].iloc[0].astype("str"))
