"""One question to a corpus: its table, the evidence under it, and the code that makes it."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from kzpolicy.coding import scorer_agreement
from kzpolicy.corpus import Corpus, One, study_folder
from kzpolicy.errors import StudyError
from kzpolicy.powers import Powers, load_powers
from kzpolicy.sampling import mention_pairs
from kzpolicy.sentiment import coded_pairs, mean_by
from kzpolicy.themes import load_themes, make_theme, matching_terms
from kzpolicy.trends import mention_rates, theme_counts, theme_rates

Words = str | Iterable[str] | None
# The measures by the name a user gives: what a figure calls them.
MEASURES = {
    "coded tone": "mean tone, as coded",
    "coded stance": "mean stance, as coded",
    "automatic tone": "mean tone, as scored automatically",
    "automatic stance": "mean stance, as scored automatically",
    "mentions": "mentions per 10,000 words",
    "theme": "words of the theme per 10,000 words",
    "keyword": "keywords per 10,000 words",
}
_FACTS = ["document", "label", "corpus", "outlet", "speaker_state", "published_from", "published_to"]
_FOUND = ["value", "low", "high", "n", "words"]


def explore_table(
    corpus: Corpus,
    measure: str = "coded tone",
    *,
    power: One = None,
    document: One = None,
    speaker: One = None,
    year: One = None,
    theme: str | None = None,
    keyword: Words = None,
    powers: Powers | None = None,
    themes: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Measure one thing in each document chosen.

    Parameters
    ----------
    corpus
        A corpus; its tables are taken not to change between calls.
    measure
        ``coded tone``, ``coded stance``, ``automatic tone``, ``automatic stance``, ``mentions``,
        ``theme`` or ``keyword``.
    power, document, speaker, year
        Keys of powers and documents, ISO 3166 codes of speaking states, years; one, several, or None
        for all.
    theme
        Key of a theme, for the measure ``theme``.
    keyword
        Own words, for the measure ``keyword``; as in `kzpolicy.themes.make_theme`.
    powers, themes
        A study's own powers and themes; None for the built-in ones.

    Returns
    -------
    DataFrame
        One row a power (or theme, or list of keywords) and document, by power and date: ``measure``,
        ``series`` (key), ``name``, ``document``, ``label``, ``corpus``, ``outlet``, ``speaker_state``,
        ``published_from``, ``published_to``, ``value``, ``low``, ``high`` (95% interval, clustered in
        paragraphs; missing where nothing was measured), ``n`` (sentences behind a mean, occurrences
        behind a rate), ``words`` (of the document).

    Raises
    ------
    StudyError
        If the choice is not of this corpus, or nothing in it was measured.

    Examples
    --------
    >>> from kzpolicy import load_corpus
    >>> table = explore_table(load_corpus(), "coded tone", power="china", document="clark2015")
    >>> table[["name", "label", "n"]].to_numpy().tolist()
    [['China', 'Clark 2015', 10]]
    """
    if measure not in MEASURES:
        raise StudyError(f"no measure {measure!r}; there are {', '.join(MEASURES)}")
    powers = powers or load_powers()
    part = _part(corpus, document, speaker, year)
    if measure in ("theme", "keyword"):
        found = theme_rates(part, _words(corpus, measure, theme, keyword, themes))
    else:
        keys = _several(power) or list(powers.keys)
        names = {key: powers[key].name for key in keys}  # raises for a power that is not there
        if measure == "mentions":
            found = mention_rates(part, keys)
        else:
            found = _means(corpus, part, measure, keys, powers)
            if not found["n"].any():
                raise StudyError(_nothing(corpus, measure, names.values()))
        found["name"] = found["power"].map(names)
    found = found.rename(columns={"theme": "series", "power": "series", "rate": "value", "count": "n"})
    found = found.assign(measure=measure)[["measure", "series", "name", "document", *_FOUND]]
    table = found.merge(part.documents[_FACTS], on="document")
    return table[["measure", "series", "name", *_FACTS, *_FOUND]]


def explore_evidence(
    corpus: Corpus,
    measure: str = "coded tone",
    *,
    power: One = None,
    document: One = None,
    speaker: One = None,
    year: One = None,
    theme: str | None = None,
    keyword: Words = None,
    powers: Powers | None = None,
    themes: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """List what stands behind each number of `explore_table`, which takes the same choice.

    Returns
    -------
    DataFrame
        For a power one row a sentence, in reading order: ``sentence``, ``power``, ``aliases``, ``tone``,
        ``stance`` (codes), ``tone_score``, ``stance_score`` (automatic), ``because`` (the words and rules
        behind these), ``paraphrase``, ``label``, ``url``. For a theme or keywords one row a paragraph:
        ``paragraph`` (its locator), ``terms`` (with their counts), ``n``, ``label``, ``url``.

    Examples
    --------
    >>> from kzpolicy import load_corpus
    >>> explore_evidence(load_corpus(), "keyword", keyword="rail*")["label"].unique().tolist()
    ['Clark 2015']
    """
    part = _part(corpus, document, speaker, year)
    if measure in ("theme", "keyword"):
        return _paragraphs(part, _words(corpus, measure, theme, keyword, themes))
    # A study's own power that nobody names here has no evidence, and is no mistake.
    there = {*part.mentions["power"], *part.codes["power"]}
    found = part.evidence(power=there.intersection(_several(power) or (powers or load_powers()).keys))
    body = part.sentences.loc[part.sentences["kind"] != "heading", "sentence"]
    if measure.startswith("coded"):
        found = found[found["reference"] == 1]
    else:
        found = found[found["aliases"].notna() & found["sentence"].isin(set(body))]
    columns = ["sentence", "power", "aliases", "tone", "stance", "tone_score", "stance_score", "because"]
    return found[[*columns, "paraphrase", "label", "url"]].reset_index(drop=True)


def validation(corpus: Corpus, measure: str, powers: Powers | None = None) -> str:
    """Say how far a measure can be believed, from the codes of the whole corpus.

    Examples
    --------
    >>> from kzpolicy import load_corpus
    >>> validation(load_corpus(), "mentions")
    'A count of names: it says what is spoken of, not with what opinion.'
    """
    kind, _, value = measure.partition(" ")
    if not value:
        named = "names" if measure == "mentions" else "words"
        return f"A count of {named}: it says what is spoken of, not with what opinion."
    coded = _pairs(corpus, False, powers)
    if kind == "coded":
        return (
            f"Codes: {len(coded):,} coded pairs of a sentence and a power in this corpus, by passes of a "
            "language model; no human has checked them. n says how many stand behind a value."
        )
    if not coded[f"{value}_score_class"].notna().any():
        return "Not validated: no sentence of this corpus is coded; nothing says how far to believe it."
    row = _agreement(corpus, value, powers)
    return (
        f"Validation: this score agrees with the codes at Krippendorff's alpha {row['estimate']:.2f} (95% "
        f"interval {row['low']:.2f} to {row['high']:.2f}, n = {row['pairs']} pairs of this corpus; 1 is "
        "perfect, 0 is chance). Read single values with caution."
    )


def explore_code(study: str | Path, measure: str, choice: dict[str, Any]) -> str:
    """Write the lines that make a table and its figure.

    Parameters
    ----------
    study
        Name or folder of a study, as `kzpolicy.load_corpus` takes it.
    measure, choice
        What `explore_table` gets; what is None or empty is left out.

    Examples
    --------
    >>> print(explore_code("articles", "keyword", {"keyword": ["water*"], "power": None}))
    from kzpolicy import explore_table, load_corpus
    from kzpolicy.plots_explored import explore_figure
    table = explore_table(load_corpus('articles'), 'keyword', keyword=['water*'])
    figure = explore_figure(table).figure
    """
    own = own_files(study)
    loaders = "".join(f", load_{name}" for name in own)
    words = [f"{name}={value!r}" for name, value in choice.items() if value] + [f"{n}={n}" for n in own]
    lines = [
        f"from kzpolicy import explore_table, load_corpus{loaders}",
        "from kzpolicy.plots_explored import explore_figure",
        *(f"{name} = load_{name}({str(path)!r})" for name, path in own.items()),
        f"table = explore_table({', '.join([f'load_corpus({str(study)!r})', repr(measure), *words])})",
        f"figure = explore_figure(table{', powers=powers' if 'powers' in own else ''}).figure",
    ]
    return "\n".join(lines)


def own_files(study: str | Path) -> dict[str, Path]:
    """Find a study's own ``powers.toml`` and ``themes.toml``, by ``powers`` and ``themes``."""
    paths = {name: study_folder(study) / f"{name}.toml" for name in ("powers", "themes")}
    return {name: path for name, path in paths.items() if path.is_file()}


def _several(value: One) -> list[str]:
    return [] if value is None else [str(v) for v in ([value] if isinstance(value, str | int) else value)]


def _part(corpus: Corpus, document: One, speaker: One, year: One) -> Corpus:
    base = _of_speaker(corpus, tuple(_several(speaker)))
    return base.filter(document=_several(document) or None, year=_several(year) or None)


@lru_cache(maxsize=4)
def _of_speaker(corpus: Corpus, speakers: tuple[str, ...]) -> Corpus:
    """Keep a speaker's documents; kept because a large corpus takes a while to filter."""
    if not speakers:
        return corpus
    states = corpus.documents["speaker_state"]
    if unknown := set(speakers) - set(states.dropna()):
        what = f"no speech of {min(unknown)!r} in this corpus"
        raise StudyError(f"{what}; speakers are ISO 3166 codes such as KAZ")
    return corpus.filter(document=corpus.documents.loc[states.isin(speakers), "document"])


@lru_cache(maxsize=8)
def _pairs(corpus: Corpus, automatic: bool, powers: Powers | None) -> pd.DataFrame:
    if not automatic:
        return coded_pairs(corpus, powers)
    pairs = mention_pairs(corpus, powers)
    return pairs.assign(paragraph=pairs["sentence"].str.replace(r":[^:]*$", "", regex=True))


@lru_cache(maxsize=8)
def _agreement(corpus: Corpus, value: str, powers: Powers | None) -> dict[str, Any]:
    pairs = _pairs(corpus, False, powers).dropna(subset=[f"{value}_score_class"])
    found = scorer_agreement(pairs, value, f"{value}_score_class").to_dict("records")
    return next(row for row in found if row["measure"] == "alpha, ordinal")


def _means(corpus: Corpus, part: Corpus, measure: str, keys: list[str], powers: Powers) -> pd.DataFrame:
    """Average the pairs of each power and document; a document without any has a row too."""
    kind, _, value = measure.partition(" ")
    pairs = _pairs(corpus, kind == "automatic", None if powers is load_powers() else powers)
    pairs = pairs[pairs["power"].isin(keys) & pairs["document"].isin(part.documents["document"])]
    means = mean_by(pairs, value if kind == "coded" else f"{value}_score", ["power", "document"])
    means = means.rename(columns={"mean": "value"}).set_index(["power", "document"])
    places = pd.MultiIndex.from_product([keys, part.documents["document"]], names=["power", "document"])
    table = means[["value", "low", "high", "n"]].reindex(places).reset_index()
    words = part.documents.set_index("document")["words"]
    return table.assign(n=table["n"].fillna(0).astype("int64"), words=table["document"].map(words))


def _nothing(corpus: Corpus, measure: str, names: Iterable[str]) -> str:
    if measure.startswith("automatic"):
        return f"{', '.join(names)}: not named in the documents chosen; choose other powers or documents"
    pairs = f"the whole corpus has {len(corpus.codes[['sentence', 'power']].drop_duplicates()):,} coded pairs"
    what = f"{', '.join(names)}: no code in the documents chosen ({pairs})"
    return f"{what}; choose others, or an automatic measure"


def _words(
    corpus: Corpus, measure: str, theme: str | None, keyword: Words, themes: pd.DataFrame | None
) -> pd.DataFrame:
    """Give the theme chosen, or make one of the user's own words."""
    if measure == "keyword":
        return _own_theme(corpus, keyword)
    themes = load_themes() if themes is None else themes
    if theme not in set(themes["theme"]):
        raise StudyError(f"no theme {theme!r}; there are {', '.join(themes['theme'].unique())}")
    return themes[themes["theme"] == theme]


def _own_theme(corpus: Corpus, keyword: Words) -> pd.DataFrame:
    given = [keyword] if isinstance(keyword, str) else list(keyword or [])
    words = list(dict.fromkeys(" ".join(word.lower().split()) for word in given if word.strip()))
    if not words:
        raise StudyError("no keyword given; write words such as water*, where a final * takes any ending")
    theme = make_theme(f"“{', '.join(words)}”", words)
    vocabulary = list(corpus.terms["term"].unique())
    found = set(matching_terms(words, vocabulary).values())
    if absent := next((word for word in words if word not in found), ""):
        near = get_close_matches(absent.removesuffix("*"), vocabulary, n=3)
        like = f"; near are {', '.join(near)}" if near else ""
        raise StudyError(f"{absent!r} does not occur in this corpus{like}; a final * takes any ending")
    return theme


def _paragraphs(part: Corpus, theme: pd.DataFrame) -> pd.DataFrame:
    counts = theme_counts(part, theme).astype({"document": "str"})
    counts = counts.assign(terms=counts["term"] + " " + counts["count"].astype("str").str.replace("-", "−"))
    place = ["document", "paragraph"]
    found = counts.groupby(place, as_index=False).agg(terms=("terms", ", ".join), n=("count", "sum"))
    found = part.documents[["document", "label", "url"]].merge(found, on="document")
    locators = found["document"] + ":" + found["paragraph"].astype("str")
    return found.assign(paragraph=locators)[["paragraph", "terms", "n", "label", "url"]]
