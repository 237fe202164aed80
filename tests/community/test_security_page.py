"""docs/security.md names tests and code for its claims; each of them exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/security.md").read_text()
LINKS = re.findall(r"\[(test_\w+|\w+\.py)\]\(\.\./((?:src|tests)/[\w./]+\.py)\)", PAGE)
SOURCES = [path.read_text() for path in (ROOT / "src/headway").rglob("*.py")]


@pytest.mark.parametrize(("name", "path"), LINKS)
def test_each_test_and_module_has_the_name_that_the_page_gives_it(name: str, path: str) -> None:
    if name.endswith(".py"):
        assert Path(path).name == name
    else:
        assert f"def {name}(" in (ROOT / path).read_text()


def test_the_limits_of_an_image_are_those_of_the_page() -> None:
    code = (ROOT / "src/headway/draw/decoding.py").read_text()
    assert "MOST_BYTES = 20_000_000" in code
    assert "MOST_PIXELS = 40_000_000" in code
    assert "20 MB and 40 million pixels" in " ".join(PAGE.split())


def test_no_code_changes_gits_configuration() -> None:
    """Each call of ``git config`` only reads: with ``--get`` or the like, or a name alone."""
    calls = [call for source in SOURCES for call in re.findall(r'run_git\(\w+, "config", (.*?)\)', source)]
    assert len(calls) >= 3
    reads = re.compile(r"--get|\"--type=bool\", \"tag\.gpgSign\"$")
    assert [call for call in calls if not reads.search(call)] == []


def test_no_code_sends_telemetry() -> None:
    assert not [source for source in SOURCES if re.search(r"collect_and_send|telemetry|sentry|posthog", source)]
