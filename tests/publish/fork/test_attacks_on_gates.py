"""What a fork can do to the gates: each row of the table in docs/gates.md, from its artifact to the check run."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from click.testing import CliRunner
from fakes.core.state import PullRequest
from fakes.github.forge import FakeGitHub
from msgspec import UNSET
from publish.forge_places import FIRST_MOMENT, make_options
from rendered import github as read_markdown
from samples import make_metric, make_report

from headway.cli import options
from headway.cli.main import cli
from headway.errors import ReportFileError
from headway.judge.statistics.proportions import PairedCounts, mcnemar, newcombe_paired
from headway.publish.fork.artifact import ARTIFACT
from headway.publish.fork.upstream import MOST_RULES
from headway.report import codec
from headway.values.comparison import Slice
from headway.values.evidence import Evidence, Pairing
from headway.values.gate import Gate, GateCheck, Gates
from headway.values.rules import Rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from headway.values.comparison import Metric
    from headway.values.report import Report

PAGE = Path(__file__).parents[3] / "docs/gates.md"
TABLE = PAGE.read_text(encoding="utf-8").split("## Gates on a report from a fork")[1].split("\nNot seen:")[0]
ROWS = [tuple(row.strip("| ").split(" | ")) for row in re.findall(r"^\| .*$", TABLE, re.MULTILINE)[1:]]
ALL_ROWS = 1000
GATE = "gate: {margin: 0.01}"
RULES = f"metrics: {{accuracy: {{direction: higher, estimator: accuracy, margin: 0.01, {GATE}}}}}"
SLICED = RULES.replace("{margin: 0.01}", "{margin: 0.01, slices: {margin: 0.5}}")
TABLES = "predictions.csv"
TODAY = datetime.fromtimestamp(FIRST_MOMENT, UTC).date()
ACCEPTED = f"accepted: [{{what: accuracy, by: ada, why: fine, until: {TODAY + timedelta(30)}}}]"


def evidence_of(fixed: int, broken: int, rows: int = ALL_ROWS) -> Evidence:
    """The evidence that Headway computes for an accuracy of 0.95 at base."""
    right = round(0.95 * rows)
    counts = PairedCounts(right - broken, fixed, broken, rows - right - fixed)
    (low, high), (gate_low, gate_high) = (newcombe_paired(counts, level) for level in (0.95, 0.9))
    return Evidence(
        method="mcnemar",
        covers="rows",
        base=right / rows,
        head=(right + fixed - broken) / rows,
        estimate=(fixed - broken) / rows,
        p=mcnemar(fixed, broken),
        low=low,
        high=high,
        gate_low=gate_low,
        gate_high=gate_high,
        rows=rows,
        fixed=fixed,
        broken=broken,
        detectable=0.01,
        sources=(TABLES,),
    )


GOOD, BAD = evidence_of(15, 10), evidence_of(10, 40)
PASSED = Gate(
    outcome="pass",
    rule="margin",
    against="base",
    low=0.0,
    high=0.1,
    on_cannot_tell="warn",
    checks=(GateCheck(rule="margin", limit=0.01, against="base", outcome="pass", low=0.0, high=0.1),),
)


def accuracy(evidence: Evidence, /, **parts: Any) -> Metric:
    metric = make_metric(f"accuracy 0.95 -> {evidence.head} higher")
    return msgspec.structs.replace(metric, **{"verdict": "no_difference", "evidence": evidence, "margin": 0.01} | parts)


@dataclass
class Attack:
    """What a fork uploads, and what is in the repository."""

    metrics: tuple[Metric, ...] = (accuracy(BAD),)
    settings: str = RULES
    default: str = RULES
    target: str = "main"
    compared_with: str = ""
    is_copied: bool = False
    parts: dict[str, Any] = field(default_factory=dict)

    def report(self, base: str, head: str) -> Report:
        made = make_report(self.metrics, pairings=(Pairing(path=TABLES, common=ALL_ROWS),))
        return msgspec.structs.replace(
            made,
            base=msgspec.structs.replace(made.base, sha=self.compared_with or base),
            head=msgspec.structs.replace(made.head, sha=head),
            **self.parts,
        )


def forged(evidence: Evidence = GOOD, verdict: str = "no_difference", **numbers: Any) -> Attack:
    """Evidence of which some numbers are changed."""
    return Attack(metrics=(accuracy(msgspec.structs.replace(evidence, **numbers), verdict=verdict),))


def of_metric(**parts: Any) -> Attack:
    return Attack(metrics=(accuracy(BAD, **parts),))


def on_slice(rows: int) -> Attack:
    part = Slice(column="site", value="north", rows=rows, metric=accuracy(GOOD))
    return Attack(metrics=(accuracy(GOOD),), default=SLICED, settings=SLICED, parts={"slices": (part,)})


in_settings = partial(RULES.replace)
TURNED = msgspec.structs.replace(accuracy(BAD), direction="lower", verdict="improved")
GATED = (accuracy(BAD, gate=PASSED, verdict="improved"),)

ATTACKS: dict[str, Callable[[], Attack]] = {
    "nothing; its gate passes": forged,
    "nothing; its gate fails": Attack,
    "invents numbers that agree with each other": lambda: forged(evidence_of(50, 1), "improved"),
    "writes that the failed gate passed": lambda: Attack(
        metrics=GATED, parts={"gates": Gates(outcome="pass", passed=1)}
    ),
    "calls a change better, although its interval includes zero": lambda: forged(verdict="improved", p_adjusted=0.001),
    "writes a small adjusted p-value beside a large p-value": lambda: forged(
        verdict="improved", p=0.4, p_adjusted=0.001, low=0.0001, gate_low=0.001
    ),
    "calls different predictions identical": lambda: forged(BAD, "identical"),
    "narrows the 90% interval to one that lies elsewhere": lambda: forged(BAD, gate_low=0.02, gate_high=0.03),
    "moves both intervals away from the estimate": lambda: forged(
        BAD, low=0.01, gate_low=0.02, gate_high=0.03, high=0.04
    ),
    "writes another estimate than its values give": lambda: forged(
        BAD, estimate=0.02, low=0.01, gate_low=0.011, gate_high=0.03, high=0.04
    ),
    "takes better values for the evidence than the metric has": lambda: Attack(
        metrics=(accuracy(evidence_of(15, 10), base=0.95, head=0.7),)
    ),
    "writes more rows than the tables have": lambda: forged(evidence_of(150, 100, 10_000)),
    "writes fixed and broken rows that do not give the estimate": lambda: forged(fixed=900, broken=1),
    "writes a p-value that the interval excludes": lambda: forged(evidence_of(12, 11), p=0.0001),
    "writes numbers of 300 digits": lambda: forged(low=-1e300, high=1e300, base=1e300, head=1e300),
    "has NaN as its metric": lambda: of_metric(head="NaN", change=None),
    "writes that the test rows differ": lambda: of_metric(withheld="evaluation"),
    "deletes the evidence": lambda: of_metric(evidence=UNSET, verdict="improved"),
    "leaves out the metric": lambda: Attack(metrics=(make_metric("loss 0.3 -> 0.2 lower"),)),
    "has the metric twice": lambda: Attack(metrics=(accuracy(GOOD), accuracy(BAD))),
    "renames the metric": lambda: of_metric(key="accuracy2"),
    "declares a wider margin in its settings": lambda: Attack(settings=in_settings(GATE, "gate: {margin: 0.5}")),
    "deletes the gate in its settings": lambda: Attack(settings=in_settings(f", {GATE}", "")),
    "deletes its settings": lambda: Attack(settings=""),
    "breaks its settings": lambda: Attack(settings="metrics: [}"),
    "loosens its settings and writes that no rule changed": lambda: Attack(
        settings=in_settings(GATE, "gate: {margin: 0.5}"), parts={"rules": Rules(source="base")}
    ),
    "turns the direction round in its settings and in the report": lambda: Attack(
        metrics=(TURNED,), settings=in_settings("higher", "lower")
    ),
    "declares so many rules that to look them up takes minutes": lambda: Attack(
        settings="metrics:\n" + "".join(f"  m{number}: {{direction: lower}}\n" for number in range(MOST_RULES + 1))
    ),
    "accepts the regression in its own settings": lambda: Attack(
        settings=f"{RULES}\naccepted: [{{metric: accuracy, who: mallory, why: fine, until: 2099-01-01}}]"
    ),
    "nothing; its gate fails, which the default branch accepts until a day": lambda: Attack(
        default=f"{RULES}\n{ACCEPTED}"
    ),
    "nothing; the default branch has an anchor": lambda: Attack(
        metrics=(accuracy(GOOD),), default=f"{RULES}\nanchor: v1"
    ),
    "nothing; the default branch's gate is against the anchor alone, and would fail against the base": lambda: Attack(
        default=RULES.replace(GATE, "gate: {margin: 0.01, against: [anchor]}") + "\nanchor: v1"
    ),
    "removes the metric from the headline": lambda: Attack(settings=f"{RULES}\nheadline: []"),
    "compares with a commit of its own": lambda: Attack(metrics=(accuracy(GOOD),), compared_with="f" * 40),
    "makes the request against a branch without gates": lambda: Attack(target="soft"),
    "makes a second request with the commit of a request that is the repository's own": lambda: Attack(is_copied=True),
    "names a project whose folder has no settings": lambda: Attack(parts={"project": "elsewhere"}),
    "names a folder outside of the repository": lambda: Attack(parts={"project": "../../user"}),
    "says that the report is about data alone": lambda: Attack(parts={"scope": "data"}),
    "invents a slice with more rows than it has": lambda: on_slice(10),
    "leaves out the slices that a gate names": lambda: Attack(metrics=(accuracy(GOOD),), default=SLICED),
    "waits until the default branch's settings are broken": lambda: Attack(default="metrics: [}"),
}


@pytest.fixture(scope="module")
def github() -> Iterator[FakeGitHub]:
    with FakeGitHub(validate=False) as forge:
        yield forge


def posted(github: FakeGitHub, number: int, attack: Attack, folder: Path) -> tuple[str, str]:
    """The comment's text and the conclusion of the check run; without a check, ``none``."""
    base = github.add_files({"headway.yaml": RULES.encode()}, "main")
    if attack.target != "main":
        base = github.add_files({"README.md": b"soft"}, attack.target)
    files = {"number": str(number).encode()}
    files |= {"headway.yaml": attack.settings.encode()} if attack.settings else {}
    head = github.add_files(files, parent=base)
    github.add_files({"headway.yaml": attack.default.encode()}, "main")
    request = PullRequest(
        number=number,
        head=f"better{number}",
        base=attack.target,
        base_sha=base,
        head_sha=head,
        head_repository="mallory/digits",
    )
    github.open_pull_request(request)
    if attack.is_copied:
        github.open_pull_request(replace(request, number=number + 1000, head="own", head_repository=""))
    run = github.add_run(number)
    github.add_artifact(run, ARTIFACT, {"report.json": codec.encode(attack.report(base, head))})
    environ = dict(github.environ(event="workflow_run", number=run.id))
    done = CliRunner().invoke(cli, ["post", str(folder), "--from-run", "--images", "none"], env=environ)
    comments, checks = github.comments(number), github.check_runs(head)
    is_refused = isinstance(done.exception, ReportFileError) or "does not post the report" in done.output
    assert bool(comments) == bool(checks) != is_refused, done.output
    text = " ".join(read_markdown(comments[0].body).text.split()) if comments else ""
    return text, str(checks[0].fields["conclusion"]) if checks else "none"


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_the_table_of_the_page(
    github: FakeGitHub, row: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(options, "ClientOptions", make_options)
    monkeypatch.chdir(tmp_path)
    attack, seen, conclusion = row
    text, found = posted(github, list(ATTACKS).index(attack) + 1, ATTACKS[attack](), tmp_path)
    assert not [words for words in re.findall('"([^"]+)"', seen) if words.replace("`", "") not in text], text
    assert found == conclusion
    assert "mallory/digits" in text or conclusion == "none"
    if "gate is judged" in seen:
        assert not re.search("gates? (passed|failed|cannot tell)", text)


def test_the_page_has_each_attack_once() -> None:
    assert sorted(row[0] for row in ROWS) == sorted(ATTACKS)
