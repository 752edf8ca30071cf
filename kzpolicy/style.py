"""One look for every figure: page, title, subtitle, source line, and the picture in a notebook."""

from __future__ import annotations

import base64
import io
import re
import textwrap
from collections.abc import Iterable
from html import escape
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kzpolicy.corpus import own_study

DARK, GREY, LIGHT = "#1A1A1A", "#5A5A5A", "#D9D9D9"
# One marker an article or other series without a power of its own.
SERIES = "#3B4A5A"
WIDTH, DPI = 7.6, 140
_LEFT, _RIGHT, _LINE = 0.15, 0.15, 0.2  # inches

RC: dict[Any, Any] = {
    "figure.dpi": DPI,
    "savefig.dpi": DPI,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "text.color": DARK,
    "axes.labelcolor": DARK,
    "xtick.color": GREY,
    "ytick.color": DARK,
    "axes.edgecolor": LIGHT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 9,
    "ytick.major.size": 0,
    "xtick.major.size": 3,
    "axes.axisbelow": True,
    "text.parse_math": False,  # a title with two dollar signs is no formula
    "grid.color": "#ECECEC",
    "svg.hashsalt": "kzpolicy",
}


def page(
    title: str,
    subtitle: str,
    source: str,
    *,
    height: float,
    rows: int = 1,
    columns: int = 1,
    left: float = 2.1,
    right: float = 0.3,
    bottom: float = 0.95,
    head: float = 0.3,
    **grid: Any,
) -> tuple[Figure, np.ndarray]:
    """Lay out a figure in the house style.

    Parameters
    ----------
    title
        The finding, in a sentence.
    subtitle
        Measure, unit, n and interval.
    source
        What the figure is made from; stands at the bottom left.
    height
        Inches of the whole figure; the width is always the same.
    rows, columns
        Grid of axes.
    left, right, bottom, head
        Margins around the axes, in inches; `head` lies between subtitle and axes.
    **grid
        Passed to ``Figure.subplots`` (``sharex``, ``width_ratios``, ``gridspec_kw`` ...).

    Returns
    -------
    fig : Figure
    axes : array of Axes
        In one dimension, row by row.

    Notes
    -----
    What a notebook says of the five articles is not true of another study. Where the source is
    the articles and ``KZPOLICY_STUDY`` puts a study in their place, the title gives way to the
    measure (the subtitle up to its first semicolon), and source and alternative text name the study.
    """
    study = own_study() if "data/articles" in source else ""
    if study:
        title, _, subtitle = subtitle.partition("; ")
        # What follows a comma or semicolon is of the articles, up to the sentence's end.
        rest = r"data/articles(?:,[^.;)]*)?( and data/speeches)?(?:;.*?(?=\.(?: |$)))?"
        source = re.sub(rest, lambda found: f"the study {study}{found[1] or ''}", source)
    with mpl.rc_context(RC):
        fig = plt.figure(figsize=(WIDTH, height), label=f"{title}, in the study {study}." if study else "")
        lines, sub = _wrapped(title, 68), _wrapped(subtitle, 98)
        top = 0.16 + 0.24 * len(lines) + _LINE * len(sub) + head
        fig.text(_LEFT / WIDTH, 1 - 0.12 / height, "\n".join(lines), size=12.5, weight="bold", va="top")
        down = 0.16 + 0.24 * len(lines)
        fig.text(
            _LEFT / WIDTH, 1 - down / height, "\n".join(sub), size=9.2, color=GREY, va="top", linespacing=1.3
        )
        fig.text(
            _LEFT / WIDTH, 0.08 / height, "\n".join(_wrapped(source, 116)), size=7.8, color=GREY, va="bottom"
        )
        axes = fig.subplots(rows, columns, squeeze=False, **grid).ravel()
        fig.subplots_adjust(
            left=left / WIDTH, right=1 - right / WIDTH, top=1 - top / height, bottom=bottom / height
        )
        for ax in axes:
            ax.spines["left"].set_visible(False)
    return fig, axes


def make_room(ax: Axes, rows: int) -> None:
    """Make a figure taller until each row of an axes, of up to 150, has a line's height."""
    fig = ax.figure
    assert isinstance(fig, Figure)
    width, height = fig.get_size_inches()
    grown = 0.16 * min(rows, 150) / (ax.get_position().height * height)
    if grown <= 1:
        return
    pars = fig.subplotpars
    taller = height + (grown - 1) * (pars.top - pars.bottom) * height
    for text in fig.texts:  # each keeps its distance from the nearer edge
        y = text.get_position()[1]
        text.set_y(1 - (1 - y) * height / taller if y > 0.5 else y * height / taller)
    fig.set_size_inches(width, taller)
    if (grid := ax.get_gridspec()) is not None:
        grid.update(hspace=grid.get_subplot_params(fig).hspace / grown)
    fig.subplots_adjust(top=1 - (1 - pars.top) * height / taller, bottom=pars.bottom * height / taller)


def nothing_drawn(ax: Axes, words: str = "nothing is coded here") -> Axes:
    """Say in the place of a figure that the study has nothing for it."""
    ax.annotate(words, (0.5, 0.5), xycoords="axes fraction", ha="center", color=GREY)
    ax.set(xticks=[], yticks=[])
    return ax


def show(fig: Figure, alt: str) -> None:
    """Show a figure in a notebook as PNG with its alternative text, and close it.

    Parameters
    ----------
    fig
        The figure.
    alt
        What a reader who cannot see the figure must know: kind of chart, message, main values.
    """
    from IPython.display import display
    from PIL import Image

    alt = str(fig.get_label()) or alt
    for ax in fig.axes:  # places of a grid that were not needed
        ax.set_axis_on() if ax.has_data() or ax.texts else ax.set_axis_off()
    drawn, picture = io.BytesIO(), io.BytesIO()
    take_literally(fig)
    with mpl.rc_context(RC):
        fig.savefig(drawn, format="png")
    plt.close(fig)
    # 256 colours are plenty for a chart and halve a notebook. They must come from the picture itself:
    # Pillow's faster octree rounds the grid to white and white to grey.
    palette = (
        Image.open(drawn).convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    )
    palette.save(picture, "PNG", optimize=True)
    data = {"image/png": base64.b64encode(picture.getvalue()).decode(), "text/plain": alt}
    display(data, raw=True, metadata={"image/png": {"alt": alt}})  # type: ignore[no-untyped-call]


def take_literally(fig: Figure) -> None:
    """Show every text of a figure as it stands: two dollars in a label are prices, not a formula."""
    for text in fig.findobj(mpl.text.Text):
        text.set_parse_math(False)


def show_table(frame: pd.DataFrame, *, digits: int = 2) -> None:
    """Show a frame as a plain table without its index, addresses as links, numbers rounded.

    Parameters
    ----------
    frame
        Cells are escaped: a title with markup stays text.
    digits
        Decimals of floating-point columns.
    """
    from IPython.display import display

    if frame.empty:
        print("An empty table: this study has nothing of the kind.")
        return
    text = _shown(frame, digits).to_string(index=False)
    display({"text/html": table_html(frame, digits=digits), "text/plain": text}, raw=True)  # type: ignore[no-untyped-call]


def table_html(frame: pd.DataFrame, *, digits: int = 2) -> str:
    """Write a frame as the HTML of `show_table`.

    Examples
    --------
    >>> "<td>&lt;b&gt;1</td>" in table_html(pd.DataFrame({"title": ["<b>1"]}))
    True
    """
    shown = _shown(frame, digits).map(_cell).rename(columns=lambda c: escape(str(c)))
    with pd.option_context("display.max_colwidth", None):
        html: str = shown.to_html(index=False, border=0, escape=False)
    return html.replace(' style="text-align: right;"', "")  # a static page keeps no styles


def _shown(frame: pd.DataFrame, digits: int) -> pd.DataFrame:
    shown = frame.astype("object")
    for column in frame.select_dtypes("float"):
        shown[column] = ["" if pd.isna(v) else f"{v:.{digits}f}" for v in frame[column]]
    return shown.fillna("")


def _cell(value: object) -> str:
    text = str(value)
    if text.startswith(("https://", "http://")):
        return f'<a href="{escape(text)}">page</a>'
    if re.fullmatch(r"\d{4}(-\d\d){1,2}", text):
        return text.replace("-", "\u2011")  # so that a date does not break
    return escape(re.sub(";(?! )", "; ", text))  # so that a list of locators does


def signed(value: float, digits: int = 2) -> str:
    """Write a number with its sign, a true minus, and no sign for zero; a missing one as none.

    Examples
    --------
    >>> signed(0.354), signed(-0.1), signed(0.001)
    ('+0.35', '−0.10', '0.00')
    """
    if value != value:
        return "none"
    text = f"{value:+.{digits}f}"
    return text[1:] if float(text) == 0 else text.replace("-", "−")


def ink_on(color: Any) -> str:
    """Say whether white or black is read better on a colour; one of them always has a contrast of 4.5.

    Examples
    --------
    >>> ink_on("#71A986"), ink_on("#1F6E43")
    ('black', 'white')
    """
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in mpl.colors.to_rgb(color)
    )
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue  # WCAG 2
    return "black" if (luminance + 0.05) / 0.05 > 1.05 / (luminance + 0.05) else "white"


def panel_title(ax: Axes, title: str) -> None:
    """Title one of several axes, in as many lines as its width asks for."""
    inches = ax.get_window_extent().width / DPI
    lines = _wrapped(title, max(14, int(inches * 11.5)))
    ax.set_title("\n".join(lines), loc="left", size=9, weight="bold", color=DARK)


def scale_axis(ax: Axes, negative: str, positive: str) -> None:
    """Draw the axis of a measure from -1 to 1, with what its ends mean."""
    ax.set_xlim(-1.05, 1.05)
    ax.set_xticks([-1, -0.5, 0, 0.5, 1], ["−1", "−0.5", "0", "+0.5", "+1"])
    ax.axvline(0, color=GREY, linewidth=0.8, zorder=0)
    ax.grid(axis="x")
    for x, align, words in ((-1, "left", f"← {negative}"), (1, "right", f"{positive} →")):
        place: dict[str, Any] = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points"}
        ax.annotate(words, (x, 0), (0, -20), ha=align, va="top", size=8.5, color=GREY, **place)


def beside(ax: Axes, x: float, y: float, words: str, **look: Any) -> None:
    """Write beside a row: `x` counts the width of the axes, `y` the rows."""
    ax.annotate(words, (x, y), xycoords=("axes fraction", "data"), va="center", **look)


def name_rows(ax: Axes, names: Iterable[object], *, top: float = -0.6, lines: int = 1) -> None:
    """Name the rows of a chart, the first at the top, and give each the height of so many lines."""
    listed = [str(name) for name in names]
    make_room(ax, lines * len(listed))
    step = max(1, -(-len(listed) // 150))  # of more rows than can be read, some are named
    size = 8 if len(listed) > 12 else None
    ax.set_yticks(range(0, len(listed), step), listed[::step], size=size)
    ax.set_ylim(len(listed) - 0.5, top)


def _wrapped(text: str, width: int) -> list[str]:
    """Break a text into as few lines as its width asks for, of nearly equal length."""
    count = len(textwrap.wrap(text, width))
    narrow = range(max(map(len, text.split()), default=1), width + 1)
    return next((lines for w in narrow if len(lines := textwrap.wrap(text, w)) <= count), [])


def show_versions() -> None:
    """Print the versions that made a notebook; the only output that may differ between machines."""
    import platform
    from importlib.metadata import version

    names = ("kzpolicy", "pandas", "numpy", "matplotlib", "seaborn", "nltk", "jupyterlab")
    print(", ".join([f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in names)]))
