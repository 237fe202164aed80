"""Settings: what is accepted, and that every mistake names its file, line and key."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from headway.errors import SettingsError
from headway.settings import (
    AcceptedRule,
    Estimator,
    FormatRule,
    GateRule,
    ImageSettings,
    IncludeRule,
    MetricRule,
    Settings,
    Tolerance,
    load_settings,
)


def load(yaml: str | None = None, toml: str | None = None) -> Settings:
    files = {"headway.yaml": yaml, "pyproject.toml": toml}
    return load_settings(lambda path: None if files[path] is None else files[path].encode(), "workspace")  # type: ignore[union-attr]  # None was just excluded


def complaint(yaml: str | None = None, toml: str | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        load(yaml, toml)
    return str(caught.value)


def test_without_any_file_everything_has_its_default() -> None:
    assert load() == Settings()


def staged(margin: str, rule: str = "") -> str:
    """Settings with a rule for a metric, and a stage with a margin for it."""
    return f"metrics:\n  x: {{{rule}}}\nstages:\n  a: {{margins: {{x: {margin}}}}}\n"


def accepted(what: str, until: str = "2027-01-01") -> str:
    return f"{{what: '{what}', by: Ada, why: short, until: {until}}}"


@pytest.mark.parametrize("empty", ["", "# nothing\n", "{}"])
def test_an_empty_file_is_no_mistake(empty: str) -> None:
    assert load(empty) == Settings()


def test_yaml() -> None:
    settings = load(
        "base: develop\nmetrics:\n  acc: {direction: higher}\n  loss: {direction: lower}\n  rows: {}\n"
        "include:\n  - path: a.md\n    title: A\n"
    )
    assert settings.base == "develop"
    assert {name: rule.direction for name, rule in settings.metrics.items()} == {
        "acc": "higher",
        "loss": "lower",
        "rows": None,
    }
    assert settings.include == (IncludeRule(path="a.md", title="A"),)


def test_a_format_is_a_word_or_a_table() -> None:
    rules = load("metrics: {a: {format: percent}, b: {format: {digits: 2, unit: ms, title: B}}, c: {}}\n").metrics
    assert {key: rule.format for key, rule in rules.items()} == {
        "a": "percent",
        "b": FormatRule(digits=2, unit="ms", title="B"),
        "c": None,
    }


@pytest.mark.parametrize(
    ("form", "key", "what"),
    [
        ("{decimals: 2}", "decimals", "Unknown key"),
        ("{digits: 7}", "digits", "<= 6"),
        ("{digits: two}", "digits", "a whole number"),
        ("per cent", "format", "per cent"),
        (f"{{unit: {'x' * 21}}}", "unit", "20"),
    ],
)
def test_a_wrong_format_is_named(form: str, key: str, what: str) -> None:
    said = complaint(f"metrics:\n  acc: {{direction: higher}}\n  loss: {{format: {form}}}\n")
    assert "headway.yaml (workspace), line 3: metrics.loss.format" in said
    assert key in said
    assert what in said


def test_images_are_a_place_or_all_that_belongs_to_one() -> None:
    assert load("images: upload\n").images == "upload"
    assert load("images: {branch: pictures}\n").images == ImageSettings(store="auto", branch="pictures")


def test_pyproject_holds_the_same() -> None:
    settings = load(toml='[tool.headway]\nbase = "develop"\n[tool.headway.metrics]\nacc = {direction = "higher"}\n')
    assert (settings.base, settings.metrics) == ("develop", {"acc": MetricRule(direction="higher")})


def test_a_pyproject_of_others_is_left_alone() -> None:
    assert load(toml="[tool.ruff]\n") == Settings()
    assert load(toml="this is no TOML") == Settings()


def test_two_sets_of_settings_are_one_too_many() -> None:
    assert "Keep one of them" in complaint("base: main", "[tool.headway]\nbase = 'main'\n")


@pytest.mark.parametrize(
    ("yaml", "parts"),
    [
        (
            "metrics:\n  acc:\n    direction: up\n",
            ["headway.yaml (workspace), line 3", "metrics.acc.direction", "'up'"],
        ),
        ("metrics:\n  fine: {}\n  acc: {way: higher}\n", ["line 3", "metrics.acc.way"]),
        ("metrics:\n  <<: {acc: {way: higher}}\n", ["line 2", "metrics.acc.way"]),
        ("base: main\nmetrics:\n  <<: {acc: [lower]}\n", ["line 2", "metrics.acc", "Expected a table"]),
        ("base: main\nmetrix: {}\n", ["line 2", "metrix"]),
        ("include:\n  - path: a\n  - title: b\n", ["line 3", "include.1", "`path`"]),
        ("base: [1]\n", ["line 1", "base"]),
        ("- a list\n", ["headway.yaml (workspace)", "Expected a table, got a list"]),
        (
            "metrics:\n  acc: lowr\n",
            ["line 2: metrics.acc is not valid", "higher, lower. Did you mean 'lower'"],
        ),
        ("metrics:\n  acc: [lower]\n", ["line 2", "metrics.acc", "Expected a table, got a list"]),
        ("a: [1,\nb: 2\n", ["headway.yaml (workspace), line", "not valid YAML"]),
        ("metrics: {a: {}, a: {}}\n", ["not valid YAML", "duplicate"]),
        ("images: nowhere\n", ["line 1", "images is not valid", "'nowhere'"]),
        ("base: x\nimages:\n  store: everywhere\n", ["line 3", "images.store", "'everywhere'"]),
        ("images: {bucket: 5}\n", ["line 1", "images.bucket"]),
        ("metrics:\n  1: {direction: up}\n", ["headway.yaml (workspace), line 2", "quotes"]),
    ],
)
def test_a_mistake_in_yaml_names_file_line_and_key(yaml: str, parts: list[str]) -> None:
    text = complaint(yaml)
    assert [part for part in parts if part not in text] == [], text


def test_a_mistake_in_toml_names_file_and_key() -> None:
    text = complaint(toml='[project]\nname = "x"\n[tool.headway.metrics.acc]\ndirection = "up"\n')
    assert "pyproject.toml (workspace)" in text
    assert "metrics.acc.direction" in text


def test_broken_toml_with_our_section_is_named() -> None:
    assert "pyproject.toml (workspace) is not valid TOML" in complaint(toml="[tool.headway\n")


DEEP, MANY = "It is nested more than 100 levels deep.", "It contains more than 100,000 values."


@pytest.mark.parametrize(
    ("yaml", "toml", "why"),
    [
        ("metrics: " + "{a: " * 5000, None, DEEP),
        ("a: &a [" + "x," * 400 + "]\nb: [" + "*a," * 400 + "]", None, MANY),
        ("base: 2025-01-99\n", None, "day is out of range"),
        ("include:\n" + "- path: a\n" * 201, None, "length <= 200"),
        (None, "[tool.headway]\na = " + "[" * 5000, DEEP),
        (None, "[tool.headway]\n" + ".".join("a" * 200_000) + " = 1", DEEP),
        (None, "[tool.headway]\na = " + "7" * 5000, "4300 digits"),
    ],
)
def test_what_costs_too_much_is_a_mistake(yaml: str | None, toml: str | None, why: str) -> None:
    assert why in complaint(yaml, toml)


def test_a_named_file_is_read_in_place_of_the_usual_two() -> None:
    files = {"headway.yaml": b"base: main", "ci/other.yaml": b"base: develop"}
    assert load_settings(files.get, "workspace", "ci/other.yaml").base == "develop"


def test_a_named_file_that_does_not_exist_is_a_mistake() -> None:
    with pytest.raises(SettingsError, match=r"There is no settings file 'no\.yaml'"):
        load_settings(lambda _: None, "workspace", "no.yaml")


@pytest.mark.parametrize(
    ("yaml", "parts"),
    [
        ("data:\n  a.csv: {}\n  b.csv: {idd: x}\n", ["line 3", "data.b.csv.idd"]),
        (
            "data:\n  a.csv:\n    ranges:\n      x: {min: 1}\n      y: {min: low}\n",
            ["line 5", "data.a.csv.ranges.y.min", "Expected a number, got text"],
        ),
        ("data:\n  a.csv: {max_class_share_change: 2}\n", ["line 2", "data.a.csv.max_class_share_change", "<= 1.0"]),
        ("data: [a.csv]\n", ["line 1", "data"]),
    ],
)
def test_a_mistake_in_a_rule_of_the_data_names_file_line_and_key(yaml: str, parts: list[str]) -> None:
    text = complaint(yaml)
    assert [part for part in parts if part not in text] == [], text


def test_a_direction_alone_is_a_rule() -> None:
    short = load("metrics: {rmse: lower, acc: {direction: higher}}\n")
    assert short == load("metrics: {rmse: {direction: lower}, acc: {direction: higher}}\n")
    assert short == load(toml='[tool.headway.metrics]\nrmse = "lower"\nacc = {direction = "higher"}\n')


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("unit: ms", "{unit: ms}"),
        ("unit: ms, format: {unit: ms, digits: 2}", "{unit: ms, digits: 2}"),
        ("unit: ms, format: {title: A}", "{unit: ms, title: A}"),
        ("unit: pt, format: percent", "{unit: pt, percent: true}"),
    ],
)
def test_a_unit_is_short_for_that_of_the_format(short: str, long: str) -> None:
    assert load(f"metrics: {{a: {{{short}}}}}\n") == load(f"metrics: {{a: {{format: {long}}}}}\n")


def test_an_estimator_is_a_name_or_a_table() -> None:
    rules = load("metrics: {a: {estimator: f1}, b: {estimator: {name: f1, average: macro}}, c: {}}\n").metrics
    assert [rule.estimating for rule in rules.values()] == [
        Estimator(name="f1"),
        Estimator(name="f1", average="macro"),
        None,
    ]


def metric(rule: str, predictions: str = "[]", key: str = "x") -> str:
    return f'predictions: {predictions}\nmetrics:\n  ok: higher\n  "{key}":\n    {rule}\n'


def table(*keys: str) -> str:
    return "\n    ".join(("predictions:\n  - path: a.csv", "id: id", *keys)) + "\n"


@pytest.mark.parametrize(
    ("yaml", "parts"),
    [
        (metric("estimator: {name: mae, class: 3}"), ["line 5: metrics.x.estimator.class", "precision", "not to mae"]),
        (metric("estimator: {name: mcc, average: macro}"), ["metrics.x.estimator.average", "not to mcc"]),
        (metric("estimator: {name: f1, k: 5}"), ["metrics.x.estimator.k", "top_k alone"]),
        (metric("estimator: {name: mae, quantile: 0.5}"), ["metrics.x.estimator.quantile", "quantile_loss alone"]),
        (metric("estimator: {name: f1, column: a}"), ["metrics.x.estimator.column", "mean alone"]),
        (metric("estimator: {name: f1, class: a, average: macro}"), ["metrics.x.estimator.average", "exclude"]),
        (metric("estimator: {name: f1, class: '*'}"), ["metrics.x.estimator.class", "exactly one asterisk"]),
        (metric("estimator: {name: f1, class: '*'}", key="*.*"), ["metrics.*.*.estimator.class"]),
        (metric("estimator: mean"), ["line 5: metrics.x.estimator", "`column`"]),
        (metric("estimator: mae\n    machine: true"), ["metrics.x.estimator", "machine"]),
        (metric("unit: s\n    format: {unit: ms}"), ["line 5: metrics.x.unit", "'s'", "'ms'"]),
        (metric("predictions: a.csv"), ["metrics.x.predictions", "no table of predictions"]),
        (metric("predictions: a.cvs", "[{path: ./a.csv, id: i}]"), ["metrics.x.predictions", "Did you mean 'a.csv'?"]),
        (metric("margin: .inf"), ["line 5: metrics.x.margin", "finite"]),
        (
            "gates:\n  training:\n    loss: {finite: true}\n",
            ["line 3: gates.training.loss", "named by its file and column"],
        ),
        ("gates:\n  training:\n    a.csv:b: {}\n", ["line 3: gates.training.a.csv:b", "needs a rule: best_before"]),
        ("gates:\n  training:\n    a.csv:b: {best_before_last: true}\n", ["line 3", "`direction: higher`"]),
        (
            "gates:\n  training:\n    a.csv:b: {max_gap: 1, direction: lower}\n",
            ["line 3: gates.training.a.csv:b.max_gap", "as `train`"],
        ),
        (
            "gates:\n  training:\n    a.csv:b: {max_gap: .inf, direction: lower, train: c}\n",
            ["a.csv:b.max_gap", "finite"],
        ),
        (f"accepted:\n  - {accepted('acc')}\n  - {accepted('[!x]*')}\n", ["line 3: accepted.1.what", "all gates"]),
        ("stages:\n  pro duction: {}\n", ["line 2: stages.pro duction", "letters, digits"]),
        ("stages:\n  a: {after: b}\n", ["line 2: stages.a.after", "Unknown stage 'b'"]),
        ("stages:\n  a: {after: b}\n  b: {after: a}\n", ["line 2: stages.a.after", "could never get this stage"]),
        (staged("0.1"), ["line 4: stages.a.margins.x", "needs `direction: higher`"]),
        (staged("0.1", "direction: higher, gate: {margin: 0.1}"), ["stages.a.margins.x", "whose gate has 0.1"]),
        (staged(".inf", "direction: higher"), ["stages.a.margins.x", "finite"]),
        ("stages:\n  a: {margins: {acc: 0.1}}\n", ["line 2: stages.a.margins.acc", "unknown rule 'acc'"]),
        (metric("gate: {}"), ["line 5: metrics.x.gate", "needs a rule: margin"]),
        (metric("gate: {on_cannot_tell: fail}"), ["line 5: metrics.x.gate", "needs a rule"]),
        (metric("gate: {require_improvement: false}"), ["metrics.x.gate", "needs a rule"]),
        (metric("gate: {margin: 1}"), ["line 5: metrics.x.gate.margin", "`direction: higher`"]),
        (metric("gate:\n      max_regression: 0"), ["line 6: metrics.x.gate.max_regression", "`direction"]),
        (metric("gate: {require_improvement: true}"), ["metrics.x.gate.require_improvement", "`direction"]),
        (metric("gate: {min: 2, max: 1}"), ["line 5: metrics.x.gate.min", "at least 2 and at most 1"]),
        (metric("gate: {slices: {}}\n    estimator: f1"), ["line 5: metrics.x.gate.slices", "needs a rule: margin"]),
        (metric("gate: {slices: {min: 0}}"), ["line 5: metrics.x.gate.slices", "needs `estimator`"]),
        (metric("gate: {slices: {margin: 1}}\n    estimator: f1"), ["gate.slices.margin", "`direction: higher`"]),
        (metric("gate: {min: .nan}"), ["metrics.x.gate.min", "finite"]),
        (metric("gate: {min: 0, against: [anchor]}"), ["line 5: metrics.x.gate.against", "`anchor: v1.2.0`"]),
        (metric("gate: {max_regression: {relative: .inf}}\n    direction: lower"), ["max_regression", "finite"]),
        (metric("gate: {max_regression: {}}\n    direction: lower"), ["gate.max_regression", "`relative` or both"]),
        (
            metric("gate: {margin: 1}\n    direction: lower\n    machine: true"),
            ["gate.margin", "Only max_slowdown, min, max"],
        ),
        (metric(f"rows: {10**400}"), ["line 5: metrics.x.rows", "whole number <="]),
        (metric("rows: 100"), ["line 5: metrics.x.rows", "`estimator`"]),
        ("predictions:\n  - {path: /a.csv, id: i}\n", ["line 2: predictions.0.path", "in the project"]),
        ("predictions:\n  - {path: ../a.csv, id: i}\n", ["predictions.0.path", "in the project"]),
        ("predictions:\n  - {path: '', id: i}\n", ["predictions.0.path", "in the project"]),
        (table("probabilities: {0: p_0}"), ["line 4: predictions.0.probabilities.0", "put it in quotes"]),
        (table("probabilities: p"), ["line 4: predictions.0.probabilities", "asterisk", "`score`"]),
        (table("probabilities: 'p_*_*'"), ["predictions.0.probabilities"]),
        (table("actual: a", "task: multilabel"), ["line 4: predictions.0.actual", "multilabel"]),
        (table("actual: 'a_*'", "predicted: p", "task: multilabel"), ["line 5: predictions.0.predicted"]),
        (table("task: regression"), ["predictions.0", "`actual`"]),
        (table("actual: a", "task: regression", "positive: 1"), ["predictions.0.positive", "binary"]),
        ("predictions: [{path: a.csv, id: i}, {path: ./a.csv, id: i}]\n", ["predictions.1.path", "Two entries"]),
    ],
)
def test_keys_that_contradict_each_other_are_named(yaml: str, parts: list[str]) -> None:
    text = complaint(yaml)
    assert [part for part in parts if part not in text] == [], text


def test_a_gate_with_every_rule() -> None:
    rule = load(
        "metrics:\n  a:\n    direction: higher\n    gate: {margin: 0.01, require_improvement: true, min: 0, max: 1, "
        "max_regression: 0, max_improvement: {absolute: 1, relative: 0.5}, on_cannot_tell: fail}\n"
    ).metrics["a"]
    assert rule.gate == GateRule(
        margin=0.01,
        require_improvement=True,
        min=0,
        max=1,
        max_regression=0,
        max_improvement=Tolerance(absolute=1, relative=0.5),
        on_cannot_tell="fail",
    )
    assert rule.margin is None


def test_every_key_of_estimators_and_tables_can_be_used() -> None:
    settings = load(
        """
metrics:
  top5: {direction: higher, estimator: {name: top_k, k: 5}, margin: 0.01, predictions: a.csv}
  "reports/*.json:precision.*": {estimator: {name: precision, class: "*"}}
  q90: {direction: lower, estimator: {name: quantile_loss, quantile: 0.9}}
  exact: {direction: higher, estimator: {name: mean, column: exact}, rows: rows}
  auc: {estimator: {name: roc_auc, average: macro}}
predictions:
  - {path: a.csv, id: id, actual: y, predicted: z, probabilities: "p_*", group: user, slices: [a], overlap: 0.5}
  - {path: b.csv, id: id, actual: y, score: s, positive: 1, task: binary}
  - {path: c.csv, id: id, actual: "y_*", probabilities: {cat: p1, dog: p2}, task: multilabel}
  - {path: d.csv, id: id, task: scores}
runs: runs/*/metrics.json
"""
    )
    assert (len(settings.metrics), len(settings.predictions)) == (5, 4)


@pytest.mark.parametrize(
    ("yaml", "parts"),
    [
        ("metrics:\n  a: {directon: lower}\n", ["metrics.a.directon", "allowed: direction, machine, estimator, "]),
        ("metrics:\n  a: {directon: lower}\n", ["Did you mean 'direction'?"]),
        ("metrix: {}\n", ["allowed: base, metrics, ", "Did you mean 'metrics'?"]),
        ("gates: {data: {x: aproval}}\n", ["line 1: gates.data.x", "Did you mean 'approval'?"]),
        ("gates: {date: {x: approval}}\n", ["line 1: gates.date", "Did you mean 'data'?"]),
        (f"accepted:\n  - {accepted('x', 'soon')}\n", ["line 2: accepted.0.until", "Expected a date, such as"]),
        (staged("much"), ["line 4: stages.a.margins.x", "Expected a number"]),
        (staged("-1"), ["line 4: stages.a.margins.x", "> 0"]),
        ("accepted:\n  - {what: x, by: Ada, until: 2027-01-01}\n", ["line 2: accepted.0", "`why` is missing"]),
        ("accepted:\n  - {what: x, by: '', why: x, until: 2027-01-01}\n", ["line 2: accepted.0.by", "length >= 1"]),
        ("metrics:\n  a: {gate: {margn: 1}}\n", ["line 2: metrics.a.gate.margn", "Did you mean 'margin'?"]),
        ("metrics:\n  a: {gate: {margin: 0}}\n", ["line 2: metrics.a.gate.margin", "> 0"]),
        ("metrics:\n  a: {gate: {max_regression: -1}}\n", ["line 2: metrics.a.gate.max_regression", ">= 0"]),
        (
            "metrics:\n  a: {gate: {max_regression: {relativ: 1}}}\n",
            ["max_regression.relativ", "Did you mean 'relative'?"],
        ),
        ("metrics:\n  a: {gate: {max_regression: much}}\n", ["max_regression", "a number or a table, got text"]),
        ("metrics:\n  a: {gate: {min: 0, against: [anchr]}}\n", ["gate.against.0", "Did you mean 'anchor'?"]),
        ("metrics:\n  a: {gate: {min: 0, against: []}}\n", ["gate.against", "length >= 1"]),
        ("metrics:\n  a: {gate: {min: 0, against: base}}\n", ["gate.against", "Expected a list, got text"]),
        ("metrics:\n  a: {gate: {on_cannot_tell: pas}}\n", ["on_cannot_tell", "Did you mean 'pass'?"]),
        ("metrics:\n  a:\n    estimator: ROC-AUC\n", ["line 3", "metrics.a.estimator", "Did you mean 'roc_auc'?"]),
        ("metrics:\n  a:\n    estimator: {name: rsme}\n", ["metrics.a.estimator.name", "Did you mean 'rmse'?"]),
        ("metrics:\n  a:\n    estimator: {nam: f1}\n", ["metrics.a.estimator.nam", "Did you mean 'name'?"]),
        ("metrics:\n  a:\n    estimator: 5\n", ["one of accuracy, ", "or a table, got a whole number"]),
        ("metrics:\n  a: {estimator: {average: macro}}\n", ["metrics.a.estimator is", "`name` is missing"]),
        ("sections: {charts: show,\n chart: show}\n", ["line 2: sections.chart ", "Did you mean 'charts'?"]),
        ("sections:\n  metrics: fold\n  charts: hid\n", ["line 3: sections.charts", "fold, hide, show", "'hide'"]),
        ("images: {stor: auto}\n", ["images.stor", "Did you mean 'store'?"]),
        (table("overlap: 2"), ["line 4: predictions.0.overlap", "<= 1.0"]),
        (table("probabilities: {a: x,", "b: 3}"), ["line 5: predictions.0.probabilities.b", "Expected text"]),
        (table("tsk: binary"), ["line 4: predictions.0.tsk", "Did you mean 'task'?"]),
        (table("slices: [1]"), ["predictions.0.slices.0", "Expected text"]),
        ("predictions:\n  - {path: a, id: i}\n  - {path: b, id: j, task: binry}\n", ["line 3", "'binary'"]),
        ("threshold: 2\n", ["threshold", "<= 1.0"]),
        ("rows: 3\nbase: 2025-01-01\n", ["line 1: rows", "Unknown key"]),
    ],
)
def test_what_is_allowed_and_may_be_meant_is_named(yaml: str, parts: list[str]) -> None:
    text = complaint(yaml)
    assert [part for part in parts if part not in text] == [], text


def test_toml_names_what_is_allowed_as_well() -> None:
    assert "Did you mean 'lower'?" in complaint(toml='[tool.headway.metrics]\nrmse = "lowr"\n')
    assert "Did you mean 'direction'?" in complaint(toml='[tool.headway.metrics.a]\ndirecton = "lower"\n')


def test_every_example_of_the_page_can_be_used() -> None:
    page = (Path(__file__).parents[2] / "docs/settings.md").read_text()
    examples = re.findall(r"^```yaml\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    assert len(examples) > 5
    assert [example for example in examples if load(example) == Settings()] == []
    assert load(toml=re.findall(r"^```toml\n(\[tool.*?)^```", page, re.DOTALL | re.MULTILINE)[0]).metrics


def test_an_end_is_a_date_in_yaml_and_in_toml() -> None:
    entry = AcceptedRule(what="acc", by="Ada", why="short", until=date(2027, 1, 1))
    quoted = accepted("acc", "'2027-01-01'")
    toml = '[[tool.headway.accepted]]\nwhat = "acc"\nby = "Ada"\nwhy = "short"\nuntil = 2027-01-01\n'
    assert load(f"accepted: [{accepted('acc')}]\n").accepted == (entry,)
    assert load(f"accepted: [{quoted}]\n").accepted == (entry,)
    assert load(toml=toml).accepted == (entry,)
