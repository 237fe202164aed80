"""Standard output and standard error, of which nothing is lost without an exit code that says so.

Output that cannot be written ends a command with 3, or with the shell's 141 where its reader has gone; both outrank a
verdict. Messages on standard error are dropped where nobody can read them, and change no exit code.
"""

from __future__ import annotations

import errno
import io
import os
import select
import signal
import sys
from typing import TYPE_CHECKING, Any

from headway.errors import WriteError

if TYPE_CHECKING:
    from typing import TextIO

_ENCODING = "headway-encoding"
"""The option of Python that keeps a terminal's encoding where file names are read as UTF-8."""


class _Stream(io.FileIO):
    """Where bytes leave the process; standard error as it is.

    Attributes:
        code: the exit code once something was lost, else 0.
    """

    code = 0

    def write(self, data: Any) -> int:  # noqa: ANN401 - any buffer
        """Write some of the bytes, and all that come after a failure nowhere."""
        while not self.code:
            try:
                written = super().write(data)
            except OSError as error:
                self._fail(error)
                break
            if written:
                return written
            select.select((), (self,), ())  # a pipe that is full, and whose owner asked it not to wait
        return len(data)

    def _fail(self, _: OSError) -> None:
        self.code = WriteError.exit_code


class _Output(_Stream):
    """Standard output: the first failure ends the command."""

    def _fail(self, error: OSError) -> None:
        if error.errno == errno.EPIPE:
            self.code = 128 + signal.SIGPIPE
            raise SystemExit(self.code) from error
        super()._fail(error)
        why = "It is closed" if error.errno == errno.EBADF else error.strerror
        what = f"The result could not be written to standard output: {why}."
        raise WriteError(what, remedy="Redirect it to a file on a disk with free space.") from error


def use_utf8_paths() -> None:
    """Start Python anew in its UTF-8 mode where it would read file names as ASCII or Latin-1, unlike git and DVC."""
    if sys.getfilesystemencoding() == "utf-8" or sys.flags.utf8_mode or not sys.executable:
        return
    encoding = getattr(sys.stdout, "encoding", "utf-8")
    os.execv(sys.executable, [sys.executable, "-X", "utf8", "-X", f"{_ENCODING}={encoding}", *sys.orig_argv[1:]])  # noqa: S606 - itself


def take_over() -> _Stream:
    """Replace both standard streams; a closed one is opened so that no other file gets its number.

    Returns:
        Standard output, whose ``code`` outranks the command's once something was lost.
    """
    for number, mode in enumerate((os.O_RDONLY, os.O_RDONLY, os.O_WRONLY)):  # reading alone, output fails as if closed
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, mode), True)  # noqa: FBT003 - os names it so
    output = _Output(1, "wb", closefd=False)
    sys.stdout = _text(output, sys.stdout)
    sys.stderr = _text(_Stream(2, "wb", closefd=False), sys.stderr)
    return output


def _text(stream: _Stream, former: TextIO | None) -> TextIO:
    """Text on a stream: where the encoding lacks a sign, that sign is lost, and never the report."""
    encoding = sys._xoptions.get(_ENCODING) or (former.encoding if former else None)  # noqa: SLF001 - documented
    errors = former.errors if former and former.errors not in {"strict", "surrogateescape"} else "replace"
    return io.TextIOWrapper(io.BufferedWriter(stream), str(encoding or "utf-8"), errors, line_buffering=stream.isatty())
