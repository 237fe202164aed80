"""Write a report's files so that nobody ever reads half a report.

Everything is first written to a staging folder, so a full disk changes nothing. Then the images, whose names carry a
hash of their content, are moved into place, then the documents that name them, each by one atomic rename. Images that
only the last report named are removed at the end. Whenever a run is killed, every document is complete, and so are its
images.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from headway.errors import WriteError
from headway.public_files import refuse_links_out
from headway.values.report import IMAGE_FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

_STAGING = ".headway-"
_ABANDONED_AFTER = 3600
"""Seconds after which no running process can own a staging folder."""


def write_files(folder: Path, images: Mapping[str, bytes], documents: Mapping[str, bytes], stale: set[str]) -> None:
    """Write a report into a folder.

    Args:
        folder: created if it does not exist; other files in it stay.
        images: bytes by path relative to the folder, moved into place first.
        documents: likewise, moved into place after the images, in this order.
        stale: paths that the last report named; those that are not written again are removed.

    Raises:
        WriteError: the disk is full or the folder cannot be written. The last report is unchanged.
    """
    try:
        refuse_links_out(folder)
        folder.mkdir(parents=True, exist_ok=True)
        with staging_folder(folder) as staging:
            for path, content in {**images, **documents}.items():
                _write(staging / path, content)
            for path in (*images, *documents):
                _make_parent(folder / path)
                os.replace(staging / path, folder / path)  # noqa: PTH105 - the atomic rename is the point
        remove_files(folder, stale - {*images, *documents})
    except OSError as error:
        raise WriteError(
            f"The report could not be written to {folder}.",
            why=f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}.",
            remedy="Free some space, or name another folder with --out. The last report is unchanged.",
        ) from error


def remove_files(folder: Path, paths: Iterable[str]) -> None:
    """Remove files of a report, but none behind a symbolic link: those belong to something else."""
    for path in paths:
        if not (folder / path).parent.is_symlink():
            (folder / path).unlink(missing_ok=True)


def _make_parent(path: Path) -> None:
    """Create the folder of a file. A symbolic link in its place could lead anywhere, so it is removed."""
    if path.parent.name == IMAGE_FOLDER and path.parent.is_symlink():
        path.parent.unlink()
    path.parent.mkdir(parents=True, exist_ok=True)


@contextmanager
def staging_folder(folder: Path) -> Iterator[Path]:
    """An empty folder inside a folder, for what is then moved into place; those of killed runs are removed first."""
    _remove_abandoned(folder)
    staging = folder / os.path.basename(tempfile.mkdtemp(prefix=_STAGING, dir=folder))  # noqa: PTH119 - keeps folder as given
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def move_into_place(new: Path, place: Path) -> None:
    """Move a file or folder to a place, instead of what is there.

    No rename replaces a folder, so a folder of before is called ``.NAME.before`` for a moment. It stays there if the
    process is killed in between; the next call removes it once the place is taken.
    """
    before = place.with_name(f".{place.name}.before")
    if os.path.lexists(place) and (place.is_dir() or new.is_dir()):
        _remove(before)
        place.rename(before)
    try:
        os.replace(new, place)  # noqa: PTH105 - the atomic rename is the point
    except BaseException:
        if os.path.lexists(before) and not os.path.lexists(place):
            before.rename(place)
        raise
    _remove(before)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _remove_abandoned(folder: Path) -> None:
    for left in folder.glob(f"{_STAGING}*"):
        if time.time() - left.stat().st_mtime > _ABANDONED_AFTER:
            shutil.rmtree(left, ignore_errors=True)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
