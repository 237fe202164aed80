"""A deployment on GitHub: the record of which commit is rolled out to which environment, and what became of it.

Source: GitHub's "REST API endpoints for deployments" and "... for deployment statuses". A deployment that a killed run
left unfinished is found by its commit, environment and payload, and the next run continues it.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from headway.errors import ForgeError
from headway.publish.forges.connect import connect_github
from headway.publish.http.error_responses import Operation
from headway.publish.http.retry import create_idempotently
from headway.text import one_line, shortened

if TYPE_CHECKING:
    from headway.ci.job import Context
    from headway.publish.http.options import ClientOptions
    from headway.values.registry.records import Promotion

DeploymentState = Literal["in_progress", "success", "failure", "error", "inactive"]
"""The states that Headway sets; ``error`` means that it is not known whether what was deployed works."""

PRODUCTION = "production"
"""The stage that users see, which GitHub marks as such."""
_FINISHED = {"success", "failure", "error", "inactive"}
_DESCRIPTION_LIMIT = 140
_LONGEST_PAGE = {"per_page": "100"}

_LIST = Operation("list the deployments", "deployments: write")
_CREATE = Operation("create the deployment", "deployments: write")
_READ_STATUS = Operation("read the state of the deployment", "deployments: write")
# The same status twice says the same as once.
_SET_STATUS = Operation("set the state of the deployment", "deployments: write", idempotent=True)


class _Deployment(msgspec.Struct):
    id: int
    sha: str = ""
    environment: str = ""
    payload: Any = None


class _Created(msgspec.Struct):
    """The answer to a new deployment: the deployment, or the message that a branch was merged instead."""

    id: int | None = None
    message: str = ""


class _Status(msgspec.Struct):
    state: str


class Deployments:
    """The deployments of one promotion in a repository.

    Raises:
        ContextError: the context is not GitHub's, or has no token.
    """

    def __init__(self, context: Context, client: ClientOptions, promotion: Promotion) -> None:
        self._session = connect_github(context, client, "record a deployment").session
        self._path = f"repos/{context.repository}/deployments"
        self._log_url = context.run.url
        self._promotion = promotion
        self._payload = {"name": promotion.name, "version": promotion.version, "tag": promotion.tag}

    def start(self) -> int:
        """The id of the deployment: of one that an earlier run did not finish, else of a new one.

        Raises:
            DeniedError: the token lacks ``deployments: write``.
            ForgeError: GitHub cannot be reached or refuses.
        """
        found = self._unfinished()
        return found if found is not None else create_idempotently(self._create, self._unfinished, self._sleep)

    def set_state(self, deployment: int, state: DeploymentState, description: str) -> None:
        """Set what became of a deployment, with a link to this run.

        A success ends earlier deployments to the same environment, unless that is production: GitHub does so by itself.

        Raises:
            ForgeError: GitHub cannot be reached or refuses.
        """
        log = {"log_url": self._log_url} if self._log_url else {}
        text = shortened(one_line(description), _DESCRIPTION_LIMIT)
        self._session.post(_SET_STATUS, self._statuses(deployment), {"state": state, "description": text, **log}, None)

    def _unfinished(self) -> int | None:
        query = {**_LONGEST_PAGE, "sha": self._promotion.sha, "environment": self._promotion.stage}
        listed = self._session.pages(_LIST, self._path, _Deployment, query)
        return next((each.id for each in listed if self._is_ours(each) and not self._is_finished(each.id)), None)

    def _is_ours(self, found: _Deployment) -> bool:
        same_place = (found.sha, found.environment) == (self._promotion.sha, self._promotion.stage)
        return same_place and found.payload == self._payload

    def _is_finished(self, deployment: int) -> bool:
        newest_first = self._session.get(_READ_STATUS, self._statuses(deployment), list[_Status], {"per_page": "1"})
        return bool(newest_first) and newest_first[0].state in _FINISHED

    def _create(self) -> int:
        body = {
            "ref": self._promotion.sha,
            "environment": self._promotion.stage,
            "auto_merge": False,
            "required_contexts": [],
            "payload": self._payload,
            "description": shortened(f"{self._promotion.label} by Headway", _DESCRIPTION_LIMIT),
            "production_environment": self._promotion.stage == PRODUCTION,
            "transient_environment": False,
        }
        try:
            created = self._session.post(_CREATE, self._path, body, _Created(id=0))
        except ForgeError as error:
            if error.status != HTTPStatus.CONFLICT:
                raise
            raise _conflict(error) from None
        if created.id is None:
            raise _merged(created.message)
        return created.id

    def _sleep(self, seconds: float) -> None:
        self._session.options.sleep(seconds)

    def _statuses(self, deployment: int) -> str:
        return f"{self._path}/{deployment}/statuses"


def _conflict(error: ForgeError) -> ForgeError:
    return ForgeError(
        error.what,
        why=f"{error.why}\nHeadway asks for a deployment without a merge and without required statuses.",
        remedy="Look for a rule of the repository or the environment that forbids this deployment.",
        status=error.status,
    )


def _merged(message: str) -> ForgeError:
    return ForgeError(
        "GitHub merged a branch instead of creating the deployment.",
        why=f"GitHub says: {shortened(one_line(message), 300)}\nHeadway asks for a deployment without a merge.",
        remedy="Look at the branch for a merge that nobody asked for, and run the job again.",
        status=HTTPStatus.ACCEPTED,
    )
