"""A folder of images: what changed, and which images show the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.datasets.images.image_files import ImageGroup
from headway.numbers import format_share
from headway.report.blocks import Column, Table, text_row
from headway.report.formatting import count, name, was
from headway.text import and_more, first_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headway.report.blocks import Kind
    from headway.values.dataset import FolderChange
    from headway.values.imagery import Copies, FolderImages, PixelSizes, SizeCount

_NAMED = 3
"""Groups of copies that are named."""


def image_warnings(images: FolderImages) -> tuple[str, ...]:
    """Images that are in several splits or in several classes."""
    leaks = [copies for copies in images.copies if copies.crosses_splits]
    labels = [copies for copies in images.copies if copies.crosses_classes and not copies.crosses_splits]
    warnings = (("Leakage: the same image in several splits", leaks), ("The same image in several classes", labels))
    return tuple(f"{what}: {_groups(found)}" for what, found in warnings if found)


def image_lines(images: FolderImages, folder: FolderChange) -> Iterator[str]:
    """What changed among the images of a folder; the counts only if they differ from those of its files."""
    counts = ((images.added, "new"), (images.changed, "changed"), (images.removed, "removed"), (images.moved, "moved"))
    if [number for number, _ in counts] != [folder.added, folder.changed, folder.removed, 0]:
        yield f"Images: {', '.join(f'{number:,} {word}' for number, word in counts if number) or 'no changes'}"
    if images.moves:
        moves = [f"{name(move.base)} → {name(move.head)} {move.count:,}" for move in images.moves]
        yield f"Moved: {first_names(moves)}"
    formats = [f"{one.format} {was(one.base, one.head)}" for one in images.formats]
    if len(formats) > 1 or any(one.base == 0 for one in images.formats):
        yield f"Formats: {first_names(formats)}"
    if images.sizes:
        yield _sizes(images.sizes)
    if images.unreadable:
        reasons = [f"{name(image.path)} ({image.reason})" for image in images.unreadable[:_NAMED]]
        more = and_more(images.unreadable_count - len(reasons))
        yield f"{count(images.unreadable_count, 'new image')} cannot be read: {', '.join(reasons)}{more}"
    harmless = [copies for copies in images.copies if not (copies.crosses_splits or copies.crosses_classes)]
    if harmless:
        yield f"New images that resemble others: {_groups(harmless)}"
    if images.plain:
        yield f"{count(images.plain, 'new image')} of nearly one color"
    if images.not_opened:
        yield f"{count(images.not_opened, 'new image')} not opened: too many, or not on this machine"


def image_classes(images: FolderImages, kind: Kind) -> Table:
    """The images per class; if there are many classes, those that changed most come first."""
    listed = images.classes if any(one.label or one.split for one in images.classes) else ()
    ordered = listed if len(listed) <= kind.markdown else sorted(listed, key=lambda one: -abs(one.head - one.base))
    total = sum(one.head for one in listed) or 1
    rows = tuple(
        text_row(
            str(ImageGroup(one.split, one.label)), f"{one.base:,}", f"{one.head:,}", format_share(one.head / total)
        )
        for one in ordered
    )
    columns = (Column("Class"), *(Column(title, "numbers") for title in ("Base", "Head", "Share")))
    return Table(kind=kind, columns=columns, entries=rows, left_out=images.classes_left_out)


def _groups(found: list[Copies]) -> str:
    """The first groups of images that show the same."""
    groups = [_group(copies) for copies in found[:_NAMED]]
    return f"{'; '.join(groups)}{and_more(len(found) - len(groups))}"


def _group(copies: Copies) -> str:
    others = and_more(copies.count - min(len(copies.paths), _NAMED))
    how = "" if copies.kind == "identical" else f", {copies.distance} of 64 bits apart"
    return f"{' = '.join(map(name, copies.paths[:_NAMED]))}{others}{how}"


def _sizes(sizes: PixelSizes) -> str:
    if sizes.distinct == 1:
        return f"Size of new images: {_size(sizes.smallest)} pixels"
    common = first_names([f"{_size(size)} ({size.count:,})" for size in sizes.common], _NAMED)
    span = f"from {_size(sizes.smallest)} to {_size(sizes.largest)}"
    return f"Sizes of new images: {span} pixels, most often {common}"


def _size(size: SizeCount) -> str:
    return f"{size.width:,} x {size.height:,}"
