"""The evidence for a change of a metric, and the verdict on it."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from headway.values.count import Count

Verdict = Literal[
    "not_comparable",
    "not_judged",
    "identical",
    "cannot_tell",
    "too_few",
    "improved",
    "worse",
    "worse_within_margin",
    "equal",
    "not_worse",
    "no_difference",
]
"""What the evidence says about a metric; docs/statistics.md explains each one.

``not_comparable``: base and head are evaluated on different rows, or base is not that of a fork's pull request.
``not_judged``: no direction is declared, or the metric depends on the machine. ``identical``: both sides predict the
same for every row. ``cannot_tell``: there is no evidence, the predictions do not give the committed value, or the
interval reaches beyond the margin. ``too_few``: too few rows for the method. ``improved`` and ``worse``: the adjusted
p-value is at most 0.05 and the 95% interval excludes zero on that side. ``worse_within_margin``: worse, and the 90%
interval stays above minus the margin. ``equal``: the 90% interval lies within the margin on both sides. ``not_worse``:
its lower end lies above minus the margin. ``no_difference``: none was detected, and no margin is declared.
"""

Method = Literal[
    "mcnemar", "influence", "bootstrap", "paired_t", "jackknife", "clusters", "newcombe", "welch", "auc", "seeds"
]
"""How the interval and the p-value are computed; docs/statistics.md has a paragraph with the source of each."""

Covers = Literal["rows", "seeds"]
"""What an interval covers: another draw of the test set's rows, or another seed of the training."""

MetricFamily = Literal["headline", "metrics", "classes", "slices"]
"""The p-values that are adjusted together: of the headline, of all other metrics, of single classes, of slices."""

Probability = Annotated[float, msgspec.Meta(ge=0, le=1)]

MISMATCH = "the predictions give "
"""How the reason begins why evidence decides nothing whose predictions do not give the committed values."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about the change of one metric, in the metric's own unit and sign.

    Attributes:
        method: how the interval and the p-value are computed.
        covers: what the interval covers. An interval over rows does not cover the variation of a new training.
        base, head: the metric on the compared rows of each side.
        estimate: ``head`` minus ``base``.
        statistic: the test's statistic; ``None`` if the test has none.
        p: the two-sided p-value of no change.
        p_adjusted: the p-value, adjusted for the ``family_size`` tests of the family.
        low, high: the interval of the change at ``level``, two-sided.
        level: the level of ``low`` and ``high``.
        gate_low, gate_high: the two-sided 90% interval, which margins are judged by.
        rows: the rows compared, or the smaller side's number where rows are not paired; for seeds, the runs.
        groups: the groups that rows belong to; ``None`` if rows are independent.
        fixed, broken: the rows that only head, or only base, has right; ``None`` if the metric does not count rows.
        detectable: the smallest change that would be detected with a probability of 80%.
        rows_needed: how many such rows would decide; ``None`` if no number would, or if the verdict is decided.
        family: the p-values that are adjusted together.
        family_size: their number.
        sources: the files that the evidence is computed from, relative to the project's root.
        withheld: why the evidence decides nothing, as a clause; else empty.
        note: what the numbers leave out, as a clause; else empty.
    """

    method: Method
    covers: Covers
    base: float
    head: float
    estimate: float
    p: Probability
    low: float
    high: float
    gate_low: float
    gate_high: float
    rows: Count
    detectable: float
    statistic: float | None = None
    p_adjusted: Probability = 1.0
    level: Probability = 0.95
    groups: Count | None = None
    fixed: Count | None = None
    broken: Count | None = None
    rows_needed: Count | None = None
    family: MetricFamily = "metrics"
    family_size: Count = 1
    sources: tuple[str, ...] = ()
    withheld: str = ""
    note: str = ""

    @property
    def is_mismatch(self) -> bool:
        """Whether it decides nothing because the predictions do not give the committed values."""
        return self.withheld.startswith(MISMATCH)


class Pairing(msgspec.Struct, frozen=True, kw_only=True):
    """How the rows of a table of predictions are matched between the sides.

    Attributes:
        path: the table, relative to the project's root.
        common: the ids that both sides have.
        added, removed: the ids that only head or only base has.
        relabelled: the common ids whose actual value differs; both sides are scored on head's.
        examples: the first relabelled ids.
        overlap: common ids as a share of all ids of both sides.
        problem: why the rows cannot be matched, as a clause such as ``contains the id 'a7' twice``; else empty.
        side: the side that the problem is on, if it is on one.
    """

    path: str
    common: Count = 0
    added: Count = 0
    removed: Count = 0
    relabelled: Count = 0
    examples: tuple[str, ...] = ()
    overlap: Probability = 1.0
    problem: str = ""
    side: Literal["base", "head", ""] = ""

    @property
    def is_whole(self) -> bool:
        """Whether both sides have the same ids and actual values, so that the common rows are all rows."""
        return not (self.added or self.removed or self.relabelled)
