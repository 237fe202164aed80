"""A history that fetches what the clone lacks, and no more: the base, and commits until the merge-base is certain.

The remote is asked through the git executable, so that credential helpers, ssh and proxies work. Nothing of the user's
is touched: no branch, no file that is checked out, no configuration, not even FETCH_HEAD.
"""

from __future__ import annotations

import re
import subprocess
from functools import cache
from typing import TYPE_CHECKING

from headway.ci.process import child_environment
from headway.errors import MissingHistoryError, RepositoryError
from headway.gather.git.files import CommitFiles
from headway.gather.git.history import FULL_SHA, HEADS, REMOTES, SHORT_SHA, TAGS, History, stem_of
from headway.text import hide_user_info, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from headway.gather.network import Network, Progress

FIRST_STEP = 8
STEPS = 12
"""Each step fetches twice as many commits as the one before; after the last one comes the whole history."""
_MOST = 2**31 - 2
"""Commits that git takes as a depth at the most."""
GIT_SECONDS = 300.0
"""How long one command of git may take."""
_LOCAL = (
    "GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_SHALLOW_FILE", "GIT_GRAFT_FILE",
)  # fmt: skip
"""Variables that point git at another repository; a hook sets them for the one it runs in."""
_FETCH = (
    "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--recurse-submodules=no",
)  # fmt: skip
_REFUSED_LOGIN = re.compile(
    r"terminal prompts disabled|could not read (Username|Password)|Authentication failed|Permission denied|"
    r"returned error: 40[13]|Repository not found",
    re.IGNORECASE,
)


def open_history(path: Path, network: Network) -> History:
    """Open the git repository that a folder belongs to, to fetch what it lacks where that is allowed.

    Raises:
        RepositoryError: there is none.
    """
    return FetchingHistory(path, network.progress) if network.history else History(path)


class FetchingHistory(History):
    """A :class:`History` whose gaps are filled from the remote.

    A branch is fetched to where git keeps it, such as ``refs/remotes/origin/main``; a bare commit gets no name.

    Args:
        path: a folder in the repository.
        progress: is told what is fetched.
    """

    hint = ""

    def __init__(self, path: Path, progress: Progress) -> None:
        super().__init__(path)
        self._upstream = Upstream(self.root, self.remote())
        self._progress = progress

    def resolve(self, name: str, branch: str | None = None) -> str:
        """See :class:`History`; what the remote has is fetched."""
        sha = self.find(name)
        if sha is None and self.lacks_branches():
            stem = stem_of(name)
            start = self.find(stem) or self._bring(stem, branch)
            if start and stem != name:
                self._bring_ancestor(name, start, _steps(name.removeprefix(stem)))
        return super().resolve(name, branch)

    def find_branch(self, name: str) -> str | None:
        """See :class:`History`; what the remote has is fetched."""
        ref = super().find_branch(name)
        if ref is None and self.lacks_branches() and self._fetch_named(name, HEADS):
            ref = super().find_branch(name)
        return ref

    def default_branch(self) -> str | None:
        """See :class:`History`; where the clone does not know it, the remote is asked."""
        known = super().default_branch()
        if known is not None or not self.lacks_branches():
            return known
        name = self._upstream.default_branch()
        return self.find_branch(name) if name else None

    def merge_base(self, one: str, other: str) -> str | None:
        """See :class:`History`; the same as in the whole history."""
        try:
            self._deepen((one, other), lambda: self._is_certain(one, other))
        except GitError as error:
            if self.common_ancestor(one, other) is None:
                raise
            self._progress.say(f"{error.what} The merge-base is the best that this shallow clone knows.")
        return super().merge_base(one, other)

    def parent(self, sha: str) -> str | None:
        """See :class:`History`."""
        if sha in self.shallow_commits():
            self._progress.say(f"fetching the commit before {sha[:7]} from {self._upstream.name}")
            self._fetch_more((sha,), "--deepen=1")
        return super().parent(sha)

    def commit(self, sha: str, folder: str) -> CommitFiles:
        """See :class:`History`; a partial clone's missing files are fetched in one go, others when read."""
        promisor = self.promisor()
        if promisor is None:
            return super().commit(sha, folder)
        remote = Upstream(self.root, promisor)
        if self.files_of(sha) is None:
            self._progress.say(f"fetching the folders of {sha[:7]} from {remote.name}")
            remote.fetch_trees(sha)
            self.reopen()

        def bring(oids: list[str]) -> None:
            files = "1 file" if len(oids) == 1 else f"{len(oids):,} files"
            self._progress.say(f"fetching {files} of {sha[:7]} from {remote.name}")
            remote.fetch_objects(oids)

        files = CommitFiles(self._repo, sha, bring)
        if missing := files.missing(folder):
            bring(missing)
        return files

    def _bring(self, name: str, branch: str | None) -> str | None:
        """Fetch a branch, a tag or a commit; its SHA, or ``None`` where the remote has no such name."""
        if FULL_SHA.fullmatch(name):
            self._fetch_commit(name, branch)
        else:
            branch_alone = name.removeprefix(f"{self._upstream.name}/")
            found = self._fetch_named(branch_alone, *((HEADS,) if branch_alone != name else (TAGS, HEADS)))
            if not found and SHORT_SHA.fullmatch(name):
                self._search(name)
        return self.find(name)

    def _search(self, short: str) -> None:
        """Reach the commit of a short SHA, which no remote looks up: a tip, one below HEAD, else one of any branch."""
        tips = {sha for sha in self._upstream.advertised().values() if sha.startswith(short)}
        if tips:
            self._fetch_commit(min(tips), None)
        else:
            self._deepen((self.head(),), lambda: self.find(short) is not None)
        if self.find(short) is None:
            self._progress.say(f"fetching every branch from {self._upstream.name}")
            whole = ("--unshallow",) if self.is_shallow() else ()
            self._take((f"+{HEADS}*:{REMOTES}{self._upstream.name}/*",), *whole)

    def _bring_ancestor(self, name: str, start: str, steps: Sequence[tuple[int, int]] | None) -> None:
        """Fetch what lies between a commit and one of its ancestors, where the name says how far that is."""
        if steps is None:
            self._deepen((start,), lambda: self.find(name) is not None)
        elif missing := self.missing_generations(start, steps):
            edge, count = missing
            self._say_older(count)
            self._fetch_more((edge,), f"--deepen={min(count, _MOST)}")

    def _fetch_commit(self, sha: str, branch: str | None) -> None:
        self._progress.say(f"fetching {sha[:7]} from {self._upstream.name}")
        try:
            self._take((sha,), *self._depth_of(sha))
        except GitError:
            if not self._fetch_on_branch(sha, branch):
                raise

    def _fetch_on_branch(self, sha: str, branch: str | None) -> bool:
        """Reach a commit through its branch, for a remote that gives no commit by its SHA."""
        name = branch or self._upstream.default_branch()
        ref = self.find_branch(name) if name else None
        if ref:
            self._deepen((self.tip(ref),), lambda: self.find(sha) is not None)
        return self.find(sha) is not None

    def _fetch_named(self, name: str, *kinds: str) -> bool:
        """Fetch the remote's tag and branch of a name, of some kinds: where both exist, the report says so."""
        found = self._upstream.find(name, kinds)
        for ref, sha in found.items():
            self._progress.say(f"fetching {name} from {self._upstream.name}")
            target = f"{REMOTES}{self._upstream.name}/{ref.removeprefix(HEADS)}" if ref.startswith(HEADS) else ref
            self._take((f"+{ref}:{target}",), *self._depth_of(sha))
        return bool(found)

    def _depth_of(self, sha: str) -> tuple[str, ...]:
        """A shallow clone takes one commit alone; of one that it has, a depth would cut the history behind it off."""
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
            if step == STEPS:
                self._progress.say(f"fetching the whole history from {self._upstream.name}")
                self._fetch_more(edge, "--unshallow")
                return
            count = FIRST_STEP * 2**step
            self._say_older(count)
            self._fetch_more(edge, f"--deepen={count}")

    def _say_older(self, count: int) -> None:
        commits = "1 older commit" if count == 1 else f"{count:,} older commits"
        self._progress.say(f"fetching {commits} from {self._upstream.name}")

    def _fetch_more(self, edge: Iterable[str], option: str) -> None:
        """Fetch what lies below the commits where the clone ends; they came from the remote, so it knows them."""
        try:
            self._take(tuple(edge), option)
        except GitError:
            refs = self._known_references()
            if not refs:
                raise
            self._take(refs, option)

    def _known_references(self) -> tuple[str, ...]:
        """The remote's names for what this clone holds, for a remote that gives no commit by its SHA."""
        tips = {self.head(), *self.remote_tips().values()}
        names = {f"{HEADS}{name}" for name in self.remote_tips()}
        return tuple(ref for ref, sha in self._upstream.advertised().items() if sha in tips or ref in names)

    def _unknown_here(self, what: str, name: str, stem: str) -> RepositoryError:  # noqa: ARG002 - what others need
        remote = self._upstream.name
        return RepositoryError(
            what,
            why=f"The remote {remote!r} has none either.",
            remedy=f"git ls-remote --heads --tags {remote}  # list the names that exist",
        )

    def _take(self, wanted: tuple[str, ...], *options: str) -> None:
        self._upstream.fetch(wanted, *options)
        self.reopen()


def _steps(suffix: str) -> list[tuple[int, int]] | None:
    """How many generations back ``~3^2`` leads, and each time to which parent; ``None`` for ``@{1}`` and others."""
    parts = re.findall(r"([~^])(\d*)", suffix)
    if "".join(map("".join, parts)) != suffix:
        return None
    numbers = [(kind, int(number or 1)) for kind, number in parts]
    return [(number, 1) if kind == "~" else (min(number, 1), number) for kind, number in numbers]


class GitError(MissingHistoryError):
    """The git executable failed, or took too long."""


class Upstream:
    """The remote of a clone.

    Args:
        root: the working tree's root.
        name: the remote's name, such as ``"origin"``.
    """

    def __init__(self, root: Path, name: str) -> None:
        self._root = root
        self.name = name
        self.advertised = cache(self._advertised)
        self.default_branch = cache(self._default_branch)

    def find(self, name: str, kinds: Iterable[str]) -> dict[str, str]:
        """The SHA of the remote's references of a name, by full name; raises ``GitError``."""
        refs = self.advertised("--heads", "--tags")
        return {ref: refs[ref] for kind in kinds if (ref := f"{kind}{name}") in refs}

    def _advertised(self, *kinds: str) -> Mapping[str, str]:
        """SHA by full name of the remote's references, of some kinds or all of them; asked once."""
        lines = (line.split("\t") for line in self._git("ls-remote", "--refs", *kinds, self.name).splitlines())
        return {ref: sha for sha, ref in lines}

    def _default_branch(self) -> str | None:
        """The name of the branch that the remote's HEAD names; asked once."""
        answer = self._git("ls-remote", "--symref", self.name, "HEAD")
        found = re.match(r"ref: refs/heads/(\S+)\tHEAD", answer)
        return found[1] if found else None

    def fetch(self, wanted: Sequence[str], *options: str) -> None:
        """Fetch references, or commits by SHA; raises ``GitError``."""
        self._git(*_FETCH, *options, self.name, *wanted)

    def fetch_objects(self, oids: Iterable[str]) -> None:
        """Fetch objects that a partial clone left out, in one go, as git itself does; raises ``GitError``."""
        options = ("--filter=blob:none", "--stdin")
        self._git("-c", "fetch.negotiationAlgorithm=noop", *_FETCH, *options, self.name, stdin="\n".join(oids) + "\n")

    def fetch_trees(self, sha: str) -> None:
        """Have git read every folder of a commit, for which it fetches those that a partial clone left out."""
        self._git("ls-tree", "-r", "--full-tree", "--name-only", sha)

    def _git(self, *arguments: str, stdin: str = "") -> str:
        command = ["git", *arguments]
        try:
            done = subprocess.run(  # noqa: S603 - no shell, and every name that could be an option is a full reference
                command,
                cwd=self._root,
                env=child_environment(lambda variable: variable not in _LOCAL, GIT_TERMINAL_PROMPT="0", LC_ALL="C"),
                input=stdin,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=GIT_SECONDS,
                start_new_session=True,  # without a terminal ssh cannot stop and ask either
                check=False,
            )
        except FileNotFoundError as error:
            raise GitError(f"git could not ask the remote {self.name!r}.", why="There is no git on PATH.") from error
        except subprocess.TimeoutExpired as error:
            raise GitError(
                f"The remote {self.name!r} did not answer git within {GIT_SECONDS:.0f} s.",
                remedy=" ".join(command),
            ) from error
        if done.returncode != 0:
            raise self._failed(command, done.stderr)
        return done.stdout

    def _failed(self, command: Sequence[str], stderr: str) -> GitError:
        said = one_line(hide_user_info(stderr, "")) or "nothing"
        shown = " ".join(part for part in command if part not in _FETCH[1:] or part == "--no-tags")
        remedy = shown
        if _REFUSED_LOGIN.search(said):
            remedy = (
                f"Let git log in here (actions/checkout: persist-credentials: true), or check out the whole history "
                f"(fetch-depth: 0); then this works: {shown}"
            )
        return GitError(f"git could not fetch from the remote {self.name!r}.", why=f"It said: {said}", remedy=remedy)
