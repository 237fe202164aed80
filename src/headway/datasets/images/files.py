"""A folder's pictures on both sides: where each belongs, and what was added, changed, removed and moved.

Nothing is opened to know it: paths and content hashes tell.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from headway.sorting import by_name

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

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


class Changes(NamedTuple):
    """A folder's files on both sides, each list by path.

    Attributes:
        base, head: every file by path.
        added, changed: files of head with new content; ``changed`` has another content under the same path.
        removed: files of base.
        moved: the same content, as it lies on base and on head.
    """

    base: dict[str, ImageFile]
    head: dict[str, ImageFile]
    added: list[ImageFile]
    changed: list[ImageFile]
    removed: list[ImageFile]
    moved: list[tuple[ImageFile, ImageFile]]

    @property
    def new(self) -> list[ImageFile]:
        """The files of head with new content."""
        return [*self.added, *self.changed]


def find_changes(base: Iterable[ImageFile], head: Iterable[ImageFile]) -> Changes:
    """Compare two listings of a folder."""
    before, now = ({file.path: file for file in sorted(side, key=lambda file: file.path)} for side in (base, head))
    come = [file for path, file in now.items() if path not in before]
    gone = [file for path, file in before.items() if path not in now]
    moved = _moves(gone, come)
    left, arrived = {old.path for old, _ in moved}, {new.path for _, new in moved}
    return Changes(
        base=before,
        head=now,
        added=[file for file in come if file.path not in arrived],
        changed=[file for path, file in now.items() if path in before and before[path].hash != file.hash],
        removed=[file for file in gone if file.path not in left],
        moved=moved,
    )


def _moves(gone: Sequence[ImageFile], come: Sequence[ImageFile]) -> list[tuple[ImageFile, ImageFile]]:
    """Pair files that went with files that came, of the same content, in the order of their paths."""
    waiting: defaultdict[str, list[ImageFile]] = defaultdict(list)
    for file in reversed(gone):
        waiting[file.hash].append(file)
    return [(waiting[file.hash].pop(), file) for file in come if waiting[file.hash]]


def copies_in(files: Iterable[ImageFile]) -> int:
    """Count the files whose content stands in another file before them."""
    return sum(count - 1 for count in Counter(file.hash for file in files).values())
