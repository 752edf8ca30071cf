"""A build of everything hostile at once: what it builds, names and leaves alone; all invented."""

import csv
import io
import os
import zipfile
from base64 import b64encode
from pathlib import Path

import matplotlib.pyplot as plt
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from invented import NONE, article, fill
from pypdf import PdfReader, PdfWriter
from test_formats import docx, html, pdf

from kzpolicy import formats, gathering, parsing, tabular
from kzpolicy.__main__ import main
from kzpolicy.corpus import load_corpus, read_table
from kzpolicy.errors import StudyError
from kzpolicy.formats import read_contents
from kzpolicy.gathering import gather
from kzpolicy.parsing import parse_corpus
from kzpolicy.parts import read_parts
from kzpolicy.reading import clean_paragraphs
from kzpolicy.style import page, table_html, take_literally
from kzpolicy.tabular import read_row
from kzpolicy.targets import score_mentions

MARKUP = "<img src=x onerror=alert(1)>"
DEEP = "d/" * 300
NAMES = f"{'It snowed on the road. ' * 4}Nobody was anti-China-China-"


def bomb(inner: str) -> bytes:
    """Make a zip of 30 kB with 30 MB of blanks in it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/x", "")
        archive.writestr(inner, b" " * 30_000_000)
    return buffer.getvalue()


def locked() -> bytes:
    writer, buffer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf("It snows.")))), io.BytesIO()
    writer.encrypt("invented")
    writer.write(buffer)
    return buffer.getvalue()


def paragraphs(topic: str) -> str:
    return "".join(f"<p>{paragraph}</p>" for paragraph in article(topic).split("\n\n"))


ENTITIES = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]>"
BUILT: dict[str, str | bytes] = {
    "01 2019-01-01 wide.txt": article("wide").encode("utf-16"),
    "02 2019-01-01.txt": "Дорога открыта, и грузовики идут в Москву через степь до вечера. ".encode("cp1251")
    * 4,
    "03 2019-01-01.txt": article("bidi").replace(" ", "\u202e \u200b"),
    "04 2019-01-01.txt": "good words of Russia " * 500,
    "05 2019-01-01.txt": "a\n" * 100_000,
    "06 2019-01-01 \"'`$(touch x)`.txt": article("quote"),
    "07 2019-01-01 =cmd|' !A1.txt": article("formula"),
    f"08 2019-01-01 {'x' * 200}.txt": article("long"),
    f"09 2019-01-01 {MARKUP}.txt": article("named"),
    "10.html": html(
        f"<script>alert(1)</script><article>{paragraphs('page')}</article>",
        f'<title>{MARKUP.replace("<", "&lt;")}</title><meta name="date" content="2019-01-01">',
    ),
    "11 2019-01-01.docx": docx(*article("word").split("\n\n"), more={"../../evil.txt": "x"}),
    "12.md": f"---\ntitle: '{MARKUP}'\ndate: 2019\n---\n{article('front')}",
    "13.csv": "date,title,text\n"
    + "".join(
        f'2019,{title},"{article(title[-9:-4])}"\n' for title in (MARKUP, "=cmd|'/C calc'!A0", "[a](b:road)")
    )
    + f'0001,Old,"{article("old")}"\n9999,Far,"{article("far")}"\n',
    "-rf 2019-01-01.txt": article("dash"),
    "anti 2019-01-01.txt": NAMES,
}
SKIPPED: dict[str, tuple[str | bytes, str]] = {
    "empty 2019-01-01.txt": ("", "the file is empty"),
    "blank 2019-01-01.txt": ("\u200b\ufeff \n", "the file is empty"),
    "nul 2019-01-01.txt": ("It\0 snows.", "not a text file"),
    "broken 2019-01-01.txt": ("Дорога".encode() + b"\xff\xfe\x80 x", "not UTF-8"),
    "nest 2019-01-01.html": (html("<div>" * 20_000 + "<p>It snows.</p>"), "no main text"),
    "none 2019-01-01.pdf": (pdf(), "a PDF without text"),
    "locked 2019-01-01.pdf": (locked(), "an encrypted PDF; "),
    "cut 2019-01-01.pdf": (pdf("It snows.")[:300], "PDF cannot be read"),
    "bomb 2019-01-01.docx": (bomb("word/document.xml"), "a zip that grows too much"),
    "bomb.xlsx": (bomb("xl/worksheets/sheet1.xml"), "a zip that grows too much"),
    "entities 2019-01-01.docx": (docx("&b;", before=ENTITIES), "XML with entities"),
    "deep 2019-01-01.docx": (docx("<w:r>" * 9_000 + "</w:r>" * 9_000), "not a Word file"),
    "object.md": ("---\n!!python/object/apply:os.system [exit]\n---\nIt snows.", "published_from is empty"),
    "brackets.md": (f"---\n{'[' * 9_000}\n---\nIt snows.", "front matter is not YAML"),
    "bad.parquet": (b"PAR1" + b"x" * 99 + b"PAR1", "the table cannot be read"),
    "lib.json": ('[{"issued": {"date-parts": 5}}]', "not an export of references"),
    "2019-01-01.csv#2": ("It snows.", "its name would be that of a table's row"),
    "new\nline 2019-01-01.txt": ("It snows.", "characters in its name do not print"),
    ".hidden 2019-01-01.txt": ("It snows.", "hidden"),
    "program.exe": ("MZ", ".exe: not a format that is read"),
    "again 2019-01-01.txt": (article("quote") + " ", "near-duplicate of"),
}


def snapshot(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Give mode, size and time of change of all that is in a folder, links not followed."""
    found = {}
    for where, folders, files, at in os.fwalk(folder):
        for name in [".", *folders, *files]:
            state = os.stat(name, dir_fd=at, follow_symlinks=False)
            found[os.path.join(where, name)] = (state.st_mode, state.st_size, state.st_mtime_ns)
    return found


@pytest.mark.skipif(os.name == "nt", reason="such names and links are those of POSIX")
def test_everything_hostile_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, outside, out = tmp_path / "texts", tmp_path / "outside", tmp_path / "study"
    fill(outside, {"2019-01-01.txt": article("outside")})
    fill(folder, BUILT | {name: content for name, (content, _) in SKIPPED.items()})
    links = {"link.txt": outside / "2019-01-01.txt", "links": outside, "loop": folder, "self": Path("self")}
    for name, target in links.items():
        (folder / name).symlink_to(target)
    os.mkfifo(folder / "pipe.txt")
    os.makedirs(folder / DEEP)
    (folder / DEEP / "2019-01-01.txt").write_text(article("deep"))
    before = snapshot(folder) | snapshot(outside)
    assert main(["build", str(folder), "--out", str(out)]) == 0
    assert snapshot(folder) | snapshot(outside) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["outside", "study", "texts"]

    corpus = load_corpus(out)
    rows = {f"13.csv#{number}" for number in range(2, 7)}
    assert set(corpus.documents["file"]) == {*BUILT, *rows, f"{DEEP}2019-01-01.txt"} - {"13.csv"}
    reasons = dict(zip(corpus.skipped["file"], corpus.skipped["reason"], strict=True))
    named = {name.replace("\n", "\\n"): reason for name, (_, reason) in SKIPPED.items()}
    named |= dict.fromkeys(links, "a link") | {"pipe.txt": "neither a file nor a folder"}
    assert {file: reason[: len(named[file])] for file, reason in reasons.items()} == named
    said = capsys.readouterr().out
    assert "  skipped: a link" in said and "4 files, listed in the table skipped" in said

    # A title with markup is text wherever it is shown.
    titled = corpus.documents.query("title == @MARKUP")
    assert set(titled["file"]) == {"10.html", "12.md", "13.csv#2"}
    assert "<img" not in titled._repr_html_() + table_html(titled)


def test_what_would_never_end_ends() -> None:
    assert clean_paragraphs("a\n" * 100_000)[0] == [(1, "body", " ".join("a" * 100_000))]
    assert clean_paragraphs("*" * 100_000 + "x", layout="speech")[0] == [(1, "body", "*" * 100_000 + "x")]
    name = "Russia good "
    mentions = [(name * 500, at, at + 6, "russia") for at in range(0, len(name) * 500, len(name))]
    assert len(score_mentions(mentions, "Kazakhstan", False)) == 500


def test_a_pdf_with_a_word_of_many_letters_ends(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf("a" * 200_000))
    assert read_contents(tmp_path / "a.pdf").text.strip() == "a" * 200_000


def test_what_would_take_too_long_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "_LARGEST_PAGE", 50)
    monkeypatch.setattr(formats, "_STEPS", 9)
    monkeypatch.setattr(parsing, "MOST_MENTIONS", 3)
    monkeypatch.setattr(tabular, "_LONGEST", 30)
    monkeypatch.setattr(csv, "field_size_limit", lambda limit: None)  # it is of the whole process
    monkeypatch.setattr(gathering, "LARGEST_EXPORT", 30)
    files: dict[str, str | bytes] = {
        "2019-01-01.txt": "It is good that Russia is good. " * 4,
        "2019-01-02.txt": "It snows on the road. " * 4,
        "2019.html": html("<h2>Road</h2>" * 51),
        "2019.pdf": pdf("It snows."),
        "2020.pdf": pdf(*["It snows."] * 9),
        "a.csv": f"date,text\n2019,{'It snows. ' * 3}\n",
        "b.jsonl": '{"text": "It snows on the road."}\n',
        "c.csv": "date,text\n",
        "d.ris": f"TY  - NEWS\nTI  - {'A Road ' * 3}\n",
    }
    corpus = parse_corpus(fill(tmp_path, files))
    assert corpus.documents["file"].tolist() == ["2019-01-02.txt"]
    reasons = dict(zip(corpus.skipped["file"], corpus.skipped["reason"], strict=True))
    assert {file: reason.split("; ")[0] for file, reason in reasons.items()} == {
        "2019-01-01.txt": "more than 3 names of powers",
        "2019.html": "more than 50 elements of HTML",
        "2019.pdf": "published_from is empty: no date in the file, in its name or in an export",
        "2020.pdf": "a PDF that draws too much to be read in a minute",
        "a.csv": "a line of more than 20 MB",
        "b.jsonl": "a line of more than 20 MB",
        "c.csv": "a table without a row",
        "d.ris": "larger than 0 MB",
    }


def test_an_overlong_sentence_is_scored_around_each_name() -> None:
    near = "Astana relies on Moscow"
    filler = "and so on and on " * 200
    at = -len(filler) % 500 + len(filler)
    text = filler.ljust(at) + near.ljust(500) + filler
    start = text.index("Moscow")
    (alone,) = score_mentions([(near, 17, 23, "russia")], "Kazakhstan", False)
    (inside,) = score_mentions([(text, start, start + 6, "russia")], "Kazakhstan", False)
    assert inside[:2] == alone[:2] and alone.stance > 0


def test_names_joined_by_hyphens_leave_nothing_of_their_own(tmp_path: Path) -> None:
    fill(tmp_path, {"2019-01-01.txt": NAMES})
    contexts = parse_corpus(tmp_path).contexts.set_index("term")
    assert contexts["own"].to_dict() == {"anti-china-china": 1, "nobody": 0, "was": 0}


def test_a_parquet_table_that_arrow_cannot_read_is_named(tmp_path: Path) -> None:
    # Atheris: Arrow's error for an integer of four bits is no kind of ValueError.
    table, buffer = pa.table({"a": pa.array([1], pa.int8())}), io.BytesIO()
    pq.write_table(table, buffer)
    schema = table.schema.serialize().to_pybytes()
    assert schema.endswith(b"\x08\0\0\0")
    four = schema.removesuffix(b"\x08\0\0\0") + b"\x04\0\0\0"
    content = buffer.getvalue().replace(b64encode(schema), b64encode(four))
    with pytest.raises(StudyError, match=r"^codes\.parquet: not a Parquet table \(Integers with less than 8"):
        read_table(content, "codes", Path("codes.parquet"))


def test_a_part_with_broken_utf8_is_named() -> None:
    # Atheris: pandas failed on it with an error of Arrow.
    text = pa.Array.from_buffers(pa.string(), 1, pa.array([b"\xff"]).buffers())
    buffer = io.BytesIO()
    pq.write_table(pa.table({"file": text, "reason": pa.array(["x"])}), buffer)
    with pytest.raises(StudyError, match=r"^skipped: a damaged part of the table .*; build the study again"):
        read_parts([buffer.getvalue()], "skipped")
    with pytest.raises(StudyError, match=r"^skipped\.parquet: not a Parquet table .*Invalid UTF8"):
        read_table(buffer.getvalue(), "skipped", Path("skipped.parquet"))


def test_a_table_that_went_away_is_named(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"gone\.csv: cannot be read"):
        read_row(tmp_path / "gone.csv", 2)
    with pytest.raises(StudyError, match="no document in it can be used"):
        gather(fill(tmp_path, {"a.csv#2": "It snows."}), None, NONE)


def test_a_label_with_dollars_is_no_formula() -> None:
    figure, (ax,) = page("A road", "for US$ 5 and $ 6", "invented", height=2)
    ax.text(0, 0, r"US$ \frac{ $")
    with pytest.raises(ValueError, match="frac"):
        figure.savefig(io.BytesIO(), format="png")
    take_literally(figure)
    figure.savefig(io.BytesIO(), format="png")
    plt.close(figure)
