"""Who approved the request that brought a commit to the main branch, as each forge tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes import PullRequest, faults

from headway.errors import DeniedError, ForgeError
from headway.publish.requests.request_approvers import find_merged_request

if TYPE_CHECKING:
    from fakes.core.faults import Fault
    from publish.requests.request_forges import Host


@pytest.fixture
def opened(host: Host) -> Host:
    host.fake.open_pull_request(PullRequest(number=7, head="promote", author="ada"))
    return host


def approvers(host: Host, sha: str) -> tuple[str, ...]:
    found = find_merged_request(host.requests(), sha, "main")
    assert found is not None
    return found.approvers


def test_a_merged_request_has_its_approvers_and_who_merged_it(opened: Host) -> None:
    for author in ("grace", "edsger"):
        opened.fake.review_pull_request(7, author)
    sha = opened.fake.merge_pull_request(7, by="barbara")
    found = find_merged_request(opened.requests(), sha, "main")
    assert found is not None
    assert (found.number, found.author, found.merged_by) == (7, "ada", "barbara")
    assert found.approvers == ("edsger", "grace")
    assert found.url.startswith(f"{opened.fake.server_url}/octo/digits/")
    assert found.url.endswith("/7")


def test_nobodys_approval_is_nobody(opened: Host) -> None:
    opened.fake.review_pull_request(7, "grace", "commented")
    assert approvers(opened, opened.fake.merge_pull_request(7)) == ()


def test_an_approval_that_was_taken_back_does_not_count(opened: Host) -> None:
    for author in ("grace", "edsger", "alan"):
        opened.fake.review_pull_request(7, author)
    opened.fake.review_pull_request(7, "grace", "dismissed")
    opened.fake.review_pull_request(7, "edsger", "changes_requested")
    opened.fake.review_pull_request(7, "alan", "commented")
    assert approvers(opened, opened.fake.merge_pull_request(7)) == ("alan",)


def test_an_approval_after_a_request_for_changes_counts(opened: Host) -> None:
    opened.fake.review_pull_request(7, "grace", "changes_requested")
    opened.fake.review_pull_request(7, "grace")
    assert approvers(opened, opened.fake.merge_pull_request(7)) == ("grace",)


def test_the_authors_own_approval_does_not_count(opened: Host) -> None:
    opened.fake.review_pull_request(7, "ada")
    assert approvers(opened, opened.fake.merge_pull_request(7)) == ()


def test_the_last_decision_of_many_pages_counts(opened: Host) -> None:
    for number in range(130):
        opened.fake.review_pull_request(7, f"reviewer-{number:03}")
    opened.fake.review_pull_request(7, "reviewer-000", "changes_requested")
    found = approvers(opened, opened.fake.merge_pull_request(7))
    assert found == tuple(f"reviewer-{number:03}" for number in range(1, 130))


def test_a_commit_that_was_pushed_has_no_request(opened: Host) -> None:
    opened.fake.merge_pull_request(7)
    assert find_merged_request(opened.requests(), opened.tip(), "main") is None


def test_an_open_request_of_the_commit_did_not_bring_it(opened: Host) -> None:
    opened.fake.review_pull_request(7, "grace")
    sha = opened.fake.pull_request(7).head_sha
    assert find_merged_request(opened.requests(), sha, "main") is None


def test_a_request_to_another_branch_did_not_bring_it(opened: Host) -> None:
    opened.fake.open_pull_request(PullRequest(number=8, head="promote", base="release", author="ada"))
    sha = opened.fake.merge_pull_request(8)
    assert find_merged_request(opened.requests(), sha, "main") is None


def test_of_many_the_one_is_found_that_was_merged_first(opened: Host) -> None:
    """Later requests have branches that begin at its merge commit; the number says nothing about the order."""
    moments = iter(range(1_700_000_000, 1_800_000_000))
    opened.fake._clock = lambda: float(next(moments))  # noqa: SLF001 - every call is a second later
    for number in range(108, 180):
        opened.fake.open_pull_request(PullRequest(number=number, head=f"f{number}", author="ada"))
        opened.fake.merge_pull_request(number)
    opened.fake.review_pull_request(7, "grace")
    sha = opened.fake.merge_pull_request(7)
    for number in [*range(1, 7), *range(180, 240)]:
        opened.fake.open_pull_request(PullRequest(number=number, head=f"f{number}", head_sha=sha, author="ada"))
        opened.fake.merge_pull_request(number)
    found = find_merged_request(opened.requests(), sha, "main")
    assert found is not None
    assert (found.number, found.approvers) == (7, ("grace",))


def test_on_github_a_review_after_the_merge_changes_nothing(github: Host) -> None:
    moment = [1_700_000_000.0]
    github.fake._clock = lambda: moment[0]  # noqa: SLF001 - a clock that this test moves
    github.fake.open_pull_request(PullRequest(number=7, head="promote", author="ada"))
    github.fake.review_pull_request(7, "grace")
    sha = github.fake.merge_pull_request(7)
    moment[0] += 60
    github.fake.review_pull_request(7, "grace", "changes_requested")
    github.fake.review_pull_request(7, "edsger")
    assert approvers(github, sha) == ("grace",)


@pytest.mark.parametrize("association", ["NONE", "CONTRIBUTOR", "FIRST_TIME_CONTRIBUTOR", "MANNEQUIN"])
def test_on_github_a_passer_by_approves_nothing(github: Host, association: str) -> None:
    github.fake.open_pull_request(PullRequest(number=7, head="promote", author="ada"))
    github.fake.review_pull_request(7, "eve", association=association)
    github.fake.review_pull_request(7, "grace", association="COLLABORATOR")
    github.fake.review_pull_request(7, "edsger", association="OWNER")
    assert approvers(github, github.fake.merge_pull_request(7)) == ("edsger", "grace")


@pytest.mark.parametrize(
    "fault", [faults.connection_reset(), faults.server_error(500), faults.truncated_body(), faults.invalid_json()]
)
def test_a_call_that_fails_once_is_sent_again(opened: Host, fault: Fault) -> None:
    opened.fake.review_pull_request(7, "grace")
    sha = opened.fake.merge_pull_request(7)
    clean = len(opened.fake.requests)
    approvers(opened, sha)
    calls = [each.path for each in opened.fake.requests[clean:]]
    assert len(calls) >= 2
    for path in dict.fromkeys(calls):
        opened.fake.fail("GET", path, fault)
        assert approvers(opened, sha) == ("grace",)


def test_an_unknown_commit_is_an_error_where_the_forge_says_so(github: Host) -> None:
    with pytest.raises(ForgeError, match="find the merged pull request of the commit"):
        find_merged_request(github.requests(), "0" * 40, "main")


@pytest.mark.parametrize("host", ["gitlab"], indirect=True)
def test_a_job_token_of_gitlab_reads_no_approvals(opened: Host) -> None:
    sha = opened.fake.merge_pull_request(7)
    with pytest.raises(DeniedError, match="read who approved the merge request") as caught:
        find_merged_request(opened.requests(token=""), sha, "main")
    assert "CI_JOB_TOKEN" in caught.value.why
    assert "GITLAB_TOKEN" in caught.value.remedy
