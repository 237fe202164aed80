"""Files that only this user may read, outside the repository, and removed after use."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from typing import TYPE_CHECKING

from headway.errors import RemoteError

if TYPE_CHECKING:
    from pathlib import Path


def private_folder(project: Path, temporary: Path) -> Path:
    """The path of a new folder for a project's private files; the first file that is written makes the folder.

    Raises:
        RemoteError: it would be inside the project, where git could add it.
    """
    if temporary.resolve().is_relative_to(project):
        raise RemoteError(f"{temporary} is inside the project.", remedy="Set RUNNER_TEMP to a folder outside of it.")
    return temporary / f"{_prefix(project)}{secrets.token_hex(8)}"


def folders_left(project: Path, temporary: Path) -> tuple[Path, ...]:
    """Every folder of this user with a project's private files, those of killed commands included."""
    return tuple(path for path in temporary.glob(f"{_prefix(project)}*") if path.lstat().st_uid == os.getuid())


def _prefix(project: Path) -> str:
    return f"headway-{os.getuid()}-{hashlib.sha256(os.fsencode(project)).hexdigest()[:16]}-"


def write_private(folder: Path, name: str, content: str) -> Path:
    """Write a file that only this user may read to a folder that does not exist yet, and return its path."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700)  # fails where another user was here first
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(content)
    except OSError as error:
        raise RemoteError(f"The credentials could not be written to {folder}: {error.strerror}.") from None
    return path


def remove(folder: Path) -> None:
    """Remove a folder and its files, if it exists."""
    if folder.is_dir():
        shutil.rmtree(folder)
