"""What CI says about the remote, read from the environment into one value. Nothing else here looks at variables."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from headway.remotes.storages import FAMILIES

if TYPE_CHECKING:
    from collections.abc import Mapping

URL = "DVC_REMOTE_URL"


@dataclass(frozen=True, kw_only=True)
class Environment:
    """What CI says.

    Attributes:
        url: the remote's address; empty where none is set.
        given: the variables that are credentials or belong to them, where they are set and not empty.
        temporary: where a private file may be; outside any repository.
        masks: whether the log hides what a line ``::add-mask::`` names (GitHub Actions).
        output_file: where GitHub Actions reads a step's outputs; ``None`` elsewhere.
    """

    url: str = ""
    given: Mapping[str, str] = field(default_factory=dict, repr=False)
    temporary: Path
    masks: bool = False
    output_file: Path | None = None


def read_environment(environ: Mapping[str, str]) -> Environment:
    """Read CI's variables. A secret that is not set reaches a job as an empty variable, which counts as none."""
    output = environ.get("GITHUB_OUTPUT")
    return Environment(
        url=environ.get(URL, "").strip(),
        given=credentials(environ),
        temporary=Path(environ.get("RUNNER_TEMP") or tempfile.gettempdir()),
        masks=environ.get("GITHUB_ACTIONS") == "true",
        output_file=Path(output) if output else None,
    )


def credentials(environ: Mapping[str, str]) -> Mapping[str, str]:
    """The variables of every kind of storage that are set and not empty."""
    known = dict.fromkeys(variable for family in FAMILIES.values() for variable in family.variables)
    return {variable: environ[variable] for variable in known if environ.get(variable, "").strip()}


def for_command(environ: Mapping[str, str], path: Path | None) -> dict[str, str]:
    """The environment of a command that uses the remote: without empty credentials, and a file where JSON was.

    Args:
        environ: this process's.
        path: the private file with Google's credentials; ``None`` where there is none.
    """
    known = {variable for family in FAMILIES.values() for variable in family.variables}
    kept = {name: value for name, value in environ.items() if name not in known or value.strip()}
    return kept if path is None else {**kept, FAMILIES["gs"].document: os.fspath(path)}
