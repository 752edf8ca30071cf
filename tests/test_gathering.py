"""Tests of gathering a folder: what is found, what is known of it, what is skipped; all invented."""

import doctest
import json
import os
from datetime import datetime
from pathlib import Path
from types import ModuleType

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from invented import NONE, article, fill
from test_formats import docx, html, pdf

from kzpolicy import bibliography, duplicates, formats, gathering, tabular
from kzpolicy.__main__ import main
from kzpolicy.bibliography import dated, known_facts, read_export
from kzpolicy.corpus import load_corpus
from kzpolicy.duplicates import near_duplicates, signature
from kzpolicy.errors import StudyError
from kzpolicy.formats import Contents, read_contents
from kzpolicy.gathering import Rows, gather, read_document, source_hash, write_template
from kzpolicy.parsing import parse_corpus

DATES = ("published_from", "published_to", "date_basis")


def known(folder: Path, *fields: str) -> dict[str, tuple[object, ...]]:
    rows, _ = gather(folder, None, NONE)
    return {row["document"]: tuple(row.get(field) for field in fields) for row in rows}


def skipped(folder: Path, **options: bool) -> dict[str, str]:
    _, found = gather(folder, None, NONE, **options)
    assert all(len(line.splitlines()) == 1 for pair in found for line in pair)
    assert len(dict(found)) == len(found)
    return dict(found)


# Dates and names of facts.


@pytest.mark.parametrize(
    ("given_as", "first", "last", "basis"),
    [
        ("2019", "2019-01-01", "2019-12-31", "printed, to the year"),
        ("2020-02", "2020-02-01", "2020-02-29", "printed, to the month"),
        ("2019-05-06", "2019-05-06", "2019-05-06", "printed"),
        ("2019-05-06T23:59:00+06:00", "2019-05-06", "2019-05-06", "printed"),
        ("2019/05//", "2019-05-01", "2019-05-31", "printed, to the month"),
        ("2019.0", "2019-01-01", "2019-12-31", "printed, to the year"),
        ("6.5.2019", "2019-05-06", "2019-05-06", "printed"),
        ("Monday, 6 May 2019", "2019-05-06", "2019-05-06", "printed"),
        ("Sept. 30th, 2019", "2019-09-30", "2019-09-30", "printed"),
        ("May 2019", "2019-05-01", "2019-05-31", "printed, to the month"),
        ("May-June 2019", "2019-05-01", "2019-06-30", "printed, to the month"),
        ("2019-05/2019-06", "2019-05-01", "2019-06-30", "printed, to the month"),
        ("2019-2020", "2019-01-01", "2020-12-31", "printed, to the year"),
        ("30 May 2019 to 2 June 2019", "2019-05-30", "2019-06-02", "printed"),
        ("2019-05-06T10:00:00-0600", "2019-05-06", "2019-05-06", "printed"),
        ("2019-22", "2019-01-01", "2019-12-31", "printed, to the year"),
    ],
)
def test_a_date_is_as_precise_as_it_is_given(given_as: str, first: str, last: str, basis: str) -> None:
    assert dated(given_as, "printed") == dict(zip(DATES, (first, last, basis), strict=True))


@pytest.mark.parametrize(
    "no_date", ["", "soon", "05/06/2019", "2019-13", "2019-02-30", "19", "Smarch 2019", "1111" * 5000]
)
def test_what_is_no_date_gives_none(no_date: str) -> None:
    assert dated(no_date, "printed") == {}


def test_facts_go_by_many_names_and_the_best_of_them_counts() -> None:
    record = {
        "Year": 2019,
        "Publication Date": "2019-05-06",
        "publisher": "House",
        "Source": "Invented Gazette",
        "byline": ["Dana\nExample", "Ilya \u202eSample"],
        "text": "not a fact",
        "colour": "red",
        "headline": float("nan"),
    }
    assert known_facts(record, "given") == {
        "authors": "Dana Example; Ilya Sample",
        "outlet": "Invented Gazette",
        **dict(zip(DATES, ("2019-05-06", "2019-05-06", "given"), strict=True)),
    }


@pytest.mark.parametrize(
    ("record", "first"),
    [
        ({"date": "Jun 8", "year": "2004"}, "2004-06-08"),
        ({"date": "05/06/2004", "year": "2004"}, "2004-01-01"),
        ({"Date of publication": "2004-02"}, "2004-02-01"),
    ],
)
def test_a_date_that_says_less_than_another_is_completed_by_it(record: dict[str, str], first: str) -> None:
    assert known_facts(record, "given")["published_from"] == first


@pytest.mark.parametrize(
    ("given_as", "code"),
    [
        *(("en-GB", "en"), ("English (US)", "en"), ("american", "en"), ("eng", "en")),
        *(("ngerman", "de"), ("Kazakh", "kk"), ("kaz", "kk"), ("Ruritanian", "ruritanian")),
    ],
)
def test_a_language_has_its_own_code(given_as: str, code: str) -> None:
    assert known_facts({"language": given_as}, "given") == {"language": code}


def test_markup_in_facts_is_taken_out() -> None:
    facts = {
        "Title": "The <i>Steppe&#10;Road</i> &amp; R&D",
        "Author(s)": "Ex&aacute;mple",
        "link": "a?b=1&copy=2",
    }
    assert known_facts(facts, "given") == {
        "title": "The Steppe Road & R&D",
        "authors": "Exámple",
        "url": "a?b=1&copy=2",
    }


# Metadata from all places.


RIS = """\
TY  - NEWS
TI  - Cited
AU  - Example, Dana
AU  - Steppe News
PY  - 2015
DA  - 2015/04/05/
T2  - Invented Gazette
L1  - deep/er/cited.docx
ER  - 
"""


def test_each_source_of_facts(tmp_path: Path) -> None:
    fill(
        tmp_path,
        {
            "2019-05-06-name.txt": article("named"),
            "front.md": f"---\ntitle: Front\ndate: 2018\n---\n{article('front')}",
            "page.html": html(
                "".join(f"<p>{p}</p>" for p in article("paged").split("\n\n")),
                '<title>Page</title><meta property="article:published_time" content="2017-01-02">',
            ),
            "table.csv": f'Headline,Date,Body\n=1+1,2016-02-03,"{article("tabled")}"\n',
            "deep/er/cited.docx": docx(*article("cited").split("\n\n")),
            "library.ris": RIS,
        },
    )
    assert known(tmp_path, "file", "title", "authors", *DATES) == {
        "2019-05-06-name": (
            *("2019-05-06-name.txt", "2019-05-06-name", "unknown"),
            *("2019-05-06", "2019-05-06", "in the file's name"),
        ),
        "deep-er-cited": (
            *("deep/er/cited.docx", "Cited", "Dana Example; Steppe News"),
            *("2015-04-05", "2015-04-05", "export library.ris"),
        ),
        "front": (
            *("front.md", "Front", "unknown"),
            *("2018-01-01", "2018-12-31", "front matter, to the year"),
        ),
        "page": ("page.html", "Page", "unknown", "2017-01-02", "2017-01-02", "stated by the page"),
        "table-2": ("table.csv#2", "=1+1", "unknown", "2016-02-03", "2016-02-03", "given in the table"),
    }
    assert skipped(tmp_path) == {}


BIBTEX = r"""
@article{cited2019,
  title = {A {R}oad to {\'E}lan}, author = {Example, Dana and {Steppe News}},
  journal = {Invented Gazette}, year = 2019, month = may,
  file = {Full Text:files/1/paper\:one.txt:text/plain;Snapshot:files/2/x.html:text/html}
}
@misc{broken, title = {never closed
@misc{other, title = {Other}, date = {2020-01-02}}
"""
CSL = [
    {
        "id": "http://example.org/items/1",
        "title": "A Road",
        "author": [{"family": "Example", "given": "Dana"}, {"literal": "Steppe News"}],
        "container-title": "Invented Gazette",
        "issued": {"date-parts": [[2019, 5]]},
    }
]


def test_exports_of_references() -> None:
    records, broken = read_export(Path("a.bib"), BIBTEX)
    month = dict(zip(DATES, ("2019-05-01", "2019-05-31", "export a.bib, to the month"), strict=True))
    day = dict(zip(DATES, ("2020-01-02", "2020-01-02", "export a.bib"), strict=True))
    cited = {"title": "A Road to Élan", "authors": "Dana Example; Steppe News", "outlet": "Invented Gazette"}
    files = {"file": "files/1/paper:one.txt\nfiles/2/x.html"}
    assert records == [
        {"document": "cited2019", **cited, **month, **files},
        {"document": "other", "title": "Other", **day, "file": ""},
    ]
    assert broken == 1
    records, broken = read_export(Path("a.json"), json.dumps(CSL))
    month["date_basis"] = "export a.json, to the month"
    document = {"document": "http://example.org/items/1", "title": "A Road"}
    assert records == [{**cited, **document, **month, "file": ""}] and broken == 0
    with pytest.raises(StudyError, match=r"^a\.json: texts, and no references; save it as JSON lines"):
        read_export(Path("a.json"), '[{"text": "It snows."}]')
    for name, content in [("a.bib", "no"), ("a.ris", "no"), ("a.json", '{"a": 1}'), ("a.json", "[" * 90_000)]:
        with pytest.raises(StudyError, match=r"^a\.(bib|ris|json): (not an export|no reference)"):
            read_export(Path(name), content)


def facts_of(name: str, content: str) -> list[dict[str, str]]:
    records, broken = read_export(Path(name), content)
    assert broken == 0
    return records


def test_ris_as_databases_write_it() -> None:
    lines = [
        "TY  -NEWS",
        "T1  -A Title That",
        "  Is Wrapped",
        "",
        "no tag",
        "AU  - Example,Dana; Sample, Ilya",
    ]
    lines += ["DA  - Jun 8", "PY  - 2004", "JO  - Inv. Gaz.", "JF  - Invented Gazette", "LA  - French"]
    lines += ["L1  - file:///C:/x/a%20road.txt", "TY  - NEWS", "TI  - Not Ended", "DA  - 2019/10//undefined"]
    june, october = ("2004-06-08", "2004-06-08", "export a.ris"), ("2019-10-01", "2019-10-31")
    assert facts_of("a.ris", "\r\n".join(lines)) == [
        {
            "title": "A Title That Is Wrapped",
            "authors": "Dana Example; Ilya Sample",
            "outlet": "Invented Gazette",
            "language": "fr",
            "file": "file:///C:/x/a road.txt",
            **dict(zip(DATES, june, strict=True)),
        },
        {
            "title": "Not Ended",
            "file": "",
            **dict(zip(DATES, (*october, "export a.ris, to the month"), strict=True)),
        },
    ]


def test_bibtex_as_managers_write_it() -> None:
    road, port = facts_of(
        "a.bib",
        r"""
        @techreport{road,
            AUTHOR = {{Roads {\&} Rails and Co, Inc.} and {Example}, {Dana} and {de Sample}, Ilya},
            institution = {Invented House}, year = 2019, month = "6~" # may,
            File = {:C$\backslash$:/Users/x/p{\'{u}}blico{\_}1.txt:text/plain}}
        @article{port, year = 2019, month = 5, day = 7, file = {C\:\\x\\port.txt}, langid = {ngerman}}
        """,
    )
    assert road == {
        "document": "road",
        "authors": "Roads & Rails and Co, Inc.; Dana Example; Ilya de Sample",
        "outlet": "Invented House",
        "file": "C:/Users/x/público_1.txt",
        **dict(zip(DATES, ("2019-05-06", "2019-05-06", "export a.bib"), strict=True)),
    }
    assert (port["published_from"], port["file"], port["language"]) == ("2019-05-07", r"C:\x\port.txt", "de")


def test_csl_as_managers_write_it() -> None:
    item = {
        "id": "http://example.org/1",
        "citation-key": "road2019",
        "author": [
            {"given": "Ilya", "non-dropping-particle": "de", "family": "Sample"},
            {"literal": "Rails, Inc."},
        ],
        "issued": {"date-parts": [["2019", "5"], ["2019", 6]]},
        "source": "Catalogue",
        "publisher": "Invented House",
        "attachments": [{"path": "a.txt"}, {"title": "a link"}],
    }
    (road, raw) = facts_of("a.json", json.dumps({"items": [item, {"issued": {"raw": "2019/05/06"}}]}))
    assert road == {
        "document": "road2019",
        "authors": "Ilya de Sample; Rails, Inc.",
        "outlet": "Invented House",
        "file": "a.txt",
        **dict(zip(DATES, ("2019-05-01", "2019-06-30", "export a.json, to the month"), strict=True)),
    }
    assert raw["published_to"] == "2019-05-06"


def test_a_record_that_is_exported_twice_is_one(tmp_path: Path) -> None:
    ris = "TY  - NEWS\nTI  - A Road to the Steppe\nDA  - 2019/05/06\nUR  - http://example.org\nER  - \n"
    bib = "@misc{road, title = {A {Road} to the Steppe}, date = {2019-05-06}, publisher = {Invented Gazette}}"
    fill(tmp_path, {"a road to the steppe.txt": article("one"), "a.bib": bib, "b.ris": ris})
    assert known(tmp_path, "published_from", "outlet", "url") == {
        "road": ("2019-05-06", "Invented Gazette", "http://example.org")
    }
    assert skipped(tmp_path) == {}
    fill(tmp_path, {"b.ris": ris.replace("05/06", "05/07")})  # another of the same title
    told = ["no date in the file", "no file found for 2 of 2 records"]
    with pytest.raises(StudyError, match=told[0]):
        gather(tmp_path, None, NONE)
    fill(tmp_path, {"2018-01-01.txt": article("two")})
    assert any(reason.startswith(told[1]) for reason in skipped(tmp_path).values())


def test_titles_with_the_same_beginning_are_told_apart(tmp_path: Path) -> None:
    start = "The Multi-Vector Foreign Policy of Ruritania in"
    entries = [f"@misc{{k{year}, title = {{{start} {year}}}, date = {{{year}}}}}" for year in (2017, 2018)]
    texts = {f"{start} {year}.txt": article(f"y{year}") for year in (2017, 2018)}
    fill(tmp_path, {"a.bib": "\n".join(entries), **texts})
    assert known(tmp_path, "published_from") == {"k2017": ("2017-01-01",), "k2018": ("2018-01-01",)}


def test_records_are_matched_by_path_name_key_and_title(tmp_path: Path) -> None:
    entry = "@misc{{{0}, title = {{{1}}}, date = {{2019-01-0{2}}}, file = {{{3}}}}}"
    entries = [
        entry.format("a2019", "First", 1, "Full:one/same.txt:text/plain"),
        entry.format("b2019", "Second", 2, "two/same.txt"),
        entry.format("c2019", "Third", 3, "/elsewhere/third.txt"),
        entry.format("d2019", "Fourth", 4, ""),
        entry.format("e2019", "A Title Long Enough to Be Cut in the Name of a File", 5, ""),
        entry.format("f2019", "The Title of a Page", 6, ""),
        entry.format("g2019", "No File", 7, "gone.txt"),
    ]
    page = "".join(f"<p>{p}</p>" for p in article("paged").split("\n\n"))
    fill(
        tmp_path,
        {
            "library.bib": "\n".join(entries),
            "one/same.txt": article("one"),
            "two/same.txt": article("two"),
            "third.txt": article("three"),
            "d2019.txt": article("four"),
            "Example - 2019 - A title long enough to be cut in the name of.txt": article("five"),
            "page.html": html(page, "<title>The title of a page</title>"),
        },
    )
    assert known(tmp_path, "file", "published_from") == {
        "a2019": ("one/same.txt", "2019-01-01"),
        "b2019": ("two/same.txt", "2019-01-02"),
        "c2019": ("third.txt", "2019-01-03"),
        "d2019": ("d2019.txt", "2019-01-04"),
        "e2019": ("Example - 2019 - A title long enough to be cut in the name of.txt", "2019-01-05"),
        "f2019": ("page.html", "2019-01-06"),
    }
    assert skipped(tmp_path) == {"library.bib": "no file found for 1 of 7 records (the first: No File)"}


def test_windows_paths_find_their_files(tmp_path: Path) -> None:
    fill(tmp_path, {"deep/road.txt": article("one"), "port.txt": article("two")})
    fill(tmp_path, {"list.csv": "file,date,colour\nC:\\Users\\x\\port.txt,2018,red\n"})
    fill(
        tmp_path,
        {"sources.csv": "document,file,title,published_from,author\nroad,deep\\road.txt,Road,2019,X\n"},
    )
    assert known(tmp_path, "file", "published_from") == {
        "road": ("deep/road.txt", "2019-01-01"),
        "port": ("port.txt", "2018-01-01"),
    }
    assert skipped(tmp_path) == {
        "list.csv": "columns that are not read (colour)",
        "sources.csv": "columns that are not read (author)",
    }


@pytest.mark.parametrize("named", ["Filename", "File Attachments"])
def test_a_table_that_lists_files(tmp_path: Path, named: str) -> None:
    table = f"{named},Title,Date,Source\n/elsewhere/x.pdf; road.txt,A Road,2019-05,Invented Gazette\n"
    fill(tmp_path, {"road.txt": article("one"), "list.csv": table})
    assert known(tmp_path, "title", "outlet", *DATES) == {
        "road": ("A Road", "Invented Gazette", "2019-05-01", "2019-05-31", "given in list.csv, to the month")
    }


def test_sources_complete_and_correct_what_is_found(tmp_path: Path) -> None:
    front = "---\ntitle: Front\nauthors: Dana Example\ndate: 2018-02-03\n---\n"
    fill(
        tmp_path,
        {
            "a.md": front + article("one"),
            "b.txt": article("two"),
            "t.csv": f'title,text\nRow,"{article("three")}"\n',
            "sources.csv": "document,file,title,published_from,standfirst\n"
            "bee,b.txt,Bee,2019,1\ntee,t.csv#2,Tee,May 2020,0\nay,a.md,Ay,,0\n",
        },
    )
    assert known(tmp_path, "title", "authors", *DATES, "standfirst", "label") == {
        "bee": ("Bee", "unknown", "2019-01-01", "2019-12-31", "as given, to the year", "1", "Bee 2019"),
        "tee": ("Tee", "unknown", "2020-05-01", "2020-05-31", "as given, to the month", "0", "Tee 2020"),
        "ay": ("Ay", "Dana Example", "2018-02-03", "2018-02-03", "front matter", "0", "Ay 2018"),
    }


def test_documents_are_named_for_figures_by_title_and_year(tmp_path: Path) -> None:
    titles = {
        "a": "A Short Road",
        "b": "A Road That Is Much Too Long for a Figure",
        "c": "Twice Named",
        "d": "Twice Named",
        "e": "\u4e2d\u4e9a\u7684\u8def",
        "f": "Turned\u202eround",
        "g": "Short",
    }
    fill(tmp_path, {f"{key}.txt": article(key * 3) for key in titles})
    lines = [f'{key},{key}.txt,"{title}",2019-01-02,' for key, title in titles.items()]
    lines[-1] += "Own Label"
    (tmp_path / "sources.csv").write_text(
        "\n".join(["document,file,title,published_from,label", *lines]), encoding="utf-8"
    )
    assert {key: label for key, (label,) in known(tmp_path, "label").items()} == {
        "a": "A Short Road 2019",
        "b": "A Road That Is Much… 2019",
        "c": "c",
        "d": "d",
        "e": "e",
        "f": "f",
        "g": "Own Label",
    }


def test_an_earlier_build_says_what_the_folder_does_not(tmp_path: Path) -> None:
    fill(tmp_path, {"a.txt": article("one"), "b.txt": article("two")})
    (tmp_path / "sources.csv").write_text(
        "document,file,title,published_from,outlet\nbee,b.txt,Bee,2019-01-02,X\nay,a.txt,Ay,2020,\n"
    )
    first = parse_corpus(tmp_path).documents
    (tmp_path / "sources.csv").unlink()
    again = parse_corpus(tmp_path, sources=first).documents
    pd.testing.assert_frame_equal(first, again)
    renamed = parse_corpus(tmp_path, corpus="other", sources=first).documents
    assert set(first["corpus"]) == {"articles"} and set(renamed["corpus"]) == {"other"}
    (tmp_path / "a.txt").unlink()
    rows, told = gather(tmp_path, first, NONE)
    assert [row["document"] for row in rows] == ["bee"]
    assert told == [("a.txt", "in the earlier build, and not in the folder")]


def test_keys_are_of_latin_letters_and_do_not_depend_on_other_files(tmp_path: Path) -> None:
    names = ["2019-01-01 a b", "2019-01-02_café", "sub/2019-01-03", "2019-01-04 степь и дорога"]
    for i, name in enumerate(names):
        fill(tmp_path, {f"{name}.txt": article(f"topic{i}")})
    assert list(known(tmp_path)) == ["2019-01-01-a-b", "2019-01-02_cafe", "text-bf956417", "sub-2019-01-03"]
    fill(tmp_path, {"sub/2019-01-03.md": article("other")})
    told = skipped(tmp_path)
    assert told == {
        "sub/2019-01-03.txt": "its key sub-2019-01-03 is that of sub/2019-01-03.md too; rename it or give "
        "it a row with another key in sources.csv"
    }


def test_an_exception_supplies_a_date_and_must_name_a_document(tmp_path: Path) -> None:
    fill(tmp_path, {"a.txt": article("one")})
    rows = [("a", field, "2019-05-06", "invented") for field in ("published_from", "published_to")]
    exceptions = pd.DataFrame([*rows, ("a", "date_basis", "guessed", "invented")], columns=list(NONE))
    (row,), _ = gather(tmp_path, None, exceptions)
    assert row["published_to"] == "2019-05-06"
    exceptions.loc[3] = ["b", "title", "B", "invented"]
    with pytest.raises(StudyError, match=r"exceptions\.csv: row 5: no document b"):
        gather(tmp_path, None, exceptions)


def test_rows_are_packed_and_stay_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    topics = {day: "same" if day in (2, 4) else f"topic{day}" for day in range(1, 8)}
    fill(tmp_path, {f"2019-01-0{day}.txt": article(topic) for day, topic in topics.items()})
    monkeypatch.setattr(gathering, "_AT_ONCE", 2)
    rows, told = gather(tmp_path, None, NONE)
    days = [f"2019-01-0{day}" for day in (1, 2, 3, 5, 6, 7)]
    assert len(rows) == 6 and [(row["document"], row["published_from"]) for row in rows] == [
        (day, day) for day in days
    ]
    assert told == [("2019-01-04.txt", "near-duplicate of 2019-01-02 (similarity 1.00)")]


def test_a_file_is_read_once_unless_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, {f"2019-01-0{day}.txt": article(f"topic{day}") for day in (1, 2)})
    read: list[str] = []

    def counted(path: Path) -> Contents:
        read.append(path.name)
        return read_contents(path)

    monkeypatch.setattr(gathering, "read_contents", counted)
    rows, _ = gather(tmp_path, None, NONE)
    fill(tmp_path, {"2019-01-02.txt": "It snows on the new road."})
    first = [read_document(tmp_path, row)[0][0][2] for row in rows]
    assert [text[:10] for text in first] == ["The topic1", "It snows o"]
    assert read == ["2019-01-01.txt", "2019-01-02.txt", "2019-01-02.txt"]


# Near-duplicates.

WORDS = [f"word{i}" for i in range(400)]


def test_near_duplicates_go_to_the_earliest_and_the_estimate_is_close() -> None:
    texts = [" ".join(WORDS)]
    for every in (160, 60, 8):  # changed words
        texts.append(" ".join("new" if i % every == every - 1 else w for i, w in enumerate(WORDS)))
    found = near_duplicates([signature(text) for text in texts])
    runs = [{tuple(t.split()[i : i + 5]) for i in range(396)} for t in texts]
    true = [len(runs[0] & other) / len(runs[0] | other) for other in runs[1:3]]
    assert {one: other for one, (other, _) in found.items()} == {1: 0, 2: 0}
    assert [share for _, share in found.values()] == pytest.approx(true, abs=0.06)
    assert near_duplicates([]) == {} == near_duplicates([signature("")] * 3)


def test_a_chain_of_copies_has_one_root() -> None:
    texts = [" ".join(WORDS[i * 20 : i * 20 + 300]) for i in range(3)]
    found = near_duplicates([signature(text) for text in texts])
    assert {one: other for one, (other, _) in found.items()} == {1: 0, 2: 0}


def test_short_texts_of_one_pattern_are_not_duplicates() -> None:
    notes = [
        f"The road to {town} is open. " + "It snowed, and the toll is low. " * 4 for town in ("A", "B", "A")
    ]
    assert near_duplicates([signature(note) for note in notes]) == {2: (0, 1.0)}


def test_many_short_texts_are_told_apart() -> None:
    notes = [f"The road to town {i} is open." for i in range(20_000)]
    assert near_duplicates([signature(note) for note in [*notes, notes[5]]]) == {20_000: (5, 1.0)}


def test_menus_around_an_article_do_not_make_it_another() -> None:
    menu = "\n".join(f"Item {i}" for i in range(200))
    assert near_duplicates([signature(article("x")), signature(f"{menu}\n{article('x')}\n{menu}")]) == {
        1: (0, 1.0)
    }


def test_syndicated_articles_are_collapsed_and_told(tmp_path: Path) -> None:
    fill(
        tmp_path,
        {
            "2019-05-07-a.txt": article("one"),
            "2019-05-06-b.txt": article("one") + "\n\nIt snows.",
            "2019-05-08-c.txt": article("two"),
        },
    )
    assert list(known(tmp_path)) == ["2019-05-06-b", "2019-05-08-c"]
    assert skipped(tmp_path) == {"2019-05-07-a.txt": "near-duplicate of 2019-05-06-b (similarity 1.00)"}
    assert skipped(tmp_path, collapse=False) == {}
    out = tmp_path.parent / "steppe"
    assert main(["build", str(tmp_path), "--out", str(out), "--keep-duplicates"]) == 0
    assert len(load_corpus(out).documents) == 3


def test_speeches_are_never_collapsed(tmp_path: Path) -> None:
    table = "document,file,title,published_from,layout\n"
    table += "".join(f"{n},{n}.txt,{n},2019,speech\n" for n in "ab")
    fill(tmp_path, {"a.txt": article("one"), "b.txt": article("one"), "sources.csv": table})
    assert list(known(tmp_path)) == ["a", "b"]


# Hostile folders.


def test_everything_else_in_a_folder_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    outside = fill(tmp_path / "outside", {"2019-01-01.txt": "Secret. " + article("secret")})
    fill(
        folder,
        {
            "2019-05-06.txt": article("one"),
            "empty.txt": "",
            "nul.txt": "a\0b",
            "scan.pdf": pdf(),
            "picture.jpg": b"\xff\xd8",
            ".hidden": "x",
            "old/datapackage.json": "{}",
            "old/documents.csv": "document\n",
            "undated.txt": article("two"),
            "2019-02-30.txt": article("three"),
            "numbers.csv": "a,b\n1,2\n",
            "data.json": '{"a": 1}',
            "rows.jsonl": '{"text": "It snows.", "date": "2019"}\n{"text": ""}\n{\n',
        },
    )
    (folder / "line\nbreak.txt").write_text("x")
    (folder / os.fsdecode(b"\xff.txt")).write_text("x")
    (folder / "link.txt").symlink_to(outside / "2019-01-01.txt")
    (folder / "link").symlink_to(outside)
    (folder / "old" / "up").symlink_to("..")
    (folder / "loop").symlink_to(".")
    os.mkfifo(folder / "pipe.txt")
    deep = folder
    for _ in range(100):
        deep = deep / "a"
    fill(deep, {"2018-01-01.txt": article("deep")})
    no_date = (
        "published_from is empty: no date in the file, in its name or in an export; "
        "`kzpolicy template` writes a table for it"
    )
    link = "a link; links are not followed: put the file itself in the folder"
    assert skipped(folder) == {
        "empty.txt": "the file is empty; put the text in it or take it away",
        "nul.txt": "not a text file (NUL byte at 1); save it as plain text in UTF-8",
        "scan.pdf": "a PDF without text (pictures of pages?); have its text recognised and save that",
        "picture.jpg": ".jpg: not a format that is read; save it as .txt, .html, .pdf or .docx",
        ".hidden": "hidden; hidden files and folders are not read",
        "old": "the tables of a study; not read",
        "undated.txt": no_date,
        "2019-02-30.txt": no_date,
        "numbers.csv": "no column of texts (named text, body or content; there are a, b)",
        "data.json": "not an export of references (AttributeError); export it again",
        "rows.jsonl#2": "the file is empty; put the text in it or take it away",
        "rows.jsonl#3": "not a line of JSON (Expecting property name enclosed in double quotes: line 2 "
        "column 1 (char 2)); correct it",
        "line\\nbreak.txt": "characters in its name do not print; rename it",
        "\\udcff.txt": "characters in its name do not print; rename it",
        "link.txt": link,
        "link": link,
        "loop": link,
        "pipe.txt": "neither a file nor a folder",
    }
    rows, _ = gather(folder, None, NONE)
    assert sorted(row["published_from"] for row in rows) == ["2018-01-01", "2019-01-01", "2019-05-06"]


def test_a_build_leaves_the_folder_as_it_was_and_prints_what_was_skipped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = {"2019-05-06.txt": article("one"), "2019-05-07.txt": "Menu\n\nShare\n"}
    folder = fill(tmp_path / "texts", texts)
    before = sorted(tmp_path.rglob("*"))
    assert main(["build", str(folder), "--out", str(tmp_path / "steppe")]) == 0
    assert "    2019-05-07.txt: no paragraph of running text in it" in capsys.readouterr().out
    assert [p for p in sorted(tmp_path.rglob("*")) if "steppe" not in p.parts] == before


def test_rows_of_a_table_are_documents(tmp_path: Path) -> None:
    texts = [article("one"), article("two").replace("\n\n", "\n")]
    table = pd.DataFrame({"id": [7, 8], "date": ["2019", "2020"], "text": texts})
    table.to_csv(tmp_path / "many.csv", index=False)
    table.assign(id=["x", "y:z"], text=table["text"] + " It snowed, and all of it was new again.").to_parquet(
        tmp_path / "more.parquet"
    )
    rows = [*gather(tmp_path, None, NONE, collapse=False)[0]]
    assert {row["document"]: row["file"] for row in rows} == {
        "many-7": "many.csv#2",
        "many-8": "many.csv#3",
        "x": "more.parquet#2",
        "more-3": "more.parquet#3",
    }
    paragraphs, _ = read_document(tmp_path, rows[1])
    assert [text for _, _, text in paragraphs] == article("two").split("\n\n")
    assert source_hash(tmp_path, rows[0]) != source_hash(tmp_path, rows[1])
    corpus = parse_corpus(tmp_path, collapse=False)
    assert corpus.documents["paragraphs"].tolist() == [5, 5, 5, 5]


def test_tables_as_spreadsheets_and_scrapers_write_them(tmp_path: Path) -> None:
    sheets = openpyxl.Workbook()
    for row in (["Date", "Text", None, "Text"], [datetime(2019, 5, 6), article("one"), "x", "second"]):
        sheets.active.append(row)
    sheets.create_sheet("More")
    sheets.save(tmp_path / "book.xlsx")
    quoted = (
        article("two").replace("\n\n", "</p><script>road < 1</script>\n<p>").replace("price", "pr&#105;ce")
    )
    fill(
        tmp_path,
        {
            "semi.csv": f'sep=;\r\nDate;Score;Full Text\r\n6.5.2019;0,5;"<p>{quoted}</p>"\r\n',
            "pipe.csv": "date|text\n2018|" + article("three").replace("\n\n", " ") + "\n",
            "wide.csv": f'date\ttext\n05/06/2017\t"{article("four")}"\n'.encode("utf-16"),
        },
    )
    rows, told = gather(tmp_path, None, NONE)
    assert [(row["file"], row["published_from"], row.get("notes")) for row in rows] == [
        ("book.xlsx#2", "2019-05-06", None),
        ("pipe.csv#2", "2018-01-01", None),
        ("semi.csv#2", "2019-05-06", "HTML markup taken out"),
    ]
    assert told == [
        ("wide.csv#2", "its date can be read in two ways or none (05/06/2017); write it as 2019-05-06"),
        ("book.xlsx", "sheets that are not read (More); save each as a file"),
        ("book.xlsx", "columns that are not read (one without a name, Text (2))"),
        ("semi.csv", "columns that are not read (Score)"),
    ]
    texts = [[text for _, _, text in read_document(tmp_path, row)[0]] for row in rows]
    assert texts[0] == article("one").split("\n\n") and texts[2] == article("two").split("\n\n")


def test_a_text_that_does_not_read_like_english_is_not_called_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    french = "Les villes de la steppe attendent une route que les marchands ont promise à leurs voisins. " * 5
    texts = {"2019-01-01.txt": french, "2019-01-02.md": f"---\nlanguage: fr\n---\n{french} Il neige."}
    texts["2019-01-03.txt"] = article("one")
    folder = fill(tmp_path / "texts", texts)
    note = "not in English, for which the scores are made"
    build = ["build", str(folder), "--out", str(tmp_path / "steppe"), "--keep-duplicates"]
    for _ in range(2):  # and again, from what the first build knew
        assert main(build) == 0
        assert "  not in English: 2 of 3 texts, though scored as if they were\n" in capsys.readouterr().out
        documents = load_corpus(tmp_path / "steppe").documents.fillna("")
        assert documents[["language", "notes"]].to_numpy().tolist() == [["und", note], ["fr", ""], ["en", ""]]


def test_a_source_table_of_one_long_line_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, {"a.txt": article("one"), "sources.csv": "document,file,title,published_from" + "x" * 99})
    monkeypatch.setattr(tabular, "_LONGEST", 100)
    monkeypatch.setattr(gathering, "decode", None)
    with pytest.raises(StudyError, match=r"sources\.csv: a line of more than 20 MB; split it"):
        gather(tmp_path, None, NONE)


# The template.


def test_the_template_holds_what_is_known_and_builds_once_completed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = fill(
        tmp_path / "texts",
        {
            "a.md": f"---\ntitle: =1+1\ndate: 2019-05\n---\n{article('one')}",
            "b.txt": article("two"),
            "c.txt": "",
        },
    )
    assert main(["template", str(folder)]) == 0
    printed = capsys.readouterr().out
    assert "sources.csv: complete the empty cells" in printed
    assert "skipped: c.txt: the file is empty" in printed
    path = folder / "sources.csv"
    table = pd.read_csv(path, dtype="str", keep_default_na=False, index_col="document")
    assert table.loc["a", ["file", "title", *DATES]].tolist() == [
        *("a.md", "'=1+1", "2019-05-01", "2019-05-31", "front matter, to the month")
    ]
    assert table.loc["b", ["file", "title", *DATES]].tolist() == ["b.txt", "b", "", "", ""]
    assert set(skipped(folder)) == {"b.txt", "c.txt"}
    before = path.read_bytes()
    assert main(["template", str(folder)]) == 2
    assert "exists; complete it" in capsys.readouterr().err and path.read_bytes() == before
    # As a spreadsheet of another country saves it.
    path.write_bytes(before.replace(b"b.txt,b,,,,,,,", b"b.txt,b,,,,,,2020,").replace(b",", b";"))
    assert known(folder, "title", *DATES) == {
        "a": ("=1+1", "2019-05-01", "2019-05-31", "front matter; to the month"),
        "b": ("b", "2020-01-01", "2020-12-31", "as given, to the year"),
    }


def test_the_template_gives_each_document_a_key_of_its_own(tmp_path: Path) -> None:
    fill(tmp_path, {"2019-01-01.txt": article("one"), "2019-01-01.md": article("two")})
    path, _ = write_template(tmp_path)
    assert pd.read_csv(path)["document"].tolist() == ["2019-01-01", "2019-01-01-2"]
    assert list(known(tmp_path)) == ["2019-01-01", "2019-01-01-2"]


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=300) | st.text(max_size=300).map(str.encode),
    st.sampled_from(["sources.csv", "a.ris", "a.bib", "a.json", "a.csv", "a.md", "a.jsonl"]),
)
def test_any_bytes_beside_an_article_leave_the_article(tmp_path: Path, raw: bytes, name: str) -> None:
    folder = tmp_path / "texts"
    fill(folder, {"2019-05-06.txt": article("one")})
    for other in set(folder.iterdir()) - {folder / "2019-05-06.txt"}:
        other.unlink()
    (folder / name).write_bytes(raw)
    rows = Rows()
    try:
        rows, _ = gather(folder, None, NONE)
    except StudyError as error:
        assert name == "sources.csv" and len(str(error).splitlines()) == 1
    assert name == "sources.csv" or "2019-05-06" in [row["document"] for row in rows]


@pytest.mark.parametrize("module", [bibliography, duplicates, formats, gathering])
def test_the_examples(module: ModuleType) -> None:
    result = doctest.testmod(module)
    assert result.attempted and not result.failed


def test_strict_stops_at_a_document_that_cannot_be_used_and_at_nothing_else(tmp_path: Path) -> None:
    same = {f"2019-05-0{day}.txt": article("one") for day in (6, 7)}
    fill(tmp_path, {**same, ".hidden": "x", "picture.jpg": "x"})
    with pytest.raises(StudyError, match=r"picture\.jpg: \.jpg: not a format"):
        gather(tmp_path, None, NONE, strict=True)
    (tmp_path / "picture.jpg").unlink()
    rows, told = gather(tmp_path, None, NONE, strict=True)
    assert len(rows) == 1 and [file for file, _ in told] == ["2019-05-07.txt", ".hidden"]
