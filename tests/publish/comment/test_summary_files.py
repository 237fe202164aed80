"""Job summary, outputs and warnings: nothing in a value can end it early, nothing grows over its limit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from headway.errors import ForgeError, WriteError
from headway.publish.comment import summary

if TYPE_CHECKING:
    from pathlib import Path


def parsed(text: str) -> dict[str, str]:
    """Outputs as GitHub reads them."""
    return {
        match["name"]: match["value"]
        for match in re.finditer(r"(?P<name>[^\n<]+)<<(?P<end>[^\n]+)\n(?P<value>.*?)\n(?P=end)\n", text, re.DOTALL)
    }


@pytest.mark.parametrize("value", ["", "created", "a\nb", "x<<EOF\nEOF\ny=1", "headway_\nheadway_0"])
def test_any_value_comes_back(value: str) -> None:
    values = {"outcome": value, "report": "reports/headway/report.json"}
    assert parsed(summary.outputs(values)) == values


def test_the_line_that_ends_a_value_cannot_be_guessed() -> None:
    ends = {re.search(r"<<(.*)\n", summary.outputs({"a": "b"}))[1] for _ in range(5)}  # type: ignore[index]  # it matches
    assert len(ends) == 5


def test_room_counts_what_the_step_has_written_before(tmp_path: Path) -> None:
    file = tmp_path / "summary.md"
    assert summary.remaining_bytes(file) == 1_000_000
    summary.append(file, "é" * 100)
    summary.append(file, "x")
    assert summary.remaining_bytes(file) == 1_000_000 - 201
    file.write_bytes(b"x" * 1_000_001)
    assert summary.remaining_bytes(file) == 0


def test_a_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match=re.escape("summary.md")):
        summary.append(tmp_path / "missing" / "summary.md", "x")


def test_a_warning_stays_on_one_line_and_starts_no_other_command() -> None:
    failure = ForgeError("100 %", why="first\r\nsecond", remedy="::error::x")
    assert summary.warning(failure) == "::warning title=Headway::100 %25%0Afirst%0D%0Asecond%0A::error::x"


def test_failures_stand_in_a_fence_that_they_cannot_close() -> None:
    section = summary.failures_section([ForgeError("a", why="```\n# big\n@octo")])
    assert "````text\na\n```\n# big\n@octo\n````" in section
    assert section.startswith("> [!WARNING]\n")
    assert summary.failures_section([]) == ""
