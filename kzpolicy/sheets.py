"""Blind coding sheets: write one for a sample, and read it back after a spreadsheet has had it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from kzpolicy.errors import StudyError
from kzpolicy.schema import TABLES, check

CODES = ("reference", "tone", "stance", "confidence")
_ALLOWED = {c.name: c.allowed for c in TABLES["codes"].columns if c.name in CODES}
_KEYS = ("sentence", "power")
# What makes a spreadsheet take a cell for a formula; the apostrophe is here so that taking one away
# gives every cell back as it was.
FORMULA = "=+-@\t\r'"
_MINUS = str.maketrans({"\u2212": "-", "\u2013": "-", ",": "."})


def write_sheet(
    sample: pd.DataFrame, path: str | Path, texts: Mapping[str, str] | None = None, *, seed: int = 0
) -> None:
    """Write a coding sheet that tells the coder nothing but what is to be coded.

    Parameters
    ----------
    sample
        Pairs to code, as from `kzpolicy.sampling.draw_sample`. Its scores, codes and inclusion
        probabilities are left out.
    path
        The CSV file to write; give each coder one of their own. It must not exist.
    texts
        Each sentence's text by its locator, for those who have the texts: ``sentence`` and ``text``
        of `kzpolicy.parsing.parse_sentences`. Without them the sheet says where the sentence
        stands. Do not publish a sheet that holds texts.
    seed
        Makes the random order of the rows; another seed for each coder.

    Raises
    ------
    StudyError
        If the file exists, or a sentence has no text.

    Notes
    -----
    The file is CSV in UTF-8 with a byte order mark, which spreadsheets open as it is meant. A cell
    that a spreadsheet would run as a formula begins with an apostrophe, which `read_sheet` removes.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> sample = pd.DataFrame({"sentence": ["a:1:1"], "power": ["china"], "plain": [0.9]})
    >>> sheet = Path(tempfile.mkdtemp()) / "anna.csv"
    >>> write_sheet(sample, sheet, {"a:1:1": "Beijing invests."})
    >>> print(sheet.read_text("utf-8-sig"))
    item,sentence,power,text,reference,tone,stance,confidence
    1,a:1:1,china,Beijing invests.,,,,
    <BLANKLINE>
    """
    path = Path(path)
    rows = sample.iloc[np.random.default_rng(seed).permutation(len(sample))]
    keys = [(str(s), str(p)) for s, p in zip(rows["sentence"], rows["power"], strict=True)]
    if texts is not None:
        without = [sentence for sentence, _ in keys if not str(texts.get(sentence, "")).strip()]
        if without:
            raise StudyError(f"sentence {without[0]} has no text; give the texts of all, or of none")
        shown, cells = ["text"], [[texts[sentence]] for sentence, _ in keys]
    else:
        links = rows["url"].fillna("") if "url" in rows else pd.Series("", index=rows.index)
        shown = ["locator", "url"]
        cells = [[_place(sentence), str(url)] for (sentence, _), url in zip(keys, links, strict=True)]
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(["item", *_KEYS, *shown, *CODES])
    for item, (key, cell) in enumerate(zip(keys, cells, strict=True), start=1):
        writer.writerow([item, *map(harmless, [*key, *cell]), *[""] * len(CODES)])
    try:
        with path.open("xb") as file:
            file.write(buffer.getvalue().encode("utf-8-sig"))
    except FileExistsError:
        raise StudyError(f"{path}: exists, and may hold somebody's codes; give another name") from None


def read_sheet(path: str | Path, *, coder: str = "", sample: pd.DataFrame | None = None) -> pd.DataFrame:
    """Read a filled sheet.

    Parameters
    ----------
    path
        The sheet, as CSV. What spreadsheets change is understood: semicolons or tabs between the
        cells, ``1.0`` or ``1,0``, quotes and blanks around a code, a long minus, another encoding.
    coder
        Who coded; the file's name without its ending if empty.
    sample
        What was to be coded; its pairs and the sheet's must then be the same.

    Returns
    -------
    DataFrame
        The columns of the table ``codes``. Where ``reference`` is 0, an empty tone or stance is 0.

    Raises
    ------
    StudyError
        Naming every illegal or missing code by its row, as a spreadsheet counts rows.
    """
    path = Path(path)
    try:
        records = _records(path.read_bytes())
    except OSError as error:
        raise StudyError(f"{path}: cannot be read ({error.strerror}); give the filled sheet") from None
    heading = [cell.strip().lower() for cell in records[0]]
    lacking = [name for name in (*_KEYS, *CODES) if name not in heading]
    if lacking:
        raise StudyError(f"{path}: row 1: lacks column {', '.join(lacking)}; keep the sheet's heading")
    rows, problems = [], []
    first: dict[tuple[str, ...], int] = {}
    for number, record in enumerate(records[1:], start=2):
        if not any(cell.strip() for cell in record):
            continue
        cells = dict(zip(heading, [*record, *[""] * len(heading)], strict=False))
        key = tuple(harmful(cells[name].strip()) for name in _KEYS)
        row, wrong = _row(cells)
        wrong = [f"{name} is empty" for name, k in zip(_KEYS, key, strict=True) if not k] + wrong
        if first.setdefault(key, number) != number:
            wrong.append(f"{', '.join(key)} stands in row {first[key]} already")
        problems += [f"row {number}: {what}" for what in wrong]
        rows.append(dict(zip(_KEYS, key, strict=True)) | {"coder": coder or path.stem} | row)
    problems += _differences(set(first), sample)
    if problems:
        raise StudyError(
            f"{path}: {len(problems)} codes or rows are wrong; correct them\n" + "\n".join(problems)
        )
    return check(pd.DataFrame(rows, columns=TABLES["codes"].names), "codes", str(path))


def harmless(cell: str) -> str:
    """Put an apostrophe before a cell that a spreadsheet could run as a formula.

    Examples
    --------
    >>> harmless("=1+1"), harmless("1+1"), harmful(harmless("'twas"))
    ("'=1+1", '1+1', "'twas")
    """
    return f"'{cell}" if cell.startswith(tuple(FORMULA)) else cell


def harmful(cell: str) -> str:
    """Take the apostrophe of `harmless` away."""
    return cell[1:] if cell.startswith("'") else cell


def _place(sentence: str) -> str:
    """Say in words where a sentence stands."""
    document, paragraph, position = sentence.rsplit(":", 2)
    where = "standfirst" if paragraph == "0" else f"paragraph {paragraph}"
    return f"{document}, " + (
        f"heading above {where}" if position == "0" else f"{where}, sentence {position}"
    )


def _records(content: bytes) -> list[list[str]]:
    """Take the file apart, whatever the spreadsheet chose for encoding and separator."""
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = content.decode("latin-1")  # locators and codes are ASCII; the text is not read
    heading = text.partition("\n")[0]
    separator = max(",;\t", key=heading.count)
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator)) or [[]]


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
            wrong.append(f"{name} {text!r} is none of {', '.join(map(str, _ALLOWED[name]))}")
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


def _differences(found: set[tuple[str, ...]], sample: pd.DataFrame | None) -> list[str]:
    if sample is None:
        return []
    wanted = {(str(s), str(p)) for s, p in zip(sample["sentence"], sample["power"], strict=True)}
    missing = [f"{', '.join(key)} is in the sample but in no row" for key in sorted(wanted - found)]
    return missing + [f"{', '.join(key)} is in a row but not in the sample" for key in sorted(found - wanted)]
