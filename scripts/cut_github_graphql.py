"""Reduce GitHub's GraphQL schema to the fields that fakes.FakeGitHub serves.

    npm pack @octokit/graphql-schema && tar xzf octokit-graphql-schema-*.tgz
    python scripts/cut_github_graphql.py package

The package (MIT) contains GitHub's schema as schema.graphql. The script keeps the fields that the fake's operations ask
for, their arguments, and the types of all these. It removes descriptions and directives.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphql import REMOVE, TypeDefinitionNode, TypeInfo, TypeInfoVisitor, Visitor, build_ast_schema, parse, visit
from graphql.language import print_ast

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from fakes.github.graphql import SERVED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import DocumentNode, FieldDefinitionNode, FieldNode, NamedTypeNode, Node

TARGET = Path(__file__).parents[1] / "tests/fakes/descriptions"

Fields = dict[str, set[str]]
"""Names of fields by the name of their type."""


def main(package: Path) -> None:
    """Write the reduced schema, its licence and its source."""
    manifest = json.loads((package / "package.json").read_text(encoding="utf-8"))
    text = cut(parse((package / "schema.graphql").read_text(encoding="utf-8")), parse(SERVED))
    source = {
        "package": manifest["name"],
        "version": manifest["version"],
        "license": manifest["license"],
        "file": "schema.graphql",
        "cut_by": "scripts/cut_github_graphql.py",
    }
    (TARGET / "github.graphql").write_text(text, encoding="utf-8")
    (TARGET / "github.graphql.SOURCE.json").write_text(json.dumps(source, indent=2) + "\n", encoding="utf-8")
    (TARGET / "github.graphql.LICENSE").write_bytes((package / "LICENSE.md").read_bytes())
    print(f"{TARGET / 'github.graphql'}: {len(text):,} bytes from {source['package']} {source['version']}")


def cut(whole: DocumentNode, operations: DocumentNode) -> str:
    """The part of the schema that the operations need, with types sorted by name."""
    asked = asked_fields(whole, operations)
    types = {each.name.value: each for each in whole.definitions if isinstance(each, TypeDefinitionNode)}
    kept: dict[str, Node] = {}
    waiting = set(asked)
    while waiting:
        name = waiting.pop()
        if name in types and name not in kept:
            kept[name] = visit(types[name], Bare(name, types, asked))
            waiting |= references(kept[name])
    return "\n\n".join(print_ast(kept[name]) for name in sorted(kept)) + "\n"


def asked_fields(whole: DocumentNode, operations: DocumentNode) -> Fields:
    """The fields that the operations ask for, by type."""
    asked: Fields = defaultdict(set)
    info = TypeInfo(build_ast_schema(whole, assume_valid=True))

    class Asked(Visitor):
        def enter_field(self, node: FieldNode, *_: Any) -> None:  # noqa: ANN401 - the position in the tree
            parent = info.get_parent_type()
            if parent is not None:
                asked[parent.name].add(node.name.value)

    visit(operations, TypeInfoVisitor(info, Asked()))
    return dict(asked)


class Bare(Visitor):
    """Removes from one type unused fields, unused interfaces, descriptions and directives."""

    def __init__(self, name: str, types: Mapping[str, TypeDefinitionNode], asked: Fields) -> None:
        super().__init__()
        interfaces = getattr(types[name], "interfaces", None) or ()
        self._interfaces = {each.name.value for each in interfaces} & asked.keys()
        self._fields = set().union(*(asked.get(each, set()) for each in {name, *self._interfaces}))

    def enter(self, node: Node, *_: Any) -> Node | None:  # noqa: ANN401 - as above
        """Remove the description of any node that has one."""
        if getattr(node, "description", None) is None:
            return None
        return type(node)(**{**{key: getattr(node, key) for key in node.keys}, "description": None})

    def enter_field_definition(self, node: FieldDefinitionNode, *_: Any) -> object:  # noqa: ANN401
        """Remove an unused field of an object or interface; inputs keep all fields."""
        return self.enter(node) if node.name.value in self._fields else REMOVE

    def enter_named_type(self, node: NamedTypeNode, _key: Any, _parent: Any, path: list[Any], _: Any) -> object:  # noqa: ANN401
        """Remove an unused interface."""
        return REMOVE if "interfaces" in path and node.name.value not in self._interfaces else None

    def enter_directive(self, *_: Any) -> object:  # noqa: ANN401
        """Remove a directive, which only GitHub's own tools use."""
        return REMOVE


def references(definition: Node) -> set[str]:
    """The names of all types in a definition."""
    found: set[str] = set()

    class Referred(Visitor):
        def enter_named_type(self, node: NamedTypeNode, *_: Any) -> None:  # noqa: ANN401
            found.add(node.name.value)

    visit(definition, Referred())
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]))
