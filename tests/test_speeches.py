"""The UN General Debate Corpus as it is handed out, in small archives of invented statements."""

import io
import tarfile
from pathlib import Path

import pytest
from invented import write_folder

from kzpolicy import lists
from kzpolicy.build.speeches import debate_facts, gather_speeches
from kzpolicy.build.study import build_study
from kzpolicy.tables import StudyError, read_toml

SAID = "1. Mr. President, we trust China and we fear no wind from the steppe.\n2. Our road is open.\n"
FILES = {
    "TXT/Session 01 - 1946/ARG_01_1946.txt": SAID,
    "TXT/Session 70 - 2015/KAZ_70_2015.txt": SAID,
    "TXT/Session 70 - 2015/._KAZ_70_2015.txt": "hidden",
    "TXT/Session 74 - 2019/EU_74_2019.txt": SAID,
    "TXT/README.txt": "About the statements.",
}


def archive(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as out:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content.encode())
            out.addfile(member, io.BytesIO(content.encode()))
        link = tarfile.TarInfo("TXT/Session 74 - 2019/KAZ_74_2019.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
        out.addfile(link)
    return buffer.getvalue()


def test_the_facts_of_a_statement() -> None:
    assert debate_facts("Session 74 - 2019/KAZ_74_2019.txt") == {
        "document": "KAZ_2019",
        "label": "KAZ 2019",
        "title": "Statement in the UN General Debate, session 74",
        "authors": "Kassym-Jomart Tokayev",
        "speaker_state": "KAZ",
        "published_from": "2019-09-24",
        "published_to": "2019-09-30",
        "date_basis": "span of the year's debate",
        "outlet": "United Nations General Debate Corpus",
        "outlet_group": "speech",
        "url": "https://doi.org/10.7910/DVN/0TJX8Y",
        "layout": "speech",
        "language": "en",
    }
    assert debate_facts("DDR_28_1973.txt")["published_to"] == "1973-12-31"
    assert debate_facts("DDR_28_1973.txt")["date_basis"] == "year of the debate"
    assert debate_facts("USA_01_1946.txt")["authors"] == "delegation of USA"
    assert (
        debate_facts("kaz_74_2019.txt") == debate_facts("KAZ_74_2019.md") == debate_facts("README.txt") == {}
    )
    with pytest.raises(StudyError, match="session 73 is not that of 2019"):
        debate_facts("KAZ_73_2019.txt")


def test_the_days_of_debates_are_in_their_autumns() -> None:
    for year, (first, last) in read_toml(lists.path("debates.toml"))["debates"].items():
        assert f"{year}-09-15" < first < last < f"{year}-10-10"


@pytest.mark.parametrize("unpacked", [True, False])
def test_an_archive_or_its_folder_gives_a_folder_to_build(tmp_path: Path, unpacked: bool) -> None:
    if unpacked:
        place = write_folder(tmp_path / "UNGDC", FILES)
    else:
        place = write_folder(tmp_path, {"UNGDC.tar.gz": archive(FILES)}) / "UNGDC.tar.gz"
    written = gather_speeches(place, tmp_path / "all")
    assert [path.name for path in written] == ["ARG_01_1946.txt", "EU_74_2019.txt", "KAZ_70_2015.txt"]
    some = gather_speeches(place, tmp_path / "some", years="2015-2022")
    assert [path.name for path in some] == ["EU_74_2019.txt", "KAZ_70_2015.txt"]
    assert [path.name for path in gather_speeches(place, tmp_path / "one", years="2019")] == [
        "EU_74_2019.txt"
    ]
    corpus = build_study(tmp_path / "all", tmp_path / "study")
    assert corpus.documents["speaker_state"].tolist() == ["ARG", "KAZ", "EU"]  # by date
    assert corpus.mentions["power"].tolist() == ["china"] * 3


def test_what_is_asked_wrongly_gets_one_line(tmp_path: Path) -> None:
    place = write_folder(tmp_path / "UNGDC", FILES)
    wrong = {"2015 to 2022": "write 2015-2022", "1999": "no statement named as KAZ_74_2019.txt of 1999"}
    for years, message in wrong.items():
        with pytest.raises(StudyError, match=message):
            gather_speeches(place, tmp_path / "out", years=years)
    with pytest.raises(StudyError, match="is not empty"):
        gather_speeches(place, place)
    for name, content in {"half.tar.gz": archive(FILES)[:200], "text.tar.gz": b"no archive"}.items():
        broken = write_folder(tmp_path, {name: content}) / name
        with pytest.raises(StudyError, match="cannot be unpacked"):
            gather_speeches(broken, tmp_path / "out")
    with pytest.raises(StudyError, match="cannot be unpacked .*No such file"):
        gather_speeches(tmp_path / "none.tar.gz", tmp_path / "out")
    assert not list(tmp_path.glob("out/*"))


def test_names_in_an_archive_lead_nowhere_else(tmp_path: Path) -> None:
    files = {"../../KAZ_70_2015.txt": SAID, "/tmp/KGZ_70_2015.txt": SAID, "../EVIL.txt": "evil"}
    place = write_folder(tmp_path / "a", {"a.tar.gz": archive(files)}) / "a.tar.gz"
    written = gather_speeches(place, tmp_path / "a" / "out")
    assert {path.parent for path in written} == {tmp_path / "a" / "out"} and len(written) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_what_cannot_be_fetched_says_what_to_do_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = write_folder(tmp_path, {"UNGDC.tar.gz": archive(FILES)}) / "UNGDC.tar.gz"
    monkeypatch.setattr("pooch.retrieve", lambda *_, **__: str(place))
    assert len(gather_speeches(None, tmp_path / "all")) == 3

    def fail(*_: object, **__: object) -> None:
        raise ValueError("SHA256 hash of downloaded file does not match\nthe known hash")

    monkeypatch.setattr("pooch.retrieve", fail)
    advice = "download it by hand from https://doi.org/10.7910/DVN/0TJX8Y, then run kzpolicy speeches"
    with pytest.raises(StudyError, match=advice) as raised:
        gather_speeches(None, tmp_path / "out")
    assert "\n" not in str(raised.value) and not (tmp_path / "out").exists()
