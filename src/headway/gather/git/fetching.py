"""A history that fetches what the clone lacks, and no more: the base, and commits until the merge-base is certain.

The remote is asked through the git executable, so that credential helpers, ssh and proxies work. Fetching changes no
local branch, no file that is checked out, no configuration, not even FETCH_HEAD.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from headway.errors import MissingHistoryError, RepositoryError
from headway.gather.git.executable import GIT_SECONDS, GitError, GitTimeoutError, run_git
from headway.gather.git.files import CommitFiles
from headway.gather.git.history import HEADS, REMOTES, TAGS, History, stem_of
from headway.gather.git.transfer import FETCH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from headway.gather.network import Network, Progress

FIRST_STEP = 8
STEPS = 12
"""Each step fetches twice as many commits as the one before; after the last one comes the whole history."""
MOST_GENERATIONS = 2**31 - 2
"""What git takes for ``--deepen`` at the most."""
_FULL_SHA = re.compile(r"[0-9a-f]{40}")
_SHORT_SHA = re.compile(r"[0-9a-f]{7,39}")


def open_history(path: Path, network: Network) -> History:
    """Open the git repository that a folder belongs to; raises ``RepositoryError`` where there is none."""
    return FetchingHistory(path, network.progress) if network.history else History(path)


class FetchingHistory(History):
    """A :class:`History` that fetches from the remote what the clone lacks.

    A branch is fetched to its usual reference, such as ``refs/remotes/origin/main``; a commit gets no name.
    """

    hint = ""

    def __init__(self, path: Path, progress: Progress) -> None:
        super().__init__(path)
        self._lacked_branches = super().lacks_branches()
        self._upstream = Upstream(self.root, self.remote())
        self._progress = progress

    def resolve(self, name: str) -> str:
        """See :class:`History`."""
        if self.find(name) is None and self.lacks_branches():
            stem = stem_of(name)
            start = self.find(stem) or self._fetch_revision(stem)
            if start:
                self._fetch_ancestor(name, start, _steps(name.removeprefix(stem)))
        return super().resolve(name)

    def resolve_tag(self, name: str) -> str:
        """See :class:`History`."""
        stem = stem_of(name)
        if self._remotes() and not (self.is_tag(stem) or _FULL_SHA.fullmatch(stem)):
            self._fetch_named(stem, TAGS)
        return self.resolve(name)

    def lacks_branches(self) -> bool:
        """See :class:`History`; a shallow clone still lacks the other names when its history has been fetched."""
        return self._lacked_branches

    def find_branch(self, name: str) -> str | None:
        """See :class:`History`."""
        ref = super().find_branch(name)
        if ref is None and self.lacks_branches():
            self._fetch_named(name, HEADS)
            ref = super().find_branch(name)
        return ref

    def default_branch(self) -> str | None:
        """See :class:`History`."""
        known = super().default_branch()
        if known is not None or not self.lacks_branches():
            return known
        name = self._upstream.default_branch
        return self.find_branch(name) if name else None

    def merge_base(self, one: str, other: str) -> str | None:
        """See :class:`History`."""
        try:
            self._deepen((one, other), lambda: self._is_certain(one, other))
        except FetchError as error:
            if self.common_ancestor(one, other) is None:
                raise
            self._progress.log(f"{error.what} The merge-base is the best that this shallow clone knows.")
        return super().merge_base(one, other)

    def parent(self, sha: str) -> str | None:
        """See :class:`History`."""
        if sha in self.shallow_commits():
            self._fetch(f"the commit before {sha[:7]}", (sha,), "--deepen=1")
        return super().parent(sha)

    def commit(self, sha: str, folder: str) -> CommitFiles:
        """See :class:`History`."""
        promisor = self.promisor()
        if promisor is None:
            return super().commit(sha, folder)
        remote = Upstream(self.root, promisor)
        if self.find_files(sha) is None:
            self._progress.log(f"fetching the folders of {sha[:7]} from {remote.name}")
            remote.fetch_trees(sha)
            self.reopen()

        def fetch(oids: list[str]) -> None:
            files = "1 file" if len(oids) == 1 else f"{len(oids):,} files"
            self._progress.log(f"fetching {files} of {sha[:7]} from {remote.name}")
            remote.fetch_objects(oids)

        files = CommitFiles(self._repo, sha, fetch)
        if missing := files.missing(folder):
            fetch(missing)
        return files

    def _fetch_revision(self, name: str) -> str | None:
        """Fetch a branch, a tag or a commit; its SHA, or ``None`` where the remote has no such name."""
        branch = name.removeprefix(f"{self._upstream.name}/")
        if _FULL_SHA.fullmatch(name):
            self._fetch(name[:7], (name,), *self._depth(name))
        else:
            self._fetch_named(branch, *((TAGS, HEADS) if branch == name else (HEADS,)))
        if self.find(name) is None and _SHORT_SHA.fullmatch(name):  # which no remote looks up
            whole = ("--unshallow",) if self.is_shallow() else ()
            self._fetch("every branch", (f"+{HEADS}*:{REMOTES}{self._upstream.name}/*",), *whole)
        return self.find(name)

    def _fetch_named(self, name: str, *kinds: str) -> None:
        """Fetch the remote's tag and branch of a name; where both exist, the report says which one is compared."""
        advertised = self._upstream.references
        for ref in (f"{kind}{name}" for kind in kinds if f"{kind}{name}" in advertised):
            target = ref.replace(HEADS, f"{REMOTES}{self._upstream.name}/", 1)
            self._fetch(name, (f"+{ref}:{target}",), *self._depth(advertised[ref]))

    def _depth(self, sha: str) -> tuple[str, ...]:
        """One commit alone for a shallow clone; with one that is here, a depth would cut off the history behind it."""
        return ("--depth=1",) if self.is_shallow() and self.find(sha) is None else ()

    def _is_certain(self, one: str, other: str) -> bool:
        """Whether the merge-base is here, and nothing that the clone lacks could be a better one."""
        found = self.common_ancestor(one, other)
        return found in (one, other) or (found is not None and not self.is_cut_above((one, other), found))

    def _deepen(self, commits: tuple[str, ...], is_enough: Callable[[], bool]) -> None:
        """Fetch older commits, twice as many each time, until it is enough or the history is whole."""
        for step in range(STEPS + 1):
            edge = self.edge_below(commits)
            if not edge or is_enough():
                return
            count = FIRST_STEP * 2**step
            if step == STEPS:
                self._fetch("the whole history", edge, "--unshallow")
            else:
                self._fetch(f"{count:,} older commits", edge, f"--deepen={count}")

    def _fetch_ancestor(self, name: str, start: str, steps: Sequence[tuple[int, int]]) -> None:
        """Fetch what is missing on the way from a commit to its ancestor; without steps, older commits until it is."""
        if not steps:
            self._deepen((start,), lambda: self.find(name) is not None)
        elif missing := self.missing_generations(start, steps):
            edge, count = missing
            what = "1 older commit" if count == 1 else f"{count:,} older commits"
            self._fetch(what, (edge,), f"--deepen={min(count, MOST_GENERATIONS)}")

    def _fetch(self, what: str, wanted: Sequence[str], *options: str) -> None:
        self._progress.log(f"fetching {what} from {self._upstream.name}")
        self._upstream.fetch(wanted, *options)
        self.reopen()

    def _unknown_here(self, what: str) -> RepositoryError:
        remote = self._upstream.name
        return RepositoryError(
            what,
            why=f"The remote {remote!r} does not have it either.",
            remedy=f"git ls-remote --heads --tags {remote}  # list the names that exist",
        )


def _steps(suffix: str) -> list[tuple[int, int]]:
    """How many generations back ``~3^2`` leads, and each time to which parent; empty for ``@{1}`` and others."""
    parts = re.findall(r"([~^])(\d*)", suffix)
    if "".join(map("".join, parts)) != suffix:
        return []
    numbers = [(kind, int(number or 1)) for kind, number in parts]
    return [(number, 1) if kind == "~" else (min(number, 1), number) for kind, number in numbers]


class FetchError(MissingHistoryError):
    """The remote could not be asked, or did not give what the clone lacks."""


class Upstream:
    """The remote of a clone, asked through the git executable; every method may raise ``FetchError``."""

    def __init__(self, root: Path, name: str) -> None:
        self._root = root
        self.name = name

    @cached_property
    def references(self) -> dict[str, str]:
        """The SHA of each branch and tag of the remote by its full name."""
        answer = self._git("ls-remote", "--refs", "--heads", "--tags", self.name)
        lines = (line.split("\t") for line in answer.splitlines())
        return {ref: sha for sha, ref in lines}

    @cached_property
    def default_branch(self) -> str | None:
        """The name of the remote's default branch."""
        found = re.match(r"ref: refs/heads/(\S+)\tHEAD", self._git("ls-remote", "--symref", self.name, "HEAD"))
        return found[1] if found else None

    def fetch(self, wanted: Sequence[str], *options: str) -> None:
        """Fetch references, or commits by SHA."""
        self._git(*FETCH, *options, self.name, *wanted)

    def fetch_objects(self, oids: Iterable[str]) -> None:
        """Fetch objects that a partial clone left out in one request, as git itself does."""
        options = ("--filter=blob:none", "--stdin")
        self._git("-c", "fetch.negotiationAlgorithm=noop", *FETCH, *options, self.name, stdin="\n".join(oids) + "\n")

    def fetch_trees(self, sha: str) -> None:
        """Have git read every folder of a commit; it fetches those that a partial clone left out."""
        self._git("ls-tree", "-r", "--full-tree", "--name-only", sha)

    def _git(self, *arguments: str, stdin: str = "") -> str:
        try:
            return run_git(self._root, *arguments, stdin=stdin)
        except GitTimeoutError as error:
            what = f"The remote {self.name!r} did not answer git within {GIT_SECONDS:.0f} s."
            raise FetchError(what, remedy=error.remedy) from error
        except GitError as error:
            if error.returncode is None:
                raise FetchError(f"git could not ask the remote {self.name!r}.", why=error.why) from error
            raise self._failed(("git", *arguments), error) from error

    def _failed(self, command: Sequence[str], error: GitError) -> FetchError:
        remedy = " ".join(part for part in command if part not in FETCH[1:] or part == "--no-tags")
        if error.is_refused_login:
            remedy = (
                "Let git log in here (actions/checkout: persist-credentials: true), or check out the whole history "
                f"(fetch-depth: 0); then this works: {remedy}"
            )
        return FetchError(f"git could not fetch from the remote {self.name!r}.", why=error.why, remedy=remedy)
