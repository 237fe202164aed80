"""Who approved the job of a run that waited for a GitHub environment.

Source: "Get the review history for a workflow run" of GitHub's "REST API endpoints for workflow runs".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from headway.errors import ContextError, ForgeError
from headway.publish.forges.connect import connect_github
from headway.publish.http.error_responses import Operation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headway.ci.job import Context
    from headway.publish.http.options import ClientOptions

_READ_REVIEWS = Operation("read who approved the run", "actions: read")


class _Environment(msgspec.Struct):
    name: str = ""


class _User(msgspec.Struct):
    login: str


class _Review(msgspec.Struct):
    """An answer to a job that waited; GitHub lists them in the order in which they were given, without pages."""

    state: str
    environments: list[_Environment]
    user: _User | None = None


def approvers(context: Context, client: ClientOptions, environment: str) -> tuple[str, ...]:
    """The logins of the users who approved this run for an environment, in the order of their approvals.

    An approval before a rejection does not count: a run that was rejected and started again needs a new one.

    Raises:
        ContextError: this is no run of GitHub Actions.
        ForgeError: nobody approved it, or GitHub cannot be reached or refuses.
    """
    github = connect_github(context, client, "read who approved a run")
    if not context.run.id:
        raise ContextError(
            "Headway cannot read who approved this run.",
            why="GITHUB_RUN_ID is not set, so this is not a job of GitHub Actions.",
            remedy=f"Run the command in a workflow, in a job that names the environment:\n  environment: {environment}",
        )
    path = f"repos/{context.repository}/actions/runs/{context.run.id}/approvals"
    reviews = github.session.get(_READ_REVIEWS, path, list[_Review])
    found = _approving(each for each in reviews if _is_about(each, environment))
    if not found:
        raise _unapproved(environment)
    return found


def _is_about(review: _Review, environment: str) -> bool:
    """Whether a review is about an environment, whose name GitHub compares without case."""
    return any(each.name.casefold() == environment.casefold() for each in review.environments)


def _approving(reviews: Iterable[_Review]) -> tuple[str, ...]:
    logins: dict[str, None] = {}
    for review in reviews:
        if review.state == "rejected":
            logins.clear()
        elif review.state == "approved" and review.user:
            logins[review.user.login] = None
    return tuple(logins)


def _unapproved(environment: str) -> ForgeError:
    return ForgeError(
        f"Nobody approved this run for the environment {environment!r}.",
        why="Either its job does not name the environment, or the environment has no required reviewers. In a private "
        "repository, GitHub offers those with Enterprise only.",
        remedy="Add required reviewers in the repository's settings, under Environments, and name the environment in "
        f"the job:\n  environment: {environment}",
    )
