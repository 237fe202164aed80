"""A forge's description as hand-written JSON Schemas, for forges without an official one that can be shipped.

A document has ``$defs``, ``operations`` by method and path, and ``errors``, the schema of every error body. An
operation has ``query`` (the parameters that exist, each with its schema), ``request`` (of a JSON body) or ``files``
(the fields of a multipart body), and ``responses`` by status; ``null`` stands for no body. Needs jsonschema.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator

from fakes.kernel.contract import shortened
from fakes.kernel.multipart import uploaded_files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fakes.kernel.contract import Exchanged

FIRST_ERROR = 400
Schema = dict[str, Any]


class SchemaContract:
    """Judges requests and replies by the document of that name in ``descriptions``."""

    def __init__(self, name: str) -> None:
        self._document = _document(name)

    def violations(self, exchanged: Exchanged) -> Iterator[str]:
        """One sentence for each way in which the request or the reply breaks its schema.

        A request counts only when the fake accepted it: one that was answered with an error has met its fate already.
        """
        operation = self._document["operations"].get(exchanged.name)
        if operation is None:
            yield "the description has no such operation"
            return
        if exchanged.reply.status < FIRST_ERROR:
            yield from (f"request: {problem}" for problem in self._request_problems(exchanged, operation))
        yield from (
            f"reply {exchanged.reply.status}: {problem}" for problem in self._reply_problems(exchanged, operation)
        )

    def _request_problems(self, exchanged: Exchanged, operation: Schema) -> Iterator[str]:
        known = operation.get("query", {})
        for name, value in exchanged.request.query.items():
            if name not in known:
                yield f"unknown query parameter {name!r}"
            else:
                yield from self._problems(known[name], value)
        if "request" in operation:
            yield from self._problems(operation["request"], exchanged.request.json())
        sent = [file.field for file in uploaded_files(exchanged.request)]
        if sorted(set(sent)) != sorted(operation.get("files", ())):
            yield f"files in the fields {sent}"

    def _reply_problems(self, exchanged: Exchanged, operation: Schema) -> Iterator[str]:
        status = exchanged.reply.status
        if status >= FIRST_ERROR:
            yield from self._problems(self._document["errors"], exchanged.reply.json())
        elif str(status) not in operation["responses"]:
            yield "the description has no such status"
        elif operation["responses"][str(status)] is None:
            yield from ["a body where none belongs"] if exchanged.reply.body else []
        else:
            yield from self._problems(operation["responses"][str(status)], exchanged.reply.json())

    def _problems(self, schema: Schema, value: object) -> Iterator[str]:
        validator = Draft202012Validator({"$defs": self._document["$defs"], **schema})
        yield from (f"{error.json_path}: {shortened(error.message)}" for error in validator.iter_errors(value))


@cache
def _document(name: str) -> Schema:
    text = files("fakes").joinpath(f"descriptions/{name}.json").read_text(encoding="utf-8")
    document: Schema = json.loads(text)
    return document
