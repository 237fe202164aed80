"""Comments on issues and pull requests, and on commits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes.core.comments import Thread
from fakes.core.messages import Json, Reply, json_reply, no_content
from fakes.core.paging import is_first_page
from fakes.core.routes import Routes
from fakes.core.state import iso_seconds
from fakes.github.access import errors, holds, inaccessible
from fakes.github.openapi import DESCRIPTION
from fakes.github.payloads import listing, node_id, user

if TYPE_CHECKING:
    from fakes.core.comments import Comment
    from fakes.core.routes import Call
    from fakes.github.state import GitHubState

routes: Routes[GitHubState] = Routes()

ISSUE, COMMIT = "IC", "CC"
"""The kinds of comments, as their global ids begin."""

REPOSITORY = "/repos/{owner}/{repo}"
ON_ISSUE = f"{REPOSITORY}/issues/{{issue_number}}/comments"
ON_COMMIT = f"{REPOSITORY}/commits/{{commit_sha}}/comments"
ISSUE_COMMENT = f"{REPOSITORY}/issues/comments/{{comment_id}}"
COMMIT_COMMENT = f"{REPOSITORY}/comments/{{comment_id}}"
EITHER_READ = "issues=read; pull_requests=read"
EITHER_WRITE = "issues=write; pull_requests=write"


@routes.add("GET", ON_ISSUE, needs=EITHER_READ)
@routes.add("GET", ON_COMMIT, needs="metadata=read")
def list_comments(state: GitHubState, call: Call) -> Reply:
    thread = _thread(state, call)
    comments = thread.comments.listed(thread.name, first_page=is_first_page(call.request))
    return listing(state, call, comments, lambda comment: _shown(state, comment, thread.kind))


@routes.add("POST", ON_ISSUE, needs=EITHER_WRITE)
@routes.add("POST", ON_COMMIT, needs="contents=read")
def create_comment(state: GitHubState, call: Call) -> Reply:
    """A new comment. On a commit, reading contents is enough for that; changing one later is not."""
    thread = _thread(state, call)
    if thread.kind == ISSUE:
        _check_open(state, call)
    comment = state.write_comment(thread.comments, thread.name, _body(state, call, thread.kind), call.login)
    shown = _shown(state, comment, thread.kind)
    return json_reply(201, shown, {"Location": str(shown["url"])})


@routes.add("PATCH", ISSUE_COMMENT, needs=EITHER_WRITE)
@routes.add("PATCH", COMMIT_COMMENT, needs="contents=write")
def update_comment(state: GitHubState, call: Call) -> Reply:
    thread = _comment_thread(state, call)
    edited = thread.comments.edit(int(call.params["comment_id"]), _body(state, call, thread.kind), state.clock())
    return json_reply(200, _shown(state, edited, thread.kind))


@routes.add("DELETE", ISSUE_COMMENT, needs=EITHER_WRITE)
@routes.add("DELETE", COMMIT_COMMENT, needs="contents=write")
def delete_comment(state: GitHubState, call: Call) -> Reply:
    _comment_thread(state, call).comments.remove(int(call.params["comment_id"]))
    return no_content()


def _shown(state: GitHubState, comment: Comment, kind: str) -> Json:
    known: Json = {
        "id": comment.id,
        "node_id": node_id(kind, comment.id),
        "body": comment.body,
        "user": user(state, comment.author),
        "created_at": iso_seconds(comment.created_at),
        "updated_at": iso_seconds(comment.updated_at),
        "author_association": "OWNER" if comment.author == state.owner else "NONE",
    }
    if kind == COMMIT:
        known["url"] = f"{state.url}/comments/{comment.id}"
        known["html_url"] = f"{state.html_url}/commit/{comment.thread}#commitcomment-{comment.id}"
        return DESCRIPTION.completed("commit-comment", {**known, "commit_id": comment.thread})
    place = "pull" if int(comment.thread) in state.pull_requests else "issues"
    known["url"] = f"{state.url}/issues/comments/{comment.id}"
    known["html_url"] = f"{state.html_url}/{place}/{comment.thread}#issuecomment-{comment.id}"
    return DESCRIPTION.completed("issue-comment", {**known, "issue_url": f"{state.url}/issues/{comment.thread}"})


def _thread(state: GitHubState, call: Call) -> Thread:
    if "commit_sha" in call.params:
        sha = state.resolve(call.params["commit_sha"])
        if sha is None:
            raise errors.no_commit(call.params["commit_sha"])
        return Thread(state.commit_comments, sha, COMMIT)
    if call.number("issue_number") not in {*state.pull_requests, *state.issues}:
        raise errors.not_found()
    return Thread(state.comments, call.params["issue_number"], ISSUE)


def _comment_thread(state: GitHubState, call: Call) -> Thread:
    on_issue = call.route.template == ISSUE_COMMENT
    comments = state.comments if on_issue else state.commit_comments
    comment = comments.get(call.number("comment_id"))
    if comment is None:
        raise errors.not_found()
    return Thread(comments, comment.thread, ISSUE if on_issue else COMMIT)


def _check_open(state: GitHubState, call: Call) -> None:
    """On an issue that is no pull request, the right to write to pull requests is not enough."""
    request = state.pull_requests.get(call.number("issue_number"))
    if request is None and call.caller is not None and not holds(call.caller, "issues=write"):
        raise inaccessible(call.caller)
    if request is not None and request.locked:
        raise errors.error(403, "Unable to create comment because issue is locked.")


def _body(state: GitHubState, call: Call, kind: str) -> str:
    resource = "IssueComment" if kind == ISSUE else "CommitComment"
    body = errors.required_text(call.request.json(), "body")
    if not body.strip():
        raise errors.validation_failed(resource, "data", "unprocessable", "Body cannot be blank")
    if len(body) > state.comment_limit:
        message = f"Body is too long (maximum is {state.comment_limit} characters)"
        raise errors.validation_failed(resource, "data", "unprocessable", message)
    return body
