"""One look: what is drawn can be read, and a power looks the same in every figure."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from matplotlib import colors
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from test_plots import (
    _attention,
    _balance,
    _by_label,
    _by_power,
    _documents,
    _keyness,
    _means,
    _mentions,
    _rates,
)

from kzpolicy import plots, plots_explored, plots_measures, plots_speeches
from kzpolicy.powers import BUILT_IN, Powers, load_powers
from kzpolicy.resemblance import NEIGHBOURS
from kzpolicy.style import GREY, LIGHT, RC, ink_on, page

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
POWERS = load_powers()
Floats = npt.NDArray[np.float64]


# Colours


# Machado, Oliveira and Fernandes (2009), severity 1, for linear RGB.
VISIONS = {
    "normal": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def _linear(color: Any) -> Floats:
    channels = np.array(colors.to_rgb(color))
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def _luminance(linear: Floats) -> float:
    return float(TO_XYZ[1] @ linear)


def contrast(one: Any, other: Any) -> float:
    """Contrast of two colours as WCAG 2 defines it, from 1 to 21."""
    dark, light = sorted(_luminance(_linear(color)) for color in (one, other))
    return (light + 0.05) / (dark + 0.05)


def _lab(linear: Floats) -> Floats:
    """CIE Lab (1976) under D65."""
    ratio = TO_XYZ @ linear / (TO_XYZ @ np.ones(3))
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_colour_arithmetic() -> None:
    assert _lab(_linear("#FFFFFF")) == pytest.approx([100, 0, 0], abs=1e-6)
    assert _lab(_linear("#FF0000")) == pytest.approx([53.24, 80.09, 67.20], abs=0.02)
    assert contrast("black", "white") == pytest.approx(21)
    assert contrast("#777777", "white") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("power", list(POWERS), ids=lambda p: p.key)
def test_a_powers_colour_stands_out_from_white(power: Any) -> None:
    assert contrast(power.color, "white") >= 3


@pytest.mark.parametrize("vision", VISIONS)
def test_colours_differ_for_every_eye(vision: str) -> None:
    seen = {p.key: _lab(np.clip(np.array(VISIONS[vision]) @ _linear(p.color), 0, 1)) for p in POWERS}
    distances = {(a, b): float(np.linalg.norm(seen[a] - seen[b])) for a, b in combinations(seen, 2)}
    near = {pair: round(distance, 1) for pair, distance in distances.items() if distance < 15}
    assert near == {}


def test_markers_differ() -> None:
    markers = [power.marker for power in POWERS]
    assert len(set(markers)) == len(markers)
    assert set(markers) <= {str(m) for m in Line2D.markers}


def test_ink_can_be_read_on_every_colour() -> None:
    shades = [(r, g, b) for r in np.linspace(0, 1, 9) for g in np.linspace(0, 1, 9) for b in (0, 0.5, 1)]
    assert min(contrast(ink_on(shade), shade) for shade in shades) >= 4.5


# Every figure, drawn from invented tables


def _cells() -> pd.DataFrame:
    """Means over the whole scale, so that the grid has every colour."""
    rows = [
        (power, f"Text {i}", mean, mean - 0.1, mean + 0.1, 9)
        for power, sign in (("russia", -1), ("china", 1))
        for i, mean in enumerate(sign * np.linspace(0, 1, 11))
    ]
    return _means(rows, "power", "label")


def _counts() -> pd.DataFrame:
    """Counts from none to the most, so that the table has every shade."""
    return pd.DataFrame([[0, 12, 25], [37, 50, 56], [62, 75, 100]], index=[-1, 0, 1], columns=[-1, 0, 1])


def _agreement() -> pd.DataFrame:
    rows = [("tone", 0.5, 0.4, 0.6, 90), ("stance", 0.3, 0.1, 0.4, 90)]
    return pd.DataFrame(rows, columns=["name", "estimate", "low", "high", "pairs"])


def _curve() -> pd.DataFrame:
    estimate = np.linspace(-0.2, 0.8, 400)
    curve = pd.DataFrame({"estimate": estimate, "low": estimate - 0.3, "high": estimate + 0.3})
    curve["coded"], curve["primary"] = [False, True] * 200, [False] * 200 + [True] + [False] * 199
    curve["measure"], curve["scope"] = ["plain score", "codes"] * 200, "all sentences"
    return curve.assign(weighting="by sentence", left_out=["none", "north"] * 200)


def _years() -> pd.DataFrame:
    table = pd.DataFrame({"year": range(2015, 2023), "name": "Camels", "q1": 10, "median": 20, "q3": 30})
    return table.assign(rate=25.0, low=5.0, high=48.0)


def _changes() -> pd.DataFrame:
    row = {"name": "Camels", "change": 9.0, "low": 2.0, "high": 16.0, "world": 1.0, "percentile": 97.0}
    return pd.DataFrame(
        [{**row, "excess_low": -4.0, "excess_high": 20.0, "p": p, "q": p} for p in (0.01, 0.5)]
    )


def _close() -> pd.DataFrame:
    rows = [("DEU", 2015, 60.0, 9.0, 90.0), ("DEU", 2016, 40.0, 5.0, 80.0)]
    return pd.DataFrame(rows, columns=["power", "year", "percentile", "low", "high"])


def _moves() -> pd.DataFrame:
    rows = [("RUS", 20.0, 70.0, 50.0, 99.0, 0.01, 0.02), ("USA", 60.0, 30.0, -30.0, 9.0, 0.2, 0.4)]
    return pd.DataFrame(rows, columns=["power", "before", "after", "change", "percentile", "p", "q"])


def _map() -> pd.DataFrame:
    states = ["KAZ", "RUS", "CHN", "USA", "EU", "BRA", *NEIGHBOURS]
    where = np.linspace(-1, 1, len(states))
    return pd.DataFrame({"year": 2020, "state": states, "axis1": where, "axis2": where[::-1]})


def _stress() -> pd.DataFrame:
    rows = [("Camels", source, 30.0, 20.0, 40.0) for source in ("speeches", "articles")]
    return pd.DataFrame(rows, columns=["name", "source", "rate", "low", "high"])


def _places() -> pd.DataFrame:
    return pd.DataFrame({"name": "Camels", "year": [2015, 2016], "place": [0.2, 0.8], "count": [1, 9]})


def _explored() -> pd.DataFrame:
    rows = [
        (power.key, power.name, document, document.title(), 0.2, -0.1, 0.5, n)
        for power in POWERS
        for document, n in (("north", 3), ("south", 9))
    ]
    names = ["series", "name", "document", "label", "value", "low", "high", "n"]
    return pd.DataFrame(rows, columns=names).assign(measure="coded tone", speaker_state=None)


Draw = Callable[[Any, Powers], object]
CHINA = "china"
FIGURES: dict[str, Draw] = {
    "plot_means": lambda ax, powers: plots.plot_means(
        _by_power(), powers, ax, articles=pd.DataFrame({"power": ["russia"], "mean": [0.5], "n": [3]})
    ),
    "plot_grid": lambda ax, powers: plots.plot_grid(
        _cells(), powers, ax, columns=[f"Text {i}" for i in range(11)]
    ),
    "plot_against": lambda ax, powers: plots.plot_against(
        _by_label().head(2), _by_label().head(2), _by_label().head(2), powers, ax
    ),
    "plot_dates": lambda ax, powers: plots.plot_dates(_documents(), ax),
    "plot_named": lambda ax, powers: plots.plot_named(_mentions(), powers, ax),
    "plot_rates": lambda ax, powers: plots.plot_rates(_rates(), ax, limit=200),
    "plot_attention": lambda ax, powers: plots.plot_attention(_attention(), powers, ax),
    "plot_keyness": lambda ax, powers: plots.plot_keyness(
        _keyness(), ax, color=powers[CHINA].color, marker=powers[CHINA].marker
    ),
    "plot_balance": lambda ax, powers: plots.plot_balance(_balance(), powers, ax),
    "plot_agreement": lambda ax, powers: plots_measures.plot_agreement(
        _agreement(), ax, published=[("crowd", 0.75)]
    ),
    "plot_confusion": lambda ax, powers: plots_measures.plot_confusion(_counts(), ax),
    "plot_specifications": lambda ax, powers: plots_measures.plot_specifications(_curve(), ax),
    "plot_choices": lambda ax, powers: plots_measures.plot_choices(_curve(), ax),
    "plot_coverage": lambda ax, powers: plots_measures.plot_coverage(
        pd.DataFrame({"name": ["tone", "stance"], "coverage": [0.93, 0.96]}), ax
    ),
    "plot_passed": lambda ax, powers: plots_measures.plot_passed(
        pd.DataFrame({"phenomenon": ["negation", "negation"], "both": [True, False]}), ax
    ),
    "plot_world": lambda ax, powers: plots_speeches.plot_world(
        _years(), ax, articles=_documents().assign(rate=12.0), events={"war": 2022.1}
    ),
    "plot_world_key": lambda ax, powers: plots_speeches.plot_world_key(ax, "Here", events={"war": 2022.1}),
    "plot_keyness_sides": lambda ax, powers: plots_speeches.plot_keyness_sides(
        _keyness().assign(documents=2), [ax, ax.inset_axes([0, 2, 1, 1])], ("After", "Before")
    ),
    "plot_stress": lambda ax, powers: plots_speeches.plot_stress(
        _stress(), ax, looks={"speeches": "h", "articles": "d"}
    ),
    "plot_change": lambda ax, powers: plots_speeches.plot_change(_changes(), ax),
    "plot_dispersion": lambda ax, powers: plots_speeches.plot_dispersion(_places(), ax),
    "plot_resemblance": lambda ax, powers: plots_speeches.plot_resemblance(_close(), powers, ax),
    "plot_moves": lambda ax, powers: plots_speeches.plot_moves(_moves(), powers, ax),
    "plot_map_key": lambda ax, powers: plots_speeches.plot_map_key(ax, powers, "Here"),
    "plot_map": lambda ax, powers: plots_speeches.plot_map(_map(), powers, ax, year=2020, names=True),
    "explore_figure": lambda ax, powers: plots_explored.explore_figure(_explored(), ax, powers=powers),
}


def _drawn(name: str, powers: Powers) -> Figure:
    figure, axes = page("A finding", "a measure, n = 3", "invented", height=6)
    FIGURES[name](axes[0], powers)
    return figure


@pytest.fixture(scope="module", params=list(FIGURES))
def drawn(request: pytest.FixtureRequest) -> Iterator[Figure]:
    figure = _drawn(request.param, POWERS)
    yield figure
    plt.close(figure)


def test_every_figure_is_looked_at() -> None:
    modules = (plots, plots_explored, plots_measures, plots_speeches)
    found = {name for module in modules for name, _ in inspect.getmembers(module, inspect.isfunction)}
    assert {name for name in found if name.startswith("plot_") or name == "explore_figure"} == set(FIGURES)


# Contrast


def unreadable(figure: Figure) -> list[str]:
    """Name the words of less than 4.5:1 against what they stand on, whatever that is."""
    with matplotlib.rc_context(RC):
        canvas: Any = figure.canvas
        canvas.draw()
        texts: list[Any] = figure.findobj(Text)
        words = [text for text in texts if text.get_visible() and text.get_text().strip()]
        boxes = [text.get_window_extent() for text in words]
        for text in words:
            text.set_alpha(0)
        canvas.draw()
        for text in words:
            text.set_alpha(None)
    pixels = np.asarray(canvas.buffer_rgba())[::-1, :, :3]
    found = []
    for text, box in zip(words, boxes, strict=True):
        part = pixels[max(0, int(box.y0)) : int(box.y1), max(0, int(box.x0)) : int(box.x1)].reshape(-1, 3)
        if len(part):  # a tick outside the axis is not drawn
            shades, often = np.unique(part, axis=0, return_counts=True)
            ground = shades[often.argmax()] / 255
            ratio = contrast(text.get_color(), ground)
            if ratio < 4.5:
                found.append(f"{text.get_text()!r}: {ratio:.2f} on {colors.to_hex(ground)}")
    return found


def _on_white(color: Any, alpha: float | None = None) -> str:
    red, green, blue, opacity = colors.to_rgba(color, alpha)
    paler = [opacity * c + 1 - opacity for c in (red, green, blue)]
    return colors.to_hex((paler[0], paler[1], paler[2])).upper()


def _lines(figure: Figure) -> list[Any]:
    """Give the lines and marks of all axes and keys, without the ticks."""
    axes: list[Any] = figure.findobj(Axes)
    keys = [ax.get_legend() for ax in axes if ax.get_legend()]
    return [line for ax in axes for line in ax.lines] + [line for key in keys for line in key.get_lines()]


def _used(figure: Figure) -> set[str]:
    """Give the colours of marks, lines and bars as they look on white.

    Left out: lines too thin to be seen one by one (the intervals of hundreds of specifications).
    """
    lines: list[Any] = [line for line in _lines(figure) if line.get_linewidth() > 0.5]
    used = {_on_white(line.get_color(), line.get_alpha()) for line in lines}
    drawn: list[Any] = figure.findobj(LineCollection)
    used |= {_on_white(c) for many in drawn if max(many.get_linewidths()) > 0.5 for c in many.get_colors()}
    dots: list[Any] = figure.findobj(PathCollection)
    used |= {_on_white(c) for many in dots for c in (*many.get_edgecolors(), *many.get_facecolors())}
    bars: list[Any] = [bar for ax in figure.axes for bar in ax.patches if isinstance(bar, Rectangle)]
    # A bar is less high than its row; a band behind the rows is not.
    return used | {_on_white(bar.get_facecolor()) for bar in bars if bar.get_height() < 1}


def faint(figure: Figure) -> set[str]:
    """Give the colours of less than 3:1 against white, but for white itself and the page's light grey."""
    light = {"#FFFFFF", LIGHT}
    return {color for color in _used(figure) - light if contrast(color, "white") < 3}


def test_words_can_be_read(drawn: Figure) -> None:
    assert unreadable(drawn) == []


def test_marks_stand_out(drawn: Figure) -> None:
    assert faint(drawn) == set()


def test_what_is_faint_is_found() -> None:
    figure, (ax,) = page("A finding", "a measure", "invented", height=3)
    ax.axvspan(0, 1, color="#888888")
    ax.text(0.5, 0.5, "white on grey", color="white")
    ax.plot([0, 1], [0, 1], color="black", alpha=0.3)
    ax.scatter([0], [0], color="#BBBBBB")
    ax.vlines([0], 0, 1, color="black", alpha=0.4)
    assert [words.split(":")[0] for words in unreadable(figure)] == ["'white on grey'"]
    assert faint(figure) == {"#B2B2B2", "#BBBBBB", "#999999"}
    plt.close(figure)


# The powers look the same everywhere


def _looks(figure: Figure) -> set[tuple[str, str]]:
    """Give the colours and markers of all marks."""
    marks = [line for line in _lines(figure) if line.get_marker() not in ("None", None, "")]
    return {(colors.to_hex(mark.get_color()).upper(), str(mark.get_marker())) for mark in marks}


def test_a_powers_colour_goes_with_its_marker(drawn: Figure) -> None:
    own = {power.color: power.marker for power in POWERS}
    assert [(c, marker) for c, marker in _looks(drawn) if own.get(c, marker) != marker] == []


@pytest.mark.parametrize("name", FIGURES)
def test_looks_come_from_the_table_of_powers(name: str, tmp_path: Path) -> None:
    """With other colours and markers in the table, no figure has the built-in ones."""
    text = BUILT_IN.read_text("utf-8")
    for i, power in enumerate(POWERS):
        text = text.replace(f'color = "{power.color}"', f'color = "#FF00{i}0"')
        text = text.replace(f'marker = "{power.marker}"', f'marker = "{"<>8H1234"[i]}"')
    (tmp_path / "powers.toml").write_text(text, "utf-8")
    others = Powers(tmp_path / "powers.toml")
    assert {power.color for power in others}.isdisjoint({power.color for power in POWERS})
    figure = _drawn(name, others)
    assert _used(figure).isdisjoint({power.color for power in POWERS})
    drawn, looks = {power.color: power.marker for power in others}, _looks(figure)
    assert [(c, marker) for c, marker in looks if drawn.get(c, marker) != marker] == []
    plt.close(figure)


def test_no_colour_of_a_power_is_written_elsewhere() -> None:
    code = {path.name: path.read_text("utf-8") for path in (ROOT / "kzpolicy").glob("*.py")}
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        code[path.name] = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    own = {power.color for power in POWERS}
    found = {name: set(re.findall(r"#[0-9A-F]{6}\b", text.upper())) & own for name, text in code.items()}
    assert {name: colours for name, colours in found.items() if colours} == {}


def test_the_western_powers_together_look_like_no_power_and_no_state() -> None:
    figure = _drawn("plot_balance", POWERS)
    (marker,) = {marker for color, marker in _looks(figure) if color == GREY}
    assert marker not in {power.marker for power in POWERS} | {plots_speeches.STATE_MARKER}
    plt.close(figure)
