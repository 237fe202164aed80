"""The fake Bitbucket Cloud: comments, Code Insights, build statuses, downloads, scopes."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
from api_client import Client
from fakes import FakeBitbucket, PullRequest

if TYPE_CHECKING:
    import requests

COMMENTS = "/pullrequests/5/comments"
REPORT = {"title": "Headway", "details": "0.90 to 0.92", "report_type": "TEST", "result": "PASSED"}


def text(raw: str) -> dict[str, Any]:
    return {"content": {"raw": raw}}


def error(answer: requests.Response) -> dict[str, Any]:
    body: dict[str, Any] = answer.json()
    assert body["type"] == "error"
    return dict(body["error"])


def test_250_comments_come_by_next(bitbucket: FakeBitbucket, bucket: Client) -> None:
    for number in range(250):
        bitbucket.add_comment(5, f"comment {number}")
    url: str | None = f"{COMMENTS}?pagelen=100"
    sizes, bodies = [], []
    while url is not None:
        page = bucket.get(url).json()
        sizes.append(len(page["values"]))
        bodies += [each["content"]["raw"] for each in page["values"]]
        assert page["size"] == 250
        url = page.get("next")
    assert (sizes, bodies) == ([100, 100, 50], [f"comment {number}" for number in range(250)])


def test_pages_have_bounds(bitbucket: FakeBitbucket, bucket: Client) -> None:
    for number in range(12):
        bitbucket.add_comment(5, str(number))
    assert len(bucket.get(COMMENTS).json()["values"]) == 10
    assert error(bucket.get(f"{COMMENTS}?pagelen=101"))["message"] == "Invalid pagelen"
    assert error(bucket.get(f"{COMMENTS}?page=3"))["message"] == "Invalid page"
    last = bucket.get(f"{COMMENTS}?page=2&sort=-created_on").json()
    assert [each["content"]["raw"] for each in last["values"]] == ["1", "0"]
    assert ("previous" in last, "next" in last) == (True, False)


def test_a_comment_lives_and_stays_as_deleted(bitbucket: FakeBitbucket, bucket: Client) -> None:
    made = bucket.post(COMMENTS, text("first"))
    assert made.status_code == 201
    path = f"{COMMENTS}/{made.json()['id']}"
    assert bucket.put(path, text("second")).json()["content"]["raw"] == "second"
    assert bucket.delete(path).status_code == 204
    (left,) = bucket.get(COMMENTS).json()["values"]
    assert (left["deleted"], left["content"]["raw"]) == (True, "")
    assert bucket.put(path, text("third")).status_code == 404
    assert [comment.deleted for comment in bitbucket.comments(5)] == [True]


def test_only_the_author_changes_a_comment(bitbucket: FakeBitbucket, bucket: Client) -> None:
    path = f"{COMMENTS}/{bitbucket.add_comment(5, 'theirs').id}"
    assert bucket.put(path, text("mine")).status_code == bucket.delete(path).status_code == 403


def test_a_comment_on_a_commit_lives(bitbucket: FakeBitbucket, bucket: Client) -> None:
    sha = bitbucket.pull_request(5).head_sha
    path = f"/commit/{sha}/comments"
    made = bucket.post(path, text("first")).json()
    assert bucket.put(f"{path}/{made['id']}", text("second")).json()["commit"]["hash"] == sha
    assert bucket.get(f"{path}/{made['id']}").json()["content"]["raw"] == "second"
    assert bucket.delete(f"{path}/{made['id']}").status_code == 204
    assert [comment.deleted for comment in bitbucket.commit_comments(sha)] == [True]
    assert bucket.get(f"/commit/{'f' * 40}/comments").status_code == 404


@pytest.mark.parametrize("body", [{}, {"content": "x"}, text(" "), text("x" * 32_769)])
def test_bad_comments_are_refused(bucket: Client, body: object) -> None:
    answer = bucket.post(COMMENTS, body)
    assert (answer.status_code, error(answer)["message"]) == (400, "Bad request")


def test_a_comment_of_the_greatest_length_is_taken(bucket: Client) -> None:
    assert bucket.post(COMMENTS, text("x" * 32_768)).status_code == 201


def test_a_new_comment_shows_up_late(bitbucket: FakeBitbucket, bucket: Client) -> None:
    bitbucket.lag.comments = 1
    bucket.post(COMMENTS, text("late"))
    assert [bucket.get(COMMENTS).json()["size"] for _ in range(2)] == [0, 1]


class TestTokens:
    def test_missing_scopes_are_named(self, bitbucket: FakeBitbucket, bucket: Client) -> None:
        reader = {"Authorization": f"Bearer {bitbucket.token('read')}"}
        answer = bucket.post(COMMENTS, text("x"), headers=reader)
        assert answer.status_code == 403
        assert error(answer)["detail"] == {"granted": ["repository"], "required": ["pullrequest"]}
        downloads = bucket("POST", "/downloads", files={"files": ("a", b"a")}, headers=reader)
        assert error(downloads)["detail"]["required"] == ["repository:write"]

    def test_an_api_token_comes_with_an_email_address(self, bitbucket: FakeBitbucket, bucket: Client) -> None:
        pair = f"me@example.org:{bitbucket.token('api', login='me')}"
        basic = {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        assert bucket.get(f"{bitbucket.api_url}/user", headers=basic).json()["nickname"] == "me"
        assert bucket.post(COMMENTS, text("x"), headers=basic).json()["user"]["nickname"] == "me"

    def test_a_repositorys_token_is_no_account(self, bitbucket: FakeBitbucket, bucket: Client) -> None:
        assert error(bucket.get(f"{bitbucket.api_url}/user"))["detail"]["required"] == ["account"]

    def test_nobody_and_strangers(self) -> None:
        with (
            FakeBitbucket(private=True, pull_requests=[PullRequest(number=5)]) as forge,
            Client(f"{forge.api_url}/repositories/octo/digits") as client,
        ):
            stranger = {"Authorization": f"Bearer {forge.token('stranger')}"}
            wrong = {"Authorization": "Bearer nonsense"}
            member = {"Authorization": f"Bearer {forge.token()}"}
            statuses = [client.get(COMMENTS, headers=each).status_code for each in ({}, stranger, wrong, member)]
        assert statuses == [404, 404, 401, 200]

    def test_a_public_repository_is_read_by_anyone(self, bitbucket: FakeBitbucket) -> None:
        with Client(f"{bitbucket.api_url}/repositories/octo/digits") as nobody:
            assert nobody.get(COMMENTS).status_code == 200
            assert nobody.post(COMMENTS, text("x")).status_code == 401


class TestInsights:
    def test_a_report_is_put_twice_and_there_once(self, bitbucket: FakeBitbucket, bucket: Client) -> None:
        sha = bitbucket.pull_request(5).head_sha
        path = f"/commit/{sha}/reports/headway-1"
        data = [{"title": "Accuracy", "type": "PERCENTAGE", "value": 92}]
        assert bucket.put(path, REPORT).status_code == 200
        assert bucket.put(path, {**REPORT, "result": "FAILED", "data": data}).json()["result"] == "FAILED"
        assert [(report.fields["result"], report.fields["data"]) for report in bitbucket.reports(sha)] == [
            ("FAILED", data)
        ]

    @pytest.mark.parametrize(
        "change",
        [
            {"title": None},
            {"report_type": "METRICS"},
            {"result": "NEUTRAL"},
        ],
    )
    def test_bad_reports_are_refused(self, bitbucket: FakeBitbucket, bucket: Client, change: dict[str, Any]) -> None:
        path = f"/commit/{bitbucket.pull_request(5).head_sha}/reports/headway-1"
        assert bucket.put(path, {**REPORT, **change}).status_code == 400


class TestStatuses:
    def test_a_key_is_there_once(self, bitbucket: FakeBitbucket, bucket: Client) -> None:
        sha = bitbucket.pull_request(5).head_sha
        path = f"/commit/{sha}/statuses"
        body = {"key": "headway", "state": "INPROGRESS", "url": "https://example.org/run"}
        assert bucket.post(f"{path}/build", body).status_code == 201
        assert bucket.post(f"{path}/build", {**body, "state": "SUCCESSFUL"}).status_code == 201
        assert [status.fields["state"] for status in bitbucket.statuses(sha)] == ["SUCCESSFUL"]

    def test_bad_statuses_are_refused(self, bitbucket: FakeBitbucket, bucket: Client) -> None:
        path = f"/commit/{bitbucket.pull_request(5).head_sha}/statuses/build"
        assert bucket.post(path, {"key": "k", "state": "SUCCESSFUL"}).status_code == 400
        assert bucket.post(path, {"key": "k", "state": "GREAT", "url": "https://example.org/"}).status_code == 400


def test_downloads_are_kept_and_listed(bitbucket: FakeBitbucket, bucket: Client) -> None:
    assert bucket("POST", "/downloads", files={"files": ("a.png", b"\r\na\x00")}).status_code == 201
    assert bitbucket.downloads() == {"a.png": b"\r\na\x00"}
    assert [each["name"] for each in bucket.get("/downloads").json()["values"]] == ["a.png"]
    assert bucket.post("/downloads", {}).status_code == 400


def test_pull_requests_name_short_commits(bitbucket: FakeBitbucket, bucket: Client) -> None:
    sha = bitbucket.pull_request(5).head_sha
    shown = bucket.get("/pullrequests/5").json()
    assert shown["source"]["commit"]["hash"] == sha[:12]
    assert bucket.get(f"/commit/{sha[:12]}/comments").status_code == 200
    assert [each["id"] for each in bucket.get("/pullrequests?state=OPEN&pagelen=50").json()["values"]] == [5]
    assert bucket.get("/pullrequests?pagelen=51").status_code == 400
    assert bitbucket.push(5).startswith(bucket.get("/pullrequests/5").json()["source"]["commit"]["hash"])
    bitbucket.close_pull_request(5)
    assert bucket.get("/pullrequests/5").json()["state"] == "DECLINED"


def test_the_environment_of_a_step(bitbucket: FakeBitbucket) -> None:
    environ = bitbucket.environ(number=5)
    assert environ["BITBUCKET_PR_ID"] == "5"
    assert environ["BITBUCKET_COMMIT"] == bitbucket.pull_request(5).head_sha
    assert "BITBUCKET_PR_ID" not in bitbucket.environ(branch="main")
