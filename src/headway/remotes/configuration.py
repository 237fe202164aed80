"""A DVC project's own configuration: the part of it that stays on this machine, and that git must not see."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dvc.config import Config, ConfigError
from dvc.scm import Git, SCMError

from headway.errors import RemoteError, RepositoryError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY_PATH = "credentialpath"


class Project:
    """The DVC project that a folder belongs to.

    Args:
        folder: a folder inside it.

    Attributes:
        root: the project's root.
        local: its ``.dvc/config.local``, which need not exist.
        config: DVC's configuration with every level in it.

    Raises:
        RepositoryError: there is none, or its configuration is not valid.
    """

    def __init__(self, folder: Path) -> None:
        folder = folder.resolve()
        root = next((each for each in (folder, *folder.parents) if (each / ".dvc").is_dir()), None)
        if root is None:
            raise RepositoryError(f"{folder} is in no DVC project.", remedy="dvc init")
        self.root = root
        self.local = root / ".dvc" / Config.CONFIG_LOCAL
        try:
            self.config = Config(dvc_dir=str(root / ".dvc"))
        except ConfigError as error:
            reason = str(error).removeprefix("config file error: ").rstrip(".")
            raise RepositoryError("DVC's configuration is not valid.", why=f"{reason}.") from error

    def remotes(self) -> Mapping[str, str]:
        """The address of each remote by its name."""
        return {name: str(remote.get("url", "")) for name, remote in self.config["remote"].items()}

    def default(self) -> str:
        """The default remote's name; empty where there is none."""
        return str(self.config["core"].get("remote", ""))

    def default_folder(self) -> str:
        """The default remote's name where it is a folder that is here, which everybody can read; else empty."""
        name = self.default()
        return name if name in self.remotes() and Path(self.remotes()[name]).is_dir() else ""

    def check_is_hidden(self) -> None:
        """Make sure that git will not take up what is written here.

        Raises:
            RepositoryError: ``config.local`` is tracked, or would be by the next ``git add``.
        """
        name = self.local.relative_to(self.root)
        try:
            git = Git(str(self.root), search_parent_directories=True)
        except SCMError:
            return  # no git, so nothing can be committed
        with git:
            if git.is_tracked(str(self.local)):
                raise RepositoryError(
                    f"git tracks {name}, which must stay on one machine.", remedy=f"git rm --cached {name}"
                )
            if not git.is_ignored(str(self.local)):
                raise RepositoryError(
                    f"git does not ignore {name}, so it could be committed by accident.",
                    remedy="echo /config.local >> .dvc/.gitignore",
                )

    def point(self, name: str, options: Mapping[str, str | None]) -> None:
        """Make a remote the default one here, and set its options; one that is ``None`` is taken out.

        Raises:
            SettingsError: DVC refuses the options beside those that the project's own configuration has.
        """
        self._make_private()
        try:
            with self.config.edit("local") as config:
                remote = config["remote"].setdefault(name, {})
                remote.update({key: value for key, value in options.items() if value is not None})
                for key in (key for key, value in options.items() if value is None):
                    remote.pop(key, None)
                config["core"]["remote"] = name
        except ConfigError:
            raise SettingsError(
                f"The remote {name!r} of .dvc/config has options that do not go with another kind of storage; "
                "choose another name with --remote."
            ) from None

    def forget_keys(self, folder: Path) -> None:
        """Take every path to a file in a folder out of ``config.local``."""
        found = [
            name
            for name, remote in self.config.read("local")["remote"].items()
            if Path(str(remote.get(KEY_PATH, ""))).is_relative_to(folder)
        ]
        if not found:
            return
        with self.config.edit("local", validate=False) as config:
            for name in found:
                del config["remote"][name][KEY_PATH]

    def _make_private(self) -> None:
        try:
            self.local.touch(0o600)
            self.local.chmod(0o600)
        except OSError as error:
            raise RemoteError(f"{self.local} cannot be written: {error.strerror}.") from None
