"""Numbers that count something."""

from __future__ import annotations

from typing import Annotated

import msgspec

LARGEST_COUNT = 2**53 - 1
"""Every reader of JSON holds whole numbers up to this one exactly (RFC 8259, section 6)."""

Count = Annotated[int, msgspec.Meta(ge=0, le=LARGEST_COUNT)]
"""A size in bytes, a number of things, or a place in an order."""
