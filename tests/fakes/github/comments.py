"""Comments on issues and pull requests, and on commits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes.github.access import holds, inaccessible
from fakes.github.payloads import is_first_page, listing, node_id, user
from fakes.github.refusals import not_found, refuse, required_text, validation_failed
from fakes.kernel.clock import iso_seconds
from fakes.kernel.messages import Call, Json, Reply, json_reply, no_content
from fakes.kernel.routes import Routes

if TYPE_CHECKING:
    from fakes.github.world import World
    from fakes.kernel.comments import Comment, Comments

routes: Routes[World] = Routes()

EITHER_READ = "issues=read; pull_requests=read"
EITHER_WRITE = "issues=write; pull_requests=write"


@routes.add("GET", "/repos/{owner}/{repo}/issues/{issue_number}/comments", needs=EITHER_READ)
def list_issue_comments(world: World, call: Call) -> Reply:
    """A thread's comments, oldest first."""
    number = _thread(world, call)
    comments = world.issue_comments.listed(str(number), first_page=is_first_page(call))
    since = call.request.query.get("since", "")
    fresh = [comment for comment in comments if iso_seconds(comment.updated_at) >= since]
    return listing(world, call, fresh, lambda comment: issue_comment(world, comment))


@routes.add("POST", "/repos/{owner}/{repo}/issues/{issue_number}/comments", needs=EITHER_WRITE)
def create_issue_comment(world: World, call: Call) -> Reply:
    """A new comment on an issue or a pull request."""
    number = _thread(world, call)
    request = world.pull_requests.get(number)
    if request is None:
        _require_issues(call)
    elif request.locked:
        raise refuse(403, "Unable to create comment because issue is locked.")
    body = _body(world, call, "IssueComment")
    comment = world.add_comment(world.issue_comments, str(number), body, _login(call))
    shown = issue_comment(world, comment)
    return json_reply(201, shown, {"Location": str(shown["url"])})


@routes.add("GET", "/repos/{owner}/{repo}/issues/comments/{comment_id}", needs=EITHER_READ)
def get_issue_comment(world: World, call: Call) -> Reply:
    """One comment."""
    return json_reply(200, issue_comment(world, _comment(world.issue_comments, call)))


@routes.add("PATCH", "/repos/{owner}/{repo}/issues/comments/{comment_id}", needs=EITHER_WRITE)
def update_issue_comment(world: World, call: Call) -> Reply:
    """A comment's new text."""
    number = _comment(world.issue_comments, call).id
    edited = world.issue_comments.edit(number, _body(world, call, "IssueComment"), world.clock())
    return json_reply(200, issue_comment(world, edited))


@routes.add("DELETE", "/repos/{owner}/{repo}/issues/comments/{comment_id}", needs=EITHER_WRITE)
def delete_issue_comment(world: World, call: Call) -> Reply:
    """A comment goes."""
    world.issue_comments.remove(_comment(world.issue_comments, call).id)
    return no_content()


@routes.add("GET", "/repos/{owner}/{repo}/commits/{commit_sha}/comments", needs="metadata=read")
def list_commit_comments(world: World, call: Call) -> Reply:
    """A commit's comments."""
    comments = world.commit_comments.listed(_commit(world, call), first_page=is_first_page(call))
    return listing(world, call, comments, lambda comment: commit_comment(world, comment))


@routes.add("POST", "/repos/{owner}/{repo}/commits/{commit_sha}/comments", needs="contents=read")
def create_commit_comment(world: World, call: Call) -> Reply:
    """A new comment on a commit: reading contents is enough for that, changing one later is not."""
    sha = _commit(world, call)
    if call.caller is None:
        raise refuse(401, "Requires authentication")
    body = _body(world, call, "CommitComment")
    shown = commit_comment(world, world.add_comment(world.commit_comments, sha, body, _login(call)))
    return json_reply(201, shown, {"Location": str(shown["url"])})


@routes.add("GET", "/repos/{owner}/{repo}/comments/{comment_id}", needs="metadata=read")
def get_commit_comment(world: World, call: Call) -> Reply:
    """One comment."""
    return json_reply(200, commit_comment(world, _comment(world.commit_comments, call)))


@routes.add("PATCH", "/repos/{owner}/{repo}/comments/{comment_id}", needs="contents=write")
def update_commit_comment(world: World, call: Call) -> Reply:
    """A comment's new text."""
    number = _comment(world.commit_comments, call).id
    edited = world.commit_comments.edit(number, _body(world, call, "CommitComment"), world.clock())
    return json_reply(200, commit_comment(world, edited))


@routes.add("DELETE", "/repos/{owner}/{repo}/comments/{comment_id}", needs="contents=write")
def delete_commit_comment(world: World, call: Call) -> Reply:
    """A comment goes."""
    world.commit_comments.remove(_comment(world.commit_comments, call).id)
    return no_content()


def issue_comment(world: World, comment: Comment) -> Json:
    """A comment on an issue or pull request as GitHub shows it."""
    place = "pull" if int(comment.thread) in world.pull_requests else "issues"
    return {
        **_common(world, comment, "IC", f"{world.url}/issues/comments/{comment.id}"),
        "html_url": f"{world.html_url}/{place}/{comment.thread}#issuecomment-{comment.id}",
        "issue_url": f"{world.url}/issues/{comment.thread}",
        "performed_via_github_app": None,
    }


def commit_comment(world: World, comment: Comment) -> Json:
    """A comment on a commit as GitHub shows it."""
    return {
        **_common(world, comment, "CC", f"{world.url}/comments/{comment.id}"),
        "html_url": f"{world.html_url}/commit/{comment.thread}#commitcomment-{comment.id}",
        "commit_id": comment.thread,
        "path": None,
        "position": None,
        "line": None,
    }


def _common(world: World, comment: Comment, kind: str, url: str) -> Json:
    return {
        "id": comment.id,
        "node_id": node_id(kind, comment.id),
        "url": url,
        "body": comment.body,
        "user": user(world, comment.author),
        "created_at": iso_seconds(comment.created_at),
        "updated_at": iso_seconds(comment.updated_at),
        "author_association": "OWNER" if comment.author == world.owner else "NONE",
    }


def _thread(world: World, call: Call) -> int:
    number = call.number("issue_number")
    if number not in world.pull_requests and number not in world.issues:
        raise not_found()
    return number


def _require_issues(call: Call) -> None:
    """On an issue that is no pull request, the right to write to pull requests is not enough."""
    if call.caller is not None and not holds(call.caller, "issues=write"):
        raise inaccessible(call.caller)


def _commit(world: World, call: Call) -> str:
    sha = world.resolve(call.params["commit_sha"])
    if sha is None:
        raise refuse(422, f"No commit found for SHA: {call.params['commit_sha']}")
    return sha


def _comment(shelf: Comments, call: Call) -> Comment:
    comment = shelf.get(call.number("comment_id"))
    if comment is None:
        raise not_found()
    return comment


def _body(world: World, call: Call, resource: str) -> str:
    body = required_text(call.request.json(), "body")
    if not body.strip():
        raise validation_failed(resource, "data", "unprocessable", "Body cannot be blank")
    if len(body) > world.comment_limit:
        message = f"Body is too long (maximum is {world.comment_limit} characters)"
        raise validation_failed(resource, "data", "unprocessable", message)
    return body


def _login(call: Call) -> str:
    return call.caller.login if call.caller is not None else ""
