"""docs/from-cml.md: every command that CML had has an equivalent, or says that it has none."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from headway.cli.main import cli

PAGE = (Path(__file__).parents[2] / "docs/from-cml.md").read_text()

# From the source of iterative/cml on GitHub, read on 30 November 2026:
# - `bin` of package.json in 0.1.21, 0.6.3 and 0.20.5, and in its first form, `dvc-action` 0.1.0, at the commits
#   a184690, b8c6eb6 and 2ba8b89: the dashed commands;
# - the folders bin/cml and bin/legacy/commands, and the test of `cml --help` at commit 8507944: the others;
# - the pull requests 72, 76, 103, 259, 362, 510 (the dashed commands), 703 (one command `cml`), 1073 (nouns and verbs),
#   1227, 1288 (what is deprecated), and the issues 129 and 762: the years.
COMMANDS = [
    *("cml-send-comment", "cml-send-github-check", "cml-publish", "cml-tensorboard-dev", "cml-runner", "cml-pr"),
    *("cml-cloud-runner", "cml-metrics", "cml-files", "cml-send-report", "cml-setup-env-remote"),
    *("cml-send-image", "cml-send-vega-image", "cml-publish-img", "cml-publish-vega"),
    *("cml send-comment", "cml send-github-check", "cml publish", "cml tensorboard-dev", "cml runner", "cml pr"),
    *("cml ci", "cml rerun-workflow"),
    *("cml comment create", "cml comment update", "cml asset publish", "cml check create", "cml pr create"),
    *("cml runner launch", "cml repo prepare", "cml workflow rerun", "cml tensorboard connect"),
    *("vl2png", "vl2svg"),  # of vega-lite, which CML's action installs
]
# `options` of bin/cml/**.js at 0.20.5, hidden ones too; the runner's are in docs/runners.md.
OPTIONS = {
    "comment": "target pr commit-sha head-sha watch trigger-file publish publish-url publish-native native update "
    "rm-watermark watermark-title",
    "publish": "url md title native gitlab-uploads rm-watermark mime-type file",
    "check": "commit-sha head-sha conclusion status title",
    "pr": "md skip-ci merge auto-merge rebase squash branch target-branch title body message remote user-email "
    "user-name",
    "ci": "fetch-depth unshallow user-email user-name",
    "workflow": "id",
    "tensorboard": "credentials logdir name description md title file rm-watermark",
    "all": "log driver repo token driver-token",
}


def rows(heading: str) -> list[list[str]]:
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0].split("\nThese features")[0]
    table = [line for line in section.splitlines() if line.startswith("| ")]
    return [re.split(r"(?<!\\)\|", line.strip("|")) for line in table[1:]]


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_that_cml_had_has_a_row(command: str) -> None:
    (row,) = [row for row in rows("Commands") if command in quoted(row[0])]
    assert len(row) == 4
    assert row[2].strip()


@pytest.mark.parametrize("command", OPTIONS)
def test_every_option_of_cml_is_named(command: str) -> None:
    named = {name for row in [*rows("Options"), *rows("Commands")] for name in re.findall(r"--([\w-]+)", row[0])}
    assert set(OPTIONS[command].split()) <= named


def test_every_option_of_cmls_runner_is_named() -> None:
    page = (Path(__file__).parents[2] / "docs/runners.md").read_text()
    options = (
        "labels idle-timeout name no-retry single reuse reuse-idle docker-volumes cloud cloud-region cloud-type "
        "cloud-permission-set cloud-metadata cloud-gpu cloud-hdd-size cloud-ssh-private cloud-spot cloud-spot-price "
        "cloud-startup-script cloud-aws-security-group cloud-aws-subnet cloud-kubernetes-node-selector"
    )
    assert [option for option in options.split() if f"`--{option}`" not in page] == []


def test_every_command_of_headway_on_the_page_exists_with_its_options() -> None:
    commands = {code for row in rows("Commands") for code in quoted(row[2]) if code.startswith("headway ")}
    assert len(commands) > 6
    for command in commands:
        parse(shlex.split(command)[1:])
    known = {option for each in parameters(cli) for option in each.opts}
    named = {option for row in rows("Options") for option in re.findall(r"`[^`]*?(--[\w-]+)", row[1])}
    assert len(named) > 10
    assert named <= known


def parse(words: list[str]) -> None:
    command: click.Command = cli
    while isinstance(command, click.Group):
        below = command.get_command(click.Context(command), words[0])
        assert below, words[0]
        command, words = below, words[1:]
    words = words or ["--", "true"] if command.name == "run" else words
    command.make_context(command.name, list(words))


def parameters(group: click.Group) -> list[click.Parameter]:
    context, found = click.Context(group), list[click.Parameter]()
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command
        found += parameters(command) if isinstance(command, click.Group) else command.params
    return found
