"""Workflow runs and artifacts: the redirect to another host must lose the token."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from api_client import Client
from fakes import FakeGitHub, PullRequest

if TYPE_CHECKING:
    import requests


def zip_address(hub: Client, run: int) -> str:
    (artifact,) = hub.get(f"/actions/runs/{run}/artifacts").json()["artifacts"]
    return str(artifact["archive_download_url"])


def test_the_token_does_not_travel_to_storage(github: FakeGitHub, hub: Client) -> None:
    run = github.add_run(7)
    github.add_artifact(run, "headway-report", {"report.json": b"{}"})
    answer = hub.get(zip_address(hub, run.id))
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.read("report.json") == b"{}"
    storage = [request for request in github.requests if request.site == "storage"]
    assert ["authorization" in request.headers for request in storage] == [False]


def test_storage_refuses_a_token(github: FakeGitHub, hub: Client) -> None:
    run = github.add_run(7)
    github.add_artifact(run, "headway-report", {"report.json": b"{}"})
    place = redirect(hub, zip_address(hub, run.id))
    assert urlsplit(place).hostname != urlsplit(github.api_url).hostname
    answer = hub.get(place)
    assert (answer.status_code, b"InvalidAuthenticationInfo" in answer.content) == (400, True)
    with Client("") as anyone:
        assert anyone.get(place).status_code == 200
        assert anyone.get(place.partition("?")[0]).status_code == 403


def redirect(hub: Client, url: str) -> str:
    answer: requests.Response = hub.get(url, allow_redirects=False)
    assert answer.status_code == 302
    return answer.headers["Location"]


def test_artifacts_need_a_token_and_expire(github: FakeGitHub, hub: Client) -> None:
    run = github.add_run(7)
    github.add_artifact(run, "headway-report", b"not even a zip", expired=True)
    url = zip_address(hub, run.id)
    assert hub.get(url, headers={"Authorization": ""}).status_code == 401
    assert hub.get(url).status_code == 410
    assert hub.get("/actions/artifacts/999/zip").status_code == 404


def test_artifacts_are_listed_by_name(github: FakeGitHub, hub: Client) -> None:
    run = github.add_run(7)
    for name in ("images", "report"):
        github.add_artifact(run, name, {})
    listed = hub.get(f"/actions/runs/{run.id}/artifacts?name=report").json()
    assert (listed["total_count"], listed["artifacts"][0]["name"]) == (1, "report")


def test_a_run_of_a_fork_names_no_pull_request(github: FakeGitHub, hub: Client) -> None:
    github.open_pull_request(PullRequest(number=8, head_repository="fork/digits"))
    ours, theirs = (hub.get(f"/actions/runs/{github.add_run(number).id}").json() for number in (7, 8))
    assert [each["number"] for each in ours["pull_requests"]] == [7]
    assert (theirs["pull_requests"], theirs["head_repository"]["full_name"]) == ([], "fork/digits")
    assert hub.get("/actions/runs/1").status_code == 404
