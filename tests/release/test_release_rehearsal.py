"""A release from end to end on this machine, as ``make release-rehearsal`` runs it, and its parts."""

from __future__ import annotations

import runpy
import subprocess
import sys

import pytest
from workflow_steps import ROOT

TRY = runpy.run_path(str(ROOT / "scripts/try_release.py"))


def test_the_steps_are_those_of_the_readme() -> None:
    commands = [" ".join(each) for each in TRY["readme_commands"]((ROOT / "README.md").read_text())]
    assert commands == ["headway init", "headway doctor", "headway diff", "headway report", "headway post --preview"]


def test_a_step_that_fails_ends_it(tmp_path: object) -> None:
    shell = TRY["Shell"](tmp_path, {})
    with pytest.raises(SystemExit, match=r"^error: .* ended with 3\.$"):
        shell.run(sys.executable, "-c", "exit(3)")


@pytest.mark.slow
def test_a_release_is_built_uploaded_installed_and_tried() -> None:
    """It takes minutes, because pip downloads all that Headway needs."""
    command = [sys.executable, str(ROOT / "scripts/rehearse_release.py")]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    assert done.stdout.endswith("The rehearsal went through: built, uploaded, installed and tried.\n")
    assert "placeholders: none is left" in done.stdout
