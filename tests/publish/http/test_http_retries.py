"""What a session repeats, how long it waits, and what it never does twice."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest
from fakes import FakeGitHub, faults
from publish.forge_places import (
    FIRST_MOMENT,
    PULL_REQUEST,
    READ,
    WRITE,
    FakeClock,
    Scripted,
    github_forge,
    make_options,
    make_session,
    scripted,
)

from headway.errors import DeniedError, ForgeError, RateLimitError, UncertainWriteError
from headway.publish.forges.forge import PullRequestTarget
from headway.publish.http.error_responses import Operation
from headway.publish.http.retry import backoff, is_rate_limit, rate_limit_wait, retry_after

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headway.publish.http.session import Session


@pytest.fixture
def server() -> Iterator[Scripted]:
    with scripted() as script:
        yield script


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def session(server: Scripted, clock: FakeClock) -> Session:
    return make_session(server.url, make_options(clock))


class TestWaits:
    @pytest.mark.parametrize(
        ("status", "headers", "message", "limited"),
        [
            (429, {}, "", True),
            (403, {"retry-after": "5"}, "", True),
            (403, {"x-ratelimit-remaining": "0"}, "", True),
            (403, {"x-ratelimit-remaining": "12"}, "You have exceeded a secondary rate limit", True),
            (403, {"x-ratelimit-remaining": "12"}, "Resource not accessible by integration", False),
            (404, {"retry-after": "5"}, "", False),
        ],
    )
    def test_tells_a_rate_limit_from_a_refusal(
        self,
        status: int,
        headers: dict[str, str],
        message: str,
        limited: bool,  # noqa: FBT001 - a column of the table above
    ) -> None:
        assert is_rate_limit(status, headers, message) is limited

    @pytest.mark.parametrize(
        ("headers", "seconds"),
        [
            ({"retry-after": "7"}, 7),
            ({"retry-after": "7", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1060"}, 7),
            ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1060"}, 61),
            ({"ratelimit-remaining": "0", "ratelimit-reset": "1030"}, 31),
            ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "10"}, 1),
            ({"x-ratelimit-remaining": "4", "x-ratelimit-reset": "1060"}, 60),
            ({"retry-after": "soon"}, 60),
            ({"retry-after": "\u00b2"}, 60),
            ({"retry-after": "9" * 5_000}, 60),
            ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "\u00b2"}, 60),
            ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "9" * 5_000}, 60),
            ({}, 60),
        ],
    )
    def test_waits_as_long_as_the_headers_say(self, headers: dict[str, str], seconds: float) -> None:
        assert rate_limit_wait(headers, now=1000, attempt=1) == seconds

    def test_doubles_where_no_header_says_anything(self) -> None:
        assert [rate_limit_wait({}, 0, attempt) for attempt in (1, 2, 3)] == [60, 120, 240]
        assert [backoff({}, 0, attempt) for attempt in (1, 2, 3, 4)] == [1, 2, 4, 8]
        assert backoff({"retry-after": "30"}, 0, 1) == 30

    def test_reads_a_date(self) -> None:
        assert retry_after({"retry-after": "Thu, 01 Jan 1970 00:01:40 GMT"}, now=40) == 60


class TestReads:
    @pytest.mark.parametrize("status", [500, 502, 503, 504])
    def test_are_repeated_after_a_server_error(
        self, server: Scripted, session: Session, clock: FakeClock, status: int
    ) -> None:
        server.will(status, b"<html>Unicorn!</html>").will(status).will(200, {"a": 1})
        assert session.get(READ, "thing", dict[str, int]) == {"a": 1}
        assert clock.slept == [1, 2]

    def test_end_after_five_attempts_with_the_forges_words(
        self, server: Scripted, session: Session, clock: FakeClock
    ) -> None:
        for _ in range(5):
            server.will(502, b"<html>Unicorn!</html>")
        with pytest.raises(ForgeError, match="Forge refused to read the thing \\(status 502\\)") as caught:
            session.get(READ, "thing", dict[str, int])
        assert "Unicorn!" in caught.value.why
        assert clock.slept == [1, 2, 4, 8]

    @pytest.mark.parametrize(
        "body",
        [
            b"<html>Sign in to the proxy</html>",
            b'{"a": 1',
            b"",
            b"[1]",
            b'{"a": "text"}',
            b"\xff\xfe",
            b'{"\xff": 1}',
            b'{"a":' * 50_000,
        ],
        ids=range(8),
    )
    def test_never_take_a_broken_body_for_a_result(self, server: Scripted, session: Session, body: bytes) -> None:
        for _ in range(5):
            server.will(200, body)
        with pytest.raises(ForgeError, match="invalid response to the request to read the thing"):
            session.get(READ, "thing", dict[str, int])
        assert len(server.asked) == 5

    def test_survive_a_body_that_was_cut_off_once(self, clock: FakeClock) -> None:
        with FakeGitHub(pull_requests=[PULL_REQUEST]) as fake:
            fake.fail("GET", "*/pulls/7", faults.truncated_body())
            fake.fail("GET", "*/pulls/7", faults.connection_reset())

            assert github_forge(fake, make_options(clock)).pull_request(7).number == 7
        assert clock.slept == [1, 2]


class TestWrites:
    def test_are_a_second_apart(self, server: Scripted, session: Session, clock: FakeClock) -> None:
        for _ in range(3):
            server.will(200, {})
            session.post(WRITE, "thing", {}, None)
        assert clock.slept == [1, 1]

    @pytest.mark.parametrize("status", [500, 502, 503])
    def test_a_post_is_uncertain_after_a_server_error(self, server: Scripted, session: Session, status: int) -> None:
        server.will(status)
        with pytest.raises(UncertainWriteError):
            session.post(WRITE, "thing", {}, None)
        assert len(server.asked) == 1

    def test_a_post_is_uncertain_after_a_lost_or_broken_answer(self, server: Scripted) -> None:
        session = make_session(server.url, make_options(read_timeout=0.3))
        server.will(201, b'{"id": ')
        with pytest.raises(UncertainWriteError):
            session.post(WRITE, "thing", {}, {})
        server.will(201, b"{}", Content_Length="9")
        with pytest.raises(UncertainWriteError):
            session.post(WRITE, "thing", {}, {})
        assert len(server.asked) == 2

    def test_a_post_is_repeated_where_its_intent_allows_that(self, server: Scripted, session: Session) -> None:
        server.will(502).will(201, {})
        session.post(Operation("store bytes", idempotent=True), "thing", {}, None)
        assert len(server.asked) == 2

    @pytest.mark.parametrize("method", ["put", "patch"])
    def test_put_and_patch_are_repeated(self, server: Scripted, session: Session, method: str) -> None:
        server.will(502).will(200, {})
        getattr(session, method)(WRITE, "thing", {}, None)
        assert len(server.asked) == 2

    def test_a_post_is_repeated_after_a_rate_limit_for_it_was_not_carried_out(
        self, server: Scripted, session: Session, clock: FakeClock
    ) -> None:
        server.will(403, {"message": "secondary rate limit"}, Retry_After="9").will(201, {})
        session.post(WRITE, "thing", {}, None)
        assert clock.slept == [9]

    def test_a_post_is_repeated_where_nobody_listened(self, clock: FakeClock) -> None:
        with pytest.raises(ForgeError, match="no complete response to the request to write the thing") as caught:
            make_session("http://127.0.0.1:1", make_options(clock)).post(WRITE, "thing", {}, None)
        assert not isinstance(caught.value, UncertainWriteError)
        assert "Connection refused" in caught.value.why
        assert clock.slept[:4] == [1, 2, 4, 8]

    def test_deleting_what_is_gone_is_success(self, server: Scripted, session: Session) -> None:
        server.will(502).will(404, {"message": "Not Found"})
        session.delete(WRITE, "thing")
        server.will(403, {"message": "no"})
        with pytest.raises(DeniedError):
            session.delete(WRITE, "thing")


class TestRateLimits:
    def test_a_reset_time_is_waited_for(self, server: Scripted, session: Session, clock: FakeClock) -> None:
        reset = str(int(FIRST_MOMENT) + 120)
        server.will(403, {"message": "API rate limit exceeded"}, X_RateLimit_Remaining="0", X_RateLimit_Reset=reset)
        server.will(200, {})
        session.get(READ, "thing", dict[str, int])
        assert clock.slept == [121]

    def test_more_patience_than_allowed_is_an_error_that_says_how_much(
        self, server: Scripted, session: Session, clock: FakeClock
    ) -> None:
        server.will(429, {"message": "Too many"}, Retry_After="3600")
        with pytest.raises(RateLimitError, match="limits the rate") as caught:
            session.get(READ, "thing", dict[str, int])
        assert "3600 seconds" in caught.value.why
        assert caught.value.exit_code == 4
        assert clock.slept == []

    def test_the_waits_of_one_call_add_up(self, server: Scripted, session: Session, clock: FakeClock) -> None:
        for _ in range(5):
            server.will(403, {"message": "You have exceeded a secondary rate limit"})
        with pytest.raises(RateLimitError):
            session.get(READ, "thing", dict[str, int])
        assert clock.slept == [60, 120, 240]

    def test_a_long_wait_is_told(self, server: Scripted, clock: FakeClock) -> None:
        said: list[str] = []
        server.will(429, b"Retry later\n", Retry_After="9").will(200, {})
        make_session(server.url, make_options(clock, log=said.append)).get(READ, "thing", dict[str, int])
        (line,) = said
        assert "9 seconds" in line


class TestTimeouts:
    def test_silence_ends(self) -> None:
        with FakeGitHub(pull_requests=[PULL_REQUEST]) as fake:
            fake.fail("GET", "*/pulls/7", faults.no_answer(), times=-1)

            forge = github_forge(fake, make_options(read_timeout=0.1, attempts=2))
            with pytest.raises(ForgeError, match="no complete response") as caught:
                forge.pull_request(7)
            assert "within 0.1 seconds" in caught.value.why

    def test_an_answer_that_trickles_for_ever_ends(self) -> None:

        with FakeGitHub(pull_requests=[PULL_REQUEST]) as fake:
            fake.fail("GET", "*/pulls/7", faults.slow_body(0.5), times=-1)

            moments = itertools.count(0.0, 20.0)  # each look at the clock is 20 seconds after the one before
            forge = github_forge(fake, make_options(now=lambda: next(moments), response_timeout=60.0, attempts=1))
            with pytest.raises(ForgeError, match="no complete response") as caught:
                forge.pull_request(7)
            assert "not complete after 60 seconds" in caught.value.why

    def test_a_comment_whose_answer_was_lost_is_uncertain(self) -> None:
        with FakeGitHub(pull_requests=[PULL_REQUEST]) as fake:
            fake.fail("POST", "*/comments", faults.no_answer(took_effect=True))

            forge = github_forge(fake, make_options(read_timeout=0.2))
            with pytest.raises(UncertainWriteError):
                forge.create_comment(PullRequestTarget(number=7), "text")
            assert len(fake.comments(7)) == 1
