"""Opening, changing, reviewing and merging requests on the fakes: the errors and the pages are the forges' own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from fakes import PullRequest

if TYPE_CHECKING:
    from api_client import Client
    from fakes import FakeBitbucket, FakeGitHub, FakeGitLab

Json = dict[str, Any]
NEW_PULL: Json = {"title": "Promote", "body": "Why", "head": "feature", "base": "main"}
REFUSED: Json = {"resource": "PullRequest", "code": "custom"}
NEW_MERGE: Json = {"title": "Promote", "source_branch": "promote", "target_branch": "main"}
NEW_BUCKET: Json = {"title": "Promote", "source": {"branch": {"name": "promote"}}}


# GitHub


@pytest.fixture
def free(github: FakeGitHub) -> FakeGitHub:
    """Pull request 7 is closed, and its branch there."""
    github.close_pull_request(7)
    return github


def test_github_opens_changes_and_shows_a_pull_request(free: FakeGitHub, hub: Client) -> None:
    created = hub.post("/pulls", NEW_PULL)
    assert created.status_code == 201
    assert created.json()["head"]["sha"] == free.branches()["feature"]
    assert (created.json()["number"], created.json()["merged"]) == (8, False)
    assert hub("PATCH", "/pulls/8", json={"title": "Other"}).json()["body"] == "Why"
    shown = hub.get("/pulls/8").json()
    assert (shown["title"], shown["user"]["login"]) == ("Other", "github-actions[bot]")


@pytest.mark.parametrize(
    ("change", "entry"),
    [
        ({"head": "nowhere"}, {"resource": "PullRequest", "field": "head", "code": "invalid"}),
        ({"base": "nowhere"}, {"resource": "PullRequest", "field": "base", "code": "invalid"}),
        (
            {"head": "main"},
            {"resource": "PullRequest", "code": "custom", "message": "No commits between main and main"},
        ),
        (
            {"title": "x" * 257},
            {
                "resource": "Issue",
                "code": "custom",
                "field": "title",
                "message": "title is too long (maximum is 256 characters)",
            },
        ),
    ],
)
def test_github_refuses_an_invalid_pull_request(free: FakeGitHub, hub: Client, change: Json, entry: Json) -> None:
    refused = hub.post("/pulls", {**NEW_PULL, **change})
    assert (refused.status_code, refused.json()["message"]) == (422, "Validation Failed")
    assert refused.json()["errors"] == [entry]
    assert list(free.branches())


def test_github_has_one_open_pull_request_between_two_branches(free: FakeGitHub, hub: Client) -> None:
    assert hub.post("/pulls", NEW_PULL).status_code == 201
    (entry,) = hub.post("/pulls", {**NEW_PULL, "head": "octo:feature"}).json()["errors"]
    assert entry["message"] == "A pull request already exists for octo:feature."
    free.close_pull_request(8)
    assert hub.post("/pulls", NEW_PULL).json()["number"] == 9


def test_github_lets_actions_open_pull_requests_only_if_they_may(free: FakeGitHub, hub: Client) -> None:
    free.forbid_actions_to_open_pull_requests()
    refused = hub.post("/pulls", NEW_PULL)
    assert refused.status_code == 403
    assert refused.json()["message"] == "GitHub Actions is not permitted to create or approve pull requests."


def test_github_lists_reviews_in_pages_with_dismissed_ones_in_their_place(github: FakeGitHub, hub: Client) -> None:
    for number in range(40):
        github.review_pull_request(7, f"reviewer-{number}")
    github.review_pull_request(7, "reviewer-3", "dismissed")
    first = hub.get("/pulls/7/reviews")
    assert [each["state"] for each in first.json()[2:5]] == ["APPROVED", "DISMISSED", "APPROVED"]
    assert len(first.json()) == 30
    assert len(hub.get("/pulls/7/reviews?page=2").json()) == 10
    assert hub.get("/pulls/99/reviews").status_code == 404


def test_github_shows_who_merged(github: FakeGitHub, hub: Client) -> None:
    sha = github.merge_pull_request(7, by="ada")
    shown = hub.get("/pulls/7").json()
    assert (shown["state"], shown["merged"], shown["merged_by"]["login"]) == ("closed", True, "ada")
    (listed,) = hub.get(f"/commits/{sha}/pulls").json()
    assert (listed["merge_commit_sha"], listed["merged_at"]) == (sha, shown["merged_at"])


# GitLab


def test_gitlab_opens_changes_and_lists_merge_requests(gitlab: FakeGitLab, lab: Client) -> None:
    gitlab.add_commit("1" * 40, "promote")
    created = lab.post("/merge_requests", NEW_MERGE)
    assert (created.status_code, created.json()["iid"], created.json()["sha"]) == (201, 4, "1" * 40)
    lab.put("/merge_requests/4", {"description": "Why"})
    (listed,) = lab.get("/merge_requests?state=opened&source_branch=promote&target_branch=main").json()
    assert (listed["title"], listed["description"]) == ("Promote", "Why")
    assert len(lab.get("/merge_requests?per_page=1").json()) == 1
    assert len(lab.get("/merge_requests").json()) == 2


def test_gitlab_has_one_open_merge_request_between_two_branches(gitlab: FakeGitLab, lab: Client) -> None:
    gitlab.add_commit("1" * 40, "promote")
    lab.post("/merge_requests", NEW_MERGE)
    refused = lab.post("/merge_requests", NEW_MERGE)
    words = "Another open merge request already exists for this source branch: !4"
    assert (refused.status_code, refused.json()) == (409, {"message": [words]})


def test_gitlab_refuses_a_branch_that_is_not_there(lab: Client) -> None:
    assert lab.post("/merge_requests", NEW_MERGE).status_code == 400


def test_gitlab_forgets_approvals_that_were_taken_back(gitlab: FakeGitLab, lab: Client) -> None:
    for author in ("ada", "grace"):
        gitlab.review_pull_request(3, author)
    gitlab.review_pull_request(3, "ada", "dismissed")
    found = lab.get("/merge_requests/3/approvals").json()
    assert [each["user"]["username"] for each in found["approved_by"]] == ["grace"]
    sha = gitlab.merge_pull_request(3, by="ada")
    (listed,) = lab.get(f"/repository/commits/{sha}/merge_requests").json()
    assert (listed["state"], listed["merge_user"]["username"], listed["closed_at"]) == ("merged", "ada", None)


# Bitbucket


def test_bitbucket_answers_a_second_pull_request_with_the_first(bitbucket: FakeBitbucket, bucket: Client) -> None:
    bitbucket.add_commit("1" * 40, "promote")
    assert bucket.post("/pullrequests", NEW_BUCKET).json()["id"] == 6
    again = bucket.post("/pullrequests", {**NEW_BUCKET, "title": "Another"})
    assert (again.status_code, again.json()["id"], again.json()["title"]) == (201, 6, "Promote")
    changed = bucket.put("/pullrequests/6", {"title": "Another", "description": "Why"}).json()
    assert (changed["title"], changed["description"]) == ("Another", "Why")


@pytest.mark.parametrize(
    ("branch", "words"),
    [("nowhere", "source: branch not found: nowhere"), ("main", "There are no changes to be pulled")],
)
def test_bitbucket_refuses_a_pull_request_without_changes(bucket: Client, branch: str, words: str) -> None:
    refused = bucket.post("/pullrequests", {"title": "Promote", "source": {"branch": {"name": branch}}})
    assert (refused.status_code, refused.json()["error"]["message"]) == (400, words)


def test_bitbucket_shows_participants_of_one_pull_request_alone(bitbucket: FakeBitbucket, bucket: Client) -> None:
    bitbucket.open_pull_request(PullRequest(number=6, head="other"))
    for author, decision in (("ada", "approved"), ("grace", "changes_requested"), ("alan", "commented")):
        bitbucket.review_pull_request(5, author, decision)  # type: ignore[arg-type]  # the three are decisions
    bitbucket.merge_pull_request(6)
    sha = bitbucket.merge_pull_request(5, by="ada")
    merged = bucket.get("/pullrequests?state=MERGED&sort=-updated_on").json()["values"]
    assert sorted(each["id"] for each in merged) == [5, 6]
    assert all("participants" not in each for each in merged)
    shown = bucket.get("/pullrequests/5").json()
    assert (shown["merge_commit"]["hash"], shown["closed_by"]["nickname"]) == (sha[:12], "ada")
    states = {each["user"]["nickname"]: each["state"] for each in shown["participants"]}
    assert states == {"ada": "approved", "grace": "changes_requested", "alan": None}
    assert bucket.put("/pullrequests/5", {"title": "late"}).status_code == 400
