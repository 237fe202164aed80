"""Commits by name, their ancestry and their files, as far as this clone holds them."""

from __future__ import annotations

import difflib
import posixpath
import re
import shlex
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from functools import cached_property
from itertools import chain, repeat
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pygit2
from pygit2.enums import ReferenceType

from headway.errors import MissingHistoryError, RepositoryError
from headway.gather.git.discovery import graph_of, open_repository
from headway.gather.git.files import FSCK, CommitFiles, GitStatus, promisor

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

HEADS, REMOTES, TAGS = "refs/heads/", "refs/remotes/", "refs/tags/"
_EXPERIMENT = re.compile(r"refs/exps/([0-9a-f]{2}/[0-9a-f]{38,62})/(.+)")
"""The reference of a DVC experiment: the commit that it started from, and its name."""
_NAMESPACE = re.compile(r"refs/(heads|tags|remotes/[^/]+|exps/[0-9a-f]{2}/[0-9a-f]+)/")
_DEFAULT_BRANCHES = ("main", "master")
_MERGE_BY_GITHUB = re.compile(r"Merge ([0-9a-f]{40}) into [0-9a-f]{40}")


class CommitInfo(NamedTuple):
    """The first line of a commit's message, its author's name, the author date, and the committer date in UTC.

    Dates are in ISO 8601.
    """

    subject: str
    author: str
    date: str
    committed: str


class History:
    """The commits of a repository; an error about a missing one names the command that fetches it.

    Attributes:
        root: the working tree's root; of a bare repository, git's own folder.
        hint: added to the reason of an error about something that the clone lacks.
    """

    hint = " With --fetch, Headway fetches what it needs."

    def __init__(self, path: Path) -> None:
        self._repo = open_repository(path)
        self._graph = graph_of(self._repo)
        self.root = Path(self._repo.workdir or self._repo.path).resolve()

    def require_files(self) -> None:
        """Raise a ``RepositoryError`` for a bare repository, of which only commits can be compared."""
        if self._repo.is_bare:
            raise RepositoryError(
                f"{self.root} is a bare git repository.",
                why="It has commits, but no working tree.",
                remedy=f"git clone {shlex.quote(str(self.root))} && cd {shlex.quote(self.root.stem)}"
                "  # or name both revisions: headway diff BASE HEAD",
            )

    def has_project(self, sha: str, folder: str) -> bool:
        """Whether a commit has a DVC project in a folder, "" for the root; false where a partial clone cannot tell."""
        with suppress(KeyError, pygit2.GitError):
            return posixpath.join(folder, ".dvc") in self._repo[sha].peel(pygit2.Tree)
        return False

    def close(self) -> None:
        """Close git's files."""
        self._repo.free()
        self._graph.free()

    def reopen(self) -> None:
        """Read the repository again after the git executable has changed it."""
        self._repo = open_repository(self.root)
        self._graph = graph_of(self._repo)

    # Names

    def head(self) -> str:
        """The SHA of the commit that is checked out; raises ``RepositoryError`` where there is no commit yet."""
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

    def resolve(self, name: str) -> str:
        """The SHA of a revision by any name that git knows; ``main`` may mean ``origin/main``.

        Raises:
            RepositoryError: there is no such commit here.
        """
        sha = self.find(name)
        if sha is None:
            raise self._unknown(name)
        return sha

    def resolve_tag(self, name: str) -> str:
        """The SHA of a revision like :meth:`resolve`, but the remote's tag comes before any branch of that name."""
        return self.resolve(name)

    def find(self, name: str) -> str | None:
        """The SHA of a revision, if there is one.

        Raises:
            RepositoryError: several DVC experiments have that name, and none of them started from HEAD.
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
        """The reference of an experiment; of several with that name the one that started from HEAD, as in DVC."""
        matches = [match for ref in self._repo.references if (match := _EXPERIMENT.fullmatch(ref)) and match[2] == name]
        refs = {match[1].replace("/", ""): match[0] for match in matches}
        if len(refs) <= 1:
            return next(iter(refs.values()), None)
        if self.head() not in refs:
            raise RepositoryError(
                f"{len(refs)} experiments have the name {name!r}.",
                why=f"None of them started from HEAD: {', '.join(sorted(refs.values()))}.",
                remedy="Use the full reference of one of them.",
            )
        return refs[self.head()]

    def is_tag(self, name: str) -> bool:
        """Whether a name is a tag, which git prefers to a branch of the same name."""
        return f"{TAGS}{name}" in self._repo.references

    def hidden_reference(self, name: str) -> str | None:
        """The branch or experiment with the name of a revision that is another commit, since git prefers a tag."""
        stem = stem_of(name)
        refs = [self.local_branch(stem)] if self.is_tag(stem) else []
        with suppress(RepositoryError):  # several experiments have the name
            refs.append(self._experiment(stem))
        return next((ref for ref in refs if ref and self.tip(ref) != self.find(stem)), None)

    def find_branch(self, name: str) -> str | None:
        """The reference of a branch, fetched where that is allowed; the remote's branch comes before the local one."""
        return self.local_branch(name)

    def local_branch(self, name: str) -> str | None:
        """The reference of a branch that is in this clone; the name may begin with the remote's."""
        prefixes = (*(f"{REMOTES}{remote}/" for remote in self._remotes()), HEADS, REMOTES)
        return next((ref for prefix in prefixes if (ref := f"{prefix}{name}") in self._repo.references), None)

    def default_branch(self) -> str | None:
        """The reference of the branch that changes are merged into; ``None`` where it is not known."""
        for remote in self._remotes():
            symbolic = self._repo.references.get(f"{REMOTES}{remote}/HEAD")
            if symbolic is not None and symbolic.type == ReferenceType.SYMBOLIC:
                target = str(symbolic.target)
                if target in self._repo.references:
                    return target
        return next((ref for name in _DEFAULT_BRANCHES if (ref := self.local_branch(name))), None)

    def tip(self, ref: str) -> str:
        """The commit that a reference points to."""
        return str(self._repo.references[ref].peel(pygit2.Commit).id)

    def remote(self) -> str:
        """The name of the remote that this is a clone of."""
        return next(iter(self._remotes()), "origin")

    def has_remote(self) -> bool:
        """Whether there is a remote at all."""
        return bool(self._remotes())

    def _remotes(self) -> list[str]:
        """The remotes' names, ``origin`` first."""
        return sorted((name for name in self._repo.remotes.names() if name), key=lambda name: (name != "origin", name))

    # Ancestry

    def merge_base(self, one: str, other: str) -> str | None:
        """The best common ancestor of two commits; raises ``RepositoryError`` where a shallow clone lacks it."""
        found = self.common_ancestor(one, other)
        if found is None and self.is_shallow():
            raise self._missing(f"The merge-base of {one[:7]} and {other[:7]} is not in this clone.")
        return found

    def common_ancestor(self, one: str, other: str) -> str | None:
        """The best common ancestor among the commits that are here."""
        found = self._graph.merge_base(one, other)
        return None if found is None else str(found)

    def is_cut_above(self, commits: Iterable[str], base: str) -> bool:
        """Whether the clone ends at an ancestor of the commits that is not an ancestor of the base."""
        return bool(self._ancestors(commits, base) & self.shallow_commits())

    def edge_below(self, commits: Iterable[str]) -> tuple[str, ...]:
        """The ancestors of the commits at which the clone ends, sorted; none in a whole clone."""
        edge = self.shallow_commits()
        return tuple(sorted(self._ancestors(commits) & edge)) if edge else ()

    def _ancestors(self, commits: Iterable[str], hidden: str | None = None) -> set[str]:
        """The commits and their ancestors, without the hidden commit and its ancestors."""
        walker = self._graph.walk(None)
        for commit in commits:
            walker.push(commit)
        if hidden:
            walker.hide(hidden)
        return {str(commit.id) for commit in walker}

    def is_added(self, commit: str, base: str | None, head: str) -> bool:
        """Whether a commit is head, or certainly among the commits that head adds to base."""
        if base is None or commit in (base, head):
            return commit == head != base
        added = commit in self._ancestors((head,), base)
        return added and (self.common_ancestor(commit, base) == base or not self.edge_below((base,)))

    def missing_generations(self, start: str, steps: Sequence[tuple[int, int]]) -> tuple[str, int] | None:
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

    def parent(self, sha: str) -> str | None:
        """The first parent, ``None`` for a first commit; raises ``RepositoryError`` where a shallow clone lacks it."""
        if sha in self.shallow_commits():
            raise self._missing(f"The commit before {sha[:7]} is not in this clone.")
        parents = self._repo[sha].peel(pygit2.Commit).parent_ids
        return str(parents[0]) if parents else None

    def describe(self, sha: str) -> CommitInfo | None:
        """What a commit says about itself; ``None`` if the clone lacks it.

        GitHub checks out a pull request as a merge that nobody wrote: then its second parent is described.
        """
        found = self._graph.get(sha)
        if found is None:
            return None
        commit = found.peel(pygit2.Commit)
        subject = commit.raw_message.decode(errors="replace").partition("\n")[0].strip()
        committed = datetime.fromtimestamp(commit.committer.time, UTC).isoformat()
        if merged := _MERGE_BY_GITHUB.fullmatch(subject):
            about = self.describe(merged[1])
            return about and about._replace(committed=committed)
        moment = datetime.fromtimestamp(commit.author.time, timezone(timedelta(minutes=commit.author.offset)))
        return CommitInfo(subject, commit.author.raw_name.decode(errors="replace"), moment.isoformat(), committed)

    def behind(self, head: str, tip: str) -> int | None:
        """How many commits up to ``tip`` are not in ``head``; ``None`` where a shallow clone cannot tell."""
        if self.is_shallow():
            base = self.common_ancestor(head, tip)
            if base is None or (base != tip and self.is_cut_above((head, tip), base)):
                return None
        return self._graph.ahead_behind(head, tip)[1]

    def is_shallow(self) -> bool:
        """Whether the clone ends before the first commit."""
        return bool(self._graph.is_shallow)

    def shallow_commits(self) -> set[str]:
        """The commits whose parents the clone lacks."""
        return set((Path(self._graph.path) / "shallow").read_text().split()) if self.is_shallow() else set()

    # Files

    def commit(self, sha: str, folder: str) -> CommitFiles:
        """The files of a commit; raises ``RepositoryError`` where one below the folder, "" for all, is not here."""
        files = self.find_files(sha)
        if self.promisor() and (files is None or files.missing(folder)):
            raise MissingHistoryError(
                f"The files of {sha[:7]} are not in this clone.",
                why=f"The clone is partial: git leaves files out until they are read.{self.hint}",
                remedy=f"git ls-tree -r {sha} >/dev/null && git --no-pager diff --stat {sha}",
            )
        if files is None:
            raise MissingHistoryError(
                f"The files of {sha[:7]} are not in this clone.",
                why="They are damaged, or missing from git's objects.",
                remedy=FSCK,
            )
        return files

    def find_files(self, sha: str) -> CommitFiles | None:
        """The files of a commit; ``None`` where the clone lacks one of its folders."""
        try:
            return CommitFiles(self._repo, sha)
        except (KeyError, pygit2.GitError):
            return None

    def promisor(self) -> str | None:
        """The remote that keeps what a partial clone leaves out; ``None`` for a clone that is not partial."""
        return promisor(self._repo)

    def changed_paths(self, base: str, head: str) -> set[str]:
        """The paths that differ between two commits."""
        old, new = (self._repo[sha].peel(pygit2.Tree) for sha in (base, head))
        return {file.path for delta in old.diff_to_tree(new).deltas for file in (delta.old_file, delta.new_file)}

    def modified_paths(self) -> set[str]:
        """The paths of the working tree that differ from the commit that is checked out, untracked files included."""
        return set(self._repo.status(untracked_files="all"))

    def tracked_files(self) -> Iterator[str]:
        """Every path of git's index."""
        return (entry.path for entry in self._repo.index)

    def is_dirty(self) -> bool:
        """Whether a tracked file differs from the commit that is checked out."""
        return bool(self._changed)

    def git_status(self, folder: str) -> GitStatus:
        """What git knows about the files of a folder, "" for the root."""
        return GitStatus(self._repo, folder, self._changed)

    @cached_property
    def _changed(self) -> frozenset[str]:
        return frozenset(self._repo.status(untracked_files="no"))

    # What the clone lacks

    def lacks_branches(self) -> bool:
        """Whether this clone has fewer branches or commits than its remote."""
        if not self._remotes() or self.is_shallow():
            return bool(self._remotes())
        return not all("*" in spec for spec in self._repo.remotes[self.remote()].fetch_refspecs)

    def missing_branch(self, name: str | None) -> MissingHistoryError:
        """The error for a pull request's base branch that the clone lacks; ``None`` means the default branch."""
        branch = f"The pull request's base branch {name!r}" if name else "The default branch"
        return self._missing(f"{branch} is not in this clone.")

    def _unknown(self, name: str) -> RepositoryError:
        what = f"There is no revision {name!r} here."
        stem = stem_of(name)
        start = self.find(stem) if stem != name else None
        if start and self.edge_below((start,)):
            return self._missing(what)
        names = sorted({_NAMESPACE.sub("", ref) for ref in self._repo.references})
        close = difflib.get_close_matches(stem, names, n=3, cutoff=0.7)
        if close:
            return RepositoryError(what, remedy=f"Did you mean {' or '.join(map(repr, close))}?")
        if self.lacks_branches():
            return self._unknown_here(what)
        experiments = " && dvc exp list --all-commits" if any(map(_EXPERIMENT.fullmatch, self._repo.references)) else ""
        return RepositoryError(what, remedy=f"git branch --all && git tag{experiments}  # list the names that exist")

    def _unknown_here(self, what: str) -> RepositoryError:
        """The error for a revision that the remote may have."""
        return self._missing(what)

    def _missing(self, what: str) -> MissingHistoryError:
        """The error for anything that the remote may have; one command fetches all of its branches and commits."""
        remote = shlex.quote(self.remote())
        branches = shlex.quote(f"+{HEADS}*:{REMOTES}{self.remote()}/*")
        whole = "--unshallow " if self.is_shallow() else ""
        why = "The clone is shallow." if whole else "The clone does not hold every branch."
        return MissingHistoryError(
            what,
            why=f"{why}{self.hint}" if self.lacks_branches() else "",
            remedy=f"git fetch --tags {whole}{remote} {branches} && git remote set-head {remote} --auto",
        )


def stem_of(name: str) -> str:
    """The branch, tag or commit that a revision's name begins with: ``main`` of ``main~2``."""
    return re.split(r"[~^:]|@\{", name)[0]
