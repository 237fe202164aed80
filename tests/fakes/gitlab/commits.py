"""Commits: their comments, discussions, merge requests and statuses."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fakes.core.messages import Json, Reply, json_reply
from fakes.core.paging import is_first_page
from fakes.core.routes import Routes
from fakes.core.state import iso_milliseconds
from fakes.gitlab.access import errors
from fakes.gitlab.merge_requests import merge_request
from fakes.gitlab.notes import checked, commit_of, discussion_id
from fakes.gitlab.payloads import DESCRIPTION, listing, note, user
from fakes.gitlab.state import GitLabState, Status

if TYPE_CHECKING:
    from fakes.core.comments import Comment
    from fakes.core.routes import Call

routes: Routes[GitLabState] = Routes()

COMMIT = "/projects/{id}/repository/commits/{sha}"
UNFINISHED = ("created", "pending", "running")
EVENTS = {
    "pending": ("enqueue", ("created",)),
    "running": ("run", ("created", "pending")),
    "success": ("success", UNFINISHED),
    "failed": ("drop", UNFINISHED),
    "canceled": ("cancel", UNFINISHED),
    "skipped": ("skip", ("created", "pending")),
}


@routes.add("POST", f"{COMMIT}/comments", needs="auth api")
def create_comment(state: GitLabState, call: Call) -> Reply:
    body = checked(state, errors.required_text(call.request.json(), "note"))
    written = state.write_comment(state.commit_comments, commit_of(state, call), body, call.login)
    return json_reply(201, _comment(state, written))


@routes.add("GET", f"{COMMIT}/discussions", needs="read_api")
def list_discussions(state: GitLabState, call: Call) -> Reply:
    """A commit's comments as discussions of one note each: the only way to their ids."""
    notes = state.commit_comments.listed(commit_of(state, call), first_page=is_first_page(call.request))
    return listing(state, call, notes, lambda each: _discussion(state, each))


@routes.add("GET", f"{COMMIT}/merge_requests", needs="read_api job")
def list_merge_requests(state: GitLabState, call: Call) -> Reply:
    sha = commit_of(state, call)
    found = [each for each in state.pull_requests.values() if sha in (each.head_sha, each.merged_sha)]
    return listing(state, call, found, lambda each: merge_request(state, each))


@routes.add("GET", f"{COMMIT}/statuses", needs="read_api")
def list_statuses(state: GitLabState, call: Call) -> Reply:
    """A commit's statuses: of each name in a pipeline the latest."""
    sha, query = commit_of(state, call), call.request.query
    latest = {(each.pipeline, each.name): each for each in state.statuses.values() if each.sha == sha}
    asked = query.get("name"), query.get("pipeline_id")
    found = [
        each for each in latest.values() if asked[0] in {None, each.name} and asked[1] in {None, str(each.pipeline)}
    ]
    return listing(state, call, found, lambda each: _status(state, each))


@routes.add("POST", "/projects/{id}/statuses/{sha}", needs="auth api developer")
def create_status(state: GitLabState, call: Call) -> Reply:
    """Set a status. One that is still running is moved on, as far as its state allows; else a new one begins."""
    body = call.request.json()
    wanted = errors.required_text(body, "state")
    if wanted not in EVENTS:
        raise errors.invalid("state does not have a valid value")
    sha = commit_of(state, call)
    fresh = _fresh_status(state, call, sha, body)
    going = [
        each
        for each in state.statuses.values()
        if (each.sha, each.ref, each.name, each.author, each.pipeline)
        == (sha, fresh.ref, fresh.name, fresh.author, fresh.pipeline)
        and each.state in UNFINISHED
    ]
    status = _moved(_updated(going[0], body) if going else fresh, wanted)
    state.statuses[status.id] = status
    return json_reply(201, _status(state, status))


def _fresh_status(state: GitLabState, call: Call, sha: str, body: Json) -> Status:
    blank = Status(
        id=next(state.ids),
        sha=sha,
        ref=errors.text(body, "ref") or state.commits[sha],
        name=errors.text(body, "name") or "default",
        state="created",
        author=call.login,
        created_at=state.clock(),
        pipeline=int(str(body.get("pipeline_id", 0))),
    )
    return _updated(blank, body)


def _updated(status: Status, body: Json) -> Status:
    return replace(
        status,
        target_url=errors.text(body, "target_url") or status.target_url,
        description=errors.text(body, "description") or status.description,
    )


def _moved(status: Status, wanted: str) -> Status:
    """The status in its new state, or GitLab's error for a step that its state machine does not have."""
    event, allowed = EVENTS[wanted]
    if status.state not in allowed:
        reason = f'(Reason(s): Status cannot transition via "{event}")'
        raise errors.error(400, f"Cannot transition status via :{event} from :{status.state} {reason}")
    return replace(status, state=wanted)


def _comment(state: GitLabState, comment: Comment) -> Json:
    known = {
        "note": comment.body,
        "author": user(state, comment.author),
        "created_at": iso_milliseconds(comment.created_at),
    }
    return DESCRIPTION.completed("commit_comment", known)


def _discussion(state: GitLabState, comment: Comment) -> Json:
    return {"id": discussion_id(comment), "individual_note": True, "notes": [note(state, comment, "Commit")]}


def _status(state: GitLabState, status: Status) -> Json:
    known = {
        "id": status.id,
        "sha": status.sha,
        "ref": status.ref,
        "pipeline_id": status.pipeline,
        "status": status.state,
        "name": status.name,
        "target_url": status.target_url,
        "description": status.description,
        "created_at": iso_milliseconds(status.created_at),
        "author": user(state, status.author),
    }
    return DESCRIPTION.completed("status", known)
