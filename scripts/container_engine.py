"""Runs images with Docker, or with buildah where there is no daemon; a check does not notice which."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

PORT = 8080


@dataclass(frozen=True, kw_only=True)
class Launch:
    """How to run an image.

    Attributes:
        image: its name.
        arguments: of its entry point.
        command: replaces its entry point, arguments included.
        user: its numeric user and group; empty for the image's own.
        mounts: what is mounted where. Folders below ``writable`` can be written.
        writable: the targets of the mounts that are not read-only.
        environ: the variables that it is given.
    """

    image: str
    arguments: Sequence[str] = ()
    command: Sequence[str] = ()
    user: str = ""
    mounts: Mapping[str, Path]
    writable: frozenset[str] = frozenset()
    environ: Mapping[str, str]

    def volumes(self) -> list[str]:
        """The mounts as options."""
        modes = {target: "rw" if target in self.writable else "ro" for target in self.mounts}
        return [f"--volume={source}:{target}:{modes[target]}" for target, source in self.mounts.items()]

    def options(self) -> list[str]:
        """The options that both engines have."""
        user = [f"--user={self.user}"] if self.user else []
        return [*user, *self.volumes(), *(f"--env={name}={value}" for name, value in self.environ.items())]


class Container(Protocol):
    """A container that runs."""

    @property
    def process(self) -> subprocess.Popen[str]:
        """Its process on this machine, with what it prints."""

    def address(self) -> str:
        """The host and port where its port 8080 is reached."""

    def execute(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Run a command in it, as its health check does."""

    def terminate(self) -> None:
        """Send SIGTERM to its first process."""


class Engine(Protocol):
    """Something that runs images."""

    def configuration(self, image: str) -> dict[str, Any]:
        """The image's configuration, by Docker's names such as ``Entrypoint``."""

    @contextmanager
    def start(self, launch: Launch) -> Iterator[Container]:
        """Start a container, and remove it at the end, whether it runs or not."""


class Docker:
    """Docker's command line. The container can write nowhere but in /tmp and has no capabilities."""

    def configuration(self, image: str) -> dict[str, Any]:
        """See :class:`Engine`."""
        found = subprocess.check_output(["docker", "image", "inspect", image], text=True)
        return dict(json.loads(found)[0]["Config"])

    @contextmanager
    def start(self, launch: Launch) -> Iterator[Container]:
        """See :class:`Engine`."""
        name = f"check-{secrets.token_hex(4)}"
        fixed = ["--read-only", "--tmpfs=/tmp", "--cap-drop=ALL", "--security-opt=no-new-privileges"]
        entry = [f"--entrypoint={launch.command[0]}"] if launch.command else []
        words = [*fixed, *entry, f"--publish=127.0.0.1::{PORT}", *launch.options(), launch.image]
        arguments = launch.command[1:] if launch.command else launch.arguments
        process = _popen(["docker", "run", f"--name={name}", *words, *arguments])
        try:
            yield DockerContainer(name, process)
        finally:
            subprocess.run(["docker", "rm", "--force", name], check=False, capture_output=True)
            process.wait()


@dataclass(frozen=True)
class DockerContainer:
    """A container of Docker's, by its name."""

    name: str

    process: subprocess.Popen[str]

    def address(self) -> str:
        """See :class:`Container`."""
        return subprocess.check_output(["docker", "port", self.name, str(PORT)], text=True).split()[0]

    def execute(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """See :class:`Container`."""
        return subprocess.run(["docker", "exec", self.name, *command], check=False, capture_output=True, text=True)

    def terminate(self) -> None:
        """See :class:`Container`."""
        subprocess.run(["docker", "kill", "--signal=TERM", self.name], check=True, capture_output=True)


class Buildah:
    """buildah as root, which runs a command in an image's files. The network is the machine's."""

    def __init__(self) -> None:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "headway-images"
        self._words = ["buildah", f"--root={cache / 'storage'}", f"--runroot={cache / 'run'}"]

    def configuration(self, image: str) -> dict[str, Any]:
        """See :class:`Engine`."""
        found = subprocess.check_output([*self._words, "inspect", "--type=image", image], text=True)
        return dict(json.loads(found)["Docker"]["config"])

    @contextmanager
    def start(self, launch: Launch) -> Iterator[Container]:
        """See :class:`Engine`."""
        entry = [*self.configuration(launch.image)["Entrypoint"], *launch.arguments]
        name = subprocess.check_output([*self._words, "from", "--pull-never", launch.image], text=True).strip()
        options = ["--isolation=chroot", *launch.options()]
        process = _popen([*self._words, "run", *options, name, "--", *(launch.command or entry)])
        try:
            yield BuildahContainer((*self._words, "run", *options, name, "--"), process)
        finally:
            for each in (process.pid, *_descendants(process.pid)):  # without buildah, the others would go on
                with suppress(ProcessLookupError):
                    os.kill(each, signal.SIGKILL)
            process.wait()
            subprocess.run([*self._words, "rm", name], check=False, capture_output=True)


@dataclass(frozen=True)
class BuildahContainer:
    """A container of buildah's, by the words that run a command in it."""

    words: Sequence[str]

    process: subprocess.Popen[str]

    def address(self) -> str:
        """See :class:`Container`."""
        return f"127.0.0.1:{PORT}"

    def execute(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """See :class:`Container`."""
        return subprocess.run([*self.words, *command], check=False, capture_output=True, text=True)

    def terminate(self) -> None:
        """See :class:`Container`. buildah has no such command, and its own processes pass no signal on."""
        *_, innermost = _descendants(self.process.pid)
        os.kill(innermost, signal.SIGTERM)


def _descendants(process: int) -> list[int]:
    """The processes that any thread of a process has started, and those that these have."""
    files = sorted(Path(f"/proc/{process}/task").glob("*/children"))
    children = [int(word) for file in files for word in file.read_text().split()]
    return [each for child in children for each in (child, *_descendants(child))]


def _popen(words: Sequence[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(words, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
