"""What a figure says of itself, made from the frame it draws: title, measure, n, series, alternative text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.figure import Figure

from kzpolicy.powers import Powers, load_powers
from kzpolicy.style import MEASURES, SERIES, Chart, Measure, finish, in_words, shown_names
from kzpolicy.tables import StudyError, unknown_name

# A value of fewer sentences than this is drawn faintly: it is too little to read a mean from.
FEW = 5
MOST = 150  # more values in a panel cannot be read
# Columns that may tell rows apart, and those among which rows share sentences, so that n has no sum.
_PARTS = "power vector label document outlet_group speaker_state state theme keyword period".split()
_SHARED = ("measure", "coder", "scorer", "unit", "left_out", "weights")
_SAME = {"label": "document", "document": "label", "theme": "name", "state": "name", "power": "name"}


@dataclass
class Caption:
    """The rows a figure draws, and its words.

    Attributes
    ----------
    table
        A row a value: displayed names (``row``, ``hue``, ``panel``, as asked for), ``value``, ``low``,
        ``high``, ``n``.
    measure
        What is measured.
    title, about
        The title, and the parts of the line under it.
    looks
        Colour and marker by displayed name; under the empty name those of all others.
    """

    table: pd.DataFrame
    measure: Measure
    title: str
    about: list[str]
    looks: Mapping[str, tuple[str, str]]

    @property
    def subtitle(self) -> str:
        """The line under the title."""
        return "; ".join(filter(None, self.about))

    def names(self, role: str) -> list[str]:
        """Give the displayed names of a role in their order."""
        return list(dict.fromkeys(self.table[role]))

    def look(self, row: Any) -> tuple[str, str]:
        """Give colour and marker of a row of the table."""
        names = [getattr(row, role, "") for role in ("hue", "row", "panel")]
        return self.looks[next((name for name in names if name and name in self.looks), "")]

    def alt(self, kind: str) -> str:
        """Say the figure in words: kind, title, measure and values, or the ends of many values."""
        table, listed = self.table.dropna(subset=["value"]), ""
        if len(table) > 60:
            order, listed = table["value"].sort_values().index, f"Lowest and highest of {len(table)} values: "
            table = table.loc[[*order[:3], *order[-3:]]]
        said, text = [], self.measure.text
        for row in table.itertuples():
            names = [str(getattr(row, role)) for role in ("panel", "row", "hue") if getattr(row, role, "")]
            more = [] if pd.isna(row.low) else [f"{text(row.low)} to {text(row.high)}"]
            more += [] if pd.isna(row.n) else [f"n = {row.n:,.0f}"]
            said.append(f"{', '.join(names)}: {text(row.value)}" + (f" ({', '.join(more)})" if more else ""))
        return ". ".join(filter(None, (kind, self.title, self.subtitle, listed + "; ".join(said)))) + "."

    def finish(
        self, figure: Figure, kind: str, source: str, body: float, key: Sequence[Artist] = ()
    ) -> Chart:
        """Put the words around a drawn figure: see `kzpolicy.style.finish`."""
        return finish(figure, self.title, self.subtitle, source, self.alt(kind), body=body, key=key)


def caption(
    frame: pd.DataFrame,
    value: str,
    measure: str | Measure | None = None,
    powers: Powers | None = None,
    title: str = "",
    texts: pd.DataFrame | None = None,
    **roles: str | None,
) -> Caption:
    """Check the columns asked for, and find what a figure of them has to say.

    Parameters
    ----------
    frame
        A row a value.
    value
        Column of the values.
    measure
        A key of `kzpolicy.style.MEASURES`; None takes the column ``measure``, or else the name of `value`.
    powers, title, texts
        As for `kzpolicy.plots.plot_dots`.
    **roles
        Columns of what the figure tells apart, by role: ``row``, ``hue``, ``panel``.

    Raises
    ------
    StudyError
        If a column or measure is not known, or several rows have the same place.

    Examples
    --------
    >>> means = pd.DataFrame({"label": ["A", "B"], "power": "china", "mean": [0.8, 0.1], "n": [9, 3]})
    >>> made = caption(means, "mean", measure="tone", row="label")
    >>> made.title, made.about[-1]
    ('Mean tone, as coded, by text: China', 'faint: n below 5')
    """
    used = {role: column for role, column in roles.items() if column}
    for column in (value, *used.values()):
        if column not in frame:
            raise unknown_name("column", column, frame.columns)
    what = find_measure(frame, value, measure)
    n = next((column for column in ("n", "pairs", "count") if column in frame and column != value), "")
    table = pd.DataFrame({role: shown_names(frame, column, powers) for role, column in used.items()})
    table = table.assign(**dict.fromkeys(roles.keys() - used.keys(), ""), value=frame[value])
    for column, source in {"low": "low", "high": "high", "n": n}.items():
        table[column] = frame[source].astype(float) if source in frame else np.nan
    if (twice := table.duplicated(list(roles))).any():
        place = ", ".join(filter(None, map(str, table.loc[twice, list(roles)].iloc[0])))
        raise StudyError(f"several rows for {place}: filter them, or give hue= or panel= what differs")
    if len(table) > MOST * table.get("panel", pd.Series([""])).nunique():
        raise StudyError(f"{len(table)} values are too many for one figure; choose fewer")
    scale = what.scale or (f"−1 {what.ends[0]} to +1 {what.ends[1]}" if what.ends else "")
    few = bool(what.ends) and (table["n"] < FEW).any()
    bars = "bars: 95% interval" if table["low"].notna().any() else ""
    about = [scale, _size(frame, table, what, texts), bars, f"faint: n below {FEW}" if few else ""]
    title = title or _title(frame, what, list(used.values()), texts, powers)
    return Caption(table, what, title, about, _looks(frame, table, used, powers))


def find_measure(frame: pd.DataFrame, value: str, measure: str | Measure | None = None) -> Measure:
    """Find what is measured: as said, or by the column ``measure``, or by the name of the value's column."""
    if isinstance(measure, Measure):
        return measure
    if measure and measure not in MEASURES:
        raise unknown_name("measure", measure, MEASURES)
    named = [key for key in dict.fromkeys(frame.get("measure", ())) if key in MEASURES]
    first = MEASURES.get(measure or (named[0] if named else value), Measure(value.replace("_", " ")))
    several = len(named) > 1 and not measure  # tone, whether coded or scored
    return first._replace(title=first.title.split(",")[0]) if several else first


def _title(
    frame: pd.DataFrame, what: Measure, used: list[str], texts: pd.DataFrame | None, powers: Powers | None
) -> str:
    """Say the measure, by the figure's rows, of what alone, and of which years."""
    # Colours and panels have their own names in the figure, years and the sides of a difference below.
    named = {"year", "first", "second"}
    by = "".join(in_words(one, frame) for one in used[:1] if one not in named)
    told = {*used, *(_SAME.get(column) for column in used)}
    alone = [c for c in _PARTS if c in frame and c not in told and frame[c].nunique() == 1]
    of = dict.fromkeys(str(shown_names(frame, c, powers).iloc[0]) for c in alone)
    if {"first", "second"} <= set(frame):
        of[sides_in_words(frame, powers)] = None
    years: set[int] = set()
    for part in (frame, texts):
        for column in ("year", "published_from", "published_to"):
            found = part[column].dropna() if part is not None and column in part else []
            years |= {int(getattr(one, "year", one)) for one in found}
    span = "–".join(dict.fromkeys(str(end(years)) for end in (min, max))) if years else ""
    title = ", by ".join(filter(None, [what.title, by])) + (f": {', '.join(of)}" if of else "")
    return ", ".join(filter(None, [title, span]))


def sides_in_words(frame: pd.DataFrame, powers: Powers | None = None) -> str:
    """Say what the rows of a difference compare.

    Examples
    --------
    >>> sides_in_words(pd.DataFrame({"first": "china", "second": ["russia", "west"]}))
    'China minus Russia or the West'
    """
    sides = (dict.fromkeys(shown_names(frame, side, powers)) for side in ("first", "second"))
    return " minus ".join(" or ".join(side) for side in sides)


def _size(frame: pd.DataFrame, table: pd.DataFrame, what: Measure, texts: pd.DataFrame | None) -> str:
    """Say how much is drawn, where the rows' counts have a sum."""
    shared = any(frame[column].nunique() > 1 for column in _SHARED if column in frame)
    if shared or not what.counts or table["n"].isna().all():
        return ""
    source = frame if texts is None else texts
    count = next((source[c].nunique() for c in ("document", "label") if c in source), 0)
    of = f" in {count} text{'s' if count > 1 else ''}" if count else ""
    counts = what.counts.replace("power", "vector") if "vector" in frame else what.counts
    return f"n = {table['n'].sum():,.0f} {counts}{of}"


def _looks(
    frame: pd.DataFrame, table: pd.DataFrame, used: Mapping[str, str], powers: Powers | None
) -> dict[str, tuple[str, str]]:
    """Give powers their own colour and marker, and other series some that are no power's."""
    known = {power.name: (power.color, power.marker) for power in powers or load_powers()}
    roles = ["hue"] if "hue" in used else [role for role in ("row", "panel") if role in used]
    names = dict.fromkeys(name for role in roles for name in table[role])
    looks = {name: known[name] for name in names if name in known}
    if "hue" in used:
        looks |= {n: SERIES[i % len(SERIES)] for i, n in enumerate(n for n in names if n not in known)}
    one = shown_names(frame, "power", powers).unique() if "power" in frame else []
    return {"": known.get(one[0], SERIES[0]) if len(one) == 1 else SERIES[0], **looks}
