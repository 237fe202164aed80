"""Create something that must exist once, over a network that loses answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from headway.errors import UncertainWriteError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

TRIES = 4
SETTLING = 2.0
"""Seconds in which a write whose answer was lost should show up in a listing."""


def create_once(create: Callable[[], T], find: Callable[[], T | None], sleep: Callable[[float], None]) -> T:
    """Create something; when it is uncertain whether that worked, look before creating again.

    Args:
        create: makes it.
        find: looks for what ``create`` makes.
        sleep: waits that many seconds.

    Raises:
        UncertainWriteError: it failed uncertainly every time and never showed up.
        ForgeError: it was refused.
    """
    for _ in range(TRIES - 1):
        try:
            return create()
        except UncertainWriteError:
            sleep(SETTLING)
            if (found := find()) is not None:
                return found
    return create()
