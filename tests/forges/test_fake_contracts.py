"""The forges' descriptions: valid, covering every route, and strict enough to catch what they are for."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest
from api_client import Client
from fakes import ContractError, FakeBitbucket, FakeGitHub, FakeGitLab, PullRequest
from fakes.bitbucket.forge import ROUTES as BITBUCKET
from fakes.github.forge import ROUTES as GITHUB
from fakes.github.graphql import SERVED
from fakes.gitlab.forge import ROUTES as GITLAB
from graphql import assert_valid_schema, build_schema, parse
from graphql import validate as validate_query
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

OUTSIDE = {"POST /graphql"}  # GitHub's description is of the REST API alone


def description(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(files("fakes").joinpath(f"descriptions/{name}.json").read_text())
    return document


def test_githubs_description_is_valid_small_and_says_where_it_is_from() -> None:
    folder = files("fakes").joinpath("descriptions")
    document = description("github")
    validate(document)
    source = json.loads(folder.joinpath("github.SOURCE.json").read_text())
    assert (source["package"], source["license"]) == ("@octokit/openapi", "MIT")
    assert source["version"] == document["info"]["version"]
    assert len(folder.joinpath("github.json").read_bytes()) < 200_000
    assert "MIT License" in folder.joinpath("github.LICENSE").read_text()


def test_githubs_graphql_schema_is_valid_small_and_says_where_it_is_from() -> None:
    folder = files("fakes").joinpath("descriptions")
    schema = build_schema(folder.joinpath("github.graphql").read_text())
    assert_valid_schema(schema)
    source = json.loads(folder.joinpath("github.graphql.SOURCE.json").read_text())
    assert (source["package"], source["license"]) == ("@octokit/graphql-schema", "MIT")
    assert "Licensed as MIT" in folder.joinpath("github.graphql.LICENSE").read_text()
    assert validate_query(schema, parse(SERVED)) == []
    fields = {f"{name}.{field}" for name, kind in schema.type_map.items() for field in getattr(kind, "fields", ())}
    assert len(fields) < 100


def test_every_github_route_is_described_and_nothing_else() -> None:
    served = {route.name for route in GITHUB if route.site == "api"}
    paths = description("github")["paths"].items()
    assert served - OUTSIDE == {f"{method.upper()} {path}" for path, item in paths for method in item}


@pytest.mark.parametrize("name", ["gitlab", "bitbucket"])
def test_hand_written_schemas_are_valid_and_cover_every_route(name: str) -> None:
    document = description(name)
    for schema in document["$defs"].values():
        Draft202012Validator.check_schema(schema)
    served = {route.name for route in (GITLAB if name == "gitlab" else BITBUCKET) if route.site == "api"}
    assert served == set(document["operations"])


@pytest.mark.parametrize("name", ["gitlab", "bitbucket"])
def test_hand_written_schemas_are_closed(name: str) -> None:
    def open_objects(node: object, path: str) -> list[str]:
        if isinstance(node, list):
            return [found for item in node for found in open_objects(item, path)]
        if not isinstance(node, dict):
            return []
        own = (
            [path]
            if node.get("type") == "object" and "properties" in node and "additionalProperties" not in node
            else []
        )
        return own + [found for key, item in node.items() for found in open_objects(item, f"{path}/{key}")]

    assert open_objects(description(name), name) == []


def complaint(forge: FakeGitHub | FakeGitLab | FakeBitbucket) -> str:
    with pytest.raises(ContractError) as caught:
        forge.__exit__(None, None, None)
    return str(caught.value)


@pytest.mark.parametrize(
    ("method", "path", "body", "problem"),
    [
        ("POST", "/issues/7/comments", {"body": "x", "label": "y"}, "'label' was unexpected"),
        ("GET", "/issues/7/comments?pagelen=100", None, "unknown query parameter 'pagelen'"),
        ("GET", "/issues/7/comments?per_page=many", None, "per_page"),
        ("POST", "/git/blobs", {"content": "x", "mode": "100644"}, "'mode' was unexpected"),
        ("POST", "/check-runs", {"name": "n", "head_sha": "HEAD", "status": "done"}, "'done'"),
    ],
)
def test_what_github_would_not_take_is_told(method: str, path: str, body: object, problem: str) -> None:
    forge = FakeGitHub(pull_requests=[PullRequest(number=7)])
    if isinstance(body, dict) and "head_sha" in body:
        body = {**body, "head_sha": forge.pull_request(7).head_sha}
    with Client(f"{forge.api_url}/repos/octo/digits", bearer=forge.token()) as client:
        assert client(method, path, json=body).ok
    assert problem in complaint(forge)


@pytest.mark.parametrize(
    ("path", "body", "problem"),
    [
        ("/merge_requests/3/notes", {"body": "x", "confidential": True}, "'confidential' was unexpected"),
        ("/merge_requests/3/notes?draft=1", {"body": "x"}, "unknown query parameter 'draft'"),
        ("/statuses/HEAD", {"state": "success", "target_url": "x" * 300}, "is too long"),
    ],
)
def test_what_gitlab_would_not_take_is_told(path: str, body: object, problem: str) -> None:
    forge = FakeGitLab(merge_requests=[PullRequest(number=3)])
    with Client(f"{forge.api_url}/projects/42", **{"PRIVATE-TOKEN": forge.token()}) as client:
        assert client.post(path.replace("HEAD", forge.pull_request(3).head_sha), body).ok
    assert problem in complaint(forge)


def test_what_bitbucket_would_not_take_is_told() -> None:
    forge = FakeBitbucket(pull_requests=[PullRequest(number=5)])
    report = {
        "title": "t",
        "details": "d",
        "report_type": "TEST",
        "data": [{"title": "a", "type": "NUMBER", "value": "1"}],
    }
    path = f"/commit/{forge.pull_request(5).head_sha}/reports/headway"
    with Client(f"{forge.api_url}/repositories/octo/digits", bearer=forge.token()) as client:
        assert client.put(path, report).ok
    assert "is not of type 'number'" in complaint(forge)


def test_a_request_that_was_refused_is_no_complaint() -> None:
    with (
        FakeGitHub(pull_requests=[PullRequest(number=7)]) as forge,
        Client(f"{forge.api_url}/repos/octo/digits", bearer=forge.token()) as client,
    ):
        assert client.post("/issues/7/comments", {"text": "x"}).status_code == 422
        assert forge.violations == []


def test_checking_can_be_switched_off() -> None:
    with (
        FakeGitHub(pull_requests=[PullRequest(number=7)], validate=False) as forge,
        Client(f"{forge.api_url}/repos/octo/digits", bearer=forge.token()) as client,
    ):
        assert client.post("/issues/7/comments", {"body": "x", "label": "y"}).status_code == 201


def test_a_mistake_of_the_fake_itself_is_told() -> None:
    forge = FakeGitHub(pull_requests=[PullRequest(number=7)])
    forge.lag.comments = None  # type: ignore[assignment]  # any nonsense that the fake stumbles over
    with Client(f"{forge.api_url}/repos/octo/digits", bearer=forge.token()) as client:
        client.post("/issues/7/comments", {"body": "x"})
        assert client.get("/issues/7/comments").status_code == 500
    with pytest.raises(AssertionError, match="the fake forge itself failed"):
        forge.__exit__(None, None, None)
