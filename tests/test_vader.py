"""The scores equal NLTK's on every sentence; every sentence here is invented."""

import gc
import random
import sys
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from itertools import product

import pytest

from kzpolicy import vader
from kzpolicy.vader import score_sentence, score_sentences

Reference = Callable[[str], tuple[float, ...]]


@pytest.fixture(scope="module")
def nltk_scores() -> Iterator[Reference]:
    """NLTK's analyser with the lexicon of the package vaderSentiment."""
    nltk_data = pytest.importorskip("nltk.data")
    nltk_vader = pytest.importorskip("nltk.sentiment.vader")
    # NLTK reads a lexicon only from inside its data path.
    folder = str(files("vaderSentiment"))
    nltk_data.path.insert(0, folder)
    try:
        analyser = nltk_vader.SentimentIntensityAnalyzer("vader_lexicon.txt")
    finally:
        nltk_data.path.remove(folder)

    def scores(sentence: str) -> tuple[float, ...]:
        found = analyser.polarity_scores(sentence)
        return tuple(found[key] for key in ("neg", "neu", "pos", "compound"))

    yield scores


def assert_same(sentences: list[str], reference: Reference) -> None:
    """One by one, and all at once in two orders, a sentence is scored as by the reference."""
    expected = [reference(sentence) for sentence in sentences]
    assert [score_sentence(sentence) for sentence in sentences] == expected
    assert score_sentences(sentences) == expected
    assert score_sentences(sentences[::-1]) == expected[::-1]


SPECIAL_CASES = [
    # Nothing to score
    "",
    " ",
    "\n\t",
    ".",
    "! ?",
    "a I x",
    "The talks began on Monday.",
    # Plain words
    "The talks were a great success.",
    "The war was a terrible disaster.",
    "good bad",
    "Good good GOOD good",
    # Capitals
    "The talks were a GREAT success.",
    "THE TALKS WERE A GREAT SUCCESS.",
    "The talks were a BAD idea.",
    "VERY good talks",
    "VERY bad talks",
    "It is SOMEWHAT good and SOMEWHAT BAD.",
    "KAZAKHSTAN likes peace.",
    "GOOD",
    # Boosters near and far, and dampers
    "very good",
    "very very very good",
    "extremely clear and good",
    "really the most good",
    "hardly good, barely bad",
    "It was kind of good and sort of bad.",
    "This was surely a kind of good idea.",
    "They had just enough good sense.",
    "They had only just enough peace.",
    "kind of",
    "He is kind. He was kind of rude.",
    "He was kind of rude. He is kind.",
    "most kind-of good",
    "kind",
    "The deal is less good, the road more bad.",
    # But
    "The plan is good but the cost is bad.",
    "The plan is bad BUT the cost is good.",
    "But the plan is good.",
    "Good but bad but good but bad.",
    "The plan is fine, but",
    "good, but, bad",
    # Idioms
    "We think that the plan is the bomb",
    "We say he is one bad ass",
    "Then they told us yeah right to it",
    "This plan will hardly cut the mustard here",
    "That was the kiss of death for peace",
    "Many poor people live from hand to mouth",
    "It is surely true that the shit works well",
    "Such a bad ass friend of ours",
    "It was truly THE BOMB of good plans",
    "The plan gave the bomb a bad name",
    # Negation, never so, never this
    "not good",
    "not very good",
    "not at all good",
    "It isn't good and wasn't bad.",
    "ISN'T good",
    "It was never so good.",
    "It was never this good.",
    "It was never so very good.",
    "We never this often good",
    "It is so very good.",
    "It was this good.",
    "Many of them are so good.",
    "Never so good, Never this bad",
    "without doubt good",
    "The talks were without good will.",
    "neither good nor bad",
    "despite great success",
    "no good",
    "No, good.",
    "There is no peace, no war.",
    "They dont like it.",
    "They don’t like it.",
    # Least
    "least good",
    "the least good",
    "at least good",
    "the very least good",
    "Least bad",
    "at the LEAST good",
    "They at least agree; the least agree.",
    # Emphasis
    "Good!",
    "Good!!",
    "Bad!!!",
    "Bad!!!!",
    "Good!!!!!!",
    "Good?",
    "Good??",
    "Bad???",
    "Bad????",
    "Good?!?!",
    "The talks??? Good and bad!!",
    "The hall is big!!! Is it??",
    # Emoticons and punctuation
    ":) the talks",
    ":( :( :(",
    "The talks :-) were good :D",
    "<3 the peace </3",
    "😀 good ❤️",
    "'good' \"bad\" (good) [bad] ...good good... -good- good- -good",
    ",good. ;bad: good?! ?!?good !!!bad good!!!! *good* _bad_ #good",
    "!!a a!! a. 'b",
    "good,bad good/bad good-bad",
    "don't.good g.o.o.d",
    # Repetition: every repetition takes the surroundings of the first
    "good is not good",
    "not good, is good",
    "good good, very good",
    # Other scripts and signs
    "страх и мир",
    "naïve café good",
    "“good” ‘bad’ «good»",
    "good\u00a0bad\u2028good",
    "x\u0301good İgood ßgood ǅ GOOD",
    "２ good ² bad",
]


def test_special_cases(nltk_scores: Reference) -> None:
    assert_same(SPECIAL_CASES, nltk_scores)


def test_combinations(nltk_scores: Reference) -> None:
    openings = ["", "The talks were ", "We never ", "At the very "]
    modifiers = ["", "not ", "so ", "VERY ", "least ", "hardly so ", "kind of ", "no ", "this "]
    words = ["good", "BAD", "kind", "war."]
    closings = ["", "!!", " but a GREAT risk remains", " of them, Good??"]
    sentences = ["".join(parts) for parts in product(openings, modifiers, words, closings)]
    assert len(sentences) == 576
    assert_same(sentences, nltk_scores)


def test_random_sentences(nltk_scores: Reference) -> None:
    chance = random.Random(20)
    rows = (files("vaderSentiment") / "vader_lexicon.txt").read_text("utf-8").split("\n")
    lexicon = [row.split("\t")[0] for row in rows]
    usual = (
        "good bad great war peace the talks hall state STATE of to a I very most so this never "
        "not isn't without no but BUT least at kind sort just enough hardly barely LEAST never "
        "bomb ass right mustard death mouth hand kiss yeah cut shit :) :( 😀 страх “good” İ x\u0301"
    ).split()
    marks = [*".!?,;:-'\"", "!!", "???", "?!?!", "!!!!", "...", "(", ")", "*", "—", "\u00a0"]

    def word() -> str:
        found = chance.choice(usual if chance.random() < 0.6 else lexicon)
        found = chance.choice([found] * 8 + [found.upper(), found.title()])
        before = chance.choice(marks) if chance.random() < 0.08 else ""
        return before + found + (chance.choice(marks) if chance.random() < 0.15 else "")

    sentences = [" ".join(word() for _ in range(chance.randrange(16))) for _ in range(2000)]
    assert_same(sentences, nltk_scores)


def test_scores_do_not_change_when_what_was_read_is_let_go(
    monkeypatch: pytest.MonkeyPatch, nltk_scores: Reference
) -> None:
    monkeypatch.setattr(vader, "_MOST", 3)
    assert_same(SPECIAL_CASES, nltk_scores)
    assert len(vader._letters()) == 0


def test_more_spellings_than_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text made to have them all is scored too, if not as by NLTK."""
    few = vader._Letters()
    few._free[vader._RATED] = iter([vader._RATED])
    monkeypatch.setattr(vader, "_known", few)
    assert score_sentence("good Good") == (0.0, 0.0, 1.0, 0.7003)
    assert -1 <= score_sentence("goOd gOod bAd but bad")[3] <= 1


def test_several_threads_read_new_tokens_at_once(nltk_scores: Reference) -> None:
    words = "good bad great war Peace kind very but not never".split()
    sentences = [
        f"{words[i % 10]}{'x' * (i % 3)} {words[i % 7].upper()} the {words[i % 9]}, {words[i % 4]}! {i}"
        for i in range(600)
    ]
    expected = [nltk_scores(sentence) for sentence in sentences]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            for _ in range(10):
                vader._known = vader._Letters()
                assert list(pool.map(score_sentence, sentences)) == expected
    finally:
        sys.setswitchinterval(before)


def test_what_was_read_is_let_go_at_once() -> None:
    """Without the garbage collector, which comes late where many texts are read."""
    gc.disable()
    try:
        letters = vader._Letters()
        gone = weakref.ref(letters)
        assert letters.remembered[chr(letters["very"]) + chr(letters["good"])]
        del letters
        assert gone() is None
    finally:
        gc.enable()
