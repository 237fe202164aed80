"""The part of the GraphQL language that clients of a forge write: one query or mutation, fields, arguments, fragments.

No subscriptions and no directives: they are refused, never ignored.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

_TOKEN = re.compile(
    r"(?P<skip>[\s,\ufeff]+|\#[^\n\r]*)"
    r"|(?P<text>\"(?:[^\"\\\n]|\\.)*\")"
    r"|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<mark>\.\.\.|[!$():=@\[\]{}|&])"
)
_CONSTANTS: dict[str, object] = {"true": True, "false": False, "null": None}


class QueryError(ValueError):
    """A document that cannot be read."""


class GraphQLError(Exception):
    """A query that GitHub answers with ``errors``; with a type, the field becomes null and the rest stands."""

    def __init__(self, message: str, *, kind: str = "", code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.kind = kind
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Field:
    """A field that a query asks for.

    Attributes:
        name: of the field.
        key: under which the answer has it.
        arguments: with the variables filled in.
        selection: what is asked of the field's value.
    """

    name: str
    key: str
    arguments: Mapping[str, object] = field(default_factory=dict)
    selection: Selection = ()


@dataclass(frozen=True, kw_only=True)
class Fragment:
    """A selection for values of one type; an empty type means every type."""

    on: str
    selection: Selection


@dataclass(frozen=True, kw_only=True)
class Spread:
    """A named fragment's place; none is left once the whole document is read."""

    name: str


Selection = tuple[Field | Fragment | Spread, ...]


class Operation(NamedTuple):
    """A document: whether it asks or changes, and what."""

    kind: Literal["query", "mutation"]
    selection: Selection


def read_operation(text: str, variables: Mapping[str, object]) -> Operation:
    """What a document asks for.

    Raises:
        QueryError: when it is no single query or mutation in the known part of the language.
    """
    return _Reader(text, variables).document()


class _Reader:
    """Reads a document from its first token to its last."""

    def __init__(self, text: str, variables: Mapping[str, object]) -> None:
        self._tokens = _tokens(text)
        self._at = 0
        self._variables = dict(variables)
        self._fragments: dict[str, Fragment] = {}

    def document(self) -> Operation:
        operation: Operation | None = None
        while self._peek():
            if self._peek() == "fragment":
                self._fragment()
            elif operation is None:
                operation = self._operation()
            else:
                raise QueryError("Only one operation is understood")
        if operation is None:
            raise QueryError("A query attribute must be specified and must be a string.")
        return operation._replace(selection=self._resolved(operation.selection))

    def _operation(self) -> Operation:
        if self._peek() == "{":
            return Operation("query", self._selection())
        kind = self._take()
        if kind not in {"query", "mutation"}:
            raise QueryError("Only queries and mutations are understood")
        if self._peek() not in {"(", "{"}:
            self._take()
        if self._peek() == "(":
            self._declarations()
        return Operation("query" if kind == "query" else "mutation", self._selection())

    def _declarations(self) -> None:
        """Variables with their types; a default counts where no value was sent."""
        self._take("(")
        while self._peek() != ")":
            self._take("$")
            name = self._name()
            self._take(":")
            required = self._type()
            if self._peek() == "=":
                self._take("=")
                self._variables.setdefault(name, self._value())
            elif required and name not in self._variables:
                raise QueryError(f"Variable ${name} of a required type was provided invalid value")
        self._take(")")

    def _type(self) -> bool:
        """Passes over a type; true when it is required."""
        if self._peek() == "[":
            self._take("[")
            self._type()
            self._take("]")
        else:
            self._take()
        if self._peek() != "!":
            return False
        self._take("!")
        return True

    def _fragment(self) -> None:
        self._take("fragment")
        name = self._take()
        self._take("on")
        kind = self._take()
        self._fragments[name] = Fragment(on=kind, selection=self._selection())

    def _selection(self) -> Selection:
        self._take("{")
        parts: list[Field | Fragment | Spread] = []
        while self._peek() != "}":
            parts.append(self._spread() if self._peek() == "..." else self._field())
        self._take("}")
        return tuple(parts)

    def _spread(self) -> Fragment | Spread:
        self._take("...")
        if self._peek() not in {"on", "{"}:
            return Spread(name=self._take())
        kind = ""
        if self._peek() == "on":
            self._take("on")
            kind = self._take()
        return Fragment(on=kind, selection=self._selection())

    def _field(self) -> Field:
        key = name = self._name()
        if self._peek() == ":":
            self._take(":")
            name = self._name()
        arguments = self._arguments() if self._peek() == "(" else {}
        selection = self._selection() if self._peek() == "{" else ()
        return Field(name=name, key=key, arguments=arguments, selection=selection)

    def _arguments(self) -> dict[str, object]:
        self._take("(")
        return self._entries(")")

    def _value(self) -> object:
        token = self._take()
        match token:
            case "$":
                return self._variables.get(self._name())
            case "[":
                return self._items()
            case "{":
                return self._entries("}")
            case _ if token[0] in '"-0123456789':
                return json.loads(token)
            case _:
                return _CONSTANTS.get(token, token)

    def _items(self) -> list[object]:
        items: list[object] = []
        while self._peek() != "]":
            items.append(self._value())
        self._take("]")
        return items

    def _entries(self, end: str) -> dict[str, object]:
        entries: dict[str, object] = {}
        while self._peek() != end:
            name = self._name()
            self._take(":")
            entries[name] = self._value()
        self._take(end)
        return entries

    def _resolved(self, selection: Selection) -> Selection:
        """The selection with named fragments in the place of their spreads."""
        return tuple(self._with_fragments(part) for part in selection)

    def _with_fragments(self, part: Field | Fragment | Spread) -> Field | Fragment:
        if isinstance(part, Spread):
            if part.name not in self._fragments:
                raise QueryError(f"Fragment {part.name} was used, but not defined")
            part = self._fragments[part.name]
        return replace(part, selection=self._resolved(part.selection))

    def _peek(self) -> str:
        """The next token; empty at the end."""
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self, expected: str = "") -> str:
        token = self._peek()
        if not token or (expected and token != expected):
            raise QueryError(f"Expected {expected or 'more'!r}, actual: {token or 'end of query'!r}")
        self._at += 1
        return token

    def _name(self) -> str:
        name = self._take()
        if not name.isidentifier():
            raise QueryError(f"Expected a name, actual: {name!r}")
        return name


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise QueryError(f"Expected one of the language's signs, actual: {text[at]!r}")
        if match.lastgroup != "skip":
            tokens.append(match[0])
        at = match.end()
    return tokens
