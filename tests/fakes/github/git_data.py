"""The Git Data API: blobs, trees, commits and refs, straight on the object store."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import TYPE_CHECKING

from fakes.github.git_store import MODES, Identity
from fakes.github.payloads import node_id
from fakes.github.refusals import invalid_request, not_found, refuse, required_text, text_field, validation_failed
from fakes.kernel.clock import iso_seconds
from fakes.kernel.messages import Call, Json, Reply, json_reply, no_content
from fakes.kernel.routes import Routes

if TYPE_CHECKING:
    from fakes.github.git_store import TreeEntry
    from fakes.github.world import World

routes: Routes[World] = Routes()

LEAST_SLASHES = 2  # refs/, a kind, a name
READ, WRITE = "contents=read", "contents=write"


@routes.add("POST", "/repos/{owner}/{repo}/git/blobs", needs=WRITE)
def create_blob(world: World, call: Call) -> Reply:
    """Store a file's content, sent as text or base64."""
    _require_commits(world)
    body = call.request.json()
    content = required_text(body, "content")
    encoding = text_field(body, "encoding") or "utf-8"
    sha = world.git.write_blob(_decoded(content, encoding))
    url = f"{world.url}/git/blobs/{sha}"
    return json_reply(201, {"sha": sha, "url": url}, {"Location": url})


@routes.add("GET", "/repos/{owner}/{repo}/git/blobs/{file_sha}", needs=READ)
def get_blob(world: World, call: Call) -> Reply:
    """A file's content, as base64."""
    sha = _object(world, call.params["file_sha"], "blob")
    content = world.git.blob(sha)
    shown = {
        "sha": sha,
        "node_id": node_id("B", sha),
        "size": len(content),
        "url": f"{world.url}/git/blobs/{sha}",
        "content": base64.encodebytes(content).decode(),
        "encoding": "base64",
    }
    return json_reply(200, shown)


@routes.add("POST", "/repos/{owner}/{repo}/git/trees", needs=WRITE)
def create_tree(world: World, call: Call) -> Reply:
    """Store a tree, on top of another one or from nothing."""
    _require_commits(world)
    body = call.request.json()
    base = text_field(body, "base_tree")
    if base is not None and world.git.kind(base) not in {"tree", "commit"}:
        raise not_found()
    lines = body.get("tree")
    if not isinstance(lines, list) or not (lines or base):
        raise refuse(422, "Invalid tree info")
    sha = world.git.write_tree(base, [_tree_line(world, line) for line in lines])
    shown = _shown_tree(world, sha, world.git.tree(sha))
    return json_reply(201, shown, {"Location": f"{world.url}/git/trees/{sha}"})


@routes.add("GET", "/repos/{owner}/{repo}/git/trees/{tree_sha...}", needs=READ)
def get_tree(world: World, call: Call) -> Reply:
    """A tree by its SHA, a commit's SHA or a branch; ``recursive`` with any value goes into its folders."""
    name = call.params["tree_sha"]
    sha = name if world.git.kind(name) in {"tree", "commit"} else world.git.ref(f"refs/heads/{name}")
    if sha is None:
        raise not_found()
    lines = world.git.tree(sha, recursive="recursive" in call.request.query)
    return json_reply(200, _shown_tree(world, sha, lines))


@routes.add("POST", "/repos/{owner}/{repo}/git/commits", needs=WRITE)
def create_commit(world: World, call: Call) -> Reply:
    """Store a commit; no branch moves."""
    _require_commits(world)
    body = call.request.json()
    message = required_text(body, "message")
    tree = required_text(body, "tree")
    if world.git.kind(tree) != "tree":
        raise refuse(422, "Tree SHA does not exist")
    parents = body.get("parents", [])
    if not isinstance(parents, list) or any(world.git.kind(str(parent)) != "commit" for parent in parents):
        raise refuse(422, "Parent SHA does not exist or is not a commit object")
    author = _identity(world, call, body.get("author"), None)
    committer = _identity(world, call, body.get("committer"), author)
    sha = world.git.write_commit(tree, parents, message, author, committer)
    return json_reply(201, shown_commit(world, sha), {"Location": f"{world.url}/git/commits/{sha}"})


@routes.add("GET", "/repos/{owner}/{repo}/git/commits/{commit_sha}", needs=READ)
def get_commit(world: World, call: Call) -> Reply:
    """A commit."""
    return json_reply(200, shown_commit(world, _object(world, call.params["commit_sha"], "commit")))


@routes.add("GET", "/repos/{owner}/{repo}/git/matching-refs/{ref...}", needs=READ)
def list_matching_refs(world: World, call: Call) -> Reply:
    """Every ref that begins like this; never 404, and a ref whose delay runs shows what it was."""
    prefix = f"refs/{call.params['ref']}"
    seen = {name: world.seen_ref(name) for name in world.git.refs() if name.startswith(prefix)}
    return json_reply(200, [_shown_ref(world, name, sha) for name, sha in seen.items() if sha is not None])


@routes.add("GET", "/repos/{owner}/{repo}/git/ref/{ref...}", needs=READ)
def get_ref(world: World, call: Call) -> Reply:
    """One ref, by its exact name without ``refs/``."""
    _require_commits(world)
    name = f"refs/{call.params['ref']}"
    sha = world.seen_ref(name)
    if sha is None:
        raise not_found()
    return json_reply(200, _shown_ref(world, name, sha))


@routes.add("POST", "/repos/{owner}/{repo}/git/refs", needs=WRITE)
def create_ref(world: World, call: Call) -> Reply:
    """A new branch or tag; the name comes whole, and nothing there may stand in its way."""
    _require_commits(world)
    body = call.request.json()
    name, sha = required_text(body, "ref"), required_text(body, "sha")
    if not name.startswith("refs/") or name.count("/") < LEAST_SLASHES:
        raise refuse(422, "Reference name must start with 'refs/' and contain at least two slashes.")
    if world.git.ref(name) is not None:
        raise refuse(422, "Reference already exists")
    _require_object(world, sha)
    world.move_ref(name, sha)
    return json_reply(201, _shown_ref(world, name, sha), {"Location": f"{world.url}/git/{name}"})


@routes.add("PATCH", "/repos/{owner}/{repo}/git/refs/{ref...}", needs=WRITE)
def update_ref(world: World, call: Call) -> Reply:
    """Move a ref; without ``force``, only to a commit that comes after the one it is at."""
    body = call.request.json()
    name, sha = f"refs/{call.params['ref']}", required_text(body, "sha")
    tip = world.git.ref(name)
    if tip is None:
        raise refuse(422, "Reference does not exist")
    _require_object(world, sha)
    if body.get("force", False) is not True and not world.git.descends(sha, tip):
        raise refuse(422, "Update is not a fast forward")
    world.move_ref(name, sha)
    return json_reply(200, _shown_ref(world, name, sha))


@routes.add("DELETE", "/repos/{owner}/{repo}/git/refs/{ref...}", needs=WRITE)
def delete_ref(world: World, call: Call) -> Reply:
    """A ref goes."""
    name = f"refs/{call.params['ref']}"
    if world.git.ref(name) is None:
        raise refuse(422, "Reference does not exist")
    world.remove_ref(name)
    return no_content()


def shown_commit(world: World, sha: str) -> Json:
    """A commit as the Git Data API shows it."""
    commit = world.git.commit(sha)
    people = {"author": commit.author, "committer": commit.committer}
    return {
        "sha": sha,
        "node_id": node_id("C", sha),
        "url": f"{world.url}/git/commits/{sha}",
        "html_url": f"{world.html_url}/commit/{sha}",
        **{
            role: {"name": person.name, "email": person.email, "date": iso_seconds(person.time)}
            for role, person in people.items()
        },
        "message": commit.message,
        "tree": {"sha": str(commit.tree_id), "url": f"{world.url}/git/trees/{commit.tree_id}"},
        "parents": [_parent(world, str(parent)) for parent in commit.parent_ids],
        "verification": {
            "verified": False,
            "reason": "unsigned",
            "signature": None,
            "payload": None,
            "verified_at": None,
        },
    }


def _parent(world: World, sha: str) -> Json:
    return {"sha": sha, "url": f"{world.url}/git/commits/{sha}", "html_url": f"{world.html_url}/commit/{sha}"}


def _shown_tree(world: World, sha: str, lines: list[TreeEntry]) -> Json:
    shown: list[Json] = []
    for line in lines:
        entry: Json = {"path": line.path, "mode": line.mode, "type": line.kind, "sha": line.sha}
        size = {} if line.size is None else {"size": line.size}
        shown.append({**entry, **size, "url": f"{world.url}/git/{line.kind}s/{line.sha}"})
    return {"sha": sha, "url": f"{world.url}/git/trees/{sha}", "tree": shown, "truncated": False}


def _shown_ref(world: World, name: str, sha: str) -> Json:
    kind = world.git.kind(sha)
    target = {"type": kind, "sha": sha, "url": f"{world.url}/git/{kind}s/{sha}"}
    return {"ref": name, "node_id": node_id("REF", name), "url": f"{world.url}/git/{name}", "object": target}


def _tree_line(world: World, line: object) -> tuple[str, str, str | None]:
    """Path, mode and SHA of a line; content given in place of a SHA is stored on the way."""
    if not isinstance(line, dict):
        raise refuse(422, "Invalid tree info")
    path, mode = required_text(line, "path"), required_text(line, "mode")
    if any(part in {"", ".", "..", ".git"} for part in path.split("/")):
        raise refuse(422, "tree.path contains a malformed path component")
    if "content" in line:
        return path, mode, world.git.write_blob(required_text(line, "content").encode())
    if line.get("sha") is None:
        return path, mode, None
    sha = required_text(line, "sha")
    if mode not in MODES or world.git.kind(sha) != ("tree" if mode == "040000" else "blob"):
        raise refuse(422, f"tree.sha {sha} is not a valid {line.get('type', 'blob')}")
    return path, mode, sha


def _identity(world: World, call: Call, given: object, fallback: Identity | None) -> Identity:
    """Who a commit is by: as given, else the fallback, else the caller, now."""
    now = int(world.clock())
    if not isinstance(given, dict):
        login = call.caller.login if call.caller is not None else ""
        return fallback or Identity(name=login, email=f"{login}@users.noreply.github.com", at=now)
    date = text_field(given, "date")
    at = now if date is None else int(_moment(date))
    return Identity(name=required_text(given, "name"), email=required_text(given, "email"), at=at)


def _moment(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError as error:
        raise invalid_request(f"{text!r} is not a valid date-time.") from error


def _decoded(content: str, encoding: str) -> bytes:
    if encoding != "base64":
        return content.encode()
    try:
        return base64.b64decode("".join(content.split()), validate=True)
    except binascii.Error as error:
        raise validation_failed("Blob", "content", "invalid", "content is not valid Base64") from error


def _object(world: World, sha: str, kind: str) -> str:
    if world.git.kind(sha) != kind:
        raise not_found()
    return sha


def _require_object(world: World, sha: str) -> None:
    if not world.git.kind(sha):
        raise refuse(422, "Object does not exist")


def _require_commits(world: World) -> None:
    """A repository that nobody has pushed to refuses even blobs."""
    if not world.git.refs():
        raise refuse(409, "Git Repository is empty.")
