"""What the report says about the anchor: one line below the headline, and the reference of each gate's rule."""

from __future__ import annotations

import msgspec
import pytest
from msgspec import UNSET, UnsetType
from samples import make_metric, make_report

from headway.judge.gates.judging import judge_gates
from headway.judge.gates.references import Anchored
from headway.numbers import MINUS
from headway.report import markdown
from headway.report.links import Links
from headway.settings import GateRule, MetricRule, Tolerance
from headway.values.comparison import Metric, SinceAnchor
from headway.values.metric_format import MetricFormat
from headway.values.revision import Revision

ANCHOR = Revision(name="v1.2.0", sha="c" * 40, chosen="named in the settings")


def metric(line: str, since: SinceAnchor | UnsetType, place: int | None = 0) -> Metric:
    found = msgspec.structs.replace(make_metric(line), headline=place, since_anchor=since)
    return msgspec.structs.replace(found, format=MetricFormat(percent=True)) if "accuracy" in line else found


ACCURACY = metric("accuracy 0.93 -> 0.926 higher", SinceAnchor(anchor=0.93, change=-0.004, low=-0.009, high=0.001))
LOSS = metric("loss 0.2 -> 0.3 lower", SinceAnchor(anchor=0.2, change=0.1, low=0.05, high=0.15), 1)
PLAIN = metric("plain 3 -> 4", SinceAnchor(anchor=1, change=3), 2)
OTHER = metric("other 3 -> 4", SinceAnchor(anchor=1, withheld="evaluation"))
NEW = metric("new 3 -> 4", UNSET)
UNNAMED = metric("unnamed 3 -> 4", SinceAnchor(anchor=1, change=3), None)

FELL = f"`accuracy` {MINUS}0.40 pt (95% interval {MINUS}0.90 to +0.10 pt)"


def said(*metrics: Metric, anchor: Revision | UnsetType = ANCHOR, links: Links | None = None) -> list[str]:
    report = make_report(anchor=anchor, metrics=metrics)
    text = markdown.render(report, links=links) if links else markdown.render(report)
    return [each for each in text.splitlines() if each.startswith("Since ")]


@pytest.mark.parametrize(
    ("metrics", "line"),
    [
        ((ACCURACY,), f"{FELL}."),
        (
            (PLAIN, LOSS, ACCURACY),
            f"{FELL}, `loss` +0.100 (+0.050 to +0.150), `plain` +3.",
        ),
        ((UNNAMED, OTHER, PLAIN, NEW), "`plain` +3."),
        ((OTHER, NEW, UNNAMED), "no metric of the headline can be compared."),
        ((ACCURACY, LOSS, PLAIN, metric("more 1 -> 2", SinceAnchor(change=1), 3)), "`plain` +3 and 1 more."),
    ],
)
def test_the_line_names_the_metrics_of_the_headline(metrics: tuple[Metric, ...], line: str) -> None:
    (found,) = said(*metrics)
    assert found.startswith("Since `v1.2.0`: ")
    assert found.endswith(line)
    assert "better" not in found
    assert "worse" not in found


def test_it_says_why_nothing_is_compared() -> None:
    unknown = msgspec.structs.replace(ANCHOR, sha=None)
    assert said(NEW, anchor=unknown) == ["Since `v1.2.0`: unknown, because it cannot be read; the notes say why."]


def test_it_is_silent_without_an_anchor_besides_base() -> None:
    base = make_report().base
    assert said(ACCURACY, anchor=UNSET) == said(ACCURACY, anchor=msgspec.structs.replace(ANCHOR, sha=base.sha)) == []


def test_it_links_the_commit() -> None:
    (found,) = said(ACCURACY, links=Links(forge="github", repository_url="https://example.com"))
    assert found.startswith(f"Since [`v1.2.0`](https://example.com/commit/{'c' * 40}): ")


def test_the_rules_of_gates_name_what_they_are_judged_against() -> None:
    gate = GateRule(margin=0.1, require_improvement=True, max_regression=Tolerance(absolute=1, relative=0.5), max=9)
    since = msgspec.structs.replace(make_metric("loss 0.25 -> 0.3 lower"), evidence=UNSET)
    anchored = Anchored(metrics={(LOSS.file, LOSS.key): since})
    rules = {"loss": MetricRule(direction="lower", gate=gate)}
    loss = msgspec.structs.replace(LOSS, since_anchor=SinceAnchor(anchor=0.25, change=0.05))
    metrics, _, gates = judge_gates([loss], rules, anchored=anchored)
    text = markdown.render(make_report(anchor=ANCHOR, metrics=metrics, gates=gates))
    for rule in (
        "not worse than {} by more than 0.1",
        "better than {}",
        "rises by at most 1 from {}",
        "rises by at most 50% of {}",
    ):
        assert rule.format("base") in text
        assert rule.format("`v1.2.0`") in text
    assert "at most 9 |" in text
    assert "change +0.05 |" in text
    assert f"change {MINUS}" not in text
