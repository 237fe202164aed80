"""The JSON Schema says what report.json promises, and is a schema that others' tools accept."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError
from samples import digits_report, hostile_report

from headway.report.codec import encode
from headway.report.schema import json_schema

SCHEMA = json_schema()


def test_it_is_a_schema_of_its_dialect() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"].endswith("2020-12/schema")
    assert SCHEMA["$id"] == "urn:headway.report:2"


@pytest.mark.parametrize("report", [digits_report(), hostile_report()], ids=["digits", "hostile"])
def test_real_reports_keep_to_it(report: Any) -> None:
    Draft202012Validator(SCHEMA).validate(json.loads(encode(report)))


@pytest.mark.parametrize(
    ("place", "wrong"), [("schema", "headway.report/1"), ("metrics", {}), ("base", None), ("charts", [{"kind": "pie"}])]
)
def test_it_refuses_what_is_no_report(place: str, wrong: object) -> None:
    report = json.loads(encode(digits_report())) | {place: wrong}
    with pytest.raises(ValidationError):
        Draft202012Validator(SCHEMA).validate(report)


def test_every_key_of_the_report_is_described() -> None:
    descriptions = {key: value.get("description", "") for key, value in SCHEMA["properties"].items()}
    assert all(text[:1].isupper() and text.endswith(".") for text in descriptions.values()), descriptions


def test_inherited_and_shared_attributes_are_described() -> None:
    line = SCHEMA["$defs"]["LineChart"]["properties"]
    assert line["alt"]["description"].startswith("The picture in words")
    metric = SCHEMA["$defs"]["Metric"]["properties"]
    assert metric["base"]["description"] == metric["head"]["description"]


def test_every_definition_is_described() -> None:
    assert all(definition["description"] for definition in SCHEMA["$defs"].values())
