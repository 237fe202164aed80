"""Approvals, events by the API and deployments on the fake GitHub: limits, permissions, pages, what ends what."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from api_client import Client

if TYPE_CHECKING:
    from fakes import FakeGitHub

SHA = "5" * 40
EVENT = {"event_type": "headway-promotion", "client_payload": {"name": "digits"}}
PLAIN = {"ref": SHA, "auto_merge": False, "required_contexts": []}


@pytest.fixture(autouse=True)
def _with_commit(github: FakeGitHub) -> None:
    github.add_commit(SHA)


def deploy(hub: Client, **fields: object) -> int:
    answer = hub.post("/deployments", {**PLAIN, **fields})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def states(hub: Client, deployment: int) -> list[str]:
    return [status["state"] for status in hub.get(f"/deployments/{deployment}/statuses").json()]


def set_state(hub: Client, deployment: int, state: str, **fields: object) -> dict[str, Any]:
    answer = hub.post(f"/deployments/{deployment}/statuses", {"state": state, **fields})
    assert answer.status_code == 201, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


class TestApprovals:
    def test_are_listed_in_their_order(self, github: FakeGitHub, hub: Client) -> None:
        github.review_run("production", "ada", "rejected", comment="not yet")
        github.review_run("production", "grace")
        shown = hub.get("/actions/runs/4711/approvals").json()
        assert [(each["user"]["login"], each["state"], each["comment"]) for each in shown] == [
            ("ada", "rejected", "not yet"),
            ("grace", "approved", ""),
        ]
        assert [each["name"] for each in shown[0]["environments"]] == ["production"]

    def test_are_of_one_run(self, github: FakeGitHub, hub: Client) -> None:
        run = github.add_run(7)
        github.review_run("production", "ada", run=run.id)
        assert len(hub.get(f"/actions/runs/{run.id}/approvals").json()) == 1
        assert hub.get("/actions/runs/4711/approvals").json() == []
        assert hub.get("/actions/runs/1/approvals").status_code == 404


class TestEvents:
    def test_are_kept_and_start_a_job_of_the_default_branch(self, github: FakeGitHub, hub: Client) -> None:
        answer = hub.post("/dispatches", EVENT)
        assert (answer.status_code, answer.content) == (204, b"")
        (kept,) = github.dispatches()
        assert (kept.event_type, kept.client_payload) == ("headway-promotion", {"name": "digits"})
        environ = github.environ(event="repository_dispatch")
        event = json.loads(Path(environ["GITHUB_EVENT_PATH"]).read_text())
        assert (event["action"], event["client_payload"]) == ("headway-promotion", {"name": "digits"})
        assert environ["GITHUB_REF"] == "refs/heads/main"

    @pytest.mark.parametrize(
        ("body", "why"),
        [
            ({"client_payload": {}}, "wasn't supplied"),
            ({"event_type": ""}, "0 were supplied"),
            ({"event_type": "x" * 101}, "101 were supplied"),
            ({"event_type": "x", "client_payload": {str(n): n for n in range(11)}}, "11 were supplied"),
            ({"event_type": "x", "client_payload": {"a": "x" * 65_536}}, "too large"),
            ({"event_type": "x", "client_payload": "text"}, "is not an object"),
        ],
    )
    def test_have_limits(self, github: FakeGitHub, hub: Client, body: object, why: str) -> None:
        answer = hub.post("/dispatches", body)
        assert (answer.status_code, why in answer.json()["message"]) == (422, True), answer.text
        assert github.dispatches() == []

    def test_at_the_limits_are_taken(self, hub: Client) -> None:
        assert hub.post("/dispatches", {"event_type": "x" * 100}).status_code == 204
        payload = {str(number): number for number in range(10)}
        assert hub.post("/dispatches", {"event_type": "x", "client_payload": payload}).status_code == 204

    def test_need_write_access(self, github: FakeGitHub) -> None:
        with Client(f"{github.api_url}/repos/octo/digits", bearer=github.token("read")) as reader:
            answer = reader.post("/dispatches", EVENT)
        assert (answer.status_code, answer.json()["message"]) == (403, "Resource not accessible by integration")


class TestDeployments:
    def test_are_listed_newest_first_in_pages_and_by_their_fields(self, hub: Client) -> None:
        made = [deploy(hub, environment=f"stage-{number % 2}") for number in range(5)]
        pages = list(hub.linked_pages(f"/deployments?sha={SHA}&per_page=2"))
        assert [[each["id"] for each in page] for page in pages] == [made[4:2:-1], made[2:0:-1], made[:1]]
        found = hub.get("/deployments?environment=stage-1").json()
        assert [each["id"] for each in found] == [made[3], made[1]]
        assert hub.get(f"/deployments?sha={'6' * 40}").json() == []

    def test_have_githubs_defaults(self, hub: Client) -> None:
        hub.post("/deployments", PLAIN)
        (shown,) = hub.get("/deployments").json()
        assert {name: shown[name] for name in ("task", "environment", "payload", "production_environment")} == {
            "task": "deploy",
            "environment": "production",
            "payload": {},
            "production_environment": True,
        }

    def test_of_an_unknown_commit_are_refused(self, hub: Client) -> None:
        answer = hub.post("/deployments", {**PLAIN, "ref": "6" * 40})
        assert (answer.status_code, answer.json()["message"]) == (422, f"No ref found for: {'6' * 40}")

    def test_wait_for_statuses_unless_none_is_required(self, hub: Client) -> None:
        hub.post(f"/statuses/{SHA}", {"state": "pending", "context": "test"})
        body = {"ref": SHA, "auto_merge": False}
        assert hub.post("/deployments", body).status_code == 409
        assert hub.post("/deployments", {**body, "required_contexts": ["other"]}).status_code == 409
        assert hub.post("/deployments", {**body, "required_contexts": []}).status_code == 201

    def test_merge_the_default_branch_unless_forbidden(self, github: FakeGitHub, hub: Client) -> None:
        github.add_files({"a": b""}, "feature")
        github.add_files({"b": b""}, "main")
        assert hub.post("/deployments", {"ref": "feature", "required_contexts": []}).status_code == 202
        assert hub.post("/deployments", {**PLAIN, "ref": "feature"}).status_code == 201

    def test_need_write_access(self, github: FakeGitHub) -> None:
        with Client(f"{github.api_url}/repos/octo/digits", bearer=github.token("read")) as reader:
            assert reader.post("/deployments", PLAIN).status_code == 403
            assert reader.get("/deployments").json() == []


class TestStatuses:
    def test_are_listed_newest_first_and_link_to_the_log(self, hub: Client) -> None:
        made = deploy(hub)
        set_state(hub, made, "in_progress")
        shown = set_state(hub, made, "success", log_url="https://x.example/log", description="fine")
        assert states(hub, made) == ["success", "in_progress"]
        assert (shown["target_url"], shown["description"]) == ("https://x.example/log", "fine")

    def test_of_success_end_what_was_deployed_before_to_the_same_environment(self, hub: Client) -> None:
        first, failed, elsewhere = deploy(hub, environment="a"), deploy(hub, environment="a"), deploy(hub)
        for made, state in ((first, "success"), (failed, "failure"), (elsewhere, "success")):
            set_state(hub, made, state)
        set_state(hub, deploy(hub, environment="a"), "success")
        assert [states(hub, made) for made in (first, failed, elsewhere)] == [
            ["inactive", "success"],
            ["failure"],
            ["success"],
        ]

    def test_of_success_leave_production_and_what_they_are_told_to(self, hub: Client) -> None:
        production, staging = deploy(hub), deploy(hub, environment="staging")
        for made in (production, staging):
            set_state(hub, made, "success")
        set_state(hub, deploy(hub), "success")
        set_state(hub, deploy(hub, environment="staging"), "success", auto_inactive=False)
        assert (states(hub, production), states(hub, staging)) == (["success"], ["success"])

    @pytest.mark.parametrize("body", [{}, {"state": "done"}, {"state": "success", "description": "x" * 141}])
    def test_that_are_not_valid_are_refused(self, hub: Client, body: object) -> None:
        assert hub.post(f"/deployments/{deploy(hub)}/statuses", body).status_code == 422

    def test_of_an_unknown_deployment_are_not_found(self, hub: Client) -> None:
        assert hub.post("/deployments/1/statuses", {"state": "success"}).status_code == 404
        assert hub.get("/deployments/1/statuses").status_code == 404
