"""From CI's environment to a remote that DVC uses on this machine."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from headway.errors import RemoteError, SettingsError
from headway.remotes.configuration import KEY_PATH
from headway.remotes.environment import URL
from headway.remotes.private_files import write_private
from headway.remotes.probe import refusal
from headway.remotes.storage_errors import shown
from headway.remotes.storages import STORAGES, Storage, storage_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from headway.remotes.configuration import ProjectConfig
    from headway.remotes.environment import Environment
    from headway.remotes.trust import Trust

NAME = "ci"
"""The remote's name where the project has none for the URL and nobody chose one."""
_KEY_TYPES = ("service_account", "authorized_user")
"""The types of Google's credentials that DVC's option ``credentialpath`` accepts."""
_SECRET_KEYS = ("private_key", "private_key_id", "client_secret", "refresh_token", "access_token", "id_token")
_ON_HTTP = ("http", "https", "webdav", "webdavs")
_SHORTEST = 8
"""Characters; to mask a shorter text would black out half a log."""


@dataclass(frozen=True, kw_only=True)
class Remote:
    """A remote to be used on this machine; ``used`` are the variables that are its credentials."""

    name: str
    url: str
    storage: Storage
    used: tuple[str, ...]


def choose_remote(project: ProjectConfig, environment: Environment, name: str | None) -> Remote | None:
    """The remote of CI's URL, else the project's own if the environment has its credentials.

    Raises:
        SettingsError: the URL is not valid, or there is no remote of that name.
    """
    url = _checked(environment.url, project.root)
    remotes = project.remotes()
    if url:
        name = name or next((each for each, known in remotes.items() if known == url), NAME)
    else:
        if name and name.lower() not in remotes:
            raise SettingsError(f"DVC has no remote {name!r} here.", remedy="Give its URL with --url.")
        name = name or project.default()
        url = remotes.get(name.lower(), "")
    storage = storage_of(url)
    if storage is None:
        known = ", ".join(f"{scheme}://" for scheme in STORAGES if scheme)
        raise SettingsError(f"DVC does not support the storage of {shown(url)}.", why=f"It supports {known} and paths.")
    remote = Remote(name=name.lower(), url=url, storage=storage, used=storage.in_use(environment.credentials))
    return remote if environment.url or remote.used else None


def why_no_remote(project: ProjectConfig, environment: Environment) -> str:
    """Why :func:`choose_remote` found no remote."""
    name = project.default()
    reason = f"the credentials are not for DVC's default remote {name!r}" if name else "DVC has no default remote"
    if name and name not in project.remotes():
        reason = f"DVC's default remote {name!r} is not configured here"
    elif not environment.credentials:
        reason = "there are no credentials, as in a fork's pull request"
    return f"No remote is set up: {URL} is not set and {reason}. What git tracks can still be compared."


def set_up(  # noqa: PLR0913 - what is set up, and with which permissions
    project: ProjectConfig,
    remote: Remote,
    environment: Environment,
    folder: Path,
    mask: Callable[[str], None],
    *,
    trust: Trust,
) -> Path | None:
    """Point DVC at a remote in ``config.local``.

    Args:
        project, remote, environment: what is set up, and with which credentials.
        folder: where a private file is written, if one is needed.
        mask: hides a secret in the log.
        trust: decides whether the credentials may go where the checkout's configuration points.

    Returns:
        The private file with Google's credentials, if one was needed.

    Raises:
        HeadwayError: a credential is not valid, git would see the configuration, or a stranger could get a credential.
    """
    project.require_untracked()
    for variable in remote.storage.files:
        if variable in remote.used and not Path(environment.credentials[variable]).is_file():
            raise RemoteError(f"The file that {variable} names does not exist, so {shown(remote.url)} cannot be used.")
    # The project's own configuration may have a URL with a token in it; it is not written a second time.
    options: dict[str, str | None] = {} if _holds_secret(remote.url) else {"url": remote.url}
    options["verify"] = "true" if remote.storage.verifies else None
    options |= {option: environment.credentials.get(variable) for variable, option in remote.storage.options}
    trust.check(project.config, remote.name, options)
    key = _unpack(remote, environment, folder, options, mask)
    project.use_remote(remote.name, options)
    return key


def check(project: ProjectConfig, remote: Remote, credentials: Mapping[str, str]) -> None:
    """Ask the remote whether it can be used; raises ``RemoteError`` with the reason where it cannot."""
    reason = refusal(project.config, remote.name, credentials, must_list=True)
    if reason:
        raise RemoteError(f"{shown(remote.url)} {reason}.")


def _checked(url: str, root: Path) -> str:
    """The URL as DVC takes it; a path is made absolute, since DVC would resolve it from inside ``.dvc``."""
    if not url or re.match(r"[\w+.-]+://", url) is None:
        return url and os.path.normpath(root / Path(url).expanduser())
    if re.search(r"\s|[\x00-\x1f\x7f]", url):
        raise SettingsError(f"{URL} contains white space, so it is not a URL.")
    try:
        secret = _holds_secret(url)
    except ValueError:
        raise SettingsError(f"{URL} is not a URL.") from None
    if secret:
        raise SettingsError(
            f"{URL} contains a password or a token, which DVC would write to its configuration and print.",
            remedy="Leave it out, and put it into ~/.netrc, an SSH key or the storage's own variables.",
        )
    return url


def _holds_secret(url: str) -> bool:
    parts = urlsplit(url)
    return "://" in url and bool(parts.password or parts.query or (parts.username and parts.scheme in _ON_HTTP))


def _unpack(
    remote: Remote,
    environment: Environment,
    folder: Path,
    options: dict[str, str | None],
    mask: Callable[[str], None],
) -> Path | None:
    """Bring credentials that are JSON into the form that the storage's library reads."""
    variable = remote.storage.document
    document = _read_document(variable, environment.credentials.get(variable, ""))
    if document is None:
        return None
    for secret in _secrets_in(document):
        mask(secret)
    if variable == "GDRIVE_CREDENTIALS_DATA":  # which its library reads from the environment itself
        options["gdrive_use_service_account"] = "true" if document.get("type") == "service_account" else None
        return None
    if document.get("type") not in _KEY_TYPES:
        raise RemoteError(
            f"{variable} contains credentials of type {document.get('type')!r}, which DVC reads only from a file.",
            remedy="Set it to the file's path, as google-github-actions/auth does.",
        )
    key = write_private(folder, "google.json", environment.credentials[variable])
    options[KEY_PATH] = str(key)
    return key


def _read_document(variable: str, value: str) -> Mapping[str, Any] | None:
    """The JSON in a variable; ``None`` where it is not set or holds the path of a file.

    Raises:
        RemoteError: it is neither. The message does not repeat the value, which may be a secret.
    """
    if not value.lstrip().startswith("{"):
        if value and not _is_file(value):
            raise RemoteError(f"{variable} is neither JSON nor the path of a file that exists.")
        return None
    try:
        document: Mapping[str, Any] = json.loads(value)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise RemoteError(f"{variable} is not valid JSON ({place}).", remedy="Paste the whole file.") from None
    return document


def _secrets_in(document: Mapping[str, Any]) -> Iterator[str]:
    """The secrets of a document, line by line, since a log hides only whole lines of a private key."""
    for key, value in document.items():
        if isinstance(value, dict):
            yield from _secrets_in(value)
        elif key in _SECRET_KEYS:
            lines = map(str.strip, str(value).splitlines())
            yield from (line for line in lines if len(line) >= _SHORTEST and not line.startswith("-----"))


def _is_file(value: str) -> bool:
    try:
        return Path(value.strip()).is_file()
    except (OSError, ValueError):  # too long for a path, or with a null byte
        return False
