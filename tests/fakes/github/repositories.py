"""The repository itself, the caller's account, pull requests and commits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes.github.access import INSTALLATION
from fakes.github.payloads import FOUNDED, listing, minimal_repository, node_id, repository, stable_id, user
from fakes.github.refusals import not_found, refuse
from fakes.kernel.clock import iso_seconds
from fakes.kernel.messages import Call, Json, Reply, json_reply
from fakes.kernel.routes import Routes

if TYPE_CHECKING:
    from fakes.github.world import World
    from fakes.kernel.pull_request import PullRequest

routes: Routes[World] = Routes()


@routes.add("GET", "/user")
def get_user(world: World, call: Call) -> Reply:
    """Who the caller is; a job's own token is nobody."""
    if call.caller is None:
        raise refuse(401, "Requires authentication")
    if call.caller.kind == INSTALLATION:
        raise refuse(403, "Resource not accessible by integration")
    account = user(world, call.caller.login)
    unknown = dict.fromkeys(("name", "company", "blog", "location", "email", "hireable", "bio"))
    counts = dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0)
    then = iso_seconds(FOUNDED)
    return json_reply(
        200, {**account, **unknown, **counts, "user_view_type": "public", "created_at": then, "updated_at": then}
    )


@routes.add("GET", "/repos/{owner}/{repo}", needs="metadata=read")
def get_repository(world: World, call: Call) -> Reply:
    """The repository, with what the caller's token may do."""
    return json_reply(200, {**repository(world, call.caller), "network_count": 0, "subscribers_count": 0})


@routes.add("GET", "/repos/{owner}/{repo}/pulls", needs="pull_requests=read")
def list_pull_requests(world: World, call: Call) -> Reply:
    """Pull requests by state and head, newest first; ``head`` without an owner is ignored, as on GitHub."""
    state = call.request.query.get("state", "open")
    head = call.request.query.get("head", "")
    base = call.request.query.get("base", "")
    found = [
        request
        for _, request in sorted(world.pull_requests.items(), reverse=True)
        if state in {"all", request.state}
        and (":" not in head or head == _label(world, request))
        and base in {"", request.base}
    ]
    return listing(world, call, found, lambda request: short_pull_request(world, request))


@routes.add("GET", "/repos/{owner}/{repo}/pulls/{pull_number}", needs="pull_requests=read; contents=read")
def get_pull_request(world: World, call: Call) -> Reply:
    """One pull request."""
    request = world.pull_requests.get(call.number("pull_number"))
    if request is None:
        raise not_found()
    counts = dict.fromkeys(("review_comments", "additions", "deletions"), 0)
    whole = {
        **short_pull_request(world, request),
        **counts,
        "comments": len(world.issue_comments.on(str(request.number))),
        "commits": 1,
        "changed_files": 1,
        "merged": False,
        "merged_by": None,
        "mergeable": True,
        "mergeable_state": "clean",
        "rebaseable": True,
        "maintainer_can_modify": False,
    }
    return json_reply(200, whole)


@routes.add("GET", "/repos/{owner}/{repo}/commits/{commit_sha}/pulls", needs="pull_requests=read; contents=read")
def list_commit_pull_requests(world: World, call: Call) -> Reply:
    """Pull requests of a commit of this repository; a fork's commit has none here."""
    sha = call.params["commit_sha"]
    if not world.has_commit(sha):
        raise refuse(422, f"No commit found for SHA: {sha}")
    found = [each for each in world.pull_requests.values() if each.head_sha == sha and not each.head_repository]
    return listing(world, call, found, lambda request: short_pull_request(world, request))


def short_pull_request(world: World, request: PullRequest) -> Json:
    """A pull request as listings show it."""
    number = stable_id(f"pull {world.full_name} {request.number}")
    then = iso_seconds(FOUNDED)
    return {
        **_pull_request_urls(world, request),
        "id": number,
        "node_id": node_id("PR", request.number),
        "number": request.number,
        "state": request.state,
        "locked": request.locked,
        "title": request.title,
        "user": user(world, request.author),
        "body": None,
        "labels": [],
        "milestone": None,
        "assignee": None,
        "assignees": [],
        "requested_reviewers": [],
        "requested_teams": [],
        "draft": False,
        "created_at": then,
        "updated_at": then,
        "closed_at": None if request.state == "open" else then,
        "merged_at": None,
        "merge_commit_sha": world.merge_sha(request),
        "head": _side(world, request.head_repository or world.full_name, request.head, request.head_sha),
        "base": _side(world, world.full_name, request.base, request.base_sha),
        "author_association": "CONTRIBUTOR" if request.head_repository else "MEMBER",
        "auto_merge": None,
    }


def pull_request_reference(world: World, request: PullRequest) -> Json:
    """A pull request as check runs and workflow runs name it."""
    sides = (("head", request.head, request.head_sha), ("base", request.base, request.base_sha))
    place = minimal_repository(world)
    return {
        "id": stable_id(f"pull {world.full_name} {request.number}"),
        "number": request.number,
        "url": f"{world.url}/pulls/{request.number}",
        **{
            side: {"ref": ref, "sha": sha, "repo": {"id": place["id"], "url": world.url, "name": world.name}}
            for side, ref, sha in sides
        },
    }


def _pull_request_urls(world: World, request: PullRequest) -> Json:
    api, page = f"{world.url}/pulls/{request.number}", f"{world.html_url}/pull/{request.number}"
    issue = f"{world.url}/issues/{request.number}"
    urls = {
        "issue": issue,
        "commits": f"{api}/commits",
        "review_comments": f"{api}/comments",
        "review_comment": f"{world.url}/pulls/comments{{/number}}",
        "comments": f"{issue}/comments",
        "statuses": f"{world.url}/statuses/{request.head_sha}",
    }
    return {
        "url": api,
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        **{f"{name}_url": url for name, url in urls.items()},
        "_links": {name: {"href": url} for name, url in {**urls, "self": api, "html": page}.items()},
    }


def _side(world: World, full_name: str, ref: str, sha: str) -> Json:
    owner = full_name.partition("/")[0]
    return {
        "label": f"{owner}:{ref}",
        "ref": ref,
        "sha": sha,
        "user": user(world, owner),
        "repo": repository(world, None, full_name),
    }


def _label(world: World, request: PullRequest) -> str:
    """``owner:branch`` of the head, which the ``head`` filter compares."""
    return f"{(request.head_repository or world.full_name).partition('/')[0]}:{request.head}"
