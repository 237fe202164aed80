"""The error for a file that a revision has and that cannot be read."""

from __future__ import annotations


class UnavailableError(Exception):
    """A file of a revision exists and cannot be had.

    Args:
        what: completes "the file ...".
        remedy: what to do about it, often an exact command.
    """

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy
