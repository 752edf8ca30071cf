"""Figures draw what their frames say; colours can be told apart; tables and pictures are safe."""

from __future__ import annotations

import base64
import doctest
import io
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from matplotlib import colors
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from pandas.testing import assert_frame_equal
from PIL import Image

from kzpolicy import plots, style
from kzpolicy.plots import FEW
from kzpolicy.powers import load_powers
from kzpolicy.stance import WESTERN
from kzpolicy.style import SERIES, page, show, show_table, signed, table_html

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

POWERS = load_powers()
Floats = npt.NDArray[np.float64]


@pytest.fixture
def ax() -> Iterator[Axes]:
    figure, axes = plt.subplots(figsize=(8, 4))
    yield axes
    plt.close(figure)


@pytest.fixture
def other() -> Iterator[Axes]:
    figure, axes = plt.subplots(figsize=(8, 4))
    yield axes
    plt.close(figure)


def test_examples_in_docstrings() -> None:
    assert doctest.testmod(style).failed == 0


# Reading a figure


def _list(data: Any) -> list[Any]:
    return list(data)


def _data_lines(ax: Axes) -> list[Line2D]:
    return [line for line in ax.lines if line.get_transform() == ax.transData]


def _markers(ax: Axes) -> list[Line2D]:
    return [line for line in _data_lines(ax) if line.get_marker() not in (None, "", "None")]


def _units(ax: Axes) -> Callable[[object], float]:
    """Turn dates into days, and leave numbers alone."""
    convert: Any = ax.convert_xunits
    return lambda value: float(convert(value))


def _cells(ax: Axes) -> Any:
    """The values that a heat map colours; the others masked."""
    return np.ma.masked_invalid(np.ma.asarray(ax.collections[0].get_array()))


def _points(ax: Axes) -> list[tuple[float, float]]:
    """Where the markers stand, dates as days."""
    return [(_units(ax)(_list(m.get_xdata())[0]), float(_list(m.get_ydata())[0])) for m in _markers(ax)]


def _spans(ax: Axes) -> list[tuple[float, float, float]]:
    """Ends and height of every level line, broad bands left out."""
    lines = [line for line in _data_lines(ax) if line not in _markers(ax) and line.get_linewidth() < 5]
    found = []
    for line in lines:
        (x0, x1), (y0, y1) = _list(line.get_xdata()), _list(line.get_ydata())
        assert y0 == y1
        found.append((float(x0), float(x1), float(y0)))
    return found


def _hollow(marker: Line2D) -> bool:
    return colors.to_hex(marker.get_markerfacecolor()) == "#ffffff"


def _texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def _ylabels(ax: Axes) -> list[str]:
    return [label.get_text() for label in ax.get_yticklabels()]


def _colour(marker: Line2D) -> str:
    return colors.to_hex(marker.get_color()).upper()


def _assert_all_in_view(ax: Axes) -> None:
    left, right = sorted(ax.get_xlim())
    for x, _ in _points(ax):
        assert left <= x <= right, f"a mark at {x} lies outside the axis from {left} to {right}"


# Frames


def _means(rows: Sequence[tuple[Any, ...]], *by: str) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=[*by, "mean", "low", "high", "n"])
    if "power" in by:
        frame["power"] = pd.Categorical(frame["power"], categories=POWERS.keys, ordered=True)
    return frame


def _by_power() -> pd.DataFrame:
    rows = [("russia", -0.1, -0.3, 0.1, 40), ("turkey", 0.5, -0.2, 0.9, 4), ("india", 0.0, -0.4, 0.4, 5)]
    return _means(rows, "power")


def _by_label() -> pd.DataFrame:
    rows = [
        ("russia", "North 2018", -0.7, -0.9, -0.4, 12),
        ("russia", "East 2022", 0.25, -0.1, 0.5, 4),
        ("china", "East 2022", 0.3, 0.1, 0.6, 5),
    ]
    return _means(rows, "power", "label")


def _rates() -> pd.DataFrame:
    rows = [("North 2018", 3, 130.0, 40.0, 380.0), ("East 2022", 0, 0.0, 0.0, 90.0)]
    return pd.DataFrame(rows, columns=["label", "count", "rate", "low", "high"])


def _attention() -> pd.DataFrame:
    rows = [("North 2018", "china", 8, 0.4, 0.2, 0.6), ("East 2022", "china", 0, 0.0, 0.0, 0.2)]
    return pd.DataFrame(rows, columns=["label", "power", "n", "share", "low", "high"])


def _documents() -> pd.DataFrame:
    rows = [("North 2018", "2018-03-01", "2018-03-01"), ("South 2021", "2021-06-01", "2022-05-31")]
    frame = pd.DataFrame(rows, columns=["label", "published_from", "published_to"])
    return frame.assign(**{c: pd.to_datetime(frame[c]) for c in frame.columns[1:]})


def _mentions() -> pd.DataFrame:
    vias = ["state"] * 12 + ["leader"] * 3 + ["state"] * 2 + ["capital"]
    return pd.DataFrame({"power": ["china"] * 15 + ["russia"] * 3, "via": vias})


def _keyness() -> pd.DataFrame:
    rows = [("camel", 12, 2, 2.6), ("yurt", 5, 1, 1.2), ("felt", 4, 1, 0.9), ("reed", 0, 9, -1.0)]
    return pd.DataFrame(rows, columns=["term", "target", "reference", "z"])


def _balance() -> pd.DataFrame:
    rows = [
        ("North 2018", "Russia", -0.5, -0.8, -0.1, 12, 7, 5, 0, 1.25, 0.4, 1.6),
        ("North 2018", "China", 0.75, 0.2, 0.95, 4, 0, 1, 3, 1.25, 0.4, 1.6),
        ("North 2018", WESTERN, 0.1, -0.2, 0.4, 9, 3, 2, 4, 1.25, 0.4, 1.6),
        ("East 2022", "Russia", 0.0, -0.1, 0.1, 20, 0, 20, 0, 0.0, -0.2, 0.2),
        ("East 2022", "China", 0.0, -0.2, 0.2, 6, 0, 6, 0, 0.0, -0.2, 0.2),
        ("East 2022", WESTERN, 0.0, -0.3, 0.3, 5, 0, 5, 0, 0.0, -0.2, 0.2),
    ]
    counts = ["n", "below", "zero", "above"]
    columns = ["label", "vector", "mean", "low", "high", *counts, "gap", "gap_low", "gap_high"]
    return pd.DataFrame(rows, columns=columns)


LABELS = ["North 2018", "East 2022"]
PLOTS: dict[str, tuple[Callable[[], pd.DataFrame], Callable[[pd.DataFrame, Axes], Axes]]] = {
    "means": (_by_power, lambda f, a: plots.plot_means(f, POWERS, a)),
    "grid": (_by_label, lambda f, a: plots.plot_grid(f, POWERS, a, columns=LABELS)),
    "against": (
        lambda: _by_label().head(2),
        lambda f, a: plots.plot_against(f, f.assign(mean=0.2), f.assign(mean=0.1), POWERS, a),
    ),
    "dates": (_documents, plots.plot_dates),
    "named": (_mentions, lambda f, a: plots.plot_named(f, POWERS, a)),
    "rates": (_rates, plots.plot_rates),
    "attention": (_attention, lambda f, a: plots.plot_attention(f, POWERS, a)),
    "keyness": (_keyness, plots.plot_keyness),
    "balance": (_balance, lambda f, a: plots.plot_balance(f, POWERS, a)),
}


def test_every_plot_is_tested() -> None:
    functions = {name.removeprefix("plot_") for name in dir(plots) if name.startswith("plot_")}
    assert functions == set(PLOTS)


@pytest.mark.parametrize("name", PLOTS)
def test_a_plot_returns_its_axes_and_leaves_the_frame_alone(name: str, ax: Axes) -> None:
    build, draw = PLOTS[name]
    frame = build()
    assert draw(frame, ax) is ax
    assert_frame_equal(frame, build())
    ax.figure.canvas.draw()


@pytest.mark.parametrize("name", PLOTS)
@pytest.mark.filterwarnings("error::UserWarning", "error::RuntimeWarning", "error::FutureWarning")
def test_a_plot_of_one_row(name: str, ax: Axes) -> None:
    build, draw = PLOTS[name]
    frame = build().head(1)
    if name == "grid":
        plots.plot_grid(frame, POWERS, ax, columns=["North 2018"])
    else:
        draw(frame, ax)
    ax.figure.canvas.draw()
    assert len(ax.get_yticks()) == 1


@pytest.mark.parametrize("name", PLOTS)
def test_a_plot_takes_any_index(name: str, ax: Axes, other: Axes) -> None:
    build, draw = PLOTS[name]
    frame = build()
    draw(frame.set_axis(range(7, 7 + len(frame))), ax)
    draw(frame, other)
    assert _points(ax) == _points(other) and _texts(ax) == _texts(other)


# What each plot draws


def test_means(ax: Axes) -> None:
    means = _by_power()
    plots.plot_means(means, POWERS, ax)
    assert _points(ax) == list(zip(means["mean"], [0, 1, 2], strict=True))
    assert _spans(ax) == list(zip(means["low"], means["high"], [0, 1, 2], strict=True))
    assert _ylabels(ax) == ["Russia", "Turkey", "India"]
    assert ax.get_yticks().tolist() == [0, 1, 2]
    assert _texts(ax)[:3] == ["−0.10  n = 40", "+0.50  n = 4", "0.00  n = 5"]
    assert [_hollow(m) for m in _markers(ax)] == [False, True, False]
    assert FEW == 5
    for marker, key in zip(_markers(ax), ["russia", "turkey", "india"], strict=True):
        assert (_colour(marker), marker.get_marker()) == (POWERS[key].color, POWERS[key].marker)
    bottom, top = ax.get_ylim()
    assert bottom > top  # the first row stands on top
    assert ax.get_xlim()[0] < -1 and ax.get_xlim()[1] > 1
    assert any("portrayed unfavourably" in text for text in _texts(ax))


def test_means_with_other_ends_and_articles(ax: Axes) -> None:
    rows = [("turkey", "North 2018", 0.6, 0, 1, 3), ("russia", "North 2018", -0.2, -1, 0, 10)]
    articles = _means([*rows, ("iran", "East 2022", 1, 0, 1, 2)], "power", "label")
    before = articles.copy()
    plots.plot_means(_by_power(), POWERS, ax, ends=("apart", "near"), articles=articles)
    assert {"← apart", "near →"} <= set(_texts(ax))
    (dots,) = ax.collections
    # In the rows of their powers, a little above; Iran has no row.
    assert np.asarray(dots.get_offsets()) == pytest.approx(np.array([[0.6, 0.7], [-0.2, -0.3]]))
    small, large = dots.get_sizes()  # type: ignore[attr-defined]
    assert small < large
    assert_frame_equal(articles, before)


def test_grid(ax: Axes) -> None:
    plots.plot_grid(_by_label(), POWERS, ax, columns=["East 2022", "North 2018"])
    cells = {text.get_text(): text.xy for text in ax.texts}  # type: ignore[attr-defined]
    assert cells == {
        "+0.25\nn = 4": (0.5, 0.5),
        "−0.70\nn = 12": (1.5, 0.5),
        "+0.30\nn = 5": (0.5, 1.5),
        "not named": (1.5, 1.5),
    }
    assert _ylabels(ax) == ["Russia", "China"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["East\n2022", "North\n2018"]
    drawn = _cells(ax).reshape(2, 2)
    # Only cells of five sentences and more are coloured.
    assert drawn.mask.tolist() == [[True, False], [False, True]]
    assert (drawn[0, 1], drawn[1, 0]) == (-0.7, 0.3)
    assert ax.collections[0].get_clim() == (-1, 1)
    assert not ax.yaxis_inverted() or ax.get_ylim()[0] > ax.get_ylim()[1]


def test_grid_of_cells_that_are_all_too_small(ax: Axes) -> None:
    plots.plot_grid(_by_label().assign(n=2), POWERS, ax, columns=LABELS)
    assert _cells(ax).mask.all()
    assert sum("n = 2" in text for text in _texts(ax)) == 3


def test_against(ax: Axes) -> None:
    coded = _by_label().head(2)
    plain = _means(
        [("russia", "East 2022", 0.6, 0.4, 0.8, 4), ("russia", "North 2018", 0.2, 0.0, 0.3, 12)],
        "power",
        "label",
    )
    before = plain.copy()
    targeted = plain.assign(mean=plain["mean"] + 0.1)
    plots.plot_against(coded, targeted, plain, POWERS, ax)
    assert_frame_equal(plain, before)
    assert [round(x, 9) for x, _ in _points(ax)] == [-0.7, 0.25, 0.7, 0.3, 0.6, 0.2]
    assert [span[:2] for span in _spans(ax)] == [(-0.9, -0.4), (-0.1, 0.5)] + [(0.4, 0.8), (0.0, 0.3)] * 2
    heights = [y for _, y in _points(ax)]
    assert heights == [span[2] for span in _spans(ax)]
    assert [round(y) for y in heights] == [0, 1, 1, 0, 1, 0]  # by document, whatever their order
    assert _ylabels(ax) == ["North 2018", "East 2022"]
    assert [t for t in _texts(ax) if t.startswith("n")] == ["n = 12", "n = 4"]
    assert ax.get_title(loc="left") == "Russia"
    assert {"codes", "targeted", "plain"} <= set(_texts(ax))


def test_against_draws_few_sentences_hollow(ax: Axes) -> None:
    coded = _by_label().head(2)  # twelve sentences and four
    plots.plot_against(coded, coded, coded, POWERS, ax)
    own = [m for m in _markers(ax) if m.get_marker() == POWERS["russia"].marker]
    assert [_hollow(m) for m in own] == [False, True]


def test_dates(ax: Axes) -> None:
    documents = _documents()
    plots.plot_dates(documents, ax)
    (point,) = _markers(ax)
    assert pd.Timestamp(_list(point.get_xdata())[0]) == pd.Timestamp("2018-03-01")
    (band,) = [line for line in _data_lines(ax) if line is not point]
    assert [pd.Timestamp(x) for x in _list(band.get_xdata())] == [
        pd.Timestamp("2021-06-01"),
        pd.Timestamp("2022-05-31"),
    ]
    assert (_list(point.get_ydata())[0], set(_list(band.get_ydata()))) == (0, {1})
    assert _ylabels(ax) == ["North 2018", "South 2021"]
    _assert_all_in_view(ax)


@pytest.mark.parametrize("day", ["2009-05-05", "2024-05-05"])
def test_dates_of_any_study_are_in_view(day: str, ax: Axes) -> None:
    documents = _documents().head(1)
    documents = documents.assign(published_from=pd.Timestamp(day), published_to=pd.Timestamp(day))
    plots.plot_dates(documents, ax)
    _assert_all_in_view(ax)


def test_named(ax: Axes) -> None:
    plots.plot_named(_mentions(), POWERS, ax)
    assert _ylabels(ax) == ["China", "Russia"]  # the one named most often on top
    bars: list[Any] = list(ax.patches)
    assert [(bar.get_x(), bar.get_width()) for bar in bars] == [(0, 15), (0, 3)]
    assert [round(bar.get_y() + bar.get_height() / 2) for bar in bars] == [0, 1]
    assert _texts(ax) == ["15", "3"]
    assert [colors.to_hex(bar.get_facecolor()).upper() for bar in bars] == [
        POWERS["china"].color,
        POWERS["russia"].color,
    ]


def test_named_equally_often_keeps_the_powers_order(ax: Axes) -> None:
    mentions = pd.DataFrame({"power": ["india", "usa", "iran", "usa", "iran", "india"], "via": "state"})
    plots.plot_named(mentions, POWERS, ax)
    assert _ylabels(ax) == ["United States", "Iran", "India"]


def test_rates(ax: Axes, other: Axes) -> None:
    rates = _rates()
    plots.plot_rates(rates, ax)
    assert _points(ax) == [(130, 0), (0, 1)]
    assert _spans(ax) == [(40, 380, 0), (0, 90, 1)]
    assert _ylabels(ax) == LABELS
    assert [_hollow(m) for m in _markers(ax)] == [False, True]  # not one occurrence
    assert ax.get_xlim()[1] >= 380
    assert plots.plot_rates(rates, other, limit=200).get_xlim()[1] == 200
    arrows = [m for m in _markers(other) if m.get_marker() == ">"]
    assert [_list(arrow.get_ydata())[0] for arrow in arrows] == [0]  # the interval that goes on


def test_attention(ax: Axes) -> None:
    plots.plot_attention(_attention(), POWERS, ax)
    assert _points(ax) == [(0.4, 0), (0, 1)]
    assert _spans(ax) == [(0.2, 0.6, 0), (0, 0.2, 1)]
    assert _ylabels(ax) == LABELS
    assert [_hollow(m) for m in _markers(ax)] == [False, True]
    assert {_colour(m) for m in _markers(ax)} == {POWERS["china"].color}
    assert ax.get_title(loc="left") == "China"


def test_attention_of_nearly_all_sentences_is_in_view(ax: Axes) -> None:
    plots.plot_attention(_attention().assign(share=0.95, low=0.88, high=1.0), POWERS, ax)
    _assert_all_in_view(ax)


def test_keyness(ax: Axes, other: Axes) -> None:
    plots.plot_keyness(_keyness(), ax, color="#A61007", most=2)
    assert _points(ax) == [(2.6, 0), (1.2, 1)]
    segments = [path.vertices.tolist() for stem in ax.collections for path in stem.get_paths()]  # type: ignore[union-attr]
    assert segments == [[[0, 0], [2.6, 0]], [[0, 1], [1.2, 1]]]
    assert [_hollow(m) for m in _markers(ax)] == [False, True]  # 1.96 lies between them
    assert _ylabels(ax) == ["camel", "yurt"]
    assert _texts(ax) == ["12 : 2", "5 : 1"]
    assert {_colour(m) for m in _markers(ax)} == {"#A61007"}
    _assert_all_in_view(ax)
    plots.plot_keyness(_keyness(), other)
    assert _ylabels(other) == ["camel", "yurt", "felt"]  # not what marks the reference
    assert {_colour(m) for m in _markers(other)} == {SERIES}


def test_keyness_of_a_large_corpus_is_in_view(ax: Axes) -> None:
    plots.plot_keyness(_keyness().assign(z=[21.5, 1.2, 0.9, -1.0]), ax)
    _assert_all_in_view(ax)


def test_keyness_without_words(ax: Axes) -> None:
    assert plots.plot_keyness(_keyness().head(0), ax) is ax


def test_balance(ax: Axes) -> None:
    balance = _balance()
    plots.plot_balance(balance, POWERS, ax)
    assert [x for x, _ in _points(ax)] == balance["mean"].tolist()
    assert [span[:2] for span in _spans(ax)] == list(zip(balance["low"], balance["high"], strict=True))
    assert [y for _, y in _points(ax)] == [span[2] for span in _spans(ax)]
    assert [round(y) for _, y in _points(ax)] == [0, 0, 0, 1, 1, 1]
    assert len({y for _, y in _points(ax)}) == 6
    assert [_hollow(m) for m in _markers(ax)] == [False, True, False, False, False, False]
    assert _ylabels(ax) == LABELS
    texts = _texts(ax)
    assert [t for t in texts if t.isdigit()] == ["12", "4", "9", "20", "6", "5"]
    assert [t for t in texts if " to " in t] == ["+1.25\n(+0.40 to +1.60)", "0.00\n(−0.20 to +0.20)"]
    # Not a single code other than 0: this is no balance but silence.
    assert texts.count("no position stated") == 1
    assert {"Russia", "China", WESTERN} <= set(texts)
    for marker, key in zip(_markers(ax)[:2], ["russia", "china"], strict=True):
        assert (_colour(marker), marker.get_marker()) == (POWERS[key].color, POWERS[key].marker)
    western = _markers(ax)[2]
    assert western.get_marker() not in {power.marker for power in POWERS}
    # The same colours and markers in the legend.
    legend = {(line.get_marker(), _colour(line)) for line in ax.lines if line.get_transform() == ax.transAxes}
    assert legend == {(m.get_marker(), _colour(m)) for m in _markers(ax)}


def test_balance_without_one_neighbour_names_what_it_draws_and_prints_no_gap(ax: Axes) -> None:
    alone = _balance().head(1).assign(gap=np.nan, gap_low=np.nan, gap_high=np.nan)
    plots.plot_balance(alone, POWERS, ax)
    assert len(_points(ax)) == 1 and "Russia" in _texts(ax)
    assert not [text for text in _texts(ax) if "nan" in text]


def test_balance_by_another_column(ax: Axes) -> None:
    plots.plot_balance(_balance().rename(columns={"label": "period"}), POWERS, ax)
    assert _ylabels(ax) == LABELS


# Words, tables and pictures


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.354, 2, "+0.35"),
        (-0.1, 2, "−0.10"),
        (0, 2, "0.00"),
        (0.004, 2, "0.00"),
        (-0.004, 2, "0.00"),
        (-0.006, 2, "−0.01"),
        (1, 0, "+1"),
        (-12.5, 1, "−12.5"),
        (-0.4, 0, "0"),
    ],
)
def test_signed(value: float, digits: int, text: str) -> None:
    assert signed(value, digits) == text


class Displayed:
    """What was given to IPython's display."""

    def __init__(self) -> None:
        self.data: dict[str, str] = {}
        self.options: dict[str, Any] = {}

    def __call__(self, data: dict[str, str], **options: Any) -> None:
        """Take it."""
        self.data, self.options = data, options


@pytest.fixture
def displayed(monkeypatch: pytest.MonkeyPatch) -> Displayed:
    taken = Displayed()
    monkeypatch.setattr("IPython.display.display", taken)
    return taken


def test_a_table_escapes_markup_and_links_addresses(displayed: Displayed) -> None:
    frame = pd.DataFrame(
        {
            "title": ["<script>alert(1)</script>", "A & B", None],
            "url": ['https://example.org/a?b=1&c="2"', "see https://example.org", "javascript:alert(1)"],
            "mean": [0.12345, -1.0, np.nan],
            "n": [3, 4, 5],
            "sentences": ["x:1:1;x:1:2", "", "x:2:1"],
        }
    )
    before = frame.copy()
    show_table(frame)
    html = displayed.data["text/html"]
    assert displayed.options["raw"] is True
    assert "<script" not in html and "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "A &amp; B" in html
    assert '<a href="https://example.org/a?b=1&amp;c=&quot;2&quot;">page</a>' in html
    assert "<td>see https://example.org</td>" in html and html.count("<a ") == 1
    assert ">0.12<" in html and ">-1.00<" in html and "nan" not in html.lower() and "None" not in html
    assert ">3<" in html and "x:1:1; x:1:2" in html
    assert "0.12" in displayed.data["text/plain"]
    assert_frame_equal(frame, before)
    show_table(frame, digits=3)
    assert ">0.123<" in displayed.data["text/html"]


def test_a_tables_headings_are_escaped_too(displayed: Displayed) -> None:
    # A pivot puts documents' labels into the heading.
    show_table(pd.DataFrame({"<script>alert(1)</script>": ["x"]}))
    assert "<script" not in displayed.data["text/html"]


def test_an_address_with_a_semicolon_leads_where_it_says(displayed: Displayed) -> None:
    show_table(pd.DataFrame({"url": ["https://example.org/a;b"]}))
    assert 'href="https://example.org/a;b"' in displayed.data["text/html"]


def test_a_table_with_years_as_columns(displayed: Displayed) -> None:
    show_table(pd.DataFrame({2018: [0.123], 2022: [1.0]}))
    assert ">0.12<" in displayed.data["text/html"]


def test_a_table_of_categories_and_of_no_rows(displayed: Displayed) -> None:
    show_table(_by_power())
    assert ">russia<" in displayed.data["text/html"]
    show_table(_by_power().head(0))
    assert "<table" in displayed.data["text/html"]


def test_a_picture_has_its_alternative_text(displayed: Displayed) -> None:
    figure, (ax,) = page("A finding", "a measure, n = 3", "invented", height=3)
    ax.plot([0, 1], [0, 1])
    show(figure, "A rising line.")
    assert displayed.options == {"raw": True, "metadata": {"image/png": {"alt": "A rising line."}}}
    assert displayed.data["text/plain"] == "A rising line."
    assert base64.b64decode(displayed.data["image/png"]).startswith(b"\x89PNG")
    assert not plt.fignum_exists(figure.number)


def test_a_picture_in_few_colours_keeps_its_grid_and_its_white(displayed: Displayed) -> None:
    figure, axes = page("A finding", "a measure, n = 3", "invented", height=4, columns=3)
    for ax, power in zip(axes, POWERS, strict=False):
        ax.plot([0, 1], [0, 1], power.marker, color=power.color)
        ax.grid(axis="y")
    show(figure, "Three panels.")
    picture = Image.open(io.BytesIO(base64.b64decode(displayed.data["image/png"]))).convert("RGB")
    assert picture.getpixel((0, 0)) == (255, 255, 255)
    pixels = np.asarray(picture).reshape(-1, 3)
    pale = (pixels > 235).all(axis=1) & (pixels < 250).all(axis=1)
    assert pale.sum() > 1000, "the grid"


def test_a_page_says_what_it_is_given_and_hands_out_its_axes() -> None:
    figure, axes = page("A finding", "a measure", "invented", height=4, rows=2, columns=3)
    assert axes.shape == (6,)
    assert [text.get_text() for text in figure.texts] == ["A finding", "a measure", "invented"]
    assert figure.get_size_inches().tolist() == [style.WIDTH, 4]
    plt.close(figure)


def test_a_page_on_articles_gives_way_to_a_study_of_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, displayed: Displayed
) -> None:
    monkeypatch.setenv("KZPOLICY_STUDY", str(tmp_path))
    figure, _ = page("Russia is low", "Mean tone; bars: interval", "Source: data/articles; codes.", height=3)
    name = tmp_path.name
    assert [t.get_text() for t in figure.texts] == [
        "Mean tone",
        "bars: interval",
        f"Source: the study {name}.",
    ]
    show(figure, "Russia is low in five articles.")
    assert displayed.data["text/plain"] == f"Mean tone, in the study {name}."
    figure, _ = page("Own finding", "Mean tone; bars: interval", "Source: my study.", height=3)
    assert figure.texts[0].get_text() == "Own finding"
    plt.close(figure)


@pytest.mark.parametrize("name", ["means", "grid", "against", "balance"])
def test_a_figure_without_codes_says_so(name: str, ax: Axes) -> None:
    build, draw = PLOTS[name]
    words = " on Russia, China or the western powers" if name == "balance" else ""
    assert _texts(draw(build().head(0), ax)) == [f"nothing is coded here{words}"]


def test_many_texts_make_a_figure_taller_and_a_grid_turn() -> None:
    labels = [f"Text {number}" for number in range(40)]
    means = _means([("russia", label, 0.5, 0.1, 0.9, 6) for label in labels], "power", "label")
    figure, (ax,) = page("A finding", "a measure", "invented", height=4, left=1.5)
    plots.plot_grid(means, POWERS, ax, columns=labels)
    assert _ylabels(ax) == labels and [t.get_text() for t in ax.get_xticklabels()] == [POWERS["russia"].name]
    assert figure.get_size_inches()[1] > 40 * 0.3
    heights = [text.get_position()[1] * figure.get_size_inches()[1] for text in figure.texts]
    assert heights[2] == pytest.approx(0.08) and heights[0] == pytest.approx(
        figure.get_size_inches()[1] - 0.12
    )
    plt.close(figure)


def test_against_shares_rows_with_another_panel(ax: Axes) -> None:
    means = _by_label().head(1)
    plots.plot_against(means, means, means, POWERS, ax, rows=["East 2022", "North 2018"])
    assert _ylabels(ax) == ["East 2022", "North 2018"]
    assert {round(y) for _, y in _points(ax)} == {["East 2022", "North 2018"].index(means["label"].iloc[0])}


def test_a_cell_with_a_date_stays_on_one_line_and_a_list_can_wrap() -> None:
    shown = table_html(pd.DataFrame({"a": ["2022-01-05", "a:1:1;a:1:2", "A; B", "2022-1"]}))
    cells = re.findall("<td>(.*?)</td>", shown)
    assert cells == [
        "2022\N{NON-BREAKING HYPHEN}01\N{NON-BREAKING HYPHEN}05",
        "a:1:1; a:1:2",
        "A; B",
        "2022-1",
    ]
