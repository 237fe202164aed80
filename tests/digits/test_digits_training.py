from __future__ import annotations

import hashlib
import os
import platform
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save

from digits import prepare, training
from digits.card import CARD, Architecture, Convolution, Epoch, ModelCard, Perceptron
from digits.dataset import Digits, read_split
from digits.distributed import Processes, choose_device, join
from digits.model import WEIGHTS, build
from digits.stage import PipelineError
from digits.training import EarlyStopping, Fit, Trainer, TrainParams, fit, shifted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

ARCHITECTURE = Convolution(channels=(4, 8), hidden=16)
PARAMS = TrainParams(
    device="cpu", seed=1, epochs=3, patience=3, batch_size=32, learning_rate=0.01, weight_decay=0.01, shift=1
)
ALONE = Processes(rank=0, count=1, device=torch.device("cpu"))


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def some(digits_table: pd.DataFrame) -> Digits:
    """97 digits: three batches of 32 and one of 1."""
    pixels = digits_table.filter(like="pixel").head(97).to_numpy(np.uint8)
    labels = digits_table["label"].head(97).to_numpy(np.int64)
    return Digits(tuple(digits_table["id"].head(97)), pixels.reshape(-1, 8, 8), labels)


def fitted(digits: Digits, architecture: Architecture = ARCHITECTURE, **changes: Any) -> Fit:
    return fit(Trainer.start(architecture, msgspec.structs.replace(PARAMS, **changes), ALONE), digits, digits)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes(some: Digits) -> None:
    first, second = fitted(some), fitted(some)
    assert save(first.best.weights) == save(second.best.weights)
    assert first.curve == second.curve


def test_another_seed_gives_another_model(some: Digits) -> None:
    assert save(fitted(some, seed=1).best.weights) != save(fitted(some, seed=2).best.weights)


@pytest.mark.parametrize("architecture", [ARCHITECTURE, Perceptron(hidden=16)], ids=["convolution", "perceptron"])
def test_the_model_learns(some: Digits, architecture: Architecture) -> None:
    curve = fitted(some, architecture, epochs=60, patience=60, shift=0).curve
    assert [epoch.epoch for epoch in curve] == list(range(1, 61))
    assert curve[-1].train_loss < curve[0].train_loss / 3
    assert curve[-1].validation_accuracy > 0.9


def test_the_curve_reports_what_the_kept_weights_do(some: Digits) -> None:
    result = fitted(some)
    net = build(ARCHITECTURE)
    net.load_state_dict(result.best.weights)
    trainer = replace(Trainer.start(ARCHITECTURE, PARAMS, ALONE), net=net)
    measured = trainer.measure(training.Sample.of(some, ALONE.device))
    best = min(result.curve, key=lambda epoch: epoch.validation_loss)
    assert measured.loss == pytest.approx(best.validation_loss)
    assert result.best.epoch == best.epoch


def test_training_stops_when_validation_no_longer_improves(some: Digits) -> None:
    mislabelled = some._replace(labels=(some.labels + 1) % 10)  # the better the fit, the worse the validation loss
    trainer = Trainer.start(ARCHITECTURE, msgspec.structs.replace(PARAMS, epochs=60, patience=2), ALONE)
    result = fit(trainer, some, mislabelled)
    assert len(result.curve) == result.best.epoch + 2 < 60


def early_stopping(losses: list[float], patience: int) -> tuple[int, EarlyStopping]:
    """The epoch after which it stops (0: never), and what it remembers."""
    stopping, net = EarlyStopping(patience), build(ARCHITECTURE)
    for epoch, loss in enumerate(losses, start=1):
        torch.nn.init.constant_(net.output.bias, epoch)
        if stopping.stop_after(epoch, loss, net):
            return epoch, stopping
    return 0, stopping


@pytest.mark.parametrize(
    ("losses", "patience", "stops", "best"),
    [
        ([3, 2, 1], 1, 0, 3),
        ([3, 2, 4, 4, 1], 2, 4, 2),
        ([3, 2, 4, 1, 4], 2, 0, 4),
        ([2, 2, 2], 2, 3, 1),  # a tie is no improvement
    ],
)
def test_patience_counts_epochs_since_the_best(losses: list[float], patience: int, stops: int, best: int) -> None:
    stopped, stopping = early_stopping(losses, patience)
    assert (stopped, stopping.epoch) == (stops, best)
    assert stopping.weights["output.bias"].tolist() == [best] * 10  # the weights of the best epoch, not of the last


def test_a_training_that_diverges_says_which_parameter_to_lower(some: Digits) -> None:
    with pytest.raises(PipelineError, match=r"diverged.*train\.learning_rate"):
        fitted(some, learning_rate=1e30)


def test_images_move_by_their_offsets() -> None:
    image = torch.arange(64.0).reshape(1, 1, 8, 8) + 1
    assert torch.equal(shifted(image, torch.tensor([[1, 1]]), 1), image)
    down = shifted(image, torch.tensor([[0, 1]]), 1)[0, 0]
    assert down[0].tolist() == [0.0] * 8
    assert torch.equal(down[1:], image[0, 0, :-1])
    left = shifted(image, torch.tensor([[1, 2]]), 1)[0, 0]
    assert left[:, -1].tolist() == [0.0] * 8
    assert torch.equal(left[:, :-1], image[0, 0, :, 1:])


@pytest.mark.parametrize(("rows", "count"), [(10, 3), (1, 2), (0, 2), (7, 7)])
def test_shards_are_disjoint_and_complete(rows: int, count: int) -> None:
    shards = [Processes(rank, count, torch.device("cpu")).shard(torch.arange(rows)) for rank in range(count)]
    assert sorted(torch.cat(shards).tolist()) == list(range(rows))


def test_only_rank_0_writes() -> None:
    assert [Processes(rank, 3, torch.device("cpu")).writes for rank in range(3)] == [True, False, False]


def test_without_torchrun_there_is_one_process() -> None:
    with join({}, "cpu") as processes:
        assert (processes.rank, processes.count) == (0, 1)
        assert processes.total(torch.tensor([2.0])).tolist() == [2.0]


@pytest.mark.parametrize(
    ("gpus", "mps", "processes", "device"),
    [
        (0, False, (1, 1, 0), "cpu"),
        (0, True, (1, 1, 0), "mps"),
        (0, True, (2, 2, 1), "cpu"),  # processes cannot meet on MPS
        (0, True, (2, 1, 0), "cpu"),  # nor on two machines
        (1, True, (1, 1, 0), "cuda:0"),
        (2, False, (2, 2, 1), "cuda:1"),
        (2, False, (4, 2, 1), "cuda:1"),
        (1, False, (2, 2, 0), "cpu"),  # fewer GPUs than processes: all of them on the CPU
    ],
)
def test_the_device_is_the_best_there_is(
    monkeypatch: pytest.MonkeyPatch, *, gpus: int, mps: bool, processes: tuple[int, int, int], device: str
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert choose_device(*processes) == torch.device(device)


EVERY_CPU = "aa38db4dbddf4002d2ad5e492b0233a3728ec04d16850d53375bca56f1abc683"
"""The SHA-256 of the model that the sliver gives in three epochs. Another torch or MKL may have another."""

OTHER_CPU = {"ATEN_CPU_CAPABILITY": "avx2", "MKL_ENABLE_INSTRUCTIONS": "SSE4_2", "MKL_CBWR": "AUTO"}
"""What makes torch and MKL compute as on a CPU with other vector units."""


@pytest.mark.slow
@pytest.mark.skipif(platform.machine() != "x86_64", reason="MKL computes alike on x86-64 only")
@pytest.mark.parametrize("environ", [{}, OTHER_CPU])
def test_every_x86_64_cpu_trains_the_same_model(sliver: Path, environ: dict[str, str]) -> None:
    params = sliver / "params.yaml"
    params.write_text(params.read_text().replace("epochs: 1", "epochs: 3"))
    prepare.main()
    command = [sys.executable, "-m", "digits.train"]
    subprocess.run(command, check=True, cwd=sliver, env={**os.environ, **environ}, capture_output=True)
    assert hashlib.sha256(WEIGHTS.read_bytes()).hexdigest() == EVERY_CPU


TORCHRUN = [
    *(sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"),
    *("--rdzv-backend", "c10d", "--rdzv-endpoint", "127.0.0.1:0", "--local-addr", "127.0.0.1"),
]


def curve(folder: Path) -> tuple[Epoch, ...]:
    return msgspec.json.decode((folder / CARD).read_bytes(), type=ModelCard).learning_curve


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["convolution", "perceptron"])
def test_two_processes_under_torchrun_agree_with_one(kind: str, sliver: Path) -> None:
    params = sliver / "params.yaml"
    params.write_text(params.read_text().replace("epochs: 1", "epochs: 3").replace("batch_size: 32", "batch_size: 39"))
    params.write_text(params.read_text().replace("kind: convolution", f"kind: {kind}"))
    prepare.main()
    assert len(read_split(training.TRAINING).ids) % 39 == 1  # the last batch leaves nothing for rank 1
    training.train({})
    for rank in ("0", "1"):
        (sliver / rank).mkdir()
        for name in ("splits", "params.yaml"):
            (sliver / rank / name).symlink_to(sliver / name)
    # Each rank in a folder of its own shows who writes.
    program = ["--no-python", "bash", "-c", f'cd "$RANK" && exec {sys.executable} -m digits.train']
    environ = {**os.environ, "GLOO_SOCKET_IFNAME": "lo"}
    subprocess.run([*TORCHRUN, *program], check=True, cwd=sliver, env=environ, capture_output=True, timeout=300)

    assert sorted(path.name for path in (sliver / "1").iterdir()) == ["params.yaml", "splits"]
    alone, together = (curve(folder) for folder in (sliver, sliver / "0"))
    assert [msgspec.structs.astuple(epoch) for epoch in alone] == [
        pytest.approx(msgspec.structs.astuple(epoch), rel=1e-3) for epoch in together
    ]
    weights = [load_file(folder / WEIGHTS) for folder in (sliver, sliver / "0")]
    assert all(torch.allclose(weights[0][name], weights[1][name], atol=1e-3) for name in weights[0])
