"""The mutation ``createCommitOnBranch``: a commit with many files, on the tip of a branch that the caller names.

Rules and names are those of GitHub's reference; the type and the words of the error for a branch that has moved are
from answers of GitHub that people have quoted, and so is what it does with a request that is too large.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from fakes.github.access import INSTALLATION, holds, sees
from fakes.github.git_store import person

if TYPE_CHECKING:
    from fakes.core.messages import Json
    from fakes.core.tokens import Token
    from fakes.github.state import GitHubState

LARGEST_REQUEST = 2_500_000
"""Bytes of a request for which GitHub does not run out of time."""


class GitHubError(Exception):
    """What GitHub does not do, with the type that it names in its answer."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def forbidden(viewer: Token) -> GitHubError:
    holder = "integration" if viewer.kind == INSTALLATION else "personal access token"
    return GitHubError("FORBIDDEN", f"Resource not accessible by {holder}")


def create_commit(state: GitHubState, viewer: Token, _: object, **arguments: Any) -> Json:
    """Commit files to a branch, if it is where the caller expects it."""
    given = arguments["input"]
    branch = given["branch"]
    repository, name = branch.get("repositoryNameWithOwner"), branch.get("branchName")
    if str(repository).lower() != state.full_name.lower() or not sees(state, viewer):
        raise GitHubError("NOT_FOUND", f"Could not resolve to a Repository with the name '{repository}'.")
    if not holds(viewer, "contents=write"):
        raise forbidden(viewer)
    tip = state.git.ref(f"refs/heads/{name}")
    if tip is None:
        raise GitHubError("NOT_FOUND", f"Could not resolve to a branch with the name '{name}'.")
    expected = given["expectedHeadOid"]
    if tip != expected:
        words = f'Expected branch to point to "{expected}" but it did not.  Pull and try again.'
        raise GitHubError("STALE_DATA", words)
    commit = _write(state, viewer, tip, given)
    state.move_ref(f"refs/heads/{name}", commit)
    shown = {"oid": commit, "tree": {"oid": str(state.git.commit(commit).tree_id)}}
    return {"clientMutationId": given.get("clientMutationId"), "commit": shown}


def _write(state: GitHubState, viewer: Token, tip: str, given: dict[str, Any]) -> str:
    """The commit, by the viewer; as on GitHub, nobody else can be its author."""
    changes = given.get("fileChanges") or {}
    entries: list[tuple[str, str, str | None]] = []
    for each in changes.get("deletions", ()):
        if state.git.file(tip, each["path"]) is None:
            raise _unprocessable(f"A path was requested for deletion which does not exist: {each['path']}")
        entries.append((each["path"], "100644", None))
    entries += [(_path(each["path"]), "100644", state.git.write_blob(_content(each))) for each in changes["additions"]]
    message = "\n\n".join(filter(None, (given["message"]["headline"], given["message"].get("body"))))
    author = person(viewer.login, f"{viewer.login}@users.noreply.github.com", state.clock())
    return state.git.write_commit(state.git.write_tree(tip, entries), [tip], message, author, author)


def _path(path: str) -> str:
    if any(part in {"", ".", "..", ".git"} for part in path.split("/")):
        raise _unprocessable(f"The path '{path}' is not valid.")
    return path


def _content(addition: dict[str, Any]) -> bytes:
    try:
        return base64.b64decode(addition["contents"], validate=True)
    except binascii.Error:
        raise _unprocessable(f"The contents of '{addition['path']}' are not valid Base64.") from None


def _unprocessable(why: str) -> GitHubError:
    return GitHubError("UNPROCESSABLE", why)
