"""Moments as forges write them."""

from __future__ import annotations

from datetime import UTC, datetime


def iso_seconds(moment: float) -> str:
    """``2026-01-31T12:00:00Z``."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_milliseconds(moment: float) -> str:
    """``2026-01-31T12:00:00.250Z``."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def iso_offset(moment: float) -> str:
    """``2026-01-31T12:00:00.250000+00:00``."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="microseconds")
