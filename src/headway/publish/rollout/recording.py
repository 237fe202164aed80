"""The record of a roll-out on the forge, which never stops the roll-out itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from headway.errors import ForgeError
from headway.publish.rollout.deployment import Deployments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.ci.job import Context
    from headway.publish.http.options import ClientOptions
    from headway.publish.rollout.deployment import DeploymentState
    from headway.values.registry.records import Promotion


class Recording(Protocol):
    """Hears how a roll-out goes on, and keeps what could not be recorded as ``failures``."""

    @property
    def failures(self) -> Sequence[ForgeError]:
        """What could not be recorded."""

    def set_state(self, state: DeploymentState, description: str) -> None:
        """The roll-out has got this far; the description is one sentence."""


class NoRecording:
    """Records nothing."""

    failures: Sequence[ForgeError] = ()

    def set_state(self, state: DeploymentState, description: str) -> None:
        """See :class:`Recording`."""


class GitHubRecording:
    """A GitHub deployment, created with its first state. Later states are tried after an outage, but not a refusal."""

    def __init__(self, context: Context, client: ClientOptions, promotion: Promotion) -> None:
        self._deployments = Deployments(context, client, promotion)
        self._deployment: int | None = None
        self.failures: list[ForgeError] = []

    def set_state(self, state: DeploymentState, description: str) -> None:
        """See :class:`Recording`."""
        if any(failure.is_refusal for failure in self.failures):
            return
        try:
            if self._deployment is None:
                self._deployment = self._deployments.start()
            self._deployments.set_state(self._deployment, state, description)
        except ForgeError as error:
            self.failures.append(error)
