"""A folder's images on both sides, by path and content hash: where each belongs, and what changed. Opens nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from headway.datasets.file_kinds import by_split, is_split
from headway.sorting import by_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from headway.sorting import NameKey


def _absent() -> None:
    """Open a file that is not on this machine."""


class ImageFile(NamedTuple):
    """A file of a tracked folder.

    Attributes:
        path: relative to the folder, with forward slashes.
        hash: its content hash.
        open: opens it; gives ``None`` where it is not on this machine, and raises ``OSError`` where opening fails.
    """

    path: str
    hash: str
    open: Callable[[], BinaryIO | None] = _absent


class ImageGroup(NamedTuple):
    """The split and the class that an image belongs to; either may be empty."""

    split: str
    label: str

    def __str__(self) -> str:
        return "/".join(part for part in self if part) or "(no class)"


def by_place(where: ImageGroup) -> tuple[tuple[int, NameKey], NameKey]:
    """Give a sort key: by split, then by class, in natural order."""
    return by_split(where.split), by_name(where.label)


def place_by_folders(path: str) -> ImageGroup:
    """Take the first folder as the class, and one of the first two as the split where it is named like one.

    ``cat/1.png`` is a cat; ``train/cat/1.png`` and ``cat/train/1.png`` are cats to train on.
    """
    folders = path.split("/")[:-1][:2]
    split = next(filter(is_split, folders), "")
    return ImageGroup(split, next((folder for folder in folders if folder != split), ""))


class Changes(NamedTuple):
    """A folder's files on both sides, each list by path.

    Attributes:
        base, head: every file by path.
        added, changed: files of head with new content; ``changed`` has another content under the same path.
        removed: files of base.
        moved: the same content under another path: the file of base, and the one of head.
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
    """Compare two listings of a folder.

    What a path lost and another one got has moved, also where the path got another content in its place.
    """
    old, new = ({file.path: file for file in sorted(side, key=lambda file: file.path)} for side in (base, head))
    lost, got = _without(old, new), _without(new, old)
    moved = _moves(lost, got)
    left, arrived = {one.path for one, _ in moved}, {one.path for _, one in moved}
    replaced = {file.path for file in lost if file.path in new} - left - arrived
    return Changes(
        base=old,
        head=new,
        added=[file for file in got if file.path not in replaced | arrived],
        changed=[file for file in got if file.path in replaced],
        removed=[file for file in lost if file.path not in replaced | left],
        moved=moved,
    )


def _without(side: Mapping[str, ImageFile], other: Mapping[str, ImageFile]) -> list[ImageFile]:
    """The files of a side whose content the other side has not under the same path."""
    return [file for path, file in side.items() if path not in other or other[path].hash != file.hash]


def _moves(lost: Sequence[ImageFile], got: Sequence[ImageFile]) -> list[tuple[ImageFile, ImageFile]]:
    """Pair files of the same content by path: first those of one place, then those of one class, then any."""
    moved: dict[str, tuple[ImageFile, ImageFile]] = {}
    for exactness in (3, 2, 1):
        left = {old.path for old, _ in moved.values()}
        waiting: defaultdict[tuple[str, ...], list[ImageFile]] = defaultdict(list)
        for file in reversed([file for file in lost if file.hash and file.path not in left]):
            waiting[_identity(file, exactness)].append(file)
        for file in got:
            if file.path not in moved and (alike := waiting[_identity(file, exactness)]):
                moved[file.path] = alike.pop(), file
    return [moved[path] for path in sorted(moved)]


def _identity(file: ImageFile, exactness: int) -> tuple[str, ...]:
    """Content, class and split, or the first of these."""
    where = place_by_folders(file.path)
    return (file.hash, where.label, where.split)[:exactness]


def count_repeated(files: Iterable[ImageFile]) -> int:
    """Count the files whose content another file before them has."""
    return sum(count - 1 for count in Counter(file.hash for file in files).values())
