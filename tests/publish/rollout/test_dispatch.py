"""The event that starts a roll-out: sent at least once, whatever happens to the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes import FakeGitHub, FakeGitLab, PullRequest, faults
from publish.rollout.sessions import PASSING, PROMOTION, SHA, context_of, hasty, patient

from headway.ci.read import read_context
from headway.errors import ContextError, DeniedError, ForgeError, RateLimitError
from headway.publish.rollout.dispatch import dispatch_promotion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakes.core.faults import Fault

CALL = ("POST", "*/dispatches")
PAYLOAD = {
    "name": "digits",
    "version": "v1.2.0",
    "stage": "production",
    "sha": SHA,
    "tag": "digits#production#7",
}


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with FakeGitHub() as forge:
        yield forge


def test_the_event_carries_the_promotion(fake: FakeGitHub) -> None:
    dispatch_promotion(context_of(fake), patient(), PROMOTION)
    (event,) = fake.dispatches()
    assert (event.event_type, event.client_payload) == ("headway-promotion", PAYLOAD)


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_it_arrives_in_spite_of_what_passes(fake: FakeGitHub, fault: Fault) -> None:
    fake.fail(*CALL, fault)
    dispatch_promotion(context_of(fake), patient(), PROMOTION)
    assert [event.client_payload for event in fake.dispatches()] == [PAYLOAD] * (1 + fault.takes_effect)


@pytest.mark.parametrize(
    ("fault", "error"), [(faults.server_error(500), ForgeError), (faults.rate_limit(), RateLimitError)]
)
def test_what_lasts_is_an_error(fake: FakeGitHub, fault: Fault, error: type[ForgeError]) -> None:
    fake.fail(*CALL, fault, times=-1)
    with pytest.raises(error, match="start the workflows"):
        dispatch_promotion(context_of(fake), hasty(), PROMOTION)
    assert fake.dispatches() == []


def test_a_token_that_can_only_read_is_told_its_permission(fake: FakeGitHub) -> None:
    with pytest.raises(DeniedError) as caught:
        dispatch_promotion(context_of(fake, fake.token("read")), patient(), PROMOTION)
    assert "contents: write" in caught.value.remedy
    assert len(fake.requests) == 1


def test_a_repository_that_does_not_exist(fake: FakeGitHub) -> None:
    with pytest.raises(ForgeError) as caught:
        dispatch_promotion(context_of(fake, repository="octo/none"), patient(), PROMOTION)
    assert caught.value.status == 404


def test_another_forge() -> None:
    with FakeGitLab(merge_requests=[PullRequest(number=7)]) as fake:
        with pytest.raises(ContextError, match="on GitHub only"):
            dispatch_promotion(read_context(fake.environ()), patient(), PROMOTION)
        assert fake.requests == []


def test_a_dry_run_prints_the_event(fake: FakeGitHub) -> None:
    lines: list[str] = []
    options = patient().__class__(dry_run=True, log=lines.append)
    dispatch_promotion(context_of(fake), options, PROMOTION)
    assert fake.dispatches() == []
    assert "digits#production#7" in "\n".join(lines)
