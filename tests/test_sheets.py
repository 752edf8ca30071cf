"""The coding sheet: blind, harmless in a spreadsheet, read back whatever a spreadsheet did; all invented."""

import csv
import io
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from kzpolicy.measures.sheets import read_sheet, write_sheet
from kzpolicy.tables import TABLES, StudyError

PAIRS = [("-a:1:1", "russia"), ("-a:1:1", "china"), ("b:0:1", "usa"), ("b:2:0", "eu"), ("b:3:2", "west")]
TEXTS = {
    "-a:1:1": "=HYPERLINK(\"http://x\"; 'click')",
    "-a:1:2": "+ Behind it",
    "b:0:1": 'Two lines,\nwith "quotes"; and a \'tick',
    "b:2:0": "\tTabs, Қазақстан, naïve",
    "b:2:1": "Under the heading",
    "b:3:1": "Before it",
    "b:3:2": "'Quoted' from the start",
}
FILLED = {"reference": 1, "tone": -1, "stance": 0, "confidence": 1}
HEADING = "sentence,power,reference,tone,stance,confidence"


def sample() -> pd.DataFrame:
    links = ["http://a", None, "@b", "http://b", "=b"]
    return pd.DataFrame(PAIRS, columns=["sentence", "power"]).assign(
        inclusion=0.25, plain=0.77, tone=1.0, url=links
    )


def cells(path: Path) -> list[list[str]]:
    """Read a sheet as a spreadsheet does."""
    if path.suffix == ".xlsx":
        rows = openpyxl.load_workbook(path).active.iter_rows(values_only=True)
        return [["" if cell is None else str(cell) for cell in row] for row in rows]
    return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def sheet(tmp_path: Path, *rows: str, heading: str = HEADING) -> Path:
    path = tmp_path / "anna.csv"
    path.write_bytes("\r\n".join([heading, *rows]).encode())
    return path


def problem(path: Path, wanted: pd.DataFrame | None = None) -> str:
    with pytest.raises(StudyError) as caught:
        read_sheet(path, sample=wanted)
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and "\n" not in message
    return message.removeprefix(f"{path}: ").removesuffix("; correct the sheet and save it")


@pytest.mark.parametrize("name", ["s.csv", "s.xlsx"])
@pytest.mark.parametrize("texts", [TEXTS, pd.DataFrame({"sentence": TEXTS.keys(), "text": TEXTS.values()})])
def test_a_sheet_is_blind_and_shows_a_sentence_with_its_neighbours(
    tmp_path: Path, name: str, texts: Any
) -> None:
    write_sheet(sample(), tmp_path / name, texts)
    heading, *rows = cells(tmp_path / name)
    assert heading == ["item", "sentence", "power", "before", "text", "after", *FILLED]
    assert [row[0] for row in rows] == ["1", "2", "3", "4", "5"] and all(row[6:] == [""] * 4 for row in rows)
    shown = {(row[1], row[2]): row[3:6] for row in rows}
    assert shown["'-a:1:1", "china"] == ["", "'" + TEXTS["-a:1:1"], "'+ Behind it"]
    assert shown["b:3:2", "west"] == ["Before it", "'" + TEXTS["b:3:2"], ""]
    assert shown["b:2:0", "eu"] == ["", "'" + TEXTS["b:2:0"], ""]
    assert len(shown) == 5
    for row in rows:
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)


def test_without_texts_a_sheet_says_where_to_look(tmp_path: Path) -> None:
    write_sheet(sample(), tmp_path / "s.csv")
    heading, *rows = cells(tmp_path / "s.csv")
    assert heading[3:5] == ["locator", "url"]
    found = {(row[1], row[2]): row[3:5] for row in rows}
    assert found["'-a:1:1", "china"] == ["'-a, paragraph 1, sentence 1", ""]
    assert found["b:0:1", "usa"] == ["b, standfirst, sentence 1", "'@b"]
    assert found["b:2:0", "eu"] == ["b, heading above paragraph 2", "http://b"]
    assert b"0.77" not in (tmp_path / "s.csv").read_bytes()


def test_order_is_random_by_seed_and_nothing_is_overwritten(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_sheet(sample(), tmp_path / f"{name}.csv", seed=seed)
    one, again, other = ((tmp_path / f"{name}.csv").read_bytes() for name in "abc")
    assert one == again != other
    for path, texts, message in (
        (tmp_path / "a.csv", None, "exists, and may hold somebody's codes"),
        (tmp_path / "nowhere" / "a.csv", None, r"cannot be written \(No such file or directory\)"),
        (tmp_path / "a.txt", None, "a coding sheet is a .csv or .xlsx file"),
        (tmp_path / "d.csv", TEXTS | {"b:3:2": " "}, "sentence b:3:2 has no text"),
    ):
        with pytest.raises(StudyError, match=message):
            write_sheet(sample(), path, texts)
    assert (tmp_path / "a.csv").read_bytes() == one and not (tmp_path / "d.csv").exists()


@pytest.mark.parametrize("name", ["s.csv", "s.xlsx"])
@pytest.mark.parametrize("form", ["a.xlsx", ",utf-8", ";utf-16", "\tcp1252", ";utf-8-sig"])
def test_a_sheet_comes_back_whatever_saved_it(tmp_path: Path, name: str, form: str) -> None:
    write_sheet(sample(), tmp_path / name, TEXTS)
    heading, *rows = cells(tmp_path / name)
    table = pd.DataFrame([[*row[:-4], *FILLED.values()] for row in rows], columns=heading)
    path = tmp_path / ("anna.xlsx" if form == "a.xlsx" else "anna.csv")
    if form == "a.xlsx":
        table.to_excel(path, index=False)
    else:
        table.to_csv(path, index=False, sep=form[0], encoding=form[1:], errors="replace")
    codes = read_sheet(path, sample=sample())
    assert list(codes) == TABLES["codes"].names
    assert sorted(zip(codes["sentence"], codes["power"], strict=True)) == sorted(PAIRS)
    assert set(codes["coder"]) == {"anna"} and set(read_sheet(path, coder="a")["coder"]) == {"a"}
    assert codes[list(FILLED)].drop_duplicates().to_numpy().tolist() == [[1, -1, 0, 1]]


@pytest.mark.parametrize(
    "code", ["-1", "-1.0", "-1,0", " -1 ", "\u22121", "\u20131", "'-1", "-1\u00a0", '"-1"', "-1,00"]
)
def test_what_a_spreadsheet_makes_of_a_code(tmp_path: Path, code: str) -> None:
    path = sheet(tmp_path, f"a:1:1;russia;1;{code};+1;1", heading=HEADING.replace(",", "; ").upper())
    assert read_sheet(path)[["tone", "stance"]].to_numpy().tolist() == [[-1, 1]]


def test_columns_may_move_and_codes_of_what_is_not_meant_stay_empty(tmp_path: Path) -> None:
    heading = "notes,stance,tone,reference,confidence,power,sentence"
    path = sheet(tmp_path, "unsure,1,0,1,1,russia,a:1:1", "", ",,,,,,", ",,,0,1,china,a:1:1", heading=heading)
    assert read_sheet(path)[["power", "stance", "tone"]].values.tolist() == [
        ["russia", 1, 0],
        ["china", 0, 0],
    ]


def test_wrong_codes_are_named_by_their_rows_in_one_line(tmp_path: Path) -> None:
    rows = ["a:1:1,russia,1,2,0,1", 'a:1:2,russia,1,"",x,1', "", ",russia,1,0,0,1", "a:1:1,russia,1,0,0,1"]
    assert problem(sheet(tmp_path, *rows, "a:1:4,russia,0,1,0,1", "a:1:5,russia,1,0.5,nan,-1")) == (
        "row 2: tone '2' is none of -1, 0, 1; row 3: tone is empty; row 3: stance 'x' is none of -1, 0, 1; "
        "row 5: sentence is empty; row 6: a:1:1, russia stands in row 2 already; "
        "row 7: tone is 1 where reference is 0; it must be 0 there; row 8: tone '0.5' is none of -1, 0, 1; "
        "row 8: stance 'nan' is none of -1, 0, 1; and 1 more"
    )
    rows = ['a:1:1,russia,"one\ntwo\nthree",1,0,0,1', "a:1:2,russia,four,1,,0,1"]
    assert (
        problem(sheet(tmp_path, *rows, heading=HEADING.replace("power", "power,text")))
        == "row 3: tone is empty"
    )


def test_a_half_filled_sheet_is_told_in_one_phrase(tmp_path: Path) -> None:
    write_sheet(sample(), tmp_path / "s.xlsx")
    assert problem(tmp_path / "s.xlsx") == "5 of 5 rows are not filled (rows 2 to 6)"
    rows = ["a:1:1,russia,1,0,0,1", "a:1:2,russia,,,,", "a:1:3,russia,1,,0,1"]
    assert problem(sheet(tmp_path, *rows)) == "1 of 3 rows are not filled (row 3); row 4: tone is empty"


def test_pairs_lost_or_added_are_named(tmp_path: Path) -> None:
    path = sheet(tmp_path, "a:1:1,russia,1,0,0,1", "a:1:2,china,1,0,0,1")
    wanted = pd.DataFrame({"sentence": ["a:1:1", "a:1:1"], "power": ["russia", "china"]})
    told = "a:1:1, china is in the sample but in no row; a:1:2, china is in a row but not in the sample"
    assert problem(path, wanted) == told


def test_files_that_are_no_sheets(tmp_path: Path) -> None:
    assert "lacks column reference, stance, confidence" in problem(
        sheet(tmp_path, heading="sentence,power,tone")
    )
    assert "cannot be read (No such file or directory)" in problem(tmp_path / "nobody.csv")
    (tmp_path / "b.xlsx").write_bytes(b"PK no workbook")
    assert "is no sound Excel workbook" in problem(tmp_path / "b.xlsx")
    assert "look for a lone quotation mark" in problem(sheet(tmp_path, '"' + "x" * 200_000))
