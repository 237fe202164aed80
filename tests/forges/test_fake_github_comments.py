"""Comments, checks and statuses: paging, limits, authorship, who may write."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING

import pytest
from api_client import Client
from fakes import FakeGitHub, PullRequest

if TYPE_CHECKING:
    from api_client import Clock

COMMENTS = "/issues/7/comments"


def test_250_comments_come_in_pages(github: FakeGitHub, hub: Client) -> None:
    for number in range(250):
        github.add_comment(7, f"comment {number}")
    pages = list(hub.linked_pages(f"{COMMENTS}?per_page=100"))
    assert [len(page) for page in pages] == [100, 100, 50]
    assert [each["body"] for page in pages for each in page] == [f"comment {number}" for number in range(250)]


def test_a_page_has_30_comments_by_default_and_never_more_than_100(github: FakeGitHub, hub: Client) -> None:
    for number in range(120):
        github.add_comment(7, f"comment {number}")
    assert len(hub.get(COMMENTS).json()) == 30
    assert len(hub.get(f"{COMMENTS}?per_page=1000").json()) == 100


def test_link_headers_name_the_repository_by_its_number(github: FakeGitHub, hub: Client) -> None:
    for number in range(3):
        github.add_comment(7, f"comment {number}")
    links = hub.get(f"{COMMENTS}?per_page=1&page=2").links
    assert set(links) == {"prev", "next", "last", "first"}
    assert "/repositories/" in links["next"]["url"]
    assert links["last"]["url"].endswith("per_page=1&page=3")
    assert [each["body"] for each in hub.get(links["next"]["url"]).json()] == ["comment 2"]


def test_a_comment_lives(github: FakeGitHub, hub: Client, clock: Clock) -> None:
    made = hub.post(COMMENTS, {"body": "first"})
    assert made.status_code == 201
    assert made.json()["user"]["login"] == "github-actions[bot]"
    clock.now += 60
    edited = hub.patch(f"/issues/comments/{made.json()['id']}", {"body": "second"}).json()
    assert (edited["created_at"], edited["updated_at"]) == ("2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z")
    assert [comment.body for comment in github.comments(7)] == ["second"]
    assert hub.delete(f"/issues/comments/{edited['id']}").status_code == 204
    assert github.comments(7) == []
    assert hub.patch(f"/issues/comments/{edited['id']}", {"body": "third"}).status_code == 404


def test_a_comment_on_a_commit_lives(github: FakeGitHub, hub: Client) -> None:
    sha = github.pull_request(7).head_sha
    made = hub.post(f"/commits/{sha}/comments", {"body": "first"}).json()
    assert hub.patch(f"/comments/{made['id']}", {"body": "second"}).json()["commit_id"] == sha
    assert [each["body"] for each in hub.get(f"/commits/{sha}/comments").json()] == ["second"]
    assert hub.delete(f"/comments/{made['id']}").status_code == 204
    assert github.commit_comments(sha) == []


def test_reading_contents_is_enough_to_comment_on_a_commit_but_not_to_edit(github: FakeGitHub, hub: Client) -> None:
    sha = github.pull_request(7).head_sha
    reader = {"Authorization": f"Bearer {github.token(contents='read')}"}
    made = hub.post(f"/commits/{sha}/comments", {"body": "first"}, headers=reader)
    assert made.status_code == 201
    refused = hub.patch(f"/comments/{made.json()['id']}", {"body": "second"}, headers=reader)
    assert refused.status_code == 403
    assert refused.headers["X-Accepted-GitHub-Permissions"] == "contents=write"


@pytest.mark.parametrize(("length", "status"), [(65_536, 201), (65_537, 422)])
def test_a_comment_has_a_limit(hub: Client, length: int, status: int) -> None:
    answer = hub.post(COMMENTS, {"body": "ä" * length})
    assert answer.status_code == status
    if status == 422:
        (error,) = answer.json()["errors"]
        assert error["message"] == "Body is too long (maximum is 65536 characters)"
        assert answer.json()["documentation_url"].startswith("https://docs.github.com/")


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (b"{", 400, "Problems parsing JSON"),
        (b"[]", 400, "Body should be a JSON object"),
        (b"{}", 422, 'Invalid request.\n\n"body" wasn\'t supplied.'),
        (b'{"body": 1}', 422, "Invalid request.\n\nFor 'properties/body', 1 is not a string."),
        (b'{"body": " "}', 422, "Validation Failed"),
    ],
)
def test_bad_bodies_are_refused(hub: Client, body: bytes, status: int, message: str) -> None:
    answer = hub("POST", COMMENTS, data=body)
    assert (answer.status_code, answer.json()["message"]) == (status, message)


def test_issues_are_no_pull_requests(github: FakeGitHub, hub: Client) -> None:
    github.add_issue(8)
    only_requests = {"Authorization": f"Bearer {github.token(pull_requests='write')}"}
    assert hub.post("/issues/7/comments", {"body": "x"}, headers=only_requests).status_code == 201
    assert hub.post("/issues/8/comments", {"body": "x"}, headers=only_requests).status_code == 403
    assert hub.post("/issues/8/comments", {"body": "x"}).status_code == 201
    assert hub.post("/issues/9/comments", {"body": "x"}).status_code == 404


def test_a_locked_conversation_takes_no_comment(github: FakeGitHub, hub: Client) -> None:
    github.open_pull_request(PullRequest(number=9, locked=True))
    answer = hub.post("/issues/9/comments", {"body": "x"})
    assert (answer.status_code, answer.json()["message"]) == (
        403,
        "Unable to create comment because issue is locked.",
    )


def test_a_new_comment_shows_up_late(github: FakeGitHub, hub: Client) -> None:
    github.lag.comments = 2
    hub.post(COMMENTS, {"body": "late"})
    assert len(github.comments(7)) == 1
    assert [len(hub.get(COMMENTS).json()) for _ in range(3)] == [0, 0, 1]


def test_two_threads_that_both_find_nothing_both_create(github: FakeGitHub, hub: Client) -> None:
    """The race that a sticky comment has to survive, made certain: the other poster is faster at the last moment."""
    github.before_request("POST", "*/issues/7/comments", lambda: _comment("from the other one", github))
    assert hub.get(COMMENTS).json() == []
    hub.post(COMMENTS, {"body": "mine"})
    assert [comment.body for comment in github.comments(7)] == ["from the other one", "mine"]


def _comment(body: str, github: FakeGitHub) -> None:
    github.add_comment(7, body)


def test_real_threads_lose_nothing(github: FakeGitHub) -> None:
    token = github.token()

    def post(name: str) -> None:
        with Client(f"{github.api_url}/repos/octo/digits", bearer=token) as client:
            for number in range(20):
                assert client.post(COMMENTS, {"body": f"{name} {number}"}).status_code == 201

    threads = [Thread(target=post, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    written = github.comments(7)
    assert len({comment.id for comment in written}) == len(written) == 40
    assert {comment.body for comment in written} == {f"{name} {number}" for name in "ab" for number in range(20)}


def test_pull_requests_are_found_by_head_and_by_commit(github: FakeGitHub, hub: Client) -> None:
    github.open_pull_request(PullRequest(number=8, head="feature", head_repository="fork/digits"))
    ours, theirs = github.pull_request(7), github.pull_request(8)
    assert [each["number"] for each in hub.get("/pulls?state=open&head=octo:feature").json()] == [7]
    assert [each["number"] for each in hub.get("/pulls?state=open&head=fork:feature").json()] == [8]
    assert [each["number"] for each in hub.get(f"/commits/{ours.head_sha}/pulls").json()] == [7]
    assert hub.get(f"/commits/{theirs.head_sha}/pulls").json() == []
    assert hub.get("/pulls/8").json()["head"]["repo"]["full_name"] == "fork/digits"
    github.close_pull_request(7)
    assert hub.get("/pulls?head=octo:feature").json() == []
    assert hub.get("/pulls/7").json()["state"] == "closed"


def test_a_push_moves_the_head(github: FakeGitHub, hub: Client) -> None:
    before = hub.get("/pulls/7").json()["head"]["sha"]
    after = github.push(7)
    assert before != after == hub.get("/pulls/7").json()["head"]["sha"]


class TestCheckRuns:
    def test_it_lives(self, github: FakeGitHub, hub: Client) -> None:
        sha = github.pull_request(7).head_sha
        made = hub.post("/check-runs", {"name": "headway", "head_sha": sha}).json()
        assert (made["status"], made["conclusion"]) == ("queued", None)
        output = {"title": "Better", "summary": "0.90 to 0.92", "text": "all"}
        done = hub.patch(f"/check-runs/{made['id']}", {"conclusion": "neutral", "output": output}).json()
        assert (done["status"], done["conclusion"], done["output"]["summary"]) == (
            "completed",
            "neutral",
            "0.90 to 0.92",
        )
        listed = hub.get(f"/commits/{sha}/check-runs?check_name=headway").json()
        assert (listed["total_count"], listed["check_runs"][0]["id"]) == (1, made["id"])
        assert hub.get(f"/commits/{sha}/check-runs?check_name=other").json()["total_count"] == 0
        assert [run.fields["conclusion"] for run in github.check_runs(sha)] == ["neutral"]

    def test_the_latest_of_a_name_hides_the_others(self, github: FakeGitHub, hub: Client) -> None:
        sha = github.pull_request(7).head_sha
        for _ in range(2):
            hub.post("/check-runs", {"name": "headway", "head_sha": sha})
        assert hub.get(f"/commits/{sha}/check-runs").json()["total_count"] == 1
        assert hub.get(f"/commits/{sha}/check-runs?filter=all").json()["total_count"] == 2

    @pytest.mark.parametrize("part", ["summary", "text"])
    def test_texts_have_a_limit(self, github: FakeGitHub, hub: Client, part: str) -> None:
        output = {"title": "t", "summary": "s", part: "x" * 65_536}
        body = {"name": "headway", "head_sha": github.pull_request(7).head_sha, "output": output}
        answer = hub.post("/check-runs", body)
        assert (answer.status_code, answer.json()["message"]) == (
            422,
            "Invalid request.\n\nOnly 65535 characters are allowed; 65536 were supplied.",
        )

    def test_bad_ones_are_refused(self, github: FakeGitHub, hub: Client) -> None:
        body = {"name": "headway", "head_sha": github.pull_request(7).head_sha}
        note = {"path": "m.json", "start_line": 1, "end_line": 1, "annotation_level": "notice", "message": "m"}
        crowded = {"title": "t", "summary": "s", "annotations": [note] * 51}
        answers = [
            hub.post("/check-runs", {**body, "output": crowded}),
            hub.post("/check-runs", {**body, "output": {"title": "t"}}),
            hub.post("/check-runs", {**body, "status": "completed"}),
        ]
        assert [answer.json()["message"].partition("\n\n")[2] for answer in answers] == [
            "No more than 50 items are allowed; 51 were supplied.",
            '"summary" wasn\'t supplied.',
            'Missing required key "conclusion".',
        ]
        assert github.check_runs() == []
        assert hub.patch("/check-runs/1", {"name": "headway"}).status_code == 404

    def test_people_make_none(self, github: FakeGitHub, hub: Client) -> None:
        person = {"Authorization": f"Bearer {github.token('pat', checks='write')}"}
        body = {"name": "headway", "head_sha": github.pull_request(7).head_sha}
        answer = hub.post("/check-runs", body, headers=person)
        assert (answer.status_code, answer.json()["message"]) == (403, "You must authenticate via a GitHub App.")

    def test_the_commit_must_exist(self, github: FakeGitHub, hub: Client) -> None:
        body = {"name": "headway", "head_sha": "f" * 40}
        assert hub.post("/check-runs", body).json()["message"] == f"No commit found for SHA: {'f' * 40}"
        github.add_commit("f" * 40)
        assert hub.post("/check-runs", body).status_code == 201


def test_statuses_pile_up(github: FakeGitHub, hub: Client) -> None:
    sha = github.pull_request(7).head_sha
    for state in ("pending", "success"):
        hub.post(f"/statuses/{sha}", {"state": state, "context": "headway", "description": state})
    assert [status.state for status in github.statuses(sha)] == ["pending", "success"]
    answer = hub.post(f"/statuses/{sha}", {"state": "success", "description": "x" * 141})
    assert answer.json()["errors"][0]["message"] == "description is too long (maximum is 140 characters)"
