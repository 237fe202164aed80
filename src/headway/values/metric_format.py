"""How metrics are written, and which direction of one is better."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

Direction = Literal["higher", "lower"]
"""Which direction is better; always declared in the settings."""


class MetricFormat(msgspec.Struct, frozen=True, kw_only=True):
    """How the settings let a metric be written.

    Attributes:
        digits: the decimals; ``None`` for about four significant digits. Headway writes more if two values that differ
            would otherwise look the same.
        percent: whether 0.973 is written as 97.3%, and a change in percentage points.
        unit: what follows the number, such as ``ms``.
        title: the name shown instead of the key; empty for the key.
    """

    digits: Annotated[int, msgspec.Meta(ge=0, le=6)] | None = None
    percent: bool = False
    unit: str = ""
    title: str = ""
