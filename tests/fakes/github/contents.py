"""Files and commits by name: the contents API, and one commit by SHA or branch."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fakes.github.git_data import shown_commit
from fakes.github.git_store import Identity
from fakes.github.payloads import user
from fakes.github.refusals import not_found, refuse, required_text, text_field
from fakes.kernel.messages import Call, Json, Reply, json_reply
from fakes.kernel.routes import Routes

if TYPE_CHECKING:
    from fakes.github.git_store import TreeEntry
    from fakes.github.world import World

routes: Routes[World] = Routes()

INLINE_LIMIT = 1024 * 1024
KINDS = {"blob": "file", "tree": "dir"}


@dataclass(frozen=True, kw_only=True)
class _Change:
    """A file to be written to a branch."""

    path: str
    content: bytes
    message: str
    branch: str


@routes.add("GET", "/repos/{owner}/{repo}/contents/{path...}", needs="contents=read")
def get_contents(world: World, call: Call) -> Reply:
    """A file with its content (up to 1 MiB), or a folder's lines."""
    ref = call.request.query.get("ref", world.default_branch)
    commit = world.resolve(ref)
    if commit is None:
        raise refuse(404, f"No commit found for the ref {ref}")
    entry = world.git.file(commit, call.params["path"].strip("/"))
    if entry is None:
        raise not_found()
    if entry.kind == "tree":
        return json_reply(200, [_listed(world, entry.path, line, ref) for line in world.git.tree(entry.sha)])
    return json_reply(200, _whole_file(world, entry, ref))


@routes.add("PUT", "/repos/{owner}/{repo}/contents/{path...}", needs="contents=write")
def put_contents(world: World, call: Call) -> Reply:
    """Write one file with a commit of its own; replacing one takes its present blob's SHA."""
    body = call.request.json()
    change = _Change(
        path=call.params["path"],
        content=_decoded(required_text(body, "content")),
        message=required_text(body, "message"),
        branch=text_field(body, "branch") or world.default_branch,
    )
    tip = world.git.ref(f"refs/heads/{change.branch}")
    if tip is None:
        raise refuse(404, f"Branch {change.branch} not found")
    present = world.git.file(tip, change.path)
    _check_present(change.path, present, text_field(body, "sha"))
    commit = _commit_file(world, call, tip, change)
    written = world.git.file(commit, change.path)
    shown = {} if written is None else _entry(world, written, change.branch)
    status = 201 if present is None else 200
    return json_reply(status, {"content": shown, "commit": shown_commit(world, commit)})


@routes.add("GET", "/repos/{owner}/{repo}/commits/{ref...}", needs="contents=read")
def get_commit(world: World, call: Call) -> Reply:
    """A commit by SHA or branch, without its files."""
    sha = world.resolve(call.params["ref"])
    if sha is None or world.git.kind(sha) != "commit":
        raise refuse(422, f"No commit found for SHA: {call.params['ref']}")
    inner = shown_commit(world, sha)
    kept = ("url", "author", "committer", "message", "tree", "verification")
    shown = {
        "sha": sha,
        "node_id": inner["node_id"],
        "url": f"{world.url}/commits/{sha}",
        "html_url": inner["html_url"],
        "comments_url": f"{world.url}/commits/{sha}/comments",
        "commit": {**{name: inner[name] for name in kept}, "comment_count": len(world.commit_comments.on(sha))},
        "author": user(world, world.owner),
        "committer": user(world, world.owner),
        "parents": inner["parents"],
        "stats": {"total": 0, "additions": 0, "deletions": 0},
        "files": [],
    }
    return json_reply(200, shown)


def _commit_file(world: World, call: Call, tip: str, change: _Change) -> str:
    """The commit on the branch's tip that holds the file; the branch moves."""
    blob = world.git.write_blob(change.content)
    tree = world.git.write_tree(tip, [(change.path, "100644", blob)])
    login = call.caller.login if call.caller is not None else ""
    person = Identity(name=login, email=f"{login}@users.noreply.github.com", at=int(world.clock()))
    commit = world.git.write_commit(tree, [tip], change.message, person, person)
    world.move_ref(f"refs/heads/{change.branch}", commit)
    return commit


def _check_present(path: str, present: TreeEntry | None, sha: str | None) -> None:
    if present is not None and sha is None:
        raise refuse(422, 'Invalid request.\n\n"sha" wasn\'t supplied.')
    if present is not None and present.sha != sha:
        raise refuse(409, f"{path} does not match {sha}")


def _whole_file(world: World, entry: TreeEntry, ref: str) -> Json:
    content = world.git.blob(entry.sha)
    small = len(content) <= INLINE_LIMIT
    return {
        **_entry(world, entry, ref),
        "encoding": "base64" if small else "none",
        "content": base64.encodebytes(content).decode() if small else "",
    }


def _listed(world: World, folder: str, line: TreeEntry, ref: str) -> Json:
    path = f"{folder}/{line.path}" if folder else line.path
    return {**_entry(world, line, ref), **_places(world, path, line, ref), "path": path}


def _entry(world: World, entry: TreeEntry, ref: str) -> Json:
    return {
        "type": KINDS[entry.kind],
        "size": entry.size or 0,
        "name": entry.path.rpartition("/")[2],
        "path": entry.path,
        "sha": entry.sha,
        **_places(world, entry.path, entry, ref),
    }


def _places(world: World, path: str, entry: TreeEntry, ref: str) -> Json:
    url = f"{world.url}/contents/{path}?ref={ref}"
    git_url = f"{world.url}/git/{entry.kind}s/{entry.sha}"
    html_url = f"{world.html_url}/{entry.kind}/{ref}/{path}"
    raw = f"{world.html_url}/raw/{ref}/{path}" if entry.kind == "blob" else None
    links = {"self": url, "git": git_url, "html": html_url}
    return {"url": url, "git_url": git_url, "html_url": html_url, "download_url": raw, "_links": links}


def _decoded(content: str) -> bytes:
    try:
        return base64.b64decode("".join(content.split()), validate=True)
    except binascii.Error as error:
        raise refuse(422, "content is not valid Base64") from error
