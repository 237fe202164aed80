"""Writing a report's files so that a reader never meets half a report.

Everything is written to a staging folder first, so a full disk changes nothing. Then the pictures move into place under
names that carry a hash of their content, then the documents that name them, each by one atomic rename; pictures that
only the former report named go last. Whenever a run is killed, every document is whole and its pictures exist.
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
"""Seconds after which a staging folder belongs to no running process."""


def write_files(folder: Path, pictures: Mapping[str, bytes], documents: Mapping[str, bytes], stale: set[str]) -> None:
    """Write a report into a folder.

    Args:
        folder: made where it does not exist; other files in it stay.
        pictures: bytes by path relative to the folder, moved into place first.
        documents: the same, moved into place in order, after the pictures.
        stale: paths that the former report named; those that are not written anew are removed at the end.

    Raises:
        WriteError: the disk is full or the folder cannot be written. The former report is then as it was.
    """
    try:
        refuse_links_out(folder)
        folder.mkdir(parents=True, exist_ok=True)
        with _staging(folder) as staging:
            for path, content in {**pictures, **documents}.items():
                _write(staging / path, content)
            for path in (*pictures, *documents):
                _make_parent(folder / path)
                os.replace(staging / path, folder / path)  # noqa: PTH105 - the atomic rename is the point
        remove_files(folder, stale - {*pictures, *documents})
    except OSError as error:
        raise WriteError(
            f"The report could not be written to {folder}.",
            why=f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}.",
            remedy="Free some space or name another folder with --out. The last report there is as it was.",
        ) from error


def remove_files(folder: Path, paths: Iterable[str]) -> None:
    """Remove files of a report, but none behind a symbolic link: those are not the report's."""
    for path in paths:
        if not (folder / path).parent.is_symlink():
            (folder / path).unlink(missing_ok=True)


def _make_parent(path: Path) -> None:
    """Make the folder of a file; a symbolic link in its place, which could lead anywhere, gives way."""
    if path.parent.name == IMAGE_FOLDER and path.parent.is_symlink():
        path.parent.unlink()
    path.parent.mkdir(parents=True, exist_ok=True)


@contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    _remove_abandoned(folder)
    staging = folder / os.path.basename(tempfile.mkdtemp(prefix=_STAGING, dir=folder))  # noqa: PTH119 - keeps folder as given
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _remove_abandoned(folder: Path) -> None:
    for left in folder.glob(f"{_STAGING}*"):
        if time.time() - left.stat().st_mtime > _ABANDONED_AFTER:
            shutil.rmtree(left, ignore_errors=True)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
