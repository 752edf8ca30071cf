"""Tests of the learned weights: features and chances by hand."""

from __future__ import annotations

from math import exp
from pathlib import Path

import pandas as pd
import pytest

from kzpolicy import learned
from kzpolicy.learned import Chances, chances, load_weights, word_features
from kzpolicy.targets import score_targets

WEIGHTS = {
    "constant": (-1.0, -0.5, 0.0, 0.25),
    "before:threat": (0.8, -0.2, 0.3, 0.1),
    "after:threat": (0.4, 0.0, 0.0, 0.0),
    "before:to": (0.9, -0.9, 0.0, 0.0),
    "subject named": (0.0, 0.6, -0.5, 0.5),
}


@pytest.fixture
def weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learned, "load_weights", lambda table: WEIGHTS)


def test_words_count_by_side_nearness_and_polarity() -> None:
    words = "threats , to russia . no more help".split()
    plain = [(0, "threat", -0.8), (2, "to", 0.0), (3, "russia", 0.0), (7, "help", 0.5)]
    found = list(word_features(words, plain, 3, 3))
    assert found == [
        ("next to it:to_", 1.0),
        ("next to it:_.", 1.0),
        ("before:threat", pytest.approx(1 / (1 + 3 / 4))),
        ("words near:unfavourable", pytest.approx(0.8 / (1 + 3 / 4))),
        ("words all:unfavourable", pytest.approx(0.24)),
        ("before:to", pytest.approx(1 / (1 + 1 / 4))),
        ("after:help", 0.5),
        ("words near:favourable", 0.25),
        ("words all:favourable", 0.15),
    ]


def test_chances_are_those_of_a_multinomial_regression(weights: None) -> None:
    features = [("before:threat", 0.5), ("before:to", 1.0), ("subject named", 1.0), ("unknown", 9.0)]
    below, above = exp(-1.0 + 0.4 + 0.9), exp(-0.5 - 0.1 - 0.9 + 0.6)
    found = chances(features, "any")
    assert found[:3] == pytest.approx([x / (1 + below + above) for x in (below, 1, above)])
    assert found.score == pytest.approx((above - below) / (1 + below + above))
    assert found.because == "threat -0.5"  # a word like "to" counts, and explains nothing
    below, above = exp(0.0 + 0.15 - 0.5 - 3.0), exp(0.25 + 0.05 + 0.5 + 1.5)
    pushed = chances(features, "any", 1, (-3.0, 1.5))
    assert pushed[:3] == pytest.approx([x / (1 + below + above) for x in (below, 1, above)])
    assert pushed.likeliest == 1


def test_a_word_on_both_sides_is_told_once(weights: None) -> None:
    assert chances([("before:threat", 1.0), ("after:threat", 1.0)], "any").because == "threat -1.4"


@pytest.mark.parametrize(
    ("given", "likeliest"),
    [((0.4, 0.2, 0.4), -1), ((0.3, 0.4, 0.3), 0), ((0.4, 0.4, 0.2), 0), ((0.1, 0.2, 0.7), 1)],
)
def test_likeliest(given: tuple[float, float, float], likeliest: int) -> None:
    assert Chances(*given, "").likeliest == likeliest


@pytest.mark.parametrize(("table", "measures"), [("news_weights.csv", 1), ("state_weights.csv", 2)])
def test_the_tables_are_whole(table: str, measures: int) -> None:
    found = load_weights(table)
    assert {len(row) for row in found.values()} == {2 * measures}
    assert "constant" in found and len(found) > 5_000
    path = Path(learned.__file__).with_name(table)
    frame = pd.read_csv(path, keep_default_na=False)
    assert frame["feature"].is_unique and len(frame) == len(found)
    assert not frame.isna().any().any()


def test_the_words_behind_a_score_are_named() -> None:
    text = "Kazakhstan condemned the brutal aggression of Russia."
    row = pd.DataFrame({"text": [text], "start": [46], "end": [52], "power": ["russia"]})
    said = score_targets(row).iloc[0]
    assert said["tone_class"] == -1 and said["tone"] < -0.5
    assert "aggression [assault, agent]" in said["because"] and "; tone words: " in said["because"]
