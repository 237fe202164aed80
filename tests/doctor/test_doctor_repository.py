"""The clone and the project as a first user has them: each line that is not ok has a remedy that mends it."""

from __future__ import annotations

import shutil
from importlib.metadata import PackageNotFoundError
from typing import TYPE_CHECKING

import pytest
from doctor.checkups import TOPICS, check, status
from repos import PIPELINE, Project, train_twice

if TYPE_CHECKING:
    from pathlib import Path

GITHUB = {"GITHUB_ACTIONS": "true", "CI": "true", "GITHUB_BASE_REF": "main", "GITHUB_REPOSITORY": "octo/digits"}
GITLAB = {"GITLAB_CI": "true", "CI": "true", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main", "CI_PROJECT_ID": "1"}
BITBUCKET = {
    "BITBUCKET_PIPELINE_UUID": "{1}",
    "CI": "true",
    "BITBUCKET_PR_DESTINATION_BRANCH": "main",
    "BITBUCKET_WORKSPACE": "octo",
    "BITBUCKET_REPO_SLUG": "digits",
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with two commits on main and one on a branch; nothing is wrong with it."""
    project = train_twice(Project(tmp_path_factory.mktemp("trained") / "project"))
    project.write(".gitignore", "/model.bin\n/reports/headway/\n").commit("ignore")
    project.branch("feature").write("code.py", "# new").commit("feature")
    return project.checkout("main")


def mended(project: Project, name: str) -> str:
    """How a check ends after its remedy was pasted."""
    found = check(project.root, name)
    assert found.status in ("warning", "failed"), found
    project.paste(found.remedy)
    return status(project.root, name)


REPOSITORY = [topic.name for family, topic in TOPICS.values() if family == "Repository"]


def test_nothing_is_wrong_with_a_project_in_order(trained: Project) -> None:
    found = {name: status(trained.root, name) for name in REPOSITORY}
    assert found == {**dict.fromkeys(REPOSITORY, "ok"), "tags": "skipped"}


def test_a_folder_without_git_becomes_a_repository(tmp_path: Path) -> None:
    folder = Project(tmp_path, git=False).write("notes.txt", "first")
    assert {name: status(tmp_path, name) for name in REPOSITORY} == {
        **dict.fromkeys(REPOSITORY, "skipped"),
        "git": "failed",
        "DVC version": "ok",
    }
    assert mended(folder, "git") == "ok"
    assert [status(tmp_path, name) for name in ("commit", "DVC project")] == ["ok", "failed"]


def test_a_repository_without_commits(project: Project) -> None:
    assert [status(project.root, name) for name in ("git", "commit", "pipeline")] == ["ok", "failed", "skipped"]
    assert check(project.root, "DVC project").remedy == "git add .dvc .dvcignore"
    assert mended(project, "DVC project") == "ok"


def test_a_remedy_is_for_the_folder_that_was_named(project: Project) -> None:
    folder = Project(project.root, subdir="code/sub", git=False)
    found = check(folder.root, "reports ignored")
    folder.paste(found.remedy)
    folder.paste(check(folder.root, "DVC project").remedy)
    assert [status(folder.root, name) for name in ("reports ignored", "DVC project")] == ["ok", "ok"]


def test_a_damaged_repository_is_named(trained: Project, tmp_path: Path) -> None:
    damaged = trained.copied(tmp_path / "damaged")
    for folder in (damaged.root / ".git/objects").glob("??"):
        shutil.rmtree(folder)
    assert check(damaged.root, "git").remedy.startswith("git fsck --full")
    assert {status(damaged.root, name) for name in REPOSITORY} <= {"ok", "failed", "skipped"}


def test_the_projects_of_a_monorepo_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("models/de", "models/fr"):
        Project(tmp_path, subdir=folder, git=folder == "models/de", dvc=True).dvc_init()
    Project(tmp_path, git=False).commit("first")
    monkeypatch.chdir(tmp_path)
    found = check(tmp_path, "DVC project")
    assert (found.status, found.remedy.partition("  #")[0]) == ("warning", "headway doctor -C models/de")
    assert check(tmp_path / "models/de", "DVC project").what == "models/de, one of 2 projects of the repository"


def test_an_unknown_default_branch_is_named_in_the_settings(trained: Project, tmp_path: Path) -> None:
    project = trained.copied(tmp_path / "project").checkout("feature")
    project.git("branch", "--move", "main", "trunk")
    assert check(project.root, "base").remedy == "Name it in headway.yaml:\n  base: BRANCH"
    project.write("headway.yaml", "base: trunk\n")
    assert status(project.root, "base") == "ok"


@pytest.mark.slow
def test_an_unknown_default_branch_is_learned_from_the_remote(trained: Project, tmp_path: Path) -> None:
    origin = trained.copied(tmp_path / "origin")
    origin.git("branch", "--move", "main", "trunk")
    clone = origin.clone(tmp_path / "clone").checkout("feature")
    clone.git("remote", "set-head", "origin", "--delete")
    assert mended(clone, "base") == "ok"


def test_a_shallow_clone_is_deepened(trained: Project, tmp_path: Path) -> None:
    clone = trained.clone(tmp_path / "clone", "--depth=1")
    assert check(clone.root, "base").status == "skipped"
    assert mended(clone, "clone depth") == "ok"
    assert status(clone.root, "base") == "ok"


def test_a_shallow_clone_of_a_job_is_fine_where_git_can_log_in(trained: Project, tmp_path: Path) -> None:
    clone = trained.clone(tmp_path / "clone", "--depth=1", "--branch=feature")
    assert check(clone.root, "clone depth", GITHUB).status == "ok"
    assert check(clone.root, "clone depth", GITHUB, offline=True).status == "warning"
    clone.git("remote", "set-url", "origin", str(tmp_path / "gone"))
    remedies = [check(clone.root, "clone depth", forge).remedy for forge in (GITHUB, GITLAB, BITBUCKET)]
    assert [remedy.splitlines()[-1].strip() for remedy in remedies] == [
        "fetch-depth: 0",
        'GIT_DEPTH: "0"',
        "depth: full",
    ]


def test_a_clone_without_tags_has_their_command(trained: Project, tmp_path: Path) -> None:
    project = trained.copied(tmp_path / "project").write("headway.yaml", "anchor: v1\n")
    assert status(project.root, "tags") == "failed"
    project.git("remote", "add", "origin", "https://git.example/octo/digits")
    assert check(project.root, "tags", offline=True).remedy == "git fetch --tags origin"


@pytest.mark.slow
def test_the_tags_of_an_anchor_are_fetched(trained: Project, tmp_path: Path) -> None:
    origin = trained.copied(tmp_path / "origin")
    origin.git("tag", "v1", "main~1")
    clone = origin.clone(tmp_path / "clone", "--no-tags")
    clone.write("headway.yaml", "anchor: v1\n")
    assert check(clone.root, "tags", GITHUB).status == "ok"
    assert mended(clone, "tags") == "ok"
    clone.write("headway.yaml", "anchor: v2\n")
    assert status(clone.root, "tags") == "failed"


def test_what_git_does_not_track_is_named(trained: Project, tmp_path: Path) -> None:
    project = trained.copied(tmp_path / "project")
    project.git("rm", "--quiet", "--cached", "dvc.lock")
    found = check(project.root, "pipeline")
    assert (found.status, found.remedy) == ("failed", "git add dvc.lock")


@pytest.mark.slow
def test_what_git_does_not_track_is_added(trained: Project, tmp_path: Path) -> None:
    project = trained.copied(tmp_path / "project")
    project.git("rm", "--quiet", "--cached", "dvc.lock", "metrics.json")
    assert [mended(project, name) for name in ("pipeline", "results")] == ["ok", "ok"]


def test_a_stage_that_never_ran_is_named(project: Project) -> None:
    project.write("code.py", "").write("params.yaml", "lr: 1\n").dvc_yaml(PIPELINE).commit()
    found = check(project.root, "pipeline")
    assert (found.status, found.remedy) == ("warning", "dvc repro")
    assert "train" in found.what


@pytest.mark.slow
def test_a_stage_that_never_ran_is_run(project: Project) -> None:
    cmd = "touch model.bin && echo '{}' > metrics.json"
    stages = {"stages": {"train": {**PIPELINE["stages"]["train"], "cmd": cmd}}}
    project.write("code.py", "").write("params.yaml", "lr: 1\n").dvc_yaml(stages).commit()
    project.paste(check(project.root, "pipeline").remedy)
    project.commit()
    assert status(project.root, "pipeline") == "ok"


@pytest.mark.parametrize(("file", "text"), [("dvc.yaml", "<<<<<<< HEAD\n"), ("dvc.lock", "{["), (".dvc/config", "[a")])
def test_broken_files_of_dvc_are_one_line_each(trained: Project, tmp_path: Path, file: str, text: str) -> None:
    project = trained.copied(tmp_path / "project").write(file, text)
    found = check(project.root, "pipeline")
    assert (found.status, bool(found.remedy)) == ("failed", True)
    assert file in found.what
    assert status(project.root, "DVC configuration") == ("failed" if file == ".dvc/config" else "ok")


def test_a_project_without_results_is_told_how_to_declare_them(project: Project) -> None:
    project.commit()
    assert [status(project.root, name) for name in ("pipeline", "results")] == ["warning", "warning"]
    assert check(project.root, "results").remedy.endswith("\n  metrics:\n    - metrics.json")


@pytest.mark.slow
def test_results_are_declared_as_the_remedy_says(project: Project) -> None:
    project.commit()
    project.dvc_yaml(check(project.root, "results").remedy.partition(":\n")[2].replace("\n  ", "\n").strip())
    project.json("metrics.json", {"acc": 1}).commit()
    assert check(project.root, "results").what == "1 metric in 1 file, 0 plots"


def test_reports_are_ignored_and_no_longer_tracked(project: Project) -> None:
    project.write("reports/headway/report.json", "{}").write(".gitignore", "/old").commit()
    assert mended(project, "reports ignored") == "warning"
    assert mended(project, "reports ignored") == "ok"
    assert project.git("check-ignore", "old") == "old"


def test_a_configuration_that_git_tracks_fails(project: Project) -> None:
    project.write(".dvc/.gitignore", "").write(".dvc/config.local", "").commit()
    assert check(project.root, "DVC configuration").remedy == "git rm --cached .dvc/config.local"


@pytest.mark.parametrize(("version", "expected"), [("3.60.0", "ok"), ("3.9.1", "failed"), ("4.0.0", "failed")])
def test_dvcs_version_is_compared_as_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, expected: str
) -> None:
    monkeypatch.setattr("importlib.metadata.version", lambda _: version)
    assert status(tmp_path, "DVC version") == expected


def test_without_an_installation_dvcs_version_is_not_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.requires", fail)
    assert status(tmp_path, "DVC version") == "skipped"


def test_an_error_that_nobody_foresaw_is_a_line_too(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("strange")

    project.commit()
    monkeypatch.setattr("headway.app.doctor.ground.open_history", fail)
    assert check(project.root, "git").what == "This cannot be checked: strange"
