"""All commands: where each is defined, what it does in a few words, and the group that loads one when it is needed."""

from __future__ import annotations

import difflib
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from typing import Any


class Entry(NamedTuple):
    """A command in the list of all.

    Attributes:
        module: the module of this package that defines it.
        summary: what it does, short enough for one line of 80 columns.
    """

    module: str
    summary: str


SECTIONS = {
    "Start here": {
        "init": Entry("init", "Write the settings and the CI workflow that are missing."),
        "doctor": Entry("doctor", "Say what is missing before it fails in CI."),
        "diff": Entry("compare", "Compare metrics, parameters, stages and data in the terminal."),
        "report": Entry("compare", "Write the report as a page, Markdown and JSON, with charts."),
        "post": Entry("post", "Post the report to the pull request."),
    },
    "Compare and judge": {
        "data": Entry("compare", "Compare the data itself: files, rows, columns, drift, labels."),
        "evidence": Entry("evidence", "Compute the evidence of large predictions in parts."),
        "gate": Entry("gate", "Judge the gates that the settings declare."),
        "rules": Entry("rules", "Show which rule applies to each metric, or suggest some."),
        "speed": Entry("speed", "Measure how fast the models of base and head are."),
        "verify": Entry("compare", "Check that dvc.lock matches the code, parameters and data."),
    },
    "Publish": {
        "check": Entry("documents", "Create a check run or commit status from a Markdown file."),
        "comment": Entry("documents", "Create or update a comment from a Markdown file."),
        "pr": Entry("pr", "Commit results to a branch and open a pull request for them."),
        "prune": Entry("documents", "Remove old images from the images branch (GitHub)."),
        "upload": Entry("documents", "Upload images and print one URL per line."),
    },
    "Model registry": {
        "deploy": Entry("registry.deploy", "Fetch the version in a stage, test it, record a deployment."),
        "event": Entry("registry.event", "Read and check the event that asks for a promotion."),
        "promote": Entry("registry.promote", "Give a version of a model a stage, if it is good enough."),
        "rollback": Entry("registry.promote", "Give a stage back to the version that had it before."),
        "stages": Entry("registry.stages", "Show which version of each model is in which stage."),
    },
    "Set up": {
        "ci": Entry("remote", "Give a CI job access to DVC's remote."),
        "completion": Entry("about", "Print the script that completes commands in a shell."),
        "help": Entry("about", "Show the help of a command."),
        "settings": Entry("settings", "Help an editor to complete and check headway.yaml."),
        "version": Entry("about", "Show the versions of Headway, Python, DVC and plug-ins."),
    },
}
"""The commands below their headings, in the order in which ``headway --help`` shows them."""

_ENTRIES = {name: entry for section in SECTIONS.values() for name, entry in section.items()}
_RENAMED = {"publish": "upload"}


class Commands(click.Group):
    """The commands, each loaded when it is needed; listing and completing their names loads none."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names of all commands."""
        return list(_ENTRIES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - likewise
        """A command by its name."""
        if cmd_name not in _ENTRIES:
            return None
        found: click.Command = getattr(import_module(f"headway.cli.{_ENTRIES[cmd_name].module}"), cmd_name)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; an unknown one is a usage error with the nearest name, a renamed one with its new name."""
        name = args[0]
        if name in _RENAMED:
            ctx.fail(f"`headway {name}` has been renamed to `headway {_RENAMED[name]}`.")
        if name not in _ENTRIES and not name.startswith("-"):
            close = difflib.get_close_matches(name, _ENTRIES, n=1)
            ctx.fail(f"No such command {name!r}.{f' Did you mean {close[0]!r}?' if close else ''}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - likewise
        """Write the list of all commands below their headings, in one column."""
        width = max(map(len, _ENTRIES))
        for title, section in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), entry.summary) for name, entry in section.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[Any]]:
        """The commands that begin like this, and the options."""
        found = [CompletionItem(name, help=entry.summary) for name, entry in _ENTRIES.items()]
        return [item for item in found if item.value.startswith(incomplete)] + click.Command.shell_complete(
            self, ctx, incomplete
        )
