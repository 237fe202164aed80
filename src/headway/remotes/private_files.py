"""Files that only this user may read, outside the repository, and gone when they have served."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from pathlib import Path

from headway.errors import RemoteError


def folder_of(project: Path, temporary: Path) -> Path:
    """The folder of a project's private files, the same in every step of a job; it need not exist.

    Raises:
        RemoteError: it would be inside the project, where git could take it up.
    """
    if temporary.resolve().is_relative_to(project):
        raise RemoteError(f"{temporary} is inside the project; set RUNNER_TEMP to a folder that is not.")
    name = hashlib.sha256(os.fsencode(project)).hexdigest()[:16]
    return temporary / f"headway-{os.getuid()}-{name}"


def folder_for_once(project: Path, temporary: Path) -> Path:
    """A new folder for one command's private files.

    Raises:
        RemoteError: as with :func:`folder_of`, or the disk refuses.
    """
    prefix = f"{folder_of(project, temporary).name}-"
    try:
        temporary.mkdir(parents=True, exist_ok=True)
        return temporary / Path(tempfile.mkdtemp(prefix=prefix, dir=temporary)).name
    except OSError as error:
        raise RemoteError(f"{temporary} cannot be written: {error.strerror}.") from None


def folders_left(project: Path, temporary: Path) -> tuple[Path, ...]:
    """Every folder of a project's private files that there is, those of killed commands included."""
    folder = folder_of(project, temporary)
    return tuple(path for path in (folder, *temporary.glob(f"{folder.name}-*")) if path.is_dir())


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


def remove(folder: Path) -> None:
    """Remove the folder and what is in it, where there is one.

    Raises:
        RemoteError: it is another user's.
    """
    if folder.is_dir():
        _check_is_ours(folder)
        shutil.rmtree(folder)


def _check_is_ours(folder: Path) -> None:
    """In a temporary folder that everybody may write to, another user could have been here first."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise RemoteError(f"{folder} is not a private folder of this user; remove it, or set RUNNER_TEMP.")
