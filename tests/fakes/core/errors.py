"""How a forge words what goes wrong: in a request, on purpose, or in a body that lacks something."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from fakes.core.messages import HttpError, Json, Reply
from fakes.core.state import State

if TYPE_CHECKING:
    from fakes.core.faults import Fault

AnyState = TypeVar("AnyState", bound=State)


class ErrorFormat(ABC, Generic[AnyState]):
    """One forge's errors.

    Attributes:
        page_type: the media type of the web page that a proxy answers in the forge's place.
    """

    page_type: ClassVar[str] = "text/html; charset=utf-8"

    @abstractmethod
    def error(self, status: int, message: str) -> HttpError:
        """An error with a message alone, to be raised."""

    @abstractmethod
    def no_route(self) -> HttpError:
        """There is no such address."""

    @abstractmethod
    def malformed(self, problem: str) -> HttpError:
        """The body is no JSON object."""

    @abstractmethod
    def missing(self, name: str) -> HttpError:
        """The body lacks a field."""

    @abstractmethod
    def mistyped(self, name: str, value: object) -> HttpError:
        """A field of the body is no text."""

    @abstractmethod
    def rate_limited(self, state: AnyState, fault: Fault) -> Reply:
        """A rate limit, by its kind."""

    @abstractmethod
    def unavailable(self, fault: Fault) -> Reply:
        """A 5xx; the header ``Retry-After`` comes from :meth:`fault`."""

    def fault(self, state: AnyState, fault: Fault) -> Reply:
        """The answer of a fault that has one of its own."""
        match fault.answer:
            case "invalid_json":
                page = b"<!DOCTYPE html><html><body>Sign in to the proxy</body></html>"
                return Reply(status=200, headers={"Content-Type": self.page_type}, body=page)
            case "server_error":
                return self.unavailable(fault).with_headers(retry_after(fault))
            case _:
                return self.rate_limited(state, fault)

    def text(self, body: Json, name: str) -> str | None:
        value = body.get(name)
        if value is not None and not isinstance(value, str):
            raise self.mistyped(name, value)
        return value

    def required_text(self, body: Json, name: str) -> str:
        value = self.text(body, name)
        if value is None:
            raise self.missing(name)
        return value


def retry_after(fault: Fault) -> dict[str, str]:
    """The header that tells when to come back, where the fault has one."""
    return {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}


def web_page(status: int, text: str) -> Reply:
    """What a proxy in front of a forge answers in its place."""
    page = f"<!DOCTYPE html><html><head><title>{status}</title></head><body>{text}</body></html>"
    return Reply(status=status, headers={"Content-Type": "text/html; charset=utf-8"}, body=page.encode())
