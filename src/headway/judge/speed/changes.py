"""Which numbers of a speed test moved by more than noise."""

from __future__ import annotations

import math
from statistics import median
from typing import TYPE_CHECKING

import msgspec

from headway.compare.metrics import format_of, rule_of
from headway.judge.movement import SIGNIFICANCE
from headway.judge.multiplicity import holm
from headway.judge.speed.ratios import p_value, ratio_of
from headway.settings import MetricRule
from headway.values.speed import TIME, Speed, SpeedChange

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from headway.values.comparison import Metric
    from headway.values.metric_format import Direction
    from headway.values.speed import Ratio, SpeedRun, SpeedSamples, SpeedVerdict

    Rules = Mapping[str, MetricRule]


def judge_speed(run: SpeedRun, shown: Rules, judging: Rules, metrics: Sequence[Metric]) -> Speed:
    """Judge what was measured of both models.

    Args:
        run: the numbers.
        shown: the rules that say how numbers are written.
        judging: the rules that judge.
        metrics: the metrics of the comparison: one with the name of a number says which file's rules apply to it.
    """
    return Speed(
        model=run.model,
        is_same_model=run.models[0] == run.models[1],
        command=run.command,
        changes=judge_samples(run.samples, shown, judging, metrics),
    )


def judge_samples(
    samples: Iterable[SpeedSamples], shown: Rules, judging: Rules, metrics: Sequence[Metric]
) -> tuple[SpeedChange, ...]:
    """The verdict on each number; the arguments are those of :func:`judge_speed`."""
    found = [_untested(each, shown, judging, metrics) for each in samples]
    tested = [change for change in found if change.direction and change.p is not None]
    adjusted = holm([change.p for change in tested if change.p is not None])
    by_name = {change.name: p for change, p in zip(tested, adjusted, strict=True)}
    return tuple(_judged(change, by_name.get(change.name, change.p)) for change in found)


def machine_rule(name: str, rules: Rules, metrics: Iterable[Metric]) -> tuple[str, MetricRule]:
    """The pattern and the rule that judge a number of the command; an empty pattern if there is none.

    A number has no file. Where a metric has its name, a pattern with this metric's file means the number as well.
    """
    files = [metric.file for metric in metrics if metric.key == name]
    for file in [*files, ""]:
        place, rule = rule_of(file, name, rules)
        if place is not None and rule.machine:
            return list(rules)[place], rule
    return "", MetricRule()


def _untested(samples: SpeedSamples, shown: Rules, judging: Rules, metrics: Sequence[Metric]) -> SpeedChange:
    """The numbers with their ratio; neither adjusted nor judged."""
    _, rule = machine_rule(samples.name, judging, metrics)
    base = (*samples.base, *samples.base_again)
    ratio, noise = ratio_of(base, samples.head), ratio_of(samples.base, samples.base_again)
    known: Direction | None = "lower" if samples.name == TIME else None
    return SpeedChange(
        samples=samples,
        direction=rule.direction or known,
        base=median(base),
        head=median(samples.head),
        ratio=ratio if noise else None,
        noise=noise,
        p=p_value(base, samples.head) if ratio and noise else None,
        p_adjusted=None,
        verdict="cannot_tell",
        format=format_of(machine_rule(samples.name, shown, metrics)[1]),
    )


def _judged(change: SpeedChange, p_adjusted: float | None) -> SpeedChange:
    return msgspec.structs.replace(change, p_adjusted=p_adjusted, verdict=_verdict(change, p_adjusted))


def _verdict(change: SpeedChange, p_adjusted: float | None) -> SpeedVerdict:
    ratio, noise = change.ratio, change.noise
    if ratio is None or noise is None or p_adjusted is None:
        return "cannot_tell"
    if change.direction is None:
        return "not_judged"
    excludes_one = ratio.low > 1 or ratio.high < 1
    if p_adjusted > SIGNIFICANCE or not excludes_one or not exceeds_noise(ratio, noise):
        return "no_difference"
    return "improved" if (ratio.estimate > 1) == (change.direction == "higher") else "worse"


def exceeds_noise(ratio: Ratio, noise: Ratio) -> bool:
    """Whether a ratio is farther from 1 than base may differ from itself, in either direction."""
    return abs(math.log(ratio.estimate)) > max(map(abs, map(math.log, (noise.low, noise.high))))


def moved(speed: Speed) -> Iterator[SpeedChange]:
    """The numbers that are better or worse."""
    return (change for change in speed.changes if change.verdict in {"improved", "worse"})
