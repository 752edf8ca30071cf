"""A document: read from its file; and measured, from its text to rows of the study's tables."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from kzpolicy.build.boilerplate import clean_paragraphs
from kzpolicy.build.duplicates import signature
from kzpolicy.build.guard import Item, named, read_parts
from kzpolicy.build.sentences import find_words, split_sentences
from kzpolicy.build.sources import found_row
from kzpolicy.build.speeches import debate_facts
from kzpolicy.corpus import Study, load_states
from kzpolicy.powers import Mention, Powers
from kzpolicy.scores.own import SCORES, Scorer, check_scores
from kzpolicy.scores.plain import plain_scores
from kzpolicy.scores.targeted import score_targets
from kzpolicy.tables import PARSED, TABLES, StudyError, check_table

# A mention before it is scored.
_UNSCORED = ["sentence", *Mention._fields, "text", "speaker_state"]

Rows = list[tuple[Any, ...]]


def read_files(items: Sequence[Item], skipped: list[tuple[str, str]]) -> dict[str, pd.DataFrame]:
    """Read files, each a ``file`` and its ``path``.

    Of each document ``found`` has a row as from `found_row`, with its ``signature`` and its ``place`` in
    ``texts``.
    """
    from kzpolicy.build.files import read_texts

    found: list[dict[str, Any]] = []
    for item in items:
        file, path = item["file"], Path(item["path"])
        with named(file, skipped):
            before, raw, after = path.stat(), path.read_bytes(), path.stat()
            if (before.st_size, before.st_mtime_ns) != (len(raw), after.st_mtime_ns):
                raise StudyError("changed while it was read; build again")
            digest, is_speech = sha256(raw).hexdigest(), debate_facts(file)
            rows = []
            for one in read_texts(file, raw):
                signed = b"" if is_speech or one.fault else signature(one.text).tobytes()
                rows.append(found_row(file, one, digest) | {"signature": signed, "text": one.text})
            if not rows:
                raise StudyError("no text in it; put one in it or take it away")
            found += rows
    columns = None if found else ["file", "part", "signature", "text"]
    frame = pd.DataFrame(found, columns=columns).fillna("")
    frame["place"] = range(len(frame))
    return {"found": frame.drop(columns="text"), "texts": frame[["place", "text"]]}


def load_lists() -> None:
    """Load the lists of words that scores need: before workers are made, which are copies of this process."""
    plain_scores(["Good."])
    score_targets(pd.DataFrame({"text": ["China pays."], "start": [0], "end": [5], "power": ["china"]}))


def measure(
    items: Sequence[Item], skipped: list[tuple[str, str]], *, study: Study, powers: Powers, scored: bool
) -> dict[str, pd.DataFrame]:
    """Measure documents of one part that `read_files` left: their rows of each table.

    Each is a row of `merge_facts` with its ``source``, a part, and ``place``. Where mentions are not
    scored, they keep the text for a scorer of the user's.
    """
    rows: dict[str, Rows] = {name: [] for name in PARSED}
    texts = {}
    if items:
        places = [item["place"] for item in items]
        wanted = [("place", ">=", min(places)), ("place", "<=", max(places))]
        (read,) = read_parts([items[0]["source"]], "texts", filters=wanted)
        texts = dict(zip(read["place"], read["text"], strict=True))
    for item in items:
        with named(item["file"], skipped):
            for name, more in _measure(item, texts[item["place"]], study, powers).items():
                rows[name] += more
    mentions = pd.DataFrame(rows.pop("mentions"), columns=_UNSCORED)
    tables = {name: pd.DataFrame(more, columns=TABLES[name].names) for name, more in rows.items()}
    tables = {name: check_table(table, name) for name, table in tables.items()}
    return tables | {"mentions": score_mentions(mentions, study, score_targets) if scored else mentions}


def score_mentions(mentions: pd.DataFrame, study: Study, scorer: Scorer) -> pd.DataFrame:
    """Score mentions, with the state for which a document speaks as the subject of its stance."""
    scored = [TABLES["mentions"].empty()]
    states = load_states()
    for state, rows in mentions.groupby("speaker_state", sort=False):
        subject = study.subject
        if state:
            known = state in states.index
            subject = (states.at[state, "name"], *states.at[state, "words"]) if known else (state,)
        asked = rows[["text", "start", "end", "power"]].reset_index(drop=True)
        found = scorer(asked, subject=subject, first_person=bool(state) or study.first_person)
        scored.append(rows.join(check_scores(found, asked)[list(SCORES)].set_axis(rows.index)))
    table = pd.concat(scored).sort_index()[TABLES["mentions"].names].round({"tone": 4, "stance": 4})
    return check_table(table, "mentions")


class Sentence(NamedTuple):
    """A sentence and where it stands."""

    locator: str
    document: str
    paragraph: int
    position: int
    kind: str
    text: str
    words: list[str]


def _measure(document: Item, text: str, study: Study, powers: Powers) -> dict[str, Rows]:
    """Measure one document: its rows of each table."""
    key, state = document["document"], document["speaker_state"]
    sentences, left_out, paragraphs = read_sentences(document, text)
    body = [one for one in sentences if one.kind != "heading"]
    naming = [(one, mentions) for one in sentences if (mentions := powers.find(one.text))]
    plain = plain_scores([one.text for one in sentences]).itertuples(index=False, name=None)
    sizes = {"paragraphs": paragraphs, "sentences": len(body), "words": sum(len(one.words) for one in body)}
    measured = {**document, **sizes, "corpus": study.name}
    return {
        "documents": [tuple(measured.get(name, "") for name in TABLES["documents"].names)],
        "sentences": [
            (*one[:5], len(one.words), *scores, fingerprint(one.words))
            for one, scores in zip(sentences, plain, strict=True)
        ],
        "mentions": [(one.locator, *name, one.text, state) for one, found in naming for name in found],
        "terms": list(_terms(key, body, study.phrases)),
        "contexts": list(_contexts(key, naming, powers)),
        "left_out": [(key, *line) for line in left_out],
    }


def read_sentences(document: Item, text: str) -> tuple[list[Sentence], Any, int]:
    """Cut a document's text into sentences.

    Parameters
    ----------
    document
        Its key ``document``, ``title``, ``authors``, ``layout`` and ``standfirst``.

    Returns
    -------
    sentences : list of Sentence
    left_out : list of (line, reason, words)
    paragraphs : int
        How many of body and quotations.

    Raises
    ------
    StudyError
        If nothing of the text is the document's own.
    """
    facts = {name: document[name] for name in ("title", "authors", "layout", "standfirst")}
    paragraphs, left_out = clean_paragraphs(text, **facts)
    if not any(kind == "body" for _, kind, _ in paragraphs):
        raise StudyError("no paragraph of running text in it; check that the whole page was saved")
    key, sentences = document["document"], []
    for paragraph, kind, content in paragraphs:
        spans = [(0, len(content))] if kind == "heading" else split_sentences(content)
        for position, (start, end) in enumerate(spans, start=int(kind != "heading")):
            one, place = content[start:end], (key, paragraph, position, kind)
            sentences.append(Sentence(f"{key}:{paragraph}:{position}", *place, one, find_words(one)))
    return sentences, left_out, sum(kind in ("body", "quotation") for _, kind, _ in paragraphs)


def fingerprint(words: Sequence[str]) -> str:
    """Give the first 12 hex digits of the SHA-256 of a sentence's words, which prove its text."""
    return sha256(" ".join(words).encode()).hexdigest()[:12]


def _terms(key: str, sentences: Sequence[Sentence], phrases: Iterable[str]) -> Iterator[tuple[Any, ...]]:
    """Count the words of each paragraph, and terms of several words, in alphabetical order."""
    lines = [" ".join(one.words) for one in sentences]
    inside = "\n".join(lines)
    patterns = [_pattern(phrase) for phrase in phrases if phrase.removesuffix("*") in inside]
    counts: dict[int, Counter[str]] = {}
    for one, line in zip(sentences, lines, strict=True):
        # What two phrases find in one place is one term.
        longer = {(match.span(), match[0]) for pattern in patterns for match in pattern.finditer(line)}
        counts.setdefault(one.paragraph, Counter()).update([*one.words, *(term for _, term in longer)])
    for paragraph, terms in counts.items():
        for term in sorted(terms):
            yield key, paragraph, term, terms[term]


def _pattern(phrase: str) -> re.Pattern[str]:
    ending = r"\S*" if phrase.endswith("*") else ""
    return re.compile(rf"(?<!\S){re.escape(phrase.removesuffix('*'))}{ending}(?!\S)")


def _contexts(
    key: str, naming: Iterable[tuple[Sentence, Sequence[Mention]]], powers: Powers
) -> Iterator[tuple[Any, ...]]:
    """Count the words of the sentences that name a power, and those inside its own names."""
    near: dict[str, Counter[str]] = {power: Counter() for power in powers.keys}
    others: dict[str, Counter[str]] = {power: Counter() for power in powers.keys}
    for one, mentions in naming:
        for power in {mention.power for mention in mentions if one.kind != "heading"}:
            near[power].update(one.words)
            others[power].update(find_words(_without(one.text, mentions, power)))
    for power, terms in near.items():
        for term in sorted(terms):
            yield key, power, term, terms[term], max(0, terms[term] - others[power][term])


def _without(sentence: str, mentions: Sequence[Mention], power: str) -> str:
    """Take a power's names out of a sentence, with what a hyphen joins to them (anti-Russian)."""
    letters = list(sentence)
    for mention in mentions:
        if mention.power == power:
            letters[mention.start : mention.end] = "\0" * (mention.end - mention.start)
    words = re.split(r"([^\w\0‑-]+)", "".join(letters))
    return "".join(" " if "\0" in word else word for word in words)
