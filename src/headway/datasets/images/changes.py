"""What was added, changed, removed and moved, by content hash: nothing is opened to know it."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from headway.datasets.images.files import ImageFile


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
    before, now = _by_path(base), _by_path(head)
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


def _by_path(files: Iterable[ImageFile]) -> dict[str, ImageFile]:
    return {file.path: file for file in sorted(files, key=lambda file: file.path)}


def _moves(gone: Sequence[ImageFile], come: Sequence[ImageFile]) -> list[tuple[ImageFile, ImageFile]]:
    """Pair files that went with files that came, of the same content, in the order of their paths."""
    waiting: defaultdict[str, list[ImageFile]] = defaultdict(list)
    for file in reversed(gone):
        waiting[file.hash].append(file)
    return [(waiting[file.hash].pop(), file) for file in come if waiting[file.hash]]


def copies_in(files: Iterable[ImageFile]) -> int:
    """Count the files whose content stands in another file before them."""
    return sum(count - 1 for count in Counter(file.hash for file in files).values())
