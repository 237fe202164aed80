"""The commands that the registry's errors recommend, pasted into a shell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from registries import Answer, at, trained
from registry.test_readers import tag_all
from repos import Project

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


def remedy(refused: Answer, code: int = 3) -> str:
    assert refused.code == code, refused.out + refused.err
    return str(refused.err.splitlines()[-1].strip())


def test_a_commit_that_nobody_has_pushed_is_pushed(project: Project, headway: Any) -> None:
    trained(project, 900).commit("local")
    project.paste(remedy(headway("promote", "digits", "HEAD", "--to", "staging")))
    assert headway("promote", "digits", "HEAD", "--to", "staging").code == 0


def test_an_empty_stage_before_gets_a_version(project: Project, headway: Any) -> None:
    project.git("checkout", "--quiet", at(2))
    assert "Promoted digits v0.0.1 to staging" in project.paste(
        remedy(headway("promote", "digits", "--to", "production"))
    )
    assert headway("promote", "digits", "--to", "production").code == 0


@pytest.mark.parametrize(
    ("command", "code", "shown"),
    [
        (("promote", "digits", "no-such-branch", "--to", "staging"), 3, "digits"),
        (("promote", "di..gits", "main", "--to", "staging"), 2, "digits"),
        (("rollback", "digits", "--in", "production"), 3, "digits"),
        (("deploy", "digits", "--in", "production"), 3, "digits"),
        (("stages", "--remote", "upstream"), 3, "origin"),
        (("stages", "letters"), 3, "digits"),
    ],
    ids=["commit", "name", "rollback", "deploy", "remote", "artifact"],
)
def test_what_exists_is_listed(project: Project, headway: Any, command: tuple[str, ...], code: int, shown: str) -> None:
    headway("promote", "digits", at(1), "--to", "staging")
    assert shown in project.paste(remedy(headway(*command), code))


def test_of_several_remotes_one_is_named(project: Project, headway: Any) -> None:
    project.git("remote", "rename", "origin", "ours")
    project.git("remote", "add", "theirs", "/nowhere")
    assert headway("stages").out == "The registry has no versions yet.\n", "the clone's own tags need no remote"
    project.paste(remedy(headway("promote", "digits", at(1), "--to", "staging")))
    assert headway("promote", "digits", at(1), "--to", "staging").code == 0


def test_a_commit_without_a_version_keeps_its_stage_by_its_sha(project: Project, headway: Any) -> None:
    """GTO can give a stage to a commit that is no version; here by a clock that was slow."""
    commits = [project.git("rev-parse", at(number)) for number in (1, 2)]
    tags = ("digits@v0.0.1", commits[0], 3), ("digits#staging#1", commits[0], 2), ("digits#staging#2", commits[1], 1)
    tag_all(project, list(tags))
    project.git("push", "--quiet", "origin", "--tags")
    refused = headway("promote", "digits", at(3), "--to", "staging")
    assert f"{commits[1][:7]} by the counters, v0.0.1 by gto show" in refused.err
    assert f"Rolled digits back to {commits[1]} in staging" in project.paste(remedy(refused))
    (entry,) = headway("stages", "--json").json[0]["stages"]
    assert (entry["commit"], entry["notes"]) == (commits[1], [])
    back = headway("rollback", "digits", "--in", "staging", "--from", commits[1], "--json").json
    assert (back["action"], back["version"]) == ("rolled_back", "v0.0.1")


def test_a_key_that_cannot_sign_is_looked_at(project: Project, headway: Any) -> None:
    project.git("config", "gpg.format", "ssh")
    project.git("config", "user.signingkey", "/no/such/key")
    refused = headway("promote", "digits", at(1), "--to", "staging", "--sign")
    assert "git could not sign the tag" in refused.err
    assert "user.signingkey /no/such/key" in project.paste(remedy(refused))


def test_a_shallow_clone_gets_the_commit_before_a_merge(project: Project, headway: Any, tmp_path: Path) -> None:
    url = project.git("remote", "get-url", "origin")
    project.git("clone", "--quiet", "--depth=1", url, str(tmp_path / "clone"))
    clone = Project(tmp_path / "clone", git=False)
    options = ("--forge", "github", "--repo", "octo/digits", "--token-env", "HOME")
    clone.paste(remedy(headway("promote", "--merged", *options, on=clone)))
    assert headway("promote", "--merged", *options, on=clone).out == "The merge changed nothing in registry.yaml.\n"


def test_a_remote_without_a_default_branch_is_looked_at(project: Project, headway: Any, tmp_path: Path) -> None:
    remote = Project(tmp_path / "remote", git=False)
    remote.git("symbolic-ref", "HEAD", "refs/heads/gone")
    options = ("--forge", "github", "--repo", "octo/digits", "--token-env", "HOME")
    refused = headway("promote", "digits", at(1), "--to", "staging", "--request", *options)
    assert "has no default branch" in refused.err
    project.paste(remedy(refused))


def test_a_remote_that_is_back_answers_the_command(project: Project, headway: Any, tmp_path: Path) -> None:
    (tmp_path / "remote").rename(tmp_path / "away")
    refused = headway("promote", "digits", at(1), "--to", "staging")
    assert "could not be read" in refused.err
    (tmp_path / "away").rename(tmp_path / "remote")
    project.paste(remedy(refused))


def test_a_push_that_failed_is_tried_without_a_tag(project: Project, headway: Any, tmp_path: Path) -> None:
    remote = Project(tmp_path / "remote", git=False)
    remote.git("config", "receive.maxInputSize", "1")
    command = remedy(headway("promote", "digits", at(1), "--to", "staging"))
    remote.git("config", "--unset", "receive.maxInputSize")
    project.paste(command)
    assert headway("promote", "digits", at(1), "--to", "staging").code == 0


def test_the_version_in_the_stage_is_deployed(project: Project, headway: Any) -> None:
    headway("promote", "digits", at(1), "--to", "staging")
    refused = headway("deploy", "digits", "--in", "staging", "--sha", project.git("rev-parse", "main"))
    assert "deploy/model.bin" in project.paste(remedy(refused))
