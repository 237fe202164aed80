"""The commands that ``headway init`` names, pasted into a shell as a reader would."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from repos import Project

if TYPE_CHECKING:
    from pathlib import Path

GITHUB, REPORT, POST = (f".github/workflows/headway{name}.yml" for name in ("", "-report", "-post"))


def commands(printed: str) -> list[str]:
    """The commands in backquotes."""
    return re.findall(r"`([^`]+)`", printed)


@pytest.fixture
def measured(project: Project) -> Project:
    project.dvc_yaml({"metrics": ["m.json"]}).json("m.json", {"accuracy": 0.5}).commit()
    return project


@pytest.mark.slow
def test_the_last_step_commits_what_was_written(measured: Project) -> None:
    measured.paste(commands(measured.paste("headway init --forge github"))[-1])
    assert measured.git("status", "--short") == ""
    assert set(measured.git("show", "--name-only", "--format=").split()) == {GITHUB, "headway.yaml", ".gitignore"}


def test_the_steps_before_it_name_commands_that_run(measured: Project) -> None:
    steps = commands(measured.paste("headway init --forge github"))
    assert {"headway rules", "headway doctor"} < set(steps)
    assert "accuracy" in measured.paste("headway rules")
    assert "failed" in measured.paste("headway doctor", check=False)


@pytest.mark.slow
def test_the_workflow_of_the_other_shape_is_removed(measured: Project) -> None:
    measured.paste("headway init --forge github")
    measured.commit()
    printed = measured.paste("headway init --forge github --forks")
    measured.paste(next(step for step in commands(printed) if step.startswith("git rm")))
    assert not (measured.root / GITHUB).exists()
    assert (measured.root / POST).exists()


@pytest.mark.slow
def test_a_forge_is_named(measured: Project) -> None:
    printed = measured.paste("headway init")
    measured.paste(next(step for step in commands(printed) if "--forge" in step))
    assert (measured.root / GITHUB).exists()


@pytest.mark.slow
def test_forks_are_for_one_project(tmp_path: Path) -> None:
    repository = Project(tmp_path, dvc=False)
    for folder in ("a", "b"):
        Project(tmp_path, subdir=folder, git=False).dvc_init()
    repository.commit()
    printed = repository.paste("headway init --forge github --forks", check=False)
    repository.paste(f"{printed.splitlines()[-1].strip()} --forge github")
    assert (tmp_path / REPORT).exists()


@pytest.mark.slow
def test_a_source_is_named_by_its_commit(measured: Project) -> None:
    printed = measured.paste("headway init --source https://git.example/headway@main", check=False)
    measured.paste(f"{printed.splitlines()[-1].strip()} --forge github")
    assert "uses: team/headway@0123456789abcdef" in (measured.root / GITHUB).read_text()


@pytest.mark.slow
def test_a_repository_without_a_project_gets_one(tmp_path: Path) -> None:
    repository = Project(tmp_path, dvc=False).write("a", "b")
    repository.commit()
    printed = repository.paste("headway init", check=False)
    repository.paste(printed.splitlines()[-1].strip())
    assert "1 DVC project" in repository.paste("headway init")
