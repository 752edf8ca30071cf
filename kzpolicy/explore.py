"""One question to a corpus: its table, its figure, the evidence under it, how far to believe it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from kzpolicy.corpus import Corpus, One
from kzpolicy.measures.agreement import scorer_agreement
from kzpolicy.measures.keywords import keyword_rates, mention_rates, theme_counts, theme_rates
from kzpolicy.measures.tone import coded_pairs, mean_by, mention_pairs
from kzpolicy.tables import StudyError, as_list, unknown_name
from kzpolicy.themes import make_theme, matching_terms

if TYPE_CHECKING:
    from kzpolicy.style import Chart

CODED, SCORED, COUNTED = ("tone", "stance"), ("tone_score", "stance_score"), ("mentions", "theme", "keyword")
QUESTIONS = CODED + SCORED + COUNTED


def explore_table(
    corpus: Corpus,
    measure: str = "tone",
    *,
    power: One = None,
    document: One = None,
    speaker: One = None,
    year: One = None,
    theme: One = None,
    keyword: One = None,
) -> pd.DataFrame:
    """Measure one thing in each document chosen.

    Parameters
    ----------
    corpus
        A corpus; powers, themes and codes are taken from it as they are now.
    measure
        ``tone``, ``stance`` (as coded), ``tone_score``, ``stance_score`` (scored automatically),
        ``mentions``, ``theme`` or ``keyword``.
    power, document, speaker, year
        Powers, documents and speaking states by key or name, and years; one, several, or None for all.
    theme
        Themes by key or name, for the measure ``theme``; None for all.
    keyword
        Own words, for the measure ``keyword``: a final * takes any ending.

    Returns
    -------
    DataFrame
        One row a power (theme, keyword) and document, by date: ``measure``, ``power`` (``theme`` and
        ``name``, or ``keyword``), ``document``, ``label``, ``outlet``, ``speaker_state``,
        ``published_from``, ``published_to``, ``url``; then ``mean``, ``low``, ``high``, ``n``,
        ``missing`` as from `kzpolicy.mean_by` (no sentence: missing values and n = 0), or ``count``,
        ``words``, ``rate``, ``low``, ``high`` (per 10,000 words) as from `kzpolicy.theme_rates`.

    Raises
    ------
    StudyError
        If the choice is not of this corpus, or nothing in it was measured.

    Examples
    --------
    >>> from kzpolicy.corpus import load_corpus
    >>> table = explore_table(load_corpus("articles"), "tone", power="China", document="clark2015")
    >>> table[["power", "label", "n"]].to_numpy().tolist()
    [['china', 'Clark 2015', 10]]
    """
    part = _part(corpus, measure, document, speaker, year)
    if measure == "theme":
        found = theme_rates(part, _themes(corpus, theme))
    elif measure == "keyword":
        found = keyword_rates(part, _keywords(corpus, keyword), by="document")
    elif measure == "mentions":
        found = mention_rates(part, [str(one) for one in as_list(power)] or None)
    else:
        found = _means(part, measure, power)
    key = [column for column in ("power", "theme", "name", "keyword") if column in found]
    facts = ["document", "label", "outlet", "speaker_state", "published_from", "published_to", "url"]
    found = found.drop(columns=facts[1:], errors="ignore").astype({"document": "str"})
    found = found.merge(part.documents[facts], on="document").assign(measure=measure)
    return found[[*dict.fromkeys(["measure", *key, *facts, *found])]]


def explore_evidence(
    corpus: Corpus,
    measure: str = "tone",
    *,
    power: One = None,
    document: One = None,
    speaker: One = None,
    year: One = None,
    theme: One = None,
    keyword: One = None,
) -> pd.DataFrame:
    """List what stands behind each number of `explore_table`, which takes the same choice.

    Returns
    -------
    DataFrame
        For powers one row a sentence, in reading order: ``sentence``, ``power``, ``aliases``, ``tone``,
        ``stance`` (codes), ``tone_score``, ``stance_score`` (automatic), ``because`` (what these rest
        on), ``paraphrase``, ``label``, ``url``. For themes and keywords one row a paragraph:
        ``paragraph`` (its locator), ``terms`` with their counts, ``n``, ``label``, ``url``. With
        ``text`` where the corpus has the texts.

    Examples
    --------
    >>> from kzpolicy.corpus import load_corpus
    >>> explore_evidence(load_corpus("articles"), "keyword", keyword="rail*")["label"].unique().tolist()
    ['Clark 2015']
    """
    part = _part(corpus, measure, document, speaker, year)
    if measure in ("theme", "keyword"):
        words = _themes(corpus, theme)
        if measure == "keyword":
            words = pd.concat([make_theme(word, word) for word in _keywords(corpus, keyword)])
        return _paragraphs(part, words)
    found = part.evidence(power=power)
    body = part.sentences.loc[part.sentences["kind"] != "heading", "sentence"]
    named = found["aliases"].notna() & found["sentence"].isin(body)
    found = found[found["reference"] == 1 if measure in CODED else named]
    return found.drop(columns=["reference", "vader_compound"]).reset_index(drop=True)


def explore_figure(table: pd.DataFrame, corpus: Corpus) -> Chart:
    """Draw what `explore_table` found: lines for speakers by year, otherwise dots by document.

    Parameters
    ----------
    table
        As from `explore_table`.
    corpus
        The corpus, for its powers, its name and how far the measure can be believed.

    Examples
    --------
    >>> from kzpolicy.corpus import load_corpus
    >>> articles = load_corpus("articles")
    >>> explore_figure(explore_table(articles, "mentions", power="iran"), articles).title
    'Mentions of powers, by text: Iran, 2015–2022'
    """
    from kzpolicy.plots import plot_dots, plot_lines  # matplotlib and seaborn take seconds to load

    measure, value = str(table["measure"].iloc[0]), "mean" if "mean" in table else "rate"
    series = next(column for column in ("power", "theme", "keyword") if column in table)
    source = f"Source: kzpolicy, corpus {corpus.study.name}. {validation(corpus, measure)}"
    words: dict[str, Any] = {"measure": measure, "source": source, "powers": corpus.powers}
    several, texts = table[series].nunique(), table["document"].nunique()
    yearly = table.assign(year=table["published_from"].dt.year)
    panels = [column for column in (series, "speaker_state") if table[column].nunique() > 1]
    once = table["speaker_state"].notna().all() and not yearly.duplicated(["year", *panels]).any()
    if texts > 5 and once and len(panels) < 2 and yearly.groupby(panels or "measure").ngroups < 10:
        return plot_lines(yearly, y=value, panel=panels[0] if panels else None, **words)
    if several > 1 and texts > 1:
        words["hue" if several < 4 and texts < 20 else "panel"] = series
    return plot_dots(table, value, "label" if texts > 1 else series, **words)


def validation(corpus: Corpus, measure: str) -> str:
    """Say how far a measure can be believed, from the codes of the whole corpus.

    Examples
    --------
    >>> from kzpolicy.corpus import load_corpus
    >>> validation(load_corpus("articles"), "mentions")
    'A count of names: it says what is spoken of, not with what opinion.'
    """
    if measure in COUNTED:
        what = "names" if measure == "mentions" else "words"
        return f"A count of {what}: it says what is spoken of, not with what opinion."
    pairs = coded_pairs(corpus)
    if measure in CODED:
        return f"Codes of {len(pairs):,} pairs, by passes of a language model; no human has checked them."
    known = pairs.dropna(subset=[f"{measure}_class"])
    if known.empty:
        return "Not validated: no sentence of this corpus is coded, so nothing says how far to believe it."
    found = scorer_agreement(known, measure.removesuffix("_score"))
    row = next(row for row in found.itertuples() if str(row.measure).startswith("alpha"))
    return (
        f"This score agrees with the codes (by a language model) at Krippendorff's alpha {row.estimate:.2f} "
        f"(95% interval {row.low:.2f} to {row.high:.2f}, n = {row.pairs} pairs; 1 perfect, 0 chance)."
    )


def _part(corpus: Corpus, measure: str, document: One, speaker: One, year: One) -> Corpus:
    if measure not in QUESTIONS:
        raise unknown_name("measure", measure, QUESTIONS)
    return corpus.filter(document=document, speaker=speaker, year=year)


def _means(part: Corpus, measure: str, power: One) -> pd.DataFrame:
    """Average the pairs of each power and document; a document without any has a row too."""
    keys = [part.powers.key(str(one)) for one in as_list(power)]
    pairs = coded_pairs(part) if measure in CODED else mention_pairs(part)
    pairs = pairs.astype({"power": "str", "document": "str"})
    keys = keys or [key for key in part.powers.keys if key in set(pairs["power"])]
    pairs = pairs[pairs["power"].isin(keys)]
    if pairs[measure].isna().all():
        names = ", ".join(part.powers[key].name for key in keys) or "any power"
        raise StudyError(f"{names}: no value of {measure} in the documents chosen; choose others")
    means = mean_by(pairs, measure, by=["power", "document"]).set_index(["power", "document"])
    places = pd.MultiIndex.from_product([keys, part.documents["document"]], names=["power", "document"])
    found = means.reindex(places).reset_index()
    return found.fillna({"n": 0, "missing": 0}).astype({"n": "int64", "missing": "int64"})


def _themes(corpus: Corpus, theme: One) -> pd.DataFrame:
    names = dict(zip(corpus.themes["name"], corpus.themes["theme"], strict=True))
    keys = [names.get(str(one), str(one)) for one in as_list(theme)]
    for key in set(keys) - set(names.values()):
        raise unknown_name("theme", key, dict.fromkeys(names.values()))
    return corpus.themes[corpus.themes["theme"].isin(keys)] if keys else corpus.themes


def _keywords(corpus: Corpus, keyword: One) -> list[str]:
    """Check that each keyword occurs, so that a misspelt one is no finding."""
    words = [" ".join(str(one).lower().split()) for one in as_list(keyword)]
    if not any(words):
        raise StudyError("keyword: give one or several words; a final * takes any ending")
    corpus.require("terms")
    vocabulary = corpus.terms["term"].unique()
    for word in words:
        if " " not in word and not matching_terms([word], vocabulary):
            raise unknown_name("word", word, vocabulary)
    return words


def _paragraphs(part: Corpus, themes: pd.DataFrame) -> pd.DataFrame:
    counts = theme_counts(part, themes).astype({"document": "str"})
    counts["terms"] = counts["term"].astype("str") + " " + counts["count"].astype("str").str.replace("-", "−")
    counts["paragraph"] = counts["document"] + ":" + counts["paragraph"].astype("str")
    grouped = counts.groupby(["paragraph", "document"], sort=False)
    found = grouped.agg(terms=("terms", ", ".join), n=("count", "sum")).reset_index()
    found = found.merge(part.documents[["document", "label", "url"]], on="document").drop(columns="document")
    if part.texts is not None:
        paragraph = part.texts["sentence"].str.rsplit(":", n=1).str[0]
        texts = part.texts.groupby(paragraph, sort=False)["text"].agg(" ".join)
        found["text"] = found["paragraph"].map(texts)
    return found
