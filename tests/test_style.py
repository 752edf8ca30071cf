"""Numbers, names and tables as people read them; a finished chart; the palette."""

from __future__ import annotations

import base64
from io import StringIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import pytest
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure

from kzpolicy import style
from kzpolicy.powers import load_powers
from kzpolicy.style import (
    MEASURES,
    SERIES,
    WIDTH,
    Chart,
    finish,
    in_words,
    ink_on,
    show_table,
    shown_names,
    signed,
    table_html,
    theme,
)
from kzpolicy.tables import StudyError


def chart(title: str = "A title", source: str = "A source") -> Chart:
    with theme():
        figure = Figure(layout="constrained")
        figure.subplots().plot([0, 1], [0, 1])
        return finish(figure, title, "A subtitle", source, "A line from 0 to 1.", body=2)


def test_numbers_have_a_sign_and_a_true_minus() -> None:
    assert [signed(v) for v in (0.354, -0.1, -0.001, float("nan"))] == ["+0.35", "−0.10", "0.00", "none"]
    assert signed(-1234.5, 0) == "−1,234"


def test_a_measure_writes_its_values() -> None:
    assert MEASURES["tone"].text(-0.004) == "0.00"
    assert MEASURES["share"].text(0.476) == "48%"
    assert MEASURES["rate"].text(1234.4) == "1,234"
    assert MEASURES["alpha"].text(-0.061) == "−0.06"
    assert MEASURES["stance"].tick(-0.5) == "−0.5"
    assert MEASURES["share"].tick(0.25) == "25%"


def cells(html: str) -> list[Any]:
    table = pd.read_html(StringIO(html), keep_default_na=False, thousands=None)[0]
    rows: list[Any] = table.astype(str).to_numpy().tolist()
    return rows


def test_a_table_shows_names_signs_and_links() -> None:
    frame = pd.DataFrame(
        {
            "power": ["usa", "china"],
            "mean": [-0.001, -0.25],
            "low": [-0.5, None],
            "n": [1200, 3],
            "published_from": pd.to_datetime(["2015-08-01", "2022-01-19"]),
            "url": ["https://example.org/a?b=1&c=2", None],
        }
    )
    html = table_html(frame)
    heads = [head.split("<")[0] for head in html.split('">')[1:7]]
    assert heads == ["power", "mean", "95% from", "n", "published", "page"]
    assert cells(html) == [
        ["United States", "0.00", "−0.50", "1,200", "2015-08-01", "page"],
        ["China", "−0.25", "", "3", "2022-01-19", "no link"],
    ]
    assert 'href="https://example.org/a?b=1&amp;c=2"' in html
    sides = [part.split('"')[0] for part in html.split('<td align="')[1:7]]
    assert sides == ["left", "right", "right", "right", "left", "left"]
    assert html.count("nowrap") == 3  # the dates and their head: never broken at a hyphen


def test_a_table_leaves_out_keys_whose_names_stand_beside_them() -> None:
    frame = pd.DataFrame(
        {"theme": ["war"], "name": ["War"], "document": ["a"], "label": ["A 2015"], "rate": [3.6]}
    )
    html = table_html(frame)
    assert cells(html) == [["War", "A 2015", "4"]]
    assert ">war<" not in html and ">theme</th>" in html and ">text</th>" in html


def test_the_name_beside_theme_and_state_is_the_themes() -> None:
    frame = pd.DataFrame({"state": ["KAZ"], "theme": ["trade"], "name": ["Trade and transit"]})
    assert shown_names(frame, "state").tolist() == ["Kazakhstan"]
    assert shown_names(frame, "theme").tolist() == ["Trade and transit"]
    assert cells(table_html(frame)) == [["Kazakhstan", "Trade and transit"]]


def test_a_table_escapes_markup_and_says_that_it_is_empty() -> None:
    assert "&lt;b&gt;x" in table_html(pd.DataFrame({"title": ["<b>x"]}))
    assert "No rows" in table_html(pd.DataFrame({"title": []}))


def test_show_table_displays_html_and_text(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[dict[str, str]] = []
    monkeypatch.setattr(style, "display", lambda data, raw: shown.append(data))
    show_table(pd.DataFrame({"power": ["eu"], "mean": [0.5]}))
    assert shown[0]["text/plain"].split() == ["power", "mean", "European", "Union", "+0.50"]
    assert shown[0]["text/html"].startswith("<table>")


def test_the_sides_of_a_difference_have_names() -> None:
    frame = pd.DataFrame({"first": ["usa", "2022 on"], "second": ["china", "before 2022"]})
    assert shown_names(frame, "first").tolist() == ["United States", "2022 on"]
    assert shown_names(frame, "second").tolist() == ["China", "before 2022"]


def test_years_and_codes_are_no_quantities() -> None:
    assert shown_names(pd.DataFrame({"year": [2015]}), "year").tolist() == ["2015"]
    assert shown_names(pd.DataFrame({"coded": [-1.0]}), "coded").tolist() == ["−1"]
    assert cells(table_html(pd.DataFrame({"year": [2015], "n": [2015]}))) == [["2015", "2,015"]]


def test_delegations_have_names() -> None:
    frame = pd.DataFrame({"speaker_state": ["KAZ", None], "label": ["KAZ 2019", "Clark 2015"]})
    assert shown_names(frame, "speaker_state").tolist()[0] == "Kazakhstan"
    assert shown_names(frame, "label").tolist() == ["Kazakhstan 2019", "Clark 2015"]
    assert in_words("name", pd.DataFrame(columns=["power", "name"])) == "power"


def test_a_chart_shows_itself_with_its_alternative_text() -> None:
    data, about = chart()._repr_mimebundle_()
    assert data["text/plain"] == about["image/png"]["alt"] == "A line from 0 to 1."
    picture = base64.b64decode(data["image/png"])
    assert picture[:8] == b"\x89PNG\r\n\x1a\n" and picture[25] == 3  # with a palette
    assert int.from_bytes(picture[16:20]) == round(WIDTH * 160)
    assert chart()._repr_mimebundle_() == (data, about)  # the same every time


def test_pyplot_knows_no_figure_and_the_session_keeps_its_look() -> None:
    before = dict(mpl.rcParams)
    chart()._repr_mimebundle_()
    assert plt.get_fignums() == [] and dict(mpl.rcParams) == before


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_a_chart_is_saved_and_always_the_same(tmp_path: Path, ending: str) -> None:
    one, two = (chart().save(tmp_path / f"{name}.{ending}") for name in "xy")
    assert one.read_bytes() == two.read_bytes() and one.stat().st_size > 1000


def test_a_chart_says_where_it_cannot_be_saved(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"\.jpg: a figure is saved as \.png, \.svg, \.pdf"):
        chart().save(tmp_path / "a.jpg")


def test_long_words_make_a_figure_higher_and_stay_in_it() -> None:
    short, long = chart(), chart("A rather long title " * 8, "A rather long source " * 20)
    assert long.figure.get_figheight() > short.figure.get_figheight() + 0.5
    long.figure.draw_without_rendering()
    for text in long.figure.texts:
        box = text.get_window_extent()
        assert box.x0 >= 0 and box.x1 <= long.figure.bbox.x1 and 0 <= box.y0 < box.y1 <= long.figure.bbox.y1
    (axes,) = long.figure.axes
    title, subtitle, source = long.figure.texts
    assert source.get_window_extent().y1 < axes.get_tightbbox().y0  # type: ignore[union-attr]
    assert axes.get_tightbbox().y1 < subtitle.get_window_extent().y0 < title.get_window_extent().y0  # type: ignore[union-attr]


def test_a_colour_and_a_marker_belong_to_one_power() -> None:
    powers = list(load_powers())
    markers = [power.marker for power in powers] + [marker for _, marker in SERIES]
    colors = [to_hex(power.color) for power in powers] + [to_hex(color) for color, _ in SERIES]
    assert len(set(markers)) == len(markers) and len(set(colors)) == len(colors)


def contrast(one: str, two: str) -> float:
    def light(color: str) -> float:
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    high, low = sorted((light(one), light(two)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_ink_is_read_on_every_colour() -> None:
    steps = range(0, 256, 51)
    colors = [f"#{r:02x}{g:02x}{b:02x}" for r in steps for g in steps for b in steps]
    assert min(contrast(color, ink_on(color)) for color in colors) >= 4.5


def test_words_and_series_are_read_on_white() -> None:
    assert min(contrast(color, "white") for color in (style.INK, style.GREY, style.MARK)) >= 4.5
    assert min(contrast(color, "white") for color, _ in SERIES) >= 3  # as WCAG asks of graphic marks
