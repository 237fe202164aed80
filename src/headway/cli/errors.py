"""How an error that ends a command reaches the user: what happened, why and what to do, on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from headway.errors import HeadwayError


def explain(error: HeadwayError) -> None:
    """Print an error that Headway raised on purpose: what happened, why and what to do."""
    click.echo(f"{click.style('error:', fg='red', bold=True)} {error.what}", err=True)
    for line in (error.why, error.remedy):
        if line:
            click.echo(f"  {line}", err=True)
