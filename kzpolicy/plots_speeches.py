"""One function a published figure about the speeches: a tidy frame and an axes in, the axes out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kzpolicy.plots import plot_keyness
from kzpolicy.powers import Power, Powers
from kzpolicy.resemblance import EUROPEANS, NEIGHBOURS, POWERS
from kzpolicy.speeches import load_states
from kzpolicy.style import DARK, GREY, LIGHT, SERIES, beside, name_rows, panel_title, signed

STATE_MARKER = "h"
_JANUARIES = [2016, 2018, 2020, 2022]  # where these years begin
_CELLS = (1.16, 1.38, 1.54, 1.7)  # where figures stand beside a row, in widths of the axes
_CODES = {code: key for key, code in POWERS.items()} | {code: "eu" for code in EUROPEANS.values()}


def event_times(events: pd.DataFrame, keys: Mapping[str, str]) -> dict[str, float]:
    """Give the times of events, in years, by the short words that mark them.

    Parameters
    ----------
    events
        The table ``events``; dates are as precise as their sources.
    keys
        Key of the event to its word in the figure; events that the table lacks have no time.
    """
    dates = events.set_index("event")["date"].str.split("/").str[0].to_dict()
    parts = {
        word: [int(part) for part in dates[key].split("-")] for key, word in keys.items() if key in dates
    }
    return {w: p[0] + ((p[1] - 0.5) / 12 if len(p) > 1 else 0.5) for w, p in parts.items()}


def plot_world(
    table: pd.DataFrame,
    ax: Axes,
    *,
    articles: pd.DataFrame | None = None,
    events: Mapping[str, float] | None = None,
    color: str = DARK,
) -> Axes:
    """Draw a state's rate of one theme by year over the other delegations' median and quartiles.

    An arrow at the top says that an interval goes on beyond twice the highest rate.

    Parameters
    ----------
    table
        As from `kzpolicy.comparing.world`, one theme only.
    ax
        Where to draw.
    articles
        As from `kzpolicy.trends.theme_rates` for the articles, the same theme: another corpus, drawn
        as open grey diamonds, with a line over the range of dates where the day is not known; None for
        none.
    events
        As from `event_times`; thin lines, which `plot_world_key` names.
    color
        Colour of the state.
    """
    when = table["year"] + 0.73  # the debate is in September
    ax.fill_between(when, table["q1"], table["q3"], color=LIGHT, linewidth=0, zorder=1)
    ax.plot(when, table["median"], color=GREY, linewidth=1.3, zorder=2)
    ax.vlines(when, table["low"], table["high"], color=color, linewidth=1.1, alpha=0.55, zorder=3)
    ax.plot(when, table["rate"], STATE_MARKER, color=color, markersize=5.5, zorder=4, clip_on=False)
    top = float(max(table["rate"].max(), table["q3"].max()))
    if articles is not None:
        first, last = (_in_years(articles[column]) for column in ("published_from", "published_to"))
        years = (first + last) / 2
        ax.hlines(articles["rate"], first, last, color=GREY, linewidth=2.2, alpha=0.7, zorder=2.4)
        look: dict[str, Any] = {"color": GREY, "markerfacecolor": "white", "markersize": 5, "zorder": 2.5}
        ax.plot(years, articles["rate"], "d", clip_on=False, **look)
        top = max(top, float(articles["rate"].max()))
    for time in (events or {}).values():
        ax.axvline(time, color=GREY, linewidth=0.8, linestyle=":", zorder=0)
    panel_title(ax, str(table["name"].iloc[0]))
    top = min(2 * top, max(1.1 * top, float(table["high"].max())))
    beyond = when[table["high"] > top]
    ax.plot(beyond, [top] * len(beyond), "^", color=color, markersize=3.5, clip_on=False)
    ax.set(xlim=(2015.2, 2023.2), ylim=(0, top), xticks=_JANUARIES)
    ax.grid(axis="y")
    return ax


def plot_world_key(ax: Axes, name: str, *, events: Mapping[str, float], color: str = DARK) -> Axes:
    """Explain the marks of `plot_world` in a panel of its own, events on the same axis.

    Parameters
    ----------
    ax
        Where to draw.
    name
        Name of the state.
    events
        As given to `plot_world`.
    color
        Colour of the state.
    """
    ax.fill_between([2015.3, 2016.3], 2.6, 3.4, color=LIGHT, linewidth=0)
    ax.plot([2015.3, 2016.3], [3, 3], color=GREY, linewidth=1.3)
    ax.vlines(2015.8, 3.7, 4.7, color=color, linewidth=1.1, alpha=0.55)
    ax.plot(2015.8, 4.2, STATE_MARKER, color=color, markersize=5.5)
    ax.plot(2015.8, 1.8, "d", color=GREY, markerfacecolor="white", markersize=5)
    for y, words in (
        (4.2, f"{name}, 95% interval"),
        (3, "others: median, quartiles"),
        (1.8, "an article, range of dates"),
    ):
        ax.text(2016.6, y, words, size=8, va="center", color=DARK)
    for word, time in events.items():
        ax.axvline(time, ymax=0.2, color=GREY, linewidth=0.8, linestyle=":")
        ax.text(time - 0.12, 0.5, word, size=8, va="center", ha="right", color=GREY)
    panel_title(ax, "How to read")
    ax.set(xlim=(2015.2, 2023.2), ylim=(0, 5), xticks=_JANUARIES, yticks=[])
    return ax


def plot_keyness_sides(
    found: pd.DataFrame, axes: Sequence[Axes], titles: tuple[str, str], *, least: int = 2, limit: float = 3.0
) -> None:
    """Draw the words that mark the target and those that mark the reference, on two axes.

    Parameters
    ----------
    found
        As from `kzpolicy.trends.keyness`, with ``documents``.
    axes
        For the target and for the reference.
    titles
        Of the two.
    least
        In how many documents of its side a word must stand.
    limit
        As in `kzpolicy.plots.plot_keyness`.
    """
    held = found[found["documents"] >= least]
    back = held.iloc[::-1]
    for ax, part, title in zip(axes, (held, back.assign(z=-back["z"])), titles, strict=True):
        panel_title(plot_keyness(part, ax, limit=limit), title)


def plot_stress(table: pd.DataFrame, ax: Axes, *, looks: Mapping[str, str]) -> Axes:
    """Draw how much two bodies of text speak of each theme or power, a row each.

    Parameters
    ----------
    table
        As from `kzpolicy.comparing.stress`, one kind only.
    ax
        Where to draw.
    looks
        The two sources' names to their markers; the first is drawn filled, the second open.
    """
    rows = {str(name): y for y, name in enumerate(dict.fromkeys(table["name"]))}
    for i, (source, marker) in enumerate(looks.items()):
        part, color = table[table["source"] == source], (DARK, GREY)[i]
        y = part["name"].map(rows).astype(float) + (-0.16, 0.16)[i]
        ax.hlines(y, part["low"], part["high"], color=color, linewidth=1.4)
        face = "white" if i else color
        ax.plot(part["rate"], y, marker, color=color, markerfacecolor=face, markersize=6.5, clip_on=False)
    name_rows(ax, rows)
    ax.set_xlim(left=-0.03 * float(table["high"].max()))
    ax.grid(axis="x")
    return ax


def _in_years(dates: pd.Series) -> pd.Series:
    return dates.dt.year + (dates.dt.day_of_year - 0.5) / 365.25


def plot_change(tests: pd.DataFrame, ax: Axes, *, color: str = DARK) -> Axes:
    """Draw how a state's rates changed, with the spread of the other states' changes behind.

    Parameters
    ----------
    tests
        As from `kzpolicy.comparing.change_test`; drawn in this order.
    ax
        Where to draw.
    color
        Colour of the state.
    """
    for y, row in enumerate(tests.itertuples()):
        spread = [row.change - row.excess_high, row.change - row.excess_low]
        ax.plot(spread, [y, y], color=LIGHT, linewidth=9, solid_capstyle="butt", zorder=1)
        ax.plot(row.world, y, "|", color=GREY, markersize=11, markeredgewidth=1.6, zorder=2)
        ax.plot([row.low, row.high], [y, y], color=color, linewidth=1.5, zorder=3)
        ax.plot(row.change, y, STATE_MARKER, color=color, markersize=7.5, zorder=4)
        cells = (f"{row.percentile:.0f}", f"{row.p:.2f}", f"{row.q:.2f}")
        for x, cell in zip((1.1, 1.24, 1.38), cells, strict=True):
            beside(ax, x, y, cell, ha="right", size=8.5, color=DARK if row.q < 0.05 else GREY)
    for x, word in ((1.1, "placebo"), (1.24, "p"), (1.38, "q")):
        beside(ax, x, -0.85, word, ha="right", size=8, color=GREY)
    name_rows(ax, tests["name"])
    ax.axvline(0, color=GREY, linewidth=0.8, zorder=0)
    ax.grid(axis="x")
    return ax


def plot_dispersion(places: pd.DataFrame, ax: Axes, *, color: str = DARK) -> Axes:
    """Draw where in each year's speech a theme stands, from first word to last.

    Parameters
    ----------
    places
        As from `kzpolicy.comparing.dispersion`, one theme only.
    ax
        Where to draw.
    color
        Colour of the marks; a longer mark is a paragraph with more of the theme's words.
    """
    years = np.arange(2015, 2023)
    ax.hlines(years, 0, 1, color=LIGHT, linewidth=0.8)
    for row in places.itertuples():
        half = 0.12 + 0.27 * min(row.count, 8) / 8
        ax.plot([row.place] * 2, [row.year - half, row.year + half], color=color, linewidth=1.5)
    panel_title(ax, str(places["name"].iloc[0]) if len(places) else "")
    ax.set(xlim=(-0.02, 1.02), ylim=(2022.6, 2014.4))
    ax.set_yticks(years, [str(y) for y in years])
    ax.set_xticks([0, 1], ["start", "end"])
    return ax


def plot_resemblance(table: pd.DataFrame, powers: Powers, ax: Axes, *, name: str = "") -> Axes:
    """Draw how close a state's language is to one power's, by year, among all delegations.

    Parameters
    ----------
    table
        As from `kzpolicy.resemblance.resemblance`, one power only.
    powers
        The powers' names, colours and markers; European states take those of the European Union.
    ax
        Where to draw.
    name
        Title; empty for the power's name.
    """
    power = _power(str(table["power"].iloc[0]), powers)
    ax.axhline(50, color=GREY, linewidth=0.8, zorder=0)
    ax.vlines(table["year"], table["low"], table["high"], color=power.color, linewidth=0.9)
    ax.plot(table["year"], table["percentile"], color=power.color, linewidth=0.7)
    face = power.color if table["power"].iloc[0] in POWERS.values() else "white"
    look: dict[str, Any] = {"color": power.color, "markerfacecolor": face, "markersize": 6.5}
    ax.plot(table["year"], table["percentile"], power.marker, clip_on=False, **look)
    panel_title(ax, name or power.name)
    ax.set(xlim=(2014.5, 2022.5), ylim=(-3, 105))
    ax.set_xticks([2015, 2018, 2022], ["2015", "2018", "2022"])
    ax.set_yticks([0, 50, 100])
    ax.grid(axis="y")
    return ax


def plot_moves(tests: pd.DataFrame, powers: Powers, ax: Axes) -> Axes:
    """Draw how a state's closeness to each power moved between two periods.

    Parameters
    ----------
    tests
        As from `kzpolicy.resemblance.closeness_change`; drawn in this order.
    powers
        The powers' names, colours and markers; European states take those of the European Union.
    ax
        Where to draw: open marks before, filled marks after.
    """
    for y, row in enumerate(tests.itertuples()):
        power = _power(str(row.power), powers)
        ax.plot([row.before, row.after], [y, y], color=power.color, linewidth=1.4, zorder=2)
        look: dict[str, Any] = {"color": power.color, "markersize": 7.5, "zorder": 3, "clip_on": False}
        ax.plot(row.before, y, power.marker, markerfacecolor="white", **look)
        ax.plot(row.after, y, power.marker, **look)
        cells = (signed(row.change, 0), f"{row.percentile:.0f}", f"{row.p:.2f}", f"{row.q:.2f}")
        for x, cell in zip(_CELLS, cells, strict=True):
            beside(ax, x, y, cell, ha="right", size=8.5, color=DARK if row.q < 0.05 else GREY)
    for x, word in zip(_CELLS, ("change", "placebo", "p", "q"), strict=True):
        beside(ax, x, -0.95, word, ha="right", size=8, color=GREY)
    ax.axvline(50, color=GREY, linewidth=0.8, zorder=0)
    name_rows(ax, [_power(str(code), powers).name for code in tests["power"]])
    ax.set(xlim=(0, 100), xticks=[0, 25, 50, 75, 100])
    ax.grid(axis="x")
    return ax


def plot_map_key(ax: Axes, powers: Powers, name: str) -> Axes:
    """Explain the marks of `plot_map` in a panel of its own.

    Parameters
    ----------
    ax
        Where to draw.
    powers
        The powers' names, colours and markers.
    name
        Name of the state.
    """
    marks = [(name, STATE_MARKER, "black", "black")]
    for code in POWERS.values():
        power = _power(code, powers)
        marks.append((power.name, power.marker, power.color, power.color))
    marks += [("neighbours", "o", "white", SERIES), ("others", ".", "#909090", "#909090")]
    for i, (word, marker, face, edge) in enumerate(marks):
        y = 0.95 - 0.1 * i
        ax.plot(0.08, y, marker, color=edge, markerfacecolor=face, markersize=6)
        ax.text(0.18, y, word, size=8, va="center", color=DARK)
    panel_title(ax, "How to read")
    ax.set(xlim=(0, 1), ylim=(0, 1), xticks=[], yticks=[])
    ax.spines["bottom"].set_visible(False)
    return ax


def plot_map(
    speeches: pd.DataFrame,
    powers: Powers,
    ax: Axes,
    *,
    year: int,
    state: str = "KAZ",
    neighbours: Collection[str] = NEIGHBOURS,
    names: bool = False,
) -> Axes:
    """Draw all delegations of a year on the common map; the state, powers and neighbours are marked.

    Parameters
    ----------
    speeches
        As from `kzpolicy.resemblance.speech_map`.
    powers
        The powers' colours and markers.
    ax
        Where to draw.
    year
        The year.
    state, neighbours
        Codes of the state and of its neighbours.
    names
        Whether to write the names beside the marks; one panel of several is enough.
    """
    part = speeches[speeches["year"] == year].set_index("state")
    ax.scatter(part["axis1"], part["axis2"], s=5, color="#909090", linewidths=0, zorder=1)
    near = part[part.index.isin(neighbours)]
    ax.scatter(near["axis1"], near["axis2"], s=16, facecolors="white", edgecolors=SERIES, zorder=2)
    for code in POWERS.values():
        if code in part.index:
            power, (x, y) = _power(code, powers), part.loc[code, ["axis1", "axis2"]].astype(float)
            ax.plot(x, y, power.marker, color=power.color, markersize=6, zorder=3, clip_on=False)
            if names:
                _name(ax, power.name, x, y)
    x, y = part.loc[state, ["axis1", "axis2"]].astype(float)
    ax.plot(x, y, STATE_MARKER, color="black", markersize=9, markeredgecolor="white", zorder=4)
    if names:
        _name(ax, str(load_states().loc[state, "name"]), x, y)
    limits = {axis: speeches[axis].quantile([0.002, 0.998]) for axis in ("axis1", "axis2")}
    ax.set(xlim=limits["axis1"], ylim=limits["axis2"], xticks=[], yticks=[])
    ax.axhline(0, color=LIGHT, linewidth=0.8, zorder=0)
    ax.axvline(0, color=LIGHT, linewidth=0.8, zorder=0)
    panel_title(ax, str(year))
    return ax


def _name(ax: Axes, name: str, x: float, y: float) -> None:
    ax.annotate(name, (x, y), (6, 0), textcoords="offset points", va="center", size=7, color=DARK, zorder=5)


def _power(code: str, powers: Powers) -> Power:
    key = _CODES[code]
    found = powers[key]
    names = {code: name for name, code in EUROPEANS.items()}
    return Power(key, names.get(code, found.name), found.color, found.marker)
