"""Where a run's images go: what the command line says, else the settings of the folder in which the command runs.

The settings of the report and of the revision that it is about do not count, and neither do those of a fork's checkout:
a job that holds secrets and posts a fork's report follows the default branch that it checked out, or its own command
line where it checked out nothing.
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

_HERE = "the current folder"


def resolve_image_settings(
    here: Path, environ: Mapping[str, str], settings: str | None = None, **given: str | None
) -> ImageSettings:
    """Where images go: each field as given on the command line, unless it is ``None``, else as in the settings.

    ``settings`` names a YAML file to read in place of headway.yaml and pyproject.toml.

    Raises:
        SettingsError: the settings cannot be used, or the named file does not exist.
    """
    declared = ImageSettings()
    if not holds_forks_commit(here, environ):
        images = load_settings(lambda path: _read(here / path), _HERE, settings).images
        declared = ImageSettings(store=images) if isinstance(images, str) else images
    return msgspec.structs.replace(declared, **{name: value for name, value in given.items() if value is not None})


def _read(path: Path) -> bytes | None:
    try:
        refuse_links_out(path)
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise SettingsError(f"{path.name} in {_HERE} cannot be read.", why=f"{error.strerror}.") from error
