"""The panel without a browser: what its controls say, what it answers, and what can be taken along."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import matplotlib
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from kzpolicy.building import build_study

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

from kzpolicy.panel import SHOWN, Panel  # noqa: E402
from kzpolicy.style import take_literally  # noqa: E402

COUNTS = "Counts of words, headings left out."
POWERS = """
[oceania]
name = "Oceania"
color = "#1F6E43"
marker = "o"
state = ["Oceania"]

[eurasia]
name = "Eurasia"
color = "#B2182B"
marker = "s"
state = ["Eurasia"]
"""


def study(place: Path, texts: dict[str, str], *, label: str = "{}", powers: str = "") -> Path:
    """Build a study of invented texts, each dated by its number; give its folder."""
    source = place / "texts"
    source.mkdir()
    rows = []
    for i, (name, text) in enumerate(texts.items()):
        (source / f"{name}.txt").write_text(text, "utf-8")
        date = f"{2015 + i % 8}-05-01"
        row = {"document": name, "file": f"{name}.txt", "title": name, "label": label.format(name)}
        row |= {"authors": "nobody", "outlet": "invented", "date_basis": "invented"}
        rows.append(row | {"url": "", "published_from": date, "published_to": date})
    pd.DataFrame(rows).to_csv(source / "sources.csv", index=False)
    if powers:
        (place / "study").mkdir()
        (place / "study" / "powers.toml").write_text(powers, "utf-8")
    build_study(source, place / "study")
    return place / "study"


PREPARE = Panel._prepare


@pytest.fixture(autouse=True, scope="module")
def alone() -> Iterator[None]:
    """Let no panel load in the background what its test does not need."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Panel, "_prepare", lambda panel: None)
        yield
    plt.close("all")


@pytest.fixture(scope="module")
def articles() -> Panel:
    return Panel("articles", texts=None, folder="unused")


def opened(study: Path | str, tmp_path: Path) -> Panel:
    return Panel(study, texts=None, folder=tmp_path / "taken")


def message(panel: Panel) -> str:
    return unescape(re.sub("<[^>]+>", "", panel.status.value))


def picture(panel: Panel) -> bytes:
    found = re.search(r"base64,([^\"]+)", panel.figure.value)
    return base64.b64decode(found[1]) if found else b""


def set_controls(panel: Panel, choice: dict[str, Any]) -> None:
    for name, value in choice.items():
        panel.controls[name].value = value


@pytest.mark.parametrize(
    "choice",
    [
        {"Measure": "coded stance", "Documents": ("clark2015", "bachkatov2022")},
        {"Measure": "automatic tone", "From year": 2020},
        {"Measure": "mentions", "Documents": ("realignment2022",)},
        {"Measure": "theme", "Theme": "trade"},
        {"Measure": "keyword", "Own keywords": "rail*, gas"},
        {"Corpus": "speeches", "Speaker": "UZB", "Measure": "mentions"},
    ],
    ids=lambda choice: choice["Measure"],
)
def test_the_code_makes_the_table_and_the_figure_on_the_screen(
    choice: dict[str, Any], tmp_path: Path
) -> None:
    panel = opened("articles", tmp_path)
    set_controls(panel, choice)
    assert message(panel) == ""
    names: dict[str, Any] = {}
    exec(panel.controls["The same in code"].value, names)
    assert_frame_equal(names["table"], panel.table)
    drawn = io.BytesIO()
    take_literally(names["figure"])
    names["figure"].savefig(drawn, format="png", dpi=100, pil_kwargs={"compress_level": 1})
    assert drawn.getvalue() == picture(panel)


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ({"Measure": "keyword"}, "no keyword given; write words such as water*"),
        ({"Measure": "keyword", "Own keywords": "zzyzx"}, "'zzyzx' does not occur in this corpus"),
        (
            {"From year": 2016, "To year": 2018},
            "no document of [2016, 2017, 2018]; there are documents of 2015 to 2022",
        ),
        (
            {"From year": 2021, "Documents": ("clark2015",)},
            "no document of [2021, 2022]; there are documents of 2015 to 2015",
        ),
        ({"From year": 2022, "To year": 2015}, "2022 to 2015: the years end before they begin"),
        (
            {"Measure": "automatic tone", "Powers": ("iran",), "Documents": ("clark2015",)},
            "Iran: not named in the documents chosen; choose other powers or documents",
        ),
        ({"Powers": ()}, "no power is ticked; tick one or several"),
    ],
)
def test_what_cannot_be_shown_is_one_plain_line(choice: dict[str, Any], said: str, tmp_path: Path) -> None:
    panel = opened("articles", tmp_path)
    for box, key in panel.power_of.items():
        box.value = key in choice.get("Powers", ("russia",))
    set_controls(panel, {name: value for name, value in choice.items() if name != "Powers"})
    assert message(panel).startswith(said) and "\n" not in message(panel)
    left = (panel.figure, panel.evidence, panel.trust, panel.controls["The same in code"])
    assert [shown.value for shown in left] == ["", "", "", ""]
    assert all(button.disabled for button in panel.buttons.values())
    set_controls(panel, {"Measure": "theme", "From year": 2015, "To year": 2022})  # and it goes on
    assert message(panel) == "" and not any(button.disabled for button in panel.buttons.values())


def test_evidence_is_counted_and_its_locators_lead_to_the_page(articles: Panel) -> None:
    shown, rows = articles.evidence.value, len(articles.found)
    assert rows > SHOWN
    assert f"the first {SHOWN} of {rows} rows; Excel saves all" in shown
    assert shown.count("<tr>") == SHOWN + 1  # the heading
    first = articles.found.iloc[0]
    assert f'<a href="{first["url"]}" target="_blank" rel="noopener">{first["sentence"]}</a>' in shown
    assert shown.count("<a ") == articles.found["url"].head(SHOWN).notna().sum()


def test_every_control_is_named_and_explained(articles: Panel) -> None:
    help_shown = articles.box.children[0].children[0].children[0].value
    for name, control in articles.controls.items():
        assert f"<b>{name}</b>" in help_shown
        assert name == "Powers" or (control.description == name and control.tooltip in help_shown)


def test_a_large_study_of_ones_own_opens_with_a_table(tmp_path: Path) -> None:
    """200 documents are too many for a figure, and can still be read, saved and narrowed."""
    texts = {f"text{i:03}": f"Invented.\n\nRussia signs x{i}. China waits for y{i}.\n" for i in range(200)}
    panel = opened(study(tmp_path, texts), tmp_path)
    set_controls(panel, {"Measure": "mentions"})
    assert len(panel.controls["Documents"].options) == 200
    assert message(panel) == "400 points are too many for one figure; choose fewer documents or powers"
    assert "the first 40 of 400 rows" in panel.evidence.value
    assert [kind for kind, button in panel.buttons.items() if button.disabled] == ["png", "svg"]
    assert len(pd.read_csv(panel.save("csv"))) == 400
    set_controls(panel, {"From year": 2015, "To year": 2015})
    assert message(panel) == "" and panel.table["document"].nunique() == 25


def test_a_power_of_ones_own_that_nobody_names_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {"port": "Invented.\n\nOceania signs a treaty.\n", "dam": "Invented.\n\nOceania waits.\n"}
    monkeypatch.setenv("KZPOLICY_STUDY", str(study(tmp_path, texts, powers=POWERS)))
    panel = Panel(None, texts=None, folder=tmp_path)
    set_controls(panel, {"Measure": "mentions"})
    assert message(panel) == ""
    assert panel.table[["series", "document", "n"]].to_numpy().tolist() == [
        ["oceania", "port", 1],
        ["oceania", "dam", 1],
        ["eurasia", "port", 0],
        ["eurasia", "dam", 0],
    ]
    assert panel.found["sentence"].tolist() == ["port:2:1", "dam:2:1"]
    set_controls(panel, {"Measure": "automatic tone"})
    assert panel.table["n"].tolist() == [1, 1, 0, 0] and "Not validated" in panel.trust.value
    names: dict[str, Any] = {}
    exec(panel.controls["The same in code"].value, names)
    assert_frame_equal(names["table"], panel.table)


def test_what_is_saved_names_its_source_and_runs_nothing(tmp_path: Path) -> None:
    """A label, a title or a word of the texts can look like a formula."""
    texts = {"port": "Invented.\n\nRussia signs a treaty.\n"}
    panel = opened(study(tmp_path, texts, label="=HYPERLINK(\a{})"), tmp_path)
    set_controls(panel, {"Measure": "mentions"})
    panel.found = panel.found.astype({"label": "category"})  # as in a large study
    saved = pd.read_csv(panel.save("csv"))
    sheets = pd.read_excel(panel.save("xlsx"), sheet_name=None)
    for table in (saved, sheets["table"], sheets["evidence"]):
        assert set(table["label"]) == {"'=HYPERLINK( port)"}
    for table in (saved, sheets["table"]):
        assert table["about"][0] == "Mentions per 10,000 words; 95% interval, words clustered in paragraphs"
        assert table["source"][0] == "Source: kzpolicy, corpus study, invented. " + COUNTS
        assert table["caveat"][0].startswith("A count of names")


def test_no_file_is_replaced(tmp_path: Path, articles: Panel) -> None:
    articles.controls["Save in"].value = str(tmp_path)
    assert [articles.save("csv").name for _ in range(2)] == [
        "articles-coded-tone-1.csv",
        "articles-coded-tone-2.csv",
    ]


def test_the_speeches_are_loaded_once(articles: Panel) -> None:
    PREPARE(articles)
    loaded = dict(articles._built_in)
    assert list(loaded) == ["articles", "speeches"]
    set_controls(articles, {"Corpus": "speeches"})
    assert articles.corpus is loaded["speeches"]
