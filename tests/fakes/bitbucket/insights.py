"""Code Insights' reports, and build statuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes.bitbucket.access import errors
from fakes.bitbucket.comments import REPOSITORY
from fakes.bitbucket.payloads import commit_of, link, uuid
from fakes.core.messages import Json, Reply, json_reply
from fakes.core.routes import Routes
from fakes.core.state import iso_offset

if TYPE_CHECKING:
    from fakes.bitbucket.state import BitbucketState, Stored
    from fakes.core.routes import Call

routes: Routes[BitbucketState] = Routes()

REPORT_TYPES = ("SECURITY", "COVERAGE", "TEST", "BUG")
RESULTS = ("PASSED", "FAILED", "PENDING")
STATES = ("FAILED", "INPROGRESS", "STOPPED", "SUCCESSFUL")


@routes.add("PUT", f"{REPOSITORY}/commit/{{commit}}/reports/{{reportId}}", needs="repository")
def put_report(state: BitbucketState, call: Call) -> Reply:
    """Create or update a report under the id that its maker chose."""
    sha, body = commit_of(state, call), call.request.json()
    _check_report(body)
    return json_reply(200, _shown_report(state.store(state.reports, sha, call.params["reportId"], body)))


@routes.add("GET", f"{REPOSITORY}/commit/{{commit}}/reports/{{reportId}}", needs="repository")
def get_report(state: BitbucketState, call: Call) -> Reply:
    return json_reply(200, _shown_report(_kept(state.reports, commit_of(state, call), call.params["reportId"])))


@routes.add("GET", f"{REPOSITORY}/commit/{{commit}}/statuses/build/{{key}}", needs="repository")
def get_status(state: BitbucketState, call: Call) -> Reply:
    return json_reply(200, _shown_status(state, _kept(state.statuses, commit_of(state, call), call.params["key"])))


@routes.add("POST", f"{REPOSITORY}/commit/{{commit}}/statuses/build", needs="repository")
def create_status(state: BitbucketState, call: Call) -> Reply:
    """Create a build status, or update the one with its key."""
    sha, body = commit_of(state, call), call.request.json()
    for name in ("key", "state", "url"):
        errors.required_text(body, name)
    errors.choice(body, "state", STATES)
    return json_reply(201, _shown_status(state, state.store(state.statuses, sha, str(body["key"]), body)))


def _check_report(body: Json) -> None:
    for name in ("title", "details"):
        errors.required_text(body, name)
    errors.choice(body, "report_type", REPORT_TYPES)
    errors.choice(body, "result", RESULTS)


def _kept(kept: dict[tuple[str, str], Stored], sha: str, key: str) -> Stored:
    if (sha, key) not in kept:
        raise errors.error(404, "Resource not found")
    return kept[sha, key]


def _shown_report(report: Stored) -> Json:
    identity = {"type": "report", "uuid": uuid(f"report {report.sha} {report.key}"), "external_id": report.key}
    return {**report.fields, **identity, **_moments(report)}


def _shown_status(state: BitbucketState, status: Stored) -> Json:
    return {
        "name": "",
        "description": "",
        "refname": None,
        **status.fields,
        "type": "build",
        **_moments(status),
        "links": {
            "self": link(f"{state.api_url}/commit/{status.sha}/statuses/build/{status.key}"),
            "commit": link(f"{state.api_url}/commit/{status.sha}"),
        },
    }


def _moments(stored: Stored) -> Json:
    return {"created_on": iso_offset(stored.created_at), "updated_on": iso_offset(stored.updated_at)}
