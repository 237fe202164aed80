"""The environment of a GitHub Actions job, with its event file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from fakes.github.actions import shown_run
from fakes.github.payloads import user, whole_repository
from fakes.github.repositories import shown_pull_request

if TYPE_CHECKING:
    from pathlib import Path

    from fakes.core.messages import Json
    from fakes.core.state import PullRequest
    from fakes.github.state import GitHubState, WorkflowRun

NEW_BRANCH = "0" * 40


def pull_request_variables(state: GitHubState, request: PullRequest, folder: Path) -> dict[str, str]:
    """A job on a pull request: ``GITHUB_SHA`` is the merge commit, not the head."""
    shown = shown_pull_request(state, request)
    event: Json = {"action": "synchronize", "number": request.number, "pull_request": shown}
    return {
        **_job(state, "pull_request", event, folder),
        "GITHUB_REF": f"refs/pull/{request.number}/merge",
        "GITHUB_REF_NAME": f"{request.number}/merge",
        "GITHUB_SHA": state.merge_sha(request),
        "GITHUB_HEAD_REF": request.head,
        "GITHUB_BASE_REF": request.base,
    }


def push_variables(state: GitHubState, branch: str, folder: Path) -> dict[str, str]:
    """A job on a push."""
    change: Json = {"ref": f"refs/heads/{branch}", "before": NEW_BRANCH, "after": state.tip(branch)}
    return _on_branch(state, branch, "push", {**change, "created": True, "deleted": False, "forced": False}, folder)


def workflow_run_variables(state: GitHubState, run: WorkflowRun, folder: Path) -> dict[str, str]:
    """A job that follows another workflow's run: ref and SHA are the default branch's, whatever the run was on."""
    event: Json = {"action": "completed", "workflow_run": shown_run(state, run)}
    return _on_branch(state, state.default_branch, "workflow_run", event, folder)


def _on_branch(state: GitHubState, branch: str, name: str, event: Json, folder: Path) -> dict[str, str]:
    return {
        **_job(state, name, event, folder),
        "GITHUB_REF": f"refs/heads/{branch}",
        "GITHUB_REF_NAME": branch,
        "GITHUB_SHA": state.tip(branch),
        "GITHUB_HEAD_REF": "",
        "GITHUB_BASE_REF": "",
    }


def _job(state: GitHubState, name: str, event: Json, folder: Path) -> dict[str, str]:
    """What every job has: where the forge is, which run this is, and files to write to."""
    folder.mkdir(parents=True)
    whole = {**event, "repository": whole_repository(state), "sender": user(state, "octocat")}
    (folder / "event.json").write_text(json.dumps(whole), encoding="utf-8")
    files = {"GITHUB_OUTPUT": "output", "GITHUB_STEP_SUMMARY": "summary.md"}
    for file in files.values():
        (folder / file).touch()
    return {
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": state.addresses.api,
        "GITHUB_GRAPHQL_URL": state.addresses.graphql,
        "GITHUB_SERVER_URL": state.addresses.web,
        "GITHUB_REPOSITORY": state.full_name,
        "GITHUB_EVENT_NAME": name,
        "GITHUB_EVENT_PATH": str(folder / "event.json"),
        "GITHUB_RUN_ID": "4711",
        "GITHUB_RUN_ATTEMPT": "1",
        "RUNNER_TEMP": str(folder),
        "NO_PROXY": "127.0.0.1,localhost",
        **{variable: str(folder / file) for variable, file in files.items()},
    }
