"""One tracked folder of pictures on both sides, as one value and the orders for its contact sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from headway.datasets.images.changes import Changes, copies_in, find_changes
from headway.datasets.images.copies import find_copies
from headway.datasets.images.counts import count_classes, count_formats, count_moves, measure
from headway.datasets.images.files import format_by_suffix, place_by_folders
from headway.datasets.images.hashing import is_plain
from headway.datasets.images.reading import look_at
from headway.datasets.images.sheet_layout import choose, contact_sheet
from headway.draw.decoding import RefusedError
from headway.values.imagery import FolderImages, UnreadableImage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from headway.datasets.images.files import ImageFile, Place
    from headway.draw.jobs import SheetJob
    from headway.draw.theme import ThemeName
from headway.datasets.images.reading import Look

MOST_OPENED = 2_000
"""Different pictures that are opened; of more, those with the lowest content hashes, which is a fair sample."""

MOST_PIXELS_OPENED = 3_000_000_000
"""Pixels of all opened pictures, about a minute of decoding; a JPEG's count a quarter, as it is decoded reduced."""

_CLASSES, _MOVES, _SIZES, _UNREADABLE, _COPIES = 1_000, 50, 8, 50, 50


class Described(NamedTuple):
    """A folder's value, and the jobs that draw its contact sheet, by theme; none where there is nothing to show."""

    images: FolderImages
    sheets: dict[ThemeName, SheetJob]


class Needed(NamedTuple):
    """The paths to have at hand, on each side."""

    base: tuple[str, ...]
    head: tuple[str, ...]


def needed(
    base: Iterable[ImageFile],
    head: Iterable[ImageFile],
    *,
    place: Callable[[str], Place] = place_by_folders,
    most_opened: int = MOST_OPENED,
) -> Needed:
    """Tell which files :func:`describe` will open, so that only they are fetched: none of those that did not change.

    Args:
        base, head: the folder on each side; ``open`` may be ``None``.
        place, most_opened: as for ``describe``.
    """
    changes = _changes(base, head)
    files = _contents((*changes.added, *changes.changed), most_opened)
    chosen = choose(changes, place, files.keys())
    before = {shown.before.path for listed in chosen.values() for shown in listed if shown.before}
    return Needed(tuple(sorted(before)), tuple(sorted(file.path for file in files.values())))


def describe(  # noqa: PLR0913  the two sides, and what a caller may want otherwise
    path: str,
    base: Iterable[ImageFile],
    head: Iterable[ImageFile],
    *,
    place: Callable[[str], Place] = place_by_folders,
    most_opened: int = MOST_OPENED,
    with_unchanged: bool = False,
) -> Described:
    """Say what changed in a folder of pictures; files whose name promises none are passed over.

    Only added and changed pictures are opened, each content once, and what the pictures of the contact sheet replaced.

    Args:
        path: the folder, relative to the project's root.
        base, head: all its files on each side.
        place: gives a path's split and class.
        most_opened: how many different new pictures may be opened.
        with_unchanged: whether as many unchanged pictures, those with ``open``, are opened to find copies among them.
    """
    changes = _changes(base, head)
    contents = _contents((*changes.added, *changes.changed), most_opened)
    looks, unreadable = _look_at_all(file for file in contents.values() if file.open)
    others = _others(changes, most_opened) if with_unchanged else {}
    copies = find_copies(changes, {**_look_at_all(others.values())[0], **looks}, place)
    sheet, jobs = contact_sheet(changes, place, looks.keys())
    images = msgspec.structs.replace(
        _closed(path, changes, place),
        formats=count_formats(changes, looks),
        sizes=measure(looks.values(), _SIZES),
        opened=len(looks),
        not_opened=len({file.hash for file in (*changes.added, *changes.changed)}) - len(looks) - len(unreadable),
        plain=sum(is_plain(look.grey) for look in looks.values()),
        unreadable=unreadable[:_UNREADABLE],
        unreadable_count=len(unreadable),
        copies=copies[:_COPIES],
        copies_count=len(copies),
        sheet=sheet,
    )
    return Described(images, jobs)


def _closed(path: str, changes: Changes, place: Callable[[str], Place]) -> FolderImages:
    """What paths and content hashes tell, without a file opened."""
    classes, left_out = count_classes(changes, place, _CLASSES)
    return FolderImages(
        path=path,
        added=len(changes.added),
        changed=len(changes.changed),
        removed=len(changes.removed),
        moved=len(changes.moved),
        classes=classes,
        classes_left_out=left_out,
        moves=count_moves(changes, place, _MOVES),
        identical_base=copies_in(changes.base.values()),
        identical_head=copies_in(changes.head.values()),
    )


def _changes(base: Iterable[ImageFile], head: Iterable[ImageFile]) -> Changes:
    return find_changes(*([file for file in side if format_by_suffix(file.path)] for side in (base, head)))


def _contents(files: Iterable[ImageFile], most: int) -> dict[str, ImageFile]:
    """One file of each content, by hash; of more than ``most`` contents the lowest hashes."""
    first: dict[str, ImageFile] = {}
    for file in sorted(files, key=lambda file: (file.hash, file.path)):
        first.setdefault(file.hash, file)
    return dict(list(first.items())[:most])


def _others(changes: Changes, most: int) -> dict[str, ImageFile]:
    """Unchanged pictures at hand, moved ones among them."""
    new = {file.hash for file in (*changes.added, *changes.changed)}
    return _contents((file for file in changes.head.values() if file.open and file.hash not in new), most)


def _look_at_all(files: Iterable[ImageFile]) -> tuple[dict[str, Look], tuple[UnreadableImage, ...]]:
    looks: dict[str, Look] = {}
    unreadable: list[UnreadableImage] = []
    pixels = 0
    for file in files:
        try:
            look = looks[file.hash] = look_at(file)
        except RefusedError as error:
            unreadable.append(UnreadableImage(path=file.path, reason=str(error)))
            continue
        pixels += look.width * look.height // (4 if look.format == "JPEG" else 1)
        if pixels >= MOST_PIXELS_OPENED:
            break
    return looks, tuple(sorted(unreadable, key=lambda image: image.path))
