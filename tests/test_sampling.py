"""Samples: their size, their inclusion probabilities, and the way back from codes to pairs."""

import doctest

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kzpolicy import StudyError, draw_sample, join_codes, load_corpus, mention_pairs, sampling
from kzpolicy.sampling import Method, plan


def test_examples_in_docstrings() -> None:
    assert doctest.testmod(sampling).failed == 0


def invented(sizes: tuple[int, ...] = (12, 7, 1)) -> pd.DataFrame:
    """Pairs of three powers; scores run from -1 to 1."""
    power = np.repeat(["russia", "china", "iran"][: len(sizes)], sizes)
    rows = len(power)
    return pd.DataFrame(
        {
            "sentence": [f"a:{i // 4 + 1}:{i % 4 + 1}" for i in range(rows)],
            "power": power,
            "year": [2015 + i % 2 for i in range(rows)],
            "plain": np.linspace(-1, 1, rows),
        }
    )


@pytest.mark.parametrize(
    ("method", "n"), [("simple", 6), ("stratified", 6), ("uncertain", 6), ("uncertain", 17)]
)
def test_inclusion_probabilities_are_how_often_pairs_are_drawn(method: Method, n: int) -> None:
    pairs, draws = invented(), 20_000
    design = plan(pairs, n, method=method, by=["power"], score="plain")
    rng = np.random.default_rng(3)
    counts = np.zeros(len(pairs))
    for _ in range(draws):
        rows = design.draw(rng)
        assert len(rows) == len(set(rows)) == n
        counts[rows] += 1
    error = np.sqrt(design.inclusion * (1 - design.inclusion) / draws)
    assert (np.abs(counts / draws - design.inclusion) <= 4 * error + 1e-12).all()
    assert design.inclusion.sum() == pytest.approx(n)


def test_simple_gives_every_pair_the_same_chance() -> None:
    sample = draw_sample(invented(), 5, seed=4)
    assert sample["inclusion"].tolist() == [0.25] * 5
    assert sample.drop(columns="inclusion").merge(invented()).equals(sample.drop(columns="inclusion"))


def test_stratified_shares_n_out_and_gives_each_stratum_one() -> None:
    sample = draw_sample(invented(), 6, method="stratified", by=["power"])
    assert sample["power"].value_counts().to_dict() == {"russia": 3, "china": 2, "iran": 1}
    assert sample.groupby("power")["inclusion"].first().to_dict() == {
        "russia": 3 / 12,
        "china": 2 / 7,
        "iran": 1,
    }


def test_strata_are_combinations_of_columns() -> None:
    sample = draw_sample(invented(), 5, method="stratified")
    assert (
        sample.groupby(["power", "year"]).size().to_dict()
        == {
            ("russia", 2015): 1,
            ("russia", 2016): 1,
            ("china", 2015): 1,
            ("china", 2016): 1,
            ("iran", 2016): 1,
        }
        or len(sample) == 5
    )


@given(st.lists(st.integers(1, 40), min_size=1, max_size=8), st.data())
@settings(max_examples=60, deadline=None)
def test_shares_of_strata(sizes: list[int], data: st.DataObject) -> None:
    n = data.draw(st.integers(len(sizes), sum(sizes)))
    takes = sampling._allocate(np.array(sizes), n)
    assert sum(takes) == n
    assert all(1 <= take <= size for take, size in zip(takes, sizes, strict=True))
    if all(n * size >= sum(sizes) for size in sizes):  # nobody was lifted to one
        assert all(abs(t - n * s / sum(sizes)) < 1 for t, s in zip(takes, sizes, strict=True))


def test_uncertain_pairs_are_drawn_up_to_five_times_as_often() -> None:
    pairs = invented((11,)).assign(plain=[-1, -0.5, 0, 0.5, 1, *[0.5] * 6])
    inclusion = plan(pairs, 3, method="uncertain", score="plain").inclusion
    assert inclusion[2] / inclusion[0] == pytest.approx(5)
    assert inclusion[1] / inclusion[4] == pytest.approx(3)


@given(st.lists(st.floats(0.2, 1), min_size=1, max_size=30), st.data())
@settings(max_examples=60, deadline=None)
def test_probabilities_in_proportion_stay_probabilities(sizes: list[float], data: st.DataObject) -> None:
    n = data.draw(st.integers(1, len(sizes)))
    found = sampling._proportional(np.array(sizes), n)
    assert found.sum() == pytest.approx(n) and (found > 0).all() and (found <= 1).all()
    free = found < 1
    assert np.ptp(found[free] / np.array(sizes)[free]) < 1e-9 if free.any() else n == len(sizes)


@pytest.mark.parametrize("method", ["simple", "stratified", "uncertain"])
def test_the_seed_decides(method: Method) -> None:
    def draw(seed: int) -> list[tuple[str, str]]:
        sample = draw_sample(invented(), 8, method=method, score="plain", seed=seed)
        return list(zip(sample["sentence"], sample["power"], strict=True))

    assert draw(1) == draw(1) != draw(2)


@pytest.mark.parametrize("method", ["simple", "stratified", "uncertain"])
def test_all_pairs_can_be_drawn(method: Method) -> None:
    sample = draw_sample(invented(), 20, method=method, score="plain")
    assert len(sample) == 20 and (sample["inclusion"] == 1).all()


def test_errors_say_what_does_not_fit() -> None:
    pairs = invented()
    cases: list[tuple[pd.DataFrame, int, dict[str, object], str]] = [
        (pairs, 0, {}, "cannot draw 0 of 20 pairs; draw 1 to 20"),
        (pairs, 21, {}, "cannot draw 21 of 20 pairs"),
        (pairs, 2, {"method": "stratified"}, "2 pairs cannot hold one of each of 5 strata"),
        (pairs, 5, {"method": "stratified", "by": ["outlet"]}, "no column 'outlet'; they have sentence"),
        (pairs.assign(year=None), 5, {"method": "stratified"}, "pair a:1:1, russia has no year"),
        (pairs, 5, {"method": "uncertain"}, "has no score"),
        (pairs.assign(plain=3.0), 5, {"method": "uncertain", "score": "plain"}, "beyond -1 to 1"),
        (pairs, 5, {"method": "random"}, "no method 'random'; there are simple, stratified, uncertain"),
        (pd.concat([pairs, pairs.tail(1)]), 5, {}, "pair a:5:4, iran stands twice"),
    ]
    for frame, n, options, message in cases:
        with pytest.raises(StudyError, match=message):
            draw_sample(frame, n, **options)  # type: ignore[arg-type]


def test_pairs_of_the_articles_are_their_mentions_outside_headings() -> None:
    corpus = load_corpus()
    pairs = mention_pairs(corpus)
    assert not pairs.duplicated(["sentence", "power"]).any()
    wanted = corpus.mentions[~corpus.mentions["sentence"].str.endswith(":0")]
    assert set(zip(pairs["sentence"], pairs["power"], strict=True)) == set(
        zip(wanted["sentence"], wanted["power"], strict=True)
    )
    assert pairs["plain_class"].isin([-1, 0, 1]).all() and pairs["year"].between(2015, 2022).all()
    assert pairs["power"].cat.ordered and pairs["document"].cat.ordered


def code(sample: pd.DataFrame, coder: str = "x", tone: int = 1) -> pd.DataFrame:
    return sample[["sentence", "power"]].assign(coder=coder, reference=1, tone=tone, stance=0, confidence=1)


def test_codes_come_back_to_their_pairs() -> None:
    pairs = invented()
    sample = draw_sample(pairs, 6, method="stratified", by=["power"], seed=5)
    codes = pd.concat([code(sample), code(sample, "y", tone=0)])
    joined = join_codes(pairs, codes.sample(frac=1, random_state=1), sample)
    assert joined[pairs.columns].equals(pairs)
    coded = joined.dropna(subset=["tone"])
    assert coded["tone"].tolist() == [0.5] * 6 and coded["reference"].tolist() == [1] * 6
    assert (
        coded[["sentence", "power", "inclusion"]]
        .reset_index(drop=True)
        .equals(sample[["sentence", "power", "inclusion"]])
    )
    assert joined["inclusion"].notna().sum() == 6
    assert "inclusion" not in join_codes(pairs, codes)


def test_codes_that_do_not_fit_the_sample_are_named() -> None:
    pairs = invented()
    sample = draw_sample(pairs, 6)
    first = ", ".join(sample.loc[0, ["sentence", "power"]])
    with pytest.raises(StudyError, match=f"pair {first} was drawn but has no code"):
        join_codes(pairs, code(sample.iloc[1:]), sample)
    with pytest.raises(StudyError, match=f"pair {first} has a code but was not drawn"):
        join_codes(pairs, code(sample), sample.iloc[1:])
    with pytest.raises(StudyError, match="is not among the pairs, and 1 more"):
        join_codes(pairs.drop(pairs.index[:2]), code(pairs.head(4)))
