"""A picture on one side of the comparison, and the place where it belongs."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from headway.draw.sorting import by_name

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    Order = tuple[tuple[int, float, str], ...]

SPLITS = frozenset({"train", "training", "val", "valid", "validation", "dev", "test", "testing", "eval", "holdout"})

_SUFFIXES = {
    "bmp": "BMP",
    "gif": "GIF",
    "jfif": "JPEG",
    "jpe": "JPEG",
    "jpeg": "JPEG",
    "jpg": "JPEG",
    "pgm": "PPM",
    "png": "PNG",
    "pnm": "PPM",
    "ppm": "PPM",
    "tif": "TIFF",
    "tiff": "TIFF",
    "webp": "WEBP",
}

FORMATS = tuple(sorted(set(_SUFFIXES.values())))
"""The formats that are read, by Pillow's names."""


class ImageFile(NamedTuple):
    """A file of a tracked folder.

    Attributes:
        path: relative to the folder, with forward slashes.
        hash: its content hash.
        open: opens it for reading and raises ``OSError`` where that fails; ``None`` where it is not at hand.
    """

    path: str
    hash: str
    open: Callable[[], BinaryIO] | None = None


class Place(NamedTuple):
    """Where a picture belongs; either part may be empty."""

    split: str
    label: str

    def __str__(self) -> str:
        return "/".join(part for part in self if part) or "(no class)"


def by_place(where: Place) -> tuple[Order, Order]:
    """Give a sort key: by split, then by class, as people count."""
    return by_name(where.split), by_name(where.label)


def format_by_suffix(path: str) -> str | None:
    """Give the format that a file's name promises; ``None`` where it promises no picture."""
    name, dot, suffix = path.rpartition("/")[2].rpartition(".")
    return _SUFFIXES.get(suffix.lower()) if dot and name else None


def holds_pictures(paths: Collection[str]) -> bool:
    """Tell whether a folder is one of pictures: most of its files are, by their names."""
    return 2 * sum(format_by_suffix(path) is not None for path in paths) > len(paths)


def place_by_folders(path: str) -> Place:
    """Take the first folder as the class, and one of the first two as the split where it is named like one.

    ``cat/1.png`` is a cat; ``train/cat/1.png`` and ``cat/train/1.png`` are cats to train on.
    """
    folders = path.split("/")[:-1]
    split = next((folder for folder in folders[:2] if folder.lower() in SPLITS), "")
    labels = [folder for folder in folders[:2] if folder != split]
    return Place(split, labels[0] if labels else "")
