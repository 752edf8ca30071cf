"""The targeted scorer on invented sentences, and on the challenge set (data/challenge.csv, invented too)."""

from __future__ import annotations

import time
from math import exp
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from kzpolicy.scores.lexicons import inflect, read_rows
from kzpolicy.scores.targeted import score_targets
from kzpolicy.tables import StudyError

CHALLENGE = pd.read_csv(Path(__file__).parents[1] / "data" / "challenge.csv")
COLUMNS = ["tone", "stance", "tone_class", "stance_class", "because"]


def mention(text: str, target: str, power: str = "Russia") -> pd.DataFrame:
    start = text.index(target)
    return pd.DataFrame({"text": [text], "start": [start], "end": [start + len(target)], "power": [power]})


def classes(text: str, target: str = "Russia", power: str = "Russia", **options: Any) -> tuple[int, int]:
    scored = score_targets(mention(text, target, power), **options).iloc[0]
    return int(scored["tone_class"]), int(scored["stance_class"])


# Text, target, tone and stance.
WHO_DOES_WHAT = """
Kazakhstan condemned Russia. | Russia | -1 -1
Kazakhstan was condemned by Russia. | Russia | 0 0
Russia threatened Kazakhstan. | Russia | -1 0
Kazakhstan cannot afford to lose the support of Russia. | Russia | 1 1
Kazakhstan condemned the attack on Russia. | Russia | 0 1
Kazakhstan's reliance on Russia is growing. | Russia | 0 1
Kazakhstan reduced its dependence on Russia. | Russia | 0 -1
Kazakhstan acted without antagonising Moscow. | Moscow | 0 1
Astana refused to expel the Russian envoys. | Russian | 0 1
Kazakhs are wary of Moscow. | Moscow | -1 -1
Astana lies south of Moscow. | Moscow | 0 0
Kazakhstan opposed the sanctions on Russia. | Russia | 0 1
Fears of Russian expansion are exaggerated. | Russian | 0 0
Relations with Russia are tense. | Russia | -1 -1
Russia lost credibility. | Russia | -1 0
US troops left Russia. | US | 0 0
"""
IDIOMS = """
Kazakhstan is far from trusting Russia. | Russia | -1 -1
Kazakhstan is nowhere near trusting Russia. | Russia | -1 -1
Kazakhstan is anything but a friend of Russia. | Russia | 0 -1
Kazakhstan is in no way an ally of Russia. | Russia | 0 -1
Kazakhstan is by no means hostile to Russia. | Russia | 0 1
Kazakhstan has yet to condemn Russia. | Russia | 0 1
Kazakhstan's trust in Russia is gone. | Russia | -1 -1
Russia is anything but reliable. | Russia | -1 0
Relations with Russia are far from friendly. | Russia | -1 -1
"""


@pytest.mark.parametrize("case", [*WHO_DOES_WHAT.strip().split("\n"), *IDIOMS.strip().split("\n")])
def test_who_does_what_to_whom_and_negation_by_idiom(case: str) -> None:
    text, target, expected = case.split(" | ")
    assert classes(text, target) == tuple(map(int, expected.split()))


@pytest.mark.parametrize("apostrophe", ["'", "’", "ʼ"])
def test_every_apostrophe_negates(apostrophe: str) -> None:
    assert classes(f"Astana doesn{apostrophe}t trust Moscow.", "Moscow") == (-1, -1)


@pytest.mark.parametrize("verb", ["condemned", "threatened", "praised", "distrusts", "helped"])
def test_swapping_who_does_it_to_whom_swaps_the_tones(verb: str) -> None:
    one, other = "Armenia", "Georgia"
    forward, back = f"{one} {verb} {other}.", f"{other} {verb} {one}."
    for first, second in ((one, other), (other, one)):
        here = score_targets(mention(forward, first, first), subject="Nowhere")["tone"].iloc[0]
        there = score_targets(mention(back, second, second), subject="Nowhere")["tone"].iloc[0]
        assert here == pytest.approx(there, abs=0.05)


def test_opposite_signs_in_one_sentence() -> None:
    text = "Kazakhstan distrusts Russia but admires Turkey."
    assert classes(text) == (-1, -1)
    assert classes(text, "Turkey", "Turkey") == (1, 1)


def test_the_subject_is_whom_one_names() -> None:
    text = "Tashkent distrusts Moscow."
    assert classes(text, "Moscow") == (-1, 0)
    assert classes(text, "Moscow", subject="Uzbekistan") == (-1, -1)
    assert classes(text, "Moscow", subject=["Ruritania", "Tashkent"]) == (-1, -1)
    assert classes("We thank Russia for its help.", first_person=True) == (1, 1)
    assert classes("We thank Russia for its help.")[1] == 0


def test_persons_and_parties() -> None:
    assert score_targets(mention("The liar Smith cheated voters.", "Smith", "Smith"))["tone"].iloc[0] < 0


def test_a_score_is_a_multinomial_regression_on_the_listed_weights() -> None:
    # In its own speech a state's rules push nothing: only the weights of the features below speak.
    scored = score_targets(mention("Russia ?", "Russia"), first_person=True).iloc[0]
    features = {
        "constant": 1.0,
        "next to it:._": 1,
        "next to it:_?": 1,
        "subject not named": 1,
        "first person": 1,
    }
    features |= {"tone by rules:-": 0, "stance by rules:-": 0}

    def chances(table: str, measure: str, extra: dict[str, float]) -> tuple[float, float]:
        weights = {row["feature"]: row for row in read_rows(table)}
        below, above = (
            exp(sum(v * float(weights[f][f"{measure}_{side}"]) for f, v in extra.items() if f in weights))
            for side in ("below", "above")
        )
        return below / (1 + below + above), above / (1 + below + above)

    news = chances("news_weights.csv", "tone", features)
    features |= {"news:unfavourable": 3 * news[0], "news:favourable": 3 * news[1]}
    for measure in ("tone", "stance"):
        below, above = chances("state_weights.csv", measure, features)
        assert scored[measure] == pytest.approx(above - below)


def test_because_names_the_words_and_rules() -> None:
    said = score_targets(mention("Kazakhstan condemned the brutal aggression of Russia.", "Russia"))[
        "because"
    ].iloc[0]
    assert "aggression [assault, agent]" in said and "; tone words: " in said
    assert "turned" in score_targets(mention("Kazakhstan did not trust Russia.", "Russia"))["because"].iloc[0]


def test_rows_index_and_columns_are_kept_in_any_order() -> None:
    frame = CHALLENGE[["text", "start", "end", "power"]].assign(extra=1)
    frame.index = pd.Index([f"row {i // 2}" for i in range(len(frame))])
    before = frame.copy()
    scored = score_targets(frame)
    pd.testing.assert_frame_equal(frame, before)
    pd.testing.assert_frame_equal(scored[list(frame.columns)], frame)
    assert list(scored.columns) == [*frame.columns, *COLUMNS]
    assert scored["tone"].between(-1, 1).all() and scored["stance"].between(-1, 1).all()
    order = frame.reset_index(drop=True).sample(frac=1, random_state=3)
    assert score_targets(order).sort_index()["tone"].tolist() == scored["tone"].tolist()
    pd.testing.assert_frame_equal(score_targets(scored), scored)
    assert list(score_targets(frame.head(0)).columns)[-5:] == COLUMNS


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"start": -1}, "row 'seventh': offsets -1, 6 do not fit a text of 11 characters"),
        ({"start": 6}, "row 'seventh': offsets 6, 6 do not fit"),
        ({"end": 999}, "row 'seventh': offsets 0, 999 do not fit"),
        ({"start": float("nan")}, "row 'seventh': offsets nan, 6 are not whole numbers"),
        ({"start": "a"}, "row 'seventh': offsets 'a', 6 are not whole numbers"),
        ({"start": 0.5}, "row 'seventh': offsets 0.5, 6 are not whole numbers"),
        ({"text": None}, "row 'seventh': text is a NoneType; give a sentence"),
        ({"text": "Russia \ud800 won."}, "row 'seventh': text holds half a character"),
        ({"power": ["a"]}, r"row 'seventh': power \['a'\] is a list; give one name or key"),
    ],
)
def test_what_cannot_be_scored_is_named_by_its_row(change: dict[str, Any], message: str) -> None:
    row = {"text": "Russia won.", "start": 0, "end": 6, "power": "russia"} | change
    with pytest.raises(StudyError, match=message) as caught:
        score_targets(
            pd.DataFrame({name: [value] for name, value in row.items()}, index=["seventh"], dtype=object)
        )
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("subject", [None, [None], [], "", 5, ["Kazakhstan", ""]])
def test_a_subject_without_a_name(subject: Any) -> None:
    with pytest.raises(StudyError, match="is no name; give one"):
        score_targets(mention("Russia won.", "Russia"), subject=subject)


def test_no_frame_and_no_column() -> None:
    with pytest.raises(StudyError, match="got a list; give a DataFrame"):
        score_targets([("a", 0, 1, "b")])
    with pytest.raises(StudyError, match="columns missing: power; it needs text, start, end, power"):
        score_targets(mention("Russia won.", "Russia").drop(columns="power"))


@pytest.mark.parametrize("filler", ["word ", "not ", "Russia and ", "of ", "), (", "aaaaaaaaaa", "to "])
def test_long_sentences_are_no_trouble(filler: str) -> None:
    began = time.perf_counter()
    score_targets(mention("Russia " + filler * 10_000, "Russia"))
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize("text", ["?!", "İstanbul Russia İ", "Russia 俄罗斯", "Russia's", "Russia\nn't"])
def test_odd_text(text: str) -> None:
    assert (
        len(score_targets(pd.DataFrame({"text": [text], "start": [0], "end": [len(text)], "power": [None]})))
        == 1
    )


def test_inflection_and_reasons_of_the_lexicon() -> None:
    assert {"denies", "denied", "denying"} <= inflect("deny", "verb")
    assert {"allies"} <= inflect("ally", "role")
    assert {"breaks away", "broke away"} <= inflect("break away", "verb", "broke broken")
    used = {row["family"] for row in read_rows("lexicon.csv")}
    assert used <= {row["family"] for row in read_rows("lexicon_families.csv") if row["reason"]}


def test_the_challenge_set() -> None:
    """No fewer right than before the scorer moved here: 193 in tone, 192 in stance, 174 in both, of 212."""
    parts = []
    for subject, rows in CHALLENGE.groupby("subject"):
        own = subject == "we"
        given = rows.drop(columns=["tone", "stance"])
        scored = score_targets(given, subject="Kazakhstan" if own else str(subject), first_person=own)
        right = {m: scored[f"{m}_class"] == rows[m] for m in ("tone", "stance")}
        parts.append(rows.assign(**right, both=right["tone"] & right["stance"]))
    result = pd.concat(parts)
    assert len(result) == 212 and result["phenomenon"].nunique() == 17
    assert (result[["tone", "stance", "both"]].sum() >= [193, 192, 174]).all()
    assert result.groupby("phenomenon")["both"].mean().min() >= 0.5
