"""``headway speed``: fetch both models, run a command with each in turn, and judge the difference."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING

import msgspec

from headway._version import __version__
from headway.app.comparison import open_sides, report_of
from headway.app.other_gates import with_acceptances
from headway.app.speed.measured import with_speed
from headway.app.speed.models import content_hash, copy_model
from headway.app.speed.runs import MODEL, Plan, measure
from headway.compare.metrics import compare_metrics
from headway.errors import SettingsError
from headway.judge.other_gates.acceptance import Entries
from headway.values.comparison import Comparison
from headway.values.speed import SpeedRun

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from headway.app.comparison import Request, Sides
    from headway.values.report import Report
    from headway.values.speed import SpeedSamples


@dataclass(frozen=True, kw_only=True)
class SpeedTest:
    """What to measure.

    Attributes:
        request: the revisions.
        model: the artifact of dvc.yaml, or the path of the model in the project; ``None`` for the only model.
        command: the command with its arguments, among them ``{model}``.
        rounds: how many rounds count; one more comes first.
        timeout: the seconds that one run may take.
        environment: the environment of the command.
        clock: tells seconds.
    """

    request: Request
    model: str | None
    command: tuple[str, ...]
    rounds: int
    timeout: float
    environment: Mapping[str, str]
    clock: Callable[[], float] = perf_counter


def run_speed_test(test: SpeedTest) -> tuple[SpeedRun, Report]:
    """Measure both models; what was measured, and a report of the speed alone.

    Raises:
        SettingsError: the command, the name of the model or the settings cannot be used.
        RepositoryError: a revision or its model cannot be read.
        WriteError: the copies of the models cannot be written.
    """
    if not any(MODEL in argument for argument in test.command):
        raise SettingsError(
            f"The command does not name {MODEL}, so it would measure the same model twice.",
            remedy=f"headway speed -- python benchmark.py {MODEL}",
        )
    with open_sides(test.request, needs_base=True) as sides, TemporaryDirectory(prefix="headway-speed-") as temporary:
        _, base = copy_model(sides.base, sides.project, test.model, Path(temporary))
        path, head = copy_model(sides.head, sides.project, test.model, Path(temporary))
        hashes = content_hash(base), content_hash(head)  # before the command can write beside a model's files
        samples = measure(_plan(test, base, head), partial(_log_round, test))
        run = _measured(sides, path, hashes, test.command, samples)
        return run, _report(sides, run)


def _plan(test: SpeedTest, base: Path, head: Path) -> Plan:
    folder = test.request.folder
    return Plan(test.command, (base, head), folder, test.environment, test.rounds, test.timeout, test.clock)


def _log_round(test: SpeedTest, number: int) -> None:
    test.request.progress.log(f"round {number} of {test.rounds}" if number else "first round, which is dropped")


def _measured(
    sides: Sides,
    path: str,
    models: tuple[str, str],
    command: tuple[str, ...],
    samples: Sequence[SpeedSamples],
) -> SpeedRun:
    base, head = sides.base.revision, sides.head.revision
    return SpeedRun(
        generator=__version__,
        project=sides.project,
        base=base.sha or "",
        head=head.sha or "",
        is_dirty=head.dirty,
        model=path,
        models=models,
        command=command,
        samples=tuple(samples),
    )


def _report(sides: Sides, run: SpeedRun) -> Report:
    """A report of the speed alone, with its gates."""
    metrics = compare_metrics(
        sides.base.snapshot(), sides.head.snapshot(), sides.settings.metrics, sides.judging.metrics
    )
    bare = Comparison(
        base=sides.base.revision,
        head=sides.head.revision,
        notes=(),
        metrics=(),
        params=(),
        stages=(),
        data=(),
        plots=(),
        problems=(),
    )
    judged = with_speed(bare, run, sides.settings, sides.judging, metrics)
    entries = Entries(base=sides.base_settings.accepted, head=sides.settings.accepted, rules=sides.judging.gates)
    accepted = with_acceptances(judged, entries, sides.today)
    alone = msgspec.structs.replace(accepted, problems=())  # an entry that names no gate may name one of the others
    return msgspec.structs.replace(report_of(alone, sides, None), scope="speed")
