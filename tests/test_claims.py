"""What titles and prose claim in words, checked against the tables: the claim, where, the test."""

from collections.abc import Callable
from pathlib import Path

import pytest

from kzpolicy import (
    attention,
    balance,
    coded_pairs,
    context_keyness,
    load_corpus,
    mean_by,
    period_keyness,
    theme_rates,
)

ROOT = Path(__file__).resolve().parents[1]
CORPUS = load_corpus()
PAIRS = coded_pairs(CORPUS)
TONE = mean_by(PAIRS, "tone", ["power"]).set_index("power")
STANCE = mean_by(PAIRS, "stance", ["power"]).set_index("power")
TONE_IN = mean_by(PAIRS, "tone", ["power", "document"]).set_index(["power", "document"])
STANCE_IN = mean_by(PAIRS, "stance", ["power", "document"]).set_index(["power", "document"])
PLAIN_IN = mean_by(PAIRS, "plain_class", ["power", "document"]).set_index(["power", "document"])
GAPS = balance(PAIRS, ["document"]).groupby("document", observed=True)["gap"].first()
RATES = theme_rates(CORPUS).pivot(index="theme", columns="document", values="rate")
SHARES = attention(CORPUS).pivot(index="power", columns="document", values="share")
LAST = "realignment2022"


def words(power: str) -> set[str]:
    found = context_keyness(CORPUS, power).query("documents >= 2 and z > 0")
    return set(found["term"].head(10))


def period_words(last: bool) -> set[str]:
    common = period_keyness(CORPUS, 2022).query("documents >= 2")
    return set((common.head(10) if last else common.tail(10))["term"])


CLAIMS: list[tuple[str, str, Callable[[], object]]] = [
    ("00", "China is portrayed favourably", lambda: TONE.loc["china", "low"] > 0),
    ("00", "Russia close to evenly", lambda: TONE.loc["russia", "low"] < 0 < TONE.loc["russia", "high"]),
    ("00", "the West as a bloc unfavourably", lambda: TONE.loc["west", "high"] < 0),
    ("00", "neither toward Russia nor away", lambda: abs(STANCE.loc["russia", "mean"]) < 0.05),
    (
        "00",
        "only the latest of them describes a turn away",
        lambda: (
            (STANCE_IN.loc["russia", "mean"].drop(LAST) >= 0).all()
            and STANCE_IN.loc[("russia", LAST), "high"] < 0
        ),
    ),
    (
        "00",
        "China comes off best of the powers named often",
        lambda: TONE.query("n >= 10")["mean"].idxmax() == "china",
    ),
    (
        "00",
        "the articles differ far more about Russia",
        lambda: TONE_IN.loc["russia", "mean"].agg(lambda m: m.max() - m.min()) > 0.7,
    ),
    (
        "00",
        "They are, in four of the five articles",
        lambda: (GAPS <= 0.5).sum() == 4 and GAPS.idxmax() == LAST,
    ),
    ("00", "moves from balance and trade to war", lambda: RATES.loc["conflict"].idxmax() == LAST),
    ("00", "would call the 2015 article warm", lambda: PLAIN_IN.loc[("russia", "clark2015"), "low"] > 0),
    (
        "01",
        "Russia is named more often than all other powers together",
        lambda: (CORPUS.mentions["power"] == "russia").mean() > 0.5,
    ),
    (
        "01",
        "repeats seven of its paragraphs",
        lambda: CORPUS.left_out["reason"].str.contains("summary").sum() == 7,
    ),
    (
        "03",
        "wrong sign for Russia in 2015 and in late 2022",
        lambda: all(
            TONE_IN.loc[("russia", d), "mean"] < 0 < PLAIN_IN.loc[("russia", d), "mean"]
            for d in ("clark2015", LAST)
        ),
    ),
    ("03", "China is never below zero", lambda: (TONE_IN.loc["china", "mean"] >= 0).all()),
    ("03", "of the West's {n}, none", lambda: TONE.loc["west", "above"] == 0),
    (
        "03",
        "stands clear of it",
        lambda: TONE_IN.loc["china"].query("low > 0").index.tolist() == ["clark2015"],
    ),
    (
        "03",
        "up to a whole point away",
        lambda: 0.8 < (PLAIN_IN["mean"] - TONE_IN["mean"])[TONE_IN["n"] >= 5].abs().max() < 1.1,
    ),
    (
        "04",
        "no theme rises or falls from each article to the next",
        lambda: (
            not any(
                RATES.loc[t, CORPUS.documents["document"]].is_monotonic_increasing
                or RATES.loc[t, CORPUS.documents["document"]].is_monotonic_decreasing
                for t in RATES.index
            )
        ),
    ),
    ("04", "Russia comes first in every article", lambda: (SHARES.idxmax() == "russia").all()),
    (
        "04",
        "China is second in",
        lambda: (SHARES.rank(ascending=False).loc["china"] == 2).all(),
    ),
    (
        "04",
        "War and sanctions displace trade",
        lambda: (
            RATES.loc["trade", ["clark2015", "delicate2020"]].min()
            > RATES.loc["trade"].drop(["clark2015", "delicate2020"]).max()
        ),
    ),
    ("04", "ties, membership and the military", lambda: {"ties", "member", "military"} <= words("russia")),
    ("04", "investment and infrastructure", lambda: {"investment", "infrastructure"} <= words("china")),
    ("04", "speaks of Tokayev and the CSTO", lambda: {"tokayev", "csto", "almaty"} <= period_words(True)),
    ("04", "the years before of investment", lambda: {"investment", "growth"} <= period_words(False)),
    (
        "05",
        "Toward China and the West the articles see approach",
        lambda: STANCE.loc["china", "low"] > 0 and STANCE.loc["west", "low"] > 0,
    ),
    (
        "05",
        "no sentence states a position",
        lambda: (STANCE_IN.loc[(slice(None), "bachkatov2022"), :]["mean"] == 0).all(),
    ),
    (
        "05",
        "More than half of the later sentences",
        lambda: (
            STANCE_IN.loc[("russia", LAST), "n"]
            > 0.5 * PAIRS.query("power == 'russia' and published_from >= 2022")["stance"].size
        ),
    ),
]


@pytest.mark.parametrize(("notebook", "claim", "holds"), CLAIMS, ids=[claim for _, claim, _ in CLAIMS])
def test_claim(notebook: str, claim: str, holds: Callable[[], object]) -> None:
    (path,) = (ROOT / "notebooks").glob(f"{notebook}-*.ipynb")
    assert claim.split("{")[0] in path.read_text("utf-8").replace("\\n", " "), "the claim is no longer made"
    assert holds()
