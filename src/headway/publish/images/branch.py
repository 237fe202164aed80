"""GitHub: images on one branch without a common history with the code, written without a checkout.

The images of one version of a comment are an image set: a commit without parents that holds them and nothing else, and
that a merge puts on the branch as a folder at the top. So a URL names a commit. It works as soon as it is written down,
and keeps working when :mod:`~headway.publish.images.prune` drops the rest of the history; the same images always have
the same URL. The folder's name says when the set was last used, by which comment, and which commit it is::

    2026-01-31_pr-12_1f0c0e6c0ff5b0a3a1a9e5c6de9b1e7f0e0b4d52/0f3a9c51d2e87b46c3a1f0e5d6b79812.png

Of two runs that write at the same time, GitHub refuses the second, which reads the branch again, sends what is missing
and rebuilds tree and merge on it. A run that is killed between two requests leaves objects that nothing names, and
transfers that nobody looks into, and the next one ends at the same place.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from http import HTTPStatus
from random import random
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from headway.errors import ForgeError, UncertainWriteError
from headway.publish.images.branch_state import BranchState, ImageSet, read_branch
from headway.publish.images.formats import DecodedImage, hashed_name
from headway.publish.images.git_data import FILE, FOLDER, GitData, TreeEntry, blob_sha, commit_sha, tree_sha
from headway.publish.images.sending import AUTHOR, MARKER, ImageSender
from headway.settings import IMAGES_BRANCH

if TYPE_CHECKING:
    from collections.abc import Mapping


TRIES: Final = 8
_STORE_TRIES = 16
"""Rounds without progress; more than for others, because every run of a busy repository stores images."""
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 8.0
RACED: Final = (HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY)
"""What GitHub answers where a branch is not where it was."""
_RULE = re.compile("rule|protected", re.IGNORECASE)
"""In GitHub's messages where a rule refuses to move the branch: "Repository rule violations found", "protected ref"."""
UNPROTECT: Final = "If a rule protects the branch, exclude it from the rule."
_MESSAGE = "Images of a comment\n"


class BranchImages:
    """Images on a branch of the repository with the page ``web_url``; ``scope`` is whose, see ``scope_of``."""

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
        image_set, sender, commit, attempt = self._image_set(images), ImageSender(self._git, self._branch), "", 0
        while True:
            state, tree, sent = read_branch(self._git, self._branch, recursive=True), "", sender.sent
            same = [known.commit for known in sorted(state.image_sets) if known.tree == image_set.tree]
            try:
                commit = commit or (same or [""])[-1]
                if not commit:
                    state, tree = sender.send(state, image_set.name, images)
                    commit = self._write_set(images, is_stored=bool(tree))
                stored = image_set._replace(commit=commit)
                self._add(state, stored, tree if stored == image_set else "")  # GitHub decides what the hash is
            except ForgeError as error:
                attempt = 1 if sender.sent > sent else attempt + 1
                is_raced = error.status in RACED or isinstance(error, UncertainWriteError)
                if not is_raced or attempt == _STORE_TRIES:
                    raise
                wait_for_others(self._git, attempt - 1)
                self._raise_if_protected(error, state)
            else:
                return commit

    def _raise_if_protected(self, error: ForgeError, state: BranchState) -> None:
        """End where a rule has refused to move the branch, and nobody has moved it: the next try ends likewise."""
        is_refused = error.status == HTTPStatus.UNPROCESSABLE_ENTITY and _RULE.search(error.why)
        if is_refused and self._git.tip(self._branch) == state.tip:
            raise ForgeError(error.what, why=error.why, remedy=UNPROTECT, status=error.status)

    def _image_set(self, images: Mapping[str, DecodedImage]) -> ImageSet:
        """The image set, under the hash that its commit should get."""
        today = datetime.fromtimestamp(self._git.session.options.now(), UTC).date()
        tree = tree_sha({name: blob_sha(content) for name, content in images.items()})
        return ImageSet(today, self._scope, commit_sha(tree, [], _MESSAGE, AUTHOR), tree)

    def _write_set(self, images: Mapping[str, DecodedImage], *, is_stored: bool) -> str:
        """The commit of the images; ``is_stored`` says that their tree is there."""
        blobs = {name: blob_sha(content) for name, content in images.items()}
        if not is_stored:
            self._git.write_tree(TreeEntry(name, *FILE, sha) for name, sha in sorted(blobs.items()))
        return self._git.write_commit(tree_sha(blobs), [], _MESSAGE, AUTHOR)

    def _add(self, state: BranchState, image_set: ImageSet, tree: str) -> None:
        """Put an image set on the branch, unless it is there with the date of today.

        ``tree`` is what the branch has then; empty where that is not stored.
        """
        if image_set in state.image_sets:
            return
        entries = [TreeEntry(image_set.name, *FOLDER, image_set.tree)]
        message = f"Images for {image_set.scope}\n"
        if state.tip is None:
            tree = self._git.write_tree([MARKER, *entries])
            self._git.create_branch(self._branch, self._git.write_commit(tree, [image_set.commit], message))
        else:
            tree = tree or self._git.write_tree(entries, state.tree)
            merge = self._git.write_commit(tree, [state.tip, image_set.commit], message)
            self._git.move_branch(self._branch, merge)


def wait_for_others(git: GitData, attempt: int) -> None:
    """Let another run finish: a random part of 0.5, 1, 2, 4, 8 seconds."""
    longest = min(_LONGEST_WAIT, _FIRST_WAIT * 2**attempt)
    git.session.options.sleep(random() * longest)  # noqa: S311 - keeps two runs apart, and nothing secret
