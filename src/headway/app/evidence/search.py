"""What is asked about metrics, and what is found."""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from headway.gather.read.parsing import UnreadableError
from headway.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headway.gather import RevisionReader
    from headway.judge.slices import SliceTest
    from headway.judge.statistics.estimate import Outcome
    from headway.settings import Estimator, MetricRule
    from headway.values.comparison import Metric
    from headway.values.evidence import Evidence, Pairing
    from headway.values.flips import Flips

    Key = tuple[str, str]
    Views = tuple[RevisionReader, RevisionReader]


class Asked(NamedTuple):
    """A metric with a number on both sides, and what the settings say about it.

    Attributes:
        rule: the first rule that applies to the metric.
        estimator: how it is computed, with the class that the rule's pattern stands for; ``None`` if nothing says so.
    """

    metric: Metric
    rule: MetricRule
    estimator: Estimator | None

    @property
    def key(self) -> Key:
        """What tells metrics apart."""
        return self.metric.file, self.metric.key

    @property
    def committed(self) -> tuple[float, float]:
        """The metric of base and head, as their metrics files have it."""
        return float(self.metric.base or 0), float(self.metric.head or 0)


def as_declared(asked: Asked, evidence: Evidence) -> Evidence:
    """The evidence with the rows that are fixed and broken: in a column of errors, 1 is wrong."""
    is_of_errors = asked.estimator is not None and asked.estimator.name == "mean" and asked.metric.direction == "lower"
    if not is_of_errors:
        return evidence
    return msgspec.structs.replace(evidence, fixed=evidence.broken, broken=evidence.fixed)


def check_finite(evidence: Evidence) -> None:
    """Raise ``CannotEstimateError`` if numbers exceeded the range of floats."""
    from headway.judge.statistics.sample import CannotEstimateError  # noqa: PLC0415 - numpy

    if not all(map(math.isfinite, (evidence.estimate, evidence.low, evidence.high, evidence.p))):
        raise CannotEstimateError("has values that are too large to compute with")


@dataclass
class Found:
    """What is known about metrics, by file and key.

    Attributes:
        tested: the outcome of each test.
        apart: the metrics whose predictions have too few ids in common.
        scarce: the metrics that have too few rows for any test.
        pairings: how the rows of each table were matched, by path.
        slices: the tests of metrics on slices.
        flips: the predictions that only one side has right, by table.
        problems: why metrics were not tested that should be.
    """

    tested: dict[Key, Outcome] = field(default_factory=dict)
    apart: set[Key] = field(default_factory=set)
    scarce: set[Key] = field(default_factory=set)
    pairings: dict[str, Pairing] = field(default_factory=dict)
    slices: list[SliceTest] = field(default_factory=list)
    flips: list[Flips] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def left(self, asked: Sequence[Asked]) -> list[Asked]:
        """The metrics that nothing is known about yet."""
        return [each for each in asked if each.key not in {*self.tested, *self.apart}]

    def add(self, asked: Asked, tested: Outcome) -> None:
        """Keep a test's outcome in its family; raises ``CannotEstimateError`` if numbers exceed the range of floats."""
        check_finite(tested.evidence)
        is_of_class = asked.estimator is not None and asked.estimator.class_ is not None
        in_family = msgspec.structs.replace(tested.evidence, family="classes" if is_of_class else "metrics")
        self.tested[asked.key] = replace(tested, evidence=in_family)

    def is_paired(self, key: Key) -> bool:
        """Whether a metric was tested on the rows that both sides have, so that other rows do not matter."""
        sources = self.tested[key].evidence.sources if key in self.tested else ()
        return bool(sources) and self.pairings.keys() >= set(sources)

    @contextmanager
    def noting(self, asked: Asked) -> Iterator[None]:
        """Turn the reason why a metric cannot be tested into a footnote, and go on."""
        import numpy as np  # noqa: PLC0415 - slow to import

        from headway.judge.statistics.sample import (  # noqa: PLC0415 - numpy
            CannotEstimateError,
            MissingColumnError,
            TooFewRowsError,
        )

        try:
            with np.errstate(over="ignore", invalid="ignore"):  # the outcome is checked by `add`
                yield
        except TooFewRowsError as error:
            self.scarce.add(asked.key)
            self._note(asked, f": {error}")
        except (CannotEstimateError, OverflowError) as error:
            self._note(asked, f", because it {error}")
        except (MissingColumnError, UnreadableError) as error:
            self._note(asked, f", because its table of predictions {error}")

    def _note(self, asked: Asked, reason: str) -> None:
        self.problems.append(Problem(where=f"settings: metrics: {asked.metric.key}", what=f"is not tested{reason}"))
