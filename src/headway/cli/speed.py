"""The command for a fair speed test: ``headway speed``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from headway.ci.process import process_environment
from headway.cli import options
from headway.cli.progress import show_progress
from headway.values.speed import LEAST_ROUNDS, MOST_ROUNDS

if TYPE_CHECKING:
    from headway.values.speed import SpeedRun

_EXAMPLES = """
\b
Examples:
  headway speed -- python benchmark.py {model}
  headway speed --base main --model digits -- python benchmark.py {model}
  headway speed --out speed.json -- ./benchmark.sh {model}     then: headway report --speed speed.json
"""


@click.command(epilog=_EXAMPLES, context_settings={"ignore_unknown_options": False, "allow_interspersed_args": False})
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- COMMAND...")
@click.option("--base", metavar="REV", help="The revision to compare with.  [default: as in headway diff]")
@click.option("--head", metavar="REV", help="The revision to compare.  [default: the workspace]")
@click.option(
    "--model",
    metavar="NAME|PATH",
    help="The model: an artifact of dvc.yaml, or a file or folder.  [default: the only artifact of the type model]",
)
@click.option(
    "--rounds",
    type=click.IntRange(LEAST_ROUNDS, MOST_ROUNDS),
    default=9,
    show_default=True,
    metavar="N",
    help="How many rounds count. One more comes first and is dropped.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True, max=86_400),
    default=600.0,
    show_default=True,
    metavar="SECONDS",
    help="The longest that one run may take.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write what was measured to a file for `headway report --speed FILE`, relative to --project.",
)
@options.project
@options.settings_file
@options.fetch
@options.output_format
def speed(  # noqa: PLR0913 - the options above
    *,
    command: tuple[str, ...],
    model: str | None,
    rounds: int,
    timeout: float,
    out: Path | None,
    folder: Path,
    output_format: str | None,
    **revisions: Any,  # noqa: ANN401 - the options above
) -> int:
    """Measure how fast the models of base and head are, in turn in one job, and judge the difference.

    Headway fetches both models with DVC and runs COMMAND with each, without a shell. {model} in its arguments becomes
    the path of a copy of the model. If COMMAND prints a JSON object, alone or as its last line, the numbers in it are
    compared, else the time that COMMAND takes. Each round runs base, head and base again; what base differs from
    itself is noise. A model may hold code, so COMMAND's environment has no tokens and no credentials.

    The code that runs is that of the workspace for both models. Rules of `metrics` in the settings with `machine: true`
    apply to the numbers by their names, to the command's time as `seconds`: their direction, and the gates
    `max_slowdown`, `max` and `min`.

    Exit codes: 0 no gate failed; 1 a gate failed; 2 wrong usage or settings, or COMMAND fails; 3 git, DVC or the disk
    failed.
    """
    from headway.app.comparison import Request
    from headway.app.speed_run import SpeedTest, run_speed_test
    from headway.cli.compare import print_report
    from headway.remotes.environment import without_secrets
    from headway.remotes.running import exit_on_signal, signal_handler

    with show_progress("Measuring") as progress, signal_handler(exit_on_signal):
        test = SpeedTest(
            request=replace(Request(folder=folder, **revisions), progress=progress),
            model=model,
            command=command,
            rounds=rounds,
            timeout=timeout,
            environment=without_secrets(process_environment()),
        )
        if out:
            _require_writable((folder / out).parent)
        run, report = run_speed_test(test)
    try:
        if out:
            _write(run, folder / out)
    finally:
        print_report(report, output_format)
    return int(report.gates.outcome == "fail") if report.gates else 0


def _require_writable(folder: Path) -> None:
    """Fail before minutes of measuring, and not after them."""
    from headway.writing import write_files

    write_files(folder, {}, {}, set())


def _write(run: SpeedRun, path: Path) -> None:
    from headway.report.codec import encode
    from headway.writing import write_files

    write_files(path.parent, {}, {path.name: encode(run)}, set())
