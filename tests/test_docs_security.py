"""docs/security.md claims nothing that no test shows."""

import ast
import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
PAGE = (PROJECT / "docs" / "security.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py(?:::\w+)+)`", PAGE)))
ROWS = [
    line
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith(("| attack", "| trap", "| what"))
]


def names_in(path: Path) -> set[str]:
    """Return the tests of a module: ``test_x`` and ``TestClass::test_x``."""
    found = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            methods = (each for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))
            found |= {f"{node.name}::{method.name}" for method in methods}
    return found


@pytest.mark.parametrize("name", NAMED)
def test_a_named_test_exists(name: str) -> None:
    """Each test that the page names can be run under that name."""
    path, _, test = name.partition("::")
    assert (PROJECT / path).exists()
    assert test in names_in(PROJECT / path)


def test_every_row_names_its_test() -> None:
    """No attack is listed without a test of its own, or the one of the row above."""
    assert len(NAMED) > 20
    for row in ROWS:
        last = row.rstrip(" |").rpartition("| ")[2]
        assert last == "the same" or last.strip("`") in NAMED, row
