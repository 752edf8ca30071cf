"""Themes, rates, attention and keyness, on an invented corpus and against the published formulas."""

from __future__ import annotations

import doctest
import math
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invented import Paper, Said, invented_corpus
from pandas.testing import assert_frame_equal

from kzpolicy import themes as themes_module
from kzpolicy import trends
from kzpolicy.building import build_study
from kzpolicy.corpus import Corpus
from kzpolicy.errors import StudyError
from kzpolicy.intervals import rate_interval
from kzpolicy.themes import checksum, load_themes, matching_terms, phrases
from kzpolicy.trends import (
    FUNCTION_WORDS,
    attention,
    context_keyness,
    keyness,
    period_keyness,
    term_counts,
    theme_counts,
    theme_rates,
)

THEMES = pd.DataFrame(
    [
        ("trade", "Trade", "trade"),
        ("trade", "Trade", "export*"),
        ("steppe", "Steppe", "central steppe*"),
        ("sea", "Sea", "sea"),
    ],
    columns=["theme", "name", "term"],
)
PAPERS = [Paper("north", "2018-03-01", "2018-03-01"), Paper("east", "2022-02-02", "2022-02-02")]
RUSSIA, CHINA = ("russia", "Russia"), ("china", "China")
SAYINGS = [
    Said("north:0:1", "grain trade grows"),
    Said("north:1:0", "russia and trade", [RUSSIA]),
    Said("north:1:1", "russia exports grain to central steppes and exporters smile", [RUSSIA]),
    Said("north:1:2", "china buys grain", [CHINA]),
    Said(
        "north:2:1",
        "the eurasian economic union met while russia slept",
        [("russia", "Eurasian Economic Union"), RUSSIA],
    ),
    Said("east:1:1", "economic growth and economic plans"),
    Said("east:1:2", "union members and china traded", [CHINA]),
    Said("east:2:1", "no trade"),
]


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return invented_corpus(PAPERS, SAYINGS, phrases=["central steppes"])


@pytest.mark.parametrize("module", [trends, themes_module])
def test_examples_in_docstrings(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]


# Themes


def test_theme_counts_exactly(corpus: Corpus) -> None:
    rows = [
        ("north", 0, "trade", "Trade", "trade", "trade", 1),
        ("north", 1, "trade", "Trade", "export*", "exporters", 1),
        ("north", 1, "trade", "Trade", "export*", "exports", 1),
        ("east", 2, "trade", "Trade", "trade", "trade", 1),  # not "traded", not the heading's
        ("north", 1, "steppe", "Steppe", "central steppe*", "central steppes", 1),
    ]
    columns = ["document", "paragraph", "theme", "name", "pattern", "term", "count"]
    expected = pd.DataFrame(rows, columns=columns)
    assert_frame_equal(theme_counts(corpus, THEMES), expected, check_dtype=False)


def test_theme_rates_exactly(corpus: Corpus) -> None:
    found = theme_rates(corpus, THEMES)
    paragraphs = {"north": [3, 12, 8], "east": [10, 2]}  # words; without the heading
    hits = {
        ("trade", "north"): [1, 2, 0],
        ("trade", "east"): [0, 1],
        ("steppe", "north"): [0, 1, 0],
        ("steppe", "east"): [0, 0],
        ("sea", "north"): [0, 0, 0],
        ("sea", "east"): [0, 0],
    }
    assert found[["theme", "document"]].apply(tuple, axis=1).tolist() == list(hits)
    for row in found.to_dict("records"):
        counts, words = hits[row["theme"], row["document"]], paragraphs[row["document"]]
        assert (row["count"], row["words"]) == (sum(counts), sum(words))
        assert row["rate"] == pytest.approx(10_000 * sum(counts) / sum(words))
        limits = [10_000 * x for x in rate_interval(counts, words)[1:]]
        assert [row["low"], row["high"]] == pytest.approx(limits)
    assert found["label"].tolist() == ["North 2018", "East 2022"] * 3
    assert found["published_from"].iloc[0] == found["published_to"].iloc[0] == pd.Timestamp("2018-03-01")
    assert found["name"].tolist() == ["Trade"] * 2 + ["Steppe"] * 2 + ["Sea"] * 2


def test_built_in_themes_count_too(corpus: Corpus) -> None:
    found = theme_rates(corpus).set_index(["theme", "document"])
    assert len(found) == 2 * load_themes()["theme"].nunique()
    assert found.loc[("trade", "north"), "count"] == 3
    assert found.loc[("integration", "east"), "count"] == 1  # "union"


def test_attention_exactly(corpus: Corpus) -> None:
    found = attention(corpus)
    rows = [
        # Four sentences in three paragraphs; the heading that names Russia is not a sentence.
        ("north", "North 2018", "russia", 2, 4, 0.5, [0, 1, 1], [1, 2, 1]),
        ("east", "East 2022", "russia", 0, 3, 0.0, [0, 0], [2, 1]),
        ("north", "North 2018", "china", 1, 4, 0.25, [0, 1, 0], [1, 2, 1]),
        ("east", "East 2022", "china", 1, 3, 1 / 3, [1, 0], [2, 1]),
    ]
    assert len(found) == len(rows)
    for row, (*facts, share, named, sentences) in zip(found.to_dict("records"), rows, strict=True):
        assert [row[c] for c in ("document", "label", "power", "n", "sentences")] == facts
        assert [row[c] for c in ("share", "low", "high")] == pytest.approx(rate_interval(named, sentences))
        assert row["share"] == pytest.approx(share)


@pytest.mark.parametrize(
    ("pattern", "term", "counts"),
    [
        ("trade", "trade", True),
        ("trade", "traded", False),
        ("trade", "free trade", False),
        ("trade*", "trade", True),
        ("trade*", "trade-off", True),
        ("trade*", "untrade", False),
        ("trade*", "trade route", False),
        ("central steppe*", "central steppe", True),
        ("central steppe*", "central steppes", True),
        ("central steppe*", "central steppe road", False),
        ("central*", "central steppe", False),
        ("u.s*", "u.s.", True),
        ("u.s*", "uns", False),  # a full stop is no wildcard
        ("open-door*", "open-doors", True),
    ],
)
def test_wildcards(pattern: str, term: str, counts: bool) -> None:
    assert matching_terms([pattern], [term]) == ({term: pattern} if counts else {})


def test_a_term_is_counted_by_one_pattern_the_exact_one_first() -> None:
    found = matching_terms(["trad*", "trade*", "trade"], ["trade", "traded", "trading", "tribe"])
    assert found == {"trade": "trade", "traded": "trad*", "trading": "trad*"}
    assert matching_terms([], ["trade"]) == {}
    assert matching_terms(iter(["trade", "sea*"]), iter(["seal", "trade"])) == {
        "seal": "sea*",
        "trade": "trade",
    }


GOOD = """\
[herding]
name = "Herding"
why = "herds and pastures"
terms = ["herd*", "pasture", "winter pastures", "rock’n’roll", "semi-nomad*", "u.s", "2nd road*"]

[sea]
name = "Sea"
why = "water"
terms = ["sea"]
"""


def _file(folder: Path, content: str) -> Path:
    path = folder / "own.toml"
    path.write_text(content, encoding="utf-8")
    return path


def test_own_themes_load(tmp_path: Path) -> None:
    found = load_themes(_file(tmp_path, GOOD))
    assert found.columns.tolist() == ["theme", "name", "why", "term", "sign", "counted"]
    assert found["theme"].tolist() == ["herding"] * 7 + ["sea"]
    assert found.iloc[0].tolist() == ["herding", "Herding", "herds and pastures", "herd*", 1, False]
    assert phrases(found) == ["2nd road*", "winter pastures"]
    assert load_themes(str(_file(tmp_path, GOOD))).equals(found)


def _theme(terms: str) -> str:
    return f'[herding]\nname = "Herding"\nwhy = "herds"\nterms = {terms}\n'


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ("[herding\n", "TOML"),
        ('[herding]\nname = "Herding"\nterms = ["herd"]\n', r"\[herding\] needs"),
        ('[herding]\nwhy = "herds"\nterms = ["herd"]\n', r"\[herding\] needs"),
        ('[herding]\nname = "Herding"\nwhy = "herds"\n', r"\[herding\] needs"),
        ('herding = "herd"\n', r"herding.* needs"),
        (_theme('["Herd"]'), "'Herd' is not a lower-case term"),
        (_theme('["he*rd"]'), "not a lower-case term"),
        (_theme('["herd**"]'), "not a lower-case term"),
        (_theme('["*"]'), "not a lower-case term"),
        (_theme('["*herd"]'), "not a lower-case term"),
        (_theme('[""]'), "'' is not"),
        (_theme('[" herd"]'), "not a lower-case term"),
        (_theme('["winter  pasture"]'), "not a lower-case term"),
        (_theme('["herd, pasture"]'), "not a lower-case term"),
        (_theme("[7]"), "7 is not"),
        (_theme('["winter pasture", "pasture"]'), "'pasture' also counts 'pasture'"),
        (_theme('["pastur*", "winter pastures"]'), r"'pastur\*' also counts 'pastures'"),
        # Each letter of a bare word would become a term, "a" among them.
        (_theme('"pasture"'), "herding"),
        (_theme("7"), "herding"),
        # "winter pastures" holds "pastures", which counts on its own too.
        (_theme('["winter pasture*", "pastures"]'), "pastures"),
        ("", "no theme"),
    ],
)
def test_a_bad_themes_file_is_named_with_its_cause(tmp_path: Path, content: str, cause: str) -> None:
    path = _file(tmp_path, content)
    with pytest.raises(StudyError, match=cause) as raised:
        load_themes(path)
    assert str(path) in str(raised.value)


def test_a_missing_or_garbled_themes_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"nowhere\.toml: no such themes file"):
        load_themes(tmp_path / "nowhere.toml")
    path = tmp_path / "latin.toml"
    path.write_bytes(_theme("['köl']").encode("latin-1"))
    with pytest.raises(StudyError, match=r"latin\.toml: not a TOML file in UTF-8"):
        load_themes(path)


def test_a_studys_own_term_of_several_words_may_occur_nowhere(tmp_path: Path, corpus: Corpus) -> None:
    own = _file(tmp_path, '[road]\nname = "Road"\nwhy = "invented"\nterms = ["toll gate"]\n')
    with pytest.raises(StudyError, match="'toll gate' has several words and was not counted"):
        theme_counts(corpus, load_themes(own))
    own.with_name(f"{own.name}.sha256").write_text(checksum(own))  # as a build leaves it
    assert theme_counts(corpus, load_themes(own)).empty
    own.write_text(own.read_text() + "# changed since\n")
    assert not load_themes(own)["counted"].any()


def test_a_build_says_which_themes_it_counted(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "2019-05-01.txt").write_text("It snows on the road to the lake.\n" * 3)
    study = tmp_path / "study"
    study.mkdir()
    own = _file(study, '[road]\nname = "Road"\nwhy = "invented"\nterms = ["toll gate"]\n')
    own = own.rename(study / "themes.toml")
    assert not load_themes(own)["counted"].any()
    build_study(tmp_path / "texts", study)
    assert load_themes(shutil.copytree(study, tmp_path / "copy") / "themes.toml")["counted"].all()


def test_a_caller_cannot_spoil_the_built_in_themes() -> None:
    before = load_themes().copy()
    mine = load_themes()
    mine["colour"] = "red"
    try:
        assert load_themes().equals(before)
    finally:
        getattr(load_themes, "cache_clear", lambda: None)()  # for the other tests


def test_no_word_is_counted_twice_within_a_built_in_theme() -> None:
    themes = load_themes()
    assert not themes.duplicated(["theme", "term"]).any()
    for _, terms in themes[themes["sign"] > 0].groupby("theme")["term"]:
        alone = [t for t in terms if " " not in t]
        inside = [w for t in terms if " " in t for w in t.removesuffix("*").split(" ")]
        assert matching_terms(alone, inside) == {}
        # A wildcard at the end of a longer term may stand for a word that counts alone.
        open_ends = [t.removesuffix("*").split(" ")[-1] for t in terms if " " in t and t.endswith("*")]
        assert not [(a, o) for a in alone for o in open_ends if a.startswith(o)]


# Keyness

Counts = dict[str, float]


def _fightin_words(
    target: Counts, reference: Counts, prior: Counts | None = None, prior_words: float | None = 1000
) -> dict[str, tuple[float, float]]:
    """Log-odds and z by Monroe, Colaresi and Quinn (2008), equations 15, 16, 19, 20 and 22.

    The prior is that of their section 3.4: the background's shares times a size alpha_0.
    """
    vocabulary = set(target) | set(reference)
    y = {
        "i": {w: target.get(w, 0) for w in vocabulary},
        "j": {w: reference.get(w, 0) for w in vocabulary},
    }
    if prior is None:
        prior = {w: y["i"][w] + y["j"][w] for w in vocabulary}
    background = {w: max(prior.get(w, 0), 0.01) for w in vocabulary}
    size = sum(background.values())
    alpha = {w: b * (1 if prior_words is None else prior_words / size) for w, b in background.items()}
    alpha_0 = sum(alpha.values())
    found = {}
    for w in vocabulary:
        omega = {}
        for group in ("i", "j"):
            n = sum(y[group].values())
            omega[group] = (y[group][w] + alpha[w]) / (n + alpha_0 - y[group][w] - alpha[w])
        delta = math.log(omega["i"]) - math.log(omega["j"])
        variance = 1 / (y["i"][w] + alpha[w]) + 1 / (y["j"][w] + alpha[w])
        found[w] = (delta, delta / math.sqrt(variance))
    return found


def _check(found: pd.DataFrame, expected: dict[str, tuple[float, float]]) -> None:
    rows = found.set_index("term")
    assert set(rows.index) == set(expected)
    for word, (delta, z) in expected.items():
        assert rows.loc[word, "log_odds"] == pytest.approx(delta, abs=1e-9)
        assert rows.loc[word, "z"] == pytest.approx(z, abs=1e-9)


WORDS = ["camel", "yurt", "felt", "kumis", "saddle", "reed"]
TALLY = st.dictionaries(st.sampled_from(WORDS), st.integers(1, 60), min_size=2)


@given(TALLY, TALLY, st.sampled_from([None, 1, 50, 1000]))
@settings(max_examples=25, deadline=None)
def test_log_odds_and_z_are_those_of_the_paper(target: Counts, reference: Counts, size: float | None) -> None:
    found = keyness(pd.Series(target), pd.Series(reference), prior_words=size)
    _check(found, _fightin_words(target, reference, prior_words=size))


@given(TALLY, TALLY, TALLY, st.sampled_from([None, 20, 1000]))
@settings(max_examples=25, deadline=None)
def test_a_background_of_ones_own(
    target: Counts, reference: Counts, prior: Counts, size: float | None
) -> None:
    found = keyness(pd.Series(target), pd.Series(reference), prior=pd.Series(prior), prior_words=size)
    _check(found, _fightin_words(target, reference, prior, size))


def test_one_word_by_hand() -> None:
    # 30 of 100 against 10 of 100; the background says 40 in 200, scaled to 50 words: 10 and 40.
    found = keyness(
        pd.Series({"camel": 30, "yurt": 70}), pd.Series({"camel": 10, "yurt": 90}), prior_words=50
    )
    camel = found.iloc[0]
    assert camel["log_odds"] == pytest.approx(math.log(40 / 110) - math.log(20 / 130))
    assert camel["z"] == pytest.approx(camel["log_odds"] / math.sqrt(1 / 40 + 1 / 20))


def test_z_is_close_to_the_full_variance_for_rare_words() -> None:
    # Equation 19 has four terms; 20 drops the two that are small where words are rare.
    target = {"camel": 30.0, "yurt": 5000.0}
    reference = {"camel": 12.0, "yurt": 6000.0}
    alpha = 1000 * 42 / 11042
    full = sum(1 / (y + alpha) + 1 / (n + 1000 - y - alpha) for y, n in ((30, 5030), (12, 6012)))
    camel = keyness(pd.Series(target), pd.Series(reference)).iloc[0]
    assert camel["z"] == pytest.approx(camel["log_odds"] / math.sqrt(full), rel=0.01)


def test_g2_by_hand() -> None:
    found = keyness(pd.Series({"camel": 10, "yurt": 90}), pd.Series({"camel": 5, "yurt": 195}))
    # Margins 15 and 285, 100 and 200: expected 5, 10, 95 and 190.
    by_hand = 2 * (
        10 * math.log(10 / 5) + 5 * math.log(5 / 10) + 90 * math.log(90 / 95) + 195 * math.log(195 / 190)
    )
    rows = found.set_index("term")["g2"]
    assert rows["camel"] == pytest.approx(by_hand)
    assert rows["yurt"] == pytest.approx(-by_hand)  # the same table, seen from the other word


@pytest.mark.parametrize(
    ("both", "first", "second", "neither", "published"),
    # Dunning (1993), table of bigrams in Swiss bank reports: counts and -2 log lambda.
    [
        (110, 2442, 111, 29114, 270.72),
        (29, 13, 123, 31612, 263.90),
        (31, 23, 139, 31584, 256.84),
        (10, 0, 3, 31764, 167.23),
    ],
)
def test_g2_of_dunnings_table(both: int, first: int, second: int, neither: int, published: float) -> None:
    target = pd.Series({"camel": both, "yurt": first})
    reference = pd.Series({"camel": second, "yurt": neither})
    g2 = keyness(target, reference).set_index("term")["g2"]
    assert round(float(g2["camel"]), 2) == published


def test_g2_of_a_word_absent_from_one_side() -> None:
    g2 = keyness(pd.Series({"camel": 4, "yurt": 96}), pd.Series({"yurt": 100})).set_index("term")["g2"]
    # Expected 2 of 100 each side; a cell of 0 adds 0.
    assert g2["camel"] == pytest.approx(
        2 * (4 * math.log(2) + 96 * math.log(96 / 98) + 100 * math.log(100 / 98))
    )


@given(TALLY, TALLY)
@settings(max_examples=25, deadline=None)
def test_signs_say_which_side_uses_a_word_more(target: Counts, reference: Counts) -> None:
    found = keyness(pd.Series(target), pd.Series(reference))
    for row in found.to_dict("records"):
        here = row["target"] * sum(reference.values())
        there = row["reference"] * sum(target.values())
        for measure in ("log_odds", "z", "g2"):
            if here == there:
                assert row[measure] == pytest.approx(0, abs=1e-9)
            else:
                assert (row[measure] > 0) == (here > there)
    assert found["z"].is_monotonic_decreasing


@given(TALLY, TALLY)
@settings(max_examples=25, deadline=None)
def test_swapping_the_sides_changes_signs_only(target: Counts, reference: Counts) -> None:
    there = keyness(pd.Series(target), pd.Series(reference)).set_index("term")
    back = keyness(pd.Series(reference), pd.Series(target)).set_index("term").loc[there.index]
    assert back["target"].tolist() == there["reference"].tolist()
    for measure in ("log_odds", "z", "g2"):
        assert (-back[measure]).tolist() == pytest.approx(there[measure].tolist(), abs=1e-9)


def test_dropped_words_are_not_listed_and_still_count_as_text() -> None:
    target, reference = pd.Series({"the": 50, "camel": 5}), pd.Series({"the": 80, "yurt": 5})
    listed = keyness(target, reference)
    every = keyness(target, reference, drop=())
    assert "the" in FUNCTION_WORDS
    assert set(every["term"]) == {"the", "camel", "yurt"} and set(listed["term"]) == {"camel", "yurt"}
    kept = every[every["term"] != "the"].reset_index(drop=True)
    assert_frame_equal(listed, kept)
    assert keyness(target, reference, drop=["camel", "the"])["term"].tolist() == ["yurt"]


@given(TALLY, TALLY)
@settings(max_examples=20, deadline=None)
def test_a_larger_prior_shrinks_harder(target: Counts, reference: Counts) -> None:
    sizes = (1, 10, 100, 1000, 100_000)
    frames = [
        keyness(pd.Series(target), pd.Series(reference), prior_words=s).set_index("term").sort_index()
        for s in sizes
    ]
    for weak, strong in zip(frames, frames[1:], strict=False):
        assert (strong["log_odds"].abs() <= weak["log_odds"].abs() + 1e-9).all()
        assert strong["g2"].equals(weak["g2"])  # G2 knows no prior


def test_prior_words_scale_the_background() -> None:
    target, reference = pd.Series({"camel": 6, "yurt": 14}), pd.Series({"camel": 3, "yurt": 27})
    prior = pd.Series({"camel": 200.0, "yurt": 300.0})
    assert_frame_equal(
        keyness(target, reference, prior=prior, prior_words=None),
        keyness(target, reference, prior=7 * prior, prior_words=500),
    )


def test_ties_are_listed_by_name() -> None:
    same = pd.Series({"yurt": 3, "camel": 3, "felt": 3})
    assert keyness(same, same)["term"].tolist() == ["camel", "felt", "yurt"]


def test_term_counts_are_of_single_words_with_a_letter() -> None:
    frame = pd.DataFrame(
        {
            "term": ["camel", "camel", "central steppe", "1991", "21st", "6,467", "ağaç", "u.s."],
            "count": [2, 3, 4, 5, 6, 7, 8, 9],
        }
    )
    assert term_counts(frame).to_dict() == {"camel": 5, "21st": 6, "ağaç": 8, "u.s.": 9}


def _series(text: str) -> pd.Series[int]:
    return pd.Series(text.split()).value_counts()


def _with_documents(found: pd.DataFrame, count: Callable[[str], int]) -> pd.DataFrame:
    return found.assign(documents=[count(term) for term in found["term"]])


def test_context_keyness_exactly(corpus: Corpus) -> None:
    found = context_keyness(corpus, "china")
    inside = {"north": "buys grain", "east": "union members and traded"}
    named = [s for s in SAYINGS if CHINA in s.names]
    rest = " ".join(s.text for s in SAYINGS if s not in named and not s.sentence.endswith(":0"))
    expected = keyness(_series(" ".join(inside.values())), _series(rest))
    expected = _with_documents(expected, lambda t: sum(t in words.split() for words in inside.values()))
    both = [frame.set_index("term").sort_index() for frame in (found, expected)]
    assert_frame_equal(*both, check_dtype=False)


def test_context_keyness_leaves_out_a_powers_names_only_where_they_name_it(corpus: Corpus) -> None:
    # "economic" and "union" also stand in sentences that do not name Russia at all; a word of a long
    # name is not a name. To take them out there would make them marks of Russia's sentences.
    found = context_keyness(corpus, "russia").set_index("term")
    assert found.loc["economic", ["target", "reference"]].tolist() == [0, 2]
    assert found.loc["union", ["target", "reference"]].tolist() == [0, 1]
    inside = "exports grain to central steppes and exporters smile the met while slept"
    rest = " ".join(s.text for s in SAYINGS if RUSSIA not in s.names)
    expected = keyness(_series(inside), _series(rest)).set_index("term").sort_index()
    assert_frame_equal(found.sort_index().drop(columns="documents"), expected, check_dtype=False)


def test_period_keyness_exactly() -> None:
    papers = [
        Paper("early", "2018-03-01", "2018-03-01"),
        Paper("long", "2021-06-01", "2022-05-31"),  # may be of 2021
        Paper("late", "2022-01-01", "2022-01-01"),
        Paper("latest", "2022-12-31", "2022-12-31"),
    ]
    texts = {
        "early": "camel camel yurt the",
        "long": "yurt felt reed",
        "late": "reed reed saddle the",
        "latest": "saddle camel reed",
    }
    corpus = invented_corpus(papers, [Said(f"{d}:1:1", text) for d, text in texts.items()])
    found = period_keyness(corpus, 2022)
    after, before = ("late", "latest"), ("early", "long")
    target, reference = (_series(" ".join(texts[d] for d in side)) for side in (after, before))
    expected = keyness(target, reference)
    signs = dict(zip(expected["term"], expected["z"] > 0, strict=True))
    expected = _with_documents(
        expected, lambda t: sum(t in texts[d].split() for d in (after if signs[t] else before))
    )
    assert_frame_equal(found, expected, check_dtype=False)
    assert found.set_index("term")["documents"].to_dict() == {
        "reed": 2,
        "saddle": 2,
        "camel": 1,
        "felt": 1,
        "yurt": 2,
    }
