"""Scorers from elsewhere: what they must give, and a classifier made on the spot."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from kzpolicy.scores.own import check_scores, transformers_scorer
from kzpolicy.tables import StudyError

MENTIONS = pd.DataFrame(
    {
        "text": ["Ruritania trusts Russia.", "China left Ruritania.", "Ruritania met Russia."],
        "start": [17, 0, 14],
        "end": [23, 5, 20],
        "power": ["Russia", "China", "Russia"],
    },
    index=[5, 3, 8],
)


def constant(frame: pd.DataFrame, **_: Any) -> pd.DataFrame:
    """Give every mention the same scores."""
    return frame.assign(tone=0.5, stance=-0.5, tone_class=1, stance_class=-1, because="always")


def test_a_plain_function_is_a_scorer() -> None:
    assert check_scores(constant(MENTIONS), MENTIONS)["tone_class"].tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.iloc[1:], "other rows"),
        (lambda f: f.sort_index(), "other rows"),
        (lambda f: list(f), "other rows"),
        (lambda f: f.drop(columns="because"), "no column 'because'"),
        (lambda f: f.assign(tone=1.5), "tone 1.5 is not between -1 and 1; scale it"),
        (lambda f: f.assign(tone="high"), "tone high is not between"),
        (lambda f: f.assign(stance=float("nan")), "stance nan is not between"),
        (lambda f: f.assign(stance_class=2), "stance_class 2 is not -1, 0 or 1; name the class so"),
    ],
)
def test_what_a_scorer_gives_is_checked(change: Any, message: str) -> None:
    with pytest.raises(StudyError, match=f"^scorer: .*{message}"):
        check_scores(change(constant(MENTIONS)), MENTIONS)


def tiny_model(folder: Path, names: list[str]) -> str:
    """Save a classifier of a few hundred random weights, made from a fixed seed."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    words = "[PAD] [UNK] [CLS] [SEP] [MASK] ruritania trusts russia china left met .".split()
    (folder / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    transformers.BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    torch.manual_seed(1)
    config = transformers.BertConfig(
        vocab_size=len(words),
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=8,
        id2label=dict(enumerate(names)),
        label2id={name: i for i, name in enumerate(names)},
        initializer_range=2.0,
    )
    transformers.BertForSequenceClassification(config).save_pretrained(folder)
    return str(folder)


def test_a_classifier_of_transformers(tmp_path: Path) -> None:
    model = tiny_model(tmp_path, ["negative", "neutral", "positive"])
    scorer = transformers_scorer(model, batch=2)
    scored = check_scores(scorer(MENTIONS, subject=["Ruritania", "Ruritanian"], first_person=False), MENTIONS)
    # The same numbers from the model by hand, one pair at a time.
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model)
    classifier = AutoModelForSequenceClassification.from_pretrained(model).eval()
    for row in scored.itertuples():
        target = row.text[row.start : row.end]
        for measure, question in (("tone", target), ("stance", f"Ruritania toward {target}")):
            with torch.no_grad():
                logits = classifier(**tokenizer(row.text, question, return_tensors="pt")).logits
            below, none, above = logits.softmax(-1)[0].tolist()
            assert getattr(row, measure) == pytest.approx(above - below, abs=1e-5)
            assert getattr(row, f"{measure}_class") == max([(below, -1), (none, 0), (above, 1)])[1]
    sent = pickle.loads(pickle.dumps(scorer))(MENTIONS, subject="Ruritania", first_person=False)
    pd.testing.assert_frame_equal(sent, scored)
    assert scored["tone"].nunique() > 1 and scored["because"].str.startswith(model).all()


def test_labels_are_named_or_refused(tmp_path: Path) -> None:
    model = tiny_model(tmp_path, ["against", "favor", "none"])
    with pytest.raises(StudyError, match="against, favor, none"):
        transformers_scorer(model)
    labels = {"AGAINST": -1, "none": 0, "favor": 1}
    scored = transformers_scorer(model, labels=labels)(MENTIONS, subject="Ruritania", first_person=False)
    assert check_scores(scored, MENTIONS)["tone"].abs().max() > 0


def test_no_model_there(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    with pytest.raises(StudyError, match="not a text classifier"):
        transformers_scorer(str(tmp_path / "nothing"))
