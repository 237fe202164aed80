"""GitHub's Git Data API: blobs, trees, commits and the tip of a branch, without a checkout.

Every write may be sent twice: an object's name is the hash of its content, and a branch is moved from a commit that is
named. The hashes are computed here, too, so that nothing is sent that the forge already has.
Sources: "REST API endpoints for Git database", the GraphQL mutations ``createCommitOnBranch`` and ``updateRefs``, and
"Git Objects" in Pro Git.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import msgspec

from headway.errors import ForgeError
from headway.publish.http.error_responses import Operation

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
_COMMIT_FILES = Operation("store images", _PERMISSION)
_TREE = Operation("store the list of images", _PERMISSION, idempotent=True)
_COMMIT = Operation("store the commit of images", _PERMISSION, idempotent=True)
_CREATE = Operation("create the image branch", _PERMISSION, idempotent=True)
_MOVE = Operation("move the image branch forward", _PERMISSION)
_SWAP = Operation("replace the image branch", _PERMISSION, idempotent=True)
_UPDATE_REFS = "mutation($input: UpdateRefsInput!) { updateRefs(input: $input) { clientMutationId } }"
_CREATE_COMMIT = (
    "mutation($input: CreateCommitOnBranchInput!) {"
    " createCommitOnBranch(input: $input) { commit { oid tree { oid } } } }"
)
_CREATE_BRANCH_AND_COMMIT = (
    "mutation($refs: UpdateRefsInput!, $input: CreateCommitOnBranchInput!) {"
    " updateRefs(input: $refs) { clientMutationId }"
    " createCommitOnBranch(input: $input) { commit { oid tree { oid } } } }"
)
_NOTHING = "0" * 40
"""Stands for the commit of a branch that does not exist."""


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


class Commit(msgspec.Struct, frozen=True):
    """A commit's message, and the hash of its tree."""

    tree: _Sha
    message: str


class _Repository(msgspec.Struct):
    node_id: str


class _Oid(msgspec.Struct):
    oid: str


class _NewCommit(_Oid):
    tree: _Oid


class _Payload(msgspec.Struct):
    commit: _NewCommit


class _Mutations(msgspec.Struct):
    createCommitOnBranch: _Payload  # noqa: N815  GitHub's name


class _Created(msgspec.Struct):
    data: _Mutations


class GitData:
    """The objects and branches of a repository, ``owner/name``.

    Every method raises :class:`~headway.errors.ForgeError` when GitHub cannot be reached or refuses.
    """

    def __init__(self, session: Session, repository: str, graphql_url: str) -> None:
        self.session = session
        self._repository = repository
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

    def commit(self, sha: str) -> Commit:
        """A commit."""
        return self.session.get(_READ, f"{self._repo}/git/commits/{sha}", Commit)

    def tree(self, commit: Commit, *, recursive: bool) -> Tree:
        """A commit's files and folders, with ``recursive`` also those inside of its folders."""
        query = {"recursive": "1"} if recursive else None
        return self.session.get(_READ, f"{self._repo}/git/trees/{commit.tree.sha}", Tree, query)

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
        dry_result = _Sha(commit_sha(tree, parents, message, by)) if by else _DRY
        body = {"message": message, "tree": tree, "parents": parents, **author}
        return self.session.post(_COMMIT, f"{self._repo}/git/commits", body, dry_result).sha

    def commit_files(
        self, branch: str, tip: str, message: tuple[str, str], files: Mapping[str, DecodedImage], *, is_new: bool
    ) -> tuple[str, str]:
        """Commit files by path on a branch that is at ``tip``, or ``is_new``: created there by the same request.

        The message has a headline and a body. Gives the hashes of the commit and of its tree.

        Raises:
            ForgeError: with status 409, where the branch is elsewhere.
            UncertainWriteError: the answer was lost; the branch may have moved.
        """
        additions = [{"path": path, "contents": base64.b64encode(files[path]).decode()} for path in files]
        variables: dict[str, object] = {
            "input": {
                "branch": {"repositoryNameWithOwner": self._repository, "branchName": branch},
                "expectedHeadOid": tip,
                "message": dict(zip(("headline", "body"), message, strict=True)),
                "fileChanges": {"additions": additions},
            }
        }
        if is_new:
            variables["refs"] = self._ref_update(branch, _NOTHING, tip, force=False)
        body = {"query": _CREATE_BRANCH_AND_COMMIT if is_new else _CREATE_COMMIT, "variables": variables}
        dry_result = _Created(_Mutations(_Payload(_NewCommit(_DRY.sha, _Oid(_DRY.sha)))))
        commit = self.session.mutate(
            _COMMIT_FILES, self._graphql_url, body, dry_result
        ).data.createCommitOnBranch.commit
        return commit.oid, commit.tree.oid

    def create_branch(self, branch: str, commit: str) -> None:
        """Create a branch."""
        body = {"ref": f"refs/heads/{branch}", "sha": commit}
        self.session.post(_CREATE, f"{self._repo}/git/refs", body, None)

    def move_branch(self, branch: str, commit: str) -> None:
        """Move a branch forward to a commit; GitHub refuses any other move."""
        body = {"sha": commit, "force": False}
        self.session.patch(_MOVE, f"{self._repo}/git/refs/heads/{quote(branch)}", body, None)

    def swap_branch(self, branch: str, before: str, after: str) -> None:
        """Move a branch to any commit, if it is at ``before``, for which the REST API has no call.

        Raises:
            ForgeError: with status 422, where the branch is elsewhere or a rule protects it.
        """
        variables = {"input": self._ref_update(branch, before, after, force=True)}
        self.session.mutate(_SWAP, self._graphql_url, {"query": _UPDATE_REFS, "variables": variables}, None)

    def _ref_update(self, branch: str, before: str, after: str, *, force: bool) -> dict[str, object]:
        """The input of ``updateRefs``."""
        repository = self.session.get(_READ, self._repo, _Repository).node_id
        update = {"name": f"refs/heads/{branch}", "beforeOid": before, "afterOid": after, "force": force}
        return {"repositoryId": repository, "refUpdates": [update]}


def blob_sha(content: bytes) -> str:
    """Git's hash of a file's content."""
    return _sha("blob", content)


def tree_sha(blobs: Mapping[str, str]) -> str:
    """Git's hash of a folder of plain files, from the hash of each by its name."""
    files = sorted((name.encode(), bytes.fromhex(sha)) for name, sha in blobs.items())
    return _sha("tree", b"".join(b"100644 %s\0%s" % file for file in files))


def commit_sha(tree: str, parents: Sequence[str], message: str, by: Mapping[str, str]) -> str:
    """Git's hash of a commit whose author and committer, ``by``, has a date in UTC."""
    moment = int(datetime.fromisoformat(by["date"]).timestamp())
    who = f"{by['name']} <{by['email']}> {moment} +0000"
    lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents), f"author {who}", f"committer {who}"]
    return _sha("commit", "\n".join([*lines, "", message]).encode())


def _sha(kind: str, content: bytes) -> str:
    return hashlib.sha1(b"%s %d\0%s" % (kind.encode(), len(content), content), usedforsecurity=False).hexdigest()
