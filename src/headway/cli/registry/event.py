"""The command that reads the event which asks for a promotion: ``headway event``."""

from __future__ import annotations

from pathlib import Path

import click

_EXAMPLES = """
\b
Examples:
  headway event                  check the event that started this job, and print it
  headway event --output         also set its fields as outputs of this step
  headway event event.json
"""


@click.command(epilog=_EXAMPLES)
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--output", is_flag=True, help="Also write the fields to GITHUB_OUTPUT, as outputs of this step.")
def event(*, file: Path | None, output: bool) -> None:
    """Read the event that asks for a promotion, check each field, and print them as JSON.

    FILE is an event of GitHub Actions, by default the one that started this job. It can be a `repository_dispatch` with
    the type `headway-promotion`, which a promotion sends, or `wandb-promotion`, which an automation of W&B's registry
    sends. Or it can be a `workflow_dispatch` with the inputs name, stage and version.

    The fields are kind, name, version, stage, sha, tag and author; those that the event does not have are empty. Later
    steps take them from the outputs through `env`, so that no script contains a part of the event.

    Exit codes: 0 success; 2 the file is no such event, or a field is missing, unknown or not allowed.
    """
    import msgspec

    from headway.ci.event import event_file, output_file, read_event

    found = read_event(file or event_file())
    if output:
        from headway.publish.comment.summary import append

        fields = msgspec.structs.asdict(found)
        append(output_file(), "".join(f"{name}={value}\n" for name, value in fields.items()))
    click.echo(msgspec.json.encode(found).decode())
