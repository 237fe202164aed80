"""PNGs from child processes that start while the report is still being gathered.

A program becomes an SVG in a process with V8, and every SVG or image becomes pixels in another, so that one image is
rasterised while V8 draws the next; once no program waits, both make pixels. Each child draws one image at a time and is
restarted when it dies, so that an image that ends it, or never ends, costs itself and nothing else.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from headway.ci.process import child_environment, signal_name
from headway.draw import jobs
from headway.draw.jobs import Job, SvgJob, VegaJob

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Role = Literal["programs", "pixels"]

_WORTH_A_PROCESS = 20
"""Waiting programs from which on a second V8 is ready before the first has drawn them."""

_Jobs = queue.SimpleQueue[tuple[str, Job] | None]
_Work = tuple[_Jobs, "Callable[[str, bytes | str], None]"]
"""Jobs, and who gets what becomes of them."""

_MOST_PROCESSES = 2


class Renderer:
    """Draws images beside the work of the caller.

    Args:
        limit: the seconds one image may take.
        processes: how many may draw programs at once; by default as many as there are cores beside the one for pixels,
            and two at the most. The first starts at once; another only where so many programs wait that its own start,
            half a second of V8, pays.

    Use as a context manager: entering starts the first process, and leaving ends all, whatever they are doing.
    """

    def __init__(self, *, limit: float = 60.0, processes: int | None = None) -> None:
        self._programs, self._pixels = _Jobs(), _Jobs()
        self._results: dict[str, bytes | str] = {}
        self._pixel_work: _Work = self._pixels, self._results.__setitem__
        self._dark_keys: dict[str, str] = {}
        self._limit = limit
        self._processes = processes or min(max((os.cpu_count() or 1) - 1, 1), _MOST_PROCESSES)
        self._lanes: list[_Lane] = []
        self._pixel_lane = _Lane("pixels", [self._pixel_work], limit)

    def __enter__(self) -> Self:
        self._add_lane()
        self._pixel_lane.start()
        return self

    def _add_lane(self) -> None:
        lane = _Lane("programs", [(self._programs, self._rasterise), self._pixel_work], self._limit)
        lane.living_child()  # before the first job: V8 needs a third of a second before its first image
        lane.start()
        self._lanes.append(lane)

    def submit(self, key: str, job: Job, *, dark_key: str | None = None) -> None:
        """Order an image under a name; returns at once.

        Args:
            dark_key: the name of a second image, the same in the colours of the dark page. The job must be a built-in
                chart's program for the light page; see :mod:`headway.draw.recolor`.
        """
        if dark_key is not None:
            self._dark_keys[key] = dark_key
        if not isinstance(job, VegaJob):
            self._pixels.put((key, job))
            return
        self._programs.put((key, job))
        if len(self._lanes) < self._processes and self._programs.qsize() >= _WORTH_A_PROCESS:
            self._add_lane()

    def _rasterise(self, key: str, svg: bytes | str) -> None:
        for name, to_dark in ((key, False), (self._dark_keys.get(key), True)):
            if name is None:
                continue
            if isinstance(svg, bytes):
                self._pixels.put((name, SvgJob(svg, to_dark=to_dark)))
            else:
                self._results[name] = svg

    def results(self) -> dict[str, bytes | str]:
        """Wait for all images, after which none can be submitted.

        Returns:
            For each key a PNG, or one sentence that says why there is none.
        """
        for _ in self._lanes:
            self._programs.put(None)
        for lane in self._lanes:
            lane.first_done.wait()
        lanes = *self._lanes, self._pixel_lane
        for _ in lanes:
            self._pixels.put(None)
        for lane in lanes:
            lane.join()
        return dict(self._results)

    def __exit__(self, *_: object) -> None:
        for lane in (*self._lanes, self._pixel_lane):
            lane.end()


class _Lane(threading.Thread):
    """One child process and the thread that talks to it, one image at a time, so that no pipe can fill up.

    It takes its jobs from one queue after the other; ``None`` among the jobs ends a queue. It delivers each key with
    its image, or with a sentence that says why not.
    """

    def __init__(self, role: Role, work: Sequence[_Work], limit: float) -> None:
        super().__init__(daemon=True, name=f"headway-{role}")
        self.first_done = threading.Event()
        """Set once all jobs of the first queue are delivered."""
        self._role: Role = role
        self._work = work
        self._limit = limit
        self._lock = threading.Lock()
        self._ended = False
        self._child: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        for waiting, deliver in self._work:
            while item := waiting.get():
                key, job = item
                try:
                    deliver(key, self._draw(job))
                except OverflowError:  # msgpack ends at 64 bits
                    deliver(key, "its program contains an integer of more than 64 bits")
            self.first_done.set()
        self.end()

    def end(self) -> None:
        """End the process, whatever it is doing, and start no other."""
        with self._lock:
            self._ended = True
            if self._child:
                _kill(self._child)

    def _draw(self, job: Job) -> bytes | str:
        child = self.living_child()
        if child is None:
            return "drawing was interrupted"
        reply = _ask(child, jobs.Order(job, self._limit))
        if reply:
            return reply.reason if reply.image is None else reply.image
        if child.returncode == -signal.SIGALRM:
            return f"drawing took more than {self._limit:g} s and was stopped"
        if name := signal_name(child.returncode):
            return f"the renderer was ended by {name}"
        return f"the renderer ended without an answer (exit code {child.returncode})"

    def living_child(self) -> subprocess.Popen[bytes] | None:
        """The process, started again if it has died; ``None`` once the lane has ended."""
        with self._lock:
            if self._ended:
                return None
            if self._child is None or self._child.poll() is not None:
                self._child = _start(self._role)
            return self._child


_NEEDED = {"HOME", "LANG", "LD_LIBRARY_PATH", "PATH", "TEMP", "TMP", "TMPDIR"}
_FONTS = Path(__file__).with_name("fonts.conf")


def _start(role: Role) -> subprocess.Popen[bytes]:
    """Start a child that a Ctrl-C in the terminal does not reach, as ending it is the parent's decision.

    It draws what strangers may have written, so it sees no token, only what Python and the fonts need. Fonts and time
    zone are Headway's own, so that images do not depend on the machine. ``-P`` keeps it from importing modules of the
    folder that is being reported on in place of ours.
    """
    return subprocess.Popen(  # noqa: S603  the command and the roles are constants
        [sys.executable, "-P", "-m", "headway.draw.worker", role],
        env=child_environment(
            lambda name: name in _NEEDED or name.startswith("PYTHON"), FONTCONFIG_FILE=str(_FONTS), TZ="UTC"
        ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _ask(child: subprocess.Popen[bytes], order: jobs.Order) -> jobs.Reply | None:
    """Send an order and wait for its reply; ``None`` if the child has died."""
    reply = None
    with contextlib.suppress(OSError, ValueError):  # a broken pipe, or one that was closed meanwhile
        if child.stdin and child.stdout:
            jobs.write(child.stdin, order)
            reply = jobs.read(child.stdout, jobs.Reply)
    if reply is None:
        _kill(child)
    return reply


def _kill(child: subprocess.Popen[bytes]) -> None:
    """End a child, wait for it, and close its pipes."""
    with contextlib.suppress(OSError), child:
        child.kill()
