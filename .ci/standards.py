"""Validate the data packages with Frictionless, which knows nothing of kzpolicy; run by `make standards`.

Frictionless reads Parquet row by row and does not count its bytes: of these tables only the first rows
are read, and their bytes and checksums are left to `load_corpus`, which proves them.
"""

import sys
from pathlib import Path

from frictionless import Checklist, Package

ROWS = 5_000
bad = 0
for path in sorted((Path(__file__).resolve().parents[1] / "data").glob("*/datapackage.json")):
    package = Package(str(path))
    assert {resource.path for resource in package.resources} == {
        table.name for table in path.parent.iterdir() if table.suffix in (".csv", ".parquet")
    }
    for resource in package.resources:
        if str(resource.path).endswith(".parquet"):
            report = resource.validate(Checklist(skip_errors=["byte-count", "hash-count"]), limit_rows=ROWS)
        else:
            report = resource.validate()
        problems = report.flatten(["rowNumber", "fieldName", "message"])
        bad += len(problems)
        print(f"{path.parent.name}/{resource.path}: {'valid' if report.valid else 'NOT VALID'}")
        for problem in problems[:10]:
            print("   ", *problem)
sys.exit(bad > 0)
