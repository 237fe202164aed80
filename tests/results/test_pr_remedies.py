"""What the errors of ``headway pr`` tell a user to do, done."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest
from repos import PIPELINE, Project
from results.conftest import retrain

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from publish.requests.request_forges import Host
    from registries import Answer

    Headway = Callable[..., Answer]


def remedy(answer: Answer) -> str:
    """The last line of an error, as a reader copies it."""
    return str(answer.err).rstrip().splitlines()[-1].strip()


def test_a_missing_remote_can_be_added(host: Host, project: Project, headway: Headway) -> None:
    project.git("remote", "remove", "origin")
    project.paste(remedy(headway("pr", "dvc.lock")).replace("URL", f"file://{host.bare}"))
    assert headway("pr", "dvc.lock").code == 0


def test_an_unpublished_base_branch_can_be_pushed(host: Host, project: Project, headway: Headway) -> None:
    retrain(project, 0.97)
    missing = headway("pr", "dvc.lock", "--base", "next")
    assert (missing.code, "next" in host.branches()) == (3, False)
    project.paste(remedy(missing))
    assert headway("pr", "dvc.lock", "--base", "next").code == 0


def test_an_unpublished_commit_can_be_pushed(project: Project, headway: Headway) -> None:
    project.write("code.py", "# more\n").commit("not pushed")
    retrain(project, 0.97)
    project.paste(remedy(headway("pr", "dvc.lock")))
    assert headway("pr", "dvc.lock").code == 0


def test_stale_results_can_be_reproduced(project: Project, headway: Headway) -> None:
    run = """echo 1 > model.bin && echo '{"acc": 1}' > metrics.json"""
    project.dvc_yaml({"stages": {"train": {**PIPELINE["stages"]["train"], "cmd": run}}}).commit("another command")
    project.git("push", "--quiet", "origin", "main")
    project.paste(remedy(headway("pr")))
    assert headway("pr").code == 0


def test_a_conflict_is_shown(project: Project, headway: Headway) -> None:
    project.branch("other").json("metrics.json", {"acc": 1}).commit("theirs")
    project.checkout("main").json("metrics.json", {"acc": 2}).commit("ours")
    project.git("push", "--quiet", "origin", "main")
    project.paste("git merge other", check=False)
    assert "both modified:   metrics.json" in project.paste(remedy(headway("pr", "metrics.json")))


def test_an_unknown_file_is_found_among_the_changes(project: Project, headway: Headway) -> None:
    retrain(project, 0.97)
    assert "metrics.json" in project.paste(remedy(headway("pr", "metrix.json")))


@pytest.mark.slow
def test_data_goes_to_dvcs_remote(project: Project, headway: Headway, tmp_path: Path) -> None:
    project.remote(tmp_path / "store")
    retrain(project, 0.97)
    ignored = headway("pr", "dvc.lock", "model.bin")
    project.paste(remedy(ignored))
    assert list((tmp_path / "store").rglob("*"))
    omitted = re.search(r"omit (\S+)", ignored.err)
    assert omitted
    assert omitted[1] == "model.bin"


@pytest.mark.slow
@pytest.mark.parametrize("tracked", [False, True])
def test_a_file_of_git_lfs_can_be_added_to_dvc(project: Project, headway: Headway, *, tracked: bool) -> None:
    project.write(".gitattributes", "*.csv filter=lfs\n").write("a big.csv", "x\n")
    if tracked:
        project.commit("a large file")
        project.git("push", "--quiet", "origin", "main")
        project.write("a big.csv", "more\n")
    project.paste(remedy(headway("pr", "a big.csv")))
    assert headway("pr", "a big.csv.dvc").code == 0


@pytest.mark.parametrize("named", [True, False])
def test_a_remote_is_chosen_among_several(project: Project, headway: Headway, *, named: bool) -> None:
    project.git("remote", "rename", "origin", "team")
    project.git("remote", "add", "fork", "file:///nowhere")
    unclear = headway("pr", "dvc.lock")
    assert unclear.code == 3
    if named:
        option = shlex.split(remedy(unclear).partition("or add ")[2])
        assert headway("pr", "dvc.lock", option[0], "team").code == 0
        return
    project.paste(remedy(unclear).replace("fork", "team"))
    assert headway("pr", "dvc.lock").code == 0


def test_an_unknown_remote_is_found_among_the_others(project: Project, headway: Headway) -> None:
    assert "origin" in project.paste(remedy(headway("pr", "dvc.lock", "--remote", "upstream")))
