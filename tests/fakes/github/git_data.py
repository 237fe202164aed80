"""The Git Data API: blobs, trees, commits and refs, straight on the object store; and raw files of the web site."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from mimetypes import guess_type
from typing import TYPE_CHECKING

from fakes.core.messages import HttpError, Json, Reply, json_reply
from fakes.core.routes import Routes
from fakes.core.state import iso_seconds
from fakes.core.tokens import authorization
from fakes.github.access import errors, holds
from fakes.github.git_store import MODES, person
from fakes.github.payloads import node_id

if TYPE_CHECKING:
    import pygit2

    from fakes.core.routes import Call
    from fakes.github.state import GitHubState

routes: Routes[GitHubState] = Routes()

LEAST_SLASHES = 2  # refs/, a kind, a name
READ, WRITE = "contents=read", "contents=write"


@routes.add("POST", "/repos/{owner}/{repo}/git/blobs", needs=WRITE)
def create_blob(state: GitHubState, call: Call) -> Reply:
    body = call.request.json()
    content = errors.required_text(body, "content")
    sha = state.git.write_blob(_decoded(content) if errors.text(body, "encoding") == "base64" else content.encode())
    return _created({"sha": sha, "url": f"{state.url}/git/blobs/{sha}"})


@routes.add("POST", "/repos/{owner}/{repo}/git/trees", needs=WRITE)
def create_tree(state: GitHubState, call: Call) -> Reply:
    """Store a tree, on top of another one or from nothing."""
    body = call.request.json()
    base = errors.text(body, "base_tree")
    if base is not None and state.git.kind(base) not in {"tree", "commit"}:
        raise errors.not_found()
    lines = body.get("tree")
    if not isinstance(lines, list) or not (lines or base):
        raise errors.error(422, "Invalid tree info")
    sha = state.git.write_tree(base, [_tree_line(state, line) for line in lines])
    return _created(_shown_tree(state, sha, recursive=False))


@routes.add("GET", "/repos/{owner}/{repo}/git/trees/{tree_sha...}", needs=READ)
def get_tree(state: GitHubState, call: Call) -> Reply:
    """A tree by its own SHA or a commit's; ``recursive`` with any value goes into its folders."""
    sha = call.params["tree_sha"]
    if state.git.kind(sha) not in {"tree", "commit"}:
        raise errors.not_found()
    return json_reply(200, _shown_tree(state, sha, recursive="recursive" in call.request.query))


@routes.add("POST", "/repos/{owner}/{repo}/git/commits", needs=WRITE)
def create_commit(state: GitHubState, call: Call) -> Reply:
    """Store a commit; no branch moves."""
    body = call.request.json()
    message, tree = errors.required_text(body, "message"), errors.required_text(body, "tree")
    if state.git.kind(tree) != "tree":
        raise errors.error(422, "Tree SHA does not exist")
    parents = body.get("parents", [])
    if not isinstance(parents, list) or any(state.git.kind(str(parent)) != "commit" for parent in parents):
        raise errors.error(422, "Parent SHA does not exist or is not a commit object")
    caller = person(call.login, f"{call.login}@users.noreply.github.com", state.clock())
    author = _person(state, body.get("author"), caller)
    committer = _person(state, body.get("committer"), author)
    return _created(_shown_commit(state, state.git.write_commit(tree, parents, message, author, committer)))


@routes.add("GET", "/repos/{owner}/{repo}/git/commits/{commit_sha}", needs=READ)
def get_commit(state: GitHubState, call: Call) -> Reply:
    if state.git.kind(call.params["commit_sha"]) != "commit":
        raise errors.not_found()
    return json_reply(200, _shown_commit(state, call.params["commit_sha"]))


@routes.add("GET", "/repos/{owner}/{repo}/git/ref/{ref...}", needs=READ)
def get_ref(state: GitHubState, call: Call) -> Reply:
    """One ref, by its exact name without ``refs/``."""
    name = f"refs/{call.params['ref']}"
    sha = state.refs_seen.seen(name, state.git.ref(name))
    if sha is None:
        raise errors.not_found()
    return json_reply(200, _shown_ref(state, name, sha))


@routes.add("POST", "/repos/{owner}/{repo}/git/refs", needs=WRITE)
def create_ref(state: GitHubState, call: Call) -> Reply:
    """A new branch or tag; the name comes whole, and nothing there may stand in its way."""
    body = call.request.json()
    name, sha = errors.required_text(body, "ref"), errors.required_text(body, "sha")
    if not name.startswith("refs/") or name.count("/") < LEAST_SLASHES:
        raise errors.error(422, "Reference name must start with 'refs/' and contain at least two slashes.")
    if state.git.ref(name) is not None:
        raise errors.error(422, "Reference already exists")
    _require_object(state, sha)
    state.move_ref(name, sha)
    return _created(_shown_ref(state, name, sha))


@routes.add("PATCH", "/repos/{owner}/{repo}/git/refs/{ref...}", needs=WRITE)
def update_ref(state: GitHubState, call: Call) -> Reply:
    """Move a ref; without ``force``, only to a commit that comes after the one it is at."""
    body = call.request.json()
    name, sha = f"refs/{call.params['ref']}", errors.required_text(body, "sha")
    tip = state.git.ref(name)
    if tip is None:
        raise errors.error(422, "Reference does not exist")
    _require_object(state, sha)
    if body.get("force", False) is not True and not state.git.descends(sha, tip):
        raise errors.error(422, "Update is not a fast forward")
    state.move_ref(name, sha)
    return json_reply(200, _shown_ref(state, name, sha))


@routes.add("GET", "/{owner}/{repo}/raw/{commit}/{path...}", site="web")
def raw_file(state: GitHubState, call: Call) -> Reply:
    """A file of a commit; one of a private repository only for who may read it."""
    _require_reader(state, call)
    commit = state.resolve(call.params["commit"])
    content = state.git.file(commit, call.params["path"]) if commit is not None and state.git.kind(commit) else None
    if content is None:
        raise _not_found()
    kind = guess_type(call.params["path"])[0] or "text/plain; charset=utf-8"
    return Reply(status=200, headers={"Content-Type": kind}, body=content)


def _created(shown: Json) -> Reply:
    return json_reply(201, shown, {"Location": str(shown["url"])})


def _shown_commit(state: GitHubState, sha: str) -> Json:
    commit = state.git.commit(sha)
    unsigned = {"verified": False, "reason": "unsigned", "signature": None, "payload": None, "verified_at": None}
    return {
        "sha": sha,
        "node_id": node_id("C", sha),
        "url": f"{state.url}/git/commits/{sha}",
        "html_url": f"{state.html_url}/commit/{sha}",
        "author": _shown_person(commit.author),
        "committer": _shown_person(commit.committer),
        "message": commit.message,
        "tree": {"sha": str(commit.tree_id), "url": f"{state.url}/git/trees/{commit.tree_id}"},
        "parents": [_parent(state, str(parent)) for parent in commit.parent_ids],
        "verification": unsigned,
    }


def _shown_person(who: pygit2.Signature) -> Json:
    return {"name": who.name, "email": who.email, "date": iso_seconds(who.time)}


def _parent(state: GitHubState, sha: str) -> Json:
    return {"sha": sha, "url": f"{state.url}/git/commits/{sha}", "html_url": f"{state.html_url}/commit/{sha}"}


def _shown_tree(state: GitHubState, sha: str, *, recursive: bool) -> Json:
    shown: list[Json] = []
    for line in state.git.tree(sha, recursive=recursive):
        entry: Json = {"path": line.path, "mode": line.mode, "type": line.kind, "sha": line.sha}
        size = {} if line.size is None else {"size": line.size}
        shown.append({**entry, **size, "url": f"{state.url}/git/{line.kind}s/{line.sha}"})
    return {"sha": sha, "url": f"{state.url}/git/trees/{sha}", "tree": shown, "truncated": False}


def _shown_ref(state: GitHubState, name: str, sha: str) -> Json:
    kind = state.git.kind(sha)
    target = {"type": kind, "sha": sha, "url": f"{state.url}/git/{kind}s/{sha}"}
    return {"ref": name, "node_id": node_id("REF", name), "url": f"{state.url}/git/{name}", "object": target}


def _tree_line(state: GitHubState, line: object) -> tuple[str, str, str | None]:
    """Path, mode and SHA of a line; content given in place of a SHA is stored on the way."""
    if not isinstance(line, dict):
        raise errors.error(422, "Invalid tree info")
    path, mode = errors.required_text(line, "path"), errors.required_text(line, "mode")
    if any(part in {"", ".", "..", ".git"} for part in path.split("/")):
        raise errors.error(422, "tree.path contains a malformed path component")
    if "content" in line:
        return path, mode, state.git.write_blob(errors.required_text(line, "content").encode())
    if line.get("sha") is None:
        return path, mode, None
    sha = errors.required_text(line, "sha")
    if mode not in MODES or state.git.kind(sha) != ("tree" if mode == "040000" else "blob"):
        raise errors.error(422, f"tree.sha {sha} is not a valid {line.get('type', 'blob')}")
    return path, mode, sha


def _person(state: GitHubState, given: object, fallback: pygit2.Signature) -> pygit2.Signature:
    """Who a commit is by: as given, now unless a date is given."""
    if not isinstance(given, dict):
        return fallback
    date = errors.text(given, "date")
    at = state.clock() if date is None else datetime.fromisoformat(date).timestamp()
    return person(errors.required_text(given, "name"), errors.required_text(given, "email"), at)


def _decoded(content: str) -> bytes:
    try:
        return base64.b64decode("".join(content.split()), validate=True)
    except binascii.Error as error:
        raise errors.validation_failed("Blob", "content", "invalid", "content is not valid Base64") from error


def _require_object(state: GitHubState, sha: str) -> None:
    if not state.git.kind(sha):
        raise errors.error(422, "Object does not exist")


def _require_reader(state: GitHubState, call: Call) -> None:
    named = f"{call.params['owner']}/{call.params['repo']}".lower()
    token = state.tokens.find(authorization(call.request.headers))
    reads = not state.private or (token is not None and holds(token, "contents=read"))
    if named != state.full_name.lower() or not reads:
        raise _not_found()


def _not_found() -> HttpError:
    return HttpError(Reply(status=404, headers={"Content-Type": "text/plain; charset=utf-8"}, body=b"Not Found"))
