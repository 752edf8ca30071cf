"""Figures: a tidy frame and column names in, a finished chart out, its words made from the frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import ParamSpec

import numpy as np
import pandas as pd
import seaborn
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from kzpolicy.captions import FEW, caption, find_measure, sides_in_words
from kzpolicy.marks import (
    ABOVE,
    LANE,
    broken,
    cut_axis,
    draw_events,
    draw_lines,
    draw_scale,
    draw_texts,
    draw_value,
    find_lanes,
    limits_of,
    make_axes,
    make_key,
    name_ends,
    write,
)
from kzpolicy.powers import Powers
from kzpolicy.style import (
    GREY,
    LIGHT,
    MARK,
    SERIES,
    Chart,
    Measure,
    finish,
    in_words,
    ink_on,
    shown_names,
    signed,
    theme,
)

__all__ = ["plot_curve", "plot_dots", "plot_grid", "plot_lines", "plot_slopes"]

_DIVERGING = LinearSegmentedColormap.from_list("", ["#5B2A86", "#B79BCB", "#EBEBEB", "#8FC3A0", "#1F6E43"])
_COUNTS = LinearSegmentedColormap.from_list("", ["#FFFFFF", "#33475B"])
P = ParamSpec("P")
EMPTY = "Nothing to draw: the table has no rows."
_STEP = 0.2  # inches between the series of a row


def _finished(draw: Callable[P, Chart]) -> Callable[P, Chart]:
    """Draw in the look of all figures; in the place of a frame without rows say that there is nothing."""

    @wraps(draw)
    def drawn(*args: P.args, **given: P.kwargs) -> Chart:
        frame = args[0] if args else given["frame"]
        with theme():
            if not isinstance(frame, pd.DataFrame) or len(frame):
                return draw(*args, **given)
            return finish(Figure(), str(given.get("title") or "No data"), EMPTY, "", EMPTY, body=0.1)

    return drawn


@_finished
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
    said = caption(frame, x, measure, powers, title, texts, row=y, hue=hue, panel=panel)
    table, rows, hues, panels = said.table, *map(said.names, ("row", "hue", "panel"))
    table[["start", "stop"]] = frame[list(background)] if background else np.nan
    further = [*(marks or {}).values(), *(texts[x] if texts is not None else ())]
    limits = limits_of(said.measure, table[["value", "low", "high", "start", "stop"]], further)
    lanes = find_lanes(texts, x, shown_names(texts, y, powers), rows, limits) if texts is not None else {}
    # Where each row has one series, in its own colour, nothing stands side by side.
    beside = {hue: 0 if table["row"].is_unique else i for i, hue in enumerate(hues)}
    depth = _STEP * len(set(beside.values()))
    tall = [depth + LANE * len({lane for *_, lane in lanes.get(row, ())}) for row in rows]
    tall = [inches + (0.12 if len(rows) < 15 else 0.02) for inches in tall]
    tops = dict(zip(rows, np.cumsum([0.14, *tall]), strict=False))
    figure, axes = make_axes(panels, 2, sharex=True, sharey=True)
    for ax, name in zip(axes, panels, strict=True):
        for row in table[table["panel"] == name].itertuples():
            at = tops[row.row] + _STEP * beside[row.hue]
            ax.hlines(at, row.start, row.stop, color=LIGHT, lw=7, zorder=1)
            draw_value(ax, row, at, said, narrow=len(panels) > 1)
        for row, dots in lanes.items():
            draw_texts(ax, dots, tops[row] + depth - 0.02)
        ax.set(xlim=limits, ylim=(sum(tall), -0.1))
        ax.set_yticks([top + (depth - _STEP) / 2 for top in tops.values()], [broken(row, 26) for row in rows])
        ax.tick_params(axis="y", labelsize=9 if max(map(len, rows)) > 26 else 9.5)
        for word, at in (marks or {}).items():
            ax.axvline(at, color=GREY, lw=0.9, ls=":", zorder=0)
            write(ax, word, (at, 1), (0, 7), ABOVE, ha="center", size=8.2, color=GREY)
        draw_scale(ax, said.measure, "x")
    for ax in axes[:-2]:
        ax.set_xlabel("")
    said.about += ["small dots: single texts" if lanes else "", f"grey: {behind}" if background else ""]
    body = 0.55 + -(-len(panels) // 2) * (sum(tall) + (0.35 if panel else 0))
    return said.finish(figure, "Dot plot", source, body, make_key(hues, said.looks))


@_finished
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
    >>> tone = pd.DataFrame({"label": ["A", "B"], "power": "china", "mean": [0.8, 0.1], "n": [9, 8]})
    >>> plot_slopes(tone, measure="tone").title
    'Mean tone, as coded, by text'
    """
    said = caption(frame, y, measure, powers, title, row=x, hue=hue)
    table, places, hues = said.table, said.names("row"), said.names("hue")
    table["at"] = table["row"].map(places.index).astype(float)
    figure, (ax,) = make_axes([""], 1)
    ax.set_ylim(*limits_of(said.measure, table[["value", "low", "high"]]))
    draw_lines(ax, table, said, hues, apart=0.1)
    halo = [withStroke(linewidth=2.5, foreground="white")]
    middle = table.groupby("row")["value"].transform("mean")
    for row, above in zip(table.itertuples(), table["value"] >= middle, strict=True):
        text = said.measure.text(row.value) if len(hues) < 3 else ""
        look = {"ha": "center", "weight": "bold", "color": said.look(row)[0], "path_effects": halo}
        write(ax, text, (row.at, row.value), (0, 13 if above else -13), **look)
    draw_scale(ax, said.measure, "y")
    name_ends(ax, table, said, 0.2)
    counts = table.pivot(index="row", columns="hue", values="n").loc[places, hues]
    sizes = counts.map(lambda n: "–" if np.isnan(n) else f"{n:.0f}").agg(" / ".join, axis=1)
    said_n = "" if len(hues) > 1 else "n = "  # of several lines the subtitle says what the numbers are
    names = [f"{broken(place, 55 // len(places))}\n{said_n}{sizes[place]}" for place in places]
    ax.set_xticks(range(len(places)), names)
    ax.set(xlim=(-0.4, len(places) - 0.6), xlabel="")
    said.about.append(f"n: {' / '.join(hues)}" if len(hues) > 1 else "")
    return said.finish(figure, "Slope chart", source, 3.4)


@_finished
def plot_lines(
    frame: pd.DataFrame,
    x: str = "year",
    y: str = "rate",
    *,
    hue: str | None = None,
    panel: str | None = None,
    background: tuple[str, str, str] = ("median", "q1", "q3"),
    behind: str = "median and quartiles of the others",
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
        Columns of the lines, named at their ends, and of small multiples, whose axes differ in height
        unless they are delegations.
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
    'Words counted, 2015–2016'
    """
    said = caption(frame, y, measure, powers, title, row=x, hue=hue, panel=panel)
    table, hues, panels = said.table, said.names("hue"), said.names("panel")
    usual, years = set(background) <= set(frame), sorted(set(frame[x].astype(int)))
    table["at"] = frame[x].astype(float) + 0.5
    table[["middle", "q1", "q3"]] = frame[list(background)] if usual else np.nan
    across = 1 if not panel else 2 if len(panels) < 5 else 3
    figure, axes = make_axes(panels, across, sharex=True)
    for ax, name in zip(axes, panels, strict=True):
        part = table[table["panel"] == name].sort_values("at", kind="stable")
        ax.fill_between(part["at"], part["q1"], part["q3"], color=LIGHT, lw=0, zorder=1)
        ax.plot(part["at"], part["middle"], color=GREY, lw=1.1, zorder=1.5)
        cut_axis(ax, table if panel in ("speaker_state", "state") else part, said.measure)
        draw_lines(ax, part, said, hues, apart=0.14)
        draw_events(ax, events or {}, words=not panel)
        draw_scale(ax, said.measure, "y")
        shown = years[:: -(-len(years) * across // 11)]  # as many as there is room for
        ax.set_xticks([year + 0.5 for year in shown], [str(year) for year in shown])
        ax.set(xlim=(years[0], years[-1] + 1), xlabel="", ylabel="" if panel else ax.get_ylabel())
        name_ends(ax, part, said, 0.25)
    dashed = ", ".join(f"{words} ({date})" for date, words in (events or {}).items()) if panel else ""
    said.about += [f"grey: {behind}" if usual else "", f"dashed: {dashed}" if dashed else ""]
    body = 0.3 + -(-len(panels) // across) * (1.5 if across == 3 else 2.1) if panel else 3.1
    return said.finish(figure, "Line chart", source, body)


@_finished
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
    'Counts, by codes'
    """
    if {x, y} <= set(frame) and frame[x].nunique() > max(7, frame[y].nunique()):
        x, y = y, x
    said = caption(frame, value, measure, powers, title, row=y, hue=x)
    table, what = said.table, said.measure
    down, across = _ordered(table["row"], frame[y]), _ordered(table["hue"], frame[x])
    cells = table.pivot(index="row", columns="hue").loc[down]
    values, sizes = cells["value"][across], cells["n"][across]
    few = (sizes < FEW).to_numpy() & bool(what.ends)
    low, high = (-1.0, 1.0) if what.signed else (0.0, max(float(table["value"].max()), 1e-9))
    colors = _DIVERGING if what.signed else _COUNTS
    figure, (ax,) = make_axes([""], 1)
    seaborn.heatmap(values.mask(few), ax=ax, cmap=colors, vmin=low, vmax=high, cbar=False, linewidths=2)
    for (i, j), cell in np.ndenumerate(values.to_numpy(dtype=float)):
        n, faint = sizes.iloc[i, j], bool(np.isnan(cell) or few[i, j])
        words = "–" if np.isnan(cell) else what.text(cell) + ("" if np.isnan(n) else f"\nn = {n:.0f}")
        ink, weight = (GREY, "normal") if faint else (ink_on(colors((cell - low) / (high - low))), "bold")
        size = 9 if len(across) < 6 else 8
        write(ax, words, (j + 0.5, i + 0.5), ha="center", size=size, color=ink, weight=weight)
    ax.set_xticks(ax.get_xticks(), [broken(name, 54 // len(across)) for name in across], rotation=0)
    ax.set_yticks(ax.get_yticks(), [broken(name, 26) for name in down], rotation=0)
    ax.tick_params(length=0, top=False, labeltop=True, labelbottom=False)
    ax.xaxis.set_label_position("top")
    heads = ("", "") if what.ends else (in_words(x, frame), in_words(y, frame))
    ax.set(xlabel=heads[0], ylabel=heads[1])
    said.about = [words.replace("faint", "white") for words in said.about if not words.startswith("bars")]
    return said.finish(figure, "Heat map", source, 0.75 + 0.43 * len(down))


@_finished
def plot_curve(
    frame: pd.DataFrame, *, measure: str | Measure = "difference", title: str = "", source: str = ""
) -> Chart:
    """Draw a specification curve: all estimates with their intervals in order, the primary one marked.

    Parameters
    ----------
    frame
        ``estimate``, ``low``, ``high``, ``primary``, and where there are ``coded`` (whether codes are
        the measure), ``first`` and ``second`` (what is compared).
    measure, title, source
        As for `plot_dots`.

    Examples
    --------
    >>> rows = {"estimate": [0.1, 0.4], "low": [-0.1, 0.2], "high": [0.3, 0.6], "primary": [False, True]}
    >>> plot_curve(pd.DataFrame(rows)).title
    'Difference of means under 2 specifications'
    """
    table = frame.sort_values("estimate", kind="stable", ignore_index=True)
    coded = table["coded"].astype(bool) if "coded" in table else pd.Series(True, index=table.index)
    what = find_measure(table, "estimate", measure)
    of = f": {sides_in_words(table)}" if {"first", "second"} <= set(table) else ""
    title = title or f"{what.title} under {len(table)} specifications{of}"
    figure, (ax,) = make_axes([""], 1)
    looks = {"as coded": (SERIES[0][0], "."), "scored automatically": (SERIES[1][0], ".")}
    kinds = coded.map(dict(zip((True, False), looks, strict=True)))
    for kind, part in table.groupby(kinds):
        ax.vlines(part.index, part["low"], part["high"], color=looks[str(kind)][0], lw=1, alpha=0.35)
        ax.plot(part.index, part["estimate"], ".", color=looks[str(kind)][0], ms=5)
    for row in table[table["primary"].astype(bool)].itertuples():
        ax.plot(row.Index, row.estimate, "o", color=MARK, ms=9, mfc="none", mew=1.8, zorder=4)
        words = f"primary {signed(row.estimate)}"
        write(ax, words, (row.Index, row.high), (0, 9), ha="center", color=MARK, weight="bold")
    draw_scale(ax, what, "y")
    ax.set(xticks=[], xlim=(-0.02 * len(table), 1.02 * len(table)))
    above, below = (table["estimate"] > 0).mean(), (table["estimate"] < 0).mean()
    clear = (table["low"] > 0).mean(), (table["high"] < 0).mean()
    subtitle = f"above zero: {above:.0%}, with the whole interval {clear[0]:.0%}; below zero: {below:.0%}, "
    subtitle += f"with the whole interval {clear[1]:.0%}; bars: 95% interval"
    span = f"From {signed(table['estimate'].min())} to {signed(table['estimate'].max())}"
    alt = f"Specification curve. {title}. {subtitle}. {span}."
    return finish(figure, title, subtitle, source, alt, body=2.6, key=make_key(sorted(set(kinds)), looks))


def _ordered(names: pd.Series, values: pd.Series) -> list[str]:
    """Order names by their column: categories as they are ordered, anything else as it comes."""
    codes = values.cat.codes if isinstance(values.dtype, pd.CategoricalDtype) else pd.factorize(values)[0]
    return list(dict.fromkeys(names.iloc[np.argsort(codes, kind="stable")]))
