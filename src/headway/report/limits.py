"""At most how much of a report each place shows: the headline alone, Markdown in full, the HTML page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """At most how much of each section is shown.

    Attributes:
        causes: of each stage.
        moved, still: charts whose sides differ, and charts whose sides do not.
        includes, same: the team's own sections that differ between the sides, and those that do not.
        lines: of each such section.
        rows: of each table inside the data.
    """

    changed: int = 0
    unchanged: int = 0
    params: int = 0
    stages: int = 0
    causes: int = 0
    data: int = 0
    moved: int = 0
    still: int = 0
    includes: int = 0
    same: int = 0
    lines: int = 0
    problems: int = 0
    datasets: int = 0
    rows: int = 0


HEADLINE_LIMITS = Limits(causes=3, lines=10, rows=2)
"""No section is shown; whatever is added to these begins with so much of each stage, section and table."""
FULL_LIMITS = Limits(
    changed=500,
    unchanged=200,
    params=200,
    stages=100,
    causes=100,
    data=100,
    moved=100,
    still=100,
    includes=50,
    same=50,
    lines=200,
    problems=50,
    datasets=20,
    rows=8,
)
PAGE_LIMITS = Limits(
    changed=2000,
    unchanged=2000,
    params=2000,
    stages=500,
    causes=500,
    data=500,
    moved=200,
    still=200,
    includes=100,
    same=100,
    lines=2000,
    problems=500,
    datasets=100,
    rows=50,
)
"""For the HTML page, which has room but must still open on a phone."""
