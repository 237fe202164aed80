"""Commits: their comments, discussions, merge requests and statuses."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fakes.gitlab.merge_requests import merge_request
from fakes.gitlab.notes import checked
from fakes.gitlab.payloads import is_first_page, listing, note, user
from fakes.gitlab.refusals import invalid_parameter, not_found, refuse, required_text, text_field
from fakes.gitlab.world import Status, World
from fakes.kernel.clock import iso_milliseconds
from fakes.kernel.commits import made_up_sha
from fakes.kernel.messages import Call, Json, Reply, json_reply, no_content
from fakes.kernel.routes import Routes

if TYPE_CHECKING:
    from fakes.kernel.comments import Comment

routes: Routes[World] = Routes()

COMMIT = "/projects/{id}/repository/commits/{sha}"
NOTE = f"{COMMIT}/discussions/{{discussion_id}}/notes/{{note_id}}"
UNFINISHED = ("created", "pending", "running")
EVENTS = {
    "pending": ("enqueue", ("created",)),
    "running": ("run", ("created", "pending")),
    "success": ("success", UNFINISHED),
    "failed": ("drop", UNFINISHED),
    "canceled": ("cancel", UNFINISHED),
    "skipped": ("skip", ("created", "pending")),
}


@routes.add("GET", f"{COMMIT}/comments", needs="read_api")
def list_comments(world: World, call: Call) -> Reply:
    """A commit's comments, oldest first; they have no ids here."""
    notes = world.commit_notes.listed(_commit(world, call), first_page=is_first_page(call))
    return listing(world, call, notes, lambda each: _comment(world, each))


@routes.add("POST", f"{COMMIT}/comments", needs="auth api")
def create_comment(world: World, call: Call) -> Reply:
    """A new comment on a commit."""
    body = checked(world, required_text(call.request.json(), "note"))
    written = world.add_note(world.commit_notes, _commit(world, call), body, _author(call))
    return json_reply(201, _comment(world, written))


@routes.add("GET", f"{COMMIT}/discussions", needs="read_api")
def list_discussions(world: World, call: Call) -> Reply:
    """A commit's comments as discussions of one note each: the only way to their ids."""
    notes = world.commit_notes.listed(_commit(world, call), first_page=is_first_page(call))
    return listing(world, call, notes, lambda each: _discussion(world, each))


@routes.add("PUT", NOTE, needs="auth api")
def update_discussion_note(world: World, call: Call) -> Reply:
    """A comment's new text; only its author may change it."""
    old = _own_note(world, call)
    edited = world.commit_notes.edit(old.id, checked(world, required_text(call.request.json(), "body")), world.clock())
    return json_reply(200, note(world, edited, "Commit"))


@routes.add("DELETE", NOTE, needs="auth api")
def delete_discussion_note(world: World, call: Call) -> Reply:
    """A comment goes; only its author may remove it."""
    world.commit_notes.remove(_own_note(world, call).id)
    return no_content()


@routes.add("GET", f"{COMMIT}/merge_requests", needs="read_api job")
def list_merge_requests(world: World, call: Call) -> Reply:
    """The merge requests that a commit is in."""
    sha = _commit(world, call)
    found = [each for each in world.merge_requests.values() if each.head_sha == sha]
    return listing(world, call, found, lambda each: merge_request(world, each))


@routes.add("GET", f"{COMMIT}/statuses", needs="read_api")
def list_statuses(world: World, call: Call) -> Reply:
    """A commit's statuses, the latest of each name unless ``all`` is asked for."""
    sha = _commit(world, call)
    query = call.request.query
    found = [each for each in world.statuses.values() if each.sha == sha and query.get("name", each.name) == each.name]
    if query.get("all") != "true":
        found = list({(each.name, each.ref): each for each in found}.values())
    return listing(world, call, found, lambda each: _status(world, each))


@routes.add("POST", "/projects/{id}/statuses/{sha}", needs="auth api developer")
def create_status(world: World, call: Call) -> Reply:
    """Set a status. One that is still running is moved on, as far as its state allows; else a new one begins."""
    body = call.request.json()
    state = required_text(body, "state")
    if state not in EVENTS:
        raise invalid_parameter("state does not have a valid value")
    sha = _commit(world, call)
    fresh = _fresh_status(world, call, sha, body)
    going = [
        each
        for each in world.statuses.values()
        if (each.sha, each.ref, each.name, each.author) == (sha, fresh.ref, fresh.name, fresh.author)
        and each.state in UNFINISHED
    ]
    status = _moved(world, _updated(going[0], body) if going else fresh, state)
    world.statuses[status.id] = status
    return json_reply(201, _status(world, status))


def _fresh_status(world: World, call: Call, sha: str, body: Json) -> Status:
    blank = Status(
        id=next(world.ids),
        sha=sha,
        ref=text_field(body, "ref") or world.commits[sha],
        name=text_field(body, "name") or text_field(body, "context") or "default",
        state="created",
        author=_author(call),
        created_at=world.clock(),
    )
    return _updated(blank, body)


def _updated(status: Status, body: Json) -> Status:
    """The status with the texts that were sent."""
    coverage = body.get("coverage")
    return replace(
        status,
        target_url=text_field(body, "target_url") or status.target_url,
        description=text_field(body, "description") or status.description,
        coverage=float(coverage) if isinstance(coverage, int | float) else status.coverage,
    )


def _moved(world: World, status: Status, state: str) -> Status:
    """The status in its new state, or GitLab's refusal of a step that its state machine does not have."""
    event, allowed = EVENTS[state]
    if status.state not in allowed:
        reason = f'(Reason(s): Status cannot transition via "{event}")'
        raise refuse(400, f"Cannot transition status via :{event} from :{status.state} {reason}")
    now = world.clock()
    started = now if state == "running" else status.started_at
    return replace(status, state=state, started_at=started, finished_at=None if state in UNFINISHED else now)


def _comment(world: World, comment: Comment) -> Json:
    return {
        "note": comment.body,
        "path": None,
        "line": None,
        "line_type": None,
        "author": user(world, comment.author),
        "created_at": iso_milliseconds(comment.created_at),
    }


def _discussion(world: World, comment: Comment) -> Json:
    return {"id": _discussion_id(comment), "individual_note": True, "notes": [note(world, comment, "Commit")]}


def _discussion_id(comment: Comment) -> str:
    return made_up_sha(f"discussion {comment.id}")


def _status(world: World, status: Status) -> Json:
    moments = {"created_at": status.created_at, "started_at": status.started_at, "finished_at": status.finished_at}
    return {
        "id": status.id,
        "sha": status.sha,
        "ref": status.ref,
        "status": status.state,
        "name": status.name,
        "target_url": status.target_url,
        "description": status.description,
        **{name: None if moment is None else iso_milliseconds(moment) for name, moment in moments.items()},
        "allow_failure": False,
        "coverage": status.coverage,
        "pipeline_id": 1,
        "author": user(world, status.author),
    }


def _commit(world: World, call: Call) -> str:
    if call.params["sha"] not in world.commits:
        raise not_found("Commit")
    return call.params["sha"]


def _own_note(world: World, call: Call) -> Comment:
    found = world.commit_notes.get(call.number("note_id"))
    if found is None or found.thread != _commit(world, call) or _discussion_id(found) != call.params["discussion_id"]:
        raise not_found("Note")
    if found.author != _author(call):
        raise refuse(403, "403 Forbidden")
    return found


def _author(call: Call) -> str:
    return call.caller.login if call.caller is not None else ""
