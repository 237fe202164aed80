"""Large YAML files, scanned by libyaml and interpreted by ruamel.yaml. Bytes in, no files opened.

DVC reads with ruamel.yaml, whose scanner in Python takes 60 ms for a dvc.lock of fifty stages, and libyaml 4 ms.
PyYAML's own loaders would follow YAML 1.1, where ``yes`` is true and ``017`` fifteen, so only its scanner is used and
ruamel.yaml interprets the scalars. Where the two scanners may differ, and where a document is broken, ruamel.yaml reads
all of it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from ruamel.yaml import YAML
from ruamel.yaml.nodes import ScalarNode as Scalar
from yaml import MappingNode, ScalarNode, SequenceNode, YAMLError
from yaml.cyaml import CParser

from headway.bounded_yaml import load_yaml

if TYPE_CHECKING:
    from yaml import Node

_OUT_OF_THE_ORDINARY = re.compile(
    rb"[^\n -~]"  # tabs, other line breaks, byte order marks
    rb"|(?:^ *|[-?:] +)[&*!%{\[|>]"  # anchors, aliases, tags, directives, flow style, block scalars
    rb"|^[-?: ]{100}",  # PyYAML's composer overruns the stack where nesting is deep
    re.MULTILINE,
)
_STRING = "tag:yaml.org,2002:str"
_INTEGER = re.compile(r"0|[1-9][0-9]{0,17}")
_PLAIN, _QUOTED = "plain", "quoted"
_RULES = YAML(typ="safe", pure=True).resolver


class _UnusualError(Exception):
    """A document that the two libraries might understand differently."""


class _Scanner(CParser):  # type: ignore[misc]  # PyYAML carries no types
    """Gives nodes whose tag says only whether a scalar is quoted; it resolves nothing by YAML 1.1."""

    def resolve(self, _kind: type[Node], _value: object, implicit: tuple[bool, bool] | bool) -> str:  # noqa: FBT001 - PyYAML's own signature
        return _PLAIN if implicit == (True, False) else _QUOTED

    def descend_resolver(self, _parent: Node | None, _index: object) -> None:
        """PyYAML calls it."""

    def ascend_resolver(self) -> None:
        """PyYAML calls it."""


def parse_large_yaml(data: bytes) -> object | None:
    """What ``ruamel.yaml.YAML(typ="safe").load`` would give; ``None`` where that has to be asked."""
    if _OUT_OF_THE_ORDINARY.search(data):
        return None
    scanner = _Scanner(data)
    try:
        return _value(scanner.get_single_node())
    except (YAMLError, _UnusualError):
        return None
    finally:
        scanner.dispose()


def _value(node: Node | None) -> object:
    if isinstance(node, ScalarNode):
        return _scalar(node.value) if node.tag == _PLAIN else node.value
    if isinstance(node, SequenceNode):
        return [_value(item) for item in node.value]
    if isinstance(node, MappingNode):
        return _mapping(node)
    raise _UnusualError


def _mapping(node: MappingNode) -> dict[object, object]:
    found: dict[object, object] = {}
    for name, content in node.value:
        key = _value(name)
        if not isinstance(key, str) or key in found or key == "<<":
            raise _UnusualError
        found[key] = _value(content)
    return found


@lru_cache(2**16)
def _scalar(text: str) -> object:
    """The value of a plain scalar; cached, because hashes and sizes recur on the other side."""
    if _INTEGER.fullmatch(text):
        return int(text)
    if str(_RULES.resolve(Scalar, text, (True, False))) == _STRING:
        return text
    try:
        return load_yaml(text)
    except Exception as error:  # such as a date of the 99th of a month: ruamel.yaml says where
        raise _UnusualError from error
