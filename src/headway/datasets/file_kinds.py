"""What the name of a file or folder says: a table, an image, or a split. Nothing is opened."""

from __future__ import annotations

from pathlib import PurePosixPath
from posixpath import splitext
from typing import TYPE_CHECKING

from headway.sorting import by_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from headway.sorting import NameKey

_TABLES = frozenset({".csv", ".tsv", ".parquet", ".jsonl", ".ndjson"})
_IMAGES = {
    ".bmp": "BMP",
    ".gif": "GIF",
    ".jfif": "JPEG",
    ".jpe": "JPEG",
    ".jpeg": "JPEG",
    ".jpg": "JPEG",
    ".pgm": "PPM",
    ".png": "PNG",
    ".pnm": "PPM",
    ".ppm": "PPM",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".webp": "WEBP",
}
IMAGE_FORMATS = tuple(sorted(set(_IMAGES.values())))
"""The image formats that are read, by Pillow's names."""
_SPLITS = ("train", "training", "val", "valid", "validation", "dev", "test", "testing", "eval", "holdout")
"""The names of splits, in the order in which a model meets them."""


def is_table(path: str) -> bool:
    """Whether a file is a table, one record a row."""
    return splitext(path)[1].lower() in _TABLES


def may_hold_rows(path: str) -> bool:
    """Whether a file is a table, or JSON, which may be a list of records and may be anything else."""
    return is_table(path) or path.lower().endswith(".json")


def image_format(path: str) -> str | None:
    """The format that a file's name promises; ``None`` where it promises no image."""
    return _IMAGES.get(splitext(path)[1].lower())


def holds_images(paths: Collection[str]) -> bool:
    """Whether most of a folder's files are images by their names."""
    return 2 * sum(image_format(path) is not None for path in paths) > len(paths)


def is_split(name: str) -> bool:
    """Whether a file or folder is named like a split of a data set, such as ``train``."""
    return name.lower() in _SPLITS


def by_split(name: str) -> tuple[int, NameKey]:
    """Give a sort key of splits: train before validation before test, then any other name."""
    return (_SPLITS.index(name.lower()) if is_split(name) else len(_SPLITS)), by_name(name)


def other_splits(path: str, paths: Iterable[str]) -> list[str]:
    """The other splits beside a file that is named like one, with the same suffix: ``test.csv`` for ``train.csv``."""
    own = PurePosixPath(path)
    if not is_split(own.stem):
        return []
    near = (each for each in map(PurePosixPath, paths) if each.parent == own.parent and each.suffix == own.suffix)
    return [str(each) for each in near if each != own and is_split(each.stem)]
