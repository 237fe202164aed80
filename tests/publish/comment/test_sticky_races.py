"""Two posters at the same time, again and again: one comment in the end, with the newer result, on every forge."""

from __future__ import annotations

from threading import Barrier, Condition, Thread
from typing import TYPE_CHECKING, Any

import pytest
from fakes import FakeBitbucket, FakeGitHub, FakeGitLab, PullRequest
from publish.forge_places import (
    bitbucket_forge,
    github_forge,
    gitlab_forge,
    make_marker,
    make_options,
)

from headway.publish.comment import marker as markers
from headway.publish.comment.sticky import upsert
from headway.publish.forges.forge import PullRequestTarget

if TYPE_CHECKING:
    from collections.abc import Callable

    from headway.publish.forges.forge import Forge

ROUNDS = 20
EDITS = 10
REQUESTS = [PullRequest(number=number) for number in range(1, ROUNDS + 1)]


class Turns:
    """The time that two posters share: who waits goes on once the other waits as well, or is done."""

    def __init__(self) -> None:
        self._turn = Condition()
        self._busy, self._waiting, self._round = 2, 0, 0

    def wait(self, _: float) -> None:
        with self._turn:
            self._waiting += 1
            this_round = self._round
            self._go_on_if_due()
            self._turn.wait_for(lambda: self._round > this_round)

    def leave(self) -> None:
        with self._turn:
            self._busy -= 1
            self._go_on_if_due()

    def _go_on_if_due(self) -> None:
        if self._waiting == self._busy:
            self._waiting, self._round = 0, self._round + 1
            self._turn.notify_all()


def race(connect: Callable[..., Forge], fake: Any, number: int, head: str, runs: tuple[int, int] = (1, 2)) -> None:
    """Two runs, the second newer, start at the same moment; each has a session of its own."""
    start, turns = Barrier(2), Turns()
    failures: list[BaseException] = []

    def poster(run: int, forge: Forge) -> None:
        start.wait()
        try:
            upsert(forge, PullRequestTarget(number=number), make_marker(head, run), f"run {run}")
        except BaseException as failure:  # noqa: BLE001 - a thread's failure is told by the test
            failures.append(failure)
        finally:
            turns.leave()

    options = make_options(sleep=turns.wait, write_gap=0.0)
    threads = [Thread(target=poster, args=(run, connect(fake, options))) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


FORGES = pytest.mark.parametrize(
    ("fake", "connect"),
    [
        (lambda: FakeGitHub(pull_requests=REQUESTS, validate=False), github_forge),
        pytest.param(lambda: FakeGitLab(merge_requests=REQUESTS, validate=False), gitlab_forge, marks=pytest.mark.slow),
        pytest.param(
            lambda: FakeBitbucket(pull_requests=REQUESTS, validate=False), bitbucket_forge, marks=pytest.mark.slow
        ),
    ],
    ids=["github", "gitlab", "bitbucket"],
)


@FORGES
def test_twenty_races_end_with_one_comment_each(fake: Callable[[], Any], connect: Callable[..., Forge]) -> None:
    crowded = 0
    with fake() as server:
        for number in range(1, ROUNDS + 1):
            race(connect, server, number, server.pull_request(number).head_sha)
            left = [comment for comment in server.comments(number) if not comment.deleted]
            assert [markers.text_of(comment.body) for comment in left] == ["run 2"], f"race {number}"
        crowded = sum(each.method == "DELETE" for each in server.requests)
    assert crowded > 0, "no two posters ever met: this was no race"


@FORGES
def test_ten_races_of_edits_leave_the_newer_result(fake: Callable[[], Any], connect: Callable[..., Forge]) -> None:
    """Both find the comment of an earlier run, so neither creates one: they overwrite each other."""
    with fake() as server:
        for number in range(1, EDITS + 1):
            head = server.pull_request(number).head_sha
            upsert(connect(server, make_options()), PullRequestTarget(number=number), make_marker(head, 1), "run 1")
            race(connect, server, number, head, (2, 3))
            left = [comment for comment in server.comments(number) if not comment.deleted]
            assert [markers.text_of(comment.body) for comment in left] == ["run 3"], f"race {number}"
