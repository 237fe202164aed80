"""What names of metrics and columns of tables suggest; that is read by people, so nothing doubtful may be in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headway.judge.metric_names import read_direction, read_estimator
from headway.judge.prediction_columns import PredictionColumns, is_named_like_predictions, recognize
from headway.judge.suggestions import suggest_rules
from headway.report.commands.suggested_settings import SuggestedSettings, write_settings
from headway.settings import Estimator, MetricRule, PredictionsRule, load_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.settings import Settings

ROWS = 40


def columns(**rows: Sequence[object]) -> dict[str, list[object]]:
    """Rows with unique ids, in which each of the given columns repeats its values."""
    found = {name: [values[row % len(values)] for row in range(ROWS)] for name, values in rows.items()}
    return {"id": [f"r{row}" for row in range(ROWS)], **found}


def table(**rows: Sequence[object]) -> PredictionColumns:
    found = recognize("p.csv", columns(**rows))
    assert found
    return found


BINARY = table(actual=(0, 1), predicted=(0, 1), score=(0.3, 0.7))
MULTICLASS = table(label=("cat", "dog", "owl"), pred=("cat", "dog", "owl"), p_cat=(0.5,), p_dog=(0.3,), p_owl=(0.2,))
REGRESSION = table(target=(1.5, 2.5), y_pred=(1.0, 2.0))
SCORES = table(answer=[f"text {row}" for row in range(ROWS)], prediction=("a",), exact_match=(0, 1), f1=(0.5, 1.0))


@pytest.mark.parametrize(
    ("key", "direction"),
    [
        *((key, "higher") for key in ("accuracy", "test.macro_f1", "roc_auc", "val_acc", "r2", "mAP50", "f1-score")),
        *(
            (key, "lower")
            for key in ("log_loss", "rmse", "val/loss", "max_error", "false_positive_rate", "wer", "brier")
        ),
        *(
            (key, None)
            for key in ("epoch", "bias", "step", "accuracy_std", "accuracy_loss", "support", "learning_rate")
        ),
    ],
)
def test_a_direction_is_known_for_usual_names_alone(key: str, direction: str | None) -> None:
    assert read_direction(key)[:2] == (direction, False)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("p95_ms", ("lower", True, "ms")),
        ("latency.p95", ("lower", True, "")),
        ("train_seconds", ("lower", True, "s")),
        ("peak_memory_mib", ("lower", True, "MiB")),
        ("rows_per_second", ("higher", True, "")),
        ("ms_per_row", ("lower", True, "")),
    ],
)
def test_what_depends_on_the_machine_is_known(key: str, expected: tuple[str, bool, str]) -> None:
    assert read_direction(key)[:3] == expected


@pytest.mark.parametrize(
    ("key", "found", "expected"),
    [
        ("accuracy", MULTICLASS, {"name": "accuracy"}),
        ("test.f1_score", BINARY, {"name": "f1"}),
        ("macro avg.f1-score", MULTICLASS, {"name": "f1", "average": "macro"}),
        ("precision.dog", MULTICLASS, {"name": "precision", "class_": "dog"}),
        ("owl.recall", MULTICLASS, {"name": "recall", "class_": "owl"}),
        ("top_2_accuracy", MULTICLASS, {"name": "top_k", "k": 2}),
        ("weighted_roc_auc", MULTICLASS, {"name": "roc_auc", "average": "weighted"}),
        ("log_loss", BINARY, {"name": "log_loss"}),
        ("rmse", REGRESSION, {"name": "rmse"}),
        ("all.exact_match", SCORES, {"name": "mean", "column": "exact_match"}),
    ],
)
def test_an_estimator_follows_from_name_and_table(key: str, found: PredictionColumns, expected: dict[str, str]) -> None:
    assert read_estimator(key, found) == (Estimator(**expected), "")  # type: ignore[arg-type]  # its keys


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("f1", MULTICLASS),
        ("val_accuracy", BINARY),
        ("train.accuracy", BINARY),
        ("accuracy_std", BINARY),
        ("macro_accuracy", MULTICLASS),
        ("micro_roc_auc", MULTICLASS),
        ("rmse", BINARY),
        ("accuracy", REGRESSION),
        ("log_loss", table(actual=(0, 1), predicted=(1, 0))),
        ("top_2", BINARY),
        ("accuracy", SCORES),
    ],
)
def test_a_doubtful_estimator_is_left_out(key: str, found: PredictionColumns) -> None:
    assert read_estimator(key, found)[0] is None


def test_tables_are_recognized_by_their_columns() -> None:
    own = PredictionsRule(path="p.csv", id="id", actual="actual", predicted="predicted", score="score", task="binary")
    assert BINARY.rule == own
    assert MULTICLASS.rule == PredictionsRule(
        path="p.csv", id="id", actual="label", predicted="pred", probabilities="p_*", task="multiclass"
    )
    assert MULTICLASS.classes == ("cat", "dog", "owl")
    assert (REGRESSION.rule.actual, REGRESSION.rule.predicted, REGRESSION.rule.task) == (
        "target",
        "y_pred",
        "regression",
    )
    assert table(answer=[f"t{row}" for row in range(ROWS)], score=(0.5, 1)).rule.task == "scores"
    assert table(actual=(0, 1), predicted=(0.2, 0.9)).rule.task is None  # is it a probability?
    assert table(actual=range(ROWS), predicted=(0.2, 0.9)).rule.task == "regression"
    assert SCORES.rule.task == "scores"
    assert SCORES.scores == {"exact_match", "f1"}


@pytest.mark.parametrize(
    "rows",
    [
        columns(label=("a", "b"), x=(1, 2)),  # data, without any prediction
        {**columns(actual=(0, 1), predicted=(0, 1)), "id": [1] * ROWS},
        {**columns(actual=(0, 1), predicted=(0, 1)), "id": [None] * ROWS},
        {"actual": [0, 1], "predicted": [0, 1]},
        {"a_id": ["x", "y"], "b_id": ["x", "y"], "actual": [0, 1], "predicted": [0, 1]},
        {},
    ],
)
def test_other_tables_are_none(rows: dict[str, list[object]]) -> None:
    assert recognize("p.csv", rows) is None


def test_probabilities_that_do_not_fit_the_classes_are_left_out() -> None:
    assert table(actual=("cat", "dog"), predicted=("cat",), p_1=(0.5,), p_2=(0.5,)).rule.probabilities == ""
    assert table(actual=(0, 1), predicted=(1,), p_0=(0.5,), p_1=(0.5,), p_value=("x",)).rule.probabilities == ""


def test_what_is_declared_counts_more_than_names() -> None:
    declared = PredictionsRule(path="p.csv", id="key", actual="y", predicted="z", task="multiclass")
    found = recognize("p.csv", columns(actual=(0, 1), predicted=(0, 1)), declared)
    assert found
    assert (found.rule.id, found.rule.actual, found.rule.predicted, found.rule.task) == ("key", "y", "z", "multiclass")


@pytest.mark.parametrize(
    ("rows", "positive"),
    [
        ({"actual": ("late", "on time"), "predicted": ("late", "on time"), "score": (0.8, 0.1)}, "late"),
        ({"actual": ("late", "on time"), "predicted": ("late", "on time"), "score": (0.1, 0.8)}, None),
        ({"actual": (0, 1), "score": (0.9, 0.2)}, "0"),
        ({"actual": (0, 1), "predicted": (1, 1), "score": (0.9, 0.2)}, None),
        ({"actual": (0, 1), "predicted": (0.0, None), "score": (None, 0.2)}, None),
    ],
)
def test_the_scores_say_which_of_two_classes_they_are_of(rows: dict[str, tuple[object]], positive: str | None) -> None:
    assert table(**rows).rule.positive == positive


def test_names_of_tables() -> None:
    found = ["a/predictions.csv", "test_preds.parquet", "out/samples", "val-predictions-2.jsonl"]
    assert all(map(is_named_like_predictions, found))
    assert not any(map(is_named_like_predictions, ["data/train.csv", "predictor.csv", "samples/report.csv"]))


def suggested(names: Sequence[tuple[str, str]], *tables: PredictionColumns) -> dict[str, MetricRule]:
    return {pattern: each.rule for pattern, each in suggest_rules(names, lambda _: tables).rules.items()}


def test_classes_are_one_pattern_after_what_it_would_match_as_well() -> None:
    names = [("m.json", f"{name}.f1-score") for name in ("cat", "dog", "owl", "macro avg")]
    of_macro = MetricRule(direction="higher", estimator=Estimator(name="f1", average="macro"))
    assert suggested(names[:3], MULTICLASS) == {
        "*.f1-score": MetricRule(direction="higher", estimator=Estimator(name="f1", class_="*"))
    }
    assert suggested(names, MULTICLASS)["macro avg.f1-score"] == of_macro
    assert suggested(names, MULTICLASS)["cat.f1-score"].estimating == Estimator(name="f1", class_="cat")


def test_a_pattern_takes_in_nothing_that_no_name_explains() -> None:
    names = [("m.json", f"precision.{name}") for name in ("cat", "dog", "support")]
    assert list(suggested(names, MULTICLASS)) == ["precision.cat", "precision.dog"]


def test_numbered_names_are_one_pattern() -> None:
    names = [("m.json", f"loss_{number}") for number in range(4)]
    assert suggested(names) == {"loss_*": MetricRule(direction="lower")}
    assert len(suggested(names[:3])) == 3


def test_files_that_differ_come_before_the_key_alone() -> None:
    names = [("a/m.json", "accuracy"), ("all/m.json", "accuracy"), ("b/m.json", "accuracy")]
    tables = {"a/m.json": [BINARY], "b/m.json": [BINARY]}
    found = suggest_rules(names, lambda file: tables.get(file, [])).rules
    assert {pattern: each.rule for pattern, each in found.items()} == {
        "all/m.json:accuracy": MetricRule(direction="higher"),
        "accuracy": MetricRule(direction="higher", estimator=Estimator(name="accuracy")),
    }
    assert next(iter(found)) == "all/m.json:accuracy"


def read(text: str) -> Settings:
    return load_settings({"headway.yaml": text.encode()}.get, "workspace")


KEYS = st.lists(
    st.sampled_from(["accuracy", "loss", "cat", "dog", "p95_ms", "*", "0", "f1", "macro", "x:y", "é\n\x85#"])
)


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.sampled_from(["m.json", "a*[b].json"]), st.text(min_size=1) | KEYS.map(".".join)), max_size=8)
)
def test_suggestions_are_settings_that_say_the_same(names: list[tuple[str, str]]) -> None:
    found = suggest_rules(names, lambda _: [MULTICLASS])
    text = write_settings(SuggestedSettings(found, [MULTICLASS], {}, [key for _, key in names], []))
    declared = read(text)
    rules = {pattern: (each.rule.direction, each.rule.estimating) for pattern, each in found.rules.items()}
    assert {pattern: (rule.direction, rule.estimating) for pattern, rule in declared.metrics.items()} == rules
    assert declared.predictions == (MULTICLASS.rule,)
