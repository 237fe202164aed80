"""What tables of predictions say about metrics: read from the tables themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from headway.app.evidence.slices import ComparedSlice

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from headway.app.evidence.search import Asked, Views
    from headway.datasets.predictions.pairing import PairedPredictions
    from headway.judge.statistics.estimate import Outcome
    from headway.judge.statistics.sample import CannotEstimateError, Sample
    from headway.judge.statistics.unpaired import Compared
    from headway.judge.summaries.sliced import SliceRows
    from headway.judge.summaries.summary import Classes
    from headway.settings import Estimator, PredictionsRule
    from headway.values.evidence import Pairing
    from headway.values.flips import Flips


class Tables(Protocol):
    """What tables of predictions say, whoever read them."""

    def pairing(self, rule: PredictionsRule) -> Pairing:
        """How the rows of a table are matched; called once, before any metric is tested on it."""
        ...

    def test(self, asked: Asked, estimator: Estimator, paths: Sequence[str]) -> Outcome:
        """Test a metric; raises what :func:`headway.judge.committed.compare_committed` raises."""
        ...

    def compare_slices(self, asked: Asked, paths: Sequence[str], column: str) -> Iterator[ComparedSlice]:
        """Test a metric that was tested on the slices of a column; raises ``UnreadableError`` if there are none."""
        ...

    def flips(self, path: str) -> Flips | None:
        """The predictions of a table that only one side has right; ``None`` if it has no classes, or no paired rows."""
        ...


class OpenedTables:
    """Tables whose rows are on this machine; a :class:`Tables`."""

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

    def compare_slices(self, asked: Asked, paths: Sequence[str], column: str) -> Iterator[ComparedSlice]:
        """Test a metric on the slices of a column, by sums where it is computed from these, else on their rows."""
        from headway.datasets.predictions.slices import divide, read_slices  # noqa: PLC0415 - loads polars
        from headway.judge.statistics.unpaired import compare_each  # noqa: PLC0415 - scipy
        from headway.judge.summaries.sliced import classes_of, summarize_slices  # noqa: PLC0415 - scipy
        from headway.judge.summaries.summary import why_not  # noqa: PLC0415 - scipy

        pairs = [self._pairs[path] for path in paths]
        base, head = join_samples(pairs).compared
        is_paired = all(pair.is_paired for pair in pairs)
        old, new = ([pair.labels[side] for pair in pairs] for side in (0, 1))
        slices = list(read_slices(column, new if is_paired else old, new))
        if asked.estimator is None:
            return
        if is_paired and not why_not(asked.estimator, head):
            found = summarize_slices(asked.estimator, base, head, ((each.value, each.head) for each in slices))
            yield from compare_sums(found, asked.estimator, classes_of(head))
            return
        divided = divide(base, [each.base for each in slices]), divide(head, [each.head for each in slices])
        sides = list(zip(*divided, strict=True))
        compared = compare_each(asked.estimator, sides, is_paired=is_paired)
        for each, (before, after), outcome in zip(slices, sides, compared, strict=True):
            yield ComparedSlice(each.value, min(before.rows, after.rows), outcome)

    def flips(self, path: str) -> Flips | None:
        """Those of a table that was paired."""
        from headway.datasets.predictions.flips import find_flips  # noqa: PLC0415 - loads polars

        return find_flips(self._pairs[path])


def compare_sums(slices: Iterable[SliceRows], estimator: Estimator, classes: Classes) -> Iterator[ComparedSlice]:
    """Test a metric by what is known of the rows of each slice."""
    from headway.judge.statistics.sample import CannotEstimateError  # noqa: PLC0415 - numpy

    for each in slices:
        try:
            compared: Compared | CannotEstimateError | OverflowError = each.compare(estimator, classes)
        except (CannotEstimateError, OverflowError) as error:
            compared = error
        yield ComparedSlice(each.value, each.rows, compared)


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
