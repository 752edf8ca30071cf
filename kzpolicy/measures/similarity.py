"""How close the language of two delegations is: by year, over years, and whether that changed.

The choices: words (no numbers, no terms of several words) that
stand in at least 2% and at most 80% of all speeches; without the names of states and their people,
the organisation's own names and function words. Closeness is the cosine of logarithmic counts
weighted by inverse document frequency of the year (Salton and Buckley 1988), with what a speech has
in common with all others taken off. Shared words are not agreement, and closeness of speech does not
predict votes (Gurciullo and Mikhaylov 2017); translation and register are rivals to any reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from kzpolicy.corpus import Corpus, load_states, state_code
from kzpolicy.measures.delegations import (
    PRESIDENCIES,
    beside_others,
    speakers,
    two_sides,
    years_of,
)
from kzpolicy.measures.intervals import TAILS
from kzpolicy.measures.keywords import FUNCTION_WORDS
from kzpolicy.tables import StudyError, as_list, unknown_name

# The powers of the study that speak for themselves, and three states of Europe.
POWERS = ("RUS", "CHN", "USA", "EU", "TUR", "IRN", "IND", "DEU", "FRA", "GBR")
LEAST, MOST = 0.02, 0.80
WEIGHTINGS = ("log", "tf-idf", "lsa", "jensen-shannon", "chi-square")
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
States = str | Iterable[str]
Years = int | Iterable[int]


def compared_words(corpus: Corpus) -> tuple[pd.DataFrame, sparse.csr_array, list[str]]:
    """Count the words that speeches are compared by; the module's description says which.

    Returns
    -------
    paragraphs : DataFrame
        ``document``, ``state``, ``year`` of each paragraph.
    counts : sparse array
        Paragraphs by words.
    words : list of str
        The words.

    Examples
    --------
    >>> from kzpolicy import load_corpus
    >>> paragraphs, counts, words = compared_words(load_corpus("speeches", tables="terms", year=2022))
    >>> counts.shape == (len(paragraphs), len(words)), "nuclear" in words, "russia" in words
    (True, True, False)
    """
    corpus.require("terms")
    facts = speakers(corpus)
    terms = corpus.terms.astype({"document": "category", "term": "category"})
    codes = pd.DataFrame({"term": terms["term"].cat.codes, "document": terms["document"].cat.codes})
    held = codes.drop_duplicates()["term"].value_counts()
    listed = pd.Series(terms["term"].cat.categories, dtype="str")
    names = {word for words in load_states()["words"] for word in words}
    kept = (held.reindex(listed.index, fill_value=0) / len(facts)).between(LEAST, MOST)
    kept &= ~listed.isin(names | FUNCTION_WORDS | _ORGANISATION)
    kept &= ~listed.str.contains(" ") & listed.str.contains(r"[^\W\d_]")
    rows = terms[kept.to_numpy()[codes["term"]]]
    word = (kept.cumsum() - 1).to_numpy()[rows["term"].cat.codes]
    grouped = rows.groupby(["document", "paragraph"], observed=True, sort=True)
    places = grouped.size().index.to_frame(index=False).astype({"document": "str"})
    counts = sparse.coo_array(
        (rows["count"].to_numpy(dtype=float), (grouped.ngroup().to_numpy(), word)),
        shape=(len(places), int(kept.sum())),
    ).tocsr()
    paragraphs = places[["document"]].merge(facts, on="document", how="left", validate="many_to_one")
    return paragraphs, counts, list(listed[kept])


def similarities(corpus: Corpus, *, weighting: str = "log") -> pd.DataFrame:
    """Compare all delegations of each year with each other.

    Parameters
    ----------
    corpus
        Speeches: documents with `speaker_state`, and the table `terms`.
    weighting
        How counts of words are compared: ``log`` (see the module), ``tf-idf`` (scikit-learn's, with
        logarithmic counts), ``lsa`` (``log`` reduced to 100 dimensions, Deerwester et al. 1990),
        ``jensen-shannon`` or ``chi-square`` (less their distance between shares of words).

    Returns
    -------
    DataFrame
        One row a year and pair of delegations, each pair both ways: ``year``, ``state``, ``other``
        (codes), ``similarity`` (cosine), ``centred`` (without what either has in common with all,
        see `centred`), ``percentile`` (of ``state`` among all delegations by how close they are to
        ``other``: 100 is the closest, 50 what may be expected of any), ``others`` (how many delegations
        there are besides the two).

    Raises
    ------
    StudyError
        If a document has no speaking state, a year fewer than three delegations, or there is no such
        weighting.

    Examples
    --------
    >>> from kzpolicy import load_corpus
    >>> close = similarities(load_corpus("speeches", tables="terms", year=2022))
    >>> close.query("other == 'RUS'").nlargest(1, "percentile")["state"].tolist()
    ['BLR']
    """
    if weighting not in WEIGHTINGS:
        raise unknown_name("weighting", weighting, WEIGHTINGS)
    parts = []
    for year, states, owner, counts in _by_year(corpus):
        speeches = _speeches(owner, counts, np.ones(len(owner)), len(states))
        cosine = _compared(speeches, weighting)
        table = centred(cosine)
        n = len(states)
        one, other = (at.ravel() for at in np.indices((n, n)))
        apart = one != other
        found = {"year": year, "state": np.array(states)[one], "other": np.array(states)[other]}
        part = pd.DataFrame(found | {"similarity": cosine.ravel(), "centred": table.ravel()})[apart]
        rank = part.groupby("other")["centred"].rank()
        parts.append(part.assign(percentile=100 * (rank - 1) / (n - 2), others=n - 2))
    return pd.concat(parts, ignore_index=True)


def _by_year(
    corpus: Corpus,
) -> Iterator[tuple[int, list[str], npt.NDArray[np.int64], sparse.csr_array]]:
    """Give each year's states, the number of the state that each paragraph belongs to, and counts."""
    paragraphs, counts, _ = compared_words(corpus)
    for year, facts in speakers(corpus).groupby("year"):
        states = sorted(facts["state"].unique())  # one without any word that is compared is close to none
        if len(states) < 3:
            raise StudyError(f"closeness compares three delegations or more; {year} has {len(states)}")
        chosen = np.flatnonzero(paragraphs["year"] == year)
        owner = pd.Index(states).get_indexer(paragraphs["state"].iloc[chosen])
        yield int(year), states, owner.astype("int64"), counts[chosen]


def _speeches(
    owner: npt.NDArray[np.int64], counts: sparse.csr_array, weights: Array, many: int
) -> sparse.csr_array:
    """Add up paragraphs, each with its weight, to the speeches of so many states."""
    sums = sparse.csr_array((weights, (owner, np.arange(len(owner)))), shape=(many, len(owner)))
    return sums @ counts


def _weighted(counts: sparse.csr_array) -> sparse.csr_array:
    """Weight counts by log(1 + count) and inverse document frequency; rows of unit length."""
    from sklearn.preprocessing import normalize  # here, for importing it takes a while

    frequency = np.maximum((counts > 0).sum(axis=0), 1)
    return normalize((counts.log1p() * np.log(counts.shape[0] / frequency)).tocsr())


def _compared(counts: sparse.csr_array, weighting: str) -> Array:
    """Compare all rows with each other."""
    from scipy.spatial.distance import pdist, squareform
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfTransformer
    from sklearn.metrics.pairwise import cosine_similarity
    from sklearn.preprocessing import normalize

    if weighting == "tf-idf":
        found = cosine_similarity(TfidfTransformer(sublinear_tf=True).fit_transform(counts))
    elif weighting == "log":
        found = cosine_similarity(_weighted(counts))
    elif weighting == "lsa":
        many = min(100, min(counts.shape) - 1)
        found = cosine_similarity(TruncatedSVD(many, random_state=_SEED).fit_transform(_weighted(counts)))
    else:
        shares = normalize(counts, norm="l1").toarray()
        mass, chi = shares.mean(axis=0), weighting == "chi-square"
        rows = shares[:, mass > 0] / np.sqrt(mass[mass > 0]) if chi else shares
        found = -squareform(pdist(rows, "euclidean" if chi else "jensenshannon"))
    return np.asarray(found, dtype=float)


def centred(similarity: Array) -> Array:
    """Take from each similarity what both speeches have in common with all others.

    The mean of each row and column is taken off and the total mean added (double centring,
    Torgerson 1952), the diagonal left out: a speech that says what everyone says is close to all.

    Examples
    --------
    >>> centred(np.array([[1.0, 0.6, 0.3], [0.6, 1.0, 0.3], [0.3, 0.3, 1.0]])).round(2)[0].tolist()
    [0.5, 0.1, -0.05]
    """
    n = len(similarity)
    off = similarity - np.diag(np.diag(similarity))
    mean = off.sum(axis=1) / (n - 1)
    return np.asarray(similarity - mean[:, None] - mean[None, :] + off.sum() / (n * (n - 1)))


def resemblance(
    corpus: Corpus, state: str = "KAZ", *, to: States = POWERS, by: str = "year", draws: int = 100
) -> pd.DataFrame:
    """Measure how close a state's speeches are to each power's, by year or over all years.

    Parameters
    ----------
    corpus
        The speeches.
    state
        Code or name of the state.
    to
        Codes or names of the delegations to compare it with.
    by
        ``year``: a row a year and power, the interval over the paragraphs of all speeches of the year,
        whose weights are drawn anew (Bayesian bootstrap, Rubin 1981). ``power``: a row a power, the
        interval by Student's t over the years, which holds besides that each speech is another.
    draws
        How often weights are drawn; always the same ones.

    Returns
    -------
    DataFrame
        ``year`` (or ``years``, how many), ``power`` (code), ``name``, ``percentile`` (see
        `similarities`), ``low``, ``high`` (95% interval), ``n`` (delegations compared besides the
        two), and by power ``rank`` (1 is the closest of all delegations to that power).

    Raises
    ------
    StudyError
        If a state never speaks, naming what is near.

    Examples
    --------
    >>> from kzpolicy import load_corpus
    >>> part = load_corpus("speeches", tables="terms", year=2022)
    >>> resemblance(part, "Kazakhstan", to="China", draws=20)["percentile"].round().tolist()
    [98.0]
    """
    if by not in ("year", "power"):
        raise unknown_name("by", by, ("year", "power"))
    known = speakers(corpus)["state"]
    one, powers = state_code(state, known), [state_code(power, known) for power in as_list(to)]
    powers, parts = [power for power in powers if power != one], []
    if by == "power":
        close = similarities(corpus)
        for power in powers:
            ranked = ranking(close, power)
            parts.append(ranked[ranked["state"] == one].assign(power=power))
    else:
        for year, states, owner, counts in _by_year(corpus):
            here = [power for power in powers if power in states]
            if one not in states or not here:
                continue
            at, many = states.index(one), [states.index(power) for power in here]
            exact = _places(_speeches(owner, counts, np.ones(len(owner)), len(states)), at, many)
            random = np.random.default_rng([_SEED, year])
            weights = (random.standard_exponential(len(owner)) for _ in range(draws))
            drawn = [_places(_speeches(owner, counts, each, len(states)), at, many) for each in weights]
            low, high = np.quantile([exact, *drawn], TAILS, axis=0)
            part = pd.DataFrame({"year": year, "power": here, "percentile": exact, "n": len(states) - 2})
            parts.append(part.assign(low=np.minimum(low, exact), high=np.maximum(high, exact)))
    if not parts:
        raise StudyError(f"{one} and {', '.join(powers) or 'itself'} share no year; choose other delegations")
    rows = pd.concat(parts, ignore_index=True)
    rows["name"] = _names(rows["power"])
    columns = ["power", "name", "percentile", "low", "high", "n"]
    return rows[["year", *columns] if by == "year" else [*columns, "years", "rank"]]


def _places(speeches: sparse.csr_array, one: int, many: list[int]) -> Array:
    """Rank one speech's centred closeness to others among all speeches' closeness to them."""
    from scipy import stats  # here, for importing it takes a while

    rows, n = _weighted(speeches), speeches.shape[0]
    common = (rows @ rows.sum(axis=0) - 1) / (n - 1)  # what of `centred` differs between speeches
    close = (rows[many] @ rows.T).toarray() - common
    pairs = zip(close, many, strict=True)
    return np.array(
        [stats.percentileofscore(np.delete(row, [one, at]), row[one], kind="mean") for row, at in pairs]
    )


def ranking(close: Corpus | pd.DataFrame, to: str, *, years: Years | None = None) -> pd.DataFrame:
    """Rank all delegations by how close their speeches of several years are to one's.

    ``ranking(close, "RUS")`` says who is closest to Russia; ``ranking(close, "KAZ")`` whom Kazakhstan
    itself is closest to.

    Parameters
    ----------
    close
        The speeches, or what `similarities` gives for them.
    to
        Code or name of the delegation.
    years
        Years to take the mean over; None for all there are.

    Returns
    -------
    DataFrame
        Closest first: ``rank``, ``state``, ``name``, ``percentile`` (mean over the years), ``low``,
        ``high`` (95% interval by Student's t over the years; missing for one year), ``years`` (how
        many), ``n`` (delegations ranked, less this one).

    Examples
    --------
    >>> close = {"year": 2022, "state": ["KAZ", "BLR"], "other": "RUS", "percentile": [73.0, 98.0]}
    >>> ranking(pd.DataFrame(close), "Russia")["name"].tolist()
    ['Belarus', 'Kazakhstan']
    """
    from scipy import stats  # here, for importing it takes a while

    close = similarities(close) if isinstance(close, Corpus) else close
    to = state_code(to, close["other"].unique())
    part = close[close["other"] == to]
    if years is not None:
        part = part[part["year"].isin(years_of(years))]
        if part.empty:
            listed = ", ".join(map(str, years_of(years)))
            raise StudyError(f"{to} has no speech in {listed}; choose other years")
    table = part.groupby("state")["percentile"].agg(["mean", "sem", "size"])
    half = stats.t.ppf(TAILS[1], table["size"] - 1) * table["sem"]
    rows = pd.DataFrame({"percentile": table["mean"], "low": table["mean"] - half})
    rows = rows.assign(high=table["mean"] + half).clip(0, 100).assign(years=table["size"])
    rows = rows.sort_values("percentile", ascending=False, kind="stable").reset_index()
    rows.insert(0, "rank", np.arange(1, len(rows) + 1))
    rows.insert(2, "name", _names(rows["state"]))
    return rows.assign(n=len(rows) - 1)


def closeness_change(
    close: Corpus | pd.DataFrame,
    state: str = "KAZ",
    *,
    before: Years = PRESIDENCIES[0],
    after: Years = PRESIDENCIES[1],
    to: States = POWERS,
) -> pd.DataFrame:
    """Test whether a state's place among those close to a power moved more than other states' places.

    A state near the top can hardly rise, and falls on average when it is measured anew. So each change
    is also compared with what the other states' changes let expect of its first place (least squares
    of the later percentile on the earlier one).

    Parameters
    ----------
    close
        The speeches, or what `similarities` gives for them.
    state
        Code or name of the state.
    before, after
        Years compared.
    to
        Codes or names of the powers.

    Returns
    -------
    DataFrame
        One row a power: ``power`` (code), ``name``, ``before``, ``after`` (mean percentiles),
        ``rank_before``, ``rank_after``, ``change``, ``low``, ``high`` (95% interval by Welch's t over the
        years; missing for one year), ``world_low``, ``world_high`` (what the middle 95% of the other
        states' changes span), ``p`` (share of states that moved as far or farther from the median
        change, this one counted), ``q`` (Benjamini and Hochberg 1995, over the powers), ``expected``
        (later place expected of its earlier one), ``excess`` (``after`` less that), ``p_adjusted``
        (as ``p``, of the excess), ``detectable`` (smallest change that would have had p below .05 with
        80% power, in percentiles), ``n`` (other states).

    Examples
    --------
    >>> moves = {"KAZ": (80, 50), "BLR": (90, 95), "UZB": (60, 70), "MNG": (20, 10)}
    >>> close = pd.DataFrame([(2021 + i, s, x) for s, two in moves.items() for i, x in enumerate(two)])
    >>> close = close.set_axis(["year", "state", "percentile"], axis=1).assign(other="RUS")
    >>> closeness_change(close, before=2021, after=2022, to="Russia")[["change", "p"]].values.tolist()
    [[-30.0, 0.25]]
    """
    from scipy import stats  # here, for importing it takes a while

    close = similarities(close) if isinstance(close, Corpus) else close
    state, spans, rows = state_code(state, close["state"].unique()), two_sides(before, after), []
    for power in (state_code(one, close["other"].unique()) for one in as_list(to)):
        if power == state:
            continue
        part = close[(close["state"] == state) & (close["other"] == power)].set_index("year")["percentile"]
        own_years = [part[part.index.isin(years)] for years in spans]
        for years, values in zip(spans, own_years, strict=True):
            if values.empty:
                listed = ", ".join(map(str, years))
                raise StudyError(f"{state} and {power} share no year of {listed}; choose others")
        sides = [ranking(close, power, years=years).set_index("state") for years in spans]
        low, high = _welch(*own_years)
        both = pd.DataFrame({"before": sides[0]["percentile"], "after": sides[1]["percentile"]}).dropna()
        own, others = both.loc[state], both.drop(state)
        moved = beside_others(own["after"] - own["before"], others["after"] - others["before"])
        line = stats.linregress(others["before"], others["after"])
        expected = line.intercept + line.slope * own["before"]
        rest = others["after"] - line.intercept - line.slope * others["before"]
        change, excess = own["after"] - own["before"], own["after"] - expected
        found = {"power": power, "name": _names([power])[0], "before": own["before"], "after": own["after"]}
        found |= {"rank_before": sides[0].loc[state, "rank"], "rank_after": sides[1].loc[state, "rank"]}
        found |= {"change": change, "low": low, "high": high}
        found |= {key: moved[key] for key in ("world_low", "world_high", "p")}
        found |= {"expected": expected, "excess": excess, "p_adjusted": beside_others(excess, rest)["p"]}
        rows.append(found | {"detectable": moved["detectable"], "n": len(others)})
    table = pd.DataFrame(rows)
    table.insert(table.columns.get_loc("p") + 1, "q", stats.false_discovery_control(table["p"]))
    return table


def _welch(before: pd.Series, after: pd.Series) -> tuple[float, float]:
    """Give the 95% interval of a difference of two means (Welch 1947)."""
    from scipy import stats  # here, for importing it takes a while

    if min(len(before), len(after)) < 2:
        return np.nan, np.nan
    limits = stats.ttest_ind(after, before, equal_var=False).confidence_interval()
    return float(limits.low), float(limits.high)


def validity(close: Corpus | pd.DataFrame, groups: Mapping[str, tuple[str, str]] = GROUPS) -> pd.DataFrame:
    """Check closeness by blocs that nobody disputes.

    For each member and year: how often is a fellow member closer than a state that the group is set
    against? That is the area under the ROC curve; 0.5 is chance.

    Parameters
    ----------
    close
        The speeches, or what `similarities` gives for them.
    groups
        Name to two lists of codes, separated by spaces: members, and whom they are set against
        (empty: all other delegations).

    Returns
    -------
    DataFrame
        ``group``, ``auc``, ``low``, ``high`` (95% interval by Student's t over the members), ``n``
        (members), ``speeches``, ``weakest`` (the member with the lowest value), ``weakest_auc``.

    Examples
    --------
    >>> close = {"year": 2022, "other": "SWE", "state": ["FIN", "CUB", "PRK"], "centred": [0.3, 0.1, 0.4]}
    >>> validity(pd.DataFrame(close), {"Nordic states": ("SWE FIN", "")})["auc"].tolist()
    [0.5]
    """
    from scipy import stats  # here, for importing it takes a while

    close = similarities(close) if isinstance(close, Corpus) else close
    rows, keys = [], ["other", "year"]
    for name, (members, against) in groups.items():
        part = close[close["other"].isin(members.split())]
        part = part.assign(fellow=part["state"].isin(members.split()))
        part = part[part["fellow"] | part["state"].isin(against.split())] if against else part
        part = part.assign(rank=part.groupby(keys)["centred"].rank())
        inside = part[part["fellow"]].groupby(keys)["rank"].agg(["sum", "size"])
        outside = part.groupby(keys).size().reindex(inside.index) - inside["size"]
        above = inside["sum"] - inside["size"] * (inside["size"] + 1) / 2  # Mann and Whitney's U
        found = (above / (inside["size"] * outside))[outside > 0]
        if found.empty:
            raise StudyError(f"{name}: no year has two members and a state outside; choose other groups")
        means = found.groupby("other").mean()
        half = stats.t.ppf(TAILS[1], len(means) - 1) * means.sem()
        limits = np.clip([means.mean() - half, means.mean() + half], 0, 1)
        rows.append((name, means.mean(), *limits, len(means), len(found), means.idxmin(), means.min()))
    columns = ["group", "auc", "low", "high", "n", "speeches", "weakest", "weakest_auc"]
    return pd.DataFrame(rows, columns=columns)


def _names(codes: Sequence[str] | pd.Series) -> pd.Series:
    """Give the states' displayed names; a code that is not listed stands for itself."""
    codes = pd.Series(codes)
    return codes.map(load_states()["name"]).fillna(codes)
