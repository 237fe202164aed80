"""Where a run's pictures shall go: what the command line says, else the settings, else what Headway chooses.

The settings are those of the folder in which the command runs, as it stands there. Neither the report nor the revision
that it is about is asked, and a fork's checkout is not either: a job that holds secrets and posts a fork's report goes
by the default branch that it checked out, or by its own command line where it checked out nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from headway.ci.checkout import holds_forks_commit
from headway.errors import SettingsError
from headway.publish.images.choose import Wish
from headway.settings import ImageRule, load_settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from headway.settings import ImagePlace

_HERE = "the working directory"


@dataclass(frozen=True, kw_only=True)
class Given:
    """What the command line says about pictures; ``None`` leaves it to the settings.

    Attributes:
        place, branch, bucket, bucket_url: as in :class:`~headway.publish.images.choose.Wish`.
        settings: a YAML file to read in place of headway.yaml and pyproject.toml.
    """

    place: ImagePlace | None = None
    branch: str | None = None
    bucket: str | None = None
    bucket_url: str | None = None
    settings: str | None = None


def wish_of(given: Given, here: Path, environ: Mapping[str, str]) -> Wish:
    """What is wanted for pictures.

    Args:
        given: what the command line says.
        here: the folder in which the command runs.
        environ: the environment variables, which say whose commit is checked out there.

    Raises:
        SettingsError: the settings cannot be used, or the file that the command line names does not exist.
    """
    rule = _declared(here, given.settings, environ)
    return Wish(
        place=given.place or rule.store,
        branch=given.branch or rule.branch,
        bucket=rule.bucket if given.bucket is None else given.bucket,
        bucket_url=rule.bucket_url if given.bucket_url is None else given.bucket_url,
    )


def _declared(here: Path, named: str | None, environ: Mapping[str, str]) -> ImageRule:
    if holds_forks_commit(here, environ):
        return ImageRule()
    images = load_settings(lambda path: _read(here / path), _HERE, named).images
    return ImageRule(store=images) if isinstance(images, str) else images


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise SettingsError(f"{path.name} in {_HERE} cannot be read.", why=f"{error.strerror}.") from error
