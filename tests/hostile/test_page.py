"""The sections of hostile inputs on the page are those of the tests, row for row."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest
from hostile.page import HEADING, PAGE, Section, cell, tried_of

MODULES = sorted(path.stem for path in Path(__file__).parent.glob("test_*.py") if path.stem != "test_page")


@pytest.mark.parametrize("module", MODULES)
def test_the_page_has_every_row_of_a_section_in_its_order(module: str) -> None:
    section: Section = import_module(f"hostile.{module}").SECTION
    assert [tried_of(line) for line in section.lines()] == [cell(row.tried) for row in section.rows]


def test_the_page_has_no_other_section() -> None:
    part = PAGE.read_text(encoding="utf-8").partition(HEADING)[2]
    titles = {import_module(f"hostile.{module}").SECTION.title for module in MODULES}
    assert set(re.findall(r"^### (.+)$", part, re.MULTILINE)) == titles
