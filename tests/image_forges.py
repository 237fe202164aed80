"""What tests of images need: a fake GitHub, forges at hand, and images."""

from __future__ import annotations

import struct
import subprocess
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import requests
from fakes import FakeGitHub, PullRequest, faults

from headway.ci.read import read_context
from headway.publish.forges.connect import connect
from headway.publish.http.options import ClientOptions
from headway.publish.images.branch import BranchImages
from headway.publish.images.formats import DecodedImage
from headway.publish.images.git_data import GitData

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from headway.ci.job import Context
    from headway.publish.forges.forge import Forge

NOON = 1_780_000_000.0  # 2026-05-28, 20:26 UTC
DAY = 86_400.0


@dataclass
class Bench:
    """A fake GitHub with a few pull requests, and runs that talk to it."""

    github: FakeGitHub
    now: float = NOON
    waits: list[float] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def transport(self, **more: Any) -> ClientOptions:
        usual = ClientOptions(
            write_gap=0.0,
            attempts=1,
            read_timeout=5.0,
            now=lambda: self.now,
            sleep=self.waits.append,
            log=self.said.append,
        )
        return replace(usual, **more)

    def context(self, number: int = 1, token: str | None = None) -> Context:
        return read_context(self.github.environ(number=number, token=token))

    def forge(self, *, number: int = 1, token: str | None = None, **more: Any) -> Forge:
        return connect(self.context(number, token), self.transport(**more))

    def git(self, token: str | None = None, **more: Any) -> GitData:
        return GitData(self.forge(token=token, **more).session, self.github.repository, self.github.graphql_url)

    def store(self, scope: str = "pr-1", token: str | None = None, **more: Any) -> BranchImages:
        page = f"{self.github.server_url}/{self.github.repository}"
        return BranchImages(self.git(token, **more), page, scope)

    def files(self) -> dict[str, bytes]:
        return self.github.branch_files("headway-images")

    def writes(self) -> list[str]:
        """Method and last part of the path of every request that changes something."""
        return [
            f"{each.method} {each.path.rpartition('/git/')[2]}"
            for each in self.github.requests
            if each.method != "GET" and not each.address.endswith("#nodes")
        ]


def files_sent(at: Bench) -> list[int]:
    """How many files each request has brought, blobs and commits alike."""
    sent = [each.json() for each in at.github.requests if each.address.endswith(("/git/blobs", "createCommitOnBranch"))]
    variables: list[Any] = [body.get("variables") for body in sent]
    return [len(each["input"]["fileChanges"]["additions"]) if each else 1 for each in variables]


def kill(github: FakeGitHub, *, took_effect: bool, skip: int) -> None:
    """Let a run die after so many requests: nothing that it sends later arrives, nor any more answers."""
    github.fail("*", "*", faults.connection_reset(took_effect=took_effect), skip=skip)
    github.fail("*", "*", faults.connection_reset(), times=-1, skip=skip)


@contextmanager
def bench(*, numbers: tuple[int, ...] = (1, 2, 3), validate: bool = True) -> Iterator[Bench]:
    """A fake GitHub that is there for a while; without validation, which costs 4 ms a request, for long tests."""
    pulls = [PullRequest(number=number, head=f"feature-{number}") for number in numbers]
    with FakeGitHub(pull_requests=pulls, validate=validate) as github:
        yield Bench(github)


def git(folder: Path, *arguments: str, check: bool = True) -> str:
    """What git prints in a folder."""
    done = subprocess.run(["git", *arguments], cwd=folder, check=check, capture_output=True, text=True)
    return done.stdout.strip()


def png(seed: int = 0, padding: int = 0) -> DecodedImage:
    """A PNG of one pixel, another one for every seed; larger by the bytes of a comment in it."""
    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixel = zlib.compress(b"\0" + (seed % 2**24).to_bytes(3, "big"))
    comment = ((b"tEXt", b"Comment\0" + b"x" * padding),) if padding else ()
    chunks = ((b"IHDR", header), *comment, (b"IDAT", pixel), (b"IEND", b""))
    written = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
    return DecodedImage(b"\x89PNG\r\n\x1a\n" + b"".join(written))


def seen(addresses: Mapping[str, str]) -> dict[str, bytes]:
    """What a reader gets under each address."""
    return {name: _fetched(address) for name, address in addresses.items()}


def _fetched(address: str) -> bytes:
    answer = requests.get(address, timeout=5)
    answer.raise_for_status()
    return answer.content
