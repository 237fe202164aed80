"""GraphQL's errors come with status 200, and are what a REST API would answer: refusals, limits, failures."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from publish.forge_places import READ, WRITE, FakeClock, make_options, make_session, scripted

from headway.errors import DeniedError, ForgeError, RateLimitError, UncertainWriteError
from headway.publish.http.graphql import status_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from publish.forge_places import Scripted

FAILED = "Something went wrong while executing your query on 2026-01-31. This may be the result of a timeout."


@pytest.fixture
def server() -> Iterator[Scripted]:
    with scripted() as script:
        yield script


def refusal(message: str, kind: str = "", **data: Any) -> dict[str, Any]:
    error = {"message": message, **({"type": kind} if kind else {})}
    return {"data": data or None, "errors": [error]}


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({"data": {"nodes": []}}, 200),
        ({"data": {"nodes": [None]}, "errors": [{"type": "NOT_FOUND", "message": "no node"}]}, 200),
        ({"data": {"commit": None}}, 200),
        (refusal("not accessible", "FORBIDDEN", commit=None), 403),
        (refusal("no scopes", "INSUFFICIENT_SCOPES"), 403),
        (refusal("no repository", "NOT_FOUND"), 404),
        (refusal("Pull and try again.", "STALE_DATA", commit=None), 409),
        (refusal("no field"), 422),
        (refusal("Pull and try again.", "STALE_DATA", refs={}, commit=None), 409),
        (refusal("no", "A_NEW_ONE"), 422),
        (refusal("hourly", "RATE_LIMITED"), 429),
        (refusal("You have exceeded a secondary rate limit.", "FORBIDDEN"), 429),
        (refusal("was submitted too quickly", "UNPROCESSABLE"), 429),
        (refusal(FAILED), 502),
        (refusal("no reason", "INTERNAL"), 502),
        (refusal("no reason", "SERVICE_UNAVAILABLE"), 502),
        (refusal("Timeout on validation of query"), 502),
        ({"data": {"commit": {}}, "errors": None}, 200),
        ({"data": None, "errors": [{"type": None, "message": None}]}, 422),
    ],
)
def test_what_an_answer_says(answer: dict[str, Any], status: int) -> None:
    assert status_of(json.dumps(answer).encode()) == status


def test_a_refused_mutation_names_the_permission(server: Scripted) -> None:
    server.will(200, refusal("Resource not accessible by integration", "FORBIDDEN"))
    with pytest.raises(DeniedError) as caught:
        make_session(server.url).mutate(WRITE, "graphql", {}, {})
    assert (caught.value.status, "things: write" in str(caught.value)) == (403, True)


def test_a_rate_limit_is_waited_for_however_it_is_told(server: Scripted) -> None:
    clock = FakeClock()
    server.will(200, refusal("API rate limit exceeded", "RATE_LIMITED"), retry_after="7").will(200, {"data": {"a": 1}})
    options = make_options(clock, write_gap=0.0)
    assert make_session(server.url, options).mutate(WRITE, "graphql", {}, {"data": {"a": 0}}) == {"data": {"a": 1}}
    assert clock.slept == [7.0]
    server.will(200, refusal("API rate limit exceeded", "RATE_LIMITED"))
    with pytest.raises(RateLimitError):
        make_session(server.url, make_options(attempts=1)).query(READ, "graphql", {}, dict[str, Any])


def test_a_mutation_that_failed_is_not_sent_again_before_somebody_has_looked(server: Scripted) -> None:
    server.will(200, refusal(FAILED)).will(200, {"data": {"a": 1}})
    with pytest.raises(UncertainWriteError):
        make_session(server.url).mutate(WRITE, "graphql", {}, {})
    assert server.paths == ["POST /graphql"]


def test_a_query_is_sent_again(server: Scripted) -> None:
    server.will(200, refusal(FAILED)).will(200, {"data": {"a": 1}})
    assert make_session(server.url).query(READ, "graphql", {}, dict[str, Any]) == {"data": {"a": 1}}


@pytest.mark.parametrize("body", [b"[]", b"<html>", b'{"errors": 1}'])
def test_what_is_no_answer_is_an_error(server: Scripted, body: bytes) -> None:
    server.will(200, body)
    with pytest.raises(ForgeError, match="invalid response"):
        make_session(server.url, make_options(attempts=1)).query(READ, "graphql", {}, dict[str, Any])
