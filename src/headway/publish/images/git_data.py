"""GitHub's Git Data API: blobs, trees, commits and the tip of a branch, without a checkout.

Every write may be sent twice: an object's name is the hash of its content, and a branch is moved from a commit that is
named. The hashes are computed here, too, so that nothing is sent that the forge already has.
Sources: "REST API endpoints for Git database", the GraphQL mutation ``updateRefs``, and "Git Objects" in Pro Git.
"""

from __future__ import annotations

import base64
import hashlib
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import msgspec

from headway.errors import DeniedError, ForgeError
from headway.publish.http.error_responses import Operation, for_log

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from headway.publish.http.session import Session
    from headway.publish.images.formats import DecodedImage

FILE: Final = ("100644", "blob")
FOLDER: Final = ("040000", "tree")
"""Mode and type of an entry."""

_PERMISSION = "contents: write"
_READ = Operation("read the image branch", "contents: read")
_BLOB = Operation("store an image", _PERMISSION, idempotent=True)
_TREE = Operation("store the list of images", _PERMISSION, idempotent=True)
_COMMIT = Operation("store the commit of images", _PERMISSION, idempotent=True)
_CREATE = Operation("create the image branch", _PERMISSION, idempotent=True)
_MOVE = Operation("move the image branch forward", _PERMISSION)
_SWAP = Operation("replace the image branch", _PERMISSION, idempotent=True)
_UPDATE_REFS = "mutation($input: UpdateRefsInput!) { updateRefs(input: $input) { clientMutationId } }"
_DENIALS = ("FORBIDDEN", "INSUFFICIENT_SCOPES")


class TreeEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """A path, its mode and type, and the hash of its content, or text to store for it."""

    path: str
    mode: str
    type: str
    sha: str = ""
    content: str = ""


class Tree(msgspec.Struct, frozen=True):
    """A tree; truncated where it has more entries than GitHub lists."""

    sha: str
    tree: tuple[TreeEntry, ...]
    truncated: bool = False


class _Sha(msgspec.Struct):
    sha: str


_DRY = _Sha("0" * 40)
"""What a dry run has in place of an object that it does not make."""


class _Ref(msgspec.Struct):
    object: _Sha


class _Commit(msgspec.Struct):
    tree: _Sha


class _Repository(msgspec.Struct):
    node_id: str


class _Error(msgspec.Struct):
    message: str
    type: str = ""


class _Answer(msgspec.Struct):
    errors: list[_Error] = []


class GitData:
    """The objects and branches of a repository, ``owner/name``.

    Every method raises :class:`~headway.errors.ForgeError` when GitHub cannot be reached or refuses.
    """

    def __init__(self, session: Session, repository: str, graphql_url: str) -> None:
        self.session = session
        self._repo = f"repos/{repository}"
        self._graphql_url = graphql_url

    def tip(self, branch: str) -> str | None:
        """The commit that a branch points to; ``None`` where there is no such branch."""
        try:
            return self.session.get(_READ, f"{self._repo}/git/ref/heads/{quote(branch)}", _Ref).object.sha
        except ForgeError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            return None

    def tree(self, commit: str, *, recursive: bool) -> Tree:
        """A commit's files and folders, with ``recursive`` also those inside of its folders."""
        sha = self.session.get(_READ, f"{self._repo}/git/commits/{commit}", _Commit).tree.sha
        query = {"recursive": "1"} if recursive else None
        return self.session.get(_READ, f"{self._repo}/git/trees/{sha}", Tree, query)

    def write_blob(self, content: DecodedImage) -> str:
        """Store an image; gives its hash."""
        body = {"content": base64.b64encode(content).decode(), "encoding": "base64"}
        return self.session.post(_BLOB, f"{self._repo}/git/blobs", body, _DRY).sha

    def write_tree(self, entries: Iterable[TreeEntry], base: str | None = None) -> str:
        """Store a tree, on top of another one or from nothing; gives its hash."""
        body: dict[str, object] = {"tree": list(entries), **({"base_tree": base} if base else {})}
        return self.session.post(_TREE, f"{self._repo}/git/trees", body, _DRY).sha

    def write_commit(self, tree: str, parents: Sequence[str], message: str, by: Mapping[str, str] | None = None) -> str:
        """Store a commit on no branch; gives its hash. ``by`` is its author; by default the token's account, now."""
        author = {"author": by, "committer": by} if by else {}
        body = {"message": message, "tree": tree, "parents": parents, **author}
        return self.session.post(_COMMIT, f"{self._repo}/git/commits", body, _DRY).sha

    def create_branch(self, branch: str, commit: str) -> None:
        """Create a branch."""
        body = {"ref": f"refs/heads/{branch}", "sha": commit}
        self.session.post(_CREATE, f"{self._repo}/git/refs", body, None)

    def move_branch(self, branch: str, commit: str) -> None:
        """Move a branch forward to a commit; GitHub refuses any other move."""
        body = {"sha": commit, "force": False}
        self.session.patch(_MOVE, f"{self._repo}/git/refs/heads/{quote(branch)}", body, None)

    def swap_branch(self, branch: str, before: str, after: str) -> str:
        """Move a branch to any commit, if it is at ``before``, for which the REST API has no call.

        Gives GitHub's reason why it was not moved; empty where it was.
        """
        repository = self.session.get(_READ, self._repo, _Repository).node_id
        update = {"name": f"refs/heads/{branch}", "beforeOid": before, "afterOid": after, "force": True}
        variables = {"input": {"repositoryId": repository, "refUpdates": [update]}}
        question = {"query": _UPDATE_REFS, "variables": variables}
        errors = self.session.post(_SWAP, self._graphql_url, question, _Answer()).errors
        reason = for_log(" ".join(error.message for error in errors))
        if any(error.type in _DENIALS for error in errors):
            raise DeniedError(
                f"GitHub refused to {_SWAP.description}.",
                why=f"GitHub says: {reason}",
                remedy=f"Grant it in the job:\n  permissions:\n    {_PERMISSION}",
            )
        return reason


def blob_sha(content: bytes) -> str:
    """Git's hash of a file's content."""
    return _sha("blob", content)


def tree_sha(blobs: Mapping[str, str]) -> str:
    """Git's hash of a folder of plain files, from the hash of each by its name."""
    files = sorted((name.encode(), bytes.fromhex(sha)) for name, sha in blobs.items())
    return _sha("tree", b"".join(b"100644 %s\0%s" % file for file in files))


def _sha(kind: str, content: bytes) -> str:
    return hashlib.sha1(b"%s %d\0%s" % (kind.encode(), len(content), content), usedforsecurity=False).hexdigest()
