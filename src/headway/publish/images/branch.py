"""GitHub: pictures on one branch without a common history with the code, written without a checkout.

A version of a comment has its pictures in a batch: a commit without parents that holds them and nothing else, and that
a merge puts on the branch, as a folder at the top. So an address names a commit, is good as soon as it is written down,
and stays good when :mod:`~headway.publish.images.prune` drops the rest of the history; the same pictures have the same
address every time. The folder's name says when the batch was last used, whose it is, and which commit it is::

    2026-01-31_pr-12_1f0c0e6c0ff5b0a3a1a9e5c6de9b1e7f0e0b4d52/0f3a9c51d2e87b46c3a1f0e5d6b79812.png

Whoever comes second is refused by the branch, reads it again and rebuilds tree and merge on what is there now. Killed
between any two requests, a run leaves at worst objects that nothing names, and the next one ends at the same place.
"""

from __future__ import annotations

import random
import re
from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import quote

from headway.errors import ForgeError, SettingsError
from headway.publish.forges.forge import IssueTarget, PullRequestTarget, Target
from headway.publish.images.formats import DecodedImage, hashed_name
from headway.publish.images.git_data import FILE, FOLDER, GitData, TreeEntry, blob_sha, tree_sha
from headway.settings import IMAGES_BRANCH

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


SIGN: Final = ".headway-images"
"""A file that marks the branch as one for pictures, and says so to people who find it."""
SIGN_TEXT: Final = "The pictures of comments that Headway wrote. `headway prune` removes old ones.\n"
TRIES: Final = 8
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 8.0
_RACED = (HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY)
_MAKER: Final = {"name": "Headway", "email": "headway@headway.invalid", "date": "2000-01-01T00:00:00Z"}
"""Of every batch alike, so that the same pictures are the same commit, whoever stores them and when."""

_NAME = re.compile(r"(?P<day>\d{4}-\d\d-\d\d)_(?P<scope>[a-z0-9-]+)_(?P<commit>[0-9a-f]{40,64})")
_PULL_REQUEST = re.compile(r"pr-(\d+)(?:-|$)")
_UNSAFE = re.compile(r"[^a-z0-9]+")
_SLUG_LIMIT = 60


class Batch(NamedTuple):
    """The pictures of one version of one comment.

    Attributes:
        day: when it was last put there.
        scope: whose it is, as :func:`scope_of` says it.
        commit: the commit that holds its pictures.
        tree: the name of its content.
    """

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


def read_batch(name: str, tree: str) -> Batch | None:
    """The batch of a folder; ``None`` for one that is no batch."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    try:
        day = date.fromisoformat(match["day"])
    except ValueError:
        return None
    return Batch(day, match["scope"], match["commit"], tree)


def scope_of(target: Target, *words: str) -> str:
    """Whose a batch is: the comment's place, and the words that tell several comments there apart.

    Args:
        target: what the comment is on.
        words: its label, its project's folder; empty ones do not count.
    """
    match target:
        case PullRequestTarget():
            place = f"pr-{target.number}"
        case IssueTarget():
            place = f"issue-{target.number}"
        case _:
            place = "commit"
    slug = _UNSAFE.sub("-", "-".join(word for word in words if word).lower())[:_SLUG_LIMIT].strip("-")
    return f"{place}-{slug}" if slug else place


class Shelf(NamedTuple):
    """What is on the branch at one moment.

    Attributes:
        tip: its commit; ``None`` where there is no branch.
        tree: that commit's tree.
        batches: the batches.
        others: every other entry at the top.
        blobs: the names of all contents that are told.
    """

    tip: str | None
    tree: str | None = None
    batches: tuple[Batch, ...] = ()
    others: tuple[TreeEntry, ...] = ()
    blobs: frozenset[str] = frozenset()

    def find(self, tree: str) -> Batch | None:
        """The batch with this content that was used last."""
        return max((batch for batch in self.batches if batch.tree == tree), default=None)


def read_shelf(git: GitData, branch: str, *, recursive: bool) -> Shelf:
    """Look at the branch.

    Args:
        git: the repository.
        branch: its name.
        recursive: whether the contents are asked for, too; of a very large branch not all are told.

    Raises:
        SettingsError: the branch was not made for pictures.
        ForgeError: GitHub refuses, or does not even tell all that lies at the top.
    """
    tip = git.tip(branch)
    if tip is None:
        return Shelf(None)
    tree = git.tree(tip, recursive=recursive)
    if tree.truncated and not recursive:
        raise ForgeError(
            f"The branch {branch} has more folders than GitHub lists.", remedy="Delete it; Headway makes a new one."
        )
    if not any(entry.path == SIGN for entry in tree.tree):
        raise SettingsError(
            f"The branch {branch} holds other things than Headway's pictures.",
            why=f"It has no file {SIGN}.",
            remedy="Name another branch for the pictures; Headway creates it.",
        )
    top = [entry for entry in tree.tree if "/" not in entry.path]
    found = {entry: read_batch(entry.path, entry.sha) if entry.type == "tree" else None for entry in top}
    return Shelf(
        tip,
        tree.sha,
        tuple(batch for batch in found.values() if batch),
        tuple(entry for entry, batch in found.items() if batch is None),
        frozenset(entry.sha for entry in tree.tree if entry.type != "tree"),
    )


class BranchImages:
    """Pictures on a branch.

    Args:
        git: the repository.
        web_url: its page: ``https://github.com/owner/name``.
        scope: whose pictures they are, as :func:`scope_of` says it.
        branch: the branch's name.
        jitter: a number from 0 to 1, by which two runs that met do not meet again.
    """

    def __init__(
        self,
        git: GitData,
        web_url: str,
        scope: str,
        branch: str = IMAGES_BRANCH,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.name = f"the branch {branch}"
        self._git = git
        self._web_url = web_url
        self._scope = scope
        self._branch = branch
        self._jitter = jitter

    def put(self, files: Mapping[str, DecodedImage]) -> Mapping[str, str]:
        """Store pictures; those that the branch has already are not sent again."""
        if not files:
            return {}
        names = {name: hashed_name(content) for name, content in files.items()}
        commit = self._keep_trying(_Load.of({names[name]: content for name, content in files.items()}))
        return {name: f"{self._web_url}/raw/{commit}/{quote(hashed)}" for name, hashed in names.items()}

    def _keep_trying(self, load: _Load) -> str:
        """The commit of the pictures, once the branch holds it."""
        commit = ""
        for attempt in range(TRIES):
            shelf = read_shelf(self._git, self._branch, recursive=True)
            try:
                commit = commit or self._commit(shelf, load)
                today = datetime.fromtimestamp(self._git.session.options.now(), UTC).date()
                self._add(shelf, Batch(today, self._scope, commit, load.tree))
                break
            except ForgeError as error:
                if error.status not in _RACED or attempt == TRIES - 1:
                    raise
                wait(self._git, attempt, self._jitter)
        return commit

    def _commit(self, shelf: Shelf, load: _Load) -> str:
        """The commit of the pictures: the one that is on the branch, or one that is made now."""
        if found := shelf.find(load.tree):
            return found.commit
        for name, sha in load.blobs.items():
            if sha not in shelf.blobs:
                self._git.write_blob(load.pictures[name])
        tree = self._git.write_tree(TreeEntry(name, *FILE, sha) for name, sha in sorted(load.blobs.items()))
        return self._git.write_commit(tree, [], "Pictures of a comment\n", _MAKER)

    def _add(self, shelf: Shelf, batch: Batch) -> None:
        """Put a batch on the branch, unless it is there with the date of today."""
        if batch in shelf.batches:
            return
        entries = [TreeEntry(batch.name, *FOLDER, batch.tree)]
        message = f"Pictures for {batch.scope}\n"
        if shelf.tip is None:
            tree = self._git.write_tree([TreeEntry(SIGN, *FILE, content=SIGN_TEXT), *entries])
            self._git.create_branch(self._branch, self._git.write_commit(tree, [batch.commit], message))
        else:
            tree = self._git.write_tree(entries, shelf.tree)
            merge = self._git.write_commit(tree, [shelf.tip, batch.commit], message)
            self._git.move_branch(self._branch, merge)


class _Load(NamedTuple):
    """Pictures to be stored: the images by name, what git calls each, and what it calls the folder of them all."""

    pictures: Mapping[str, DecodedImage]
    blobs: Mapping[str, str]
    tree: str

    @classmethod
    def of(cls, pictures: Mapping[str, DecodedImage]) -> _Load:
        blobs = {name: blob_sha(content) for name, content in pictures.items()}
        return cls(pictures, blobs, tree_sha(blobs))


def wait(git: GitData, attempt: int, jitter: Callable[[], float]) -> None:
    """Let whoever was faster finish: a random part of 0.5, 1, 2, 4, 8 seconds."""
    git.session.options.sleep(jitter() * min(_LONGEST_WAIT, _FIRST_WAIT * 2**attempt))
