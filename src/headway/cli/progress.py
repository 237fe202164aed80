"""Progress on stderr while a command runs: a spinner and a bar on a terminal, else one line per remote and upload."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from headway.numbers import format_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import Progress as Display

    from headway.publish.http.options import ClientOptions


class Lines:
    """Progress in lines, as a log keeps them."""

    def __init__(self) -> None:
        self._fetched: dict[str, tuple[int, int]] = {}

    def step(self, what: str) -> None:
        """Print nothing: a command says what it does as a whole."""

    def log(self, line: str) -> None:
        """Print one line."""
        click.echo(line, err=True)

    def transferring(self, remote: str, done: int, files: int, size: int) -> None:
        """Print nothing: a log needs no bar."""

    def fetched(self, remote: str, files: int, size: int) -> None:
        """Add a batch to what came from this remote before."""
        known_files, known_size = self._fetched.get(remote, (0, 0))
        self._fetched[remote] = known_files + files, known_size + size

    def uploading(self, done: int, images: int) -> None:
        """Print a line before the first image."""
        from headway.report.formatting import count

        if done == 0:
            self.log(f"uploading {count(images, 'image')} ...")

    def close(self) -> None:
        """Print what came from each remote, in one line each."""
        from headway.report.formatting import count

        for remote, (files, size) in self._fetched.items():
            if files:
                self.log(f"fetched {count(files, 'file')}, {format_bytes(size)}, from remote {remote!r}")


class Bar(Lines):
    """Progress on a terminal; ``display`` is started and already has the spinner's task."""

    def __init__(self, display: Display) -> None:
        super().__init__()
        self._display = display
        self._task = display.add_task("", total=None, visible=False)

    def log(self, line: str) -> None:
        """Print one line above the spinner."""
        self._display.console.print(line, highlight=False, markup=False, soft_wrap=True)  # a command is copied whole

    def transferring(self, remote: str, done: int, files: int, size: int) -> None:
        """Show the bar, with the bytes so far."""
        text = f"fetching from remote {remote!r}: {done:,} of {files:,} files, {format_bytes(size)}"
        self._display.update(self._task, completed=done, total=files, description=text, visible=True)

    def fetched(self, remote: str, files: int, size: int) -> None:
        """Hide the bar until the next batch."""
        self._display.update(self._task, visible=False)
        super().fetched(remote, files, size)

    def uploading(self, done: int, images: int) -> None:
        """Show the bar until the last image is sent."""
        from headway.report.formatting import count

        text = f"uploading: {done:,} of {count(images, 'image')}"
        self._display.update(self._task, completed=done, total=images, description=text, visible=done < images)


@contextmanager
def show_progress(what: str) -> Iterator[Lines]:
    """Show progress on stderr while the body runs; only a terminal has a spinner and a bar."""
    with _display(what) as progress:
        try:
            yield progress
        finally:
            progress.close()


@contextmanager
def show_uploads(client: ClientOptions) -> Iterator[ClientOptions]:
    """Show progress while the body publishes with the given options; a dry run prints its requests instead."""
    if client.dry_run:
        yield client
        return
    with show_progress("publishing") as progress:
        yield replace(client, log=progress.log, uploading=progress.uploading)


@contextmanager
def _display(what: str) -> Iterator[Lines]:
    if not sys.stderr.isatty():
        yield Lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, Task, TextColumn

    class CountedBar(BarColumn):
        """A bar for the batch of files; none beside the spinner."""

        def render(self, task: Task) -> Any:  # noqa: ANN401 - rich's own union of a bar and text
            return "" if task.total is None else super().render(task)

    columns = SpinnerColumn(), TextColumn("{task.description}", markup=False), CountedBar()
    with Progress(*columns, console=Console(stderr=True), transient=True) as display:
        display.add_task(f"{what} ...", total=None)
        yield Bar(display)
