"""Merge requests, the project, the caller's account, and uploads."""

from __future__ import annotations

from mimetypes import guess_type
from typing import TYPE_CHECKING

from fakes.gitlab.payloads import listing, user
from fakes.gitlab.refusals import invalid_parameter, not_found, refuse
from fakes.gitlab.world import Upload, World
from fakes.kernel.clock import iso_milliseconds
from fakes.kernel.commits import made_up_sha
from fakes.kernel.messages import Call, Json, Reply, json_reply
from fakes.kernel.multipart import uploaded_files
from fakes.kernel.routes import Routes

if TYPE_CHECKING:
    from fakes.kernel.pull_request import PullRequest

routes: Routes[World] = Routes()

FOUNDED = 1_700_000_000
SHOWN_INLINE = ("image/", "video/", "audio/")


@routes.add("GET", "/user", needs="auth read_api")
def get_user(world: World, call: Call) -> Reply:
    """Who the caller is; a project's token belongs to a bot of its own."""
    login = call.caller.login if call.caller is not None else ""
    return json_reply(200, {**user(world, login), "bot": login.startswith("project_")})


@routes.add("GET", "/projects/{id}", needs="read_api")
def get_project(world: World, call: Call) -> Reply:  # noqa: ARG001 - as every handler
    """The project."""
    namespace, _, name = world.path.rpartition("/")
    shown = {
        "id": world.id,
        "name": name,
        "path": name,
        "path_with_namespace": world.path,
        "namespace": {"id": 1, "path": namespace.rpartition("/")[2], "full_path": namespace, "kind": "group"},
        "description": None,
        "default_branch": world.default_branch,
        "visibility": "private" if world.private else "public",
        "web_url": world.web_url,
        "http_url_to_repo": f"{world.web_url}.git",
        "created_at": iso_milliseconds(FOUNDED),
        "archived": False,
    }
    return json_reply(200, shown)


@routes.add("GET", "/projects/{id}/merge_requests", needs="read_api job")
def list_merge_requests(world: World, call: Call) -> Reply:
    """The project's merge requests, newest first."""
    query = call.request.query
    state = query.get("state", "all")
    found = [
        request
        for _, request in sorted(world.merge_requests.items(), reverse=True)
        if state in {"all", _state(request)} and query.get("source_branch", request.head) == request.head
    ]
    return listing(world, call, found, lambda request: merge_request(world, request))


@routes.add("GET", "/projects/{id}/merge_requests/{merge_request_iid}", needs="read_api job")
def get_merge_request(world: World, call: Call) -> Reply:
    """One merge request."""
    request = world.merge_requests.get(call.number("merge_request_iid"))
    if request is None:
        raise refuse(404, "404 Not found")
    return json_reply(200, merge_request(world, request))


@routes.add("POST", "/projects/{id}/uploads", needs="auth api")
def create_upload(world: World, call: Call) -> Reply:
    """Keep a file; what comes back is Markdown with an address relative to the project."""
    files = [file for file in uploaded_files(call.request) if file.field == "file"]
    if not files:
        raise invalid_parameter("file is missing")
    number = next(world.ids)
    upload = Upload(
        id=number, secret=made_up_sha(f"upload {number}")[:32], name=files[0].name, content=files[0].content
    )
    world.uploads[upload.secret] = upload
    return json_reply(201, _shown_upload(world, upload))


@routes.add("GET", "/{id...}/uploads/{secret}/{name}", site="web")
@routes.add("GET", "/-/project/{id}/uploads/{secret}/{name}", site="web")  # the lower one is tried first
def get_upload(world: World, call: Call) -> Reply:
    """An uploaded file: who knows its address may read it, in a private project too."""
    upload = world.uploads.get(call.params["secret"])
    if upload is None or upload.name != call.params["name"] or call.params["id"] not in {str(world.id), world.path}:
        raise not_found("File")
    kind = guess_type(upload.name)[0] or "application/octet-stream"
    return Reply(status=200, headers={"Content-Type": kind}, body=upload.content)


def merge_request(world: World, request: PullRequest) -> Json:
    """A merge request as GitLab shows it."""
    moment = iso_milliseconds(FOUNDED)
    return {
        "id": 100_000 + request.number,
        "iid": request.number,
        "project_id": world.id,
        "title": request.title,
        "description": "",
        "state": _state(request),
        "draft": False,
        "source_branch": request.head,
        "target_branch": request.base,
        "source_project_id": source_project(world, request),
        "target_project_id": world.id,
        "sha": request.head_sha,
        "diff_refs": {"base_sha": request.base_sha, "head_sha": request.head_sha, "start_sha": request.base_sha},
        "author": user(world, request.author),
        "created_at": moment,
        "updated_at": moment,
        "merged_at": None,
        "closed_at": None if request.state == "open" else moment,
        "merge_commit_sha": None,
        "discussion_locked": request.locked or None,
        "user_notes_count": len(world.notes.on(str(request.number))),
        "web_url": f"{world.web_url}/-/merge_requests/{request.number}",
    }


def source_project(world: World, request: PullRequest) -> int:
    """The number of the project that a merge request comes from: this one, or a fork."""
    return world.id + 1 if request.head_repository else world.id


def _state(request: PullRequest) -> str:
    return "opened" if request.state == "open" else "closed"


def _shown_upload(world: World, upload: Upload) -> Json:
    inline = (guess_type(upload.name)[0] or "").startswith(SHOWN_INLINE)
    alt = upload.name.rpartition(".")[0] if inline else upload.name
    url = f"/uploads/{upload.secret}/{upload.name}"
    return {
        "id": upload.id,
        "alt": alt,
        "url": url,
        "full_path": f"/-/project/{world.id}{url}",
        "markdown": f"{'!' if inline else ''}[{alt}]({url})",
    }
