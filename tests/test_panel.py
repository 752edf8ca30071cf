"""The panel: its controls hold what the corpus has, and its answer is that of explore."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import ipywidgets
import pytest
from invented import Code, Paper, Said, invented_corpus

from kzpolicy.corpus import Corpus, load_corpus
from kzpolicy.panel import answer, controls_of, explore, wanted_by
from kzpolicy.tables import StudyError


@pytest.fixture(scope="session")
def articles() -> Corpus:
    return load_corpus("articles")


@pytest.fixture
def corpus() -> Corpus:
    papers = [
        Paper("north", "2015-03-01", "2015-03-01", speaker_state="KAZ"),
        Paper("east", "2022-01-01", "2022-01-01", speaker_state="CHN"),
    ]
    sayings = [Said("north:1:1", "moscow <b>", [("russia", "moscow")]), Said("east:1:1", "a rail")]
    return invented_corpus(papers, sayings, [Code("north:1:1", "russia", (1,), (1,), (0,))])


def words(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", " ", html))


def test_the_controls_hold_what_the_corpus_has(corpus: Corpus) -> None:
    controls = controls_of(corpus)
    assert controls["measure"].value == "tone" and controls["power"].value == ("russia", "china")
    assert controls["speaker"].options == (("all", ""), ("China", "CHN"), ("Kazakhstan", "KAZ"))
    assert controls["speaker"].value == "KAZ" and controls["years"].value == (2015, 2022)
    assert controls["document"].options == (("North 2015", "north"), ("East 2022", "east"))
    corpus.codes = corpus.codes.head(0)
    assert controls_of(corpus)["measure"].value == "tone_score"  # nothing is coded here


def test_each_measure_has_its_controls(corpus: Corpus, articles: Corpus) -> None:
    assert wanted_by(corpus, "keyword") == {"measure", "keyword", "document", "years", "speaker"}
    assert wanted_by(articles, "tone") == {"measure", "power", "document", "years"}


def test_an_answer_has_figure_code_table_and_evidence(articles: Corpus) -> None:
    html = answer(articles, measure="tone", power=("russia",), years=(2015, 2020))
    assert html.startswith('<img src="data:image/png;base64,')
    assert 'alt="Dot plot. Mean tone, as coded, by text: Russia' in html
    text = words(html)
    assert (
        "explore_table(corpus, 'tone', power=('russia',), year=[2015, 2016, 2017, 2018, 2019, 2020])" in text
    )
    assert "coded tone" in text and "automatic tone" not in text
    scored = words(answer(articles, measure="tone_score", power=("russia",)))
    assert "automatic tone" in scored and "the scores rest on" in scored
    assert "Evidence (38 of 38 rows)" in text and "clark2015:" in text and 'href="https://' in html


def test_the_whole_span_of_years_is_no_choice_and_keywords_come_with_commas(articles: Corpus) -> None:
    html = answer(articles, measure="keyword", keyword="rail*, trade ,", years=(2015, 2022))
    assert "explore_table(corpus, 'keyword', keyword=['rail*', 'trade'])" in words(html)


def test_what_is_wrong_is_said(articles: Corpus) -> None:
    html = answer(articles, measure="keyword", keyword="<railwy>")
    assert html.startswith('<p role="status"><b>') and "<railwy>" not in html
    assert "no word '<railwy>'" in words(html)


def test_the_panel_draws_again_when_a_control_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr("IPython.display.display", lambda html: shown.append(html.data))
    box: Any = explore("articles")
    assert isinstance(box, ipywidgets.HBox) and len(shown) == 1
    controls = {control.description: control for control in box.children[0].children}
    assert len(controls) == 7
    hidden = [name for name, control in controls.items() if control.layout.display == "none"]
    assert hidden == ["Theme", "Keyword", "Speaker"]
    controls["Measure"].value = "theme"
    controls["Theme"].value = "conflict"
    assert "Words of each theme, by text" in shown[-1] and controls["Power"].layout.display == "none"


def test_a_corpus_can_be_given(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr("IPython.display.display", lambda html: shown.append(html.data))
    explore(corpus)
    assert "Mean tone, as coded, by power: North 2015" in shown[0]


def test_a_study_that_is_not_there_is_said() -> None:
    with pytest.raises(StudyError, match="nowhere"):
        explore("nowhere")
