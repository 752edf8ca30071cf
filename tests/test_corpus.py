"""Tests of building, saving, loading and asking a corpus; the articles are invented."""

import json
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from kzpolicy.building import accept_study, build_study
from kzpolicy.corpus import DATA, Corpus, load_corpus, powers_of, reference_codes, study_folder
from kzpolicy.errors import StudyError
from kzpolicy.parsing import parse_corpus, parse_sentences
from kzpolicy.schema import TABLES, check
from kzpolicy.vader import score_sentence

SOURCES = """\
document,file,title,authors,outlet,outlet_group,published_from,published_to,date_basis,url
road2019,road.txt,A Road Opens,Dana Example,Steppe Herald,press,2019-05-05,2019-05-05,printed,https://example.org/road
rail2020,rail.txt,Rails and Rain,Ilya Sample; Mei Probe,Plain Review,,2020-11-01,2021-02-28,inferred,
"""
ROAD = """\
1. World

A Road Opens

By Dana Example

The new road ties the steppe to Russia.

Lorries bound for Moscow praised the human rights of drivers. Russians smiled!

What about China?

The envoy of Beijing was happy; China paid for human rights too.

Leave a comment
"""
RAIL = """\
Rails and Rain

The rails rusted. NATO and the U.S. looked on with friends in Russia.
"""
CURATED = {
    "exceptions": "document,field,value,why\n"
    "road2019,label,Example 2019,short name\n"
    "road2019,standfirst,1,the page shows it so\n",
    "codes": "sentence,power,coder,reference,tone,stance,confidence\n"
    "road2019:0:1,russia,a,1,1,1,1\n"
    "road2019:0:1,russia,b,1,0,1,1\n"
    "road2019:2:1,china,a,1,1,0,1\n"
    "rail2020:1:2,west,a,0,0,0,1\n"
    "rail2020:1:1,iran,a,1,-1,-1,0\n",
    "paraphrases": "sentence,paraphrase\nroad2019:0:1,Steppe and Russia now share a road\n",
    "events": "event,date,precision,powers,what,sentences,note\n"
    "opening,2019-05,month,russia;china,The road opens,road2019:0:1;rail2020:1:2,\n",
}
# The sentences, with the words for counting.
SENTENCES = [
    ("road2019:0:1", "standfirst", "The new road ties the steppe to Russia."),
    ("road2019:1:1", "body", "Lorries bound for Moscow praised the human rights of drivers."),
    ("road2019:1:2", "body", "Russians smiled!"),
    ("road2019:2:0", "heading", "What about China?"),
    ("road2019:2:1", "body", "The envoy of Beijing was happy; China paid for human rights too."),
    ("rail2020:1:1", "body", "The rails rusted."),
    ("rail2020:1:2", "body", "NATO and the U.S. looked on with friends in Russia."),
]


def write_texts(folder: Path) -> Path:
    folder.mkdir()
    for name, content in {"sources.csv": SOURCES, "road.txt": ROAD, "rail.txt": RAIL}.items():
        (folder / name).write_bytes(content.encode())
    return folder


def write_curated(folder: Path) -> Path:
    folder.mkdir()
    for name, content in CURATED.items():
        (folder / f"{name}.csv").write_bytes(content.encode())
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Corpus, Path]:
    root = tmp_path_factory.mktemp("built")
    return build_study(write_texts(root / "texts"), write_curated(root / "steppe")), root / "steppe"


@pytest.fixture
def corpus(built: tuple[Corpus, Path]) -> Corpus:
    return built[0]


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    return write_texts(tmp_path / "texts")


@pytest.fixture
def out(built: tuple[Corpus, Path], tmp_path: Path) -> Path:
    """Give a copy of the built study."""
    return Path(shutil.copytree(built[1], tmp_path / "steppe"))


@pytest.fixture(scope="module")
def articles() -> Corpus:
    return load_corpus("articles")


def rows(frame: pd.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    """Give a frame's rows, empty values as None."""
    part = (frame[list(columns)] if columns else frame).astype(object)
    return list(part.where(part.notna(), None).itertuples(index=False, name=None))


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# Tables of an invented study.


def test_documents(corpus: Corpus) -> None:
    assert list(corpus.documents) == TABLES["documents"].names
    shown = ["document", "corpus", "label", "title", "authors", "outlet", "outlet_country", "outlet_group"]
    road = (
        "road2019",
        "steppe",
        "Example 2019",
        "A Road Opens",
        "Dana Example",
        "Steppe Herald",
        None,
        "press",
    )
    rail = (
        "rail2020",
        "steppe",
        "Rails and Rain 2020",
        "Rails and Rain",
        "Ilya Sample; Mei Probe",
        "Plain Review",
    )
    assert rows(corpus.documents, *shown) == [road, (*rail, None, None)]
    assert rows(corpus.documents, "url", "language", "file", "paragraphs", "sentences", "words") == [
        ("https://example.org/road", "en", "road.txt", 2, 4, 32),
        (None, "en", "rail.txt", 1, 2, 13),
    ]
    assert corpus.documents["sha256"].tolist() == [sha256(t.encode()).hexdigest() for t in (ROAD, RAIL)]
    assert [f"{d:%Y-%m-%d}" for d in corpus.documents["published_from"]] == ["2019-05-05", "2020-11-01"]
    assert [f"{d:%Y-%m-%d}" for d in corpus.documents["published_to"]] == ["2019-05-05", "2021-02-28"]


def test_sentences(corpus: Corpus) -> None:
    assert list(corpus.sentences) == TABLES["sentences"].names
    expected = []
    for locator, kind, _ in SENTENCES:
        document, paragraph, position = locator.split(":")
        expected.append((locator, document, int(paragraph), int(position), kind))
    assert rows(corpus.sentences, "sentence", "document", "paragraph", "position", "kind") == expected
    assert corpus.sentences["words"].tolist() == [8, 10, 2, 3, 12, 3, 10]
    scores = [score_sentence(text) for _, _, text in SENTENCES]
    names = (f"vader_{name}" for name in ("negative", "neutral", "positive", "compound"))
    assert rows(corpus.sentences, *names) == scores
    assert corpus.sentences["vader_compound"].tolist() == [0.0, 0.4939, 0.5848, 0.0, 0.5719, 0.0, 0.4767]
    words = "nato and the u.s. looked on with friends in russia"
    assert corpus.sentences["fingerprint"].iloc[-1] == sha256(words.encode()).hexdigest()[:12]


MENTIONED = ["sentence", "power", "start", "end", "via", "alias"]


def test_mentions(corpus: Corpus) -> None:
    assert rows(corpus.mentions[MENTIONED]) == [
        ("road2019:0:1", "russia", 32, 38, "state", "Russia"),
        ("road2019:1:1", "russia", 18, 24, "capital", "Moscow"),
        ("road2019:1:2", "russia", 0, 8, "people", "Russians"),
        ("road2019:2:0", "china", 11, 16, "state", "China"),
        ("road2019:2:1", "china", 13, 20, "capital", "Beijing"),
        ("road2019:2:1", "china", 32, 37, "state", "China"),
        ("rail2020:1:2", "west", 0, 4, "institution", "NATO"),
        ("rail2020:1:2", "usa", 13, 17, "state", "U.S."),
        ("rail2020:1:2", "russia", 44, 50, "state", "Russia"),
    ]


def counted(document: str, place: int | str, terms: str) -> list[tuple[str, int | str, str, int]]:
    """Write rows of counts from words: `_` for a space inside a term, `*2` for a count."""
    found = []
    for term in terms.split():
        word, _, count = term.partition("*")
        found.append((document, place, word.replace("_", " "), int(count or 1)))
    return sorted(found, key=lambda row: row[2])


def test_terms(corpus: Corpus) -> None:
    assert rows(corpus.terms) == [
        *counted("road2019", 0, "new road russia steppe the*2 ties to"),
        *counted(
            "road2019",
            1,
            "bound drivers for human human_rights lorries moscow of praised rights russians smiled the",
        ),
        *counted(
            "road2019", 2, "beijing china envoy for happy human human_rights of paid rights the too was"
        ),
        *counted("rail2020", 1, "and friends in looked nato on rails russia rusted the*2 u.s. with"),
    ]


def test_contexts(corpus: Corpus) -> None:
    rail = "and friends in looked nato on russia the u.s. with"
    assert rows(corpus.contexts, "document", "power", "term", "count") == [
        *counted(
            "road2019",
            "russia",
            "bound drivers for human lorries moscow new of praised rights road russia russians smiled "
            "steppe the*3 ties to",
        ),
        *counted("road2019", "china", "beijing china envoy for happy human of paid rights the too was"),
        *counted("rail2020", "russia", rail),
        *counted("rail2020", "usa", rail),
        *counted("rail2020", "west", rail),
    ]
    own = corpus.contexts[corpus.contexts["own"] > 0]
    assert rows(own, "document", "power", "term", "own") == [
        *counted("road2019", "russia", "moscow russia russians"),
        *counted("road2019", "china", "beijing china"),
        *counted("rail2020", "russia", "russia"),
        *counted("rail2020", "usa", "u.s."),
        *counted("rail2020", "west", "nato"),
    ]


def test_left_out(corpus: Corpus) -> None:
    assert rows(corpus.left_out) == [
        ("road2019", 1, "section trail", 2),
        ("road2019", 3, "title", 3),
        ("road2019", 5, "author or date", 3),
        ("road2019", 15, "comment form", 3),
        ("rail2020", 1, "title", 3),
    ]


def test_curated_tables_are_kept(corpus: Corpus, out: Path) -> None:
    for name, content in CURATED.items():
        assert (out / f"{name}.csv").read_bytes() == content.encode()
        assert len(corpus.tables()[name]) == content.count("\n") - 1


def test_sentences_with_their_text(texts: Path, corpus: Corpus) -> None:
    frame = parse_sentences(texts, corpus.exceptions)
    assert rows(frame, "sentence", "kind", "text") == SENTENCES
    assert frame["powers"].tolist()[-1] == ["russia", "usa", "west"]
    assert frame["document"].tolist() == corpus.sentences["document"].tolist()


def parsed(texts: Path, road: str, **options: Any) -> Corpus:
    (texts / "road.txt").write_text(road, "utf-8")
    return parse_corpus(texts, **options)


def own_words(corpus: Corpus, power: str) -> dict[str, int]:
    frame = corpus.contexts[(corpus.contexts["power"] == power) & (corpus.contexts["own"] > 0)]
    return dict(rows(frame[frame["document"] == "road2019"], "term", "own"))


def test_a_power_s_own_words_are_known_in_possessives_and_hyphened_forms(texts: Path) -> None:
    road = "Russia’s roads and China's rails are the Americans’ envy. An anti-Russian tea in a US-led hut.\n"
    corpus = parsed(texts, road + "The western valleys’ Western tea and the Sino-Russian tea.\n")
    assert own_words(corpus, "russia") == {"russia": 1, "anti-russian": 1, "sino-russian": 1}
    assert own_words(corpus, "china") == {"china": 1, "sino-russian": 1}
    assert own_words(corpus, "usa") == {"americans": 1, "us-led": 1}
    assert own_words(corpus, "west") == {"western": 1}
    assert not {"s", "led", "anti"} & set(corpus.contexts["term"])


def test_a_leader_s_whole_name_is_the_power_s_own(texts: Path) -> None:
    corpus = parsed(texts, "They saw President Xi Jinping off.\n")
    assert own_words(corpus, "china") == {"president": 1, "xi": 1, "jinping": 1}


def test_headings_in_a_row_and_a_long_standfirst_do_not_stop_a_build(texts: Path) -> None:
    for road in (
        ROAD.replace("What about China?", "Part Two\n\nWhat about China?"),
        ROAD.replace("By Dana", "One lead line.\n\nAnother lead line.\n\nBy Dana"),
    ):
        assert parsed(texts, road).sentences["sentence"].is_unique


def test_a_page_without_mentions_and_left_out_lines(texts: Path) -> None:
    (texts / "rail.txt").write_text("Rails rust.\n", "utf-8")
    corpus = parsed(texts, "Roads break.\n")
    assert [len(corpus.tables()[n]) for n in ("sentences", "mentions", "contexts", "left_out")] == [
        2,
        0,
        0,
        0,
    ]
    for name, frame in corpus.tables().items():
        assert check(frame, name).dtypes.equals(TABLES[name].empty().dtypes)


def themes(*terms: str) -> pd.DataFrame:
    rows_ = [(f"t{i}", "T", "why", term) for i, term in enumerate(terms)]
    return pd.DataFrame(rows_, columns=["theme", "name", "why", "term"])


def test_a_term_of_several_words_is_counted_once_whoever_lists_it(texts: Path) -> None:
    frame = themes("steppe road*", "steppe road", "steppe roads", "long road")
    corpus = parsed(texts, "A steppe road, two steppe roads: a long steppe road.\n", themes=frame)
    terms = corpus.terms[corpus.terms["term"].str.contains(" ")]
    assert rows(terms, "term", "count") == [("steppe road", 2), ("steppe roads", 1)]


def test_words_that_look_like_empty_values_or_numbers_stay_words(texts: Path, out: Path) -> None:
    (texts / "road.txt").write_text(ROAD.replace("too.", "null nan NA None inf true 1e5 007."), "utf-8")
    build_study(texts, out)
    terms = set(load_corpus(out).terms["term"])
    assert terms >= {"null", "nan", "na", "none", "inf", "true", "1e5", "007"}


# Saving and loading.


def test_a_saved_corpus_is_loaded_as_it_was(corpus: Corpus, out: Path, tmp_path: Path) -> None:
    loaded = load_corpus(out)
    for name, frame in corpus.tables().items():
        pd.testing.assert_frame_equal(loaded.tables()[name], frame, check_exact=True)
    copy = tmp_path / "copy" / "steppe"
    loaded.save(copy)
    assert files(copy) == files(out)


def test_the_articles_saved_again_are_the_same_bytes(articles: Corpus, tmp_path: Path) -> None:
    articles.save(tmp_path / "articles")
    written, kept = files(tmp_path / "articles"), files(DATA / "articles")
    assert {name: kept[name] for name in written} == written


def test_building_twice_gives_the_same_bytes(texts: Path, out: Path) -> None:
    before = files(out)
    build_study(texts, out)
    assert files(out) == before
    assert {f"{name}.csv" for name in TABLES} | {"datapackage.json"} == set(before)


def test_rebuilding_from_the_earlier_documents(texts: Path, out: Path) -> None:
    before = files(out)
    (texts / "sources.csv").unlink()
    build_study(texts, out)
    assert files(out) == before


def test_a_folder_named_from_inside_gives_the_same_bytes(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = files(out)
    monkeypatch.chdir(out)
    load_corpus(".").save(".")
    assert files(out) == before


@pytest.mark.parametrize("notes", ["one\rtwo", "one\r\ntwo", "one\ntwo", 'a "quoted", word', " spaced "])
def test_odd_notes_survive_saving(texts: Path, out: Path, notes: str) -> None:
    first, *others = SOURCES.strip().split("\n")
    quoted = '"' + notes.replace('"', '""') + '"'
    lines = [first + ",notes", others[0] + "," + quoted, others[1] + ","]
    (texts / "sources.csv").write_bytes(("\n".join(lines) + "\n").encode())
    build_study(texts, out)
    first_note, second_note = load_corpus(out).documents["notes"]
    assert first_note.splitlines() == notes.splitlines() and pd.isna(second_note)


def test_accepting_an_edit_by_hand(out: Path) -> None:
    path = out / "codes.csv"
    path.write_bytes(path.read_bytes().replace(b"road2019:2:1,china,a,1,1", b"road2019:2:1,china,a,1,0"))
    with pytest.raises(StudyError, match=r"codes\.csv: not the table described"):
        load_corpus(out)
    accept_study(out)
    assert load_corpus(out).codes["tone"].tolist() == [1, 0, 0, 0, -1]


def test_a_study_is_found_by_path_name_or_environment(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert study_folder("articles") == study_folder() == DATA / "articles"
    monkeypatch.setenv("KZPOLICY_STUDY", str(out))
    assert study_folder() == out
    assert load_corpus().documents["corpus"].unique().tolist() == ["steppe"]
    assert study_folder("articles") == DATA / "articles"
    assert powers_of(out).keys[0] == "russia"


def test_powers_of_ones_own_are_used(texts: Path, tmp_path: Path) -> None:
    out = write_curated(tmp_path / "steppe")
    (out / "powers.toml").write_text(
        '[drivers]\nname = "Drivers"\ncolor = "#000000"\nmarker = "o"\npeople = ["drivers"]\n', "utf-8"
    )
    for name in ("codes.csv", "events.csv"):
        (out / name).unlink()
    corpus = build_study(texts, out)
    assert rows(corpus.mentions[MENTIONED]) == [("road2019:1:1", "drivers", 53, 60, "people", "drivers")]
    assert (out / "powers.toml").is_file()


# The description of a study.


@pytest.mark.parametrize("which", ["steppe", "articles"])
def test_the_data_package_describes_the_files(which: str, out: Path) -> None:
    folder = out if which == "steppe" else DATA / "articles"
    package = json.loads((folder / "datapackage.json").read_text("utf-8"))
    assert package["name"] == which and package["title"]
    frames = load_corpus(folder).tables()
    assert [r["name"] for r in package["resources"]] == list(frames)
    for resource in package["resources"]:
        content = (folder / resource["path"]).read_bytes()
        assert resource["path"] == resource["name"] + ".csv"
        assert resource["bytes"] == len(content)
        assert resource["hash"] == "sha256:" + sha256(content).hexdigest()
        schema, frame = resource["schema"], frames[resource["name"]]
        names = [field["name"] for field in schema["fields"]]
        assert content.decode().split("\n", 1)[0] == ",".join(names)
        assert all(field["description"] and field["type"] for field in schema["fields"])
        assert not frame.duplicated(schema["primaryKey"]).any()
        for foreign in schema["foreignKeys"]:
            other = frames[foreign["reference"]["resource"]]
            (ours,) = _listed(foreign["fields"])
            (theirs,) = _listed(foreign["reference"]["fields"])
            assert frame[ours].isin(other[theirs]).all()


def _listed(fields: str | list[str]) -> list[str]:
    return [fields] if isinstance(fields, str) else fields


# Filters.


def keys(frame: pd.DataFrame) -> list[str]:
    owner = frame["document"] if "document" in frame else frame["sentence"].str.split(":").str[0]
    return list(dict.fromkeys(owner))


@pytest.mark.parametrize(
    ("wanted", "documents"),
    [
        ({}, ["road2019", "rail2020"]),
        ({"document": "rail2020"}, ["rail2020"]),
        ({"document": ["rail2020", "road2019"]}, ["road2019", "rail2020"]),
        ({"document": ("road2019",)}, ["road2019"]),
        ({"outlet_group": "press"}, ["road2019"]),
        ({"year": 2019}, ["road2019"]),
        ({"year": 2020}, ["rail2020"]),
        ({"year": 2021}, ["rail2020"]),
        ({"year": "2021"}, ["rail2020"]),
        ({"year": [2019, 2021]}, ["road2019", "rail2020"]),
        ({"year": range(1990, 2020)}, ["road2019"]),
        ({"document": "road2019", "year": 2019, "outlet_group": ["press"], "power": "russia"}, ["road2019"]),
    ],
)
def test_filters_of_documents(corpus: Corpus, wanted: dict[str, Any], documents: list[str]) -> None:
    part = corpus.filter(**wanted)
    assert part.documents["document"].tolist() == documents
    for name in ("sentences", "terms", "left_out"):
        assert keys(part.tables()[name]) == documents
    for name, frame in part.tables().items():
        assert frame.dtypes.equals(corpus.tables()[name].dtypes)
        assert frame.index.equals(pd.RangeIndex(len(frame)))
        if name not in ("events", "skipped"):
            assert set(keys(frame)) <= set(documents)
    assert part.events.equals(corpus.events)


def test_filter_of_powers(corpus: Corpus) -> None:
    part = corpus.filter(power="china")
    assert set(part.mentions["power"]) == set(part.contexts["power"]) == set(part.codes["power"]) == {"china"}
    assert part.sentences.equals(corpus.sentences)
    assert part.terms.equals(corpus.terms)
    both = corpus.filter(power=["china", "west"], document="road2019")
    assert set(both.mentions["power"]) == {"china"}


def test_a_known_power_that_is_never_mentioned_gives_no_mention(corpus: Corpus) -> None:
    part = corpus.filter(power="india")
    assert part.mentions.empty and part.contexts.empty and part.codes.empty


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"document": "lake"}, "no document 'lake'; there are rail2020, road2019"),
        ({"document": ["road2019", "lake"]}, "no document 'lake'"),
        ({"document": ["lake", 5]}, "no document "),
        ({"outlet_group": "think tank"}, "no outlet_group 'think tank'; there are press"),
        ({"year": 1999}, "no document of [1999]; there are documents of 2019 to 2021"),
        ({"year": "soon"}, "soon"),
        ({"power": "atlantis"}, "atlantis"),
        ({"document": "rail2020", "year": 2019}, "no document of [2019]"),
    ],
)
def test_an_unknown_key_is_named(corpus: Corpus, wanted: dict[str, Any], message: str) -> None:
    with pytest.raises(StudyError) as caught:
        corpus.filter(**wanted)
    assert message in str(caught.value)


# Evidence.

EVIDENCE = [
    ("road2019:0:1", "russia", "Russia", 1.0, 0.5, 1.0, 0.0, "Steppe and Russia now share a road"),
    ("road2019:1:1", "russia", "Moscow", None, None, None, 0.4939, None),
    ("road2019:1:2", "russia", "Russians", None, None, None, 0.5848, None),
    ("road2019:2:0", "china", "China", None, None, None, 0.0, None),
    ("road2019:2:1", "china", "Beijing, China", 1.0, 1.0, 0.0, 0.5719, None),
    ("rail2020:1:1", "iran", None, 1.0, -1.0, -1.0, 0.0, None),
    ("rail2020:1:2", "russia", "Russia", None, None, None, 0.4767, None),
    ("rail2020:1:2", "usa", "U.S.", None, None, None, 0.4767, None),
    ("rail2020:1:2", "west", "NATO", 0.0, 0.0, 0.0, 0.4767, None),
]


def test_evidence(corpus: Corpus) -> None:
    found = corpus.evidence()
    assert list(found) == [
        "sentence", "power", "aliases", "reference", "tone", "stance", "tone_score", "stance_score",
        "because", "vader_compound", "paraphrase", "label", "url",
    ]  # fmt: skip
    road, rail = ("Example 2019", "https://example.org/road"), ("Rails and Rain 2020", None)
    scores = corpus.mentions.groupby(["sentence", "power"])[["tone", "stance"]].mean()
    for row in found.itertuples():
        if pd.isna(row.aliases):  # a coded pair whose name was not found has no score
            assert pd.isna(row.tone_score) and pd.isna(row.stance_score) and pd.isna(row.because)
        else:
            here = scores.loc[(row.sentence, row.power)]
            assert (row.tone_score, row.stance_score) == pytest.approx((here["tone"], here["stance"]))
    assert rows(found.drop(columns=["tone_score", "stance_score", "because"])) == [
        (*row, *(road if row[0].startswith("road") else rail)) for row in EVIDENCE
    ]


Wanted = Callable[[tuple[Any, ...]], bool]


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        ({"power": "russia"}, lambda r: r[1] == "russia"),
        ({"power": ["usa", "west"]}, lambda r: r[1] in ("usa", "west")),
        ({"document": "rail2020"}, lambda r: r[0].startswith("rail")),
        ({"document": "rail2020", "power": "iran"}, lambda r: r[1] == "iran"),
        ({"tone": 1}, lambda r: r[4] == 1),
        ({"tone": [-1, 0]}, lambda r: r[4] in (-1, 0)),
        ({"stance": 1}, lambda r: r[5] == 1),
        ({"tone": 0, "stance": 0}, lambda r: r[4] == 0 and r[5] == 0),
        ({"tone": 1, "power": "west"}, lambda r: False),
    ],
)
def test_evidence_of_a_part(corpus: Corpus, wanted: dict[str, Any], kept: Wanted) -> None:
    scores = ["tone_score", "stance_score", "because"]
    columns = list(corpus.evidence().drop(columns=scores))[:8]
    assert rows(corpus.evidence(**wanted), *columns) == [row for row in EVIDENCE if kept(row)]


def test_a_study_without_codes_has_evidence_too(texts: Path, tmp_path: Path) -> None:
    corpus = build_study(texts, tmp_path / "fresh")
    found = corpus.evidence(power="china")
    assert rows(found, "sentence", "power", "aliases", "tone") == [
        ("road2019:3:0", "china", "China", None),
        ("road2019:3:1", "china", "Beijing, China", None),
    ]
    assert corpus.evidence(power="india").empty
    assert corpus.filter(document="rail2020").sentences["sentence"].tolist() == [
        "rail2020:1:1",
        "rail2020:1:2",
    ]


def test_reference_codes(corpus: Corpus) -> None:
    found = reference_codes(corpus.codes)
    assert rows(found, "sentence", "power", "reference", "tone", "stance", "coders") == [
        ("road2019:0:1", "russia", 1.0, 0.5, 1.0, 2),
        ("road2019:2:1", "china", 1.0, 1.0, 0.0, 1),
        ("rail2020:1:2", "west", 0.0, 0.0, 0.0, 1),
        ("rail2020:1:1", "iran", 1.0, -1.0, -1.0, 1),
    ]
    assert reference_codes(corpus.codes.iloc[:0]).empty


# The articles that come with the package.


def test_the_articles_are_five_and_their_keys_resolve(articles: Corpus) -> None:
    assert len(articles.documents) == 5
    assert articles.documents["sha256"].str.fullmatch("[0-9a-f]{64}").all()
    documents, sentences = set(articles.documents["document"]), set(articles.sentences["sentence"])
    known = set(powers_of("articles").keys)
    for name, frame in articles.tables().items():
        assert name not in ("documents", "sentences", "terms") or not frame.empty
        assert not frame.duplicated(list(TABLES[name].key)).any()
        if "document" in frame:
            assert set(frame["document"]) <= documents
        if "sentence" in frame:
            assert set(frame["sentence"]) <= sentences
        if "power" in frame:
            assert set(frame["power"]) <= known
    for cell in articles.events["sentences"]:
        assert set(cell.split(";")) <= sentences
    for cell in articles.events["powers"].dropna():
        assert set(cell.split(";")) <= known
    locators = articles.sentences[["document", "paragraph", "position"]].astype("str").agg(":".join, axis=1)
    assert locators.tolist() == articles.sentences["sentence"].tolist()


@pytest.mark.parametrize("which", ["steppe", "articles"])
def test_the_sums_agree(which: str, corpus: Corpus, articles: Corpus) -> None:
    chosen = corpus if which == "steppe" else articles
    text = chosen.sentences[chosen.sentences["kind"] != "heading"]
    documents = chosen.documents.set_index("document")
    counted = text.groupby("document").agg(words=("words", "sum"), sentences=("words", "size"))
    assert documents[["words", "sentences"]].to_dict() == counted.to_dict()
    paragraphs = text[text["paragraph"] > 0].groupby("document")["paragraph"]
    assert documents["paragraphs"].to_dict() == paragraphs.max().to_dict() == paragraphs.nunique().to_dict()
    single = chosen.terms[~chosen.terms["term"].str.contains(" ")]
    per_paragraph = ["document", "paragraph"]
    assert single.groupby(per_paragraph)["count"].sum().to_dict() == (
        text[text["words"] > 0].groupby(per_paragraph)["words"].sum().to_dict()
    )
    # A paragraph's headings are position 0, its sentences count from 1 without a gap.
    for _, group in chosen.sentences.groupby(["document", "paragraph"]):
        positions = group["position"].tolist()
        assert positions == list(range(positions[0], positions[0] + len(positions))) and positions[0] < 2
        assert ((group["position"] == 0) == (group["kind"] == "heading")).all()
    # Each context comes from sentences that mention the power, and no count is larger than the document's.
    pairs = chosen.mentions.merge(chosen.sentences[["sentence", "document", "kind"]], on="sentence")
    pairs = pairs[pairs["kind"] != "heading"]
    assert set(map(tuple, chosen.contexts[["document", "power"]].to_numpy())) == set(
        map(tuple, pairs[["document", "power"]].to_numpy())
    )
    totals = single.groupby(["document", "term"])["count"].sum()
    known = chosen.contexts.set_index(["document", "term"])["count"]
    assert (known <= totals.reindex(known.index, fill_value=0)).all()
    mentioned = pairs.drop_duplicates(["sentence", "power"]).merge(chosen.sentences[["sentence", "words"]])
    sizes = chosen.contexts.groupby(["document", "power"])["count"].sum()
    assert sizes.to_dict() == mentioned.groupby(["document", "power"])["words"].sum().to_dict()
    assert chosen.contexts["own"].between(0, chosen.contexts["count"]).all()
    assert (chosen.terms["count"] > 0).all() and (chosen.contexts["count"] > 0).all()
    assert (chosen.mentions["start"] < chosen.mentions["end"]).all()
    assert chosen.sentences["vader_compound"].between(-1, 1).all()


def test_no_table_holds_a_text(articles: Corpus) -> None:
    described = {"title", "notes", "note", "outlet", "outlet_type", "date_basis", "authors", "value", "why"}
    described.add("because")  # single words of the lexicon, with their families and weights
    for name, frame in articles.tables().items():
        for column in frame.select_dtypes("str"):
            words = frame[column].dropna().str.split().str.len()
            if column in ("paraphrase", "what"):
                assert (words <= 15).all(), (name, column)
            elif column not in described:
                assert (words < 9).all(), (name, column)
