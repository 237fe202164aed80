"""Runs a page's commands as its reader would: each block in turn, in one folder, with git, DVC and Headway."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"^( *)```(\w+)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
_HEREDOC = re.compile(r"^cat > (\S+) << 'EOF'\n(.*?)^EOF$", re.DOTALL | re.MULTILINE)


def blocks(page: str, language: str) -> list[str]:
    """The blocks of a language on a page of ``docs``, in order."""
    return [text for name, text in _fences(page) if name == language]


def written(page: str) -> list[dict[str, str]]:
    """The files that each block of a page writes, by name; the last one counts if a block writes it twice."""
    return [dict(_HEREDOC.findall(block)) for block in blocks(page, "bash")]


def _fences(page: str) -> list[tuple[str, str]]:
    text = (ROOT / f"docs/{page}.md").read_text()
    return [(name, re.sub(rf"^{indent}", "", body, flags=re.MULTILINE)) for indent, name, body in _FENCE.findall(text)]


@dataclass
class Walk:
    """A reader of a page, who pastes one block after the other.

    Attributes:
        folder: where the reader is.
        elsewhere: what takes the place of folders that the page names.
    """

    folder: Path
    elsewhere: Mapping[str, str]

    def run_page(self, page: str, *, installed: str = "", edits: bool = False) -> int:
        """Run all commands of a page, hold each output that it shows against what they print, and count the outputs.

        Args:
            page: its name in ``docs``.
            installed: the command that installs what the test has already; its block is left out.
            edits: whether the reader adds each block of YAML to the project's ``dvc.yaml`` or ``headway.yaml``.
        """
        said, compared = "", 0
        for language, text in _fences(page):
            if language == "bash":
                said = "" if installed and installed in text.splitlines() else self.paste(text)
            elif language == "text":
                assert list(missing(text, said)) == [], said
                compared += 1
            elif language == "yaml" and edits:
                self._add(text)
        return compared

    def paste(self, commands: str) -> str:
        """Run a block where the last one ended, and give all that it prints."""
        for named, real in self.elsewhere.items():
            commands = commands.replace(named, real)
        place = Path(os.environ["HOME"]) / "place"
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        options: dict[str, Any] = {"cwd": self.folder, "env": {**os.environ, "PATH": path}, "text": True}
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", f"{commands}\npwd > '{place}'"],
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            **options,
        )
        assert done.returncode == 0, f"{commands}: {done.stdout}"
        self.folder = Path(place.read_text().strip())
        return str(done.stdout)

    def _add(self, fragment: str) -> None:
        """Put the entries of some YAML in the place of those with the same name, or beside the others."""
        yaml = YAML()
        added = yaml.load(fragment)
        file = self.folder / ("dvc.yaml" if "stages" in added else "headway.yaml")
        content = yaml.load(file)
        for key, value in added.items():
            content[key] = {**content.get(key, {}), **value} if isinstance(value, dict) else value
        yaml.dump(content, file)


def missing(shown: str, said: str) -> Iterator[str]:
    """The lines of an output on a page that the commands did not print, in that order; ``...`` stands for others.

    A terminal breaks lines at its own width, so all whitespace counts as the same.
    """
    position, printed = 0, " ".join(said.split())
    for part in re.split(r"^ *\.\.\.\n", shown, flags=re.MULTILINE):
        expected = " ".join(part.split())
        found = printed.find(expected, position)
        if found < 0:
            yield expected
        position = max(position, found + len(expected))
