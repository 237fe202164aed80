"""GraphQL: authorship of comments for every kind of token, cursors, and errors in GitHub's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fakes.github.graphql_language import QueryError, read_operation

if TYPE_CHECKING:
    from fakes import FakeGitHub
    from wire_client import Client

AUTHORSHIP = """
query ($ids: [ID!]!) {
  nodes(ids: $ids) {
    __typename
    ... on IssueComment { id viewerDidAuthor author { login } }
    ... on CommitComment { id viewerDidAuthor }
  }
}
"""
COMMENTS = """
query Comments($owner: String!, $name: String!, $number: Int!, $after: String, $size: Int = 100) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      headRefOid
      comments(first: $size, after: $after) {
        totalCount
        nodes { ...Mine }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}
fragment Mine on IssueComment { databaseId body mine: viewerDidAuthor }
"""


def ask(github: FakeGitHub, hub: Client, query: str, /, **variables: object) -> dict[str, Any]:
    token = variables.pop("token", "")
    headers = {"Authorization": f"bearer {token}"} if token else {}
    answer = hub.post(github.graphql_url, {"query": query, "variables": variables}, headers=headers)
    assert answer.status_code == 200
    result: dict[str, Any] = answer.json()
    return result


def page(github: FakeGitHub, hub: Client, **variables: object) -> dict[str, Any]:
    answer = ask(github, hub, COMMENTS, owner="octo", name="digits", number=7, **variables)
    comments: dict[str, Any] = answer["data"]["repository"]["pullRequest"]["comments"]
    return comments


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


def test_250_comments_come_by_cursors(github: FakeGitHub, hub: Client) -> None:
    for number in range(250):
        github.add_comment(7, str(number))
    bodies: list[str] = []
    after: str | None = None
    while True:
        comments = page(github, hub, after=after)
        bodies += [node["body"] for node in comments["nodes"]]
        after = comments["pageInfo"]["endCursor"]
        if not comments["pageInfo"]["hasNextPage"]:
            break
    assert bodies == [str(number) for number in range(250)]
    assert comments["totalCount"] == 250


def test_the_end_of_a_list_can_be_read_backwards(github: FakeGitHub, hub: Client) -> None:
    for number in range(5):
        github.add_comment(7, str(number))
    query = """{ repository(owner: "octo", name: "digits") { pullRequest(number: 7) {
        comments(last: 2%s) { nodes { body } pageInfo { hasPreviousPage startCursor } } } } }"""
    last = ask(github, hub, query % "")["data"]["repository"]["pullRequest"]["comments"]
    assert [node["body"] for node in last["nodes"]] == ["3", "4"]
    before = f', before: "{last["pageInfo"]["startCursor"]}"'
    earlier = ask(github, hub, query % before)["data"]["repository"]["pullRequest"]["comments"]
    assert [node["body"] for node in earlier["nodes"]] == ["1", "2"]
    assert earlier["pageInfo"]["hasPreviousPage"]


def test_an_unknown_node_is_null_and_an_error(github: FakeGitHub, hub: Client) -> None:
    answer = ask(github, hub, AUTHORSHIP, ids=["IC_nonsense"])
    assert answer["data"] == {"nodes": [None]}
    assert answer["errors"] == [
        {
            "type": "NOT_FOUND",
            "path": ["nodes", 0],
            "message": "Could not resolve to a node with the global id of 'IC_nonsense'",
        }
    ]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("{ viewer { password } }", "Field 'password' doesn't exist on type 'User'"),
        ("{ viewer }", "Field must have selections (field 'viewer' returns User)"),
        ("{ viewer { login }", "Expected 'more', actual: 'end of query'"),
        ("mutation { addStar { id } }", "Field 'addStar' doesn't exist on type 'Mutation'"),
        ("subscription { a }", "Only queries and mutations are understood"),
        ("query ($a: ID!) { viewer { login } }", "Variable $a of a required type was provided invalid value"),
        ("{ viewer { ...None } }", "Fragment None was used, but not defined"),
        ("{ viewer @include { login } }", "Expected a name, actual: '@'"),
        ("{ a ; }", "Expected one of the language's signs, actual: ';'"),
    ],
)
def test_bad_queries_are_errors(github: FakeGitHub, hub: Client, query: str, message: str) -> None:
    assert ask(github, hub, query)["errors"][0]["message"] == message


@pytest.mark.parametrize(
    ("arguments", "kind"), [("", "MISSING_PAGINATION_BOUNDARIES"), ("(first: 101)", "EXCESSIVE_PAGINATION")]
)
def test_a_list_needs_a_length_of_at_most_100(github: FakeGitHub, hub: Client, arguments: str, kind: str) -> None:
    query = f"""{{ repository(owner: "octo", name: "digits") {{ pullRequest(number: 7) {{
        number comments{arguments} {{ totalCount }} }} }} }}"""
    answer = ask(github, hub, query)
    assert answer["data"]["repository"]["pullRequest"] == {"number": 7, "comments": None}
    assert answer["errors"][0]["type"] == kind


def test_nobody_asks_without_a_token(github: FakeGitHub, hub: Client) -> None:
    answer = hub.post(github.graphql_url, {"query": "{ viewer { login } }"}, headers={"Authorization": ""})
    assert answer.status_code == 401


def test_values_of_every_kind_are_read() -> None:
    query = '{ f(a: [1, -2.5], b: {c: "d\\n", e: null}, g: true, h: ENUM, i: $i) # end\n }'
    (field,) = read_operation(query, {"i": 3}).selection
    assert vars(field)["arguments"] == {
        "a": [1, -2.5],
        "b": {"c": "d\n", "e": None},
        "g": True,
        "h": "ENUM",
        "i": 3,
    }


def test_two_operations_are_too_many() -> None:
    with pytest.raises(QueryError):
        read_operation("{ a } { b }", {})
