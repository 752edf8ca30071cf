"""Names of facts, and exports of reference managers; all are invented."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest

from kzpolicy.build.references import (
    facts_of,
    match_references,
    read_references,
    text_of,
)
from kzpolicy.tables import StudyError


def records(name: str, content: str) -> list[dict[str, str]]:
    """All records of an export in which nothing is odd, without what is empty."""
    found, odd = read_references(name, content)
    assert odd == []
    return [{k: v for k, v in row.items() if v} for row in found.to_dict("records")]


# Names of facts.


def test_facts_go_by_many_names_and_the_best_of_them_counts() -> None:
    record = {
        **{"Year": 2019, "Publication Date": "2019-05-06", "publisher": "House", "colour": "red"},
        **{"Source": "Invented Gazette", "byline": ["Dana\nExample", "Ilya \u202eSample"]},
        **{"text": "not a fact", "headline": float("nan"), "Speaker state": "KAZ"},
    }
    assert facts_of(record, "given") == {
        **{"authors": "Dana Example; Ilya Sample", "outlet": "Invented Gazette", "speaker_state": "KAZ"},
        **{"date": "2019-05-06", "published_from": "2019-05-06", "published_to": "2019-05-06"},
        "date_basis": "given",
    }


@pytest.mark.parametrize(
    ("record", "first", "basis"),
    [
        ({"date": "Jun 8", "year": "2004"}, "2004-06-08", "given"),
        ({"Date of publication": "2004-02"}, "2004-02-01", "given, to the month"),
        ({"date": "soon", "year": "2004"}, "2004-01-01", "given, to the year"),
        ({"published from": "2004-02-01", "published to": "2004-03-05"}, "2004-02-01", "given"),
        ({"date": "05/06/2004"}, None, "given"),
        ({"date": "soon"}, None, "given"),
    ],
)
def test_a_date_is_completed_by_another_and_stays_as_written(
    record: dict[str, str], first: str | None, basis: str
) -> None:
    facts = facts_of(record, "given")
    assert (facts.get("published_from"), facts["date_basis"]) == (first, basis)
    assert facts["date"].startswith(next(iter(record.values())))


def test_a_language_has_its_own_code() -> None:
    names = ["en-GB", "English (US)", "american", "ngerman", "Kazakh", "kaz", "Ruritanian"]
    codes = [facts_of({"language": name}, "given")["language"] for name in names]
    assert codes == ["en", "en", "en", "de", "kk", "kk", "ruritanian"]


def test_markup_in_facts_is_taken_out() -> None:
    record = {"Title": "The <i>Steppe&#10;Road</i> &amp; R&D", "Author(s)": "Ex&aacute;mple"}
    assert facts_of(record | {"link": "a?b=1&copy=2"}, "given") == {
        **{"title": "The Steppe Road & R&D", "authors": "Exámple", "url": "a?b=1&copy=2"},
    }


def test_a_text_may_be_a_list_of_paragraphs() -> None:
    assert text_of({"body": ["It snows.", "It rains."]}) == "It snows.\n\nIt rains."
    assert text_of({"text": "", "body": "It snows."}) == "It snows."
    assert (text_of({"text": None}), text_of({"colour": "red"})) == ("", None)


# Exports.

NONE = "no reference in it; export it again, or save texts as .jsonl"
BIBTEX = r"""
@article{cited2019,
  title = {A {R}oad to {\'E}lan}, author = {Example, Dana and {Steppe News, Inc.}},
  journal = {Invented Gazette}, year = 2019, month = may,
  file = {Full Text:files/1/paper\:one.txt:text/plain;Snapshot:files/2/x.html:text/html}
}
@misc{other, title = "Other", date = {2020-01-02}}
@techreport{road, AUTHOR = {{Example}, {Dana} and de Sample, Ilya}, institution = {Roads {\&} Rails},
  year = 2019}
@article{port, year = 2019, month = 5, day = 7, file = {C\:\\x\\port.txt}, langid = {ngerman}}
"""


def test_bibtex_as_managers_write_it() -> None:
    cited, other, road, port = records("a.bib", BIBTEX)
    files = cited.pop("file").split("\n")
    assert {"files/1/paper:one.txt", "files/2/x.html"} < {*files}
    assert cited == {
        **{"document": "cited2019", "title": "A Road to Élan", "authors": "Dana Example; Steppe News, Inc."},
        **{"outlet": "Invented Gazette", "date": "2019-may"},
        **{"published_from": "2019-05-01", "published_to": "2019-05-31"},
        "date_basis": "export a.bib, to the month",
    }
    assert (other["title"], other["published_to"]) == ("Other", "2020-01-02")
    assert (road["authors"], road["outlet"]) == ("Dana Example; Ilya de Sample", "Roads & Rails")
    assert (port["published_from"], port["file"], port["language"]) == ("2019-05-07", r"C:\x\port.txt", "de")


def test_a_field_or_a_key_that_stands_twice_loses_nothing_else() -> None:
    bib = "@article{r, title={A Road}, author={a}, author={b}, date={2019-05-06}}\n"
    bib += "@article{r, title={A Port}, date={2019-06-07}}\n@misc{q, title={Q}, year={2019}}"
    found, odd = read_references("a.bib", bib)
    assert found[["document", "title", "authors"]].to_numpy().tolist() == [
        *(["r", "A Road", "a"], ["r", "A Port", ""], ["q", "Q", ""]),
    ]
    assert odd == ["r: a field stands twice"]
    bib = "@misc{broken, title = {never closed\n@misc{other, title = {Other}, date = {2020-01-02}}"
    found, odd = read_references("a.bib", bib)
    assert found["document"].tolist() == ["other"]
    assert len(odd) == 1 and odd[0].startswith("an entry that does not end (@misc{broken,")


def test_csl_as_managers_write_it() -> None:
    names = [{"given": "Ilya", "non-dropping-particle": "de", "family": "Sample"}, {"literal": "Rails, Inc."}]
    item: dict[str, Any] = {
        "id": "http://example.org/1",
        "citation-key": "road2019",
        "container-title": "Gazette",
    }
    item |= {"author": names, "issued": {"date-parts": [["2019", "5"], ["2019", 6]]}, "source": "Catalogue"}
    item |= {"attachments": [{"path": "a.txt"}, {"title": "a link"}]}
    (found,) = records("a.json", "\ufeff" + json.dumps({"items": [item]}))
    assert found == {
        **{"document": "road2019", "authors": "Ilya de Sample; Rails, Inc.", "outlet": "Gazette"},
        **{"date": "2019-5/2019-6", "published_from": "2019-05-01", "published_to": "2019-06-30"},
        **{"date_basis": "export a.json, to the month", "file": "a.txt"},
    }


@pytest.mark.parametrize(
    "issued",
    [
        *({"raw": "2019/05/06"}, {"literal": "6 May 2019"}, "2019-05-06", {"date-parts": [[2019, 5, 6]]}),
    ],
)
def test_the_date_of_a_csl_item_may_be_nested_in_any_way(issued: Any) -> None:
    (found,) = records("a.json", json.dumps([{"title": "A", "issued": issued}]))
    assert found["published_to"] == "2019-05-06"


def test_one_odd_csl_item_does_not_refuse_the_others() -> None:
    items = [{"title": "A Road"}, 5, {"title": "B", "issued": [{"year": 2019}]}, {"title": "C"}]
    found, odd = read_references("a.json", json.dumps(items))
    assert found["title"].tolist() == ["A Road", "C"]
    assert odd == [
        "item 2 is no reference as CSL writes one (5)",
        "item 3 is no reference as CSL writes one ({'title': 'B', 'issued': [{'year': 2019}]})",
    ]


def test_ris_as_databases_write_it() -> None:
    lines = [
        "TY  -NEWS",
        "T1  -A Title That",
        "  Is Wrapped",
        "",
        "no tag",
        "AU  - Example,Dana",
        "AU  - Sample, Ilya",
    ]
    lines += ["DA  - Jun 8", "PY  - 2004", "JO  - Inv. Gaz.", "JF  - Invented Gazette", "LA  - French"]
    lines += ["L1  - file:///C:/x/a,%20road.txt", "TY  - NEWS", "TI  - Not Ended", "DA  - 2019/10//undefined"]
    wrapped, ended = records("a.ris", "\r\n".join(lines))
    assert wrapped == {
        **{"title": "A Title That Is Wrapped", "authors": "Dana Example; Ilya Sample", "language": "fr"},
        **{"outlet": "Invented Gazette", "date": "Jun 8", "file": "file:///C:/x/a, road.txt"},
        **{"published_from": "2004-06-08", "published_to": "2004-06-08", "date_basis": "export a.ris"},
    }
    assert (ended["title"], ended["published_from"]) == ("Not Ended", "2019-10-01")


def test_ris_with_one_space_or_a_tab() -> None:
    for between in (" ", "\t", ""):
        ris = f"TY{between}- NEWS\nTI{between}- A Road\nDA{between}- 2019/05/06\nER{between}- \n"
        (found,) = records("a.ris", ris)
        assert (found["title"], found["published_from"]) == ("A Road", "2019-05-06")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.bib", "no", NONE),
        ("a.ris", "no", NONE),
        ("a.json", '{"a": 1}', NONE),
        ("a.json", "[" * 90_000, "not an export of references (RecursionError); export it again"),
        ("a.json", "{", "not an export of references (JSONDecodeError); export it again"),
        ("a.json", '[{"text": "It snows."}]', NONE),
    ],
)
def test_what_is_no_export_is_said_to_be_none(name: str, content: str, reason: str) -> None:
    with pytest.raises(StudyError) as error:
        read_references(name, content)
    assert str(error.value) == f"{name}: {reason}"


# References and the texts they are about.


def listed(*rows: tuple[str, str, str]) -> pd.DataFrame:
    """References: key, title, attachments."""
    return pd.DataFrame(rows, columns=["document", "title", "file"]).assign(
        export="lists/a.bib", published_from="2019-05-06"
    )


def match(references: pd.DataFrame, file: str, title: str = "", part: str = "", document: str = "") -> int:
    row = {"file": file, "part": part, "title": title, "document": document}
    return match_references(references, pd.DataFrame([row]))[0]


def test_references_are_matched_by_path_name_key_and_title() -> None:
    found = listed(
        *(("a", "First", "one/same.txt"), ("b", "Second", "two/same.txt"), ("c", "Third", "/x/third.txt")),
        *(
            ("d2019", "Fourth", ""),
            ("e", "A Title of Some Length", ""),
            ("f", "The Title of a Page", r"C:\x\port.txt"),
        ),
    )
    assert match(found, "lists/one/same.txt") == 0
    assert match(found, "lists/two/same.txt") == 1
    assert match(found, "same.txt") == -1  # two have it
    assert match(found, "third.txt") == 2
    assert match(found, "deep/d2019.txt") == 3
    assert match(found, "A title of some length.txt") == 4
    assert match(found, "One and Two - 2016 - A title of some length.docx") == 4
    assert match(found, "One - A title - of some length.pdf") == 4
    assert match(found, "A title of some length - 2016 - One.txt") == -1
    assert match(found, "page.html", title="The title of a page") == 5
    assert match(found, "port.txt") == 5
    assert match(found, "t.csv", part="#2", document="d2019") == 3
    assert match(found, "d2019.csv", part="#2") == -1
