"""Measure a folder of texts, prepare one, and unpack the UN General Debate Corpus.

Examples
--------
  kzpolicy template texts                  write texts/sources.csv, to be completed
  kzpolicy build texts --out my-study      measure your own texts
  kzpolicy speeches UNGDC_1946-2025.tar.gz --out speeches --years 2015-2022
  kzpolicy COMMAND --help                  more on a command

then, in Python:
  from kzpolicy import explore, load_corpus
  corpus = load_corpus("my-study")         its tables
  explore("my-study")                      a panel on them, in JupyterLab
"""

from __future__ import annotations

import argparse
import inspect
import io
import sys
from pathlib import Path
from typing import Any

from kzpolicy.tables import StudyError

_SHOWN = 10


def main(arguments: list[str] | None = None) -> int:
    """Run a command; give its exit status: 0 done, 2 unusable input, 130 stopped."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name that the console's encoding lacks is escaped
            stream.reconfigure(errors="backslashreplace")
    options = vars(_parser().parse_args(arguments))
    try:
        options.pop("run")(**options)
    except StudyError as error:
        print(f"kzpolicy: {_line(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("kzpolicy: stopped; no table is changed; the same command goes on from here", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    layout = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="kzpolicy", description=__doc__, formatter_class=layout)
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    added = []
    for name, run in (("build", _build), ("template", _template), ("speeches", _speeches)):
        about = str(run.__doc__)
        command = commands.add_parser(
            name, help=about.partition("\n")[0], description=inspect.cleandoc(about), formatter_class=layout
        )
        command.set_defaults(run=run)
        added.append(command)
    build, template, speeches = added
    build.add_argument("texts", metavar="FOLDER", help="folder of documents, see above")
    build.add_argument("--out", metavar="STUDY", help="folder of the tables (default: FOLDER-study)")
    build.add_argument("--workers", type=_count, metavar="N", help="processes (default: one a core)")
    build.add_argument("--scheduler", default="", metavar="ADDRESS", help="a Dask cluster on the same disk")
    build.add_argument(
        "--seconds", type=_count, default=60, metavar="N", help="for one document (default: 60)"
    )
    build.add_argument(
        "--megabytes", type=_count, default=1_000, metavar="N", help="of memory for one (default: 1000)"
    )
    build.add_argument("--strict", action="store_true", help="stop at the first text that cannot be used")
    build.add_argument("--keep-copies", action="store_true", help="keep texts that nearly repeat another")
    template.add_argument("texts", metavar="FOLDER", help="folder of documents without a sources.csv")
    speeches.add_argument("place", nargs="?", help="its archive or folder (default: fetch it)")
    speeches.add_argument("--out", required=True, metavar="FOLDER", help="new folder for the speeches")
    speeches.add_argument("--years", default="", help="as 2015-2022, or 2019 (default: all)")
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text[:9]) == int(text):
        raise argparse.ArgumentTypeError(f"{text[:20]!r} is not a count of 1 or more")
    return int(text)


def _line(text: object) -> str:
    """Write a text on one line; what would steer a terminal is shown as an escape."""
    line = " ".join(str(text).split())
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)


def _build(texts: str, out: str | None, keep_copies: bool, **options: Any) -> None:
    """Measure a folder of texts and write a study's tables.

    The folder, and folders in it, may hold
      .txt .md .html .pdf .docx .rtf                     a document a file
      .csv .tsv .xlsx .jsonl .parquet                    a document a row, with a column text
      exports of Nexis, Factiva, ProQuest                many documents a file

    Each document needs a date and should have title, authors and outlet. They are taken from
      1. sources.csv in the folder, a row a document; `kzpolicy template FOLDER` writes one, filled as
         far as can be, for you to complete
      2. the document: front matter, a table's columns, what a page or file states of itself
      3. an export of references: .ris, .bib, CSL .json (Zotero), or a table with a column file
      4. the file's name: 2019-05-06-road.txt
    What cannot be used is named at the end, with the reason; the rest is built. Of articles that nearly
    repeat one another, one is kept.
    """
    from kzpolicy.build.study import build_study

    out = f"{Path(texts).resolve()}-study" if out is None else out
    shown = ["documents", "sentences", "mentions", "skipped"]
    corpus = build_study(texts, out, collapse=not keep_copies, tables=shown, **options)
    print(_line(f"{out}: {corpus!r}"))
    others = int((~corpus.documents["language"].str.lower().str.startswith("en")).sum())
    if others:
        print(f"  not in English: {others} of {len(corpus.documents)} texts, though scored as if they were")
    for file, reason in corpus.skipped.head(_SHOWN).itertuples(index=False):
        print("  skipped: " + _line(f"{file}: {reason}"))
    if len(corpus.skipped) > _SHOWN:
        print(f"  and {len(corpus.skipped) - _SHOWN:,} more, in its table skipped")
    print(_line(f"now, in Python: from kzpolicy import load_corpus; corpus = load_corpus({str(out)!r})"))


def _template(texts: str) -> None:
    """Write sources.csv for a folder, to be completed."""
    from kzpolicy.build.guard import Guard
    from kzpolicy.build.sources import write_template

    path, documents = Guard(seconds=600).call(write_template, texts)
    print(_line(f"{path}: {documents} documents; fill in its empty cells (title and published_from of each)"))
    print(_line(f"then: kzpolicy build {texts}"))


def _speeches(place: str | None, out: str, years: str) -> None:
    """Unpack the UN General Debate Corpus."""
    from kzpolicy.build.speeches import gather_speeches

    written = gather_speeches(place, out, years=years)
    print(_line(f"{out}: {len(written):,} speeches"))
    print(_line(f"then: kzpolicy build {out}"))


if __name__ == "__main__":
    sys.exit(main())
