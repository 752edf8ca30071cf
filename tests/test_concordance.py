"""Keywords in context and collocations, in invented texts."""

from __future__ import annotations

import doctest

import pandas as pd
import pytest
from invented import two_papers

from kzpolicy.measures import concordance
from kzpolicy.measures.concordance import collocations, keyword_in_context
from kzpolicy.tables import StudyError


def test_examples_in_docstrings() -> None:
    assert doctest.testmod(concordance).failed == 0


def test_keyword_in_context_exactly() -> None:
    found = keyword_in_context(two_papers(texts=True), ["export*", "no trade"], window=2)
    assert found.values.tolist() == [
        ["north", "north:1:1", "trade russia", "exports", "grain to"],
        ["north", "north:1:1", "steppes and", "exporters", "smile china"],
        ["east", "east:2:1", "china traded", "no trade", ""],
    ]


def test_keyword_in_context_takes_texts_of_any_form() -> None:
    text = "The U.S. road-show’s end; a ROAD (wide) ended."
    expected = [["a", "ROAD", "(wide"]]
    for texts in (text, [text], {"1": text}, pd.DataFrame({"document": ["1"], "text": [text]})):
        found = keyword_in_context(texts, "road", window=1)
        assert found["document"].tolist() == ["1"]
        assert found.drop(columns="document").values.tolist() == expected
    assert keyword_in_context(text, ["U.S.", "Road-show"])["keyword"].tolist() == ["U.S.", "road-show’s"]
    assert keyword_in_context(text, "sea").empty
    with pytest.raises(StudyError, match="no column 'text'"):
        keyword_in_context(pd.DataFrame({"words": [text]}), "road")


def test_collocations_are_nltks() -> None:
    texts = ["The Caspian Sea is wide.", "A Caspian Sea port.", "The sea of the steppe: of the sea."]
    found = collocations(texts, least=2)
    assert found[["collocation", "count"]].values.tolist() == [["caspian sea", 2]]  # not "of the"
    assert found["g2"].iloc[0] > 3.84


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(StudyError, match="the corpus has no texts; with_texts"):
        keyword_in_context(two_papers(), "grain")
    with pytest.raises(StudyError, match="window=-1: give how many words"):
        keyword_in_context("grain", "grain", window=-1)
    with pytest.raises(StudyError, match="'\\*' is no keyword; give a word or a phrase"):
        keyword_in_context("grain", "*")
