"""A deployment is created once and goes on where a killed run left it, whatever call fails, and however."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fakes import FakeGitHub, FakeGitLab, PullRequest, faults
from msgspec.structs import replace
from publish.forge_places import scripted
from publish.rollout.sessions import PASSING, PROMOTION, SHA, context_of, hasty, patient, requests_to

from headway.ci.job import Context, Token
from headway.ci.read import read_context
from headway.errors import ContextError, DeniedError, ForgeError
from headway.publish.rollout.deployment import Deployments
from headway.publish.rollout.recording import GitHubRecording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakes.core.faults import Fault

    from headway.values.registry.records import Promotion

CALLS = {
    "list": ("GET", "*/deployments"),
    "create": ("POST", "*/deployments"),
    "read the state": ("GET", "*/statuses"),
    "set the state": ("POST", "*/statuses"),
}
WITH_ONE = {name: call for name, call in CALLS.items() if name != "create"}
"""The calls of a run that finds an unfinished deployment."""
STAGING = replace(PROMOTION, stage="staging", tag="digits#staging#6")


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with FakeGitHub() as forge:
        forge.add_commit(SHA)
        yield forge


def of(fake: FakeGitHub, promotion: Promotion = PROMOTION) -> Deployments:
    return Deployments(context_of(fake), patient(), promotion)


def roll_out(fake: FakeGitHub, *, end: str = "success", options: Any = None) -> GitHubRecording:
    recording = GitHubRecording(context_of(fake), options or patient(), PROMOTION)
    recording.set_state("in_progress", "begun")
    recording.set_state(end, "ended")  # type: ignore[arg-type]  # one of the states
    return recording


def states(fake: FakeGitHub) -> list[list[str]]:
    """The states of each deployment, oldest first, a repeated one once."""
    found = []
    for deployment in fake.deployments():
        names = [status.state for status in fake.deployment_statuses(deployment.id)]
        found.append([name for place, name in enumerate(names) if names[place - 1 : place] != [name]])
    return found


class TestStart:
    def test_creates_a_deployment_of_the_commit_without_a_merge(self, fake: FakeGitHub) -> None:
        of(fake).start()
        (made,) = fake.deployments("production")
        assert made.sha == SHA
        assert made.fields["payload"] == {"name": "digits", "version": "v1.2.0", "tag": "digits#production#7"}
        assert (made.fields["production_environment"], made.fields["transient_environment"]) == (True, False)
        assert made.fields["description"] == "digits v1.2.0 by Headway"

    def test_of_another_stage_is_not_production(self, fake: FakeGitHub) -> None:
        of(fake, STAGING).start()
        assert fake.deployments("staging")[0].fields["production_environment"] is False

    def test_ignores_statuses_of_the_commit(self, fake: FakeGitHub) -> None:
        """A workflow that failed on the commit says nothing about its model, which a gate has judged."""
        session = of(fake)._session  # noqa: SLF001 - a session with this token
        from headway.publish.http.error_responses import Operation  # noqa: PLC0415 - for this test alone

        session.post(Operation("be a check"), f"repos/octo/digits/statuses/{SHA}", {"state": "failure"}, None)
        assert of(fake).start()

    @pytest.mark.parametrize("state", [None, "in_progress"])
    def test_goes_on_with_one_that_is_not_finished(self, fake: FakeGitHub, state: Any) -> None:
        first = of(fake).start()
        if state:
            of(fake).set_state(first, state, "")
        assert of(fake).start() == first
        assert len(fake.deployments()) == 1

    @pytest.mark.parametrize("state", ["success", "failure", "error", "inactive"])
    def test_does_not_go_on_with_one_that_is_finished(self, fake: FakeGitHub, state: Any) -> None:
        first = of(fake).start()
        of(fake).set_state(first, "in_progress", "")
        of(fake).set_state(first, state, "")
        assert of(fake).start() != first

    @pytest.mark.parametrize(
        "other",
        [
            STAGING,
            replace(PROMOTION, tag="digits#production#8"),
            replace(PROMOTION, name="letters"),
            replace(PROMOTION, sha="6" * 40),
        ],
    )
    def test_does_not_go_on_with_another_promotion(self, fake: FakeGitHub, other: Promotion) -> None:
        fake.add_commit("6" * 40)
        first = of(fake, other).start()
        assert of(fake).start() != first

    @pytest.mark.slow
    def test_finds_an_unfinished_one_behind_many_others(self, fake: FakeGitHub) -> None:
        first = of(fake).start()
        for number in range(101):
            of(fake, replace(PROMOTION, tag=f"letters#production#{number}")).start()
        assert of(fake).start() == first
        assert len(fake.deployments()) == 102

    def test_of_a_commit_that_github_lacks_is_an_error(self, fake: FakeGitHub) -> None:
        with pytest.raises(ForgeError, match="create the deployment") as caught:
            of(fake, replace(PROMOTION, sha="6" * 40)).start()
        assert "No ref found" in caught.value.why


class TestState:
    def test_links_to_the_run_and_is_one_short_line(self, fake: FakeGitHub) -> None:
        made = of(fake).start()
        of(fake).set_state(made, "failure", f"two\nlines {'x' * 200}")
        (status,) = fake.deployment_statuses(made)
        assert status.log_url == context_of(fake).run.url
        assert len(status.description) == 140
        assert "\n" not in status.description

    def test_of_success_ends_the_one_before_it(self, fake: FakeGitHub) -> None:
        for tag in ("digits#staging#1", "digits#staging#2"):
            deployments = of(fake, replace(STAGING, tag=tag))
            deployments.set_state(deployments.start(), "success", "")
        assert states(fake) == [["success", "inactive"], ["success"]]


class TestRefusals:
    @pytest.mark.parametrize(
        ("status", "body", "said"),
        [
            (202, {"message": "Auto-merged main into topic on deployment."}, "Auto-merged main"),
            (409, {"message": "Conflict merging main into topic."}, "Conflict merging main"),
        ],
    )
    def test_a_merge_or_a_conflict_is_an_error(self, status: int, body: object, said: str) -> None:
        with scripted() as server:
            server.will(200, []).will(status, body)
            token = Token(value="x", variable="GITHUB_TOKEN")
            context = Context(forge="github", api_url=server.url, server_url="", repository="o/r", token=token)
            with pytest.raises(ForgeError) as caught:
                Deployments(context, patient(), PROMOTION).start()
            assert len(server.asked) == 2
        assert said in caught.value.why
        assert caught.value.remedy
        assert caught.value.status == status

    def test_a_token_without_the_permission(self, fake: FakeGitHub) -> None:
        context = context_of(fake, fake.token(contents="write"))
        recording = GitHubRecording(context, patient(), PROMOTION)
        recording.set_state("in_progress", "")
        recording.set_state("success", "")
        (failure,) = recording.failures
        assert isinstance(failure, DeniedError)
        assert "deployments: write" in failure.remedy
        assert requests_to(fake, "POST", "/deployments") == 1

    def test_a_repository_that_does_not_exist(self, fake: FakeGitHub) -> None:
        with pytest.raises(ForgeError) as caught:
            Deployments(context_of(fake, repository="octo/none"), patient(), PROMOTION).start()
        assert caught.value.status == 404

    def test_another_forge(self) -> None:
        with (
            FakeGitLab(merge_requests=[PullRequest(number=7)]) as fake,
            pytest.raises(ContextError, match="on GitHub only"),
        ):
            Deployments(read_context(fake.environ()), patient(), PROMOTION)


class TestFaults:
    @pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
    @pytest.mark.parametrize("call", WITH_ONE.values(), ids=WITH_ONE)
    def test_what_passes_leaves_one_deployment(self, fake: FakeGitHub, call: tuple[str, str], fault: Fault) -> None:
        of(fake).start()  # by a run that was killed, so that its state is read
        fake.fail(*call, fault)
        assert roll_out(fake).failures == []
        assert states(fake) == [["in_progress", "success"]]

    @pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
    def test_a_creation_is_not_repeated_blindly(self, fake: FakeGitHub, fault: Fault) -> None:
        fake.fail("POST", "*/deployments", fault)
        assert roll_out(fake).failures == []
        assert states(fake) == [["in_progress", "success"]]

    @pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
    @pytest.mark.parametrize("took_effect", [False, True])
    def test_an_outage_that_lasts_is_mended_by_the_next_run(
        self, fake: FakeGitHub, call: tuple[str, str], *, took_effect: bool
    ) -> None:
        if call == CALLS["read the state"]:
            of(fake).start()
        fake.fail(*call, faults.server_error(502, took_effect=took_effect), times=-1)
        is_found = took_effect and call == CALLS["create"]  # the lost answer to a creation is looked up
        assert bool(roll_out(fake, options=hasty()).failures) != is_found
        fake.clear_faults()
        assert roll_out(fake).failures == []
        assert {each[-1] for each in states(fake)} == {"success"}


class KilledError(BaseException):
    """The process ends here."""


def kill() -> None:
    raise KilledError


@pytest.mark.parametrize("request_number", range(4))
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_between_any_two_requests_and_run_again(
    fake: FakeGitHub, monkeypatch: pytest.MonkeyPatch, request_number: int, when: str
) -> None:
    from headway.publish.http.connection import Connection  # noqa: PLC0415 - what is cut

    send, sent = Connection.send, 0

    def dying(self: Connection, request: Any) -> Any:
        nonlocal sent
        sent += 1
        if when == "before" and sent > request_number:
            kill()
        response = send(self, request)
        if sent > request_number:
            kill()
        return response

    with monkeypatch.context() as patch:
        patch.setattr(Connection, "send", dying)
        with pytest.raises(KilledError):
            roll_out(fake)
    assert roll_out(fake).failures == []
    done_before = request_number == 3 and when == "after"  # the last answer was lost: nothing was left to do
    assert states(fake) == [["in_progress", "success"]] * (1 + done_before)
