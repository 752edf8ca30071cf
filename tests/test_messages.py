"""Error messages as a set: one line that says what is wrong and, after a semicolon, what to do."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "kzpolicy"
# What another message is put into, such as f"{path}: {error}": that one says what to do.
PASSED_ON = re.compile(r"[{}:/ ]+")


def message(node: ast.expr) -> str:
    """Write a message with {} for what is filled in."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(message(part) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    if isinstance(node, ast.BinOp):
        return message(node.left) + message(node.right)
    return "{}"


def messages() -> dict[str, str]:
    found = {}
    for path in sorted(PACKAGE.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "StudyError":
                found[f"{path.name}:{node.lineno}"] = message(node.args[0])
    return found


@pytest.mark.parametrize(("place", "said"), messages().items())
def test_a_message_says_what_to_do(place: str, said: str) -> None:
    if PASSED_ON.fullmatch(said):
        return
    wrong, _, mend = said.partition("; ")
    assert wrong and mend, f"{place}: what is wrong; what to do"
    assert not said.rstrip("{}")[-1:] == "." and not wrong[0].isspace()
    assert "  " not in said and not re.search(r"\b(?:[Ee]rror|[Ii]nvalid|[Ff]ailed|[Pp]lease|!)", said)


def test_there_are_messages() -> None:
    assert len(messages()) > 100
