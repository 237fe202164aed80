"""A child process that draws: reads orders from standard input, writes pictures to standard output, knows nothing else.

V8 that runs out of memory ends its whole process, and a hostile template may never end; both must cost one picture and
not the report. ``renderer`` starts it as ``python -m headway.draw.worker ROLE``, in an environment that makes pictures
the same on every machine; the role says what to be ready for. It ends when its input does, ignores Ctrl-C (the parent
decides) and never writes a traceback.
"""

from __future__ import annotations

import os
import signal
import sys

from headway.draw import jobs, vega

_GRACE = 5.0  # seconds after the parent should have ended this process
_LONGEST_REASON = 300
_WARM_UP = {
    "datasets": {"one": [{"x": 0, "y": 1}, {"x": 1, "y": 2}]},
    "data": {"name": "one"},
    "encoding": {"x": {"field": "x", "type": "quantitative"}, "y": {"field": "y", "type": "quantitative"}},
    "layer": [{"mark": "line"}, {"mark": {"type": "text", "text": "one"}}],
}
"""The first picture takes V8 a third of a second, more of them in advance gain little."""


def main() -> None:
    """Draw until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # whatever a library prints must not get between replies
    if sys.argv[1:] == ["programs"]:
        _draw(jobs.VegaJob(_WARM_UP))
    while order := jobs.read(sys.stdin.buffer, jobs.Order):
        _set_alarm(order.limit + _GRACE)
        jobs.write(replies, _draw(order.job))
        _set_alarm(0)


def _set_alarm(seconds: float) -> None:
    """Have the system end this process in time even if its parent is gone; V8 holds Python's lock while it draws."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _draw(job: jobs.Job) -> jobs.Reply:
    try:
        return jobs.Reply(_picture(job))
    except Exception as error:  # noqa: BLE001  whatever a foreign program or file provokes is its picture's reason
        return jobs.Reply(reason=_sentence(error))


def _picture(job: jobs.Job) -> bytes:
    if isinstance(job, jobs.VegaJob):
        return vega.draw(job.spec).encode()
    from headway.draw import contact_sheet, image_pair, raster  # noqa: PLC0415  loads Pillow, which only the child for pixels needs

    if isinstance(job, jobs.SvgJob):
        return raster.encode(raster.rasterise(job.svg.decode()))
    return contact_sheet.compose(job) if isinstance(job, jobs.SheetJob) else image_pair.compose(job)


def _sentence(error: Exception) -> str:
    """Give the first line that says something; vl-convert's errors go on with a JavaScript stack."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = [line for line in lines if not line.startswith("at ") and not line.endswith("conversion failed:")]
    return (telling or lines or [type(error).__name__])[0].removeprefix("Error: ")[:_LONGEST_REASON]


if __name__ == "__main__":
    main()
