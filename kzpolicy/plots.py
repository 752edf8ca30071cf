"""One function a published figure: a tidy frame and an axes in, the axes out."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.dates as mdates
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kzpolicy.powers import VIA, Powers
from kzpolicy.style import DARK, GREY, LIGHT, SERIES, panel_title, scale_axis, signed

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
    rows = {str(power): y for y, power in enumerate(means["power"])}
    for mean in means.itertuples():
        power, y = powers[str(mean.power)], rows[str(mean.power)]
        few = mean.n < FEW
        ax.plot([mean.low, mean.high], [y, y], color=power.color, linewidth=1.2 if few else 2.2, alpha=0.9)
        face = "white" if few else power.color
        ax.plot(mean.mean, y, power.marker, color=power.color, markerfacecolor=face, markersize=9, zorder=3)
        ax.annotate(
            f"{signed(mean.mean)}  n = {mean.n}",
            (1.02, y),
            xycoords=("axes fraction", "data"),
            va="center",
            size=8.8,
            color=GREY if few else DARK,
        )
    if articles is not None:
        inside = articles[articles["power"].isin(rows)]
        heights = inside["power"].astype("str").map(rows).astype(float) - 0.3
        ax.scatter(inside["mean"], heights, s=6 + 2.5 * inside["n"], color=GREY, alpha=0.55, linewidths=0)
    ax.set_yticks(list(rows.values()), [powers[p].name for p in rows])
    ax.set_ylim(len(rows) - 0.5, -0.6)
    scale_axis(ax, *ends)
    return ax


def plot_grid(means: pd.DataFrame, powers: Powers, ax: Axes, *, columns: Sequence[str]) -> Axes:
    """Draw a grid of means, powers down and documents across, with n in each cell.

    A cell of fewer than five sentences has no colour.

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

    keys = [k for k in powers.keys if k in set(means["power"])]
    grid = means.pivot(index="power", columns="label", values="mean").reindex(
        index=keys, columns=list(columns)
    )
    sizes = means.pivot(index="power", columns="label", values="n").reindex(index=keys, columns=list(columns))
    seaborn.heatmap(
        grid.where(sizes >= FEW),
        ax=ax,
        cmap="RdBu",
        vmin=-1,
        vmax=1,
        center=0,
        cbar=False,
        linewidths=2,
        linecolor="white",
    )
    for y, key in enumerate(keys):
        for x, column in enumerate(columns):
            n = sizes.loc[key, column]
            if pd.isna(n):
                ax.annotate("not named", (x + 0.5, y + 0.5), ha="center", va="center", size=8, color=GREY)
                continue
            mean = grid.loc[key, column]
            few = n < FEW
            color = GREY if few else "white" if abs(mean) > 0.6 else DARK
            ax.annotate(
                f"{signed(mean)}\nn = {int(n)}",
                (x + 0.5, y + 0.5),
                ha="center",
                va="center",
                size=8.6,
                color=color,
                weight="normal" if few else "bold",
            )
    ax.set_xticks(np.arange(len(columns)) + 0.5, [_two_lines(c) for c in columns], rotation=0)
    ax.set_yticks(np.arange(len(keys)) + 0.5, [powers[k].name for k in keys], rotation=0)
    ax.tick_params(length=0)
    ax.xaxis.tick_top()
    ax.set(xlabel="", ylabel="")
    return ax


def plot_against(coded: pd.DataFrame, plain: pd.DataFrame, powers: Powers, ax: Axes) -> Axes:
    """Draw the coded mean and the plain score's mean of each document, joined, for one power.

    Parameters
    ----------
    coded, plain
        As from `kzpolicy.sentiment.mean_by` with ``by=["power", "label"]``, one power only.
    powers
        The powers' names, colours and markers.
    ax
        Where to draw.
    """
    power = powers[str(coded["power"].iloc[0])]
    table = coded.merge(plain[["label", "mean", "low", "high"]], on="label", suffixes=("", "_plain"))
    for y, row in enumerate(table.itertuples()):
        ax.plot([row.low, row.high], [y - 0.13] * 2, color=power.color, linewidth=2)
        ax.plot([row.low_plain, row.high_plain], [y + 0.19] * 2, color=GREY, linewidth=1)
        ax.plot(row.mean, y - 0.13, power.marker, color=power.color, markersize=8.5)
        ax.plot(row.mean_plain, y + 0.19, "d", color=GREY, markerfacecolor="white", markersize=6.5)
        ax.annotate(
            f"n = {row.n}",
            (1.0, y),
            xycoords=("axes fraction", "data"),
            ha="right",
            va="bottom",
            size=8,
            color=GREY,
        )
    ax.set_yticks(range(len(table)), list(table["label"]))
    ax.set_ylim(len(table) - 0.45, -0.75)
    panel_title(ax, power.name)
    scale_axis(ax, "unfavourable", "favourable")
    first = table.iloc[0]
    ax.annotate(
        "codes", (first["mean"], -0.13), (0, 8), textcoords="offset points", ha="center", size=8.5, color=DARK
    )
    ax.annotate(
        "plain score",
        (first["mean_plain"], 0.19),
        (0, -15),
        textcoords="offset points",
        ha="center",
        size=8.5,
        color=GREY,
    )
    return ax


def plot_dates(documents: pd.DataFrame, ax: Axes) -> Axes:
    """Draw when each document was published, as a range where the day is not known."""
    for y, row in enumerate(documents.itertuples()):
        known = row.published_from == row.published_to
        if known:
            ax.plot(row.published_from, y, "o", color=SERIES, markersize=6)
        else:
            ax.plot(
                [row.published_from, row.published_to],
                [y, y],
                color=SERIES,
                linewidth=6,
                solid_capstyle="butt",
            )
    _article_rows(documents["label"], ax)
    ax.set_xlim(pd.Timestamp("2015-01-01"), pd.Timestamp("2023-03-01"))
    ax.xaxis.set_major_locator(mdates.YearLocator(2))  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_formatter(mdates.DateFormatter("%Y"))  # type: ignore[no-untyped-call]
    ax.grid(axis="x")
    return ax


def plot_named(mentions: pd.DataFrame, powers: Powers, ax: Axes) -> Axes:
    """Draw how often each power is named, and what of it: state, capital, leader, people, institution.

    Parameters
    ----------
    mentions
        The table ``mentions``.
    powers
        The powers' names and order.
    ax
        Where to draw.
    """
    shades = dict(zip(VIA, ("#2F3E4E", "#5F7488", "#8FA3B5", "#B9C6D2", "#DCE3EA"), strict=True))
    counts = mentions.groupby(["power", "via"]).size().unstack(fill_value=0)
    keys = [k for k in powers.keys if k in counts.index]
    counts = counts.reindex(index=keys, columns=list(VIA), fill_value=0)
    start = np.zeros(len(keys))
    for via, shade in shades.items():
        ax.barh(range(len(keys)), counts[via], left=start, color=shade, height=0.62)
        wide = counts[via].iloc[0] >= 10
        if wide:
            middle = start[0] + counts[via].iloc[0] / 2
            ax.annotate(f"{via}", (middle, -0.42), ha="center", va="bottom", size=8.5, color=DARK)
        start += counts[via].to_numpy()
    for y, total in enumerate(start):
        parts = ", ".join(f"{via} {counts[via].iloc[y]}" for via in VIA if counts[via].iloc[y])
        ax.annotate(f"{total:.0f}   ({parts})", (total + 2, y), va="center", size=8.3, color=GREY)
    ax.set_yticks(range(len(keys)), [powers[k].name for k in keys])
    ax.set_ylim(len(keys) - 0.5, -0.9)
    ax.set_xlim(0, 1.85 * start.max())
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
        ax.plot([row.low, row.high], [y, y], color=SERIES, linewidth=1.6, alpha=0.7)
        ax.plot(
            row.rate, y, "o", color=SERIES, markersize=6, markerfacecolor=SERIES if row.count else "white"
        )
    _article_rows(rates["label"], ax)
    ax.set_xlim(-4, limit if limit is not None else 1.05 * rates["high"].max())
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
        face = power.color if row.n else "white"
        ax.plot(row.share, y, power.marker, color=power.color, markersize=7, markerfacecolor=face)
    _article_rows(attention["label"], ax)
    panel_title(ax, power.name)
    ax.set_xlim(-0.02, 0.85)
    ax.set_xticks([0, 0.25, 0.5, 0.75], ["0", "25%", "50%", "75%"])
    ax.grid(axis="x")
    return ax


def plot_keyness(found: pd.DataFrame, ax: Axes, *, color: str = SERIES, most: int = 10) -> Axes:
    """Draw the words that mark the target most, with z and counts.

    Parameters
    ----------
    found
        As from `kzpolicy.trends.keyness`, best first.
    ax
        Where to draw.
    color
        Colour of the target.
    most
        How many words.
    """
    best = found.head(most)
    rows = np.arange(len(best))
    ax.hlines(rows, 0, best["z"], color=color, linewidth=1.4)
    ax.scatter(best["z"], rows, color=color, s=26, zorder=3)
    ax.axvline(1.96, color=GREY, linewidth=0.8, linestyle=":")
    for y, row in enumerate(best.itertuples()):
        ax.annotate(
            f"{row.target} : {row.reference}",
            (row.z, y),
            (7, 0),
            textcoords="offset points",
            va="center",
            size=8,
            color=GREY,
        )
    ax.set_yticks(rows, best["term"])
    ax.set_ylim(len(best) - 0.4, -0.6)
    ax.set_xlim(0, max(2.4, 1.25 * float(best["z"].max())) if len(best) else 2.4)
    ax.grid(axis="x")
    return ax


def plot_balance(balance: pd.DataFrame, powers: Powers, ax: Axes, *, by: str = "label") -> Axes:
    """Draw the mean stance toward each vector, a row a document, with the gap between them.

    Parameters
    ----------
    balance
        As from `kzpolicy.stance.balance`, rows in the order of `by`.
    powers
        The powers' colours and markers; the western vector has those of the West.
    ax
        Where to draw.
    by
        Column that makes the rows.
    """
    keys = {"Russia": "russia", "China": "china", "the West": "west"}
    groups = list(dict.fromkeys(balance[by]))
    for y, group in enumerate(groups):
        part = balance[balance[by] == group]
        ax.plot(
            [part["mean"].min(), part["mean"].max()], [y, y], color=LIGHT, linewidth=9, solid_capstyle="round"
        )
        for offset, row in zip(_spread(len(part)), part.itertuples(), strict=True):
            power = powers[keys[str(row.vector)]]
            ax.plot([row.low, row.high], [y + offset] * 2, color=power.color, linewidth=1, alpha=0.75)
            face = "white" if row.n < FEW else power.color
            ax.plot(
                row.mean,
                y + offset,
                power.marker,
                color=power.color,
                markersize=9,
                markerfacecolor=face,
                zorder=3,
            )
        ax.annotate(
            f"gap {part['gap'].iloc[0]:.2f}\nn = {', '.join(str(n) for n in part['n'])}",
            (1.02, y),
            xycoords=("axes fraction", "data"),
            va="center",
            size=8.3,
            color=DARK,
            linespacing=1.3,
        )
    ax.set_yticks(range(len(groups)), groups)
    ax.set_ylim(len(groups) - 0.5, -0.9)
    scale_axis(ax, *STANCE)
    last = balance[balance[by] == groups[-1]]
    for offset, row in zip(_spread(len(last)), last.itertuples(), strict=True):
        ax.annotate(
            str(row.vector),
            (row.low, len(groups) - 1 + offset),
            (-4, 0),
            textcoords="offset points",
            ha="right",
            va="center",
            size=8.5,
            color=DARK,
        )
    return ax


def _spread(count: int) -> list[float]:
    """Offsets that keep the lines of one row apart."""
    return [0.24 * (i - (count - 1) / 2) for i in range(count)]


def _article_rows(labels: pd.Series, ax: Axes) -> None:
    ax.set_yticks(range(len(labels)), list(labels))
    ax.set_ylim(len(labels) - 0.5, -0.6)


def _two_lines(label: str) -> str:
    words = label.split(" ")
    half = (len(words) + 1) // 2
    return " ".join(words[:half]) + "\n" + " ".join(words[half:])
