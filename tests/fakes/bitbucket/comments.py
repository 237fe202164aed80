"""Comments on pull requests and on commits. A deleted one stays listed, emptied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes.bitbucket.payloads import comment, is_first_page, listing
from fakes.bitbucket.refusals import bad_request, refuse
from fakes.kernel.messages import Call, Reply, json_reply, no_content
from fakes.kernel.routes import Routes

if TYPE_CHECKING:
    from fakes.bitbucket.world import World
    from fakes.kernel.comments import Comment, Comments

routes: Routes[World] = Routes()

REPOSITORY = "/repositories/{workspace}/{repo_slug}"
ON_REQUEST = f"{REPOSITORY}/pullrequests/{{pull_request_id}}/comments"
ON_COMMIT = f"{REPOSITORY}/commit/{{commit}}/comments"


@routes.add("GET", ON_REQUEST, needs="pullrequest")
def list_request_comments(world: World, call: Call) -> Reply:
    """A pull request's comments, oldest first unless asked otherwise."""
    comments = world.comments.listed(_request(world, call), first_page=is_first_page(call))
    return listing(world, call, _sorted(call, comments), lambda each: comment(world, each, "pullrequest_comment"))


@routes.add("POST", ON_REQUEST, needs="pullrequest")
def create_request_comment(world: World, call: Call) -> Reply:
    """A new comment on a pull request."""
    written = world.add_comment(world.comments, _request(world, call), _raw(world, call), _author(call))
    return json_reply(201, comment(world, written, "pullrequest_comment"))


@routes.add("GET", f"{ON_REQUEST}/{{comment_id}}", needs="pullrequest")
def get_request_comment(world: World, call: Call) -> Reply:
    """One comment."""
    found = _comment(world.comments, call, _request(world, call))
    return json_reply(200, comment(world, found, "pullrequest_comment"))


@routes.add("PUT", f"{ON_REQUEST}/{{comment_id}}", needs="pullrequest")
def update_request_comment(world: World, call: Call) -> Reply:
    """A comment's new text; only its author may change it."""
    old = _own(world.comments, call, _request(world, call))
    edited = world.comments.edit(old.id, _raw(world, call), world.clock())
    return json_reply(200, comment(world, edited, "pullrequest_comment"))


@routes.add("DELETE", f"{ON_REQUEST}/{{comment_id}}", needs="pullrequest")
def delete_request_comment(world: World, call: Call) -> Reply:
    """A comment is emptied; only its author may do that."""
    world.comments.blank(_own(world.comments, call, _request(world, call)).id, world.clock())
    return no_content()


@routes.add("GET", ON_COMMIT, needs="repository")
def list_commit_comments(world: World, call: Call) -> Reply:
    """A commit's comments, oldest first unless asked otherwise."""
    comments = world.commit_comments.listed(commit_of(world, call), first_page=is_first_page(call))
    return listing(world, call, _sorted(call, comments), lambda each: comment(world, each, "commit_comment"))


@routes.add("POST", ON_COMMIT, needs="repository")
def create_commit_comment(world: World, call: Call) -> Reply:
    """A new comment on a commit."""
    written = world.add_comment(world.commit_comments, commit_of(world, call), _raw(world, call), _author(call))
    return json_reply(201, comment(world, written, "commit_comment"))


@routes.add("GET", f"{ON_COMMIT}/{{comment_id}}", needs="repository")
def get_commit_comment(world: World, call: Call) -> Reply:
    """One comment."""
    found = _comment(world.commit_comments, call, commit_of(world, call))
    return json_reply(200, comment(world, found, "commit_comment"))


@routes.add("PUT", f"{ON_COMMIT}/{{comment_id}}", needs="repository")
def update_commit_comment(world: World, call: Call) -> Reply:
    """A comment's new text; Atlassian's description gives it the status 201."""
    old = _own(world.commit_comments, call, commit_of(world, call))
    edited = world.commit_comments.edit(old.id, _raw(world, call), world.clock())
    return json_reply(201, comment(world, edited, "commit_comment"))


@routes.add("DELETE", f"{ON_COMMIT}/{{comment_id}}", needs="repository")
def delete_commit_comment(world: World, call: Call) -> Reply:
    """A comment is emptied; only its author may do that."""
    world.commit_comments.blank(_own(world.commit_comments, call, commit_of(world, call)).id, world.clock())
    return no_content()


def commit_of(world: World, call: Call) -> str:
    """The full SHA of the commit in a call's path."""
    sha = world.resolve(call.params["commit"])
    if sha is None:
        raise refuse(404, "Commit not found", call.params["commit"])
    return sha


def _sorted(call: Call, comments: list[Comment]) -> list[Comment]:
    """In the order of ``sort``; they are kept oldest first."""
    return comments[::-1] if call.request.query.get("sort") == "-created_on" else comments


def _request(world: World, call: Call) -> str:
    number = call.number("pull_request_id")
    if number not in world.pull_requests:
        raise refuse(404, f"Pull request #{call.params['pull_request_id']} not found.")
    return str(number)


def _comment(shelf: Comments, call: Call, thread: str) -> Comment:
    found = shelf.get(call.number("comment_id"))
    if found is None or found.thread != thread:
        raise refuse(404, "Comment not found")
    return found


def _own(shelf: Comments, call: Call, thread: str) -> Comment:
    found = _comment(shelf, call, thread)
    if found.author != _author(call):
        raise refuse(403, "You don't have permission to change this comment.")
    if found.deleted:
        raise refuse(404, "Comment not found")
    return found


def _raw(world: World, call: Call) -> str:
    content = call.request.json().get("content")
    raw = content.get("raw") if isinstance(content, dict) else None
    if not isinstance(raw, str) or not raw.strip():
        raise bad_request("content.raw: required key not provided")
    if len(raw) > world.comment_limit:
        raise bad_request(f"content.raw: ensure this value has at most {world.comment_limit} characters")
    return raw


def _author(call: Call) -> str:
    return call.caller.login if call.caller is not None else ""
