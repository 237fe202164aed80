"""What may be fetched over the network, and who hears about it; imports neither git nor DVC."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from headway.ci.job import Job
from headway.remotes.environment import Credentials

if TYPE_CHECKING:
    from headway.remotes.trust import Trust


class Progress(Protocol):
    """Hears what is done and what is fetched."""

    def step(self, what: str) -> None:
        """What is done from now on, in a few words, such as ``comparing metrics``."""

    def log(self, line: str) -> None:
        """What git is asked for, in one line."""

    def transferring(self, remote: str, done: int, files: int, size: int) -> None:
        """How many files of a batch have been fetched so far, and how many bytes; called from several threads."""

    def fetched(self, remote: str, files: int, size: int) -> None:
        """A batch has ended: how many files and bytes were fetched."""


class Quiet:
    """Shows nothing."""

    def step(self, what: str) -> None:
        """See :class:`Progress`."""

    def log(self, line: str) -> None:
        """See :class:`Progress`."""

    def transferring(self, remote: str, done: int, files: int, size: int) -> None:
        """See :class:`Progress`."""

    def fetched(self, remote: str, files: int, size: int) -> None:
        """See :class:`Progress`."""


@dataclass(frozen=True)
class Network:
    """What may be fetched.

    Attributes:
        history: whether git may fetch commits and files that a clone lacks.
        data: whether DVC may fetch files that its cache lacks.
        progress: hears what is fetched.
        credentials: only name the variables whose values a remote refuses; the storages' own libraries read this
            process's environment.
        job: the CI job. There, DVC's remotes get its credentials only where ``trust`` allows it.
        trust: decides which remotes may get the credentials; ``None`` allows all of them.
    """

    history: bool = False
    data: bool = True
    progress: Progress = field(default_factory=Quiet)
    credentials: Credentials = field(default_factory=Credentials)
    job: Job = field(default_factory=Job)
    trust: Trust | None = None


def allowed_network(fetch: bool | None, job: Job, credentials: Credentials, progress: Progress) -> Network:  # noqa: FBT001 - a setting with three values
    """What a run may fetch: ``fetch`` decides for git and DVC alike; with ``None``, git fetches only in CI."""
    history = job.in_ci if fetch is None else fetch
    return Network(history=history, data=fetch is not False, progress=progress, credentials=credentials, job=job)


OFFLINE = Network()
"""Git fetches nothing."""
