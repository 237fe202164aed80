"""The ``headway`` script, and ``python -m headway``.

Nothing else is imported before errors can be caught, so that an interrupt or a broken installation in the first moment
ends as it does later: with one line and an exit code that is never a verdict's.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

UNEXPECTED = 70
"""``EX_SOFTWARE`` of BSD's sysexits: an internal error. Exit code 1 means a verdict."""
INTERRUPTED = 130
_TRACEBACK = "--traceback"


def run(args: Sequence[str] | None = None) -> int:
    """Run the command line and give its exit code; whatever goes wrong is caught here at the latest.

    Args:
        args: the arguments without the program's name; ``None`` takes the process's own.
    """
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
    """Print one line about an error that nobody foresaw, and where to report it. Needs the standard library alone."""
    import shlex  # noqa: PLC0415 - only a run that failed needs these
    import traceback  # noqa: PLC0415 - likewise

    if _TRACEBACK in args:
        traceback.print_exception(error)
    said = " ".join(str(error).split())
    command = shlex.join(["headway", _TRACEBACK, *(arg for arg in args if arg != _TRACEBACK)])
    sys.stderr.write(
        f"error: Headway failed unexpectedly: {type(error).__name__}{': ' if said else ''}{said}\n"
        f"  This is a bug. Please report it at {_tracker()}, with the output of: {command}\n"
    )


def _tracker() -> str:
    """Where bugs are reported, as the installed package says."""
    from importlib import metadata  # noqa: PLC0415 - likewise

    try:
        urls = metadata.metadata("dvc-headway").get_all("Project-URL") or []
    except metadata.PackageNotFoundError:
        urls = []
    named: dict[str, str] = dict(url.split(", ", 1) for url in urls)
    return named.get("Issues", "the issue tracker of the repository that Headway was installed from")


def main() -> NoReturn:
    """The ``headway`` script."""
    import signal  # noqa: PLC0415 - see this module's docstring

    from headway.cli import streams  # noqa: PLC0415 - likewise

    streams.use_utf8_paths()
    output = streams.take_over()
    # A polite kill cleans up as Ctrl-C does: the renderer's child and the staging folder go.
    signal.signal(signal.SIGTERM, _terminate)
    code = run()
    sys.exit(output.code or code)


def _terminate(signum: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(128 + signum)


if __name__ == "__main__":
    main()
