"""What a check found, and how a check says that it cannot be carried out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from headway.errors import HeadwayError
from headway.text import error_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from headway.report.commands.checkup import DiagnosisStatus

T = TypeVar("T")

TRY_IT = "headway --traceback report"
"""Shows an error that no check expects in full."""


class Finding(NamedTuple):
    """The result of a check; see :class:`headway.report.commands.checkup.Diagnosis`."""

    status: DiagnosisStatus
    what: str
    remedy: str = ""


class SkippedError(Exception):
    """A check does not apply; the text says why."""


def ok(what: str) -> Finding:
    """Nothing is to be done."""
    return Finding("ok", what)


def warning(what: str, remedy: str) -> Finding:
    """CI succeeds, but something will be missing."""
    return Finding("warning", what, remedy)


def failed(what: str, remedy: str) -> Finding:
    """It will fail in CI."""
    return Finding("failed", what, remedy)


def of_error(error: HeadwayError, remedy: str = TRY_IT) -> Finding:
    """What an error says, as a failed check; ``remedy`` is for one that has none."""
    what = " ".join(" ".join(filter(None, (error.what, error.why))).split())
    return failed(what.removesuffix("."), error.remedy or remedy)


def unexpected(error: Exception) -> HeadwayError:
    """An error that no part of Headway foresaw: the repository may be broken in a new way."""
    return HeadwayError(f"This cannot be checked: {error_line(error)}.", remedy=TRY_IT)


def attempt(work: Callable[[], T]) -> T | HeadwayError:
    """The result of some work, or the error that it ended with."""
    try:
        return work()
    except HeadwayError as error:
        return error
    except Exception as error:  # noqa: BLE001 - a broken repository must not end the command that is to explain it
        return unexpected(error)


def need(value: T | HeadwayError | None, reason: str) -> T:
    """A value that another check has reported on if it is missing; this one is then skipped for a reason."""
    if value is None or isinstance(value, HeadwayError):
        raise SkippedError(reason)
    return value
