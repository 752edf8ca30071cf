"""A small invented corpus for tests: sentences as lower-case words, tables counted from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from kzpolicy.corpus import Corpus, Study
from kzpolicy.powers import load_powers
from kzpolicy.tables import TABLES, check_references, check_table
from kzpolicy.themes import load_themes


class Paper(NamedTuple):
    """A document: key, first and last possible day of publication, kind of outlet, speaking state."""

    document: str
    published_from: str
    published_to: str
    outlet_group: str = ""
    speaker_state: str = ""

    @property
    def label(self) -> str:
        """Its name in figures."""
        return f"{self.document.title()} {self.published_from[:4]}"


class Said(NamedTuple):
    """A sentence: locator, words, the names of powers in it (key, alias), compound score."""

    sentence: str
    text: str
    names: Sequence[tuple[str, str]] = ()
    compound: float = 0.0


class Code(NamedTuple):
    """The codes of several coders for one sentence and power, coder by coder."""

    sentence: str
    power: str
    reference: Sequence[int]
    tone: Sequence[int]
    stance: Sequence[int]
    confidence: Sequence[int] = (1, 1, 1)


def write_folder(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write invented files into a new folder, with folders in it where their names say so."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def invented_corpus(
    papers: Iterable[Paper],
    sayings: Iterable[Said],
    codes: Iterable[Code] = (),
    phrases: Iterable[str] = (),
    texts: bool = False,
) -> Corpus:
    """Build a corpus whose tables follow from its words as the codebook of the tables says."""
    sayings, phrases = list(sayings), tuple(phrases)
    rows: dict[str, list[Mapping[str, object]]] = {name: [] for name in TABLES}
    terms: dict[tuple[str, int], Counter[str]] = {}
    near: dict[tuple[str, str], Counter[str]] = {}
    others: dict[tuple[str, str], Counter[str]] = {}
    for paper in papers:
        blank: dict[str, object] = {
            c.name: 0 if c.type == "integer" else "x" for c in TABLES["documents"].columns
        }
        rows["documents"].append(blank | paper._asdict() | {"label": paper.label})
    for said in sayings:
        document, paragraph, position = said.sentence.split(":")
        heading = position == "0"
        words = said.text.split()
        rows["sentences"].append(
            {
                "sentence": said.sentence,
                "document": document,
                "paragraph": paragraph,
                "position": position,
                "kind": "heading" if heading else "standfirst" if paragraph == "0" else "body",
                "words": len(words),
                "vader_negative": 0.0,
                "vader_neutral": 1.0,
                "vader_positive": 0.0,
                "vader_compound": said.compound,
                "fingerprint": "0" * 12,
            }
        )
        for power, alias in said.names:
            start = said.text.index(alias.lower())
            rows["mentions"].append(
                {
                    "sentence": said.sentence,
                    "power": power,
                    "start": start,
                    "end": start + len(alias),
                    "via": "state",
                    "alias": alias,
                    # Scores of the targeted scorer are tried in tests of their own.
                    **{"tone": 0.0, "stance": 0.0, "tone_class": 0, "stance_class": 0, "because": ""},
                }
            )
        if heading:
            continue
        counts = terms.setdefault((document, int(paragraph)), Counter())
        counts.update(words)
        counts.update({phrase: n for phrase in phrases if (n := said.text.count(phrase))})
        for power in dict(said.names):
            rest = said.text
            for other, alias in said.names:
                rest = rest.replace(alias.lower(), " ", 1) if other == power else rest
            near.setdefault((document, power), Counter()).update(words)
            others.setdefault((document, power), Counter()).update(rest.split())
    for (document, number), counts in terms.items():
        rows["terms"] += [
            {"document": document, "paragraph": number, "term": t, "count": n}
            for t, n in sorted(counts.items())
        ]
    for (document, power), counts in near.items():
        rest_counts = others[document, power]
        rows["contexts"] += [
            {"document": document, "power": power, "term": t, "count": n, "own": n - rest_counts[t]}
            for t, n in sorted(counts.items())
        ]
    for code in codes:
        for i, coder in enumerate("abc"[: len(code.reference)]):
            rows["codes"].append(
                {
                    "sentence": code.sentence,
                    "power": code.power,
                    "coder": coder,
                    "reference": code.reference[i],
                    "tone": code.tone[i],
                    "stance": code.stance[i],
                    "confidence": code.confidence[i],
                }
            )
    tables = {n: check_table(pd.DataFrame(rows[n], columns=TABLES[n].names), n) for n in TABLES}
    check_references(tables)
    own = pd.DataFrame([(said.sentence, said.text) for said in sayings], columns=["sentence", "text"])
    return Corpus(
        **tables,
        study=Study("invented", phrases=phrases),
        powers=load_powers(),
        themes=load_themes(),
        texts=own if texts else None,
    )


UNION = ("russia", "Eurasian Economic Union")
PAPERS = [Paper("north", "2018-03-01", "2018-03-01"), Paper("east", "2022-02-02", "2022-02-02")]
RUSSIA, CHINA = ("russia", "Russia"), ("china", "China")
SAYINGS = [
    Said("north:0:1", "grain trade grows"),
    Said("north:1:0", "russia and trade", [RUSSIA]),
    Said("north:1:1", "russia exports grain to central steppes and exporters smile", [RUSSIA]),
    Said("north:1:2", "china buys grain", [CHINA]),
    Said("north:2:1", "the eurasian economic union met while russia slept", [UNION, RUSSIA]),
    Said("east:1:1", "economic growth and economic plans"),
    Said("east:1:2", "union members and china traded", [CHINA]),
    Said("east:2:1", "no trade"),
]


def two_papers(phrases: Iterable[str] = (), texts: bool = False) -> Corpus:
    """Build the corpus of `SAYINGS`, two papers on grain and trade."""
    return invented_corpus(PAPERS, SAYINGS, phrases=phrases, texts=texts)
