"""Check runs and commit statuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes.github.access import INSTALLATION
from fakes.github.payloads import FOUNDED, counted, listing, node_id, stable_id, user
from fakes.github.refusals import invalid_request, not_found, refuse, required_text, text_field, validation_failed
from fakes.github.repositories import pull_request_reference
from fakes.github.world import CheckRun, Status, World
from fakes.kernel.clock import iso_seconds
from fakes.kernel.messages import Call, Json, Reply, json_reply
from fakes.kernel.routes import Routes

if TYPE_CHECKING:
    from collections.abc import Iterable

routes: Routes[World] = Routes()

TEXT_LIMIT = 65_535
ANNOTATION_LIMIT = 50
DESCRIPTION_LIMIT = 140
STATES = ("error", "failure", "pending", "success")
SETTABLE = ("name", "details_url", "external_id", "status", "conclusion", "started_at", "completed_at", "output")


@routes.add("POST", "/repos/{owner}/{repo}/check-runs", needs="checks=write")
def create_check_run(world: World, call: Call) -> Reply:
    """A new check run; a second one of the same name is allowed, so makers look first."""
    body = _checked(call)
    sha = required_text(body, "head_sha")
    required_text(body, "name")
    if not world.has_commit(sha):
        raise refuse(422, f"No commit found for SHA: {sha}")
    run = CheckRun(id=next(world.ids), head_sha=sha, fields=_settled(world, {"status": "queued"}, body))
    world.check_runs[run.id] = run
    return json_reply(201, check_run(world, run))


@routes.add("GET", "/repos/{owner}/{repo}/check-runs/{check_run_id}", needs="checks=read")
def get_check_run(world: World, call: Call) -> Reply:
    """One check run."""
    return json_reply(200, check_run(world, _check_run(world, call)))


@routes.add("PATCH", "/repos/{owner}/{repo}/check-runs/{check_run_id}", needs="checks=write")
def update_check_run(world: World, call: Call) -> Reply:
    """New values for some of a check run's fields."""
    body = _checked(call)
    old = _check_run(world, call)
    run = CheckRun(id=old.id, head_sha=old.head_sha, fields=_settled(world, old.fields, body))
    world.check_runs[run.id] = run
    return json_reply(200, check_run(world, run))


@routes.add("GET", "/repos/{owner}/{repo}/commits/{ref...}/check-runs", needs="checks=read")
def list_check_runs(world: World, call: Call) -> Reply:
    """A commit's check runs, newest first; only the latest of each name unless ``filter=all``."""
    sha = _resolved(world, call)
    query = call.request.query
    runs = [run for run in reversed(world.check_runs.values()) if run.head_sha == sha]
    if query.get("filter", "latest") == "latest":
        runs = _latest(runs)
    named = [run for run in runs if query.get("check_name", run.fields["name"]) == run.fields["name"]]
    return counted(world, call, "check_runs", named, lambda run: check_run(world, run))


@routes.add("POST", "/repos/{owner}/{repo}/statuses/{sha}", needs="statuses=write")
def create_status(world: World, call: Call) -> Reply:
    """A new status; the latest of a context is the one that counts."""
    body = call.request.json()
    state = required_text(body, "state")
    description = text_field(body, "description")
    if state not in STATES:
        raise validation_failed("Status", "state", "custom", f"{state} is not included in the list")
    if len(description or "") > DESCRIPTION_LIMIT:
        message = f"description is too long (maximum is {DESCRIPTION_LIMIT} characters)"
        raise validation_failed("Status", "description", "custom", message)
    if not world.has_commit(call.params["sha"]):
        raise refuse(422, f"No commit found for SHA: {call.params['sha']}")
    status = Status(
        id=next(world.ids),
        sha=call.params["sha"],
        state=state,
        context=text_field(body, "context") or "default",
        description=description,
        target_url=text_field(body, "target_url"),
        creator=call.caller.login if call.caller is not None else "",
        created_at=world.clock(),
    )
    world.statuses.append(status)
    return json_reply(201, shown_status(world, status))


@routes.add("GET", "/repos/{owner}/{repo}/commits/{ref...}/statuses", needs="statuses=read")
def list_statuses(world: World, call: Call) -> Reply:
    """A commit's statuses, newest first."""
    sha = _resolved(world, call)
    statuses = [status for status in reversed(world.statuses) if status.sha == sha]
    return listing(world, call, statuses, lambda status: shown_status(world, status))


def check_run(world: World, run: CheckRun) -> Json:
    """A check run as GitHub shows it."""
    output = run.fields.get("output")
    given = output if isinstance(output, dict) else {}
    requests = [each for each in world.pull_requests.values() if each.head_sha == run.head_sha]
    return {
        "id": run.id,
        "node_id": node_id("CR", run.id),
        "head_sha": run.head_sha,
        "url": f"{world.url}/check-runs/{run.id}",
        "html_url": f"{world.html_url}/runs/{run.id}",
        "external_id": "",
        "details_url": f"{world.html_url}/runs/{run.id}",
        "conclusion": None,
        "completed_at": None,
        **run.fields,
        "output": {
            **{part: given.get(part) for part in ("title", "summary", "text")},
            "annotations_count": len(given.get("annotations", ())),
            "annotations_url": f"{world.url}/check-runs/{run.id}/annotations",
        },
        "check_suite": {"id": stable_id(f"suite {run.head_sha}")},
        "app": _actions_app(world),
        "pull_requests": [pull_request_reference(world, each) for each in requests if not each.head_repository],
    }


def shown_status(world: World, status: Status) -> Json:
    """A status as GitHub shows it."""
    moment = iso_seconds(status.created_at)
    creator = user(world, status.creator)
    return {
        "id": status.id,
        "node_id": node_id("SC", status.id),
        "url": f"{world.url}/statuses/{status.sha}",
        "avatar_url": creator["avatar_url"],
        "state": status.state,
        "description": status.description,
        "target_url": status.target_url,
        "context": status.context,
        "created_at": moment,
        "updated_at": moment,
        "creator": creator,
    }


def _checked(call: Call) -> Json:
    """The body of a check run, within its limits and from an app, for people cannot make check runs."""
    if call.caller is None or call.caller.kind != INSTALLATION:
        raise refuse(403, "You must authenticate via a GitHub App.")
    body = call.request.json()
    output = body.get("output")
    if isinstance(output, dict):
        _check_output(output)
    return body


def _check_output(output: Json) -> None:
    for part in ("title", "summary"):
        required_text(output, part)
    for part in ("summary", "text"):
        length = len(text_field(output, part) or "")
        if length > TEXT_LIMIT:
            raise invalid_request(f"Only {TEXT_LIMIT} characters are allowed; {length} were supplied.")
    annotations = output.get("annotations", [])
    if isinstance(annotations, list) and len(annotations) > ANNOTATION_LIMIT:
        raise invalid_request(f"No more than {ANNOTATION_LIMIT} items are allowed; {len(annotations)} were supplied.")


def _settled(world: World, old: Json, body: Json) -> Json:
    """Old fields, new fields, and what follows from them: a conclusion completes a run."""
    now = iso_seconds(world.clock())
    fields: Json = {"started_at": now, **old, **{name: body[name] for name in SETTABLE if name in body}}
    if fields.get("conclusion") is not None:
        fields = {**fields, "status": "completed", "completed_at": fields.get("completed_at") or now}
    elif fields["status"] == "completed":
        raise invalid_request('Missing required key "conclusion".')
    return fields


def _latest(runs: Iterable[CheckRun]) -> list[CheckRun]:
    """The first of each name."""
    found: dict[object, CheckRun] = {}
    for run in runs:
        found.setdefault(run.fields["name"], run)
    return list(found.values())


def _check_run(world: World, call: Call) -> CheckRun:
    run = world.check_runs.get(call.number("check_run_id"))
    if run is None:
        raise not_found()
    return run


def _resolved(world: World, call: Call) -> str:
    sha = world.resolve(call.params["ref"])
    if sha is None:
        raise refuse(422, f"No commit found for SHA: {call.params['ref']}")
    return sha


def _actions_app(world: World) -> Json:
    then = iso_seconds(FOUNDED)
    return {
        "id": 15368,
        "slug": "github-actions",
        "node_id": node_id("A", 15368),
        "owner": user(world, "github"),
        "name": "GitHub Actions",
        "description": "Automate your workflow from idea to production",
        "external_url": "https://help.github.com/en/actions",
        "html_url": f"{world.addresses.web}/apps/github-actions",
        "created_at": then,
        "updated_at": then,
        "permissions": {"checks": "write", "contents": "write", "metadata": "read"},
        "events": [],
    }
