"""The repository itself, and pull requests."""

from __future__ import annotations

import base64
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from fakes.core.messages import Json, Reply, json_reply
from fakes.core.routes import Routes
from fakes.core.state import FOUNDED, iso_seconds
from fakes.github.access import INSTALLATION, STRANGER, errors
from fakes.github.openapi import DESCRIPTION
from fakes.github.payloads import listing, node_id, repository_id, stable_id, user, whole_repository

if TYPE_CHECKING:
    from fakes.core.routes import Call
    from fakes.core.state import PullRequest
    from fakes.github.state import GitHubState

routes: Routes[GitHubState] = Routes()
LARGEST_CONTENT = 1024 * 1024
"""Bytes of a file that its description holds."""


@routes.add("GET", "/repos/{owner}/{repo}", needs="metadata=read")
def get_repository(state: GitHubState, call: Call) -> Reply:
    """The repository, and for a person what their account may do there."""
    found = whole_repository(state, schema="full-repository")
    if call.caller and call.caller.kind != INSTALLATION:
        found["permissions"] = {"admin": False, "push": call.caller.kind != STRANGER, "pull": True}
    return json_reply(200, found)


@routes.add("GET", "/repos/{owner}/{repo}/pulls", needs="pull_requests=read")
def list_pull_requests(state: GitHubState, call: Call) -> Reply:
    """Pull requests by state and head, newest first; ``head`` without an owner is ignored, as on GitHub."""
    wanted, head = call.request.query.get("state", "open"), call.request.query.get("head", "")
    found = [
        request
        for _, request in sorted(state.pull_requests.items(), reverse=True)
        if wanted in {"all", request.state} and (":" not in head or head == _label(state, request))
    ]
    return listing(state, call, found, lambda request: shown_pull_request(state, request))


@routes.add("GET", "/repos/{owner}/{repo}/pulls/{pull_number}", needs="pull_requests=read; contents=read")
def get_pull_request(state: GitHubState, call: Call) -> Reply:
    request = state.pull_requests.get(call.number("pull_number"))
    if request is None:
        raise errors.not_found()
    return json_reply(200, shown_pull_request(state, request, "pull-request"))


@routes.add("GET", "/repos/{owner}/{repo}/commits/{commit_sha}/pulls", needs="pull_requests=read; contents=read")
def list_commit_pull_requests(state: GitHubState, call: Call) -> Reply:
    """Pull requests of a commit of this repository; a fork's commit has none here."""
    sha = call.params["commit_sha"]
    if not state.has_commit(sha):
        raise errors.no_commit(sha)
    merged = [each for each in state.pull_requests.values() if each.merged_sha == sha]
    found = [*own_pull_requests(state, sha), *merged]
    return listing(state, call, found, lambda request: shown_pull_request(state, request))


@routes.add("GET", "/repos/{owner}/{repo}/contents/{path...}", needs="contents=read")
def get_content(state: GitHubState, call: Call) -> Reply:
    """A file of a commit or branch, as base64 in lines; of the default branch unless another is asked for."""
    ref, path = call.request.query.get("ref", state.default_branch), call.params["path"]
    commit = state.resolve(ref)
    content = state.git.file(commit, path) if commit is not None and state.git.kind(commit) else None
    if content is None:
        raise errors.not_found()
    url = f"{state.url}/contents/{path}"
    is_small = len(content) <= LARGEST_CONTENT
    known = {
        "type": "file",
        "name": PurePosixPath(path).name,
        "path": path,
        "sha": state.git.write_blob(content),
        "size": len(content),
        "url": url,
        "encoding": "base64" if is_small else "none",
        "content": base64.encodebytes(content).decode() if is_small else "",
        "_links": {"git": None, "html": None, "self": url},
    }
    return json_reply(200, DESCRIPTION.completed("content-file", known))


@routes.add("GET", "/repos/{owner}/{repo}/compare/{basehead}", needs="contents=read")
def compare(state: GitHubState, call: Call) -> Reply:
    """Where two commits have forked: without objects, at the first. Only a first page names files; no test asks."""
    base, _, head = call.params["basehead"].partition("...")
    if not state.has_commit(base) or not state.has_commit(head):
        raise errors.not_found()
    is_here = state.git.kind(base) and state.git.kind(head)
    known = {
        "url": f"{state.url}/compare/{base}...{head}",
        "base_commit": _shown_commit(state, base),
        "merge_base_commit": _shown_commit(state, state.git.merge_base(base, head) if is_here else base),
        "status": "ahead",
    }
    return json_reply(200, DESCRIPTION.completed("commit-comparison", known))


def _shown_commit(state: GitHubState, sha: str) -> Json:
    url = f"{state.url}/commits/{sha}"
    who = user(state, "octocat")
    known = {"url": url, "sha": sha, "node_id": node_id("C", sha), "author": who, "committer": who}
    return DESCRIPTION.completed("commit", known)


def own_pull_requests(state: GitHubState, sha: str) -> list[PullRequest]:
    """The pull requests from this repository itself that a commit is the head of."""
    return [each for each in state.pull_requests.values() if each.head_sha == sha and not each.head_repository]


def shown_pull_request(state: GitHubState, request: PullRequest, schema: str = "pull-request-simple") -> Json:
    """A pull request, in the form of listings unless another is asked for."""
    known: Json = {
        "url": f"{state.url}/pulls/{request.number}",
        "html_url": f"{state.html_url}/pull/{request.number}",
        "issue_url": f"{state.url}/issues/{request.number}",
        "comments_url": f"{state.url}/issues/{request.number}/comments",
        "statuses_url": f"{state.url}/statuses/{request.head_sha}",
        "id": stable_id(f"pull {state.full_name} {request.number}"),
        "number": request.number,
        "state": request.state,
        "locked": request.locked,
        "title": request.title,
        "body": request.body or None,
        "user": user(state, request.author),
        "closed_at": None if request.state == "open" else iso_seconds(request.merged_at or FOUNDED),
        "merged_at": iso_seconds(request.merged_at) if request.merged_sha else None,
        "merge_commit_sha": request.merged_sha or state.merge_sha(request),
        "head": _side(state, request.head_repository or state.full_name, request.head, request.head_sha),
        "base": _side(state, state.full_name, request.base, request.base_sha),
        "author_association": "CONTRIBUTOR" if request.head_repository else "MEMBER",
    }
    if schema == "pull-request":
        known["merged"] = bool(request.merged_sha)
        known["merged_by"] = user(state, request.merged_by) if request.merged_by else None
    return DESCRIPTION.completed(schema, known)


def pull_request_reference(state: GitHubState, request: PullRequest) -> Json:
    """A pull request as check runs and workflow runs name it."""
    place = {"id": repository_id(state.full_name), "url": state.url, "name": state.name}
    return {
        "id": stable_id(f"pull {state.full_name} {request.number}"),
        "number": request.number,
        "url": f"{state.url}/pulls/{request.number}",
        "head": {"ref": request.head, "sha": request.head_sha, "repo": place},
        "base": {"ref": request.base, "sha": request.base_sha, "repo": place},
    }


def _side(state: GitHubState, full_name: str, ref: str, sha: str) -> Json:
    owner = full_name.partition("/")[0]
    return {
        "label": f"{owner}:{ref}",
        "ref": ref,
        "sha": sha,
        "user": user(state, owner),
        "repo": whole_repository(state, full_name),
    }


def _label(state: GitHubState, request: PullRequest) -> str:
    """``owner:branch`` of the head, which the ``head`` filter compares."""
    return f"{(request.head_repository or state.full_name).partition('/')[0]}:{request.head}"
