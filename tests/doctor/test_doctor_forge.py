"""What the forges say about a token: real requests to the fakes, and none of them writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from doctor.checkups import check, status
from fakes import FakeBitbucket, FakeGitHub, FakeGitLab, PullRequest
from repos import Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ONE = PullRequest(number=7)
WORKFLOW = """\
on: pull_request
jobs:
  report:
    permissions: {contents: write, pull-requests: %s, checks: write}
    steps:
      - uses: actions/checkout@v5
      - run: headway report && headway post
  test:
    steps: [{run: headway diff}]
"""


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone whose remote names no known forge, with a workflow that posts."""
    project = Project(tmp_path_factory.mktemp("clone"), dvc=False)
    project.write(".github/workflows/report.yml", WORKFLOW % "write").commit()
    return project.root


@pytest.fixture(scope="module")
def forges() -> Iterator[dict[str, Any]]:
    with (
        FakeGitHub(pull_requests=[ONE], private=True) as github,
        FakeGitLab(merge_requests=[ONE], private=True) as gitlab,
        FakeBitbucket(pull_requests=[ONE], private=True) as bitbucket,
    ):
        yield {"GitHub": github, "GitLab": gitlab, "Bitbucket": bitbucket}
        requests = [*github.requests, *gitlab.requests, *bitbucket.requests]
        assert {request.method for request in requests} <= {"GET"}


@pytest.mark.parametrize(
    ("forge", "kind", "token", "permissions"),
    [
        ("GitHub", "pat", "ok", "ok"),
        ("GitHub", "stranger", "failed", "skipped"),
        ("GitLab", "write", "ok", "ok"),
        ("GitLab", "read", "ok", "failed"),
        ("GitLab", "reporter", "ok", "failed"),
        ("GitLab", "stranger", "failed", "skipped"),
        ("Bitbucket", "write", "ok", "ok"),
        ("Bitbucket", "api", "ok", "ok"),
        ("Bitbucket", "read", "failed", "skipped"),
    ],
)
def test_each_kind_of_token(  # noqa: PLR0913, PLR0917 - a table
    forges: dict[str, Any], clone: Path, forge: str, kind: str, token: str, permissions: str
) -> None:
    environ = forges[forge].environ(token=forges[forge].token(kind))
    found = [check(clone, name, environ) for name in ("forge", "token", "permissions")]
    assert [each.status for each in found] == ["ok", token, permissions]
    assert all(each.remedy for each in found if each.status == "failed")


def test_gitlabs_job_token_cannot_comment(forges: dict[str, Any], clone: Path) -> None:
    environ = forges["GitLab"].environ()
    del environ["GITLAB_TOKEN"]
    found = check(clone, "permissions", environ)
    assert found.what == "the token in CI_JOB_TOKEN lacks the scope api"
    assert "GITLAB_TOKEN" in found.remedy


def test_a_token_that_nobody_issued(forges: dict[str, Any], clone: Path) -> None:
    for forge in forges.values():
        found = check(clone, "token", forge.environ(token="made-up"))  # noqa: S106 - no token
        assert (found.status, bool(found.remedy)) == ("failed", True)


def job(github: FakeGitHub, name: str, **variables: str) -> dict[str, str]:
    ref = f"{github.repository}/.github/workflows/report.yml@refs/pull/7/merge"
    return {**github.environ(), "GITHUB_WORKFLOW_REF": ref, "GITHUB_JOB": name, **variables}


def test_a_jobs_own_token_may_what_its_workflow_grants(forges: dict[str, Any], tmp_path: Path) -> None:
    github = forges["GitHub"]
    project = Project(tmp_path, dvc=False).write(".github/workflows/report.yml", WORKFLOW % "read")
    found = check(project.root, "permissions", job(github, "report"))
    assert found.what == "the job report in report.yml lacks the permissions pull-requests"
    assert found.remedy.splitlines()[:3] == [
        "In .github/workflows/report.yml, add this to the job report:",
        "  permissions:",
        "    pull-requests: write # to comment",
    ]
    project.write(".github/workflows/report.yml", WORKFLOW % "write")
    assert [status(project.root, "permissions", job(github, name)) for name in ("report", "test")] == ["ok", "ok"]
    assert status(project.root, "permissions", github.environ()) == "skipped"


def test_a_forks_token_can_only_read(forges: dict[str, Any], clone: Path) -> None:
    github = forges["GitHub"]
    github.open_pull_request(PullRequest(number=8, head_repository="fork/digits"))
    found = check(clone, "permissions", github.environ(number=8, token=github.token("read")))
    assert (found.status, "workflow_run" in found.remedy) == ("warning", True)


def test_a_job_without_a_token_leaves_posting_to_another(forges: dict[str, Any], clone: Path) -> None:
    github = forges["GitHub"]
    assert [status(clone, "token", job(github, name, GITHUB_TOKEN="")) for name in ("test", "report")] == [
        "skipped",
        "failed",
    ]
    assert status(clone, "token", {"GITHUB_REPOSITORY": "octo/digits"}) == "skipped"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("git@github.com:octo/digits.git", "GitHub, octo/digits"),
        ("https://user:secret@gitlab.com/group/sub/digits.git", "GitLab, group/sub/digits"),
        ("https://bitbucket.org/team/digits.git?token=secret", "Bitbucket, team/digits"),
        ("ssh://git@bitbucket.org/octo/digits/", "Bitbucket, octo/digits"),
        ("https://git.company.example/octo/digits", ""),
        ("https://notgithub.com/octo/digits", ""),
    ],
)
def test_the_clones_remote_names_the_forge(tmp_path: Path, url: str, expected: str) -> None:
    Project(tmp_path, dvc=False).git("remote", "add", "origin", url)
    found = check(tmp_path, "forge")
    assert (found.status, found.what) == ("ok", expected) if expected else found.status == "skipped"


def test_offline_asks_nobody(forges: dict[str, Any], clone: Path) -> None:
    for forge in forges.values():
        before = len(forge.requests)
        found = [check(clone, name, forge.environ(), offline=True).status for name in ("forge", "token", "permissions")]
        assert (found, len(forge.requests)) == (["ok", "skipped", "skipped"], before)
