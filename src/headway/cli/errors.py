"""What goes wrong or deserves attention, on stderr: errors, warnings about what was not published, notes."""

from __future__ import annotations

import errno
import tempfile
from pathlib import Path
from shutil import disk_usage
from typing import TYPE_CHECKING

import click

from headway.errors import WriteError
from headway.text import harmless

if TYPE_CHECKING:
    from headway.errors import HeadwayError

_DISK_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO}
_FULL = 1 << 20
"""Bytes; a disk with less free space counts as full."""


def print_error(error: HeadwayError) -> None:
    """Print what happened, why, and what to do."""
    click.echo(f"{click.style('error:', fg='red', bold=True)} {harmless(error.what)}", err=True)
    for line in (*error.why.splitlines(), *error.remedy.splitlines()):
        click.echo(f"  {harmless(line)}", err=True)


def print_unpublished(failure: HeadwayError, *, on_github: bool) -> None:
    """Print what was not published; on GitHub, the run's page shows it as well."""
    from headway.publish.comment.summary import warning

    click.echo(f"{click.style('not published:', fg='yellow', bold=True)} {harmless(str(failure))}", err=True)
    if on_github:
        click.echo(harmless(warning(failure)), err=True)


def print_notes(*notes: str) -> None:
    """Print the notes that are not empty, one per line."""
    for note in filter(None, notes):
        click.echo(f"note: {harmless(note)}", err=True)


def disk_error(error: BaseException) -> WriteError | None:
    """The error to show if a full or read-only disk is behind an exception; ``None`` if it is something else."""
    cause: BaseException | None = error
    while cause:
        no_folder = isinstance(cause, FileNotFoundError) and "temporary directory" in str(cause)
        if isinstance(cause, OSError) and (cause.errno in _DISK_ERRORS or no_folder):
            return WriteError(
                f"{_place(cause)} cannot be used: {cause.strerror}.",
                remedy="Free some space there, or make it writable. TMPDIR sets the temporary folder.",
            )
        cause = cause.__cause__ or cause.__context__
    return None


def _place(error: OSError) -> str:
    """The file that the error names, else the folders on full disks."""
    if error.filename:
        return str(error.filename)
    full = [each for each in (str(Path.cwd()), tempfile.gettempdir()) if disk_usage(each).free < _FULL]
    return f"The disk of {' and '.join(full)}" if full else "A disk"
