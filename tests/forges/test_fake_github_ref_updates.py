"""The GraphQL mutation ``updateRefs``: compares before it moves, all refs or none, and says why it did not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from api_client import Client
    from fakes import FakeGitHub

UPDATE = "mutation Move($input: UpdateRefsInput!) { updateRefs(input: $input) { clientMutationId } }"
NOTHING = "0" * 40
BRANCH = "refs/heads/feature"


def ask(github: FakeGitHub, hub: Client, updates: list[Any], token: str = "", **more: Any) -> dict[str, Any]:
    repository = hub.get("").json()["node_id"]
    variables = {"input": {"repositoryId": repository, "refUpdates": updates, **more}}
    headers = {"Authorization": f"bearer {token}"} if token else {}
    answer = hub.post(github.graphql_url, {"query": UPDATE, "variables": variables}, headers=headers)
    assert answer.status_code == 200
    result: dict[str, Any] = answer.json()
    return result


def error(answer: dict[str, Any]) -> dict[str, Any]:
    (only,) = answer["errors"]
    found: dict[str, Any] = only
    return found


@pytest.fixture
def base(github: FakeGitHub) -> str:
    return github.branches()["main"]


@pytest.fixture
def tip(github: FakeGitHub) -> str:
    return github.branches()["feature"]


def test_moves_a_ref_anywhere_from_where_it_is(github: FakeGitHub, hub: Client, base: str, tip: str) -> None:
    update = {"name": BRANCH, "beforeOid": tip, "afterOid": base, "force": True}
    answer = ask(github, hub, [update], clientMutationId="mine")
    assert answer == {"data": {"updateRefs": {"clientMutationId": "mine"}}}
    assert github.branches()["feature"] == base


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"beforeOid": "f" * 40}, f"{BRANCH} is not at the expected commit {'f' * 40}"),
        ({"beforeOid": NOTHING}, "is not at the expected commit"),
        ({"force": False}, "is not a fast forward"),
        ({"afterOid": "f" * 40}, "is no commit of this repository"),
        ({"name": "refs/heads/none", "beforeOid": NOTHING, "afterOid": NOTHING}, "does not exist"),
    ],
)
def test_a_refused_update_moves_nothing(github: FakeGitHub, hub: Client, changed: dict[str, Any], words: str) -> None:
    before = github.branches()
    fine = {"name": "refs/heads/new", "beforeOid": NOTHING, "afterOid": before["main"]}
    update = {"name": BRANCH, "beforeOid": before["feature"], "afterOid": before["main"], "force": True, **changed}
    answer = ask(github, hub, [fine, update])
    assert answer["data"] == {"updateRefs": None}
    assert (error(answer)["type"], error(answer)["path"]) == ("UNPROCESSABLE", ["updateRefs"])
    assert words in error(answer)["message"]
    assert github.branches() == before


def test_creates_and_deletes_several_at_once(github: FakeGitHub, hub: Client, base: str, tip: str) -> None:
    updates = [
        {"name": "refs/heads/new", "beforeOid": NOTHING, "afterOid": base},
        {"name": BRANCH, "beforeOid": tip, "afterOid": NOTHING},
    ]
    assert "errors" not in ask(github, hub, updates)
    assert github.branches() == {"main": base, "new": base}


@pytest.mark.parametrize(("kind", "holder"), [("write", "integration"), ("pat", "personal access token")])
def test_needs_permission(github: FakeGitHub, hub: Client, base: str, kind: str, holder: str) -> None:
    update = {"name": BRANCH, "afterOid": base, "force": True}
    answer = ask(github, hub, [update], github.token(kind, contents="read"))
    assert (error(answer)["type"], error(answer)["message"]) == ("FORBIDDEN", f"Resource not accessible by {holder}")


def test_another_repository_is_not_there(github: FakeGitHub, hub: Client, base: str) -> None:
    answer = ask(github, hub, [{"name": BRANCH, "afterOid": base}], repositoryId="R_other")
    assert error(answer)["type"] == "NOT_FOUND"


@pytest.mark.parametrize("updates", [None, [{"name": BRANCH}], ["x"]])
def test_an_update_says_what_and_where_to(github: FakeGitHub, hub: Client, updates: Any) -> None:
    assert "invalid value" in error(ask(github, hub, updates))["message"]
