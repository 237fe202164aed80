"""One comment per place, on every forge: found again, brought up to date, never taken from or by anybody else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from fakes import FakeBitbucket, FakeGitHub, FakeGitLab, faults
from publish.forge_places import (
    PULL_REQUEST,
    FakeClock,
    bitbucket_forge,
    github_forge,
    gitlab_forge,
    make_marker,
    make_options,
    sent,
)

from headway.errors import DeniedError, ForgeError
from headway.publish.comment import marker as markers
from headway.publish.comment.sticky import MAX_EDITS, Posted, upsert
from headway.publish.forges.forge import CommitTarget, IssueTarget, PullRequestTarget

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fakes import Comment

    from headway.publish.comment.marker import Marker
    from headway.publish.forges.forge import Forge, Target

TARGET = PullRequestTarget(number=7)
WRITES = ("POST", "PUT", "PATCH", "DELETE")


@dataclass
class Setup:
    """A fake forge with pull request 7, the forge as Headway sees it, and what a test does to it."""

    fake: Any
    connect: Callable[..., Forge]
    clock: FakeClock

    def forge(self, **more: Any) -> Forge:
        return self.connect(self.fake, make_options(self.clock), **more)

    @property
    def head(self) -> str:
        return str(self.fake.pull_request(7).head_sha)

    def comments(self) -> list[Comment]:
        return [comment for comment in self.fake.comments(7) if not comment.deleted]

    def texts(self) -> list[str]:
        return [markers.text_of(comment.body) for comment in self.comments()]

    def post(self, text: str, marker: Marker | None = None, target: Target = TARGET) -> Posted:
        return upsert(self.forge(), target, marker or make_marker(self.head), text)

    def writes(self) -> list[str]:
        """Requests that change something; GitHub's GraphQL questions do not."""
        return [line for line in sent(self.fake, *WRITES) if not line.endswith("/graphql")]

    def pasted(self, marker: Marker, author: str, text: str = "All is well.") -> None:
        line = markers.write(marker, html=not isinstance(self.fake, FakeBitbucket))
        self.fake.add_comment(7, f"{line}\n\n{text}", author=author)

    def overwrite(self, marker: Marker, text: str) -> None:
        """Another run edits the first of the comments."""
        line = markers.write(marker, html=not isinstance(self.fake, FakeBitbucket))
        forge, (comment, *_) = self.forge(), self.forge().comments(TARGET)
        forge.edit_comment(TARGET, comment, f"{line}\n\n{text}")

    def was_sent(self, text: str) -> bool:
        return any(text.encode() in request.body for request in self.fake.requests)

    def before_second_look(self, action: Callable[[], None], times: int = 1) -> None:
        """Do something just before a poster looks at what it has edited: its second listing, and those after it."""
        busy = False

        def once() -> None:
            nonlocal busy
            if not busy:
                busy = True
                action()
                busy = False

        for path in ("*/7/comments", "*/7/notes"):
            self.fake.before_request("GET", path, once, skip=1, times=times)

    @property
    def bot(self) -> str:
        return {FakeGitHub: "github-actions[bot]", FakeGitLab: "project_42_bot"}.get(type(self.fake), "headway-bot")


def make_github(clock: FakeClock) -> Setup:
    return Setup(FakeGitHub(pull_requests=[PULL_REQUEST]), github_forge, clock)


def make_gitlab(clock: FakeClock) -> Setup:
    return Setup(FakeGitLab(merge_requests=[PULL_REQUEST], sub_path="/gitlab"), gitlab_forge, clock)


def make_bitbucket(clock: FakeClock) -> Setup:
    return Setup(FakeBitbucket(pull_requests=[PULL_REQUEST]), bitbucket_forge, clock)


@pytest.fixture(params=[make_github, make_gitlab, make_bitbucket])
def setup(request: pytest.FixtureRequest) -> Iterator[Setup]:
    made: Setup = request.param(FakeClock())
    with made.fake:
        yield made


@pytest.fixture
def github() -> Iterator[Setup]:
    made = make_github(FakeClock())
    with made.fake:
        yield made


class TestOneComment:
    def test_is_created_then_kept_up_to_date(self, setup: Setup) -> None:
        created = setup.post("first")
        updated = setup.post("second", make_marker(setup.head, run=2))
        assert (created.outcome, updated.outcome) == ("created", "updated")
        assert setup.texts() == ["second"]
        assert updated.url == created.url != ""

    def test_is_not_sent_again_when_nothing_changed(self, setup: Setup) -> None:
        setup.post("same")
        (comment,) = setup.comments()
        before = len(setup.fake.requests)
        assert setup.post("same", make_marker(setup.head)).outcome == "unchanged"
        later = setup.fake.requests[before:]
        edits = [each for each in later if each.method in WRITES and not each.path.endswith("/graphql")]
        if isinstance(setup.fake, FakeBitbucket):  # a token that may not ask who it is writes one comment back
            (edit,) = edits
            assert json.loads(edit.body) == {"content": {"raw": comment.body}}
        else:
            assert edits == []
            assert setup.comments()[0].updated_at == comment.created_at

    def test_of_a_new_run_is_marked_as_such_even_when_it_says_the_same(self, setup: Setup) -> None:
        setup.post("same")
        assert setup.post("same", make_marker(setup.head, attempt=2)).outcome == "updated"
        assert (found := markers.read(setup.comments()[0].body)) is not None
        assert found.attempt == 2

    def test_is_found_behind_two_hundred_others(self, setup: Setup) -> None:
        for number in range(105):
            setup.fake.add_comment(7, f"before {number}")
        setup.post("first")
        for number in range(105):
            setup.fake.add_comment(7, f"after {number}")
        setup.post("second", make_marker(setup.head, run=2))
        assert len(setup.comments()) == 211
        assert setup.texts()[105] == "second"

    def test_begins_with_the_marker(self, setup: Setup) -> None:
        setup.post("text")
        assert markers.read(setup.comments()[0].body) == make_marker(setup.head)

    def test_each_label_and_directory_has_its_own(self, setup: Setup) -> None:
        places: list[dict[str, Any]] = [
            {},
            {"label": "nightly"},
            {"directory": "models/a"},
            {"label": "nightly", "directory": "models/a"},
        ]
        for text in ("one", "two"):
            for place in places:
                setup.post(f"{text} {place}", make_marker(setup.head, run=len(text), **place))
        assert setup.texts() == [f"two {place}" for place in places]


class TestStrangers:
    def test_who_pastes_the_marker_owns_nothing(self, setup: Setup) -> None:
        setup.pasted(make_marker(setup.head, run=99), author="mallory")
        assert setup.post("verdict").outcome == "created"
        setup.post("verdict 2", make_marker(setup.head, run=2))
        assert setup.texts() == ["All is well.", "verdict 2"]

    def test_an_edited_or_broken_marker_is_left_alone(self, setup: Setup) -> None:
        html = not isinstance(setup.fake, FakeBitbucket)
        whole = markers.write(make_marker(setup.head), html=html)
        broken = "<!-- headway {broken} -->" if html else "[](#headway-e2Jyb2tlbn0=)"  # in base64
        edited = whole.replace("headway ", "headway of ").replace("headway-", "headway-of-")
        for line in (broken, edited):
            setup.fake.add_comment(7, f"{line}\nold", author=setup.bot)
        setup.post("verdict")
        assert [comment.body for comment in setup.comments()[:2]] == [f"{broken}\nold", f"{edited}\nold"]
        assert len(setup.comments()) == 3

    def test_the_accounts_other_comments_stay(self, setup: Setup) -> None:
        setup.fake.add_comment(7, "A note of the same bot.", author=setup.bot)
        setup.post("verdict")
        assert setup.texts() == ["A note of the same bot.", "verdict"]


class TestDuplicates:
    def test_are_deleted_and_the_oldest_stays(self, setup: Setup) -> None:
        for run in (1, 2, 3):
            setup.pasted(make_marker(setup.head, run=run), author=setup.bot, text=f"run {run}")
        first = setup.comments()[0].id
        assert setup.post("run 4", make_marker(setup.head, run=4)).outcome == "updated"
        assert [(comment.id, text) for comment, text in zip(setup.comments(), setup.texts(), strict=True)] == [
            (first, "run 4")
        ]

    def test_a_kill_between_any_two_requests_is_mended_by_the_next_run(self, setup: Setup) -> None:
        setup.post("old")
        setup.pasted(make_marker(setup.head), author=setup.bot, text="duplicate")
        survived = 0
        while True:
            before = len(setup.fake.requests)
            setup.fake.fail("*", "*", faults.connection_reset(), times=-1, skip=survived)
            try:
                upsert(setup.connect(setup.fake, make_options(attempts=1)), TARGET, make_marker(setup.head, 5), "new")
            except ForgeError:
                setup.fake.clear_faults()
                assert "new" in setup.texts() or "old" in setup.texts()
                survived += 1
                continue
            setup.fake.clear_faults()
            assert len(setup.fake.requests) > before
            break
        assert setup.texts() == ["new"]
        assert survived > 3


class TestOvertaken:
    def test_by_a_push_writes_nothing(self, setup: Setup) -> None:
        old = setup.head
        setup.fake.push(7)
        posted = setup.post("old result", make_marker(old))
        assert posted.outcome == "overtaken"
        assert old[:7] in posted.why
        assert setup.writes() == []

    def test_by_a_push_between_listing_and_writing_writes_nothing(self, github: Setup) -> None:
        old = github.head
        github.fake.before_request("GET", "*/pulls/7", lambda: github.fake.push(7))
        assert github.post("old result", make_marker(old)).outcome == "overtaken"
        assert github.comments() == []

    @pytest.mark.parametrize(("run", "attempt"), [(4, 9), (5, 1)])
    def test_by_a_newer_run_of_the_same_commit_leaves_its_result(self, setup: Setup, run: int, attempt: int) -> None:
        setup.post("newer", make_marker(setup.head, run=5, attempt=2))
        posted = setup.post("older", make_marker(setup.head, run=run, attempt=attempt))
        assert posted.outcome == "overtaken"
        assert posted.url
        assert "run (5, attempt 2)" in posted.why
        assert setup.texts() == ["newer"]

    def test_a_new_commit_overwrites_whatever_run_wrote_the_old(self, setup: Setup) -> None:
        setup.post("old", make_marker(setup.head, run=9))
        setup.fake.push(7)
        assert setup.post("new", make_marker(setup.head, run=2)).outcome == "updated"
        assert setup.texts() == ["new"]


class TestLostAnswers:
    def test_a_comment_that_was_written_is_not_written_again(self, setup: Setup) -> None:
        setup.fake.fail("POST", "*/comments", faults.server_error(502, took_effect=True))
        setup.fake.fail("POST", "*/notes", faults.server_error(502, took_effect=True))
        assert setup.post("text").outcome == "created"
        assert setup.texts() == ["text"]

    def test_one_that_was_not_is(self, setup: Setup) -> None:
        setup.fake.fail("POST", "*/comments", faults.connection_reset(), times=2)
        setup.fake.fail("POST", "*/notes", faults.connection_reset(), times=2)
        assert setup.post("text").outcome == "created"
        assert setup.texts() == ["text"]

    def test_one_that_shows_up_late_is_cleaned_up_next_time(self, github: Setup) -> None:
        github.fake.lag.comments = 2
        github.fake.fail("POST", "*/comments", faults.server_error(502, took_effect=True))
        github.post("first")
        assert len(github.comments()) == 2
        github.fake.lag.comments = 0
        for _ in range(2):
            github.forge().comments(TARGET)
        github.post("second", make_marker(github.head, run=2))
        assert github.texts() == ["second"]

    def test_a_listing_that_lags_behind_makes_no_duplicate(self, setup: Setup) -> None:
        setup.fake.lag.comments = 1
        assert setup.post("text").outcome == "created"
        assert setup.texts() == ["text"]

    def test_a_forge_that_stays_sick_is_an_error(self, github: Setup) -> None:
        github.fake.fail("POST", "*/comments", faults.server_error(503), times=-1)
        with pytest.raises(ForgeError, match="create the comment on pull request 7"):
            github.post("text")
        assert github.comments() == []


class TestRaces:
    def test_of_two_posters_in_lockstep_end_with_one_comment(self, setup: Setup) -> None:
        """The other one creates its comment just before ours arrives."""
        other = make_marker(setup.head, run=2)
        for path in ("*/comments", "*/notes"):
            setup.fake.before_request("POST", path, lambda: setup.pasted(other, setup.bot, "other"))
        assert setup.post("ours", make_marker(setup.head, run=1)).outcome == "created"
        assert setup.texts() == ["other"], "the other run is the newer one"

    def test_the_newer_result_wins_whoever_comes_first(self, setup: Setup) -> None:
        other = make_marker(setup.head, run=1)
        for path in ("*/comments", "*/notes"):
            setup.fake.before_request("POST", path, lambda: setup.pasted(other, setup.bot, "other"))
        setup.post("ours", make_marker(setup.head, run=2))
        assert setup.texts() == ["ours"]

    def test_of_two_edits_end_with_the_newer_result(self, setup: Setup) -> None:
        """The older run read the comment before, and edits it just after the newer one did."""
        setup.post("first")
        setup.before_second_look(lambda: setup.overwrite(make_marker(setup.head, run=2), "older"))
        assert setup.post("newer", make_marker(setup.head, run=3)).outcome == "updated"
        assert setup.was_sent("older")
        assert setup.texts() == ["newer"]

    def test_of_two_edits_with_a_push_between_end_with_the_heads_result(self, setup: Setup) -> None:
        setup.post("first")
        old = setup.head
        setup.fake.push(7)
        setup.before_second_look(lambda: setup.overwrite(make_marker(old, run=9), "of the commit before"))
        setup.post("of the head", make_marker(setup.head, run=3))
        assert setup.was_sent("of the commit before")
        assert setup.texts() == ["of the head"]

    @pytest.mark.parametrize("run", [3, 4])
    def test_a_newer_edit_is_left_alone(self, setup: Setup, run: int) -> None:
        setup.post("first")
        setup.before_second_look(lambda: setup.overwrite(make_marker(setup.head, run=run), "theirs"))
        setup.post("ours", make_marker(setup.head, run=3))
        assert setup.texts() == ["theirs"]

    def test_an_edit_of_a_later_head_is_left_alone(self, setup: Setup) -> None:
        setup.post("first")

        def push_and_edit() -> None:
            setup.overwrite(make_marker(setup.fake.push(7), run=4), "of the new head")

        setup.before_second_look(push_and_edit)
        setup.post("of the old one", make_marker(setup.head, run=3))
        assert setup.texts() == ["of the new head"]

    def test_of_edits_without_end_are_given_up(self, setup: Setup) -> None:
        setup.post("first")
        setup.before_second_look(lambda: setup.overwrite(make_marker(setup.head, run=2), "older"), times=-1)
        assert setup.post("newer", make_marker(setup.head, run=3)).outcome == "updated"
        assert sum(b"newer" in request.body for request in setup.fake.requests) == MAX_EDITS
        assert setup.texts() == ["newer"]

    def test_a_run_outside_ci_does_not_look(self, setup: Setup) -> None:
        setup.post("first", make_marker(setup.head, run=0))
        setup.before_second_look(lambda: setup.overwrite(make_marker(setup.head, run=0), "theirs"))
        setup.post("second", make_marker(setup.head, run=0))
        assert setup.texts() == ["second"]

    def test_a_duplicate_that_somebody_else_deleted_is_no_error(self, github: Setup) -> None:
        for run in (1, 2):
            github.pasted(make_marker(github.head, run=run), github.bot, f"run {run}")
        second = github.comments()[1].id
        github.fake.before_request("DELETE", "*", lambda: github.fake._state.comments.remove(second))  # noqa: SLF001
        github.post("run 3", make_marker(github.head, run=3))
        assert github.texts() == ["run 3"]


class TestCommits:
    def test_have_one_comment_too(self, setup: Setup) -> None:
        target = CommitTarget(sha=setup.head)
        outcomes = [setup.post(text, make_marker(setup.head, run), target).outcome for run, text in enumerate("aab", 1)]
        assert outcomes == ["created", "updated", "updated"]
        comments = [each for each in setup.fake.commit_comments(setup.head) if not each.deleted]
        assert [markers.text_of(comment.body) for comment in comments] == ["b"]


class TestIssues:
    def test_have_one_comment_too(self, setup: Setup) -> None:
        if isinstance(setup.fake, FakeBitbucket):
            with pytest.raises(ForgeError, match="does not comment on Bitbucket's issues"):
                setup.post("a", target=IssueTarget(number=12))
            return
        setup.fake.add_issue(12)
        target = IssueTarget(number=12)
        outcomes = [setup.post(text, make_marker(setup.head, run), target).outcome for run, text in enumerate("aab", 1)]
        assert outcomes == ["created", "updated", "updated"]
        listed = setup.fake.issue_comments(12) if isinstance(setup.fake, FakeGitLab) else setup.fake.comments(12)
        assert [markers.text_of(comment.body) for comment in listed] == ["b"]
        assert setup.comments() == []


def test_without_permission_the_error_is_the_creations(github: Setup) -> None:
    forge = github.forge(token=github.fake.token("read"))
    with pytest.raises(DeniedError, match="create the comment"):
        upsert(forge, TARGET, make_marker(github.head), "text")
