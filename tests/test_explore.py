"""One question to a corpus: tables equal the measures, evidence stands behind them, nothing is remembered."""

from __future__ import annotations

import dataclasses
from typing import Any

import pandas as pd
import pytest
from invented import Code, Paper, Said, invented_corpus

from kzpolicy.corpus import Corpus, load_corpus
from kzpolicy.explore import QUESTIONS, explore_evidence, explore_figure, explore_table, validation
from kzpolicy.measures.tone import coded_pairs, mean_by, mention_pairs
from kzpolicy.tables import StudyError

RUSSIA, CHINA = ("russia", "moscow"), ("china", "beijing")
SAYINGS = [
    Said("north:1:0", "moscow speaks of rails"),  # a heading: not counted
    Said("north:1:1", "moscow and beijing trade by rail", [RUSSIA, CHINA]),
    Said("north:1:2", "beijing builds the belt and road", [CHINA]),
    Said("north:2:1", "the railway is long"),
    Said("east:1:1", "moscow trades less", [RUSSIA]),
]
CODES = [
    Code("north:1:1", "russia", (1, 1, 1), (-1, -1, -1), (1, 1, 1)),
    Code("north:1:1", "china", (1, 1, 1), (1, 1, 1), (0, 0, 0)),
    Code("north:1:2", "china", (1, 1, 1), (0, 0, 0), (0, 0, 0)),
    Code("east:1:1", "russia", (0, 0, 0), (1, 1, 1), (1, 1, 1)),  # the name does not mean the power
]


@pytest.fixture
def corpus() -> Corpus:
    papers = [Paper("north", "2015-03-01", "2015-03-01"), Paper("east", "2022-01-01", "2022-01-01")]
    return invented_corpus(papers, SAYINGS, CODES, phrases=["belt and road"])


@pytest.fixture(scope="session")
def articles() -> Corpus:
    return load_corpus("articles")


def test_a_table_has_a_row_a_power_and_document(corpus: Corpus) -> None:
    table = explore_table(corpus, "tone")
    assert table[["power", "document", "n"]].to_numpy().tolist() == [
        ["russia", "north", 1],
        ["russia", "east", 0],
        ["china", "north", 2],
        ["china", "east", 0],
    ]
    assert table["mean"].tolist()[0] == -1 and table["mean"].tolist()[2] == 0.5
    assert table["mean"].isna().tolist() == [False, True, False, True]
    assert set(table["measure"]) == {"tone"} and table["label"].tolist()[:2] == ["North 2015", "East 2022"]


@pytest.mark.parametrize("measure", ["tone", "stance", "tone_score", "stance_score"])
def test_means_are_those_of_mean_by(articles: Corpus, measure: str) -> None:
    pairs = mention_pairs(articles) if measure.endswith("score") else coded_pairs(articles)
    whole = mean_by(pairs, measure, ["power", "document"]).astype({"power": "str", "document": "str"})
    whole = whole.set_index(["power", "document"]).sort_index()
    table = explore_table(articles, measure)
    table = table[table["n"] > 0].set_index(["power", "document"]).sort_index()
    assert (table["n"] == whole["n"]).all()
    for column in ("mean", "low", "high"):  # the order of draws may differ, the values may not
        assert table[column].tolist() == pytest.approx(whole[column].tolist(), abs=1e-9)


def test_keywords_are_counted_each_for_itself(corpus: Corpus) -> None:
    table = explore_table(corpus, "keyword", keyword=["rail*", "belt and road"])
    counts = table[["keyword", "document", "count"]].to_numpy().tolist()
    assert counts[:2] == [["rail*", "north", 2], ["rail*", "east", 0]]
    assert counts[2:] == [["belt and road", "north", 1], ["belt and road", "east", 0]]
    one = explore_table(corpus, "keyword", keyword="rail*", document="North 2015")
    assert one["rate"].tolist() == [pytest.approx(2 / 16 * 10_000)]


def test_themes_come_from_the_corpus(corpus: Corpus) -> None:
    own = pd.DataFrame(
        {"theme": "rails", "name": "Railways", "why": "", "term": ["rail", "railway"], "sign": 1}
    )
    corpus.themes = own
    for asked in ("rails", "Railways", None):
        table = explore_table(corpus, "theme", theme=asked)
        assert table[["name", "count"]].to_numpy().tolist() == [["Railways", 2], ["Railways", 0]]
    with pytest.raises(StudyError, match="no theme 'war'; known are rails"):
        explore_table(corpus, "theme", theme="war")


def test_nothing_is_remembered_of_a_corpus(corpus: Corpus) -> None:
    before = explore_table(corpus, "tone", power="China", document="north")["mean"].item()
    corpus.codes.loc[corpus.codes["power"] == "china", "tone"] = -1
    assert before == 0.5
    assert explore_table(corpus, "tone", power="China", document="north")["mean"].item() == -1


def test_evidence_is_what_was_counted(articles: Corpus) -> None:
    for measure in ("tone", "tone_score"):
        table = explore_table(articles, measure, power=["russia", "china"])
        evidence = explore_evidence(articles, measure, power=["russia", "china"])
        counts = evidence.groupby(["power", "label"]).size()
        missing = table["missing"].sum()
        assert counts.sum() == table["n"].sum() + missing
        assert {"sentence", "aliases", "because", "paraphrase", "url"} <= set(evidence)
    table = explore_table(articles, "theme", theme="trade")
    assert explore_evidence(articles, "theme", theme="trade")["n"].sum() == table["count"].sum()


def test_evidence_of_words_names_its_paragraphs(corpus: Corpus) -> None:
    found = explore_evidence(corpus, "keyword", keyword=["rail*", "trade*"])
    rows = {row["paragraph"]: (set(row["terms"].split(", ")), row["n"]) for row in found.to_dict("records")}
    assert rows == {
        "north:1": ({"rail 1", "trade 1"}, 2),
        "north:2": ({"railway 1"}, 1),
        "east:1": ({"trades 1"}, 1),
    }
    assert "text" not in found


def test_evidence_has_the_text_where_there_is_one(corpus: Corpus) -> None:
    texts = pd.DataFrame([(said.sentence, said.text) for said in SAYINGS], columns=["sentence", "text"])
    with_texts = dataclasses.replace(corpus, texts=texts)
    found = explore_evidence(with_texts, "keyword", keyword="railway")
    assert found["text"].tolist() == ["the railway is long"]
    assert "beijing builds" in explore_evidence(with_texts, "tone", power="china")["text"].iloc[1]


@pytest.mark.parametrize(
    ("measure", "choice", "words"),
    [
        ("tonne", {}, "no measure 'tonne'; near is tone"),
        ("tone", {"power": "Chnia"}, "no power 'Chnia'; near is china"),
        ("tone", {"document": "nroth"}, "nroth"),
        ("tone", {"year": 1999}, "no document of 1999; there are documents of 2015 to 2022"),
        ("tone", {"power": "India"}, "India: no value of tone in the documents chosen"),
        ("keyword", {}, "keyword: give one or several words"),
        ("keyword", {"keyword": "railwy"}, "no word 'railwy'; near is railway"),
    ],
)
def test_errors_say_what_is_near(corpus: Corpus, measure: str, choice: dict[str, Any], words: str) -> None:
    with pytest.raises(StudyError, match=words.replace("(", r"\(")) as error:
        explore_table(corpus, measure, **choice)
    assert "\n" not in str(error.value)


def test_a_measure_says_how_far_to_believe_it(articles: Corpus, corpus: Corpus) -> None:
    said = validation(articles, "tone_score")
    assert "alpha 0." in said and "95% interval 0." in said and "n = 2" in said
    assert "no human has checked them" in validation(articles, "stance")
    corpus.codes = corpus.codes.head(0)
    assert validation(corpus, "tone_score").startswith("Not validated")
    assert all(validation(articles, measure) for measure in QUESTIONS)


def test_figures_follow_the_question(articles: Corpus) -> None:
    one = explore_figure(explore_table(articles, "tone", document="clark2015"), articles)
    assert one.title.startswith("Mean tone, as coded, by power: Clark 2015")
    both = explore_figure(explore_table(articles, "tone", power=["russia", "china"]), articles)
    assert both.title == "Mean tone, as coded, by text, 2015–2022"
    shown = " ".join(text.get_text() for text in both.figure.texts)
    assert "kzpolicy, corpus articles" in shown and "no human" in " ".join(shown.split())
    every = explore_figure(explore_table(articles, "mentions"), articles)
    assert len([ax for ax in every.figure.axes if ax.axison]) == 8


def test_one_speaker_by_year_is_a_line() -> None:
    speeches = load_corpus("speeches", speaker="KAZ", tables=["sentences", "terms", "mentions"])
    chart = explore_figure(explore_table(speeches, "keyword", keyword="nuclear"), speeches)
    assert chart.alt.startswith("Line chart. Keywords: Kazakhstan, nuclear, 2015–2022.")


def test_a_few_speakers_by_year_have_a_panel_each() -> None:
    speeches = load_corpus("speeches", speaker=["KAZ", "KGZ"], tables=["sentences", "mentions"])
    chart = explore_figure(explore_table(speeches, "mentions", power="russia"), speeches)
    assert chart.title == "Mentions of powers: Russia, 2015–2022"
    assert [ax.get_title(loc="left") for ax in chart.figure.axes] == ["Kazakhstan", "Kyrgyzstan"]
    assert len({ax.get_ylim() for ax in chart.figure.axes}) == 1  # one scale, to be compared
    both = explore_figure(explore_table(speeches, "mentions", power=["russia", "china"]), speeches)
    assert both.alt.startswith("Dot plot")  # what differs in two ways has no panels of its own
