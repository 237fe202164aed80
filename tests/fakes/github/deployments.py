"""Events that the API makes, and deployments with their statuses."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fakes.core.messages import Json, Reply, json_reply, no_content
from fakes.core.routes import Routes
from fakes.core.state import iso_seconds
from fakes.github.access import errors
from fakes.github.openapi import DESCRIPTION
from fakes.github.payloads import listing, node_id, user
from fakes.github.state import Deployment, DeploymentStatus, Dispatch, GitHubState

if TYPE_CHECKING:
    from fakes.core.routes import Call

routes: Routes[GitHubState] = Routes()

EVENT_TYPE_LIMIT = 100
MOST_PROPERTIES = 10
PAYLOAD_LIMIT = 64 * 1024
DESCRIPTION_LIMIT = 140
STATES = ("error", "failure", "inactive", "in_progress", "queued", "pending", "success")
DEPLOYMENTS = "/repos/{owner}/{repo}/deployments"
STATUSES = f"{DEPLOYMENTS}/{{deployment_id}}/statuses"


@routes.add("POST", "/repos/{owner}/{repo}/dispatches", needs="contents=write")
def create_dispatch(state: GitHubState, call: Call) -> Reply:
    """An event for the default branch's workflows; it is gone when they have begun, so only tests can look at it."""
    body = call.request.json()
    event_type, payload = errors.required_text(body, "event_type"), body.get("client_payload", {})
    if not event_type:
        raise errors.invalid_request("Only strings of at least 1 character are allowed; 0 were supplied.")
    if len(event_type) > EVENT_TYPE_LIMIT:
        limit = f"Only {EVENT_TYPE_LIMIT} characters are allowed"
        raise errors.invalid_request(f"{limit}; {len(event_type)} were supplied.")
    if not isinstance(payload, dict):
        raise errors.invalid_request(f"For 'properties/client_payload', {payload!r} is not an object.")
    if len(payload) > MOST_PROPERTIES:
        limit = f"No more than {MOST_PROPERTIES} properties are allowed"
        raise errors.invalid_request(f"{limit}; {len(payload)} were supplied.")
    if len(call.request.body) >= PAYLOAD_LIMIT:
        raise errors.invalid_request("client_payload is too large.")
    state.dispatches.append(Dispatch(event_type=event_type, client_payload=payload, sender=call.login))
    return no_content()


@routes.add("GET", DEPLOYMENTS, needs="deployments=read")
def list_deployments(state: GitHubState, call: Call) -> Reply:
    """The deployments, newest first, by any of four fields."""
    wanted = {name: value for name, value in call.request.query.items() if name in {"sha", "ref", "task"}}
    environment = call.request.query.get("environment")
    found = [
        each
        for each in reversed(state.deployments.values())
        if {"sha": each.sha, "ref": each.fields["ref"], "task": each.fields["task"]}.items() >= wanted.items()
        and environment in {None, each.environment}
    ]
    return listing(state, call, found, lambda deployment: _shown_deployment(state, deployment))


@routes.add("POST", DEPLOYMENTS, needs="deployments=write")
def create_deployment(state: GitHubState, call: Call) -> Reply:
    """A new deployment; unless the caller says otherwise, of a commit that is up to date and has no bad status."""
    body = call.request.json()
    ref = errors.required_text(body, "ref")
    sha = state.resolve(ref)
    if sha is None:
        raise errors.error(422, f"No ref found for: {ref}")
    if body.get("auto_merge", True) and _is_behind(state, ref):
        return json_reply(202, {"message": f"Auto-merged {state.default_branch} into {ref} on deployment."})
    _check_contexts(state, sha, ref, body.get("required_contexts"))
    environment = errors.text(body, "environment") or "production"
    usual: Json = {
        "task": "deploy",
        "payload": {},
        "description": "",
        "transient_environment": False,
        "production_environment": environment == "production",
    }
    fields = {**usual, **{name: body[name] for name in usual if name in body}, "ref": ref, "environment": environment}
    deployment = Deployment(id=next(state.ids), sha=sha, fields=fields, creator=call.login, created_at=state.clock())
    state.deployments[deployment.id] = deployment
    return json_reply(201, _shown_deployment(state, deployment))


@routes.add("GET", STATUSES, needs="deployments=read")
def list_statuses(state: GitHubState, call: Call) -> Reply:
    """A deployment's statuses, newest first."""
    deployment = _deployment(state, call)
    found = [each for each in reversed(state.deployment_statuses) if each.deployment == deployment.id]
    return listing(state, call, found, lambda status: _shown_status(state, status))


@routes.add("POST", STATUSES, needs="deployments=write")
def create_status(state: GitHubState, call: Call) -> Reply:
    """A new status; a success makes earlier deployments to the same environment inactive unless it is told not to."""
    deployment, body = _deployment(state, call), call.request.json()
    wanted, description = errors.required_text(body, "state"), errors.text(body, "description") or ""
    if wanted not in STATES:
        raise errors.validation_failed("DeploymentStatus", "state", "custom", f"{wanted} is not included in the list")
    if len(description) > DESCRIPTION_LIMIT:
        message = f"description is too long (maximum is {DESCRIPTION_LIMIT} characters)"
        raise errors.validation_failed("DeploymentStatus", "description", "custom", message)
    status = DeploymentStatus(
        id=next(state.ids),
        deployment=deployment.id,
        state=wanted,
        description=description,
        log_url=errors.text(body, "log_url") or errors.text(body, "target_url") or "",
        environment_url=errors.text(body, "environment_url") or "",
        creator=call.login,
        created_at=state.clock(),
    )
    if wanted == "success" and body.get("auto_inactive", True):
        state.deployment_statuses += _replaced(state, deployment, status)
    state.deployment_statuses.append(status)
    return json_reply(201, _shown_status(state, status), {"Location": str(_shown_status(state, status)["url"])})


def _is_behind(state: GitHubState, ref: str) -> bool:
    """Whether a branch lacks commits of the default branch; a SHA cannot be merged into."""
    tip, default = state.tip(ref), state.tip(state.default_branch)
    return bool(tip) and not state.git.descends(tip, default)


def _check_contexts(state: GitHubState, sha: str, ref: str, required: object) -> None:
    """Raise 409 unless the latest commit status of each context, or of each required one, is a success."""
    latest = {status.context: status.state for status in state.statuses if status.sha == sha}
    contexts = required if isinstance(required, list) else list(latest)
    if any(latest.get(context) != "success" for context in contexts):
        raise errors.error(409, f"Conflict: Commit status checks failed for {ref}.")


def _replaced(state: GitHubState, newer: Deployment, status: DeploymentStatus) -> list[DeploymentStatus]:
    """The statuses that end what was deployed to an environment before, production and passing ones left out."""
    latest = {each.deployment: each.state for each in state.deployment_statuses}
    return [
        replace(status, id=next(state.ids), deployment=old.id, state="inactive", description="")
        for old in state.deployments.values()
        if old.id < newer.id and old.environment == newer.environment and latest.get(old.id) == "success"
        if not old.fields["transient_environment"] and not old.fields["production_environment"]
    ]


def _deployment(state: GitHubState, call: Call) -> Deployment:
    deployment = state.deployments.get(call.number("deployment_id"))
    if deployment is None:
        raise errors.not_found()
    return deployment


def _shown_deployment(state: GitHubState, deployment: Deployment) -> Json:
    url, moment = f"{state.url}/deployments/{deployment.id}", iso_seconds(deployment.created_at)
    known = {
        "url": url,
        "id": deployment.id,
        "node_id": node_id("DE", deployment.id),
        "sha": deployment.sha,
        **deployment.fields,
        "original_environment": deployment.environment,
        "creator": user(state, deployment.creator),
        "created_at": moment,
        "updated_at": moment,
        "statuses_url": f"{url}/statuses",
        "repository_url": state.url,
    }
    return DESCRIPTION.completed("deployment", known)


def _shown_status(state: GitHubState, status: DeploymentStatus) -> Json:
    deployment, moment = state.deployments[status.deployment], iso_seconds(status.created_at)
    deployment_url = f"{state.url}/deployments/{deployment.id}"
    known = {
        "url": f"{deployment_url}/statuses/{status.id}",
        "id": status.id,
        "node_id": node_id("DES", status.id),
        "state": status.state,
        "creator": user(state, status.creator),
        "description": status.description,
        "environment": deployment.environment,
        "target_url": status.log_url,
        "log_url": status.log_url,
        "environment_url": status.environment_url,
        "created_at": moment,
        "updated_at": moment,
        "deployment_url": deployment_url,
        "repository_url": state.url,
    }
    return DESCRIPTION.completed("deployment-status", known)
