"""Whose rules judge, situation by situation: docs/settings.md has the table, and a test plays each row."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from repos import Project

from headway.app.comparison import Request, build_diff
from headway.ci.job import Job, PullRequestBase
from headway.errors import SettingsError
from headway.report import codec
from headway.report.blocks import Items, Properties, Text, text_of
from headway.report.view import view_report

if TYPE_CHECKING:
    from collections.abc import Callable

    from headway.values.report import Report

PAGE = Path(__file__).parents[2] / "docs/settings.md"
RULE = "metrics: {acc: {direction: higher, margin: 0.01}}"
LOOSER = "metrics: {acc: {direction: higher, margin: 0.05}}"
PREDICTIONS = "predictions: [{path: p.csv, id: id, overlap: %s}]"
DATA = "data: {t.csv: {labels: [%s]}}"


@dataclass(frozen=True)
class Situation:
    """Two sides with their settings, and whose rules judge.

    Attributes:
        name: the situation, as the page's table names it.
        base, head: the settings of each side; ``None`` for no file.
        source: whose rules judge.
        said: what the report says about it, or the error.
        metrics: head's metrics.
        slow: whether only ``make test-slow`` plays it.
    """

    name: str
    base: str | None
    head: str | None
    source: str
    said: str = ""
    metrics: tuple[str, ...] = ("acc",)
    slow: bool = False


TRAINING = "gates: {training: {'c.csv:val': {direction: lower, train: train, max_gap: %s}}}"
SPEED = "metrics: {p95_ms: {direction: lower, machine: true, gate: {max_slowdown: %s}}}"
GATED = "metrics: {acc: {gate: {min: %s}}}"
ALARM = "Rules loosened: "
AFTER = ". Base's rules judge this report; what head changes applies after the merge."
LOOSENED = f"{ALARM}acc: margin 0.01 → 0.05{AFTER}"
NOTE = "settings: base's rules judge; what head changes applies after the merge: "
SITUATIONS = (
    Situation("No side has settings", None, None, "none"),
    Situation("Only head has settings", None, RULE, "head", "Rules: head's, because base declares none"),
    Situation(
        "Base's settings have no rules, such as `images: none`",
        "images: none",
        RULE,
        "head",
        "Rules: head's, because base declares none",
    ),
    Situation("Both sides have the same rules", RULE, RULE, "base"),
    Situation(
        "Head changes formats, the headline, sections", RULE, f"{RULE[:-2]}, unit: pt}}}}\nheadline: [acc]", "base"
    ),
    Situation("Head raises a margin", RULE, LOOSER, "base", LOOSENED),
    Situation("Head lowers a margin", LOOSER, RULE, "base", f"{NOTE}acc: margin 0.05 → 0.01."),
    Situation(
        "Head loosens a gate",
        GATED % 0.85,
        GATED % 0.5,
        "base",
        f"{ALARM}acc: gate.min 0.85 → 0.5{AFTER}",
    ),
    Situation(
        "Head removes a gate",
        GATED % 0.85,
        "metrics: {acc: {}}",
        "base",
        f'{ALARM}acc: gate {{"min":0.85}} → none{AFTER}',
    ),
    Situation(
        "Head adds a gate",
        "metrics: {acc: {machine: true}}",
        GATED.replace("{gate", "{machine: true, gate") % 0.95,
        "base",
        f'{NOTE}acc: gate none → {{"min":0.95}}.',
    ),
    Situation(
        "Head reverses a direction",
        "metrics: {acc: higher}",
        "metrics: {acc: lower}",
        "base",
        f"{ALARM}acc: direction higher → lower{AFTER}",
    ),
    Situation(
        "Head removes its settings",
        "metrics: {acc: higher}",
        None,
        "base",
        f"{ALARM}acc: direction higher → none{AFTER}",
    ),
    Situation(
        "Head puts a looser rule before base's",
        "metrics: {acc: higher}",
        'metrics: {"a*": {direction: higher, machine: true}, acc: higher}',
        "base",
        f"{ALARM}acc: machine false → true{AFTER}",
    ),
    Situation(
        "Head adds an estimator",
        "metrics: {acc: higher}",
        "metrics: {acc: {direction: higher, estimator: accuracy}}",
        "base",
        f'{NOTE}acc: estimator none → {{"name":"accuracy"}}.',
    ),
    Situation(
        "Head adds a rule for a metric that base's rules do not name",
        RULE,
        f"{RULE[:-1]}, f1: higher}}",
        "both",
        "Rules: base's, and head's for f1",
        ("acc", "f1"),
    ),
    Situation(
        "Head renames a metric and its rule",
        RULE,
        "metrics: {acc_1: {direction: higher, margin: 0.5}}",
        "both",
        "Rules: base's, and head's for acc_1 / settings: metrics (base): no metric of head matches 'acc', so this rule"
        " judges nothing. To do: if the metric is now 'acc_1', declare a rule for that name.",
        ("acc_1",),
    ),
    Situation(
        "A rule of head matches no metric",
        None,
        f"{RULE[:-1]}, ac: higher}}",
        "error",
        "line 1: metrics.ac matches no metric.",
    ),
    Situation(
        "A pattern of head with a wildcard matches no metric",
        None,
        f"{RULE[:-1]}, 'f*': higher}}",
        "head",
        "Rules: head's, because base declares none / settings: metrics: no metric matches 'f*'. To do: correct the name"
        " or remove the line.",
    ),
    Situation(
        "A pattern of head with a wildcard and a gate matches no metric",
        None,
        "metrics: {'f*': {gate: {min: 0.5}}}",
        "error",
        "line 1: metrics.f* matches no metric.",
    ),
    Situation(
        "Head drops a metric and keeps its rule",
        RULE,
        RULE,
        "base",
        "settings: metrics (base): no metric of head matches 'acc', so this rule judges nothing. To do: remove the rule"
        " if the metric is gone.",
        ("f1",),
    ),
    Situation(
        "Head adds a table of predictions for a metric that base's rules name",
        RULE,
        f"{RULE}\npredictions: [{{path: p.csv, id: id}}]",
        "base",
        f'{NOTE}p.csv: none → {{"path":"p.csv","id":"id"}}.',
    ),
    Situation(
        "Head lowers the overlap of predictions",
        PREDICTIONS % 0.8,
        PREDICTIONS % 0.1,
        "base",
        f"{ALARM}p.csv: overlap 0.8 → 0.1{AFTER}",
    ),
    Situation(
        "Head declares that every change is comparable",
        "evaluation: [t.csv]",
        "evaluation: []",
        "base",
        f'{ALARM}evaluation: ["t.csv"] → []{AFTER}',
    ),
    Situation(
        "Head allows another class",
        DATA % "1, 2",
        DATA % "1, 2, 3",
        "base",
        f"{ALARM}t.csv: labels [1,2] → [1,2,3]{AFTER}",
    ),
    Situation(
        "Head no longer asks for an approval",
        "gates: {data: {t.csv: approval}}",
        "gates: {}",
        "base",
        f"{ALARM}t.csv: approval → none{AFTER}",
    ),
    Situation(
        "Head allows a larger gap in training",
        TRAINING % 0.1,
        TRAINING % 0.5,
        "base",
        f"{ALARM}c.csv:val: max_gap 0.1 → 0.5{AFTER}",
    ),
    Situation(
        "Head asks for more approvals",
        "gates: {data: {t.csv: approval}}",
        "gates: {data: {t.csv: approval}, params: {seed: approval}}",
        "both",
        "Rules: base's, and head's for seed",
    ),
    Situation(
        "Head accepts that a gate fails",
        GATED % 0.85,
        f"{GATED % 0.85}\naccepted: [{{what: acc, by: Ada, why: relabeled, until: 2025-06-30}}]",
        "base",
        "Accepted by Ada until 2025-06-30: acc, because “relabeled”. Head adds this entry.",
    ),
    Situation(
        "Head removes a rule for data", DATA % "1, 2", "data: {}", "base", f"{ALARM}t.csv: labels [1,2] → []{AFTER}"
    ),
    Situation(
        "Head removes the rule of a speed test",
        SPEED % 0.1,
        "headline: [acc]",
        "base",
        f'{ALARM}p95_ms: direction lower → none; p95_ms: gate {{"max_slowdown":0.1}} → none{AFTER}'
        f" / {NOTE}p95_ms: machine true → false.",
    ),
    Situation(
        "Head puts a looser rule before that of a speed test",
        SPEED % 0.1,
        SPEED.replace("p95_ms", "'*_ms'") % 0.5,
        "base",
        f"{ALARM}p95_ms: gate.max_slowdown 0.1 → 0.5{AFTER}",
    ),
    Situation("Head names an anchor", RULE, f"{RULE}\nanchor: main", "base", f"{NOTE}anchor: none → main."),
    Situation(
        "Head moves the anchor",
        f"{RULE}\nanchor: HEAD^",
        f"{RULE}\nanchor: HEAD~2",
        "base",
        f"{ALARM}anchor: HEAD^ → HEAD~2{AFTER}",
    ),
    Situation(
        "Head lets a gate be judged against base alone",
        GATED.replace("{min", "{against: [base, anchor], min") % 0.5 + "\nanchor: HEAD~1",
        GATED.replace("{min", "{against: [base], min") % 0.5 + "\nanchor: HEAD~1",
        "base",
        f'{ALARM}acc: gate.against ["base","anchor"] → ["base"]{AFTER}',
    ),
    Situation(
        "Base's settings are invalid",
        "metrics: {acc: {way: higher}}",
        RULE,
        "head",
        "Rules: head's, because base's settings cannot be used: headway.yaml (base), line 1: metrics.acc.way is not"
        " valid. Unknown key 'way'; allowed: direction, machine, estimator, margin, rows, predictions, gate, unit,"
        " format",
    ),
    Situation(
        "Head's settings are invalid",
        RULE,
        "metrics: {acc: {way: higher}}",
        "error",
        "line 1: metrics.acc.way is not valid.",
    ),
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("situations")).dvc_yaml({"metrics": ["m.json"]})
    return project.write("c.csv", "epoch,val,train\n1,0.5,0.5\n")


def side(project: Project, settings: str | None, value: float, *metrics: str) -> str:
    (project.root / "headway.yaml").unlink(missing_ok=True)
    project.json("m.json", dict.fromkeys(metrics or ("acc",), value))
    return (project.write("headway.yaml", settings) if settings is not None else project).commit()


def compared(project: Project, base: str | None, head: str | None, **more: object) -> Report:
    request = {"settings": None, "job": Job(), **more}
    return build_diff(Request(folder=project.root, base=base, head=head, **request))  # type: ignore[arg-type]


def said(report: Report) -> str:
    """What a report says about rules: in its opening, and in its notes."""
    view = view_report(report)
    lines = [text_of(block.content) for block in view.opening if isinstance(block, Text)]
    rows = [entry for block in view.opening if isinstance(block, Properties) for entry in block.entries]
    lines += [f"{term}: {text_of(value)}" for term, value in rows if term == "Rules"]
    blocks = [block for section in view.sections for block in section.blocks if isinstance(block, Items)]
    lines += [text_of(entry) for block in blocks for entry in block.entries]
    return " / ".join(each for each in dict.fromkeys(lines) if each.startswith(("Rules", "Accepted", "settings")))


@pytest.mark.parametrize(
    "situation",
    [pytest.param(each, marks=[pytest.mark.slow] * each.slow, id=each.name) for each in SITUATIONS],
)
def test_whose_rules_judge(situation: Situation, shared: Project) -> None:
    base = side(shared, situation.base, 0.9)
    head = side(shared, situation.head, 0.8, *situation.metrics)
    if situation.source == "error":
        with pytest.raises(SettingsError, match=re.escape(situation.said)):
            compared(shared, base, head)
        return
    report = compared(shared, base, head)
    assert outcome(report) == (situation.source, situation.said)


def outcome(report: Report) -> tuple[str, str]:
    return report.rules.source if report.rules else "none", said(report)


def of_the_workspace(project: Project, _: Path) -> Report:
    base = side(project, RULE, 0.9)
    return compared(project.write("headway.yaml", LOOSER), base, None)


def of_a_named_file(project: Project, _: Path) -> Report:
    project.write("gates.yaml", RULE)
    base = side(project, None, 0.9)
    project.write("gates.yaml", LOOSER)
    return compared(project, base, side(project, None, 0.8), settings="gates.yaml")


def of_a_named_file_that_is_new(project: Project, _: Path) -> Report:
    base = side(project, RULE, 0.9)
    project.write("trial.yaml", LOOSER)
    return compared(project, base, side(project, RULE, 0.8), settings="trial.yaml")


def of_a_clone_that_lacks_base(project: Project, tmp_path: Path) -> Report:
    side(project, RULE, 0.9)
    side(project, LOOSER, 0.8)
    clone = project.clone(tmp_path / "clone", "--depth", "1", "--no-single-branch")
    job = Job(base=PullRequestBase(commit=project.git("rev-parse", "HEAD~1")))
    return compared(clone, None, None, job=job, fetch=False)


def of_the_first_commit(_: Project, tmp_path: Path) -> Report:
    project = Project(tmp_path / "first").dvc_yaml({"metrics": ["m.json"]})
    side(project, RULE, 0.9)
    return compared(project, None, None)


def of_a_new_project(project: Project, tmp_path: Path) -> Report:
    project = Project(tmp_path / "mono").write("headway.yaml", RULE)
    base = project.commit()
    new = Project(project.git_root, subdir="new", git=False).dvc_init().dvc_yaml({"metrics": ["m.json"]})
    return compared(new, base, side(new, LOOSER, 0.8))


def of_a_request_that_names_its_base(project: Project, _: Path) -> Report:
    base = side(project, RULE, 0.9)
    other = side(project, LOOSER, 0.9)
    side(project, f"base: {other}\n{LOOSER}", 0.8)
    report = compared(project, None, None, job=Job(base=PullRequestBase(commit=base)))
    assert report.base.sha == base
    assert "base" not in {change.section for change in report.rules.changes}  # type: ignore[union-attr]  # it has rules
    return report


def of_head_that_names_its_base(_: Project, tmp_path: Path) -> Report:
    """A branch without a pull request; the base that its settings name has none of these rules."""
    project = Project(tmp_path / "named").dvc_yaml({"metrics": ["m.json"]})
    other = side(project, "headline: [acc]", 0.9)
    side(project, RULE, 0.9)
    side(project.branch("change"), f"base: {other}\n{RULE}", 0.8)
    report = compared(project, None, None)
    assert (report.base.sha, report.base.chosen) == (other, "named in the settings")
    return named_as(report, other, "a-tag")


def of_a_base_that_the_default_branch_names(_: Project, tmp_path: Path) -> Report:
    """An old tag does not name itself, so base's own settings say nothing about what is usual."""
    project = Project(tmp_path / "named").dvc_yaml({"metrics": ["m.json"]})
    other = side(project, RULE, 0.9)
    side(project, f"base: {other}\n{RULE}", 0.9)
    side(project.branch("change"), f"base: {other}\n{RULE}", 0.8)
    report = compared(project, None, None)
    assert report.base.sha == other
    return report


def named_as(report: Report, commit: str, name: str) -> Report:
    """The report with a name in place of a commit that differs from run to run."""
    return codec.decode(codec.encode(report).replace(f'"head": "{commit}"'.encode(), f'"head": "{name}"'.encode()))


NO_RULES = "Rules: head's, because base declares none"
PLAYED = (
    (Situation("Head is the workspace", RULE, LOOSER, "base", LOOSENED), of_the_workspace),
    (Situation("`--settings FILE`, on both sides", RULE, LOOSER, "base", LOOSENED), of_a_named_file),
    (Situation("`--settings FILE`, on head alone", None, LOOSER, "head", NO_RULES), of_a_named_file_that_is_new),
    (
        Situation("The clone lacks base", RULE, LOOSER, "head", "Rules: head's, because base is unavailable"),
        of_a_clone_that_lacks_base,
    ),
    (Situation("Head is the first commit", None, RULE, "head", NO_RULES), of_the_first_commit),
    (Situation("The project is new", None, LOOSER, "head", NO_RULES), of_a_new_project),
    (
        Situation(
            "Without a pull request, head's settings name another base than main's",
            RULE,
            RULE,
            "head",
            f"{ALARM}base: none → a-tag. It applies already, because neither CI nor the command line names a base."
            f" / {NO_RULES}",
        ),
        of_head_that_names_its_base,
    ),
    (
        Situation("Without a pull request, head's settings name the base that main's name", RULE, RULE, "base"),
        of_a_base_that_the_default_branch_names,
    ),
    (
        Situation("Head's settings name another base than the pull request", RULE, LOOSER, "base", LOOSENED),
        of_a_request_that_names_its_base,
    ),
)


@pytest.mark.parametrize(("situation", "play"), [pytest.param(*each, id=each[0].name) for each in PLAYED])
def test_whose_rules_judge_other_sides(
    situation: Situation, play: Callable[[Project, Path], Report], shared: Project, tmp_path: Path
) -> None:
    assert outcome(play(shared, tmp_path)) == (situation.source, situation.said)


def row(situation: Situation) -> str:
    source = {"none": "no side", "error": ""}.get(situation.source, situation.source)
    shown = situation.said.replace(AFTER, "").replace(NOTE, "Note: ").replace(" / ", "; ")
    return f"| {situation.name} | {source} | {shown.replace('line 1', 'error: headway.yaml, line 1', not source)} |"


def test_the_page_shows_every_situation() -> None:
    rows = [row(situation) for situation in (*SITUATIONS, *(situation for situation, _ in PLAYED))]
    table = "\n".join(["| situation | rules of | the report says |", "|---|---|---|", *rows])
    page = PAGE.read_text(encoding="utf-8")
    if os.environ.get("HEADWAY_UPDATE_GOLDEN"):
        before, _, after = page.partition(table.splitlines()[0])
        page = "\n\n".join([f"{before}{table}", after.partition("\n\n")[2]])
        PAGE.write_text(page, encoding="utf-8")
    assert table in page


@pytest.mark.parametrize("is_named", [False, True], ids=["the usual base", "a base that head names"])
def test_no_base_counts_as_changed_if_the_usual_settings_cannot_be_used(tmp_path: Path, *, is_named: bool) -> None:
    project = Project(tmp_path / "broken").dvc_yaml({"metrics": ["m.json"]})
    tag = side(project, RULE, 0.9)
    broken = side(project, f"base: {tag}\nmetrics: {{acc: {{way: higher}}}}", 0.9)
    side(project.branch("change"), f"base: {tag if is_named else broken}\n{RULE}", 0.8)
    report = compared(project, None, None)
    assert report.base.sha == (tag if is_named else broken)
    assert report.rules
    assert not [change for change in report.rules.changes if change.section == "base"]
