"""The environment of a GitHub Actions job, with its event file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from fakes.github.actions import shown_run
from fakes.github.payloads import repository, repository_id, user
from fakes.github.repositories import short_pull_request

if TYPE_CHECKING:
    from pathlib import Path

    from fakes.github.world import WorkflowRun, World
    from fakes.kernel.messages import Json
    from fakes.kernel.pull_request import PullRequest

NEW_BRANCH = "0" * 40


def pull_request_variables(world: World, request: PullRequest, folder: Path) -> dict[str, str]:
    """A job on a pull request: ``GITHUB_SHA`` is the merge commit, not the head."""
    event: Json = {
        "action": "synchronize",
        "number": request.number,
        "pull_request": short_pull_request(world, request),
    }
    return {
        **_event(world, "pull_request", event, folder),
        "GITHUB_REF": f"refs/pull/{request.number}/merge",
        "GITHUB_REF_NAME": f"{request.number}/merge",
        "GITHUB_SHA": world.merge_sha(request),
        "GITHUB_HEAD_REF": request.head,
        "GITHUB_BASE_REF": request.base,
    }


def push_variables(world: World, branch: str, sha: str, folder: Path) -> dict[str, str]:
    """A job on a push."""
    ref = f"refs/heads/{branch}"
    event: Json = {"ref": ref, "before": NEW_BRANCH, "after": sha, "created": True, "deleted": False, "forced": False}
    return {
        **_event(world, "push", event, folder),
        "GITHUB_REF": ref,
        "GITHUB_REF_NAME": branch,
        "GITHUB_SHA": sha,
        "GITHUB_HEAD_REF": "",
        "GITHUB_BASE_REF": "",
    }


def workflow_run_variables(world: World, run: WorkflowRun, folder: Path) -> dict[str, str]:
    """A job that follows another workflow's run: ref and SHA are the default branch's, whatever the run was on."""
    event: Json = {"action": "completed", "workflow_run": shown_run(world, run)}
    ref = f"refs/heads/{world.default_branch}"
    return {
        **_event(world, "workflow_run", event, folder),
        "GITHUB_REF": ref,
        "GITHUB_REF_NAME": world.default_branch,
        "GITHUB_SHA": world.git.ref(ref) or "",
        "GITHUB_HEAD_REF": "",
        "GITHUB_BASE_REF": "",
    }


def _event(world: World, name: str, event: Json, folder: Path) -> dict[str, str]:
    """What every job has: where the forge is, which run this is, and files to write to."""
    folder.mkdir(parents=True)
    whole = {**event, "repository": repository(world), "sender": user(world, "octocat")}
    (folder / "event.json").write_text(json.dumps(whole), encoding="utf-8")
    files = {"GITHUB_OUTPUT": "output", "GITHUB_STEP_SUMMARY": "summary.md", "GITHUB_ENV": "env"}
    for file in files.values():
        (folder / file).touch()
    return {
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": world.addresses.api,
        "GITHUB_GRAPHQL_URL": world.addresses.graphql,
        "GITHUB_SERVER_URL": world.addresses.web,
        "GITHUB_REPOSITORY": world.full_name,
        "GITHUB_REPOSITORY_ID": str(repository_id(world.full_name)),
        "GITHUB_REPOSITORY_OWNER": world.owner,
        "GITHUB_EVENT_NAME": name,
        "GITHUB_EVENT_PATH": str(folder / "event.json"),
        "GITHUB_RUN_ID": "4711",
        "GITHUB_RUN_NUMBER": "1",
        "GITHUB_RUN_ATTEMPT": "1",
        "GITHUB_WORKFLOW": "report",
        "GITHUB_JOB": "report",
        "GITHUB_ACTOR": "octocat",
        "RUNNER_TEMP": str(folder),
        "NO_PROXY": "127.0.0.1,localhost",
        **{variable: str(folder / file) for variable, file in files.items()},
    }
