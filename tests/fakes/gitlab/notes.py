"""Notes on merge requests and on issues.

GitLab takes a line that begins with a slash and a known word as a command and carries it out: text from somewhere else
must not come first in a line. The fake keeps such commands in ``World.quick_actions``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from fakes.gitlab.payloads import is_first_page, listing, note
from fakes.gitlab.refusals import not_found, refuse, required_text
from fakes.kernel.messages import Call, Reply, json_reply, no_content
from fakes.kernel.routes import Routes

if TYPE_CHECKING:
    from fakes.gitlab.world import World
    from fakes.kernel.comments import Comment, Comments

routes: Routes[World] = Routes()

ON_MERGE_REQUEST = "/projects/{id}/merge_requests/{merge_request_iid}/notes"
ON_ISSUE = "/projects/{id}/issues/{issue_iid}/notes"
_COMMAND = re.compile(
    r"^/(?:approve|assign|close|draft|label|lock|merge|milestone|ready|rebase|relabel|reopen|reviewer|subscribe|tag"
    r"|target_branch|title|todo|unassign|unlabel|unlock|unsubscribe)\b.*$",
    re.MULTILINE,
)
_CODE = re.compile(r"^(?P<fence>`{3,}|~{3,}).*?^(?P=fence)[`~]*\s*$", re.MULTILINE | re.DOTALL)


class _Thread(NamedTuple):
    """Where notes are: their shelf, the thread in it, and what GitLab calls such a thing."""

    shelf: Comments
    name: str
    kind: str


@routes.add("GET", ON_MERGE_REQUEST, needs="auth read_api job")
@routes.add("GET", ON_ISSUE, needs="auth read_api")
def list_notes(world: World, call: Call) -> Reply:
    """A thread's notes, the newest first unless asked otherwise."""
    thread = _thread(world, call)
    notes = thread.shelf.listed(thread.name, first_page=is_first_page(call))
    query = call.request.query
    newest_first = query.get("sort", "desc") == "desc"
    by_update = query.get("order_by") == "updated_at"
    chosen = sorted(
        notes, key=lambda each: (each.updated_at if by_update else each.created_at, each.id), reverse=newest_first
    )
    kind = query.get("activity_filter", "all_notes")
    kept = [each for each in chosen if kind == "all_notes" or each.system == (kind == "only_activity")]
    return listing(world, call, kept, lambda each: note(world, each, thread.kind))


@routes.add("POST", ON_MERGE_REQUEST, needs="auth api")
@routes.add("POST", ON_ISSUE, needs="auth api")
def create_note(world: World, call: Call) -> Reply:
    """A new note; one of commands alone leaves nothing but their effect."""
    thread = _thread(world, call)
    body = checked(world, required_text(call.request.json(), "body"))
    text, commands = without_commands(body)
    world.quick_actions += commands
    if commands and not text.strip():
        return json_reply(202, {"commands_changes": {}, "summary": [f"Applied {command}." for command in commands]})
    written = world.add_note(thread.shelf, thread.name, text, _author(call))
    return json_reply(201, note(world, written, thread.kind))


@routes.add("GET", f"{ON_MERGE_REQUEST}/{{note_id}}", needs="auth read_api job")
@routes.add("GET", f"{ON_ISSUE}/{{note_id}}", needs="auth read_api")
def get_note(world: World, call: Call) -> Reply:
    """One note."""
    thread = _thread(world, call)
    return json_reply(200, note(world, _note(thread, call), thread.kind))


@routes.add("PUT", f"{ON_MERGE_REQUEST}/{{note_id}}", needs="auth api")
@routes.add("PUT", f"{ON_ISSUE}/{{note_id}}", needs="auth api")
def update_note(world: World, call: Call) -> Reply:
    """A note's new text; only its author may change it."""
    thread = _thread(world, call)
    old = _own_note(thread, call)
    text, commands = without_commands(checked(world, required_text(call.request.json(), "body")))
    world.quick_actions += commands
    return json_reply(200, note(world, thread.shelf.edit(old.id, text, world.clock()), thread.kind))


@routes.add("DELETE", f"{ON_MERGE_REQUEST}/{{note_id}}", needs="auth api")
@routes.add("DELETE", f"{ON_ISSUE}/{{note_id}}", needs="auth api")
def delete_note(world: World, call: Call) -> Reply:
    """A note goes; only its author may remove it."""
    thread = _thread(world, call)
    thread.shelf.remove(_own_note(thread, call).id)
    return no_content()


def checked(world: World, body: str) -> str:
    """A note's text within its limits."""
    if not body.strip():
        raise refuse(400, '400 Bad request - Note {:note=>["can\'t be blank"]}')
    if len(body) > world.note_limit:
        problem = f"is too long (maximum is {world.note_limit} characters)"
        raise refuse(400, f'400 Bad request - Note {{:note=>["{problem}"]}}')
    return body


def without_commands(body: str) -> tuple[str, list[str]]:
    """A text without its commands, and the commands; code blocks are only looked at."""
    code = [match.span() for match in _CODE.finditer(body)]
    found = [match for match in _COMMAND.finditer(body) if not any(start <= match.start() < end for start, end in code)]
    for match in reversed(found):
        body = body[: match.start()] + body[match.end() :]
    return body, [match[0] for match in found]


def _thread(world: World, call: Call) -> _Thread:
    if "issue_iid" in call.params:
        thread = _Thread(world.issue_notes, call.params["issue_iid"], "Issue")
        known = call.number("issue_iid") in world.issues
    else:
        thread = _Thread(world.notes, call.params["merge_request_iid"], "MergeRequest")
        known = call.number("merge_request_iid") in world.merge_requests
    if not known:
        raise refuse(404, "404 Not found")
    return thread


def _note(thread: _Thread, call: Call) -> Comment:
    found = thread.shelf.get(call.number("note_id"))
    if found is None or found.thread != thread.name:
        raise not_found("Note")
    return found


def _own_note(thread: _Thread, call: Call) -> Comment:
    found = _note(thread, call)
    if found.author != _author(call):
        raise refuse(403, "403 Forbidden")
    return found


def _author(call: Call) -> str:
    return call.caller.login if call.caller is not None else ""
