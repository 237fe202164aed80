"""Two posters at the same time, again and again: one comment in the end, with the newer result, on every forge."""

from __future__ import annotations

from threading import Barrier, Thread
from typing import TYPE_CHECKING, Any

import pytest
from publish.forge_places import (
    bitbucket_forge,
    github_forge,
    gitlab_forge,
    make_marker,
    make_transport,
)

from headway.publish import marker as markers
from headway.publish.forge import PullRequestTarget
from headway.publish.sticky import upsert
from headway.testing import FakeBitbucket, FakeGitHub, FakeGitLab, PullRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from headway.publish.forge import Forge

ROUNDS = 50
REQUESTS = [PullRequest(number=number) for number in range(1, ROUNDS + 1)]


def race(connect: Callable[..., Forge], fake: Any, number: int, head: str) -> None:
    """Two runs, the second newer, start at the same moment; each has a session of its own."""
    start = Barrier(2)
    failures: list[BaseException] = []

    def poster(run: int, forge: Forge) -> None:
        start.wait()
        try:
            upsert(forge, PullRequestTarget(number=number), make_marker(head, run), f"run {run}")
        except BaseException as failure:  # noqa: BLE001 - a thread's failure is told by the test
            failures.append(failure)

    threads = [Thread(target=poster, args=(run, connect(fake, make_transport()))) for run in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


@pytest.mark.parametrize(
    ("fake", "connect"),
    [
        (lambda: FakeGitHub(pull_requests=REQUESTS, validate=False), github_forge),
        (lambda: FakeGitLab(merge_requests=REQUESTS, validate=False), gitlab_forge),
        (lambda: FakeBitbucket(pull_requests=REQUESTS, validate=False), bitbucket_forge),
    ],
    ids=["github", "gitlab", "bitbucket"],
)
def test_fifty_races_end_with_one_comment_each(fake: Callable[[], Any], connect: Callable[..., Forge]) -> None:
    crowded = 0
    with fake() as world:
        for number in range(1, ROUNDS + 1):
            requests = world.merge_request if isinstance(world, FakeGitLab) else world.pull_request
            race(connect, world, number, requests(number).head_sha)
            left = [comment for comment in world.comments(number) if not comment.deleted]
            assert [markers.text_of(comment.body) for comment in left] == ["run 2"], f"race {number}"
        crowded = sum(each.method == "DELETE" for each in world.requests)
    assert crowded > 0, "no two posters ever met: this was no race"
