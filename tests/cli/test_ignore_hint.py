"""``headway report`` says once how git ignores its folder, by a command that works where it is pasted."""

from __future__ import annotations

import subprocess
from contextlib import chdir
from typing import TYPE_CHECKING

import pytest
from repos import Project

from headway.app.ignore_hint import ignore_hint
from headway.cli.main import run

if TYPE_CHECKING:
    from pathlib import Path

REPORT = "reports/headway/report.html"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "team").json("metrics.json", {"acc": 0.9}).dvc_yaml({"metrics": ["metrics.json"]})


def hint(project: Project, folder: str = ".", out: str = "reports/headway", *, start: str = ".") -> str:
    """The hint after a report was written, for a shell that is in another folder below the project's."""
    (project.root / start).mkdir(parents=True, exist_ok=True)
    with chdir(project.root / start):
        target = project.root / folder / out
        target.mkdir(parents=True, exist_ok=True)
        (target / "report.html").touch()
        return ignore_hint(project.root / folder, target)


def paste(project: Project, said: str, start: str = ".") -> None:
    """Run the command in the hint as sh does, which is dash on some systems and bash on others."""
    command = said.partition("To ignore it: ")[2]
    subprocess.run(["sh", "-c", command], cwd=project.root / start, check=True)


def is_ignored(project: Project, path: str) -> bool:
    return project.run("git", "check-ignore", "--quiet", path, check=False).returncode == 0


@pytest.mark.usefixtures("shared_children")
def test_the_run_that_makes_the_folder_says_it_and_later_ones_do_not(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.commit()
    with chdir(project.root):
        assert run(["report", "HEAD"]) == 0
        said = capsys.readouterr().err
        assert said == ("git does not ignore reports/headway yet. To ignore it: echo /reports/headway/ >> .gitignore\n")
        assert run(["report", "HEAD"]) == 0
        assert capsys.readouterr().err == ""
    paste(project, said)
    assert project.git("status", "--short") == "?? .gitignore"


@pytest.mark.usefixtures("shared_children")
def test_a_job_of_ci_says_nothing(
    project: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    project.commit()
    monkeypatch.setenv("CI", "true")
    with chdir(project.root):
        assert run(["report", "HEAD"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("folder", "out", "start", "command"),
    [
        pytest.param("services/a", "reports/headway", ".", "/reports/headway/ >> services/a/.gitignore", id="project"),
        pytest.param("services/a", "reports/headway", "services/a", "/reports/headway/ >> .gitignore", id="in project"),
        pytest.param("services/a", "../../out", "services/a", "/out/ >> ../../.gitignore", id="outside project"),
        pytest.param("my digits", "the report", ".", "'/the\\ report/' >> 'my digits/.gitignore'", id="spaces"),
        pytest.param(".", "[a]*", ".", "'/\\[a]\\*/' >> .gitignore", id="pattern characters"),
    ],
)
def test_the_command_ignores_this_folder_alone(
    project: Project, folder: str, out: str, start: str, command: str
) -> None:
    said = hint(project, folder, out, start=start)
    assert said.endswith(command)
    paste(project, said, start)
    assert is_ignored(project, f"{folder}/{out}/report.html")
    assert not is_ignored(project, f"{folder}/a/report.html")
    assert hint(project, folder, out, start=start) == ""


def test_a_last_line_without_end_keeps_its_meaning(project: Project) -> None:
    project.write(".gitignore", "/model.bin")
    paste(project, hint(project))
    assert is_ignored(project, "model.bin")
    assert is_ignored(project, REPORT)


@pytest.mark.parametrize("pattern", ["/reports/headway/", "reports/", "reports/headway/*", "**/headway"])
def test_nobody_is_told_what_git_ignores_already(project: Project, pattern: str) -> None:
    project.write(".gitignore", f"{pattern}\n")
    assert hint(project) == ""


def test_nobody_is_told_of_a_folder_that_git_tracks(project: Project) -> None:
    project.write(REPORT, "").commit()
    assert hint(project) == ""


def test_nobody_is_told_of_an_output_of_dvc(project: Project) -> None:
    project.dvc_yaml({"stages": {"report": {"cmd": "headway report", "outs": ["reports/headway"]}}})
    assert hint(project) == ""


def test_a_folder_outside_the_repository_is_nobodys_concern(project: Project, tmp_path: Path) -> None:
    assert hint(project, out="../elsewhere") == ""
    assert ignore_hint(tmp_path, tmp_path / "elsewhere") == ""
