"""A report with its images, and which of them the next run need not draw again.

A list in git's own folder says which image was drawn from what, and the hash of its file. It is not in the report's
folder, because a commit can fill that one: whoever commits an image and such a list there would choose what the report
shows. Git never checks out a file into its own folder. An image that was changed since is drawn again.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import msgspec

from headway.public_files import git_folder, repository_root

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from headway.values.report import Report

_LIST_FOLDER = "headway"


@dataclass(frozen=True)
class Bundle:
    """A report and the images that it names, by path; ``remember`` gets them once they are written."""

    report: Report
    images: Mapping[str, bytes]
    remember: Callable[[Mapping[str, bytes]], None] | None = None


class _Drawn(msgspec.Struct, frozen=True):
    """An image's path in the report's folder, and the SHA-256 of its content."""

    path: str
    sha256: str


@dataclass(frozen=True)
class LastImages:
    """What the last run drew into a folder.

    Attributes:
        out: the report's folder.
        listed: the file with the list; ``None`` outside a git repository.
    """

    out: Path
    listed: Path | None
    _drawn: Mapping[str, _Drawn] = field(default_factory=dict)

    @classmethod
    def open(cls, folder: Path, out: Path) -> Self:
        """Read the list for an output folder; without one that can be read, nothing was drawn.

        Args:
            folder: a folder in the repository that the report is about.
            out: the report's folder.
        """
        root = repository_root(folder.resolve())
        if root is None:
            return cls(out, None)
        name = hashlib.sha256(str(out.resolve()).encode()).hexdigest()[:16]
        listed = git_folder(root) / _LIST_FOLDER / f"images-{name}.json"
        drawn: dict[str, _Drawn] = {}
        with suppress(OSError, msgspec.MsgspecError):
            drawn = msgspec.json.decode(listed.read_bytes(), type=dict[str, _Drawn])
        return cls(out, listed, drawn)

    def find(self, key: str) -> bytes | None:
        """The image that was drawn from the same input, if its file is unchanged."""
        entry = self._drawn.get(key)
        if entry is None:
            return None
        with suppress(OSError):
            content = (self.out / entry.path).read_bytes()
            if hashlib.sha256(content).hexdigest() == entry.sha256:
                return content
        return None

    def save(self, paths: Mapping[str, str], images: Mapping[str, bytes]) -> None:
        """Write the list for the next run; where that is impossible, it draws all images again.

        Args:
            paths: the path of each image by the key of its input.
            images: the images by path.
        """
        if self.listed is None:
            return
        drawn = {key: _Drawn(path, hashlib.sha256(images[path]).hexdigest()) for key, path in paths.items()}
        with suppress(OSError):
            self.listed.parent.mkdir(exist_ok=True)
            partial = self.listed.with_suffix(".partial")
            partial.write_bytes(msgspec.json.encode(drawn))
            partial.replace(self.listed)
