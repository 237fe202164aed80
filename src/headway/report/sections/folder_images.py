"""A folder of images: what changed, and which images show the same."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from headway.datasets.file_kinds import by_split, is_split
from headway.numbers import format_share
from headway.report.blocks import Column, Table, text_row
from headway.report.formatting import count, counted, name, was
from headway.report.sections.description import is_new
from headway.sorting import by_name
from headway.text import and_more, first_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headway.report.blocks import Kind
    from headway.values.dataset import FolderChange
    from headway.values.imagery import Copies, FolderImages, ImageClass, ImageSplit, MoveCount, PixelSizes, SizeCount

_NAMED = 3
"""Groups of copies that are named."""
_SPLITS = 6
"""Splits that have a column."""


def image_warnings(images: FolderImages) -> tuple[str, ...]:
    """Images that are in several splits or in several classes."""
    leaks = [copies for copies in images.copies if copies.crosses_splits]
    labels = [copies for copies in images.copies if copies.crosses_classes and not copies.crosses_splits]
    warnings = (("Leakage: the same image in several splits", leaks), ("The same image in several classes", labels))
    return tuple(f"{what}: {_groups(found)}" for what, found in warnings if found)


def image_counts(images: FolderImages) -> str:
    """How many images were added, moved and so on; empty if none."""
    return counted(
        (images.added, "added"),
        (images.removed, "removed"),
        (images.changed, "changed"),
        (images.moved, "moved"),
    )


def tells_all(images: FolderImages, folder: FolderChange) -> bool:
    """Whether a folder's files changed as its images did, where a file that moved is an added and a removed one."""
    files = folder.added, folder.removed, folder.changed
    return files == (images.added + images.moved, images.removed + images.moved, images.changed)


def image_lines(images: FolderImages, folder: FolderChange) -> Iterator[str]:
    """What changed among the images of a folder; the counts only if they differ from those of its files."""
    if not tells_all(images, folder):
        yield f"Images: {image_counts(images) or 'no changes'}"
    if images.relabeled:
        have, moves = ("its" if images.relabeled == 1 else "their"), _moves(images.label_changes)
        yield f"{count(images.relabeled, 'image')} changed {have} label: {moves}"
    if images.resplit:
        yield f"{count(images.resplit, 'image')} moved to another split: {_moves(images.split_changes)}"
    all_new = is_new(folder)
    noun = "image" if all_new else "new image"
    formats = [f"{one.format} {was(None if all_new else one.base, one.head)}" for one in images.formats]
    if len(formats) > 1 or any(one.base == 0 for one in images.formats):
        yield f"Formats: {first_names(formats)}"
    if images.sizes:
        yield _sizes(images.sizes, noun)
    if images.unreadable:
        reasons = [f"{name(image.path)} ({image.reason})" for image in images.unreadable[:_NAMED]]
        more = and_more(images.unreadable_count - len(reasons))
        yield f"{count(images.unreadable_count, noun)} cannot be read: {', '.join(reasons)}{more}"
    harmless = [copies for copies in images.copies if not (copies.crosses_splits or copies.crosses_classes)]
    if harmless:
        yield f"{noun.capitalize()}s that resemble others: {_groups(harmless)}"
    if images.plain:
        yield f"{count(images.plain, noun)} of nearly one color"
    if images.not_opened:
        yield f"{count(images.not_opened, noun)} not opened: too many, or not on this machine"


def _moves(moves: Sequence[MoveCount]) -> str:
    return first_names([f"{_named(move.base)} → {_named(move.head)} {move.count:,}" for move in moves])


def _named(place: str) -> str:
    return name(place) if place else "none"


def image_classes(images: FolderImages, kind: Kind, *, all_new: bool = False) -> Table:
    """The images of each class in each split, with their share of the split, base to head unless all are new.

    If there are many classes, those that changed most come first.
    """
    listed = images.classes if any(one.label or one.split for one in images.classes) else ()
    totals = {one.split: one for one in images.splits}
    splits = sorted({one.split for one in listed}, key=by_split)[:_SPLITS]
    classes: defaultdict[str, dict[str, ImageClass]] = defaultdict(dict)
    for one in listed:
        classes[one.label][one.split] = one
    names = sorted(classes, key=by_name)
    if len(names) > kind.markdown:
        names.sort(key=lambda label: -sum(abs(one.head - one.base) for one in classes[label].values()))
    rows = tuple(
        text_row(
            label or "(no class)",
            *(_cell(classes[label].get(split), totals.get(split), all_new=all_new) for split in splits),
        )
        for label in names
    )
    columns = (
        Column("Class"),
        *(Column(_title(split, totals.get(split), all_new=all_new), "numbers") for split in splits),
    )
    return Table(kind=kind, columns=columns, entries=rows, left_out=images.classes_left_out)


def _title(split: str, total: ImageSplit | None, *, all_new: bool) -> str:
    """A split and its number of images; any other name than that of a split may be a fork's invention."""
    title = split if is_split(split) else "Images"
    return f"{title} ({was(None if all_new else total.base, total.head)})" if total else title


def _cell(one: ImageClass | None, total: ImageSplit | None, *, all_new: bool) -> str:
    """A number on both sides and its share of the total, where there is one."""
    if one is None:
        return "0"
    sides = [(one.base, total.base), (one.head, total.head)] if total else []
    shares = dict.fromkeys(_share(number / of) for number, of in sides if of)
    return was(None if all_new else one.base, one.head) + (f" ({' → '.join(shares)})" if shares else "")


def _share(share: float) -> str:
    """A share to a tenth of a percent, but never nothing or all for what is not."""
    rounded = round(share, 3)
    return format_share(share if rounded in {0, 1} else rounded)


def _groups(found: list[Copies]) -> str:
    """The first groups of images that show the same."""
    groups = [_group(copies) for copies in found[:_NAMED]]
    return f"{'; '.join(groups)}{and_more(len(found) - len(groups))}"


def _group(copies: Copies) -> str:
    others = and_more(copies.count - min(len(copies.paths), _NAMED))
    how = "" if copies.kind == "identical" else f", {copies.distance} of 64 bits apart"
    return f"{' = '.join(map(name, copies.paths[:_NAMED]))}{others}{how}"


def _sizes(sizes: PixelSizes, noun: str) -> str:
    if sizes.distinct == 1:
        return f"Size of {noun}s: {_size(sizes.smallest)} pixels"
    common = first_names([f"{_size(size)} ({size.count:,})" for size in sizes.common], _NAMED)
    span = f"from {_size(sizes.smallest)} to {_size(sizes.largest)}"
    return f"Sizes of {noun}s: {span} pixels, most often {common}"


def _size(size: SizeCount) -> str:
    return f"{size.width:,} x {size.height:,}"
