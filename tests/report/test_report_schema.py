"""The JSON Schema describes report.json completely, and other tools accept it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError
from samples import digits_report, hostile_report

from headway.report.codec import encode
from headway.report.schema import json_schema

SCHEMA = json_schema()


def test_it_is_valid() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"].endswith("2020-12/schema")
    assert SCHEMA["$id"] == "urn:headway.report:2"


@pytest.mark.parametrize("report", [digits_report(), hostile_report()], ids=["digits", "hostile"])
def test_real_reports_are_valid(report: Any) -> None:
    Draft202012Validator(SCHEMA).validate(json.loads(encode(report)))


@pytest.mark.parametrize(
    ("place", "wrong"), [("schema", "headway.report/1"), ("metrics", {}), ("base", None), ("charts", [{"kind": "pie"}])]
)
def test_it_rejects_anything_else(place: str, wrong: object) -> None:
    report = json.loads(encode(digits_report())) | {place: wrong}
    with pytest.raises(ValidationError):
        Draft202012Validator(SCHEMA).validate(report)


@pytest.mark.parametrize("name", ["", *SCHEMA["$defs"]])
def test_every_key_is_described(name: str) -> None:
    definition = SCHEMA["$defs"][name] if name else SCHEMA
    texts = {key: value.get("description", "") for key, value in definition["properties"].items()}
    texts[""] = definition["description"]
    assert all(text.endswith(".") for text in texts.values()), texts


def test_inherited_and_shared_attributes_are_described() -> None:
    line = SCHEMA["$defs"]["LineChart"]["properties"]
    assert "alternative text" in line["alt"]["description"]
    metric = SCHEMA["$defs"]["Metric"]["properties"]
    assert metric["base"]["description"] == metric["head"]["description"]
