"""Opening: every kind of folder that is no DVC project, and every kind of place where one may be."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from repos import Project, files_of, train_twice

from headway.app.comparison import Request, build_diff
from headway.errors import RepositoryError
from headway.gather import Repository

if TYPE_CHECKING:
    from pathlib import Path

    from repos import Opener


def refusal(path: Path) -> RepositoryError:
    with pytest.raises(RepositoryError) as caught:
        Repository.open(path)
    assert caught.value.exit_code == 3
    return caught.value


def test_a_missing_folder(tmp_path: Path) -> None:
    assert "There is no folder" in str(refusal(tmp_path / "nowhere"))


def test_no_git_repository(tmp_path: Path) -> None:
    error = refusal(tmp_path)
    assert "not in a git repository" in error.what
    assert error.remedy.startswith("git init && ")


def test_no_dvc_project(tmp_path: Path) -> None:
    error = refusal(Project(tmp_path / "p", dvc=False).root)
    assert "not in a DVC project" in error.what
    assert error.remedy == "dvc init"


def test_a_folder_above_the_projects_is_told_where_they_are(tmp_path: Path) -> None:
    project = Project(tmp_path / "p", subdir="teams/vision")
    project.commit()
    error = refusal(project.git_root)
    assert error.why == "The DVC projects of this repository are in teams/vision."
    assert error.remedy == "cd teams/vision  # diff and report: or --all-projects"


def test_a_dvc_project_outside_the_git_repository_is_not_its(tmp_path: Path) -> None:
    (tmp_path / ".dvc").mkdir()
    assert refusal(Project(tmp_path / "p", dvc=False).root).remedy == "dvc init"


def test_a_bare_repository_has_commits_and_no_workspace(trained: Project, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    trained.git("clone", "--quiet", "--bare", ".", str(bare))
    error = refusal(bare)
    assert "is a bare git repository" in error.what
    subprocess.run(error.remedy, shell=True, check=True, cwd=tmp_path, capture_output=True)  # noqa: S602 - as a reader would
    assert (tmp_path / "bare/dvc.yaml").exists()
    files = sorted(bare.rglob("*"))
    report = build_diff(Request(folder=bare, base="main~1", head="main", settings=None))
    assert [(metric.base, metric.head) for metric in report.metrics] == [(0.9, 0.95)]
    assert sorted(bare.rglob("*")) == files


def test_a_project_is_found_in_head_whatever_is_checked_out(tmp_path: Path) -> None:
    project = Project(tmp_path / "p", dvc=False)
    project.commit("before DVC")
    inner = train_twice(Project(project.root, subdir="teams/vision", git=False).dvc_init())
    project.git("branch", "trained")
    project.git("reset", "--quiet", "--hard", "HEAD~2")
    shutil.rmtree(inner.root)
    request = Request(folder=inner.root, base="trained~1", head="trained", settings=None)
    report = build_diff(request)
    assert (report.project, [(metric.base, metric.head) for metric in report.metrics]) == (
        "teams/vision",
        [(0.9, 0.95)],
    )
    assert not inner.root.exists()
    assert refusal(project.root).remedy == "dvc init"
    with pytest.raises(RepositoryError, match="not in a DVC project of trained") as caught:
        build_diff(replace(request, folder=project.root))
    assert "-C teams/vision" in caught.value.remedy


def test_what_a_project_leaves_behind_is_none(tmp_path: Path) -> None:
    project = train_twice(Project(tmp_path / "p"))
    project.git("checkout", "--quiet", "--orphan", "other")
    project.git("rm", "-r", "--force", "--quiet", ".")
    project.write("a", "").git("add", "a")
    project.git("commit", "--quiet", "--message", "without DVC")
    assert (project.root / ".dvc/cache").is_dir()
    assert refusal(project.root).remedy == "dvc init"
    report = build_diff(Request(folder=project.root, base="main", head=None, settings=None))
    assert "The workspace has no DVC project here, so everything is gone" in report.notes
    assert report.verification is None


def test_a_repository_of_another_user(project: Project) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder to another user")
    for folder in (project.root, project.root / ".git"):
        os.chown(folder, 12345, 12345)
    error = refusal(project.root)
    assert error.remedy == f"git config --global --add safe.directory {project.root}"


def test_no_commit_yet(project: Project) -> None:
    with (
        Repository.open(project.root) as repository,
        pytest.raises(RepositoryError, match="has no commit yet") as caught,
    ):
        repository.resolve_head(None)
    subprocess.run(caught.value.remedy, shell=True, check=True, cwd=project.root, capture_output=True)  # noqa: S602 - as a reader would
    with Repository.open(project.root) as repository:
        assert repository.resolve_head(None).sha


def test_a_project_is_found_from_any_folder_in_it(project: Project) -> None:
    project.write("src/deep/x.py", "").commit()
    with Repository.open(project.root / "src" / "deep") as repository:
        assert (repository.root, repository.project) == (project.root, "")


@pytest.mark.parametrize("start", ["", "teams/vision", "/"])
def test_a_project_in_a_subfolder_is_read_on_both_sides(
    tmp_path: Path, view: Opener, monkeypatch: pytest.MonkeyPatch, start: str
) -> None:
    project = train_twice(Project(tmp_path / "p", subdir="teams/vision"))
    project.git("mv", "teams/vision/code.py", "teams/vision/code2.py")  # the root of the workspace is not that of git
    monkeypatch.chdir(project.git_root / start)
    head, base = view(project), view(project, "HEAD~1")
    assert head.snapshot().metrics == {"metrics.json": {"acc": 0.95}}
    assert base.snapshot().metrics == {"metrics.json": {"acc": 0.9}}
    assert base.snapshot().params == {"params.yaml": {"lr": 0.1}}
    assert list(base.snapshot().stages) == ["train"]
    assert base.snapshot().data["model.bin"].size == 3
    assert base.read("model.bin", 100) == b"0.1"
    with Repository.open(project.root) as repository:
        assert repository.project == "teams/vision"


def test_a_project_inside_another_is_left_to_itself(tmp_path: Path, view: Opener) -> None:
    outer = Project(tmp_path / "p").json("metrics.json", {"a": 1}).dvc_yaml({"metrics": ["metrics.json"]})
    inner = Project(tmp_path / "p", subdir="inner", git=False).dvc_init()
    inner.json("metrics.json", {"b": 1}).dvc_yaml({"metrics": ["metrics.json"]})
    outer.commit()
    for name in (None, "main"):
        assert view(outer, name).snapshot().metrics == {"metrics.json": {"a": 1}}
        assert view(inner, name).snapshot().metrics == {"metrics.json": {"b": 1}}


def test_a_linked_worktree_is_a_place_like_any_other(trained: Project, tmp_path: Path, view: Opener) -> None:
    trained.git("worktree", "add", "--quiet", str(tmp_path / "tree"), "HEAD~1")
    tree = Project(tmp_path / "tree", git=False)
    assert view(tree).snapshot().metrics == {"metrics.json": {"acc": 0.9}}
    assert view(tree, "main").snapshot().metrics == {"metrics.json": {"acc": 0.95}}


def test_a_shallow_clone_reads_what_it_has(trained: Project, tmp_path: Path, view: Opener) -> None:
    clone = trained.clone(tmp_path / "clone", "--depth=1")
    assert view(clone).snapshot().metrics == view(clone, "main").snapshot().metrics == {"metrics.json": {"acc": 0.95}}


def test_nothing_is_written_into_the_project(trained: Project, view: Opener) -> None:
    project = trained
    before, cache = dict(files_of(project.root)), sorted((project.root / ".dvc/cache").rglob("*"))
    status = project.git("status", "--porcelain")
    for name in (None, "HEAD~1"):
        view(project, name).snapshot()
    assert dict(files_of(project.root)) == before
    assert sorted((project.root / ".dvc/cache").rglob("*")) == cache
    assert project.git("status", "--porcelain") == status


def test_importing_the_station_loads_nothing_heavy() -> None:
    code = "import sys, headway.gather; print({'dvc', 'pygit2', 'polars', 'ruamel.yaml'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "set()\n"


SILENT = """
import sys
from pathlib import Path
from headway.gather import Repository
streams = sys.stdout, sys.stderr
with Repository.open(Path.cwd()) as repository:
    for name, side in ((None, "head"), ("HEAD~1", "base")):
        repository.open_revision(repository.resolve_head(name), side).snapshot()
assert (sys.stdout, sys.stderr) == streams
import logging
assert logging.getLogger("dvc").level == logging.INFO
"""


def test_dvc_says_nothing_and_leaves_the_process_as_it_was(trained: Project) -> None:
    done = subprocess.run([sys.executable, "-c", SILENT], check=False, cwd=trained.root, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("content", [None, b"", b"damaged"])
@pytest.mark.parametrize("path", ["dvc.yaml", "dvc.lock", "params.yaml", "metrics.json", ".dvc/config", ".dvc", ""])
@pytest.mark.slow
def test_an_object_of_git_that_cannot_be_read_ends_with_a_footnote_or_one_error(
    project: Project, path: str, content: bytes | None
) -> None:
    train_twice(project.write(".dvc/config", "[core]\n    analytics = false\n"))
    sha = project.git("rev-parse", f"HEAD~1:{path}")
    place = project.root / ".git/objects" / sha[:2] / sha[2:]
    place.unlink()
    if content is not None:
        place.write_bytes(content)
    try:
        with Repository.open(project.root) as repository:
            head = repository.resolve_head(None)
            base = repository.open_revision(repository.resolve_base("HEAD~1", head, None), "base")
            said = base.snapshot().problems
    except RepositoryError as error:
        assert error.remedy  # noqa: PT017 - either is right
    else:
        assert {problem.side for problem in said} == {"base"}


@pytest.mark.parametrize("name", ["HEAD", "index", "config", "packed-refs", "refs/heads/main", "shallow"])
def test_a_damaged_file_of_git_is_one_error(project: Project, name: str) -> None:
    train_twice(project)
    (project.root / ".git" / name).write_bytes(b"[damaged" * 9)
    assert refusal(project.root).remedy.startswith(("git fsck", 'rm "$(git rev-parse --git-path index)"'))
