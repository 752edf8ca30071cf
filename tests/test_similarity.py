"""How close delegations' words are: the published formulas, invented speeches, and the real tables."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from debate import debate
from scipy import stats

from kzpolicy.corpus import Corpus, load_corpus
from kzpolicy.measures.similarity import (
    GROUPS,
    WEIGHTINGS,
    closeness_change,
    compared_words,
    ranking,
    resemblance,
    similarities,
    validity,
)
from kzpolicy.tables import StudyError

SPEECHES = {
    "AAA": ["rivers rivers harvest", "harvest glaciers"],
    "BBB": ["rivers harvest", "glaciers glaciers wells"],
    "CCC": ["ports railways", "railways cargo wells"],
    "DDD": ["ports cargo cargo", "railways tariffs harvest"],
    "EEE": ["tariffs ports", "glaciers tariffs rivers"],
}


@pytest.fixture(scope="module")
def small() -> Corpus:
    return debate({(state, year): text for year in (2018, 2019) for state, text in SPEECHES.items()})


@pytest.fixture(scope="module")
def speeches() -> Corpus:
    return load_corpus("speeches", tables=["terms"])


@pytest.fixture(scope="module")
def close(speeches: Corpus) -> pd.DataFrame:
    return similarities(speeches)


def invented_closeness(seed: int = 1, years: tuple[int, ...] = (2018, 2019)) -> pd.DataFrame:
    """Closeness of forty states, a power P and a state K that nothing makes alike."""
    random, states = np.random.default_rng(seed), [f"S{i}" for i in range(40)] + ["P", "K"]
    rows = [(y, a, b) for y in years for a in states for b in states if a != b]
    table = pd.DataFrame(rows, columns=["year", "state", "other"]).assign(others=40)
    table["centred"] = random.normal(size=len(table))
    rank = table.groupby(["year", "other"])["centred"].rank()
    return table.assign(percentile=100 * (rank - 1) / 40)


def put(table: pd.DataFrame, year: int, state: str, percentile: float) -> None:
    """Set a state's percentile of closeness to P."""
    chosen = (table["year"] == year) & (table["state"] == state) & (table["other"] == "P")
    table.loc[chosen, "percentile"] = percentile


# What is compared, and how.


def test_names_and_common_words_are_not_compared() -> None:
    rare = [f"word{i}" for i in range(60)]
    spoken = {(f"S{i}", 2018): [f"kazakhstan the un 2018 {rare[i]} water{i % 2}"] for i in range(60)}
    paragraphs, counts, words = compared_words(debate(spoken))
    # Each rare word stands in one speech of sixty; the names, the article and the year in all.
    assert words == ["water0", "water1"]
    assert counts.toarray().sum(axis=0).tolist() == [30, 30] and len(paragraphs) == 60


def test_closeness_follows_the_published_formulas(small: Corpus) -> None:
    """Salton and Buckley's cosine, then Torgerson's centring, from plain counts."""
    words = sorted({word for text in SPEECHES.values() for line in text for word in line.split()})
    counts = np.array([[" ".join(t).split().count(word) for word in words] for t in SPEECHES.values()])
    rows = np.log(1 + counts) * np.log(5 / (counts > 0).sum(axis=0))
    rows /= np.sqrt((rows**2).sum(axis=1))[:, None]
    cosine, table = rows @ rows.T, similarities(small)
    pairs = list(combinations(range(5), 2))
    mean = [np.mean([cosine[i, j] for j in range(5) if j != i]) for i in range(5)]
    everyone = np.mean([cosine[i, j] for i, j in pairs])
    states = list(SPEECHES)
    found = table[table["year"] == 2018].set_index(["state", "other"])
    for i, j in pairs:
        one = found.loc[(states[i], states[j])]
        assert one["similarity"] == pytest.approx(cosine[i, j], abs=1e-12)
        assert one["centred"] == pytest.approx(cosine[i, j] - mean[i] - mean[j] + everyone, abs=1e-12)
        assert one["centred"] == pytest.approx(found.loc[(states[j], states[i]), "centred"], abs=1e-12)
    ranks = found.xs("AAA", level="other")["percentile"]
    assert sorted(ranks) == pytest.approx([0, 100 / 3, 200 / 3, 100]) and ranks.idxmax() == "BBB"


@pytest.mark.parametrize("weighting", WEIGHTINGS)
def test_every_weighting_finds_who_shares_a_subject(small: Corpus, weighting: str) -> None:
    table = similarities(small, weighting=weighting)
    for state, fellow in (("AAA", "BBB"), ("CCC", "DDD")):
        assert ranking(table, state)["state"].iloc[0] == fellow


def test_what_cannot_be_compared_is_said_in_one_line(small: Corpus) -> None:
    with pytest.raises(StudyError, match="no weighting 'tfidf'; near is tf-idf"):
        similarities(small, weighting="tfidf")
    with pytest.raises(StudyError, match="three delegations or more; 2018 has 2"):
        similarities(small.filter(document=["AAA_2018", "BBB_2018"]))
    with pytest.raises(StudyError, match="no delegation 'AAB'; near is AAA"):
        resemblance(small, "AAB", to="BBB")
    with pytest.raises(StudyError, match="no by 'month'"):
        resemblance(small, "AAA", to="BBB", by="month")
    with pytest.raises(StudyError, match="AAA and itself share no year"):
        resemblance(small, "AAA", to="AAA")
    with pytest.raises(StudyError, match="AAA has no speech in 2001"):
        ranking(small, "AAA", years=2001)
    with pytest.raises(StudyError, match="documents lack speaker_state"):
        similarities(load_corpus("articles"))


# Resemblance and ranking.


def test_resemblance_is_the_percentile_with_an_interval(small: Corpus) -> None:
    table = similarities(small).set_index(["year", "state", "other"])["percentile"]
    found, again = (resemblance(small, "AAA", to=SPEECHES, draws=20) for _ in range(2))
    pd.testing.assert_frame_equal(found, again)
    found = pd.concat(resemblance(small, s, to=SPEECHES, draws=20).assign(state=s) for s in SPEECHES)
    for row in found.itertuples():
        assert row.percentile == pytest.approx(table[row.year, row.state, row.power])
        assert row.low <= row.percentile <= row.high and row.n == 3
    assert 0 < (found["low"] < found["high"]).mean() < 1
    over = resemblance(small, "AAA", to=["BBB", "EEE"], by="power").set_index("power")
    ranked = ranking(small, "BBB").set_index("state").loc["AAA"]
    assert over.loc["BBB", ["percentile", "rank", "years"]].tolist() == [100, 1, 2]
    assert over.loc["BBB", "low"] == ranked["low"]


def test_speeches_of_one_paragraph_have_an_interval_of_no_width() -> None:
    """Nothing within such a speech can be weighted otherwise: only its length is, and that hardly counts."""
    spoken = {(state, 2018): [" ".join(text)] for state, text in SPEECHES.items()}
    found = resemblance(debate(spoken), "AAA", to="BBB", draws=30).iloc[0]
    assert found[["percentile", "low", "high"]].tolist() == [100, 100, 100]


def test_ranking_is_the_mean_over_years_with_students_interval() -> None:
    table = invented_closeness(years=(2018, 2019, 2020))
    for year, value in ((2018, 60.0), (2019, 72.0), (2020, 66.0)):
        put(table, year, "K", value)
    row = ranking(table, "P").set_index("state").loc["K"]
    expected = stats.ttest_1samp([60, 72, 66], 0).confidence_interval()
    assert row[["percentile", "years", "n"]].tolist() == [66, 3, 40]
    assert row[["low", "high"]].tolist() == pytest.approx([expected.low, expected.high])
    one = ranking(table, "P", years=2019).set_index("state").loc["K"]
    assert one["percentile"] == 72 and np.isnan(one["low"])


# Change.


def test_a_move_toward_a_power_is_measured_against_all_others() -> None:
    table = invented_closeness()
    put(table, 2018, "K", 0)
    put(table, 2019, "K", 100)
    row = closeness_change(table, "K", to=["P"], before=2018, after=2019).iloc[0]
    assert row[["before", "after", "change", "n"]].tolist() == [0, 100, 100, 40]
    assert row["p"] == row["q"] <= 2 / 41 and row["world_high"] < row["change"]
    assert row["rank_after"] < 3 < 39 < row["rank_before"]


def test_a_fall_that_every_top_place_suffers_is_no_finding() -> None:
    """Later places are half the earlier ones and 25, give or take a little: K, at the top, falls so too."""
    table, random = invented_closeness(), np.random.default_rng(3)
    for i, first in enumerate(np.linspace(20, 80, 40)):
        put(table, 2018, f"S{i}", first)
        put(table, 2019, f"S{i}", 25 + first / 2 + random.choice([-1, 1]))
    put(table, 2018, "K", 100)
    put(table, 2019, "K", 75)
    row = closeness_change(table, "K", to="P", before=2018, after=2019).iloc[0]
    assert row["change"] == -25 and row["p"] == pytest.approx(1 / 41)
    assert row["expected"] == pytest.approx(75, abs=1) and row["p_adjusted"] > 0.5


def test_a_change_has_welchs_interval_over_the_years() -> None:
    table, values = invented_closeness(years=(2018, 2019, 2020, 2021)), [50.0, 54.0, 70.0, 80.0]
    for year, value in zip((2018, 2019, 2020, 2021), values, strict=True):
        put(table, year, "K", value)
    row = closeness_change(table, "K", to="P", before=[2018, 2019], after=[2020, 2021]).iloc[0]
    error = np.sqrt(np.var(values[:2], ddof=1) / 2 + np.var(values[2:], ddof=1) / 2)
    free = error**4 / (4**2 + 25**2)  # each side's variance of the mean, squared, over one degree
    assert row["change"] == 23 and row["high"] - 23 == pytest.approx(stats.t.ppf(0.975, free) * error)


def test_a_state_and_a_power_that_share_no_year() -> None:
    with pytest.raises(StudyError, match="K and P share no year of 2019; choose others"):
        table = invented_closeness()
        absent = (table["year"] == 2019) & (table["state"] == "K")
        closeness_change(table[~absent], "K", to="P", before=2018, after=2019)


# Validity.


def test_validity_is_the_share_of_pairs_in_order(small: Corpus) -> None:
    table = similarities(small)
    row = validity(table, {"water": ("AAA BBB", "CCC DDD")}).iloc[0]
    pairs = table.set_index(["year", "other", "state"])["centred"]
    by_hand = [
        pairs[year, one, fellow] > pairs[year, one, other]
        for year in (2018, 2019)
        for one, fellow in (("AAA", "BBB"), ("BBB", "AAA"))
        for other in ("CCC", "DDD")
    ]
    assert row["auc"] == pytest.approx(np.mean(by_hand)) == 1
    assert row[["n", "speeches"]].tolist() == [2, 4]
    with pytest.raises(StudyError, match="alone: no year has two members"):
        validity(table, {"alone": ("AAA", "")})


# The real tables.


def test_blocs_that_nobody_disputes(close: pd.DataFrame) -> None:
    check = validity(close)
    assert check["group"].tolist() == list(GROUPS)
    assert (check["low"] > 0.6).all()


def test_every_delegation_is_ranked(speeches: Corpus, close: pd.DataFrame) -> None:
    states = set(speeches.documents["speaker_state"])
    table = ranking(close, "Russia")
    assert set(table["state"]) == states - {"RUS"} and table["state"].iloc[0] == "BLR"
    assert table["percentile"].between(0, 100).all() and table["rank"].tolist() == list(range(1, 196))
    sizes = close.groupby(["year", "other"])["percentile"].agg(["min", "max", "mean", "size"])
    assert (sizes["min"] == 0).all() and (sizes["max"] == 100).all()
    assert sizes["mean"].tolist() == pytest.approx([50] * len(sizes))


def test_no_state_is_compared_by_names(speeches: Corpus) -> None:
    words = set(compared_words(speeches)[2])
    assert words.isdisjoint({"kazakhstan", "kazakh", "russia", "russian", "american", "china", "un", "the"})
    assert {"nuclear", "ocean", "pandemic"} <= words


def test_resemblance_of_a_year_is_its_closeness(speeches: Corpus) -> None:
    part = speeches.filter(year=2022)
    found = resemblance(part, "Uzbekistan", to=["Russia", "USA"], draws=3)
    assert found["n"].tolist() == [191, 191] and found["name"].tolist() == ["Russia", "United States"]
    table = similarities(part).set_index(["state", "other"])["percentile"]
    assert found["percentile"].tolist() == pytest.approx([table["UZB", "RUS"], table["UZB", "USA"]])
