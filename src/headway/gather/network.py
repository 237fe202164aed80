"""What may be fetched over the network, and who is told of it; opens git's history accordingly. Knows no DVC."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from headway.gather.git.history import History

_CI_VARIABLES = ("GITHUB_ACTIONS", "GITLAB_CI", "BITBUCKET_BUILD_NUMBER", "CI")
"""What GitHub, GitLab, Bitbucket and nearly every other CI set."""
_NO = frozenset({"", "0", "false"})


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
        environ: where credentials are looked up, to say which of them a remote refuses. The storages' own libraries
            read this process's environment.
    """

    history: bool = False
    data: bool = True
    progress: Progress = field(default_factory=Quiet)
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)


def allowed(fetch: bool | None, environ: Mapping[str, str], progress: Progress) -> Network:  # noqa: FBT001 - a setting with three values
    """What a run may fetch.

    Args:
        fetch: true and false are the user's word for git and DVC alike; with ``None``, DVC's remote is asked as DVC's
            own commands do, and git only in CI, whose clones are made to be short.
        environ: where CI says that this is CI, and where credentials are.
        progress: who is told.
    """
    in_ci = any(environ.get(variable, "").lower() not in _NO for variable in _CI_VARIABLES)
    return Network(
        history=in_ci if fetch is None else fetch, data=fetch is not False, progress=progress, environ=environ
    )


OFFLINE = Network()
"""Git fetches nothing."""


def open_history(path: Path, network: Network) -> History:
    """Open the git repository that a folder belongs to, to fetch what it lacks where that is allowed.

    Raises:
        RepositoryError: there is none.
    """
    if network.history:
        from headway.gather.git.fetching import FetchingHistory  # noqa: PLC0415 - few runs need it

        return FetchingHistory(path, network.progress)
    from headway.gather.git.history import History  # noqa: PLC0415 - loads pygit2, which --help need not pay

    return History(path)
