"""A folder's images on both sides, by path and content hash: where each belongs, and what changed. Opens nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from headway.datasets.file_kinds import is_split
from headway.sorting import by_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

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


def by_place(where: ImageGroup) -> tuple[NameKey, NameKey]:
    """Give a sort key: by split, then by class, in natural order."""
    return by_name(where.split), by_name(where.label)


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
    """Compare two listings of a folder."""
    old, new = ({file.path: file for file in sorted(side, key=lambda file: file.path)} for side in (base, head))
    added = [file for path, file in new.items() if path not in old]
    removed = [file for path, file in old.items() if path not in new]
    moved = _moves(removed, added)
    left, arrived = {old.path for old, _ in moved}, {new.path for _, new in moved}
    return Changes(
        base=old,
        head=new,
        added=[file for file in added if file.path not in arrived],
        changed=[file for path, file in new.items() if path in old and old[path].hash != file.hash],
        removed=[file for file in removed if file.path not in left],
        moved=moved,
    )


def _moves(removed: Sequence[ImageFile], added: Sequence[ImageFile]) -> list[tuple[ImageFile, ImageFile]]:
    """Pair removed with added files of the same content, in the order of their paths."""
    by_content: defaultdict[str, list[ImageFile]] = defaultdict(list)
    for file in reversed(removed):
        by_content[file.hash].append(file)
    return [(by_content[file.hash].pop(), file) for file in added if by_content[file.hash]]


def count_repeated(files: Iterable[ImageFile]) -> int:
    """Count the files whose content another file before them has."""
    return sum(count - 1 for count in Counter(file.hash for file in files).values())
