"""A small model in a file, and requests to the service without a network."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, NamedTuple

import safetensors.torch
import torch

from digits.card import Convolution
from digits.dataset import PIXELS
from digits.inference.classifier import Classifier
from digits.inference.sources import Model, Origin
from digits.inference.weights import read_weights
from digits.model import build
from digits.serve.app import Service
from digits.serve.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping
    from pathlib import Path

    from digits.card import Architecture

JSON = "application/json"
CSV = "text/csv"
SMALL = Convolution(channels=(4, 8), hidden=16)
BLANK = [[0] * 8 for _ in range(8)]


def write_weights(path: Path, seed: int = 1, architecture: Architecture = SMALL) -> Path:
    """An untrained network, which answers something."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = build(architecture)
    path.parent.mkdir(parents=True, exist_ok=True)
    safetensors.torch.save_file(net.state_dict(), path)
    return path


def read_model(path: Path) -> Model:
    weights = read_weights(path)
    return Model(Classifier(weights), Origin(path="digits.safetensors", sha256=weights.sha256))


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """Asks one service. Bodies come in parts, and each part when it is ready."""

    def __init__(self, model: Model, **limits: Any) -> None:
        self.service = Service(model, Limits(**limits))
        self._app = self.service.app()
        self.sent: list[MutableMapping[str, Any]] = []
        """What the service has sent, while it answers."""

    def ask(self, method: str, path: str, *parts: bytes, kind: str = JSON, **headers: str) -> Reply:
        async def next_part() -> dict[str, Any]:
            part = next(rest, None)
            return {"type": "http.request", "body": part or b"", "more_body": part is not None}

        rest = iter(parts)
        return asyncio.run(self.send(method, path, next_part, kind=kind, **headers))

    def predict(self, *digits: object, **headers: str) -> Reply:
        return self.ask("POST", "/predict", json.dumps({"digits": digits}).encode(), **headers)

    async def send(
        self, method: str, path: str, read: Callable[[], Awaitable[Any]], kind: str = JSON, **headers: str
    ) -> Reply:
        self.sent = sent = []

        async def note(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        named = {"content-type": kind, **{name.replace("_", "-"): value for name, value in headers.items()}}
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in named.items()],
        }
        await self._app(scope, read, note)
        start, *bodies = sent
        answered = {name.decode(): value.decode() for name, value in start["headers"]}
        return Reply(start["status"], answered, b"".join(each.get("body", b"") for each in bodies))


def digit(name: str, pixels: list[list[int]] = BLANK) -> dict[str, Any]:
    return {"id": name, "pixels": pixels}


def table(*lines: str, header: str = ",".join(["id", *PIXELS])) -> bytes:
    return "".join(f"{line}\n" for line in (header, *lines)).encode()


def line(name: str, **pixels: str) -> str:
    """A row of a table, blank but for some pixels."""
    return ",".join([name, *(pixels.get(pixel, "0") for pixel in PIXELS)])
