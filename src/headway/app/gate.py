"""``headway gate``: compare two revisions and judge their gates."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from headway.app.comparison import compare_sides, open_sides, report_of
from headway.errors import SettingsError
from headway.judge.rules import declares_gates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.app.comparison import Request
    from headway.values.comparison import Metric
    from headway.values.report import Report

_PLAIN_KEY = re.compile(r"[A-Za-z_][\w.]*")
"""A key that YAML needs no quotes for."""


def build_gates(request: Request) -> Report:
    """A report of the comparison alone, in which a gate is judged unless head brings the first ones along.

    These judge after the merge; until then, the report has no ``gates``.

    Raises:
        SettingsError: the settings of neither side declare a gate.
        RepositoryError: a revision cannot be read; unlike a report, gates need a base.
    """
    with open_sides(request, needs_base=True) as sides:
        report = report_of(compare_sides(sides), sides, None)
        is_ahead = declares_gates(sides.settings)
    if not report.gates and not is_ahead:
        raise SettingsError(
            "The settings declare no gate, so there is nothing to judge.",
            why="A check that cannot fail would be mistaken for one that passed.",
            remedy=f"Declare one under `metrics` in headway.yaml: {_example(report.metrics)}",
        )
    return report


def _example(metrics: Sequence[Metric]) -> str:
    """A rule with a gate for the first metric of the headline."""
    named = sorted((one for one in metrics if one.headline is not None), key=lambda one: one.headline or 0)
    key, direction = next(((one.key, one.direction) for one in named), ("accuracy", "higher"))
    written = key if _PLAIN_KEY.fullmatch(key) else json.dumps(key)
    return f"{written}: {{direction: {direction or 'higher'}, gate: {{max_regression: 0.01}}}}"
