"""Count the lines of code of the library by module: docstrings, comments and blank lines left out.

python tools/size.py
"""

import ast
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "kzpolicy"
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def code_lines(source: str) -> set[int]:
    r"""Number the lines that hold code.

    Examples
    --------
    >>> sorted(code_lines('"About."\n\nx = 1  # one\n# two\ny = 2'))
    [3, 5]
    """
    tree = ast.parse(source)
    docstrings = set()
    for node in ast.walk(tree):
        if isinstance(node, (*FUNCTIONS, ast.ClassDef, ast.Module)) and ast.get_docstring(node) is not None:
            first = node.body[0]
            docstrings |= set(range(first.lineno, (first.end_lineno or 0) + 1))
    lines = enumerate(source.splitlines(), 1)
    written = {number for number, line in lines if line.strip() and not line.lstrip().startswith("#")}
    return written - docstrings


def longest_function(source: str) -> tuple[int, str]:
    """Give the lines of code of the longest function, and its name."""
    code = code_lines(source)
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, FUNCTIONS)]
    sizes = [(len(code & set(range(f.lineno, (f.end_lineno or 0) + 1))), f.name) for f in functions]
    return max(sizes, default=(0, ""))


def modules() -> dict[str, str]:
    """Read the library's modules by their path within it."""
    paths = sorted(PACKAGE.rglob("*.py"))
    return {path.relative_to(PACKAGE).as_posix(): path.read_text("utf-8") for path in paths}


def main() -> int:
    """Print a line a module and the sum."""
    total = 0
    for name, source in modules().items():
        size, (longest, function) = len(code_lines(source)), longest_function(source)
        total += size
        print(f"{name:32} {size:5}   longest function {longest:3} {function}")
    print(f"{'all':32} {total:5}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
