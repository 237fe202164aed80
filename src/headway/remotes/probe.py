"""One cheap request that needs the credentials, to learn within seconds whether a remote can be used.

S3 and Google Cloud Storage are asked through their own libraries with few retries and short waits, because DVC would
retry for up to a minute; every other storage is asked through DVC for the remote's folder, which need not exist.
"""

from __future__ import annotations

from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from dvc.fs import get_cloud_fs

from headway.remotes.storage_errors import explain, is_denial, shown
from headway.remotes.time_limit import within_seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headway.remotes.trust import Trust

SECONDS = 10.0
"""How long a remote may take to answer."""
_WAIT = 4.0
"""Seconds for one connection or one answer."""


class NoCredentialsError(Exception):
    """The library found no credentials, and would have sent an anonymous request."""


class StatusError(Exception):
    """A storage answered with an HTTP status that is an error."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def refusal(config: Mapping[str, Any], name: str, credentials: Mapping[str, str], *, must_list: bool = False) -> str:
    """Why a remote cannot be used, as the predicate of a sentence about it; empty where it can.

    Credentials that may not list folders can still read files; with ``must_list`` they are refused.
    """
    try:
        within_seconds(SECONDS, lambda: _ask(config, name))
    except Exception as error:  # noqa: BLE001 - every storage's library has errors of its own, with no base in common
        return "" if is_denial(error) and not must_list else explain(error, config["remote"][name]["url"], credentials)
    return ""


def _ask(config: Mapping[str, Any], name: str) -> None:
    kind, options, path = get_cloud_fs(config, name=name)
    files = kind(**options)
    _PROBES.get(files.protocol, _ask_any)(files, path)


def _ask_any(files: Any, path: str) -> None:  # noqa: ANN401 - DVC carries no types
    with suppress(FileNotFoundError):  # an answer; exists() would hide that there was none
        files.info(path)


def _ask_http(files: Any, path: str) -> None:  # noqa: ANN401 - as above
    files.SESSION_RETRIES = 1
    cause: BaseException | None = None
    try:
        files.info(path)
    except FileNotFoundError as error:  # raised for every failure
        cause = error.__cause__
    status = getattr(cause, "status", 0)
    refused = status == HTTPStatus.UNAUTHORIZED or not 400 <= status < 500  # noqa: PLR2004 - HTTP's
    if cause and refused:  # many servers show no folders, which is an answer
        raise cause


def _ask_path(files: Any, path: str) -> None:  # noqa: ANN401 - as above
    if not files.exists(path):
        raise FileNotFoundError(path)


def _ask_s3(files: Any, path: str) -> None:  # noqa: ANN401 - as above
    from s3fs import S3FileSystem  # type: ignore[import-untyped]  # noqa: PLC0415 - an extra; it carries no types

    bounds = {"retries": {"max_attempts": 1}, "connect_timeout": _WAIT, "read_timeout": _WAIT}
    arguments = {**files.fs_args, "config_kwargs": {**files.fs_args.get("config_kwargs", {}), **bounds}}
    storage = S3FileSystem(**arguments)
    storage.retries = 1
    bucket, _, folder = path.partition("/")
    storage.call_s3("list_objects_v2", Bucket=bucket, Prefix=folder, MaxKeys=1)


def _ask_gs(files: Any, path: str) -> None:  # noqa: ANN401 - as above
    import requests  # noqa: PLC0415 - only for this storage
    from gcsfs.core import GCSFileSystem  # type: ignore[import-untyped]  # noqa: PLC0415 - an extra, without types

    # The plain class: the default one first asks the Storage Control API, and repeats a refusal for a minute.
    storage = GCSFileSystem(**files.fs_args)
    if storage.credentials.credentials is None and files.fs_args.get("token") != "anon":
        raise NoCredentialsError
    token: dict[str, str] = {}
    storage.credentials.apply(token)

    def signed(request: Any) -> Any:  # noqa: ANN401 - requests passes its own
        request.headers.update(token)  # as auth, or a .netrc would be used in its place
        return request

    bucket, _, folder = path.partition("/")
    query = {"prefix": folder, "maxResults": "1"}
    answer = requests.get(f"{storage.base}b/{bucket}/o", params=query, auth=signed, timeout=_WAIT)
    if not answer.ok:
        raise StatusError(answer.status_code, answer.text)


_PROBES = {"local": _ask_path, "s3": _ask_s3, "gs": _ask_gs, "http": _ask_http, "https": _ask_http}


class Remotes:
    """The remotes of a project; each is asked once whether it can be used, if ``trust`` allows it.

    Attributes:
        default: the name of the default remote; ``None`` where there is none.
        remedies: what to do about a remote that must not be asked, by its name.
    """

    def __init__(self, config: Mapping[str, Any], credentials: Mapping[str, str], trust: Trust | None = None) -> None:
        self.default: str | None = config["core"].get("remote")
        self._config = config
        self._credentials = credentials
        self._trust = trust
        self._refusals: dict[str, str] = {}
        self.remedies: dict[str, str] = {}

    def refusal(self, name: str) -> str:
        """Why a remote cannot be used, as the predicate of a sentence about it; empty where it can."""
        if name not in self._refusals and not self.distrust(name):
            asked = "://" in self._url(name)
            self._refusals[name] = refusal(self._config, name, self._credentials) if asked else ""
        return self._refusals[name]

    def distrust(self, name: str) -> str:
        """Why a remote must not be asked; empty where it may."""
        if self._trust and (refused := self._trust.refusal(self._config, name)):
            self._refusals[name], self.remedies[name] = refused
            return refused.reason
        return ""

    def give_up(self, name: str, error: BaseException) -> str:
        """Remember why a remote cannot be used, so that it is not asked again."""
        self._refusals[name] = self.meaning(name, error)
        return self._refusals[name]

    def meaning(self, name: str, error: BaseException) -> str:
        """What a storage's error means, as the predicate of a sentence about the remote."""
        return explain(error, self._url(name), self._credentials)

    def named(self, name: str) -> str:
        """The remote's name, with its URL unless it is a folder."""
        url = self._url(name)
        return f"{name!r} ({shown(url)})" if "://" in url else repr(name)

    def _url(self, name: str) -> str:
        return str(self._config["remote"].get(name, {}).get("url", ""))
