"""Invented speeches for tests: each paragraph is one sentence of lower-case words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import pandas as pd

from kzpolicy.corpus import Corpus, Study
from kzpolicy.powers import load_powers
from kzpolicy.tables import TABLES
from kzpolicy.themes import load_themes


def debate(speeches: Mapping[tuple[str, int], Sequence[str]]) -> Corpus:
    """Build a corpus from state and year to the speech's paragraphs."""
    powers = load_powers()
    documents, sentences, mentions, terms = [], [], [], []
    for (state, year), paragraphs in speeches.items():
        document, day = f"{state}_{year}", pd.Timestamp(year, 9, 20)
        documents.append({"document": document, "label": f"{state} {year}", "speaker_state": state})
        documents[-1] |= {"published_from": day, "published_to": day}
        for number, text in enumerate(paragraphs, start=1):
            place, words = {"document": document, "paragraph": number}, text.lower().split()
            sentence = f"{document}:{number}:1"
            sentences.append(place | {"sentence": sentence, "kind": "body", "words": len(words)})
            terms += [place | {"term": term, "count": count} for term, count in Counter(words).items()]
            found = powers.find(text)
            mentions += [{"sentence": sentence, "document": document, "power": one.power} for one in found]
    frames = {"documents": documents, "sentences": sentences, "terms": terms}
    tables = {name: None for name in TABLES} | {name: pd.DataFrame(rows) for name, rows in frames.items()}
    tables["mentions"] = pd.DataFrame(mentions, columns=["sentence", "document", "power"])
    return Corpus(**tables, study=Study(), powers=powers, themes=load_themes())
