"""The hidden line by which a comment is found again: first in the body, so that truncation cannot remove it.

The line holds a small JSON value. Comments belong together by tool, label and project directory, never by commit; the
commit, run and attempt decide which of two results is newer. Nothing in a label can end the line early: whatever means
something to Markdown, to HTML or to a forge is written as a JSON escape; and for Bitbucket, which shows HTML comments
as text, all of it is base64 in the address of a link without text.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

TOOL = "headway"
VERSION = 1
_MAX_PROJECTS = 500
"""Projects that a marker names at most, so that the comment itself fits everywhere."""

_ESCAPED = re.compile("[<>&@#`]|--")
_HTML = re.compile(r"\s*<!-- headway (\{.*\}) -->[ \t]*(?:\r?\n|\Z)")
_LINK = re.compile(r"\s*\[\]\(#headway-([A-Za-z0-9_=-]+)\)[ \t]*(?:\r?\n|\Z)")


class Marker(msgspec.Struct, frozen=True, kw_only=True):
    """Whose comment it is, and of which run.

    Attributes:
        label: a name that distinguishes several reports of one project; may be empty.
        directory: the DVC project's folder; empty at the repository's root.
        sha: the commit the result belongs to.
        run: the run's id; 0 outside CI.
        attempt: the run's attempt.
        time: when it was written, ISO 8601, for readers only.
        projects: those that share the comment, as :func:`name_projects` names them; empty for one project's own.
        tool: who writes such comments.
        v: the version of this line.
    """

    label: str
    directory: str
    sha: str
    run: int
    attempt: int
    time: str
    projects: tuple[str, ...] = ()
    tool: str = TOOL
    v: int = VERSION

    def same_place(self, other: Marker) -> bool:
        """Whether two comments are versions of one."""
        return (self.tool, self.label, self.directory) == (other.tool, other.label, other.directory)

    def replaces(self, other: Marker) -> bool:
        """Whether the other comment has a project in common with this one, and is of no newer run."""
        if self.same_place(other) or (self.tool, self.label) != (other.tool, other.label):
            return False
        return bool(self._projects & other._projects) and not (self.sha == other.sha and other.newer_run(self))

    @property
    def _projects(self) -> set[str]:
        return set(self.projects or name_projects([self.directory]))

    def newer_run(self, other: Marker) -> bool:
        """Whether this is the result of a later run; runs outside CI have no order."""
        return bool(self.run and other.run) and (self.run, self.attempt) > (other.run, other.attempt)


def name_projects(directories: Iterable[str]) -> tuple[str, ...]:
    """Short names of projects, a hash each, because hundreds of folders would leave the comment no room."""
    return tuple(hashlib.sha256(each.encode(errors="replace")).hexdigest()[:8] for each in directories)[:_MAX_PROJECTS]


def write(marker: Marker, *, html: bool) -> str:
    """The marker's line, for forges that show HTML and for those that do not."""
    fields = {name: value for name, value in msgspec.to_builtins(marker).items() if name != "projects" or value}
    text = json.dumps(fields, separators=(",", ":"))
    if html:
        return f"<!-- headway {_ESCAPED.sub(_as_json_escape, text)} -->"
    return f"[](#headway-{base64.urlsafe_b64encode(text.encode()).decode()})"


def _as_json_escape(match: re.Match[str]) -> str:
    return "".join(f"\\u{ord(character):04x}" for character in match.group())


def read(body: str) -> Marker | None:
    """The marker of a comment; ``None`` where it does not begin with one."""
    try:
        if html := _HTML.match(body):
            return msgspec.json.decode(html[1].encode(errors="replace"), type=Marker)
        link = _LINK.match(body)
        return msgspec.json.decode(base64.urlsafe_b64decode(link[1]), type=Marker) if link else None
    except (binascii.Error, msgspec.DecodeError, UnicodeDecodeError, RecursionError):  # anybody may write such a line
        return None


def text_of(body: str) -> str:
    """A comment without its marker, and without what forges do to line ends."""
    match = _HTML.match(body) or _LINK.match(body)
    return "\n".join(body[match.end() if match else 0 :].splitlines()).strip()
