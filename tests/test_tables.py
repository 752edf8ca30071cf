"""The declared tables: types, ranges, keys, and errors that name the row as a spreadsheet counts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from kzpolicy.tables import (
    TABLES,
    StudyError,
    as_list,
    check_references,
    check_table,
    read_toml,
    unknown_name,
)

CODES = pd.DataFrame(
    {
        "sentence": ["a:1:1", "a:1:2"],
        "power": ["china", "russia"],
        "coder": ["x", "x"],
        "reference": ["1", "1"],
        "tone": ["-1", "0"],
        "stance": ["1", "0"],
        "confidence": ["1", "0"],
    }
)


def fault(frame: pd.DataFrame, name: str) -> str:
    with pytest.raises(StudyError) as caught:
        check_table(frame, name, f"{name}.csv")
    return str(caught.value)


def test_text_becomes_typed() -> None:
    typed = check_table(CODES[CODES.columns[::-1]], "codes")
    assert list(typed) == TABLES["codes"].names
    assert [str(t) for t in typed.dtypes] == ["str"] * 3 + ["int64"] * 4
    assert typed["tone"].tolist() == [-1, 0]


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("tone", "2", "codes.csv: row 3: tone is none of -1, 0, 1 ('2'); correct it"),
        ("tone", "0.5", "codes.csv: row 3: tone is not a whole number ('0.5'); correct it"),
        ("tone", "high", "codes.csv: row 3: tone is not a number ('high'); correct it"),
        ("stance", "", "codes.csv: row 3: stance is empty (''); correct it"),
        ("sentence", "a:1:1", None),
    ],
)
def test_a_fault_names_its_row(column: str, value: str, said: str | None) -> None:
    frame = CODES.copy()
    frame.loc[1, column] = value
    if column == "sentence":
        frame.loc[1, "power"] = "china"
        said = "codes.csv: row 3: key a:1:1, china, x stands twice; keep one row"
    assert fault(frame, "codes") == said


def test_columns_must_be_those_of_the_table() -> None:
    assert "codes.csv: lacks column 'tone'; the columns are sentence, power" in fault(
        CODES.drop(columns="tone"), "codes"
    )
    assert "has an unknown column 'mood'" in fault(CODES.assign(mood=1), "codes")


@pytest.mark.parametrize(
    ("table", "column", "value", "said"),
    [
        ("sentences", "vader_compound", "9", "is over 1"),
        ("sentences", "words", "-3", "is under 0"),
        ("mentions", "tone", "inf", "is over 1"),
        ("mentions", "stance", "-1.5", "is under -1"),
        ("terms", "count", "0", "is under 1"),
    ],
)
def test_values_out_of_range_are_refused(table: str, column: str, value: str, said: str) -> None:
    row: dict[str, Any] = {c.name: "1" if c.type != "string" else "x" for c in TABLES[table].columns}
    row |= {c.name: str(c.allowed[0]) for c in TABLES[table].columns if c.allowed}
    row |= {"vader_compound": "0", column: value} if table == "sentences" else {column: value}
    assert f"{table}.csv: row 2: {column} {said}" in fault(pd.DataFrame([row]), table)


def document(**facts: str) -> pd.DataFrame:
    row = {c.name: "1" if c.type == "integer" else "x" for c in TABLES["documents"].columns}
    return pd.DataFrame([row | {"published_from": "2019-05-06", "published_to": "2019-05-06"} | facts])


def test_documents_have_a_usable_key_and_dates_in_order() -> None:
    assert check_table(document(), "documents")["published_from"][0] == pd.Timestamp("2019-05-06")
    assert "key a b holds other than letters" in fault(document(document="a b"), "documents")
    assert "x is published_from after published_to" in fault(document(published_to="2018-01-01"), "documents")
    assert "published_to is not a date (YYYY-MM-DD)" in fault(document(published_to="6.5.2019"), "documents")


def test_a_key_that_is_not_there_is_named() -> None:
    sentences = pd.DataFrame({"sentence": ["a:1:1"], "document": ["a"]})
    tables = {"codes": check_table(CODES, "codes"), "sentences": sentences}
    with pytest.raises(StudyError, match=re.escape("codes.csv: row 3: sentence a:1:2 is not in sentences")):
        check_references({"codes": tables["codes"]} | {"sentences": sentences, "documents": sentences})


def test_names_that_are_near_are_told() -> None:
    assert str(unknown_name("power", "Rusia", ["russia", "china"])) == (
        "no power 'Rusia'; near is russia; known are russia, china"
    )
    many = str(unknown_name("document", "zzz", [f"text{n}" for n in range(20)]))
    assert "near" not in many and many.endswith("text11 and 8 more")


def test_one_item_is_a_list_of_one() -> None:
    assert (as_list(2019), as_list("a"), as_list(None), as_list(["a", "b"])) == (
        [2019],
        ["a"],
        [],
        ["a", "b"],
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"name = ", "not a TOML file in UTF-8 (Invalid value"),
        (b'name = "\xff"', "not a TOML file in UTF-8 ('utf-8' codec"),
        (b"a = " + b"[" * 5000, "not a TOML file in UTF-8"),
        (b"a = " + b"1" * 5000, "not a TOML file in UTF-8"),
    ],
)
def test_a_broken_toml_file_is_one_line(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "powers.toml"
    path.write_bytes(content)
    with pytest.raises(StudyError) as caught:
        read_toml(path)
    assert str(caught.value).startswith(f"{path}: {said}") and "\n" not in str(caught.value)


def test_toml_with_a_mark_of_its_encoding_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes("\ufeffname = 'Ö'".encode())
    assert read_toml(tmp_path / "a.toml") == {"name": "Ö"}
    with pytest.raises(StudyError, match="no such file; check the path"):
        read_toml(tmp_path / "b.toml")
    with pytest.raises(StudyError, match="cannot be read"):
        read_toml(tmp_path)
