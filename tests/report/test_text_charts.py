"""What a report says of its charts where no images can be shown."""

from __future__ import annotations

import pytest
from samples import make_report

from headway.report import markdown
from headway.report.text_charts import charts_as_text, sparkline
from headway.values.chart import LineChart, Points, ScatterChart, Series


@pytest.mark.parametrize(
    ("values", "drawn"),
    [
        ([0, 1, 2, 3, 4, 5, 6, 7], "▁▂▃▄▅▆▇█"),
        ([3.0, 3.0], "▄▄"),
        ([], ""),
        ([0.3, 0.3 + 1e-8, 0.3 + 2e-8], "▄▄▄"),
        ([0, None, 7], "▁ █"),
        ([float(n // 10) for n in range(480)], "▁▁▁▂▂▂▃▃▃▄▄▄▅▅▅▆▆▆▇▇▇███"),
    ],
)
def test_sparklines(values: list[float | None], drawn: str) -> None:
    numbers = [value for value in values if value is not None]
    assert sparkline(values, min(numbers, default=0), max(numbers, default=0)) == drawn


def test_charts_become_words_and_curves() -> None:
    base, head = Points(x=(0.0, 1.0, 2.0), y=(4.0, 2.0, 1.0)), Points(x=(0.0, 1.0, 2.0), y=(4.0, 1.0, 0.0))
    curve = LineChart(
        id="loss",
        title="loss",
        alt="loss by epoch: 1 -> 0.",
        x_label="epoch",
        y_label="loss",
        series=(Series(name="", base=base, head=head), Series(name="train", head=head)),
    )
    cloud = ScatterChart(id="c", title="cloud", alt="40 points.", x_label="x", y_label="y", series=())
    report = charts_as_text(make_report("acc 0.90 -> 0.92 higher", charts=(curve, cloud)))
    assert report.charts == ()
    assert report.includes[0].head == (
        "loss\n  loss by epoch: 1 -> 0.\n  █▅▃  base\n  █▃▁  head\n  █▃▁  head train\n\ncloud\n  40 points.\n"
    )
    assert "only in head" not in markdown.render(report), "they are of both sides"


def test_a_curve_with_gaps_and_without_an_end() -> None:
    base = Points(x=(0.0, 1.0, 4.0, 5.0), y=(4.0, 3.0, 2.0, 1.0), breaks=(2,), lost=3, end="NaN")
    series = (Series(name="", base=base, head=Points(x=(), y=(), lost=6, end="empty cells")),)
    curve = LineChart(id="loss", title="loss", alt="Words.", x_label="epoch", y_label="loss", series=series)
    words = charts_as_text(make_report("acc 0.90 -> 0.92 higher", charts=(curve,))).includes[-1].head
    assert words == "loss\n  Words.\n  █▆ ▃▁  base, ends in NaN\n  no number  head, ends in empty cells\n"


def test_a_report_without_charts_stays_as_it_is() -> None:
    report = make_report("acc 0.90 -> 0.92 higher")
    assert charts_as_text(report) is report
