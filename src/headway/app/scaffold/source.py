"""Where a CI job gets Headway from: the release, or else the very commit, that is installed here, if that is known."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec
from packaging.version import Version

from headway._version import PACKAGE
from headway.errors import HeadwayError, SettingsError
from headway.gather.git.checked_out import checked_out_commit
from headway.gather.git.remotes import as_web_address, find_remote, web_address
from headway.public_files import repository_root
from headway.text import hide_user_info

_UNKNOWN_URL = "https://git.example/team/headway"
_UNKNOWN_COMMIT = "0123456789abcdef0123456789abcdef01234567"
_SOURCE = re.compile(r"(?P<url>https://[^\s@]+)@(?P<commit>[0-9a-f]{40})")


@dataclass(frozen=True, kw_only=True)
class Source:
    """A commit of Headway.

    Attributes:
        url: the git repository that has it.
        commit: its full SHA.
        is_known: whether both are known; else they are placeholders, which somebody has to replace.
        version: the version of Headway at that commit; empty if it is unknown.
        is_release: whether the package index has that version.
    """

    url: str = _UNKNOWN_URL
    commit: str = _UNKNOWN_COMMIT
    is_known: bool = False
    version: str = ""
    is_release: bool = False

    @property
    def host(self) -> str:
        """The host of that repository."""
        return urlsplit(self.url).hostname or ""

    def requirement(self, extras: str = "") -> str:
        """What pip installs, with some extras, such as ``"s3"``."""
        package = f"{PACKAGE}[{extras}]" if extras else PACKAGE
        return f"{package}=={self.version}" if self.is_release else f"{package} @ git+{self.url}@{self.commit}"

    def action(self, path: str = "") -> str:
        """What ``uses:`` of GitHub's workflows names: the action, or a file of the repository."""
        name = urlsplit(self.url).path.strip("/").removesuffix(".git")
        comment = f" # v{self.version}" if self.version else ""
        return f"{name}{f'/{path}' if path else ''}@{self.commit}{comment}"


class _Vcs(msgspec.Struct):
    commit_id: str = ""


class _DirectUrl(msgspec.Struct):
    """What an installer records of a package that is from no index; https://peps.python.org/pep-0610/."""

    url: str = ""
    vcs_info: _Vcs | None = None


def read_source(text: str) -> Source:
    """Parse ``URL@COMMIT``.

    Raises:
        SettingsError: it is something else.
    """
    found = _SOURCE.fullmatch(text)
    if found is None:
        raise SettingsError(
            f"{hide_user_info(text)!r} does not name a commit of Headway.",
            why="It is an https:// URL, an @ and a full SHA; unlike a branch or a tag, a SHA cannot move.",
            remedy=f"headway init --source {_UNKNOWN_URL}@{_UNKNOWN_COMMIT}",
        )
    return Source(url=found["url"].removesuffix(".git"), commit=found["commit"], is_known=True)


def installed_source() -> Source:
    """The release or the commit of Headway that is installed here, or placeholders."""
    try:
        installed = distribution(PACKAGE)
        found = _source_of(installed)
    except (PackageNotFoundError, msgspec.MsgspecError):
        return Source()
    return replace(found, version=installed.version) if found.is_known else found


def _source_of(installed: Distribution) -> Source:
    """Where the installer says that the package is from."""
    recorded = installed.read_text("direct_url.json")
    if recorded is None:
        return _of_index(installed)
    direct = msgspec.json.decode(recorded, type=_DirectUrl)
    if direct.vcs_info:
        return _source(as_web_address(direct.url), direct.vcs_info.commit_id)
    if not direct.url.startswith("file:"):
        return Source()
    return _of_clone(Path(unquote(urlsplit(direct.url).path)).resolve(), _noted_commit(installed))


def _of_index(installed: Distribution) -> Source:
    """The release that was installed from a package index."""
    version = Version(installed.version)
    if version.is_devrelease or version.local:
        return Source()
    links = dict(each.split(", ", 1) for each in installed.metadata.get_all("Project-URL", []))
    found = _source(links.get("Source", ""), _noted_commit(installed))
    return replace(found, is_release=True) if found.is_known else found


def _noted_commit(installed: Distribution) -> str:
    """The commit that the build has noted in the package; empty if there was none, as in an editable installation."""
    noted = Path(str(installed.locate_file("headway/commit.txt")))
    return noted.read_text(encoding="ascii").strip() if noted.is_file() else ""


def _of_clone(folder: Path, commit: str) -> Source:
    """The commit that was built from a clone, or else the one that is checked out there now."""
    if repository_root(folder) != folder:  # a file, or files without git, perhaps in another repository
        return Source()
    try:
        name = find_remote(folder, None, "", must_know=False)
        return _source(web_address(folder, name), commit or checked_out_commit(folder)) if name else Source()
    except HeadwayError:
        return Source()


def _source(url: str, commit: str) -> Source:
    """A source that a CI job can reach, or placeholders where the address is a folder of this machine."""
    return read_source(f"{url}@{commit}") if _SOURCE.fullmatch(f"{url}@{commit}") else Source()
