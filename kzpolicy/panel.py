"""The interactive panel: controls around `kzpolicy.explore`; nothing is computed here."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from kzpolicy.build.texts import with_texts
from kzpolicy.corpus import Corpus, load_corpus
from kzpolicy.explore import CODED, QUESTIONS, explore_evidence, explore_figure, explore_table
from kzpolicy.tables import StudyError

# Rows of evidence on the screen; `explore_evidence` gives all.
SHOWN = 40


def explore(study: str | Path | Corpus = "articles", texts: str | Path | None = None) -> Any:
    """Open the panel: choose a measure, powers, documents, years; see figure, evidence and code.

    Parameters
    ----------
    study
        A study's name or folder, as for `kzpolicy.load_corpus`, or a corpus.
    texts
        Folder with your own copies of the texts, to read the evidence in its words; it then stands in
        the notebook's output: clear it before you share the notebook.

    Returns
    -------
    ipywidgets.HBox
        Shown when it is the last line of a cell.

    Raises
    ------
    StudyError
        If there is no such study, or no such folder of texts.

    Examples
    --------
    >>> explore("articles")  # doctest: +SKIP
    """
    import ipywidgets  # here and below: what takes seconds to load
    from IPython.display import HTML, display

    corpus = study if isinstance(study, Corpus) else load_corpus(study)
    if texts is not None:
        corpus = with_texts(corpus, texts)
    controls = controls_of(corpus)

    def show(**said: Any) -> None:
        for name, control in controls.items():
            control.layout.display = "" if name in wanted_by(corpus, said["measure"]) else "none"
        display(HTML(answer(corpus, **said)))  # type: ignore[no-untyped-call]

    shown = ipywidgets.interactive_output(show, controls)
    left = ipywidgets.VBox(list(controls.values()), layout={"flex": "0 0 330px"})
    # Beside the controls where there is room, else under them; a wide table scrolls.
    shown.layout = {"flex": "1 1 600px", "min_width": "0", "overflow": "auto"}
    return ipywidgets.HBox([left, shown], layout={"flex_flow": "row wrap"})


def controls_of(corpus: Corpus) -> dict[str, Any]:
    """Make the controls for what a corpus holds, by the names that `answer` takes."""
    import ipywidgets

    from kzpolicy.style import MEASURES, shown_names

    documents, themes = corpus.documents, corpus.themes.drop_duplicates("theme")
    first, last = documents["published_from"].min().year, documents["published_to"].max().year
    states = documents[["speaker_state"]].dropna().drop_duplicates()
    speakers = sorted(zip(shown_names(states, "speaker_state"), states["speaker_state"], strict=True))
    powers = [(power.name, power.key) for power in corpus.powers]
    labels = list(zip(documents["label"], documents["document"], strict=True))
    choices = {
        "measure": [(MEASURES[measure].title, measure) for measure in QUESTIONS],
        "theme": list(zip(themes["name"], themes["theme"], strict=True)),
        "speaker": [("all", ""), *speakers],
    }
    late = {"continuous_update": False}
    controls = {name: ipywidgets.Dropdown(options=options) for name, options in choices.items()}
    controls["power"] = ipywidgets.SelectMultiple(options=powers)
    controls["document"] = ipywidgets.SelectMultiple(options=labels)
    controls["keyword"] = ipywidgets.Text(placeholder="trade, rail*", **late)
    controls["years"] = ipywidgets.IntRangeSlider(min=first, max=last, value=(first, last), **late)
    controls["measure"].value = "tone" if len(corpus.codes) else "tone_score"
    controls["speaker"].value = "KAZ" if ("Kazakhstan", "KAZ") in speakers else ""
    controls["power"].value = [key for _, key in powers[:2]]
    for name, control in controls.items():
        control.description = name.capitalize()
        control.layout.width = "320px"
    order = ("measure", "power", "theme", "keyword", "speaker", "document", "years")
    return {name: controls[name] for name in order}


def wanted_by(corpus: Corpus, measure: str) -> set[str]:
    """Name the controls that a measure needs."""
    what = measure if measure in ("theme", "keyword") else "power"
    speaks = {"speaker"} if corpus.documents["speaker_state"].notna().any() else set()
    return {"measure", what, "document", "years", *speaks}


def answer(corpus: Corpus, *, measure: str, years: tuple[int, int] | None = None, **chosen: Any) -> str:
    """Write what the panel shows for a choice: figure, code, table and evidence, or what is wrong with it.

    Parameters
    ----------
    corpus
        The corpus.
    measure
        As for `kzpolicy.explore.explore_table`.
    years
        The first and the last.
    **chosen
        The further arguments of `kzpolicy.explore.explore_table`; keywords in one text, with commas.
        Empty means all.

    Returns
    -------
    str
        HTML; all that comes from the corpus is escaped.
    """
    from kzpolicy.style import table_html

    spoken = corpus.documents["published_from"].dt.year
    wanted = wanted_by(corpus, measure)
    choice = {name: value for name, value in chosen.items() if name in wanted and value}
    if "keyword" in choice:
        choice["keyword"] = [word.strip() for word in choice["keyword"].split(",") if word.strip()]
    if years and not spoken.between(*years).all():
        choice["year"] = list(range(years[0], years[1] + 1))
    try:
        table = explore_table(corpus, measure, **choice)
        chart = explore_figure(table, corpus)
        evidence = explore_evidence(corpus, measure, **choice)
    except StudyError as error:
        return f'<p role="status"><b>{escape(str(error))}</b></p>'
    if measure in CODED:  # what the automatic scores say is another question
        evidence = evidence.drop(columns=["tone_score", "stance_score", "because"])
    picture = chart._repr_mimebundle_()[0]["image/png"]
    shown = table.drop(columns=["measure", "outlet", "speaker_state", "published_from", "published_to"])
    arguments = "".join(f", {name}={value!r}" for name, value in choice.items())
    parts = {
        "The same in code": f"<pre>explore_table(corpus, {measure!r}{escape(arguments)})</pre>",
        "Table": table_html(shown, powers=corpus.powers),
        f"Evidence ({min(SHOWN, len(evidence))} of {len(evidence):,} rows)": table_html(
            evidence.head(SHOWN), powers=corpus.powers
        ),
    }
    said = f'alt="{escape(chart.alt)}" style="max-width: 660px; width: 100%"'
    figure = f'<img src="data:image/png;base64,{picture}" {said}>'
    return figure + "".join(f"<details open><summary>{k}</summary>{v}</details>" for k, v in parts.items())
