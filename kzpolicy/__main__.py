"""The command line: measure a folder of texts, and prove that the notebooks give what they show."""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Callable
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
_BUILD_EXAMPLES = """\
examples:
  kzpolicy build texts --out my-study              tables of your own texts, in my-study
  kzpolicy build texts --out my-study --strict     stop at the first file that cannot be used
  kzpolicy build texts --out my-study --workers 4  a large folder, by four processes (needs Dask)

then, in Python:
  from kzpolicy import explore, load_corpus
  corpus = load_corpus("my-study")                 its tables
  explore("my-study")                              a panel on them, in JupyterLab"""
_TEMPLATE = """\
Write sources.csv into a folder of documents, a row a file, filled as far as the files say.
Complete it in any spreadsheet, then build: its word comes before that of the files."""
_ACCEPT = """\
Check the tables of a study after an edit by hand (codes, paraphrases, events, exceptions), and
renew their checksums. If a table is not as the codebook says, nothing is changed."""
_STUDY = """\
Execute each notebook from scratch and compare it with what is committed: texts, tables, figures,
and the numbers in its prose. Exit status 0 if all are reproduced, 1 if not."""
_STUDY_EXAMPLES = """\
examples:
  kzpolicy study                           all notebooks and the README
  kzpolicy study 03                        one notebook
  kzpolicy study --update 03               write what it gives now"""
_EXAMPLES = """\
examples:
  kzpolicy template texts                  write texts/sources.csv, to be completed
  kzpolicy build texts --out my-study      measure your own texts
  kzpolicy accept my-study                 after a table in it was edited by hand
  kzpolicy study                           do the notebooks still give what they show?
  kzpolicy COMMAND --help                  more on a command

documentation: README.md and docs/ of the package's checkout"""


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return its exit status (0 done, 1 notebooks differ, 2 unusable input)."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except StudyError as error:
        print(f"kzpolicy: {' '.join(str(error).split())}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    as_written = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="kzpolicy", description=__doc__, epilog=_EXAMPLES, formatter_class=as_written
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", title="commands")

    def command(
        name: str, run: Callable[[argparse.Namespace], int], about: str, more: str, examples: str = ""
    ) -> argparse.ArgumentParser:
        added = commands.add_parser(
            name, help=about, description=more, epilog=examples, formatter_class=as_written
        )
        added.set_defaults(run=run)
        return added

    build = command(
        "build", _build, "measure a folder of texts: write a study's tables", _FOLDER, _BUILD_EXAMPLES
    )
    build.add_argument("texts", type=Path, metavar="FOLDER", help="folder of documents, see above")
    build.add_argument(
        "--out", type=Path, metavar="STUDY", help="folder of the tables (default: data/articles)"
    )
    build.add_argument("--keep-duplicates", action="store_true", help="keep near-duplicates too")
    build.add_argument("--strict", action="store_true", help="stop at the first file that cannot be used")
    build.add_argument("--workers", type=_count, default=1, metavar="N", help="processes that share the work")
    build.add_argument(
        "--scheduler", default="", metavar="ADDRESS", help="a Dask cluster that shares the disk"
    )

    template = command("template", _template, "write sources.csv for a folder, to be completed", _TEMPLATE)
    template.add_argument("texts", type=Path, metavar="FOLDER", help="folder without a sources.csv")

    accept = command("accept", _accept, "check tables edited by hand and renew their checksums", _ACCEPT)
    accept.add_argument(
        "study", type=Path, nargs="?", metavar="STUDY", help="its folder (default: data/articles)"
    )

    command("codebook", _codebook, "print what every table and column means", "Print data/codebook.md.")

    study = command(
        "study",
        _study,
        "execute the notebooks and compare them with what is committed",
        _STUDY,
        _STUDY_EXAMPLES,
    )
    study.add_argument("names", nargs="*", metavar="NAME", help="only notebooks whose name begins so")
    study.add_argument(
        "--notebooks",
        type=Path,
        default=Path("notebooks"),
        metavar="FOLDER",
        help="their folder (default: notebooks)",
    )
    study.add_argument("--update", action="store_true", help="write the executed notebooks instead")
    return parser


def _own_study() -> Path:
    """Find the tables that the package publishes: they are in its checkout."""
    folder = ROOT / "data" / "articles"
    if not folder.parent.is_dir():
        raise StudyError("data/articles: not in an installed package; name the study's folder")
    return folder


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a count of 1 or more")
    return int(text)


def _build(options: argparse.Namespace) -> int:
    from kzpolicy.building import BUILDING, build_study

    out = options.out or _own_study()
    try:
        corpus = build_study(
            options.texts,
            out,
            collapse=not options.keep_duplicates,
            strict=options.strict,
            workers=options.workers,
            scheduler=options.scheduler,
        )
    except KeyboardInterrupt:
        print(f"kzpolicy: stopped; the tables in {out} are as they were", file=sys.stderr)
        if (out / BUILDING).is_dir():
            print("kzpolicy: the same command goes on from the parts that are finished", file=sys.stderr)
        return 130
    left_out = corpus.left_out.groupby("reason", observed=True)["words"].agg(["size", "sum"])
    print(f"{out}: {corpus!r}")
    for reason, pieces, words in left_out.itertuples():
        print(f"  left out: {reason}: {pieces} pieces, {words} words")
    languages = corpus.documents["language"]
    if others := int((~languages.str.lower().str.startswith("en")).sum()):
        print(f"  not in English: {others} of {len(languages)} texts, though scored as if they were")
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

    study = options.study or _own_study()
    print(f"{study}: {accept_study(study)!r}")
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
