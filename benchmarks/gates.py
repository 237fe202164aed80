"""What becomes of a model if 200 requests in a row each pass a gate, with and without a fixed anchor.

Each request changes the true accuracy a little, more often for the worse than for the better. Its model is tested on
the same rows as the one before, judged as ``headway gate`` judges, and merged if its gate passes. The same number of
streams gives the same bytes.

Example:
    python benchmarks/gates.py --streams 2
"""

from __future__ import annotations

import argparse
import os
import sys
from math import sqrt
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import numpy as np
from judge.statistics.arrays import ArraySample
from msgspec import UNSET
from scipy.special import ndtri
from single_metric import judge_alone

from headway.judge.gates.judging import judge_gates
from headway.judge.gates.references import Anchored
from headway.judge.statistics.compare import compare_paired
from headway.numbers import format_change
from headway.settings import Estimator, GateRule, MetricRule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from headway.values.comparison import Metric

    Floats = NDArray[np.float64]

SEED = 20_261_130
STREAMS = 40
REQUESTS = 200
SIZES = (1000, 5000, 20_000)
EFFECT, SPREAD = -0.001, 0.004
"""The mean and the standard deviation of the true effect of a request."""
MARGIN = 0.01
ACCURACY = 0.8
SHARED = 0.9
"""The share of the variance of a row's difficulty that all models have in common."""
KEPT = 0.9
"""The correlation of the rest between a model and the one that it is made from."""
RULES = {
    "point rule, against base: `max_regression: 0.01`": GateRule(max_regression=MARGIN, against=("base",)),
    "margin, against base: `margin: 0.01, against: [base]`": GateRule(margin=MARGIN, against=("base",)),
    "margin, against base and anchor: `margin: 0.01`": GateRule(margin=MARGIN),
}
KEY = ("metrics.json", "accuracy")
DOCUMENT = Path(__file__).parent.parent / "docs" / "gates.md"
BEGIN, END = "<!-- begin: benchmarks/gates.py -->", "<!-- end: benchmarks/gates.py -->"


class Stream(NamedTuple):
    """One sequence of requests on one test set.

    Attributes:
        rule: the name of the gate's rule.
        rows: the number of rows of the test set.
        number: which one; it decides the random numbers, which are the same for all rules.
        requests: how many there are.
    """

    rule: str
    rows: int
    number: int
    requests: int = REQUESTS


class End(NamedTuple):
    """The true change of the accuracy after a stream, and the requests that were merged."""

    change: float
    merged: int


class Model(NamedTuple):
    """A model that is right about a row if the row's difficulty for it is below a threshold.

    Attributes:
        accuracy: the share of all possible rows that it is right about.
        own: its own part of each row's difficulty, of shape (rows,).
    """

    accuracy: float
    own: Floats

    def sample(self, shared: Floats) -> ArraySample:
        """Its predictions for a test set, whose difficulties that all models share are given."""
        difficulty = sqrt(SHARED) * shared + sqrt(1 - SHARED) * self.own
        right = difficulty < ndtri(self.accuracy)
        return ArraySample(actual_codes=np.ones(len(right)), predicted_codes=right)


def main() -> None:
    """Simulate the streams and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=STREAMS, help="streams of each kind (default: %(default)s)")
    parser.add_argument("--write", action="store_true", help="write the table into docs/gates.md")
    options = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"  # each process uses one core
    streams = [Stream(rule, rows, number) for rule in RULES for rows in SIZES for number in range(options.streams)]
    with get_context("spawn").Pool() as pool:
        ends = dict(zip(streams, pool.imap(play, streams, chunksize=1), strict=True))
    text = table(ends)
    print(text)
    if options.write:
        DOCUMENT.write_text(placed(DOCUMENT.read_text(), text))


def play(stream: Stream) -> End:
    """Merge each request of a stream whose gate passes."""
    rng = np.random.default_rng([SEED, stream.rows, stream.number])
    shared = rng.standard_normal(stream.rows)
    base = anchor = Model(ACCURACY, rng.standard_normal(stream.rows))
    merged = 0
    for _ in range(stream.requests):
        effect, noise = rng.normal(EFFECT, SPREAD), rng.standard_normal(stream.rows)
        head = Model(min(base.accuracy + effect, 1), KEPT * base.own + sqrt(1 - KEPT**2) * noise)
        if passes(RULES[stream.rule], *(model.sample(shared) for model in (anchor, base, head))):
            base, merged = head, merged + 1
    return End(base.accuracy - anchor.accuracy, merged)


def passes(gate: GateRule, anchor: ArraySample, base: ArraySample, head: ArraySample) -> bool:
    """Whether head passes a gate, judged as a report judges it."""
    rule = MetricRule(direction="higher", estimator="accuracy", gate=gate)
    anchored = None if gate.against == ("base",) else Anchored(metrics={KEY: compared(anchor, head)})
    gates = judge_gates([compared(base, head)], {"accuracy": rule}, anchored=anchored).gates
    return gates is not UNSET and gates.outcome == "pass"


def compared(base: ArraySample, head: ArraySample) -> Metric:
    """The accuracy of two models with its evidence and its verdict."""
    return judge_alone(compare_paired(Estimator(name="accuracy"), base, head), KEY)


def table(ends: Mapping[Stream, End]) -> str:
    """The true change after all requests, for each rule and number of rows, as Markdown."""
    sizes = sorted({stream.rows for stream in ends})
    lines = [_line("gate", *(f"{rows:,} rows" for rows in sizes)), "|---|" + "---:|" * len(sizes)]
    for rule in RULES:
        cells = [[end for each, end in ends.items() if (each.rule, each.rows) == (rule, rows)] for rows in sizes]
        lines.append(_line(rule, *map(_cell, cells)))
    return "\n".join(lines)


def _cell(ends: Sequence[End]) -> str:
    """The means over the streams: the change in percentage points, and the requests merged."""
    change = format_change(100 * float(np.mean([end.change for end in ends])), 1)
    return f"{change} pt, {np.mean([end.merged for end in ends]):.0f} merged"


def _line(*texts: str) -> str:
    return f"| {' | '.join(texts)} |"


def placed(document: str, text: str) -> str:
    """A document with the table between its marks."""
    before, rest = document.split(BEGIN)
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    main()
