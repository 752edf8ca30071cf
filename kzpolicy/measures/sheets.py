"""Blind coding sheets: write one for a sample, and read it back after a spreadsheet has had it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kzpolicy.measures.sampling import PAIR, must_have
from kzpolicy.tables import TABLES, StudyError, check_table

CODES = ("reference", "tone", "stance", "confidence")
_ALLOWED = {column.name: column.allowed for column in TABLES["codes"].columns}
# What makes a spreadsheet take a cell for a formula; the apostrophe is here so that taking one away
# gives every cell back as it was.
_FORMULA = tuple("=+-@\t\r'")
_MINUS = str.maketrans({"\u2212": "-", "\u2013": "-", ",": "."})
_CONTROLS = r"[\x00-\x08\x0b\x0c\x0e-\x1f]"  # which no workbook can hold
_SUFFIXES = (".csv", ".xlsx")
_MOST_NAMED = 8  # wrong cells that a message names; the others are counted


def write_sheet(
    sample: pd.DataFrame,
    path: str | Path,
    texts: Mapping[str, str] | pd.DataFrame | None = None,
    *,
    seed: int = 0,
) -> None:
    """Write a coding sheet that tells the coder nothing but what is to be coded.

    Parameters
    ----------
    sample : pandas.DataFrame
        Pairs to code, as from `draw_sample`. Its scores, codes and inclusion probabilities are left out.
    path : str or Path
        The ``.csv`` or ``.xlsx`` file to write; give each coder one of their own. It must not exist.
    texts : mapping or pandas.DataFrame, optional
        Each sentence's text by its key (or the columns ``sentence`` and ``text`` of ``corpus.texts``), in
        reading order: the sheet then shows the sentence and its neighbours in the paragraph. Without them it
        says where the sentence stands. Do not publish a sheet that holds texts.
    seed : int, default 0
        Makes the random order of the rows; another seed for each coder.

    Raises
    ------
    StudyError
        If the file exists or its folder does not, or a sentence has no text.

    Notes
    -----
    A CSV file is in UTF-8 with a byte order mark, which spreadsheets open as it is meant. A cell that a
    spreadsheet would run as a formula begins with an apostrophe, which `read_sheet` removes.

    Examples
    --------
    >>> import tempfile
    >>> sample = pd.DataFrame({"sentence": ["a:1:1"], "power": ["china"], "plain": [0.9]})
    >>> sheet = Path(tempfile.mkdtemp()) / "anna.csv"
    >>> write_sheet(sample, sheet, {"a:1:1": "Beijing invests.", "a:1:2": "It rains."})
    >>> print(sheet.read_text("utf-8-sig"))
    item,sentence,power,before,text,after,reference,tone,stance,confidence
    1,a:1:1,china,,Beijing invests.,It rains.,,,,
    <BLANKLINE>
    """
    path = _sheet_path(path)
    must_have(sample, PAIR, "sample")
    rows = sample.iloc[np.random.default_rng(seed).permutation(len(sample))].reset_index(drop=True)
    table = rows[PAIR].astype("str")
    if texts is None:
        url = rows["url"].fillna("") if "url" in rows else ""
        table = table.assign(locator=[_place(sentence) for sentence in table["sentence"]], url=url)
    else:
        table = table.assign(**_shown(table["sentence"].tolist(), texts))
    table = table.map(_harmless).assign(**dict.fromkeys(CODES, ""))
    table.insert(0, "item", range(1, len(table) + 1))
    buffer = io.BytesIO()
    if path.suffix.lower() == ".xlsx":
        table.replace(_CONTROLS, " ", regex=True).to_excel(buffer, index=False)
    else:
        buffer.write(table.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig"))
    try:
        with path.open("xb") as file:
            file.write(buffer.getvalue())
    except FileExistsError:
        raise StudyError(f"{path}: exists, and may hold somebody's codes; give another name") from None
    except OSError as error:
        raise StudyError(f"{path}: cannot be written ({error.strerror}); give another place") from None


def read_sheet(path: str | Path, *, coder: str = "", sample: pd.DataFrame | None = None) -> pd.DataFrame:
    r"""Read a filled sheet.

    Parameters
    ----------
    path : str or Path
        The sheet, as ``.csv`` or ``.xlsx``. What spreadsheets change is understood: semicolons or tabs
        between the cells, ``1.0`` or ``1,0``, quotes and blanks around a code, a long minus, another
        encoding.
    coder : str, optional
        Who coded; the file's name without its ending if empty.
    sample : pandas.DataFrame, optional
        What was to be coded; its pairs and the sheet's must then be the same.

    Returns
    -------
    pandas.DataFrame
        The columns of the table ``codes``. Where ``reference`` is 0, an empty tone or stance is 0.

    Raises
    ------
    StudyError
        If the file cannot be read, a row is not filled, or a code is illegal: one line that names the
        rows, as a spreadsheet counts them.

    Examples
    --------
    >>> import tempfile
    >>> sheet = Path(tempfile.mkdtemp()) / "anna.csv"
    >>> _ = sheet.write_text("sentence;power;reference;tone;stance;confidence\na:1:1;china;1;-1,0;0;1")
    >>> read_sheet(sheet)[["coder", "tone", "stance"]].values.tolist()
    [['anna', -1, 0]]
    """
    path = _sheet_path(path)
    heading, *records = _records(path)
    heading = [cell.strip().lower() for cell in heading]
    if lacking := [name for name in (*PAIR, *CODES) if name not in heading]:
        raise StudyError(f"{path}: row 1: lacks column {', '.join(lacking)}; keep the sheet's heading")
    rows: list[dict[str, Any]] = []
    problems: list[str] = []
    unfilled: list[int] = []
    first: dict[tuple[str, ...], int] = {}
    for number, record in enumerate(records, start=2):
        cells = dict(zip(heading, [*record, *[""] * len(heading)], strict=False))
        if not any(cell.strip() for cell in record):
            continue
        key = tuple(_harmful(cells[name].strip()) for name in PAIR)
        row, wrong = _row(cells)
        if first.setdefault(key, number) != number:
            wrong = [f"{', '.join(key)} stands in row {first[key]} already"]
        elif not any(cells[name].strip() for name in CODES):
            unfilled.append(number)
            continue
        wrong = [f"{name} is empty" for name, k in zip(PAIR, key, strict=True) if not k] + wrong
        problems += [f"row {number}: {what}" for what in wrong]
        rows.append(dict(zip(PAIR, key, strict=True)) | {"coder": coder or path.stem} | row)
    problems = _unfilled(unfilled, len(rows)) + problems + _differences(set(first), sample)
    if problems:
        more = f"; and {len(problems) - _MOST_NAMED} more" if len(problems) > _MOST_NAMED else ""
        raise StudyError(f"{path}: {'; '.join(problems[:_MOST_NAMED])}{more}; correct the sheet and save it")
    return check_table(pd.DataFrame(rows, columns=TABLES["codes"].names), "codes", str(path))


def _sheet_path(path: str | Path) -> Path:
    if Path(path).suffix.lower() not in _SUFFIXES:
        raise StudyError(f"{path}: a coding sheet is a .csv or .xlsx file; give or save it as one")
    return Path(path)


def _shown(sentences: list[str], texts: Mapping[str, str] | pd.DataFrame) -> dict[str, list[str]]:
    """Give each sentence's text, and those before and after it in its paragraph."""
    if isinstance(texts, pd.DataFrame):
        must_have(texts, ["sentence", "text"], "texts")
        texts = dict(zip(texts["sentence"].astype("str"), texts["text"], strict=True))
    if without := [one for one in sentences if not str(texts.get(one, "")).strip()]:
        raise StudyError(f"sentence {without[0]} has no text; give the texts of all, or of none")
    steps = {"before": -1, "text": 0, "after": 1}
    return {name: [_near(texts, sentence, step) for sentence in sentences] for name, step in steps.items()}


def _near(texts: Mapping[str, str], sentence: str, step: int) -> str:
    """Give the text so many sentences on in the same paragraph; a heading (sentence 0) stands alone."""
    paragraph, _, position = sentence.rpartition(":")
    if not step:
        return str(texts[sentence])
    at = int(position) + step if position.isdecimal() and position != "0" else 0
    return str(texts.get(f"{paragraph}:{at}", "")) if at > 0 else ""


def _harmless(cell: object) -> str:
    """Put an apostrophe before a cell that a spreadsheet could run as a formula."""
    text = str(cell)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _harmful(cell: str) -> str:
    """Take the apostrophe of `_harmless` away."""
    return cell[1:] if cell.startswith("'") else cell


def _place(sentence: str) -> str:
    """Say in words where a sentence stands."""
    document, paragraph, position = sentence.rsplit(":", 2)
    where = "standfirst" if paragraph == "0" else f"paragraph {paragraph}"
    return f"{document}, " + (
        f"heading above {where}" if position == "0" else f"{where}, sentence {position}"
    )


def _records(path: Path) -> list[list[str]]:
    """Take the file apart, whatever the spreadsheet chose for encoding and separator."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StudyError(f"{path}: cannot be read ({error.strerror}); give the filled sheet") from None
    if path.suffix.lower() == ".xlsx" or content.startswith(b"PK"):
        try:
            cells = pd.read_excel(io.BytesIO(content), header=None, dtype=str, na_filter=False)
        except Exception as error:  # a damaged workbook can fail anywhere inside the reader
            raise StudyError(
                f"{path}: is no sound Excel workbook ({error}); save it anew, or as .csv"
            ) from None
        return cells.to_numpy().tolist() or [[]]
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = content.decode("latin-1")  # locators and codes are ASCII; the text is not read
    separator = max(",;\t", key=text.partition("\n")[0].count)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator)) or [[]]
    except csv.Error as error:
        raise StudyError(f"{path}: is no sound table ({error}); look for a lone quotation mark") from None


def _row(cells: Mapping[str, str]) -> tuple[dict[str, int], list[str]]:
    """Read one row's codes; say what is wrong with them."""
    written = {name: cells[name].strip(" \t\r\n\u00a0\"'") for name in CODES}
    absent = _number(written["reference"]) == 0
    row, wrong = {}, []
    for name, text in written.items():
        code = 0.0 if absent and not text and name in ("tone", "stance") else _number(text)
        if code is None and not text:
            wrong.append(f"{name} is empty")
        elif code is None or code not in _ALLOWED[name]:
            wrong.append(f"{name} {text[:20]!r} is none of {', '.join(map(str, _ALLOWED[name]))}")
        elif absent and code and name in ("tone", "stance"):
            wrong.append(f"{name} is {text} where reference is 0; it must be 0 there")
        else:
            row[name] = int(code)
    return row, wrong


def _number(text: str) -> float | None:
    try:
        return float(text.translate(_MINUS))
    except ValueError:
        return None


def _unfilled(rows: list[int], filled: int) -> list[str]:
    """Say in one phrase that, and where, a sheet is not filled."""
    if not rows:
        return []
    where = f"row {rows[0]}" if len(rows) == 1 else f"rows {rows[0]} to {rows[-1]}"
    return [f"{len(rows)} of {len(rows) + filled} rows are not filled ({where})"]


def _differences(found: set[tuple[str, ...]], sample: pd.DataFrame | None) -> list[str]:
    if sample is None:
        return []
    must_have(sample, PAIR, "sample")
    wanted = set(zip(*(sample[name].astype("str") for name in PAIR), strict=True))
    missing = [f"{', '.join(key)} is in the sample but in no row" for key in sorted(wanted - found)]
    return missing + [f"{', '.join(key)} is in a row but not in the sample" for key in sorted(found - wanted)]
