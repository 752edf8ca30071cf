"""One state's speeches against all others': theme rates, their change, and whom it names."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd

from kzpolicy.corpus import Corpus, state_code
from kzpolicy.measures.intervals import TAILS, rate_interval
from kzpolicy.measures.keywords import PER, theme_rates
from kzpolicy.tables import StudyError, as_list

# The two comparisons of the study: before and after the presidency
# changed in March 2019; and, under one president, the years before the war of February 2022 and after.
PRESIDENCIES = (range(2015, 2019), range(2019, 2023))
WAR = (range(2019, 2022), range(2022, 2023))
# A state's usual rate is drawn toward all states' as if it had spoken so many words more.
_PRIOR_WORDS = 1000
_Z = 1.959963984540054  # the 97.5% quantile of the normal distribution
Years = int | Iterable[int]


def speakers(corpus: Corpus) -> pd.DataFrame:
    """Say which state speaks in each document: ``document``, ``state`` (code), ``year``."""
    documents = corpus.documents
    if documents["speaker_state"].isna().any():
        raise StudyError("documents lack speaker_state; load the speeches, as load_corpus('speeches')")
    years = documents["published_from"].dt.year
    return pd.DataFrame(
        {"document": documents["document"], "state": documents["speaker_state"], "year": years}
    )


def years_of(years: Years) -> list[int]:
    """Take one year or several as a list, for a row of a table and for a message."""
    found = as_list(years)
    if not found or not all(str(year).isdecimal() for year in found):
        raise StudyError(f"{years!r} is not a year; give a number such as 2019, or several")
    return [int(year) for year in found]


def two_sides(before: Years, after: Years) -> list[list[int]]:
    """Take the years of both sides of a comparison as lists; no year may stand on both."""
    sides = [years_of(before), years_of(after)]
    if twice := sorted(set(sides[0]) & set(sides[1])):
        raise StudyError(f"{twice[0]} is both before and after; take it from one of them")
    return sides


def state_rates(corpus: Corpus, themes: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return each theme's rate in the speeches of each delegation and year.

    Parameters
    ----------
    corpus
        Speeches: documents with `speaker_state`.
    themes
        As from `kzpolicy.load_themes` or `kzpolicy.make_theme`; None for the corpus' own.

    Returns
    -------
    DataFrame
        `kzpolicy.theme_rates` with ``state`` (code) and ``year`` in place of the label.

    Examples
    --------
    >>> from kzpolicy import load_corpus
    >>> rates = state_rates(load_corpus("speeches", year=2022, speaker=["KAZ", "CHN"]))
    >>> sorted(set(rates["state"]))
    ['CHN', 'KAZ']
    """
    facts = speakers(corpus)
    rates = theme_rates(corpus, themes).astype({"document": "str"}).drop(columns="label")
    return rates.drop(columns=["state", "year"], errors="ignore").merge(facts, on="document")


def world(rates: pd.DataFrame, state: str = "KAZ") -> pd.DataFrame:
    """Set a state's rates beside those of all other delegations of the same year.

    Parameters
    ----------
    rates
        As from `state_rates`.
    state
        Code or name of the state to compare.

    Returns
    -------
    DataFrame
        One row a theme and year: ``state`` (code), ``theme``, ``name``, ``year``, the state's ``count``,
        ``words``, ``rate``, ``low``, ``high``; ``median``, ``q1``, ``q3`` of the other delegations' rates,
        ``percentile`` (share of them with a lower rate, ties half, 0 to 100), ``others`` (how many).

    Examples
    --------
    >>> from kzpolicy import load_corpus
    >>> table = world(state_rates(load_corpus("speeches", year=2022)), "Kazakhstan")
    >>> table.loc[table["theme"] == "nuclear", "others"].item()
    192
    """
    from scipy import stats  # here, for importing it takes a while

    own = rates["state"] == state_code(state, rates["state"])
    others = rates[~own].groupby(["theme", "year"])["rate"]
    quartiles = others.quantile([0.25, 0.5, 0.75]).unstack().set_axis(["q1", "median", "q3"], axis=1)
    rows = rates[own].merge(quartiles.assign(others=others.size()).reset_index(), on=["theme", "year"])
    spread = {key: group.to_numpy() for key, group in others}
    keys = zip(rows["theme"], rows["year"], rows["rate"], strict=True)
    rows["percentile"] = [
        stats.percentileofscore(spread[theme, year], rate, kind="mean") for theme, year, rate in keys
    ]
    columns = ["state", "theme", "name", "year", "count", "words", "rate", "low", "high"]
    return rows[[*columns, "median", "q1", "q3", "percentile", "others"]]


def beside_others(change: float, others: npt.ArrayLike) -> dict[str, float]:
    """Set one state's change beside the others': randomisation inference over units.

    The states that are not asked about stand as placebos (Abadie, Diamond and Hainmueller 2010).

    Parameters
    ----------
    change
        The state's change.
    others
        The changes of the other states.

    Returns
    -------
    dict
        ``world`` (the others' median), ``world_low``, ``world_high`` (their middle 95%), ``percentile`` of
        the change among them, ``p`` (share of states as far or farther from their median, this one counted),
        ``detectable`` (the smallest change from their median, in the direction of this one, that would
        be farther out than 95% of the others were in four cases of five: 80% power).

    Examples
    --------
    >>> found = beside_others(9.0, [-2.0, -1.0, 0.0, 1.0, 2.0])
    >>> found["world"], found["percentile"], round(found["p"], 2), round(found["detectable"], 1)
    (0.0, 100.0, 0.17, 3.2)
    """
    from scipy import stats  # here, for importing it takes a while

    rest = np.asarray(others, dtype=float)
    if not len(rest):
        raise StudyError("no other delegation spoke in both sets of years; load more speeches")
    middle = float(np.median(rest))
    apart = rest - middle
    far = float(np.quantile(np.abs(apart), 0.95))
    likely = -np.quantile(apart, 0.2) if change >= middle else np.quantile(apart, 0.8)
    low, high = (float(limit) for limit in np.quantile(rest, TAILS))
    return {
        "world": middle,
        "world_low": low,
        "world_high": high,
        "percentile": float(stats.percentileofscore(rest, change, kind="mean")),
        "p": float((1 + (np.abs(apart) >= abs(change - middle)).sum()) / (1 + len(rest))),
        "detectable": far + float(likely),
    }


def change_test(
    rates: pd.DataFrame,
    state: str = "KAZ",
    *,
    before: Years = PRESIDENCIES[0],
    after: Years = PRESIDENCIES[1],
) -> pd.DataFrame:
    """Ask of each theme whether a state's rate changed, and what of that is everybody's.

    The same change is taken for every other state that spoke on both sides (see `beside_others`). A
    difference of rates favours themes that a state speaks of often, so its ratio stands beside it, and
    the change in units of its own uncertainty. Where several themes are tried, each state's largest
    such change is compared (Westfall and Young 1993): unlike a correction of single p-values, this can
    reject with no more placebos than there are states. The uncertainty is that of counts whose variance
    is a multiple of their mean; the multiple comes from how much states' rates differ from one year to
    the next, so that it holds what paragraphs cannot show: that every speech is another.

    Parameters
    ----------
    rates
        As from `state_rates`, of all delegations and preferably of all years.
    state
        Code or name of the state.
    before, after
        Years compared, one or several; speeches of one side are pooled.

    Returns
    -------
    DataFrame
        One row a theme: ``state`` (code), ``period`` (the years compared, in words), ``theme``, ``name``, and

        - ``before``, ``after`` (rates per 10,000 words), ``change``, ``low``, ``high`` (95% interval), their
          ``ratio``, ``ratio_low``, ``ratio_high`` (half a word added to both counts), ``n_before``,
          ``n_after`` (words counted);
        - what of that is everybody's: ``world`` (median change of the other states), ``world_low``,
          ``world_high`` (their middle 95%), ``excess`` (change beyond the median), ``world_ratio`` (the
          others' common ratio), ``shrunken``, ``shrunken_low``, ``shrunken_high`` (the ratio beyond that,
          drawn to 1 as far as the spread of all states' says: posterior mean and 95% interval of a
          normal random effect of its logarithm, after Efron and Morris 1975);
        - how unusual it is: ``percentile`` of the change among the others, ``p``, ``q`` (Benjamini and
          Hochberg 1995), ``p_ratio`` and ``p_scaled`` (as ``p``, of ratios and of changes in units of their
          uncertainty), ``p_family`` (of the largest of these over all themes), ``p_all`` (of all themes
          together, by their sum of squares; the same in each row);
        - what could be seen: ``detectable`` (smallest change that would have had ``p_scaled`` below .05
          with 80% power, in its direction), ``visible_from`` (the world's median change and that one),
          ``finding`` (``unusual`` where ``p_family`` is below .05; ``could not have been seen`` where
          ``detectable`` is more than ``before``, so that a doubling, or a fall to nothing,
          would likely be missed; else ``not unusual``), ``others`` (how many states).

    Raises
    ------
    StudyError
        If the state or all others lack a speech on one side.

    Examples
    --------
    >>> counts = {"KAZ": (9, 30), "CHN": (10, 11), "RUS": (12, 10), "USA": (8, 9)}
    >>> rates = pd.DataFrame([(s, 2021 + i, n) for s, two in counts.items() for i, n in enumerate(two)])
    >>> rates = rates.set_axis(["state", "year", "count"], axis=1).assign(theme="war", name="War", words=1000)
    >>> change_test(rates, "Kazakhstan", before=2021, after=2022)[["change", "world", "p"]].values.tolist()
    [[210.0, 10.0, 0.25]]
    """
    from scipy import stats  # here, for importing it takes a while

    state, rates = state_code(state, rates["state"]), rates[rates["words"] > 0]
    sides = _sides(rates, state, before, after)
    tests, sizes = [], sides["z"].unstack("theme").abs()
    p_all = _share((sizes**2).sum(axis=1), state)
    largest = sizes.max(axis=1)
    for theme, part in sides.groupby("theme", sort=False):
        part = part.droplevel("theme")
        own, others = part.loc[state], part.drop(state)
        beside, ratios, scaled = (beside_others(own[by], others[by]) for by in ("change", "log", "z"))
        found = {"theme": theme, "before": own["before"], "after": own["after"], "change": own["change"]}
        found |= {"low": max(own["change"] - _Z * own["error"], -own["before"])}
        found |= {"high": own["change"] + _Z * own["error"]}
        limits = np.exp(own["log"] + _Z * own["log_error"] * np.array([0, -1, 1]))
        found |= dict(zip(("ratio", "ratio_low", "ratio_high"), limits, strict=True))
        found |= {"n_before": int(own["count_before"]), "n_after": int(own["count_after"])}
        found |= {key: beside[key] for key in ("world", "world_low", "world_high")}
        found |= {"excess": own["excess"]} | _shrunken(own, others)
        found |= {"percentile": beside["percentile"], "p": beside["p"], "p_ratio": ratios["p"]}
        p_family = _share(largest.where(largest.index != state, abs(own["z"])), state)
        detectable = scaled["detectable"] * own["error"]
        missed = "could not have been seen" if detectable > own["before"] else "not unusual"
        found |= {"p_scaled": scaled["p"], "p_family": p_family, "p_all": p_all, "detectable": detectable}
        found["visible_from"] = beside["world"] + np.copysign(detectable, own["z"] - scaled["world"])
        found |= {"finding": "unusual" if p_family < 0.05 else missed, "others": len(others)}
        tests.append(found)
    table = pd.DataFrame(tests)
    names = rates.drop_duplicates("theme").set_index("theme")["name"]
    table.insert(1, "name", table["theme"].map(names))
    table.insert(table.columns.get_loc("p") + 1, "q", stats.false_discovery_control(table["p"]))
    table.insert(0, "state", state)
    spans = [sorted({min(side), max(side)}) for side in two_sides(before, after)]
    table.insert(1, "period", " to ".join("–".join(map(str, span)) for span in spans))
    return table


def _sides(rates: pd.DataFrame, state: str, before: Years, after: Years) -> pd.DataFrame:
    """Pool each state's speeches of both sides; take change, excess and their uncertainty."""
    keys = ["theme", "state"]
    pooled = []
    for years in two_sides(before, after):
        side = rates[rates["year"].isin(years)]
        if state not in set(side["state"]):
            raise StudyError(f"{state} has no speech in {', '.join(map(str, years))}; choose other years")
        pooled.append(side.groupby(keys, sort=False)[["count", "words"]].sum())
    both = pooled[0].add_suffix("_before").join(pooled[1].add_suffix("_after"), how="inner")
    usual, noise = _usual(rates)
    usual, noise = usual.loc[both.index], noise.reindex(both.index, level="theme")
    for when in ("before", "after"):
        both[when] = PER * both[f"count_{when}"] / both[f"words_{when}"]
    both["change"] = both["after"] - both["before"]
    others = both[both.index.get_level_values("state") != state]
    both["excess"] = both["change"] - others.groupby("theme")["change"].median().reindex(
        both.index, level="theme"
    )
    parts = 1 / both["words_before"] + 1 / both["words_after"]
    both["error"] = PER * np.sqrt(noise * usual * parts)
    both["z"] = both["excess"] / both["error"]
    odds = [(both[f"count_{when}"] + 0.5) / both[f"words_{when}"] for when in ("before", "after")]
    both["log"] = np.log(odds[1]) - np.log(odds[0])
    counts = 1 / (both["count_before"] + 0.5) + 1 / (both["count_after"] + 0.5)
    both["log_error"] = np.sqrt(noise * counts)
    return both


def _usual(rates: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Give each state's usual rate, and by theme how many times a Poisson count's the variance is."""
    yearly = rates.groupby(["theme", "state", "year"], sort=False)[["count", "words"]].sum()
    total, everyone = (yearly.groupby(by).sum() for by in (["theme", "state"], "theme"))
    common = ((everyone["count"] + 0.5) / everyone["words"]).reindex(total.index, level="theme")
    usual = (total["count"] + _PRIOR_WORDS * common) / (total["words"] + _PRIOR_WORDS)
    rate = (yearly["count"] / yearly["words"]).unstack("year").sort_index(axis=1)
    size = (1 / yearly["words"]).unstack("year").sort_index(axis=1)
    change = rate.diff(axis=1)
    apart = change - change.groupby("theme").transform("median")
    ratio = (apart**2 / (size + size.shift(axis=1)).mul(usual, axis=0)).stack()
    noise = ratio.groupby("theme").mean().clip(lower=1)  # words never vary less than by chance
    return usual, noise.reindex(everyone.index, fill_value=1.0)


def _share(values: pd.Series, state: str) -> float:
    """Give the share of states whose value is as large as one state's, this one counted."""
    return float((values >= values[state]).mean())


def _shrunken(own: pd.Series, others: pd.DataFrame) -> dict[str, float]:
    """Draw a state's ratio toward the others': normal effects, averaged over how far they may spread."""
    from scipy import stats  # here, for importing it takes a while

    logs, variance = others["log"].to_numpy()[:, None], others["log_error"].to_numpy()[:, None] ** 2
    spread = np.linspace(0, 2, 201) ** 2
    weight = 1 / (variance + spread)
    middle = (weight * logs).sum(axis=0) / weight.sum(axis=0)
    fit = stats.norm.logpdf(logs, middle, np.sqrt(variance + spread)).sum(axis=0)
    fit -= np.log(weight.sum(axis=0)) / 2
    likely = np.exp(fit - fit.max()) / np.exp(fit - fit.max()).sum()
    kept = spread / (spread + own["log_error"] ** 2)
    effect = kept * (own["log"] - middle)
    mean = likely @ effect
    half = _Z * np.sqrt(likely @ (kept * own["log_error"] ** 2 + effect**2) - mean**2)
    found = {"world_ratio": likely @ middle, "shrunken": mean}
    found |= {"shrunken_low": mean - half, "shrunken_high": mean + half}
    return {name: float(np.exp(value)) for name, value in found.items()}


def named(corpus: Corpus, state: str | None = None) -> pd.DataFrame:
    """Count the sentences that name each power: of a corpus, or of one state beside all others.

    Parameters
    ----------
    corpus
        Any corpus; for some years only, `Corpus.filter` it first.
    state
        Code or name of a state, of whose speeches alone is counted; None counts the whole corpus.

    Returns
    -------
    DataFrame
        One row a power of the study, named or not: ``power``, ``name``, ``n`` (sentences that name it),
        ``sentences`` (all but headings), ``share``, ``low``, ``high`` (95% interval, sentences clustered in
        paragraphs; where nothing is found, the exact interval of as many trials as there are paragraphs,
        about 3.7 of their number). With a state also ``median`` of the other delegations' shares,
        ``never`` (share of them that never name the power) and ``others`` (how many).

    Examples
    --------
    >>> from kzpolicy import load_corpus
    >>> part = load_corpus("speeches", tables=["sentences", "mentions"], year=2022)
    >>> named(part, "Kazakhstan").set_index("power").loc["russia", ["n", "others"]].tolist()
    [0, 192]
    """
    from scipy import stats  # here, for importing it takes a while

    corpus.require("sentences", "mentions")
    place = ["document", "paragraph"]
    body = corpus.sentences[corpus.sentences["kind"] != "heading"].astype({"document": "str"})
    pairs = corpus.mentions[["sentence", "power"]].astype({"power": "str"}).drop_duplicates()
    size = body.groupby(place, sort=False).size()
    hits = pairs.merge(body[["sentence", *place]], on="sentence").groupby([*place, "power"]).size()
    hits = hits.unstack(fill_value=0).reindex(index=size.index, columns=corpus.powers.keys, fill_value=0)
    speaker = None
    if state is not None:
        facts = speakers(corpus).set_index("document")["state"]
        speaker = size.index.get_level_values("document").map(facts)
        state = state_code(state, facts)
    own = np.ones(len(size), dtype=bool) if speaker is None else np.asarray(speaker == state)
    rows = []
    for power in hits.columns:
        count = hits.loc[own, power]
        share, low, high = rate_interval(count, size[own])
        if not count.sum():
            low, high = 0.0, float(stats.binomtest(0, len(count)).proportion_ci().high)
        found = {"power": power, "name": corpus.powers[power].name, "n": int(count.sum())}
        found |= {"sentences": int(size[own].sum()), "share": share, "low": low, "high": high}
        if speaker is not None:
            sums = [frame[~own].groupby(speaker[~own]).sum() for frame in (hits[power], size)]
            shares = sums[0] / sums[1]
            found |= {"median": shares.median(), "never": (shares == 0).mean(), "others": len(shares)}
        rows.append(found)
    return pd.DataFrame(rows)
