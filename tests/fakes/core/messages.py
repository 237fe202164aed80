"""A request as it arrived, and the reply a forge gives."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from email import policy
from email.parser import BytesParser
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, object]
_FIELD = re.compile(r"[{}]\s*(\w+)\(")
"""A field with arguments, which those at the top of a query have."""


class MalformedBodyError(ValueError):
    """A request's body is no JSON object."""


@dataclass(frozen=True, kw_only=True)
class UploadedFile:
    """One file of a form: its field, its name and its bytes."""

    field: str
    name: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request as it arrived, secrets included, so that a test can look for them.

    ``site`` is the forge's server that it came to: ``"api"``, ``"web"`` or ``"storage"``. The path is still
    percent-encoded, header names are in lower case, and ``at`` is by the forge's clock.
    """

    site: str
    method: str
    path: str
    query_string: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    at: float = 0.0

    @cached_property
    def query(self) -> dict[str, str]:
        """The query's parameters; the last of a repeated name counts."""
        return dict(parse_qsl(self.query_string, keep_blank_values=True))

    @property
    def target(self) -> str:
        return f"{self.path}?{self.query_string}" if self.query_string else self.path

    @cached_property
    def address(self) -> str:
        """The path; of a GraphQL request with the fields that it asks for, as ``/graphql#nodes``."""
        if not self.path.endswith("/graphql"):
            return self.path
        return f"{self.path}#{'+'.join(_FIELD.findall(str(self.json().get('query', ''))))}"

    def json(self) -> Json:
        """The body as a JSON object; raises MalformedBodyError for any other."""
        try:
            value = json.loads(self.body)
        except ValueError as error:
            raise MalformedBodyError(str(error)) from error
        if not isinstance(value, dict):
            raise MalformedBodyError(f"a JSON {type(value).__name__} is no object")
        return value

    def files(self) -> list[UploadedFile]:
        """Every file of a ``multipart/form-data`` body, in its order; none where the body is no such form."""
        head = f"Content-Type: {self.headers.get('content-type', '')}\r\n\r\n".encode()
        message = BytesParser(policy=policy.HTTP).parsebytes(head + self.body)
        if message.get_content_type() != "multipart/form-data":
            return []
        return [
            UploadedFile(
                field=str(part.get_param("name", header="content-disposition")),
                name=part.get_filename() or "",
                content=content,
            )
            for part in message.iter_parts()
            if part.get_filename() is not None and isinstance(content := part.get_payload(decode=True), bytes)
        ]


@dataclass(frozen=True, kw_only=True)
class Reply:
    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def with_headers(self, headers: Mapping[str, str]) -> Reply:
        """The same reply with more headers; those it has already win."""
        return Reply(status=self.status, headers={**headers, **self.headers}, body=self.body)

    def json(self) -> object:
        return json.loads(self.body)


class HttpError(Exception):
    """A forge answers a request with an error: raised anywhere in a route's work, sent as its reply."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"{reply.status}: {reply.body!r}")
        self.reply = reply


def json_reply(status: int, value: object, headers: Mapping[str, str] | None = None) -> Reply:
    head = {"Content-Type": "application/json; charset=utf-8", **(headers or {})}
    return Reply(status=status, headers=head, body=json.dumps(value, ensure_ascii=False).encode())


def no_content() -> Reply:
    """204: done, with nothing to say."""
    return Reply(status=204)
