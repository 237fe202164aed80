"""The ways in which a fake forge can be made to fail; see :meth:`FakeGitHub.fail`."""

from fakes.kernel.faults import (
    Fault,
    connection_reset,
    invalid_json,
    no_answer,
    rate_limit,
    server_error,
    slow_body,
    truncated_body,
)

__all__ = [
    "Fault",
    "connection_reset",
    "invalid_json",
    "no_answer",
    "rate_limit",
    "server_error",
    "slow_body",
    "truncated_body",
]
