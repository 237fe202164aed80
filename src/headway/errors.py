"""The errors that end a run. Each says what happened, why, and what to do, and has its exit code.

Anything that still allows a report is a :class:`~headway.values.problem.Problem`, not an error.
"""

from __future__ import annotations


class HeadwayError(Exception):
    """The command cannot do what it was asked for.

    Args:
        what: what could not be done, one sentence.
        why: the cause, one sentence; may be empty.
        remedy: what to do: a command that can be pasted, or sentences with commands in backquotes; may be empty.
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
    """git or DVC cannot provide what the comparison needs."""

    exit_code = 3


class MissingHistoryError(RepositoryError):
    """The clone lacks commits or files that its remote has; the remedy fetches them."""


class UndeclaredArtifactError(RepositoryError):
    """No dvc.yaml of a commit declares an artifact."""


class RemoteError(HeadwayError):
    """DVC's remote refuses, cannot be reached, or needs credentials; one line without secrets."""

    exit_code = 3


class ReportFileError(HeadwayError):
    """A report.json is missing, broken, or of another schema."""

    exit_code = 2


class EvidenceFileError(HeadwayError):
    """A file of evidence is missing, broken, or about something else."""

    exit_code = 2


class DocumentError(HeadwayError):
    """A document of your own cannot be published: it is unreadable, or an image in it is missing or invalid."""

    exit_code = 2


class WriteError(HeadwayError):
    """The report could not be written; the last one is unchanged."""

    exit_code = 3


class ForgeError(HeadwayError):
    """A forge could not be reached, refused, or sent an invalid answer.

    Attributes:
        status: the HTTP status; ``None`` without an answer.
    """

    exit_code = 4

    def __init__(self, what: str, *, why: str = "", remedy: str = "", status: int | None = None) -> None:
        super().__init__(what, why=why, remedy=remedy)
        self.status = status

    @property
    def is_refusal(self) -> bool:
        """Whether the forge refused for good: another try changes nothing."""
        return self.status is not None and self.status // 100 == 4  # noqa: PLR2004 - HTTP's client errors


class DeniedError(ForgeError):
    """The token lacks a permission or scope, which the error names."""


class RateLimitError(ForgeError):
    """The forge asks for a longer wait than the limit."""

    @property
    def is_refusal(self) -> bool:
        """No: the same request succeeds later."""
        return False


class UncertainWriteError(ForgeError):
    """A write got no complete answer, so the forge may or may not have carried it out: check before writing again."""


class ContextError(ForgeError):
    """The environment does not name the forge, repository, pull request or commit of this run."""
