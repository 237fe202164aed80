"""Promotions and rollbacks that are killed, and run again: the end is that of a run that nobody disturbed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import msgspec
import pytest
from git_server import GitHttp, git_http
from registry.racing import START, Remote, Tag, open_clone

from headway.errors import RepositoryError
from headway.registry.changes import Change, Tools
from headway.registry.drafts import Draft, write_object
from headway.registry.journal import Journal
from headway.registry.promotion import PromotionRequest, promote
from headway.registry.rollback import RollbackRequest, roll_back
from headway.registry.store import RemoteStore
from headway.values.registry.records import Judgement, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from repos import Project

    from headway.registry.tags import Tag as RegistryTag

T = TypeVar("T")
RUN = "https://ci.example/runs/1"


class KilledError(BaseException):
    """Stands for the end of the process: nothing that the registry does catches it."""


class Killing:
    """A clone's store that ends the process before or after one of its steps.

    Attributes:
        steps: how many steps there have been so far.
    """

    def __init__(self, root: Path, at: int | None = None, *, after: bool = False) -> None:
        self.name, self.steps = "origin", 0
        self._store, self._root = RemoteStore(root, "origin"), root
        self._at, self._after = at, after

    def _step(self, act: Callable[[], T]) -> T:
        is_here = self.steps == self._at
        self.steps += 1
        if is_here and not self._after:
            raise KilledError
        result = act()
        if is_here:
            raise KilledError
        return result

    def read(self) -> tuple[RegistryTag, ...]:
        return self._step(self._store.read)

    def write(self, draft: Draft) -> str:
        return self._step(lambda: write_object(self._root, draft))

    def publish(self, name: str, made: str) -> None:
        self._step(lambda: self._store.publish(name, made))


class Site(NamedTuple):
    """A remote behind HTTP, and two clones of it."""

    remote: Remote
    server: GitHttp
    clone: Project
    other: Project

    def reset(self) -> None:
        clones = (self.clone.git_root / ".git", self.other.git_root / ".git")
        self.remote.reset("long", self.remote.path, *clones)
        for clone in (self.clone, self.other):
            journal_of(clone).unlink(missing_ok=True)
        self.server.before, self.server.after = (lambda _: None), (lambda _: True)

    def change(self, wanted: Change, store: Killing, clone: Project | None = None, now: int = START + 1000) -> Outcome:
        """What the commands do."""
        journal = Journal((clone or self.clone).git_root)
        tools = Tools(store, store.write, lambda: now, journal)
        if isinstance(wanted, PromotionRequest):
            outcome = promote(wanted, better, tools)
        else:
            assert isinstance(wanted, RollbackRequest)
            outcome = roll_back(wanted, tools)
        journal.forget()
        return outcome

    def state(self) -> dict[str, tuple[str, str]]:
        """The commit and the message of each tag."""
        return {name: (tag.commit, tag.message) for name, tag in self.remote.tags().items()}


def better(*_: object) -> Judgement:
    return Judgement(decision="improved", summary="accuracy improved")


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("kills")
    remote = Remote(folder)
    with git_http(folder) as server:
        url = f"{server.url}/remote"
        yield Site(remote, server, open_clone(folder / "a", url, remote), open_clone(folder / "b", url, remote))


@pytest.fixture
def site(opened: Site) -> Site:
    opened.reset()
    for clone in (opened.clone, opened.other):
        clone.git("remote", "set-url", "origin", f"{opened.server.url}/remote")
    return opened


def wish(site: Site, kind: str, run: str = "") -> Change:
    production: dict[str, Any] = {"artifact": "digits", "stage": "production", "run": run}
    wishes: dict[str, Change] = {
        "promote": PromotionRequest(**production, version="v0.0.4"),
        "register": PromotionRequest(**production, commit=site.remote.commits[5]),
        "force": PromotionRequest(**production, version="v0.0.1", force=True, reason="test"),
        "rollback": RollbackRequest(**production),
        "rollback to": RollbackRequest(**production, to="v0.0.1"),
    }
    return wishes[kind]


KILLED = (("promote", ""), ("rollback", RUN))
KILLED_AS_WELL = (
    *(("promote", RUN), ("rollback", ""), ("register", ""), ("register", RUN), ("force", ""), ("force", RUN)),
    *(("rollback to", ""), ("rollback to", RUN)),
)


@pytest.mark.parametrize(
    ("kind", "run"), [*KILLED, *(pytest.param(*each, marks=pytest.mark.slow) for each in KILLED_AS_WELL)]
)
def test_a_change_that_is_killed_anywhere_is_done_once_by_the_next_run(site: Site, kind: str, run: str) -> None:
    """The next run is in the same clone, or without one in the clone of the same CI run's next attempt."""
    for clone in (site.clone, site.other):
        clone.git("remote", "set-url", "origin", str(site.remote.path))  # HTTP is not the point, and takes its time
    wanted = wish(site, kind, run)
    again = site.other if run else site.clone
    undisturbed = Killing(site.clone.git_root)
    first = site.change(wanted, undisturbed)
    expected = site.state()
    assert first.action in {"promoted", "rolled_back"}
    for at, after in product(range(undisturbed.steps), (False, True)):
        site.reset()
        with pytest.raises(KilledError):
            site.change(wanted, Killing(site.clone.git_root, at, after=after))
        done = site.change(wanted, Killing(again.git_root), again, now=START + 2000)
        assert site.state() == expected, (at, after)
        assert (done.version, done.tag) == (first.version, first.tag), (at, after)
        assert not journal_of(again).exists()


def journal_of(clone: Project) -> Path:
    return clone.git_root / ".git" / "headway" / "registry.json"


@pytest.mark.parametrize(
    ("kind", "back", "run"),
    [
        ("rollback", "v0.0.2", ""),
        ("rollback to", "v0.0.1", RUN),
        pytest.param("rollback", "v0.0.2", RUN, marks=pytest.mark.slow),
        pytest.param("rollback to", "v0.0.1", "", marks=pytest.mark.slow),
    ],
)
def test_a_rollback_that_was_killed_is_not_repeated_on_what_was_promoted_since(
    site: Site, kind: str, back: str, run: str
) -> None:
    rollback = wish(site, kind, run)
    again = site.other if run else site.clone
    with pytest.raises(KilledError):
        site.change(rollback, Killing(site.clone.git_root, 2, after=True))
    site.change(wish(site, "promote"), Killing(site.other.git_root), site.other, now=START + 2000)
    for _ in range(2):
        with pytest.raises(RepositoryError, match=rf"to digits {back}; since then, v0.0.4 has got it") as raised:
            site.change(rollback, Killing(again.git_root), again, now=START + 3000)
    assert "--from v0.0.4" in raised.value.remedy
    assert isinstance(rollback, RollbackRequest)
    explicit = msgspec.structs.replace(rollback, leaving="v0.0.4")
    done = site.change(explicit, Killing(again.git_root), again, now=START + 4000)
    assert (done.action, done.version) == ("rolled_back", back)
    assert not journal_of(again).exists()


def test_another_target_is_another_rollback(site: Site) -> None:
    with pytest.raises(KilledError):
        site.change(wish(site, "rollback"), Killing(site.clone.git_root, 2, after=True))
    done = site.change(wish(site, "rollback to"), Killing(site.clone.git_root), now=START + 2000)
    assert (done.action, done.version) == ("rolled_back", "v0.0.1")


@pytest.mark.parametrize("kind", ["promote", "rollback"])
def test_a_stage_that_somebody_takes_away_at_once_is_not_given_again(site: Site, kind: str) -> None:
    """As `gto unassign` does between the run's last two steps."""
    store = Killing(site.clone.git_root)
    listed = store.publish

    def publish(name: str, made: str) -> None:
        listed(name, made)
        commit = site.remote.tags()[name].commit
        site.remote.git("tag", "--annotate", "--message=gone", "digits#production!#5", commit)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "publish", publish)
        with pytest.raises(RepositoryError, match="digits#production#4 was made, and does not count any more"):
            site.change(wish(site, kind), store)
    assert [name for name in site.remote.tags() if "production#5" in name] == []


@pytest.mark.parametrize("kind", ["promote", "register", "rollback"])
def test_an_answer_that_is_lost_is_asked_for_again(site: Site, kind: str) -> None:
    site.change(wish(site, kind), Killing(site.clone.git_root))
    expected = site.state()
    site.reset()
    site.server.after = lambda path: not path.endswith("/git-receive-pack")
    done = site.change(wish(site, kind), Killing(site.clone.git_root))
    assert done.action in {"promoted", "rolled_back"}
    assert site.state() == expected


COMMANDS = {
    "promote": ("promote", "digits", "v0.0.4", "--to", "production", "--force", "--reason", "test"),
    "register": ("promote", "digits", "origin/main", "--to", "production", "--force", "--reason", "test"),
    "rollback": ("rollback", "digits", "--in", "production"),
}


def start(site: Site, kind: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "headway", *COMMANDS[kind], "--json"]
    return subprocess.Popen(command, cwd=site.clone.git_root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize(
    ("kind", "when", "action"),
    [
        ("promote", "after", "unchanged"),
        pytest.param("register", "before", "promoted", marks=pytest.mark.slow),
        ("rollback", "after", "unchanged"),
    ],
)
def test_a_command_that_the_system_kills_in_its_push_is_run_again(
    site: Site, kind: str, when: str, action: str
) -> None:
    killed: list[subprocess.Popen[str]] = []

    def kill(path: str) -> bool:
        if path.endswith("/git-receive-pack") and killed[0].returncode is None:
            os.kill(killed[0].pid, signal.SIGKILL)
            killed[0].wait()
            return True
        return False

    if when == "after":
        site.server.after = lambda path: not kill(path)
    else:
        site.server.before = lambda path: 503 if kill(path) else None
    killed.append(start(site, kind))
    out, err = killed[0].communicate()
    assert killed[0].returncode == -signal.SIGKILL, (out, err)
    again = start(site, kind)
    out, err = again.communicate()
    assert again.returncode == 0, err
    done = json.loads(out)
    assert done["action"] == action
    assert new_tags(site) == {done["tag"], done["registered"]} - {""}
    assert not journal_of(site.clone).exists()


def new_tags(site: Site) -> set[str]:
    tags: dict[str, Tag] = site.remote.tags()
    return {name for name, tag in tags.items() if tag.time > START + 100}
