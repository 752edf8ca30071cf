"""The challenge set: invented sentences, grouped by what makes them hard, and how a scorer does on them."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from kzpolicy.corpus import DATA
from kzpolicy.errors import StudyError
from kzpolicy.targets import score_targets


def challenge_results(scorer: Callable[..., pd.DataFrame] = score_targets) -> pd.DataFrame:
    """Score the challenge set.

    Parameters
    ----------
    scorer
        Anything that takes what `kzpolicy.score_targets` takes and gives ``tone_class`` and
        ``stance_class``.

    Returns
    -------
    DataFrame
        One row a sentence: ``number``, ``phenomenon``, ``text``, ``tone``, ``stance`` and
        ``both`` (whether the scorer gives what is expected).

    Raises
    ------
    StudyError
        If the package is installed without its data.

    Examples
    --------
    >>> bool(challenge_results()["tone"].mean() > 0.8)
    True
    """
    path = DATA / "challenge.csv"
    if not path.is_file():
        raise StudyError(f"{path}: missing; it is in the package's checkout only")
    table = pd.read_csv(path)
    parts = [scorer(part, subject=subject) for subject, part in table.groupby("subject")]
    scored = pd.concat(parts).sort_index()
    right = {value: scored[f"{value}_class"] == table[value] for value in ("tone", "stance")}
    return table[["number", "phenomenon", "text"]].assign(**right, both=right["tone"] & right["stance"])
