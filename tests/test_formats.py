"""Tests of reading files of all formats; every text is invented and every file is made here."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from kzpolicy import formats
from kzpolicy.errors import StudyError
from kzpolicy.formats import decode, read_contents
from kzpolicy.tabular import TABULAR, read_row, read_rows

ONE = "The steppe road opened on Monday, and three lorries crossed it before noon."
TWO = "Officials said the toll would stay low until the bridge to Russia is done."
CYRILLIC = "Дорога открыта, и грузовики идут в Москву через степь до самого вечера."
_WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def docx(*paragraphs: str, before: str = "", more: dict[str, str | bytes] | None = None) -> bytes:
    """Make a Word file of paragraphs given as text or as XML."""
    runs = (p if p.startswith("<") else f"<w:r><w:t>{p}</w:t></w:r>" for p in paragraphs)
    body = "".join(f"<w:p>{run}</w:p>" for run in runs)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(
            "word/document.xml", f"{before}<w:document {_WORD}><w:body>{body}</w:body></w:document>"
        )
        for name, content in (more or {}).items():
            archive.writestr(name, content)
    return buffer.getvalue()


def pdf(*lines: str, title: str = "") -> bytes:
    """Make a PDF of one page; without lines it has no text."""
    writer = PdfWriter()
    page = writer.add_blank_page(300, 300)
    if lines:
        font = DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Font"),
                NameObject("/Subtype"): NameObject("/Type1"),
                NameObject("/BaseFont"): NameObject("/Helvetica"),
            }
        )
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F1"): writer._add_object(font)})}
        )
        content = DecodedStreamObject()
        shown = " ".join(f"({line}) Tj 0 -14 Td" for line in lines)
        content.set_data(f"BT /F1 10 Tf 10 280 Td {shown} ET".encode("latin-1"))
        page[NameObject("/Contents")] = writer._add_object(content)
    if title:
        writer.add_metadata({"/Title": title, "/Author": "Dana Example"})
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def html(body: str, head: str = "") -> bytes:
    return f'<!DOCTYPE html><html lang="en-GB"><head>{head}</head><body>{body}</body></html>'.encode()


def refusal(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(StudyError) as caught:
        read_contents(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and len(message.splitlines()) == 1
    return message.removeprefix(f"{path}: ")


# Encodings.


@pytest.mark.parametrize(
    ("encoding", "text", "told"),
    [
        ("utf-8", CYRILLIC, ()),
        ("utf-8-sig", CYRILLIC, ()),
        ("utf-16", CYRILLIC, ("read as utf-16",)),
        ("cp1251", CYRILLIC, ("read as cp1251",)),
        ("cp1251", "Дорога открыта", ("read as cp1251",)),
        ("cp1252", f"“{ONE}” she said in a café.", ("read as cp1252",)),
        ("mac_roman", f"“{ONE}” she said — in a café’s naïve way.", ("read as mac_roman",)),
        ("koi8_r", CYRILLIC, ("read as koi8_r",)),
        ("mac_cyrillic", CYRILLIC, ("read as mac_cyrillic",)),
        ("cp1251", f"{ONE} {TWO} Он сказал: «{CYRILLIC}» {ONE}", ("read as cp1251",)),
        ("cp1253", "Ο δρόμος της στέπας άνοιξε τη Δευτέρα και τρία φορτηγά πέρασαν.", ("read as cp1253",)),
    ],
)
def test_encodings_are_detected_and_told(
    tmp_path: Path, encoding: str, text: str, told: tuple[str, ...]
) -> None:
    path = tmp_path / "road.txt"
    path.write_bytes(text.encode(encoding))
    assert read_contents(path) == (text, {}, told)


@pytest.mark.parametrize("mark", [b"\xfe\xff", b"\xff\xfe"])
def test_both_orders_of_utf_16(mark: bytes) -> None:
    assert decode(mark + "Ж.".encode("utf-16-be" if mark[0] == 0xFE else "utf-16-le")) == ("Ж.", "utf-16")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (CYRILLIC.encode() + b"\xff" + ONE.encode(), "not UTF-8 (line 1)"),
        (ONE.encode() + b"\n" + CYRILLIC.encode()[:3], "not UTF-8 (line 2)"),
        (ONE.encode() + b"\xd0", "not UTF-8 (line 1)"),
        (b"\xff\xfe\x00\xd8 \x00", "not UTF-16 (line 1)"),
        (b"\x89PNG\r\n\x1a\n\xff", "not UTF-8 (line 1)"),
        (ONE.encode("utf-32"), "not a text file (NUL"),
        (b"One.\0Two.", "not a text file (NUL byte at 4)"),
    ],
)
def test_broken_bytes_are_never_replaced(tmp_path: Path, content: bytes, told: str) -> None:
    assert refusal(tmp_path / "road.txt", content).startswith(told)


def test_characters_that_show_nothing_are_taken_out_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "road.txt"
    path.write_bytes("Rus\u200bsia\u202e and \u2066Chi\xadna\x07\r\nmet.\f".encode())
    assert read_contents(path) == ("Russia and China\nmet.\f", {}, ("5 invisible characters taken out",))


# Formats.


def test_markdown_without_its_markup(tmp_path: Path) -> None:
    path = tmp_path / "road.md"
    path.write_text(
        "---\ntitle: 'A Road: Opened'\ndate: 2019-05\nauthors:\n- Dana Example\n- Ilya Sample\n"
        "publication: Invented Gazette\nlang: en-GB\ndeep: [[1], {a: b}]\n---\n"
        f"# A *Road*\n\n> {ONE}\n\n- one [link](https://example.org) ![picture](x.png) **bold**\n\n"
        "```\ncode\n```\n<script>alert(1)</script>\n\nLast\nline & `word`.\n"
    )
    text, facts, notes = read_contents(path)
    assert text.split("\n\n") == ["A Road", ONE, "one link  bold", "Last line & word."]
    assert facts == {
        "title": "A Road: Opened",
        "authors": "Dana Example; Ilya Sample",
        "outlet": "Invented Gazette",
        "language": "en",
        "published_from": "2019-05-01",
        "published_to": "2019-05-31",
        "date_basis": "front matter, to the month",
    }


def test_front_matter_that_is_no_yaml_is_named_and_aliases_do_not_grow(tmp_path: Path) -> None:
    assert "front matter is not YAML (line 3)" in refusal(
        tmp_path / "a.md", b"---\ntitle: A\nb: [1\n---\nText.\n"
    )
    lines = ["k0: &k0 [x]"] + [f"k{i}: &k{i} [*k{i - 1}, *k{i - 1}]" for i in range(1, 60)]
    path = tmp_path / "b.md"
    path.write_text("\n".join(["---", *lines, "title: *k59", "---", ONE]))
    assert read_contents(path) == (ONE, {}, ())


def test_the_main_text_of_a_page_and_what_the_page_states(tmp_path: Path) -> None:
    head = (
        '<meta property="og:title" content="A Road Opens"><meta name="author" content="Dana Example">'
        '<meta property="article:published_time" content="2018-03-04T08:00:00Z">'
        '<meta property="og:site_name" content="Invented Gazette"><script>var a = "steal";</script>'
    )
    paragraphs = "".join(f"<p>{p}</p>" for p in (ONE, TWO, ONE.replace("road", "rail")))
    body = f"<nav><a href='/'>Home</a></nav><article><h1>A Road Opens</h1>{paragraphs}</article>"
    path = tmp_path / "road.html"
    path.write_bytes(html(f"{body}<script>alert('run')</script><footer>All rights</footer>", head))
    text, facts, notes = read_contents(path)
    assert text.split("\n\n") == ["A Road Opens", ONE, TWO, ONE.replace("road", "rail")]
    assert facts == {
        "title": "A Road Opens",
        "authors": "Dana Example",
        "outlet": "Invented Gazette",
        "language": "en",
        "published_from": "2018-03-04",
        "published_to": "2018-03-04",
        "date_basis": "stated by the page",
    }
    # A page is known by its content too, and its own word on its encoding is taken.
    path = tmp_path / "road.txt"
    cyrillic = html(f"<p>{CYRILLIC}</p>" * 3, '<meta charset="koi8-r">').decode().encode("koi8-r")
    path.write_bytes(cyrillic)
    text, _, notes = read_contents(path)
    assert CYRILLIC in text and notes == ("read as koi8-r",)


def test_a_pdf_with_and_without_text(tmp_path: Path) -> None:
    path = tmp_path / "road.pdf"
    lines = ("The multi-", "vector policy, a multi-vector one, of gov-", "ernments.")
    path.write_bytes(pdf(*lines, title="Road"))
    text, facts, _ = read_contents(path)
    assert text.split() == "The multi-vector policy, a multi-vector one, of governments.".split()
    assert facts == {"title": "Road", "authors": "Dana Example"}
    assert "PDF without text" in refusal(path, pdf())
    assert "PDF cannot be read" in refusal(path, b"%PDF-1.4\n%%EOF")
    named = tmp_path / "road.txt"
    named.write_bytes(pdf(ONE))
    assert read_contents(named).text.split() == ONE.split()


def test_lines_of_a_pdf_become_paragraphs_and_its_heads_go(tmp_path: Path) -> None:
    writer = PdfWriter()
    for number, lines in enumerate(
        (
            (
                "The steppe road opened on a Monday, and three",
                "Kazakh lorries crossed it before noon.",
                "They met snow.",
            ),
            (
                "A second paragraph is about the toll, which the",
                "Governor set, and it goes on over the end of a",
            ),
            ("Page of the book, whose foot has its number only.", "2. A point is listed."),
        ),
        start=1,
    ):
        head = f"Journal of Roads, {number}"
        writer.append(io.BytesIO(pdf(head, "6 May 2019" if number == 1 else "-", *lines, f"{number} of 3")))
    writer.add_metadata({"/Title": "Microsoft Word - road.docx", "/CreationDate": "D:20210203"})
    path = tmp_path / "road.pdf"
    writer.write(path)
    assert read_contents(path) == (
        "6 May 2019\n\n"
        "The steppe road opened on a Monday, and three Kazakh lorries crossed it before noon.\n\n"
        "They met snow.\n\n"
        "A second paragraph is about the toll, which the Governor set, and it goes on over the end of a "
        "Page of the book, whose foot has its number only.\n\n"
        "2. A point is listed.",
        {"published_from": "2019-05-06", "published_to": "2019-05-06", "date_basis": "a line of the text"},
        ("8 running heads and page numbers taken out",),
    )


@pytest.mark.parametrize(
    ("producer", "year"),
    [("A typesetter", "2021"), ("Skia/PDF m103", None), ("Microsoft: Print To PDF", None)],
)
def test_a_pdf_is_of_the_year_it_was_made_in_unless_it_is_a_printed_page(
    tmp_path: Path, producer: str, year: str | None
) -> None:
    writer = PdfWriter()
    writer.append(io.BytesIO(pdf(ONE)))
    writer.add_metadata({"/Producer": producer, "/CreationDate": "D:20210203112233Z"})
    path = tmp_path / "road.pdf"
    writer.write(path)
    facts = read_contents(path).facts
    assert facts.get("published_from") == (year and f"{year}-01-01")
    assert facts.get("published_to") == (year and f"{year}-12-31")
    assert facts.get("date_basis") == (year and "when the PDF was made, to the year")


@pytest.mark.parametrize(
    ("line", "first"),
    [
        ("6 May 2019", "2019-05-06"),
        ("Published on May 6, 2019", "2019-05-06"),
        ("May 2019", "2019-05-01"),
        ("2019", None),
        ("2019 was a good year.", None),
        ("Signed on 6 May 2019.", None),
    ],
)
def test_a_date_alone_in_a_line_near_the_head_is_the_day(
    tmp_path: Path, line: str, first: str | None
) -> None:
    path = tmp_path / "road.txt"
    path.write_text(f"A Road\n\n{line}\n\n{ONE}\n")
    assert read_contents(path).facts.get("published_from") == first
    path.write_text(f"A Road\n\n{ONE}\n" + "\n" * 20 + line)
    assert read_contents(path).facts == {}


def test_a_word_file(tmp_path: Path) -> None:
    path = tmp_path / "road.docx"
    core = (
        '<c:x xmlns:c="c" xmlns:d="d"><d:title>A Road</d:title><d:creator>Dana Example</d:creator>'
        "<d:created>2019-05-06</d:created></c:x>"
    )
    deleted = "<w:del><w:r><w:delText>gone</w:delText></w:r></w:del>"
    box = "<w:r><w:txbxContent><w:p><w:r><w:t>Boxed.</w:t></w:r></w:p></w:txbxContent></w:r>"
    deleted += box + "<w:r><w:t>kept</w:t><w:tab/><w:t>words</w:t></w:r>"
    path.write_bytes(docx(ONE, "", deleted, more={"docProps/core.xml": core}))
    assert read_contents(path) == (
        f"{ONE}\n\nkept words\n\nBoxed.",
        {"title": "A Road", "authors": "Dana Example"},
        (),
    )


def test_hostile_word_files_are_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "road.docx"
    bomb = docx(ONE, more={"word/media.bin": bytes(30_000_000)})
    assert len(bomb) < 100_000 and "grows too much" in refusal(path, bomb)
    entities = '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]>'
    assert "XML with entities" in refusal(path, docx("&c;", before=entities))
    outside = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]>'
    assert "XML with entities" in refusal(path, docx("&b;", before=outside))
    assert "broken zip" in refusal(path, docx(ONE)[:-40])
    assert "not a Word file" in refusal(path, docx("<w:r>"))
    assert "broken zip" in refusal(path, b"no zip at all")
    assert "the file is empty" in refusal(path, docx())


@pytest.mark.parametrize("name", ["road.jpg", "road.doc", "road", "road.exe"])
def test_other_formats_are_named(tmp_path: Path, name: str) -> None:
    assert "not a format that is read; save it as" in refusal(tmp_path / name, b"MZ, or whatever it is")


def test_a_text_of_a_hundred_megabytes_is_refused(tmp_path: Path) -> None:
    told = "larger than 80 MB; split it into its documents"
    assert refusal(tmp_path / "road.txt", b"word " * 20_000_000) == told


def test_a_file_too_large_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "LARGEST", 10)
    monkeypatch.setattr(Path, "read_bytes", lambda path: pytest.fail("it was read"))
    assert refusal(tmp_path / "road.txt", b"x" * 41).startswith("larger than")


# Tables.

ROWS = [{"title": "One", "text": "A;b, \n c"}, {"title": "Two", "text": "“x”"}]
WRITERS: dict[str, Callable[[Path], object]] = {
    "a.csv": lambda path: pd.DataFrame(ROWS).to_csv(path, index=False),
    "b.csv": lambda path: pd.DataFrame(ROWS).to_csv(path, index=False, sep=";", encoding="cp1252"),
    "c.tsv": lambda path: pd.DataFrame(ROWS).to_csv(path, index=False, sep="\t", encoding="utf-16"),
    "d.xlsx": lambda path: pd.DataFrame(ROWS).to_excel(path, index=False),
    "e.parquet": lambda path: pd.DataFrame(ROWS).to_parquet(path),
}


@pytest.mark.parametrize("name", WRITERS)
def test_rows_are_numbered_as_a_spreadsheet_does(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    WRITERS[name](path)
    assert list(read_rows(path)) == [(2, ROWS[0]), (3, ROWS[1])]
    assert [read_row(path, n)["title"] for n in (3, 2, 2, 3)] == ["Two", "One", "One", "Two"]
    with pytest.raises(StudyError, match="has no row 4"):
        read_row(path, 4)


def test_rows_that_cannot_be_read_are_named_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(
        json.dumps(ROWS[0]).encode() + b"\n{half\n\n[1]\n" + b"[" * 50_000 + b'\n{"title": "\\u0000"}\n\xff\n'
    )
    read = {number: row if isinstance(row, dict) else str(row)[:22] for number, row in read_rows(path)}
    assert read == {
        1: ROWS[0],
        2: "not a line of JSON (Ex",
        4: "not a JSON object; cor",
        5: "not a line of JSON (ma",
        6: {"title": "\0"},
        7: "not a line of JSON ('u",
    }
    path = tmp_path / "b.csv"
    path.write_text(f"title,text\nOne,a\nTwo,b,c\nThree,{'x' * 20_000_001}\n,,,\nFour,=1+1\n")
    read = {number: row if isinstance(row, dict) else str(row)[:22] for number, row in read_rows(path)}
    assert read == {
        2: {"title": "One", "text": "a"},
        3: "has more cells than th",
        4: "a cell of more than 20",
        6: {"title": "Four", "text": "=1+1"},
    }


def test_a_parquet_table_is_not_unpacked_into_the_memory(tmp_path: Path) -> None:
    long, path = "It snows. " * 100_000, tmp_path / "a.parquet"
    frame = pd.DataFrame({"text": [long] * 30, "number": range(30)})
    frame.to_parquet(path)  # which holds the text once
    assert path.stat().st_size < 100_000
    assert list(read_rows(path)) == [(n + 2, {"text": long, "number": n}) for n in range(30)]
    frame.to_parquet(path, use_dictionary=False, compression="zstd")
    with pytest.raises(StudyError, match=r"grows too much when it is unpacked"):
        next(read_rows(path))


def test_a_table_that_breaks_gives_the_rows_before(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"title,text\n" + b"One,a\n" * 200_000 + b"\xff\n")
    rows = read_rows(path)
    with pytest.raises(StudyError, match="cannot be read to its end"):
        read = 0
        for _ in rows:
            read += 1
    assert read > 100_000


# Anything at all.


def table(write: Callable[[pd.DataFrame, io.BytesIO], object]) -> bytes:
    buffer = io.BytesIO()
    write(pd.DataFrame(ROWS), buffer)
    return buffer.getvalue()


MAGIC = [b"", b"%PDF-1.4\n", b"PK\3\4word/", b"---\n", b"<html>", b"\xff\xfe", b"title,text\n", b'{"text": "']
MADE = [
    docx(ONE, TWO),
    pdf(ONE, TWO),
    html(f"<p>{ONE}</p>"),
    f"---\ntitle: A\n---\n{ONE}".encode(),
    table(lambda frame, file: frame.to_excel(file, index=False)),
    table(lambda frame, file: frame.to_parquet(file)),
]
ENDINGS = [".txt", ".md", ".html", ".pdf", ".docx", "", *TABULAR]


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """Draw any bytes, bytes that begin as a format does, or a good file with some bytes changed."""
    if draw(st.booleans()):
        anything = st.binary(max_size=300) | st.text(max_size=200).map(str.encode)
        return draw(st.sampled_from(MAGIC)) + draw(anything)
    raw = bytearray(draw(st.sampled_from(MADE)))
    for _ in range(draw(st.integers(0, 6))):
        raw[draw(st.integers(0, len(raw) - 1))] = draw(st.integers(0, 255))
    return bytes(raw[: draw(st.integers(1, len(raw)))])


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files(), st.sampled_from(ENDINGS))
def test_any_bytes_give_a_text_or_one_line(tmp_path: Path, raw: bytes, ending: str) -> None:
    path = tmp_path / f"road{ending}"
    path.write_bytes(raw)
    try:
        if ending in TABULAR:
            for _, row in read_rows(path):
                assert isinstance(row, dict) or len(str(row).splitlines()) == 1
        else:
            contents = read_contents(path)
            assert contents.text.strip() and contents.text.encode()
    except StudyError as error:
        assert len(str(error).splitlines()) == 1
