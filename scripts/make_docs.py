"""Generate the reference pages in docs/: the command line, Python, two schemas, the checks of ``headway doctor``.

The code tour gets its line numbers.

The schemas are those of report.json and of headway.yaml. A test runs
this script with ``--check``, so the pages always match the code.

Example:
    python scripts/make_docs.py
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from python_reference import python_page

from headway.app.doctor.catalogue import CATALOGUE
from headway.cli.main import cli
from headway.report.schema import json_schema
from headway.settings.json_schema import schema_text

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = Path(__file__).parent.parent / "docs"
_CODE_LINK = re.compile(r"\[`([\w.]+)`\]\((\.\./src/[\w/]+\.py)(?:#L\d+)?\)")
"""A link in the code tour: a function, class or method, and the file that defines it."""

_CHECKS = re.compile(r"(?<=<!-- checks -->\n).*(?=<!-- end of checks -->)", re.DOTALL)
"""The table of what ``headway doctor`` checks."""


def main() -> None:
    """Write the pages; with ``--check``, write nothing and fail if a page is out of date."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a page is out of date")
    check = parser.parse_args().check
    stale = [path.name for path, text in pages().items() if not path.exists() or path.read_text() != text]
    if check and stale:
        sys.exit(f"out of date: {', '.join(stale)}; run: make docs")
    for path, text in ({} if check else pages()).items():
        path.write_text(text)


def pages() -> dict[Path, str]:
    """The text of each generated page."""
    return {
        DOCS / "cli.md": "\n".join(_command_line()),
        DOCS / "doctor.md": _CHECKS.sub(_checks(), (DOCS / "doctor.md").read_text()),
        DOCS / "report.schema.json": json.dumps(json_schema(), indent=2) + "\n",
        DOCS / "report-schema.md": "\n".join(_schema()),
        DOCS / "python.md": python_page(),
        DOCS / "settings.schema.json": schema_text(),
        DOCS / "code-tour.md": _CODE_LINK.sub(_to_line, (DOCS / "code-tour.md").read_text()),
    }


def _command_line() -> Iterator[str]:
    yield "# Command line\n\nGenerated from `--help` by `make docs`.\n"
    for name, command in _with_subcommands("headway", cli):
        context = click.Context(command, info_name=name, max_content_width=100, terminal_width=100)
        yield f"## `{name}`\n\n```text\n{command.get_help(context)}\n```\n"


def _with_subcommands(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for below in sorted(command.list_commands(context)):
            if subcommand := command.get_command(context, below):
                yield from _with_subcommands(f"{name} {below}", subcommand)


def _checks() -> str:
    rows = "".join(
        f"| {family} | {topic.name} | {topic.looks_at} | {topic.otherwise} |\n"
        for family, topics in CATALOGUE.items()
        for topic in topics
    )
    return f"| about | check | looks at | otherwise, in CI |\n|---|---|---|---|\n{rows}"


def _schema() -> Iterator[str]:
    schema = json_schema()
    types = {"The report": schema, **schema["$defs"]}
    yield "# report.json\n\nGenerated from the code by `make docs`.\n"
    yield (
        "The JSON Schema is [report.schema.json](report.schema.json). A number that JSON cannot represent is one of "
        'the strings `"NaN"`, `"Infinity"` and `"-Infinity"`. Later versions may add keys, but never change or remove '
        "existing ones: ignore keys that you do not know.\n"
    )
    for name, definition in types.items():
        yield f"## {name}\n\n{definition['description']}\n"
        yield "| key | type | meaning |\n|---|---|---|"
        for key, value in definition["properties"].items():
            yield f"| `{key}` | {_type(value)} | {value.get('description', '')} |"
        yield ""


def _type(value: dict[str, Any]) -> str:
    """A property's type in plain words, with links to the sections of objects."""
    if "anyOf" in value:
        return " or ".join(dict.fromkeys(map(_type, value["anyOf"])))
    if "$ref" in value:
        name = value["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    if "enum" in value:
        return ", ".join(f"`{option}`" if option else "empty" for option in value["enum"])
    if "items" in value:
        return f"list of {_type(value['items'])}"
    return str(value.get("type", "any"))


def _to_line(link: re.Match[str]) -> str:
    name, path = link.groups()
    return f"[`{name}`]({path}#L{line_of(name, DOCS / path)})"


def line_of(name: str, path: Path) -> int:
    """The line where a function, a class or ``Class.method`` is defined."""
    body, line = ast.parse(path.read_text()).body, 0
    for part in name.split("."):
        found = [node for node in body if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == part]
        if not found:
            sys.exit(f"code-tour.md: {path.name} defines no {name}")
        body, line = found[0].body, found[0].lineno
    return line


if __name__ == "__main__":
    main()
