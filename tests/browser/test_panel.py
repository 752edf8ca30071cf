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

import nbformat
import pandas as pd
import pytest

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
        page.locator(".jp-CodeCell .cm-content").first.click(timeout=40_000)
        page.keyboard.press("Shift+Enter")
        page.get_by_label("Measure").wait_for(timeout=40_000)
        figure(page)
        yield page
        context.close()


def figure(page: Any) -> Any:
    return page.locator(".jp-OutputArea-output img[alt^='Dot plot']")


def test_look(page: Any, place: Path) -> None:
    page.wait_for_timeout(1500)
    page.screenshot(path="/tmp/shot_panel.png")
    print(page.errors)
