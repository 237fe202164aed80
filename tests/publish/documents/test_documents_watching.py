"""Watching a document: what is sent and when, in a time of its own; and the end, by real signals and real parents."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import pytest
from fakes import FakeGitHub, PullRequest, faults
from image_forges import png
from publish.forge_places import FakeClock, make_options

from headway.ci.read import read_context
from headway.errors import DeniedError, DocumentError, ForgeError
from headway.publish.documents.delivery import TargetSpec, resolve_destinations, watch_and_update
from headway.publish.documents.watching import ParentOrSignal, watch
from headway.settings import ImageSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from headway.publish.comment.sticky import Posted
    from headway.publish.documents.watching import Outcome


@dataclass
class Story:
    """A state that changes with time: ``"0 a 3 b 9 end"`` is a, then b after 3 seconds, and the end after 9."""

    plot: str
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    now: float = 0.0
    updates: list[str] = field(default_factory=list)

    def state(self) -> str | None:
        words = self.plot.split()
        past = [word for at, word in zip(words[::2], words[1::2], strict=True) if float(at) <= self.now]
        states = [word for word in past if word != "end"]
        return states[-1] if states and states[-1] != "gone" else None

    def is_met(self) -> bool:
        words = self.plot.split()
        return self.now >= float(words[words.index("end") - 1])

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def update(self, last: bool) -> Outcome:  # noqa: FBT001 - watch says it by position
        self.updates.append(f"{self.now:g} {self.state()}{' last' if last else ''}")
        return self.outcomes.pop(self.state() or "", "updated")

    def run(self, every: float = 10.0) -> list[str]:
        watch(self.state, self.update, self, lambda: self.now, every)
        return self.updates


@pytest.mark.parametrize(
    ("plot", "updates"),
    [
        ("0 a 5 end", ["1 a"]),  # the same twice in a row, then nothing new to the end
        ("0 a 3 b 30 end", ["1 a", "11 b"]),  # not before ten seconds have passed
        ("0 a 3 b 5 c 6 d 30 end", ["1 a", "11 d"]),  # what came between is not missed
        ("0 a 3 b 5 end", ["1 a", "5 b last"]),  # the last state, however soon
        ("0 a 5 b 5 end", ["1 a", "5 b last"]),  # even when it was never looked at before
        ("4 a 5 b 6 c 7 d 20 end", ["8 d"]),  # half written for a while
        ("0 gone 4 a 9 end", ["5 a"]),  # not there yet
        ("0 a 3 gone 4 a 20 end", ["1 a"]),  # replaced by itself
        ("0 a 3 b 4 a 20 end", ["1 a"]),
        ("0 gone 3 end", []),
        ("0 end", []),
    ],
)
def test_what_is_sent_and_when(plot: str, updates: list[str]) -> None:
    assert Story(plot).run() == updates


def test_what_failed_is_tried_again_at_its_time() -> None:
    assert Story("0 a 30 end", {"a": "failed"}).run() == ["1 a", "11 a"]


def test_what_failed_is_tried_once_more_at_the_end() -> None:
    assert Story("0 a 5 end", {"a": "failed"}).run() == ["1 a", "5 a last"]


def test_there_is_no_going_on_where_it_is_over() -> None:
    assert Story("0 a 3 b 99 end", {"b": "overtaken"}).run(every=1.0) == ["1 a", "4 b"]


def test_a_signal_brings_the_end_and_is_then_as_before() -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    try:
        end = ParentOrSignal()
        with end.on_signals():
            assert not end.is_met()
            os.kill(os.getpid(), signal.SIGTERM)
            end.wait(3600)  # which is over at once
            assert end.is_met()
            assert heard == []
            os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)
        assert heard == [signal.SIGTERM, signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        end = ParentOrSignal()
        with end.on_signals():
            os.kill(os.getpid(), signal.SIGINT)
            assert not end.is_met()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_another_parent_is_the_end_of_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    parents = iter([7, 7, 1])
    monkeypatch.setattr(os, "getppid", lambda: next(parents))
    end = ParentOrSignal()
    assert not end.is_met()
    assert end.is_met()


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    with FakeGitHub(pull_requests=[PullRequest(number=7)], validate=False) as forge:
        yield forge


@dataclass
class Training:
    """A run that rewrites its document: what it does at each look, one after the other, and then it ends."""

    github: FakeGitHub
    path: Path
    clock: FakeClock = field(default_factory=FakeClock)
    steps: list[Callable[[], object]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)

    def write(self, text: str) -> Training:
        self.steps.append(lambda: self.path.write_text(text, encoding="utf-8"))
        return self

    def do(self, step: Callable[[], object]) -> Training:
        self.steps.append(step)
        return self

    def rest(self, looks: int = 2) -> Training:
        self.steps += [lambda: None] * looks
        return self

    def is_met(self) -> bool:
        self.bodies += [comment.body.split("\n\n", 1)[1] for comment in self.github.comments(7)]
        if self.steps:
            self.steps.pop(0)()
        return not self.steps

    def wait(self, seconds: float) -> None:
        self.clock.sleep(seconds)

    def watched(self, token: str | None = None) -> Posted:
        transport = make_options(self.clock, log=self.said.append)
        context = read_context(self.github.environ(token=token))
        images = ImageSettings()
        resolve = partial(
            resolve_destinations, TargetSpec("auto"), context, transport, label="report.md", images=images
        )
        (posted,) = watch_and_update(self.path, resolve, transport, self, every=1.0)
        return posted

    @property
    def comment(self) -> str:
        (comment,) = self.github.comments(7)
        return comment.body.split("\n\n", 1)[1]


@pytest.fixture
def training(github: FakeGitHub, tmp_path: Path) -> Training:
    return Training(github, tmp_path / "report.md")


def test_one_comment_follows_the_document_to_its_end(training: Training) -> None:
    posted = training.rest().write("epoch 1").rest().write("epoch 2").rest().write("epoch 3").watched()
    assert posted.outcome == "updated"
    assert training.comment == "epoch 3"
    assert {"epoch 1", "epoch 2"} <= set(training.bodies)


def test_a_picture_that_is_drawn_anew_is_a_change(training: Training, github: FakeGitHub) -> None:
    picture = training.path.with_name("loss.png")
    training.do(lambda: picture.write_bytes(png(1))).write("![loss](loss.png)").rest()
    training.do(lambda: picture.write_bytes(png(2))).rest().watched()
    assert len(set(training.bodies) | {training.comment}) == 2
    assert {png(1), png(2)} <= set(github.branch_files("headway-images").values())


def test_a_picture_that_is_not_drawn_yet_is_waited_for(training: Training) -> None:
    picture = training.path.with_name("loss.png")
    training.write("![loss](loss.png)").rest().do(lambda: picture.write_bytes(png(1))).rest().watched()
    assert training.comment.startswith("![loss](http")
    assert any("the image loss.png does not exist" in line for line in training.said)


def test_a_picture_that_is_never_drawn_is_an_error_at_the_end(training: Training) -> None:
    with pytest.raises(DocumentError, match="line 1: the image gone"):
        training.write("![loss](gone.png)").rest().watched()


def test_a_document_that_is_not_there_is_waited_for_in_silence(training: Training, github: FakeGitHub) -> None:
    quiet: list[int] = []
    training.rest(3).do(lambda: training.path.write_text("")).rest(3)
    training.do(lambda: quiet.append(len(github.requests) + len(training.said)))
    assert training.write("epoch 1").rest().watched().outcome == "created"
    assert quiet == [0]


def test_a_document_that_is_removed_and_written_again_goes_on(training: Training) -> None:
    training.write("epoch 1").rest().do(training.path.unlink).rest(3).write("epoch 2").rest()
    assert training.watched().outcome == "updated"
    assert training.comment == "epoch 2"
    assert not [line for line in training.said if "not updated" in line]


def test_a_document_that_is_removed_for_good_leaves_its_last_state(training: Training) -> None:
    training.write("epoch 1").rest().do(training.path.unlink).rest(3)
    assert training.watched().outcome == "created"
    assert training.comment == "epoch 1"


def test_a_document_that_never_came_is_an_error_at_the_end(training: Training) -> None:
    with pytest.raises(DocumentError, match="cannot be read"):
        training.rest().watched()


def test_a_bad_day_of_the_forge_passes(training: Training, github: FakeGitHub) -> None:
    github.fail("*", "*", faults.server_error(), times=6)  # one call gives up after five
    training.write("epoch 1").rest().write("epoch 2").watched()
    assert training.comment == "epoch 2"
    assert any("not updated" in line for line in training.said)


def test_a_bad_day_at_the_end_is_an_error(training: Training, github: FakeGitHub) -> None:
    training.write("epoch 1").rest().do(lambda: github.fail("*", "*", faults.server_error(), times=-1))
    with pytest.raises(ForgeError):
        training.write("epoch 2").watched()


def test_what_the_token_may_not_do_is_not_tried_for_hours(training: Training, github: FakeGitHub) -> None:
    training.write("epoch 1").rest(50)
    with pytest.raises(DeniedError):
        training.watched(token=github.token("read"))
    assert len(training.steps) > 40


def test_a_new_push_ends_the_watching_and_keeps_the_newer_result(training: Training, github: FakeGitHub) -> None:
    training.write("epoch 1").rest().do(lambda: github.push(7)).write("epoch 2").rest(50)
    posted = training.watched()
    assert posted.outcome == "overtaken"
    assert training.comment == "epoch 1"
    assert len(training.steps) > 40


def test_the_same_text_written_again_sends_nothing(training: Training, github: FakeGitHub) -> None:
    requests: list[int] = []
    training.write("epoch 1").rest().do(lambda: requests.append(len(github.requests)))
    training.write("epoch 1").rest().write("epoch 1").rest().watched()
    assert requests == [len(github.requests)]


ALONE = """
"$1" -m headway comment report.md --watch --every 1 &
echo "epoch 1" >report.md
read _ <posted
echo "the last epoch" >report.md
"""
TRAPPED = """
"$1" -m headway comment report.md --watch --every 1 & watcher=$!
trap 'kill $watcher; wait $watcher' EXIT  # as docs/from-cml.md has it
read _ <posted
echo "the last epoch" >report.md
exit 3
"""


def run_beside(script: str, folder: Path, github: FakeGitHub) -> int:
    """Run a script that reads from ``posted`` until the comment is written; gives its exit status.

    The watcher has the script's output, too, so that output ends when both have ended.
    """
    posting = threading.Event()
    github.before_request("POST", "*/comments", posting.set)
    os.mkfifo(folder / "posted")
    environ = {**os.environ, **github.environ()}
    command = ["bash", "-ec", script, "bash", sys.executable]
    with subprocess.Popen(command, cwd=folder, env=environ, stdout=subprocess.PIPE) as process:
        posting.wait()
        (folder / "posted").write_text("go on\n")
        process.communicate()
    return process.returncode


@pytest.mark.slow
def test_a_watcher_whose_parent_is_gone_sends_the_last_state_and_ends(github: FakeGitHub, tmp_path: Path) -> None:
    assert run_beside(ALONE, tmp_path, github) == 0
    (comment,) = github.comments(7)
    assert comment.body.endswith("\n\nthe last epoch\n")


@pytest.mark.slow
def test_a_step_that_fails_waits_for_its_watcher_to_send_the_last_state(github: FakeGitHub, tmp_path: Path) -> None:
    (tmp_path / "report.md").write_text("epoch 1\n")
    assert run_beside(TRAPPED, tmp_path, github) == 3
    (comment,) = github.comments(7)
    assert comment.body.endswith("\n\nthe last epoch\n")
