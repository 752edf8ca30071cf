"""The plain score is NLTK's on every sentence; every sentence here is invented."""

import random
from collections.abc import Callable
from importlib.resources import files
from itertools import product

import pandas as pd
import pytest

from kzpolicy.scores.plain import plain_scores
from kzpolicy.tables import StudyError

Reference = Callable[[str], dict[str, float]]
LEXICON = files("vaderSentiment") / "vader_lexicon.txt"
SPECIAL_CASES = (
    ["", " ", "\n\t"]
    + """\
. | ! ? | a I x | The talks began on Monday. | good bad | GOOD | The talks were a GREAT success.
THE TALKS WERE A GREAT SUCCESS. | VERY bad talks | very very very good
It is SOMEWHAT good and SOMEWHAT BAD. | It was kind of good and sort of bad. | kind of | most kind-of good
He is kind. He was kind of rude. | He was kind of rude. He is kind. | They had just enough good sense.
The plan is bad BUT the cost is good. | But the plan is good. | Good but bad but good but bad. | good, but
We think that the plan is the bomb | We say he is one bad ass | Then they told us yeah right to it
This plan will hardly cut the mustard here | Many poor people live from hand to mouth | The bomb is bad
not very good | It isn't good and wasn't bad. | ISN'T good | It was never so good.
We never this often good | It is so very good. | Never so good, Never this bad
There is no peace, no war. | They dont like it. | least good | at least good | the very least good
at the LEAST good | They at least agree; the least agree. | Good! | Bad!!!! | Good!!!!!! | Good??
Bad???? | Good?!?! | The hall is big!!! Is it?? | :) the talks | :( :( :( | The talks :-) were good :D
<3 the peace </3 | 😀 good ❤️ | good is not good
'good' "bad" (good) [bad] ...good good... -good- ?!?good !!!bad good!!!! *good* _bad_ #good
!!a a!! a. 'b | don't.good g.o.o.d | good,bad good/bad | страх и мир | naïve café good | “good” «good»
good\u00a0bad\u2028good | x\u0301good İgood ßgood ǅ GOOD | ２ good ² bad
""".replace("\n", " | ")
    .strip(" |")
    .split(" | ")
)


@pytest.fixture(scope="module")
def reference() -> Reference:
    """NLTK's analyser as it is, with the same lexicon; NLTK reads one only from inside its data path."""
    import nltk.data
    from nltk.sentiment.vader import SentimentIntensityAnalyzer

    nltk.data.path.insert(0, str(LEXICON.parent))  # type: ignore[attr-defined]
    try:
        return SentimentIntensityAnalyzer("vader_lexicon.txt").polarity_scores  # type: ignore[no-any-return]
    finally:
        nltk.data.path.pop(0)


def assert_same(sentences: list[str], reference: Reference) -> None:
    expected = pd.DataFrame([reference(sentence) for sentence in sentences])
    assert (
        plain_scores(sentences).to_numpy().tolist()
        == expected[["neg", "neu", "pos", "compound"]].to_numpy().tolist()
    )


def test_special_cases_and_combinations(reference: Reference) -> None:
    openings = ["", "The talks were ", "We never ", "At the very "]
    modifiers = ["", "not ", "so ", "VERY ", "least ", "hardly so ", "kind of ", "no ", "this "]
    closings = ["", "!!", " but a GREAT risk remains", " of them, Good??"]
    parts = product(openings, modifiers, ["good", "BAD", "kind", "war."], closings)
    assert_same([*SPECIAL_CASES, *map("".join, parts)], reference)


def test_random_sentences(reference: Reference) -> None:
    chance = random.Random(20)
    lexicon = [row.split("\t")[0] for row in LEXICON.read_text("utf-8").split("\n")]
    usual = (
        "good bad great war peace the talks hall state STATE of to a I very most so this never not isn't "
        "without no but BUT least at kind sort just enough hardly LEAST bomb ass mustard death hand kiss"
    ).split()
    marks = [*".!?,;:-'\"", "!!", "???", "?!?!", "!!!!", "...", "(", ")", "*", "—", "\u00a0"]

    def word() -> str:
        found = chance.choice(usual if chance.random() < 0.6 else lexicon)
        found = chance.choice([found] * 8 + [found.upper(), found.title()])
        before = chance.choice(marks) if chance.random() < 0.08 else ""
        return before + found + (chance.choice(marks) if chance.random() < 0.15 else "")

    assert_same([" ".join(word() for _ in range(chance.randrange(16))) for _ in range(2000)], reference)


@pytest.mark.parametrize("apostrophe", ["’", "‘", "ʼ", "＇"])
def test_a_curly_apostrophe_negates_as_a_plain_one_does(apostrophe: str) -> None:
    plain, curly = plain_scores(["It isn't good.", f"It isn{apostrophe}t good."]).to_numpy().tolist()
    assert curly == plain and plain[3] < 0


def test_columns_one_text_and_what_is_no_text() -> None:
    assert plain_scores("Good.").to_dict("list") == {
        "vader_negative": [0.0],
        "vader_neutral": [0.0],
        "vader_positive": [1.0],
        "vader_compound": [0.4404],
    }
    assert plain_scores([]).shape == (0, 4)
    with pytest.raises(StudyError, match="item 1 is a NoneType; give sentences"):
        plain_scores(["Good.", None])  # type: ignore[list-item]
