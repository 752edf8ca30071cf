"""Tests of the learned weights: features and chances by hand."""

from __future__ import annotations

from math import exp
from pathlib import Path
from typing import Literal

import pandas as pd
import pytest

from kzpolicy import learned, lexicons
from kzpolicy.learned import Chances, chances, word_features
from kzpolicy.lexicons import NEWS, STANCE, TONE, VOCABULARY, Weights, load_weights, weigh
from kzpolicy.targets import score_targets

NOTHING = (0.0, 0.0, "")
WEIGHTS: dict[str, Weights] = {
    "constant": ("constant", NOTHING, (-1.0, -0.5, ""), (0.0, 0.25, "")),
    "before:threat": ("before:threat", NOTHING, (0.8, -0.2, "threat"), (0.3, 0.1, "threat")),
    "after:threat": ("after:threat", NOTHING, (0.4, 0.0, "threat"), (0.0, 0.0, "threat")),
    "before:to": ("before:to", NOTHING, (0.9, -0.9, ""), NOTHING),
    "subject named": ("subject named", NOTHING, (0.0, 0.6, ""), (-0.5, 0.5, "")),
    "unknown": ("unknown", NOTHING, NOTHING, NOTHING),
}


@pytest.fixture
def weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learned, "weigh", WEIGHTS.__getitem__)


def test_words_count_by_side_nearness_and_polarity() -> None:
    words = "threats , to russia . no more Paris help".split()
    known = [VOCABULARY[word.lower()] for word in words]
    threat, help_ = known[0].strength, known[8].strength
    found = word_features(known, [word.istitle() for word in words], 3, 3)
    assert [(weights[0], value) for weights, value in found] == [
        ("next to it:to_", 1.0),
        ("next to it:_.", 1.0),
        ("before:threat", 1 / (1 + 3 / 4)),
        ("words near:unfavourable", threat / (1 + 3 / 4)),
        ("words all:unfavourable", 0.3 * threat),
        ("before:to", 1 / (1 + 1 / 4)),
        ("after:no", 1 / (1 + 2 / 4)),
        ("after:more", 1 / (1 + 3 / 4)),
        ("after:help", 1 / (1 + 5 / 4)),
        ("words near:favourable", help_ / (1 + 5 / 4)),
        ("words all:favourable", 0.3 * help_),
    ]
    assert threat > 0 and help_ > 0


def test_a_word_is_known_by_its_tables() -> None:
    threats, mark, to, relied = (VOCABULARY[word] for word in ("threats", ",", "to", "relied"))
    assert (threats.stem, threats.cue, threats.plain) == ("threat", True, True)
    assert threats.before == weigh("before:threat") and threats.after == weigh("after:threat")
    assert (mark.tag, mark.plain, mark.cue, mark.strength) == (",", False, False, 0.0)
    assert (to.tag, relied.tag, VOCABULARY["the"].tag) == ("TO", "V", "d")


def test_the_vocabulary_stays_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexicons, "_MOST_WORDS", 2)
    few = type(VOCABULARY)()
    assert [few[word].stem for word in ("roads", "rails", "roads", "ports")] == [
        "road",
        "rail",
        "road",
        "port",
    ]
    assert list(few) == ["ports"]


def test_chances_are_those_of_a_multinomial_regression(weights: None) -> None:
    given = {"before:threat": 0.5, "before:to": 1.0, "subject named": 1.0, "unknown": 9.0}
    features = [(WEIGHTS[name], value) for name, value in given.items()]
    below, above = exp(-1.0 + 0.4 + 0.9), exp(-0.5 - 0.1 - 0.9 + 0.6)
    found = chances(features, TONE)
    assert found[:3] == pytest.approx([x / (1 + below + above) for x in (below, 1, above)])
    assert found.score == pytest.approx((above - below) / (1 + below + above))
    assert found.because == "threat -0.5"  # a word like "to" counts, and explains nothing
    below, above = exp(0.0 + 0.15 - 0.5 - 3.0), exp(0.25 + 0.05 + 0.5 + 1.5)
    pushed = chances(features, STANCE, (-3.0, 1.5))
    assert pushed[:3] == pytest.approx([x / (1 + below + above) for x in (below, 1, above)])
    assert pushed.likeliest == 1


def test_a_word_on_both_sides_is_told_once(weights: None) -> None:
    features = [(WEIGHTS["before:threat"], 1.0), (WEIGHTS["after:threat"], 1.0)]
    assert chances(features, TONE).because == "threat -1.4"


@pytest.mark.parametrize(
    ("given", "likeliest"),
    [((0.4, 0.2, 0.4), -1), ((0.3, 0.4, 0.3), 0), ((0.4, 0.4, 0.2), 0), ((0.1, 0.2, 0.7), 1)],
)
def test_likeliest(given: tuple[float, float, float], likeliest: int) -> None:
    assert Chances(*given, {}).likeliest == likeliest


@pytest.mark.parametrize(
    ("table", "measures"), [("news_weights.csv", (NEWS,)), ("state_weights.csv", (TONE, STANCE))]
)
def test_the_tables_are_whole(table: str, measures: tuple[Literal[1, 2, 3], ...]) -> None:
    frame = pd.read_csv(Path(learned.__file__).with_name(table), keep_default_na=False)
    assert frame["feature"].is_unique and len(frame) > 5_000
    assert not frame.isna().any().any()
    loaded = load_weights()
    for row in frame.itertuples(index=False, name=None):
        found = [value for measure in measures for value in loaded[row[0]][measure][:2]]
        assert found == list(row[1:])
    assert "constant" in set(frame["feature"]) and weigh("invented")[1:] == (NOTHING,) * 3


def test_the_words_behind_a_score_are_named() -> None:
    text = "Kazakhstan condemned the brutal aggression of Russia."
    row = pd.DataFrame({"text": [text], "start": [46], "end": [52], "power": ["russia"]})
    said = score_targets(row).iloc[0]
    assert said["tone_class"] == -1 and said["tone"] < -0.5
    assert "aggression [assault, agent]" in said["because"] and "; tone words: " in said["because"]
