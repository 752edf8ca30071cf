"""The interactive panel: controls around `kzpolicy.explore`; nothing is computed here."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from kzpolicy.build.texts import with_texts
from kzpolicy.corpus import Corpus, load_corpus
from kzpolicy.explore import CODED, QUESTIONS, explore_code, explore_evidence, explore_figure, explore_table
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
    place = corpus.study.folder or "your own study" if isinstance(study, Corpus) else study
    controls = controls_of(corpus)

    def show(**said: Any) -> None:
        for name, control in controls.items():
            control.layout.display = "" if name in wanted_by(corpus, said["measure"]) else "none"
        display(HTML(answer(corpus, place, **said)))  # type: ignore[no-untyped-call]

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
    measures = [(MEASURES[measure].title, measure) for measure in QUESTIONS]
    coded = "tone" if len(corpus.codes) else "tone_score"
    kazakhstan = "KAZ" if ("Kazakhstan", "KAZ") in speakers else ""
    labels = list(zip(documents["label"], documents["document"], strict=True))
    named = list(zip(themes["name"], themes["theme"], strict=True))
    several = "Ctrl or Shift adds to the choice; nothing chosen means all."
    words = "Words with commas between them; a final * takes any ending. Enter counts them."
    look: dict[str, Any] = {"style": {"description_width": "80px"}, "layout": {"width": "320px"}}
    many, late = look | {"tooltip": several}, look | {"continuous_update": False}
    span, two = {"min": first, "max": last, "value": (first, last)}, [key for _, key in powers[:2]]
    return {
        "measure": ipywidgets.Dropdown(description="Measure", options=measures, value=coded, **look),
        "power": ipywidgets.SelectMultiple(description="Powers", options=powers, value=two, **many),
        "theme": ipywidgets.Dropdown(description="Theme", options=named, **look),
        "keyword": ipywidgets.Text(description="Keywords", placeholder="trade, rail*", tooltip=words, **late),
        "speaker": ipywidgets.Dropdown(
            description="Speaker", options=[("all", ""), *speakers], value=kazakhstan, **look
        ),
        "document": ipywidgets.SelectMultiple(description="Documents", options=labels, **many),
        "years": ipywidgets.IntRangeSlider(description="Years", **span, **late),
    }


def wanted_by(corpus: Corpus, measure: str) -> set[str]:
    """Name the controls that a measure needs."""
    what = measure if measure in ("theme", "keyword") else "power"
    speaks = {"speaker"} if corpus.documents["speaker_state"].notna().any() else set()
    return {"measure", what, "document", "years", *speaks}


def answer(
    corpus: Corpus,
    study: str | Path,
    *,
    measure: str,
    power: Sequence[str] = (),
    theme: str = "",
    keyword: str = "",
    speaker: str = "",
    document: Sequence[str] = (),
    years: tuple[int, int] | None = None,
) -> str:
    """Write what the panel shows for a choice: figure, code, table and evidence, or what is wrong with it.

    Parameters
    ----------
    corpus, study
        The corpus, and how `kzpolicy.load_corpus` is told of it.
    measure, power, theme, keyword, speaker, document
        As for `kzpolicy.explore.explore_table`; keywords in one text, with commas. Empty means all.
    years
        The first and the last.

    Returns
    -------
    str
        HTML; all that comes from the corpus is escaped.
    """
    from kzpolicy.style import table_html

    words = [word.strip() for word in keyword.split(",") if word.strip()]
    documents = corpus.documents
    every = (documents["published_from"].min().year, documents["published_to"].max().year)
    choice: dict[str, Any] = {"document": list(document) or None, "speaker": speaker or None}
    choice["year"] = list(range(years[0], years[1] + 1)) if years and years != every else None
    if measure in ("theme", "keyword"):
        choice |= {"theme": theme} if measure == "theme" else {"keyword": words}
    else:
        choice["power"] = list(power) or None
    try:
        table = explore_table(corpus, measure, **choice)
        chart = explore_figure(table, corpus)
        evidence = explore_evidence(corpus, measure, **choice)
        if measure in CODED:  # what the automatic scores say is another question
            evidence = evidence.drop(columns=["tone_score", "stance_score", "because"])
    except StudyError as error:
        return f'<p role="status"><b>{escape(str(error))}</b></p>'
    picture = chart._repr_mimebundle_()[0]["image/png"]
    of = f"{min(SHOWN, len(evidence))} of {len(evidence):,} rows"
    shown = table.drop(columns=["measure", "outlet", "speaker_state", "published_from", "published_to"])
    parts = {
        "The same in code": f"<pre>{escape(explore_code(study, measure, choice))}</pre>",
        "Table": table_html(shown, powers=corpus.powers),
        f"Evidence ({of})": table_html(evidence.head(SHOWN), powers=corpus.powers),
    }
    said = f'alt="{escape(chart.alt)}" style="max-width: 660px; width: 100%"'
    figure = f'<img src="data:image/png;base64,{picture}" {said}>'
    folded = [f"<details open><summary>{name}</summary>{part}</details>" for name, part in parts.items()]
    return figure + "".join(folded)
