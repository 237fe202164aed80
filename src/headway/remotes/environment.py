"""What CI says about the remote, read from the environment into one value. Nothing else here looks at variables."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from headway.ci.process import process_environment
from headway.remotes.storages import FAMILIES

URL = "DVC_REMOTE_URL"
_KNOWN = dict.fromkeys(variable for family in FAMILIES.values() for variable in family.variables)
"""The variables of every kind of storage, once each."""


@dataclass(frozen=True, eq=False)
class Credentials(Mapping[str, str]):
    """The variables that are credentials or belong to them, where they are set and not empty; its repr shows none."""

    _values: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __getitem__(self, variable: str) -> str:
        return self._values[variable]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


@dataclass(frozen=True, kw_only=True)
class Environment:
    """What CI says.

    Attributes:
        url: the remote's address; empty where none is set.
        given: the credentials of every kind of storage.
        temporary: where a private file may be; outside any repository.
        masks: whether the log hides what a line ``::add-mask::`` names (GitHub Actions).
        output_file: where GitHub Actions reads a step's outputs; ``None`` elsewhere.
    """

    url: str = ""
    given: Credentials = field(default_factory=Credentials)
    temporary: Path
    masks: bool = False
    output_file: Path | None = None


def read_environment(environ: Mapping[str, str], url: str | None = None) -> Environment:
    """Read CI's variables. A secret that is not set reaches a job as an empty variable, which counts as none.

    Args:
        environ: the variables.
        url: an address that was given by hand, which goes before the variable's.
    """
    output = environ.get("GITHUB_OUTPUT")
    return Environment(
        url=url or environ.get(URL, "").strip(),
        given=read_credentials(environ),
        temporary=Path(environ.get("RUNNER_TEMP") or tempfile.gettempdir()),
        masks=environ.get("GITHUB_ACTIONS") == "true",
        output_file=Path(output) if output else None,
    )


def read_credentials(environ: Mapping[str, str] | None = None) -> Credentials:
    """The credentials of every kind of storage; with ``None``, those in this process's own environment."""
    variables = process_environment(environ)
    return Credentials({name: variables[name] for name in _KNOWN if variables.get(name, "").strip()})


def for_command(environ: Mapping[str, str], path: Path | None) -> dict[str, str]:
    """The environment of a command that uses the remote: without empty credentials, and a file where JSON was.

    Args:
        environ: this process's.
        path: the private file with Google's credentials; ``None`` where there is none.
    """
    kept = {name: value for name, value in environ.items() if name not in _KNOWN or value.strip()}
    return kept if path is None else {**kept, FAMILIES["gs"].document: os.fspath(path)}
