"""Workflow runs, who approved their jobs, and their artifacts, which live on a storage server of another host."""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import quote

from fakes.core.messages import HttpError, Json, Reply, json_reply
from fakes.core.routes import Routes
from fakes.core.state import FOUNDED, iso_seconds, made_up_sha
from fakes.github.access import errors
from fakes.github.openapi import DESCRIPTION
from fakes.github.payloads import listing, node_id, repository, repository_id, stable_id, user
from fakes.github.repositories import own_pull_requests, pull_request_reference
from fakes.github.state import JOB_RUN

if TYPE_CHECKING:
    from fakes.core.routes import Call
    from fakes.github.state import Artifact, GitHubState, RunReview, WorkflowRun

routes: Routes[GitHubState] = Routes()


@routes.add("GET", "/repos/{owner}/{repo}/actions/runs/{run_id}", needs="actions=read")
def get_run(state: GitHubState, call: Call) -> Reply:
    return json_reply(200, shown_run(state, _run(state, call)))


@routes.add("GET", "/repos/{owner}/{repo}/actions/runs/{run_id}/artifacts", needs="actions=read")
def list_artifacts(state: GitHubState, call: Call) -> Reply:
    """A run's artifacts, newest first."""
    run, name = _run(state, call), call.request.query.get("name")
    found = [each for each in reversed(state.artifacts.values()) if each.run == run and name in {None, each.name}]
    return listing(state, call, found, lambda artifact: _shown_artifact(state, artifact), "artifacts")


@routes.add("GET", "/repos/{owner}/{repo}/actions/runs/{run_id}/approvals", needs="actions=read")
def list_run_reviews(state: GitHubState, call: Call) -> Reply:
    """Who approved or rejected the jobs of a run, oldest first and not in pages; the run of a job is always there."""
    number = call.number("run_id")
    if number != JOB_RUN and number not in state.runs:
        raise errors.not_found()
    return json_reply(200, [_shown_review(state, review) for review in state.run_reviews.get(number, ())])


@routes.add("GET", "/repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}", needs="actions=read")
def download_artifact(state: GitHubState, call: Call) -> Reply:
    """Where the archive is, signed and for a short time; even public artifacts are for signed-in callers only."""
    artifact = state.artifacts.get(call.number("artifact_id"))
    if artifact is None:
        raise errors.not_found()
    if call.caller is None:
        raise errors.error(401, "Requires authentication")
    if artifact.expired:
        raise errors.error(410, "Artifact has expired")
    place = f"{state.storage_url}/artifacts/{artifact.id}?sig={_signature(artifact)}"
    return Reply(status=302, headers={"Location": place})


@routes.add("GET", "/artifacts/{artifact_id}", site="storage")
def stored_artifact(state: GitHubState, call: Call) -> Reply:
    """The archive itself. The signature is in the address; a token sent as well is refused, as Azure does."""
    if "authorization" in call.request.headers:
        raise _storage_error(400, "InvalidAuthenticationInfo")
    artifact = state.artifacts.get(call.number("artifact_id"))
    if artifact is None or call.request.query.get("sig") != _signature(artifact):
        raise _storage_error(403, "AuthenticationFailed")
    return Reply(status=200, headers={"Content-Type": "application/zip"}, body=artifact.archive)


def shown_run(state: GitHubState, run: WorkflowRun) -> Json:
    """A run as GitHub shows it; for a fork's commit, the list of pull requests is empty, as on GitHub."""
    found = own_pull_requests(state, run.head_sha) if run.head_repository == state.full_name else []
    known = {
        "id": run.id,
        "url": f"{state.url}/actions/runs/{run.id}",
        "html_url": f"{state.html_url}/actions/runs/{run.id}",
        "name": PurePosixPath(run.path).stem,
        "path": run.path,
        "head_branch": run.head_branch,
        "head_sha": run.head_sha,
        "run_attempt": run.attempt,
        "event": run.event,
        "status": "completed",
        "conclusion": run.conclusion,
        "pull_requests": [pull_request_reference(state, each) for each in found],
        "repository": repository(state),
        "head_repository": repository(state, run.head_repository),
    }
    return DESCRIPTION.completed("workflow-run", known)


def _shown_artifact(state: GitHubState, artifact: Artifact) -> Json:
    url, run = f"{state.url}/actions/artifacts/{artifact.id}", artifact.run
    known = {
        "id": artifact.id,
        "name": artifact.name,
        "size_in_bytes": len(artifact.archive),
        "url": url,
        "archive_download_url": f"{url}/zip",
        "expired": artifact.expired,
        "digest": f"sha256:{hashlib.sha256(artifact.archive).hexdigest()}",
        "workflow_run": {
            "id": run.id,
            "repository_id": repository_id(state.full_name),
            "head_repository_id": repository_id(run.head_repository),
            "head_branch": run.head_branch,
            "head_sha": run.head_sha,
        },
    }
    return DESCRIPTION.completed("artifact", known)


def _shown_review(state: GitHubState, review: RunReview) -> Json:
    number = stable_id(f"environment {review.environment}")
    environment: Json = {
        "id": number,
        "node_id": node_id("EN", number),
        "name": review.environment,
        "url": f"{state.url}/environments/{quote(review.environment, safe='')}",
        "html_url": f"{state.html_url}/deployments/activity_log?environments_filter={quote(review.environment)}",
        "created_at": iso_seconds(FOUNDED),
        "updated_at": iso_seconds(FOUNDED),
    }
    return {
        "environments": [environment],
        "state": review.state,
        "user": user(state, review.login),
        "comment": review.comment,
    }


def _run(state: GitHubState, call: Call) -> WorkflowRun:
    run = state.runs.get(call.number("run_id"))
    if run is None:
        raise errors.not_found()
    return run


def _signature(artifact: Artifact) -> str:
    return made_up_sha(f"{artifact.id} {artifact.name}")


def _storage_error(status: int, code: str) -> HttpError:
    body = f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code></Error>'.encode()
    return HttpError(Reply(status=status, headers={"Content-Type": "application/xml"}, body=body))
