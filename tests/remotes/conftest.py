"""Jobs of CI that know a real storage which checks who asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import pytest
from ci_jobs import s3_job
from storages import GoogleStorage, google_storage, s3_server

from headway.remotes import probe
from headway.remotes.time_limit import within_seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ci_jobs import Job
    from repos import Project

T = TypeVar("T")


@pytest.fixture(scope="session")
def buckets(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Empty buckets, made before the server starts, because it looks for them once."""
    root = tmp_path_factory.mktemp("s3")
    folders = [root / f"team-{number}" for number in range(90)]
    for folder in folders:
        folder.mkdir()
    return folders


@pytest.fixture
def bucket(buckets: list[Path]) -> Path:
    """An empty bucket; its name is the folder's."""
    return buckets.pop()


@pytest.fixture(scope="session")
def s3(buckets: list[Path]) -> Iterator[str]:
    """The address of an S3 server; session-wide, since every test has a bucket of its own."""
    with s3_server(buckets[0].parent) as address:
        yield address


@pytest.fixture
def job(project: Project, s3: str, bucket: Path, tmp_path: Path) -> Job:
    """A job with the keys of an S3 bucket."""
    project.commit("nothing yet")
    return s3_job(project, s3, bucket.name, tmp_path)


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that remotes are given to say whether they serve, one entry for each question."""
    given: list[float] = []

    def noted(seconds: float, work: Callable[[], T]) -> T:
        given.append(seconds)
        return within_seconds(seconds, work)

    monkeypatch.setattr(probe, "within_seconds", noted)
    return given


@pytest.fixture
def google() -> Iterator[GoogleStorage]:
    """Google Cloud Storage with an empty bucket ``team``."""
    with google_storage() as storage:
        yield storage
