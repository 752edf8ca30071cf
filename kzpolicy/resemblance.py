"""How alike the language of two delegations is: similarity by year, a map, and a check of both.

The choices, made before any result was seen: words (no numbers, no terms of several words) that
stand in at least 2% and at most 80% of all speeches; without the names of states and their people
(``states.toml``), the organisation's own names and function words. Similarity is the cosine of
logarithmic counts weighted by inverse document frequency of the year (Salton and Buckley 1988).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from kzpolicy.comparing import PRESIDENCIES, _known, _states, beside_others, percentile, with_q
from kzpolicy.corpus import Corpus
from kzpolicy.speeches import load_states
from kzpolicy.trends import FUNCTION_WORDS

POWERS = {
    "russia": "RUS", "china": "CHN", "usa": "USA", "eu": "EU",
    "turkey": "TUR", "iran": "IRN", "india": "IND",
}  # fmt: skip
EUROPEANS = {"Germany": "DEU", "France": "FRA", "United Kingdom": "GBR"}
NEIGHBOURS = ("UZB", "KGZ", "TJK", "TKM")
LEAST, MOST = 0.02, 0.80
_SEED = 2022
_ORGANISATION = frozenset({"un", "united", "nations"})
_EU = (
    "AUT BEL BGR CYP CZE DEU DNK ESP EST FIN FRA GRC HRV HUN IRL ITA LTU LUX LVA MLT NLD POL PRT "
    "ROU SVK SVN SWE"
)
# Blocs that nobody disputes, to check the measure by: the group, and what it is set against.
GROUPS: Mapping[str, tuple[str, str]] = {
    "West, against its adversaries": (f"{_EU} EU USA GBR CAN AUS JPN", "CUB VEN NIC SYR PRK BLR IRN"),
    "adversaries of the West, against it": ("CUB VEN NIC SYR PRK BLR IRN", f"{_EU} EU USA GBR CAN AUS JPN"),
    "Nordic and Baltic states, against all": ("DNK FIN ISL NOR SWE EST LVA LTU", ""),
    "Caribbean islands, against all": ("ATG BHS BRB DMA GRD JAM KNA LCA TTO VCT", ""),
}
Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Vocabulary:
    """Counts of the compared words, paragraph by paragraph, as a sparse matrix of three arrays."""

    speeches: pd.DataFrame
    words: list[str]
    speech: npt.NDArray[np.int64]
    paragraph: npt.NDArray[np.int64]
    word: npt.NDArray[np.int64]
    count: Array

    def by_year(self) -> Iterator[tuple[int, Vocabulary]]:
        """Take the speeches of each year apart."""
        for year in sorted(self.speeches["year"].unique()):
            chosen = self.speeches["year"].to_numpy() == year
            rows = chosen[self.speech]
            speech = (np.cumsum(chosen) - 1)[self.speech[rows]]
            paragraph = np.unique(self.paragraph[rows], return_inverse=True)[1]
            own = self.speeches[chosen].reset_index(drop=True)
            yield int(year), Vocabulary(own, self.words, speech, paragraph, self.word[rows], self.count[rows])

    def matrix(self) -> Array:
        """Count each word in each speech."""
        table = np.zeros((len(self.speeches), len(self.words)))
        np.add.at(table, (self.speech, self.word), self.count)
        return table


def compared_words(corpus: Corpus) -> Vocabulary:
    """Count the words that speeches are compared by; the module's description says which."""
    facts = _states(corpus)
    place = corpus.terms[["document", "paragraph"]].astype({"document": "str"})
    term = corpus.terms["term"].astype("category")
    speech = pd.Index(facts["document"]).get_indexer(place["document"])
    held = pd.DataFrame({"term": term.cat.codes, "speech": speech}).drop_duplicates()["term"].value_counts()
    names = {word for words in load_states()["words"] for word in words}
    dropped = names | FUNCTION_WORDS | _ORGANISATION
    share = held.reindex(range(len(term.cat.categories)), fill_value=0) / len(facts)
    listed = pd.Series(term.cat.categories, dtype="str")
    kept = share.between(LEAST, MOST) & ~listed.isin(dropped)
    kept &= ~listed.str.contains(" ") & listed.str.contains(r"[^\W\d_]")
    number = np.where(kept, np.cumsum(kept) - 1, -1)
    word = number[term.cat.codes]
    rows = word >= 0
    many = int(place["paragraph"].max()) + 1
    paragraph = np.unique(speech * many + place["paragraph"].to_numpy(), return_inverse=True)[1]
    count = corpus.terms["count"].to_numpy(dtype=float)
    return Vocabulary(facts, list(listed[kept]), speech[rows], paragraph[rows], word[rows], count[rows])


def weighted(counts: Array) -> Array:
    """Weight counts by log(1 + count) and inverse document frequency; rows of unit length."""
    frequency = (counts > 0).sum(axis=0)
    rarity = np.log(len(counts) / np.maximum(frequency, 1))
    rows = np.log1p(counts) * rarity
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1), dtype=float)


def centred(similarity: Array) -> Array:
    """Take from each similarity what both speeches have in common with all others.

    The mean of each row and column is taken off and the total mean added (double centring,
    Torgerson 1952), the diagonal left out: a speech that says what everyone says is close to all.
    """
    n = len(similarity)
    off = similarity - np.diag(np.diag(similarity))
    mean = off.sum(axis=1) / (n - 1)
    return np.asarray(similarity - mean[:, None] - mean[None, :] + off.sum() / (n * (n - 1)))


def resemblance(
    corpus: Corpus,
    state: str = "KAZ",
    *,
    to: Collection[str] = (*POWERS.values(), *EUROPEANS.values()),
    draws: int = 100,
) -> pd.DataFrame:
    """Measure how close a state's speech of each year is to each power's.

    Parameters
    ----------
    corpus
        The speeches.
    state
        Code of the state.
    to
        Codes of the powers.
    draws
        Paragraphs of all speeches of the year are drawn anew with replacement so often.

    Returns
    -------
    DataFrame
        One row a year and power: ``year``, ``power`` (code), ``similarity`` (cosine), ``percentile``
        (of the centred similarity among all delegations other than the two, 0 to 100; 50 is what
        may be expected of any delegation), ``low``, ``high`` (its 95% interval over paragraphs,
        widened to hold it), ``plain`` (percentile of the cosine itself), ``others`` (how many).
    """
    words, rows = compared_words(corpus), []
    _known(words.speeches["state"], state)
    for year, part in words.by_year():
        states = list(part.speeches["state"])
        powers = [power for power in to if power in states and power != state]
        if state not in states:
            continue
        one, many = states.index(state), [states.index(power) for power in powers]
        exact = part.matrix()
        cosine = weighted(exact) @ weighted(exact).T
        ranks, plain = (
            np.array([_rank(table[power], one, power) for power in many])
            for table in (centred(cosine), cosine)
        )
        drawn = _drawn_ranks(part, draws, [_SEED, year], one, many)
        low, high = np.quantile(drawn, [0.025, 0.975], axis=0) if draws else (ranks, ranks)
        for i, power in enumerate(powers):
            limits = (min(low[i], ranks[i]), max(high[i], ranks[i]))
            found = (cosine[one, many[i]], ranks[i], *limits, plain[i], len(states) - 2)
            rows.append((year, power, *found))
    columns = ["year", "power", "similarity", "percentile", "low", "high", "plain", "others"]
    return pd.DataFrame(rows, columns=columns)


def _drawn_ranks(part: Vocabulary, draws: int, seed: list[int], one: int, many: list[int]) -> Array:
    """Draw paragraphs within each speech anew, compare the speeches so made, and rank.

    Sums over the cells that are not empty take the place of products of matrices: as exact, and as
    fast on a busy computer as on a quiet one.
    """
    shape = (len(part.speeches), len(part.words))
    cells, cell = np.unique(part.speech * shape[1] + part.word, return_inverse=True)
    speech, word = cells // shape[1], cells % shape[1]
    paragraphs, first = np.unique(part.paragraph, return_index=True)
    owner = part.speech[first]  # paragraphs are numbered speech by speech
    sizes = np.bincount(owner, minlength=shape[0])
    start = (np.cumsum(sizes) - sizes)[owner]
    places = [np.flatnonzero(speech == power) for power in many]
    random, found = np.random.default_rng(seed), np.empty((draws, len(many)))
    for draw in range(draws):
        chosen = start + (random.random(len(owner)) * sizes[owner]).astype("int64")
        times = np.bincount(chosen, minlength=len(paragraphs))
        count = np.bincount(cell, part.count * times[part.paragraph], minlength=len(cells))
        rarity = np.log(shape[0] / np.maximum(np.bincount(word, count > 0, minlength=shape[1]), 1))
        value = np.log1p(count) * rarity[word]
        value /= np.sqrt(np.bincount(speech, value**2, minlength=shape[0]))[speech]
        total = np.bincount(word, value, minlength=shape[1])
        # The terms of `centred` that differ between the states compared with one power.
        common = (np.bincount(speech, value * total[word], minlength=shape[0]) - 1) / (shape[0] - 1)
        row = np.zeros(shape[1])
        for i, place in enumerate(places):
            row[word[place]] = value[place]
            similar = np.bincount(speech, value * row[word], minlength=shape[0]) - common
            found[draw, i] = _rank(similar, one, many[i])
            row[word[place]] = 0
    return found


def _rank(similarity: Array, one: int, other: int) -> float:
    """Rank one speech's similarity to another among all other speeches' similarity to it."""
    return percentile(similarity[one], np.delete(similarity, [one, other]))


def similarities(corpus: Corpus) -> dict[int, pd.DataFrame]:
    """Compare all delegations of each year with each other: centred similarity, states by states."""
    found = {}
    for year, part in compared_words(corpus).by_year():
        rows, states = weighted(part.matrix()), list(part.speeches["state"])
        found[year] = pd.DataFrame(centred(rows @ rows.T), index=states, columns=states)
    return found


def ranking(
    similar: Mapping[int, pd.DataFrame], to: str, *, years: Collection[int] | None = None
) -> pd.DataFrame:
    """Rank all delegations by how close their speeches of several years are to one power's.

    Parameters
    ----------
    similar
        As from `similarities`.
    to
        Code of the power.
    years
        Years to take the mean over; None for all there are.

    Returns
    -------
    DataFrame
        Closest first: ``state``, ``name``, ``percentile`` (mean over the years of the percentile of
        the centred similarity among all delegations, 0 to 100), ``years`` (speeches compared), ``rank``.
    """
    years = similar if years is None else years
    _known({state for year in years for state in similar[year].index}, to)
    rows = [similar[year].loc[to].drop(to) for year in years if to in similar[year].index]
    ranks = pd.concat([100 * (row.rank() - 1) / (len(row) - 1) for row in rows])
    table = ranks.groupby(level=0).agg(["mean", "size"]).set_axis(["percentile", "years"], axis=1)
    table = table.rename_axis("state").sort_values("percentile", ascending=False, kind="stable").reset_index()
    table.insert(1, "name", table["state"].map(load_states()["name"]))
    return table.assign(rank=np.arange(1, len(table) + 1))


def closeness_change(
    similar: Mapping[int, pd.DataFrame],
    state: str = "KAZ",
    *,
    before: Collection[int] = PRESIDENCIES[0],
    after: Collection[int] = PRESIDENCIES[1],
    to: Collection[str] = (*POWERS.values(), *EUROPEANS.values()),
) -> pd.DataFrame:
    """Test whether a state's place among those close to a power moved more than other states' places.

    Parameters
    ----------
    similar
        As from `similarities`.
    state
        Code of the state.
    before, after
        Years compared.
    to
        Codes of the powers.

    Returns
    -------
    DataFrame
        One row a power: ``power`` (code), ``name``, ``before``, ``after`` (mean percentiles, see
        `ranking`), ``change``, ``low``, ``high`` (what the middle 95% of the other states' changes
        span), ``percentile`` of the change among theirs, ``p`` (share of states with a change as far
        or farther from their median, this one counted), ``q`` (``p`` adjusted for the number of
        powers, Benjamini and Hochberg 1995), ``others`` (how many states).
    """
    rows, names = [], load_states()["name"].to_dict()
    for power in (code for code in to if code != state):
        halves = (ranking(similar, power, years=years).set_index("state") for years in (before, after))
        first, second = (half["percentile"] for half in halves)
        _known(set(first.index) & set(second.index), state)
        changes = (second - first).dropna()
        own = float(changes[state])
        _, *found = beside_others(own, changes.drop(state).to_numpy())
        rows.append((power, names.get(power, power), first[state], second[state], own, *found))
    columns = ["power", "name", "before", "after", "change", "low", "high", "percentile", "p", "others"]
    return with_q(pd.DataFrame(rows, columns=columns))


def correspondence(counts: Array, groups: npt.NDArray[np.int64] | None = None) -> tuple[Array, Array, Array]:
    """Correspondence analysis of a table of counts (Benzécri 1973; Greenacre 1984).

    Parameters
    ----------
    counts
        Rows by columns, no row or column empty.
    groups
        Number of each row's group, from 0: rows are then compared with their group's average
        instead of the total's (intra-class correspondence analysis, Benzécri 1983). None for one group.

    Returns
    -------
    rows, columns : array
        Principal coordinates, an axis a column, the largest first; signs are arbitrary.
    inertias : array
        Principal inertia of each axis.

    Examples
    --------
    >>> rows, columns, inertias = correspondence(np.array([[8.0, 2.0], [2.0, 8.0]]))
    >>> inertias.round(2).tolist()
    [0.36]
    """
    share = counts / counts.sum()
    mass, base = share.sum(axis=1), share.sum(axis=0)
    groups = np.zeros(len(counts), dtype=np.int64) if groups is None else groups
    sums = np.zeros((int(groups.max()) + 1, counts.shape[1]))
    np.add.at(sums, groups, share)
    profile = sums / sums.sum(axis=1, keepdims=True)
    apart = (share - mass[:, None] * profile[groups]) / np.sqrt(mass[:, None] * base)
    # The smaller product's eigenvectors give the same axes as the singular value decomposition.
    values, left = np.linalg.eigh(apart @ apart.T)
    many = min(counts.shape) - 1
    values, left = values[::-1][:many], left[:, ::-1][:, :many]
    values = np.clip(values, 1e-15, None)
    right = apart.T @ left / np.sqrt(values)
    return (
        left * np.sqrt(values) / np.sqrt(mass)[:, None],
        right * np.sqrt(values) / np.sqrt(base)[:, None],
        values,
    )


def speech_map(corpus: Corpus, *, upward: str = "USA") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Place all speeches of all years on one map by correspondence analysis.

    All speeches make one analysis, each compared with the average speech of its year: what all said
    that year moves nobody, and an axis means the same in every year.

    Parameters
    ----------
    corpus
        The speeches.
    upward
        The state whose mean coordinate is made positive on both axes, to fix the signs.

    Returns
    -------
    speeches : DataFrame
        ``document``, ``state``, ``year``, ``axis1``, ``axis2``.
    words : DataFrame
        ``word``, its coordinates, and ``share1``, ``share2`` (contribution to the axis' inertia, of
        1), to read what an axis means.
    """
    words = compared_words(corpus)
    counts, facts = words.matrix(), words.speeches
    groups = np.unique(facts["year"], return_inverse=True)[1]
    rows, columns, inertias = correspondence(counts, groups.astype("int64"))
    _known(facts["state"], upward)
    up = rows[(facts["state"] == upward).to_numpy()].mean(axis=0) >= 0
    mass = counts.sum(axis=0) / counts.sum()
    speeches, table = facts.copy(), pd.DataFrame({"word": words.words})
    for i, sign in enumerate(np.where(up[:2], 1.0, -1.0)):
        speeches[f"axis{i + 1}"], table[f"axis{i + 1}"] = rows[:, i] * sign, columns[:, i] * sign
    for i in range(2):
        table[f"share{i + 1}"] = mass * columns[:, i] ** 2 / inertias[i]
    speeches.attrs["inertia"] = [float(x / inertias.sum()) for x in inertias[:2]]
    return speeches, table


def validity(
    similar: Mapping[int, pd.DataFrame], groups: Mapping[str, tuple[str, str]] = GROUPS
) -> pd.DataFrame:
    """Check the similarity by blocs that nobody disputes.

    For each member and year: how often is a fellow member closer (centred similarity) than a state
    that the group is set against? That is the area under the ROC curve; 0.5 is chance.

    Parameters
    ----------
    similar
        As from `similarities`.
    groups
        Name to two lists of codes, separated by spaces: members, and whom they are set against
        (empty: all other delegations).

    Returns
    -------
    DataFrame
        ``group``, ``states``, ``speeches``, ``auc``, ``low``, ``high`` (95% bootstrap interval over states),
        ``weakest`` (the member with the lowest value) and ``weakest_auc``.
    """
    found = []
    for table in similar.values():
        similarity, states = table.to_numpy(), table.index.to_numpy()
        for name, (members, against) in groups.items():
            own = np.isin(states, members.split())
            other = np.isin(states, against.split()) if against else ~own
            for i in np.flatnonzero(own):
                fellows = own & (np.arange(len(states)) != i)
                ranks = [percentile(s, similarity[i, other]) for s in similarity[i, fellows]]
                found.append((name, states[i], float(np.mean(ranks)) / 100))
    rows = []
    for name, part in pd.DataFrame(found, columns=["group", "state", "auc"]).groupby("group", sort=False):
        means = part.groupby("state", sort=False)["auc"].mean()
        chosen = np.random.default_rng(_SEED).integers(0, len(means), (2000, len(means)))
        low, high = np.quantile(means.to_numpy()[chosen].mean(axis=1), [0.025, 0.975])
        rows.append((name, len(means), len(part), means.mean(), low, high, means.idxmin(), means.min()))
    columns = ["group", "states", "speeches", "auc", "low", "high", "weakest", "weakest_auc"]
    return pd.DataFrame(rows, columns=columns)
