"""Progress in a notebook: one line that is replaced; silence elsewhere."""

from __future__ import annotations

import subprocess
import sys
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from headway.app.notebook.progress import NotebookLine, notebook_progress
from headway.gather import Quiet


class Shell:
    """Stands in for the shell of a kernel: keeps what is published.

    Attributes:
        texts: what the line said.
        ids: the displays that were published, and whether each replaced another one.
    """

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.ids: list[tuple[str, bool]] = []
        self.display_pub = self

    def publish(self, data: dict[str, str], _: dict[str, Any], *, transient: dict[str, str], update: bool) -> None:
        assert list(data) == ["text/plain"]
        self.texts.append(data["text/plain"])
        self.ids.append((transient["display_id"], update))


def test_one_line_is_replaced_until_it_says_what_was_fetched() -> None:
    shell = Shell()
    with notebook_progress(shell) as progress:
        progress.step("comparing")
        progress.log("git fetch")
        progress.transferring("store", 0, 2, 0)
        progress.fetched("store", 2, 3_000)
        progress.fetched("store", 1, 1_000)
    assert shell.texts == [
        "Headway: comparing ...",
        "Headway: git fetch ...",
        "Headway: fetching from remote 'store': 0 of 2 files, 0 bytes ...",
        "Headway fetched 3 files, 4 kB, from remote 'store'.",
    ]
    assert len({display for display, _ in shell.ids}) == 1
    assert [replaces for _, replaces in shell.ids] == [False, True, True, True]


def test_the_line_disappears_even_after_an_error_and_shows_no_control_characters() -> None:
    shell = Shell()

    def fail() -> None:
        with notebook_progress(shell) as progress:
            progress.step("a\x1b[31mb\n")
            raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        fail()
    assert "\x1b" not in shell.texts[0]
    assert shell.texts[-1] == ""


def test_a_batch_with_many_files_does_not_flood_the_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headway.app.notebook.progress.time", SimpleNamespace(monotonic=lambda: 5.0))
    shell = Shell()
    line = NotebookLine(shell.publish)
    threads = [threading.Thread(target=line.transferring, args=("store", n, 5_000, n)) for n in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(shell.texts) == 1


def test_outside_of_a_kernel_there_is_silence() -> None:
    with notebook_progress() as progress:
        assert isinstance(progress, Quiet)


@pytest.mark.parametrize(
    "ipython",
    [
        SimpleNamespace(),
        SimpleNamespace(get_ipython=lambda: None),
        SimpleNamespace(get_ipython=SimpleNamespace),
        SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=None, display_pub=Shell())),
        SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=object())),
    ],
    ids=["being imported", "script", "terminal", "no kernel", "no display"],
)
def test_a_shell_that_shows_no_line_leaves_silence(ipython: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    with notebook_progress() as progress:
        assert isinstance(progress, Quiet)


def test_importing_and_comparing_load_no_ipython() -> None:
    code = "import sys, headway.api, headway.app.notebook.progress as n\nn._kernel_shell()\n"
    code += "sys.exit(bool({'IPython', 'polars', 'pandas'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
