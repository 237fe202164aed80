"""Notes on merge requests, on issues and, once they are written, on commits.

GitLab takes a line that begins with a slash and a known word as a command and carries it out: text from somewhere else
must not come first in a line. The fake keeps such commands in ``GitLabState.quick_actions``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fakes.core.comments import Thread
from fakes.core.messages import Reply, json_reply, no_content
from fakes.core.paging import is_first_page
from fakes.core.routes import Routes
from fakes.core.state import made_up_sha
from fakes.gitlab.access import errors
from fakes.gitlab.payloads import listing, note

if TYPE_CHECKING:
    from fakes.core.comments import Comment
    from fakes.core.routes import Call
    from fakes.gitlab.state import GitLabState

routes: Routes[GitLabState] = Routes()

ON_MERGE_REQUEST = "/projects/{id}/merge_requests/{merge_request_iid}/notes"
ON_ISSUE = "/projects/{id}/issues/{issue_iid}/notes"
ON_COMMIT = "/projects/{id}/repository/commits/{sha}/discussions/{discussion_id}/notes"
_COMMAND = re.compile(
    r"^/(?:approve|assign|close|draft|label|lock|merge|milestone|ready|rebase|relabel|reopen|reviewer|subscribe|tag"
    r"|target_branch|title|todo|unassign|unlabel|unlock|unsubscribe)\b.*$",
    re.MULTILINE,
)
_CODE = re.compile(r"^(?P<fence>`{3,}|~{3,}).*?^(?P=fence)[`~]*\s*$", re.MULTILINE | re.DOTALL)


@routes.add("GET", ON_MERGE_REQUEST, needs="auth read_api job")
@routes.add("GET", ON_ISSUE, needs="auth read_api")
def list_notes(state: GitLabState, call: Call) -> Reply:
    """A thread's notes, the newest first unless asked otherwise."""
    thread = _thread(state, call)
    notes = thread.comments.listed(thread.name, first_page=is_first_page(call.request))
    newest_first = call.request.query.get("sort", "desc") == "desc"
    ordered = sorted(notes, key=lambda each: (each.created_at, each.id), reverse=newest_first)
    return listing(state, call, ordered, lambda each: note(state, each, thread.kind))


@routes.add("POST", ON_MERGE_REQUEST, needs="auth api")
@routes.add("POST", ON_ISSUE, needs="auth api")
def create_note(state: GitLabState, call: Call) -> Reply:
    """A new note; one of commands alone leaves nothing but their effect."""
    thread = _thread(state, call)
    body = checked(state, errors.required_text(call.request.json(), "body"))
    text, commands = without_commands(body)
    state.quick_actions += commands
    if commands and not text.strip():
        return json_reply(202, {"commands_changes": {}, "summary": [f"Applied {command}." for command in commands]})
    written = state.write_comment(thread.comments, thread.name, text, call.login)
    return json_reply(201, note(state, written, thread.kind))


@routes.add("PUT", f"{ON_MERGE_REQUEST}/{{note_id}}", needs="auth api")
@routes.add("PUT", f"{ON_ISSUE}/{{note_id}}", needs="auth api")
@routes.add("PUT", f"{ON_COMMIT}/{{note_id}}", needs="auth api")
def update_note(state: GitLabState, call: Call) -> Reply:
    """A note's new text; only its author may change it."""
    thread = _thread(state, call)
    old = _own_note(thread, call)
    text, commands = without_commands(checked(state, errors.required_text(call.request.json(), "body")))
    state.quick_actions += commands
    return json_reply(200, note(state, thread.comments.edit(old.id, text, state.clock()), thread.kind))


@routes.add("DELETE", f"{ON_MERGE_REQUEST}/{{note_id}}", needs="auth api")
@routes.add("DELETE", f"{ON_ISSUE}/{{note_id}}", needs="auth api")
@routes.add("DELETE", f"{ON_COMMIT}/{{note_id}}", needs="auth api")
def delete_note(state: GitLabState, call: Call) -> Reply:
    """A note goes; only its author may remove it."""
    thread = _thread(state, call)
    thread.comments.remove(_own_note(thread, call).id)
    return no_content()


def checked(state: GitLabState, body: str) -> str:
    if not body.strip():
        raise errors.error(400, '400 Bad request - Note {:note=>["can\'t be blank"]}')
    if len(body) > state.comment_limit:
        problem = f"is too long (maximum is {state.comment_limit} characters)"
        raise errors.error(400, f'400 Bad request - Note {{:note=>["{problem}"]}}')
    return body


def without_commands(body: str) -> tuple[str, list[str]]:
    """A text without its commands, and the commands; code blocks are only looked at."""
    code = [match.span() for match in _CODE.finditer(body)]
    found = [match for match in _COMMAND.finditer(body) if not any(start <= match.start() < end for start, end in code)]
    for match in reversed(found):
        body = body[: match.start()] + body[match.end() :]
    return body, [match[0] for match in found]


def commit_of(state: GitLabState, call: Call) -> str:
    if call.params["sha"] not in state.commits:
        raise errors.not_found("Commit")
    return call.params["sha"]


def discussion_id(comment: Comment) -> str:
    """The name of the discussion that a comment on a commit is: one of one note."""
    return made_up_sha(f"discussion {comment.id}")


def _thread(state: GitLabState, call: Call) -> Thread:
    if "sha" in call.params:
        return Thread(state.commit_comments, commit_of(state, call), "Commit")
    if "issue_iid" in call.params:
        thread = Thread(state.issue_comments, call.params["issue_iid"], "Issue")
        known = call.number("issue_iid") in state.issues
    else:
        thread = Thread(state.comments, call.params["merge_request_iid"], "MergeRequest")
        known = call.number("merge_request_iid") in state.pull_requests
    if not known:
        raise errors.error(404, "404 Not found")
    return thread


def _own_note(thread: Thread, call: Call) -> Comment:
    found = thread.get(call.number("note_id"))
    if found is None or call.params.get("discussion_id", discussion_id(found)) != discussion_id(found):
        raise errors.not_found("Note")
    if found.author != call.login:
        raise errors.forbidden()
    return found
