"""Checks against GitHub's own OpenAPI description, cut down to the operations that the fake serves.

Needs openapi-core; :mod:`fakes.github.forge` imports this module only where that is installed.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jsonschema.exceptions import ValidationError, best_match
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from werkzeug.datastructures import Headers, ImmutableMultiDict

from fakes.kernel.contract import shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fakes.kernel.contract import Exchanged

SERVER = "https://api.github.com"
FIRST_ERROR = 400


class _Sent:
    """A request as openapi-core wants to see it, under the address of the description's server."""

    def __init__(self, exchanged: Exchanged) -> None:
        request = exchanged.request
        quoted = {name: quote(value, safe="") for name, value in exchanged.params.items()}
        self.host_url = SERVER
        self.path = exchanged.template.format(**quoted)
        self.method = exchanged.method.lower()
        self.body = request.body or None
        self.content_type = request.headers.get("content-type", "application/json")
        self.parameters = RequestParameters(
            query=ImmutableMultiDict(request.query),
            header=Headers(list(request.headers.items())),
            cookie=ImmutableMultiDict(),
            path=dict(exchanged.params),
        )


class _Answered:
    """A reply as openapi-core wants to see it."""

    def __init__(self, exchanged: Exchanged) -> None:
        reply = exchanged.reply
        self.status_code = reply.status
        self.headers = Headers(list(reply.headers.items()))
        self.content_type = reply.headers.get("Content-Type", "application/json").partition(";")[0]
        self.data = reply.body or None


class GitHubContract:
    """Judges requests and replies of the REST API; GraphQL has no place in the description."""

    def violations(self, exchanged: Exchanged) -> Iterator[str]:
        """One sentence for each way in which the request or the reply breaks the description.

        A request that GitHub would refuse counts only when the fake accepted it: one that was answered with an error
        has met its fate already.
        """
        operation = described_operations().get((exchanged.method, exchanged.template))
        if operation is None:
            return
        if exchanged.reply.status < FIRST_ERROR:
            yield from _undescribed_query(exchanged, operation)
            yield from (
                f"request: {_sentence(error)}" for error in _api(strict=True).iter_request_errors(_Sent(exchanged))
            )
        yield from (f"reply {exchanged.reply.status}: {problem}" for problem in _reply_problems(exchanged, operation))


def _reply_problems(exchanged: Exchanged, operation: dict[str, Any]) -> Iterator[str]:
    if str(exchanged.reply.status) in operation["responses"]:
        strict = exchanged.reply.status < FIRST_ERROR
        errors = _api(strict=strict).iter_response_errors(_Sent(exchanged), _Answered(exchanged))
        yield from (_sentence(error) for error in errors)
    elif exchanged.reply.status < FIRST_ERROR:
        yield "the description has no such status"
    else:
        yield from _error_problems(exchanged)


def _error_problems(exchanged: Exchanged) -> Iterator[str]:
    """The description names few errors of an operation; the others still have GitHub's usual body."""
    body = exchanged.reply.json()
    if not isinstance(body, dict) or not {"message", "documentation_url"} <= body.keys():
        yield "an error without message or documentation_url"


def _undescribed_query(exchanged: Exchanged, operation: dict[str, Any]) -> Iterator[str]:
    """Parameters that GitHub would silently ignore, which a description by itself allows."""
    parameters = [_resolved(parameter) for parameter in operation.get("parameters", ())]
    known = {parameter["name"] for parameter in parameters if parameter["in"] == "query"}
    yield from (f"request: unknown query parameter {name!r}" for name in exchanged.request.query if name not in known)


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
def description() -> dict[str, Any]:
    """The description."""
    text = files("fakes").joinpath("descriptions/github.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


@cache
def described_operations() -> dict[tuple[str, str], dict[str, Any]]:
    """Every operation of the description by method and path."""
    paths = description()["paths"].items()
    return {(method.upper(), path): operation for path, item in paths for method, operation in item.items()}


@cache
def _api(*, strict: bool) -> OpenAPI:
    """The description as a judge. A strict one forbids properties that it does not name: errors do have such.

    That the description is valid itself is a test's work, too slow for every start.
    """
    document = _closed(description()) if strict else description()
    config = Config(spec_validator_cls=None)  # type: ignore[arg-type]  # its annotation forgets the None that skips
    return OpenAPI.from_dict(document, config=config)


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


def _resolved(parameter: dict[str, Any]) -> dict[str, Any]:
    reference = parameter.get("$ref")
    if reference is None:
        return parameter
    found: dict[str, Any] = description()["components"]["parameters"][reference.rpartition("/")[2]]
    return found
