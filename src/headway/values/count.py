"""Non-negative integers that JSON can represent exactly."""

from __future__ import annotations

from typing import Annotated

import msgspec

LARGEST_COUNT = 2**53 - 1
"""The largest integer that every JSON reader represents exactly (RFC 8259, section 6)."""

Count = Annotated[int, msgspec.Meta(ge=0, le=LARGEST_COUNT)]
"""A size in bytes, a number of things, or an index."""
