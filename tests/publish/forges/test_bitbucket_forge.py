"""Bitbucket alone: no HTML, short commit names, tokens without an account."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from fakes import FakeBitbucket
from publish.forge_places import (
    PULL_REQUEST,
    bitbucket_context,
    bitbucket_forge,
    forge_at,
    make_marker,
    make_options,
    scripted,
    sent,
)

from headway.ci.job import Token
from headway.errors import DeniedError, ForgeError
from headway.publish.comment.sticky import upsert
from headway.publish.forges.connect import connect
from headway.publish.forges.forge import CommitTarget, IssueTarget, PullRequestTarget, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

TARGET = PullRequestTarget(number=7)
NEUTRAL = Status(
    name="headway: models/a, nightly", state="neutral", title="1 of 2 metrics changed", url="https://x.example"
)


@pytest.fixture
def fake() -> Iterator[FakeBitbucket]:
    with FakeBitbucket(pull_requests=[PULL_REQUEST]) as forge:
        yield forge


@pytest.fixture
def head(fake: FakeBitbucket) -> str:
    return fake.pull_request(7).head_sha


class TestComments:
    def test_are_created_edited_and_deleted(self, fake: FakeBitbucket, head: str) -> None:
        forge = bitbucket_forge(fake)
        for target in (TARGET, CommitTarget(sha=head)):
            created = forge.create_comment(target, "one")
            edited = forge.edit_comment(target, created, "two")
            assert [comment.body for comment in forge.comments(target)] == ["two"]
            assert edited.id == created.id
            forge.delete_comment(target, edited)
            assert forge.comments(target) == []

    def test_hide_the_marker_without_html(self, fake: FakeBitbucket, head: str) -> None:
        upsert(bitbucket_forge(fake), TARGET, make_marker(head), "text")
        line, _, text = fake.comments(7)[0].body.partition("\n")
        assert line.startswith("[](#headway-")
        assert "<" not in line
        assert text == "\ntext"

    def test_issues_are_refused(self, fake: FakeBitbucket) -> None:
        with pytest.raises(ForgeError, match="does not comment on Bitbucket's issues"):
            bitbucket_forge(fake).comments(IssueTarget(number=1))


class TestAuthorship:
    def test_of_a_persons_token_is_asked_for(self, fake: FakeBitbucket) -> None:
        context = bitbucket_context(fake)
        person = Token(value=fake.token("api", login="me"), variable="BITBUCKET_API_TOKEN", user="me@example.com")
        forge = connect(replace(context, token=person), make_options())
        fake.add_comment(7, "theirs")
        fake.add_comment(7, "mine", author="me")
        assert [comment.body for comment in forge.own_comments(forge.comments(TARGET))] == ["mine"]
        assert sent(fake, "PUT") == []
        assert fake.requests[0].headers["authorization"].startswith("Basic ")

    def test_of_a_repositorys_token_is_found_by_writing_a_comment_back(self, fake: FakeBitbucket) -> None:
        for author in ("mallory", "headway-bot", "headway-bot", "mallory"):
            fake.add_comment(7, f"by {author}", author=author)
        forge = bitbucket_forge(fake)
        comments = forge.comments(TARGET)
        assert [comment.body for comment in forge.own_comments(comments)] == ["by headway-bot"] * 2
        assert forge.own_comments(comments)
        assert len(sent(fake, "PUT")) == 2, "once for each author, and never again"
        assert [comment.body for comment in fake.comments(7)] == [comment.body for comment in comments]

    def test_is_learnt_from_the_first_comment(self, fake: FakeBitbucket) -> None:
        forge = bitbucket_forge(fake)
        created = forge.create_comment(TARGET, "text")
        assert forge.own_comments([created]) == [created]
        assert sent(fake, "PUT") == []


class TestPullRequests:
    def test_are_told_by_the_first_twelve_digits(self, fake: FakeBitbucket, head: str) -> None:
        found = bitbucket_forge(fake).pull_request(7)
        assert found.head_sha == head[:12]
        assert found.has_head(head)
        assert not found.has_head("0" * 40)

    def test_of_a_commit_are_looked_for_among_the_open_ones(self) -> None:
        def shown(number: int, sha: str, state: str = "OPEN") -> dict[str, Any]:
            side = {"branch": {"name": "b"}, "commit": {"hash": sha[:12]}, "repository": {"full_name": "o/r"}}
            return {"id": number, "state": state, "source": side, "destination": side}

        with scripted() as server:
            following = {"values": [shown(1, "b" * 40), shown(2, "a" * 40)], "next": f"{server.url}/page2"}
            server.will(200, following).will(200, {"values": [shown(9, "a" * 40), shown(8, "a" * 40, "MERGED")]})
            found = forge_at("bitbucket", server.url).open_pull_requests("a" * 40, "b", "")
            assert [pull_request.number for pull_request in found] == [9, 2]
            assert server.paths[0] == "GET /repositories/o/r/pullrequests?state=OPEN&pagelen=50"


class TestStatus:
    def test_is_a_report_without_a_verdict_and_a_build_status(self, fake: FakeBitbucket, head: str) -> None:
        forge = bitbucket_forge(fake)
        for _ in range(2):
            assert forge.set_status(head, NEUTRAL) == "https://x.example"
        (report,) = fake.reports(head)
        assert report.fields["title"] == NEUTRAL.name
        assert "result" not in report.fields
        assert report.fields["details"] == "1 of 2 metrics changed"
        (status,) = fake.statuses(head)
        assert (status.fields["state"], status.fields["url"]) == ("SUCCESSFUL", "https://x.example")

    @pytest.mark.parametrize(
        ("state", "result"), [("failure", "FAILED"), ("success", "PASSED"), ("pending", "PENDING")]
    )
    def test_has_a_verdict_where_there_is_one(self, fake: FakeBitbucket, head: str, state: Any, result: str) -> None:
        bitbucket_forge(fake).set_status(head, replace(NEUTRAL, state=state))
        assert fake.reports(head)[0].fields["result"] == result

    def test_of_any_name_has_a_plain_key_of_its_own(self, fake: FakeBitbucket, head: str) -> None:
        forge = bitbucket_forge(fake)
        for name in ("x" * 50 + "a", "x" * 50 + "b", "models/a", "models a", "headway"):
            forge.set_status(head, replace(NEUTRAL, name=name))
        keys = {report.key for report in fake.reports(head)}
        assert len(keys) == 5
        assert all(re.fullmatch(r"[\w.-]{1,40}", key) for key in keys)
        assert "headway" in keys

    def test_without_a_page_points_to_the_repository(self, fake: FakeBitbucket, head: str) -> None:
        bitbucket_forge(fake).set_status(head, replace(NEUTRAL, url=""))
        assert fake.statuses(head)[0].fields["url"] == "https://bitbucket.org/octo/digits"


class TestErrors:
    def test_name_the_scope_that_bitbucket_asks_for(self, fake: FakeBitbucket) -> None:
        with pytest.raises(DeniedError) as caught:
            bitbucket_forge(fake, token=fake.token("read")).create_comment(TARGET, "text")
        assert "create the comment on pull request 7" in caught.value.what
        assert "Your credentials lack one or more required privilege scopes." in caught.value.why
        assert "BITBUCKET_ACCESS_TOKEN lacks the scope `pullrequest`" in caught.value.why
        assert all(word in caught.value.remedy for word in ("scope `pullrequest`", "BITBUCKET_ACCESS_TOKEN"))

    def test_an_invalid_token(self, fake: FakeBitbucket) -> None:
        token = fake.token()
        fake.revoke(token)
        with pytest.raises(DeniedError) as caught:
            bitbucket_forge(fake, token=token).comments(TARGET)
        assert "The token in BITBUCKET_ACCESS_TOKEN is not valid" in caught.value.why
        assert "app passwords" in caught.value.remedy

    def test_details_are_told(self, fake: FakeBitbucket) -> None:
        with pytest.raises(ForgeError, match="status 400") as caught:
            bitbucket_forge(fake).create_comment(TARGET, "x" * 40_000)
        assert "at most 32768 characters" in caught.value.why
