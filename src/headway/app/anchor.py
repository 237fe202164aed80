"""The anchor: a second revision that head is compared with, so that small losses do not add up unseen.

It is one more comparison, of the anchor with head, and only of the metrics that are shown or judged by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from headway.app.comparability import judge_comparability
from headway.app.evidence.finding import judge_metrics
from headway.compare import compare_snapshots
from headway.compare.arithmetic import is_number, nearest
from headway.compare.metrics import rule_of
from headway.errors import MissingHistoryError, RepositoryError
from headway.gather import comparable_snapshots
from headway.judge.evaluation import Evaluations
from headway.judge.gates.limits import judges_against_anchor
from headway.judge.gates.references import Anchored
from headway.judge.rules import judging_settings
from headway.registry.references import find_stage
from headway.text import first_names, shortened
from headway.values.comparison import SinceAnchor
from headway.values.problem import Problem
from headway.values.revision import NAMED, Revision
from headway.values.typed import sides_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from headway.app.evidence.tables import Tables
    from headway.gather import Repository, RevisionReader
    from headway.settings import Settings
    from headway.values.comparison import Comparison, Metric

    Key = tuple[str, str]

_WHERE = "settings: anchor"
_CHOSEN = "named in the settings"
_BY_STAGE = "the version in this stage, which the settings name"
_VERSION = 20
"""Characters of a version; a commit without one has a SHA instead."""
_NAMED = 3
"""Metrics that a problem names."""


class Anchor(NamedTuple):
    """The anchor that the user or the settings name.

    Attributes:
        revision: which it is; without a commit if it cannot be read.
        view: its content; ``None`` if it cannot be read, or if it is base.
        error: why it cannot be read; ``None`` if it can be.
        tables: what tables of predictions say about the changes since; ``None`` to read these.
    """

    revision: Revision
    view: RevisionReader | None = None
    error: RepositoryError | None = None
    tables: Tables | None = None


def open_anchor(  # noqa: PLR0913 - both sides, and whoever may name the anchor
    repository: Repository,
    base: Revision,
    head: Revision,
    base_settings: Settings,
    settings: Settings,
    *,
    named: str | None = None,
) -> Anchor | None:
    """Open the anchor that the user has ``named``, else that of the settings that judge, if they name one.

    One that base's settings name and that cannot be read costs no report, so that a request can repair it.

    Raises:
        RepositoryError: the user names an anchor that cannot be read, or head's settings name one that base's do not,
            and it does not exist.
    """
    if named:
        return _open(repository, msgspec.structs.replace(resolve_anchor(repository, named), chosen=NAMED), base, head)
    if settings.anchor and settings.anchor != base_settings.anchor:
        _require(repository, settings.anchor)
    name = judging_settings(base_settings, settings).anchor
    if name is None:
        return None
    try:
        return _open(repository, resolve_anchor(repository, name), base, head)
    except RepositoryError as error:
        return Anchor(Revision(name=name, sha=None, chosen=_CHOSEN), error=error)


def _open(repository: Repository, anchor: Revision, base: Revision, head: Revision) -> Anchor:
    _refuse_own(repository, anchor, base, head)
    return Anchor(anchor, None if anchor.sha == base.sha else repository.open_revision(anchor, "base"))


def resolve_anchor(repository: Repository, name: str) -> Revision:
    """The tag, branch or commit of a name; if there is none, the version that has a stage of this name."""
    try:
        return repository.resolve_anchor(name)
    except RepositoryError:
        found = find_stage(repository.git_root, name, repository.project, repository.upstream)
        if found is None:
            raise
        return repository.described(f"{name} ({shortened(found.version, _VERSION)})", found.commit, _BY_STAGE)


def _refuse_own(repository: Repository, anchor: Revision, base: Revision, head: Revision) -> None:
    """Raise an error for an anchor by which head would judge itself, such as a branch that is named like a tag."""
    if anchor.sha and repository.is_added(anchor.sha, base, head):
        raise RepositoryError(
            f"{anchor.name!r} is {'the head itself' if anchor.sha == head.sha else 'a commit that the head adds'}.",
            why="A change is not judged by its own commits.",
            remedy="name a tag or a commit that the base has",
        )


def _require(repository: Repository, name: str) -> None:
    """Raise an error for a name that is misspelt, but not for a commit that a clone merely lacks."""
    try:
        resolve_anchor(repository, name)
    except MissingHistoryError:
        return
    except RepositoryError as error:
        error.why = f"The settings name it as the anchor. {error.why}".rstrip()
        raise


class BesideAnchor(NamedTuple):
    """What gates against the anchor are judged by, and what is to be said about it."""

    anchored: Anchored
    problems: tuple[Problem, ...] = ()


def compare_with_anchor(
    anchor: Anchor,
    head: RevisionReader,
    comparison: Comparison,
    settings: Settings,
    excluded: Mapping[str, Collection[str]],
) -> BesideAnchor:
    """Compare the anchor with head.

    Args:
        anchor: the anchor.
        head: the head.
        comparison: that of base with head, with the metrics of the headline.
        settings: those that judge.
        excluded: the tables of predictions that must not judge some metrics files, by the file.
    """
    if anchor.error:
        reason = f"the anchor is unavailable: {anchor.error.what.removesuffix('.')}"
        return BesideAnchor(Anchored(problem=reason), (_unavailable(anchor.revision, anchor.error),))
    if anchor.view is None:
        return BesideAnchor(_anchored(comparison, is_base=True))
    found = untested_since(anchor.view, head, comparison, settings, excluded)
    judged = judge_metrics(*found, (anchor.view, head), without_unjudged_slices(settings), anchor.tables)
    return BesideAnchor(_anchored(judged), tuple(_problems(anchor.revision, judged)))


def untested_since(
    anchor: RevisionReader,
    head: RevisionReader,
    comparison: Comparison,
    settings: Settings,
    excluded: Mapping[str, Collection[str]],
) -> tuple[Comparison, Evaluations]:
    """The comparison of the anchor with head before its metrics are tested, and what these are computed on."""
    old, new, incomparable = comparable_snapshots(anchor, head)
    found = compare_snapshots(old, new, settings.metrics, incomparable)
    named = {_key(metric): metric.headline for metric in comparison.metrics if metric.headline is not None}
    metrics = [msgspec.structs.replace(metric, headline=named.get(_key(metric))) for metric in found.metrics]
    kept = tuple(metric for metric in metrics if _is_needed(metric, settings))
    evaluations = Evaluations(old, new, anchor.files_below, head.files_below, incomparable, excluded=excluded)
    found = msgspec.structs.replace(found, metrics=kept, plots=())
    return judge_comparability(found, evaluations, (anchor, head), settings), evaluations


def _is_needed(metric: Metric, settings: Settings) -> bool:
    """Whether a metric is shown or judged; one that is not computed costs nothing, and may count the rows of others."""
    _, rule = rule_of(metric.file, metric.key, settings.metrics)
    return metric.headline is not None or rule.estimator is None or judges_against_anchor(rule)


def without_unjudged_slices(settings: Settings) -> Settings:
    """The settings without slices, unless a gate judges these."""
    if any(rule.gate and rule.gate.slices and judges_against_anchor(rule) for rule in settings.metrics.values()):
        return settings
    tables = tuple(msgspec.structs.replace(table, slices=()) for table in settings.predictions)
    return msgspec.structs.replace(settings, predictions=tables)


def _anchored(comparison: Comparison, *, is_base: bool = False) -> Anchored:
    return Anchored(
        metrics={_key(metric): metric for metric in comparison.metrics},
        slices={(_key(each.metric), each.column, each.value): each for each in comparison.slices},
        is_base=is_base,
    )


def _key(metric: Metric) -> Key:
    return metric.file, metric.key


def with_anchor(metrics: tuple[Metric, ...], anchored: Anchored, settings: Settings) -> tuple[Metric, ...]:
    """The metrics, those of the headline and those that are judged against the anchor with their change since it."""
    if anchored.is_base or anchored.problem:
        return metrics
    return tuple(_since(metric, anchored, settings) for metric in metrics)


def _since(metric: Metric, anchored: Anchored, settings: Settings) -> Metric:
    _, rule = rule_of(metric.file, metric.key, settings.metrics)
    beside = anchored.metric(metric)
    if isinstance(beside, str) or not (metric.headline is not None or judges_against_anchor(rule)):
        return metric
    return msgspec.structs.replace(metric, since_anchor=since_anchor(beside))


def since_anchor(metric: Metric) -> SinceAnchor:
    """The change of a metric of the comparison with the anchor, whose base is the anchor."""
    value, _ = sides_of(metric.base, metric.head, metric.types)
    number = nearest(value) if is_number(value) else None
    if metric.withheld:
        return SinceAnchor(anchor=number, withheld=metric.withheld)
    evidence = metric.evidence
    if not evidence or evidence.withheld:
        return SinceAnchor(anchor=number, change=metric.change)
    return SinceAnchor(
        anchor=number,
        change=evidence.estimate,
        low=evidence.low,
        high=evidence.high,
        gate_low=evidence.gate_low,
        gate_high=evidence.gate_high,
        rows=evidence.rows,
    )


def _unavailable(revision: Revision, error: RepositoryError) -> Problem:
    reason = " ".join(filter(None, (error.what, error.why))).removesuffix(".")
    return Problem(where=_WHERE, what=f"nothing is compared with `{revision.name}`: {reason}", remedy=error.remedy)


def _problems(revision: Revision, found: Comparison) -> Iterator[Problem]:
    """Why metrics cannot be compared with the anchor, once for all of them."""
    other = [metric.key for metric in found.metrics if metric.withheld == "evaluation"]
    if other:
        yield Problem(
            where=_WHERE,
            what=f"`{revision.name}` was tested on other rows, so it cannot be compared: {first_names(other, _NAMED)}",
            remedy="move the anchor to a commit after the test set changed",
        )
    for pairing in found.pairings:
        if pairing.problem and pairing.side == "base":
            why = f"its table `{pairing.path}` {pairing.problem}"
            yield Problem(where=_WHERE, what=f"no metric is tested against `{revision.name}`, because {why}")
