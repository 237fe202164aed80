"""Files that only this user may read, outside the repository, and gone when they have served."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from typing import TYPE_CHECKING

from headway.errors import RemoteError

if TYPE_CHECKING:
    from pathlib import Path


def folder_of(project: Path, temporary: Path) -> Path:
    """The folder of a project's private files, the same in every step of a job; it need not exist."""
    name = hashlib.sha256(os.fsencode(project)).hexdigest()[:16]
    return temporary / f"headway-{os.getuid()}-{name}"


def write_private(folder: Path, name: str, content: str) -> Path:
    """Write a file that only this user may read, and give its path.

    Raises:
        RemoteError: the folder is another user's, or the disk refuses.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_is_ours(folder)
        part = folder / f".{name}.{os.getpid()}"
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(content)
        return part.replace(folder / name)
    except OSError as error:
        raise RemoteError(f"The credentials could not be written to {folder}: {error.strerror}.") from None


def remove(folder: Path) -> bool:
    """Remove the folder and what is in it; false where there was none."""
    there = folder.is_dir() and not folder.is_symlink()
    if there:
        _check_is_ours(folder)
        shutil.rmtree(folder)
    return there


def _check_is_ours(folder: Path) -> None:
    """In a temporary folder that everybody may write to, another user could have been here first."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise RemoteError(f"{folder} is not a private folder of this user; remove it, or set RUNNER_TEMP.")
