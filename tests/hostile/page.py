"""The table of hostile inputs in ``docs/reliability.md``: each row is played by a test, and the page holds what it saw.

A module has one section: ``SECTION = Section("Output", (Row("a full disk", full_disk), ...))``, a test over its rows
that calls ``SECTION.check(row, row.play(tmp_path))``, and a line in ``test_page.py``. With HEADWAY_UPDATE_GOLDEN, and
without ``-n``, the rows are written anew.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

PAGE = Path(__file__).parents[2] / "docs/reliability.md"
HEADING = "## Hostile inputs\n"
COLUMNS = "| Case | Result |\n| --- | --- |\n"


@dataclass(frozen=True)
class Row:
    """One hostile input.

    Attributes:
        tried: what is tried, in the words of the page.
        play: tries it in an empty folder and says in a few words what happened; the words depend on what it saw.
        slow: whether only ``make test-slow`` plays it.
    """

    tried: str
    play: Callable[[Path], str]
    slow: bool = False


@dataclass(frozen=True)
class Section:
    """A kind of hostile input: a table with a heading of its own."""

    title: str
    rows: tuple[Row, ...]

    def params(self) -> list[object]:
        """The rows for ``pytest.mark.parametrize``."""
        return [pytest.param(row, marks=pytest.mark.slow) if row.slow else row for row in self.rows]

    def check(self, row: Row, happened: str) -> None:
        """The page says of a row what happened; or is written anew where that is asked for."""
        if os.environ.get("HEADWAY_UPDATE_GOLDEN"):
            self._write(row, happened)
        assert line_of(row, happened) in self.lines(), "the page differs; if it should, set HEADWAY_UPDATE_GOLDEN=1"

    def lines(self) -> list[str]:
        """The rows of the section as they stand on the page."""
        _, found, rest = PAGE.read_text(encoding="utf-8").partition(f"### {self.title}\n\n{COLUMNS}")
        return rest.partition("\n\n")[0].splitlines() if found else []

    def _write(self, row: Row, happened: str) -> None:
        known = {tried_of(line): line for line in self.lines()} | {cell(row.tried): line_of(row, happened)}
        lines = [known[cell(each.tried)] for each in self.rows if cell(each.tried) in known]
        table = f"### {self.title}\n\n{COLUMNS}" + "\n".join(lines) + "\n"
        page = PAGE.read_text(encoding="utf-8")
        begin = page.find(f"### {self.title}\n\n{COLUMNS}")
        end = page.find("\n\n", page.find(COLUMNS, begin)) + 1 or len(page)
        page = f"{page}\n{table}" if begin < 0 else page[:begin] + table + page[end:]
        PAGE.write_text(page, encoding="utf-8")


def line_of(row: Row, happened: str) -> str:
    return f"| {cell(row.tried)} | {cell(happened)} |"


def cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def tried_of(line: str) -> str:
    return re.split(r"(?<!\\)\|", line)[1].strip()


def ended(done: subprocess.CompletedProcess[str], folder: Path, *, lines: int = 1) -> str:
    """How a command ended, in words: its exit code and the first lines that it wrote to standard error.

    Args:
        done: the finished command, with its standard error as text.
        folder: the test's own folder, whose path is left out.
        lines: how many lines are wanted.
    """
    said = " ".join(done.stderr.replace(f"{folder}/", "").splitlines()[:lines])
    return f"exit {done.returncode}" + (f": {said}" if said else "")
