"""Serve the predictions of a model over HTTP."""

from __future__ import annotations

import signal
import sys

from digits.stage import run


def main() -> None:
    """Be ready to be stopped, then load what takes seconds.

    The first process of a container ignores a signal that it has no handler for, so its platform would have to kill it.
    """
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    from digits.serve.command import main as serve  # noqa: PLC0415 - brings torch

    serve()


if __name__ == "__main__":
    run(main)
