"""The figure of one question to a corpus, and what it says in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from kzpolicy.errors import StudyError
from kzpolicy.exploring import MEASURES
from kzpolicy.plots import FEW, STANCE, TONE
from kzpolicy.powers import Power, Powers, load_powers
from kzpolicy.speeches import load_states
from kzpolicy.style import DARK, GREY, LIGHT, SERIES, page, scale_axis, signed

# More points than this cannot be read in one figure.
MOST = 80
_COUNTS = "Counts of words, headings left out."
_CAVEATS = {
    "coded": "Codes: passes of a language model, not checked by a human.",
    "automatic": "Targeted automatic score: see how far it agrees with the codes before believing it.",
}


def explore_figure(table: pd.DataFrame, ax: Axes | None = None, *, powers: Powers | None = None) -> Axes:
    """Draw what `explore_table` found: a row a document, a marker a power, with intervals and n.

    Parameters
    ----------
    table
        As from `explore_table`.
    ax
        Where to draw; None makes a whole page with title, measure and source.
    powers
        A study's own powers; None for the built-in ones.

    Returns
    -------
    Axes
        Its ``figure`` can be shown and saved.

    Raises
    ------
    StudyError
        If the table has more rows than can be read in one figure.

    Examples
    --------
    >>> from kzpolicy import explore_table, load_corpus
    >>> table = explore_table(load_corpus(), "mentions", power=["russia", "china"])
    >>> [tick.get_text() for tick in explore_figure(table).get_yticklabels()][0]
    'Clark 2015'
    """
    if len(table) > MOST:
        raise StudyError(f"{len(table)} points are too many for one figure; choose fewer documents or powers")
    table = _short_labels(table)
    ax = _page(table) if ax is None else ax
    series, documents = list(dict.fromkeys(table["series"])), list(dict.fromkeys(table["document"]))
    own = table["measure"].iloc[0] in ("theme", "keyword")  # one row of markers, of no power
    looks = {k: Power(k, "", SERIES, "o") if own else (powers or load_powers())[k] for k in series}
    # One document: a row a power. Else a row a document, with the powers' markers side by side in it.
    rows, across = (documents, "document") if len(documents) > 1 else (series, "series")
    labels = table.drop_duplicates(across).set_index(across)["label" if len(documents) > 1 else "name"]
    spread = 0.8 / len(series) if across == "document" else 0.0
    for i, (key, part) in enumerate(table.groupby("series", sort=False)):
        places = [rows.index(row) + spread * (i - (len(series) - 1) / 2) for row in part[across]]
        _draw_values(part, looks[str(key)], np.array(places), ax)
    edges = [y - 0.5 for y in range(1, len(rows))]
    ax.hlines(edges, 0, 1, transform=ax.get_yaxis_transform(), color=LIGHT, linewidth=0.5, zorder=0)
    ax.set_yticks(range(len(rows)), [labels[row] for row in rows])
    ax.set_ylim(len(rows) - 0.5, -0.6)
    if _is_mean(table):
        scale_axis(ax, *(TONE if "tone" in table["measure"].iloc[0] else STANCE))
    else:
        end = 1.05 * max(float(table["high"].max()), 1.0)
        ax.set_xlim(-0.02 * end, end)
        ax.grid(axis="x")
    if across == "document" and len(series) > 1:
        _draw_key([looks[key] for key in series], ax)
    return ax


def _is_mean(table: pd.DataFrame) -> bool:
    return str(table["measure"].iloc[0]).endswith(("tone", "stance"))


def _short_labels(table: pd.DataFrame) -> pd.DataFrame:
    """Leave the speaking state's code out of the labels where there is but one speaker."""
    states = table["speaker_state"].unique()
    return table.assign(label=table["label"].str.removeprefix(f"{states[0]} ")) if len(states) == 1 else table


def _draw_values(part: pd.DataFrame, look: Power, places: npt.NDArray[np.float64], ax: Axes) -> None:
    """Draw one power's values, hollow where they rest on few sentences, with n at the right."""
    few = (part["n"] < FEW).to_numpy()
    ax.hlines(places, part["low"], part["high"], color=look.color, linewidth=np.where(few, 1.2, 2))
    for hollow in (False, True):
        here, face = few == hollow, "white" if hollow else look.color
        style: dict[str, Any] = {"markerfacecolor": face, "markersize": 7, "clip_on": False, "zorder": 3}
        ax.plot(part["value"][here], places[here], look.marker, color=look.color, **style)
    of = "" if _is_mean(part) else " of {:,} words"
    for y, row, thin in zip(places, part.itertuples(), few, strict=True):
        text = f"{_number(row.measure, row.value)}  n = {row.n:,}{of and of.format(row.words)}"
        text, color = "no sentence" if pd.isna(row.value) else text, GREY if thin else DARK
        ax.text(1.02, y, text, transform=ax.get_yaxis_transform(), va="center", size=8, color=color)


def _number(measure: str, value: float) -> str:
    """Print a value: signed for a mean, a whole number for a rate."""
    return signed(value) if measure.endswith(("tone", "stance")) else f"{value:.0f}"


def _draw_key(looks: list[Power], ax: Axes) -> None:
    """Name the markers above the axes, four in a line."""
    marks = [Line2D([], [], color=k.color, marker=k.marker, linestyle="", label=k.name) for k in looks]
    ax.legend(
        handles=marks, ncols=4, loc="lower left", bbox_to_anchor=(-0.02, 1), frameon=False, handletextpad=0.2
    )


def _page(table: pd.DataFrame) -> Axes:
    """Lay out a page that is as high as the table asks for."""
    series = table["series"].nunique()
    rows = len(table) if table["document"].nunique() == 1 else table["document"].nunique()
    each = 0.3 if len(table) == rows else 0.1 + 0.19 * series
    key = 0.0 if series == 1 or len(table) == rows else 0.22 * -(-series // 4)
    about, source = provenance(table).values()
    longest = max(table["label"].str.len().max(), table["name"].str.len().max() if rows == series else 0)
    _, (ax,) = page(
        headline(table),
        f"{about} (bars); hollow: fewer than {FEW}",
        source,
        height=1.9 + key + each * rows,
        left=0.35 + 0.075 * float(longest),
        right=1.3 if _is_mean(table) else 1.8,
        bottom=0.85 if _is_mean(table) else 0.6,
        head=0.3 + key,
    )
    return ax  # type: ignore[no-any-return]


def provenance(table: pd.DataFrame) -> dict[str, str]:
    """Say what a table measures, from which texts (``about``, ``source``), and how far to believe it.

    Examples
    --------
    >>> from kzpolicy import explore_table, load_corpus
    >>> for text in provenance(explore_table(load_corpus(), "mentions", power="iran")).values():
    ...     print(text)
    Mentions per 10,000 words; 95% interval, words clustered in paragraphs
    Source: kzpolicy, corpus articles. Counts of words, headings left out.
    """
    measure, outlets = str(table["measure"].iloc[0]), table["outlet"].unique()
    about = f"{MEASURES[measure].capitalize()}; 95% interval, "
    about += f"{'sentences' if _is_mean(table) else 'words'} clustered in paragraphs"
    where = f"corpus {table['corpus'].iloc[0]}{f', {outlets[0]}' if len(outlets) == 1 else ''}"
    source = f"Source: kzpolicy, {where}. {_CAVEATS.get(measure.split(' ')[0], _COUNTS)}"
    return {"about": about, "source": source}


def headline(table: pd.DataFrame) -> str:
    """Say in a line what was measured, on how much, and its lowest and highest value.

    Examples
    --------
    >>> from kzpolicy import explore_table, load_corpus
    >>> headline(explore_table(load_corpus(), "mentions", power="iran"))
    'Mentions, Iran (n = 4 in 5 documents): 0 (Clark 2015, n = 0) to 30 (Bachkatov 2022, n = 3)'
    """
    table = _short_labels(table)
    measure, names = str(table["measure"].iloc[0]), list(dict.fromkeys(table["name"]))
    what = "; ".join(names) if len(names) <= 3 else f"{len(names)} powers"
    states, documents = table["speaker_state"].unique(), table["document"].nunique()
    speaker = load_states()["name"].get(states[0], "") if len(states) == 1 else ""
    size = f"n = {table['n'].sum():,} in {documents} document{'s' * (documents > 1)}"
    head = f"{measure.capitalize()}, {what} ({', '.join(filter(None, (speaker, size)))})"
    known = table.dropna(subset=["value"])
    if _is_mean(table) and (known["n"] >= FEW).any():  # a mean of one sentence makes no headline
        known = known[known["n"] >= FEW]
    shown = [c for c, many in (("name", len(names)), ("label", documents)) if many > 1] + ["n"]
    known = known.assign(n="n = " + known["n"].astype("str"))
    ends = [known.loc[i] for i in dict.fromkeys((known["value"].idxmin(), known["value"].idxmax()))]
    said = [f"{_number(measure, e['value'])} ({', '.join(e[c] for c in shown)})" for e in ends]
    return f"{head}: {' to '.join(said)}"


def describe_table(table: pd.DataFrame) -> str:
    """Say every value of a table in words, for readers who cannot see the figure."""
    several = table["name"].nunique() > 1
    parts = [
        f"{f'{row.name}, ' if several else ''}{row.label}: "
        + ("none" if pd.isna(row.value) else f"{_number(row.measure, row.value)} (n = {row.n})")
        for row in _short_labels(table).itertuples(index=False)
    ]
    return f"Dot plot of {MEASURES[table['measure'].iloc[0]]}. {headline(table)}. {'; '.join(parts)}."
