"""The marks of a figure: axes and their scales, values with intervals, lines, names, events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from kzpolicy.captions import FEW, Caption
from kzpolicy.style import GREY, INK, MARK, WIDTH, Measure
from kzpolicy.tables import unknown_name

LANE = 0.165  # inches between the names of texts
_BESIDE, ABOVE = ("axes fraction", "data"), ("data", "axes fraction")
# Where the name of a text stands: name, value, n, whether left of its dot, in which lane under the row.
Dot = tuple[str, float, float, bool, int]


def make_axes(panels: Sequence[str], across: int, **options: Any) -> tuple[Figure, list[Axes]]:
    """Make a figure with titled axes, so many in a line."""
    figure, across = Figure(layout="constrained"), min(across, len(panels))
    axes = list(figure.subplots(-(-len(panels) // across), across, squeeze=False, **options).ravel())
    for ax in axes[len(panels) :]:
        ax.set_axis_off()
    for ax in axes[len(panels) - across : len(panels)]:  # nothing stands under these
        ax.xaxis.set_tick_params(labelbottom=True)
    for ax, panel in zip(axes, panels, strict=False):
        ax.set_title(broken(panel, {1: 60, 2: 21}.get(across, 17)), size=8.8)
    return figure, axes[: len(panels)]


def write(
    ax: Axes,
    words: str,
    at: tuple[Any, Any],
    off: tuple[float, float] = (0, 0),
    where: Any = "data",
    **look: Any,
) -> None:
    """Write words at a place, so many points off it, the middle of their height there."""
    look = {"va": "center", "size": 8.8, "annotation_clip": False, **look}
    ax.annotate(words, at, off, xycoords=where, textcoords="offset points", **look)


def broken(text: str, width: int) -> str:
    """Break a name into lines of so many letters, or of its longest word."""
    return fill(text, max(8, width), break_long_words=False)


def make_key(names: Sequence[str], looks: Mapping[str, tuple[str, str]]) -> list[Line2D]:
    """Give the handles of a legend, if there is more than one series."""
    if len(names) < 2:
        return []
    return [Line2D([], [], color=looks[n][0], marker=looks[n][1], ls="", ms=7, label=n) for n in names]


def limits_of(what: Measure, values: pd.DataFrame, further: Sequence[float] = ()) -> tuple[float, float]:
    """Find the ends of the axis: -1 to 1 where a measure has them, else zero and what is drawn."""
    if what.ends:
        return -1.06, 1.06
    drawn = [0.0, *values.to_numpy(dtype=float).ravel(), *further]
    low, high = float(np.nanmin(drawn)), float(np.nanmax(drawn))
    room = 0.04 * (high - low or 1)
    return low - room, high + room


def draw_scale(ax: Axes, what: Measure, axis: str) -> None:
    """Draw the grid and zero, number the axis, and say what its ends mean."""
    one, zero = (ax.xaxis, ax.axvline) if axis == "x" else (ax.yaxis, ax.axhline)
    one.grid(True)
    if what.signed:
        zero(0, color=GREY, lw=0.8, zorder=0)
    if what.ends:
        one.set_ticks([-1, -0.5, 0, 0.5, 1])
    one.set_major_formatter(lambda value, _: what.tick(value))
    one.set_label_text(f"← {what.ends[0]}        {what.ends[1]} →" if what.ends else "")


def draw_value(ax: Axes, row: Any, at: float, said: Caption, *, narrow: bool) -> None:
    """Draw one value with its interval, or a line from zero, and write value and n at the right."""
    color, marker = said.look(row)
    few = bool(said.measure.ends) and row.n < FEW
    alpha, inside = (0.45, "white") if few else (1.0, color)
    bare = said.table["low"].isna().all()  # words, counts: then a line from zero
    low, high = (0.0, row.value) if bare else (row.low, row.high)
    ax.hlines(at, low, high, color=color, lw=1.2 if few or bare else 2.2, alpha=alpha, zorder=2)
    ax.plot(row.value, at, marker, color=color, ms=7, mfc=inside, alpha=alpha, clip_on=False, zorder=3)
    if not narrow:
        write(ax, said.measure.text(row.value), (1, at), (6, 0), _BESIDE, color=GREY if few else INK)
    n = "" if np.isnan(row.n) else f"n = {row.n:,.0f}"
    write(ax, n, (1, at), (6 if narrow else 42, 0), _BESIDE, color=GREY)


def find_lanes(
    texts: pd.DataFrame, x: str, names: pd.Series, rows: Sequence[str], limits: tuple[float, float]
) -> dict[str, list[Dot]]:
    """Give each text's dot a lane under its row in which its name meets no other."""
    if "label" not in texts:
        raise unknown_name("column of texts", "label", texts.columns)
    # About the width of a letter.
    letter = 0.066 * (limits[1] - limits[0]) / (WIDTH - 1.6 - 0.08 * min(26, max(map(len, rows))))
    found: dict[str, list[Dot]] = {}
    for row in rows:
        part = texts[names == row].sort_values(x, kind="stable")
        ends: list[float] = []
        for i, dot in enumerate(part.to_dict("records")):
            name, value = str(dot["label"]), float(dot[x])
            long = letter * (len(name) + 2)
            left = i < len(part) / 2 and value - long > limits[0]  # the name on the outer side
            start = value - long if left else value
            lane = next((lane for lane, last in enumerate(ends) if last < start - letter), len(ends))
            ends[lane : lane + 1] = [start + long]
            found.setdefault(row, []).append((name, value, dot.get("n", FEW), left, lane))
    return found


def draw_texts(ax: Axes, dots: Sequence[Dot], top: float) -> None:
    """Draw the small dots of single texts, each with its name."""
    for name, value, n, left, lane in dots:
        color, at = "#9A9A9A" if n < FEW else GREY, top + LANE * lane
        ax.plot(value, at, ".", color=color, ms=5, clip_on=False, zorder=3)
        side, off = ("right", -4) if left else ("left", 4)
        write(ax, name, (value, at), (off, 0), ha=side, size=7.8, color=color)


def draw_lines(ax: Axes, part: pd.DataFrame, said: Caption, hues: Sequence[str], *, apart: float) -> None:
    """Draw each series as a line with markers and intervals, those of one place a little apart."""
    top = ax.get_ylim()[1]
    for name, line in part.groupby("hue", sort=False):
        color, marker = said.look(next(line.itertuples()))
        at = line["at"] + apart * (hues.index(str(name)) - (len(hues) - 1) / 2)
        seaborn.lineplot(x=at, y=line["value"], ax=ax, color=color, lw=1.8, legend=False)
        ax.vlines(at, line["low"], line["high"], color=color, lw=1.1, alpha=0.45, zorder=2)
        for x in at[line["high"] > top]:  # this interval goes on
            ax.plot(x, top, "^", color=color, ms=3.5, clip_on=False)
        few = (line["n"] < FEW) & bool(said.measure.ends)
        for x, y, faint in zip(at, line["value"], few, strict=True):
            ax.plot(x, y, marker, color=color, mfc="white" if faint else color, ms=6, clip_on=False, zorder=3)


def cut_axis(ax: Axes, part: pd.DataFrame, what: Measure) -> None:
    """End the axis where the values do, though a very wide interval goes on."""
    most = float(np.nanmax(part[["value", "q3"]].to_numpy(dtype=float))) or 1.0
    top = 1.06 if what.ends else min(2 * most, float(np.nanmax([1.05 * most, part["high"].max()])))
    ax.set_ylim(-1.06 if what.ends else min(0.0, float(part["value"].min())), top)


def draw_events(ax: Axes, events: Mapping[str, str], *, words: bool) -> None:
    """Mark events at their dates, with their words above the axes."""
    for date, name in events.items():
        day = pd.Timestamp(str(date))
        at = day.year + (day.day_of_year - 0.5) / 365.25
        ax.axvline(at, color=MARK, lw=0.9, ls=(0, (2, 2)), zorder=0)
        write(ax, name if words else "", (at, 1), (0, 7), ABOVE, ha="center", size=8.2, color=MARK)


def name_ends(ax: Axes, table: pd.DataFrame, said: Caption, right: float) -> None:
    """Name each line at its end, no name over another."""
    last = table.drop_duplicates("hue", keep="last")
    order, (low, high) = np.argsort(last["value"].to_numpy(), kind="stable"), ax.get_ylim()
    heights = last["value"].to_numpy(dtype=float).copy()
    for _ in range(40):  # each pair that is too close moves apart by what it lacks
        for under, over in pairwise(order):
            lack = max(0.0, 0.065 * (high - low) - (heights[over] - heights[under])) / 2
            heights[[under, over]] += (-lack, lack)
    for row, height in zip(last.itertuples(), heights, strict=True):
        place = (table["at"].max() + right, height)
        write(ax, str(row.hue), place, size=9.5, weight="bold", color=said.look(row)[0])
