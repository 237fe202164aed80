"""A GitHub on which promotions are rolled out, and the ways in which each call to it can fail."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from fakes import FakeGitHub, faults
from publish.forge_places import make_options

from headway.ci.read import read_context
from headway.values.registry.records import Promotion

if TYPE_CHECKING:
    from headway.ci.job import Context
    from headway.publish.http.options import ClientOptions

SHA = "5" * 40
PROMOTION: Final = Promotion(name="digits", version="v1.2.0", stage="production", sha=SHA, tag="digits#production#7")

PASSING: Final = {
    "status 500": faults.server_error(500),
    "status 502, carried out": faults.server_error(502, took_effect=True),
    "no answer, carried out": faults.connection_reset(took_effect=True),
    "connection reset": faults.connection_reset(),
    "half an answer": faults.truncated_body(),
    "a proxy's page": faults.invalid_json(),
    "rate limit": faults.rate_limit(),
    "secondary rate limit": faults.rate_limit("secondary"),
}
"""What a second request mends, by name."""


def context_of(fake: FakeGitHub, token: str | None = None, **more: Any) -> Context:
    """A job of a push on the default branch."""
    return replace(read_context(fake.environ(event="push", token=token)), **more)


def patient() -> ClientOptions:
    """Every attempt, but no wait."""
    return make_options(write_gap=0.0)


def hasty() -> ClientOptions:
    """One attempt at each request."""
    return make_options(write_gap=0.0, attempts=1)


def requests_to(fake: FakeGitHub, method: str, end: str) -> int:
    return sum(each.method == method and each.path.endswith(end) for each in fake.requests)
