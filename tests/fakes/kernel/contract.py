"""Checks that what a client sends and what a fake answers is what the real forge's description allows."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fakes.kernel.messages import Reply, Request


LONGEST = 300


class ContractError(AssertionError):
    """A client sent, or a fake answered, what the real forge would not; raised when the forge is closed."""


@dataclass(frozen=True, kw_only=True)
class Exchanged:
    """A request that found a route, and the forge's own answer to it.

    Attributes:
        method: in capitals.
        template: the route's documented path.
        params: the path's parameters, decoded.
        request: what arrived.
        reply: what the forge answered, before any fault spoiled it.
    """

    method: str
    template: str
    params: dict[str, str]
    request: Request
    reply: Reply

    @property
    def name(self) -> str:
        """Method and path, for messages."""
        return f"{self.method} {self.template}"


class Contract(Protocol):
    """A forge's description, able to judge."""

    def violations(self, exchanged: Exchanged) -> Iterable[str]:
        """One sentence for each way in which the request or the reply breaks the description."""
        ...


def shortened(sentence: str) -> str:
    """A validator's sentence, which begins with the value and ends with what is wrong about it, without its middle."""
    return sentence if len(sentence) <= LONGEST else f"{sentence[: LONGEST // 3]} ... {sentence[-LONGEST // 2 :]}"


def schema_contract(name: str, *, validate: bool | None) -> Contract | None:
    """The hand-written description of that name, where it is wanted; by default where jsonschema is installed."""
    wanted = find_spec("jsonschema") is not None if validate is None else validate
    if not wanted:
        return None
    from fakes.kernel.schemas import SchemaContract  # noqa: PLC0415 - jsonschema is optional

    return SchemaContract(name)
