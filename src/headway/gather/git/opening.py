"""Opens the history of a git repository, one that fetches what the clone lacks where that is allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from headway.gather.git.history import History
    from headway.gather.network import Network


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
