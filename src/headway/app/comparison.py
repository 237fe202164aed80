"""Open the two sides of a comparison, read them and compare them: every command starts here."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from headway._version import __version__
from headway.app.anchor import compare_with_anchor, open_anchor, with_anchor
from headway.app.comparability import judge_comparability
from headway.app.evidence.finding import judge_metrics
from headway.app.other_gates import with_acceptances, with_other_gates
from headway.app.side_settings.declared_names import require_names
from headway.app.side_settings.reading import are_shared, base_keys, load_base_settings, read_settings_file
from headway.app.speed.measured import read_measured, require_same, with_speed
from headway.ci.read import read_job
from headway.compare import compare_snapshots
from headway.compare.metrics import expected_in_files, lost_patterns, unmatched_patterns
from headway.compare.thresholds import decision_thresholds
from headway.errors import MissingHistoryError, RepositoryError
from headway.gather import Progress, Quiet, Repository, RevisionReader, allowed_network, comparable_snapshots
from headway.judge.evaluation import Evaluations
from headway.judge.gates.judging import judge_gates
from headway.judge.key_metrics import with_headline
from headway.judge.other_gates.acceptance import Entries
from headway.judge.rules import BaseKeys, describe_rules, excluded_tables, judging_settings
from headway.remotes.environment import Credentials, read_credentials
from headway.settings import Settings, load_settings, locate_settings
from headway.values.comparison import PlotPair
from headway.values.report import Report, SectionLayout

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from headway.app.anchor import Anchor
    from headway.app.evidence.merged import MergedTables
    from headway.app.side_settings.declared_names import Locate
    from headway.ci.job import Job
    from headway.judge.gates.references import Anchored
    from headway.judge.summaries.evidence_parts import EvidenceParts
    from headway.values.comparison import Comparison
    from headway.values.problem import Problem
    from headway.values.revision import Revision
    from headway.values.snapshot import Snapshot
    from headway.values.speed import SpeedRun
    from headway.values.verification import Verification


def _today() -> date:
    return datetime.now(UTC).date()


@dataclass(frozen=True, kw_only=True)
class Request:
    """What to compare.

    Attributes:
        folder: a folder inside the repository.
        project: the project's folder from git's root; ``None`` takes the project that holds ``folder``.
        base, head: names of revisions; ``None`` chooses the base, and takes the workspace as head.
        anchor: the anchor by name; ``None`` takes the one that the settings name, if any.
        settings: a YAML file of the project to read instead of headway.yaml and pyproject.toml.
        job: the CI job that the comparison runs in; by default read from this process's environment.
        credentials: those of DVC's remotes, only to say which of them a remote refuses; likewise.
        fetch: whether git and DVC may fetch what is missing; see :func:`headway.gather.allowed`.
        evidence: a file of evidence that parts have computed, to be used instead of the tables of predictions.
        speed: a file of what ``headway speed`` has measured of both models.
        progress: shows what is done and fetched.
        today: the current day; it counts only for a workspace with uncommitted changes.
    """

    folder: Path
    base: str | None
    head: str | None
    settings: str | None
    anchor: str | None = None
    project: str | None = None
    job: Job = field(default_factory=read_job)
    credentials: Credentials = field(default_factory=read_credentials)
    fetch: bool | None = None
    evidence: Path | None = None
    speed: Path | None = None
    progress: Progress = field(default_factory=Quiet)
    today: date = field(default_factory=_today)

    def named_base(self, settings: Settings) -> str | None:
        """The base by name: the command line's, else that of head's settings, by which no pull request chooses its own.

        ``None`` leaves it to CI, or to :func:`headway.gather.git.revisions.choose_base`.
        """
        return self.base or (None if self.job.base else settings.base)


@dataclass(frozen=True)
class Sides:
    """Two opened revisions with their settings.

    Attributes:
        project: the project's folder from git's root.
        base, head: the revisions.
        settings: head's, which say what is shown.
        base_settings: base's; without content if there are none, or if they cannot be used.
        no_rules: why base's settings cannot be used; empty if they can.
        today: the current day, in UTC.
        verify: verifies head; returns ``None`` if it is a commit.
        open_anchor: opens the anchor; returns ``None`` if neither the user nor the settings that judge name one.
        locate: gives the place of head's settings, for errors.
        base_keys: what the settings say about the base, where that counts; else ``None``.
        is_shared: whether these settings are outside the project, so that several projects can have them.
        evidence: what parts have found out about the tables of predictions; ``None`` to read these.
        speed: what was measured of both models; ``None`` if nothing was.
    """

    project: str
    base: RevisionReader
    head: RevisionReader
    settings: Settings
    base_settings: Settings
    no_rules: str
    today: date
    verify: Callable[[], Verification | None]
    open_anchor: Callable[[], Anchor | None]
    locate: Locate
    base_keys: BaseKeys | None
    is_shared: bool
    evidence: EvidenceParts | None = None
    speed: SpeedRun | None = None

    @cached_property
    def judging(self) -> Settings:
        """The settings that judge."""
        return judging_settings(self.base_settings, self.settings)


@contextmanager
def open_sides(request: Request, *, has_base: bool = True, needs_base: bool = False) -> Iterator[Sides]:
    """Resolve and open both revisions, or head beside nothing; see :func:`headway.compare_revisions` for the errors.

    A base that the clone lacks is replaced by an empty one, unless the user names it or the caller ``needs_base``.
    """
    request.progress.step("reading base and head")
    network = allowed_network(request.fetch, request.job, request.credentials, request.progress)
    named = {"head": request.head, "base": request.base, "project": request.project}
    with Repository.open(request.folder, network, **named) as repository:
        head_revision = repository.resolve_head(request.head)
        head_view = repository.open_revision(head_revision, "head")
        source = partial(read_settings_file, head_view), head_revision.name, request.settings
        settings = load_settings(*source)
        try:
            base_view = _base(repository, request, settings, head_revision) if has_base else repository.nothing()
        except MissingHistoryError as error:
            if request.base or needs_base:
                raise
            request.progress.log(f"warning: Base is unavailable: {error.what}\n  {error.remedy}")
            base_view = repository.unavailable_base(error)
        check = partial(repository.verify, head_view, request.job.running_stage, thorough=False)
        verify = check if request.head is None and head_view.project else lambda: None  # else nothing is checked out
        is_lost = base_view.project is None and base_view.incomplete
        rules_view = base_view if has_base and not is_lost else None
        base_settings, no_rules = load_base_settings(rules_view, request.settings)
        revisions = base_view.revision, head_revision
        anchor = partial(open_anchor, repository, *revisions, base_settings, settings, named=request.anchor)
        evidence = _evidence(request.evidence) if request.evidence else None
        speed = _measured(request.speed, repository.project, *revisions) if request.speed else None
        own = settings, base_settings, no_rules
        is_free = rules_view and not (request.base or request.job.base)
        both = (base_view, head_revision), ((base_settings, no_rules), settings)
        keys = base_keys(repository, *both, request.settings) if is_free else None
        yield Sides(
            repository.project,
            base_view,
            head_view,
            *own,
            request.today,
            verify,
            anchor,
            locate=partial(locate_settings, *source),
            base_keys=keys,
            is_shared=are_shared(head_view, request.settings),
            evidence=evidence,
            speed=speed,
        )


def _base(repository: Repository, request: Request, settings: Settings, head: Revision) -> RevisionReader:
    name = request.named_base(settings)
    declared = name and not request.base
    try:
        base = repository.resolve_base(name, head, request.job.base)
    except RepositoryError as error:
        if declared:
            error.why = f"The settings name it as the base. {error.why}".rstrip()
        raise
    if declared:
        base = msgspec.structs.replace(base, chosen="named in the settings")
    return repository.open_revision(base, "base")


def compare_revisions(request: Request) -> Comparison:
    """Compare two revisions without drawing anything; see :func:`headway.compare_revisions`."""
    with open_sides(request) as sides:
        request.progress.step("comparing")
        return compare_sides(sides)


def compare_sides(sides: Sides, *, tested: bool = True) -> Comparison:
    """Read and compare two opened sides, and judge whether their metrics can be compared.

    If they are to be ``tested``, find the evidence for their changes as well.
    """
    untested = compare_untested(sides)
    if tested:
        require_declared(sides, untested)
    judged = _gated(_tested(untested, sides), sides, untested.snapshots) if tested else untested.comparison
    return msgspec.structs.replace(
        judged,
        problems=(*judged.problems, *untested.no_threshold, *_unmatched(sides, judged)),
        rules=describe_rules(
            sides.base_settings,
            sides.settings,
            judged.metrics,
            sides.no_rules,
            keys=sides.base_keys,
            speed=judged.speed,
        ),
    )


class Untested(NamedTuple):
    """A comparison whose metrics are not tested yet.

    Attributes:
        comparison: what is compared, with the metrics of the headline.
        evaluations: what the metrics are computed on.
        no_threshold: why there is no decision threshold.
        snapshots: both sides, and the pairs of their hashes that cannot be compared.
        excluded: the tables of predictions that must not judge some metrics files, by the file.
    """

    comparison: Comparison
    evaluations: Evaluations
    no_threshold: Sequence[Problem]
    snapshots: tuple[Snapshot, Snapshot, Collection[tuple[str, str]]]
    excluded: Mapping[str, Collection[str]]


def compare_untested(sides: Sides) -> Untested:
    """Read and compare two opened sides, and judge whether their metrics can be compared."""
    base, head, incomparable = comparable_snapshots(sides.base, sides.head)
    judging = sides.judging
    comparison = compare_snapshots(base, head, sides.settings.metrics, incomparable, judging.metrics)
    thresholds, no_threshold = decision_thresholds(sides.settings.threshold, base, head)
    plots = tuple(
        PlotPair(
            id=pair.id,
            thresholds=thresholds,
            base=pair.base or sides.base.borrowed(pair.head),
            head=pair.head or sides.head.borrowed(pair.base),
        )
        for pair in comparison.plots
    )
    excluded = excluded_tables(sides.base_settings, sides.settings, comparison.metrics)
    below = sides.base.files_below, sides.head.files_below
    evaluations = Evaluations(base, head, *below, incomparable, excluded=excluded)
    comparison = msgspec.structs.replace(comparison, plots=plots)
    judged = judge_comparability(comparison, evaluations, (sides.base, sides.head), judging)
    named = msgspec.structs.replace(judged, metrics=with_headline(judged.metrics, sides.settings))
    return Untested(named, evaluations, no_threshold, (base, head, incomparable), excluded)


def require_declared(sides: Sides, untested: Untested) -> None:
    """Raise ``SettingsError`` if head's settings name something that neither side has.

    If the settings are those of several projects, another one may have it.
    """
    if not sides.is_shared:
        require_names(sides.settings, untested.snapshots, (sides.base, sides.head), sides.locate)


def _tested(untested: Untested, sides: Sides) -> Comparison:
    """The comparison with a verdict and the evidence for it on each metric, and with what became of the gates."""
    views = sides.base, sides.head
    tables = _merged(sides, sides.base)
    judged = judge_metrics(untested.comparison, untested.evaluations, views, sides.judging, tables)
    not_numbers = [(file, key) for file, values in sides.head.snapshot().no_metrics.items() for key in values]
    judged, anchored = _beside_anchor(judged, sides, untested.excluded)
    rules, declared = sides.judging.metrics, sides.judging.predictions
    left_out = tables.left_out if tables else {}
    gated = judge_gates(judged.metrics, rules, not_numbers, judged.slices, anchored, tables=declared, untested=left_out)
    return msgspec.structs.replace(judged, **gated._asdict())


def _evidence(path: Path) -> EvidenceParts:
    from headway.app.evidence.merged import read_evidence  # noqa: PLC0415 - scipy, which most commands do not need

    return read_evidence(path)


def _measured(path: Path, project: str, base: Revision, head: Revision) -> SpeedRun:
    run = read_measured(path)
    require_same(run, project, base, head)
    return run


def _merged(sides: Sides, reference: RevisionReader) -> MergedTables | None:
    """What parts have found out about the changes since base or the anchor; ``None`` to read the tables."""
    if sides.evidence is None:
        return None
    from headway.app.evidence.merged import MergedTables, identify  # noqa: PLC0415 - as above

    return MergedTables(sides.evidence, identify(sides.project, (reference, sides.head), sides.judging))


def _beside_anchor(
    comparison: Comparison, sides: Sides, excluded: Mapping[str, Collection[str]]
) -> tuple[Comparison, Anchored | None]:
    """The comparison with the changes since the anchor, and what gates against it are judged by."""
    anchor = sides.open_anchor()
    if anchor is None:
        return comparison, None
    if anchor.view:
        anchor = anchor._replace(tables=_merged(sides, anchor.view))
    anchored, problems = compare_with_anchor(anchor, sides.head, comparison, sides.judging, excluded)
    found = msgspec.structs.replace(
        comparison,
        metrics=with_anchor(comparison.metrics, anchored, sides.judging),
        problems=(*comparison.problems, *problems),
        anchor=anchor.revision,
    )
    return found, anchored


def _gated(
    comparison: Comparison, sides: Sides, snapshots: tuple[Snapshot, Snapshot, Collection[tuple[str, str]]]
) -> Comparison:
    """The comparison with the gates that belong to no metric, and with what head's settings accept of all gates."""
    rules = sides.judging.gates
    gated = with_other_gates(comparison, rules, snapshots, (sides.base, sides.head))
    gated = with_speed(gated, sides.speed, sides.settings, sides.judging, gated.metrics)
    entries = Entries(base=sides.base_settings.accepted, head=sides.settings.accepted, rules=rules)
    return with_acceptances(gated, entries, sides.today)


def _unmatched(sides: Sides, comparison: Comparison) -> tuple[Problem, ...]:
    """The patterns that match nothing; one may match a metric whose file could not be read."""
    if comparison.unavailable:
        return ()
    headline = unmatched_patterns(sides.settings.headline or (), comparison.metrics, "headline")
    judging = expected_in_files(sides.base_settings.metrics, comparison.metrics)
    return *headline, *lost_patterns(judging, sides.settings.metrics, comparison.metrics)


def build_diff(request: Request) -> Report:
    """A report of the comparison alone, without charts and your own sections."""
    with open_sides(request) as sides:
        return report_of(compare_sides(sides), sides, sides.verify())


def report_of(comparison: Comparison, sides: Sides, verification: Verification | None) -> Report:
    """A report of a comparison, without charts and sections."""
    return Report(
        generator=__version__,
        project=sides.project,
        base=comparison.base,
        head=comparison.head,
        notes=comparison.notes,
        gates=comparison.gates,
        speed=comparison.speed,
        anchor=comparison.anchor,
        metrics=comparison.metrics,
        params=comparison.params,
        stages=comparison.stages,
        data=comparison.data,
        problems=comparison.problems,
        verification=verification,
        comparability=comparison.comparability,
        same_evaluation=comparison.same_evaluation,
        pairings=comparison.pairings,
        slices=comparison.slices,
        flips=comparison.flips,
        unavailable=comparison.unavailable,
        rules=comparison.rules,
        layout=tuple(SectionLayout(section=name, display=how) for name, how in sides.settings.sections.items()),
    )
