"""Every number that prose states, by name, computed from the tables; prose is checked against it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

import pandas as pd

from kzpolicy.challenge import challenge_results
from kzpolicy.coding import coder_agreement, scorer_agreement, scorer_errors
from kzpolicy.corpus import DATA, Corpus, load_corpus, own_study, powers_of
from kzpolicy.estimating import corrected_means, needed
from kzpolicy.exploring import explore_table
from kzpolicy.powers import BUILT_IN as POWERS
from kzpolicy.robustness import (
    CONTRASTS,
    interval_by_unit,
    length_confound,
    measures,
    specification_curve,
    survival,
)
from kzpolicy.sampling import draw_sample, join_codes, mention_pairs
from kzpolicy.sentiment import coded_pairs, difference, mean_by, with_period
from kzpolicy.sheets import read_sheet
from kzpolicy.simulating import simulate_coverage
from kzpolicy.speech_facts import speech_facts
from kzpolicy.stance import WESTERN, by_vector
from kzpolicy.style import signed
from kzpolicy.themes import BUILT_IN as THEMES
from kzpolicy.themes import load_themes
from kzpolicy.trends import attention, theme_rates

BENCHMARKS = DATA.parent / "benchmarks"
_FIRST_CODERS = ("a", "b", "c")


class Facts(Mapping[str, str]):
    """Names of facts to numbers as printed; a part is computed when one of its names is asked for."""

    def __init__(self, corpus: Corpus, absent: str = "") -> None:
        self._corpus, self._absent = corpus, absent
        self._found: dict[str, dict[str, str]] = {}
        self._lock = Lock()

    def _part(self, part: str) -> dict[str, str]:
        with self._lock:  # notebooks are checked in threads
            if part not in self._found:
                self._found[part] = dict(_PARTS[part](self._corpus))
            return self._found[part]

    def __getitem__(self, name: str) -> str:
        part = next((part for part, begins in _BEGINS.items() if name.startswith(begins)), "articles")
        found = self._part(part)
        return found.get(name, self._absent) if self._absent else found[name]

    def __iter__(self) -> Iterator[str]:
        for part in _PARTS:
            yield from self._part(part)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def facts(corpus: Corpus | None = None) -> Facts:
    """Compute the numbers that notebooks and README state.

    Parameters
    ----------
    corpus
        The articles; None loads them, or the study that ``KZPOLICY_STUDY`` names.

    Returns
    -------
    Facts
        A mapping of name to number as printed, such as ``tone_russia`` to ``−0.10``. Names are
        built from measure, power or theme, and document; ``_low`` and ``_high`` limit the 95%
        interval, ``_n`` counts the sentences. Names that begin with ``robust_`` come from the
        specification curves; with ``speech``, ``change_``, ``close_`` from the speeches. What a study
        of one's own does not have is ``none``, and a line is printed that says whose the numbers are.

    Examples
    --------
    >>> facts()["articles"]
    '5'
    """
    found = load_corpus() if corpus is None else corpus
    absent = "none" if corpus is None and own_study() else ""
    if absent:
        print(
            f"Tables and figures on articles are of the study {own_study()} "
            f"(n = {len(found.documents):,} texts); the prose around them is of the five articles only."
        )
    return Facts(found, absent)


def _articles(corpus: Corpus) -> Iterator[tuple[str, str]]:
    pairs = coded_pairs(corpus)
    yield from _sizes(corpus, pairs)
    yield from _means(pairs)
    yield from _contrasts(corpus, pairs)
    yield from _agreement(corpus, pairs)
    yield from _rates(corpus)


def _robust(corpus: Corpus) -> Iterator[tuple[str, str]]:
    table = measures(corpus)
    for contrast in CONTRASTS:
        curve = specification_curve(table, contrast)
        if not curve["primary"].any():  # a study without one of the powers
            continue
        for name, value in survival(curve).items():
            count = name.endswith("specifications")
            yield f"robust_{contrast.key}_{name}", f"{value:.0f}" if count else f"{100 * value:.0f}%"
        for row in interval_by_unit(table, contrast).itertuples():
            yield f"robust_{contrast.key}_{row.unit}", signed(row.estimate)
            yield from _limits(f"robust_{contrast.key}_{row.unit}", signed(row.low), signed(row.high))
            yield f"robust_{contrast.key}_{row.unit}_n", str(row.units)
        one_out = curve[
            (curve["measure"] == "codes, median")
            & (curve["scope"] == "all sentences")
            & (curve["weighting"] == "by sentence")
        ].set_index("left_out")
        for document, row in one_out.iterrows():
            yield f"robust_{contrast.key}_without_{document}", signed(row["estimate"])
            yield from _limits(
                f"robust_{contrast.key}_without_{document}", signed(row["low"]), signed(row["high"])
            )
    for row in length_confound(table).itertuples():
        key = re.sub(r"\W+", "_", row.measure)
        yield f"robust_length_{key}", signed(row.correlation)
        yield from _limits(f"robust_length_{key}", signed(row.low), signed(row.high))


def _sizes(corpus: Corpus, pairs: pd.DataFrame) -> Iterator[tuple[str, str]]:
    body = corpus.sentences[corpus.sentences["kind"] != "heading"]
    coded = corpus.codes[["sentence", "power"]].drop_duplicates()
    sizes = {
        "articles": len(corpus.documents),
        "words": corpus.documents["words"].sum(),
        "sentences": len(body),
        "mentions": len(corpus.mentions),
        "coded_pairs": len(coded),
        "pairs": len(pairs),
        "pairs_not_meant": len(coded) - len(pairs),
        "coded_sentences": pairs["sentence"].nunique(),
        "coders": corpus.codes["coder"].nunique(),
        "events": len(corpus.events),
        "left_out_pieces": len(corpus.left_out),
        "left_out_words": corpus.left_out["words"].sum(),
        "undated": (corpus.documents["published_from"] < corpus.documents["published_to"]).sum(),
    }
    yield from ((name, f"{size:,}") for name, size in sizes.items())
    yield "codes_unsure", f"{100 * (corpus.codes['confidence'] == 0).mean():.0f}%"
    named = corpus.mentions.groupby("power").size()
    yield from ((f"mentions_{power}", str(count)) for power, count in named.items())
    yield "mentions_small", str(named.reindex(["turkey", "iran", "india"]).sum())
    for document, words in corpus.documents[["document", "words"]].itertuples(index=False):
        yield f"words_{document}", f"{words:,}"


def _means(pairs: pd.DataFrame) -> Iterator[tuple[str, str]]:
    measures = {
        "tone": "tone",
        "stance": "stance",
        "plain": "plain_class",
        "targeted": "tone_score_class",
    }
    for name, column in measures.items():
        for by in (["power"], ["power", "document"]):
            for row in mean_by(pairs.dropna(subset=[column]), column, by).to_dict("records"):
                key = "_".join([name, *(row[b] for b in by)])
                yield from _mean(key, row)
    vectors = by_vector(pairs)
    keys = {"Russia": "russia", "China": "china", WESTERN: "western"}
    vectors = vectors.assign(vector=vectors["vector"].astype("str").map(keys))
    for row in mean_by(vectors, "stance", ["vector"]).to_dict("records"):
        yield from _mean(f"vector_{row['vector']}", row)
    for row in mean_by(vectors, "stance", ["vector", "document"]).to_dict("records"):
        yield from _mean(f"vector_{row['vector']}_{row['document']}", row)


def _mean(key: str, row: dict[str, float]) -> Iterator[tuple[str, str]]:
    yield key, signed(row["mean"])
    yield from _limits(key, signed(row["low"]), signed(row["high"]))
    yield f"{key}_n", str(row["n"])
    yield f"{key}_below", str(row["below"])
    yield f"{key}_above", str(row["above"])


def _contrasts(corpus: Corpus, pairs: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Differences in all articles and in each, and what the headline owes to single choices."""
    parts = {"": pairs} | {f"_{d}": part for d, part in pairs.groupby("document", observed=True)}
    for measure, (suffix, part) in product(("tone", "stance"), parts.items()):
        china, russia = (part[part["power"] == p] for p in ("china", "russia"))
        yield from _difference(f"{measure}_china_minus_russia{suffix}", china, russia, measure)
    rest = pairs[~pairs["document"].isin(["clark2015", "realignment2022"])]
    china, russia = (rest[rest["power"] == p] for p in ("china", "russia"))
    yield from _difference("tone_china_minus_russia_middle", china, russia, "tone")
    russia = with_period(pairs[pairs["power"] == "russia"], 2022)
    before, after = (russia[russia["period"] == p] for p in russia["period"].cat.categories)
    yield from _difference("stance_russia_change", after, before, "stance")
    states = corpus.mentions[corpus.mentions["via"] != "institution"]
    named = set(states[["sentence", "power"]].itertuples(index=False, name=None))
    kept = pd.Series(
        [key in named for key in zip(pairs["sentence"], pairs["power"], strict=True)], dtype=bool
    )
    for name, part in (("sure", pairs[pairs["sure"]]), ("no_institutions", pairs[kept])):
        yield f"pairs_{name}", str(len(part))
        for row in mean_by(part, "tone", ["power"]).to_dict("records"):
            yield from _mean(f"tone_{name}_{row['power']}", row)


def _difference(key: str, first: pd.DataFrame, second: pd.DataFrame, value: str) -> Iterator[tuple[str, str]]:
    gap, low, high = difference(first, second, value)
    yield key, signed(gap)
    yield from _limits(key, signed(low), signed(high))


def _agreement(corpus: Corpus, pairs: pd.DataFrame) -> Iterator[tuple[str, str]]:
    for value in ("tone", "stance"):
        yield from _agreed(f"{{}}_coders_{value}", coder_agreement(corpus.codes, value))
        yield from _agreed(f"{{}}_plain_{value}", scorer_agreement(pairs, value, "plain_class"))


def _rates(corpus: Corpus) -> Iterator[tuple[str, str]]:
    for row in theme_rates(corpus).itertuples():
        key = f"rate_{row.theme}_{row.document}"
        yield key, f"{row.rate:.0f}"
        yield from _limits(key, f"{row.low:.0f}", f"{row.high:.0f}")
        yield f"{key}_n", str(row.count)
    for row in attention(corpus).itertuples():
        key = f"attention_{row.power}_{row.document}"
        yield key, f"{100 * row.share:.0f}%"
        yield from _limits(key, f"{100 * row.low:.0f}%", f"{100 * row.high:.0f}%")


def _limits(key: str, low: str, high: str) -> Iterator[tuple[str, str]]:
    yield f"{key}_low", low
    yield f"{key}_high", high


@cache
def _statements() -> Corpus:
    """Load the speeches once for all parts that state their numbers."""
    return load_corpus("speeches")


def blind_round(speeches: Corpus) -> Corpus:
    """Keep the speech codes that were made after the scorer in use was frozen (coders d, e, f)."""
    return replace(speeches, codes=speeches.codes[~speeches.codes["coder"].isin(_FIRST_CODERS)])


def first_round(speeches: Corpus) -> Corpus:
    """Keep the speech codes that judged the scorer before it (coders a, b, c)."""
    return replace(speeches, codes=speeches.codes[speeches.codes["coder"].isin(_FIRST_CODERS)])


def _scorer(corpus: Corpus) -> Iterator[tuple[str, str]]:
    """How far the targeted and the plain score agree with codes, here and where nobody tuned them."""
    rounds = {"articles": corpus, "speeches": blind_round(_statements()), "first": first_round(_statements())}
    for name, study in rounds.items():
        pairs = coded_pairs(study)
        yield f"scorer_{name}_pairs", str(pairs["tone_score_class"].notna().sum())
        yield f"scorer_{name}_coded", str(len(study.codes[["sentence", "power"]].drop_duplicates()))
        for value, scorer in product(("tone", "stance"), ("targeted", "plain")):
            column = "plain_class" if scorer == "plain" else f"{value}_score_class"
            agreement = scorer_agreement(pairs.dropna(subset=["tone_score_class"]), value, column)
            yield from _agreed(f"scorer_{name}_{value}_{scorer}_{{}}", agreement)
        for value in ("tone", "stance"):
            yield (
                f"scorer_{name}_coders_{value}",
                f"{coder_agreement(study.codes, value)['estimate'].iloc[0]:.2f}",
            )
    pairs = coded_pairs(corpus).dropna(subset=["tone_score_class"])
    for value in ("tone", "stance"):
        for kind, count in scorer_errors(pairs, value).items():
            yield f"scorer_errors_{value}_{kind}", str(count)
    for (document, part), value in product(pairs.groupby("document", observed=True), ("tone", "stance")):
        agreement = scorer_agreement(part, value, f"{value}_score_class")
        yield from _agreed(f"scorer_{document}_{value}_targeted_{{}}", agreement)
    spoken = mention_pairs(_statements()).query("not own")
    own = spoken["document"].str.startswith("KAZ_")
    for name, part in (("own", spoken[own]), ("world", spoken)):
        yield f"scorer_{name}_n", f"{len(part):,}"
        for sign, word in ((1, "approach"), (-1, "distance")):
            yield f"scorer_{name}_{word}", f"{100 * (part['stance_score_class'] == sign).mean():.0f}%"
    challenge = challenge_results()
    yield "scorer_challenge_n", str(len(challenge))
    for name in ("tone", "stance", "both"):
        yield f"scorer_challenge_{name}", f"{100 * challenge[name].mean():.0f}%"
    for part in ("speeches", "invented"):
        learned = pd.read_csv(BENCHMARKS / "training" / f"{part}.csv")
        yield f"scorer_learned_{part}", f"{len(learned):,}"
    table = pd.read_csv(BENCHMARKS / "newsmtsc.csv").set_index(["scorer", "measure"])
    for scorer in ("targeted", "plain"):
        yield f"scorer_newsmtsc_{scorer}", f"{table.at[(scorer, 'macro-F1'), 'estimate']:.2f}"
    yield "scorer_newsmtsc_n", f"{table.at[('targeted', 'macro-F1'), 'n']:,}"


def _agreed(key: str, table: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Give alpha and macro-F1 of a table of agreement; their names go into the braces of the key."""
    names = {"alpha, ordinal": "alpha", "macro-F1": "f1"}
    for row in table.itertuples():
        if row.measure in names:
            name = key.format(names[row.measure])
            yield name, f"{row.estimate:.2f}"
            yield from _limits(name, f"{row.low:.2f}", f"{row.high:.2f}")


def _coverage(corpus: Corpus) -> Iterator[tuple[str, str]]:
    """How often corrected intervals hold the truth when 30% of the pairs count as coded."""
    pairs = coded_pairs(corpus).dropna(subset=["tone_score"])
    for value in ("tone", "stance"):
        table = simulate_coverage(pairs, value, f"{value}_score", draws=1000)
        for row in table[table["pairs"] >= 15].itertuples():
            key = f"coverage_{value}_{row.estimate.replace(' ', '_')}_{row.group}"
            yield key.replace("-", "_"), f"{row.coverage:.3f}"


def sampled_pairs(speeches: Corpus) -> pd.DataFrame:
    """Give all pairs from which the coded ones of the speeches were drawn, with their codes.

    Parameters
    ----------
    speeches
        The study of the UN General Debate, with the codes of both rounds.

    Returns
    -------
    DataFrame
        As from `kzpolicy.sampling.join_codes`: sentences of eight to seventy words, without a
        delegation's words on itself.
    """
    pairs = mention_pairs(speeches).query("8 <= words <= 70 and not own")
    return join_codes(pairs, speeches.codes.merge(pairs[["sentence", "power"]]))


def _speeches(_: Corpus) -> Iterator[tuple[str, str]]:
    yield from speech_facts(_statements()).items()
    pairs = sampled_pairs(_statements())
    for row in corrected_means(pairs, ["power"], "tone", "tone_score", inclusion=None).itertuples():
        key = f"speech_tone_{row.power}"
        yield key, signed(row.corrected)
        yield from _limits(key, signed(row.low), signed(row.high))
        yield f"{key}_n", str(row.n_coded)
        yield f"{key}_scored", f"{row.n_scored:,}"


def _explored(_: Corpus) -> Iterator[tuple[str, str]]:
    """Give the keyword of notebook 07, counted in Kazakhstan's speeches."""
    table = explore_table(_statements(), "keyword", keyword="afghan*", speaker="KAZ")
    for row in table.itertuples():
        key = f"explore_afghan_{row.published_from.year}"
        yield key, f"{row.value:.0f}"
        yield from _limits(key, f"{row.low:.0f}", f"{row.high:.0f}")
        yield f"{key}_n", str(row.n)
    yield "explore_afghan_total", str(table["n"].sum())


def _own(_: Corpus) -> Iterator[tuple[str, str]]:
    """Give the numbers of notebook 08, from the invented corpus beside it."""
    from kzpolicy.building import build_study

    folder = DATA.parent / "notebooks" / "own-corpus"
    with TemporaryDirectory() as scratch:
        study = Path(scratch)
        for path in (POWERS, THEMES):
            lists = [part.read_text("utf-8") for part in (path, folder / path.name)]
            (study / path.name).write_text("\n".join(lists), "utf-8")
        corpus = build_study(folder / "texts", study)
        powers, themes = powers_of(study), load_themes(study / THEMES.name)
    duplicates = corpus.skipped["reason"].str.startswith("near-duplicate").sum()
    pairs = mention_pairs(corpus, powers)
    sample = draw_sample(pairs, 40, method="stratified", by=["power"], seed=8)
    joined = join_codes(pairs, read_sheet(folder / "filled-sheet.csv", sample=sample), sample)
    sizes = {
        "files": len(list((folder / "texts").iterdir())),
        "documents": len(corpus.documents),
        "words": corpus.documents["words"].sum(),
        "duplicates": duplicates,
        "unusable": len(corpus.skipped) - duplicates,
        "pairs": len(pairs),
        "sample": len(sample),
        "meant": (joined["reference"] == 1).sum(),
    }
    yield from ((f"own_{name}", f"{size:,}") for name, size in sizes.items())
    meant = joined[joined["reference"] == 1]
    for value, scorer in product(("tone", "stance"), ("targeted", "plain")):
        column = "plain_class" if scorer == "plain" else f"{value}_score_class"
        yield from _agreed(f"own_{value}_{scorer}_{{}}", scorer_agreement(meant, value, column))
    for row in corrected_means(joined, ["power"], "tone", "tone_score").itertuples():
        for name in ("naive", "coded", "corrected"):
            yield f"own_{row.power}_{name}", signed(getattr(row, name))
        yield from _limits(f"own_{row.power}_corrected", signed(row.low), signed(row.high))
        yield f"own_{row.power}_n", str(row.n_coded)
        yield f"own_{row.power}_scored", str(row.n_scored)
    for row in needed(joined, ["power"], "tone", "tone_score", width=0.4).itertuples():
        yield f"own_{row.power}_more", str(row.more)
    rates = theme_rates(corpus, themes[themes["theme"] == "protest"])
    for row in rates.itertuples():
        key = f"own_protest_{row.document.replace('-', '_')}"
        yield key, f"{row.rate:.0f}"
        yield from _limits(key, f"{row.low:.0f}", f"{row.high:.0f}")
        yield f"{key}_n", str(row.count)
    yield "own_protest_silent", str((rates["count"] == 0).sum())
    yield "own_ukraine_mentions", str((corpus.mentions["power"] == "ukraine").sum())


_PARTS: dict[str, Callable[[Corpus], Iterator[tuple[str, str]]]] = {
    "articles": _articles,
    "robust": _robust,
    "scorer": _scorer,
    "coverage": _coverage,
    "speeches": _speeches,
    "explored": _explored,
    "own": _own,
}
# The part of a fact by how its name begins; all other names are of the articles.
_BEGINS = {
    "robust": ("robust_",),
    "scorer": ("scorer_",),
    "coverage": ("coverage_",),
    "speeches": ("speech", "delegations", "change_", "close_", "validity_"),
    "explored": ("explore_",),
    "own": ("own_",),
}
