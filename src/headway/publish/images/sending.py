"""Send images to GitHub in a few requests.

The Git Data API takes one binary file a request, and GitHub asks for a second between two requests that write. The
mutation ``createCommitOnBranch`` takes many files at once, but always commits them to a branch. So Headway commits them
to the image branch, in the folder where they will be, in requests of at most 2 MB. Such a commit only transfers files:
its message says so, and nobody looks into its folders. What counts is the merge that follows. A branch that does not
exist yet is created at a commit with the marker, by the request that transfers the first files or, where GitHub refuses
that, by one of its own.

A single image is sent as a blob, which needs no branch. So are all that are left where there is no such mutation, as on
GitHub Enterprise Server before 3.3, where the token may not use it, and where it was lost twice in a row: to other runs
that moved the branch, or without an answer.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from headway.errors import ForgeError, UncertainWriteError
from headway.publish.images.batches import in_batches, reported
from headway.publish.images.branch_state import MARKER_FILE, BranchState, transfer_message
from headway.publish.images.git_data import FILE, TreeEntry, blob_sha

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headway.publish.images.batches import Batch
    from headway.publish.images.formats import DecodedImage
    from headway.publish.images.git_data import GitData

REQUEST_LIMIT: Final = 2_000_000
"""Bytes of one request; GitHub runs out of time for requests that are not much larger."""
_ENVELOPE = 2_000  # bytes of a request beside its files: the mutation, the branch, the message
_FILE_ENVELOPE = 50  # and beside a file's path and content
_ROOM = REQUEST_LIMIT - _ENVELOPE
_MOST_LOST = 2
_MOVED_OR_REFUSED = (HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY)
"""What GitHub answers to a mutation that it knows: the branch is elsewhere, or a rule protects it."""
_UNKNOWN = "doesn't exist on type"
"""In GitHub's message where it does not know a mutation."""
AUTHOR: Final = {"name": "Headway", "email": "headway@headway.invalid", "date": "2000-01-01T00:00:00Z"}
"""The same for every image set, so that the same images are the same commit, whoever stores them and when."""
MARKER: Final = TreeEntry(
    MARKER_FILE, *FILE, content="The images of comments that Headway wrote. `headway prune` removes old ones.\n"
)


class ImageSender:
    """Sends the images of one comment to a branch, and remembers what it has sent."""

    def __init__(self, git: GitData, branch: str) -> None:
        self._git = git
        self._branch = branch
        self._sent: set[str] = set()
        self._transfers = True
        self._lost = 0

    @property
    def sent(self) -> int:
        """How many images GitHub has confirmed."""
        return len(self._sent)

    def send(self, state: BranchState, folder: str, images: Mapping[str, DecodedImage]) -> tuple[BranchState, str]:
        """Send the images that the branch lacks; gives the branch as it then is.

        Gives also the tree that has all of the images in the folder, beside what the branch had before; empty where no
        transfer has made it.
        """
        missing = {name: image for name, image in images.items() if blob_sha(image) not in state.blobs | self._sent}
        is_clean, tree, transferred = state.tip in {None, state.base}, "", 0
        batches = in_batches(missing, _ROOM, lambda name, image: _size(f"{folder}/{name}", image))
        for batch in reported(batches, len(missing), self._git.session.options.uploading):
            state, tree = self._send_batch(state, folder, batch, alone=not transferred)
            self._sent |= set(map(blob_sha, batch.values()))
            transferred += len(batch) if tree else 0
        return state, tree if is_clean and transferred == len(images) else ""

    def _send_batch(self, state: BranchState, folder: str, batch: Batch, *, alone: bool) -> tuple[BranchState, str]:
        """Send a batch; gives the branch as it then is, and its tree where it has moved."""
        files = {f"{folder}/{name}": image for name, image in batch.items()}
        is_blob = len(files) == 1 and (alone or sum(map(_size, files, files.values())) > _ROOM)
        if self._transfers and not is_blob:
            is_new = state.tip is None
            state = self._root() if is_new else state
            try:
                return self._transfer(state, files, is_new=is_new)
            except ForgeError as error:
                if not error.is_refusal or (_is_known(error) and not is_new):
                    raise
            if is_new:  # somebody else may have created it, which GitHub then says
                self._git.create_branch(self._branch, state.base)
                return self._send_batch(state, folder, batch, alone=alone)
            self._transfers = False
        for image in batch.values():
            self._git.write_blob(image)
        return state, ""

    def _transfer(
        self, state: BranchState, files: Mapping[str, DecodedImage], *, is_new: bool
    ) -> tuple[BranchState, str]:
        """Commit files to the branch; gives the branch as it then is, and its tree."""
        message = transfer_message(state.base)
        try:
            tip, tree = self._git.commit_files(self._branch, state.tip or "", message, files, is_new=is_new)
        except ForgeError as error:
            self._lost += isinstance(error, UncertainWriteError) or error.status == HTTPStatus.CONFLICT
            self._transfers = self._lost < _MOST_LOST
            raise
        self._lost = 0
        return state._replace(tip=tip), tree

    def _root(self) -> BranchState:
        """The first commit of the branch, which has the marker only; it is on no branch yet."""
        tree = self._git.write_tree([MARKER])
        commit = self._git.write_commit(tree, [], "Images of comments\n", AUTHOR)
        return BranchState(commit, commit, tree)


def _is_known(error: ForgeError) -> bool:
    """Whether GitHub knows the mutation that it refused."""
    return error.status in _MOVED_OR_REFUSED and _UNKNOWN not in error.why


def _size(path: str, image: DecodedImage) -> int:
    """Bytes that a file adds to a request."""
    return len(path) + -(-len(image) // 3) * 4 + _FILE_ENVELOPE
