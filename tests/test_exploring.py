"""The panel's table, evidence, figure and code on an invented corpus; its controls without a browser."""

from __future__ import annotations

import doctest
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import pytest
from invented import Code, Paper, Said, invented_corpus
from pandas.testing import assert_frame_equal

from kzpolicy import StudyError, coded_pairs, exploring, load_corpus, make_theme, mean_by, theme_rates
from kzpolicy.corpus import Corpus
from kzpolicy.exploring import explore_code, explore_evidence, explore_table, validation
from kzpolicy.intervals import rate_interval
from kzpolicy.parsing import parse_corpus
from kzpolicy.quoting import HIT, in_context, own_texts

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

from kzpolicy import plots_explored  # noqa: E402
from kzpolicy.plots_explored import describe_table, explore_figure, headline  # noqa: E402

RUSSIA, CHINA = ("russia", "Russia"), ("china", "China")
PAPERS = [Paper("north", "2018-03-01", "2018-03-01"), Paper("east", "2021-11-02", "2022-02-02")]
SAYINGS = [
    Said("north:1:0", "russia and water", [RUSSIA]),  # a heading
    Said("north:1:1", "russia sells watermelons to china", [RUSSIA, CHINA]),
    Said("north:2:1", "russia waits while russia sleeps by the water", [RUSSIA]),
    Said("east:1:1", "china builds a dam and words follow", [CHINA]),
]
CODES = [
    Code("north:1:1", "russia", (1, 1, 1), (1, 1, 0), (0, 0, 0)),
    Code("north:2:1", "russia", (1, 1, 1), (-1, -1, -1), (0, 1, 1)),
    Code("east:1:1", "china", (1, 1, 0), (1, 1, 1), (1, 1, 1)),
    Code("north:1:1", "china", (0, 0, 0), (0, 0, 0), (0, 0, 0)),
]


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return invented_corpus(PAPERS, SAYINGS, CODES)


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.mark.parametrize("module", [exploring, plots_explored], ids=lambda m: m.__name__)
def test_examples_in_docstrings(module: Any) -> None:
    assert doctest.testmod(module).failed == 0


# The table.


def test_coded_means_are_those_of_mean_by(corpus: Corpus) -> None:
    table = explore_table(corpus, "coded tone", power=["russia", "china"])
    assert list(zip(table["series"], table["document"], table["n"], strict=True)) == [
        ("russia", "north", 2),
        ("russia", "east", 0),
        ("china", "north", 0),
        ("china", "east", 1),
    ]
    means = mean_by(coded_pairs(corpus), "tone", ["power", "document"])
    measured = table.dropna(subset=["value"])
    assert measured["value"].tolist() == [0.0, 1.0]
    for ours, theirs in (("value", "mean"), ("low", "low"), ("high", "high")):
        assert measured[ours].tolist() == means[theirs].tolist()


def test_automatic_means_take_every_sentence_but_headings(corpus: Corpus) -> None:
    scored = replace(corpus, mentions=corpus.mentions.assign(stance=[0.9, 0.2, 0.0, 0.4, -0.5]))
    table = explore_table(scored, "automatic stance", power="russia", document="north")
    assert table[["value", "n"]].to_numpy().tolist() == [[pytest.approx(0.3), 2]]


def test_mentions_are_counted_per_word_with_the_interval_of_rates(corpus: Corpus) -> None:
    table = explore_table(corpus, "mentions", power="russia").set_index("document")
    assert table["n"].to_dict() == {"north": 2, "east": 0}  # the heading's is left out
    assert table["words"].to_dict() == {"north": 13, "east": 7}
    expected = [10_000 * x for x in rate_interval([1, 1], [5, 8])]
    assert table.loc["north", ["value", "low", "high"]].tolist() == pytest.approx(expected)


def test_keywords_are_the_rates_of_an_own_theme(corpus: Corpus) -> None:
    table = explore_table(corpus, "keyword", keyword=[" Water* ", "dam"])
    rates = theme_rates(corpus, make_theme("x", ["water*", "dam"]))
    assert table["n"].tolist() == rates["count"].tolist() == [2, 1]
    assert table["value"].tolist() == rates["rate"].tolist()
    assert explore_table(corpus, "keyword", keyword="words")["n"].tolist() == [0, 1]


def test_themes_are_the_built_in_ones_or_own(corpus: Corpus) -> None:
    own = make_theme("rivers", ["water"]).assign(name="Rivers")
    table = explore_table(corpus, "theme", theme="rivers", themes=own)
    assert table[["name", "n"]].to_numpy().tolist() == [["Rivers", 1], ["Rivers", 0]]
    assert explore_table(load_corpus(), "theme", theme="trade")["n"].sum() > 0


def test_years_keep_what_a_range_of_dates_touches(corpus: Corpus) -> None:
    assert set(explore_table(corpus, "mentions", year=2021)["document"]) == {"east"}
    assert set(explore_table(corpus, "mentions", year=range(2015, 2019))["document"]) == {"north"}


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"measure": "warmth"}, "no measure 'warmth'; there are coded tone,"),
        ({"measure": "theme", "theme": "love"}, "no theme 'love'; there are"),
        ({"measure": "keyword"}, "no keyword given"),
        ({"measure": "keyword", "keyword": "watr"}, "'watr' does not occur in this corpus; near are water"),
        ({"measure": "keyword", "keyword": "blue dam"}, "several words; give single words"),
        (
            {"measure": "coded tone", "power": "india"},
            r"India: no code .* \(the whole corpus has 4 coded pairs",
        ),
        ({"measure": "automatic tone", "power": "india"}, "India: not named in the documents chosen"),
        ({"measure": "mentions", "power": "mars"}, "no power 'mars'"),
        ({"measure": "mentions", "document": "west"}, "no document 'west'"),
        ({"measure": "mentions", "speaker": "KAZ"}, "no speech of 'KAZ'"),
    ],
)
def test_what_cannot_be_measured_is_said(corpus: Corpus, choice: dict[str, Any], message: str) -> None:
    with pytest.raises(StudyError, match=message):
        explore_table(corpus, **choice)


def test_a_speaker_is_a_part_of_the_speeches() -> None:
    speeches = load_corpus("speeches")
    table = explore_table(speeches, "keyword", keyword="afghan*", speaker="KAZ")
    assert table["document"].tolist() == [f"KAZ_{year}" for year in range(2015, 2023)]
    counts = speeches.terms[speeches.terms["term"].astype("str").str.startswith("afghan")]
    assert (
        table["n"].sum() == counts.loc[counts["document"].astype("str").str.startswith("KAZ_"), "count"].sum()
    )


# The evidence.


def test_evidence_of_a_coded_mean_is_the_sentences_behind_it(corpus: Corpus) -> None:
    because = ["", "helps", "x", "waits", None]
    found = explore_evidence(
        replace(corpus, mentions=corpus.mentions.assign(because=because)), power="russia"
    )
    assert found["sentence"].tolist() == ["north:1:1", "north:2:1"]
    assert found["tone"].tolist() == [1, -1]
    assert found["because"].tolist() == ["helps", "waits"]


def test_evidence_of_mentions_leaves_headings_out(corpus: Corpus) -> None:
    found = explore_evidence(corpus, "mentions", power=["russia", "china"])
    assert set(zip(found["sentence"], found["power"], strict=True)) == {
        ("north:1:1", "russia"),
        ("north:1:1", "china"),
        ("north:2:1", "russia"),
        ("east:1:1", "china"),
    }


def test_evidence_of_a_keyword_is_paragraphs_that_add_up_to_its_n(corpus: Corpus) -> None:
    found = explore_evidence(corpus, "keyword", keyword="water*")
    assert found[["paragraph", "terms", "n"]].to_numpy().tolist() == [
        ["north:1", "watermelons 1", 1],
        ["north:2", "water 1", 1],
    ]


def test_validation_says_how_far_a_score_can_be_believed() -> None:
    articles = load_corpus()
    assert re.search(r"alpha 0\.\d\d .* n = \d+ pairs", validation(articles, "automatic tone"))
    none = replace(articles, codes=articles.codes.head(0))
    assert validation(none, "automatic stance").startswith("Not validated")
    assert "no human has checked" in validation(articles, "coded tone")


# Quotations, from the user's own copies.


def test_texts_are_quoted_only_where_they_are_those_measured(corpus: Corpus, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(
        "Russia & <b>China</b> trade; water flows.\n\nWater-based Water.\n", "utf-8"
    )
    row = {
        "document": "a",
        "file": "a.txt",
        "title": "T",
        "authors": "N",
        "outlet": "O",
        "date_basis": "invented",
    }
    row |= {"published_from": "2020-01-01", "published_to": "2020-01-01"}
    pd.DataFrame([row]).to_csv(tmp_path / "sources.csv", index=False)
    own = parse_corpus(tmp_path)
    texts = own_texts(own, tmp_path)
    assert texts["a:1:1"] == "Russia & <b>China</b> trade; water flows."
    named = explore_evidence(own, "mentions", power=["russia", "china"])
    left, right = HIT
    assert in_context(own, named, texts).tolist() == [
        f"Russia & <b>{left}China{right}</b> trade; water flows.",
        f"{left}Russia{right} & <b>China</b> trade; water flows.",
    ]
    paragraphs = explore_evidence(own, "keyword", keyword="water")
    assert in_context(own, paragraphs, texts).tolist() == [
        f"Russia & <b>China</b> trade; {left}water{right} flows.",
        f"Water-based {left}Water{right}.",
    ]
    (tmp_path / "a.txt").write_text("Another text about Russia.\n", "utf-8")
    assert own_texts(own, tmp_path) == {}
    with pytest.raises(StudyError, match="no such folder"):
        own_texts(own, tmp_path / "none")


def test_texts_of_a_tables_rows_can_be_quoted(tmp_path: Path) -> None:
    (tmp_path / "wire.csv").write_text(
        "id,title,date,text\nlake,The Lake,2020,Russia measures the lake.\n", "utf-8"
    )
    own = parse_corpus(tmp_path)
    assert own_texts(own, tmp_path) == {"lake:1:1": "Russia measures the lake."}


# The figure and the code.


def test_figure_draws_the_values_of_the_table(corpus: Corpus) -> None:
    table = explore_table(corpus, "coded tone", power=["russia", "china"])
    ax = explore_figure(table)
    lines = [line for line in ax.lines if line.get_transform() == ax.transData]
    drawn = [float(str(x)) for line in lines for x in np.asarray(line.get_xdata())]
    assert sorted(x for x in drawn if x == x) == [0.0, 1.0]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["North 2018", "East 2021"]
    words = [t.get_text() for t in ax.texts]
    assert words[:4] == ["0.00  n = 2", "no sentence", "no sentence", "+1.00  n = 1"]
    one = explore_figure(explore_table(corpus, "mentions", power=["russia", "china"], document="north"))
    assert [t.get_text() for t in one.get_yticklabels()] == ["Russia", "China"]


def test_headline_is_not_made_of_single_sentences(corpus: Corpus) -> None:
    table = explore_table(corpus, "coded tone", power=["russia", "china"])
    said = "Coded tone, Russia; China (n = 10 in 2 documents): 0.00 (Russia, North 2018, n = 9)"
    assert headline(table.assign(n=[9, 0, 0, 1])) == said
    assert "China, East 2021: +1.00 (n = 1)." in describe_table(table)


def test_too_many_points_are_refused(corpus: Corpus) -> None:
    table = explore_table(corpus, "mentions", power="russia")
    with pytest.raises(StudyError, match="82 points are too many"):
        explore_figure(pd.concat([table] * 41))


@pytest.mark.parametrize(
    ("study", "measure", "choice"),
    [
        ("articles", "coded tone", {"power": ["russia", "china"], "year": range(2015, 2021)}),
        ("articles", "keyword", {"keyword": ["gas*"], "document": ["clark2015"], "power": None}),
        ("speeches", "theme", {"theme": "energy", "speaker": "KAZ"}),
    ],
)
def test_code_gives_the_same_when_pasted(study: str, measure: str, choice: dict[str, Any]) -> None:
    names: dict[str, Any] = {}
    exec(explore_code(study, measure, choice), names)
    assert_frame_equal(names["table"], explore_table(load_corpus(study), measure, **choice))
    assert names["figure"].axes


def test_code_of_a_study_with_own_powers_and_themes(tmp_path: Path) -> None:
    (tmp_path / "powers.toml").write_text("")
    (tmp_path / "themes.toml").write_text("")
    code = explore_code(tmp_path, "theme", {"theme": "x"})
    assert f"powers = load_powers('{tmp_path}/powers.toml')" in code
    assert "theme='x', powers=powers, themes=themes)" in code
    assert code.endswith("explore_figure(table, powers=powers).figure")
