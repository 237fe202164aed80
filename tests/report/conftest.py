"""Golden files: what a rendering looked like when somebody last read it and agreed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compare a text with its golden file, or write the file anew where HEADWAY_UPDATE_GOLDEN asks for it."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if os.environ.get("HEADWAY_UPDATE_GOLDEN"):
            path.write_text(text, encoding="utf-8")
        assert path.read_text(encoding="utf-8") == text, f"{name} differs; if it should, set HEADWAY_UPDATE_GOLDEN=1"

    return compare
