"""GitLab alone: tokens of three kinds, sub-paths, system notes, merge requests of a commit, statuses."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from fakes import FakeGitLab, faults
from publish.forge_places import PULL_REQUEST, forge_at, gitlab_forge, make_marker, make_options, scripted, sent

from headway.ci.job import Overrides
from headway.ci.read import read_context
from headway.errors import DeniedError, ForgeError
from headway.publish.comment.sticky import upsert
from headway.publish.forges.connect import connect
from headway.publish.forges.forge import CommitTarget, PullRequestTarget, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

TARGET = PullRequestTarget(number=7)


@pytest.fixture
def fake() -> Iterator[FakeGitLab]:
    with FakeGitLab(merge_requests=[PULL_REQUEST], project="group/sub/digits", sub_path="/tools/gitlab") as forge:
        yield forge


@pytest.fixture
def head(fake: FakeGitLab) -> str:
    return fake.pull_request(7).head_sha


def refused(fake: FakeGitLab, kind: str) -> DeniedError:
    with pytest.raises(DeniedError) as caught:
        gitlab_forge(fake, token=fake.token(kind)).create_comment(TARGET, "text")
    return caught.value


def job_forge(fake: FakeGitLab) -> Any:
    return gitlab_forge(fake, token="")


class TestComments:
    def test_are_created_edited_and_deleted(self, fake: FakeGitLab, head: str) -> None:
        forge = gitlab_forge(fake)
        for target in (TARGET, CommitTarget(sha=head)):
            created = forge.create_comment(target, "one")
            edited = forge.edit_comment(target, created, "two")
            assert [comment.body for comment in forge.comments(target)] == ["two"]
            assert created.id == edited.id > 0
            assert edited.url.startswith(f"{fake.server_url}/group/sub/digits/-/")
            forge.delete_comment(target, edited)
            assert forge.comments(target) == []

    def test_that_gitlab_wrote_itself_do_not_count(self, fake: FakeGitLab) -> None:
        fake.add_comment(7, "changed the description", system=True)
        assert gitlab_forge(fake).comments(TARGET) == []

    def test_of_this_token_are_told_from_others(self, fake: FakeGitLab) -> None:
        forge = gitlab_forge(fake)
        fake.add_comment(7, "theirs")
        own = forge.create_comment(TARGET, "ours")
        assert forge.own_comments(forge.comments(TARGET)) == [own]

    def test_cause_no_quick_action_by_the_marker(self, fake: FakeGitLab) -> None:
        marker = make_marker(fake.pull_request(7).head_sha, label="\n/close\n/merge")
        upsert(gitlab_forge(fake), TARGET, marker, "text")
        assert fake.quick_actions == []


class TestMergeRequests:
    def test_of_a_commit(self, fake: FakeGitLab, head: str) -> None:
        (found,) = gitlab_forge(fake).open_pull_requests(head, "", "")
        assert (found.number, found.head_sha, found.head_repository) == (7, head, str(fake.project_id))
        fake.close_pull_request(7)
        assert gitlab_forge(fake).open_pull_requests(head, "", "") == []

    def test_a_project_may_be_named_by_its_path(self, fake: FakeGitLab) -> None:
        context = read_context(fake.environ(), Overrides(repository="group/sub/digits", pull_request=7))
        assert context.repository_url == f"{fake.server_url}/group/sub/digits"
        assert connect(context, make_options()).pull_request(7).number == 7


class TestStatus:
    @pytest.mark.parametrize(
        ("state", "shown"),
        [("neutral", "success"), ("failure", "failed"), ("success", "success"), ("pending", "running")],
    )
    def test_is_set(self, fake: FakeGitLab, head: str, state: Any, shown: str) -> None:
        gitlab_forge(fake).set_status(
            head, Status(name="headway", state=state, title="x" * 300, url="https://x.example")
        )
        (status,) = fake.statuses(head)
        assert (status.name, status.state, len(status.description or "")) == ("headway", shown, 255)

    def test_is_set_again_after_a_lost_answer(self, fake: FakeGitLab, head: str) -> None:
        fake.fail("POST", "*/statuses/*", faults.server_error(502, took_effect=True))
        gitlab_forge(fake).set_status(head, Status(name="headway", state="pending", title="x"))
        assert [status.state for status in fake.statuses(head)] == ["running"]

    def test_is_set_once_in_each_pipeline(self, fake: FakeGitLab, head: str) -> None:
        for pipeline in (5, 5, 6, 6):
            context = replace(read_context(fake.environ()), pipeline=pipeline)
            connect(context, make_options()).set_status(head, Status(name="headway", state="success", title="x"))
        assert [status.pipeline for status in fake.statuses(head)] == [5, 6]

    def test_that_is_what_it_was_is_no_error_but_any_other_refusal_is(self) -> None:
        with scripted() as server:
            forge = forge_at("gitlab", server.url)
            said = "Cannot transition status via :run from :running (Reason(s): Status cannot transition)"
            server.will(200, []).will(400, {"message": said}).will(200, []).will(400, {"message": "ref is missing"})
            status = Status(name="headway", state="pending", title="x")
            forge.set_status("a" * 40, status)
            with pytest.raises(ForgeError, match="status 400"):
                forge.set_status("a" * 40, status)


class TestErrors:
    def test_a_job_token_cannot_comment_and_the_error_says_what_can(self, fake: FakeGitLab) -> None:
        with pytest.raises(DeniedError) as caught:
            job_forge(fake).create_comment(TARGET, "text")
        assert "create the comment on merge request 7" in caught.value.what
        assert "401 Unauthorized" in caught.value.why
        assert "CI_JOB_TOKEN" in caught.value.why
        assert all(word in caught.value.remedy for word in ("scope `api`", "Developer", "GITLAB_TOKEN"))

    def test_a_job_token_goes_in_its_own_header(self, fake: FakeGitLab) -> None:
        assert job_forge(fake).comments(TARGET) == []
        assert "job-token" in fake.requests[0].headers
        assert "authorization" not in fake.requests[0].headers

    def test_a_scope_that_is_too_small(self, fake: FakeGitLab) -> None:
        error = refused(fake, "read")
        assert "insufficient_scope The request requires higher privileges" in error.why
        assert "The token in GITLAB_TOKEN lacks the scope `api`" in error.why
        assert "scope `api`" in error.remedy

    def test_a_revoked_token(self, fake: FakeGitLab) -> None:
        token = fake.token()
        fake.revoke(token)
        with pytest.raises(DeniedError) as caught:
            gitlab_forge(fake, token=token).comments(TARGET)
        assert "The token in GITLAB_TOKEN is not valid" in caught.value.why

    def test_a_merge_request_that_is_not_there(self, fake: FakeGitLab) -> None:
        with pytest.raises(ForgeError, match="status 404") as caught:
            gitlab_forge(fake).pull_request(99)
        assert "--pr" in caught.value.remedy

    def test_reasons_by_field(self) -> None:
        with scripted() as server:
            server.will(400, {"message": {"note": ["is too long", "is odd"]}})
            with pytest.raises(ForgeError) as caught:
                forge_at("gitlab", server.url).comments(TARGET)
            assert "note: is too long, is odd." in caught.value.why

    def test_its_rate_limit_is_plain_text_and_waited_for(self, fake: FakeGitLab) -> None:
        fake.fail("GET", "*/notes", faults.rate_limit(retry_after=5))
        assert gitlab_forge(fake).comments(TARGET) == []
        assert len(sent(fake)) == 2
