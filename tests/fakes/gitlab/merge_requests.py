"""Merge requests and their approvals, the caller's account, and uploads."""

from __future__ import annotations

from dataclasses import replace
from mimetypes import guess_type
from typing import TYPE_CHECKING

from fakes.core.messages import Json, Reply, json_reply
from fakes.core.reviews import approvals
from fakes.core.routes import Routes
from fakes.core.state import FOUNDED, PullRequest, iso_milliseconds, made_up_sha
from fakes.gitlab.access import errors
from fakes.gitlab.payloads import DESCRIPTION, listing, user
from fakes.gitlab.state import GitLabState, Upload

if TYPE_CHECKING:
    from fakes.core.routes import Call

routes: Routes[GitLabState] = Routes()

SHOWN_INLINE = ("image/", "video/", "audio/")


@routes.add("GET", "/user", needs="auth read_api")
def get_user(state: GitLabState, call: Call) -> Reply:
    """Who the caller is; a project's token belongs to a bot of its own."""
    return json_reply(200, {**user(state, call.login), "bot": call.login.startswith("project_")})


@routes.add("GET", "/personal_access_tokens/self", needs="auth read_api")
def get_own_token(state: GitLabState, call: Call) -> Reply:  # noqa: ARG001 - as every handler
    """What the token of the request is; a job's own is none of these."""
    grants = call.caller.grants if call.caller else frozenset[str]()
    scopes = ["api"] if "api" in grants else ["read_api"]
    return json_reply(200, {"id": 1, "name": "headway", "active": True, "revoked": False, "scopes": scopes})


@routes.add("GET", "/projects/{id}", needs="read_api")
def get_project(state: GitLabState, call: Call) -> Reply:
    """The project, and the caller's role in it: 30 is Developer, 20 is Reporter."""
    grants = call.caller.grants if call.caller else frozenset[str]()
    role = {"access_level": 30 if "developer" in grants else 20, "notification_level": 3}
    permissions = {"project_access": role if "member" in grants else None, "group_access": None}
    path = state.full_name
    return json_reply(200, {"id": state.id, "path_with_namespace": path, "permissions": permissions})


@routes.add("GET", "/projects/{id}/merge_requests/{merge_request_iid}", needs="read_api job")
def get_merge_request(state: GitLabState, call: Call) -> Reply:
    return json_reply(200, merge_request(state, _merge_request(state, call)))


@routes.add("GET", "/projects/{id}/merge_requests", needs="read_api")
def list_merge_requests(state: GitLabState, call: Call) -> Reply:
    """Merge requests by state and branches, a fork's too, newest first."""
    query = call.request.query
    named = {"head": query.get("source_branch"), "base": query.get("target_branch")}
    found = [
        each
        for _, each in sorted(state.pull_requests.items(), reverse=True)
        if query.get("state", "all") in {"all", state_of(each)}
        and all(name in {None, getattr(each, side)} for side, name in named.items())
    ]
    return listing(state, call, found, lambda each: merge_request(state, each))


@routes.add("POST", "/projects/{id}/merge_requests", needs="auth api developer")
def create_merge_request(state: GitLabState, call: Call) -> Reply:
    """Open a merge request from a branch of this project; there is one at a time between two branches."""
    body = call.request.json()
    head, base, title = (errors.required_text(body, name) for name in ("source_branch", "target_branch", "title"))
    if not state.tip(head):
        raise errors.fields(source_branch="does not exist")
    if found := state.open_between(head, base):
        raise errors.conflict(f"Another open merge request already exists for this source branch: !{found.number}")
    request = PullRequest(
        number=state.next_number(),
        head=head,
        base=base,
        head_sha=state.tip(head),
        base_sha=state.tip(base),
        author=call.login,
        title=title,
        body=errors.text(body, "description") or "",
    )
    state.open_pull_request(request)
    return json_reply(201, merge_request(state, state.pull_requests[request.number]))


@routes.add("PUT", "/projects/{id}/merge_requests/{merge_request_iid}", needs="auth api developer")
def update_merge_request(state: GitLabState, call: Call) -> Reply:
    """A merge request's new title or description."""
    old, body = _merge_request(state, call), call.request.json()
    given = {"title": errors.text(body, "title"), "body": errors.text(body, "description")}
    texts: dict[str, str] = {name: text for name, text in given.items() if text is not None}
    state.pull_requests[old.number] = replace(old, **texts)  # type: ignore[arg-type]  # title and body are texts
    return json_reply(200, merge_request(state, state.pull_requests[old.number]))


@routes.add("GET", "/projects/{id}/merge_requests/{merge_request_iid}/approvals", needs="auth read_api")
def get_approvals(state: GitLabState, call: Call) -> Reply:
    """The approvals that stand: one that was taken back is forgotten."""
    found = approvals(state.reviews.get(_merge_request(state, call).number, []))
    shown = [{"user": user(state, name), "approved_at": iso_milliseconds(each.at)} for name, each in found.items()]
    known = {"user_has_approved": call.login in found, "approved": bool(found), "approved_by": shown}
    return json_reply(200, DESCRIPTION.completed("approvals", known))


@routes.add("POST", "/projects/{id}/uploads", needs="auth api")
def create_upload(state: GitLabState, call: Call) -> Reply:
    """Keep a file; what comes back is Markdown with an address relative to the project."""
    files = [file for file in call.request.files() if file.field == "file"]
    if not files:
        raise errors.invalid("file is missing")
    number = next(state.ids)
    upload = Upload(
        id=number, secret=made_up_sha(f"upload {number}")[:32], name=files[0].name, content=files[0].content
    )
    state.uploads[upload.secret] = upload
    return json_reply(201, _shown_upload(state, upload))


@routes.add("GET", "/{id...}/uploads/{secret}/{name}", site="web")
@routes.add("GET", "/-/project/{id}/uploads/{secret}/{name}", site="web")  # the lower one is tried first
def get_upload(state: GitLabState, call: Call) -> Reply:
    """An uploaded file: who knows its address may read it, in a private project too."""
    upload = state.uploads.get(call.params["secret"])
    if (
        upload is None
        or upload.name != call.params["name"]
        or call.params["id"] not in {str(state.id), state.full_name}
    ):
        raise errors.not_found("File")
    kind = guess_type(upload.name)[0] or "application/octet-stream"
    return Reply(status=200, headers={"Content-Type": kind}, body=upload.content)


def _merge_request(state: GitLabState, call: Call) -> PullRequest:
    request = state.pull_requests.get(call.number("merge_request_iid"))
    if request is None:
        raise errors.error(404, "404 Not found")
    return request


def state_of(request: PullRequest) -> str:
    if request.merged_sha:
        return "merged"
    return "opened" if request.state == "open" else "closed"


def merge_request(state: GitLabState, request: PullRequest) -> Json:
    moment = iso_milliseconds(FOUNDED)
    merged_at = iso_milliseconds(request.merged_at) if request.merged_sha else None
    known = {
        "id": 100_000 + request.number,
        "iid": request.number,
        "project_id": state.id,
        "title": request.title,
        "description": request.body,
        "state": state_of(request),
        "source_branch": request.head,
        "target_branch": request.base,
        "source_project_id": source_project(state, request),
        "target_project_id": state.id,
        "sha": request.head_sha,
        "diff_refs": {"base_sha": request.base_sha, "head_sha": request.head_sha, "start_sha": request.base_sha},
        "author": user(state, request.author),
        "created_at": moment,
        "updated_at": moment,
        "merged_at": merged_at,
        "merge_user": user(state, request.merged_by) if request.merged_by else None,
        "merge_commit_sha": request.merged_sha or None,
        "closed_at": None if request.state == "open" or request.merged_sha else moment,
        "user_notes_count": len(state.comments.on(str(request.number))),
        "web_url": f"{state.web_url}/-/merge_requests/{request.number}",
    }
    return DESCRIPTION.completed("merge_request", known)


def source_project(state: GitLabState, request: PullRequest) -> int:
    """The number of the project that a merge request comes from: this one, or a fork."""
    return state.id + 1 if request.head_repository else state.id


def _shown_upload(state: GitLabState, upload: Upload) -> Json:
    inline = (guess_type(upload.name)[0] or "").startswith(SHOWN_INLINE)
    alt = upload.name.rpartition(".")[0] if inline else upload.name
    url = f"/uploads/{upload.secret}/{upload.name}"
    return {
        "id": upload.id,
        "alt": alt,
        "url": url,
        "full_path": f"/-/project/{state.id}{url}",
        "markdown": f"{'!' if inline else ''}[{alt}]({url})",
    }
