"""Check runs and commit statuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes.core.messages import Json, Reply, json_reply
from fakes.core.routes import Routes
from fakes.core.state import iso_seconds
from fakes.github.access import INSTALLATION, errors
from fakes.github.openapi import DESCRIPTION
from fakes.github.payloads import listing, stable_id, user
from fakes.github.repositories import own_pull_requests, pull_request_reference
from fakes.github.state import CheckRun, GitHubState, Status

if TYPE_CHECKING:
    from fakes.core.routes import Call

routes: Routes[GitHubState] = Routes()

TEXT_LIMIT = 65_535
ANNOTATION_LIMIT = 50
DESCRIPTION_LIMIT = 140
STATES = ("error", "failure", "pending", "success")
SETTABLE = ("name", "details_url", "external_id", "status", "conclusion", "started_at", "completed_at", "output")


@routes.add("POST", "/repos/{owner}/{repo}/check-runs", needs="checks=write")
def create_check_run(state: GitHubState, call: Call) -> Reply:
    """A new check run; a second one of the same name is allowed, so makers look first."""
    body = _checked(call)
    sha = errors.required_text(body, "head_sha")
    errors.required_text(body, "name")
    if not state.has_commit(sha):
        raise errors.no_commit(sha)
    run = CheckRun(id=next(state.ids), head_sha=sha, fields=_settled(state, {"status": "queued"}, body))
    state.check_runs[run.id] = run
    return json_reply(201, _shown_check_run(state, run))


@routes.add("PATCH", "/repos/{owner}/{repo}/check-runs/{check_run_id}", needs="checks=write")
def update_check_run(state: GitHubState, call: Call) -> Reply:
    body = _checked(call)
    old = state.check_runs.get(call.number("check_run_id"))
    if old is None:
        raise errors.not_found()
    run = CheckRun(id=old.id, head_sha=old.head_sha, fields=_settled(state, old.fields, body))
    state.check_runs[run.id] = run
    return json_reply(200, _shown_check_run(state, run))


@routes.add("GET", "/repos/{owner}/{repo}/commits/{ref...}/check-runs", needs="checks=read")
def list_check_runs(state: GitHubState, call: Call) -> Reply:
    """A commit's check runs, newest first; only the latest of each name unless ``filter=all``."""
    if not state.has_commit(call.params["ref"]):
        raise errors.no_commit(call.params["ref"])
    query = call.request.query
    runs = [run for run in state.check_runs.values() if run.head_sha == call.params["ref"]]
    if query.get("filter", "latest") == "latest":
        runs = list({run.fields["name"]: run for run in runs}.values())
    named = [run for run in reversed(runs) if query.get("check_name", run.fields["name"]) == run.fields["name"]]
    return listing(state, call, named, lambda run: _shown_check_run(state, run), "check_runs")


@routes.add("GET", "/repos/{owner}/{repo}/commits/{ref...}/statuses", needs="statuses=read")
def list_statuses(state: GitHubState, call: Call) -> Reply:
    if not state.has_commit(call.params["ref"]):
        raise errors.no_commit(call.params["ref"])
    found = [status for status in reversed(state.statuses) if status.sha == call.params["ref"]]
    return listing(state, call, found, lambda status: _shown_status(state, status))


@routes.add("POST", "/repos/{owner}/{repo}/statuses/{sha}", needs="statuses=write")
def create_status(state: GitHubState, call: Call) -> Reply:
    """A new status; the latest of a context is the one that counts."""
    body = call.request.json()
    wanted = errors.required_text(body, "state")
    description = errors.text(body, "description")
    if wanted not in STATES:
        raise errors.validation_failed("Status", "state", "custom", f"{wanted} is not included in the list")
    if len(description or "") > DESCRIPTION_LIMIT:
        message = f"description is too long (maximum is {DESCRIPTION_LIMIT} characters)"
        raise errors.validation_failed("Status", "description", "custom", message)
    if not state.has_commit(call.params["sha"]):
        raise errors.no_commit(call.params["sha"])
    status = Status(
        id=next(state.ids),
        sha=call.params["sha"],
        state=wanted,
        context=errors.text(body, "context") or "default",
        description=description,
        target_url=errors.text(body, "target_url"),
        creator=call.login,
        created_at=state.clock(),
    )
    state.statuses.append(status)
    return json_reply(201, _shown_status(state, status))


def _shown_check_run(state: GitHubState, run: CheckRun) -> Json:
    output = run.fields.get("output")
    given = output if isinstance(output, dict) else {}
    page = f"{state.html_url}/runs/{run.id}"
    known = {
        "id": run.id,
        "head_sha": run.head_sha,
        "url": f"{state.url}/check-runs/{run.id}",
        "html_url": page,
        "details_url": page,
        "external_id": "",
        **run.fields,
        "output": {
            **{part: given.get(part) for part in ("title", "summary", "text")},
            "annotations_count": len(given.get("annotations", ())),
            "annotations_url": f"{state.url}/check-runs/{run.id}/annotations",
        },
        "check_suite": {"id": stable_id(f"suite {run.head_sha}")},
        "pull_requests": [pull_request_reference(state, each) for each in own_pull_requests(state, run.head_sha)],
    }
    return DESCRIPTION.completed("check-run", known)


def _shown_status(state: GitHubState, status: Status) -> Json:
    moment = iso_seconds(status.created_at)
    known = {
        "id": status.id,
        "url": f"{state.url}/statuses/{status.sha}",
        "state": status.state,
        "description": status.description,
        "target_url": status.target_url,
        "context": status.context,
        "created_at": moment,
        "updated_at": moment,
        "creator": user(state, status.creator),
    }
    return DESCRIPTION.completed("status", known)


def _checked(call: Call) -> Json:
    """The body of a check run, within its limits and from an app, for people cannot make check runs."""
    if call.caller is None or call.caller.kind != INSTALLATION:
        raise errors.error(403, "You must authenticate via a GitHub App.")
    body = call.request.json()
    output = body.get("output")
    if isinstance(output, dict):
        _check_output(output)
    return body


def _check_output(output: Json) -> None:
    for part in ("title", "summary"):
        errors.required_text(output, part)
    for part in ("summary", "text"):
        length = len(errors.text(output, part) or "")
        if length > TEXT_LIMIT:
            raise errors.invalid_request(f"Only {TEXT_LIMIT} characters are allowed; {length} were supplied.")
    annotations = output.get("annotations", [])
    if isinstance(annotations, list) and len(annotations) > ANNOTATION_LIMIT:
        limit = f"No more than {ANNOTATION_LIMIT} items are allowed"
        raise errors.invalid_request(f"{limit}; {len(annotations)} were supplied.")


def _settled(state: GitHubState, old: Json, body: Json) -> Json:
    """Old fields, new fields, and what follows from them: a conclusion completes a run."""
    now = iso_seconds(state.clock())
    fields: Json = {"started_at": now, **old, **{name: body[name] for name in SETTABLE if name in body}}
    if fields.get("conclusion") is not None:
        fields = {**fields, "status": "completed", "completed_at": fields.get("completed_at") or now}
    elif fields["status"] == "completed":
        raise errors.invalid_request('Missing required key "conclusion".')
    return fields
