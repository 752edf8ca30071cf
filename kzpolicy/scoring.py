"""What counts as a scorer, and a scorer made of any text classifier of the transformers package."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import pandas as pd

from kzpolicy.errors import StudyError

SCORES = ("tone", "stance", "tone_class", "stance_class", "because")
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

    Raises
    ------
    ScorerError
        If rows are missing or in another order, a column is missing, a score is not between -1
        and 1, or a class is not -1, 0 or 1.
    """
    if not isinstance(scored, pd.DataFrame) or not scored.index.equals(mentions.index):
        raise ScorerError("scorer: gave other rows than it was given; return the same rows, same index")
    for name in SCORES:
        if name not in scored:
            raise ScorerError(f"scorer: gave no column {name!r}; it must give {', '.join(SCORES)}")
    for name in ("tone", "stance"):
        numbers = pd.to_numeric(scored[name], errors="coerce")
        if not numbers.between(-1, 1).all():
            wrong = scored[name][~numbers.between(-1, 1)].iloc[0]
            raise ScorerError(f"scorer: {name} {wrong} is not between -1 and 1; scale it")
        if not scored[f"{name}_class"].isin([-1, 0, 1]).all():
            wrong = scored[f"{name}_class"][~scored[f"{name}_class"].isin([-1, 0, 1])].iloc[0]
            raise ScorerError(f"scorer: {name}_class {wrong} is not -1, 0 or 1; name the class so")
    return scored


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
    model
        Folder of a saved model, or its name on the hub (then it is downloaded once).
    tone, stance
        The question; ``{target}`` (the words named), ``{power}`` and ``{subject}`` are filled in.
    labels
        The model's label names as -1, 0 and 1; None where they are negative, neutral, positive.
    batch
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
    try:
        import torch
        from transformers import AutoModelForSequenceClassification, AutoTokenizer
    except ImportError:
        raise StudyError("transformers is not installed; run pip install kzpolicy[transformers]") from None
    try:
        tokenizer = AutoTokenizer.from_pretrained(model)
        classifier = AutoModelForSequenceClassification.from_pretrained(model).eval()
    except (OSError, ValueError) as error:
        raise StudyError(
            f"{model}: not a text classifier ({str(error).splitlines()[0]}); name another"
        ) from None
    signs = _signs(classifier.config.id2label, labels, model)

    def chances(texts: Sequence[str], questions: Sequence[str]) -> list[dict[int, float]]:
        found: list[dict[int, float]] = []
        for i in range(0, len(texts), batch):
            encoded = tokenizer(
                list(texts[i : i + batch]),
                list(questions[i : i + batch]),
                truncation="only_first",
                padding=True,
                return_tensors="pt",
            )
            with torch.no_grad():
                rows = classifier(**encoded).logits.softmax(-1).tolist()
            found += [{sign: row[place] for place, sign in signs.items()} for row in rows]
        return found

    def score(frame: pd.DataFrame, *, subject: str | Iterable[str], first_person: bool) -> pd.DataFrame:
        name = subject if isinstance(subject, str) else next(iter(subject))
        targets = [t[a:b] for t, a, b in zip(frame["text"], frame["start"], frame["end"], strict=True)]
        scored = frame.copy()
        reasons: list[list[str]] = [[] for _ in targets]
        for measure, question in (("tone", tone), ("stance", stance)):
            asked = [
                question.format(target=target, power=power, subject=name)
                for target, power in zip(targets, frame["power"], strict=True)
            ]
            found = chances(frame["text"].tolist(), asked)
            scored[measure] = [chance[1] - chance[-1] for chance in found]
            scored[f"{measure}_class"] = [max((-1, 0, 1), key=chance.__getitem__) for chance in found]
            for reason, chance in zip(reasons, found, strict=True):
                reason.append(f"{measure} {' '.join(f'{s:+d}: {chance[s]:.2f}' for s in (-1, 0, 1))}")
        scored["because"] = [f"{model}: {'; '.join(reason)}" for reason in reasons]
        return scored

    return score


def _signs(names: Mapping[int, str], labels: Mapping[str, int] | None, model: str) -> dict[int, int]:
    """Map a classifier's places to -1, 0 and 1."""
    known = _SIGNS if labels is None else {name.lower(): sign for name, sign in labels.items()}
    signs = {place: known.get(name.lower(), 9) for place, name in names.items()}
    if sorted(signs.values()) != [-1, 0, 1]:
        raise StudyError(
            f"{model}: its labels are {', '.join(names.values())}; name the -1, 0 and 1 among them, as in "
            "labels={'against': -1, 'none': 0, 'favor': 1}"
        )
    return signs
