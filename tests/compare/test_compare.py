"""The compare station on hand-made snapshots: no repository, no files."""

from __future__ import annotations

import datetime as dt
import json
import math
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from headway.compare import compare_snapshots
from headway.compare.arithmetic import difference, share
from headway.compare.folders import compare_folder, differing_files
from headway.compare.metrics import rule_of
from headway.settings import FormatRule, MetricRule
from headway.values.comparison import Cause, Comparison, Metric
from headway.values.metric_format import MetricFormat
from headway.values.revision import Revision
from headway.values.snapshot import Out, PlotDefinition, Snapshot, Stage
from headway.values.typed import ABSENT, TypedPlace, Word, json_sides, same, sides_of

if TYPE_CHECKING:
    from collections.abc import Iterable

FILE = "metrics.json"
HIGHER, LOWER = MetricRule(direction="higher"), MetricRule(direction="lower")


def snapshot(name: str = "main", **parts: Any) -> Snapshot:
    return Snapshot(revision=Revision(name=name, sha="a" * 40 if name == "main" else "b" * 40, chosen="test"), **parts)


def metrics(**values: Any) -> Snapshot:
    return snapshot(metrics={FILE: values})


def compared(base: Snapshot, head: Snapshot, **directions: Any) -> Comparison:
    return compare_snapshots(base, head, {pattern: MetricRule(direction=way) for pattern, way in directions.items()})


def only(comparison: Comparison) -> Metric:
    (metric,) = comparison.metrics
    return metric


class TestMetrics:
    def test_a_change_is_head_minus_base_and_a_share_of_the_base(self) -> None:
        metric = only(compared(metrics(acc=0.5), metrics(acc=0.75)))
        assert (metric.status, metric.change, metric.relative) == ("changed", 0.25, 0.5)

    def test_a_change_carries_no_binary_rounding(self) -> None:
        assert only(compared(metrics(acc=0.1), metrics(acc=0.3))).change == 0.2

    def test_integers_stay_integers(self) -> None:
        change = only(compared(metrics(rows=100), metrics(rows=90))).change
        assert change == -10
        assert isinstance(change, int)

    def test_a_share_is_free_of_binary_rounding(self) -> None:
        assert share(0.025, 0.024999999999999998) == 1.0
        assert only(compared(metrics(acc=0.1), metrics(acc=0.3))).relative == 2

    @pytest.mark.parametrize(
        ("base", "head", "change"),
        [
            (2**64 - 5, 2**64 + 6, 11),
            (2**53, 2**53 + 1, 1),
            (2**53 + 1, 2.0**53, -1),
            (18446744073709551611, 1.8446744073709552e19, 5),
            (10**400, 10**400 - 3, -3),
            (0.3, 0.30000000000000004, 4e-17),
            (0.7, 0.1 + 0.2, -0.39999999999999996),
            (1e-5, 1.5e-5, 5e-6),
            (5e-324, 1e-323, 5e-324),
        ],
    )
    def test_the_change_of_numbers_of_any_size(self, base: float, head: float, change: float) -> None:
        metric = only(compared(metrics(n=base), metrics(n=head)))
        assert (metric.status, metric.change, metric.exact_change) == ("changed", change, msgspec.UNSET)

    def test_a_change_of_more_digits_than_a_float_has_is_told_in_digits(self) -> None:
        metric = only(compared(metrics(n=1), metrics(n=2**64)))
        assert (metric.change, metric.exact_change) == (float(2**64), str(2**64 - 1))
        assert (metric.base, metric.head) == (1, str(2**64))
        assert only(compared(metrics(n=1), metrics(n=10**400))).exact_change == str(10**400 - 1)

    @pytest.mark.parametrize(("base", "head"), [(10**400, 10**400 + 1), (1e300, 1e300 + 1e284), (10**400, 0.5)])
    def test_a_share_that_no_float_holds_is_none_and_never_zero(self, base: float, head: float) -> None:
        relative = only(compared(metrics(n=base), metrics(n=head))).relative
        assert relative is None or relative > 0

    def test_an_integer_equals_only_the_float_that_it_is(self) -> None:
        assert only(compared(metrics(n=2**64), metrics(n=2.0**64))).status == "unchanged"
        assert only(compared(metrics(n=2**64 - 1), metrics(n=2.0**64))).status == "changed"

    @pytest.mark.parametrize("base", [0, -1.0])
    def test_no_share_of_a_base_that_is_not_positive(self, base: float) -> None:
        assert only(compared(metrics(acc=base), metrics(acc=1.0))).relative is None

    def test_what_is_no_metric_is_said_unless_both_sides_have_it(self) -> None:
        def lost(base: dict[str, Any], head: dict[str, Any]) -> list[str]:
            sides = (snapshot(no_metrics={FILE: values} if values else {}) for values in (base, head))
            return [f"{problem.side}: {problem.what}" for problem in compared(*sides).problems]

        null = "there is null instead of a metric under"
        assert lost({"a": None, "l": [1, math.nan]}, {"a": None, "l": [1, math.nan]}) == []
        assert lost({}, {"a": None}) == [f"head: {null} 'a'"]
        assert lost({"b": None, "a": None}, {"a": None}) == [f"base: {null} 'b'"]
        assert lost({"a": None}, {"a": [1]}) == [
            f"base: {null} 'a'",
            "head: there is a list instead of a metric under 'a'",
        ]
        assert lost({}, dict.fromkeys("dcba")) == [f"head: {null} 'a', 'b', 'c' and 1 more"]
        assert len(lost({"l": [1], "d": dt.date(2025, 1, 1)}, {"l": [2], "d": dt.date(2025, 1, 2)})) == 4

    def test_a_metric_that_became_null_does_not_vanish(self) -> None:
        result = compared(metrics(acc=0.5), snapshot(metrics={FILE: {}}, no_metrics={FILE: {"acc": None}}))
        assert (only(result).base, only(result).head, only(result).status) == (0.5, None, "removed")
        assert [problem.where for problem in result.problems] == ["metrics.json (head)"]

    def test_added_and_removed(self) -> None:
        old, new = compared(metrics(old=1), metrics(new=2)).metrics[::-1]
        assert (old.status, old.base, old.head, old.change) == ("removed", 1, None, None)
        assert (new.status, new.base, new.head, new.change) == ("added", None, 2, None)

    @pytest.mark.parametrize("blind", ["base", "head"])
    def test_a_file_that_could_not_be_read_is_unavailable_never_added(self, blind: str) -> None:
        seen, unseen = metrics(acc=1), snapshot(unreadable=frozenset({FILE}))
        base, head = (unseen, seen) if blind == "base" else (seen, unseen)
        assert only(compared(base, head)).status == "unavailable"

    def test_a_rule_for_a_file_that_could_not_be_read_is_no_typing_error(self) -> None:
        seen, unseen = metrics(acc=1), snapshot(unreadable=frozenset({FILE}))
        assert compared(seen, seen, loss="lower").problems
        assert not compared(seen, unseen, loss="lower").problems

    def test_nan_equals_nan_but_is_a_problem_on_each_side(self) -> None:
        result = compared(metrics(loss=math.nan), metrics(loss=math.nan))
        metric = only(result)
        assert (metric.base, metric.head, metric.status, metric.change) == ("NaN", "NaN", "unchanged", None)
        assert [problem.where for problem in result.problems] == ["metrics.json (base)", "metrics.json (head)"]

    def test_infinities_are_words(self) -> None:
        metric = only(compared(metrics(loss=math.inf), metrics(loss=-math.inf)))
        assert (metric.base, metric.head, metric.status) == ("Infinity", "-Infinity", "changed")

    def test_a_change_beyond_what_a_float_holds_is_none(self) -> None:
        assert only(compared(metrics(x=-1.7e308), metrics(x=1.7e308))).change is None

    def test_words_and_truth_values_change_without_arithmetic(self) -> None:
        result = compared(metrics(name="svm", ok=True), metrics(name="cnn", ok=False))
        assert [(m.status, m.change) for m in result.metrics] == [("changed", None), ("changed", None)]

    @pytest.mark.parametrize(("base", "head"), [(True, 1), ("1", 1), ("true", True), ("NaN", math.nan), ("", 0)])
    def test_types_are_told_apart(self, base: Any, head: Any) -> None:
        assert only(compared(metrics(ok=base), metrics(ok=head))).status == "changed"
        assert only(compared(metrics(ok=base), metrics(ok=head))).change is None

    def test_one_is_one_with_a_point(self) -> None:
        assert only(compared(metrics(n=1), metrics(n=1.0))).status == "unchanged"

    def test_sorted_by_file_and_key_whatever_the_files_say(self) -> None:
        base = snapshot(metrics={"z.json": {"b": 1, "a": 1}, "a.json": {"c": 1}})
        keys = [(m.file, m.key) for m in compared(base, snapshot()).metrics]
        assert keys == [("a.json", "c"), ("z.json", "a"), ("z.json", "b")]


class TestDirections:
    def test_undeclared_is_unknown_even_for_a_name_like_accuracy(self) -> None:
        assert only(compared(metrics(accuracy=0.5), metrics(accuracy=0.6))).direction is None

    @pytest.mark.parametrize("pattern", ["acc", "a*", "metrics.json:acc", "metrics.json:*", "*:acc"])
    def test_patterns(self, pattern: str) -> None:
        assert rule_of(FILE, "acc", {pattern: HIGHER}) == (0, HIGHER)

    def test_another_file_is_not_meant(self) -> None:
        assert rule_of("other.json", "acc", {"metrics.json:acc": HIGHER}) == (None, MetricRule())

    def test_the_first_match_decides(self) -> None:
        assert rule_of(FILE, "acc", {"acc": HIGHER, "*": LOWER}) == (0, HIGHER)
        assert rule_of(FILE, "loss", {"acc": HIGHER, "*": LOWER}) == (1, LOWER)

    def test_a_pattern_for_nothing_is_a_problem_with_a_guess(self) -> None:
        (problem,) = compared(metrics(accuracy=1), metrics(accuracy=1), acuracy="higher").problems
        assert "acuracy" in problem.what
        assert "'accuracy'" in problem.remedy

    @pytest.mark.parametrize(
        ("declared", "form"),
        [
            (None, msgspec.UNSET),
            ("percent", MetricFormat(percent=True)),
            (FormatRule(unit="ms"), MetricFormat(unit="ms")),
        ],
    )
    def test_the_declared_format_is_the_metrics_own(self, declared: Any, form: Any) -> None:
        rules = {"acc": MetricRule(format=declared)}
        assert only(compare_snapshots(metrics(acc=0.5), metrics(acc=0.6), rules)).format == form

    def test_without_any_metric_the_patterns_are_not_blamed(self) -> None:
        assert compared(snapshot(), snapshot(), accuracy="higher").problems == ()


class TestParams:
    def test_only_the_changed_ones(self) -> None:
        base = snapshot(params={"params.yaml": {"lr": 0.1, "layers": [16, 32], "seed": None}})
        head = snapshot(params={"params.yaml": {"lr": 0.1, "layers": [16, 64], "seed": 7}})
        assert [(p.key, p.base, p.head) for p in compared(base, head).params] == [
            ("layers", [16, 32], [16, 64]),
            ("seed", None, 7),
        ]

    def test_a_null_is_not_a_missing_parameter(self) -> None:
        base = snapshot(params={"params.yaml": {"seed": None}})
        (param,) = compared(base, snapshot(params={"params.yaml": {}})).params
        assert param.status == "removed"

    def test_an_unreadable_file_is_unavailable(self) -> None:
        head = snapshot(params={"params.yaml": {"lr": 1}})
        (param,) = compared(snapshot(unreadable=frozenset({"params.yaml"})), head).params
        assert param.status == "unavailable"


def stage(**parts: Any) -> Stage:
    return Stage(**{"cmd": "python run.py", **parts})


def causes(
    base: dict[str, Stage], head: dict[str, Stage], data: dict[str, Out] | None = None
) -> dict[str, list[Cause]]:
    tracked = data or {}
    result = compared(snapshot(stages=base, data=tracked), snapshot(stages=head, data=tracked))
    return {change.name: list(change.causes) for change in result.stages}


def said(causes: Iterable[Cause]) -> list[str]:
    return [f"{c.kind} {c.what}{'' if c.change == 'changed' else f' {c.change}'}" for c in causes]


def _both_ways(one: Snapshot, other: Snapshot) -> dict[str, tuple[Snapshot, Snapshot]]:
    return {"head": (one, other), "base": (other, one)}


class TestStages:
    def test_a_parameter(self) -> None:
        base = {"train": stage(params={"params.yaml": {"lr": 0.1}})}
        head = {"train": stage(params={"params.yaml": {"lr": 0.2}})}
        assert causes(base, head) == {"train": [Cause(kind="parameter", what="params.yaml:lr", base=0.1, head=0.2)]}

    def test_a_missing_parameter_is_no_null_and_no_text(self) -> None:
        def lock(**params: Any) -> dict[str, Stage]:
            return {"train": stage(params={"params.yaml": params})}

        (gone, limit, null) = causes(lock(gone=None, limit=math.inf, null=None), lock(limit="Infinity", null="null"))[
            "train"
        ]
        assert sides_of(gone.base, gone.head, gone.types) == (None, ABSENT)
        assert sides_of(limit.base, limit.head, limit.types) == (math.inf, "Infinity")
        assert sides_of(null.base, null.head, null.types) == (None, "null")

    def test_code_data_and_upstream_are_told_apart(self) -> None:
        def pipeline(mark: str) -> dict[str, Stage]:
            return {
                "train": stage(deps={"train.py": mark, "data/raw": mark, "build/splits/train.csv": mark}),
                "prepare": stage(deps={"data": mark}, outs={"build/splits": mark}),
            }

        found = causes(pipeline("1"), pipeline("2"), {"data": Out(hash="md5:1.dir")})
        assert list(found) == ["prepare", "train"], "in pipeline order"
        assert [(c.kind, c.what) for c in found["prepare"]] == [("data", "data")]
        assert [(c.kind, c.what) for c in found["train"]] == [
            ("upstream", "prepare"),
            ("data", "data/raw"),
            ("code", "train.py"),
        ]

    def test_a_folder_that_holds_an_output_is_upstream_too(self) -> None:
        def pipeline(mark: str) -> dict[str, Stage]:
            return {"a": stage(outs={"out/x": "same"}), "b": stage(deps={"out": mark})}

        assert [(c.kind, c.what) for c in causes(pipeline("1"), pipeline("2"))["b"]] == [("upstream", "a")]

    def test_one_upstream_stage_is_named_once(self) -> None:
        def pipeline(mark: str) -> dict[str, Stage]:
            return {"a": stage(outs={"x": mark, "y": mark}), "b": stage(deps={"x": mark, "y": mark})}

        assert [c.what for c in causes(pipeline("1"), pipeline("2"))["b"]] == ["a"]

    def test_the_command(self) -> None:
        found = causes({"a": stage(cmd="old")}, {"a": stage(cmd="new")})
        assert found == {"a": [Cause(kind="command", what="cmd", base="old", head="new")]}

    def test_new_and_gone(self) -> None:
        found = causes({"old": stage(outs={"a": "1"})}, {"new": stage(outs={"b": "1"})})
        ways = {name: (cause.what, cause.change) for name, (cause,) in found.items()}
        assert ways == {"old": ("removed", "removed"), "new": ("added", "added")}

    def test_a_stage_in_dvc_yaml_alone_is_neither_new_nor_gone(self) -> None:
        one, other = snapshot(stages={"a": stage()}), snapshot(unrecorded=frozenset({"a"}))
        words = {side: compared(*sides).stages[0].causes[0].what for side, sides in _both_ways(one, other).items()}
        assert words == {"head": "left without an entry in dvc.lock", "base": "recorded for the first time"}

    def test_a_renamed_stage(self) -> None:
        old = stage(deps={"a.py": "1"}, params={"params.yaml": {"lr": 1}}, outs={"m": "1", "n": "1"})
        found = causes({"train": old}, {"sub/dvc.yaml:train@a": old})
        assert found == {"sub/dvc.yaml:train@a": [Cause(kind="stage", what="renamed from train")]}
        found = causes({"old": stage(cmd="a", deps={"x": "1"})}, {"new": stage(cmd="a", deps={"x": "1"})})
        assert found == {"new": [Cause(kind="stage", what="renamed from old")]}, "without outputs"

    def test_a_renamed_stage_that_changed_as_well(self) -> None:
        old, new = (stage(deps={"a.py": mark}, outs={"m": mark}) for mark in "12")
        assert said(causes({"old": old}, {"new": new})["new"]) == ["stage renamed from old", "code a.py"]

    def test_what_one_side_has_is_added_or_removed(self) -> None:
        old = stage(
            deps={"a.py": "1", "data": "1", "x": "1"}, params={"params.yaml": {"lr": 1}}, outs={"m": "1", "n": "1"}
        )
        new = stage(deps={"b.py": "1", "y": "1"}, params={"params.yaml": {"mom": None}}, outs={"m": "2", "o": "1"})
        others = {"a": stage(outs={"x": "1"}), "b": stage(outs={"y": "1"})}
        found = causes({"train": old, **others}, {"train": new, **others}, {"data": Out(hash="1")})
        assert said(found["train"]) == [
            "parameter params.yaml:lr removed",
            "parameter params.yaml:mom added",
            "code a.py removed",
            "code b.py added",
            "data data removed",
            "upstream x removed",
            "upstream y added",
            "output n removed",
            "output o added",
        ]

    def test_outputs_that_came_or_went_explain_no_other_output(self) -> None:
        found = causes({"a": stage(outs={"m": "1", "n": "1"})}, {"a": stage(outs={"m": "2", "o": "1"})})
        assert said(found["a"]) == ["output n removed", "output o added", "output m"]

    @pytest.mark.parametrize(
        ("base", "head", "data", "expected"),
        [
            ({"a": "x"}, {"b": "x"}, (), ["upstream b"]),
            ({}, {"b": "x"}, ("x",), ["upstream b"]),
            ({"a": "x"}, {}, ("x",), ["data x"]),
            ({"a": "x"}, {}, (), ["code x"]),
        ],
        ids=["another stage makes it", "a stage makes it now", "DVC tracks it now", "git keeps it now"],
    )
    def test_a_dependency_is_what_it_is_in_head(
        self, base: dict[str, str], head: dict[str, str], data: tuple[str, ...], expected: list[str]
    ) -> None:
        def pipeline(makers: dict[str, str], mark: str) -> dict[str, Stage]:
            made = {name: stage(cmd=name, outs={out: mark, name: "same"}) for name, out in makers.items()}
            return {**made, "t": stage(deps={"x": mark})}

        found = causes(pipeline(base, "1"), pipeline(head, "2"), {path: Out(hash="1") for path in data})
        assert said(found["t"]) == expected
        assert "t" not in causes(pipeline(base, "1"), pipeline(head, "1")), "who makes it says nothing of what it holds"

    @pytest.mark.parametrize("path", ["s3://bucket/raw.csv", "ds://dogs", "/data/raw.csv"])
    def test_what_lies_elsewhere_is_data(self, path: str) -> None:
        assert said(causes({"a": stage(deps={path: "1"})}, {"a": stage(deps={path: "2"})})["a"]) == [f"data {path}"]

    def test_two_kinds_of_hash_cannot_be_told_apart(self) -> None:
        old, new = (
            snapshot(
                stages={"a": stage(outs={"x": h, "y": h}), "b": stage(deps={"x": h, "y": h, "z": h})},
                data={"z": Out(hash=h)},
            )
            for h in ("md5-dos2unix:1", "md5:2")
        )
        result = compare_snapshots(old, new, {}, {("md5-dos2unix:1", "md5:2")})
        ((_, changed),) = [(change.name, change.causes) for change in result.stages]
        assert said(changed) == ["upstream a unknown", "data z unknown"], "and nothing is said of outputs"
        assert [change.status for change in result.data] == ["unknown"]
        assert [(problem.where, problem.remedy) for problem in result.problems] == [("z", "dvc fetch --all-commits z")]

    def test_what_is_known_of_a_stage_is_said_before_what_is_not(self) -> None:
        old = {"a": stage(outs={"x": "1", "y": "1"}), "b": stage(deps={"x": "1", "y": "3"})}
        new = {"a": stage(outs={"x": "2", "y": "2"}), "b": stage(deps={"x": "2", "y": "4"})}
        result = compare_snapshots(snapshot(stages=old), snapshot(stages=new), {}, {("1", "2")})
        assert said(result.stages[0].causes) == ["upstream a"]

    def test_outputs_that_moved_by_themselves(self) -> None:
        found = causes({"a": stage(outs={"m": "1"})}, {"a": stage(outs={"m": "2"})})
        assert found == {"a": [Cause(kind="output", what="m")]}

    def test_a_stage_that_always_runs_says_nothing(self) -> None:
        base = {"report": stage(deps={"metrics.json": "1"}, always_changed=True)}
        head = {"report": stage(deps={"metrics.json": "2"}, always_changed=True)}
        assert causes(base, head) == {}

    def test_two_revisions_laid_over_each_other_may_form_a_loop(self) -> None:
        base = {"a": stage(outs={"x": "1"}), "b": stage(deps={"x": "1"}, outs={"y": "1"})}
        head = {"a": stage(deps={"z": "2"}, outs={"x": "2"}), "b": stage(outs={"z": "2"})}
        assert list(causes({**base, "a": stage(deps={"z": "1"}, outs={"x": "1"})}, head)) == ["b", "a"]
        looped = {"a": stage(deps={"y": "1"}, outs={"x": "1"}), "b": stage(deps={"x": "1"}, outs={"y": "1"})}
        moved = {name: stage(deps=s.deps, outs=dict.fromkeys(s.outs, "2")) for name, s in looped.items()}
        assert list(causes(looped, moved)) == ["a", "b"]


class TestDataAndPlots:
    def test_only_what_differs(self) -> None:
        base = snapshot(data={"data": Out(hash="md5:1"), "gone": Out(hash="md5:2"), "same": Out(hash="md5:3")})
        head = snapshot(data={"data": Out(hash="md5:9"), "new": Out(hash="md5:4"), "same": Out(hash="md5:3")})
        changes = compared(base, head).data
        assert [(c.path, c.base is None, c.head is None) for c in changes] == [
            ("data", False, False),
            ("gone", False, True),
            ("new", True, False),
        ]

    def test_an_output_that_dvc_no_longer_keeps_is_not_gone(self) -> None:
        data, others = snapshot(data={"m": Out(hash="1")}), snapshot(others={"m": Out(hash="1")})
        assert not compared(data, others).data
        assert not compared(others, data).data
        (change,) = compared(data, snapshot(others={"m": Out(hash="2")})).data
        assert (change.base, change.head) == (Out(hash="1"), Out(hash="2"))
        assert not compared(others, snapshot(others={"m": Out(hash="2")})).data, (
            "and what neither side keeps is no data"
        )

    def test_files_of_a_folder_that_cannot_be_compared_are_left_out(self) -> None:
        assert differing_files({"a": "1", "b": "1", "c": "1"}, {"a": "", "b": "2", "d": "1"}) == {
            "b": "changed",
            "c": "removed",
            "d": "added",
        }

    def test_paths_come_in_the_order_of_their_numbers(self) -> None:
        parts = ["data/part_10", "data/part_2", "data/part_1.csv"]
        changes = compared(snapshot(), snapshot(data={part: Out(hash="md5:1") for part in parts})).data
        assert [change.path for change in changes] == ["data/part_1.csv", "data/part_2", "data/part_10"]
        listing = differing_files({}, {f"step_{number}.png": "h" for number in (10, 9, 2)})
        folder = compare_folder(changes[0], listing, lambda _: (None, 5))
        assert [file.path for file in folder.files] == ["step_2.png", "step_9.png", "step_10.png"]

    def test_plots_pair_by_id_in_heads_order(self) -> None:
        def plots(*ids: str) -> Snapshot:
            return snapshot(plots=tuple(PlotDefinition(id=i, form="table", files=(i,)) for i in ids))

        pairs = compared(plots("a", "b"), plots("c", "b")).plots
        assert [(p.id, p.base is None, p.head is None) for p in pairs] == [
            ("c", True, False),
            ("b", False, False),
            ("a", False, True),
        ]


class TestNotes:
    def test_the_same_commit_on_both_sides_is_said(self) -> None:
        assert "same commit" in compared(snapshot(), snapshot()).notes[0]

    def test_a_dirty_workspace_on_top_of_its_commit_is_said(self) -> None:
        head = Snapshot(revision=Revision(name="workspace", sha="a" * 40, chosen="test", dirty=True))
        assert "uncommitted" in compared(snapshot(), head).notes[0]

    def test_two_sides_without_a_commit_are_not_the_same_commit(self) -> None:
        nothing = Snapshot(revision=Revision(name="nothing", sha=None, chosen="test"))
        assert compared(nothing, nothing).notes == ()


numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers()


@given(numbers, numbers)
@example(2**53 + 1, float(2**53))
@example(10**400, 1.5)
def test_a_change_has_the_sign_of_the_comparison(base: float, head: float) -> None:
    change = difference(base, head)
    assert change is None or ((change > 0) - (change < 0)) == ((head > base) - (head < base))
    assert change is not None or max(abs(base), abs(head)) > 1e307


@given(st.integers(), st.integers())
def test_the_difference_of_integers_is_exact(base: int, head: int) -> None:
    assert difference(base, head) == head - base


@given(numbers)
def test_nothing_differs_from_itself(value: float) -> None:
    assert same(value, value)
    assert difference(value, value) == 0
    assert share(0.0, value) in (0.0, None)


@given(st.integers(1, 9999), st.integers(1, 9999), st.integers(-8, 8))
def test_decimals_are_subtracted_as_decimals(base: int, head: int, exponent: int) -> None:
    assert difference(float(f"{base}e{exponent}"), float(f"{head}e{exponent}")) == float(f"{head - base}e{exponent}")


leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=4)
    | st.sampled_from(["NaN", "Infinity", "-Infinity"])
)
values = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=4), inner), max_leaves=8)


@given(values, values)
def test_values_come_back_from_json_as_they_were(base: Any, head: Any) -> None:
    fields = json_sides(base, head)
    decoded = json.loads(json.dumps(fields, default=msgspec.to_builtins), parse_int=lambda digits: int(float(digits)))
    types = msgspec.convert(decoded.get("types", []), tuple[TypedPlace, ...])
    for value, found in zip((base, head), sides_of(decoded["base"], decoded["head"], types), strict=True):
        assert same(value, found)
        assert repr(value) == repr(found)


@given(st.dates() | st.times() | st.datetimes() | st.binary() | st.complex_numbers())
def test_what_json_has_no_type_for_is_no_text(value: Any) -> None:
    fields = json_sides(value, [{"a/~": value}])
    assert [one.place for one in fields["types"]] == ["/base", "/head/0/a~1~0"]
    base, ((head,),) = sides_of(**fields)[0], [one.values() for one in sides_of(**fields)[1]]
    assert base == head == Word(fields["base"])
    assert not same(base, fields["base"])
