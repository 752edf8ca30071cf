"""Building a study from invented texts: the tables exactly, and what must never be lost."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from invented import write_folder

from kzpolicy.build import files as files_module
from kzpolicy.build import study as study_module
from kzpolicy.build import survey as survey_module
from kzpolicy.build.study import build_study, parse_texts
from kzpolicy.build.texts import with_texts
from kzpolicy.corpus import load_corpus
from kzpolicy.scores.own import ScorerError
from kzpolicy.storage import read_tables
from kzpolicy.tables import PARSED, TABLES, StudyError

ROAD = "The road to Russia is open. It snows on the anti-Russian road, and nobody knows why.\n"
PORT = "The port of Aktau sells grain to China. The ships of the European Union wait, and it rains.\n"
LONG = "Nobody drives on the road at night, for the wind of the steppe is strong and the snow is deep.\n"
PAPERS = {"2019-05-06 road.txt": ROAD, "2020-01-02 port.txt": PORT}
SPEECH = "1. Mr. President, we trust China and we fear no wind from the steppe.\n2. Our road is open.\n"


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "texts", PAPERS)


def tables_of(study: Path) -> dict[str, list[list[object]]]:
    return {n: f.astype("str").to_numpy().tolist() for n, f in read_tables(study, PARSED).items()}


# Tables of small texts, by hand.


def test_every_table_of_a_small_text(texts: Path, tmp_path: Path) -> None:
    corpus = build_study(texts, tmp_path / "study")
    assert corpus.documents["document"].tolist() == ["2019-05-06-road", "2020-01-02-port"]
    facts = corpus.documents.iloc[0]
    assert facts["corpus"] == "study" and facts["published_from"] == pd.Timestamp("2019-05-06")
    assert facts[["paragraphs", "sentences", "words"]].tolist() == [1, 2, 16]
    assert corpus.sentences["sentence"].tolist() == [
        "2019-05-06-road:1:1",
        "2019-05-06-road:1:2",
        "2020-01-02-port:1:1",
        "2020-01-02-port:1:2",
    ]
    found = corpus.mentions[["sentence", "power", "start", "end", "via", "alias"]].to_numpy().tolist()
    assert found == [
        ["2019-05-06-road:1:1", "russia", 12, 18, "state", "Russia"],
        ["2019-05-06-road:1:2", "russia", 21, 28, "state", "Russian"],
        ["2020-01-02-port:1:1", "china", 33, 38, "state", "China"],
        ["2020-01-02-port:1:2", "eu", 17, 31, "state", "European Union"],
    ]
    terms = corpus.terms.set_index(["document", "term"])["count"]
    assert terms["2019-05-06-road", "road"] == 2 and terms["2019-05-06-road", "anti-russian"] == 1
    near = corpus.contexts.set_index(["document", "power", "term"])
    # What a hyphen joins to a power's name is its own name too.
    assert near.loc[("2019-05-06-road", "russia", "anti-russian"), ["count", "own"]].tolist() == [1, 1]
    assert near.loc[("2019-05-06-road", "russia", "road"), ["count", "own"]].tolist() == [2, 0]
    assert near.loc[("2020-01-02-port", "eu", "union"), ["count", "own"]].tolist() == [1, 1]


def test_terms_of_several_words_are_counted_once(tmp_path: Path) -> None:
    themes = '[own]\nname = "Own"\nwhy = "a test"\nterms = ["silk road", "silk road*", "open road*"]\n'
    write_folder(tmp_path / "study", {"themes.toml": themes})
    text = "The silk road and two silk roads are an open roadway. No silk is on an open road there.\n"
    corpus = build_study(write_folder(tmp_path / "t", {"2019-01-01 a.txt": text}), tmp_path / "study")
    counts = corpus.terms.set_index("term")["count"]
    longer = {term: counts[term] for term in counts.index if " " in term}
    assert longer == {"silk road": 1, "silk roads": 1, "open roadway": 1, "open road": 1}
    assert {"silk road", "silk road*", "open road*"} <= set(corpus.study.phrases)


def test_subject_and_first_person_are_the_study_s_own(tmp_path: Path) -> None:
    text = {"2019-01-01 a.txt": "Mongolia distrusts Russia.\n"}
    settings = 'name = "steppe"\nsubject = ["Mongolia"]\n'
    write_folder(tmp_path / "own", {"study.toml": settings})
    own = build_study(write_folder(tmp_path / "t", text), tmp_path / "own")
    other = build_study(tmp_path / "t", tmp_path / "other")
    assert own.study.subject == ("Mongolia",) and own.documents["corpus"].tolist() == ["steppe"]
    assert own.mentions["stance"].iloc[0] < -0.5 < other.mentions["stance"].iloc[0]
    assert (tmp_path / "own" / "study.toml").read_text() == settings  # kept as it is


def test_a_speech_speaks_for_its_state(tmp_path: Path) -> None:
    asked: list[tuple[Any, bool, list[str]]] = []

    def scorer(frame: pd.DataFrame, *, subject: object, first_person: bool) -> pd.DataFrame:
        asked.append((subject, first_person, frame["text"].tolist()))
        return frame.assign(tone=0.5, stance=-0.25, tone_class=1, stance_class=-1, because="said so")

    files = {"KAZ_74_2019.txt": SPEECH, "2019-05-06 road.txt": ROAD}
    study = tmp_path / "study"
    corpus = build_study(write_folder(tmp_path / "t", files), study, scorer=scorer)
    assert sorted((subject[0], own, len(sentences)) for subject, own, sentences in asked) == [
        ("Kazakhstan", False, 2),
        ("Kazakhstan", True, 1),
    ]
    assert corpus.mentions[["tone", "stance", "because"]].drop_duplicates().to_numpy().tolist() == [
        [0.5, -0.25, "said so"]
    ]
    assert "text" not in corpus.mentions  # no table keeps one


def test_a_scorer_that_gives_too_much_ends_the_build(texts: Path, tmp_path: Path) -> None:
    def scorer(frame: pd.DataFrame, **_: object) -> pd.DataFrame:
        return frame.assign(tone=2.0, stance=0.0, tone_class=1, stance_class=0, because="")

    with pytest.raises(ScorerError, match="tone 2.0 is not between -1 and 1"):
        build_study(texts, tmp_path / "study", scorer=scorer)
    assert not (tmp_path / "study").exists()


def test_a_table_s_rows_are_documents(tmp_path: Path) -> None:
    rows = f'title,date,text\nRoad,2019-05-06,"{ROAD.strip()}"\nPort,2020-01-02,"{PORT.strip()}"\n'
    corpus = parse_texts(write_folder(tmp_path / "t", {"news.csv": rows}))
    assert corpus.documents[["file", "title"]].to_numpy().tolist() == [
        ["news.csv#2", "Road"],
        ["news.csv#3", "Port"],
    ]


# The same tables from one process, several, in parts, and after a stop.


def many(folder: Path) -> Path:
    numbered = {
        f"20{10 + i % 10}-01-01 n{i}.txt": f"{ROAD}The lorry of number {i} is {i}.\n" for i in range(12)
    }
    rows = "".join(
        f"Paper {i},2019,{PORT.strip().replace(',', '')} It is number {i * 7}.\n" for i in range(9)
    )
    listed = "document,file,title,published_from\nlast,2011-01-01 n1.txt,A road,2011-01-01\n"
    return write_folder(folder, numbered | {"a.csv": f"title,date,text\n{rows}", "sources.csv": listed})


def test_workers_parts_and_batches_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = many(tmp_path / "t")
    build_study(texts, tmp_path / "one", workers=1, collapse=False)
    expected = tables_of(tmp_path / "one")
    assert len(expected["documents"]) == 21 and expected["documents"][0][0] == "last"
    monkeypatch.setattr(study_module, "BATCH_DOCUMENTS", 2)
    study = tmp_path / "one"  # the name of the study is in its tables
    build_study(texts, study, workers=2, collapse=False)
    assert tables_of(study) == expected
    monkeypatch.setattr(study_module, "HUGE", 3)
    corpus = build_study(texts, study, workers=2, collapse=False, tables=["skipped"])
    assert corpus.terms is None and len(list((study / "terms").iterdir())) > 5
    assert {name: sorted(rows) for name, rows in tables_of(study).items()} == {
        name: sorted(rows) for name, rows in expected.items()
    }
    assert load_corpus(study, document="last").sentences["document"].unique().tolist() == ["last"]


def test_a_rebuild_after_a_correction_equals_a_fresh_build(texts: Path, tmp_path: Path) -> None:
    build_study(texts, tmp_path / "a" / "study")
    (texts / "2019-05-06 road.txt").write_text("# A Port\n\n" + PORT)
    (texts / "2020-01-02 port.txt").unlink()
    build_study(texts, tmp_path / "a" / "study")
    build_study(texts, tmp_path / "b" / "study")
    assert tables_of(tmp_path / "a" / "study") == tables_of(tmp_path / "b" / "study")
    again = (tmp_path / "a" / "study" / "documents.csv").read_bytes()
    assert again == (tmp_path / "b" / "study" / "documents.csv").read_bytes()


COMMAND = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
import sys
import kzpolicy.build.study as study
from kzpolicy.__main__ import main
study.BATCH_DOCUMENTS = 1
sys.exit(main())
"""


def start(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", COMMAND, "build", *map(str, arguments)]
    return subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def long_texts(folder: Path, many: int = 12) -> Path:
    return write_folder(
        folder, {f"20{10 + i}-01-01 n{i}.txt": (LONG + f"It is {i}.\n") * 1_500 for i in range(many)}
    )


def test_a_killed_build_goes_on_and_makes_damaged_parts_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts, study, working = long_texts(tmp_path / "t"), tmp_path / "study", tmp_path / ".study.building"
    build = start(texts, "--out", study, "--workers", "1", "--keep-copies")
    while build.poll() is None and len(list(working.glob("*/documents.parquet"))) < 3:
        time.sleep(0.01)
    build.kill()
    build.communicate()
    damaged, whole, *_ = (path.parent for path in working.glob("*/documents.parquet"))
    assert not study.exists()
    made = whole.stat().st_mtime_ns, damaged.stat().st_mtime_ns
    (damaged / "terms.parquet").write_bytes(b"")
    seen: list[tuple[int, int]] = []

    def watched(*arguments: Any) -> None:
        seen.append((whole.stat().st_mtime_ns, damaged.stat().st_mtime_ns))

    monkeypatch.setattr(study_module, "check_curated", watched)
    monkeypatch.setattr(study_module, "BATCH_DOCUMENTS", 1)
    corpus = build_study(texts, study, collapse=False)
    assert seen[0][0] == made[0] and seen[0][1] != made[1] and not working.exists()
    monkeypatch.undo()
    fresh = build_study(texts, tmp_path / "f" / "study", collapse=False)
    assert len(corpus.documents) == 12
    pd.testing.assert_frame_equal(corpus.terms, fresh.terms)


def test_ctrl_c_ends_with_one_line(tmp_path: Path) -> None:
    texts = long_texts(tmp_path / "t", 30)  # enough to be at work for a while
    build = start(texts, "--out", tmp_path / "study", "--workers", "2", "--keep-copies")
    while build.poll() is None and not list(tmp_path.glob(".study.building/*/*")):
        time.sleep(0.02)
    build.send_signal(signal.SIGINT)
    _, errors = build.communicate()
    assert build.returncode == 130 and len(errors.splitlines()) == 1 and "stopped" in errors
    assert not (tmp_path / "study").exists()


# The output folder.


@pytest.mark.parametrize("name", ["documents.csv", "terms.csv", "notes.txt", "datapackage.json"])
def test_a_folder_of_somebody_s_is_not_written(texts: Path, tmp_path: Path, name: str) -> None:
    content = '{"name": "prices", "resources": [{"name": "prices", "path": "prices.csv"}]}'
    out = write_folder(tmp_path / "own", {name: content, "prices.csv": "a\n1\n"})
    with pytest.raises(StudyError, match="give a new or empty folder"):
        build_study(texts, out)
    assert (out / name).read_text() == content and len(list(out.iterdir())) == 2


def test_the_texts_are_never_written_over(texts: Path, tmp_path: Path) -> None:
    for out in (texts, tmp_path, texts / ".." / "texts"):
        with pytest.raises(StudyError, match="the texts are in it"):
            build_study(texts, out)
    for name in ("", "  "):
        with pytest.raises(StudyError, match="no folder's name"):
            build_study(texts, name)
    assert sorted(path.name for path in texts.iterdir()) == sorted(PAPERS)


def test_a_build_leaves_other_files_in_a_study_alone(texts: Path, tmp_path: Path) -> None:
    study = tmp_path / "study"
    build_study(texts, study)
    assert {path.name for path in study.glob("*.toml")} == {"study.toml"}
    write_folder(study, {"notes.docx": "mine", "figures/one.png": "mine"})
    package = json.loads((study / "datapackage.json").read_text())
    package["resources"] += [
        {"name": "x", "path": name, "hash": "sha256:0"} for name in ("study.toml", "notes.docx")
    ]
    (study / "datapackage.json").write_text(json.dumps(package))
    build_study(texts, study)
    assert (study / "notes.docx").read_text() == (study / "figures/one.png").read_text() == "mine"
    assert (study / "study.toml").is_file()


@pytest.mark.parametrize("damage", ["", "[" * 100_000, '{"resources": 5}', "nothing"])
def test_a_damaged_description_does_not_block_the_next_build(
    texts: Path, tmp_path: Path, damage: str
) -> None:
    study = tmp_path / "study"
    build_study(texts, study)
    expected = tables_of(study)
    (study / "datapackage.json").write_text(damage)
    (study / "terms.csv").write_text("damaged")
    build_study(texts, study)
    assert tables_of(study) == expected


def test_no_link_is_followed(texts: Path, tmp_path: Path) -> None:
    home = write_folder(tmp_path / "home", {"chapter.txt": "years of work"})
    for name in ("terms.csv", "documents", ".pending", ".ready"):
        study = tmp_path / f"study-{name}"
        build_study(texts, study)
        (study / name).unlink(missing_ok=True)
        (study / name).symlink_to(home)
        with pytest.raises(StudyError, match="is a link"):
            build_study(texts, study)
    (tmp_path / ".new.building").symlink_to(home)
    with pytest.raises(StudyError, match="no working folder of a build"):
        build_study(texts, tmp_path / "new")
    assert [path.name for path in home.iterdir()] == ["chapter.txt"]


def test_a_study_inside_the_texts_is_not_read_as_texts(texts: Path) -> None:
    for _ in range(2):
        corpus = build_study(texts, texts / "study")
        assert len(corpus.documents) == 2
        assert "documents.csv" not in " ".join(corpus.skipped["file"])


def test_nothing_is_left_where_nothing_is_built(tmp_path: Path) -> None:
    texts = write_folder(tmp_path / "t", {"undated.txt": ROAD})
    (tmp_path / "empty").mkdir()
    with pytest.raises(StudyError, match="no document in it can be used; undated.txt: "):
        build_study(texts, tmp_path / "new" / "deep" / "study")
    with pytest.raises(StudyError, match="is empty; put the texts in it"):
        build_study(tmp_path / "empty", tmp_path / "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "t"]


def hold(
    place: Path, begun: "multiprocessing.synchronize.Event", end: "multiprocessing.synchronize.Event"
) -> None:
    from kzpolicy.build.place import only_writer

    with only_writer(place):
        begun.set()
        end.wait(30)


def test_the_second_writer_says_who_is_first(texts: Path, tmp_path: Path) -> None:
    begun, end = multiprocessing.Event(), multiprocessing.Event()
    first = multiprocessing.Process(target=hold, args=(tmp_path / "study", begun, end))
    first.start()
    begun.wait(30)
    with pytest.raises(StudyError, match=f"process {first.pid} on .* is writing it"):
        build_study(texts, tmp_path / "study")
    end.set()
    first.join()
    assert len(build_study(texts, tmp_path / "study").documents) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["study", "texts"]


def test_a_reader_sees_the_old_or_the_new_study(tmp_path: Path) -> None:
    folders = [
        write_folder(tmp_path / "one", PAPERS),
        write_folder(tmp_path / "two", {"2019-01-01 a.txt": LONG}),
    ]
    build_study(folders[0], tmp_path / "study")
    script = (
        "import sys, time; from kzpolicy.corpus import load_corpus\n"
        "begun, seen = time.time(), set()\n"
        "while time.time() < begun + 3 or (len(seen) < 2 and time.time() < begun + 90):\n"
        "    seen.add(len(load_corpus(sys.argv[1]).documents))\n"
        "print(sorted(seen))"
    )
    reader = subprocess.Popen(
        [sys.executable, "-c", script, tmp_path / "study"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while reader.poll() is None:
        for folder in reversed(folders):
            build_study(folder, tmp_path / "study", tables=[])
    output, errors = reader.communicate()
    assert output == "[1, 2]\n", errors


# Tables written by people.


CODES = "sentence,power,coder,reference,tone,stance,confidence\n{},russia,a,1,1,0,1\n"
EVENTS = "event,date,precision,powers,what,sentences,note\nopening,{},{},{},A road is opened.,{},\n"


def test_curated_tables_are_kept_and_checked(texts: Path, tmp_path: Path) -> None:
    good = "2019-05-06-road:1:1"
    study = write_folder(tmp_path / "study", {"codes.csv": CODES.format(good)})
    write_folder(study, {"events.csv": EVENTS.format("2019-05", "month", "russia", good)})
    corpus = build_study(texts, study)
    assert corpus.codes["tone"].tolist() == [1] and corpus.events["date"].tolist() == ["2019-05"]
    wrong = {
        "codes.csv": (
            CODES.format("2019-05-06-road:9:1"),
            "codes.csv: row 2: no sentence '2019-05-06-road:9:1'",
        ),
        "events.csv": (
            EVENTS.format("2019-05", "month", "", f"{good};x"),
            "events.csv: row 2: no sentence 'x'",
        ),
    }
    before = tables_of(study)
    for name, (content, message) in wrong.items():
        kept = (study / name).read_bytes()
        (study / name).write_text(content)
        with pytest.raises(StudyError, match=message):
            build_study(texts, study)
        (study / name).write_bytes(kept)
        assert tables_of(study) == before
    (study / "events.csv").write_text(EVENTS.format("2019", "year", "rusia", good))
    with pytest.raises(StudyError, match="no power 'rusia'; near is russia"):
        build_study(texts, study)


def test_exceptions_change_facts(texts: Path, tmp_path: Path) -> None:
    text = "document,field,value,why\n2019-05-06-road,title,Another Title,a test\n"
    study = write_folder(tmp_path / "study", {"exceptions.csv": text})
    assert "Another Title" in build_study(texts, study).documents["title"].tolist()


# The guard: what one document may take.


read_texts = files_module.read_texts


def slow(name: str, raw: bytes) -> list[files_module.Text]:
    """Read texts, but for those that tell what goes wrong."""
    kind = raw.decode().split()[0]
    if kind == "Endless":
        while True:
            pass
    if kind == "Large":
        return [files_module.Text(str(len(bytearray(3 << 30))), {})]
    if kind == "Crash":
        os.kill(os.getpid(), signal.SIGKILL)
    if kind == "Strange":
        raise ZeroDivisionError("by nothing")
    return read_texts(name, raw)


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux only")
def test_a_document_that_takes_too_much_is_skipped_and_named(
    texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = ("Endless", "Large", "Crash", "Strange")
    write_folder(texts, {f"2018-01-01 {kind}.txt": f"{kind} text.\n" for kind in kinds})
    monkeypatch.setattr("kzpolicy.build.files.read_texts", slow)
    corpus = build_study(texts, tmp_path / "study", seconds=4, megabytes=900, workers=2)
    assert corpus.documents["document"].tolist() == ["2019-05-06-road", "2020-01-02-port"]
    reasons = corpus.skipped.set_index("file")["reason"]
    assert (
        reasons["2018-01-01 Endless.txt"] == "takes longer than 4 s; split it, or allow more with --seconds"
    )
    assert reasons["2018-01-01 Large.txt"].startswith("needs more than 900 MB of memory")
    assert reasons["2018-01-01 Crash.txt"] == "ends its process (exit -9)"
    assert reasons["2018-01-01 Strange.txt"] == "cannot be read (ZeroDivisionError: by nothing)"
    with pytest.raises(StudyError, match="2018-01-01"):
        build_study(texts, tmp_path / "other", seconds=1, strict=True)


def losing(folder: Path) -> object:
    """Look through a folder, of which a file goes away then."""
    seen = survey_module.survey(folder)
    (folder / "2018-01-01 gone.txt").unlink()
    return seen


def test_a_source_changed_or_gone_while_it_is_read_is_named(
    texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_folder(texts, {"2018-01-01 growing.txt": LONG, "2018-01-01 gone.txt": LONG})
    read_bytes = Path.read_bytes

    def growing(path: Path) -> bytes:
        content = read_bytes(path)
        if path.name.endswith("growing.txt"):
            path.write_bytes(content * 2)
        return content

    monkeypatch.setattr(Path, "read_bytes", growing)
    monkeypatch.setattr(study_module, "survey", losing)
    reasons = build_study(texts, tmp_path / "study").skipped.set_index("file")["reason"]
    assert reasons["2018-01-01 growing.txt"] == "changed while it was read; build again"
    assert "No such file" in reasons["2018-01-01 gone.txt"]


def test_a_cluster_s_workers_give_the_same_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from distributed import LocalCluster

    texts = many(tmp_path / "t")
    build_study(texts, tmp_path / "study")
    expected = tables_of(tmp_path / "study")
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None, host="127.0.0.1") as cluster:
        build_study(texts, tmp_path / "study", scheduler=cluster.scheduler_address)
    assert tables_of(tmp_path / "study") == expected
    with pytest.raises(StudyError, match="no Dask cluster answers"):
        build_study(texts, tmp_path / "study", scheduler="nonsense://here")


# The user's own texts beside the tables.


def test_texts_beside_the_tables_are_those_that_were_measured(texts: Path, tmp_path: Path) -> None:
    rows = f'title,date,text\nSnow,2021-01-01,"{LONG.strip()}"\n'
    corpus = build_study(write_folder(texts, {"more/news.csv": rows}), tmp_path / "study")
    full = with_texts(corpus, texts)
    assert full.texts is not None and corpus.texts is None
    assert full.texts["sentence"].tolist() == corpus.sentences["sentence"].tolist()
    assert full.texts["text"].iloc[0] == "The road to Russia is open."
    (texts / "2019-05-06 road.txt").rename(texts / "more" / "2019-05-06 road.txt")  # moved: found
    (texts / "2020-01-02 port.txt").write_text(PORT + "One more.")  # changed: left out
    found = with_texts(corpus, texts).texts
    assert found is not None
    assert found["sentence"].str.split(":").str[0].unique().tolist() == ["2019-05-06-road", "more-news-2"]
    with pytest.raises(StudyError, match="none of the 3 texts is in it"):
        with_texts(corpus, tmp_path / "study")
    with pytest.raises(StudyError, match="no such folder"):
        with_texts(corpus, tmp_path / "none")


def test_a_text_s_mentions_stand_where_the_tables_say(texts: Path, tmp_path: Path) -> None:
    corpus = with_texts(build_study(texts, tmp_path / "study"), texts)
    joined = corpus.mentions.merge(corpus.texts, on="sentence")
    for row in joined.itertuples():
        assert row.text[row.start : row.end] == row.alias
    assert set(TABLES) == set(corpus.tables())
