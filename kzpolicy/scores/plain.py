"""The plain score: VADER on whole sentences, by NLTK.

The rules are NLTK's and the ratings of words those of the package `vaderSentiment`, so nothing is downloaded
when it runs. NLTK rebuilds a product of words and punctuation for every sentence to trim its tokens; here the
trimming of a token is remembered, which more than halves the time and changes no score.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any

import pandas as pd

from kzpolicy.scores.lexicons import APOSTROPHES
from kzpolicy.tables import StudyError, as_list

_COLUMNS = {
    "neg": "vader_negative",
    "neu": "vader_neutral",
    "pos": "vader_positive",
    "compound": "vader_compound",
}


def plain_scores(texts: Sequence[str]) -> pd.DataFrame:
    """Score sentences with VADER.

    Parameters
    ----------
    texts : sequence of str
        Sentences. Curly apostrophes are read as plain ones.

    Returns
    -------
    pandas.DataFrame
        One row a sentence, in their order: ``vader_negative``, ``vader_neutral``, ``vader_positive``
        (shares, three digits) and ``vader_compound`` (-1 to 1, four digits). All are zero where a
        sentence has no word of two or more characters.

    Raises
    ------
    StudyError
        If one of them is no text.

    References
    ----------
    Hutto, C. J. and Gilbert, E. (2014). VADER: A parsimonious rule-based model for sentiment analysis of
    social media text. Proceedings of ICWSM 8; as NLTK's ``SentimentIntensityAnalyzer`` has it.

    Examples
    --------
    >>> plain_scores(["The talks were a great success.", "It isn’t good."])["vader_compound"].tolist()
    [0.8316, -0.3412]
    """
    rows = as_list(texts)
    for number, text in enumerate(rows):
        if not isinstance(text, str):
            raise StudyError(f"plain_scores: item {number} is a {type(text).__name__}; give sentences")
    scores = [_analyzer().polarity_scores(text.translate(APOSTROPHES)) for text in rows]
    return pd.DataFrame(scores, columns=list(_COLUMNS), dtype=float).rename(columns=_COLUMNS)


@lru_cache(maxsize=1)
def _analyzer() -> Any:
    """Make NLTK's analyser; here and not above, for importing NLTK takes a second."""
    from nltk.sentiment.vader import SentimentIntensityAnalyzer, SentiText, VaderConstants

    constants = VaderConstants()

    @lru_cache(maxsize=100_000)
    def trim(token: str) -> str:
        core = constants.REGEX_REMOVE_PUNCTUATION.sub("", token)
        trimmed = len(core) > 1 and any(token in (mark + core, core + mark) for mark in constants.PUNC_LIST)
        return core if trimmed else token

    class Text(SentiText):  # type: ignore[misc]
        def _words_and_emoticons(self) -> list[str]:
            return [trim(token) for token in self.text.split() if len(token) > 1]

    class Analyzer(SentimentIntensityAnalyzer):  # type: ignore[misc]
        def __init__(self) -> None:  # the parent's own looks for the lexicon in NLTK's downloads
            self.lexicon_file = (files("vaderSentiment") / "vader_lexicon.txt").read_text("utf-8").strip()
            self.lexicon, self.constants = self.make_lex_dict(), constants

        def polarity_scores(self, text: str) -> dict[str, float]:  # the parent's own, with Text
            sentence = Text(text, constants.PUNC_LIST, constants.REGEX_REMOVE_PUNCTUATION)
            words, found = sentence.words_and_emoticons, []
            lows = [word.lower() for word in words]
            if self.lexicon.keys().isdisjoint(lows):  # no word is rated, and no rule speaks of others
                return {"neg": 0.0, "neu": float(bool(words)), "pos": 0.0, "compound": 0.0}
            first = {word: i for i, word in reversed([*enumerate(words)])}
            for word, low in zip(words, lows, strict=True):
                of_kind = low == "kind" and lows[first[word] + 1 :][:1] == ["of"]
                if of_kind or low not in self.lexicon or low in constants.BOOSTER_DICT:
                    found.append(0)
                else:
                    found = self.sentiment_valence(0, sentence, word, first[word], found)
            return self.score_valence(self._but_check(words, found), text)  # type: ignore[no-any-return]

    return Analyzer()
