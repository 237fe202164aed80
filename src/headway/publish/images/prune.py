"""Take old pictures off the branch, and drop its history, because a branch that only grows makes every clone slow.

What goes: the pictures of pull requests that are closed, where that is asked for; and whatever was last used before a
given day, unless it is the newest of a comment on a pull request that is still open. What stays keeps its address: it
is in commits without parents, and the branch's new tip has those commits, and no others, behind it.

The branch is moved by a mutation that names the place it must be at, so nobody's pictures are lost who stores some at
the same time: then the branch is read again. What is dropped is gone for readers at once where git's own clean-up has
run on the forge; until then an address may still answer.
"""

from __future__ import annotations

import random
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, NamedTuple

from headway.errors import ForgeError
from headway.publish.images.branch import TRIES, Batch, Shelf, read_shelf, wait
from headway.publish.images.git_data import FOLDER, GitData, TreeEntry
from headway.settings import IMAGES_BRANCH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date

    from headway.publish.forges.forge import Forge

_PARENTS: Final = 16
"""Commits that one commit joins at the most; git's own merges of many have stayed below this."""


class Rules(NamedTuple):
    """What goes.

    Attributes:
        before: what was last used before this day; ``None`` keeps everything, however old.
        closed: whether the pictures of closed pull requests go.
    """

    before: date | None
    closed: bool


class Pruned(NamedTuple):
    """What became of the batches."""

    removed: tuple[Batch, ...]
    kept: tuple[Batch, ...]


def prune(
    git: GitData,
    rules: Rules,
    is_open: Callable[[int], bool],
    branch: str = IMAGES_BRANCH,
    jitter: Callable[[], float] = random.random,
) -> Pruned:
    """Take what the rules name off the branch; where that is nothing, the branch stays as it is.

    Args:
        git: the repository.
        rules: what goes.
        is_open: whether the pull request of this number is open.
        branch: the branch's name.
        jitter: as in :class:`~headway.publish.images.branch.BranchImages`.

    Raises:
        ForgeError: GitHub cannot be reached or refuses; the branch is then as it was.
        SettingsError: the branch was not made for pictures.
    """
    said = ""
    made: dict[str, Pruned] = {}
    for attempt in range(TRIES):
        shelf = read_shelf(git, branch, recursive=False)
        if shelf.tip is not None and shelf.tip in made:  # an answer was lost, but the branch was moved
            return made[shelf.tip]
        pruned = divide(shelf.batches, rules, is_open)
        if shelf.tip is None or not pruned.removed:
            return pruned
        commit = _rebuild(git, shelf, pruned.kept)
        made[commit] = pruned
        said = git.swap_branch(branch, shelf.tip, commit)
        if not said:
            return pruned
        wait(git, attempt, jitter)
    raise ForgeError(
        f"The branch {branch} could not be replaced; it is as it was.",
        why=f"GitHub says: {said}",
        remedy="Try again when fewer runs store pictures; a rule that protects the branch forbids it for good.",
    )


def divide(batches: Sequence[Batch], rules: Rules, is_open: Callable[[int], bool]) -> Pruned:
    """What goes and what stays by the rules."""
    newest = {batch.scope: batch.day for batch in sorted(batches)}
    ask = cache(is_open)

    def goes(batch: Batch) -> bool:
        number = batch.pull_request
        if rules.closed and number is not None and not ask(number):
            return True
        if rules.before is None or batch.day >= rules.before:
            return False
        return number is None or batch.day < newest[batch.scope] or not ask(number)

    removed = tuple(filter(goes, batches))
    return Pruned(removed, tuple(batch for batch in batches if batch not in removed))


def is_open_on(forge: Forge, number: int) -> bool:
    """Whether a pull request is open; one that the forge does not know is not."""
    try:
        return forge.pull_request(number).open
    except ForgeError as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        return False


def _rebuild(git: GitData, shelf: Shelf, kept: Iterable[Batch]) -> str:
    """A commit of what stays, with nothing behind it but the commits of the batches that stay."""
    entries = [*shelf.others, *(TreeEntry(batch.name, *FOLDER, batch.tree) for batch in kept)]
    tree = git.write_tree(entries)
    behind = sorted({batch.commit for batch in kept})
    tip: list[str] = []
    for start in range(0, len(behind) or 1, _PARENTS):
        tip = [git.write_commit(tree, [*tip, *behind[start : start + _PARENTS]], "Remove old pictures\n")]
    return tip[0]
