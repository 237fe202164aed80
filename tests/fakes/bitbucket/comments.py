"""Comments on pull requests and on commits. A deleted one stays listed, emptied."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from fakes.bitbucket.access import errors
from fakes.bitbucket.payloads import commit_of, link, listing, user
from fakes.core.comments import Thread
from fakes.core.messages import Json, Reply, json_reply, no_content
from fakes.core.paging import is_first_page
from fakes.core.routes import Routes
from fakes.core.state import iso_offset

if TYPE_CHECKING:
    from fakes.bitbucket.state import BitbucketState
    from fakes.core.comments import Comment
    from fakes.core.routes import Call

routes: Routes[BitbucketState] = Routes()

REPOSITORY = "/repositories/{workspace}/{repo_slug}"
ON_REQUEST = f"{REPOSITORY}/pullrequests/{{pull_request_id}}/comments"
ON_COMMIT = f"{REPOSITORY}/commit/{{commit}}/comments"


@routes.add("GET", ON_REQUEST, needs="pullrequest")
@routes.add("GET", ON_COMMIT, needs="repository")
def list_comments(state: BitbucketState, call: Call) -> Reply:
    """A thread's comments, oldest first unless asked otherwise."""
    thread = _thread(state, call)
    comments = thread.comments.listed(thread.name, first_page=is_first_page(call.request))
    ordered = comments[::-1] if call.request.query.get("sort") == "-created_on" else comments
    return listing(state, call, ordered, lambda each: _shown(state, each, thread.kind))


@routes.add("POST", ON_REQUEST, needs="pullrequest")
@routes.add("POST", ON_COMMIT, needs="repository")
def create_comment(state: BitbucketState, call: Call) -> Reply:
    thread = _thread(state, call)
    written = state.write_comment(thread.comments, thread.name, _raw(state, call), call.login)
    return json_reply(201, _shown(state, written, thread.kind))


@routes.add("GET", f"{ON_REQUEST}/{{comment_id}}", needs="pullrequest")
@routes.add("GET", f"{ON_COMMIT}/{{comment_id}}", needs="repository")
def get_comment(state: BitbucketState, call: Call) -> Reply:
    thread = _thread(state, call)
    return json_reply(200, _shown(state, _comment(thread, call), thread.kind))


@routes.add("PUT", f"{ON_REQUEST}/{{comment_id}}", needs="pullrequest")
@routes.add("PUT", f"{ON_COMMIT}/{{comment_id}}", needs="repository")
def update_comment(state: BitbucketState, call: Call) -> Reply:
    """A comment's new text; only its author may change it. On a commit, Atlassian's description has the status 201."""
    thread = _thread(state, call)
    edited = thread.comments.edit(_own(thread, call).id, _raw(state, call), state.clock())
    return json_reply(201 if thread.kind == "commit" else 200, _shown(state, edited, thread.kind))


@routes.add("DELETE", f"{ON_REQUEST}/{{comment_id}}", needs="pullrequest")
@routes.add("DELETE", f"{ON_COMMIT}/{{comment_id}}", needs="repository")
def delete_comment(state: BitbucketState, call: Call) -> Reply:
    """A comment is emptied; only its author may do that."""
    thread = _thread(state, call)
    thread.comments.blank(_own(thread, call).id, state.clock())
    return no_content()


def _thread(state: BitbucketState, call: Call) -> Thread:
    if "commit" in call.params:
        return Thread(state.commit_comments, commit_of(state, call), "commit")
    if call.number("pull_request_id") not in state.pull_requests:
        raise errors.error(404, f"Pull request #{call.params['pull_request_id']} not found.")
    return Thread(state.comments, call.params["pull_request_id"], "pullrequest")


def _comment(thread: Thread, call: Call) -> Comment:
    found = thread.get(call.number("comment_id"))
    if found is None:
        raise errors.error(404, "Comment not found")
    return found


def _own(thread: Thread, call: Call) -> Comment:
    found = _comment(thread, call)
    if found.author != call.login:
        raise errors.error(403, "You don't have permission to change this comment.")
    if found.deleted:
        raise errors.error(404, "Comment not found")
    return found


def _raw(state: BitbucketState, call: Call) -> str:
    content = call.request.json().get("content")
    raw = content.get("raw") if isinstance(content, dict) else None
    if not isinstance(raw, str) or not raw.strip():
        raise errors.missing("content.raw")
    if len(raw) > state.comment_limit:
        raise errors.bad_request(f"content.raw: ensure this value has at most {state.comment_limit} characters")
    return raw


def _shown(state: BitbucketState, comment: Comment, kind: str) -> Json:
    if kind == "commit":
        api, page = f"{state.api_url}/commit", f"{state.html_url}/commits"
        target: Json = {"type": "commit", "hash": comment.thread}
    else:
        api, page = f"{state.api_url}/pullrequests", f"{state.html_url}/pull-requests"
        target = {"type": "pullrequest", "id": int(comment.thread)}
    return {
        "type": f"{kind}_comment",
        "id": comment.id,
        "created_on": iso_offset(comment.created_at),
        "updated_on": iso_offset(comment.updated_at),
        "content": {"raw": comment.body, "markup": "markdown", "html": f"<p>{html.escape(comment.body)}</p>"},
        "user": user(state, comment.author),
        "deleted": comment.deleted,
        "links": {
            "self": link(f"{api}/{comment.thread}/comments/{comment.id}"),
            "html": link(f"{page}/{comment.thread}#comment-{comment.id}"),
        },
        kind: target,
    }
