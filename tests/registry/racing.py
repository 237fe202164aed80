"""Three processes that change the tags of one remote, one step at a time in an order drawn by chance, or all at once.

What must hold afterwards is computed here from the tags as git lists them, not by the registry's own code.
"""

from __future__ import annotations

import copy
import json
import random
import re
import shutil
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from git_server import git_http
from repos import Project

if TYPE_CHECKING:
    from collections.abc import Iterator

PROCESSES = 3
START = 1_767_225_600
STAGES = ("staging", "production")
HELD = {"short": (1, 2), "long": (1, 2, 3), "none": ()}
"""The versions that a stage has had before a race, oldest first."""
QUICK = {"gc.auto": "0", "core.fsync": "none", "protocol.version": "0", "receive.autogc": "false"}
EXPECTED_ERRORS = re.compile(
    r"There is no version to give .* back to\.|digits v\S+ was in \S+ before; v\S+ has replaced it\."
    r"|No version of digits is in \S+\.|digits v\S+ has never been in \S+\."
)
"""What a wish ends with that makes no sense at its moment, whoever else is there."""


class Tag(NamedTuple):
    """A tag of the remote, by a plain reading."""

    name: str
    id: str
    commit: str
    time: int
    message: str

    @property
    def stage(self) -> str:
        return self.name.split("#")[1] if "#" in self.name else ""

    @property
    def counter(self) -> int:
        return int(self.name.split("#")[2])

    def says(self, key: str) -> str:
        found = re.search(rf"^Headway-{key}: (.*)$", self.message, re.MULTILINE)
        return found[1] if found else ""


class Remote:
    """A bare repository with five commits on main, and with objects for the tags that races start from."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "remote"
        self.project = Project(folder / "project", dvc=False)
        self.commits = [self.project.write("model.bin", str(number)).commit() for number in range(6)]
        Project(self.path, dvc=False, git=False).git("init", "--quiet", "--bare", "--initial-branch=main", ".")
        for key, value in {**QUICK, "http.receivepack": "true", "uploadpack.allowAnySHA1InWant": "true"}.items():
            self.git("config", key, value)
        self.git("fetch", "--quiet", str(self.project.git_root), "main:main")
        self._starts = {start: self._made(held) for start, held in HELD.items()}

    def copied(self, folder: Path) -> Remote:
        """The same remote and its project in another folder."""
        shutil.copytree(self.path, folder / "remote")
        other = copy.copy(self)
        other.path, other.project = folder / "remote", self.project.copied(folder / "project")
        return other

    @property
    def objects(self) -> list[str]:
        """The tag objects of all starts."""
        return sorted({line.split()[0] for lines in self._starts.values() for line in lines.splitlines()})

    def git(self, *args: str) -> str:
        return Project(self.path, dvc=False, git=False).git(*args)

    def _made(self, held: tuple[int, ...]) -> str:
        """The lines of git's packed references for a start."""
        wanted = [(f"digits@v0.0.{number}", self.commits[number], START + number) for number in range(1, 5)]
        for place, stage in enumerate(STAGES):
            for count, number in enumerate(held, 1):
                wanted.append((f"digits#{stage}#{count}", self.commits[number], START + 10 * count + place))
        stream = "".join(
            f"tag {name}\nfrom {commit}\ntagger Ada <ada@example.com> {time} +0000\ndata 4\ntag\n\n"
            for name, commit, time in wanted
        )
        command = ["git", "fast-import", "--quiet", "--force"]
        subprocess.run(command, cwd=self.path, input=stream, text=True, check=True)
        names = [f"refs/tags/{name}" for name, _, _ in wanted]
        return self.git("for-each-ref", "--format=%(objectname) %(refname)", *names) + "\n"

    def reset(self, start: str, *repositories: Path) -> None:
        """Give repositories the tags of a start, and no others; their branches are loose files."""
        for folder in repositories:
            shutil.rmtree(folder / "refs" / "tags")
            (folder / "refs" / "tags").mkdir()
            (folder / "packed-refs").write_text(self._starts[start])

    def tags(self) -> dict[str, Tag]:
        fields = "%(refname:strip=2)%00%(objectname)%00%(*objectname)%00%(taggerdate:unix)%00%(contents)%00"
        parts = self.git("for-each-ref", f"--format={fields}", "refs/tags").split("\0")
        groups = zip(*(parts[place::5] for place in range(5)), strict=False)
        found = (Tag(name.strip(), sha, commit, int(time), text) for name, sha, commit, time, text in groups)
        return {tag.name: tag for tag in found}

    def new(self) -> dict[str, str]:
        """The tags since the start, by name."""
        folder = self.path / "refs" / "tags"
        files = (file for file in folder.rglob("*") if file.is_file() and file.suffix != ".lock")
        return {str(file.relative_to(folder)): file.read_text().strip() for file in files}


class Process:
    """A racer; ``says`` is the last thing that it has said."""

    def __init__(self, clone: Path) -> None:
        command = [sys.executable, str(Path(__file__).with_name("racer.py")), str(clone)]
        self._running = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.says: dict[str, Any] = {}

    def tell(self, line: str) -> None:
        assert self._running.stdin is not None
        self._running.stdin.write(f"{line}\n")
        self._running.stdin.flush()

    def listen(self) -> None:
        assert self._running.stdout is not None
        self.says = json.loads(self._running.stdout.readline())

    def end(self) -> None:
        assert self._running.stdin is not None
        self._running.stdin.close()
        self._running.wait()
        assert self._running.stdout is not None
        self._running.stdout.close()


class Race(NamedTuple):
    """What happened.

    Attributes:
        asked: what each process was asked for.
        ends: what each said at last.
        before, after: the remote's tags.
        order: the names of the new tags in the order in which they appeared; empty if all ran at once.
        began: for each process, how many new tags there were when it first read; likewise.
        ended: for each process, how many there were at its end; likewise.
    """

    asked: list[dict[str, Any]]
    ends: list[dict[str, Any]]
    before: dict[str, Tag]
    after: dict[str, Tag]
    order: list[str]
    began: list[int]
    ended: list[int]


class Track:
    """The remote and the three processes."""

    def __init__(self, remote: Remote, clones: list[Path], processes: list[Process]) -> None:
        self.remote, self._clones, self._processes = remote, clones, processes

    def race(self, seed: int, *, turns: bool = True) -> Race:
        chance = random.Random(seed)  # noqa: S311 - the same races in each run
        start = chance.choice(list(HELD))
        self.remote.reset(start, self.remote.path, *(clone / ".git" for clone in self._clones))
        before = self.remote.tags()
        asked = [{**self._wish(chance), "turns": turns} for _ in range(PROCESSES)]
        quality = dict(zip(self.remote.commits, chance.sample(range(6), 6), strict=True))
        is_bot = chance.random() < 0.5
        for number, (process, wish) in enumerate(zip(self._processes, asked, strict=True)):
            now = START + 1000 + (0 if is_bot else chance.randrange(-5, 6))
            process.tell(
                json.dumps({**wish, "quality": quality, "now": now, "author": "bot" if is_bot else f"person {number}"})
            )
        order, began, ended = self._run(chance)
        ends = [process.says for process in self._processes]
        for wish in asked:
            wish["quality"] = quality
        return Race(asked, ends, before, self.remote.tags(), order, began, ended)

    def _wish(self, chance: random.Random) -> dict[str, Any]:
        fields: dict[str, Any] = {"artifact": "digits", "stage": chance.choice(("production", "production", "staging"))}
        kind = chance.choice(("version", "version", "commit", "rollback", "rollback", "to", "force", "next"))
        if kind == "version":
            fields["version"] = f"v0.0.{chance.choice((3, 4))}"
        elif kind == "commit":
            fields["commit"] = chance.choice((self.remote.commits[5], self.remote.commits[0]))
        elif kind == "force":
            fields |= {"version": "v0.0.1", "force": True, "reason": "test"}
        elif kind == "next":
            fields |= {"stage": "production", "after": "staging"}
        elif kind == "to":
            fields["to"] = "v0.0.1"
        return {"kind": "roll back" if kind in {"rollback", "to"} else "promote", "fields": fields}

    def _run(self, chance: random.Random) -> tuple[list[str], list[int], list[int]]:
        order: list[str] = []
        began, ended = [0] * PROCESSES, [0] * PROCESSES
        for process in self._processes:
            process.listen()
        has_read: set[int] = set()
        seen: dict[str, str] = {}
        while running := [number for number in range(PROCESSES) if "step" in self._processes[number].says]:
            number = chance.choice(running)
            process = self._processes[number]
            if process.says["step"] == "read" and number not in has_read:
                has_read.add(number)
                began[number] = len(order)
            process.tell("go")
            process.listen()
            now = self.remote.new()
            assert seen.items() <= now.items(), "a tag was moved or lost"
            order += sorted(now.keys() - seen.keys())
            assert len(order) == len(now) <= len(seen) + 1
            seen = now
            ended[number] = len(order)
        return order, began, ended


def open_clone(path: Path, url: str, remote: Remote) -> Project:
    """A clone with the objects of all starts, so that a reset needs no network."""
    clone = Project(path, dvc=False)
    for key, value in QUICK.items():
        clone.git("config", key, value)
    clone.git("remote", "add", "origin", url)
    clone.git("fetch", "--quiet", "origin")
    clone.git("fetch", "--quiet", "origin", *remote.objects)
    clone.git("checkout", "--quiet", "main")
    return clone


@contextmanager
def open_track(folder: Path) -> Iterator[Track]:
    """A remote behind HTTP, and three processes with a clone each."""
    remote = Remote(folder)
    with ExitStack() as stack:
        server = stack.enter_context(git_http(folder))
        clones = [folder / f"clone{number}" for number in range(PROCESSES)]
        processes = []
        for path in clones:
            open_clone(path, f"{server.url}/remote", remote)
            processes.append(Process(path))
            stack.callback(processes[-1].end)
        yield Track(remote, clones, processes)


def problems(race: Race) -> Iterator[str]:
    """What is not as it must be."""
    if any(race.after.get(name) != tag for name, tag in race.before.items()):
        yield "a tag was moved or lost"
    new = race.after.keys() - race.before.keys()
    claimed = {end["outcome"][key] for end in race.ends if "outcome" in end for key in ("tag", "registered")} - {""}
    if unclaimed := new - claimed:
        yield f"nobody says that he made {unclaimed}"
    registered = [tag.commit for tag in race.after.values() if "@" in tag.name]
    if len(set(registered)) < len(registered):
        yield "a commit has two versions"
    for stage in STAGES:
        yield from _problems_of_stage(race, stage)
    for wish, end in zip(race.asked, race.ends, strict=True):
        yield from _problems_of_end(race, wish, end)
    if race.order:
        for number in range(PROCESSES):
            yield from _problems_of_turns(race, number)


def tags_of(tags: dict[str, Tag], stage: str) -> list[Tag]:
    return sorted((tag for tag in tags.values() if tag.stage == stage), key=lambda tag: tag.counter)


def _problems_of_stage(race: Race, stage: str) -> Iterator[str]:
    tags = tags_of(race.after, stage)
    if [tag.counter for tag in tags] != list(range(1, len(tags) + 1)):
        yield f"{stage}: the counters have gaps, or come twice"
    appeared = [name for name in race.order if f"#{stage}#" in name]
    if race.order and appeared != [tag.name for tag in tags if tag.name not in race.before]:
        yield f"{stage}: the counters do not tell the order in which the tags appeared"
    if any(later.time <= earlier.time for earlier, later in pairwise(tags)):
        yield f"{stage}: a later tag has an earlier time"
    path: list[str] = []
    for tag in tags:
        decision, against = tag.says("Decision"), tag.says("Against-Commit")
        if decision and against != (path[-1] if path else ""):
            yield f"{tag.name} was decided against another version than the one that had the stage"
        if tag.commit in path[-1:]:
            yield f"{tag.name} gives the stage to the version that has it"
        is_plain = not any(wish["fields"].get("to") for wish in race.asked)
        if decision == "rolled_back" and is_plain and tag.commit != path[-2]:
            yield f"{tag.name} goes back more than one version"
        path = path[: path.index(tag.commit) + 1] if tag.commit in path else [*path, tag.commit]


def _problems_of_end(race: Race, wish: dict[str, Any], end: dict[str, Any]) -> Iterator[str]:
    if "error" in end:
        if not EXPECTED_ERRORS.fullmatch(end["error"]):
            yield end["error"]
        return
    outcome = end["outcome"]
    made = race.after.get(outcome["tag"])
    if outcome["action"] in {"promoted", "rolled_back"}:
        if made is None or made.name in race.before or made.commit != outcome["commit"]:
            yield f"{outcome['action']}, but there is no tag {outcome['tag']}"
        elif outcome["replaced"] and _version(race, made.says("Against-Commit")) != outcome["replaced"]:
            yield f"{made.name} has not replaced {outcome['replaced']}"
    elif outcome["action"] == "refused":
        against = next(tag.commit for tag in race.after.values() if tag.name == f"digits@{outcome['replaced']}")
        if wish["quality"][outcome["commit"]] > wish["quality"][against]:
            yield "a better version was refused"
        if outcome["tag"]:
            yield "a refusal has made a tag"
    elif outcome["action"] != "unchanged":
        yield f"the outcome is {outcome['action']}"


def _version(race: Race, commit: str) -> str:
    return next(
        (tag.name.partition("@")[2] for tag in race.after.values() if "@" in tag.name and tag.commit == commit), ""
    )


def _problems_of_turns(race: Race, number: int) -> Iterator[str]:
    """What the order of the steps says about an outcome."""
    wish, end = race.asked[number], race.ends[number]
    outcome = end.get("outcome")
    if outcome is None:
        return
    stage = wish["fields"]["stage"]
    holders = [_holder(race, stage, count) for count in range(race.began[number], race.ended[number] + 1)]
    if outcome["action"] == "rolled_back" and not wish["fields"].get("to"):
        if race.after[outcome["tag"]].says("Against-Commit") != holders[0]:
            yield "a rollback left another version than the one that had the stage when it began"
    elif outcome["action"] == "unchanged" and wish["kind"] == "promote" and outcome["commit"] not in holders:
        yield "a promotion did nothing, although its version never had the stage"
    elif outcome["action"] == "unchanged" and wish["kind"] != "promote":
        if not wish["fields"].get("to") and set(holders) == {holders[0]}:
            yield "a rollback did nothing, although nobody else has done anything"
    elif outcome["action"] == "refused":
        against = next(tag.commit for tag in race.after.values() if tag.name == f"digits@{outcome['replaced']}")
        if against not in holders:
            yield "a promotion was refused because of a version that did not have the stage"


def _holder(race: Race, stage: str, count: int) -> str:
    """The commit that had a stage when there were so many new tags."""
    there = {name: tag for name, tag in race.after.items() if name in race.before or name in race.order[:count]}
    tags = tags_of(there, stage)
    return tags[-1].commit if tags else ""
