"""Where a run's images go: what the command line says, else the settings, else what Headway chooses.

The settings are those of the folder in which the command runs, as it stands there. Neither the report nor the revision
that it is about is asked, and a fork's checkout is not either: a job that holds secrets and posts a fork's report goes
by the default branch that it checked out, or by its own command line where it checked out nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from headway.ci.checkout import holds_forks_commit
from headway.errors import SettingsError
from headway.public_files import refuse_links_out
from headway.settings import ImageSettings, load_settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_HERE = "the working directory"


def resolve_image_settings(
    here: Path, environ: Mapping[str, str], settings: str | None = None, **given: str | None
) -> ImageSettings:
    """Where images go.

    Args:
        here: the folder in which the command runs.
        environ: the environment variables, which say whose commit is checked out there.
        settings: a YAML file to read in place of headway.yaml and pyproject.toml.
        given: what the command line says, by field of :class:`ImageSettings`; ``None`` leaves it to the settings.

    Raises:
        SettingsError: the settings cannot be used, or the file that the command line names does not exist.
    """
    said = {name: value for name, value in given.items() if value is not None}
    return msgspec.structs.replace(_declared(here, settings, environ), **said)


def _declared(here: Path, named: str | None, environ: Mapping[str, str]) -> ImageSettings:
    if holds_forks_commit(here, environ):
        return ImageSettings()
    images = load_settings(lambda path: _read(here / path), _HERE, named).images
    return ImageSettings(store=images) if isinstance(images, str) else images


def _read(path: Path) -> bytes | None:
    try:
        refuse_links_out(path)
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise SettingsError(f"{path.name} in {_HERE} cannot be read.", why=f"{error.strerror}.") from error
