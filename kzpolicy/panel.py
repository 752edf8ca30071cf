"""The interactive panel: controls in JupyterLab around `kzpolicy.exploring`, and nothing computed here."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd

from kzpolicy.corpus import Corpus, load_corpus
from kzpolicy.errors import StudyError
from kzpolicy.exploring import (
    MEASURES,
    explore_code,
    explore_evidence,
    explore_table,
    own_files,
    validation,
)
from kzpolicy.plots_explored import describe_table, explore_figure
from kzpolicy.powers import load_powers
from kzpolicy.quoting import HIT, in_context, own_texts
from kzpolicy.sheets import harmless
from kzpolicy.speeches import load_states
from kzpolicy.style import table_html, take_literally
from kzpolicy.themes import load_themes

OTHER = "a study folder"
# Rows of evidence on the screen; all of them are in the saved Excel file.
SHOWN = 40
_HEADINGS = {"tone": "coded tone", "stance": "coded stance", "tone_score": "automatic tone"}
_HEADINGS |= {"stance_score": "automatic stance", "because": "the automatic scores rest on", "url": "link"}
_TABLE = "overflow-x: auto; line-height: 1.35; text-align: left"
# In a notebook arrow keys, Enter and letters move and change cells even while a list or button of an
# output has the focus (x would cut the cell): the panel keeps its keys to itself. A style is used
# because its onload runs as soon as the panel is on the page.
_OWN_KEYS = (
    "<style onload=\"this.closest('.kzpolicy-panel')"
    ".addEventListener('keydown', event => event.stopPropagation())\">"
    ".kzpolicy-panel td { vertical-align: top; padding: 4px 8px 4px 0 }</style>"
)
_FORMATS = {"Figure as PNG": "png", "Figure as SVG": "svg", "Table as CSV": "csv", "Table as Excel": "xlsx"}


class Panel:
    """The controls, and what they show; see `kzpolicy.explore.explore`."""

    def __init__(self, study: str | Path | None, *, texts: str | Path | None, folder: str | Path) -> None:
        import ipywidgets as widgets  # late: only the panel needs it

        given = texts if texts is not None else os.environ.get("KZPOLICY_TEXTS")
        self.texts = Path(given) if given else None
        if self.texts and not self.texts.is_dir():
            raise StudyError(f"{self.texts}: no such folder; give the folder that holds your texts")
        study = str(study if study is not None else os.environ.get("KZPOLICY_STUDY") or "articles")
        named = study in ("articles", "speeches")
        wide = {
            "style": {"description_width": "110px"},
            "layout": {"width": "330px"},
        }  # a dict: every control its own
        self.corpus_name = widgets.Dropdown(
            description="Corpus",
            options=["articles", "speeches", OTHER],
            value=study if named else OTHER,
            **wide,
        )
        self.study = widgets.Text(
            description="Study folder", value="" if named else study, continuous_update=False, **wide
        )
        self.speaker = widgets.Dropdown(description="Speaker", **wide)
        self.measure = widgets.Dropdown(description="Measure", options=list(MEASURES), **wide)
        self.powers = widgets.VBox()
        self.theme = widgets.Dropdown(description="Theme", **wide)
        self.keyword = widgets.Text(
            description="Own keywords", placeholder="water*, aral", continuous_update=False, **wide
        )
        self.documents = widgets.SelectMultiple(description="Documents", rows=8, **wide)
        self.first = widgets.Dropdown(description="From year", **wide)
        self.last = widgets.Dropdown(description="To year", **wide)
        self.folder = widgets.Text(description="Save in", value=str(folder), continuous_update=False, **wide)
        self.buttons = {
            kind: widgets.Button(
                description=label, tooltip=f"Save in the folder named above: {label.lower()}"
            )
            for label, kind in _FORMATS.items()
        }
        self.code = widgets.Textarea(
            description="The same in code", rows=4, style={"description_width": "120px"}
        )
        self.code.layout.width = "98%"
        self.status, self.figure, self.trust, self.evidence = (widgets.HTML() for _ in range(4))
        self.ready = False  # until the study named is loaded
        self.corpus: Corpus
        self._busy = False
        self._changes = [
            self.speaker,
            self.measure,
            self.theme,
            self.keyword,
            self.documents,
            self.first,
            self.last,
        ]
        for control in (self.corpus_name, self.study):
            control.observe(self._load, names="value")
        self.speaker.observe(self._list_documents, names="value")
        for control in self._changes:
            control.observe(self._draw, names="value")
        for kind, button in self.buttons.items():
            button.on_click(self._saver(kind))
        self.box = self._lay_out(widgets)
        self._load()

    def _lay_out(self, widgets: Any) -> Any:
        hint = widgets.HTML("<small style='margin-left: 118px'>None chosen: all. Shift or Ctrl adds.</small>")
        left = [
            self.corpus_name,
            self.study,
            self.speaker,
            self.measure,
            self.powers,
            self.theme,
            self.keyword,
        ]
        left += [self.documents, hint, self.first, self.last, self.folder]
        save = widgets.HBox(list(self.buttons.values()), layout=widgets.Layout(flex_flow="row wrap"))
        right = widgets.VBox([self.status, self.figure, self.trust], layout=widgets.Layout(flex="1 1 480px"))
        top = widgets.HBox([widgets.VBox(left), right], layout=widgets.Layout(flex_flow="row wrap"))
        box = widgets.VBox([top, save, self.code, self.evidence, widgets.HTML(_OWN_KEYS)])
        return box.add_class("kzpolicy-panel")

    # What the controls offer.

    def _load(self, _: Any = None) -> None:
        """Load the corpus chosen and offer what it holds."""
        self.ready = False
        other = self.corpus_name.value == OTHER
        self.study.layout.display = "" if other else "none"
        if other and not self.study.value.strip():
            self._clear("Write the path of a study folder, as kzpolicy build made it.")
            return
        self.place = self.study.value.strip() if other else self.corpus_name.value
        self._clear("Loading ...")
        try:
            corpus = load_corpus(self.place)
            own = own_files(self.place)
            self.own_powers = load_powers(own["powers"]) if "powers" in own else None
            self.own_themes = load_themes(own["themes"]) if "themes" in own else None
        except StudyError as error:
            self._clear(str(error))
            return
        self.corpus, self.ready = corpus, True
        self._read: dict[str, dict[str, str]] = {}  # the user's texts by document, once read
        self._busy = True
        self._offer_powers()
        themes = self.own_themes if self.own_themes is not None else load_themes()
        named = themes.drop_duplicates("theme")
        self.theme.options = list(zip(named["name"], named["theme"], strict=True))
        self.theme.value = named["theme"].iloc[0]
        years = range(
            corpus.documents["published_from"].min().year, corpus.documents["published_to"].max().year + 1
        )
        self.first.options = self.last.options = list(years)
        self.first.value, self.last.value = years[0], years[-1]
        states = sorted(set(corpus.documents["speaker_state"].dropna()))
        self.speaker.layout.display = "" if states else "none"
        names = load_states()["name"]
        self.speaker.options = sorted((names.get(state, state), state) for state in states) or [("all", "")]
        self.speaker.value = "KAZ" if "KAZ" in states else self.speaker.options[0][1]
        self._list_documents()
        self._busy = False
        self._draw()

    def _offer_powers(self) -> None:
        import ipywidgets as widgets

        powers = self.own_powers or load_powers()
        boxes = [
            widgets.Checkbox(description=power.name, value=i < 2, indent=False, layout={"width": "150px"})
            for i, power in enumerate(powers)
        ]
        self.power_of = dict(zip(boxes, powers.keys, strict=True))
        for box in boxes:
            box.observe(self._draw, names="value")
        grid = widgets.Layout(grid_template_columns="150px 150px", margin="0 0 0 20px")
        self.powers.children = [widgets.HTML("Powers"), widgets.GridBox(boxes, layout=grid)]

    def _list_documents(self, _: Any = None) -> None:
        documents = self.corpus.documents
        if self.speaker.value:
            documents = documents[documents["speaker_state"] == self.speaker.value]
        busy, self._busy = self._busy, True
        self.documents.options = list(zip(documents["label"], documents["document"], strict=True))
        self.documents.value = ()
        self._busy = busy

    # What they show.

    def choice(self) -> dict[str, Any]:
        """Give what the controls say, as `kzpolicy.exploring.explore_table` takes it."""
        kind, years = self.measure.value, self.first.options
        powers = [key for box, key in self.power_of.items() if box.value]
        chosen = range(self.first.value, self.last.value + 1)
        if not powers and kind not in ("theme", "keyword"):
            raise StudyError("no power is ticked; tick one or several")
        if not chosen:
            raise StudyError(
                f"{self.first.value} to {self.last.value}: the years end before they begin; choose others"
            )
        return {
            "power": None if kind in ("theme", "keyword") else powers,
            "document": list(self.documents.value) or None,
            "speaker": self.speaker.value or None,
            "year": None if len(chosen) == len(years) else chosen,
            "theme": self.theme.value if kind == "theme" else None,
            "keyword": [w.strip() for w in self.keyword.value.split(",")] if kind == "keyword" else None,
        }

    def _draw(self, _: Any = None) -> None:
        if self._busy or not self.ready:
            return
        measure = self.measure.value
        self.powers.layout.display = "none" if measure in ("theme", "keyword") else ""
        self.theme.layout.display = "" if measure == "theme" else "none"
        self.keyword.layout.display = "" if measure == "keyword" else "none"
        try:
            self.choices = self.choice()
            own: dict[str, Any] = {"powers": self.own_powers, "themes": self.own_themes}
            self.table = explore_table(self.corpus, measure, **self.choices, **own)
            self.code.value = explore_code(self.place, measure, self.choices)
            picture = base64.b64encode(
                self._picture("png", dpi=100, pil_kwargs={"compress_level": 1})
            ).decode()
            said = escape(describe_table(self.table))
            self.figure.value = (
                f'<img src="data:image/png;base64,{picture}" alt="{said}" style="max-width: 100%">'
            )
            self.trust.value = escape(validation(self.corpus, measure, self.own_powers))
            self.status.value = ""
            self.found = explore_evidence(self.corpus, measure, **self.choices, **own)
            self.evidence.value = self._evidence()
        except StudyError as error:
            self._clear(str(error))
        self._allow(not self.status.value)

    def _clear(self, message: str) -> None:
        """Say what is wrong, and leave nothing on the screen that the controls do not say."""
        self.figure.value = self.trust.value = self.evidence.value = self.code.value = ""
        self._say(message)
        self._allow(False)

    def _allow(self, saving: bool) -> None:
        for button in self.buttons.values():
            button.disabled = not saving

    def _say(self, message: str) -> None:
        self.status.value = f'<div role="status" aria-live="polite"><b>{escape(message)}</b></div>'

    def _picture(self, kind: str, **options: Any) -> bytes:
        file = io.BytesIO()
        figure: Any = explore_figure(self.table, powers=self.own_powers).figure
        take_literally(figure)
        figure.savefig(file, format=kind, **options)
        plt.close(figure)
        return file.getvalue()

    def _evidence(self) -> str:
        shown, note = self.found.head(SHOWN), ""
        if self.texts and len(shown):
            shown, note = self._quoted(shown, self.texts)
        table = (
            table_html(shown.drop(columns="label").rename(columns=_HEADINGS))
            .replace(HIT[0], "<mark>")
            .replace(HIT[1], "</mark>")
        )
        rows, of = len(shown), len(self.found)
        count = f"{of:,} rows" if rows == of else f"the first {rows} of {of:,} rows; Excel saves all"
        return f'<b>Evidence</b> ({count}). {escape(note)}<div style="{_TABLE}">{table}</div>'

    def _quoted(self, shown: pd.DataFrame, folder: Path) -> tuple[pd.DataFrame, str]:
        """Add the text of each row where the user has it, and say for how many documents not."""
        wanted = {key.split(":")[0] for key in shown.iloc[:, 0]}
        if wanted - self._read.keys():
            unread = self.corpus.filter(document=sorted(wanted - self._read.keys()))
            try:
                texts = own_texts(unread, folder)
            except StudyError as error:
                return shown, f"Your texts cannot be read: {error}"
            self._read |= {key: {} for key in unread.documents["document"]}
            for locator, text in texts.items():
                self._read[locator.split(":")[0]][locator] = text
        lacking = sum(not self._read[key] for key in wanted)
        note = f"Your texts lack {lacking} of {len(wanted)} documents, or are others than those measured."
        texts = {locator: text for key in wanted for locator, text in self._read[key].items()}
        quoted = shown.assign(text=in_context(self.corpus, shown, texts)) if texts else shown
        return quoted, note if lacking else ""

    # What can be taken along.

    def _saver(self, kind: str) -> Callable[[Any], None]:
        def save(_: Any) -> None:
            try:
                self._say(f"Saved {self.save(kind)}")
            except (StudyError, OSError) as error:
                self._say(f"Not saved: {error}")

        return save

    def save(self, kind: str) -> Path:
        """Save what is on the screen under a name that no file has; return the file's path."""
        content = {"csv": self._csv, "xlsx": self._excel}.get(kind, lambda: self._picture(kind))()
        folder = Path(self.folder.value).expanduser()
        folder.mkdir(parents=True, exist_ok=True)
        stem = f"{Path(self.place).name}-{self.measure.value.replace(' ', '-')}"
        number = 1
        while True:
            path = folder / f"{stem}-{number}.{kind}"
            try:
                with path.open("xb") as file:
                    file.write(content)
                return path.resolve()
            except FileExistsError:
                number += 1

    def _csv(self) -> bytes:
        text: str = _harmless(self.table).to_csv(index=False, lineterminator="\n")
        return text.encode()

    def _excel(self) -> bytes:
        file = io.BytesIO()
        try:
            with pd.ExcelWriter(file, engine="openpyxl") as writer:
                _harmless(self.table).to_excel(writer, sheet_name="table", index=False)
                _harmless(self.found).to_excel(writer, sheet_name="evidence", index=False)
        except ImportError:
            raise StudyError(
                "Excel needs the package openpyxl: pip install openpyxl; or save as CSV"
            ) from None
        return file.getvalue()


def _harmless(frame: pd.DataFrame) -> pd.DataFrame:
    """Keep a spreadsheet from running a cell of text as a formula."""
    texts = [c for c in frame if frame[c].dtype == "str" or frame[c].dtype == "object"]
    return frame.assign(**{c: frame[c].map(harmless, na_action="ignore") for c in texts})
