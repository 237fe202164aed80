"""Requests are opened once, and brought up to date: the same on each forge, whatever fails on the way."""

from __future__ import annotations

import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from fakes import PullRequest, faults

from headway.errors import DeniedError, ForgeError, UncertainWriteError
from headway.publish.requests.open_request import open_request
from headway.publish.requests.protocol import ChangeRequest, OpenRequest
from headway.publish.requests.request_branch import push_files
from headway.publish.requests.request_commit import FilesCommit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fakes.core.faults import Fault
    from publish.requests.request_forges import Host

    from headway.publish.requests.protocol import ForgeRequests

BRANCH = "headway/promote-digits"
CHANGE = ChangeRequest(branch=BRANCH, base="main", title="Promote digits to v1.1.0", body="From `v1.0.0`.\n\n- why\n")
NEWER = replace(CHANGE, title="Promote digits to v1.2.0", body="From `v1.0.0`.")


@pytest.fixture
def pushed(host: Host) -> Host:
    host.add_branch(BRANCH)
    return host


def read(host: Host) -> list[tuple[str, str, str, str]]:
    return [(each.head, each.base, each.title, each.body.strip()) for each in host.open_requests()]


def expected(change: ChangeRequest) -> list[tuple[str, str, str, str]]:
    return [(change.branch, change.base, change.title, change.body.strip())]


def test_a_request_is_opened_once_and_then_left_alone(pushed: Host) -> None:
    first = open_request(pushed.requests(), CHANGE)
    assert (first.action, first.request.number) == ("opened", 1)
    assert first.request.url.startswith(f"{pushed.fake.server_url}/octo/digits/")
    assert first.request.url.endswith("/1")
    written = pushed.writes()
    again = open_request(pushed.requests(), CHANGE)
    assert (again.action, again.request) == ("unchanged", first.request)
    assert pushed.writes() == written
    assert read(pushed) == expected(CHANGE)


def test_an_open_request_is_brought_up_to_date(pushed: Host) -> None:
    first = open_request(pushed.requests(), CHANGE)
    second = open_request(pushed.requests(), NEWER)
    assert (second.action, second.request.number) == ("updated", first.request.number)
    assert second.request.url == first.request.url
    assert read(pushed) == expected(NEWER)


def test_line_ends_and_outer_space_are_no_difference() -> None:
    shown = OpenRequest(number=1, url="", title=CHANGE.title, body=CHANGE.body.strip().replace("\n", "\r\n"))
    assert shown.reads(CHANGE)
    assert not shown.reads(replace(CHANGE, body="From `v1.0.0`.\n- why"))


def test_a_closed_request_stays_closed(pushed: Host) -> None:
    first = open_request(pushed.requests(), CHANGE)
    pushed.fake.close_pull_request(first.request.number)
    second = open_request(pushed.requests(), CHANGE)
    assert second.action == "opened"
    assert second.request.number != first.request.number


def test_others_requests_are_left_alone(pushed: Host) -> None:
    """A fork's branch of the same name, the same branch to another base, another branch; over several pages."""
    pushed.add_branch("release")
    others = [
        PullRequest(number=1, head=BRANCH, head_repository="stranger/digits", title="a fork's"),
        PullRequest(number=2, head=BRANCH, base="release", title="to another base"),
        PullRequest(number=3, head=BRANCH, head_repository="octo/copy", title="the same owner's fork's"),
        *(PullRequest(number=number, head=f"feature-{number}") for number in range(4, 130)),
    ]
    for each in others:
        pushed.fake.open_pull_request(each)
    titles = [each.title for each in pushed.open_requests()]
    assert open_request(pushed.requests(), CHANGE).request.number == 130
    assert open_request(pushed.requests(), NEWER).request.number == 130
    assert [each.title for each in pushed.open_requests()] == [*titles, NEWER.title]


def test_a_title_is_one_line_of_a_length_that_every_forge_takes(pushed: Host) -> None:
    long = replace(CHANGE, title="Promote\n" + "x" * 400)
    open_request(pushed.requests(), long)
    assert open_request(pushed.requests(), long).action == "unchanged"
    (title,) = (each.title for each in pushed.open_requests())
    assert len(title) == 255
    assert title.startswith("Promote x")


def test_a_dry_run_writes_nothing(pushed: Host) -> None:
    lines: list[str] = []
    dry = pushed.requests(dry_run=True, log=lines.append)
    assert open_request(dry, CHANGE).action == "opened"
    assert pushed.writes() == []
    assert any(line.startswith("POST ") for line in lines)
    open_request(pushed.requests(), CHANGE)
    assert open_request(dry, NEWER).action == "updated"
    assert read(pushed) == expected(CHANGE)


# Failures


LOST = [
    faults.connection_reset(took_effect=True),
    faults.server_error(502, took_effect=True),
    faults.truncated_body(),
    faults.invalid_json(),
]
REFUSED = [faults.connection_reset(), faults.server_error(503), faults.rate_limit(retry_after=5)]


@pytest.mark.parametrize(
    "fault",
    [LOST[0], REFUSED[0], *(pytest.param(each, marks=pytest.mark.slow) for each in (*LOST[1:], *REFUSED[1:]))],
    ids=lambda fault: f"{fault.name}, took {fault.takes_effect}",
)
@pytest.mark.parametrize("method", ["GET", "POST", "change"])
def test_a_call_that_fails_once_changes_nothing_about_the_end(pushed: Host, method: str, fault: Fault) -> None:
    wanted = CHANGE
    if method == "change":
        open_request(pushed.requests(), CHANGE)
        method, wanted = ("PATCH" if pushed.kind == "github" else "PUT"), NEWER
    pushed.fake.fail(method, f"{pushed.path}*", fault)
    opened = open_request(pushed.requests(), wanted)
    assert opened.request.number == 1
    assert read(pushed) == expected(wanted)
    assert [each.fault for each in pushed.fake.exchanges if each.fault] == [fault.name]


def test_an_outage_is_reported_and_mended_by_the_next_run(pushed: Host) -> None:
    pushed.fake.fail("POST", pushed.path, faults.server_error(500), times=-1)
    with pytest.raises(UncertainWriteError):
        open_request(pushed.requests(), CHANGE)
    pushed.fake.clear_faults()
    assert open_request(pushed.requests(), CHANGE).action == "opened"
    assert read(pushed) == expected(CHANGE)


def test_a_request_that_somebody_opens_in_between_is_found_and_brought_up_to_date(pushed: Host) -> None:
    """Each forge refuses a second one in its own way, or gives the first."""
    other = PullRequest(number=1, head=BRANCH, title="somebody's", head_sha=pushed.branches()[BRANCH])
    pushed.fake.before_request("POST", pushed.path, lambda: pushed.fake.open_pull_request(other))
    opened = open_request(pushed.requests(), CHANGE)
    assert (opened.action, opened.request.number) == ("updated", 1)
    assert read(pushed) == expected(CHANGE)


def test_two_at_once_open_one_request(pushed: Host) -> None:
    """Both have seen that there is none before either opens one."""
    both = threading.Barrier(2, timeout=60)
    pushed.fake.before_request("POST", pushed.path, lambda: both.wait() and None, times=2)
    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(open_request, pushed.requests(), CHANGE) for _ in range(2)]
        numbers = {future.result().request.number for future in futures}
    assert numbers == {1}
    assert read(pushed) == expected(CHANGE)


def test_a_branch_that_does_not_exist_is_an_error_with_the_forges_words(host: Host) -> None:
    with pytest.raises(ForgeError, match=r"refused to open the (pull|merge) request") as caught:
        open_request(host.requests(), CHANGE)
    assert host.fake.requests
    assert caught.value.is_refusal
    assert "says:" in caught.value.why
    assert host.open_requests() == []


def test_a_token_that_may_only_read_is_told_what_it_lacks(pushed: Host) -> None:
    scopes = {"scopes": ["pullrequest", "repository"]} if pushed.kind == "bitbucket" else {}
    with pytest.raises(DeniedError) as caught:
        open_request(pushed.requests(token=pushed.fake.token("read", **scopes)), CHANGE)
    needed = {"github": "pull-requests: write", "gitlab": "`api`", "bitbucket": "`pullrequest:write`"}
    assert needed[pushed.kind] in caught.value.remedy
    assert pushed.open_requests() == []


@pytest.mark.parametrize("host", ["gitlab"], indirect=True)
def test_a_job_token_of_gitlab_opens_no_merge_request(pushed: Host) -> None:
    with pytest.raises(DeniedError) as caught:
        open_request(pushed.requests(token=""), CHANGE)
    assert "CI_JOB_TOKEN can read comments and merge requests, but not write them." in caught.value.why
    assert "project access token" in caught.value.remedy


def test_actions_that_may_not_open_pull_requests_are_told_the_setting(github: Host) -> None:
    github.add_branch(BRANCH)
    github.fake.forbid_actions_to_open_pull_requests()
    with pytest.raises(DeniedError) as caught:
        open_request(github.requests(), CHANGE)
    assert "Allow GitHub Actions to create and approve pull requests" in caught.value.remedy
    assert open_request(github.requests(token=github.fake.token("pat")), CHANGE).action == "opened"


def test_a_branch_without_a_change_of_its_own_is_githubs_error(github: Host) -> None:
    github.git("update-ref", f"refs/heads/{BRANCH}", github.tip())
    with pytest.raises(ForgeError) as caught:
        open_request(github.requests(), CHANGE)
    assert f"No commits between main and {BRANCH}" in caught.value.why


# The whole way: from files to a request


class Killed(BaseException):
    """The process ended here."""


class Lifetime:
    """A process that is killed at one of its steps; the steps are counted."""

    def __init__(self, last: int = -1) -> None:
        self.steps = 0
        self._last = last

    def step(self) -> None:
        self.steps += 1
        if self.steps == self._last:
            raise Killed

    def of(self, requests: ForgeRequests) -> Any:
        """The same requests, with a step before and after each call."""
        life = self

        class Mortal:
            def __getattr__(self, name: str) -> Any:
                found = getattr(requests, name)
                return life.around(found) if callable(found) else found

        return Mortal()

    def around(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def mortal(*arguments: Any) -> Any:
            self.step()
            answer = call(*arguments)
            self.step()
            return answer

        return mortal


def propose(host: Host, clone: Path, life: Lifetime, text: str, change: ChangeRequest) -> None:
    """Push a file, and open or update the request for it."""
    files = FilesCommit(base=host.tip(), files={"registry.yaml": text.encode()}, message=change.title)
    life.around(push_files)(clone, "origin", BRANCH, files)
    host.learn()
    open_request(life.of(host.requests()), change)
    life.step()


def end(host: Host) -> tuple[object, ...]:
    return read(host), [each.number for each in host.open_requests()], host.branches()[BRANCH]


@pytest.mark.parametrize("older", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["first", "older request"])
@pytest.mark.slow
def test_killed_at_any_step_and_run_again_it_ends_the_same(host: Host, tmp_path: Path, *, older: bool) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", f"file://{host.bare}", str(clone)], check=True)

    def begin() -> None:
        for each in host.open_requests():
            host.fake.close_pull_request(each.number)
        if BRANCH in host.branches():
            host.git("update-ref", "-d", f"refs/heads/{BRANCH}")
        if older:
            propose(host, clone, Lifetime(), "digits: {production: v1.1.0}\n", CHANGE)

    begin()
    clean = Lifetime()
    propose(host, clone, clean, "digits: {production: v1.2.0}\n", NEWER)
    wanted = end(host)
    assert clean.steps == 7
    for last in range(1, clean.steps + 1):
        begin()
        with pytest.raises(Killed):
            propose(host, clone, Lifetime(last), "digits: {production: v1.2.0}\n", NEWER)
        propose(host, clone, Lifetime(), "digits: {production: v1.2.0}\n", NEWER)
        assert end(host) == (wanted[0], [last + 1], wanted[2])
