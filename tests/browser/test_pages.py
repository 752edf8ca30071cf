"""Every notebook as GitHub shows it, static and sanitised, read in Chromium; run by `make browser`."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from lxml_html_clean import Cleaner

playwright = pytest.importorskip("playwright.sync_api", reason="make browser installs it")
nbconvert = pytest.importorskip("nbconvert", reason="make browser installs it")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
WIDTHS = {"desktop": 1280, "phone": 390}
# GitHub takes away what runs, frames, forms, styles, drawings, comments and names of places in a page.
SANITISER = Cleaner(
    style=True,
    inline_style=True,
    kill_tags=["svg", "math", "button", "input"],
    safe_attrs={"alt", "class", "colspan", "height", "href", "rowspan", "src", "title", "width"},
)
PAGE = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<base href="{base}"><style>
:root {{ color-scheme: light dark; --text: #1f2328; --page: #fff; --block: #f6f8fa; --line: #d1d9e0 }}
@media (prefers-color-scheme: dark) {{
  :root {{ --text: #f0f6fc; --page: #0d1117; --block: #151b23; --line: #3d444d }} a {{ color: #4493f8 }} }}
* {{ box-sizing: border-box }}
body {{ margin: 0; background: var(--page); color: var(--text);
  font: 16px/1.5 "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif }}
main {{ max-width: 1012px; margin: auto; padding: 32px 16px; overflow-wrap: break-word }}
.prompt, .anchor-link {{ display: none }}
.inner_cell, .output_subarea {{ margin: 12px 0; overflow-x: auto }}
.input_area pre {{ background: var(--block); border: 1px solid var(--line); padding: 8px }}
pre {{ font: 12px/1.45 ui-monospace, "Liberation Mono", monospace; overflow-x: auto; margin: 0 }}
img {{ max-width: 100% }}
table {{ border-collapse: collapse; font-size: 13px }}
th, td {{ border: 1px solid var(--line); padding: 4px 8px; text-align: left; vertical-align: top }}
</style><main>{body}</main>"""
# Red, green, blue and opacity at the four corners of a picture.
CORNERS = """img => { const [w, h] = [img.naturalWidth, img.naturalHeight];
  const pen = new OffscreenCanvas(w, h).getContext('2d'); pen.drawImage(img, 0, 0);
  const places = [[0, 0], [w - 1, 0], [0, h - 1], [w - 1, h - 1]];
  return places.map(([x, y]) => [...pen.getImageData(x, y, 1, 1).data]) }"""
each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)


def sanitised(html: str) -> str:
    return str(SANITISER.clean_html(f"<div>{html}</div>"))


def test_the_sanitiser_leaves_what_github_leaves() -> None:
    kept = '<table class="dataframe"><tr><td>1</td></tr></table>'
    kept += '<img src="data:image/png;base64,AA" alt="A dot.">'
    assert sanitised(kept) == f"<div>{kept}</div>"
    gone = (
        "<script>1</script><style>p {}</style><iframe src=x></iframe><svg><text>1</text></svg><!--stamp-->"
        '<form><input></form><button>1</button><p style="color: red" onclick="1" id="a">text</p>'
        '<a href="javascript:1">link</a>'
    )
    assert sanitised(gone) == '<div><p>text</p><a href="">link</a></div>'


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Write each notebook as a page; give the pages by the notebooks' names."""
    folder = tmp_path_factory.mktemp("pages")
    exporter = nbconvert.HTMLExporter(template_name="basic")
    written = {}
    for path in NOTEBOOKS:
        body = sanitised(exporter.from_filename(str(path))[0])
        written[path.stem] = folder / f"{path.stem}.html"
        written[path.stem].write_text(PAGE.format(base=path.as_uri(), body=body), "utf-8")
    print(f"\npages and pictures of them: {folder}")
    return written


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture(params=list(WIDTHS))
def width(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["light", "dark"])
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def opened(pages: dict[str, Path], path: Path, width: str, mode: str, chromium: Any) -> Iterator[Any]:
    """Open a notebook's page without a network and take a picture of it."""
    size = {"width": WIDTHS[width], "height": 900}
    page = chromium.new_page(viewport=size, color_scheme=mode)
    page.asked = []
    page.on("request", lambda request: page.asked.append(request.url[:60]))
    page.goto(pages[path.stem].as_uri())
    page.screenshot(path=pages[path.stem].with_suffix(f".{width}-{mode}.png"), full_page=True)
    yield page
    page.close()


@each
def test_a_page_can_be_read(path: Path, width: str, mode: str, opened: Any) -> None:
    images = opened.locator("img").all()
    assert images
    for image in images:
        assert image.evaluate("img => img.complete && img.naturalWidth > 0"), "the picture is missing"
        # The second is what nbconvert writes where a notebook has none.
        assert image.get_attribute("alt") not in (None, "", "No description has been provided for this image")
        corners = image.evaluate(CORNERS)
        assert all(min(corner) >= 250 for corner in corners), "not white and opaque behind the figure"
    asked = [url for url in opened.asked if not url.startswith(("data:", "file:"))]
    assert asked == [], "a page needs nothing from elsewhere"
    content = opened.evaluate("document.querySelector('main').clientWidth - 32")
    assert content == min(980, WIDTHS[width] - 32)
    tables = opened.locator("table").evaluate_all("all => all.map(t => t.getBoundingClientRect().width)")
    assert width == "phone" or max(tables, default=0) <= content
    assert opened.evaluate("document.documentElement.scrollWidth") <= WIDTHS[width]
    # Words run over the edge only inside tables and code, which can be pushed aside.
    overflowing = opened.locator("p, li, h1, h2, h3").evaluate_all(
        "all => all.filter(e => e.scrollWidth > e.clientWidth).map(e => e.innerText.slice(0, 60))"
    )
    assert overflowing == []


@each
def test_a_page_is_light_and_holds_no_widget(path: Path, pages: dict[str, Path]) -> None:
    html = pages[path.stem].read_text("utf-8")
    assert len(html.encode("utf-8")) < 1_000_000
    assert "application/vnd.jupyter.widget" not in path.read_text("utf-8")
    assert "Traceback" not in html and "output_stderr" not in html


@each
def test_links_lead_to_files_of_a_fresh_clone(
    path: Path, pages: dict[str, Path], chromium: Any, tracked: set[Path]
) -> None:
    page = chromium.new_page()
    page.goto(pages[path.stem].as_uri())
    targets = page.locator("a[href]:not(.anchor-link)").evaluate_all("all => all.map(a => a.href)")
    page.close()
    files = [Path(unquote(urlsplit(target).path)) for target in targets if target.startswith("file:")]
    assert files, "previous, contents, next"
    assert [file for file in files if file not in tracked] == []
    assert [target for target in targets if not target.startswith(("file:", "https://", "http://"))] == []
    # GitHub takes away the places that such links name.
    assert [target for target in targets if target.startswith("file:") and "#" in target] == []


@pytest.fixture(scope="module")
def tracked() -> set[Path]:
    """Give the files that git knows, and their folders."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    files = {ROOT / name for name in listed.stdout.split("\0") if name}
    return files | {folder for file in files for folder in file.parents}
