"""Every way to fail, on every forge: what the client sees, and whether the write took effect."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
import requests
from api_client import Client
from fakes import FakeGitHub, faults

if TYPE_CHECKING:
    from collections.abc import Callable

    from api_client import Pauses
    from fakes import Comment, FakeBitbucket, FakeGitLab


@dataclass(frozen=True, kw_only=True)
class Poster:
    """A forge, how to write a comment there, and how to look at what was written."""

    forge: FakeGitHub | FakeGitLab | FakeBitbucket
    client: Client
    path: str
    body: object

    def post(self, **options: Any) -> requests.Response:
        return self.client.post(self.path, self.body, **options)

    def written(self) -> list[Comment]:
        return self.forge.comments(int(self.path.split("/")[2]))


@pytest.fixture(params=["github", "gitlab", "bitbucket"])
def poster(request: pytest.FixtureRequest) -> Poster:
    names = {"github": "hub", "gitlab": "lab", "bitbucket": "bucket"}
    paths = {
        "github": ("/issues/7/comments", {"body": "report"}),
        "gitlab": ("/merge_requests/3/notes", {"body": "report"}),
        "bitbucket": ("/pullrequests/5/comments", {"content": {"raw": "report"}}),
    }
    path, body = paths[request.param]
    forge = request.getfixturevalue(request.param)
    return Poster(forge=forge, client=request.getfixturevalue(names[request.param]), path=path, body=body)


@pytest.mark.parametrize("took_effect", [False, True])
def test_no_answer(poster: Poster, pauses: Pauses, *, took_effect: bool) -> None:
    poster.forge.fail("POST", "*", faults.no_answer(took_effect=took_effect))
    with pauses.held():
        with pytest.raises(requests.exceptions.ReadTimeout):
            poster.post(timeout=0.2)
        pauses.wait_for_one()
    assert len(poster.written()) == took_effect
    assert [(each.status, each.fault) for each in poster.forge.exchanges] == [(0, "no answer")]


@pytest.mark.parametrize("took_effect", [False, True])
def test_connection_reset(poster: Poster, *, took_effect: bool) -> None:
    poster.forge.fail("POST", "*", faults.connection_reset(took_effect=took_effect))
    with pytest.raises(requests.exceptions.ConnectionError) as caught:
        poster.post()
    assert "reset" in str(caught.value)
    assert len(poster.written()) == took_effect


@pytest.mark.parametrize("took_effect", [False, True])
@pytest.mark.parametrize("status", [500, 502, 503])
def test_server_errors(poster: Poster, status: int, *, took_effect: bool) -> None:
    fault = faults.server_error(status, took_effect=took_effect, retry_after=3)
    poster.forge.fail("POST", "*", fault)
    answer = poster.post()
    assert (answer.status_code, answer.headers["Retry-After"]) == (status, "3")
    assert len(poster.written()) == took_effect


def test_a_truncated_body(poster: Poster) -> None:
    poster.forge.fail("POST", "*", faults.truncated_body())
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        poster.post()
    assert len(poster.written()) == 1


def test_a_truncated_answer_without_a_body_is_a_reset(github: FakeGitHub, hub: Client) -> None:
    number = github.add_comment(7, "x").id
    github.fail("DELETE", "*", faults.truncated_body())
    with pytest.raises(requests.exceptions.ConnectionError):
        hub.delete(f"/issues/comments/{number}")
    assert github.comments(7) == []


def test_invalid_json(poster: Poster) -> None:
    poster.forge.fail("POST", "*", faults.invalid_json())
    answer = poster.post()
    assert answer.status_code == 200
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answer.json()
    assert len(poster.written()) == 1


def test_a_slow_body(poster: Poster, pauses: Pauses) -> None:
    poster.forge.fail("POST", "*", faults.slow_body(20))
    assert poster.post().status_code == 201
    assert pauses.taken == [2.0] * 10


def test_a_client_with_less_patience_gives_up_on_a_slow_body(poster: Poster, pauses: Pauses) -> None:
    poster.forge.fail("POST", "*", faults.slow_body(20))
    with pauses.held():
        with pytest.raises(requests.exceptions.ConnectionError):
            poster.post(timeout=0.2)
        pauses.wait_for_one()
    assert len(poster.written()) == 1


@pytest.mark.parametrize("kind", ["primary", "secondary"])
@pytest.mark.parametrize("headers", [True, False])
def test_rate_limits_with_and_without_headers(poster: Poster, kind: Any, *, headers: bool) -> None:
    poster.forge.fail("POST", "*", faults.rate_limit(kind, headers=headers, retry_after=7))
    answer = poster.post()
    assert answer.status_code in {403, 429}
    told = {name.lower() for name in answer.headers} & {"retry-after", "ratelimit-reset"}
    assert bool(told) == (headers and not (kind == "primary" and answer.status_code == 403))
    assert poster.written() == []
    assert poster.post().status_code == 201


def test_github_tells_its_two_limits_apart(github: FakeGitHub, hub: Client) -> None:
    github.fail("GET", "*", faults.rate_limit("primary"))
    github.fail("GET", "*", faults.rate_limit("secondary", status=429))
    primary, secondary = hub.get(""), hub.get("")
    assert (primary.status_code, primary.headers["X-RateLimit-Remaining"]) == (403, "0")
    assert (secondary.status_code, secondary.headers["Retry-After"]) == (429, "60")
    assert "secondary rate limit" in secondary.json()["message"]


def test_gitlab_says_it_in_plain_text(gitlab: FakeGitLab, lab: Client) -> None:
    gitlab.fail("GET", "*", faults.rate_limit(retry_after=60))
    answer = lab.get("/merge_requests/3")
    assert (answer.status_code, answer.text) == (429, "Retry later\n")
    assert answer.headers["RateLimit-Remaining"] == "0"
    assert int(answer.headers["RateLimit-Reset"]) == 1_767_225_660
    assert answer.headers["RateLimit-ResetTime"] == "Thu, 01 Jan 2026 00:01:00 GMT"


class TestPlans:
    def test_a_fault_meets_only_its_requests(self, github: FakeGitHub, hub: Client) -> None:
        github.fail("POST", "*/issues/*/comments", faults.server_error(502), times=2, skip=1)
        body = {"body": "x"}
        statuses = [hub.post("/issues/7/comments", body).status_code for _ in range(4)]
        assert statuses == [201, 502, 502, 201]
        assert hub.get("/issues/7/comments").status_code == 200

    def test_faults_wait_in_line(self, github: FakeGitHub, hub: Client) -> None:
        github.fail("*", "*", faults.server_error(503))
        github.fail("*", "*", faults.server_error(500))
        assert [hub.get("").status_code for _ in range(3)] == [503, 500, 200]

    def test_a_fault_can_last_until_it_is_cleared(self, github: FakeGitHub, hub: Client) -> None:
        github.fail("*", "*", faults.server_error(503), times=-1)
        assert [hub.get("").status_code for _ in range(3)] == [503] * 3
        github.clear_faults()
        assert hub.get("").status_code == 200

    def test_something_happens_before_a_request(self, github: FakeGitHub, hub: Client) -> None:
        heads: list[str] = []
        github.before_request("POST", "*/comments", lambda: heads.append(github.push(7)))
        before = hub.get("/pulls/7").json()["head"]["sha"]
        hub.post("/issues/7/comments", {"body": "x"})
        assert heads == [hub.get("/pulls/7").json()["head"]["sha"]] != [before]


def test_closing_lets_waiting_clients_go() -> None:
    """With a client that would wait for longer: that it is let go is what ends its request with a reset."""
    arrived = Event()
    forge = FakeGitHub()
    forge.fail("GET", "*", faults.no_answer(seconds=600))
    forge.before_request("GET", "*", arrived.set)
    with ThreadPoolExecutor() as pool, Client(forge.api_url) as client:
        waiting = pool.submit(client.get, "/repos/octo/digits", timeout=300)
        arrived.wait()
        forge.close()
        assert isinstance(waiting.exception(), requests.exceptions.ConnectionError)


@pytest.mark.parametrize(
    "fault",
    [faults.server_error(500), faults.connection_reset(), faults.rate_limit("secondary"), faults.invalid_json()],
    ids=lambda fault: fault.name,
)
def test_a_retry_after_a_fault_without_effect_writes_once(github: FakeGitHub, hub: Client, fault: faults.Fault) -> None:
    github.fail("POST", "*/comments", fault)
    until_success(lambda: hub.post("/issues/7/comments", {"body": "x"}))
    assert len(github.comments(7)) == (2 if fault.takes_effect else 1)


def until_success(call: Callable[[], requests.Response]) -> None:
    """What a careless client does: again and again until a 201 comes."""
    for _ in range(3):
        try:
            if call().status_code == 201:
                return
        except requests.exceptions.ConnectionError:
            continue
