"""Figures about the measures themselves: agreement, errors, coverage, specification curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from kzpolicy.style import DARK, GREY, LIGHT, SERIES, beside, ink_on, name_rows, nothing_drawn, signed

CLASS_NAMES = {-1: "−1", 0: "0", 1: "+1"}
_MARK = "#B3261E"
_CODED = {False: "#7F8D9B", True: "#1F2A36"}  # automatic scores light, codes dark


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
        beside(ax, 1.03, y, f"{row.estimate:.2f}   n = {row.pairs}", size=8.5, color=DARK)
    for i, (name, value) in enumerate(published):
        ax.axvline(value, color=GREY, linewidth=0.9, linestyle=":")
        above = (0, 2 + 10 * (i % 2))  # neighbours at two heights
        look: dict[str, Any] = {"ha": "center", "va": "bottom", "size": 8, "color": GREY}
        ax.annotate(f"{name} {value:.2f}", (value, -0.7), above, textcoords="offset points", **look)
    name_rows(ax, rows["name"], top=-0.7)
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
    whole = table.reindex(index=list(CLASS_NAMES), columns=list(CLASS_NAMES), fill_value=0)
    counts = whole.to_numpy(dtype=float)
    ax.imshow(counts, cmap=shades, vmin=0, vmax=max(1.0, counts.max()), aspect="auto")
    for (y, x), count in np.ndenumerate(counts):
        color, weight = ink_on(shades(count / max(1.0, counts.max()))), "bold" if x == y else "normal"
        ax.text(x, y, f"{count:.0f}", ha="center", va="center", size=10, color=color, weight=weight)
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
    for coded, color in _CODED.items():
        part = (curve["coded"] == coded).to_numpy()
        ax.vlines(x[part], curve["low"][part], curve["high"][part], color=color, linewidth=0.5, alpha=0.35)
        ax.plot(x[part], curve["estimate"][part], ".", color=color, markersize=3.5)
    primary = int(np.flatnonzero(curve["primary"])[0])
    estimate = float(curve["estimate"].iloc[primary])
    # A ring: the filled shapes are the powers'.
    ax.plot(primary, estimate, "o", color=_MARK, markersize=8, markerfacecolor="none", mew=1.8, zorder=4)
    look: dict[str, Any] = {"ha": "center", "size": 8.5, "color": _MARK, "weight": "bold", "zorder": 4}
    look["bbox"] = {"facecolor": "white", "edgecolor": "none", "pad": 1}
    words = f"primary {signed(estimate)}"
    ax.annotate(words, (primary, estimate), (0, 12), textcoords="offset points", **look)
    ax.axhline(0, color=GREY, linewidth=0.9)
    ax.set_xlim(-len(curve) * 0.01, len(curve) * 1.01)
    ax.set_xticks([])
    ax.set_ylabel("difference of means")
    ax.grid(axis="y")
    return ax


def plot_choices(curve: pd.DataFrame, ax: Axes, *, labels: Mapping[str, str] | None = None) -> Axes:
    """Draw which choices each specification makes, under its estimate; see `plot_specifications`.

    Parameters
    ----------
    curve
        As from `kzpolicy.robustness.specification_curve`.
    ax
        Where to draw.
    labels
        The documents' keys to their labels; None for the keys.
    """
    if not curve["primary"].any():
        return nothing_drawn(ax, "")
    rows: list[tuple[str, np.ndarray]] = []
    for column in ("measure", "scope", "weighting", "left_out"):
        for choice in sorted(set(curve[column]), key=lambda choice: (choice != "none", choice)):
            name = f"without {(labels or {}).get(choice, choice)}" if column == "left_out" else choice
            rows.append((name.replace("without none", "all texts"), (curve[column] == choice).to_numpy()))
        rows.append(("", np.zeros(len(curve), dtype=bool)))
    for y, (_, chosen) in enumerate(rows):
        for coded, color in _CODED.items():
            x = np.flatnonzero(chosen & (curve["coded"] == coded))
            ax.plot(x, np.full(len(x), y), "|", color=color, markersize=5)
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
        beside(ax, 1.03, y, f"{row.coverage:.3f}", size=8.5, color=DARK)
    name_rows(ax, coverage["name"])
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
        beside(ax, 1.03, y, f"{share * size:.0f} of {size}", size=8.2, color=DARK)
    name_rows(ax, groups.index)
    ax.set_xlim(0, 1.02)
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25%", "50%", "75%", "100%"])
    ax.grid(axis="x")
    return ax
