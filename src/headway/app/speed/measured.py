"""What ``headway speed`` measured, read from its file and joined to a comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from headway.errors import EvidenceFileError
from headway.judge.other_gates.totals import with_others
from headway.judge.speed.changes import judge_speed
from headway.judge.speed.gates import speed_gates
from headway.values.speed import SpeedRun

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from headway.settings import Settings
    from headway.values.comparison import Comparison, Metric
    from headway.values.revision import Revision

_MOST_BYTES = 16 * 1024 * 1024
_MEASURE = "Name a file that `headway speed --out FILE` has written."
_SAME = "Measure again, and then compare: the same base, head and project, with the same changes in the workspace."


def read_measured(path: Path) -> SpeedRun:
    """Read the file of a speed test; raises ``EvidenceFileError`` if it is none."""
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise EvidenceFileError(f"{path} has more than {_MOST_BYTES:,} bytes.", remedy=_MEASURE)
        return msgspec.json.decode(content, type=SpeedRun)
    except OSError as error:
        raise EvidenceFileError(f"{path} cannot be read.", why=f"{error.strerror}.", remedy=_MEASURE) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        why = f"{str(error).removesuffix('.')}."
        raise EvidenceFileError(f"{path} is not a speed test of this version.", why=why, remedy=_MEASURE) from error


def require_same(run: SpeedRun, project: str, base: Revision, head: Revision) -> None:
    """Raise ``EvidenceFileError`` for a speed test of something else than a comparison."""
    found = {"project": run.project, "base": run.base, "head": run.head, "workspace": _state(dirty=run.is_dirty)}
    expected = {
        "project": project,
        "base": base.sha or "",
        "head": head.sha or "",
        "workspace": _state(dirty=head.dirty),
    }
    for name, one in found.items():
        if one != expected[name]:
            raise EvidenceFileError(
                "The speed test is not about this comparison.",
                why=f"Its {name} is {one or 'the root'} instead of {expected[name] or 'the root'}.",
                remedy=_SAME,
            )


def _state(*, dirty: bool) -> str:
    return "changed" if dirty else "as committed"


def with_speed(
    comparison: Comparison, run: SpeedRun | None, shown: Settings, judging: Settings, metrics: Sequence[Metric]
) -> Comparison:
    """The comparison with the speed test, if there is one, and with the gates on what depends on the machine.

    Args:
        comparison: the comparison, without gates on speed.
        run: what was measured.
        shown: head's settings.
        judging: the settings that judge.
        metrics: the metrics of both sides.
    """
    speed = judge_speed(run, shown.metrics, judging.metrics, metrics) if run else None
    gates = with_others(comparison.gates, tuple(speed_gates(speed, judging.metrics, metrics)))
    return msgspec.structs.replace(comparison, gates=gates, speed=speed or msgspec.UNSET)
