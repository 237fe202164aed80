"""GraphQL: authorship of comments for every kind of token, and errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from api_client import Client
    from fakes import FakeGitHub

AUTHORSHIP = """
query ($ids: [ID!]!) {
  nodes(ids: $ids) {
    __typename
    ... on IssueComment { id viewerDidAuthor author { login } }
    ... on CommitComment { id viewerDidAuthor }
  }
}
"""


def ask(github: FakeGitHub, hub: Client, query: str, /, **variables: object) -> dict[str, Any]:
    token = variables.pop("token", "")
    headers = {"Authorization": f"bearer {token}"} if token else {}
    answer = hub.post(github.graphql_url, {"query": query, "variables": variables}, headers=headers)
    assert answer.status_code == 200
    result: dict[str, Any] = answer.json()
    return result


@pytest.mark.parametrize("kind", ["write", "pat"])
def test_every_token_learns_what_it_wrote(github: FakeGitHub, hub: Client, kind: str) -> None:
    token = github.token(kind, login="alice" if kind == "pat" else None)
    mine = hub.post("/issues/7/comments", {"body": "mine"}, headers={"Authorization": f"Bearer {token}"}).json()
    github.add_comment(7, "theirs", author="mallory")
    theirs = hub.get("/issues/7/comments").json()[1]
    nodes = ask(github, hub, AUTHORSHIP, token=token, ids=[mine["node_id"], theirs["node_id"]])["data"]["nodes"]
    assert [node["viewerDidAuthor"] for node in nodes] == [True, False]
    assert nodes[0]["author"]["login"] == ("alice" if kind == "pat" else "github-actions")


def test_comments_on_commits_are_nodes_too(github: FakeGitHub, hub: Client) -> None:
    made = hub.post(f"/commits/{github.pull_request(7).head_sha}/comments", {"body": "x"}).json()
    (node,) = ask(github, hub, AUTHORSHIP, ids=[made["node_id"]])["data"]["nodes"]
    assert node == {"__typename": "CommitComment", "id": made["node_id"], "viewerDidAuthor": True}


def test_an_unknown_node_is_null_and_an_error(github: FakeGitHub, hub: Client) -> None:
    answer = ask(github, hub, AUTHORSHIP, ids=["IC_nonsense"])
    assert answer["data"] == {"nodes": [None]}
    assert answer["errors"] == [
        {
            "type": "NOT_FOUND",
            "path": ["nodes", 0],
            "locations": [{"line": 3, "column": 3}],
            "message": "Could not resolve to a node with the global id of 'IC_nonsense'",
        }
    ]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("{ nodes(ids: []) { password } }", "Cannot query field 'password' on type 'Node'"),
        ("{ nodes(ids: []) }", "must have a selection of subfields"),
        ("{ nodes(ids: []) { id }", "Syntax Error"),
        ("mutation { addStar { id } }", "Cannot query field 'addStar' on type 'Mutation'"),
        ("subscription { a }", "subscription operation is not supported"),
        ("query ($a: ID!) { nodes(ids: [$a]) { id } }", "Variable '$a'"),
        ("{ nodes(ids: []) { ...None } }", "Unknown fragment 'None'"),
        ("{ nodes(ids: []) { id } } { nodes(ids: []) { id } }", "must be the only defined operation"),
    ],
)
def test_bad_queries_are_errors(github: FakeGitHub, hub: Client, query: str, words: str) -> None:
    answer = ask(github, hub, query)
    assert (words in answer["errors"][0]["message"], "data" in answer) == (True, False)


def test_nobody_asks_without_a_token(github: FakeGitHub, hub: Client) -> None:
    answer = hub.post(github.graphql_url, {"query": "{ nodes(ids: []) { id } }"}, headers={"Authorization": ""})
    assert answer.status_code == 401
