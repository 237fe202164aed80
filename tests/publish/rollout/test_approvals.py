"""Who approved a run for an environment, and what is said where nobody did."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from fakes import FakeBitbucket, FakeGitHub, PullRequest, faults
from publish.forge_places import bitbucket_context
from publish.rollout.sessions import PASSING, context_of, hasty, patient

from headway.ci.job import Run
from headway.errors import ContextError, DeniedError, ForgeError, RateLimitError
from headway.publish.rollout.approvals import approvers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakes.core.faults import Fault

CALL = ("GET", "*/approvals")


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with FakeGitHub() as forge:
        yield forge


def asked(fake: FakeGitHub) -> tuple[str, ...]:
    return approvers(context_of(fake), patient(), "production")


@pytest.mark.parametrize(
    ("reviews", "found"),
    [
        ([("production", "ada", "approved")], ("ada",)),
        ([("Production", "ada", "approved")], ("ada",)),  # GitHub's names have no case
        ([("production", "ada", "approved"), ("production", "grace", "approved")], ("ada", "grace")),
        ([("production", "ada", "approved"), ("production", "ada", "approved")], ("ada",)),
        ([("staging", "ada", "approved"), ("production", "grace", "approved")], ("grace",)),
        ([("production", "ada", "approved"), ("staging", "grace", "rejected")], ("ada",)),
        ([("production", "ada", "rejected"), ("production", "grace", "approved")], ("grace",)),
        ([("production", "eve", "pending"), ("production", "grace", "approved")], ("grace",)),
    ],
)
def test_approvers(fake: FakeGitHub, reviews: list[tuple[str, str, str]], found: tuple[str, ...]) -> None:
    for environment, login, state in reviews:
        fake.review_run(environment, login, state)
    assert asked(fake) == found


@pytest.mark.parametrize(
    "reviews",
    [
        [],
        [("staging", "ada", "approved")],
        [("production", "ada", "rejected")],
        [("production", "ada", "pending")],
        [("production", "ada", "approved"), ("production", "grace", "rejected")],
    ],
)
def test_nobody(fake: FakeGitHub, reviews: list[tuple[str, str, str]]) -> None:
    for environment, login, state in reviews:
        fake.review_run(environment, login, state)
    with pytest.raises(ForgeError) as caught:
        asked(fake)
    assert "'production'" in caught.value.what
    assert "required reviewers" in caught.value.why
    assert "Enterprise" in caught.value.why
    assert "environment: production" in caught.value.remedy


def test_another_runs_approvals_do_not_count(fake: FakeGitHub) -> None:
    fake.open_pull_request(PullRequest(number=7))
    fake.review_run("production", "ada", run=fake.add_run(7).id)
    with pytest.raises(ForgeError, match="Nobody approved"):
        asked(fake)


def test_no_run_of_github_actions(fake: FakeGitHub) -> None:
    with pytest.raises(ContextError) as caught:
        approvers(context_of(fake, run=Run()), patient(), "production")
    assert caught.value.remedy
    assert fake.requests == []


def test_another_forge() -> None:
    with FakeBitbucket(pull_requests=[PullRequest(number=7)]) as fake:
        context = bitbucket_context(fake)
        with pytest.raises(ContextError, match="on GitHub only") as caught:
            approvers(context, patient(), "production")
        assert fake.requests == []
    assert caught.value.remedy


def test_no_token(fake: FakeGitHub) -> None:
    with pytest.raises(ContextError, match="no token"):
        approvers(replace(context_of(fake), token=None), patient(), "production")


def test_a_private_repository_needs_its_permission() -> None:
    with FakeGitHub(private=True) as fake:
        token = fake.token(contents="write")
        with pytest.raises(DeniedError, match="approved the run") as caught:
            approvers(context_of(fake, token), patient(), "production")
    assert "actions: read" in caught.value.remedy


def test_a_run_that_is_unknown(fake: FakeGitHub) -> None:
    with pytest.raises(ForgeError) as caught:
        approvers(context_of(fake, run=Run(id=1)), patient(), "production")
    assert caught.value.status == 404


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_what_passes_is_waited_for(fake: FakeGitHub, fault: Fault) -> None:
    fake.review_run("production", "ada")
    fake.fail(*CALL, fault)
    assert asked(fake) == ("ada",)


@pytest.mark.parametrize(
    ("fault", "error"), [(faults.server_error(500), ForgeError), (faults.rate_limit(), RateLimitError)]
)
def test_what_lasts_is_no_approval(fake: FakeGitHub, fault: Fault, error: type[ForgeError]) -> None:
    fake.review_run("production", "ada")
    fake.fail(*CALL, fault, times=-1)
    with pytest.raises(error):
        approvers(context_of(fake), hasty(), "production")
