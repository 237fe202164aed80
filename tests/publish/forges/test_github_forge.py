"""GitHub alone: whose comments they are, check runs, and errors that name the permission and its line of YAML."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes import FakeGitHub, PullRequest, faults
from publish.forge_places import PULL_REQUEST, FakeClock, github_forge, make_options, scripted, sent

from headway.ci.job import Context, Token
from headway.errors import DeniedError, ForgeError
from headway.publish.forges.connect import connect
from headway.publish.forges.forge import Comment, CommitTarget, IssueTarget, PullRequestTarget, Status
from headway.publish.http.error_responses import Operation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headway.publish.forges.forge import Forge

TARGET = PullRequestTarget(number=7)
NEUTRAL = Status(
    name="headway", state="neutral", title="1 of 2 metrics changed", summary="# more", url="https://x.example"
)


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with FakeGitHub(pull_requests=[PULL_REQUEST]) as forge:
        yield forge


@pytest.fixture
def head(fake: FakeGitHub) -> str:
    return fake.pull_request(7).head_sha


def refused(forge: Forge) -> ForgeError:
    with pytest.raises(ForgeError) as caught:
        forge.create_comment(TARGET, "text")
    return caught.value


class TestComments:
    def test_are_created_edited_and_deleted_on_pull_request_issue_and_commit(self, fake: FakeGitHub, head: str) -> None:
        forge = github_forge(fake)
        fake.add_issue(8)
        for target in (TARGET, IssueTarget(number=8), CommitTarget(sha=head)):
            created = forge.create_comment(target, "one")
            edited = forge.edit_comment(target, created, "two")
            assert [comment.body for comment in forge.comments(target)] == ["two"]
            assert (edited.id, edited.url) == (created.id, created.url)
            forge.delete_comment(target, edited)
            assert forge.comments(target) == []

    def test_of_this_token_are_told_from_all_others_in_batches(self, fake: FakeGitHub) -> None:
        authors = ["github-actions[bot]", "octocat"] * 60
        for author in authors:
            fake.add_comment(7, "x", author=author)
        forge = github_forge(fake)
        own = forge.own_comments(forge.comments(TARGET))
        assert {comment.author for comment in own} == {"github-actions[bot]"}
        assert len(own) == 60
        assert sent(fake, "POST") == ["POST /graphql"] * 2

    def test_that_are_gone_are_nobodys(self, fake: FakeGitHub) -> None:
        forge = github_forge(fake)
        created = [forge.create_comment(TARGET, text) for text in "ab"]
        forge.delete_comment(TARGET, created[0])
        assert forge.own_comments(created) == [created[1]]

    def test_without_any_nobody_is_asked(self, fake: FakeGitHub) -> None:
        assert github_forge(fake).own_comments([]) == []
        assert fake.requests == []

    @pytest.mark.parametrize("answer", [{"data": {}}, {"data": None}])
    def test_a_graphql_answer_without_data_is_an_error(self, answer: dict[str, object]) -> None:
        with scripted() as server:
            server.will(200, answer)
            context = Context(
                forge="github",
                api_url=server.url,
                graphql_url=f"{server.url}/graphql",
                server_url="",
                repository="o/r",
                token=Token(value="x", variable="GITHUB_TOKEN"),
            )
            forge = connect(context, make_options())
            with pytest.raises(ForgeError, match="did not say who"):
                forge.own_comments([Comment(id=1, body="", handle="IC_1")])


class TestEnterprise:
    def test_works_under_its_prefix(self) -> None:
        with FakeGitHub(pull_requests=[PULL_REQUEST], enterprise=True) as fake:
            forge = github_forge(fake)
            forge.create_comment(TARGET, "text")
            assert len(forge.own_comments(forge.comments(TARGET))) == 1
            assert all(each.path.startswith("/api/") for each in fake.requests)


class TestCheckRun:
    def test_is_neutral_and_updated_in_place(self, fake: FakeGitHub, head: str) -> None:
        forge = github_forge(fake)
        url = forge.set_status(head, NEUTRAL)
        again = Status(name="headway", state="failure", title="worse")
        assert forge.set_status(head, again) == url
        (run,) = fake.check_runs(head)
        assert (run.fields["status"], run.fields["conclusion"]) == ("completed", "failure")

    def test_holds_title_summary_and_link(self, fake: FakeGitHub, head: str) -> None:
        github_forge(fake).set_status(head, NEUTRAL)
        fields = fake.check_runs(head)[0].fields
        assert (fields["conclusion"], fields["details_url"]) == ("neutral", "https://x.example")
        assert fields["output"] == {"title": "1 of 2 metrics changed", "summary": "# more"}

    def test_may_be_pending(self, fake: FakeGitHub, head: str) -> None:
        github_forge(fake).set_status(head, Status(name="headway", state="pending", title="running"))
        assert fake.check_runs(head)[0].fields["status"] == "in_progress"

    def test_of_a_job_with_the_same_name_is_left_alone(self, fake: FakeGitHub, head: str) -> None:
        forge = github_forge(fake)
        session = forge.session
        job = {"name": "headway", "head_sha": head, "status": "in_progress"}
        session.post(Operation("be a job"), "repos/octo/digits/check-runs", job, None)
        forge.set_status(head, NEUTRAL)
        assert [run.fields["status"] for run in fake.check_runs(head)] == ["in_progress", "completed"]

    def test_whose_creation_got_lost_is_not_created_twice(self, fake: FakeGitHub, head: str) -> None:
        fake.fail("POST", "*/check-runs", faults.server_error(502, took_effect=True))
        assert github_forge(fake).set_status(head, NEUTRAL)
        assert len(fake.check_runs(head)) == 1

    def test_of_a_long_title_is_shortened(self, fake: FakeGitHub, head: str) -> None:
        github_forge(fake).set_status(head, Status(name="headway", state="neutral", title="x" * 300))
        output = fake.check_runs(head)[0].fields["output"]
        assert isinstance(output, dict)
        assert len(output["title"]) == 255

    def test_is_a_commit_status_with_a_persons_token(self, fake: FakeGitHub, head: str) -> None:
        forge = github_forge(fake, token=fake.token("pat"))
        long = Status(name="headway", state="neutral", title="x" * 200, url="https://x.example")
        assert forge.set_status(head, long) == "https://x.example"
        (status,) = fake.statuses(head)
        assert (status.state, status.context, len(status.description or "")) == ("success", "headway", 140)
        assert fake.check_runs() == []

    def test_without_either_permission_the_error_is_about_checks(self, fake: FakeGitHub, head: str) -> None:
        forge = github_forge(fake, token=fake.token(pull_requests="write"))
        with pytest.raises(DeniedError, match="check run") as caught:
            forge.set_status(head, NEUTRAL)
        assert "checks: write" in caught.value.remedy


class TestErrors:
    def test_a_missing_permission_is_named_with_the_yaml_that_grants_it(self, fake: FakeGitHub) -> None:
        error = refused(github_forge(fake, token=fake.token("read")))
        assert "create the comment on pull request 7" in error.what
        assert "Resource not accessible by integration" in error.why
        assert "GITHUB_TOKEN lacks the permission `pull-requests: write`" in error.why
        assert "issues=write; pull_requests=write" in error.why
        assert error.remedy.endswith("\n  permissions:\n    pull-requests: write")
        assert (type(error), error.status, error.exit_code) == (DeniedError, 403, 4)

    def test_on_a_fork_the_advice_is_another_workflow(self) -> None:
        fork = PullRequest(number=7, head_repository="mallory/digits")
        with FakeGitHub(pull_requests=[fork]) as fake:
            error = refused(github_forge(fake, token=fake.token("read")))
        assert "can only read: post from a workflow_run" in error.remedy

    def test_an_expired_token(self, fake: FakeGitHub) -> None:
        token = fake.token()
        fake.revoke(token)
        error = refused(github_forge(fake, token=token))
        assert "GitHub says: Bad credentials" in error.why
        assert "The token in GITHUB_TOKEN is not valid" in error.why
        assert "GITHUB_TOKEN: ${{ github.token }}" in error.remedy

    def test_a_pull_request_that_is_not_there(self, fake: FakeGitHub) -> None:
        with pytest.raises(ForgeError, match="read the pull request \\(status 404\\)") as caught:
            github_forge(fake).pull_request(99)
        assert "the token in GITHUB_TOKEN cannot see it" in caught.value.why
        assert "--pr" in caught.value.remedy

    def test_a_locked_conversation_is_not_taken_for_a_missing_permission(self) -> None:
        with FakeGitHub(pull_requests=[PullRequest(number=7, locked=True)]) as fake:
            error = refused(github_forge(fake))
        assert error.why == "GitHub says: Unable to create comment because issue is locked."
        assert error.remedy == ""

    def test_a_body_that_is_too_long(self, fake: FakeGitHub) -> None:
        with pytest.raises(ForgeError, match="status 422") as caught:
            github_forge(fake).create_comment(TARGET, "x" * 70_000)
        assert "Validation Failed Body is too long (maximum is 65536 characters)" in caught.value.why

    def test_single_sign_on(self) -> None:
        with scripted() as server:
            server.will(
                403, {"message": "Resource protected by organization SAML enforcement."}, X_GitHub_SSO="required"
            )
            context = Context(
                forge="github",
                api_url=server.url,
                server_url="",
                repository="o/r",
                token=Token(value="x", variable="GH_TOKEN"),
            )
            error = refused(connect(context, make_options()))
        assert "single sign-on" in error.remedy

    @pytest.mark.parametrize("headers", [True, False])
    def test_a_secondary_limit_is_waited_for(self, fake: FakeGitHub, headers: bool) -> None:  # noqa: FBT001 - a parameter
        clock = FakeClock()
        fake.fail("POST", "*/comments", faults.rate_limit("secondary", headers=headers, retry_after=30))
        github_forge(fake, make_options(clock)).create_comment(TARGET, "text")
        assert clock.slept == [30 if headers else 60]
        assert len(fake.comments(7)) == 1
