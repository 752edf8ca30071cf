"""Every notebook as a page in headless Chromium, on a desk and on a telephone; run by `make browser`."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import Route, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# Words may run over the edge only inside what can be pushed aside.
OVERFLOWING = """width => [...document.querySelectorAll('p, li, h1, h2, h3, h4')]
  .filter(e => e.scrollWidth > e.clientWidth + 1 || e.getBoundingClientRect().right > width + 1)
  .map(e => e.innerText.slice(0, 60))"""


class Browser:
    """Chromium without a network: it notes what a page asks of other hosts, and its errors."""

    def __init__(self, chromium: Any) -> None:
        self.page = chromium.new_page()
        self.errors: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.route(re.compile("^(?!file:|data:|blob:|about:)"), self._refuse)

    def _refuse(self, route: Route) -> None:
        self.asked.append(route.request.url)
        route.abort()

    def open(self, path: Path, width: int) -> None:
        """Open a page at a width, with nothing noted yet."""
        self.errors.clear()
        self.asked.clear()
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.goto(path.as_uri(), wait_until="load")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert CHROMIUM, "Chromium is not installed"
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield Browser(chromium)
        chromium.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Path]:
    """Write each notebook as nbconvert does, by the template that gives figures their alternative text.

    Scripts are taken out, as GitHub does: nbconvert puts some from elsewhere into every page.
    """
    folder = tmp_path_factory.mktemp("pages")
    exporter: Any = HTMLExporter(template_name="classic")  # type: ignore[no-untyped-call]
    written = {}
    for path in NOTEBOOKS:
        html, _ = exporter.from_filename(str(path))
        written[path] = folder / f"{path.stem}.html"
        html = re.sub(r"(?s)<script.*?</script>", "", html).replace(
            "<head>", f'<head><base href="{path.as_uri()}">', 1
        )
        written[path].write_text(html, "utf-8")
    return written


@pytest.mark.parametrize("width", [1000, 390])
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_can_be_read(path: Path, width: int, pages: dict[Path, Path], browser: Browser) -> None:
    browser.open(pages[path], width)
    assert browser.page.locator("h1").count() == 1
    assert browser.page.evaluate(OVERFLOWING, width) == []
    pictures = browser.page.locator("img").evaluate_all("all => all.map(e => [e.naturalWidth, e.alt])")
    assert pictures
    for natural, alt in pictures:
        assert natural > 0, f"not drawn: {alt}"
        # The second is what nbconvert writes where a notebook has none.
        assert alt not in ("", "No description has been provided for this image")
    assert browser.asked == []
    assert browser.errors == []


def test_what_would_be_a_fault_is_seen(tmp_path: Path, browser: Browser) -> None:
    page = tmp_path / "faulty.html"
    address = "https://example.org/picture.png"
    page.write_text(
        f"<h1>Title</h1><p style='width: 500px'>Wide.</p><p>{'w' * 99}</p><p>Fits.</p>"
        f"<img src='{address}'><script>nowhere()</script>"
    )
    browser.open(page, 390)
    assert browser.page.evaluate(OVERFLOWING, 390) == ["Wide.", "w" * 60]
    assert browser.asked == [address]
    assert any("nowhere is not defined" in error for error in browser.errors)


@pytest.mark.parametrize("path", [ROOT / "README.md", *NOTEBOOKS], ids=lambda path: path.name)
def test_links_lead_to_files_of_a_fresh_clone(path: Path) -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    files = {ROOT / name for name in listed.stdout.split("\0") if name}
    known = files | {folder for file in files for folder in file.parents}
    if path.suffix == ".ipynb":
        cells = nbformat.read(path, as_version=4).cells
        text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    else:
        text = path.read_text("utf-8")
    targets = re.findall(r"\]\(([^()\s]+)\)", text)
    places = [urlsplit(target) for target in targets]
    relative = [unquote(place.path) for place in places if not place.scheme and place.path]
    assert relative
    assert [target for target in relative if (path.parent / target).resolve() not in known] == []
