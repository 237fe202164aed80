"""Pictures of the user's own, without a document around them; and the branch of pictures, without a picture."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from headway.errors import DocumentError, SettingsError
from headway.publish.documents.document import is_stream, read_input, shown
from headway.publish.forges.connect import connect
from headway.publish.images.formats import PICTURE_LIMIT, DecodedImage, NotAnImageError
from headway.publish.images.git_data import GitData
from headway.publish.images.prune import Pruned, Rules, is_open_on, prune
from headway.publish.images.store import default_store, make_store
from headway.report import escaping

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from headway.ci.job import Context
    from headway.publish.http.options import ClientOptions
    from headway.settings import ImageSettings


class Address(NamedTuple):
    """Where a picture is: as a comment on the forge takes it, and with a host, which GitLab's comments do without."""

    in_comments: str
    whole: str


def publish_files(
    files: Sequence[Path], images: ImageSettings, context: Context, transport: ClientOptions
) -> list[Address]:
    """Publish pictures from files or standard input, and say where each is.

    Raises:
        DocumentError: a file is not there, empty, too large or no picture; nothing is then published.
        SettingsError: there is no place for pictures.
        ForgeError: the forge cannot be reached or refuses.
    """
    contents = {f"{number}/{file.name}": _read(file) for number, file in enumerate(files)}
    place = default_store(images, context.forge)[0] if images.store == "auto" else images.store
    if place == "none":
        raise SettingsError("Pictures have no place to go.", remedy="Name one: --images upload, or --images bucket.")
    forge = connect(context, transport)
    chosen = msgspec.structs.replace(images, store=place)
    addresses = make_store(chosen, context, forge, label="published").put(contents)
    host = context.repository_url
    found = map(addresses.__getitem__, contents)
    return [Address(each, f"{host}{each}" if each.startswith("/") else each) for each in found]


def _read(file: Path) -> DecodedImage:
    content = read_input(file, PICTURE_LIMIT)
    try:
        return DecodedImage(content)
    except NotAnImageError as error:
        raise DocumentError(f"{shown(file)} {error}.", remedy="Nothing was published.") from None


def in_markdown(file: Path, address: Address, title: str) -> str:
    """The Markdown that shows a picture."""
    words = escaping.text(title or ("picture" if is_stream(file) else file.stem))
    quoted = escaping.clean(title).replace("\\", "\\\\").replace('"', '\\"')
    return f'![{words}]({address.in_comments} "{quoted}")' if title else f"![{words}]({address.in_comments})"


def prune_branch(context: Context, transport: ClientOptions, branch: str, days: int, *, closed: bool) -> Pruned:
    """Remove old pictures from GitHub's branch of pictures.

    Args:
        context: the repository.
        transport: the clock, among others.
        branch: the branch's name.
        days: what was last used before that many days goes.
        closed: whether what belongs to closed pull requests goes, too.

    Raises:
        SettingsError: the forge has no such branch, or it was not made for pictures.
        ForgeError: GitHub cannot be reached or refuses.
    """
    forge = connect(context, transport)
    if context.forge != "github":
        raise SettingsError(
            f"{forge.name} has no branch of pictures.",
            why="Headway keeps one on GitHub only.",
            remedy="Set an expiry on the bucket, or remove uploads on the project's pages.",
        )
    today = datetime.fromtimestamp(transport.now(), UTC).date()
    git = GitData(forge.session, context.repository, context.graphql_url)
    return prune(git, Rules(today - timedelta(days=days), closed), partial(is_open_on, forge), branch)
