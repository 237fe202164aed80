"""The git side of a repository: names to commits, ancestry, and the exact command where a clone lacks something."""

from __future__ import annotations

import difflib
import posixpath
import re
import shlex
from contextlib import suppress
from functools import cached_property
from itertools import chain, repeat
from pathlib import Path
from typing import TYPE_CHECKING

import pygit2
from pygit2.enums import ReferenceType

from headway.errors import MissingHistoryError, RepositoryError
from headway.gather.git.discovery import graph_of, open_repository
from headway.gather.git.files import FSCK, CommitFiles, WorkingTree, promisor

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HEADS, REMOTES, TAGS = "refs/heads/", "refs/remotes/", "refs/tags/"
FULL_SHA = re.compile(r"[0-9a-f]{40}")
SHORT_SHA = re.compile(r"[0-9a-f]{7,39}")
_EXPERIMENT = re.compile(r"refs/exps/([0-9a-f]{2}/[0-9a-f]{38,62})/(.+)")
"""The reference of one of DVC's experiments: the commit that it started from, and its name."""
_DEFAULT_BRANCHES = ("main", "master")


class History:
    """The commits of a repository.

    Attributes:
        root: the working tree's root; of a bare repository, git's own folder.
        hint: what an error about something that the clone lacks adds to its reason.
    """

    hint = " With --fetch, Headway fetches what it needs."

    def __init__(self, path: Path) -> None:
        self._repo = open_repository(path)
        self._graph = graph_of(self._repo)
        self.root = Path(self._repo.workdir or self._repo.path).resolve()

    def require_files(self) -> None:
        """Raise a ``RepositoryError`` where no files are checked out, so that only commits can be compared."""
        if self._repo.is_bare:
            raise RepositoryError(
                f"{self.root} is a bare git repository.",
                why="It has commits, and no files that are checked out.",
                remedy=f"git clone {shlex.quote(str(self.root))} && cd {shlex.quote(self.root.stem)}"
                "  # or name both revisions: headway diff BASE HEAD",
            )

    def has_project(self, sha: str, folder: str) -> bool:
        """Whether a commit has a DVC project in a folder, "" for the root; false where a partial clone cannot tell."""
        with suppress(KeyError, pygit2.GitError):
            return posixpath.join(folder, ".dvc") in self._repo[sha].peel(pygit2.Tree)
        return False

    def close(self) -> None:
        """Let go of git's files."""
        self._repo.free()
        self._graph.free()

    def reopen(self) -> None:
        """Read the repository anew, after the git executable has changed it."""
        self._repo = open_repository(self.root)
        self._graph = graph_of(self._repo)

    def head(self) -> str:
        """The SHA of the commit that is checked out.

        Raises:
            RepositoryError: there is no commit yet.
        """
        if self._repo.head_is_unborn:
            others = (ref for ref in self._repo.references if ref.startswith(HEADS))
            remedy = next((f"git symbolic-ref HEAD {shlex.quote(ref)}" for ref in others), None)
            raise RepositoryError(
                f"The branch that is checked out in {self.root} has no commit yet.",
                why="Headway compares revisions, so it needs at least one.",
                remedy=remedy or 'git add --all && git commit --message "First commit"',
            )
        return str(self._repo.head.target)

    def branch(self) -> str | None:
        """The branch that is checked out; ``None`` where HEAD is detached."""
        return None if self._repo.head_is_detached else self._repo.head.shorthand

    def is_dirty(self) -> bool:
        """Whether a tracked file differs from the commit that is checked out."""
        return bool(self._changed)

    def working_tree(self, folder: str) -> WorkingTree:
        """What git says of the files of a folder, "" for the root."""
        return WorkingTree(self._repo, folder, self._changed)

    @cached_property
    def _changed(self) -> frozenset[str]:
        return frozenset(self._repo.status(untracked_files="no"))

    def resolve(self, name: str, branch: str | None = None) -> str:  # noqa: ARG002 - a history that fetches needs it
        """The SHA of a revision by any name that git knows; ``main`` may stand for ``origin/main``.

        Args:
            name: the revision.
            branch: the branch that it is on, where that is known.

        Raises:
            RepositoryError: there is no such commit here; the remedy is the command that fetches it, where one can.
        """
        sha = self.find(name)
        if sha is None:
            raise self._unknown(name)
        return sha

    def find(self, name: str) -> str | None:
        """The SHA of a revision; ``None`` where there is none by that name.

        Raises:
            RepositoryError: several of DVC's experiments have that name, and none started from the current commit.
        """
        for candidate in (name, *(f"{remote}/{name}" for remote in self._remotes())):
            if sha := self._parse(candidate):
                return sha
        ref = self._experiment(stem_of(name))
        return self._parse(f"{ref}{name.removeprefix(stem_of(name))}") if ref else None

    def _parse(self, name: str) -> str | None:
        try:
            return str(self._repo.revparse_single(name).peel(pygit2.Commit).id)
        except (KeyError, ValueError, pygit2.GitError):
            return None

    def _experiment(self, name: str) -> str | None:
        """The reference of an experiment; where several have the name, of the one that started from HEAD, as in DVC."""
        matches = [match for ref in self._repo.references if (match := _EXPERIMENT.fullmatch(ref)) and match[2] == name]
        refs = {match[1].replace("/", ""): match[0] for match in matches}
        if len(refs) < 2:  # noqa: PLR2004 - then the name is enough
            return next(iter(refs.values()), None)
        if self.head() not in refs:
            raise RepositoryError(
                f"{len(refs)} experiments are called {name!r}.",
                why=f"None of them started from HEAD: {', '.join(sorted(refs.values()))}.",
                remedy="Name one of them by its whole reference.",
            )
        return refs[self.head()]

    def _remotes(self) -> list[str]:
        """The remotes' names, ``origin`` first."""
        return sorted((name for name in self._repo.remotes.names() if name), key=lambda name: (name != "origin", name))

    def named_branch(self, name: str) -> str | None:
        """The reference of a local branch, or of a remote's with or without the remote's name."""
        prefixes = (HEADS, REMOTES, *(f"{REMOTES}{remote}/" for remote in self._remotes()))
        return next((ref for prefix in prefixes if (ref := f"{prefix}{name}") in self._repo.references), None)

    def is_tag(self, name: str) -> bool:
        """Whether a name is a tag, which git prefers to a branch of the same name."""
        return f"{TAGS}{name}" in self._repo.references

    def hidden_branch(self, name: str) -> str | None:
        """The reference of the branch that a revision's name does not mean because a tag elsewhere has it, too."""
        stem = stem_of(name)
        branch = self.named_branch(stem) if self.is_tag(stem) else None
        return branch if branch and self.tip(branch) != self.find(stem) else None

    def hidden_experiment(self, name: str) -> str | None:
        """The reference of the experiment that a revision's name does not mean because a branch or tag has it, too."""
        stem = stem_of(name)
        with suppress(RepositoryError):  # several have it
            ref = self._experiment(stem) if self.is_tag(stem) or self.named_branch(stem) else None
            return ref if ref and self.tip(ref) != self.find(stem) else None
        return None

    def find_branch(self, name: str) -> str | None:
        """The reference of a branch: the remote's, which is what others review against, else the local one."""
        return self._local_reference(name)

    def _local_reference(self, name: str) -> str | None:
        candidates = [f"{REMOTES}{remote}/{name}" for remote in self._remotes()]
        return next((ref for ref in (*candidates, f"{HEADS}{name}") if ref in self._repo.references), None)

    def default_branch(self) -> str | None:
        """The reference of the branch that work is merged into; ``None`` where no usual name exists."""
        for remote in self._remotes():
            symbolic = self._repo.references.get(f"{REMOTES}{remote}/HEAD")
            if symbolic is not None and symbolic.type == ReferenceType.SYMBOLIC:
                target = str(symbolic.target)
                if target in self._repo.references:
                    return target
        return next((ref for name in _DEFAULT_BRANCHES if (ref := self._local_reference(name))), None)

    def remote_tips(self) -> dict[str, str]:
        """The branches of the remote that are here, by the name that they have there, with their commits."""
        prefix = f"{REMOTES}{self.remote()}/"
        refs = (ref for ref in self._repo.references if ref.startswith(prefix) and ref != f"{prefix}HEAD")
        return {ref.removeprefix(prefix): self.tip(ref) for ref in refs}

    def tip(self, ref: str) -> str:
        """The commit that a reference points to."""
        return str(self._repo.references[ref].peel(pygit2.Commit).id)

    def merge_base(self, one: str, other: str) -> str | None:
        """The best common ancestor of two commits.

        Raises:
            RepositoryError: a shallow clone does not reach it.
        """
        found = self.common_ancestor(one, other)
        if found is None and self.is_shallow():
            raise MissingHistoryError(
                f"The commit where {one[:7]} and {other[:7]} parted is not in this clone.",
                why=f"The clone is shallow.{self.hint}",
                remedy=f"git fetch --unshallow {self.remote()}",
            )
        return found

    def common_ancestor(self, one: str, other: str) -> str | None:
        """The best common ancestor among the commits that are here."""
        found = self._graph.merge_base(one, other)
        return None if found is None else str(found)

    def is_cut_above(self, commits: Iterable[str], base: str) -> bool:
        """Whether the clone ends at an ancestor of the commits that is none of the base."""
        return bool(self._walk(commits, base) & self.shallow_commits())

    def edge_below(self, commits: Iterable[str]) -> tuple[str, ...]:
        """The ancestors of the commits at which the clone ends, sorted; none in a whole clone."""
        edge = self.shallow_commits()
        return tuple(sorted(self._walk(commits) & edge)) if edge else ()

    def missing_generations(self, start: str, steps: Iterable[tuple[int, int]]) -> tuple[str, int] | None:
        """Where the clone ends on the way to an ancestor, and how many generations are missing; ``None`` if none is.

        Args:
            start: the commit that the way begins at.
            steps: how many generations back, and each time to which parent, counted from 1.
        """
        edge, found = self.shallow_commits(), self._graph[start].peel(pygit2.Commit)
        left = sum(count for count, _ in steps)
        for parent in chain.from_iterable(repeat(parent, count) for count, parent in steps):
            if str(found.id) in edge:
                return str(found.id), left
            if parent > len(found.parents):
                return None
            found, left = found.parents[parent - 1], left - 1
        return None

    def _walk(self, commits: Iterable[str], hidden: str | None = None) -> set[str]:
        """The commits and their ancestors, without the hidden one and its own."""
        walker = self._graph.walk(None)
        for commit in commits:
            walker.push(commit)
        if hidden:
            walker.hide(hidden)
        return {str(commit.id) for commit in walker}

    def parent(self, sha: str) -> str | None:
        """The first parent; ``None`` for a first commit.

        Raises:
            RepositoryError: a shallow clone does not have it.
        """
        if sha in self.shallow_commits():
            raise MissingHistoryError(
                f"The commit before {sha[:7]} is not in this clone.",
                why=f"The clone is shallow.{self.hint}",
                remedy=f"git fetch --deepen=1 {self.remote()} {sha}",
            )
        parents = self._repo[sha].peel(pygit2.Commit).parent_ids
        return str(parents[0]) if parents else None

    def behind(self, head: str, tip: str) -> int | None:
        """How many commits up to ``tip`` are not in ``head``; ``None`` where a shallow clone cannot tell."""
        if self.is_shallow():
            base = self.common_ancestor(head, tip)
            if base is None or (base != tip and self.is_cut_above((head, tip), base)):
                return None
        return self._graph.ahead_behind(head, tip)[1]

    def commit(self, sha: str, folder: str) -> CommitFiles:
        """The files of a commit.

        Args:
            sha: the commit.
            folder: the folder below which every file has to be here, "" for all of them.

        Raises:
            RepositoryError: a partial clone lacks one of them.
        """
        files = self.files_of(sha)
        if files is None or (self.promisor() and files.missing(folder)):
            raise MissingHistoryError(
                f"The files of {sha[:7]} are not in this clone.",
                why=f"The clone is partial: it leaves files out until git asks for them.{self.hint}"
                if self.promisor()
                else "They are damaged, or gone from git's objects.",
                remedy=(f"git --no-pager diff --stat {sha}" if files else f"git ls-tree -r {sha} >/dev/null")
                if self.promisor()
                else FSCK,
            )
        return files

    def files_of(self, sha: str) -> CommitFiles | None:
        """The files of a commit; ``None`` where a partial clone lacks the very list of them."""
        try:
            return CommitFiles(self._repo, sha)
        except (KeyError, pygit2.GitError):  # folders are missing too
            return None

    def changed_paths(self, base: str, head: str) -> set[str]:
        """The paths that differ between two commits; folders that are equal are not looked into."""
        old, new = (self._repo[sha].peel(pygit2.Tree) for sha in (base, head))
        return {file.path for delta in old.diff_to_tree(new).deltas for file in (delta.old_file, delta.new_file)}

    def modified_paths(self) -> set[str]:
        """The paths of the working tree that differ from the commit that is checked out, new files included."""
        return set(self._repo.status(untracked_files="all"))

    def tracked_files(self) -> Iterator[str]:
        """Every path of git's index."""
        return (entry.path for entry in self._repo.index)

    def is_shallow(self) -> bool:
        """Whether the clone ends before the first commit."""
        return bool(self._graph.is_shallow)

    def promisor(self) -> str | None:
        """The remote that keeps what a partial clone leaves out; ``None`` for a clone that is not partial."""
        return promisor(self._repo)

    def shallow_commits(self) -> set[str]:
        """The commits whose parents the clone lacks."""
        if not self.is_shallow():
            return set()
        return set((Path(self._graph.path) / "shallow").read_text().split())

    def remote(self) -> str:
        """The name of the remote that this is a clone of."""
        return next(iter(self._remotes()), "origin")

    def _unknown(self, name: str) -> RepositoryError:
        what = f"There is no revision {name!r} here."
        stem = stem_of(name)
        start = self.find(stem) if stem != name else None
        if start and self.edge_below((start,)):
            why = f"The clone is shallow.{self.hint}"
            return MissingHistoryError(what, why=why, remedy=f"git fetch --unshallow {self.remote()}")
        close = difflib.get_close_matches(stem, sorted(set(self._names())), n=3, cutoff=0.7)
        if close:
            return RepositoryError(what, remedy=f"Did you mean {' or '.join(map(repr, close))}?")
        if self.lacks_branches():
            return self._unknown_here(what, name, stem)
        experiments = " && dvc exp list --all-commits" if any(map(_EXPERIMENT.fullmatch, self._repo.references)) else ""
        return RepositoryError(what, remedy=f"git branch --all && git tag{experiments}  # list the names that exist")

    def _unknown_here(self, what: str, name: str, stem: str) -> RepositoryError:
        """The error for a revision that the remote may have."""
        why = f"The clone does not hold every branch.{self.hint}"
        if SHORT_SHA.fullmatch(stem):  # which no remote looks up
            return MissingHistoryError(what, why=why, remedy=f"git fetch {self._whole()}{self._every_branch()}")
        depth = self._whole() if stem != name else "--depth=1 " if self.is_shallow() else ""
        wanted = f"{self.remote()} {stem}" if FULL_SHA.fullmatch(stem) else self._branch_to_fetch(stem)
        return MissingHistoryError(what, why=why, remedy=f"git fetch {depth}{wanted}")

    def _names(self) -> Iterator[str]:
        for ref in self._repo.references:
            for prefix in (HEADS, TAGS, REMOTES):
                if ref.startswith(prefix):
                    yield ref.removeprefix(prefix)
            if experiment := _EXPERIMENT.fullmatch(ref):
                yield experiment[2]
            if ref.startswith(REMOTES):
                yield ref.removeprefix(REMOTES).partition("/")[2]

    def _whole(self) -> str:
        return "--unshallow " if self.is_shallow() else ""

    def _every_branch(self) -> str:
        return f"{self.remote()} '+{HEADS}*:{REMOTES}{self.remote()}/*'"

    def _branch_to_fetch(self, name: str) -> str:
        remote = self.remote()
        branch = name.removeprefix(f"{remote}/")
        return f"{remote} {shlex.quote(f'{branch}:{REMOTES}{remote}/{branch}')}"

    def lacks_branches(self) -> bool:
        """Whether this is a clone of fewer branches or commits than its remote has."""
        if not self._remotes() or self.is_shallow():
            return bool(self._remotes())
        return not all("*" in spec for spec in self._repo.remotes[self.remote()].fetch_refspecs)

    def missing_branch(self, name: str | None) -> MissingHistoryError:
        """The error for a branch that the comparison starts from and the clone lacks.

        Args:
            name: the pull request's base branch; ``None`` for the default branch, whatever its name is.
        """
        wanted = f"{self._every_branch()} && git remote set-head {self.remote()} --auto"
        return MissingHistoryError(
            f"The pull request's base branch {name!r} is not in this clone."
            if name
            else "The default branch is not in this clone.",
            why=f"The clone does not hold every branch.{self.hint}" if self.lacks_branches() else "",
            remedy=f"git fetch {self._whole()}{self._branch_to_fetch(name) if name else wanted}",
        )


def stem_of(name: str) -> str:
    """The branch, tag or commit that a revision's name begins with: ``main`` of ``main~2``."""
    return re.split(r"[~^:]|@\{", name)[0]
