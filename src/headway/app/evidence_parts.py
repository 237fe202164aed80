"""``headway evidence``: compute a part of the evidence, and merge all parts."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from msgspec.structs import replace

from headway.app.anchor import untested_since, without_unjudged_slices
from headway.app.comparison import compare_untested, open_sides, require_declared
from headway.app.evidence.finding import ask, rules_by_path, slice_columns, table_paths
from headway.app.evidence.merged import identify, read_evidence
from headway.app.evidence.tables import join_samples
from headway.errors import SettingsError
from headway.gather.read.parsing import UnreadableError
from headway.judge.summaries.evidence_parts import EvidenceParts, MetricPart, Reference, SlicesPart, TablePart, merge

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from headway.app.comparison import Request, Sides
    from headway.app.evidence.search import Asked, Views
    from headway.datasets.predictions.pairing import PairedPredictions
    from headway.datasets.predictions.parts import Part
    from headway.judge.evaluation import Evaluations
    from headway.judge.statistics.sample import Sample
    from headway.settings import Estimator, Settings
    from headway.values.comparison import Metric


def compute_part(request: Request, place: int, count: int) -> EvidenceParts:
    """What a part of the rows says about each metric that predictions give.

    Args:
        request: what to compare.
        place, count: which part, from 1, and the number of parts.

    Raises:
        SettingsError: the settings declare no such metric, or name something that neither side has.
        RepositoryError: a revision cannot be read.
    """
    from headway.datasets.predictions.parts import Part  # noqa: PLC0415 - loads polars

    with open_sides(request, needs_base=True) as sides, TemporaryDirectory(prefix="headway-") as folder:
        part = Part(place, count, Path(folder), _columns(sides.judging))
        untested = compare_untested(sides)
        require_declared(sides, untested)
        tables = _PartTables(sides.judging, (sides.base, sides.head), part)
        base = _summarize(sides, untested.comparison.metrics, untested.evaluations, tables)
        if not base.metrics:
            raise SettingsError(
                "The settings declare no metric with an estimator and a table of predictions, so there is no evidence.",
                remedy="headway rules --suggest",
            )
        anchor = sides.open_anchor()
        since = None
        if anchor and anchor.view:
            found = untested_since(anchor.view, sides.head, untested.comparison, sides.judging, untested.excluded)
            tables = _PartTables(without_unjudged_slices(sides.judging), (anchor.view, sides.head), part)
            since = _summarize(sides, found[0].metrics, found[1], tables)
        return EvidenceParts(count=count, places=(place,), base=base, anchor=since)


def _columns(settings: Settings) -> set[str]:
    """The columns that estimators name."""
    return {rule.estimating.column for rule in settings.metrics.values() if rule.estimating}


def _summarize(sides: Sides, metrics: Sequence[Metric], evaluations: Evaluations, tables: _PartTables) -> Reference:
    """What a part of the rows says about the changes of metrics since one revision."""
    asked = [each for each in ask(metrics, sides.judging) if each.estimator]
    paths = {each.key: table_paths(each.metric.file, each.rule, list(tables.rules), evaluations) for each in asked}
    found = tuple(tables.summarize(each, paths[each.key]) for each in asked if paths[each.key])
    slices = tuple(tables.summarize_slices(asked, paths))
    identity = identify(sides.project, tables.views, sides.judging)
    return Reference(identity=identity, tables=tables.known(), metrics=found, slices=slices)


def _left_out(metric: MetricPart, why: str) -> MetricPart:
    return replace(metric, problem=f"cannot be computed in parts: {why}", about="parts")


def _require_columns(estimator: Estimator, samples: Sequence[Sample]) -> None:
    """Raise ``MissingColumnError`` if a metric lacks a column: this is what to mend first."""
    from headway.judge.statistics.estimators import estimate  # noqa: PLC0415 - numpy
    from headway.judge.statistics.sample import CannotEstimateError  # noqa: PLC0415 - likewise

    for sample in samples:
        with suppress(CannotEstimateError, OverflowError):
            estimate(estimator, sample)


class _PartTables:
    """A part of the rows of each table."""

    def __init__(self, settings: Settings, views: Views, part: Part) -> None:
        self.rules = rules_by_path(settings)
        self.views = views
        self._part = part
        self._pairs: dict[str, PairedPredictions] = {}

    def known(self) -> tuple[TablePart, ...]:
        """What there is to know about each table that was read, whatever the metric."""
        from headway.datasets.predictions.flips import count_flips  # noqa: PLC0415 - loads polars

        return tuple(
            TablePart(pairing=pair.pairing, example_rows=pair.example_rows, flips=count_flips(pair))
            for pair in self._pairs.values()
        )

    def summarize(self, asked: Asked, paths: Sequence[str]) -> MetricPart:
        """What a metric's test needs of the rows, or why that is not known."""
        from headway.judge.statistics.sample import CannotEstimateError, MissingColumnError  # noqa: PLC0415 - numpy
        from headway.judge.summaries.summary import summarize, why_not  # noqa: PLC0415 - scipy

        metric = MetricPart(file=asked.metric.file, key=asked.metric.key)
        pairs = [self._pair(path) for path in paths]
        if not all(self.rules[path].id for path in paths):
            return _left_out(metric, "its table has no `id`, by which rows are divided into parts")
        if asked.estimator is None or any(pair.pairing.problem for pair in pairs):
            return replace(metric, problem="has no rows")
        samples = join_samples(pairs)
        try:
            if why := why_not(asked.estimator, samples.compared[1]):
                _require_columns(asked.estimator, samples.compared)
                return _left_out(metric, why)
            return replace(metric, summary=summarize(asked.estimator, *samples))
        except (MissingColumnError, UnreadableError) as error:
            return replace(metric, problem=str(error), about="table")
        except (CannotEstimateError, OverflowError) as error:
            return replace(metric, problem=str(error))

    def summarize_slices(
        self, asked: Sequence[Asked], paths: Mapping[tuple[str, str], Sequence[str]]
    ) -> Iterator[SlicesPart]:
        """What tests on slices need of the rows, once for all metrics that need the same.

        Which metrics are tested on slices depends on the outcomes on all rows, which no part knows.
        """
        from headway.judge.summaries.sliced import kind_of  # noqa: PLC0415 - scipy

        alike: dict[tuple[tuple[str, ...], Estimator | None], list[Asked]] = {}
        for each in asked:
            if each.estimator and each.metric.direction and paths[each.key]:
                alike.setdefault((tuple(paths[each.key]), kind_of(each.estimator)), []).append(each)
        for (tables, _), metrics in alike.items():
            for column in slice_columns([self.rules[path] for path in tables]):
                yield from self._summarize_slices(column, tables, metrics)

    def _summarize_slices(self, column: str, paths: tuple[str, ...], metrics: Sequence[Asked]) -> Iterator[SlicesPart]:
        """The slices of one column, unless the metrics cannot be computed in parts."""
        from headway.datasets.predictions.slices import MOST_SLICES, find_slices  # noqa: PLC0415 - loads polars
        from headway.judge.statistics.sample import CannotEstimateError, MissingColumnError  # noqa: PLC0415 - numpy
        from headway.judge.summaries.sliced import SliceRows, classes_of, summarize_slices  # noqa: PLC0415 - scipy
        from headway.judge.summaries.summary import why_not  # noqa: PLC0415 - scipy

        pairs, estimator = [self._pair(path) for path in paths], metrics[0].estimator
        base, head = join_samples(pairs).compared
        if estimator is None or any(pair.pairing.problem for pair in pairs) or why_not(estimator, head):
            return
        keys = tuple(each.key for each in metrics)
        part = SlicesPart(column=column, paths=paths, metrics=keys, classes=classes_of(head))
        try:
            found = find_slices(column, [pair.labels[1] for pair in pairs])
            if len(found) > MOST_SLICES:
                slices = tuple(SliceRows(value=value, rows=len(rows)) for value, rows in found.items())
            else:
                slices = summarize_slices(estimator, base, head, found.items()) if found else ()
            yield replace(part, slices=slices)
        except (CannotEstimateError, MissingColumnError, OverflowError, UnreadableError) as error:
            yield replace(part, problem=str(error))

    def _pair(self, path: str) -> PairedPredictions:
        from headway.datasets.predictions.pairing import read_pair  # noqa: PLC0415 - loads polars

        if path not in self._pairs:
            self._pairs[path] = read_pair(self.rules[path], *self.views, part=self._part)
        return self._pairs[path]


def merge_files(paths: Sequence[Path]) -> EvidenceParts:
    """All parts together; raises ``EvidenceFileError`` if files are no parts, or not all of the same evidence."""
    return merge([read_evidence(path) for path in paths])
