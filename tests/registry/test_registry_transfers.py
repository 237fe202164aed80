"""What goes to the remote beside the tags: the login of a CI job, and nothing that only the clone should know."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
from git_server import actions_checkout, git_http
from registries import RULES
from registry.racing import open_clone
from repos import Project

from headway.app.comparison import Request, build_diff
from headway.app.registry.opening import open_registry
from headway.app.registry.requesting import read_upstream
from headway.ci.job import TOKENS, Job
from headway.cli.main import run
from headway.gather.git.executable import run_git

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from git_server import GitHttp
    from registry.racing import Remote

TOKEN = "t0ken"  # noqa: S105 - of no account
LOGIN = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
FORCED = ("--force", "--reason", "test")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitHttp]:
    """A private remote, and a job of GitHub Actions whose token it takes."""
    with git_http(tmp_path) as server:
        yield server


@pytest.fixture
def clone(remote: Remote, server: GitHttp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    clone = open_clone(tmp_path / "clone", f"{server.url}/remote", remote)
    remote.reset("long", remote.path)
    server.admits = lambda login: login.endswith(f" {LOGIN}")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_REPOSITORY", "octo/digits")
    monkeypatch.setenv("GITHUB_SERVER_URL", server.url)
    for variable in {variable for variables in TOKENS.values() for variable in variables}:
        monkeypatch.setenv(variable, TOKEN)
    return clone


def promote(clone: Project) -> None:
    assert run(["promote", "digits", "v0.0.4", "--to", "production", *FORCED, "-C", str(clone.root)]) == 0


def hook(clone: Project, name: str, script: str) -> None:
    file = clone.git_root / ".git" / "hooks" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)


def test_no_other_tag_goes_along_and_no_hook_of_pushes_runs(clone: Project, remote: Remote, tmp_path: Path) -> None:
    clone.git("config", "push.followTags", "true")
    clone.git("config", "push.gpgSign", "if-asked")
    clone.git("tag", "--annotate", "--message=mine", "private-note", "origin/main~1")
    hook(clone, "pre-push", f"env > {tmp_path}/pushed; exit 1")
    before = remote.tags().keys()
    promote(clone)
    assert remote.tags().keys() - before == {"digits#production#4"}
    assert not (tmp_path / "pushed").exists()


def test_hooks_see_the_token_of_the_job_in_no_variable_of_a_forge(clone: Project, tmp_path: Path) -> None:
    hook(clone, "reference-transaction", f"env >> {tmp_path}/seen")
    promote(clone)
    seen = (tmp_path / "seen").read_text()
    assert "GITHUB_REPOSITORY=octo/digits" in seen
    assert [line for line in seen.splitlines() if TOKEN in line] == []


def test_without_a_login_a_credential_helper_may_read_the_tokens(
    clone: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS")
    helper = '!f() { echo username=x-access-token; echo "password=$GITHUB_TOKEN"; }; f'
    clone.git("config", "credential.helper", helper)
    promote(clone)


def test_settings_of_git_that_the_environment_holds_stay(clone: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    for place, (key, value) in enumerate({"headway.one": "1", "headway.two": "2"}.items()):
        monkeypatch.setenv(f"GIT_CONFIG_KEY_{place}", key)
        monkeypatch.setenv(f"GIT_CONFIG_VALUE_{place}", value)
    monkeypatch.setenv("GIT_CONFIG_COUNT", "2")
    registry = open_registry(clone.root)
    listed = run_git(clone.root, "config", "--get-regexp", "^(headway|http)[.]", env=registry.login)
    assert "headway.one 1\nheadway.two 2\n" in listed
    assert LOGIN in listed
    promote(clone)


def test_a_request_from_a_shallow_clone_fetches_one_commit_of_the_default_branch(
    clone: Project, server: GitHttp, remote: Remote, tmp_path: Path
) -> None:
    remote.git("branch", "side", "main~3")
    server.admits = lambda _: True
    clone.git("clone", "--quiet", "--depth=2", "--branch=side", f"{server.url}/remote", str(tmp_path / "shallow"))
    server.admits = lambda login: login.endswith(f" {LOGIN}")
    shallow = Project(tmp_path / "shallow", dvc=False, git=False)
    upstream = read_upstream(open_registry(shallow.root))
    assert upstream.commit == remote.commits[5]
    assert shallow.git("rev-list", "--count", upstream.commit) == "1"
    assert shallow.git("rev-list", "--count", "HEAD") == "2"
    shallow.git("checkout", "--quiet", upstream.commit)
    assert read_upstream(open_registry(shallow.root)) == upstream


@pytest.mark.usefixtures("clone")
def test_a_stage_as_the_anchor_is_read_with_the_login(server: GitHttp, remote: Remote, tmp_path: Path) -> None:
    project = remote.project
    base = project.write("headway.yaml", f"anchor: production\n{RULES}").write(".dvc/config", "").commit("anchor")
    remote.git("fetch", "--quiet", str(project.git_root), "main:main")
    server.admits = lambda _: True
    checkout = actions_checkout(tmp_path / "checkout", f"{server.url}/remote", base, "refs/remotes/origin/main")
    server.admits = lambda login: login.endswith(f" {LOGIN}")
    checkout.branch("head").write("note.txt", "-").commit("head")
    asked = Request(
        folder=checkout.root,
        base="refs/remotes/origin/main",
        head="head",
        settings=None,
        fetch=True,
        job=Job(in_ci=True),
    )
    report = build_diff(asked)
    assert report.anchor
    assert (report.anchor.name, report.anchor.sha) == ("production (v0.0.3)", remote.commits[3])
