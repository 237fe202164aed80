"""Every kind of clone that CI and people make: partial, sparse, submodules, worktrees, hooks, another user's."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from git_server import actions_checkout, git_daemon
from repos import Project, train_twice

from headway.errors import RepositoryError
from headway.gather import Repository
from headway.gather.network import Network, Quiet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from headway.values.snapshot import Snapshot

BASE, HEAD = {"metrics.json": {"acc": 0.9}}, {"metrics.json": {"acc": 0.95}}


class Heard(Quiet):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
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
        return repository.view(repository.resolve_head(name), "base" if name else "head").snapshot()


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
        if kind == "tree:0":  # now the folders are here, and the files are named
            with pytest.raises(RepositoryError, match="The clone is partial") as caught:
                snapshot(project, "HEAD~1")
            subprocess.run(caught.value.remedy, shell=True, check=True, capture_output=True, cwd=project.root)  # noqa: S602 - likewise
        assert dict(snapshot(project, "HEAD~1").metrics) == BASE


def test_a_sparse_clone_fetches_the_project_and_not_what_lies_outside(served: Served, tmp_path: Path) -> None:
    project, heard = served.clone(tmp_path / "c", "--filter=blob:none", "--sparse"), Heard()
    project.git("sparse-checkout", "set", "teams/vision")
    assert dict(snapshot(project, None, heard).metrics) == HEAD
    before = missing(project)
    with Repository.open(project.root, Network(history=True, progress=heard)) as repository:
        view = repository.view(repository.resolve_head("HEAD~2"), "base")
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
        assert dict(repository.view(base, "base").snapshot().metrics) == BASE


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
        assert dict(repository.view(base, "base").snapshot().metrics) == BASE
    assert heard.lines[-1].startswith("fetching the commit before ")
    assert parent.git("status", "--porcelain") == status


def test_a_worktree_of_a_shallow_clone_is_deepened(served: Served, tmp_path: Path) -> None:
    clone, heard = served.clone(tmp_path / "c", "--depth=1"), Heard()
    clone.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "tree"))
    project = Project(tmp_path / "tree", subdir="teams/vision", git=False)
    with Repository.open(project.root, Network(history=True, progress=heard)) as repository:
        base = repository.resolve_base(None, repository.resolve_head(None), None)
        assert dict(repository.view(base, "base").snapshot().metrics) == BASE
        assert dict(repository.view(repository.resolve_head(None), "head").snapshot().metrics) == HEAD


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
        assert dict(repository.view(base, "base").snapshot().metrics) == BASE


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
