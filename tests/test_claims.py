"""What titles and prose claim in words, checked against the tables: the claim, where, the test."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from kzpolicy import (
    attention,
    coded_pairs,
    context_keyness,
    difference,
    load_corpus,
    mean_by,
    period_keyness,
    theme_rates,
)
from kzpolicy.challenge import challenge_results
from kzpolicy.coding import alpha
from kzpolicy.robustness import CONTRASTS, length_confound, measures, specification_curve, survival

ROOT = Path(__file__).resolve().parents[1]
CORPUS = load_corpus()
PAIRS = coded_pairs(CORPUS)
DOCUMENTS = CORPUS.documents["document"].tolist()
LAST = "realignment2022"
MEASURES = measures(CORPUS)
STUDIES = {"articles": PAIRS, "speeches": coded_pairs(load_corpus("speeches"))}
TONE = mean_by(PAIRS, "tone", ["power"]).set_index("power")
STANCE = mean_by(PAIRS, "stance", ["power"]).set_index("power")
TONE_IN = mean_by(PAIRS, "tone", ["power", "document"]).set_index(["power", "document"])
STANCE_IN = mean_by(PAIRS, "stance", ["power", "document"]).set_index(["power", "document"])
PLAIN_IN = mean_by(PAIRS, "plain_class", ["power", "document"]).set_index(["power", "document"])
RATES = theme_rates(CORPUS).pivot(index="theme", columns="document", values="rate")
SHARES = attention(CORPUS).pivot(index="power", columns="document", values="share")


def gap(measure: str, document: str) -> tuple[float, float, float]:
    part = PAIRS[PAIRS["document"] == document]
    return difference(part[part["power"] == "china"], part[part["power"] == "russia"], measure)


def clear_stance_gaps() -> list[str]:
    gaps = {d: gap("stance", d) for d in DOCUMENTS}
    return [d for d, (_, low, high) in gaps.items() if low > 0 or high < 0]


def marks(power: str) -> set[str]:
    found = context_keyness(CORPUS, power).query("documents >= 2")
    return set(found.loc[found["z"] >= 1.96, "term"])


def leanings(power: str) -> set[str]:
    return set(context_keyness(CORPUS, power).query("documents >= 2")["term"].head(8))


def unfavourable_to_the_west() -> set[str]:
    west = PAIRS[(PAIRS["power"] == "west") & (PAIRS["tone"] < 0)]
    return set(west["document"])


def period_marks(later: bool) -> set[str]:
    common = period_keyness(CORPUS, 2022).query("documents >= 2")
    return set(common.loc[common["z"] >= 1.96 if later else common["z"] <= -1.96, "term"])


def curve(key: str) -> pd.DataFrame:
    contrast = next(c for c in CONTRASTS if c.key == key)
    return specification_curve(MEASURES, contrast)


def agreement(study: str, value: str, scorer: str) -> float:
    pairs = STUDIES[study].dropna(subset=["tone_score"])
    column = "plain_class" if scorer == "plain" else f"{value}_score_class"
    return alpha(pairs[[value, column]].to_numpy(dtype=float))


def errors(value: str) -> tuple[int, int]:
    """Count the errors between neither and something, and between the extremes."""
    pairs = STUDIES["articles"].dropna(subset=["tone_score"])
    apart = (pairs[value] - pairs[f"{value}_score_class"]).abs()
    return int((apart == 1).sum()), int((apart == 2).sum())


CLAIMS: list[tuple[str, str, Callable[[], object]]] = [
    (
        "02",
        "short of the mark of .60 set beforehand",
        lambda: all(agreement(s, v, "targeted") < 0.6 for s in STUDIES for v in ("tone", "stance")),
    ),
    (
        "02",
        "Better than a word list, short of a coder",
        lambda: all(
            agreement(s, v, "plain") < agreement(s, v, "targeted") < 0.82
            for s in STUDIES
            for v in ("tone", "stance")
        ),
    ),
    (
        "02",
        "Most errors lie between neither and something",
        lambda: all(errors(v)[0] > 4 * errors(v)[1] for v in ("tone", "stance")),
    ),
    (
        "02",
        "more are scored 0 than +1",
        lambda: STUDIES["articles"].query("stance == 1")["stance_score_class"].value_counts().idxmax() == 0,
    ),
    (
        "02",
        "Negated praise and blame and conditionals are the weak spots",
        lambda: (
            set(challenge_results().groupby("phenomenon")["both"].mean().nsmallest(2).index)
            == {"negation", "conditionals"}
        ),
    ),
    (
        "06",
        "positive under every choice that uses the codes",
        lambda: (curve("tone_china_russia").query("coded")["estimate"] > 0).all(),
    ),
    ("06", "hardly ever clear of zero", lambda: survival(curve("stance_russia_2022"))["coded_clear"] < 0.2),
    (
        "06",
        "Longer sentences score stronger",
        lambda: length_confound(MEASURES).set_index("measure").loc["tone: plain score", "low"] > 0,
    ),
    (
        "00",
        "China is portrayed more favourably than Russia",
        lambda: difference(PAIRS.query("power == 'china'"), PAIRS.query("power == 'russia'"), "tone")[1] > 0,
    ),
    (
        "00",
        "with China and with the West more than with Russia",
        lambda: (STANCE.loc[["china", "west", "usa"], "mean"] > STANCE.loc["russia", "high"]).all(),
    ),
    (
        "00",
        "Only the latest commentary",
        lambda: (
            (STANCE_IN.loc["russia", "mean"].drop(LAST) >= 0).all()
            and STANCE_IN.loc[("russia", LAST), "high"] < 0
        ),
    ),
    (
        "00",
        "two have no named author and three are dated by inference",
        lambda: (
            CORPUS.documents["authors"].str.startswith("unknown").sum() == 2
            and (CORPUS.documents["published_from"] < CORPUS.documents["published_to"]).sum() == 3
        ),
    ),
    (
        "00",
        "two texts make the difference",
        lambda: {d for d in DOCUMENTS if gap("tone", d)[1] > 0} == {"clark2015", LAST},
    ),
    (
        "00",
        "The texts differ in sign about Russia",
        lambda: TONE_IN.loc["russia", "mean"].agg(lambda m: m.min() < 0 < m.max()),
    ),
    (
        "00",
        "all in two texts of early 2022",
        lambda: unfavourable_to_the_west() == {"bachkatov2022", "pasatoiu2022"},
    ),
    (
        "00",
        "In the other texts the interval of the difference includes zero",
        lambda: clear_stance_gaps() == [LAST],
    ),
    (
        "00",
        "War words stand out in the latest text, trade words in the first two",
        lambda: (
            RATES.loc["conflict"].idxmax() == LAST
            and RATES.loc["trade", DOCUMENTS[:2]].min() > 2 * RATES.loc["trade", DOCUMENTS[2:]].max()
        ),
    ),
    ("00", "none is unfavourable to China on balance", lambda: (TONE_IN.loc["china", "mean"] > 0).all()),
    (
        "00",
        "further from Russia than the others do",
        lambda: STANCE_IN.loc["russia", "mean"].idxmin() == LAST,
    ),
    (
        "01",
        "repeats seven of its paragraphs",
        lambda: CORPUS.left_out["reason"].str.contains("summary").sum() == 7,
    ),
    (
        "01",
        "Four of five date from late 2020 or later",
        lambda: (CORPUS.documents["published_from"] >= "2020-09").sum() == 4,
    ),
    (
        "01",
        "Russia is named more often than all other powers together",
        lambda: (CORPUS.mentions["power"] == "russia").mean() > 0.5,
    ),
    (
        "03",
        "Russia unfavourably in two texts and favourably or evenly in three",
        lambda: (
            TONE_IN.loc["russia"].query("high < 0").index.tolist() == ["clark2015", LAST]
            and (TONE_IN.loc["russia", "mean"].drop(["clark2015", LAST]) > 0).all()
        ),
    ),
    (
        "03",
        "its sign for Russia is the opposite",
        lambda: (
            TONE_IN.loc[("russia", "clark2015"), "high"] < 0 < PLAIN_IN.loc[("russia", "clark2015"), "low"]
        ),
    ),
    ("03", "China is never below zero", lambda: (TONE_IN.loc["china", "mean"] >= 0).all()),
    ("03", "none and", lambda: TONE.loc["west", "above"] == 0),
    (
        "03",
        "stands clear of it",
        lambda: TONE_IN.loc["china"].query("low > 0").index.tolist() == ["clark2015"],
    ),
    ("03", "the others are coded 0", lambda: TONE_IN.loc[("russia", "clark2015"), "zero"] == 9),
    (
        "04",
        "no theme rises or falls from each text to the next",
        lambda: (
            not any(
                RATES.loc[t, DOCUMENTS].is_monotonic_increasing
                or RATES.loc[t, DOCUMENTS].is_monotonic_decreasing
                for t in RATES.index
            )
        ),
    ),
    (
        "04",
        "Russia comes first and China second in every text",
        lambda: (SHARES.rank(ascending=False).loc[["russia", "china"]].T == [1, 2]).all(axis=None),
    ),
    (
        "04",
        "are named in one or two texts each",
        lambda: (SHARES.loc[["turkey", "iran", "india"]] > 0).sum(axis=1).isin([1, 2]).all(),
    ),
    ("04", "marked by investment and multi-vector", lambda: marks("china") == {"investment", "multi-vector"}),
    (
        "04",
        "lean to membership, ties and the military without crossing the line",
        lambda: {"member", "ties", "military"} <= leanings("russia") and not marks("russia"),
    ),
    (
        "04",
        "nothing comes near it for the West",
        lambda: context_keyness(CORPUS, "west").query("documents >= 2")["z"].max() < 1.3,
    ),
    (
        "04",
        "The CSTO and Tokayev mark the three texts of 2022",
        lambda: period_marks(True) == {"csto", "tokayev"},
    ),
    (
        "04",
        "lean to the earlier side without a clear mark",
        lambda: not {"investment", "growth"} & period_marks(False),
    ),
    ("05", "includes zero in the other four", lambda: clear_stance_gaps() == [LAST]),
    ("05", "seeking or keeping ties with China", lambda: STANCE.loc["china", "low"] > 0),
    (
        "05",
        "no sentence states a position",
        lambda: (STANCE_IN.xs("bachkatov2022", level="document")["mean"] == 0).all(),
    ),
    (
        "05",
        "more than half of the later sentences come from one text",
        lambda: (
            STANCE_IN.loc[("russia", LAST), "n"]
            > PAIRS.query("power == 'russia' and published_from >= 2022")["stance"].size / 2
        ),
    ),
    (
        "05",
        "is the only negative cell of five or more sentences",
        lambda: STANCE_IN.query("n >= 5 and mean < 0").index.tolist() == [("russia", LAST)],
    ),
    (
        "05",
        "none puts Kazakhstan at a distance from China or the West",
        lambda: (STANCE_IN.loc[["china", "west", "usa", "eu"], "mean"] >= 0).all(),
    ),
]


@pytest.mark.parametrize(("notebook", "claim", "holds"), CLAIMS, ids=[claim for _, claim, _ in CLAIMS])
def test_claim(notebook: str, claim: str, holds: Callable[[], object]) -> None:
    (path,) = (ROOT / "notebooks").glob(f"{notebook}-*.ipynb")
    assert claim in path.read_text("utf-8"), "the claim is no longer made"
    assert holds()
