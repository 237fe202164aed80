"""Predict the digits of a CSV file: a table with the 64 pixels in, a table of predictions out."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from digits.dataset import PIXELS
from digits.inference.samples import BadCell, BadRowsError, InputError, Sample
from digits.inference.sources import add_model_options, load_model
from digits.inference.tables import read_table, write_table
from digits.stage import PipelineError, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

EPILOG = f"""\
The columns of FILE are {PIXELS[0]} to {PIXELS[-1]}, from 0 to 16; `id`, without which the rows are numbered; and
`label`, which is ignored. The output has the columns id, digit, probability, and p_0 to p_9.

examples:
  python -m digits.predict data/digits.csv --out predictions.csv
  python -m digits.predict - --stage production < digits.csv
  python -m digits.predict digits.csv --sha "$SHA" --repository https://git.example/team/digits
"""

_HEADER_LINES = 1


def main() -> None:
    """Predict what the command line names."""
    parser = argparse.ArgumentParser(
        prog="python -m digits.predict",
        description=__doc__,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("table", metavar="FILE", help="a CSV file; - for the standard input")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to write  [default: the standard output]")
    add_model_options(parser)
    arguments = parser.parse_args()
    sample = read_sample(arguments.table)
    text = write_table(load_model(parser, arguments).classifier.predict(sample))
    if arguments.out:
        write_whole(arguments.out, text)
    else:
        _print(text)


def read_sample(name: str) -> Sample:
    """Read a file, or ``-`` for the standard input.

    Raises:
        PipelineError: it cannot be read, or is no table of digits; the message names the bad rows.
    """
    called = "the standard input" if name == "-" else name
    try:
        with _opened(name) as lines:
            return read_table(lines)
    except BadRowsError as error:
        lines_of_rows = "\n  ".join(_lines(error))
        raise PipelineError(f"{called} has {error}, correct them:\n  {lines_of_rows}") from error
    except InputError as error:
        raise PipelineError(f"{called} is no table of digits: {error}.") from error
    except OSError as error:
        raise PipelineError(f"{called} cannot be read: {error.strerror}.") from error


@contextmanager
def _opened(name: str) -> Iterator[TextIO]:
    source = sys.stdin.fileno() if name == "-" else name
    with open(source, encoding="utf-8-sig", newline="", closefd=name != "-") as lines:
        yield lines


def _lines(error: BadRowsError) -> Iterator[str]:
    """One line per bad row."""
    rows: dict[int, list[BadCell]] = {}
    for cell in error.cells:
        rows.setdefault(cell.row, []).append(cell)
    for row, cells in rows.items():
        name = f" (id {cells[0].id!r})" if cells[0].id else ""
        yield f"line {row + _HEADER_LINES}{name}: {'; '.join(_words(cell) for cell in cells)}"
    if error.more_rows:
        yield f"and {error.more_rows} more"


def _words(cell: BadCell) -> str:
    return f"{cell.field}: {cell.why}" if cell.field else cell.why


def _print(text: str) -> None:
    """Print a table; a reader such as ``head``, which ends before, ends this program without a word."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python tries again when it exits
        sys.exit(128 + signal.SIGPIPE)


def write_whole(path: Path, text: str) -> None:
    """Write a file so that nobody ever sees half of it.

    Raises:
        PipelineError: it cannot be written; a file that was there is unchanged.
    """
    try:
        with tempfile.TemporaryDirectory(prefix=".predict-", dir=path.parent) as staging:
            part = Path(staging, "part")
            part.write_text(text, encoding="utf-8")
            os.replace(part, path)  # noqa: PTH105 - the atomic rename is the point
    except OSError as error:
        raise PipelineError(f"{path} cannot be written: {error.strerror}.") from error


if __name__ == "__main__":
    run(main)
