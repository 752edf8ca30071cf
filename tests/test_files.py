"""Tests of reading files of all formats; every text is invented and every file is made here."""

import io
import json
import zipfile

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from kzpolicy.build.files import TABLE_FILES, TEXT_FILES, Text, decode, read_texts
from kzpolicy.tables import StudyError

ONE = "The steppe road opened on Monday, and three lorries crossed it before noon."
TWO = "Officials said the toll would stay low until the bridge to Russia is done."
CYRILLIC = "Дорога открыта, и грузовики идут в Москву через степь до самого вечера."
WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
STRICT = 'xmlns:w="http://purl.oclc.org/ooxml/wordprocessingml/main"'


def docx(*paragraphs: str, spaces: str = WORD, part: str = "word/document.xml") -> bytes:
    """Make a Word file of paragraphs given as text or as XML."""
    runs = (p if p.startswith("<") else f"<w:r><w:t>{p}</w:t></w:r>" for p in paragraphs)
    body = "".join(f"<w:p>{run}</w:p>" for run in runs)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(part, f"<w:document {spaces}><w:body>{body}</w:body></w:document>")
    return buffer.getvalue()


def pdf(*pages: tuple[str, ...], **about: str) -> bytes:
    """Make a PDF of pages of lines."""
    writer, buffer = PdfWriter(), io.BytesIO()
    names = {"Type": "Font", "Subtype": "Type1", "BaseFont": "Helvetica", "Encoding": "WinAnsiEncoding"}
    font = DictionaryObject({NameObject(f"/{key}"): NameObject(f"/{value}") for key, value in names.items()})
    for lines in pages:
        page = writer.add_blank_page(420, 300)
        fonts = DictionaryObject({NameObject("/F1"): writer._add_object(font)})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        content = DecodedStreamObject()
        shown = " ".join(f"({line}) Tj 0 -14 Td" for line in lines)
        content.set_data(f"BT /F1 10 Tf 10 280 Td {shown} ET".encode("latin-1"))
        page[NameObject("/Contents")] = writer._add_object(content)
    writer.add_metadata({f"/{key}": value for key, value in about.items()})
    writer.write(buffer)
    return buffer.getvalue()


def xlsx(*rows: tuple[str, ...], sheets: tuple[str, ...] = ("Texts",)) -> bytes:
    buffer = io.BytesIO()
    with pd.ExcelWriter(buffer) as book:
        for name in sheets:
            pd.DataFrame(rows).to_excel(book, sheet_name=name, header=False, index=False)
    return buffer.getvalue()


def page(body: str, head: str = "") -> str:
    return f'<!DOCTYPE html><html lang="en-GB"><head>{head}</head><body>{body}</body></html>'


ARTICLE = page(
    "<nav><a href='/'>Home</a></nav><article><h1>A Road Opens</h1>"
    + "".join(f"<p>{p}</p>" for p in (ONE, TWO, ONE.replace("road", "rail")))
    + "</article><script>alert('run')</script><footer>All rights</footer>",
    '<meta property="og:title" content="A Road Opens"><meta name="author" content="Dana Example">'
    '<meta property="article:published_time" content="2018-03-04T08:00:00Z">'
    '<meta property="og:site_name" content="Invented Gazette"><script>var a = "steal";</script>',
)


def read(name: str, content: bytes | str) -> Text:
    (one,) = read_texts(name, content.encode() if isinstance(content, str) else content)
    assert not one.part and not one.fault
    return one


def refusal(name: str, content: bytes | str) -> str:
    with pytest.raises(StudyError) as caught:
        read_texts(name, content.encode() if isinstance(content, str) else content)
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


def dated(day: str, basis: str, date: str = "") -> dict[str, str]:
    return {"date": date or day, "date_basis": basis, "published_from": day, "published_to": day}


@pytest.mark.parametrize("encoding", "utf-8 utf-8-sig utf-16 cp1251 koi8_r".split())
def test_encodings_are_detected_and_told(encoding: str) -> None:
    told = () if encoding.startswith("utf-8") else (f"read as {encoding}",)
    assert decode(CYRILLIC.encode(encoding)) == (CYRILLIC, told)
    assert read("road.txt", CYRILLIC.encode(encoding)).notes == told


def test_few_letters_show_an_encoding() -> None:
    western = f"“{ONE}” she said in a café.", "São Tomé’s minister, Señor Núñez, said “no”."
    french = "Il a déclaré que l’été était très beau où les élèves étaient réunis."
    for text in (*western, french):
        assert decode(text.encode("cp1252")) == (text, ("read as cp1252",))
    for text in ("Дорога открыта", f"{ONE} {TWO} Он сказал: «{CYRILLIC}» {ONE}"):
        assert decode(text.encode("cp1251")) == (text, ("read as cp1251",))


def test_what_is_no_text_is_refused() -> None:
    broken = CYRILLIC.encode() + b"\xff" + ONE.encode()
    for content in (broken, b"\xff\xfe\x00\xd8 \x00", b"\x89PNG\r\n\x1a\n\0\xff", b"One.\0Two."):
        assert refusal("road.txt", content) == "not a text file; save it as plain text in UTF-8"
    for empty in ("", " \n", "\u200b\ufeff \n"):
        assert refusal("road.txt", empty).startswith("the file is empty")


def test_all_of_a_file_shows_its_encoding() -> None:
    rows = "".join(f"2019-05-{i % 28 + 1:02},Row {i}: the road is long.\n" for i in range(9_000))
    last = "2019-06-07,Russia’s road is long.\n".encode("cp1252")
    assert read_texts("a.csv", b"date,text\n" + rows.encode() + last)[-1] == Text(
        "Russia’s road is long.", dated("2019-06-07", "given in the table"), ("read as cp1252",), "#9002"
    )


def test_markdown_without_its_markup() -> None:
    found = read(
        "road.md",
        "---\ntitle: 'A Road: Opened'\ndate: 2019-05\nauthors:\n- Dana Example\n- Ilya Sample\n"
        "publication: Invented Gazette\nlang: no\ndeep: [[1], {a: b}]\n---\n"
        f"# A *Road*\n\n> {ONE}\n\n- one [link](https://example.org) **bold**\n\n\tIndented text\n\n"
        "```\nFenced text.\n```\n<div>\nText in *tags*.\n</div>\n\n<!-- none --><script>alert(1)</script>\n\n"
        "Trade<br>grew.\n\nLast\nline & `word` <b>a</b>, 2 < 3.\n",
    )
    paragraphs = ["A Road", ONE, "one link bold", "Indented text", "Fenced text.", "Text in *tags*."]
    assert found.text.split("\n\n") == [*paragraphs, "Trade\ngrew.", "Last\nline & word a, 2 < 3."]
    assert found.facts == {
        **{"title": "A Road: Opened", "authors": "Dana Example; Ilya Sample", "outlet": "Invented Gazette"},
        **{"published_from": "2019-05-01", "published_to": "2019-05-31", "language": "no", "date": "2019-05"},
        "date_basis": "front matter, to the month",
    }


def test_front_matter_that_is_none_is_text_and_a_hostile_one_is_refused() -> None:
    assert read("a.md", f"---\n{ONE}\n---\n{TWO}").text == f"{ONE}\n\n{TWO}"
    told = refusal("a.md", "---\ntitle: A\nb: [1\n---\nText.")
    assert told == "front matter is not YAML; correct what stands between the two lines ---"


@pytest.mark.parametrize("name", ["road.html", "road.htm", "road.txt"])
def test_the_main_text_of_a_page_and_what_the_page_states(name: str) -> None:
    found = read(name, ARTICLE)
    assert found.text.split("\n\n") == ["A Road Opens", ONE, TWO, ONE.replace("road", "rail")]
    facts = {"title": "A Road Opens", "authors": "Dana Example", "outlet": "Invented Gazette"}
    assert found.facts == facts | dated("2018-03-04", "stated by the page")
    cyrillic = page(f"<p>{CYRILLIC}</p>" * 3, '<meta charset="koi8-r">')
    found = read("road.txt", cyrillic.encode("koi8-r"))
    assert CYRILLIC in found.text and found.notes == ("read as koi8_r",)
    assert refusal("road.html", page("")).startswith("no main text found in the page")


def test_a_date_alone_in_a_line_near_the_head_is_the_day() -> None:
    facts = read("a.txt", f"A Road\n\nPublished on May 6, 2019\n\n{ONE}").facts
    assert facts["published_from"] == "2019-05-06"
    assert read("a.txt", f"A Road\n\n2019\n\n{ONE}" + "\n" * 20 + "6 May 2019").facts == {}


def test_a_word_file_as_it_stands_when_its_changes_are_accepted() -> None:
    t = "<w:r><w:t>{}</w:t></w:r>".format
    box = f"<w:r><w:txbxContent><w:p>{t('Boxed.')}</w:p></w:txbxContent></w:r>"
    changed = (
        f"<w:del><w:r><w:delText>gone</w:delText></w:r></w:del>{box}{t('kept')}<w:r><w:tab/></w:r>"
        f"<w:ins>{t('words')}</w:ins><w:moveFrom>{t('moved ')}</w:moveFrom><w:sdt>{t(', ')}</w:sdt>"
        f"<w:moveTo>{t('moved')}</w:moveTo>"
    )
    signs = "<w:r><w:t>China</w:t><w:noBreakHyphen/><w:t>Rus</w:t><w:softHyphen/><w:t>sia</w:t></w:r>"
    found = read("a.docx", docx(ONE, "", changed, signs))
    assert found.text.split("\n\n") == [ONE, "Boxed.", "kept words, moved", "China-Russia"]
    assert found.facts == {} and not found.notes


@pytest.mark.parametrize("name", ["a.docx", "a.txt", "a.doc"])
def test_other_sound_word_files(name: str) -> None:
    for made in {"spaces": STRICT}, {"part": "word\\document.xml"}, {"part": "word/document2.xml"}:
        assert read(name, docx(ONE, TWO, **made)).text == f"{ONE}\n\n{TWO}"


def test_broken_files() -> None:
    assert refusal("a.docx", docx(ONE)[:-40]).startswith("a broken .docx file (BadZipFile")
    assert refusal("a.docx", docx("<w:r>")).startswith("a broken .docx file (XMLSyntaxError")
    assert refusal("a.docx", docx()).startswith("the file is empty")
    assert refusal("a.pdf", b"%PDF-1.4\n%%EOF").startswith("a broken .pdf file")
    assert refusal("a.parquet", b"PAR1" + b"x" * 99 + b"PAR1").startswith("a broken .parquet file")


def test_rich_text() -> None:
    rich = rb"{\rtf1\ansi{\fonttbl{\f0 Times;}}Russia\'92s {\b road}\par\par Krem\-lin \u8212?on.}"
    assert read("a.rtf", rich).text.strip() == "Russia’s road\n\nKremlin —on."


def test_lines_of_a_pdf_become_paragraphs_and_its_heads_go() -> None:
    texts = (
        ("The steppe road opened on a Monday, and three", "Kazakh lorries crossed it.", "They met snow."),
        ("A second paragraph is about the toll, which the", "Governor set, and it goes on over the end of a"),
        ("Page of the book, whose foot has its number only.", "2. A point is listed."),
    )
    pages = [
        (f"Journal of Roads, {n}", "6 May 2019" if n == 1 else "-", *lines, f"{n} of 3")
        for n, lines in enumerate(texts, start=1)
    ]
    made = pdf(*pages, Title="Microsoft Word - road.docx", CreationDate="D:20210203")
    date = {"published_from": "2019-05-06", "published_to": "2019-05-06", "date_basis": "a line of the text"}
    found = read("road.pdf", made)
    assert found.text.split("\n\n") == [
        "6 May 2019",
        "The steppe road opened on a Monday, and three Kazakh lorries crossed it.",
        "They met snow.",
        "A second paragraph is about the toll, which the Governor set, and it goes on over the end of a "
        "Page of the book, whose foot has its number only.",
        "2. A point is listed.",
    ]
    assert (found.facts, found.notes) == (date, ("8 running heads and page numbers taken out",))


def test_words_broken_at_a_line_end_and_points_behind_bullets_of_a_pdf() -> None:
    lines = ("The multi-", "vector policy, a multi-vector one, of gov-", "ernments and the Krem\xad", "lin.")
    text = read("a.txt", pdf(lines)).text
    assert text == "The multi-vector policy, a multi-vector one, of governments and the Kremlin."
    lines = (ONE, "\x95 Russia has cut gas to the plant.", "\x95 China has paid.", TWO)
    assert read("a.pdf", pdf(lines)).text == "\n\n".join(lines).replace("\x95", "•")


def test_a_pdf_is_of_the_year_it_was_made_in_unless_it_is_a_printed_page() -> None:
    facts = read("a.pdf", pdf((ONE,), Producer="A typesetter", CreationDate="D:20210203112233Z")).facts
    assert facts["published_from"] == "2021-01-01"
    assert facts["date_basis"] == "when the PDF was made, to the year"
    for printer in ("Skia/PDF m103", "Microsoft: Print To PDF"):
        assert read("a.pdf", pdf((ONE,), Producer=printer, CreationDate="D:20210203")).facts == {}


def test_a_printed_page_loses_what_is_not_its_article() -> None:
    head, foot = "1/2/24, 10:00 AM A Road Opens", "https://example.org/road {}/2"
    first = (head, "A Road Opens", ONE, "Most read", "China opens a port", "Iran closes a road", TWO)
    second = (head, "It rains.", "3 Comments", "Ilya: I hate Russia.", "Leave a reply", foot.format(2))
    found = read("a.pdf", pdf((*first, foot.format(1)), second, Producer="Skia/PDF m103"))
    assert found.text == f"A Road Opens\n\n{ONE}\n\n{TWO} It rains."
    assert found.facts == {}
    assert found.notes[1] == "comments and lists of other articles taken out"
    plain = read("a.pdf", pdf((ONE, "Comments", TWO))).text
    assert plain.split("\n\n") == [ONE, "Comments", TWO]


def test_pdfs_without_text() -> None:
    assert refusal("a.pdf", pdf(())).startswith("a PDF without text (pictures of pages?)")
    writer, buffer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf((ONE,))))), io.BytesIO()
    writer.encrypt("invented")
    writer.write(buffer)
    assert refusal("a.pdf", buffer.getvalue()).startswith("an encrypted PDF; save it without its password")


def test_other_formats_are_named_with_what_to_do() -> None:
    locked = "save it as .docx, .xlsx or .csv, without a password; a mail as .txt"
    for name in ("a.xlsx", "a.docx", "a.xls"):
        assert refusal(name, b"\xd0\xcf\x11\xe0").endswith(locked)
    assert refusal("a.xls", b"\xd0\xcf") == ".xls: not a format that is read; save it as .xlsx or .csv"
    assert (
        refusal("a.nbib", "TI") == ".nbib: not a format that is read; export the references as .ris or .bib"
    )
    assert refusal("a", "MZ").startswith(
        "a name without an ending: not a format that is read; save it as .txt"
    )
    mends = {
        "doc": "it as .docx",
        "odt": "it as .docx",
        "eml": "its text as .txt",
        "mhtml": "the page as .html",
    }
    for ending, mend in mends.items():
        assert refusal(f"a.{ending}", "x") == f".{ending}: not a format that is read; save {mend}"


ROWS = [{"title": "One", "text": "A;b, \n c"}, {"title": "Two", "text": "“x” | y"}]


def made(write: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    getattr(pd.DataFrame(ROWS), f"to_{write}")(buffer, index=False, **options)
    return buffer.getvalue()


TABLES = {
    "a.csv": made("csv"),
    "b.csv": made("csv", sep=";", encoding="cp1252"),
    "c.tsv": made("csv", sep="\t", encoding="utf-16"),
    "d.csv": b"sep=|\r\n" + made("csv", sep="|", lineterminator="\r\n"),
    "e.xlsx": made("excel"),
    "f.parquet": made("parquet"),
    "g.jsonl": "\n".join(["", *map(json.dumps, ROWS)]).encode(),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_row_is_a_document_with_its_number_as_a_spreadsheet_counts(name: str) -> None:
    told = {"b.csv": ("read as cp1252",), "c.tsv": ("read as utf-16",)}.get(name, ())
    assert read_texts(name, TABLES[name]) == [
        Text(row["text"], {"title": row["title"]}, told, f"#{number}")
        for number, row in enumerate(ROWS, start=2)
    ]


def test_rows_that_cannot_be_used_are_named_and_the_rest_is_read() -> None:
    rows = json.dumps(ROWS[0]), "{half", "", "[1]", '{"title": "A"}', '{"text": ["a", "b"]}'
    found = read_texts("a.jsonl", "\n".join(rows).encode())
    assert [(t.part, t.fault[:14] or t.text) for t in found] == [
        *(("#1", ROWS[0]["text"]), ("#2", "not a JSON obj"), ("#4", "not a JSON obj")),
        *(("#5", "no text in thi"), ("#6", "a\n\nb")),
    ]
    table = f"title,text\nOne,a\nTwo,b,c\n,,,\n\nFour,=1+1\nFive\n{'x' * 200_000},y\n"
    told = [(t.part, t.fault[:12] or t.text) for t in read_texts("b.csv", table.encode())]
    assert told[:2] == [("#2", "a"), ("#3", "has more cel")]
    assert told[2:] == [("#6", "=1+1"), ("#7", "no text in t"), ("#8", "y")]


def test_a_lone_quotation_mark_takes_no_rows_along() -> None:
    rows = ("date|text|site", '1|"We trade with Russia.|A', '2|"China paid," she said.|B', "3|It; is, x|C")
    found = read_texts("a.tsv", "\n".join(rows).replace("|", "\t").encode())
    assert [t.part for t in found[:3]] == ["#2", "#3", "#4"]
    assert found[0].text == '"We trade with Russia.'
    told = refusal("a.csv", "\n".join(rows).replace("|", ",").encode())
    assert told == "line 3: ',' expected after '\"'; correct the quotation marks"


def test_what_of_a_table_is_not_read_is_named() -> None:
    rows = ("text", "colour", "Publication Date"), (ONE, "red", "2019-05-06")
    found = read_texts("a.xlsx", xlsx(*rows, sheets=("Texts", "Notes", "More")))
    assert found[0] == Text(ONE, dated("2019-05-06", "given in the table"), (), "#2")
    assert [(t.part, t.fault) for t in found[1:]] == [
        ("", "columns that are not read (colour)"),
        ("", "sheets that are not read (Notes, More); save each as a file"),
    ]
    assert refusal("a.csv", "file,title\na.txt,A").startswith("no column of texts (named text, body or")
    assert refusal("a.csv", "text,place,place\nx,y,z") == "two columns are named place; rename one"
    assert read_texts("a.csv", b"text,title\n") == []


def test_cells_are_mended_and_markup_goes() -> None:
    cells = ["Russia_x000D_\nsold", "<p>It &amp; snows.</p><script>x</script>Trade<br>grew"]
    one, two = read_texts("a.xlsx", xlsx(("text",), *((cell,) for cell in cells)))
    assert (one.text, one.notes) == ("Russia\nsold", ("written-out line ends or signs mended",))
    assert (two.text, two.notes) == ("It & snows.\n\nTrade\ngrew", ("HTML markup taken out",))


MADE = [docx(ONE, TWO), pdf((ONE, TWO)), ARTICLE.encode(), b"---\ntitle: A\n---\nText.", *TABLES.values()]


@settings(deadline=None, max_examples=150)
@given(
    st.binary(max_size=300) | st.sampled_from(MADE),
    st.lists(st.tuples(st.integers(0, 9_999), st.integers(0, 255)), max_size=6),
    st.sampled_from([*TEXT_FILES, *TABLE_FILES, ""]),
)
def test_any_bytes_give_texts_or_one_line(raw: bytes, changes: list[tuple[int, int]], ending: str) -> None:
    changed = bytearray(raw)
    for place, byte in changes:
        changed[place : place + 1] = bytes([byte])
    raw = bytes(changed)
    try:
        texts = read_texts(f"road{ending}", raw)
    except StudyError as error:
        assert len(str(error).splitlines()) == 1
    else:
        assert all(bool(text.text.strip()) != bool(text.fault) for text in texts)
        assert all(text.text.encode() is not None and len(text.fault.splitlines()) <= 1 for text in texts)
