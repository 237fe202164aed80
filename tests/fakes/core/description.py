"""A forge's description as JSON: the schemas of what it takes and gives, and things filled up after them."""

from __future__ import annotations

import json
from functools import cached_property, reduce
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from fakes.core.state import FOUNDED, iso_seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fakes.core.messages import Json

Schema = dict[str, Any]

_FILLINGS: dict[str, object] = {"boolean": False, "integer": 0, "array": [], "object": {}}


class Description:
    """The document of that name in ``descriptions``.

    Args:
        name: of the file.
        schemas: where in it the schemas of things are, such as ``#/components/schemas``.
    """

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
