"""Near-duplicates of invented texts: signatures, who is kept, and what is never compared."""

import random
from pathlib import Path

import numpy as np
import pandas as pd
from invented import write_folder

from kzpolicy.build.duplicates import SIMILAR, near_duplicates, signature
from kzpolicy.build.study import parse_texts

WORDS = """
road port snow grain trade
summit treaty border gas oil loan bank wheat union tariff guard news lake
""".split()


def text(seed: int, words: int = 400) -> str:
    chance = random.Random(seed)
    lines = [
        " ".join(chance.choices(WORDS, k=14)) + f" {chance.randrange(10**6)}." for _ in range(words // 15)
    ]
    return "\n".join(lines)


def changed(content: str, share: float, seed: int = 0) -> str:
    chance = random.Random(seed)
    return " ".join(chance.choice(WORDS) if chance.random() < share else word for word in content.split(" "))


def jaccard(one: str, other: str) -> float:
    runs = [
        {tuple(words[i : i + 5]) for i in range(len(words) - 4)} for words in (one.split(), other.split())
    ]
    return len(runs[0] & runs[1]) / len(runs[0] | runs[1])


def test_a_signature_estimates_the_shared_runs_of_words() -> None:
    estimates, exact = [], []
    for seed in range(60):
        one = text(seed)
        other = changed(one, 0.01, seed)
        found = near_duplicates([signature(one), signature(other)])
        share = jaccard(one.lower().replace(".", ""), other.lower().replace(".", ""))
        if share > SIMILAR + 0.08:
            assert found[1][0] == 0
            estimates.append(found[1][1])
            exact.append(share)
    assert len(exact) > 10 and abs(np.mean(np.subtract(estimates, exact))) < 0.02


def test_texts_that_share_little_are_two() -> None:
    assert near_duplicates([signature(text(seed)) for seed in range(50)]) == {}
    assert near_duplicates([signature(text(1)), signature(changed(text(1), 0.3))]) == {}
    assert near_duplicates([signature("It snows."), signature("It rains.")]) == {}
    assert near_duplicates([signature(""), signature("")]) == {}


def test_the_first_in_order_is_the_original_of_all() -> None:
    signatures = [signature(changed(text(3), 0.005, seed)) for seed in range(4)] + [signature(text(4))]
    assert {k: v[0] for k, v in near_duplicates(signatures).items()} == {1: 0, 2: 0, 3: 0}
    backwards = near_duplicates(signatures, [3, 4, 2, 1, 0])
    assert {k: v[0] for k, v in backwards.items()} == {0: 3, 1: 3, 2: 3}


def test_a_signature_is_the_same_on_every_machine() -> None:
    found = signature(
        "\n".join(["The road to the port of the town is open to all who pay for the grain."] * 3)
    )
    assert found[found < 65_535][:4].tolist() == [33289, 16545, 1642, 52598]


def test_of_two_copies_the_one_with_the_exact_date_is_kept(tmp_path: Path) -> None:
    article = text(7).replace("\n", " ") + "\n"
    head = "---\ntitle: {}\ndate: {}\n---\n\n"
    files = {
        "a.md": head.format("Vague", "2019") + article,
        "b.md": head.format("Exact", "2019-05-06") + article,
        "c.md": head.format("Later", "2019-05-07") + changed(article, 0.01),
        "KAZ_74_2019.txt": article,
        "KGZ_74_2019.txt": article,
    }
    corpus = parse_texts(write_folder(tmp_path, files))
    assert sorted(corpus.documents["document"]) == ["KAZ_2019", "KGZ_2019", "b"]
    reasons = corpus.skipped.set_index("file")["reason"]
    assert reasons["a.md"] == "near-duplicate of b (similarity 1.00)"
    assert reasons["c.md"] == "near-duplicate of b (similarity 0.93)"
    everything = parse_texts(tmp_path, collapse=False)
    assert len(everything.documents) == 5 and isinstance(everything.skipped, pd.DataFrame)
    twins = {"a/x.md": files["b.md"], "b/x-again.md": files["b.md"]}
    # A copy that is left out takes no name away.
    assert parse_texts(write_folder(tmp_path / "twins", twins)).documents["label"].tolist() == ["Exact 2019"]
