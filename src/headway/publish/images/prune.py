"""Remove old images from the branch, and drop its history, because a branch that only grows slows every clone down.

Removed are the images of closed pull requests, where that is asked for, and whatever was last used before a given day,
unless it is the newest of a comment on a pull request that is still open. What stays keeps its URL: it is in commits
without parents, and the branch's new tip has those commits, and no others, behind it.

The branch is moved by a mutation that names the commit it must be at, so no run that stores images at the same time
loses any: the branch is read again. Dropped images are gone once the forge has run git's clean-up; until then, their
URLs may still answer.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, NamedTuple

from headway.errors import ForgeError, SettingsError
from headway.publish.forges.connect import connect
from headway.publish.images.branch import RACED, TRIES, UNPROTECT, wait_for_others
from headway.publish.images.branch_state import BranchState, ImageSet, read_branch
from headway.publish.images.git_data import FOLDER, GitData, TreeEntry
from headway.settings import IMAGES_BRANCH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from headway.ci.job import Context
    from headway.publish.forges.forge import Forge
    from headway.publish.http.options import ClientOptions

_PARENTS: Final = 16
"""Parents of one commit; git's own merges of many have stayed below this."""


class PruneRules(NamedTuple):
    """Remove what was last used before a day, and with ``closed`` what belongs to closed pull requests, however new."""

    before: date
    closed: bool
    is_open: Callable[[int], bool]


class Pruned(NamedTuple):
    """What became of the image sets."""

    removed: tuple[ImageSet, ...]
    kept: tuple[ImageSet, ...]


def prune_branch(context: Context, transport: ClientOptions, branch: str, days: int, *, closed: bool) -> Pruned:
    """Remove from GitHub's image branch what was last used more than some days ago.

    Raises:
        SettingsError: the forge has no such branch, or it was not made for images.
        ForgeError: GitHub cannot be reached or refuses.
    """
    forge = connect(context, transport)
    if context.forge != "github":
        raise SettingsError(
            f"{forge.name} has no image branch.",
            why="Headway keeps one on GitHub only.",
            remedy="Set an expiry on the bucket, or delete uploads on the project's pages.",
        )
    before = datetime.fromtimestamp(transport.now(), UTC).date() - timedelta(days=days)
    git = GitData(forge.session, context.repository, context.graphql_url)
    return prune(git, PruneRules(before, closed, lambda number: is_open_on(forge, number)), branch)


def prune(git: GitData, rules: PruneRules, branch: str = IMAGES_BRANCH) -> Pruned:
    """Remove what the rules name; where that is nothing, and in case of an error, the branch stays as it is."""
    reason = ""
    made: dict[str, Pruned] = {}
    for attempt in range(TRIES):
        state = read_branch(git, branch, recursive=False)
        if state.tip is not None and state.tip in made:  # an answer was lost, but the branch was moved
            return made[state.tip]
        pruned = divide(state.image_sets, rules)
        if state.tip is None or not pruned.removed:
            return pruned
        commit = _rebuild(git, state, pruned.kept)
        made[commit] = pruned
        try:
            git.swap_branch(branch, state.tip, commit)
        except ForgeError as error:
            if error.status not in RACED:
                raise
            reason = error.why
            wait_for_others(git, attempt)
        else:
            return pruned
    raise ForgeError(
        f"The branch {branch} could not be replaced, and is unchanged.",
        why=reason,
        remedy=f"Try again when fewer runs store images. {UNPROTECT}",
    )


def divide(image_sets: Sequence[ImageSet], rules: PruneRules) -> Pruned:
    """What the rules remove and what they keep; each pull request is asked for once, and only where it matters."""
    newest = {image_set.scope: image_set.day for image_set in sorted(image_sets)}
    is_open = cache(rules.is_open)

    def goes(image_set: ImageSet) -> bool:
        number = image_set.pull_request
        if rules.closed and number is not None and not is_open(number):
            return True
        if image_set.day >= rules.before:
            return False
        return number is None or image_set.day < newest[image_set.scope] or not is_open(number)

    removed = tuple(filter(goes, image_sets))
    return Pruned(removed, tuple(image_set for image_set in image_sets if image_set not in removed))


def is_open_on(forge: Forge, number: int) -> bool:
    """Whether a pull request is open; one that the forge does not know is not."""
    try:
        return forge.pull_request(number).open
    except ForgeError as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise
        return False


def _rebuild(git: GitData, state: BranchState, kept: Iterable[ImageSet]) -> str:
    """A commit of what stays, with nothing behind it but the commits of the image sets that stay."""
    entries = [*state.others, *(TreeEntry(image_set.name, *FOLDER, image_set.tree) for image_set in kept)]
    tree = git.write_tree(entries)
    behind = sorted({image_set.commit for image_set in kept})
    tip: list[str] = []
    for start in range(0, len(behind) or 1, _PARENTS):
        tip = [git.write_commit(tree, [*tip, *behind[start : start + _PARENTS]], "Remove old images\n")]
    return tip[0]
