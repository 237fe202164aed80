"""Checks of the REST API against GitHub's own description; GraphQL has no place in it."""

from __future__ import annotations

from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jsonschema.exceptions import ValidationError, best_match
from jsonschema_path import SchemaPath
from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest, MockResponse

from fakes.core.description import FIRST_ERROR, Description, shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fakes.core.description import Schema
    from fakes.core.messages import Reply, Request
    from fakes.core.routes import Call

SERVER = "https://api.github.com"
DESCRIPTION = Description("github", "#/components/schemas")
_REMEMBERED = 100_000
"""Places in the description that are looked up once, which is more than there are."""
_JUDGING = Lock()
"""All forges of a process share the judge, and with it what it remembers."""


def violations(call: Call, reply: Reply) -> list[str]:
    """One sentence for each way in which the request or the reply breaks the description."""
    with _JUDGING:
        return list(_violations(call, reply))


def _violations(call: Call, reply: Reply) -> Iterator[str]:
    operation = DESCRIPTION.document["paths"].get(call.route.documented, {}).get(call.route.method.lower())
    if operation is None:
        return
    if reply.status < FIRST_ERROR:
        yield from _undescribed_query(call.request, operation)
        yield from (f"request: {_sentence(error)}" for error in _api(strict=True).iter_request_errors(_sent(call)))
    yield from (f"reply {reply.status}: {problem}" for problem in _reply_problems(call, reply, operation))


def _sent(call: Call) -> MockRequest:
    """A request under the address of the description's server."""
    request = call.request
    return MockRequest(
        SERVER,
        call.route.method,
        call.route.documented.format(**{name: quote(value, safe="") for name, value in call.params.items()}),
        args=request.query,
        view_args=dict(call.params),
        headers=dict(request.headers),
        data=request.body,
        content_type=request.headers.get("content-type", "application/json"),
    )


def _answered(reply: Reply) -> MockResponse:
    kind = reply.headers.get("Content-Type", "application/json").partition(";")[0]
    return MockResponse(reply.body, reply.status, dict(reply.headers), kind)


def _reply_problems(call: Call, reply: Reply, operation: Schema) -> Iterator[str]:
    if str(reply.status) in operation["responses"]:
        api = _api(strict=reply.status < FIRST_ERROR)
        yield from (_sentence(error) for error in api.iter_response_errors(_sent(call), _answered(reply)))
    elif reply.status < FIRST_ERROR:
        yield "the description has no such status"
    else:
        yield from _error_problems(reply)


def _error_problems(reply: Reply) -> Iterator[str]:
    """The description names few errors of an operation; the others still have GitHub's usual body."""
    body = reply.json()
    if not isinstance(body, dict) or not {"message", "documentation_url"} <= body.keys():
        yield "an error without message or documentation_url"


def _undescribed_query(request: Request, operation: Schema) -> Iterator[str]:
    """Parameters that GitHub would silently ignore, which a description by itself allows."""
    parameters = [DESCRIPTION.resolved(parameter) for parameter in operation.get("parameters", ())]
    known = {parameter["name"] for parameter in parameters if parameter["in"] == "query"}
    yield from (f"request: unknown query parameter {name!r}" for name in request.query if name not in known)


def _sentence(error: BaseException) -> str:
    """An error of openapi-core by its causes: which property is wrong, and why."""
    details = [f"{detail.json_path}: {shortened(detail.message)}" for detail in _leaves(error)]
    return "; ".join(details) or shortened(str(error))


def _leaves(error: BaseException) -> Iterator[ValidationError]:
    """The errors at the bottom of the tree; of alternatives, those of the one that came closest."""
    causes: Iterable[ValidationError] = getattr(error.__cause__, "schema_errors", ())
    for cause in causes:
        best = best_match([cause])
        yield cause if best is None else best


@cache
def _api(*, strict: bool) -> OpenAPI:
    """The description as a judge. A strict one forbids properties that it does not name: errors do have such.

    That the description is valid itself is a test's work, too slow for every start.
    """
    document = _closed(DESCRIPTION.document) if strict else DESCRIPTION.document
    config = Config(spec_validator_cls=None)  # type: ignore[arg-type]  # its annotation forgets the None that skips
    return OpenAPI(SchemaPath.from_dict(document, resolved_cache_maxsize=_REMEMBERED), config=config)


def _closed(node: Any) -> Any:
    """A part of the description in which no object has properties beside those named.

    openapi-core has a policy for this, but makes new classes for it with every value that it checks.
    """
    if isinstance(node, list):
        return [_closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    closed = {key: _closed(part) for key, part in node.items()}
    is_schema = isinstance(node.get("properties"), dict) and "$ref" not in node
    return {"additionalProperties": False, **closed} if is_schema else closed
