"""The three forges as one, each with a real git repository to push to, for tests of requests."""

from __future__ import annotations

import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from fakes import FakeBitbucket, FakeGitHub, FakeGitLab
from publish.forge_places import FakeClock, bitbucket_context, make_options

from headway.ci.read import read_context
from headway.publish.forges.connect import connect
from headway.publish.requests.connect_requests import connect_requests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fakes import PullRequest

    from headway.publish.http.options import ClientOptions
    from headway.publish.requests.protocol import ForgeRequests

FORGES: Final = ("github", "gitlab", "bitbucket")
_PATHS: Final = {"github": "*/pulls", "gitlab": "*/merge_requests", "bitbucket": "*/pullrequests"}


class Host:
    """A fake forge and the bare git repository of its branches."""

    def __init__(self, kind: str, fake: Any, bare: Path) -> None:
        self.kind = kind
        self.fake = fake
        self.bare = bare
        self.path = _PATHS[kind]

    def requests(self, token: str | None = None, client: ClientOptions | None = None, **options: Any) -> ForgeRequests:
        """The requests as a job on the main branch sees them; its clock is a test's own."""
        if self.kind == "bitbucket":
            context = bitbucket_context(self.fake, branch="main", token=token)
        elif self.kind == "gitlab":
            context = read_context(self.fake.environ(branch="main", token=token))
        else:
            context = read_context(self.fake.environ(event="push", token=token))
        return connect_requests(context, connect(context, client or make_options(FakeClock(), **options)))

    def git(self, *arguments: str) -> str:
        command = ["git", "-C", str(self.bare), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def tip(self, branch: str = "main") -> str:
        return self.git("rev-parse", branch)

    def branches(self) -> dict[str, str]:
        lines = self.git("for-each-ref", "--format=%(refname:short) %(objectname)", "refs/heads").splitlines()
        return dict(line.split(" ") for line in lines)

    def learn(self) -> None:
        """Tell a fake without git of its own what has been pushed."""
        if self.kind != "github":
            for branch, sha in self.branches().items():
                self.fake.add_commit(sha, branch)

    def add_branch(self, name: str, content: str = "x") -> str:
        """A branch with one commit on main; gives the commit."""
        blob = self._made("hash-object", "-w", "--stdin", text=content)
        tree = self._made("mktree", text=f"100644 blob {blob}\tregistry.yaml\n")
        sha = self._made("commit-tree", tree, "-p", self.tip(), text=name)
        self.git("update-ref", f"refs/heads/{name}", sha)
        self.learn()
        return sha

    def _made(self, *arguments: str, text: str) -> str:
        command = ["git", "-C", str(self.bare), *arguments]
        return subprocess.run(command, input=text, check=True, capture_output=True, text=True).stdout.strip()

    def open_requests(self) -> list[PullRequest]:
        return [each for each in self._all() if each.state == "open"]

    def _all(self) -> list[PullRequest]:
        found: dict[int, PullRequest] = self.fake._state.pull_requests  # noqa: SLF001 - the fake's own book
        return [found[number] for number in sorted(found)]

    def writes(self) -> list[str]:
        return [f"{each.method} {each.path}" for each in self.fake.requests if each.method != "GET"]


@contextmanager
def open_host(kind: str, folder: Path, clock: Callable[[], float] = time.time) -> Iterator[Host]:
    """A forge with an empty list of requests, and one commit on main."""
    if kind == "github":
        with FakeGitHub(clock=clock) as fake:
            yield Host(kind, fake, fake.folder / "repository.git")
        return
    bare = folder / "origin.git"
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(bare)], check=True)
    with FakeGitLab(clock=clock) if kind == "gitlab" else FakeBitbucket(clock=clock) as other:
        host = Host(kind, other, bare)
        tree = host._made("mktree", text="")  # noqa: SLF001 - its own
        host.git("update-ref", "refs/heads/main", host._made("commit-tree", tree, text="first"))  # noqa: SLF001
        host.learn()
        yield host
