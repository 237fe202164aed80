"""The metric of a report whose change was tested, as the simulations judge it: one metric, of which more is better."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.judge.verdicts import with_verdicts
from headway.values.comparison import Metric

if TYPE_CHECKING:
    from headway.judge.statistics.estimate import Outcome


def judge_alone(tested: Outcome, key: tuple[str, str] = ("metrics.json", "metric")) -> Metric:
    """A metric by its file and key, with its evidence and the verdict that it gets as the only one of its report."""
    found = tested.evidence
    metric = Metric(
        file=key[0],
        key=key[1],
        base=found.base,
        head=found.head,
        change=found.estimate,
        relative=None,
        direction="higher",
        status="changed",
    )
    (judged,) = with_verdicts([metric], {key: tested})
    return judged
