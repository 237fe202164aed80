"""Gates on data, parameters and training, and accepted failures: the tables of docs/gates.md are played row by row."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from repos import Project
from ruamel.yaml import YAML
from samples import evidence_of, make_metric

from headway.app.comparison import Request, build_diff
from headway.ci.job import Job
from headway.judge.gates.judging import judge_gates
from headway.judge.other_gates.acceptance import Entries, accept, gate_names, judging_day, without_effect
from headway.judge.other_gates.approvals import data_states, judge_approvals, param_states
from headway.judge.other_gates.totals import with_others
from headway.judge.other_gates.training import judge_training
from headway.numbers import MISSING
from headway.settings import AcceptedRule, GateLimits, GateRule, MetricRule, OtherGates, TrainingRule
from headway.values.comparison import Slice
from headway.values.gate import Gates
from headway.values.revision import Revision
from headway.values.snapshot import Out, Snapshot, Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.judge.other_gates.training import Cells

PAGE = (Path(__file__).parents[2] / "docs/gates.md").read_text()
TODAY = date(2026, 11, 29)
RULES = OtherGates(data={"data/*": "approval"}, params={"train.*": "approval"})
COMMIT = Revision(name="main", sha="a" * 40, chosen="", committed="2026-11-29T12:00:00+00:00")
OLD = Snapshot(
    revision=COMMIT,
    data={"data/a.csv": Out(hash="md5:1"), "data/b.csv": Out(hash="md5:1"), "other/a.csv": Out(hash="md5:1")},
    params={"params.yaml": {"train.seed": 1, "train.epochs": 9, "split.share": 0.2}},
)


def rows_of(heading: str) -> list[list[str]]:
    """The rows of the table under a heading, without its own."""
    section = re.split(r"^##", PAGE.split(f"### {heading}\n")[1], maxsplit=1, flags=re.MULTILINE)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line[1:-1].split("|")] for line in lines]


def with_out(side: Snapshot, path: str, hash_: str | None) -> Snapshot:
    others = {name: out for name, out in side.data.items() if name != path}
    return msgspec.structs.replace(side, data=others if hash_ is None else {**others, path: Out(hash=hash_)})


def with_param(side: Snapshot, key: str, value: object) -> Snapshot:
    values = {name: old for name, old in side.params["params.yaml"].items() if name != key}
    values |= {} if value is None else {key: value}
    return msgspec.structs.replace(side, params={"params.yaml": values})


def sides(words: str) -> tuple[Snapshot, Snapshot]:
    """Base and head after a change that the page describes."""
    change, _, more = words.partition(", ")
    base = with_out(OLD, "data/a.csv", "md5-dos2unix:1") if "DVC 2" in more else OLD
    lost = {"incomplete": True} if "pipeline" in more else {"unreadable": frozenset(["params.yaml"])} if more else {}
    head = msgspec.structs.replace(OLD, **({} if "DVC 2" in more else lost))
    if change == "all data is gone on both sides":
        return tuple(msgspec.structs.replace(OLD, data={"other/a.csv": Out(hash="md5:1")}) for _ in "12")  # type: ignore[return-value]  # two
    name, _, what = change.replace("`", "").partition(" ")
    is_data = "/" in name
    edit = with_out if is_data else with_param
    new = "md5:2" if is_data else 2
    if what == "added":
        return edit(base, name, None), edit(head, name, new)  # type: ignore[arg-type]  # of its kind
    if what == "removed":
        return base, edit(head, name, None)
    return (base, edit(head, name, new)) if what else (base, head)  # type: ignore[arg-type]  # likewise


def entries_of(words: str) -> tuple[AcceptedRule, ...]:
    if words == "nothing":
        return ()
    name, _, how = words.replace("`", "").partition(", ")
    until = {"": date(2027, 3, 31), "ended": date(2026, 11, 28)}.get(how, date(2028, 3, 31))
    return (AcceptedRule(what=name, by="Ada", why="new labels", until=until),)


def judged(base: Snapshot, head: Snapshot, entries: Sequence[AcceptedRule] = (), rules: OtherGates = RULES) -> Gates:
    states = data_states(base, head, [("md5-dos2unix:1", "md5:2")]), param_states(base, head)
    others = (*judge_approvals("data", rules.data, states[0]), *judge_approvals("params", rules.params, states[1]))
    gates = with_others(Gates(outcome="pass"), others)
    assert gates
    return accept(gates, gate_names([], [], gates), Entries((), entries, rules), TODAY)


@pytest.mark.parametrize(("change", "accepted", "outcome"), rows_of("Data and parameters"))
def test_the_table_of_data_and_parameters(change: str, accepted: str, outcome: str) -> None:
    gates = judged(*sides(change), entries_of(accepted))
    found = "accepted" if gates.accepted else {"warn": "cannot tell"}.get(gates.outcome, gates.outcome)
    assert found == outcome
    assert (gates.outcome == "fail") == (outcome == "fail")


def cells(words: str) -> Cells:
    if words == "no such column":
        return "the file has no column 'x'"
    return [None if word == MISSING else word for word in words.split()]


@pytest.mark.parametrize(("gate", "validation", "train", "outcome"), rows_of("Training"))
def test_the_table_of_training(gate: str, validation: str, train: str, outcome: str) -> None:
    declared = {"direction": "lower", **YAML(typ="safe").load(f"{{{gate.strip('`')}}}")}
    rule = msgspec.convert({**declared, "train": "train" if train else ""}, TrainingRule)
    found = judge_training("c.csv:val", rule, cells(validation), cells(train))
    expected = {"cannot tell": "warn", "cannot tell, let pass": "cannot_tell"}.get(outcome, outcome)
    assert found.outcome == expected
    assert all(check.reason for check in found.checks if check.outcome == "cannot_tell")


def test_the_page_shows_every_rule_of_training() -> None:
    shown = " ".join(row[0] for row in rows_of("Training"))
    assert all(f"{rule}: " in shown for rule in ("best_before_last", "finite", "max_gap", "on_cannot_tell"))


def test_a_curve_says_which_row_and_how_large_a_gap() -> None:
    rule = TrainingRule(direction="lower", train="t", best_before_last=True, finite=True, max_gap=0.1)
    found = judge_training("c.csv:v", rule, [0.5, 0.3, "nan"], [0.4, 0.1, 0.1])
    said = [(check.rule, check.outcome, check.value, check.rows) for check in found.checks]
    assert said == [("best_before_last", "pass", 2, 3), ("finite", "fail", 3, 3), ("max_gap", "fail", 0.2, 3)]


ACCURACY = make_metric("accuracy 0.9 -> 0.8 higher")
TESTED = msgspec.structs.replace(ACCURACY, evidence=evidence_of(ACCURACY))
NORTH = Slice(column="site", value="north", rows=100, metric=TESTED)
GATE = {"accuracy": MetricRule(direction="higher", gate=GateRule(min=0.9, slices=GateLimits(min=0.9)))}


@pytest.mark.parametrize(("what", "until", "accepted"), rows_of("Accepted failures"))
def test_the_table_of_accepted_failures(what: str, until: str, accepted: str) -> None:
    metrics, slices, gates = judge_gates([ACCURACY], GATE, (), [NORTH])
    assert gates
    entry = AcceptedRule(what=what.strip("`"), by="Ada", why="new labels", until=date.fromisoformat(until))
    names = gate_names(metrics, slices, gates)
    found = accept(gates, names, Entries((), [entry], OtherGates()), TODAY)
    parts = ["the slice" if " where " in name else "all rows" for name in found.accepted]
    assert (", ".join(parts) or "nothing") == accepted
    assert len(found.accepted) + len(found.failed) == 2
    problems = list(without_effect(found, names))
    assert bool(problems) == (accepted == "nothing")
    assert metrics[0].gate
    assert metrics[0].gate.outcome == "fail"


@pytest.mark.parametrize(
    ("what", "until", "state", "remedy"),
    [
        ("data/a.csv", "2027-01-01", "in_force", ""),
        ("train.seed", "2027-01-01", "in_force", ""),
        ("data/a.csv", "2026-11-28", "ended", "agree on a new end"),
        ("data/a.csv", "2028-01-01", "too_long", "up to 2027-11-30"),
        ("dta/*", "2027-01-01", "no_gate", "did you mean 'data/*'?"),
        ("model.pt", "2020-01-01", "no_gate", "remove it"),
    ],
)
def test_an_entry_without_an_effect_says_why(what: str, until: str, state: str, remedy: str) -> None:
    entry = AcceptedRule(what=what, by="Ada", why="new labels", until=date.fromisoformat(until))
    gates = judged(OLD, OLD, [entry])
    assert gates.acceptances[0].state == state
    problems = list(without_effect(gates, gate_names([], [], gates)))
    assert [problem.remedy for problem in problems if remedy not in problem.remedy] == []
    assert len(problems) == (state != "in_force")


def test_an_entry_that_base_has_is_not_added_by_head() -> None:
    entry, other = entries_of("`data/*`") + entries_of("`train.*`")
    gates = with_others(Gates(outcome="pass"), tuple(judge_approvals("data", RULES.data, data_states(OLD, OLD, ()))))
    assert gates
    found = accept(gates, gate_names([], [], gates), Entries([entry], [entry, other], RULES), TODAY)
    assert [each.added for each in found.acceptances] == [False, True]


@pytest.mark.parametrize(
    ("base", "head", "dirty", "day"),
    [
        ("2026-01-05T00:00:00+00:00", "2026-01-09T00:00:00+00:00", False, date(2026, 1, 9)),
        ("2026-01-05T00:00:00+00:00", "2020-01-09T00:00:00+00:00", False, date(2026, 1, 5)),
        ("2026-01-05T00:00:00+00:00", "2029-01-09T00:00:00+00:00", False, TODAY),
        ("2026-01-05T00:00:00+00:00", "2026-01-09T00:00:00+00:00", True, TODAY),
        ("", "", False, TODAY),
    ],
)
def test_the_day_is_that_of_the_later_commit(base: str, head: str, *, dirty: bool, day: date) -> None:
    sides: Any = [msgspec.structs.replace(COMMIT, committed=each) for each in (base, head)]
    assert judging_day(sides[0], msgspec.structs.replace(sides[1], dirty=dirty), TODAY) == day


def reading(**deps: str) -> Snapshot:
    paths = {f"data/{name}.csv": f"md5:{hash_}" for name, hash_ in deps.items()}
    return msgspec.structs.replace(OLD, stages={"train": Stage(cmd="", deps=paths)})


@pytest.mark.parametrize(
    ("base", "head", "failed"),
    [
        (reading(in_git="1"), reading(in_git="2"), ("data/in_git.csv",)),
        (reading(a="0"), reading(a="1"), ()),
    ],
)
def test_what_stages_read_counts_unless_dvc_tracks_it(base: Snapshot, head: Snapshot, failed: tuple[str, ...]) -> None:
    """A file that git tracks has a hash in dvc.lock alone; of tracked data, dvc.lock may be stale."""
    assert judged(base, head).failed == failed


@pytest.mark.parametrize("dep", ["data/test.csv", "data"])
def test_a_file_of_git_counts_as_git_has_it(dep: str, tmp_path: Path) -> None:
    """Here dvc.lock is the same on both sides, so only git shows the change."""
    project = Project(tmp_path / "project").dvc_yaml({"stages": {"test": {"cmd": "test", "deps": [dep]}}})
    lock = {"schema": "2.0", "stages": {"test": {"cmd": "test", "deps": [{"path": dep, "md5": "1" * 32}]}}}
    project.json("dvc.lock", lock).write("data/test.csv", "a,1\n").write(".gitignore", "*.tmp\n")
    project.write("data/kept.tmp", "").git("add", "--force", "data/kept.tmp")
    project.json("headway.yaml", {"gates": {"data": {dep: "approval"}}}).commit("base")

    def outcome(head: str | None = None) -> str:
        gates = build_diff(Request(folder=project.root, base="main", head=head, settings=None, job=Job())).gates
        assert gates
        return gates.outcome

    assert outcome(project.branch("change").write("notes.md", "").commit()) == "pass"
    project.write("data/left.tmp", "")
    assert outcome() == "pass"
    project.write("data/test.csv", "a,2\n")
    assert outcome() == "fail"
    assert outcome(project.commit()) == "fail"
    assert outcome(project.remove("data/test.csv").commit()) == "fail"


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("data", ""),
        ("data/", ""),
        ("./data/a.csv", ""),
        ("dat/a.csv", "did you mean `data/a.csv`?"),
        ("x", "matches it"),
    ],
)
def test_a_folder_means_what_is_below_it_and_an_unknown_path_cannot_tell(pattern: str, reason: str) -> None:
    gates = judged(OLD, OLD, (), OtherGates(data={pattern: "approval"}))
    (gate,) = gates.others
    assert reason in gate.checks[0].reason
    assert gates.outcome == ("warn" if reason else "pass")
