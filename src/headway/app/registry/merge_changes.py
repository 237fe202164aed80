"""What a merge changed in registry.yaml, and which commit of the default branch brought each change."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from headway.app.registry.requesting import read_file
from headway.errors import RepositoryError
from headway.gather.git.executable import GitError, run_git
from headway.registry.desired import FILE, StateChange, compare_states, parse_desired

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headway.app.registry.opening import Registry
    from headway.registry.desired import Slot


class Brought(NamedTuple):
    """A change, and the last commit of the default branch that changed this slot; empty if none did.

    No commit did if the branch was reset to an older one.
    """

    change: StateChange
    commit: str


class MergeChanges(NamedTuple):
    """What a merge changed.

    Attributes:
        before: the SHA of the commit before the merge.
        changes: the slots whose versions differ, in the order of the file.
    """

    before: str
    changes: list[Brought]


def changes_of(registry: Registry, since: str) -> MergeChanges:
    """What changed in registry.yaml up to the commit that is checked out.

    Args:
        registry: the registry.
        since: the commit before the merge, or before the first of several; empty for the one before the last change of
            the file, because not every CI names it.

    Raises:
        RepositoryError: the clone lacks a commit.
        SettingsError: the file cannot be read.
    """
    head = run_git(registry.root, "rev-parse", "HEAD").strip()
    before = _commit(registry, since if since.strip("0") else f"{_last_change(registry, head)}^1", head)
    state = cache(lambda commit: _state(registry, commit))
    brought: dict[Slot, str] = {}
    for commit in _commits(registry, f"{before}..{head}"):
        for change in compare_states(state(_commit(registry, f"{commit}^1", commit)), state(commit)):
            brought.setdefault(change.slot, commit)
    changes = compare_states(state(before), state(head))
    return MergeChanges(before, [Brought(change, brought.get(change.slot, "")) for change in changes])


def _last_change(registry: Registry, head: str) -> str:
    """The last commit that changed the file; the head if none did."""
    return next(iter(_commits(registry, head, "--max-count=1")), head)


def _commits(registry: Registry, revisions: str, *options: str) -> list[str]:
    """The commits and merges of the branch itself that changed the file, the last one first."""
    return run_git(registry.root, "rev-list", "--first-parent", *options, revisions, "--", FILE).split()


def _state(registry: Registry, commit: str) -> Mapping[Slot, str]:
    return parse_desired(read_file(registry, commit, FILE) or b"", f"{FILE} ({commit[:7]})")


def _commit(registry: Registry, name: str, later: str) -> str:
    """The SHA of a commit before another one."""
    try:
        return run_git(registry.root, "rev-parse", "--verify", "--end-of-options", f"{name}^{{commit}}").strip()
    except GitError as error:
        raise RepositoryError(
            f"The commit before {later[:7]} is not in this clone.",
            why="Headway carries out what the merge changed in registry.yaml.",
            remedy=f"git fetch --unshallow {registry.store.name}  # with actions/checkout: fetch-depth: 0",
        ) from error
