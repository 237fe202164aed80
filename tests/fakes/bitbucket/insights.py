"""Code Insights: reports and their annotations; and build statuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes.bitbucket.comments import REPOSITORY, commit_of
from fakes.bitbucket.payloads import link, listing, uuid
from fakes.bitbucket.refusals import bad_request, choice, refuse, required_text
from fakes.kernel.clock import iso_offset
from fakes.kernel.messages import Call, Json, Reply, json_reply, no_content
from fakes.kernel.routes import Routes

if TYPE_CHECKING:
    from fakes.bitbucket.world import Stored, World

routes: Routes[World] = Routes()

REPORT = f"{REPOSITORY}/commit/{{commit}}/reports/{{reportId}}"
ANNOTATION = f"{REPORT}/annotations/{{annotationId}}"
STATUSES = f"{REPOSITORY}/commit/{{commit}}/statuses"
DATA_LIMIT = 10
ANNOTATION_LIMIT = 1000
REPORT_TYPES = ("SECURITY", "COVERAGE", "TEST", "BUG")
RESULTS = ("PASSED", "FAILED", "PENDING")
DATA_TYPES = ("BOOLEAN", "DATE", "DURATION", "LINK", "NUMBER", "PERCENTAGE", "TEXT")
ANNOTATION_TYPES = ("VULNERABILITY", "CODE_SMELL", "BUG")
SEVERITIES = ("CRITICAL", "HIGH", "MEDIUM", "LOW")
STATES = ("FAILED", "INPROGRESS", "STOPPED", "SUCCESSFUL")


@routes.add("PUT", REPORT, needs="repository")
def put_report(world: World, call: Call) -> Reply:
    """Create or update a report under the id that its maker chose."""
    sha, name = commit_of(world, call), call.params["reportId"]
    body = call.request.json()
    _check_report(body)
    world.reports[sha, name] = world.store(world.reports.get((sha, name)), sha, name, body)
    return json_reply(200, _report(world.reports[sha, name]))


@routes.add("GET", REPORT, needs="repository")
def get_report(world: World, call: Call) -> Reply:
    """One report."""
    return json_reply(200, _report(_found(world, call)))


@routes.add("DELETE", REPORT, needs="repository")
def delete_report(world: World, call: Call) -> Reply:
    """A report goes, with its annotations."""
    sha, name = commit_of(world, call), call.params["reportId"]
    world.reports.pop((sha, name), None)
    world.annotations = {key: each for key, each in world.annotations.items() if key[:2] != (sha, name)}
    return no_content()


@routes.add("GET", f"{REPORT}/annotations", needs="repository")
def list_annotations(world: World, call: Call) -> Reply:
    """A report's annotations."""
    report = _found(world, call)
    found = [each for key, each in world.annotations.items() if key[:2] == (report.sha, report.key)]
    return listing(world, call, found, _annotation)


@routes.add("PUT", ANNOTATION, needs="repository")
def put_annotation(world: World, call: Call) -> Reply:
    """Create or update an annotation; a report has at most a thousand."""
    report = _found(world, call)
    key = (report.sha, report.key, call.params["annotationId"])
    body = call.request.json()
    required_text(body, "summary")
    required_text(body, "annotation_type")
    choice(body, "annotation_type", ANNOTATION_TYPES)
    choice(body, "severity", SEVERITIES)
    if key not in world.annotations and sum(each[:2] == key[:2] for each in world.annotations) >= ANNOTATION_LIMIT:
        raise bad_request(f"a report has at most {ANNOTATION_LIMIT} annotations")
    world.annotations[key] = world.store(world.annotations.get(key), report.sha, key[2], body)
    return json_reply(200, _annotation(world.annotations[key]))


@routes.add("GET", ANNOTATION, needs="repository")
def get_annotation(world: World, call: Call) -> Reply:
    """One annotation."""
    report = _found(world, call)
    annotation = world.annotations.get((report.sha, report.key, call.params["annotationId"]))
    if annotation is None:
        raise refuse(404, "Annotation not found")
    return json_reply(200, _annotation(annotation))


@routes.add("GET", STATUSES, needs="repository")
def list_statuses(world: World, call: Call) -> Reply:
    """A commit's build statuses."""
    sha = commit_of(world, call)
    found = [each for each in world.statuses.values() if each.sha == sha]
    return listing(world, call, found, lambda each: _status(world, each))


@routes.add("POST", f"{STATUSES}/build", needs="repository")
def create_status(world: World, call: Call) -> Reply:
    """Create a build status, or update the one with its key."""
    sha = commit_of(world, call)
    body = call.request.json()
    return json_reply(201, _saved(world, sha, required_text(body, "key"), body))


@routes.add("GET", f"{STATUSES}/build/{{key}}", needs="repository")
def get_status(world: World, call: Call) -> Reply:
    """One build status."""
    status = world.statuses.get((commit_of(world, call), call.params["key"]))
    if status is None:
        raise refuse(404, "Build status not found")
    return json_reply(200, _status(world, status))


@routes.add("PUT", f"{STATUSES}/build/{{key}}", needs="repository")
def update_status(world: World, call: Call) -> Reply:
    """New values for a build status."""
    sha = commit_of(world, call)
    if (sha, call.params["key"]) not in world.statuses:
        raise refuse(404, "Build status not found")
    return json_reply(200, _saved(world, sha, call.params["key"], call.request.json()))


def _saved(world: World, sha: str, key: str, body: Json) -> Json:
    required_text(body, "state")
    choice(body, "state", STATES)
    old = world.statuses.get((sha, key))
    if old is None:
        required_text(body, "url")
    status = world.store(old, sha, key, {name: value for name, value in body.items() if name != "type"})
    world.statuses[sha, key] = status
    return _status(world, status)


def _check_report(body: Json) -> None:
    for name in ("title", "details"):
        required_text(body, name)
    choice(body, "report_type", REPORT_TYPES)
    choice(body, "result", RESULTS)
    data = body.get("data", [])
    if not isinstance(data, list) or len(data) > DATA_LIMIT:
        raise bad_request(f"data: a list of at most {DATA_LIMIT} fields")
    for entry in data:
        choice(entry, "type", DATA_TYPES)


def _found(world: World, call: Call) -> Stored:
    report = world.reports.get((commit_of(world, call), call.params["reportId"]))
    if report is None:
        raise refuse(404, "Report not found")
    return report


def _report(stored: Stored) -> Json:
    return {**stored.fields, **_identity(stored, "report")}


def _annotation(stored: Stored) -> Json:
    return {**stored.fields, **_identity(stored, "report_annotation")}


def _identity(stored: Stored, kind: str) -> Json:
    return {
        "type": kind,
        "uuid": uuid(f"{kind} {stored.sha} {stored.key}"),
        "external_id": stored.key,
        "created_on": iso_offset(stored.created_at),
        "updated_on": iso_offset(stored.updated_at),
    }


def _status(world: World, stored: Stored) -> Json:
    return {
        "name": "",
        "description": "",
        "refname": None,
        **stored.fields,
        "type": "build",
        "key": stored.key,
        "created_on": iso_offset(stored.created_at),
        "updated_on": iso_offset(stored.updated_at),
        "links": {
            "self": link(f"{world.api_url}/commit/{stored.sha}/statuses/build/{stored.key}"),
            "commit": link(f"{world.api_url}/commit/{stored.sha}"),
        },
    }
