"""The script that works with the changelog, and the changelog itself."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from workflow_steps import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = ROOT / "scripts/changelog.py"
NAMES = runpy.run_path(str(SCRIPT))
NEW = "### New\n\n- b and\n  `c`\n  - d\n"
TEXT = f"# Changelog\n\n## Unreleased\n\n{NEW}\n## 0.9.0 - 2026-01-02\n\n- a\n"


def test_what_is_unreleased_becomes_a_section(tmp_path: Path) -> None:
    (tmp_path / "CHANGELOG.md").write_text(TEXT)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(SCRIPT), *words]
        return subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)

    assert run("release", "0.10.0").returncode == 0
    text = (tmp_path / "CHANGELOG.md").read_text()
    assert re.match(rf"# Changelog\n\n## Unreleased\n\n## 0\.10\.0 - \d{{4}}-\d\d-\d\d\n\n{NEW}\n## 0\.9\.0", text)
    assert run("notes", "0.10.0").stdout == "### New\n\n- b and `c`\n  - d\n", (
        "GitHub breaks a line where the file does"
    )
    assert run("notes", "0.9.0").stdout == "- a\n"
    again = run("release", "0.10.0")
    assert (again.returncode, again.stderr) == (1, "error: CHANGELOG.md has a section 0.10.0 already.\n")


@pytest.mark.parametrize(
    ("text", "version", "said"),
    [
        (TEXT, "v1.0.0", "v1.0.0 is no version such as 1.2.0."),
        (TEXT.replace("Unreleased", "Next"), "1.0.0", "CHANGELOG.md has no section '## Unreleased'."),
        (
            TEXT.replace(NEW, ""),
            "1.0.0",
            "The section 1.0.0 of CHANGELOG.md is empty.",
        ),
    ],
    ids=["no version", "nothing unreleased", "an empty section"],
)
def test_what_cannot_become_a_release(text: str, version: str, said: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        NAMES["release"](text, version, "2027-01-01")


def test_headways_own_changelog_has_a_section_for_what_comes_next_and_one_with_a_date_for_each_release() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    first, *released = re.findall(r"^## (.+)", text, re.MULTILINE)
    assert first == "Unreleased"
    assert all(re.fullmatch(r"\d+\.\d+\.\d+ - \d{4}-\d\d-\d\d", each) for each in released)
