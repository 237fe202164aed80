"""Pairing the rows of two tables of predictions: run time and peak memory of the whole process.

Both sides are Parquet files with an id, the actual and the predicted class. The rows of head are those of base in the
same order, or shuffled, with whole numbers or with text as their ids.

Example:
    python benchmarks/predictions.py --rows 10000000
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

from headway.datasets.predictions.pairing import pair_predictions
from headway.datasets.predictions.prediction_table import open_predictions
from headway.settings import PredictionsRule
from headway.values.tables import DataFile

RULE = PredictionsRule(path="predictions.parquet", id="id", actual="actual", predicted="predicted")


def main() -> None:
    """Measure each case in a process of its own, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000, help="number of rows (default: 10,000,000)")
    parser.add_argument("--pair", nargs=2, type=Path, metavar=("BASE", "HEAD"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.pair:
        print(_measured(*arguments.pair))
        return
    print("| ids, order | pairing, s | and the classes, s | CPU s | peak MiB |\n|---|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        for ids in ("whole numbers", "text"):
            base, same, shuffled = _write(Path(folder), arguments.rows, is_text=ids == "text")
            for order, head in (("the same", same), ("shuffled", shuffled)):
                command = [sys.executable, __file__, "--pair", str(base), str(head)]
                print(f"| {ids}, {order} | {subprocess.check_output(command, text=True).strip()} |", flush=True)


def _write(folder: Path, rows: int, *, is_text: bool) -> list[Path]:
    rng = np.random.default_rng(1)
    actual, ids = rng.integers(0, 10, rows), pl.Series(np.arange(rows))
    wrong = rng.integers(0, 10, (2, rows))
    base, head = (
        pl.DataFrame(
            {
                "id": "image_" + ids.cast(pl.String) if is_text else ids,
                "actual": actual,
                "predicted": np.where(rng.random(rows) < 0.9, actual, other),  # noqa: PLR2004 - a usual accuracy
            }
        )
        for other in wrong
    )
    paths = [folder / f"{name}.parquet" for name in ("base", "same", "shuffled")]
    for frame, path in zip((base, head, head[rng.permutation(rows)]), paths, strict=True):
        frame.write_parquet(path)
    return paths


def _measured(base: Path, head: Path) -> str:
    start = time.perf_counter()
    old, new = (DataFile(path=path.name, hash="", size=None, source=path) for path in (base, head))
    found = pair_predictions(open_predictions(RULE, [old], "base"), open_predictions(RULE, [new], "head"))
    paired = time.perf_counter() - start
    for sample in (found.base, found.head):
        sample.actual()
        sample.predicted()
    status = Path("/proc/self/status").read_text()  # getrusage would give the peak of the process that forked this one
    peak = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    return f"{paired:.1f} | {time.perf_counter() - start:.1f} | {time.process_time():.1f} | {peak:.0f}"


if __name__ == "__main__":
    main()
