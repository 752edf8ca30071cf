"""The interactive panel: controls in JupyterLab around `kzpolicy.exploring`, and nothing computed here."""

from __future__ import annotations

import base64
import io
import os
from contextlib import suppress
from functools import partial
from html import escape
from itertools import count
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd

from kzpolicy.corpus import Corpus, load_corpus
from kzpolicy.errors import StudyError
from kzpolicy.exploring import MEASURES, explore_code, explore_evidence, explore_table, own_files, validation
from kzpolicy.plots_explored import describe_table, explore_figure, provenance
from kzpolicy.powers import load_powers
from kzpolicy.quoting import HIT, in_context, own_texts
from kzpolicy.sheets import harmless
from kzpolicy.speeches import load_states
from kzpolicy.style import table_html, take_literally
from kzpolicy.themes import load_themes

_LOADERS: dict[str, Any] = {"powers": load_powers, "themes": load_themes}
BUILT_IN, OTHER = ("articles", "speeches"), "a study folder"
# Rows of evidence on the screen; all of them are in the saved Excel file.
SHOWN = 40
_HEADINGS = {"tone": "coded tone", "stance": "coded stance", "tone_score": "automatic tone"}
_HEADINGS |= {"stance_score": "automatic stance", "because": "the automatic scores rest on"}
_CONTROL = dict.fromkeys([*range(9), 11, 12, *range(14, 32)], " ")  # Excel has no cell for these
# In a notebook arrow keys, Enter and letters move and change cells even while a list or button of an
# output has the focus (x would cut the cell): the panel keeps its keys to itself. A style is used
# because its onload runs as soon as the panel is on the page.
_STYLE = (
    "<style onload=\"this.closest('.kzpolicy-panel')"
    ".addEventListener('keydown', event => event.stopPropagation())\">"
    ".kzpolicy-panel td { vertical-align: top; padding: 4px 8px 4px 0; line-height: 1.35 }"
    ".kzpolicy-panel.jupyter-widgets.widget-box :focus-visible {"
    " outline: 2px solid var(--jp-brand-color1, #1976d2) !important; outline-offset: 1px }</style>"
)
# The controls in their order, and what each is: for those who point at it or open the list of all.
_HELP = {
    "Corpus": "The articles of five analysts, the speeches in the UN General Debate, or your own study.",
    "Study folder": "A folder that kzpolicy build has written.",
    "Speaker": "The state whose speeches are measured.",
    "Measure": "Tone is how a text portrays a power, from −1 (unfavourably) to +1 (favourably). Stance is "
    "what it says of the position of Kazakhstan, or of the speaking state, toward the power, from −1 "
    "(distance) to +1 (approach). Mentions, words of a theme and own keywords are counts per 10,000 words.",
    "Powers": "Whose mentions are measured, each with a marker of its own.",
    "Theme": "A list of words that are counted together.",
    "Own keywords": "Words with commas between them; a final * takes any ending. Enter counts them.",
    "Documents": "None chosen means all. Shift or Ctrl adds to the choice, Ctrl with a click takes away.",
    "From year": "Year of publication; a document dated by a range belongs to every year it touches.",
    "To year": "The last year, included.",
    "Save in": "A folder, made if it is not there. No file is ever replaced.",
    "The same in code": "Lines to paste into a cell: they make the same table and figure.",
}
_KINDS = {"Study folder": "Text", "Own keywords": "Text", "Save in": "Text", "Documents": "SelectMultiple"}
_KINDS |= {"Powers": "VBox", "The same in code": "Textarea"}  # the others are Dropdowns
_FORMATS = {"Figure as PNG": "png", "Figure as SVG": "svg", "Table as CSV": "csv", "Table as Excel": "xlsx"}


class Panel:
    """The controls, and what they show; see `kzpolicy.explore.explore`."""

    def __init__(self, study: str | Path | None, *, texts: str | Path | None, folder: str | Path) -> None:
        texts = texts or os.environ.get("KZPOLICY_TEXTS")
        self.texts = Path(texts) if texts else None
        if self.texts and not self.texts.is_dir():
            raise StudyError(f"{self.texts}: no such folder; give the folder that holds your texts")
        study = str(study or os.environ.get("KZPOLICY_STUDY") or "articles")
        self.corpus: Corpus
        self._lock, self._built_in = Lock(), dict[str, Corpus]()
        self._busy, self.box = True, self._lay_out()  # busy until a corpus is loaded
        self.controls["Corpus"].value = study if study in BUILT_IN else OTHER
        self.controls["Study folder"].value = "" if study in BUILT_IN else study
        self.controls["Save in"].value = str(folder)
        heard = {"Corpus": self._load, "Study folder": self._load, "Speaker": self._list_documents}
        for name, control in self.controls.items():
            if name not in ("Powers", "Save in", "The same in code"):
                control.observe(heard.get(name, self._draw), names="value")
        self._load()
        self.preparing = Thread(target=self._prepare)
        self.preparing.start()

    def _lay_out(self) -> Any:
        import ipywidgets as widgets  # late: only the panel needs it

        self.controls: dict[str, Any] = {}
        for name, text in _HELP.items():
            wide = {"style": {"description_width": "110px"}, "layout": {"width": "330px"}}
            about = {} if name == "Powers" else {"description": name, "tooltip": text, **wide}
            self.controls[name] = getattr(widgets, _KINDS.get(name, "Dropdown"))(**about)
        for name in ("Study folder", "Own keywords", "Save in"):
            self.controls[name].continuous_update = False
        self.controls["Own keywords"].placeholder = "water*, aral"
        self.controls["Corpus"].options = [*BUILT_IN, OTHER]
        self._offer("Measure", list(MEASURES))
        self.buttons = {kind: widgets.Button(description=label) for label, kind in _FORMATS.items()}
        for kind, button in self.buttons.items():
            button.tooltip = "Save in the folder named above"
            button.on_click(partial(self._try_to_save, kind))
        self.status, self.figure, self.trust, self.evidence = (widgets.HTML() for _ in range(4))
        entries = "".join(f"<dt><b>{name}</b></dt><dd>{text}</dd>" for name, text in _HELP.items())
        listed = f"<details><summary>What the controls are</summary><dl>{entries}</dl></details>"
        *left, code = self.controls.values()
        code.rows, code.layout.width = 4, "98%"
        wrapped, wide = widgets.Layout(flex_flow="row wrap"), widgets.Layout(flex="1 1 480px")
        right = widgets.VBox([self.status, self.figure, self.trust], layout=wide)
        left = [widgets.HTML(listed, layout=widgets.Layout(width="330px")), *left]
        top = widgets.HBox([widgets.VBox(left), right], layout=wrapped)
        save = widgets.HBox(list(self.buttons.values()), layout=wrapped)
        box = widgets.VBox([top, save, code, self.evidence, widgets.HTML(_STYLE)])
        return box.add_class("kzpolicy-panel")

    # What the controls offer.

    def _load(self, _: Any = None) -> None:
        """Load the corpus chosen and offer what it holds."""
        self._busy, chosen = True, self.controls["Corpus"].value
        self._show("Study folder", chosen == OTHER)
        self.place = self.controls["Study folder"].value.strip() if chosen == OTHER else chosen
        if not self.place:
            return self._clear("Write the path of a study folder, as kzpolicy build made it.")
        self._clear("Loading ...")
        try:
            self.corpus, files = self._corpus(self.place), own_files(self.place)
            self.own = {name: _LOADERS[name](path) for name, path in files.items()}
        except StudyError as error:
            return self._clear(str(error))
        self._read: dict[str, dict[str, str]] = {}  # the user's texts by document, once read
        documents = self.corpus.documents
        self._offer_powers()
        named = self.own.get("themes", load_themes()).drop_duplicates("theme")
        self._offer("Theme", list(zip(named["name"], named["theme"], strict=True)))
        years = range(documents["published_from"].min().year, documents["published_to"].max().year + 1)
        self._offer("From year", list(years))
        self._offer("To year", list(years), -1)
        names, states = load_states()["name"], set(documents["speaker_state"].dropna())
        speakers = sorted((names.get(state, state), state) for state in states)
        self._offer("Speaker", speakers or [("all", "")])
        if "KAZ" in states:
            self.controls["Speaker"].value = "KAZ"
        self._show("Speaker", bool(states))
        self._busy = False
        self._list_documents()

    def _corpus(self, place: str) -> Corpus:
        """Load a corpus: a built-in one once, a study of one's own again, as it may have changed."""
        if place not in BUILT_IN:
            return load_corpus(place)
        with self._lock:
            if place not in self._built_in:
                self._built_in[place] = load_corpus(place)
            return self._built_in[place]

    def _prepare(self) -> None:
        """While the first figure is looked at: load what another corpus and measure would wait for."""
        with suppress(StudyError):  # it is said when that corpus is chosen
            for name in BUILT_IN:
                for measure in ("automatic tone", "automatic stance"):
                    validation(self._corpus(name), measure)

    def _offer(self, name: str, options: list[Any], chosen: int = 0) -> None:
        self.controls[name].options = options
        self.controls[name].index = range(len(options))[chosen]

    def _show(self, name: str, shown: bool) -> None:
        self.controls[name].layout.display = "" if shown else "none"

    def _offer_powers(self) -> None:
        import ipywidgets as widgets

        layout, self.power_of = {"width": "150px"}, dict[Any, str]()
        for i, power in enumerate(self.own.get("powers", load_powers())):
            box = widgets.Checkbox(i < 2, description=power.name, indent=False, layout=layout)
            box.observe(self._draw, names="value")
            self.power_of[box] = power.key
        grid = widgets.Layout(grid_template_columns="150px 150px", margin="0 0 0 20px")
        boxes = widgets.GridBox(list(self.power_of), layout=grid)
        self.controls["Powers"].children = [widgets.HTML("Powers"), boxes]

    def _list_documents(self, _: Any = None) -> None:
        """Offer the speaker's documents, and draw them."""
        speaker, documents = self.controls["Speaker"].value, self.corpus.documents
        if speaker:
            documents = documents[documents["speaker_state"] == speaker]
        busy, self._busy = self._busy, True
        self.controls["Documents"].options = list(zip(documents["label"], documents["document"], strict=True))
        self.controls["Documents"].value = ()
        self._busy = busy
        self._draw()

    # What they show.

    def choice(self) -> dict[str, Any]:
        """Give what the controls say, as `kzpolicy.exploring.explore_table` takes it."""
        said = {name: control.value for name, control in self.controls.items() if name != "Powers"}
        powers = [key for box, key in self.power_of.items() if box.value]
        kind, first, last = said["Measure"], said["From year"], said["To year"]
        if not powers and kind not in ("theme", "keyword"):
            raise StudyError("no power is ticked; tick one or several")
        if first > last:
            raise StudyError(f"{first} to {last}: the years end before they begin; choose others")
        years = range(first, last + 1)
        return {
            "power": None if kind in ("theme", "keyword") else powers,
            "document": list(said["Documents"]) or None,
            "speaker": said["Speaker"] or None,
            "year": None if len(years) == len(self.controls["From year"].options) else years,
            "theme": said["Theme"] if kind == "theme" else None,
            "keyword": [w.strip() for w in said["Own keywords"].split(",")] if kind == "keyword" else None,
        }

    def _draw(self, _: Any = None) -> None:
        if self._busy:
            return
        measure = self.controls["Measure"].value
        self._show("Powers", measure not in ("theme", "keyword"))
        self._show("Theme", measure == "theme")
        self._show("Own keywords", measure == "keyword")
        try:
            self.choices = self.choice()
            self.table = explore_table(self.corpus, measure, **self.choices, **self.own)
            self.controls["The same in code"].value = explore_code(self.place, measure, self.choices)
            self._show_figure()
            self.caveat = validation(self.corpus, measure, self.own.get("powers"))
            self.trust.value = escape(self.caveat)
            self.found = explore_evidence(self.corpus, measure, **self.choices, **self.own)
            self.evidence.value = self._evidence()
            self._allow(*(_FORMATS.values() if self.figure.value else ("csv", "xlsx")))
        except StudyError as error:
            self._clear(str(error))

    def _show_figure(self) -> None:
        """Draw; what is too much for a figure can still be read and saved as a table."""
        try:
            picture = self._picture("png", dpi=100, pil_kwargs={"compress_level": 1})
        except StudyError as error:
            self.figure.value = ""
            return self._say(str(error))
        data, said = base64.b64encode(picture).decode(), escape(describe_table(self.table))
        self.figure.value = f'<img src="data:image/png;base64,{data}" alt="{said}" style="max-width: 100%">'
        self.status.value = ""

    def _clear(self, message: str) -> None:
        """Say what is wrong, and leave nothing on the screen that the controls do not say."""
        for shown in (self.figure, self.trust, self.evidence, self.controls["The same in code"]):
            shown.value = ""
        self._say(message)
        self._allow()

    def _allow(self, *kinds: str) -> None:
        for kind, button in self.buttons.items():
            button.disabled = kind not in kinds

    def _say(self, message: str) -> None:
        self.status.value = f'<div role="status" aria-live="polite"><b>{escape(message)}</b></div>'

    def _picture(self, kind: str, **options: Any) -> bytes:
        file = io.BytesIO()
        figure: Any = explore_figure(self.table, powers=self.own.get("powers")).figure
        take_literally(figure)
        figure.savefig(file, format=kind, **options)
        plt.close(figure)
        return file.getvalue()

    def _evidence(self) -> str:
        shown, note = self.found.head(SHOWN), ""
        if self.texts and len(shown):
            shown, note = self._quoted(shown)
        locators = shown.iloc[:, 0]
        linked = shown["url"].where(shown["url"].str.match("https?://", na=False), locators)
        written = shown.assign(**{str(locators.name): linked}).drop(columns=["label", "url"])
        table = table_html(written.rename(columns=_HEADINGS)).replace(HIT[0], "<mark>")
        table = table.replace(HIT[1], "</mark>")
        for url, locator in zip(map(escape, linked), map(escape, locators), strict=True):
            link = f'<a href="{url}" target="_blank" rel="noopener">{locator}</a>'
            table = table.replace(f'<a href="{url}">page</a>', link, 1)
        rows, of = len(shown), len(self.found)
        many = f"{of:,} rows" if rows == of else f"the first {rows} of {of:,} rows; Excel saves all"
        return f'<b>Evidence</b> ({many}). {escape(note)}<div style="overflow-x: auto">{table}</div>'

    def _quoted(self, shown: pd.DataFrame) -> tuple[pd.DataFrame, str]:
        """Add the text of each row where the user has it, and say for how many documents not."""
        texts: dict[str, str] = {}
        wanted = dict.fromkeys(str(locator).split(":")[0] for locator in shown.iloc[:, 0])
        try:
            for key in wanted:
                if key not in self._read:
                    self._read[key] = own_texts(self.corpus.filter(document=key), self.texts or "")
                texts |= self._read[key]
        except StudyError as error:
            return shown, f"Your texts cannot be read: {error}"
        lacking = sum(not self._read[key] for key in wanted)
        note = f"Your texts lack {lacking} of {len(wanted)} documents, or are others than those measured."
        quoted = shown.assign(text=in_context(self.corpus, shown, texts)) if texts else shown
        return quoted, note if lacking else ""

    # What can be taken along.

    def _try_to_save(self, kind: str, _: Any) -> None:
        try:
            self._say(f"Saved {self.save(kind)}")
        except (StudyError, OSError) as error:
            self._say(f"Not saved: {error}")

    def save(self, kind: str) -> Path:
        """Save what is on the screen under a name that no file has; return the file's path."""
        if kind == "csv":
            content = self._saved().to_csv(index=False, lineterminator="\n").encode()
        else:
            content = self._excel() if kind == "xlsx" else self._picture(kind)
        folder = Path(self.controls["Save in"].value).expanduser()
        folder.mkdir(parents=True, exist_ok=True)
        stem = f"{Path(self.place).name}-{self.controls['Measure'].value.replace(' ', '-')}"
        for number in count(1):
            with suppress(FileExistsError), (folder / f"{stem}-{number}.{kind}").open("xb") as file:
                file.write(content)
                break
        return Path(file.name).resolve()

    def _saved(self) -> pd.DataFrame:
        """Give the table with what must go with it wherever it goes: pages, source and caveat."""
        table = self.table.merge(self.corpus.documents[["document", "url"]], on="document")
        return _harmless(table.assign(**provenance(self.table), caveat=self.caveat))

    def _excel(self) -> bytes:
        file = io.BytesIO()
        with pd.ExcelWriter(file, engine="openpyxl") as writer:
            self._saved().to_excel(writer, sheet_name="table", index=False)
            _harmless(self.found).to_excel(writer, sheet_name="evidence", index=False)
        return file.getvalue()


def _harmless(frame: pd.DataFrame) -> pd.DataFrame:
    """Keep a spreadsheet from running a cell of text as a formula, and from refusing it."""
    texts = frame.select_dtypes(exclude=["number", "datetime"])
    for name, column in texts.items():
        written = column.map(lambda text: harmless(text.translate(_CONTROL)), na_action="ignore")
        frame = frame.assign(**{str(name): written})
    return frame
