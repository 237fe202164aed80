"""The load that the prediction service takes, over the loopback: requests per second, latencies, memory.

Figures depend on the machine, so look at the ratios, which compare measurements of one run, and their limits:

- HTTP: the median of a single client beside the same work without HTTP.
- clients: requests per second beside those of a single client. They share one thread that predicts.
- memory: at the end beside that after the first requests.
- recovery: the median of a single client after an overload beside that before it.

A refusal or an error ends it with exit code 1 where there must be none, because it is faster than a prediction.

Example:
    python benchmarks/serve.py --requests 400
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import psutil
import torch

from digits.inference.classifier import Classifier
from digits.inference.sources import Origin
from digits.inference.weights import read_weights
from digits.model import WEIGHTS
from digits.serve.limits import Limits
from digits.serve.messages import read_json, write_json
from digits.serve.process import ANSWER_SECONDS, running_service

if TYPE_CHECKING:
    from digits.serve.process import RunningService

ROWS = (1, 256)
CLIENTS = (1, 4, 16)
WARM_UP = 20
OVERLOAD_CLIENTS = 16
OVERLOAD_PLACES = 2
RECOVERY_REQUESTS = 100

HTTP_LIMIT = {1: 6.0, 256: 2.0}
CLIENTS_LIMIT = 0.5
MEMORY_LIMIT = 1.3
RECOVERY_LIMIT = 2.0
"""On a shared machine, 1.25 and 1.45 were seen although nothing was slower."""


class Load(NamedTuple):
    """What some clients measured.

    Attributes:
        seconds: of all of it.
        latencies: of each answer, in milliseconds, ascending.
        statuses: of each answer.
    """

    seconds: float
    latencies: list[float]
    statuses: list[int]

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.latencies) / self.seconds

    @property
    def median(self) -> float:
        """The median latency in milliseconds."""
        return statistics.median(self.latencies)

    def percentile(self, percent: int) -> float:
        """A latency in milliseconds."""
        return statistics.quantiles(self.latencies, n=100, method="inclusive")[percent - 1]

    @property
    def errors(self) -> int:
        """Answers that are no predictions."""
        return sum(status != HTTPStatus.OK for status in self.statuses)


def main() -> None:
    """Measure and print tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=400, help="of one row at each level; an eighth of 256 rows")
    parser.add_argument("--model", type=Path, default=WEIGHTS)
    arguments = parser.parse_args()
    with running_service("--model", str(arguments.model)) as service:
        load(service, 1, WARM_UP, body_of(max(ROWS)))
        memory = psutil.Process(service.process.pid).memory_info
        before = memory().rss
        print("| rows | clients | requests/s | rows/s | p50 ms | p95 ms | p99 ms | ratio | limit |")
        print("|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
        for rows in ROWS:
            measure_rows(service, rows, arguments.requests if rows == 1 else arguments.requests // 8, arguments.model)
        after = memory().rss
    print("\n| ratio | value | limit |\n|---|---:|---:|")
    print(f"| memory, {before / 2**20:.0f} to {after / 2**20:.0f} MiB | {after / before:.2f} | {MEMORY_LIMIT} |")
    measure_overload(arguments.model, arguments.requests)


def measure_rows(service: RunningService, rows: int, requests: int, model: Path) -> None:
    """Print a line for each number of clients."""
    alone = None
    for clients in CLIENTS:
        found = load(service, clients, requests, body_of(rows))
        require_predictions(found)
        if alone is None:
            alone = found
            ratio = f"{found.median / without_http(rows, model):.2f} HTTP | {HTTP_LIMIT[rows]} at most"
        else:
            ratio = f"{found.rate / alone.rate:.2f} clients | {CLIENTS_LIMIT} at least"
        figures = " | ".join(f"{found.percentile(percent):.1f}" for percent in (50, 95, 99))
        rates = f"{found.rate:.0f} | {found.rate * rows:.0f}"
        print(f"| {rows} | {clients} | {rates} | {figures} | {ratio} |", flush=True)


def measure_overload(model: Path, requests: int) -> None:
    """Send more at once than the service takes, and see that it says so and recovers."""
    body = body_of(max(ROWS))
    with running_service("--model", str(model), "--concurrency", str(OVERLOAD_PLACES)) as service:
        load(service, 1, WARM_UP, body)
        before = load(service, 1, RECOVERY_REQUESTS, body)
        over = load(service, OVERLOAD_CLIENTS, requests, body)
        after = load(service, 1, RECOVERY_REQUESTS, body)
    require_predictions(before, after)
    ratio = after.median / before.median
    print(f"| recovery, median {before.median:.1f} and {after.median:.1f} ms | {ratio:.2f} | {RECOVERY_LIMIT} |")
    counts = {status: over.statuses.count(status) for status in sorted(set(over.statuses))}
    said = ", ".join(f"{count} times {status:d}" for status, count in counts.items())
    print(f"\n{OVERLOAD_CLIENTS} clients where {OVERLOAD_PLACES} are served: {said}; after that, no errors.")


def require_predictions(*loads: Load) -> None:
    """End with an error if an answer is no prediction."""
    if errors := sum(each.errors for each in loads):
        sys.exit(f"error: {errors} answers are no predictions, so the figures say nothing")


def load(service: RunningService, clients: int, requests: int, body: bytes) -> Load:
    """Send requests from several clients, each over one connection, one after the other."""
    start = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        shares = [len(range(client, requests, clients)) for client in range(clients)]
        found = [each for client in pool.map(lambda share: send(service, share, body), shares) for each in client]
    seconds = time.perf_counter() - start
    return Load(seconds, sorted(latency for latency, _ in found), [status for _, status in found])


def send(service: RunningService, requests: int, body: bytes) -> list[tuple[float, int]]:
    """The milliseconds and the status of each answer."""
    connection = http.client.HTTPConnection(service.address, timeout=ANSWER_SECONDS)
    found = []
    for _ in range(requests):
        start = time.perf_counter()
        connection.request("POST", "/predict", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        response.read()
        found.append(((time.perf_counter() - start) * 1e3, response.status))
    connection.close()
    return found


def without_http(rows: int, model: Path) -> float:
    """The median milliseconds of the same work in this process: read, predict, write."""
    torch.set_num_threads(1)
    weights, body, times = read_weights(model), body_of(rows), []
    classifier, origin = Classifier(weights), Origin(path=str(model), sha256=weights.sha256)
    for _ in range(2 * WARM_UP):
        start = time.perf_counter()
        write_json(classifier.predict(read_json(body, Limits().rows)), origin)
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times[WARM_UP:])


def body_of(rows: int) -> bytes:
    """A request of random digits."""
    images = np.random.default_rng(rows).integers(0, 17, (rows, 8, 8)).tolist()
    return json.dumps({"digits": [{"id": f"d{row}", "pixels": image} for row, image in enumerate(images)]}).encode()


if __name__ == "__main__":
    main()
