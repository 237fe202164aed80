"""How a command shows that it uploads images: one line in a log, a bar on a terminal, nothing in a dry run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.progress import Progress

from headway.cli.progress import Bar, show_uploads
from headway.publish.http.options import ClientOptions

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

SENT = ((0, 128), (50, 128), (128, 128))


def upload(report: Callable[[int, int], None]) -> None:
    for done, images in SENT:
        report(done, images)


def test_a_log_has_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with show_uploads(ClientOptions()) as client:
        upload(client.uploading)
        client.log("Images go to the bucket.")
    assert capsys.readouterr().err == "uploading 128 images ...\nImages go to the bucket.\n"


def test_a_dry_run_prints_its_requests_alone(capsys: pytest.CaptureFixture[str]) -> None:
    options = ClientOptions(dry_run=True)
    with show_uploads(options) as client:
        upload(client.uploading)
    assert client is options
    assert capsys.readouterr() == ("", "")


def test_a_terminal_has_a_bar_until_all_are_sent() -> None:
    display = Progress(disable=True)
    bar = Bar(display)
    (task,) = display.tasks
    bar.uploading(*SENT[1])
    assert (task.completed, task.total, task.visible) == (50, 128, True)
    assert task.description == "uploading: 50 of 128 images"
    bar.uploading(*SENT[2])
    assert not task.visible
