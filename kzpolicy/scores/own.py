"""Scorers from elsewhere: what counts as one, and one made of any text classifier of Hugging Face."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd

from kzpolicy.tables import StudyError

SCORES = ("tone", "stance", "tone_class", "stance_class", "because")
_READ = ("text", "start", "end", "power")
_SIGNS = {"negative": -1, "neutral": 0, "positive": 1, "neg": -1, "neu": 0, "pos": 1}


class ScorerError(StudyError):
    """A scorer gave what it must not: its own fault, and no document's."""


class Scorer(Protocol):
    """Anything that gives mentions scores.

    It is called with a frame with ``text`` (a sentence), ``start``, ``end`` (offsets of the target)
    and ``power``, and returns the same rows, same index, with the five columns `SCORES`.
    """

    def __call__(
        self, frame: pd.DataFrame, *, subject: str | Iterable[str], first_person: bool
    ) -> pd.DataFrame:
        """Score each row."""


def check_scores(scored: Any, mentions: pd.DataFrame) -> pd.DataFrame:
    """Check what a scorer returned for these mentions.

    Parameters
    ----------
    scored
        What it returned.
    mentions : pandas.DataFrame
        What it was given.

    Returns
    -------
    pandas.DataFrame
        `scored`, as it is.

    Raises
    ------
    ScorerError
        If rows are missing or in another order, a column is missing, a score is not between -1
        and 1, or a class is not -1, 0 or 1.

    Examples
    --------
    >>> given = pd.DataFrame({"text": ["China pays."], "start": [0], "end": [5], "power": ["china"]})
    >>> check_scores(given.assign(tone=2), given)
    Traceback (most recent call last):
    kzpolicy.scores.own.ScorerError: scorer: gave no column 'stance'; it must give tone, stance, tone_class, \
stance_class, because
    """
    if not isinstance(scored, pd.DataFrame) or not scored.index.equals(mentions.index):
        raise ScorerError("scorer: gave other rows than it was given; return the same rows, same index")
    for name in SCORES:
        if name not in scored:
            raise ScorerError(f"scorer: gave no column {name!r}; it must give {', '.join(SCORES)}")
    for name in ("tone", "stance"):
        _check_values(scored, name, lambda v: v.between(-1, 1), "between -1 and 1; scale it")
        _check_values(scored, f"{name}_class", lambda v: v.isin([-1, 0, 1]), "-1, 0 or 1; name the class so")
    return scored


def _check_values(scored: pd.DataFrame, name: str, right: Callable[[Any], Any], what: str) -> None:
    fits = right(pd.to_numeric(scored[name], errors="coerce"))
    if not fits.all():
        raise ScorerError(f"scorer: {name} {scored[name][~fits].iloc[0]} is not {what}")


def transformers_scorer(
    model: str,
    *,
    tone: str = "{target}",
    stance: str = "{subject} toward {target}",
    labels: Mapping[str, int] | None = None,
    batch: int = 32,
) -> Scorer:
    """Make a scorer of a text classifier in the format of Hugging Face's ``transformers``.

    The classifier reads each sentence with a question as second text, as models for aspects and
    for entailment do, and must tell three classes apart. Needs ``pip install kzpolicy[transformers]``.

    Parameters
    ----------
    model : str
        Folder of a saved model, or its name on the hub (then it is downloaded once).
    tone, stance : str
        The question; ``{target}`` (the words named), ``{power}`` and ``{subject}`` are filled in.
    labels : mapping of str to int, optional
        The model's label names as -1, 0 and 1; None where they are negative, neutral, positive.
    batch : int, default 32
        Sentences a step; more need more memory.

    Returns
    -------
    Scorer
        Scores are the chance of 1 less that of -1; classes are the likeliest. ``because`` names
        the model and its chances: such a model gives no reasons.

    Raises
    ------
    StudyError
        If the package is missing, the model cannot be loaded, or its labels are not understood.

    Examples
    --------
    >>> scorer = transformers_scorer("folder/of/model")  # doctest: +SKIP
    >>> build_study("texts", "study", scorer=scorer)  # doctest: +SKIP
    """
    return _Classifier(model, {"tone": tone, "stance": stance}, labels, batch)


class _Classifier:
    """A classifier with its questions by measure; a class, so that it can be sent to other processes."""

    def __init__(
        self, model: str, questions: Mapping[str, str], labels: Mapping[str, int] | None, batch: int
    ) -> None:
        try:
            from transformers import AutoModelForSequenceClassification, AutoTokenizer

            self.tokenizer = AutoTokenizer.from_pretrained(model)
            self.classifier = AutoModelForSequenceClassification.from_pretrained(model)
        except ImportError:  # of torch too, which the model needs
            raise StudyError(
                "transformers is not installed; run pip install kzpolicy[transformers]"
            ) from None
        except (OSError, ValueError) as error:
            reason = str(error).splitlines()[0]
            raise StudyError(f"{model}: not a text classifier ({reason}); name another") from None
        self.classifier.eval().requires_grad_(False)
        self.model, self.questions, self.batch = model, questions, batch
        self.places = _places(list(self.classifier.config.id2label.values()), labels, model)

    def chances(self, texts: list[str], questions: list[str]) -> np.ndarray:
        """Chances of -1, 0 and 1, one row a sentence."""
        found: list[list[float]] = []
        for i in range(0, len(texts), self.batch):
            pairs = texts[i : i + self.batch], questions[i : i + self.batch]
            encoded = self.tokenizer(*pairs, truncation="only_first", padding=True, return_tensors="pt")
            found += self.classifier(**encoded).logits.softmax(-1).tolist()
        return np.array(found).reshape(-1, 3)[:, self.places]

    def __call__(
        self, frame: pd.DataFrame, *, subject: str | Iterable[str], first_person: bool
    ) -> pd.DataFrame:
        name = subject if isinstance(subject, str) else next(iter(subject))
        scored, reasons = frame.copy(), []
        for measure, question in self.questions.items():
            asked = [
                question.format(target=text[start:end], power=power, subject=name)
                for text, start, end, power in zip(*(frame[c] for c in _READ), strict=True)
            ]
            found = self.chances(frame["text"].tolist(), asked)
            scored[measure] = found[:, 2] - found[:, 0]
            scored[f"{measure}_class"] = found.argmax(axis=1) - 1
            reasons.append([f"{measure} -1: {a:.2f} +0: {b:.2f} +1: {c:.2f}" for a, b, c in found])
        scored["because"] = [f"{self.model}: {'; '.join(row)}" for row in zip(*reasons, strict=True)]
        return scored


def _places(names: Sequence[str], labels: Mapping[str, int] | None, model: str) -> list[int]:
    """Give the places of -1, 0 and 1 among a classifier's labels."""
    known = _SIGNS if labels is None else {name.lower(): sign for name, sign in labels.items()}
    places = {known.get(name.lower(), 9): place for place, name in enumerate(names)}
    if sorted(places) != [-1, 0, 1] or len(names) != 3:
        raise StudyError(
            f"{model}: its labels are {', '.join(names)}; name the -1, 0 and 1 among them, as in "
            "labels={'against': -1, 'none': 0, 'favor': 1}"
        )
    return [places[sign] for sign in (-1, 0, 1)]
