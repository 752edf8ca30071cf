"""The speeches: reading, tables, comparisons; invented speeches, published examples, the real tables."""

import os
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from kzpolicy import keyness, load_corpus, load_powers, load_themes, theme_counts, theme_rates
from kzpolicy.building import build_study
from kzpolicy.comparing import (
    change_test,
    dispersion,
    state_keyness,
    state_rates,
    world,
)
from kzpolicy.corpus import DATA, Corpus, read_table
from kzpolicy.errors import StudyError
from kzpolicy.formats import read_contents
from kzpolicy.intervals import rate_interval, rate_intervals
from kzpolicy.plots_speeches import plot_change, plot_dispersion, plot_resemblance, plot_world
from kzpolicy.reading import clean_paragraphs
from kzpolicy.resemblance import (
    GROUPS,
    centred,
    closeness_change,
    compared_words,
    correspondence,
    ranking,
    resemblance,
    similarities,
    speech_map,
    validity,
    weighted,
)
from kzpolicy.schema import to_file
from kzpolicy.speech_facts import speech_facts
from kzpolicy.speeches import debate_sources, load_states
from kzpolicy.themes import make_theme

TEXTS = os.environ.get("KZPOLICY_SPEECHES", "")
with_texts = pytest.mark.skipif(not TEXTS, reason="KZPOLICY_SPEECHES is not set")

# An invented record: page feet and heads, salutations, a reference and a broken hyphen.
RECORD = """Mr. President,
Excellencies, Ladies and Gentlemen,
The harvest of this invented land was good, and its people thank the many friends who came to the
15-29431 12/51
\x0c
29/09/2015 A/70/PV.16
valley (see A/69/PV.3) with well- made tools, low- and high-priced.
* * *
(spoke in French)
Dear friends, we will plant again.
• Trees by the river;
"""


def speech_folder(folder: Path, texts: dict[str, str]) -> Path:
    folder.mkdir()
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text, "utf-8")
    return folder


@pytest.fixture(scope="module")
def speeches() -> Corpus:
    return load_corpus("speeches")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Four invented delegations in two years."""
    texts = {}
    for year, session in ((2018, 73), (2019, 74)):
        for state, word in (("KAZ", "trade"), ("RUS", "trade"), ("CHN", "ocean"), ("USA", "ocean")):
            more = " Nuclear tests must end." if (state, year) == ("KAZ", 2019) else ""
            line = f"We speak of {word} and of {word} again in the hall of our friends today.{more}"
            texts[f"{state}_{session}_{year}"] = f"{line}\nThe Security Council heard of security.\n"
    folder = speech_folder(tmp_path_factory.mktemp("texts") / "debate", texts)
    return build_study(folder, tmp_path_factory.mktemp("study") / "invented")


# Reading.


def test_marks_salutations_and_remarks_leave_a_speech_and_are_counted() -> None:
    paragraphs, left_out = clean_paragraphs(RECORD, layout="speech")
    assert [text for _, _, text in paragraphs] == [
        "The harvest of this invented land was good, and its people thank the many friends who came to the "
        "valley with well-made tools, low- and high-priced.",
        "Dear friends, we will plant again.",
        "• Trees by the river;",
    ]
    assert {kind for _, kind, _ in paragraphs} == {"body"}
    assert left_out == [
        (1, "salutation", 2),
        (2, "salutation", 4),
        (4, "page mark", 2),
        (5, "page mark", 0),
        (6, "page mark", 2),
        (7, "hyphen before a lost line break; reference by the record's editor", 3),
        (8, "page mark", 3),
        (9, "remark by the record's editor", 3),
    ]
    kept = sum(len(text.split()) for _, _, text in paragraphs)
    assert kept + sum(words for _, _, words in left_out) == len(RECORD.split())


def test_marks_that_come_to_stand_by_a_join_or_a_cut_leave_too() -> None:
    text = "Snow fell (see (resolution 1/2) resolution 3/4) at noon.\nIt was well-\nmade; we ate."
    paragraphs, left_out = clean_paragraphs(text, layout="speech")
    assert [text for _, _, text in paragraphs] == ["Snow fell at noon.", "It was well-made; we ate."]
    assert [(line, words) for line, _, words in left_out] == [(1, 5), (2, 1)]


@pytest.mark.parametrize(
    "line",
    ["Mr. President,", "EXCELLENCIES!", "Distinguished delegates, ladies and gentlemen:", "Your Majesties,"],
)
def test_salutations(line: str) -> None:
    _, left_out = clean_paragraphs(f"{line}\nThe sea rose.", layout="speech")
    assert [reason for _, reason, _ in left_out] == ["salutation"]


@pytest.mark.parametrize(
    "line",
    ["The President is wrong.", "Friends do not invade.", "Climate change", "Thank you, Mr. President."],
)
def test_lines_that_say_something_stay(line: str) -> None:
    paragraphs, _ = clean_paragraphs(f"{line}\nThe sea rose.", layout="speech")
    assert [text for _, _, text in paragraphs] == [line, "The sea rose."]


def test_a_long_address_joins_no_sentence() -> None:
    line = "Your Excellency, Mr. President, Mr. Secretary-General, my dear colleagues and friends,"
    paragraphs, left_out = clean_paragraphs(f"{line}\nThe sea rose.", layout="speech")
    assert paragraphs == [(1, "body", "The sea rose.")] and left_out == [(1, "salutation", 11)]


def test_a_very_long_address_is_read_at_once() -> None:
    clean_paragraphs("Mr. President, " * 2000 + "Esq", layout="speech")


def test_facts_come_from_the_names_of_files(tmp_path: Path) -> None:
    folder = speech_folder(tmp_path / "a", {"KAZ_74_2019": "We speak.", "EU_74_2019": "We speak."})
    sources = debate_sources(folder)
    assert sources is not None
    row = sources.set_index("document").loc["KAZ_2019"]
    assert (row["speaker_state"], row["authors"]) == ("KAZ", "Kassym-Jomart Tokayev")
    assert (row["published_from"], row["published_to"]) == ("2019-09-24", "2019-09-30")
    assert debate_sources(speech_folder(tmp_path / "b", {"essay": "No."})) is None
    with pytest.raises(StudyError, match="session 73 is not that of 2019"):
        debate_sources(speech_folder(tmp_path / "c", {"KAZ_73_2019": "We speak."}))


# Counting and comparing.


def test_what_is_not_meant_is_taken_off_in_view(small: Corpus) -> None:
    counts = theme_counts(small).query("theme == 'security' and document == 'KAZ_2018'")
    assert dict(zip(counts["term"], counts["count"], strict=True)) == {"security": 2, "security council": -1}
    rates = theme_rates(small).set_index(["theme", "document"])
    assert rates.loc[("security", "KAZ_2018"), "count"] == 1


def test_intervals_of_many_groups_are_those_of_each() -> None:
    random = np.random.default_rng(1)
    totals = random.integers(5, 150, 60)
    counts, groups = random.binomial(totals, 0.03), random.integers(0, 7, 60)
    together = np.array(rate_intervals(counts, totals, groups, 7)).T
    for group in range(7):
        alone = rate_interval(counts[groups == group], totals[groups == group])
        assert together[group] == pytest.approx(alone, rel=1e-12)


def test_world_and_change_on_invented_speeches(small: Corpus) -> None:
    table = world(state_rates(small)).set_index(["theme", "year"])
    trade = table.loc[("trade", 2018)]
    # Two of the three others never speak of trade; Russia as much as Kazakhstan: a tie counts half.
    assert (trade["count"], trade["others"], trade["median"]) == (2, 3, 0)
    assert trade["percentile"] == pytest.approx(100 * 2.5 / 3)
    test = change_test(small, before=[2018], after=[2019]).set_index("theme")
    assert test.loc["nuclear", "before"] == 0 < test.loc["nuclear", "change"]
    assert test.loc["nuclear", ["world", "percentile", "p", "others"]].tolist() == [0, 100, 0.25, 3]
    assert test.loc["energy", ["change", "p"]].tolist() == [0, 1]
    with pytest.raises(StudyError, match="KAZ has no speech in 2001 to 2002"):
        change_test(small, before=[2001, 2002], after=[2019])


def test_any_state_and_own_keywords(small: Corpus) -> None:
    table = world(state_rates(small, make_theme("Sea", ["ocean*"])), "USA")
    assert table["count"].tolist() == [2, 2]
    with pytest.raises(StudyError, match="'blue sea' was not counted"):
        make_theme("Sea", ["blue sea"])
    with pytest.raises(StudyError, match="no speech of 'XYZ'"):
        world(state_rates(small), "XYZ")


def test_dispersion_of_an_invented_speech(small: Corpus) -> None:
    places = dispersion(small).query("theme == 'nuclear'")
    assert places[["document", "paragraph", "count", "terms"]].to_numpy().tolist() == [
        ["KAZ_2019", 1, 1, "nuclear"]
    ]
    assert 0 < places["place"].item() < 0.5


def test_keyness_of_a_state_follows_the_published_formula(small: Corpus) -> None:
    found = state_keyness(small, years=[2019], against=[2018]).set_index("term")
    assert found.index[0] in {"nuclear", "tests", "end"} and found["documents"].iloc[0] == 1
    again = keyness(pd.Series({"gas": 8, "tea": 2}), pd.Series({"gas": 2, "tea": 8}), prior_words=None)
    expected = np.log(18 / 12) - np.log(12 / 18)
    assert again.set_index("term").loc["gas", "log_odds"] == pytest.approx(expected)


# Resemblance.

SMOKING = np.array(
    [[4, 2, 3, 2], [4, 3, 7, 4], [25, 10, 12, 4], [18, 24, 33, 13], [10, 6, 7, 2]], dtype=float
)


def test_correspondence_analysis_gives_greenacres_smoking_example() -> None:
    """Greenacre (1984, table 3.1 and its analysis): staff groups by smoking."""
    rows, columns, inertias = correspondence(SMOKING)
    assert inertias == pytest.approx([0.07476, 0.01002, 0.00041], abs=5e-6)
    assert np.abs(rows[:, 0]) == pytest.approx([0.0658, 0.2590, 0.3806, 0.2330, 0.2011], abs=5e-5)
    assert np.abs(columns[:, 0]) == pytest.approx([0.3933, 0.0995, 0.1963, 0.2938], abs=5e-5)


def test_what_a_whole_year_says_moves_nobody() -> None:
    table = np.array([[8, 2, 1], [2, 8, 1], [8, 2, 50], [2, 8, 50]], dtype=float)
    rows, _, inertias = correspondence(table, np.array([0, 0, 1, 1]))
    assert inertias[1] < 1e-10 < inertias[0]
    assert np.sign(rows[0, 0]) == np.sign(rows[2, 0]) == -np.sign(rows[1, 0])


def test_centred_similarity_leaves_no_main_effect() -> None:
    rows = weighted(np.random.default_rng(1).poisson(2.0, (9, 40)).astype(float))
    table = centred(rows @ rows.T)
    off = table - np.diag(np.diag(table))
    assert off.sum(axis=1).mean() == pytest.approx(0, abs=1e-12)


def test_no_state_is_compared_by_names(speeches: Corpus) -> None:
    words = set(compared_words(speeches).words)
    assert words.isdisjoint({"kazakhstan", "kazakh", "russia", "russian", "american", "china", "un", "the"})
    assert {"nuclear", "ocean", "pandemic"} <= words
    assert set(speeches.documents["speaker_state"]) == set(load_states().index)


def test_disputed_by_nobody(speeches: Corpus) -> None:
    similar = similarities(speeches)
    check = validity(similar)
    assert check["group"].tolist() == list(GROUPS)
    assert (check["low"] > 0.6).all()
    near_russia = ranking(similar, "RUS")
    assert near_russia["state"].iloc[0] == "BLR"
    assert len(near_russia) == 196 - 1 and near_russia["percentile"].between(0, 100).all()


def test_a_move_toward_a_power_is_measured_against_all_others() -> None:
    random, states = np.random.default_rng(1), [f"S{i}" for i in range(40)] + ["P", "K"]
    similar = {}
    for year in (2018, 2019):
        table = pd.DataFrame(random.normal(size=(42, 42)), index=states, columns=states)
        table.loc["P", "K"] = 9 if year == 2019 else -9
        similar[year] = table
    row = closeness_change(similar, "K", to=["P"], before=[2018], after=[2019]).iloc[0]
    assert (row["before"], row["after"], row["change"], row["others"]) == (0, 100, 100, 40)
    assert row["p"] <= 2 / 41 and row["high"] < row["change"]


def test_facts_and_figures_of_the_speeches(speeches: Corpus) -> None:
    found = speech_facts(speeches, draws=2)
    assert (found["speeches"], found["delegations"]) == ("1,554", "196")
    rates = world(state_rates(speeches)).query("theme == 'nuclear'")
    assert found["speech_rate_nuclear_2019"] == f"{rates.query('year == 2019')['rate'].item():.0f}"
    figure, axes = plt.subplots(1, 4)
    assert plot_world(rates, axes[0], events={"war": 2022.1}).get_ylim()[0] == 0
    assert plot_change(change_test(speeches), axes[1]).get_yticklabels()
    assert plot_dispersion(dispersion(speeches).query("theme == 'trade'"), axes[2]).lines
    close = pd.DataFrame(
        {"year": [2015], "power": ["DEU"], "percentile": [60.0], "low": [9.0], "high": [90.0]}
    )
    assert plot_resemblance(close, load_powers(), axes[3]).get_title("left") == "Germany"
    plt.close(figure)


def test_resemblance_holds_its_interval_and_repeats(speeches: Corpus) -> None:
    part = speeches.filter(year=2022)
    first, again = (resemblance(part, "UZB", to=["RUS", "USA"], draws=5) for _ in range(2))
    pd.testing.assert_frame_equal(first, again)
    assert first["percentile"].between(first["low"], first["high"]).all()
    assert first["others"].tolist() == [191, 191]


def test_the_map_is_fixed_in_orientation(speeches: Corpus) -> None:
    places, words = speech_map(speeches)
    means = places.groupby("state")[["axis1", "axis2"]].mean()
    assert (means.loc["USA"] > 0).all()
    assert words[["share1", "share2"]].sum().tolist() == pytest.approx([1, 1])
    islands = means.loc[["FJI", "TUV", "MHL", "PLW", "KIR"], "axis1"]
    assert islands.max() < means.loc[["ISR", "SYR", "IRN", "RUS"], "axis1"].min()


# The real tables.


def test_tables_of_the_speeches(speeches: Corpus) -> None:
    documents = speeches.documents
    assert len(documents) == 1554 and documents["document"].is_unique
    assert documents.groupby(documents["published_from"].dt.year).size().tolist() == [
        193, 194, 196, 196, 195, 193, 194, 193,
    ]  # fmt: skip
    assert len(documents.query("speaker_state == 'KAZ'")) == 8
    words = speeches.terms[~speeches.terms["term"].astype("str").str.contains(" ")]
    counted = words.groupby("document", observed=True)["count"].sum()
    assert counted.to_dict() == documents.set_index("document")["words"].to_dict()
    assert (speeches.sentences["kind"] == "body").all()


def test_sizes_of_the_files() -> None:
    sizes = {path.name: path.stat().st_size for path in (DATA / "speeches").iterdir()}
    assert sizes["terms.parquet"] <= 6_000_000 and sum(sizes.values()) <= 10_000_000


def test_a_parquet_table_that_is_none_is_refused(speeches: Corpus) -> None:
    name, content = to_file(speeches.terms, "terms")
    assert name == "terms.parquet" and content == (DATA / "speeches" / name).read_bytes()
    with pytest.raises(StudyError, match="terms.parquet: not a Parquet table"):
        read_table(content[:-100], "terms", Path("terms.parquet"))


def test_every_theme_count_can_be_followed(speeches: Corpus) -> None:
    counts = theme_counts(speeches)
    summed = counts.groupby(["theme", "document"], observed=True)["count"].sum()
    rates = theme_rates(speeches).set_index(["theme", "document"])["count"]
    assert rates[rates > 0].to_dict() == summed[summed > 0].to_dict()
    assert (rates >= 0).all() and set(counts["pattern"]) <= set(load_themes()["term"])


@with_texts
def test_rebuilt_tables_are_the_committed_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = tmp_path / "speeches"
    study.mkdir()
    for name in ("codes", "paraphrases", "events", "exceptions"):  # written by people, kept by a build
        (study / f"{name}.csv").write_bytes((DATA / "speeches" / f"{name}.csv").read_bytes())
    build_study(TEXTS, study)
    committed = {p.name: p.read_bytes() for p in (DATA / "speeches").iterdir()}
    assert {p.name: p.read_bytes() for p in study.iterdir()} == committed
    assert "read 1,554 of 1,554 texts" in capsys.readouterr().err


@with_texts
def test_every_word_of_a_file_is_kept_or_counted_as_left_out() -> None:
    for path in sorted(Path(TEXTS).glob("*.txt"))[::20]:
        text = read_contents(path).text
        paragraphs, left_out = clean_paragraphs(text, layout="speech")
        kept = sum(len(paragraph.split()) for _, _, paragraph in paragraphs)
        assert kept + sum(words for _, _, words in left_out) == len(text.split()), path.name
