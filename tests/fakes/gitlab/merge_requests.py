"""Merge requests, the caller's account, and uploads."""

from __future__ import annotations

from mimetypes import guess_type
from typing import TYPE_CHECKING

from fakes.core.messages import Json, Reply, json_reply
from fakes.core.routes import Routes
from fakes.core.state import FOUNDED, iso_milliseconds, made_up_sha
from fakes.gitlab.access import errors
from fakes.gitlab.payloads import DESCRIPTION, user
from fakes.gitlab.state import GitLabState, Upload

if TYPE_CHECKING:
    from fakes.core.routes import Call
    from fakes.core.state import PullRequest

routes: Routes[GitLabState] = Routes()

SHOWN_INLINE = ("image/", "video/", "audio/")


@routes.add("GET", "/user", needs="auth read_api")
def get_user(state: GitLabState, call: Call) -> Reply:
    """Who the caller is; a project's token belongs to a bot of its own."""
    return json_reply(200, {**user(state, call.login), "bot": call.login.startswith("project_")})


@routes.add("GET", "/projects/{id}/merge_requests/{merge_request_iid}", needs="read_api job")
def get_merge_request(state: GitLabState, call: Call) -> Reply:
    request = state.pull_requests.get(call.number("merge_request_iid"))
    if request is None:
        raise errors.error(404, "404 Not found")
    return json_reply(200, merge_request(state, request))


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


def merge_request(state: GitLabState, request: PullRequest) -> Json:
    moment = iso_milliseconds(FOUNDED)
    known = {
        "id": 100_000 + request.number,
        "iid": request.number,
        "project_id": state.id,
        "title": request.title,
        "state": "opened" if request.state == "open" else "closed",
        "source_branch": request.head,
        "target_branch": request.base,
        "source_project_id": source_project(state, request),
        "target_project_id": state.id,
        "sha": request.head_sha,
        "diff_refs": {"base_sha": request.base_sha, "head_sha": request.head_sha, "start_sha": request.base_sha},
        "author": user(state, request.author),
        "created_at": moment,
        "updated_at": moment,
        "closed_at": None if request.state == "open" else moment,
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
