"""Figures about the measures themselves: agreement, errors, coverage, specification curves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from kzpolicy.style import DARK, GREY, LIGHT, SERIES, ink_on, nothing_drawn

CLASS_NAMES = {-1: "−1", 0: "0", 1: "+1"}
_MARK = "#B3261E"


def plot_agreement(
    rows: pd.DataFrame, ax: Axes, *, published: Sequence[tuple[str, float]] = (), low: float = -0.1
) -> Axes:
    """Draw estimates of agreement with their intervals, one row each, beside published marks.

    Parameters
    ----------
    rows
        ``name``, ``estimate``, ``low``, ``high``, ``pairs``; drawn in this order.
    ax
        Where to draw.
    published
        Names and values of marks from the literature, drawn as lines.
    low
        Start of the axis.
    """
    for y, row in enumerate(rows.itertuples()):
        ax.plot([row.low, row.high], [y, y], color=SERIES, linewidth=1.8)
        ax.plot(row.estimate, y, "o", color=SERIES, markersize=7)
        ax.annotate(
            f"{row.estimate:.2f}   n = {row.pairs}",
            (1.03, y),
            xycoords=("axes fraction", "data"),
            va="center",
            size=8.5,
            color=DARK,
        )
    for i, (name, value) in enumerate(published):
        ax.axvline(value, color=GREY, linewidth=0.9, linestyle=":")
        above = (0, 2 + 10 * (i % 2))  # neighbours at two heights
        ax.annotate(
            f"{name} {value:.2f}",
            (value, -0.7),
            above,
            textcoords="offset points",
            ha="center",
            va="bottom",
            size=8,
            color=GREY,
        )
    ax.set_yticks(range(len(rows)), list(rows["name"]))
    ax.set_ylim(len(rows) - 0.5, -0.7)
    ax.set_xlim(low, 1.0)
    ax.axvline(0, color=GREY, linewidth=0.8)
    ax.grid(axis="x")
    return ax


def plot_confusion(table: pd.DataFrame, ax: Axes) -> Axes:
    """Draw how codes (down) and a scorer's classes (across) coincide, as counts.

    Parameters
    ----------
    table
        Counts with the classes -1, 0, 1 as index (codes) and as columns (scorer).
    ax
        Where to draw.
    """
    shades = LinearSegmentedColormap.from_list("count", ["#FFFFFF", "#3B4A5A"])
    counts = table.reindex(index=list(CLASS_NAMES), columns=list(CLASS_NAMES), fill_value=0).to_numpy(
        dtype=float
    )
    ax.imshow(counts, cmap=shades, vmin=0, vmax=max(1.0, counts.max()), aspect="auto")
    for (y, x), count in np.ndenumerate(counts):
        weight = "bold" if x == y else "normal"
        ax.annotate(
            f"{count:.0f}",
            (x, y),
            ha="center",
            va="center",
            size=10,
            color=ink_on(shades(count / max(1.0, counts.max()))),
            weight=weight,
        )
    ax.set_xticks(range(3), list(CLASS_NAMES.values()))
    ax.set_yticks(range(3), list(CLASS_NAMES.values()))
    ax.set_xlabel("scorer")
    ax.set_ylabel("codes")
    ax.tick_params(length=0)
    return ax


def plot_specifications(curve: pd.DataFrame, ax: Axes) -> Axes:
    """Draw a specification curve: every estimate with its interval, sorted, the primary one marked.

    Parameters
    ----------
    curve
        As from `kzpolicy.robustness.specification_curve`.
    ax
        Where to draw.
    """
    if not curve["primary"].any():
        return nothing_drawn(ax)
    x = np.arange(len(curve))
    for coded, color in ((False, "#7F8D9B"), (True, SERIES)):
        part = (curve["coded"] == coded).to_numpy()
        ax.vlines(x[part], curve["low"][part], curve["high"][part], color=color, linewidth=0.5, alpha=0.35)
        ax.plot(x[part], curve["estimate"][part], ".", color=color, markersize=3.5)
    primary = int(np.flatnonzero(curve["primary"])[0])
    estimate = float(curve["estimate"].iloc[primary])
    ax.plot(primary, estimate, "D", color=_MARK, markersize=7, zorder=4)
    ax.annotate(
        f"primary {estimate:+.2f}".replace("-", "−"),
        (primary, estimate),
        (0, 12),
        textcoords="offset points",
        ha="center",
        size=8.5,
        color=_MARK,
        weight="bold",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        zorder=4,
    )
    ax.axhline(0, color=GREY, linewidth=0.9)
    ax.set_xlim(-len(curve) * 0.01, len(curve) * 1.01)
    ax.set_xticks([])
    ax.set_ylabel("difference")
    ax.grid(axis="y")
    return ax


def plot_choices(curve: pd.DataFrame, ax: Axes) -> Axes:
    """Draw which choices each specification makes, under its estimate; see `plot_specifications`."""
    if not curve["primary"].any():
        return nothing_drawn(ax, "")
    rows: list[tuple[str, np.ndarray]] = []
    for column in ("measure", "scope", "weighting", "left_out"):
        for choice in dict.fromkeys(curve.sort_index()[column]):
            name = f"without {choice}" if column == "left_out" and choice != "none" else str(choice)
            rows.append((name.replace("none", "all articles"), (curve[column] == choice).to_numpy()))
        rows.append(("", np.zeros(len(curve), dtype=bool)))
    for y, (_, chosen) in enumerate(rows):
        ax.plot(np.flatnonzero(chosen), np.full(chosen.sum(), y), "|", color=SERIES, markersize=5, alpha=0.65)
    ax.set_yticks(range(len(rows)), [name for name, _ in rows], size=7.8)
    ax.set_ylim(len(rows) - 1.2, -0.8)
    ax.set_xlim(-len(curve) * 0.01, len(curve) * 1.01)
    ax.set_xticks([])
    ax.spines["bottom"].set_color(LIGHT)
    return ax


def plot_coverage(coverage: pd.DataFrame, ax: Axes, *, nominal: float = 0.95) -> Axes:
    """Draw the share of simulated intervals that hold the true mean, a row a group and method.

    Parameters
    ----------
    coverage
        ``name`` (of the row) and ``coverage`` (0 to 1), in order.
    ax
        Where to draw.
    nominal
        What the intervals promise.
    """
    if coverage.empty:
        return nothing_drawn(ax, "too little is coded here to try it")
    ax.axvspan(nominal - 0.02, nominal + 0.02, color="#ECEFF2", zorder=0)
    ax.axvline(nominal, color=GREY, linewidth=0.9)
    for y, row in enumerate(coverage.itertuples()):
        ax.plot(row.coverage, y, "o", color=SERIES, markersize=6.5)
        ax.annotate(
            f"{row.coverage:.3f}",
            (1.03, y),
            xycoords=("axes fraction", "data"),
            va="center",
            size=8.5,
            color=DARK,
        )
    ax.set_yticks(range(len(coverage)), list(coverage["name"]))
    ax.set_ylim(len(coverage) - 0.5, -0.6)
    ax.set_xlim(min(0.9, float(coverage["coverage"].min()) - 0.02), 1.0)
    ax.grid(axis="x")
    return ax


def plot_passed(results: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the share of challenge sentences scored as expected, by phenomenon, best first.

    Parameters
    ----------
    results
        As from `kzpolicy.challenge.challenge_results`.
    ax
        Where to draw.
    """
    groups = results.groupby("phenomenon")["both"].agg(["mean", "size"])
    groups = groups.sort_values(["mean", "size"], ascending=False, kind="stable")
    for y, (share, size) in enumerate(groups.itertuples(index=False)):
        ax.hlines(y, 0, share, color=SERIES, linewidth=1.6)
        ax.plot(share, y, "o", color=SERIES, markersize=6)
        ax.annotate(
            f"{share * size:.0f} of {size}",
            (1.03, y),
            xycoords=("axes fraction", "data"),
            va="center",
            size=8.2,
            color=DARK,
        )
    ax.set_yticks(range(len(groups)), list(groups.index))
    ax.set_ylim(len(groups) - 0.5, -0.6)
    ax.set_xlim(0, 1.02)
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25%", "50%", "75%", "100%"])
    ax.grid(axis="x")
    return ax
