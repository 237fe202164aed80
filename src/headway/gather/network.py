"""What may be fetched over the network, and who is told of it. Knows neither git nor DVC."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from headway.ci.job import Job
from headway.remotes.environment import Credentials

if TYPE_CHECKING:
    from headway.remotes.trust import Trust


class Progress(Protocol):
    """Is told what is fetched."""

    def say(self, line: str) -> None:
        """What git is asked for, in one line."""

    def transferring(self, remote: str, done: int, files: int, size: int) -> None:
        """How many files of a batch have come so far, and how many bytes; called from several threads."""

    def fetched(self, remote: str, files: int, size: int) -> None:
        """A batch has ended: what has come, in files and bytes."""


class Quiet:
    """Progress that nobody watches."""

    def say(self, line: str) -> None:
        """See :class:`Progress`."""

    def transferring(self, remote: str, done: int, files: int, size: int) -> None:
        """See :class:`Progress`."""

    def fetched(self, remote: str, files: int, size: int) -> None:
        """See :class:`Progress`."""


@dataclass(frozen=True)
class Network:
    """What may be fetched.

    Attributes:
        history: whether git may be asked for commits and files that a clone lacks.
        data: whether DVC's remote may be asked for files that its cache lacks.
        progress: who is told.
        credentials: only to say which of them a remote refuses. The storages' own libraries read this process's
            environment.
        job: the job that this run is. In CI, DVC's remotes get its credentials only where ``trust`` lets them.
        trust: says where they may go; ``None`` where they may go everywhere.
    """

    history: bool = False
    data: bool = True
    progress: Progress = field(default_factory=Quiet)
    credentials: Credentials = field(default_factory=Credentials)
    job: Job = field(default_factory=Job)
    trust: Trust | None = None


def allowed(fetch: bool | None, job: Job, credentials: Credentials, progress: Progress) -> Network:  # noqa: FBT001 - a setting with three values
    """What a run may fetch.

    Args:
        fetch: true and false are the user's word for git and DVC alike; with ``None``, DVC's remote is asked as DVC's
            own commands do, and git only in CI, whose clones are made to be short.
        job, credentials, progress: as in :class:`Network`.
    """
    history = job.in_ci if fetch is None else fetch
    return Network(history=history, data=fetch is not False, progress=progress, credentials=credentials, job=job)


OFFLINE = Network()
"""Git fetches nothing."""
