"""Student's t-test of a change whose standard error is known, as evidence."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

from scipy.special import stdtr, stdtrit

from headway.judge.power import DETECTED
from headway.values.evidence import Evidence

if TYPE_CHECKING:
    from headway.values.evidence import Covers, Method

_ROUNDING = 1e-14
"""A standard error below this share of the metric is what floating-point arithmetic leaves of zero."""


def t_evidence(  # noqa: PLR0913 - an estimate, its uncertainty, and three facts about the rows
    base: float,
    head: float,
    standard_error: float,
    freedom: float,
    *,
    method: Method,
    rows: int,
    groups: int | None = None,
    covers: Covers = "rows",
) -> Evidence:
    """The evidence for ``head`` minus ``base``.

    If no row deviates from the others, the statistic does not exist. If all rows then move to one side, the p-value is
    the probability that they do so by chance (the sign test), ``2 ** -freedom``. If none moves, as where both sides
    rank every row right, the evidence is withheld.

    Args:
        base, head: the metric of each side.
        standard_error: of the difference.
        freedom: the degrees of freedom of the standard error.
        method: how the standard error was computed.
        rows: the rows compared.
        groups: the groups that they belong to, if they are not independent.
        covers: what the standard error covers.
    """
    estimate = head - base
    zero = _ROUNDING * max(abs(base), abs(head))
    if standard_error > zero:
        statistic = estimate / standard_error
        p = 2 * float(stdtr(freedom, -abs(statistic)))
    else:
        statistic, standard_error = None, 0.0
        p = 2.0**-freedom if abs(estimate) > zero else 1.0
    unit = "run" if covers == "seeds" else "row"
    half, gate_half = (float(stdtrit(freedom, share)) * standard_error for share in (0.975, 0.95))
    return Evidence(
        method=method,
        covers=covers,
        base=base,
        head=head,
        estimate=estimate,
        statistic=statistic,
        p=min(p, 1.0),
        low=estimate - half,
        high=estimate + half,
        gate_low=estimate - gate_half,
        gate_high=estimate + gate_half,
        rows=rows,
        groups=groups,
        detectable=DETECTED * standard_error,
        withheld=f"no {unit} moves it, and nothing tells how far others would" if statistic is None and p == 1 else "",
    )


def satterthwaite(base: tuple[float, float], head: tuple[float, float]) -> tuple[float, float]:
    """The standard error of a difference between independent estimates, and its degrees of freedom.

    Satterthwaite, "An approximate distribution of estimates of variance components", 1946.

    Args:
        base, head: the standard error of each side's estimate and its degrees of freedom.
    """
    variance = base[0] ** 2 + head[0] ** 2
    if not variance:
        return 0.0, min(base[1], head[1])
    shares = base[0] ** 2 / variance, head[0] ** 2 / variance
    return sqrt(variance), 1 / (shares[0] ** 2 / base[1] + shares[1] ** 2 / head[1])
