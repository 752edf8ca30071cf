"""A build in parts, by several processes, stopped and resumed, gives the tables of one plain build."""

import os
import random
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from test_bad_input import Snapshot, Steps, Stopped, full, kill, snapshot

from kzpolicy import StudyError, load_corpus, parsing, parts, schema
from kzpolicy.__main__ import main
from kzpolicy.building import accept_study, build_study
from kzpolicy.gathering import Rows
from kzpolicy.parsing import _parse_part, parse_corpus
from kzpolicy.parts import read_parts
from kzpolicy.running import run_tasks
from kzpolicy.schema import PARSED, TABLES, to_parquet

HEAD = "document,file,title,authors,outlet,published_from,published_to,date_basis\n"
DOCUMENTS = 7
POWERS = ("Russia", "China", "Iran")


def write_text(texts: Path, number: int, word: str) -> None:
    power = POWERS[number % 3]
    text = f"The {word} road ties the steppe to {power}.\n\n{power} praised trade number {number}.\n"
    (texts / f"text{number}.txt").write_text(text, "utf-8")


def write_texts(texts: Path, word: str = "new") -> Path:
    """Write invented texts of the years 2015 to 2021."""
    texts.mkdir(parents=True)
    rows = [f"d{n},text{n}.txt,T,A,O,{2015 + n}-01-01,{2015 + n}-01-02,printed\n" for n in range(DOCUMENTS)]
    (texts / "sources.csv").write_text(HEAD + "".join(rows), "utf-8")
    for number in range(DOCUMENTS):
        write_text(texts, number, word)
    return texts


CODES = "sentence,power,coder,reference,tone,stance,confidence\nd6:1:1,russia,a,1,0,0,1\n"


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    return write_texts(tmp_path / "texts")


@pytest.fixture
def in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut after two documents."""
    monkeypatch.setattr(parts, "PART_DOCUMENTS", 2)


@pytest.fixture
def large(in_parts: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the parts in the study."""
    monkeypatch.setattr(schema, "HUGE", 3)


def built(texts: Path, out: Path, **options: Any) -> Snapshot:
    """Build a study with a code in it; give its files."""
    out.mkdir(parents=True, exist_ok=True)
    if not (out / "codes.csv").exists():
        (out / "codes.csv").write_text(CODES, "utf-8")
    build_study(texts, out, **options)
    return snapshot(out)


@pytest.fixture
def plain(texts: Path, tmp_path: Path) -> Snapshot:
    """Give the files of a build in one part."""
    return built(texts, tmp_path / "plain" / "steppe")


class Counted:
    """Counts the documents that are parsed, and may stop at one."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.files: list[str] = []
        self.stop_at, self.stop = "", Stopped
        parse = parsing._parse_document

        def counted(folder: Path, row: dict[str, Any], *others: Any) -> Any:
            if row["file"] == self.stop_at:
                raise self.stop
            self.files.append(row["file"])
            return parse(folder, row, *others)

        patch.setattr(parsing, "_parse_document", counted)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    return Counted(monkeypatch)


def numbers(*wanted: int) -> list[str]:
    return [f"text{number}.txt" for number in wanted]


# Parts.


@pytest.mark.parametrize(
    ("name", "value"), [("PART_DOCUMENTS", 1), ("PART_DOCUMENTS", 3), ("PART_BYTES", 100)]
)
def test_parts_of_any_size_give_the_same_bytes(
    texts: Path, tmp_path: Path, plain: Snapshot, monkeypatch: pytest.MonkeyPatch, name: str, value: int
) -> None:
    monkeypatch.setattr(parts, name, value)
    assert built(texts, tmp_path / "steppe") == plain
    assert parse_corpus(texts, corpus="steppe").terms.equals(load_corpus(tmp_path / "steppe").terms)


def test_documents_are_cut_by_size_and_number(texts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = Rows({"file": f"text{n}.txt"} for n in range(DOCUMENTS))
    monkeypatch.setattr(parts, "PART_DOCUMENTS", 3)
    (texts / "text3.txt").write_bytes(b"x" * 500)
    monkeypatch.setattr(parts, "PART_BYTES", 400)
    cut = [(numbers, size) for numbers, size, _ in parts.cut_rows(texts, rows)]
    held = [(texts / row["file"]).stat().st_size for row in rows]
    assert [[row["file"] for row in part] for part, _ in cut] == [
        numbers(0, 1, 2),
        numbers(3),
        numbers(4, 5, 6),
    ]
    assert [size for _, size in cut] == [sum(held[:3]), 500, sum(held[4:])]


def test_a_stopped_build_goes_on_from_its_finished_parts(
    texts: Path, tmp_path: Path, plain: Snapshot, in_parts: None, counted: Counted
) -> None:
    out = tmp_path / "steppe"
    counted.stop_at = "text5.txt"
    with pytest.raises(Stopped):
        built(texts, out)
    counted.stop_at, counted.files = "", []
    assert built(texts, out) == plain
    assert counted.files == numbers(4, 5, 6)


CHANGES: dict[str, tuple[Callable[[Path, Path], object], list[str]]] = {
    "a text": (lambda texts, out: write_text(texts, 1, "old"), numbers(0, 1, 4, 5, 6)),
    "a row": (
        lambda texts, out: (texts / "sources.csv").write_text(
            (texts / "sources.csv").read_text("utf-8").replace("text3.txt,T", "text3.txt,U"), "utf-8"
        ),
        numbers(2, 3, 4, 5, 6),
    ),
    "an exception": (
        lambda texts, out: (out / "exceptions.csv").write_text(
            "document,field,value,why\nd0,label,L,why\n", "utf-8"
        ),
        numbers(0, 1, 4, 5, 6),
    ),
    "powers": (
        lambda texts, out: (
            shutil.copy(Path(parsing.__file__).with_name("powers.toml"), out)
            and (out / "powers.toml").open("a").write("# another\n")
        ),
        numbers(*range(7)),
    ),
    "themes": (
        lambda texts, out: (out / "themes.toml").write_text(
            '[a]\nname = "A"\nwhy = "b"\nterms = ["steppe road"]\n', "utf-8"
        ),
        numbers(*range(7)),
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_changed_is_parsed_again(
    texts: Path, tmp_path: Path, in_parts: None, counted: Counted, change: str
) -> None:
    out, (do, again) = tmp_path / "steppe", CHANGES[change]
    counted.stop_at = "text5.txt"
    with pytest.raises(Stopped):
        built(texts, out)
    counted.stop_at, counted.files = "", []
    do(texts, out)
    after = built(texts, out)
    assert counted.files == again
    fresh = tmp_path / "fresh" / "steppe"
    fresh.mkdir(parents=True)
    for name in ("exceptions.csv", "powers.toml", "themes.toml"):
        if (out / name).exists():
            shutil.copy(out / name, fresh)
    assert after == built(texts, fresh)


def test_parts_of_another_program_are_not_used(
    texts: Path, tmp_path: Path, in_parts: None, counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted.stop_at = "text5.txt"
    with pytest.raises(Stopped):
        built(texts, tmp_path / "steppe")
    counted.stop_at, counted.files = "", []
    monkeypatch.setattr(parsing, "program", lambda: "another")
    built(texts, tmp_path / "steppe")
    assert counted.files == numbers(*range(7))


def test_ctrl_c_says_what_is_kept(
    texts: Path, tmp_path: Path, in_parts: None, counted: Counted, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "steppe"
    before = built(texts, out)
    write_text(texts, 0, "old")
    counted.stop_at, counted.stop = "text5.txt", KeyboardInterrupt  # type: ignore[assignment]
    assert main(["build", str(texts), "--out", str(out)]) == 130
    message = capsys.readouterr().err
    assert "as they were" in message and "goes on from the parts that are finished" in message
    assert {n: c for n, c in snapshot(out).items() if not n.startswith(".building")} == before
    counted.stop_at, counted.files = "", []
    assert main(["build", str(texts), "--out", str(out)]) == 0
    message = capsys.readouterr().err
    assert message.startswith("4 of 7 texts were read before\nread 6 of 7 texts, ")
    assert message.splitlines()[-1].startswith("read 7 of 7 texts, ")
    assert counted.files == numbers(4, 5, 6)


def test_nothing_is_left_of_a_first_build_of_one_part(texts: Path, tmp_path: Path, counted: Counted) -> None:
    counted.stop_at = "text5.txt"
    with pytest.raises(Stopped):
        build_study(texts, tmp_path / "steppe")
    assert not (tmp_path / "steppe").exists()


# Files that cannot be used.


def test_a_bad_file_is_skipped_and_listed(
    texts: Path, tmp_path: Path, in_parts: None, capsys: pytest.CaptureFixture[str]
) -> None:
    (texts / "text1.txt").write_bytes(b"")
    (texts / "text2.txt").write_bytes(b"\0")
    (texts / "text6.txt").write_bytes(b"\0\0")
    out = tmp_path / "steppe"
    assert main(["build", str(texts), "--out", str(out)]) == 0
    corpus = load_corpus(out)
    assert corpus.documents["document"].tolist() == ["d0", "d3", "d4", "d5"]
    assert corpus.skipped["file"].tolist() == numbers(1, 2, 6)
    assert [reason.split(" ")[0] for reason in corpus.skipped["reason"]] == ["the", "not", "not"]
    printed = capsys.readouterr().out
    assert (
        "  skipped: not a text file: 2 files" in printed
        and "  skipped: the file is empty: 1 files" in printed
    )


def test_a_bad_file_is_an_error_where_asked(
    texts: Path, tmp_path: Path, in_parts: None, capsys: pytest.CaptureFixture[str]
) -> None:
    (texts / "text3.txt").write_bytes(b"")
    out = tmp_path / "steppe"
    for _ in range(2):
        assert main(["build", str(texts), "--out", str(out), "--strict"]) == 2
        assert f"kzpolicy: {texts / 'text3.txt'}: the file is empty" in capsys.readouterr().err
        with pytest.raises(StudyError, match=r"text3\.txt: the file is empty"):
            parse_corpus(texts, strict=True)
    build_study(texts, out)
    assert load_corpus(out).skipped["file"].tolist() == numbers(3)


def test_strict_finds_a_bad_file_in_a_part_that_was_finished_without_it(
    texts: Path, tmp_path: Path, in_parts: None, counted: Counted
) -> None:
    (texts / "text0.txt").write_bytes(b"")
    counted.stop_at = "text5.txt"
    with pytest.raises(Stopped):
        built(texts, tmp_path / "steppe")
    counted.stop_at = ""
    with pytest.raises(StudyError, match=r"text0\.txt: the file is empty"):
        built(texts, tmp_path / "steppe", strict=True)


def test_texts_none_of_which_can_be_used_are_an_error(texts: Path, tmp_path: Path, in_parts: None) -> None:
    for path in texts.glob("*.txt"):
        path.write_bytes(b"")
    with pytest.raises(StudyError, match=r"text0\.txt: the file is empty.* 6 more"):
        build_study(texts, tmp_path / "steppe")


# Studies in parts.


def test_a_large_study_has_the_tables_of_a_small_one(
    texts: Path, tmp_path: Path, plain: Snapshot, large: None
) -> None:
    out = tmp_path / "steppe"
    files = built(texts, out)
    parts_ = [f"part-0000{number}.parquet" for number in (1, 2, 3, 4)]
    whole = {f"{name}.csv" for name in TABLES if name not in PARSED}
    assert set(files) == {f"{name}/{part}" for name in PARSED for part in parts_} | whole | {
        "datapackage.json"
    }
    corpus, small = load_corpus(out), load_corpus(tmp_path / "plain" / "steppe")
    assert "7 documents" in repr(corpus) and "14 sentences" in repr(corpus)
    assert "mentions" not in vars(corpus)
    assert (
        corpus.mentions.equals(small.mentions) and "mentions" in vars(corpus) and "terms" not in vars(corpus)
    )
    for name, frame in small.tables().items():
        pd.testing.assert_frame_equal(corpus.tables()[name], frame, check_exact=True)
    with pytest.raises(AttributeError, match="no 'mention'"):
        _ = corpus.mention  # type: ignore[attr-defined]


def test_a_part_of_a_study_is_what_a_filter_keeps(texts: Path, tmp_path: Path, large: None) -> None:
    built(texts, tmp_path / "steppe")
    small = parse_corpus(texts, corpus="steppe", curated={"codes": load_corpus(tmp_path / "steppe").codes})
    small.save(tmp_path / "small")
    wanted: list[dict[str, Any]] = [
        {"year": 2019},
        {"year": [2015, 2021]},
        {"document": ["d3", "d6"]},
        {"power": "russia"},
        {"power": "china", "year": 2016},
    ]
    for some in wanted:
        expected = small.filter(**some).tables()
        for corpus in (
            load_corpus(tmp_path / "steppe", **some),
            load_corpus(tmp_path / "steppe").filter(**some),
            load_corpus(tmp_path / "small", **some),
            load_corpus(tmp_path / "steppe", tables=list(TABLES), **some),
        ):
            for name, frame in expected.items():
                pd.testing.assert_frame_equal(corpus.tables()[name], frame, check_exact=True)


@pytest.mark.parametrize("form", ["small", "large"])
def test_a_table_that_was_not_asked_for_says_so(
    texts: Path, tmp_path: Path, form: str, request: pytest.FixtureRequest
) -> None:
    if form == "large":
        request.getfixturevalue("large")
    built(texts, tmp_path / "steppe")
    corpus = load_corpus(tmp_path / "steppe", tables=["documents", "mentions"], year=2019)
    assert (len(corpus.documents), len(corpus.mentions)) == (1, 2)
    assert repr(corpus).startswith("Corpus(1 documents, sentences not read, 2 mentions")
    for use in (lambda: corpus.terms, lambda: corpus.tables(), lambda: corpus.filter(document="d4").terms):
        with pytest.raises(StudyError, match="was not read; load_corpus read documents, mentions"):
            use()
    for options, message in (
        ({"tables": ["mention"]}, "no table 'mention'"),
        ({"year": 1999}, r"no document of \[1999\]"),
        ({"document": "d9"}, "no document 'd9'"),
        ({"power": "mars"}, "no power 'mars'"),
    ):
        with pytest.raises(StudyError, match=message):
            load_corpus(tmp_path / "steppe", **options)


def test_only_the_parts_that_hold_what_is_wanted_are_read(texts: Path, tmp_path: Path, large: None) -> None:
    out = tmp_path / "steppe"
    built(texts, out)
    for number in (1, 2, 4):
        (out / "terms" / f"part-0000{number}.parquet").write_bytes(b"damaged")
    assert load_corpus(out, tables="terms", year=2019).terms["document"].unique().tolist() == ["d4"]
    with pytest.raises(StudyError, match=r"part-00001\.parquet: not the table described"):
        load_corpus(out, tables="terms", year=2015)
    with pytest.raises(StudyError, match=r"part-00001\.parquet: not the table described"):
        _ = load_corpus(out).terms


def test_a_study_changes_its_form_and_nothing_old_stays(
    texts: Path, tmp_path: Path, plain: Snapshot, in_parts: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "steppe"
    for rows, size in ((3, 2), (3, 5), (10**9, 7), (3, 4)):
        monkeypatch.setattr(schema, "HUGE", rows)
        monkeypatch.setattr(parts, "PART_DOCUMENTS", size)
        files = built(texts, out)
        shutil.rmtree(tmp_path / "fresh", ignore_errors=True)
        assert files == built(texts, tmp_path / "fresh" / "steppe")
        assert all(any(path.iterdir()) for path in out.iterdir() if path.is_dir())
        assert (files == plain) == (rows > 3)


def test_filtered_parts_are_read_one_at_a_time() -> None:
    """An archive's table may not fit in memory."""
    done: list[str] = []
    frames = [pd.DataFrame({"file": [name, "b"], "reason": ["x", "y"]}) for name in "ac"]

    def files() -> Iterator[bytes]:
        for frame in frames:
            done.append("read")
            yield to_parquet(frame, "skipped")

    def keep(frame: pd.DataFrame) -> "pd.Series[bool]":
        done.append("filtered")
        return frame["file"].astype("str") != "b"

    assert read_parts(files(), "skipped", keep)["file"].tolist() == ["a", "c"]
    assert done == ["read", "filtered"] * 2
    assert read_parts(files(), "skipped")["file"].tolist() == ["a", "b", "c", "b"]
    assert read_parts([], "skipped", keep).empty and read_parts([], "skipped").empty


def test_a_large_study_is_built_again_from_its_own_documents_and_accepts_edits(
    texts: Path, tmp_path: Path, large: None
) -> None:
    out = tmp_path / "steppe"
    before = built(texts, out)
    (texts / "sources.csv").unlink()
    assert built(texts, out) == before
    (out / "codes.csv").write_text(CODES.replace("1,0,0,1", "1,1,0,1"), "utf-8")
    accept_study(out)
    assert load_corpus(out).codes["tone"].tolist() == [1]
    assert {n for n, content in snapshot(out).items() if before[n] != content} == {
        "codes.csv",
        "datapackage.json",
    }
    (out / "codes.csv").write_text(CODES.replace("d6:1:1", "d6:9:1"), "utf-8")
    with pytest.raises(StudyError, match=r"codes\.csv: row 2: sentence d6:9:1 is not in sentences"):
        accept_study(out)
    (out / "terms" / "part-00002.parquet").write_bytes(b"edited")
    with pytest.raises(StudyError, match=r"part-00002\.parquet: not the table described"):
        accept_study(out)


@pytest.mark.parametrize("name", ["terms/../../x.parquet", "terms/x.csv", "/terms/part-00001.parquet", ".."])
def test_a_description_names_no_file_elsewhere(texts: Path, tmp_path: Path, large: None, name: str) -> None:
    built(texts, tmp_path / "steppe")
    path = tmp_path / "steppe" / "datapackage.json"
    path.write_text(path.read_text("utf-8").replace("terms/part-00001.parquet", name), "utf-8")
    with pytest.raises(StudyError, match="is not a file of this folder"):
        load_corpus(tmp_path / "steppe")


# Kills and full disks.

MOMENTS = 50
FORMS = [(10**9, 2), (3, 2), (3, 3), (10**9, 7)]  # rows in one file, documents in a part
CHANGING = ("open", "os.mkdir", "os.rename", "os.link", "os.remove", "os.rmdir")


class Study:
    """An old study of one form, and a new one of another to be built over it."""

    def __init__(
        self, root: Path, patch: pytest.MonkeyPatch, old: tuple[int, int], new: tuple[int, int]
    ) -> None:
        self.out, self.texts, self._patch = root / "study" / "steppe", root / "texts", patch
        self._form(old)
        self.before = built(write_texts(root / "old texts", "old"), root / "old" / "steppe")
        self._form(new)
        self.after = built(write_texts(self.texts), root / "new" / "steppe")
        self.tables = [self._load(root / name / "steppe") for name in ("old", "new")]
        self._old = root / "old" / "steppe"

    def _form(self, form: tuple[int, int]) -> None:
        self._patch.setattr(schema, "HUGE", form[0])
        self._patch.setattr(parts, "PART_DOCUMENTS", form[1])

    @staticmethod
    def _load(out: Path) -> dict[str, pd.DataFrame]:
        return load_corpus(out).tables()

    def reset(self) -> None:
        shutil.rmtree(self.out, ignore_errors=True)
        shutil.copytree(self._old, self.out)

    def loaded(self) -> int:
        """Say which tables are there, whole: 0 for the old, 1 for the new."""
        found = self._load(self.out)
        same = [all(found[n].equals(tables[n]) for n in TABLES) for tables in self.tables]
        assert sum(same) == 1
        return same.index(True)

    def killed(self, moment: int) -> int:
        """Build in a process of its own that is killed at a change of the disk; say how it ended.

        A build that is not killed tells how many changes it made in the file `changes`.
        """
        child = os.fork()
        if child == 0:
            done = 0

            def count(event: str, arguments: Any) -> None:
                nonlocal done
                if event in CHANGING and (event != "open" or arguments[1] in ("w", "wb")):
                    done += 1
                    if done == moment + 1:
                        os.kill(os.getpid(), signal.SIGKILL)

            try:
                sys.addaudithook(count)
                build_study(self.texts, self.out)
                (self.out.parent / "changes").write_text(str(done))
            finally:
                os._exit(0)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parse a part only once; every later build writes the tables it got then."""
    known: dict[str, Any] = {}

    def parse(task: Any) -> str:
        if task.name in known:
            parts.write_part(task.working, task.name, known[task.name])
            return str(task.name)
        return _parse_part(task)

    def write(working: Path, name: str, frames: Any) -> None:
        known[name] = frames
        parts.write_part(working, name, frames)

    monkeypatch.setattr(parsing, "_parse_part", parse)
    monkeypatch.setattr(parsing, "write_part", write)
    monkeypatch.setattr(os, "fsync", lambda number: None)  # for power cuts, which no test makes


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("number", range(len(FORMS)))
def test_a_build_killed_at_random_moments(
    tmp_path: Path, quick: None, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    study = Study(tmp_path, monkeypatch, FORMS[number], FORMS[(number + 1) % len(FORMS)])
    study.reset()
    assert study.killed(-1) == 0
    changes = int((study.out.parent / "changes").read_text())
    assert changes > 60
    chance, states = random.Random(number), []
    for moment in sorted(chance.sample(range(changes), MOMENTS // len(FORMS) + 1)):
        study.reset()
        assert study.killed(moment) == -signal.SIGKILL
        states.append(study.loaded())
        assert built(study.texts, study.out) == study.after
    assert states == sorted(states) and states[0] == 0


def test_a_full_disk_at_any_change_keeps_the_old_tables(
    tmp_path: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = Study(tmp_path, monkeypatch, FORMS[0], FORMS[1])
    steps = Steps(monkeypatch)
    study.reset()
    with steps.at(-1, kill):
        build_study(study.texts, study.out)
        count = steps.done
    assert count > 100
    failed = []
    for number in range(0, count, count // 16):
        study.reset()
        message = ""
        with steps.at(number, full):
            try:
                build_study(study.texts, study.out)
            except StudyError as error:
                message = str(error)
        failed.append(bool(message))
        if message:
            start = f"{study.out}: cannot be written (No space left"
            assert message.startswith(start) and "as it was" in message
            kept = {n: c for n, c in snapshot(study.out).items() if not n.startswith(".building")}
            assert kept == study.before
        else:
            assert study.loaded() == 1
        assert built(study.texts, study.out) == study.after
    assert True in failed


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_study_in_parts(texts: Path, tmp_path: Path, large: None) -> None:
    before = built(texts, tmp_path / "steppe")
    (tmp_path / "steppe").chmod(0o555)
    try:
        with pytest.raises(StudyError, match="cannot be written"):
            build_study(texts, tmp_path / "steppe")
        assert snapshot(tmp_path / "steppe") == before
    finally:
        (tmp_path / "steppe").chmod(0o755)


# Several processes.


def dying_part(task: Any) -> str:
    """Parse a part; the first worker to do the second is killed before, to do the third, after."""
    for number, when in (("00002", "before"), ("00003", "after")):
        mark = task.folder / f"{number}.killed"
        if task.name.startswith(f"part-{number}") and not mark.exists():
            if when == "after":
                _parse_part(task)
            mark.write_bytes(b"")
            os.kill(os.getpid(), signal.SIGKILL)
    return _parse_part(task)


@pytest.fixture
def dask() -> None:
    pytest.importorskip("distributed")


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_two_workers_one_of_them_killed_twice_give_the_same_bytes(
    texts: Path,
    tmp_path: Path,
    plain: Snapshot,
    in_parts: None,
    dask: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(parsing, "_parse_part", dying_part)
    assert built(texts, tmp_path / "steppe", workers=2) == plain
    assert len(list(texts.glob("*.killed"))) == 2


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as running:
        yield running.scheduler_address


def test_an_existing_cluster_gives_the_same_bytes(
    texts: Path, tmp_path: Path, cluster: str, large: None
) -> None:
    one = built(texts, tmp_path / "one" / "steppe")
    assert built(texts, tmp_path / "steppe", scheduler=cluster) == one
    (texts / "text3.txt").write_bytes(b"")
    with pytest.raises(StudyError, match=r"text3\.txt: the file is empty"):
        build_study(texts, tmp_path / "steppe", scheduler=cluster, strict=True)
    assert load_corpus(tmp_path / "steppe").documents["document"].tolist() == [f"d{n}" for n in range(7)]


def test_workers_of_another_program_or_without_the_disk_are_refused(
    texts: Path, tmp_path: Path, cluster: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parsing, "program", lambda: "another")
    with pytest.raises(StudyError, match="a worker has another kzpolicy"):
        build_study(texts, tmp_path / "steppe", scheduler=cluster)
    monkeypatch.undo()
    monkeypatch.setattr(parsing._Task, "__reduce__", lambda task: (_elsewhere, (vars(task),)), raising=False)
    with pytest.raises(StudyError, match="must share the disk"):
        build_study(texts, tmp_path / "steppe", scheduler=cluster)
    assert not (tmp_path / "steppe").exists()


def _elsewhere(task: dict[str, Any]) -> Any:
    return parsing._Task(**{**task, "folder": Path("/no such folder")})


def test_a_cluster_that_is_not_there(texts: Path, tmp_path: Path, dask: None) -> None:
    with pytest.raises(StudyError, match="no Dask cluster answers"):
        build_study(texts, tmp_path / "steppe", scheduler="no such address")


def test_without_dask_several_workers_are_refused(
    texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(StudyError, match=r"pip install 'kzpolicy\[dask\]'"):
        build_study(texts, tmp_path / "steppe", workers=2)


def test_tasks_are_run_in_order_by_one_process() -> None:
    assert list(run_tasks(abs, [-3, 2, -1])) == [3, 2, 1]


@pytest.mark.parametrize("count", ["0", "-1", "two", "1.5"])
def test_workers_are_counted_from_1(count: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["build", "texts", "--workers", count])
    assert "is not a count of 1 or more" in capsys.readouterr().err
