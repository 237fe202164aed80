"""From CI's environment to a remote that DVC uses on this machine, and back."""

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
from headway.remotes.private_files import remove, write_private
from headway.remotes.probe import refusal
from headway.remotes.storage_errors import shown
from headway.remotes.storages import FAMILIES, Family, family_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from headway.remotes.configuration import Project
    from headway.remotes.environment import Environment
    from headway.remotes.trust import Trust

NAME = "ci"
"""The remote's name where the project has none for the address and nobody chose one."""

_PASTED = ("service_account", "authorized_user")
"""The types of Google's credentials that DVC's option ``credentialpath`` takes."""
_SECRET_KEYS = ("private_key", "private_key_id", "client_secret", "refresh_token", "access_token", "id_token")
_ON_HTTP = ("http", "https", "webdav", "webdavs")
_SHORTEST = 8
"""Characters below which a mask would black out half a log."""


@dataclass(frozen=True, kw_only=True)
class Remote:
    """A remote to be used on this machine.

    Attributes:
        name: DVC's name for it.
        url: its address.
        family: its kind of storage.
        used: the variables that are its credentials; empty where none are set.
    """

    name: str
    url: str
    family: Family
    used: tuple[str, ...]


def choose(project: Project, environment: Environment, name: str | None) -> Remote | None:
    """The remote that is meant: the address's, else the project's own where the environment has its credentials.

    Raises:
        SettingsError: the address cannot be one, or there is no remote of that name.
    """
    url = _checked(environment.url, project.root)
    remotes = project.remotes()
    if not url:
        if name and name.lower() not in remotes:
            raise SettingsError(f"DVC has no remote {name!r} here.", remedy="Give its address with --url.")
        name = name or project.default()
        url = remotes.get(name.lower(), "")
    else:
        name = name or next((each for each, address in remotes.items() if address == url), NAME)
    family = family_of(url)
    if family is None:
        known = ", ".join(f"{scheme}://" for scheme in FAMILIES if scheme)
        raise SettingsError(f"DVC has no kind of storage for {shown(url)}; it has {known} and paths.")
    remote = Remote(name=name.lower(), url=url, family=family, used=family.in_use(environment.given))
    return remote if environment.url or remote.used else None


def missing(project: Project, environment: Environment) -> str:
    """Why :func:`choose` found no remote: what is missing beside the address, as the end of a sentence."""
    name = project.default()
    if name and name not in project.remotes():
        return f"DVC's default remote {name!r} is not configured here"
    if not environment.given:
        return "there are no credentials, as in a fork's pull request"
    return f"the credentials are not for DVC's default remote {name!r}" if name else "DVC has no default remote"


def set_up(  # noqa: PLR0913 - what is set up, and what it may do
    project: Project,
    remote: Remote,
    environment: Environment,
    folder: Path,
    mask: Callable[[str], None],
    *,
    trust: Trust,
) -> Path | None:
    """Point DVC at a remote, here and untracked.

    Args:
        project: the DVC project.
        remote: where to.
        environment: CI's.
        folder: where a private file is written, if one is needed.
        mask: is told each secret that is taken out of a document, before it is used.
        trust: says whether the credentials may go where the checkout's configuration points.

    Returns:
        The private file with Google's credentials; ``None`` where none was needed.

    Raises:
        HeadwayError: a credential is missing or is none, git would see the configuration, or a stranger could get one.
    """
    project.check_is_hidden()
    _check_is_whole(remote, environment.given)
    # The project's own configuration may have an address with a token in it; it is not written a second time.
    options: dict[str, str | None] = {} if _holds_secret(remote.url) else {"url": remote.url}
    options["verify"] = "true" if remote.family.verifies else None
    options |= {option: environment.given.get(variable) for variable, option in remote.family.options.items()}
    trust.check(project.config, remote.name, options)
    key = _unpack(remote, environment, folder, options, mask)
    if key is None:  # one of an earlier set-up has served
        project.forget_keys(folder)
        remove(folder)
    project.point(remote.name, options)
    return key


def check(project: Project, remote: Remote, given: Mapping[str, str]) -> None:
    """Ask the remote whether it serves.

    Raises:
        RemoteError: it does not; one line names the variables and the bucket.
    """
    reason = refusal(project.config, remote.name, given, must_list=True)
    if reason:
        raise RemoteError(f"{shown(remote.url)} {reason}.")


def _checked(url: str, root: Path) -> str:
    """The address as DVC takes it, with a path made absolute, since DVC would read it from inside ``.dvc``."""
    if not url or re.match(r"[\w+.-]+://", url) is None:
        return url and os.path.normpath(root / Path(url).expanduser())
    if re.search(r"\s|[\x00-\x1f\x7f]", url):
        raise SettingsError(f"{URL} holds white space, so it is no address.")
    try:
        secret = _holds_secret(url)
    except ValueError:
        raise SettingsError(f"{URL} is no address.") from None
    if secret:
        raise SettingsError(
            f"{URL} holds a password or a token, which DVC would write to its configuration and print; "
            "leave it out, and put it into ~/.netrc, an SSH key or the storage's own variables."
        )
    return url


def _holds_secret(url: str) -> bool:
    parts = urlsplit(url)
    return "://" in url and bool(parts.password or parts.query or (parts.username and parts.scheme in _ON_HTTP))


def _check_is_whole(remote: Remote, given: Mapping[str, str]) -> None:
    """Name a secret that lacks its other half, or a file that is not there, before any storage is asked."""
    bucket = shown(remote.url)
    for way in remote.family.ways if not remote.used else ():
        missing = [variable for variable in way if variable not in given]
        if len(missing) < len(way) and set(missing) & set(remote.family.secrets):
            there = " and ".join(variable for variable in way if variable in given)
            raise RemoteError(f"{bucket} needs {' and '.join(missing)} too: only {there} is set.")
    for variable in remote.family.files:
        if variable in remote.used and not Path(given[variable]).is_file():
            raise RemoteError(f"{bucket} cannot be asked: the file that {variable} names does not exist.")


def _unpack(
    remote: Remote,
    environment: Environment,
    folder: Path,
    options: dict[str, str | None],
    mask: Callable[[str], None],
) -> Path | None:
    """Bring credentials that are JSON into the form that the storage's library reads."""
    variable = remote.family.document
    if variable not in environment.given:
        return None
    value = environment.given[variable]
    document = _read_document(variable, value)
    if document is None:
        return None
    for secret in _secrets_in(document):
        mask(secret)
    if variable == "GDRIVE_CREDENTIALS_DATA":  # which its library reads from the environment itself
        options["gdrive_use_service_account"] = "true" if document.get("type") == "service_account" else None
        return None
    if document.get("type") not in _PASTED:
        raise RemoteError(
            f"{variable} holds credentials of type {document.get('type')!r}, which DVC reads from a file only: "
            "name the file's path, as google-github-actions/auth does."
        )
    key = write_private(folder, "google.json", value)
    options[KEY_PATH] = str(key)
    return key


def _read_document(variable: str, value: str) -> Mapping[str, Any] | None:
    """The JSON in a variable; ``None`` where the variable holds the path of a file.

    Raises:
        RemoteError: it is neither. The message does not repeat the value, which may be a secret.
    """
    if not value.lstrip().startswith("{"):
        if not _is_file(value):
            raise RemoteError(f"{variable} is neither JSON nor the path of a file that exists.")
        return None
    try:
        document: Mapping[str, Any] = json.loads(value)
    except ValueError as error:
        at = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise RemoteError(f"{variable} is not valid JSON{at}; paste the whole file.") from None
    return document


def _secrets_in(document: Mapping[str, Any]) -> Iterator[str]:
    """What nobody may see of a document, line by line: a log hides lines, and a private key has many."""
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
