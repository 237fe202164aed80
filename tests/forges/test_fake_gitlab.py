"""The fake GitLab: notes, commits, uploads, statuses, tokens, sub-paths."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from api_client import Client
from fakes import FakeGitLab, PullRequest

if TYPE_CHECKING:
    import requests

MERGE_REQUEST = "/merge_requests/3"
NOTES = f"{MERGE_REQUEST}/notes"


def member(gitlab: FakeGitLab, kind: str) -> Client:
    name = "JOB-TOKEN" if kind == "job" else "PRIVATE-TOKEN"
    return Client(f"{gitlab.api_url}/projects/42", **{name: gitlab.token(kind)})


def message(answer: requests.Response) -> object:
    return answer.json()["message"]


def test_250_notes_come_in_pages(gitlab: FakeGitLab, lab: Client) -> None:
    for number in range(250):
        gitlab.add_comment(3, f"note {number}")
    pages = list(lab.linked_pages(f"{NOTES}?per_page=100&sort=asc"))
    assert [len(page) for page in pages] == [100, 100, 50]
    assert [each["body"] for page in pages for each in page] == [f"note {number}" for number in range(250)]
    headers = lab.get(f"{NOTES}?per_page=100&page=2").headers
    assert [headers[f"X-{name}"] for name in ("Page", "Next-Page", "Prev-Page", "Total", "Total-Pages")] == [
        "2",
        "3",
        "1",
        "250",
        "3",
    ]
    assert lab.get(f"{NOTES}?per_page=100&page=3").headers["X-Next-Page"] == ""


def test_notes_come_newest_first_20_a_page_and_never_more_than_100(gitlab: FakeGitLab, lab: Client) -> None:
    for number in range(120):
        gitlab.add_comment(3, str(number))
    assert [each["body"] for each in lab.get(NOTES).json()] == [str(number) for number in range(119, 99, -1)]
    assert len(lab.get(f"{NOTES}?per_page=100").json()) == 100


def test_system_notes_are_among_them(gitlab: FakeGitLab, lab: Client) -> None:
    gitlab.add_comment(3, "approved this merge request", system=True)
    gitlab.add_comment(3, "mine")
    assert [each["system"] for each in lab.get(NOTES).json()] == [False, True]


def test_a_note_lives(gitlab: FakeGitLab, lab: Client) -> None:
    made = lab.post(NOTES, {"body": "first"})
    assert (made.status_code, made.json()["author"]["username"]) == (201, "project_42_bot")
    path = f"{NOTES}/{made.json()['id']}"
    assert lab.put(path, {"body": "second"}).json()["body"] == "second"
    assert [comment.body for comment in gitlab.comments(3)] == ["second"]
    assert lab.delete(path).status_code == 204
    assert (lab.delete(path).status_code, gitlab.comments(3)) == (404, [])


def test_only_the_author_changes_a_note(gitlab: FakeGitLab, lab: Client) -> None:
    path = f"{NOTES}/{gitlab.add_comment(3, 'theirs').id}"
    assert lab.put(path, {"body": "mine"}).status_code == lab.delete(path).status_code == 403


def test_notes_on_issues_are_apart(gitlab: FakeGitLab, lab: Client) -> None:
    gitlab.add_issue(3)
    lab.post("/issues/3/notes", {"body": "on the issue"})
    assert [each["noteable_type"] for each in lab.get("/issues/3/notes").json()] == ["Issue"]
    assert (len(gitlab.issue_comments(3)), gitlab.comments(3)) == (1, [])
    assert lab.get("/issues/4/notes").status_code == 404


def test_a_new_note_shows_up_late(gitlab: FakeGitLab, lab: Client) -> None:
    gitlab.lag.comments = 1
    lab.post(NOTES, {"body": "late"})
    assert [len(lab.get(NOTES).json()) for _ in range(2)] == [0, 1]


def test_a_note_has_a_limit(lab: Client) -> None:
    assert lab.post(NOTES, {"body": "x" * 1_000_000}).status_code == 201
    answer = lab.post(NOTES, {"body": "x" * 1_000_001})
    problem = '400 Bad request - Note {:note=>["is too long (maximum is 1000000 characters)"]}'
    assert (answer.status_code, message(answer)) == (400, problem)
    assert lab.post(NOTES, {"body": " "}).status_code == 400
    assert lab.post(NOTES, {}).json() == {"error": "body is missing"}
    assert lab("POST", NOTES, data=b"{").status_code == 400


def test_lines_that_are_commands_are_carried_out(gitlab: FakeGitLab, lab: Client) -> None:
    """What a report must never cause."""
    answer = lab.post(NOTES, {"body": "Accuracy\n/merge now\n```\n/close\n```"})
    assert answer.json()["body"] == "Accuracy\n\n```\n/close\n```"
    assert lab.post(NOTES, {"body": "/approve"}).status_code == 202
    assert gitlab.quick_actions == ["/merge now", "/approve"]
    assert len(gitlab.comments(3)) == 1


class TestTokens:
    def test_a_jobs_token_reads_notes_and_no_more(self, gitlab: FakeGitLab) -> None:
        with member(gitlab, "job") as job:
            assert job.get(NOTES).status_code == 200
            assert job.get("/merge_requests/3").status_code == 200
            answer = job.post(NOTES, {"body": "x"})
            assert (answer.status_code, message(answer)) == (401, "401 Unauthorized")
            assert job.get(f"{gitlab.api_url}/user").status_code == 401
        assert gitlab.comments(3) == []

    def test_a_jobs_token_counts_in_its_own_header_only(self, gitlab: FakeGitLab) -> None:
        for header, kind in (("PRIVATE-TOKEN", "job"), ("JOB-TOKEN", "write")):
            with Client(f"{gitlab.api_url}/projects/42", **{header: gitlab.token(kind)}) as client:
                assert client.get(MERGE_REQUEST).status_code == 401

    def test_a_token_without_the_scope_is_told_so(self, gitlab: FakeGitLab) -> None:
        with member(gitlab, "read") as reader:
            assert reader.get(NOTES).status_code == 200
            answer = reader.post(NOTES, {"body": "x"})
        assert (answer.status_code, answer.json()["error"], answer.json()["scope"]) == (
            403,
            "insufficient_scope",
            "api",
        )

    def test_a_reporter_comments_but_sets_no_status(self, gitlab: FakeGitLab) -> None:
        with member(gitlab, "reporter") as reporter:
            assert reporter.post(NOTES, {"body": "x"}).status_code == 201
            answer = reporter.post(f"/statuses/{gitlab.pull_request(3).head_sha}", {"state": "success"})
        assert (answer.status_code, message(answer)) == (403, "403 Forbidden")

    def test_tokens_work_as_bearer_and_can_be_revoked(self, gitlab: FakeGitLab) -> None:
        token = gitlab.token()
        with Client(f"{gitlab.api_url}/projects/42", bearer=token) as client:
            assert client.post(NOTES, {"body": "x"}).status_code == 201
            assert client.get(f"{gitlab.api_url}/user").json()["bot"] is True
            gitlab.revoke(token)
            assert client.get(NOTES).json()["error"] == "invalid_token"

    def test_a_private_project_does_not_exist_for_strangers(self) -> None:
        with FakeGitLab(private=True, merge_requests=[PullRequest(number=3)]) as forge:
            with member(forge, "stranger") as stranger:
                answer = stranger.get(MERGE_REQUEST)
            with member(forge, "read") as reader:
                assert reader.get(MERGE_REQUEST).status_code == 200
        assert (answer.status_code, message(answer)) == (404, "404 Project Not Found")

    def test_nobody_reads_a_public_project_but_not_its_notes(self, gitlab: FakeGitLab) -> None:
        with Client(f"{gitlab.api_url}/projects/42") as nobody:
            assert nobody.get(MERGE_REQUEST).status_code == 200
            assert nobody.get(NOTES).status_code == 401


class TestCommits:
    def test_comments_live(self, gitlab: FakeGitLab, lab: Client) -> None:
        commit = f"/repository/commits/{gitlab.pull_request(3).head_sha}"
        assert lab.post(f"{commit}/comments", {"note": "first"}).json()["note"] == "first"
        (discussion,) = lab.get(f"{commit}/discussions").json()
        assert discussion["notes"][0]["body"] == "first"
        path = f"{commit}/discussions/{discussion['id']}/notes/{discussion['notes'][0]['id']}"
        assert lab.put(path, {"body": "second"}).json()["body"] == "second"
        assert [comment.body for comment in gitlab.commit_comments(gitlab.pull_request(3).head_sha)] == ["second"]
        assert lab.delete(path).status_code == 204
        assert lab.delete(path).status_code == 404
        assert lab.post(f"/repository/commits/{'f' * 40}/comments", {"note": "x"}).status_code == 404

    def test_merge_requests_are_found(self, gitlab: FakeGitLab, lab: Client) -> None:
        path = f"/repository/commits/{gitlab.pull_request(3).head_sha}/merge_requests"
        assert [each["iid"] for each in lab.get(path).json()] == [3]
        after = gitlab.push(3)
        assert lab.get("/merge_requests/3").json()["sha"] == after
        gitlab.close_pull_request(3)
        assert lab.get("/merge_requests/3").json()["state"] == "closed"

    @pytest.mark.parametrize(
        ("states", "problem"),
        [
            (["pending", "running", "success", "running"], ""),
            (["pending", "pending"], "Cannot transition status via :enqueue from :pending"),
            (["running", "running"], "Cannot transition status via :run from :running"),
            (["running", "pending"], "Cannot transition status via :enqueue from :running"),
            (["running", "skipped"], "Cannot transition status via :skip from :running"),
            (["success", "success", "failed"], ""),
        ],
    )
    def test_statuses_move_as_far_as_they_may(
        self, gitlab: FakeGitLab, lab: Client, states: list[str], problem: str
    ) -> None:
        path = f"/statuses/{gitlab.pull_request(3).head_sha}"
        answers = [lab.post(path, {"state": state, "name": "headway"}) for state in states]
        assert [answer.status_code for answer in answers[:-1]] == [201] * (len(states) - 1)
        assert answers[-1].status_code == (400 if problem else 201)
        if problem:
            assert str(message(answers[-1])).startswith(problem)

    def test_a_finished_status_is_followed_by_a_new_one(self, gitlab: FakeGitLab, lab: Client) -> None:
        sha = gitlab.pull_request(3).head_sha
        for state in ("success", "failed"):
            lab.post(f"/statuses/{sha}", {"state": state, "name": "headway", "target_url": "https://example.org/"})
        assert [status.state for status in gitlab.statuses(sha)] == ["success", "failed"]

    def test_bad_states_are_refused(self, gitlab: FakeGitLab, lab: Client) -> None:
        path = f"/statuses/{gitlab.pull_request(3).head_sha}"
        assert lab.post(path, {"state": "great"}).json() == {"error": "state does not have a valid value"}
        assert lab.post(path, {}).json() == {"error": "state is missing"}
        assert message(lab.post(f"/statuses/{'f' * 40}", {"state": "success"})) == "404 Commit Not Found"


class TestUploads:
    def test_any_bytes_come_back(self, gitlab: FakeGitLab, lab: Client) -> None:
        content = b"\r\n--\r\n\r\r\n\n" + os.urandom(5000) + b"\r\n"
        made = lab("POST", "/uploads", files={"file": ("loss.png", content, "image/png")}).json()
        assert made["markdown"] == f"![loss]({made['url']})"
        assert [upload.content for upload in gitlab.uploads()] == [content]
        with Client(gitlab.server_url) as anyone:
            assert anyone.get(made["full_path"]).content == content
            assert anyone.get(f"/octo/digits{made['url']}").content == content
            assert anyone.get(f"/octo/other{made['url']}").status_code == 404

    def test_other_files_are_links(self, lab: Client) -> None:
        made = lab("POST", "/uploads", files={"file": ("report.json", b"{}")}).json()
        assert made["markdown"] == f"[report.json]({made['url']})"

    def test_a_file_must_come(self, lab: Client) -> None:
        assert lab.post("/uploads", {}).json() == {"error": "file is missing"}


def test_a_sub_path_is_part_of_every_address() -> None:
    with FakeGitLab(sub_path="/git/lab", merge_requests=[PullRequest(number=3)]) as forge:
        for number in range(3):
            forge.add_comment(3, str(number))
        with Client(f"{forge.api_url}/projects/octo%2Fdigits", **{"PRIVATE-TOKEN": forge.token()}) as client:
            pages = list(client.linked_pages(f"{NOTES}?per_page=1"))
            made = client("POST", "/uploads", files={"file": ("a.png", b"a")}).json()
            assert client.get(f"{forge.server_url}{made['full_path']}").content == b"a"
            assert client.get(forge.api_url.replace("/git/lab", "") + "/projects/42").status_code == 404
        assert len(pages) == 3
        assert forge.environ()["CI_API_V4_URL"].endswith("/git/lab/api/v4")


def test_the_environment_of_a_job(gitlab: FakeGitLab) -> None:
    request = gitlab.pull_request(3)
    environ = gitlab.environ(number=3)
    assert environ["CI_MERGE_REQUEST_IID"] == "3"
    assert environ["CI_COMMIT_SHA"] == request.head_sha
    assert "CI_COMMIT_BRANCH" not in environ
    branch = gitlab.environ(branch="feature")
    assert (branch["CI_COMMIT_BRANCH"], branch["CI_OPEN_MERGE_REQUESTS"]) == ("feature", "octo/digits!3")
    assert "CI_MERGE_REQUEST_IID" not in branch
