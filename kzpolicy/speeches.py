"""Statements in the UN General Debate: their facts, from the names of their files."""

from __future__ import annotations

import os
import re
import tomllib
from functools import lru_cache
from pathlib import Path

import pandas as pd

from kzpolicy.errors import StudyError

STATES = Path(__file__).with_name("states.toml")
_NAME = re.compile(r"(?P<state>[A-Z]{2,3})_(?P<session>\d{1,3})_(?P<year>\d{4})\.txt")
# The first session was that of 1946.
_BEFORE_FIRST = 1945
# First and last day of each General Debate, as in the programmes of the General Assembly.
DEBATES = {
    2015: ("2015-09-28", "2015-10-03"),
    2016: ("2016-09-20", "2016-09-26"),
    2017: ("2017-09-19", "2017-09-25"),
    2018: ("2018-09-25", "2018-10-01"),
    2019: ("2019-09-24", "2019-09-30"),
    2020: ("2020-09-22", "2020-09-29"),
    2021: ("2021-09-21", "2021-09-27"),
    2022: ("2022-09-20", "2022-09-26"),
}
_KAZAKHSTAN = {
    2015: "Nursultan Nazarbayev",
    2016: "Erlan Idrissov",
    2017: "Kairat Abdrakhmanov",
    2018: "Kairat Abdrakhmanov",
    2019: "Kassym-Jomart Tokayev",
    2020: "Kassym-Jomart Tokayev",
    2021: "Kassym-Jomart Tokayev",
    2022: "Kassym-Jomart Tokayev",
}
_FACTS = {
    "outlet": "United Nations General Debate Corpus",
    "outlet_group": "speech",
    "date_basis": "span of the year's debate",
    "url": "https://doi.org/10.7910/DVN/0TJX8Y",
    "layout": "speech",
}


@lru_cache(maxsize=1)
def load_states() -> pd.DataFrame:
    """Load the states' names.

    Returns
    -------
    DataFrame
        Index ``state`` (code): ``name``, ``words`` (by which texts name it, a list).

    Examples
    --------
    >>> load_states().loc["KAZ", "name"]
    'Kazakhstan'
    """
    table = tomllib.loads(STATES.read_text(encoding="utf-8"))
    return pd.DataFrame.from_dict(table, orient="index").rename_axis("state")


def debate_sources(folder: str | Path) -> pd.DataFrame | None:
    """Make the sources table of a folder of General Debate statements.

    Parameters
    ----------
    folder
        A folder whose ``.txt`` files are all named STATE_SESSION_YEAR, as ``KAZ_74_2019.txt`` (ISO
        3166 codes; EU, VAT and PSE too), as the United Nations General Debate Corpus names them
        (Jankin, Baturo and Dasandi, doi:10.7910/DVN/0TJX8Y).

    Returns
    -------
    DataFrame or None
        One row a file, as `kzpolicy.parsing.parse_corpus` needs it, by state and year, with
        ``layout`` added: how the file is to be read. None where the files have other names.

    Raises
    ------
    StudyError
        If a session is not that of the year, or the year's debate has no dates here.
    """
    names = sorted(name for name in os.listdir(folder) if name.endswith(".txt"))
    found = [name for name in map(_NAME.fullmatch, names) if name]
    if not names or len(found) < len(names):
        return None
    rows = [_row(name[0], *name.group("state", "session", "year")) for name in found]
    return pd.DataFrame(rows).sort_values(["speaker_state", "published_from"], ignore_index=True)


def _row(file: str, state: str, session: str, year: str) -> dict[str, str]:
    if int(session) + _BEFORE_FIRST != int(year):
        raise StudyError(f"{file}: session {session} is not that of {year}; correct the file's name")
    if int(year) not in DEBATES:
        raise StudyError(
            f"{file}: the dates of the General Debate of {year} are unknown; add them to kzpolicy/speeches.py"
        )
    first, last = DEBATES[int(year)]
    speaker = _KAZAKHSTAN.get(int(year)) if state == "KAZ" else None
    return {
        "document": f"{state}_{year}",
        "file": file,
        "label": f"{state} {year}",
        "title": f"Statement in the UN General Debate, session {session}",
        "authors": speaker or f"delegation of {state}",
        "speaker_state": state,
        "published_from": first,
        "published_to": last,
        **_FACTS,
    }
