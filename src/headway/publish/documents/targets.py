"""What a comment of the user's own goes on: ``--target``, read, and found on the forge."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, NamedTuple

from headway.errors import ContextError, SettingsError
from headway.publish.forges.connect import locate
from headway.publish.forges.forge import CommitTarget, IssueTarget, PullRequestTarget

if TYPE_CHECKING:
    from headway.ci.job import Context
    from headway.publish.forges.forge import Forge, Target

_TARGET = re.compile(r"(?P<kind>auto|pr|commit|issue)(?:/(?P<which>.+))?")
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class Wanted(NamedTuple):
    """What the user asked for.

    Attributes:
        kind: ``auto`` is the pull request, or the commit where there is none.
        number: of a pull request or issue, where one was named.
        sha: of a commit, where one was named.
    """

    kind: Literal["auto", "pr", "commit", "issue"]
    number: int | None = None
    sha: str | None = None


def parse_target(text: str) -> Wanted:
    """Read ``auto``, ``pr``, ``pr/7``, ``commit``, ``commit/<full SHA>`` or ``issue/7``.

    Raises:
        SettingsError: it is none of them.
    """
    match = _TARGET.fullmatch(text)
    kind, which = (match["kind"], match["which"]) if match else ("", None)
    if kind == "commit" and (which is None or _SHA.fullmatch(which)):
        return Wanted("commit", sha=which)
    if kind in {"pr", "issue"} and which and which.isascii() and which.isdigit() and int(which):
        return Wanted("pr" if kind == "pr" else "issue", number=int(which))
    if kind in {"auto", "pr"} and which is None:
        return Wanted("auto" if kind == "auto" else "pr")
    raise SettingsError(
        f"{text!r} is nothing to comment on.",
        remedy="Name auto, pr, pr/NUMBER, commit, commit/SHA (all 40 digits of `git rev-parse`) or issue/NUMBER.",
    )


def aim(wanted: Wanted, context: Context, forge: Forge) -> tuple[Target, Context]:
    """What to comment on, and the context with the commit and pull request that belong to it.

    Args:
        wanted: what the user asked for.
        context: as the environment tells it, a pull request or commit that the user named included.
        forge: whom to ask for what the environment does not tell.

    Raises:
        ContextError: there is no such pull request or commit.
        ForgeError: the forge cannot be reached or refuses.
    """
    if wanted.kind == "issue" and wanted.number is not None:
        return IssueTarget(number=wanted.number), context
    place = context if wanted.kind == "commit" else locate(context, forge, "")
    if wanted.kind != "commit" and place.pull_request is not None:
        return PullRequestTarget(number=place.pull_request), place
    if wanted.kind == "pr":
        raise ContextError(
            f"No open pull request has the commit {place.sha[:7] or '(unknown)'} as its head.",
            remedy="Name the pull request: --target pr/NUMBER; or comment on the commit: --target commit.",
        )
    if not place.sha:
        raise ContextError("The environment names no commit.", remedy="Name it: --sha SHA.")
    return CommitTarget(sha=place.sha), place
