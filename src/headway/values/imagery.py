"""What changed in a tracked folder of images: counts, sizes, copies, and the contact sheet of what is new.

Paths are relative to the folder. A place is where an image belongs: its split and its class, as folders name them.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from headway.values.count import Count


class ImageClass(msgspec.Struct, frozen=True, kw_only=True):
    """How many images a class has.

    Attributes:
        split: the split's name, such as ``train``; empty if the folder has no splits.
        label: the class; empty for images outside of every class.
        base, head: the number of images on each side.
    """

    split: str = ""
    label: str
    base: Count
    head: Count


class FormatCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many images have a format, such as ``JPEG``: by content for those that were opened, else by suffix."""

    format: str
    base: Count
    head: Count


class SizeCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many opened images have a size in pixels, with the orientation applied."""

    width: Count
    height: Count
    count: Count


class PixelSizes(msgspec.Struct, frozen=True, kw_only=True):
    """The sizes of the new images that were opened.

    Attributes:
        common: the most frequent sizes, the most frequent first.
        distinct: the number of different sizes.
        smallest, largest: the size of the fewest and of the most pixels.
    """

    common: tuple[SizeCount, ...]
    distinct: Count
    smallest: SizeCount
    largest: SizeCount


class UnreadableImage(msgspec.Struct, frozen=True, kw_only=True):
    """An image of head that is broken, too large, or could not be fetched; the reason is a clause."""

    path: str
    reason: str


class MoveCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many unchanged images moved to another class or split."""

    base: str
    head: str
    count: Count


class Copies(msgspec.Struct, frozen=True, kw_only=True):
    """Images of head that show the same content, at least one of them new.

    Attributes:
        kind: ``identical``: byte for byte the same; ``alike``: the same by a perceptual hash.
        paths: the images, new ones first; the first few of ``count``.
        new: those of ``paths`` that were added or changed.
        count: the total number of images.
        distance: the largest distance by which two of them were linked, in bits of 64; 0 for identical files.
        crosses_splits: whether they are in several splits, so that the model may be tested on what it was trained on.
        crosses_classes: whether they are in several classes, so that at least one label is wrong.
    """

    kind: Literal["identical", "alike"]
    paths: tuple[str, ...]
    new: tuple[str, ...]
    count: Count
    distance: Count = 0
    crosses_splits: bool = False
    crosses_classes: bool = False


class ContactSheet(msgspec.Struct, frozen=True, kw_only=True):
    """An image that shows the new images.

    Attributes:
        alt: the alternative text.
        shown: how many of the added and changed images it shows.
        chart: the id of the chart that contains the sheet; empty if it is not drawn.
    """

    alt: str
    shown: Count
    chart: str = ""


class FolderImages(msgspec.Struct, frozen=True, kw_only=True):
    """One tracked folder of images on both sides.

    Attributes:
        path: the folder, relative to the project's root.
        added, changed, removed: images by path; a moved one counts in none of them.
        moved: images that moved to another path, byte for byte the same.
        classes: the count of every class, by split and name; of very many, those that changed most.
        classes_left_out: how many classes are not in ``classes``.
        moves: the moves from one split or class to another, the most frequent first.
        formats: by name.
        sizes: of the new images that were opened; ``None`` if there is none.
        opened: how many different new images were opened.
        not_opened: how many were not opened, because they exceed the limit or are not on this machine.
        plain: how many opened images have almost only one colour; Headway does not compare them with others.
        unreadable: the first images that could not be read, by path; ``unreadable_count`` is their total number.
        copies: groups of images that show the same content, leaks between splits first; the first of ``copies_count``.
        identical_base, identical_head: how many files of each side are copies of another file of that side.
        sheet: the contact sheet; ``None`` if there is nothing new to show.
    """

    path: str
    added: Count
    changed: Count
    removed: Count
    moved: Count
    classes: tuple[ImageClass, ...] = ()
    classes_left_out: Count = 0
    moves: tuple[MoveCount, ...] = ()
    formats: tuple[FormatCount, ...] = ()
    sizes: PixelSizes | None = None
    opened: Count = 0
    not_opened: Count = 0
    plain: Count = 0
    unreadable: tuple[UnreadableImage, ...] = ()
    unreadable_count: Count = 0
    copies: tuple[Copies, ...] = ()
    copies_count: Count = 0
    identical_base: Count = 0
    identical_head: Count = 0
    sheet: ContactSheet | None = None
