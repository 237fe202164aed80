"""``headway gate`` as a job runs it: a real repository, the command line in this process, and its exit codes."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from headway.app.comparison import Request
from headway.app.gate import build_gates
from headway.cli.main import run
from headway.report.codec import encode
from headway.settings import load_settings

if TYPE_CHECKING:
    from repos import Project

    from headway.values.report import Report

RULES = """\
metrics:
  accuracy: {direction: higher, estimator: accuracy, gate: {margin: 0.1, max_improvement: 0.2}}
  loss: {direction: lower, gate: {max: 0.5}}
predictions:
  - {path: predictions.csv, id: id, actual: actual, predicted: predicted}
"""


def predictions(right: int) -> str:
    return "id,actual,predicted\n" + "".join(f"r{row},1,{int(row < right)}\n" for row in range(100))


@pytest.fixture
def project(project: Project) -> Project:
    project.dvc_yaml("metrics: [m.json]\n").write("headway.yaml", RULES)
    return project.json("m.json", {"accuracy": 0.9, "loss": 0.3}).write("predictions.csv", predictions(90))


def head(project: Project, accuracy: int, loss: object = 0.3) -> Project:
    project.commit("base")
    project.json("m.json", {"accuracy": accuracy / 100, "loss": loss}).write("predictions.csv", predictions(accuracy))
    return project


def gate(project: Project, *args: str) -> int:
    return run(["gate", *args, "-C", str(project.root)])


@pytest.mark.parametrize(
    ("values", "code", "said"),
    [
        ((90, 0.3), 0, "Gates: 2 passed"),
        ((60, 0.3), 1, "Gates: 1 failed, 1 passed"),
        ((82, 0.3), 0, "Gates: 1 cannot tell, 1 passed"),
        ((90, 0.6), 1, "Gates: 1 failed, 1 passed"),
        ((90, None), 1, "Gates: 1 failed, 1 passed"),
    ],
)
def test_it_exits_with_1_only_if_a_gate_fails(
    project: Project, capsys: pytest.CaptureFixture[str], values: tuple[int, float | None], code: int, said: str
) -> None:
    assert gate(head(project, *values), "main") == code
    assert said in capsys.readouterr().out.splitlines()


def test_settings_without_a_gate_are_a_mistake_with_a_gate_to_paste(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.write("headway.yaml", 'metrics: {"loss": {direction: lower}}\n')
    assert gate(head(project, 80), "main") == 2
    remedy = capsys.readouterr().err.splitlines()[-1].partition("headway.yaml: ")[2]
    pasted = load_settings({"headway.yaml": f"metrics:\n  {remedy}\n".encode()}.get, "workspace")
    assert pasted.metrics["loss"].gate
    assert pasted.metrics["loss"].direction == "lower"


def test_the_first_gate_judges_after_the_merge(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.write("headway.yaml", "metrics: {loss: {direction: lower}}\n")
    head(project, 80).write("headway.yaml", "metrics: {loss: {direction: lower, gate: {max: 0.1}}}\n")
    assert gate(project, "main") == 0
    said = capsys.readouterr().out.splitlines()
    assert said[-1] == "The gates of head judge after the merge: base's settings declare none."


@pytest.mark.parametrize(
    ("base", "said"),
    [
        (None, "Rules: head's, because base declares none"),
        ("metrics: {loss: {way: lower}}", "Rules: head's, because base's settings cannot be used"),
    ],
)
def test_whose_rules_judge_comes_first(
    project: Project, capsys: pytest.CaptureFixture[str], base: str | None, said: str
) -> None:
    (project.root / "headway.yaml").unlink() if base is None else project.write("headway.yaml", base)
    head(project, 90).write("headway.yaml", RULES)
    assert gate(project, "main") == 0
    assert " ".join(capsys.readouterr().out.split()).startswith(said)


@pytest.mark.slow
def test_a_clone_without_the_base_is_an_error(project: Project, tmp_path_factory: pytest.TempPathFactory) -> None:
    project.commit("base")
    project.branch("feature").json("m.json", {"accuracy": 0.1, "loss": 0.3}).commit("head")
    shallow = project.clone(tmp_path_factory.mktemp("clone") / "c", "--depth", "1", "--branch", "feature")
    assert gate(shallow, "--no-fetch") == 3


@pytest.mark.parametrize(
    ("curve", "accepted", "expected"),
    [
        ("val\n0.5\n0.3\n0.4\n", "", (0, "1 passed")),
        ("val\n0.5\n0.4\n0.3\n", "", (1, "best in row 3 of 3")),
        ("val\n0.5\n0.4\n0.3\n", "'curve.csv:val'", (0, "Accepted by Ada until 2025-06-30: curve.csv:val")),
        ("val\n0.5\n0.4\n0.3\n", "'curve.csv:vall'", (1, "did you mean 'curve.csv:val'?")),
        ("loss\n0.5\n", "", (0, "no column 'val'")),
    ],
)
def test_a_curve_of_head_is_judged_unless_its_failure_is_accepted(
    project: Project, capsys: pytest.CaptureFixture[str], curve: str, accepted: str, expected: tuple[int, str]
) -> None:
    """The commits are of 2025-01-01, so that entries of that time are in force."""
    rules = "gates: {training: {'curve.csv:val': {direction: lower, best_before_last: true}}}\n"
    project.write("headway.yaml", rules).write("curve.csv", "val\n0.5\n0.3\n0.4\n").commit("base")
    entry = f"accepted: [{{what: {accepted}, by: Ada, why: short, until: 2025-06-30}}]\n" if accepted else ""
    project.write("headway.yaml", rules + entry).write("curve.csv", curve).commit("head")
    code, said = expected
    assert gate(project, "main~1", "main") == code
    assert said in " ".join(capsys.readouterr().out.split())


def test_loosened_rules_come_first(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    head(project, 60).write("headway.yaml", RULES.replace("margin: 0.1", "margin: 0.5"))
    assert gate(project, "main") == 1
    assert capsys.readouterr().out.startswith("Rules loosened: accuracy: gate.margin 0.1 → 0.5")


def tracked(md5: str) -> str:
    return f"outs:\n- md5: {md5 * 32}\n  size: 9\n  path: t.csv\n"


@pytest.mark.parametrize(
    ("head", "accepted", "expected"),
    [
        ({}, "", (0, "2 passed")),
        ({"t.csv.dvc": tracked("b")}, "", (1, "t.csv ✗ failed: it changed")),
        ({"t.csv.dvc": tracked("b")}, "t.csv", (0, "failed, but accepted by Ada until 2025-06-30: it changed")),
        (
            {"params.yaml": "seed: 2\n"},
            "",
            (1, "✗ failed: it changed changes only with an approval 1 → 2"),
        ),
        ({"params.yaml": "seed: 2\n"}, "t.csv", (1, "because “short”. Head adds this entry. No gate needs it now.")),
        ({"params.yaml": "seed: [\n"}, "", (0, "whether it changed is unknown")),
    ],
)
def test_data_and_parameters_change_only_with_an_approval(
    project: Project,
    capsys: pytest.CaptureFixture[str],
    head: dict[str, str],
    accepted: str,
    expected: tuple[int, str],
) -> None:
    rules = "gates: {data: {t.csv: approval}, params: {seed: approval}}\n"
    project.write("headway.yaml", rules).write("t.csv.dvc", tracked("a")).write("params.yaml", "seed: 1\n").commit(
        "base"
    )
    entry = f"accepted: [{{what: {accepted}, by: Ada, why: short, until: 2025-06-30}}]\n" if accepted else ""
    project.write("headway.yaml", rules + entry)
    for path, content in head.items():
        project.write(path, content)
    project.write("notes.txt", "head").commit("head")
    code, said = expected
    assert gate(project, "main~1", "main") == code
    assert said in " ".join(capsys.readouterr().out.split())


def test_the_same_commits_give_the_same_gates_on_any_day(project: Project) -> None:
    rules = "gates: {params: {seed: approval}}\naccepted: [{what: seed, by: Ada, why: short, until: 2025-01-01}]\n"
    project.write("headway.yaml", rules).write("params.yaml", "seed: 1\n").commit("base")
    project.write("params.yaml", "seed: 2\n").commit("head")
    names = {"folder": project.root, "base": "main~1", "settings": None}

    def found(head: str | None, day: date) -> Report:
        return build_gates(Request(head=head, today=day, **names))  # type: ignore[arg-type]  # of its fields

    first, later = (found("main", day) for day in (date(2025, 1, 1), date(2030, 1, 1)))
    assert encode(first) == encode(later)
    assert first.gates
    assert (first.gates.outcome, first.gates.day) == ("pass", "2025-01-01")
    project.write("params.yaml", "seed: 3\n")
    uncommitted = found(None, date(2025, 1, 2)).gates
    assert uncommitted
    assert (uncommitted.outcome, uncommitted.day) == ("fail", "2025-01-02")
