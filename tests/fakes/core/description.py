"""A forge's description as JSON: things filled up after it, and checks of what clients send and fakes answer.

For forges without an official description that can be shipped there are hand-written JSON Schemas. A document has
``$defs``, ``operations`` by method and path, and ``errors``, the schema of every error body. An operation has ``query``
(the parameters that exist, each with its schema), ``request`` (of a JSON body) or ``files`` (the fields of a multipart
body), and ``responses`` by status; ``null`` means no body.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cached_property, reduce
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator

from fakes.core.state import FOUNDED, iso_seconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from fakes.core.messages import Json, Reply, Request
    from fakes.core.routes import Call

Schema = dict[str, Any]

_FILLINGS: dict[str, object] = {"boolean": False, "integer": 0, "array": [], "object": {}}
FIRST_ERROR = 400
"""The lowest status of an error. A request that a fake refused is not checked: the client knows already."""

LONGEST = 300


class Description:
    """The document of that name in ``descriptions``; its schemas of things are at a place such as ``#/$defs``."""

    def __init__(self, name: str, schemas: str) -> None:
        self._name = name
        self._schemas = schemas
        self._blank: dict[tuple[str, str], Json] = {}

    @cached_property
    def document(self) -> Schema:
        text = files("fakes").joinpath(f"descriptions/{self._name}.json").read_text(encoding="utf-8")
        document: Schema = json.loads(text)
        return document

    def resolved(self, part: Schema) -> Schema:
        """A part of the document, looked up where it is a reference."""
        if "$ref" not in part:
            return part
        found: Schema = reduce(lambda node, key: node[key], part["$ref"].split("/")[1:], self.document)
        return found

    def completed(self, schema: str, known: Mapping[str, object]) -> Json:
        """A thing as the forge shows it: what the fake knows of it, and plain values for what else must be there."""
        key = (schema, str(known.get("url", "")))
        if key not in self._blank:
            self._blank[key] = self._filled(self.resolved({"$ref": f"{self._schemas}/{schema}"}), key[1])
        return {**self._blank[key], **known}

    def _filled(self, schema: Schema, url: str) -> Json:
        required = schema.get("required", ())
        return {name: self._filling(name, self.resolved(schema["properties"][name]), url) for name in required}

    def _filling(self, name: str, schema: Schema, url: str) -> object:
        """Nothing where that is allowed, else what is as good as nothing; links lead somewhere below the thing."""
        if "null" in schema.get("type", "") or schema.get("nullable") or "const" in schema or "anyOf" in schema:
            return None
        if schema.get("format") == "date-time":
            return iso_seconds(FOUNDED)
        if schema.get("type") == "string":
            return f"{url}/{name.removesuffix('_url')}" if name.endswith(("_url", "href")) else ""
        if "properties" in schema:
            return self._filled(schema, url)
        return _FILLINGS.get(schema.get("type", ""))


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
