"""What tables of predictions say about metrics: read from the tables themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from headway.app.evidence_slices import Sliceable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.app.evidence_search import Asked, Views
    from headway.datasets.predictions.pairing import PairedPredictions
    from headway.judge.statistics.estimate import Outcome
    from headway.judge.statistics.sample import Sample
    from headway.settings import Estimator, PredictionsRule
    from headway.values.evidence import Pairing
    from headway.values.flips import Flips
    from headway.values.problem import Problem


class Tables(Protocol):
    """What tables of predictions say, whoever read them.

    Attributes:
        problems: what could not be found out about them so far.
    """

    @property
    def problems(self) -> Sequence[Problem]: ...  # noqa: D102

    def pairing(self, rule: PredictionsRule) -> Pairing:
        """How the rows of a table are matched; called once, before any metric is tested on it."""
        ...

    def test(self, asked: Asked, estimator: Estimator, paths: Sequence[str]) -> Outcome:
        """Test a metric; raises what :func:`headway.judge.committed.compare_committed` raises."""
        ...

    def divide(self, asked: Asked, tested: Outcome, paths: Sequence[str], columns: Sequence[str]) -> list[Sliceable]:
        """What can be divided into slices by some columns, if anything can."""
        ...

    def flips(self, path: str) -> Flips | None:
        """The predictions of a table that only one side has right; ``None`` if it has no classes, or no paired rows."""
        ...


class OpenedTables:
    """Tables whose rows are on this machine; a :class:`Tables`."""

    problems: Sequence[Problem] = ()

    def __init__(self, views: Views) -> None:
        self._views = views
        self._pairs: dict[str, PairedPredictions] = {}

    def pairing(self, rule: PredictionsRule) -> Pairing:
        """Open a table on both sides, and match its rows."""
        from headway.datasets.predictions.pairing import read_pair  # noqa: PLC0415 - loads polars

        self._pairs[rule.path] = read_pair(rule, *self._views)
        return self._pairs[rule.path].pairing

    def test(self, asked: Asked, estimator: Estimator, paths: Sequence[str]) -> Outcome:
        """Test a metric on all rows of some tables."""
        from headway.judge.committed import compare_committed  # noqa: PLC0415 - loads scipy

        pairs = [self._pairs[path] for path in paths]
        samples = join_samples(pairs)
        is_paired = all(pair.is_paired for pair in pairs)
        return compare_committed(asked.committed, estimator, samples.compared if is_paired else None, samples.whole)

    def divide(self, asked: Asked, tested: Outcome, paths: Sequence[str], columns: Sequence[str]) -> list[Sliceable]:
        """The rows that were tested."""
        pairs = [self._pairs[path] for path in paths]
        return [Sliceable(asked, tested, *join_samples(pairs).compared, pairs, columns)]

    def flips(self, path: str) -> Flips | None:
        """Those of a table that was paired."""
        from headway.datasets.predictions.flips import find_flips  # noqa: PLC0415 - loads polars

        return find_flips(self._pairs[path])


class Samples(NamedTuple):
    """The rows of several tables, one after the other: those to compare, and all rows of each side."""

    compared: tuple[Sample, Sample]
    whole: tuple[Sample, Sample]


def join_samples(pairs: Sequence[PairedPredictions]) -> Samples:
    """The rows of several tables together."""
    from headway.datasets.predictions.samples import concatenate  # noqa: PLC0415 - loads polars

    compared = concatenate([pair.base for pair in pairs]), concatenate([pair.head for pair in pairs])
    if all(pair.is_whole for pair in pairs):
        return Samples(compared, compared)
    return Samples(
        compared, (concatenate([pair.all_base for pair in pairs]), concatenate([pair.all_head for pair in pairs]))
    )
