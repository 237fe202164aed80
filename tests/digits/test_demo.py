"""``make demo`` on this repository: a real training of another model, in a clone."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest
from repos import Project

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.mark.slow
def test_the_demo_trains_another_model_and_shows_how_far_it_moved(
    copy_repository: Callable[[Path], None], tmp_path: Path
) -> None:
    copy_repository(tmp_path)
    subprocess.run(["git", "init", "--quiet", "--initial-branch=trunk"], cwd=tmp_path, check=True)
    project = Project(tmp_path, git=False)
    project.commit("What git tracks here")
    before = project.git("for-each-ref")
    project.write("build/demo/README.md", "of an earlier demo")
    said = project.paste("python scripts/first_look.py demo")
    assert re.search(r"accuracy 0\.\d+ → 0\.\d+ worse", said)
    assert f"{tmp_path}/build/demo/reports/headway/report.html" in said.splitlines()
    assert (project.git("status", "--short"), project.git("for-each-ref")) == ("", before)
