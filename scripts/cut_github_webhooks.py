"""Reduce the schema of GitHub's webhooks to the two events that ``headway event`` reads.

    npm pack @octokit/webhooks-schemas && tar xzf octokit-webhooks-schemas-*.tgz
    python scripts/cut_github_webhooks.py package

The package (MIT) contains the schema as schema.json. The script keeps the events, everything that they refer to, and
the keywords that validate values. The package names its licence and its author, but lacks the licence's text, which is
therefore taken from the other description of the same project, @octokit/openapi.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from cut_github_openapi import TARGET, bare, references

EVENTS = ("repository_dispatch$event", "workflow_dispatch$event")

Json = dict[str, Any]


def main(package: Path) -> None:
    """Write the reduced schema, its licence and its source."""
    manifest = json.loads((package / "package.json").read_text(encoding="utf-8"))
    whole = json.loads((package / "schema.json").read_text(encoding="utf-8"))
    source = {
        "package": manifest["name"],
        "version": manifest["version"],
        "license": manifest["license"],
        "author": manifest["author"],
        "file": "schema.json",
        "cut_by": "scripts/cut_github_webhooks.py",
    }
    text = json.dumps(cut(whole), sort_keys=True, separators=(",", ":"))
    (TARGET / "github.webhooks.json").write_text(text + "\n", encoding="utf-8")
    (TARGET / "github.webhooks.SOURCE.json").write_text(json.dumps(source, indent=2) + "\n", encoding="utf-8")
    (TARGET / "github.webhooks.LICENSE").write_text(licence(manifest), encoding="utf-8")
    print(f"{TARGET / 'github.webhooks.json'}: {len(text):,} bytes from {source['package']} {source['version']}")


def licence(manifest: Json) -> str:
    """The licence's text, under what the package says of itself."""
    _, permission = (TARGET / "github.LICENSE").read_text(encoding="utf-8").split("\n", 1)
    holders = f"{manifest['author']} and the contributors to https://github.com/octokit/webhooks"
    return f"{manifest['license']} License Copyright (c) {holders}\n{permission}"


def cut(whole: Json) -> Json:
    """The part of the schema that the events need."""
    kept: Json = {}
    waiting = set(EVENTS)
    while waiting:
        name = waiting.pop()
        if name not in kept:
            kept[name] = bare(whole["definitions"][name])
            waiting |= {reference.rpartition("/")[2] for reference in references(kept[name])}
    return {"$schema": whole["$schema"], "definitions": kept}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
