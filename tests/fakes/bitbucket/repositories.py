"""The repository, the caller's account, pull requests and downloads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes.bitbucket.comments import REPOSITORY, commit_of
from fakes.bitbucket.payloads import link, listing, repository, user, uuid
from fakes.bitbucket.refusals import bad_request, refuse
from fakes.bitbucket.world import SHORT_SHA
from fakes.kernel.clock import iso_offset
from fakes.kernel.messages import Call, Json, RefusalError, Reply, json_reply, no_content
from fakes.kernel.multipart import uploaded_files
from fakes.kernel.routes import Routes

if TYPE_CHECKING:
    from fakes.bitbucket.world import World
    from fakes.kernel.pull_request import PullRequest

routes: Routes[World] = Routes()

FOUNDED = 1_700_000_000
LARGEST_PAGE = 50  # of pull requests; other listings go to 100


@routes.add("GET", "/user", needs="account")
def get_user(world: World, call: Call) -> Reply:
    """Who the caller is; a repository's access token has no account."""
    return json_reply(200, user(world, call.caller.login if call.caller is not None else ""))


@routes.add("GET", REPOSITORY, needs="repository")
def get_repository(world: World, call: Call) -> Reply:  # noqa: ARG001 - as every handler
    """The repository."""
    shown = {
        **repository(world),
        "slug": world.slug,
        "is_private": world.private,
        "scm": "git",
        "description": "",
        "mainbranch": {"type": "branch", "name": "main"},
        "workspace": {"type": "workspace", "slug": world.workspace, "uuid": uuid(f"workspace {world.workspace}")},
        "owner": user(world, world.workspace),
        "created_on": iso_offset(FOUNDED),
        "updated_on": iso_offset(FOUNDED),
    }
    return json_reply(200, shown)


@routes.add("GET", f"{REPOSITORY}/pullrequests", needs="pullrequest")
def list_pull_requests(world: World, call: Call) -> Reply:
    """Pull requests in one state, open ones unless asked otherwise, newest first."""
    state = call.request.query.get("state", "OPEN")
    found = [each for _, each in sorted(world.pull_requests.items(), reverse=True) if _state(each) == state]
    return listing(world, call, found, lambda request: pull_request(world, request), largest=LARGEST_PAGE)


@routes.add("GET", f"{REPOSITORY}/pullrequests/{{pull_request_id}}", needs="pullrequest")
def get_pull_request(world: World, call: Call) -> Reply:
    """One pull request; its commits are named by their first twelve digits."""
    request = world.pull_requests.get(call.number("pull_request_id"))
    if request is None:
        raise refuse(404, f"Pull request #{call.params['pull_request_id']} not found.")
    return json_reply(200, pull_request(world, request))


@routes.add("GET", f"{REPOSITORY}/commit/{{commit}}/pullrequests", needs="pullrequest")
def list_commit_pull_requests(world: World, call: Call) -> Reply:
    """The pull requests that a commit is in."""
    sha = commit_of(world, call)
    found = [each for each in world.pull_requests.values() if each.head_sha == sha]
    return listing(world, call, found, lambda request: pull_request(world, request))


@routes.add("GET", f"{REPOSITORY}/downloads", needs="repository")
def list_downloads(world: World, call: Call) -> Reply:
    """The repository's downloads."""
    return listing(world, call, list(world.downloads), lambda name: _download(world, name))


@routes.add("POST", f"{REPOSITORY}/downloads", needs="repository:write")
def create_download(world: World, call: Call) -> Reply:
    """Keep files; one with a name that is taken replaces the old one. The answer is empty."""
    files = [file for file in uploaded_files(call.request) if file.field == "files"]
    if not files:
        raise bad_request("files: required key not provided")
    world.downloads |= {file.name: file.content for file in files}
    return Reply(status=201)


@routes.add("GET", f"{REPOSITORY}/downloads/{{filename}}", needs="repository")
def get_download(world: World, call: Call) -> Reply:
    """Where the file is: on another host."""
    name = _name(world, call)
    return Reply(status=302, headers={"Location": f"{world.storage}/downloads/{name}?Signature={uuid(name)[1:9]}"})


@routes.add("DELETE", f"{REPOSITORY}/downloads/{{filename}}", needs="repository:write")
def delete_download(world: World, call: Call) -> Reply:
    """A download goes."""
    del world.downloads[_name(world, call)]
    return no_content()


@routes.add("GET", "/downloads/{filename}", site="storage")
def stored_download(world: World, call: Call) -> Reply:
    """The file itself. The signature is in the address; a token sent as well is refused, as Amazon's storage does."""
    name = call.params["filename"]
    signed = call.request.query.get("Signature") == uuid(name)[1:9]
    if "authorization" in call.request.headers or not signed or name not in world.downloads:
        body = b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>InvalidArgument</Code></Error>'
        raise RefusalError(Reply(status=400, headers={"Content-Type": "application/xml"}, body=body))
    return Reply(status=200, headers={"Content-Type": "application/octet-stream"}, body=world.downloads[name])


def pull_request(world: World, request: PullRequest) -> Json:
    """A pull request as Bitbucket shows it."""
    url = f"{world.api_url}/pullrequests/{request.number}"
    return {
        "type": "pullrequest",
        "id": request.number,
        "title": request.title,
        "description": "",
        "state": _state(request),
        "draft": False,
        "author": user(world, request.author),
        "source": _side(world, request.head_repository or world.full_name, request.head, request.head_sha),
        "destination": _side(world, world.full_name, request.base, request.base_sha),
        "merge_commit": None,
        "comment_count": len(world.comments.on(str(request.number))),
        "task_count": 0,
        "close_source_branch": False,
        "created_on": iso_offset(FOUNDED),
        "updated_on": iso_offset(FOUNDED),
        "links": {
            "self": link(url),
            "comments": link(f"{url}/comments"),
            "html": link(f"{world.html_url}/pull-requests/{request.number}"),
        },
    }


def _state(request: PullRequest) -> str:
    return "OPEN" if request.state == "open" else "DECLINED"


def _side(world: World, full_name: str, branch: str, sha: str) -> Json:
    return {
        "branch": {"name": branch},
        "commit": {"type": "commit", "hash": sha[:SHORT_SHA]},
        "repository": repository(world, full_name),
    }


def _download(world: World, name: str) -> Json:
    return {
        "type": "download",
        "name": name,
        "size": len(world.downloads[name]),
        "downloads": 0,
        "created_on": iso_offset(FOUNDED),
        "user": user(world, world.workspace),
        "links": {"self": link(f"{world.api_url}/downloads/{name}")},
    }


def _name(world: World, call: Call) -> str:
    if call.params["filename"] not in world.downloads:
        raise refuse(404, "Download not found", call.params["filename"])
    return call.params["filename"]
