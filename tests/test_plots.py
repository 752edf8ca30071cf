"""Figures on invented frames: what they draw, what they say, and that their words keep apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from matplotlib.text import Text

from kzpolicy.captions import caption
from kzpolicy.plots import plot_curve, plot_dots, plot_grid, plot_lines, plot_slopes
from kzpolicy.powers import load_powers
from kzpolicy.style import SERIES, Chart, Measure
from kzpolicy.tables import StudyError

POWERS = load_powers()
LABELS = ["Anna 2015", "Boris and Clara 2020–21", "Dana 2022", "Emil 2022", "Fatima 2022"]


def means(
    powers: Sequence[str] = ("russia", "china", "iran"), labels: Sequence[str] = (), n: int = 20
) -> pd.DataFrame:
    """Values that follow from their place: -0.5, 0, +0.5 and again."""
    keys = [(power, label) for label in labels or [""] for power in powers]
    values = [(i % 3 - 1) / 2 for i in range(len(keys))]
    frame = pd.DataFrame(keys, columns=["power", "label"]).assign(mean=values)
    frame = frame.assign(low=frame["mean"] - 0.2, high=frame["mean"] + 0.2, n=n, missing=0)
    return frame if labels else frame.drop(columns="label")


def rates(themes: Sequence[str] = ("War", "Trade"), years: Iterable[int] = range(2015, 2023)) -> pd.DataFrame:
    rows = [
        {"theme": name.lower(), "name": name, "year": year, "count": i + 1, "rate": 10.0 * (i + 1)}
        for name in themes
        for i, year in enumerate(years)
    ]
    frame = pd.DataFrame(rows)
    return frame.assign(low=frame["rate"] / 2, high=frame["rate"] * 1.5, median=20.0, q1=10.0, q3=40.0)


def words_of(chart: Chart) -> list[Text]:
    chart.figure.draw_without_rendering()
    texts = chart.figure.findobj(Text)
    return [text for text in texts if isinstance(text, Text) and text.get_text() and text.get_visible()]


def said(chart: Chart) -> set[str]:
    return {text.get_text().replace("\n", " ") for text in words_of(chart)}


def marks(ax: Axes, marker: str) -> list[Any]:
    return [line for line in ax.lines if line.get_marker() == marker]


def spans(ax: Axes) -> list[tuple[float, float]]:
    """Ends of the intervals along the axis of values."""
    found = [s for c in ax.collections if isinstance(c, LineCollection) for s in c.get_segments() if len(s)]
    return sorted((float(s[0][0]), float(s[1][0])) for s in found)


def overlaps(chart: Chart) -> list[tuple[str, str]]:
    """Pairs of texts that stand over each other."""
    boxes = [(text.get_text(), text.get_window_extent().padded(-1)) for text in words_of(chart)]
    return [(a, b) for i, (a, one) in enumerate(boxes) for b, two in boxes[i + 1 :] if one.overlaps(two)]


def outside(chart: Chart) -> list[str]:
    edge = chart.figure.bbox.padded(1)
    boxes = [(text.get_text(), text.get_window_extent()) for text in words_of(chart)]
    return [words for words, box in boxes if not (edge.contains(*box.min) and edge.contains(*box.max))]


CLOSE = [-0.9, 0.9, -0.85, 0.2, 0.0, 0.25, 0.02, 0.95, 0.9, 1.0]
TEXTS = means(["russia", "china"], LABELS).assign(mean=CLOSE)
EVENTS = {"2019-03-20": "new president", "2022-02-24": "invasion"}
LONG = [
    "Sovereignty and territorial integrity",
    "Trade, transit and connectivity",
    "Nuclear disarmament",
    "War",
]
CHARTS = {
    "dots": plot_dots(means(list(POWERS.keys)), measure="tone", source="Source: invented."),
    "dots with texts": plot_dots(means(["russia", "china"]), measure="tone", texts=TEXTS),
    "dots by text": plot_dots(means(labels=LABELS), y="label", hue="power", measure="stance"),
    "panels": plot_dots(means(labels=LABELS), y="label", panel="power", measure="tone_score"),
    "slopes": plot_slopes(means(["russia", "china"], LABELS), measure="tone"),
    "lines": plot_lines(rates(), hue="name", events=EVENTS),
    "small multiples": plot_lines(rates(LONG), panel="theme", events={"2022-02-24": "invasion"}),
    "grid": plot_grid(means(labels=LABELS), measure="tone"),
}


@pytest.mark.parametrize("name", CHARTS)
def test_words_keep_apart_and_inside(name: str) -> None:
    assert overlaps(CHARTS[name]) == [] and outside(CHARTS[name]) == []


def test_dots_stand_at_their_values_in_the_look_of_their_power() -> None:
    chart = CHARTS["dots"]
    (ax,) = chart.figure.axes
    for i, (power, label) in enumerate(zip(POWERS, ax.get_yticklabels(), strict=True)):
        (mark,) = marks(ax, power.marker)
        assert label.get_text() == power.name
        assert mark.get_xdata()[0] == (i % 3 - 1) / 2
        assert mark.get_ydata()[0] == pytest.approx(label.get_position()[1])
        assert to_hex(mark.get_color()) == to_hex(power.color)
    assert spans(ax)[0] == pytest.approx((-0.7, -0.3))
    assert {"−0.50", "0.00", "+0.50", "n = 20"} <= said(chart)
    assert ax.get_xlim() == (-1.06, 1.06)  # the whole scale, whatever is drawn


def test_a_figure_says_what_its_frame_holds() -> None:
    chart = CHARTS["dots by text"]
    assert chart.title == "Mean stance, as coded, by text"
    size = "n = 300 pairs of a sentence and a power in 5 texts"
    subtitle = f"−1 distance to +1 approach; {size}; bars: 95% interval"
    assert f"{chart.title}. {subtitle}. Anna 2015, Russia: −0.50 (−0.70 to −0.30, n = 20); " in chart.alt
    assert chart.alt.startswith("Dot plot. ") and chart.alt.count("n = 20)") == 15
    part = means(labels=LABELS).query("power == 'china' and label != 'Dana 2022'")
    changed = plot_dots(part.assign(year=[2015, 2020, 2022, 2022]), y="label", measure="stance")
    assert changed.title == "Mean stance, as coded, by text: China, 2015–2022"
    assert "n = 80 pairs of a sentence and a power in 4 texts" in changed.alt
    (mark,) = {line.get_marker() for line in changed.figure.axes[0].lines if line.get_marker() != "None"}
    assert mark == POWERS["china"].marker


def test_a_figure_grows_with_its_rows() -> None:
    keys = list(POWERS.keys)
    two, four, eight = (plot_dots(means(keys[:k]), measure="tone").figure.get_figheight() for k in (2, 4, 8))
    assert four - two == pytest.approx(2 * 0.32) and eight - four == pytest.approx(4 * 0.32)


def test_few_sentences_are_drawn_faintly_where_a_mean_is_meant() -> None:
    frame = means().assign(n=[5, 4, 4])
    chart = plot_dots(frame, measure="tone")
    (ax,) = chart.figure.axes
    faces = {key: marks(ax, POWERS[key].marker)[0].get_markerfacecolor() for key in frame["power"]}
    assert faces["russia"] != "white" and faces["china"] == faces["iran"] == "white"
    assert "faint: n below 5" in chart.alt
    counted = plot_lines(rates(["War"], range(2015, 2017)))
    assert "faint" not in counted.alt


def test_the_column_measure_or_the_argument_says_what_is_measured() -> None:
    frame = means()
    assert plot_dots(frame).title == "Mean, by power"
    assert plot_dots(frame.assign(measure="tone_score")).title == "Mean tone, scored automatically, by power"
    both = pd.concat([frame.assign(measure="tone"), frame.assign(measure="tone_score")], ignore_index=True)
    chart = plot_dots(both, hue="measure")
    assert chart.title == "Mean tone, by power"
    assert "pairs" not in chart.alt  # the same ones twice
    assert {"Mean tone, as coded", "Mean tone, scored automatically"} <= said(chart)
    own = plot_dots(frame, measure=Measure("Mean distance", "0 near to 1 far"))
    assert own.title == "Mean distance, by power" and "0 near to 1 far" in own.alt


def test_a_difference_says_of_what() -> None:
    frame = pd.DataFrame(
        {"left_out": ["none", "Anna 2015"], "first": "china", "second": "west", "difference": [0.6, 0.5]}
    )
    chart = plot_dots(frame, "difference", "left_out")
    assert chart.title == "Difference of means, by text left out: China minus the West"
    two = pd.concat([frame, frame.assign(second="russia")])
    chart = plot_dots(two, "difference", "left_out", hue="second")
    assert chart.title == "Difference of means, by text left out: China minus the West or Russia"


def test_texts_stand_under_their_power_by_name() -> None:
    chart = CHARTS["dots with texts"]
    (ax,) = chart.figure.axes
    small = marks(ax, ".")
    assert sorted(float(line.get_xdata()[0]) for line in small) == sorted(TEXTS["mean"])
    assert set(LABELS) <= said(chart) and "small dots: single texts" in chart.alt
    assert "in 5 texts" in chart.alt


def test_panels_share_their_rows_and_axes() -> None:
    axes = CHARTS["panels"].figure.axes
    assert [ax.get_title(loc="left") for ax in axes[:3]] == ["Russia", "China", "Iran"]
    assert len({ax.get_ylim() for ax in axes[:3]}) == 1
    assert marks(axes[1], POWERS["china"].marker) and not marks(axes[1], POWERS["russia"].marker)


def test_marks_and_backgrounds() -> None:
    frame = pd.DataFrame({"scorer": ["a", "b"], "alpha": [0.5, 0.2], "low": 0.1, "high": 0.6, "pairs": 205})
    chart = plot_dots(frame, "alpha", "scorer", marks={"customary": 0.8})
    (ax,) = chart.figure.axes
    assert ax.get_xlim()[1] > 0.8 and {"customary", "n = 205", "0.50"} <= said(chart)
    assert [line.get_marker() for line in ax.lines if line.get_marker() != "None"] == [SERIES[0][1]] * 2
    change = pd.DataFrame({"theme": ["war"], "name": ["War"], "change": [9.0], "a": [-30.0], "b": [20.0]})
    chart = plot_dots(change, "change", "theme", background=("a", "b"))
    assert (-30.0, 20.0) in spans(chart.figure.axes[0]) and "grey: middle 95% of the others" in chart.alt
    assert "War" in said(chart) and "+9" in said(chart)


def test_slopes_name_their_lines_and_values() -> None:
    chart = CHARTS["slopes"]
    (ax,) = chart.figure.axes
    assert {"Russia", "China", "+0.50", "−0.50"} <= said(chart)
    labels = [label.get_text().split("\n")[-1] for label in ax.get_xticklabels()]
    assert labels == ["20 / 20"] * 5 and "n: Russia / China" in chart.alt


def test_lines_stand_in_the_middle_of_their_years() -> None:
    chart = plot_lines(rates(["War"]), measure="theme", events={"2022-02-24": "invasion"})
    (ax,) = chart.figure.axes
    assert chart.title == "Words of each theme: War, 2015–2022"
    dots = sorted((float(m.get_xdata()[0]), float(m.get_ydata()[0])) for m in marks(ax, SERIES[0][1]))
    assert dots == [(2015.5 + i, 10.0 * (i + 1)) for i in range(8)]
    places = [np.asarray(line.get_xdata()) for line in ax.lines]
    (event,) = [float(place[0]) for place in places if len(place) == 2]
    assert event == pytest.approx(2022 + 54.5 / 365.25)
    assert "invasion" in said(chart) and "grey: median and quartiles of the others" in chart.alt


def test_very_wide_intervals_are_cut_with_an_arrow() -> None:
    frame = rates(["War"], [2015, 2016]).assign(rate=[10.0, 20.0], low=1.0, high=[15.0, 900.0], q3=12.0)
    (ax,) = plot_lines(frame).figure.axes
    assert ax.get_ylim() == (0, 40)
    assert [(m.get_xdata()[0], m.get_ydata()[0]) for m in marks(ax, "^")] == [(2016.5, 40)]


def test_small_multiples_say_their_events_under_the_title() -> None:
    chart = CHARTS["small multiples"]
    assert "dashed: invasion (2022-02-24)" in chart.alt and "invasion" not in said(chart)
    assert [ax.get_title(loc="left").replace("\n", " ") for ax in chart.figure.axes[:4]] == LONG


def test_a_grid_writes_value_and_n_and_leaves_few_white() -> None:
    frame = means(labels=LABELS).iloc[:-1]
    frame.loc[0, "n"] = 4
    chart = plot_grid(frame, measure="tone")
    (ax,) = chart.figure.axes
    assert [label.get_text() for label in ax.get_yticklabels()] == ["Russia", "China", "Iran"]
    shown = [text.get_text() for text in ax.texts]
    assert shown[0] == "−0.50\nn = 4" and shown[-1] == "–" and len(shown) == 15
    assert bool(np.ma.getmaskarray(np.ma.asarray(ax.collections[0].get_array())).ravel()[0])  # no colour
    assert "white: n below 5" in chart.alt and "bars" not in chart.alt


def test_a_grid_follows_its_categories_and_turns_when_it_is_wide() -> None:
    order = pd.CategoricalDtype(["iran", "russia", "china"], ordered=True)
    (ax,) = plot_grid(means(labels=LABELS).astype({"power": order}), measure="tone").figure.axes
    assert [label.get_text() for label in ax.get_yticklabels()] == ["Iran", "Russia", "China"]
    (ax,) = plot_grid(means(labels=[f"Text {i}" for i in range(9)]), measure="tone").figure.axes
    assert [label.get_text() for label in ax.get_xticklabels()] == ["Russia", "China", "Iran"]


def test_a_curve_says_how_many_estimates_keep_their_sign() -> None:
    rows = {"estimate": [0.3, -0.1, 0.2, 0.1], "low": [0.1, -0.2, -0.1, 0.05], "high": [0.5, 0.0, 0.5, 0.2]}
    frame = pd.DataFrame(rows).assign(primary=[True, False, False, False], coded=[True, True, False, False])
    sides = {"first": "china", "second": "russia"}
    assert "specifications: China minus Russia" in plot_curve(frame.assign(**sides)).title
    chart = plot_curve(frame)
    assert "above zero: 75%, with the whole interval 50%; below zero: 25%, with" in chart.alt
    assert chart.alt.endswith("From −0.10 to +0.30.")
    assert {"primary +0.30", "as coded", "scored automatically"} <= said(chart)
    (ring,) = marks(chart.figure.axes[0], "o")
    assert ring.get_ydata()[0] == 0.3 and ring.get_xdata()[0] == 3  # in order of the estimates


def test_nothing_to_draw_is_said() -> None:
    empty = means().head(0)
    for draw in (plot_dots, plot_slopes, plot_lines, plot_grid, plot_curve):
        assert draw(empty).alt == "Nothing to draw: the table has no rows."


def test_missing_values_are_no_marks() -> None:
    frame = means().assign(mean=[0.1, np.nan, 0.2], n=[9, 0, 9])
    chart = plot_dots(frame, measure="tone")
    assert "China" not in chart.alt and {"none", "n = 0"} <= said(chart)


def test_a_study_has_its_own_powers(tmp_path: Path) -> None:
    path = tmp_path / "powers.toml"
    path.write_text('[japan]\nname = "Japan"\ncolor = "#123456"\nmarker = "8"\nstate = ["Japan"]\n')
    chart = plot_dots(means(["japan"]), measure="tone", powers=load_powers(path))
    (ax,) = chart.figure.axes
    assert to_hex(marks(ax, "8")[0].get_color()) == "#123456" and "Japan" in said(chart)


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda: plot_dots(means(), "maen"), "no column 'maen'; near is mean"),
        (lambda: plot_dots(means(), measure="tonne"), "no measure 'tonne'; near is tone"),
        (
            lambda: plot_dots(means(labels=LABELS)),
            "several rows for Russia: filter them, or give hue= or panel=",
        ),
        (lambda: plot_grid(means(labels=LABELS), x="lable"), "no column 'lable'; near is label"),
        (lambda: plot_dots(means(), texts=means()), "no column of texts 'label'"),
        (lambda: plot_dots(means([f"p{i}" for i in range(200)])), "200 values are too many for one figure"),
    ],
)
def test_errors_name_what_is_wrong(draw: Any, words: str) -> None:
    with pytest.raises(StudyError, match=words) as error:
        draw()
    assert "\n" not in str(error.value)


def test_many_values_are_summed_up_in_words() -> None:
    made = caption(means(labels=[f"Text {i}" for i in range(30)]), "mean", "tone", row="power", hue="label")
    words = made.alt("Dot plot")
    assert "Lowest and highest of 90 values: " in words and words.count("n = 20)") == 6
