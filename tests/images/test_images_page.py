"""docs/images.md shows commands that work: bash runs them with a stand-in for Docker, and the programs parse theirs."""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import shutil
import subprocess

import pytest
from images.dockerfiles import KINDS, ROOT

from digits.inference.sources import add_model_options

PAGE = ROOT / "docs/images.md"
DOCKER = '#!/usr/bin/env bash\nprintf "%s\\n" "$@" END >> "$CALLS"\n'
OPTIONS = {"--file", "--tag", "--user", "--volume", "--env", "--publish"}
"""Options of Docker's that take a value; any other on the page is an error of the page."""
FLAGS = {"--rm"}


def blocks() -> list[str]:
    return re.findall(r"```bash\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> list[list[str]]:
    """What Docker is called with when each command of the page is run."""
    folder = tmp_path_factory.mktemp("page")
    for name in ("docker", "make"):
        (folder / name).write_text(DOCKER if name == "docker" else "#!/bin/sh\n")
        (folder / name).chmod(0o755)
    (folder / "scripts").mkdir()
    shutil.copy(folder / "make", folder / "scripts/build-images")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run([*git, "init", "--quiet"], cwd=folder, check=True)
    subprocess.run([*git, "commit", "--quiet", "--allow-empty", "--message=a"], cwd=folder, check=True)
    log = folder / "calls"
    environ = {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder), "CALLS": str(log)}
    for block in blocks():
        subprocess.run(["bash", "-euo", "pipefail", "-c", block], cwd=folder, env=environ, check=True)
    return [text.split("\n")[:-1] for text in ("\n" + log.read_text()).split("END\n")[:-1]]


def arguments(call: list[str]) -> tuple[dict[str, list[str]], list[str]]:
    """The values of Docker's options, and what follows them."""
    words = [word for word in call if word][1:]
    options: dict[str, list[str]] = {}
    while words[0].startswith("-"):
        name = words.pop(0)
        assert name in OPTIONS | FLAGS
        if name in OPTIONS:
            options.setdefault(name, []).append(words.pop(0))
    return options, words


def test_every_command_of_the_page_is_run(calls: list[list[str]]) -> None:
    text = "".join(blocks())
    assert len(calls) == len(re.findall(r"^docker ", text, re.MULTILINE)) == 9
    assert "make images" in text
    assert re.search(r"^images:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_what_is_built_is_what_is_run(calls: list[list[str]]) -> None:
    built = [arguments(call)[0] for call in calls if "build" in call]
    assert built == [{"--file": [f"docker/{kind}.Dockerfile"], "--tag": [f"digits-{kind}"]} for kind in KINDS]
    run = {arguments(call)[1][0] for call in calls if "run" in call}
    assert run == {f"digits-{kind}" for kind in KINDS}


def training_parser() -> argparse.ArgumentParser:
    spec = importlib.util.spec_from_file_location("training_program", ROOT / "docker/train.py")
    assert spec
    assert spec.loader
    train = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(train)
    parser: argparse.ArgumentParser = train._parser()  # noqa: SLF001 - what it parses is under test
    return parser


def test_the_page_has_every_option_of_the_training() -> None:
    usage = training_parser().format_help().partition("options:")[2].partition("examples:")[0]
    words = set(re.findall(r"(?<!\w)-[-\w]+", usage)) - {"-h", "--help"}
    assert words == {"-S", "--set-param", "--push"}
    assert all(f"`{word}" in PAGE.read_text() for word in words)


def test_the_programs_of_the_images_take_the_arguments(calls: list[list[str]]) -> None:
    service = argparse.ArgumentParser()
    add_model_options(service)
    parsers = {"digits-train": training_parser(), "digits-predict": service}
    asked = [
        parsers[image].parse_args(words) for image, *words in (arguments(call)[1] for call in calls if "run" in call)
    ]
    assert any(getattr(each, "push", False) for each in asked)
    assert {each.repository for each in asked if hasattr(each, "stage")} >= {None, "file:///repository"}


def test_a_variable_that_names_a_file_names_one_that_is_mounted(calls: list[list[str]]) -> None:
    named = 0
    for call in calls:
        options, _ = arguments(call)
        mounted = {volume.split(":")[1] for volume in options.get("--volume", [])}
        files = [value.partition("=")[2] for value in options.get("--env", []) if "=/" in value]
        named += len(files)
        assert set(files) <= mounted
    assert named == 2
