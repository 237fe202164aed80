"""Names of the two sides of a comparison."""

from __future__ import annotations

from typing import Literal

import msgspec

from headway.values.count import Count

Side = Literal["base", "head"]


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a comparison.

    Attributes:
        name: its name: ``"main"``, ``"v1.2"``, ``"workspace"``.
        sha: the full commit SHA; for the workspace, the commit that is checked out. ``None`` if there is no commit,
            such as the base of a repository's first commit, or if the clone lacks it.
        chosen: how it was chosen, as a phrase: ``"merge-base with origin/main"``.
        dirty: whether the workspace differs from ``sha``; always false for a commit.
        behind: for a base only, the number of commits on the base's branch that head does not contain;
            ``None`` if they could not be counted, as in a shallow clone.
    """

    name: str
    sha: str | None
    chosen: str
    dirty: bool = False
    behind: Count | None = None
