"""A corpus: what is loaded, what a filter keeps, the sentences behind a number; errors that tell the mend."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from invented import CHINA, RUSSIA, Code, Paper, Said, invented_corpus

from kzpolicy.corpus import Corpus, load_corpus, load_states, pair_scores, reference_codes, state_code
from kzpolicy.storage import write_study
from kzpolicy.tables import TABLES, StudyError

PAPERS = [
    Paper("north", "2021-12-30", "2022-01-02", outlet_group="press"),
    Paper("east", "2018-03-01", "2018-03-01", outlet_group="academic", speaker_state="MNG"),
]
SAYINGS = [
    Said("north:1:1", "russia exports grain", [RUSSIA], 0.4),
    Said("north:1:2", "china buys grain from russia and china", [CHINA, RUSSIA]),
    Said("east:1:1", "russia sleeps", [RUSSIA]),
    Said("east:2:1", "no trade"),
]
CODES = [
    Code("north:1:1", "russia", (1, 1, 1), (1, 1, 0), (0, 1, 1)),
    Code("north:1:2", "china", (1, 1, 1), (-1, -1, -1), (0, 0, 0)),
]


def corpus(texts: bool = False) -> Corpus:
    return invented_corpus(PAPERS, SAYINGS, CODES, phrases=["eurasian union"], texts=texts)


def written(folder: Path, **settings: str) -> Path:
    """Write the corpus as a study, its settings as files."""
    files = {f"{name}.toml": content.encode() for name, content in settings.items()}
    write_study(folder, corpus().tables(), phrases=["eurasian union"], settings=files)
    return folder


def fault(study: Path | str, **options: object) -> str:
    with pytest.raises(StudyError) as caught:
        load_corpus(study, **options)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_study_is_loaded_whole_with_its_documents_in_the_order_of_their_dates(tmp_path: Path) -> None:
    found = load_corpus(written(tmp_path / "steppe"))
    assert found.documents["document"].tolist() == ["east", "north"]
    assert list(found.tables()) == list(TABLES)
    for name, frame in corpus().tables().items():
        if name != "documents":
            pd.testing.assert_frame_equal(getattr(found, name), frame)
    assert repr(found).startswith("Corpus(steppe: 2 documents, 4 sentences, 4 mentions")
    assert (found.study.subject, found.study.first_person) == (("Kazakhstan",), False)
    assert found.study.phrases == ("eurasian union",) and found.study.folder == tmp_path / "steppe"


def test_only_the_tables_asked_for_are_read(tmp_path: Path) -> None:
    found = load_corpus(written(tmp_path / "s"), tables="mentions")
    assert list(found.tables()) == ["documents", "mentions"] and found.terms is None
    found.require("documents", "mentions")
    with pytest.raises(StudyError, match="the table codes was not read; load_corpus.*'mentions', 'codes'"):
        found.require("mentions", "codes")
    with pytest.raises(StudyError, match="was not read"):
        found.evidence()
    assert "no table 'mention'; near is mentions" in fault(tmp_path / "s", tables=["mention"])


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        ({"document": "north"}, ["north"]),
        ({"document": "North 2021"}, ["north"]),
        ({"document": ["East 2018", "north"]}, ["east", "north"]),
        ({"outlet_group": "academic"}, ["east"]),
        ({"speaker": "Mongolia"}, ["east"]),
        ({"speaker": "MNG"}, ["east"]),
        # A range of dates belongs to every year that it touches.
        ({"year": 2021}, ["north"]),
        ({"year": "2022"}, ["north"]),
        ({"year": [2018, 2022]}, ["east", "north"]),
        ({"year": 2018, "power": "China"}, ["east"]),
    ],
)
def test_a_part_is_kept_the_same_while_loading_and_after(
    wanted: dict[str, object], kept: list[str], tmp_path: Path
) -> None:
    folder = written(tmp_path / "s")
    loaded = load_corpus(folder, **wanted)  # type: ignore[arg-type]
    filtered = load_corpus(folder).filter(**wanted)  # type: ignore[arg-type]
    assert loaded.documents["document"].tolist() == kept
    for name, frame in filtered.tables().items():
        pd.testing.assert_frame_equal(getattr(loaded, name), frame)
    assert set(loaded.sentences["document"]) == set(kept)


@pytest.mark.parametrize("power", ["china", "China", ["China"]])
def test_a_power_keeps_its_mentions_and_all_sentences(power: str | list[str]) -> None:
    part = corpus(texts=True).filter(power=power)
    assert set(part.mentions["power"]) == set(part.contexts["power"]) == set(part.codes["power"]) == {"china"}
    assert len(part.sentences) == 4 and part.texts is not None and len(part.texts) == 4
    assert len(corpus().mentions) == 4  # the whole is as it was


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"document": "nroth"}, "no document 'nroth'; near is north; known are east, north"),
        ({"outlet_group": "pres"}, "no outlet_group 'pres'; near is press"),
        ({"power": "rusia"}, "no power 'rusia'; near is russia"),
        ({"speaker": "Mongolai"}, "no state 'Mongolai'; near is Mongolia"),
        ({"speaker": "Kazakhstan"}, "no speaker_state 'KAZ'; known are MNG"),
        ({"year": 2019}, "no document of 2019; there are documents of 2018 to 2022"),
        ({"year": "last"}, "no document of last; there are documents of 2018 to 2022"),
    ],
)
def test_a_wrong_name_is_told_what_is_near(wanted: dict[str, object], said: str, tmp_path: Path) -> None:
    assert said in fault(written(tmp_path / "s"), **wanted)


def test_evidence_lists_each_sentence_and_power_in_reading_order() -> None:
    rows = corpus(texts=True).evidence()
    # Sentences stand as the corpus has them; one without codes has none.
    assert list(zip(rows["sentence"], rows["power"], strict=True)) == [
        ("north:1:1", "russia"),
        ("north:1:2", "china"),
        ("north:1:2", "russia"),
        ("east:1:1", "russia"),
    ]
    assert rows["tone"].fillna(9).tolist() == [1, -1, 9, 9]
    assert rows["stance"].fillna(9).tolist() == [1, 0, 9, 9]
    assert rows["text"].tolist()[0] == "russia exports grain" and rows["vader_compound"].tolist()[0] == 0.4
    assert rows["aliases"].tolist() == ["Russia", "China", "Russia", "Russia"]
    assert rows["label"].unique().tolist() == ["North 2021", "East 2018"]
    assert "text" not in corpus().evidence()


@pytest.mark.parametrize(
    ("wanted", "sentences"),
    [
        ({"tone": -1}, ["north:1:2"]),
        ({"tone": [1, -1]}, ["north:1:1", "north:1:2"]),
        ({"tone": 1, "stance": 0}, []),
        ({"year": 2018}, ["east:1:1"]),
        ({"document": "North 2021", "power": "Russia"}, ["north:1:1", "north:1:2"]),
    ],
)
def test_evidence_of_a_code_year_document_or_power(wanted: dict[str, object], sentences: list[str]) -> None:
    assert corpus().evidence(**wanted)["sentence"].tolist() == sentences  # type: ignore[arg-type]


def test_a_code_that_is_none_is_refused() -> None:
    with pytest.raises(StudyError, match=r"tone=\[2\] is no code; give -1, 0 or 1"):
        corpus().evidence(tone=2)


def test_codes_and_scores_are_reduced_to_one_a_sentence_and_power() -> None:
    codes = reference_codes(corpus().codes).set_index(["sentence", "power"])
    assert codes.loc[("north:1:1", "russia"), ["tone", "stance", "coders"]].tolist() == [1, 1, 3]
    mentions = pd.DataFrame({"sentence": "a:1:1", "power": "china", "tone": [0.5, -0.1, 0.2]})
    mentions = mentions.assign(stance=0.0, tone_class=[1, -1, 1], stance_class=[0, 1, -1])
    assert pair_scores(mentions).to_numpy().tolist() == [
        ["a:1:1", "china", pytest.approx(0.2), 0.0, 1.0, 0.0]
    ]


POWERS = '[mongolia]\nname = "Mongolia"\ncolor = "#112233"\nmarker = "o"\nstate = ["Mongolia"]\n'
THEMES = '[trade]\nname = "Barter"\nwhy = "own"\nterms = ["barter*"]\n'


def test_a_study_has_its_own_subject_powers_and_themes(tmp_path: Path) -> None:
    study = 'name = "Steppe"\nsubject = ["Mongolia", "Ulaanbaatar"]\nfirst_person = true\n'
    found = load_corpus(written(tmp_path / "s", study=study, powers=POWERS, themes=THEMES))
    assert (found.study.name, found.study.subject) == ("Steppe", ("Mongolia", "Ulaanbaatar"))
    assert found.study.first_person is True
    assert found.powers.keys == ("mongolia",)
    trade = found.themes[found.themes["theme"] == "trade"]
    assert trade["term"].tolist() == ["barter*"] and found.themes["theme"].nunique() > 3
    with pytest.raises(StudyError, match="no power 'russia'"):
        found.filter(power="russia")


@pytest.mark.parametrize(
    ("study", "said"),
    [
        ('subjects = "Mongolia"', "no field 'subjects'; near is subject"),
        ("name = 5", "name and subject are texts in quotes"),
        ("subject = []", "name and subject are texts in quotes"),
        ('subject = ["", "Mongolia"]', "name and subject are texts in quotes"),
        ('first_person = "no"', "first_person is true or false"),
        ("name = ", "not a TOML file"),
    ],
)
def test_a_bad_study_file_is_named_with_its_cause(study: str, said: str, tmp_path: Path) -> None:
    folder = written(tmp_path / "s", study=study)
    assert fault(folder).startswith(f"{folder / 'study.toml'}: ") and said in fault(folder)


def test_a_table_edited_by_hand_and_a_key_that_is_not_there_are_refused(tmp_path: Path) -> None:
    folder = written(tmp_path / "s")
    with (folder / "codes.csv").open("a") as file:
        file.write("north:1:1,china,x,1,1,1,1\n")
    assert "codes.csv: not the table described in datapackage.json (checksum differs)" in fault(folder)
    broken = corpus()
    broken.codes.loc[0, "sentence"] = "north:9:9"
    write_study(tmp_path / "t", broken.tables())
    assert "codes.csv: row 2: sentence north:9:9 is not in sentences" in fault(tmp_path / "t")


@pytest.mark.parametrize("study", ["artikles", "x" * 5000, "a\0b", ""])
def test_a_place_without_a_study_is_told(study: str) -> None:
    assert "no study there; give a folder that kzpolicy build wrote, or one of the package's own" in fault(
        study
    )


def test_states_are_known_by_code_and_name() -> None:
    assert load_states().loc["KAZ", "name"] == "Kazakhstan" and state_code("Mongolia") == "MNG"
    with pytest.raises(StudyError, match="no state 'Kazakstan'; near is Kazakhstan"):
        state_code("Kazakstan")
