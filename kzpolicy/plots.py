"""One function a published figure: a tidy frame and an axes in, the axes out."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import Any

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from kzpolicy.powers import Power, Powers, load_powers
from kzpolicy.stance import WESTERN
from kzpolicy.style import (
    DARK,
    GREY,
    SERIES,
    beside,
    ink_on,
    make_room,
    name_rows,
    nothing_drawn,
    panel_title,
    scale_axis,
    signed,
)

# Fewer sentences than this are too few to read a mean from: drawn hollow or in grey.
FEW = 5
TONE = ("portrayed unfavourably", "favourably")
STANCE = ("distance from the power", "approach")


def plot_means(
    means: pd.DataFrame,
    powers: Powers,
    ax: Axes,
    *,
    ends: tuple[str, str] = TONE,
    articles: pd.DataFrame | None = None,
) -> Axes:
    """Draw a mean with its interval for each power, one power a row.

    Parameters
    ----------
    means
        As from `kzpolicy.sentiment.mean_by` with ``by=["power"]``; drawn in this order.
    powers
        The powers' names, colours and markers.
    ax
        Where to draw.
    ends
        What -1 and 1 mean.
    articles
        Means by power and document, drawn as small dots above the row; None for none.

    Returns
    -------
    Axes
    """
    if means.empty:
        return nothing_drawn(ax)
    rows = {str(power): y for y, power in enumerate(means["power"])}
    for mean in means.itertuples():
        power, y = powers[str(mean.power)], rows[str(mean.power)]
        few = mean.n < FEW
        ax.plot([mean.low, mean.high], [y, y], color=power.color, linewidth=1.2 if few else 2.2)
        face = "white" if few else power.color
        ax.plot(mean.mean, y, power.marker, color=power.color, markerfacecolor=face, markersize=9, zorder=3)
        beside(ax, 1.02, y, f"{signed(mean.mean)}  n = {mean.n}", size=8.8, color=GREY if few else DARK)
    if articles is not None:
        inside = articles[articles["power"].isin(rows)]
        heights = inside["power"].astype("str").map(rows).astype(float) - 0.3
        ax.scatter(inside["mean"], heights, s=6 + 2.5 * inside["n"], color=GREY, alpha=0.7, linewidths=0)
    name_rows(ax, [powers[p].name for p in rows])
    scale_axis(ax, *ends)
    return ax


def plot_grid(means: pd.DataFrame, powers: Powers, ax: Axes, *, columns: Sequence[str]) -> Axes:
    """Draw a grid of means, powers down and documents across, with n in each cell.

    Purple is below zero, grey zero, green above; a cell of fewer than five sentences is white. More
    than twelve documents stand below each other, with the powers across.

    Parameters
    ----------
    means
        As from `kzpolicy.sentiment.mean_by` with ``by=["power", "label"]``.
    powers
        The powers' names and order.
    ax
        Where to draw.
    columns
        Labels of the documents, in order.
    """
    import seaborn

    if means.empty:
        return nothing_drawn(ax)
    keys, scale = [k for k in powers.keys if k in set(means["power"])], _scale()
    long, many = len(columns) > 12, len(columns) > 6
    if long:
        make_room(ax, len(columns) * 2)
    grid, sizes = (
        means.pivot(index="power", columns="label", values=value).reindex(index=keys, columns=list(columns))
        for value in ("mean", "n")
    )
    if long:
        grid, sizes = grid.T, sizes.T
        ax.figure.subplots_adjust(left=0.24)  # the documents' names are longer than the powers'
    lines: dict[str, Any] = {"linewidths": 2, "linecolor": "white"}
    seaborn.heatmap(grid.where(sizes >= FEW), ax=ax, cmap=scale, vmin=-1, vmax=1, cbar=False, **lines)
    for (y, x), n in np.ndenumerate(sizes.to_numpy(dtype=float)):
        words, look = "–" if many else "not named", dict[str, Any](size=8, color=GREY)
        if not np.isnan(n):
            mean = grid.iloc[y, x]
            words, look["size"] = (
                f"{signed(mean)}{' ' if long else chr(10)}n = {int(n)}",
                7.5 if long else 8.6,
            )
            if n >= FEW:
                look |= {"color": ink_on(scale((mean + 1) / 2)), "weight": "bold"}
        ax.annotate(words, (x + 0.5, y + 0.5), ha="center", va="center", **look)
    names = [powers[k].name for k in keys]
    labels = ["\n".join(wrap(c, 12)[:3]) for c in columns] if many else [_two_lines(c) for c in columns]
    across, down = (names, list(columns)) if long else (labels, names)
    ax.set_xticks(np.arange(len(across)) + 0.5, across, rotation=0, size=6.5 if many else None)
    ax.set_yticks(np.arange(len(down)) + 0.5, down, rotation=0, size=8 if long else None)
    ax.tick_params(length=0)
    ax.xaxis.tick_top()
    ax.set(xlabel="", ylabel="")
    return ax


def plot_against(
    coded: pd.DataFrame,
    targeted: pd.DataFrame,
    plain: pd.DataFrame,
    powers: Powers,
    ax: Axes,
    *,
    rows: Sequence[str] = (),
) -> Axes:
    """Draw the mean of the codes and of two scorers' classes for each document, for one power.

    Parameters
    ----------
    coded, targeted, plain
        As from `kzpolicy.sentiment.mean_by` with ``by=["power", "label"]``, one power only.
    powers
        The powers' names, colours and markers.
    ax
        Where to draw.
    rows
        Labels of all rows, for axes that share them; none for those of `coded`.
    """
    if coded.empty:
        return nothing_drawn(ax)
    power = powers[str(coded["power"].iloc[0])]
    places = {label: y for y, label in enumerate(rows or coded["label"])}
    looks = (
        ("codes", coded, -0.24, power.marker, power.color, power.color, 0.02),
        ("targeted", targeted, 0.04, "s", DARK, "white", 0.27),
        ("plain", plain, 0.28, "d", GREY, "white", 0.62),
    )
    above = 1 + 0.03 * min(1, 12 / len(places))
    for name, means, shift, marker, color, face, x in looks:
        for row in means.itertuples():
            y = places[row.label] + shift
            ax.plot([row.low, row.high], [y, y], color=color, linewidth=2 if name == "codes" else 1)
            few = "white" if row.n < FEW else face
            ax.plot(row.mean, y, marker, color=color, markersize=7, markerfacecolor=few)
        ax.plot(x, above, marker, color=color, markerfacecolor=face, transform=ax.transAxes, clip_on=False)
        ax.annotate(name, (x + 0.04, above), xycoords="axes fraction", va="center", size=8.5, color=DARK)
    for row in coded.itertuples():
        beside(ax, 1.02, places[row.label], f"n = {row.n}", size=8, color=GREY)
    name_rows(ax, places, top=-0.75, lines=2)
    ax.set_title(power.name, loc="left", size=9.5, weight="bold", color=DARK, pad=16)
    scale_axis(ax, "unfavourable", "favourable")
    return ax


def plot_dates(documents: pd.DataFrame, ax: Axes) -> Axes:
    """Draw when each document was published, as a range where the day is not known."""
    for y, row in enumerate(documents.itertuples()):
        if row.published_from == row.published_to:
            ax.plot(row.published_from, y, "o", color=SERIES, markersize=6)
        else:
            ends = [row.published_from, row.published_to]
            ax.plot(ends, [y, y], color=SERIES, linewidth=6, solid_capstyle="butt")
    name_rows(ax, documents["label"])
    margin = pd.Timedelta(days=60)
    ax.set_xlim(
        min(pd.Timestamp("2015-01-01"), documents["published_from"].min() - margin),
        max(pd.Timestamp("2023-03-01"), documents["published_to"].max() + margin),
    )
    ax.xaxis.set_major_locator(mdates.YearLocator(3))  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_formatter(mdates.DateFormatter("%Y"))  # type: ignore[no-untyped-call]
    ax.grid(axis="x")
    return ax


def plot_named(mentions: pd.DataFrame, powers: Powers, ax: Axes) -> Axes:
    """Draw how often each power is named, most often first.

    Parameters
    ----------
    mentions
        The table ``mentions``.
    powers
        The powers' names and colours.
    ax
        Where to draw.
    """
    counts = mentions["power"].value_counts()
    counts = counts.reindex([k for k in powers.keys if k in counts.index])
    counts = counts.sort_values(ascending=False, kind="stable")
    for y, (key, count) in enumerate(counts.items()):
        ax.barh(y, count, color=powers[str(key)].color, height=0.6)
        ax.annotate(str(count), (count, y), (5, 0), textcoords="offset points", va="center", size=9)
    name_rows(ax, [powers[str(k)].name for k in counts.index])
    ax.grid(axis="x")
    return ax


def plot_rates(rates: pd.DataFrame, ax: Axes, *, limit: float | None = None) -> Axes:
    """Draw one theme's rate per 10,000 words in each document, with its interval.

    Parameters
    ----------
    rates
        As from `kzpolicy.trends.theme_rates`, one theme only.
    ax
        Where to draw.
    limit
        End of the axis, to compare themes; None fits the theme.
    """
    for y, row in enumerate(rates.itertuples()):
        ax.plot([row.low, row.high], [y, y], color=SERIES, linewidth=1.6)
        face = SERIES if row.count else "white"
        ax.plot(row.rate, y, "o", color=SERIES, markersize=6, markerfacecolor=face)
    name_rows(ax, rates["label"])
    end = limit if limit is not None else 1.05 * float(rates["high"].max())
    for y, high in enumerate(rates["high"]):
        if high > end:  # the interval goes on
            ax.plot(end, y, ">", color=SERIES, markersize=4, clip_on=False)
    ax.set_xlim(-4, end)
    ax.grid(axis="x")
    return ax


def plot_attention(attention: pd.DataFrame, powers: Powers, ax: Axes) -> Axes:
    """Draw one power's share of each document's sentences, with its interval.

    Parameters
    ----------
    attention
        As from `kzpolicy.trends.attention`, one power only.
    powers
        The powers' names, colours and markers.
    ax
        Where to draw.
    """
    power = powers[str(attention["power"].iloc[0])]
    for y, row in enumerate(attention.itertuples()):
        ax.plot([row.low, row.high], [y, y], color=power.color, linewidth=1.6)
        look: dict[str, Any] = {
            "color": power.color,
            "markersize": 7,
            "markerfacecolor": power.color if row.n else "white",
        }
        ax.plot(row.share, y, power.marker, clip_on=False, **look)
    name_rows(ax, attention["label"])
    panel_title(ax, power.name)
    ax.set_xlim(-0.02, max(0.85, 1.02 * float(attention["high"].max())))
    ax.set_xticks([0, 0.25, 0.5, 0.75], ["0", "25%", "50%", "75%"])
    ax.grid(axis="x")
    return ax


def plot_keyness(
    found: pd.DataFrame,
    ax: Axes,
    *,
    color: str = SERIES,
    marker: str = "o",
    most: int = 8,
    limit: float = 3.0,
) -> Axes:
    """Draw the words that mark the target most, with z and counts; solid from z = 1.96 on.

    Parameters
    ----------
    found
        As from `kzpolicy.trends.keyness`, best first.
    ax
        Where to draw.
    color, marker
        Of the target.
    most
        How many words.
    limit
        End of the axis, the same in figures to be compared.
    """
    best = found[found["z"] > 0].head(most)
    limit = max([limit, *best["z"]])
    ax.axvline(1.96, color=GREY, linewidth=0.8, linestyle=":", zorder=0)
    for y, row in enumerate(best.itertuples()):
        clear = row.z >= 1.96
        ax.hlines(y, 0, row.z, color=color, linewidth=1.6 if clear else 0.7)
        ax.plot(row.z, y, marker, color=color, markersize=5.5, markerfacecolor=color if clear else "white")
        beside(ax, 1.0, y, f"{row.target} : {row.reference}", ha="right", size=8, color=GREY)
    ax.set_yticks(range(len(best)), list(best["term"]))
    ax.set_ylim(most - 0.4, -0.6)
    ax.set_xlim(0, limit * 1.5)
    ax.set_xticks(range(int(limit) + 1))
    return ax


def plot_balance(balance: pd.DataFrame, powers: Powers, ax: Axes) -> Axes:
    """Draw the mean stance toward each vector, a row a group, and the gap between the neighbours.

    Parameters
    ----------
    balance
        As from `kzpolicy.stance.balance`; its first column makes the rows.
    powers
        The powers' colours and markers; the western vector has its own.
    ax
        Where to draw.
    """
    if balance.empty:
        return nothing_drawn(ax, "nothing is coded here on Russia, China or the western powers")
    known = powers if {"russia", "china"} <= set(powers.keys) else load_powers()
    looks = {
        "Russia": known["russia"],
        "China": known["china"],
        WESTERN: Power(WESTERN, WESTERN, GREY, "p"),
    }
    for y, (_, part) in enumerate(balance.groupby(balance.columns[0], sort=False, observed=True)):
        for offset, row in zip(_spread(len(part)), part.itertuples(), strict=True):
            look = looks[str(row.vector)]
            ax.plot([row.low, row.high], [y + offset] * 2, color=look.color, linewidth=1.3)
            face: dict[str, Any] = {
                "color": look.color,
                "markerfacecolor": "white" if row.n < FEW else look.color,
            }
            ax.plot(row.mean, y + offset, look.marker, markersize=8, zorder=3, **face)
            beside(ax, 1.03, y + offset, f"{row.n}", size=7.5, color=GREY)
        if part[["below", "above"]].to_numpy().sum() == 0:
            beside(ax, 0.98, y, "no position stated", ha="right", size=8.5, color=GREY, style="italic")
        gap, low, high = (signed(x) for x in part.iloc[0][["gap", "gap_low", "gap_high"]])
        if part["gap"].notna().all():
            beside(ax, 1.12, y, f"{gap}\n({low} to {high})", size=8, color=DARK, linespacing=1.3)
    groups = dict.fromkeys(balance.iloc[:, 0])
    name_rows(ax, groups, lines=3)
    scale_axis(ax, *STANCE)
    above = 1 + 0.06 * min(1, 12 / len(groups))
    for x, look in zip((0.02, 0.2, 0.37), looks.values(), strict=True):
        ax.plot(x, above, look.marker, color=look.color, markersize=8, transform=ax.transAxes, clip_on=False)
        ax.annotate(
            look.name, (x + 0.025, above), xycoords="axes fraction", va="center", size=8.8, color=DARK
        )
    for x, words in ((1.03, "n"), (1.12, "China − Russia")):
        ax.annotate(words, (x, above), xycoords="axes fraction", va="center", size=8.5, color=GREY)
    return ax


def _spread(count: int) -> list[float]:
    """Offsets that keep the lines of one row apart."""
    return [0.24 * (i - (count - 1) / 2) for i in range(count)]


def _scale() -> LinearSegmentedColormap:
    return LinearSegmentedColormap.from_list(
        "measure", ["#5B2A86", "#B79BCB", "#EBEBEB", "#8FC3A0", "#1F6E43"]
    )


def _two_lines(label: str) -> str:
    words = label.split(" ")
    half = (len(words) + 1) // 2
    return " ".join(words[:half]) + "\n" + " ".join(words[half:])
