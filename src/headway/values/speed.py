"""How fast two models are: what ``headway speed`` measured of both in one job, and what that says.

Both models are run in turn, many times, by one command on one machine. The base runs twice in each round, so that its
runs can be compared with themselves: what differs there is noise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from headway.values.evidence import Probability
from headway.values.metric_format import Direction, MetricFormat

if TYPE_CHECKING:
    from collections.abc import Sequence

SPEED_SCHEMA = "headway.speed/1"
LEAST_ROUNDS = 6
"""Fewer than five rounds give head's median no 90% interval, and the orders of the runs come in threes."""
MOST_ROUNDS = 200
MOST_NUMBERS = 50
"""Numbers of one run that are compared."""
LONGEST_NAME = 200
"""Characters of a number's name."""
LARGEST = 1e100
"""Of the numbers, in either direction: arithmetic on them must not overflow."""
TIME = "seconds"
"""The name of the command's own time, if it prints no numbers."""

SpeedVerdict = Literal["improved", "worse", "no_difference", "not_judged", "cannot_tell"]
"""``improved`` and ``worse``: the adjusted p-value is at most 0.05, the 95% interval of the ratio excludes 1, and the
ratio is farther from 1 than what base differs from itself. ``no_difference``: none was detected. ``not_judged``: no
direction is declared. ``cannot_tell``: there is no ratio."""

_Number = Annotated[float, msgspec.Meta(ge=-LARGEST, le=LARGEST)]
_Runs = Annotated[tuple[_Number, ...], msgspec.Meta(min_length=LEAST_ROUNDS, max_length=MOST_ROUNDS)]


class SpeedSamples(msgspec.Struct, frozen=True, kw_only=True):
    """One number in every round that counts.

    Attributes:
        name: what the command calls it; ``seconds`` is the time of the command itself, if it prints no numbers.
        base, base_again, head: the number in each round: of the base's first run, of its second, and of the head's.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME)]
    base: _Runs
    base_again: _Runs
    head: _Runs

    def __post_init__(self) -> None:
        """Refuse runs that do not come from the same rounds."""
        if not len(self.base) == len(self.base_again) == len(self.head):
            raise ValueError(f"The runs of {self.name!r} are not equally many")


class SpeedRun(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag=SPEED_SCHEMA):
    """What ``headway speed`` measured, as its file holds it. Nothing is judged yet.

    Attributes:
        generator: the version of Headway that measured.
        project: the folder of the DVC project, relative to the git repository's root.
        base, head: the SHAs of both commits; head's is that of the checked-out commit if the workspace was measured.
        is_dirty: whether the workspace had uncommitted changes.
        model: the path of the model in the project.
        models: the SHA-256 of base's and of head's model.
        command: the command, in which ``{model}`` stands for the model's path.
        samples: the numbers.
    """

    generator: str
    project: str
    base: str
    head: str
    is_dirty: bool
    model: str
    models: tuple[str, str]
    command: tuple[str, ...]
    samples: Annotated[tuple[SpeedSamples, ...], msgspec.Meta(min_length=1, max_length=MOST_NUMBERS)]

    def __post_init__(self) -> None:
        """Refuse numbers that one command cannot have given."""
        _require_one_test(self.samples)


class Ratio(msgspec.Struct, frozen=True, kw_only=True):
    """A ratio of two sets of runs.

    Attributes:
        estimate: the median of all ratios of a run of the second set to one of the first (Hodges and Lehmann).
        low, high: its 95% interval.
        gate_low, gate_high: its 90% interval.
    """

    estimate: float
    low: float
    high: float
    gate_low: float
    gate_high: float


class SpeedChange(msgspec.Struct, frozen=True, kw_only=True):
    """One number of both models, and what its runs say.

    Attributes:
        samples: the runs.
        direction: which direction is better; ``None`` if the settings declare none.
        base, head: the median of all runs.
        ratio: head by base; ``None`` if a run gave a number that is not positive.
        noise: base's second runs by its first ones, likewise.
        p, p_adjusted: the p-value of the Mann-Whitney test, and the one adjusted for all numbers that have a direction
            (Holm); ``None`` without a ratio.
        verdict: what the runs say.
        format: how the settings let the number be written; absent if they declare nothing.
    """

    samples: SpeedSamples
    direction: Direction | None
    base: float
    head: float
    ratio: Ratio | None
    noise: Ratio | None
    p: Probability | None
    p_adjusted: Probability | None
    verdict: SpeedVerdict
    format: MetricFormat | UnsetType = UNSET

    @property
    def name(self) -> str:
        """What the command calls the number."""
        return self.samples.name

    @property
    def rounds(self) -> int:
        """The number of rounds that count."""
        return len(self.samples.head)


class Speed(msgspec.Struct, frozen=True, kw_only=True):
    """The speed test of a report.

    Attributes:
        model: the path of the model in the project.
        is_same_model: whether both sides have the same model, so that every difference is noise.
        command: the command, in which ``{model}`` stands for the model's path.
        changes: the numbers, in the order in which the command printed them.
    """

    model: str
    is_same_model: bool
    command: tuple[str, ...]
    changes: Annotated[tuple[SpeedChange, ...], msgspec.Meta(min_length=1, max_length=MOST_NUMBERS)]

    def __post_init__(self) -> None:
        """Refuse numbers that one command cannot have given."""
        _require_one_test([change.samples for change in self.changes])


def _require_one_test(samples: Sequence[SpeedSamples]) -> None:
    """Raise ``ValueError`` unless each number has its own name and all have the same rounds."""
    if len({each.name for each in samples}) < len(samples):
        raise ValueError("Two numbers have the same name")
    if len({len(each.head) for each in samples}) > 1:
        raise ValueError("The numbers have different rounds")
