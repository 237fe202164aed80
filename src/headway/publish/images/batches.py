"""Divide images into requests, and report how many have been sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from headway.publish.images.formats import DecodedImage

    Batch = dict[str, DecodedImage]


def in_batches(
    images: Mapping[str, DecodedImage], limit: int, size: Callable[[str, DecodedImage], int], count: int | None = None
) -> Iterator[Batch]:
    """The images in their order, in batches of at most ``limit`` bytes and ``count`` images.

    ``size`` is what an image adds to a request. An image that is larger than the limit is a batch of its own.
    """
    batch: Batch = {}
    room = limit
    for name, content in images.items():
        needed = size(name, content)
        if batch and (needed > room or len(batch) == count):
            yield batch
            batch, room = {}, limit
        batch[name] = content
        room -= needed
    if batch:
        yield batch


def reported(batches: Iterable[Batch], total: int, report: Callable[[int, int], None]) -> Iterator[Batch]:
    """The batches; before each and after the last, ``report`` gets the number of images sent, and the total."""
    sent = 0
    for batch in batches:
        report(sent, total)
        yield batch
        sent += len(batch)
    if sent:
        report(sent, total)
