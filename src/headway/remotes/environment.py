"""What CI says about the remote, read from the environment into one value. Nothing else here looks at variables."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from headway.ci.job import is_token_variable
from headway.ci.process import process_environment
from headway.remotes.storages import STORAGES

URL = "DVC_REMOTE_URL"
_KNOWN = dict.fromkeys(variable for storage in STORAGES.values() for variable in storage.variables)
"""The variables of every kind of storage, once each."""
_COPIES = {"GOOGLE_GHA_CREDS_PATH", "CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE"}
"""Where google-github-actions/auth repeats the path of Google's key."""


@dataclass(frozen=True, eq=False)
class Credentials(Mapping[str, str]):
    """The variables of every storage that are set and not empty; its repr shows none of them."""

    _values: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __getitem__(self, variable: str) -> str:
        return self._values[variable]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


@dataclass(frozen=True, kw_only=True)
class Environment:
    """What CI says about the remote.

    Attributes:
        url: its URL; empty where none is set.
        credentials: those of every kind of storage.
        temporary: where private files are written, outside any repository.
        masks: whether a line ``::add-mask::`` hides a text in the log (GitHub Actions).
        output_file: where GitHub Actions reads a step's outputs; ``None`` elsewhere.
    """

    url: str = ""
    credentials: Credentials = field(default_factory=Credentials)
    temporary: Path
    masks: bool = False
    output_file: Path | None = None


def read_environment(environ: Mapping[str, str], url: str | None = None) -> Environment:
    """Read CI's variables; ``url`` replaces ``DVC_REMOTE_URL``. An empty variable is a secret that is not set."""
    output = environ.get("GITHUB_OUTPUT")
    return Environment(
        url=url or environ.get(URL, "").strip(),
        credentials=read_credentials(environ),
        temporary=Path(environ.get("RUNNER_TEMP") or tempfile.gettempdir()),
        masks=environ.get("GITHUB_ACTIONS") == "true",
        output_file=Path(output) if output else None,
    )


def read_credentials(environ: Mapping[str, str] | None = None) -> Credentials:
    """The credentials of every kind of storage; ``None`` reads this process's environment."""
    variables = process_environment(environ)
    return Credentials({name: variables[name] for name in _KNOWN if variables.get(name, "").strip()})


def without_credentials(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of a command that is not to use any remote: without what the remotes of DVC read."""
    return {name: value for name, value in environ.items() if name not in _KNOWN and name not in _COPIES}


def without_secrets(environ: Mapping[str, str], token_variable: str | None = None) -> dict[str, str]:
    """The environment of a command that may run a model, which may hold code: without credentials and tokens.

    ``token_variable`` names one more variable that holds a token.
    """
    kept = without_credentials(environ)
    return {name: value for name, value in kept.items() if name != token_variable and not is_token_variable(name)}


def command_environment(environ: Mapping[str, str], key: Path | None) -> dict[str, str]:
    """The environment of a command that uses the remote: without empty credentials, and with Google's key as a file."""
    kept = {name: value for name, value in environ.items() if name not in _KNOWN or value.strip()}
    return kept if key is None else {**kept, STORAGES["gs"].document: os.fspath(key)}
