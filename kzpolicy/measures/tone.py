"""Tone and stance toward each power: pairs, their means with intervals, contrasts, and the three vectors."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from kzpolicy.corpus import Corpus, pair_scores, reference_codes
from kzpolicy.measures.intervals import TAILS, difference_draws, mean_interval
from kzpolicy.powers import load_powers
from kzpolicy.tables import StudyError, as_list, unknown_name

# The customary threshold of Hutto and Gilbert (2014) for calling a compound score neutral.
NEUTRAL = 0.05
MEASURES = ("tone", "stance", "tone_score", "stance_score", "plain")
# The delegation in the UN General Debate that speaks for a power.
DELEGATIONS = {
    "russia": "RUS", "china": "CHN", "usa": "USA", "eu": "EU",
    "turkey": "TUR", "iran": "IRN", "india": "IND",
}  # fmt: skip
# Kazakhstan's vectors as its analysts name them; the western one has three addresses.
WESTERN = "US, EU and West"
VECTORS = {"russia": "Russia", "china": "China", "usa": WESTERN, "eu": WESTERN, "west": WESTERN}
_FACTS = ["document", "label", "outlet", "outlet_group", "speaker_state", "published_from", "published_to"]
_SCORES = ["plain", "plain_class", "tone_score", "stance_score", "tone_score_class", "stance_score_class"]


def coded_pairs(corpus: Corpus) -> pd.DataFrame:
    """Put the codes of each coded pair of a sentence and a power beside the automatic scores.

    The codes of the published studies were made by passes of a language model; no human checked them.

    Parameters
    ----------
    corpus
        A corpus with the tables documents, sentences, mentions and codes.

    Returns
    -------
    DataFrame
        One row a pair whose power is meant (reference code 1), in the order of documents and powers:
        ``sentence``, facts of its document (``document``, ``label``, ``outlet``, ``outlet_group``,
        ``speaker_state``, ``published_from``, ``published_to``, ``year`` of the earliest date,
        ``url``), ``paragraph`` (key, such as ``clark2015:3``), ``words`` of the sentence, ``power``,
        ``own`` (the speaking state is the power), ``tone``, ``stance`` (medians of the coders, -1
        to 1), ``sure`` (most coders were sure), ``plain`` (VADER's compound score), ``plain_class``
        (the same as -1, 0, 1), ``tone_score``, ``stance_score``, ``tone_score_class`` and
        ``stance_score_class`` (targeted scores; missing where no name of the power was found).

    Examples
    --------
    >>> from kzpolicy.corpus import load_corpus
    >>> pairs = coded_pairs(load_corpus("articles", document="clark2015"))
    >>> mean_by(pairs, "tone", by="power").columns.tolist()
    ['power', 'measure', 'mean', 'low', 'high', 'n', 'missing']
    """
    corpus.require("sentences", "mentions", "codes")
    codes = reference_codes(corpus.codes)
    codes = codes[codes["reference"] == 1].assign(sure=codes["confidence"] == 1)
    pairs = codes.merge(pair_scores(corpus.mentions), on=["sentence", "power"], how="left")
    return _described(pairs, corpus, ["tone", "stance", "sure"])


def mention_pairs(corpus: Corpus) -> pd.DataFrame:
    """List every pair of a sentence and a power it names, coded or not, with its automatic scores.

    Headings are left out, as in every size of a document.

    Parameters
    ----------
    corpus
        A corpus with the tables documents, sentences and mentions; no codes are needed.

    Returns
    -------
    DataFrame
        The columns of `coded_pairs` but ``tone``, ``stance`` and ``sure``.

    Examples
    --------
    >>> from kzpolicy.corpus import load_corpus
    >>> mention_pairs(load_corpus("articles")).loc[0, ["sentence", "power"]].tolist()
    ['clark2015:0:1', 'russia']
    """
    corpus.require("sentences", "mentions")
    headings = corpus.sentences.loc[corpus.sentences["kind"] == "heading", "sentence"]
    mentions = corpus.mentions[~corpus.mentions["sentence"].isin(headings)]
    return _described(pair_scores(mentions), corpus, [])


def _described(pairs: pd.DataFrame, corpus: Corpus, codes: list[str]) -> pd.DataFrame:
    """Add the facts of sentences and documents, and put the pairs in order."""
    sentences = corpus.sentences[["sentence", "document", "words", "vader_compound"]]
    pairs = pairs.merge(sentences.rename(columns={"vader_compound": "plain"}), on="sentence")
    pairs = pairs.merge(corpus.documents[[*_FACTS, "url"]], on="document")
    pairs = pairs.assign(
        year=pairs["published_from"].dt.year,
        paragraph=pairs["sentence"].str.rsplit(":", n=1).str[0],
        own=pairs["speaker_state"] == pairs["power"].map(DELEGATIONS),
        plain_class=plain_class(pairs["plain"]),
    )
    orders = {
        "document": corpus.documents["document"],
        "label": corpus.documents["label"],
        "power": [*corpus.powers.keys, *sorted(pairs["power"].unique())],
    }
    for column, order in orders.items():
        present = set(pairs[column])
        known = [one for one in dict.fromkeys(order) if one in present]
        pairs[column] = pd.Categorical(pairs[column], categories=known, ordered=True)
    pairs = pairs.sort_values(["document", "power"], kind="stable", ignore_index=True)
    columns = ["sentence", *_FACTS, "year", "url", "paragraph", "words", "power", "own", *codes]
    return pairs[[*columns, *_SCORES]]


def plain_class(scores: pd.Series, threshold: float = NEUTRAL) -> pd.Series:
    """Call a compound score favourable (1), neither (0) or unfavourable (-1).

    Examples
    --------
    >>> plain_class(pd.Series([-0.3, 0.04, 0.05])).tolist()
    [-1, 0, 1]
    """
    return (scores >= threshold).astype("int64") - (scores <= -threshold).astype("int64")


def mean_by(
    pairs: pd.DataFrame, measure: str, by: str | Sequence[str], *, alike: str | None = None
) -> pd.DataFrame:
    """Average a measure over sentences, with its 95% interval.

    Parameters
    ----------
    pairs
        As from `coded_pairs` or `mention_pairs`; sentences of one ``paragraph`` are drawn together.
    measure
        Column to average, -1 to 1: ``tone``, ``stance``, ``tone_score``, ``stance_score``, ``plain``.
    by
        Column or columns that make the groups; an empty list averages all.
    alike
        Column of what weighs the same, whatever its number of sentences: ``speaker_state`` for
        delegations, ``document`` for texts. None: each sentence weighs the same. The interval is
        then the wider of two: one draws whole delegations (texts), as if they were a sample of
        such, the other draws paragraphs within them. Of fewer than some ten texts neither is wide
        enough: see `kzpolicy.measures.robustness.document_interval`.

    Returns
    -------
    DataFrame
        The columns of `by`, then ``measure``, ``mean``, ``low``, ``high``, ``n`` (sentences with a
        value), ``missing`` (sentences without one, left out), and with `alike` ``units`` (how many
        weigh alike).

    Raises
    ------
    StudyError
        If there is no such column, or the measure is not one of numbers from -1 to 1.

    Examples
    --------
    >>> pairs = pd.DataFrame({"tone": [1, 0, None], "power": "china", "paragraph": ["a:1", "a:2", "a:2"]})
    >>> mean_by(pairs, "tone", by="power").drop(columns="measure").round(2).to_dict("records")
    [{'power': 'china', 'mean': 0.5, 'low': -0.42, 'high': 0.86, 'n': 2, 'missing': 1}]
    """
    groups = list(dict.fromkeys(as_list(by)))
    _check(pairs, measure, [*groups, "paragraph", *as_list(alike)], whole=["paragraph", *as_list(alike)])
    rows = []
    for key, part in _groups(pairs, groups):
        known = part.dropna(subset=[measure])
        counts: list[int] = [len(known), len(part) - len(known)]
        if alike:
            counts.append(known[alike].nunique())
        rows.append((*key, *_mean(known, measure, alike), *counts))
    columns = ["mean", "low", "high", "n", "missing", *(["units"] if alike else [])]
    means = _framed(rows, pairs, groups, columns)
    means.insert(len(groups), "measure", measure)
    return means


def _mean(part: pd.DataFrame, measure: str, alike: str | None) -> tuple[float, float, float]:
    if part.empty:
        return (float("nan"),) * 3
    values = part[measure].astype(float)
    if alike is None:
        return (float(values.mean()), *mean_interval(values, part["paragraph"]))
    owner = pd.factorize(part[alike])[0]
    means = np.bincount(owner, values) / np.bincount(owner)
    limits = [mean_interval(means)]
    drawn = difference_draws(values, part["paragraph"], owner, [1 / len(means)] * len(means))
    limits.append((float(np.quantile(drawn, TAILS[0])), float(np.quantile(drawn, TAILS[1]))))
    return float(means.mean()), min(low for low, _ in limits), max(high for _, high in limits)


def difference(
    pairs: pd.DataFrame,
    measure: str,
    *,
    between: str,
    first: str | Sequence[str] | None = None,
    second: str | Sequence[str] | None = None,
    by: str | Sequence[str] = (),
    unit: str | None = None,
    alike: str | None = None,
) -> pd.DataFrame:
    """Compare the means of two groups: first minus second, with its 95% interval.

    A paragraph with sentences of both groups moves both means at once.

    Parameters
    ----------
    pairs
        As from `coded_pairs` or `mention_pairs`.
    measure
        Column to average, -1 to 1.
    between
        Column that holds the groups, such as ``power``, ``period``, ``label`` or ``outlet_group``.
    first, second
        Values of that column, one or several. Neither: its two values, later minus earlier. Only the
        first: against all others.
    by
        Column or columns that make groups within which to compare.
    unit
        Column of what is drawn whole. None: ``paragraph``, or what weighs alike. ``paragraph`` with
        `alike` speaks of these texts (delegations) alone, without it of such as these.
    alike
        Column of what weighs the same within each group, see `mean_by`.

    Returns
    -------
    DataFrame
        The columns of `by`, then ``first``, ``second`` (what is compared), ``mean_first``,
        ``mean_second``, ``difference``, ``low``, ``high``, ``n_first``, ``n_second`` (sentences with
        a value), ``missing``; means and limits are missing where a group is empty.

    Raises
    ------
    StudyError
        If there is no such column or value, or `between` does not say which two to compare.

    Examples
    --------
    >>> pairs = pd.DataFrame({"tone": [1, 1, 0, -1, 0], "power": ["china"] * 3 + ["russia"] * 2})
    >>> pairs["paragraph"] = ["a:1", "a:2", "a:3", "a:1", "a:4"]
    >>> gap = difference(pairs, "tone", between="power", first="china", second="russia")
    >>> gap[["first", "second", "difference", "n_first", "n_second"]].round(2).values.tolist()
    [['china', 'russia', 1.17, 3, 2]]
    """
    groups, whole = list(dict.fromkeys(as_list(by))), [unit or "paragraph", *as_list(alike)]
    _check(pairs, measure, [between, *groups, *whole], whole=whole)
    ours, theirs = sides_of(pairs, between, first, second)
    names = [", ".join(ours), ", ".join(theirs) if second is not None or len(theirs) == 1 else "others"]
    values = pairs[between].astype("str")
    sides = pairs.assign(**{_SIDE: np.select([values.isin(ours), values.isin(theirs)], [1, 2], 0)})
    rows = []
    for key, part in _groups(sides[sides[_SIDE] > 0], groups):
        known = part.dropna(subset=[measure])
        one, two = (known[known[_SIDE] == side] for side in (1, 2))
        means = [_mean_of(side, measure, alike) for side in (one, two)]
        limits = (float("nan"),) * 2
        if len(one) and len(two):
            limits = _limits(one, two, measure, whole[0], alike, bool(alike) and unit in (None, alike))
        counts = (len(one), len(two), len(part) - len(known))
        rows.append((*key, *names, *means, means[0] - means[1], *limits, *counts))
    columns = ["first", "second", "mean_first", "mean_second", "difference", "low", "high"]
    return _framed(rows, pairs, groups, [*columns, "n_first", "n_second", "missing"])


_SIDE = "which side"  # no column of anybody's


def _mean_of(part: pd.DataFrame, measure: str, alike: str | None) -> float:
    values = part[measure].astype(float)
    return float(values.groupby(part[alike], observed=True).mean().mean() if alike else values.mean())


def _limits(
    first: pd.DataFrame, second: pd.DataFrame, measure: str, unit: str, alike: str | None, owners_too: bool
) -> tuple[float, float]:
    both = pd.concat([first.astype({unit: "str"}), second.astype({unit: "str"})])
    values = both[measure].to_numpy(dtype=float)
    owner = pd.factorize(both[alike].astype("str"))[0] if alike else np.zeros(len(both), dtype=np.int64)
    owners = int(owner.max()) + 1
    side = np.repeat([0, 1], [len(first), len(second)])
    parts, part = np.unique(side * owners + owner, return_inverse=True)
    ours = parts < owners
    shares = np.where(ours, 1 / ours.sum(), -1 / (~ours).sum())
    means = np.bincount(part, values) / np.bincount(part)
    # As for one mean, never narrower than when each sentence stands for itself.
    drawn = [
        difference_draws(values, units, part, shares.tolist()) for units in (both[unit], range(len(both)))
    ]
    if owners_too:
        drawn.append(difference_draws(means, parts % owners, (~ours).astype(np.int64), [1, -1]))
    gap = float(shares @ means)
    limits = np.array([np.quantile(draws, TAILS) for draws in drawn])
    return min(float(limits[:, 0].min()), gap), max(float(limits[:, 1].max()), gap)


def sides_of(
    pairs: pd.DataFrame,
    between: str,
    first: str | Sequence[str] | None = None,
    second: str | Sequence[str] | None = None,
) -> tuple[list[str], list[str]]:
    """Say which values of a column are compared; see `difference`.

    Returns
    -------
    tuple of list
        The first values, the second values.

    Examples
    --------
    >>> sides_of(pd.DataFrame({"year": [2015, 2022, 2022]}), "year")
    (['2022'], ['2015'])
    """
    if between not in pairs:
        raise unknown_name("column", between, pairs)
    column = pairs[between].dropna()
    ordered = isinstance(column.dtype, pd.CategoricalDtype)
    values = [str(one) for one in (column.cat.categories if ordered else sorted(column.unique()))]
    present = set(column.astype("str"))
    used = [one for one in values if one in present]
    if first is None and second is None:
        pair = used if len(used) == 2 else values
        if len(pair) != 2:
            known = ", ".join(used[:12]) or "none"
            raise StudyError(f"{between} has {len(used)} values; say first= and second= of {known}")
        return pair[1:], pair[:1]
    chosen = [[_value(between, str(one), values) for one in as_list(side)] for side in (first, second)]
    rest = [one for one in used if one not in [*chosen[0], *chosen[1]]]
    ours, theirs = (side or rest for side in chosen)
    if both := set(ours) & set(theirs):
        raise StudyError(f"{min(both)!r} stands on both sides; compare two different groups")
    return ours, theirs


def _value(column: str, wanted: str, values: list[str]) -> str:
    """Find a value of a column by itself or, for a power, by its displayed name."""
    if wanted in values:
        return wanted
    folded = {one.lower(): one for one in values}
    if column == "power" and wanted.lower() not in folded:
        folded = {name.lower(): key for key, name in load_powers().names.items() if key in values}
    if wanted.lower() not in folded:
        raise unknown_name(column, wanted, values)
    return folded[wanted.lower()]


def _check(pairs: pd.DataFrame, measure: str, columns: Sequence[str], whole: Sequence[str]) -> None:
    """Raise a StudyError unless the columns are there, and the measure is one."""
    if not isinstance(pairs, pd.DataFrame):
        raise StudyError(f"pairs is a {type(pairs).__name__}; give the frame of coded_pairs or mention_pairs")
    for column in columns:
        if not isinstance(column, str) or column not in pairs:
            raise unknown_name("column", column, [one for one in pairs if one not in (*MEASURES, *_SCORES)])
    for column in whole:
        if pairs[column].isna().any():
            gaps = int(pairs[column].isna().sum())
            raise StudyError(
                f"{column} is missing in {gaps} of {len(pairs)} rows; choose another, or drop them"
            )
    if (
        not isinstance(measure, str)
        or measure not in pairs
        or not pd.api.types.is_numeric_dtype(pairs[measure])
    ):
        known = [one for one in (*MEASURES, *_SCORES) if one in pairs]
        raise unknown_name("measure", measure, dict.fromkeys(known or pairs.select_dtypes("number")))
    if not pairs[measure].dropna().between(-1, 1).all():
        least, most = pairs[measure].min(), pairs[measure].max()
        raise StudyError(
            f"{measure} runs from {least:g} to {most:g}; a measure of tone lies between -1 and 1"
        )


def _groups(pairs: pd.DataFrame, by: list[str]) -> list[tuple[tuple[object, ...], pd.DataFrame]]:
    if not by:
        return [((), pairs)]
    return list(pairs.groupby(by, observed=True, dropna=False))


def _framed(
    rows: Sequence[tuple[object, ...]], pairs: pd.DataFrame, by: list[str], columns: list[str]
) -> pd.DataFrame:
    """Make a frame whose group columns are of the type, and in the order, that they have in the pairs."""
    found = pd.DataFrame(rows, columns=[*by, *columns]).astype({one: pairs[one].dtype for one in by})
    for one in by:
        if isinstance(found[one].dtype, pd.CategoricalDtype):
            found[one] = found[one].cat.remove_unused_categories()
    return found


def with_period(pairs: pd.DataFrame, date: int | str, names: tuple[str, str] | None = None) -> pd.DataFrame:
    """Add ``period``: before a date, or from that date on, by the earliest date of publication.

    Parameters
    ----------
    pairs
        Rows with ``published_from``.
    date
        A year, or an ISO date such as ``"2022-02-24"`` or ``"2022-02"``.
    names
        What the two periods are called; None names the date.

    Returns
    -------
    DataFrame
        The rows with ``period``, an ordered category.

    Raises
    ------
    StudyError
        If `date` is none, or the rows have no date.

    Examples
    --------
    >>> papers = pd.DataFrame({"published_from": pd.to_datetime(["2022-01-11", "2022-11-02"])})
    >>> with_period(papers, "2022-02-24")["period"].tolist()
    ['before 24 February 2022', 'from 24 February 2022']
    """
    start, named = cut_at(date)
    if "published_from" not in pairs:
        raise unknown_name("column", "published_from", pairs)
    called = list(names) if names is not None else named
    if len(called) != 2 or called[0] == called[1]:
        raise StudyError(f"names={names!r}: give two different names, of the earlier period and of the later")
    later = (pairs["published_from"] >= start).astype(int)
    return pairs.assign(period=pd.Categorical.from_codes(later, called, ordered=True))


def cut_at(date: int | str) -> tuple[pd.Timestamp, list[str]]:
    """Return the first day of what a date names, and the names of the periods before it and from it on.

    Examples
    --------
    >>> cut_at(2022)
    (Timestamp('2022-01-01 00:00:00'), ['before 2022', '2022 on'])
    """
    try:
        if not re.fullmatch(r"\d{4}(-\d\d){0,2}", str(date)):
            raise ValueError
        start = pd.Timestamp(str(date))
    except ValueError:
        raise StudyError(f"{date!r} is no date; give a year, or a date such as '2022-02-24'") from None
    form = ("%Y", "%B %Y", "%d %B %Y")[str(date).count("-")]
    named = start.strftime(form).lstrip("0")
    return start, [f"before {named}", f"{named} on" if named.isdecimal() else f"from {named}"]


def by_vector(pairs: pd.DataFrame, vectors: Mapping[str, str] = VECTORS) -> pd.DataFrame:
    """Keep the pairs of the three vectors of multi-vector policy and name each pair's vector.

    The United States, the European Union and the West make one vector; a sentence that names
    two of them counts once, with the mean of its values.

    Parameters
    ----------
    pairs
        As from `coded_pairs` or `mention_pairs`.
    vectors
        Vectors of your own: the key of each power that belongs to one, and the vector's name.

    Returns
    -------
    DataFrame
        One row a sentence and vector: ``vector`` (Russia, China; US, EU and West) instead of ``power``;
        classes, and what else is of one power only, are left out.

    Examples
    --------
    >>> pairs = pd.DataFrame({"sentence": ["a:1:1"] * 2, "power": ["usa", "eu"], "tone": [1.0, 0.0]})
    >>> by_vector(pairs)[["vector", "tone"]].values.tolist()
    [['US, EU and West', 0.5]]
    """
    for column in ("sentence", "power"):
        if column not in pairs:
            raise unknown_name("column", column, pairs)
    order = list(dict.fromkeys(vectors.values()))
    vector = pd.Categorical(pairs["power"].astype("str").map(vectors), categories=order, ordered=True)
    named = pairs.assign(vector=vector).dropna(subset=["vector"])
    dropped = {"power", "own", "sure", "plain_class", "tone_score_class", "stance_score_class"}
    kept = {
        column: "mean" if column in MEASURES else "first"
        for column in pairs
        if column not in dropped and column != "sentence"
    }
    keys = ["sentence", "vector"]
    found = named.groupby(keys, sort=False, observed=True, as_index=False).agg(kept)
    measured = [measure for measure in MEASURES if measure in found]
    facts = [column for column in found if column not in (*measured, "vector")]
    return found[[*facts, "vector", *measured]]
