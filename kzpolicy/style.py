"""One look for figures and tables: type, colours, the words for a measure, a finished chart."""

from __future__ import annotations

import base64
import io
import math
import platform
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
import pandas as pd
import seaborn
from IPython.display import display
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from PIL import Image

from kzpolicy.corpus import load_states
from kzpolicy.lists import path as list_path
from kzpolicy.powers import Powers, load_powers
from kzpolicy.tables import StudyError, read_toml

INK, GREY, LIGHT, MARK = "#1A1A1A", "#5A5A5A", "#D9D9D9", "#B3261E"
# Colours and markers of what is no power; those of a power belong to it alone.
SERIES = (("#33475B", "h"), ("#A87F00", "p"), ("#3F8F8F", "<"), ("#8C5A3C", ">"), ("#7C8794", "d"))
# Of a column of A4; a telephone shows it at nine tenths of its size.
WIDTH = 5.6
_PAD = 0.12  # inches at each side of the words
_LIST = read_toml(list_path("style.toml"))
# Columns in words: "label" is a text, "low" the lower end of the interval.
WORDS: Mapping[str, str] = _LIST["words"]


class Measure(NamedTuple):
    """What a measure is called, what its scale means, how its values are written, what its n counts."""

    title: str
    scale: str = ""
    ends: Sequence[str] = ()
    digits: int = 2
    signed: bool = False
    percent: bool = False
    counts: str = "sentences"

    def text(self, value: float) -> str:
        """Write a value, with a true minus and no sign for zero."""
        if self.signed or pd.isna(value):
            return signed(value, self.digits)
        return f"{value:.0%}" if self.percent else f"{value:z,.{self.digits}f}".replace("-", "−")

    def tick(self, value: float) -> str:
        """Write a number of the axis, as short as it can be."""
        if self.percent:
            return f"{value:.0%}"
        return f"{value:+g}".replace("-", "−") if self.signed and value else f"{value:,g}".replace("-", "−")


# The columns whose meaning a figure or a table has to say.
MEASURES = {key: Measure(**about) for key, about in _LIST["measures"].items()}


@dataclass(frozen=True, eq=False)
class Chart:
    """A finished figure: it shows itself in a notebook, with its alternative text, and can be saved.

    Attributes
    ----------
    figure
        Matplotlib's figure, unknown to pyplot: it is never shown twice and need not be closed.
    title
        What is drawn.
    alt
        The same for readers who cannot see it, with the values.
    """

    figure: Figure
    title: str
    alt: str

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> tuple[Any, Any]:
        drawn, small = io.BytesIO(), io.BytesIO()
        with theme():
            self.figure.savefig(drawn, format="png")
        # 256 colours are plenty and halve a notebook; this method takes them from the picture itself.
        colours = Image.Quantize.MAXCOVERAGE
        picture = Image.open(drawn).convert("RGB").quantize(256, colours, dither=Image.Dither.NONE)
        picture.save(small, "PNG", optimize=True)
        data = {"image/png": base64.b64encode(small.getvalue()).decode(), "text/plain": self.alt}
        return data, {"image/png": {"alt": self.alt, "width": 640}}

    def save(self, path: str | Path) -> Path:
        """Save as png, svg or pdf, by the path's ending.

        Raises
        ------
        StudyError
            If the ending is another.
        """
        path = Path(path)
        # No date of the day: the same figure is the same file.
        about: dict[str, dict[str, str | None]] = {
            ".png": {"Description": self.alt},
            ".svg": {"Description": self.alt, "Date": None},
            ".pdf": {"Title": self.title, "Subject": self.alt, "CreationDate": None},
        }
        if path.suffix.lower() not in about:
            raise StudyError(f"{path}: a figure is saved as {', '.join(about)}; change the ending")
        with theme():
            self.figure.savefig(path, metadata=about[path.suffix.lower()])
        return path


def theme() -> AbstractContextManager[None]:
    """Give the look as a context: ``with theme():`` and your own seaborn figure has it too."""
    return mpl.rc_context({**seaborn.axes_style("white"), **_LIST["figures"]})


def finish(
    figure: Figure,
    title: str,
    subtitle: str,
    source: str,
    alt: str,
    *,
    body: float,
    key: Sequence[Artist] = (),
) -> Chart:
    """Put title, subtitle, key and source around a figure and give it its size.

    Parameters
    ----------
    figure
        Its axes are drawn; constrained layout finds their margins.
    title, subtitle, source, alt
        The words.
    body
        Height of the axes with their labels, in inches.
    key
        Handles of a legend, named by their labels.
    """
    above = [(_broken(title, 12.5), 12.5, "bold", INK), (_broken(subtitle, 9.2), 9.2, "normal", GREY)]
    below = _broken(source, 8)
    longest = max((len(str(handle.get_label())) for handle in key), default=1)
    columns = max(1, int(WIDTH / (0.42 + 0.08 * longest)))
    head = 2 * _PAD + sum(_height(*words[:2]) for words in above) + 0.23 * math.ceil(len(key) / columns)
    foot = _PAD + _height(below, 8)
    height, left, top = head + body + foot, _PAD / WIDTH, _PAD
    figure.set_size_inches(WIDTH, height)
    for lines, size, weight, color in above:
        look = {"size": size, "weight": weight, "color": color, "linespacing": 1.25}
        figure.text(left, 1 - top / height, "\n".join(lines), va="top", fontdict=look)
        top += _height(lines, size)
    if key:
        place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (0.0, 1 - top / height)}
        figure.legend(handles=list(key), ncols=columns, frameon=False, fontsize=9.2, **place)
    look = {"size": 8, "color": GREY, "linespacing": 1.25}
    figure.text(left, 0.6 * _PAD / height, "\n".join(below), va="bottom", fontdict=look)
    figure.set_layout_engine("constrained", rect=(0.01, foot / height, 0.98, 1 - (head + foot) / height))
    return Chart(figure, title, alt)


def _broken(text: str, size: float) -> list[str]:
    """Break a text to the figure's width, into lines of nearly equal length."""
    most = int((WIDTH - 2 * _PAD) * 72 / (size * (0.66 if size > 12 else 0.57)))
    count = len(textwrap.wrap(text, most))
    longest = max(map(len, text.split()), default=1)
    return next((w for n in range(longest, most + 1) if len(w := textwrap.wrap(text, n)) <= count), [text])


def _height(lines: Sequence[str], size: float) -> float:
    return (len(lines) * 1.3 + 0.5) * size / 72 if any(lines) else 0.0


def shown_names(frame: pd.DataFrame, column: str, powers: Powers | None = None) -> pd.Series:
    """Give a column's values as people say them: names of powers, themes and states, labels of texts.

    Parameters
    ----------
    frame
        Its ``name`` names themes and states, its ``label`` documents.
    column
        Which column.
    powers
        A study's own powers; None for the built-in ones.
    """
    other = _named_by(frame).get(column, column)
    texts = frame[other if other in frame else column].astype("object")
    names: Mapping[str, str] = {}
    if column in ("measure", "coded", "scored"):
        names = {key: measure.title for key, measure in MEASURES.items()}
    elif column in ("power", "first", "second"):  # of a difference, the sides
        names = (powers or load_powers()).names
    elif column in ("state", "speaker_state"):
        names = dict(load_states()["name"])
    if column in ("label", "document"):  # of a speech: KAZ 2019
        states = dict(load_states()["name"])
        parts = texts.map(lambda value: str(value).partition(" "), na_action="ignore")
        return parts.map(lambda part: f"{states.get(part[0], part[0])} {part[2]}".strip(), na_action="ignore")
    if pd.api.types.is_numeric_dtype(frame[column]):
        return texts.map(lambda value: f"{value:g}".replace("-", "−"), na_action="ignore")
    return texts.map(lambda value: names.get(value, str(value)), na_action="ignore")


def _named_by(frame: pd.DataFrame) -> dict[str, str]:
    """Say which column names which key: ``name`` the first of theme, state and power that is there."""
    named = [key for key in ("theme", "state", "power") if key in frame][:1]
    return {"document": "label"} | dict.fromkeys(named, "name")


def in_words(column: str, frame: pd.DataFrame) -> str:
    """Name a column of a frame as people would: label is a text, name whatever the frame names.

    Examples
    --------
    >>> in_words("name", pd.DataFrame(columns=["state", "name"])), in_words("n_first", pd.DataFrame())
    ('delegation', 'n first')
    """
    named = {name: key for key, name in _named_by(frame).items()}
    column = named.get(column, column) if column == "name" else column
    return WORDS.get(column, str(column).replace("_", " "))


def show_table(frame: pd.DataFrame, *, digits: int = 2, powers: Powers | None = None) -> None:
    """Show a frame in a notebook: text left, numbers right, names as people say them, links.

    Parameters
    ----------
    frame
        Cells are escaped: a title with markup stays text. The index is not shown.
    digits
        Decimals of numbers whose column has no custom of its own.
    powers
        A study's own powers; None for the built-in ones.
    """
    html = table_html(frame, digits=digits, powers=powers)
    text = _written(frame, digits, powers).to_string(index=False)
    display({"text/html": html, "text/plain": text}, raw=True)  # type: ignore[no-untyped-call]


def table_html(frame: pd.DataFrame, *, digits: int = 2, powers: Powers | None = None) -> str:
    """Write a frame as the HTML of `show_table`.

    Examples
    --------
    >>> html = table_html(pd.DataFrame({"power": ["usa"], "mean": [-0.001]}))
    >>> "United States" in html, ">0.00<" in html
    (True, True)
    """
    if frame.empty:
        return "<p>No rows: there is nothing of this kind here.</p>"
    shown = _written(frame, digits, powers)
    sides = ["right" if pd.api.types.is_numeric_dtype(frame[c]) else "left" for c in _kept(frame)]
    dates = [pd.api.types.is_datetime64_any_dtype(frame[c]) for c in _kept(frame)]
    looks = ["; white-space: nowrap" if date else "" for date in dates]

    def row(cells: Iterable[str], tag: str) -> str:
        # Notebooks heed the style, pages that strip styles the attribute.
        each = zip(cells, sides, looks, strict=True)
        return "".join(f'<{tag} align="{s}" style="text-align: {s}{look}">{c}</{tag}>' for c, s, look in each)

    rows = "".join(f"<tr>{row(map(_cell, cells), 'td')}</tr>" for cells in shown.itertuples(index=False))
    return f"<table><thead><tr>{row(map(escape, shown), 'th')}</tr></thead><tbody>{rows}</tbody></table>"


def _kept(frame: pd.DataFrame) -> list[str]:
    """Leave keys out whose names stand beside them."""
    return [column for column in frame if _named_by(frame).get(column) not in frame]


def _written(frame: pd.DataFrame, digits: int, powers: Powers | None) -> pd.DataFrame:
    """Write all cells as texts, under heads in words."""
    shown, kept = {}, _kept(frame)
    measures = [MEASURES[column] for column in kept if column in MEASURES]
    for column in kept:
        values, like = frame[column], MEASURES.get(column, Measure("", digits=digits))
        if column in ("low", "high") and measures:  # an interval is written as what it belongs to
            like = measures[0]
        if pd.api.types.is_datetime64_any_dtype(values):
            texts = values.dt.strftime("%Y-%m-%d")
        elif pd.api.types.is_float_dtype(values):
            texts = values.map(like.text, na_action="ignore")
        elif pd.api.types.is_integer_dtype(values) and column != "year":
            texts = values.map("{:,}".format, na_action="ignore").str.replace("-", "−")
        else:
            texts = shown_names(frame, column, powers)
        missing = "no link" if column == "url" else ""
        head = in_words(column, frame)
        texts = texts.astype("object").fillna(missing).replace("", missing)
        shown[head if head not in shown else str(column)] = texts
    return pd.DataFrame(shown)


def _cell(value: object) -> str:
    text = str(value)
    if text.startswith(("https://", "http://")):
        return f'<a href="{escape(text)}">page</a>'
    return escape(text)


def signed(value: float, digits: int = 2) -> str:
    """Write a number with its sign, a true minus, and no sign for zero; a missing one as none.

    Examples
    --------
    >>> signed(0.354), signed(-0.1), signed(-0.001)
    ('+0.35', '−0.10', '0.00')
    """
    if pd.isna(value):
        return "none"
    text = f"{value:+,.{digits}f}"
    return text[1:] if float(text.replace(",", "")) == 0 else text.replace("-", "−")


def ink_on(color: Any) -> str:
    """Say whether black or white is read better on a colour; one of them has a contrast of 4.5 (WCAG 2).

    Examples
    --------
    >>> ink_on("#71A986"), ink_on("#1F6E43")
    ('black', 'white')
    """
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in mpl.colors.to_rgb(color)]
    light = 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
    return "black" if (light + 0.05) / 0.05 > 1.05 / (light + 0.05) else "white"


def show_versions() -> None:
    """Print the versions that made a notebook; the only output that may differ between machines."""
    names = ("kzpolicy", "pandas", "numpy", "matplotlib", "seaborn", "nltk", "jupyterlab")
    print(", ".join([f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in names)]))
