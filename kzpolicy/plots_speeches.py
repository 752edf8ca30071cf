"""One function a published figure about the speeches: a tidy frame and an axes in, the axes out."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kzpolicy.powers import Power, Powers
from kzpolicy.resemblance import EUROPEANS, NEIGHBOURS, POWERS
from kzpolicy.speeches import load_states
from kzpolicy.style import DARK, GREY, LIGHT, SERIES, panel_title

STATE_MARKER = "h"
_CODES = {code: key for key, code in POWERS.items()} | {code: "eu" for code in EUROPEANS.values()}


def event_times(events: pd.DataFrame, keys: Mapping[str, str]) -> dict[str, float]:
    """Give the times of events, in years, by the short words that mark them.

    Parameters
    ----------
    events
        The table ``events``; dates are as precise as their sources.
    keys
        Key of the event to its word in the figure.
    """
    dates = events.set_index("event")["date"].str.split("/").str[0].to_dict()
    parts = {word: [int(part) for part in dates[key].split("-")] for key, word in keys.items()}
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

    Intervals that are wider than twice the highest rate leave the panel.

    Parameters
    ----------
    table
        As from `kzpolicy.comparing.world`, one theme only.
    ax
        Where to draw.
    articles
        As from `kzpolicy.trends.theme_rates` for the articles, the same theme: another corpus, drawn
        as open grey diamonds at the middle of each article's dates; None for none.
    events
        As from `event_times`; thin lines.
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
        middle = articles["published_from"] + (articles["published_to"] - articles["published_from"]) / 2
        years = middle.dt.year + (middle.dt.dayofyear - 0.5) / 365.25
        ax.plot(
            years,
            articles["rate"],
            "d",
            color=GREY,
            markerfacecolor="white",
            markersize=5,
            zorder=2.5,
            clip_on=False,
        )
        top = max(top, float(articles["rate"].max()))
    for word, time in (events or {}).items():
        ax.axvline(time, color=GREY, linewidth=0.7, linestyle=":", zorder=0)
        ax.text(
            time, 0.99, word, transform=ax.get_xaxis_transform(), ha="right", va="top", rotation=90,
            size=6.5, color=GREY,
        )  # fmt: skip
    panel_title(ax, str(table["name"].iloc[0]))
    ax.set(xlim=(2015.2, 2023.2), ylim=(0, min(2 * top, max(1.1 * top, float(table["high"].max())))))
    ax.set_xticks([2015.73, 2017.73, 2019.73, 2021.73], ["2015", "2017", "2019", "2021"])
    ax.grid(axis="y")
    return ax


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
            color_of = DARK if row.q < 0.05 else GREY
            beside = ax.get_yaxis_transform()
            ax.text(x, y, cell, transform=beside, ha="right", va="center", size=8.5, color=color_of)
    for x, word in ((1.1, "percentile"), (1.24, "p"), (1.38, "q")):
        ax.text(x, -0.7, word, transform=ax.get_yaxis_transform(), ha="right", size=8, color=GREY)
    ax.set_yticks(range(len(tests)), list(tests["name"]))
    ax.set_ylim(len(tests) - 0.5, -0.6)
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
    ax.vlines(table["year"], table["low"], table["high"], color=power.color, linewidth=1.4, alpha=0.5)
    ax.plot(table["year"], table["percentile"], color=power.color, linewidth=0.8, alpha=0.5)
    face = power.color if table["power"].iloc[0] in POWERS.values() else "white"
    ax.plot(
        table["year"],
        table["percentile"],
        power.marker,
        color=power.color,
        markerfacecolor=face,
        markersize=6.5,
    )
    panel_title(ax, name or power.name)
    ax.set(xlim=(2014.5, 2022.5), ylim=(-3, 103))
    ax.set_xticks([2015, 2018, 2022], ["2015", "2018", "2022"])
    ax.set_yticks([0, 50, 100])
    ax.grid(axis="y")
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
    ax.scatter(part["axis1"], part["axis2"], s=5, color="#C4C4C4", linewidths=0, zorder=1)
    near = part[part.index.isin(neighbours)]
    ax.scatter(near["axis1"], near["axis2"], s=16, facecolors="white", edgecolors=SERIES, zorder=2)
    for code in POWERS.values():
        if code in part.index:
            power, (x, y) = _power(code, powers), part.loc[code, ["axis1", "axis2"]].astype(float)
            ax.plot(x, y, power.marker, color=power.color, markersize=6, zorder=3, clip_on=False)
            if names:
                _name(ax, power.name, x, y, power.color)
    x, y = part.loc[state, ["axis1", "axis2"]].astype(float)
    ax.plot(x, y, STATE_MARKER, color="black", markersize=9, markeredgecolor="white", zorder=4)
    if names:
        _name(ax, str(load_states().loc[state, "name"]), x, y, "black")
    limits = {axis: speeches[axis].quantile([0.002, 0.998]) for axis in ("axis1", "axis2")}
    ax.set(xlim=limits["axis1"], ylim=limits["axis2"], xticks=[], yticks=[])
    ax.axhline(0, color=LIGHT, linewidth=0.8, zorder=0)
    ax.axvline(0, color=LIGHT, linewidth=0.8, zorder=0)
    panel_title(ax, str(year))
    return ax


def _name(ax: Axes, name: str, x: float, y: float, color: str) -> None:
    ax.annotate(name, (x, y), (6, 0), textcoords="offset points", va="center", size=7, color=color, zorder=5)


def _power(code: str, powers: Powers) -> Power:
    key = _CODES[code]
    found = powers[key]
    names = {code: name for name, code in EUROPEANS.items()}
    return Power(key, names.get(code, found.name), found.color, found.marker)
