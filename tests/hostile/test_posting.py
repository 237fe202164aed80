"""Comments, statuses and images: odd inputs, the same once more, another form, and two targets."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from fakes import FakeGitHub, FakeGitLab
from hostile.page import Row, Section, ended
from image_forges import png
from publish.any_forge import FORGES, ONE, PLACES, comments, context_of, of_two, open_forge, write_report, writes
from publish.forge_places import make_options

from headway.publish.post import post
from headway.settings import ImageSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


def headway(folder: Path, *arguments: str, stdin: bytes | str = b"", forge: FakeGitLab | None = None) -> str:
    """How a command ends that gets these bytes, or a device, on standard input; on a forge, also what came of it."""
    place = {"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "octo/digits", "GITHUB_TOKEN": "x"}
    environ = {**os.environ, **(forge.environ() if forge else place)}
    command = [sys.executable, "-m", "headway", *arguments]
    if isinstance(stdin, str):
        with open(os.open(stdin, os.O_RDONLY | os.O_NOCTTY), "rb") as device:  # noqa: PTH123 - and no terminal of ours
            done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, check=False, stdin=device)
    else:
        done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, check=False, input=stdin)
    text = subprocess.CompletedProcess(command, done.returncode, done.stdout.decode(), done.stderr.decode())
    return ended(text, folder, lines=0 if forge else 1) + (f": {text.stdout}" if forge else "")


def piped_picture(folder: Path) -> str:
    with FakeGitLab(merge_requests=[ONE], validate=False) as fake:
        done = headway(folder, "upload", "-", stdin=png(1), forge=fake)
        (upload,) = fake.uploads()
        same = "the same bytes" if upload.content == png(1) else "other bytes"
        return done.replace(
            f"{fake.server_url}/octo/digits/uploads/{upload.secret}/{upload.name}\n", f"the address of {same}"
        )


def endless(folder: Path) -> str:
    return headway(folder, "upload", "-", stdin="/dev/zero")


def terminal(folder: Path) -> str:
    master, slave = os.openpty()
    try:
        return headway(folder, "upload", "-", stdin=os.ttyname(slave))
    finally:
        os.close(master)
        os.close(slave)


def parent_gone(folder: Path) -> str:
    (folder / "report.md").write_text("the last state")
    os.mkfifo(folder / "gate")
    script = '(read _ <gate; exec "$1" -m headway comment report.md --watch) &'
    with FakeGitHub(pull_requests=[ONE], validate=False) as fake:
        environ = {**os.environ, **fake.environ()}
        with subprocess.Popen(
            ["bash", "-c", script, "bash", sys.executable],
            cwd=folder,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as process:
            process.wait()
            (folder / "gate").write_text("go on\n")
            said = process.communicate()[0].decode()
        (body,) = comments(fake)
        return f"it ends: {said.split()[0]} the comment with {body.splitlines()[-1]}"


def on_each(play: Callable[[str, Any, Path], str], *, two: bool = False) -> Callable[[Path], str]:
    """What is seen on each forge; once where that is the same."""

    def tried(folder: Path) -> str:
        seen: dict[str, list[str]] = {}
        for name in FORGES:
            with of_two(name) if two else open_forge(name, ONE) as fake:
                seen.setdefault(play(name, fake, folder / name), []).append(name)
        return "; ".join(f"{', '.join(names)}: {text}" for text, names in seen.items())

    return tried


def deliver(name: str, fake: Any, folders: Sequence[Path], **more: Any) -> None:
    images = ImageSettings(store=PLACES[name])
    asked = {key: more.pop(key) for key in ("push", "run") if key in more}
    post(folders, context_of(fake, **asked), make_options(), images=images, **more)


def twice(name: str, fake: Any, folder: Path) -> str:
    report = write_report(folder, "digits", png(1), png(2))
    deliver(name, fake, [report])
    first = len(fake.requests)
    deliver(name, fake, [report])
    return f"{len(writes(fake)) - len(writes(fake, first))} writes, then {len(writes(fake, first))}"


def one_picture(name: str, fake: Any, folder: Path) -> str:
    reports = [write_report(folder, project, png(1), png(1)) for project in ("a", "b")]
    deliver(name, fake, reports, combined=True)
    uploads = [line for line in writes(fake) if line.endswith(("/blobs", "/uploads", "/downloads"))]
    addresses = re.findall(r'[^"( ]+\.png', comments(fake)[0])
    return f"uploaded {len(uploads)} time, {len(set(addresses))} address"


def two_targets(name: str, fake: Any, folder: Path) -> str:
    deliver(name, fake, [write_report(folder, "digits", png(1), png(2))], push=True)
    statuses = fake.check_runs() if name == "GitHub" else fake.statuses()
    numbers = [len(comments(fake, number)) for number in (7, 8)]
    return f"{numbers[0]} and {numbers[1]} comments, {len(statuses)} status"


def forms(name: str, fake: Any, folder: Path, *, combined: bool) -> str:
    reports = [write_report(folder, project, png(1), png(2)) for project in ("a", "b")]
    deliver(name, fake, reports, combined=not combined)
    copied = comments(fake)[0]
    fake.add_comment(7, copied, author="mallory")
    before = len(comments(fake)) - 1
    deliver(name, fake, reports, combined=combined, run=2)
    left = comments(fake)
    stranger = "stays" if copied in left else "is gone"
    return f"{before} of Headway's comments became {len(left) - 1}; a stranger's copy {stranger}"


SECTION = Section(
    "Comments, statuses and images",
    (
        Row("`cat loss.png | headway upload -`", piped_picture),
        Row("a terminal as the input of `headway upload -`", terminal),
        Row("nothing piped into `headway comment -`", lambda folder: headway(folder, "comment", "-")),
        Row("an image piped into `headway check -`", lambda folder: headway(folder, "check", "-", stdin=png(1))),
        Row("text piped into `headway upload -`", lambda folder: headway(folder, "upload", "-", stdin=b"secret")),
        Row("endless zeros piped into `headway upload -`", endless),
        Row("`headway comment --watch` starts after its parent process has ended", parent_gone, slow=True),
        Row("the same report posted twice", on_each(twice)),
        Row("the same image in light and dark and in two projects", on_each(one_picture)),
        Row("a push to a branch that is the head of two pull requests", on_each(two_targets, two=True)),
        Row(
            "`--one-comment` after one comment for each of two projects",
            on_each(lambda *each: forms(*each, combined=True)),
        ),
        Row(
            "one comment for each of two projects after `--one-comment`",
            on_each(lambda *each: forms(*each, combined=False)),
        ),
    ),
)


@pytest.mark.parametrize("row", SECTION.params(), ids=lambda row: row.tried)
def test_a_row(row: Row, tmp_path: Path) -> None:
    SECTION.check(row, row.play(tmp_path))
