"""What DVC's remotes answer when they refuse, in words that name the variable and the bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.remotes.probe import refusal
from headway.remotes.storage_errors import explain, shown

if TYPE_CHECKING:
    from dvc.repo import Repo

    from headway.remotes.environment import Credentials


class Remotes:
    """The remotes of a project, each asked once whether it serves.

    Args:
        repo: DVC's repository.
        credentials: those that a refusal is explained by.
    """

    def __init__(self, repo: Repo, credentials: Credentials) -> None:
        self._repo = repo
        self._credentials = credentials
        self._refusals: dict[str, str] = {}

    def default(self) -> str | None:
        """The name of the default remote; ``None`` where there is none."""
        name: str | None = self._repo.config["core"].get("remote")
        return name

    def refusal(self, name: str) -> str:
        """Why a remote is of no use, as the end of a sentence; empty where it serves.

        It is asked before its first file, because DVC would repeat a refusal for up to a minute.
        """
        if name not in self._refusals:
            asked = "://" in self._url(name)
            self._refusals[name] = refusal(self._repo.config, name, self._credentials) if asked else ""
        return self._refusals[name]

    def give_up(self, name: str, error: BaseException) -> str:
        """Note why a remote is of no use, so that the next file need not try again."""
        self._refusals[name] = self.meaning(name, error)
        return self._refusals[name]

    def meaning(self, name: str, error: BaseException) -> str:
        """What a storage's error means, as the end of a sentence whose subject is the remote."""
        return explain(error, self._url(name), self._credentials)

    def named(self, name: str) -> str:
        """The remote as a reader knows it: its name, and its address where that is no folder."""
        url = self._url(name)
        return f"{name!r} ({shown(url)})" if "://" in url else repr(name)

    def _url(self, name: str) -> str:
        return str(self._repo.config["remote"].get(name, {}).get("url", ""))
