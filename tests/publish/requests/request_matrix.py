"""The fault matrix of ``headway pr``: each call of the forge and each command of git that talks to the remote.

The calls are those of a clean run. A cell is a branch of its own: results are sent while one call fails, then once more
while nothing does.
"""

from __future__ import annotations

import itertools
import re
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import pytest
from publish.forge_places import FakeClock
from publish.reliability import COLUMNS, Route, patient_options, route, word
from publish.requests.request_forges import Host, open_host
from repos import Project

from headway.app.results.sending import ResultsRequest, send_results
from headway.errors import HeadwayError
from headway.publish.requests.request_branch import GitRemote

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fakes.core.faults import Fault
    from fakes.core.forge import Exchange

    from headway.publish.requests.protocol import ForgeRequests

Situation = Literal["first", "next"]
SITUATIONS: Final[tuple[Situation, ...]] = ("first", "next")
GIT_COLUMNS: Final = ("fails", "done, answer lost", "fails, lasting")
_REMOTE_COMMANDS: Final = ("ls-remote", "push", "fetch")
_BRANCH: Final = re.compile(r"results-\d+")


class Left(NamedTuple):
    """What people see: the content of the branch, and its open requests."""

    content: str
    requests: tuple[tuple[str, str, str], ...]

    def lacks(self, clean: Left) -> list[str]:
        """In what this differs from the end of a clean run."""
        lacking = [] if self.content == clean.content else ["branch"]
        return lacking if self.requests == clean.requests else [*lacking, "request"]


class Report(NamedTuple):
    """What a run said."""

    action: str
    failures: tuple[HeadwayError, ...] = ()


class Tried(NamedTuple):
    """A cell: results sent under a fault, and once more without."""

    log: list[Exchange]
    commands: list[str]
    delivery: Report
    after: Left
    again: Report
    final: Left


class Row(NamedTuple):
    """A call of a clean run, and how often it was made before."""

    situation: Situation
    at: int
    route: Route
    earlier: int

    @property
    def name(self) -> str:
        return f"`{self.route.method} {self.route.path}`{f' ({self.earlier + 1})' if self.earlier else ''}"


class GitFault(NamedTuple):
    """A command of git that fails: before it was carried out or after, once or from there on."""

    command: str
    earlier: int
    column: str


class Bench:
    """A forge and a clone with results, as many times as there are cells."""

    def __init__(self, host: Host, folder: Path, clock: FakeClock) -> None:
        self.host = host
        self._clock = clock
        self._project = Project(folder / "project", dvc=False).write("metrics.json", '{"acc": 0.9}\n')
        self._project.commit("first")
        self._project.git("remote", "add", "origin", f"file://{host.bare}")
        self._project.git("push", "--quiet", "--force", "origin", "main")
        self._head = self._project.git("rev-parse", "HEAD")
        self._numbers = itertools.count(1)
        host.fake.before_request("POST", host.path, host.learn, times=-1)

    def play(self, situation: Situation, fault: tuple[Row, Fault, bool] | GitFault | None = None) -> Tried:
        """One cell, on the next branch."""
        branch = f"results-{next(self._numbers)}"
        if situation == "next":
            self._send(branch, "0.95", "Older results")
        start = len(self.host.fake.exchanges)
        silent_at = None
        if isinstance(fault, tuple) and not isinstance(fault, GitFault):
            row, failing, lasting = fault
            path = "*/" + re.sub(r"\{\w+\}", "*", row.route.path)
            self.host.fake.fail(row.route.method, path, failing, times=-1 if lasting else 1, skip=row.earlier)
            silent_at = start + row.at if failing.mode == "silent" else None
        with failing_git(fault if isinstance(fault, GitFault) else None) as commands:
            delivery = self._send(branch, "0.97", "Newer results", silent_at)
        self.host.fake.clear_faults()
        self.host.fake.before_request("POST", self.host.path, self.host.learn, times=-1)
        log, after = list(self.host.fake.exchanges[start:]), self._left(branch)
        again = self._send(branch, "0.97", "Newer results")
        return Tried(log, commands, delivery, after, again, self._left(branch))

    def _send(self, branch: str, accuracy: str, title: str, silent_at: int | None = None) -> Report:
        self._project.write("metrics.json", f'{{"acc": {accuracy}, "branch": "{branch}"}}\n')
        root = self._project.root
        request = ResultsRequest(
            root=root, paths=("metrics.json",), base="main", branch=branch, title=title, body=f"{title}."
        )
        try:
            sent = send_results(request, GitRemote(root, "origin"), self._requests(silent_at), self._head)
        except HeadwayError as error:
            return Report("failed", (error,))
        return Report(sent.action)

    def _requests(self, silent_at: int | None) -> ForgeRequests:
        return self.host.requests(client=patient_options(self._clock, lambda: self._is_next(silent_at)))

    def _is_next(self, place: int | None) -> bool:
        return len(self.host.fake.exchanges) == place

    def _left(self, branch: str) -> Left:
        found = [each for each in self.host.open_requests() if each.head == branch]
        exists = branch in self.host.branches()
        content = self.host.git("show", f"{branch}:metrics.json") if exists else ""
        return Left(
            content.replace(branch, "branch"), tuple((each.base, each.title, each.body.strip()) for each in found)
        )


@contextmanager
def failing_git(fault: GitFault | None) -> Iterator[list[str]]:
    """Let a command of git that talks to the remote fail; gives those that were run."""
    commands: list[str] = []
    real = subprocess.run

    def run(command: list[str], *arguments: Any, **more: Any) -> Any:
        name = command[1]
        if name not in _REMOTE_COMMANDS:
            return real(command, *arguments, **more)
        commands.append(name)
        met = fault is not None and name == fault.command and _meets(fault, commands.count(name) - 1)
        if not met or (fault and fault.column == "done, answer lost"):
            done = real(command, *arguments, **more)
        lost = b"fatal: the remote end hung up unexpectedly"
        return subprocess.CompletedProcess(command, 128, b"", lost) if met else done

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess, "run", run)
        yield commands


def _meets(fault: GitFault, earlier: int) -> bool:
    return earlier == fault.earlier or (fault.column == "fails, lasting" and earlier > fault.earlier)


def call_rows(clean: dict[Situation, Tried]) -> list[Row]:
    """The calls of clean runs; those that a later run makes as a first one does are listed once."""
    found: list[Row] = []
    known: set[Route] = set()
    for situation in SITUATIONS:
        routes = [_route(exchange) for exchange in clean[situation].log]
        fresh = [(at, each) for at, each in enumerate(routes) if each not in known]
        found += [Row(situation, at, each, routes[:at].count(each)) for at, each in fresh]
        known |= set(routes)
    return found


def _route(exchange: Exchange) -> Route:
    found = route(exchange.request)
    return Route(found.method, _BRANCH.sub("{branch}", found.path).partition("?")[0])


def git_rows(clean: dict[Situation, Tried]) -> list[tuple[str, int]]:
    """The commands of a clean first run that talk to the remote, each with how often it was run before."""
    commands = clean["first"].commands
    return [(name, commands[:at].count(name)) for at, name in enumerate(commands)]


def play_forge(kind: str, folder: Path) -> tuple[list[tuple[Row, list[list[Tried]]]], dict[Situation, Tried]]:
    """All cells of a forge."""
    clock = FakeClock()
    with open_host(kind, folder / "host", clock.now) as host:
        bench = Bench(host, folder, clock)
        clean = {situation: bench.play(situation) for situation in SITUATIONS}
        cells = [
            (
                row,
                [
                    [
                        bench.play(row.situation, (row, fault, column.lasting))
                        for fault in column.faults(read=row.route.reads)
                    ]
                    for column in COLUMNS
                ],
            )
            for row in call_rows(clean)
        ]
        return cells, clean


def play_git(folder: Path) -> tuple[list[tuple[str, list[Tried]]], dict[Situation, Tried]]:
    """The commands of git under each fault, with one forge beside them."""
    clock = FakeClock()
    with open_host("github", folder / "host", clock.now) as host:
        bench = Bench(host, folder, clock)
        clean = {situation: bench.play(situation) for situation in SITUATIONS}
        rows = []
        for command, earlier in git_rows(clean):
            name = f"`git {command}`{f' ({earlier + 1})' if earlier else ''}"
            rows.append((name, [bench.play("first", GitFault(command, earlier, each)) for each in GIT_COLUMNS]))
        return rows, clean


def git_word(tried: Tried, clean: Tried) -> str:
    """What the run did about a command of git that failed."""
    if tried.delivery.failures:
        return f"reported: {', '.join(tried.after.lacks(clean.after)) or 'complete'}"
    return "checked" if tried.after == clean.after else "unnoticed"


def shown(column: list[Tried], clean: Tried) -> str:
    """What became of the fault before and after the call took effect; once where that is the same."""
    return " / ".join(dict.fromkeys(word(each, clean) for each in column))
