"""What a post would publish: the very body of the comment, its images, and the status on the commit.

Nothing is sent. The images have addresses that nobody stores, as long as those of the branch for images on GitHub, so
that as much of a large report fits as in a real comment.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from headway.publish.comment.sticky import compose
from headway.publish.forges.connect import connect
from headway.publish.images.formats import hashed_name
from headway.publish.images.store import default_store
from headway.publish.post import write_comment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headway.ci.job import Context, ForgeKind
    from headway.publish.forges.forge import SizeLimit, Status
    from headway.publish.http.options import ClientOptions
    from headway.publish.images.formats import DecodedImage
    from headway.publish.post import PostableReport
    from headway.settings import ImageSettings

_NO_COMMIT = "0" * 40
"""Stands for the commit that holds the images, whose hash has as many digits."""


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What would be published of one report, or of several in one comment.

    Attributes:
        forge: the forge's kind, and its name for people.
        body: the comment as it would be sent; its marker is the first line.
        images: the images that it shows, by their addresses in the body.
        status: the status of the commit.
        limit: how long a comment may be.
    """

    forge: ForgeKind
    forge_name: str
    body: str
    images: Mapping[str, DecodedImage]
    status: Status
    limit: SizeLimit


def preview_comment(report: PostableReport, context: Context, client: ClientOptions, images: ImageSettings) -> Preview:
    """The preview of a comment in a context, which needs neither a token nor a pull request.

    Raises:
        ForgeError: the report does not fit, not even with its summary alone.
    """
    forge = connect(context, replace(client, dry_run=True))
    known = context.sha or next((each.head.sha for each in report.reports if each.head.sha), "")
    place = replace(context, sha=known)
    found = {} if _store_of(images, context) == "none" else report.images(client.log, html=forge.limits.html)
    urls = {name: f"{place.repository_url}/raw/{_NO_COMMIT}/{hashed_name(image)}" for name, image in found.items()}
    shown = report.shown_with(urls, place, html=forge.limits.html)
    return Preview(
        forge=context.forge,
        forge_name=forge.name,
        body=compose(*write_comment(shown, place, forge), forge),
        images={urls[name]: image for name, image in found.items()},
        status=shown.status("", ""),
        limit=forge.limits.comment,
    )


def _store_of(images: ImageSettings, context: Context) -> str:
    return images.store if images.store != "auto" else default_store(images, context.forge)[0]
