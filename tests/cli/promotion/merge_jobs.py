"""Merging promotion requests on a fake forge, and the job that runs after a merge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest
    from fakes import PullRequest
    from publish.requests.request_forges import Host
    from repos import Project


def push_main(project: Project, host: Host) -> None:
    project.git("push", "--quiet", "--force", "origin", "main")
    project.git("fetch", "--quiet")
    host.learn()


def enter_job(host: Host, monkeypatch: pytest.MonkeyPatch, **more: Any) -> None:
    environ = host.fake.environ(**({"event": "push"} if host.kind == "github" else {"branch": "main"}), **more)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)


def merge(host: Host, project: Project, monkeypatch: pytest.MonkeyPatch, *, approved_by: str = "") -> str:
    """Merge the one open request, and check the result out as the job after the merge does; gives the merge commit."""
    (request,) = host.open_requests()
    sha = merge_one(host, request, approved_by=approved_by)
    check_out(host, project, monkeypatch)
    return sha


def merge_one(host: Host, request: PullRequest, *, approved_by: str = "") -> str:
    """Merge a request whose branch begins at the tip of the main branch; gives the merge commit."""
    if approved_by:
        host.fake.review_pull_request(request.number, approved_by)
    tip = host.tip(request.head)
    sha = host.git("commit-tree", f"{tip}^{{tree}}", "-p", host.tip(), "-p", tip, "-m", "merge")
    host.git("update-ref", "refs/heads/main", sha)
    host.learn()
    host.fake.merge_pull_request(request.number, sha, by="grace")
    return sha


def check_out(host: Host, project: Project, monkeypatch: pytest.MonkeyPatch, commit: str = "origin/main") -> None:
    """The clone of a job on a commit of the main branch."""
    project.git("fetch", "--quiet", "--tags", "origin")
    project.git("reset", "--quiet", "--hard", commit)
    enter_job(host, monkeypatch)


def message(host: Host, tag: str) -> str:
    return host.git("for-each-ref", "--format=%(contents)", f"refs/tags/{tag}")


def tags(host: Host) -> list[str]:
    return host.git("for-each-ref", "--format=%(refname:strip=2)", "refs/tags").splitlines()
