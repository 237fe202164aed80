"""docs/reliability.md, of which tests write parts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PAGE = Path(__file__).parents[2] / "docs/reliability.md"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table in Markdown."""
    return [f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head), *rows)]


def compare(heading: str, text: str) -> None:
    """A forge's part of the page is as it should be; or is written anew where that is asked for."""
    page = PAGE.read_text(encoding="utf-8")
    begin = page.index(heading)
    end = page.find("\n## ", begin) + 1 or len(page)
    text += "" if end == len(page) else "\n"
    if os.environ.get("HEADWAY_UPDATE_GOLDEN"):
        page = page[:begin] + text + page[end:]
        PAGE.write_text(page, encoding="utf-8")
        end = begin + len(text)
    assert page[begin:end] == text, f"{PAGE.name} differs; if it should, set HEADWAY_UPDATE_GOLDEN=1"
