"""One tracked folder of images on both sides: counts, sizes, formats, moves, copies, and a contact sheet."""

from __future__ import annotations

from collections import Counter
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from headway.datasets.file_kinds import by_split, image_format
from headway.datasets.images.copies import find_copies, is_plain
from headway.datasets.images.image_files import by_place, count_repeated, find_changes, place_by_folders
from headway.datasets.images.reading import AbsentError, reduce_image
from headway.datasets.images.sheet_layout import contact_sheet
from headway.draw.decoding import RefusedError
from headway.sorting import by_name
from headway.values.imagery import (
    FolderImages,
    FormatCount,
    ImageClass,
    ImageSplit,
    MoveCount,
    PixelSizes,
    SizeCount,
    UnreadableImage,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from headway.datasets.images.image_files import Changes, ImageFile, ImageGroup
    from headway.datasets.images.reading import ReducedImage
    from headway.draw.jobs import SheetJob
    from headway.draw.theme import ThemeName

MOST_OPENED = 2_000
"""Different images that are opened; of more, those with the lowest content hashes, which is a fair sample."""
MOST_PIXELS_OPENED = 3_000_000_000
"""Pixels of all opened images, about a minute of decoding; a JPEG's count a quarter, as it is decoded reduced."""
_CLASSES, _MOVES, _SIZES, _UNREADABLE, _COPIES = 1_000, 50, 8, 50, 50


class Described(NamedTuple):
    """A folder's value, the jobs that draw its contact sheet, and the paths of both sides that only moved.

    The jobs go by theme; there are none where there is nothing to show.
    """

    images: FolderImages
    sheets: dict[ThemeName, SheetJob]
    moved: frozenset[str]


def describe(path: str, base: Iterable[ImageFile], head: Iterable[ImageFile]) -> Described:
    """Say what changed in a folder of images, of which ``base`` and ``head`` list all files; others are ignored.

    Only added and changed images are opened, each content once, and what the images of the contact sheet replaced.
    """
    changes = find_changes(*([file for file in side if image_format(file.path)] for side in (base, head)))
    opened, unreadable = _open_all(_sample(changes.new))
    copies = find_copies(changes, opened)
    classes, left_out = _count_classes(changes)
    labels, splits = _count_moves(changes, attrgetter("label")), _count_moves(changes, attrgetter("split"))
    sheet, jobs = contact_sheet(changes, opened.keys())
    images = FolderImages(
        path=path,
        added=len(changes.added),
        changed=len(changes.changed),
        removed=len(changes.removed),
        moved=len(changes.moved),
        classes=classes,
        classes_left_out=left_out,
        splits=_count_splits(changes),
        moves=_count_moves(changes, str)[:_MOVES],
        relabeled=sum(move.count for move in labels),
        label_changes=labels[:_MOVES],
        resplit=sum(move.count for move in splits),
        split_changes=splits[:_MOVES],
        identical_base=count_repeated(changes.base.values()),
        identical_head=count_repeated(changes.head.values()),
        formats=_count_formats(changes, opened),
        sizes=_measure(opened.values()),
        opened=len(opened),
        not_opened=len({file.hash for file in changes.new}) - len(opened) - len(unreadable),
        plain=sum(is_plain(image.grey) for image in opened.values()),
        unreadable=unreadable[:_UNREADABLE],
        unreadable_count=len(unreadable),
        copies=copies[:_COPIES],
        copies_count=len(copies),
        sheet=sheet,
    )
    return Described(images, jobs, frozenset(file.path for pair in changes.moved for file in pair))


def _sample(files: Iterable[ImageFile]) -> list[ImageFile]:
    """One file of each content; of too many contents, those with the lowest hashes."""
    first: dict[str, ImageFile] = {}
    for file in sorted(files, key=lambda file: (file.hash, file.path)):
        first.setdefault(file.hash, file)
    return list(first.values())[:MOST_OPENED]


def _open_all(files: Iterable[ImageFile]) -> tuple[dict[str, ReducedImage], tuple[UnreadableImage, ...]]:
    opened: dict[str, ReducedImage] = {}
    unreadable: list[UnreadableImage] = []
    pixels = 0
    for file in files:
        try:
            image = opened[file.hash] = reduce_image(file)
        except AbsentError:
            continue
        except RefusedError as error:
            unreadable.append(UnreadableImage(path=file.path, reason=str(error)))
            continue
        pixels += image.width * image.height // (4 if image.format == "JPEG" else 1)
        if pixels >= MOST_PIXELS_OPENED:
            break
    return opened, tuple(sorted(unreadable, key=lambda image: by_name(image.path)))


def _count_classes(changes: Changes) -> tuple[tuple[ImageClass, ...], int]:
    """Each place's images in the order of names; of too many places those that changed most, and how many are not."""
    base, head = (Counter(map(place_by_folders, side)) for side in (changes.base, changes.head))
    by_change = sorted(base | head, key=lambda where: (-abs(head[where] - base[where]), by_place(where)))
    counts = tuple(
        ImageClass(split=where.split, label=where.label, base=base[where], head=head[where])
        for where in sorted(by_change[:_CLASSES], key=by_place)
    )
    return counts, len(by_change) - len(counts)


def _count_splits(changes: Changes) -> tuple[ImageSplit, ...]:
    base, head = (Counter(place_by_folders(path).split for path in side) for side in (changes.base, changes.head))
    return tuple(ImageSplit(split=name, base=base[name], head=head[name]) for name in sorted(base | head, key=by_split))


def _count_moves(changes: Changes, part: Callable[[ImageGroup], str]) -> tuple[MoveCount, ...]:
    """Count the files that went to another place, or to another part of it, the most frequent moves first."""
    moves = Counter(tuple(part(place_by_folders(file.path)) for file in pair) for pair in changes.moved)
    ranked = sorted(moves.items(), key=lambda item: (-item[1], item))
    return tuple(MoveCount(base=old, head=new, count=count) for (old, new), count in ranked if old != new)


def _count_formats(changes: Changes, opened: Mapping[str, ReducedImage]) -> tuple[FormatCount, ...]:
    """Count formats: by content for an opened image, by name for another."""
    base = Counter(str(image_format(path)) for path in changes.base)
    head = Counter(
        opened[file.hash].format if file.hash in opened else str(image_format(path))
        for path, file in changes.head.items()
    )
    return tuple(FormatCount(format=name, base=base[name], head=head[name]) for name in sorted(base | head))


def _measure(images: Iterable[ReducedImage]) -> PixelSizes | None:
    """The sizes of images; ``None`` where there are none."""
    counted = Counter((image.width, image.height) for image in images)
    sizes = [SizeCount(width=width, height=height, count=count) for (width, height), count in counted.items()]
    if not sizes:
        return None
    by_area = sorted(sizes, key=lambda size: (size.width * size.height, size.width))
    common = sorted(by_area, key=lambda size: -size.count)
    return PixelSizes(common=tuple(common[:_SIZES]), distinct=len(sizes), smallest=by_area[0], largest=by_area[-1])
