"""The ``headway`` script, and ``python -m headway``.

Nothing else is imported before errors can be caught, so that an interrupt or a broken installation in the first moment
ends like any later one: with one line and an exit code other than 1.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

UNEXPECTED = 70
"""``EX_SOFTWARE`` of BSD's sysexits: an internal error. Exit code 1 means that a check failed."""
INTERRUPTED = 130
_TRACEBACK = "--traceback"


def run(args: Sequence[str] | None = None) -> int:
    """Run the command line and give its exit code; ``None`` takes the process's own arguments."""
    try:
        from headway.cli import main as command_line  # noqa: PLC0415 - an interrupt of this import is caught, too

        return command_line.run(args)
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - a traceback would help nobody but us
        _explain(error, sys.argv[1:] if args is None else list(args))
        return UNEXPECTED


def _explain(error: Exception, args: Sequence[str]) -> None:
    """Print one line about an unexpected error, and how to report it. Needs the standard library alone."""
    import shlex  # noqa: PLC0415 - only a run that failed needs these
    import traceback  # noqa: PLC0415 - likewise

    if _TRACEBACK in args:
        traceback.print_exception(error)
    message = " ".join(str(error).split())
    command = shlex.join(["headway", _TRACEBACK, *(arg for arg in args if arg != _TRACEBACK)])
    sys.stderr.write(
        f"error: Headway failed unexpectedly: {type(error).__name__}{': ' if message else ''}{message}\n"
        f"  This is a bug. Please report it to Headway's issue tracker, with the output of: {command}\n"
    )


def main() -> NoReturn:
    """The ``headway`` script."""
    import signal  # noqa: PLC0415 - see this module's docstring

    from headway.cli import streams  # noqa: PLC0415 - likewise

    streams.use_utf8_paths()
    output = streams.take_over()
    # SIGTERM cleans up as Ctrl-C does: the renderer's child and the staging folder go.
    signal.signal(signal.SIGTERM, _terminate)
    code = run()
    sys.exit(output.code or code)


def _terminate(signum: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + signum)


if __name__ == "__main__":
    main()
