"""A YAML parser with limits: ten lines can hold a billion values, or nest deeper than Python can follow."""

from __future__ import annotations

import warnings
from copy import deepcopy
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, ScalarEvent

from headway.bounded import MAX_DEPTH, MAX_VALUES, TOO_DEEP, TOO_MANY
from headway.values.typed import MAX_DIGITS, TOO_LONG

if TYPE_CHECKING:
    from collections.abc import Callable

_SMALL = 16 * 1024
"""Characters up to which a document is kept; most of the larger ones are read by libyaml."""


class YamlLimitError(MarkedYAMLError):
    """A document exceeds a limit; the problem completes "the file ..."."""


def load_yaml(text: str | bytes, kind: Literal["safe", "rt"] = "safe") -> Any:  # noqa: ANN401 - a tree of whatever it holds
    """Load one document with ruamel.yaml; "rt" keeps the positions of keys. Raises ``YAMLError``."""
    return deepcopy(_kept(text)) if kind == "safe" and len(text) <= _SMALL else _load(text, kind)


@lru_cache(16)
def _kept(text: str | bytes) -> Any:  # noqa: ANN401 - likewise
    """A small document, which is asked for again: pipelines and settings are mostly the same on both sides."""
    return _load(text, "safe")


def edit_yaml(text: bytes, edit: Callable[[Any], None]) -> bytes:
    """Change one document, whose comments, order and quotes are kept; raises ``YAMLError``.

    ``edit`` gets ruamel.yaml's tree of it, and changes that. The first nested mapping says how deep all are indented.
    """
    yaml = _bounded("rt")
    yaml.preserve_quotes = True
    yaml.explicit_start = text.startswith(b"---")
    yaml.width = 2**16
    document = _read(yaml, text)
    if isinstance(document, dict) and (nested := [each.lc.col for each in document.values() if hasattr(each, "lc")]):
        yaml.map_indent = nested[0] or None
    edit(document)
    stream = BytesIO()
    yaml.dump(document, stream)
    written = stream.getvalue()
    return written.replace(b"\n", b"\r\n") if b"\r\n" in text else written


def _load(text: str | bytes, kind: Literal["safe", "rt"]) -> Any:  # noqa: ANN401 - likewise
    return _read(_bounded(kind), text)


def _bounded(kind: Literal["safe", "rt"]) -> YAML:
    yaml = YAML(typ=kind, pure=True)  # libyaml's composer overruns the stack where nesting is deep
    yaml.Composer = _Composer
    return yaml


def _read(yaml: YAML, text: str | bytes) -> Any:  # noqa: ANN401 - likewise
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # ruamel warns of reused anchors
        try:
            return yaml.load(text)
        except YAMLError:
            raise
        except (ValueError, TypeError, OverflowError, AttributeError) as error:  # such as a date of the 99th of a month
            raise MarkedYAMLError(problem=str(error)) from error


class _Composer(Composer):
    """Counts nodes, those that an alias repeats as well."""

    def __init__(self, loader: Any = None) -> None:  # noqa: ANN401 - ruamel's own signature
        super().__init__(loader)
        self._depth = self._count = 0
        self._sizes: dict[int, int] = {}

    def compose_node(self, parent: Any, index: Any) -> Any:  # noqa: ANN401 - likewise
        event, before = self.parser.peek_event(), self._count
        self._check(event, TOO_DEEP, exceeded=self._depth > MAX_DEPTH)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        if isinstance(event, AliasEvent):
            self._check(event, "contains itself", exceeded=id(node) not in self._sizes)
            self._count += self._sizes[id(node)]
        else:
            self._count += 1
            self._sizes[id(node)] = self._count - before
            is_integer = isinstance(event, ScalarEvent) and str(node.tag).endswith(":int")
            self._check(event, TOO_LONG, exceeded=is_integer and len(node.value) > MAX_DIGITS + 1)
        self._check(event, TOO_MANY, exceeded=self._count > MAX_VALUES)
        return node

    def _check(self, event: Any, what: str, *, exceeded: bool) -> None:  # noqa: ANN401 - ruamel's events are not typed
        if exceeded:
            raise YamlLimitError(problem=what, problem_mark=event.start_mark)
