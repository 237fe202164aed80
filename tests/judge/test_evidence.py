"""The evidence for metrics of real revisions: which rows belong to them, what these say, and what is withheld."""

from __future__ import annotations

import csv
import io
import json
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from msgspec import UNSET
from repos import Project
from sklearn import metrics as sklearn

import headway

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from headway.values.comparison import Comparison, Metric
    from headway.values.evidence import Evidence

ROWS = 400
SETTINGS: dict[str, Any] = {
    "metrics": {
        "accuracy": {"direction": "higher", "estimator": "accuracy", "margin": 0.02},
        "recall.*": {"direction": "higher", "estimator": {"name": "recall", "class": "*"}},
        "loss": {"direction": "lower", "estimator": "log_loss"},
        "percent": {"direction": "higher", "estimator": "accuracy"},
        "negative": {"direction": "higher", "estimator": "log_loss"},
        "plain": "higher",
    },
    "headline": ["accuracy", "loss"],
    "predictions": [
        {"path": "predictions.csv", "id": "id", "actual": "actual", "predicted": "predicted", "probabilities": "p_*"}
    ],
}


class Model:
    """A model that is right with a probability, the same for each row whatever other rows there are."""

    def __init__(self, right: float, ids: Sequence[int] = range(ROWS), relabelled: int = 0) -> None:
        easy = np.random.default_rng(1).random(2 * ROWS)
        self.ids = np.array(ids)
        truth = self.ids % 2
        self.actual = np.where(self.ids < relabelled, 1 - truth, truth)
        self.probability = np.round(np.clip(0.5 + (right - easy[self.ids]) / 2, 0.01, 0.99), 6)  # of the true class
        self.positive = np.where(truth == 1, self.probability, 1 - self.probability).round(6)
        self.predicted = (self.positive > 0.5).astype(int)

    def table(self) -> str:
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["id", "actual", "predicted", "p_0", "p_1"])
        for row in zip(self.ids, self.actual, self.predicted, self.positive, strict=True):
            writer.writerow([f"row-{row[0]:03}", row[1], row[2], f"{1 - row[3]:.6f}", f"{row[3]:.6f}"])
        return out.getvalue()

    def metrics(self) -> dict[str, Any]:
        accuracy = sklearn.accuracy_score(self.actual, self.predicted)
        loss = sklearn.log_loss(self.actual, self.positive)
        recall = sklearn.recall_score(self.actual, self.predicted, average=None)
        return {
            "accuracy": round(accuracy, 4),
            "recall": {"0": round(recall[0], 4), "1": round(recall[1], 4)},
            "loss": round(loss, 5),
            "percent": round(accuracy * 100, 2),
            "negative": round(-loss, 5),
            "plain": round(accuracy, 3),
        }


def write(project: Project, model: Model, **files: Any) -> Project:
    project.write("predictions.csv", files.pop("table", model.table()))
    return project.json("metrics.json", files.pop("metrics", model.metrics()))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("evidence"))
    project.dvc_yaml({"metrics": ["metrics.json"]}).json("headway.yaml", SETTINGS)
    project.write("other.csv", Model(0.6, ids=range(ROWS, 2 * ROWS)).table())
    write(project, Model(0.7)).commit("base")
    return project


@pytest.fixture
def compared(template: Project, tmp_path: Path) -> Callable[..., Comparison]:
    """Compare the committed base with a head in the workspace, both with the same settings."""

    numbers = count()

    def compare(model: Model, settings: Mapping[str, Any] = SETTINGS, **files: Any) -> Comparison:
        project = template.copied(tmp_path / f"copy{next(numbers)}")
        if settings != SETTINGS:  # base's rules judge
            project.json("headway.yaml", settings).commit("settings")
        write(project, model, **files)
        return headway.compare_revisions(project.root, base="HEAD", environ={})

    return compare


def found(comparison: Comparison, key: str = "accuracy") -> tuple[Metric, Evidence]:
    metric = next(each for each in comparison.metrics if each.key == key)
    assert metric.evidence is not UNSET
    return metric, metric.evidence


def verdicts(comparison: Comparison) -> dict[str, str]:
    return {metric.key: str(metric.verdict) for metric in comparison.metrics}


def test_every_metric_is_tested_on_the_rows_of_both_sides(compared: Callable[..., Comparison]) -> None:
    base, head = Model(0.7), Model(0.8)
    comparison = compared(head)
    assert comparison.problems == ()
    assert verdicts(comparison) == {
        **dict.fromkeys(("accuracy", "loss", "percent", "negative", "recall.0", "recall.1"), "improved"),
        "plain": "cannot_tell",
    }
    metric, evidence = found(comparison)
    right = [model.predicted == model.actual for model in (base, head)]
    assert (evidence.fixed, evidence.broken) == (int((right[1] & ~right[0]).sum()), int((right[0] & ~right[1]).sum()))
    assert evidence.estimate == pytest.approx(metric.change, abs=1e-4)
    assert evidence.low < evidence.estimate < evidence.high
    assert (evidence.rows, evidence.sources) == (ROWS, ("predictions.csv",))
    assert (evidence.family, evidence.family_size) == ("headline", 2)


def test_evidence_is_in_the_metrics_own_unit_and_sign(compared: Callable[..., Comparison]) -> None:
    comparison = compared(Model(0.8))
    share, percent = found(comparison)[1], found(comparison, "percent")[1]
    assert percent.estimate == pytest.approx(100 * share.estimate)
    assert (percent.low, percent.high) == pytest.approx((100 * share.low, 100 * share.high))
    loss, negative = found(comparison, "loss")[1], found(comparison, "negative")[1]
    assert (negative.low, negative.high) == pytest.approx((-loss.high, -loss.low))


def test_classes_are_a_family_of_their_own(compared: Callable[..., Comparison]) -> None:
    _, evidence = found(compared(Model(0.8)), "recall.1")
    assert (evidence.family, evidence.family_size, evidence.rows) == ("classes", 2, ROWS // 2)


def test_a_value_that_the_predictions_do_not_give_has_no_verdict(compared: Callable[..., Comparison]) -> None:
    head = Model(0.8)
    comparison = compared(head, metrics={**head.metrics(), "accuracy": 0.9})
    metric, evidence = found(comparison)
    assert metric.verdict == "cannot_tell"
    assert "instead of 0.9 for head" in evidence.withheld
    assert verdicts(comparison)["loss"] == "improved"


def test_several_tables_are_named_where_they_do_not_give_a_metric(compared: Callable[..., Comparison]) -> None:
    (rule,) = SETTINGS["predictions"]
    settings = {**SETTINGS, "predictions": [rule, {**rule, "path": "other.csv"}]}
    comparison = compared(Model(0.8), settings)
    assert verdicts(comparison)["accuracy"] == "cannot_tell"
    assert any("other.csv" in problem.what for problem in comparison.problems)


def test_a_table_that_head_adds_does_not_join_bases(template: Project, tmp_path: Path) -> None:
    (rule,) = SETTINGS["predictions"]
    project = template.copied(tmp_path / "copy")
    project.json("headway.yaml", {**SETTINGS, "predictions": [rule, {**rule, "path": "other.csv"}]})
    comparison = headway.compare_revisions(write(project, Model(0.8)).root, base="HEAD", environ={})
    assert verdicts(comparison)["accuracy"] == "improved"
    assert [pairing.path for pairing in comparison.pairings] == ["predictions.csv"]


def test_the_same_predictions_are_identical(compared: Callable[..., Comparison]) -> None:
    assert verdicts(compared(Model(0.7)))["accuracy"] == "identical"


def test_metrics_are_judged_on_the_rows_that_both_sides_have(compared: Callable[..., Comparison]) -> None:
    comparison = compared(Model(0.8, ids=range(20, ROWS + 10)))
    metric, evidence = found(comparison)
    (pairing,) = comparison.pairings
    assert (pairing.common, pairing.added, pairing.removed) == (ROWS - 20, 10, 20)
    assert (evidence.rows, metric.withheld, metric.verdict) == (ROWS - 20, None, "improved")


def test_other_rows_withhold_only_metrics_without_predictions(tmp_path: Path) -> None:
    stage = {"cmd": "python evaluate.py", "metrics": ["metrics.json"], "outs": ["predictions.csv"]}
    project = Project(tmp_path).dvc_yaml({"stages": {"evaluate": stage}}).json("headway.yaml", SETTINGS)
    write(project, Model(0.7)).recorded().commit("base")
    write(project, Model(0.8, ids=range(20, ROWS + 10))).recorded()
    comparison = headway.compare_revisions(project.root, base="HEAD", environ={})
    (rows,) = comparison.comparability
    assert (rows.withheld, rows.paired) == ("evaluation", True)
    assert (verdicts(comparison)["accuracy"], verdicts(comparison)["plain"]) == ("improved", "not_comparable")


@pytest.mark.parametrize("left", ["predictions", "runs"])
def test_evidence_that_pairs_no_rows_does_not_make_other_rows_comparable(left: str, tmp_path: Path) -> None:
    (rule,) = SETTINGS["predictions"]
    unpaired = {key: value for key, value in rule.items() if key != "id"}
    settings = {**SETTINGS, **({"predictions": [unpaired]} if left == "predictions" else {"predictions": []})}
    stage = {"cmd": "true", "deps": ["test.csv"], "metrics": ["metrics.json"], "outs": ["predictions.csv"]}
    project = Project(tmp_path).dvc_yaml({"stages": {"evaluate": stage}})
    project.json("headway.yaml", {**settings, "runs": "seeds/*/metrics.json"})
    for model, step in ((Model(0.7), 0), (Model(0.8), 5)):
        write(project, model).write("test.csv", f"id,x\n{step},1\n").add("test.csv")
        for seed in range(3):
            project.json(f"seeds/{seed}/metrics.json", {"accuracy": (70 + step + seed + seed * step / 10) / 100})
        project.recorded().commit()
    comparison = headway.compare_revisions(project.root, base="HEAD~1", head="HEAD", environ={})
    assert found(comparison)[1].p < 0.05
    assert verdicts(comparison)["accuracy"] == "not_comparable"


def test_the_table_of_a_metrics_own_stage_comes_before_those_of_earlier_stages(tmp_path: Path) -> None:
    (rule,) = SETTINGS["predictions"]
    kept = {"cache": False}
    train = {"cmd": "true", "deps": ["code.py"], "outs": ["model.bin", {"validation.csv": kept}]}
    evaluate = {"cmd": "true", "deps": ["model.bin"], "outs": [{"predictions.csv": kept}], "metrics": ["metrics.json"]}
    project = Project(tmp_path).dvc_yaml({"stages": {"train": train, "evaluate": evaluate}})
    project.json("headway.yaml", {**SETTINGS, "predictions": [{**rule, "path": "validation.csv"}, rule]})
    for right in (0.7, 0.8):
        project.write("validation.csv", Model(0.6).table()).write("code.py", str(right)).write("model.bin", str(right))
        write(project, Model(right)).recorded().commit()
    comparison = headway.compare_revisions(project.root, base="HEAD~1", head="HEAD", environ={})
    assert verdicts(comparison)["accuracy"] == "improved"
    assert [pairing.path for pairing in comparison.pairings] == ["predictions.csv"]


def test_too_few_common_rows_are_not_comparable(compared: Callable[..., Comparison]) -> None:
    comparison = compared(Model(0.8, ids=range(100, ROWS + 100)))
    assert comparison.pairings[0].overlap == pytest.approx(300 / 500)
    assert verdicts(comparison)["accuracy"] == "not_comparable"
    assert any("only 300 of 500 ids" in problem.what for problem in comparison.problems)


def test_both_sides_are_scored_on_heads_labels(compared: Callable[..., Comparison]) -> None:
    head = Model(0.7, relabelled=40)
    comparison = compared(head)
    (pairing,) = comparison.pairings
    assert (pairing.relabelled, pairing.examples[0]) == (40, "row-000")
    _, evidence = found(comparison)
    assert (evidence.fixed, evidence.broken, evidence.estimate) == (0, 0, 0)


def test_other_answers_of_most_rows_are_not_comparable(compared: Callable[..., Comparison]) -> None:
    comparison = compared(Model(0.8, relabelled=ROWS))  # such as 1 for 0 and 0 for 1
    assert verdicts(comparison)["accuracy"] == "not_comparable"
    assert any("answers of 400 of 400 ids differ" in problem.what for problem in comparison.problems)


def test_base_is_not_scored_on_classes_that_have_a_new_name(compared: Callable[..., Comparison]) -> None:
    lines = Model(0.8).table().splitlines()
    renamed = [line.replace(",1,", ",one,").replace(",1,", ",one,") for line in lines[:40]]
    comparison = compared(Model(0.8), table="\n".join([*renamed, *lines[40:]]).replace("p_1", "p_one"))
    assert verdicts(comparison)["accuracy"] == "cannot_tell"
    assert any("base does not have: one" in problem.what for problem in comparison.problems)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (lambda table: table + table.splitlines()[1] + "\n", "row-000"),
        (lambda table: table.replace("row-003", ""), "no id"),
        (lambda table: table.replace("predicted", "guess", 1), "predicted"),
        (lambda table: table[:0], "empty"),
    ],
    ids=["twice", "missing", "column", "empty"],
)
def test_a_table_that_cannot_be_paired_tests_nothing(
    broken: Callable[[str], str], said: str, compared: Callable[..., Comparison]
) -> None:
    comparison = compared(head := Model(0.8), table=broken(head.table()))
    assert set(verdicts(comparison).values()) <= {"cannot_tell", "not_comparable"}
    assert any(said in problem.what for problem in comparison.problems)


@pytest.mark.parametrize("name", ["other.txt", "other.csv.gz", "other"])
def test_a_table_of_no_known_kind_is_a_footnote(name: str, template: Project, tmp_path: Path) -> None:
    (rule,) = SETTINGS["predictions"]
    project = template.copied(tmp_path / "copy").write(name, Model(0.7).table())
    project.json("headway.yaml", {**SETTINGS, "predictions": [{**rule, "path": name}]}).commit()
    comparison = headway.compare_revisions(project.root, base="HEAD", environ={})
    assert any("ends with none of .csv" in problem.what for problem in comparison.problems)


def test_a_metric_that_cannot_be_computed_is_a_footnote(compared: Callable[..., Comparison]) -> None:
    settings = {
        **SETTINGS,
        "metrics": {"accuracy": {"direction": "higher", "estimator": {"name": "mean", "column": "score"}}},
    }
    comparison = compared(Model(0.8), settings)
    assert verdicts(comparison)["accuracy"] == "cannot_tell"
    assert any("score" in problem.what for problem in comparison.problems)


def test_base_says_how_a_metric_is_judged_and_head_how_it_is_shown(template: Project, tmp_path: Path) -> None:
    own = {"loss": {}, "accuracy": {"direction": "lower", "margin": 0.5, "unit": "pt"}}
    project = template.copied(tmp_path / "copy").json("headway.yaml", {"metrics": own, "headline": ["plain"]})
    comparison = headway.compare_revisions(write(project, Model(0.8)).root, base="HEAD", environ={})
    metric, evidence = found(comparison)
    assert (metric.verdict, metric.direction, metric.margin, evidence.method) == ("improved", "higher", 0.02, "mcnemar")
    assert (metric.rank, metric.written.unit) == (1, "pt")
    assert [each.key for each in comparison.metrics if each.headline is not None] == ["plain"]


def test_without_ids_the_sides_are_independent(compared: Callable[..., Comparison]) -> None:
    (rule,) = SETTINGS["predictions"]
    unpaired = {key: value for key, value in rule.items() if key != "id"}
    paired = found(compared(Model(0.8)))[1]
    metric, evidence = found(compared(Model(0.8), {**SETTINGS, "predictions": [unpaired]}))
    assert (evidence.method, metric.verdict) == ("newcombe", "improved")
    assert evidence.high - evidence.low > paired.high - paired.low


class TestWithoutPredictions:
    @pytest.fixture
    def project(self, tmp_path: Path) -> Project:
        project = Project(tmp_path).dvc_yaml({"metrics": ["metrics.json"]})
        return project.json("metrics.json", {"acc": 0.812, "rows": 1000})

    @staticmethod
    def judged(project: Project, settings: object, head: Mapping[str, object]) -> Comparison:
        project.json("headway.yaml", settings)
        project.commit("base")
        for path, content in head.items():
            project.json(path, content)
        return headway.compare_revisions(project.root, base="HEAD", environ={})

    def test_nothing_is_better_or_worse(self, project: Project) -> None:
        comparison = self.judged(
            project, {"metrics": {"acc": "higher"}}, {"metrics.json": {"acc": 0.903, "rows": 1000}}
        )
        assert verdicts(comparison)["acc"] == "cannot_tell"
        assert all(metric.evidence is UNSET for metric in comparison.metrics)

    @pytest.mark.parametrize("rows", [1000, "rows", "metrics.json:rows"])
    def test_a_share_and_its_rows_are_evidence(self, project: Project, rows: object) -> None:
        rule = {"direction": "higher", "estimator": "accuracy", "rows": rows}
        comparison = self.judged(project, {"metrics": {"acc": rule}}, {"metrics.json": {"acc": 0.903, "rows": 1000}})
        metric, evidence = found(comparison, "acc")
        assert (metric.verdict, evidence.method, evidence.rows) == ("improved", "newcombe", 1000)

    def test_a_class_is_of_that_family_whatever_its_evidence(self, project: Project) -> None:
        rule = {"direction": "higher", "estimator": {"name": "recall", "class": "a"}, "rows": 1000}
        settings = {"metrics": {"acc": rule}, "headline": []}
        comparison = self.judged(project, settings, {"metrics.json": {"acc": 0.903, "rows": 1000}})
        assert found(comparison, "acc")[1].family == "classes"

    def test_rows_say_nothing_about_other_metrics(self, project: Project) -> None:
        rule = {"direction": "lower", "estimator": "rmse", "rows": 1000}
        comparison = self.judged(project, {"metrics": {"acc": rule}}, {"metrics.json": {"acc": 0.903, "rows": 1000}})
        assert verdicts(comparison)["acc"] == "cannot_tell"
        assert any("no share of rows" in problem.what for problem in comparison.problems)

    def test_runs_with_other_seeds_are_evidence(self, project: Project) -> None:
        for seed, value in enumerate((0.79, 0.80, 0.81)):
            project.json(f"seeds/{seed}/metrics.json", {"acc": value})
        settings = {"metrics": {"acc": "higher"}, "runs": "seeds/*/metrics.json"}
        head = {f"seeds/{seed}/metrics.json": {"acc": value} for seed, value in enumerate((0.89, 0.91, 0.92))}
        comparison = self.judged(project, settings, {"metrics.json": {"acc": 0.9, "rows": 1000}, **head})
        metric, evidence = found(comparison, "acc")
        assert (metric.verdict, evidence.covers, evidence.rows) == ("improved", "seeds", 3)
        assert evidence.estimate == pytest.approx(0.1 + 0.02 / 3, abs=0.001)

    SEEDS = ("seeds/0/metrics.json", "seeds/1/metrics.json", "seeds/2/metrics.json")

    def judged_by_seeds(self, project: Project, *head: object, runs: str = "seeds/*/metrics.json") -> Comparison:
        for path, value in zip(self.SEEDS, (0.79, 0.80, 0.81), strict=True):
            project.json(path, {"acc": value})
        settings = {"metrics": {"acc": "higher"}, "runs": runs}
        after = {path: {"acc": value} for path, value in zip(self.SEEDS, head, strict=False)}
        return self.judged(project, settings, {"metrics.json": {"acc": 0.9, "rows": 1000}, **after})

    @pytest.mark.parametrize("broken", [float("nan"), 10**400, "diverged"], ids=["nan", "huge", "text"])
    def test_a_run_that_diverged_is_never_left_out(self, broken: object, project: Project) -> None:
        comparison = self.judged_by_seeds(project, 0.89, broken, 0.92)
        assert verdicts(comparison)["acc"] == "cannot_tell"
        assert any("not finite in the run seeds/1/metrics.json" in problem.what for problem in comparison.problems)

    def test_runs_that_are_too_large_to_compute_with_decide_nothing(self, project: Project) -> None:
        comparison = self.judged_by_seeds(project, 1e308, -1e308, 1e308)
        assert verdicts(comparison)["acc"] == "cannot_tell"
        assert any("too large" in problem.what for problem in comparison.problems)

    def test_runs_of_one_side_leave_a_metric_untested(self, project: Project) -> None:
        for path in self.SEEDS:
            project.json(path, {"other": 1})
        settings = {"metrics": {"acc": "higher"}, "runs": "seeds/*/metrics.json"}
        after = {path: {"acc": 0.9} for path in self.SEEDS}
        comparison = self.judged(project, settings, {"metrics.json": {"acc": 0.9, "rows": 1000}, **after})
        assert verdicts(comparison)["acc"] == "cannot_tell"
        assert any("0 of base and 3 of head" in problem.what for problem in comparison.problems)

    def test_a_pattern_of_runs_without_a_file_is_a_footnote(self, project: Project) -> None:
        comparison = self.judged_by_seeds(project, 0.89, 0.91, 0.92, runs="sedes/*/metrics.json")
        assert any("'sedes/*/metrics.json'" in problem.what for problem in comparison.problems)

    def test_files_of_runs_may_have_names_of_their_own(self, project: Project) -> None:
        settings = {"metrics": {"acc": "higher"}, "runs": "seeds/*.json"}
        for seed, value in enumerate((0.79, 0.80, 0.81)):
            project.json(f"seeds/{seed}.json", {"acc": value})
        head = {f"seeds/{seed}.json": {"acc": value} for seed, value in enumerate((0.89, 0.91, 0.92))}
        comparison = self.judged(project, settings, {"metrics.json": {"acc": 0.9, "rows": 1000}, **head})
        assert verdicts(comparison)["acc"] == "improved"

    def test_runs_that_may_repeat_either_of_two_files_decide_nothing(self, project: Project) -> None:
        project.dvc_yaml({"metrics": ["en/metrics.json", "de/metrics.json"]})
        project.json("en/metrics.json", {"acc": 0.8}).json("de/metrics.json", {"acc": 0.3})
        comparison = self.judged_by_seeds(project, 0.89, 0.91, 0.92)
        assert {metric.verdict for metric in comparison.metrics} == {"cannot_tell"}
        assert all("de/metrics.json, en/metrics.json" in problem.what for problem in comparison.problems)

    def test_a_number_of_rows_is_whole(self, project: Project) -> None:
        rule = {"direction": "higher", "estimator": "accuracy", "rows": "rows"}
        head = {"metrics.json": {"acc": 0.903, "rows": 1000.5}}
        assert verdicts(self.judged(project, {"metrics": {"acc": rule}}, head))["acc"] == "cannot_tell"

    def test_seeds_that_vary_more_than_the_change_decide_nothing(self, project: Project) -> None:
        for seed, value in enumerate((0.7, 0.80, 0.9)):
            project.json(f"seeds/{seed}/metrics.json", {"acc": value})
        settings = {"metrics": {"acc": "higher"}, "runs": "seeds/*/metrics.json"}
        head = {f"seeds/{seed}/metrics.json": {"acc": value} for seed, value in enumerate((0.91, 0.71, 0.83))}
        comparison = self.judged(project, settings, {"metrics.json": {"acc": 0.9, "rows": 1000}, **head})
        assert verdicts(comparison)["acc"] == "no_difference"


def test_the_report_stores_verdict_and_evidence(template: Project, tmp_path: Path) -> None:
    project = template.copied(tmp_path / "copy")
    write(project, Model(0.8))
    report = headway.build_report(project.root, base="HEAD", out=tmp_path / "out", environ={})
    stored = json.loads((tmp_path / "out/report.json").read_text())
    accuracy = next(metric for metric in stored["metrics"] if metric["key"] == "accuracy")
    assert (accuracy["verdict"], accuracy["margin"]) == ("improved", 0.02)
    assert {"method", "p", "p_adjusted", "low", "high", "level", "rows", "fixed", "broken"} <= accuracy[
        "evidence"
    ].keys()
    assert report.pairings[0].common == ROWS
    text = (tmp_path / "out/report.md").read_text()
    assert "fixed" in text
    assert "400 rows on both sides" in text
