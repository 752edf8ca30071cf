"""Notebooks are run from scratch and compared; the kernels that start here are few, being slow."""

import base64
import io
import json
import sys
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path

import matplotlib.image
import nbformat
import numpy as np
import pytest
from matplotlib.figure import Figure
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from kzpolicy.__main__ import main
from kzpolicy.errors import StudyError
from kzpolicy.outputs import WIDGET, compare, stable_text, warnings
from kzpolicy.study import Report, run_study

FACTS = {"tone": "0.12", "n": "5"}
FIGURE = """\
import matplotlib.pyplot as plt
from IPython.display import display
figure, ax = plt.subplots(figsize=(2, 2))
ax.plot([1, 2], [3, 4])
plt.close(figure)
display(figure, metadata={"image/png": {"alt": "A rising line."}})"""


def code(source: str, tags: Sequence[str] = ()) -> NotebookNode:
    cell: NotebookNode = new_code_cell(source, metadata={"tags": list(tags)} if tags else {})
    return cell


def save(path: Path, *cells: NotebookNode) -> Path:
    path.parent.mkdir(exist_ok=True)
    nbformat.write(new_notebook(cells=list(cells)), path)
    return path


def outputs_of(path: Path) -> list[list[NotebookNode]]:
    cells = nbformat.read(path, as_version=4).cells
    return [cell.outputs for cell in cells if cell.cell_type == "code"]


# Whole runs, in kernels.


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Report], list[Report]]:
    """Make a project of two notebooks and update it twice, in a home that would mislead."""
    project = tmp_path_factory.mktemp("project")
    (project / "README.md").write_text("Tone is 0.1<!--tone-->.\n", "utf-8")
    first = save(
        project / "notebooks" / "00-first.ipynb",
        new_markdown_cell("# Is it −0.5<!--tone-->, of six<!--n-->?"),
        code("import os, sys\nprint(sys.executable)\nprint(os.path.basename(os.getcwd()))"),
        code(""),
        code("import time\ntime.time()", ["versions"]),
    )
    save(project / "notebooks" / "01-second.ipynb", code(FIGURE), code("ax.get_title()"))
    wrong = project / "home" / "kernels" / "python3"
    wrong.mkdir(parents=True)
    spec = {"argv": ["/no/such/python"], "display_name": "Python 3", "language": "python"}
    (wrong / "kernel.json").write_text(json.dumps(spec), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(project / "home"))
        patch.setenv("MPLBACKEND", "Agg")  # would keep figures out of the notebook
        reports = run_study(first.parent, update=True, facts=FACTS)
        before = {path.name: path.read_bytes() for path in first.parent.iterdir()}
        again = run_study(first.parent, update=True, facts=FACTS, only=["01"])
    assert before == {path.name: path.read_bytes() for path in first.parent.iterdir()}
    return first.parent, reports, again


def test_update_runs_in_this_interpreter_and_in_the_folder(
    study: tuple[Path, list[Report], list[Report]],
) -> None:
    first, second = (outputs_of(path) for path in sorted(study[0].iterdir()))
    assert first[0][0].text == f"{sys.executable}\nnotebooks\n"
    assert second[0][0].metadata["image/png"]["alt"] == "A rising line."


def test_update_renews_stamps_and_says_what_it_wrote(
    study: tuple[Path, list[Report], list[Report]],
) -> None:
    notebooks, reports, again = study
    assert [(r.name, r.status) for r in reports] == [
        ("README", "updated"),
        ("00-first", "updated"),
        ("01-second", "updated"),
    ]
    assert [r.status for r in again] == ["unchanged"]
    assert (notebooks.parent / "README.md").read_text("utf-8") == "Tone is 0.12<!--tone-->.\n"
    cells = nbformat.read(notebooks / "00-first.ipynb", as_version=4).cells
    assert cells[0].source == "# Is it 0.12<!--tone-->, of five<!--n-->?"


def test_what_was_updated_is_reproduced(
    study: tuple[Path, list[Report], list[Report]], capsys: pytest.CaptureFixture[str]
) -> None:
    reports = run_study(study[0], facts=FACTS | {"tone": "0.13"})
    stale = "tone: the text says 0.12, the tables say 0.13"
    assert [(r.status, r.differences) for r in reports] == [
        ("differs", (stale,)),
        ("differs", (f"cell 1: {stale}",)),
        ("reproduced", ()),
    ]
    assert len(reports[1].notes) == 1  # the time, in the cell tagged versions
    assert reports[1].notes[0].startswith("cell 4, In [2]: text/plain: line 1: was '1")
    printed = capsys.readouterr().out
    assert "\n01-second  reproduced  " in printed
    assert f"\n    cell 1: {stale}\n" in printed


def test_broken_notebooks_fail_in_one_line_and_are_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    notebooks = tmp_path / "notebooks"
    source = "import warnings\n{}['tone']"
    save(notebooks / "00-error.ipynb", new_markdown_cell("# Why?"), code("1"), code(source))
    save(notebooks / "01-warns.ipynb", code("import warnings\nwarnings.warn('mind the gap')"))
    (notebooks / "02-torn.ipynb").write_text("{", "utf-8")
    (tmp_path / "README.md").write_text("No stamps: no facts are asked for.", "utf-8")
    before = {path.name: path.read_bytes() for path in notebooks.iterdir()}
    monkeypatch.chdir(tmp_path)
    assert main(["study", "--update"]) == 1
    assert before == {path.name: path.read_bytes() for path in notebooks.iterdir()}
    printed = capsys.readouterr().out
    assert "\n    cell 3, In [2]: KeyError: 'tone'\n" in printed
    assert "UserWarning: mind the gap; not written: mend the warning" in printed
    assert "02-torn.ipynb: is not a notebook (" in printed
    assert printed.endswith("\n3 failed, 1 unchanged\n")


def test_a_cell_that_does_not_end_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kzpolicy.execution.CELL_SECONDS", 1)
    save(tmp_path / "00-endless.ipynb", code("while True:\n    pass"))
    (report,) = run_study(tmp_path)
    assert report.status == "failed"
    assert report.differences == ("cell 1, In [1]: still running after 1 s; make it lighter",)


def test_names_that_do_not_exist(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="holds no notebook; run this from the top"):
        run_study(tmp_path)
    save(tmp_path / "00-first.ipynb")
    with pytest.raises(StudyError, match="no notebook begins with '7'; there are 00-first"):
        run_study(tmp_path, only=["7"])


# What counts as a difference, without kernels.


def shows(*shown: NotebookNode, count: int | None = 1, tags: Sequence[str] = ()) -> NotebookNode:
    cell = code("show()", tags)
    cell.outputs, cell.execution_count, cell.id = list(shown), count, "one"
    notebook: NotebookNode = new_notebook(cells=[cell])
    return notebook


def display(data: dict[str, str], metadata: dict[str, dict[str, str]]) -> NotebookNode:
    output: NotebookNode = new_output("display_data", data=data, metadata=metadata)
    return output


def text(mime: str, content: str) -> NotebookNode:
    return display({mime: content}, {})


def stream(content: str, name: str = "stdout") -> NotebookNode:
    output: NotebookNode = new_output("stream", name=name, text=content)
    return output


def picture(pixels: np.ndarray, alt: str = "") -> NotebookNode:
    file = io.BytesIO()
    matplotlib.image.imsave(file, pixels, format="png")
    png = base64.b64encode(file.getvalue()).decode() + "\n"
    return display({"image/png": png}, {"image/png": {"alt": alt}})


def scatter(nudge: float = 0.0) -> np.ndarray:
    """Draw five points of the project's usual figure; nudge moves one, in pixels."""
    figure = Figure(figsize=(8, 5), dpi=120)
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, 960), ylim=(0, 600), title="Tone")
    ax.plot([100, 300, 480 + nudge, 500, 700], [100, 500, 300, 200, 400], "o", markersize=6)
    file = io.BytesIO()
    figure.savefig(file, format="png")
    file.seek(0)
    return matplotlib.image.imread(file)


def differences(was: NotebookNode, now: NotebookNode) -> list[str]:
    return compare(was, now)[0]


@pytest.mark.parametrize("mime", ["text/plain", "text/html", "text/markdown"])
def test_any_change_of_a_text_is_found(mime: str) -> None:
    was, now = shows(text(mime, "<b>a</b>\n0.29\nc")), shows(text(mime, "<b>a</b>\n0.31\nc"))
    assert differences(was, was) == []
    found = f"cell 1, In [1]: {mime}: line 2: was '0.29', is '0.31'"
    assert differences(was, now) == [found]


def test_long_lines_are_shortened_to_where_they_differ() -> None:
    row = "<td>0.1</td>" * 40
    was, now = (shows(text("text/html", row + x + row)) for x in ("<td>7</td>", "<td>8</td>"))
    (found,) = differences(was, now)
    assert "<td>7<" in found and "<td>8<" in found
    assert len(found) < 300


def test_text_that_ends_early() -> None:
    was, now = shows(stream("a\nb\n")), shows(stream("a\n"))
    assert differences(was, now) == ["cell 1, In [1]: stdout: line 2: was 'b', is ''"]


def test_a_stream_may_come_in_pieces() -> None:
    assert differences(shows(stream("a\n"), stream("b\n")), shows(stream("a\nb\n"))) == []


def test_more_or_fewer_outputs() -> None:
    was, now = shows(text("text/plain", "1")), shows()
    assert differences(was, now) == ["cell 1, In [1]: showed text/plain, shows nothing"]
    assert differences(now, was) == ["cell 1, In [1]: showed nothing, shows text/plain"]


def test_counts_tell_whether_and_in_which_order_it_was_run() -> None:
    never, late = shows(count=None), shows(count=3)
    assert differences(never, shows()) == ["cell 1, In [1]: is committed without having been run"]
    assert differences(late, shows()) == ["cell 1, In [1]: is committed as In [3]: run out of order"]


def test_a_warning_is_found_even_where_it_is_committed() -> None:
    warned = shows(stream("x.py:1: FutureWarning: soon\n  x()\n", "stderr"))
    assert warnings(warned) == ["cell 1, In [1]: warns: x.py:1: FutureWarning: soon"]
    assert differences(warned, shows()) == ["cell 1, In [1]: is committed with a warning"]
    assert differences(shows(), warned) == []  # left to warnings()


def test_versions_are_noted_only() -> None:
    was = shows(text("text/plain", "pandas 3.0"), tags=["versions"])
    now = shows(text("text/plain", "pandas 3.1"), tags=["versions"])
    found, notes = compare(was, now)
    assert found == []
    assert notes == ["cell 1, In [1]: text/plain: line 1: was 'pandas 3.0', is 'pandas 3.1'"]


@pytest.mark.parametrize("nudge", [-400, -20, -3, -2, -1, 1, 2, 3, 20, 400])
def test_one_point_that_moves_is_found(nudge: float) -> None:
    (found,) = differences(shows(picture(scatter())), shows(picture(scatter(nudge))))
    assert found.startswith("cell 1, In [1]: image/png: ")
    assert "of 576,000 pixels differ (up to 11 may), between (" in found


def test_one_grey_level_of_noise_is_not() -> None:
    drawn = scatter()
    noise = np.random.default_rng(1).integers(-1, 2, drawn.shape) / 255
    noisy = np.clip(drawn + noise, 0, 1).astype(np.float32)
    was, now = shows(picture(drawn)), shows(picture(noisy))
    assert was != now
    assert differences(was, now) == []


def test_size_and_alternative_text_are_exact() -> None:
    drawn = scatter()
    was = shows(picture(drawn, "A chart."))
    assert differences(was, shows(picture(drawn[:-1], "A chart."))) == [
        "cell 1, In [1]: image/png: was 960 by 600 pixels in 4 channels, is 960 by 599 pixels in 4 channels"
    ]
    assert differences(was, shows(picture(drawn, "A map."))) == [
        "cell 1, In [1]: alternative text: line 1: was 'A chart.', is 'A map.'"
    ]


def test_stable_text_leaves_out_what_changes_by_itself() -> None:
    drawn = scatter()
    nearly = np.clip(drawn - 1 / 255, 0, 1)
    committed = shows(picture(drawn), text("text/plain", "1"))
    fresh = shows(picture(nearly), text("text/plain", "1"))
    fresh.cells[0].outputs[1].data[WIDGET] = {"model_id": "3f1c"}
    fresh.cells[0].metadata["execution"] = {"iopub.execute_input": "2022-01-05T06:07:08Z"}
    fresh.metadata |= {
        "widgets": {"state": {}},
        "kernelspec": {"name": "mine", "display_name": "Mine"},
        "language_info": {"name": "python", "version": "3.11.7"},
        "title": "Kept",
    }
    written = json.loads(stable_text(deepcopy(fresh), committed))
    assert written["metadata"] == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {
            "file_extension": ".py",
            "mimetype": "text/x-python",
            "name": "python",
        },
        "title": "Kept",
    }
    (cell,) = written["cells"]
    assert (cell["id"], cell["metadata"], cell["execution_count"]) == ("one", {}, 1)
    kept = "".join(cell["outputs"][0]["data"]["image/png"])
    assert kept == committed.cells[0].outputs[0].data["image/png"]
    assert cell["outputs"][1]["data"] == {"text/plain": ["1"]}
    moved = shows(picture(scatter(20)), text("text/plain", "1"))
    assert stable_text(moved, committed) != stable_text(fresh, committed)
