"""Throw mutated bytes at everything that reads what a stranger gives, with Atheris.

    python benchmarks/fuzz/fuzz.py TARGET [SEEDS_AND_FINDS] -max_total_time=1200

TARGET is contents, tables, texts or studies. The rest goes to libFuzzer: a folder in which to keep
what reaches new code (it begins with the invented files of the tests), and its options.
"""

from __future__ import annotations

import io
import math
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))
READERS = ["kzpolicy", "bibtexparser", "markdown_it", "pypdf"]
with atheris.instrument_imports(include=READERS):
    import pandas as pd
    from invented import NONE
    from test_formats import docx, html, pdf
    from test_gathering import BIBTEX, RIS

    from kzpolicy import parsing
    from kzpolicy.building import build_study
    from kzpolicy.corpus import read_named, read_table
    from kzpolicy.duplicates import signature
    from kzpolicy.errors import StudyError
    from kzpolicy.formats import read_contents
    from kzpolicy.gathering import gather
    from kzpolicy.parts import read_parts
    from kzpolicy.powers import load_powers
    from kzpolicy.reading import clean_paragraphs
    from kzpolicy.schema import TABLES as SCHEMA
    from kzpolicy.schema import check, to_csv, to_parquet
    from kzpolicy.segmenting import split_sentences
    from kzpolicy.sheets import read_sheet
    from kzpolicy.storing import PACKAGE, StudyFiles
    from kzpolicy.tokens import count_contexts, count_terms, make_sentences, read_tokens

FORMATS = (".txt", ".md", ".html", ".pdf", ".docx", "word/document.xml")
TABLES = (
    *(".csv", ".tsv", ".xlsx", ".jsonl", ".parquet", ".ris", ".bib", ".json", "sources.csv"),
    "xl/worksheets/sheet1.xml",
)
GOOD = "The invented road to Russia opened on Monday, and three lorries crossed it before noon."
WORDS = (
    *(
        "Russia",
        "China",
        "Beijing",
        "U.S.",
        "CSTO",
        "anti-",
        "-China",
        "not",
        "n't",
        "relies on",
        "said",
        "Mr. ",
    ),
    *("...", "[1]", "By ", "<p>", "</", "&amp;", "---", "](", "@misc{", "TY  - ", "ER  - ", "=", ";"),
)
Target = Callable[[bytes], None]


def zipped(whole: bytes, name: str, content: bytes) -> bytes:
    """Change one file in a zip, so that mutations get past its checksums."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(changed, "w") as new:
        for member in old.namelist():
            new.writestr(member, content if member == name else old.read(member))
    return changed.getvalue()


def contents(folder: Path) -> Target:
    """A file of each format gives clean paragraphs, or a StudyError of one line."""
    word = docx(GOOD)

    def one(data: bytes) -> None:
        ending, content = FORMATS[data[0] % len(FORMATS)], data[1:]
        if "/" in ending:
            ending, content = ".docx", zipped(word, ending, content)
        path = folder / f"a{ending}"
        path.write_bytes(content)
        try:
            found = read_contents(path)
        except StudyError as error:
            assert len(str(error).splitlines()) == 1, error
            return
        assert found.text.strip() and "\0" not in found.text and found.text.encode()
        assert all(len(value.splitlines()) < 2 for value in found.facts.values()), found.facts
        rows, _ = clean_paragraphs(found.text, title=found.facts.get("title", ""), standfirst=1)
        assert all(text.strip() for _, _, text in rows)

    return one


def tables(folder: Path) -> Target:
    """A table or an export beside a good text never keeps the good text from being built."""
    (folder / "2019-05-06-road.txt").write_text(GOOD)
    whole = io.BytesIO()
    pd.DataFrame({"date": ["2019"], "text": [GOOD]}).to_excel(whole, index=False)

    def one(data: bytes) -> None:
        ending, content = TABLES[data[0] % len(TABLES)], data[1:]
        if "/" in ending:
            ending, content = ".xlsx", zipped(whole.getvalue(), ending, content)
        own = ending == "sources.csv"
        path = folder / (ending if own else f"a{ending}")
        path.write_bytes(content)
        try:
            rows, skipped = gather(folder, None, NONE)
        except StudyError as error:
            assert own and len(str(error).splitlines()) == 1, error
            return
        finally:
            path.unlink()
        assert own or "2019-05-06-road.txt" in {row["file"] for row in rows} | set(dict(skipped))
        assert all(len(reason.splitlines()) == 1 for _, reason in skipped)
        assert all(r["document"] and r["title"] and r["published_from"] <= r["published_to"] for r in rows)
        if len(data) % 16:  # the rest is slow
            return
        measured = dict.fromkeys(("paragraphs", "sentences", "words"), 1) | {"corpus": "a", "sha256": "a"}
        blank = dict.fromkeys(SCHEMA["documents"].names, "")
        documents = pd.DataFrame([blank | row | measured for row in rows])
        to_csv(check(documents[SCHEMA["documents"].names], "documents"), "documents").decode()

    return one


def texts(folder: Path) -> Target:
    """What a build makes of any text keeps within its bounds."""
    powers, read = load_powers(), {"text": "", "layout": "page"}
    # As a build does it, but for the file.
    parsing.read_document = lambda folder, row: clean_paragraphs(read["text"], layout=row["layout"])
    parsing.source_hash = lambda folder, row: ""

    def one(data: bytes) -> None:
        text = read["text"] = data[1:].decode("utf-8", "ignore")
        signature(text)
        before, speech = 0, data[0] % 2
        for start, end in split_sentences(text):
            assert before <= start < end <= len(text) and not text[before:start].strip()
            before = end
        assert not text[before:].strip()
        row = {"document": "a", "layout": "speech" if speech else "page", "speaker_state": "KAZ" * speech}
        found = parsing._parse_document(folder, row, powers)
        tokens = read_tokens(found.texts)
        sentences = make_sentences(found.places, tokens)
        assert (sentences["words"] >= 0).all() and sentences.iloc[:, 6:10].abs().le(1).all(axis=None)
        for locator, _, start, end, _, _, *scores, because in found.mentions:
            assert (sentences["sentence"] == locator).sum() == 1
            assert 0 <= start < end and isinstance(because, str)
            assert all(math.isfinite(score) and -1 <= score <= 1 for score in scores)
        terms = count_terms(found.places, tokens, ["road to*"])
        assert (terms["term"] == terms["term"].str.strip()).all() and (terms["count"] > 0).all()
        contexts = count_contexts(found.near, tokens)
        assert contexts["own"].between(0, contexts["count"]).all()

    return one


def studies(folder: Path) -> Target:
    """A filled sheet, a study's table or its description that is damaged: its tables, or a StudyError."""

    def one(data: bytes) -> None:
        which, content = (*SCHEMA, "parquet", PACKAGE, "sheet")[data[0] % (len(SCHEMA) + 3)], data[1:]
        try:
            if which == "sheet":
                (folder / "sheet.csv").write_bytes(content)
                codes = read_sheet(folder / "sheet.csv")
                assert codes["tone"].between(-1, 1).all()
            elif which == PACKAGE:
                (folder / PACKAGE).write_bytes(content)
                files = StudyFiles(folder)
                for name in SCHEMA:
                    read_named(files, folder, name)
            elif which == "parquet":
                read_table(content, "codes", Path("codes.parquet"))
                read_parts([content], "codes")
            else:
                read_table(content, which, Path(f"{which}.csv"))
        except StudyError:
            pass

    return one


def seeds(name: str, folder: Path) -> list[bytes]:
    """Make right input for a target: small invented files."""
    if name == "contents":
        page = html(f"<article><h1>A Road</h1><p>{GOOD}</p><p>{GOOD[::-1]}</p></article>", "<title>A</title>")
        front = f"---\ntitle: A Road\nauthors: [A, B]\ndate: 2019\n---\n# *{GOOD}* [a](b)\n\n> 1. `x`"
        files = [GOOD.encode("utf-16"), front.encode(), page, pdf(GOOD, title="A"), docx(GOOD, GOOD)]
        files += [zipfile.ZipFile(io.BytesIO(files[-1])).read(FORMATS[-1])]
        return [bytes([i]) + content for i, content in enumerate(files)]
    if name == "tables":
        frame = pd.DataFrame(
            {"title": ["A Road", "=1+1"], "date": ["2019", "May 2020"], "text": [GOOD, GOOD * 2]}
        )
        excel, parquet = io.BytesIO(), io.BytesIO()
        frame.to_excel(excel, index=False)
        frame.to_parquet(parquet)
        csv, lines = frame.to_csv(index=False).encode(), frame.to_json(orient="records", lines=True).encode()
        csl = b'[{"id": "a", "title": "A Road", "issued": {"date-parts": [[2019, 5]]}, "file": "a.txt"}]'
        own = b"document,file,title,published_from,standfirst\nroad,2019-05-06-road.txt,A Road,2019,0\n"
        exports = [RIS.encode(), BIBTEX.encode(), csl, own]
        files = [csv, csv.replace(b",", b"\t"), excel.getvalue(), lines, parquet.getvalue(), *exports]
        files += [zipfile.ZipFile(excel).read(TABLES[-1])]
        return [bytes([i]) + content for i, content in enumerate(files)]
    if name == "texts":
        hard = 'Mr. Li (U.S.) said: "No... Never!" [1] The CSTO isn\'t Russia’s; anti-Chinese? Ok.”12'
        page = f"Menu\n\nA Road\n\nBy A. B\n\n{GOOD}\n\n{hard}\n\nShare\n"
        return [kind + text.encode() for kind in (b"a", b"b") for text in (GOOD, hard, page)]
    (folder / "texts").mkdir()
    (folder / "texts" / "2019-05-06-road.txt").write_text(GOOD)
    build_study(folder / "texts", folder)
    codes = b"sentence,power,coder,reference,tone,stance,confidence\na:1:1,russia,a,1,0,-1,1\n"
    (folder / "codes.csv").write_bytes(codes)
    files = [(folder / f"{name}.csv").read_bytes() for name in SCHEMA]
    files += [to_parquet(read_table(codes, "codes", Path("codes.csv")), "codes")]
    files += [(folder / PACKAGE).read_bytes(), b"item," + codes.replace(b"coder,", b"").replace(b"a,1", b"1")]
    return [bytes([i]) + content for i, content in enumerate(files)]


def main() -> None:
    name = sys.argv.pop(1)
    makers = {"contents": contents, "tables": tables, "texts": texts, "studies": studies}
    with tempfile.TemporaryDirectory() as working:
        target = makers[name](Path(working))
        if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
            kept = Path(sys.argv[1])
            kept.mkdir(parents=True, exist_ok=True)
            for number, content in enumerate(seeds(name, Path(working))):
                (kept / f"seed-{number}").write_bytes(content)
        words = Path(working) / "words"  # for mutations: names, and signs and tags with a meaning
        words.write_text("".join(f'"{word}"\n' for word in WORDS))
        sys.argv.append(f"-dict={words}")
        atheris.Setup(sys.argv, lambda data: target(data) if data else None)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
