"""The numbers of the prose: their names, their form, and a sample recomputed from the CSV files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import krippendorff
import numpy as np
import pandas as pd
import pytest
from prose import stamped

from kzpolicy.corpus import load_corpus
from kzpolicy.facts import facts
from kzpolicy.stamps import NUMBER, stale

ARTICLES = Path(__file__).parents[1] / "data" / "articles"
SIGNED = r"[+−]\d\.\d\d|0\.00"
# The form of the number for each kind of name; the first pattern that fits a name decides.
FORMS = {
    r"own_\w+": r"[+−-]?\d{1,3}(,\d{3})*(\.\d\d)?",
    r".*_(n|below|above|specifications|speeches|rank|states|pairs|coded)": r"\d{1,3}(,\d{3})*",
    r"scorer_challenge_(tone|stance|both)": r"\d+%",
    r"scorer_errors_\w+": r"\d+",
    r"scorer_learned_\w+": r"\d,\d{3}",
    r"scorer_(own|world)_\w+": r"\d+%",
    r"speech_tone_\w+_scored": r"\d{1,3}(,\d{3})*",
    r"speech_tone_\w+": SIGNED,
    r"coverage_\w+": r"\d\.\d\d\d",
    r"(scorer|validity)_\w+": r"-?\d\.\d\d",
    r"(change|close)_\w+_(p|q)": r"\d\.\d\d",
    r"(speech_rate|close|speech_key)_\w+": r"[+−]?\d+",
    r"change_\w+": r"[+−]?\d+",
    r"(speech|speeches|delegations)(_\w+)?": r"[+−]?\d{1,3}(,\d{3})*(\.\d+)?%?",
    r"robust_\w+_(same_sign|clear)": r"\d+%",
    r"codes_unsure": r"\d+%",
    r"(articles|words|sentences|mentions|coded|pairs|coders|events|left|undated)(_\w+)?": (
        r"\d{1,3}(,\d{3})*"
    ),
    r"(tone|stance|plain|targeted|vector|robust)_\w+": SIGNED,
    r"(alpha|f1)_\w+": r"-?\d\.\d\d",
    r"rate_\w+": r"\d+",
    r"attention_\w+": r"\d+%",
    r"explore_\w+": r"\d+",
}


@pytest.fixture(scope="module")
def found() -> dict[str, str]:
    return dict(facts())


@pytest.fixture(scope="module")
def tables() -> dict[str, Any]:
    return {path.stem: pd.read_csv(path, keep_default_na=False) for path in ARTICLES.glob("*.csv")}


@pytest.fixture(scope="module")
def codes(tables: dict[str, Any]) -> Any:
    """Median codes of the pairs most coders take to be meant, without the package."""
    grouped = tables["codes"].groupby(["sentence", "power"])[["reference", "tone", "stance"]]
    medians = grouped.median().reset_index()
    medians = medians[medians["reference"] == 1].copy()
    medians["document"] = medians["sentence"].str.split(":").str[0]
    return medians


def _signed(value: float) -> str:
    return "0.00" if abs(value) < 0.005 else f"{value:+.2f}".replace("-", "−")


def test_every_name_can_stand_in_a_stamp(found: dict[str, str]) -> None:
    text = "\n".join(f"It is {value}<!--{key}-->." for key, value in found.items())
    assert stamped(text) == [(value, key) for key, value in found.items()]
    assert stale(text, found) == []


def test_every_value_is_a_printed_number_of_its_form(found: dict[str, str]) -> None:
    for key, value in found.items():
        assert re.fullmatch(NUMBER, value), key
        form = next((form for name, form in FORMS.items() if re.fullmatch(name, key)), None)
        assert form is not None, f"{key} is of no known kind"
        assert re.fullmatch(form, value), f"{key} is {value}"


def _number(text: str) -> float:
    return float(text.replace("−", "-").replace(",", "").rstrip("%"))


def test_every_limit_belongs_to_a_number_inside_it(found: dict[str, str]) -> None:
    limited = [key.removesuffix("_low") for key in found if key.endswith("_low")]
    assert len(limited) > 200
    for key in limited:
        low, middle, high = (_number(found[key + end]) for end in ("_low", "", "_high"))
        assert low <= middle <= high, key
    assert len(limited) == sum(key.endswith("_high") for key in found)


def test_counts_add_up(found: dict[str, str], tables: dict[str, Any]) -> None:
    documents = tables["documents"]["document"]
    assert sum(_number(found[f"words_{d}"]) for d in documents) == _number(found["words"])
    powers = tables["mentions"]["power"].unique()
    assert sum(_number(found[f"mentions_{p}"]) for p in powers) == _number(found["mentions"])
    assert sum(int(found[f"tone_{p}_n"]) for p in powers if f"tone_{p}_n" in found) == int(found["pairs"])
    for measure in ("tone", "stance", "plain"):
        parts = [found.get(f"{measure}_russia_{d}_n", "0") for d in documents]
        assert sum(map(int, parts)) == int(found[f"{measure}_russia_n"])


# A sample, recomputed with plain pandas.


def test_sizes(found: dict[str, str], tables: dict[str, Any], codes: Any) -> None:
    body = tables["sentences"][tables["sentences"]["kind"] != "heading"]
    assert found["sentences"] == str(len(body))
    assert found["words"] == f"{body['words'].sum():,}"
    assert found["pairs"] == str(len(codes))
    assert found["coded_sentences"] == str(len(set(codes["sentence"])))
    left = tables["left_out"]["words"].sum()
    assert found["left_out_words"] == f"{left:,}"


@pytest.mark.parametrize("power", ["russia", "china", "usa"])
@pytest.mark.parametrize("measure", ["tone", "stance"])
def test_means_of_codes(found: dict[str, str], codes: Any, measure: str, power: str) -> None:
    values = codes.loc[codes["power"] == power, measure]
    assert found[f"{measure}_{power}"] == _signed(values.mean())
    assert found[f"{measure}_{power}_n"] == str(len(values))
    assert found[f"{measure}_{power}_above"] == str((values > 0).sum())
    inside = codes[(codes["power"] == power) & (codes["document"] == "clark2015")][measure]
    assert found[f"{measure}_{power}_clark2015"] == _signed(inside.mean())


def test_plain_means(found: dict[str, str], tables: dict[str, Any], codes: Any) -> None:
    scores = tables["sentences"].set_index("sentence")["vader_compound"].astype(float)
    chosen = scores[codes.loc[codes["power"] == "russia", "sentence"]]
    classes = [1 if s >= 0.05 else -1 if s <= -0.05 else 0 for s in chosen]
    assert found["plain_russia"] == _signed(float(np.mean(classes)))


def _western(codes: Any) -> Any:
    west = codes[codes["power"].isin(["usa", "eu", "west"])]
    return west.groupby(["document", "sentence"])["stance"].mean().reset_index()


def test_the_western_vector(found: dict[str, str], codes: Any) -> None:
    west = _western(codes)
    assert found["vector_western"] == _signed(west["stance"].mean())
    assert found["vector_western_n"] == str(len(west))


def test_contrasts_inside_an_article(found: dict[str, str], codes: Any) -> None:
    means = codes[codes["document"] == "realignment2022"].groupby("power")["stance"].mean()
    expected = _signed(means["china"] - means["russia"])
    assert found["stance_china_minus_russia_realignment2022"] == expected


def test_periods(found: dict[str, str], tables: dict[str, Any], codes: Any) -> None:
    later = tables["documents"].loc[tables["documents"]["published_from"] >= "2022-01-01", "document"]
    russia = codes[codes["power"] == "russia"]
    after = russia["document"].isin(later)
    change = russia.loc[after, "stance"].mean() - russia.loc[~after, "stance"].mean()
    assert found["stance_russia_change"] == _signed(change)


def test_contrast(found: dict[str, str], codes: Any) -> None:
    means = codes.groupby("power")["tone"].mean()
    assert found["tone_china_minus_russia"] == _signed(means["china"] - means["russia"])


def test_coders_alpha(found: dict[str, str], tables: dict[str, Any]) -> None:
    for value in ("tone", "stance"):
        table = tables["codes"].pivot(index="coder", columns=["sentence", "power"], values=value)
        theirs = krippendorff.alpha(
            reliability_data=table.to_numpy(dtype=float), level_of_measurement="ordinal"
        )
        assert found[f"alpha_coders_{value}"] == f"{theirs:.2f}"


def test_rate_of_a_theme(found: dict[str, str], tables: dict[str, Any]) -> None:
    terms = tables["terms"].assign(count=tables["terms"]["count"].astype(int))
    own = terms[terms["document"] == "clark2015"]
    hits = own["term"].str.fullmatch(r"nuclear\S*|disarm\S*|denucleari\S*|uranium|test ban|atomic")
    hits |= own["term"].isin(["non-proliferation", "nonproliferation", "proliferation", "semipalatinsk"])
    count = own.loc[hits, "count"].sum()
    words = own.loc[~own["term"].str.contains(" "), "count"].sum()
    assert found["rate_nuclear_clark2015_n"] == str(count)
    assert found["rate_nuclear_clark2015"] == f"{10_000 * count / words:.0f}"


def test_attention_to_a_power(found: dict[str, str], tables: dict[str, Any]) -> None:
    body = tables["sentences"][tables["sentences"]["kind"] != "heading"]
    russia = tables["mentions"].loc[tables["mentions"]["power"] == "russia", "sentence"]
    for document, part in body.groupby("document"):
        share = part["sentence"].isin(russia).mean()
        assert found[f"attention_russia_{document}"] == f"{100 * share:.0f}%"


def test_what_a_study_of_ones_own_lacks_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load_corpus("articles").filter(document="clark2015").save(tmp_path)
    monkeypatch.setenv("KZPOLICY_STUDY", str(tmp_path))
    own = facts()
    assert (own["articles"], own["tone_russia_realignment2022"]) == ("1", "none")
