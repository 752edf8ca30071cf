"""One state against all others: theme rates, their change, words of a period, place in the speech."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from kzpolicy.corpus import Corpus
from kzpolicy.errors import StudyError
from kzpolicy.intervals import rate_interval, rate_intervals
from kzpolicy.powers import load_powers
from kzpolicy.themes import load_themes
from kzpolicy.trends import PER, keyness, paragraph_counts, term_counts, theme_counts, theme_rates

# The two comparisons of the study, fixed before any was computed: before and after the presidency
# changed in March 2019; and, under one president, the years before the war of February 2022 and after.
PRESIDENCIES = (range(2015, 2019), range(2019, 2023))
WAR = (range(2019, 2022), range(2022, 2023))
Years = Collection[int]


def state_rates(corpus: Corpus, themes: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return `kzpolicy.trends.theme_rates` with ``state`` and ``year`` added."""
    facts = _states(corpus)
    rates = theme_rates(corpus, themes).merge(facts, on="document", validate="many_to_one")
    return rates.drop(columns="label")


def world(rates: pd.DataFrame, state: str = "KAZ") -> pd.DataFrame:
    """Set a state's rates beside those of all other delegations of the same year.

    Parameters
    ----------
    rates
        As from `state_rates`.
    state
        Code of the state to compare.

    Returns
    -------
    DataFrame
        One row a theme and year: ``theme``, ``name``, ``year``, the state's ``count``, ``words``,
        ``rate``, ``low``, ``high``; ``median``, ``q1``, ``q3`` of the other delegations' rates,
        ``percentile`` (share of them with a lower rate, ties half, 0 to 100), ``others`` (how many).

    Examples
    --------
    >>> from kzpolicy import load_corpus
    >>> table = world(state_rates(load_corpus("speeches").filter(year=2022)), "KAZ")
    >>> table.loc[table["theme"] == "nuclear", "others"].item()
    192
    """
    _known(rates["state"], state)
    own = rates[rates["state"] == state]
    others = rates[rates["state"] != state].groupby(["theme", "year"])["rate"]
    quartiles = others.quantile([0.25, 0.5, 0.75]).unstack().set_axis(["q1", "median", "q3"], axis=1)
    rows = own.merge(quartiles.assign(others=others.size()).reset_index(), on=["theme", "year"])
    spread = {key: group.to_numpy() for key, group in others}
    keys = zip(rows["theme"], rows["year"], rows["rate"], strict=True)
    rows["percentile"] = [percentile(rate, spread[theme, year]) for theme, year, rate in keys]
    columns = ["theme", "name", "year", "count", "words", "rate", "low", "high"]
    return rows[[*columns, "median", "q1", "q3", "percentile", "others"]]


def percentile(value: float, others: npt.NDArray[np.float64]) -> float:
    """Return the share of other values below a value, ties counted half, from 0 to 100.

    Examples
    --------
    >>> percentile(2.0, np.array([1.0, 2.0, 3.0, 4.0]))
    37.5
    """
    return float(100 * ((others < value).mean() + (others == value).mean() / 2))


def change_test(
    corpus: Corpus,
    state: str = "KAZ",
    *,
    before: Years = PRESIDENCIES[0],
    after: Years = PRESIDENCIES[1],
    themes: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Test whether a state's rates changed between two sets of years beyond what all states did.

    The state's own uncertainty comes from its paragraphs: the interval of a difference by squaring
    and adding (Newcombe 1998, method 10) from `kzpolicy.intervals.rate_intervals` of each side.
    Whether the change is the state's own comes from the others: the same difference is taken for
    every other state that spoke on both sides (randomisation inference over units, Abadie, Diamond
    and Hainmueller 2010). That spread holds what paragraphs cannot show: that every speech of a
    state is another speech.

    Parameters
    ----------
    corpus
        The speeches.
    state
        Code of the state.
    before, after
        Years compared; speeches of the same side are pooled.
    themes
        As from `kzpolicy.themes.load_themes` or `kzpolicy.themes.make_theme`; None for the built-in ones.

    Returns
    -------
    DataFrame
        One row a theme: ``theme``, ``name``, ``before``, ``after`` (rates), ``change``, ``low``,
        ``high`` (95% interval of the change), ``world`` (median change of the other states),
        ``excess`` (change minus that), ``excess_low``, ``excess_high`` (95% interval by the other
        states' spread), ``percentile`` of the change among the others, ``p`` (share of states as far
        or farther from the median change, this one counted), ``q`` (``p`` adjusted for the number of
        themes, Benjamini and Hochberg 1995), ``others`` (how many states).
    """
    themes = load_themes() if themes is None else themes
    counted = paragraph_counts(corpus, themes)
    facts = _states(corpus).set_index("document").loc[counted.index.get_level_values("document")]
    _known(facts["state"], state)
    side = np.where(facts["year"].isin(list(before)), 0, np.where(facts["year"].isin(list(after)), 1, -1))
    codes, states = pd.factorize(facts["state"], sort=True)
    kept, rows = side >= 0, []
    groups = (2 * codes + side)[kept].astype("int64")
    own = states.get_loc(state)
    for theme, name in themes[["theme", "name"]].drop_duplicates().itertuples(index=False):
        limits = rate_intervals(counted[theme][kept], counted["words"][kept], groups, 2 * len(states))
        rates, low, high = (PER * limit.reshape(-1, 2) for limit in limits)
        if np.isnan(rates[own]).any():
            spans = " or in ".join(f"{min(years)} to {max(years)}" for years in (before, after))
            raise StudyError(f"{state} has no speech in {spans}; choose others")
        (before_rate, after_rate), changes = rates[own], rates[:, 1] - rates[:, 0]
        change, others = changes[own], np.delete(changes, own)
        down = np.hypot(after_rate - low[own, 1], high[own, 0] - before_rate)
        up = np.hypot(high[own, 1] - after_rate, before_rate - low[own, 0])
        world, least, most, *placebo = beside_others(change, others[~np.isnan(others)])
        sizes = (before_rate, after_rate, change, change - down, change + up)
        rows.append((theme, name, *sizes, world, change - world, change - most, change - least, *placebo))
    columns = ["theme", "name", "before", "after", "change", "low", "high", "world", "excess"]
    columns += ["excess_low", "excess_high", "percentile", "p", "others"]
    return with_q(pd.DataFrame(rows, columns=columns))


def beside_others(change: float, others: npt.NDArray[np.float64]) -> tuple[float, ...]:
    """Set one state's change beside the others': randomisation inference over units.

    Returns
    -------
    tuple of float
        The others' median, the limits of their middle 95%, the change's percentile among them, p
        (share of states as far or farther from that median, this one counted), how many others.
    """
    middle = float(np.median(others))
    low, high = (float(x) for x in np.quantile(others, [0.025, 0.975]))
    far = int((np.abs(others - middle) >= abs(change - middle)).sum())
    return middle, low, high, percentile(change, others), (1 + far) / (1 + len(others)), len(others)


def with_q(table: pd.DataFrame) -> pd.DataFrame:
    """Put ``q`` after ``p``: p adjusted for how many there are (Benjamini and Hochberg 1995)."""
    p = table["p"].to_numpy()
    order = np.argsort(p)[::-1]
    scaled = p[order] * len(p) / np.arange(len(p), 0, -1)
    q = np.empty(len(p))
    q[order] = np.minimum(1, np.minimum.accumulate(scaled))
    table.insert(table.columns.get_loc("p") + 1, "q", q)
    return table


def dispersion(corpus: Corpus, state: str = "KAZ", themes: pd.DataFrame | None = None) -> pd.DataFrame:
    """List where in a state's speeches each theme stands: lexical dispersion.

    Returns
    -------
    DataFrame
        One row a theme and paragraph that holds it: ``theme``, ``name``, ``year``, ``document``,
        ``paragraph``, ``place`` (share of the speech's words before the paragraph's middle, 0 to 1),
        ``count``, ``terms`` (as they occurred).
    """
    part = corpus.filter(document=_documents_of(corpus, state))
    counted = paragraph_counts(part, themes)
    words = counted["words"].groupby(level="document", sort=False)
    place = (words.cumsum() - counted["words"] / 2) / words.transform("sum")
    hits = theme_counts(part, themes).astype({"document": "str"})
    keys = ["theme", "name", "document", "paragraph"]
    table = hits.groupby(keys, sort=False).agg(
        count=("count", "sum"), terms=("term", lambda found: ", ".join(sorted(set(found))))
    )
    table = table[table["count"] > 0].reset_index()
    table = table.join(place.rename("place"), on=["document", "paragraph"]).merge(
        _states(part), on="document"
    )
    columns = ["theme", "name", "year", "document", "paragraph", "place", "count", "terms"]
    return table.sort_values(["theme", "year", "paragraph"], kind="stable", ignore_index=True)[columns]


def state_keyness(
    corpus: Corpus, state: str = "KAZ", *, years: Years = range(2015, 2023), against: Years | None = None
) -> pd.DataFrame:
    """Find the words that mark a state's speeches of some years.

    Parameters
    ----------
    corpus
        The speeches.
    state
        Code of the state.
    years
        Years of the target.
    against
        Other years of the same state as reference; None takes all other states of `years`.

    Returns
    -------
    DataFrame
        As from `kzpolicy.trends.keyness`, all speeches of all years being the background, with
        ``documents`` (speeches of the marked side that hold the word) added.
    """
    facts = _states(corpus)
    _known(facts["state"], state)
    own = facts["state"] == state
    target = facts.loc[own & facts["year"].isin(list(years)), "document"]
    rest = (
        ~own & facts["year"].isin(list(years)) if against is None else own & facts["year"].isin(list(against))
    )
    sides = [corpus.terms[corpus.terms["document"].isin(d)] for d in (target, facts.loc[rest, "document"])]
    found = keyness(*(term_counts(side) for side in sides), prior=term_counts(corpus.terms))
    held = [side.groupby("term", observed=True)["document"].nunique() for side in sides]
    here, there = (found["term"].map(side.set_axis(side.index.astype("str"))).fillna(0) for side in held)
    return found.assign(documents=here.where(found["z"] > 0, there).astype("int64"))


def stress(corpora: Mapping[str, Corpus]) -> pd.DataFrame:
    """Compare what several bodies of text speak of: themes and powers, each body taken as one text.

    Parameters
    ----------
    corpora
        Name to corpus; take the same years from each, as with `Corpus.filter`.

    Returns
    -------
    DataFrame
        ``source`` (the name), ``kind`` (theme or power), ``key``, ``name``, ``count``, ``size`` (words
        or sentences), ``rate`` (words per 10,000 words; sentences that name the power, of 100),
        ``low``, ``high`` (95% interval, clustered in paragraphs).
    """
    themes, powers = load_themes(), load_powers()
    names, rows = themes.drop_duplicates("theme").set_index("theme")["name"], []
    for source, corpus in corpora.items():
        counted = paragraph_counts(corpus, themes)
        for theme, name in names.items():
            found = rate_interval(counted[theme], counted["words"])
            sizes = (int(counted[theme].sum()), int(counted["words"].sum()))
            rows.append((source, "theme", theme, name, *sizes, *(PER * x for x in found)))
        body = corpus.sentences[corpus.sentences["kind"] != "heading"]
        place = [body["document"].astype("str"), body["paragraph"]]
        for power in powers.keys:
            named = corpus.mentions.loc[corpus.mentions["power"] == power, "sentence"]
            grouped = body["sentence"].isin(set(named)).groupby(place, sort=False)
            hits, size = grouped.sum(), grouped.size()
            sizes, share = (int(hits.sum()), int(size.sum())), rate_interval(hits, size)
            rows.append((source, "power", power, powers[power].name, *sizes, *(100 * x for x in share)))
    columns = ["source", "kind", "key", "name", "count", "size", "rate", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def terms_by_year(corpus: Corpus, state: str, theme: str) -> pd.DataFrame:
    """Follow a theme's counts in a state's speeches down to terms: a row a term, a column a year.

    A negative count takes an expression off again that holds a word of the theme without its sense.
    The last row sums up; it is the count behind the rates.
    """
    part = corpus.filter(document=_documents_of(corpus, state))
    years = _states(part).set_index("document")["year"].astype("str")
    found = theme_counts(part).query("theme == @theme")
    found = found.assign(year=found["document"].astype("str").map(years))
    table = found.pivot_table(index="term", columns="year", values="count", aggfunc="sum", fill_value=0)
    table = table.reindex(columns=sorted(years), fill_value=0).assign(total=lambda t: t.sum(axis=1))
    table = table.sort_values(["total", "term"], ascending=[False, True], kind="stable")
    table.loc["all terms"] = table.sum()
    return table.rename_axis(index="term", columns=None).reset_index()


def _states(corpus: Corpus) -> pd.DataFrame:
    documents = corpus.documents
    if documents["speaker_state"].isna().any():
        raise StudyError("documents lack speaker_state; load the speeches, as load_corpus('speeches')")
    return pd.DataFrame(
        {
            "document": documents["document"],
            "state": documents["speaker_state"],
            "year": documents["published_from"].dt.year,
        }
    )


def _documents_of(corpus: Corpus, state: str) -> list[str]:
    facts = _states(corpus)
    _known(facts["state"], state)
    return list(facts.loc[facts["state"] == state, "document"])


def _known(states: Iterable[str], state: str) -> None:
    known = sorted(set(states))
    if state not in known:
        raise StudyError(f"no speech of {state!r}; states go by code, such as {', '.join(known[:5])}")
