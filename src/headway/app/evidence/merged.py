"""Evidence that parts have computed, used instead of the tables of predictions."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec

from headway._version import __version__
from headway.app.evidence.finding import rules_by_path
from headway.app.evidence.tables import compare_sums
from headway.errors import EvidenceFileError
from headway.gather.read.parsing import UnreadableError
from headway.judge.summaries.evidence_parts import EvidenceParts, Identity, check_same, decode, merge
from headway.values.evidence import Pairing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from headway.app.evidence.search import Asked, Views
    from headway.app.evidence.slices import ComparedSlice
    from headway.judge.statistics.estimate import Outcome
    from headway.settings import Estimator, PredictionsRule, Settings
    from headway.values.flips import Flips

_COMPUTE = "Name a file that `headway evidence` has written."


def read_evidence(path: Path) -> EvidenceParts:
    """One part, or all parts together; raises ``EvidenceFileError`` if a file holds neither."""
    try:
        return decode(path.read_bytes())
    except OSError as error:
        raise EvidenceFileError(f"{path} cannot be read.", why=f"{error.strerror}.", remedy=_COMPUTE) from error
    except msgspec.DecodeError as error:
        why = f"{str(error).removesuffix('.')}."
        raise EvidenceFileError(f"{path} is not evidence of this version.", why=why, remedy=_COMPUTE) from error


def identify(project: str, views: Views, settings: Settings) -> Identity:
    """What evidence for the metrics of two revisions is about; no table is read, or fetched."""
    from headway.datasets.predictions.prediction_files import hash_predictions  # noqa: PLC0415 - loads polars

    base, head = (view.revision.sha or "" for view in views)
    rules = msgspec.json.encode((settings.metrics, settings.predictions), order="deterministic")
    paths = sorted(rules_by_path(settings))
    tables = {path: (hash_predictions(views[0], path), hash_predictions(views[1], path)) for path in paths}
    return Identity(
        generator=__version__,
        project=project,
        base=base,
        head=head,
        settings=sha256(rules).hexdigest(),
        tables=tables,
    )


class MergedTables:
    """What all parts found out about tables of predictions; a :class:`headway.app.evidence.tables.Tables`.

    Attributes:
        left_out: the metrics that cannot be computed in parts, by file and key, with the reason as a clause.

    Args:
        parts: all parts together.
        identity: what the evidence must be about.

    Raises:
        EvidenceFileError: it is about something else, or parts are missing.
    """

    def __init__(self, parts: EvidenceParts, identity: Identity) -> None:
        whole = merge([parts])  # which finds missing parts
        is_about_anchor = whole.anchor is not None and whole.anchor.identity.base == identity.base
        reference = whole.anchor if whole.anchor and is_about_anchor else whole.base
        check_same(reference.identity, identity, "The evidence", "this comparison")
        self._tables = {table.pairing.path: table for table in reference.tables}
        self._metrics = {(metric.file, metric.key): metric for metric in reference.metrics}
        self.left_out = {key: f"it {found.problem}" for key, found in self._metrics.items() if found.about == "parts"}
        self._slices = {(key, each.column): each for each in reference.slices for key in each.metrics}

    def pairing(self, rule: PredictionsRule) -> Pairing:
        """How the rows of a table were matched."""
        if rule.path not in self._tables:
            return Pairing(path=rule.path, problem="is not part of the evidence that was computed in parts")
        return self._tables[rule.path].pairing

    def test(self, asked: Asked, estimator: Estimator, paths: Sequence[str]) -> Outcome:
        """Test a metric by the sums of all parts."""
        from headway.judge.committed import compare_summary  # noqa: PLC0415 - loads scipy
        from headway.judge.statistics.sample import CannotEstimateError, MissingColumnError  # noqa: PLC0415 - numpy

        metric = self._metrics.get(asked.key)
        if metric is None:
            raise CannotEstimateError("is not part of the evidence that was computed in parts")
        if metric.summary is None:
            raise (MissingColumnError if metric.about == "table" else CannotEstimateError)(metric.problem)
        is_whole = all(self._tables[path].pairing.is_whole for path in paths)
        return compare_summary(asked.committed, estimator, metric.summary, is_whole=is_whole)

    def compare_slices(self, asked: Asked, _: Sequence[str], column: str) -> Iterator[ComparedSlice]:
        """Test a metric on the slices of a column by the sums of all parts."""
        from headway.datasets.predictions.slices import order_values  # noqa: PLC0415 - loads polars

        part = self._slices.get((asked.key, column))
        if part is None or asked.estimator is None:
            raise UnreadableError("is not part of the evidence that was computed in parts")
        if part.problem:
            raise UnreadableError(part.problem)
        slices = {each.value: each for each in part.slices}
        ordered = [slices[value] for value in order_values(column, slices)]
        yield from compare_sums(ordered, asked.estimator, part.classes)

    def flips(self, path: str) -> Flips | None:
        """The predictions that only one side has right."""
        rows = self._tables[path].flips if path in self._tables else None
        return None if rows is None else rows.describe(path)
