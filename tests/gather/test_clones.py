"""Every kind of clone that CI and people make: partial, sparse, submodules, worktrees, hooks, another user's."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from git_server import actions_checkout, git_daemon
from repos import PIPELINE, Project, train_twice

from headway.app.comparison import Request, build_diff
from headway.app.data import build_data
from headway.app.report import build_report
from headway.ci.read import read_job
from headway.errors import RepositoryError
from headway.gather import Repository
from headway.gather.network import Network, Quiet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from headway.values.snapshot import Snapshot

pytestmark = pytest.mark.usefixtures("shared_children")

BASE, HEAD = {"metrics.json": {"acc": 0.9}}, {"metrics.json": {"acc": 0.95}}


class Heard(Quiet):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def log(self, line: str) -> None:
        self.lines.append(line)


class Served:
    """A trained project in ``teams/vision``, on a server that allows filters; outside it lies a large file."""

    def __init__(self, folder: Path, address: str) -> None:
        self.project = Project(folder / "origin", subdir="teams/vision")
        self.url = f"{address}/origin"
        for number in range(2):
            (self.project.git_root / "elsewhere.txt").write_text(f"{number}\n")
            (self.project.git_root / "notes.md").write_text(f"# {number}\n")
            self.project.write("include.md", f"{number}").write("src/deep/a.py", f"{number}")
            train_twice(self.project) if number else self.project.commit()
            self.project.git("branch", "--force", "feature")
        self.project.git("config", "uploadpack.allowFilter", "true")

    def clone(self, path: Path, *options: str) -> Project:
        Project(path.parent / "runner", dvc=False).git("clone", "--quiet", *options, self.url, str(path))
        return Project(path, subdir="teams/vision", git=False)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    with git_daemon(folder) as address:
        yield Served(folder, address)


def snapshot(project: Project, name: str | None, heard: Heard | None = None) -> Snapshot:
    network = Network(history=heard is not None, progress=heard or Quiet())
    with Repository.open(project.root, network) as repository:
        return repository.open_revision(repository.resolve_head(name), "base" if name else "head").snapshot()


def missing(project: Project) -> int:
    """How many objects a partial clone has left out."""
    return project.git("rev-list", "--objects", "--all", "--missing=print").count("\n?")


# Partial clones


@pytest.mark.parametrize("kind", ["blob:none", "tree:0"])
def test_a_partial_clones_files_are_fetched_in_one_go(served: Served, tmp_path: Path, kind: str) -> None:
    project, heard = served.clone(tmp_path / "c", f"--filter={kind}"), Heard()
    config = project.git("config", "--local", "--list")
    found = snapshot(project, "HEAD~1", heard)
    assert (dict(found.metrics), found.problems) == (BASE, ())
    assert found.data["model.bin"].size == 3
    assert heard.lines[-1].startswith("fetching ")
    assert len(heard.lines) == {"blob:none": 1, "tree:0": 2}[kind]
    assert project.git("config", "--local", "--list") == config
    again = Heard()
    assert dict(snapshot(project, "HEAD~1", again).metrics) == BASE
    assert again.lines == []


def test_a_partial_clone_without_permission_names_the_command_that_mends_it(served: Served, tmp_path: Path) -> None:
    for kind in ("blob:none", "tree:0"):
        project = served.clone(tmp_path / kind[:4], f"--filter={kind}")
        with pytest.raises(RepositoryError, match="The clone is partial") as caught:
            snapshot(project, "HEAD~1")
        assert "--fetch" in caught.value.why
        subprocess.run(caught.value.remedy, shell=True, check=True, capture_output=True, cwd=project.root)  # noqa: S602 - as a reader would
        assert dict(snapshot(project, "HEAD~1").metrics) == BASE


def test_a_sparse_clone_fetches_the_project_and_not_what_lies_outside(served: Served, tmp_path: Path) -> None:
    project, heard = served.clone(tmp_path / "c", "--filter=blob:none", "--sparse"), Heard()
    project.git("sparse-checkout", "set", "teams/vision")
    assert dict(snapshot(project, None, heard).metrics) == HEAD
    before = missing(project)
    with Repository.open(project.root, Network(history=True, progress=heard)) as repository:
        view = repository.open_revision(repository.resolve_head("HEAD~2"), "base")
        assert not view.snapshot().problems
        assert missing(project) < before
        outside = project.git("rev-parse", "HEAD~2:elsewhere.txt")
        assert f"?{outside}" in project.git("rev-list", "--objects", "--all", "--missing=print")


def test_a_partial_clone_whose_server_is_away_says_so(served: Served, tmp_path: Path) -> None:
    project = served.clone(tmp_path / "c", "--filter=blob:none")
    project.git("remote", "set-url", "origin", "git://127.0.0.1:9/nobody")
    with pytest.raises(RepositoryError, match="git could not fetch from the remote 'origin'"):
        snapshot(project, "HEAD~1", Heard())


def test_a_shallow_partial_clone_of_ci(served: Served, tmp_path: Path) -> None:
    sha, heard = served.project.git("rev-parse", "HEAD"), Heard()
    project = actions_checkout(tmp_path / "c", served.url, sha, "refs/remotes/pull/7/merge")
    project.git("config", "remote.origin.promisor", "true")
    project.git("config", "remote.origin.partialclonefilter", "blob:none")
    inside = Project(project.git_root, subdir="teams/vision", git=False)
    with Repository.open(inside.root, Network(history=True, progress=heard)) as repository:
        base = repository.resolve_base(None, repository.resolve_head(None), None)
        assert base.name == "HEAD~1"
        assert dict(repository.open_revision(base, "base").snapshot().metrics) == BASE


# Submodules, worktrees, hooks


def test_a_project_that_is_a_submodule(served: Served, tmp_path: Path) -> None:
    parent = Project(tmp_path / "parent", dvc=False)
    parent.git("-c", "protocol.git.allow=always", "submodule", "add", "--quiet", served.url, "model")
    parent.commit()
    project = Project(tmp_path / "parent/model", subdir="teams/vision", git=False)
    assert (project.git_root / ".git").is_file()
    assert (dict(snapshot(project, None).metrics), dict(snapshot(project, "HEAD~1").metrics)) == (HEAD, BASE)


def test_a_shallow_submodule_is_deepened(served: Served, tmp_path: Path) -> None:
    parent = Project(tmp_path / "parent", dvc=False)
    parent.git("submodule", "add", "--quiet", "--depth=1", served.url, "model")
    project, heard = Project(tmp_path / "parent/model", subdir="teams/vision", git=False), Heard()
    status = parent.git("status", "--porcelain")
    with Repository.open(project.root, Network(history=True, progress=heard)) as repository:
        base = repository.resolve_base(None, repository.resolve_head(None), None)
        assert dict(repository.open_revision(base, "base").snapshot().metrics) == BASE
    assert heard.lines[-1].startswith("fetching the commit before ")
    assert parent.git("status", "--porcelain") == status


def test_a_worktree_of_a_shallow_clone_is_deepened(served: Served, tmp_path: Path) -> None:
    clone, heard = served.clone(tmp_path / "c", "--depth=1"), Heard()
    clone.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "tree"))
    project = Project(tmp_path / "tree", subdir="teams/vision", git=False)
    with Repository.open(project.root, Network(history=True, progress=heard)) as repository:
        base = repository.resolve_base(None, repository.resolve_head(None), None)
        assert dict(repository.open_revision(base, "base").snapshot().metrics) == BASE
        assert dict(repository.open_revision(repository.resolve_head(None), "head").snapshot().metrics) == HEAD


def test_a_git_folder_that_lies_elsewhere(served: Served, tmp_path: Path) -> None:
    project = served.clone(tmp_path / "c", f"--separate-git-dir={tmp_path / 'store.git'}")
    assert (dict(snapshot(project, None).metrics), dict(snapshot(project, "HEAD~1").metrics)) == (HEAD, BASE)


@pytest.mark.parametrize("kind", ["own", "another"])
def test_a_hooks_variables_change_nothing(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    project = served.clone(tmp_path / "c", "--depth=1")
    other = Project(tmp_path / "other", dvc=False)
    monkeypatch.chdir(project.git_root)
    monkeypatch.setenv("GIT_DIR", ".git" if kind == "own" else str(other.root / ".git"))
    with Repository.open(project.root, Network(history=True)) as repository:
        base = repository.resolve_base(None, repository.resolve_head(None), None)
        assert dict(repository.open_revision(base, "base").snapshot().metrics) == BASE


def test_a_clone_of_another_user_names_the_command_that_mends_it(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder to another user")
    project = served.clone(tmp_path / "c", "--depth=1")
    for path in (project.git_root, *project.git_root.rglob("*")):
        os.chown(path, 12345, 12345)
    with pytest.raises(RepositoryError, match="git does not trust") as caught:
        snapshot(project, "HEAD")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("GIT_CONFIG_GLOBAL")
    monkeypatch.delenv("XDG_CONFIG_HOME")
    subprocess.run(caught.value.remedy, shell=True, check=True, capture_output=True, cwd=project.root)  # noqa: S602 - as a reader would
    done = subprocess.run(
        [sys.executable, "-m", "headway", "diff", "--fetch"],
        cwd=project.root,
        check=True,
        capture_output=True,
        text=True,
    )  # a new process: libgit2 reads the global configuration once
    assert "0.95" in done.stdout
    assert "fetching the commit before" in done.stderr


# A base that is not in the clone


@pytest.fixture(scope="module")
def unreachable(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with everything that a report shows, whose base is not in its clones of one commit."""
    project = Project(tmp_path_factory.mktemp("unreachable") / "origin")
    project.write("headway.yaml", "include: [{path: notes.md}]\nmetrics: {acc: {direction: higher}}\n")
    project.write("curve.csv", "x,y\n1,2\n").write("notes.md", "notes").write("rows.csv", "id\n1\n").add("rows.csv")
    pipeline = {"stages": PIPELINE["stages"], "plots": [{"curve.csv": {"x": "x", "y": "y"}}]}
    for lr in (0.1, 0.2):
        project.write("code.py", "").write("params.yaml", f"lr: {lr}\n").json("metrics.json", {"acc": lr})
        project.write("model.bin", str(lr)).dvc_yaml(pipeline).recorded().commit()
    return project


def request_with_log() -> tuple[Heard, Any]:
    heard = Heard()
    return heard, {"base": None, "head": None, "settings": None, "job": read_job({}), "progress": heard}


@pytest.mark.parametrize("options", [("--depth=1",), ("--depth=1", "--branch=side"), ("--filter=blob:none",)])
def test_a_base_that_the_clone_lacks_costs_no_report(
    unreachable: Project, tmp_path: Path, options: tuple[str, ...]
) -> None:
    unreachable.git("branch", "--force", "side")
    unreachable.git("config", "uploadpack.allowFilter", "true")
    project = unreachable.clone(tmp_path / "clone", *options)
    heard, request = request_with_log()
    report = build_report(Request(folder=project.root, **request)).report
    assert [(metric.base, metric.head, metric.status) for metric in report.metrics] == [(None, 0.2, "unavailable")]
    assert (report.data, report.stages, len(report.charts)) == ((), (), 1)
    assert [(include.base, include.head) for include in report.includes] == [(None, "notes")]
    (note,), (problem,) = report.notes, [each for each in report.problems if each.where == "base"]
    assert note.startswith("Base is unavailable: ")
    assert heard.lines == [f"warning: {note}\n  {problem.remedy}"]
    assert (report.base.sha, report.base.name) == (None, "unavailable")
    assert build_diff(Request(folder=project.root, **request)).metrics == report.metrics
    data = build_data(Request(folder=project.root, **request), draw=False).report
    assert (data.data, data.notes, [each.where for each in data.problems]) == ((), report.notes, ["base"])
    subprocess.run(problem.remedy, shell=True, check=True, capture_output=True, cwd=project.root)  # noqa: S602 - as a reader would
    assert [metric.base for metric in build_diff(Request(folder=project.root, **request)).metrics] == [0.1]


def test_a_base_of_the_settings_may_be_missing_and_not_misspelt(unreachable: Project, tmp_path: Path) -> None:
    unreachable.git("tag", "--force", "before", "HEAD~1")
    project = unreachable.clone(tmp_path / "clone", "--depth=1").write("headway.yaml", "base: before\n")
    _, request = request_with_log()
    assert build_diff(Request(folder=project.root, **request)).base.name == "unavailable"
    project.git("fetch", "--quiet", "--unshallow", "--tags")
    assert build_diff(Request(folder=project.root, **request)).base.name == "before"
    project.write("headway.yaml", "base: befroe\n")
    with pytest.raises(RepositoryError, match="There is no revision 'befroe'"):
        build_diff(Request(folder=project.root, **request))


def test_who_names_a_base_wants_that_one(unreachable: Project, tmp_path: Path) -> None:
    project = unreachable.clone(tmp_path / "clone", "--depth=1")
    _, request = request_with_log()
    for name in ("HEAD~1", "nowhere"):
        with pytest.raises(RepositoryError, match="There is no revision"):
            build_diff(Request(folder=project.root, **{**request, "base": name}))


def test_a_remote_that_is_away_costs_no_report_in_ci(unreachable: Project, tmp_path: Path) -> None:
    unreachable.git("branch", "--force", "side")
    project = unreachable.clone(tmp_path / "clone", "--depth=1", "--branch=side")
    project.git("remote", "set-url", "origin", "git://127.0.0.1:9/nobody")
    heard, request = request_with_log()
    job = read_job({"CI": "true", "GITHUB_BASE_REF": "main"})
    report = build_diff(Request(folder=project.root, **{**request, "job": job}))
    assert [metric.status for metric in report.metrics] == ["unavailable"]
    assert any("git could not fetch from the remote 'origin'" in line for line in heard.lines)
