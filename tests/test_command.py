"""The command line: exit statuses, one line an error, and what a newcomer sees."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from invented import write_folder

from kzpolicy.__main__ import main

ROAD = "The road to Russia is open. It snows on it, and nobody knows why.\n"


def test_build_says_what_was_read_and_what_comes_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = write_folder(tmp_path / "texts", {"2019-05-06 road.txt": ROAD, "undated.txt": ROAD + "It rains."})
    assert main(["build", str(texts), "--keep-copies"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].startswith(f"{tmp_path / 'texts-study'}: ") and "1 documents" in shown[0]
    assert shown[1].startswith("  skipped: undated.txt: ")
    assert shown[-1].endswith(f"load_corpus({str(tmp_path / 'texts-study')!r})")
    assert (tmp_path / "texts-study" / "mentions.csv").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["build", "none"], "none: no such folder"),
        (["build", "no\x1b[2J\nne"], "no\\x1b[2J ne: no such folder"),
        (["build", "texts", "--out", ""], "the study has no folder's name"),
        (["build", "texts", "--out", "texts"], "the texts are in it"),
        (["build", "texts", "--out", "texts/2019-05-06 road.txt/x"], "cannot be"),
        (["build", "texts", "--out", "o\udcff"], "cannot be a folder"),
        (["build", "texts", "--out", "n" * 5_000], "give another"),
        (["build", "texts", "--out", "s", "--strict"], "undated.txt: "),
        (["template", "none"], "none: no such folder"),
        (["speeches", "texts", "--out", "s"], "no statement named as KAZ_74_2019.txt"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_2(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    write_folder(tmp_path / "texts", {"2019-05-06 road.txt": ROAD, "undated.txt": ROAD * 2})
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and error.startswith("kzpolicy: ") and message in error
    assert [path.name for path in tmp_path.iterdir()] == ["texts"]


@pytest.mark.parametrize("arguments", [[], ["build"], ["build", "t", "--workers", "0"], ["nothing"]])
def test_wrong_usage_is_exit_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        main(arguments)
    assert raised.value.code == 2 and "usage: kzpolicy" in capsys.readouterr().err


def test_a_template_leads_to_a_build(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts = write_folder(tmp_path / "texts", {"2019-05-06 road.txt": ROAD})
    assert main(["template", str(texts)]) == 0
    assert f"then: kzpolicy build {texts}" in capsys.readouterr().out
    assert main(["build", str(texts), "--out", str(tmp_path / "study")]) == 0
    assert main(["template", str(texts)]) == 2
    assert "sources.csv: exists" in capsys.readouterr().err


def test_names_and_metadata_never_steer_or_break_a_console(tmp_path: Path) -> None:
    sources = "document,file,title,published_from\nk,\x1b[2J\x1b]0;owned\x07.txt,A road,2019-01-01\n"
    texts = write_folder(
        tmp_path / "t", {"2019-01-01 a.txt": ROAD, "Дорога.txt": "x", "sources.csv": sources}
    )
    command = [sys.executable, "-m", "kzpolicy", "build", str(texts), "--out", str(tmp_path / "s")]
    done = subprocess.run(command, env=os.environ | {"PYTHONIOENCODING": "cp1252"}, capture_output=True)
    assert done.returncode == 0 and b"Traceback" not in done.stderr and b"\x1b" not in done.stdout
    assert b"owned" in done.stdout and b"\\u0414" in done.stdout


def test_ctrl_c_is_one_line_and_exit_130(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("kzpolicy.build.study.build_study", stop)
    assert main(["build", str(tmp_path)]) == 130
    assert capsys.readouterr().err.count("\n") == 1
