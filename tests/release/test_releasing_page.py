"""docs/releasing.md, by hand: each of its commands runs in its order, in a clone with a remote."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from repos import Project
from workflow_steps import ROOT, jobs

if TYPE_CHECKING:
    from pathlib import Path

PAGE = (ROOT / "docs/releasing.md").read_text()
BLOCKS = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
REHEARSE, PREPARE, TAG, DELETE = BLOCKS
VERSION = "0.1.0"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Headway's changelog and its script, in a repository with a remote."""
    origin = tmp_path / "origin.git"
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch", "main", origin], check=True)
    project = Project(tmp_path / "headway", dvc=False).write(".gitignore", "__pycache__/\n")
    (project.root / "scripts").mkdir()
    for name in ("scripts/changelog.py", "scripts/check_release.py", "pyproject.toml"):
        shutil.copy(ROOT / name, project.root / name)
    project.write("CHANGELOG.md", "# Changelog\n\n## Unreleased\n\n- It works.\n").commit("change")
    project.git("remote", "add", "origin", str(origin))
    project.git("push", "--quiet", "origin", "main")
    return project


def run(project: Project, block: str) -> None:
    for line in block.splitlines():
        program, *words = shlex.split(line)
        command = [sys.executable if program == "python" else program, *words]
        subprocess.run(command, cwd=project.root, check=True, capture_output=True)


def test_the_first_command_is_the_rehearsal_that_another_test_runs() -> None:
    assert REHEARSE == "make release-rehearsal\n"
    done = subprocess.run(
        ["make", "--dry-run", "--no-print-directory", "release-rehearsal"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.endswith("python scripts/rehearse_release.py\n")


def test_the_commands_make_a_tag_that_the_workflow_takes_and_delete_it(project: Project) -> None:
    run(project, PREPARE)
    assert project.git("status", "--porcelain") == ""
    project.git("push", "--quiet", "origin", f"release-{VERSION}:main")  # the pull request is merged
    run(project, TAG)
    commit = project.git("rev-parse", f"v{VERSION}^{{commit}}")
    assert project.git("ls-remote", "origin", f"refs/tags/v{VERSION}^{{}}").startswith(commit)
    home = re.search(r'Source = "(https://[^/]+)/(.+)"', (ROOT / "pyproject.toml").read_text())
    assert home
    job = {"GITHUB_REF_NAME": f"v{VERSION}", "GITHUB_SHA": commit}
    here = {"GITHUB_SERVER_URL": home[1], "GITHUB_REPOSITORY": home[2]}
    check = [sys.executable, "scripts/check_release.py"]
    done = subprocess.run(check, cwd=project.root, env=job | here, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")
    run(project, DELETE)
    assert project.git("ls-remote", "--tags", "origin") == ""


def test_the_page_names_each_job_with_its_permissions() -> None:
    rows = dict(re.findall(r"^\| (\w+) \| (reads the code|`[a-z-]+: write`) \|", PAGE, re.MULTILINE))
    granted = {name: job["permissions"] for name, job in jobs(ROOT / ".github/workflows/release.yml").items()}
    assert rows.keys() == granted.keys()
    for name, words in rows.items():
        assert words in {"reads the code", *(f"`{each}: write`" for each in granted[name])}
        assert (words == "reads the code") == (granted[name] == {"contents": "read"})
