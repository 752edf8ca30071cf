"""Tests of the targeted scorer on invented sentences."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from kzpolicy.lexicons import inflect, read_rows
from kzpolicy.targets import score_targets

DATA = Path(__file__).parents[1] / "data"
COLUMNS = ["tone", "stance", "tone_class", "stance_class", "because"]
# Floors on the pass rates of the challenge set, tone and stance both right; a little under the
# rates at the time of writing, so that a change for the worse shows.
FLOORS = {
    "concession": 0.6,
    "conditionals": 0.65,
    "contrast": 0.65,
    "diplomatic vocabulary": 0.8,
    "direction": 0.8,
    "elsewhere": 0.9,
    "institutions": 0.7,
    "lists": 0.8,
    "negation": 0.5,
    "negation scope": 0.7,
    "neutral facts": 0.75,
    "nominalisation": 0.85,
    "passive": 0.85,
    "rejected": 0.7,
    "reported": 0.75,
    "several powers": 0.75,
    "subject aliases": 0.7,
}


def mention(text: str, target: str, power: str = "Russia") -> pd.DataFrame:
    start = text.index(target)
    return pd.DataFrame({"text": [text], "start": [start], "end": [start + len(target)], "power": [power]})


def classes(text: str, target: str, **options: object) -> tuple[int, int]:
    scored = score_targets(mention(text, target), **options)  # type: ignore[arg-type]
    return int(scored["tone_class"].iloc[0]), int(scored["stance_class"].iloc[0])


@pytest.mark.parametrize(
    ("text", "target", "expected"),
    [
        ("Kazakhstan condemned Russia.", "Russia", (-1, -1)),
        ("Kazakhstan was condemned by Russia.", "Russia", (0, 0)),
        ("Russia threatened Kazakhstan.", "Russia", (-1, 0)),
        ("Kazakhstan cannot afford to lose the support of Russia.", "Russia", (1, 1)),
        ("Kazakhstan condemned the attack on Russia.", "Russia", (0, 1)),
        ("Kazakhstan's reliance on Russia is growing.", "Russia", (0, 1)),
        ("Kazakhstan reduced its dependence on Russia.", "Russia", (0, -1)),
        ("Kazakhstan acted without antagonising Moscow.", "Moscow", (0, 1)),
        ("Astana refused to expel the Russian envoys.", "Russian", (0, 1)),
        ("Kazakhs are wary of Moscow.", "Moscow", (-1, -1)),
        ("Astana lies south of Moscow.", "Moscow", (0, 0)),
        ("Kazakhstan opposed the sanctions on Russia.", "Russia", (0, 1)),
        ("Fears of Russian expansion are exaggerated.", "Russian", (0, 0)),
        ("Relations with Russia are tense.", "Russia", (-1, -1)),
        ("Russia lost credibility.", "Russia", (-1, 0)),
        ("US troops left Russia.", "US", (0, 0)),
    ],
)
def test_exact(text: str, target: str, expected: tuple[int, int]) -> None:
    assert classes(text, target) == expected


@pytest.mark.parametrize("verb", ["condemned", "threatened", "praised", "distrusts", "helped"])
def test_mirror(verb: str) -> None:
    """Swapping who does it to whom swaps the two tones."""
    one, other = "Armenia", "Georgia"
    forward, back = f"{one} {verb} {other}.", f"{other} {verb} {one}."
    for first, second in ((one, other), (other, one)):
        here = score_targets(mention(forward, first, first), subject="Nowhere")["tone"]
        there = score_targets(mention(back, second, second), subject="Nowhere")["tone"]
        assert here.iloc[0] == pytest.approx(there.iloc[0], abs=0.05)


def test_opposite_signs_in_one_sentence() -> None:
    text = "Kazakhstan distrusts Russia but admires Turkey."
    assert classes(text, "Russia") == (-1, -1)
    assert classes(text, "Turkey") == (1, 1)


def test_subject() -> None:
    text = "Tashkent distrusts Moscow."
    assert classes(text, "Moscow") == (-1, 0)
    assert classes(text, "Moscow", subject="Uzbekistan") == (-1, -1)
    assert classes(text, "Moscow", subject=["Ruritania", "Tashkent"]) == (-1, -1)


def test_first_person() -> None:
    text = "We thank Russia for its help."
    assert classes(text, "Russia", first_person=True) == (1, 1)
    assert classes(text, "Russia")[1] == 0


def test_persons_and_parties() -> None:
    scored = score_targets(mention("The liar Smith cheated voters.", "Smith", "Smith"))
    assert scored["tone"].iloc[0] < 0


def table() -> pd.DataFrame:
    challenge = pd.read_csv(DATA / "challenge.csv")
    return challenge[["text", "start", "end", "power"]]


def test_index_and_columns_are_kept() -> None:
    frame = table().head(20)
    frame.index = pd.Index([f"row {i}" for i in range(20)])
    frame["extra"] = range(20)
    before = frame.copy()
    scored = score_targets(frame)
    pd.testing.assert_frame_equal(frame, before)
    pd.testing.assert_frame_equal(scored[list(frame.columns)], frame)
    assert list(scored.columns) == [*frame.columns, *COLUMNS]
    assert scored["tone"].between(-1, 1).all() and scored["stance"].between(-1, 1).all()
    assert set(scored["tone_class"]) | set(scored["stance_class"]) <= {-1, 0, 1}


def test_order_does_not_matter() -> None:
    frame = table()
    shuffled = frame.sample(frac=1, random_state=3)
    again = score_targets(shuffled).loc[frame.index]
    pd.testing.assert_frame_equal(again, score_targets(frame))


def test_scoring_twice_changes_nothing() -> None:
    once = score_targets(table())
    pd.testing.assert_frame_equal(score_targets(once), once)


def test_duplicate_index() -> None:
    frame = pd.concat([table().head(3), table().head(3)])
    scored = score_targets(frame)
    assert len(scored) == 6 and list(scored.index) == list(frame.index)


def test_empty() -> None:
    scored = score_targets(table().head(0))
    assert len(scored) == 0 and list(scored.columns)[-5:] == COLUMNS


@pytest.mark.parametrize(
    ("start", "end"), [(-1, 3), (3, 3), (5, 2), (0, 999), (float("nan"), 3), ("a", 3), (0.5, 3)]
)
def test_nonsense_offsets_name_the_row(start: object, end: object) -> None:
    frame = pd.DataFrame({"text": ["Russia won."], "start": [start], "end": [end], "power": [""]})
    frame.index = pd.Index(["seventh"])
    with pytest.raises(ValueError, match="seventh"):
        score_targets(frame)


def test_missing_text_and_columns() -> None:
    frame = mention("Russia won.", "Russia")
    with pytest.raises(ValueError, match="power"):
        score_targets(frame.drop(columns="power"))
    with pytest.raises(ValueError, match="row 0"):
        score_targets(frame.assign(text=None))


@pytest.mark.parametrize("filler", ["word ", "not ", "Russia and ", "of ", "), (", "aaaaaaaaaa", "to "])
def test_long_sentences_are_no_trouble(filler: str) -> None:
    text = "Russia " + filler * 10_000
    began = time.perf_counter()
    score_targets(mention(text, "Russia"))
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize("text", ["?!", "İstanbul Russia İ", "Russia 俄罗斯", "Russia's", "Russia\nn't"])
def test_odd_text(text: str) -> None:
    scored = score_targets(pd.DataFrame({"text": [text], "start": [0], "end": [len(text)], "power": [None]}))
    assert len(scored) == 1


def test_because_names_the_word() -> None:
    scored = score_targets(mention("Kazakhstan did not trust Russia.", "Russia"))
    because = scored["because"].iloc[0]
    assert "trust" in because and "turned" in because


def test_inflection() -> None:
    assert {"denies", "denied", "denying"} <= inflect("deny", "verb")
    assert {"allies"} <= inflect("ally", "role")
    assert {"breaks away", "broke away"} <= inflect("break away", "verb", "broke broken")


def test_every_family_has_a_reason() -> None:
    used = {row["family"] for row in read_rows("lexicon.csv")}
    explained = {row["family"] for row in read_rows("lexicon_families.csv") if row["reason"]}
    assert used <= explained


@cache
def challenge_rates() -> pd.Series:
    challenge = pd.read_csv(DATA / "challenge.csv")
    parts = []
    for subject, rows in challenge.groupby("subject"):
        own = subject == "we"
        name = "Kazakhstan" if own else str(subject)
        scored = score_targets(rows.drop(columns=["tone", "stance"]), subject=name, first_person=own)
        right = (scored["tone_class"] == rows["tone"]) & (scored["stance_class"] == rows["stance"])
        parts.append(rows.assign(right=right))
    return pd.concat(parts).groupby("phenomenon")["right"].mean()


@pytest.mark.parametrize("phenomenon", sorted(FLOORS))
def test_challenge(phenomenon: str) -> None:
    assert set(challenge_rates().index) == set(FLOORS)
    assert challenge_rates()[phenomenon] >= FLOORS[phenomenon]
