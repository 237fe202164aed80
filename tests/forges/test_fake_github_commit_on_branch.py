"""The GraphQL mutation ``createCommitOnBranch``: many files in one commit, on the tip that the caller names."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
from fakes.github.commit_on_branch import LARGEST_REQUEST

if TYPE_CHECKING:
    from api_client import Client
    from fakes import FakeGitHub

COMMIT = """
mutation ($input: CreateCommitOnBranchInput!) {
  createCommitOnBranch(input: $input) { clientMutationId commit { oid tree { oid } } }
}
"""


def added(path: str, content: bytes = b"new") -> dict[str, str]:
    return {"path": path, "contents": base64.b64encode(content).decode()}


def ask(github: FakeGitHub, hub: Client, *additions: dict[str, str], token: str = "", **changed: Any) -> Any:
    given = {
        "branch": {"repositoryNameWithOwner": "octo/digits", "branchName": "feature"},
        "expectedHeadOid": github.branches()["feature"],
        "message": {"headline": "Add", "body": "More."},
        "fileChanges": {"additions": list(additions)},
    }
    headers = {"Authorization": f"bearer {token}"} if token else {}
    body = {"query": COMMIT, "variables": {"input": {**given, **changed}}}
    return hub.post(github.graphql_url, body, headers=headers)


def test_adds_files_to_what_the_branch_has(github: FakeGitHub, hub: Client) -> None:
    before, tip = github.branch_files("feature"), github.branches()["feature"]
    answer = ask(github, hub, added("a/b.png", b"\x89PNG"), added("c.txt")).json()
    commit = answer["data"]["createCommitOnBranch"]["commit"]
    assert github.branches()["feature"] == commit["oid"]
    assert github.branch_files("feature") == {**before, "a/b.png": b"\x89PNG", "c.txt": b"new"}
    shown = hub.get(f"/git/commits/{commit['oid']}").json()
    assert [parent["sha"] for parent in shown["parents"]] == [tip]
    assert (shown["message"], shown["tree"]["sha"]) == ("Add\n\nMore.", commit["tree"]["oid"])


def test_deletes_files_that_are_there(github: FakeGitHub, hub: Client) -> None:
    ask(github, hub, added("a.txt"))
    assert "errors" not in ask(github, hub, fileChanges={"deletions": [{"path": "a.txt"}]}).json()
    assert "a.txt" not in github.branch_files("feature")
    (error,) = ask(github, hub, fileChanges={"deletions": [{"path": "a.txt"}]}).json()["errors"]
    assert error["type"] == "UNPROCESSABLE"


@pytest.mark.parametrize(
    ("changed", "kind", "words"),
    [
        ({"expectedHeadOid": "f" * 40}, "STALE_DATA", f'Expected branch to point to "{"f" * 40}" but it did not.'),
        ({"branch": {"repositoryNameWithOwner": "octo/digits", "branchName": "no"}}, "NOT_FOUND", "'no'"),
        ({"branch": {"repositoryNameWithOwner": "octo/other", "branchName": "feature"}}, "NOT_FOUND", "octo/other"),
        ({"fileChanges": {"additions": [added("a/../b")]}}, "UNPROCESSABLE", "a/../b"),
        ({"fileChanges": {"additions": [{"path": "a", "contents": "%"}]}}, "UNPROCESSABLE", "Base64"),
    ],
)
def test_what_is_refused_changes_nothing(
    github: FakeGitHub, hub: Client, changed: dict[str, Any], kind: str, words: str
) -> None:
    before = github.branches()
    answer = ask(github, hub, **changed).json()
    (error,) = answer["errors"]
    assert answer["data"] == {"createCommitOnBranch": None}
    assert (error["type"], words in error["message"]) == (kind, True)
    assert github.branches() == before


def test_a_token_that_may_only_read_is_forbidden(github: FakeGitHub, hub: Client) -> None:
    (error,) = ask(github, hub, added("a"), token=github.token("read")).json()["errors"]
    assert (error["type"], error["message"]) == ("FORBIDDEN", "Resource not accessible by integration")


def test_a_request_that_is_too_large_runs_out_of_time(github: FakeGitHub, hub: Client) -> None:
    answer = ask(github, hub, added("a", b"x" * LARGEST_REQUEST))
    assert answer.status_code == 502
    assert "a" not in github.branch_files("feature")
