"""Workflow runs and their artifacts, which live on a storage server of another host."""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from fakes.github.payloads import FOUNDED, counted, minimal_repository, node_id, stable_id, user
from fakes.github.refusals import not_found, refuse
from fakes.github.repositories import pull_request_reference
from fakes.kernel.clock import iso_seconds
from fakes.kernel.messages import Call, Json, RefusalError, Reply, json_reply
from fakes.kernel.routes import Routes

if TYPE_CHECKING:
    from fakes.github.world import Artifact, WorkflowRun, World

routes: Routes[World] = Routes()

NINETY_DAYS = 90 * 86_400
_RUN_LINKS = {
    "jobs_url": "/jobs",
    "logs_url": "/logs",
    "artifacts_url": "/artifacts",
    "cancel_url": "/cancel",
    "rerun_url": "/rerun",
}


@routes.add("GET", "/repos/{owner}/{repo}/actions/runs/{run_id}", needs="actions=read")
def get_run(world: World, call: Call) -> Reply:
    """One run of a workflow."""
    return json_reply(200, shown_run(world, _run(world, call)))


@routes.add("GET", "/repos/{owner}/{repo}/actions/runs/{run_id}/artifacts", needs="actions=read")
def list_artifacts(world: World, call: Call) -> Reply:
    """A run's artifacts, newest first."""
    run = _run(world, call)
    name = call.request.query.get("name")
    found = [each for each in reversed(world.artifacts.values()) if each.run == run.id and name in {None, each.name}]
    return counted(world, call, "artifacts", found, lambda artifact: shown_artifact(world, artifact))


@routes.add("GET", "/repos/{owner}/{repo}/actions/artifacts/{artifact_id}", needs="actions=read")
def get_artifact(world: World, call: Call) -> Reply:
    """One artifact's description."""
    return json_reply(200, shown_artifact(world, _artifact(world, call)))


@routes.add("GET", "/repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}", needs="actions=read")
def download_artifact(world: World, call: Call) -> Reply:
    """Where the archive is, signed and for a short time; even public artifacts are for signed-in callers only."""
    artifact = _artifact(world, call)
    if call.caller is None:
        raise refuse(401, "Requires authentication")
    if artifact.expired:
        raise refuse(410, "Artifact has expired")
    place = f"{world.addresses.storage}/artifacts/{artifact.id}.zip?sig={_signature(artifact)}"
    return Reply(status=302, headers={"Location": place})


@routes.add("GET", "/artifacts/{name}", site="storage")
def stored_artifact(world: World, call: Call) -> Reply:
    """The archive itself. The signature is in the address; a token sent as well is refused, as Azure does."""
    if "authorization" in call.request.headers:
        raise RefusalError(_storage_error(400, "InvalidAuthenticationInfo"))
    number = call.params["name"].removesuffix(".zip")
    artifact = world.artifacts.get(int(number)) if number.isdigit() else None
    if artifact is None or call.request.query.get("sig") != _signature(artifact):
        raise RefusalError(_storage_error(403, "AuthenticationFailed"))
    return Reply(status=200, headers={"Content-Type": "application/zip"}, body=artifact.archive)


def shown_run(world: World, run: WorkflowRun) -> Json:
    """A run as GitHub shows it; for a fork's commit, the list of pull requests is empty, as on GitHub."""
    same = run.head_repository == world.full_name
    found = [each for each in world.pull_requests.values() if same and each.head_sha == run.head_sha]
    then = iso_seconds(FOUNDED)
    return {
        **_run_places(world, run),
        "id": run.id,
        "node_id": node_id("WFR", run.id),
        "name": PurePosixPath(run.path).stem,
        "display_title": PurePosixPath(run.path).stem,
        "path": run.path,
        "head_branch": run.head_branch,
        "head_sha": run.head_sha,
        "head_commit": _head_commit(run),
        "run_number": 1,
        "run_attempt": run.attempt,
        "event": run.event,
        "status": "completed",
        "conclusion": run.conclusion,
        "pull_requests": [pull_request_reference(world, each) for each in found],
        "actor": user(world, "octocat"),
        "triggering_actor": user(world, "octocat"),
        "repository": minimal_repository(world),
        "head_repository": minimal_repository(world, run.head_repository),
        **dict.fromkeys(("created_at", "updated_at", "run_started_at"), then),
    }


def _run_places(world: World, run: WorkflowRun) -> Json:
    """Where a run and what belongs to it are found."""
    url = f"{world.url}/actions/runs/{run.id}"
    workflow = stable_id(f"workflow {run.path}")
    return {
        "url": url,
        "html_url": f"{world.html_url}/actions/runs/{run.id}",
        **{name: url + suffix for name, suffix in _RUN_LINKS.items()},
        "check_suite_url": f"{world.url}/check-suites/{stable_id(f'suite {run.head_sha}')}",
        "workflow_id": workflow,
        "workflow_url": f"{world.url}/actions/workflows/{workflow}",
    }


def _head_commit(run: WorkflowRun) -> Json:
    person = {"name": "octocat", "email": "octocat@example.org"}
    return {
        "id": run.head_sha,
        "tree_id": run.head_sha,
        "message": "",
        "timestamp": iso_seconds(FOUNDED),
        "author": person,
        "committer": person,
    }


def shown_artifact(world: World, artifact: Artifact) -> Json:
    """An artifact as GitHub shows it."""
    url = f"{world.url}/actions/artifacts/{artifact.id}"
    run = world.runs[artifact.run]
    then = iso_seconds(FOUNDED)
    return {
        "id": artifact.id,
        "node_id": node_id("MDg6QXJ0aWZhY3Q", artifact.id),
        "name": artifact.name,
        "size_in_bytes": len(artifact.archive),
        "url": url,
        "archive_download_url": f"{url}/zip",
        "expired": artifact.expired,
        "digest": f"sha256:{hashlib.sha256(artifact.archive).hexdigest()}",
        "created_at": then,
        "updated_at": then,
        "expires_at": iso_seconds(FOUNDED + NINETY_DAYS),
        "workflow_run": {
            "id": run.id,
            "repository_id": minimal_repository(world)["id"],
            "head_repository_id": minimal_repository(world, run.head_repository)["id"],
            "head_branch": run.head_branch,
            "head_sha": run.head_sha,
        },
    }


def _run(world: World, call: Call) -> WorkflowRun:
    run = world.runs.get(call.number("run_id"))
    if run is None:
        raise not_found()
    return run


def _artifact(world: World, call: Call) -> Artifact:
    artifact = world.artifacts.get(call.number("artifact_id"))
    if artifact is None:
        raise not_found()
    return artifact


def _signature(artifact: Artifact) -> str:
    return hashlib.sha256(f"{artifact.id} {artifact.name}".encode()).hexdigest()[:32]


def _storage_error(status: int, code: str) -> Reply:
    body = f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code></Error>'.encode()
    return Reply(status=status, headers={"Content-Type": "application/xml"}, body=body)
