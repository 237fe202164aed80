"""What GitHub says about a fork's change: the rules of the default branch, the head's settings, and the merge-base.

Nothing is checked out: files are read through the API, as data, under the limits of every settings file.
"""

from __future__ import annotations

import base64
import binascii
import posixpath
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

import msgspec

from headway.ci.providers import Head
from headway.errors import ForgeError, SettingsError
from headway.judge.untrusted.again import Known
from headway.paths import normalize
from headway.publish.http.error_responses import Operation
from headway.settings import Settings, load_settings

if TYPE_CHECKING:
    from headway.publish.forges.github import GitHub

MOST_RULES = 300
"""Of a fork's own settings, each of which is looked up for every metric; with more, none of them applies."""
_READ_SETTINGS = Operation("read the settings", "contents: read")
_READ_PULL_REQUEST = Operation("read the pull request", "pull-requests: read")
_COMPARE = Operation("find the merge-base", "contents: read")
_WITHOUT_FILES = {"per_page": "1", "page": "2"}
"""GitHub names the changed files, with their texts, on the first page only."""


class _File(msgspec.Struct):
    content: str
    encoding: str


class _PullRequest(msgspec.Struct):
    base: Head


class _Commit(msgspec.Struct):
    sha: str


class _Comparison(msgspec.Struct):
    merge_base_commit: _Commit


def read_known(github: GitHub, number: int, sha: str, project: str, base: str | None) -> Known:
    """What is known about a change without its author.

    Args:
        github: the repository that the pull request is made against.
        number: the pull request.
        sha: its head.
        project: the project's folder, as the report has it.
        base: the commit that the report compares with, likewise.

    Raises:
        ForgeError: GitHub refuses. Settings that are there and cannot be used are no error.
    """
    try:
        rules, no_rules = _settings(github, project, None), ""
    except SettingsError as error:
        why = f"{error.what} {error.why}".strip().removesuffix(".")
        rules, no_rules = Settings(), f"the default branch's settings cannot be used: {why}"
    try:
        settings = _settings(github, project, sha)
    except SettingsError:
        settings = Settings()  # `headway report` makes no report by them
    if _size(settings) > MOST_RULES:
        settings = Settings()
    is_base = base == _merge_base(github, number, sha)
    today = datetime.fromtimestamp(github.session.options.now(), UTC).date()
    return Known(rules=rules, settings=settings, no_rules=no_rules, is_base=is_base, today=today)


def _size(settings: Settings) -> int:
    return len([*settings.metrics, *settings.data, *settings.predictions, *(settings.headline or ())])


def _merge_base(github: GitHub, number: int, sha: str) -> str:
    path = f"repos/{github.repository}"
    base = github.session.get(_READ_PULL_REQUEST, f"{path}/pulls/{number}", _PullRequest).base.sha
    compared = f"{path}/compare/{base}...{sha}"
    return github.session.get(_COMPARE, compared, _Comparison, _WITHOUT_FILES).merge_base_commit.sha


def _settings(github: GitHub, project: str, commit: str | None) -> Settings:
    """The settings of a project in a commit, or on the default branch."""
    if normalize(project) != project or project.startswith(("/", "..")):
        raise SettingsError(f"{project[:80]!r} is no folder of the repository.")
    return load_settings(partial(_read, github, project, commit), commit or "the default branch")


def _read(github: GitHub, project: str, commit: str | None, name: str) -> bytes | None:
    path = f"repos/{github.repository}/contents/{posixpath.join(project, name)}"
    try:
        file = github.session.get(_READ_SETTINGS, path, _File, {"ref": commit} if commit else None)
    except ForgeError as error:
        if error.status == HTTPStatus.NOT_FOUND:
            return None
        raise
    if file.encoding != "base64":
        raise SettingsError(f"{name} is too large.")
    try:
        return base64.b64decode(file.content)
    except binascii.Error as error:
        raise SettingsError(f"{name} cannot be read.", why=f"{error}.") from error
