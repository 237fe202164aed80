"""The training of the network: the same seed gives the same bytes, on every x86-64 CPU."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import msgspec
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import AdamW, Optimizer
from tqdm import tqdm

from digits.card import Architecture, Convolution, Epoch, ModelCard, Perceptron, Width
from digits.dataset import CLASSES, LEVELS, SIZE, Digits, read_split
from digits.distributed import Device, Processes, join
from digits.model import DigitNet, build, normalise, save
from digits.stage import PipelineError, read_params

if TYPE_CHECKING:
    from collections.abc import Mapping

TRAINING = Path("splits/train.parquet")
VALIDATION = Path("splits/validation.parquet")

Count = Annotated[int, msgspec.Meta(ge=1)]


class ModelParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The section ``model`` of ``params.yaml``, where each value is explained: what any kind of network needs."""

    kind: Literal["convolution", "perceptron"]
    channels: tuple[Width, Width]
    hidden: Width

    @property
    def architecture(self) -> Architecture:
        """The network of this kind. Channels have no meaning for a perceptron, which leaves them out."""
        if self.kind == "perceptron":
            return Perceptron(self.hidden)
        return Convolution(self.channels, self.hidden)


class TrainParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The section ``train`` of ``params.yaml``, where each value is explained."""

    device: Device
    seed: Annotated[int, msgspec.Meta(ge=0)]
    epochs: Count
    patience: Count
    batch_size: Count
    learning_rate: Annotated[float, msgspec.Meta(gt=0)]
    weight_decay: Annotated[float, msgspec.Meta(ge=0)]
    shift: Annotated[int, msgspec.Meta(ge=0, le=SIZE)]


@dataclass(frozen=True)
class Sample:
    """A split on a device: images (digits, 1, 8, 8) in [0, 1] and labels (digits,)."""

    images: Tensor
    labels: Tensor

    @classmethod
    def of(cls, digits: Digits, device: torch.device) -> Sample:
        """Move a split to a device."""
        return cls(normalise(digits.images).to(device), torch.tensor(digits.labels, device=device))


class Means(NamedTuple):
    """Mean cross-entropy (nats) and accuracy of a pass over a sample."""

    loss: float
    accuracy: float


@dataclass
class EarlyStopping:
    """Remembers the best epoch and its weights, and says when ``patience`` epochs have passed without a better one."""

    patience: int
    epoch: int = 0
    loss: float = math.inf
    weights: dict[str, Tensor] = field(default_factory=dict)

    def stop_after(self, epoch: int, loss: float, net: DigitNet) -> bool:
        """Take note of an epoch's validation loss; whether to stop now."""
        if loss < self.loss:
            self.epoch, self.loss = epoch, loss
            self.weights = {name: value.cpu().clone() for name, value in net.state_dict().items()}
        return epoch - self.epoch >= self.patience


@dataclass(frozen=True)
class Fit:
    """A finished training: the best epoch, and the learning curve."""

    best: EarlyStopping
    curve: tuple[Epoch, ...]


@dataclass(frozen=True)
class Trainer:
    """The network in training, in one of several processes.

    Attributes:
        net: the network itself.
        learner: the same network, its gradients averaged over the processes.
        generator: order and shifts of the rows. On the CPU and the same in every process, so that the batches do not
            depend on the device or on the number of processes.
    """

    net: DigitNet
    learner: nn.Module
    optimiser: Optimizer
    generator: torch.Generator
    params: TrainParams
    processes: Processes

    @classmethod
    def start(cls, architecture: Architecture, params: TrainParams, processes: Processes) -> Trainer:
        """A network with fresh weights."""
        torch.manual_seed(params.seed)
        net = build(architecture).to(processes.device)
        # Fused: the other kinds take square roots from MKL, whose last bit depends on the CPU, whatever MKL_CBWR says.
        rate, decay = params.learning_rate, params.weight_decay
        optimiser = AdamW(net.parameters(), lr=rate, weight_decay=decay, fused=True)
        generator = torch.Generator().manual_seed(params.seed)
        return cls(net, processes.wrap(net), optimiser, generator, params, processes)

    def train(self, sample: Sample) -> Means:
        """One pass over the shuffled rows: loss and accuracy over all processes, as seen while the weights move."""
        sums = torch.zeros(2, device=self.processes.device)
        order = torch.randperm(len(sample.labels), generator=self.generator)
        for batch in torch.split(order, self.params.batch_size):
            sums += self._step(sample, batch)
        return self._means(sums, sample)

    def measure(self, sample: Sample) -> Means:
        """Loss and accuracy over all processes, with the weights at rest."""
        rows = self.processes.shard(torch.arange(len(sample.labels))).to(self.processes.device)
        with torch.no_grad():
            logits, labels = self.net(sample.images[rows]), sample.labels[rows]
            return self._means(_sums(logits, labels), sample)

    def _step(self, sample: Sample, batch: Tensor) -> Tensor:
        """Learn from this process's share of a batch."""
        offsets = torch.randint(2 * self.params.shift + 1, (len(batch), 2), generator=self.generator)
        rows, offsets = (self.processes.shard(part).to(self.processes.device) for part in (batch, offsets))
        logits, labels = self.learner(shifted(sample.images[rows], offsets, self.params.shift)), sample.labels[rows]
        # The shard's sum, scaled so that the average over the processes is the mean over the whole batch.
        scale = self.processes.count / len(batch)
        self.optimiser.zero_grad()
        torch.autograd.backward(functional.cross_entropy(logits, labels, reduction="sum") * scale)
        self.optimiser.step()
        return _sums(logits.detach(), labels)

    def _means(self, sums: Tensor, sample: Sample) -> Means:
        loss, hits = self.processes.total(sums).tolist()
        return Means(loss / len(sample.labels), hits / len(sample.labels))


def _sums(logits: Tensor, labels: Tensor) -> Tensor:
    """Summed cross-entropy, and how many digits were read rightly."""
    hits = (logits.argmax(dim=1) == labels).sum()
    return torch.stack([functional.cross_entropy(logits, labels, reduction="sum"), hits])


def shifted(images: Tensor, offsets: Tensor, reach: int) -> Tensor:
    """Move every image by its own few pixels; paper comes in at the edges.

    Args:
        images: shape (digits, 1, 8, 8).
        offsets: shape (digits, 2), rows and columns, 0 to ``2 * reach``; ``reach`` leaves an image where it is.
        reach: the largest move, in pixels.
    """
    padded = functional.pad(images, (reach,) * 4)
    rows, columns = (offsets[:, axis, None] + torch.arange(SIZE, device=images.device) for axis in (0, 1))
    digits = torch.arange(len(images), device=images.device)
    return padded[digits[:, None, None], 0, rows[:, :, None], columns[:, None, :]].unsqueeze(1)


def fit(trainer: Trainer, training: Digits, validation: Digits) -> Fit:
    """Train until the validation loss has not improved for ``patience`` epochs.

    Another number of processes takes the same batches, so only rounding differs, which a long training amplifies.

    Raises:
        PipelineError: the training diverged.
    """
    samples = [Sample.of(digits, trainer.processes.device) for digits in (training, validation)]
    stopping = EarlyStopping(trainer.params.patience)
    curve = []
    for epoch in (progress := _progress(trainer)):
        train, held_out = trainer.train(samples[0]), trainer.measure(samples[1])
        _check_finite(epoch, train.loss, held_out.loss)
        progress.set_postfix(train_loss=f"{train.loss:.4f}", validation_loss=f"{held_out.loss:.4f}")
        curve.append(Epoch(epoch, train.loss, held_out.loss, train.accuracy, held_out.accuracy))
        if stopping.stop_after(epoch, held_out.loss, trainer.net):
            break
    return Fit(stopping, tuple(curve))


def _progress(trainer: Trainer) -> tqdm[int]:
    """A bar over the epochs, in the process that writes, and only on a terminal."""
    hidden = None if trainer.processes.writes else True  # None: tqdm asks whether stderr is a terminal
    return tqdm(range(1, trainer.params.epochs + 1), desc="train", unit="epoch", disable=hidden)


def _check_finite(epoch: int, *losses: float) -> None:
    if not all(math.isfinite(loss) for loss in losses):
        raise PipelineError(
            f"the training diverged, the loss of epoch {epoch} is no number: lower train.learning_rate in params.yaml."
        )


def _card(fitted: Fit, architecture: Architecture, params: TrainParams) -> ModelCard:
    return ModelCard(
        architecture=architecture,
        classes=CLASSES,
        darkest=LEVELS,
        epoch=fitted.best.epoch,
        validation_loss=round(fitted.best.loss, 6),
        training=msgspec.structs.asdict(params),
        learning_curve=fitted.curve,
    )


def _make_deterministic() -> None:
    """No racing kernels, one order of sums whatever the number of cores, no library that suits itself to the CPU."""
    torch.use_deterministic_algorithms(mode=True)
    torch.set_num_threads(1)
    torch.backends.mkldnn.set_flags(False)  # type: ignore[no-untyped-call]  # torch has not typed these two
    torch.backends.nnpack.set_flags(False)  # type: ignore[no-untyped-call]


def train(environ: Mapping[str, str]) -> None:
    """Read the splits, write ``models/digits.*``.

    Args:
        environ: as for :func:`digits.distributed.join`.
    """
    architecture, params = read_params("model", ModelParams).architecture, read_params("train", TrainParams)
    _make_deterministic()
    with join(environ, params.device) as processes:
        fitted = fit(Trainer.start(architecture, params, processes), read_split(TRAINING), read_split(VALIDATION))
        if processes.writes:
            save(fitted.best.weights, _card(fitted, architecture, params))
            tqdm.write(f"best epoch {fitted.best.epoch}, validation loss {fitted.best.loss:.4f}", file=sys.stderr)
