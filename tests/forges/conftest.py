"""One forge of each kind a test, with a clock that stands still unless it is moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from api_client import Client, Clock, Pauses
from fakes import FakeBitbucket, FakeGitHub, FakeGitLab, PullRequest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture
def github(clock: Clock, pauses: Pauses) -> Iterator[FakeGitHub]:
    with FakeGitHub(
        repository="octo/digits", pull_requests=[PullRequest(number=7)], clock=clock, sleep=pauses
    ) as forge:
        yield forge


@pytest.fixture
def gitlab(clock: Clock, pauses: Pauses) -> Iterator[FakeGitLab]:
    with FakeGitLab(project="octo/digits", merge_requests=[PullRequest(number=3)], clock=clock, sleep=pauses) as forge:
        yield forge


@pytest.fixture
def bitbucket(clock: Clock, pauses: Pauses) -> Iterator[FakeBitbucket]:
    with FakeBitbucket(
        repository="octo/digits", pull_requests=[PullRequest(number=5)], clock=clock, sleep=pauses
    ) as forge:
        yield forge


@pytest.fixture
def hub(github: FakeGitHub) -> Iterator[Client]:
    """Calls the GitHub repository with a token that may write."""
    with Client(f"{github.api_url}/repos/octo/digits", bearer=github.token("write")) as client:
        yield client


@pytest.fixture
def lab(gitlab: FakeGitLab) -> Iterator[Client]:
    """Calls the GitLab project with a token that may write."""
    with Client(f"{gitlab.api_url}/projects/42", **{"PRIVATE-TOKEN": gitlab.token("write")}) as client:
        yield client


@pytest.fixture
def bucket(bitbucket: FakeBitbucket) -> Iterator[Client]:
    """Calls the Bitbucket repository with a token that may write."""
    with Client(f"{bitbucket.api_url}/repositories/octo/digits", bearer=bitbucket.token("write")) as client:
        yield client
