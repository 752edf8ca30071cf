"""`explore`: opens the interactive panel."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def explore(
    study: str | Path | None = None, *, texts: str | Path | None = None, folder: str | Path = "explored"
) -> Any:
    """Open the panel: choose a measure, powers, documents and years; see figure, evidence and code.

    Parameters
    ----------
    study
        A study's folder or name to begin with; None means the environment's ``KZPOLICY_STUDY``, or else
        the articles.
    texts
        Folder with your own copies of the texts, to read the evidence in its words; None means the
        environment's ``KZPOLICY_TEXTS``, or none. What is quoted stands in the notebook's output:
        clear it before you share the notebook.
    folder
        Where the buttons save figures and tables.

    Returns
    -------
    ipywidgets.VBox
        Shown when it is the last line of a cell.

    Raises
    ------
    StudyError
        If there is no such folder of texts. A study that cannot be loaded is said in the panel.

    Examples
    --------
    >>> panel = explore()
    >>> type(panel).__name__
    'VBox'
    """
    from kzpolicy.panel import Panel  # late: widgets and figures

    return Panel(study, texts=texts, folder=folder).box
