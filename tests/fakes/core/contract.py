"""Checks that what a client sends and what a fake answers is what the real forge's description allows.

For forges without an official description that can be shipped there are hand-written JSON Schemas. A document has
``$defs``, ``operations`` by method and path, and ``errors``, the schema of every error body. An operation has ``query``
(the parameters that exist, each with its schema), ``request`` (of a JSON body) or ``files`` (the fields of a multipart
body), and ``responses`` by status; ``null`` stands for no body.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from jsonschema import Draft202012Validator

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fakes.core.description import Description, Schema
    from fakes.core.messages import Reply, Request
    from fakes.core.routes import Call

FIRST_ERROR = 400
"""The lowest status of an error. A request that a fake refused is not checked: the client knows already."""

LONGEST = 300


class ContractError(AssertionError):
    """A client sent, or a fake answered, what the real forge would not; raised when the forge is closed."""


Contract = Callable[["Call", "Reply"], "Iterable[str]"]
"""Gives one sentence for each way in which a request, or the forge's own reply to it, breaks the description."""


def shortened(sentence: str) -> str:
    """A validator's sentence, which begins with the value and ends with what is wrong about it, without its middle."""
    return sentence if len(sentence) <= LONGEST else f"{sentence[: LONGEST // 3]} ... {sentence[-LONGEST // 2 :]}"


class SchemaContract:
    """Judges requests and replies by a hand-written description."""

    def __init__(self, description: Description) -> None:
        self._document = description.document

    def violations(self, call: Call, reply: Reply) -> Iterator[str]:
        """One sentence for each way in which the request or the reply breaks its schema."""
        operation = self._document["operations"].get(call.route.name)
        if operation is None:
            yield "the description has no such operation"
            return
        if reply.status < FIRST_ERROR:
            yield from (f"request: {problem}" for problem in self._request_problems(call.request, operation))
        yield from (f"reply {reply.status}: {problem}" for problem in self._reply_problems(reply, operation))

    def _request_problems(self, request: Request, operation: Schema) -> Iterator[str]:
        known = operation.get("query", {})
        for name, value in request.query.items():
            if name not in known:
                yield f"unknown query parameter {name!r}"
            else:
                yield from self._problems(known[name], value)
        if "request" in operation:
            yield from self._problems(operation["request"], request.json())
        sent = [file.field for file in request.files()]
        if sorted(set(sent)) != sorted(operation.get("files", ())):
            yield f"files in the fields {sent}"

    def _reply_problems(self, reply: Reply, operation: Schema) -> Iterator[str]:
        if reply.status >= FIRST_ERROR:
            yield from self._problems(self._document["errors"], reply.json())
        elif str(reply.status) not in operation["responses"]:
            yield "the description has no such status"
        elif operation["responses"][str(reply.status)] is None:
            yield from ["a body where none belongs"] if reply.body else []
        else:
            yield from self._problems(operation["responses"][str(reply.status)], reply.json())

    def _problems(self, schema: Schema, value: object) -> Iterator[str]:
        validator = Draft202012Validator({"$defs": self._document["$defs"], **schema})
        yield from (f"{error.json_path}: {shortened(error.message)}" for error in validator.iter_errors(value))
