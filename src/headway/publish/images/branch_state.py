"""What is on the image branch of a repository on GitHub.

At the top of the branch, each image set is a folder, named by the day of its last use, whose it is, and its commit. A
commit that only transfers files (see :mod:`~headway.publish.images.sending`) names in its message the commit before the
transfer, and only that one's folders count.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Final, NamedTuple

from headway.errors import ForgeError, SettingsError
from headway.publish.forges.forge import IssueTarget, PullRequestTarget, Target

if TYPE_CHECKING:
    from headway.publish.images.git_data import GitData, TreeEntry

MARKER_FILE: Final = ".headway-images"
"""Marks the branch as one for images, and tells people who find it."""

_NAME = re.compile(r"(?P<day>\d{4}-\d\d-\d\d)_(?P<scope>[a-z0-9-]+)_(?P<commit>[0-9a-f]{40,64})")
_PULL_REQUEST = re.compile(r"pr-(\d+)(?:-|$)")
_UNSAFE = re.compile(r"[^a-z0-9]+")
_SLUG_LIMIT = 60
_TRANSFER: Final = "Transfer images"
_TRANSFERRED = re.compile(rf"{_TRANSFER}\n\nHeadway-Base: ([0-9a-f]{{40,64}})(?:\s|$)")
"""The beginning of the message; an organization may have a trailer added, such as ``Signed-off-by``."""


class ImageSet(NamedTuple):
    """The images of one version of a comment: the day of their last use, whose they are, their commit and its tree."""

    day: date
    scope: str
    commit: str
    tree: str

    @property
    def name(self) -> str:
        """The folder's name."""
        return f"{self.day.isoformat()}_{self.scope}_{self.commit}"

    @property
    def pull_request(self) -> int | None:
        """The pull request it belongs to, if any."""
        match = _PULL_REQUEST.match(self.scope)
        return int(match[1]) if match else None


def read_image_set(entry: TreeEntry) -> ImageSet | None:
    """The image set of a folder on the branch; ``None`` for any other entry."""
    match = _NAME.fullmatch(entry.path)
    if match is None or entry.type != "tree":
        return None
    try:
        return ImageSet(date.fromisoformat(match["day"]), match["scope"], match["commit"], entry.sha)
    except ValueError:
        return None


def scope_of(target: Target, *words: str) -> str:
    """Whose an image set is: what the comment is on, and the words that distinguish several comments there."""
    match target:
        case PullRequestTarget():
            place = f"pr-{target.number}"
        case IssueTarget():
            place = f"issue-{target.number}"
        case _:
            place = "commit"
    slug = _UNSAFE.sub("-", "-".join(filter(None, words)).lower())[:_SLUG_LIMIT].strip("-")
    return f"{place}-{slug}" if slug else place


class BranchState(NamedTuple):
    """What is on the branch at one moment; its commit is ``None`` where there is no branch.

    Attributes:
        tip: the branch's commit.
        base: the last commit that is not a transfer; all that follows but the blobs is from there.
        tree: the hash of its tree.
        image_sets: the image sets at its top.
        others: what else is there.
        blobs: the hashes of all files, those of transfers included.
    """

    tip: str | None
    base: str = ""
    tree: str = ""
    image_sets: tuple[ImageSet, ...] = ()
    others: tuple[TreeEntry, ...] = ()
    blobs: frozenset[str] = frozenset()


def transfer_message(base: str) -> tuple[str, str]:
    """The headline and the body of a commit that only transfers files, made after the commit ``base``."""
    return _TRANSFER, f"Headway-Base: {base}"


def read_branch(git: GitData, branch: str, *, recursive: bool) -> BranchState:
    """Read the branch; with ``recursive`` its blobs, too, though not all of a very large branch.

    Raises:
        SettingsError: the branch was not made for images.
        ForgeError: GitHub refuses, or does not even list all that is at the top.
    """
    tip = git.tip(branch)
    if tip is None:
        return BranchState(None)
    commit = git.commit(tip)
    transferred = _TRANSFERRED.match(commit.message)
    base = transferred[1] if transferred else tip
    tree = git.tree(git.commit(base) if transferred else commit, recursive=recursive)
    if tree.truncated and not recursive:
        raise ForgeError(
            f"The branch {branch} has more folders than GitHub lists.", remedy="Delete it; Headway creates a new one."
        )
    if not any(entry.path == MARKER_FILE for entry in tree.tree):
        raise SettingsError(
            f"The branch {branch} was not created for images.",
            why=f"It has no file {MARKER_FILE}.",
            remedy="Name another branch for the images; Headway creates it.",
        )
    top = {entry: read_image_set(entry) for entry in tree.tree if "/" not in entry.path}
    files = (*tree.tree, *(git.tree(commit, recursive=True).tree if transferred and recursive else ()))
    return BranchState(
        tip,
        base,
        tree.sha,
        tuple(filter(None, top.values())),
        tuple(entry for entry, image_set in top.items() if image_set is None),
        frozenset(entry.sha for entry in files if entry.type != "tree"),
    )
