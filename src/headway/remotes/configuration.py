"""A DVC project's configuration, and the part of it that stays on this machine and out of git."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dvc.config import Config, ConfigError
from dvc.scm import Git, SCMError

from headway.errors import RemoteError, RepositoryError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY_PATH = "credentialpath"


class ProjectConfig:
    """The configuration of the DVC project that a folder belongs to.

    Attributes:
        root: the project's root.
        local: its ``.dvc/config.local``, which need not exist.
        config: DVC's configuration, all levels merged.

    Raises:
        RepositoryError: there is no project, or its configuration is not valid.
    """

    def __init__(self, folder: Path) -> None:
        self.root = project_root(folder)
        self.local = self.root / ".dvc" / Config.CONFIG_LOCAL
        try:
            self.config = Config(dvc_dir=str(self.root / ".dvc"))
        except ConfigError as error:
            raise _invalid(error) from error

    def remotes(self) -> Mapping[str, str]:
        """The URL of each remote by its name."""
        return {name: str(remote.get("url", "")) for name, remote in self.config["remote"].items()}

    def default(self) -> str:
        """The default remote's name; empty where there is none."""
        return str(self.config["core"].get("remote", ""))

    def committed_default(self) -> tuple[str, str]:
        """The default remote's name and URL in ``.dvc/config``, without what only this machine has; empty without one.

        Raises:
            RepositoryError: the file is not valid.
        """
        try:
            own = self.config.read("repo")
        except ConfigError as error:
            raise _invalid(error) from error
        name = str(own["core"].get("remote", ""))
        return name, str(own["remote"].get(name, {}).get("url", ""))

    def is_set_up(self) -> bool:
        """Whether ``config.local`` names the default remote, as ``headway ci setup`` writes it."""
        return bool(self.config.read("local")["core"].get("remote"))

    def default_folder(self) -> str:
        """The default remote's name if it is a folder on this machine, which needs no credentials; else empty."""
        url = self.remotes().get(self.default(), "")
        return self.default() if url and Path(url).is_dir() else ""

    def require_untracked(self) -> None:
        """Raise ``RepositoryError`` where git tracks ``config.local``, or would with the next ``git add``."""
        name = self.local.relative_to(self.root)
        try:
            git = Git(str(self.root), search_parent_directories=True)
        except SCMError:
            return  # without git, nothing can be committed
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

    def use_remote(self, name: str, options: Mapping[str, str | None]) -> None:
        """Make a remote the default one in ``config.local``, and set its options; ``None`` removes one.

        Raises:
            RemoteError: the file cannot be written.
            SettingsError: DVC refuses the options in combination with those of the project's own configuration.
        """
        try:
            self.local.touch(0o600)
            self.local.chmod(0o600)
            with self.config.edit("local") as config:
                remote = {**config["remote"].get(name, {}), **options}
                config["remote"][name] = {key: value for key, value in remote.items() if value is not None}
                config["core"]["remote"] = name
        except OSError as error:
            raise RemoteError(f"{self.local} cannot be written: {error.strerror}.") from None
        except ConfigError:
            raise SettingsError(
                f"The remote {name!r} of .dvc/config has options that belong to another kind of storage.",
                remedy="Choose another name with --remote.",
            ) from None

    def forget_keys(self, folder: Path) -> None:
        """Remove the paths of key files in a folder from ``config.local``."""
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


def project_root(folder: Path) -> Path:
    """The root of the DVC project that a folder belongs to.

    Raises:
        RepositoryError: there is no project.
    """
    folder = folder.resolve()
    root = next((each for each in (folder, *folder.parents) if (each / ".dvc").is_dir()), None)
    if root is None:
        raise RepositoryError(f"{folder} is not in a DVC project.", remedy="dvc init")
    return root


def _invalid(error: ConfigError) -> RepositoryError:
    reason = str(error).removeprefix("config file error: ").rstrip(".")
    return RepositoryError("DVC's configuration is not valid.", why=f"{reason}.")
