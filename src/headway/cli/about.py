"""The commands about the command line itself: ``headway help``, ``headway version`` and ``headway completion``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from click.shell_completion import CompletionItem

_HELP_EXAMPLES = """
\b
Examples:
  headway help               list all commands
  headway help report        the same as headway report --help
  headway help ci run        the same as headway ci run --help
"""
_VERSION_EXAMPLES = """
\b
Examples:
  headway version            for a bug report
  headway version --json     for a program
"""
_COMPLETION_EXAMPLES = """
\b
Examples:
  headway completion bash    for ~/.bashrc: eval "$(headway completion bash)"
  headway completion zsh     for ~/.zshrc: eval "$(headway completion zsh)", after compinit
  headway completion fish    for ~/.config/fish/config.fish: headway completion fish | source
"""
_PROGRAMS = ("headway", "dvc-headway")
_VARIABLE = "_HEADWAY_COMPLETE"
"""What click reads for both programs, because :mod:`headway.cli.main` calls both by one name."""


def _find(root: click.Context, names: Iterable[str]) -> click.Context:
    """The command that names lead to; an unknown one is a usage error."""
    found = root
    for name in names:
        if not isinstance(found.command, click.Group):
            found.fail(f"`{found.command_path}` has no commands of its own, such as {name!r}.")
        _, command, _ = found.command.resolve_command(found, [name])
        found = click.Context(command or found.command, info_name=name, parent=found)
    return found


def _complete_command(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem[Any]]:
    try:
        found = _find(context.find_root(), context.params["names"] or ())
    except click.UsageError:
        return []
    return found.command.shell_complete(found, incomplete) if isinstance(found.command, click.Group) else []


@click.command(epilog=_HELP_EXAMPLES)
@click.argument("names", metavar="[COMMAND]...", nargs=-1, shell_complete=_complete_command)
@click.pass_context
def help(context: click.Context, *, names: tuple[str, ...]) -> None:  # noqa: A001 - the command's name
    """Show the help of a command, or without COMMAND the list of all."""
    click.echo(_find(context.find_root(), names).get_help())


@click.command(epilog=_VERSION_EXAMPLES)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def version(*, as_json: bool) -> None:
    """Show the versions of Headway, Python, DVC and DVC's plug-ins, without loading DVC."""
    import platform

    from headway._version import __version__

    python, dvc, plugins = platform.python_version(), _installed("dvc"), _plugins()
    if as_json:
        import json

        click.echo(json.dumps({"headway": __version__, "python": python, "dvc": dvc, "plugins": plugins}))
        return
    names = ", ".join(f"{name} {number}" for name, number in plugins.items())
    click.echo(f"headway {__version__}\nPython {python}\nDVC {dvc or 'is not installed'}")
    click.echo(f"DVC's plug-ins: {names or 'none'}")


def _installed(package: str) -> str | None:
    from importlib import metadata

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _plugins() -> dict[str, str]:
    """The plug-ins that are installed, of those for which DVC has an extra, such as ``dvc[s3]``."""
    import re
    from importlib import metadata

    required = metadata.requires("dvc") if _installed("dvc") else None
    optional = (re.match(r"(dvc-[\w-]+).*extra ==", each) for each in required or ())
    names = sorted({found[1] for found in optional if found})
    return {name: number for name in names if (number := _installed(name))}


@click.command(epilog=_COMPLETION_EXAMPLES)
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
@click.pass_context
def completion(context: click.Context, *, shell: str) -> None:
    """Print the script with which a shell completes commands, options, branches and tags.

    It is for `headway` and `dvc-headway`. docs/completion.md shows the line for each shell.
    """
    from click.shell_completion import BashComplete, FishComplete, ZshComplete

    shells = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}
    for program in _PROGRAMS:
        click.echo(shells[shell](context.find_root().command, {}, program, _VARIABLE).source())
