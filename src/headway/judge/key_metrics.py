"""Choose the metrics that the first line of a report names."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import msgspec

from headway.compare.metrics import matches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from headway.settings import Settings
    from headway.values.comparison import Metric

_MOST = 3
"""Entries that Headway chooses by itself."""


def with_headline(metrics: Sequence[Metric], settings: Settings) -> tuple[Metric, ...]:
    """The metrics, those that the first line names with their position in it.

    The settings name them; else the first rules for metrics do, without metrics that depend on the machine. If nothing
    is declared, it is the first metrics at the top level of the first metrics file.
    """
    positions: dict[tuple[str, str], int] = {}
    for position, chosen in enumerate(_entries(metrics, settings)):
        for metric in chosen:
            positions.setdefault((metric.file, metric.key), position)
    return tuple(
        msgspec.structs.replace(metric, headline=positions.get((metric.file, metric.key))) for metric in metrics
    )


def _entries(metrics: Sequence[Metric], settings: Settings) -> Iterable[list[Metric]]:
    """The metrics of each entry of the line."""
    if settings.headline is not None:
        return [
            [metric for metric in metrics if matches(pattern, metric.file, metric.key)] for pattern in settings.headline
        ]
    declared = list(islice(_declared(metrics), _MOST))
    return declared or islice(_at_the_top(metrics), _MOST)


def _declared(metrics: Sequence[Metric]) -> Iterator[list[Metric]]:
    ranked = [metric for metric in metrics if metric.withheld != "machine"]
    for rank in sorted({metric.rank for metric in ranked if metric.rank is not None}):
        yield [metric for metric in ranked if metric.rank == rank]


def _at_the_top(metrics: Sequence[Metric]) -> Iterator[list[Metric]]:
    yield from ([metric] for metric in metrics if metric.file == metrics[0].file and "." not in metric.key)
