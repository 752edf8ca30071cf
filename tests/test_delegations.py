"""A state beside all others: rates, changes and whom it names, on invented speeches and the real tables."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
from debate import debate
from scipy import stats

from kzpolicy.corpus import Corpus, load_corpus, state_code
from kzpolicy.measures.delegations import (
    beside_others,
    change_test,
    named,
    state_rates,
    world,
)
from kzpolicy.tables import StudyError

Counts = Mapping[tuple[str, str, int], int]


def invented_rates(counts: Counts, words: int = 1000) -> pd.DataFrame:
    """Rates from counts by theme, state and year, all speeches of the same length."""
    frame = pd.DataFrame([(*key, count) for key, count in counts.items()])
    frame.columns = pd.Index(["theme", "state", "year", "count"])
    return frame.assign(name=frame["theme"].str.title(), words=words, rate=1e4 * frame["count"] / words)


def placebos(themes: int, states: int = 40, mean: float = 10.0) -> dict[tuple[str, str, int], int]:
    """Counts of themes t0, t1 … of states S0, S1 … in four years, without any change."""
    random = np.random.default_rng(1)
    keys = [(f"t{t}", f"S{s}", y) for t in range(themes) for s in range(states) for y in range(2018, 2022)]
    return dict(zip(keys, random.poisson(mean, len(keys)).tolist(), strict=True))


SIDES = {"before": [2018, 2019], "after": [2020, 2021]}


@pytest.fixture(scope="module")
def small() -> Corpus:
    """Four delegations in two years; Kazakhstan takes up nuclear words in the second."""
    spoken = {}
    for year in (2018, 2019):
        for state, word in (("KAZ", "trade"), ("RUS", "trade"), ("CHN", "ocean"), ("USA", "ocean")):
            more = " nuclear" if (state, year) == ("KAZ", 2019) else " today"
            spoken[state, year] = [f"we speak of {word} and of {word}{more}", "we thank our friends"]
    return debate(spoken)


@pytest.fixture(scope="module")
def speeches() -> Corpus:
    return load_corpus("speeches", tables=["sentences", "mentions", "terms"])


# Rates and the world.


def test_world_sets_a_state_beside_the_others_of_its_year(small: Corpus) -> None:
    table = world(state_rates(small), "Kazakhstan").set_index(["theme", "year"])
    trade = table.loc[("trade", 2018)]
    # Two of the three others never speak of trade; Russia as much as Kazakhstan: a tie counts half.
    assert trade[["count", "words", "others", "median"]].tolist() == [2, 12, 3, 0]
    assert trade["rate"] == pytest.approx(1e4 * 2 / 12)
    assert trade["percentile"] == pytest.approx(100 * 2.5 / 3)
    assert trade["q3"] == pytest.approx(1e4 * 1 / 12)  # half way between none and Russia's rate


@pytest.mark.parametrize("name", ["KAZ", "kaz", "Kazakhstan", "kazakhstan"])
def test_states_go_by_code_and_name(name: str) -> None:
    assert state_code(name, ["RUS", "KAZ"]) == "KAZ"


def test_a_state_that_does_not_speak_is_named_with_the_nearest(small: Corpus) -> None:
    rates = state_rates(small)
    with pytest.raises(StudyError, match="no delegation 'Kazakstan'; near is Kazakhstan"):
        world(rates, "Kazakstan")
    with pytest.raises(StudyError, match="no delegation 'Mongolia'; .*known are CHN, KAZ, RUS, USA, China"):
        change_test(rates, "Mongolia")
    with pytest.raises(StudyError, match="KAZ has no speech in 2001, 2002; choose other years"):
        change_test(rates, before=[2001, 2002], after=2019)
    with pytest.raises(StudyError, match="'last' is not a year"):
        change_test(rates, before="last", after=2019)  # type: ignore[arg-type]
    with pytest.raises(StudyError, match="2019 is both before and after"):
        change_test(rates, before=[2018, 2019], after=2019)
    with pytest.raises(StudyError, match="documents lack speaker_state"):
        state_rates(load_corpus("articles"))


def test_no_other_state_is_an_error_not_a_number(small: Corpus) -> None:
    alone = state_rates(small.filter(speaker="KAZ"))
    with pytest.raises(StudyError, match="no other delegation spoke in both sets of years"):
        change_test(alone, before=2018, after=2019)


# Changes.


def test_a_change_stands_beside_the_changes_of_all_others() -> None:
    found = beside_others(5.0, [-3.0, -1.0, 0.0, 1.0, 5.0])
    assert (found["world"], found["percentile"]) == (0, 90)
    assert found["p"] == pytest.approx(2 / 6)  # itself and the one that is as far


@pytest.mark.parametrize("sign", [1, -1])
def test_what_is_detectable_is_detected_in_four_cases_of_five(sign: int) -> None:
    others = np.random.default_rng(1).gumbel(size=5000)
    size = beside_others(sign * 50.0, others)["detectable"]
    middle = np.median(others)
    limit = np.quantile(np.abs(others - middle), 0.95)
    assert (np.abs(others + sign * size - middle) > limit).mean() == pytest.approx(0.8, abs=0.01)


def test_change_and_what_of_it_is_everybodys(small: Corpus) -> None:
    counts = {("war", s, y): 2 for s in ("RUS", "CHN", "USA") for y in (2018, 2019)}
    counts |= {("war", s, 2019): n for s, n in (("RUS", 4), ("CHN", 5), ("USA", 9))}
    counts |= {("war", "KAZ", 2018): 3, ("war", "KAZ", 2019): 9}
    row = change_test(invented_rates(counts), before=2018, after=2019).iloc[0]
    assert row[["before", "after", "change", "world", "excess"]].tolist() == [30, 90, 60, 30, 30]
    assert row[["n_before", "n_after", "others"]].tolist() == [3, 9, 3]
    assert row["ratio"] == pytest.approx(9.5 / 3.5)
    assert row["percentile"] == pytest.approx(100 * 2 / 3)
    assert row[["state", "period"]].tolist() == ["KAZ", "2018 to 2019"]
    assert row["visible_from"] == pytest.approx(row["world"] + row["detectable"])
    # Twenty and thirty less than, forty more than; the median of the others' changes is 30.
    assert row["p"] == row["q"] == pytest.approx(2 / 4)


def test_the_largest_of_many_themes_can_reject_where_corrected_p_values_cannot() -> None:
    counts = placebos(11) | {(f"t{t}", "KAZ", y): 10 for t in range(11) for y in range(2018, 2022)}
    counts |= {("t3", "KAZ", 2020): 60, ("t3", "KAZ", 2021): 60}
    table = change_test(invented_rates(counts), **SIDES).set_index("theme")  # type: ignore[arg-type]
    one = table.loc["t3"]
    assert one["p"] == pytest.approx(1 / 41) and one["q"] == pytest.approx(11 / 41)
    assert one["p_family"] == pytest.approx(1 / 41) and one["finding"] == "unusual"
    assert (table["p_all"] == one["p_all"]).all() and one["p_all"] == pytest.approx(1 / 41)
    assert (table["p_family"] >= table["p_scaled"]).all()
    assert set(table.drop(index="t3")["finding"]) <= {"not unusual", "could not have been seen"}


@pytest.mark.parametrize(("spoken", "finding"), [(100, "not unusual"), (1, "could not have been seen")])
def test_what_is_spoken_of_too_rarely_could_not_have_been_seen(spoken: int, finding: str) -> None:
    counts = placebos(1) | {("t0", "KAZ", y): spoken for y in range(2018, 2022)}
    row = change_test(invented_rates(counts), **SIDES).iloc[0]  # type: ignore[arg-type]
    assert row["finding"] == finding
    assert (row["detectable"] > row["before"]) == (finding == "could not have been seen")


def test_intervals_hold_no_change_in_nineteen_cases_of_twenty() -> None:
    """Counts of states that speak now much, now little of a theme, and never change."""
    random, states = np.random.default_rng(2), 40
    counts = {}
    for s in range(states):
        usual = random.gamma(4, 5)
        for year in range(2015, 2023):
            counts["t", f"S{s}", year] = int(random.negative_binomial(4, 4 / (4 + usual)))
    rates, held = invented_rates(counts, 2000), 0
    for s in range(states):
        row = change_test(rates, f"S{s}").iloc[0]
        held += row["low"] <= 0 <= row["high"]
        assert row["low"] <= row["change"] <= row["high"]
        assert row["shrunken_low"] <= row["shrunken"] <= row["shrunken_high"]
    assert 0.85 <= held / states < 1


def doubling(rest: Counts) -> pd.Series:
    """Test a state that doubles beside others."""
    own = {("t0", "KAZ", y): n for y, n in zip(range(2018, 2022), (20, 20, 40, 40), strict=True)}
    row = change_test(invented_rates({**rest, **own}), **SIDES).iloc[0]  # type: ignore[arg-type]
    assert row["ratio"] == pytest.approx(2, abs=0.1)
    return row


def test_a_ratio_is_drawn_to_the_others_as_far_as_they_are_alike() -> None:
    alike = placebos(1, mean=20)
    row = doubling(alike)
    assert row["world_ratio"] == pytest.approx(1, abs=0.1) and 1 < row["shrunken"] < 1.5
    row = doubling({(t, s, y): n * (2 if y > 2019 else 1) for (t, s, y), n in alike.items()})
    assert row["world_ratio"] == pytest.approx(2, abs=0.2) and row["shrunken"] == pytest.approx(1, abs=0.05)
    # Half of the others triple: the logarithms spread by half of log 3 around their mean.
    row = doubling(
        {(t, s, y): n * (3 if y > 2019 and int(s[1:]) % 2 else 1) for (t, s, y), n in alike.items()}
    )
    error = np.log(row["ratio_high"] / row["ratio"]) / 1.96
    spread = np.log(3) ** 2 / 4
    kept = spread / (spread + error**2)
    beyond = np.log(row["ratio"] / row["world_ratio"])
    assert np.log(row["shrunken"]) == pytest.approx(kept * beyond, rel=0.2)


# Whom a state names.


@pytest.fixture(scope="module")
def naming() -> Corpus:
    return debate(
        {
            ("KAZ", 2022): ["we met friends", "we trade", "Russia and China met", "we saw Russia"],
            ("MNG", 2022): ["Russia is near", "China is near"],
            ("UZB", 2022): ["we met friends"],
        }
    )


def test_sentences_that_name_each_power(naming: Corpus) -> None:
    table = named(naming).set_index("power")
    assert table.index.tolist() == list(naming.powers.keys)
    assert table.loc["russia", ["name", "n", "sentences"]].tolist() == ["Russia", 3, 7]
    assert table.loc["russia", "share"] == pytest.approx(3 / 7)
    assert (table["low"] <= table["share"]).all() and (table["share"] <= table["high"]).all()


def test_a_state_is_set_beside_those_that_never_name(naming: Corpus) -> None:
    table = named(naming, "Kazakhstan").set_index("power")
    assert table.loc["china", ["n", "sentences", "share", "others"]].tolist() == [1, 4, 0.25, 2]
    assert table.loc["china", ["median", "never"]].tolist() == [0.25, 0.5]
    # Nothing found in four paragraphs: (1 - x) ** 4 is 2.5% at the upper limit.
    assert table.loc["iran", ["share", "low"]].tolist() == [0, 0]
    assert (1 - table.loc["iran", "high"]) ** 4 == pytest.approx(0.025)


# The real tables.


def test_kazakhstan_names_neither_neighbour(speeches: Corpus) -> None:
    part = speeches.filter(year=[2015, 2020, 2021, 2022])
    table = named(part, "Kazakhstan").set_index("power")
    assert table.loc[["russia", "china"], "n"].tolist() == [0, 0]
    texts = part.filter(speaker="KAZ").mentions["power"]
    assert not {"russia", "china"} & set(texts)
    assert (table["others"] == part.documents["speaker_state"].nunique() - 1).all()


def test_the_published_comparison_of_presidencies(speeches: Corpus) -> None:
    rates = state_rates(speeches)
    assert len(rates) == len(speeches.documents) * rates["theme"].nunique()
    table = change_test(rates)
    assert (table["others"] == 195).all() and (table["p"] >= 1 / 196).all()
    own = rates[rates["state"] == "KAZ"].groupby("theme")["count"].sum()
    counted = table.set_index("theme")[["n_before", "n_after"]].sum(axis=1)
    assert counted.to_dict() == own.to_dict()
    assert table["q"].tolist() == pytest.approx(stats.false_discovery_control(table["p"]).tolist())
    assert table["change"].tolist() == pytest.approx((table["world"] + table["excess"]).tolist())
