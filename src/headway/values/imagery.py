"""What changed in a tracked folder of pictures: counts, sizes, copies, and the contact sheet of what is new.

Paths are relative to the folder. A place is where a picture belongs: its split and its class, as folders name them.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from headway.values.count import Count


class ImageClass(msgspec.Struct, frozen=True, kw_only=True):
    """How many pictures a class has.

    Attributes:
        split: the split's name, such as ``train``; empty where the folder has no splits.
        label: the class; empty for pictures outside of every class.
        base, head: the number of pictures on each side.
    """

    split: str = ""
    label: str
    base: Count
    head: Count


class FormatCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many pictures have a format, such as ``JPEG``: by content for those that were opened, else by suffix."""

    format: str
    base: Count
    head: Count


class SizeCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many opened pictures have a size, in pixels, as seen upright."""

    width: Count
    height: Count
    count: Count


class PixelSizes(msgspec.Struct, frozen=True, kw_only=True):
    """The sizes of the new pictures that were opened.

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
    """A picture of head that is broken, too large, or could not be fetched; the reason is half a sentence."""

    path: str
    reason: str


class MoveCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many pictures, the same to the byte, went from one place to another: a new label, or another split."""

    base: str
    head: str
    count: Count


class Copies(msgspec.Struct, frozen=True, kw_only=True):
    """Pictures of head that show the same, at least one of them new.

    Attributes:
        kind: ``identical`` files are the same to the byte; ``alike`` ones look the same to a perceptual hash.
        paths: the pictures, new ones first; the first few of ``count``.
        new: those of ``paths`` that were added or changed.
        count: the number of pictures in all.
        distance: the largest distance, in bits of 64, by which two of them were linked; 0 for identical files.
        crosses_splits: whether they stand in several splits, so that a test may know what was trained on.
        crosses_classes: whether they stand in several classes, so that at least one label is wrong.
    """

    kind: Literal["identical", "alike"]
    paths: tuple[str, ...]
    new: tuple[str, ...]
    count: Count
    distance: Count = 0
    crosses_splits: bool = False
    crosses_classes: bool = False


class ContactSheet(msgspec.Struct, frozen=True, kw_only=True):
    """A picture of what is new.

    Attributes:
        alt: the sheet in words.
        shown: how many of the added and changed pictures it shows.
        chart: the id of the report's chart that is its picture; empty where it is not drawn.
    """

    alt: str
    shown: Count
    chart: str = ""


class FolderImages(msgspec.Struct, frozen=True, kw_only=True):
    """One tracked folder of pictures on both sides.

    Attributes:
        path: the folder, relative to the project's root.
        added, changed, removed: pictures by path; a moved one counts in none of them.
        moved: pictures, the same to the byte, under another path.
        classes: the count of every class, by split and name; of very many, those that changed most.
        classes_left_out: how many classes are not in ``classes``.
        moves: the moves from one place to another, the most frequent first.
        formats: by name.
        sizes: of the new pictures that were opened; ``None`` where there is none.
        opened: how many different new pictures were opened.
        not_opened: how many were not: beyond the limit, or not at hand.
        plain: how many opened pictures show next to nothing (one colour), which says nothing about likeness.
        unreadable: the first few pictures that could not be read, by path; ``unreadable_count`` of them in all.
        copies: groups that show the same, leaks between splits first; the first few of ``copies_count``.
        identical_base, identical_head: how many files of each side are a copy of another one of that side.
        sheet: the contact sheet; ``None`` where nothing new can be shown.
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
