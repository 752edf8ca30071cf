"""The ways of measuring a folder of texts that ``speed.py`` compares; each runs in its own process.

All are asked the same: sentences, which powers they name, a score for each sentence and one for the words
around each name, counts of all words and of the themes' terms of several words. kzpolicy also reads who
does what to whom, cleans, checks its tables and writes them.

Usage: ``python speed_methods.py METHOD FOLDER``; prints seconds on the clock and of processors, and the
memory of the largest process, as JSON. Imports, lexicons and matchers come before the clock, for all.
"""

import json
import os
import re
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

from kzpolicy.lists import path as list_path
from kzpolicy.tables import read_toml
from kzpolicy.themes import load_themes, phrases

Run = Callable[[], object]


def read(folder: Path) -> dict[str, str]:
    return {path.stem: path.read_text(encoding="utf-8-sig") for path in sorted(folder.glob("*.txt"))}


def names() -> dict[str, list[str]]:
    """Every power's names, as kzpolicy has them: the same task for all."""
    kinds = ("state", "capital", "leader", "people", "institution")
    tables = read_toml(list_path("powers.toml"))
    return {key: [name for kind in kinds for name in table.get(kind, [])] for key, table in tables.items()}


def patterns() -> dict[str, str]:
    """One expression a power, the longest name first."""
    return {
        key: r"(?<!\w)(?:" + "|".join(map(re.escape, sorted(group, key=len, reverse=True))) + r")(?!\w)"
        for key, group in names().items()
    }


def around(text: str, start: int, end: int) -> str:
    """The ten words on either side of a name: the usual way to score toward somebody."""
    return " ".join([*text[:start].split()[-10:], text[start:end], *text[end:].split()[:10]])


def kzpolicy(folder: Path) -> Run:
    """The whole path by its default settings, tables written and read again."""
    from kzpolicy.build.documents import load_lists
    from kzpolicy.build.study import parse_texts

    load_lists()
    return lambda: parse_texts(folder)


def notebook(folder: Path) -> Run:
    """The usual nltk and pandas notebook, a pass over all sentences for each thing asked; no cleaning."""
    import nltk
    import pandas as pd
    from nltk.sentiment.vader import SentimentIntensityAnalyzer
    from nltk.tokenize import NLTKWordTokenizer, PunktSentenceTokenizer
    from nltk.tokenize.punkt import PunktParameters

    nltk.data.path.append(str(files("vaderSentiment")))  # nltk's own copy of the lexicon is a download
    parameters = PunktParameters()
    parameters.abbrev_types = set("mr mrs ms dr prof st gen u.s u.n e.g i.e no vs".split())
    punkt, words = PunktSentenceTokenizer(parameters), NLTKWordTokenizer()
    vader, powers = SentimentIntensityAnalyzer("vader_lexicon.txt"), patterns()
    # A final * is any ending.
    longer = {t: rf"\b{re.escape(t)}\b".replace(r"\*\b", "") for t in phrases(load_themes())}

    def run() -> object:
        texts = pd.DataFrame(read(folder).items(), columns=["document", "text"])
        frame = texts.assign(text=texts["text"].apply(punkt.tokenize)).explode("text", ignore_index=True)
        scores = pd.DataFrame(frame["text"].apply(vader.polarity_scores).tolist())
        frame = pd.concat([frame, scores], axis=1)
        near = {}
        for key, pattern in powers.items():
            frame[key] = frame["text"].str.contains(pattern, regex=True)
            near[key] = [
                vader.polarity_scores(around(text, *match.span()))
                for text in frame.loc[frame[key], "text"]
                for match in re.finditer(pattern, text)
            ]
        lower = frame["text"].str.lower()
        terms = {term: lower.str.count(pattern).sum() for term, pattern in longer.items()}
        frame["words"] = lower.apply(words.tokenize)
        counts = frame.groupby("document")["words"].apply(lambda w: Counter(x for one in w for x in one))
        return frame, counts, near, terms

    return run


def spacy_scored(folder: Path) -> Run:
    """A blank spaCy pipeline with vaderSentiment for each sentence and around each name."""
    import spacy
    from spacy.matcher import PhraseMatcher
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    score: Callable[[str], Any] = SentimentIntensityAnalyzer().polarity_scores
    pipeline = spacy.blank("en")
    pipeline.add_pipe("sentencizer")
    matcher = PhraseMatcher(pipeline.vocab)
    for key, group in names().items():
        matcher.add(key, list(pipeline.tokenizer.pipe(group)))
    longer = PhraseMatcher(pipeline.vocab, attr="LOWER")
    terms = (term.removesuffix("*") for term in phrases(load_themes()))
    longer.add("term", list(pipeline.tokenizer.pipe(terms)))

    def run() -> object:
        found, counts, scores = [], {}, []
        texts = read(folder)
        for key, doc in zip(texts, pipeline.pipe(texts.values()), strict=True):
            spans = matcher(doc, as_spans=True)
            found += [(key, span.sent.start, span.label_) for span in spans]
            counts[key] = Counter(token.lower_ for token in doc if not token.is_punct and not token.is_space)
            counts[key].update(span.text.lower() for span in longer(doc, as_spans=True))
            scores += [score(sentence.text) for sentence in doc.sents]
            for span in spans:
                before = span.sent.start_char
                place = (span.start_char - before, span.end_char - before)
                scores.append(score(around(span.sent.text, *place)))
        return found, counts, scores

    return run


METHODS = {method.__name__: method for method in (kzpolicy, notebook, spacy_scored)}


def main() -> None:
    run = METHODS[sys.argv[1]](Path(sys.argv[2]))
    before, start = os.times(), time.perf_counter()
    result = run()
    seconds, after = time.perf_counter() - start, os.times()
    of_processors = sum(after[:4]) - sum(before[:4])  # its own and those of the processes it started
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    unit = 2**20 if sys.platform == "darwin" else 2**10
    memory = max(resource.getrusage(one).ru_maxrss for one in who) / unit
    del result
    print(json.dumps({"seconds": seconds, "processor_seconds": of_processors, "memory_mb": memory}))


if __name__ == "__main__":
    main()
