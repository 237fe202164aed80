"""Where images go so that a comment can show them, as a Protocol; and the store that keeps none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping


class ImageStore(Protocol):
    """A place for pictures."""

    @property
    def name(self) -> str:
        """What was chosen, for the log: ``"the branch headway-images"``."""
        ...

    def put(self, files: Mapping[str, bytes]) -> Mapping[str, str]:
        """Store pictures.

        Args:
            files: bytes by name, such as ``"charts/loss-1f2e.png"``.

        Returns:
            The address of every name, such that the forge's comments show it.

        Raises:
            ForgeError: they could not be stored; no address must then be used.
        """
        ...


class NoImages:
    """Images nowhere: a report then tells its charts in words."""

    name = "no place for pictures"

    def put(self, files: Mapping[str, bytes]) -> Mapping[str, str]:
        """Give no image an address."""
        del files
        return {}
