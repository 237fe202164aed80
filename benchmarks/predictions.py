"""Testing metrics on the predictions of both sides: run time and peak memory of the whole process.

Both sides are Parquet files with an id, the actual and the predicted class, the probability of each of ten classes, and
a column of twenty slices.
The rows of head are those of base in the same order, or shuffled, with whole numbers or with text as their ids. Each
process pairs the rows, and then tests metrics that count rows, and metrics of probabilities, as `headway diff` does; at
last, it tests two metrics of either kind on each slice.

With `--parts`, the metrics that add up are computed in one process, and in several parts, as `headway evidence --part`
does, one part after the other; the peak memory is that of the largest part.

Example:
    python benchmarks/predictions.py --rows 10000000
    python benchmarks/predictions.py --rows 10000000 --parts 4
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from headway.datasets.predictions.pairing import pair_predictions
from headway.datasets.predictions.parts import Part
from headway.datasets.predictions.prediction_table import open_predictions
from headway.datasets.predictions.slices import divide, read_slices
from headway.judge.statistics.compare import compare_paired
from headway.judge.statistics.unpaired import compare_each
from headway.judge.summaries.sliced import classes_of, summarize_slices
from headway.judge.summaries.summary import summarize, why_not
from headway.settings import Estimator, PredictionsRule
from headway.values.tables import DataFile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.datasets.predictions.pairing import PairedPredictions

CLASSES = 10
SLICES = 20
ACCURACY = 0.9
COUNTS = (
    Estimator(name="accuracy"),
    *(Estimator(name=name, average="macro") for name in ("precision", "recall", "f1")),
    Estimator(name="f1", average="weighted"),
    Estimator(name="f1", class_="3"),
    *(Estimator(name=name) for name in ("mcc", "kappa", "balanced_accuracy")),
)
PROBABILITIES = (
    *(Estimator(name=name) for name in ("log_loss", "brier", "top_k")),
    *(Estimator(name=name, average="macro") for name in ("roc_auc", "average_precision")),
)
ON_SLICES = (
    (Estimator(name="accuracy"), Estimator(name="f1", average="macro")),
    (Estimator(name="log_loss"), Estimator(name="roc_auc", average="macro")),
)
"""Metrics that count rows, and metrics of probabilities."""
RULE = PredictionsRule(
    path="predictions.parquet",
    id="id",
    actual="actual",
    predicted="predicted",
    probabilities="p_*",
    slices=("slice",),
    task="multiclass",
)
HEAD = (
    "| rows | ids, order | pairing, s | metrics of counts, s | of probabilities, s | slices: counts, s "
    "| slices: probabilities, s | all, CPU s | peak MiB |"
)

HEAD_OF_PARTS = "| rows | part | rows of the part | reading, s | summaries, s | all, CPU s | peak MiB |"


def main() -> None:
    """Measure each case in a process of its own, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 10_000_000], help="numbers of rows to measure")
    parser.add_argument("--parts", type=int, metavar="N", help="compare one process with so many parts")
    parser.add_argument("--part", help=argparse.SUPPRESS)
    parser.add_argument("--measure", nargs=2, type=Path, metavar=("BASE", "HEAD"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.part:
        print(_measured_part(*arguments.measure, part=arguments.part))
        return
    if arguments.measure:
        print(_measured(*arguments.measure))
        return
    if arguments.parts:
        print(f"{HEAD_OF_PARTS}\n|---:|---|---:|---:|---:|---:|---:|")
        for rows in arguments.rows:
            with tempfile.TemporaryDirectory() as folder:
                _measure_parts(Path(folder), rows, arguments.parts)
        return
    print(f"{HEAD}\n|---:|---|---:|---:|---:|---:|---:|---:|---:|")
    for rows in arguments.rows:
        for ids in ("whole numbers", "text"):
            with tempfile.TemporaryDirectory() as folder:
                _measure_all(Path(folder), rows, ids)


def _measure_all(folder: Path, rows: int, ids: str) -> None:
    base, same, shuffled = _write(folder, rows, is_text=ids == "text")
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for order, head in (("the same", same), ("shuffled", shuffled)):
        command = [sys.executable, __file__, "--measure", str(base), str(head)]
        found = subprocess.check_output(command, text=True, env=environ).strip()
        print(f"| {rows:,} | {ids}, {order} | {found} |", flush=True)


def _measure_parts(folder: Path, rows: int, count: int) -> None:
    """Text ids in another order on each side: the slowest case."""
    base, _, head = _write(folder, rows, is_text=True)
    for part in ("1/1", *(f"{place}/{count}" for place in range(1, count + 1))):
        command = [sys.executable, __file__, "--measure", str(base), str(head), "--part", part]
        found = subprocess.check_output(command, text=True).strip()
        print(f"| {rows:,} | {part} | {found} |", flush=True)


def _measured_part(base: Path, head: Path, *, part: str) -> str:
    start = time.perf_counter()
    place, count = map(int, part.split("/"))
    old, new = (DataFile(path=path.name, hash="", size=None, source=path) for path in (base, head))
    tables = open_predictions(RULE, [old], "base"), open_predictions(RULE, [new], "head")
    with tempfile.TemporaryDirectory() as folder:
        found = pair_predictions(*tables, part=Part(place, count, Path(folder)) if count > 1 else None)
        paired = time.perf_counter()
        sides = found.base, found.head
        for estimator in (*COUNTS, *PROBABILITIES):
            if not why_not(estimator, found.head):
                summarize(estimator, sides, sides)
    times = (paired - start, time.perf_counter() - paired, time.process_time())
    return f"{found.head.rows:,} | " + " | ".join(f"{seconds:.1f}" for seconds in times) + f" | {_peak():.0f}"


def _peak() -> float:
    """MiB; getrusage would give the peak of the process that forked this one."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _write(folder: Path, rows: int, *, is_text: bool) -> list[Path]:
    rng = np.random.default_rng(1)
    actual, numbers = rng.integers(0, CLASSES, rows), pl.Series(np.arange(rows))
    ids = "image_" + numbers.cast(pl.String) if is_text else numbers
    paths = [folder / f"{name}.parquet" for name in ("base", "same", "shuffled")]
    _side(rng, ids, actual).write_parquet(paths[0])
    head = _side(rng, ids, actual)
    head.write_parquet(paths[1])
    head[rng.permutation(rows)].write_parquet(paths[2])
    return paths


def _side(rng: np.random.Generator, ids: pl.Series, actual: np.ndarray) -> pl.DataFrame:
    rows = len(actual)
    predicted = np.where(rng.random(rows) < ACCURACY, actual, rng.integers(0, CLASSES, rows))
    rest = rng.random(rows, dtype=np.float32) * 0.05
    columns = {"id": ids, "actual": actual, "predicted": predicted, "slice": np.arange(rows) % SLICES}
    for code in range(CLASSES):
        columns[f"p_{code}"] = np.where(predicted == code, 1 - (CLASSES - 1) * rest, rest)
    return pl.DataFrame(columns)


def _measured(base: Path, head: Path) -> str:
    start = time.perf_counter()
    old, new = (DataFile(path=path.name, hash="", size=None, source=path) for path in (base, head))
    found = pair_predictions(open_predictions(RULE, [old], "base"), open_predictions(RULE, [new], "head"))
    paired = time.perf_counter()
    _test(found, COUNTS)
    counted = time.perf_counter()
    _test(found, PROBABILITIES)
    probable = time.perf_counter()
    ends = [_end_of_slices(found, estimators) for estimators in ON_SLICES]
    stops = (start, paired, counted, probable, *ends)
    times = (*(stop - before for before, stop in pairwise(stops)), time.process_time())
    return " | ".join(f"{seconds:.1f}" for seconds in times) + f" | {_peak():.0f}"


def _end_of_slices(found: PairedPredictions, estimators: Sequence[Estimator]) -> float:
    """The time at which metrics were tested on each slice."""
    for estimator in estimators:
        slices = list(read_slices("slice", found.labels[1:], found.labels[1:]))
        if why_not(estimator, found.head):
            positions = [part.head for part in slices]
            sides = zip(divide(found.base, positions), divide(found.head, positions), strict=True)
            for _ in compare_each(estimator, list(sides), is_paired=True):
                pass
            continue
        rows = [(part.value, part.head) for part in slices]
        for part in summarize_slices(estimator, found.base, found.head, rows):
            part.compare(estimator, classes_of(found.head))
    return time.perf_counter()


def _test(found: PairedPredictions, estimators: Sequence[Estimator]) -> None:
    for estimator in estimators:
        compare_paired(estimator, found.base, found.head)


if __name__ == "__main__":
    main()
