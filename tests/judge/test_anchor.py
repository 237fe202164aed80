"""The anchor in real repositories: what is compared with it, what gates make of it, and what if it cannot be had."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pytest
from git_server import actions_checkout, git_daemon
from judge.test_gates import OUTCOMES, PAGE, in_situation
from msgspec import UNSET
from repos import Project
from ruamel.yaml import YAML
from samples import make_metric

from headway.app.comparison import Request, build_diff
from headway.ci.job import Job, PullRequestBase
from headway.errors import RepositoryError
from headway.judge.gates.judging import judge_gates
from headway.judge.gates.references import Anchored
from headway.numbers import MISSING
from headway.report import markdown
from headway.settings import GateLimits, GateRule, MetricRule
from headway.values.comparison import Slice

if TYPE_CHECKING:
    from pathlib import Path

    from headway.values.comparison import Metric
    from headway.values.report import Report

ROWS = 2000
SETTINGS: dict[str, Any] = {
    "anchor": "v1",
    "metrics": {
        "accuracy": {"direction": "higher", "estimator": "accuracy", "gate": {"margin": 0.03, "min": 0.5}},
        "error": {"direction": "lower", "estimator": "error"},
        "p95": {"direction": "lower", "machine": True, "gate": {"max": 99}},
    },
    "headline": ["accuracy"],
    "predictions": [{"path": "predictions.csv", "id": "id", "actual": "actual", "predicted": "predicted"}],
}


def write(project: Project, right: int, first: int = 0, **settings: Any) -> Project:
    """A model that has some of the rows right, each model a part of those that a better one has right."""
    order = np.random.default_rng(1).permutation(ROWS)
    rows = "".join(f"r{first + row:04},1,{int(order[row] < right)}\n" for row in range(ROWS))
    accuracy = right / ROWS
    project.json("headway.yaml", {**SETTINGS, **settings}).write("predictions.csv", f"id,actual,predicted\n{rows}")
    return project.json("metrics.json", {"accuracy": accuracy, "error": 1 - accuracy, "p95": 40})


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A model that lost two points twice: v1, then base on main, and the head in the workspace of each clone."""
    project = Project(tmp_path_factory.mktemp("anchor")).dvc_yaml({"metrics": ["metrics.json"]})
    write(project, 1900).commit("released")
    project.git("tag", "--annotate", "--message", "released", "v1")
    write(project, 1860).commit("base")
    return project


@pytest.fixture
def project(template: Project, tmp_path: Path) -> Project:
    return template.copied(tmp_path / "copy")


def compared(project: Project, base: str | None = "HEAD", head: str | None = None, **more: Any) -> Report:
    return build_diff(Request(folder=project.root, base=base, head=head, settings=None, **{"job": Job(), **more}))


def accuracy(report: Report) -> Metric:
    return next(metric for metric in report.metrics if metric.key == "accuracy")


def checks(report: Report) -> list[tuple[str, str | None, str]]:
    gate = accuracy(report).gate
    assert gate
    return [(check.rule, check.against, check.outcome) for check in gate.checks]


def reason(report: Report) -> str:
    """Why nothing can be told about the anchor, in its gate's check."""
    gate = accuracy(report).gate
    assert gate
    return next(check.reason for check in gate.checks if check.against == "anchor")


def test_two_losses_within_the_margin_fail_against_the_anchor(project: Project) -> None:
    report = compared(write(project, 1820))
    assert checks(report) == [("margin", "base", "pass"), ("margin", "anchor", "fail"), ("min", None, "pass")]
    metric = accuracy(report)
    assert (metric.gate and metric.gate.against, report.gates and report.gates.outcome) == ("anchor", "fail")
    since = metric.since_anchor
    assert since
    assert (since.anchor, since.rows) == (0.95, ROWS)
    assert since.change == pytest.approx(-0.04)
    assert since.low is not None
    assert since.gate_low is not None
    assert since.low < since.gate_low < -0.04
    assert report.anchor
    assert (report.anchor.name, report.anchor.subject, report.anchor.sha) == (
        "v1",
        "released",
        project.git("rev-parse", "v1^{commit}"),
    )
    assert all(each.since_anchor is UNSET for each in report.metrics if each.key == "error")
    assert report.problems == ()


def test_without_an_anchor_nothing_is_opened(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    write(project, 1860, anchor=None).commit("no anchor")
    monkeypatch.setattr("headway.app.comparison.compare_with_anchor", None)
    report = compared(write(project, 1820, anchor=None))
    assert checks(report) == [("margin", "base", "pass"), ("min", None, "pass")]
    assert (report.anchor, accuracy(report).since_anchor) == (UNSET, UNSET)


def test_an_anchor_that_is_base_is_judged_once(project: Project) -> None:
    report = compared(write(project, 1820), base="v1")
    assert checks(report) == [("margin", "base", "fail"), ("min", None, "pass")]
    assert report.anchor
    assert (report.anchor.sha, accuracy(report).since_anchor) == (report.base.sha, UNSET)


@pytest.mark.parametrize(("against", "judged"), [(["anchor"], ["anchor"]), (["base"], ["base"])])
def test_a_gate_names_what_it_is_judged_against(project: Project, against: list[str], judged: list[str]) -> None:
    rule = {**SETTINGS["metrics"]["accuracy"], "gate": {"margin": 0.03, "max_improvement": 0.1, "against": against}}
    write(project, 1860, metrics={"accuracy": rule}).commit("against")
    found = checks(compared(write(project, 1820, metrics={"accuracy": rule})))
    assert [each for _, each, _ in found] == [*judged, "base"]


def test_an_anchor_with_some_other_rows_is_judged_on_common_ids(project: Project) -> None:
    write(project, 1860, first=200).commit("other rows")
    report = compared(write(project, 1820, first=200))
    since = accuracy(report).since_anchor
    assert since
    assert (since.rows, report.problems) == (1800, ())


def test_other_rows_are_not_comparable_and_told_once_with_what_to_do(project: Project) -> None:
    write(project, 1860, first=1500).commit("other rows")
    report = compared(write(project, 1820, first=1500))
    assert checks(report)[:2] == [("margin", "base", "pass"), ("margin", "anchor", "cannot_tell")]
    assert reason(report) == "the anchor and head are evaluated on different rows"
    since = accuracy(report).since_anchor
    assert since
    assert (since.withheld, since.change, since.low) == ("evaluation", None, None)
    (problem,) = report.problems
    assert (problem.where, problem.remedy) == (
        "settings: anchor",
        "move the anchor to a commit after the test set changed",
    )


def test_an_anchor_without_the_table_is_told_once(project: Project) -> None:
    project.checkout("v1").remove("predictions.csv").commit("no predictions")
    project.git("tag", "--force", "v1")
    report = compared(write(project.checkout("main"), 1820))
    assert reason(report) == "neither predictions nor runs show whether the change is real"
    since = accuracy(report).since_anchor
    assert since
    assert since.change == pytest.approx(-0.04)
    assert since.low is None
    (problem,) = report.problems
    assert "no metric is tested against `v1`, because its table `predictions.csv`" in problem.what


def test_an_anchor_that_base_names_and_nobody_has_costs_no_report(project: Project) -> None:
    project.git("tag", "--delete", "v1")
    report = compared(write(project, 1820))
    assert checks(report)[1] == ("margin", "anchor", "cannot_tell")
    assert reason(report) == "the anchor is unavailable: There is no revision 'v1' here"
    assert report.anchor
    assert (report.anchor.name, report.anchor.sha) == ("v1", None)
    assert [(each.where, each.remedy) for each in report.problems] == [
        ("settings: anchor", "git branch --all && git tag  # list the names that exist")
    ]


def test_an_anchor_that_a_request_misspells_is_an_error(project: Project) -> None:
    project.git("tag", "version-1.2")
    with pytest.raises(RepositoryError, match=r"There is no revision 'version-1\.3'") as caught:
        compared(write(project, 1820, anchor="version-1.3"))
    assert caught.value.why == "The settings name it as the anchor."
    assert caught.value.remedy == "Did you mean 'version-1.2'?"
    report = compared(write(project, 1820, anchor="version-1.2"))
    assert report.anchor
    assert report.rules
    assert report.anchor.name == "v1"
    assert [(each.section, each.base, each.head, each.loosened) for each in report.rules.changes] == [
        ("anchor", "v1", "version-1.2", True)
    ]


def test_the_command_line_names_another_anchor_which_must_exist(project: Project) -> None:
    project.git("tag", "v2", "HEAD~1")
    report = compared(write(project, 1820), anchor="v2")
    assert report.anchor
    assert (report.anchor.name, checks(report)[1]) == ("v2", ("margin", "anchor", "fail"))
    with pytest.raises(RepositoryError, match="There is no revision 'v3'"):
        compared(project, anchor="v3")
    project.commit("head")
    with pytest.raises(RepositoryError, match="'HEAD' is the head itself"):
        compared(project, "HEAD~1", "HEAD", anchor="HEAD")


def test_two_commits_give_the_same_bytes_as_often_as_they_are_compared(project: Project) -> None:
    write(project, 1820).commit("head")
    one, two = (compared(project, "HEAD~1", "HEAD") for _ in range(2))
    assert msgspec.json.encode(one) == msgspec.json.encode(two)
    assert "Since `v1`: `accuracy` " in (text := markdown.render(one))
    assert text == markdown.render(two)


def test_a_change_is_not_judged_by_its_own_commits(project: Project) -> None:
    base = project.git("rev-parse", "HEAD")
    project.git("tag", "--delete", "v1")
    project.git("switch", "--quiet", "--create", "v1")
    write(project, 1830).commit("first")
    assert reason(compared(project, base, "v1")) == "the anchor is unavailable: 'v1' is the head itself"
    project.git("switch", "--quiet", "--create", "more")
    write(project, 1820).commit("second")
    report = compared(project, base, "HEAD")
    assert reason(report) == "the anchor is unavailable: 'v1' is a commit that the head adds"
    assert checks(report)[:2] == [("margin", "base", "pass"), ("margin", "anchor", "cannot_tell")]
    assert [against for _, against, _ in checks(compared(project, "v1", "HEAD"))] == ["base", None]  # it is base


def test_the_remotes_tag_comes_before_a_branch_of_that_name(template: Project, tmp_path: Path) -> None:
    origin = template.clone(tmp_path / "origin")
    origin.git("switch", "--quiet", "--create", "change")
    origin.git("branch", "v1", write(origin, 1820).commit("head"))
    clone = origin.clone(tmp_path / "clone", "--no-tags")
    assert reason(compared(clone, "HEAD~1", "HEAD", fetch=False)).endswith("'v1' is the head itself")
    report = compared(clone, "HEAD~1", "HEAD", fetch=True)
    assert report.anchor
    assert report.anchor.sha == template.git("rev-parse", "v1^{commit}")
    assert checks(report)[1] == ("margin", "anchor", "fail")


@pytest.mark.parametrize("kind", ["blob:none", "depth"])
def test_a_clone_of_ci_fetches_the_anchor(kind: str, template: Project, tmp_path: Path) -> None:
    origin = template.clone(tmp_path / "origin")
    origin.git("config", "uploadpack.allowFilter", "true")
    origin.git("config", "uploadpack.allowAnySHA1InWant", "true")
    origin.git("switch", "--quiet", "--create", "change")
    sha = write(origin, 1820).commit("head")
    with git_daemon(tmp_path) as address:
        base: str | None = origin.git("rev-parse", "HEAD~1")
        job = Job()
        if kind == "depth":  # finding base completes the history, but not the names
            clone = actions_checkout(tmp_path / "clone", f"{address}/origin", sha, "refs/remotes/pull/7/merge")
            base, job = None, Job(base=PullRequestBase(branch="main"))
        else:
            origin.git("clone", "--quiet", "--filter=blob:none", f"{address}/origin", str(tmp_path / "clone"))
            clone = Project(tmp_path / "clone", git=False)
        report = compared(clone, base=base, fetch=True, job=job)
        assert checks(report)[1] == ("margin", "anchor", "fail")
    assert report.problems == ()


def test_a_clone_that_lacks_the_anchor_says_how_to_get_it(template: Project, tmp_path: Path) -> None:
    origin = template.clone(tmp_path / "origin")
    write(origin, 1820).commit("head")
    clone = origin.clone(tmp_path / "clone", "--depth=2", "--no-tags")
    report = compared(clone, base="HEAD~1", fetch=False)
    assert checks(report)[:2] == [("margin", "base", "pass"), ("margin", "anchor", "cannot_tell")]
    (problem,) = report.problems
    assert "The clone is shallow" in problem.what
    clone.paste(problem.remedy)
    assert checks(compared(clone, base="HEAD~1", fetch=False))[1] == ("margin", "anchor", "fail")


# The table of docs/gates.md

ROWS_OF_PAGE = [
    tuple(cell.strip().strip("`") for cell in row.strip("|").split(" | "))
    for row in re.findall(
        r"^\| `.*$", PAGE.read_text().partition("## Two references")[2].partition("## Slices")[0], re.MULTILINE
    )
]
WITHOUT: dict[str, Anchored | None] = {
    "the commit cannot be had": Anchored(problem="the anchor is unavailable"),
    "no anchor is named": None,
}


@pytest.mark.parametrize("row", ROWS_OF_PAGE, ids=" / ".join)
def test_the_table_of_the_page(row: tuple[str, ...]) -> None:
    gate, values, base, anchor, judged, outcome = row
    rule = msgspec.convert(YAML(typ="safe").load(f"{{{gate}}}"), GateRule)
    released, before, head = values.replace(MISSING, "-").split(", ")
    metric = in_situation(make_metric(f"accuracy {before} -> {head} higher"), base)
    key = metric.file, metric.key
    if anchor in WITHOUT:
        anchored = WITHOUT[anchor]
    elif anchor == "the anchor is base":
        anchored = Anchored(metrics={key: metric}, is_base=True)
    else:
        anchored = Anchored(metrics={key: in_situation(make_metric(f"accuracy {released} -> {head} higher"), anchor)})
    rules = {"accuracy": MetricRule(direction="higher", gate=rule)}
    found = judge_gates([metric], rules, anchored=anchored).metrics[0].gate
    assert found
    assert found.outcome == OUTCOMES[outcome]
    assert ", ".join(check.against or "head alone" for check in found.checks) == judged
    assert all(check.reason for check in found.checks if check.outcome == "cannot_tell")


def test_slices_are_judged_against_both() -> None:
    def north(interval: str) -> Slice:
        metric = in_situation(make_metric("acc 0.9 -> 0.9 higher"), interval)
        return Slice(column="site", value="north", rows=100, metric=metric)

    (each,) = [north("-0.01 to +0.01")]
    key = ((each.metric.file, "acc"), "site", "north")
    gate = GateRule(slices=GateLimits(margin=0.05))
    rules = {"acc": MetricRule(direction="higher", estimator="accuracy", gate=gate)}
    metrics = [make_metric("acc 0.9 -> 0.9 higher")]
    for anchored, outcome in (
        (Anchored(slices={key: north("-0.01 to +0.01")}), "pass"),
        (Anchored(slices={key: north("-0.15 to -0.06")}), "fail"),
        (Anchored(), "cannot_tell"),
    ):
        found = judge_gates(metrics, rules, (), [each], anchored).slices[0].metric.gate
        assert found
        assert [check.outcome for check in found.checks] == ["pass", outcome]
