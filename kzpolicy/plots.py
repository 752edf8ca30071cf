"""Figures: a tidy frame and column names in, a finished chart out, its words made from the frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd
import seaborn
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from kzpolicy.captions import FEW, Caption, caption, find_measure
from kzpolicy.powers import Powers
from kzpolicy.style import (
    GREY,
    INK,
    LIGHT,
    MARK,
    SERIES,
    WIDTH,
    Chart,
    Measure,
    finish,
    in_words,
    ink_on,
    shown_names,
    signed,
    theme,
)
from kzpolicy.tables import unknown_name

__all__ = ["plot_curve", "plot_dots", "plot_grid", "plot_lines", "plot_slopes", "plot_words"]

_DIVERGING = LinearSegmentedColormap.from_list("", ["#5B2A86", "#B79BCB", "#EBEBEB", "#8FC3A0", "#1F6E43"])
_COUNTS = LinearSegmentedColormap.from_list("", ["#FFFFFF", "#33475B"])
_STEP, _LANE = 0.2, 0.165  # inches between the series of a row, and between the names of texts
_BESIDE: dict[str, Any] = {
    "xycoords": ("axes fraction", "data"),
    "textcoords": "offset points",
    "va": "center",
}
_ABOVE: dict[str, Any] = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points", "size": 8.2}
_HALO = [withStroke(linewidth=2.5, foreground="white")]


def plot_dots(
    frame: pd.DataFrame,
    x: str = "mean",
    y: str = "power",
    *,
    hue: str | None = None,
    panel: str | None = None,
    texts: pd.DataFrame | None = None,
    background: tuple[str, str] | None = None,
    behind: str = "middle 95% of the others",
    marks: Mapping[str, float] | None = None,
    measure: str | Measure | None = None,
    title: str = "",
    source: str = "",
    powers: Powers | None = None,
) -> Chart:
    """Draw values with their intervals, one row a category, with value and n at the right.

    Parameters
    ----------
    frame
        A row a value: the columns named here, and where there are ``low``, ``high`` (95% interval),
        ``n`` (or ``count``) and ``measure`` (a key of `kzpolicy.style.MEASURES`).
    x, y
        Columns of the value and of the rows, which keep the frame's order.
    hue, panel
        Columns of what is drawn side by side in a row, and in small multiples.
    texts
        The same measure by text (columns `x`, `y`, ``label``, ``n``): small dots with their names.
    background, behind
        Columns of a span drawn in grey behind each value, and what it is.
    marks
        Names and places of lines to compare with.
    measure
        What is measured; None takes the column ``measure`` or else the name `x`.
    title
        Instead of the one made from the frame.
    source
        What the figure is made from.
    powers
        A study's own powers; None for the built-in ones.

    Raises
    ------
    StudyError
        If a column or measure is not known, or several rows fall on one place.

    Examples
    --------
    >>> means = pd.DataFrame({"power": ["china"], "mean": [0.36], "low": [0.1], "high": [0.6], "n": [47]})
    >>> plot_dots(means, measure="tone").title
    'Mean tone, as coded, by power'
    """
    if frame.empty:
        return _nothing(title, source)
    with theme():
        said = caption(
            frame, x, row=y, hue=hue, panel=panel, texts=texts, measure=measure, title=title, powers=powers
        )
        table, rows, hues, panels = said.table, *map(said.names, ("row", "hue", "panel"))
        table[["from", "to"]] = frame[list(background)] if background else np.nan
        further = [*(marks or {}).values(), *(texts[x] if texts is not None else ())]
        limits = _limits(said.measure, table[["value", "low", "high", "from", "to"]], further)
        lanes = _lanes(texts, x, y, rows, limits, powers) if texts is not None else {}
        # A row may hold one series only, each in the colour of its hue: then nothing stands side by side.
        beside = {hue: 0 if table["row"].is_unique else i for i, hue in enumerate(hues)}
        depth, gap = _STEP * (max(beside.values()) + 1), 0.12 if len(rows) < 15 else 0.02
        tall = {
            row: gap + depth + _LANE * (1 + max((lane for *_, lane in lanes.get(row, ())), default=-1))
            for row in rows
        }
        tops = dict(zip(rows, np.cumsum([0.14, *tall.values()]), strict=False))  # inches, as the height below
        figure, axes = _axes([_fill(name, 26) for name in panels], 2, sharex=True, sharey=True)
        for ax, name in zip(axes, panels, strict=True):
            for row in table[table["panel"] == name].itertuples():
                at = tops[row.row] + _STEP * beside[row.hue]
                ax.hlines(at, row[-2], row[-1], color=LIGHT, lw=7, zorder=1)
                _draw_value(ax, row, at, said, narrow=len(panels) > 1)
            for row, dots in lanes.items():
                _draw_texts(ax, dots, tops[row] + depth - 0.02)
            ax.set(xlim=limits, ylim=(sum(tall.values()), -0.1))
            ax.set_yticks([top + (depth - _STEP) / 2 for top in tops.values()], rows)
            for word, at in (marks or {}).items():
                ax.axvline(at, color=GREY, lw=0.9, ls=":", zorder=0)
                ax.annotate(word, (at, 1), (0, 2), ha="center", color=GREY, **_ABOVE)
            _scale(ax, said.measure, "x")
            ax.label_outer()
        said.about += ["small dots: single texts" if lanes else "", f"grey: {behind}" if background else ""]
        key = [_handle(hue, said) for hue in hues] if len(hues) > 1 else []
        body = 0.55 + -(-len(panels) // 2) * (sum(tall.values()) + (0.35 if panel else 0))
        return finish(figure, said.title, said.subtitle, source, said.alt("Dot plot"), body=body, key=key)


def plot_slopes(
    frame: pd.DataFrame,
    x: str = "label",
    y: str = "mean",
    *,
    hue: str = "power",
    measure: str | Measure | None = None,
    title: str = "",
    source: str = "",
    powers: Powers | None = None,
) -> Chart:
    """Draw how a value goes from text to text, a line a series, each named at its end.

    Parameters
    ----------
    frame
        A row a value, as for `plot_dots`, in the order of the texts.
    x, y, hue
        Columns of the texts (or periods), of the value, and of the lines.
    measure, title, source, powers
        As for `plot_dots`.

    Examples
    --------
    >>> tone = pd.DataFrame({"label": ["A 2015", "B 2022"], "power": "china", "mean": [0.8, 0.1], "n": [9, 8]})
    >>> plot_slopes(tone, measure="tone").title
    'Mean tone, as coded, by text and power'
    """
    if frame.empty:
        return _nothing(title, source)
    with theme():
        said = caption(frame, y, row=x, hue=hue, measure=measure, title=title, powers=powers)
        places, hues = said.names("row"), said.names("hue")
        table = said.table.assign(at=said.table["row"].map(places.index).astype(float))
        figure, (ax,) = _axes([""], 1)
        _draw_lines(ax, table, said, hues, apart=0.1)
        middle = table.groupby("row")["value"].transform("mean")
        for row, above in zip(table.itertuples(), table["value"] >= middle, strict=True):
            look = {"color": said.look(row)[0], "ha": "center", "va": "center", "weight": "bold", "size": 9}
            if len(hues) < 3:
                place = (0, 13 if above else -13)
                words = said.measure.text(row.value)
                ax.annotate(
                    words, (row.at, row.value), place, textcoords="offset points", path_effects=_HALO, **look
                )
        ax.set_ylim(*_limits(said.measure, table[["value", "low", "high"]]))
        _scale(ax, said.measure, "y")
        _name_ends(ax, table, said, 0.2)
        counts = table.pivot(index="row", columns="hue", values="n").loc[places, hues].to_numpy()
        sizes = [" / ".join("–" if np.isnan(n) else f"{n:.0f}" for n in row) for row in counts]
        names = [
            f"{_fill(place, 60 // len(places))}\nn = {size}"
            for place, size in zip(places, sizes, strict=True)
        ]
        ax.set_xticks(range(len(places)), names)
        ax.set(xlim=(-0.4, len(places) - 0.6), xlabel="")
        said.about.append(f"n: {' / '.join(hues)}" if len(hues) > 1 else "")
        return finish(figure, said.title, said.subtitle, source, said.alt("Slope chart"), body=3.4)


def plot_lines(
    frame: pd.DataFrame,
    x: str = "year",
    y: str = "rate",
    *,
    hue: str | None = None,
    panel: str | None = None,
    background: tuple[str, str, str] = ("median", "q1", "q3"),
    behind: str = "median and quartiles of the other delegations",
    events: Mapping[str, str] | None = None,
    measure: str | Measure | None = None,
    title: str = "",
    source: str = "",
    powers: Powers | None = None,
) -> Chart:
    """Draw a value by year with its intervals, a line a series, over what is usual elsewhere.

    Parameters
    ----------
    frame
        A row a year and series, as for `plot_dots`; a value stands in the middle of its year.
    x, y
        Columns of the year and of the value.
    hue, panel
        Columns of the lines, named at their ends, and of small multiples.
    background, behind
        Columns of a line and a span drawn in grey where the frame has them, and what these are.
    events
        Dates (2022-02-24, or 2022) and their words.
    measure, title, source, powers
        As for `plot_dots`.

    Examples
    --------
    >>> rates = pd.DataFrame({"year": [2015, 2016], "keyword": "water", "rate": [4.0, 9.0], "count": [1, 3]})
    >>> plot_lines(rates, hue="keyword", events={"2015-09-25": "SDGs"}).title
    'Words counted, by year and keyword, 2015–2016'
    """
    if frame.empty:
        return _nothing(title, source)
    with theme():
        said = caption(frame, y, row=x, hue=hue, panel=panel, measure=measure, title=title, powers=powers)
        usual = set(background) <= set(frame)
        table, hues, panels = said.table, said.names("hue"), said.names("panel")
        table["at"] = frame[x].astype(float) + 0.5
        table[["middle", "q1", "q3"]] = frame[list(background)] if usual else np.nan
        across = 1 if not panel else 2 if len(panels) < 5 else 3
        figure, axes = _axes([_fill(name, 58 // across) for name in panels], across, sharex=True)
        years = sorted(set(frame[x].astype(int)))
        for ax, name in zip(axes, panels, strict=True):
            part = table[table["panel"] == name].sort_values("at", kind="stable")
            ax.fill_between(part["at"], part["q1"], part["q3"], color=LIGHT, lw=0, zorder=1)
            ax.plot(part["at"], part["middle"], color=GREY, lw=1.1, zorder=1.5)
            _draw_lines(ax, part, said, hues, apart=0.14)
            _cut(ax, part, said.measure)
            _draw_events(ax, events or {}, words=not panel)
            _scale(ax, said.measure, "y")
            ax.set_xticks([year + 0.5 for year in years], _few([str(year) for year in years], 13 // across))
            ax.set(xlim=(years[0], years[-1] + 1), xlabel="", **({"ylabel": ""} if panel else {}))
            if len(hues) > 1:
                _name_ends(ax, part, said, 0.25)
        dashed = ", ".join(f"{words} ({date})" for date, words in (events or {}).items()) if panel else ""
        said.about += [f"grey: {behind}" if usual else "", f"dashed: {dashed}" if dashed else ""]
        body = 0.3 + -(-len(panels) // across) * (1.5 if across == 3 else 2.1) if panel else 3.1
        return finish(figure, said.title, said.subtitle, source, said.alt("Line chart"), body=body)


def plot_grid(
    frame: pd.DataFrame,
    x: str = "label",
    y: str = "power",
    value: str = "mean",
    *,
    measure: str | Measure | None = None,
    title: str = "",
    source: str = "",
    powers: Powers | None = None,
) -> Chart:
    """Draw a grid of values as a heat map, with value and n in each cell.

    Cells of fewer than five sentences stay white. Counts (such as a table of confusion) are drawn
    from white to dark, means from purple over grey to green. More than seven columns change place
    with fewer rows.

    Parameters
    ----------
    frame
        A row a cell, as for `plot_dots`.
    x, y, value
        Columns of what stands across and down, and of the value.
    measure, title, source, powers
        As for `plot_dots`.

    Examples
    --------
    >>> cells = pd.DataFrame({"coded": [-1, 1], "scored": [-1, -1], "count": [5, 3]})
    >>> plot_grid(cells, "scored", "coded", "count").title
    'Counts, by class by codes and class by scorer'
    """
    if frame.empty:
        return _nothing(title, source)
    if x in frame and y in frame and frame[x].nunique() > max(7, frame[y].nunique()):
        x, y = y, x
    with theme():
        said = caption(frame, value, row=y, hue=x, measure=measure, title=title, powers=powers)
        table, what = said.table, said.measure
        down, across = (_ordered(table[role], frame[column]) for role, column in (("row", y), ("hue", x)))
        values, sizes = (
            table.pivot(index="row", columns="hue", values=c).loc[down, across] for c in ("value", "n")
        )
        few = (sizes < FEW).to_numpy() & bool(what.ends)
        low, high = (-1.0, 1.0) if what.signed else (0.0, max(float(table["value"].max()), 1e-9))
        colors = _DIVERGING if what.signed else _COUNTS
        figure, (ax,) = _axes([""], 1)
        seaborn.heatmap(values.mask(few), ax=ax, cmap=colors, vmin=low, vmax=high, cbar=False, linewidths=2)
        for (i, j), cell in np.ndenumerate(values.to_numpy(dtype=float)):
            n, faint = sizes.iloc[i, j], bool(np.isnan(cell) or few[i, j])
            words = "–" if np.isnan(cell) else what.text(cell) + ("" if np.isnan(n) else f"\nn = {n:.0f}")
            look = {"color": GREY if faint else ink_on(colors((cell - low) / (high - low)))}
            look |= {"weight": "normal" if faint else "bold", "ha": "center", "va": "center"}
            ax.text(j + 0.5, i + 0.5, words, size=9 if len(across) < 6 else 8, **look)
        ax.set_xticks(ax.get_xticks(), [_fill(name, 54 // len(across)) for name in across], rotation=0)
        ax.set_yticks(ax.get_yticks(), down, rotation=0)
        ax.xaxis.tick_top()
        ax.tick_params(length=0)
        ax.xaxis.set_label_position("top")
        heads = {"xlabel": in_words(x, frame), "ylabel": in_words(y, frame)}
        ax.set(**(dict.fromkeys(heads, "") if what.ends else heads))
        said.about = [words.replace("faint", "white") for words in said.about if not words.startswith("bars")]
        body = 0.75 + 0.43 * len(down)
        return finish(figure, said.title, said.subtitle, source, said.alt("Heat map"), body=body)


def plot_words(
    frame: pd.DataFrame,
    *,
    names: tuple[str, str] = ("the target", "the rest"),
    most: int = 10,
    least: int = 1,
    title: str = "",
    source: str = "",
) -> Chart:
    """Draw the words that mark a text, and those that mark what it is compared with.

    Parameters
    ----------
    frame
        As from `kzpolicy.keyness`: ``term``, ``target``, ``reference`` (counts), ``z``, and where there
        is one ``documents``.
    names
        Of the target and of what it is compared with.
    most
        How many words a side.
    least
        In how many documents of its side a word must stand.
    title, source
        As for `plot_dots`.

    Examples
    --------
    >>> found = pd.DataFrame({"term": ["gas", "tea"], "target": [9, 1], "reference": [1, 9], "z": [2.5, -2.5]})
    >>> plot_words(found, names=("Pipelines", "Kitchens")).title
    'Words that mark Pipelines (right) and Kitchens (left)'
    """
    held = frame[frame["documents"] >= least] if "documents" in frame else frame
    sides = held[held["z"] > 0].nlargest(most, "z"), held[held["z"] < 0].nsmallest(most, "z").iloc[::-1]
    drawn = pd.concat([sides[0].assign(n=sides[0]["target"]), sides[1].assign(n=sides[1]["reference"])])
    ends = [
        f"{name} ({side})"
        for name, side, part in zip(names, ("right", "left"), sides, strict=True)
        if len(part)
    ]
    drawn = drawn.assign(side=np.repeat(list(names), [len(side) for side in sides]))
    title = title or f"Words that mark {' and '.join(ends)}"
    marks = {
        "−1.96" if side < 0 else "1.96": 1.96 * side
        for side, part in zip((1, -1), sides, strict=True)
        if len(part)
    }
    return plot_dots(drawn, "z", "term", hue="side", marks=marks, title=title, source=source)


def plot_curve(
    frame: pd.DataFrame, *, measure: str | Measure = "difference", title: str = "", source: str = ""
) -> Chart:
    """Draw a specification curve: all estimates with their intervals in order, the primary one marked.

    Parameters
    ----------
    frame
        ``estimate``, ``low``, ``high``, ``primary``, and where there is one ``coded`` (whether codes are
        the measure).
    measure, title, source
        As for `plot_dots`.

    Examples
    --------
    >>> rows = {"estimate": [0.1, 0.4], "low": [-0.1, 0.2], "high": [0.3, 0.6], "primary": [False, True]}
    >>> plot_curve(pd.DataFrame(rows)).title
    'Difference of means under 2 specifications'
    """
    if frame.empty:
        return _nothing(title, source)
    with theme():
        table = frame.sort_values("estimate", kind="stable", ignore_index=True)
        coded = table["coded"].astype(bool) if "coded" in table else pd.Series(True, index=table.index)
        kinds = np.where(coded, "as coded", "scored automatically")
        what = find_measure(table, "estimate", measure)
        title = title or f"{what.title} under {len(table)} specifications"
        figure, (ax,) = _axes([""], 1)
        looks = dict(zip(dict.fromkeys(kinds), SERIES, strict=False))
        for kind, (color, _) in looks.items():
            part = table[kinds == kind]
            ax.vlines(part.index, part["low"], part["high"], color=color, lw=1, alpha=0.35)
            ax.plot(part.index, part["estimate"], ".", color=color, ms=5)
        for row in table[table["primary"].astype(bool)].itertuples():
            ax.plot(row.Index, row.estimate, "o", color=MARK, ms=9, mfc="none", mew=1.8, zorder=4)
            look = {"ha": "center", "size": 9, "color": MARK, "weight": "bold", "path_effects": _HALO}
            place = (row.Index, row.estimate)
            ax.annotate(f"primary {signed(row.estimate)}", place, (0, 12), textcoords="offset points", **look)
        _scale(ax, what, "y")
        ax.set(xticks=[], xlim=(-0.02 * len(table), 1.02 * len(table)))
        signs = {"above zero": (table["estimate"] > 0, table["low"] > 0)}
        signs["below zero"] = (table["estimate"] < 0, table["high"] < 0)
        shares = [
            f"{side}: {a.mean():.0%}, with the whole interval {b.mean():.0%}"
            for side, (a, b) in signs.items()
        ]
        subtitle = "; ".join([*shares, "bars: 95% interval"])
        span = f"From {signed(table['estimate'].min())} to {signed(table['estimate'].max())}"
        alt = f"Specification curve. {title}. {subtitle}. {span}."
        key = [Line2D([], [], color=c, marker=".", ls="", ms=9, label=kind) for kind, (c, _) in looks.items()]
        return finish(figure, title, subtitle, source, alt, body=2.6, key=key if len(key) > 1 else ())


def _nothing(title: str, source: str) -> Chart:
    """Say in the place of a figure that there is nothing to draw."""
    words = "Nothing to draw: the table has no rows."
    with theme():
        figure, (ax,) = _axes([""], 1)
        ax.set_axis_off()
        ax.text(0.5, 0.5, words, ha="center", va="center", color=GREY)
        return finish(figure, title or "No data", "", source, words, body=0.8)


def _axes(panels: Sequence[str], across: int, **options: Any) -> tuple[Figure, list[Axes]]:
    """Make a figure with titled axes, so many in a line."""
    figure, across = Figure(layout="constrained"), min(across, len(panels))
    axes = list(figure.subplots(-(-len(panels) // across), across, squeeze=False, **options).ravel())
    for i, ax in enumerate(axes):
        if i < len(panels):
            ax.set_title(panels[i], size=8.8).set_in_layout(len(panels) < 3)
        else:
            ax.set_axis_off()
    return figure, axes[: len(panels)]


def _handle(name: str, said: Caption) -> Line2D:
    color, marker = said.looks[name]
    return Line2D([], [], color=color, marker=marker, ls="", ms=7, label=name)


def _limits(what: Measure, values: pd.DataFrame, further: Sequence[float] = ()) -> tuple[float, float]:
    """Find the ends of the axis: -1 to 1 where a measure has them, else zero and what is drawn."""
    if what.ends:
        return -1.06, 1.06
    drawn = [0.0, *values.to_numpy(dtype=float).ravel(), *further]
    low, high = float(np.nanmin(drawn)), float(np.nanmax(drawn))
    room = 0.04 * (high - low or 1)
    return low - room, high + room


def _scale(ax: Axes, what: Measure, axis: str) -> None:
    """Draw the grid and zero, number the axis, and say what its ends mean."""
    one, zero = (ax.xaxis, ax.axvline) if axis == "x" else (ax.yaxis, ax.axhline)
    ax.grid(axis=axis)  # type: ignore[arg-type]
    if what.signed:
        zero(0, color=GREY, lw=0.8, zorder=0)
    if what.ends:
        one.set_ticks([-1, -0.5, 0, 0.5, 1])
    one.set_major_formatter(lambda value, _: what.tick(value))
    one.set_label_text(f"← {what.ends[0]}        {what.ends[1]} →" if what.ends else "")


def _draw_value(ax: Axes, row: Any, at: float, said: Caption, *, narrow: bool) -> None:
    """Draw one value with its interval, and write value and n at the right."""
    color, marker = said.look(row)
    few = bool(said.measure.ends) and row.n < FEW
    alpha, inside = (0.45, "white") if few else (1.0, color)
    low, high, wide = (0.0, row.value, 1.2) if np.isnan(row.low) else (row.low, row.high, 1.2 if few else 2.2)
    ax.hlines(at, low, high, color=color, lw=wide, alpha=alpha, zorder=2)
    ax.plot(row.value, at, marker, color=color, ms=7, mfc=inside, alpha=alpha, clip_on=False, zorder=3)
    n = "" if np.isnan(row.n) else f"n = {row.n:,.0f}"
    if not narrow:
        text = said.measure.text(row.value)
        ax.annotate(text, (1, at), (6, 0), size=8.8, color=GREY if few else INK, **_BESIDE)
    ax.annotate(n, (1, at), (6 if narrow else 42, 0), size=8.8, color=GREY, **_BESIDE)


def _lanes(
    texts: pd.DataFrame,
    x: str,
    y: str,
    rows: Sequence[str],
    limits: tuple[float, float],
    powers: Powers | None,
) -> dict[str, list[tuple[str, float, float, bool, int]]]:
    """Give each text's dot a lane in which its name meets no other: name, value, n, left, lane by row."""
    for column in (x, y, "label"):
        if column not in texts:
            raise unknown_name("column of texts", column, texts.columns)
    letter = (
        0.066 * (limits[1] - limits[0]) / (WIDTH - 1.6 - 0.08 * max(map(len, rows)))
    )  # about a letter's width on the axis
    names, found = shown_names(texts, y, powers), {}
    for row in rows:
        part, ends, lanes = texts[names == row].sort_values(x, kind="stable"), [], []
        for i, (name, value) in enumerate(zip(part["label"].astype(str), part[x], strict=True)):
            wide = letter * (len(name) + 2)
            left = i < len(part) / 2 and value - wide > limits[0]  # the name on the outer side
            start, end = (value - wide, value) if left else (value, value + wide)
            lane = next((lane for lane, last in enumerate(ends) if last < start - letter), len(ends))
            ends[lane : lane + 1] = [end]
            lanes.append((name, value, part["n"].iloc[i] if "n" in part else FEW, left, lane))
        found[row] = lanes
    return found


def _draw_texts(ax: Axes, dots: Sequence[tuple[str, float, float, bool, int]], top: float) -> None:
    """Draw the small dots of single texts, each with its name."""
    for name, value, n, left, lane in dots:
        color, at = "#9A9A9A" if n < FEW else GREY, top + _LANE * lane
        ax.plot(value, at, ".", color=color, ms=5, clip_on=False, zorder=3)
        look = {"ha": "right" if left else "left", "va": "center", "size": 7.8, "color": color}
        ax.annotate(name, (value, at), (-4 if left else 4, 0), textcoords="offset points", **look)


def _draw_lines(ax: Axes, part: pd.DataFrame, said: Caption, hues: Sequence[str], *, apart: float) -> None:
    """Draw each series as a line with markers and intervals, those of one place a little apart."""
    for name, line in part.groupby("hue", sort=False):
        color, marker = said.look(next(line.itertuples()))
        at = line["at"] + apart * (hues.index(str(name)) - (len(hues) - 1) / 2)
        seaborn.lineplot(x=at, y=line["value"], ax=ax, color=color, lw=1.8, legend=False)
        ax.vlines(at, line["low"], line["high"], color=color, lw=1.1, alpha=0.45, zorder=2)
        few = (line["n"] < FEW) & bool(said.measure.ends)
        for x, y, faint in zip(at, line["value"], few, strict=True):
            ax.plot(x, y, marker, color=color, mfc="white" if faint else color, ms=6, clip_on=False, zorder=3)


def _cut(ax: Axes, part: pd.DataFrame, what: Measure) -> None:
    """End the axis where the values do; an arrow says that a very wide interval goes on."""
    if what.ends:
        return ax.set_ylim(-1.06, 1.06) and None
    most = float(np.nanmax(part[["value", "q3"]].to_numpy(dtype=float))) or 1.0
    top = min(2 * most, float(np.nanmax([1.05 * most, part["high"].max()])))
    beyond = part.loc[part["high"] > top, "at"]
    for at in beyond:
        ax.plot(at, top, "^", color=GREY, ms=3.5, clip_on=False)
    ax.set_ylim(min(0.0, float(part["value"].min())), top)


def _draw_events(ax: Axes, events: Mapping[str, str], *, words: bool) -> None:
    """Mark events at their dates, with their words above the axes."""
    for date, name in events.items():
        day = pd.Timestamp(str(date))
        at = day.year + (day.day_of_year - 0.5) / 365.25
        ax.axvline(at, color=MARK, lw=0.9, ls=(0, (2, 2)), zorder=0)
        if words:
            ax.annotate(name, (at, 1), (0, 3), ha="center", color=MARK, **_ABOVE)


def _fill(text: str, width: int) -> str:
    return fill(text, max(8, width), break_long_words=False)


def _few(names: Sequence[str], most: int) -> list[str]:
    """Leave some names empty where there is no room for all."""
    step = -(-len(names) // most)
    return [name if i % step == 0 else "" for i, name in enumerate(names)]


def _name_ends(ax: Axes, table: pd.DataFrame, said: Caption, right: float) -> None:
    """Name each line at its end, no name over another."""
    last = table.drop_duplicates("hue", keep="last")
    order, (low, high) = np.argsort(last["value"].to_numpy(), kind="stable"), ax.get_ylim()
    heights = last["value"].to_numpy(dtype=float).copy()
    for _ in range(40):
        for under, over in pairwise(order):
            lack = max(0.0, 0.065 * (high - low) - (heights[over] - heights[under])) / 2
            heights[[under, over]] += (-lack, lack)
    for row, height in zip(last.itertuples(), heights, strict=True):
        look = {"color": said.look(row)[0], "size": 9.5, "weight": "bold", "va": "center"}
        ax.annotate(row.hue, (table["at"].max() + right, height), annotation_clip=False, **look)


def _ordered(names: pd.Series, values: pd.Series) -> list[str]:
    """Order names by their column: categories as they are ordered, anything else as it comes."""
    codes = values.cat.codes if isinstance(values.dtype, pd.CategoricalDtype) else pd.factorize(values)[0]
    return list(dict.fromkeys(names.iloc[np.argsort(codes, kind="stable")]))
