"""Which way is better, looked up in what the settings declare.

A pattern is a metric's key or a shell-style glob over keys (``precision.*``); with a file in front
(``reports/latency.json:p95_ms``) it holds for that file only. The first pattern that matches decides.
"""

from __future__ import annotations

import difflib
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from headway.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from headway.values.comparison import Direction, Metric


def matches(pattern: str, file: str, key: str) -> bool:
    """Whether a pattern speaks of this metric."""
    return pattern == key or fnmatchcase(key, pattern) or fnmatchcase(f"{file}:{key}", pattern)


def rule_of(file: str, key: str, directions: Mapping[str, Direction]) -> tuple[int | None, Direction | None]:
    """The place of the rule that speaks of a metric, and the direction it declares; ``None`` twice where none does."""
    rules = enumerate(directions.items())
    return next(((place, way) for place, (pattern, way) in rules if matches(pattern, file, key)), (None, None))


def unmatched_patterns(directions: Mapping[str, Direction], metrics: Iterable[Metric]) -> tuple[Problem, ...]:
    """One problem for each pattern that speaks of no metric: most often a typing error that would pass in silence."""
    known = [(metric.file, metric.key) for metric in metrics]
    return tuple(
        _unmatched(pattern, [key for _, key in known])
        for pattern in directions
        if known and not any(matches(pattern, file, key) for file, key in known)
    )


def _unmatched(pattern: str, keys: list[str]) -> Problem:
    close = difflib.get_close_matches(pattern, keys, n=1)
    hint = f"did you mean {close[0]!r}?" if close else "correct the name or remove the line"
    return Problem(where="settings: metrics", what=f"no metric is called {pattern!r}", remedy=hint)
