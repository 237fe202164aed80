"""The errors that end a run: each says what happened, why, and what to do, and owns its exit code.

Anything that still allows a report is a :class:`~headway.values.problem.Problem`, not an error.
"""

from __future__ import annotations


class HeadwayError(Exception):
    """No report can exist.

    Args:
        what: what could not be done, one sentence.
        why: the cause, one sentence; may be empty.
        remedy: what to do about it, often an exact command; may be empty.
    """

    exit_code = 1

    def __init__(self, what: str, *, why: str = "", remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.remedy = remedy

    def __str__(self) -> str:
        return "\n".join(part for part in (self.what, self.why, self.remedy) if part)


class SettingsError(HeadwayError):
    """A settings file, flag or argument cannot be used."""

    exit_code = 2


class RepositoryError(HeadwayError):
    """git or DVC cannot give what the comparison needs."""

    exit_code = 3


class ReportFileError(HeadwayError):
    """A report.json cannot be read: missing, broken, of another schema."""

    exit_code = 2


class WriteError(HeadwayError):
    """The report could not be written; the last good one is untouched."""

    exit_code = 3
