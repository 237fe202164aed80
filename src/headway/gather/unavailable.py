"""The error for a file that a revision has but that cannot be read."""

from __future__ import annotations


class UnavailableError(Exception):
    """A file of a revision exists, but cannot be read.

    Args:
        what: why not; completes "the file ...".
        remedy: what to do about it, often an exact command.
    """

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy
