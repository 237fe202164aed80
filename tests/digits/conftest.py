"""The real digits as the data script makes them, and a run of the stages on a sliver of them."""

from __future__ import annotations

import runpy
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

ROOT = Path(__file__).parents[2]

SLIVER_PARAMS = """
prepare: {salt: sliver, validation_share: 0.25, test_share: 0.25, tolerance: 0.3}
model: {kind: convolution, channels: [4, 8], hidden: 16}
train:
  {device: cpu, seed: 1, epochs: 1, patience: 3, batch_size: 32, learning_rate: 0.01, weight_decay: 0.01, shift: 1}
evaluate: {latency_runs: 10}
draw: {curve_points: 11, calibration_bins: 5, pictured_errors: 6, pictured_per_class: 2}
"""


@pytest.fixture(scope="session")
def digits_table() -> pd.DataFrame:
    """All 1,797 digits, as written to data/digits.csv."""
    return cast("pd.DataFrame", runpy.run_path(str(ROOT / "scripts/make_data.py"))["digits_table"]())


@pytest.fixture(scope="session")
def write_sliver(digits_table: pd.DataFrame) -> Callable[[Path], None]:
    """Writes the first 200 digits, and parameters for one epoch, into a folder."""

    def write(folder: Path) -> None:
        (folder / "data").mkdir()
        digits_table.head(200).to_csv(folder / "data/digits.csv", index=False)
        (folder / "params.yaml").write_text(SLIVER_PARAMS)

    return write


@pytest.fixture(scope="session")
def copy_repository() -> Callable[[Path], None]:
    """Copies what git tracks of this repository, as it is now, into a folder."""

    def copy(folder: Path) -> None:
        tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
        for path in filter(None, tracked.split("\0")):
            if (ROOT / path).is_file():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / path, folder / path)

    return copy


@pytest.fixture
def sliver(write_sliver: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a sliver of the digits, which is the current one."""
    write_sliver(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path
