"""The hook for pre-commit, as published and as ``headway init --pre-commit`` writes it, in real repositories."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from repos import Project, train_twice
from ruamel.yaml import YAML

from headway.cli.main import run

ROOT = Path(__file__).parents[2]
CONFIG = ".pre-commit-config.yaml"
SOURCE = "https://git.example/team/headway@0123456789abcdef0123456789abcdef01234567"


def parsed(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


@pytest.fixture
def written(project: Project) -> Project:
    """A pipeline that has run, in a repository in which ``headway init`` has added its hook."""
    train_twice(project)
    options = ("--yes", "--forge", "none", "--source", SOURCE, "--pre-commit")
    assert run(["init", "--project", str(project.root), *options]) == 0
    return project


def test_init_writes_the_published_hook_for_the_headway_that_the_project_has(written: Project) -> None:
    (published,) = parsed((ROOT / ".pre-commit-hooks.yaml").read_text())
    ((repository,)) = parsed((written.root / CONFIG).read_text())["repos"]
    (local,) = repository["hooks"]
    assert repository["repo"] == "local"
    assert (published["language"], local["language"]) == ("python", "system")
    assert {key: published[key] for key in local} == {**local, "language": "python"}


def test_the_page_names_the_published_hook() -> None:
    (published,) = parsed((ROOT / ".pre-commit-hooks.yaml").read_text())
    (page,) = [block for block in yaml_blocks(ROOT / "docs/verify.md") if "repos:" in block]
    (repository,) = parsed(page)["repos"]
    assert [hook["id"] for hook in repository["hooks"]] == [published["id"]]


def yaml_blocks(page: Path) -> list[str]:
    return [part.removeprefix("yaml\n") for part in page.read_text().split("```") if part.startswith("yaml\n")]


def commit_twice(project: Project, environ: dict[str, str]) -> None:
    """A commit of a repository that is up to date passes the hook, and one with a stale stage does not."""
    project.git("add", "--all")
    assert hook(project, environ) == (0, "")
    project.write("params.yaml", "lr: 0.3\n").git("add", "--all")
    code, said = hook(project, environ)
    assert code == 1
    assert "train" in said
    assert "params.yaml:lr" in said


def hook(project: Project, environ: dict[str, str]) -> tuple[int, str]:
    """The exit code of pre-commit, and what the hook says if it fails."""
    command = ["pre-commit", "run", "--color", "never"]
    done = subprocess.run(command, cwd=project.root, check=False, capture_output=True, text=True, env=environ)
    return done.returncode, done.stdout.partition("Failed\n")[2]


@pytest.mark.slow
def test_the_hook_of_init_lets_only_an_up_to_date_repository_pass(written: Project, tmp_path: Path) -> None:
    commit_twice(written, {**os.environ, "PRE_COMMIT_HOME": str(tmp_path / "environments")})


@pytest.mark.slow
def test_the_published_hook_in_the_environment_that_pre_commit_makes(project: Project, tmp_path: Path) -> None:
    """pre-commit installs Headway and DVC from this working tree, which takes a minute or two."""
    published = Project(tmp_path / "published", dvc=False)
    for path in filter(None, subprocess.check_output(["git", "ls-files", "-z"], cwd=ROOT, text=True).split("\0")):
        if (ROOT / path).is_file() and path.startswith(
            ("src/headway/", "pyproject.toml", "hatch_build.py", "README", "LICENSE", ".pre")
        ):
            published.write(path, (ROOT / path).read_bytes())
    commit = published.commit()
    hooks = f"repos: [{{repo: {published.git_root}, rev: {commit}, hooks: [{{id: headway-verify}}]}}]\n"
    train_twice(project).write(CONFIG, hooks)
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    homes = {"PRE_COMMIT_HOME": str(tmp_path / "environments"), "PIP_CONSTRAINT": str(ROOT / "constraints.txt")}
    commit_twice(project, {**environ, **homes})
