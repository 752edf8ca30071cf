"""The numbers that prose states about the speeches, by name, computed from the tables."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from kzpolicy.comparing import (
    PRESIDENCIES,
    WAR,
    change_test,
    dispersion,
    state_keyness,
    state_rates,
    stress,
    terms_by_year,
    world,
)
from kzpolicy.corpus import Corpus, load_corpus
from kzpolicy.resemblance import (
    EUROPEANS,
    POWERS,
    closeness_change,
    ranking,
    resemblance,
    similarities,
    speech_map,
    validity,
)
from kzpolicy.style import signed


def speech_facts(corpus: Corpus | None = None, *, state: str = "KAZ", draws: int = 100) -> dict[str, str]:
    """Compute the numbers that notebooks state about the speeches.

    Parameters
    ----------
    corpus
        The speeches; None loads them.
    state
        The state that stands in the centre.
    draws
        As in `kzpolicy.resemblance.resemblance`.

    Returns
    -------
    dict
        Name to number as printed. ``speech_rate_nuclear_2019`` is a rate, with ``_low``, ``_high``,
        ``_n`` (occurrences), ``_world`` (median of the other delegations) and ``_percentile``;
        ``change_presidency_security`` and ``change_war_security`` are changes, with ``_before``,
        ``_after``, ``_world``, ``_excess``, ``_percentile``, ``_p``, ``_q``; ``close_russia_2019`` is a
        percentile of similarity, ``close_russia_first`` and ``close_russia_second`` its means before
        and from 2019, with ``_rank``, ``close_russia_change`` with ``_placebo``, ``_p``, ``_q``;
        ``speech_stress_nuclear_own`` the rate where analysts and the state both speak, ``_articles``
        theirs; ``speech_named_russia_own`` the share of sentences that name a power;
        ``validity_...`` an area under the curve.

    Examples
    --------
    >>> speech_facts(load_corpus("speeches"), draws=2)["speeches"]
    '1,554'
    """
    corpus = load_corpus("speeches") if corpus is None else corpus
    parts = (_sizes, _rates, _changes, _places, _words, _stress, _map)
    found = {name: text for part in parts for name, text in part(corpus, state)}
    similar = similarities(corpus)
    closeness = _closeness(resemblance(corpus, state, draws=draws), similar, state)
    return found | dict(closeness) | dict(_moves(similar, state)) | dict(_checks(similar))


def _sizes(corpus: Corpus, state: str) -> Iterator[tuple[str, str]]:
    documents = corpus.documents
    own = documents[documents["speaker_state"] == state]
    sizes = {
        "speeches": len(documents),
        "delegations": documents["speaker_state"].nunique(),
        "speeches_words": documents["words"].sum(),
        "speeches_sentences": documents["sentences"].sum(),
        "speeches_paragraphs": documents["paragraphs"].sum(),
        "speeches_mentions": len(corpus.mentions),
        "speeches_own": len(own),
        "speeches_own_words": own["words"].sum(),
        "speeches_left_out_words": corpus.left_out["words"].sum(),
    }
    yield from ((name, f"{size:,}") for name, size in sizes.items())
    for year, words in zip(own["published_from"].dt.year, own["words"], strict=True):
        yield f"speech_words_{year}", f"{words:,}"


def _rates(corpus: Corpus, state: str) -> Iterator[tuple[str, str]]:
    for row in world(state_rates(corpus), state).itertuples():
        key = f"speech_rate_{row.theme}_{row.year}"
        yield key, f"{row.rate:.0f}"
        yield f"{key}_low", f"{row.low:.0f}"
        yield f"{key}_high", f"{row.high:.0f}"
        yield f"{key}_n", str(row.count)
        yield f"{key}_world", f"{row.median:.0f}"
        yield f"{key}_percentile", f"{row.percentile:.0f}"
    for theme, part in world(state_rates(corpus), state).groupby("theme"):
        yield f"speech_floor_{theme}", f"{part['percentile'].min():.0f}"
        yield f"speech_ceiling_{theme}", f"{part['percentile'].max():.0f}"
        yield f"speech_total_{theme}", str(part["count"].sum())


def _changes(corpus: Corpus, state: str) -> Iterator[tuple[str, str]]:
    for name, (before, after) in {"presidency": PRESIDENCIES, "war": WAR}.items():
        tests = change_test(corpus, state, before=before, after=after)
        yield f"change_{name}_states", str(tests["others"].iloc[0])
        yield f"change_{name}_smallest_q", f"{tests['q'].min():.2f}"
        for row in tests.itertuples():
            key = f"change_{name}_{row.theme}"
            yield key, signed(row.change, 0)
            for part in ("low", "high", "world", "excess", "excess_low", "excess_high"):
                yield f"{key}_{part}", signed(getattr(row, part), 0)
            for part in ("before", "after", "percentile"):
                yield f"{key}_{part}", f"{getattr(row, part):.0f}"
            for part in ("p", "q"):
                yield f"{key}_{part}", f"{getattr(row, part):.2f}"


def _places(corpus: Corpus, state: str) -> Iterator[tuple[str, str]]:
    for theme, part in dispersion(corpus, state).groupby("theme"):
        first = part.loc[part["place"] < 0.5, "count"].sum() / part["count"].sum()
        yield f"speech_first_half_{theme}", f"{100 * first:.0f}%"
    terms = terms_by_year(corpus, state, "security").set_index("term")["total"]
    for term in ("security", "terrorism", "peacekeeping"):
        yield f"speech_term_{term}", str(terms.get(term, 0))
    yield "speech_term_security_council", str(-terms.get("security council", 0))


def _stress(corpus: Corpus, state: str) -> Iterator[tuple[str, str]]:
    articles, facts = load_corpus(), corpus.documents
    years = {
        date.year for column in ("published_from", "published_to") for date in articles.documents[column]
    }
    own = facts["speaker_state"] == state
    parts = {
        "articles": articles,
        "own": corpus.filter(
            document=facts.loc[own & facts["published_from"].dt.year.isin(years), "document"]
        ),
        "ever": corpus.filter(document=facts.loc[own, "document"]),
    }
    table = stress(parts)
    for row in table[(table["kind"] == "theme") & (table["source"] != "ever")].itertuples():
        key = f"speech_stress_{row.key}_{row.source}"
        yield key, f"{row.rate:.0f}"
        yield f"{key}_low", f"{row.low:.0f}"
        yield f"{key}_high", f"{row.high:.0f}"
        yield f"{key}_n", str(row.count)
    for row in table[table["kind"] == "power"].itertuples():
        key = f"speech_named_{row.key}_{row.source}"
        yield key, f"{row.rate:.0f}%"
        yield f"{key}_low", f"{row.low:.0f}%"
        yield f"{key}_high", f"{row.high:.0f}%"
        yield f"{key}_n", str(row.count)
    for source, part in table[table["kind"] == "power"].groupby("source"):
        yield f"speech_named_sentences_{source}", f"{part['size'].iloc[0]:,}"
    for source, part in table[table["kind"] == "theme"].groupby("source"):
        yield f"speech_stress_words_{source}", f"{part['size'].iloc[0]:,}"


def _map(corpus: Corpus, state: str) -> Iterator[tuple[str, str]]:
    speeches, words = speech_map(corpus)
    for axis, share in enumerate(speeches.attrs["inertia"], start=1):
        yield f"speech_map_axis{axis}", f"{100 * share:.1f}%"
    yield "speech_map_words", f"{len(words):,}"


def _words(corpus: Corpus, state: str) -> Iterator[tuple[str, str]]:
    before, after = PRESIDENCIES
    found = state_keyness(corpus, state, years=after, against=before)
    yield "speech_keyness_tried", f"{len(found):,}"
    yield "speech_keyness_largest", f"{found['z'].abs().max():.1f}"


def _closeness(
    found: pd.DataFrame, similar: dict[int, pd.DataFrame], state: str
) -> Iterator[tuple[str, str]]:
    codes = POWERS | {name.lower().replace(" ", "_"): code for name, code in EUROPEANS.items()}
    found = found.set_index(["power", "year"])
    halves = {"first": PRESIDENCIES[0], "second": PRESIDENCIES[1], "all": range(2015, 2023)}
    for power, code in codes.items():
        if code == state:
            continue
        for year, row in found.loc[code].iterrows():
            for part in ("", "_low", "_high", "_plain"):
                value = row[part.removeprefix("_") or "percentile"]
                yield f"close_{power}_{year}{part}", f"{value:.0f}"
        own = found.loc[code]
        yield f"close_{power}_floor", f"{own['percentile'].min():.0f}"
        yield f"close_{power}_ceiling", f"{own['percentile'].max():.0f}"
        yield f"close_{power}_years", str(len(own))
        yield f"close_{power}_clear", str((own["low"] > 50).sum())
        for half, years in halves.items():
            ranks: pd.DataFrame = ranking(similar, code, years=years).set_index("state")
            yield f"close_{power}_{half}", f"{ranks.loc[state, 'percentile']:.0f}"
            yield f"close_{power}_{half}_rank", str(ranks.loc[state, "rank"])
            yield f"close_{power}_{half}_n", str(len(ranks))


def _moves(similar: dict[int, pd.DataFrame], state: str) -> Iterator[tuple[str, str]]:
    tests = closeness_change(similar, state)
    names = {code: name for name, code in POWERS.items()}
    yield "close_smallest_q", f"{tests['q'].min():.2f}"
    yield "close_states", str(tests["others"].min())
    for row in tests.itertuples():
        key = f"close_{names.get(row.power, row.name.lower().replace(' ', '_'))}_change"
        yield key, signed(row.change, 0)
        yield f"{key}_placebo", f"{row.percentile:.0f}"
        yield f"{key}_p", f"{row.p:.2f}"
        yield f"{key}_q", f"{row.q:.2f}"


def _checks(similar: dict[int, pd.DataFrame]) -> Iterator[tuple[str, str]]:
    names = ("west", "adversaries", "nordic_baltic", "caribbean")
    for name, row in zip(names, validity(similar).itertuples(), strict=True):
        yield f"validity_{name}", f"{row.auc:.2f}"
        yield f"validity_{name}_low", f"{row.low:.2f}"
        yield f"validity_{name}_high", f"{row.high:.2f}"
        yield f"validity_{name}_n", str(row.states)
        yield f"validity_{name}_speeches", str(row.speeches)
