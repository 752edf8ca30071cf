"""Tests of the themes: their terms, files of one's own, keywords of one's own."""

from pathlib import Path

import pytest

from kzpolicy.tables import StudyError
from kzpolicy.themes import load_themes, make_theme, matching_terms, phrases

GOOD = """\
[herding]
name = "Herding"
why = "herds and pastures"
terms = ["herd*", "pasture", "winter pastures", "rock’n’roll", "semi-nomad*", "u.s", "2nd road*"]
not_meant = ["herd immunity"]

[sea]
name = "Sea"
why = "water"
terms = ["sea"]
"""


def own(folder: Path, content: str | bytes) -> Path:
    path = folder / "own.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_the_built_in_themes_count_no_word_twice() -> None:
    themes = load_themes()
    assert not themes.duplicated(["theme", "term"]).any() and set(themes["sign"]) == {1, -1}
    assert themes.groupby("theme")["name"].nunique().eq(1).all() and (themes["why"] != "").all()
    for _, group in themes.groupby("theme"):
        terms = group.loc[group["sign"] > 0, "term"].tolist()
        alone = [term for term in terms if " " not in term]
        inside = [word for term in terms if " " in term for word in term.removesuffix("*").split(" ")]
        assert matching_terms(alone, inside) == {}
        # An open end of a longer term may stand for a word that counts alone.
        ends = [term.removesuffix("*").split(" ")[-1] for term in terms if " " in term and term.endswith("*")]
        assert not [(word, end) for word in alone for end in ends if word.startswith(end)]
        # What is not meant takes off what the theme counts.
        for expression in group.loc[group["sign"] < 0, "term"]:
            assert matching_terms(terms, expression.split(" ")), expression


def test_themes_of_ones_own(tmp_path: Path) -> None:
    found = load_themes(own(tmp_path, GOOD))
    assert found.columns.tolist() == ["theme", "name", "why", "term", "sign"]
    assert found["theme"].tolist() == ["herding"] * 8 + ["sea"]
    assert found["sign"].tolist() == [1] * 7 + [-1, 1]
    assert found.iloc[0].tolist() == ["herding", "Herding", "herds and pastures", "herd*", 1]
    assert phrases(found) == ["2nd road*", "herd immunity", "winter pastures"]
    assert load_themes(str(tmp_path / "own.toml")).equals(found)


THEME = '[herding]\nname = "Herding"\nwhy = "herds"\nterms = '


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ("", "no theme in it"),
        ("[herding\n", "not a TOML file"),
        (f"{THEME}['köl']".encode("latin-1"), "not a TOML file in UTF-8"),
        ('herding = "herd"\n', "theme [herding] needs name, why and terms"),
        ('[herding]\nname = "Herding"\nterms = ["herd"]\n', "theme [herding] needs name, why and terms"),
        (THEME + '["herd"]\ntrems = ["a"]\n', "theme [herding]: no field 'trems'; near is terms"),
        (THEME.replace('"Herding"', '""') + '["herd"]', "theme [herding] needs name, why and terms"),
        (THEME + "[]", "theme [herding] needs name, why and terms"),
        # Each letter of a bare word would become a term.
        (THEME + '"pasture"', "theme [herding], terms: not a list"),
        (THEME + "7", "theme [herding], terms: not a list"),
        (THEME + '["herd"]\nnot_meant = "herd immunity"', "theme [herding], not_meant: not a list"),
        (THEME + "[7]", "7 is not a lower-case term"),
        *(
            (f'{THEME}["{term}"]', f"'{term}' is not a lower-case term")
            for term in ("Herd", "he*rd", "herd**")
        ),
        *(
            (f'{THEME}["{term}"]', f"'{term}' is not a lower-case term")
            for term in ("*", "", " herd", "a  b")
        ),
    ],
)
def test_a_bad_themes_file_is_named_with_its_cause(tmp_path: Path, content: str | bytes, cause: str) -> None:
    path = own(tmp_path, content)
    with pytest.raises(StudyError) as caught:
        load_themes(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and cause in message and "\n" not in message


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"nowhere\.toml: no such file"):
        load_themes(tmp_path / "nowhere.toml")


def test_a_theme_of_own_keywords() -> None:
    theme = make_theme("Water", ("water*", "aral sea"))
    assert theme.to_dict("list") == {
        "theme": ["Water"] * 2,
        "name": ["Water"] * 2,
        "why": ["own keywords"] * 2,
        "term": ["water*", "aral sea"],
        "sign": [1, 1],
    }
    # A text is one term, not a list of letters.
    assert make_theme("sanctions", "sanctions")["term"].tolist() == ["sanctions"]
    for name, terms in (("Water", []), ("", "water"), ("Water", "Water"), ("Water", ["water", 7])):
        with pytest.raises(StudyError, match="make_theme"):
            make_theme(name, terms)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("pattern", "term", "counts"),
    [
        ("trade", "trade", True),
        ("trade", "traded", False),
        ("trade", "free trade", False),
        ("trade*", "trade", True),
        ("trade*", "trade-off", True),
        ("trade*", "untrade", False),
        ("trade*", "trade route", False),
        ("central steppe*", "central steppes", True),
        ("central steppe*", "central steppe road", False),
        ("central*", "central steppe", False),
        ("u.s*", "u.s.", True),
        ("u.s*", "uns", False),  # a full stop is no wildcard
    ],
)
def test_wildcards(pattern: str, term: str, counts: bool) -> None:
    assert matching_terms([pattern], [term]) == ({term: pattern} if counts else {})


def test_a_term_is_counted_by_one_pattern_the_exact_one_first() -> None:
    found = matching_terms(iter(["trad*", "trade*", "trade"]), iter(["trade", "traded", "trading", "tribe"]))
    assert found == {"trade": "trade", "traded": "trad*", "trading": "trad*"}
    assert matching_terms([], ["trade"]) == {}
