"""Stage: check the table of digits and split it by id into train, validation and test."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec

from digits.schema import read_digits
from digits.split import SPLITS, assign, check_stratified, class_shares
from digits.stage import read_params, run

if TYPE_CHECKING:
    import pandas as pd

TABLE = Path("data/digits.csv")
FOLDER = Path("splits")

Share = Annotated[float, msgspec.Meta(gt=0, lt=0.5)]


class PrepareParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The section ``prepare`` of ``params.yaml``, where each value is explained."""

    salt: str
    validation_share: Share
    test_share: Share
    tolerance: Annotated[float, msgspec.Meta(gt=0, lt=1)]

    @property
    def shares(self) -> dict[str, float]:
        """The share of each split but train, which takes the rest."""
        return {"validation": self.validation_share, "test": self.test_share}


def split(table: pd.DataFrame, params: PrepareParams) -> dict[str, pd.DataFrame]:
    """Split a checked table.

    Returns:
        One table per name in :data:`digits.split.SPLITS`, sorted by id: the order of the file does not matter.

    Raises:
        PipelineError: the classes are spread unevenly.
    """
    table = table.sort_values("id", ignore_index=True)
    splits = assign(table["id"], params.shares, params.salt)
    check_stratified(class_shares(table["label"], splits), params.shares, params.tolerance)
    return {name: table[splits == name] for name in SPLITS}


def main() -> None:
    """Read ``data/digits.csv``, write ``splits/*.parquet``."""
    parts = split(read_digits(TABLE), read_params("prepare", PrepareParams))
    FOLDER.mkdir(exist_ok=True)
    for name, part in parts.items():
        part.to_parquet(FOLDER / f"{name}.parquet", index=False, compression="zstd")


if __name__ == "__main__":
    run(main)
