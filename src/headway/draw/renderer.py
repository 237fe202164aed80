"""PNGs from child processes that start while the report is still being gathered.

A table plot becomes a chart in a process with polars, a program becomes an SVG in one with V8, and every SVG or image
becomes pixels in another, so that one image is rasterised while V8 draws the next; once no program waits, both make
pixels. Each child does one thing at a time and is restarted when it dies, so that an image that ends it, or never ends,
costs itself and nothing else.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import threading
from functools import partial
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Generic, Self, TypeVar

import msgspec

from headway.ci.process import signal_name
from headway.draw import jobs
from headway.draw.children import Children, end, start
from headway.draw.jobs import Job, Order, Reply, SvgJob, VegaJob
from headway.draw.plots.messages import PlotJob, PlotOrder, Reduced, StoredFile, UnreadFile
from headway.values.problem import Problem

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Mapping

    from headway.draw.children import Role
    from headway.draw.plots.messages import Content
    from headway.values.comparison import PlotPair

_Answer = TypeVar("_Answer", Reply, Reduced)

_WORTH_A_PROCESS = 20
"""Waiting programs from which on a second V8 is ready before the first has drawn them."""
_MOST_PROCESSES = 2
_READING_LIMIT = 600.0
"""Seconds that the child may take to read and reduce one plot."""
_LARGE = 1024 * 1024
"""Bytes of a file from which on a child reads it from the disk instead of a message."""
_LOOKS_AGAIN_AFTER = 1.0
"""Seconds after which a waiting caller looks whether the process that it waits for is still served, and whether Ctrl-C
came: an interrupt in the moment before a wait begins does not end one without a limit."""
_INTERRUPTED = "drawing was interrupted"


class Renderer:
    """Draws images beside the work of the caller.

    Args:
        limit: the seconds one image may take.
        processes: how many may draw programs at once; by default as many as there are cores beside the one for pixels,
            and two at the most. The first starts at once; another only where so many programs wait that its own start,
            half a second of V8, pays.
        tables: whether there will be table plots to reduce, so that the process for them starts at once, too.
        children: processes that an earlier renderer left, and to which this one leaves its own.

    Use as a context manager: entering starts the first processes, and leaving ends all, whatever they are doing.
    """

    def __init__(
        self,
        *,
        limit: float = 60.0,
        processes: int | None = None,
        tables: bool = False,
        children: Children | None = None,
    ) -> None:
        self._results: dict[str, bytes | str] = {}
        self._kept = threading.Condition()
        self._limit = limit
        self._processes = processes or min(max((os.cpu_count() or 1) - 1, 1), _MOST_PROCESSES)
        self._growing = threading.Lock()
        self._children = children
        self._files: TemporaryDirectory[str] | None = None
        self._plots = _Lane("tables", Reduced, children) if tables else None
        self._programs: _Orders[Reply] = queue.SimpleQueue()
        self._lanes: list[_Lane[Reply]] = []
        self._pixels = _Lane("pixels", Reply, children)

    def __enter__(self) -> Self:
        self._add_lane()
        if self._plots:
            self._plots.living_child()  # before the first job: polars needs a third of a second
            self._plots.start()
        self._pixels.start()
        return self

    def _add_lane(self) -> None:
        lane = _Lane("programs", Reply, self._children, self._programs, self._pixels.orders)
        lane.living_child()  # before the first job: V8 needs a third of a second before its first image
        lane.start()
        self._lanes.append(lane)

    def submit(self, key: str, job: Job, *, dark_key: str | None = None) -> None:
        """Order an image under a name; returns at once.

        Args:
            key: the name.
            job: what to draw.
            dark_key: the name of a second image, the same in the colours of the dark page. The job must be a built-in
                chart's program for the light page; see :mod:`headway.draw.recolor`.
        """
        if not isinstance(job, VegaJob):
            self._pixels.orders.put((partial(self._keep, key), Order(job, self._limit)))
            return
        self._programs.put((partial(self._rasterise, key, dark_key), Order(job, self._limit)))
        with self._growing:
            if len(self._lanes) < self._processes and self._programs.qsize() >= _WORTH_A_PROCESS:
                self._add_lane()

    def reduce(
        self,
        pair: PlotPair,
        base: Mapping[str, bytes | Problem | None],
        head: Mapping[str, bytes | Problem | None],
        deliver: Callable[[Reduced], None],
    ) -> None:
        """Order the charts of a table plot; returns at once.

        Args:
            pair: the plot.
            base, head: what each side has under the paths that it may read.
            deliver: is called with the charts, in another thread.
        """
        assert self._plots, "a renderer for tables"  # noqa: S101 - a mistake of the caller's
        sides = [{path: self._content(found) for path, found in side.items()} for side in (base, head)]
        job = PlotJob(pair=pair, base=sides[0], head=sides[1])
        try:
            msgspec.msgpack.encode(pair)
        except OverflowError:  # a template has an integer of more than 64 bits, where msgpack ends
            from headway.draw.plots.reducer import reduce_plot  # noqa: PLC0415 - loads polars

            deliver(reduce_plot(job))
            return
        self._plots.orders.put((deliver, PlotOrder(job, _READING_LIMIT)))

    def _content(self, found: bytes | Problem | None) -> Content:
        if isinstance(found, Problem):
            return UnreadFile(found)
        if found is None or len(found) < _LARGE:
            return found
        try:
            return StoredFile(str(self._store(found)))
        except OSError:  # a full disk, or nowhere to write
            return found

    def _store(self, content: bytes) -> Path:
        """Write a large content once, whatever the number of plots that draw it."""
        self._files = self._files or TemporaryDirectory(prefix="headway-")
        path = Path(self._files.name, blake2b(content).hexdigest())
        if not path.exists():
            partial_path = path.with_suffix(".partial")
            partial_path.write_bytes(content)
            partial_path.rename(path)
        return path

    def _rasterise(self, key: str, dark_key: str | None, reply: Reply) -> None:
        for name, to_dark in ((key, False), (dark_key, True)):
            if name is not None and reply.image is None:
                self._keep(name, reply)
            elif name is not None and reply.image is not None:
                order = Order(SvgJob(reply.image, to_dark=to_dark), self._limit)
                self._pixels.orders.put((partial(self._keep, name), order))

    def _keep(self, key: str, reply: Reply) -> None:
        with self._kept:
            self._results[key] = reply.reason if reply.image is None else reply.image
            self._kept.notify_all()

    def result(self, key: str) -> bytes | str:
        """Wait for one image that no program draws, before others are submitted; as in :meth:`results`."""
        with self._kept:
            while key not in self._results and self._pixels.is_serving():
                self._kept.wait(_LOOKS_AGAIN_AFTER)
            return self._results.get(key, _INTERRUPTED)

    def results(self) -> dict[str, bytes | str]:
        """Wait for all images, after which none can be submitted.

        Returns:
            For each key a PNG, or one sentence that says why there is none.
        """
        if self._plots:
            self._plots.orders.put(None)
            self._plots.finish()
        for _ in self._lanes:
            self._programs.put(None)
        for lane in self._lanes:
            while not lane.first_done.wait(_LOOKS_AGAIN_AFTER):
                pass
        lanes = *self._lanes, self._pixels
        for _ in lanes:
            self._pixels.orders.put(None)
        for lane in lanes:
            lane.finish()
        return dict(self._results)

    def __exit__(self, *_: object) -> None:
        for lane in (*self._lanes, self._pixels):
            lane.end()
        if self._plots:
            self._plots.end()
        if self._files:
            self._files.cleanup()


_Orders = queue.SimpleQueue["tuple[Callable[[_Answer], None], Order | PlotOrder] | None"]


class _Lane(threading.Thread, Generic[_Answer]):
    """One child process and the thread that talks to it, one order at a time, so that no pipe can fill up.

    It takes its orders from one queue after the other, by default from one of its own; ``None`` among them ends a
    queue. Each order comes with a function that is called with its reply, which has a reason where the child gave none.
    """

    def __init__(self, role: Role, answer: type[_Answer], children: Children | None, *queues: _Orders[_Answer]) -> None:
        super().__init__(daemon=True, name=f"headway-{role}")
        self._queues: tuple[_Orders[_Answer], ...] = queues or (queue.SimpleQueue(),)
        self.orders: _Orders[_Answer] = self._queues[0]
        self.first_done = threading.Event()
        """Set once all orders of the first queue are delivered."""
        self._role: Role = role
        self._answer: type[_Answer] = answer
        self._children = children
        self._lock = threading.Lock()
        self._ended = False
        self._child: subprocess.Popen[bytes] | None = None
        self._failure: Exception | None = None

    def run(self) -> None:
        for orders in self._queues:
            while item := orders.get():
                deliver, order = item
                try:
                    deliver(self._ask(order))
                except Exception as error:  # noqa: BLE001 - `finish` raises it where somebody sees it
                    self._failure = self._failure or error
            self.first_done.set()
        self._leave()

    def is_serving(self) -> bool:
        """Whether orders are still delivered, and none went wrong."""
        return self.is_alive() and not self._failure

    def finish(self) -> None:
        """Wait until all orders are delivered, the ``None`` among them."""
        while self.is_alive():
            self.join(_LOOKS_AGAIN_AFTER)
        if self._failure:
            raise self._failure

    def end(self) -> None:
        """End the process, whatever it is doing, and start no other."""
        with self._lock:
            self._ended = True
            if self._child:
                end(self._child)

    def _leave(self) -> None:
        """Leave the idle process to the next renderer, or end it."""
        with self._lock:
            if self._children and self._child and not self._ended:
                self._children.leave(self._role, self._child)
                self._child = None
        self.end()

    def _ask(self, order: Order | PlotOrder) -> _Answer:
        try:
            child = self.living_child()
        except OSError as error:
            return self._answer(reason=f"the renderer cannot be started: {error.strerror}")
        if child is None:
            return self._answer(reason=_INTERRUPTED)
        reply: _Answer | None
        try:
            reply = _ask(child, order, self._answer)
        except OverflowError:  # msgpack ends at 64 bits
            return self._answer(reason="its program contains an integer of more than 64 bits")
        doing = "drawing" if isinstance(order, Order) else "reading"
        return reply or self._answer(reason=_why_it_ended(child, doing, order.limit))

    def living_child(self) -> subprocess.Popen[bytes] | None:
        """The process, started again if it has died; ``None`` once the lane has ended."""
        with self._lock:
            if self._ended:
                return None
            if self._child is None or self._child.poll() is not None:
                self._child = self._children.take(self._role) if self._children else start(self._role)
            return self._child


def _why_it_ended(child: subprocess.Popen[bytes], doing: str, limit: float) -> str:
    if child.returncode == -signal.SIGALRM:
        return f"{doing} took more than {limit:g} s and was stopped"
    if name := signal_name(child.returncode):
        return f"the renderer was ended by {name}"
    return f"the renderer ended without an answer (exit code {child.returncode})"


def _ask(child: subprocess.Popen[bytes], order: Order | PlotOrder, answer: type[_Answer]) -> _Answer | None:
    """Send an order and wait for its reply; ``None`` if the child has died."""
    reply = None
    with contextlib.suppress(OSError, ValueError):  # a broken pipe, or one that was closed meanwhile
        if child.stdin and child.stdout:
            jobs.write(child.stdin, order)
            reply = jobs.read(child.stdout, answer)
    if reply is None:
        end(child)
    return reply
