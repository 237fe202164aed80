"""Where images go so that a comment can show them: which place a run uses, and why, in one sentence.

``auto`` takes what the forge offers by itself and falls back to words where the token may not use it. That is found out
by trying: a job's own token cannot be asked what it may do, and the first write that is refused has changed nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec

from headway.errors import ForgeError, RateLimitError, SettingsError
from headway.publish.forges.forge import CommitTarget, Forge, PullRequestTarget, Target
from headway.publish.images.branch import BranchImages, scope_of
from headway.publish.images.bucket import BucketImages
from headway.publish.images.git_data import GitData
from headway.publish.images.uploads import DownloadImages, UploadImages

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from headway.ci.job import Context, ForgeKind
    from headway.publish.images.formats import DecodedImage
    from headway.settings import ImagePlace, ImageSettings

_LIKE_A_REFUSAL = range(400, 500)
_ELSEWHERE: Mapping[ForgeKind, str] = {
    "github": "On GitHub: branch, bucket or none.",
    "gitlab": "On GitLab: upload, bucket or none.",
    "bitbucket": "On Bitbucket: upload (the repository's downloads), bucket or none.",
}


class ImageStore(Protocol):
    """A place for pictures.

    Attributes:
        name: what was chosen, for the log: ``"the branch headway-images"``.
    """

    name: str

    def put(self, files: Mapping[str, DecodedImage]) -> Mapping[str, str]:
        """Store pictures.

        Args:
            files: images by name, such as ``"charts/loss-1f2e.png"``.

        Returns:
            The address of every name, such that the forge's comments show it.

        Raises:
            ForgeError: they could not be stored; no address must then be used.
            SettingsError: the place is there, but for something else.
        """


class NoImages:
    """Images nowhere: a report then tells its charts in words."""

    name = "no place for pictures"

    def put(self, files: Mapping[str, DecodedImage]) -> Mapping[str, str]:
        """Give no image an address."""
        del files
        return {}


def make_store(  # noqa: PLR0913 - a comment has a place and two words of its own
    images: ImageSettings,
    context: Context,
    forge: Forge,
    target: Target | None = None,
    *,
    label: str = "",
    directory: str = "",
) -> ImageStore:
    """The place for the images of a comment.

    Args:
        images: what is wanted.
        context: the run.
        forge: where the comment is.
        target: what the comment is on; ``None`` is the context's pull request, or its commit where it has none.
        label, directory: tell the comment from others there.

    Raises:
        SettingsError: the forge has no such place, or a bucket's address or plug-in is missing.
    """
    if target is None:
        number = context.pull_request
        target = CommitTarget(sha=context.sha) if number is None else PullRequestTarget(number=number)
    scope = scope_of(target, directory, label)
    if images.store != "auto":
        return _store(images, context, forge, target, scope)
    place, reason = default_store(images, context.forge)
    store = _store(msgspec.structs.replace(images, store=place), context, forge, target, scope)
    return FallbackStore(store, reason, forge.session.options.log)


def default_store(images: ImageSettings, kind: ForgeKind) -> tuple[ImagePlace, str]:
    """What ``auto`` tries first on a forge, and the reason in half a sentence."""
    if images.bucket:
        return "bucket", "because the settings name one"
    match kind:
        case "github":
            return "branch", "because GitHub takes no uploads"
        case "gitlab":
            return "upload", "because GitLab shows them in notes"
        case _:
            return "none", "because Bitbucket's downloads are for everybody to see: ask for `upload` to use them"


class FallbackStore:
    """A store; words instead, where the token may not use it.

    Args:
        store: what is tried first.
        reason: why it is that one, half a sentence.
        say: hears what was used.
    """

    def __init__(self, store: ImageStore, reason: str, say: Callable[[str], None]) -> None:
        self.name = store.name
        self._store = store
        self._reason = reason
        self._say = say

    def put(self, files: Mapping[str, DecodedImage]) -> Mapping[str, str]:
        """Store pictures, and say where and why.

        Raises:
            ForgeError: they could not be stored, though not because the forge refuses.
        """
        if not files:
            return {}
        try:
            addresses = self._store.put(files)
        except ForgeError as error:
            if isinstance(error, RateLimitError) or error.status not in _LIKE_A_REFUSAL:
                raise
            self._say(f"Pictures: none, words instead, because {self.name} cannot be used. {error}")
            self._store = NoImages()
            self.name = self._store.name
            return {}
        self._say(f"Pictures: {self.name}, {self._reason}.")
        return addresses


def _store(images: ImageSettings, context: Context, forge: Forge, target: Target, scope: str) -> ImageStore:
    match images.store, context.forge:
        case "none", _:
            return NoImages()
        case "bucket", _:
            return BucketImages(images.bucket, images.bucket_url, forge.session.options)
        case "branch", "github":
            git = GitData(forge.session, context.repository, context.graphql_url)
            return BranchImages(git, context.repository_url, scope, images.branch)
        case "upload", "gitlab":
            return UploadImages(forge.session, context.repository, lambda: _own_bodies(forge, target))
        case "upload", "bitbucket":
            return DownloadImages(forge.session, context.repository, context.repository_url)
    raise SettingsError(
        f"{forge.name} has no place for pictures called {images.store}.", remedy=_ELSEWHERE[context.forge]
    )


def _own_bodies(forge: Forge, target: Target) -> list[str]:
    """The comments that this token's account has written there: others' addresses are not to be trusted."""
    return [comment.body for comment in forge.own_comments(forge.comments(target))]
