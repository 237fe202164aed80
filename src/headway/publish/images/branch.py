"""GitHub: images on one branch without a common history with the code, written without a checkout.

The images of one version of a comment are an image set: a commit without parents that holds them and nothing else, and
that a merge puts on the branch as a folder at the top. So a URL names a commit. It works as soon as it is written down,
and keeps working when :mod:`~headway.publish.images.prune` drops the rest of the history; the same images always have
the same URL. The folder's name says when the set was last used, by which comment, and which commit it is::

    2026-01-31_pr-12_1f0c0e6c0ff5b0a3a1a9e5c6de9b1e7f0e0b4d52/0f3a9c51d2e87b46c3a1f0e5d6b79812.png

Of two runs that write at the same time, GitHub refuses the second, which reads the branch again and rebuilds tree and
merge on it. A run that is killed between two requests leaves objects that nothing names, and the next one ends at the
same place.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from http import HTTPStatus
from random import random
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import quote

from headway.errors import ForgeError, SettingsError
from headway.publish.forges.forge import IssueTarget, PullRequestTarget, Target
from headway.publish.images.formats import DecodedImage, hashed_name
from headway.publish.images.git_data import FILE, FOLDER, GitData, TreeEntry, blob_sha, tree_sha
from headway.settings import IMAGES_BRANCH

if TYPE_CHECKING:
    from collections.abc import Mapping


MARKER_FILE: Final = ".headway-images"
"""Marks the branch as one for images, and tells people who find it."""
MARKER_TEXT: Final = "The images of comments that Headway wrote. `headway prune` removes old ones.\n"
TRIES: Final = 8
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 8.0
_RACED = (HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY)
_AUTHOR: Final = {"name": "Headway", "email": "headway@headway.invalid", "date": "2000-01-01T00:00:00Z"}
"""The same for every image set, so that the same images are the same commit, whoever stores them and when."""

_NAME = re.compile(r"(?P<day>\d{4}-\d\d-\d\d)_(?P<scope>[a-z0-9-]+)_(?P<commit>[0-9a-f]{40,64})")
_PULL_REQUEST = re.compile(r"pr-(\d+)(?:-|$)")
_UNSAFE = re.compile(r"[^a-z0-9]+")
_SLUG_LIMIT = 60


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
    """What is on the branch at one moment; its commit is ``None`` where there is no branch."""

    tip: str | None
    tree: str | None = None
    image_sets: tuple[ImageSet, ...] = ()
    others: tuple[TreeEntry, ...] = ()  # at the top
    blobs: frozenset[str] = frozenset()


def read_branch(git: GitData, branch: str, *, recursive: bool) -> BranchState:
    """Read the branch; with ``recursive`` its blobs, too, though not all of a very large branch.

    Raises:
        SettingsError: the branch was not made for images.
        ForgeError: GitHub refuses, or does not even list all that is at the top.
    """
    tip = git.tip(branch)
    if tip is None:
        return BranchState(None)
    tree = git.tree(tip, recursive=recursive)
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
    return BranchState(
        tip,
        tree.sha,
        tuple(filter(None, top.values())),
        tuple(entry for entry, image_set in top.items() if image_set is None),
        frozenset(entry.sha for entry in tree.tree if entry.type != "tree"),
    )


class BranchImages:
    """Images on a branch of the repository with the page ``web_url``; ``scope`` is whose, see :func:`scope_of`."""

    def __init__(self, git: GitData, web_url: str, scope: str, branch: str = IMAGES_BRANCH) -> None:
        self._git = git
        self._web_url = web_url
        self._scope = scope
        self._branch = branch

    def put(self, files: Mapping[str, DecodedImage]) -> Mapping[str, str]:
        """Store images; those that the branch already has are not sent again."""
        if not files:
            return {}
        names = {name: hashed_name(content) for name, content in files.items()}
        commit = self._store({names[name]: content for name, content in files.items()})
        return {name: f"{self._web_url}/raw/{commit}/{quote(hashed)}" for name, hashed in names.items()}

    def _store(self, images: Mapping[str, DecodedImage]) -> str:
        """The commit of the images, once the branch has it."""
        blobs, commit = {name: blob_sha(content) for name, content in images.items()}, ""
        for attempt in range(TRIES):
            state = read_branch(self._git, self._branch, recursive=True)
            try:
                commit = commit or self._commit(state, images, blobs)
                today = datetime.fromtimestamp(self._git.session.options.now(), UTC).date()
                self._add(state, ImageSet(today, self._scope, commit, tree_sha(blobs)))
                break
            except ForgeError as error:
                if error.status not in _RACED or attempt == TRIES - 1:
                    raise
                wait_for_others(self._git, attempt)
        return commit

    def _commit(self, state: BranchState, images: Mapping[str, DecodedImage], blobs: Mapping[str, str]) -> str:
        """The commit of the images: the one that is on the branch and was used last, else a new one."""
        same = [image_set for image_set in state.image_sets if image_set.tree == tree_sha(blobs)]
        if same:
            return max(same).commit
        for name, sha in blobs.items():
            if sha not in state.blobs:
                self._git.write_blob(images[name])
        tree = self._git.write_tree(TreeEntry(name, *FILE, sha) for name, sha in sorted(blobs.items()))
        return self._git.write_commit(tree, [], "Images of a comment\n", _AUTHOR)

    def _add(self, state: BranchState, image_set: ImageSet) -> None:
        """Put an image set on the branch, unless it is there with the date of today."""
        if image_set in state.image_sets:
            return
        entries = [TreeEntry(image_set.name, *FOLDER, image_set.tree)]
        message = f"Images for {image_set.scope}\n"
        if state.tip is None:
            tree = self._git.write_tree([TreeEntry(MARKER_FILE, *FILE, content=MARKER_TEXT), *entries])
            self._git.create_branch(self._branch, self._git.write_commit(tree, [image_set.commit], message))
        else:
            tree = self._git.write_tree(entries, state.tree)
            merge = self._git.write_commit(tree, [state.tip, image_set.commit], message)
            self._git.move_branch(self._branch, merge)


def wait_for_others(git: GitData, attempt: int) -> None:
    """Let another run finish: a random part of 0.5, 1, 2, 4, 8 seconds."""
    longest = min(_LONGEST_WAIT, _FIRST_WAIT * 2**attempt)
    git.session.options.sleep(random() * longest)  # noqa: S311 - keeps two runs apart, and nothing secret
