"""The house stays one that can be read, and its tests wait for events: none sleeps, and none asserts on the clock."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import headway

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(headway.__file__).parent
TESTS = Path(__file__).parents[1]
CLOCKS = {
    f"time.{name}{unit}" for name in ("monotonic", "perf_counter", "process_time", "time") for unit in ("", "_ns")
}
NAMES_TIME = re.compile(r"\btime\b")
"""In every module that any of the rules below is about; only those are parsed."""
MOST_FILES = 20
DATA = {"golden", "descriptions"}
"""Folders of documents that are compared with and served, one a case: nobody reads through them."""


def asserts_on_the_clock(tree: ast.AST) -> Iterator[int]:
    """The lines of a module that assert on, or compare, a time that a clock gave."""
    for scope in [tree, *(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))]:
        times = set[str]()
        for node in sorted(own_nodes(scope), key=lambda node: getattr(node, "lineno", 0)):
            if isinstance(node, ast.Assign | ast.AnnAssign) and reads_clock(node.value, times):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                times.update(name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name))
            if isinstance(node, ast.Assert | ast.Compare) and reads_clock(node, times):
                yield node.lineno


def own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a module or function, without those of the functions in it."""
    for node in ast.iter_child_nodes(scope):
        if not isinstance(node, ast.FunctionDef):
            yield node
            yield from own_nodes(node)


def reads_clock(node: ast.AST | None, times: set[str]) -> bool:
    return node is not None and any(
        calls(each, CLOCKS) or (isinstance(each, ast.Name) and each.id in times) for each in ast.walk(node)
    )


def sleeps(tree: ast.AST) -> Iterator[int]:
    yield from (node.lineno for node in ast.walk(tree) if isinstance(node, ast.Call) and calls(node, {"time.sleep"}))


def hides_the_clock(tree: ast.AST) -> Iterator[int]:
    """Imports by which a clock or a sleep would go by another name than the rules look for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            yield node.lineno
        if isinstance(node, ast.Import) and any(each.name == "time" and each.asname for each in node.names):
            yield node.lineno


def calls(node: ast.AST, names: set[str]) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) in names


def test_no_test_depends_on_the_clock() -> None:
    texts = {path: path.read_text() for path in sorted(TESTS.rglob("*.py"))}
    found = {
        f"{path.relative_to(TESTS)}:{line}"
        for path, tree in ((path, ast.parse(text)) for path, text in texts.items() if NAMES_TIME.search(text))
        for rule in (asserts_on_the_clock, sleeps, hides_the_clock)
        for line in rule(tree)
    }
    assert not found, "wait for an event instead; what is to be fast is measured by benchmarks/limits.py"


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("assert time.time() < 5", {1}),
        ("def f():\n start = time.monotonic()\n went = time.monotonic() - start\n assert went < 5", {4}),
        ("end = time.monotonic() + 5\nwhile not done() and time.monotonic() < end: pass", {2}),
        ("def f():\n start = time.monotonic()\ndef g(start):\n assert start == 1", set()),
        ("old = time.time() - 60\nos.utime(path, (old, old))", set()),
    ],
)
def test_an_assertion_on_the_clock_is_found(code: str, lines: set[int]) -> None:
    assert set(asserts_on_the_clock(ast.parse(code))) == lines


def test_no_folder_holds_more_files_than_a_reader_takes_in() -> None:
    folders = {
        folder: len([file for file in folder.iterdir() if file.is_file()])
        for top in (PACKAGE, TESTS)
        for folder in (top, *top.rglob("*/"))
        if folder.name not in DATA | {"__pycache__"}
    }
    assert TESTS / "house" in folders
    assert not {str(folder): files for folder, files in folders.items() if files > MOST_FILES}


@pytest.mark.parametrize(("folder", "most"), [(PACKAGE, 65_200), (TESTS / "fakes", 5_800)], ids=["headway", "fakes"])
def test_the_code_stays_as_small_as_it_is(folder: Path, most: int) -> None:
    assert sum(len(path.read_bytes().splitlines()) for path in folder.rglob("*.py")) <= most
