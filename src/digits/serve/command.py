"""The command line of the service."""

from __future__ import annotations

import argparse
import math

from digits.inference.sources import add_model_options, load_model
from digits.serve.app import Service
from digits.serve.limits import Limits
from digits.serve.server import Server, listen

EPILOG = """\
It prints `serving on http://HOST:PORT` when it is ready, and a line for each request on the standard error. SIGTERM or
Ctrl-C stops it when the requests in flight are answered; a second one stops it at once.

examples:
  python -m digits.serve
  python -m digits.serve --host 0.0.0.0 --port 80 --stage production --repository https://git.example/team/digits
  curl --data-binary @data/digits.csv --header "Content-Type: text/csv" http://127.0.0.1:8080/predict
"""


def main() -> None:
    """Load the model that the command line names, and serve it until a signal."""
    parser = argparse.ArgumentParser(
        prog="python -m digits.serve",
        description="Serve the predictions of a model over HTTP.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on  [default: %(default)s]")
    parser.add_argument("--port", type=int, default=8080, help="the port; 0 for a free one  [default: %(default)s]")
    _add_limits(parser)
    add_model_options(parser)
    arguments = parser.parse_args()
    limits = Limits(
        body_bytes=arguments.body_bytes,
        rows=arguments.rows,
        concurrency=arguments.concurrency,
        body_seconds=arguments.body_seconds,
        stop_seconds=arguments.stop_seconds,
    )
    model = load_model(parser, arguments)
    Server(Service(model, limits), limits).run([listen(arguments.host, arguments.port)])


def _add_limits(parser: argparse.ArgumentParser) -> None:
    usual = Limits()
    group = parser.add_argument_group("limits")
    for name, kind, words in (
        ("body_bytes", _positive_int, "bytes of a request"),
        ("rows", _positive_int, "rows of a request"),
        ("concurrency", _positive_int, "requests that are read or predicted at once"),
        ("body_seconds", _positive_float, "seconds until a request has arrived"),
        ("stop_seconds", _positive_int, "seconds until the requests in flight are given up after a signal"),
    ):
        group.add_argument(
            f"--{name.replace('_', '-')}",
            type=kind,
            default=getattr(usual, name),
            metavar="N",
            help=f"{words}  [default: %(default)s]",
        )


def _positive_int(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return value


def _positive_float(text: str) -> float:
    value = float(text)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is not more than 0")
    return value
