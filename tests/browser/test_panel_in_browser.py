"""The panel in JupyterLab, driven in headless Chromium as a user would; run by `make browser`."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import nbformat
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from kzpolicy.building import build_study

playwright = pytest.importorskip("playwright.sync_api", reason="make browser installs it")
pytest.importorskip("openpyxl", reason="make browser installs it")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")

ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
# The title of an invented text that would set `window.ran` if it were not escaped.
TITLE = "<img src=x onerror=window.ran=1>"
TEXT = (
    "Invented text.\n\nRussia helps the <script>window.ran=1</script> port.\n\n"
    "China blames the port & its water.\n"
)


FIGURE = ".jp-OutputArea-output img[alt^='Dot plot']"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with an invented study, its text, and a notebook that opens the panel."""
    place = tmp_path_factory.mktemp("panel")
    texts = place / "texts"
    texts.mkdir()
    (texts / "port.txt").write_text(TEXT, "utf-8")
    source = {"document": "port", "file": "port.txt", "title": TITLE, "label": TITLE, "authors": "nobody"}
    source |= {"outlet": "invented", "date_basis": "invented", "url": "javascript:window.ran=1"}
    source |= {"published_from": "2020-05-01", "published_to": "2020-05-01"}
    pd.DataFrame([source]).to_csv(texts / "sources.csv", index=False)
    build_study(texts, place / "study")
    cell = nbformat.v4.new_code_cell("from kzpolicy import explore\nexplore(texts='texts', folder='taken')")
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata=kernel), place / "panel.ipynb")
    return place


@pytest.fixture(scope="module")
def server(place: Path) -> Iterator[str]:
    """Start JupyterLab on a free port with a token and settings of its own; give its address."""
    port, token = free_port(), secrets.token_hex(16)
    quiet = place / "settings" / "@jupyterlab" / "apputils-extension"
    quiet.mkdir(parents=True)
    news = {"fetchNews": "false", "checkForUpdates": False}
    (quiet / "notification.jupyterlab-settings").write_text(json.dumps(news), "utf-8")
    folders = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    own = {name: str(place / name.lower()) for name in folders}
    own |= {
        "JUPYTERLAB_SETTINGS_DIR": str(place / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(place / "spaces"),
    }
    environment = {k: v for k, v in os.environ.items() if k not in ("KZPOLICY_STUDY", "KZPOLICY_TEXTS")}
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        f"--port={port}",
        "--ip=127.0.0.1",
    ]
    command += [
        f"--IdentityProvider.token={token}",
        f"--ServerApp.root_dir={place}",
        "--ServerApp.port_retries=0",
    ]
    with (place / "server.log").open("w") as log:
        process = subprocess.Popen(command, env=environment | own, stdout=log, stderr=log, cwd=place)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{address}/api/status?token={token}", timeout=1)
                break
            except OSError:
                assert process.poll() is None, (place / "server.log").read_text("utf-8")
                time.sleep(0.25)
        yield f"{address}/lab/tree/panel.ipynb?token={token}"
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="module")
def page(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        context = driver.chromium.launch_persistent_context(
            str(tmp_path_factory.mktemp("chromium")),
            executable_path=CHROMIUM,
            headless=True,
            args=ARGUMENTS,
            viewport={"width": 1400, "height": 1100},
        )
        page = context.new_page()
        page.errors = []
        page.on("console", lambda m: page.errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: page.errors.append(str(e)))
        page.goto(server)
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=40_000)
        page.locator(".jp-CodeCell .cm-content").first.click()
        page.keyboard.press("Shift+Enter")
        page.locator(FIGURE).wait_for(timeout=40_000)
        page.wait_for_timeout(5000)  # the panel loads the speeches, and a user reads the first figure
        yield page
        context.close()


def redrawn(page: Any, act: Any) -> float:
    """Do something that draws another figure; give the seconds until it is on the screen."""
    before = page.locator(FIGURE).get_attribute("src") if page.locator(FIGURE).count() else None
    start = time.perf_counter()
    act()
    page.wait_for_function(
        "([shown, was]) => { const now = document.querySelector(shown);"
        " return now && now.src !== was && now.complete }",
        arg=[FIGURE, before],
        timeout=20_000,
        polling=20,
    )
    seconds = time.perf_counter() - start
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()  # evidence and code have come too
    return seconds


def code_of(page: Any) -> str:
    return str(page.get_by_label("The same in code").input_value())


def table_of(code: str, place: Path) -> pd.DataFrame:
    """Run the lines that the panel shows, as a user would paste them."""
    before, names = os.getcwd(), {}  # type: ignore[var-annotated]
    os.chdir(place)
    try:
        exec(code, names)
    finally:
        os.chdir(before)
    names["figure"].clear()
    return pd.DataFrame(names["table"])


def message(page: Any) -> str:
    return str(page.get_by_role("status").last.inner_text())


def test_every_control_redraws(page: Any) -> None:
    """Power, measure, year, theme, keyword, corpus, speaker, document; the times are printed."""
    choose = page.get_by_label
    steps = {
        "power": lambda: choose("United States").check(),
        "measure": lambda: choose("Measure").select_option("automatic tone"),
        "mentions": lambda: choose("Measure").select_option("mentions"),
        "documents": lambda: choose("Documents").select_option(["Clark 2015", "Bachkatov 2022"]),
        "all documents": lambda: choose("Documents").select_option([]),
        "first year": lambda: choose("From year").select_option("2021"),
        "last year": lambda: choose("To year").select_option("2021"),
        "theme": lambda: choose("Measure").select_option("theme"),
        "another theme": lambda: choose("Theme").select_option("Nuclear disarmament"),
        "speeches": lambda: choose("Corpus").select_option("speeches"),
        "speaker": lambda: choose("Speaker").select_option("Uzbekistan"),
    }
    for name, act in steps.items():
        seconds = redrawn(page, act)
        print(f"redrawn after {name}: {seconds:.2f} s")
    page.get_by_label("Measure").select_option("keyword")
    page.get_by_text("no keyword given").wait_for()
    page.get_by_label("Own keywords").fill("zzyzx")
    page.get_by_label("Own keywords").press("Enter")
    page.get_by_text("'zzyzx' does not occur in this corpus").wait_for()
    assert page.locator(FIGURE).count() == 0
    assert page.get_by_role("button", name="Table as CSV").is_disabled()
    page.get_by_label("Own keywords").fill("water*, Aral")
    seconds = redrawn(page, lambda: page.get_by_label("Own keywords").press("Enter"))
    print(f"redrawn after keyword: {seconds:.2f} s")
    assert "'keyword', speaker='UZB', keyword=['water*', 'Aral'])" in code_of(page)
    assert "UZB_" in page.locator(".jp-OutputArea-output table").inner_text()


# What has the focus: its name, and whether a line around it says so.
FOCUS = """() => { const e = document.activeElement, style = getComputedStyle(e);
  const name = [...(e.labels || [])].map(l => l.innerText.trim()).join('') || e.innerText.trim();
  return [name, style.outlineStyle === 'solid' && parseFloat(style.outlineWidth) >= 2] }"""
POWERS = ["Russia", "China", "United States", "European Union", "the West", "Turkey", "Iran", "India"]
SAVE = ["Figure as PNG", "Figure as SVG", "Table as CSV", "Table as Excel"]
CONTROLS = ["What the controls are", "Corpus", "Measure", *POWERS, "Documents", "From year", "To year"]
CONTROLS += ["Save in", *SAVE, "The same in code"]


def reach(page: Any, name: str, key: str = "Tab") -> list[str]:
    """Press a key until a control has the focus, visibly; give the controls on the way."""
    passed = []
    for _ in range(40):
        page.keyboard.press(key)
        now, visible = page.evaluate(FOCUS)
        passed.append(now)
        assert visible or now not in CONTROLS, f"no focus is seen on {now}"
        if now == name:
            return passed
    raise AssertionError(f"{name} is not reached by {key}: {passed}")


def test_keyboard_alone(page: Any, place: Path) -> None:
    """Tab goes from the cell through all controls, in the order of the screen; keys change every one."""
    press, write = page.keyboard.press, page.keyboard.type
    press("Escape")
    page.locator(".jp-CodeCell .cm-content").first.click()
    press("Control+Enter")
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    page.locator(FIGURE).wait_for()
    assert reach(page, "The same in code")[-len(CONTROLS) :] == CONTROLS
    reach(page, "What the controls are", "Shift+Tab")
    press("Enter")
    page.get_by_text("Tone is how a text portrays a power").wait_for()
    reach(page, "Measure")
    redrawn(page, lambda: press("ArrowDown"))
    assert "'coded stance', power=['russia', 'china'])" in code_of(page)
    for power in (*POWERS[2:], *POWERS[1::-1]):  # ticked, then two unticked: one power is left at least
        reach(page, power, "Tab" if power in POWERS[2:] else "Shift+Tab")
        redrawn(page, lambda: press("Space"))
    keys = ["usa", "eu", "west", "turkey", "iran", "india"]
    assert f"'coded stance', power={keys})" in code_of(page)
    reach(page, "Documents")
    redrawn(page, lambda: press("ArrowDown"))
    first = "document=['clark2015'"
    assert f"{first}])" in code_of(page)
    redrawn(page, lambda: press("Shift+ArrowDown"))
    assert f"{first}, 'delicate2020'])" in code_of(page)
    redrawn(page, lambda: press("Control+a"))
    reach(page, "From year")
    redrawn(page, lambda: press("ArrowDown"))
    reach(page, "To year")
    redrawn(page, lambda: press("ArrowUp"))
    assert "year=range(2016, 2022))" in code_of(page)
    reach(page, "Save in")
    press("Control+a")
    write("typed")
    kinds = ("png", "svg", "csv", "xlsx")
    for label, kind, key in zip(SAVE, kinds, ("Enter", "Space", "Enter", "Space"), strict=True):
        reach(page, label)
        press(key)
        page.get_by_text(f"articles-coded-stance-1.{kind}").wait_for()
    saved = {path.name for path in (place / "typed").iterdir()}
    assert saved == {f"articles-coded-stance-1.{kind}" for kind in kinds}
    reach(page, "Measure", "Shift+Tab")
    press("End")
    page.get_by_text("no keyword given").wait_for()
    reach(page, "Own keywords")
    write("rail*, china")
    redrawn(page, lambda: press("Enter"))
    assert "keyword=['rail*', 'china'])" in code_of(page)
    reach(page, "Measure", "Shift+Tab")
    redrawn(page, lambda: press("ArrowUp"))
    reach(page, "Theme")
    redrawn(page, lambda: press("ArrowDown"))
    assert "theme='balance')" in code_of(page)
    reach(page, "Corpus", "Shift+Tab")
    redrawn(page, lambda: press("ArrowDown"))
    reach(page, "Speaker")
    redrawn(page, lambda: press("ArrowDown"))
    assert "load_corpus('speeches'), 'theme', speaker='KEN'," in code_of(page)
    reach(page, "Corpus", "Shift+Tab")
    press("ArrowDown")
    page.get_by_text("Write the path of a study folder").wait_for()
    reach(page, "Study folder")
    write(str(place / "study"))
    redrawn(page, lambda: press("Enter"))
    assert "'theme', theme=" in code_of(page)


def test_what_is_on_the_screen_can_be_taken_along(page: Any, place: Path) -> None:
    page.get_by_label("Corpus").select_option("articles")
    redrawn(page, lambda: page.get_by_label("Measure").select_option("coded tone"))
    page.get_by_label("Save in").fill("taken")
    page.get_by_label("Save in").press("Enter")
    for label in ("Figure as PNG", "Figure as SVG", "Table as CSV", "Table as Excel", "Table as CSV"):
        page.get_by_role("button", name=label).click()
        page.wait_for_timeout(700)
        assert message(page).startswith("Saved ")
    taken = place / "taken"
    assert sorted(path.name for path in taken.iterdir()) == [
        f"articles-coded-tone-{name}" for name in ("1.csv", "1.png", "1.svg", "1.xlsx", "2.csv")
    ]
    assert (taken / "articles-coded-tone-1.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    assert ElementTree.parse(taken / "articles-coded-tone-1.svg").getroot().tag.endswith("svg")
    table = table_of(code_of(page), place)
    dates = ["published_from", "published_to"]
    saved = pd.read_csv(taken / "articles-coded-tone-1.csv", parse_dates=dates)
    sheets = pd.read_excel(taken / "articles-coded-tone-1.xlsx", sheet_name=None)
    for found in (saved, sheets["table"]):
        assert_frame_equal(found[list(table)], table, check_dtype=False)
        assert found["url"].dropna().str.startswith("https://").sum() == 6  # two articles have no page
        assert found["caveat"].str.contains("no human has checked them").all()
        assert found["source"].str.startswith("Source: kzpolicy, corpus articles.").all()
    assert set(sheets["evidence"]["power"]) == {"russia", "china"}


def test_a_study_of_ones_own_is_quoted_and_nothing_in_it_runs(page: Any, place: Path) -> None:
    page.get_by_label("Corpus").select_option("a study folder")
    page.get_by_label("Study folder").fill("")
    page.get_by_label("Study folder").press("Enter")
    page.get_by_text("Write the path of a study folder").wait_for()
    page.get_by_label("Study folder").fill("nowhere")
    page.get_by_label("Study folder").press("Enter")
    page.get_by_text("no such study").wait_for()
    page.get_by_label("Study folder").fill(str(place / "study"))
    page.get_by_label("Study folder").press("Enter")
    page.get_by_text("no code in the documents chosen").wait_for()
    redrawn(page, lambda: page.get_by_label("Measure").select_option("mentions"))
    evidence = page.locator(".jp-OutputArea-output table")
    assert "helps the <script>window.ran=1</script> port" in evidence.inner_text()
    assert evidence.locator("mark").all_inner_texts() == ["Russia", "China"]
    assert evidence.locator("a").count() == 0
    assert TITLE in page.get_by_label("Documents").inner_text().replace("\xa0", " ")
    redrawn(page, lambda: page.get_by_label("Measure").select_option("automatic tone"))
    page.get_by_text("Not validated").wait_for()
    assert len(table_of(code_of(page), place)) == 2
    assert page.evaluate("window.ran") is None


def test_the_notebook_is_as_it_was(page: Any) -> None:
    """No key meant for the panel has moved, cut or added a cell."""
    assert page.locator(".jp-Notebook-cell").count() == 2


def test_no_error_reached_the_console(page: Any) -> None:
    """Runs last."""
    assert page.errors == []
