"""The commands of CONTRIBUTING.md: what they name exists, and each call of pytest finds tests."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text()
LINES = [line for block in re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
CALLS = [shlex.split(line, comments=True)[1:] for line in LINES if line.startswith("pytest ")]
UPDATES = [shlex.split(call) for call in re.findall(r"`HEADWAY_UPDATE_GOLDEN=1 pytest ([^`]+)`", PAGE)]


@pytest.mark.parametrize("words", CALLS + UPDATES, ids=shlex.join)
def test_what_pytest_is_given_exists(words: list[str]) -> None:
    paths = [word for word in words if word.startswith("tests/")]
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("words", CALLS, ids=shlex.join)
@pytest.mark.slow
def test_pytest_finds_tests(words: list[str]) -> None:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-qq", *words]
    assert "tests/" in subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("words", UPDATES, ids=shlex.join)
def test_these_tests_write_golden_files(words: list[str]) -> None:
    files = [path for word in words for path in [ROOT / word, *(ROOT / word).rglob("*.py")] if path.is_file()]
    assert any("HEADWAY_UPDATE_GOLDEN" in path.read_text() for path in files)


def test_the_steps_of_the_first_hour_are_targets_of_make() -> None:
    targets = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    assert {shlex.split(line)[1] for line in LINES if line.startswith("make ")} <= set(targets)
