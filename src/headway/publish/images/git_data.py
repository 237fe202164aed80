"""GitHub's Git Data API: blobs, trees, commits and the tip of a branch, without a checkout.

Every write here may be sent twice: objects have the names of their content, and a branch is moved from a place that is
named. The names that git gives to content are worked out here, so that nothing is sent that the forge has already.
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
NOWHERE: Final = "0" * 40
"""Stands for what a dry run does not make."""

_NEEDS = "contents: write"
_READ = Operation("read the branch of pictures", "contents: read")
_BLOB = Operation("store a picture", _NEEDS, idempotent=True)
_TREE = Operation("store the list of pictures", _NEEDS, idempotent=True)
_COMMIT = Operation("store the commit of pictures", _NEEDS, idempotent=True)
_CREATE = Operation("create the branch of pictures", _NEEDS, idempotent=True)
_MOVE = Operation("move the branch of pictures on", _NEEDS)
_SWAP = Operation("replace the branch of pictures", _NEEDS, idempotent=True)
_UPDATE_REFS = "mutation($input: UpdateRefsInput!) { updateRefs(input: $input) { clientMutationId } }"
_DENIALS = ("FORBIDDEN", "INSUFFICIENT_SCOPES")


class TreeEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """An entry of a tree: a path, its mode and type, and the name of its content, or text to be stored for it."""

    path: str
    mode: str
    type: str
    sha: str = ""
    content: str = ""


class Tree(msgspec.Struct, frozen=True):
    """A tree and its entries; truncated where it has more than GitHub tells."""

    sha: str
    tree: tuple[TreeEntry, ...]
    truncated: bool = False


class _Sha(msgspec.Struct):
    sha: str


class _Ref(msgspec.Struct):
    object: _Sha


class _Commit(msgspec.Struct):
    tree: _Sha


class _Repository(msgspec.Struct):
    node_id: str


class _Problem(msgspec.Struct):
    message: str
    type: str = ""


class _Outcome(msgspec.Struct):
    errors: list[_Problem] = []


class GitData:
    """A repository's objects and branches.

    Every method raises :class:`~headway.errors.ForgeError` when GitHub cannot be reached or refuses.

    Args:
        session: with the REST API.
        repository: ``owner/name``.
        graphql_url: the GraphQL endpoint.
    """

    def __init__(self, session: Session, repository: str, graphql_url: str) -> None:
        self.session = session
        self._repo = f"repos/{repository}"
        self._graphql_url = graphql_url

    def tip(self, branch: str) -> str | None:
        """The commit that a branch is at; ``None`` where there is no such branch."""
        try:
            return self.session.get(_READ, f"{self._repo}/git/ref/heads/{quote(branch)}", _Ref).object.sha
        except ForgeError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            return None

    def tree(self, commit: str, *, recursive: bool) -> Tree:
        """A commit's files and folders; also those in its folders, where recursive."""
        sha = self.session.get(_READ, f"{self._repo}/git/commits/{commit}", _Commit).tree.sha
        query = {"recursive": "1"} if recursive else None
        return self.session.get(_READ, f"{self._repo}/git/trees/{sha}", Tree, query)

    def write_blob(self, content: DecodedImage) -> str:
        """Store an image and give its name."""
        body = {"content": base64.b64encode(content).decode(), "encoding": "base64"}
        return self.session.post(_BLOB, f"{self._repo}/git/blobs", body, _Sha(NOWHERE)).sha

    def write_tree(self, entries: Iterable[TreeEntry], base: str | None = None) -> str:
        """Store a tree, on top of another one or from nothing, and give its name."""
        body: dict[str, object] = {"tree": list(entries), **({"base_tree": base} if base else {})}
        return self.session.post(_TREE, f"{self._repo}/git/trees", body, _Sha(NOWHERE)).sha

    def write_commit(self, tree: str, parents: Sequence[str], message: str, by: Mapping[str, str] | None = None) -> str:
        """Store a commit on no branch and give its name.

        It is by somebody with a ``name`` and an ``email`` at a ``date`` (ISO 8601), else by the token's account, now.
        """
        author = {"author": by, "committer": by} if by else {}
        body = {"message": message, "tree": tree, "parents": parents, **author}
        return self.session.post(_COMMIT, f"{self._repo}/git/commits", body, _Sha(NOWHERE)).sha

    def create_branch(self, branch: str, commit: str) -> None:
        """Make a branch that is not there."""
        body = {"ref": f"refs/heads/{branch}", "sha": commit}
        self.session.post(_CREATE, f"{self._repo}/git/refs", body, None)

    def move_branch(self, branch: str, commit: str) -> None:
        """Move a branch to a commit that comes after the one that it is at, and to no other."""
        body = {"sha": commit, "force": False}
        self.session.patch(_MOVE, f"{self._repo}/git/refs/heads/{quote(branch)}", body, None)

    def swap_branch(self, branch: str, before: str, after: str) -> str:
        """Move a branch to any commit, but only from the place that is named: the REST API can only force.

        Returns:
            Why the branch was not moved, in GitHub's words; empty where it was.
        """
        repository = self.session.get(_READ, self._repo, _Repository).node_id
        update = {"name": f"refs/heads/{branch}", "beforeOid": before, "afterOid": after, "force": True}
        variables = {"input": {"repositoryId": repository, "refUpdates": [update]}}
        question = {"query": _UPDATE_REFS, "variables": variables}
        problems = self.session.post(_SWAP, self._graphql_url, question, _Outcome()).errors
        said = for_log(" ".join(problem.message for problem in problems))
        if any(problem.type in _DENIALS for problem in problems):
            raise DeniedError(
                f"GitHub refused to {_SWAP.description}.",
                why=f"GitHub says: {said}",
                remedy=f"Grant it in the job:\n  permissions:\n    {_NEEDS}",
            )
        return said


def blob_sha(content: bytes) -> str:
    """The name of a file's content."""
    return _sha("blob", content)


def tree_sha(blobs: Mapping[str, str]) -> str:
    """The name of a folder of plain files, from the name of each file's content by the file's own name."""
    files = sorted((name.encode(), bytes.fromhex(sha)) for name, sha in blobs.items())
    return _sha("tree", b"".join(b"100644 %s\0%s" % file for file in files))


def _sha(kind: str, content: bytes) -> str:
    return hashlib.sha1(b"%s %d\0%s" % (kind.encode(), len(content), content), usedforsecurity=False).hexdigest()
