"""The caller's account, pull requests and downloads."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fakes.bitbucket.access import errors
from fakes.bitbucket.comments import REPOSITORY
from fakes.bitbucket.payloads import DESCRIPTION, link, listing, repository, user
from fakes.bitbucket.state import SHORT_SHA, BitbucketState
from fakes.core.messages import Json, Reply, json_reply
from fakes.core.reviews import approvals
from fakes.core.routes import Routes
from fakes.core.state import FOUNDED, PullRequest, iso_offset

if TYPE_CHECKING:
    from fakes.core.routes import Call

routes: Routes[BitbucketState] = Routes()

LARGEST_PAGE = 50  # of pull requests; other listings go to 100


@routes.add("GET", "/user", needs="account")
def get_user(state: BitbucketState, call: Call) -> Reply:
    """Who the caller is; a repository's access token has no account."""
    return json_reply(200, user(state, call.login))


@routes.add("GET", f"{REPOSITORY}/pullrequests", needs="pullrequest")
def list_pull_requests(state: BitbucketState, call: Call) -> Reply:
    """Pull requests in one state, open ones unless asked otherwise, newest first; or those first that changed last."""
    wanted = call.request.query.get("state", "OPEN")
    found = [each for _, each in sorted(state.pull_requests.items(), reverse=True) if _state(each) == wanted]
    if call.request.query.get("sort") == "-updated_on":
        found.sort(key=lambda each: -each.merged_at)
    return listing(state, call, found, lambda request: _pull_request(state, request), largest=LARGEST_PAGE)


@routes.add("GET", f"{REPOSITORY}/pullrequests/{{pull_request_id}}", needs="pullrequest")
def get_pull_request(state: BitbucketState, call: Call) -> Reply:
    """One pull request, with its participants; its commits are named by their first twelve digits."""
    return json_reply(200, _whole_pull_request(state, _named(state, call)))


@routes.add("POST", f"{REPOSITORY}/pullrequests", needs="pullrequest:write")
def create_pull_request(state: BitbucketState, call: Call) -> Reply:
    """Open a pull request; where one is open between the two branches, Bitbucket answers with that one as it is."""
    body = call.request.json()
    head, base = _branch(body, "source"), _branch(body, "destination") or "main"
    for side, branch in (("source", head), ("destination", base)):
        if not state.tip(branch):
            raise errors.error(400, f"{side}: branch not found: {branch}")
    if state.tip(head) == state.tip(base):
        raise errors.error(400, "There are no changes to be pulled")
    request = state.open_between(head, base) or PullRequest(
        number=state.next_number(),
        head=head,
        base=base,
        head_sha=state.tip(head),
        base_sha=state.tip(base),
        author=call.login,
        title=errors.required_text(body, "title"),
        body=errors.text(body, "description") or "",
    )
    state.open_pull_request(request)
    return json_reply(201, _whole_pull_request(state, request))


@routes.add("PUT", f"{REPOSITORY}/pullrequests/{{pull_request_id}}", needs="pullrequest:write")
def update_pull_request(state: BitbucketState, call: Call) -> Reply:
    """An open pull request's new title or description."""
    old, body = _named(state, call), call.request.json()
    if old.state != "open":
        raise errors.error(400, "This pull request is already closed.")
    title, description = errors.text(body, "title"), errors.text(body, "description")
    state.pull_requests[old.number] = replace(
        old, title=title or old.title, body=old.body if description is None else description
    )
    return json_reply(200, _whole_pull_request(state, state.pull_requests[old.number]))


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


def _named(state: BitbucketState, call: Call) -> PullRequest:
    request = state.pull_requests.get(call.number("pull_request_id"))
    if request is None:
        raise errors.error(404, f"Pull request #{call.params['pull_request_id']} not found.")
    return request


def _branch(body: Json, side: str) -> str:
    """The name of the branch on one side of a new pull request; empty where the body names none."""
    found = body.get(side)
    branch = found.get("branch") if isinstance(found, dict) else None
    return str(branch.get("name", "")) if isinstance(branch, dict) else ""


def _whole_pull_request(state: BitbucketState, request: PullRequest) -> Json:
    """A pull request by itself; listings leave the participants out."""
    reviews = state.reviews.get(request.number, [])
    approved = approvals(reviews)
    last = {review.author: review for review in reviews}
    participants = [
        {
            "type": "participant",
            "user": user(state, name),
            "role": "REVIEWER",
            "approved": name in approved,
            "state": "approved" if name in approved else "changes_requested" if _asked(review.decision) else None,
            "participated_on": iso_offset(review.at),
        }
        for name, review in last.items()
    ]
    return {**_pull_request(state, request), "participants": participants}


def _asked(decision: str) -> bool:
    return decision == "changes_requested"


def _pull_request(state: BitbucketState, request: PullRequest) -> Json:
    url = f"{state.api_url}/pullrequests/{request.number}"
    known: Json = {
        "type": "pullrequest",
        "id": request.number,
        "title": request.title,
        "description": request.body,
        "state": _state(request),
        "merge_commit": {"type": "commit", "hash": request.merged_sha[:SHORT_SHA]} if request.merged_sha else None,
        "closed_by": user(state, request.merged_by) if request.merged_by else None,
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
    if request.merged_sha:
        return "MERGED"
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
