"""All that is said of a folder's documents: what is found, merged, and skipped; all is invented."""

from __future__ import annotations

import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kzpolicy.build.files import Text, read_texts
from kzpolicy.build.sources import found_row, merge_facts, name_documents, order_of_trust, write_template
from kzpolicy.build.survey import survey
from kzpolicy.tables import TABLES, StudyError

DATES = ("published_from", "published_to", "date_basis")
TEXT = "The road of the steppe is open, and the lorries of the north wait with the grain."
HEAD = "document,file,title,published_from"
NONE = TABLES["exceptions"].empty()


def fill(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def read(folder: Path) -> pd.DataFrame:
    """Read all texts of a folder, as a build does."""
    rows = []
    for file in survey(folder).files:
        raw = (folder / file).read_bytes()
        try:
            rows += [found_row(file, text, sha256(raw).hexdigest()) for text in read_texts(file, raw)]
        except StudyError as error:
            rows.append({"file": file, "part": "", "fault": str(error)})
    return pd.DataFrame(rows)


def merge(folder: Path, exceptions: pd.DataFrame | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    documents, left = merge_facts(read(folder), survey(folder), exceptions)
    return documents.assign(label=name_documents(documents)), left


def known(folder: Path, *fields: str) -> dict[str, str]:
    """Some facts of each document, in one line."""
    documents, _ = merge(folder)
    lines = documents[list(fields)].astype("str").agg(" | ".join, axis=1)
    return dict(zip(documents["document"], lines, strict=True))


def skipped(folder: Path) -> dict[str, str]:
    _, found = merge(folder)
    assert all(len(line.splitlines()) == 1 for line in found.to_numpy().ravel())
    assert not found.duplicated("file").any()
    return dict(zip(found["file"], found["reason"], strict=True))


def sourced(*rows: str, more: str = "") -> str:
    return "\n".join([HEAD + more, *rows]) + "\n"


# Where facts come from.

RIS = "TY  - NEWS\nTI  - Cited\nAU  - Example, Dana\nDA  - 2015/04/05/\nT2  - Gazette\nL1  - deep/er/x.txt\n"


def test_each_source_of_facts(tmp_path: Path) -> None:
    files = {
        "2019-05-06-name.txt": TEXT,
        "20190507_road.txt": f"A Road Opens\n\n{TEXT}",
        "front.md": f"---\ntitle: Front\ndate: 2018\n---\n{TEXT}",
        "line.txt": f"Published on 8 May 2019\n\n{TEXT}",
        "table.csv": f'Headline,Date,Body\n=1+1,2016-02-03,"{TEXT}"\n',
        "deep/er/x.txt": TEXT,
        "library.ris": RIS,
    }
    assert known(fill(tmp_path, files), "file", "title", "authors", "published_to", "date_basis") == {
        "2019-05-06-name": (
            "2019-05-06-name.txt | 2019-05-06-name | unknown | 2019-05-06 | in the file's name"
        ),
        "20190507_road": "20190507_road.txt | A Road Opens | unknown | 2019-05-07 | in the file's name",
        "deep-er-x": "deep/er/x.txt | Cited | Dana Example | 2015-04-05 | export library.ris",
        "front": "front.md | Front | unknown | 2018-12-31 | front matter, to the year",
        "line": "line.txt | line | unknown | 2019-05-08 | a line of the text",
        "table-2": "table.csv#2 | =1+1 | unknown | 2016-02-03 | given in the table",
    }
    assert skipped(tmp_path) == {}


def test_the_stronger_source_counts_and_the_weaker_fills_its_gaps(tmp_path: Path) -> None:
    front = "---\ntitle: Front\nauthors: Dana Example\ndate: 2018-02-03\n---\n"
    cited = "title = {Cited}, date = {2017-01-02}, publisher = {Gazette}, file = {2016-01-01 a.md}"
    rows = ["bee,b.txt,Bee,2019,1", "tee,t.csv#2,Tee,May 2020,", "ay,2016-01-01 a.md,Ay,,0"]
    files = {"b.txt": TEXT, "t.csv": f'title,text\nRow,"{TEXT}"\n', "2016-01-01 a.md": front + TEXT}
    fill(
        tmp_path,
        {**files, "a.bib": f"@misc{{road, {cited}}}", "sources.csv": sourced(*rows, more=",standfirst")},
    )
    assert known(tmp_path, "title", "authors", "outlet", *DATES, "standfirst", "label") == {
        "bee": "Bee | unknown | unknown | 2019-01-01 | 2019-12-31 | as given, to the year | 1 | Bee 2019",
        "tee": "Tee | unknown | unknown | 2020-05-01 | 2020-05-31 | as given, to the month | 0 | Tee 2020",
        "ay": "Ay | Dana Example | Gazette | 2018-02-03 | 2018-02-03 | front matter | 0 | Ay 2018",
    }
    (tmp_path / "sources.csv").unlink()
    assert known(tmp_path, "title", "outlet", *DATES)["road"] == (
        "Front | Gazette | 2018-02-03 | 2018-02-03 | front matter"
    )


def made(file: str, **facts: str) -> dict[str, str]:
    return found_row(file, Text(TEXT, facts), "0" * 64)


def test_a_date_in_the_name_counts_more_than_when_a_pdf_was_made(tmp_path: Path) -> None:
    basis = "when the PDF was made, to the year"
    facts = {"published_from": "2021-01-01", "published_to": "2021-12-31", "date_basis": basis}
    found = pd.DataFrame([made("2019-05-06 a.pdf", **facts), made("b.pdf", **facts)])
    documents, _ = merge_facts(found, survey(tmp_path))
    assert documents["published_from"].tolist() == ["2019-05-06", "2021-01-01"]
    assert documents["date_basis"].tolist() == ["in the file's name", basis]


def test_a_reference_counts_more_than_what_a_program_wrote_into_a_pdf(tmp_path: Path) -> None:
    fill(tmp_path, {"a.ris": RIS.replace("deep/er/x.txt", "a.pdf")})
    documents, _ = merge_facts(pd.DataFrame([made("a.pdf", title="Layout 7", url="a")]), survey(tmp_path))
    assert documents[["title", "url"]].to_numpy().tolist() == [["Cited", "a"]]


def test_a_column_of_a_table_shows_which_is_the_day(tmp_path: Path) -> None:
    table = f"date,text\n05/06/2019,{TEXT[:14]}\n13/06/2019,{TEXT[:17]}\n"
    fill(tmp_path, {"a.csv": table, "b.csv": table.replace("13/", "03/")})
    assert known(tmp_path, "published_from", "date_basis") == {
        "a-2": "2019-06-05 | given in the table",
        "a-3": "2019-06-13 | given in the table",
    }
    assert skipped(tmp_path) == {
        "b.csv#2": "05/06/2019 may be 2019-06-05 or 2019-05-06; write it as one of them",
        "b.csv#3": "03/06/2019 may be 2019-06-03 or 2019-03-06; write it as one of them",
    }


def test_speeches_of_the_general_debate_are_known_by_their_names(tmp_path: Path) -> None:
    files = {"Session 74 - 2019/KAZ_74_2019.txt": f"6 May 1999\n\n{TEXT}", "KAZ_75_2020.txt": TEXT}
    fill(tmp_path, {**files, "README.txt": "About these files.", "FRA_74_2020.txt": TEXT})
    assert known(tmp_path, "speaker_state", "published_from", "label", "layout") == {
        "KAZ_2020": "KAZ | 2020-09-22 | KAZ 2020 | speech",
        "KAZ_2019": "KAZ | 2019-09-24 | KAZ 2019 | speech",
    }
    assert skipped(tmp_path) == {
        "README.txt": "about the folder, by its name; rename it if it is a text",
        "FRA_74_2020.txt": "session 74 is not that of 2020; correct the file's name",
    }


def test_a_text_that_does_not_read_like_english_is_not_called_so(tmp_path: Path) -> None:
    french = "Les villes de la steppe attendent une route que les marchands ont promise à leurs voisins. " * 5
    fill(tmp_path, {"2019-01-01.txt": french, "2019-01-02.md": f"---\nlanguage: fr\n---\n{french}"})
    fill(tmp_path, {"2019-01-03.txt": TEXT})
    note = "not in English, for which the scores are made"
    assert [*known(tmp_path, "language", "notes").values()] == [f"und | {note}", f"fr | {note}", "en | "]


# Keys and labels.


def test_keys_are_of_latin_letters_and_do_not_depend_on_other_files(tmp_path: Path) -> None:
    names = ["2019-01-01 a b", "2019-01-02_café", "sub/2019-01-03", "2019-01-04 степь и дорога"]
    fill(tmp_path, {f"{name}.txt": TEXT for name in names})
    assert list(known(tmp_path)) == ["2019-01-01-a-b", "2019-01-02_cafe", "text-bf956417", "sub-2019-01-03"]
    fill(tmp_path, {"sub/2019-01-03.md": TEXT})
    assert skipped(tmp_path) == {
        "sub/2019-01-03.txt": "its key sub-2019-01-03 is that of sub/2019-01-03.md too; give it another "
        "key in sources.csv"
    }


def test_the_key_of_a_row_is_its_id_or_of_the_tables_name(tmp_path: Path) -> None:
    fill(tmp_path, {"many.csv": "id,date,text\n7,2019,It snows.\nx,2020,It rains.\ny:z,2021,It thaws.\n"})
    assert known(tmp_path, "file") == {"many-7": "many.csv#2", "x": "many.csv#3", "many-4": "many.csv#4"}


def test_two_texts_of_one_reference_are_two(tmp_path: Path) -> None:
    fill(tmp_path, {"a.txt": TEXT, "b.md": TEXT, "sources.csv": sourced("c,c.txt,C,2019"), "c.txt": TEXT})
    fill(tmp_path, {"a.bib": "@misc{c, title = {C}, date = {2019-05-06}, file = {a.txt;b.md}}"})
    assert known(tmp_path, "file") == {"c": "c.txt", "a": "a.txt", "b": "b.md"}


def test_documents_are_named_for_figures_by_title_and_year(tmp_path: Path) -> None:
    titles = ["A Short Road", "A Road That Is Much Too Long for a Figure", "Twice", "Twice"]
    titles += ["\u4e2d\u4e9a\u7684\u8def", "Wide \u4e2d", "Short", "H", "I", "J"]
    labels = ["", "", "", "", "", "", "Own", "Same", "Same", "L" * 99]
    fill(tmp_path, {f"{key}.txt": TEXT for key in "abcdefghij"})
    rows = zip("abcdefghij", titles, labels, strict=True)
    rows_written = [f"{key},{key}.txt,{title},2019,{label}" for key, title, label in rows]
    fill(tmp_path, {"sources.csv": sourced(*rows_written, more=",label")})
    assert [*known(tmp_path, "label").values()] == [
        *("A Short Road 2019", "A Road That Is Much… 2019", "c", "d", "e", "f"),
        *("Own", "h", "i", "L" * 71 + "…"),
    ]
    day = {"published_from": "2019-05-06", "title": "A Road"}
    long = [{"document": key, "label": f"{'L' * 80} {key}"} | day for key in "ab"]
    assert name_documents(pd.DataFrame(long)).tolist() == ["a", "b"]


def test_of_copies_the_earliest_exact_date_comes_first() -> None:
    days = [("2018-01-01", "2018-12-31"), ("2019-05-01", "2019-05-31"), ("2019-06-07", "2019-06-07")]
    documents = pd.DataFrame([*days, ("2019-05-06", "2019-05-06")], columns=DATES[:2]).assign(file="a")
    assert order_of_trust(documents) == [3, 2, 1, 0]


# What a person corrects.


def test_sources_as_spreadsheets_save_them_again(tmp_path: Path) -> None:
    fill(tmp_path, {"a.txt": TEXT, "b.txt": TEXT})
    whole = sourced("a,a.txt,Ä Road,{},{},'=1+1", "b,b.txt,B,{},{},", ",,,,,", more=",published_to,notes")
    spoken = whole.replace("file,", "File ,").replace("published_from", "Published from")
    for text, days, encoding, last in (
        (whole.replace(",", ";"), "06.05.2019 07.05.2019 08.06.2019 08.06.2019", "cp1252", "2019-06-08"),
        (whole, "06/05/2019 07/05/2019 13/06/2019 13/06/2019", "utf-8-sig", "2019-06-13"),
        ("sep=,\n" + whole, "5/6/2019 5/7/2019 6/13/2019 6/13/2019", "utf-8", "2019-06-13"),
        (whole.replace(",", "\t"), "5/6/19 5/7/19 6/13/19 6/13/19", "utf-16", "2019-06-13"),
        (spoken, "2019-05-06 2019-05-07 Jun-19 Jun-19", "utf-8", "2019-06-30"),
    ):
        saved = text.format(*days.split()).replace("\n", "\r\n").encode(encoding)
        assert known(fill(tmp_path, {"sources.csv": saved}), "title", *DATES[:2], "notes") == {
            "a": "Ä Road | 2019-05-06 | 2019-05-07 | =1+1",
            "b": f"B | {last.replace('-30', '-01')} | {last} | ",
        }, days
    fill(tmp_path, {"sources.csv": whole.format("05/06/2019", "", "07/08/2019", "")})
    assert skipped(tmp_path) == {
        "a.txt": "sources.csv: row 2: 05/06/2019 may be 2019-06-05 or 2019-05-06; write it as one of them",
        "b.txt": "sources.csv: row 3: 07/08/2019 may be 2019-08-07 or 2019-07-08; write it as one of them",
    }


@pytest.mark.parametrize(
    ("rows", "file", "reason"),
    [
        ("r,rail.txt,R,2019", "rail.txt", "row 2: file is not in the folder; correct it"),
        ("r,../a.txt,R,2019", "../a.txt", "row 2: file is not in the folder; correct it"),
        ("r,,R,2019", "sources.csv", "row 2: file is not in the folder; correct it"),
        ("a,a.txt,A,2019\nr,a.txt,R,2019", "a.txt", "row 3: file stands twice; keep one"),
        ("r,b.txt,R,2019\n,,,\n\nx,rail.txt,X,2019", "rail.txt", "row 5: file is not in the folder"),
        ("b,b.txt,B,2019\nb,a.txt,B,2019", "a.txt", "row 3: its key b is that of b.txt too; give it another"),
        ("r:1,a.txt,R,2019", "a.txt", "row 2: document 'r:1' cannot be used; correct it"),
        ("r,a.txt,R,2019-02-30", "a.txt", "row 2: '2019-02-30' is not a date; write it as 2019-05-06"),
        (
            "r,a.txt,R,",
            "a.txt",
            "row 2: published_from is empty: no date in file, name or export; `kzpolicy",
        ),
        ("a,a.txt,,2019,1,page,2018", "a.txt", "row 2: '2019 to 2018' is not a date; write it as 2019-05-06"),
        (",a.txt,B,2019,4301x,page,", "a.txt", "row 2: standfirst '4301x' cannot be used; correct it"),
        ("c,a.txt,C,2019,1,book,", "a.txt", "row 2: layout 'book' cannot be used; correct it"),
        ("r,t.csv,R,2019", "t.csv", "no such text in the file; name a row of a table as table.csv#2"),
        ("r,t.csv#9,R,2019", "t.csv#9", "no such text in the file; name a row of a table as table.csv#2"),
    ],
)
def test_what_is_wrong_with_a_row_is_said(tmp_path: Path, rows: str, file: str, reason: str) -> None:
    fill(tmp_path, {"a.txt": f"{TEXT} 1", "b.txt": TEXT, "deep/c.txt": TEXT, "t.csv": "text\nIt snows.\n"})
    fill(tmp_path, {"sources.csv": sourced(rows, more=",standfirst,layout,published_to")})
    assert skipped(tmp_path)[file].startswith(f"sources.csv: {reason}")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "not a CSV table"),
        ("Dear reader,\nthis is, no, table.\n", "not a CSV table ("),
        ("document,path of it,date\nr,a.txt,2019\n", "not a CSV table (it lacks the column file)"),
        (HEAD + "\nr,a.txt,A,2019,more\n", "not a CSV table (a row has more cells than the first line has"),
        (b"\x89PNG\r\n\x1a\n\0\0\xff", "not a CSV table (not a text file"),
    ],
)
def test_a_table_that_is_none_is_refused(tmp_path: Path, content: str | bytes, reason: str) -> None:
    fill(tmp_path, {"a.txt": TEXT, "sources.csv": content})
    with pytest.raises(StudyError) as error:
        survey(tmp_path)
    assert str(error.value).startswith(f"{tmp_path}/sources.csv: {reason}"), error.value
    assert len(str(error.value).splitlines()) == 1


def test_paths_as_windows_or_a_mac_writes_them_find_their_files(tmp_path: Path) -> None:
    fill(tmp_path, {"deep/road.txt": TEXT, "cafe\u0301.txt": TEXT})
    rows = ["a,deep\\road.txt,A,2019,x", "b,./caf\u00e9.txt,B,2019,"]
    fill(tmp_path, {"sources.csv": sourced(*rows, more=",colour")})
    assert known(tmp_path, "file") == {"a": "deep/road.txt", "b": "cafe\u0301.txt"}
    assert skipped(tmp_path) == {"sources.csv": "columns that are not read (colour)"}


def test_an_exception_supplies_a_fact_and_must_name_a_document(tmp_path: Path) -> None:
    fill(tmp_path, {"a.txt": TEXT})
    rows = [("a", field, "2019-05-06", "invented") for field in DATES[:2]]
    exceptions = pd.DataFrame([*rows, ("a", "date_basis", "guessed", "invented")], columns=list(NONE))
    documents, told = merge(tmp_path, exceptions)
    assert documents.loc[0, list(DATES)].tolist() == ["2019-05-06", "2019-05-06", "guessed"]
    assert told.empty
    for row, reason in (
        (("b", "title", "B", "x"), "no document b with a field title"),
        (("a", "words", "1", "x"), "no document a with a field words"),
    ):
        with pytest.raises(StudyError, match=rf"exceptions\.csv: row 5: {reason}; correct it"):
            merge(tmp_path, pd.DataFrame([*exceptions.to_numpy().tolist(), row], columns=list(NONE)))
    vague = pd.DataFrame([("a", "published_from", "soon", "x")], columns=list(NONE))
    assert merge(tmp_path, vague)[1]["reason"].tolist() == [
        "published_from 'soon' cannot be used; correct it",
    ]


# The folder.


def test_everything_else_in_a_folder_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    outside = fill(tmp_path / "outside", {"2019-01-01.txt": TEXT})
    fill(
        folder,
        {
            **{"2019-05-06.txt": TEXT, "empty.txt": "", "picture.jpg": b"\xff\xd8", ".hidden": "x"},
            **{"old/datapackage.json": "{}", "old/2019-01-01.txt": TEXT, "undated.txt": f"{TEXT} 2"},
            **{"2019-02-30.txt": f"{TEXT} 3", "data.json": "{", "KAZ/._a.txt": "x"},
            "a.bib": "@misc{r, title = {The Road}, title = {B}}",
        },
    )
    (folder / "line\nbreak.txt").write_text("x")
    (folder / os.fsdecode(b"\xff.txt")).write_text("x")
    (folder / "link.txt").symlink_to(outside / "2019-01-01.txt")
    (folder / "link").symlink_to(outside)
    (folder / "loop").symlink_to(".")
    os.mkfifo(folder / "pipe.txt")
    no_date = "published_from is empty: no date in file, name or export; `kzpolicy template` writes a table"
    hidden = "hidden; hidden files and folders are not read"
    link = "a link, which is not followed, or no file; put the file itself in the folder"
    documents, found = merge(folder)
    told = found.groupby("file")["reason"].agg(list).to_dict()
    assert documents["file"].tolist() == ["2019-05-06.txt"]
    assert told.pop("empty.txt")[0].startswith("the file is empty") and told.pop("picture.jpg")
    assert told == {
        **{".hidden": [hidden], "KAZ/._a.txt": [hidden], "old": ["the tables of a study; not read"]},
        **{"undated.txt": [no_date]},
        "2019-02-30.txt": ["'2019-02-30' is not a date; write it as 2019-05-06"],
        "data.json": ["not an export of references (JSONDecodeError); export it again"],
        "a.bib": [
            "not read of it: r: a field stands twice",
            "no file found for 1 records (the first: The Road)",
        ],
        "line\\nbreak.txt": ["characters in its name do not print; rename it"],
        "\\udcff.txt": ["characters in its name do not print; rename it"],
        **{name: [link] for name in ("link.txt", "link", "loop", "pipe.txt")},
    }


def test_a_folder_that_is_not_there_or_empty(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"no such folder; give the folder that holds the texts\Z"):
        survey(tmp_path / "nowhere")
    documents, told = merge(tmp_path)
    assert documents.empty and told.empty


# The template.


def test_the_template_holds_what_is_known_and_is_read_again(tmp_path: Path) -> None:
    fill(tmp_path, {"a.md": f"---\ntitle: =1+1\ndate: 2019-05\n---\n{TEXT} 1", "b.txt": TEXT, "c.txt": ""})
    fill(tmp_path, {"2018-01-02.txt": f"{TEXT} 2", "2018-01-02.md": f"{TEXT} 3"})
    fill(tmp_path, {"export.csv": "text\nIt snows.\n"})
    path, n = write_template(tmp_path)
    table = pd.read_csv(path, dtype="str", keep_default_na=False, index_col="document")
    assert n == len(table) == 5
    assert table.loc["a", ["file", "title", *DATES]].tolist() == [
        *("a.md", "'=1+1", "2019-05-01", "2019-05-31", "front matter, to the month")
    ]
    assert table.loc["b", ["file", "title", *DATES]].tolist() == ["b.txt", "b", "", "", ""]
    assert table.loc[["2018-01-02", "2018-01-02-2"], "file"].tolist() == ["2018-01-02.md", "2018-01-02.txt"]
    assert list(skipped(tmp_path)) == ["b.txt", "export.csv#2", "c.txt"]
    before = path.read_bytes()
    with pytest.raises(StudyError, match=r"sources\.csv: exists; complete it, or take it away"):
        write_template(tmp_path)
    assert path.read_bytes() == before and before.startswith(b"\xef\xbb\xbf")
    # As a spreadsheet of another country saves it once it is completed.
    completed = before.replace(b"b.txt,b,,,,,,", b"b.txt,b,,,,,,2020").replace(b",", b";")
    path.write_bytes(completed)
    documents = known(tmp_path, "title", *DATES)
    assert documents["a"] == "=1+1 | 2019-05-01 | 2019-05-31 | front matter; to the month"
    assert documents["b"] == "b | 2020-01-01 | 2020-12-31 | as given, to the year"


def test_a_template_needs_a_text(tmp_path: Path) -> None:
    fill(tmp_path, {"a.jpg": b"\xff\xd8", "b.txt": ""})
    with pytest.raises(StudyError, match="no text in it can be read"):
        write_template(tmp_path)
    assert not (tmp_path / "sources.csv").exists()


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=200) | st.text(max_size=200).map(str.encode),
    st.sampled_from(["sources.csv", "a.ris", "a.bib", "a.json", "a.csv", "a.xlsx"]),
)
def test_any_bytes_beside_an_article_leave_the_article(tmp_path: Path, raw: bytes, name: str) -> None:
    folder = tmp_path / "texts"
    fill(folder, {"2019-05-06.txt": TEXT})
    for other in set(folder.iterdir()) - {folder / "2019-05-06.txt"}:
        other.unlink()
    fill(folder, {name: raw})
    try:
        assert "2019-05-06" in known(folder)
    except StudyError as error:
        assert name == "sources.csv" and len(str(error).splitlines()) == 1
