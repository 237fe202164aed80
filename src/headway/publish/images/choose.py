"""Which place for pictures a run uses, and why, in one sentence.

``auto`` takes what the forge offers by itself and falls back to words where the token may not use it. That is found out
by trying: a job's own token cannot be asked what it may do, and the first write that is refused has changed nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from headway.errors import ForgeError, RateLimitError, SettingsError
from headway.publish.forges.forge import CommitTarget, PullRequestTarget
from headway.publish.images.branch import BranchImages
from headway.publish.images.bucket import BucketImages
from headway.publish.images.downloads import DownloadImages
from headway.publish.images.git_data import GitData
from headway.publish.images.image_sets import scope_of
from headway.publish.images.text_charts import NoImages
from headway.publish.images.uploads import UploadImages
from headway.settings import IMAGES_BRANCH

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from headway.ci.job import Context, ForgeKind
    from headway.publish.forges.forge import Forge, Target
    from headway.publish.images.store import ImageStore
    from headway.settings import ImagePlace

_LIKE_A_REFUSAL = range(400, 500)
_ELSEWHERE: Mapping[ForgeKind, str] = {
    "github": "On GitHub: branch, bucket or none.",
    "gitlab": "On GitLab: upload, bucket or none.",
    "bitbucket": "On Bitbucket: upload (the repository's downloads), bucket or none.",
}


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is wanted for pictures.

    Attributes:
        place: where they go; ``auto`` leaves it to Headway.
        branch: the branch's name.
        bucket: the bucket: ``"s3://bucket/folder"``; empty for none.
        bucket_url: where everybody can read what is in the bucket.
    """

    place: ImagePlace = "auto"
    branch: str = IMAGES_BRANCH
    bucket: str = ""
    bucket_url: str = ""


@dataclass(frozen=True, kw_only=True)
class Comment:
    """Whose pictures they are: the comment's place, and the words that tell it from others there."""

    target: Target
    label: str = ""
    directory: str = ""


def chooser(wish: Wish, label: str = "", directory: str = "") -> Callable[[Context, Forge], ImageStore]:
    """What :func:`headway.publish.post.post` asks for a place for the pictures of a report."""

    def choose_store(context: Context, forge: Forge) -> ImageStore:
        number = context.pull_request
        target = CommitTarget(sha=context.sha) if number is None else PullRequestTarget(number=number)
        return choose(wish, context, forge, Comment(target=target, label=label, directory=directory))

    return choose_store


def choose(wish: Wish, context: Context, forge: Forge, comment: Comment) -> ImageStore:
    """The place for the pictures of a comment.

    Raises:
        SettingsError: the forge has no such place, or a bucket's address or plug-in is missing.
    """
    if wish.place == "auto":
        return _Auto(wish, context, forge, comment)
    return _store(wish.place, wish, context, forge, comment)


def usual_place(wish: Wish, kind: ForgeKind) -> tuple[ImagePlace, str]:
    """What ``auto`` tries first on a forge, and the reason in half a sentence."""
    if wish.bucket:
        return "bucket", "because the settings name one"
    match kind:
        case "github":
            return "branch", "because GitHub takes no uploads"
        case "gitlab":
            return "upload", "because GitLab shows them in notes"
        case _:
            return "none", "because Bitbucket's downloads are for everybody to see: ask for `upload` to use them"


class _Auto:
    """The forge's usual place; words instead, where the token may not use it."""

    def __init__(self, wish: Wish, context: Context, forge: Forge, comment: Comment) -> None:
        place, self._reason = usual_place(wish, context.forge)
        self._say = forge.session.transport.say
        self._store = _store(place, wish, context, forge, comment)

    @property
    def name(self) -> str:
        """What was chosen."""
        return self._store.name

    def put(self, files: Mapping[str, bytes]) -> Mapping[str, str]:
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
            refused, self._store = self._store.name, NoImages()
            self._say(f"Pictures: none, words instead, because {refused} cannot be used. {error}")
            return {}
        self._say(f"Pictures: {self.name}, {self._reason}.")
        return addresses


def _store(place: ImagePlace, wish: Wish, context: Context, forge: Forge, comment: Comment) -> ImageStore:
    scope = scope_of(comment.target, comment.directory, comment.label)
    match place, context.forge:
        case "none", _:
            return NoImages()
        case "bucket", _:
            return BucketImages(wish.bucket, wish.bucket_url, forge.session.transport)
        case "branch", "github":
            git = GitData(forge.session, context.repository, context.graphql_url)
            return BranchImages(git, context.repository_url, scope, wish.branch)
        case "upload", "gitlab":
            return UploadImages(forge.session, context.repository, lambda: _own_bodies(forge, comment.target))
        case "upload", "bitbucket":
            return DownloadImages(forge.session, context.repository, context.repository_url)
    raise SettingsError(f"{forge.name} has no place for pictures called {place}.", remedy=_ELSEWHERE[context.forge])


def _own_bodies(forge: Forge, target: Target) -> list[str]:
    """The comments that this token's account has written there: others' addresses are not to be trusted."""
    return [comment.body for comment in forge.own(forge.comments(target))]
