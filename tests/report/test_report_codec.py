"""report.json: written the same each time, read back whole, and refused with a reason where it is no report."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import pytest
from generated import rather_costly, reports
from hypothesis import given
from jsonschema import Draft202012Validator
from samples import CLASSES, digits_report, make_report

from headway.errors import ReportFileError
from headway.report import markdown
from headway.report.codec import MAX_BYTES, decode, encode
from headway.report.schema import json_schema
from headway.values.chart import ConfusionChart, LineChart, Points, Series
from headway.values.comparison import Param
from headway.values.flips import ClassFlips, Flips
from headway.values.report import SCHEMA, Include, Report

VALIDATOR = Draft202012Validator(json_schema())
KEYS = "schema base head metrics params stages data charts problems".split()  # noqa: SIM905  a list of words


def changed(report: Report, **top: Any) -> bytes:
    """The encoded report with other top-level values."""
    return json.dumps(json.loads(encode(report)) | top).encode()


def refusal(data: bytes) -> str:
    with pytest.raises(ReportFileError) as caught:
        decode(data)
    assert caught.value.remedy
    return str(caught.value)


class TestEncoding:
    def test_the_schema_comes_first_and_the_promised_keys_are_there(self) -> None:
        keys = list(json.loads(encode(digits_report())))
        assert keys[0] == "schema"
        assert set(KEYS) <= set(keys)

    def test_each_metric_has_its_line(self) -> None:
        lines = encode(make_report("acc 0.9 -> 0.92 higher\nloss 1 -> 2")).decode().splitlines()
        assert [line.strip()[:44] for line in lines if '"key"' in line] == [
            '{"file": "reports/metrics.json", "key": "acc',
            '{"file": "reports/metrics.json", "key": "los',
        ]
        assert lines[-1] == "}"

    def test_what_json_lacks_is_text(self) -> None:
        strange = Param(
            file="p.yaml",
            key="k",
            base=[math.nan, math.inf, {"x": -math.inf}],
            head=["lone \ud800", 10**400, 10**30],
            status="changed",
        )
        (param,) = json.loads(encode(make_report(params=(strange,))))["params"]
        assert param["base"] == ["NaN", "Infinity", {"x": "-Infinity"}]
        assert param["head"] == ["lone ?", str(10**400), 10**30]

    @rather_costly
    @given(reports)
    def test_any_report_comes_back_and_keeps_to_the_schema(self, report: Report) -> None:
        data = encode(report)
        assert decode(data) == report
        assert encode(report) == data
        VALIDATOR.validate(json.loads(data))

    @rather_costly
    @given(reports)
    def test_what_was_read_is_written_and_rendered_alike(self, report: Report) -> None:
        again = decode(encode(report))
        assert encode(decode(encode(again))) == encode(again)
        assert markdown.render(again) == markdown.render(report)


class TestDecoding:
    def test_unknown_keys_are_ignored(self) -> None:
        report = make_report("acc 0.9 -> 0.92")
        assert decode(changed(report, verdict={"later": "versions add keys"})) == report

    def test_a_wrong_type_is_named_with_its_place(self) -> None:
        metrics = json.loads(encode(make_report("acc 0.9 -> 0.92")))["metrics"]
        message = refusal(changed(make_report(), metrics=[metrics[0] | {"key": 5}]))
        assert "Expected `str`, got `int` - at `$.metrics[0].key`" in message

    @pytest.mark.parametrize("count", [-1, 2**53, 10**30, 10**400], ids=["negative", "2**53", "10**30", "10**400"])
    @pytest.mark.parametrize(
        "place", ["data.0.head.size", "data.1.base.files", "metrics.0.rank", "base.behind", "charts.1.head.0.0"]
    )
    def test_a_number_that_counts_nothing_is_named_with_its_place(self, place: str, count: int) -> None:
        report = json.loads(encode(digits_report()))
        *path, last = [int(part) if part.isdigit() else part for part in place.split(".")]
        holder = report
        for part in path:
            holder = holder[part]
        holder[last] = count
        message = refusal(json.dumps(report).encode())
        assert re.search(r"Expected `int` (>= 0|<= 9007199254740991) - at `\$\.", message)

    @pytest.mark.parametrize("version", [1, 7], ids=["older", "newer"])
    def test_another_schema_says_which_and_what_to_do(self, version: int) -> None:
        message = refusal(b'{"schema": "headway.report/%d", "base": "quite different"}' % version)
        assert f"'headway.report/{version}'" in message
        assert f"reads '{SCHEMA}'" in message
        assert "version of Headway" in message

    @pytest.mark.parametrize(
        ("data", "why"),
        [
            (b"", "truncated"),
            (b"{", "truncated"),
            (b"[]", "Expected `object`, got `array`"),
            (b"{}", "no `schema` key"),
            (b'{"schema": 1}', "$.schema"),
            (b'{"schema": "headway.report/2"}', "missing required field `generator`"),
            (b'{"schema": "headway.report/2", "generator": "\xff"}', "utf-8"),
            (b"NaN", "malformed"),
            (b'{"x": ' + b"[" * 100_000, "recursion"),
            (b" " * (MAX_BYTES + 1), f"{MAX_BYTES + 1:,} bytes"),
        ],
        ids=lambda value: value if isinstance(value, str) else str(value[:24]),
    )
    def test_anything_else_is_refused_with_a_reason(self, data: bytes, why: str) -> None:
        assert why in refusal(data)

    def test_a_truncated_report_is_refused(self) -> None:
        data = encode(digits_report())
        for length in range(0, len(data) - 2, 997):
            refusal(data[:length])

    @pytest.mark.parametrize(
        "path",
        [
            "../secret.png",
            "/etc/passwd",
            "charts/../../x.png",
            "C:\\x.png",
            "\\\\host\\x",
            "https://x/y.png",
            "a\nb",
            ".",
            "",
        ],
    )
    def test_no_image_is_outside_the_reports_folder(self, path: str) -> None:
        charts = json.loads(encode(digits_report()))["charts"]
        assert "$.charts[0].image_dark" in refusal(changed(make_report(), charts=[charts[0] | {"image_dark": path}]))
        include = Include(path="p", title="t", form="image", base=None, head=path)
        assert "$.includes[0].head" in refusal(encode(make_report(includes=(include,))))

    def test_the_text_of_a_section_is_no_path(self) -> None:
        report = make_report(includes=(Include(path="p", title="t", form="text", base=None, head="../x\n"),))
        assert decode(encode(report)) == report

    def test_columns_must_fit_together(self) -> None:
        series = (Series(name="", base=None, head=Points((1.0, 2.0), (1.0,))),)
        line = LineChart(id="l", title="l", alt="l", series=series, x_label="x", y_label="y")
        assert "$.charts[0]" in refusal(encode(make_report(charts=(line,))))

    @pytest.mark.parametrize("count", ["base", "head", "fixed", "broken"])
    def test_no_class_has_fewer_rows_than_any_of_its_counts(self, count: str) -> None:
        def having(rows: int) -> Report:
            counts = {"base": 0, "head": 0, "fixed": 0, "broken": 0, count: 1}
            of_class = ClassFlips(name="8", rows=rows, **counts)
            return make_report(flips=(Flips(path="p", rows=1, fixed_count=1, broken_count=0, classes=(of_class,)),))

        assert "$.flips[0].classes[0]" in refusal(encode(having(rows=0)))
        assert decode(encode(having(rows=1))) == having(rows=1)

    @pytest.mark.parametrize("counts", [((1,),), ((1, 2),) * 9, ((1,) * 10,) * 9 + ((1,),)])
    def test_a_confusion_matrix_must_have_its_classes_shape(self, counts: tuple[tuple[int, ...], ...]) -> None:
        chart = ConfusionChart(
            id="c",
            title="c",
            alt="c",
            labels_x=CLASSES,
            labels_y=CLASSES,
            base=None,
            head=counts,
            x_label="predicted",
            y_label="actual",
        )
        assert "equal length" in refusal(encode(make_report(charts=(chart,))))
