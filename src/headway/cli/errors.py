"""How an error that ends a command reaches the user: what happened, why and what to do, on stderr."""

from __future__ import annotations

import errno
import tempfile
from pathlib import Path
from shutil import disk_usage
from typing import TYPE_CHECKING

import click

from headway.errors import WriteError

if TYPE_CHECKING:
    from headway.errors import HeadwayError

_OF_DISKS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO}
_FULL = 1 << 20
"""Bytes; a disk with less free space counts as full."""


def explain(error: HeadwayError) -> None:
    """Print an error that Headway raised on purpose: what happened, why and what to do."""
    click.echo(f"{click.style('error:', fg='red', bold=True)} {error.what}", err=True)
    for line in (error.why, error.remedy):
        if line:
            click.echo(f"  {line}", err=True)


def disk_error(error: BaseException) -> WriteError | None:
    """The error of a disk that is full or may not be used, wherever it was met; ``None`` where it is something else."""
    cause: BaseException | None = error
    while cause:
        no_folder = isinstance(cause, FileNotFoundError) and "temporary directory" in str(cause)
        if isinstance(cause, OSError) and (cause.errno in _OF_DISKS or no_folder):
            return WriteError(
                f"{_place(cause)} cannot be used: {cause.strerror}.",
                remedy="Free some space there, or allow yourself to write there. TMPDIR names the temporary folder.",
            )
        cause = cause.__cause__ or cause.__context__
    return None


def _place(error: OSError) -> str:
    """The file; or the folders on full disks, where an error of writing names none."""
    if error.filename:
        return str(error.filename)
    full = [each for each in (str(Path.cwd()), tempfile.gettempdir()) if disk_usage(each).free < _FULL]
    return f"The disk of {' and '.join(full)}" if full else "A disk"
