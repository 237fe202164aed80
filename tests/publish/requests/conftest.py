"""One forge of each kind a test, with a git repository to push to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from publish.requests.request_forges import FORGES, Host, open_host

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=FORGES)
def host(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    with open_host(request.param, tmp_path / "host") as opened:
        yield opened


@pytest.fixture
def github(tmp_path: Path) -> Iterator[Host]:
    with open_host("github", tmp_path / "host") as opened:
        yield opened
