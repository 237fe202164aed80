"""One tracked folder of pictures on both sides, as one value and the orders for its contact sheet.

Pictures are counted by class, by format, by size, and by the places that they went from and to.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from headway.datasets.images.copies import find_copies
from headway.datasets.images.files import Changes, by_place, copies_in, find_changes, format_by_suffix, place_by_folders
from headway.datasets.images.likeness import is_plain
from headway.datasets.images.reading import look_at
from headway.datasets.images.sheet_layout import choose, contact_sheet
from headway.draw.decoding import RefusedError
from headway.sorting import by_name
from headway.values.imagery import (
    FolderImages,
    FormatCount,
    ImageClass,
    MoveCount,
    PixelSizes,
    SizeCount,
    UnreadableImage,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from headway.datasets.images.files import ImageFile
    from headway.datasets.images.reading import Look
    from headway.draw.jobs import SheetJob
    from headway.draw.theme import ThemeName

MOST_OPENED = 2_000
"""Different pictures that are opened; of more, those with the lowest content hashes, which is a fair sample."""

MOST_PIXELS_OPENED = 3_000_000_000
"""Pixels of all opened pictures, about a minute of decoding; a JPEG's count a quarter, as it is decoded reduced."""

_CLASSES, _MOVES, _SIZES, _UNREADABLE, _COPIES = 1_000, 50, 8, 50, 50


class Described(NamedTuple):
    """A folder's value, and the jobs that draw its contact sheet, by theme; none where there is nothing to show."""

    images: FolderImages
    sheets: dict[ThemeName, SheetJob]


def needed(base: Iterable[ImageFile], head: Iterable[ImageFile]) -> tuple[set[str], set[str]]:
    """The paths on each side that :func:`describe` will open, so that only they are fetched; all of them changed."""
    changes = _changes(base, head)
    files = _contents(changes.new)
    chosen = choose(changes, files.keys())
    before = {shown.before.path for listed in chosen.values() for shown in listed if shown.before}
    return before, {file.path for file in files.values()}


def describe(path: str, base: Iterable[ImageFile], head: Iterable[ImageFile]) -> Described:
    """Say what changed in a folder of pictures; files whose name promises none are passed over.

    Only added and changed pictures are opened, each content once, and what the pictures of the contact sheet replaced.

    Args:
        path: the folder, relative to the project's root.
        base, head: all its files on each side.
    """
    changes = _changes(base, head)
    looks, unreadable = _look_at_all(file for file in _contents(changes.new).values() if file.open)
    copies = find_copies(changes, looks)
    classes, left_out = _count_classes(changes)
    sheet, jobs = contact_sheet(changes, looks.keys())
    images = FolderImages(
        path=path,
        added=len(changes.added),
        changed=len(changes.changed),
        removed=len(changes.removed),
        moved=len(changes.moved),
        classes=classes,
        classes_left_out=left_out,
        moves=_count_moves(changes),
        identical_base=copies_in(changes.base.values()),
        identical_head=copies_in(changes.head.values()),
        formats=_count_formats(changes, looks),
        sizes=_measure(looks.values()),
        opened=len(looks),
        not_opened=len({file.hash for file in changes.new}) - len(looks) - len(unreadable),
        plain=sum(is_plain(look.grey) for look in looks.values()),
        unreadable=unreadable[:_UNREADABLE],
        unreadable_count=len(unreadable),
        copies=copies[:_COPIES],
        copies_count=len(copies),
        sheet=sheet,
    )
    return Described(images, jobs)


def _changes(base: Iterable[ImageFile], head: Iterable[ImageFile]) -> Changes:
    return find_changes(*([file for file in side if format_by_suffix(file.path)] for side in (base, head)))


def _contents(files: Iterable[ImageFile]) -> dict[str, ImageFile]:
    """One file of each content, by hash; of too many contents the lowest hashes."""
    first: dict[str, ImageFile] = {}
    for file in sorted(files, key=lambda file: (file.hash, file.path)):
        first.setdefault(file.hash, file)
    return dict(list(first.items())[:MOST_OPENED])


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
    return looks, tuple(sorted(unreadable, key=lambda image: by_name(image.path)))


def _count_classes(changes: Changes) -> tuple[tuple[ImageClass, ...], int]:
    """Count each place's pictures; of too many places, those that changed most.

    Returns:
        The counts in the order of names, and how many places are left out.
    """
    base, head = (Counter(map(place_by_folders, side)) for side in (changes.base, changes.head))
    by_change = sorted(base | head, key=lambda where: (-abs(head[where] - base[where]), by_place(where)))
    counts = tuple(
        ImageClass(split=where.split, label=where.label, base=base[where], head=head[where])
        for where in sorted(by_change[:_CLASSES], key=by_place)
    )
    return counts, len(by_change) - len(counts)


def _count_moves(changes: Changes) -> tuple[MoveCount, ...]:
    """Count the files that went to another place, the most frequent ways first."""
    ways = Counter((str(place_by_folders(old.path)), str(place_by_folders(new.path))) for old, new in changes.moved)
    ranked = sorted(((way, count) for way, count in ways.items() if len({*way}) > 1), key=lambda item: (-item[1], item))
    return tuple(MoveCount(base=base, head=head, count=count) for (base, head), count in ranked[:_MOVES])


def _count_formats(changes: Changes, looks: Mapping[str, Look]) -> tuple[FormatCount, ...]:
    """Count formats: what an opened picture is, what the name of another says."""
    base = Counter(filter(None, map(format_by_suffix, changes.base)))
    head = Counter(
        looks[file.hash].format if file.hash in looks else str(format_by_suffix(path))
        for path, file in changes.head.items()
    )
    return tuple(FormatCount(format=name, base=base[name], head=head[name]) for name in sorted(base | head))


def _measure(looks: Iterable[Look]) -> PixelSizes | None:
    """Tell how large pictures are; ``None`` where there are none."""
    counted = Counter((look.width, look.height) for look in looks)
    sizes = [SizeCount(width=width, height=height, count=count) for (width, height), count in counted.items()]
    by_area = sorted(sizes, key=lambda size: (size.width * size.height, size.width))
    if not by_area:
        return None
    common = sorted(by_area, key=lambda size: -size.count)
    return PixelSizes(common=tuple(common[:_SIZES]), distinct=len(sizes), smallest=by_area[0], largest=by_area[-1])
