"""The processes that train together: one alone, or several under ``torchrun``."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor, nn
from torch import distributed as dist

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Device = Literal["cpu", "auto"]
"""Where to compute: on the CPU, or on a GPU where there is one."""


@dataclass(frozen=True)
class Processes:
    """This process among its peers.

    Attributes:
        rank: 0 for the one that writes.
        count: how many there are.
        device: where this one computes.
    """

    rank: int
    count: int
    device: torch.device

    @property
    def writes(self) -> bool:
        """Whether this process shows progress and writes files."""
        return self.rank == 0

    def shard(self, rows: Tensor) -> Tensor:
        """This process's share of some rows: all shares together are the rows, each once. One may be empty."""
        return rows[self.rank :: self.count]

    def wrap(self, net: nn.Module) -> nn.Module:
        """The network with gradients averaged over the processes; the network itself where there is one process."""
        return net if self.count == 1 else nn.parallel.DistributedDataParallel(net)

    def total(self, values: Tensor) -> Tensor:
        """The sum over all processes, bit for bit the same in each, so that all draw the same conclusions from it."""
        if self.count > 1:
            dist.all_reduce(values)
            dist.broadcast(values, src=0)
        return values


@contextmanager
def join(environ: Mapping[str, str], wanted: Device) -> Iterator[Processes]:
    """Meet the other processes that ``torchrun`` started, if it did, and part from them at the end.

    Args:
        environ: ``torchrun`` sets ``WORLD_SIZE``, ``RANK``, ``LOCAL_WORLD_SIZE`` and ``LOCAL_RANK`` (and the address,
            which torch reads).
        wanted: where they compute.
    """
    rank, count = int(environ.get("RANK", "0")), int(environ.get("WORLD_SIZE", "1"))
    local_rank, local_count = int(environ.get("LOCAL_RANK", "0")), int(environ.get("LOCAL_WORLD_SIZE", "1"))
    device = choose_device(count, local_count, local_rank) if wanted == "auto" else torch.device("cpu")
    if count == 1:
        yield Processes(rank, count, device)
        return
    if device.type == "cuda":
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo", rank=rank, world_size=count)
    try:
        yield Processes(rank, count, device)
    finally:
        dist.destroy_process_group()


def choose_device(count: int, local_count: int, local_rank: int) -> torch.device:
    """CUDA where each process on this machine can have a GPU, else MPS for a process that is alone, else the CPU.

    Args:
        count: of all processes.
        local_count: of those on this machine.
        local_rank: of this process among them.
    """
    if torch.cuda.device_count() >= local_count:
        return torch.device("cuda", local_rank)
    if count == 1 and torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")
