"""The clients that people really use, against the fakes: PyGithub and python-gitlab."""

from __future__ import annotations

from typing import TYPE_CHECKING

import github as pygithub
import gitlab as python_gitlab
import pytest
from fakes import FakeGitHub, FakeGitLab, PullRequest, faults
from github import Auth, Github, InputGitTreeElement
from github.Commit import Commit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from github.Repository import Repository
    from gitlab.v4.objects import Project

PNG = b"\x89PNG\r\n\x00\xff"


def connect(forge: FakeGitHub, kind: str = "write") -> Repository:
    """Without the waits and retries that PyGithub has for the real GitHub."""
    hub = Github(
        base_url=forge.api_url,
        auth=Auth.Token(forge.token(kind)),
        retry=None,
        per_page=100,
        seconds_between_requests=None,
        seconds_between_writes=None,
    )
    return hub.get_repo("octo/digits")


@pytest.fixture(params=[False, True], ids=["own host", "enterprise"])
def forge(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGitHub]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    with FakeGitHub(pull_requests=[PullRequest(number=7)], enterprise=request.param) as fake:
        yield fake


class TestPyGithub:
    def test_comments(self, forge: FakeGitHub) -> None:
        for number in range(250):
            forge.add_comment(7, str(number))
        request = connect(forge).get_pull(7)
        assert [comment.body for comment in request.get_issue_comments()] == [str(number) for number in range(250)]
        comment = request.create_issue_comment("mine")
        comment.edit("mine, edited")
        assert forge.comments(7)[-1].body == "mine, edited"
        comment.delete()
        assert len(forge.comments(7)) == 250

    def test_an_orphan_branch_through_the_git_data_api(self, forge: FakeGitHub) -> None:
        repository = connect(forge)
        tip = None
        for name in ("a.png", "b.png"):
            blob = repository.create_git_blob(PNG.hex(), "utf-8")
            element = InputGitTreeElement(name, "100644", "blob", sha=blob.sha)
            if tip is None:
                tree = repository.create_git_tree([element])
                tip = repository.create_git_commit("images", tree, [])
                repository.create_git_ref("refs/heads/headway-images", tip.sha)
            else:
                tree = repository.create_git_tree([element], tip.tree)
                second = repository.create_git_commit("more images", tree, [tip])
                repository.get_git_ref("heads/headway-images").edit(second.sha, force=False)
        assert forge.branch_files("headway-images") == dict.fromkeys(("a.png", "b.png"), PNG.hex().encode())
        with pytest.raises(pygithub.GithubException, match="Update is not a fast forward"):
            repository.get_git_ref("heads/headway-images").edit(tip.sha if tip else "", force=False)

    def test_checks_and_statuses(self, forge: FakeGitHub) -> None:
        repository, sha = connect(forge), forge.pull_request(7).head_sha
        output: dict[str, str | list[dict[str, str | int]]] = {"title": "Headway", "summary": "0.90 to 0.92"}
        run = repository.create_check_run("headway", sha, status="completed", conclusion="neutral", output=output)
        run.edit(conclusion="success", output=output)
        commit = Commit(
            repository.requester, attributes={"sha": sha, "url": f"{repository.url}/commits/{sha}"}, completed=True
        )
        assert [each.conclusion for each in commit.get_check_runs(check_name="headway")] == ["success"]
        commit.create_status("success", context="headway", description="0.92")
        assert [status.context for status in forge.statuses(sha)] == ["headway"]
        commit.create_comment("on the commit")
        assert [comment.body for comment in commit.get_comments()] == ["on the commit"]
        assert [each.number for each in commit.get_pulls()] == [7]

    def test_refusals_become_exceptions(self, forge: FakeGitHub) -> None:
        reader = connect(forge, "read").get_pull(7)
        with pytest.raises(pygithub.GithubException, match="Resource not accessible by integration") as caught:
            reader.create_issue_comment("x")
        assert caught.value.status == 403
        forge.fail("POST", "*/comments", faults.rate_limit("secondary"))
        with pytest.raises(pygithub.RateLimitExceededException):
            connect(forge).get_pull(7).create_issue_comment("x")
        with pytest.raises(pygithub.GithubException, match="Body is too long"):
            connect(forge).get_pull(7).create_issue_comment("x" * 65_537)

    def test_graphql(self, forge: FakeGitHub) -> None:
        repository = connect(forge)
        comment = repository.get_pull(7).create_issue_comment("mine")
        query = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on IssueComment { viewerDidAuthor } } }"
        node_id = comment.raw_data["node_id"]
        _, answer = repository.requester.graphql_query(query, {"ids": [node_id]})
        assert answer["data"]["nodes"] == [{"viewerDidAuthor": True}]

    def test_artifacts(self, forge: FakeGitHub) -> None:
        """PyGithub finds them, but follows no redirect to a host that it does not know, so it cannot download."""
        run = forge.add_run(7)
        forge.add_artifact(run, "headway-report", {"report.json": b"{}"})
        (artifact,) = connect(forge).get_workflow_run(run.id).get_artifacts()
        assert (artifact.name, artifact.workflow_run.head_sha) == ("headway-report", run.head_sha)


@pytest.fixture(params=["", "/gitlab"], ids=["root", "sub-path"])
def lab_forge(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeGitLab]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    with FakeGitLab(merge_requests=[PullRequest(number=3)], sub_path=request.param) as fake:
        yield fake


def project(forge: FakeGitLab, kind: str = "write") -> Project:
    token = forge.token(kind)
    job, private = (token, None) if kind == "job" else (None, token)
    gitlab = python_gitlab.Gitlab(forge.server_url, private_token=private, job_token=job)
    return gitlab.projects.get(forge.project_id, lazy=True)


class TestPythonGitLab:
    def test_notes(self, lab_forge: FakeGitLab) -> None:
        for number in range(250):
            lab_forge.add_comment(3, str(number))
        request = project(lab_forge).mergerequests.get(3)
        notes = request.notes.list(iterator=True, per_page=100, sort="asc")
        assert [note.body for note in notes] == [str(number) for number in range(250)]
        note = request.notes.create({"body": "mine"})
        note.body = "mine, edited"
        note.save()
        assert lab_forge.comments(3)[-1].body == "mine, edited"
        note.delete()
        assert len(lab_forge.comments(3)) == 250

    def test_uploads_statuses_and_commits(self, lab_forge: FakeGitLab) -> None:
        remote, sha = project(lab_forge), lab_forge.pull_request(3).head_sha
        made = remote.upload("loss.png", filedata=PNG)
        assert made["markdown"].startswith("![loss](/uploads/")
        assert [upload.content for upload in lab_forge.uploads()] == [PNG]
        commit = remote.commits.get(sha, lazy=True)
        commit.statuses.create({"state": "success", "name": "headway"})
        assert [status.name for status in lab_forge.statuses(sha)] == ["headway"]
        commit.comments.create({"note": "on the commit"})
        (discussion,) = commit.discussions.list(get_all=True)
        assert discussion.attributes["notes"][0]["body"] == "on the commit"
        assert [each["iid"] for each in commit.merge_requests()] == [3]

    def test_refusals_become_exceptions(self, lab_forge: FakeGitLab) -> None:
        with pytest.raises(python_gitlab.exceptions.GitlabAuthenticationError, match="401 Unauthorized"):
            project(lab_forge, "job").mergerequests.get(3).notes.create({"body": "x"})
        with pytest.raises(python_gitlab.exceptions.GitlabCreateError, match="insufficient_scope"):
            project(lab_forge, "read").mergerequests.get(3).notes.create({"body": "x"})
        with pytest.raises(python_gitlab.exceptions.GitlabCreateError, match="is too long"):
            project(lab_forge).mergerequests.get(3).notes.create({"body": "x" * 1_000_001})

    def test_a_rate_limit_is_waited_for(self, lab_forge: FakeGitLab) -> None:
        notes = project(lab_forge).mergerequests.get(3).notes
        lab_forge.fail("POST", "*/notes", faults.rate_limit(retry_after=0))
        notes.create({"body": "x"})
        assert [exchange.status for exchange in lab_forge.exchanges if exchange.request.method == "POST"] == [429, 201]
