"""What a step of GitHub Actions writes: the job summary, outputs, and warnings on the run's page.

Source: GitHub's "Workflow commands". A job summary may have 1 MiB a step; over it the upload fails while the step
stays green. An output of several lines is written between two delimiters that it must not contain.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from headway.errors import HeadwayError, WriteError
from headway.report.escaping import fence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

SUMMARY_LIMIT = 1_000_000
_ESCAPES = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})


def remaining_bytes(path: Path) -> int:
    """Bytes that the job summary still takes, after what the step has written before."""
    try:
        return max(0, SUMMARY_LIMIT - path.stat().st_size)
    except FileNotFoundError:
        return SUMMARY_LIMIT


def append(path: Path, text: str) -> None:
    """Add text to a file that GitHub reads when the step ends; raises ``WriteError`` where it cannot be written."""
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise WriteError(f"{path.name} could not be written for GitHub.", why=f"{error.strerror}: {path}.") from error


def outputs(values: Mapping[str, str]) -> str:
    """A step's outputs as GITHUB_OUTPUT takes them; a random line ends each value, so that no value can."""
    ends = {name: f"headway_{secrets.token_hex(16)}" for name in values}
    return "".join(f"{name}<<{ends[name]}\n{value}\n{ends[name]}\n" for name, value in values.items())


def failures_section(failures: Sequence[HeadwayError]) -> str:
    """What could not be published and why, for the top of the job summary; empty where everything was published."""
    if not failures:
        return ""
    listed = "\n\n".join(fence(str(failure)) for failure in failures)
    return f"> [!WARNING]\n> Headway could not publish everything. The report below is complete.\n\n{listed}\n\n"


def warning(failure: HeadwayError) -> str:
    """A workflow command that shows a failure on the run's page."""
    return f"::warning title=Headway::{str(failure).translate(_ESCAPES)}"
