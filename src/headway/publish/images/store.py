"""Choose where images go so that a comment can show them.

``auto`` takes what the forge offers, and shows text instead of images where the token may not use it. That is found out
by trying: a job's token cannot be asked what it may do, and the first write that is refused has changed nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec

from headway.errors import ForgeError, SettingsError
from headway.publish.forges.forge import CommitTarget, Forge, PullRequestTarget, Target
from headway.publish.images.branch import BranchImages
from headway.publish.images.branch_state import scope_of
from headway.publish.images.bucket import BucketImages
from headway.publish.images.git_data import GitData
from headway.publish.images.uploads import DownloadImages, UploadImages
from headway.text import hide_user_info

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from headway.ci.job import Context, ForgeKind
    from headway.publish.images.formats import DecodedImage
    from headway.settings import ImagePlace, ImageSettings

_CHOICES: Mapping[ForgeKind, str] = {
    "github": "On GitHub, use branch, bucket or none.",
    "gitlab": "On GitLab, use upload, bucket or none.",
    "bitbucket": "On Bitbucket, use upload (the repository's downloads), bucket or none.",
}


class ImageStore(Protocol):
    """A place for images."""

    def put(self, files: Mapping[str, DecodedImage]) -> Mapping[str, str]:
        """Store images by name, and give each name the URL at which the forge's comments show it.

        Raises:
            ForgeError: they could not be stored; no URL must then be used.
            SettingsError: the place exists, but for something else.
        """


class NoImages:
    """No place: comments show text instead of images."""

    def put(self, files: Mapping[str, DecodedImage]) -> Mapping[str, str]:
        """Give no image a URL."""
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
    """The store for the images of a comment, by default on the context's pull request, else on its commit.

    Raises:
        SettingsError: the forge has no such place, or a bucket's URL or plug-in is missing.
    """
    if target is None:
        number = context.pull_request
        target = CommitTarget(sha=context.sha) if number is None else PullRequestTarget(number=number)
    scope = scope_of(target, directory, label)
    if images.store != "auto":
        return _store(images, context, forge, target, scope)
    place, sentence = default_store(images, context.forge)
    store = _store(msgspec.structs.replace(images, store=place), context, forge, target, scope)
    return FallbackStore(store, sentence, forge.session.options.log)


def default_store(images: ImageSettings, kind: ForgeKind) -> tuple[ImagePlace, str]:
    """What ``auto`` means on a forge, and the sentence that tells the reader of the log."""
    if images.bucket:
        return "bucket", f"Images go to the bucket {hide_user_info(images.bucket)}, which the settings name."
    match kind:
        case "github":
            return "branch", f"Images go to the branch {images.branch}, because GitHub has no API for uploads."
        case "gitlab":
            return "upload", "Images go to the project's uploads."
        case _:
            return "none", (
                "Comments show text instead of images, because everybody can see Bitbucket's downloads. "
                "To store images there, use --images upload."
            )


class FallbackStore:
    """A store; none where the token may not use it. ``log`` gets ``sentence`` when images were stored."""

    def __init__(self, store: ImageStore, sentence: str, log: Callable[[str], None]) -> None:
        self._store = store
        self._sentence = sentence
        self._log = log

    def put(self, files: Mapping[str, DecodedImage]) -> Mapping[str, str]:
        """Store images, and say where.

        Raises:
            ForgeError: they could not be stored, though the forge did not refuse.
        """
        if not files:
            return {}
        try:
            urls = self._store.put(files)
        except ForgeError as error:
            if not error.is_refusal:
                raise
            self._log(f"Images could not be stored, so the comment shows text instead. {error}")
            self._store = NoImages()
            return {}
        self._log(self._sentence)
        return urls


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
    raise SettingsError(f"{forge.name} has no image store {images.store!r}.", remedy=_CHOICES[context.forge])


def _own_bodies(forge: Forge, target: Target) -> list[str]:
    """The comments that this token's account wrote there: URLs in those of others are not to be trusted."""
    return [comment.body for comment in forge.own_comments(forge.comments(target))]
