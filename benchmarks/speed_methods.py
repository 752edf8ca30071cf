"""The ways of measuring a folder of texts that ``speed.py`` compares; each runs in its own process.

All are asked the same, as far as they can answer it: sentences, which powers they name, a score for
each sentence and one for the words around each name, counts of all words and of the themes' terms
of several words. Only kzpolicy reads who does what to whom, counts by paragraph, and keeps checked
tables.

Usage: ``python speed_methods.py METHOD FOLDER``; prints seconds of processor and peak memory as JSON.
Imports and loading of models come before the clock starts, for every method.
"""

import json
import re
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

Run = Callable[[], object]


def read(folder: Path) -> dict[str, str]:
    return {path.stem: path.read_text(encoding="utf-8-sig") for path in sorted(folder.glob("*.txt"))}


def names() -> dict[str, list[str]]:
    """Every power's names, as kzpolicy has them: the same task for all."""
    import tomllib

    tables = tomllib.loads((files("kzpolicy") / "powers.toml").read_text(encoding="utf-8"))
    kinds = ("state", "capital", "leader", "people", "institution")
    return {key: [name for kind in kinds for name in table.get(kind, [])] for key, table in tables.items()}


def patterns() -> dict[str, str]:
    """One expression a power, the longest name first."""
    return {
        key: r"(?<!\w)(?:" + "|".join(map(re.escape, sorted(group, key=len, reverse=True))) + r")(?!\w)"
        for key, group in names().items()
    }


def phrases() -> list[str]:
    """The themes' terms of several words, which a list of words does not count."""
    from kzpolicy import themes

    return themes.phrases(themes.load_themes())


def around(text: str, start: int, end: int) -> str:
    """The ten words on either side of a name: the usual way to score toward somebody."""
    return " ".join([*text[:start].split()[-10:], text[start:end], *text[end:].split()[:10]])


def nltk_vader() -> Any:
    """NLTK's analyser with the lexicon of the package vaderSentiment: nltk's own is a download."""
    import nltk
    from nltk.sentiment.vader import SentimentIntensityAnalyzer

    nltk.data.path.append(str(files("vaderSentiment")))
    return SentimentIntensityAnalyzer("vader_lexicon.txt")


def kzpolicy(folder: Path) -> Run:
    """The full path: clean, segment, tokenise, match, plain and targeted scores, counts, checks."""
    from kzpolicy.lexicons import load_lexicon
    from kzpolicy.parsing import parse_corpus

    load_lexicon()
    for later in ("pyarrow.compute", "pyarrow.parquet"):  # what it imports where it is used
        import_module(later)
    return lambda: parse_corpus(folder)


def notebook(folder: Path) -> Run:
    """The usual nltk and pandas notebook, a pass over all sentences for each thing asked; no cleaning."""
    import pandas as pd
    from nltk.tokenize import NLTKWordTokenizer, PunktSentenceTokenizer
    from nltk.tokenize.punkt import PunktParameters

    parameters = PunktParameters()
    parameters.abbrev_types = set("mr mrs ms dr prof st gen u.s u.n e.g i.e no vs".split())
    punkt, words, vader, powers = (
        PunktSentenceTokenizer(parameters),
        NLTKWordTokenizer(),
        nltk_vader(),
        patterns(),
    )
    longer = {t: rf"\b{re.escape(t)}\b".replace(r"\*\b", "") for t in phrases()}  # a final * is any ending

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
    """The blank spaCy pipeline with vaderSentiment for each sentence."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return spacy_blank(folder, SentimentIntensityAnalyzer().polarity_scores)


def spacy_blank(folder: Path, score: Callable[[str], object] | None = None) -> Run:
    """A blank spaCy pipeline: sentences, tokens, names, counts; no cleaning, no scores."""
    import spacy
    from spacy.matcher import PhraseMatcher

    pipeline = spacy.blank("en")
    pipeline.add_pipe("sentencizer")
    matcher = PhraseMatcher(pipeline.vocab)
    for key, group in names().items():
        matcher.add(key, list(pipeline.tokenizer.pipe(group)))
    longer = PhraseMatcher(pipeline.vocab, attr="LOWER")
    longer.add("term", list(pipeline.tokenizer.pipe(term.removesuffix("*") for term in phrases())))

    def run() -> object:
        found, counts, scores = [], {}, []
        texts = read(folder)
        for key, doc in zip(texts, pipeline.pipe(texts.values()), strict=True):
            names = matcher(doc, as_spans=True)
            found += [(key, span.sent.start, span.label_) for span in names]
            counts[key] = Counter(token.lower_ for token in doc if not token.is_punct and not token.is_space)
            counts[key].update(span.text.lower() for span in longer(doc, as_spans=True))
            if score is not None:
                scores += [score(sentence.text) for sentence in doc.sents]
                for span in names:
                    before = span.sent.start_char
                    place = (span.start_char - before, span.end_char - before)
                    scores.append(score(around(span.sent.text, *place)))
        return found, counts, scores

    return run


def textacy(folder: Path) -> Run:
    """A textacy pipeline: cleaning, sentences, tokens, names, bag of words; no scores."""
    import spacy
    import textacy
    from textacy import extract, preprocessing

    normal = preprocessing.normalize
    clean = preprocessing.make_pipeline(
        normal.unicode, normal.hyphenated_words, normal.quotation_marks, normal.whitespace
    )
    pipeline = spacy.blank("en")
    pipeline.add_pipe("sentencizer")
    powers = {key: re.compile(pattern) for key, pattern in patterns().items()}

    def run() -> object:
        found, counts = [], {}
        for key, text in read(folder).items():
            doc = textacy.make_spacy_doc(clean(text), lang=pipeline)
            for power, pattern in powers.items():
                found += [(key, s.sent.start, power) for s in extract.regex_matches(doc, pattern)]
            counts[key] = extract.to_bag_of_words(doc, by="lower_", filter_stops=False)
        return found, counts

    return run


def vader_sentiment(folder: Path) -> Run:
    """Only sentence scores, by the package vaderSentiment, on sentences that kzpolicy split."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    from kzpolicy.segmenting import split_sentences

    analyser = SentimentIntensityAnalyzer()
    found = [text[start:end] for text in read(folder).values() for start, end in split_sentences(text)]
    return lambda: [analyser.polarity_scores(sentence) for sentence in found]


def word_regex(folder: Path) -> Run:
    """The floor: one expression for words over the text, and nothing else."""
    word = re.compile(r"\w+")
    return lambda: [word.findall(text) for text in read(folder).values()]


METHODS = {
    method.__name__: method
    for method in (kzpolicy, notebook, spacy_scored, spacy_blank, textacy, vader_sentiment, word_regex)
}


def main() -> None:
    run = METHODS[sys.argv[1]](Path(sys.argv[2]))
    start = time.process_time()
    result = run()
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    del result
    print(json.dumps({"seconds": seconds, "memory": peak}))


if __name__ == "__main__":
    main()
