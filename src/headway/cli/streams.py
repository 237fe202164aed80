"""Standard output and standard error. Output is never lost without an exit code that says so.

If output cannot be written, the exit code is 3, or the shell's 141 if the reader has gone; both take precedence over
the command's own. Messages that cannot be written to standard error are dropped and change no exit code.
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
"""The -X option of Python that carries the terminal's encoding into UTF-8 mode."""


class _Stream(io.FileIO):
    """Standard error, or the base of standard output.

    Attributes:
        code: the exit code if something was lost, else 0.
    """

    code = 0

    def write(self, data: Any) -> int:  # noqa: ANN401 - any buffer
        """Write some of the bytes; after a failure, drop them."""
        while not self.code:
            try:
                written = super().write(data)
            except OSError as error:
                self._fail(error)
                break
            if written:
                return written
            select.select((), (self,), ())  # a full pipe that does not block
        return len(data)

    def _fail(self, _: OSError) -> None:
        self.code = WriteError.exit_code


class _Output(_Stream):
    """Standard output, whose first failure ends the command."""

    def _fail(self, error: OSError) -> None:
        if error.errno == errno.EPIPE:
            self.code = 128 + signal.SIGPIPE
            raise SystemExit(self.code) from error
        super()._fail(error)
        why = "It is closed" if error.errno == errno.EBADF else error.strerror
        what = f"The result could not be written to standard output: {why}."
        raise WriteError(what, remedy="Redirect it to a file on a disk with free space.") from error


def use_utf8_paths() -> None:
    """Restart Python in UTF-8 mode if it would read file names as ASCII or Latin-1, unlike git and DVC."""
    if sys.getfilesystemencoding() == "utf-8" or sys.flags.utf8_mode or not sys.executable:
        return
    encoding = getattr(sys.stdout, "encoding", "utf-8")
    os.execv(sys.executable, [sys.executable, "-X", "utf8", "-X", f"{_ENCODING}={encoding}", *sys.orig_argv[1:]])  # noqa: S606 - itself


def take_over() -> _Stream:
    """Replace both standard streams, and give standard output, whose ``code`` takes precedence over the command's.

    A closed stream is opened, so that no other file gets its number.
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
    """Text on a stream; characters that the encoding lacks are replaced."""
    encoding = sys._xoptions.get(_ENCODING) or (former.encoding if former else None)  # noqa: SLF001 - documented
    errors = former.errors if former and former.errors not in {"strict", "surrogateescape"} else "replace"
    return io.TextIOWrapper(io.BufferedWriter(stream), str(encoding or "utf-8"), errors, line_buffering=stream.isatty())
