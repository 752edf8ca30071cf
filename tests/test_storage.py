"""A study on disk: the same bytes each time, whole or not at all, nothing of the user's touched."""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from kzpolicy import storage
from kzpolicy.storage import PACKAGE, is_study, read_phrases, read_tables, write_study
from kzpolicy.tables import TABLES, StudyError, check_table


def skipped(*files: str) -> pd.DataFrame:
    return check_table(pd.DataFrame({"file": list(files), "reason": "no date"}), "skipped")


def terms(document: str, words: int) -> pd.DataFrame:
    frame = pd.DataFrame({"term": [f"w{i}" for i in range(words)], "count": 1})
    return check_table(frame.assign(document=document, paragraph=1), "terms")


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_study(tmp_path / "one", {"skipped": skipped("a.pdf")}, phrases=["central asia*"])
    found = read_tables(tmp_path / "one", ["skipped"])["skipped"]
    pd.testing.assert_frame_equal(found, skipped("a.pdf"))
    assert read_phrases(tmp_path / "one") == ("central asia*",)
    assert is_study(tmp_path / "one") and not is_study(tmp_path)


def test_the_same_tables_are_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a/study", "b/study"):
        write_study(tmp_path / name, {"skipped": skipped("a.pdf", "b.pdf"), "terms": terms("d", 60_000)})
    files = sorted(path.name for path in (tmp_path / "a/study").iterdir())
    assert files == [PACKAGE, "skipped.csv", "terms.parquet"]
    for name in files:
        assert (tmp_path / "a/study" / name).read_bytes() == (tmp_path / "b/study" / name).read_bytes()


def test_cells_that_a_spreadsheet_would_run_are_kept_harmless(tmp_path: Path) -> None:
    files = ["=1+1.pdf", "-x.pdf", "@a", "'quoted", "plain.pdf", "+5"]
    write_study(tmp_path / "s", {"skipped": skipped(*files)})
    text = (tmp_path / "s" / "skipped.csv").read_text("utf-8")
    assert "'=1+1.pdf,no date\n'-x.pdf,no date\n'@a," in text and "\nplain.pdf," in text
    assert read_tables(tmp_path / "s", ["skipped"])["skipped"]["file"].tolist() == files


def test_a_table_in_parts_is_read_by_document(tmp_path: Path) -> None:
    parts: dict[str, list[Path]] = {"documents": [], "terms": []}
    blank = {c.name: "1" if c.type == "integer" else "x" for c in TABLES["documents"].columns}
    for number, key in enumerate(("a", "b")):
        facts = {"document": key, "published_from": "2019-05-06", "published_to": "2019-05-06"}
        for name, frame in (("documents", pd.DataFrame([blank | facts])), ("terms", terms(key, 3))):
            path = tmp_path / f"{name}{number}.parquet"
            check_table(frame, name).to_parquet(path, index=False)
            parts[name].append(path)
    write_study(tmp_path / "s", parts)
    assert sorted(p.name for p in (tmp_path / "s" / "terms").iterdir()) == [
        "part-00001.parquet",
        "part-00002.parquet",
    ]
    kept = read_tables(tmp_path / "s", ["documents", "terms"], documents=["b"])
    assert kept["documents"]["document"].tolist() == ["b"] and set(kept["terms"]["document"]) == {"b"}
    (tmp_path / "s" / "terms" / "part-00001.parquet").write_bytes(b"damaged")
    with pytest.raises(StudyError, match="part-00001.parquet: not the table described"):
        read_tables(tmp_path / "s", ["terms"])


def test_an_edited_missing_or_undescribed_table_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    with pytest.raises(
        StudyError, match="datapackage.json: missing or damaged; restore it, or run kzpolicy build"
    ):
        read_tables(tmp_path, ["skipped"])
    write_study(folder, {"skipped": skipped("a.pdf")})
    with pytest.raises(StudyError, match="has no terms.csv"):
        read_tables(folder, ["terms"])
    (folder / "skipped.csv").write_text("file,reason\nb.pdf,no date\n")
    with pytest.raises(StudyError, match="checksum differs"):
        read_tables(folder, ["skipped"])
    (folder / "skipped.csv").unlink()
    with pytest.raises(StudyError, match="skipped.csv: missing"):
        read_tables(folder, ["skipped"])
    (folder / PACKAGE).write_text("{}")
    with pytest.raises(StudyError, match="datapackage.json: missing or damaged"):
        read_tables(folder, ["skipped"])
    write_study(folder, {"skipped": skipped("c.pdf")})
    assert read_tables(folder, ["skipped"])["skipped"]["file"].tolist() == ["c.pdf"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no such pipes")
@pytest.mark.parametrize("name", ["skipped.csv", PACKAGE])
def test_a_pipe_is_no_table(name: str, tmp_path: Path) -> None:
    write_study(tmp_path, {"skipped": skipped("a.pdf")})
    (tmp_path / name).unlink()
    os.mkfifo(tmp_path / name)
    with pytest.raises(StudyError, match=f"{name}: (missing|damaged)"):
        read_tables(tmp_path, ["skipped"])


def test_only_the_former_tables_of_the_study_are_deleted(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    write_study(folder, {"skipped": skipped("a.pdf"), "terms": terms("d", 60_000)})
    (folder / "powers.toml").write_text("mine")
    (folder / "thesis.docx").write_text("mine")
    package = json.loads((folder / PACKAGE).read_text())
    package["resources"].append({"path": "powers.toml", "hash": "sha256:0"})
    (folder / PACKAGE).write_text(json.dumps(package))
    write_study(folder, {"skipped": skipped("a.pdf"), "terms": terms("d", 3)})
    left = sorted(p.name for p in folder.iterdir())
    assert left == [PACKAGE, "powers.toml", "skipped.csv", "terms.csv", "thesis.docx"]


def test_a_former_table_that_somebody_edited_stays(tmp_path: Path) -> None:
    write_study(tmp_path / "s", {"terms": terms("d", 60_000)})
    (tmp_path / "s" / "terms.parquet").write_text("mine now")
    write_study(tmp_path / "s", {"terms": terms("d", 3)})
    assert (tmp_path / "s" / "terms.parquet").read_text() == "mine now"
    assert len(read_tables(tmp_path / "s", ["terms"])["terms"]) == 3


def test_no_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "mine.txt").write_text("mine")
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "terms").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StudyError, match="a table's folder is a link; remove it"):
        write_study(tmp_path / "s", {"skipped": skipped("a.pdf")})
    assert [p.name for p in (tmp_path / "elsewhere").iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("killed", range(12))
def test_a_kill_at_any_step_leaves_the_old_or_the_new_tables(
    killed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, steps = tmp_path / "s", 0
    write_study(folder, {"skipped": skipped("old.pdf"), "terms": terms("old", 3)})

    def dying(step: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **options: Any) -> Any:
            nonlocal steps
            steps += 1
            if steps > killed:
                raise KeyboardInterrupt
            return step(*args, **options)

        return wrapped

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", dying(os.replace))
        patch.setattr(Path, "write_bytes", dying(Path.write_bytes))
        patch.setattr(Path, "unlink", dying(Path.unlink))
        try:
            write_study(folder, {"skipped": skipped("new.pdf"), "terms": terms("new", 60_000)})
        except KeyboardInterrupt:
            pass
    found = read_tables(folder, ["skipped", "terms"])
    which = {found["skipped"]["file"][0][:3], found["terms"]["document"][0]}
    assert which in ({"old"}, {"new"})
    write_study(folder, {"skipped": skipped("last.pdf"), "terms": terms("last", 3)})
    assert read_tables(folder, ["terms"])["terms"]["document"][0] == "last"
    assert {p.name for p in folder.iterdir()} == {PACKAGE, "skipped.csv", "terms.csv"}


def test_a_full_disk_leaves_the_data_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_study(tmp_path / "s", {"skipped": skipped("old.pdf")})

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(storage, "_csv", full)
        with pytest.raises(StudyError, match="No space left on device.*; the data there is as it was"):
            write_study(tmp_path / "s", {"skipped": skipped("new.pdf")})
    assert read_tables(tmp_path / "s", ["skipped"])["skipped"]["file"].tolist() == ["old.pdf"]
    assert sorted(p.name for p in (tmp_path / "s").iterdir()) == [PACKAGE, "skipped.csv"]


def _write_again(folder: Path, times: int) -> None:
    for number in range(times):
        write_study(folder, {"skipped": skipped(f"{number}.pdf"), "terms": terms(str(number), 10)})


def test_a_reader_sees_one_study_or_the_other(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    _write_again(folder, 1)
    writer = multiprocessing.get_context("spawn").Process(target=_write_again, args=(folder, 150))
    writer.start()
    seen = 0
    while writer.is_alive():
        found = read_tables(folder, ["skipped", "terms"])
        assert found["skipped"]["file"][0] == f"{found['terms']['document'][0]}.pdf"
        seen += 1
    writer.join()
    assert writer.exitcode == 0 and seen > 5
