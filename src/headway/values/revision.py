"""The two sides of a comparison."""

from __future__ import annotations

from typing import Literal

import msgspec

from headway.values.count import Count

Side = Literal["base", "head"]

WORKSPACE = "workspace"
"""The name of the files as they are."""
NAMED = "named on the command line"
"""Why a revision was chosen that the user named, which says nothing new to a reader."""


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a comparison.

    Attributes:
        name: the name for readers, such as ``main``, ``v1.2`` or ``workspace``.
        sha: the full commit SHA; for the workspace, of the commit that is checked out. ``None`` if there is no commit,
            as before a repository's first one, or if the clone lacks it.
        chosen: how the revision was chosen: a phrase such as ``merge-base with origin/main``.
        dirty: whether the workspace has uncommitted changes; always false for a commit.
        behind: the number of commits on the base's branch that head does not contain; ``None`` for head, and if they
            could not be counted, as in a shallow clone.
        branch: for the workspace, the branch of its pull request, or the one that is checked out without changes; else
            empty.
        committed: the committer date in ISO 8601 and UTC; empty if there is no commit.
        subject, author, date: the first line of the commit's message, its author's name, and the author date in ISO
            8601; empty if there is no commit.
    """

    name: str
    sha: str | None
    chosen: str
    dirty: bool = False
    behind: Count | None = None
    branch: str = ""
    subject: str = ""
    author: str = ""
    date: str = ""
    committed: str = ""

    @property
    def label(self) -> str:
        """The name for headings: the workspace is named only if it is not a commit."""
        if self.name != WORKSPACE:
            return self.name
        return self.branch or (self.sha[:7] if self.sha and not self.dirty else WORKSPACE)
