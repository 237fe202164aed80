"""Two posters at the same time, again and again: one comment in the end, with the newer result, on every forge."""

from __future__ import annotations

import time
from threading import Barrier, Thread
from typing import TYPE_CHECKING, Any

import pytest
from fakes import FakeBitbucket, FakeGitHub, FakeGitLab, PullRequest
from publish.forge_places import (
    bitbucket_forge,
    github_forge,
    gitlab_forge,
    make_marker,
    make_transport,
)

from headway.publish.comment import marker as markers
from headway.publish.comment.sticky import upsert
from headway.publish.forges.forge import PullRequestTarget

if TYPE_CHECKING:
    from collections.abc import Callable

    from headway.publish.forges.forge import Forge
    from headway.publish.http.options import Transport

ROUNDS = 50
EDITS = 20
REQUESTS = [PullRequest(number=number) for number in range(1, ROUNDS + 1)]


BREATH = 0.01
"""What one second of waiting takes here."""


def race(connect: Callable[..., Forge], fake: Any, number: int, head: str, runs: tuple[int, int] = (1, 2)) -> None:
    """Two runs, the second newer, start at the same moment; each has a session of its own."""
    start = Barrier(2)
    failures: list[BaseException] = []

    def poster(run: int, forge: Forge) -> None:
        start.wait()
        try:
            upsert(forge, PullRequestTarget(number=number), make_marker(head, run), f"run {run}")
        except BaseException as failure:  # noqa: BLE001 - a thread's failure is told by the test
            failures.append(failure)

    threads = [Thread(target=poster, args=(run, connect(fake, hasty()))) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


FORGES = pytest.mark.parametrize(
    ("fake", "connect"),
    [
        (lambda: FakeGitHub(pull_requests=REQUESTS, validate=False), github_forge),
        (lambda: FakeGitLab(merge_requests=REQUESTS, validate=False), gitlab_forge),
        (lambda: FakeBitbucket(pull_requests=REQUESTS, validate=False), bitbucket_forge),
    ],
    ids=["github", "gitlab", "bitbucket"],
)


@FORGES
def test_fifty_races_end_with_one_comment_each(fake: Callable[[], Any], connect: Callable[..., Forge]) -> None:
    crowded = 0
    with fake() as world:
        for number in range(1, ROUNDS + 1):
            race(connect, world, number, world.pull_request(number).head_sha)
            left = [comment for comment in world.comments(number) if not comment.deleted]
            assert [markers.text_of(comment.body) for comment in left] == ["run 2"], f"race {number}"
        crowded = sum(each.method == "DELETE" for each in world.requests)
    assert crowded > 0, "no two posters ever met: this was no race"


@FORGES
def test_twenty_races_of_edits_leave_the_newer_result(fake: Callable[[], Any], connect: Callable[..., Forge]) -> None:
    """Both find the comment of an earlier run, so neither creates one: they overwrite each other."""
    with fake() as world:
        for number in range(1, EDITS + 1):
            head = world.pull_request(number).head_sha
            upsert(connect(world, make_transport()), PullRequestTarget(number=number), make_marker(head, 1), "run 1")
            race(connect, world, number, head, (2, 3))
            left = [comment for comment in world.comments(number) if not comment.deleted]
            assert [markers.text_of(comment.body) for comment in left] == ["run 3"], f"race {number}"


def hasty() -> Transport:
    """Waits in earnest, for so long that the other poster gets on, but not for long."""
    return make_transport(now=time.time, sleep=lambda seconds: time.sleep(seconds * BREATH))
