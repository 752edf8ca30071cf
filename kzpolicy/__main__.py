"""The command line: build a study's tables, prove the notebooks, accept edited tables."""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from pathlib import Path

from kzpolicy.errors import StudyError

ROOT = Path(__file__).resolve().parents[1]


_FOLDER = """\
Parse a folder of documents and rewrite a study's tables.

The folder, and folders in it, may hold
  .txt .md .html .pdf .docx        a document a file
  .csv .xlsx .jsonl .parquet       a document a row, with a column text (or body, content)

Each document needs a date and should have title, authors and outlet. They are taken from
  1. sources.csv in the folder: document (key), file, title, published_from; and, where known,
     published_to, date_basis, authors (with ; between), outlet, outlet_country, outlet_type,
     outlet_group, speaker_state, url, language, label, notes, layout (page or speech);
     `kzpolicy template FOLDER` writes one, filled as far as can be, for you to complete
  2. Markdown's front matter, or the table's columns: title, date, authors, outlet, url
  3. an export of references: .ris, .bib, CSL .json (Zotero), or a table with a column file
  4. what the HTML, PDF or Word file states of itself
  5. a date in the file's name: 2019-05-06-road.txt
A date may be 2019 or 2019-05. What cannot be used is named at the end, with the reason; the rest
is built. Of articles that nearly repeat one another the earliest is kept."""


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return its exit status (0 done, 1 notebooks differ, 2 unusable input)."""
    parser = argparse.ArgumentParser(prog="kzpolicy", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    build = commands.add_parser(
        "build",
        help="parse a folder of texts and rewrite a study's tables",
        description=_FOLDER,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    build.add_argument("texts", type=Path, help="folder of documents, see above")
    build.add_argument("--out", type=Path, default=ROOT / "data" / "articles", help="the study's folder")
    build.add_argument("--strict", action="store_true", help="stop at the first file that cannot be used")
    build.add_argument("--workers", type=_count, default=1, metavar="N", help="processes that share the work")
    build.add_argument(
        "--scheduler", default="", metavar="ADDRESS", help="a Dask cluster that shares the disk"
    )
    build.add_argument("--keep-duplicates", action="store_true", help="keep near-duplicates too")
    build.set_defaults(run=_build)

    template = commands.add_parser("template", help="write sources.csv for a folder, to be completed")
    template.add_argument("texts", type=Path, help="folder of documents without a sources.csv")
    template.set_defaults(run=_template)

    accept = commands.add_parser("accept", help="check tables edited by hand and renew their checksums")
    accept.add_argument("study", type=Path, nargs="?", default=ROOT / "data" / "articles")
    accept.set_defaults(run=_accept)

    book = commands.add_parser("codebook", help="print the codebook of all tables")
    book.set_defaults(run=_codebook)

    study = commands.add_parser("study", help="execute the notebooks and compare them with what is committed")
    study.add_argument("names", nargs="*", metavar="NAME", help="only notebooks whose name begins so")
    study.add_argument("--notebooks", type=Path, default=Path("notebooks"), metavar="FOLDER")
    study.add_argument("--update", action="store_true", help="write the executed notebooks instead")
    study.set_defaults(run=_study)

    options = parser.parse_args(arguments)
    try:
        return int(options.run(options))
    except StudyError as error:
        print(f"kzpolicy: {' '.join(str(error).split())}", file=sys.stderr)
        return 2


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a count of 1 or more")
    return int(text)


def _build(options: argparse.Namespace) -> int:
    from kzpolicy.building import BUILDING, build_study

    try:
        corpus = build_study(
            options.texts,
            options.out,
            strict=options.strict,
            collapse=not options.keep_duplicates,
            workers=options.workers,
            scheduler=options.scheduler,
        )
    except KeyboardInterrupt:
        print(f"kzpolicy: stopped; the tables in {options.out} are as they were", file=sys.stderr)
        if (options.out / BUILDING).is_dir():
            print("kzpolicy: the same command goes on from the parts that are finished", file=sys.stderr)
        return 130
    left_out = corpus.left_out.groupby("reason", observed=True)["words"].agg(["size", "sum"])
    print(f"{options.out}: {corpus!r}")
    for reason, pieces, words in left_out.itertuples():
        print(f"  left out: {reason}: {pieces} pieces, {words} words")
    # What stands in brackets or after a semicolon is of one file only, or how to mend it.
    causes = (re.split(r"; | \(|(?<=near-duplicate) of ", reason)[0] for reason in corpus.skipped["reason"])
    for cause, files in Counter(causes).most_common():
        print(f"  skipped: {cause}: {files} files, listed in the table skipped")
    for file, reason in corpus.skipped.head(20).itertuples(index=False):
        print(f"    {file}: {reason}")
    return 0


def _template(options: argparse.Namespace) -> int:
    from kzpolicy.gathering import write_template

    path, skipped = write_template(options.texts)
    print(f"{path}: complete the empty cells; a document needs document, file, title, published_from")
    for file, reason in skipped:
        print(f"  skipped: {file}: {reason}")
    return 0


def _accept(options: argparse.Namespace) -> int:
    from kzpolicy.building import accept_study

    print(f"{options.study}: {accept_study(options.study)!r}")
    return 0


def _codebook(options: argparse.Namespace) -> int:
    from kzpolicy.schema import codebook

    print(codebook(), end="")
    return 0


def _study(options: argparse.Namespace) -> int:
    from kzpolicy.study import run_study  # late: the kernels' packages are slow

    try:
        reports = run_study(options.notebooks, update=options.update, only=options.names)
    except KeyboardInterrupt:
        print("kzpolicy: stopped; no notebook is half written", file=sys.stderr)
        return 130
    counts = Counter(report.status for report in reports)
    print(", ".join(f"{count} {status}" for status, count in sorted(counts.items())))
    if counts["differs"] and not options.update:
        print("Is the new result right? `kzpolicy study --update` writes it.")
    return 0 if all(report.good for report in reports) else 1


if __name__ == "__main__":
    sys.exit(main())
