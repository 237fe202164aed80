"""Reduce GitHub's OpenAPI description to the operations that fakes.FakeGitHub serves.

    npm pack @octokit/openapi && tar xzf octokit-openapi-*.tgz
    python scripts/cut_github_openapi.py package

The package (MIT) contains GitHub's description as generated/api.github.com.json. The script keeps the operations,
everything that they refer to, and the keywords that validate values. It removes descriptions, examples and links.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from fakes.github.forge import ROUTES

TARGET = Path(__file__).parents[1] / "tests/fakes/descriptions"
EXPLAINING = {
    "deprecated",
    "description",
    "discriminator",  # a hint for code generators; validation uses the alternatives
    "example",
    "examples",
    "externalDocs",
    "operationId",
    "summary",
    "tags",
    "title",
}
NAMED_FREELY = {"properties", "responses", "schemas", "parameters", "headers", "paths", "content", "mapping"}

Json = dict[str, Any]


def main(package: Path) -> None:
    """Write the reduced description, its licence and its source."""
    manifest = json.loads((package / "package.json").read_text(encoding="utf-8"))
    whole = json.loads((package / "generated/api.github.com.json").read_text(encoding="utf-8"))
    source = {
        "package": manifest["name"],
        "version": manifest["version"],
        "license": manifest["license"],
        "file": "generated/api.github.com.json",
        "cut_by": "scripts/cut_github_openapi.py",
    }
    text = json.dumps(cut(whole), sort_keys=True, separators=(",", ":"))
    TARGET.mkdir(parents=True, exist_ok=True)
    (TARGET / "github.json").write_text(text + "\n", encoding="utf-8")
    (TARGET / "github.SOURCE.json").write_text(json.dumps(source, indent=2) + "\n", encoding="utf-8")
    (TARGET / "github.LICENSE").write_bytes((package / "LICENSE").read_bytes())
    print(f"{TARGET / 'github.json'}: {len(text):,} bytes from {source['package']} {source['version']}")


def cut(whole: Json) -> Json:
    """The part of the description that the served operations need."""
    paths: Json = {}
    for method, path in served_operations(whole):
        paths.setdefault(path, {})[method] = bare(whole["paths"][path][method])
    return {
        "openapi": whole["openapi"],
        "info": {"title": whole["info"]["title"], "version": whole["info"]["version"]},
        "servers": whole["servers"],
        "paths": paths,
        "components": components(whole, paths),
    }


def served_operations(whole: Json) -> list[tuple[str, str]]:
    """Method and path of each route in the description, which does not cover raw files and the like."""
    routes = [(route.method.lower(), route.documented) for route in ROUTES if route.site == "api"]
    return [(method, path) for method, path in routes if method in whole["paths"].get(path, ())]


def components(whole: Json, paths: Json) -> Json:
    """Everything that the operations refer to, directly or indirectly."""
    kept: Json = {}
    waiting = references(paths)
    while waiting:
        _, _, kind, name = waiting.pop().split("/")
        if name not in kept.setdefault(kind, {}):
            kept[kind][name] = described(bare(whole["components"][kind][name]), kind)
            waiting |= references(kept[kind][name])
    return kept


def references(node: object) -> set[str]:
    """All ``$ref`` values in a part of the description."""
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*(references(value) for value in node.values()))
    if isinstance(node, list):
        return set().union(*(references(item) for item in node))
    return set()


def bare(node: Any, *, within: str = "") -> Any:  # noqa: ANN401 - any JSON value
    """A part of the description without the keywords that do not validate anything.

    Args:
        node: the part.
        within: the keyword that contains the part, if it matters. The keys of ``properties`` and the like are names,
            not keywords, so all of them are kept. A response must keep a description, which may be empty.
    """
    if isinstance(node, list):
        return [bare(item) for item in node]
    if not isinstance(node, dict):
        return node
    if within in NAMED_FREELY:
        return {name: described(bare(part), within) for name, part in node.items()}
    kept = {key: part for key, part in node.items() if key not in EXPLAINING and not key.startswith("x-")}
    if kept.get("nullable") and None not in kept.get("enum", [None]):
        kept["enum"] = [*kept["enum"], None]  # required by OpenAPI 3.0.3, missing in the description
    if "oneOf" in kept:
        kept["anyOf"] = kept.pop("oneOf")  # GitHub's alternatives overlap: an error body matches several of them
    return {key: bare(part, within=key) for key, part in kept.items()}


def described(part: Any, within: str) -> Any:  # noqa: ANN401 - any JSON value
    """A response with the description that OpenAPI requires; any other part unchanged."""
    return {"description": "", **part} if within == "responses" and "$ref" not in part else part


if __name__ == "__main__":
    main(Path(sys.argv[1]))
