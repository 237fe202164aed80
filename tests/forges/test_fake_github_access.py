"""Tokens, permissions, rate limits and the addresses of an Enterprise host."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from api_client import Client
from fakes import FakeGitHub, PullRequest
from fakes.core.tokens import Token


def test_a_read_only_token_reads(github: FakeGitHub, hub: Client) -> None:
    reader = {"Authorization": f"token {github.token('read')}"}
    assert hub.get("/issues/7/comments", headers=reader).status_code == 200
    answer = hub.post("/issues/7/comments", {"body": "x"}, headers=reader)
    assert (answer.status_code, answer.json()["message"]) == (403, "Resource not accessible by integration")
    assert answer.headers["X-Accepted-GitHub-Permissions"] == "issues=write; pull_requests=write"


def test_a_person_without_the_permission_is_told_so(github: FakeGitHub, hub: Client) -> None:
    person = {"Authorization": f"Bearer {github.token('pat', contents='read')}"}
    answer = hub.post("/git/blobs", {"content": "x"}, headers=person)
    assert (answer.status_code, answer.json()["message"]) == (403, "Resource not accessible by personal access token")


@pytest.mark.parametrize(
    ("authorization", "status", "message"),
    [("", 401, "Requires authentication"), ("Bearer ghs_wrong", 401, "Bad credentials")],
)
def test_nobody_writes(github: FakeGitHub, authorization: str, status: int, message: str) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    with Client(f"{github.api_url}/repos/octo/digits", **headers) as client:
        answer = client.post("/issues/7/comments", {"body": "x"})
    assert (answer.status_code, answer.json()["message"], answer.json()["status"]) == (status, message, str(status))


def test_a_revoked_token_is_worthless(github: FakeGitHub, hub: Client) -> None:
    token = github.token()
    github.revoke(token)
    assert hub.get("", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_a_private_repository_does_not_exist_for_strangers() -> None:
    with (
        FakeGitHub(private=True, pull_requests=[PullRequest(number=7)]) as forge,
        Client(f"{forge.api_url}/repos/octo/digits") as client,
    ):
        stranger = {"Authorization": f"Bearer {forge.token('stranger')}"}
        reader = {"Authorization": f"Bearer {forge.token('read')}"}
        narrow = {"Authorization": f"Bearer {forge.token(issues='read')}"}
        assert [client.get("", headers=each).status_code for each in ({}, stranger, reader)] == [404, 404, 200]
        assert client.post("/issues/7/comments", {"body": "x"}, headers=stranger).status_code == 404
        assert client.get("/git/ref/heads/main", headers=narrow).status_code == 403


def test_versions_and_user_agents(hub: Client) -> None:
    answer = hub.get("", headers={"X-GitHub-Api-Version": "2022-11-28"})
    assert answer.headers["X-GitHub-Api-Version-Selected"] == "2022-11-28"
    assert hub.get("", headers={"X-GitHub-Api-Version": "2020-01-01"}).status_code == 400
    assert hub.get("", headers={"User-Agent": ""}).status_code == 403


def test_names_are_the_same_in_any_case(github: FakeGitHub, hub: Client) -> None:
    assert hub.get(f"{github.api_url}/repos/OCTO/Digits").status_code == 200
    assert hub.get(f"{github.api_url}/repos/octo/other").status_code == 404


def test_an_enterprise_host_has_everything_under_one_address() -> None:
    with (
        FakeGitHub(enterprise=True, pull_requests=[PullRequest(number=7)]) as forge,
        Client(f"{forge.api_url}/repos/octo/digits", bearer=forge.token()) as client,
    ):
        assert forge.api_url == f"{forge.server_url}/api/v3"
        assert forge.graphql_url == f"{forge.server_url}/api/graphql"
        for number in range(2):
            forge.add_comment(7, str(number))
        assert len(list(client.linked_pages("/issues/7/comments?per_page=1"))) == 2
        answer = client.post(forge.graphql_url, {"query": "{ nodes(ids: []) { id } }"})
        assert answer.json() == {"data": {"nodes": []}}


def test_the_environment_of_a_pull_request(github: FakeGitHub) -> None:
    environ = github.environ(number=7)
    event = json.loads(Path(environ["GITHUB_EVENT_PATH"]).read_text())
    assert event["pull_request"]["head"]["sha"] == github.pull_request(7).head_sha != environ["GITHUB_SHA"]
    assert environ["GITHUB_REF"] == "refs/pull/7/merge"
    assert Path(environ["GITHUB_OUTPUT"]).read_text() == ""
    assert environ["GITHUB_API_URL"] == github.api_url
    assert github.environ(number=7)["GITHUB_EVENT_PATH"] != environ["GITHUB_EVENT_PATH"]


def test_the_environment_after_another_workflow_names_the_default_branch(github: FakeGitHub) -> None:
    run = github.add_run(7)
    environ = github.environ(event="workflow_run", number=run.id, token=github.token("read"))
    event = json.loads(Path(environ["GITHUB_EVENT_PATH"]).read_text())
    assert event["workflow_run"]["head_sha"] == github.pull_request(7).head_sha != environ["GITHUB_SHA"]
    assert environ["GITHUB_REF"] == "refs/heads/main"
    assert environ["GITHUB_TOKEN"] != github.environ()["GITHUB_TOKEN"]


def test_the_environment_of_a_push(github: FakeGitHub) -> None:
    environ = github.environ(event="push", branch="feature")
    assert (environ["GITHUB_REF"], environ["GITHUB_SHA"]) == ("refs/heads/feature", github.pull_request(7).head_sha)


def test_requests_are_kept_with_their_secrets(github: FakeGitHub, hub: Client) -> None:
    hub.post("/issues/7/comments", {"body": "x"})
    (exchange,) = github.exchanges
    assert exchange.status == 201
    assert exchange.request.headers["authorization"].startswith("Bearer ghs_")
    assert (exchange.request.method, exchange.request.json()) == ("POST", {"body": "x"})
    assert exchange.request.at == 1_767_225_600


def test_tokens_stay_out_of_representations() -> None:
    token = Token(secret="ghs_hidden", kind="installation", login="octocat")  # noqa: S106 - no secret of anybody
    assert "ghs_hidden" not in repr(token)
