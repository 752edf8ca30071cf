"""Bad input gives one line that names file and cause, and leaves the tables as they were."""

import builtins
import contextlib
import errno
import io
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from invented import fill

from kzpolicy import storing
from kzpolicy.__main__ import main
from kzpolicy.building import accept_study, build_study
from kzpolicy.corpus import Corpus, load_corpus
from kzpolicy.errors import StudyError

HEAD = "document,file,title,authors,outlet,published_from,published_to,date_basis\n"
ROW = "road2019,road.txt,A Road Opens,Dana Example,Steppe Herald,2019-05-05,2019-05-06,printed\n"
ROAD = """\
A Road Opens

By Dana Example

The new road ties the steppe to Russia.

Lorries bound for Moscow left the valley at dawn. The envoy of Beijing was happy.
"""
CODES = "sentence,power,coder,reference,tone,stance,confidence\nroad2019:1:1,russia,a,1,0,0,1\n"
EXCEPTIONS = "document,field,value,why\n"
EVENTS = "event,date,precision,powers,what,sentences,note\n"

Snapshot = dict[str, bytes]
Break = Callable[[Path, Path], object]


class Project:
    """A folder of texts, and a study built from it."""

    def __init__(self, root: Path) -> None:
        self.texts, self.out = root / "texts", root / "steppe"
        fill(self.texts, {"sources.csv": HEAD + ROW, "road.txt": ROAD})

    def build(self) -> Corpus:
        return build_study(self.texts, self.out)


def snapshot(folder: Path) -> Snapshot:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("template")
    Project(root).build()
    return root


@pytest.fixture
def project(tmp_path: Path, template: Path) -> Project:
    project = Project(tmp_path)
    shutil.copytree(template / "steppe", project.out)
    return project


def refuse(project: Project, capsys: pytest.CaptureFixture[str], *named: str) -> str:
    """Build by the command line; check that it fails as it should, and give the message."""
    before = snapshot(project.out) if project.out.exists() else None
    capsys.readouterr()
    assert main(["build", str(project.texts), "--out", str(project.out)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("kzpolicy: ") and printed.err.endswith("\n")
    assert len(printed.err.splitlines()) == 1, printed.err
    for part in named:
        assert part in printed.err
    assert (snapshot(project.out) if project.out.exists() else None) == before
    return printed.err


def sources(content: str | bytes) -> Break:
    return add("sources.csv", content)


def road(content: str | bytes) -> Break:
    return add("road.txt", content)


def add(name: str, content: str | bytes) -> Break:
    return lambda texts, out: fill(texts, {name: content})


def both(*breaks: Break) -> Break:
    def run(texts: Path, out: Path) -> None:
        for one in breaks:
            one(texts, out)

    return run


def no_texts(texts: Path, out: Path) -> None:
    shutil.rmtree(texts)


def no_study(texts: Path, out: Path) -> None:
    shutil.rmtree(out)


def folder_for_file(name: str) -> Break:
    def run(texts: Path, out: Path) -> None:
        path = next(folder / name for folder in (texts, out) if (folder / name).is_file())
        path.unlink()
        path.mkdir()

    return run


def empty_folder(texts: Path, out: Path) -> None:
    texts.mkdir()


def remove(name: str) -> Break:
    return lambda texts, out: (texts / name).unlink()


def edited(old: str, new: str) -> Break:
    assert old in HEAD + ROW
    return sources((HEAD + ROW).replace(old, new))


SECOND = ROW.replace("road2019", "rail2020").replace("road.txt", "rail.txt")

TEXTS: dict[str, tuple[Break, list[str]]] = {
    "no folder": (no_texts, ["texts: no such folder"]),
    "a file for a folder": (
        both(no_texts, lambda texts, out: texts.write_text("?")),
        ["texts: no such folder"],
    ),
    "empty folder": (both(no_texts, empty_folder), ["road.txt", "not in the folder"]),
    "missing file": (remove("road.txt"), ["sources.csv: row 2", "road.txt is not in the folder"]),
    "empty file": (road(""), ["road.txt: the file is empty"]),
    "white space": (road(" \n\n"), ["road.txt: the file is empty"]),
    "no words": (road("\u00a0\n\u2028\n"), ["road.txt"]),
    "NUL bytes": (road("The road.\0\0\n"), ["road.txt: not a text file (NUL byte at 9)"]),
    "UTF-16 without its mark": (road(ROAD.encode("utf-16-le")), ["road.txt: not a text file"]),
    "broken UTF-8": (road("Ok.\n\nДорога".encode()[:-1]), ["road.txt: not UTF-8 (line 3)"]),
    "binary": (road(b"\x89PNG\r\n\x1a\n\xff"), ["road.txt: not UTF-8 (line 1)"]),
    "only boilerplate": (
        road("Menu\n\nShare\n\n3 comments\n\nNews\n"),
        ["road.txt: no paragraph of running text"],
    ),
    "only headings": (road("A Road\n\nOpens\n\nToday\n"), ["road.txt: no paragraph of running text"]),
    "impossible date": (
        edited("2019-05-05", "2022-02-30"),
        ["sources.csv: row 2", "published_from", "2022-02-30"],
    ),
    "date in words": (edited("2019-05-06", "May 2019"), ["sources.csv: row 2", "published_to", "May 2019"]),
    "year only": (edited("2019-05-05", "2019"), ["sources.csv: row 2", "published_from"]),
    "day first": (edited("2019-05-05", "05.05.2019"), ["sources.csv: row 2", "published_from"]),
    "no date": (edited("2019-05-05", ""), ["sources.csv: row 2", "published_from is empty"]),
    "from after to": (
        edited("2019-05-05", "2019-05-07"),
        ["sources.csv: row 2", "published_from after published_to"],
    ),
    "key with a colon": (edited("road2019", "road:2019"), ["sources.csv: row 2", "'road:2019'"]),
    "key with a slash": (edited("road2019", "road/2019"), ["sources.csv: row 2", "'road/2019'"]),
    "key with a space": (edited("road2019", "road 2019"), ["sources.csv: row 2", "'road 2019'"]),
    "key with a line break": (edited("road2019", '"road\n2019"'), ["sources.csv: row 2", "road"]),
    "key not in Latin letters": (edited("road2019", "дорога"), ["sources.csv: row 2", "'дорога'"]),
    "no key": (edited("road2019", ""), ["sources.csv: row 2", "document is empty"]),
    "no title": (edited("A Road Opens", ""), ["sources.csv: row 2", "title is empty"]),
    "outside, above": (edited("road.txt", "../road.txt"), ["sources.csv: row 2", "'../road.txt'"]),
    "outside, below": (
        edited("road.txt", "more/road.txt"),
        ["sources.csv: row 2", "more/road.txt is not in the folder"],
    ),
    "outside, absolute": (edited("road.txt", "/road.txt"), ["sources.csv: row 2", "'/road.txt'"]),
    "the folder above": (edited("road.txt", ".."), ["sources.csv: row 2", ".."]),
    "a folder for a file": (folder_for_file("road.txt"), ["sources.csv: row 2", "road.txt"]),
    "a name with a line break": (edited("road.txt", '"road\n.txt"'), ["sources.csv: row 2", "road"]),
    "a name too long": (edited("road.txt", "r" * 300 + ".txt"), ["sources.csv: row 2", "rrr"]),
    "no sources, no earlier build": (
        both(remove("sources.csv"), no_study),
        ["road.txt: published_from is empty"],
    ),
    "empty sources": (sources(""), ["sources.csv"]),
    "blank sources": (sources("\n \n"), ["sources.csv"]),
    "sources without rows": (sources(HEAD), ["sources.csv: has no row"]),
    "sources a picture": (
        sources(b"\x89PNG\r\n\x1a\n\0\0\xff"),
        ["sources.csv: not a text file (NUL byte at 8)"],
    ),
    "sources in prose": (sources("Dear reader, this is a note.\nIt has, no, columns.\n"), ["sources.csv"]),
    "a quotation mark too many": (edited("A Road Opens", '"A Road Opens'), ["sources.csv: not a CSV table"]),
    "cells too few": (sources(HEAD + "road2019,road.txt,A Road Opens\n"), ["sources.csv: row 2", "empty"]),
    "standfirst no number": (
        sources(HEAD.strip() + ",standfirst\n" + ROW.strip() + ",two\n"),
        ["standfirst", "'two'"],
    ),
}
TEXTS |= {
    f"no column {column}": (
        sources(HEAD.replace(column, "other", 1) + ROW),
        [f"sources.csv: lacks column '{column}'"],
    )
    for column in ("document", "file", "title", "published_from")
}


@pytest.mark.parametrize("case", TEXTS)
def test_bad_texts_and_sources(project: Project, capsys: pytest.CaptureFixture[str], case: str) -> None:
    breaking, named = TEXTS[case]
    breaking(project.texts, project.out)
    refuse(project, capsys, *named)


SKIPPED: dict[str, tuple[Break, list[str]]] = {
    "row without file": (
        sources(HEAD + ROW + SECOND),
        ["rail.txt: sources.csv: row 3: rail.txt is not in the folder; add it or drop the row"],
    ),
    "file without row": (
        add("rail.txt", ROAD),
        [
            "rail.txt: published_from is empty: no date in the file, in its name or in an export; "
            "`kzpolicy template` writes a table for it"
        ],
    ),
    "file without row, odd name": (
        add("ra\nil.txt", ROAD),
        ["ra\\nil.txt: characters in its name do not print; rename it"],
    ),
    "duplicated key": (
        both(add("rail.txt", ROAD), sources(HEAD + ROW + ROW.replace("road.txt", "rail.txt"))),
        ["rail.txt: sources.csv: row 3: document road2019 stands twice; keep one"],
    ),
    "duplicated file": (
        sources(HEAD + ROW + ROW.replace("road2019", "rail2020")),
        ["road.txt: sources.csv: row 3: file road.txt stands twice; keep one"],
    ),
    "near-duplicate": (
        both(add("rail.txt", ROAD), sources(HEAD + ROW + SECOND)),
        ["rail.txt: near-duplicate of road2019 (similarity 1.00)"],
    ),
    # Spreadsheets and old programs write these; they are read.
    "text in UTF-16": (road(ROAD.encode("utf-16")), []),
    "text in cp1252": (road(ROAD.replace("envoy", "“envoy”").encode("cp1252")), []),
    "sources in UTF-16": (sources((HEAD + ROW).encode("utf-16")), []),
    "sources in cp1251": (sources((HEAD + ROW).replace("Dana Example", "Дана").encode("cp1251")), []),
    "sources with semicolons": (sources((HEAD + ROW).replace(",", ";")), []),
}
SKIPPED |= {
    f"no column {column}": (
        sources(HEAD.replace(column, "other", 1) + ROW),
        ["sources.csv: columns that are not read (other)"],
    )
    for column in ("authors", "outlet", "published_to", "date_basis")
}


@pytest.mark.parametrize("case", SKIPPED)
def test_what_cannot_be_used_is_named_and_the_rest_is_built(
    project: Project, capsys: pytest.CaptureFixture[str], case: str
) -> None:
    breaking, told = SKIPPED[case]
    breaking(project.texts, project.out)
    assert main(["build", str(project.texts), "--out", str(project.out)]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert [line for line in printed if line.startswith("    ")] == [f"    {line}" for line in told]
    corpus = load_corpus(project.out)
    assert corpus.documents["document"].tolist() == ["road2019"]
    assert corpus.sentences["sentence"].tolist() == ["road2019:1:1", "road2019:2:1", "road2019:2:2"]


def test_a_row_with_a_cell_too_many_is_not_read_one_column_off(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    sources(HEAD + ROW.strip() + ",more\n")(project.texts, project.out)
    message = refuse(project, capsys, "sources.csv")
    assert "A Road Opens" not in message


@pytest.mark.parametrize("case", ["missing file", "broken UTF-8", "impossible date", "empty sources"])
def test_nothing_is_made_where_nothing_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], case: str
) -> None:
    project = Project(tmp_path)
    TEXTS[case][0](project.texts, project.out)
    refuse(project, capsys)
    assert not project.out.exists()


# Tables written by people, before the first build.

CURATED: dict[str, tuple[str, str, list[str]]] = {
    "missing sentence": ("codes", CODES.replace(":1:1", ":9:9"), ["codes.csv: row 2", "road2019:9:9"]),
    "missing document": ("codes", CODES.replace("road2019", "lake"), ["codes.csv: row 2", "lake:1:1"]),
    "tone of two": ("codes", CODES.replace("1,0,0,1", "1,2,0,1"), ["codes.csv: row 2: tone", "'2'"]),
    "tone of a half": ("codes", CODES.replace("1,0,0,1", "1,0.5,0,1"), ["codes.csv: row 2: tone", "'0.5'"]),
    "tone without end": ("codes", CODES.replace("1,0,0,1", "1,inf,0,1"), ["codes.csv: row 2: tone", "'inf'"]),
    "tone in words": ("codes", CODES.replace("1,0,0,1", "1,good,0,1"), ["codes.csv: row 2: tone", "'good'"]),
    "no coder": ("codes", CODES.replace(",a,", ",,"), ["codes.csv: row 2: coder is empty"]),
    "coded twice": ("codes", CODES + CODES.split("\n")[1] + "\n", ["codes.csv: row 3", "stands twice"]),
    "column missing": ("codes", CODES.replace("stance", "stand"), ["codes.csv: lacks column 'stance'"]),
    "column too many": ("codes", CODES.replace("\n", ",\n").replace("ce,\n", "ce,x\n"), ["codes.csv", "'x'"]),
    "empty codes": ("codes", "", ["codes.csv: not a CSV table"]),
    "unknown document": ("exceptions", EXCEPTIONS + "lake,label,A,why\n", ["exceptions.csv: row 2", "lake"]),
    "unknown field": (
        "exceptions",
        EXCEPTIONS + "road2019,colour,A,why\n",
        ["exceptions.csv: row 2", "colour"],
    ),
    "computed field": (
        "exceptions",
        EXCEPTIONS + "road2019,words,7,why\n",
        ["exceptions.csv: row 2", "words"],
    ),
    "no value": (
        "exceptions",
        EXCEPTIONS + "road2019,label,,why\n",
        ["exceptions.csv: row 2: value is empty"],
    ),
    "standfirst in words": (
        "exceptions",
        EXCEPTIONS + "road2019,standfirst,two,why\n",
        ["exceptions.csv: row 2", "'two'"],
    ),
    "standfirst below 0": (
        "exceptions",
        EXCEPTIONS + "road2019,standfirst,-1,why\n",
        ["exceptions.csv: row 2", "'-1'"],
    ),
    "file outside": (
        "exceptions",
        EXCEPTIONS + "road2019,file,../other.txt,why\n",
        ["exceptions.csv: row 2", "file"],
    ),
    "key with a colon": ("exceptions", EXCEPTIONS + "road2019,document,a:b,why\n", ["row 2"]),
    "impossible date": (
        "exceptions",
        EXCEPTIONS + "road2019,published_from,2022-02-30,why\n",
        ["row 2: published_from", "2022-02-30"],
    ),
    "bad locator": (
        "events",
        EVENTS + "snow,2019,year,,Snow falls,road2019:1:1;road2019:8:1,\n",
        ["events.csv: row 2", "road2019:8:1"],
    ),
    "no locator": (
        "events",
        EVENTS + "snow,2019,year,,Snow falls,,\n",
        ["events.csv: row 2: sentences is empty"],
    ),
    "open locator": ("events", EVENTS + "snow,2019,year,,Snow falls,road2019:1:1;,\n", ["events.csv: row 2"]),
    "bad precision": ("events", EVENTS + "snow,2019,week,,Snow falls,road2019:1:1,\n", ["events.csv: row 2"]),
    "bad paraphrase": ("paraphrases", "sentence,paraphrase\nroad2019:7:1,Snow\n", ["paraphrases.csv: row 2"]),
}


@pytest.mark.parametrize("case", CURATED)
def test_bad_tables_before_the_first_build(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], case: str
) -> None:
    table, content, named = CURATED[case]
    project = Project(tmp_path)
    project.out.mkdir()
    (project.out / f"{table}.csv").write_bytes(content.encode())
    refuse(project, capsys, *named)


@pytest.mark.parametrize(
    ("name", "content", "cause"),
    [
        ("powers.toml", "[japan\n", "not a TOML file"),
        ("powers.toml", "", "no power"),
        ("powers.toml", '[japan]\nname = "Japan"\n', "[japan] lacks"),
        ("themes.toml", "[a\n", "not a TOML file"),
        ("themes.toml", '[a]\nname = "A"\n', "[a] needs"),
        ("themes.toml", '[a]\nname = "A"\nwhy = "b"\nterms = "trade"\n', "[a]"),
        ("themes.toml", '[a]\nname = "A"\nwhy = "b"\nterms = 5\n', "[a]"),
        ("themes.toml", '[a]\nname = "A"\nwhy = "b"\nterms = ["Trade"]\n', "'Trade'"),
    ],
)
def test_bad_powers_and_themes(
    project: Project, capsys: pytest.CaptureFixture[str], name: str, content: str, cause: str
) -> None:
    (project.out / name).write_bytes(content.encode())
    refuse(project, capsys, name, cause)


# A damaged study.


def package(content: str) -> Break:
    return lambda texts, out: (out / "datapackage.json").write_bytes(content.encode())


DAMAGED: dict[str, tuple[Break, list[str]]] = {
    "a byte more": (
        lambda texts, out: (out / "terms.csv").write_bytes((out / "terms.csv").read_bytes() + b"\n"),
        ["terms.csv: not the table described", "checksum"],
    ),
    "cut short": (
        lambda texts, out: (out / "mentions.csv").write_bytes((out / "mentions.csv").read_bytes()[:-20]),
        ["mentions.csv: not the table described"],
    ),
    "emptied": (
        lambda texts, out: (out / "codes.csv").write_bytes(b""),
        ["codes.csv: not the table described"],
    ),
    "missing table": (lambda texts, out: (out / "contexts.csv").unlink(), ["contexts.csv: missing"]),
    "a folder for a table": (folder_for_file("terms.csv"), ["terms.csv: cannot be read"]),
    "empty description": (package(""), ["datapackage.json: damaged"]),
    "half a description": (package('{"resources": ['), ["datapackage.json: damaged"]),
    "a list": (package("[]"), ["datapackage.json: damaged"]),
    "no resources": (package("{}"), ["datapackage.json: damaged"]),
    "no tables": (package('{"resources": []}'), ["documents.csv"]),
    "no hash": (package('{"resources": [{"path": "terms.csv"}]}'), ["datapackage.json: damaged"]),
    "a number for a hash": (
        package('{"resources": [{"path": "terms.csv", "hash": 5}]}'),
        ["datapackage.json"],
    ),
    "a number for a path": (
        package('{"resources": [{"path": 5, "hash": "sha256:0"}]}'),
        ["datapackage.json"],
    ),
    "no path": (package('{"resources": [{"path": null, "hash": "sha256:0"}]}'), ["datapackage.json"]),
    "a path outside": (
        package('{"resources": [{"path": "../a.csv", "hash": "sha256:0"}]}'),
        ["datapackage.json", "'../a.csv'"],
    ),
    "not UTF-8": (
        lambda texts, out: (out / "datapackage.json").write_bytes(b"\xff\xfe\xfa"),
        ["datapackage.json: damaged"],
    ),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_study_is_not_loaded(project: Project, case: str) -> None:
    breaking, named = DAMAGED[case]
    breaking(project.texts, project.out)
    with pytest.raises(StudyError) as caught:
        load_corpus(project.out)
    assert str(project.out) in str(caught.value) and "\n" not in str(caught.value)
    for part in named:
        assert part in str(caught.value)


@pytest.mark.parametrize("case", ["a byte more", "cut short", "missing table"])
def test_building_mends_tables_that_no_one_wrote(project: Project, case: str) -> None:
    before = snapshot(project.out)
    DAMAGED[case][0](project.texts, project.out)
    project.build()
    assert snapshot(project.out) == before


@pytest.mark.parametrize("case", ["emptied", "empty description", "half a description", "a list", "no hash"])
def test_building_does_not_go_over_what_people_wrote(
    project: Project, capsys: pytest.CaptureFixture[str], case: str
) -> None:
    breaking, named = DAMAGED[case]
    breaking(project.texts, project.out)
    refuse(project, capsys, *named)


def test_a_table_that_the_description_forgot_is_not_lost(project: Project) -> None:
    (project.out / "codes.csv").write_bytes(CODES.encode())
    accept_study(project.out)
    path = project.out / "datapackage.json"
    description = json.loads(path.read_text("utf-8"))
    description["resources"] = [r for r in description["resources"] if r["name"] != "codes"]
    path.write_text(json.dumps(description), "utf-8")
    with contextlib.suppress(StudyError):
        project.build()
    assert (project.out / "codes.csv").read_bytes() == CODES.encode()


def test_a_folder_without_a_study_lacks_its_description(tmp_path: Path) -> None:
    with pytest.raises(StudyError) as caught:
        load_corpus(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path / 'datapackage.json'}: missing")


def test_a_study_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="lake: no such study"):
        load_corpus(tmp_path / "lake")


@pytest.mark.parametrize(
    ("table", "old", "new", "cause"),
    [
        ("terms", "road2019,1,new,1", "road2019,1,new,many", "count"),
        ("terms", "road2019,1,new,1", "road2019,1,new,inf", "count"),
        ("terms", "road2019,1,new,1", "road2019,1,new,1e30", "count"),
        ("terms", "road2019,1,new,1", "road2019,1,new," + "9" * 30, "count"),
        ("terms", "road2019,1,new,1", "road2019,1,new,", "count is empty"),
        ("terms", "road2019,1,new,1", "lake,1,new,1", "lake"),
        ("sentences", "body", "footer", "kind"),
        ("sentences", "road2019:1:1", "road2019:1:7", "mentions.csv"),
        ("documents", "2019-05-05", "2019-02-30", "published_from"),
        ("mentions", ",state,", ",country,", "via"),
    ],
)
def test_a_bad_edit_is_not_accepted(
    project: Project, capsys: pytest.CaptureFixture[str], table: str, old: str, new: str, cause: str
) -> None:
    path = project.out / f"{table}.csv"
    content = path.read_text("utf-8")
    assert old in content
    path.write_bytes(content.replace(old, new, 1).encode())
    before = snapshot(project.out)
    assert main(["accept", str(project.out)]) == 2
    message = capsys.readouterr().err
    assert len(message.splitlines()) == 1 and ".csv: row" in message and cause in message
    assert snapshot(project.out) == before


def test_an_event_with_a_bad_locator_is_not_accepted(project: Project) -> None:
    path = project.out / "events.csv"
    path.write_bytes(path.read_bytes() + b"snow,2019,year,,Snow falls,road2019:8:1,\n")
    with pytest.raises(StudyError, match=r"events\.csv: row 2"):
        accept_study(project.out)


# A folder that cannot be written.


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.out.chmod(0o555)
    try:
        refuse(project, capsys, str(project.out), "cannot be written")
    finally:
        project.out.chmod(0o755)


def test_a_file_where_the_study_should_be(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(project.out)
    project.out.write_bytes(b"a note")
    capsys.readouterr()
    assert main(["build", str(project.texts), "--out", str(project.out)]) == 2
    message = capsys.readouterr().err
    assert len(message.splitlines()) == 1 and f"{project.out}: cannot be written" in message
    assert project.out.read_bytes() == b"a note"


class Stopped(BaseException):
    """Stands for a kill: nothing catches it."""


def kill() -> NoReturn:
    raise Stopped


def full() -> NoReturn:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class Steps:
    """Counts every file operation of a write and, at one of them, raises or ends the process."""

    OPERATIONS = ("mkdir", "rmdir", "unlink", "replace", "rename", "fsync")

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.done, self.stop_at = 0, -1
        self.stop: Callable[[], object] = kill
        for name in self.OPERATIONS:
            patch.setattr(os, name, self._counted(getattr(os, name)))
        patch.setattr(storing, "open", self._open, raising=False)

    def step(self) -> None:
        self.done += 1
        if self.done == self.stop_at + 1:
            self.stop()

    def _counted(self, operation: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **options: Any) -> Any:
            self.step()
            return operation(*args, **options)

        return counted

    def _open(self, path: Path, mode: str) -> io.BufferedWriter:
        self.step()
        steps, file = self, builtins.open(path, mode)
        assert isinstance(file, io.BufferedWriter)
        write = file.write

        class Half(io.BufferedWriter):
            def write(self, content: Any) -> int:
                write(content[: len(content) // 2])
                file.flush()
                steps.step()
                return write(content[len(content) // 2 :])

            def flush(self) -> None:
                file.flush()

            def close(self) -> None:
                file.close()

        return Half(file.raw)

    @contextlib.contextmanager
    def at(self, number: int, stop: Callable[[], NoReturn]) -> Iterator[None]:
        self.done, self.stop_at, self.stop = 0, number, stop
        try:
            yield
        finally:
            self.stop_at = -1


class Rewrite:
    """A study, and another with which to replace it, at any step of the write."""

    def __init__(self, project: Project, patch: pytest.MonkeyPatch) -> None:
        self.out = project.out
        (project.texts / "road.txt").write_bytes(ROAD.replace("Russia", "India and Iran").encode())
        copy = project.out.parent / "new" / "steppe"
        new = build_study(project.texts, copy)
        self.tables = {"old": load_corpus(self.out), "new": new}
        self.before, self.after = snapshot(self.out), snapshot(copy)
        patch.setattr(os, "fsync", lambda number: None)
        self.steps = Steps(patch)
        with self.steps.at(-1, kill):
            new.save(self.out)
            self.count = self.steps.done
        assert snapshot(self.out) == self.after != self.before and self.count > 40
        self.reset()

    def reset(self) -> None:
        """Put the old study back, and nothing else."""
        shutil.rmtree(self.out)
        self.out.mkdir()
        for name, content in self.before.items():
            (self.out / name).write_bytes(content)

    def save(self) -> None:
        """Save the new study; its tables are made to bytes already, to be quick."""
        storing.write_study(self.out, dict(self.after))

    def stop(self, number: int) -> None:
        with self.steps.at(number, kill), pytest.raises(Stopped):
            self.save()

    def loaded(self) -> str:
        """Say which tables are read: the old or the new, or fail."""
        found = storing.StudyFiles(self.out)
        for state, files in (("old", self.before), ("new", self.after)):
            if found == {name: content for name, content in files.items() if name.endswith(".csv")}:
                return state
        raise AssertionError("neither the old nor the new tables")

    def proved(self) -> str:
        """Say the same, by way of the typed tables."""
        state, tables = self.loaded(), load_corpus(self.out).tables()
        assert all(frame.equals(tables[name]) for name, frame in self.tables[state].tables().items())
        return state


@pytest.fixture
def rewrite(project: Project, monkeypatch: pytest.MonkeyPatch) -> Rewrite:
    return Rewrite(project, monkeypatch)


def test_a_write_stopped_at_any_step_leaves_the_old_or_the_new_tables(rewrite: Rewrite) -> None:
    states = []
    for number in range(rewrite.count):
        rewrite.reset()
        rewrite.stop(number)
        states.append(rewrite.proved())
        # The next write clears up whatever was left.
        rewrite.save()
        assert snapshot(rewrite.out) == rewrite.after
        assert not any(path.is_dir() for path in rewrite.out.iterdir())
    assert states == sorted(states, reverse=True) and set(states) == {"old", "new"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_process_that_ends_at_any_step_leaves_the_old_or_the_new_tables(rewrite: Rewrite) -> None:
    states = []
    for number in range(rewrite.count):
        rewrite.reset()
        child = os.fork()
        if child == 0:
            try:
                with rewrite.steps.at(number, lambda: os._exit(9)):
                    rewrite.save()
            finally:
                os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
        states.append(rewrite.loaded())
    assert states == sorted(states, reverse=True) and set(states) == {"old", "new"}


def test_a_write_stopped_twice_leaves_the_old_or_the_new_tables(rewrite: Rewrite) -> None:
    for first in (*range(0, rewrite.count - 13, 8), *range(rewrite.count - 13, rewrite.count)):
        for second in (0, 1, 5, 12, 30):
            rewrite.reset()
            rewrite.stop(first)
            state = rewrite.loaded()
            rewrite.stop(second)
            assert rewrite.loaded() == "new" or state == "old"


def test_a_full_disk_at_any_step_gives_one_line_that_is_true(rewrite: Rewrite) -> None:
    for number in range(rewrite.count):
        rewrite.reset()
        message = ""
        with rewrite.steps.at(number, full):
            try:
                rewrite.save()
            except StudyError as error:
                message = str(error)
        assert "\n" not in message
        assert rewrite.loaded() == ("old" if message else "new"), (number, message)
        if message:
            assert message.startswith(f"{rewrite.out}: cannot be written") and "as it was" in message
            assert snapshot(rewrite.out) == rewrite.before


@pytest.mark.parametrize("after", range(13))
def test_an_edit_after_a_stopped_write_is_not_lost(rewrite: Rewrite, after: int) -> None:
    # The write was decided, but not all its files are in place; then someone reads, edits, accepts.
    rewrite.stop(rewrite.count - 1 - after)
    rewrite.proved()
    (rewrite.out / "codes.csv").write_bytes(CODES.encode())
    accept_study(rewrite.out)
    assert (rewrite.out / "codes.csv").read_bytes() == CODES.encode()
    assert load_corpus(rewrite.out).codes["sentence"].tolist() == ["road2019:1:1"]


def test_a_first_build_stopped_at_any_step_keeps_what_people_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(tmp_path)
    project.out.mkdir()
    (project.out / "codes.csv").write_bytes(CODES.encode())
    steps = Steps(monkeypatch)
    for number in (0, 3, 30, *range(33, 45, 3)):
        with steps.at(number, kill), pytest.raises(Stopped):
            project.build()
        project.build()
        assert load_corpus(project.out).codes["sentence"].tolist() == ["road2019:1:1"]
        for path in project.out.iterdir():
            if path.name != "codes.csv":
                path.unlink()
