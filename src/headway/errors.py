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

    exit_code = 70

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


class MissingHistoryError(RepositoryError):
    """The clone lacks commits or files that its remote has; the remedy fetches them."""


class RemoteError(HeadwayError):
    """DVC's remote refuses, cannot be reached, or lacks credentials; one line, and no secret in it."""

    exit_code = 3


class ReportFileError(HeadwayError):
    """A report.json cannot be read: missing, broken, of another schema."""

    exit_code = 2


class DocumentError(HeadwayError):
    """A document of the user's own cannot be published: unreadable, or a picture in it is missing or is none."""

    exit_code = 2


class WriteError(HeadwayError):
    """The report could not be written; the last good one is untouched."""

    exit_code = 3


class ForgeError(HeadwayError):
    """A forge could not be reached, refused, or answered nonsense.

    Attributes:
        status: the HTTP status; ``None`` where no answer came.
    """

    exit_code = 4

    def __init__(self, what: str, *, why: str = "", remedy: str = "", status: int | None = None) -> None:
        super().__init__(what, why=why, remedy=remedy)
        self.status = status


class DeniedError(ForgeError):
    """The token may not do this; the error names the permission or scope that is missing."""


class RateLimitError(ForgeError):
    """The forge asks for more patience than the settings allow."""


class UncertainWriteError(ForgeError):
    """A write got no whole answer, so the forge may or may not have carried it out: look before writing again."""


class ContextError(ForgeError):
    """The environment does not say which forge, repository, pull request or commit this run is about."""
