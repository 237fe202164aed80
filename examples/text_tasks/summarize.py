"""Stage: score all tasks together, and write a table of them for a chart."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from evaluate import scores


def read_samples(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """The samples of every task, by its name."""
    files = sorted(folder.glob("*/samples.jsonl"))
    return {file.parent.name: [json.loads(line) for line in file.read_text().splitlines()] for file in files}


def main() -> None:
    """Write ``results/metrics.json`` and ``results/tasks.csv``."""
    tasks = read_samples(Path("results"))
    everything = [sample for samples in tasks.values() for sample in samples]
    Path("results/metrics.json").write_text(json.dumps(scores(everything), indent=2) + "\n")
    with Path("results/tasks.csv").open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["task", "exact_match"])
        table.writerows((task, scores(samples)["exact_match"]) for task, samples in tasks.items())


if __name__ == "__main__":
    main()
