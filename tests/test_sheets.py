"""The coding sheet: blind, harmless in a spreadsheet, and read back whatever a spreadsheet did to it."""

import csv
import doctest
import io
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kzpolicy import StudyError, read_sheet, sheets, write_sheet
from kzpolicy.schema import TABLES
from kzpolicy.sheets import harmful, harmless

PAIRS = [("-a:1:1", "russia"), ("-a:1:1", "china"), ("b:0:1", "usa"), ("b:2:0", "eu"), ("b:3:2", "west")]
TEXTS = {
    "-a:1:1": "=HYPERLINK(\"http://x\"; 'click')",
    "b:0:1": 'Two lines,\nwith "quotes"; and a \'tick',
    "b:2:0": "\tTabs, Қазақстан, naïve",
    "b:3:2": "'Quoted' from the start",
}
FILLED = {"reference": "1", "tone": "-1", "stance": "0", "confidence": "1"}


def sample() -> pd.DataFrame:
    return pd.DataFrame(PAIRS, columns=["sentence", "power"]).assign(
        inclusion=0.25, plain=0.77, tone=1.0, url=["http://a", None, "@b", "http://b", "=b"]
    )


def cells(path: Path) -> list[list[str]]:
    """Read a sheet as a spreadsheet does."""
    return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def sheet(
    tmp_path: Path, *rows: str, heading: str = "sentence,power,reference,tone,stance,confidence"
) -> Path:
    path = tmp_path / "anna.csv"
    path.write_bytes("\r\n".join([heading, *rows]).encode())
    return path


def problems(path: Path, wanted: pd.DataFrame | None = None) -> list[str]:
    with pytest.raises(StudyError) as caught:
        read_sheet(path, sample=wanted)
    assert str(path) in str(caught.value)
    return str(caught.value).splitlines()[1:]


def test_examples_in_docstrings() -> None:
    assert doctest.testmod(sheets).failed == 0


# Writing


def test_a_sheet_is_blind_and_has_every_pair_once(tmp_path: Path) -> None:
    write_sheet(sample(), tmp_path / "s.csv", TEXTS)
    heading, *rows = cells(tmp_path / "s.csv")
    codes = ["reference", "tone", "stance", "confidence"]
    assert heading == ["item", "sentence", "power", "text", *codes]
    assert [row[0] for row in rows] == ["1", "2", "3", "4", "5"]
    assert sorted((harmful(row[1]), row[2]) for row in rows) == sorted(PAIRS)
    assert {harmful(row[1]): harmful(row[3]) for row in rows} == TEXTS
    assert all(row[4:] == [""] * 4 for row in rows)
    content = (tmp_path / "s.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf") and b"0.77" not in content and b"0.25" not in content


def test_without_texts_a_sheet_says_where_to_look(tmp_path: Path) -> None:
    write_sheet(sample(), tmp_path / "s.csv")
    heading, *rows = cells(tmp_path / "s.csv")
    assert heading[3:5] == ["locator", "url"]
    found = {(row[1], row[2]): tuple(row[3:5]) for row in rows}
    assert found["'-a:1:1", "russia"] == ("'-a, paragraph 1, sentence 1", "http://a")
    assert found["'-a:1:1", "china"] == ("'-a, paragraph 1, sentence 1", "")
    assert found["b:0:1", "usa"] == ("b, standfirst, sentence 1", "'@b")
    assert found["b:2:0", "eu"] == ("b, heading above paragraph 2", "http://b")
    assert found["b:3:2", "west"] == ("b, paragraph 3, sentence 2", "'=b")
    write_sheet(sample().drop(columns="url"), tmp_path / "t.csv")
    assert {row[4] for row in cells(tmp_path / "t.csv")[1:]} == {""}


def test_order_is_random_by_seed(tmp_path: Path) -> None:
    orders = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_sheet(sample(), tmp_path / f"{name}.csv", seed=seed)
        orders.append([row[1:3] for row in cells(tmp_path / f"{name}.csv")])
    assert orders[0] == orders[1] != orders[2]


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    write_sheet(sample(), tmp_path / "s.csv", TEXTS)
    write_sheet(sample(), tmp_path / "t.csv")
    for row in cells(tmp_path / "s.csv") + cells(tmp_path / "t.csv"):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)


@given(st.text(max_size=20) | st.text("=+-@\t\r'a", max_size=5))
def test_harmless_cells_come_back_as_they_were(cell: str) -> None:
    assert harmful(harmless(cell)) == cell
    assert not harmless(cell).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_a_filled_sheet_is_never_overwritten(tmp_path: Path) -> None:
    write_sheet(sample(), tmp_path / "s.csv")
    before = (tmp_path / "s.csv").read_bytes()
    with pytest.raises(StudyError, match="exists, and may hold somebody's codes"):
        write_sheet(sample(), tmp_path / "s.csv", seed=9)
    assert (tmp_path / "s.csv").read_bytes() == before


def test_a_sentence_without_text_is_named_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="sentence b:3:2 has no text"):
        write_sheet(sample(), tmp_path / "s.csv", TEXTS | {"b:3:2": " "})
    assert not (tmp_path / "s.csv").exists()


# Reading


def fill(path: Path, out: Path, separator: str, encoding: str) -> None:
    """Code every row and save as a spreadsheet would."""
    heading, *rows = cells(path)
    rows = [[*row[:-4], *FILLED.values()] for row in rows]
    with out.open("w", encoding=encoding, errors="replace", newline="") as file:
        csv.writer(file, delimiter=separator).writerows([heading, *rows])


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("texts", [TEXTS, None])
def test_round_trip(tmp_path: Path, separator: str, encoding: str, texts: dict[str, str] | None) -> None:
    write_sheet(sample(), tmp_path / "s.csv", texts)
    fill(tmp_path / "s.csv", tmp_path / "anna.csv", separator, encoding)
    codes = read_sheet(tmp_path / "anna.csv", sample=sample())
    assert list(codes) == TABLES["codes"].names
    assert sorted(zip(codes["sentence"], codes["power"], strict=True)) == sorted(PAIRS)
    assert set(codes["coder"]) == {"anna"}
    assert codes[list(FILLED)].drop_duplicates().to_numpy().tolist() == [[1, -1, 0, 1]]
    assert set(read_sheet(tmp_path / "anna.csv", coder="a")["coder"]) == {"a"}


@pytest.mark.parametrize(
    "written",
    ["-1", "-1.0", "-1,0", " -1 ", "\u22121", "\u20131", "'-1", "-1\u00a0", '"-1"', "-1.", "-1,00"],
)
def test_what_a_spreadsheet_makes_of_a_code(tmp_path: Path, written: str) -> None:
    path = sheet(
        tmp_path,
        f"a:1:1;russia;1;{written};+1;1",
        heading="Sentence; power;reference;tone ;STANCE;confidence",
    )
    codes = read_sheet(path)
    assert codes[["tone", "stance"]].to_numpy().tolist() == [[-1, 1]]


def test_columns_may_move_and_notes_are_ignored(tmp_path: Path) -> None:
    path = sheet(
        tmp_path,
        "unsure,1,0,1,1,russia,a:1:1",
        "",
        ",,,,,,",
        heading="notes,stance,tone,reference,confidence,power,sentence",
    )
    assert read_sheet(path)[["sentence", "stance", "tone"]].to_numpy().tolist() == [["a:1:1", 1, 0]]


def test_tone_and_stance_may_stay_empty_where_the_power_is_not_meant(tmp_path: Path) -> None:
    codes = read_sheet(sheet(tmp_path, "a:1:1,russia,0,,,1"))
    assert codes[["reference", "tone", "stance"]].to_numpy().tolist() == [[0, 0, 0]]


def test_every_wrong_code_is_named_by_its_row(tmp_path: Path) -> None:
    path = sheet(
        tmp_path,
        "a:1:1,russia,1,2,0,1",
        'a:1:2,russia,1,"",x,1',
        "",
        "a:1:3,russia,2,0,0",
        ",russia,1,0,0,1",
        "a:1:1,russia,1,0,0,1",
        "a:1:4,russia,0,1,0,1",
        "a:1:5,russia,1,0.5,nan,-1",
        "a:1:6,russia,1,0,0,1",
    )
    assert problems(path) == [
        "row 2: tone '2' is none of -1, 0, 1",
        "row 3: tone is empty",
        "row 3: stance 'x' is none of -1, 0, 1",
        "row 5: reference '2' is none of 0, 1",
        "row 5: confidence is empty",
        "row 6: sentence is empty",
        "row 7: a:1:1, russia stands in row 2 already",
        "row 8: tone is 1 where reference is 0; it must be 0 there",
        "row 9: tone '0.5' is none of -1, 0, 1",
        "row 9: stance 'nan' is none of -1, 0, 1",
        "row 9: confidence '-1' is none of 0, 1",
    ]


def test_rows_are_counted_as_a_spreadsheet_does_over_line_breaks(tmp_path: Path) -> None:
    path = sheet(
        tmp_path,
        'a:1:1,russia,"one\ntwo\nthree",1,0,0,1',
        "a:1:2,russia,four,1,,0,1",
        heading="sentence,power,text,reference,tone,stance,confidence",
    )
    assert problems(path) == ["row 3: tone is empty"]


def test_an_empty_sheet_lacks_every_code(tmp_path: Path) -> None:
    write_sheet(sample(), tmp_path / "s.csv")
    assert len(problems(tmp_path / "s.csv")) == 5 * 4


def test_pairs_lost_or_added_are_named(tmp_path: Path) -> None:
    path = sheet(tmp_path, "a:1:1,russia,1,0,0,1", "a:1:2,china,1,0,0,1")
    wanted = pd.DataFrame({"sentence": ["a:1:1", "a:1:1"], "power": ["russia", "china"]})
    assert problems(path, wanted) == [
        "a:1:1, china is in the sample but in no row",
        "a:1:2, china is in a row but not in the sample",
    ]


@pytest.mark.parametrize(
    ("heading", "message"),
    [
        ("sentence,power,tone", "row 1: lacks column reference, stance, confidence"),
        ("", "row 1: lacks column sentence, power"),
    ],
)
def test_a_heading_that_lost_columns_is_named(tmp_path: Path, heading: str, message: str) -> None:
    with pytest.raises(StudyError, match=message):
        read_sheet(sheet(tmp_path, heading=heading))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="cannot be read"):
        read_sheet(tmp_path / "nobody.csv")
