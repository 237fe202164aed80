"""The name of a check run, a commit status or a Code Insights report."""

from __future__ import annotations

NAME = "headway"


def status_name(project: str, label: str) -> str:
    """A name that distinguishes statuses of several pipelines on one commit: ``headway: models/digits, nightly``."""
    place = ", ".join(part for part in (project, label) if part)
    return f"{NAME}: {place}" if place else NAME
