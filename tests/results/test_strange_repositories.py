"""``headway pr`` in repositories that are not as usual: nothing wrong is sent, and each refusal says why."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from repos import Project
from results.conftest import retrain

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from publish.requests.request_forges import Host
    from registries import Answer

    Headway = Callable[..., Answer]

BRANCH = "headway/results/main"


def test_a_tag_that_is_called_like_the_branch_does_not_change_its_name(
    project: Project, headway: Headway, monkeypatch: Any
) -> None:
    """git shortens the branch to heads/main then."""
    monkeypatch.delenv("GITHUB_ACTIONS")
    project.git("tag", "main")
    retrain(project, 0.97)
    sent = headway("pr", "metrics.json", "--dry-run", "--json", "--forge", "github", "--repo", "octo/digits").json
    assert sent["base"] == "main"


def test_without_a_commit_there_are_no_results(host: Host, headway: Headway, tmp_path: Path, monkeypatch: Any) -> None:
    empty = Project(tmp_path / "empty", dvc=False).write("metrics.json", "{}\n")
    empty.git("remote", "add", "origin", f"file://{host.bare}")
    monkeypatch.chdir(empty.root)
    answer = headway("pr", "metrics.json")
    assert answer.code == 3
    assert "no commit yet" in answer.err


def test_a_branch_that_is_called_like_a_folder_of_branches_is_named_as_the_reason(
    host: Host, project: Project, headway: Headway
) -> None:
    host.add_branch("headway/results")
    retrain(project, 0.97)
    answer = headway("pr")
    assert answer.code == 3
    assert "Delete the other branch" in answer.err
    assert headway("pr", "--branch", "retrained").code == 0


def test_files_with_conflicts_are_not_sent(host: Host, project: Project, headway: Headway) -> None:
    project.branch("other").json("metrics.json", {"acc": 1}).commit("theirs")
    project.checkout("main").json("metrics.json", {"acc": 2}).commit("ours")
    project.git("push", "--quiet", "origin", "main")
    project.paste("git merge other", check=False)
    answer = headway("pr", "metrics.json")
    assert (answer.code, list(host.branches())) == (3, ["main"])
    assert "'metrics.json' has a conflict" in answer.err


@pytest.mark.parametrize("name", ["reports", "reports/inner", "reports/inner/x.txt", ".git/config", ".git"])
def test_what_belongs_to_another_repository_or_to_git_is_not_sent(
    host: Host, project: Project, headway: Headway, name: str
) -> None:
    Project(project.root / "reports/inner", dvc=False).write("x.txt", "1\n").commit("theirs")
    answer = headway("pr", name)
    assert (answer.code, list(host.branches())) == (3, ["main"])
    assert "repository" in answer.err


def test_a_submodule_may_move_on(host: Host, project: Project, headway: Headway) -> None:
    inner = Project(project.root / "inner", dvc=False)
    inner.commit("first")
    project.git("add", "inner")
    project.git("commit", "--quiet", "--message", "a submodule")
    project.git("push", "--quiet", "origin", "main")
    moved = inner.commit("second")
    assert headway("pr", "inner").code == 0
    assert host.git("rev-parse", f"{BRANCH}:inner") == moved


def test_a_file_of_git_lfs_in_a_folder_is_found(host: Host, project: Project, headway: Headway) -> None:
    project.write(".gitattributes", "*.csv filter=lfs diff=lfs merge=lfs -text\n").write("plots/big.csv", "x\n")
    answer = headway("pr", "plots")
    assert (answer.code, list(host.branches())) == (3, ["main"])
    assert "Git LFS stores 'plots/big.csv'" in answer.err


def test_git_lfs_may_hold_an_output(host: Host, project: Project, headway: Headway) -> None:
    """Without names, too: a pointer whose content nobody has would be worse than no request."""
    project.write(".gitattributes", "*.json filter=lfs\n")
    retrain(project, 0.97)
    answer = headway("pr")
    assert (answer.code, list(host.branches())) == (3, ["main"])
    assert "Git LFS stores 'metrics.json'" in answer.err


def test_names_may_be_of_bytes_that_are_no_text(host: Host, project: Project, headway: Headway) -> None:
    name = os.fsdecode(b"caf\xe9.csv")
    project.write(name, "1\n")
    answer = headway("pr", name, "--title", name, "--json")
    assert answer.json["files"] == ["caf?.csv"]
    assert host.open_requests()[0].title == "caf?.csv"
    assert host.git("show", "--name-only", "--format=", BRANCH) == '"caf\\351.csv"'
    assert headway("pr", name, "--branch", name).code == 2


def test_more_names_than_a_command_line_holds(project: Project, headway: Headway) -> None:
    name = "/".join(letter * 200 for letter in "abcd")
    project.write(name, "1\n")
    assert headway("pr", *[name] * 3_000, "--json").json["files"] == [name]


def test_the_trailers_of_the_user_may_look_otherwise(project: Project, headway: Headway) -> None:
    project.git("config", "trailer.separators", "=")
    actions = [headway("pr", "--json").json["action"] for _ in map(retrain, [project] * 2, (0.97, 0.98))]
    assert actions == ["opened", "updated"]
