"""Settings: what is accepted, and that every mistake names its file, line and key."""

from __future__ import annotations

import pytest

from headway.errors import SettingsError
from headway.settings import FormatRule, ImageSettings, IncludeRule, MetricRule, Settings, load_settings


def load(yaml: str | None = None, toml: str | None = None) -> Settings:
    files = {"headway.yaml": yaml, "pyproject.toml": toml}
    return load_settings(lambda path: None if files[path] is None else files[path].encode(), "workspace")  # type: ignore[union-attr]  # None was just excluded


def complaint(yaml: str | None = None, toml: str | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        load(yaml, toml)
    return str(caught.value)


def test_without_any_file_everything_has_its_default() -> None:
    assert load() == Settings()


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
        ("{digits: two}", "digits", "int"),
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
        ("base: main\nmetrix: {}\n", ["line 2", "metrix"]),
        ("include:\n  - path: a\n  - title: b\n", ["line 3", "include.1", "`path`"]),
        ("base: [1]\n", ["line 1", "base"]),
        ("- a list\n", ["headway.yaml (workspace)", "object"]),
        ("metrics:\n  acc: higher\n", ["line 2", "metrics.acc"]),
        ("a: [1,\nb: 2\n", ["headway.yaml (workspace), line", "not valid YAML"]),
        ("metrics: {a: {}, a: {}}\n", ["not valid YAML", "duplicate"]),
        ("images: nowhere\n", ["line 1", "images is not valid", "'nowhere'"]),
        ("base: x\nimages:\n  store: everywhere\n", ["line 3", "images.store", "'everywhere'"]),
        ("images: {bucket: 5}\n", ["line 1", "images.bucket"]),
        ("metrics:\n  1: {direction: up}\n", ["headway.yaml (workspace), line 2"]),
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
            ["line 5", "data.a.csv.ranges.y.min", "`float | null`"],
        ),
        ("data:\n  a.csv: {max_class_share_change: 2}\n", ["line 2", "data.a.csv.max_class_share_change", "<= 1.0"]),
        ("data: [a.csv]\n", ["line 1", "data"]),
    ],
)
def test_a_mistake_in_a_rule_of_the_data_names_file_line_and_key(yaml: str, parts: list[str]) -> None:
    text = complaint(yaml)
    assert [part for part in parts if part not in text] == [], text
