"""A remote for tests that change one; making it costs thirty processes, so each test has a copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from registry.racing import Remote

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def _remote_once(tmp_path_factory: pytest.TempPathFactory) -> Remote:
    return Remote(tmp_path_factory.mktemp("remote"))


@pytest.fixture
def remote(_remote_once: Remote, tmp_path: Path) -> Remote:
    return _remote_once.copied(tmp_path)
