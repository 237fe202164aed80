"""Documents and pictures from standard input, as a person or a pipe gives them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests
from click.testing import CliRunner
from image_forges import Bench, bench, png
from publish.forge_places import make_options

from headway.cli import options
from headway.cli.main import cli
from headway.errors import DocumentError
from headway.publish.documents import document
from headway.publish.documents.document import STDIN, Document, is_stream, publish_images, read_document, read_input
from headway.publish.images.formats import IMAGE_LIMIT
from headway.publish.images.store import NoImages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from click.testing import Result

TEXT = "# Smoke test\n\n![loss](loss.png)\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder with a picture; the clock does not wait."""
    monkeypatch.setattr(options, "ClientOptions", make_options)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "loss.png").write_bytes(png(1))


@pytest.fixture
def at() -> Iterator[Bench]:
    with bench(validate=False) as made:
        yield made


def piped(at: Bench, content: bytes | str, *arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, input=content, env=dict(at.github.environ()))


def test_a_picture_is_published_and_known_by_its_bytes(at: Bench) -> None:
    result = piped(at, png(7), "upload", "-")
    assert result.exit_code == 0, result.output
    assert requests.get(result.stdout.strip(), timeout=5).content == png(7)
    assert piped(at, png(7), "upload", "-", "--md").stdout.startswith("![image](http")
    titled = piped(at, png(7), "upload", "loss.png", "-", "--md", "--title", "ROC").stdout.splitlines()
    assert [line.partition("](")[0] for line in titled] == ["![ROC", "![ROC"]


def test_a_document_becomes_one_comment_whose_pictures_are_those_of_the_folder(at: Bench) -> None:
    assert piped(at, TEXT, "comment", "/dev/stdin").stdout.startswith("created ")
    (comment,) = at.github.comments(1)
    assert '"label":"stdin"' in comment.body
    assert "![loss](http" in comment.body
    assert piped(at, TEXT, "comment", "-").stdout.startswith("unchanged ")
    assert piped(at, TEXT, "comment", "-", "--label", "other").stdout.startswith("created ")


def test_a_document_becomes_a_check_with_its_title(at: Bench) -> None:
    result = piped(at, TEXT, "check", "-", "--conclusion", "success")
    assert result.exit_code == 0, result.output
    (check,) = at.github.check_runs()
    assert check.fields["name"] == "headway: stdin"
    assert "'title': 'Smoke test'" in str(check.fields["output"])


def test_what_was_refused_is_in_the_summary(at: Bench) -> None:
    environ = at.github.environ(token=at.github.token("read"))
    result = CliRunner().invoke(cli, ["comment", "-", "--images", "none"], input=TEXT, env=dict(environ))
    assert (result.exit_code, "not published" in result.stderr) == (0, True)
    assert "# Smoke test" in Path(environ["GITHUB_STEP_SUMMARY"]).read_text()


@pytest.mark.parametrize("command", ["upload", "comment", "check"])
@pytest.mark.parametrize("content", [b"", b" \n\n"])
def test_nothing_is_an_error(at: Bench, command: str, content: bytes) -> None:
    result = piped(at, content, command, "-")
    assert isinstance(result.exception, DocumentError)
    assert "Standard input is empty" in str(result.exception)
    assert at.github.requests == []


@pytest.mark.parametrize("command", ["comment", "check"])
def test_bytes_that_are_no_text_are_an_error(at: Bench, command: str) -> None:
    result = piped(at, png(1), command, "-")
    assert isinstance(result.exception, DocumentError)
    assert "Standard input is not UTF-8" in str(result.exception)
    assert "headway upload" in str(result.exception)
    assert at.github.requests == []


def test_text_is_no_picture(at: Bench) -> None:
    assert "Standard input" in str(piped(at, TEXT, "upload", "-").exception)
    assert at.github.requests == []


@pytest.mark.parametrize("command", ["comment", "check"])
def test_an_empty_file_is_an_error_as_well(at: Bench, command: str) -> None:
    Path("empty.md").touch()
    assert "empty.md is empty" in str(piped(at, "", command, "empty.md").exception)
    assert at.github.requests == []


def test_there_is_nothing_to_watch(at: Bench) -> None:
    result = piped(at, TEXT, "comment", "-", "--watch")
    assert (result.exit_code, "--watch needs a file" in result.stderr) == (2, True)


def test_a_file_in_memory_is_a_file() -> None:
    paths = ("-", "/dev/stdin", "/dev/fd/63", "/proc/self/fd/0", "/dev/shm/report.md", "report.md")  # noqa: S108 - no file
    assert [is_stream(Path(path)) for path in paths] == [True] * 4 + [False] * 2


def test_a_closed_input_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(DocumentError, match="Standard input is closed"):
        read_document(STDIN)


def test_what_never_ends_is_read_to_the_limit_and_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("/dev/zero").open() as endless:
        monkeypatch.setattr(sys, "stdin", endless)
        monkeypatch.setattr(document, "DOCUMENT_LIMIT", 1000)
        assert len(read_input(Path("/dev/zero"), 10)) == len(read_input(STDIN, 10)) == 11
        with pytest.raises(DocumentError, match="Standard input is too long"):
            read_document(STDIN)
    with Path("huge.png").open("wb") as huge:
        huge.write(png(1))
        huge.truncate(1 << 40)
    assert len(read_input(Path("huge.png"), IMAGE_LIMIT)) == IMAGE_LIMIT + 1
    with pytest.raises(DocumentError, match="has more than 10,485,760"):
        publish_images(Document(text="![a](huge.png)", name="r.md", folder=Path()), NoImages())


SHELL = """
"$1" -c "$2" comment <(echo "from a process") --images none
"""
IMPATIENT = """
from headway.__main__ import main
from headway.publish.http.options import ClientOptions
ClientOptions.__init__.__kwdefaults__["sleep"] = lambda _: None
main()
"""
"""The program, short of the seconds that it waits for the forge."""


def test_what_a_shell_puts_in_place_of_a_file_is_standard_input(at: Bench) -> None:
    environ = {**os.environ, **at.github.environ()}
    done = subprocess.run(
        ["bash", "-ec", SHELL, "bash", sys.executable, IMPATIENT],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith("created "), done.stderr
    (comment,) = at.github.comments(1)
    assert '"label":"stdin"' in comment.body
    assert comment.body.endswith("from a process\n")


def test_a_terminal_is_an_error_and_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    master, slave = os.openpty()
    with os.fdopen(master, "w"), os.fdopen(slave) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        with pytest.raises(DocumentError, match="Standard input is a terminal"):
            read_document(STDIN)
