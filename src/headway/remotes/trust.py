"""Which remotes of a checkout may get the credentials of a CI job.

A pull request can change where DVC's remotes are, how they are asked, and where data is imported from, and the
storages' libraries send the job's credentials there. So a remote is trusted only as it is in DVC's configuration
outside of git, which the job itself writes, or in the branch that the pull request is made against.
"""

from __future__ import annotations

import shlex
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from dvc.config import Config, ConfigError, merge
from dvc.utils.serialize import loads_yaml
from ruamel.yaml.error import YAMLError

from headway.errors import HeadwayError, RemoteError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_HARMLESS = frozenset({
    "url", "jobs", "checksum_jobs", "verify", "version_aware", "worktree", "no_traverse", "listobjects", "timeout",
    "read_timeout", "connect_timeout", "connection_timeout", "max_sessions", "cache_regions", "type", "shared",
    "protected", "slow_link_warning", "replication", "region", "projectname", "allow_anonymous_login",
    "gdrive_trash_only", "gdrive_acknowledge_abuse",
})  # fmt: skip
"""Options that decide neither where a request goes nor how it is signed. Another bucket is at the same storage, which
gets no more than a signature for that bucket; another host is a stranger."""
_FILES = frozenset({
    "credentialpath", "configpath", "keyfile", "cert_path", "key_path", "gdrive_user_credentials_file",
    "gdrive_service_account_json_file_path",
})  # fmt: skip
"""Options that name a file, whose content can send requests to another server or run a program that gives keys."""
_ON_HOSTS = frozenset({"http", "https", "webdav", "webdavs", "ssh", "hdfs", "webhdfs"})
"""Kinds of storage whose URL names a host."""
_SENT = frozenset({"password", "ask_password", "passphrase", "token", "custom_auth_header", "bearer_token_command"})
"""Options that are sent to that host."""
_DEFAULTS = {"use_ssl": True}
"""Options that DVC sets itself."""
_COULD = "so the credentials of this job could go to a stranger's server"
_MODIFY = ("dvc", "remote", "modify", "--local")
_Options = dict[str, object]


@dataclass(frozen=True, kw_only=True)
class CommittedFiles:
    """The files of a commit.

    Attributes:
        name: its name for readers, such as ``origin/main``.
        read: returns a file by its path from git's root; ``None`` where there is none.
        imports: the paths of the ``.dvc`` files.
    """

    name: str
    read: Callable[[str], bytes | None]
    imports: Sequence[str] = ()


class Distrust(NamedTuple):
    """Why a remote is not asked, as the predicate of a sentence about it, and what to do about it."""

    reason: str
    remedy: str = ""


class Trust:
    """Decides where this job's credentials may go.

    Args:
        root: git's root.
        project: the DVC project's root.
        head: reads the commit that is checked out.
        bases: reads the reviewed commits, or raises an error; both are called only where there is something to compare.
    """

    def __init__(
        self,
        root: Path,
        project: Path,
        head: Callable[[], CommittedFiles],
        bases: Callable[[], Iterator[CommittedFiles]],
    ) -> None:
        self._root = root
        self._paths = {level: str(Path(Config.get_dir(level)) / Config.CONFIG) for level in ("system", "global")}
        self._paths["repo"] = str(project / ".dvc" / Config.CONFIG)
        self._paths["local"] = str(project / ".dvc" / Config.CONFIG_LOCAL)
        self._read_head = head
        self._read_bases = bases

    def refusal(self, config: Mapping[str, Any], name: str, added: Mapping[str, Any] | None = None) -> Distrust | None:
        """Why a remote is not asked; ``None`` where it may be. ``added`` are options that the job is about to set."""
        found = _guarded(config["remote"], name, added)
        if not found:
            return None
        here = self._with_content(found, self._head)
        own: _Options = {
            each: (value, None) for each, value in _guarded(self._remotes(None, config), name, added).items()
        }
        bases = [] if _within(here, own) else self._bases[0]
        known = [self._with_content(_guarded(self._remotes(base, config), name, added), base) for base in bases]
        if any(_within(here, each) for each in (own, *known)):
            return None
        option = next(each for each in here if here[each] != (known or [own])[0].get(each))
        what = f"the file that its {option} names" if option in _FILES else f"its {option}"
        remedy = f"If you trust it, run this in the job before: {shlex.join([*_MODIFY, name, option])} VALUE"
        return Distrust(self._reason(what), remedy)

    def refusal_of_import(self, entry: Mapping[str, Any]) -> Distrust | None:
        """Why the source of an entry in a ``.dvc`` file is not asked; ``None`` where it may be."""
        source = self._source(entry, self._head)
        if not source or source in self._base_sources:
            return None
        return Distrust(self._reason("its address, or an option of it,"))

    def check(self, config: Mapping[str, Any], name: str = "", added: Mapping[str, Any] | None = None) -> None:
        """Raise ``RemoteError`` where a remote or the source of an import must not get the job's credentials.

        ``name`` and ``added`` are the remote that the job is about to set up, and its options.
        """
        for each in (name, *(other for other in config["remote"] if other != name)):
            if each and (refused := self.refusal(config, each, added if each == name else None)):
                raise RemoteError(f"The remote {each!r} {refused.reason}.", remedy=refused.remedy)
        for path in self._head.imports:
            for entry in _entries(self._head, path):
                if refused := self.refusal_of_import(entry):
                    raise RemoteError(f"The source of {path} {refused.reason}.", remedy="Merge that file first.")

    def _reason(self, what: str) -> str:
        bases, reason = self._bases
        if bases:
            return f"is not contacted, because {what} is not the same on {bases[0].name}, {_COULD}"
        return f"is not contacted, because {what} is only in this checkout, {_COULD}: {reason}"

    @cached_property
    def _head(self) -> CommittedFiles:
        return self._read_head()

    @cached_property
    def _bases(self) -> tuple[list[CommittedFiles], str]:
        """The reviewed commits, and why there are none."""
        try:
            return list(self._read_bases()), "there is no branch to compare it with"
        except HeadwayError as error:
            remedy = f" ({error.remedy})" if error.remedy else ""
            return [], f"the branch to compare it with cannot be read. {error.what}{remedy}".rstrip(".")

    def _remotes(self, commit: CommittedFiles | None, config: Mapping[str, Any]) -> dict[str, _Options]:
        """The remotes of the configuration outside of git, with those of a commit if one is given."""
        merged: dict[str, Any] = {}
        for level, path in self._paths.items():
            with suppress(ConfigError):  # in the commit; the checkout's own has been read by now
                merge(merged, Config._load_paths(self._level(level, path, commit), path))  # noqa: SLF001 - DVC's resolver
        remotes = merged.get("remote", {})
        return {name: _valid({**_placeholder(config["remote"].get(name)), **remotes[name]}) for name in remotes}

    def _level(self, level: str, path: str, commit: CommittedFiles | None) -> dict[str, Any]:
        if level == "repo" or (level == "local" and self._head.read(self._in_git(path)) is not None):
            data = commit.read(self._in_git(path)) if commit else None
            return dict(Config.load_file(path, fs=_OneFile(data or b"")))
        return dict(Config.load_file(path)) if Path(path).is_file() else {}

    def _with_content(self, options: _Options, commit: CommittedFiles) -> _Options:
        """The options, with the content of each file that a commit can change."""
        return {each: (value, self._content(each, value, commit)) for each, value in options.items()}

    def _content(self, option: str, value: object, commit: CommittedFiles) -> bytes | None:
        path = self._in_git(str(value)) if option in _FILES else ""
        return commit.read(path) if path else None

    def _in_git(self, path: str) -> str:
        """A path from git's root; empty for one that is elsewhere."""
        full = Path(path)
        return full.relative_to(self._root).as_posix() if full.is_relative_to(self._root) else ""

    @cached_property
    def _base_sources(self) -> list[_Options]:
        found = ((base, entry) for base in self._bases[0] for path in base.imports for entry in _entries(base, path))
        return [self._source(entry, base) for base, entry in found]

    def _source(self, entry: Mapping[str, Any], commit: CommittedFiles) -> _Options:
        """The options that decide where the data of an entry in a ``.dvc`` file comes from."""
        repo = {key: value for key, value in _mapping(entry.get("repo")).items() if key not in {"rev", "rev_lock"}}
        config = repo.get("config")
        content = commit.read(self._in_git(str(self._root / config))) if isinstance(config, str) else None
        url = {"url": entry.get("path", "")}
        options = _guarded({"source": {**url, **_mapping(entry.get("fs_config"))}}, "source", None)
        return {"repo": repo, "config": content, "options": options} if repo or options else {}


class _OneFile:
    """A file system of one file, from which DVC loads a configuration."""

    def __init__(self, data: bytes) -> None:
        self._text = data.decode(errors="replace")

    def open(self, _: str) -> StringIO:
        return StringIO(self._text)


def _guarded(remotes: Mapping[str, Any], name: str, added: Mapping[str, Any] | None) -> _Options:
    """The options of a remote that decide where requests go and how they are signed; ``remote://`` is resolved."""
    options = {**_resolved(remotes, name), **{key: value for key, value in (added or {}).items() if value is not None}}
    url = str(options.get("url", ""))
    kept = {
        key: value for key, value in options.items() if key not in _HARMLESS and value not in (None, _DEFAULTS.get(key))
    }
    return kept | ({"url": _host(url)} if urlsplit(url).scheme in _ON_HOSTS and _SENT & options.keys() else {})


def _placeholder(remote: Mapping[str, Any] | None) -> _Options:
    """A URL of the same kind as a remote's, so that DVC accepts the options of one that has no URL."""
    scheme = urlsplit(str((remote or {}).get("url", ""))).scheme
    return {"url": f"{scheme}://-/" if scheme else "-"}


def _valid(remote: _Options) -> _Options:
    """A remote's options as DVC reads them; none where they are not valid."""
    try:
        return dict(Config.validate({"remote": {"it": remote}})["remote"]["it"])
    except ConfigError:
        return {}


def _resolved(remotes: Mapping[str, Any], name: str, seen: frozenset[str] = frozenset()) -> _Options:
    remote = dict(remotes.get(name.lower(), {}))
    url = urlsplit(str(remote.get("url", "")))
    if url.scheme != "remote" or url.netloc in seen:
        return remote
    behind = _resolved(remotes, url.netloc, seen | {url.netloc})
    return {**behind, **remote, "url": behind.get("url", "")}


def _host(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _within(options: _Options, known: _Options) -> bool:
    return all(key in known and value == known[key] for key, value in options.items())


def _entries(commit: CommittedFiles, path: str) -> Iterator[Mapping[str, Any]]:
    """The inputs and outputs of a ``.dvc`` file; none where it is not valid."""
    try:
        document = loads_yaml((commit.read(path) or b"").decode(errors="replace"))
    except (YAMLError, RecursionError):
        return
    if not isinstance(document, dict):
        return
    listed = (document.get(section) for section in ("deps", "outs"))
    yield from (each for entries in listed if isinstance(entries, list) for each in entries if isinstance(each, dict))


def _mapping(value: object) -> _Options:
    return value if isinstance(value, dict) else {}
