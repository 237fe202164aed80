"""The JSON Schema of settings accepts and refuses what the loader does, and describes every key."""

from __future__ import annotations

import json
import re
import tomllib
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from jsonschema import Draft7Validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from headway.cli.main import run
from headway.errors import SettingsError
from headway.settings import Settings, load_settings
from headway.settings.checks import expand
from headway.settings.json_schema import EDITOR_LINE, SCHEMA_NAME, json_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jsonschema import ValidationError

ROOT = Path(__file__).parents[2]
SCHEMA = json_schema()
VALIDATOR = Draft7Validator(SCHEMA)
TABLES = {"": SCHEMA, **SCHEMA["definitions"]}

EVERY_KEY = """
base: develop
metrics:
  mae: lower
  accuracy:
    direction: higher
    estimator: accuracy
    margin: 0.01
    predictions: a.csv
    format: {digits: 2, percent: true, unit: x, title: A}
    gate:
      margin: 0.02
      require_improvement: true
      min: 0
      max: 1
      max_regression: {absolute: 0.1, relative: 0.1}
      max_improvement: 0.5
      on_cannot_tell: fail
      against: [base, anchor]
      slices: {min: 0.5, on_cannot_tell: pass}
  "f1.*": {estimator: {name: f1, class: "*"}, rows: 100, unit: pt, format: percent}
  top: {estimator: {name: top_k, k: 3}, rows: rows}
  q: {estimator: {name: quantile_loss, quantile: 0.9}}
  em: {estimator: {name: mean, column: em}}
  auc: {estimator: {name: roc_auc, average: macro}}
  ms: {direction: lower, machine: true, gate: {max_slowdown: 0.1}}
headline: [accuracy]
sections: {charts: show, data: fold}
include: [{path: a.md, title: A}]
data:
  a.csv: {id: id, label: y, splits: [b.csv], required: [y], ranges: {x: {min: 0, max: 1}}, labels: [1, b, true, 0.5],
    max_class_share_change: 0.1}
evaluation: [a.csv]
predictions:
  - {path: a.csv, id: id, actual: y, predicted: z, probabilities: "p_*", group: g, slices: [s], overlap: 0.5,
    examples: {image: i, text: [t], from: b.csv}}
  - {path: b.csv, id: id, actual: y, score: s, positive: 1, task: binary, examples: {pixels: "x_*"}}
  - {path: c.csv, actual: "y_*", probabilities: {cat: p1}, task: multilabel}
threshold: 0.5
runs: runs/*.json
anchor: v1
gates:
  data: {a.csv: approval}
  params: {seed: approval}
  training: {"a.csv:v": {direction: lower, train: t, best_before_last: true, finite: true, max_gap: 0,
    on_cannot_tell: warn}}
stages: {staging: {}, production: {after: staging, margins: {accuracy: 0.01}}}
accepted: [{what: accuracy, by: Ada, why: short, until: "2027-01-01"}]
images: {store: bucket, branch: b, bucket: "s3://b", bucket_url: "https://b.example"}
"""
WRONG: tuple[object, ...] = (None, True, -1, 2.5, 10**20, "", "x", "../x", [], ["x"], [1], {}, {"x": "y"}, "x" * 600)
"""In place of each value of these settings, some of it is right and some of it is wrong."""


def as_json(text: str) -> Any:
    """A YAML document as an editor sees it, in which a date is a text."""
    return json.loads(json.dumps(YAML(typ="safe", pure=True).load(text), default=date.isoformat))


def can_be_loaded(text: str) -> bool:
    try:
        load_settings({"headway.yaml": text.encode()}.get, "workspace")
    except SettingsError:
        return False
    return True


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of each value in a document."""
    yield path
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield from places(value[key], (*path, key))


def changed(document: Any, path: tuple[Any, ...], value: object) -> Any:
    """The document with another value at a path."""
    if not path:
        return value
    copy = deepcopy(document)
    inside = copy
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = value
    return copy


def has_right_types(document: Any) -> bool:
    try:
        msgspec.convert(expand({} if document is None else document), Settings)  # an empty file sets nothing
    except msgspec.ValidationError:
        return False
    return True


def test_it_is_valid_and_does_not_promise_an_address() -> None:
    Draft7Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert "$id" not in SCHEMA


@pytest.mark.parametrize("name", TABLES)
def test_every_key_of_every_table_is_described_and_no_other_is_allowed(name: str) -> None:
    table = TABLES[name]
    texts = [table["description"], *(value["description"] for value in table["properties"].values())]
    assert [text for text in texts if not text.endswith(".") or "``" in text] == []
    assert table["additionalProperties"] is False


def test_the_document_with_every_key_has_every_key() -> None:
    keys = {key for path in places(as_json(EVERY_KEY)) for key in path}
    assert {key for table in TABLES.values() for key in table["properties"]} <= keys
    assert can_be_loaded(EVERY_KEY)
    VALIDATOR.validate(as_json(EVERY_KEY))


def test_defaults_are_the_loader_s() -> None:
    without = {name: prop["default"] for name, prop in TABLES["Estimator"]["properties"].items() if "default" in prop}
    assert without == {"k": 5, "quantile": 0.5}
    assert TABLES["ImageSettings"]["properties"]["branch"]["default"] == "headway-images"


def small_documents() -> Iterator[Any]:
    """The settings of :data:`EVERY_KEY`, one at a time, because each is checked many times."""
    for key, value in as_json(EVERY_KEY).items():
        parts = [{name: part} for name, part in value.items()] if key == "metrics" else [value]
        yield from ({key: part} for part in parts)


def test_the_loader_and_the_schema_agree_about_every_value() -> None:
    """The schema refuses every wrong type, key and value; and never what the loader accepts."""
    disputed, agreed = [], {True: 0, False: 0}
    for document in small_documents():
        for path in places(document):
            for value in WRONG:
                other = changed(document, path, value)
                fits, valid = has_right_types(other), VALIDATOR.is_valid(other)
                agreed[valid] += 1
                if fits != valid and (valid or can_be_loaded(json.dumps(other))):
                    disputed.append((path, value))
    assert disputed == []
    assert min(agreed.values()) > 200


def allowed_by(schema_errors: Iterable[ValidationError]) -> Iterator[str]:
    """The end of the loader's sentence, from what the schema allows where it finds an unknown key or word."""
    for error in schema_errors:
        schema: Any = error.schema
        names = schema.get({"enum": "enum", "additionalProperties": "properties"}.get(str(error.validator)), ())
        if names:
            yield f"allowed: {', '.join(names)}."
        yield from allowed_by(error.context or ())


def test_errors_list_the_keys_and_words_of_the_schema() -> None:
    """Both come from the same types, so neither can name what the other does not know."""
    compared = 0
    for document in small_documents():
        for path in places(document):
            value = document
            for key in path:
                value = value[key]
            other = changed(document, path, {**value, "zz": "zz"} if isinstance(value, dict) else "zz")
            if isinstance(value, dict | str) and (allowed := set(allowed_by(VALIDATOR.iter_errors(other)))):
                with pytest.raises(SettingsError) as caught:
                    load_settings({"headway.yaml": json.dumps(other).encode()}.get, "workspace")
                assert any(words in str(caught.value) for words in allowed), (path, allowed)
                compared += 1
    assert compared > 30


def yaml_blocks() -> Iterator[str]:
    """The blocks of the documentation that have keys of settings and no others; some are parts of a dvc.yaml."""
    for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")):
        for block in re.findall(r"^```ya?ml\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE):
            try:
                document = as_json(block)
            except YAMLError:
                continue
            if isinstance(document, dict) and document and set(document) <= set(SCHEMA["properties"]):
                yield block


def test_every_settings_file_is_valid() -> None:
    files = [ROOT / "headway.yaml", *ROOT.glob("examples/**/headway.yaml")]
    assert len(files) >= 4
    for file in files:
        VALIDATOR.validate(as_json(file.read_text()))


def test_every_block_of_the_documentation_that_can_be_loaded_is_valid() -> None:
    blocks = list(yaml_blocks())
    assert sum(map(can_be_loaded, blocks)) > 20
    assert [block for block in blocks if can_be_loaded(block) != VALIDATOR.is_valid(as_json(block))] == []


def test_every_tool_table_of_the_documentation_is_valid() -> None:
    pages = [page.read_text() for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))]
    tables = [
        json.loads(json.dumps(tomllib.loads(block)["tool"]["headway"], default=date.isoformat))
        for page in pages
        for block in re.findall(r"^```toml\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
        if "[tool.headway" in block
    ]
    assert tables
    for table in tables:
        VALIDATOR.validate(table)


def test_the_command_prints_the_file_that_the_editor_s_line_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["settings", "schema"]) == 0
    printed = capsys.readouterr().out
    assert run(["settings", "schema", "--out", str(tmp_path / SCHEMA_NAME)]) == 0
    assert (tmp_path / SCHEMA_NAME).read_text() == printed
    assert json.loads(printed) == SCHEMA
    assert printed == (ROOT / "docs/settings.schema.json").read_text()
    assert f"# yaml-language-server: $schema={SCHEMA_NAME}" == EDITOR_LINE
    assert can_be_loaded(f"{EDITOR_LINE}\nbase: main\n")
