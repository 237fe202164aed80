"""Which split a digit belongs to, from its id alone."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pandas as pd

from digits.stage import PipelineError

if TYPE_CHECKING:
    from collections.abc import Mapping

SPLITS = ("train", "validation", "test")


def assign(ids: pd.Series[str], shares: Mapping[str, float], salt: str) -> pd.Series[str]:
    """Give every id its split.

    An id's SHA-256 with the salt is a fixed position in [0, 1); the test split takes the positions from 0, validation
    the ones after it, train the rest. So no other row can move a row, and neither can a corrected label: a label in
    the hash would move the digit, perhaps into the split that has already been trained on.

    Args:
        ids: unique ids.
        shares: the share of ``validation`` and of ``test``.
        salt: any text; another salt is another split.

    Returns:
        ``train``, ``validation`` or ``test`` for every id, on the same index.
    """
    return ids.map(lambda name: _split_at(position(name, salt), shares))


def position(name: str, salt: str) -> float:
    """A fixed place in [0, 1) for an id, as if drawn by lot."""
    digest = hashlib.sha256(f"{salt}:{name}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48  # 48 bits: exact in a float


def _split_at(position: float, shares: Mapping[str, float]) -> str:
    if position < shares["test"]:
        return "test"
    if position < shares["test"] + shares["validation"]:
        return "validation"
    return "train"


def class_shares(labels: pd.Series[int], splits: pd.Series[str]) -> pd.DataFrame:
    """The share of each class (rows) that each split (columns) received; every row sums to 1."""
    return pd.crosstab(labels, splits, normalize="index").reindex(columns=list(SPLITS), fill_value=0.0)


def imbalance(shares: pd.DataFrame, wanted: Mapping[str, float]) -> pd.DataFrame:
    """How far the shares of the classes are from the wanted ones, laid out as :func:`class_shares`."""
    return (shares - pd.Series({**wanted, "train": 1 - sum(wanted.values())})).abs()


def check_stratified(shares: pd.DataFrame, wanted: Mapping[str, float], tolerance: float) -> None:
    """Hold the split to its promise: every class is in every split, at about the wanted share.

    A hash stratifies by chance, not by construction (a construction would have to move old rows when new ones come),
    so chance is checked.

    Args:
        shares: of :func:`class_shares`.
        wanted: the share of ``validation`` and of ``test``.
        tolerance: how far off a share may be.

    Raises:
        PipelineError: a share is further off, or 0; the message names class and split.
    """
    off = imbalance(shares, wanted)
    bad = [
        f"class {label} has {share:.3f} in {split}"
        for split in SPLITS
        for (label, share), gap in zip(shares[split].items(), off[split], strict=True)
        if gap > tolerance or share == 0
    ]
    if bad:
        raise PipelineError(
            f"the split is not within {tolerance} of the wanted shares: {'; '.join(bad)}. Raise prepare.tolerance in"
            " params.yaml, or take another prepare.salt (`python scripts/choose_salt.py` proposes one, and moves rows)."
        )
