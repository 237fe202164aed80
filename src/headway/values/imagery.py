"""What changed in a tracked folder of images: counts, sizes, copies, and a contact sheet of new images.

Paths are relative to the folder. The place of an image is its split and its class, as the folders' names say.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from headway.values.count import Count


class ImageClass(msgspec.Struct, frozen=True, kw_only=True):
    """The number of images of one class on each side.

    Attributes:
        split: the split's name, such as ``train``; empty if the folder has no splits.
        label: the class; empty for images outside of every class.
        base, head: the number of images.
    """

    split: str = ""
    label: str
    base: Count
    head: Count


class ImageSplit(msgspec.Struct, frozen=True, kw_only=True):
    """The number of images of one split on each side.

    Attributes:
        split: the split's name; empty for images outside of every split.
        base, head: the number of images.
    """

    split: str
    base: Count
    head: Count


class FormatCount(msgspec.Struct, frozen=True, kw_only=True):
    """The number of images of one format on each side.

    Attributes:
        format: the format, such as ``JPEG``: by content for images that were opened, else by suffix.
        base, head: the number of images.
    """

    format: str
    base: Count
    head: Count


class SizeCount(msgspec.Struct, frozen=True, kw_only=True):
    """The number of opened images of one size.

    Attributes:
        width, height: the size in pixels, after any rotation that the file asks for.
        count: the number of images.
    """

    width: Count
    height: Count
    count: Count


class PixelSizes(msgspec.Struct, frozen=True, kw_only=True):
    """The sizes of the new images that were opened.

    Attributes:
        common: the most frequent sizes, most frequent first.
        distinct: the number of different sizes.
        smallest, largest: the sizes with the fewest and the most pixels.
    """

    common: tuple[SizeCount, ...]
    distinct: Count
    smallest: SizeCount
    largest: SizeCount


class UnreadableImage(msgspec.Struct, frozen=True, kw_only=True):
    """An image of head that is damaged, too large, or could not be fetched.

    Attributes:
        path: the image.
        reason: why it could not be read: a clause without a full stop.
    """

    path: str
    reason: str


class MoveCount(msgspec.Struct, frozen=True, kw_only=True):
    """The number of byte-identical images that moved from one class or split to another.

    Attributes:
        base, head: the split and class, such as ``train/cat``, or one of them alone.
        count: the number of images.
    """

    base: str
    head: str
    count: Count


class Copies(msgspec.Struct, frozen=True, kw_only=True):
    """A group of images of head that show the same, at least one of them new.

    Attributes:
        kind: ``identical`` files are byte-identical; ``alike`` ones have a similar perceptual hash.
        paths: the first images of the group, new ones first.
        new: those of ``paths`` that were added or changed.
        count: the number of images in the group.
        distance: the largest distance between two linked images, in bits of a 64-bit perceptual hash; 0 for identical
            files.
        crosses_splits: whether the images are in several splits, so a model may be tested on images that it was trained
            on.
        crosses_classes: whether the images are in several classes, so at least one label is wrong.
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
        alt: the alternative text of the sheet.
        shown: the number of added and changed images that it shows.
        chart: the id of the chart that contains the sheet; empty if it was not rendered.
    """

    alt: str
    shown: Count
    chart: str = ""


class FolderImages(msgspec.Struct, frozen=True, kw_only=True):
    """What changed in one tracked folder of images.

    Attributes:
        path: the folder, relative to the project's root.
        added, changed, removed: the number of images added, changed or removed, without moved ones.
        moved: the number of byte-identical images with a new path, each of which is neither added nor removed.
        classes: the number of images per class, by split and name; if there are too many, those that changed most.
        classes_left_out: the number of classes that are not in ``classes``.
        splits: the number of images per split; a single nameless one if the folder has no splits.
        moves: the moves from one class or split to another, most frequent first.
        relabeled: the number of moved images with a new class, wherever their files are.
        label_changes: the changes from one class to another, most frequent first.
        resplit: the number of moved images with a new split.
        split_changes: the changes from one split to another, most frequent first.
        formats: the number of images per format, by name.
        sizes: the sizes of the new images that were opened; ``None`` if there are none.
        opened: the number of distinct new images that were opened.
        not_opened: the number of new images that were not opened, because they exceed the limit or are not on this
            machine.
        plain: the number of opened images of nearly one color, which are not compared with others.
        unreadable: the first images that could not be read, by path.
        unreadable_count: the number of images that could not be read.
        copies: the first groups of images that show the same, groups across splits first.
        copies_count: the number of such groups.
        identical_base, identical_head: the number of files that are a copy of another file of the same side.
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
    splits: tuple[ImageSplit, ...] = ()
    relabeled: Count = 0
    label_changes: tuple[MoveCount, ...] = ()
    resplit: Count = 0
    split_changes: tuple[MoveCount, ...] = ()
