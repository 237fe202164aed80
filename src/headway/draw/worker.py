"""A child process that draws: reads orders from standard input and writes images to standard output.

V8 that runs out of memory ends its whole process, and a hostile template may never end; both must cost one image and
not the report. ``renderer`` starts it as ``python -m headway.draw.worker ROLE``, in an environment that makes images
the same on every machine; the role says what to prepare for. It ends when its input does, ignores Ctrl-C (the parent
decides) and never writes a traceback.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from headway.draw import jobs, vega

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST_REASON = 300
_WARM_UP = {
    "datasets": {"one": [{"x": 0, "y": 1}, {"x": 1, "y": 2}]},
    "data": {"name": "one"},
    "encoding": {"x": {"field": "x", "type": "quantitative"}, "y": {"field": "y", "type": "quantitative"}},
    "layer": [{"mark": "line"}, {"mark": {"type": "text", "text": "one"}}],
}
"""The first image takes V8 a third of a second. More of them in advance take processor time from the report's start."""
_FIRST_PIXELS = jobs.SvgJob(b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text>one</text></svg>')
"""Loads Pillow and the fonts before there is a job."""


def main() -> None:
    """Draw until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # whatever a library prints must not get between replies
    if sys.argv[1:] == ["tables"]:
        _serve_plots(replies)
        return
    if sys.argv[1:] == ["programs"]:
        _reply(jobs.VegaJob(_WARM_UP))
    else:
        _reply(_FIRST_PIXELS)
    while order := jobs.read(sys.stdin.buffer, jobs.Order):
        with _limited(order.limit):
            jobs.write(replies, _reply(order.job))


def _serve_plots(replies: IO[bytes]) -> None:
    from headway.draw.plots.messages import PlotOrder, Reduced  # noqa: PLC0415  the other roles need no values
    from headway.draw.plots.reducer import reduce_plot  # noqa: PLC0415  loads polars

    while order := jobs.read(sys.stdin.buffer, PlotOrder):
        with _limited(order.limit):
            try:
                jobs.write(replies, reduce_plot(order.job))
            except Exception as error:  # noqa: BLE001  whatever a foreign file provokes is its plot's reason
                jobs.write(replies, Reduced(reason=_sentence(error)))


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Let the system end this process in time: V8 holds Python's lock while it draws, and the parent may be gone."""
    signal.setitimer(signal.ITIMER_REAL, seconds)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)


def _reply(job: jobs.Job) -> jobs.Reply:
    try:
        return jobs.Reply(_draw(job))
    except Exception as error:  # noqa: BLE001  whatever a foreign program or file provokes is its image's reason
        return jobs.Reply(reason=_sentence(error))


def _draw(job: jobs.Job) -> bytes | None:
    if isinstance(job, jobs.VegaJob):
        return vega.draw_svg(job.spec, job.datasets).encode()
    from headway.draw import raster, recolor  # noqa: PLC0415  loads Pillow, which only the child for pixels needs
    from headway.draw.images import contact_sheet, image_pair  # noqa: PLC0415  loads Pillow, which only the child for pixels needs

    if isinstance(job, jobs.SvgJob):
        svg = job.svg.decode()
        return raster.encode(raster.rasterise(recolor.to_dark(svg) if job.to_dark else svg))
    if isinstance(job, jobs.DifferenceJob):
        return image_pair.compose_difference(job)
    if isinstance(job, jobs.ThumbnailJob):
        return contact_sheet.encode_again(job.content)
    return contact_sheet.compose(job) if isinstance(job, jobs.SheetJob) else image_pair.compose(job)


def _sentence(error: Exception) -> str:
    """The first line that says something; vl-convert's errors go on with a JavaScript stack."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = [line for line in lines if not line.startswith("at ") and not line.endswith("conversion failed:")]
    return (telling or lines or [type(error).__name__])[0].removeprefix("Error: ")[:_LONGEST_REASON]


if __name__ == "__main__":
    main()
