"""The caller's account, pull requests and downloads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes.bitbucket.access import errors
from fakes.bitbucket.comments import REPOSITORY
from fakes.bitbucket.payloads import DESCRIPTION, link, listing, repository, user
from fakes.bitbucket.state import SHORT_SHA, BitbucketState
from fakes.core.messages import Json, Reply, json_reply
from fakes.core.routes import Routes
from fakes.core.state import FOUNDED, iso_offset

if TYPE_CHECKING:
    from fakes.core.routes import Call
    from fakes.core.state import PullRequest

routes: Routes[BitbucketState] = Routes()

LARGEST_PAGE = 50  # of pull requests; other listings go to 100


@routes.add("GET", "/user", needs="account")
def get_user(state: BitbucketState, call: Call) -> Reply:
    """Who the caller is; a repository's access token has no account."""
    return json_reply(200, user(state, call.login))


@routes.add("GET", f"{REPOSITORY}/pullrequests", needs="pullrequest")
def list_pull_requests(state: BitbucketState, call: Call) -> Reply:
    """Pull requests in one state, open ones unless asked otherwise, newest first."""
    wanted = call.request.query.get("state", "OPEN")
    found = [each for _, each in sorted(state.pull_requests.items(), reverse=True) if _state(each) == wanted]
    return listing(state, call, found, lambda request: _pull_request(state, request), largest=LARGEST_PAGE)


@routes.add("GET", f"{REPOSITORY}/pullrequests/{{pull_request_id}}", needs="pullrequest")
def get_pull_request(state: BitbucketState, call: Call) -> Reply:
    """One pull request; its commits are named by their first twelve digits."""
    request = state.pull_requests.get(call.number("pull_request_id"))
    if request is None:
        raise errors.error(404, f"Pull request #{call.params['pull_request_id']} not found.")
    return json_reply(200, _pull_request(state, request))


@routes.add("GET", f"{REPOSITORY}/downloads", needs="repository")
def list_downloads(state: BitbucketState, call: Call) -> Reply:
    return listing(state, call, list(state.downloads), lambda name: _download(state, name))


@routes.add("POST", f"{REPOSITORY}/downloads", needs="repository:write")
def create_download(state: BitbucketState, call: Call) -> Reply:
    """Keep files; one with a name that is taken replaces the old one. The answer is empty."""
    files = [file for file in call.request.files() if file.field == "files"]
    if not files:
        raise errors.missing("files")
    state.downloads |= {file.name: file.content for file in files}
    return Reply(status=201)


@routes.add("GET", f"{REPOSITORY}/downloads/{{filename}}", needs="repository")
def get_download(state: BitbucketState, call: Call) -> Reply:
    """The file itself; Bitbucket redirects to its storage."""
    name = call.params["filename"]
    if name not in state.downloads:
        raise errors.error(404, "Download not found", name)
    return Reply(status=200, headers={"Content-Type": "application/octet-stream"}, body=state.downloads[name])


def _pull_request(state: BitbucketState, request: PullRequest) -> Json:
    url = f"{state.api_url}/pullrequests/{request.number}"
    known: Json = {
        "type": "pullrequest",
        "id": request.number,
        "title": request.title,
        "state": _state(request),
        "author": user(state, request.author),
        "source": _side(state, request.head_repository or state.full_name, request.head, request.head_sha),
        "destination": _side(state, state.full_name, request.base, request.base_sha),
        "comment_count": len(state.comments.on(str(request.number))),
        "created_on": iso_offset(FOUNDED),
        "updated_on": iso_offset(FOUNDED),
        "links": {
            "self": link(url),
            "comments": link(f"{url}/comments"),
            "html": link(f"{state.html_url}/pull-requests/{request.number}"),
        },
    }
    return DESCRIPTION.completed("pull_request", known)


def _state(request: PullRequest) -> str:
    return "OPEN" if request.state == "open" else "DECLINED"


def _side(state: BitbucketState, full_name: str, branch: str, sha: str) -> Json:
    return {
        "branch": {"name": branch},
        "commit": {"type": "commit", "hash": sha[:SHORT_SHA]},
        "repository": repository(state, full_name),
    }


def _download(state: BitbucketState, name: str) -> Json:
    return {
        "type": "download",
        "name": name,
        "size": len(state.downloads[name]),
        "downloads": 0,
        "created_on": iso_offset(FOUNDED),
        "user": user(state, state.owner),
        "links": {"self": link(f"{state.api_url}/downloads/{name}")},
    }
