"""The commands ``headway settings``: the settings' schema, for an editor."""

from __future__ import annotations

from pathlib import Path

import click

_EXAMPLES = """
\b
Examples:
  headway settings schema --out .headway.schema.json    write the schema next to headway.yaml
"""
_SCHEMA_EXAMPLE = "Example: headway settings schema --out .headway.schema.json"


@click.group(epilog=_EXAMPLES)
def settings() -> None:
    """Help an editor to complete and check headway.yaml."""


@settings.command(epilog=_SCHEMA_EXAMPLE)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write it to FILE instead."
)
def schema(*, out: Path | None) -> None:
    """Print the JSON Schema of headway.yaml.

    With it, an editor completes keys and values, explains them, and underlines mistakes while you type. Write it next
    to headway.yaml, whose first line names it:

    # yaml-language-server: $schema=.headway.schema.json

    docs/settings.md shows the same for [tool.headway] in pyproject.toml. Write the file again when you update Headway.
    """
    from headway.settings.json_schema import schema_text

    if out is None:
        click.echo(schema_text(), nl=False)
        return
    from headway.writing import write_files

    write_files(out.parent, {}, {out.name: schema_text().encode()}, set())
    click.echo(out)
